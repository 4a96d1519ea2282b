//! Editing the tree: every change goes through the document's history, and what follows from the tree is made anew at once.

use super::file::Kept;
use super::navigate::reveal;
use super::{open, shape};
use crate::taxonomy::{CountMode, Edit, EditError, Form, Node, NodeId, compose};
use crate::tui::command::Cmd;
use crate::tui::effect::Effect;
use crate::tui::overlay::Purpose;
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

/// A class's name.
pub fn name(state: &State, node: NodeId) -> String {
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
            let text = joined(&data.aliases);
            open(state, Purpose::Aliases(node), format!("Other names of {shown}, separated by commas"), text);
        }
        Cmd::Absorbs => {
            let text = joined(&data.absorbs);
            open(state, Purpose::Absorbs(node), format!("Finer labels that {shown} takes in, separated by commas"), text);
        }
        Cmd::Group => {
            let targets = state.tree.targets();
            let below = compose::nearest_above(tree, &targets).map_or_else(String::new, |n| format!(", below {}", tree.node(n).name));
            let title = format!("New parent of {}{}", clean(&shape::in_words(state, &targets)), clean(&below));
            open(state, Purpose::Group(targets), title, String::new());
        }
        Cmd::SplitOff => {
            let labels: Vec<String> = data.absorbs.iter().chain(&data.aliases).cloned().collect();
            let first = labels.first().cloned().unwrap_or_default();
            let title = format!("Which becomes a child of {shown}: {}", clean(&labels.join(", ")));
            open(state, Purpose::SplitOff(node), title, first);
        }
        Cmd::Title => {
            let text = tree.name.clone();
            open(state, Purpose::Title, "Title of the tree".into(), text);
        }
        Cmd::Citation => {
            let text = one_line(&tree.citation);
            open(state, Purpose::Citation, "Where the tree comes from".into(), text);
        }
        _ => {
            let text = one_line(&data.note);
            open(state, Purpose::Note(node), format!("Note on {shown}"), text);
        }
    }
}

/// A text as a prompt shows it.
fn one_line(text: &str) -> String {
    text.replace('\n', " ").trim().to_string()
}

/// Labels as one line: separated by commas, those that hold one in double quotes.
fn joined(labels: &[String]) -> String {
    let quoted = |l: &String| if l.contains([',', '"']) { format!("\"{}\"", l.replace('"', "\"\"")) } else { l.clone() };
    labels.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// What [`joined`] wrote, or a user.
fn listed(text: &str) -> Vec<String> {
    let mut labels = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(label) = labels.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                label.push('"');
            }
            '"' if quoted || label.trim().is_empty() => quoted = !quoted,
            ',' if !quoted => labels.push(String::new()),
            c => label.push(c),
        }
    }
    labels.iter().map(|l| l.trim().to_string()).filter(|l| !l.is_empty()).collect()
}

/// The edit that a prompt's text means, with its title; none if nothing changes; or why it can't be.
pub fn from_prompt(state: &State, purpose: &Purpose, text: &str) -> Result<Option<(String, Edit)>, String> {
    let text = text.trim();
    let tree = state.tree.taxonomy();
    let said = |e: EditError| e.to_string();
    let step = match purpose {
        Purpose::Add { parent, index } => (format!("add {text}"), Edit::Add { parent: *parent, index: *index, node: Node::new(text) }),
        Purpose::Rename(id) => (format!("rename {} to {text}", name(state, *id)), Edit::Rename { id: *id, name: text.to_string() }),
        Purpose::Aliases(id) => (format!("aliases of {}", name(state, *id)), Edit::SetAliases { id: *id, aliases: listed(text) }),
        Purpose::Absorbs(id) => (format!("absorbed labels of {}", name(state, *id)), Edit::SetAbsorbs { id: *id, absorbs: listed(text) }),
        // What was opened on one line and is closed as it was is no edit.
        Purpose::Note(id) if text == one_line(&tree.node(*id).note) => return Ok(None),
        Purpose::Citation if text == one_line(&tree.citation) => return Ok(None),
        Purpose::Note(id) => (format!("note on {}", name(state, *id)), Edit::SetNote { id: *id, note: text.to_string() }),
        Purpose::Count(id) => {
            let digits: String = text.chars().filter(|c| !matches!(c, ' ' | ',' | '_')).collect();
            let count = match digits.as_str() {
                "" => None,
                digits => Some(digits.parse::<u64>().map_err(|_| "a whole number from 0 on, as 1250".to_string())?),
            };
            (format!("examples of {}", name(state, *id)), Edit::SetCount { id: *id, count })
        }
        Purpose::Group(members) => {
            (format!("group {} under {text}", shape::in_words(state, members)), compose::group(tree, members, text).map_err(said)?)
        }
        Purpose::SplitOff(id) => {
            let labels = tree.node(*id).absorbs.iter().chain(&tree.node(*id).aliases);
            if !labels.into_iter().any(|l| l == text) {
                return Err(format!("{} has no other label of exactly this text", clean(&name(state, *id))));
            }
            (format!("split {text} off {}", name(state, *id)), compose::split_off(tree, *id, text, None).map_err(said)?)
        }
        Purpose::Title => ("title of the tree".to_string(), Edit::SetTitle { name: text.to_string(), citation: tree.citation.clone() }),
        Purpose::Citation => ("source of the tree".to_string(), Edit::SetTitle { name: tree.name.clone(), citation: text.to_string() }),
        Purpose::SaveAs { .. }
        | Purpose::SaveModel
        | Purpose::Period
        | Purpose::Figure
        | Purpose::OpenTree
        | Purpose::DiffFile
        | Purpose::Labels(_)
        | Purpose::Search { .. }
        | Purpose::SearchClass { .. }
        | Purpose::Filter { .. }
        | Purpose::FilterObjects { .. }
        | Purpose::BatchInput
        | Purpose::BatchOutput(_)
        | Purpose::Export => return Ok(None),
    };
    Ok(Some(step).filter(|(_, edit)| !tree.changes_nothing(edit)))
}

/// Applies what a prompt was for. Returns whether the prompt may close.
pub fn accept(state: &mut State, purpose: &Purpose, text: &str) -> bool {
    let (title, edit) = match from_prompt(state, purpose, text) {
        Ok(Some(step)) => step,
        Ok(None) => return true,
        Err(why) => {
            state.say(Tone::Warn, why);
            return false;
        }
    };
    let new = matches!(purpose, Purpose::Add { .. } | Purpose::Group(_) | Purpose::SplitOff(_));
    let added = new.then(|| state.tree.taxonomy().next_id());
    if !apply(state, title, edit) {
        return false;
    }
    if let Some(node) = added {
        state.tree.marked.clear();
        reveal(state, RowKey { node, kind: TreeRowKind::Node });
    }
    true
}

/// The residual on or off.
pub fn exhaustive(state: &mut State) {
    let node = state.tree.selected.node;
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
    let own = state.tree.path.as_ref() == Some(&path);
    let known = state.file.known.clone().filter(|_| own);
    Effect::Save { taxonomy: state.tree.doc.shared(), path, own, overwrite, known, then_quit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_a_line_and_back() {
        let list = |l: &[&str]| l.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        for labels in [list(&[]), list(&["a"]), list(&["SN Ia, peculiar", "b c", "5\" disc", "\"q\""]), list(&["x,y", "z"])] {
            assert_eq!(listed(&joined(&labels)), labels);
        }
        assert_eq!(listed(" a ,, b,"), ["a", "b"]);
        assert_eq!(listed("\"a, b"), ["a, b"], "a quote that is left open");
    }
}
