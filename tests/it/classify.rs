//! `taxonova classify` as scripts see it: columns, exit codes, faults, threads, formats, resume.

use crate::common::light_curves;
use assert_cmd::Command;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use taxonova::model::Model;
use taxonova::taxonomy::{Edit, Layout, Subtree, Taxonomy, to_json};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn classify(args: &[&str]) -> Ran {
    classify_from(args, "")
}

fn classify_from(args: &[&str], stdin: &str) -> Ran {
    let out = Command::cargo_bin("taxonova").unwrap().arg("classify").args(args).write_stdin(stdin).output().unwrap();
    Ran { code: out.status.code().unwrap(), out: String::from_utf8(out.stdout).unwrap(), err: String::from_utf8(out.stderr).unwrap() }
}

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn rows(csv: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(|r| r.unwrap()).collect()
}

fn sample() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/simulated.csv").to_str().unwrap().to_string()
}

/// P(parent) = sum of P(children), to the digits that are written.
fn check_sums(layout: &Layout, row: &HashMap<String, String>) {
    let p = |name: &str| row[&format!("P:{name}")].parse::<f64>().unwrap();
    for slot in (0..layout.len()).map(Some).chain([None]) {
        let children = layout.children(slot);
        if !children.is_empty() {
            let sum: f64 = children.iter().map(|c| p(&layout.slots[*c].name)).sum();
            let parent = slot.map_or(1.0, |s| p(&layout.slots[s].name));
            assert!((sum - parent).abs() < 5e-6, "{slot:?}: {sum} {parent}");
            assert!(children.iter().all(|c| p(&layout.slots[*c].name) <= parent));
        }
    }
}

