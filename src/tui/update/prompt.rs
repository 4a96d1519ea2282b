//! Prompts, the palette, questions: what is typed and chosen while something lies over the panes.

use super::{batch, classes, command, counts, curve, diff, edit, file, navigate, objects, open, report, shape};
use crate::taxonomy::Subtree;
use crate::tui::action::LabelsFor;
use crate::tui::command::Cmd;
use crate::tui::effect::{Effect, Leave};
use crate::tui::input::Input;
use crate::tui::overlay::{Answer, Overlay, Purpose, Question, Then};
use crate::tui::palette::palette_matches;
use crate::tui::state::{State, Tone};
use std::path::PathBuf;

/// A character was typed into a prompt.
pub fn typed(state: &mut State, c: char) -> Vec<Effect> {
    if let Some(input) = input(state) {
        input.insert(c.encode_utf8(&mut [0; 4]));
    }
    changed(state)
}

/// Text was pasted; outside prompts it is not taken for keys.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    match input(state) {
        Some(input) => {
            input.insert(text);
            changed(state)
        }
        None => {
            state.say(Tone::Warn, "text was pasted where nothing is typed: it was left out");
            Vec::new()
        }
    }
}

fn input(state: &mut State) -> Option<&mut Input> {
    match &mut state.overlay {
        Some(Overlay::Prompt(p)) => Some(&mut p.input),
        Some(Overlay::Palette { input, .. }) => Some(input),
        Some(Overlay::Pick(p)) => Some(&mut p.input),
        _ => None,
    }
}

/// Keys that edit the line.
pub fn edit_line(state: &mut State, cmd: Cmd) -> Vec<Effect> {
    if let Some(Overlay::Palette { input, selected }) = &mut state.overlay
        && matches!(cmd, Cmd::EntryUp | Cmd::EntryDown)
    {
        let n = palette_matches(input.text()).len();
        *selected = if cmd == Cmd::EntryUp { selected.saturating_sub(1) } else { (*selected + 1).min(n.saturating_sub(1)) };
        return Vec::new();
    }
    if let Some(Overlay::Pick(p)) = &mut state.overlay
        && matches!(cmd, Cmd::EntryUp | Cmd::EntryDown)
    {
        let last = p.found.len().saturating_sub(1);
        p.selected = if cmd == Cmd::EntryUp { p.selected.saturating_sub(1) } else { (p.selected + 1).min(last) };
        return Vec::new();
    }
    let Some(input) = input(state) else { return Vec::new() };
    match cmd {
        Cmd::InputLeft => input.left(),
        Cmd::InputRight => input.right(),
        Cmd::InputStart => input.start(),
        Cmd::InputEnd => input.end(),
        Cmd::InputBackspace => input.backspace(),
        Cmd::InputDelete => input.delete(),
        Cmd::InputDeleteWord => input.delete_word(),
        Cmd::InputClear => input.clear(),
        _ => return Vec::new(),
    }
    changed(state)
}

/// The text has changed: it is checked, and a search moves along.
fn changed(state: &mut State) -> Vec<Effect> {
    if let Some(Overlay::Palette { selected, .. }) = &mut state.overlay {
        *selected = 0;
    }
    if let Some(Overlay::Pick(mut picker)) = state.overlay.take_if(|o| matches!(o, Overlay::Pick(_))) {
        shape::find(state, &mut picker);
        state.overlay = Some(Overlay::Pick(picker));
        return Vec::new();
    }
    check(state);
    classes::typed(state);
    let Some(Overlay::Prompt(p)) = &state.overlay else { return Vec::new() };
    if matches!(p.purpose, Purpose::FilterObjects { .. }) {
        return objects::typed(state);
    }
    let Purpose::Search { origin, .. } = p.purpose else { return Vec::new() };
    state.objects.search = p.input.text().to_lowercase();
    let found = state.objects.find(state.objects.place_of(origin).unwrap_or(0), 1);
    if let Some(Overlay::Prompt(p)) = &mut state.overlay {
        p.problem = (found.is_none() && !p.input.text().is_empty()).then(|| "no such object".to_string());
    }
    navigate::select_object(state, found.unwrap_or(origin))
}

