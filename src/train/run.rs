//! The training loop: batches, loss, validation, early stopping, averaging over members.

use super::adam::{AdamW, average};
use super::checkpoint::{Checkpoint, CheckpointError, Parts, State};
use super::data::Example;
use super::loss::{Target, Whxe};
use super::network::{Network, device};
use super::normalise::Normaliser;
use super::rng::RunRng;
use crate::features::Group;
use crate::taxonomy::layout::Layout;
use crate::taxonomy::weights::{self, Counts, WeightOptions};
use crate::taxonomy::{NodeId, Taxonomy};
use rayon::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Epochs over which the validation measure is averaged.
const SMOOTHED_EPOCHS: usize = 5;

/// Everything that decides what comes out of a run, besides the data and the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// Features that the network sees.
    pub groups: Vec<Group>,
    /// Seed of initialisation, dropout, sampling and the validation part.
    pub seed: u64,
    /// Passes over the training part at most.
    pub epochs: usize,
    /// Objects per step.
    pub batch: usize,
    /// Largest learning rate; it rises over the first twentieth and falls as a cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Dropout of the hidden layers.
    pub dropout: f32,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Networks that are averaged.
    pub members: usize,
    /// Truncated and thinned versions of each light curve.
    pub versions: usize,
    /// Probability with which an epoch takes the whole light curve.
    pub whole: f64,
    /// Share of the training objects on which early stopping is decided.
    pub validation: f64,
    /// Epochs without improvement after which it stops.
    pub patience: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            groups: vec![Group::Transient],
            seed: 1,
            epochs: 100,
            batch: 128,
            learning_rate: 2e-3,
            weight_decay: 0.02,
            dropout: 0.3,
            hidden: vec![256, 128, 64],
            members: 2,
            versions: 6,
            whole: 0.5,
            validation: 0.05,
            patience: 75,
        }
    }
}

/// What is reported after each epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Which member of the average.
    pub member: usize,
    /// From 1.
    pub epoch: usize,
    /// Mean training loss.
    pub loss: f64,
    /// Loss on the validation part: whole light curves and one truncated version each.
    pub validation: f64,
    /// Share of the validation objects whose most probable child is right at every node of their path, each
    /// object weighted as in the loss. Its mean over the last epochs decides when to stop: the loss itself is least
    /// long before the rare classes are learnt.
    pub accuracy: f64,
}

/// A trained network of one or more members, with its inputs' normalisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Features that it was trained on.
    pub groups: Vec<Group>,
    /// Members, whose logits are averaged.
    pub members: Vec<Network>,
    /// Features to inputs.
    pub normaliser: Normaliser,
    /// Random directions [sum of the members' hidden widths, DETAIL] for the embedding.
    pub detail: Vec<f32>,
    /// W_eff per slot of the counts trained on, for the correction to posteriors.
    pub w_eff: Vec<f64>,
    /// Brightest magnitudes between which 98 % of the objects lie.
    pub peak_mag: Option<(f64, f64)>,
    /// Objects per node that were trained on (validation part included).
    pub counts: BTreeMap<NodeId, u64>,
    /// The novelty score, fitted after training with objects that were not trained on; none until then.
    pub novelty: Option<crate::model::novelty::Novelty>,
}

/// Why training ended without a model.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// No usable example.
    #[error("nothing to train on: no example has a label that the tree holds")]
    NoExamples,
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Checkpoints that can't be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The loss was no number.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch}, which holds {objects}: lower the learning rate or look at these objects"
    )]
    NotFinite {
        /// NaN or infinite.
        loss: f64,
        /// From 1.
        epoch: usize,
        /// From 1.
        batch: usize,
        /// Names of the first objects.
        objects: String,
    },
}

/// Directions beside the logits in the embedding.
pub const DETAIL: usize = 18;