#[test]
fn the_columns_are_the_contract() {
    let ran = classify(&[&sample()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let model = Model::shipped().unwrap();
    let layout = model.layout();
    let mut header = "object_id,source,n_obs,span_d,decision,decision_p,decision_path,warnings".to_string();
    for name in std::iter::once(&layout.root_name).chain(layout.slots.iter().map(|s| &s.name)) {
        let _ = write!(header, ",P:{name}");
    }
    header += ",novelty";
    assert_eq!(ran.out.lines().next(), Some(header.as_str()));
    let rows = rows(&ran.out);
    assert_eq!(rows.len(), 12);
    for row in &rows {
        assert!(row["object_id"].starts_with("sim-"));
        assert_eq!(row["source"], sample());
        assert!(row["n_obs"].parse::<u64>().unwrap() > 0 && row["span_d"].parse::<f64>().unwrap() > 0.0);
        check_sums(layout, row);
        let path: Vec<&str> = row["decision_path"].split(" > ").collect();
        assert_eq!(path.last(), Some(&row["decision"].as_str()));
        assert_eq!(row["decision_p"], row[&format!("P:{}", row["decision"])]);
        for pair in path.windows(2) {
            let (a, b) = (layout.by_name(pair[0]).unwrap(), layout.by_name(pair[1]).unwrap());
            assert_eq!(layout.slots[b].parent, Some(a));
        }
        assert!(row["decision_p"].parse::<f64>().unwrap() >= 0.5);
        // 6 significant digits.
        assert!(row.iter().filter(|(k, _)| k.starts_with("P:")).all(|(_, v)| v.len() <= 13), "{row:?}");
    }
}

#[test]
fn tau_moves_the_decision_and_nothing_else() {
    let (low, high) = (rows(&classify(&["--tau", "0.05", &sample()]).out), rows(&classify(&["--tau", "1", &sample()]).out));
    for (l, h) in low.iter().zip(&high) {
        assert!(l["decision_path"].len() >= h["decision_path"].len());
        assert!(l.iter().filter(|(k, _)| k.starts_with("P:")).all(|(k, v)| h[k] == *v));
    }
    let depth = |rows: &[HashMap<String, String>]| rows.iter().map(|r| r["decision_path"].matches(" > ").count()).sum::<usize>();
    assert!(depth(&low) > depth(&high));
}

#[test]
fn weighted_scores_differ_from_posteriors() {
    let (p, w) = (classify(&[&sample()]), classify(&["--weighted-p", &sample()]));
    assert_eq!(w.code, 0);
    assert_ne!(p.out, w.out);
    check_sums(Model::shipped().unwrap().layout(), &rows(&w.out)[0]);
}

#[test]
fn exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    let good = write(dir.path(), "good.csv", light_curves("a", 3));
    let missing = dir.path().join("missing.csv").to_str().unwrap().to_string();
    let ran = classify(&[&good, &missing]);
    assert_eq!((ran.code, rows(&ran.out).len()), (1, 3));
    assert!(ran.err.contains("missing.csv"), "{}", ran.err);
    let ran = classify(&[&missing]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let empty = write(dir.path(), "empty.csv", "");
    assert_eq!(classify(&[&empty]).code, 2);
    for bad in [
        vec!["--tau", "0", &good],
        vec!["--tau", "nan", &good],
        vec!["--threads", "0", &good],
        vec!["--asof", "-3", &good],
        vec!["--rule", "magic", &good],
        vec!["-o", "out.txt", &good],
        vec!["--resume", &good],
        vec!["--resume", "-o", "x.parquet", "-"],
        vec!["--format", "parquet", &good],
        vec!["--files-from", "/nonexistent/list"],
        vec!["--summary", &good, &good],
        vec!["nothing-matches-*.csv"],
        vec!["-t", "no-such-tree", &good],
        vec!["-m", &good, &good],
        vec!["-o", &good, &good],
        vec!["-", "-"],
        vec![],
    ] {
        let ran = classify(&bad);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{bad:?}: {}", ran.err);
        assert!(!ran.err.is_empty() && !ran.err.contains("panicked"), "{bad:?}");
    }
    let nowhere = dir.path().join("no/such/folder/out.csv").to_str().unwrap().to_string();
    assert_eq!(classify(&["-o", &nowhere, &good]).code, 3);
    assert_eq!(std::fs::read_to_string(&good).unwrap(), light_curves("a", 3));
}

#[test]
fn a_broken_file_amid_good_ones() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.csv", light_curves("a", 3));
    write(dir.path(), "b.parquet", b"PAR1 this is no parquet file PAR1");
    let mut bad = light_curves("c", 2);
    bad.push_str("c9,59000,g,not a number,0.1,,difference\n");
    write(dir.path(), "c.csv", &bad);
    std::fs::create_dir(dir.path().join("deep")).unwrap();
    write(dir.path(), "deep/d.csv", light_curves("d", 2));
    let ran = classify(&[dir.path().to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    let ids: Vec<String> = rows(&ran.out).iter().map(|r| r["object_id"].clone()).collect();
    for id in ["a0", "a1", "a2", "c0", "c1", "d0", "d1"] {
        assert!(ids.iter().any(|i| i == id), "{id} in {ids:?}");
    }
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines.iter().any(|l| l.contains("b.parquet")), "{lines:?}");
    assert!(lines.iter().any(|l| l.contains("c.csv") && l.contains("line ")), "{lines:?}");
    // Nothing of the bar, nothing raw.
    assert!(!ran.err.contains('\u{1b}') && !ran.err.contains('\r'));
    let ran = classify(&["--fail-fast", dir.path().to_str().unwrap()]);
    assert_eq!((ran.code, rows(&ran.out).len()), (1, 3));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let a = write(dir.path(), "a.csv", light_curves("a", 600));
    let b = write(dir.path(), "b.csv", light_curves("b", 170));
    for extension in ["csv", "jsonl", "parquet", "arrow"] {
        let out = |n: &str| {
            let out = dir.path().join(format!("out{n}.{extension}"));
            let ran = classify(&["--threads", n, "-o", out.to_str().unwrap(), &a, &b]);
            assert_eq!((ran.code, ran.out.as_str()), (0, ""));
            std::fs::read(out).unwrap()
        };
        let one = out("1");
        assert!(one == out("4"), "{extension} differs");
        assert!(one == out("3"), "{extension} differs");
    }
    // The order is that of the input; alone or in company, an object's row is the same.
    let csv = std::fs::read_to_string(dir.path().join("out1.csv")).unwrap();
    let ids: Vec<String> = rows(&csv).into_iter().map(|r| r["object_id"].clone()).collect();
    let expected: Vec<String> = (0..600).map(|i| format!("a{i}")).chain((0..170).map(|i| format!("b{i}"))).collect();
    assert_eq!(ids, expected);
}

#[test]
fn the_other_kind_of_photometry_is_named_as_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let data = write(dir.path(), "a.csv", light_curves("a", 2));
    let found = rows(&classify(&["-m", "variables", &data]).out);
    assert_eq!(found.len(), 2);
    for row in found {
        assert!(row["decision"].is_empty(), "{row:?}");
        assert!(row["warnings"].contains("not classified: difference photometry, but the model knows total photometry alone"), "{row:?}");
    }
}

#[test]
fn json_lines_and_parquet_hold_what_the_csv_holds() {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Float64Type, Int64Type};
    let dir = tempfile::tempdir().unwrap();
    let mut text = light_curves("a", 20);
    text.push_str("only-limits,59000,g,,,19,difference\n");
    let data = write(dir.path(), "a.csv", text);
    let out = |extension: &str| {
        let out = dir.path().join(format!("out.{extension}"));
        assert_eq!(classify(&["-o", out.to_str().unwrap(), &data]).code, 0);
        out
    };
    let csv = rows(&std::fs::read_to_string(out("csv")).unwrap());
    assert_eq!(csv.len(), 21);
    let last = csv.last().unwrap();
    assert!(
        last["decision"].is_empty()
            && last["decision_p"].is_empty()
            && last["warnings"].contains("not classified: no measurement in a band")
    );
    assert!(last.iter().all(|(k, v)| !k.starts_with("P:") || v.is_empty()));
    let same = |text: &str, value: Option<f64>| match value {
        None => assert_eq!(text, ""),
        Some(v) => assert!((text.parse::<f64>().unwrap() - v).abs() <= 5.1e-6 * v.abs(), "{text} {v}"),
    };
    let json = std::fs::read_to_string(out("jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = json.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), csv.len());
    for (line, row) in lines.iter().zip(&csv) {
        assert_eq!(line["object_id"], row["object_id"].as_str());
        assert_eq!(line["source"], row["source"].as_str());
        assert_eq!(line["n_obs"].to_string(), row["n_obs"]);
        same(&row["span_d"], line["span_d"].as_f64());
        assert_eq!(line["decision"]["node"].as_str().unwrap_or_default(), row["decision"]);
        same(&row["decision_p"], line["decision"]["p"].as_f64());
        let texts = |v: &serde_json::Value| v.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_string()).collect::<Vec<_>>();
        assert_eq!(texts(&line["decision"]["path"]).join(" > "), row["decision_path"]);
        assert_eq!(texts(&line["warnings"]).join("; "), row["warnings"]);
        let p = line["p"].as_object().unwrap();
        assert_eq!(p.len(), row.keys().filter(|k| k.starts_with("P:")).count());
        for (name, value) in p {
            same(&row[&format!("P:{name}")], value.as_f64());
        }
    }
    let file = std::fs::File::open(out("parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut seen = 0;
    for batch in reader {
        let batch = batch.unwrap();
        for i in 0..batch.num_rows() {
            let row = &csv[seen];
            seen += 1;
            assert_eq!(batch.num_columns(), row.len());
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let text = &row[field.name()];
                match field.data_type() {
                    arrow::datatypes::DataType::Utf8 if column.is_null(i) => assert_eq!(text, ""),
                    arrow::datatypes::DataType::Utf8 => assert_eq!(text, column.as_string::<i32>().value(i)),
                    arrow::datatypes::DataType::Int64 => assert_eq!(*text, column.as_primitive::<Int64Type>().value(i).to_string()),
                    _ => same(text, (!column.is_null(i)).then(|| column.as_primitive::<Float64Type>().value(i))),
                }
            }
        }
    }
    assert_eq!(seen, csv.len());
}

#[test]
fn a_run_that_broke_off_is_resumed_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    write(&data, "a.csv", light_curves("a", 300));
    write(&data, "b.parquet", b"PAR1 broken PAR1");
    write(&data, "c.csv", light_curves("c", 40));
    let data = data.to_str().unwrap();
    for extension in ["csv", "jsonl", "parquet", "arrow"] {
        let path = |name: &str| dir.path().join(format!("{name}.{extension}"));
        let (whole, cut) = (path("whole"), path("cut"));
        let (whole_arg, cut_arg) = (whole.to_str().unwrap(), cut.to_str().unwrap());
        assert_eq!(classify(&["-o", whole_arg, data]).code, 1);
        let ran = classify(&["--fail-fast", "-o", cut_arg, data]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("b.parquet") && ran.err.contains("--resume"), "{}", ran.err);
        assert!(!cut.exists() && path("cut").with_extension(format!("{extension}.parts")).exists());
        // Another threshold would be another run.
        let ran = classify(&["--resume", "--tau", "0.9", "-o", cut_arg, data]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("the option --tau was 0.5 then, now it is 0.9"), "{}", ran.err);
        let ran = classify(&["--resume", "-o", cut_arg, data]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("goes on after 256 objects"), "{}", ran.err);
        assert!(std::fs::read(&whole).unwrap() == std::fs::read(&cut).unwrap());
    }
    // Nothing but the outputs and the data.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 9);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.csv");
    let partial = dir.path().join("out.csv.partial");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("taxonova"))
        .args(["classify", "-", "-o", out.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, light_curves("a", 5).as_bytes()).unwrap();
    // The file is there once signals are caught. Its input never ends.
    while !partial.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(done.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&done.stderr).contains("interrupted"));
    assert!(!out.exists() && !partial.exists());
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let data = write(dir.path(), "a.csv", light_curves("a", 700));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("taxonova"))
        .args(["classify", &data])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), done.stderr.len()), (Some(0), 0));
}

