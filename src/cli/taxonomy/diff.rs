//! `taxonova taxonomy diff`: what differs between two trees, and what it does to decisions.

use super::{load, number, plural};
use crate::batch::pipeline::{Broken, Done, End, Files, Setup};
use crate::batch::{Classifier, ModelEngine, Plan};
use crate::cascade::{Rule, Rules, TreePair};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::inputs;
use crate::cli::stdout::print;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadOptions};
use crate::taxonomy::diff::{DiffEntry, DiffKind, TreeDiff, diff};
use crate::taxonomy::names::PATH_SEPARATOR;
use crate::taxonomy::{Taxonomy, printable};
use anyhow::{Context, anyhow};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So many changed weights are printed, those that changed most; all with --json.
const SHOWN_WEIGHTS: usize = 20;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The old tree: a file, `-`, or the name of a shipped tree.
    #[arg(value_name = "A")]
    a: PathBuf,
    /// The new tree.
    #[arg(value_name = "B")]
    b: PathBuf,
    /// Light curves: whose decision changes? Files or folders.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    objects: Vec<PathBuf>,
    /// The model that classifies them: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL", requires = "objects")]
    model: Option<String>,
    /// Threshold of the decisions, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = inputs::probability, requires = "objects")]
    tau: f64,
    /// Exit code 1 if the trees differ.
    #[arg(long)]
    exit_code: bool,
    /// All of it as JSON.
    #[arg(long)]
    json: bool,
}

/// An object's decisions on both trees.
struct Object {
    id: String,
    /// Path and probability; none where the object could not be classified.
    decisions: Option<[(String, f64); 2]>,
    changed: bool,
}

/// What was classified.
struct Objects {
    list: Vec<Object>,
    unreadable: u64,
}

/// Runs `taxonova taxonomy diff`.
pub fn run(args: &Args) -> CommandResult {
    if args.a == args.b && args.a == Path::new("-") {
        return Err(Failure::usage(anyhow!("standard input (-) can be read only once")));
    }
    let (a, b) = (load(&args.a).map_err(Failure::usage)?, load(&args.b).map_err(Failure::usage)?);
    let found = diff(&a, &b);
    let objects = if args.objects.is_empty() { None } else { Some(compare_objects(args, &a, &b, &found)?) };
    if args.json {
        print(&format!("{:#}\n", as_json(&found, objects.as_ref(), args.tau)))?;
    } else {
        print(&as_text(args, &found, objects.as_ref()))?;
    }
    let differs = args.exit_code && !found.is_empty();
    Ok(if differs || objects.is_some_and(|o| o.unreadable > 0) { Exit::Partly } else { Exit::Done })
}

fn as_text(args: &Args, found: &TreeDiff, objects: Option<&Objects>) -> String {
    let mut out = String::new();
    let shown = |p: &Path| printable(&p.to_string_lossy());
    if found.is_empty() {
        let _ = writeln!(out, "{} and {} are the same tree", shown(&args.a), shown(&args.b));
    } else {
        let _ = writeln!(out, "--- {}\n+++ {}", shown(&args.a), shown(&args.b));
    }
    for kind in DiffKind::ALL {
        for e in found.entries.iter().filter(|e| e.kind == kind) {
            let _ = writeln!(out, "{}", line(e));
        }
    }
    weights_text(found, &mut out);
    if !found.entries.is_empty() {
        let counted: Vec<String> =
            DiffKind::ALL.iter().map(|k| (k, found.count(*k))).filter(|(_, n)| *n > 0).map(|(k, n)| format!("{n} {}", k.name())).collect();
        let _ = writeln!(out, "\n{}", counted.join(", "));
    }
    if let Some(objects) = objects {
        objects_text(objects, args.tau, &mut out);
    }
    out
}

fn line(e: &DiffEntry) -> String {
    let path = |p: &Option<String>| printable(p.as_deref().unwrap_or_default());
    let what = match e.kind {
        DiffKind::Removed | DiffKind::Merged | DiffKind::Renamed => path(&e.path_a),
        DiffKind::Moved => printable(e.name_b.as_deref().unwrap_or_default()),
        DiffKind::Title => String::new(),
        _ => path(&e.path_b),
    };
    let detail = match (e.kind, e.detail.as_str()) {
        (_, "") => String::new(),
        (DiffKind::Renamed, _) => format!(" -> {}", printable(e.name_b.as_deref().unwrap_or_default())),
        (DiffKind::Moved, detail) => format!(" {detail}"),
        (DiffKind::Title, detail) => detail.to_string(),
        (_, detail) => format!("  ({detail})"),
    };
    format!("{} {:<10} {what}{detail}", e.kind.sign(), e.kind.name())
}

fn weights_text(found: &TreeDiff, out: &mut String) {
    for (name, old, new) in found.weights.options() {
        let _ = writeln!(out, "~ {:<10} {name}: {old} -> {new}", "weights");
    }
    // By how much they change, as a factor; what only one of the trees has comes last.
    let factor = |r: &&crate::taxonomy::diff::WeightChange| match (r.old, r.new) {
        (Some(old), Some(new)) if old > 0.0 && new > 0.0 => (new / old).ln().abs(),
        (Some(_), Some(_)) => f64::INFINITY,
        _ => -1.0,
    };
    let mut rows: Vec<_> = found.weights.rows.iter().collect();
    rows.sort_by(|x, y| factor(y).total_cmp(&factor(x)));
    let text = |w: Option<f64>| w.map_or("-".to_string(), number);
    for r in rows.iter().take(SHOWN_WEIGHTS) {
        let _ = writeln!(out, "~ {:<10} {}: W*lambda {} -> {}", "weight", printable(&r.name), text(r.old), text(r.new));
    }
    if rows.len() > SHOWN_WEIGHTS {
        let _ = writeln!(out, "~ {:<10} and {} more (all with --json)", "weight", rows.len() - SHOWN_WEIGHTS);
    }
}

