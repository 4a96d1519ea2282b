//! The list of objects: sorting, filtering, marks, labels, export.

use super::{navigate, open};
use crate::tui::action::LabelsFor;
use crate::tui::arrange::{ActiveFilter, SORTS, SortInfo};
use crate::tui::command::Cmd;
use crate::tui::effect::Effect;
use crate::tui::export::{Export, ExportReport, ExportedObject, Kind};
use crate::tui::objects::Classified;
use crate::tui::overlay::{Answer, Overlay, Purpose, Question, Then};
use crate::tui::state::{ModelState, State, Tone};
use crate::tui::text::{self, clean};
use std::path::{Path, PathBuf};

/// Runs a command of these.
pub fn objects(state: &mut State, cmd: Cmd) {
    match cmd {
        Cmd::SortObjects => ask_sort(state),
        Cmd::ReverseObjects => {
            let sort = state.objects.sort();
            state.objects.sort_by(sort.key, !sort.reversed);
        }
        Cmd::FilterObjects => {
            let before = state.objects.filter().map(|f| f.text.clone()).unwrap_or_default();
            let purpose = Purpose::FilterObjects { before: before.clone(), origin: state.objects.selected };
            let title = "Show only objects with, as p>0.8 class:SN n>20 name:ZTF21*";
            open(state, purpose, title.into(), before);
        }
        Cmd::MarkObject => {
            if state.objects.selected_is_shown() {
                state.objects.toggle_mark(state.objects.selected);
            }
            navigate::go_in_objects(state, Cmd::Down);
            say_marks(state);
        }
        Cmd::MarkShown => {
            state.objects.toggle_shown();
            say_marks(state);
        }
        Cmd::ExportObjects => ask_export(state),
        _ => {
            let title = "True classes from which file (columns object_id and label)".into();
            open(state, Purpose::Labels(LabelsFor::Truth), title, String::new());
        }
    }
}

/// After every action: what has changed is judged, and the list put in order.
pub fn keep_up(state: &mut State) {
    let read = state.source.reading.is_none();
    let answered = match &state.model {
        ModelState::Loading => false,
        ModelState::Failed(_) => true,
        ModelState::Ready(_) => state.objects.n_classified() == state.objects.len(),
    };
    state.objects.keep_up(&state.tree, state.tau, read && answered);
}

fn ask_sort(state: &mut State) {
    let sort = state.objects.sort();
    let answer = |s: &SortInfo| {
        // The same again keeps its direction.
        let reversed = s.key == sort.key && sort.reversed;
        Answer { key: s.letter, text: s.title.into(), then: Then::Sort(s.key, reversed) }
    };
    let mut answers: Vec<Answer> = SORTS.iter().map(answer).collect();
    answers.push(Answer { key: 'r', text: "as it is, reversed".into(), then: Then::Sort(sort.key, !sort.reversed) });
    let selected = SORTS.iter().position(|s| s.key == sort.key).unwrap_or(0);
    let text = vec!["Sort the objects by".into()];
    state.overlay = Some(Overlay::Question(Question { title: "Sort".into(), text, answers, selected, is_quit: false }));
}

fn say_marks(state: &mut State) {
    let text = match state.objects.n_marked() {
        0 => "no object is marked".to_string(),
        1 => "1 object is marked: x writes it to a file, & with the word marked shows it alone".to_string(),
        n => format!("{} objects are marked: x writes them to a file, & with the word marked shows them alone", text::long_count(n)),
    };
    state.say(Tone::Info, text);
}

/// Why the text can't be a filter.
pub fn filter_problem(state: &State, text: &str) -> Option<String> {
    let filter = ActiveFilter::new(text.trim_end(), &state.tree);
    filter.filter.err().map(|e| clean(&e.to_string()).into_owned())
}

/// The filter's text has changed: the list follows as soon as it can be read.
pub fn typed(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Prompt(p)) = &state.overlay else { return Vec::new() };
    let Purpose::FilterObjects { origin, .. } = p.purpose else { return Vec::new() };
    let text = p.input.text().trim().to_string();
    if text.is_empty() {
        state.objects.set_filter(None);
    } else {
        let filter = ActiveFilter::new(&text, &state.tree);
        if filter.filter.is_err() {
            return Vec::new();
        }
        state.objects.set_filter(Some(filter));
    }
    // The object that was selected, or the first that is shown; where none is shown it stays.
    let first = if state.objects.place_of(origin).is_some() { None } else { state.objects.row_at(0) };
    navigate::select_object(state, first.unwrap_or(origin))
}

/// The filter is taken as it stands.
pub fn filtered(state: &mut State) {
    if state.objects.filter().is_some() {
        let (n, of) = (state.objects.shown(), text::plural(state.objects.len(), "object"));
        state.say(Tone::Info, format!("{} of {of}; Esc shows all again", text::long_count(n)));
    }
}

