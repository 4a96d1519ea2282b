//! Features of variable stars in total light, in any one or more bands: statistics of the band with the most points, colour and its
//! changes between the bluest and the reddest band, the period of our own search, and the shape of the folded light curve.
//!
//! Bands enter by their wavelength, never by name. Nothing is computed for difference photometry, whose magnitudes are not the star's.

mod colour;
mod folded;
mod spread;

use super::Sink;
use super::period;
use crate::lightcurve::{BandId, Observation};
use std::sync::atomic::AtomicBool;

/// One measurement with a positive flux.
#[derive(Debug, Clone, Copy)]
struct Point {
    mjd: f64,
    mag: f64,
    err: f64,
}

/// The points of one band, in order of time.
struct Band {
    band: BandId,
    points: Vec<Point>,
}

impl Band {
    fn mags(&self) -> Vec<f64> {
        self.points.iter().map(|p| p.mag).collect()
    }
}

/// All of them. Observations of total photometry in order of time; `None` gives a row of missing values.
pub(super) fn put(observations: Option<&[Observation]>, out: &mut impl Sink) {
    let observations = observations.unwrap_or_default();
    let mut bands: Vec<Band> = Vec::new();
    for o in observations {
        if let (Some(mag), Some(err)) = (o.mag(), o.mag_err()) {
            let point = Point { mjd: o.mjd, mag, err: err.max(1e-3) };
            match bands.iter_mut().find(|b| b.band == o.band) {
                Some(band) => band.points.push(point),
                None => bands.push(Band { band: o.band, points: vec![point] }),
            }
        }
    }
    // The most points first; of equals the reddest.
    let wavelength = |b: &Band| b.band.wavelength_nm().unwrap_or(0.0);
    bands.sort_by(|a, b| b.points.len().cmp(&a.points.len()).then(wavelength(b).total_cmp(&wavelength(a))));
    let search = period::search(observations, &period::Options::default(), &AtomicBool::new(false));
    spread::put(bands.first(), out);
    colour::put(&bands, out);
    folded::put(observations, &bands, search.as_ref(), out);
}

/// Quantile with linear interpolation of sorted values; NaN of none.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let x = q * last as f64;
    let (i, j) = (x.floor() as usize, (x.floor() as usize + 1).min(last));
    sorted[i] + (x - i as f64) * (sorted[j] - sorted[i])
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
