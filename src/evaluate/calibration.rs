//! How far stated confidences are from what happens.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Simulated repetitions for the bias of the ECE.
const REPEATS: u64 = 100;

/// Expected calibration error, with its bias.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ece {
    /// Mean |confidence - hit rate| over bins of equal mass.
    pub raw: f64,
    /// `raw` less its mean under simulated perfect calibration: small samples have an ECE by chance.
    pub debiased: f64,
    /// Number of bins.
    pub bins: usize,
}

/// ECE of stated confidences in [0, 1] against hits. Bins of equal mass: min(15, n/100), at least one.
/// None without objects. The simulation's seed is fixed: same input, same numbers.
pub fn expected_calibration_error(confidence: &[f64], hit: &[bool]) -> Option<Ece> {
    let n = confidence.len().min(hit.len());
    if n == 0 {
        return None;
    }
    let bins = bins(n);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| confidence[a].total_cmp(&confidence[b]).then(a.cmp(&b)));
    let sorted: Vec<f64> = order.iter().map(|&i| confidence[i]).collect();
    let mut hits: Vec<bool> = order.iter().map(|&i| hit[i]).collect();
    let raw = binned(&sorted, &hits, bins);
    let mut rng = ChaCha8Rng::seed_from_u64(20_231_204);
    let mut bias = 0.0;
    for _ in 0..REPEATS {
        for (h, &c) in hits.iter_mut().zip(&sorted) {
            *h = rng.random::<f64>() < c;
        }
        bias += binned(&sorted, &hits, bins);
    }
    Some(Ece { raw, debiased: raw - bias / REPEATS as f64, bins })
}

/// Objects of about the same stated probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Objects.
    pub n: u64,
    /// Mean stated probability.
    pub stated: f64,
    /// Share of hits.
    pub seen: f64,
}

/// The reliability curve: bins of equal mass as those of [`expected_calibration_error`], from the least stated probability on.
pub fn reliability(confidence: &[f64], hit: &[bool]) -> Vec<Bin> {
    let mut pairs: Vec<(f64, bool)> = confidence.iter().copied().zip(hit.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = pairs.len();
    let bins = bins(n);
    (0..bins)
        .filter_map(|b| pairs.get(b * n / bins..(b + 1) * n / bins))
        .filter(|bin| !bin.is_empty())
        .map(|bin| {
            let n = bin.len() as f64;
            let stated = bin.iter().map(|(c, _)| c).sum::<f64>() / n;
            Bin { n: bin.len() as u64, stated, seen: bin.iter().filter(|(_, h)| *h).count() as f64 / n }
        })
        .collect()
}

fn bins(n: usize) -> usize {
    (n / 100).clamp(1, 15)
}

fn binned(confidence: &[f64], hit: &[bool], bins: usize) -> f64 {
    let n = confidence.len();
    let mut sum = 0.0;
    for b in 0..bins {
        let (from, to) = (b * n / bins, (b + 1) * n / bins);
        let stated: f64 = confidence[from..to].iter().sum();
        let seen = hit[from..to].iter().filter(|h| **h).count() as f64;
        sum += (stated - seen).abs();
    }
    sum / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bin_by_hand() {
        // Stated 0.8 on average, seen 0.5.
        let e = expected_calibration_error(&[0.9, 0.7, 0.8, 0.8], &[true, false, true, false]).unwrap();
        assert!((e.raw - 0.3).abs() < 1e-12);
        assert_eq!(e.bins, 1);
        assert!(e.debiased < e.raw);
        assert_eq!(expected_calibration_error(&[], &[]), None);
    }

    #[test]
    fn bins_of_equal_mass_by_hand() {
        // Two bins of 100: stated 0.2, seen 0.5; stated 0.9, seen 0.9.
        let confidence: Vec<f64> = (0..200).map(|i| if i < 100 { 0.2 } else { 0.9 }).collect();
        let hit: Vec<bool> = (0..200).map(|i| if i < 100 { i < 50 } else { i < 190 }).collect();
        let e = expected_calibration_error(&confidence, &hit).unwrap();
        assert_eq!(e.bins, 2);
        assert!((e.raw - 0.15).abs() < 1e-12);
        let curve = reliability(&confidence, &hit);
        assert_eq!(curve.len(), 2);
        assert!((curve[0].stated - 0.2).abs() < 1e-12 && curve[0].seen == 0.5 && curve[1].n == 100 && curve[1].seen == 0.9);
        assert!(reliability(&[], &[]).is_empty());
    }

    #[test]
    fn the_bias_of_a_perfect_forecaster_is_taken_away() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let confidence: Vec<f64> = (0..3000).map(|_| rng.random::<f64>()).collect();
        let hit: Vec<bool> = confidence.iter().map(|c| rng.random::<f64>() < *c).collect();
        let e = expected_calibration_error(&confidence, &hit).unwrap();
        assert_eq!(e.bins, 15);
        assert!(e.raw > 0.01);
        assert!(e.debiased.abs() < 0.012, "{e:?}");
    }
}
