//! Ten-fold cross-validation on `variables.parquet`, scored within one survey at a time, because the survey gives classes away: macro F1 of
//! the survey's classes, the most probable of them by the P of their nodes, with a 95 % interval by bootstrap over the objects. Beside it
//! the scores of magnitude and colour alone, and of a run that is given the published period.
//!
//! cargo bench --bench variables -- [--seeds 1] [--members 2] [--epochs 100] [--hidden 128,64] [--versions 3] [--plain]
//! (--plain: without the two runs for comparison)

mod common;

use common::{argument, cpu_seconds, fail, flag};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use taxonova::evaluate::Confusion;
use taxonova::features::{self, Group};
use taxonova::taxonomy::{Layout, Taxonomy};
use taxonova::train::{Example, TrainConfig, cross_validate, examples};

/// Survey, and the classes that are scored within it.
static SURVEYS: &[(&str, &[&str])] = &[
    ("catalina", &["Anomalous Cepheid", "Cepheid II", "Contact binary", "Delta Scuti", "EA", "LPV", "RRab", "RRc", "RRd", "Rotational"]),
    ("eros2", &["Classical Cepheid", "Eclipsing", "Mira", "RR Lyrae"]),
    ("ztf", &["EA", "Ellipsoidal", "RRab", "RRc", "Delta Scuti", "Reflection"]),
];
/// What magnitude and colour alone are.
static BRIGHTNESS: &[&str] = &["star_wavelength", "star_median", "star_error", "star_colour_base", "star_colour"];
/// Draws of the bootstrap.
const DRAWS: usize = 1000;

fn main() {
    let Some(dir) = common::data_dir() else { return };
    let curves = common::curves(&dir.join("variables.parquet"));
    let about: BTreeMap<String, (String, Option<f64>)> =
        curves.iter().map(|lc| (lc.object_id.clone(), (lc.survey.clone(), lc.extra("period_d").and_then(|p| p.parse().ok())))).collect();
    let tree = common::tree("variables");
    let layout = Layout::new(&tree);
    let d = TrainConfig::default();
    let hidden: String = argument("--hidden", d.hidden.iter().map(|h| h.to_string()).collect::<Vec<_>>().join(","));
    let config = TrainConfig {
        groups: vec![Group::Star],
        epochs: argument("--epochs", d.epochs),
        members: argument("--members", d.members),
        learning_rate: argument("--lr", d.learning_rate),
        weight_decay: argument("--decay", d.weight_decay),
        dropout: argument("--dropout", d.dropout),
        whole: argument("--whole", d.whole),
        versions: argument("--versions", 3),
        hidden: hidden.split(',').filter_map(|h| h.parse().ok()).collect(),
        ..d
    };
    let (mut set, _) = examples(&curves, &tree, &layout, &config.groups, config.versions, 1);
    drop(curves);
    set.iter_mut().for_each(|e| e.reference.truncate(1));
    eprintln!("{} objects, features ready after {:.0} CPU s", set.len(), cpu_seconds());
    let names: Vec<&str> = features::table(&config.groups).map(|f| f.name.as_str()).collect();
    for seed in 1..=argument("--seeds", 1u64) {
        let config = TrainConfig { seed, ..config.clone() };
        score("all features", seed, &set, &about, &tree, &layout, &config);
        if flag("--plain") {
            continue;
        }
        let kept: Vec<usize> = (0..names.len()).filter(|&i| BRIGHTNESS.contains(&names[i])).collect();
        let picked = changed(&set, |_, row| kept.iter().map(|&i| row[i]).collect());
        score("magnitude and colour", seed, &picked, &about, &tree, &layout, &config);
        let told = changed(&set, |e, row| {
            let period = about.get(&e.object_id).and_then(|a| a.1).filter(|p| *p > 0.0);
            row.iter().copied().chain([period.map_or(f32::NAN, |p| p.log10() as f32)]).collect()
        });
        score("given the published period", seed, &told, &about, &tree, &layout, &config);
    }
}

fn changed(set: &[Example], of: impl Fn(&Example, &[f32]) -> Vec<f32>) -> Vec<Example> {
    set.iter()
        .map(|e| Example {
            versions: e.versions.iter().map(|v| of(e, v)).collect(),
            reference: e.reference.iter().map(|v| of(e, v)).collect(),
            ..e.clone()
        })
        .collect()
}

#[allow(clippy::too_many_arguments)]
fn score(
    what: &str,
    seed: u64,
    set: &[Example],
    about: &BTreeMap<String, (String, Option<f64>)>,
    tree: &Taxonomy,
    layout: &Layout,
    config: &TrainConfig,
) {
    let begin = cpu_seconds();
    let predictions = cross_validate(set, tree, layout, &tree.weights, config, &|_, _| ControlFlow::Continue(()));
    let predictions = predictions.unwrap_or_else(|e| fail(e));
    println!("{what}, seed {seed}: {:.0} CPU s", cpu_seconds() - begin);
    for (survey, classes) in SURVEYS {
        let slots: Vec<usize> = classes.iter().map(|c| layout.by_name(c).unwrap_or_else(|| fail(format!("no node {c}")))).collect();
        let mut pairs = Vec::new();
        for (e, p) in set.iter().zip(&predictions) {
            let Some(truth) = classes.iter().position(|c| *c == e.label) else { continue };
            if about.get(&e.object_id).is_none_or(|a| a.0 != *survey) {
                continue;
            }
            let p = &p[0].log_probability;
            let best = (0..slots.len()).max_by(|a, b| p[slots[*a]].total_cmp(&p[slots[*b]])).unwrap_or(0);
            pairs.push((truth, best));
        }
        let names: Vec<String> = classes.iter().map(|c| c.to_string()).collect();
        let confusion = |of: &mut dyn Iterator<Item = (usize, usize)>| {
            let mut c = Confusion::new(names.clone());
            of.for_each(|(t, b)| c.add(t, b));
            c
        };
        let all = confusion(&mut pairs.iter().copied());
        let mut state = 0x9E37_79B9_7F4A_7C15u64 ^ seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let mut draws: Vec<f64> =
            (0..DRAWS).map(|_| confusion(&mut (0..pairs.len()).map(|_| pairs[next() % pairs.len()])).macro_f1()).collect();
        draws.sort_by(f64::total_cmp);
        let each: Vec<String> = all.scores().iter().map(|s| format!("{} {:.3}", s.class, s.f1)).collect();
        println!(
            "  {survey}: n {}, macro F1 {:.4} (95 %: {:.3} to {:.3}), accuracy {:.4}  [{}]",
            pairs.len(),
            all.macro_f1(),
            draws[DRAWS / 40],
            draws[DRAWS - 1 - DRAWS / 40],
            all.accuracy(),
            each.join(", ")
        );
    }
}
