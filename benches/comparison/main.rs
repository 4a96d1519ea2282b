//! The paper's comparison (Villar, de Soto & Gagliano 2023) on real transients: on the same folds, the same feature network
//! trained flat (on the tree's leaves and residuals, or on one level's classes), with the hierarchical cross-entropy without
//! weights (HXE), and with weights of form `node` and `label` (WHXE), over alpha and beta; with residuals and without.
//!
//! cargo bench --bench comparison -- [--seeds 1] [--epochs 30] [--members 1] [--hidden 128,64] [--versions 6] [--only NAME]
//!     [--measure] [--draws 1000] [--cache target/comparison] [--csv FILE]
//!
//! Out-of-fold predictions are kept in the cache, so that a run can be interrupted and measures be worked out again:
//! `--measure` trains nothing. `--only` trains the settings whose name begins so, and measures nothing.
//! Markdown goes to standard output, every measure with its interval to the CSV.

#[path = "../common/mod.rs"]
mod common;
mod measures;
mod settings;
mod table;

use common::{argument, cpu_seconds, fail};
use measures::{Judge, LEFT_OUT, Row};
use settings::{Cache, Kind, Predicted, Residuals, Setting};
use std::io::Write;
use std::path::{Path, PathBuf};
use table::{Entrant, Round, chosen, values_of};
use taxonova::evaluate::{FiveClass, Report, Scored, Truth, evaluate};
use taxonova::taxonomy::{Edit, Form, Layout, Subtree, Taxonomy, match_label, parse_json, shipped};
use taxonova::train::{Example, TrainConfig, examples};

/// Sibling groups with so many objects have a calibration worth stating.
const MIN_CALIBRATION: u64 = 300;

fn main() {
    let Some(dir) = common::data_dir() else { return };
    compare(&dir).unwrap_or_else(|e| fail(e));
}

