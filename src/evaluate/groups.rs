//! Each sibling group: the question "which child?", put to the objects of which the answer is known.

use super::calibration::{Bin, Ece, expected_calibration_error, reliability};
use super::confusion::Confusion;
use super::levels::{Averages, averages};
use super::report::{LEAST_P, MIN_OBJECTS};
use super::scored::Scored;
use crate::taxonomy::Layout;
use serde::Serialize;

/// One sibling group: the question "which child?", put to the objects of which the answer is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupRow {
    /// Name of the siblings' parent.
    pub parent: String,
    /// True and predicted members (the most probable one, given the parent).
    pub confusion: Confusion,
    /// Objects.
    pub n: u64,
    /// Share of right answers.
    pub accuracy: f64,
    /// Mean F1 of the members with at least [`MIN_OBJECTS`] objects; none if there are fewer than two.
    pub macro_f1: Option<f64>,
    /// Mean -ln p(true member | parent), unweighted.
    pub log_loss: f64,
    /// Mean squared error summed over the members.
    pub brier: f64,
    /// 1 - log loss / log loss of the members' rates; none where all objects are alike.
    pub skill: Option<f64>,
    /// 1 - Brier / Brier of the rates; none where all objects are alike.
    pub brier_skill: Option<f64>,
    /// Share of objects whose true member is among the 1, 2, 3 most probable ones; as far as there are more members.
    pub top_k: Vec<f64>,
    /// Means over the members with enough objects.
    pub averages: Option<Averages>,
    /// Calibration of the answers' confidences.
    pub ece: Option<Ece>,
    /// Their reliability curve.
    pub reliability: Vec<Bin>,
}

/// None for groups with fewer than two members or without objects. `own_source`: per slot, left out of the means.
pub(super) fn group_row(layout: &Layout, group: usize, objects: &[Scored], own_source: &[bool]) -> Option<GroupRow> {
    let group = &layout.groups[group];
    if group.members.len() < 2 {
        return None;
    }
    let level = group.members.first().map(|&m| layout.slots[m].depth as usize)?;
    let mut confusion = Confusion::new(group.members.iter().map(|&m| layout.slots[m].name.clone()).collect());
    let (mut log_loss, mut brier) = (0.0, 0.0);
    let (mut confidence, mut hit) = (Vec::new(), Vec::new());
    let mut ranks = vec![0u64; group.members.len()];
    for object in objects {
        let Some(truth) = object.truth.path.get(level - 1).and_then(|t| group.members.iter().position(|m| m == t)) else { continue };
        let p: Vec<f64> = group.members.iter().map(|&m| if object.p[m].is_nan() { 0.0 } else { object.p[m] }).collect();
        let sum: f64 = p.iter().sum();
        if sum <= 0.0 || object.p[group.members[truth]].is_nan() {
            continue;
        }
        let mut best = 0;
        for m in 1..p.len() {
            if p[m] > p[best] {
                best = m;
            }
        }
        confusion.add(truth, best);
        // Of equals the first is the better.
        let better = p.iter().enumerate().filter(|&(m, v)| *v > p[truth] || (*v == p[truth] && m < truth)).count();
        ranks[better] += 1;
        log_loss -= (p[truth] / sum).max(LEAST_P).ln();
        brier += p.iter().enumerate().map(|(m, v)| (v / sum - f64::from(u8::from(m == truth))).powi(2)).sum::<f64>();
        confidence.push(p[best] / sum);
        hit.push(best == truth);
    }
    let n = confusion.n();
    if n == 0 {
        return None;
    }
    let total = n as f64;
    let rates: Vec<f64> = confusion.counts.iter().map(|row| row.iter().sum::<u64>() as f64 / total).collect();
    let entropy: f64 = rates.iter().filter(|r| **r > 0.0).map(|r| -r * r.ln()).sum();
    let gini = 1.0 - rates.iter().map(|r| r * r).sum::<f64>();
    let within = |k: usize| ranks.iter().take(k).sum::<u64>() as f64 / total;
    let scores = confusion.scores();
    let counted = scores.iter().zip(&group.members).filter(|(s, m)| s.n >= MIN_OBJECTS && !own_source[**m]);
    let enough: Vec<f64> = counted.map(|(s, _)| s.f1).collect();
    Some(GroupRow {
        parent: group.parent.map_or_else(|| layout.root_name.clone(), |s| layout.slots[s].name.clone()),
        n,
        accuracy: confusion.accuracy(),
        macro_f1: (enough.len() >= 2).then(|| enough.iter().sum::<f64>() / enough.len() as f64),
        log_loss: log_loss / total,
        brier: brier / total,
        skill: (entropy > 0.0).then(|| 1.0 - log_loss / total / entropy),
        brier_skill: (gini > 0.0).then(|| 1.0 - brier / total / gini),
        top_k: (1..group.members.len().min(4)).map(within).collect(),
        averages: averages(&confusion),
        reliability: reliability(&confidence, &hit),
        ece: expected_calibration_error(&confidence, &hit),
        confusion,
    })
}
