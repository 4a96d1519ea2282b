//! Inputs -> batches -> workers -> results in order. Bounded: only so many batches are under way at once. One of the
//! workers reads, and works on a batch itself whenever the others have enough to do: N threads keep N processors busy.
//! Knows nothing of what the workers make of a batch.

use super::classifier::panic_text;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadError, ReadOptions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Name of the worker threads.
pub const WORKER: &str = "taxonova-worker";
/// How often the caller hears of time passing.
const TICK: Duration = Duration::from_millis(100);

/// The objects of one input; a fault is an item, and reading goes on after it.
pub type Objects = Box<dyn Iterator<Item = Result<LightCurve, ReadError>>>;

/// Inputs in order, each opened when its turn comes.
pub trait Source: Send + 'static {
    /// Number of inputs.
    fn count(&self) -> usize;
    /// Opens one.
    fn open(&mut self, index: usize) -> Result<Objects, ReadError>;
}

/// Files (and `-`) through the readers.
pub struct Files {
    /// In order.
    pub paths: Vec<PathBuf>,
    /// How to read.
    pub options: ReadOptions,
}

impl Source for Files {
    fn count(&self) -> usize {
        self.paths.len()
    }

    fn open(&mut self, index: usize) -> Result<Objects, ReadError> {
        read::open(&self.paths[index], &self.options).map(|r| Box::new(r) as Objects)
    }
}

/// A place between two items of the inputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Input.
    pub input: usize,
    /// Items of it (objects and faults) that lie before.
    pub item: u64,
}

/// How to run. The sizes are part of the result's identity: they decide where batches are cut.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Objects (or faults) in a batch.
    pub rows: usize,
    /// A batch is closed before `rows` once it has so many points.
    pub points: usize,
    /// Where to begin.
    pub from: Position,
    /// End at the first fault.
    pub fail_fast: bool,
    /// A batch is closed as soon as there is nothing more to read: rows come as soon as they can, and where batches are cut depends
    /// on when objects arrive. For streams; a run cannot begin in the middle.
    pub flush: bool,
    /// Set from outside to end early; what is under way is still finished.
    pub stop: Arc<AtomicBool>,
}

impl Setup {
    /// The sizes in use, from the beginning.
    pub fn new(threads: usize, stop: Arc<AtomicBool>) -> Self {
        Setup { threads: threads.max(1), rows: 256, points: 50_000, from: Position::default(), fail_fast: false, flush: false, stop }
    }
}

/// What came of one batch. They come in order.
#[derive(Debug)]
pub struct Done<T> {
    /// What the worker made of its light curves.
    pub output: T,
    /// Number of light curves.
    pub objects: u64,
    /// What could not be read on the way.
    pub errors: Vec<ReadError>,
    /// Where the next batch begins.
    pub next: Position,
    /// Cut where an uninterrupted run would have cut it.
    pub whole: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All inputs read.
    Finished,
    /// The flag was set.
    Stopped,
    /// The first fault, with `fail_fast`.
    Failed,
}

/// Why a run broke off.
#[derive(Debug)]
pub enum Broken<E> {
    /// The receiver of the results gave up.
    Sink(E),
    /// A worker could not go on.
    Worker(String),
}

struct Batch {
    number: u64,
    curves: Vec<LightCurve>,
    errors: Vec<ReadError>,
    next: Position,
    whole: bool,
}

type Made<T> = (u64, Result<Done<T>, String>);

