//! `taxonova taxonomy diff` as scripts see it.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn diff(args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().args(["taxonomy", "diff"]).args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

/// The shipped tree with some of its text replaced.
fn changed(dir: &Path, name: &str, replace: &[(&str, &str)]) -> PathBuf {
    let mut text = taxonova::taxonomy::shipped_json("transients").unwrap().to_string();
    for (old, new) in replace {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_same_tree() {
    let (code, out, err) = diff(&["transients", "transients", "--exit-code"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("the same tree"), "{out}");
    let (code, out, _) = diff(&["transients", "transients", "--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &value["same"], value["entries"].as_array().unwrap().len()), (0, &true.into(), 0));
}

#[test]
fn edits_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let edits = [
        (r#""name": "CC","#, r#""name": "Core collapse","#),
        (r#""aliases": ["CCSN", "core collapse", "core-collapse supernova"],"#, r#""aliases": ["CCSN"],"#),
        (r#"{ "name": "SN Ia-CSM", "lineage": "sn-ia-csm", "aliases": ["Ia-CSM"], "count": 14 },"#, ""),
        (r#""alpha": 0.5"#, r#""alpha": 1"#),
        (r#"{ "name": "SN IIb","#, r#"{ "name": "electron capture", "lineage": "ec" }, { "name": "SN IIb","#),
    ];
    let b = changed(dir.path(), "b.json", &edits);
    let b = b.to_str().unwrap();
    let (code, out, _) = diff(&["transients", b]);
    assert_eq!(code, 0);
    let lines: Vec<&str> = out.lines().collect();
    for line in [
        "--- transients",
        "+ added      SN > Core collapse > electron capture",
        "- removed    SN > SN Ia > SN Ia-CSM",
        "~ renamed    SN > CC -> Core collapse",
        "~ aliases    SN > Core collapse  (- core collapse, core-collapse supernova)",
        "~ weights    alpha: 0.5 -> 1",
        "1 added, 1 removed, 1 renamed, 1 aliases",
    ] {
        assert!(lines.contains(&line), "{line}\n{out}");
    }
    assert!(out.contains("W*lambda") && out.contains("more (all with --json)"), "{out}");
    assert_eq!(diff(&["transients", b, "--exit-code"]).0, 1);
    let (_, out, _) = diff(&["transients", b, "--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    let kinds: Vec<&str> = value["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["added", "removed", "renamed", "aliases"]);
    assert_eq!(value["options"]["alpha"]["b"], "1");
    assert!(value["weights"].as_array().unwrap().len() > 15);
}

#[test]
fn bad_usage() {
    assert_eq!(diff(&["transients", "no-such-tree"]).0, 2);
    assert_eq!(diff(&["-", "-"]).0, 2);
    assert_eq!(diff(&["transients", "transients", "--tau", "0.4"]).0, 2);
    assert_eq!(diff(&["transients", "transients", "--objects", "no-such-folder"]).0, 2);
}

/// The simulated sample on a tree without its most common subclass.
#[test]
fn decisions_that_change() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let sample = sample.to_str().unwrap();
    let same = ["transients", "transients", "--objects", sample, "--json"];
    let (code, out, err) = diff(&same);
    assert_eq!(code, 0, "{err}");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&value["objects"]["classified"], value["objects"]["changed"].as_array().unwrap().len()), (&12.into(), 0));
    // Renamed and exhaustive no longer: the class is the same one, but "other SN Ia" is gone.
    let b = changed(dir.path(), "b.json", &[(r#""exhaustive": false,"#, ""), (r#""name": "SN II","#, r#""name": "Type two","#)]);
    let (_, out, _) = diff(&["transients", b.to_str().unwrap(), "--objects", sample, "--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    let changed = value["objects"]["changed"].as_array().unwrap();
    assert!(!changed.is_empty());
    for object in changed {
        assert_eq!(object["a"]["path"], "SN > SN Ia > other SN Ia", "{object}");
        assert_eq!(object["b"]["path"], "SN > SN Ia", "{object}");
    }
    let (code, out, _) = diff(&["transients", b.to_str().unwrap(), "--objects", sample]);
    assert_eq!(code, 0);
    let n = changed.len();
    assert!(out.contains(&format!("{n} of 12 objects decided otherwise (tau 0.5)")), "{out}");
    assert!(out.contains("SN > SN Ia > other SN Ia -> SN > SN Ia"), "{out}");
}
