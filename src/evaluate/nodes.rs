//! Each node as a forecast of its own, "is the object in it?", against a forecaster who knows nothing but the rate.

use super::outcome::belongs;
use super::report::LEAST_P;
use super::scored::Scored;
use crate::taxonomy::Layout;
use serde::Serialize;

/// How well a probability does on yes-or-no questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Binary {
    /// Objects of which the answer is known.
    pub n: u64,
    /// Those in the node.
    pub positive: u64,
    /// positive / n.
    pub rate: f64,
    /// Mean stated probability.
    pub mean_p: f64,
    /// |mean p - rate|: calibration in the large.
    pub gap: f64,
    /// Mean -ln of the probability of what is true.
    pub log_loss: f64,
    /// 1 - log loss / log loss of the rate; none where all objects are alike.
    pub skill: Option<f64>,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// 1 - Brier / Brier of the rate; none where all objects are alike.
    pub brier_skill: Option<f64>,
}

/// Of stated probabilities and what is true; none without any.
pub fn binary(stated: &[(f64, bool)]) -> Option<Binary> {
    if stated.is_empty() {
        return None;
    }
    let n = stated.len() as f64;
    let positive = stated.iter().filter(|(_, hit)| *hit).count() as u64;
    let rate = positive as f64 / n;
    let mean = |f: &dyn Fn(f64, bool) -> f64| stated.iter().map(|&(p, hit)| f(p, hit)).sum::<f64>() / n;
    let mean_p = mean(&|p, _| p);
    let log_loss = mean(&|p, hit| -(if hit { p } else { 1.0 - p }).max(LEAST_P).ln());
    let brier = mean(&|p, hit| (p - f64::from(u8::from(hit))).powi(2));
    let mixed = rate > 0.0 && rate < 1.0;
    let of_rate = -(rate * rate.ln() + (1.0 - rate) * (1.0 - rate).ln());
    Some(Binary {
        n: stated.len() as u64,
        positive,
        rate,
        mean_p,
        gap: (mean_p - rate).abs(),
        log_loss,
        skill: mixed.then(|| 1.0 - log_loss / of_rate),
        brier,
        brier_skill: mixed.then(|| 1.0 - brier / (rate * (1.0 - rate))),
    })
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeRow {
    /// Its name.
    pub node: String,
    /// Depth, 1 = the root's children.
    pub level: usize,
    /// P(node) over all objects of which it is known whether they are in it.
    pub marginal: Binary,
    /// p(node | parent) over the objects in the parent; none for only children.
    pub conditional: Option<Binary>,
}

/// A row for each node with an object in it and a probability.
pub fn node_rows(layout: &Layout, objects: &[Scored]) -> Vec<NodeRow> {
    (0..layout.len()).filter_map(|slot| node_row(layout, objects, slot)).collect()
}

fn node_row(layout: &Layout, objects: &[Scored], node: usize) -> Option<NodeRow> {
    let slot = layout.slots.get(node)?;
    let siblings = layout.children(slot.parent);
    let (mut marginal, mut conditional) = (Vec::new(), Vec::new());
    for object in objects.iter().filter(|o| !o.truth.path.is_empty()) {
        let Some(&p) = object.p.get(node).filter(|p| !p.is_nan()) else { continue };
        let Some(hit) = belongs(layout, &object.truth, node) else { continue };
        marginal.push((p, hit));
        let known = object.truth.path.get(slot.depth as usize - 1).is_some_and(|t| siblings.contains(t));
        let sum: f64 = siblings.iter().filter_map(|&s| object.p.get(s)).filter(|v| !v.is_nan()).sum();
        if known && siblings.len() > 1 && sum > 0.0 {
            conditional.push((p / sum, hit));
        }
    }
    let marginal = binary(&marginal).filter(|m| m.positive > 0)?;
    Some(NodeRow { node: slot.name.clone(), level: slot.depth as usize, marginal, conditional: binary(&conditional) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    #[test]
    fn binary_by_hand() {
        let b = binary(&[(0.8, true), (0.4, true), (0.2, false), (0.2, false)]).unwrap();
        assert_eq!((b.n, b.positive, b.rate), (4, 2, 0.5));
        assert!((b.mean_p - 0.4).abs() < 1e-12 && (b.gap - 0.1).abs() < 1e-12);
        let loss = -(0.8f64.ln() + 0.4f64.ln() + 2.0 * 0.8f64.ln()) / 4.0;
        assert!((b.log_loss - loss).abs() < 1e-12 && (b.skill.unwrap() - (1.0 - loss / 2f64.ln())).abs() < 1e-12);
        let brier = (0.04 + 0.36 + 0.08) / 4.0;
        assert!((b.brier - brier).abs() < 1e-12 && (b.brier_skill.unwrap() - (1.0 - brier / 0.25)).abs() < 1e-12);
        assert_eq!(binary(&[(0.5, true)]).unwrap().skill, None);
        assert_eq!(binary(&[]), None);
        // Who states the rate has no skill, and no gap.
        let b = binary(&[(0.25, true), (0.25, false), (0.25, false), (0.25, false)]).unwrap();
        assert!(b.skill.unwrap().abs() < 1e-12 && b.brier_skill.unwrap().abs() < 1e-12 && b.gap < 1e-12);
    }

    #[test]
    fn labels_above_a_node_are_left_out() {
        // Slots: A, A1, A2, B.
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let object = |label: &str, p: [f64; 4]| Scored::new(&layout, Truth::new(&layout, &t, id(&t, label)), p.to_vec(), 0.5);
        let rows =
            node_rows(&layout, &[object("A1", [0.8, 0.6, 0.2, 0.2]), object("A", [0.9, 0.1, 0.8, 0.1]), object("B", [0.4, 0.3, 0.1, 0.6])]);
        let a1 = rows.iter().find(|r| r.node == "A1").unwrap();
        assert_eq!((a1.marginal.n, a1.marginal.positive), (2, 1));
        assert!((a1.marginal.mean_p - 0.45).abs() < 1e-12);
        let c = a1.conditional.unwrap();
        assert_eq!((c.n, c.positive), (1, 1));
        assert!((c.mean_p - 0.75).abs() < 1e-12);
        assert!(rows.iter().all(|r| r.node != "A2"), "no object");
    }
}
