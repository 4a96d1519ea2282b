//! The objects to be judged: their labels out of the data, their answers out of a model or a file of predictions.

use super::EvaluateArgs;
use crate::batch::pipeline::{Broken, End, Files, Setup};
use crate::batch::settings::rules;
use crate::batch::{Classifier, ModelEngine, Plan};
use crate::cascade::{Regrouper, Rules};
use crate::cli::exit::{Exit, Failure};
use crate::cli::inputs;
use crate::evaluate::predictions::{self, Predictions};
use crate::evaluate::{FIVE_CLASSES, FiveClass};
use crate::lightcurve::{LightCurve, Photometry, read, window};
use crate::model::Model;
use crate::model::decisions::Wanted;
use crate::taxonomy::{Layout, Taxonomy, printable};
use anyhow::{Context, anyhow};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An answer to an object as it was at one age.
pub struct Answer {
    /// Days since the first detection; none = the whole light curve.
    pub age_d: Option<f64>,
    /// None: no answer.
    pub p: Option<Vec<f64>>,
    /// Detections known then.
    pub detections: usize,
}

/// An object of the data, judged or not.
pub struct Object {
    pub id: String,
    pub label: Option<String>,
    pub five_class: Option<usize>,
    /// The data's column `source`.
    pub source: Option<String>,
    /// The fold that the file of predictions names.
    pub fold: Option<String>,
    /// The whole light curve first.
    pub answers: Vec<Answer>,
    /// Whether the model was trained on it.
    pub trained: bool,
}

/// What the objects are judged on.
pub struct Judged {
    pub tree: Taxonomy,
    pub layout: Layout,
    pub objects: Vec<Object>,
    pub errors: u64,
    /// How the model decides; none for a file of predictions.
    pub rules: Option<Rules>,
    /// Remarks on the whole.
    pub notes: Vec<String>,
}

/// An object with its detections at each age, and no answers yet.
fn object(curve: &LightCurve, ages: &[Option<f64>]) -> Object {
    let answer = |&age_d: &Option<f64>| {
        let detections = match age_d {
            None => detections(curve, &curve.observations),
            Some(d) => detections(curve, &window::as_of(curve, d)),
        };
        Answer { age_d, p: None, detections }
    };
    Object {
        id: curve.object_id.clone(),
        label: curve.label.clone(),
        five_class: curve.extra("five_class").and_then(FiveClass::truth).filter(|c| *c < FIVE_CLASSES.len()),
        source: curve.extra("source").map(str::to_string),
        fold: None,
        answers: ages.iter().map(answer).collect(),
        trained: false,
    }
}

/// Measurements at 5 sigma; in total photometry all measurements.
fn detections(curve: &LightCurve, observations: &[crate::lightcurve::Observation]) -> usize {
    let counts =
        |o: &&crate::lightcurve::Observation| !o.is_limit() && (curve.photometry == Photometry::Total || o.snr() >= window::DETECTION_SNR);
    observations.iter().filter(counts).count()
}

/// The whole light curve, then each age that is asked for.
fn ages(args: &EvaluateArgs) -> Vec<Option<f64>> {
    let mut ages: Vec<f64> = args.asof.clone();
    ages.sort_by(f64::total_cmp);
    ages.dedup();
    std::iter::once(None).chain(ages.into_iter().map(Some)).collect()
}

