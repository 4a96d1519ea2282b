//! Cross-validation over a fixed split: every object is predicted by a model that never saw its fold.

use super::data::Example;
use super::run::{Epoch, Prediction, TrainConfig, TrainError, train};
use crate::taxonomy::Taxonomy;
use crate::taxonomy::layout::Layout;
use crate::taxonomy::weights::WeightOptions;
use rayon::prelude::*;
use std::ops::ControlFlow;

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
    let mut folds: Vec<u32> = examples.iter().map(|e| e.fold).collect();
    folds.sort_unstable();
    folds.dedup();
    let parts: Result<Vec<_>, TrainError> = folds
        .par_iter()
        .map(|&fold| {
            let training: Vec<&Example> = examples.iter().filter(|e| e.fold != fold).collect();
            let trained = train(&training, tree, layout, options, config, &|e| report(fold, e))?;
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
