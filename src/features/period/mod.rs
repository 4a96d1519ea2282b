//! Periods: a periodogram of all bands at once, and its best peaks with their false-alarm probability.
//!
//! Knows no files, models or screens; no label and no published period is an input. The steps, each in its own file:
//! [`series`] centres and scales the points of each band, [`scan`] gives the power of a sinusoid at every frequency of a fine grid
//! (its sums by [`nufft`]), [`candidates`] takes the highest peaks of it and of its harmonic sums, and [`rank`] fits these with up to
//! eight harmonics ([`fit`]), tries their halves, doubles and daily aliases, and orders them by their false-alarm probability
//! ([`significance`]), with a penalty for every further harmonic. Between the first and the final ranking the bands are weighted anew, by
//! how well each follows the best curve.
//!
//! **Power** is always the fraction of the weighted variance around the bands' means that a model removes: 0 to 1. That is
//! `(chi2_0 - chi2) / chi2_0`, the normalisation of Zechmeister & Kuerster (2009) and the "standard" one of `astropy`.

mod candidates;
mod fit;
mod nufft;
mod rank;
mod scan;
mod series;
pub mod shape;
mod significance;

use crate::lightcurve::{BandId, Observation};
use std::sync::atomic::AtomicBool;

use rank::Ranking;
use series::Series;
use significance::Trials;

/// So many measurements are needed for a search, in bands that hold three or more.
pub const MIN_POINTS: usize = 10;
/// The shortest period that is looked for unless said otherwise: 24 per day.
pub const MIN_PERIOD_D: f64 = 1.0 / 24.0;
/// A peak whose false-alarm probability is above this is called not significant.
pub const SIGNIFICANT: f64 = 1e-3;
/// Frequencies per `1 / span`.
const OVERSAMPLING: f64 = 4.0;
/// Frequencies of one scan, at most: with very long spans the shortest periods are left out, and [`Search::max_frequency_per_d`] says so.
const MAX_FREQUENCIES: usize = 1 << 23;
/// Candidates are sifted with at most about so many points, evenly taken from all.
const SHORT_LIST_POINTS: usize = 4000;
/// The periodogram is kept for drawing in so many bins.
const KEPT_BINS: usize = 1 << 14;

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Magnitudes; points without a positive flux are left out.
    Magnitude,
    /// Fluxes in uJy.
    Flux,
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Magnitudes or fluxes.
    pub quantity: Quantity,
    /// Shortest period in days, positive.
    pub min_period_d: f64,
    /// Longest period in days; none for half of the span.
    pub max_period_d: Option<f64>,
    /// Peaks wanted.
    pub max_peaks: usize,
}

impl Default for Options {
    /// Fluxes, for all photometry: differences may be negative, and for total light fluxes found the published period somewhat more often
    /// than magnitudes, whose errors are lopsided for faint points (docs/benchmarks.md). Periods from 1/24 d to half of the span.
    fn default() -> Options {
        Options { quantity: Quantity::Flux, min_period_d: MIN_PERIOD_D, max_period_d: None, max_peaks: 5 }
    }
}

/// What a peak has to do with the best one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It is the best one, or nothing is known.
    None,
    /// Half its period.
    HalfPeriod,
    /// Double its period.
    DoublePeriod,
    /// Their frequencies differ by one or two per day, as the sampling by nights makes them.
    DailyAlias,
}

/// Between which values a fitted curve runs in one band: magnitudes or uJy, as [`Options::quantity`] says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The band.
    pub band: BandId,
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
}

impl Range {
    /// Peak to peak.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// Peak to peak in magnitudes, of fluxes of total light. None where the curve reaches down to zero.
    pub fn width_mag(&self) -> Option<f64> {
        (self.low > 0.0).then(|| 2.5 * (self.high / self.low).log10())
    }
}

/// One peak.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// Frequency per day.
    pub frequency_per_d: f64,
    /// One sigma of the frequency, from the peak's curvature, if the peak is the right one.
    pub frequency_err_per_d: f64,
    /// Period in days.
    pub period_d: f64,
    /// One sigma of the period, if the peak is the right one.
    pub period_err_d: f64,
    /// Fraction of the weighted variance around the bands' means that the model with so many `harmonics` removes, 0 to 1.
    pub power: f64,
    /// Harmonics of the model whose false-alarm probability is least.
    pub harmonics: usize,
    /// Natural logarithm of the false-alarm probability: that noise alone has so high a peak anywhere in the range searched.
    pub ln_false_alarm: f64,
    /// The fitted curve's extremes per band.
    pub ranges: Vec<Range>,
    /// What it has to do with the best peak.
    pub relation: Relation,
}

impl Peak {
    /// The false-alarm probability; 0 where it is too small for a number.
    pub fn false_alarm(&self) -> f64 {
        self.ln_false_alarm.exp()
    }

    /// Its decimal logarithm.
    pub fn log10_false_alarm(&self) -> f64 {
        self.ln_false_alarm / std::f64::consts::LN_10
    }

    /// Whether the false-alarm probability is at most [`SIGNIFICANT`].
    pub fn is_significant(&self) -> bool {
        self.ln_false_alarm <= SIGNIFICANT.ln()
    }
}

