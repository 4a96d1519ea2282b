//! Refitting: a new head for an edited tree on the stored embeddings of the training objects, in seconds.
//!
//! It starts from the old model's probabilities poured over the new nodes in the shares that the training objects have
//! there (`transfer.rs`), and learns a linear correction with the weighted hierarchical cross-entropy (`objective.rs`).
//! What the correction sees of the old network on the training folds are its out-of-fold probabilities: on objects that
//! it was trained on, a network is surer than it should be, and a head that learnt from that would be too.
//! Nothing in it is random but the interval of the comparison, and it gives the same bytes on any number of threads.

mod bundle;
mod compare;
mod judge;
pub(crate) mod labels;
pub(crate) mod lbfgs;
mod objective;
pub(crate) mod rows;
#[cfg(test)]
mod tests;
mod transfer;
#[cfg(test)]
mod weight_tests;

pub use compare::{Change, Comparison, MIN_LEAF_OBJECTS, Row};

use super::prune::{Pruned, prune};
use crate::cascade::RegroupError;
use crate::model::head::Head;
use crate::model::refset::Refset;
use crate::model::{Model, ModelError, Summary};
use crate::taxonomy::{EditError, Layout, Taxonomy, WeightOptions, printable, weights};
use compare::LEAST_KNOWN;
use judge::{Fitted, judge};
use objective::Objective;
use rows::{Rows, Standard, Training};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The penalty of a bias, as a share of that of the weights: nearly free, but without it a group's biases are known only up
/// to a constant.
const BIAS_PENALTY: f64 = 1e-4;
/// Three steps that lower the loss by less than this share of it are the end.
const TOLERANCE: f64 = 1e-6;

/// What decides the outcome, besides the data, the tree and its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct RefitConfig {
    /// Of the resampling for the comparison's interval.
    pub seed: u64,
    /// Steps of the optimiser at most.
    pub epochs: usize,
    /// How strongly the correction is drawn to nothing, by what the base says.
    pub penalty: f64,
    /// The same of the embedding's further coordinates.
    pub penalty_rest: f64,
    /// Threshold of the decisions that are compared.
    pub tau: f64,
    /// Name of the new model; without it the old one's.
    pub name: Option<String>,
}