/// A random projection of the members' last hidden layers: keeps their distances roughly (Johnson & Lindenstrauss).
fn detail(members: &[Network], seed: u64) -> Vec<f32> {
    let width: usize = members.iter().map(Network::hidden_width).sum();
    let mut rng = RunRng::new(seed, u64::MAX);
    let scale = (DETAIL as f64).sqrt().recip();
    (0..width * DETAIL).map(|_| half::f16::from_f64(scale * rng.normal()).to_f32()).collect()
}

/// The middle 98 % of the brightest magnitudes, to 0.1 mag outwards.
fn range(examples: &[&Example]) -> Option<(f64, f64)> {
    let mut mags: Vec<f64> = examples.iter().map(|e| e.peak_mag).filter(|m| m.is_finite()).collect();
    mags.sort_by(f64::total_cmp);
    let cut = mags.len() / 100;
    let (low, high) = (mags.get(cut)?, mags.get(mags.len() - 1 - cut)?);
    Some(((10.0 * low).floor() / 10.0, (10.0 * high).ceil() / 10.0))
}

/// Counts of the labels of examples.
pub fn counts_of<'a>(examples: impl Iterator<Item = &'a Example>) -> BTreeMap<NodeId, u64> {
    let mut counts = BTreeMap::new();
    for e in examples {
        *counts.entry(e.node).or_default() += 1;
    }
    counts
}

/// The loss's factors for each example's path.
fn targets(examples: &[&Example], tree: &Taxonomy, layout: &Layout, options: &WeightOptions) -> (Vec<Target>, Vec<f64>) {
    let mut counts = Counts::default();
    for (node, n) in counts_of(examples.iter().copied()) {
        counts.set(node, n);
    }
    let w = weights::compute(tree, layout, &counts, options);
    let target = |e: &&Example| Target { path: e.path.iter().copied().zip(w.path_factors(&e.path)).collect() };
    (examples.iter().map(target).collect(), w.effective(layout))
}

/// How far an interrupted training came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// Epochs of the member that had fewest.
    pub epochs: usize,
    /// Members that were begun; the others are not in the model.
    pub members: usize,
}

/// Trains on `examples`. `report` is called after each epoch of each member, from several threads, and may stop the run.
pub fn train(
    examples: &[&Example],
    tree: &Taxonomy,
    layout: &Layout,
    options: &WeightOptions,
    config: &TrainConfig,
    report: &(dyn Fn(Epoch) -> ControlFlow<()> + Sync),
) -> Result<Trained, TrainError> {
    match train_kept(examples, tree, layout, options, config, report, &Checkpoint::default())? {
        (trained, None) => Ok(trained),
        (_, Some(_)) => Err(TrainError::Interrupted),
    }
}

/// As [`train`], but what has been trained when `report` stops the run is kept: each member ends with its present epoch, and
/// `checkpoint` lets a later call with the same arguments go on from there, to the same bytes.
pub fn train_kept(
    examples: &[&Example],
    tree: &Taxonomy,
    layout: &Layout,
    options: &WeightOptions,
    config: &TrainConfig,
    report: &(dyn Fn(Epoch) -> ControlFlow<()> + Sync),
    checkpoint: &Checkpoint,
) -> Result<(Trained, Option<Unfinished>), TrainError> {
    let usable: Vec<&Example> = examples.iter().copied().filter(|e| !e.path.is_empty()).collect();
    let Some(first) = usable.first() else {
        return Err(TrainError::NoExamples);
    };
    let n_features = first.versions.first().map_or(0, Vec::len);
    let whole_rows = usable.iter().filter_map(|e| e.versions.first()).map(Vec::as_slice);
    let some_rows = usable.iter().filter_map(|e| e.versions.get(1)).map(Vec::as_slice);
    let normaliser = Normaliser::fit(whole_rows.chain(some_rows), n_features);
    let (targets, w_eff) = targets(&usable, tree, layout, options);
    let rows = Rows::new(&usable, &normaliser);
    let stop = AtomicBool::new(false);
    let results: Result<Vec<Ended>, TrainError> = (0..config.members.max(1))
        .into_par_iter()
        .map(|member| {
            Run { rows: &rows, targets: &targets, layout, config, member, examples: &usable, stop: &stop, checkpoint }.run(report)
        })
        .collect();
    let begun: Vec<(Network, Option<usize>)> = results?.into_iter().flatten().collect();
    let left_out = begun.len() < config.members.max(1);
    let epochs = begun.iter().filter_map(|(_, stopped)| *stopped).min();
    let unfinished = (left_out || epochs.is_some()).then(|| Unfinished { epochs: epochs.unwrap_or(config.epochs), members: begun.len() });
    let members: Vec<Network> = begun.into_iter().map(|(network, _)| network).collect();
    if members.is_empty() {
        return Err(TrainError::Interrupted);
    }
    let detail = detail(&members, config.seed);
    let trained = Trained {
        groups: config.groups.clone(),
        members,
        normaliser,
        detail,
        w_eff,
        peak_mag: range(&usable),
        counts: counts_of(usable.iter().copied()),
        novelty: None,
    };
    Ok((trained, unfinished))
}

