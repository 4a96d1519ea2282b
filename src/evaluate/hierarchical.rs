//! Measures on the tree: hierarchical precision and recall, verdicts on decisions, severity of mistakes.
//! Sources: Silla & Freitas 2011 (hierarchical F), Bertinetto et al. 2020 (severity), Valmadre 2022.

use super::confusion::f1;
use super::truth::Truth;
use crate::taxonomy::Layout;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most probable leaf or residual; of equals the first. None if no atom has a probability (all NaN, or no slots).
pub fn best_atom(layout: &Layout, p: &[f64]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for slot in 0..layout.len() {
        if layout.is_atom(slot) && !p[slot].is_nan() && best.is_none_or(|b| p[slot] > p[b]) {
            best = Some(slot);
        }
    }
    best
}

/// Steps from the lowest common ancestor of two paths down to its farthest leaf; for paths that only
/// share the root, the height of the tree. 0 where the shared part ends in an atom.
pub fn lca_height(layout: &Layout, a: &[usize], b: &[usize]) -> u32 {
    let shared = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (range, depth) = match shared.checked_sub(1) {
        Some(i) => (layout.subtree(a[i]), layout.slots[a[i]].depth),
        None => (0..layout.len(), 0),
    };
    range.map(|s| layout.slots[s].depth).max().unwrap_or(0).saturating_sub(depth)
}

/// What a decision is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The label's node (or below it, where nothing is known there).
    Correct,
    /// Above the truth: right as far as it goes.
    StoppedEarly,
    /// Not on the way to the truth, or below a known one.
    Mistake,
}

/// Judges a predicted path (top first, residual included; empty = the root).
pub fn verdict(truth: &Truth, predicted: &[usize]) -> Verdict {
    let predicted = truth.judged(predicted);
    if predicted == truth.path {
        Verdict::Correct
    } else if truth.path.starts_with(predicted) {
        Verdict::StoppedEarly
    } else {
        Verdict::Mistake
    }
}

/// Precision, recall and F over ancestor-closed sets without the root.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HierarchicalScore {
    /// Share of what was said that is true.
    pub precision: f64,
    /// Share of what is true that was said.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sizes {
    shared: u64,
    predicted: u64,
    truth: u64,
}

impl Sizes {
    fn score(self) -> HierarchicalScore {
        let precision = super::confusion::ratio(self.shared, self.predicted);
        let recall = super::confusion::ratio(self.shared, self.truth);
        HierarchicalScore { precision, recall, f: f1(precision, recall) }
    }
}

/// Collects objects for the hierarchical scores.
#[derive(Debug, Clone, Default)]
pub struct Hierarchical {
    labels: BTreeMap<Option<usize>, Sizes>,
}

impl Hierarchical {
    /// One object.
    pub fn add(&mut self, truth: &Truth, predicted: &[usize]) {
        let predicted = truth.judged(predicted);
        let shared = truth.path.iter().zip(predicted).take_while(|(a, b)| a == b).count();
        let sizes = self.labels.entry(truth.path.last().copied()).or_default();
        sizes.shared += shared as u64;
        sizes.predicted += predicted.len() as u64;
        sizes.truth += truth.path.len() as u64;
    }

    /// Over all objects alike.
    pub fn micro(&self) -> HierarchicalScore {
        let mut all = Sizes::default();
        for s in self.labels.values() {
            all.shared += s.shared;
            all.predicted += s.predicted;
            all.truth += s.truth;
        }
        all.score()
    }

    /// Mean over the true labels, each of which counts the same however many objects it has. 0 without any.
    pub fn macro_(&self) -> HierarchicalScore {
        let n = self.labels.len().max(1) as f64;
        let mut mean = HierarchicalScore { precision: 0.0, recall: 0.0, f: 0.0 };
        for s in self.labels.values().map(|s| s.score()) {
            mean.precision += s.precision / n;
            mean.recall += s.recall / n;
            mean.f += s.f / n;
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::taxonomy::Taxonomy;

    /// Slots: S, Ia, 91T, other Ia, CC, II, IIn, TDE.
    fn setup() -> (Taxonomy, Layout) {
        let t = tree("Object{S{Ia~{91T},CC{II,IIn}},TDE}");
        let layout = Layout::new(&t);
        (t, layout)
    }

    #[test]
    fn the_best_atom_is_never_an_inner_node() {
        let (_, layout) = setup();
        assert_eq!(best_atom(&layout, &[0.9, 0.5, 0.1, 0.4, 0.4, 0.39, 0.01, 0.1]), Some(3));
        assert_eq!(best_atom(&layout, &[0.9, 0.5, f64::NAN, f64::NAN, 0.4, 0.2, 0.2, 0.1]), Some(5));
        assert_eq!(best_atom(&layout, &[f64::NAN; 8]), None);
    }

    #[test]
    fn heights_of_common_ancestors() {
        let (_, layout) = setup();
        assert_eq!(lca_height(&layout, &[0, 4, 5], &[0, 4, 6]), 1);
        assert_eq!(lca_height(&layout, &[0, 4, 5], &[0, 1, 3]), 2);
        assert_eq!(lca_height(&layout, &[0, 4, 5], &[7]), 3);
    }

    #[test]
    fn verdicts() {
        let (t, layout) = setup();
        let truth = |name: &str| Truth::new(&layout, &t, id(&t, name));
        assert_eq!(verdict(&truth("II"), &[0, 4, 5]), Verdict::Correct);
        assert_eq!(verdict(&truth("II"), &[0, 4]), Verdict::StoppedEarly);
        assert_eq!(verdict(&truth("II"), &[]), Verdict::StoppedEarly);
        assert_eq!(verdict(&truth("II"), &[0, 1]), Verdict::Mistake);
        assert_eq!(verdict(&truth("CC"), &[0, 4, 6]), Verdict::Correct);
        assert_eq!(verdict(&truth("Ia"), &[0, 1, 2]), Verdict::Mistake);
        assert_eq!(verdict(&truth("Ia"), &[0, 1]), Verdict::StoppedEarly);
    }

    #[test]
    fn hierarchical_scores_by_hand() {
        let (t, layout) = setup();
        let truth = |name: &str| Truth::new(&layout, &t, id(&t, name));
        let mut h = Hierarchical::default();
        h.add(&truth("II"), &[0, 4, 5]); // 3 shared of 3 and 3
        h.add(&truth("II"), &[0, 1]); // 1 shared of 2 and 3
        h.add(&truth("CC"), &[0, 4, 6]); // cut: 2 of 2 and 2
        h.add(&truth("TDE"), &[]); // 0 of 0 and 1
        let micro = h.micro();
        assert!((micro.precision - 6.0 / 7.0).abs() < 1e-15);
        assert!((micro.recall - 6.0 / 9.0).abs() < 1e-15);
        assert!((micro.f - 0.75).abs() < 1e-15);
        // Labels: II 4/5 and 4/6, CC 1 and 1, TDE 0 and 0.
        let m = h.macro_();
        assert!((m.precision - (0.8 + 1.0) / 3.0).abs() < 1e-15);
        assert!((m.recall - (2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-15);
        let f_ii = 2.0 * 0.8 * (2.0 / 3.0) / (0.8 + 2.0 / 3.0);
        assert!((m.f - (f_ii + 1.0) / 3.0).abs() < 1e-15);
        assert_eq!(Hierarchical::default().micro().f, 0.0);
    }
}
