//! Long runs of `taxonova classify`: killed, out of disk, out of memory (not), reports.
#![cfg(unix)]

use crate::common::light_curves;
use rand::{RngExt, SeedableRng};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("taxonova"));
    command.arg("classify").args(args).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).stderr(Stdio::piped()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// 5,000 objects in two files, with a fault in the first.
fn data(dir: &Path) -> PathBuf {
    let data = dir.join("data");
    std::fs::create_dir(&data).unwrap();
    let faulty = light_curves("a", 3000) + "bad,59000,g,not a number,0.1,,difference\n";
    std::fs::write(data.join("a.csv"), faulty).unwrap();
    std::fs::write(data.join("b.csv"), light_curves("b", 2000)).unwrap();
    data
}

#[test]
fn killed_at_any_moment_and_resumed_the_bytes_are_the_same() {
    const KILLS: u32 = 30;
    let seed = std::env::var("TAXONOVA_TEST_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(|| std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_secs()));
    // Printed when the test fails.
    println!("TAXONOVA_TEST_SEED={seed}");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path());
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_string();
    let data = data.to_str().unwrap();
    let mut took = Duration::ZERO;
    let formats = ["csv", "parquet", "arrow", "jsonl"];
    let whole: Vec<Vec<u8>> = formats
        .iter()
        .map(|format| {
            let (out, failures) = (at(&format!("whole.{format}")), at(&format!("whole-{format}-failures.csv")));
            let begun = Instant::now();
            assert_eq!(run(&["-q", "-o", &out, "--failures", &failures, data]).status.code(), Some(1));
            took = begun.elapsed();
            std::fs::read(out).unwrap()
        })
        .collect();
    let (mut kills, mut finished) = (0, 0);
    while kills < KILLS || finished < formats.len() {
        let turn = finished % formats.len();
        let (format, whole) = (formats[turn], &whole[turn]);
        let (out, failures) = (at(&format!("cut{finished}.{format}")), at(&format!("cut{finished}-failures.csv")));
        loop {
            let mut child = command(&["-q", "--resume", "-o", &out, "--failures", &failures, data]).stderr(Stdio::null()).spawn().unwrap();
            let patience = took.mul_f64(if kills < KILLS { rng.random_range(0.0..0.9) } else { 100.0 });
            match wait(&mut child, patience) {
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                }
                Some(code) => {
                    assert!(code == Some(1) || (code == Some(2) && Path::new(&out).exists()), "{code:?}");
                    break;
                }
            }
        }
        assert!(std::fs::read(&out).unwrap() == *whole, "{out} differs after {kills} kills");
        finished += 1;
    }
    let left = |name: &str| {
        std::fs::read_dir(dir.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(name)).count()
    };
    assert_eq!((left(".parts"), left(".new")), (0, 0));
    let failures = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    assert_eq!(failures("whole-csv-failures.csv"), failures("cut0-failures.csv"));
    assert_eq!(failures("whole-csv-failures.csv").lines().count(), 2);
    println!("{kills} kills, {finished} outputs");
}

/// Its exit code (none: a signal); none if it is not over in time.
fn wait(child: &mut Child, patience: Duration) -> Option<Option<i32>> {
    let end = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code());
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_full_disk_leaves_no_half_file_and_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path());
    let data = data.to_str().unwrap();
    let whole = dir.path().join("whole.csv");
    assert_eq!(run(&["-q", "-o", whole.to_str().unwrap(), data]).status.code(), Some(1));
    let size = std::fs::metadata(&whole).unwrap().len();
    // Files may not grow beyond so many KiB: the first shard fails, or the shards fit and the whole does not.
    for kib in [20, size / 1024 - 40] {
        let out = dir.path().join(format!("out{kib}.csv"));
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2);
        let program = assert_cmd::cargo::cargo_bin("taxonova");
        let full = Command::new("sh")
            .args(["-c", &script, "sh", program.to_str().unwrap(), "classify", "-q", "-o", out.to_str().unwrap(), data])
            .output()
            .unwrap();
        assert_eq!(full.status.code(), Some(3), "{}", text(&full));
        assert!(text(&full).contains("--resume goes on") && !out.exists(), "{}", text(&full));
        // Unasked nothing is thrown away.
        assert_eq!(run(&["-q", "-o", out.to_str().unwrap(), data]).status.code(), Some(2));
        let resumed = run(&["-q", "--resume", "-o", out.to_str().unwrap(), data]);
        assert_eq!(resumed.status.code(), Some(1), "{}", text(&resumed));
        assert!(std::fs::read(&out).unwrap() == std::fs::read(&whole).unwrap());
    }
}

#[test]
fn an_interrupt_closes_the_shard_and_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path());
    let data = data.to_str().unwrap();
    let (whole, out) = (dir.path().join("whole.parquet"), dir.path().join("out.parquet"));
    assert_eq!(run(&["-q", "-o", whole.to_str().unwrap(), data]).status.code(), Some(1));
    let args = ["-q", "--resume", "--threads", "1", "-o", out.to_str().unwrap(), data];
    let child = command(&args).stderr(Stdio::piped()).spawn().unwrap();
    while !dir.path().join("out.parquet.parts/00000000.record").exists() {
        assert!(!out.exists(), "it ended too early");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(130), "{}", text(&done));
    let said = text(&done);
    assert!(said.contains("interrupted after") && said.contains(".csv; the same command with --resume goes on"), "{said}");
    let resumed = run(&args);
    assert_eq!(resumed.status.code(), Some(1));
    assert!(text(&resumed).contains("goes on after"), "{}", text(&resumed));
    assert!(std::fs::read(&out).unwrap() == std::fs::read(&whole).unwrap());
}

