//! Editing the tree: every change goes through the document's history, and what follows from the tree is made anew at once.

use super::file::Kept;
use super::navigate::reveal;
use super::open;
use crate::taxonomy::{CountMode, Edit, Form, Node, NodeId, Subtree};
use crate::tui::command::Cmd;
use crate::tui::effect::Effect;
use crate::tui::overlay::{Answer, Overlay, Purpose, Question, Then};
use crate::tui::state::{RowKey, State, Tone, TreeRowKind};
use crate::tui::text::clean;
use std::path::PathBuf;

/// Steps of alpha and beta.
const ALPHA_STEP: f64 = 0.05;
const BETA_STEP: f64 = 0.05;

/// Applies an edit; says why if it is refused. Returns whether it was applied.
pub fn apply(state: &mut State, title: String, edit: Edit) -> bool {
    match state.tree.doc.edit(title.clone(), edit) {
        Ok(()) => {
            refresh(state);
            state.say(Tone::Info, clean(&title).into_owned());
            true
        }
        Err(e) => {
            state.say(Tone::Warn, e.to_string());
            false
        }
    }
}

/// Makes anew what follows from the tree.
pub fn refresh(state: &mut State) {
    state.tree.refresh(state.model.ready());
}

fn name(state: &State, node: NodeId) -> String {
    state.tree.taxonomy().node(node).name.clone()
}

/// Opens the prompt of a command that needs a text.
pub fn open_prompt(state: &mut State, cmd: Cmd) {
    let tree = state.tree.taxonomy();
    let node = state.tree.selected.node;
    let data = tree.node(node);
    let shown = clean(&data.name).into_owned();
    match cmd {
        Cmd::AddChild => {
            let index = tree.children(node).len();
            open(state, Purpose::Add { parent: node, index }, format!("New class below {shown}"), String::new());
        }
        Cmd::AddSibling => {
            if let Some(parent) = tree.parent(node) {
                let index = tree.position(node) + 1;
                open(state, Purpose::Add { parent, index }, format!("New class after {shown}"), String::new());
            }
        }
        Cmd::Rename => {
            let text = data.name.clone();
            open(state, Purpose::Rename(node), format!("Rename {shown}"), text);
        }
        Cmd::Aliases => {
            let text = data.aliases.join(", ");
            open(state, Purpose::Aliases(node), format!("Other names of {shown}, separated by commas"), text);
        }
        _ => {
            let text = data.note.clone();
            open(state, Purpose::Note(node), format!("Note on {shown}"), text);
        }
    }
}

/// The edit that a prompt's text means, with its title; none if nothing changes.
pub fn from_prompt(state: &State, purpose: &Purpose, text: &str) -> Option<(String, Edit)> {
    let text = text.trim();
    match purpose {
        Purpose::Add { parent, index } => {
            Some((format!("add {text}"), Edit::Add { parent: *parent, index: *index, node: Node::new(text) }))
        }
        Purpose::Rename(id) => {
            let old = name(state, *id);
            (old != text).then(|| (format!("rename {old} to {text}"), Edit::Rename { id: *id, name: text.to_string() }))
        }
        Purpose::Aliases(id) => {
            let aliases: Vec<String> = text.split(',').map(str::trim).filter(|a| !a.is_empty()).map(String::from).collect();
            (state.tree.taxonomy().node(*id).aliases != aliases)
                .then(|| (format!("aliases of {}", name(state, *id)), Edit::SetAliases { id: *id, aliases }))
        }
        Purpose::Note(id) => (state.tree.taxonomy().node(*id).note != text)
            .then(|| (format!("note on {}", name(state, *id)), Edit::SetNote { id: *id, note: text.to_string() })),
        Purpose::SaveAs { .. } | Purpose::Search { .. } => None,
    }
}

/// Applies what a prompt was for. Returns whether the prompt may close.
pub fn accept(state: &mut State, purpose: &Purpose, text: &str) -> bool {
    let Some((title, edit)) = from_prompt(state, purpose, text) else { return true };
    let added = matches!(edit, Edit::Add { .. }).then(|| state.tree.taxonomy().next_id());
    if !apply(state, title, edit) {
        return false;
    }
    if let Some(node) = added {
        reveal(state, RowKey { node, kind: TreeRowKind::Node });
    }
    true
}