impl Default for RefitConfig {
    fn default() -> Self {
        RefitConfig { seed: 1, epochs: 100, penalty: 0.003, penalty_rest: 0.03, tau: 0.5, name: None }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps done; 0 while the reference set is prepared.
    pub step: usize,
    /// Steps at most.
    pub of: usize,
    /// Mean loss on the training rows, the penalty included.
    pub loss: f64,
}

/// Why a refit gave no model.
#[derive(Debug, thiserror::Error)]
pub enum RefitError {
    /// No object has a class that the tree holds.
    #[error(
        "nothing to refit on: the tree holds none of the {labels} labels of the reference set ({examples}); \
         add the classes, or the labels as aliases"
    )]
    NothingShared {
        /// Distinct labels.
        labels: usize,
        /// The most frequent ones.
        examples: String,
    },
    /// A row does not fit the model.
    #[error("reference set: {object}: {reason}; make it again with `taxonova train ... --folds K`")]
    Row {
        /// The object.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// alpha or beta can't be used.
    #[error(transparent)]
    Options(#[from] EditError),
    /// beta so great that a weight is no number any more.
    #[error("the weight of {node} is {weight}: beta {beta} is too great")]
    Weight {
        /// The node.
        node: String,
        /// Its weight.
        weight: f64,
        /// The power.
        beta: f64,
    },
    /// Two nodes claim one class of the model.
    #[error(transparent)]
    Regroup(#[from] RegroupError),
    /// The model or its reference set can't be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What came of it.
#[derive(Debug)]
pub struct Refitted {
    /// Ready for use.
    pub model: Arc<Model>,
    /// The same as a file.
    pub bytes: Vec<u8>,
    /// On the fold that was held out; none if the model was trained on all.
    pub comparison: Option<Comparison>,
    /// What happened on the way.
    pub notes: Notes,
}

/// What happened on the way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notes {
    /// Objects that were learnt from.
    pub objects: usize,
    /// Rows, an object at several ages.
    pub rows: usize,
    /// Steps of the optimiser.
    pub steps: usize,
    /// Loss before the first step and after the last.
    pub loss: (f64, f64),
    /// Labels that the tree does not hold, with their objects.
    pub left_out: BTreeMap<String, usize>,
    /// Labels whose node is gone: the ancestor that took them, and their objects.
    pub to_ancestor: BTreeMap<String, (String, usize)>,
    /// Nodes without an example.
    pub pruned: Vec<Pruned>,
}

impl Notes {
    /// One line each; of many of a kind the first.
    pub fn lines(&self) -> Vec<String> {
        const TOLD: usize = 12;
        let plural = |n: &usize| if *n == 1 { "1 object".to_string() } else { format!("{n} objects") };
        let gone =
            self.left_out.iter().map(|(l, n)| format!("left out: {} labelled {}, which the tree does not hold", plural(n), printable(l)));
        let up = self.to_ancestor.iter().map(|(l, (to, n))| {
            format!("{} labelled {} count as {}: the tree has no finer class for them", plural(n), printable(l), printable(to))
        });
        let short = |kind: &str, lines: Vec<String>| {
            let more = lines.len().saturating_sub(TOLD);
            let tail = (more > 0).then(|| format!("... and {more} more {kind}"));
            lines.into_iter().take(TOLD).chain(tail).collect::<Vec<_>>()
        };
        let n: usize = self.left_out.values().sum();
        let total = (!self.left_out.is_empty()).then(|| {
            format!("{} left out in all: `taxonova taxonomy map` says which class such labels mean, aliases make them known", plural(&n))
        });
        let mut lines = short("labels that the tree does not hold", gone.collect());
        lines.extend(total);
        lines.extend(short("labels that count as a broader class", up.collect()));
        lines.extend(short("classes without an example", self.pruned.iter().map(Pruned::to_string).collect()));
        lines
    }
}

/// Fits a head for `tree`, whose own weights are not used but `options`. `report` hears of every step and may stop it.
pub fn refit(
    refset: &Refset,
    model: &Arc<Model>,
    tree: &Taxonomy,
    options: &WeightOptions,
    config: &RefitConfig,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Refitted, RefitError> {
    options.check()?;
    let mut say = |step, loss| match report(Progress { step, of: config.epochs, loss }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RefitError::Interrupted),
    };
    say(0, f64::NAN)?;
    let held_out = model.summary().held_out;
    let base = Layout::new(model.base_taxonomy());
    let rows = Rows::new(refset, model, &base, tree, held_out)?;
    say(0, f64::NAN)?;
    let mut pruned_tree = tree.clone();
    pruned_tree.weights = *options;
    let pruned = prune(&mut pruned_tree, &rows.counts)?;
    let layout = Layout::new(&pruned_tree);
    let weights = weights::compute(&pruned_tree, &layout, &rows.counts, options);
    let w_eff = weights.effective(&layout);
    if let Some(bad) = (0..layout.len()).find(|&s| !(w_eff[s].is_finite() && w_eff[s] > f64::from(f32::MIN_POSITIVE))) {
        return Err(RefitError::Weight { node: printable(&layout.slots[bad].name), weight: w_eff[bad], beta: options.beta });
    }
    let transfer = transfer::transfer(&base, &layout, &rows.pairs(&pruned_tree, &layout));
    let training = rows.training(&pruned_tree, &layout, &weights);
    say(0, f64::NAN)?;
    let ln_w: Vec<f64> = w_eff.iter().map(|w| w.ln()).collect();
    let fit = Fit { rows: &rows, training: &training, base: base.len(), layout: &layout, ln_w: &ln_w, config };
    let (head, steps, loss) = fit.run(transfer, &mut say)?;
    let notes = Notes {
        objects: training.objects,
        rows: training.targets.len(),
        steps,
        loss,
        left_out: rows.left_out.clone(),
        to_ancestor: rows.to_ancestor.clone(),
        pruned,
    };
    let summary = summary(model, config, options, &notes);
    let fitted = Fitted { head: &head, tree: &pruned_tree, layout: &layout, w_eff: &w_eff, scaling: None };
    let decisions = judge::decisions(&rows, &fitted);
    let bytes = bundle::build(model, &fitted, rows.embedding, &rows.counts, summary, decisions)
        .map_err(|reason| ModelError::Graph { path: model.path().to_path_buf(), reason })?;
    let refitted = Model::from_bytes(&bytes, Path::new("<refitted model>"))?.with_refset_of(model);
    say(steps, loss.1)?;
    let comparison = match held_out {
        Some(fold) => Some(judge(&rows, model, &fitted, tree, options, config, fold)?),
        None => None,
    };
    Ok(Refitted { model: Arc::new(refitted), bytes, comparison, notes })
}

/// The numbers of a refit, without trees and files.
struct Fit<'a> {
    rows: &'a Rows<'a>,
    training: &'a Training,
    base: usize,
    layout: &'a Layout,
    ln_w: &'a [f64],
    config: &'a RefitConfig,
}

impl Fit<'_> {
    /// The head, the steps that it took, and the loss before the first and after the last.
    fn run(
        &self,
        transfer: Vec<f64>,
        say: &mut dyn FnMut(usize, f64) -> Result<(), RefitError>,
    ) -> Result<(Head, usize, (f64, f64)), RefitError> {
        let (training, config, n) = (self.training, self.config, self.layout.len());
        let standard = Standard::of(&training.x, &training.weight, self.rows.inputs);
        let x = standard.apply(&training.x);
        let mut start = Vec::with_capacity(training.targets.len() * n);
        for p in training.base_p.chunks(self.base.max(1)) {
            start.extend(Head::poured(&transfer, n, p, LEAST_KNOWN).iter().zip(self.ln_w).map(|(z, w)| z + w));
        }
        let mut penalty = vec![config.penalty; self.base];
        penalty.resize(self.rows.inputs, config.penalty_rest);
        penalty.push(BIAS_PENALTY * config.penalty);
        let objective = Objective {
            x: &x,
            f: self.rows.inputs,
            start: &start,
            targets: &training.targets,
            importance: &training.importance,
            layout: self.layout,
            penalty: &penalty,
        };
        let mut parameters = vec![0.0; objective.len()];
        let (mut first, mut stopped) = (None, None);
        let last = Cell::new((0, f64::NAN));
        let evaluate = |p: &[f64], g: &mut [f64]| {
            let value = objective.value(p, g);
            if first.is_none() {
                first = Some(value);
                last.set((0, value));
            }
            let (step, loss) = last.get();
            match say(step, loss) {
                Ok(()) => Some(value),
                Err(e) => {
                    stopped = Some(e);
                    None
                }
            }
        };
        let (loss, _) = lbfgs::minimise(&mut parameters, config.epochs, TOLERANCE, evaluate, |step, loss| last.set((step, loss)));
        if let Some(stopped) = stopped {
            return Err(stopped);
        }
        let head = standard.head(&parameters, transfer, self.ln_w, self.base);
        Ok((head, last.get().0, (first.unwrap_or(loss), loss)))
    }
}

