//! An object to be judged: its truth, the probabilities, and what a rule says by them.

use super::hierarchical::best_atom;
use super::truth::Truth;
use crate::cascade::balance::favoured;
use crate::cascade::{Rule, Rules};
use crate::taxonomy::Layout;
use std::sync::Arc;

/// One object to be judged.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Its true path.
    pub truth: Truth,
    /// P per slot; NaN = not in the model.
    pub p: Vec<f64>,
    /// Index in [`super::FIVE_CLASSES`], where the data say so.
    pub five_class: Option<usize>,
    /// Where the data say from which pipeline or catalogue the object comes: any numbering of those.
    pub source: Option<u32>,
    /// The decision's path, top first; empty: the root.
    pub decided: Vec<usize>,
    /// What P is multiplied by, per slot, before the most probable leaf is taken; none: nothing.
    pub factors: Option<Arc<Vec<f64>>>,
}

impl Scored {
    /// Decided by the threshold `tau`, five classes and source not known.
    pub fn new(layout: &Layout, truth: Truth, p: Vec<f64>, tau: f64) -> Scored {
        let decided = decided_path(layout, &Rules::same(layout, Rule::Threshold { tau }), &p, f64::INFINITY);
        Scored { truth, p, five_class: None, source: None, decided, factors: None }
    }

    /// The leaf or residual that the leaf scores are of: the most probable one, or by a rule that favours rare classes the one
    /// that it says.
    pub fn leaf(&self, layout: &Layout) -> Option<usize> {
        match &self.factors {
            None => best_atom(layout, &self.p),
            Some(factors) => {
                let atoms = self.p.iter().enumerate().map(|(s, p)| if layout.is_atom(s) { *p } else { f64::NAN });
                favoured(atoms, factors)
            }
        }
    }
}

/// The rule's decision on probabilities in which NaN means "not in the model", as a path of slots; empty: the root.
pub fn decided_path(layout: &Layout, rules: &Rules, p: &[f64], age_d: f64) -> Vec<usize> {
    let answer = rules.slot(layout, |slot| p.get(slot).copied().filter(|v| !v.is_nan()), age_d);
    answer.map_or_else(Vec::new, |(slot, _)| layout.path(slot))
}
