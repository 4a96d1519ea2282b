//! The observation that is looked at.

use crate::tui::curve::window::pan;
use crate::tui::state::{State, Tone};
use std::sync::Arc;

/// So many characters from a point a click still means it.
const NEAR: f64 = 4.0;

/// Goes to the next or previous point from left to right.
pub fn step(state: &mut State, forward: bool) {
    let Some(data) = state.curve.data.as_ref().map(Arc::clone) else { return };
    let points = data.points(|b| !state.curve.hidden.contains(&b));
    let last = points.len().saturating_sub(1);
    let at = state.curve.chosen.and_then(|id| points.iter().position(|p| p.2 == id));
    let (x, _) = state.curve.ranges(&data);
    let next = match at {
        Some(i) if forward => (i + 1).min(last),
        Some(i) => i.saturating_sub(1),
        // The first or last one in sight.
        None if forward => points.iter().position(|p| p.0 >= x.0).unwrap_or(0),
        None => points.iter().rposition(|p| p.0 <= x.1).unwrap_or(last),
    };
    match points.get(next) {
        Some(p) => choose(state, p.2, (p.0, p.1)),
        None => state.say(Tone::Warn, "no point is shown"),
    }
}

/// Looks at a point, and brings it into sight.
fn choose(state: &mut State, id: usize, at: (f64, f64)) {
    let Some(data) = state.curve.data.as_ref().map(Arc::clone) else { return };
    state.curve.chosen = Some(id);
    let full = data.range(|b| !state.curve.hidden.contains(&b));
    let (x, y) = state.curve.ranges(&data);
    let into = |range: (f64, f64), full, value: f64| {
        let span = range.1 - range.0;
        if span <= 0.0 || (range.0..=range.1).contains(&value) { range } else { pan(range, full, (value - range.0) / span - 0.5) }
    };
    state.curve.window.x = state.curve.window.x.map(|_| into(x, full.0, at.0));
    state.curve.window.y = state.curve.window.y.map(|_| into(y, full.1, at.1));
}

/// Looks at an observation, by its number, if it is shown.
pub fn choose_id(state: &mut State, id: usize) {
    let Some(data) = state.curve.data.as_ref().map(Arc::clone) else { return };
    if let Some(p) = data.points(|b| !state.curve.hidden.contains(&b)).into_iter().find(|p| p.2 == id) {
        choose(state, id, (p.0, p.1));
    }
}

/// Looks at the point nearest to a character of the screen; at none if all are far.
pub fn choose_nearest(state: &mut State, column: u16, row: u16) -> Option<usize> {
    let data = state.curve.data.as_ref().map(Arc::clone)?;
    let plot = state.hits.curve.plot;
    let (x, y) = plot.value_at(column, row);
    // In characters; a row is about twice as high as a column is wide.
    let per_x = (plot.x.1 - plot.x.0) / f64::from(plot.canvas.width.max(1));
    let per_y = (plot.y.1 - plot.y.0) / f64::from(plot.canvas.height.max(1));
    let away = |d: f64, per: f64| if per == 0.0 { 0.0 } else { d / per };
    let folded = data.shape.period_d.is_some();
    let nearest = data
        .points(|b| !state.curve.hidden.contains(&b))
        .into_iter()
        .map(|(px, py, id)| {
            let dx = if folded { (px - x).abs().min((px + 1.0 - x).abs()) } else { px - x };
            (away(dx, per_x).hypot(2.0 * away(py - y, per_y)), id)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(distance, _)| *distance <= NEAR)
        .map(|(_, id)| id);
    state.curve.chosen = nearest;
    nearest
}