/// What the new file says of itself: as the old one, and from what it was refitted.
fn summary(model: &Model, config: &RefitConfig, options: &WeightOptions, notes: &Notes) -> Summary {
    let mut summary = model.summary().clone();
    let weights = format!("alpha {}, beta {}, weights {}, K {}", options.alpha, options.beta, options.form.name(), options.k.name());
    let list = [
        ("refitted_from", format!("{} (sha256 {})", model.name(), model.fingerprint())),
        ("refit_weights", weights),
        ("refit_objects", notes.objects.to_string()),
        ("refit_epochs", config.epochs.to_string()),
        ("refit_penalty", format!("{} and {}", config.penalty, config.penalty_rest)),
        ("refit_seed", config.seed.to_string()),
    ];
    summary.settings.extend(list.into_iter().map(|(k, v)| (k.to_string(), v)));
    if let Some(name) = &config.name {
        summary.name = name.clone();
    }
    summary
}

/// For the interface: refits `model` for `tree` with the tree's own weights, on the model's own reference set. `cancel` stops
/// it within some hundredths of a second.
pub fn refit_model(
    model: &Arc<Model>,
    tree: &Taxonomy,
    config: &RefitConfig,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Refitted, RefitError> {
    let mut report = |p: Progress| {
        progress(p);
        if cancel.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    if report(Progress { step: 0, of: config.epochs, loss: f64::NAN }).is_break() {
        return Err(RefitError::Interrupted);
    }
    let refset = model.refset()?;
    refit(&refset, model, tree, &tree.weights, config, &mut report)
}
