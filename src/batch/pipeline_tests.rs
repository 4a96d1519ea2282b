//! The pipeline and whole runs on made-up objects and engines: order, cuts, faults, panics, stop and resume.

use super::engine::{Answer, Engine};
use super::job::{JobError, Monitor, Outcome, Target, classify};
use super::output::{Format, partial_path, state_path};
use super::pipeline::*;
use super::{Plan, Row};
use crate::cascade::testing::tree;
use crate::cascade::{Rule, Rules};
use crate::lightcurve::read::{Place, ReadError};
use crate::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry, Warning};
use crate::taxonomy::Layout;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Inputs of so many objects; every 10th item of an input is a fault, and an input of 0 can't be opened.
#[derive(Clone)]
struct Fake {
    sizes: Vec<u64>,
    /// Counts what is read.
    read: Arc<AtomicU64>,
    /// Sets the flag once so many are read.
    stop_at: Option<(u64, Arc<AtomicBool>)>,
}

impl Fake {
    fn new(sizes: &[u64]) -> Self {
        Fake { sizes: sizes.to_vec(), read: Arc::default(), stop_at: None }
    }
}

fn name(input: usize) -> PathBuf {
    PathBuf::from(format!("input-{input}"))
}

fn curve(input: usize, item: u64) -> LightCurve {
    let n = 1 + (item * 7 + input as u64) % 5;
    let points = (0..n).map(|i| Observation::from_flux(i as f64, BandId::ZTF_G, 100.0 + item as f64, 1.0)).collect();
    let origin = Origin { path: Arc::new(name(input)), format: "fake" };
    LightCurve::new(format!("o{input}-{item}"), Photometry::Difference, points, origin)
}

impl Source for Fake {
    fn count(&self) -> usize {
        self.sizes.len()
    }

    fn open(&mut self, input: usize) -> Result<Objects, ReadError> {
        let size = self.sizes[input];
        if size == 0 {
            return Err(ReadError::new(&name(input), Place::File, "nothing", ""));
        }
        let this = self.clone();
        Ok(Box::new((0..size).map(move |item| {
            let read = this.read.fetch_add(1, Ordering::SeqCst) + 1;
            if let Some((at, flag)) = &this.stop_at
                && read == *at
            {
                flag.store(true, Ordering::SeqCst);
            }
            if item % 10 == 9 { Err(ReadError::new(&name(input), Place::Row(item), "a fault", "")) } else { Ok(curve(input, item)) }
        })))
    }
}

fn setup(threads: usize) -> Setup {
    Setup { rows: 16, points: 40, ..Setup::new(threads, Arc::default()) }
}

type Cut = (Vec<String>, Vec<String>, Position, bool);

fn cuts(source: Fake, setup: &Setup) -> (Vec<Cut>, End) {
    let mut seen = Vec::new();
    let end = run(
        source,
        setup,
        || Ok(|curves: Vec<LightCurve>| curves.into_iter().map(|c| c.object_id).collect::<Vec<_>>()),
        |done: Done<Vec<String>>| {
            assert_eq!(done.objects, done.output.len() as u64);
            seen.push((done.output, done.errors.iter().map(|e| e.to_string()).collect(), done.next, done.whole));
            Ok::<(), ()>(())
        },
        || {},
    )
    .unwrap();
    (seen, end)
}

const SIZES: [u64; 6] = [3, 0, 100, 45, 0, 7];

#[test]
fn the_cuts_do_not_depend_on_the_threads() {
    let (one, end) = cuts(Fake::new(&SIZES), &setup(1));
    assert_eq!(end, End::Finished);
    let (four, _) = cuts(Fake::new(&SIZES), &setup(4));
    assert_eq!(one, four);
    let ids: Vec<&String> = one.iter().flat_map(|c| &c.0).collect();
    let expected: Vec<String> = (0..6).flat_map(|i| (0..SIZES[i]).filter(|o| o % 10 != 9).map(move |o| format!("o{i}-{o}"))).collect();
    assert!(ids.iter().zip(&expected).all(|(a, b)| *a == b) && ids.len() == expected.len());
    assert_eq!(one.iter().map(|c| c.1.len()).sum::<usize>(), 2 + 10 + 4);
    // Cut by points as well as by rows.
    assert!(one.iter().any(|c| c.0.len() < 16) && one.iter().all(|c| c.0.len() <= 16));
}

