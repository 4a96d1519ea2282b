//! A model before and after a refit, on whole light curves of the fold that neither has seen, both poured onto the edited tree.

use crate::cascade::{Poured, decide_poured};
use crate::evaluate::{ClassScore, Truth};
use crate::taxonomy::{Layout, Slot, Weights};
use crate::train::rng::RunRng;
use serde::Serialize;

/// Leaves with fewer objects in the fold are in no mean: one object more or less would decide it.
pub const MIN_LEAF_OBJECTS: u64 = 5;
/// A smaller probability is not known: the reference set has none below 0.0001.
pub const LEAST_KNOWN: f64 = 3e-5;
/// Resamples of the interval.
const RESAMPLES: usize = 1000;

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

/// Takes the objects of the fold one by one: a large tree has many probabilities.
pub struct Judge<'a> {
    layout: &'a Layout,
    weights: &'a Weights,
    w_eff: &'a [f64],
    tau: f64,
    /// Per slot, before and after: objects in it, decided to be in it, both.
    decided: [Vec<[u64; 3]>; 2],
    /// Per slot, before and after: whether the model knows it.
    known: [Vec<bool>; 2],
    /// Per object: the true leaf, the most probable one before and after.
    calls: Vec<[Option<usize>; 3]>,
    losses: Vec<(f64, f64)>,
    logs: Vec<(f64, f64)>,
}

