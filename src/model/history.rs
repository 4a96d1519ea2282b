//! How an object's probabilities rose and fell: what the model says at each time, from what was known then. Knows no screen and no file.

use super::parts::run_parts;
use super::{ModelError, Profile, Session};
use crate::lightcurve::{LightCurve, Photometry, window};
use std::sync::atomic::AtomicBool;

/// Epochs of a history unless something else is asked for: one batch of the network.
pub const EPOCHS: usize = super::session::BATCH;

/// Probabilities against time. The three lists have one entry per epoch, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Times (MJD).
    pub mjd: Vec<f64>,
    /// Points known at that time, limits included.
    pub n_known: Vec<usize>,
    /// P per slot of the model's layout.
    pub p: Vec<Vec<f64>>,
}

/// The times (MJD) at which something new became known to the model: the end of each night with a measurement (in a band that the
/// model uses), from the first detection on. In total photometry, whose nights are not binned, each time of a measurement. If there are
/// more than `most`, so many of them, evenly spread over the list, the first and the last included. Without a 5-sigma detection: from the
/// first measurement on.
pub fn epochs(profile: &Profile, lc: &LightCurve, most: usize) -> Vec<f64> {
    let first = window::first_detection(&lc.observations, lc.photometry).unwrap_or(0);
    let mut all: Vec<f64> = Vec::new();
    for o in lc.observations.iter().skip(first).filter(|o| profile.uses(o)) {
        match all.last_mut() {
            Some(last) if *last == o.mjd => {}
            Some(last) if lc.photometry == Photometry::Difference && last.floor() == o.mjd.floor() => *last = o.mjd,
            _ => all.push(o.mjd),
        }
    }
    thinned(&all, most)
}

/// `most` of the values, evenly spread over the list, with the first and the last; of one that is the last.
fn thinned(all: &[f64], most: usize) -> Vec<f64> {
    let last = match all.len() {
        0 => return Vec::new(),
        n if n <= most => return all.to_vec(),
        n => n - 1,
    };
    // More than `most` values, so that no two of these are the same.
    let place = |i: usize| if most < 2 { last } else { (i * last + (most - 1) / 2) / (most - 1) };
    (0..most).filter_map(|i| all.get(place(i)).copied()).collect()
}

