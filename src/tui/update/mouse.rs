//! The mouse: a click selects, the wheel scrolls. Uses the rectangles of the last frame.

use super::{command, navigate, time};
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
        MouseEventKind::Drag(MouseButton::Left) if state.time.is_some() => set_time(state, at),
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
        Pane::Curve if state.time.is_some() => set_time(state, at),
        Pane::Curve => Vec::new(),
    }
}

/// Puts the time cursor on the observation nearest to the column.
fn set_time(state: &mut State, at: Position) -> Vec<Effect> {
    let (Some(day), Some(data)) = (state.hits.day_at(at), state.curve.data.clone()) else { return Vec::new() };
    let mjd = day + data.day0_mjd;
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
