//! The one place where the state changes. No I/O: what the world must do is returned as effects.

mod batch;
mod classes;
mod counts;
mod curve;
mod diff;
mod edit;
mod file;
mod inform;
mod labels;
mod mouse;
mod navigate;
mod objects;
mod prompt;
mod refit;
mod report;
mod shape;
mod time;

use super::action::Action;
use super::command::{Cmd, Context};
use super::effect::{Effect, Leave};
use super::keymap::Key;
use super::overlay::{Answer, Overlay, Prompt, Purpose, Question, Then};
use super::state::{Pane, State, Tone};
use super::{input::Input, text};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Takes in what happened. Returns what the world must do.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let chosen = !matches!(action, Action::Terminate | Action::InputLost(_));
    let mut effects = match action {
        Action::Key(event) => key(state, event),
        Action::Do(cmd) => command(state, cmd),
        Action::Mouse(event) => mouse::mouse(state, event),
        Action::Paste(text) => prompt::paste(state, &text),
        other => inform::inform(state, other),
    };
    effects.extend(curve::settle(state));
    file::after(state, chosen, &mut effects);
    objects::keep_up(state);
    effects.extend(batch::seek(state));
    effects
}

fn key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let key = Key::from(event);
    let context = state.context();
    if let Some(cmd) = state.keymap.lookup(context, key) {
        return command(state, cmd);
    }
    let plain = (key.mods - KeyModifiers::SHIFT).is_empty();
    match (context, key.code) {
        (Context::Prompt, KeyCode::Char(c)) if plain => return prompt::typed(state, c),
        (Context::Overlay, KeyCode::Char(c)) if plain => return prompt::answer_key(state, c),
        (Context::Move, _) => state.say(Tone::Warn, "a class is in hand: choose where it goes, then Enter; Esc leaves it where it is"),
        _ if context.is_pane() => {
            if let Some((elsewhere, cmd)) = state.keymap.elsewhere(context, key) {
                let text = format!("{} is a key of the {} pane (Tab goes there)", cmd.title(), elsewhere.title());
                state.say(Tone::Warn, text);
            } else if let KeyCode::Char(c) = key.code
                && plain
            {
                state.say(Tone::Warn, format!("{} has no meaning here; ? lists all keys", text::clean(&c.to_string())));
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Runs a command, or says why it can't be run.
pub fn command(state: &mut State, cmd: Cmd) -> Vec<Effect> {
    if let Some(why) = state.why_not(cmd) {
        state.say(Tone::Warn, format!("{}: {why}", cmd.title()));
        return Vec::new();
    }
    if state.overlay.is_none() {
        state.status = None;
    }
    use Cmd::*;
    match cmd {
        Down | Up | PageDown | PageUp | Top | Bottom => navigate::go(state, cmd),
        NextPane | PreviousPane | PaneObjects | PaneTaxonomy | PaneCurve | OpenObject => navigate::focus(state, cmd),
        Zoom => state.zoom = !state.zoom,
        Narrower | Wider | ResetPanes => navigate::resize(state, cmd),
        NextObject => navigate::go_in_objects(state, Down),
        PreviousObject => navigate::go_in_objects(state, Up),
        SortObjects | ReverseObjects | FilterObjects | MarkObject | MarkShown | ExportObjects | TruthFile => objects::objects(state, cmd),
        Search => prompt::open_search(state),
        SearchNext | SearchPrevious => return navigate::search_again(state, cmd == SearchNext),
        ToggleFold | Fold | Unfold | FoldAll | UnfoldAll | FoldBelow | UnfoldBelow => navigate::fold(state, cmd),
        AddChild | AddSibling | Rename | Aliases | Absorbs | Note | Group | SplitOff | Title | Citation => edit::open_prompt(state, cmd),
        Move | MoveTo | MoveHere | MoveUp | MoveDown | MoveOut | MoveIn | Merge | Duplicate | Delete => shape::shape(state, cmd),
        Exhaustive => edit::exhaustive(state),
        Mark | MarkSiblings | SearchClass | SearchClassNext | SearchClassPrevious | FilterClasses => classes::classes(state, cmd),
        Columns => navigate::columns(state),
        Counts => counts::ask(state),
        Findings => report::findings(state),
        Diff => diff::ask(state),
        Labels => return labels::labels(state),
        Refit => return refit::refit(state),
        PreviousModel => return refit::back(state),
        SaveModel => refit::open_save(state),
        OpenTree => open(state, Purpose::OpenTree, "Open a tree: a file's path".into(), String::new()),
        AlphaDown | AlphaUp | BetaDown | BetaUp | WeightForm | WeightCount => edit::weights(state, cmd),
        TauDown => edit::set_tau(state, -0.05),
        TauUp => edit::set_tau(state, 0.05),
        Undo | Redo => edit::history(state, cmd == Undo),
        Save => return edit::save(state, false),
        SaveAs => prompt::open_save_as(state, false),
        Reload => return file::reload(state),
        FluxMode | ErrorBars | Markers | TimeAxis | ZoomIn | ZoomOut | ZoomInY | ZoomOutY | PanLeft | PanRight | PanUp | PanDown
        | ResetZoom | FitY | NextBand | PreviousBand | HideBand | OnlyBand | FitBand | NextPoint | PreviousPoint | FoldCurve
        | TypePeriod | HalfPeriod | DoublePeriod | NextPeriod | PeriodList | History | HistoryLevel | Why | WhyList | SaveFigure => {
            return curve::curve(state, cmd);
        }
        TimeCursor | TimeBack | TimeForward | TimeLeft | TimeRight | TimeAll => return time::time(state, cmd),
        Batch => batch::open_pane(state),
        Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Errors => state.overlay = Some(Overlay::Errors { scroll: 0 }),
        Palette => state.overlay = Some(Overlay::Palette { input: Input::default(), selected: 0 }),
        Theme => {
            state.theme = super::theme::Theme::new(state.theme.name.next());
            state.say(Tone::Info, format!("theme: {}", state.theme.name.name()));
        }
        Mouse => {
            state.mouse = !state.mouse;
            let text = if state.mouse { "the mouse selects and scrolls" } else { "the mouse is the terminal's: text can be selected" };
            state.say(Tone::Info, text);
            return vec![Effect::Mouse(state.mouse)];
        }
        Redraw => return vec![Effect::Clear],
        Suspend => return vec![Effect::Suspend],
        Back => return back(state),
        Quit => return quit(state, Leave::Done),
        Interrupt => return quit(state, Leave::Interrupted),
        Accept => return prompt::accept(state),
        Cancel | Close => return prompt::cancel(state),
        EntryUp | EntryDown | InputLeft | InputRight | InputStart | InputEnd | InputBackspace | InputDelete | InputDeleteWord
        | InputClear => {
            return prompt::edit_line(state, cmd);
        }
    }
    // Whatever moved the selection, the object now shown comes first.
    navigate::after_selection(state)
}

/// Esc: the innermost thing that was begun is left.
fn back(state: &mut State) -> Vec<Effect> {
    if state.overlay.is_some() {
        return prompt::cancel(state);
    }
    if state.refit.is_some() {
        return refit::stop(state);
    }
    if state.curve.periods.stop() {
        state.curve.periods.fold = false;
        state.say(Tone::Info, "the search for a period was stopped");
    } else if state.tree.moving.take().is_some() {
        state.say(Tone::Info, "nothing was moved");
    } else if state.focus == Pane::Curve && state.curve.chosen.take().is_some() {
        // The read-out is gone.
    } else if state.focus == Pane::Curve && state.curve.influence.is_some() {
        curve::stop_influence(state);
    } else if state.focus == Pane::Curve && state.curve.window != Default::default() {
        state.curve.window = Default::default();
    } else if state.focus == Pane::Taxonomy && !state.tree.filter.is_empty() {
        state.tree.filter.clear();
        navigate::reveal(state, state.tree.selected);
    } else if state.focus == Pane::Taxonomy && !state.tree.marked.is_empty() {
        state.tree.marked.clear();
        state.say(Tone::Info, "no class is marked");
    } else if state.focus == Pane::Taxonomy && !state.tree.search.is_empty() {
        state.tree.search.clear();
    } else if state.focus == Pane::Objects && state.objects.filter().is_some() {
        state.objects.set_filter(None);
        state.say(Tone::Info, "all objects are shown");
    } else if state.time.is_some() {
        return time::time(state, Cmd::TimeAll);
    } else if !state.objects.search.is_empty() {
        state.objects.search.clear();
    } else if state.zoom {
        state.zoom = false;
    }
    Vec::new()
}

/// Leaves; asks first if the tree has unsaved edits. A second Ctrl-C answers that question.
fn quit(state: &mut State, exit: Leave) -> Vec<Effect> {
    let mut asked = matches!(&state.overlay, Some(Overlay::Question(q)) if q.is_quit);
    if asked && exit == Leave::Interrupted && batch::is_quit_asked(state) {
        // A batch is closed in good order all the same; what it does not save is asked about.
        asked = !state.tree.doc.is_dirty();
        state.batch.run.iter_mut().for_each(|b| b.cancel());
        if asked {
            return vec![Effect::Quit(exit)];
        }
    } else if !asked && batch::ask_quit(state) {
        return Vec::new();
    }
    if !state.tree.doc.is_dirty() || (asked && exit == Leave::Interrupted) {
        return vec![Effect::Quit(exit)];
    }
    let name = state.tree_title();
    state.overlay = Some(Overlay::Question(Question {
        title: "Unsaved edits".into(),
        text: vec![format!("The taxonomy {} has edits that are not saved.", text::clean(&name))],
        answers: vec![
            Answer { key: 's', text: "save, then leave".into(), then: Then::SaveAndQuit },
            Answer { key: 'x', text: "leave, and lose the edits".into(), then: Then::QuitUnsaved },
            Answer { key: 'n', text: "stay".into(), then: Then::Nothing },
        ],
        selected: 0,
        is_quit: true,
    }));
    Vec::new()
}

/// Puts up a prompt.
fn open(state: &mut State, purpose: Purpose, title: String, text: String) {
    state.overlay = Some(Overlay::Prompt(Prompt { purpose, title, input: Input::new(text), problem: None }));
    prompt::check(state);
}

/// Panes in the order of Tab.
fn pane_after(pane: Pane, step: isize) -> Pane {
    let at = Pane::ALL.iter().position(|p| *p == pane).unwrap_or(0) as isize;
    Pane::ALL[(at + step).rem_euclid(Pane::ALL.len() as isize) as usize]
}
