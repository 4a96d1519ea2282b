//! Ten-fold cross-validation on the `five_class` rows of `ztf_transients.parquet`: macro F1 and accuracy of the
//! five classes read from the cascade, as the mean over seeds, and the same network trained flat on the five classes.
//!
//! The class is the most probable one, or the one with the greatest P / rate^gamma, gamma chosen on the other folds. Also by the labels as
//! published, which tell SLSN-II from SN IIn.
//!
//! cargo bench --bench five_class -- [--seeds 5] [--members 1] [--flat] [--beta 0.5] [--write FILE_SEED.csv] [--no-brightness] ...
//! (--write: probabilities of each seed, and FILE_favoured.csv with what the rule says, for `tools/paired.py`;
//! --no-brightness: without the features that are apparent magnitudes; every number of `TrainConfig` has an option of its name; see `main`)

#[path = "../common/mod.rs"]
mod common;
mod scores;

use common::{argument, cpu_seconds, fail, flag};
use scores::{Choice, Labels, Reading, Row, means, said};
use std::collections::HashMap;
use std::ops::ControlFlow;
use taxonova::cascade::{log_conditionals, log_probabilities};
use taxonova::evaluate::{FIVE_CLASSES, auroc};
use taxonova::features;
use taxonova::lightcurve::{LightCurve, window};
use taxonova::taxonomy::{Layout, Taxonomy};
use taxonova::train::{Example, Prediction, TrainConfig, cross_validate, examples};

/// Ages in days since the first detection at which SN Ia is told from the rest.
const AGES_D: [f64; 6] = [3.0, 7.0, 14.0, 30.0, 60.0, 120.0];

/// The five classes as a tree of one level, for the flat comparison.
const FLAT: &[(&str, &[&str])] = &[
    ("SN Ia", &["SN Ia-91T", "SN Ia-91bg", "SN Ia-pec", "SN Iax", "SN Ia-CSM", "SN Ia-SC", "SN Ia-Ca-rich"]),
    ("SN II", &["SN IIP", "SN II-pec"]),
    ("SN IIn", &["SLSN-II", "SN IIn-pec"]),
    ("SLSN-I", &[]),
    ("SN Ibc", &["SN Ib", "SN Ic", "SN Ic-BL", "SN Ibn", "SN Icn", "SN Ib-pec", "SN Ib-Ca-rich"]),
];

