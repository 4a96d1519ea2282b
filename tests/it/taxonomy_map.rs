//! `taxonova taxonomy map` as scripts see it.

use crate::common::shared_data;
use assert_cmd::Command;
use serde_json::Value;

fn map(args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().args(["taxonomy", "map"]).args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

const LABELS: &str =
    "object_id,type\na,SN Ia\nb,SN Ia\nc,SN Ia-91T-like\nd,SN IIP\ne,Ia-99aa\nf,Type II\ng,AGN\nh,SN Iab\ni,SN Ia\ni,SN II\nj,\n";

fn labels() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("labels.csv");
    std::fs::write(&path, LABELS).unwrap();
    let name = path.to_str().unwrap().to_string();
    (dir, name)
}

#[test]
fn a_list_for_readers() {
    let (_dir, file) = labels();
    let (code, out, err) = map(&[&file, "-t", "transients"]);
    assert_eq!(code, 0, "{err}");
    // An object with two labels, and one without.
    assert!(err.contains("labels.csv: line 11") && err.contains("1 object without a label"), "{err}");
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    for line in [
        "exact: 1 label, 3 objects",
        "by alias: 1 label, 1 object",
        "another survey's name of the class: 1 label, 1 object",
        "absorbed (detail lost): 1 label, 1 object",
        "to an ancestor (detail lost): 1 label, 1 object",
        "unmapped: 2 labels, 2 objects",
        "       3  SN Ia            SN > SN Ia",
        "       1  SN IIP           SN > CC > SN II",
        "9 objects with 7 labels: 5 mapped without loss, 2 with detail lost, 2 unmapped (2 labels)",
    ] {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(lines.iter().any(|l| l.split_whitespace().collect::<Vec<_>>().join(" ") == line), "{line}\n{out}");
    }
    let line = |start: &str| out.lines().find(|l| l.contains(start)).unwrap_or_default();
    assert!(line("Type II").contains("tdtax") && line("Ia-99aa").contains("SN > SN Ia"), "{out}");
    assert!(line(" AGN ").contains("neither it nor anything broader"), "{out}");
    assert!(line("SN Iab").contains("nearest: SN Ia (resembles its name)"), "{out}");
    // Only what has no node; the summary is of all.
    let (_, out, _) = map(&[&file, "-t", "transients", "--unmapped-only"]);
    assert!(!out.contains("SN IIP") && out.contains("AGN") && out.contains("9 objects with 7 labels"), "{out}");
}

#[test]
fn a_list_for_scripts() {
    let (dir, file) = labels();
    let (code, out, _) = map(&[&file, "-t", "transients", "--json"]);
    assert_eq!(code, 0);
    let value: Value = serde_json::from_str(&out).unwrap();
    let row = |label: &str| value["labels"].as_array().unwrap().iter().find(|r| r["label"] == label).unwrap().clone();
    assert_eq!((&row("SN Ia")["outcome"], &row("SN Ia")["count"]), (&"exact".into(), &3.into()));
    assert_eq!(row("SN IIP")["node"], "SN II");
    assert_eq!(row("Type II")["meaning"]["concepts"][0], "SN II");
    assert_eq!(row("AGN")["node"], Value::Null);
    assert_eq!(row("SN Iab")["suggestions"][0]["node"], "SN Ia");
    assert_eq!(value["totals"]["with_loss"], 2);
    assert_eq!(value["totals"]["by_outcome"]["unmapped"]["labels"], 2);

    let list = dir.path().join("out.csv");
    let (code, out, _) = map(&[&file, "-t", "transients", "-o", list.to_str().unwrap()]);
    assert_eq!((code, out.lines().count()), (0, 1));
    let mut reader = csv::Reader::from_path(&list).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 7);
    assert_eq!(rows[0].iter().take(5).collect::<Vec<_>>(), ["SN Ia", "3", "exact", "SN Ia", "SN > SN Ia"]);
    // What is written is itself a file of labels.
    let (code, again, _) = map(&[list.to_str().unwrap(), "-t", "transients"]);
    assert_eq!(code, 0);
    assert!(again.contains("9 objects with 7 labels"), "{again}");
}

#[test]
fn exit_codes() {
    let (dir, file) = labels();
    assert_eq!(map(&[&file, "-t", "transients", "--deny", "unmapped"]).0, 1);
    let good = dir.path().join("good.csv");
    std::fs::write(&good, "label,count\nSN Ia,4\n").unwrap();
    assert_eq!(map(&[good.to_str().unwrap(), "-t", "transients", "--deny", "unmapped"]).0, 0);
    // A file that can't be read, beside one that can.
    let (code, out, err) = map(&[good.to_str().unwrap(), "no-such-file.csv", "-t", "transients"]);
    assert_eq!(code, 1);
    assert!(out.contains("4 objects") && err.contains("no-such-file.csv"), "{out}{err}");
    for bad in [
        vec!["no-such-file.csv", "-t", "transients"],
        vec![&file, "-t", "no-such-tree"],
        vec![&file],
        vec![&file, "-t", "transients", "-o", "out.txt"],
        vec![&file, "-t", "transients", "--source", "mars"],
    ] {
        assert_eq!(map(&bad).0, 2, "{bad:?}");
    }
    let absent = dir.path().join("absent/out.csv");
    assert_eq!(map(&[&file, "-t", "transients", "-o", absent.to_str().unwrap()]).0, 3);
}

#[test]
fn standard_input_sources_and_hostile_labels() {
    let run = |input: &str, more: &[&str]| {
        let mut command = Command::cargo_bin("taxonova").unwrap();
        let out = command.args(["taxonomy", "map", "-"]).args(more).write_stdin(input).output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap())
    };
    let (code, out) = run("label,count\nEB,5\n", &["-t", "villar2023-variables", "--json", "--source", "vsx"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &value["labels"][0]["meaning"]["concepts"]), (0, &serde_json::json!(["Beta Lyrae"])));
    let (code, out) = run("label,count\n\u{1b}[31mSN Ia,5\n", &["-t", "transients"]);
    assert_eq!(code, 0);
    assert!(!out.contains('\u{1b}') && out.contains("\\u{1b}"), "{out}");
}

/// No label of the real corpora may be lost or be guessed.
#[test]
fn the_real_corpora() {
    let Some(data) = shared_data() else { return };
    let totals = |file: &str, tree: &str| {
        let (code, out, err) = map(&[data.join(file).to_str().unwrap(), "-t", tree, "--json"]);
        assert_eq!((code, err.as_str()), (0, ""));
        let value: Value = serde_json::from_str(&out).unwrap();
        let n = |k: &str| value["totals"][k].as_u64().unwrap();
        (n("objects"), n("without_loss"), n("with_loss"), n("unmapped"))
    };
    assert_eq!(totals("ztf_transients.parquet", "transients"), (6749, 6620, 129, 0));
    let (objects, without, with, unmapped) = totals("variables.parquet", "villar2023-variables");
    assert_eq!((objects, without, with, unmapped), (7758, 4244, 3514, 0));
}
