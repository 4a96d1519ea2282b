//! `taxonova classify` on the transients corpus, from reading to the written file: objects per CPU second, two threads against
//! one, peak memory, what it costs that a run can be resumed, and one object alone.
//!
//! cargo bench --bench classify                        the corpus as it is, 6,749 objects
//! cargo bench --bench classify -- --objects 1000000   the corpus again and again under new names, made in a temporary folder
//!
//! What is large is done in processes of its own: the peak memory that the system tells of a program begins with what its parent had
//! when it started it.

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// What a run took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu_s: f64,
    wall_s: f64,
    peak_mb: f64,
}

/// User and system seconds, and peak memory, of this child alone.
fn wait(child: Child, begun: Instant) -> Cost {
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both pointers are to values of the right types, for which all bit patterns are valid; the child is waited for once.
    let usage = unsafe {
        libc::wait4(child.id() as i32, &raw mut status, 0, usage.as_mut_ptr());
        usage.assume_init()
    };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "classify failed");
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    Cost {
        cpu_s: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        wall_s: begun.elapsed().as_secs_f64(),
        peak_mb: usage.ru_maxrss as f64 / 1e3,
    }
}

/// One run; its rows go to `out`, or else down a pipe into a file.
fn classify(data: &Path, threads: usize, out: Option<&Path>, stream: Option<&Path>) -> Cost {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taxonova"));
    command.args(["classify", "-q", "--overwrite", "--threads", &threads.to_string()]).arg(data).stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(out) = out {
        command.arg("-o").arg(out);
    }
    command.stdout(stream.map_or_else(Stdio::null, |path| Stdio::from(File::create(path).expect("a file"))));
    let begun = Instant::now();
    wait(command.spawn().expect("the program"), begun)
}

/// The corpus under new names until there are `objects`; every copy says which it is.
fn repeat(data: &Path, objects: usize, to: &Path) {
    let (mut left, mut copy, mut writer) = (objects, 0, None);
    while left > 0 {
        let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(data).expect("the corpus")).and_then(|b| b.build());
        for batch in batches.expect("a Parquet file") {
            let batch = batch.expect("rows");
            let batch = batch.slice(0, left.min(batch.num_rows()));
            left -= batch.num_rows();
            let at = batch.schema().index_of("object_id").expect("object_id");
            let ids = arrow::compute::cast(batch.column(at), &DataType::Utf8).expect("names as text");
            let names = ids.as_string::<i32>().iter().map(|id| format!("{}-{copy}", id.unwrap_or_default()));
            let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
            columns[at] = Arc::new(StringArray::from_iter_values(names));
            let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
            fields[at] = Arc::new(Field::new("object_id", DataType::Utf8, false));
            let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("the same columns");
            let writer = writer
                .get_or_insert_with(|| ArrowWriter::try_new(File::create(to).expect("a file"), batch.schema(), None).expect("a writer"));
            writer.write(&batch).expect("room on the disk");
        }
        copy += 1;
    }
    writer.expect("objects").close().expect("room on the disk");
}

/// Whether the files hold the same.
fn same(a: &Path, b: &Path) -> bool {
    let bytes = |path: &Path| BufReader::new(File::open(path).expect("an output")).bytes().map(|b| b.expect("readable"));
    bytes(a).eq(bytes(b))
}

/// [`repeat`] in a process of its own.
fn repeat_apart(objects: usize, to: &Path) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    let made = command.arg("--make").arg(objects.to_string()).arg(to).status().expect("this program once more");
    assert!(made.success(), "the data could not be made");
}

fn main() {
    let dir = std::env::var_os("TAXONOVA_SHARED_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let corpus = dir.join("ztf_transients.parquet");
    if !corpus.exists() {
        eprintln!("skipped: no real data (set TAXONOVA_SHARED_DATA)");
        return;
    }
    let after = |name: &'static str| std::env::args().skip_while(move |a| a != name).skip(1);
    let number = |name: &'static str| after(name).next().and_then(|n| n.parse::<usize>().ok());
    if let (Some(objects), Some(to)) = (number("--make"), after("--make").nth(1)) {
        return repeat(&corpus, objects, Path::new(&to));
    }
    let objects = number("--objects");
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let (data, objects) = match objects {
        None => (corpus.clone(), 6749),
        Some(n) => {
            let data = temporary.path().join("repeated.parquet");
            repeat_apart(n, &data);
            (data, n)
        }
    };
    let (csv, other) = (temporary.path().join("out.csv"), temporary.path().join("other.csv"));
    let say = |what: &str, cost: Cost| {
        let Cost { cpu_s, wall_s, peak_mb } = cost;
        println!(
            "{what}: {:.0} objects per CPU second, {cpu_s:.2} CPU s, {wall_s:.2} s, peak memory {peak_mb:.0} MB",
            objects as f64 / cpu_s
        );
    };
    let one = classify(&data, 1, Some(&csv), None);
    say("one thread, .csv", one);
    let two = classify(&data, 2, Some(&other), None);
    say("two threads, .csv", two);
    println!("two threads against one: {:.2} (wall time)", one.wall_s / two.wall_s);
    println!("the same bytes: {}", same(&csv, &other));
    // A stream keeps nothing to go on with: what a file costs more is the price of that.
    let (mut kept, mut straight) = (two.cpu_s, f64::INFINITY);
    for _ in 0..2 {
        straight = straight.min(classify(&data, 2, None, Some(&other)).cpu_s);
        kept = kept.min(classify(&data, 2, Some(&csv), None).cpu_s);
    }
    println!("resumable against a stream, least of 3 and 2: {:+.1} % CPU ({kept:.2} and {straight:.2} s)", 100.0 * (kept / straight - 1.0));
    say("two threads, .parquet", classify(&data, 2, Some(&temporary.path().join("out.parquet")), None));
    alone(&corpus, temporary.path());
}

/// One object alone: the whole command, and what each further object costs, by `--flush`, which answers them one by one.
fn alone(corpus: &Path, folder: &Path) {
    let single = folder.join("single.parquet");
    repeat_apart(1, &single);
    let mut whole: Vec<Cost> = (0..10).map(|_| classify(&single, 1, None, None)).collect();
    whole.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
    println!("one object, the whole command: {:.1} ms CPU, {:.1} ms (median of 10)", 1e3 * whole[5].cpu_s, 1e3 * whole[5].wall_s);
    let options = taxonova::lightcurve::read::ReadOptions::default();
    let model = taxonova::model::Model::shipped().expect("the shipped model");
    let mut session = model.session().expect("a session");
    let curves: Vec<_> =
        taxonova::lightcurve::read::open(corpus, &options).expect("the corpus").filter_map(Result::ok).take(1000).collect();
    let begun = Instant::now();
    let mut preparing = 0.0;
    for curve in &curves {
        let started = Instant::now();
        let input = model.prepare(&curve.observations, curve.photometry);
        preparing += started.elapsed().as_secs_f64();
        assert_eq!(session.run(&[input]).expect("an answer").len(), 1);
    }
    let per_object = |s: f64| 1e3 * s / curves.len() as f64;
    println!(
        "one object per call, model loaded: {:.3} ms (mean of {}; {:.3} ms of it features)",
        per_object(begun.elapsed().as_secs_f64()),
        curves.len(),
        per_object(preparing)
    );
}
