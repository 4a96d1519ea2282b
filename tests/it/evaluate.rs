//! `taxonova evaluate` as scripts see it.

use super::common::shared_data;
use assert_cmd::Command;
use std::path::Path;
use taxonova::taxonomy::{Layout, Taxonomy, parse_json, shipped_json};

fn evaluate(args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().arg("evaluate").args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn transients() -> (Taxonomy, Layout) {
    let tree = parse_json(shipped_json("transients").unwrap(), Path::new("transients")).unwrap();
    let layout = Layout::new(&tree);
    (tree, layout)
}

/// Objects with a label and the atom that the prediction gives 0.9 (the rest goes to TDE).
fn case(dir: &Path, objects: &[(&str, &str, &str)]) -> (String, String) {
    let (_, layout) = transients();
    let mut data = String::from("object_id,mjd,band,mag,mag_err,label,five_class\n");
    let mut predictions = String::from("object_id,fold");
    for slot in &layout.slots {
        predictions.push_str(&format!(",P:{}", slot.name));
    }
    predictions.push('\n');
    let tde = layout.by_name("TDE").unwrap();
    for (id, label, said) in objects {
        let five = if *label == "SLSN-II" { "SN IIn" } else { label };
        data.push_str(&format!("{id},59000,g,18,0.1,{label},{five}\n{id},59001,r,18,0.1,{label},{five}\n"));
        if *said == "-" {
            continue;
        }
        let atom = layout.by_name(said).unwrap();
        predictions.push_str(&format!("{id},0"));
        for slot in 0..layout.len() {
            let p = 0.9 * f64::from(u8::from(layout.ancestor_or_self(slot, atom)))
                + 0.1 * f64::from(u8::from(layout.ancestor_or_self(slot, tde)));
            predictions.push_str(&format!(",{p:.6}"));
        }
        predictions.push('\n');
    }
    (write(dir, "data.csv", &data), write(dir, "predictions.csv", &predictions))
}

#[test]
fn predictions_of_a_file_are_joined_and_judged() {
    let dir = tempfile::tempdir().unwrap();
    let mut objects = vec![
        ("sn1", "SLSN-II", "SN IIn"), // right for the five classes, wrong on the tree
        ("sn2", "SN II", "SN II"),
        ("sn3", "SN Ia", "other SN Ia"), // the residual is what a plain SN Ia is
        ("sn4", "kilonova", "SN II"),
        ("sn5", "SN II", "-"),
    ];
    objects.push(("sn6", "SN", "SN IIn"));
    let (data, predictions) = case(dir.path(), &objects);
    let (code, out, err) = evaluate(&[&data, "--predictions", &predictions, "--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let v: serde_json::Value = serde_json::from_str(&out).unwrap();
    let r = &v["report"];
    assert_eq!(r["n"], 4);
    assert_eq!((r["correct"].as_u64(), r["mistakes"].as_u64()), (Some(3), Some(1)));
    assert_eq!(v["unknown_labels"]["kilonova"], 1);
    assert_eq!(v["without_prediction"], 1);
    assert_eq!((&r["five_class"]["n"], &r["five_class"]["accuracy"]), (&serde_json::json!(3), &serde_json::json!(1.0)));
    let (_, layout) = transients();
    let depth_label = layout.slots[layout.by_name("SLSN-II").unwrap()].depth;
    assert!(depth_label >= 2);
    let ln = -(4.0f64.recip()) * (3.0 * 0.9f64.ln() + 1e-15f64.ln());
    assert!((r["log_loss"].as_f64().unwrap() - ln).abs() < 1e-5, "{}", r["log_loss"]);
    let (code, text, _) = evaluate(&[&data, "--predictions", &predictions]);
    assert_eq!(code, 0);
    for piece in ["five-class", "hierarchical F", "kilonova (1)", "out of fold"] {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    assert!(!text.contains("[TRAINED ON]"));
}

#[test]
fn faults_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (data, predictions) = case(dir.path(), &[("sn1", "SN II", "SN II")]);
    let other = write(dir.path(), "other.csv", "object_id,P:A,P:B\nsn1,0.5,0.5\n");
    let (code, _, err) = evaluate(&[&data, "--predictions", &other]);
    assert_eq!(code, 2);
    assert!(err.contains("-t"), "{err}");
    let (code, _, err) = evaluate(&[&data, "--predictions", &other, "-t", "transients"]);
    assert_eq!(code, 2);
    assert!(err.contains("missing"), "{err}");
    assert_eq!(evaluate(&[&data, "--predictions", &predictions, "-m", "transients"]).0, 2);
    assert_eq!(evaluate(&["/no/such/file.csv", "--predictions", &predictions]).0, 2);
    let unlabelled = write(dir.path(), "unlabelled.csv", "object_id,mjd,band,mag,mag_err\nx,1,g,18,0.1\n");
    let (code, _, err) = evaluate(&[&unlabelled, "-m", "transients"]);
    assert_eq!(code, 2);
    assert!(err.contains("label"), "{err}");
}

#[test]
fn what_the_model_was_trained_on_is_never_scored_without_saying_so() {
    let Some(data) = shared_data() else { return };
    let file = data.join("ztf_transients.parquet");
    let (code, out, err) = evaluate(&[file.to_str().unwrap(), "--json"]);
    assert_eq!(code, 0, "{err}");
    let v: serde_json::Value = serde_json::from_str(&out).unwrap();
    let trained = v["trained_on"].as_array().unwrap().len();
    let fair = v["report"]["n"].as_u64().unwrap();
    assert!(trained > 5000 && fair > 500, "{trained} trained on, {fair} not");
    let five = &v["report"]["five_class"];
    assert!(five["n"].as_u64().unwrap() > 200 && five["accuracy"].as_f64().unwrap() > 0.8, "{five}");
    let (_, text, _) = evaluate(&[file.to_str().unwrap()]);
    assert!(text.contains("THE MODEL WAS TRAINED ON"));
    let after = text.split("The objects that the model was TRAINED ON").nth(1).unwrap();
    let scores: Vec<&str> = after.lines().skip(1).filter(|l| l.chars().any(|c| c.is_ascii_digit())).collect();
    assert!(!scores.is_empty() && scores.iter().all(|l| l.starts_with("[TRAINED ON]")));
}
