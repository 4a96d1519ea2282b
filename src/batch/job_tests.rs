//! Whole runs on made-up objects and engines: faults of objects, shards, resume, what is there already.

use super::engine::{Answer, Engine};
use super::job::{Begin, JobError, Monitor, Outcome, Target, classify};
use super::manifest::Manifest;
use super::output::{Format, OutputError, partial_path};
use super::parts::parts_path;
use super::pipeline::*;
use super::pipeline_tests::{Fake, curve, setup};
use super::summary::Failure;
use super::{Plan, Row};
use crate::cascade::testing::tree;
use crate::cascade::{Rule, Rules};
use crate::lightcurve::read::ReadError;
use crate::lightcurve::{BandId, LightCurve, Observation, Warning};
use crate::taxonomy::Layout;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// P(A) falls with the number of points; some ids make trouble.
struct FakeEngine;

impl Engine for FakeEngine {
    type Input = (String, usize);

    fn unusable(&self, curve: &LightCurve) -> Option<&'static str> {
        let any = curve.observations.iter().any(|o| crate::features::Group::Transient.uses(o));
        (!any).then_some("of no use")
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
    /// Of the file of failures.
    lines: Vec<Failure>,
    repeated: Vec<(u64, u64, String)>,
    resumed: Option<u64>,
    nothing: bool,
}

impl Monitor for Heard {
    fn error(&mut self, _: &ReadError) {
        self.errors += 1;
    }
    fn failure(&mut self, failure: &Failure) {
        self.lines.push(failure.clone());
        if !failure.object_id.is_empty() {
            self.failures.push(format!("{}: {}", failure.object_id, failure.reason));
        }
    }
    fn earlier(&mut self, failure: &Failure) {
        self.lines.push(failure.clone());
    }
    fn repeated(&mut self, end: u64, count: u64, first: &str) {
        self.repeated.push((end, count, first.to_string()));
    }
    fn progress(&mut self, _: u64, _: Position) {}
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

fn file(path: &Path, begin: Begin) -> Target<'static> {
    let format = Format::of(path).unwrap();
    Target::File { path: path.to_path_buf(), format, begin, manifest: Manifest::new(&[], format, "m", "t", Default::default()) }
}

fn stream(out: &mut Vec<u8>) -> Target<'_> {
    Target::Stream { out, format: Format::Csv }
}

#[test]
fn a_fault_in_one_object_is_that_objects_row() {
    let mut out = Vec::new();
    let (outcome, heard) = job(Fake::new(&[12]), setup(2), stream(&mut out));
    let outcome = outcome.unwrap();
    let summary = &outcome.summary;
    assert_eq!((outcome.end, summary.objects, summary.unreadable, summary.internal), (End::Finished, 11, 1, 3));
    assert_eq!(summary.decisions.values().sum::<u64>(), 8);
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
    let outcome = classify(Empty, setup(1), plan(), || Ok(FakeEngine), stream(&mut out), &mut heard).unwrap();
    assert_eq!((outcome.summary.objects, outcome.summary.failures(), outcome.summary.not_usable), (3, 0, 3));
    let mut rows = csv::Reader::from_reader(&out[..]);
    for row in rows.records() {
        let row = row.unwrap();
        assert!(row[4].is_empty() && row[8].is_empty() && row[10].is_empty());
        assert!(row[7].contains("not classified: of no use"), "{row:?}");
    }
}

