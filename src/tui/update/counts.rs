//! Numbers of examples: typed, of the model's training set, of the labels at hand.

use super::edit::{apply, name};
use super::open;
use crate::taxonomy::{Counts, Edit, LabelIndex, NodeId, Taxonomy};
use crate::tui::overlay::{Answer, Overlay, Purpose, Question, Then};
use crate::tui::state::{State, Tone};
use crate::tui::text::{self, clean};

/// Asks where the numbers come from.
pub fn ask(state: &mut State) {
    let node = state.tree.selected.node;
    let shown = clean(&name(state, node)).into_owned();
    let labelled = state.objects.labels().count();
    let mut answers = vec![Answer { key: 't', text: format!("type a number for {shown}"), then: Then::CountTyped(node) }];
    if let Some(model) = state.model.ready() {
        let n = model.counts.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
        let text = format!("all from the training set of the model {} ({})", model.name, text::plural(n as usize, "object"));
        answers.push(Answer { key: 'm', text: clean(&text).into_owned(), then: Then::CountsOfModel });
    }
    if labelled > 0 {
        let text = format!("all from the labels of the opened objects ({})", text::long_count(labelled));
        answers.push(Answer { key: 'o', text, then: Then::CountsOfObjects });
    }
    answers.push(Answer {
        key: 'f',
        text: "all from the labels of a file: a table, or labelled light curves".into(),
        then: Then::CountsOfFile,
    });
    answers.push(Answer { key: 'c', text: "clear them all".into(), then: Then::CountsForget });
    answers.push(Answer { key: 'n', text: "leave them as they are".into(), then: Then::Nothing });
    state.overlay = Some(Overlay::Question(Question {
        title: "Numbers of examples".into(),
        text: vec!["The class weights are made from them. Where shall they come from?".into()],
        answers,
        selected: 0,
        is_quit: false,
    }));
}

/// Opens the prompt for one number.
pub fn open_typed(state: &mut State, node: NodeId) {
    let data = state.tree.taxonomy().node(node);
    let text = data.count.map(|n| n.to_string()).unwrap_or_default();
    let title = format!("Examples labelled exactly {}; empty = not known", clean(&data.name));
    open(state, Purpose::Count(node), title, text);
}

/// Takes the numbers of the model's training set: a class that the tree does not have counts for its nearest model
/// ancestor that it has.
pub fn of_model(state: &mut State) {
    let Some(model) = state.model.ready() else { return };
    let tree = state.tree.taxonomy();
    let index = LabelIndex::new(tree);
    let mut counts = vec![0u64; tree.arena_len()];
    let mut lost = 0u64;
    for (node, n) in &model.counts {
        let mut exact = true;
        let mut at = Some(*node);
        let place = loop {
            let Some(id) = at else { break tree.root() };
            let data = model.taxonomy.node(id);
            let same = tree.find_lineage(&data.lineage).or_else(|| index.find(&data.name).map(|m| m.node));
            if let Some(found) = same {
                break found;
            }
            exact = false;
            at = model.taxonomy.parent(id);
        };
        if let Some(count) = counts.get_mut(place.index()) {
            *count = count.saturating_add(*n);
        }
        lost = lost.saturating_add(if exact { 0 } else { *n });
    }
    let title = format!("examples of the model {}", model.name);
    let edit = all(tree, |id| counts.get(id.index()).copied());
    if apply(state, title.clone(), edit) {
        let tail = if lost > 0 {
            format!("; {} of classes that the tree does not have count for those above", text::plural(lost as usize, "object"))
        } else {
            String::new()
        };
        state.say(Tone::Info, format!("{}{tail}", clean(&title)));
    }
}

/// Takes the numbers from labels with their objects.
pub fn of_labels<'l>(state: &mut State, title: String, labels: impl IntoIterator<Item = (&'l str, u64)>) {
    let tree = state.tree.taxonomy();
    let counts = Counts::from_label_counts(tree, labels);
    let edit = all(tree, |id| Some(counts.exact(id)));
    if !apply(state, title.clone(), edit) {
        return;
    }
    let unmatched = counts.unmatched.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
    if unmatched > 0 {
        let names: Vec<String> = counts.unmatched.iter().take(4).map(|(l, _)| clean(l).into_owned()).collect();
        let more = if counts.unmatched.len() > names.len() { ", …" } else { "" };
        let text = format!(
            "{}; {} left out, because no class has their labels: {}{more} (@ lists them)",
            clean(&title),
            text::plural(unmatched as usize, "object"),
            names.join(", ")
        );
        state.say(Tone::Warn, text);
    }
}

/// Takes the numbers from the labels of the opened objects.
pub fn of_objects(state: &mut State) {
    let labels: Vec<String> = state.objects.labels().map(String::from).collect();
    of_labels(state, "examples of the opened objects".into(), labels.iter().map(|l| (l.as_str(), 1)));
}

/// Forgets them.
pub fn forget(state: &mut State) {
    let edit = all(state.tree.taxonomy(), |_| None);
    apply(state, "no numbers of examples".into(), edit);
}

fn all(tree: &Taxonomy, count: impl Fn(NodeId) -> Option<u64>) -> Edit {
    let edits = tree.preorder().map(|id| Edit::SetCount { id, count: count(id) });
    Edit::Batch(edits.filter(|e| !tree.changes_nothing(e)).collect())
}
