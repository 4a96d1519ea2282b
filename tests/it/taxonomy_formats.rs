//! `taxonova taxonomy convert` and `check` on files of all formats, as scripts see them.

use crate::common::shared_data;
use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn taxonova(args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().arg("taxonomy").args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

fn faulty() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tdtax_faulty/top.yaml")
}

/// Severity, code, file name, line and column.
type Row = (String, String, String, u64, u64);

/// Everything that is found.
fn findings(file: &Path) -> (i32, Vec<Row>) {
    let (code, out, err) = taxonova(&["check", file.to_str().unwrap(), "--json"]);
    assert_eq!(err, "");
    let list: serde_json::Value = serde_json::from_str(&out).unwrap();
    let text = |f: &serde_json::Value, k: &str| f[k].as_str().unwrap().to_string();
    let rows = list.as_array().unwrap().iter().map(|f| {
        let keys: Vec<&str> = f.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["severity", "code", "path", "line", "column", "node", "text"]);
        let name = Path::new(&text(f, "path")).file_name().unwrap().to_string_lossy().into_owned();
        (text(f, "severity"), text(f, "code"), name, f["line"].as_u64().unwrap_or(0), f["column"].as_u64().unwrap_or(0))
    });
    (code, rows.collect())
}

fn rows(list: &[(&str, &str, &str, u64, u64)]) -> Vec<Row> {
    list.iter().map(|(s, c, f, l, k)| (s.to_string(), c.to_string(), f.to_string(), *l, *k)).collect()
}

