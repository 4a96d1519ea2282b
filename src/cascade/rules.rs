//! Rules that turn probabilities into a decision at any node (SCIENCE section 3): `threshold`, `utility`, `conformal`; and
//! `balanced`, which always goes down to a leaf.

use super::Poured;
use super::balance::{factors, favoured};
use super::decide::{Decision, decide, said};
use crate::taxonomy::Layout;

/// A rule with its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Down to the most probable child while its P is at least `tau`.
    Threshold {
        /// In (0, 1].
        tau: f64,
    },
    /// The node with the greatest P x (information + lambda), where a node's information is log2(leaves of the tree / leaves
    /// below it), residuals counted as leaves (Deng et al. 2012, DARTS). A greater lambda stops earlier.
    Utility {
        /// At least 0.
        lambda: f64,
    },
    /// Of the chain from the most probable leaf up to the root, the deepest node with P > `tau`.
    Conformal {
        /// A quantile of [`conformal_score`] over objects that the model never saw; above 1: always the root.
        tau: f64,
    },
    /// The leaf or residual with the greatest P / rate^gamma: rare classes are said more often than they are most probable.
    Balanced {
        /// 0: the most probable leaf. 1: all classes as if they were equally frequent.
        gamma: f64,
    },
}

impl Rule {
    /// Of two rules of a kind the one that stops earlier, or stays nearer to the most probable leaf.
    fn more_careful(self, other: Rule) -> Rule {
        match (self, other) {
            (Rule::Threshold { tau: a }, Rule::Threshold { tau: b }) => Rule::Threshold { tau: a.max(b) },
            (Rule::Utility { lambda: a }, Rule::Utility { lambda: b }) => Rule::Utility { lambda: a.max(b) },
            (Rule::Conformal { tau: a }, Rule::Conformal { tau: b }) => Rule::Conformal { tau: a.max(b) },
            (Rule::Balanced { gamma: a }, Rule::Balanced { gamma: b }) => Rule::Balanced { gamma: a.min(b) },
            (own, _) => own,
        }
    }
}

/// One rule for each age at which it was calibrated, for a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// (days since first detection; infinite: whole light curves), ascending; never empty.
    by_age: Vec<(f64, Rule)>,
    /// Per slot.
    information: Vec<f64>,
    /// Share of all objects per slot, for `balanced`; all alike where it is not known.
    rates: Vec<f64>,
}

impl Rules {
    /// The same at all ages.
    pub fn same(layout: &Layout, rule: Rule) -> Rules {
        Rules { by_age: vec![(f64::INFINITY, rule)], information: information(layout), rates: vec![1.0; layout.len()] }
    }

    /// Of rules by age; none without any.
    pub fn by_age(layout: &Layout, mut rules: Vec<(f64, Rule)>) -> Option<Rules> {
        rules.sort_by(|a, b| a.0.total_cmp(&b.0));
        (!rules.is_empty()).then(|| Rules { by_age: rules, information: information(layout), rates: vec![1.0; layout.len()] })
    }

    /// With the share of all objects that each slot has, which `balanced` divides by.
    pub fn with_rates(self, rates: Vec<f64>) -> Rules {
        Rules { rates, ..self }
    }

    /// What P is multiplied by at an age before the most probable leaf is chosen, per slot; none for rules that don't.
    pub fn factors(&self, age_d: f64) -> Option<Vec<f64>> {
        match self.at(age_d) {
            Rule::Balanced { gamma } => Some(factors(&self.rates, gamma)),
            _ => None,
        }
    }

    /// The rule at an age. Between two ages the more careful of theirs; before the first its own, behind the last its own.
    pub fn at(&self, age_d: f64) -> Rule {
        let after = self.by_age.partition_point(|(age, _)| *age < age_d);
        let known = |i: usize| self.by_age.get(i).copied();
        match (after.checked_sub(1).and_then(known), known(after)) {
            (_, Some((age, rule))) if age == age_d => rule,
            (Some((_, before)), Some((_, after))) => after.more_careful(before),
            (Some((_, rule)), None) | (None, Some((_, rule))) => rule,
            (None, None) => Rule::Threshold { tau: 0.5 },
        }
    }

    /// The decision for an object of an age, `p` per slot; none = not in the model. Panics if `p` is not the layout's.
    pub fn decide(&self, layout: &Layout, p: impl Fn(usize) -> Option<f64>, age_d: f64) -> Decision {
        said(layout, self.slot(layout, p, age_d))
    }