/// P at each of the times (MJD, in order), from what was known then: see [`window::until`]. Times at which nothing was known that the model
/// can use are left out. None if `cancel` was set on the way.
pub fn history(session: &mut Session, lc: &LightCurve, epochs_mjd: &[f64], cancel: &AtomicBool) -> Result<Option<History>, ModelError> {
    let first = lc.observations.iter().find(|o| session.model().profile().uses(o)).map_or(f64::INFINITY, |o| o.mjd);
    let mjd: Vec<f64> = epochs_mjd.iter().copied().filter(|t| *t >= first).collect();
    let model = session.model().clone();
    let mut n_known = Vec::with_capacity(mjd.len());
    let p = run_parts(session, mjd.len(), cancel, |i| {
        let known = window::until(&lc.observations, lc.photometry, mjd.get(i).copied().unwrap_or(f64::INFINITY));
        n_known.push(known.len());
        model.prepare(&known, lc.photometry)
    })?;
    Ok(p.map(|p| History { mjd, n_known, p }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Group;
    use crate::lightcurve::{BandId, Observation, Origin};
    use crate::model::Model;
    use std::sync::Arc;

    fn curve(photometry: Photometry, observations: Vec<Observation>) -> LightCurve {
        LightCurve::new("a".into(), photometry, observations, Origin { path: Arc::new("<t>".into()), format: "t" })
    }

    fn seen(mjd: f64, band: BandId) -> Observation {
        Observation::from_mag(mjd, band, 18.0, 0.05, 1.0)
    }

    #[test]
    fn an_epoch_is_the_end_of_a_night_from_the_first_detection_on() {
        let (g, r) = (BandId::ZTF_G, BandId::ZTF_R);
        let mut o = vec![
            Observation::from_flux(9.2, g, 1.0, 1.0),
            seen(10.1, g),
            seen(10.3, r),
            Observation::from_limit(11.0, g, 20.0),
            seen(12.4, BandId::ZTF_I),
            seen(13.2, g),
            seen(13.2, r),
            seen(20.0, r),
        ];
        let lc = curve(Photometry::Difference, o.clone());
        assert_eq!(epochs(&profile(), &lc, 64), [10.3, 13.2, 20.0]);
        assert_eq!(epochs(&profile(), &lc, 2), [10.3, 20.0]);
        assert_eq!(epochs(&profile(), &lc, 1), [20.0]);
        assert!(epochs(&profile(), &lc, 0).is_empty());
        // Total photometry: every time, from the first measurement on.
        assert_eq!(epochs(&profile(), &curve(Photometry::Total, o.clone()), 64), [9.2, 10.1, 10.3, 13.2, 20.0]);
        // Nothing at 5 sigma: from the first measurement on. Nothing at all: nothing.
        o.truncate(1);
        assert_eq!(epochs(&profile(), &curve(Photometry::Difference, o), 64), [9.2]);
        assert!(epochs(&profile(), &curve(Photometry::Difference, vec![Observation::from_limit(1.0, g, 20.0)]), 64).is_empty());
    }

    #[test]
    fn thinning_keeps_both_ends_and_repeats_nothing() {
        for n in [2usize, 3, 64, 65, 66, 100, 127, 128, 1000] {
            let all: Vec<f64> = (0..n).map(|i| i as f64).collect();
            for most in [2usize, 3, 7, 64] {
                let some = thinned(&all, most);
                assert_eq!(some.len(), n.min(most));
                assert_eq!((some.first(), some.last()), (all.first(), all.last()));
                assert!(some.windows(2).all(|w| w[0] < w[1]), "{n} {most} {some:?}");
                let gaps: Vec<f64> = some.windows(2).map(|w| w[1] - w[0]).collect();
                let (low, high) = (gaps.iter().copied().fold(f64::INFINITY, f64::min), gaps.iter().copied().fold(0.0, f64::max));
                assert!(high - low <= 1.0, "{n} {most} {gaps:?}");
            }
        }
    }

    #[test]
    fn each_epoch_is_what_the_model_says_of_what_was_known_then() {
        let (g, r) = (BandId::ZTF_G, BandId::ZTF_R);
        let mut o: Vec<Observation> =
            (0..70).map(|i| Observation::from_mag(58_000.2 + f64::from(i), if i % 2 == 0 { g } else { r }, 18.0, 0.05, 1.0)).collect();
        o.push(Observation::from_limit(58_005.3, g, 20.5));
        let lc = curve(Photometry::Difference, o);
        let mut session = Model::shipped().unwrap().session().unwrap();
        let times: Vec<f64> = std::iter::once(57_000.0).chain(lc.observations.iter().map(|o| o.mjd)).collect();
        let go = AtomicBool::new(false);
        let h = history(&mut session, &lc, &times, &go).unwrap().unwrap();
        // Nothing was known on day 57,000.
        assert_eq!(h.mjd, times[1..]);
        assert_eq!((h.p.len(), h.n_known.len(), h.n_known[70]), (71, 71, 71));
        // The limit of the sixth night is not known before the seventh measurement.
        assert_eq!(h.n_known[4..8], [5, 6, 6, 8]);
        for i in [0, 6, 63, 64, 70] {
            let known = window::until(&lc.observations, lc.photometry, h.mjd[i]);
            let alone = session.classify_observations(&known, lc.photometry).unwrap().p;
            assert!(alone.iter().zip(&h.p[i]).all(|(a, b)| (a - b).abs() < 1e-5), "{i}");
        }
        assert!(h.p.iter().flatten().all(|p| (0.0..=1.0 + 1e-9).contains(p)));
        assert_eq!(history(&mut session, &lc, &times, &AtomicBool::new(true)).unwrap(), None);
        assert_eq!(history(&mut session, &lc, &[], &go).unwrap().unwrap().mjd, [0.0; 0]);
    }

    fn profile() -> Profile {
        Profile { groups: vec![Group::Transient], peak_mag: (0.0, 30.0) }
    }
}
