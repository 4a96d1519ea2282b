//! Features to network inputs: each feature through a monotone piecewise-linear map that makes the
//! training set's distribution normal, missing values to 0, and a flag for each distinct pattern of
//! missing values. The same arithmetic is written into the exported graph.

use serde::{Deserialize, Serialize};

/// Pieces of the map of one feature.
pub const KNOTS: usize = 24;
/// Normal scores are cut here.
const MAX_SCORE: f64 = 2.5;

/// The fitted map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normaliser {
    /// Per feature the knots (x ascending, y); at least one.
    pub knots: Vec<Vec<(f32, f32)>>,
    /// Features whose being missing is an input.
    pub flags: Vec<usize>,
}

impl Normaliser {
    /// Fits on rows of F features each.
    pub fn fit<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone, n_features: usize) -> Self {
        let mut knots = Vec::with_capacity(n_features);
        let mut flags: Vec<usize> = Vec::new();
        let mut patterns: Vec<Vec<bool>> = Vec::new();
        for f in 0..n_features {
            let mut values: Vec<f32> = rows.clone().map(|r| r[f]).filter(|v| v.is_finite()).collect();
            values.sort_by(f32::total_cmp);
            knots.push(knots_of(&values));
            let pattern: Vec<bool> = rows.clone().map(|r| r[f].is_nan()).collect();
            let varies = pattern.iter().any(|m| *m) && pattern.iter().any(|m| !*m);
            if varies && !patterns.contains(&pattern) {
                patterns.push(pattern);
                flags.push(f);
            }
        }
        Normaliser { knots, flags }
    }

    /// Number of network inputs.
    pub fn width(&self) -> usize {
        self.knots.len() + self.flags.len()
    }

    /// Network inputs of one row of features, appended to `out`.
    pub fn apply(&self, row: &[f32], out: &mut Vec<f32>) {
        out.extend(self.knots.iter().zip(row).map(|(k, &x)| if x.is_nan() { 0.0 } else { interpolate(k, x) }));
        out.extend(self.flags.iter().map(|&f| if row[f].is_nan() { 1.0 } else { 0.0 }));
    }
}

/// As the graph computes it: y_0 + sum over pieces of dy * clip((x - x_k) / dx, 0, 1).
fn interpolate(knots: &[(f32, f32)], x: f32) -> f32 {
    let first = knots.first().map_or(0.0, |k| k.1);
    first + knots.windows(2).map(|k| (k[1].1 - k[0].1) * ((x - k[0].0) * (1.0 / (k[1].0 - k[0].0))).clamp(0.0, 1.0)).sum::<f32>()
}

/// Knots at evenly spread ranks; a value that occurs often gets the score of its middle rank.
fn knots_of(sorted: &[f32]) -> Vec<(f32, f32)> {
    if sorted.is_empty() {
        return vec![(0.0, 0.0)];
    }
    let n = sorted.len();
    let mut xs: Vec<f32> = (0..=KNOTS).map(|k| sorted[k * (n - 1) / KNOTS]).collect();
    xs.dedup();
    let knots = xs.iter().map(|&x| {
        let below = sorted.partition_point(|v| *v < x);
        let upto = sorted.partition_point(|v| *v <= x);
        let rank = (below + upto) as f64 / (2 * n) as f64;
        (x, normal_score(rank).clamp(-MAX_SCORE, MAX_SCORE) as f32)
    });
    let mut knots: Vec<(f32, f32)> = knots.collect();
    // A piece so thin that its inverse width overflows would be no number.
    knots.dedup_by(|b, a| !(1.0 / (b.0 - a.0)).is_finite());
    knots
}

/// Quantile of the standard normal distribution by bisection of its distribution function.
fn normal_score(p: f64) -> f64 {
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..60 {
        let mid = 0.5 * (low + high);
        if normal_cdf(mid) < p {
            low = mid;
        } else {
            high = mid;
        }
    }
    0.5 * (low + high)
}

/// Distribution function of the standard normal: Marsaglia's series, good to 1e-14 for |x| < 6.
fn normal_cdf(x: f64) -> f64 {
    let (mut sum, mut term, mut i) = (x, x, 1.0);
    while f64::abs(term) > 1e-17 * f64::abs(sum) && i < 200.0 {
        i += 2.0;
        term *= x * x / i;
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_known_quantiles() {
        assert!((normal_cdf(1.959_963_984_540_054) - 0.975).abs() < 1e-12);
        assert!((normal_score(0.841_344_746_068_543) - 1.0).abs() < 1e-9);
        assert!(normal_score(0.5).abs() < 1e-9);
    }

    #[test]
    fn monotone_bounded_and_missing_is_flagged() {
        let rows: Vec<Vec<f32>> = (0..500).map(|i| vec![(i as f32).powi(3), if i % 5 == 0 { f32::NAN } else { 7.0 }, i as f32]).collect();
        let n = Normaliser::fit(rows.iter().map(Vec::as_slice), 3);
        assert_eq!(n.flags, vec![1]);
        assert_eq!(n.width(), 4);
        let mut last = f32::NEG_INFINITY;
        for x in [-1e9, 0.0, 10.0, 1e4, 1e6, 1e8, 1e30] {
            let mut out = Vec::new();
            n.apply(&[x, f32::NAN, x], &mut out);
            assert!(out[0] >= last && out[0].abs() <= 2.5 + 1e-4);
            assert_eq!(out[1], 0.0);
            assert_eq!(out[3], 1.0);
            last = out[0];
        }
        let mut out = Vec::new();
        n.apply(&[(250f32).powi(3), 7.0, 250.0], &mut out);
        assert!(out[0].abs() < 0.05 && out[2].abs() < 0.05, "{out:?}");
    }
}
