//! Light curves: observations in one unit (uJy, MJD), what is known about their origin, and what
//! was wrong with them. Knows nothing of taxonomies, models or screens.

pub mod band;
pub mod fold;
pub mod read;
pub mod units;
pub mod window;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

pub use band::BandId;
use units::LIMIT_SIGMA;

/// What the fluxes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Photometry {
    /// The flux above (or below) a reference image: alerts, forced difference photometry.
    Difference,
    /// All the light of the source: data releases.
    Total,
}

impl Photometry {
    /// The name that files use.
    pub fn name(self) -> &'static str {
        match self {
            Photometry::Difference => "difference",
            Photometry::Total => "total",
        }
    }
}

/// What a point says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A measured flux with its error (of any significance, of either sign).
    Measurement,
    /// Nothing was seen: flux 0, and 1/5 of the 5-sigma limiting flux as error.
    Limit,
}

/// One point of a light curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Modified Julian date in days (UTC as given).
    pub mjd: f64,
    /// Band.
    pub band: BandId,
    /// Flux in uJy, AB, signed.
    pub flux_ujy: f64,
    /// One sigma, uJy, positive and finite.
    pub flux_err_ujy: f64,
    /// Measurement or limit.
    pub kind: Kind,
}

impl Observation {
    /// A measurement in magnitudes; `sign` is -1 for a difference below the reference.
    pub fn from_mag(mjd: f64, band: BandId, mag: f64, mag_err: f64, sign: f64) -> Self {
        let flux = units::flux_ujy(mag);
        Observation { mjd, band, flux_ujy: sign * flux, flux_err_ujy: units::flux_error(flux, mag_err), kind: Kind::Measurement }
    }

    /// A 5-sigma limit in magnitudes.
    pub fn from_limit(mjd: f64, band: BandId, limit_mag: f64) -> Self {
        let err = units::flux_ujy(limit_mag) / LIMIT_SIGMA;
        Observation { mjd, band, flux_ujy: 0.0, flux_err_ujy: err, kind: Kind::Limit }
    }

    /// A measurement in uJy.
    pub fn from_flux(mjd: f64, band: BandId, flux_ujy: f64, flux_err_ujy: f64) -> Self {
        Observation { mjd, band, flux_ujy, flux_err_ujy, kind: Kind::Measurement }
    }

    /// Whether this is an upper limit.
    pub fn is_limit(&self) -> bool {
        self.kind == Kind::Limit
    }

    /// Flux over error; 0 for a limit.
    pub fn snr(&self) -> f64 {
        self.flux_ujy / self.flux_err_ujy
    }

    /// AB magnitude; none for limits and for fluxes that are not positive.
    pub fn mag(&self) -> Option<f64> {
        if self.is_limit() { None } else { units::magnitude(self.flux_ujy) }
    }

    /// Error of the magnitude.
    pub fn mag_err(&self) -> Option<f64> {
        self.mag().map(|_| units::magnitude_error(self.flux_ujy, self.flux_err_ujy))
    }

    /// The 5-sigma limiting magnitude of a limit.
    pub fn limit_mag(&self) -> Option<f64> {
        if self.is_limit() { units::magnitude(LIMIT_SIGMA * self.flux_err_ujy) } else { None }
    }
}

/// Something about an object that its reader should know. The text is what is shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Warning {
    /// Points without a finite time, flux or error.
    DroppedNotFinite(usize),
    /// Points whose time can be no MJD.
    DroppedBadTime(usize),
    /// Points whose error was zero or negative.
    DroppedBadError(usize),
    /// Exact repeats of a time and band.
    DroppedRepeats(usize),
    /// Points that a rule of the survey's own drops.
    DroppedByRule {
        /// The rule, as `catflags 32768`.
        rule: String,
        /// How many.
        n: usize,
    },
    /// The file's points were not in order of time.
    Unsorted,
    /// Band names that the table does not hold; the points are kept and drawn, the model does not use them.
    UnknownBand(String),
    /// Fewer than three detections.
    FewDetections(usize),
    /// Total photometry for a model of difference photometry.
    TotalPhotometry,
    /// One band only.
    OneBand,
    /// Brighter or fainter than nearly all of the training set.
    OutsideTrainingMagnitudes {
        /// Peak magnitude in hundredths.
        peak_centimag: i32,
    },
    /// A reader's own remark.
    Other(String),
}

