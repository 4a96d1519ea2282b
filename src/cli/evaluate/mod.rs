//! `taxonova evaluate`: how good a model's or a file's predictions are on labelled light curves.

mod load;
mod page;
mod whole;

use super::exit::{CommandResult, Exit, Failure};
use super::stdout::print;
use super::{formats, inputs};
use crate::evaluate::{Aged, Scored, Study, Truths, compare, evaluate};
use crate::lightcurve::read;
use crate::taxonomy::mapping::map_labels;
use crate::taxonomy::{Layout, Taxonomy, printable};
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use load::{Judged, Object};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use whole::{Unknown, Whole};

/// Put before every score of objects that the model was trained on.
const TRAINED: &str = "TRAINED ON";
/// Labels that the tree does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unmapped {
    /// Leave the objects out and say so.
    Skip,
    /// End.
    Error,
}

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
    /// Also as the light curves were so many days after their first detection, as 3,7,14,30,60,120. For --predictions: the rows
    /// with that asof_d; without it all that the file has.
    #[arg(long, value_name = "DAYS", value_delimiter = ',', value_parser = inputs::days)]
    pub asof: Vec<f64>,
    /// Also how well P of this class tells it from all others (area under the ROC curve). Objects labelled above it are left out.
    #[arg(long, value_name = "CLASS")]
    pub auroc: Option<String>,
    /// Leave the objects of a class out of everything; may be given several times.
    #[arg(long, value_name = "CLASS")]
    pub leave_out: Vec<String>,
    /// Compare with a second file of predictions on the same tree: differences by paired bootstrap over the objects that both answer.
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// What to do with labels that the tree does not know: leave those objects out, or end.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Unmapped::Skip)]
    pub unmapped: Unmapped,
    /// Write report.md and report.html, one page with figures, into this folder.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Write over report.md and report.html of an earlier run.
    #[arg(long, requires = "report")]
    pub overwrite: bool,
    /// The report as JSON.
    #[arg(long)]
    pub json: bool,
    /// How files are read.
    #[command(flatten)]
    pub read: inputs::ReadArgs,
}

/// Runs the command.
pub fn run(args: EvaluateArgs) -> CommandResult {
    if let Some(folder) = &args.report {
        page::prepare(folder, args.overwrite)?;
    }
    let (files, unreadable) = read::expand(&args.data);
    for e in &unreadable {
        eprintln!("taxonova: {e}");
    }
    let mut judged = match &args.predictions {
        Some(path) => load::from_file(&args, path, files.clone())?,
        None => load::from_model(&args, files.clone())?,
    };
    judged.errors += unreadable.len() as u64;
    if judged.objects.is_empty() {
        return Err(Failure::usage(anyhow!("nothing could be read")));
    }
    let node = args.auroc.as_deref().map(|name| slot(&judged, name)).transpose()?;
    let leave_out = args.leave_out.iter().map(|name| slot(&judged, name)).collect::<Result<Vec<_>, _>>()?;
    let sorted = sort(&mut judged, &leave_out);
    let unknown = unknown(&judged.tree, &sorted.unmatched);
    if args.unmapped == Unmapped::Error && !unknown.is_empty() {
        let list: Vec<String> = unknown.iter().map(Unknown::text).collect();
        return Err(Failure::usage(anyhow!(
            "labels that the tree {} does not know: {} (--unmapped skip leaves them out)",
            printable(&judged.tree.name),
            list.join("; ")
        )));
    }
    if sorted.fair.is_empty() && sorted.trained.is_empty() {
        return Err(Failure::usage(anyhow!(
            "no object has a label that the tree {} knows and a prediction ({} without a label, {} with an unknown one, {} without a prediction, {} left out)",
            printable(&judged.tree.name),
            sorted.unlabelled,
            sorted.unmatched.values().sum::<u64>(),
            sorted.unanswered,
            sorted.left_out
        )));
    }
    let (tree, layout) = (&judged.tree, &judged.layout);
    let fair: Vec<Scored> = sorted.fair.iter().map(|(_, s)| s.clone()).collect();
    let against = args.against.as_ref().map(|path| against(&judged, path, &sorted.fair, &args, node)).transpose()?;
    let all = Whole {
        fair: (!fair.is_empty()).then(|| Study::new(tree, layout, &fair, &sorted.aged, args.tau, node)),
        trained: (!sorted.trained.is_empty()).then(|| evaluate(tree, layout, &sorted.trained, args.tau)),
        known: sorted.known,
        unlabelled: sorted.unlabelled,
        unanswered: sorted.unanswered,
        unknown,
        left_out: (args.leave_out.clone(), sorted.left_out),
        auroc: node.and_then(|n| layout.slots.get(n)).map(|s| s.name.clone()),
        against,
        notes: std::mem::take(&mut judged.notes),
    };
    if let Some(folder) = &args.report {
        let worst = page::worst::choose(layout, &sorted.fair, args.tau);
        page::write(folder, &all, page::mistakes(&worst, &files, &args.read.options())?)?;
    }
    print(&if args.json { all.json()? } else { all.text() })?;
    Ok(if judged.errors > 0 { Exit::Partly } else { Exit::Done })
}