#[test]
fn an_interrupted_run_is_continued_to_the_same_bytes() {
    for format in Format::ALL {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(format!("{name}.{}", format.name()));
        let (whole, cut) = (path("whole"), path("cut"));
        let sizes = [3, 0, 100, 45, 60, 900];
        let (outcome, whole_heard) = job(Fake::new(&sizes), setup(1), file(&whole, Begin::New));
        let whole_outcome = outcome.unwrap();
        let mut begin = Begin::New;
        for stop_at in [20, 60, 130, 700] {
            let stop = Arc::new(AtomicBool::new(false));
            let source = Fake { stop_at: Some((stop_at, stop.clone())), ..Fake::new(&sizes) };
            let (outcome, heard) = job(source, Setup { stop, ..setup(2) }, file(&cut, begin));
            let outcome = outcome.unwrap();
            assert_eq!((outcome.end, outcome.resumable), (End::Stopped, true));
            assert!(!cut.exists() && parts_path(&cut).exists());
            assert_eq!(heard.resumed.is_some(), begin == Begin::Resume);
            // A crash may have left more behind than the records speak of.
            for name in ["00000900.rows", "00000000.new", "output.whole"] {
                std::fs::write(parts_path(&cut).join(name), b"half a row").unwrap();
            }
            begin = Begin::Resume;
        }
        let (outcome, heard) = job(Fake::new(&sizes), setup(4), file(&cut, Begin::Resume));
        assert!(heard.resumed.is_some_and(|n| n > 0));
        let outcome = outcome.unwrap();
        assert_eq!((outcome, heard.lines), (whole_outcome, whole_heard.lines));
        assert!(std::fs::read(&whole).unwrap() == std::fs::read(&cut).unwrap(), "{format:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        let (again, _) = job(Fake::new(&sizes), setup(4), file(&cut, Begin::Resume));
        assert!(matches!(again, Err(JobError::Output(OutputError::Exists(_)))));
        let (again, heard) = job(Fake::new(&sizes), setup(4), file(&cut, Begin::ResumeOrOverwrite));
        assert!(again.is_ok() && heard.nothing);
    }
}

#[test]
fn shards_that_the_disk_lost_are_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("whole.csv"), dir.path().join("cut.csv"));
    let sizes = [2000];
    job(Fake::new(&sizes), setup(1), file(&whole, Begin::New)).0.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let source = Fake { stop_at: Some((1500, stop.clone())), ..Fake::new(&sizes) };
    job(source, Setup { stop, ..setup(2) }, file(&cut, Begin::New)).0.unwrap();
    let record = |n: u32| parts_path(&cut).join(format!("{n:08}.record"));
    assert!(record(0).exists() && record(1).exists() && record(2).exists());
    std::fs::write(parts_path(&cut).join("00000001.rows"), "short").unwrap();
    let (_, heard) = job(Fake::new(&sizes), setup(2), file(&cut, Begin::Resume));
    assert!(heard.resumed.is_some_and(|n| n > 0 && n < 300), "{:?}", heard.resumed);
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&cut).unwrap());
}

#[test]
fn what_is_there_is_not_replaced_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a.csv");
    let refused = |begin: Begin| job(Fake::new(&[30]), setup(1), file(&out, begin)).0.unwrap_err();
    std::fs::write(&out, "mine").unwrap();
    assert!(matches!(refused(Begin::New), JobError::Output(OutputError::Exists(_))));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    job(Fake::new(&[30]), setup(1), file(&out, Begin::Overwrite)).0.unwrap();
    assert_ne!(std::fs::read(&out).unwrap(), b"mine");
    std::fs::remove_file(&out).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let source = Fake { stop_at: Some((100, stop.clone())), ..Fake::new(&[300]) };
    job(source, Setup { stop, ..setup(2) }, file(&out, Begin::New)).0.unwrap();
    assert!(matches!(refused(Begin::New), JobError::Output(OutputError::Interrupted(_))));
    // Another model, then a record of nonsense.
    let other = |model: &str| {
        let manifest = Manifest::new(&[], Format::Csv, model, "t", Default::default());
        let target = Target::File { path: out.clone(), format: Format::Csv, begin: Begin::Resume, manifest };
        job(Fake::new(&[300]), setup(1), target).0.unwrap_err()
    };
    assert!(matches!(other("n"), JobError::Output(OutputError::OtherRun { what, .. }) if what.contains("model")));
    std::fs::write(parts_path(&out).join("00000000.record"), "{").unwrap();
    assert!(matches!(other("m"), JobError::Output(OutputError::State { .. })));
    job(Fake::new(&[30]), setup(1), file(&out, Begin::Overwrite)).0.unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_same_name_again_is_counted_in_each_shard() {
    struct Same;
    impl Source for Same {
        fn count(&self) -> usize {
            1
        }
        fn open(&mut self, _: usize) -> Result<Objects, ReadError> {
            Ok(Box::new((0..600u64).map(|i| Ok(curve(0, if i % 20 == 10 { 3 } else { i })))))
        }
    }
    let mut out = Vec::new();
    let mut heard = Heard::default();
    let outcome = classify(Same, setup(2), plan(), || Ok(FakeEngine), stream(&mut out), &mut heard).unwrap();
    assert_eq!(outcome.summary.objects, 600);
    assert_eq!(csv::Reader::from_reader(&out[..]).records().count(), 600);
    // One of a name is the first of its shard, the others come again; where shards end does not matter to the sum by much.
    assert!(heard.repeated.iter().all(|r| r.2 == "o0-3") && heard.repeated.len() > 1, "{:?}", heard.repeated);
    assert_eq!(heard.repeated.iter().map(|r| r.1).sum::<u64>(), outcome.summary.repeated_ids);
}