/// Finds out whether the text could be accepted as it stands, by trying the edit.
pub fn check(state: &mut State) {
    let Some(Overlay::Prompt(p)) = &state.overlay else { return };
    let problem = match &p.purpose {
        Purpose::Search { .. } | Purpose::SearchClass { .. } | Purpose::Filter { .. } => return,
        Purpose::FilterObjects { .. } => objects::filter_problem(state, p.input.text()),
        Purpose::Export => objects::export_problem(state, p.input.text()),
        Purpose::BatchInput => p.input.text().trim().is_empty().then(|| "the path of a folder or a file, or a pattern".to_string()),
        Purpose::BatchOutput(_) => batch::output_problem(p.input.text()),
        Purpose::Labels(LabelsFor::Truth) => None,
        Purpose::SaveAs { .. } => p.input.text().trim().is_empty().then(|| "a file name, as mytree.json".to_string()),
        Purpose::Figure => curve::figure::problem(p.input.text()),
        Purpose::Period => curve::parse_period(p.input.text()).err(),
        Purpose::SaveModel => (!p.input.text().trim().ends_with(".onnx")).then(|| "a file name that ends in .onnx".to_string()),
        Purpose::OpenTree | Purpose::DiffFile | Purpose::Labels(_) => {
            p.input.text().trim().is_empty().then(|| "the path of a file".to_string())
        }
        purpose => match edit::from_prompt(state, purpose, p.input.text()) {
            Ok(Some((_, edit))) => state.tree.doc.try_out(edit).err().map(|e| e.to_string()),
            Ok(None) => None,
            Err(why) => Some(why),
        },
    };
    if let Some(Overlay::Prompt(p)) = &mut state.overlay {
        p.problem = problem;
    }
}

/// Opens the search.
pub fn open_search(state: &mut State) {
    let purpose = Purpose::Search { origin: state.objects.selected, before: state.objects.search.clone() };
    open(state, purpose, "Find an object by a part of its name".into(), String::new());
}

/// Opens the prompt for a file name.
pub fn open_save_as(state: &mut State, then_quit: bool) {
    let text = match &state.tree.path {
        Some(path) => path.to_string_lossy().into_owned(),
        None => format!("{}.json", crate::taxonomy::names::slug(&state.tree.taxonomy().name)),
    };
    open(state, Purpose::SaveAs { then_quit }, "Save the taxonomy as".into(), text);
}

/// Enter.
pub fn accept(state: &mut State) -> Vec<Effect> {
    match state.overlay.take() {
        Some(Overlay::Palette { input, selected }) => match palette_matches(input.text()).get(selected) {
            Some(found) => command(state, found.id),
            None => {
                state.overlay = Some(Overlay::Palette { input, selected });
                Vec::new()
            }
        },
        Some(Overlay::Question(q)) => match q.answers.get(q.selected) {
            Some(answer) => then(state, answer.then.clone()),
            None => Vec::new(),
        },
        Some(Overlay::Prompt(p)) => {
            let searching = matches!(p.purpose, Purpose::Search { .. } | Purpose::SearchClass { .. } | Purpose::Filter { .. });
            if p.problem.is_some() && !searching {
                state.overlay = Some(Overlay::Prompt(p));
                return Vec::new();
            }
            match &p.purpose {
                Purpose::SaveAs { then_quit } => {
                    let path = expand_home(p.input.text().trim());
                    let own = state.tree.path.as_ref() == Some(&path);
                    return vec![edit::save_effect(state, path, own, *then_quit)];
                }
                Purpose::SaveModel => {
                    let path = expand_home(p.input.text().trim());
                    let file = state.model.ready().and_then(|m| m.handle.file.clone());
                    return file.map(|file| Effect::SaveModel { file, path, overwrite: false }).into_iter().collect();
                }
                Purpose::Figure => return curve::figure::write(state, expand_home(p.input.text().trim()), false),
                Purpose::Period => {
                    if let Ok(period_d) = curve::parse_period(p.input.text()) {
                        curve::typed_period(state, period_d);
                    }
                }
                Purpose::OpenTree => return open_tree(state, expand_home(p.input.text().trim())),
                Purpose::DiffFile => return vec![Effect::ReadTree(expand_home(p.input.text().trim()))],
                Purpose::Labels(LabelsFor::Truth) if p.input.text().trim().is_empty() => objects::own_labels(state),
                Purpose::FilterObjects { .. } => objects::filtered(state),
                Purpose::BatchInput => {
                    let typed = p.input.text().trim();
                    batch::ask_output(state, typed, expand_home(typed));
                }
                Purpose::BatchOutput(input) => return batch::begin(state, input.clone(), expand_home(p.input.text().trim())),
                Purpose::Export => return objects::export(state, expand_home(p.input.text().trim()), false),
                Purpose::Labels(why) => {
                    state.say(Tone::Info, "reading labels…");
                    return vec![Effect::ReadLabels { path: expand_home(p.input.text().trim()), why: *why }];
                }
                Purpose::Search { .. } => {
                    state.objects.search = p.input.text().to_lowercase();
                    if p.problem.is_none() && !state.objects.search.is_empty() {
                        state.say(Tone::Info, "n and N go to the next and the previous match");
                    }
                }
                purpose @ (Purpose::SearchClass { .. } | Purpose::Filter { .. }) => classes::accept(state, purpose),
                purpose => {
                    if !edit::accept(state, purpose, p.input.text()) {
                        state.overlay = Some(Overlay::Prompt(p));
                    }
                }
            }
            Vec::new()
        }
        Some(Overlay::Pick(p)) => {
            match p.found.get(p.selected).copied() {
                Some(parent) => shape::move_below(state, &p.moving, parent),
                None => state.overlay = Some(Overlay::Pick(p)),
            }
            Vec::new()
        }
        Some(Overlay::Listing(l)) => report::follow(state, l),
        Some(Overlay::Batch { selected, .. }) => batch::follow(state, selected),
        // Help and the list of errors: Enter closes them.
        _ => Vec::new(),
    }
}

