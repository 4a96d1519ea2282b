//! The main loop: actions in, frames out, effects done.

use super::action::Action;
use super::effect::{Effect, Leave};
use super::files;
use super::jobs::{Ask, Jobs, Loader};
use super::reading::Input;
use super::refit;
use super::state::{Source, State};
use super::terminal::{self, Guard};
use super::theme::{self, Theme, ThemeName};
use super::update::update;
use super::view;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind, MouseEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::io::{self, Stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What the interface is started with.
pub struct Options {
    /// Files and folders; none = the simulated sample data.
    pub paths: Vec<PathBuf>,
    /// How they are read.
    pub read: crate::lightcurve::read::ReadOptions,
    /// A tree other than the model's own.
    pub taxonomy: Option<PathBuf>,
    /// Loads the model, on a worker thread.
    pub model: Loader,
    /// Theme; none = NO_COLOR, TAXONOVA_THEME or what the terminal says.
    pub theme: Option<ThemeName>,
}

/// Why the interface could not run, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no terminal to run in.
    #[error("{0}")]
    NoTerminal(&'static str),
    /// The terminal could not be used.
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] io::Error),
}

/// Exit code after a signal, where the main loop is not there to give it.
const INTERRUPTED: i32 = 130;
/// Messages that are taken in before the next frame at most.
const DRAIN: usize = 1000;
/// The first frame waits so long for the first object, so that it is not drawn empty just before.
const FIRST_FRAME: Duration = Duration::from_millis(60);
/// After a signal the program has so long to end by itself.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The journal has so long to be written when the program ends or is stopped.
const JOURNAL: Duration = Duration::from_millis(1000);

/// And a batch so long to close its shard: what is committed already is safe however it ends.
const BATCH: Duration = Duration::from_millis(1000);

type Screen = Terminal<CrosstermBackend<Stdout>>;

/// Runs the interface until it is left.
pub fn run(options: Options) -> Result<Leave, RunError> {
    if let Some(why) = terminal::unfit() {
        return Err(RunError::NoTerminal(why));
    }
    let (send, receive) = channel();
    let batch = match options.paths.as_slice() {
        [one] if one.as_os_str() != "-" => one.to_string_lossy().into_owned(),
        _ => String::new(),
    };
    let read = options.read.clone();
    let (input, source) = if options.paths.is_empty() {
        let (name, bytes) = crate::simulate::sample_data();
        (Input::Embedded(name, bytes), Source { title: "sample_data".into(), simulated: true, reading: Some((0, 1)) })
    } else {
        let title = match options.paths.as_slice() {
            [one] => one.to_string_lossy().into_owned(),
            many => format!("{} paths", many.len()),
        };
        (Input::Paths(options.paths, options.read), Source { title, simulated: false, reading: Some((0, 1)) })
    };
    let jobs = Jobs::start(input, options.model, options.taxonomy, send.clone());
    // Asked before the event reader starts, which would swallow the answer.
    let theme = Theme::new(theme::choose(options.theme));
    let mut state = State::new(theme, source);
    state.batch.input = batch;
    state.batch.read = read;
    signals(send.clone())?;
    let guard = Guard::enter(state.mouse)?;
    read_events(send);
    let mut screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let exit = main_loop(&mut state, &mut screen, &guard, &jobs, &receive);
    drop(guard);
    // However it ended: a batch closes what it has begun, what is unsaved and not given up stays.
    if let Some(batch) = state.batch.running() {
        batch.stop.store(true, Ordering::Relaxed);
    }
    jobs.files.finish(JOURNAL);
    jobs.finish_batch(BATCH);
    Ok(exit?)
}

fn main_loop(state: &mut State, screen: &mut Screen, guard: &Guard, jobs: &Jobs, receive: &Receiver<Action>) -> io::Result<Leave> {
    let begin = std::time::Instant::now();
    while state.cascade().is_none() && begin.elapsed() < FIRST_FRAME {
        if let Ok(action) = receive.recv_timeout(FIRST_FRAME.saturating_sub(begin.elapsed()))
            && let Some(exit) = step(state, screen, guard, jobs, action)?
        {
            return Ok(exit);
        }
    }
    loop {
        frame(state, screen)?;
        let Ok(action) = receive.recv() else { return Ok(Leave::Lost) };
        if let Some(exit) = step(state, screen, guard, jobs, action)? {
            return Ok(exit);
        }
        // What has come meanwhile is taken in before the next frame: only the last state is drawn.
        for _ in 0..DRAIN {
            let Ok(action) = receive.try_recv() else { break };
            if let Some(exit) = step(state, screen, guard, jobs, action)? {
                return Ok(exit);
            }
        }
    }
}