#[test]
fn from_every_cut_the_rest_is_the_same() {
    let (all, _) = cuts(Fake::new(&SIZES), &setup(2));
    for i in 0..all.len() - 1 {
        let (rest, end) = cuts(Fake::new(&SIZES), &Setup { from: all[i].2, ..setup(3) });
        assert_eq!(end, End::Finished);
        assert_eq!(rest, all[i + 1..], "after batch {i}");
    }
}

#[test]
fn fail_fast_ends_with_the_first_fault() {
    let (seen, end) = cuts(Fake::new(&[5, 100]), &Setup { fail_fast: true, ..setup(2) });
    assert_eq!(end, End::Failed);
    let last = seen.last().unwrap();
    assert_eq!((last.1.len(), last.3), (1, false));
    assert_eq!(seen.iter().map(|c| c.0.len()).sum::<usize>(), 14);
}

#[test]
fn only_so_many_batches_are_under_way() {
    let source = Fake::new(&[5000]);
    let read = source.read.clone();
    let mut sunk = 0u64;
    let end = run(
        source,
        &setup(2),
        || Ok(|curves: Vec<LightCurve>| curves.len() as u64),
        |done| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            sunk += done.objects + done.errors.len() as u64;
            // 2 * 2 + 1 batches that wait, the one being written and the one being cut, of 16 at most.
            assert!(read.load(Ordering::SeqCst) <= sunk + 7 * 18, "{} read, {sunk} written", read.load(Ordering::SeqCst));
            Ok::<(), ()>(())
        },
        || {},
    );
    assert!(matches!(end, Ok(End::Finished)));
    assert_eq!(sunk, 5000);
}

#[test]
fn a_sink_that_gives_up_ends_the_run_and_so_does_a_worker() {
    let end = run(Fake::new(&[5000]), &setup(2), || Ok(|c: Vec<LightCurve>| c.len()), |_| Err("full"), || {});
    assert!(matches!(end, Err(Broken::Sink("full"))));
    let end = run(Fake::new(&[50]), &setup(2), || Ok(|_: Vec<LightCurve>| -> u8 { panic!("bang") }), |_| Ok::<(), ()>(()), || {});
    assert!(matches!(end, Err(Broken::Worker(reason)) if reason.contains("bang")));
    let end = run(
        Fake::new(&[50]),
        &setup(2),
        || if true { Err("no model".to_string()) } else { Ok(|_: Vec<LightCurve>| 0) },
        |_| Ok::<(), ()>(()),
        || {},
    );
    assert!(matches!(end, Err(Broken::Worker(reason)) if reason == "no model"));
}

/// P(A) falls with the number of points; some ids make trouble.
struct FakeEngine;

impl Engine for FakeEngine {
    type Input = (String, usize);

    fn usable(&self, curve: &LightCurve) -> bool {
        curve.observations.iter().any(|o| crate::features::Group::Transient.uses(o))
    }

    fn epochs(&self, _: &LightCurve, _: usize) -> Vec<f64> {
        Vec::new()
    }

    fn prepare(&self, curve: &LightCurve) -> Self::Input {
        // The id is not passed on: the flux tells the item.
        let item = curve.observations[0].flux_ujy - 100.0;
        assert!(item != 5.0, "features of item 5");
        (format!("{item}"), curve.observations.len())
    }

    fn run(&mut self, inputs: &[Self::Input]) -> Result<Vec<Answer>, String> {
        if inputs.iter().any(|i| i.0 == "7") {
            return Err("network on item 7".into());
        }
        Ok(inputs
            .iter()
            .map(|i| match (i.0.as_str(), i.1) {
                ("8", _) => vec![f64::NAN; 2],
                (_, n) => vec![1.0 / n as f64, 1.0 - 1.0 / n as f64],
            })
            .map(|p| Answer { p, ..Answer::default() })
            .collect())
    }

