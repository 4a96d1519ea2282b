//! Batches: what is asked before one begins, what is told of it, how it is cancelled, and its objects in the list.

use super::{navigate, open, quit};
use crate::batch::job::Begin;
use crate::batch::output::Format;
use crate::tui::arrange::ActiveFilter;
use crate::tui::batch::pane::{self, Leads};
use crate::tui::batch::{Batch, Ended, MAX_FAILURES, MAX_LISTED, Order, Report, Stage, proposed_output};
use crate::tui::effect::{Effect, Leave};
use crate::tui::overlay::{Answer, Overlay, Purpose, Question, Then};
use crate::tui::state::{Pane, Source, State, Tone};
use crate::tui::text::{clean, plural};
use std::path::{Path, PathBuf};

/// Shows the batch that there is, or asks for the input of one.
pub fn open_pane(state: &mut State) {
    if state.batch.run.is_some() {
        show(state);
    } else {
        ask_input(state);
    }
}

fn show(state: &mut State) {
    state.overlay = Some(Overlay::Batch { selected: 0, offset: 0 });
}

fn ask_input(state: &mut State) {
    let text = state.batch.input.clone();
    open(state, Purpose::BatchInput, "Classify which folder, file or pattern (as nights/*.avro) to a file".into(), text);
}

/// The input is typed: asks for the output.
pub fn ask_output(state: &mut State, typed: &str, input: PathBuf) {
    state.batch.input = typed.to_string();
    let asof = asof_d(state).map_or_else(String::new, |d| format!(", as of day {d} (time cursor),"));
    let title = format!("Classify {}{asof} to which file", clean(typed));
    open(state, Purpose::BatchOutput(input), title, proposed_output(typed));
}

/// Why the text can't be the name of an output.
pub fn output_problem(text: &str) -> Option<String> {
    let endings = || Format::ALL.map(|f| format!(".{}", f.name())).join(" ");
    Format::of(Path::new(text.trim())).is_none().then(|| format!("a name that ends in one of {}", endings()))
}

/// With the time cursor on: days after the first detection, rounded up, so that what the cursor stands on belongs to it.
fn asof_d(state: &State) -> Option<f64> {
    let (time, data) = (state.time.as_ref()?, state.curve.data.as_ref()?);
    let age_d = data.times_mjd.get(time.index)? - data.day0_mjd;
    Some((age_d.max(0.0) * 1000.0).ceil() / 1000.0)
}

/// Begins a batch on the tree that is shown.
pub fn begin(state: &mut State, input: PathBuf, output: PathBuf) -> Vec<Effect> {
    let order = Order {
        input,
        output,
        begin: Begin::New,
        tree: state.tree.doc.shared(),
        tau: state.tau,
        asof_d: asof_d(state),
        read: state.batch.read.clone(),
    };
    start(state, order)
}

/// Begins the last one again: goes on with it, or replaces what is there.
pub fn again(state: &mut State, begin: Begin) -> Vec<Effect> {
    match &state.batch.run {
        Some(batch) if !batch.is_running() => {
            let order = Order { begin, ..batch.order.clone() };
            start(state, order)
        }
        _ => Vec::new(),
    }
}

fn start(state: &mut State, order: Order) -> Vec<Effect> {
    let Some(model) = state.model.ready() else { return Vec::new() };
    let Some(batcher) = model.handle.batch.clone() else { return Vec::new() };
    let name = model.name.clone();
    state.last_request += 1;
    // What the interface was opened on, or what an earlier batch has listed, need not be read again.
    let listed = !state.source.simulated && state.source.title == order.input.to_string_lossy();
    let batch = Batch { listed, ..Batch::new(state.last_request, order.clone(), name) };
    let stop = batch.stop.clone();
    state.batch.run = Some(batch);
    state.batch.then_quit = false;
    show(state);
    vec![Effect::Batch { batcher, order: Box::new(order), stop, number: state.last_request }]
}

/// Takes in a report. The row that is selected stays selected, wherever it comes to lie.
pub fn report(state: &mut State, number: u64, report: Report) -> Vec<Effect> {
    let chosen = selected_row(state);
    let effects = take(state, number, report);
    if let (Some(row), Some(batch), Some(Overlay::Batch { selected, .. })) = (chosen, &state.batch.run, &mut state.overlay)
        && let Some(at) = pane::rows(batch).iter().position(|r| (r.tone, &r.text) == (row.tone, &row.text))
    {
        *selected = at;
    }
    effects
}

fn selected_row(state: &State) -> Option<pane::Row> {
    match (&state.overlay, &state.batch.run) {
        (Some(Overlay::Batch { selected, .. }), Some(batch)) => pane::rows(batch).into_iter().nth(*selected),
        _ => None,
    }
}