fn frame(state: &mut State, screen: &mut Screen) -> io::Result<()> {
    execute!(io::stdout(), BeginSynchronizedUpdate)?;
    let mut hits = view::Hits::default();
    screen.draw(|frame| {
        let area = frame.area();
        hits = view::draw(state, area, frame.buffer_mut());
        if let Some(at) = hits.cursor {
            frame.set_cursor_position(at);
        }
    })?;
    state.drawn(hits);
    execute!(io::stdout(), EndSynchronizedUpdate)
}

/// Takes in an action and does what follows from it. Returns how to leave, if it is time.
fn step(state: &mut State, screen: &mut Screen, guard: &Guard, jobs: &Jobs, action: Action) -> io::Result<Option<Leave>> {
    let mut actions = vec![action];
    while let Some(action) = actions.pop() {
        for effect in update(state, action) {
            match effect {
                Effect::Quit(exit) => return Ok(Some(exit)),
                Effect::Suspend => {
                    jobs.files.flush(JOURNAL);
                    suspend(state, screen, guard)?;
                }
                Effect::File(wish) => jobs.files.ask(wish),
                Effect::Mouse(on) => guard.mouse(on)?,
                Effect::Clear => screen.clear()?,
                Effect::Classify(wanted) => jobs.classify(wanted),
                Effect::ClassifyFirst(index, curve) => jobs.classify_first(index, curve),
                Effect::ClassifyPart { request, observations, photometry } => jobs.classify_part(request, observations, photometry),
                Effect::History { request, curve, cancel } => jobs.history(Ask { request, curve, cancel }),
                Effect::Influence { request, curve, by, cancel } => jobs.influence(Ask { request, curve, cancel }, by),
                Effect::Figure(job) => {
                    jobs.aside("drawing the figure", move || Ok(Action::Figure(Arc::unwrap_or_clone(job).run())));
                }
                Effect::FindPeriod { number, curve, cancel } => jobs.find_period(Ask { request: number, curve, cancel }),
                Effect::UseModel { handle, number } => jobs.use_model(number, handle.sessions),
                Effect::Refit { refitter, taxonomy, cancel, number } => {
                    refit::start(refitter, taxonomy, cancel, number, jobs.report.clone())
                }
                Effect::SaveModel { file, path, overwrite } => {
                    jobs.aside("saving the model", move || refit::save(file, path, overwrite));
                }
                Effect::Export(export) => jobs.aside("exporting", move || Ok(Action::Export(export.write()))),
                Effect::Batch { batcher, order, stop, number } => jobs.batch(batcher, *order, stop, number),
                Effect::OpenInput { input, read, most } => jobs.open_input(input, read, most),
                Effect::ReadLabels { path, why } => jobs.read_labels(path, why),
                Effect::ReadTree(path) => jobs.read_tree(path),
                Effect::OpenTree(path) => jobs.open_tree(path),
                Effect::Save { taxonomy, path, own, overwrite, known, then_quit } => {
                    // The last of these is taken in first.
                    actions.extend(files::save(&taxonomy, path, own, overwrite, known.as_ref(), then_quit).into_iter().rev());
                }
            }
        }
    }
    Ok(None)
}

/// Stops as a shell's job does, and comes back.
fn suspend(state: &mut State, screen: &mut Screen, guard: &Guard) -> io::Result<()> {
    guard.leave();
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
    guard.back(state.mouse)?;
    // Both buffers: what was drawn before is gone from the screen.
    screen.clear()?;
    frame(state, screen)
}

/// Reads the terminal's events on a thread of its own.
fn read_events(send: Sender<Action>) {
    std::thread::spawn(move || {
        loop {
            let action = match event::read() {
                Ok(Event::Key(k)) if k.kind == KeyEventKind::Release => continue,
                Ok(Event::Key(k)) => Action::Key(k),
                // Mere motion would only cost frames.
                Ok(Event::Mouse(m)) if matches!(m.kind, MouseEventKind::Moved | MouseEventKind::Up(_)) => continue,
                Ok(Event::Mouse(m)) => Action::Mouse(m),
                Ok(Event::Paste(text)) => Action::Paste(text),
                Ok(Event::Resize(..)) => Action::Redraw,
                Ok(_) => continue,
                Err(e) => {
                    let _ = send.send(Action::InputLost(format!("the terminal can't be read any more: {e}")));
                    return;
                }
            };
            if send.send(action).is_err() {
                return;
            }
        }
    });
}

/// Ends the program in good order on a signal; if it does not end by itself, the terminal is restored from here.
fn signals(send: Sender<Action>) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT])?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = send.send(Action::Terminate);
            std::thread::sleep(PATIENCE);
            terminal::restore();
            std::process::exit(INTERRUPTED);
        }
    });
    Ok(())
}