/// A member as far as it came, and the epoch in which it was interrupted; none if it never began.
type Ended = Option<(Network, Option<usize>)>;

/// Normalised inputs of every version of every example.
struct Rows {
    /// [sum of versions, I].
    inputs: Vec<f32>,
    /// First row of each example, and one past the last.
    start: Vec<usize>,
    width: usize,
}

impl Rows {
    fn new(examples: &[&Example], normaliser: &Normaliser) -> Self {
        let mut inputs = Vec::new();
        let mut start = vec![0];
        for e in examples {
            for v in &e.versions {
                normaliser.apply(v, &mut inputs);
            }
            start.push(start[start.len() - 1] + e.versions.len());
        }
        Rows { inputs, start, width: normaliser.width() }
    }

    fn row(&self, r: usize) -> &[f32] {
        &self.inputs[r * self.width..(r + 1) * self.width]
    }
}

struct Run<'a> {
    rows: &'a Rows,
    targets: &'a [Target],
    layout: &'a Layout,
    config: &'a TrainConfig,
    member: usize,
    examples: &'a [&'a Example],
    stop: &'a AtomicBool,
    checkpoint: &'a Checkpoint<'a>,
}

impl Run<'_> {
    /// The network, and the epoch in which it was stopped if it was; none if it was stopped before it began.
    fn run(&self, report: &(dyn Fn(Epoch) -> ControlFlow<()> + Sync)) -> Result<Option<(Network, Option<usize>)>, TrainError> {
        let config = self.config;
        let mut rng = RunRng::new(config.seed, self.member as u64);
        let n = self.targets.len();
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        let n_validation = ((n as f64 * config.validation) as usize).min(n - 1);
        let (validation, training) = order.split_at(n_validation);
        let mut training = training.to_vec();
        let whxe = Whxe::new(self.layout);
        let mut network = Network::new(self.rows.width, &config.hidden, self.layout.len(), &mut rng);
        let mut optimiser = AdamW::new(&mut network, config.weight_decay);
        let mut smooth = network.clone();
        let mut best = (f64::NEG_INFINITY, 0);
        let mut recent = VecDeque::with_capacity(SMOOTHED_EPOCHS);
        let steps_per_epoch = training.len().div_ceil(config.batch);
        let total = (steps_per_epoch * config.epochs) as f64;
        let mut step = 0usize;
        let mut parts = Parts { network: &mut network, smooth: &mut smooth, optimiser: &mut optimiser, rng: &mut rng };
        let mut first = 1;
        if let Some(saved) = self.checkpoint.restore(self.member, &mut parts)? {
            if saved.finished {
                return Ok(Some((smooth, None)));
            }
            first = saved.epoch + 1;
            (step, best, recent, training) = (saved.step, saved.best, saved.recent, saved.order);
        }
        if self.stop.load(Ordering::Relaxed) {
            smooth.round_to_half();
            return Ok((first > 1).then_some((smooth, Some(first - 1))));
        }
        let mut last = first;
        for epoch in first..=config.epochs {
            last = epoch;
            rng.shuffle(&mut training);
            let mut sum = 0.0;
            for (b, batch) in training.chunks(config.batch).enumerate() {
                let progress = step as f64 / total;
                let lr = config.learning_rate * (progress / 0.05).min(1.0) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
                let loss = self.step(&mut network, &mut optimiser, &whxe, batch, lr as f32, &mut rng);
                if !loss.is_finite() {
                    let names: Vec<_> = batch.iter().take(5).map(|&i| self.examples[i].object_id.as_str()).collect();
                    return Err(TrainError::NotFinite { loss, epoch, batch: b + 1, objects: names.join(", ") });
                }
                sum += loss * batch.len() as f64;
                step += 1;
                // A short memory at first, so that the average forgets the random start.
                average(&mut smooth, &mut network, (1.0 - 1.0 / (1.0 + step as f32)).min(0.995));
            }
            let (value, accuracy) = self.validate(&smooth, &whxe, if validation.is_empty() { &training } else { validation });
            if recent.len() == SMOOTHED_EPOCHS {
                recent.pop_front();
            }
            recent.push_back(accuracy);
            let score = recent.iter().sum::<f64>() / recent.len() as f64;
            if score >= best.0 {
                best = (score, epoch);
            }
            let done = Epoch { member: self.member, epoch, loss: sum / training.len().max(1) as f64, validation: value, accuracy };
            if report(done).is_break() {
                self.stop.store(true, Ordering::Relaxed);
            }
            // What is kept is the average at the end, not at the best epoch: with some hundred validation objects the
            // best is a matter of luck, and cross-validation says that it costs the rare classes (docs/benchmarks.md).
            if epoch >= best.1 + config.patience || epoch == config.epochs {
                break;
            }
            let stopping = self.stop.load(Ordering::Relaxed);
            if stopping || self.checkpoint.is_due(epoch) {
                let state = State { epoch, step, best, recent: recent.clone(), order: training.clone(), ..State::default() };
                let mut parts = Parts { network: &mut network, smooth: &mut smooth, optimiser: &mut optimiser, rng: &mut rng };
                self.checkpoint.save(self.member, &state.with(&mut parts))?;
            }
            if stopping {
                smooth.round_to_half();
                return Ok(Some((smooth, Some(epoch))));
            }
        }
        smooth.round_to_half();
        self.checkpoint.save(self.member, &State::finished(&mut smooth, last))?;
        Ok(Some((smooth, None)))
    }

    fn step(&self, network: &mut Network, optimiser: &mut AdamW, whxe: &Whxe, batch: &[usize], lr: f32, rng: &mut RunRng) -> f64 {
        let width = self.rows.width;
        let mut x = Vec::with_capacity(batch.len() * width);
        for &i in batch {
            let (from, to) = (self.rows.start[i], self.rows.start[i + 1]);
            let row = if to - from == 1 || rng.uniform() < self.config.whole { from } else { from + 1 + rng.below(to - from - 1) };
            x.extend_from_slice(self.rows.row(row));
        }
        // Rectifiers may turn NaN into 0, and then the loss would not show it.
        if x.iter().any(|v| !v.is_finite()) {
            return f64::NAN;
        }
        let masks = network.hidden().iter().map(|&h| rng.dropout(self.config.dropout, batch.len() * h)).collect();
        let live = network.live(&device());
        let x = live.constant(x, batch.len(), width);
        let (_, logits) = network.forward(&live, x, masks);
        let z = super::network::values(logits.clone());
        let targets: Vec<&Target> = batch.iter().map(|&i| &self.targets[i]).collect();
        let mut gradient = vec![0.0; z.len()];
        let loss = whxe.loss_and_gradient(&z, &targets, &mut gradient);
        // d(sum(z * g))/d(theta) with g = dL/dz held constant is dL/d(theta).
        let surrogate = (logits * live.constant(gradient, batch.len(), whxe.len())).sum();
        let gradients = live.gradients(&surrogate);
        optimiser.step(network, &gradients, lr);
        loss
    }

    /// Loss and accuracy over the whole light curves and the first truncated version of each object.
    fn validate(&self, network: &Network, whxe: &Whxe, objects: &[usize]) -> (f64, f64) {
        let mut x = Vec::new();
        let mut targets = Vec::new();
        for &i in objects {
            for r in self.rows.start[i]..self.rows.start[i + 1].min(self.rows.start[i] + 2) {
                x.extend_from_slice(self.rows.row(r));
                targets.push(&self.targets[i]);
            }
        }
        let (_, z) = network.predict(&x, self.rows.width);
        let mut gradient = vec![0.0; z.len()];
        let loss = whxe.loss_and_gradient(&z, &targets, &mut gradient);
        let (mut right, mut all) = (0.0, 0.0);
        for (z, t) in z.chunks(whxe.len()).zip(&targets) {
            let weight: f64 = t.path.iter().map(|(_, factor)| factor).sum();
            all += weight;
            let hit = t.path.iter().all(|&(slot, _)| {
                let siblings = &self.layout.groups[self.layout.slots[slot].group].members;
                siblings.iter().all(|&s| z[s] <= z[slot])
            });
            right += if hit { weight } else { 0.0 };
        }
        (loss, if all > 0.0 { right / all } else { 0.0 })
    }
}