/// Edits that need no text.
pub fn edit(state: &mut State, cmd: Cmd) {
    let node = state.tree.selected.node;
    match cmd {
        Cmd::Move => {
            state.tree.moving = Some(node);
            let text = format!("moving {}: choose its new parent, then Enter; Esc leaves it where it is", clean(&name(state, node)));
            state.say(Tone::Info, text);
        }
        Cmd::MoveHere => move_here(state, node),
        Cmd::MoveUp => shift(state, node, -1),
        Cmd::MoveDown => shift(state, node, 1),
        Cmd::Exhaustive => {
            let exhaustive = !state.tree.taxonomy().node(node).exhaustive;
            let title = format!("{} {} exhaustive", name(state, node), if exhaustive { "is" } else { "is not" });
            if apply(state, title, Edit::SetExhaustive { id: node, exhaustive }) {
                let shown = clean(&name(state, node)).into_owned();
                let what = match (exhaustive, state.tree.taxonomy().is_leaf(node)) {
                    (true, _) => format!("the children of {shown} are all there is: no residual"),
                    (false, true) => format!("{shown} will have a residual as soon as it has children"),
                    (false, false) => format!("{shown} may be something else: it has a residual now"),
                };
                state.say(Tone::Info, what);
            }
        }
        Cmd::Delete => delete(state, node),
        _ => {}
    }
}

fn move_here(state: &mut State, parent: NodeId) {
    let Some(id) = state.tree.moving.take() else { return };
    let title = format!("move {} below {}", name(state, id), name(state, parent));
    let index = state.tree.taxonomy().children(parent).len();
    if apply(state, title, Edit::Move { id, parent, index }) {
        reveal(state, RowKey { node: id, kind: TreeRowKind::Node });
    }
}

fn shift(state: &mut State, id: NodeId, step: isize) {
    let tree = state.tree.taxonomy();
    let Some(parent) = tree.parent(id) else { return };
    let Some(index) = tree.position(id).checked_add_signed(step) else { return };
    let title = format!("move {} {}", name(state, id), if step < 0 { "up" } else { "down" });
    apply(state, title, Edit::Move { id, parent, index });
}

fn delete(state: &mut State, id: NodeId) {
    let tree = state.tree.taxonomy();
    let below = tree.subtree(id).count() - 1;
    if below == 0 {
        // Undo brings a leaf back: no question.
        delete_with(state, id, Subtree::GoAlong);
        return;
    }
    let shown = clean(&name(state, id)).into_owned();
    let parent = tree.parent(id).map(|p| clean(&tree.node(p).name).into_owned()).unwrap_or_default();
    let classes = if below == 1 { "1 class lies".to_string() } else { format!("{below} classes lie") };
    state.overlay = Some(Overlay::Question(Question {
        title: format!("Delete {shown}"),
        text: vec![format!("{classes} below {shown}. What becomes of what lies below it?")],
        answers: vec![
            Answer { key: 'r', text: format!("its children rise to {parent}"), then: Then::DeleteRise(id) },
            Answer { key: 'a', text: "all of it goes along".into(), then: Then::DeleteAll(id) },
            Answer { key: 'n', text: "nothing is deleted".into(), then: Then::Nothing },
        ],
        selected: 0,
        is_quit: false,
    }));
}

/// Deletes a class; the selection goes to its next sibling, or the one before, or its parent.
pub fn delete_with(state: &mut State, id: NodeId, children: Subtree) {
    let tree = state.tree.taxonomy();
    let risen = if children == Subtree::Rise { tree.children(id).first().copied() } else { None };
    let next = tree.parent(id).map(|parent| {
        let siblings = tree.children(parent);
        let at = tree.position(id);
        risen
            .or_else(|| siblings.get(at + 1).copied())
            .or_else(|| at.checked_sub(1).and_then(|i| siblings.get(i).copied()))
            .unwrap_or(parent)
    });
    let title = format!("delete {}{}", name(state, id), if risen.is_some() { ", its children rise" } else { "" });
    if apply(state, title.clone(), Edit::Delete { id, children }) {
        if let Some(node) = next {
            reveal(state, RowKey { node, kind: TreeRowKind::Node });
        }
        state.say(Tone::Info, format!("{} (u brings it back)", clean(&title)));
    }
}