#[test]
fn nothing_read_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let out = dir.path().join(format!("a.{}", format.name()));
        let (outcome, _) = job(Fake::new(&[0, 0]), setup(1), file(&out, Begin::New));
        let summary = outcome.unwrap().summary;
        assert_eq!((summary.objects, summary.unreadable), (0, 2));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_run_that_cannot_be_continued_gives_the_same_file_or_none() {
    for format in Format::ALL {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(format!("{name}.{}", format.name()));
        let straight = |name: &str| Target::File { path: path(name), format, begin: Begin::New, manifest: None };
        job(Fake::new(&[30, 400]), setup(3), file(&path("parts"), Begin::New)).0.unwrap();
        job(Fake::new(&[30, 400]), setup(1), straight("straight")).0.unwrap();
        assert!(std::fs::read(path("parts")).unwrap() == std::fs::read(path("straight")).unwrap(), "{format:?}");
        let stop = Arc::new(AtomicBool::new(false));
        let source = Fake { stop_at: Some((20, stop.clone())), ..Fake::new(&[30, 40]) };
        let (outcome, _) = job(source, Setup { stop, ..setup(2) }, straight("stopped"));
        assert!(!outcome.unwrap().resumable && !partial_path(&path("stopped")).exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}

#[test]
fn columns_hold_all_rows() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a.parquet");
    job(Fake::new(&[30, 40]), setup(3), file(&out, Begin::New)).0.unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&out).unwrap()).unwrap();
    assert_eq!(reader.build().unwrap().map(|b| b.unwrap().num_rows()).sum::<usize>(), 63);
    let out = dir.path().join("a.arrow");
    job(Fake::new(&[30, 40]), setup(3), file(&out, Begin::New)).0.unwrap();
    let reader = arrow::ipc::reader::FileReader::try_new(std::fs::File::open(&out).unwrap(), None).unwrap();
    assert_eq!(reader.map(|b| b.unwrap().num_rows()).sum::<usize>(), 63);
    let mut stream = Vec::new();
    job(Fake::new(&[30, 40]), setup(3), Target::Stream { out: &mut stream, format: Format::Arrow }).0.unwrap();
    let reader = arrow::ipc::reader::StreamReader::try_new(&stream[..], None).unwrap();
    assert_eq!(reader.map(|b| b.unwrap().num_rows()).sum::<usize>(), 63);
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
    let (outcome, _) = job(Fake::new(&[500]), setup(2), Target::Stream { out: &mut Closed, format: Format::Csv });
    assert!(outcome.unwrap().closed);
}

#[test]
fn rows_are_plain_data() {
    fn is_send<T: Send>() {}
    is_send::<Row>();
}
