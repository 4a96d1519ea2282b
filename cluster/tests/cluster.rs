//! Scheduler and executors as processes of their own, on this machine.

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Builder, ListBuilder, RecordBatch, StringArray, StringBuilder};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::file::properties::WriterProperties;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use taxonova::batch::job::{self, Begin, Monitor, Target};
use taxonova::batch::output::Format;
use taxonova::batch::pipeline::{Files, Position, Setup};
use taxonova::batch::summary::Failure;
use taxonova::batch::{ModelEngine, Plan};
use taxonova::cascade::{Regrouper, Rule, Rules};
use taxonova::lightcurve::read::{ReadError, ReadOptions};
use taxonova::model::Model;
use taxonova::simulate::Simulator;
use taxonova::taxonomy::{Layout, parse_json, shipped_json};
use tempfile::TempDir;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(240);
/// Small, so that there are many tasks.
const ROW_GROUP: usize = 20;
/// Simulated objects that differ; the others are the same under other names.
const DIFFERENT: u64 = 130;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taxonova-cluster"));
    command.args(arguments).env("RUST_LOG", "warn");
    command
}

/// Ended with its owner.
struct Process(Child);

impl Process {
    fn start(arguments: &[&str]) -> Process {
        Process(command(arguments).stdout(Stdio::null()).spawn().unwrap())
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of two neighbouring free ports.
fn free_ports() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

struct Cluster {
    url: String,
    executors: Vec<Process>,
    work: Vec<TempDir>,
    _scheduler: Process,
}

impl Cluster {
    fn start(executors: usize, executor_model: &str) -> Cluster {
        let port = free_ports();
        let url = format!("df://127.0.0.1:{port}");
        let scheduler = Process::start(&["scheduler", "--port", &port.to_string(), "-m", "transients", "-m", "variables"]);
        wait_for("the scheduler", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let mut cluster = Cluster { url, executors: Vec::new(), work: Vec::new(), _scheduler: scheduler };
        for _ in 0..executors {
            let (port, work) = (free_ports(), TempDir::new().unwrap());
            let folder = work.path().to_str().unwrap();
            let arguments = ["executor", "--scheduler", &cluster.url, "--port", &port.to_string(), "--threads", "1", "--work-dir", folder];
            cluster.executors.push(Process::start(&[&arguments[..], &["-m", executor_model]].concat()));
            cluster.work.push(work);
            wait_for("an executor", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        }
        cluster
    }

    fn classify(&self, input: &Path, output: &Path, more: &[&str]) -> Command {
        let paths = [input.to_str().unwrap(), output.to_str().unwrap()];
        command(&[&["classify", "--scheduler", &self.url][..], &paths, more].concat())
    }

    /// Whether this executor has begun to write results.
    fn has_results(&self, executor: usize) -> bool {
        files(self.work[executor].path()) > 0
    }
}

/// Files in a folder and those below it.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
}

fn finish(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn read(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

/// Simulated objects as Parquet with lists; `faulty`: in the row of this number a time is missing.
fn write(path: &Path, first: u64, n: u64, faulty: Option<u64>) {
    let mut ids = Vec::new();
    let [mut mjd, mut flux, mut flux_err] = [(); 3].map(|()| ListBuilder::new(Float64Builder::new()));
    let mut band = ListBuilder::new(StringBuilder::new());
    let simulator = Simulator::new(11);
    let curves: Vec<_> = (0..n.min(DIFFERENT)).map(|i| simulator.object(first + i).light_curve()).collect();
    for (index, curve) in (first..first + n).zip(curves.iter().cycle()) {
        ids.push(format!("object-{index}"));
        let points: Vec<_> = curve.observations.iter().filter(|o| !o.is_limit()).collect();
        mjd.append_value(points.iter().skip(usize::from(faulty == Some(index))).map(|o| Some(o.mjd)));
        band.append_value(points.iter().map(|o| Some(o.band.name())));
        flux.append_value(points.iter().map(|o| Some(o.flux_ujy)));
        flux_err.append_value(points.iter().map(|o| Some(o.flux_err_ujy)));
    }
    let photometry = StringArray::from(vec!["difference"; ids.len()]);
    let batch = RecordBatch::try_from_iter([
        ("object_id", Arc::new(StringArray::from(ids)) as ArrayRef),
        ("photometry", Arc::new(photometry) as ArrayRef),
        ("mjd", Arc::new(mjd.finish()) as ArrayRef),
        ("band", Arc::new(band.finish()) as ArrayRef),
        ("flux_ujy", Arc::new(flux.finish()) as ArrayRef),
        ("flux_err", Arc::new(flux_err.finish()) as ArrayRef),
    ])
    .unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(ROW_GROUP)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

struct Silent;

impl Monitor for Silent {
    fn error(&mut self, _: &ReadError) {}
    fn failure(&mut self, _: &Failure) {}
    fn earlier(&mut self, _: &Failure) {}
    fn repeated(&mut self, _: u64, _: u64, _: &str) {}
    fn progress(&mut self, _: u64, _: Position) {}
    fn resumed(&mut self, _: u64) {}
    fn nothing_to_resume(&mut self) {}
}

/// What `taxonova classify` writes.
fn classify_here(paths: Vec<PathBuf>, tree: Option<&str>, output: &Path) {
    let model = Model::shipped_named("transients").unwrap().unwrap();
    let tree = tree.map(|name| parse_json(shipped_json(name).unwrap(), Path::new(name)).unwrap());
    let layout = tree.as_ref().map_or_else(|| model.layout().clone(), Layout::new);
    let regrouper = tree.as_ref().map(|t| Regrouper::new(model.taxonomy(), model.layout(), t, &layout).unwrap());
    let rules = Rules::same(&layout, Rule::Threshold { tau: 0.5 });
    let plan = Arc::new(Plan { layout, regrouper, rules, asof_d: None, history: None, uncertainty: false });
    let target = Target::File { path: output.to_path_buf(), format: Format::Parquet, begin: Begin::Overwrite, manifest: None };
    let source = Files { paths, options: ReadOptions::default() };
    let make = move || ModelEngine::new(&model, false);
    job::classify(source, Setup::new(1, Arc::default()), plan, make, target, &mut Silent).unwrap();
}

/// The same columns, rows and texts; numbers to 1e-6.
fn assert_same(here: &RecordBatch, there: &RecordBatch) {
    let names = |b: &RecordBatch| b.schema().fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect::<Vec<_>>();
    assert_eq!(names(here), names(there));
    assert_eq!(here.num_rows(), there.num_rows());
    for ((name, kind), (a, b)) in names(here).iter().zip(here.columns().iter().zip(there.columns())) {
        if *kind != DataType::Float64 {
            assert_eq!(a, b, "{name}");
            continue;
        }
        for (row, (a, b)) in a.as_primitive::<Float64Type>().iter().zip(b.as_primitive::<Float64Type>()).enumerate() {
            let same = match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-6,
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(same, "{name}, row {row}: {a:?} here, {b:?} there");
        }
    }
}

#[test]
fn the_same_answers_as_here() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("in");
    std::fs::create_dir(&input).unwrap();
    write(&input.join("a.parquet"), 0, 90, Some(30));
    write(&input.join("b.parquet"), 90, 40, None);
    let cluster = Cluster::start(2, "transients");
    for tree in [None, Some("oracle-bts")] {
        let (here, there) = (folder.path().join("here.parquet"), folder.path().join("there.parquet"));
        classify_here(vec![input.join("a.parquet"), input.join("b.parquet")], tree, &here);
        let more = tree.map_or_else(Vec::new, |t| vec!["-t", t]);
        let output = cluster.classify(&input, &there, &more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "one row is faulty: {said}");
        assert!(said.contains("object-30:") && said.contains("a.parquet"), "{said}");
        assert_eq!(read(&there).num_rows(), 129);
        assert_same(&read(&here), &read(&there));
    }
    let query = "SELECT count(*) AS n, count(c['decision']) AS decided, min(c['nodes']['SN Ia']) >= 0 AS fine \
                 FROM (SELECT classify(mjd, band, flux_ujy, flux_err, photometry) AS c FROM t)";
    let table = format!("t={}", input.join("b.parquet").display());
    let output = finish(command(&["sql", "--scheduler", &cluster.url, "--table", &table, query]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("| 40 | 40      | true |"), "{said}");
}

#[test]
fn complete_after_an_executor_is_killed() {
    let folder = TempDir::new().unwrap();
    let (input, here, there) = (folder.path().join("in.parquet"), folder.path().join("here.parquet"), folder.path().join("there.parquet"));
    write(&input, 0, 4000, None);
    classify_here(vec![input.clone()], None, &here);
    let mut cluster = Cluster::start(2, "transients");
    let mut client = cluster.classify(&input, &there, &["--pieces", "30"]).spawn().unwrap();
    let mut working = None;
    wait_for("results of an executor", || {
        working = (0..2).find(|&i| cluster.has_results(i));
        working.is_some() || client.try_wait().unwrap().is_some()
    });
    assert!(client.try_wait().unwrap().is_none(), "the query ended before an executor could be killed");
    cluster.executors[working.unwrap()].kill();
    wait_for("the query", || client.try_wait().unwrap().is_some());
    assert!(client.wait().unwrap().success());
    assert_same(&read(&here), &read(&there));
}

#[test]
fn another_model_is_refused() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("in.parquet");
    write(&input, 0, 5, None);
    let cluster = Cluster::start(1, "variables");
    let output = cluster.classify(&input, &folder.path().join("out.parquet"), &["-m", "transients"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the cluster has another model than") && said.contains("-m MODEL"), "{said}");
}

#[test]
fn no_scheduler() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("in.parquet");
    write(&input, 0, 5, None);
    let url = format!("df://127.0.0.1:{}", free_ports());
    let paths = [input.to_str().unwrap(), "out.parquet"];
    let output = command(&[&["classify", "--scheduler", &url][..], &paths].concat()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("there is no scheduler at"), "{said}");
}
