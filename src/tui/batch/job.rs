//! Runs a batch: the same engine as `taxonova classify`, which reports to the interface in place of standard error. Knows
//! nothing of the screen.

use super::{Ended, MAX_FAILURES, Order, Progress, Report};
use crate::batch::job::{self, Begin, JobError, Monitor, Outcome, Target};
use crate::batch::output::{OutputError, format_for, refuse_existing};
use crate::batch::pipeline::{End, Files, Position, Setup};
use crate::batch::progress::{self, Pace};
use crate::batch::settings::Settings;
use crate::batch::summary::{Failure, Summary};
use crate::batch::{parts, paths};
use crate::lightcurve::read::ReadError;
use crate::model::Model;
use crate::taxonomy::to_json;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Progress is told no more often.
const BETWEEN: Duration = Duration::from_millis(100);

/// One processor is left to the screen.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1).max(1))
}

/// Runs it to its end, and gives the last report; all others go to `report`.
pub fn run(model: &Arc<Model>, order: &Order, stop: &Arc<AtomicBool>, report: &mut dyn FnMut(Report)) -> Report {
    let begun = Instant::now();
    match attempt(model, order, stop, report) {
        Ok(last) => last,
        Err(why) => {
            let end = Ended::Failed { why, resumable: false };
            Report::Ended { end, summary: Box::default(), seconds: begun.elapsed().as_secs_f64() }
        }
    }
}

fn attempt(model: &Arc<Model>, order: &Order, stop: &Arc<AtomicBool>, report: &mut dyn FnMut(Report)) -> Result<Report, String> {
    let format = format_for(&order.output)?;
    if order.input.as_os_str() == "-" {
        return Err("standard input is the terminal here: name a file, a folder or a pattern".into());
    }
    let named = [order.input.clone()];
    let (files, errors) = paths::inputs(&named, &named, &[&order.output])
        .map_err(|both| format!("{} is both the input and the output", both.to_string_lossy()))?;
    if files.is_empty() {
        return Err(match errors.first() {
            Some(e) => e.to_string(),
            None => format!("there is no light curve in {}", order.input.to_string_lossy()),
        });
    }
    let settings = Settings { asof_d: order.asof_d, ..Settings::threshold(order.tau, order.read.clone()) };
    // As without -t, so that the same run on the command line needs none.
    let tree = (to_json(&order.tree) != to_json(model.taxonomy())).then_some(&*order.tree);
    let plan = Arc::new(settings.plan(model, tree).map_err(|e| chain(&e))?);
    let manifest = settings.manifest(&files, format, model, tree);
    if order.begin != Begin::Overwrite && parts::interrupted(&order.output) {
        let obstacle = match &manifest {
            Some(manifest) => parts::obstacle(&order.output, manifest),
            None => Some("an input is a pipe, which can't be read twice".into()),
        };
        if order.begin == Begin::New || obstacle.is_some() {
            return Ok(Report::Left { obstacle });
        }
    } else if refuse_existing(&order.output, order.begin == Begin::Overwrite).is_err() {
        return Ok(Report::Exists);
    }
    let not_in_model = plan.not_in_model(model.layout().len()).into_iter().map(str::to_string).collect();
    report(Report::Begun { inputs: files.len(), not_in_model });
    let mut teller = Teller::new(&files, report);
    errors.iter().for_each(|e| teller.unreadable(e));
    let target = Target::File { path: order.output.clone(), format, begin: order.begin, manifest };
    let source = Files { paths: files.clone(), options: settings.read.clone() };
    let setup = Setup::new(threads(), stop.clone());
    let result = job::classify(source, setup, plan, settings.engines(model.clone()), target, &mut teller);
    teller.post_failures();
    let seconds = teller.pace.elapsed().as_secs_f64();
    // Of a run that broke off, what was counted last; whatever was not readable before it is in there.
    let mut summary = teller.summary;
    let end = match result {
        Ok(outcome) => {
            let end = ended(&outcome, &files, order);
            summary = outcome.summary;
            summary.add(&teller.first);
            end
        }
        // Since it was looked for, another program has written it.
        Err(JobError::Output(OutputError::Exists(_))) => return Ok(Report::Exists),
        Err(JobError::Kept(e)) => Ended::Failed { why: chain(&*e), resumable: true },
        Err(e) => Ended::Failed { why: chain(&e), resumable: false },
    };
    Ok(Report::Ended { end, summary: Box::new(summary), seconds })
}

