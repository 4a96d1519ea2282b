//! `taxonova classify` as a filter in a pipe, with lists and patterns of files, and on a folder that fills.

use crate::common::light_curves;
use assert_cmd::Command as Assert;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn classify(args: &[&str], stdin: impl Into<Vec<u8>>) -> (i32, Vec<u8>, String) {
    let out = Assert::cargo_bin("taxonova").unwrap().arg("classify").args(args).write_stdin(stdin.into()).output().unwrap();
    (out.status.code().unwrap(), out.stdout, String::from_utf8(out.stderr).unwrap())
}

fn spawn(args: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("taxonova"))
        .arg("classify")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn sample() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/simulated.csv").to_str().unwrap().to_string()
}

/// One object a line.
fn json_line(i: usize) -> String {
    let mags: Vec<f64> = (0..8).map(|k| 17.0 + i as f64 * 0.1 + (f64::from(k) - 3.0).powi(2) * 0.1).collect();
    let n = mags.len();
    let mjd: Vec<f64> = (0..n).map(|k| 59000.0 + 3.0 * k as f64).collect();
    let band: Vec<&str> = (0..n).map(|k| if k % 2 == 0 { "ztf/g" } else { "ztf/r" }).collect();
    let value = serde_json::json!({"object_id": format!("o{i}"), "mjd": mjd, "band": band, "mag": mags, "mag_err": vec![0.05; n],
                                   "photometry": "difference"});
    value.to_string() + "\n"
}

fn rows(jsonl: &[u8]) -> Vec<serde_json::Value> {
    jsonl.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect()
}

fn ids(jsonl: &[u8]) -> Vec<String> {
    rows(jsonl).iter().map(|row| row["object_id"].as_str().unwrap().to_string()).collect()
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let mut child = spawn(&["-", "--flush", "--format", "jsonl"]);
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for i in 0..3 {
        stdin.write_all(json_line(i).as_bytes()).unwrap();
        stdin.flush().unwrap();
        let mut line = Vec::new();
        stdout.read_until(b'\n', &mut line).unwrap();
        assert_eq!(ids(&line), [format!("o{i}")]);
    }
    // A broken packet costs a line of standard error.
    stdin.write_all(b"{\"object_id\": \"half\n").unwrap();
    stdin.write_all(json_line(7).as_bytes()).unwrap();
    let mut line = Vec::new();
    stdout.read_until(b'\n', &mut line).unwrap();
    assert_eq!(ids(&line), ["o7"]);
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && err.contains("-: row 4"), "{err}");
}

#[test]
fn flushed_or_not_the_rows_are_the_same() {
    let text: String = (0..300).map(json_line).collect();
    let (_, at_once, _) = classify(&["-", "--format", "jsonl"], text.clone());
    let (code, flushed, err) = classify(&["-", "--flush", "--format", "jsonl"], text);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(ids(&at_once) == ids(&flushed) && ids(&flushed).len() == 300);
    // The network adds up in another order for one object than for many: the last digits of 32-bit numbers differ.
    for (a, b) in rows(&at_once).iter().zip(rows(&flushed)) {
        for (node, p) in a["p"].as_object().unwrap() {
            assert!((p.as_f64().unwrap() - b["p"][node].as_f64().unwrap()).abs() < 1e-5, "{node}: {a} {b}");
        }
    }
    // A document of several lines is no stream of packets, but it is read.
    let (code, out, err) = classify(&["-", "--flush"], json_line(1).replacen(", ", ",\n", 3).replacen(",\"", ",\n\"", 3));
    assert_eq!((code, String::from_utf8(out).unwrap().lines().count()), (0, 2), "{err}");
}

fn avro_packets() -> Option<Vec<(String, Vec<u8>)>> {
    let folder = crate::common::shared_data()?;
    let (files, _) = taxonova::lightcurve::read::expand(&[folder]);
    let avro = files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "avro"));
    let packets: Vec<(String, Vec<u8>)> = avro
        .filter(|f| std::fs::metadata(f).is_ok_and(|m| m.len() < 2_000_000))
        .take(3)
        .map(|f| (f.to_str().unwrap().to_string(), std::fs::read(&f).unwrap()))
        .collect();
    if packets.is_empty() {
        eprintln!("skipped: no Avro packets in the real data");
        return None;
    }
    Some(packets)
}

