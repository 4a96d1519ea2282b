//! What is said on standard error while objects are classified: faults as lines, progress as a bar. The bar is on terminals alone.

use super::ClassifyArgs;
use super::report::{self, About};
use crate::batch::failure_file::FailureFile;
use crate::batch::job::{Monitor, Outcome};
use crate::batch::output::OutputError;
use crate::batch::pipeline::Position;
use crate::batch::progress::Progress;
use crate::batch::summary::{Failure as Fault, Summary};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::lightcurve::read::ReadError;
use crate::taxonomy::printable;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many faults are named where a file has them all.
const NAMED: u64 = 20;

/// The bar, the file of failures, and what was found before the run.
pub(super) struct Terminal {
    bar: ProgressBar,
    /// Objects that are done, for the bar.
    objects: Arc<AtomicU64>,
    /// Of them, those of an earlier run.
    before: Arc<AtomicU64>,
    progress: Option<Progress>,
    inputs: usize,
    begun: Instant,
    failures: Option<FailureFile>,
    /// The first fault in writing that file: it ends the run's success, not the run.
    unwritten: Option<OutputError>,
    named: u64,
    /// What could not be read before the run began.
    first: Summary,
}

impl Terminal {
    pub fn new(args: &ClassifyArgs, paths: &[PathBuf]) -> Result<Self, Failure> {
        // Rows on the same terminal would run through the bar.
        let rows_on_screen = args.output.is_none() && std::io::stdout().is_terminal();
        let shown = std::io::stderr().is_terminal() && !rows_on_screen && !args.quiet;
        let progress = if shown { Progress::new(paths) } else { None };
        let (objects, before) = <(Arc<AtomicU64>, Arc<AtomicU64>)>::default();
        let bar = if shown { bar(progress.as_ref().map(Progress::total), &objects, &before) } else { ProgressBar::hidden() };
        let failures = args.failures.as_deref().map(FailureFile::create).transpose().map_err(Failure::internal)?;
        Ok(Terminal {
            bar,
            objects,
            before,
            progress,
            inputs: paths.len(),
            begun: Instant::now(),
            failures,
            unwritten: None,
            named: 0,
            first: Summary::default(),
        })
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("taxonova: {line}"));
    }

    /// Names a fault, unless there were many and a file has them all.
    fn name(&mut self, line: &str) {
        self.named += 1;
        match (&self.failures, self.named) {
            (Some(_), n) if n == NAMED + 1 => self.say("further failures are named in the file of --failures alone"),
            (Some(_), n) if n > NAMED => {}
            _ => self.say(line),
        }
    }

    fn write(&mut self, failure: &Fault) {
        if let Some(file) = &mut self.failures
            && let Err(e) = file.add(failure)
            && self.unwritten.is_none()
        {
            self.unwritten = Some(e);
        }
    }

    /// Something could not be read before the run began.
    pub fn unreadable(&mut self, e: &ReadError) {
        self.name(&e.to_string());
        let failure = Fault::from(e);
        self.first.fail(&failure);
        self.write(&failure);
    }

    /// Ends without a run; what failed is kept in its file.
    pub fn give_up(&mut self) {
        self.bar.finish_and_clear();
        // Why there is no run is told by another error.
        self.close_failures();
    }

    /// Ends before a run; an earlier file of failures stays.
    pub fn refuse(&mut self) {
        self.bar.finish_and_clear();
        // As above.
        let _ = self.failures.take().map_or(Ok(()), FailureFile::discard);
    }

    fn close_failures(&mut self) {
        let finished = self.failures.take().map_or(Ok(()), FailureFile::finish);
        self.unwritten = self.unwritten.take().or(finished.err());
    }

    /// Says how it ended.
    pub fn end(mut self, result: Result<Outcome, Failure>, about: &About<'_>) -> CommandResult {
        if result.as_ref().is_err_and(|e| e.exit == Exit::Usage) {
            self.refuse();
        }
        self.bar.finish_and_clear();
        self.close_failures();
        let mut outcome = result?;
        outcome.summary.add(&self.first);
        let exit = report::report(&outcome, about, self.begun.elapsed(), self.before.load(Ordering::Relaxed))?;
        self.unwritten.map_or(Ok(exit), |e| Err(Failure::internal(e)))
    }
}

/// With the sum of the inputs' sizes it tells the time that is left.
fn bar(total: Option<u64>, objects: &Arc<AtomicU64>, before: &Arc<AtomicU64>) -> ProgressBar {
    let style = match total {
        Some(_) => "{bar:24} {percent}%  {objects} objects, {rate}/s, {left} left, {msg}",
        None => "{spinner} {objects} objects, {rate}/s, {elapsed}, {msg}",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let (all, done, early) = (objects.clone(), objects.clone(), before.clone());
    // A bar that can't be drawn is no fault of the run.
    let shown = move |_: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{}", all.load(Ordering::Relaxed));
    };
    let rate = move |state: &ProgressState, out: &mut dyn Write| {
        let n = done.load(Ordering::Relaxed).saturating_sub(early.load(Ordering::Relaxed));
        let _ = write!(out, "{:.0}", n as f64 / state.elapsed().as_secs_f64().max(0.1));
    };
    let left = |state: &ProgressState, out: &mut dyn Write| {
        let _ = if state.pos() == 0 { write!(out, "?") } else { write!(out, "{:#}", HumanDuration(state.eta())) };
    };
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.set_style(style.with_key("objects", shown).with_key("rate", rate).with_key("left", left));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Monitor for Terminal {
    fn error(&mut self, error: &ReadError) {
        self.name(&error.to_string());
    }

    fn failure(&mut self, failure: &Fault) {
        if failure.object_id.is_empty() {
            self.write(failure);
            return;
        }
        self.name(&printable(&format!("{}: {}: {}", failure.source, failure.object_id, failure.reason)));
        self.write(failure);
    }

    fn earlier(&mut self, failure: &Fault) {
        self.write(failure);
    }

    fn repeated(&mut self, end: u64, count: u64, first: &str) {
        let what = if count == 1 { "1 object has" } else { "objects have" };
        let n = if count == 1 { String::new() } else { format!("{count} ") };
        self.say(&printable(&format!("up to object {end}: {n}{what} the name of an earlier one, as {first}; each keeps its row")));
    }

    fn progress(&mut self, objects: u64, next: Position) {
        self.objects.store(objects, Ordering::Relaxed);
        if let Some(progress) = &mut self.progress {
            self.bar.set_position(progress.done(next));
        }
        if self.inputs > 1 {
            self.bar.set_message(format!("input {} of {}", (next.input + 1).min(self.inputs), self.inputs));
        }
    }

    fn resumed(&mut self, objects: u64) {
        self.say(&format!("goes on after {objects} objects of the interrupted run"));
        self.before.store(objects, Ordering::Relaxed);
        self.bar.reset_elapsed();
        self.bar.reset_eta();
    }

    fn nothing_to_resume(&mut self) {
        self.say("there is no interrupted run to go on with; from the beginning");
    }

    fn finishing(&mut self) {
        self.bar.set_message("putting the output together");
        // Before the output is there: whoever finds it finds what failed too.
        self.close_failures();
    }
}