#[test]
fn standard_input_gives_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let text = light_curves("a", 4);
    let file = write(dir.path(), "a.csv", &text);
    let (of_file, of_stdin) = (classify(&[&file]), classify_from(&["-"], &text));
    assert_eq!(of_stdin.code, 0, "{}", of_stdin.err);
    assert_eq!(of_file.out.replace(&file, "-"), of_stdin.out);
}

#[test]
fn as_of_an_age_uses_only_what_was_known() {
    let (all, young) = (rows(&classify(&[&sample()]).out), rows(&classify(&["--asof", "10", &sample()]).out));
    let n = |rows: &[HashMap<String, String>]| rows.iter().map(|r| r["n_obs"].parse::<u64>().unwrap()).sum::<u64>();
    assert!(n(&young) < n(&all) / 2);
    assert!(all.iter().zip(&young).all(|(a, y)| a["object_id"] == y["object_id"]));
    let later = classify(&["--asof", "100000", &sample()]);
    assert_eq!(later.out, classify(&[&sample()]).out);
}

fn edited_tree() -> Taxonomy {
    let mut tree = Model::shipped().unwrap().taxonomy().clone();
    let iin = tree.find("SN IIn").unwrap();
    tree.apply(Edit::Delete { id: iin, children: Subtree::Rise }).unwrap();
    let ii = tree.find("SN II").unwrap();
    tree.add_child(ii, "new below II").unwrap();
    tree.apply(Edit::Rename { id: ii, name: "hydrogen, rich".into() }).unwrap();
    tree
}

