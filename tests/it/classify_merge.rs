//! `taxonova classify --merge`: objects of several files.

use assert_cmd::Command;
use std::path::Path;

fn classify(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().current_dir(dir).arg("classify").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

/// Object, number of points, days from the first to the last, of every row.
fn rows(csv: &str) -> Vec<(String, String, String)> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.records().map(Result::unwrap);
    rows.map(|r| (r[0].to_string(), r[2].to_string(), r[3].to_string())).collect()
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let head = "object_id,mjd,band,mag,mag_err,photometry,survey\n";
    let point = |id: &str, mjd: f64, photometry: &str, survey: &str| format!("{id},{mjd},g,18.5,0.05,{photometry},{survey}\n");
    let write = |name: &str, rows: &[String]| std::fs::write(dir.path().join(name), head.to_string() + &rows.concat()).unwrap();
    write(
        "1.csv",
        &[point("z", 59000.0, "difference", "ztf"), point("a", 59000.0, "difference", "ztf"), point("z", 59003.0, "difference", "ztf")],
    );
    write(
        "2.csv",
        &[point("b", 59001.0, "difference", "ztf"), point("z", 59003.0, "difference", "ztf"), point("z", 59010.0, "difference", "")],
    );
    write("3.csv", &[point("a", 59007.0, "difference", "lsst"), point("b", 59009.0, "difference", "ztf")]);
    dir
}

#[test]
fn objects_of_several_files_are_one_row_each() {
    let dir = folder();
    let row = |id: &str, n: &str, span: &str| (id.to_string(), n.to_string(), span.to_string());
    let (code, apart, _) = classify(dir.path(), &["."]);
    assert_eq!((code, rows(&apart).len()), (0, 6));
    let (code, merged, err) = classify(dir.path(), &["--merge", "."]);
    assert_eq!(code, 0, "{err}");
    // In the order of first appearance; another survey's object of the same name stays apart.
    assert_eq!(rows(&merged), [row("z", "3", "10"), row("a", "1", "0"), row("b", "2", "8"), row("a", "1", "0")]);
    for threads in ["1", "3"] {
        assert_eq!(classify(dir.path(), &["--merge", "--threads", threads, "."]).1, merged);
    }
    // What can't be read is told, and the rest is merged.
    std::fs::write(dir.path().join("4.csv"), "object_id,mjd\na,1\n").unwrap();
    let (code, some, err) = classify(dir.path(), &["--merge", "-o", "out.jsonl", "."]);
    assert_eq!((code, some.as_str()), (1, ""));
    assert!(err.contains("4.csv") && std::fs::read_to_string(dir.path().join("out.jsonl")).unwrap().lines().count() == 4, "{err}");
    let (code, _, err) = classify(dir.path(), &["--merge", "--fail-fast", "."]);
    assert!(code == 2 && err.contains("before anything was merged"), "{err}");
}

#[test]
fn what_cannot_be_merged_says_so() {
    let dir = folder();
    let (code, _, err) = classify(dir.path(), &["--merge", "--resume", "-o", "out.csv", "."]);
    assert!(code == 2 && err.contains("a run with --merge can't be resumed"), "{err}");
    let (code, _, err) = classify(dir.path(), &["--merge", "-"]);
    assert!(code == 2 && err.contains("standard input (-) is never merged"), "{err}");
}