impl<'a> Judge<'a> {
    /// `weights` are those of the edited tree `layout`, `w_eff` its effective weights per slot.
    pub fn new(layout: &'a Layout, weights: &'a Weights, w_eff: &'a [f64], tau: f64) -> Judge<'a> {
        let n = layout.len();
        let decided = [vec![[0; 3]; n], vec![[0; 3]; n]];
        let known = [vec![false; n], vec![false; n]];
        Judge { layout, weights, w_eff, tau, decided, known, calls: Vec::new(), losses: Vec::new(), logs: Vec::new() }
    }

    /// One object by the model before and by the refitted one, both on the edited tree.
    pub fn add(&mut self, truth: &Truth, before: &Poured, after: &Poured) {
        let layout = self.layout;
        for (side, poured) in [before, after].into_iter().enumerate() {
            decide(layout, truth, poured, self.tau, &mut self.decided[side]);
            if self.calls.is_empty() {
                // What can be reached is the same for all objects.
                self.known[side] = poured.p.iter().map(Option::is_some).collect();
            }
        }
        let factors = self.weights.path_factors(&truth.path);
        let loss = |p: &Poured| whxe(layout, p, &truth.path, &factors, self.w_eff);
        self.losses.extend(loss(before).zip(loss(after)));
        if let Some(&end) = truth.path.last()
            && let (Some(b), Some(a)) = (before.p[end], after.p[end])
        {
            self.logs.push((-b.max(LEAST_KNOWN).ln(), -a.max(LEAST_KNOWN).ln()));
        }
        let truth_leaf = truth.path.last().copied().filter(|s| layout.is_atom(*s));
        self.calls.push([truth_leaf, said(layout, truth, before), said(layout, truth, after)]);
    }

    /// What came out. `seed` is that of the resampling.
    pub fn finish(self, fold: u32, seed: u64) -> Comparison {
        let layout = self.layout;
        let n = |s: usize| self.decided[0][s][0];
        let f1 = |side: usize, s: usize| {
            let [n, predicted, correct] = self.decided[side][s];
            (n > 0 && self.known[side][s]).then(|| ClassScore::new(String::new(), n, predicted, correct).f1)
        };
        let row = |(s, slot): (usize, &Slot)| Row {
            node: slot.name.clone(),
            depth: slot.depth,
            leaf: layout.is_atom(s),
            n: n(s),
            f1_before: f1(0, s),
            f1_after: f1(1, s),
        };
        let leaves: Vec<usize> = (0..layout.len()).filter(|&s| layout.is_atom(s) && n(s) >= MIN_LEAF_OBJECTS && self.known[1][s]).collect();
        let both: Vec<usize> = leaves.iter().copied().filter(|&s| self.known[0][s]).collect();
        let everyone: Vec<usize> = (0..self.calls.len()).collect();
        let of =
            |side: usize, classes: &[usize], who: &[usize]| macro_f1(classes, who.iter().map(|&i| (self.calls[i][0], self.calls[i][side])));
        Comparison {
            fold,
            objects: self.calls.len() as u64,
            tau: self.tau,
            loss: change(&self.losses),
            log_loss: change(&self.logs),
            macro_f1: Change { n: both.len() as u64, before: of(1, &both, &everyone), after: of(2, &both, &everyone) },
            macro_f1_interval: interval(self.calls.len(), seed, |who| Some(of(2, &both, who)? - of(1, &both, who)?)),
            macro_f1_all: of(2, &leaves, &everyone),
            leaves_all: leaves.len() as u64,
            rows: layout.slots.iter().enumerate().map(row).collect(),
        }
    }
}

fn change(values: &[(f64, f64)]) -> Change {
    let n = values.len() as f64;
    let mean = |side: fn(&(f64, f64)) -> f64| (!values.is_empty()).then(|| values.iter().map(side).sum::<f64>() / n);
    Change { n: values.len() as u64, before: mean(|v| v.0), after: mean(|v| v.1) }
}

/// Adds one object to the counts per slot.
fn decide(layout: &Layout, truth: &Truth, poured: &Poured, tau: f64, slots: &mut [[u64; 3]]) {
    let decision = decide_poured(layout, poured, tau);
    let slot = if decision.other { layout.children(decision.slot).last().copied() } else { decision.slot };
    let path = slot.map_or_else(Vec::new, |s| layout.path(s));
    truth.path.iter().for_each(|&s| slots[s][0] += 1);
    for (level, &s) in truth.judged(&path).iter().enumerate() {
        slots[s][1] += 1;
        slots[s][2] += u64::from(truth.path.get(level) == Some(&s));
    }
}

/// The most probable leaf: none where the label says less, or where the mass that can go no deeper is the greatest.
fn said(layout: &Layout, truth: &Truth, poured: &Poured) -> Option<usize> {
    let mut best: (f64, Option<usize>) = (poured.unresolved_root, None);
    for s in 0..layout.len() {
        let here = if layout.is_atom(s) { poured.p[s].unwrap_or(0.0) } else { poured.unresolved[s] };
        if here > best.0 {
            best = (here, Some(s));
        }
    }
    let path = best.1.map_or_else(Vec::new, |s| layout.path(s));
    truth.judged(&path).last().copied().filter(|s| layout.is_atom(*s))
}

/// Mean over `classes` (ascending); none without any.
fn macro_f1(classes: &[usize], calls: impl Iterator<Item = (Option<usize>, Option<usize>)>) -> Option<f64> {
    let mut counts = vec![[0u64; 3]; classes.len()];
    let place = |slot: Option<usize>| slot.and_then(|s| classes.binary_search(&s).ok());
    for (truth, said) in calls {
        if let Some(t) = place(truth) {
            counts[t][0] += 1;
        }
        if let Some(s) = place(said) {
            counts[s][1] += 1;
            counts[s][2] += u64::from(truth == said);
        }
    }
    let f1 = |&[n, predicted, correct]: &[u64; 3]| ClassScore::new(String::new(), n, predicted, correct).f1;
    (!classes.is_empty()).then(|| counts.iter().map(f1).sum::<f64>() / classes.len() as f64)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;
    use crate::taxonomy::{Counts, WeightOptions, weights};

    #[test]
    fn hand_worked() {
        // A, A1, A2, B; ten objects of A1 and B each, none of A2. The model before does not know A1 and A2.
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let mut counts = Counts::default();
        ["A1", "B"].iter().for_each(|name| counts.set(t.find(name).unwrap(), 10));
        let options = WeightOptions { alpha: 0.0, beta: 0.0, ..WeightOptions::default() };
        let weights = weights::compute(&t, &layout, &counts, &options);
        let w_eff = weights.effective(&layout);
        let mut judge = Judge::new(&layout, &weights, &w_eff, 0.5);
        for i in 0..20 {
            let slot = if i < 10 { 1 } else { 3 };
            let truth = Truth { path: layout.path(slot), open: false };
            // Before, two of A's ten are called B; after, all are right.
            let a = if i < 8 { 0.9 } else { 0.2 };
            let before = Poured { p: vec![Some(a), None, None, Some(1.0 - a)], unresolved: vec![a, 0.0, 0.0, 0.0], unresolved_root: 0.0 };
            let a = if i < 10 { 0.8 } else { 0.1 };
            let after = Poured { p: vec![Some(a), Some(a), None, Some(1.0 - a)], unresolved: vec![0.0; 4], unresolved_root: 0.0 };
            judge.add(&truth, &before, &after);
        }
        let c = judge.finish(3, 1);
        let rows: Vec<_> = c.rows.iter().map(|r| (r.node.as_str(), r.n, r.f1_before, r.f1_after)).collect();
        let f1 = |precision: f64, recall: f64| 2.0 * precision * recall / (precision + recall);
        assert_eq!(rows[0], ("A", 10, Some(f1(1.0, 0.8)), Some(1.0)));
        assert_eq!(rows[1], ("A1", 10, None, Some(1.0)));
        assert_eq!(rows[2], ("A2", 0, None, None));
        assert_eq!(rows[3], ("B", 10, Some(f1(10.0 / 12.0, 1.0)), Some(1.0)));
        assert_eq!((c.fold, c.objects, c.macro_f1.n, c.leaves_all), (3, 20, 1, 2));
        assert_eq!((c.macro_f1.before, c.macro_f1.after, c.macro_f1_all), (rows[3].2, Some(1.0), Some(1.0)));
        let (low, high) = c.macro_f1_interval.unwrap();
        assert!(low >= 0.0 && low < high && high < 0.4, "seed 1: {low} {high}");
        // Only B's objects can be compared: -ln 0.8 before, -ln 0.9 after.
        for change in [c.loss, c.log_loss] {
            assert_eq!(change.n, 10);
            assert!((change.before.unwrap() + 0.8f64.ln()).abs() < 1e-12 && (change.after.unwrap() + 0.9f64.ln()).abs() < 1e-12);
        }
    }
}
