//! How well the novelty score tells a class that was left out of training from the objects of the other classes that
//! were not trained on: trains without the class on all folds but two, and scores those two folds and the whole class.
//!
//! cargo bench --bench novelty -- [--data FILE] [--tree NAME] [--classes "SLSN-I;SN IIn;SN Ibc"] [--seed 1] [--members 2]
//! (a class is left out with all below it; several that are left out together are joined by `+`)

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use taxonova::lightcurve::LightCurve;
use taxonova::lightcurve::read::{self, ReadOptions};
use taxonova::taxonomy::{Counts, Layout, Taxonomy, parse_json, shipped};
use taxonova::train::novelty::{Embedded, NoveltyConfig, fit};
use taxonova::train::prune::prune;
use taxonova::train::rng::RunRng;
use taxonova::train::{Example, TrainConfig, Trained, examples, train};

/// Folds that are not trained on.
const UNSEEN: [u32; 2] = [8, 9];
/// Resamplings for the interval.
const BOOTSTRAP: usize = 1000;

/// A score of an embedding whose first so many numbers are logits.
type Score = fn(&[f32], usize) -> f64;

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
    let dir = std::env::var_os("TAXONOVA_SHARED_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let data: PathBuf = argument("--data", dir.join("ztf_transients.parquet"));
    if !data.exists() {
        eprintln!("skipped: {} is not there (set TAXONOVA_SHARED_DATA)", data.display());
        return;
    }
    let tree = tree(&argument("--tree", "transients".to_string()));
    let seed = argument("--seed", 1);
    let reader = read::open(&data, &ReadOptions::default()).unwrap_or_else(|e| fail(e));
    let curves: Vec<LightCurve> = reader.filter_map(Result::ok).collect();
    let mut pruned = tree.clone();
    prune(&mut pruned, &Counts::from_labels(&tree, curves.iter().filter_map(|c| c.label.as_deref()))).unwrap_or_else(|e| fail(e));
    let layout = Layout::new(&pruned);
    let d = TrainConfig::default();
    let config = TrainConfig { seed, members: argument("--members", d.members), epochs: argument("--epochs", d.epochs), ..d };
    let (set, _) = examples(&curves, &pruned, &layout, &config.groups, config.versions, seed);
    for class in argument("--classes", "SLSN-I;SN IIn;SN Ibc".to_string()).split(';') {
        let left_out: Vec<_> =
            class.split('+').map(|c| pruned.find(c.trim()).unwrap_or_else(|| fail(format!("{c}: no such class")))).collect();
        let is_left_out = |e: &Example| left_out.iter().any(|&c| pruned.is_ancestor_or_self(c, e.node));
        leave_out(class, &curves, &set, &tree, &config, &is_left_out);
    }
}

