//! Finding, filtering and marking classes.

use super::navigate::reveal;
use super::open;
use crate::taxonomy::NodeId;
use crate::tui::command::Cmd;
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::state::{RowKey, State, Tone, TreeRowKind};
use crate::tui::text::{self, clean};

/// Runs a command of these.
pub fn classes(state: &mut State, cmd: Cmd) {
    match cmd {
        Cmd::SearchClass => {
            let purpose = Purpose::SearchClass { origin: state.tree.selected, before: state.tree.search.clone() };
            open(state, purpose, "Find a class by a part of its name or of an alias".into(), String::new());
        }
        Cmd::FilterClasses => {
            let before = state.tree.filter.clone();
            open(state, Purpose::Filter { before: before.clone() }, "Show only classes with this in a name or alias".into(), before);
        }
        Cmd::SearchClassNext | Cmd::SearchClassPrevious => again(state, cmd == Cmd::SearchClassNext),
        Cmd::MarkSiblings => mark_siblings(state),
        _ => mark(state),
    }
}

/// The next class that matches the search, from `from` on (which counts only if `inclusive`) and around the ends.
fn find(state: &State, from: NodeId, forward: bool, inclusive: bool) -> Option<NodeId> {
    let order: Vec<NodeId> = state.tree.taxonomy().preorder().collect();
    let n = order.len();
    let at = order.iter().position(|id| *id == from).unwrap_or(0);
    let first = usize::from(!inclusive);
    let step = |k: usize| if forward { (at + k) % n } else { (at + n - k % n) % n };
    (first..n + first).filter_map(|k| order.get(step(k)).copied()).find(|id| state.tree.matches(*id, &state.tree.search))
}

fn again(state: &mut State, forward: bool) {
    match find(state, state.tree.selected.node, forward, false) {
        Some(node) => reveal(state, RowKey { node, kind: TreeRowKind::Node }),
        None => state.say(Tone::Warn, format!("no class's name contains \"{}\"", clean(&state.tree.search))),
    }
}

/// The prompt's text has changed: the selection or the filter moves along.
pub fn typed(state: &mut State) {
    let Some(Overlay::Prompt(p)) = &state.overlay else { return };
    let text = p.input.text().trim().to_lowercase();
    let problem = match p.purpose.clone() {
        Purpose::SearchClass { origin, .. } => {
            state.tree.search = text;
            let found = find(state, origin.node, true, true);
            match found {
                Some(node) => reveal(state, RowKey { node, kind: TreeRowKind::Node }),
                None if state.tree.taxonomy().is_attached(origin.node) => state.tree.selected = origin,
                None => {}
            }
            (found.is_none() && !state.tree.search.is_empty()).then(|| "no such class".to_string())
        }
        Purpose::Filter { .. } => {
            state.tree.filter = text;
            let first = state.tree.taxonomy().preorder().find(|id| state.tree.matches(*id, &state.tree.filter));
            if let Some(node) = first.filter(|_| !state.tree.matches(state.tree.selected.node, &state.tree.filter)) {
                state.tree.selected = RowKey { node, kind: TreeRowKind::Node };
            }
            (first.is_none() && !state.tree.filter.is_empty()).then(|| "no such class".to_string())
        }
        _ => return,
    };
    if let Some(Overlay::Prompt(p)) = &mut state.overlay {
        p.problem = problem;
    }
}

/// Takes the search or the filter as it stands.
pub fn accept(state: &mut State, purpose: &Purpose) {
    match purpose {
        Purpose::SearchClass { .. } if !state.tree.search.is_empty() => {
            state.say(Tone::Info, "n and N go to the next and the previous class found");
        }
        Purpose::Filter { .. } if !state.tree.filter.is_empty() => {
            let n = state.tree.taxonomy().preorder().filter(|id| state.tree.matches(*id, &state.tree.filter)).count();
            let shown = clean(&state.tree.filter).into_owned();
            state.say(
                Tone::Info,
                format!(
                    "{} with \"{shown}\"; Esc shows all again",
                    if n == 1 { "1 class".into() } else { format!("{} classes", text::long_count(n)) }
                ),
            );
        }
        _ => {}
    }
}

/// Puts search or filter back as they were.
pub fn cancel(state: &mut State, purpose: Purpose) {
    match purpose {
        Purpose::SearchClass { origin, before } => {
            state.tree.search = before;
            if state.tree.taxonomy().is_attached(origin.node) {
                state.tree.selected = origin;
            }
        }
        Purpose::Filter { before } => state.tree.filter = before,
        _ => {}
    }
}

/// Marks the selected class, or takes its mark away, and goes to the next row.
fn mark(state: &mut State) {
    let node = state.tree.selected.node;
    if !state.tree.marked.remove(&node) {
        state.tree.marked.insert(node);
    }
    super::navigate::go(state, Cmd::Down);
    say_marks(state);
}

fn mark_siblings(state: &mut State) {
    let tree = state.tree.doc.taxonomy();
    let Some(parent) = tree.parent(state.tree.selected.node) else { return };
    let siblings = tree.children(parent);
    if siblings.iter().all(|s| state.tree.marked.contains(s)) {
        for s in siblings {
            state.tree.marked.remove(s);
        }
    } else {
        state.tree.marked.extend(siblings);
    }
    say_marks(state);
}

fn say_marks(state: &mut State) {
    let text = match state.tree.marked.len() {
        0 => "no class is marked".to_string(),
        1 => "1 class is marked: m moves it, p groups it, x merges it, d deletes it; Esc takes the mark away".to_string(),
        n => format!("{n} classes are marked: m moves, p groups, x merges, d deletes them; Esc takes the marks away"),
    };
    state.say(Tone::Info, text);
}
