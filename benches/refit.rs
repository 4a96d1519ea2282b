//! Refitting the shipped model on its whole reference set: seconds from the call to a model ready for use, and how good the
//! model is on the held-out fold, before and after, for the unchanged tree and for edited ones.
//!
//! cargo bench --bench refit [-- --penalty 0.01 --penalty-rest 0.03 --epochs 100 --rows]

mod common;

use common::{argument, cpu_seconds, flag};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use taxonova::evaluate::{FiveClass, Scored, Truths, evaluate};
use taxonova::lightcurve::LightCurve;
use taxonova::model::{Input, Model};
use taxonova::taxonomy::{Edit, NodeId, Subtree, Taxonomy};
use taxonova::train::refit::{Change, RefitConfig, refit, refit_model};

fn find(tree: &Taxonomy, name: &str) -> NodeId {
    tree.find(name).unwrap_or_else(|| panic!("the shipped tree has no {name}"))
}

fn merged(tree: &Taxonomy) -> Taxonomy {
    let mut tree = tree.clone();
    let children: Vec<NodeId> = tree.children(find(&tree, "SN Ia")).to_vec();
    for id in children {
        tree.apply(Edit::Delete { id, children: Subtree::GoAlong }).expect("a node of the tree");
    }
    tree
}

fn split(tree: &Taxonomy) -> Taxonomy {
    let mut tree = tree.clone();
    let (ii, cc) = (find(&tree, "SN II"), find(&tree, "CC"));
    let absorbs = tree.node(ii).absorbs.iter().filter(|a| *a != "SN IIP").cloned().collect();
    tree.apply(Edit::SetAbsorbs { id: ii, absorbs }).expect("fewer labels");
    tree.add_child(cc, "SN IIP").expect("a free name");
    tree
}

fn beta(tree: &Taxonomy, beta: f64) -> Taxonomy {
    let mut tree = tree.clone();
    tree.weights.beta = beta;
    tree
}

/// SLSN beside CC in place of below it.
fn moved(tree: &Taxonomy) -> Taxonomy {
    let mut tree = tree.clone();
    let (id, parent) = (find(&tree, "SLSN"), find(&tree, "SN"));
    tree.apply(Edit::Move { id, parent, index: usize::MAX }).expect("a possible move");
    tree
}

/// Chooses the penalty: every fold in turn takes the place of the held-out one, judged by its out-of-fold probabilities. Only
/// without the embedding's further coordinates (a great --penalty-rest): of those the network has seen the fold's labels.
fn cross(model: &Arc<Model>, config: &RefitConfig) {
    let refset = model.refset().expect("the shipped reference set");
    let tree = beta(model.taxonomy(), argument("--beta", model.taxonomy().weights.beta));
    let mut sums = [0.0; 6];
    for fold in 0..10 {
        let mut turned = refset.clone();
        for row in &mut turned.rows {
            row.fold = if row.fold == fold {
                9
            } else if row.fold == 9 {
                fold
            } else {
                row.fold
            };
        }
        let done = refit(&turned, model, &tree, &tree.weights, config, &mut |_| ControlFlow::Continue(())).expect("a refit");
        let Some(c) = done.comparison else { return };
        for (i, change) in [c.loss, c.log_loss, c.macro_f1].iter().enumerate() {
            sums[2 * i] += change.before.unwrap_or(f64::NAN) / 10.0;
            sums[2 * i + 1] += change.after.unwrap_or(f64::NAN) / 10.0;
        }
    }
    let [a, b, c, d, e, f] = sums;
    println!("mean of ten folds: loss {a:.4} -> {b:.4}, log loss {c:.4} -> {d:.4}, macro F1 {e:.4} -> {f:.4}");
}

/// Fold 9 of the corpus from the light curves on: (five classes macro F1, accuracy, objects, log loss, loss of the leaves).
fn on_light_curves(model: &Arc<Model>, curves: &[LightCurve]) -> String {
    let mut session = model.session().expect("a session");
    let inputs: Vec<Input> = curves.iter().map(|lc| model.prepare(&lc.observations, lc.photometry)).collect();
    let outputs = session.run(&inputs).expect("answers");
    let mut truths = Truths::new(model.taxonomy(), model.layout());
    let mut scored = Vec::new();
    for (lc, output) in curves.iter().zip(outputs) {
        let Some(truth) = lc.label.as_deref().and_then(|l| truths.of(l)) else { continue };
        let five_class = lc.extra("five_class").and_then(FiveClass::truth);
        scored.push(Scored { five_class, ..Scored::new(model.layout(), truth, output.p, 0.5) });
    }
    let report = evaluate(model.taxonomy(), model.layout(), &scored, "threshold, tau 0.5");
    let Some(five) = report.five_class else { return "no five classes".into() };
    let leaves: Vec<f64> = report.classes.iter().filter(|c| c.atom && c.score.n > 0).map(|c| c.score.f1).collect();
    format!(
        "{} objects: five classes macro F1 {:.4}, accuracy {:.4} (n {}); hierarchical F {:.4}, mean over labels {:.4}; all {} leaves macro F1 {:.4}; log loss {:.4}",
        report.n,
        five.macro_f1,
        five.accuracy,
        five.n,
        report.micro.f,
        report.macro_.f,
        leaves.len(),
        leaves.iter().sum::<f64>() / leaves.len() as f64,
        report.log_loss.unwrap_or(f64::NAN)
    )
}

