//! What one answer is worth, worked out once per object, and the measures over any sample of such outcomes: cheap enough for
//! a thousand draws of the bootstrap.

use super::auroc::auroc;
use super::confusion::{f1, ratio};
use super::hierarchical::{Hierarchical, Verdict, lca_height, verdict};
use super::report::{LEAST_P, MIN_OBJECTS};
use super::scored::Scored;
use super::sources::own_sources;
use super::truth::Truth;
use crate::taxonomy::Layout;
use serde::Serialize;

/// One object's answer, judged.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its true path.
    pub truth: Truth,
    /// The decision's path.
    pub decided: Vec<usize>,
    /// Whether the decision is a leaf or residual.
    pub at_leaf: bool,
    /// What the decision is worth.
    pub verdict: Verdict,
    /// The path to the most probable leaf, as far as it can be judged.
    pub forced: Vec<usize>,
    /// Height of the lowest common ancestor where the most probable leaf is a mistake.
    pub height: Option<u32>,
    /// ln P(label's node); none if it is not in the model.
    pub ln_p: Option<f64>,
    /// P of the node asked for and whether the object is in it; none for labels above it.
    pub score: Option<(f64, bool)>,
}

/// Whether an object is in `node`; none if its label lies above and leaves it open.
pub fn belongs(layout: &Layout, truth: &Truth, node: usize) -> Option<bool> {
    if truth.path.contains(&node) {
        return Some(true);
    }
    if layout.path(node).starts_with(&truth.path) { None } else { Some(false) }
}

impl Outcome {
    /// Judges an object. `node`: the one whose AUROC is asked for.
    pub fn new(layout: &Layout, object: &Scored, node: Option<usize>) -> Outcome {
        let truth = object.truth.clone();
        let decided = object.decided.clone();
        let best = object.leaf(layout).map_or_else(Vec::new, |s| layout.path(s));
        let forced = truth.judged(&best).to_vec();
        let height = (verdict(&truth, &forced) == Verdict::Mistake).then(|| lca_height(layout, &truth.path, &forced));
        let p_of = |slot: usize| object.p.get(slot).copied().filter(|p| !p.is_nan());
        let ln_p = truth.path.last().and_then(|&end| p_of(end)).map(|p| p.max(LEAST_P).ln());
        let score = node.and_then(|node| Some((p_of(node)?, belongs(layout, &truth, node)?)));
        let at_leaf = decided.last().is_some_and(|&s| layout.is_atom(s));
        Outcome { verdict: verdict(&truth, &decided), truth, decided, at_leaf, forced, height, ln_p, score }
    }
}

/// What stays the same for all samples of one set of objects.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Number of slots.
    slots: usize,
    /// Leaves and residuals with enough objects, whose sources are not theirs alone.
    pub headline: Vec<usize>,
    /// ln of the share of objects in each slot: what one says who knows nothing but the rates.
    prior_ln: Vec<f64>,
}

impl Frame {
    /// Of a set of objects.
    pub fn new(layout: &Layout, objects: &[Scored]) -> Frame {
        let mut counts = vec![0u64; layout.len()];
        for object in objects {
            for &slot in &object.truth.path {
                if let Some(n) = counts.get_mut(slot) {
                    *n += 1;
                }
            }
        }
        let own = own_sources(layout, objects);
        let n = objects.iter().filter(|o| !o.truth.path.is_empty()).count().max(1) as f64;
        let headline = (0..layout.len()).filter(|&s| layout.is_atom(s) && counts[s] >= MIN_OBJECTS && !own[s]).collect();
        Frame { slots: layout.len(), headline, prior_ln: counts.iter().map(|&c| (c as f64 / n).max(LEAST_P).ln()).collect() }
    }
}

/// Names of the measures, in the order of [`Measures::values`].
pub const MEASURES: [&str; 14] = [
    "hierarchical F",
    "hierarchical F, mean over labels",
    "leaf macro F1",
    "accuracy, first level",
    "log loss",
    "log-loss skill",
    "AUROC",
    "severity of mistakes",
    "stopped early",
    "mistakes",
    "specificity",
    "coverage",
    "decided at a leaf",
    "said nothing",
];

