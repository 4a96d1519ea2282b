//! A whole run: inputs through the pipeline into an output, with checkpoints. What is worth saying on the way
//! goes to a [`Monitor`]; nothing is printed here.

use super::classifier::{Classifier, Plan};
use super::encode::Data;
use super::engine::Engine;
use super::manifest::Manifest;
use super::output::{Format, OutputError};
use super::pipeline::{Broken, Done, End, Position, Setup, Source, run};
use super::shard::{Batch, Closed, Shard};
use super::sink::{Known, Sink};
use super::summary::{Failure, Summary};
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::ReadError;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Where the rows go.
pub enum Target<'a> {
    /// A stream, standard output for one.
    Stream {
        /// The stream.
        out: &'a mut dyn Write,
        /// Any but Parquet.
        format: Format,
    },
    /// A file that is whole or not there.
    File {
        /// Its name.
        path: PathBuf,
        /// How it is written.
        format: Format,
        /// What to do with what is there.
        begin: Begin,
        /// What decides about the result; none = the run can't be continued later.
        manifest: Option<Manifest>,
    },
}

/// What to do with an output that is there, or with an interrupted run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// Refuse both.
    New,
    /// Replace both.
    Overwrite,
    /// Go on with an interrupted run, if there is one, else as [`Begin::New`].
    Resume,
    /// Go on with an interrupted run, if there is one, else as [`Begin::Overwrite`].
    ResumeOrOverwrite,
}

impl Begin {
    /// By what the user asks for.
    pub fn new(resume: bool, overwrite: bool) -> Begin {
        match (resume, overwrite) {
            (false, false) => Begin::New,
            (false, true) => Begin::Overwrite,
            (true, false) => Begin::Resume,
            (true, true) => Begin::ResumeOrOverwrite,
        }
    }

    pub(super) fn overwrite(self) -> bool {
        matches!(self, Begin::Overwrite | Begin::ResumeOrOverwrite)
    }

    pub(super) fn resume(self) -> bool {
        matches!(self, Begin::Resume | Begin::ResumeOrOverwrite)
    }
}

/// Hears what happens, in the caller's thread.
pub trait Monitor {
    /// Something could not be read.
    fn error(&mut self, error: &ReadError);
    /// A line for the file of failures, in order; for what could not be read as well as for internal faults.
    fn failure(&mut self, failure: &Failure);
    /// As [`Monitor::failure`], but of the run that this one goes on with.
    fn earlier(&mut self, failure: &Failure);
    /// In the shard that ends at this object names came again, `first` for one.
    fn repeated(&mut self, end: u64, count: u64, first: &str);
    /// So many objects are done; reading goes on at this place.
    fn progress(&mut self, objects: u64, next: Position);
    /// The run goes on where an earlier one ended.
    fn resumed(&mut self, objects: u64);
    /// There is no interrupted run to go on with.
    fn nothing_to_resume(&mut self);
    /// What has been counted so far, as often as [`Monitor::progress`] and before it.
    fn counted(&mut self, _summary: &Summary) {}
    /// All objects are classified; the output is put together.
    fn finishing(&mut self) {}
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What was counted, in a run that this one goes on with too.
    pub summary: Summary,
    /// Where reading would go on.
    pub next: Position,
    /// An interrupted run left something to go on with.
    pub resumable: bool,
    /// Nobody reads the stream any more.
    pub closed: bool,
}

/// Why a run broke off.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The stream.
    #[error("cannot write: {0}")]
    Stream(std::io::Error),
    /// A fault of the program or the model.
    #[error("internal error: {0}")]
    Internal(String),
    /// A fault after which the run can be continued.
    #[error("{0}; what was done before is kept: once that is put right, --resume goes on")]
    Kept(Box<JobError>),
}