#[test]
fn avro_packets_one_after_another() {
    let Some(packets) = avro_packets() else { return };
    let first: Vec<(String, Vec<u8>)> = std::iter::repeat_n(packets[0].clone(), 3).collect();
    let (_, alone, err) = classify(&["-", "--format", "jsonl"], first[0].1.clone());
    let one = ids(&alone);
    assert!(!one.is_empty(), "{err}");
    let joined: Vec<u8> = first.iter().flat_map(|p| p.1.clone()).collect();
    for flush in [vec!["-", "--format", "jsonl"], vec!["-", "--flush", "--format", "jsonl"]] {
        let (code, out, err) = classify(&flush, joined.clone());
        assert_eq!((code, ids(&out)), (0, [one.clone(), one.clone(), one.clone()].concat()), "{err}");
    }
    // A packet that is cut off in the middle of the stream: the next one is found.
    let cut = [&first[0].1[..], &first[0].1[..first[0].1.len() - 100], &first[0].1[..], &first[0].1[..]].concat();
    let (code, out, err) = classify(&["-", "--flush", "--format", "jsonl"], cut);
    assert_eq!(code, 1, "{err}");
    assert!(ids(&out).len() >= 2 * one.len() && err.contains("the packet is broken"), "{err}");
    // Joined to a file they are one file, in which the alerts of an object merge.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("night.avro");
    std::fs::write(&file, joined).unwrap();
    let (code, out, err) = classify(&[file.to_str().unwrap()], "");
    assert_eq!((code, String::from_utf8(out).unwrap().lines().count()), (0, 1 + one.len()), "{err}");
}

#[test]
fn arrow_in_arrow_out() {
    use arrow::array::{ArrayRef, AsArray, Float64Builder, ListBuilder, RecordBatch, StringArray, StringBuilder};
    use std::sync::Arc;
    let (mut mjd, mut band) = (ListBuilder::new(Float64Builder::new()), ListBuilder::new(StringBuilder::new()));
    let (mut mag, mut mag_err) = (ListBuilder::new(Float64Builder::new()), ListBuilder::new(Float64Builder::new()));
    let n = 600;
    for i in 0..n {
        for k in 0..8 {
            mjd.values().append_value(59000.0 + 3.0 * f64::from(k));
            band.values().append_value(if k % 2 == 0 { "ztf/g" } else { "ztf/r" });
            mag.values().append_value(17.0 + f64::from(i % 9) * 0.2 + (f64::from(k) - 3.0).powi(2) * 0.1);
            mag_err.values().append_value(0.05);
        }
        mjd.append(true);
        band.append(true);
        mag.append(true);
        mag_err.append(true);
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("object_id", Arc::new(StringArray::from_iter_values((0..n).map(|i| format!("o{i}"))))),
        ("mjd", Arc::new(mjd.finish())),
        ("band", Arc::new(band.finish())),
        ("mag", Arc::new(mag.finish())),
        ("mag_err", Arc::new(mag_err.finish())),
        ("photometry", Arc::new(StringArray::from_iter_values((0..n).map(|_| "difference")))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut stream = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), batch.schema_ref()).unwrap();
    stream.write(&batch.slice(0, 500)).unwrap();
    stream.write(&batch.slice(500, 100)).unwrap();
    let stream = stream.into_inner().unwrap();
    let mut file = arrow::ipc::writer::FileWriter::try_new(Vec::new(), batch.schema_ref()).unwrap();
    file.write(&batch).unwrap();
    let file = file.into_inner().unwrap();
    // As Feather files are.
    let packed = |kind| {
        let options = arrow::ipc::writer::IpcWriteOptions::default().try_with_compression(Some(kind)).unwrap();
        let mut file = arrow::ipc::writer::FileWriter::try_new_with_options(Vec::new(), batch.schema_ref(), options).unwrap();
        file.write(&batch).unwrap();
        file.into_inner().unwrap()
    };
    let [lz4, zstd] = [arrow::ipc::CompressionType::LZ4_FRAME, arrow::ipc::CompressionType::ZSTD].map(packed);
    let read = |bytes: Vec<u8>| -> Vec<(String, Option<f64>)> {
        let reader = arrow::ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap();
        let rows = |b: RecordBatch| {
            let ids: Vec<String> = b.column_by_name("object_id").unwrap().as_string::<i32>().iter().map(|i| i.unwrap().into()).collect();
            let p = b.column_by_name("decision_p").unwrap().as_primitive::<arrow::datatypes::Float64Type>().clone();
            ids.into_iter().zip(p.iter().collect::<Vec<_>>())
        };
        reader.flat_map(|b| rows(b.unwrap()).collect::<Vec<_>>()).collect()
    };
    let (code, out, err) = classify(&["-", "--format", "arrow"], stream.clone());
    assert_eq!((code, err.as_str()), (0, ""));
    let rows = read(out);
    assert!(rows.len() == 600 && rows[599].0 == "o599" && rows.iter().all(|r| r.1.is_some_and(|p| p > 0.0)));
    let whole = [file, lz4, zstd].map(|file| (file, vec!["-", "--format", "arrow"]));
    for (input, args) in [(stream.clone(), vec!["-", "--flush", "--format", "arrow"])].into_iter().chain(whole) {
        let (code, out, err) = classify(&args, input);
        let again = read(out);
        // The last digits depend on how many objects are answered together.
        let same = |a: &(String, Option<f64>), b: &(String, Option<f64>)| a.0 == b.0 && (a.1.unwrap() - b.1.unwrap()).abs() < 1e-5;
        assert!(code == 0 && again.len() == rows.len() && again.iter().zip(&rows).all(|(a, b)| same(a, b)), "{err}");
    }
    // Cut off: what came before is answered.
    let (code, out, err) = classify(&["-", "--format", "arrow"], &stream[..stream.len() - 2000]);
    assert_eq!((code, read(out).len()), (1, 500), "{err}");
}