/// Changes alpha, beta, the form or K.
pub fn weights(state: &mut State, cmd: Cmd) {
    let mut o = state.tree.taxonomy().weights;
    // Rounded, so that ten steps up and down lead back to the same number in the file.
    let step = |x: f64, by: f64, max: f64| ((x + by) * 1000.0).round().clamp(0.0, max * 1000.0) / 1000.0;
    let title = match cmd {
        Cmd::AlphaDown | Cmd::AlphaUp => {
            o.alpha = step(o.alpha, if cmd == Cmd::AlphaUp { ALPHA_STEP } else { -ALPHA_STEP }, 5.0);
            format!("alpha {}", o.alpha)
        }
        Cmd::BetaDown | Cmd::BetaUp => {
            o.beta = step(o.beta, if cmd == Cmd::BetaUp { BETA_STEP } else { -BETA_STEP }, 5.0);
            format!("beta {}", o.beta)
        }
        Cmd::WeightForm => {
            o.form = match o.form {
                Form::Node => Form::Label,
                Form::Label => Form::None,
                Form::None => Form::Node,
            };
            match o.form {
                Form::Node => "a weight per node",
                Form::Label => "a weight per label",
                Form::None => "no class weights",
            }
            .to_string()
        }
        _ => {
            o.k = if o.k == CountMode::Labels { CountMode::Nodes } else { CountMode::Labels };
            if o.k == CountMode::Labels { "K counts labels".to_string() } else { "K counts nodes".to_string() }
        }
    };
    if o == state.tree.taxonomy().weights {
        state.say(Tone::Warn, "it can't go further");
        return;
    }
    apply(state, title.clone(), Edit::SetWeights(o));
    if state.model.ready().is_some() {
        state.say(Tone::Info, format!("{title}: the weights of a training; the model's probabilities do not change"));
    }
}

/// Changes the threshold of the decision.
pub fn set_tau(state: &mut State, by: f64) {
    state.tau = (((state.tau + by) * 100.0).round() / 100.0).clamp(0.05, 0.95);
    let text = format!("τ {:.2}: a decision goes down the tree while the class has at least this probability", state.tau);
    state.say(Tone::Info, text);
}

/// Undo and redo.
pub fn history(state: &mut State, undo: bool) {
    let replaces = if undo { state.tree.doc.undo_replaces() } else { state.tree.doc.redo_replaces() };
    let kept = replaces.then(|| Kept::of(&state.tree));
    let title = if undo { state.tree.doc.undo() } else { state.tree.doc.redo() }.map(String::from);
    if let Some(kept) = kept {
        kept.put_back(&mut state.tree);
    }
    refresh(state);
    if let Some(title) = title {
        let verb = if undo { "undone" } else { "done again" };
        state.say(Tone::Info, format!("{verb}: {}", clean(&title)));
    }
    reveal(state, state.tree.selected);
}

/// Saves to the tree's own file; asks for one if it has none.
pub fn save(state: &mut State, then_quit: bool) -> Vec<Effect> {
    match state.tree.path.clone() {
        Some(path) => vec![save_effect(state, path, !state.file.unread, then_quit)],
        None => {
            super::prompt::open_save_as(state, then_quit);
            Vec::new()
        }
    }
}

/// The effect that writes the tree.
pub fn save_effect(state: &State, path: PathBuf, overwrite: bool, then_quit: bool) -> Effect {
    let known = state.file.known.clone().filter(|_| state.tree.path.as_ref() == Some(&path));
    Effect::Save { taxonomy: Box::new(state.tree.taxonomy().clone()), path, overwrite, known, then_quit }
}
