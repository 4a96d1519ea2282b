//! Selection, focus, folding, sizes of panes.

use super::pane_after;
use crate::tui::batch::pane;
use crate::tui::command::Cmd;
use crate::tui::effect::Effect;
use crate::tui::objects::Classified;
use crate::tui::overlay::Overlay;
use crate::tui::state::{Pane, RowKey, State, Tone, TreeRowKind};
use crate::tui::tree::Columns;
use std::sync::Arc;

/// Rows that a key moves by, in a list whose page has `page` rows.
fn target(cmd: Cmd, at: usize, len: usize, page: usize) -> usize {
    let last = len.saturating_sub(1);
    let page = page.saturating_sub(1).max(1);
    match cmd {
        Cmd::Down => at.saturating_add(1).min(last),
        Cmd::Up => at.saturating_sub(1),
        Cmd::PageDown => at.saturating_add(page).min(last),
        Cmd::PageUp => at.saturating_sub(page),
        Cmd::Top => 0,
        Cmd::Bottom => last,
        _ => at.min(last),
    }
}

/// Moves the selection of whatever has the keys.
pub fn go(state: &mut State, cmd: Cmd) {
    let overlay_page = state.hits.overlay_page;
    let overlay_len = state.hits.overlay_len;
    match &mut state.overlay {
        // Scrolling stops when the last line has come in sight.
        Some(Overlay::Help { scroll } | Overlay::Errors { scroll }) => {
            *scroll = target(cmd, *scroll, overlay_len.saturating_sub(overlay_page) + 1, overlay_page);
            return;
        }
        Some(Overlay::Question(q)) => {
            q.selected = target(cmd, q.selected, q.answers.len(), q.answers.len());
            return;
        }
        Some(Overlay::Listing(l)) => {
            l.selected = target(cmd, l.selected, l.rows.len(), overlay_page);
            return;
        }
        Some(Overlay::Batch { selected, .. }) => {
            let len = state.batch.run.as_ref().map_or(0, |b| pane::rows(b).len());
            *selected = target(cmd, *selected, len, overlay_page);
            return;
        }
        Some(_) => return,
        None => {}
    }
    match state.focus {
        Pane::Objects => go_in_objects(state, cmd),
        Pane::Taxonomy => go_in_tree(state, cmd),
        // The light curve has no rows: up and down go through the objects.
        Pane::Curve => go_in_objects(state, cmd),
    }
}

/// Moves through the objects that are shown.
pub fn go_in_objects(state: &mut State, cmd: Cmd) {
    let at = state.objects.at();
    let place = match cmd {
        // The row that was selected is not shown: the next one stands where it was.
        Cmd::Down if !state.objects.selected_is_shown() => at,
        _ => target(cmd, at, state.objects.shown(), state.hits.objects.rows),
    };
    if let Some(row) = state.objects.row_at(place) {
        state.objects.select(row);
    }
}

fn go_in_tree(state: &mut State, cmd: Cmd) {
    let rows = state.tree.rows(state.cascade().as_ref());
    let at = rows.iter().position(|r| r.key == state.tree.selected).unwrap_or(0);
    if let Some(row) = rows.get(target(cmd, at, rows.len(), state.hits.taxonomy.rows)) {
        state.tree.selected = row.key;
    }
}

/// Selects a row of the list of objects.
pub fn select_object(state: &mut State, index: usize) -> Vec<Effect> {
    state.objects.select(index);
    after_selection(state)
}

/// Brings the other panes up to date when another object, or another light curve of it, is selected.
pub fn after_selection(state: &mut State) -> Vec<Effect> {
    let now = state.objects.current().map(|o| o.curve.clone());
    let same = match (&now, &state.curve.shown) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    };
    if same {
        return Vec::new();
    }
    state.curve.select(now);
    state.time = None;
    prepare_curve(state);
    match state.objects.current() {
        Some(o) if matches!(o.classified, Classified::Waiting) => vec![Effect::ClassifyFirst(state.objects.selected, o.curve.clone())],
        _ => Vec::new(),
    }
}

/// Puts the selected object's points into plot coordinates.
pub fn prepare_curve(state: &mut State) {
    let curve = state.curve.shown.clone();
    state.curve.prepare();
    state.curve.warnings = match &curve {
        Some(c) => {
            let of_model = state.model.ready().map(|m| (m.warnings)(c)).unwrap_or_default();
            c.warnings.iter().map(|w| w.to_string()).chain(of_model).collect()
        }
        None => Vec::new(),
    };
    state.curve.warnings.dedup();
}