fn take(state: &mut State, number: u64, report: Report) -> Vec<Effect> {
    let Some(batch) = state.batch.run.as_mut().filter(|b| b.number == number) else { return Vec::new() };
    match report {
        Report::Begun { inputs, not_in_model } => {
            batch.inputs = inputs;
            batch.not_in_model = not_in_model;
            if batch.stage == Stage::Starting {
                batch.stage = Stage::Running;
            }
        }
        Report::Resumed(objects) => batch.before = objects,
        Report::Progress(progress) => batch.progress = *progress,
        Report::Failures(failures) => {
            let room = MAX_FAILURES.saturating_sub(batch.failures.len());
            batch.failures.extend(failures.into_iter().take(room));
        }
        Report::Finishing => batch.stage = Stage::Finishing,
        Report::Exists => refused(state, "The file exists", None, &[('o', "overwrite it", Begin::Overwrite)]),
        Report::Left { obstacle: None } => {
            let text = "An interrupted run of the same inputs, model, tree and options is there.";
            let answers = [('r', "go on with it", Begin::Resume), ('o', "begin anew", Begin::Overwrite)];
            refused(state, "An interrupted run", Some(text.into()), &answers);
        }
        Report::Left { obstacle: Some(why) } => {
            let text = format!("What an interrupted run left is there, and this one can't go on with it: {}.", clean(&why));
            refused(state, "An interrupted run", Some(text), &[('o', "throw it away, and begin anew", Begin::Overwrite)]);
        }
        Report::Ended { end, summary, seconds } => {
            // Of the whole run, as the summary of the command line has it.
            batch.progress.rate_per_s = summary.objects.saturating_sub(batch.before) as f64 / seconds.max(0.001);
            batch.progress.objects = summary.objects;
            batch.progress.summary = *summary;
            batch.progress.share = (end == Ended::Finished).then_some(1.0).or(batch.progress.share);
            batch.seconds = seconds;
            batch.stage = Stage::Over(end);
            return ended(state);
        }
    }
    after_refusal(state)
}

/// What was to be left once the batch is over.
fn after_refusal(state: &mut State) -> Vec<Effect> {
    if state.batch.then_quit && state.batch.running().is_none() {
        state.batch.then_quit = false;
        state.overlay = None;
        return quit(state, Leave::Done);
    }
    Vec::new()
}

fn ended(state: &mut State) -> Vec<Effect> {
    let Some(batch) = &state.batch.run else { return Vec::new() };
    // The pane says it itself.
    if !matches!(state.overlay, Some(Overlay::Batch { .. })) {
        let output = clean(&batch.order.output.to_string_lossy()).into_owned();
        let n = plural(batch.progress.objects as usize, "object");
        let failed = batch.progress.summary.failures();
        let (tone, text) = match &batch.stage {
            Stage::Over(Ended::Finished) if failed > 0 => {
                (Tone::Warn, format!("batch finished: {n} in {output}, {} (% lists them)", plural(failed as usize, "failure")))
            }
            Stage::Over(Ended::Finished) => (Tone::Info, format!("batch finished: {n} in {output} (% shows it)")),
            Stage::Over(Ended::Failed { why, .. }) => (Tone::Error, format!("batch failed: {} (% shows it)", clean(why))),
            _ => (Tone::Warn, format!("batch interrupted after {n} (% shows how to go on)")),
        };
        state.say(tone, text);
    }
    after_refusal(state)
}

/// The batch could not begin: asks what to do, unless something else has been opened meanwhile.
fn refused(state: &mut State, title: &str, text: Option<String>, answers: &[(char, &str, Begin)]) {
    let Some(batch) = &mut state.batch.run else { return };
    batch.stage = Stage::Asking;
    let shown = clean(&batch.order.output.to_string_lossy()).into_owned();
    if !matches!(state.overlay, None | Some(Overlay::Batch { .. })) {
        return state.say(Tone::Warn, format!("the batch has not begun: {shown} is there already (% shows it)"));
    }
    let leave = Answer { key: 'n', text: "leave it as it is".into(), then: Then::Nothing };
    let answer = |(key, text, begin): &(char, &str, Begin)| Answer { key: *key, text: (*text).into(), then: Then::Batch(*begin) };
    let mut answers: Vec<Answer> = answers.iter().map(answer).collect();
    // What is lost by a mere Enter can be got again.
    let first = if answers.first().is_some_and(|a| a.then == Then::Batch(Begin::Resume)) { answers.len() } else { 0 };
    answers.insert(first, leave);
    let mut lines = vec![format!("{shown} is there already.")];
    if let Some(text) = text {
        lines = vec![shown, text];
    }
    state.overlay = Some(Overlay::Question(Question { title: title.into(), text: lines, answers, selected: 0, is_quit: false }));
}

