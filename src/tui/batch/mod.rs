//! A batch that runs beside the interface: what is asked for, what is told of it, where it stands. No I/O and no drawing;
//! [`job`] runs it on threads of its own, [`pane`] makes rows of it.

pub mod job;
pub mod pane;

use crate::batch::job::Begin;
use crate::batch::summary::{Failure, Summary};
use crate::lightcurve::read::ReadOptions;
use crate::taxonomy::Taxonomy;
use crate::tui::text::{long_count, plural};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Failures that are kept; further ones are counted alone.
pub const MAX_FAILURES: usize = 10_000;
/// Objects of a batch's input that are read into the list at most.
pub const MAX_LISTED: usize = 100_000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// A file, a folder or a pattern.
    pub input: PathBuf,
    /// Where the rows go; its ending says how they are written.
    pub output: PathBuf,
    /// What to do with an output that is there.
    pub begin: Begin,
    /// The tree of the answers.
    pub tree: Arc<Taxonomy>,
    /// Threshold of the decisions.
    pub tau: f64,
    /// Only what was known so many days after the first detection.
    pub asof_d: Option<f64>,
    /// How files are read.
    pub read: ReadOptions,
}

/// Runs a batch with a model until it ends or the flag is set; gives the last thing that there is to report.
#[derive(Clone)]
pub struct Batcher(pub Arc<Run>);

type Run = dyn Fn(&Order, &Arc<AtomicBool>, &mut dyn FnMut(Report)) -> Report + Send + Sync;

impl std::fmt::Debug for Batcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Batcher")
    }
}

/// What is told of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// It can't begin: the output is there already.
    Exists,
    /// It can't begin: an interrupted run with this output is there.
    Left {
        /// What keeps this batch from going on with it; none = it can.
        obstacle: Option<String>,
    },
    /// The inputs are known.
    Begun {
        /// Number of files.
        inputs: usize,
        /// Names of nodes that the model knows nothing of.
        not_in_model: Vec<String>,
    },
    /// It goes on after so many objects of an interrupted run.
    Resumed(u64),
    /// It has come so far.
    Progress(Box<Progress>),
    /// What could not be read or classified.
    Failures(Vec<Failure>),
    /// All is classified, the output is put together.
    Finishing,
    /// It is over.
    Ended {
        /// How.
        end: Ended,
        /// What was counted; in a run that this one went on with, too.
        summary: Box<Summary>,
        /// How long it took.
        seconds: f64,
    },
}

/// How a batch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The output is there.
    Finished,
    /// It was cancelled.
    Cancelled {
        /// Where reading would go on; empty: at the beginning.
        place: String,
        /// Whether it can be gone on with.
        resumable: bool,
    },
    /// It could not be done.
    Failed {
        /// Why.
        why: String,
        /// Whether it can be gone on with.
        resumable: bool,
    },
}

/// How far a batch is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Objects that are done.
    pub objects: u64,
    /// Objects a second, of this run.
    pub rate_per_s: f64,
    /// Share of the inputs that is done, by their sizes; none where they have none.
    pub share: Option<f64>,
    /// Seconds that are left; none where that can't be told.
    pub left_s: Option<f64>,
    /// Number of the input that is read, from 1 on.
    pub input: usize,
    /// What has been counted.
    pub summary: Summary,
}

/// Where a batch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Inputs are looked for.
    Starting,
    /// An answer is waited for: an output is there already.
    Asking,
    /// Objects are classified.
    Running,
    /// It will end at the next place where it can.
    Cancelling,
    /// The output is put together.
    Finishing,
    /// It is over.
    Over(Ended),
}

/// A batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its number: reports of another one are dropped.
    pub number: u64,
    /// What was asked for.
    pub order: Order,
    /// Name of the model.
    pub model: String,
    /// Set to cancel it.
    pub stop: Arc<AtomicBool>,
    /// Where it stands.
    pub stage: Stage,
    /// Number of inputs; 0: not known yet.
    pub inputs: usize,
    /// Objects of the interrupted run that it went on with.
    pub before: u64,
    /// Names of nodes that the model knows nothing of.
    pub not_in_model: Vec<String>,
    /// How far it is.
    pub progress: Progress,
    /// How long it took, once it is over.
    pub seconds: f64,
    /// What failed, the first of them.
    pub failures: Vec<Failure>,
    /// Whether the list of objects holds its input.
    pub listed: bool,
}