    fn warnings(&self, curve: &LightCurve) -> Vec<Warning> {
        if curve.observations.len() < 3 { vec![Warning::FewDetections(curve.observations.len())] } else { vec![] }
    }
}

#[derive(Default)]
struct Heard {
    errors: u64,
    failures: Vec<String>,
    resumed: Option<u64>,
    nothing: bool,
}

impl Monitor for Heard {
    fn error(&mut self, _: &ReadError) {
        self.errors += 1;
    }
    fn failure(&mut self, object_id: &str, _: &str, reason: &str) {
        self.failures.push(format!("{object_id}: {reason}"));
    }
    fn progress(&mut self, _: u64, _: usize) {}
    fn resumed(&mut self, objects: u64) {
        self.resumed = Some(objects);
    }
    fn nothing_to_resume(&mut self) {
        self.nothing = true;
    }
}

fn plan() -> Arc<Plan> {
    let layout = Layout::new(&tree("Root{A,B}"));
    let rules = Rules::same(&layout, Rule::Threshold { tau: 0.5 });
    Arc::new(Plan { layout, regrouper: None, rules, asof_d: None, history: None, uncertainty: false })
}

fn job(source: Fake, setup: Setup, target: Target<'_>) -> (Result<Outcome, JobError>, Heard) {
    let mut heard = Heard::default();
    let outcome = classify(source, setup, plan(), || Ok(FakeEngine), target, &mut heard);
    (outcome, heard)
}

fn file(path: &Path, resume: bool) -> Target<'static> {
    Target::File { path: path.to_path_buf(), format: Format::of(path).unwrap(), resume, fingerprint: Some("f".into()) }
}

#[test]
fn a_fault_in_one_object_is_that_objects_row() {
    let mut out = Vec::new();
    let (outcome, heard) = job(Fake::new(&[12]), setup(2), Target::Stream(&mut out));
    let outcome = outcome.unwrap();
    assert_eq!((outcome.end, outcome.objects, outcome.errors, outcome.failures), (End::Finished, 11, 1, 3));
    assert_eq!(heard.failures.len(), 3);
    assert!(heard.failures[0].starts_with("o0-5: ") && heard.failures[0].contains("features of item 5"), "{:?}", heard.failures);
    assert!(heard.failures[1].contains("network on item 7"));
    assert!(heard.failures[2].contains("no number"));
    let text = String::from_utf8(out).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 11);
    for (i, row) in rows.iter().enumerate() {
        let failed = [5, 7, 8].contains(&i);
        assert_eq!(row[4].is_empty(), failed, "{row:?}");
        assert_eq!(row[7].contains("internal error"), failed);
        assert_eq!(row[9].is_empty(), failed);
    }
    // One point of item 0: P(A) = 1.
    assert_eq!((&rows[0][4], &rows[0][5], &rows[0][6]), ("A", "1", "A"));
    assert!(rows[0][7].contains("only 1 detection"));
}

#[test]
fn an_object_without_usable_points_gets_a_row() {
    struct Empty;
    impl Source for Empty {
        fn count(&self) -> usize {
            1
        }
        fn open(&mut self, _: usize) -> Result<Objects, ReadError> {
            let mut none = curve(0, 1);
            none.observations.clear();
            let mut limits = curve(0, 2);
            limits.observations = vec![Observation::from_limit(1.0, BandId::ZTF_G, 20.0)];
            let mut unknown = curve(0, 3);
            unknown.observations.iter_mut().for_each(|o| o.band = BandId::parse("some filter"));
            Ok(Box::new([none, limits, unknown].map(Ok).into_iter()))
        }
    }
    let mut out = Vec::new();
    let mut heard = Heard::default();
    let outcome = classify(Empty, setup(1), plan(), || Ok(FakeEngine), Target::Stream(&mut out), &mut heard).unwrap();
    assert_eq!((outcome.objects, outcome.errors, outcome.failures), (3, 0, 0));
    let mut rows = csv::Reader::from_reader(&out[..]);
    for row in rows.records() {
        let row = row.unwrap();
        assert!(row[4].is_empty() && row[8].is_empty() && row[10].is_empty());
        assert!(row[7].contains("no usable points"), "{row:?}");
    }
}

