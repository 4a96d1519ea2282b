//! `taxonova refit` as scripts see it.

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use taxonova::model::Model;
use taxonova::model::refset::Refset;
use taxonova::taxonomy::shipped_json;

fn taxonova(args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_string()
    }
}

/// The shipped tree with SN IIP as a class of its own and without TDE.
fn folder() -> Folder {
    let folder = Folder(tempfile::tempdir().unwrap());
    let mut tree: serde_json::Value = serde_json::from_str(shipped_json("transients").unwrap()).unwrap();
    tree["root"]["children"].as_array_mut().unwrap().pop();
    let cc = &mut tree["root"]["children"][0]["children"][1]["children"];
    cc[0]["absorbs"] = serde_json::json!(["SN IIL", "SN II-pec"]);
    cc.as_array_mut().unwrap().push(serde_json::json!({ "name": "SN IIP" }));
    std::fs::write(folder.path("tree.json"), tree.to_string()).unwrap();
    folder
}

#[test]
fn an_edited_tree_gets_a_model_that_can_be_used_and_refitted() {
    let folder = folder();
    let (tree, first, second) = (folder.name("tree.json"), folder.name("first.onnx"), folder.name("second.onnx"));
    let (code, out, err) = taxonova(&["refit", "-t", &tree, "-o", &first, "--epochs", "6"]);
    assert_eq!(code, 0, "{err}");
    for piece in ["fold 9, never trained on: 622 objects", "weighted loss", "macro F1 of the leaves", "95 %", "    SN IIP ", "(tau 0.5)"] {
        assert!(out.contains(piece), "{piece} in {out}");
    }
    assert!(out.lines().any(|l| l.trim_start().starts_with("SN IIP") && l.contains(" - ")), "{out}");
    assert!(err.contains("left out: 59 objects labelled TDE") && err.contains("first.refset.parquet"), "{err}");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let (code, csv, err) = taxonova(&["classify", sample.to_str().unwrap(), "-m", &first]);
    assert_eq!(code, 0, "{err}");
    assert!(csv.lines().next().unwrap().contains("P:SN IIP"), "{csv}");
    assert_eq!(csv.lines().count(), 13);
    // Again, from the reference set beside it, as JSON; the same command gives the same bytes.
    let again = ["refit", "-m", &first, "-t", "transients", "-o", &second, "--epochs", "3", "--beta", "1", "--weights", "label", "--json"];
    let (code, out, err) = taxonova(&again);
    assert_eq!(code, 0, "{err}");
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["comparison"]["fold"], 9);
    assert_eq!(value["comparison"]["rows"].as_array().unwrap().len(), 22);
    assert_eq!(value["left_out"], serde_json::json!({}));
    assert_eq!(value["steps"], 3);
    let bytes = std::fs::read(&second).unwrap();
    assert_eq!(taxonova(&again).1, out);
    assert!(bytes == std::fs::read(&second).unwrap());
    let model = Model::load(Path::new(&second)).unwrap();
    assert_eq!((model.name(), model.taxonomy().weights.beta), ("second", 1.0));
    assert!(std::fs::metadata(folder.path("second.refset.parquet")).unwrap().len() > 1_000_000);
}

#[test]
fn what_is_refused_is_refused_before_anything_is_written() {
    let folder = folder();
    std::fs::write(
        folder.path("lonely.onnx"),
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/transients.onnx")).unwrap(),
    )
    .unwrap();
    let foreign = Refset { encoder: "another".into(), rows: vec![] }.to_parquet().unwrap();
    std::fs::write(folder.path("foreign.parquet"), foreign).unwrap();
    std::fs::write(
        folder.path("fruit.json"),
        r#"{ "format": "taxonova-taxonomy", "version": 1, "name": "f", "root": { "name": "Fruit", "children": [ { "name": "apple" }, { "name": "pear" } ] } }"#,
    )
    .unwrap();
    let (tree, out, lonely) = (folder.name("tree.json"), folder.name("out.onnx"), folder.name("lonely.onnx"));
    let (foreign, fruit, missing) = (folder.name("foreign.parquet"), folder.name("fruit.json"), folder.name("missing.parquet"));
    let cases: [(&[&str], &[&str]); 8] = [
        (&["-m", &lonely, "-t", &tree, "-o", &out], &["lonely.refset.parquet", "--folds"]),
        (&["-t", &tree, "-o", &out, "--refset", &foreign], &["foreign.parquet", "made by the encoder another"]),
        (&["-t", &tree, "-o", &out, "--refset", &missing], &["missing.parquet"]),
        (&["-t", &fruit, "-o", &out], &["nothing to refit on", "SN Ia"]),
        (&["-t", &tree, "-o", "out.txt"], &[".onnx"]),
        (&["-t", "no-such-tree", "-o", &out], &["no-such-tree"]),
        (&["-t", &tree, "-o", &out, "--beta=-1"], &["beta"]),
        (&["-t", &tree, "-o", &out, "--epochs", "0"], &["--epochs"]),
    ];
    for (args, pieces) in cases {
        let (code, stdout, err) = taxonova(&[&["refit"], args].concat());
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {err}");
        for piece in pieces {
            assert!(err.contains(piece), "{piece} in {err}");
        }
    }
    assert!(!folder.path("out.onnx").exists() && !folder.path("out.refset.parquet").exists());
}
