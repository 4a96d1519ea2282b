//! The operating curve: how specific decisions are against how often they are right, as the threshold moves (Valmadre 2022).

use super::hierarchical::{Verdict, verdict};
use super::scored::{Scored, decided_path};
use crate::cascade::{Rule, Rules};
use crate::taxonomy::Layout;
use serde::Serialize;

/// Decisions at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// Threshold.
    pub tau: f64,
    /// Mean over the objects of (true steps said) / (true steps), 0 for a decision at the root.
    pub specificity: f64,
    /// Share of decisions that are no mistake: right, or above the truth.
    pub correctness: f64,
    /// Share of decisions above the truth.
    pub stopped_early: f64,
}

/// Thresholds of the curve.
pub fn thresholds() -> Vec<f64> {
    let mut taus: Vec<f64> = (1..20).map(|i| f64::from(i) * 0.05).collect();
    taus.extend([0.97, 0.99, 0.999]);
    taus
}

/// The curve at these thresholds; empty without objects.
pub fn operating_curve(layout: &Layout, objects: &[Scored], taus: &[f64]) -> Vec<OperatingPoint> {
    let judged: Vec<&Scored> = objects.iter().filter(|o| !o.truth.path.is_empty()).collect();
    if judged.is_empty() {
        return Vec::new();
    }
    let n = judged.len() as f64;
    let point = |tau: f64| {
        let rules = Rules::same(layout, Rule::Threshold { tau });
        let (mut specific, mut right, mut early) = (0.0, 0.0, 0.0);
        for object in &judged {
            let path = decided_path(layout, &rules, &object.p, f64::INFINITY);
            let said = object.truth.judged(&path);
            let shared = object.truth.path.iter().zip(said).take_while(|(a, b)| a == b).count();
            specific += shared as f64 / object.truth.path.len() as f64;
            match verdict(&object.truth, said) {
                Verdict::Correct => right += 1.0,
                Verdict::StoppedEarly => early += 1.0,
                Verdict::Mistake => {}
            }
        }
        OperatingPoint { tau, specificity: specific / n, correctness: (right + early) / n, stopped_early: early / n }
    };
    taus.iter().map(|&tau| point(tau)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    #[test]
    fn hand_worked() {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let object = |label: &str, p: [f64; 4]| Scored::new(&layout, Truth::new(&layout, &t, id(&t, label)), p.to_vec(), 0.5);
        let objects = [object("A1", [0.8, 0.6, 0.2, 0.2]), object("A2", [0.9, 0.55, 0.35, 0.1])];
        let curve = operating_curve(&layout, &objects, &[0.5, 0.7, 0.95]);
        // At 0.5: A1 right, A1 for A2 wrong but half of the way is right. At 0.7 both say A. At 0.95 nothing is said.
        let seen: Vec<_> = curve.iter().map(|c| (c.specificity, c.correctness, c.stopped_early)).collect();
        assert_eq!(seen, [(0.75, 0.5, 0.0), (0.5, 1.0, 1.0), (0.0, 1.0, 1.0)]);
        assert!(operating_curve(&layout, &[], &[0.5]).is_empty());
        assert!(thresholds().windows(2).all(|w| w[0] < w[1]));
    }
}