/// Esc, or q in lists.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    if let Some(Overlay::Prompt(p)) = state.overlay.take() {
        match p.purpose {
            Purpose::Search { origin, before } => {
                state.objects.search = before;
                return navigate::select_object(state, origin);
            }
            Purpose::FilterObjects { before, origin } => return objects::unfilter(state, &before, origin),
            purpose => classes::cancel(state, purpose),
        }
    }
    Vec::new()
}

/// A letter while a question is asked or a list is shown.
pub fn answer_key(state: &mut State, c: char) -> Vec<Effect> {
    match &state.overlay {
        Some(Overlay::Question(q)) => match q.answers.iter().find(|a| a.key == c) {
            Some(answer) => {
                let what = answer.then.clone();
                state.overlay = None;
                then(state, what)
            }
            None => Vec::new(),
        },
        Some(Overlay::Listing(_)) => report::key(state, c),
        Some(Overlay::Batch { .. }) => batch::key(state, c),
        _ => Vec::new(),
    }
}

fn then(state: &mut State, what: Then) -> Vec<Effect> {
    match what {
        Then::DeleteRise(id) => shape::delete_with(state, &[id], Subtree::Rise),
        Then::DeleteAll(id) => shape::delete_with(state, &[id], Subtree::GoAlong),
        Then::DeleteManyRise(ids) => shape::delete_with(state, &ids, Subtree::Rise),
        Then::DeleteManyAll(ids) => shape::delete_with(state, &ids, Subtree::GoAlong),
        Then::CountTyped(id) => counts::open_typed(state, id),
        Then::CountsOfModel => counts::of_model(state),
        Then::CountsOfObjects => counts::of_objects(state),
        Then::CountsOfFile => {
            open(state, Purpose::Labels(LabelsFor::Counts), "Labels of which file (a table, or light curves)".into(), String::new())
        }
        Then::DiffSaved => diff::with_saved(state),
        Then::DiffModel => diff::with_model(state),
        Then::DiffFile => open(state, Purpose::DiffFile, "Compare with the tree of which file".into(), String::new()),
        Then::OpenTree(path) => return file::open(state, path),
        Then::OpenArrived => return file::open_arrived(state),
        Then::OverwriteFigure(path) => return curve::figure::write(state, path, true),
        Then::OverwriteModel(path) => {
            let file = state.model.ready().and_then(|m| m.handle.file.clone());
            return file.map(|file| Effect::SaveModel { file, path, overwrite: true }).into_iter().collect();
        }
        Then::CountsForget => counts::forget(state),
        Then::SaveAndQuit => return edit::save(state, true),
        Then::QuitUnsaved => return vec![Effect::Quit(Leave::Done)],
        Then::Overwrite { path, then_quit } => return vec![edit::save_effect(state, path, true, then_quit)],
        Then::Sort(key, reversed) => state.objects.sort_by(key, reversed),
        Then::OverwriteExport(path) => return objects::export(state, path, true),
        Then::Batch(begin) => return batch::again(state, begin),
        Then::CancelAndQuit => return batch::cancel_and_quit(state),
        Then::File(answer) => return file::answer(state, answer),
        Then::Nothing => {}
    }
    Vec::new()
}

/// Opens a tree; asks first if the one that is open has unsaved edits.
fn open_tree(state: &mut State, path: PathBuf) -> Vec<Effect> {
    if !state.tree.doc.is_dirty() {
        return file::open(state, path);
    }
    state.overlay = Some(Overlay::Question(Question {
        title: "Unsaved edits".into(),
        text: vec!["The tree that is open has edits that are not saved.".into()],
        answers: vec![
            Answer { key: 'n', text: "stay with it".into(), then: Then::Nothing },
            Answer { key: 'o', text: "open the other, and lose the edits".into(), then: Then::OpenTree(path) },
        ],
        selected: 0,
        is_quit: false,
    }));
    Vec::new()
}

/// `~/x` is the home folder's x, as in a shell.
fn expand_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(text),
    }
}
