//! How well the novelty score tells a class that was left out of training from the objects of the other classes that
//! were not trained on: trains without the class on all folds but two, and scores those two folds and the whole class.
//! Of transients also: how well it tells variable stars (of ZTF, faded, as a difference image would show them) from transients.
//!
//! cargo bench --bench novelty -- [--tree transients|variables] [--classes "SLSN-I;SN IIn;SN Ibc"] [--seed 1] [--compare]
//! (a class is left out with all below it; several that are left out together are joined by `+`; of stars, `CLASS@SURVEY`
//! scores objects of one survey alone, because the survey gives many classes away)

mod common;

use common::{argument, curves, data_dir, fail, flag, tree};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use taxonova::cascade::{correct_to_posterior, log_conditionals, log_probabilities};
use taxonova::features::Group;
use taxonova::lightcurve::{LightCurve, Photometry, units};
use taxonova::model::novelty::{AgeQuantiles, Novelty, Score};
use taxonova::taxonomy::{Counts, Layout, Taxonomy, match_label, target_slots};
use taxonova::train::data::REFERENCE_AGES_D;
use taxonova::train::novelty::{Embedded, NoveltyConfig, fit};
use taxonova::train::prune::prune;
use taxonova::train::rng::RunRng;
use taxonova::train::{Example, TrainConfig, Trained, examples, train};

/// Folds that are not trained on.
const UNSEEN: [u32; 2] = [8, 9];
/// Resamplings for the interval.
const BOOTSTRAP: usize = 1000;

fn main() {
    let Some(dir) = data_dir() else { return };
    let name: String = argument("--tree", "transients".to_string());
    let stars = name == "variables";
    let (file, classes) = if stars {
        ("variables.parquet", "Delta Scuti@catalina;LPV@catalina;Delta Scuti@ztf")
    } else {
        ("ztf_transients.parquet", "SLSN-I;SN IIn;SN Ibc")
    };
    let curves = curves(&dir.join(file));
    let tree = tree(&format!("{name}.json"));
    let seed = argument("--seed", 1);
    let groups = vec![if stars { Group::Star } else { Group::Transient }];
    let config = TrainConfig { seed, groups, ..TrainConfig::default() };
    let surveys: HashMap<&str, &str> = curves.iter().map(|c| (c.object_id.as_str(), c.survey.as_str())).collect();
    let whole = pruned(&tree, curves.iter().filter_map(|c| c.label.as_deref()));
    let layout = Layout::new(&whole);
    let (set, _) = examples(&curves, &whole, &layout, &config.groups, config.versions, seed);
    let foreign = if stars { Vec::new() } else { foreign(&dir) };
    let (foreign, _) = examples(&foreign, &whole, &layout, &config.groups, 0, seed);
    for class in argument("--classes", classes.to_string()).split(';') {
        let (name, survey) = class.split_once('@').map_or((class, None), |(n, s)| (n, Some(s)));
        let left_out: Vec<_> =
            name.split('+').map(|c| whole.find(c.trim()).unwrap_or_else(|| fail(format!("{c}: no such class")))).collect();
        let is_left_out = |e: &Example| left_out.iter().any(|&c| whole.is_ancestor_or_self(c, e.node));
        let within = |e: &Example| survey.is_none_or(|s| surveys.get(e.object_id.as_str()) == Some(&s));
        leave_out(class, &set, &tree, &config, &is_left_out, &within, &foreign);
    }
}

fn pruned<'a>(tree: &Taxonomy, labels: impl Iterator<Item = &'a str>) -> Taxonomy {
    let mut pruned = tree.clone();
    prune(&mut pruned, &Counts::from_labels(tree, labels)).unwrap_or_else(|e| fail(e));
    pruned
}

