//! The objects to calibrate on: read, labelled, run through the model at every age.

use crate::cli::exit::Failure;
use crate::cli::objects;
use crate::lightcurve::read::ReadOptions;
use crate::lightcurve::window;
use crate::model::{Input, Model};
use crate::taxonomy::{LabelIndex, Layout, Taxonomy, printable, target_slots};
use anyhow::{Context, anyhow};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ages at which the rules' scores are kept, days since first detection; the whole light curve first.
const AGES_D: [f64; 7] = [f64::INFINITY, 3.0, 7.0, 14.0, 30.0, 60.0, 120.0];
/// Objects that a thread takes at a time.
const CHUNK: usize = 64;
/// Labels that are named at most.
const TOLD: usize = 12;

/// One object.
pub struct Row {
    pub object_id: String,
    /// Slots of its label's path.
    pub path: Vec<usize>,
    /// (age, ln p(node | parent)).
    pub ages: Vec<(f64, Vec<f64>)>,
}

/// What came of it.
#[derive(Default)]
pub struct Gathered {
    pub rows: Vec<Row>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// Objects that the model was trained on.
    pub trained: usize,
    /// Whether those are among the rows.
    pub with_trained: bool,
    /// What could not be read.
    pub errors: u64,
}

/// Labels by object, from CSV with the columns object_id and label.
pub fn labels(path: &Path) -> Result<HashMap<String, String>, Failure> {
    read_labels(path).with_context(|| format!("--labels {}", path.display())).map_err(Failure::usage)
}

fn read_labels(path: &Path) -> anyhow::Result<HashMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path)?;
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        found.ok_or_else(|| anyhow!("no column {name}; expected CSV with the columns object_id,label"))
    };
    let (id, label) = (column("object_id")?, column("label")?);
    let mut out: HashMap<String, String> = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let (id, label) = (record.get(id).unwrap_or_default(), record.get(label).unwrap_or_default());
        if id.is_empty() || label.is_empty() {
            continue;
        }
        if let Some(other) = out.insert(id.to_string(), label.to_string())
            && other != label
        {
            let (id, a, b) = (printable(id), printable(&other), printable(label));
            return Err(anyhow!("line {line}: {id} is labelled \"{b}\", but \"{a}\" further up; give each object one label"));
        }
    }
    Ok(out)
}

/// Reads the data and runs the model. None if it was interrupted.
pub fn gather(
    paths: &[PathBuf],
    options: &ReadOptions,
    labels: Option<HashMap<String, String>>,
    model: &Arc<Model>,
    include_trained: bool,
    interrupted: &AtomicBool,
) -> Result<Option<Gathered>, Failure> {
    let mut out = Gathered { with_trained: include_trained, ..Gathered::default() };
    let (mut unlabelled, mut empty, mut repeated) = (0usize, 0usize, 0usize);
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut trained_on = Vec::new();
    let index = LabelIndex::new(model.taxonomy());
    let mut known: Vec<(String, Vec<usize>, Vec<Input>)> = Vec::new();
    let read = objects::each(paths, options, |lc| {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(ControlFlow::Break(()));
        }
        let given = labels.as_ref().and_then(|l| l.get(&lc.object_id)).or(lc.label.as_ref()).filter(|l| !l.is_empty());
        let Some(label) = given else {
            unlabelled += 1;
            return Ok(ControlFlow::Continue(()));
        };
        let Some(found) = index.find(label) else {
            *unknown.entry(label.clone()).or_default() += 1;
            return Ok(ControlFlow::Continue(()));
        };
        if !model.can_use(&lc) {
            empty += 1;
        } else if !seen.insert(lc.object_id.clone()) {
            repeated += 1;
        } else if model.knows(&lc.object_id) && !include_trained {
            trained_on.push(lc.object_id);
        } else {
            out.trained += usize::from(model.knows(&lc.object_id));
            let path = target_slots(model.layout(), model.taxonomy(), found.node);
            let inputs = AGES_D.iter().map(|age| model.prepare(&window::as_of(&lc, *age), lc.photometry)).collect();
            known.push((lc.object_id, path, inputs));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    out.errors = read.errors;
    if interrupted.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let mut note = |n: usize, what: String| {
        if n > 0 {
            out.notes.push(format!("left out: {n} objects {what}"));
        }
    };
    note(unlabelled, "without a label".into());
    for (label, n) in unknown.iter().take(TOLD) {
        note(
            *n,
            format!("labelled {}, which the model's tree does not hold{}", printable(label), like(model.layout(), model.taxonomy(), label)),
        );
    }
    let rest: usize = unknown.values().skip(TOLD).sum();
    note(rest, format!("with {} further labels that the model's tree does not hold", unknown.len().saturating_sub(TOLD)));
    note(empty, "without a measurement".into());
    note(repeated, "that came twice".into());
    if let Some(first) = trained_on.first() {
        let what = format!(
            "that the model was TRAINED ON (as {}): it is surer of them than of others; --include-trained takes them",
            printable(first)
        );
        note(trained_on.len(), what);
        out.trained = trained_on.len();
    }
    let parts: Result<Vec<Vec<Row>>, Failure> = known.par_chunks(CHUNK).map(|part| run(model, part, interrupted)).collect();
    out.rows = parts?.into_iter().flatten().collect();
    Ok((!interrupted.load(Ordering::Relaxed)).then_some(out))
}

fn run(model: &Arc<Model>, part: &[(String, Vec<usize>, Vec<Input>)], interrupted: &AtomicBool) -> Result<Vec<Row>, Failure> {
    if interrupted.load(Ordering::Relaxed) {
        return Ok(Vec::new());
    }
    let mut session = model.session().map_err(Failure::internal)?;
    let inputs: Vec<Input> = part.iter().flat_map(|(_, _, inputs)| inputs.iter().cloned()).collect();
    let mut answers = session.run(&inputs).map_err(Failure::internal)?.into_iter();
    let row = |(object_id, path, inputs): &(String, Vec<usize>, Vec<Input>)| Row {
        object_id: object_id.clone(),
        path: path.clone(),
        ages: AGES_D.into_iter().zip(answers.by_ref().take(inputs.len()).map(|o| o.log_conditional)).collect(),
    };
    Ok(part.iter().map(row).collect())
}

/// The most similar class, as a hint.
fn like(layout: &Layout, taxonomy: &Taxonomy, label: &str) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &label.to_lowercase());
    let names = layout.slots.iter().filter(|s| !s.residual).map(|s| taxonomy.node(s.node).name.as_str());
    let best = names.map(|n| (likeness(n), n)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|b| b.0 > 0.8).map_or_else(String::new, |b| format!(" (like it: {})", printable(b.1)))
}
