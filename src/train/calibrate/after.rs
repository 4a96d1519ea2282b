//! The calibration at the end of a training run.

use super::fit::PARTS;
use super::{Fitted, Object, fit};
use crate::model::calibration::Scaling;
use crate::model::decisions::Decisions;
use crate::model::{Model, ModelError, name_hash};
use crate::taxonomy::Layout;
use crate::train::{Example, Prediction, Trained};
use std::path::Path;

/// What a trained model is calibrated with.
#[derive(Debug, Clone)]
pub struct Calibrated {
    scaling: Scaling,
    decisions: Option<Decisions>,
    /// What it was fitted to, in words.
    pub what: String,
}

impl Calibrated {
    /// The bundle with the calibration in it.
    pub fn fold_into(&self, bundle: &[u8]) -> Result<Vec<u8>, ModelError> {
        let model = Model::from_bytes(bundle, Path::new("<trained model>"))?;
        model.recalibrated(&self.scaling, self.decisions.clone(), [("calibrated_on".to_string(), self.what.clone())])
    }
}

/// Fits the calibration of `trained`: to the held-out fold, which it never saw, shrunk towards what fits the out-of-fold
/// predictions of the other folds where there are some; without a held-out fold to all out-of-fold predictions; without
/// either there is none.
///
/// `ages`: those of [`Example::reference`] and of the predictions. `out_of_fold`, in the order of `set`, are calibrated in
/// place, each fold by what fits the others.
pub fn after_training(
    layout: &Layout,
    set: &[Example],
    ages: &[f64],
    trained: &Trained,
    hold_out: Option<u32>,
    out_of_fold: Option<&mut [Vec<Prediction>]>,
) -> Option<Calibrated> {
    let held: Vec<&Example> = set.iter().filter(|e| Some(e.fold) == hold_out).collect();
    let held_predictions: Vec<Vec<Prediction>> =
        held.iter().map(|e| trained.predict(layout, &e.reference.iter().map(Vec::as_slice).collect::<Vec<_>>())).collect();
    let none = Scaling::identity(layout.len());
    let mut by_folds = None;
    if let Some(predictions) = out_of_fold {
        let all: Vec<Object<'_>> = set.iter().zip(predictions.iter()).map(|(e, p)| object(e, p, ages, e.fold)).collect();
        let fitted = fit(layout, &all, &none);
        let decisions = fitted.decisions(layout, &all);
        drop(all);
        for (e, predictions) in set.iter().zip(predictions.iter_mut()) {
            for p in predictions {
                fitted.unseen(e.fold).apply(layout, &mut p.log_conditional);
                p.log_probability = crate::cascade::log_probabilities(layout, &p.log_conditional);
            }
        }
        by_folds = Some((fitted, decisions));
    }
    let said = |f: &Fitted, what: String| format!("{} objects of {what}, strength {}", f.objects, f.strength);
    match (hold_out, by_folds) {
        (Some(fold), by_folds) if !held.is_empty() => {
            let centre = by_folds.as_ref().map_or(&none, |(f, _)| f.unseen(fold));
            // One fold holds too few rare objects to choose a gamma by.
            let balance = by_folds.as_ref().and_then(|(_, decisions)| decisions.as_ref());
            let part = |e: &Example| (name_hash(&e.object_id) % u64::from(PARTS)) as u32;
            let objects: Vec<Object<'_>> = held.iter().zip(&held_predictions).map(|(e, p)| object(e, p, ages, part(e))).collect();
            let fitted = fit(layout, &objects, centre);
            let decisions = fitted.decisions(layout, &objects).map(|own| balance.map_or(own.clone(), |b| own.balanced_as(b)));
            Some(Calibrated { what: said(&fitted, format!("fold {fold}, never trained on")), scaling: fitted.all, decisions })
        }
        (_, Some((fitted, decisions))) => {
            Some(Calibrated { what: said(&fitted, "all folds, predicted out of fold".into()), scaling: fitted.all, decisions })
        }
        (_, None) => None,
    }
}

fn object<'a>(e: &'a Example, predictions: &'a [Prediction], ages: &[f64], part: u32) -> Object<'a> {
    let ages = ages.iter().zip(predictions).map(|(age, p)| (*age, p.log_conditional.as_slice())).collect();
    Object { path: &e.path, part, ages }
}