impl Warning {
    /// Why points were dropped, and how many; none for any other warning.
    pub fn dropped(&self) -> Option<(&str, usize)> {
        match self {
            Warning::DroppedNotFinite(n) => Some(("not finite", *n)),
            Warning::DroppedBadTime(n) => Some(("no MJD", *n)),
            Warning::DroppedBadError(n) => Some(("zero or negative error", *n)),
            Warning::DroppedRepeats(n) => Some(("repeated", *n)),
            Warning::DroppedByRule { rule, n } => Some((rule, *n)),
            Warning::Unsorted
            | Warning::UnknownBand(_)
            | Warning::FewDetections(_)
            | Warning::TotalPhotometry
            | Warning::OneBand
            | Warning::OutsideTrainingMagnitudes { .. }
            | Warning::Other(_) => None,
        }
    }
}

/// Times beyond this many days are no Modified Julian Dates (they are seconds, or worse).
const MAX_ABS_MJD: f64 = 1e7;

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Warning::DroppedNotFinite(n) => write!(f, "{} without finite time, flux and error dropped", counted(*n, "point")),
            Warning::DroppedBadTime(n) => write!(f, "{} with a time that is no MJD dropped", counted(*n, "point")),
            Warning::DroppedBadError(n) => write!(f, "{} with zero or negative error dropped", counted(*n, "point")),
            Warning::DroppedRepeats(n) => write!(f, "{} dropped", counted(*n, "repeated point")),
            Warning::DroppedByRule { rule, n } => write!(f, "{} dropped ({rule})", counted(*n, "point")),
            Warning::Unsorted => write!(f, "times were not in order"),
            Warning::UnknownBand(b) => write!(f, "band {b} is unknown: drawn, not used by the model"),
            Warning::FewDetections(0) => write!(f, "no detection at 5 sigma in a band that the model uses"),
            Warning::FewDetections(n) => write!(f, "only {}", counted(*n, "detection")),
            Warning::TotalPhotometry => {
                write!(f, "total photometry, but the model knows difference photometry alone: don't trust it (stars: -m variables)")
            }
            Warning::OneBand => write!(f, "one band only"),
            Warning::OutsideTrainingMagnitudes { peak_centimag } => {
                write!(f, "peak {:.2} mag is outside the training magnitudes", f64::from(*peak_centimag) / 100.0)
            }
            Warning::Other(text) => f.write_str(text),
        }
    }
}

/// Where an object was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// File, or `-` for standard input, or a name in angle brackets for embedded data.
    pub path: Arc<PathBuf>,
    /// Name of the format, from the readers' table.
    pub format: &'static str,
}

/// One object's light curve. Observations are finite, with positive errors, and in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct LightCurve {
    /// The survey's name for the object.
    pub object_id: String,
    /// Difference or total.
    pub photometry: Photometry,
    /// Survey as the file names it, may be empty.
    pub survey: String,
    /// Points in order of time.
    pub observations: Vec<Observation>,
    /// The file's label for the object, if it has one. Never an input of a model.
    pub label: Option<String>,
    /// Fold of a fixed cross-validation split.
    pub fold: Option<u32>,
    /// Other text columns of the file by name (as `five_class`, `source`).
    pub extra: Vec<(String, String)>,
    /// Where it was read.
    pub origin: Origin,
    /// What the reader noticed.
    pub warnings: Vec<Warning>,
}