fn leave_out(
    class: &str,
    curves: &[LightCurve],
    set: &[Example],
    tree: &Taxonomy,
    config: &TrainConfig,
    is_left_out: &dyn Fn(&Example) -> bool,
) {
    let left: std::collections::HashSet<&str> = set.iter().filter(|e| is_left_out(e)).map(|e| e.object_id.as_str()).collect();
    // The tree of what is left, so that no output stands for the class.
    let mut pruned = tree.clone();
    let kept: Vec<LightCurve> = curves.iter().filter(|c| !left.contains(c.object_id.as_str())).cloned().collect();
    prune(&mut pruned, &Counts::from_labels(tree, kept.iter().filter_map(|c| c.label.as_deref()))).unwrap_or_else(|e| fail(e));
    let layout = Layout::new(&pruned);
    let (kept, _) = examples(&kept, &pruned, &layout, &config.groups, config.versions, config.seed);
    let seen: Vec<&Example> = kept.iter().filter(|e| !UNSEEN.contains(&e.fold)).collect();
    let unseen: Vec<&Example> = kept.iter().filter(|e| UNSEEN.contains(&e.fold)).collect();
    let novel: Vec<&Example> = set.iter().filter(|e| is_left_out(e)).collect();
    let trained = train(&seen, &pruned, &layout, &pruned.weights, config, &|_| ControlFlow::Continue(())).unwrap_or_else(|e| fail(e));
    println!("{class} left out: {} trained on, {} not trained on, {} of the class", seen.len(), unseen.len(), novel.len());
    let (s, u, v) = (embed(&trained, &layout, &seen), embed(&trained, &layout, &unseen), embed(&trained, &layout, &novel));
    let (s, u) = (rows(&seen, &s), rows(&unseen, &u));
    let v = rows(&novel, &v);
    let base = NoveltyConfig::default();
    let mut tried = vec![("default".to_string(), base.clone())];
    if std::env::args().any(|a| a == "--compare") {
        for directions in [8, 16, 24, 99] {
            for within in [true, false] {
                for (centres, nearest) in [(800, 1), (800, 5), (800, 20), (6000, 5)] {
                    let c = NoveltyConfig { directions, within, centres, nearest, ..base.clone() };
                    tried.push((format!("{directions} directions, within {within}, {centres} centres, {nearest} nearest"), c));
                }
            }
        }
        let simple: [(&str, Score); 2] =
            [("energy", |e, n| -log_sum(&e[..n])), ("largest logit", |e, n| -f64::from(e[..n].iter().copied().fold(f32::MIN, f32::max)))];
        for (name, score) in simple {
            let of = |rows: &[Embedded]| rows.iter().filter(|r| r.age_d.is_infinite()).map(|r| score(r.embedding, layout.len())).collect();
            let (known, new): (Vec<f64>, Vec<f64>) = (of(&u), of(&v));
            println!("  {name}: AUROC {:.3}", auroc(&known, &new));
        }
        let p = |list: &[&Example]| -> Vec<f64> {
            let rows: Vec<&[f32]> = list.iter().filter_map(|e| e.reference.first()).map(Vec::as_slice).collect();
            let atoms = layout.atoms();
            let top = |l: &Vec<f64>| atoms.iter().map(|&a| l[a]).fold(f64::MIN, f64::max);
            trained.predict(&layout, &rows).iter().map(|p| -top(&p.log_probability)).collect()
        };
        println!("  largest P: AUROC {:.3}", auroc(&p(&unseen), &p(&novel)));
    }
    for (name, config) in tried {
        let Some(novelty) = fit(&s, &u, &config, 1) else { fail("nothing to fit") };
        let of = |rows: &[Embedded], age: f64| -> Vec<f64> {
            rows.iter().filter(|r| r.age_d == age).filter_map(|r| novelty.score(r.embedding)).collect()
        };
        let mut line = format!("  {name}:");
        for age in taxonova::train::data::REFERENCE_AGES_D {
            let (known, new) = (of(&u, age), of(&v, age));
            let (low, high) = interval(&known, &new);
            let text = if age.is_finite() { format!("{age} d") } else { "whole".into() };
            let above = new.iter().filter(|s| novelty.percentile(**s, age) > Some(95.0)).count();
            line += &format!(
                " {text} AUROC {:.3} ({low:.3}-{high:.3}), {:.0} % beyond 95;",
                auroc(&known, &new),
                100.0 * above as f64 / new.len() as f64
            );
        }
        println!("{line}");
    }
}

/// Embeddings of every example at every reference age.
fn embed(trained: &Trained, layout: &Layout, list: &[&Example]) -> Vec<Vec<f32>> {
    let rows: Vec<&[f32]> = list.iter().flat_map(|e| e.reference.iter().map(Vec::as_slice)).collect();
    trained.predict(layout, &rows).into_iter().map(|p| p.embedding).collect()
}

fn rows<'a>(list: &[&Example], embeddings: &'a [Vec<f32>]) -> Vec<Embedded<'a>> {
    let ages = taxonova::train::data::REFERENCE_AGES_D;
    let of = list.iter().flat_map(|e| ages.iter().map(move |age| (e.path.last().copied().unwrap_or(0), *age)));
    of.zip(embeddings).map(|((class, age_d), embedding)| Embedded { embedding, class, age_d }).collect()
}

fn log_sum(z: &[f32]) -> f64 {
    z.iter().map(|v| f64::from(*v).exp()).sum::<f64>().ln()
}

/// Probability that a novel object scores higher than a known one; ties count half.
fn auroc(known: &[f64], novel: &[f64]) -> f64 {
    let mut sorted = known.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = |s: &f64| (sorted.partition_point(|k| k < s) + sorted.partition_point(|k| k <= s)) as f64 / 2.0;
    novel.iter().map(below).sum::<f64>() / (known.len() * novel.len()) as f64
}

/// 95 % by bootstrap over the objects of both sides.
fn interval(known: &[f64], novel: &[f64]) -> (f64, f64) {
    let mut rng = RunRng::new(1, 0);
    let mut draw = |of: &[f64]| -> Vec<f64> { (0..of.len()).map(|_| of[rng.below(of.len())]).collect() };
    let mut all: Vec<f64> = (0..BOOTSTRAP).map(|_| auroc(&draw(known), &draw(novel))).collect();
    all.sort_by(f64::total_cmp);
    (all[BOOTSTRAP / 40], all[BOOTSTRAP - 1 - BOOTSTRAP / 40])
}

/// A shipped tree by name, or one of a file.
fn tree(name: &str) -> Taxonomy {
    let file = format!("{name}.json");
    let text = match shipped().iter().find(|(n, _)| *n == file) {
        Some((_, text)) => text.to_string(),
        None => std::fs::read_to_string(name).unwrap_or_else(|e| fail(format!("{name}: {e}"))),
    };
    parse_json(&text, Path::new(name)).unwrap_or_else(|e| fail(e))
}
