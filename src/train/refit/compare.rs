//! A model before and after a refit, on whole light curves of the fold that neither has seen, both poured onto the edited tree.

use crate::cascade::{Poured, decide_poured};
use crate::evaluate::{ClassScore, Truth};
use crate::taxonomy::{Layout, WeightOptions, Weights};
use crate::train::rng::RunRng;
use serde::Serialize;

/// Leaves with fewer objects in the fold are in no mean: one object more or less would decide it.
pub const MIN_LEAF_OBJECTS: u64 = 5;
/// A smaller probability is not known: the reference set has none below 0.0001.
pub const LEAST_KNOWN: f64 = 3e-5;
/// Resamples of the interval.
const RESAMPLES: usize = 1000;

/// One object of the fold.
pub struct Judged {
    /// On the edited tree.
    pub truth: Truth,
    /// By the model before.
    pub before: Poured,
    /// By the refitted one.
    pub after: Poured,
}

/// One node of the edited tree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The node's name.
    pub node: String,
    /// Steps from the root, 1 or more.
    pub depth: u32,
    /// A leaf or a residual.
    pub leaf: bool,
    /// Objects of the fold that are in it.
    pub n: u64,
    /// F1 of "the decision's path leads through it"; none: the model does not know the node, or no object is in it.
    pub f1_before: Option<f64>,
    /// See `f1_before`.
    pub f1_after: Option<f64>,
}

/// A measure before and after, on the same objects and classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// Objects, or classes, that it is the mean of.
    pub n: u64,
    /// Of the model before; none without any that it knows.
    pub before: Option<f64>,
    /// Of the refitted one.
    pub after: Option<f64>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The fold.
    pub fold: u32,
    /// Objects of the fold that the edited tree holds.
    pub objects: u64,
    /// Threshold of the decisions.
    pub tau: f64,
    /// Mean loss that the refit makes least, over the objects whose whole path both models know.
    pub loss: Change,
    /// Mean -ln P(the label's node), unweighted, over the objects whose node both know.
    pub log_loss: Change,
    /// Mean F1 of the most probable leaves, over those with at least [`MIN_LEAF_OBJECTS`] objects that both know.
    pub macro_f1: Change,
    /// Interval (95 %) of the difference in that mean, after minus before, by paired bootstrap over the objects.
    pub macro_f1_interval: Option<(f64, f64)>,
    /// Mean F1 after, over all such leaves, those included that only the refitted model knows.
    pub macro_f1_all: Option<f64>,
    /// Number of these.
    pub leaves_all: u64,
    /// Every node of the edited tree, in its order.
    pub rows: Vec<Row>,
}

/// Judges both. `weights` are those of the edited tree; `w_eff` its effective weights per slot.
pub fn compare(layout: &Layout, objects: &[Judged], fold: u32, tau: f64, seed: u64, weights: &Weights, w_eff: &[f64]) -> Comparison {
    let sides: [fn(&Judged) -> &Poured; 2] = [|o| &o.before, |o| &o.after];
    let known: [Vec<bool>; 2] = sides.map(|side| (0..layout.len()).map(|s| objects.iter().any(|o| side(o).p[s].is_some())).collect());
    let [before, after] = sides.map(|side| decided(layout, objects, side, tau));
    let rows = (0..layout.len())
        .map(|s| {
            let slot = &layout.slots[s];
            let f1 = |known: &[bool], scores: &[[u64; 3]]| {
                let [n, predicted, correct] = scores[s];
                (n > 0 && known[s]).then(|| ClassScore::new(String::new(), n, predicted, correct).f1)
            };
            Row {
                node: slot.name.clone(),
                depth: slot.depth,
                leaf: layout.is_atom(s),
                n: before[s][0],
                f1_before: f1(&known[0], &before),
                f1_after: f1(&known[1], &after),
            }
        })
        .collect();
    let leaves: Vec<usize> = (0..layout.len()).filter(|&s| layout.is_atom(s) && before[s][0] >= MIN_LEAF_OBJECTS && known[1][s]).collect();
    let both: Vec<usize> = leaves.iter().copied().filter(|&s| known[0][s]).collect();
    let calls: Vec<[Option<usize>; 3]> = objects.iter().map(|o| calls(layout, o)).collect();
    let everyone: Vec<usize> = (0..objects.len()).collect();
    let of =
        |side: usize, classes: &[usize], who: &[usize]| macro_f1(layout.len(), classes, who.iter().map(|&i| (calls[i][0], calls[i][side])));
    let share = |values: &[(f64, f64)], side: fn(&(f64, f64)) -> f64| {
        (!values.is_empty()).then(|| values.iter().map(side).sum::<f64>() / values.len() as f64)
    };
    let change =
        |values: Vec<(f64, f64)>| Change { n: values.len() as u64, before: share(&values, |v| v.0), after: share(&values, |v| v.1) };
    let losses = objects.iter().filter_map(|o| {
        let factors = weights.path_factors(&o.truth.path);
        let loss = |p: &Poured| whxe(layout, p, &o.truth.path, &factors, w_eff);
        Some((loss(&o.before)?, loss(&o.after)?))
    });
    let logs = objects.iter().filter_map(|o| {
        let end = *o.truth.path.last()?;
        Some((-o.before.p[end]?.max(LEAST_KNOWN).ln(), -o.after.p[end]?.max(LEAST_KNOWN).ln()))
    });
    Comparison {
        fold,
        objects: objects.len() as u64,
        tau,
        loss: change(losses.collect()),
        log_loss: change(logs.collect()),
        macro_f1: Change { n: both.len() as u64, before: of(1, &both, &everyone), after: of(2, &both, &everyone) },
        macro_f1_interval: interval(objects.len(), seed, |who| Some(of(2, &both, who)? - of(1, &both, who)?)),
        macro_f1_all: of(2, &leaves, &everyone),
        leaves_all: leaves.len() as u64,
        rows,
    }
}

