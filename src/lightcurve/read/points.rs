//! From the values of one point, as files give them, to an observation; and what is deduced about an
//! object as a whole. Shared by all formats.

use super::columns::{BandCode, Times};
use crate::lightcurve::{BandId, Observation, Photometry, Warning, units};
use std::sync::Arc;

/// Magnitudes beyond this are the usual marks for "none" (99, 99.99, 999, -99).
const NO_MAGNITUDE: f64 = 90.0;
/// Times above this can't be modified Julian dates.
const NO_MJD: f64 = 1_000_000.0;

/// The values of one point; NaN where there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    pub mjd: f64,
    pub mag: f64,
    pub mag_err: f64,
    /// uJy.
    pub flux: f64,
    pub flux_err: f64,
    /// 5-sigma limit in magnitudes.
    pub limit: f64,
    /// 1, or -1 for a magnitude of a source fainter than the reference.
    pub sign: f64,
    /// The magnitude is itself a limit.
    pub upper: bool,
}

impl Values {
    pub const NONE: Values = Values {
        mjd: f64::NAN,
        mag: f64::NAN,
        mag_err: f64::NAN,
        flux: f64::NAN,
        flux_err: f64::NAN,
        limit: f64::NAN,
        sign: 1.0,
        upper: false,
    };

    /// Flux before magnitude before limit. A point with none of them comes out not finite, so that it is counted and dropped.
    pub fn observation(&self, band: BandId) -> Observation {
        if !self.flux.is_nan() {
            return Observation::from_flux(self.mjd, band, self.flux, self.flux_err);
        }
        if self.mag.abs() < NO_MAGNITUDE {
            return match self.upper {
                true => Observation::from_limit(self.mjd, band, self.mag),
                false => Observation::from_mag(self.mjd, band, self.mag, self.mag_err, self.sign),
            };
        }
        if self.limit.abs() < NO_MAGNITUDE {
            return Observation::from_limit(self.mjd, band, self.limit);
        }
        Observation::from_flux(self.mjd, band, f64::NAN, f64::NAN)
    }
}

impl Times {
    /// Modified Julian date of a column's value.
    pub fn mjd(self, value: f64) -> f64 {
        match self {
            Times::Mjd => value,
            Times::Jd => value - units::JD_OFFSET,
            Times::Either if value > 2.0 * NO_MJD => value - units::JD_OFFSET,
            Times::Either => value,
        }
    }
}

/// uJy per unit of a flux with this AB zero point.
pub(super) fn zero_point_scale(zero_point: f64) -> f64 {
    units::flux_ujy(zero_point)
}

/// Units that [`jansky`] knows, for a message.
pub(super) const UNITS: &str = "Jy, mJy, uJy or nJy, or a column zp with the AB zero points";

/// uJy per unit.
pub(super) fn jansky(unit: &str) -> Option<f64> {
    match unit.trim() {
        "Jy" => Some(1e6),
        "mJy" => Some(1e3),
        "uJy" | "microJy" | "\u{b5}Jy" | "\u{3bc}Jy" => Some(1.0),
        "nJy" => Some(1e-3),
        _ => None,
    }
}

/// Whether zero points are of AB magnitudes, if their system is told; else what was found and expected.
pub(super) fn zero_point_system(system: Option<&str>) -> Result<(), (String, &'static str)> {
    match system.map(str::trim) {
        None => Ok(()),
        Some(s) if s.is_empty() || s.eq_ignore_ascii_case("ab") => Ok(()),
        Some(other) => Err((super::error::quoted(other.as_bytes()), "ab: convert the zero points to AB magnitudes")),
    }
}

/// `isdiffpos` in its spellings: t/f, true/false, 1/0, 1/-1. None for anything else.
pub(super) fn sign(text: &[u8]) -> Option<f64> {
    match text {
        b"" | b"t" | b"T" | b"1" | b"1.0" | b"+" | b"+1" => Some(1.0),
        b"f" | b"F" | b"0" | b"0.0" | b"-1" | b"-1.0" | b"-" => Some(-1.0),
        t if t.eq_ignore_ascii_case(b"true") => Some(1.0),
        t if t.eq_ignore_ascii_case(b"false") => Some(-1.0),
        _ => None,
    }
}