/// The headline measures of a set of objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Measures {
    /// Objects judged.
    pub n: u64,
    /// Of the decisions, over all objects alike.
    pub hierarchical_f: Option<f64>,
    /// Of the decisions, mean over the true labels.
    pub hierarchical_f_macro: Option<f64>,
    /// Mean F1 of the most probable leaves over the classes with enough objects.
    pub leaf_macro_f1: Option<f64>,
    /// Share of objects whose most probable leaf lies in the right child of the root.
    pub first_level_accuracy: Option<f64>,
    /// Mean -ln P(label's node), unweighted.
    pub log_loss: Option<f64>,
    /// 1 - log loss / log loss of the rates.
    pub skill: Option<f64>,
    /// Of the node asked for, against the rest.
    pub auroc: Option<f64>,
    /// Mean height of the lowest common ancestor over the mistakes of the most probable leaves.
    pub severity: Option<f64>,
    /// Share of decisions above the truth.
    pub stopped_early: Option<f64>,
    /// Share of decisions that are wrong.
    pub mistakes: Option<f64>,
    /// Mean share of the true path that decisions say.
    pub specificity: Option<f64>,
    /// Share of decisions that are the label's class or above it.
    pub coverage: Option<f64>,
    /// Share of decisions that are a leaf or residual.
    pub at_leaf: Option<f64>,
    /// Share of decisions that are the root.
    pub nothing: Option<f64>,
}

impl Measures {
    /// In the order of [`MEASURES`].
    pub fn values(&self) -> [Option<f64>; 14] {
        [
            self.hierarchical_f,
            self.hierarchical_f_macro,
            self.leaf_macro_f1,
            self.first_level_accuracy,
            self.log_loss,
            self.skill,
            self.auroc,
            self.severity,
            self.stopped_early,
            self.mistakes,
            self.specificity,
            self.coverage,
            self.at_leaf,
            self.nothing,
        ]
    }

    /// Over a sample. Objects labelled at the root alone say nothing and are left out.
    pub fn of(frame: &Frame, sample: &[&Outcome]) -> Measures {
        let mut hierarchical = Hierarchical::default();
        let counts = class_counts(frame, sample);
        let (mut n, mut first, mut loss, mut prior, mut said) = (0u64, 0u64, 0.0, 0.0, 0u64);
        let (mut height, mut wrong, mut early, mut mistakes) = (0.0, 0u64, 0u64, 0u64);
        let (mut specific, mut covered, mut at_leaf, mut nothing) = (0.0, 0u64, 0u64, 0u64);
        for o in sample.iter().filter(|o| !o.truth.path.is_empty()) {
            n += 1;
            hierarchical.add(&o.truth, &o.decided);
            first += u64::from(o.forced.first() == o.truth.path.first());
            if let (Some(ln_p), Some(base)) = (o.ln_p, o.truth.path.last().and_then(|&end| frame.prior_ln.get(end))) {
                loss -= ln_p;
                prior -= base;
                said += 1;
            }
            if let Some(h) = o.height {
                height += f64::from(h);
                wrong += 1;
            }
            early += u64::from(o.verdict == Verdict::StoppedEarly);
            mistakes += u64::from(o.verdict == Verdict::Mistake);
            let shared = o.truth.path.iter().zip(&o.decided).take_while(|(a, b)| a == b).count();
            specific += shared as f64 / o.truth.path.len() as f64;
            covered += u64::from(o.decided.last().is_none_or(|slot| o.truth.path.contains(slot)));
            at_leaf += u64::from(o.at_leaf);
            nothing += u64::from(o.decided.is_empty());
        }
        if n == 0 {
            return Measures::default();
        }
        let f1s: Vec<f64> = frame.headline.iter().filter_map(|&s| counts.get(s)).map(|&c| scores(c).2).collect();
        let pairs: Vec<(f64, bool)> = sample.iter().filter_map(|o| o.score).collect();
        Measures {
            n,
            hierarchical_f: Some(hierarchical.micro().f),
            hierarchical_f_macro: Some(hierarchical.macro_().f),
            leaf_macro_f1: (!f1s.is_empty()).then(|| f1s.iter().sum::<f64>() / f1s.len() as f64),
            first_level_accuracy: Some(ratio(first, n)),
            log_loss: (said > 0).then(|| loss / said as f64),
            skill: (prior > 0.0).then(|| 1.0 - loss / prior),
            auroc: auroc(&pairs),
            severity: (wrong > 0).then(|| height / wrong as f64),
            stopped_early: Some(ratio(early, n)),
            mistakes: Some(ratio(mistakes, n)),
            specificity: Some(specific / n as f64),
            coverage: Some(ratio(covered, n)),
            at_leaf: Some(ratio(at_leaf, n)),
            nothing: Some(ratio(nothing, n)),
        }
    }
}

