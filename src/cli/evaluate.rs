//! `taxonova evaluate`: how good a model's or a file's predictions are on labelled light curves.

use super::exit::{CommandResult, Exit, Failure};
use super::stdout::print;
use super::{formats, inputs};
use crate::batch::pipeline::{Broken, End, Files, Setup};
use crate::batch::{Classifier, ModelEngine, Plan};
use crate::cascade::{Regrouper, Rule, Rules};
use crate::evaluate::predictions::{self, Predictions};
use crate::evaluate::{FiveClass, Report, Scored, Truths, evaluate};
use crate::lightcurve::LightCurve;
use crate::lightcurve::read;
use crate::model::Model;
use crate::taxonomy::{Layout, Taxonomy, printable};
use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

/// Put before every score of objects that the model was trained on.
const TRAINED: &str = "TRAINED ON";
/// So many names are printed; `--json` has them all.
const SHOWN: usize = 10;

/// Arguments of `taxonova evaluate`.
#[derive(Debug, Args)]
#[command(after_long_help = formats::help())]
pub struct EvaluateArgs {
    /// Labelled light curves: files, folders, or - for standard input.
    #[arg(required = true, value_name = "DATA")]
    pub data: Vec<PathBuf>,
    /// Model to judge: an .onnx file, or the name of a shipped one. Without -m and --predictions the shipped one.
    #[arg(short, long, value_name = "MODEL", conflicts_with = "predictions")]
    pub model: Option<String>,
    /// Predictions to judge: a CSV file with the columns object_id and P:<node>, as `classify` and `train --folds` write.
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// Tree to judge on: a tree's file, or the name of a shipped one. Without it the model's own; for predictions the
    /// shipped tree whose nodes are the file's columns.
    #[arg(short, long, value_name = "TAXONOMY")]
    pub taxonomy: Option<String>,
    /// Threshold of the decisions, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = inputs::probability)]
    pub tau: f64,
    /// Worker threads. Without it: as many as there are processors.
    #[arg(long, value_name = "N", value_parser = inputs::threads)]
    pub threads: Option<usize>,
    /// The report as JSON.
    #[arg(long)]
    pub json: bool,
    /// How files are read.
    #[command(flatten)]
    pub read: inputs::ReadArgs,
}

/// An object of the data, judged or not.
struct Object {
    id: String,
    label: Option<String>,
    five_class: Option<usize>,
    /// The data's column `source`.
    source: Option<String>,
    /// None: no answer.
    p: Option<Vec<f64>>,
    /// Whether the model was trained on it.
    trained: bool,
}

/// What the objects are judged on.
struct Judged {
    tree: Taxonomy,
    layout: Layout,
    objects: Vec<Object>,
    errors: u64,
    /// Remarks on the whole.
    notes: Vec<String>,
}

/// Runs the command.
pub fn run(args: EvaluateArgs) -> CommandResult {
    let (files, unreadable) = read::expand(&args.data);
    for e in &unreadable {
        eprintln!("taxonova: {e}");
    }
    let mut judged = match &args.predictions {
        Some(path) => from_file(&args, path, files)?,
        None => from_model(&args, files)?,
    };
    judged.errors += unreadable.len() as u64;
    if judged.objects.is_empty() {
        return Err(Failure::usage(anyhow!("nothing could be read")));
    }
    let mut truths = Truths::new(&judged.tree, &judged.layout);
    let (mut fair, mut trained) = (Vec::new(), Vec::new());
    let (mut unlabelled, mut unanswered) = (0u64, 0u64);
    let mut known: Vec<String> = Vec::new();
    let mut sources: HashMap<String, u32> = HashMap::new();
    for object in std::mem::take(&mut judged.objects) {
        if object.trained {
            known.push(object.id);
        }
        let Some(label) = object.label else {
            unlabelled += 1;
            continue;
        };
        let Some(truth) = truths.of(&label) else { continue };
        let Some(p) = object.p else {
            unanswered += 1;
            continue;
        };
        let source = object.source.map(|name| {
            let next = sources.len() as u32;
            *sources.entry(name).or_insert(next)
        });
        let scored = Scored { truth, p, five_class: object.five_class, source };
        if object.trained { trained.push(scored) } else { fair.push(scored) }
    }
    if fair.is_empty() && trained.is_empty() {
        return Err(Failure::usage(anyhow!(
            "no object has a label that the tree {} knows and a prediction ({unlabelled} without a label, {} with an unknown one, {unanswered} without a prediction)",
            printable(&judged.tree.name),
            truths.unmatched.values().sum::<u64>()
        )));
    }
    let report = |objects: &[Scored]| (!objects.is_empty()).then(|| evaluate(&judged.tree, &judged.layout, objects, args.tau));
    let all = Whole {
        fair: report(&fair),
        trained: report(&trained),
        known,
        unlabelled,
        unanswered,
        unmatched: truths.unmatched.iter().map(|(l, n)| (l.clone(), *n)).collect(),
        notes: std::mem::take(&mut judged.notes),
    };
    print(&if args.json { all.json()? } else { all.text() })?;
    Ok(if judged.errors > 0 { Exit::Partly } else { Exit::Done })
}

