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

/// 60 objects of two classes at three ages; from 14 days on the answers are right.
fn ages_case(dir: &Path) -> (String, String) {
    let (_, layout) = transients();
    let mut data = String::from("object_id,mjd,band,mag,mag_err,label\n");
    let mut predictions = String::from("object_id,label,fold,asof_d");
    for slot in &layout.slots {
        predictions.push_str(&format!(",P:{}", slot.name));
    }
    predictions.push('\n');
    for i in 0..60 {
        let (label, other) = if i % 2 == 0 { ("SN II", "SN IIn") } else { ("SN IIn", "SN II") };
        for day in [0, 1, 10, 20] {
            data.push_str(&format!("o{i},{},g,18,0.1,{label}\n", 59000 + day));
        }
        for (age, said) in [("3", other), ("14", label), ("", label)] {
            let atom = layout.by_name(said).unwrap();
            predictions.push_str(&format!("o{i},{label},{},{age}", i % 10));
            for slot in 0..layout.len() {
                predictions.push_str(if layout.ancestor_or_self(slot, atom) { ",1" } else { ",0" });
            }
            predictions.push('\n');
        }
    }
    (write(dir, "data.csv", &data), write(dir, "oof.csv", &predictions))
}

#[test]
fn measures_by_age_and_points_and_the_difference_of_two_files() {
    let dir = tempfile::tempdir().unwrap();
    let (data, oof) = ages_case(dir.path());
    let (code, out, err) = evaluate(&[&data, "--predictions", &oof, "--asof", "14,3", "--auroc", "SN II", "--json", "--against", &oof]);
    assert_eq!((code, err.as_str()), (0, ""));
    let v: serde_json::Value = serde_json::from_str(&out).unwrap();
    let ages = v["report"]["by_age"].as_array().unwrap();
    let seen: Vec<_> = ages.iter().map(|a| (a["name"].as_str().unwrap(), a["leaf_macro_f1"].as_f64(), a["auroc"].as_f64())).collect();
    assert_eq!(seen, [("3 d", Some(0.0), Some(0.0)), ("14 d", Some(1.0), Some(1.0)), ("all", Some(1.0), Some(1.0))]);
    // Two detections at 3 days, three at 14, four in all: the latter two share a bin, in which an object counts once.
    let points = v["report"]["by_points"].as_array().unwrap();
    let seen: Vec<_> = points.iter().map(|a| (a["name"].as_str().unwrap(), a["n"].as_u64().unwrap())).collect();
    assert_eq!(seen, [("1-2 points", 60), ("3-5 points", 60)]);
    let difference = &v["against"]["differences"][0]["interval"];
    assert_eq!((v["against"]["n"].as_u64(), difference["low"].as_f64()), (Some(60), Some(0.0)));
    let (code, _, err) = evaluate(&[&data, "--predictions", &oof, "--asof", "7"]);
    assert!(code == 2 && err.contains("asof_d 7") && err.contains("3, 14"), "{err}");
}

#[test]
fn labels_that_the_tree_does_not_know_and_classes_that_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (data, predictions) = case(dir.path(), &[("sn1", "SN II", "SN II"), ("sn2", "SLSN-Q", "SN II"), ("sn3", "TDE", "SN II")]);
    let (code, text, _) = evaluate(&[&data, "--predictions", &predictions, "--leave-out", "TDE"]);
    assert_eq!(code, 0);
    assert!(text.contains("SLSN-Q (1, perhaps SLSN") && text.contains("1 objects of TDE"), "{text}");
    assert!(text.contains("1 objects on the tree"), "{text}");
    let (code, _, err) = evaluate(&[&data, "--predictions", &predictions, "--unmapped", "error"]);
    assert!(code == 2 && err.contains("SLSN-Q"), "{err}");
    let (code, _, err) = evaluate(&[&data, "--predictions", &predictions, "--leave-out", "TDEE"]);
    assert!(code == 2 && err.contains("\"TDE\""), "{err}");
}

#[test]
fn an_object_in_two_folds_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (data, predictions) = case(dir.path(), &[("sn1", "SN II", "SN II")]);
    let text = std::fs::read_to_string(&predictions).unwrap();
    let row = text.lines().nth(1).unwrap().replacen("sn1,0", "sn1,1", 1);
    let leaky = write(dir.path(), "leaky.csv", &format!("{text}{row}\n"));
    let (code, _, err) = evaluate(&[&data, "--predictions", &leaky]);
    assert!(code == 2 && err.contains("fold 1") && err.contains("fold 0"), "{err}");
}

#[test]
fn a_report_of_the_shipped_model_on_the_sample() {
    let dir = tempfile::tempdir().unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/simulated.csv");
    let folder = dir.path().join("a/report");
    let folder = folder.to_str().unwrap();
    let args = [sample, "-m", "transients", "--asof", "14", "--report", folder];
    let (code, _, err) = evaluate(&args);
    assert_eq!(code, 0, "{err}");
    let page = std::fs::read_to_string(format!("{folder}/report.html")).unwrap();
    for piece in
        ["<h2>Per class</h2>", "<h2>Operating curve</h2>", "<h2>Days since the first detection</h2>", "<svg", "prefers-color-scheme"]
    {
        assert!(page.contains(piece), "{piece}");
    }
    assert!(!page.contains("<script") && !page.contains("href=") && !page.contains("src="), "self-contained");
    assert_eq!(page.matches("<figure>").count(), page.matches("</figure>").count());
    let text = std::fs::read_to_string(format!("{folder}/report.md")).unwrap();
    assert!(text.contains("## Headline measures") && !text.contains("<svg"));
    let (code, _, err) = evaluate(&args);
    assert!(code == 2 && err.contains("--overwrite"), "{err}");
    assert_eq!(evaluate(&[&args[..], &["--overwrite"]].concat()).0, 0);
}

