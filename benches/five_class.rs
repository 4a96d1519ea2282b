//! Ten-fold cross-validation on the `five_class` rows of `ztf_transients.parquet`: macro F1 and accuracy of the
//! five classes read from the cascade, as the mean over seeds, and the same network trained flat on the five classes.
//!
//! cargo bench --bench five_class -- [--seeds 5] [--members 1] [--flat] [--beta 0.5] [--write FILE.csv] [--no-brightness] ...
//! (--no-brightness: without the features that are apparent magnitudes; every number of `TrainConfig` has an option of its name; see `main`)

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use taxonova::evaluate::FiveClass;
use taxonova::features;
use taxonova::lightcurve::read::{self, ReadOptions};
use taxonova::lightcurve::{LightCurve, window};
use taxonova::taxonomy::{Layout, Taxonomy, parse_json, shipped};
use taxonova::train::{TrainConfig, cross_validate, examples};

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

fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("TAXONOVA_SHARED_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    dir.is_dir().then_some(dir)
}

fn argument<T: std::str::FromStr>(name: &str, default: T) -> T {
    let args: Vec<String> = std::env::args().collect();
    let value = args.iter().position(|a| a == name).and_then(|i| args.get(i + 1));
    value.and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn fail(message: impl std::fmt::Display) -> ! {
    eprintln!("{message}");
    std::process::exit(2)
}

fn main() {
    let Some(dir) = data_dir() else {
        eprintln!("skipped: no real data (set TAXONOVA_SHARED_DATA)");
        return;
    };
    let flat = std::env::args().any(|a| a == "--flat");
    let reader = read::open(&dir.join("ztf_transients.parquet"), &ReadOptions::default()).unwrap_or_else(|e| fail(e));
    let curves: Vec<LightCurve> = reader.filter_map(Result::ok).collect();
    let tree = if flat { flat_tree() } else { transients() };
    let layout = Layout::new(&tree);
    let mut options = tree.weights;
    options.alpha = argument("--alpha", options.alpha);
    options.beta = argument("--beta", options.beta);
    let d = TrainConfig::default();
    let hidden: String = argument("--hidden", d.hidden.iter().map(|h| h.to_string()).collect::<Vec<_>>().join(","));
    let config = TrainConfig {
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
    };
    let seeds: u64 = argument("--seeds", 5);
    let out: Option<String> = Some(argument("--write", String::new())).filter(|f| !f.is_empty());
    let Some(reading) = FiveClass::new(&tree, &layout) else { fail("the tree does not hold the five classes") };
    let mut scores = Vec::new();
    let begin = cpu_seconds();
    for seed in 1..=seeds {
        let config = TrainConfig { seed, ..config.clone() };
        let (mut set, _) = examples(&curves, &tree, &layout, &config.groups, config.versions, seed);
        let by_id: HashMap<&str, &LightCurve> = curves.iter().map(|lc| (lc.object_id.as_str(), lc)).collect();
        for e in &mut set {
            let lc = by_id[e.object_id.as_str()];
            let at = |age: &f64| features::compute(&window::as_of(lc, *age), lc.photometry, &config.groups);
            e.reference.truncate(1);
            e.reference.extend(AGES_D.iter().map(at));
        }
        if std::env::args().any(|a| a == "--no-brightness") {
            let bright = |name: &str| {
                ["_peak_mag", "_first_mag", "_mean_w", "_median"].iter().any(|end| name.ends_with(end))
                    || name.starts_with("g_at_")
                    || name.starts_with("r_at_")
            };
            let kept: Vec<usize> = features::table(&config.groups).enumerate().filter(|(_, f)| !bright(&f.name)).map(|(i, _)| i).collect();
            let pick = |rows: &mut Vec<Vec<f32>>| rows.iter_mut().for_each(|r| *r = kept.iter().map(|&i| r[i]).collect());
            for e in &mut set {
                pick(&mut e.versions);
                pick(&mut e.reference);
            }
        }
        let predictions = cross_validate(&set, &tree, &layout, &options, &config, &|_, _| ControlFlow::Continue(()));
        let predictions = predictions.unwrap_or_else(|e| fail(e));
        let mut confusion = FiveClass::confusion();
        let mut weighted = FiveClass::confusion();
        for (e, p) in set.iter().zip(&predictions) {
            let Some(truth) = e.five_class.as_deref().and_then(FiveClass::truth) else { continue };
            let p_of = |log_p: &[f64]| log_p.iter().map(|l| l.exp()).collect::<Vec<f64>>();
            confusion.add(truth, reading.predict(&p_of(&p[0].log_probability)));
            let raw = taxonova::cascade::log_conditionals(&layout, &p[0].logits);
            weighted.add(truth, reading.predict(&p_of(&taxonova::cascade::log_probabilities(&layout, &raw))));
        }
        let (f1, accuracy) = (confusion.macro_f1(), confusion.accuracy());
        if let Some(slot) = layout.by_name("SN Ia") {
            let early: Vec<String> = (0..=AGES_D.len())
                .map(|age| {
                    let scored = |five: bool| {
                        let rows = set.iter().zip(&predictions).filter(|(e, _)| !matches!(e.label.as_str(), "SN" | "SN I"));
                        let rows = rows.filter(|(e, _)| !five || e.five_class.is_some());
                        auroc(rows.map(|(e, p)| (p[age].log_probability[slot], e.path.contains(&slot))).collect())
                    };
                    let age_d = age.checked_sub(1).map_or("whole".to_string(), |i| AGES_D[i].to_string());
                    format!("{age_d}: {:.4} ({:.4})", scored(false), scored(true))
                })
                .collect();
            println!("  SN Ia against the rest, AUROC by age in days, all rows (five_class rows): {}", early.join(", "));
        }
        if let Some(path) = &out {
            let path = path.replace("SEED", &seed.to_string());
            let mut text = String::from("object_id,five_class,fold,p_ia,p_ii,p_iin,p_slsn,p_ibc\n");
            for (e, p) in set.iter().zip(&predictions) {
                let Some(five) = &e.five_class else { continue };
                let p = reading.read(&p[0].log_probability.iter().map(|l| l.exp()).collect::<Vec<f64>>());
                let p: Vec<String> = p.iter().map(|p| format!("{p:.6}")).collect();
                text += &format!("{},{five},{},{}\n", e.object_id, e.fold, p.join(","));
            }
            std::fs::write(&path, text).unwrap_or_else(|e| fail(e));
        }
        let classes: Vec<String> = confusion.scores().iter().map(|s| format!("{} {:.3}", s.class, s.f1)).collect();
        println!(
            "seed {seed}: n {} macro F1 {f1:.4} accuracy {accuracy:.4}  ({});  weighted P: {:.4} {:.4}",
            confusion.n(),
            classes.join(", "),
            weighted.macro_f1(),
            weighted.accuracy()
        );
        scores.push([f1, accuracy, weighted.macro_f1(), weighted.accuracy()]);
    }
    let n = scores.len() as f64;
    let mean = |i: usize| scores.iter().map(|s| s[i]).sum::<f64>() / n;
    println!(
        "{} alpha {} beta {} members {}: mean of {seeds} seeds: macro F1 {:.4}, accuracy {:.4} (weighted P: {:.4}, {:.4}); {:.0} CPU s a seed",
        if flat { "flat" } else { "hierarchy" },
        options.alpha,
        options.beta,
        config.members,
        mean(0),
        mean(1),
        mean(2),
        mean(3),
        (cpu_seconds() - begin) / n
    );
}

/// Area under the ROC curve of (score, whether it is one), by the rank sum; ties count half.
fn auroc(mut rows: Vec<(f64, bool)>) -> f64 {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positive = rows.iter().filter(|r| r.1).count() as f64;
    let (mut sum, mut i) = (0.0, 0);
    while i < rows.len() {
        let ties = rows[i..].iter().take_while(|r| r.0 == rows[i].0).count();
        let rank = i as f64 + (ties as f64 + 1.0) / 2.0;
        sum += rank * rows[i..i + ties].iter().filter(|r| r.1).count() as f64;
        i += ties;
    }
    (sum - positive * (positive + 1.0) / 2.0) / (positive * (rows.len() as f64 - positive))
}

fn transients() -> Taxonomy {
    let found = shipped().iter().find(|(name, _)| *name == "transients.json");
    let Some((name, text)) = found else { fail("transients.json is not shipped") };
    parse_json(text, name.as_ref()).unwrap_or_else(|e| fail(e))
}

fn flat_tree() -> Taxonomy {
    let mut tree = Taxonomy::new("five classes", "Object");
    tree.weights = transients().weights;
    for (name, absorbs) in FLAT {
        let id = tree.add_child(tree.root(), *name).unwrap_or_else(|e| fail(e));
        let absorbs = absorbs.iter().map(|a| a.to_string()).collect();
        tree.apply(taxonova::taxonomy::Edit::SetAbsorbs { id, absorbs }).unwrap_or_else(|e| fail(e));
    }
    tree
}

/// User and system time of this process (Linux; 0 elsewhere).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
