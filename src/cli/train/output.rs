//! What `taxonova train` writes.

use super::Args;
use crate::cli::exit::Failure;
use crate::model::Summary;
use crate::model::refset::{RefRow, Refset};
use crate::taxonomy::{Layout, Taxonomy};
use crate::train::calibrate::Calibrated;
use crate::train::data::{REFERENCE_AGES_D, REFSET_AGES};
use crate::train::{Example, Prediction, TrainConfig, Trained, Unfinished, export};
use anyhow::Context;
use std::collections::BTreeMap;

/// What there is to write.
pub(super) struct Written<'a> {
    pub tree: &'a Taxonomy,
    pub layout: &'a Layout,
    pub config: &'a TrainConfig,
    /// All objects.
    pub set: &'a [Example],
    /// Those trained on.
    pub training: &'a [&'a Example],
    pub trained: &'a Trained,
    /// How far it came, if it was interrupted.
    pub unfinished: Option<Unfinished>,
}

/// Writes the model and, with out-of-fold predictions, these and the reference set: all of them or none.
pub(super) fn write(
    args: &Args,
    written: &Written,
    calibrated: Option<&Calibrated>,
    out_of_fold: Option<&[Vec<Prediction>]>,
) -> Result<(), Failure> {
    let Written { tree, layout, config, set, training, trained, unfinished } = *written;
    let stem = args.output.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut folds: Vec<u32> = training.iter().map(|e| e.fold).collect();
    folds.sort_unstable();
    folds.dedup();
    let mut settings = settings(config);
    if let Some(u) = unfinished {
        settings.insert("interrupted_at_epoch".into(), u.epochs.to_string());
    }
    let summary = Summary {
        name: args.name.clone().unwrap_or(stem),
        seed: config.seed,
        objects: training.len(),
        folds,
        held_out: args.hold_out,
        members: trained.members.len(),
        settings,
    };
    let bytes = export::bundle(trained, tree, layout, summary, training.iter().map(|e| e.object_id.as_str()));
    let bytes = match calibrated {
        Some(calibrated) => {
            eprintln!("calibrated on {}", calibrated.what);
            calibrated.fold_into(&bytes).map_err(Failure::internal)?
        }
        None => bytes,
    };
    let mut files = vec![(args.output.clone(), bytes)];
    if let Some(out_of_fold) = out_of_fold {
        let refset = reference_set(layout, set, trained, out_of_fold).sampled(args.refset_objects, args.hold_out, config.seed);
        if !refset.is_whole() {
            let mut ids: Vec<&str> = refset.rows.iter().map(|r| r.object_id.as_str()).collect();
            ids.dedup();
            eprintln!("the reference set holds {} of {} objects, with weights (--refset-objects)", ids.len(), set.len());
        }
        let refset = refset.to_parquet().map_err(Failure::internal)?;
        files.push((args.output.with_extension("refset.parquet"), refset));
        let csv = predictions_csv(layout, set, out_of_fold).map_err(Failure::internal)?;
        files.push((args.output.with_extension("oof.csv"), csv));
    }
    // The model goes last: until it is there, all that is beside it may still be the old one's.
    files.rotate_left(1);
    crate::atomic::write_all(&files).map_err(|(path, e)| {
        Failure::internal(anyhow::Error::new(e).context(format!("{} can't be written; the old files are as they were", path.display())))
    })?;
    files.rotate_right(1);
    for (path, bytes) in &files {
        eprintln!("{}: {} kB", path.display(), bytes.len() / 1000);
    }
    if out_of_fold.is_some() {
        eprintln!("out-of-fold predictions of {} objects, for `taxonova evaluate --predictions`", set.len());
    }
    Ok(())
}

/// The settings by name.
pub(super) fn settings(config: &TrainConfig) -> BTreeMap<String, String> {
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
                weight: 1.0,
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