/// The light curves of the held-out fold, where the real data are.
fn held_out(model: &Model, fold: Option<u32>) -> Option<Vec<LightCurve>> {
    let dir = common::data_dir()?;
    Some(common::curves(&dir.join("ztf_transients.parquet")).into_iter().filter(|lc| lc.fold == fold && model.can_use(lc)).collect())
}

fn main() {
    let model = Model::shipped().expect("the shipped model");
    let d = RefitConfig::default();
    let config = RefitConfig {
        epochs: argument("--epochs", d.epochs),
        penalty: argument("--penalty", d.penalty),
        penalty_rest: argument("--penalty-rest", d.penalty_rest),
        seed: argument("--seed", d.seed),
        ..d
    };
    let rows = flag("--rows");
    if flag("--cross") {
        return cross(&model, &config);
    }
    let own = model.taxonomy();
    for run in 1..=3 {
        let (begin, cpu) = (Instant::now(), cpu_seconds());
        let done = refit_model(&model, own, &config, &AtomicBool::new(false), &mut |_| {}).expect("a refit");
        let mut session = done.model.session().expect("a session");
        let width = done.model.metadata().recipe.features.len();
        session.run(&[Input(vec![f32::NAN; width])]).expect("an answer");
        let (wall, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        println!(
            "run {run}: {wall:.2} s, {cpu:.2} CPU s from the call to the first answer; {} objects, {} rows, {} steps",
            done.notes.objects, done.notes.rows, done.notes.steps
        );
    }
    let begin = Instant::now();
    let refset = model.refset().expect("the shipped reference set");
    println!("of which reading the reference set {:.2} s", begin.elapsed().as_secs_f64());
    let trees: [(&str, Taxonomy); 6] = [
        ("unchanged", own.clone()),
        ("SN Ia without subtypes", merged(own)),
        ("SN IIP a class of its own", split(own)),
        ("SLSN beside CC", moved(own)),
        ("beta 1", beta(own, 1.0)),
        ("beta 0", beta(own, 0.0)),
    ];
    match held_out(&model, model.summary().held_out) {
        None => println!("no real data: not judged from the light curves on (set TAXONOVA_SHARED_DATA)"),
        Some(curves) => {
            let done = refit(&refset, &model, own, &own.weights, &config, &mut |_| ControlFlow::Continue(())).expect("a refit");
            println!("shipped: {}", on_light_curves(&model, &curves));
            println!("refitted: {}", on_light_curves(&done.model, &curves));
        }
    }
    println!("tree | loss | log loss | macro F1 of the leaves (95 % of the difference) | with new leaves");
    for (name, tree) in &trees {
        let model: Arc<Model> = model.clone();
        let done = refit(&refset, &model, tree, &tree.weights, &config, &mut |_| ControlFlow::Continue(())).expect("a refit");
        let Some(c) = &done.comparison else { continue };
        let pair = |c: &Change| match (c.before, c.after) {
            (Some(a), Some(b)) => format!("{a:.4} -> {b:.4} (n {})", c.n),
            _ => "-".to_string(),
        };
        let interval = c.macro_f1_interval.map_or_else(String::new, |(a, b)| format!(" [{a:+.3}, {b:+.3}]"));
        let all = c.macro_f1_all.map_or_else(String::new, |v| format!("{v:.4} (n {})", c.leaves_all));
        println!("{name} | {} | {} | {}{interval} | {all}", pair(&c.loss), pair(&c.log_loss), pair(&c.macro_f1));
        if rows {
            println!("  loss in training {:.4} -> {:.4}, {} steps", done.notes.loss.0, done.notes.loss.1, done.notes.steps);
            for line in done.notes.lines() {
                println!("  {line}");
            }
            for r in &c.rows {
                let f1 = |v: Option<f64>| v.map_or_else(|| "-".to_string(), |v| format!("{v:.3}"));
                println!("  {:indent$}{} n {} {} {}", "", r.node, r.n, f1(r.f1_before), f1(r.f1_after), indent = 2 * r.depth as usize);
            }
        }
    }
}
