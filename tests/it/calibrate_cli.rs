//! `taxonova calibrate`, `classify --rule` and `--priors` as scripts see them.

use assert_cmd::Command;
use std::collections::HashMap;
use std::path::PathBuf;
use taxonova::model::Model;
use taxonova::model::refset::Refset;
use taxonova::simulate::Simulator;
use taxonova::taxonomy::{Edit, Taxonomy, to_json};

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

/// Simulated light curves without labels, `data.csv`, and their classes, `labels.csv`.
fn folder(n: usize) -> Folder {
    let folder = Folder(tempfile::tempdir().unwrap());
    let (code, _, err) = taxonova(&["simulate", "-n", &n.to_string(), "-o", &folder.name("sim"), "--seed", "5"]);
    assert_eq!(code, 0, "{err}");
    let simulator = Simulator::new(5);
    let mut labels = String::from("label,object_id\n");
    for i in 0..n as u64 {
        let lc = simulator.object(i).light_curve();
        labels += &format!("{},{}\n", lc.label.unwrap(), lc.object_id);
    }
    std::fs::write(folder.path("labels.csv"), labels).unwrap();
    folder
}

/// decision and P:<node> by object.
fn classified(args: &[&str]) -> HashMap<String, HashMap<String, String>> {
    let mut all = vec!["classify"];
    all.extend(args);
    let (code, out, err) = taxonova(&all);
    assert_eq!(code, 0, "{err}");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |r: csv::StringRecord| header.iter().map(String::from).zip(r.iter().map(String::from)).collect::<HashMap<_, _>>();
    reader.records().map(|r| row(r.unwrap())).map(|r| (r["object_id"].clone(), r)).collect()
}

