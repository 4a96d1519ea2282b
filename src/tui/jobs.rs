//! Work on other threads: reading, loading the model, classifying. Reports by messages; a panic becomes a message too.
//! Knows nothing of the screen.

use super::action::{Action, Answered, LabelsFor};
use super::batch::{Batcher, Ended, Order, Report};
use super::curve::history;
use super::curve::influence::{self, By};
use super::file::FileReport;
use super::files::{self, Files};
use super::reading::{Input, Reading};
use super::refit::{ModelFile, Refitter};
use super::said::Said;
use super::state::ModelInfo;
use crate::lightcurve::read::{ReadOptions, read_labels};
use crate::lightcurve::{LightCurve, Observation, Photometry};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the model says, or why there is nothing.
pub type Answer = Result<Said, String>;

/// Something that classifies, one per thread.
pub trait Classifier {
    /// What the model says of each light curve, or why it has none; an error if nothing could be classified at all.
    fn classify(&mut self, curves: &[Arc<LightCurve>]) -> Result<Vec<Answer>, String>;
    /// The same of a part of a light curve.
    fn classify_part(&mut self, observations: &[Observation], photometry: Photometry) -> Answer;
    /// How the probabilities came about; none if it was cancelled.
    fn history(&mut self, curve: &LightCurve, cancel: &AtomicBool) -> Result<Option<history::Answers>, String>;
    /// What the probabilities are without each point or night; none if it was cancelled.
    fn influence(&mut self, curve: &LightCurve, by: By, cancel: &AtomicBool) -> Result<Option<influence::Answers>, String>;
}

/// Makes a classifier on the thread that will use it.
pub type Sessions = Arc<dyn Fn() -> Result<Box<dyn Classifier>, String> + Send + Sync>;

/// How to use a model; the state only hands it on.
#[derive(Clone)]
pub struct Handle {
    /// Makes classifiers.
    pub sessions: Sessions,
    /// Fits it anew for another tree; none where this can't be done.
    pub refit: Option<Refitter>,
    /// Runs it over files; none where this can't be done.
    pub batch: Option<Batcher>,
    /// The model as a file, if it is in none yet.
    pub file: Option<Arc<ModelFile>>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("refit", &self.refit.is_some())
            .field("batch", &self.batch.is_some())
            .field("file", &self.file.is_some())
            .finish()
    }
}

/// Loads the model, on a worker thread.
pub type Loader = Box<dyn FnOnce() -> Result<ModelInfo, String> + Send>;

/// Light curves per classification: enough to be efficient, few enough to be interrupted soon.
const BATCH: usize = 32;
/// Something that is worked out about one light curve.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Number of the request.
    pub request: u64,
    /// Which.
    pub curve: Arc<LightCurve>,
    /// Set when the answer is no longer wanted.
    pub cancel: Arc<AtomicBool>,
}

#[derive(Default)]
struct Queue {
    /// The model's number, which answers carry, and how to use it.
    model: Option<(u64, Sessions)>,
    part: Option<(u64, Vec<Observation>, Photometry)>,
    first: Option<(usize, Arc<LightCurve>)>,
    history: Option<Ask>,
    influence: Option<(Ask, By)>,
    waiting: VecDeque<(usize, Arc<LightCurve>)>,
}

enum Task {
    Part(u64, Vec<Observation>, Photometry),
    History(Ask),
    Influence(Ask, By),
    Batch(Vec<(usize, Arc<LightCurve>)>),
}

/// The workers.
pub struct Jobs {
    shared: Arc<(Mutex<Queue>, Condvar)>,
    stop: Arc<AtomicBool>,
    reading: Reading,
    /// The thread of the batch.
    batch: Mutex<Option<JoinHandle<()>>>,
    /// Where reports go.
    pub report: Sender<Action>,
    /// Work on the tree's file and the journal.
    pub files: Files,
}