impl Batch {
    /// One that begins now.
    pub fn new(number: u64, order: Order, model: String) -> Batch {
        Batch {
            number,
            order,
            model,
            stop: Arc::default(),
            stage: Stage::Starting,
            inputs: 0,
            before: 0,
            not_in_model: Vec::new(),
            progress: Progress::default(),
            seconds: 0.0,
            failures: Vec::new(),
            listed: false,
        }
    }

    /// Whether threads are at work for it.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Running | Stage::Cancelling | Stage::Finishing)
    }

    /// Whether it ended so that it can be gone on with.
    pub fn is_resumable(&self) -> bool {
        matches!(&self.stage, Stage::Over(Ended::Cancelled { resumable, .. } | Ended::Failed { resumable, .. }) if *resumable)
    }

    /// Cancels it, if it is running.
    pub fn cancel(&mut self) {
        if matches!(self.stage, Stage::Starting | Stage::Running) {
            self.stop.store(true, Ordering::Relaxed);
            self.stage = Stage::Cancelling;
        }
    }

    /// How far it is, in few words: `52 %`, or the number of objects where the share is not known.
    pub fn short(&self) -> String {
        match (&self.stage, self.progress.share) {
            (Stage::Cancelling, _) => "cancelling".into(),
            (Stage::Finishing, _) => "writing".into(),
            (_, Some(share)) => format!("{:.0} %", 100.0 * share),
            (_, None) => plural(usize::try_from(self.progress.objects).unwrap_or(usize::MAX), "object"),
        }
    }

    /// Objects, rate and time left, as on the command line.
    pub fn pace(&self) -> String {
        let p = &self.progress;
        let mut parts = vec![plural(usize::try_from(p.objects).unwrap_or(usize::MAX), "object")];
        if p.rate_per_s > 0.0 {
            parts.push(format!("{}/s", long_count(p.rate_per_s.round() as usize)));
        }
        if let Some(left) = p.left_s.filter(|_| self.stage == Stage::Running) {
            parts.push(format!("{} left", duration(left)));
        }
        if self.inputs > 1 && self.is_running() {
            parts.push(format!("input {} of {}", long_count(p.input.clamp(1, self.inputs)), long_count(self.inputs)));
        }
        parts.join(", ")
    }
}

/// What the interface knows of batches.
#[derive(Debug, Clone, Default)]
pub struct BatchState {
    /// The one that runs, or the last one.
    pub run: Option<Batch>,
    /// The input that is proposed.
    pub input: String,
    /// How files are read.
    pub read: ReadOptions,
    /// Leave the program once it is over.
    pub then_quit: bool,
    /// The filter that the list gets once the input is being read into it.
    pub filter: Option<String>,
    /// The first object that the filter lets through is to be selected once it is there.
    pub seek: bool,
}

impl BatchState {
    /// The batch that is at work.
    pub fn running(&self) -> Option<&Batch> {
        self.run.as_ref().filter(|b| b.is_running())
    }
}

/// Seconds in the largest units: `0.4 s`, `12 s`, `3 min`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    let s = seconds.max(0.0).round() as u64;
    match s {
        _ if seconds < 9.95 => format!("{:.1} s", seconds.max(0.0)),
        0..=99 => format!("{s} s"),
        100..=5999 => format!("{} min", (s + 30) / 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

/// The output that is proposed for an input: its name with the ending .csv, in the current folder; never the input itself.
pub fn proposed_output(input: &str) -> String {
    let path = Path::new(input.trim());
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).filter(|n| !n.contains(['*', '?', '[']));
    let name = name.unwrap_or_else(|| "batch".into());
    let plain = format!("{name}.csv");
    if path.file_name().is_some_and(|n| *n == *plain) { format!("{name}-classes.csv") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_proposed() {
        for (input, output) in [
            ("nights/2024-01", "2024-01.csv"),
            ("play/", "play.csv"),
            ("a/night.parquet", "night.csv"),
            ("night.csv", "night-classes.csv"),
            ("nights/**/*.avro", "batch.csv"),
            ("..", "batch.csv"),
            ("", "batch.csv"),
        ] {
            assert_eq!(proposed_output(input), output, "{input}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!([0.4, 99.0, 100.0, 3600.0, 7500.0].map(duration), ["0.4 s", "99 s", "2 min", "60 min", "2 h 5 min"]);
    }
}
