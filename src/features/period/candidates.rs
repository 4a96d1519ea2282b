//! Candidate frequencies of a scan: its highest peaks, and the highest peaks of its harmonic sums. Knows nothing of the points.
//!
//! A narrow eclipse spreads its power over many harmonics of the orbital frequency, none of which need stand out; their sum does. The
//! method is that of searches for pulsars (Taylor & Huguenin 1969).

use super::scan::Scan;

/// How many harmonics are summed, and how many peaks of each sum are looked at.
const SUMS: [(usize, usize); 5] = [(1, 30), (2, 16), (3, 12), (5, 12), (8, 16)];

/// A frequency worth a closer look.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    pub frequency: f64,
    /// Harmonics of the sum in which it stood out.
    pub harmonics: usize,
}

/// The candidates at `first` steps or more; `separation` is the least distance of two of them, in steps of the scan.
pub fn candidates(scan: &Scan, first: usize, separation: usize) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (harmonics, wanted) in SUMS {
        let sums = sums(scan, harmonics);
        for i in highest(&sums, first * harmonics, wanted, separation) {
            out.push(Candidate { frequency: i as f64 * scan.step / harmonics as f64, harmonics });
        }
    }
    out
}

/// `sums[i]`: the powers at the multiples of the frequency `i / harmonics` steps, up to `i` steps, rounded to the grid.
fn sums(scan: &Scan, harmonics: usize) -> Vec<f32> {
    let powers = &scan.powers;
    if harmonics == 1 {
        return powers.clone();
    }
    let mut sums = vec![0.0f32; powers.len()];
    for (base, out) in sums.chunks_mut(harmonics).enumerate() {
        for (rest, out) in out.iter_mut().enumerate() {
            let mut sum = 0.0;
            for h in 1..=harmonics {
                sum += powers.get(base * h + (2 * rest * h + harmonics) / (2 * harmonics)).copied().unwrap_or(0.0);
            }
            *out = sum;
        }
    }
    sums
}

/// Indices of the highest local maxima from `first` on, each at least `separation` from any higher one, highest first.
fn highest(values: &[f32], first: usize, wanted: usize, separation: usize) -> Vec<usize> {
    // Of each short stretch the highest value: few enough to sort, and no two peaks of interest lie in one.
    let mut tops: Vec<(f32, usize)> = Vec::new();
    for (stretch, values) in values.get(first..).unwrap_or_default().chunks(separation.max(1)).enumerate() {
        let start = first + stretch * separation.max(1);
        let mut top = (0.0f32, start);
        for (i, v) in values.iter().enumerate() {
            if *v > top.0 {
                top = (*v, start + i);
            }
        }
        tops.push(top);
    }
    let enough = (8 * wanted).min(tops.len());
    if enough < tops.len() {
        tops.select_nth_unstable_by(enough, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        tops.truncate(enough);
    }
    tops.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept: Vec<usize> = Vec::with_capacity(wanted);
    for (value, i) in tops {
        if kept.len() == wanted || value <= 0.0 {
            break;
        }
        if kept.iter().all(|k| k.abs_diff(i) >= separation) {
            kept.push(i);
        }
    }
    kept
}
