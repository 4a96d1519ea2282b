//! What is searched: the points of a light curve, centred and scaled per band, with their weights. Knows nothing of frequencies.

use super::{MIN_POINTS, Quantity};
use crate::lightcurve::{BandId, Observation};
use std::borrow::Cow;

/// A band with fewer points than this says nothing about a period beyond its own mean.
const MIN_BAND_POINTS: usize = 3;
/// Scatter that is added to every error, in units of the band's own scatter: small errors, right or wrong, must not let a few points
/// decide, because no model with few parameters fits a light curve to a small part of its scatter.
const FLOOR: f64 = 0.5;

/// Bounds for what the bands are found to follow a curve with: a relative amplitude, and a variance in units of the band's.
const LEAST_FACTOR: f64 = 0.2;
const LEAST_VARIANCE: f64 = 0.02;

/// One band's part of the points, which lie band by band.
#[derive(Debug, Clone)]
pub struct Part {
    pub band: BandId,
    pub start: usize,
    pub end: usize,
    /// Sum of its weights.
    pub weight: f64,
    /// What the values were divided by: the band's standard deviation, magnitudes or microjansky.
    pub scale: f64,
    /// What was taken off: the band's weighted mean, magnitudes or microjansky.
    pub mean: f64,
}

/// Points of all bands; the weights add up to 1, and each band's weighted mean is 0.
#[derive(Debug, Clone)]
pub struct Series {
    /// Days since the middle of the span.
    pub times: Vec<f64>,
    pub values: Vec<f64>,
    pub weights: Vec<f64>,
    pub parts: Vec<Part>,
    pub span_d: f64,
    /// Weighted sum of the squared values: what a model can remove.
    pub variance: f64,
}

impl Series {
    /// Of the measurements. None for fewer than [`MIN_POINTS`] that can be used, for a span of zero, and for constant values.
    pub fn new(observations: &[Observation], quantity: Quantity) -> Option<Series> {
        let mut points: Vec<(BandId, f64, f64, f64)> = Vec::with_capacity(observations.len());
        for o in observations.iter().filter(|o| !o.is_limit()) {
            let (value, error) = match quantity {
                Quantity::Magnitude => match (o.mag(), o.mag_err()) {
                    (Some(m), Some(e)) => (m, e),
                    _ => continue,
                },
                Quantity::Flux => (o.flux_ujy, o.flux_err_ujy),
            };
            if o.mjd.is_finite() && value.is_finite() && error.is_finite() && error > 0.0 {
                points.push((o.band, o.mjd, value, error));
            }
        }
        // Stable: within a band the points stay in order of time.
        points.sort_by_key(|p| p.0);
        let (mut kept, mut parts) = (Vec::with_capacity(points.len()), Vec::new());
        for band in points.chunk_by(|a, b| a.0 == b.0) {
            if band.len() < MIN_BAND_POINTS {
                continue;
            }
            let n = band.len() as f64;
            let mean = band.iter().map(|p| p.2).sum::<f64>() / n;
            let scale = (band.iter().map(|p| (p.2 - mean).powi(2)).sum::<f64>() / n).sqrt();
            if !(scale.is_finite() && scale > 0.0 && scale > 1e-12 * mean.abs()) {
                continue;
            }
            let weight = |error: f64| 1.0 / ((error / scale).powi(2) + FLOOR * FLOOR);
            let sum: f64 = band.iter().map(|p| weight(p.3)).sum();
            let centre = band.iter().map(|p| weight(p.3) * (p.2 - mean)).sum::<f64>() / sum;
            let start = kept.len();
            kept.extend(band.iter().map(|p| (p.1, (p.2 - mean - centre) / scale, weight(p.3))));
            parts.push(Part { band: band[0].0, start, end: kept.len(), weight: sum, scale, mean: mean + centre });
        }
        let first = kept.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
        let last = kept.iter().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
        if kept.len() < MIN_POINTS || last <= first {
            return None;
        }
        let middle_mjd = first + (last - first) / 2.0;
        let column = |of: fn(&(f64, f64, f64)) -> f64| kept.iter().map(of).collect::<Vec<f64>>();
        let (values, weights) = (column(|p| p.1), column(|p| p.2));
        let times = kept.iter().map(|p| p.0 - middle_mjd).collect();
        let mut series = Series { times, values, weights, parts, span_d: last - first, variance: 0.0 };
        series.normalise();
        (series.variance > 0.0 && series.variance.is_finite()).then_some(series)
    }

