//! From candidates to ranked peaks: exact fits with several harmonics, half and double frequencies and daily aliases, and the most
//! exact frequency of each. Knows nothing of how the candidates were found.

use super::candidates::Candidate;
use super::fit::{Curve, Fitter, MAX_HARMONICS};
use super::series::Series;
use super::significance::Trials;
use std::sync::atomic::{AtomicBool, Ordering};

/// Candidates that get relatives and an exact frequency.
const SHORT_LIST: usize = 8;
/// A further harmonic must make noise less likely by this factor, as a logarithm: with many harmonics a long period fits whatever two
/// shorter ones, or slow changes, make. Chosen on half of the corpus.
const PENALTY: f64 = 3.0;
/// Cycles per day of the Sun and of the stars: the sampling repeats with both.
const DAYS: [f64; 2] = [1.0, 1.002_737_909];

/// A frequency with its best model.
#[derive(Debug, Clone, Copy)]
pub struct Ranked {
    pub frequency: f64,
    pub harmonics: usize,
    pub power: f64,
    pub ln_false_alarm: f64,
    /// What is ranked by, least first: the logarithm above with the penalty for harmonics.
    pub score: f64,
}

/// What the ranking needs.
pub struct Ranking<'a> {
    fitter: Fitter<'a>,
    trials: Trials,
    most: usize,
    span_d: f64,
    range: (f64, f64),
}

impl<'a> Ranking<'a> {
    /// For frequencies in `range` (per day).
    pub fn new(series: &'a Series, trials: Trials, range: (f64, f64)) -> Self {
        Ranking { fitter: Fitter::new(series), trials, most: most_harmonics(series), span_d: series.span_d, range }
    }

    /// The best of the candidates, best first. None if cancelled.
    pub fn short_list(&mut self, candidates: &[Candidate], cancel: &AtomicBool) -> Option<Vec<Ranked>> {
        let mut list: Vec<Ranked> = Vec::with_capacity(candidates.len());
        for c in candidates {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            // A candidate of the plain periodogram with few harmonics first: most are noise.
            let most = self.most;
            self.most = most.min(c.harmonics + 2);
            list.push(self.climb(c.frequency, 1.0 / (8.0 * self.span_d * c.harmonics as f64), 1));
            self.most = most;
        }
        self.sort(&mut list);
        list.truncate(SHORT_LIST);
        Some(list)
    }

    /// The peaks: the short list with its relatives, best first, no two within the resolution of one another.
    /// None if cancelled.
    pub fn peaks(&mut self, short: Vec<Ranked>, wanted: usize, cancel: &AtomicBool) -> Option<Vec<Ranked>> {
        let mut list: Vec<Ranked> = Vec::new();
        for r in &short {
            list.push(self.climb(r.frequency, 1.0 / (8.0 * self.span_d * r.harmonics as f64), 1));
        }
        for parent in &short {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            for frequency in relatives(parent.frequency) {
                if frequency >= self.range.0 && frequency <= self.range.1 {
                    list.push(self.climb(frequency, 1.0 / (10.0 * self.span_d), 1));
                }
            }
        }
        self.sort(&mut list);
        list.truncate(wanted.max(1) + 1);
        for r in &mut list {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            let step = 1.0 / (16.0 * self.span_d * r.harmonics as f64);
            *r = self.climb(r.frequency, step, 4);
        }
        self.sort(&mut list);
        list.truncate(wanted);
        Some(list)
    }

    fn sort(&self, list: &mut Vec<Ranked>) {
        list.sort_by(|a, b| a.score.total_cmp(&b.score).then(b.power.total_cmp(&a.power)).then(a.frequency.total_cmp(&b.frequency)));
        let mut kept: Vec<Ranked> = Vec::with_capacity(list.len());
        for r in list.drain(..) {
            if kept.iter().all(|k| (k.frequency - r.frequency).abs() > 0.75 / self.span_d) {
                kept.push(r);
            }
        }
        *list = kept;
    }

    /// The best model at one frequency.
    pub fn at(&mut self, frequency: f64) -> Ranked {
        let powers = self.fitter.powers(frequency, self.most);
        let mut best = Ranked { frequency, harmonics: 1, power: powers[0], ln_false_alarm: f64::INFINITY, score: f64::INFINITY };
        for (i, power) in powers.iter().enumerate().take(self.most) {
            let ln_false_alarm = self.trials.ln_false_alarm(*power, i + 1);
            let score = ln_false_alarm + PENALTY * i as f64;
            if score < best.score {
                best = Ranked { frequency, harmonics: i + 1, power: *power, ln_false_alarm, score };
            }
        }
        best
    }

    /// One sigma of a peak's frequency: where chi square, scaled so that it is 1 per degree of freedom at the peak, has grown by 1. The
    /// resolution itself is returned where the curvature is of no use.
    pub fn frequency_error(&mut self, r: &Ranked) -> f64 {
        let step = 1.0 / (16.0 * self.span_d * r.harmonics as f64);
        let mut power = |f: f64| self.fitter.powers(f, r.harmonics)[r.harmonics - 1];
        let curvature = (2.0 * r.power - power(r.frequency - step) - power(r.frequency + step)) / (step * step);
        let rest = (self.trials.freedom - 2.0 * r.harmonics as f64).max(1.0);
        let error = (2.0 * (1.0 - r.power) / (rest * curvature)).sqrt();
        let resolution = 1.0 / self.span_d;
        if error.is_finite() { error.min(resolution) } else { resolution }
    }

    /// The curve of a peak's model.
    pub fn curve(&mut self, r: &Ranked) -> Curve {
        self.fitter.curve(r.frequency, r.harmonics)
    }

    /// Uphill from a frequency in steps, with `rounds` halvings of the step.
    fn climb(&mut self, frequency: f64, step: f64, rounds: usize) -> Ranked {
        let inside = |f: f64| f.clamp(self.range.0, self.range.1);
        let (low, high) = (inside(frequency - step), inside(frequency + step));
        let mut best = self.at(inside(frequency));
        let mut step = step;
        for f in [low, high] {
            best = better(best, self.at(f));
        }
        for _ in 1..rounds {
            step /= 2.0;
            let middle = best.frequency;
            for f in [middle - step, middle + step] {
                let f = f.clamp(self.range.0, self.range.1);
                best = better(best, self.at(f));
            }
        }
        best
    }
}

fn better(a: Ranked, b: Ranked) -> Ranked {
    if b.score < a.score || (b.score == a.score && b.power > a.power) { b } else { a }
}

/// So many harmonics can be told from noise with these points.
fn most_harmonics(series: &Series) -> usize {
    ((series.freedom() / 6.0) as usize).clamp(1, MAX_HARMONICS)
}

/// Half and double, a third and three times, and the aliases of a day.
fn relatives(f: f64) -> impl Iterator<Item = f64> {
    let aliases = DAYS.into_iter().flat_map(move |d| [f + d, (f - d).abs(), (2.0 * f - d).abs() / 2.0, (2.0 * f + d) / 2.0]);
    [f / 2.0, 2.0 * f, f / 3.0, 3.0 * f].into_iter().chain(aliases)
}