/// Next or previous match of the search.
pub fn search_again(state: &mut State, forward: bool) -> Vec<Effect> {
    let n = state.objects.shown();
    let step = if forward { 1 } else { -1 };
    let from = (state.objects.at() as isize + step).rem_euclid(n.max(1) as isize) as usize;
    match state.objects.find(from, step) {
        Some(index) => select_object(state, index),
        None => {
            let shown = if state.objects.filter().is_some() { " of those shown" } else { "" };
            state.say(Tone::Warn, format!("no object's name{shown} contains \"{}\"", crate::tui::text::clean(&state.objects.search)));
            Vec::new()
        }
    }
}

/// Gives the keys to a pane.
pub fn focus(state: &mut State, cmd: Cmd) {
    // A class that is being moved stays in hand only while the tree has the keys.
    state.focus = match cmd {
        Cmd::NextPane => pane_after(state.focus, 1),
        Cmd::PreviousPane => pane_after(state.focus, -1),
        Cmd::PaneObjects => Pane::Objects,
        Cmd::PaneTaxonomy | Cmd::OpenObject => Pane::Taxonomy,
        Cmd::PaneCurve => Pane::Curve,
        _ => state.focus,
    };
    if state.focus != Pane::Taxonomy {
        state.tree.moving = None;
    }
}

/// Makes the pane in focus wider or narrower.
pub fn resize(state: &mut State, cmd: Cmd) {
    let step = match cmd {
        Cmd::Wider => 2,
        Cmd::Narrower => -2,
        _ => {
            state.split = (0, 0);
            return;
        }
    };
    let limit = 200;
    match state.focus {
        Pane::Objects => state.split.0 = (state.split.0 + step).clamp(-limit, limit),
        Pane::Taxonomy => state.split.1 = (state.split.1 + step).clamp(-limit, limit),
        // The light curve has what the others leave.
        Pane::Curve => state.split.1 = (state.split.1 - step).clamp(-limit, limit),
    }
}

/// Folds and unfolds.
pub fn fold(state: &mut State, cmd: Cmd) {
    let tree = state.tree.doc.taxonomy();
    let RowKey { node, kind } = state.tree.selected;
    let is_open = kind == TreeRowKind::Node && !tree.is_leaf(node) && !state.tree.folded.contains(&node);
    let row = |node| RowKey { node, kind: TreeRowKind::Node };
    match cmd {
        Cmd::ToggleFold => {
            if !state.tree.folded.remove(&node) {
                state.tree.folded.insert(node);
            }
        }
        Cmd::Fold if is_open => {
            state.tree.folded.insert(node);
        }
        Cmd::Fold if kind != TreeRowKind::Node => state.tree.selected = row(node),
        Cmd::Fold => {
            if let Some(parent) = tree.parent(node) {
                state.tree.selected = row(parent);
            }
        }
        Cmd::Unfold if is_open => {
            if let Some(first) = tree.children(node).first() {
                state.tree.selected = row(*first);
            }
        }
        Cmd::Unfold => {
            state.tree.folded.remove(&node);
        }
        Cmd::FoldAll => {
            let root = tree.root();
            state.tree.folded = tree.preorder().filter(|n| *n != root && !tree.is_leaf(*n)).collect();
            show_selected(state);
        }
        Cmd::FoldBelow => state.tree.folded.extend(tree.subtree(node).filter(|n| !tree.is_leaf(*n))),
        Cmd::UnfoldBelow => {
            for n in tree.subtree(node) {
                state.tree.folded.remove(&n);
            }
        }
        _ => state.tree.folded.clear(),
    }
}

/// Gives the room to the weights' columns, or to the bars again.
pub fn columns(state: &mut State) {
    state.tree.columns = match state.tree.columns {
        Columns::Cascade => Columns::Weights,
        Columns::Weights => Columns::Cascade,
    };
    if state.tree.columns == Columns::Weights {
        state.say(
            Tone::Info,
            "n: examples labelled exactly so; Nc: these and all below; W = (N / K Nc)^β; λ = exp(−α depth); z gives more room",
        );
    }
}

/// Puts the selection on the nearest class above it that is not folded away.
fn show_selected(state: &mut State) {
    let tree = state.tree.doc.taxonomy();
    let path = tree.path(state.tree.selected.node);
    if let Some(folded) = path.iter().find(|n| state.tree.folded.contains(n)) {
        state.tree.selected = RowKey { node: *folded, kind: TreeRowKind::Node };
    }
}

/// Unfolds everything above a class, so that it is seen.
pub fn reveal(state: &mut State, key: RowKey) {
    let tree = state.tree.doc.taxonomy();
    let mut above = if key.kind == TreeRowKind::Node { tree.parent(key.node) } else { Some(key.node) };
    let mut open = Vec::new();
    while let Some(node) = above {
        open.push(node);
        above = tree.parent(node);
    }
    for node in open {
        state.tree.folded.remove(&node);
    }
    state.tree.selected = key;
}