#[test]
fn a_model_is_calibrated_for_other_data_and_decides_by_every_rule() {
    let folder = folder(120);
    let (data, labels, out) = (folder.name("sim"), folder.name("labels.csv"), folder.name("new.onnx"));
    let args = ["calibrate", &data, "--labels", &labels, "-o", &out];
    let (code, text, err) = taxonova(&args);
    assert_eq!(code, 0, "{err}");
    for piece in ["log loss", "debiased ECE", "children of", "SN Ia", "calibrated on 120 objects"] {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    assert!(err.contains("new.refset.parquet"), "{err}");
    let model = Model::load(&folder.path("new.onnx")).unwrap();
    assert!(!model.scaling().is_identity());
    assert_eq!(model.metadata().decisions.as_ref().unwrap().ages.len(), 7);
    assert!(model.refset().is_ok_and(|r: Refset| r.rows.len() > 10_000));
    // The simulated classes have other rates than the real ones: the loss must fall by much.
    let (code, json, err) = taxonova(&[&args[..], &["--overwrite", "--json"]].concat());
    assert_eq!(code, 0, "{err}");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let loss = |w: &str| value["log_loss"][w].as_f64().unwrap();
    assert!(loss("after") < loss("before"), "{json}");
    assert_eq!(value["objects"], 120);
    // Not twice without being told.
    let (code, _, err) = taxonova(&args);
    assert!(code == 2 && err.contains("--overwrite"), "{err}");

    let plain = classified(&[&data, "-m", &out]);
    let bold = classified(&[&data, "-m", &out, "--rule", "conformal", "--epsilon", "0.4"]);
    let careful = classified(&[&data, "-m", &out, "--rule", "conformal", "--epsilon", "0.05"]);
    let depth = |rows: &HashMap<String, HashMap<String, String>>| -> usize {
        rows.values().map(|r| r["decision_path"].matches(" > ").count() + usize::from(r["decision"] != "Object")).sum()
    };
    assert!(depth(&bold) > depth(&careful), "{} {}", depth(&bold), depth(&careful));
    assert_eq!(plain.len(), careful.len());
    let early = classified(&[&data, "-m", &out, "--rule", "conformal", "--asof", "5"]);
    assert_eq!(early.len(), 120);
    let useful = |accuracy: &str| depth(&classified(&[&data, "-m", &out, "--rule", "utility", "--accuracy", accuracy]));
    assert!(useful("0.3") >= useful("0.8"));
    // More than 120 objects can promise.
    let (code, _, err) = taxonova(&["classify", &data, "-m", &out, "--rule", "conformal", "--epsilon", "0.001"]);
    assert!(code == 2 && err.contains("120 objects") && err.contains("0.001"), "{err}");
    // On an edited tree the scores come from the reference set.
    let tree = edited(model.taxonomy());
    std::fs::write(folder.path("tree.json"), to_json(&tree)).unwrap();
    let on_tree = classified(&[&data, "-m", &out, "-t", &folder.name("tree.json"), "--rule", "conformal", "--epsilon", "0.2"]);
    assert!(on_tree.values().all(|r| r["decision"] != "SN IIn"), "SN IIn is not in the tree");
    std::fs::remove_file(folder.path("new.refset.parquet")).unwrap();
    let (code, _, err) = taxonova(&["classify", &data, "-m", &out, "-t", &folder.name("tree.json"), "--rule", "conformal"]);
    assert!(code == 2 && err.contains("refset.parquet"), "{err}");
}

/// Without SN IIn, whose objects are then core-collapse supernovae.
fn edited(tree: &Taxonomy) -> Taxonomy {
    let mut tree = tree.clone();
    let id = tree.find("SN IIn").unwrap();
    tree.apply(Edit::Delete { id, children: taxonova::taxonomy::Subtree::GoAlong }).unwrap();
    tree
}

#[test]
fn what_can_not_be_calibrated_says_why() {
    let folder = folder(30);
    let (data, labels, out) = (folder.name("sim"), folder.name("labels.csv"), folder.name("new.onnx"));
    let fails = |args: &[&str], what: &[&str]| {
        let (code, _, err) = taxonova(&[&["calibrate"], args].concat());
        assert!(code == 2 && what.iter().all(|w| err.contains(w)), "{args:?}: {what:?} in {err}");
        assert!(!folder.path("new.onnx").exists());
    };
    std::fs::write(folder.path("few.csv"), "object_id,label\nsim-0000,SN Ia\nsim-0001,SN Iax \nsim-0002,SN Ib\n").unwrap();
    fails(&[&data, "--labels", &labels, "-o", &folder.name("new.txt")], &[".onnx"]);
    fails(&[&data, "--labels", &folder.name("no.csv"), "-o", &out], &["no.csv"]);
    std::fs::write(folder.path("bad.csv"), "name,label\na,SN Ia\n").unwrap();
    fails(&[&data, "--labels", &folder.name("bad.csv"), "-o", &out], &["no column object_id"]);
    std::fs::write(folder.path("two.csv"), "object_id,label\na,SN Ia\na,SN II\n").unwrap();
    fails(&[&data, "--labels", &folder.name("two.csv"), "-o", &out], &["line 3", "SN II", "one label"]);
    let text = std::fs::read_to_string(folder.path("labels.csv")).unwrap();
    let odd = text.lines().skip(1).map(|l| format!("{}\n", l.split_once(',').unwrap().1)).enumerate();
    let odd: String = odd.map(|(i, id)| format!("{},{id}", if i < 25 { "Nonsense" } else { "SN Ia" })).collect();
    std::fs::write(folder.path("odd.csv"), format!("label,object_id\n{odd}")).unwrap();
    fails(&[&data, "--labels", &folder.name("odd.csv"), "-o", &out], &["25 objects labelled Nonsense", "5 objects to calibrate on"]);
}

#[test]
fn rules_and_priors_are_checked_before_anything_is_read() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data");
    let folder = Folder(tempfile::tempdir().unwrap());
    let fails = |args: &[&str], what: &[&str]| {
        let (code, _, err) = taxonova(&[&["classify", sample], args].concat());
        assert!(code == 2 && what.iter().all(|w| err.contains(w)), "{args:?}: {what:?} in {err}");
    };
    fails(&["--epsilon", "0.1"], &["--rule conformal"]);
    fails(&["--accuracy", "0.1"], &["--rule utility"]);
    fails(&["--rule", "conformal", "--epsilon", "1"], &["epsilon"]);
    fails(&["--rule", "conformal", "--weighted-p"], &["posteriors"]);
    std::fs::write(folder.path("p.csv"), "node,rate\nSN IIa,0.3\n").unwrap();
    fails(&["--priors", &folder.name("p.csv")], &["p.csv", "\"SN IIa\" is no class", "\"SN II\""]);
    fails(&["--priors", &folder.name("none.csv")], &["none.csv"]);
    // Rates: core collapse much more frequent than in training, the rest in proportion.
    std::fs::write(folder.path("p.json"), "{\"CC\": 0.9}").unwrap();
    let before = classified(&[sample]);
    let after = classified(&[sample, "--priors", &folder.name("p.json")]);
    let p = |rows: &HashMap<String, HashMap<String, String>>, id: &str, node: &str| rows[id][&format!("P:{node}")].parse::<f64>().unwrap();
    let mut moved = 0;
    for id in before.keys() {
        let (b, a) = (p(&before, id, "CC"), p(&after, id, "CC"));
        assert!(a >= b - 1e-6, "{id}: {b} {a}");
        moved += usize::from(a > b + 0.01);
        // Within CC nothing changes.
        if b > 0.01 {
            let (x, y) = (p(&before, id, "SN II") / b, p(&after, id, "SN II") / a);
            assert!((x - y).abs() < 1e-3, "{id}: {x} {y}");
        }
    }
    assert!(moved > 0);
}
