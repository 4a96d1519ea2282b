//! `taxonova evaluate`: how good a model's or a file's predictions are on labelled light curves.

mod load;
mod page;
mod rules;
mod sort;
mod whole;

use super::exit::{CommandResult, Exit, Failure};
use super::rule::RuleArgs;
use super::stdout::print;
use super::{formats, inputs};
use crate::evaluate::{Aged, Scored, Study, compare, evaluate};
use crate::lightcurve::read;
use crate::model::decisions::Wanted;
use crate::taxonomy::mapping::map_labels;
use crate::taxonomy::{Taxonomy, printable};
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use load::Judged;
use rules::{Deciders, nominal};
use sort::{Row, Sorted, sort};
use std::collections::HashMap;
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
    /// How the decisions are made. For --predictions the rules that need scores are fitted to the folds that the object is not in.
    #[command(flatten)]
    pub rule: RuleArgs,
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
    let wanted = args.rule.wanted(false)?;
    if let Some(folder) = &args.report {
        page::prepare(folder, args.overwrite)?;
    }
    let (files, unreadable) = read::expand(&args.data);
    for e in &unreadable {
        eprintln!("taxonova: {e}");
    }
    let mut judged = match &args.predictions {
        Some(path) => load::from_file(&args, path, files.clone())?,
        None => load::from_model(&args, wanted, files.clone())?,
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
    check(&judged, &sorted)?;
    let (tree, layout) = (&judged.tree, &judged.layout);
    let deciders = match (judged.rules.take(), &args.predictions) {
        (Some(rules), _) => Deciders::Same(rules),
        (None, path) => {
            let name = path.as_ref().map_or_else(String::new, |p| printable(&p.to_string_lossy()));
            Deciders::cross_fitted(layout, &sorted.rows, wanted)
                .map_err(|e| Failure::usage(anyhow!("{name}: without one of its parts it {e}")))?
        }
    };
    let rule = deciders.text(wanted, sorted.by_fold);
    let known: HashMap<usize, &Row> = sorted.rows.iter().map(|r| (r.object, r)).collect();
    let (trained, aged): (Vec<&Row>, Vec<&Row>) = sorted.rows.iter().partition(|r| r.trained);
    let decided = |rows: Vec<&Row>| -> Vec<Aged> { rows.into_iter().flat_map(|r| deciders.decide(layout, r)).collect() };
    let whole = |rows: &[Aged]| -> Vec<Scored> { rows.iter().filter(|a| a.age_d.is_none()).map(|a| a.scored.clone()).collect() };
    let (trained, aged) = (whole(&decided(trained)), decided(aged));
    let fair = whole(&aged);
    let against = args.against.as_ref().map(|path| against(&judged, path, &sorted.rows, &aged, wanted, node)).transpose()?;
    let all = Whole {
        fair: (!fair.is_empty()).then(|| Study::new(tree, layout, &fair, &aged, &rule, nominal(wanted), node)),
        trained: (!trained.is_empty()).then(|| evaluate(tree, layout, &trained, &rule)),
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
        let named = aged.iter().filter(|a| a.age_d.is_none()).filter_map(|a| Some((known.get(&a.object)?.id.as_str(), &a.scored)));
        let worst = page::worst::choose(layout, named);
        page::write(folder, &all, page::mistakes(&worst, &files, &args.read.options())?)?;
    }
    print(&if args.json { all.json()? } else { all.text() })?;
    Ok(if judged.errors > 0 { Exit::Partly } else { Exit::Done })
}

/// Refuses where nothing can be judged.
fn check(judged: &Judged, sorted: &Sorted) -> Result<(), Failure> {
    if sorted.rows.iter().any(|r| r.answers.iter().any(|a| a.0.is_none())) {
        return Ok(());
    }
    Err(Failure::usage(anyhow!(
        "no object has a label that the tree {} knows and a prediction ({} without a label, {} with an unknown one, {} without a prediction, {} left out)",
        printable(&judged.tree.name),
        sorted.unlabelled,
        sorted.unmatched.values().sum::<u64>(),
        sorted.unanswered,
        sorted.left_out
    )))
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

/// The second file: its name, the objects that both answer, and the differences. Its decisions are by the rule that is asked for, fitted
/// to its own answers.
fn against(
    judged: &Judged,
    path: &std::path::Path,
    rows: &[Row],
    aged: &[Aged],
    wanted: Wanted,
    node: Option<usize>,
) -> Result<whole::Against, Failure> {
    let other = load::against(judged, path)?;
    let name = printable(&path.to_string_lossy());
    let answered = |r: &Row| Some((None, 0, other.by_id.get(&r.id).cloned().flatten()?));
    let theirs: Vec<Row> = rows
        .iter()
        .filter(|r| !r.trained)
        .filter_map(|r| {
            let Row { truth, id, object, five_class, source, part, trained, .. } = r;
            let answers = vec![answered(r)?];
            let (truth, id) = (truth.clone(), id.clone());
            Some(Row { truth, id, object: *object, five_class: *five_class, source: *source, part: *part, trained: *trained, answers })
        })
        .collect();
    if theirs.is_empty() {
        return Err(Failure::usage(anyhow!("{name}: answers none of the objects that are judged")));
    }
    let deciders = Deciders::cross_fitted(&judged.layout, &theirs, wanted)
        .map_err(|e| Failure::usage(anyhow!("{name}: without one of its parts it {e}")))?;
    let ours: HashMap<usize, &Scored> = aged.iter().filter(|a| a.age_d.is_none()).map(|a| (a.object, &a.scored)).collect();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for of_row in theirs.iter().flat_map(|r| deciders.decide(&judged.layout, r)) {
        if let Some(own) = ours.get(&of_row.object) {
            a.push((*own).clone());
            b.push(of_row.scored);
        }
    }
    Ok(whole::Against { file: path.display().to_string(), n: a.len(), differences: compare(&judged.layout, &a, &b, node) })
}
