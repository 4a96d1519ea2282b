//! The tree's file: edits that were left behind, changes on the disk, reading again, and what goes to the journal.

use super::{edit, prompt};
use crate::taxonomy::Taxonomy;
use crate::tui::clock::{millis, when};
use crate::tui::effect::{Effect, Leave};
use crate::tui::file::{Arrived, FileAnswer, FileReport, FileState, FileWish, Pending};
use crate::tui::journal::{Entry, FileNow, Found, Left, STEPS};
use crate::tui::overlay::{Answer, ListingKind, ListingRow, Overlay, Question, RowTone, Then};
use crate::tui::state::{RowKey, State, Tone, TreeRowKind};
use crate::tui::text::{clean, plural};
use crate::tui::tree::TreeState;
use crate::tui::watch::{Seen, Stamp};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Messages longer than this get a window of their own.
const STATUS_ROOM: usize = 70;

/// Selection and folds by lineage: they outlive a tree that is replaced as a whole.
pub struct Kept {
    selected: (String, TreeRowKind),
    folded: Vec<String>,
}

impl Kept {
    /// Of the tree as it is shown.
    pub fn of(tree: &TreeState) -> Kept {
        let t = tree.taxonomy();
        let lineage = |n| t.node(n).lineage.clone();
        Kept {
            selected: (lineage(tree.selected.node), tree.selected.kind),
            folded: tree.folded.iter().filter(|n| t.is_attached(**n)).map(|n| lineage(*n)).collect(),
        }
    }

    /// To the tree that is there now; the root is selected where the class is no more.
    pub fn put_back(self, tree: &mut TreeState) {
        let t = tree.doc.taxonomy();
        let (lineage, kind) = self.selected;
        let selected = match t.find_lineage(&lineage) {
            Some(node) => RowKey { node, kind },
            None => RowKey { node: t.root(), kind: TreeRowKind::Node },
        };
        tree.folded = self.folded.iter().filter_map(|l| t.find_lineage(l)).collect();
        tree.selected = selected;
        tree.moving = None;
        tree.marked.clear();
    }
}

/// A tree was opened: looks for what was left behind of it.
pub fn opened(state: &mut State) -> Vec<Effect> {
    if !std::mem::replace(&mut state.file.scan, false) {
        return Vec::new();
    }
    let path = state.tree.path.clone().or_else(|| state.file.wanted.clone());
    vec![Effect::File(FileWish::Scan(path))]
}

/// Asks for a tree to be opened in the place of this one as it is now.
pub fn open(state: &mut State, path: PathBuf) -> Vec<Effect> {
    state.file.opening = Some(state.tree.doc.revision());
    vec![Effect::OpenTree(path)]
}

/// A tree to be opened was read. Edits that were made meanwhile are asked about.
pub fn arrived(state: &mut State, arrived: Arrived) -> Vec<Effect> {
    let agreed = state.file.opening.take() == Some(state.tree.doc.revision());
    state.file.arrived = Some(Box::new(arrived));
    if agreed || state.tree.loading || !state.tree.doc.is_dirty() {
        return open_arrived(state);
    }
    // Not over what is being typed.
    state.file.pending.push_back(Pending::Arrived);
    Vec::new()
}

/// Puts the tree that was read in the place of the one that is open: nothing that was known or asked of that one holds any more.
pub fn open_arrived(state: &mut State) -> Vec<Effect> {
    let Some(arrived) = state.file.arrived.take() else { return Vec::new() };
    let Arrived { taxonomy, path, stamp, notes } = *arrived;
    let shown = clean(&path.to_string_lossy()).into_owned();
    let journalled = state.file.journalled.take();
    state.file = FileState { scan: true, journalled, known: stamp.clone(), ..FileState::default() };
    state.waiting = None;
    if speaks_of_classes(state.overlay.as_ref()) {
        state.overlay = None;
    }
    let own = stamp.is_some().then(|| path.clone());
    state.tree = TreeState::new(taxonomy, own, false);
    edit::refresh(state);
    super::inform::fold_at_first(state);
    if stamp.is_none() {
        state.say(Tone::Info, format!("imported from {shown}; s saves it as a tree of our own format"));
        if !notes.is_empty() {
            let rows = notes.iter().map(|n| ListingRow::new(RowTone::Warn, "", n.clone())).collect();
            let title = format!("Imported from {shown}: mended or left out");
            super::report::show(state, ListingKind::Findings, title, Vec::new(), rows, "esc closes");
        }
    }
    vec![Effect::File(FileWish::Watch(stamp.map(|stamp| (path, stamp))))]
}