/// A class by its name; the residuals of the tree too.
fn slot(judged: &Judged, name: &str) -> Result<usize, Failure> {
    let found = judged.tree.find_label(name).and_then(|id| judged.layout.slot_of(id)).or_else(|| judged.layout.by_name(name));
    found.ok_or_else(|| {
        let near = judged.layout.slots.iter().max_by(|a, b| {
            let likeness = |s: &str| strsim::jaro_winkler(&s.to_lowercase(), &name.to_lowercase());
            likeness(&a.name).total_cmp(&likeness(&b.name))
        });
        let near = near.map_or_else(String::new, |s| format!("; the nearest is \"{}\"", printable(&s.name)));
        Failure::usage(anyhow!("the tree {} has no class \"{}\"{near}", printable(&judged.tree.name), printable(name)))
    })
}

/// The objects by what can be done with them.
#[derive(Default)]
struct Sorted {
    /// With their ids; the model was not trained on them.
    fair: Vec<(String, Scored)>,
    /// The fair ones at all ages.
    aged: Vec<Aged>,
    /// The model was trained on them.
    trained: Vec<Scored>,
    /// Names of all that the model was trained on.
    known: Vec<String>,
    unlabelled: u64,
    unanswered: u64,
    left_out: u64,
    unmatched: HashMap<String, u64>,
}

fn sort(judged: &mut Judged, leave_out: &[usize]) -> Sorted {
    let mut out = Sorted::default();
    let mut sources: HashMap<String, u32> = HashMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut repeated = 0u64;
    let mut truths = Truths::new(&judged.tree, &judged.layout);
    for (index, object) in std::mem::take(&mut judged.objects).into_iter().enumerate() {
        let Object { id, label, five_class, source, answers, trained } = object;
        if !seen.insert(id.clone()) {
            repeated += 1;
            continue;
        }
        if trained {
            out.known.push(id.clone());
        }
        let Some(label) = label.filter(|l| !l.trim().is_empty()) else {
            out.unlabelled += 1;
            continue;
        };
        let Some(truth) = truths.of(&label) else { continue };
        if truth.path.iter().any(|s| leave_out.contains(s)) {
            out.left_out += 1;
            continue;
        }
        let source = source.map(|name| {
            let next = sources.len() as u32;
            *sources.entry(name).or_insert(next)
        });
        let mut answered = false;
        for answer in answers {
            let Some(p) = answer.p else { continue };
            let scored = Scored { truth: truth.clone(), p, five_class, source };
            answered |= answer.age_d.is_none();
            match (trained, answer.age_d) {
                (true, None) => out.trained.push(scored),
                (true, Some(_)) => {}
                (false, age_d) => {
                    if age_d.is_none() {
                        out.fair.push((id.clone(), scored.clone()));
                    }
                    out.aged.push(Aged { object: index, age_d, detections: answer.detections, scored });
                }
            }
        }
        out.unanswered += u64::from(!answered);
    }
    out.unmatched = truths.unmatched.iter().map(|(l, n)| (l.clone(), *n)).collect();
    if repeated > 0 {
        judged.notes.push(format!("{repeated} light curves of the data repeat an object id: the first of each was judged"));
    }
    out
}

/// Labels that the tree does not know, most objects first, with the nearest of its classes.
fn unknown(tree: &Taxonomy, unmatched: &HashMap<String, u64>) -> Vec<Unknown> {
    let mut labels: Vec<(&str, u64)> = unmatched.iter().map(|(l, n)| (l.as_str(), *n)).collect();
    labels.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mapping = map_labels(tree, labels.iter().copied(), &[]);
    labels
        .into_iter()
        .map(|(label, n)| {
            let row = mapping.rows.iter().find(|r| r.label == label);
            let node = row.and_then(|r| r.node.or_else(|| r.suggestions.first().map(|s| s.node)));
            Unknown { label: label.to_string(), n, nearest: node.map(|id| tree.node(id).name.clone()) }
        })
        .collect()
}

/// The second file: its name, the objects that both answer, and the differences.
fn against(
    judged: &Judged,
    path: &std::path::Path,
    fair: &[(String, Scored)],
    args: &EvaluateArgs,
    node: Option<usize>,
) -> Result<whole::Against, Failure> {
    let other = load::against(judged, path)?;
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for (id, scored) in fair {
        if let Some(Some(p)) = other.by_id.get(id) {
            a.push(scored.clone());
            b.push(Scored { p: p.clone(), ..scored.clone() });
        }
    }
    if a.is_empty() {
        return Err(Failure::usage(anyhow!("{}: answers none of the objects that are judged", printable(&path.to_string_lossy()))));
    }
    let layout: &Layout = &judged.layout;
    Ok(whole::Against { file: path.display().to_string(), n: a.len(), differences: compare(layout, &a, &b, args.tau, node) })
}