    /// Makes the weights add up to 1.
    fn normalise(&mut self) {
        let total: f64 = self.parts.iter().map(|p| p.weight).sum();
        self.parts.iter_mut().for_each(|p| p.weight /= total);
        self.weights.iter_mut().for_each(|w| *w /= total);
        self.variance = self.weights.iter().zip(&self.values).map(|(w, v)| w * v * v).sum();
    }

    /// About `wanted` of the points, evenly taken from each band; all of them where there are no more.
    pub fn thinned(&self, wanted: usize) -> Cow<'_, Series> {
        let every = self.len().div_ceil(wanted.max(1));
        if every <= 1 {
            return Cow::Borrowed(self);
        }
        let mut new = Series { times: vec![], values: vec![], weights: vec![], parts: vec![], ..*self };
        for part in &self.parts {
            let start = new.times.len();
            for j in (part.start..part.end).step_by(every) {
                new.times.push(self.times[j]);
                new.values.push(self.values[j]);
                new.weights.push(self.weights[j]);
            }
            let end = new.times.len();
            let weight: f64 = new.weights[start..end].iter().sum();
            // Each band's weighted mean is 0 again.
            let mean = (start..end).map(|j| new.weights[j] * new.values[j]).sum::<f64>() / weight;
            new.values[start..end].iter_mut().for_each(|v| *v -= mean);
            new.parts.push(Part { start, end, weight, ..part.clone() });
        }
        new.normalise();
        Cow::Owned(new)
    }

    /// The same points for a curve that each band follows by its own `factor`, leaving its own `variance`: values are divided by the
    /// factors, and a band's weights grow with its signal-to-noise ratio.
    pub fn reweighted(&self, bands: &[(f64, f64)]) -> Series {
        let mut new = self.clone();
        for (part, (factor, variance)) in new.parts.iter_mut().zip(bands) {
            let factor = factor.clamp(LEAST_FACTOR, 1.0 / LEAST_FACTOR);
            let gain = factor * factor / variance.max(LEAST_VARIANCE);
            part.weight *= gain;
            part.scale *= factor;
            new.values[part.start..part.end].iter_mut().for_each(|v| *v /= factor);
            new.weights[part.start..part.end].iter_mut().for_each(|w| *w *= gain);
        }
        new.normalise();
        new
    }

    /// Takes a model, given as a function of time, off the values, and each band's weighted mean of what is left.
    pub fn subtract(&mut self, model: impl Fn(f64) -> f64) {
        for part in &self.parts {
            let range = part.start..part.end;
            let mut sum = 0.0;
            for j in range.clone() {
                self.values[j] -= model(self.times[j]);
                sum += self.weights[j] * self.values[j];
            }
            let mean = sum / part.weight;
            self.values[range].iter_mut().for_each(|v| *v -= mean);
        }
        self.variance = self.weights.iter().zip(&self.values).map(|(w, v)| w * v * v).sum();
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Degrees of freedom of the constant model.
    pub fn freedom(&self) -> f64 {
        (self.len() - self.parts.len()) as f64
    }

    /// Weighted standard deviation of the times, days.
    pub fn times_sd(&self) -> f64 {
        let mean: f64 = self.weights.iter().zip(&self.times).map(|(w, t)| w * t).sum();
        self.weights.iter().zip(&self.times).map(|(w, t)| w * (t - mean).powi(2)).sum::<f64>().sqrt()
    }
}