fn objects_text(objects: &Objects, tau: f64, out: &mut String) {
    let changed: Vec<&Object> = objects.list.iter().filter(|o| o.changed).collect();
    let unclassified = objects.list.iter().filter(|o| o.decisions.is_none()).count();
    let _ = writeln!(out, "\n{} of {} decided otherwise (tau {tau})", changed.len(), plural(objects.list.len(), "object"));
    if unclassified > 0 {
        let _ = writeln!(out, "{} not classified", plural(unclassified, "object"));
    }
    let mut ways: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for [old, new] in changed.iter().filter_map(|o| o.decisions.as_ref()) {
        *ways.entry((&old.0, &new.0)).or_default() += 1;
    }
    let mut ways: Vec<_> = ways.into_iter().collect();
    ways.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for ((old, new), n) in ways {
        let _ = writeln!(out, "  {n:>6}  {} -> {}", printable(old), printable(new));
    }
    if !changed.is_empty() {
        out.push('\n');
    }
    for o in changed {
        if let Some([old, new]) = &o.decisions {
            let side = |d: &(String, f64)| format!("{} {:.3}", printable(&d.0), d.1);
            let _ = writeln!(out, "{}  {} -> {}", printable(&o.id), side(old), side(new));
        }
    }
}

fn as_json(found: &TreeDiff, objects: Option<&Objects>, tau: f64) -> serde_json::Value {
    let entries: Vec<serde_json::Value> = found
        .entries
        .iter()
        .map(|e| {
            json!({ "kind": e.kind.name(), "name_a": e.name_a, "name_b": e.name_b, "path_a": e.path_a, "path_b": e.path_b, "detail": e.detail })
        })
        .collect();
    let options: serde_json::Map<String, serde_json::Value> =
        found.weights.options().into_iter().map(|(name, old, new)| (name.to_string(), json!({ "a": old, "b": new }))).collect();
    let weights: Vec<serde_json::Value> =
        found.weights.rows.iter().map(|r| json!({ "name": r.name, "W_lambda_a": r.old, "W_lambda_b": r.new })).collect();
    let mut value = json!({ "same": found.is_empty(), "entries": entries, "options": options, "weights": weights });
    if let Some(objects) = objects {
        let side = |d: &(String, f64)| json!({ "path": d.0, "p": d.1 });
        let changed: Vec<serde_json::Value> = objects
            .list
            .iter()
            .filter(|o| o.changed)
            .filter_map(|o| o.decisions.as_ref().map(|[a, b]| json!({ "object_id": o.id, "a": side(a), "b": side(b) })))
            .collect();
        value["objects"] = json!({
            "tau": tau,
            "classified": objects.list.iter().filter(|o| o.decisions.is_some()).count(),
            "not_classified": objects.list.iter().filter(|o| o.decisions.is_none()).count(),
            "unreadable": objects.unreadable,
            "changed": changed,
        });
    }
    value
}

/// Classifies the objects once, and decides on both trees.
fn compare_objects(args: &Args, a: &Taxonomy, b: &Taxonomy, found: &TreeDiff) -> Result<Objects, Failure> {
    let model = inputs::model(args.model.as_deref())?;
    let context = || format!("the model {} can't be used on both trees", printable(model.name()));
    let pair = TreePair::new(model.taxonomy(), model.layout(), a, b).with_context(context).map_err(Failure::usage)?;
    let (paths, errors) = read::expand(&args.objects);
    for e in &errors {
        eprintln!("taxonova: {e}");
    }
    let mut objects = Objects { list: Vec::new(), unreadable: errors.len() as u64 };
    let rules = Rules::same(model.layout(), Rule::Threshold { tau: args.tau });
    let plan = Arc::new(Plan { layout: model.layout().clone(), regrouper: None, rules, asof_d: None, history: None, uncertainty: false });
    let setup = Setup::new(inputs::processors(), inputs::stop_flag());
    let make = move || {
        let mut classifier = Classifier::new(ModelEngine::new(&model, false)?, plan.clone());
        Ok(move |curves: Vec<LightCurve>| classifier.classify(curves))
    };
    let sink = |done: Done<Vec<crate::batch::Row>>| {
        for e in &done.errors {
            eprintln!("taxonova: {e}");
        }
        objects.unreadable += done.errors.len() as u64;
        for row in done.output {
            let compared = row.decision.is_some().then(|| pair.compare(found, &row.p, args.tau));
            let changed = compared.as_ref().is_some_and(|c| c.changed);
            let side = |d: crate::cascade::Decision| (d.path.join(PATH_SEPARATOR), d.p);
            objects.list.push(Object { id: row.object_id, decisions: compared.map(|c| [side(c.old), side(c.new)]), changed });
        }
        Ok::<(), std::convert::Infallible>(())
    };
    match crate::batch::pipeline::run(Files { paths, options: ReadOptions::default() }, &setup, make, sink, || {}) {
        Ok(End::Stopped) => return Err(Failure { exit: Exit::Interrupted, error: anyhow!("interrupted") }),
        Ok(_) => {}
        Err(Broken::Worker(reason)) => return Err(Failure::internal(anyhow!(reason))),
        Err(Broken::Sink(never)) => match never {},
    }
    if objects.list.is_empty() {
        return Err(Failure::usage(anyhow!("no light curve could be read")));
    }
    Ok(objects)
}
