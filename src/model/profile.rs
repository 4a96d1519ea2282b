//! What a model can use of a light curve, and what to say beside its answer: light curves unlike those that it was trained on.

use crate::features::{Channel, Group, split};
use crate::lightcurve::{LightCurve, Observation, Photometry, Warning, window};

/// Fewer detections than this are too few.
pub const MIN_DETECTIONS: usize = 3;
/// Fewer points than this are too few for the features of a star, whose period search needs them.
pub const MIN_STAR_POINTS: usize = crate::features::period::MIN_POINTS;

/// Why a light curve is of no use: its bands, or that it has no measurement at all.
const NO_BAND: &str = "no measurement in a band that the model knows";
/// Why it is of no use to a model of stars, whatever its bands.
const OTHER_PHOTOMETRY: &str = "difference photometry, but the model knows total photometry alone (transients: -m transients)";

/// The part of a model that looks at light curves. Cheap to copy about.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Features that are computed for it.
    pub groups: Vec<Group>,
    /// Brightest magnitudes (in any band) between which 98 % of the training set lie.
    pub peak_mag: (f64, f64),
}

impl Profile {
    /// Whether it gets anything from this point alone.
    pub fn uses(&self, o: &Observation) -> bool {
        self.groups.iter().any(|g| g.uses(o))
    }

    /// Whether the point's band is one that it knows, be it a measurement or a limit.
    pub fn knows(&self, o: &Observation) -> bool {
        self.groups.iter().any(|g| g.knows(o))
    }

    /// Whether it gets anything from the light curve.
    pub fn can_use(&self, lc: &LightCurve) -> bool {
        self.unusable(&lc.observations, lc.photometry).is_none()
    }

    /// Why it gets nothing from what was observed; none if it gets something.
    pub fn unusable(&self, observations: &[Observation], photometry: Photometry) -> Option<&'static str> {
        let mut groups = self.groups.iter().filter(|g| g.suits(photometry)).peekable();
        if groups.peek().is_none() {
            return Some(OTHER_PHOTOMETRY);
        }
        let any = groups.any(|g| observations.iter().any(|o| g.uses(o)));
        (!any).then_some(NO_BAND)
    }

    /// Detections at 5 sigma that it can use, if they are fewer than its answer can be trusted with: [`MIN_DETECTIONS`], of a star's
    /// total photometry [`MIN_STAR_POINTS`].
    pub fn too_few(&self, observations: &[Observation], photometry: Photometry) -> Option<usize> {
        let star = self.groups.contains(&Group::Star) && photometry == Photometry::Total;
        let enough = if star { MIN_STAR_POINTS } else { MIN_DETECTIONS };
        // Asked for each frame of the interface: no more are counted than are needed.
        let detections = observations.iter().filter(|o| self.uses(o) && o.snr() >= window::DETECTION_SNR).take(enough).count();
        (detections < enough).then_some(detections)
    }

    /// Warnings about the use of the model on this light curve.
    pub fn warnings(&self, lc: &LightCurve) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let star = self.groups.contains(&Group::Star) && lc.photometry == Photometry::Total;
        if lc.photometry == Photometry::Total && !star {
            warnings.push(Warning::TotalPhotometry);
        }
        let usable = || lc.observations.iter().filter(|o| self.uses(o));
        warnings.extend(self.too_few(&lc.observations, lc.photometry).map(Warning::FewDetections));
        // Stars of one band are as good as any: whole surveys have no more.
        let first = usable().next().and_then(|o| Channel::of(o.band));
        if !star && first.is_some() && usable().all(|o| Channel::of(o.band) == first) {
            warnings.push(Warning::OneBand);
        }
        let peak = peak_mag(lc);
        if peak.is_finite() && !(self.peak_mag.0..=self.peak_mag.1).contains(&peak) {
            warnings.push(Warning::OutsideTrainingMagnitudes { peak_centimag: (peak * 100.0).round() as i32 });
        }
        warnings
    }
}

/// Magnitude of the brightest point: of difference photometry in the two channels, of total photometry the 5th percentile of all bands,
/// because a star's single brightest point is often a bad one. Infinite without any.
pub fn peak_mag(lc: &LightCurve) -> f64 {
    match lc.photometry {
        Photometry::Difference => {
            split(&lc.observations).iter().filter_map(|t| t.peak_point().map(|p| p.mag)).fold(f64::INFINITY, f64::min)
        }
        Photometry::Total => {
            let mut mags: Vec<f64> = lc.observations.iter().filter_map(Observation::mag).collect();
            mags.sort_by(f64::total_cmp);
            mags.get(mags.len() / 20).copied().unwrap_or(f64::INFINITY)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::BandId;

    #[test]
    fn the_reason_is_the_photometry_or_the_bands() {
        let of = |groups: &[Group]| Profile { groups: groups.to_vec(), peak_mag: (0.0, 30.0) };
        let point = |band: &str| [Observation::from_flux(60000.0, BandId::parse(band), 100.0, 5.0)];
        let (stars, transients, both) = (of(&[Group::Star]), of(&[Group::Transient]), of(&Group::ALL));
        let (difference, total) = (Photometry::Difference, Photometry::Total);
        assert_eq!(stars.unusable(&point("ztf/g"), difference), Some(OTHER_PHOTOMETRY));
        assert_eq!(stars.unusable(&point("ztf/g"), total), None);
        assert_eq!(stars.unusable(&[], total), Some(NO_BAND));
        assert_eq!(transients.unusable(&point("swift/UVW2"), difference), Some(NO_BAND));
        assert_eq!(transients.unusable(&point("ztf/g"), total), None, "total light may hold a transient");
        // Ultraviolet is a band like any other to stars, and none to transients.
        assert_eq!(both.unusable(&point("swift/UVW2"), total), None);
        assert_eq!(both.unusable(&point("swift/UVW2"), difference), Some(NO_BAND));
        assert_eq!(both.unusable(&point("ztf/g"), difference), None);
    }
}