/// Classifies everything in `source`. `make` builds one engine per worker thread.
pub fn classify<E: Engine>(
    source: impl Source,
    mut setup: Setup,
    plan: Arc<Plan>,
    make: impl Fn() -> Result<E, String> + Send + Sync + 'static,
    target: Target<'_>,
    monitor: &mut dyn Monitor,
) -> Result<Outcome, JobError> {
    let (mut sink, Known { next, summary }) = Sink::open(target, &plan, monitor)?;
    setup.from = next;
    let renderer = Arc::new(sink.renderer().clone());
    let mut books = Books { next, summary, shard: Shard::default(), monitor };
    books.monitor.counted(&books.summary);
    books.monitor.progress(books.summary.objects, next);
    let worker = {
        let plan = plan.clone();
        move || {
            let mut classifier = Classifier::new(make()?, plan.clone());
            let renderer = renderer.clone();
            Ok(move |curves: Vec<LightCurve>| {
                let names = curves.iter().map(|c| (c.object_id.clone(), c.photometry)).collect();
                let mut summary = Summary { objects: curves.len() as u64, ..Summary::default() };
                let rows = classifier.classify(curves);
                let failures = summary.count(&rows);
                (renderer.render(&rows), Batch { summary, failures, names })
            })
        }
    };
    let end = run(source, &setup, worker, |done| books.take(done, &mut sink), || {});
    let end = end.and_then(|end| books.close(&mut sink, true).map(|()| end).map_err(Broken::Sink));
    let broken = |sink: Sink<'_>, e: JobError| if sink.give_up() { JobError::Kept(Box::new(e)) } else { e };
    let (end, closed) = match end {
        Ok(end) => (end, false),
        Err(Broken::Sink(JobError::Stream(e))) if e.kind() == ErrorKind::BrokenPipe => (End::Stopped, true),
        Err(Broken::Sink(e)) => return Err(broken(sink, e)),
        Err(Broken::Worker(reason)) => return Err(broken(sink, JobError::Internal(reason))),
    };
    let Books { next, summary, monitor, .. } = books;
    let keeps = sink.keeps_shards();
    let resumable = if end == End::Finished {
        monitor.finishing();
        match sink.finish(summary.objects) {
            Ok(()) => {}
            Err(JobError::Stream(e)) if e.kind() == ErrorKind::BrokenPipe => {}
            Err(e) if keeps => return Err(JobError::Kept(Box::new(e))),
            Err(e) => return Err(e),
        }
        false
    } else if closed {
        false
    } else {
        sink.interrupt()?
    };
    Ok(Outcome { end, summary, next, resumable, closed })
}

struct Books<'a> {
    next: Position,
    summary: Summary,
    shard: Shard,
    monitor: &'a mut dyn Monitor,
}

impl Books<'_> {
    fn take(&mut self, done: Done<(Data, Batch)>, sink: &mut Sink<'_>) -> Result<(), JobError> {
        let (data, mut batch) = done.output;
        let unreadable: Vec<Failure> = done.errors.iter().map(Failure::from).collect();
        for (e, failure) in done.errors.iter().zip(&unreadable) {
            self.monitor.error(e);
            self.monitor.failure(failure);
            batch.summary.fail(failure);
        }
        // A batch that was cut short is done again when the run is continued: it does not belong into a shard.
        if !done.whole && !sink.takes_pieces() {
            self.summary.unreadable += unreadable.len() as u64;
            return Ok(());
        }
        batch.failures.iter().for_each(|f| self.monitor.failure(f));
        batch.failures.splice(0..0, unreadable);
        self.summary.add(&batch.summary);
        self.next = done.next;
        if sink.keeps_shards() {
            self.shard.add(batch, done.next, (done.objects > 0).then_some(data));
        } else {
            if done.objects > 0 {
                sink.write(data)?;
            }
            batch.failures.clear();
            self.shard.add(batch, done.next, None);
        }
        self.close(sink, false)?;
        self.monitor.counted(&self.summary);
        self.monitor.progress(self.summary.objects, self.next);
        Ok(())
    }

    /// Commits the shard if it is full, or `now`.
    fn close(&mut self, sink: &mut Sink<'_>, now: bool) -> Result<(), JobError> {
        let Some(shard) = self.shard.close(now) else { return Ok(()) };
        sink.commit(&shard)?;
        let Closed { record, repeated, .. } = shard;
        self.summary.repeated_ids += record.summary.repeated_ids;
        if let Some(first) = repeated {
            self.monitor.repeated(self.summary.objects, record.summary.repeated_ids, &first);
        }
        Ok(())
    }
}