fn compare(dir: &Path) -> Result<(), String> {
    let curves = common::curves(&dir.join("ztf_transients.parquet"));
    let tree = transients()?;
    let layout = Layout::new(&tree);
    let hidden: String = argument("--hidden", "128,64".to_string());
    let config = TrainConfig {
        epochs: argument("--epochs", 30),
        members: argument("--members", 1),
        versions: argument("--versions", 6),
        hidden: hidden.split(',').filter_map(|h| h.parse().ok()).collect(),
        ..TrainConfig::default()
    };
    let network = format!("e{}-m{}-v{}-h{}", config.epochs, config.members, config.versions, hidden.replace(',', "-"));
    let root = argument("--cache", PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/comparison"));
    let cache = Cache { folder: root.join(&network) };
    let (seeds, only) = (argument("--seeds", 1u64), argument("--only", String::new()));
    let measure_alone = std::env::args().any(|a| a == "--measure");
    let (set, _) = examples(&curves, &tree, &layout, &config.groups, if measure_alone { 0 } else { config.versions }, 1);
    drop(curves);
    let mut found: Vec<(Setting, Vec<Predicted>)> = settings::all().into_iter().map(|s| (s, Vec::new())).collect();
    for seed in 1..=seeds {
        for (setting, seen) in found.iter_mut().filter(|(s, _)| s.name().starts_with(&only)) {
            let predicted = match cache.read(setting, seed, &set, &layout)? {
                Some(predicted) => predicted,
                None if measure_alone => continue,
                None => {
                    let begin = cpu_seconds();
                    let predicted = cache.train(setting, &set, &tree, &TrainConfig { seed, ..config.clone() })?;
                    eprintln!("{} seed {seed}: {:.0} CPU s", setting.name(), cpu_seconds() - begin);
                    predicted
                }
            };
            seen.push(predicted);
        }
    }
    if !only.is_empty() {
        return Ok(());
    }
    // Every setting is measured over the same seeds.
    let most = found.iter().map(|f| f.1.len()).max().unwrap_or(0);
    found.retain(|f| f.1.len() == most && most > 0);
    println!("network {network}, {most} seed(s), {} settings", found.len());
    let csv = argument("--csv", root.join("comparison.csv"));
    let mut out = std::fs::File::create(&csv).map_err(|e| format!("{}: {e}", csv.display()))?;
    measure(&tree, &set, &found, &mut out).map_err(|e| format!("{}: {e}", csv.display()))?;
    eprintln!("{}", csv.display());
    Ok(())
}

fn measure(tree: &Taxonomy, set: &[Example], found: &[(Setting, Vec<Predicted>)], csv: &mut impl Write) -> std::io::Result<()> {
    let draws = argument("--draws", 1000);
    writeln!(csv, "round,setting,measure,value,low,high,against,difference,difference_low,difference_high")?;
    let shared = Layout::new(tree);
    for (key, title, weighted) in [("posterior", "Posteriors", false), ("weighted", "Scores with the loss's weights left in", true)] {
        let ground = Ground::new(tree.clone(), &shared, set);
        let mut entrants: Vec<Entrant> = found
            .iter()
            .filter(|(s, _)| s.is_flat() || s.is_grid() || matches!(s.kind, Kind::FlatLevel(_)))
            .map(|(s, p)| ground.entrant(s, p, weighted, against_flat(s)))
            .collect();
        let settings: Vec<&Setting> =
            entrants.iter().filter_map(|e| found.iter().find(|(s, _)| s.name() == e.name)).map(|(s, _)| s).collect();
        let among = |keep: &dyn Fn(&Setting) -> bool| -> Vec<(&Setting, &Entrant)> {
            settings.iter().copied().zip(&entrants).filter(|(s, _)| keep(s)).collect()
        };
        let flat = chosen("chosen flat", &ground.judge, &among(&|s| s.is_flat()), &ground.folds, None);
        let tree_best = chosen("chosen hierarchy", &ground.judge, &among(&|s| s.is_grid()), &ground.folds, Some("chosen flat"));
        // Tables have one set of columns: those of the first entrant.
        let blank: Vec<(String, f64)> = entrants.first().map_or(Vec::new(), |e| e.ece.iter().map(|(g, _)| (g.clone(), f64::NAN)).collect());
        entrants.extend(flat.into_iter().chain(tree_best).map(|e| Entrant { ece: blank.clone(), ..e }));
        Round { title, key, judge: &ground.judge, entrants: &entrants }.run(draws, csv)?;

        let ground = Ground::new(without_subtypes(tree).map_err(std::io::Error::other)?, &shared, set);
        let entrants: Vec<Entrant> = found
            .iter()
            .filter(|(s, _)| s.is_flat() || (s.alpha == 0.5 && matches!(s.kind, Kind::Cascade(Form::Node | Form::None, _))))
            .map(|(s, p)| ground.entrant(s, p, weighted, with_other(s)))
            .collect();
        let title = format!("{title}, SN Ia as one class: with and without \"other\"");
        Round { title: &title, key: &format!("{key}-ia-one"), judge: &ground.judge, entrants: &entrants }.run(draws, csv)?;
    }
    Ok(())
}

/// The flat network with the same weighting.
fn against_flat(s: &Setting) -> Option<String> {
    let Kind::Cascade(form, _) = s.kind else { return (!s.is_flat()).then(|| format!("flat-b{}", s.beta)) };
    Some(format!("flat-b{}", if form == Form::None { 0.0 } else { s.beta }))
}

/// The same setting on the shipped tree.
fn with_other(s: &Setting) -> Option<String> {
    let Kind::Cascade(form, residuals) = s.kind else { return None };
    (residuals != Residuals::Shipped).then(|| Setting { kind: Kind::Cascade(form, Residuals::Shipped), ..*s }.name())
}

/// A tree, and what is judged on it.
struct Ground {
    tree: Taxonomy,
    layout: Layout,
    judge: Judge,
    /// Per object that is judged: its place in the set.
    objects: Vec<usize>,
    truths: Vec<Truth>,
    five: Vec<Option<usize>>,
    folds: Vec<u32>,
    /// Per slot: the slot of that name on the shared tree.
    from: Vec<Option<usize>>,
}

impl Ground {
    /// Objects of the class that is left out, and those labelled no deeper than its siblings, are not judged.
    fn new(tree: Taxonomy, shared: &Layout, set: &[Example]) -> Ground {
        let layout = Layout::new(&tree);
        let (mut objects, mut truths) = (Vec::new(), Vec::new());
        for (i, e) in set.iter().enumerate() {
            let Some(found) = match_label(&tree, &e.label) else { continue };
            let truth = Truth::new(&layout, &tree, found.node);
            if truth.path.len() > 1 && truth.path.iter().all(|&s| layout.slots[s].name != LEFT_OUT) {
                objects.push(i);
                truths.push(truth);
            }
        }
        let five = objects.iter().map(|&i| set[i].five_class.as_deref().and_then(FiveClass::truth)).collect();
        let folds = objects.iter().map(|&i| set[i].fold).collect();
        let from = layout.slots.iter().map(|s| shared.by_name(&s.name)).collect();
        Ground { judge: Judge::new(&tree, &truths), tree, layout, objects, truths, five, folds, from }
    }

    fn entrant(&self, setting: &Setting, seeds: &[Predicted], weighted: bool, against: Option<String>) -> Entrant {
        let mut ece: Vec<(String, f64)> = Vec::new();
        let mut rows = Vec::new();
        for seed in seeds {
            let all = if weighted { &seed.weighted } else { &seed.posterior };
            let read = |&i: &usize| self.from.iter().map(|s| s.map_or(f64::NAN, |s| all[i][s])).collect::<Vec<f64>>();
            let p: Vec<Vec<f64>> = self.objects.iter().map(read).collect();
            let each = self.truths.iter().zip(&self.five).zip(&p);
            rows.push(each.map(|((t, five), p)| self.judge.row(t, *five, p)).collect::<Vec<Row>>());
            let scored = |(p, truth): (Vec<f64>, &Truth)| Scored::new(&self.layout, truth.clone(), p, 0.5);
            let scored: Vec<Scored> = p.into_iter().zip(&self.truths).map(scored).collect();
            let report = evaluate(&self.tree, &self.layout, &scored, "threshold, tau 0.5");
            self.agrees(setting, &rows[rows.len() - 1], &report);
            for g in report.groups.iter().filter(|g| g.parent != self.layout.root_name) {
                let enough = self.truths.iter().filter(|t| self.reaches_below(t, &g.parent)).count() as u64 >= MIN_CALIBRATION;
                let value = if matches!(setting.kind, Kind::FlatLevel(_)) { f64::NAN } else { g.ece.map_or(f64::NAN, |e| e.debiased) };
                match ece.iter_mut().find(|(name, _)| *name == g.parent) {
                    Some((_, sum)) => *sum += value / seeds.len() as f64,
                    None if enough => ece.push((g.parent.clone(), value / seeds.len() as f64)),
                    None => {}
                }
            }
        }
        // One set of columns for all settings, whatever they tell.
        let columns = self.layout.groups.iter().filter_map(|g| g.parent).map(|s| self.layout.slots[s].name.clone());
        let columns = columns.filter(|name| self.truths.iter().filter(|t| self.reaches_below(t, name)).count() as u64 >= MIN_CALIBRATION);
        let of = |name: String| (name.clone(), ece.iter().find(|(g, _)| *g == name).map_or(f64::NAN, |(_, v)| *v));
        Entrant { name: setting.name(), kind: setting.kind, against, rows, ece: columns.map(of).collect() }
    }

    /// The sums must give what the library's own report says of the same objects.
    fn agrees(&self, setting: &Setting, rows: &[Row], report: &Report) {
        if matches!(setting.kind, Kind::FlatLevel(_)) {
            return;
        }
        let own = values_of(&self.judge, setting.kind, rows);
        for (name, theirs) in [("hF micro", Some(report.micro.f)), ("leaf F1", report.macro_f1), ("severity", report.severity)] {
            let own = self.judge.measures.iter().position(|(m, _)| m == name).and_then(|m| own.get(m).copied());
            assert!(
                own.zip(theirs).is_none_or(|(a, b)| (a - b).abs() < 1e-9),
                "{}: {name} {own:?}, the report has {theirs:?}",
                setting.name()
            );
        }
    }

    fn reaches_below(&self, truth: &Truth, name: &str) -> bool {
        self.layout.by_name(name).is_some_and(|s| truth.path.contains(&s) && truth.path.last() != Some(&s))
    }
}

fn transients() -> Result<Taxonomy, String> {
    let (name, text) = shipped().iter().find(|(name, _)| *name == "transients.json").ok_or("transients.json is not shipped")?;
    parse_json(text, name.as_ref()).map_err(|e| e.to_string())
}

/// SN Ia as a leaf: what models with an "other" there and models without can both be asked.
fn without_subtypes(tree: &Taxonomy) -> Result<Taxonomy, String> {
    let mut tree = tree.clone();
    let id = tree.find("SN Ia").ok_or("the tree has no SN Ia")?;
    let mut absorbs = tree.node(id).absorbs.clone();
    for child in tree.children(id).to_vec() {
        absorbs.extend(tree.node(child).labels().map(String::from));
        tree.apply(Edit::Delete { id: child, children: Subtree::GoAlong }).map_err(|e| e.to_string())?;
    }
    tree.apply(Edit::SetAbsorbs { id, absorbs }).map_err(|e| e.to_string())?;
    Ok(tree)
}
