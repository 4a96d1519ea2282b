//! What differs between the tree and another, and whose decision changes.

use super::report;
use crate::cascade::TreePair;
use crate::taxonomy::Taxonomy;
use crate::taxonomy::diff::{DiffEntry, DiffKind, TreeDiff, diff};
use crate::tui::objects::Classified;
use crate::tui::overlay::{Answer, ListingKind, ListingRow, Overlay, Question, RowTone, Then};
use crate::tui::state::{State, Tone};
use crate::tui::text::{self, clean};
use std::path::Path;
use std::sync::Arc;

/// Most changed decisions that are listed.
const LISTED: usize = 500;
/// Objects times classes that are decided at once.
const WORK: usize = 20_000_000;

/// Asks with what to compare.
pub fn ask(state: &mut State) {
    let mut answers = vec![Answer { key: 's', text: "the tree as it was read or last saved".into(), then: Then::DiffSaved }];
    if let Some(model) = state.model.ready() {
        answers.push(Answer {
            key: 'm',
            text: clean(&format!("the tree of the model {}", model.name)).into_owned(),
            then: Then::DiffModel,
        });
    }
    answers.push(Answer { key: 'f', text: "the tree of a file".into(), then: Then::DiffFile });
    state.overlay = Some(Overlay::Question(Question {
        title: "Compare the tree".into(),
        text: vec!["What was it before? Compare with".into()],
        answers,
        selected: 0,
        is_quit: false,
    }));
}

/// With what is in the file.
pub fn with_saved(state: &mut State) {
    let base = Arc::clone(&state.tree.base);
    show(state, &base, "the saved tree");
}

/// With the model's tree.
pub fn with_model(state: &mut State) {
    let Some(tree) = state.model.ready().map(|m| m.taxonomy.clone()) else { return };
    show(state, &tree, "the model's tree");
}

/// With another file.
pub fn with_file(state: &mut State, path: &Path, tree: &Taxonomy) {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    show(state, tree, &name);
}

fn entry(e: &DiffEntry) -> ListingRow {
    let tone = match e.kind {
        DiffKind::Added => RowTone::Good,
        DiffKind::Removed | DiffKind::Merged => RowTone::Error,
        DiffKind::Moved | DiffKind::Renamed => RowTone::Warn,
        _ => RowTone::Plain,
    };
    let gone = matches!(e.kind, DiffKind::Removed | DiffKind::Merged);
    let (first, second) = if gone { (&e.path_a, &e.path_b) } else { (&e.path_b, &e.path_a) };
    let place = first.as_ref().or(second.as_ref()).map_or("", String::as_str);
    let detail = if e.detail.is_empty() { String::new() } else { format!("   {}", e.detail) };
    ListingRow { node: e.node_b, ..ListingRow::new(tone, format!("{} {}", e.kind.sign(), e.kind.name()), format!("{place}{detail}")) }
}

fn show(state: &mut State, old: &Taxonomy, what: &str) {
    let new = state.tree.taxonomy();
    let found = diff(old, new);
    let mut rows: Vec<ListingRow> = found.entries.iter().map(entry).collect();
    for (name, before, after) in found.weights.options() {
        rows.push(ListingRow::new(RowTone::Warn, "~ weights", format!("{name} {before} → {after}")));
    }
    // Objects times classes: as many as can be asked without the screen standing still.
    let asked = (WORK / state.tree.taxonomy().len().max(old.len())).min(state.objects.len());
    let changed = decisions(state, old, &found, asked);
    if rows.is_empty() && found.weights.rows.is_empty() && changed.is_empty() {
        state.say(Tone::Info, format!("the tree is the same as {what}"));
        return;
    }
    let number = changed.len();
    if number > 0 {
        let of = if asked < state.objects.len() { "the first " } else { "" };
        let heading = format!("Decisions: {number} of {of}{} change", text::plural(asked.min(state.objects.n_classified()), "object"));
        rows.push(ListingRow::new(RowTone::Heading, "", heading));
        rows.extend(changed.into_iter().take(LISTED));
    }
    let new = state.tree.taxonomy();
    if !found.weights.rows.is_empty() {
        rows.push(ListingRow::new(RowTone::Heading, "", format!("Weights W λ: {} differ", text::long_count(found.weights.rows.len()))));
        let number = |w: Option<f64>| w.map_or_else(|| "–".to_string(), text::weight);
        rows.extend(found.weights.rows.iter().take(LISTED).map(|w| {
            let line = format!("{} {:>6} → {}", text::pad(&w.name, 30), number(w.old), number(w.new));
            ListingRow { node: new.find(&w.name), ..ListingRow::new(RowTone::Dim, "~ W λ", line) }
        }));
    }
    let counts: Vec<String> =
        DiffKind::ALL.iter().map(|k| (found.count(*k), k.name())).filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    let head = if counts.is_empty() { Vec::new() } else { vec![counts.join(", ")] };
    report::show(
        state,
        ListingKind::Diff,
        format!("Against {}", clean(what)),
        head,
        rows,
        "enter goes to the class or the object · esc closes",
    );
}

/// Those of the first `asked` objects whose decision changes, as rows.
fn decisions(state: &State, old: &Taxonomy, found: &TreeDiff, asked: usize) -> Vec<ListingRow> {
    let Some(model) = state.model.ready() else { return Vec::new() };
    let Ok(pair) = TreePair::new(&model.taxonomy, &model.layout, old, state.tree.taxonomy()) else { return Vec::new() };
    let row = |(index, object): (usize, &crate::tui::objects::Object)| {
        let Classified::Done(p) = &object.classified else { return None };
        let c = pair.compare(found, p, state.tau);
        c.changed.then(|| {
            let id = text::pad(&object.curve.object_id, 20);
            let line =
                format!("{id} {} {} → {} {}", c.old.name, text::short_probability(c.old.p), c.new.name, text::short_probability(c.new.p));
            ListingRow { object: Some(index), ..ListingRow::new(RowTone::Plain, "decision", line) }
        })
    };
    state.objects.iter().enumerate().take(asked).filter_map(row).collect()
}
