//! Intervals by bootstrap over objects: whole objects are drawn with replacement, so that what belongs to one object stays together.
//! Two methods are compared by the bootstrap of their difference on the same draws, never by whether their intervals overlap.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Draws.
pub const REPEATS: usize = 1000;
/// Seed of the draws: the same input gives the same numbers.
const SEED: u64 = 20_240_117;
/// What the interval holds.
const COVERAGE: f64 = 0.95;

/// A value with its 95 % interval (percentiles of the draws).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// On the objects themselves.
    pub value: f64,
    /// 2.5 % of the draws lie below.
    pub low: f64,
    /// 2.5 % of the draws lie above.
    pub high: f64,
}

impl Interval {
    /// Whether 0 lies outside.
    pub fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.value, self.low, self.high)
    }
}

/// Interval of one statistic. None if it has no value on the objects, or on most of the draws.
pub fn interval<T: Sync>(objects: &[T], stat: impl Fn(&[&T]) -> Option<f64> + Sync) -> Option<Interval> {
    intervals(objects, |sample| vec![stat(sample)]).into_iter().next().flatten()
}

/// Intervals of several statistics from the same draws. `stats` gives the same number of values for every sample.
pub fn intervals<T: Sync>(objects: &[T], stats: impl Fn(&[&T]) -> Vec<Option<f64>> + Sync) -> Vec<Option<Interval>> {
    let all: Vec<&T> = objects.iter().collect();
    let values = stats(&all);
    let drawn = draws(objects.len(), |indices| {
        let sample: Vec<&T> = indices.iter().filter_map(|&i| objects.get(i)).collect();
        stats(&sample)
    });
    summary(&values, &drawn)
}

/// Interval of `stat(a) - stat(b)`, where `a[i]` and `b[i]` are two methods' answers to the same object and are drawn together.
/// None for lists of different lengths.
pub fn paired_difference<T: Sync>(a: &[T], b: &[T], stat: impl Fn(&[&T]) -> Option<f64> + Sync) -> Option<Interval> {
    paired_differences(a, b, |sample| vec![stat(sample)]).into_iter().next().flatten()
}

/// As [`paired_difference`], of several statistics.
pub fn paired_differences<T: Sync>(a: &[T], b: &[T], stats: impl Fn(&[&T]) -> Vec<Option<f64>> + Sync) -> Vec<Option<Interval>> {
    if a.len() != b.len() {
        return Vec::new();
    }
    let pairs: Vec<(&T, &T)> = a.iter().zip(b).collect();
    intervals(&pairs, |sample| {
        let (a, b): (Vec<&T>, Vec<&T>) = sample.iter().map(|&&(a, b)| (a, b)).unzip();
        stats(&a).into_iter().zip(stats(&b)).map(|(a, b)| Some(a? - b?)).collect()
    })
}

/// The statistics of each draw of `n` indices.
fn draws(n: usize, stats: impl Fn(&[usize]) -> Vec<Option<f64>> + Sync) -> Vec<Vec<Option<f64>>> {
    if n == 0 {
        return Vec::new();
    }
    (0..REPEATS as u64)
        .into_par_iter()
        .map(|repeat| {
            // A stream for each draw: the result does not depend on the threads.
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            rng.set_stream(repeat);
            let indices: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
            stats(&indices)
        })
        .collect()
}

fn summary(values: &[Option<f64>], drawn: &[Vec<Option<f64>>]) -> Vec<Option<Interval>> {
    values
        .iter()
        .enumerate()
        .map(|(k, value)| {
            let value = (*value)?;
            let mut seen: Vec<f64> = drawn.iter().filter_map(|d| d.get(k).copied().flatten()).filter(|v| v.is_finite()).collect();
            if seen.len() * 2 <= drawn.len() {
                return None;
            }
            seen.sort_by(f64::total_cmp);
            let tail = (1.0 - COVERAGE) / 2.0;
            Some(Interval { value, low: quantile(&seen, tail)?, high: quantile(&seen, 1.0 - tail)? })
        })
        .collect()
}

/// Quantile of sorted values, linear between them.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let at = q * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(low + (high - low) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(sample: &[&f64]) -> Option<f64> {
        (!sample.is_empty()).then(|| sample.iter().copied().sum::<f64>() / sample.len() as f64)
    }

    #[test]
    fn the_mean_of_coin_tosses_has_the_binomial_interval() {
        let tosses: Vec<f64> = (0..400).map(|i| f64::from(i % 4 == 0)).collect();
        let i = interval(&tosses, mean).unwrap();
        let half = 1.96 * (0.25 * 0.75 / 400.0f64).sqrt();
        assert_eq!(i.value, 0.25);
        assert!((i.high - 0.25 - half).abs() < 0.006 && (0.25 - half - i.low).abs() < 0.006, "{i} against {half}");
        assert_eq!(interval(&tosses, mean), Some(i), "same input, same numbers");
    }

    #[test]
    fn pairs_are_drawn_together() {
        // Two methods whose errors go together: b is a less 0.01 everywhere.
        let a: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let b: Vec<f64> = a.iter().map(|v| v - 0.01).collect();
        let d = paired_difference(&a, &b, mean).unwrap();
        assert!((d.low - 0.01).abs() < 1e-9 && (d.high - 0.01).abs() < 1e-9 && d.excludes_zero());
        let c: Vec<f64> = a.iter().map(|v| 1.0 - v).collect();
        assert!(!paired_difference(&a, &c, mean).unwrap().excludes_zero());
        assert_eq!(paired_difference(&a, &b[1..], mean), None);
    }

    #[test]
    fn no_value_no_interval() {
        assert_eq!(interval(&[], mean), None);
        assert_eq!(interval(&[1.0, 2.0], |_| None), None);
        assert_eq!(quantile(&[0.0, 1.0, 2.0], 0.25), Some(0.5));
    }
}
