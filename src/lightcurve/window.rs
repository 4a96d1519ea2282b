//! Ages and windows: first detection, "as of day T", one point per band and night (SCIENCE: photometry).

use super::{Kind, LightCurve, Observation, Photometry};

/// Significance of a detection.
pub const DETECTION_SNR: f64 = 5.0;
/// Two detections so near each other make the first of them the first detection (days).
pub const CONFIRM_WITHIN_D: f64 = 30.0;

/// Index of the first detection (day 0). Difference photometry: the first of two detections at
/// 5 sigma or more within 30 days of each other, or the first at all if no two are that near. Total
/// photometry: the first measurement. None without any.
pub fn first_detection(observations: &[Observation], photometry: Photometry) -> Option<usize> {
    if photometry == Photometry::Total {
        return observations.iter().position(|o| !o.is_limit());
    }
    let mut previous: Option<usize> = None;
    let mut first: Option<usize> = None;
    for (i, o) in observations.iter().enumerate() {
        if o.is_limit() || o.snr() < DETECTION_SNR {
            continue;
        }
        if let Some(j) = previous
            && o.mjd - observations[j].mjd <= CONFIRM_WITHIN_D
        {
            return Some(j);
        }
        first.get_or_insert(i);
        previous = Some(i);
    }
    first
}

/// Days from the first detection (without any: from the first point) to the last point; 0 without points.
pub fn age_d(observations: &[Observation], photometry: Photometry) -> f64 {
    let first = first_detection(observations, photometry).unwrap_or(0);
    observations.get(first).zip(observations.last()).map_or(0.0, |(first, last)| last.mjd - first.mjd)
}

/// What was known `age_d` days after the first detection: points up to then, and in difference
/// photometry no limit after the last of their measurements (limits become public only with a later
/// alert). A light curve shorter than the age stays as it is; without a detection nothing is cut.
pub fn as_of(lc: &LightCurve, age_d: f64) -> Vec<Observation> {
    match first_detection(&lc.observations, lc.photometry) {
        Some(i) => until(&lc.observations, lc.photometry, lc.observations[i].mjd + age_d),
        None => lc.observations.clone(),
    }
}

/// What was known at `mjd`. See [`as_of`].
pub fn until(observations: &[Observation], photometry: Photometry, mjd: f64) -> Vec<Observation> {
    let end = observations.partition_point(|o| o.mjd <= mjd);
    let mut kept = observations[..end].to_vec();
    if photometry == Photometry::Difference && end < observations.len() {
        hide_late_limits(&mut kept);
    }
    kept
}

/// Removes the limits after the last measurement.
pub fn hide_late_limits(observations: &mut Vec<Observation>) {
    let last = observations.iter().rposition(|o| !o.is_limit()).map_or(0, |i| i + 1);
    observations.truncate(last);
}

/// One point per band and night by inverse variance, so that stacked and unstacked sources look
/// alike; nights of limits alone become their deepest limit. `observations` in order of time.
/// A night is the integer part of the MJD: at the sites of today's surveys in the Americas none is cut in two.
pub fn nightly(observations: &[Observation]) -> Vec<Observation> {
    let mut out: Vec<Observation> = Vec::with_capacity(observations.len());
    let mut start = 0;
    while start < observations.len() {
        let night = observations[start].mjd.floor();
        let end = start + observations[start..].partition_point(|o| o.mjd < night + 1.0).max(1);
        let points = &observations[start..end];
        start = end;
        let from = out.len();
        for (i, first) in points.iter().enumerate() {
            if points[..i].iter().any(|o| o.band == first.band) {
                continue;
            }
            out.push(combine(&points[i..], first));
        }
        out[from..].sort_by(|a, b| a.mjd.total_cmp(&b.mjd).then(a.band.cmp(&b.band)));
    }
    out
}

fn combine(points: &[Observation], first: &Observation) -> Observation {
    let same = || points.iter().filter(|o| o.band == first.band);
    let (mut w, mut wt, mut wf) = (0.0, 0.0, 0.0);
    for o in same().filter(|o| !o.is_limit()) {
        let weight = o.flux_err_ujy.powi(-2);
        w += weight;
        wt += weight * (o.mjd - first.mjd);
        wf += weight * o.flux_ujy;
    }
    if w > 0.0 && w.is_finite() && wf.is_finite() {
        let mut one = same().filter(|o| !o.is_limit());
        if let (Some(only), None) = (one.next(), one.next()) {
            return *only;
        }
        return Observation {
            mjd: first.mjd + wt / w,
            band: first.band,
            flux_ujy: wf / w,
            flux_err_ujy: w.sqrt().recip(),
            kind: Kind::Measurement,
        };
    }
    same().min_by(|a, b| a.flux_err_ujy.total_cmp(&b.flux_err_ujy)).copied().unwrap_or(*first)
}

#[cfg(test)]
mod tests {
    use super::super::{BandId, Origin};
    use super::*;
    use std::sync::Arc;

    fn det(mjd: f64) -> Observation {
        Observation::from_flux(mjd, BandId::ZTF_G, 100.0, 10.0)
    }

    #[test]
    fn a_lone_early_detection_is_not_the_first() {
        let obs = [det(0.0), det(100.0), det(110.0)];
        assert_eq!(first_detection(&obs, Photometry::Difference), Some(1));
        assert_eq!(first_detection(&obs, Photometry::Total), Some(0));
        assert_eq!(first_detection(&[det(0.0), det(31.0)], Photometry::Difference), Some(0));
        assert_eq!(first_detection(&[Observation::from_limit(0.0, BandId::ZTF_G, 20.0)], Photometry::Difference), None);
    }

    #[test]
    fn late_limits_are_hidden_only_when_something_was_cut() {
        let obs = vec![det(0.0), det(2.0), Observation::from_limit(5.0, BandId::ZTF_R, 20.0), det(9.0)];
        let origin = Origin { path: Arc::new("<t>".into()), format: "t" };
        let lc = LightCurve::new("a".into(), Photometry::Difference, obs, origin);
        assert_eq!(as_of(&lc, 6.0).len(), 2);
        assert_eq!(as_of(&lc, 9.0).len(), 4);
        assert_eq!(as_of(&lc, 900.0).len(), 4);
    }

    #[test]
    fn nights_are_binned_by_inverse_variance() {
        let g = BandId::ZTF_G;
        let obs = [
            Observation::from_flux(10.1, g, 100.0, 10.0),
            Observation::from_flux(10.2, BandId::ZTF_R, 50.0, 5.0),
            Observation::from_flux(10.3, g, 130.0, 20.0),
            Observation::from_limit(10.4, g, 19.0),
            Observation::from_limit(11.1, g, 19.0),
            Observation::from_limit(11.2, g, 20.0),
        ];
        let n = nightly(&obs);
        assert_eq!(n.len(), 3);
        let b = n.iter().find(|o| o.band == g).unwrap();
        // Weights 1/100 and 1/400: (100 * 4 + 130) / 5 = 106, sigma = sqrt(80).
        assert!((b.flux_ujy - 106.0).abs() < 1e-9);
        assert!((b.flux_err_ujy - 80f64.sqrt()).abs() < 1e-9);
        assert!((b.mjd - 10.14).abs() < 1e-9);
        assert!((n[2].limit_mag().unwrap() - 20.0).abs() < 1e-9);
    }
}