/// 200 objects in ten folds: one in five is SN Ibc, of which every second gets SN II 0.6 and SN Ibc 0.4.
fn rules_case(dir: &Path, folds: bool) -> (String, String) {
    let (_, layout) = transients();
    let (ii, ib) = (layout.by_name("SN II").unwrap(), layout.by_name("SN Ib").unwrap());
    let mut data = String::from("object_id,mjd,band,mag,mag_err,label\n");
    let mut predictions = String::from(if folds { "object_id,fold" } else { "object_id" });
    layout.slots.iter().for_each(|slot| predictions.push_str(&format!(",P:{}", slot.name)));
    predictions.push('\n');
    for i in 0..200 {
        let (label, p_ib) = match i % 10 {
            0 => ("SN Ib", 0.9),
            5 => ("SN Ib", 0.4),
            k => ("SN II", 0.01 * f64::from(k)),
        };
        data.push_str(&format!("o{i},59000,g,18,0.1,{label}\no{i},59001,r,18,0.1,{label}\n"));
        predictions.push_str(&format!("o{i}"));
        if folds {
            predictions.push_str(&format!(",{}", i / 20));
        }
        for slot in 0..layout.len() {
            let holds = |atom| f64::from(u8::from(layout.ancestor_or_self(slot, atom)));
            predictions.push_str(&format!(",{}", p_ib * holds(ib) + (1.0 - p_ib) * holds(ii)));
        }
        predictions.push('\n');
    }
    (write(dir, "data.csv", &data), write(dir, "oof.csv", &predictions))
}

#[test]
fn the_rule_of_the_decisions_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    let (data, oof) = rules_case(dir.path(), true);
    let with = |rule: &[&str]| {
        let (code, out, err) = evaluate(&[&[data.as_str(), "--predictions", &oof, "--json"], rule].concat());
        assert_eq!((code, err.as_str()), (0, ""));
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["report"].clone()
    };
    let measure = |r: &serde_json::Value, name: &str| {
        let all = r["measures"].as_array().unwrap().clone();
        all.iter().find(|m| m["measure"] == name).unwrap()["interval"]["value"].as_f64().unwrap()
    };
    let plain = with(&[]);
    assert_eq!((plain["rule"].as_str(), measure(&plain, "coverage")), (Some("threshold, tau 0.5"), 0.9));
    // Twenty of forty SN Ib are called SN II, unless rare classes are favoured.
    assert!(measure(&plain, "leaf macro F1") < 0.85);
    let balanced = with(&["--rule", "balanced"]);
    assert_eq!((measure(&balanced, "leaf macro F1"), measure(&balanced, "decided at a leaf")), (1.0, 1.0));
    let rule = balanced["rule"].as_str().unwrap();
    assert!(rule.starts_with("balanced, gamma 0.") && rule.ends_with("each fold by what fits the others"), "{rule}");
    assert!(measure(&with(&["--rule", "balanced", "--gamma", "0"]), "leaf macro F1") < 0.85);
    let conformal = with(&["--rule", "conformal", "--epsilon", "0.05"]);
    let coverage = &conformal["coverage"];
    assert_eq!((coverage["nominal"].as_f64(), measure(&conformal, "coverage")), (Some(0.95), 1.0));
    let all = &coverage["rows"][0]["by_age"][0];
    assert_eq!((all["n"].as_u64(), all["covered"].as_u64()), (Some(200), Some(200)));
    let careless = with(&["--rule", "conformal", "--epsilon", "0.2"]);
    assert_eq!(measure(&careless, "coverage"), 0.9, "a tenth may be wrong");
    assert_eq!((measure(&careless, "decided at a leaf"), measure(&conformal, "decided at a leaf")), (1.0, 0.9));
    let (code, text, _) = evaluate(&[&data, "--predictions", &oof, "--rule", "utility", "--accuracy", "0.8"]);
    assert_eq!(code, 0);
    for piece in ["utility, accuracy 0.8", "coverage: share", "tau 0.50", "most often wrong: SN Ib as SN II (20)", "calibration by number"]
    {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    // Without folds by parts of the names; and what can't be promised.
    let (data, oof) = rules_case(dir.path(), false);
    let (code, text, _) = evaluate(&[&data, "--predictions", &oof, "--rule", "balanced"]);
    assert!(code == 0 && text.contains("each of 5 parts by what fits the others"), "{text}");
    let (code, _, err) = evaluate(&[&data, "--predictions", &oof, "--rule", "conformal", "--epsilon", "0.001"]);
    assert!(code == 2 && err.contains("without one of its parts") && err.contains("epsilon"), "{err}");
    let (code, _, err) = evaluate(&[&data, "--predictions", &oof, "--gamma", "0.5"]);
    assert!(code == 2 && err.contains("--rule balanced"), "{err}");
}