/// Whether what lies over the panes may speak of classes of the tree that is open.
fn speaks_of_classes(overlay: Option<&Overlay>) -> bool {
    matches!(overlay, Some(Overlay::Prompt(_) | Overlay::Question(_) | Overlay::Pick(_) | Overlay::Listing(_)))
}

/// After every action: the journal follows the tree, and questions that waited are asked. `chosen`: whether an end was
/// the user's wish, who was asked about unsaved edits.
pub fn after(state: &mut State, chosen: bool, effects: &mut Vec<Effect>) {
    // Esc on an offer leaves it for later.
    if state.file.asked.is_some() && !is_offer(state.overlay.as_ref()) {
        later(state);
    }
    let dirty = state.tree.doc.is_dirty() && !state.tree.loading;
    let given_up = chosen && effects.iter().any(|e| matches!(e, Effect::Quit(Leave::Done | Leave::Interrupted)));
    let revision = state.tree.doc.revision();
    // Before an effect that leaves the program, and before what was restored is forgotten.
    if dirty && !given_up {
        if state.file.journalled != Some(revision) {
            state.file.journalled = Some(revision);
            effects.insert(0, Effect::File(FileWish::Journal(entry(state))));
        }
    } else if state.file.journalled.take().is_some() {
        effects.insert(0, Effect::File(FileWish::ClearJournal));
    }
    if state.overlay.is_none() && state.tree.moving.is_none() && !state.tree.loading {
        ask_next(state);
        if state.overlay.is_none()
            && let Some(listing) = state.waiting.take()
        {
            state.overlay = Some(Overlay::Listing(listing));
        }
    }
}

fn entry(state: &State) -> Entry {
    let mut steps = state.tree.doc.unsaved_steps();
    let step_count = steps.len();
    steps.truncate(STEPS);
    Entry { path: state.tree.path.clone(), stamp: state.file.known.clone(), steps, step_count, taxonomy: state.tree.doc.shared() }
}

fn is_offer(overlay: Option<&Overlay>) -> bool {
    matches!(overlay, Some(Overlay::Question(q)) if q.answers.iter().any(|a| a.then == Then::File(FileAnswer::Restore)))
}

fn ask(state: &mut State, title: &str, text: Vec<String>, answers: Vec<Answer>) {
    state.overlay = Some(Overlay::Question(Question { title: title.into(), text, answers, selected: 0, is_quit: false }));
}

fn file_answer(key: char, text: &str, answer: FileAnswer) -> Answer {
    Answer { key, text: text.into(), then: Then::File(answer) }
}

