//! The guard of the terminal: takes it, and gives it back whatever happens. Knows nothing of the state.
//!
//! ratatui's own `init` and `restore` leave mouse capture, bracketed paste and the cursor to the caller, and its panic
//! hook restores the screen on a worker's panic too, while it is still in use.

use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute, queue};
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Why the interface can't run here, if it can't.
pub fn unfit() -> Option<&'static str> {
    if !io::stdout().is_terminal() {
        return Some(
            "the interface needs a terminal, and standard output is none; `taxonova classify PATH` works without (see `taxonova --help`)",
        );
    }
    if std::env::var("TERM").is_ok_and(|t| t == "dumb") {
        return Some("the interface needs a terminal that can move its cursor, and TERM is `dumb`; `taxonova classify PATH` works without");
    }
    None
}

/// While it lives, the terminal is ours; dropping it restores the terminal.
pub struct Guard {
    hook: Arc<Hook>,
}

type Hook = dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync + 'static;

/// What worker threads panicked with: it must not be printed over the screen.
static WORKER_PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Guard {
    /// Takes the terminal. Panics of this thread restore it before they are printed; panics of other threads are kept back.
    pub fn enter(mouse: bool) -> io::Result<Guard> {
        take(mouse)?;
        let before: Arc<Hook> = Arc::from(panic::take_hook());
        let ui: ThreadId = thread::current().id();
        let hook = before.clone();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == ui {
                restore();
                hook(info);
            } else if let Ok(mut panics) = WORKER_PANICS.lock() {
                panics.push(info.to_string());
            }
        }));
        Ok(Guard { hook: before })
    }

    /// Gives the terminal back for a while, as for suspension.
    pub fn leave(&self) {
        restore();
    }

    /// Takes it again.
    pub fn back(&self, mouse: bool) -> io::Result<()> {
        take(mouse)
    }

    /// Takes the mouse, or gives it back.
    pub fn mouse(&self, on: bool) -> io::Result<()> {
        if on { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
        if !thread::panicking() {
            let hook = self.hook.clone();
            panic::set_hook(Box::new(move |info| hook(info)));
            for text in WORKER_PANICS.lock().map(|mut p| std::mem::take(&mut *p)).unwrap_or_default() {
                tracing::error!("{text}");
            }
        }
    }
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    let taken = (|| {
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if mouse {
            queue!(out, EnableMouseCapture)?;
        }
        out.flush()
    })();
    if taken.is_err() {
        restore();
    }
    taken
}

/// Undoes everything, once. Errors are of no use to anyone: the terminal may be gone.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::SetCursorStyle::DefaultUserShape,
        cursor::Show
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}