/// A poisoned lock holds plain data that is good still: panics are caught where they happen.
fn lock(m: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// As [`lock`].
pub(super) fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// Waits for a thread to end; one that does not is left behind.
pub(super) fn wait(thread: &JoinHandle<()>, patience: Duration) {
    let begun = Instant::now();
    while !thread.is_finished() && begun.elapsed() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs `work` and turns its panic into a message.
pub(super) fn guarded<T>(what: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
        Err(format!("internal error while {what}: {}", reason.unwrap_or_default()))
    })
}

impl Jobs {
    /// Starts everything: reading, loading, and as many classifying threads as there are processors to spare.
    pub fn start(input: Input, loader: Loader, taxonomy: Option<PathBuf>, report: Sender<Action>) -> Jobs {
        let jobs = Jobs {
            shared: Arc::default(),
            stop: Arc::default(),
            reading: Reading::default(),
            batch: Mutex::default(),
            report: report.clone(),
            files: Files::start(report.clone()),
        };
        let n = std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1).clamp(1, 8));
        for _ in 0..n {
            let (shared, stop, report) = (jobs.shared.clone(), jobs.stop.clone(), report.clone());
            std::thread::spawn(move || classify_until_stopped(&shared, &stop, &report));
        }
        let (shared, to) = (jobs.shared.clone(), report.clone());
        std::thread::spawn(move || {
            if let Some(path) = taxonomy {
                match guarded("reading the taxonomy", || files::read_to_open(path.clone())) {
                    Ok(arrived) => {
                        let _ = to.send(arrived);
                    }
                    Err(e) => {
                        let _ = to.send(Action::File(FileReport::Unread(path)));
                        let _ = to.send(Action::Failed(e));
                    }
                }
            }
            match guarded("loading the model", loader) {
                Ok(info) => {
                    // The state knows the model before its first answer comes.
                    let sessions = info.handle.sessions.clone();
                    let _ = to.send(Action::ModelReady(Box::new(info)));
                    lock(&shared.0).model = Some((0, sessions));
                    shared.1.notify_all();
                }
                Err(why) => {
                    let _ = to.send(Action::ModelFailed(why));
                }
            }
        });
        jobs.reading.begin(move |_| input, usize::MAX, report);
        jobs
    }

    /// Reads another input in the place of what is being read or was read, at most so many objects.
    pub fn open_input(&self, input: PathBuf, options: ReadOptions, most: usize) {
        let mut queue = lock(&self.shared.0);
        queue.waiting.clear();
        queue.first = None;
        drop(queue);
        self.reading.another(input, options, most, self.report.clone());
    }

    /// Runs a batch on threads of its own.
    pub fn batch(&self, batcher: Batcher, order: Order, stop: Arc<AtomicBool>, number: u64) {
        let report = self.report.clone();
        let work = move || {
            let mut tell = |told| {
                let _ = report.send(Action::Batch(number, told));
            };
            let last = guarded("classifying", || Ok((batcher.0)(&order, &stop, &mut tell)));
            tell(last.unwrap_or_else(|why| Report::Ended {
                end: Ended::Failed { why, resumable: false },
                summary: Box::default(),
                seconds: 0.0,
            }));
        };
        *locked(&self.batch) = Some(std::thread::spawn(work));
    }

    /// Waits for the batch, which has been told to end, so that what is under way is still written. No longer than `patience`.
    pub fn finish_batch(&self, patience: Duration) {
        if let Some(batch) = locked(&self.batch).take() {
            wait(&batch, patience);
        }
    }

    /// Does something on a thread of its own, and reports what came of it.
    pub fn aside(&self, what: &'static str, work: impl FnOnce() -> Result<Action, String> + Send + 'static) {
        let report = self.report.clone();
        std::thread::spawn(move || {
            let _ = report.send(guarded(what, work).unwrap_or_else(Action::Failed));
        });
    }

    /// Reads the labels of a file or folder.
    pub fn read_labels(&self, path: PathBuf, why: LabelsFor) {
        self.aside("reading labels", move || {
            let read = read_labels(&path).map_err(|e| e.to_string());
            let (labels, by_object) = read.map_or_else(|e| (Err(e), Vec::new()), |f| (Ok(f.counts), f.by_object));
            Ok(Action::LabelsRead { why, path, labels, by_object })
        });
    }

    /// Reads a tree to be compared with.
    pub fn read_tree(&self, path: PathBuf) {
        self.aside("reading the taxonomy", move || {
            let tree = files::read(&path).map(|read| Box::new(read.taxonomy));
            Ok(Action::TreeRead { path, tree })
        });
    }

    /// Reads a tree and opens it.
    pub fn open_tree(&self, path: PathBuf) {
        self.aside("reading the taxonomy", move || files::read_to_open(path));
    }

    /// Uses another model from now on. What waits is asked for anew by the caller.
    pub fn use_model(&self, number: u64, sessions: Sessions) {
        let mut queue = lock(&self.shared.0);
        queue.model = Some((number, sessions));
        queue.waiting.clear();
        queue.first = None;
        queue.part = None;
        queue.history = None;
        queue.influence = None;
        drop(queue);
        self.shared.1.notify_all();
    }

    /// Classifies these when there is time.
    pub fn classify(&self, wanted: Vec<(usize, Arc<LightCurve>)>) {
        lock(&self.shared.0).waiting.extend(wanted);
        self.shared.1.notify_all();
    }

    /// Classifies this one next; one that was asked for so before goes back into the line.
    pub fn classify_first(&self, index: usize, curve: Arc<LightCurve>) {
        let mut queue = lock(&self.shared.0);
        if let Some(before) = queue.first.replace((index, curve)) {
            queue.waiting.push_front(before);
        }
        drop(queue);
        self.shared.1.notify_one();
    }

    /// Works out how the probabilities came about; what was asked before and has not begun is dropped.
    pub fn history(&self, ask: Ask) {
        lock(&self.shared.0).history = Some(ask);
        self.shared.1.notify_one();
    }

    /// Works out what matters; what was asked before and has not begun is dropped.
    pub fn influence(&self, ask: Ask, by: By) {
        lock(&self.shared.0).influence = Some((ask, by));
        self.shared.1.notify_one();
    }

    /// Looks for a period, on a thread of its own.
    pub fn find_period(&self, ask: Ask) {
        let Ask { request, curve, cancel } = ask;
        self.aside("looking for a period", move || {
            let peaks = guarded("looking for a period", || super::engine::periods(&curve, &cancel));
            Ok(Action::PeriodsFound(request, peaks))
        });
    }

    /// Classifies a part of a light curve; one that was asked for before and has not begun is dropped.
    pub fn classify_part(&self, request: u64, observations: Vec<Observation>, photometry: Photometry) {
        lock(&self.shared.0).part = Some((request, observations, photometry));
        self.shared.1.notify_one();
    }
}

