//! What the decision rules need of objects that the model never saw: conformal scores, how often the utility rule is
//! right, and how far rare classes are best favoured, per age. Kept in the bundle; for an edited tree they are worked out again from the reference set.

use crate::cascade::balance::MIN_OBJECTS;
use crate::cascade::{Rule, Rules, balance, conformal_score, information, most_useful};
use crate::taxonomy::Layout;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Scores kept per age; of more objects, evenly spaced ranks.
const KEPT: usize = 1000;
/// Of the one-sided 95 % lower bound of an accuracy.
const Z: f64 = 1.644_853_6;

/// What is wanted of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// A threshold as it is.
    Threshold {
        /// In (0, 1].
        tau: f64,
    },
    /// An accuracy, reached at 95 % confidence.
    Utility {
        /// In (0, 1).
        accuracy: f64,
    },
    /// At most so many answers that are not true.
    Conformal {
        /// In (0, 1).
        epsilon: f64,
    },
    /// The leaf with the greatest P / rate^gamma.
    Balanced {
        /// In [0, 1]; none: the one with the greatest macro F1 over the objects that the model never saw.
        gamma: Option<f64>,
    },
}

/// Why a rule can't be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoRule {
    /// The model has no such scores.
    #[error(
        "holds no calibration scores, which all rules but `threshold` need: `taxonova calibrate` adds them from labelled \
         light curves, `taxonova train --hold-out FOLD` or `--folds K` makes models that have them"
    )]
    NoScores,
    /// No class rates, or too few objects for a gamma.
    #[error(
        "was calibrated on too few objects {age} to choose the gamma of the rule `balanced`, or by an older version: \
         `taxonova calibrate` does it from labelled light curves"
    )]
    NoGamma {
        /// Their age, as text.
        age: String,
    },
    /// Too few objects for what is wanted.
    #[error("was calibrated on {objects} objects {age}, with which at best {what} {best:.3} can be promised; asked for was {asked}")]
    TooFew {
        /// Objects.
        objects: usize,
        /// Their age, as text.
        age: String,
        /// Epsilon or accuracy.
        what: &'static str,
        /// The best value.
        best: f64,
        /// What was asked for.
        asked: f64,
    },
}

/// Of one age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeBin {
    /// Days since first detection; none: whole light curves.
    pub age_d: Option<f64>,
    /// Objects.
    pub objects: usize,
    /// Conformal scores at the ranks ceil(i m / n), i = 1 .. n, of m objects; ascending, rounded up.
    pub scores: Vec<f64>,
    /// Right answers of the utility rule with each of [`Decisions::lambdas`].
    pub right: Vec<usize>,
    /// Exponent of the rule `balanced` with the greatest mean F1 of the leaves; none with too few objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gamma: Option<f64>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// Ascending.
    pub lambdas: Vec<f64>,
    /// Ages ascending, whole light curves last.
    pub ages: Vec<AgeBin>,
    /// Mean P of each leaf and residual over the oldest light curves, in the layout's order; empty in bundles of older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<f64>,
}

/// Predictions at one age.
#[derive(Default)]
struct Bin {
    scores: Vec<f64>,
    right: Vec<usize>,
    /// P of each leaf and residual, and which of them is true; none for labels above.
    atoms: Vec<(Vec<f64>, Option<usize>)>,
}

/// One prediction of an object whose class is known: age (infinite: whole), P per slot (none: not in the model), path of the
/// label.
pub struct Seen<'a> {
    /// Days since first detection.
    pub age_d: f64,
    /// [N].
    pub p: &'a [Option<f64>],
    /// Slots, top first.
    pub path: &'a [usize],
}