/// The model's answers to all light curves.
pub fn from_model(args: &EvaluateArgs, wanted: Wanted, paths: Vec<PathBuf>) -> Result<Judged, Failure> {
    let model = inputs::model(args.model.as_deref())?;
    let (tree, regrouper) = match args.taxonomy.as_deref().map(inputs::taxonomy).transpose()? {
        Some(tree) => {
            let r = Regrouper::new(model.taxonomy(), model.layout(), &tree, &Layout::new(&tree))
                .with_context(|| format!("the model {} can't be judged on the tree {}", printable(model.name()), printable(&tree.name)))
                .map_err(Failure::usage)?;
            (tree, Some(r))
        }
        None => (model.taxonomy().clone(), None),
    };
    let layout = Layout::new(&tree);
    let edited = regrouper.as_ref().is_some_and(|r| !r.is_identity());
    let rules = rules(wanted, &model, &layout, edited.then_some(&tree)).map_err(Failure::usage)?;
    let plan = Arc::new(Plan { layout: layout.clone(), regrouper, rules: rules.clone(), asof_d: None, history: None, uncertainty: false });
    let setup = Setup::new(args.threads.unwrap_or_else(inputs::processors), inputs::stop_flag());
    let (mut objects, mut errors) = (Vec::new(), 0u64);
    let worker_model = model.clone();
    let ages = ages(args);
    let make = move || {
        let mut classifier = Classifier::new(ModelEngine::new(&worker_model, false)?, plan.clone());
        let (model, ages) = (worker_model.clone(), ages.clone());
        Ok(move |curves: Vec<LightCurve>| answers(&mut classifier, &model, curves, &ages))
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
    let mut notes = vec![format!("model {}", model.name())];
    let calibrated = model.metadata().summary.settings.get("calibrated_on");
    if let (Some(what), false) = (calibrated, matches!(wanted, Wanted::Threshold { .. })) {
        notes.push(format!("its rule was fitted to {what}: if those objects are judged here too, it looks a little better than it is"));
    }
    Ok(Judged { tree, layout, objects, errors, rules: Some(rules), notes })
}

fn answers(classifier: &mut Classifier<ModelEngine>, model: &Model, curves: Vec<LightCurve>, ages: &[Option<f64>]) -> Vec<Object> {
    let mut objects: Vec<Object> = curves.iter().map(|c| object(c, ages)).collect();
    for object in &mut objects {
        object.trained = model.knows(&object.id);
    }
    for (k, age) in ages.iter().enumerate() {
        let as_known = |c: &LightCurve| match age {
            None => c.clone(),
            Some(d) => LightCurve { observations: window::as_of(c, *d), ..c.clone() },
        };
        let rows = classifier.classify(curves.iter().map(as_known).collect());
        for (object, row) in objects.iter_mut().zip(rows) {
            if let Some(answer) = object.answers.get_mut(k) {
                answer.p = row.decision.is_some().then_some(row.p);
            }
        }
    }
    objects
}

/// A file of predictions on a tree: the one that is given, or the shipped one whose nodes are the file's columns.
fn read_predictions(tree: Option<&Taxonomy>, path: &Path) -> Result<(Taxonomy, Predictions), Failure> {
    let tree = match tree {
        Some(tree) => tree.clone(),
        None => {
            let columns = predictions::node_columns(path).map_err(Failure::usage)?;
            predictions::shipped_tree_of(&columns)
                .ok_or_else(|| anyhow!("its P: columns are the nodes of no shipped tree; give the tree they were made on with -t"))
                .with_context(|| printable(&path.to_string_lossy()))
                .map_err(Failure::usage)?
        }
    };
    let found = predictions::read(path, &Layout::new(&tree)).map_err(Failure::usage)?;
    Ok((tree, found))
}

/// The answers to whole light curves in another file on the same tree, by object.
pub fn against(judged: &Judged, path: &Path) -> Result<Predictions, Failure> {
    Ok(read_predictions(Some(&judged.tree), path)?.1)
}

/// Answers from a file, joined to the labels by object id.
pub fn from_file(args: &EvaluateArgs, path: &Path, files: Vec<PathBuf>) -> Result<Judged, Failure> {
    let given = args.taxonomy.as_deref().map(inputs::taxonomy).transpose()?;
    let (tree, found) = read_predictions(given.as_ref(), path)?;
    let layout = Layout::new(&tree);
    let mut ages = ages(args);
    let there: Vec<String> = found.by_age.iter().map(|(a, _)| a.to_string()).collect();
    if let Some(missing) = args.asof.iter().find(|d| !found.by_age.iter().any(|(a, _)| a == *d)) {
        let what = if there.is_empty() { "it has no ages".into() } else { format!("it has those of {}", there.join(", ")) };
        return Err(Failure::usage(anyhow!("{}: no rows with asof_d {missing}; {what}", printable(&path.to_string_lossy()))));
    }
    // Without --asof all ages that the file has.
    if args.asof.is_empty() {
        ages.extend(found.by_age.iter().map(|(a, _)| Some(*a)));
    }
    let (mut objects, mut errors) = (Vec::new(), 0u64);
    let mut matched = std::collections::HashSet::new();
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
                    let mut object = object(&curve, &ages);
                    if found.by_id.contains_key(&object.id) {
                        matched.insert(object.id.clone());
                    }
                    object.fold = found.folds.get(&object.id).cloned();
                    for answer in &mut object.answers {
                        let rows = match answer.age_d {
                            None => Some(&found.by_id),
                            Some(age) => found.by_age.iter().find(|(a, _)| *a == age).map(|(_, rows)| rows),
                        };
                        answer.p = rows.and_then(|r| r.get(&object.id)).cloned().flatten();
                    }
                    objects.push(object);
                }
                Err(e) => {
                    eprintln!("taxonova: {e}");
                    errors += 1;
                }
            }
        }
    }
    let mut notes =
        vec![format!("predictions {}: {} of {} rows belong to an object of the data", path.display(), matched.len(), found.by_id.len())];
    if !there.is_empty() {
        notes.push(format!("with answers at {} days", there.join(", ")));
    }
    if found.repeated > 0 {
        notes.push(format!("{} rows repeat an object id at the same age: the first of each was used", found.repeated));
    }
    notes
        .push("a file does not say which objects its model was trained on: scores are fair only if the predictions are out of fold".into());
    Ok(Judged { tree, layout, objects, errors, rules: None, notes })
}