/// Per slot: objects in it, objects said to be, both; by the most probable leaf.
pub fn class_counts(frame: &Frame, sample: &[&Outcome]) -> Vec<[u64; 3]> {
    let mut counts = vec![[0u64; 3]; frame.slots];
    let mut count = |slot: usize, k: usize| {
        if let Some(c) = counts.get_mut(slot) {
            c[k] += 1;
        }
    };
    for o in sample {
        for (level, &slot) in o.truth.path.iter().enumerate() {
            count(slot, 0);
            if o.forced.get(level) == Some(&slot) {
                count(slot, 2);
            }
        }
        for &slot in &o.forced {
            count(slot, 1);
        }
    }
    counts
}

/// Precision, recall and F1 of [`class_counts`].
pub fn scores([n, predicted, correct]: [u64; 3]) -> (f64, f64, f64) {
    let (precision, recall) = (ratio(correct, predicted), ratio(correct, n));
    (precision, recall, f1(precision, recall))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};

    #[test]
    fn hand_worked() {
        // Slots: A, A1, A2, B.
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let objects: Vec<Scored> = [
            ("A1", [0.8, 0.6, 0.2, 0.2]),
            ("A1", [0.55, 0.3, 0.25, 0.45]), // early; the leaf is B: height 2
            ("A2", [0.9, 0.8, 0.1, 0.1]),    // A1: height 1
            ("A", [0.7, 0.1, 0.6, 0.3]),
            ("B", [0.2, 0.1, 0.1, 0.8]),
        ]
        .iter()
        .map(|(label, p)| Scored::new(&layout, Truth::new(&layout, &t, id(&t, label)), p.to_vec(), 0.5))
        .collect();
        let frame = Frame::new(&layout, &objects);
        let outcomes: Vec<Outcome> = objects.iter().map(|o| Outcome::new(&layout, o, Some(1))).collect();
        let m = Measures::of(&frame, &outcomes.iter().collect::<Vec<_>>());
        assert_eq!((m.n, m.severity, m.stopped_early, m.mistakes), (5, Some(1.5), Some(0.2), Some(0.2)));
        // Said: A1, A, A1, A2, B. Of the paths: 1, 1/2, 1/2, 1, 1; below the open label A nothing is known to be right.
        assert!((m.specificity.unwrap() - 0.8).abs() < 1e-12);
        assert_eq!((m.coverage, m.at_leaf, m.nothing), (Some(0.6), Some(0.8), Some(0.0)));
        assert_eq!((m.first_level_accuracy, m.leaf_macro_f1), (Some(0.8), None));
        let loss = -(0.6f64.ln() + 0.3f64.ln() + 0.1f64.ln() + 0.7f64.ln() + 0.8f64.ln()) / 5.0;
        let prior = -(2.0 * 0.4f64.ln() + 0.2f64.ln() + 0.8f64.ln() + 0.2f64.ln()) / 5.0;
        assert!((m.log_loss.unwrap() - loss).abs() < 1e-12);
        assert!((m.skill.unwrap() - (1.0 - loss / prior)).abs() < 1e-12);
        // A1 against the rest, the label A left out: 0.6 and 0.3 against 0.8 and 0.1: 2 of 4 pairs.
        assert_eq!(m.auroc, Some(0.5));
        assert_eq!(outcomes[3].score, None);
        // The same as the report's.
        let r = super::super::evaluate(&t, &layout, &objects, "threshold");
        assert_eq!((m.hierarchical_f, m.hierarchical_f_macro), (Some(r.micro.f), Some(r.macro_.f)));
    }
}
