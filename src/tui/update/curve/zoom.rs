//! What part of the plot is seen.

use crate::tui::command::Cmd;
use crate::tui::curve::window::{pan, zoom as zoomed};
use crate::tui::state::{State, Tone};
use std::sync::Arc;

/// A key makes the part that is seen smaller by this.
const STEP: f64 = 0.6;
/// A notch of the wheel.
const NOTCH: f64 = 0.8;
/// A key moves by this part of what is seen.
const SHARE: f64 = 0.25;

/// A command that zooms or moves.
pub fn zoom(state: &mut State, cmd: Cmd) {
    let Some(data) = state.curve.data.as_ref().map(Arc::clone) else { return };
    let full = data.range(|b| !state.curve.hidden.contains(&b));
    let (x, y) = state.curve.ranges(&data);
    let window = state.curve.window;
    // Around what is looked at; else around the time cursor; else the middle.
    let looked_at = state.curve.chosen.and_then(|id| data.points(|_| true).into_iter().find(|p| p.2 == id));
    let time = state.time.as_ref().and_then(|t| data.x_of(*data.times_mjd.get(t.index)?));
    let at = looked_at.map(|p| p.0).or(time).filter(|t| (x.0..=x.1).contains(t)).unwrap_or((x.0 + x.1) / 2.0);
    let at_y = looked_at.map(|p| p.1).filter(|v| (y.0..=y.1).contains(v)).unwrap_or((y.0 + y.1) / 2.0);
    // Bright is up: on a magnitude axis up is towards small values.
    let up = if data.shape.flux { SHARE } else { -SHARE };
    let w = &mut state.curve.window;
    match cmd {
        Cmd::ZoomIn => w.x = zoomed(x, full.0, STEP, at),
        Cmd::ZoomOut => w.x = zoomed(x, full.0, 1.0 / STEP, at),
        Cmd::ZoomInY => w.y = zoomed(y, full.1, STEP, at_y),
        Cmd::ZoomOutY => w.y = zoomed(y, full.1, 1.0 / STEP, at_y),
        Cmd::PanLeft => w.x = window.x.map(|_| pan(x, full.0, -SHARE)),
        Cmd::PanRight => w.x = window.x.map(|_| pan(x, full.0, SHARE)),
        Cmd::PanUp => w.y = window.y.map(|_| pan(y, full.1, up)),
        Cmd::PanDown => w.y = window.y.map(|_| pan(y, full.1, -up)),
        Cmd::FitY => {
            w.y = data.y_within(x, |b| !state.curve.hidden.contains(&b));
            if w.y.is_none() {
                state.say(Tone::Warn, "no point lies in this part of the light curve");
            }
            return;
        }
        _ => *w = Default::default(),
    }
    if *w == window && cmd != Cmd::ResetZoom {
        let said = match cmd {
            Cmd::PanLeft | Cmd::PanRight if window.x.is_none() => "all of it is in sight (i zooms in)",
            Cmd::PanUp | Cmd::PanDown if window.y.is_none() => "all of it is in sight (I zooms in)",
            Cmd::ZoomOut | Cmd::ZoomOutY => "all of it is in sight",
            _ => "it goes no further",
        };
        state.say(Tone::Info, said);
    }
}

/// The wheel over the plot zooms in x around the column below it.
pub fn wheel(state: &mut State, column: u16, row: u16, down: bool) {
    let Some(data) = state.curve.data.as_ref().map(Arc::clone) else { return };
    let full = data.range(|b| !state.curve.hidden.contains(&b)).0;
    let x = state.curve.ranges(&data).0;
    let around = state.hits.curve.plot.value_at(column, row).0;
    state.curve.window.x = zoomed(x, full, if down { 1.0 / NOTCH } else { NOTCH }, around);
}
