//! What a refit makes least: the weighted hierarchical cross-entropy of `loss.rs` over a linear correction of the poured
//! logits, plus a penalty that draws the correction to nothing. Convex, so there is one answer, whatever the start.

use crate::taxonomy::Layout;
use crate::train::loss::Target;
use rayon::prelude::*;

/// Rows of one piece of work. The pieces do not depend on the number of threads, and are added up in their order.
const CHUNK: usize = 256;

/// Training rows and the tree. Parameters: per slot its weights [F] and its bias.
pub struct Objective<'a> {
    /// [R, F], standardised.
    pub x: &'a [f64],
    /// Inputs.
    pub f: usize,
    /// Logits of the start [R, N].
    pub start: &'a [f64],
    /// Of each row.
    pub targets: &'a [Target],
    /// Importance of each row.
    pub importance: &'a [f64],
    /// Sibling groups.
    pub layout: &'a Layout,
    /// Of each of a slot's F + 1 parameters.
    pub penalty: &'a [f64],
}

impl Objective<'_> {
    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.layout.len() * (self.f + 1)
    }

    /// The value; `gradient` is overwritten.
    pub fn value(&self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let rows = self.targets.len();
        let total: f64 = self.importance.iter().sum();
        let pieces: Vec<(f64, Vec<f64>)> = (0..rows.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| self.piece(parameters, chunk * CHUNK..((chunk + 1) * CHUNK).min(rows)))
            .collect();
        gradient.fill(0.0);
        let mut value = 0.0;
        for (v, g) in pieces {
            value += v;
            gradient.iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
        }
        value /= total;
        for (j, (g, p)) in gradient.iter_mut().zip(parameters).enumerate() {
            let penalty = self.penalty[j % (self.f + 1)];
            *g = *g / total + penalty * p;
            value += 0.5 * penalty * p * p;
        }
        value
    }

    /// Sums over some rows. Only the sibling groups on a row's path are computed: no other has a part in its loss.
    fn piece(&self, parameters: &[f64], rows: std::ops::Range<usize>) -> (f64, Vec<f64>) {
        let (n, width) = (self.layout.len(), self.f + 1);
        let mut gradient = vec![0.0; parameters.len()];
        let mut value = 0.0;
        let mut z = Vec::new();
        for row in rows {
            let x = &self.x[row * self.f..(row + 1) * self.f];
            let start = &self.start[row * n..(row + 1) * n];
            for &(slot, factor) in &self.targets[row].path {
                let members = &self.layout.groups[self.layout.slots[slot].group].members;
                if members.len() < 2 {
                    continue;
                }
                let factor = factor * self.importance[row];
                z.clear();
                z.extend(members.iter().map(|&m| {
                    let p = &parameters[m * width..(m + 1) * width];
                    start[m] + dot(&p[..self.f], x) + p[self.f]
                }));
                let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let log_norm = max + z.iter().map(|z| (z - max).exp()).sum::<f64>().ln();
                for (&m, z) in members.iter().zip(&z) {
                    let hit = if m == slot { 1.0 } else { 0.0 };
                    if m == slot {
                        value += factor * (log_norm - z);
                    }
                    let d = factor * ((z - log_norm).exp() - hit);
                    let g = &mut gradient[m * width..(m + 1) * width];
                    g.iter_mut().zip(x).for_each(|(g, x)| *g += d * x);
                    g[self.f] += d;
                }
            }
        }
        (value, gradient)
    }
}

/// In four sums, which the compiler can do side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a4.zip(b4) {
        for i in 0..4 {
            sums[i] += a[i] * b[i];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;
    use crate::train::loss::Whxe;
    use crate::train::rng::RunRng;

    #[test]
    fn value_and_gradient_agree_with_the_loss_and_with_finite_differences() {
        let layout = Layout::new(&tree("Root{A{A1,A2,A3},B{B1}}"));
        let (n, f, rows) = (layout.len(), 5, 600);
        let mut rng = RunRng::new(5, 0);
        let mut normals = |k: usize| (0..k).map(|_| rng.normal()).collect::<Vec<f64>>();
        let (x, start, parameters) = (normals(rows * f), normals(rows * n), normals(n * (f + 1)));
        let ends = [1, 2, 3, 0, 5, 4];
        let target = |r: usize| Target { path: layout.path(ends[r % 6]).into_iter().map(|s| (s, 0.3 + s as f64)).collect() };
        let targets: Vec<Target> = (0..rows).map(target).collect();
        let importance: Vec<f64> = (0..rows).map(|r| if r % 3 == 0 { 0.5 } else { 0.25 }).collect();
        let penalty = [0.1, 0.1, 0.2, 0.2, 0.3, 0.01];
        let o = Objective { x: &x, f, start: &start, targets: &targets, importance: &importance, layout: &layout, penalty: &penalty };
        let mut gradient = vec![0.0; o.len()];
        let value = o.value(&parameters, &mut gradient);
        let whxe = Whxe::new(&layout);
        let mut by_loss = 0.0;
        for r in 0..rows {
            let z: Vec<f64> = (0..n)
                .map(|m| {
                    let p = &parameters[m * (f + 1)..(m + 1) * (f + 1)];
                    start[r * n + m] + (0..f).map(|i| p[i] * x[r * f + i]).sum::<f64>() + p[f]
                })
                .collect();
            by_loss += importance[r] * whxe.loss(&z, &targets[r]);
        }
        by_loss /= importance.iter().sum::<f64>();
        by_loss += parameters.iter().enumerate().map(|(j, p)| 0.5 * penalty[j % (f + 1)] * p * p).sum::<f64>();
        assert!((value - by_loss).abs() < 1e-10, "seed 5: {value} {by_loss}");
        let mut unused = vec![0.0; o.len()];
        for j in 0..o.len() {
            let h = 1e-6;
            let (mut up, mut down) = (parameters.clone(), parameters.clone());
            up[j] += h;
            down[j] -= h;
            let numeric = (o.value(&up, &mut unused) - o.value(&down, &mut unused)) / (2.0 * h);
            assert!((numeric - gradient[j]).abs() < 1e-6, "seed 5, parameter {j}: {numeric} {}", gradient[j]);
        }
    }
}
