//! Edits of the tree's shape: moving, merging, grouping, splitting, copying, deleting. Each is one step of history.

use super::edit::{apply, name};
use super::navigate::reveal;
use crate::taxonomy::{Edit, NodeId, Subtree, compose};
use crate::tui::command::Cmd;
use crate::tui::input::Input;
use crate::tui::overlay::{Answer, Overlay, Picker, Question, Then};
use crate::tui::state::{RowKey, State, Tone, TreeRowKind};
use crate::tui::text::{self, clean};
use crate::tui::tree::Carried;
use std::collections::HashSet;

/// Most classes that a picker lists.
const PICKED: usize = 200;

fn row(node: NodeId) -> RowKey {
    RowKey { node, kind: TreeRowKind::Node }
}

/// What is acted on, in words: the class's name, or how many.
pub fn in_words(state: &State, nodes: &[NodeId]) -> String {
    match nodes {
        [one] => name(state, *one),
        many => text::plural(many.len(), "class").replace("classs", "classes"),
    }
}

/// Runs a command that changes the shape.
pub fn shape(state: &mut State, cmd: Cmd) {
    let node = state.tree.selected.node;
    let targets = state.tree.targets();
    match cmd {
        Cmd::Move | Cmd::Merge => take(state, targets, cmd == Cmd::Merge),
        Cmd::MoveHere => put(state, node),
        Cmd::MoveTo => open_picker(state, targets),
        Cmd::MoveUp => shift(state, node, -1),
        Cmd::MoveDown => shift(state, node, 1),
        Cmd::MoveOut => out(state, node),
        Cmd::MoveIn => into(state, node),
        Cmd::Duplicate => duplicate(state, node),
        _ => delete(state, &targets),
    }
}

/// Takes classes in hand.
fn take(state: &mut State, classes: Vec<NodeId>, merge: bool) {
    let what = clean(&in_words(state, &classes)).into_owned();
    let text = if merge {
        format!("merging {what}: choose the class that it becomes a part of, then Enter; Esc leaves it where it is")
    } else {
        format!("moving {what}: choose its new parent, then Enter; Esc leaves it where it is")
    };
    state.tree.moving = Some(Carried { classes, merge });
    state.say(Tone::Info, text);
}

/// Puts what is in hand below `to`, or merges it into `to`.
fn put(state: &mut State, to: NodeId) {
    let Some(Carried { classes, merge }) = state.tree.moving.take() else { return };
    if !merge {
        move_below(state, &classes, to);
        return;
    }
    let what = in_words(state, &classes);
    let into = name(state, to);
    match compose::merge_all(state.tree.taxonomy(), &classes, to) {
        Ok(edit) => {
            if apply(state, format!("merge {what} into {into}"), edit) {
                state.tree.marked.clear();
                reveal(state, row(to));
                let text = format!("{into} now stands for {what} too: the probabilities are added, the names are its aliases");
                state.say(Tone::Info, clean(&text).into_owned());
            }
        }
        Err(e) => state.say(Tone::Warn, e.to_string()),
    }
}

/// Moves classes below a parent.
pub fn move_below(state: &mut State, classes: &[NodeId], parent: NodeId) {
    let title = format!("move {} below {}", in_words(state, classes), name(state, parent));
    let edit = compose::move_all(state.tree.taxonomy(), classes, parent);
    if apply(state, title, edit) {
        state.tree.marked.clear();
        if let Some(first) = classes.first() {
            reveal(state, row(*first));
        }
    }
}

fn shift(state: &mut State, id: NodeId, step: isize) {
    let tree = state.tree.taxonomy();
    let Some(parent) = tree.parent(id) else { return };
    let Some(index) = tree.position(id).checked_add_signed(step) else { return };
    let title = format!("move {} {}", name(state, id), if step < 0 { "up" } else { "down" });
    apply(state, title, Edit::Move { id, parent, index });
}

fn out(state: &mut State, id: NodeId) {
    let tree = state.tree.taxonomy();
    let Some(parent) = tree.parent(id) else { return };
    let Some(upper) = tree.parent(parent) else { return };
    let index = tree.position(parent) + 1;
    let title = format!("move {} out of {}", name(state, id), name(state, parent));
    if apply(state, title, Edit::Move { id, parent: upper, index }) {
        reveal(state, row(id));
    }
}

fn into(state: &mut State, id: NodeId) {
    let tree = state.tree.taxonomy();
    let Some(parent) = tree.parent(id) else { return };
    let Some(above) = tree.position(id).checked_sub(1).and_then(|i| tree.children(parent).get(i).copied()) else { return };
    let title = format!("move {} into {}", name(state, id), name(state, above));
    if apply(state, title, Edit::Move { id, parent: above, index: usize::MAX }) {
        reveal(state, row(id));
    }
}