/// Per slot: objects in it, decided to be in it, both.
fn decided(layout: &Layout, objects: &[Judged], side: fn(&Judged) -> &Poured, tau: f64) -> Vec<[u64; 3]> {
    let mut slots = vec![[0; 3]; layout.len()];
    for o in objects {
        let decision = decide_poured(layout, side(o), tau);
        let slot = if decision.other { layout.children(decision.slot).last().copied() } else { decision.slot };
        let path = slot.map_or_else(Vec::new, |s| layout.path(s));
        let said = o.truth.judged(&path);
        o.truth.path.iter().for_each(|&s| slots[s][0] += 1);
        for (level, &s) in said.iter().enumerate() {
            slots[s][1] += 1;
            slots[s][2] += u64::from(o.truth.path.get(level) == Some(&s));
        }
    }
    slots
}

/// The true leaf, and the leaf that is most probable before and after: none where the label says less, or where the
/// mass that can go no deeper is the greatest.
fn calls(layout: &Layout, o: &Judged) -> [Option<usize>; 3] {
    let leaf = |s: Option<&usize>| s.copied().filter(|s| layout.is_atom(*s));
    let said = |p: &Poured| {
        let mut best: (f64, Option<usize>) = (p.unresolved_root, None);
        for s in 0..layout.len() {
            let here = if layout.is_atom(s) { p.p[s].unwrap_or(0.0) } else { p.unresolved[s] };
            if here > best.0 {
                best = (here, Some(s));
            }
        }
        let path = best.1.map_or_else(Vec::new, |s| layout.path(s));
        leaf(o.truth.judged(&path).last())
    };
    [leaf(o.truth.path.last()), said(&o.before), said(&o.after)]
}

fn macro_f1(n: usize, classes: &[usize], calls: impl Iterator<Item = (Option<usize>, Option<usize>)>) -> Option<f64> {
    let mut counts = vec![[0u64; 3]; n];
    for (truth, said) in calls {
        if let Some(t) = truth {
            counts[t][0] += 1;
        }
        if let Some(s) = said {
            counts[s][1] += 1;
            counts[s][2] += u64::from(truth == said);
        }
    }
    let f1 = |&s: &usize| ClassScore::new(String::new(), counts[s][0], counts[s][1], counts[s][2]).f1;
    (!classes.is_empty()).then(|| classes.iter().map(f1).sum::<f64>() / classes.len() as f64)
}

/// The middle 95 % of `statistic` over resampled objects.
fn interval(n: usize, seed: u64, statistic: impl Fn(&[usize]) -> Option<f64>) -> Option<(f64, f64)> {
    let mut rng = RunRng::new(seed, 0);
    let mut all = Vec::with_capacity(RESAMPLES);
    let mut who = vec![0; n];
    for _ in 0..RESAMPLES {
        who.iter_mut().for_each(|i| *i = rng.below(n));
        all.push(statistic(&who)?);
    }
    all.sort_by(f64::total_cmp);
    Some((*all.get(RESAMPLES / 40)?, *all.get(RESAMPLES - 1 - RESAMPLES / 40)?))
}

/// The weighted loss of one object, from posteriors: the weights are put back into each group. Mass that can go no
/// deeper keeps its group's mean weight. None if a node of the path, or its weight, is not known.
fn whxe(layout: &Layout, poured: &Poured, path: &[usize], factors: &[f64], w_eff: &[f64]) -> Option<f64> {
    let mut loss = 0.0;
    for (&slot, factor) in path.iter().zip(factors) {
        let parent = layout.slots[slot].parent;
        let (mut weighted, mut plain) = (0.0, 0.0);
        for &m in &layout.groups[layout.slots[slot].group].members {
            let p = poured.p[m].unwrap_or(0.0);
            weighted += w_eff[m] * p;
            plain += p;
        }
        let unresolved = parent.map_or(poured.unresolved_root, |p| poured.unresolved[p]);
        let whole = if plain > 0.0 { weighted * (plain + unresolved) / plain } else { 1.0 };
        let own = poured.p[slot].filter(|_| w_eff[slot] > 0.0)? * w_eff[slot];
        loss -= factor * (own / whole).clamp(LEAST_KNOWN, 1.0).ln();
    }
    Some(loss)
}

/// Weights as text, for messages.
pub fn options_text(options: &WeightOptions) -> String {
    format!("alpha {}, beta {}, weights {}, K {}", options.alpha, options.beta, options.form.name(), options.k.name())
}