impl Trained {
    /// Width of the embedding: the averaged logits, which keep what the tree asks for, and [`DETAIL`] directions for what
    /// an edited tree may ask.
    pub fn embedding_width(&self, layout: &Layout) -> usize {
        layout.len() + DETAIL
    }

    /// Corrected log conditionals [N] and embeddings [E] of raw features.
    pub fn predict(&self, layout: &Layout, rows: &[&[f32]]) -> Vec<Prediction> {
        let width = self.normaliser.width();
        let mut x = Vec::with_capacity(rows.len() * width);
        for r in rows {
            self.normaliser.apply(r, &mut x);
        }
        let outputs: Vec<_> = self.members.iter().map(|m| m.predict(&x, width)).collect();
        let (n, k) = (layout.len(), self.members.len() as f64);
        (0..rows.len())
            .map(|b| {
                let logits: Vec<f64> = (0..n).map(|s| outputs.iter().map(|(_, z)| f64::from(z[b * n + s])).sum::<f64>() / k).collect();
                let mut log_conditional = crate::cascade::log_conditionals(layout, &logits);
                crate::cascade::correct_to_posterior(layout, &mut log_conditional, &self.w_eff);
                let log_probability = crate::cascade::log_probabilities(layout, &log_conditional);
                let hidden = self.members.iter().zip(&outputs).flat_map(|(m, (e, _))| {
                    let w = m.hidden_width();
                    e[b * w..(b + 1) * w].iter().copied()
                });
                let mut embedding: Vec<f32> = logits.iter().map(|z| *z as f32).collect();
                embedding.resize(n + DETAIL, 0.0);
                for (h, directions) in hidden.zip(self.detail.chunks(DETAIL)) {
                    embedding[n..].iter_mut().zip(directions).for_each(|(e, d)| *e += h * d);
                }
                Prediction { embedding, logits, log_conditional, log_probability }
            })
            .collect()
    }
}

/// What the network says of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// [E].
    pub embedding: Vec<f32>,
    /// [N], uncorrected.
    pub logits: Vec<f64>,
    /// [N], corrected to posteriors.
    pub log_conditional: Vec<f64>,
    /// [N].
    pub log_probability: Vec<f64>,
}