impl Drop for Jobs {
    /// Tells the threads to end; they are not waited for.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.reading.end();
        self.shared.1.notify_all();
    }
}

fn next_task(shared: &(Mutex<Queue>, Condvar), stop: &AtomicBool) -> Option<(Task, (u64, Sessions))> {
    let mut queue = lock(&shared.0);
    loop {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        if let Some(model) = queue.model.clone() {
            if let Some((index, curve)) = queue.first.take() {
                return Some((Task::Batch(vec![(index, curve)]), model));
            }
            if let Some((request, observations, photometry)) = queue.part.take() {
                return Some((Task::Part(request, observations, photometry), model));
            }
            if let Some((ask, by)) = queue.influence.take() {
                return Some((Task::Influence(ask, by), model));
            }
            if let Some(ask) = queue.history.take() {
                return Some((Task::History(ask), model));
            }
            if !queue.waiting.is_empty() {
                let n = BATCH.min(queue.waiting.len());
                return Some((Task::Batch(queue.waiting.drain(..n).collect()), model));
            }
        }
        // Woken now and then, so that a lost wake-up can't stop the program from ending.
        queue = shared.1.wait_timeout(queue, Duration::from_millis(500)).map(|(q, _)| q).unwrap_or_else(|e| e.into_inner().0);
    }
}