    /// As [`Rules::decide`], on what was poured onto an edited tree.
    pub fn decide_poured(&self, layout: &Layout, poured: &Poured, age_d: f64) -> Decision {
        self.decide(layout, |slot| poured.p[slot], age_d)
    }

    /// The slot of the decision and its probability; none = the root.
    pub fn slot(&self, layout: &Layout, p: impl Fn(usize) -> Option<f64>, age_d: f64) -> Option<(usize, f64)> {
        match self.at(age_d) {
            Rule::Threshold { tau } => decide(layout, p, tau),
            Rule::Utility { lambda } => most_useful(&self.information, p, lambda),
            Rule::Conformal { tau } => chain(layout, p).into_iter().find(|(_, p)| *p > tau),
            Rule::Balanced { gamma } => {
                let atoms = (0..layout.len()).map(|s| p(s).filter(|_| layout.is_atom(s)).unwrap_or(f64::NAN));
                chain_from(layout, &p, favoured(atoms, &factors(&self.rates, gamma))).into_iter().next()
            }
        }
    }
}

/// log2(leaves of the tree / leaves below the node) per slot.
pub fn information(layout: &Layout) -> Vec<f64> {
    let mut leaves = vec![0u32; layout.len()];
    let mut all = 0;
    // Children come after their parent.
    for slot in (0..layout.len()).rev() {
        if layout.is_atom(slot) {
            leaves[slot] = 1;
        }
        match layout.slots[slot].parent {
            Some(parent) => leaves[parent] += leaves[slot],
            None => all += leaves[slot],
        }
    }
    leaves.iter().map(|n| (f64::from(all) / f64::from(*n)).log2()).collect()
}

/// Of equals the first, which is the upper one: an only child adds nothing to its parent.
pub(crate) fn most_useful(information: &[f64], p: impl Fn(usize) -> Option<f64>, lambda: f64) -> Option<(usize, f64)> {
    let mut best = (lambda, None);
    for (slot, information) in information.iter().enumerate() {
        let Some(value) = p(slot) else { continue };
        let gain = value * (information + lambda);
        if gain > best.0 {
            best = (gain, Some((slot, value)));
        }
    }
    best.1
}

/// The nodes from the most probable leaf or residual up to the root, which is left out, with their P. Only children are left
/// out: nothing tells them from their parents.
pub fn chain(layout: &Layout, p: impl Fn(usize) -> Option<f64>) -> Vec<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for slot in (0..layout.len()).filter(|s| layout.is_atom(*s)) {
        if let Some(value) = p(slot)
            && best.is_none_or(|(_, most)| value > most)
        {
            best = Some((slot, value));
        }
    }
    chain_from(layout, p, best.map(|b| b.0))
}

fn chain_from(layout: &Layout, p: impl Fn(usize) -> Option<f64>, atom: Option<usize>) -> Vec<(usize, f64)> {
    let mut out = Vec::new();
    let mut at = atom;
    while let Some(slot) = at {
        at = layout.slots[slot].parent;
        if let Some(value) = p(slot).filter(|_| layout.children(at).len() > 1) {
            out.push((slot, value));
        }
    }
    out
}