#[test]
fn lists_and_patterns_of_files() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_string();
    std::fs::create_dir(at("deep")).unwrap();
    for (name, prefix) in [("a.csv", "a"), ("b.csv", "b"), ("deep/c.csv", "c")] {
        std::fs::write(at(name), light_curves(prefix, 2)).unwrap();
    }
    let of = |args: &[&str], stdin: String| {
        let (code, out, err) = classify(&[&["--format", "jsonl"], args].concat(), stdin);
        assert_eq!(code, 0, "{err}");
        ids(&out)
    };
    assert_eq!(of(&[&at("**/?.csv")], String::new()), ["a0", "a1", "b0", "b1", "c0", "c1"]);
    assert_eq!(of(&["--files-from", "-"], format!("{}\n{}\n", at("b.csv"), at("a.csv"))), ["b0", "b1", "a0", "a1"]);
    assert_eq!(of(&[&at("b.csv"), "--files-from", "-"], format!("{}\0", at("deep"))), ["b0", "b1", "c0", "c1"]);
    let (code, _, err) = classify(&["--files-from", "-"], "");
    assert!(code == 2 && err.contains("nothing could be read"), "{err}");
    let (code, _, err) = classify(&["-", "--files-from", "-"], "");
    assert!(code == 2 && err.contains("only once"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_watched_folder_is_answered_as_it_fills_each_file_once() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(sample(), dir.path().join("first.csv")).unwrap();
    let mut child = spawn(&["--watch", dir.path().to_str().unwrap(), "--format", "jsonl"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut next = |n: usize| {
        let mut lines = Vec::new();
        for _ in 0..n {
            stdout.read_until(b'\n', &mut lines).unwrap();
        }
        ids(&lines)
    };
    assert_eq!(next(12).len(), 12);
    std::fs::write(dir.path().join("second.csv"), light_curves("b", 3)).unwrap();
    assert_eq!(next(3), ["b0", "b1", "b2"]);
    std::fs::write(dir.path().join("notes.md"), "no light curve").unwrap();
    std::fs::write(dir.path().join(".third.csv"), light_curves("c", 2)).unwrap();
    std::fs::rename(dir.path().join(".third.csv"), dir.path().join("third.csv")).unwrap();
    assert_eq!(next(2), ["c0", "c1"]);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    let done = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), rest.len()), (Some(130), 0), "{err}");
    assert!(err.contains("interrupted after 17 objects"), "{err}");
}