fn classify_until_stopped(shared: &(Mutex<Queue>, Condvar), stop: &AtomicBool, report: &Sender<Action>) {
    let mut classifier: Option<(u64, Box<dyn Classifier>)> = None;
    while let Some((task, (model, sessions))) = next_task(shared, stop) {
        let ready = match classifier.take().filter(|(of, _)| *of == model) {
            Some((_, c)) => Ok(c),
            None => guarded("preparing the model", || sessions()),
        };
        match (ready, task) {
            (Ok(mut c), Task::Part(request, observations, photometry)) => {
                let p = guarded("classifying", || c.classify_part(&observations, photometry));
                let _ = report.send(Action::ClassifiedPart { request, p });
                classifier = Some((model, c));
            }
            (Ok(mut c), Task::History(ask)) => {
                match guarded("working out the history", || c.history(&ask.curve, &ask.cancel)) {
                    Ok(None) => {}
                    Ok(Some(answers)) => {
                        let _ = report.send(Action::HistoryReady(ask.request, Ok(answers)));
                    }
                    Err(e) => {
                        let _ = report.send(Action::HistoryReady(ask.request, Err(e)));
                    }
                }
                classifier = Some((model, c));
            }
            (Ok(mut c), Task::Influence(ask, by)) => {
                match guarded("leaving out points", || c.influence(&ask.curve, by, &ask.cancel)) {
                    Ok(None) => {}
                    Ok(Some(answers)) => {
                        let _ = report.send(Action::InfluenceReady(ask.request, Ok(answers)));
                    }
                    Err(e) => {
                        let _ = report.send(Action::InfluenceReady(ask.request, Err(e)));
                    }
                }
                classifier = Some((model, c));
            }
            (Err(e), Task::History(ask)) => {
                let _ = report.send(Action::HistoryReady(ask.request, Err(e)));
            }
            (Err(e), Task::Influence(ask, _)) => {
                let _ = report.send(Action::InfluenceReady(ask.request, Err(e)));
            }
            (Ok(mut c), Task::Batch(batch)) => {
                let answers = classify_batch(c.as_mut(), batch);
                let _ = report.send(Action::Classified { model, answers });
                classifier = Some((model, c));
            }
            (Err(e), Task::Part(request, ..)) => {
                let _ = report.send(Action::ClassifiedPart { request, p: Err(e) });
            }
            (Err(e), Task::Batch(batch)) => {
                let answers = batch.into_iter().map(|(index, curve)| Answered { index, curve, p: Err(e.clone()) }).collect();
                let _ = report.send(Action::Classified { model, answers });
            }
        }
    }
}

/// Classifies together; if that fails, one by one, so that one bad object does not spoil the others.
fn classify_batch(c: &mut dyn Classifier, batch: Vec<(usize, Arc<LightCurve>)>) -> Vec<Answered> {
    let curves: Vec<Arc<LightCurve>> = batch.iter().map(|(_, c)| c.clone()).collect();
    let together = guarded("classifying", || c.classify(&curves)).ok().filter(|p| p.len() == curves.len());
    if let Some(p) = together {
        return batch.into_iter().zip(p).map(|((index, curve), p)| Answered { index, curve, p }).collect();
    }
    batch
        .into_iter()
        .map(|(index, curve)| {
            let one = [curve.clone()];
            let p = guarded("classifying", || c.classify(&one)).and_then(|mut p| p.pop().unwrap_or_else(|| Err("no answer".to_string())));
            Answered { index, curve, p }
        })
        .collect()
}
