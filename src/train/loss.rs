//! Weighted hierarchical cross-entropy (Villar, de Soto & Gagliano 2023, arXiv:2312.02266) and its gradient.
//!
//! For one object with the label path c_1 .. c_d (root excluded):
//! L = - sum_k W(c_k) lambda(c_k) ln p(c_k | c_{k-1}), p the softmax of the logits within each sibling group.
//! The gradient is closed: dL/dz_j = sum_k W(c_k) lambda(c_k) (p_j - [j = c_k]) over the groups on the path.
//! Every group subtracts its own maximum, so value and gradient are finite for any finite logits.

use crate::taxonomy::layout::Layout;

/// One object's label: the slots on its path with their factors W(c) lambda(c).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Target {
    /// (slot, factor), top first. Empty where the label says nothing (the root).
    pub path: Vec<(usize, f64)>,
}

/// The sibling groups of a tree, and the loss over them.
#[derive(Debug, Clone)]
pub struct Whxe {
    /// Slots of each group.
    groups: Vec<Vec<usize>>,
    /// Group of each slot.
    group_of: Vec<usize>,
}

impl Whxe {
    /// For the tree `layout`.
    pub fn new(layout: &Layout) -> Self {
        Whxe { groups: layout.groups.iter().map(|g| g.members.clone()).collect(), group_of: layout.slots.iter().map(|s| s.group).collect() }
    }

    /// Number of logits per object.
    pub fn len(&self) -> usize {
        self.group_of.len()
    }

    /// Whether the tree has no node but the root.
    pub fn is_empty(&self) -> bool {
        self.group_of.is_empty()
    }

    /// Mean loss over the batch. `logits` [B, N]; `gradient` [B, N] is overwritten with d(mean loss)/d(logits).
    pub fn loss_and_gradient(&self, logits: &[f32], targets: &[&Target], gradient: &mut [f32]) -> f64 {
        let n = self.len();
        let scale = 1.0 / targets.len().max(1) as f64;
        gradient.fill(0.0);
        let mut total = 0.0;
        for (b, target) in targets.iter().enumerate() {
            let z = &logits[b * n..(b + 1) * n];
            let g = &mut gradient[b * n..(b + 1) * n];
            for &(slot, factor) in &target.path {
                let members = &self.groups[self.group_of[slot]];
                let log_norm = log_sum_exp(members.iter().map(|&m| f64::from(z[m])));
                total += factor * (log_norm - f64::from(z[slot]));
                for &m in members {
                    let p = (f64::from(z[m]) - log_norm).exp();
                    let hit = if m == slot { 1.0 } else { 0.0 };
                    g[m] += (scale * factor * (p - hit)) as f32;
                }
            }
        }
        total * scale
    }

    /// The loss of one object in f64, for tests and reports.
    pub fn loss(&self, logits: &[f64], target: &Target) -> f64 {
        let terms = target.path.iter().map(|&(slot, factor)| {
            let members = &self.groups[self.group_of[slot]];
            factor * (log_sum_exp(members.iter().map(|&m| logits[m])) - logits[slot])
        });
        terms.sum()
    }
}

fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let max = values.clone().fold(f64::NEG_INFINITY, f64::max);
    max + values.map(|v| (v - max).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::Taxonomy;
    use crate::train::rng::RunRng;

    /// Object { SN { Ia, II }, AGN }: slots SN 0, Ia 1, II 2, AGN 3.
    fn small() -> Whxe {
        let mut t = Taxonomy::new("small", "Object");
        let sn = t.add_child(t.root(), "SN").unwrap();
        t.add_child(sn, "Ia").unwrap();
        t.add_child(sn, "II").unwrap();
        t.add_child(t.root(), "AGN").unwrap();
        Whxe::new(&Layout::new(&t))
    }

    #[test]
    fn by_hand() {
        let w = small();
        let target = Target { path: vec![(0, 2.0), (1, 0.5)] };
        // p(SN) = e/(e+1), p(Ia|SN) = 1/2.
        let z = [1.0, 0.3, 0.3, 0.0];
        let by_hand = -2.0 * (1f64.exp() / (1f64.exp() + 1.0)).ln() - 0.5 * 0.5f64.ln();
        assert!((w.loss(&z, &target) - by_hand).abs() < 1e-14);
    }

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let w = small();
        let mut rng = RunRng::new(3, 0);
        for _ in 0..50 {
            let z: Vec<f64> = (0..4).map(|_| f64::from((3.0 * rng.normal()) as f32)).collect();
            let target = Target { path: vec![(0, rng.uniform()), (2, rng.uniform() + 0.1)] };
            let z32: Vec<f32> = z.iter().map(|z| *z as f32).collect();
            let mut g = [0f32; 4];
            let l = w.loss_and_gradient(&z32, &[&target], &mut g);
            assert!((l - w.loss(&z, &target)).abs() < 1e-12, "seed 3");
            for i in 0..4 {
                let h = 1e-5;
                let (mut up, mut down) = (z.clone(), z.clone());
                up[i] += h;
                down[i] -= h;
                let numeric = (w.loss(&up, &target) - w.loss(&down, &target)) / (2.0 * h);
                assert!((numeric - f64::from(g[i])).abs() < 1e-7, "seed 3: {numeric} {}", g[i]);
            }
        }
    }

    #[test]
    fn finite_for_huge_logits() {
        let w = small();
        let target = Target { path: vec![(0, 1.0), (1, 1.0)] };
        for z in [[1e4f32, -1e4, 1e4, -1e4], [-1e4, 1e4, -1e4, 1e4], [1e4, 1e4, 1e4, 1e4]] {
            let mut g = [0f32; 4];
            let l = w.loss_and_gradient(&z, &[&target], &mut g);
            assert!(l.is_finite() && g.iter().all(|g| g.is_finite()), "{z:?}: {l} {g:?}");
        }
        // -ln p(SN) = 2e4 where SN is 2e4 below AGN; Ia wins with certainty.
        let mut g = [0f32; 4];
        let l = w.loss_and_gradient(&[-1e4, 1e4, -1e4, 1e4], &[&target], &mut g);
        assert_eq!(l, 2e4);
        assert_eq!(g, [-1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn flat_special_case_is_cross_entropy() {
        let mut t = Taxonomy::new("flat", "Object");
        for name in ["a", "b", "c", "d", "e"] {
            t.add_child(t.root(), name).unwrap();
        }
        let w = Whxe::new(&Layout::new(&t));
        let z = [0.3, -1.2, 4.0, 0.01, 2.2];
        for y in 0..5 {
            let sum: f64 = z.iter().map(|z: &f64| z.exp()).sum();
            let plain = -(z[y].exp() / sum).ln();
            assert!((w.loss(&z, &Target { path: vec![(y, 1.0)] }) - plain).abs() < 4.0 * f64::EPSILON * plain.max(1.0));
        }
    }
}