fn main() {
    let Some(dir) = common::data_dir() else { return };
    let curves = common::curves(&dir.join("ztf_transients.parquet"));
    let by_id: HashMap<&str, &LightCurve> = curves.iter().map(|lc| (lc.object_id.as_str(), lc)).collect();
    let tree = if flag("--flat") { flat_tree() } else { common::tree("transients") };
    let layout = Layout::new(&tree);
    let mut options = tree.weights;
    options.alpha = argument("--alpha", options.alpha);
    options.beta = argument("--beta", options.beta);
    let config = config();
    let out: String = argument("--write", String::new());
    let read = |labels| Reading::new(&tree, &layout, labels).unwrap_or_else(|| fail("the tree does not hold the five classes"));
    // The flat tree's classes are those of the column.
    let kinds = if flag("--flat") { vec![Labels::Column] } else { vec![Labels::Column, Labels::Raw] };
    let readings: Vec<(Labels, Reading)> = kinds.into_iter().map(|labels| (labels, read(labels))).collect();
    let mut truths: Vec<Vec<usize>> = vec![Vec::new(); readings.len()];
    let mut answers: Vec<[Vec<Vec<usize>>; 3]> = readings.iter().map(|_| Default::default()).collect();
    // Of each row of the first reading: object, class and fold.
    let mut about: Vec<String> = Vec::new();
    let seeds: u64 = argument("--seeds", 5);
    let begin = cpu_seconds();
    for seed in 1..=seeds {
        let config = TrainConfig { seed, ..config.clone() };
        let (mut set, _) = examples(&curves, &tree, &layout, &config.groups, config.versions, seed);
        for e in &mut set {
            let lc = by_id[e.object_id.as_str()];
            let at = |age: &f64| features::compute(&window::as_of(lc, *age), lc.photometry, &config.groups);
            e.reference.truncate(1);
            e.reference.extend(AGES_D.iter().map(at));
        }
        if flag("--no-brightness") {
            forget_brightness(&mut set, &config);
        }
        let predictions = cross_validate(&set, &tree, &layout, &options, &config, &|_, _| ControlFlow::Continue(()));
        let predictions = predictions.unwrap_or_else(|e| fail(e));
        println!("seed {seed}");
        early(&layout, &set, &predictions);
        if let (false, Some((_, reading))) = (out.is_empty(), readings.first()) {
            write(&out.replace("SEED", &seed.to_string()), &set, &predictions, reading);
        }
        for (k, (labels, reading)) in readings.iter().enumerate() {
            let scored = set.iter().zip(&predictions).filter_map(|(e, p)| Some((e, p, reading.truth(e)?)));
            if k == 0 {
                let of = |e: &Example| format!("{},{},{}", e.object_id, e.five_class.as_deref().unwrap_or_default(), e.fold);
                about = scored.clone().map(|(e, ..)| of(e)).collect();
            }
            let rows: Vec<Row> = scored.map(|(e, p, truth)| row(&layout, reading, e, p, truth)).collect();
            truths[k] = rows.iter().map(|r| r.truth).collect();
            for (choice, of_choice) in Choice::ALL.into_iter().zip(&mut answers[k]) {
                of_choice.push(said(&rows, choice));
                println!("  {}", line(*labels, choice, &truths[k], &of_choice[of_choice.len() - 1..]));
            }
        }
    }
    println!(
        "{}{} alpha {} beta {} members {}: mean of {seeds} seeds [95 % by bootstrap over objects], {:.0} CPU s a seed",
        if flag("--flat") { "flat" } else { "hierarchy" },
        if flag("--no-brightness") { ", no apparent magnitudes," } else { "" },
        options.alpha,
        options.beta,
        config.members,
        (cpu_seconds() - begin) / seeds as f64
    );
    if let (false, Some(answers)) = (out.is_empty(), answers.first()) {
        let favoured = Choice::ALL.iter().zip(answers).find(|(choice, _)| **choice == Choice::Favoured);
        favoured.iter().for_each(|(_, seeds)| write_favoured(&out.replace("SEED", "favoured"), &about, seeds));
    }
    for (((labels, _), truths), answers) in readings.iter().zip(&truths).zip(&answers) {
        for (choice, of_seeds) in Choice::ALL.into_iter().zip(answers) {
            println!("  {}", line(*labels, choice, truths, of_seeds));
        }
    }
}

/// The shipped settings, but for what the command line says.
fn config() -> TrainConfig {
    let d = TrainConfig::default();
    let hidden: String = argument("--hidden", d.hidden.iter().map(|h| h.to_string()).collect::<Vec<_>>().join(","));
    TrainConfig {
        epochs: argument("--epochs", d.epochs),
        batch: argument("--batch", d.batch),
        learning_rate: argument("--lr", d.learning_rate),
        weight_decay: argument("--decay", d.weight_decay),
        dropout: argument("--dropout", d.dropout),
        hidden: hidden.split(',').filter_map(|h| h.parse().ok()).collect(),
        members: argument("--members", d.members),
        versions: argument("--versions", d.versions),
        whole: argument("--whole", d.whole),
        patience: argument("--patience", d.patience),
        validation: argument("--validation", d.validation),
        ..d
    }
}

/// Takes the features that are apparent magnitudes out.
fn forget_brightness(set: &mut [Example], config: &TrainConfig) {
    let bright = |name: &str| {
        ["_peak_mag", "_first_mag", "_mean_w", "_median"].iter().any(|end| name.ends_with(end))
            || name.starts_with("g_at_")
            || name.starts_with("r_at_")
    };
    let kept: Vec<usize> = features::table(&config.groups).enumerate().filter(|(_, f)| !bright(&f.name)).map(|(i, _)| i).collect();
    let pick = |rows: &mut Vec<Vec<f32>>| rows.iter_mut().for_each(|r| *r = kept.iter().map(|&i| r[i]).collect());
    for e in set {
        pick(&mut e.versions);
        pick(&mut e.reference);
    }
}

fn probabilities(log_p: &[f64]) -> Vec<f64> {
    log_p.iter().map(|l| l.exp()).collect()
}