#[test]
fn a_faulty_tree_of_several_files() {
    let (code, found) = findings(&faulty());
    assert_eq!(code, 1);
    assert_eq!(
        found,
        rows(&[
            ("error", "duplicate-name", "novae.yaml", 5, 12),
            ("error", "ambiguous-alias", "stars.yaml", 9, 28),
            ("error", "alias-is-name", "stars.yaml", 13, 19),
            ("error", "misspelt-field", "top.yaml", 11, 9),
            ("warning", "unreferenced-file", "forgotten.yaml", 0, 0),
            ("warning", "loosely-equal", "novae.yaml", 4, 12),
            ("warning", "single-child", "top.yaml", 10, 16),
            ("note", "redundant-alias", "stars.yaml", 4, 24),
        ])
    );
    let (_, out, _) = taxonova(&["check", faulty().to_str().unwrap()]);
    let line = out.lines().find(|l| l.contains("top.yaml:11:9")).unwrap();
    assert!(line.starts_with("error[misspelt-field]: ") && line.ends_with("did you mean `subclasses`?"), "{line}");
    assert!(out.ends_with("4 errors, 3 warnings, 1 note\n"), "{out}");
    // Other commands refuse it and say what to do; nothing of it is used.
    let (code, out, err) = taxonova(&["show", faulty().to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("top.yaml:11:9") && err.contains("taxonova taxonomy convert"), "{err}");
}

#[test]
fn importing_mends_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("tree.json");
    let (code, out, err) = taxonova(&["convert", faulty().to_str().unwrap(), "-o", json.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    for said in [
        "top.yaml:11:9: a class has no field `subclass`",
        "novae.yaml:5:12: `Flare` is already the name of a class",
        "this one is called `Flare (2)`",
        "stars.yaml:13:19: the alias `Nova-like` is the name of another class: taken away from `Flare`",
        "stars.yaml:9:28: the alias `RRL` is one of 2 classes: taken away from `Cepheid`",
        "5 remarks about what was read",
    ] {
        assert!(err.contains(said), "{said} in {err}");
    }
    let tree = taxonova::taxonomy::read_json(&json).unwrap();
    assert_eq!(tree.len(), 14);
    let cepheid = tree.node(tree.find("Cepheid").unwrap());
    assert_eq!(
        (cepheid.aliases.as_slice(), cepheid.note.as_str()),
        (["CEP".to_string()].as_slice(), "links: https://example.org/cepheids")
    );
    assert_eq!(tree.node(tree.find("Star").unwrap()).note, "Things that come back.");
    let lens = tree.find("lens with companion").unwrap();
    assert_eq!(tree.path(lens).len(), 4, "no class is lost");
    // An existing file is safe.
    let (code, _, err) = taxonova(&["convert", faulty().to_str().unwrap(), "-o", json.to_str().unwrap()]);
    assert!(code == 2 && err.contains("--force"), "{err}");
    assert_eq!(taxonova(&["convert", "transients", "-o", json.to_str().unwrap(), "--force"]).0, 0);
    assert_eq!(std::fs::read_to_string(&json).unwrap(), taxonova::taxonomy::shipped_json("transients").unwrap());
}

#[test]
fn there_and_back_through_every_format() {
    let dir = tempfile::tempdir().unwrap();
    let (_, show, _) = taxonova(&["show", "transients"]);
    let names = |drawing: &str| -> Vec<String> {
        let strip = |l: &str| l.trim_start_matches(['│', '├', '└', '─', ' ']).split("  ").next().unwrap_or("").to_string();
        drawing.lines().skip_while(|l| !l.starts_with("Object")).map(strip).filter(|l| !l.starts_with("other ")).collect()
    };
    for (extension, whole) in [("json", true), ("yaml", true), ("csv", false), ("nwk", false), ("txt", false)] {
        let file = dir.path().join(format!("t.{extension}"));
        let file = file.to_str().unwrap();
        let (code, _, err) = taxonova(&["convert", "transients", "-o", file]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(err.contains("is lost: "), !whole, "{err}");
        assert!(whole || (err.contains("the absorbed labels of") && err.contains("the counts of")), "{err}");
        // Every command that takes a tree takes it, by its content even under another name.
        let renamed = dir.path().join("renamed");
        std::fs::copy(file, &renamed).unwrap();
        for path in [file, renamed.to_str().unwrap()] {
            let (code, out, err) = taxonova(&["show", path]);
            assert_eq!((code, err.as_str()), (0, ""), "{path}");
            assert_eq!(names(&out), names(&show), "{extension}");
        }
        let (code, back, _) = taxonova(&["convert", file]);
        assert_eq!(code, 0);
        assert_eq!(back == taxonova::taxonomy::shipped_json("transients").unwrap(), whole, "{extension}");
    }
    for extension in ["dot", "mmd", "md", "tex"] {
        let file = dir.path().join(format!("t.{extension}"));
        assert_eq!(taxonova(&["convert", "transients", "-o", file.to_str().unwrap()]).0, 0);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("SN IIn") && text.contains("other SN Ia"), "{text}");
        let (code, _, err) = taxonova(&["show", file.to_str().unwrap()]);
        assert!(code == 2 && err.contains("written, not read"), "{err}");
    }
}

#[test]
fn convert_says_what_it_needs() {
    let (code, out, _) = taxonova(&["convert", "--help"]);
    assert_eq!(code, 0);
    for format in taxonova::taxonomy::format::FORMATS {
        assert!(out.contains(&format!("  {}", format.name)), "{} in {out}", format.name);
    }
    let (code, _, err) = taxonova(&["convert", "transients", "-o", "tree.xyz"]);
    assert!(code == 2 && err.contains("tells no format") && err.contains(".yaml"), "{err}");
    assert_eq!(taxonova(&["convert", "transients", "--from", "dot"]).0, 2);
    assert_eq!(taxonova(&["convert", "no-such-tree"]).0, 2);
    let run = |args: &[&str], input: &str| {
        let out =
            Command::cargo_bin("taxonova").unwrap().args(["taxonomy", "convert", "-"]).args(args).write_stdin(input).output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    assert_eq!(run(&["--to", "newick"], "A\n\tB\n\tC\n"), (0, "(B,C)A;\n".into(), String::new()));
    assert_eq!(run(&["--to", "text", "--from", "edges"], "A,B\nA,C\n").1, "A\n\tB\n\tC\n");
    let (code, _, err) = run(&[], "class: A\nsubclasses:\n  - ref: b.yaml\n");
    assert!(code == 2 && err.contains("<standard input>:3:10") && err.contains("no folder"), "{err}");
    let (code, _, err) = run(&[], "class: A\nother names: [\"x\\e[2J\"]\n");
    assert!(code == 0 && !err.contains('\u{1b}'), "{err}");
}

#[test]
fn classify_takes_a_tree_of_any_format() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree.txt");
    std::fs::write(&tree, "Object\n  SN\n    SN Ia\n    SN II\n  TDE\n").unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let out = Command::cargo_bin("taxonova")
        .unwrap()
        .args(["classify", sample.to_str().unwrap(), "-t", tree.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert!(text.lines().next().unwrap().contains("P:SN,P:SN Ia,P:SN II,P:TDE"), "{text}");
}

/// Verified by reading the YAML files, and against an independent reader.
#[test]
fn the_real_faults_of_tdtax() {
    let Some(data) = shared_data() else { return };
    let (code, found) = findings(&data.join("formats/tdtax/top.yaml"));
    assert_eq!(code, 1);
    let errors: Vec<_> = found.iter().filter(|f| f.0 == "error").cloned().collect();
    assert_eq!(
        errors,
        rows(&[
            ("error", "duplicate-name", "cataclysmic.yaml", 16, 20),
            ("error", "ambiguous-alias", "pulsating.yaml", 72, 27),
            ("error", "ambiguous-alias", "supernovae.yaml", 15, 42),
            ("error", "misspelt-field", "top.yaml", 17, 13),
        ])
    );
    let redundant: Vec<_> = found.iter().filter(|f| f.1 == "redundant-alias").map(|f| (f.2.as_str(), f.3, f.4)).collect();
    assert_eq!(redundant, [("eruptive.yaml", 35, 34), ("rotating.yaml", 5, 43)]);
    // And it can be imported, with all its classes.
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("tdtax.json");
    let (code, _, err) = taxonova(&["convert", data.join("formats/tdtax/top.yaml").to_str().unwrap(), "-o", json.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    let tree = taxonova::taxonomy::read_json(&json).unwrap();
    assert_eq!(tree.len(), 176);
    assert!(tree.find("lens with planet").is_some() && tree.find("kilonova (2)").is_some());
    assert!(tree.find_label("Ia-p").is_none() && tree.find_label("KN") == tree.find("kilonova"));
}

#[test]
fn tags_and_links_come_back_as_such() {
    let text = "class: A\ncomments: |\n  one\n  two\ntags: [x, y z]\nlinks:\n  - http://a\n  - http://b\nsubclasses:\n  - class: B\n    tags: [only]\n  - class: C\n";
    let out =
        Command::cargo_bin("taxonova").unwrap().args(["taxonomy", "convert", "-", "--to", "yaml"]).write_stdin(text).output().unwrap();
    let expected = "class: A\ncomments: \"one\\ntwo\"\ntags: [x, y z]\nlinks: [\"http://a\", \"http://b\"]\nsubclasses:\n  - class: B\n    tags: [only]\n  - class: C\n";
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
}