#[test]
fn an_edited_tree_is_answered_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let tree = edited_tree();
    let file = write(dir.path(), "tree.json", to_json(&tree));
    let (own, poured) = (rows(&classify(&[&sample()]).out), classify(&["-t", &file, &sample()]));
    assert_eq!(poured.code, 0, "{}", poured.err);
    let poured = rows(&poured.out);
    let p = |row: &HashMap<String, String>, name: &str| row[&format!("P:{name}")].parse::<f64>().unwrap();
    for (own, poured) in own.iter().zip(&poured) {
        assert_eq!(poured["P:new below II"], "");
        assert!(!poured.contains_key("P:SN IIn"));
        assert!((p(own, "SN II") - p(poured, "hydrogen, rich")).abs() < 1e-9);
        assert_eq!(own["P:SN Ia"], poured["P:SN Ia"]);
        let parent = tree.node(tree.parent(tree.find("hydrogen, rich").unwrap()).unwrap()).name.clone();
        assert!((p(own, &parent) - p(poured, &parent)).abs() < 2e-6);
    }
    let out = dir.path().join("out.jsonl");
    assert_eq!(classify(&["-t", &file, "-o", out.to_str().unwrap(), &sample()]).code, 0);
    let line = std::fs::read_to_string(&out).unwrap();
    let value: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert!(value["p"].as_object().unwrap().contains_key("new below II") && value["p"]["new below II"].is_null());
    // The model's own tree, given as a file, changes nothing.
    let same = write(dir.path(), "same.json", to_json(Model::shipped().unwrap().taxonomy()));
    assert_eq!(classify(&["-t", &same, &sample()]).out, classify(&[&sample()]).out);
}

#[test]
fn the_output_in_the_searched_folder_is_no_input() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.csv", light_curves("a", 3));
    let out: PathBuf = dir.path().join("z.csv");
    for _ in 0..2 {
        let ran = classify(&["-q", "--overwrite", "-o", out.to_str().unwrap(), dir.path().to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert_eq!(rows(&std::fs::read_to_string(&out).unwrap()).len(), 3);
    }
}

#[test]
fn the_same_name_in_two_files_is_two_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (write(dir.path(), "a.csv", light_curves("x", 2)), write(dir.path(), "b.csv", light_curves("x", 2)));
    let rows = rows(&classify(&[&a, &b]).out);
    let seen: Vec<(&str, &str)> = rows.iter().map(|r| (r["object_id"].as_str(), r["source"].as_str())).collect();
    assert_eq!(seen, [("x0", a.as_str()), ("x1", a.as_str()), ("x0", b.as_str()), ("x1", b.as_str())]);
}

#[test]
fn help_lists_the_formats() {
    let ran = classify(&["--help"]);
    assert_eq!(ran.code, 0);
    for format in taxonova::lightcurve::read::FORMATS {
        assert!(ran.out.contains(format.title), "{}", format.title);
    }
}
