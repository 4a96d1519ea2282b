//! Other class rates than those of the training set: P'(c) proportional to P(c) r_c / pi_c (SCIENCE section 2), because a
//! spectroscopic, magnitude-limited sample has not the rates of a stream of alerts.

use crate::cascade::{log_conditionals, probabilities, reweight_priors};
use crate::taxonomy::{Counts, Layout, Taxonomy, match_label, printable};

/// Rates that should be equal may differ by this much of themselves.
const SLACK: f64 = 0.01;

/// Rates on a model's tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Priors {
    /// r per slot; read at the leaves and residuals.
    rates: Vec<f64>,
    /// pi per slot, likewise.
    training: Vec<f64>,
}

/// Why rates can't be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PriorsError {
    /// Not a node.
    #[error("\"{name}\" is no class of the model's tree; like it: {near}")]
    Unknown {
        /// As given.
        name: String,
        /// Names that are like it.
        near: String,
    },
    /// The root, whose rate is 1.
    #[error("\"{0}\" is the root of the model's tree: its rate is 1, give those of classes below it")]
    Root(String),
    /// Twice.
    #[error("the rate of \"{0}\" is given twice")]
    Twice(String),
    /// Not a rate.
    #[error("the rate of \"{name}\" is {rate}; expected a number of at least 0")]
    Rate {
        /// Node.
        name: String,
        /// As given.
        rate: f64,
    },
    /// More than there is to share out.
    #[error("the rates below \"{name}\" sum to {sum:.6}, but it has {rate:.6}{hint}")]
    Sum {
        /// The node above.
        name: String,
        /// Of the named ones below it.
        sum: f64,
        /// Its own.
        rate: f64,
        /// What to do.
        hint: &'static str,
    },
    /// Nothing is left possible.
    #[error("all rates are 0")]
    Nothing,
}

impl Priors {
    /// `given`: fractions of all objects by node (name or alias; `other X` for residuals). What is not named shares the rest
    /// of its nearest named ancestor, else of all, in the proportions of the training set. If every leaf and residual lies at
    /// or below a named node, only the ratios matter. `counts`: objects trained on.
    pub fn new(taxonomy: &Taxonomy, layout: &Layout, counts: &Counts, given: &[(String, f64)]) -> Result<Priors, PriorsError> {
        let training = training(layout, counts);
        let mut named: Vec<Option<f64>> = vec![None; layout.len()];
        for (name, rate) in given {
            let slot = find(taxonomy, layout, name)?;
            let shown = || printable(&layout.slots[slot].name);
            if !(rate.is_finite() && *rate >= 0.0) {
                return Err(PriorsError::Rate { name: shown(), rate: *rate });
            }
            if named[slot].replace(*rate).is_some() {
                return Err(PriorsError::Twice(shown()));
            }
        }
        // Per leaf or residual its nearest named node; None: the root.
        let nearest = |slot: usize| layout.path(slot).into_iter().rev().find(|s| named[*s].is_some());
        let atoms = layout.atoms();
        let mut rates = vec![0.0; layout.len()];
        for owner in std::iter::once(None).chain((0..layout.len()).filter(|s| named[*s].is_some()).map(Some)) {
            // What the topmost named nodes below it take.
            let below = |s: &usize| owner.is_none_or(|o| *s != o && layout.ancestor_or_self(o, *s));
            let up = |s: usize| layout.slots[s].parent.and_then(nearest);
            let taken: f64 = (0..layout.len()).filter(|s| below(s) && up(*s) == owner).filter_map(|s| named[s]).sum();
            let own: Vec<usize> = atoms.iter().copied().filter(|a| nearest(*a) == owner).collect();
            let rate = owner.map_or(1.0, |o| named[o].unwrap_or(0.0));
            let name = || printable(owner.map_or(&layout.root_name, |o| &layout.slots[o].name));
            let error = |hint| Err(PriorsError::Sum { name: name(), sum: taken, rate, hint });
            if own.is_empty() {
                if owner.is_some() && (taken - rate).abs() > SLACK * rate.max(taken) {
                    return error(": as all that is below it is named, the two have to agree");
                }
                continue;
            }
            if taken > rate * (1.0 + 1e-9) {
                let hint = ", and there are classes below it that are not named: give fractions of all objects, or name all classes";
                return error(hint);
            }
            let share: f64 = own.iter().map(|a| training[*a]).sum();
            for &a in &own {
                let part = if share > 0.0 { training[a] / share } else { 1.0 / own.len() as f64 };
                rates[a] = (rate - taken).max(0.0) * part;
            }
        }
        if atoms.iter().all(|a| rates[*a] <= 0.0) {
            return Err(PriorsError::Nothing);
        }
        Ok(Priors { rates, training })
    }

    /// P per slot from ln p(node | parent). Panics if the lengths differ.
    pub fn apply(&self, layout: &Layout, log_conditional: &[f64]) -> Vec<f64> {
        let mut l = log_conditionals(layout, log_conditional);
        reweight_priors(layout, &mut l, &self.rates, &self.training);
        probabilities(layout, &l)
    }
}

