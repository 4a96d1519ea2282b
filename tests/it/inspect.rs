//! `taxonova inspect` as scripts see it.

use crate::common::shared_data;
use assert_cmd::Command;
use std::io::Read;
use std::process::Stdio;
use taxonova::lightcurve::read::FORMATS;

fn taxonova(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taxonova"));
    command.args(args).env_remove("COLUMNS");
    command
}

static TABLE: &str = "id,mjd,band,mag,mag_err\nx,1,g,18,0.1\nx,2,r,19,0.1\ny,1,g,18,0.1\n";

#[test]
fn exit_codes_tell_what_could_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good.csv");
    let bad = dir.path().join("bad.csv");
    std::fs::write(&good, TABLE).unwrap();
    std::fs::write(&bad, "{\"a\": 1}").unwrap();
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    let out = taxonova(&["inspect", good]).assert().code(0).get_output().clone();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("g 1 18.00  r 1 19.00") && text.ends_with("2 objects, 3 points, 0 of them limits\n"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    assert!(out.stderr.is_empty());
    let out = taxonova(&["inspect", good, bad]).assert().code(1).get_output().clone();
    let errors = String::from_utf8(out.stderr).unwrap();
    assert!(errors.contains("bad.csv: this is JSON") && errors.lines().count() == 1, "{errors}");
    taxonova(&["inspect", bad]).assert().code(2);
    taxonova(&["inspect", "/nonexistent"]).assert().code(2);
    taxonova(&["inspect"]).assert().code(2);
}

#[test]
fn standard_input_is_read() {
    let out = taxonova(&["inspect", "-", "--json"]).write_stdin(TABLE).assert().code(0).get_output().clone();
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((json["objects"].as_array().unwrap().len(), json["objects"][0]["source"].as_str()), (2, Some("-")));
    let out = taxonova(&["inspect", "-"]).write_stdin("").assert().code(2).get_output().clone();
    assert!(String::from_utf8(out.stderr).unwrap().contains("-: the file is empty"));
}

#[test]
fn a_closed_pipe_is_no_fault() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.csv");
    let mut text = String::from("id,mjd,band,mag,mag_err\n");
    (0..20_000).for_each(|i| text.push_str(&format!("object-{i},1,g,18,0.1\n")));
    std::fs::write(&path, text).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_taxonova"))
        .arg("inspect")
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""));
}

#[test]
fn help_lists_every_format() {
    let out = taxonova(&["inspect", "--help"]).assert().code(0).get_output().clone();
    let text = String::from_utf8(out.stdout).unwrap();
    for format in FORMATS {
        assert!(text.contains(format.title), "{text}");
    }
}

#[test]
fn real_files_of_many_formats_at_once() {
    let Some(dir) = shared_data() else { return };
    let out = taxonova(&["inspect", "--json"]).arg(dir.join("formats")).assert().get_output().clone();
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let ids: Vec<_> = json["objects"].as_array().unwrap().iter().filter_map(|o| o["object_id"].as_str()).collect();
    assert!(ids.contains(&"ZTF17aaajnnn") && ids.contains(&"alerce_detections"), "{ids:?}");
    for error in json["unreadable"].as_array().unwrap() {
        assert!(error["path"].as_str().is_some_and(|p| !p.is_empty()) && error["found"].as_str().is_some_and(|f| !f.is_empty()));
    }
}