fn leave_out(
    class: &str,
    set: &[Example],
    tree: &Taxonomy,
    config: &TrainConfig,
    is_left_out: &dyn Fn(&Example) -> bool,
    within: &dyn Fn(&Example) -> bool,
    foreign: &[Example],
) {
    // The tree of what is left, so that no output stands for the class.
    let mut kept: Vec<Example> = set.iter().filter(|e| !is_left_out(e)).cloned().collect();
    let pruned = pruned(tree, kept.iter().map(|e| e.label.as_str()));
    let layout = Layout::new(&pruned);
    for e in &mut kept {
        e.node = match_label(&pruned, &e.label).unwrap_or_else(|| fail(format!("{}: lost", e.label))).node;
        e.path = target_slots(&layout, &pruned, e.node);
    }
    let seen: Vec<&Example> = kept.iter().filter(|e| !UNSEEN.contains(&e.fold)).collect();
    let unseen: Vec<&Example> = kept.iter().filter(|e| UNSEEN.contains(&e.fold)).collect();
    let novel: Vec<&Example> = set.iter().filter(|e| is_left_out(e) && within(e)).collect();
    let trained = train(&seen, &pruned, &layout, &pruned.weights, config, &|_| ControlFlow::Continue(())).unwrap_or_else(|e| fail(e));
    let known: Vec<&Example> = unseen.iter().copied().filter(|e| within(e)).collect();
    println!("{class} left out: {} trained on, {} not trained on, {} of the class", seen.len(), known.len(), novel.len());
    let [s, u, k, v] = [&seen, &unseen, &known, &novel].map(|list| embed(&trained, &layout, list));
    let f = embed(&trained, &layout, &foreign.iter().collect::<Vec<_>>());
    let mut tried = vec![("default".to_string(), NoveltyConfig::default())];
    if flag("--compare") {
        for (directions, nearest, within) in [(4, 20, false), (4, 5, true), (8, 5, true), (8, 20, true), (8, 50, true), (24, 5, true)] {
            let c = NoveltyConfig { directions, nearest, within, ..NoveltyConfig::default() };
            tried.push((format!("{directions} directions, {nearest} nearest, whitened within classes {within}"), c));
        }
    }
    for (name, config) in tried {
        let Some(novelty) = fit(&borrowed(&s), &borrowed(&u), &layout, &trained.w_eff, &config, 1) else { fail("nothing to fit") };
        println!("  {name}");
        // Compared with the objects of the same survey alone, as the class is.
        let fair = Novelty { ages: ages(&novelty, &layout, &k, config.quantiles), ..novelty };
        for (what, rows) in [("the class", &v), ("stars", &f)] {
            for age in REFERENCE_AGES_D {
                line(&fair, &layout, what, age, &k, rows);
            }
        }
    }
    if flag("--compare") {
        let energy = |rows: &[Row]| -> Vec<f64> {
            let of = |r: &Row| -r.embedding.iter().take(layout.len()).map(|z| f64::from(*z).exp()).sum::<f64>().ln();
            rows.iter().filter(|r| r.age_d.is_infinite()).map(of).collect()
        };
        let entropy = |rows: &[Row]| -> Vec<f64> {
            let of = |r: &Row| {
                let logits: Vec<f64> = r.embedding.iter().take(layout.len()).map(|z| f64::from(*z)).collect();
                let mut conditional = log_conditionals(&layout, &logits);
                correct_to_posterior(&layout, &mut conditional, &trained.w_eff);
                let l = log_probabilities(&layout, &conditional);
                -layout.atoms().into_iter().map(|a| l[a]).filter(|l| l.is_finite()).map(|l| l * l.exp()).sum::<f64>()
            };
            rows.iter().filter(|r| r.age_d.is_infinite()).map(of).collect()
        };
        println!("  whole: energy {:.3}, entropy {:.3}", auroc(&energy(&k), &energy(&v)), auroc(&entropy(&k), &entropy(&v)));
    }
}

fn ages(novelty: &Novelty, layout: &Layout, known: &[Row], n: usize) -> Vec<AgeQuantiles> {
    let of =
        |age: f64| -> Vec<Score> { known.iter().filter(|r| r.age_d == age).filter_map(|r| novelty.score(layout, &r.embedding)).collect() };
    let mut all: Vec<f64> = REFERENCE_AGES_D.to_vec();
    all.sort_by(f64::total_cmp);
    all.into_iter().map(|age| AgeQuantiles::new(Some(age).filter(|a| a.is_finite()), &of(age), n)).collect()
}

