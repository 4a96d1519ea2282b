//! Prompts, the palette, questions: what is typed and chosen while something lies over the panes.

use super::{command, edit, file, navigate, open};
use crate::taxonomy::Subtree;
use crate::tui::command::Cmd;
use crate::tui::effect::{Effect, Leave};
use crate::tui::input::Input;
use crate::tui::overlay::{Overlay, Purpose, Then, palette_matches};
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
    check(state);
    let Some(Overlay::Prompt(p)) = &state.overlay else { return Vec::new() };
    let Purpose::Search { origin, .. } = p.purpose else { return Vec::new() };
    state.objects.search = p.input.text().to_lowercase();
    let found = state.objects.find(origin, 1);
    if let Some(Overlay::Prompt(p)) = &mut state.overlay {
        p.problem = (found.is_none() && !p.input.text().is_empty()).then(|| "no such object".to_string());
    }
    navigate::select_object(state, found.unwrap_or(origin))
}

/// Finds out whether the text could be accepted as it stands, by trying the edit on a copy of the tree.
pub fn check(state: &mut State) {
    let Some(Overlay::Prompt(p)) = &state.overlay else { return };
    let problem = match &p.purpose {
        Purpose::Search { .. } => return,
        Purpose::SaveAs { .. } => p.input.text().trim().is_empty().then(|| "a file name, as mytree.json".to_string()),
        purpose => edit::from_prompt(state, purpose, p.input.text())
            .and_then(|(_, edit)| state.tree.taxonomy().clone().apply(edit).err())
            .map(|e| e.to_string()),
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
            if p.problem.is_some() && !matches!(p.purpose, Purpose::Search { .. }) {
                state.overlay = Some(Overlay::Prompt(p));
                return Vec::new();
            }
            match &p.purpose {
                Purpose::SaveAs { then_quit } => {
                    let path = expand_home(p.input.text().trim());
                    let own = state.tree.path.as_ref() == Some(&path);
                    return vec![edit::save_effect(state, path, own, *then_quit)];
                }
                Purpose::Search { .. } => {
                    state.objects.search = p.input.text().to_lowercase();
                    if p.problem.is_none() && !state.objects.search.is_empty() {
                        state.say(Tone::Info, "n and N go to the next and the previous match");
                    }
                }
                purpose => {
                    if !edit::accept(state, purpose, p.input.text()) {
                        state.overlay = Some(Overlay::Prompt(p));
                    }
                }
            }
            Vec::new()
        }
        // Help and the list of errors: Enter closes them.
        _ => Vec::new(),
    }
}

/// Esc, or q in lists.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    if let Some(Overlay::Prompt(p)) = state.overlay.take()
        && let Purpose::Search { origin, before } = p.purpose
    {
        state.objects.search = before;
        return navigate::select_object(state, origin);
    }
    Vec::new()
}

/// A letter while a question is asked.
pub fn answer_key(state: &mut State, c: char) -> Vec<Effect> {
    let Some(Overlay::Question(q)) = &state.overlay else { return Vec::new() };
    match q.answers.iter().find(|a| a.key == c) {
        Some(answer) => {
            let what = answer.then.clone();
            state.overlay = None;
            then(state, what)
        }
        None => Vec::new(),
    }
}

fn then(state: &mut State, what: Then) -> Vec<Effect> {
    match what {
        Then::DeleteRise(id) => edit::delete_with(state, id, Subtree::Rise),
        Then::DeleteAll(id) => edit::delete_with(state, id, Subtree::GoAlong),
        Then::SaveAndQuit => return edit::save(state, true),
        Then::QuitUnsaved => return vec![Effect::Quit(Leave::Done)],
        Then::Overwrite { path, then_quit } => return vec![edit::save_effect(state, path, true, then_quit)],
        Then::File(answer) => return file::answer(state, answer),
        Then::Nothing => {}
    }
    Vec::new()
}

/// `~/x` is the home folder's x, as in a shell.
fn expand_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(text),
    }
}