/// The result of a search.
#[derive(Debug, Clone)]
pub struct Search {
    /// Best first.
    pub peaks: Vec<Peak>,
    /// Points used.
    pub n_points: usize,
    /// First to last point used, days.
    pub span_d: f64,
    /// Lowest frequency searched, per day.
    pub min_frequency_per_d: f64,
    /// Highest frequency searched, per day.
    pub max_frequency_per_d: f64,
    /// Step of the grid of frequencies, per day.
    pub step_per_d: f64,
    /// Effective number of independent frequencies, as in the false-alarm probability.
    pub n_frequencies: f64,
    /// Highest power per bin.
    bins: Vec<f32>,
}

impl Search {
    /// The periodogram of one sinusoid with phase and relative amplitude shared by all bands, from the lowest to the highest frequency in
    /// `n` bins of equal width: the highest power in each. A bin narrower than what is kept shows the bin it lies in.
    pub fn periodogram(&self, n: usize) -> Vec<f32> {
        let kept = self.bins.len();
        (0..n)
            .map(|i| {
                let (start, end) = (i * kept / n, ((i + 1) * kept).div_ceil(n));
                self.bins.get(start..end.min(kept)).unwrap_or_default().iter().copied().fold(0.0, f32::max)
            })
            .collect()
    }
}

/// Searches the measurements (limits are not used). None where fewer than [`MIN_POINTS`] of them can be used (bands with fewer than
/// three, or without any scatter, can't), where the span or the range of periods is empty, and where `cancel` was set meanwhile.
pub fn search(observations: &[Observation], options: &Options, cancel: &AtomicBool) -> Option<Search> {
    let series = Series::new(observations, options.quantity)?;
    let step = 1.0 / (OVERSAMPLING * series.span_d);
    let longest = options.max_period_d.unwrap_or(series.span_d / 2.0);
    let first = (1.0 / (longest * step)).ceil().max(1.0);
    let end = (1.0 / (options.min_period_d * step)).floor().min((MAX_FREQUENCIES - 1) as f64) + 1.0;
    // Also where a limit is no number.
    if !(options.min_period_d > 0.0 && longest > 0.0 && first < end && first.is_finite()) {
        return None;
    }
    let (first, end) = (first as usize, end as usize);
    let scan = scan::scan(&series, step, first, end, cancel)?;
    let range = (first as f64 * step, (end - 1) as f64 * step);
    let width = (range.1 - range.0).max(step);
    let n_frequencies = (width * (4.0 * std::f64::consts::PI).sqrt() * series.times_sd()).max(1.0);
    let trials = Trials { freedom: series.freedom(), frequencies: n_frequencies, models: fit::MAX_HARMONICS as f64 };
    let found = candidates::candidates(&scan, first, (1.5 * OVERSAMPLING) as usize);
    // Thousands of points are enough to drop what is no period; the peaks are judged by all points.
    let thinned = series.thinned(SHORT_LIST_POINTS);
    let mut ranking = Ranking::new(&thinned, Trials { freedom: thinned.freedom(), ..trials }, range);
    let short = ranking.short_list(&found, cancel)?;
    let reweighted = match short.first() {
        Some(best) if series.parts.len() > 1 => series.reweighted(&ranking.curve(best).bands(&series)),
        _ => series,
    };
    let series = reweighted;
    let mut ranking = Ranking::new(&series, trials, range);
    let ranked = ranking.peaks(short, options.max_peaks, cancel)?;
    let mut peaks = Vec::with_capacity(ranked.len());
    for r in &ranked {
        let err = ranking.frequency_error(r);
        let (low, high) = ranking.curve(r).extremes();
        peaks.push(Peak {
            frequency_per_d: r.frequency,
            frequency_err_per_d: err,
            period_d: 1.0 / r.frequency,
            period_err_d: err / (r.frequency * r.frequency),
            power: r.power,
            harmonics: r.harmonics,
            ln_false_alarm: r.ln_false_alarm,
            ranges: series
                .parts
                .iter()
                .map(|p| Range { band: p.band, low: p.mean + low * p.scale, high: p.mean + high * p.scale })
                .collect(),
            relation: ranked.first().map_or(Relation::None, |best| relation(best.frequency, r.frequency, series.span_d)),
        });
    }
    let powers = scan.powers.get(first..).unwrap_or_default();
    let per_bin = powers.len().div_ceil(KEPT_BINS).max(1);
    Some(Search {
        peaks,
        n_points: series.len(),
        span_d: series.span_d,
        min_frequency_per_d: range.0,
        max_frequency_per_d: range.1,
        step_per_d: step,
        n_frequencies,
        bins: powers.chunks(per_bin).map(|c| c.iter().copied().fold(0.0, f32::max)).collect(),
    })
}

fn relation(best: f64, f: f64, span_d: f64) -> Relation {
    let near = |a: f64, b: f64| (a - b).abs() <= 1.0 / span_d;
    if near(f, 2.0 * best) {
        Relation::HalfPeriod
    } else if near(2.0 * f, best) {
        Relation::DoublePeriod
    } else if [1.0, 2.0].iter().any(|d| (f - best).abs() > 0.5 * d && near_day(f, best, *d) || near_day(f, -best, *d)) {
        Relation::DailyAlias
    } else {
        Relation::None
    }
}

/// Whether two frequencies differ by so many days, solar or sidereal.
fn near_day(a: f64, b: f64, days: f64) -> bool {
    ((a - b).abs() - days).abs() < 0.006 * days
}

#[cfg(test)]
mod tests;