/// The training set's share of every slot, as the conditionals have it: an object labelled at an exhaustive inner node says
/// nothing of what is below, hence is shared out in its siblings' proportions.
fn training(layout: &Layout, counts: &Counts) -> Vec<f64> {
    // What is labelled exactly at a node that has a residual counts there.
    let exact = |s: &crate::taxonomy::Slot| if !s.residual && layout.residual_of(s.node).is_some() { 0 } else { counts.exact(s.node) };
    let mut n: Vec<f64> = layout.slots.iter().map(|s| exact(s) as f64).collect();
    for slot in (0..n.len()).rev() {
        if let Some(parent) = layout.slots[slot].parent {
            n[parent] += n[slot];
        }
    }
    let mut share = vec![0.0; n.len()];
    for slot in 0..n.len() {
        let siblings = &layout.groups[layout.slots[slot].group].members;
        let all: f64 = siblings.iter().map(|s| n[*s]).sum();
        let above = layout.slots[slot].parent.map_or(1.0, |p| share[p]);
        share[slot] = if all > 0.0 { above * n[slot] / all } else { above / siblings.len() as f64 };
    }
    share
}

fn find(taxonomy: &Taxonomy, layout: &Layout, name: &str) -> Result<usize, PriorsError> {
    let matched = match_label(taxonomy, name);
    if name == layout.root_name || matched.is_some_and(|m| m.node == taxonomy.root() && layout.by_name(name).is_none()) {
        return Err(PriorsError::Root(printable(name)));
    }
    let by_label = || matched.filter(|m| m.kind != crate::taxonomy::MatchKind::Absorbed).and_then(|m| layout.slot_of(m.node));
    layout.by_name(name).or_else(by_label).ok_or_else(|| {
        let likeness = |s: &str| strsim::jaro_winkler(&s.to_lowercase(), &name.to_lowercase());
        let mut near: Vec<&str> = layout.slots.iter().map(|s| s.name.as_str()).collect();
        near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        let near: Vec<String> = near.into_iter().take(3).map(|n| format!("\"{}\"", printable(n))).collect();
        PriorsError::Unknown { name: printable(name), near: near.join(", ") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};

    fn setting() -> (Taxonomy, Layout, Counts) {
        // Slots: A, A1, A2, other A, B.
        let t = tree("Root{A~{A1,A2},B}");
        let layout = Layout::new(&t);
        let mut counts = Counts::default();
        for (name, n) in [("A", 40), ("A1", 30), ("A2", 10), ("B", 20)] {
            counts.set(id(&t, name), n);
        }
        (t, layout, counts)
    }

    fn rates(given: &[(&str, f64)]) -> Result<Vec<f64>, PriorsError> {
        let (t, layout, counts) = setting();
        let given: Vec<(String, f64)> = given.iter().map(|(n, r)| (n.to_string(), *r)).collect();
        Priors::new(&t, &layout, &counts, &given).map(|p| p.rates)
    }

    fn close(a: &[f64], b: &[f64]) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
    }

    #[test]
    fn what_is_not_named_keeps_its_ratio() {
        close(&rates(&[("A1", 0.5)]).unwrap(), &[0.0, 0.5, 0.5 * 10.0 / 70.0, 0.5 * 40.0 / 70.0, 0.5 * 20.0 / 70.0]);
        close(&rates(&[("A", 0.4)]).unwrap(), &[0.0, 0.15, 0.05, 0.2, 0.6]);
        close(&rates(&[("A", 0.4), ("other A", 0.3)]).unwrap(), &[0.0, 0.075, 0.025, 0.3, 0.6]);
        // All named: any unit will do.
        close(&rates(&[("A", 30.0), ("B", 10.0)]).unwrap(), &[0.0, 30.0 * 3.0 / 8.0, 30.0 / 8.0, 15.0, 10.0]);
    }

    #[test]
    fn the_training_rates_change_nothing_and_others_do_what_they_should() {
        let (t, layout, counts) = setting();
        let l: Vec<f64> = [0.6, 0.5, 0.2, 0.3, 0.4].iter().map(|p: &f64| p.ln()).collect();
        let same = [("A1", 0.3), ("A2", 0.1), ("other A", 0.4), ("B", 0.2)].map(|(n, r)| (n.to_string(), r));
        let p = Priors::new(&t, &layout, &counts, &same).unwrap().apply(&layout, &l);
        close(&p, &[0.6, 0.3, 0.12, 0.18, 0.4]);
        // B four times as frequent as in training, A half: 0.3 : 1.6.
        let p = Priors::new(&t, &layout, &counts, &[("B".into(), 0.8)]).unwrap().apply(&layout, &l);
        close(&[p[0], p[4]], &[0.15 / 1.75, 1.6 / 1.75]);
    }

    #[test]
    fn faults_are_named() {
        let says = |given: &[(&str, f64)], what: &str| {
            let text = rates(given).unwrap_err().to_string();
            assert!(text.contains(what), "{what} in {text}");
        };
        says(&[("A3", 0.1)], "\"A3\" is no class of the model's tree; like it: \"A");
        says(&[("A1", -0.1)], "\"A1\" is -0.1");
        says(&[("A1", f64::NAN)], "NaN");
        says(&[("A1", 0.1), ("A1", 0.1)], "twice");
        says(&[("Root", 0.1)], "root");
        says(&[("A1", 3.0)], "sum to 3");
        says(&[("A", 0.4), ("A1", 0.5)], "below \"A\"");
        says(&[("A", 0.4), ("A1", 0.1), ("A2", 0.1), ("other A", 0.1)], "agree");
        says(&[("A", 0.0), ("B", 0.0)], "all rates are 0");
    }
}