/// All that is printed.
struct Whole {
    fair: Option<Report>,
    trained: Option<Report>,
    known: Vec<String>,
    unlabelled: u64,
    unanswered: u64,
    unmatched: Vec<(String, u64)>,
    notes: Vec<String>,
}

impl Whole {
    fn text(&self) -> String {
        let mut out = String::new();
        let line = |out: &mut String, text: &str| {
            // Writing to a String can't fail.
            let _ = writeln!(out, "{text}");
        };
        for note in &self.notes {
            line(&mut out, &printable(note));
        }
        if self.unlabelled > 0 {
            line(&mut out, &format!("left out: {} objects without a label", self.unlabelled));
        }
        if self.unanswered > 0 {
            line(&mut out, &format!("left out: {} labelled objects without a prediction", self.unanswered));
        }
        if !self.unmatched.is_empty() {
            let labels: Vec<String> = self.unmatched.iter().map(|(l, n)| format!("{} ({n})", printable(l))).collect();
            line(&mut out, &format!("left out: labels that the tree does not know: {}", labels.join(", ")));
        }
        if !self.known.is_empty() {
            let shown: Vec<String> = self.known.iter().take(SHOWN).map(|id| printable(id)).collect();
            let more = if self.known.len() > SHOWN { ", ... (all with --json)" } else { "" };
            line(&mut out, &format!("THE MODEL WAS {TRAINED} {} OF THESE OBJECTS: {}{more}", self.known.len(), shown.join(", ")));
        }
        if !out.is_empty() {
            out.push('\n');
        }
        if let Some(report) = &self.fair {
            out.push_str(&report.to_text(""));
        } else {
            line(&mut out, &format!("no object that the model was not {TRAINED}: what follows says nothing about new objects"));
        }
        if let Some(report) = &self.trained {
            line(&mut out, &format!("\nThe objects that the model was {TRAINED}; no measure of how it does on new ones:"));
            out.push_str(&report.to_text(TRAINED));
        }
        out
    }

    fn json(&self) -> Result<String, Failure> {
        let value = json!({
            "report": self.fair,
            "trained_on_report": self.trained,
            "trained_on": self.known,
            "without_label": self.unlabelled,
            "without_prediction": self.unanswered,
            "unknown_labels": self.unmatched.iter().map(|(l, n)| (l.clone(), json!(n))).collect::<serde_json::Map<_, _>>(),
            "notes": self.notes,
        });
        serde_json::to_string_pretty(&value).map(|s| s + "\n").map_err(Failure::internal)
    }
}

fn five_class(curve: &LightCurve) -> Option<usize> {
    curve.extra("five_class").and_then(FiveClass::truth)
}