/// A letter in the pane.
pub fn key(state: &mut State, c: char) -> Vec<Effect> {
    let Some(batch) = &mut state.batch.run else { return Vec::new() };
    match c {
        'x' => batch.cancel(),
        'r' if batch.is_resumable() => {
            // On the tree of then; whether the model is still the same, the run finds out.
            return again(state, Begin::Resume);
        }
        'n' if !batch.is_running() => ask_input(state),
        'n' => state.say(Tone::Warn, "one batch at a time: x cancels the one that runs"),
        _ => {}
    }
    Vec::new()
}

/// Enter in the pane: the objects of the batch are listed, those of the row alone where it is a decision.
pub fn follow(state: &mut State, selected: usize) -> Vec<Effect> {
    let Some(batch) = &state.batch.run else { return Vec::new() };
    let filter = match pane::rows(batch).into_iter().nth(selected).map(|r| r.leads) {
        Some(Leads::All) => None,
        Some(Leads::Decision(name)) => Some(format!("class={}", quoted(&name))),
        _ => {
            state.overlay = Some(Overlay::Batch { selected, offset: 0 });
            return Vec::new();
        }
    };
    state.focus = Pane::Objects;
    if batch.listed {
        return filter_by(state, filter);
    }
    let (input, read) = (batch.order.input.clone(), batch.order.read.clone());
    state.batch.filter = filter;
    state.say(Tone::Info, format!("reading {}…", clean(&input.to_string_lossy())));
    vec![Effect::OpenInput { input, read, most: MAX_LISTED }]
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn filter_by(state: &mut State, text: Option<String>) -> Vec<Effect> {
    let filter = text.map(|t| ActiveFilter::new(&t, &state.tree)).filter(|f| f.filter.is_ok());
    state.objects.set_filter(filter);
    let first = state.objects.row_at(0).filter(|_| !state.objects.selected_is_shown());
    navigate::select_object(state, first.unwrap_or(state.objects.selected))
}

/// Another input is being read: the list begins anew.
pub fn opened(state: &mut State, input: &Path) -> Vec<Effect> {
    state.objects.clear();
    state.errors.clear();
    state.source = Source { title: input.to_string_lossy().into_owned(), simulated: false, reading: Some((0, 1)) };
    if let Some(batch) = &mut state.batch.run {
        batch.listed = batch.order.input == input;
    }
    let filter = state.batch.filter.take();
    state.batch.seek = filter.is_some();
    filter_by(state, filter)
}

/// After every action: of a list that is being filtered while it is read, the first object that is shown is selected, once.
pub fn seek(state: &mut State) -> Vec<Effect> {
    let Some(first) = state.objects.row_at(0).filter(|_| state.batch.seek) else { return Vec::new() };
    state.batch.seek = false;
    if state.objects.selected_is_shown() { Vec::new() } else { navigate::select_object(state, first) }
}

/// Asks before the program is left while a batch runs. False: nothing runs.
pub fn ask_quit(state: &mut State) -> bool {
    let Some(batch) = state.batch.running() else { return false };
    let output = clean(&batch.order.output.to_string_lossy()).into_owned();
    let mut text = vec![format!("{output} is being written: {}.", batch.short())];
    if state.tree.doc.is_dirty() {
        text.push("The taxonomy has unsaved edits too: they are asked about next.".into());
    }
    state.overlay = Some(Overlay::Question(Question {
        title: "A batch is running".into(),
        text,
        answers: vec![
            Answer { key: 'n', text: "stay".into(), then: Then::Nothing },
            Answer { key: 'x', text: "cancel it, then leave; it can be gone on with".into(), then: Then::CancelAndQuit },
        ],
        selected: 0,
        is_quit: true,
    }));
    true
}

/// Whether that question is the one that is asked.
pub fn is_quit_asked(state: &State) -> bool {
    matches!(&state.overlay, Some(Overlay::Question(q)) if q.answers.iter().any(|a| a.then == Then::CancelAndQuit))
}

/// Cancels the batch, and leaves once it has ended.
pub fn cancel_and_quit(state: &mut State) -> Vec<Effect> {
    match state.batch.run.as_mut().filter(|b| b.is_running()) {
        Some(batch) => {
            batch.cancel();
            state.batch.then_quit = true;
            show(state);
            Vec::new()
        }
        None => quit(state, Leave::Done),
    }
}
