//! What `taxonova train` writes.

use super::Args;
use crate::cli::exit::Failure;
use crate::model::Summary;
use crate::model::refset::{RefRow, Refset};
use crate::taxonomy::{Layout, Taxonomy};
use crate::train::calibrate::Calibrated;
use crate::train::data::{REFERENCE_AGES_D, REFSET_AGES};
use crate::train::{Example, Prediction, TrainConfig, Trained, export};
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;

#[allow(clippy::too_many_arguments)]
pub(super) fn write(
    args: &Args,
    tree: &Taxonomy,
    layout: &Layout,
    config: &TrainConfig,
    set: &[Example],
    training: &[&Example],
    trained: &Trained,
    calibrated: Option<&Calibrated>,
    out_of_fold: Option<&[Vec<Prediction>]>,
) -> Result<(), Failure> {
    let stem = args.output.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut folds: Vec<u32> = training.iter().map(|e| e.fold).collect();
    folds.sort_unstable();
    folds.dedup();
    let summary = Summary {
        name: args.name.clone().unwrap_or(stem),
        seed: config.seed,
        objects: training.len(),
        folds,
        held_out: args.hold_out,
        members: config.members,
        settings: settings(config),
    };
    let bytes = export::bundle(trained, tree, layout, summary, training.iter().map(|e| e.object_id.as_str()));
    let bytes = match calibrated {
        Some(calibrated) => {
            eprintln!("calibrated on {}", calibrated.what);
            calibrated.fold_into(&bytes).map_err(Failure::internal)?
        }
        None => bytes,
    };
    save(&args.output, &bytes)?;
    eprintln!("{}: {} kB", args.output.display(), bytes.len() / 1000);
    let Some(out_of_fold) = out_of_fold else { return Ok(()) };
    let refset = reference_set(layout, set, trained, out_of_fold).to_parquet().map_err(Failure::internal)?;
    let path = args.output.with_extension("refset.parquet");
    save(&path, &refset)?;
    eprintln!("{}: {} kB", path.display(), refset.len() / 1000);
    let path = args.output.with_extension("oof.csv");
    save(&path, &predictions_csv(layout, set, out_of_fold).map_err(Failure::internal)?)?;
    eprintln!("{}: out-of-fold predictions of {} objects, for `taxonova evaluate --predictions`", path.display(), set.len());
    Ok(())
}

fn settings(config: &TrainConfig) -> BTreeMap<String, String> {
    let list: [(&str, String); 9] = [
        ("epochs", config.epochs.to_string()),
        ("batch", config.batch.to_string()),
        ("learning_rate", config.learning_rate.to_string()),
        ("weight_decay", config.weight_decay.to_string()),
        ("dropout", config.dropout.to_string()),
        ("hidden", format!("{:?}", config.hidden)),
        ("versions", config.versions.to_string()),
        ("whole", config.whole.to_string()),
        ("validation", config.validation.to_string()),
    ];
    list.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}

/// What the reference set keeps of an example: places in [`REFERENCE_AGES_D`] and features.
fn kept(e: &Example) -> impl Iterator<Item = (usize, &[f32])> {
    REFSET_AGES.iter().filter_map(|&a| e.reference.get(a).map(|r| (a, r.as_slice())))
}

/// Embeddings by the model itself, atom probabilities by the models that did not see the object's fold.
fn reference_set(layout: &Layout, set: &[Example], trained: &Trained, out_of_fold: &[Vec<Prediction>]) -> Refset {
    let rows: Vec<&[f32]> = set.iter().flat_map(|e| kept(e).map(|(_, row)| row)).collect();
    let mut embedded = trained.predict(layout, &rows).into_iter();
    let atoms = layout.atoms();
    let mut out = Vec::with_capacity(rows.len());
    for (e, predictions) in set.iter().zip(out_of_fold) {
        for ((a, _), own) in kept(e).zip(embedded.by_ref()) {
            let Some(p) = predictions.get(a) else { continue };
            out.push(RefRow {
                object_id: e.object_id.clone(),
                label: e.label.clone(),
                fold: e.fold,
                age_d: REFERENCE_AGES_D[a] as f32,
                embedding: own.embedding,
                atoms: atoms.iter().map(|&a| p.log_probability[a].exp() as f32).collect(),
            });
        }
    }
    Refset { encoder: export::encoder_hash(trained), rows: out }
}

/// Predictions at every age; the age of the whole light curve is empty.
fn predictions_csv(layout: &Layout, set: &[Example], out_of_fold: &[Vec<Prediction>]) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["object_id".to_string(), "label".into(), "fold".into(), "asof_d".into()];
    header.extend(layout.slots.iter().map(|s| format!("P:{}", s.name)));
    csv.write_record(&header)?;
    for (e, predictions) in set.iter().zip(out_of_fold) {
        for (p, age) in predictions.iter().zip(REFERENCE_AGES_D) {
            let age = if age.is_finite() { age.to_string() } else { String::new() };
            let mut row = vec![e.object_id.clone(), e.label.clone(), e.fold.to_string(), age];
            row.extend(p.log_probability.iter().map(|l| format!("{:.6e}", l.exp())));
            csv.write_record(&row)?;
        }
    }
    csv.into_inner().context("in memory")
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = crate::atomic::write(path, |file| file.write_all(bytes));
    written.with_context(|| format!("{} can't be written", path.display())).map_err(Failure::internal)
}