fn line(novelty: &Novelty, layout: &Layout, what: &str, age: f64, known: &[Row], new: &[Row]) {
    let scores = |rows: &[Row]| -> Vec<Score> {
        rows.iter().filter(|r| r.age_d == age).filter_map(|r| novelty.score(layout, &r.embedding)).collect()
    };
    let (known, new) = (scores(known), scores(new));
    if new.is_empty() {
        return;
    }
    let of = |list: &[Score], f: &dyn Fn(&Score) -> f64| list.iter().map(f).collect::<Vec<f64>>();
    let both = |s: &Score| novelty.percentile(*s, age).unwrap_or(f64::NAN);
    let parts = [of(&known, &|s| s.distance), of(&new, &|s| s.distance), of(&known, &|s| s.doubt), of(&new, &|s| s.doubt)];
    let (k, n) = (of(&known, &both), of(&new, &both));
    let (low, high) = interval(&k, &n);
    let share = |limit: f64| 100.0 * n.iter().filter(|p| **p >= limit).count() as f64 / n.len() as f64;
    let text = if age.is_finite() { format!("{age} d") } else { "whole".into() };
    println!(
        "    {what:<9} {text:>6}: AUROC {:.3} [{low:.3}, {high:.3}]; distance alone {:.3}, doubt alone {:.3}; {:.0} % beyond 95, {:.0} % beyond 99",
        auroc(&k, &n),
        auroc(&parts[0], &parts[1]),
        auroc(&parts[2], &parts[3]),
        share(95.0),
        share(99.0)
    );
}

struct Row {
    embedding: Vec<f32>,
    class: usize,
    age_d: f64,
}

/// Embeddings of every example at every reference age.
fn embed(trained: &Trained, layout: &Layout, list: &[&Example]) -> Vec<Row> {
    let rows: Vec<&[f32]> = list.iter().flat_map(|e| e.reference.iter().map(Vec::as_slice)).collect();
    let of = list.iter().flat_map(|e| REFERENCE_AGES_D.iter().map(move |a| (e.path.last().copied().unwrap_or(0), *a)));
    let embeddings = trained.predict(layout, &rows).into_iter().map(|p| p.embedding);
    of.zip(embeddings).map(|((class, age_d), embedding)| Row { embedding, class, age_d }).collect()
}

fn borrowed(rows: &[Row]) -> Vec<Embedded<'_>> {
    rows.iter().map(|r| Embedded { embedding: &r.embedding, class: r.class, age_d: r.age_d }).collect()
}

/// Stars of ZTF as its difference images would show them: less their median flux, as faint and noisy as the transients.
fn foreign(dir: &Path) -> Vec<LightCurve> {
    let mut rng = RunRng::new(1, 1);
    let mut out = Vec::new();
    for mut lc in curves(&dir.join("variables.parquet")).into_iter().filter(|lc| lc.survey == "ztf") {
        for band in lc.bands() {
            let mut fluxes: Vec<f64> = lc.observations.iter().filter(|o| o.band == band).map(|o| o.flux_ujy).collect();
            fluxes.sort_by(f64::total_cmp);
            let median = fluxes.get(fluxes.len() / 2).copied().unwrap_or_default();
            lc.observations.iter_mut().filter(|o| o.band == band).for_each(|o| o.flux_ujy -= median);
        }
        let brightest = lc.observations.iter().map(|o| o.flux_ujy).fold(0.0, f64::max);
        let scale = units::flux_ujy(17.5 + 2.0 * rng.uniform()) / brightest;
        for o in &mut lc.observations {
            o.flux_err_ujy = (o.flux_err_ujy * scale).hypot(units::flux_ujy(20.5) / 5.0);
            o.flux_ujy = o.flux_ujy * scale + o.flux_err_ujy * rng.normal();
        }
        lc.photometry = Photometry::Difference;
        // Any label of the tree: it is not used.
        lc.label = Some("SN Ia".into());
        out.push(lc);
    }
    out
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
