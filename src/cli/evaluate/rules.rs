//! The rule that decides: a model's own, or for a file of predictions one that is fitted to the other folds.

use super::sort::Row;
use crate::cascade::{Rule, Rules};
use crate::evaluate::{Aged, Scored, decided_path};
use crate::model::decisions::{Decisions, NoRule, Seen, Wanted};
use crate::taxonomy::Layout;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rules for the objects.
pub enum Deciders {
    /// The same for all of them.
    Same(Rules),
    /// By part, each fitted to the other parts.
    ByPart(BTreeMap<u32, Rules>),
}

impl Deciders {
    /// Rules fitted to the rows themselves, each part by what the others say.
    pub fn cross_fitted(layout: &Layout, rows: &[Row], wanted: Wanted) -> Result<Deciders, NoRule> {
        if let Wanted::Threshold { .. } = wanted {
            return wanted.rules(layout, None).map(Deciders::Same);
        }
        // NaN: not in the model.
        let answers: Vec<Vec<Vec<Option<f64>>>> = rows
            .iter()
            .map(|r| r.answers.iter().map(|(_, _, p)| p.iter().map(|p| Some(*p).filter(|p| !p.is_nan())).collect()).collect())
            .collect();
        let parts: std::collections::BTreeSet<u32> = rows.iter().map(|r| r.part).collect();
        let of = |part: u32| {
            let others = rows.iter().zip(&answers).filter(|(r, _)| r.part != part && !r.truth.path.is_empty());
            let seen = others.flat_map(|(r, answers)| {
                let ages = r.answers.iter().map(|a| a.0.unwrap_or(f64::INFINITY));
                ages.zip(answers).map(|(age_d, p)| Seen { age_d, p, path: &r.truth.path })
            });
            let rules = wanted.rules(layout, Decisions::of(layout, seen).as_ref())?;
            Ok((part, rules))
        };
        parts.into_iter().map(of).collect::<Result<_, NoRule>>().map(Deciders::ByPart)
    }

    fn of(&self, part: u32) -> Option<&Rules> {
        match self {
            Deciders::Same(rules) => Some(rules),
            Deciders::ByPart(by_part) => by_part.get(&part),
        }
    }

    /// The row's answers, decided, at each of its ages.
    pub fn decide(&self, layout: &Layout, row: &Row) -> Vec<Aged> {
        let Some(rules) = self.of(row.part) else { return Vec::new() };
        let scored = |(age_d, detections, p): &(Option<f64>, usize, Vec<f64>)| {
            let age = age_d.unwrap_or(f64::INFINITY);
            let scored = Scored {
                truth: row.truth.clone(),
                p: p.clone(),
                five_class: row.five_class,
                source: row.source,
                decided: decided_path(layout, rules, p, age),
                factors: rules.factors(age).map(Arc::new),
            };
            Aged { object: row.object, age_d: *age_d, detections: *detections, scored }
        };
        row.answers.iter().map(scored).collect()
    }

    /// The rule in words.
    pub fn text(&self, wanted: Wanted, by_fold: bool) -> String {
        let all: Vec<&Rules> = match self {
            Deciders::Same(rules) => vec![rules],
            Deciders::ByPart(by_part) => by_part.values().collect(),
        };
        let rule = match wanted {
            Wanted::Threshold { tau } => format!("threshold, tau {tau}"),
            Wanted::Utility { accuracy } => format!("utility, accuracy {accuracy}"),
            Wanted::Conformal { epsilon } => format!("conformal, epsilon {epsilon}"),
            Wanted::Balanced { gamma: Some(gamma) } => format!("balanced, gamma {gamma}"),
            Wanted::Balanced { gamma: None } => {
                let gammas: Vec<f64> = all
                    .iter()
                    .filter_map(|rules| match rules.at(f64::INFINITY) {
                        Rule::Balanced { gamma } => Some(gamma),
                        _ => None,
                    })
                    .collect();
                let (least, most) = gammas.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), g| (a.min(*g), b.max(*g)));
                if least == most { format!("balanced, gamma {least}") } else { format!("balanced, gamma {least} to {most}") }
            }
        };
        match self {
            Deciders::Same(_) => rule,
            Deciders::ByPart(_) if by_fold => format!("{rule}, each fold by what fits the others"),
            Deciders::ByPart(by_part) => format!("{rule}, each of {} parts by what fits the others", by_part.len()),
        }
    }
}

/// The coverage that a rule promises.
pub fn nominal(wanted: Wanted) -> Option<f64> {
    match wanted {
        Wanted::Conformal { epsilon } => Some(1.0 - epsilon),
        _ => None,
    }
}