fn ended(outcome: &Outcome, files: &[PathBuf], order: &Order) -> Ended {
    match outcome.end {
        End::Finished if outcome.summary.objects == 0 => {
            let what = if outcome.summary.failures() > 0 { "nothing could be read" } else { "there is no light curve" };
            Ended::Failed { why: format!("{what} in {}", order.input.to_string_lossy()), resumable: false }
        }
        End::Finished => Ended::Finished,
        End::Stopped | End::Failed => {
            let at = files.get(outcome.next.input).filter(|_| outcome.next != Position::default());
            let place = at.map_or_else(String::new, |file| {
                format!("before row or object {} of {}", outcome.next.item.saturating_add(1), file.to_string_lossy())
            });
            Ended::Cancelled { place, resumable: outcome.resumable }
        }
    }
}

/// An error with what lies behind it.
fn chain(e: &dyn Error) -> String {
    let mut text = e.to_string();
    let mut inner = e.source();
    while let Some(e) = inner {
        let more = e.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        inner = e.source();
    }
    text
}

/// Makes reports of what the engine tells, neither too many nor too long.
struct Teller<'a> {
    report: &'a mut dyn FnMut(Report),
    sizes: Option<progress::Progress>,
    pace: Pace,
    last: Option<Instant>,
    /// What was counted when progress was last told.
    summary: Summary,
    /// What could not be read before the run began.
    first: Summary,
    failures: Vec<Failure>,
    /// Failures that were told.
    told: usize,
}

impl<'a> Teller<'a> {
    fn new(files: &[PathBuf], report: &'a mut dyn FnMut(Report)) -> Self {
        let sizes = progress::Progress::new(files);
        Teller {
            report,
            sizes,
            pace: Pace::begin(0, 0),
            last: None,
            summary: Summary::default(),
            first: Summary::default(),
            failures: Vec::new(),
            told: 0,
        }
    }

    fn unreadable(&mut self, e: &ReadError) {
        let failure = Failure::from(e);
        self.first.fail(&failure);
        self.keep(&failure);
    }

    fn keep(&mut self, failure: &Failure) {
        if self.told + self.failures.len() < MAX_FAILURES {
            self.failures.push(failure.clone());
        }
    }

    fn post_failures(&mut self) {
        if !self.failures.is_empty() {
            self.told += self.failures.len();
            (self.report)(Report::Failures(std::mem::take(&mut self.failures)));
        }
    }

    fn is_due(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= BETWEEN)
    }
}

impl Monitor for Teller<'_> {
    // Told as a failure.
    fn error(&mut self, _: &ReadError) {}

    fn failure(&mut self, failure: &Failure) {
        self.keep(failure);
    }

    fn earlier(&mut self, failure: &Failure) {
        self.keep(failure);
    }

    // Counted in the summary.
    fn repeated(&mut self, _: u64, _: u64, _: &str) {}

    fn counted(&mut self, summary: &Summary) {
        if self.is_due() {
            self.summary = summary.clone();
            self.summary.add(&self.first);
        }
    }

    fn progress(&mut self, objects: u64, next: Position) {
        if !self.is_due() {
            return;
        }
        let bytes = self.sizes.as_mut().map(|p| (p.done(next), p.total()));
        // The first time tells where the run begins.
        if self.last.is_none() {
            self.pace = Pace::begin(objects, bytes.map_or(0, |(done, _)| done));
        }
        self.last = Some(Instant::now());
        self.post_failures();
        let progress = Progress {
            objects,
            rate_per_s: self.pace.rate_per_s(objects),
            share: bytes.map(|(done, total)| if total == 0 { 1.0 } else { done as f64 / total as f64 }),
            left_s: bytes.and_then(|(done, total)| self.pace.left_s(done, total)),
            input: next.input.saturating_add(1),
            summary: self.summary.clone(),
        };
        (self.report)(Report::Progress(Box::new(progress)));
    }

    fn resumed(&mut self, objects: u64) {
        (self.report)(Report::Resumed(objects));
    }

    fn nothing_to_resume(&mut self) {}

    fn finishing(&mut self) {
        self.post_failures();
        (self.report)(Report::Finishing);
    }
}