fn ask_next(state: &mut State) {
    match state.file.pending.pop_front() {
        Some(Pending::Offer(left)) => {
            let text = offer_text(state, &left);
            state.file.asked = Some(left);
            let answers = vec![
                file_answer('r', "restore them", FileAnswer::Restore),
                file_answer('l', "look later: they are kept, and offered at the next start", FileAnswer::Later),
                file_answer('x', "throw them away", FileAnswer::ThrowAway),
            ];
            ask(state, "Unsaved edits were left behind", text, answers);
        }
        Some(Pending::Arrived) => {
            let Some(arrived) = &state.file.arrived else { return };
            let shown = clean(&arrived.path.to_string_lossy()).into_owned();
            let answers = vec![
                Answer { key: 'n', text: "stay with the tree that is open".into(), then: Then::Nothing },
                Answer { key: 'o', text: "open it, and lose the edits".into(), then: Then::OpenArrived },
            ];
            let text = format!("{shown} was read; the tree that is open has edits that are not saved.");
            ask(state, "Unsaved edits", vec![text], answers);
        }
        Some(Pending::Changed) => {
            if !matches!(state.file.seen, Seen::Changed(_)) {
                return;
            }
            if !state.tree.doc.is_dirty() {
                return offer_reload(state);
            }
            let name = shown_name(state);
            let text = vec![format!("{name} was changed by another program, and the tree here has edits that are not saved.")];
            let answers = vec![
                file_answer('n', "keep mine; the next save asks", FileAnswer::KeepMine),
                file_answer('a', "save mine as another file", FileAnswer::SaveAs { then_quit: false }),
                file_answer('r', "reload, and lose mine (undo brings them back)", FileAnswer::Reload),
            ];
            ask(state, "The file has changed on the disk", text, answers);
        }
        None => {}
    }
}

fn shown_name(state: &State) -> String {
    clean(&state.tree_title()).into_owned()
}

fn offer_reload(state: &mut State) {
    let text = format!("{} has changed on the disk: R reads it again", shown_name(state));
    state.say(Tone::Warn, text);
}

fn offer_text(state: &State, left: &Left) -> Vec<String> {
    let header = &left.header;
    let name = match &header.file {
        Some(file) => Path::new(file).file_name().map_or(file.clone(), |n| n.to_string_lossy().into_owned()),
        None => format!("{}, which has no file yet,", header.name),
    };
    let now = millis(SystemTime::now()).unwrap_or(0);
    let mut text = vec![
        format!("Unsaved edits of {} from {} ({}).", clean(&name), when(header.written, now), steps_text(left)),
        "The program that made them did not end in good order.".into(),
    ];
    match left.file {
        Some(FileNow::Changed) => {
            text.push("The file has been changed since: restoring shows the tree as it was edited, without those changes.".into())
        }
        Some(FileNow::Gone) => text.push("The file can't be read any more.".into()),
        Some(FileNow::Same) | None => {}
    }
    if state.tree.doc.is_dirty() {
        text.push("Edits made since this start are replaced; undo brings them back.".into());
    }
    text
}

/// "add x, rename y, ...; 7 steps"; the last step first.
fn steps_text(left: &Left) -> String {
    let h = &left.header;
    let shown: Vec<String> = h.steps.iter().take(3).map(|s| clean(s).into_owned()).collect();
    let more = if h.step_count > shown.len() { ", …" } else { "" };
    match shown.is_empty() {
        true => plural(h.step_count, "step"),
        false => format!("{}{more}; {}", shown.join(", "), plural(h.step_count, "step")),
    }
}

