//! Cross-validation over a fixed split: every object is predicted by a model that never saw its fold.

use super::checkpoint::{Checkpoint, Progress};
use super::data::Example;
use super::run::{Epoch, Prediction, TrainConfig, TrainError, train_kept};
use crate::taxonomy::Taxonomy;
use crate::taxonomy::layout::Layout;
use crate::taxonomy::weights::WeightOptions;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Out-of-fold predictions of every example, in the examples' order, at each of the reference ages.
/// Folds run side by side; `report` hears of (fold, epoch).
pub fn cross_validate(
    examples: &[Example],
    tree: &Taxonomy,
    layout: &Layout,
    options: &WeightOptions,
    config: &TrainConfig,
    report: &(dyn Fn(u32, Epoch) -> ControlFlow<()> + Sync),
) -> Result<Vec<Vec<Prediction>>, TrainError> {
    cross_validate_kept(examples, tree, layout, options, config, report, None)
}

/// As [`cross_validate`], with checkpoints in `progress`: after an interruption the folds that are finished are kept there,
/// and the others as far as they are.
pub fn cross_validate_kept(
    examples: &[Example],
    tree: &Taxonomy,
    layout: &Layout,
    options: &WeightOptions,
    config: &TrainConfig,
    report: &(dyn Fn(u32, Epoch) -> ControlFlow<()> + Sync),
    progress: Option<&Progress>,
) -> Result<Vec<Vec<Prediction>>, TrainError> {
    let stop = AtomicBool::new(false);
    let mut folds: Vec<u32> = examples.iter().map(|e| e.fold).collect();
    folds.sort_unstable();
    folds.dedup();
    let parts: Result<Vec<_>, TrainError> = folds
        .par_iter()
        .map(|&fold| {
            if stop.load(Ordering::Relaxed) {
                return Err(TrainError::Interrupted);
            }
            let training: Vec<&Example> = examples.iter().filter(|e| e.fold != fold).collect();
            let heard = |e| {
                let flow = report(fold, e);
                stop.fetch_or(flow.is_break(), Ordering::Relaxed);
                flow
            };
            let checkpoint = Checkpoint::new(progress, &format!("fold{fold}"));
            let (trained, unfinished) = train_kept(&training, tree, layout, options, config, &heard, &checkpoint)?;
            if unfinished.is_some() {
                return Err(TrainError::Interrupted);
            }
            let scored: Vec<usize> = (0..examples.len()).filter(|&i| examples[i].fold == fold).collect();
            let rows: Vec<&[f32]> = scored.iter().flat_map(|&i| examples[i].reference.iter().map(Vec::as_slice)).collect();
            let mut predictions = trained.predict(layout, &rows).into_iter();
            let of_objects: Vec<(usize, Vec<Prediction>)> =
                scored.iter().map(|&i| (i, predictions.by_ref().take(examples[i].reference.len()).collect())).collect();
            Ok(of_objects)
        })
        .collect();
    let mut all: Vec<Vec<Prediction>> = examples.iter().map(|_| Vec::new()).collect();
    for (i, p) in parts?.into_iter().flatten() {
        all[i] = p;
    }
    Ok(all)
}