#[test]
fn an_interrupted_run_is_continued_to_the_same_bytes() {
    for extension in ["csv", "jsonl"] {
        let dir = tempfile::tempdir().unwrap();
        let (whole, cut) = (dir.path().join(format!("whole.{extension}")), dir.path().join(format!("cut.{extension}")));
        let sizes = [3, 0, 100, 45, 60];
        let (outcome, _) = job(Fake::new(&sizes), setup(1), file(&whole, false));
        let whole_outcome = outcome.unwrap();
        let mut resumed = false;
        for stop_at in [20, 60, 130] {
            let stop = Arc::new(AtomicBool::new(false));
            let source = Fake { stop_at: Some((stop_at, stop.clone())), ..Fake::new(&sizes) };
            let (outcome, heard) = job(source, Setup { stop, ..setup(2) }, file(&cut, resumed));
            let outcome = outcome.unwrap();
            assert_eq!((outcome.end, outcome.resumable), (End::Stopped, true));
            assert!(!cut.exists() && partial_path(&cut).exists() && state_path(&cut).exists());
            assert_eq!(heard.resumed.is_some(), resumed);
            // A crash may have left more behind than the state speaks of.
            let mut more = std::fs::OpenOptions::new().append(true).open(partial_path(&cut)).unwrap();
            std::io::Write::write_all(&mut more, b"half a row").unwrap();
            resumed = true;
        }
        let (outcome, heard) = job(Fake::new(&sizes), setup(4), file(&cut, true));
        assert!(heard.resumed.is_some_and(|n| n > 0));
        assert_eq!(outcome.unwrap(), whole_outcome);
        assert_eq!(std::fs::read(&whole).unwrap(), std::fs::read(&cut).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        let (_, heard) = job(Fake::new(&sizes), setup(4), file(&cut, true));
        assert!(heard.nothing);
    }
}

#[test]
fn nothing_read_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.csv", "a.parquet"] {
        let out = dir.path().join(name);
        let (outcome, _) = job(Fake::new(&[0, 0]), setup(1), file(&out, false));
        let outcome = outcome.unwrap();
        assert_eq!((outcome.objects, outcome.errors), (0, 2));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn parquet_holds_the_same_rows_and_leaves_nothing_when_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a.parquet");
    job(Fake::new(&[30, 40]), setup(3), file(&out, false)).0.unwrap();
    let bytes = std::fs::read(&out).unwrap();
    job(Fake::new(&[30, 40]), setup(1), file(&out, false)).0.unwrap();
    assert_eq!(bytes, std::fs::read(&out).unwrap());
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&out).unwrap()).unwrap();
    let rows: usize = reader.build().unwrap().map(|b| b.unwrap().num_rows()).sum();
    assert_eq!(rows, 63);
    let stop = Arc::new(AtomicBool::new(false));
    let source = Fake { stop_at: Some((20, stop.clone())), ..Fake::new(&[30, 40]) };
    let other = dir.path().join("b.parquet");
    let (outcome, _) = job(source, Setup { stop, ..setup(2) }, file(&other, false));
    assert!(!outcome.unwrap().resumable);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(job(Fake::new(&[30]), setup(1), file(&other, true)).0.is_err());
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (outcome, _) = job(Fake::new(&[500]), setup(2), Target::Stream(&mut Closed));
    assert!(outcome.unwrap().closed);
}

#[test]
fn rows_are_plain_data() {
    fn is_send<T: Send>() {}
    is_send::<Row>();
}