impl LightCurve {
    /// Sorts the points, drops those that can't be used and exact repeats of a time and band
    /// (a measurement beats a limit, otherwise the first is kept), and says so in `warnings`.
    pub fn new(object_id: String, photometry: Photometry, mut observations: Vec<Observation>, origin: Origin) -> Self {
        let mut warnings = Vec::new();
        let before = observations.len();
        observations.retain(|o| o.mjd.is_finite() && o.flux_ujy.is_finite() && !o.flux_err_ujy.is_nan() && o.flux_err_ujy != f64::INFINITY);
        let not_finite = before - observations.len();
        if not_finite > 0 {
            warnings.push(Warning::DroppedNotFinite(not_finite));
        }
        let before = observations.len();
        observations.retain(|o| o.mjd.abs() <= MAX_ABS_MJD);
        if before > observations.len() {
            warnings.push(Warning::DroppedBadTime(before - observations.len()));
        }
        let before = observations.len();
        observations.retain(|o| o.flux_err_ujy > 0.0);
        if before > observations.len() {
            warnings.push(Warning::DroppedBadError(before - observations.len()));
        }
        if !observations.is_sorted_by(|a, b| a.mjd <= b.mjd) {
            warnings.push(Warning::Unsorted);
        }
        // Limits after measurements of the same time and band, so that the measurement is kept.
        observations.sort_by(|a, b| a.mjd.total_cmp(&b.mjd).then(a.band.cmp(&b.band)).then(a.is_limit().cmp(&b.is_limit())));
        let before = observations.len();
        observations.dedup_by(|later, kept| later.mjd == kept.mjd && later.band == kept.band);
        if before > observations.len() {
            warnings.push(Warning::DroppedRepeats(before - observations.len()));
        }
        let mut seen = HashSet::new();
        for o in &observations {
            if !o.band.is_known() && seen.insert(o.band) {
                warnings.push(Warning::UnknownBand(o.band.name().to_string()));
            }
        }
        LightCurve {
            object_id,
            photometry,
            survey: String::new(),
            observations,
            label: None,
            fold: None,
            extra: Vec::new(),
            origin,
            warnings,
        }
    }

    /// Bands that occur, in the table's order.
    pub fn bands(&self) -> Vec<BandId> {
        let mut bands: Vec<BandId> = Vec::new();
        for o in &self.observations {
            if !bands.contains(&o.band) {
                bands.push(o.band);
            }
        }
        bands.sort();
        bands
    }

    /// First to last point in days; 0 for fewer than two points.
    pub fn span_d(&self) -> f64 {
        match (self.observations.first(), self.observations.last()) {
            (Some(a), Some(b)) => b.mjd - a.mjd,
            _ => 0.0,
        }
    }

    /// Number of measurements that are no limits.
    pub fn n_measurements(&self) -> usize {
        self.observations.iter().filter(|o| !o.is_limit()).count()
    }

    /// A further text column of the file.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { path: Arc::new(PathBuf::from("<test>")), format: "test" }
    }

    #[test]
    fn unusable_points_are_dropped_and_counted() {
        let g = BandId::ZTF_G;
        let lc = LightCurve::new(
            "a".into(),
            Photometry::Difference,
            vec![
                Observation::from_flux(3.0, g, 10.0, 1.0),
                Observation::from_limit(1.0, g, 20.0),
                Observation::from_flux(1.0, g, 5.0, 1.0),
                Observation::from_flux(f64::NAN, g, 5.0, 1.0),
                Observation::from_flux(4.0, g, 5.0, 0.0),
                Observation::from_flux(5.0, g, 5.0, -1.0),
                Observation::from_flux(6.0, BandId::parse("weird"), 5.0, f64::INFINITY),
            ],
            origin(),
        );
        assert_eq!(lc.observations.len(), 2);
        assert!(!lc.observations[0].is_limit());
        assert_eq!(
            lc.warnings,
            vec![Warning::DroppedNotFinite(2), Warning::DroppedBadError(2), Warning::Unsorted, Warning::DroppedRepeats(1)]
        );
        assert_eq!(lc.span_d(), 2.0);
    }

    #[test]
    fn a_limit_is_zero_flux_and_a_fifth_of_the_limit() {
        let o = Observation::from_limit(1.0, BandId::ZTF_R, 20.5);
        assert_eq!(o.flux_ujy, 0.0);
        assert!((o.limit_mag().unwrap() - 20.5).abs() < 1e-12);
        assert_eq!(o.mag(), None);
        let o = Observation::from_mag(1.0, BandId::ZTF_R, 18.0, 0.1, -1.0);
        assert!(o.flux_ujy < 0.0);
        assert_eq!(o.mag(), None);
    }
}