impl Decisions {
    /// From predictions by models that did not see their objects. None without any.
    pub fn of<'s>(layout: &Layout, seen: impl IntoIterator<Item = Seen<'s>>) -> Option<Decisions> {
        let information = information(layout);
        let lambdas: Vec<f64> = std::iter::once(0.0).chain((-24..=52).map(|k| 2f64.powf(f64::from(k) / 4.0))).collect();
        let atoms = layout.atoms();
        let mut bins: Vec<(f64, Bin)> = Vec::new();
        for s in seen {
            let at = match bins.iter().position(|b| b.0 == s.age_d) {
                Some(at) => at,
                None => {
                    bins.push((s.age_d, Bin { right: vec![0; lambdas.len()], ..Bin::default() }));
                    bins.len() - 1
                }
            };
            let p = |slot: usize| s.p[slot];
            let bin = &mut bins[at].1;
            bin.scores.push(conformal_score(layout, p, s.path));
            for (right, lambda) in bin.right.iter_mut().zip(&lambdas) {
                let answer = most_useful(&information, p, *lambda);
                *right += usize::from(answer.is_none_or(|(slot, _)| s.path.contains(&slot)));
            }
            let truth = s.path.last().and_then(|end| atoms.iter().position(|a| a == end));
            bin.atoms.push((atoms.iter().map(|a| p(*a).unwrap_or(f64::NAN)).collect(), truth));
        }
        bins.sort_by(|a, b| a.0.total_cmp(&b.0));
        let oldest = bins.last()?;
        let rates: Vec<f64> =
            balance::mean_p(atoms.len(), oldest.1.atoms.iter().map(|(p, _)| p.as_slice())).iter().map(|r| rounded(*r)).collect();
        let ages = bins.into_iter().map(|(age_d, bin)| bin.finish(age_d, &rates)).collect();
        Some(Decisions { lambdas, ages, rates })
    }

    /// These scores, with the rates and gammas of another calibration, on more objects, at the ages that both have.
    pub fn balanced_as(mut self, other: &Decisions) -> Decisions {
        self.rates.clone_from(&other.rates);
        for bin in &mut self.ages {
            bin.gamma = other.ages.iter().find(|o| o.age_d == bin.age_d).and_then(|o| o.gamma);
        }
        self
    }

    /// Whether the lists fit together: a reason if they don't.
    pub(super) fn fault(&self, layout: &Layout) -> Option<String> {
        let atoms = layout.atoms().len();
        if !self.rates.is_empty() && (self.rates.len() != atoms || self.rates.iter().any(|r| !(0.0..=1.0).contains(r))) {
            return Some(format!("{} rates between 0 and 1 were expected, one for each leaf and residual; found {:?}", atoms, self.rates));
        }
        let bad = |bin: &&AgeBin| {
            bin.right.len() != self.lambdas.len()
                || bin.scores.len() > bin.objects
                || bin.scores.is_empty()
                || bin.scores.iter().any(|s| s.is_nan())
                || bin.gamma.is_some_and(|g| !(0.0..=1.0).contains(&g))
        };
        self.ages.iter().find(bad).map(|bin| format!("the lists {} do not fit together", bin.age()))
    }

    /// The rule that does what is wanted, at each age.
    pub fn rules(&self, layout: &Layout, wanted: Wanted) -> Result<Rules, NoRule> {
        let mut rates = vec![0.0; layout.len()];
        if matches!(wanted, Wanted::Balanced { .. }) {
            let atoms = layout.atoms();
            if self.rates.len() != atoms.len() {
                return Err(NoRule::NoGamma { age: String::new() });
            }
            for (atom, rate) in atoms.iter().zip(&self.rates) {
                layout.path(*atom).iter().for_each(|slot| rates[*slot] += rate);
            }
        }
        let mut by_age = Vec::with_capacity(self.ages.len());
        for bin in &self.ages {
            let rule = match wanted {
                Wanted::Threshold { tau } => Rule::Threshold { tau },
                Wanted::Conformal { epsilon } => Rule::Conformal { tau: bin.quantile(epsilon)? },
                Wanted::Utility { accuracy } => Rule::Utility { lambda: bin.lambda(&self.lambdas, accuracy)? },
                Wanted::Balanced { gamma } => {
                    Rule::Balanced { gamma: gamma.or(bin.gamma).ok_or_else(|| NoRule::NoGamma { age: bin.age() })? }
                }
            };
            by_age.push((bin.age_d.unwrap_or(f64::INFINITY), rule));
        }
        Rules::by_age(layout, by_age).map(|rules| rules.with_rates(rates)).ok_or(NoRule::NoScores)
    }
}

impl Wanted {
    /// The rules; `decisions` are those of the model, if it has some.
    pub fn rules(self, layout: &Layout, decisions: Option<&Decisions>) -> Result<Rules, NoRule> {
        match (self, decisions) {
            (Wanted::Threshold { tau }, _) => Ok(Rules::same(layout, Rule::Threshold { tau })),
            (wanted, Some(decisions)) => decisions.rules(layout, wanted),
            (_, None) => Err(NoRule::NoScores),
        }
    }
}

impl Bin {
    fn finish(mut self, age_d: f64, rates: &[f64]) -> AgeBin {
        self.scores.sort_by(f64::total_cmp);
        let m = self.scores.len();
        let n = m.min(KEPT);
        let kept = (1..=n).map(|i| (self.scores[(i * m).div_ceil(n) - 1] * 1e5).ceil() / 1e5).collect();
        let known: Vec<(&[f64], usize)> = self.atoms.iter().filter_map(|(p, truth)| Some((p.as_slice(), (*truth)?))).collect();
        let gamma = balance::choose(&known, rates, MIN_OBJECTS);
        AgeBin { age_d: age_d.is_finite().then_some(age_d), objects: m, scores: kept, right: self.right, gamma }
    }
}

