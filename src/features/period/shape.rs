//! The shape of a light curve folded at a known period: the Fourier series of all bands in magnitudes, and what it leaves. Knows nothing
//! of how the period was found.
//!
//! Ratios and phase differences of the harmonics are those of Simon & Lee (1981): R_k1 = A_k / A_1 and phi_k1 = phi_k - k phi_1, for the
//! series sum A_k cos(k phase + phi_k) of magnitudes.

use super::fit::{Curve, Fitter, MAX_HARMONICS};
use super::series::Series;
use super::{Quantity, scan};
use crate::lightcurve::Observation;
use std::f64::consts::TAU;
use std::sync::atomic::AtomicBool;

/// The folded curve is handed out at so many phases.
pub const PHASES: usize = 64;
/// The longest stretch of frequencies that is searched for a second period, in steps.
const MAX_STEPS: usize = 1 << 20;

/// A folded light curve. Values are magnitudes in units of each band's scatter, unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Fraction of the weighted variance that the series removes, 0 to 1.
    pub power: f64,
    /// The same of its first harmonic alone.
    pub first_power: f64,
    /// Amplitude and phase (cycles) of each harmonic.
    pub harmonics: Vec<(f64, f64)>,
    /// The curve at [`PHASES`] even phases from its faintest.
    pub curve: Vec<f64>,
    /// Scatter of each band, magnitudes: what the values above are units of. In order of [`Shape::bands`].
    pub scales_mag: Vec<f64>,
    /// The bands.
    pub bands: Vec<crate::lightcurve::BandId>,
    /// How strongly each band follows the curve, in magnitudes per unit: the ratio of two is that of their amplitudes.
    pub amplitudes_mag: Vec<f64>,
    /// Points' residuals in units of the scatter, in order of phase.
    pub residuals: Vec<f64>,
}

/// Bounds of a second search: cycles per day.
const SECOND_RANGE: (f64, f64) = (0.02, 24.0);

/// The series of up to `harmonics` harmonics at a period, as far as the points allow. None for too few points.
pub fn shape(observations: &[Observation], period_d: f64, harmonics: usize) -> Option<Shape> {
    let series = Series::new(observations, Quantity::Magnitude)?;
    let most = ((series.freedom() / 5.0) as usize).clamp(1, MAX_HARMONICS).min(harmonics);
    let frequency = 1.0 / period_d;
    let mut fitter = Fitter::new(&series);
    let powers = fitter.powers(frequency, most);
    let curve = fitter.curve(frequency, most);
    Some(describe(&series, &curve, powers[0], powers[most - 1]))
}

fn describe(series: &Series, curve: &Curve, first_power: f64, power: f64) -> Shape {
    let values: Vec<f64> = (0..PHASES).map(|i| curve.at(i as f64 / PHASES as f64)).collect();
    // Faintest is the largest magnitude.
    let start = (0..PHASES).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
    let bands = curve.bands(series);
    let mut residuals: Vec<(f64, f64)> = series
        .times
        .iter()
        .zip(&series.values)
        .map(|(t, v)| {
            let cycles = curve.frequency() * t;
            (cycles - cycles.floor(), v - curve.at(cycles))
        })
        .collect();
    residuals.sort_by(|a, b| a.0.total_cmp(&b.0));
    Shape {
        power,
        first_power,
        harmonics: curve.pairs().map(|(c, s)| (c.hypot(s), (-s).atan2(c) / TAU)).collect(),
        curve: (0..PHASES).map(|i| values[(start + i) % PHASES]).collect(),
        scales_mag: series.parts.iter().map(|p| p.scale).collect(),
        bands: series.parts.iter().map(|p| p.band).collect(),
        amplitudes_mag: series.parts.iter().zip(&bands).map(|(p, (factor, _))| p.scale * factor).collect(),
        residuals: residuals.into_iter().map(|r| r.1).collect(),
    }
}

/// What is left once a period and its harmonics are taken out: the frequency (per day) of the highest power, and that power.
pub fn second(observations: &[Observation], period_d: f64, harmonics: usize) -> Option<(f64, f64)> {
    let mut series = Series::new(observations, Quantity::Magnitude)?;
    let most = ((series.freedom() / 5.0) as usize).clamp(1, MAX_HARMONICS).min(harmonics);
    let curve = Fitter::new(&series).curve(1.0 / period_d, most);
    series.subtract(|t| curve.at(curve.frequency() * t));
    if series.variance.is_nan() || series.variance <= 0.0 {
        return None;
    }
    let step = 1.0 / (super::OVERSAMPLING * series.span_d);
    let first = (SECOND_RANGE.0 / step).ceil().max(1.0) as usize;
    let end = ((SECOND_RANGE.1 / step) as usize).min(first + MAX_STEPS);
    if first >= end {
        return None;
    }
    let scan = scan::scan(&series, step, first, end, &AtomicBool::new(false))?;
    // Within a resolution of a day's multiples and of the first period itself only leftovers are found.
    let near = |f: f64, of: f64| (f - of).abs() < 1.5 / series.span_d;
    let taken = |f: f64| (1..=4).any(|k| near(f, f64::from(k) / period_d)) || near(f, f.round());
    let best = (first..end).filter(|i| !taken(*i as f64 * step)).max_by(|a, b| scan.powers[*a].total_cmp(&scan.powers[*b]))?;
    Some((best as f64 * step, f64::from(scan.powers[best])))
}