/// The filter is as it was before.
pub fn unfilter(state: &mut State, before: &str, origin: usize) -> Vec<Effect> {
    let filter = (!before.is_empty()).then(|| ActiveFilter::new(before, &state.tree));
    state.objects.set_filter(filter);
    navigate::select_object(state, origin)
}

/// Labels of a file were read: they are the objects' true classes.
pub fn take_labels(state: &mut State, path: &Path, labels: Result<Vec<(String, String)>, String>) -> Vec<Effect> {
    let name = clean(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).into_owned();
    match labels {
        Err(why) => state.say(Tone::Error, clean(&why).into_owned()),
        Ok(labels) if labels.is_empty() => {
            state.say(
                Tone::Error,
                format!("{name} has numbers of objects by label, and no names of objects: object_id and label are needed"),
            );
        }
        Ok(labels) => {
            let n = labels.len();
            let found = state.objects.set_labels(Some(name.clone()), labels);
            let of = text::plural(state.objects.len(), "object");
            let text = format!("{} of {of} have their label from {name}, which has {}", text::long_count(found), text::long_count(n));
            state.say(if found == 0 { Tone::Warn } else { Tone::Info }, text);
        }
    }
    Vec::new()
}

/// The objects' own labels again.
pub fn own_labels(state: &mut State) {
    state.objects.set_labels(None, Vec::new());
    state.say(Tone::Info, "the true classes are the labels of the light curves");
}

fn ask_export(state: &mut State) {
    let n = state.objects.targets().len();
    let what = if state.objects.n_marked() > 0 { "the marked" } else { "the shown" };
    let title = format!("Write {what} {} to which file", text::plural(n, "object"));
    open(state, Purpose::Export, title, "objects.csv".into());
}

/// Why the text can't be the name of an export.
pub fn export_problem(state: &State, text: &str) -> Option<String> {
    match Kind::of(Path::new(text.trim())) {
        None => Some(format!("a name that ends in {}", Kind::endings())),
        Some(Kind::Rows(_)) if state.model.ready().is_none() => Some("no model is loaded: only .txt, the names, can be written".into()),
        Some(_) => None,
    }
}

/// Writes the objects to a file.
pub fn export(state: &mut State, path: PathBuf, overwrite: bool) -> Vec<Effect> {
    let Some(kind) = Kind::of(&path) else { return Vec::new() };
    let object = |row: usize| {
        let object = state.objects.get(row)?;
        let p = match &object.classified {
            Classified::Done(p) => Some(Ok(p.clone())),
            Classified::Failed(why) => Some(Err(why.clone())),
            Classified::Waiting => None,
        };
        Some(ExportedObject { curve: object.curve.clone(), p })
    };
    let objects: Vec<ExportedObject> = state.objects.targets().into_iter().filter_map(object).collect();
    let regrouper = match &state.tree.derived.regroup {
        Some(Ok(r)) => Some(r.clone()),
        Some(Err(why)) if matches!(kind, Kind::Rows(_)) => {
            let text = format!("not exported: the model does not fit this tree: {}", clean(why));
            state.say(Tone::Error, text);
            return Vec::new();
        }
        _ => None,
    };
    let layout = state.tree.derived.layout.clone();
    let profile = state.model.ready().map(|m| m.profile.clone());
    state.say(Tone::Info, format!("writing {}…", text::plural(objects.len(), "object")));
    vec![Effect::Export(Box::new(Export { path, kind, overwrite, objects, layout, regrouper, profile, tau: state.tau }))]
}

/// An export is done, or could not be.
pub fn exported(state: &mut State, report: ExportReport) {
    match report {
        ExportReport::Written { path, n, unclassified } => {
            let shown = clean(&path.to_string_lossy()).into_owned();
            let done = format!("{} written to {shown}", text::plural(n, "object"));
            match unclassified {
                0 => state.say(Tone::Info, done),
                k => state.say(Tone::Warn, format!("{done}; {} of them had no answer of the model yet", text::long_count(k))),
            }
        }
        ExportReport::Exists(path) => {
            let shown = clean(&path.to_string_lossy()).into_owned();
            let question = Question {
                title: "The file exists".into(),
                text: vec![format!("{shown} is there already.")],
                answers: vec![
                    Answer { key: 'n', text: "leave it as it is".into(), then: Then::Nothing },
                    Answer { key: 'o', text: "overwrite it".into(), then: Then::OverwriteExport(path) },
                ],
                selected: 0,
                is_quit: false,
            };
            // What has been opened since is not taken away.
            match state.overlay {
                None => state.overlay = Some(Overlay::Question(question)),
                Some(_) => state.say(Tone::Warn, format!("not exported: {shown} is there already")),
            }
        }
        ExportReport::Failed(why) => state.say(Tone::Error, format!("not exported: {}", clean(&why))),
    }
}