/// The answer to a whole light curve.
fn row(layout: &Layout, reading: &Reading, e: &Example, p: &[Prediction], truth: usize) -> Row {
    let weighted = log_probabilities(layout, &log_conditionals(layout, &p[0].logits));
    Row { p: reading.p(&probabilities(&p[0].log_probability)), weighted: reading.p(&probabilities(&weighted)), truth, fold: e.fold }
}

/// Mean scores over some seeds' answers.
fn line(labels: Labels, choice: Choice, truths: &[usize], seeds: &[Vec<usize>]) -> String {
    let found = means(truths, seeds);
    let text = |i: usize| found.get(i).copied().flatten().map_or_else(|| "-".into(), |i| i.to_string());
    let each: Vec<String> = FIVE_CLASSES.iter().enumerate().map(|(c, name)| format!("{name} {}", text(c + 2))).collect();
    let labels = if labels == Labels::Column { "column five_class" } else { "labels as published" };
    format!("{labels}, {}: n {}, macro F1 {}, accuracy {}; F1 {}", choice.name(), truths.len(), text(0), text(1), each.join(", "))
}

/// How well SN Ia is told from the rest at each age.
fn early(layout: &Layout, set: &[Example], predictions: &[Vec<Prediction>]) {
    let Some(slot) = layout.by_name("SN Ia") else { return };
    let of_age = |age: usize| {
        let scored = |five: bool| {
            let rows = set.iter().zip(predictions).filter(|(e, _)| !matches!(e.label.as_str(), "SN" | "SN I"));
            let rows = rows.filter(|(e, _)| !five || e.five_class.is_some());
            let pairs: Vec<(f64, bool)> = rows.map(|(e, p)| (p[age].log_probability[slot], e.path.contains(&slot))).collect();
            auroc(&pairs).unwrap_or(f64::NAN)
        };
        let age_d = age.checked_sub(1).map_or("whole".to_string(), |i| AGES_D[i].to_string());
        format!("{age_d}: {:.4} ({:.4})", scored(false), scored(true))
    };
    let early: Vec<String> = (0..=AGES_D.len()).map(of_age).collect();
    println!("  SN Ia against the rest, AUROC by age in days, all rows (five_class rows): {}", early.join(", "));
}

/// The probabilities of the five as a file.
fn write(path: &str, set: &[Example], predictions: &[Vec<Prediction>], reading: &Reading) {
    let classes: Vec<String> = FIVE_CLASSES.iter().map(|class| format!(",P:{class}")).collect();
    let mut text = format!("object_id,five_class,fold{}\n", classes.concat());
    for (e, p) in set.iter().zip(predictions) {
        let Some(five) = &e.five_class else { continue };
        let p: Vec<String> = reading.p(&probabilities(&p[0].log_probability)).iter().map(|p| format!("{p:.6}")).collect();
        text += &format!("{},{five},{},{}\n", e.object_id, e.fold, p.join(","));
    }
    std::fs::write(path, text).unwrap_or_else(|e| fail(e));
}

/// What the rule that favours rare classes says, a column for each seed, as `tools/paired.py` reads it.
fn write_favoured(path: &str, about: &[String], seeds: &[Vec<usize>]) {
    let columns: Vec<String> = (1..=seeds.len()).map(|seed| format!(",seed{seed}")).collect();
    let mut text = format!("object_id,five_class,fold{}\n", columns.concat());
    for (i, about) in about.iter().enumerate() {
        let answers: String = seeds.iter().map(|s| format!(",{}", FIVE_CLASSES[s[i]])).collect();
        text += &format!("{about}{answers}\n");
    }
    std::fs::write(path, text).unwrap_or_else(|e| fail(e));
}

fn flat_tree() -> Taxonomy {
    let mut tree = Taxonomy::new("five classes", "Object");
    tree.weights = common::tree("transients").weights;
    for (name, absorbs) in FLAT {
        let id = tree.add_child(tree.root(), *name).unwrap_or_else(|e| fail(e));
        let absorbs = absorbs.iter().map(|a| a.to_string()).collect();
        tree.apply(taxonova::taxonomy::Edit::SetAbsorbs { id, absorbs }).unwrap_or_else(|e| fail(e));
    }
    tree
}
