//! Candidate frequencies of a scan: its highest peaks, and the highest peaks of its harmonic sums. Knows nothing of the points.
//!
//! A narrow eclipse spreads its power over many harmonics of the orbital frequency, none of which need stand out; their sum does. The
//! method is that of searches for pulsars (Taylor & Huguenin 1969).

use super::scan::Scan;
use std::borrow::Cow;

/// How many harmonics are summed, and how many peaks of each sum are looked at.
const SUMS: [(usize, usize); 4] = [(1, 24), (2, 14), (4, 14), (8, 14)];

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
        let sums = if harmonics == 1 { Cow::Borrowed(&scan.powers) } else { Cow::Owned(sums(&scan.powers, harmonics)) };
        for i in highest(&sums, first * harmonics, wanted, separation) {
            out.push(Candidate { frequency: i as f64 * scan.step / harmonics as f64, harmonics });
        }
    }
    out
}

/// `sums[i]`: the powers at the multiples of the frequency `i / harmonics` steps, up to `i` steps, rounded to the grid.
fn sums(powers: &[f32], harmonics: usize) -> Vec<f32> {
    // Where the multiples of a part of `harmonics` lie, from the multiple of the whole.
    let offset = |h: usize, rest: usize| (2 * rest * h + harmonics) / (2 * harmonics);
    let offsets: Vec<Vec<usize>> = (1..=harmonics).map(|h| (0..harmonics).map(|rest| offset(h, rest)).collect()).collect();
    let mut sums = vec![0.0f32; powers.len()];
    for (base, out) in sums.chunks_mut(harmonics).enumerate() {
        for (h, offsets) in (1..).zip(&offsets) {
            let multiples = powers.get(base * h..).unwrap_or_default();
            for (out, offset) in out.iter_mut().zip(offsets) {
                *out += multiples.get(*offset).copied().unwrap_or(0.0);
            }
        }
    }
    sums
}

/// Indices of the highest local maxima from `first` on, each at least `separation` from any higher one, highest first.
fn highest(values: &[f32], first: usize, wanted: usize, separation: usize) -> Vec<usize> {
    // Of each short stretch the highest value: few enough to sort, and no two peaks of interest lie in one.
    let values = values.get(first..).unwrap_or_default();
    let mut tops: Vec<(f32, usize)> =
        values.chunks(separation.max(1)).map(|stretch| stretch.iter().copied().fold(0.0, max)).zip(0..).collect();
    let enough = (8 * wanted).min(tops.len());
    if enough < tops.len() {
        tops.select_nth_unstable_by(enough, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        tops.truncate(enough);
    }
    tops.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept: Vec<usize> = Vec::with_capacity(wanted);
    for (value, stretch) in tops {
        if kept.len() == wanted || value <= 0.0 {
            break;
        }
        let start = stretch * separation.max(1);
        let i = first + start + values.iter().skip(start).position(|v| *v == value).unwrap_or(0);
        if kept.iter().all(|k| k.abs_diff(i) >= separation) {
            kept.push(i);
        }
    }
    kept
}

/// Of numbers that are not NaN: the standard library's asks for that too, which costs as much again.
fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
