//! The mouse takes hold of the plot and moves it.

use crate::tui::curve::window::pan;
use crate::tui::state::State;
use std::sync::Arc;

/// A button went down over the plot.
pub fn take(state: &mut State, column: u16, row: u16) {
    state.curve.grip = Some(state.hits.curve.plot.value_at(column, row));
}

/// The mouse moves with the button held: the value that was taken hold of stays below it.
pub fn drag(state: &mut State, column: u16, row: u16) {
    let (Some(grip), Some(data)) = (state.curve.grip, state.curve.data.as_ref().map(Arc::clone)) else { return };
    let full = data.range(|b| !state.curve.hidden.contains(&b));
    let (x, y) = state.curve.ranges(&data);
    let now = state.hits.curve.plot.value_at(column, row);
    let shifted = |range: (f64, f64), full, by: f64| pan(range, full, if range.1 > range.0 { by / (range.1 - range.0) } else { 0.0 });
    // What is seen whole does not move.
    state.curve.window.x = state.curve.window.x.map(|_| shifted(x, full.0, grip.0 - now.0));
    state.curve.window.y = state.curve.window.y.map(|_| shifted(y, full.1, grip.1 - now.1));
}