/// How sure the model is of something wrong: the greatest P in the chain among nodes that are neither the true one nor above
/// it; 0 if there is none. `path`: the slots of the true node's path. What lies below a label at an inner node is not known to
/// be right, and counts as wrong.
pub fn conformal_score(layout: &Layout, p: impl Fn(usize) -> Option<f64>, path: &[usize]) -> f64 {
    chain(layout, p).into_iter().filter(|(slot, _)| !path.contains(slot)).map(|(_, p)| p).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    fn all(p: &[f64]) -> impl Fn(usize) -> Option<f64> + '_ {
        |s| Some(p[s])
    }

    #[test]
    fn utility_by_hand() {
        // A, A1, A2, other A, B: four leaves. Information: log2(4/3), 2, 2, 2, 2.
        let layout = Layout::new(&tree("Root{A~{A1,A2},B}"));
        let info = information(&layout);
        assert!((info[0] - (4.0f64 / 3.0).log2()).abs() < 1e-12 && info[1..].iter().all(|i| *i == 2.0));
        let p = [0.9, 0.5, 0.3, 0.1, 0.1];
        let said = |lambda: f64| Rules::same(&layout, Rule::Utility { lambda }).decide(&layout, all(&p), 3.0).name;
        // A1: 0.5 (2 + l), A: 0.9 (0.415 + l), root: l. They meet at l = 1.566 and 3.735.
        assert_eq!(said(0.0), "A1");
        assert_eq!(said(1.5), "A1");
        assert_eq!(said(1.6), "A");
        assert_eq!(said(3.7), "A");
        assert_eq!(said(3.8), "Root");
    }

    #[test]
    fn conformal_by_hand() {
        // A, A1, A2, B.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let p = [0.8, 0.5, 0.3, 0.2];
        assert_eq!(chain(&layout, all(&p)), [(1, 0.5), (0, 0.8)]);
        for (path, score) in [(&[0, 1][..], 0.0), (&[0, 2], 0.5), (&[0], 0.5), (&[3], 0.8), (&[], 0.8)] {
            assert_eq!(conformal_score(&layout, all(&p), path), score, "{path:?}");
        }
        let said = |tau: f64| Rules::same(&layout, Rule::Conformal { tau }).decide(&layout, all(&p), 3.0).name;
        assert_eq!((said(0.4), said(0.5), said(0.8), said(2.0)), ("A1".into(), "A".into(), "Root".into(), "Root".into()));
        // The leaf need not lie below the most probable child.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        assert_eq!(chain(&layout, all(&[0.55, 0.28, 0.27, 0.45])), [(3, 0.45)]);
    }

    #[test]
    fn balanced_by_hand() {
        // A, A1, A2, B. A1 0.5 / 0.7^g, A2 0.3 / 0.1^g, B 0.2 / 0.2^g: A2 wins from ln(5/3) / ln 7 = 0.2625 on.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let p = [0.8, 0.5, 0.3, 0.2];
        let said = |gamma: f64| {
            let rules = Rules::same(&layout, Rule::Balanced { gamma }).with_rates(vec![0.8, 0.7, 0.1, 0.2]);
            rules.slot(&layout, all(&p), 3.0)
        };
        assert_eq!((said(0.0), said(0.26), said(0.27)), (Some((1, 0.5)), Some((1, 0.5)), Some((2, 0.3))));
        // Without rates, and of the one child of a class, whose parent says as much.
        assert_eq!(Rules::same(&layout, Rule::Balanced { gamma: 1.0 }).slot(&layout, all(&p), 3.0), Some((1, 0.5)));
        let only = Layout::new(&tree("Root{A{A1},B}"));
        assert_eq!(Rules::same(&only, Rule::Balanced { gamma: 0.0 }).slot(&only, all(&[0.9, 0.9, 0.1]), 3.0), Some((0, 0.9)));
    }

    #[test]
    fn only_children_and_what_the_model_lacks_are_no_answers() {
        // A, A1, B.
        let layout = Layout::new(&tree("Root{A{A1},B}"));
        let p = [0.9, 0.9, 0.1];
        for rule in [Rule::Conformal { tau: 0.5 }, Rule::Utility { lambda: 0.1 }, Rule::Threshold { tau: 0.5 }] {
            assert_eq!(Rules::same(&layout, rule).decide(&layout, all(&p), 1.0).name, "A", "{rule:?}");
        }
        let some = |s: usize| (s == 2).then_some(0.1);
        assert_eq!(chain(&layout, some), [(2, 0.1)]);
        assert_eq!(Rules::same(&layout, Rule::Utility { lambda: 5.0 }).decide(&layout, some, 1.0).name, "Root");
        assert_eq!(Rules::same(&layout, Rule::Conformal { tau: 0.0 }).decide(&layout, |_| None, 1.0).name, "Root");
    }

    #[test]
    fn between_two_ages_the_more_careful_rule_holds() {
        let layout = Layout::new(&tree("Root{A,B}"));
        let c = |tau| Rule::Conformal { tau };
        let rules = Rules::by_age(&layout, vec![(f64::INFINITY, c(0.2)), (7.0, c(0.5)), (30.0, c(0.3))]).unwrap();
        assert_eq!([1.0, 7.0, 10.0, 30.0, 99.0, f64::INFINITY].map(|d| rules.at(d)), [c(0.5), c(0.5), c(0.5), c(0.3), c(0.3), c(0.2)]);
        assert_eq!(Rules::by_age(&layout, vec![]), None);
    }
}