fn duplicate(state: &mut State, id: NodeId) {
    match compose::duplicate(state.tree.taxonomy(), id) {
        Ok(edit) => {
            let copy = state.tree.taxonomy().next_id();
            if apply(state, format!("duplicate {}", name(state, id)), edit) {
                reveal(state, row(copy));
                state.say(Tone::Info, "the copy has new names and no aliases: those mean one class; r renames it");
            }
        }
        Err(e) => state.say(Tone::Warn, e.to_string()),
    }
}

/// Asks for the name of the parent.
fn open_picker(state: &mut State, moving: Vec<NodeId>) {
    let title = format!("Move {} below", clean(&in_words(state, &moving)));
    let mut picker = Picker { title, input: Input::new(String::new()), found: Vec::new(), selected: 0, moving };
    find(state, &mut picker);
    state.overlay = Some(Overlay::Pick(picker));
}

/// Finds the classes that match what was typed and can take what is moved: names that begin with it before those that hold it.
pub fn find(state: &State, picker: &mut Picker) {
    let tree = state.tree.taxonomy();
    let typed = picker.input.text().trim().to_lowercase();
    let moving: HashSet<NodeId> = picker.moving.iter().copied().collect();
    let mut found: Vec<(bool, usize, NodeId)> = Vec::new();
    // Walked without entering what is moved: nothing can go below itself.
    let mut stack = vec![tree.root()];
    while let Some(id) = stack.pop() {
        if moving.contains(&id) {
            continue;
        }
        stack.extend(tree.children(id).iter().rev());
        if typed.is_empty() || state.tree.matches(id, &typed) {
            let name = &tree.node(id).name;
            found.push((!name.to_lowercase().starts_with(&typed), name.chars().count(), id));
        }
    }
    if !typed.is_empty() {
        found.sort_by_key(|(later, length, _)| (*later, *length));
    }
    picker.found = found.into_iter().take(PICKED).map(|(_, _, id)| id).collect();
    picker.selected = 0;
}

/// Deletes classes; asks if something lies below one of them.
fn delete(state: &mut State, ids: &[NodeId]) {
    let tree = state.tree.taxonomy();
    let below: usize = ids.iter().map(|id| tree.subtree(*id).count() - 1).sum();
    if below == 0 {
        // Undo brings leaves back: no question.
        delete_with(state, ids, Subtree::GoAlong);
        return;
    }
    let shown = clean(&in_words(state, ids)).into_owned();
    let classes = if below == 1 { "1 class lies".to_string() } else { format!("{below} classes lie") };
    let (rise, all, to) = match ids {
        [id] => {
            let parent = tree.parent(*id).map(|p| clean(&tree.node(p).name).into_owned()).unwrap_or_default();
            (Then::DeleteRise(*id), Then::DeleteAll(*id), format!("its children rise to {parent}"))
        }
        many => (Then::DeleteManyRise(many.to_vec()), Then::DeleteManyAll(many.to_vec()), "their children rise to their parents".into()),
    };
    state.overlay = Some(Overlay::Question(Question {
        title: format!("Delete {shown}"),
        text: vec![format!("{classes} below {shown}. What becomes of what lies below?")],
        answers: vec![
            Answer { key: 'r', text: to, then: rise },
            Answer { key: 'a', text: "all of it goes along".into(), then: all },
            Answer { key: 'n', text: "nothing is deleted".into(), then: Then::Nothing },
        ],
        selected: 0,
        is_quit: false,
    }));
}

/// Deletes classes; the selection goes to the next sibling of the first, or the one before, or its parent.
pub fn delete_with(state: &mut State, ids: &[NodeId], children: Subtree) {
    let Some(first) = ids.first().copied() else { return };
    let gone: HashSet<NodeId> = ids.iter().copied().collect();
    let tree = state.tree.taxonomy();
    let risen = if children == Subtree::Rise { tree.children(first).first().copied() } else { None };
    let next = tree.parent(first).map(|parent| {
        let siblings = tree.children(parent);
        let at = tree.position(first);
        let after = siblings.iter().skip(at + 1).find(|s| !gone.contains(s)).copied();
        let before = siblings.iter().take(at).rev().find(|s| !gone.contains(s)).copied();
        risen.or(after).or(before).unwrap_or(parent)
    });
    let title = format!("delete {}{}", in_words(state, ids), if risen.is_some() { ", children rise" } else { "" });
    // From the last to the first: in a wide tree each is then found at once.
    let mut edits: Vec<Edit> = ids.iter().rev().map(|id| Edit::Delete { id: *id, children }).collect();
    let edit = if edits.len() == 1 { edits.remove(0) } else { Edit::Batch(edits) };
    if apply(state, title.clone(), edit) {
        if let Some(node) = next {
            reveal(state, row(node));
        }
        state.say(Tone::Info, format!("{} (u brings it back)", clean(&title)));
    }
}