/// As many digits as matter, so that bundles stay small.
fn rounded(rate: f64) -> f64 {
    (rate * 1e6).round() / 1e6
}

impl AgeBin {
    /// In words.
    fn age(&self) -> String {
        self.age_d.map_or_else(|| "(whole light curves)".to_string(), |d| format!("(as of day {d})"))
    }

    /// The ceil((m + 1)(1 - epsilon))-th smallest score; of thinned ones the next that is kept.
    fn quantile(&self, epsilon: f64) -> Result<f64, NoRule> {
        let m = self.objects;
        // A hair off, so that rounding does not lift a whole number to the next one.
        let rank = ((m + 1) as f64 * (1.0 - epsilon) - 1e-9).ceil().max(1.0) as usize;
        let n = self.scores.len();
        let at = (1..=n).find(|i| (i * m).div_ceil(n) >= rank);
        at.and_then(|i| self.scores.get(i - 1).copied()).ok_or_else(|| NoRule::TooFew {
            objects: m,
            age: self.age(),
            what: "epsilon",
            best: 1.0 / (m + 1) as f64,
            asked: epsilon,
        })
    }

    /// The least lambda from which on the accuracy's lower bound is at least `accuracy`.
    fn lambda(&self, lambdas: &[f64], accuracy: f64) -> Result<f64, NoRule> {
        let enough = self.right.iter().map(|right| lower_bound(*right, self.objects) >= accuracy);
        let tail = enough.rev().take_while(|e| *e).count();
        match tail.checked_sub(1).and_then(|back| lambdas.get(lambdas.len() - 1 - back)) {
            Some(lambda) => Ok(*lambda),
            None => {
                let best = self.right.last().map_or(0.0, |r| lower_bound(*r, self.objects));
                Err(NoRule::TooFew { objects: self.objects, age: self.age(), what: "accuracy", best, asked: accuracy })
            }
        }
    }
}

/// Wilson's one-sided 95 % lower bound of a share.
fn lower_bound(hits: usize, n: usize) -> f64 {
    let (n, z2) = (n as f64, Z * Z);
    if n == 0.0 {
        return 0.0;
    }
    let p = hits as f64 / n;
    (p + z2 / (2.0 * n) - Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt()) / (1.0 + z2 / n)
}

/// Hits of a number of objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Answers that are the true class or above it.
    pub hits: usize,
    /// Objects.
    pub n: usize,
    /// Answers that are the root, which says nothing.
    pub root: usize,
}

impl Share {
    /// hits / n.
    pub fn value(&self) -> f64 {
        self.hits as f64 / self.n.max(1) as f64
    }

    /// Standard deviations by which the share differs from `nominal`.
    pub fn deviation(&self, nominal: f64) -> f64 {
        (self.value() - nominal) / (nominal * (1.0 - nominal) / self.n.max(1) as f64).sqrt()
    }
}

/// How often a rule's answers are true.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// Of all predictions.
    pub all: Share,
    /// By the label's node.
    pub by_class: BTreeMap<String, Share>,
    /// By age, whole light curves last.
    pub by_age: Vec<(Option<f64>, Share)>,
}

/// How often the answers are the true class or above it: overall, per class, per age.
pub fn coverage<'s>(layout: &Layout, rules: &Rules, seen: impl IntoIterator<Item = Seen<'s>>) -> Coverage {
    let mut out = Coverage::default();
    let mut by_age: Vec<(f64, Share)> = Vec::new();
    for s in seen {
        let answer = rules.slot(layout, |slot| s.p[slot], s.age_d);
        let share =
            Share { hits: usize::from(answer.is_none_or(|(slot, _)| s.path.contains(&slot))), n: 1, root: usize::from(answer.is_none()) };
        let class = s.path.last().map_or(&layout.root_name, |slot| &layout.slots[*slot].name);
        let add = |to: &mut Share| *to = Share { hits: to.hits + share.hits, n: to.n + 1, root: to.root + share.root };
        add(&mut out.all);
        add(out.by_class.entry(class.clone()).or_default());
        match by_age.iter_mut().find(|(age, _)| *age == s.age_d) {
            Some((_, own)) => add(own),
            None => by_age.push((s.age_d, share)),
        }
    }
    by_age.sort_by(|a, b| a.0.total_cmp(&b.0));
    out.by_age = by_age.into_iter().map(|(age, share)| (age.is_finite().then_some(age), share)).collect();
    out
}

#[cfg(test)]
mod tests;
