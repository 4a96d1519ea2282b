//! What `inspect` says of an object, and of what could not be read.

use super::period::Period;
use crate::lightcurve::read::{Place, ReadError};
use crate::lightcurve::{BandId, LightCurve};
use serde::Serialize;
use std::collections::BTreeMap;

/// One object.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub object_id: String,
    /// The (first) file.
    pub source: String,
    pub format: &'static str,
    pub n_files: usize,
    pub survey: Option<String>,
    pub photometry: &'static str,
    pub label: Option<String>,
    pub fold: Option<u32>,
    pub n_obs: usize,
    pub n_limits: usize,
    pub span_d: f64,
    pub first_mjd: Option<f64>,
    pub last_mjd: Option<f64>,
    pub bands: Vec<Band>,
    pub extra: BTreeMap<String, String>,
    /// Points that were read and not kept, by reason.
    pub dropped: Vec<Dropped>,
    pub warnings: Vec<String>,
    /// Only if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// Points that were not kept, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    pub reason: String,
    pub n: usize,
}

impl Dropped {
    /// Adds these to those of the same reasons.
    pub fn add(all: &mut Vec<Dropped>, more: &[Dropped]) {
        for one in more {
            match all.iter_mut().find(|d| d.reason == one.reason) {
                Some(known) => known.n += one.n,
                None => all.push(one.clone()),
            }
        }
    }

    /// Those of an object.
    fn of(curve: &LightCurve) -> Vec<Dropped> {
        let mut all = Vec::new();
        for (reason, n) in curve.warnings.iter().filter_map(|w| w.dropped()) {
            Dropped::add(&mut all, &[Dropped { reason: reason.to_string(), n }]);
        }
        all
    }
}

/// One band of an object.
#[derive(Debug, Serialize)]
pub struct Band {
    pub band: String,
    #[serde(skip)]
    pub short: String,
    pub known: bool,
    /// Points that are no limits.
    pub n_measurements: usize,
    pub n_limits: usize,
    /// Over the measurements with positive flux.
    pub median_mag: Option<f64>,
}

impl Summary {
    /// The summary of a light curve that came from so many files.
    pub fn of(curve: &LightCurve, n_files: usize) -> Summary {
        Summary {
            object_id: curve.object_id.clone(),
            source: curve.origin.path.to_string_lossy().into_owned(),
            format: curve.origin.format,
            n_files,
            survey: (!curve.survey.is_empty()).then(|| curve.survey.clone()),
            photometry: curve.photometry.name(),
            label: curve.label.clone(),
            fold: curve.fold,
            n_obs: curve.observations.len(),
            n_limits: curve.observations.len() - curve.n_measurements(),
            span_d: curve.span_d(),
            first_mjd: curve.observations.first().map(|o| o.mjd),
            last_mjd: curve.observations.last().map(|o| o.mjd),
            bands: curve.bands().into_iter().map(|b| Band::of(curve, b)).collect(),
            extra: curve.extra.iter().cloned().collect(),
            dropped: Dropped::of(curve),
            warnings: curve.warnings.iter().map(|w| w.to_string()).collect(),
            period: None,
        }
    }
}

impl Band {
    fn of(curve: &LightCurve, band: BandId) -> Band {
        let points = || curve.observations.iter().filter(|o| o.band == band);
        let n_limits = points().filter(|o| o.is_limit()).count();
        Band {
            band: band.name().to_string(),
            short: band.short().to_string(),
            known: band.is_known(),
            n_measurements: points().count() - n_limits,
            n_limits,
            median_mag: median(points().filter_map(|o| o.mag()).collect()),
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    match (values.len() % 2, middle.checked_sub(1).and_then(|i| values.get(i))) {
        (0, Some(lower)) => Some((lower + upper) / 2.0),
        _ => Some(upper),
    }
}

/// Something that could not be read.
#[derive(Debug, Serialize)]
pub struct Unreadable {
    pub path: String,
    pub line: Option<u64>,
    pub row: Option<u64>,
    pub field: Option<String>,
    pub found: String,
    pub expected: String,
}

impl Unreadable {
    /// The parts of an error.
    pub fn of(error: &ReadError) -> Unreadable {
        let (line, row, field) = match &error.place {
            Place::File => (None, None, None),
            Place::Line(n) => (Some(*n), None, None),
            Place::LineField(n, name) => (Some(*n), None, Some(name)),
            Place::Row(n) => (None, Some(*n), None),
            Place::RowField(n, name) => (None, Some(*n), Some(name)),
            Place::Field(name) => (None, None, Some(name)),
        };
        Unreadable {
            path: error.path.to_string_lossy().into_owned(),
            line,
            row,
            field: field.cloned(),
            found: error.found.clone(),
            expected: error.expected.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