/// Takes in a report.
pub fn report(state: &mut State, report: FileReport) -> Vec<Effect> {
    match report {
        FileReport::Known { path, stamp } => return known(state, path, stamp),
        FileReport::Unread(path) => state.file.wanted = Some(path),
        FileReport::Journals(path, found) => {
            // Another tree may have been opened since.
            if path == state.tree.path.clone().or_else(|| state.file.wanted.clone()) {
                journals(state, found);
            }
        }
        FileReport::JournalFailed(why) => {
            state.say(Tone::Warn, format!("unsaved edits would not survive a crash, save often: {}", clean(&why)));
        }
        FileReport::OnDisk { path, seen } => {
            // Of a file that was ours before, or found before we saved ourselves.
            let old = state.tree.path.as_ref() != Some(&path);
            if old || matches!(&seen, Seen::Changed(s) if state.file.known.as_ref() == Some(s)) {
                return Vec::new();
            }
            state.file.seen = seen;
            match state.file.seen {
                Seen::Same => {}
                Seen::Gone => {
                    let text = format!("{} is gone from the disk: s writes it again", shown_name(state));
                    state.say(Tone::Warn, text);
                }
                Seen::Changed(_) if state.tree.doc.is_dirty() => {
                    if !state.file.pending.iter().any(|p| matches!(p, Pending::Changed)) {
                        state.file.pending.push_back(Pending::Changed);
                    }
                }
                Seen::Changed(_) => offer_reload(state),
            }
        }
        FileReport::Reloaded { path, stamp, taxonomy } => return reloaded(state, path, stamp, *taxonomy),
        FileReport::ReloadFailed(why) => {
            let text = format!("not reloaded, the tree here is as before: {}", clean(&why));
            if text.chars().count() > STATUS_ROOM && state.overlay.is_none() {
                let close = Answer { key: 'n', text: "close".into(), then: Then::Nothing };
                ask(state, "The file can't be read", vec![clean(&why).into_owned(), "The tree here is as before.".into()], vec![close]);
            }
            state.say(Tone::Error, text);
        }
        FileReport::SaveConflict { then_quit } => {
            let text = vec![format!("{} was changed by another program since it was read here.", shown_name(state))];
            let answers = vec![
                file_answer('n', "save nothing now", FileAnswer::KeepMine),
                file_answer('a', "save mine as another file", FileAnswer::SaveAs { then_quit }),
                file_answer('o', "overwrite it with mine", FileAnswer::Overwrite { then_quit }),
                file_answer('r', "reload it, and lose mine (undo brings them back)", FileAnswer::Reload),
            ];
            ask(state, "The file has changed on the disk", text, answers);
        }
    }
    Vec::new()
}

fn known(state: &mut State, path: PathBuf, stamp: Stamp) -> Vec<Effect> {
    state.file.known = Some(stamp.clone());
    state.file.seen = Seen::Same;
    state.file.pending.retain(|p| !matches!(p, Pending::Changed));
    vec![Effect::File(FileWish::Watch(Some((path, stamp))))]
}

fn journals(state: &mut State, found: Found) {
    for text in &found.damaged {
        state.errors.push(text.clone());
    }
    let quiet = !matches!(&state.status, Some(s) if s.tone == Tone::Error);
    if let Some(first) = found.damaged.first() {
        state.say(Tone::Warn, format!("{}  (E lists it)", clean(first)));
    } else if found.alive > 0 {
        state.say(Tone::Warn, "this tree has unsaved edits in another taxonova that is running");
    } else if quiet && let Some(first) = found.others.first() {
        let text = match found.others.len() {
            1 => format!("unsaved edits of another tree are kept: taxonova -t {} offers them", clean(first)),
            n => format!("unsaved edits of {n} other trees are kept, as {}: taxonova -t PATH offers them", clean(first)),
        };
        state.say(Tone::Info, text);
    }
    state.file.pending.extend(found.left.into_iter().map(|l| Pending::Offer(Box::new(l))));
}

/// `R`: reads the file again; asks first if that hides unsaved edits.
pub fn reload(state: &mut State) -> Vec<Effect> {
    let Some(path) = state.tree.path.clone() else { return Vec::new() };
    if !state.tree.doc.is_dirty() {
        return vec![Effect::File(FileWish::Reload(path))];
    }
    let text = vec![format!("Not saved: {}.", plural(state.tree.doc.unsaved_steps().len(), "edit"))];
    let answers = vec![
        file_answer('n', "keep the tree as it is here", FileAnswer::KeepMine),
        file_answer('r', "reload, and lose the edits (undo brings them back)", FileAnswer::Reload),
    ];
    ask(state, &format!("Reload {}", shown_name(state)), text, answers);
    Vec::new()
}