/// Objects of limits alone are read and written but not classified: much data in little time.
fn write_limits(path: &Path, objects: usize, points: usize) {
    use arrow::array::{ArrayRef, Float64Builder, ListBuilder, RecordBatch, StringArray, StringBuilder};
    use std::sync::Arc;
    let mut writer = None;
    for from in (0..objects).step_by(2000) {
        let n = 2000.min(objects - from);
        let (mut mjd, mut band) = (ListBuilder::new(Float64Builder::new()), ListBuilder::new(StringBuilder::new()));
        let (mut mag, mut limit) = (ListBuilder::new(Float64Builder::new()), ListBuilder::new(Float64Builder::new()));
        for i in 0..n {
            for k in 0..points {
                mjd.values().append_value(59000.0 + (from + i) as f64 * 1e-3 + k as f64);
                band.values().append_value(if k % 2 == 0 { "ztf/g" } else { "ztf/r" });
                mag.values().append_null();
                limit.values().append_value(20.0 + (k % 5) as f64 * 0.1);
            }
            mjd.append(true);
            band.append(true);
            mag.append(true);
            limit.append(true);
        }
        let ids = StringArray::from_iter_values((from..from + n).map(|i| format!("object-{i}")));
        let mag: ArrayRef = Arc::new(mag.finish());
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("object_id", Arc::new(ids)),
            ("mjd", Arc::new(mjd.finish())),
            ("band", Arc::new(band.finish())),
            ("mag", mag.clone()),
            ("mag_err", mag),
            ("lim_mag", Arc::new(limit.finish())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let writer = writer.get_or_insert_with(|| {
            parquet::arrow::ArrowWriter::try_new(std::fs::File::create(path).unwrap(), batch.schema(), None).unwrap()
        });
        writer.write(&batch).unwrap();
    }
    writer.unwrap().close().unwrap();
}

// wait4 waits for it.
#[allow(clippy::zombie_processes)]
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_bounded_whatever_the_size_of_the_input() {
    let dir = tempfile::tempdir().unwrap();
    let (input, out) = (dir.path().join("in.parquet"), dir.path().join("out.csv"));
    // 16 million points: 640 MB if all of them were in memory.
    let (objects, points) = (80_000, 200);
    write_limits(&input, objects, points);
    let child = command(&["-q", "-o", out.to_str().unwrap(), input.to_str().unwrap()]).stderr(Stdio::null()).spawn().unwrap();
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both pointers are to values of the right types, for which all bit patterns are valid; the child is waited for once.
    let usage = unsafe {
        assert_eq!(libc::wait4(child.id() as i32, &raw mut status, 0, usage.as_mut_ptr()), child.id() as i32);
        usage.assume_init()
    };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
    let peak_mb = usage.ru_maxrss as f64 / 1e3;
    println!("peak memory {peak_mb:.0} MB");
    assert!(peak_mb <= 500.0, "peak memory {peak_mb:.0} MB");
    let rows = csv::Reader::from_path(&out).unwrap().records().count();
    assert_eq!(rows, objects);
}

#[test]
fn reports_tell_what_happened() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_string();
    let text_of = light_curves("a", 30) + &light_curves("a", 2).lines().skip(1).collect::<Vec<_>>().join("\n");
    std::fs::write(at("a.csv"), text_of).unwrap();
    std::fs::write(at("again.csv"), light_curves("a", 3)).unwrap();
    std::fs::write(at("broken.parquet"), "PAR1 broken").unwrap();
    std::fs::write(at("limits.csv"), "object_id,mjd,band,mag,mag_err,lim_mag,photometry\nl,59000,g,,,20,difference\n").unwrap();
    let args = ["-o", &at("out.csv"), "--failures", &at("failures.csv"), "--summary", &at("summary.json")];
    let inputs = [at("a.csv"), at("again.csv"), at("broken.parquet"), at("limits.csv"), at("gone.csv")];
    let all: Vec<&str> = args.iter().copied().chain(inputs.iter().map(String::as_str)).collect();
    let ran = run(&all);
    assert_eq!(ran.status.code(), Some(1));
    let said = text(&ran);
    assert!(said.contains("34 objects in ") && said.contains("decisions") && said.contains("nothing usable"), "{said}");
    assert!(said.contains("3 objects have the name of an earlier one, as a0"), "{said}");
    let summary: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(at("summary.json")).unwrap()).unwrap();
    assert_eq!(
        (summary["objects"].as_u64(), summary["end"].as_str(), summary["not_usable"].as_u64()),
        (Some(34), Some("finished"), Some(1))
    );
    assert_eq!((summary["failures"]["unreadable"].as_u64(), summary["repeated_ids"].as_u64()), (Some(2), Some(3)));
    assert_eq!(summary["decisions"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum::<u64>(), 33);
    let rows: Vec<csv::StringRecord> = csv::Reader::from_path(at("failures.csv")).unwrap().records().map(Result::unwrap).collect();
    let sources: Vec<&str> = rows.iter().map(|r| &r[0]).collect();
    assert_eq!(sources, [at("gone.csv").as_str(), at("broken.parquet").as_str()]);
    assert!(rows.iter().all(|r| &r[3] == "unreadable" && !r[4].is_empty()));
    // Nothing is replaced unasked: not the output, not a report.
    for taken in [vec!["-o", args[1], &inputs[0]], vec!["--failures", args[3], &inputs[0]], vec!["--summary", args[5], &inputs[0]]] {
        let ran = run(&taken);
        assert!(ran.status.code() == Some(2) && text(&ran).contains("--overwrite"), "{}", text(&ran));
    }
    let ran = run(&["--overwrite", "-q", "-o", args[1], &inputs[0]]);
    assert_eq!((ran.status.code(), std::fs::read_to_string(args[1]).unwrap().lines().count()), (Some(0), 31));
}