/// `photometry` in words.
pub(super) fn photometry(text: &str) -> Option<Photometry> {
    match text.to_ascii_lowercase().as_str() {
        "difference" | "diff" => Some(Photometry::Difference),
        "total" => Some(Photometry::Total),
        _ => None,
    }
}

/// Whether a flag is set.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim(), "1" | "1.0" | "t" | "T" | "y" | "Y")
        || text.trim().eq_ignore_ascii_case("true")
        || text.trim().eq_ignore_ascii_case("yes")
}

/// The number of a fold; none for anything that is no small whole number.
pub(super) fn fold(text: Option<&str>) -> Option<u32> {
    let text = text?.trim();
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

/// What the fluxes are, where the file doesn't say: signs, limits and fluxes that aren't positive only occur in
/// difference photometry; else it is taken for total, with a warning.
pub(super) fn deduce(stated: Option<Photometry>, signed: bool, observations: &[Observation], warnings: &mut Vec<Warning>) -> Photometry {
    if let Some(p) = stated {
        return p;
    }
    if signed || observations.iter().any(|o| o.flux_ujy <= 0.0) {
        return Photometry::Difference;
    }
    warnings.push(Warning::Other("photometry not stated: taken as total".to_string()));
    Photometry::Total
}

/// Remarks on the points that depend on how the column was read.
pub(super) fn remark_times(observations: &[Observation], warnings: &mut Vec<Warning>) {
    if observations.iter().any(|o| o.mjd > NO_MJD) {
        warnings.push(Warning::Other("times look like Julian dates but were read as MJD".to_string()));
    }
}

/// Bands of a survey that were met already, by the name in the file.
type KnownBands = Vec<(Box<str>, BandId)>;

/// Bands by survey and name, without asking the table for every point.
#[derive(Default)]
pub(super) struct BandCache {
    surveys: Vec<(Box<str>, KnownBands)>,
    /// What the user says that names mean.
    told: Arc<[(String, BandId)]>,
    /// The survey asked for last.
    current: usize,
}

/// A file with more surveys, or more bands in one, is looked up name by name.
const CACHED: usize = 64;

impl BandCache {
    /// A cache that follows what the user says.
    pub fn new(told: &[(String, BandId)]) -> BandCache {
        BandCache { told: told.into(), ..BandCache::default() }
    }

    fn look_up(&self, name: &str, survey: &str, code: BandCode) -> BandId {
        match self.told.iter().find(|(told, _)| told == name) {
            Some((_, band)) => *band,
            None => look_up(name, survey, code),
        }
    }

    /// The band that `name` means in `survey`.
    pub fn get(&mut self, name: &str, survey: &str, code: BandCode) -> BandId {
        if self.surveys.get(self.current).is_none_or(|s| *s.0 != *survey) {
            self.current = match self.surveys.iter().position(|s| *s.0 == *survey) {
                Some(i) => i,
                None if self.surveys.len() < CACHED => {
                    self.surveys.push((survey.into(), Vec::new()));
                    self.surveys.len() - 1
                }
                None => return self.look_up(name.trim(), survey, code),
            };
        }
        if let Some((_, known)) = self.surveys.get(self.current)
            && let Some((_, band)) = known.iter().find(|(known, _)| **known == *name)
        {
            return *band;
        }
        let band = self.look_up(name.trim(), survey, code);
        if let Some((_, known)) = self.surveys.get_mut(self.current).filter(|(_, known)| known.len() < CACHED) {
            known.push((name.into(), band));
        }
        band
    }
}

fn look_up(name: &str, survey: &str, code: BandCode) -> BandId {
    let number = name.strip_suffix(".0").unwrap_or(name);
    let ztf = survey.get(..3).is_some_and(|s| s.eq_ignore_ascii_case("ztf"));
    match (code, number) {
        (BandCode::Fid, "1") => BandId::ZTF_G,
        (BandCode::Fid, "2") => BandId::ZTF_R,
        (BandCode::Fid, "3") => BandId::ZTF_I,
        (BandCode::Name, "1" | "2" | "3") if ztf => look_up(number, survey, BandCode::Fid),
        (BandCode::Passband, "0") => BandId::parse("lsst/u"),
        (BandCode::Passband, "1") => BandId::parse("lsst/g"),
        (BandCode::Passband, "2") => BandId::parse("lsst/r"),
        (BandCode::Passband, "3") => BandId::parse("lsst/i"),
        (BandCode::Passband, "4") => BandId::parse("lsst/z"),
        (BandCode::Passband, "5") => BandId::parse("lsst/y"),
        _ => BandId::for_survey(name, survey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flux_before_magnitude_before_limit() {
        let g = BandId::ZTF_G;
        let v = Values { mjd: 1.0, mag: 18.9, mag_err: 0.1, flux: -3.0, flux_err: 1.0, limit: 20.0, ..Values::NONE };
        assert_eq!(v.observation(g).flux_ujy, -3.0);
        let v = Values { flux: f64::NAN, sign: -1.0, ..v };
        // 10^(0.4 (23.9 - 18.9)) = 100.
        assert!((v.observation(g).flux_ujy + 100.0).abs() < 1e-9);
        let v = Values { mag: 99.0, ..v };
        assert!((v.observation(g).limit_mag().unwrap() - 20.0).abs() < 1e-9);
        let v = Values { limit: f64::NAN, ..v };
        assert!(v.observation(g).flux_ujy.is_nan());
        let v = Values { mag: 21.0, upper: true, ..v };
        assert!((v.observation(g).limit_mag().unwrap() - 21.0).abs() < 1e-9);
    }

    #[test]
    fn julian_dates_become_modified() {
        assert_eq!(Times::Jd.mjd(2_458_000.5), 58_000.0);
        assert_eq!(Times::Either.mjd(2_458_000.5), 58_000.0);
        assert_eq!(Times::Either.mjd(58_000.0), 58_000.0);
        assert_eq!(Times::Mjd.mjd(58_000.0), 58_000.0);
    }

    #[test]
    fn bands_by_number_and_survey() {
        let mut cache = BandCache::default();
        assert_eq!(cache.get("2", "", BandCode::Fid), BandId::ZTF_R);
        assert_eq!(cache.get("3.0", "", BandCode::Fid), BandId::ZTF_I);
        assert_eq!(cache.get("r", "lsst", BandCode::Name).name(), "lsst/r");
        assert_eq!(cache.get("r", "", BandCode::Name), BandId::ZTF_R);
        assert_eq!(cache.get("5", "", BandCode::Passband).name(), "lsst/y");
        assert_eq!(cache.get("B_eros", "eros2", BandCode::Name).name(), "eros/B");
        assert_eq!(cache.get("I_ogle", "ogle", BandCode::Name).name(), "ogle/I");
    }

    #[test]
    fn signs_and_photometry() {
        assert_eq!((sign(b"t"), sign(b"0"), sign(b"-1"), sign(b"maybe")), (Some(1.0), Some(-1.0), Some(-1.0), None));
        let mut w = Vec::new();
        assert_eq!(deduce(None, true, &[], &mut w), Photometry::Difference);
        assert_eq!(deduce(None, false, &[Observation::from_limit(1.0, BandId::ZTF_G, 20.0)], &mut w), Photometry::Difference);
        assert!(w.is_empty());
        assert_eq!(deduce(None, false, &[Observation::from_flux(1.0, BandId::ZTF_G, 2.0, 1.0)], &mut w), Photometry::Total);
        assert_eq!(w.len(), 1);
    }
}