fn reloaded(state: &mut State, path: PathBuf, stamp: Stamp, taxonomy: Taxonomy) -> Vec<Effect> {
    if state.tree.path.as_ref() != Some(&path) {
        return Vec::new();
    }
    let name = shown_name(state);
    if !state.tree.doc.is_dirty() && state.file.known.as_ref() == Some(&stamp) {
        state.say(Tone::Info, format!("{name} is as it was read"));
        return known(state, path, stamp);
    }
    replace(state, format!("reload {name}"), taxonomy);
    state.tree.mark_saved();
    state.file.unread = false;
    let classes = state.tree.taxonomy().len();
    state.say(Tone::Info, format!("{name} was read again: {classes} nodes (u goes back to the tree before)"));
    known(state, path, stamp)
}

/// Puts another tree in the place of this one, as a step that undo takes back; selection and folds stay.
fn replace(state: &mut State, title: String, taxonomy: Taxonomy) {
    let kept = Kept::of(&state.tree);
    state.tree.doc.replace(title, taxonomy);
    kept.put_back(&mut state.tree);
    edit::refresh(state);
    // What is typed or asked may speak of classes of the tree before.
    state.waiting = None;
    if speaks_of_classes(state.overlay.as_ref()) {
        state.overlay = None;
    }
}

/// Does what an answer says.
pub fn answer(state: &mut State, answer: FileAnswer) -> Vec<Effect> {
    match answer {
        FileAnswer::Restore => return restore(state),
        FileAnswer::Later => later(state),
        FileAnswer::ThrowAway => {
            let Some(left) = state.file.asked.take() else { return Vec::new() };
            state.say(Tone::Info, format!("thrown away: {}", steps_text(&left)));
            return vec![Effect::File(FileWish::Forget { journal: left.journal, restored: false })];
        }
        FileAnswer::Reload => {
            if let Some(path) = state.tree.path.clone() {
                return vec![Effect::File(FileWish::Reload(path))];
            }
        }
        FileAnswer::KeepMine => state.say(Tone::Info, "the tree here is as before"),
        FileAnswer::SaveAs { then_quit } => prompt::open_save_as(state, then_quit),
        FileAnswer::Overwrite { then_quit } => {
            if let Some(path) = state.tree.path.clone() {
                let taxonomy = state.tree.doc.shared();
                return vec![Effect::Save { taxonomy, path, own: true, overwrite: true, known: None, then_quit }];
            }
        }
    }
    Vec::new()
}

fn later(state: &mut State) {
    if state.file.asked.take().is_some() {
        state.say(Tone::Info, "the unsaved edits are kept, and offered at the next start");
    }
}

fn restore(state: &mut State) -> Vec<Effect> {
    let Some(left) = state.file.asked.take() else { return Vec::new() };
    let Left { journal, header, taxonomy, file } = *left;
    let title = match header.steps.first() {
        Some(first) if header.step_count > 1 => format!("restore {first} and {}", plural(header.step_count - 1, "step")),
        Some(first) => format!("restore {first}"),
        None => "restore unsaved edits".into(),
    };
    match state.file.wanted.take().filter(|_| state.tree.path.is_none() && !state.tree.doc.is_dirty()) {
        // Its file could not be read: there is nothing that undo could go back to.
        Some(path) => {
            state.tree = TreeState::new(taxonomy, Some(path), false);
            state.tree.doc.mark_unsaved();
            state.file.unread = true;
            state.file.journalled = None;
            edit::refresh(state);
            state.say(Tone::Info, "restored; s saves it, and asks if the file is there");
        }
        None => {
            replace(state, title.clone(), taxonomy);
            // The edits are of what the file held then: saving over what it holds now asks.
            if file == Some(FileNow::Changed) && header.stamp.is_some() {
                state.file.known = header.stamp.clone();
            }
            let back = if header.file.is_some() { "the file as it is" } else { "the tree before" };
            state.say(Tone::Info, clean(&format!("{title}: done (u goes back to {back}, s saves)")).into_owned());
        }
    }
    // Another one would hide this one.
    state.file.pending.retain(|p| !matches!(p, Pending::Offer(_)));
    vec![Effect::File(FileWish::Forget { journal, restored: true })]
}