/// Runs all inputs through workers. `make` builds a worker in its own thread, once it has something to do;
/// `sink` gets the results in order; `tick` is called now and then, also while nothing happens.
pub fn run<T, W, E>(
    source: impl Source,
    setup: &Setup,
    make: impl Fn() -> Result<W, String> + Send + Sync + 'static,
    mut sink: impl FnMut(Done<T>) -> Result<(), E>,
    mut tick: impl FnMut(),
) -> Result<End, Broken<E>>
where
    T: Send + 'static,
    W: FnMut(Vec<LightCurve>) -> T,
{
    let threads = setup.threads.max(1);
    // A place in `places` for each batch that is read and not yet written: memory stays bounded even if one
    // batch takes long and all later ones wait for it.
    let (take_place, give_place) = sync_channel::<()>(2 * threads + 1);
    let (send_batch, batches) = sync_channel::<Batch>(threads);
    let (send_made, made) = channel::<Made<T>>();
    let in_flight = Arc::new(AtomicUsize::new(0));
    let batches = Arc::new(Mutex::new(batches));
    let make = Arc::new(make);
    let work_off = |batches: &Mutex<Receiver<Batch>>, worker: &mut Worker<T, W>| {
        let next = || batches.lock().unwrap_or_else(|e| e.into_inner()).recv();
        while next().is_ok_and(|batch| worker.work(batch)) {}
    };
    let reader = {
        let (setup, in_flight) = (setup.clone(), in_flight.clone());
        let (batches, send_made, make) = (batches.clone(), send_made.clone(), make.clone());
        // Without other workers nobody takes batches from the queue.
        let queue = (threads > 1).then_some(send_batch);
        spawn(move || {
            let mut worker = Worker::new(&*make, &send_made);
            let work = |batch| worker.work(batch);
            let end = Cutter { setup, in_flight, take_place, queue, work, number: 0 }.read(source);
            work_off(&batches, &mut worker);
            end
        })?
    };
    let mut workers = Vec::with_capacity(threads);
    for _ in 1..threads {
        let (batches, send_made, make) = (batches.clone(), send_made.clone(), make.clone());
        workers.push(spawn(move || work_off(&batches, &mut Worker::new(&*make, &send_made)))?);
    }
    drop(send_made);

    let mut waiting: BTreeMap<u64, Done<T>> = BTreeMap::new();
    let mut next = 0;
    loop {
        match made.recv_timeout(TICK) {
            Ok((number, Ok(done))) => {
                waiting.insert(number, done);
            }
            Ok((_, Err(reason))) => return Err(Broken::Worker(reason)),
            Err(RecvTimeoutError::Timeout) => {
                // A reader may be waiting for standard input for ever: it is left behind.
                if setup.stop.load(Ordering::Relaxed) && in_flight.load(Ordering::SeqCst) == 0 && !reader.is_finished() {
                    return Ok(End::Stopped);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while let Some(done) = waiting.remove(&next) {
            next += 1;
            sink(done).map_err(Broken::Sink)?;
            in_flight.fetch_sub(1, Ordering::SeqCst);
            let _ = give_place.recv();
        }
        tick();
    }
    for worker in workers {
        if let Err(panic) = worker.join() {
            return Err(Broken::Worker(panic_text(panic.as_ref())));
        }
    }
    match reader.join() {
        Ok(end) => Ok(end),
        Err(panic) => Err(Broken::Worker(panic_text(panic.as_ref()))),
    }
}

fn spawn<R: Send + 'static, E>(job: impl FnOnce() -> R + Send + 'static) -> Result<JoinHandle<R>, Broken<E>> {
    let thread = std::thread::Builder::new().name(WORKER.into());
    thread.spawn(job).map_err(|e| Broken::Worker(format!("no thread: {e}")))
}

/// What a thread works with; made once it has something to do.
struct Worker<'a, T, W> {
    made: Option<W>,
    make: &'a (dyn Fn() -> Result<W, String> + Send + Sync),
    results: &'a Sender<Made<T>>,
}

impl<'a, T, W: FnMut(Vec<LightCurve>) -> T> Worker<'a, T, W> {
    fn new(make: &'a (dyn Fn() -> Result<W, String> + Send + Sync), results: &'a Sender<Made<T>>) -> Self {
        Worker { made: None, make, results }
    }

    /// False if nobody wants the result. A panic becomes one.
    fn work(&mut self, batch: Batch) -> bool {
        let Batch { number, curves, errors, next, whole } = batch;
        let objects = curves.len() as u64;
        let made = catch_unwind(AssertUnwindSafe(|| {
            let worker = match self.made.as_mut() {
                Some(w) => w,
                None => self.made.insert((self.make)()?),
            };
            Ok(worker(curves))
        }))
        .unwrap_or_else(|panic| Err(panic_text(panic.as_ref())));
        let done = made.map(|output| Done { output, objects, errors, next, whole });
        self.results.send((number, done)).is_ok()
    }
}

/// A batch that is not closed yet.
#[derive(Default)]
struct Filling {
    curves: Vec<LightCurve>,
    errors: Vec<ReadError>,
    /// Of the curves, together.
    points: usize,
}

impl Filling {
    /// Whether the item was an object, and not a fault.
    fn add(&mut self, item: Result<LightCurve, ReadError>) -> bool {
        let good = item.is_ok();
        match item {
            Ok(curve) => {
                self.points += curve.observations.len();
                self.curves.push(curve);
            }
            Err(e) => self.errors.push(e),
        }
        good
    }
}

/// Reads objects, cuts them into batches, and works on a batch itself where the queue of the others is full.
struct Cutter<F> {
    setup: Setup,
    in_flight: Arc<AtomicUsize>,
    take_place: SyncSender<()>,
    queue: Option<SyncSender<Batch>>,
    work: F,
    number: u64,
}

impl<F: FnMut(Batch) -> bool> Cutter<F> {
    fn read(mut self, mut source: impl Source) -> End {
        if self.setup.flush {
            return self.read_flushing(source);
        }
        let mut filling = Filling::default();
        let mut at = self.setup.from;
        while at.input < source.count() {
            if self.stopped() {
                return End::Stopped;
            }
            let mut objects = match source.open(at.input) {
                Ok(objects) => objects,
                Err(e) => Box::new(std::iter::once(Err(e))) as Objects,
            };
            for _ in 0..at.item {
                if objects.next().is_none() || self.stopped() {
                    break;
                }
            }
            loop {
                if self.stopped() {
                    return End::Stopped;
                }
                let Some(item) = objects.next() else { break };
                at.item += 1;
                if !filling.add(item) && self.setup.fail_fast {
                    self.send(&mut filling, at, false);
                    return End::Failed;
                }
                let full = filling.curves.len() >= self.setup.rows || filling.errors.len() >= self.setup.rows;
                if (full || filling.points >= self.setup.points) && !self.send(&mut filling, at, true) {
                    return End::Stopped;
                }
            }
            at = Position { input: at.input + 1, item: 0 };
        }
        if !filling.curves.is_empty() || !filling.errors.is_empty() {
            self.send(&mut filling, at, true);
        }
        End::Finished
    }

    /// Another thread reads ahead: what it has read is a batch, be it one object alone.
    fn read_flushing(mut self, mut source: impl Source) -> End {
        let (send, items) = sync_channel::<(Result<LightCurve, ReadError>, Position)>(self.setup.rows.max(1));
        let feed = move || {
            for input in 0..source.count() {
                let objects = source.open(input).unwrap_or_else(|e| Box::new(std::iter::once(Err(e))));
                for (item, n) in objects.zip(1..) {
                    if send.send((item, Position { input, item: n })).is_err() {
                        return;
                    }
                }
            }
        };
        // Left behind if it waits for a stream that never ends.
        if std::thread::Builder::new().name("taxonova-feeder".into()).spawn(feed).is_err() {
            return End::Failed;
        }
        loop {
            let mut next = match items.recv_timeout(TICK) {
                Ok(item) => Some(item),
                Err(RecvTimeoutError::Timeout) if self.stopped() => return End::Stopped,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) if self.stopped() => return End::Stopped,
                Err(RecvTimeoutError::Disconnected) => return End::Finished,
            };
            let (mut filling, mut at) = (Filling::default(), Position::default());
            while let Some((item, place)) = next.take() {
                at = place;
                if !filling.add(item) && self.setup.fail_fast {
                    self.send(&mut filling, at, false);
                    return End::Failed;
                }
                if filling.curves.len() + filling.errors.len() < self.setup.rows && filling.points < self.setup.points {
                    next = items.try_recv().ok();
                }
            }
            if !self.send(&mut filling, at, true) {
                return End::Stopped;
            }
        }
    }

    fn stopped(&self) -> bool {
        self.setup.stop.load(Ordering::Relaxed)
    }

    /// False if nobody wants any more.
    fn send(&mut self, filling: &mut Filling, next: Position, whole: bool) -> bool {
        if self.take_place.send(()).is_err() {
            return false;
        }
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let Filling { curves, errors, .. } = std::mem::take(filling);
        let batch = Batch { number: self.number, curves, errors, next, whole };
        self.number += 1;
        let Some(queue) = &self.queue else { return (self.work)(batch) };
        match queue.try_send(batch) {
            Ok(()) => true,
            Err(TrySendError::Full(batch)) => (self.work)(batch),
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}