/// The model's answers to all light curves.
fn from_model(args: &EvaluateArgs, paths: Vec<PathBuf>) -> Result<Judged, Failure> {
    let model = inputs::model(args.model.as_deref())?;
    let (tree, regrouper) = match args.taxonomy.as_deref().map(inputs::taxonomy).transpose()? {
        Some(tree) => {
            let r = Regrouper::new(model.taxonomy(), model.layout(), &tree, &Layout::new(&tree)).map_err(Failure::usage)?;
            (tree, Some(r))
        }
        None => (model.taxonomy().clone(), None),
    };
    let layout = Layout::new(&tree);
    let rules = Rules::same(&layout, Rule::Threshold { tau: args.tau });
    let plan = Arc::new(Plan { layout: layout.clone(), regrouper, rules, asof_d: None, history: None });
    let setup = Setup::new(args.threads.unwrap_or_else(inputs::processors), inputs::stop_flag());
    let (mut objects, mut errors) = (Vec::new(), 0u64);
    let worker_model = model.clone();
    let make = move || {
        let mut classifier = Classifier::new(ModelEngine::new(&worker_model, false)?, plan.clone());
        let model = worker_model.clone();
        Ok(move |curves: Vec<LightCurve>| answers(&mut classifier, &model, curves))
    };
    let sink = |done: crate::batch::pipeline::Done<Vec<Object>>| {
        for e in &done.errors {
            eprintln!("taxonova: {e}");
        }
        errors += done.errors.len() as u64;
        objects.extend(done.output);
        Ok::<(), std::convert::Infallible>(())
    };
    let source = Files { paths, options: args.read.options() };
    match crate::batch::pipeline::run(source, &setup, make, sink, || {}) {
        Ok(End::Stopped) => return Err(Failure { exit: Exit::Interrupted, error: anyhow!("interrupted") }),
        Ok(_) => {}
        Err(Broken::Worker(reason)) => return Err(Failure::internal(anyhow!(reason))),
        Err(Broken::Sink(never)) => match never {},
    }
    let notes = vec![format!("model {}", model.name())];
    Ok(Judged { tree, layout, objects, errors, notes })
}

fn answers(classifier: &mut Classifier<ModelEngine>, model: &Model, curves: Vec<LightCurve>) -> Vec<Object> {
    let mut objects: Vec<Object> = curves
        .iter()
        .map(|c| Object {
            id: c.object_id.clone(),
            label: c.label.clone(),
            five_class: five_class(c),
            source: c.extra("source").map(str::to_string),
            p: None,
            trained: model.knows(&c.object_id),
        })
        .collect();
    for (object, row) in objects.iter_mut().zip(classifier.classify(curves)) {
        object.p = row.decision.is_some().then_some(row.p);
    }
    objects
}

/// Answers from a file, joined to the labels by object id.
fn from_file(args: &EvaluateArgs, path: &std::path::Path, files: Vec<PathBuf>) -> Result<Judged, Failure> {
    let tree = match args.taxonomy.as_deref() {
        Some(given) => inputs::taxonomy(given)?,
        None => {
            let columns = predictions::node_columns(path).map_err(Failure::usage)?;
            predictions::shipped_tree_of(&columns)
                .ok_or_else(|| anyhow!("its P: columns are the nodes of no shipped tree; give the tree they were made on with -t"))
                .with_context(|| printable(&path.to_string_lossy()))
                .map_err(Failure::usage)?
        }
    };
    let layout = Layout::new(&tree);
    let mut found: Predictions = predictions::read(path, &layout).map_err(Failure::usage)?;
    let rows = found.by_id.len();
    let (mut objects, mut errors, mut matched) = (Vec::new(), 0u64, 0usize);
    for file in &files {
        let reader = match read::open(file, &args.read.options()) {
            Ok(reader) => reader,
            Err(e) => {
                eprintln!("taxonova: {e}");
                errors += 1;
                continue;
            }
        };
        for item in reader {
            match item {
                Ok(curve) => {
                    let p = found.by_id.remove(&curve.object_id);
                    matched += usize::from(p.is_some());
                    let source = curve.extra("source").map(str::to_string);
                    let (five_class, label) = (five_class(&curve), curve.label);
                    objects.push(Object { id: curve.object_id, label, five_class, source, p: p.flatten(), trained: false });
                }
                Err(e) => {
                    eprintln!("taxonova: {e}");
                    errors += 1;
                }
            }
        }
    }
    let mut notes = vec![format!("predictions {}: {matched} of {rows} rows belong to an object of the data", path.display())];
    if found.repeated > 0 {
        notes.push(format!("{} rows repeat an object id: the first of each was used", found.repeated));
    }
    notes
        .push("a file does not say which objects its model was trained on: scores are fair only if the predictions are out of fold".into());
    Ok(Judged { tree, layout, objects, errors, notes })
}
