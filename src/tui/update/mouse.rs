//! The mouse: a click selects, the wheel scrolls lists and zooms the plot, dragging moves the plot or the time cursor. Uses the rectangles of the last frame.

use super::{command, curve, navigate, time};
use crate::tui::command::Cmd;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::state::{Pane, State};
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// Rows per notch of the wheel.
const NOTCH: usize = 3;

/// Takes in a mouse event.
pub fn mouse(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => click(state, at),
        MouseEventKind::Down(_) => {
            if state.overlay.is_none() && on_plot(state, at) {
                curve::grip::take(state, at.x, at.y);
            }
            Vec::new()
        }
        // With the time cursor on, the left button moves it; the others move the plot.
        MouseEventKind::Drag(MouseButton::Left) if state.time.is_some() && state.overlay.is_none() => set_time(state, at),
        MouseEventKind::Drag(_) if state.overlay.is_none() && state.hits.curve.plot.is_there() => {
            curve::grip::drag(state, at.x, at.y);
            Vec::new()
        }
        MouseEventKind::ScrollDown => wheel(state, at, true),
        MouseEventKind::ScrollUp => wheel(state, at, false),
        _ => Vec::new(),
    }
}

fn pane_at(state: &State, at: Position) -> Option<Pane> {
    [(Pane::Objects, state.hits.objects.pane), (Pane::Taxonomy, state.hits.taxonomy.pane), (Pane::Curve, state.hits.curve.pane)]
        .into_iter()
        .find(|(_, rect)| rect.contains(at))
        .map(|(pane, _)| pane)
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    if let Some(overlay) = &mut state.overlay {
        let Some(row) = state.hits.overlay_row(at) else { return Vec::new() };
        match overlay {
            Overlay::Question(q) => q.selected = row.min(q.answers.len().saturating_sub(1)),
            // The first click selects, the second follows.
            Overlay::Listing(l) => {
                let row = row + l.offset;
                if row >= l.rows.len() || row != l.selected {
                    l.selected = row.min(l.rows.len().saturating_sub(1));
                    return Vec::new();
                }
            }
            Overlay::Batch { selected, offset } => {
                let row = row + *offset;
                if row != *selected {
                    *selected = row.min(state.hits.overlay_len.saturating_sub(1));
                    return Vec::new();
                }
            }
            _ => return Vec::new(),
        }
        return command(state, Cmd::Accept);
    }
    let Some(pane) = pane_at(state, at) else { return Vec::new() };
    state.focus = pane;
    if pane != Pane::Taxonomy {
        state.tree.moving = None;
    }
    match pane {
        Pane::Objects => match state.hits.objects.row_at(at, state.objects.offset).and_then(|place| state.objects.row_at(place)) {
            Some(row) => navigate::select_object(state, row),
            None => Vec::new(),
        },
        Pane::Taxonomy => {
            let rows = state.tree.rows(state.cascade().as_ref());
            if let Some(row) = state.hits.taxonomy.row_at(at, state.tree.offset).and_then(|i| rows.get(i)) {
                // A second click on a row folds or unfolds it.
                let again = state.tree.selected == row.key;
                state.tree.selected = row.key;
                if again && row.children.is_some() && state.tree.moving.is_none() {
                    return command(state, Cmd::ToggleFold);
                }
            }
            Vec::new()
        }
        Pane::Curve => click_curve(state, at),
    }
}

fn on_plot(state: &State, at: Position) -> bool {
    state.hits.curve.plot.canvas.contains(at)
}

/// A band of the legend is hidden or shown; a point is looked at; the time cursor comes, if it is on.
fn click_curve(state: &mut State, at: Position) -> Vec<Effect> {
    state.curve.grip = None;
    if let Some(band) = state.hits.curve.legend.band_at(at) {
        state.curve.band = Some(band);
        curve::toggle_band(state, band);
        return Vec::new();
    }
    if !on_plot(state, at) {
        return Vec::new();
    }
    if state.time.is_some() {
        return set_time(state, at);
    }
    curve::grip::take(state, at.x, at.y);
    curve::choose_nearest(state, at.x, at.y);
    Vec::new()
}

/// Puts the time cursor on the observation nearest to the column; in a folded light curve, to the point.
fn set_time(state: &mut State, at: Position) -> Vec<Effect> {
    let Some(data) = state.curve.data.clone().filter(|_| state.hits.curve.plot.is_there()) else { return Vec::new() };
    let mjd = if data.shape.period_d.is_some() {
        let id = curve::choose_nearest(state, at.x, at.y);
        id.and_then(|id| state.curve.shown.as_ref()?.observations.get(id)).map(|o| o.mjd)
    } else {
        state.curve.chosen = None;
        Some(state.hits.curve.plot.value_at(at.x, at.y).0 + data.offset_mjd)
    };
    let Some(mjd) = mjd else { return Vec::new() };
    let after = data.times_mjd.partition_point(|t| *t < mjd);
    let nearest = [after.checked_sub(1), Some(after)]
        .into_iter()
        .flatten()
        .filter_map(|i| Some((i, (data.times_mjd.get(i)? - mjd).abs())))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    match nearest {
        Some((i, _)) => time::set(state, i),
        None => Vec::new(),
    }
}

fn wheel(state: &mut State, at: Position, down: bool) -> Vec<Effect> {
    let cmd = if down { Cmd::Down } else { Cmd::Up };
    if state.overlay.is_none() {
        if on_plot(state, at) {
            curve::wheel(state, at.x, at.y, down);
            return Vec::new();
        }
        let Some(pane) = pane_at(state, at) else { return Vec::new() };
        let focus = std::mem::replace(&mut state.focus, pane);
        for _ in 0..NOTCH {
            navigate::go(state, cmd);
        }
        state.focus = focus;
        return navigate::after_selection(state);
    }
    for _ in 0..NOTCH {
        navigate::go(state, cmd);
    }
    Vec::new()
}
