//! Simulated light curves, said to be simulated wherever they are shown: parametric transients of the shipped
//! tree's classes, seen by a survey like ZTF's public one. For trying the program, for tests and for teaching; no
//! model is trained on them and no score comes from them. Knows nothing of taxonomies, models or screens.
//!
//! A seed gives the same bytes on every machine, and object `i` of a seed does not depend on how many are made.

mod classes;
mod cosmology;
mod math;
mod random;
mod shape;
mod survey;
mod write;

pub use write::{CSV_NAME, NOTE_NAME, note, write_csv};

use crate::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use classes::{CLASSES, Class};
use random::Draws;
use shape::Transient;
use std::path::PathBuf;
use std::sync::Arc;
use survey::{Point, Seen};

/// Changes whenever the same seed gives other data.
pub const SIMULATOR_VERSION: u32 = 1;
/// The survey's name in files and on the screen.
pub const SURVEY: &str = "simulated";
/// Band names, in the order of the band indices in here.
const BANDS: [&str; 2] = ["g", "r"];

/// A transient enters if its peak, in its brighter band, is at least so bright: the limit of spectroscopic follow-up.
const PEAK_LIMIT_MAG: f64 = 19.0;
/// Dates of the r peaks.
const PEAK_MJD: (f64, f64) = (58250.0, 60250.0);
/// The field is watched from so long before the explosion to so long after, observer's days.
const WATCHED_BEFORE_D: f64 = 60.0;
const WATCHED_AFTER_D: f64 = 500.0;
/// Detections that it takes in each band.
const DETECTIONS_PER_BAND: usize = 3;
/// The first detection is at latest so long after the r peak, rest-frame days: later ones are not classified.
const LATEST_DISCOVERY_D: f64 = 8.0;
/// Streams from here on shuffle the classes.
const SHUFFLE_STREAM: u64 = 1 << 63;

/// The sample data in the binary: its name, and the bytes of the CSV file (`sample_data/`, made by
/// `taxonova simulate -n 12 -o sample_data --seed 2312`).
pub fn sample_data() -> (&'static str, &'static [u8]) {
    ("sample_data/simulated.csv", include_bytes!("../../sample_data/simulated.csv"))
}

/// Labels that occur: every block of so many objects has one of each.
pub fn labels() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|c| c.label)
}

/// Makes the objects of one seed.
#[derive(Debug, Clone, Copy)]
pub struct Simulator {
    seed: u64,
}

/// A simulated object and the truth about it.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// `sim-0001`, ...
    pub object_id: String,
    /// Its class.
    pub label: &'static str,
    /// Redshift that was drawn.
    pub redshift: f64,
    /// Date of the explosion.
    pub explosion_mjd: f64,
    /// True apparent magnitudes of the peaks in g and r.
    pub peak_mag: [f64; 2],
    points: Vec<Point>,
}

impl Simulator {
    /// The simulator of a seed.
    pub fn new(seed: u64) -> Self {
        Simulator { seed }
    }

    /// Object number `index`, from 0.
    pub fn object(&self, index: u64) -> Simulated {
        let class = self.class(index);
        let mut draws = Draws::new(self.seed, index);
        // Some one draw in three is kept: the others explode out of season or are lost to weather.
        loop {
            if let Some(object) = attempt(class, index, &mut draws) {
                return object;
            }
        }
    }

    /// Every block of as many objects as there are classes has one of each, shuffled.
    fn class(&self, index: u64) -> &'static Class {
        let n = CLASSES.len();
        let mut draws = Draws::new(self.seed, SHUFFLE_STREAM | (index / n as u64));
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, draws.below(i + 1));
        }
        &CLASSES[order[(index % n as u64) as usize]]
    }
}

/// One transient at a random place and date; none if the survey would not have had it classified.
fn attempt(class: &'static Class, index: u64, draws: &mut Draws) -> Option<Simulated> {
    let transient = Transient::draw(class, draws);
    let brighter = transient.peak_mag[0].min(transient.peak_mag[1]);
    let reach = cosmology::comoving_mpc(cosmology::redshift_of_modulus(PEAK_LIMIT_MAG - brighter));
    // Even in comoving volume, and in the source's time.
    let redshift = cosmology::redshift_of_comoving(reach * math::cbrt(1.0 - draws.uniform()));
    let dilation = 1.0 + redshift;
    let peak_mjd = draws.between(PEAK_MJD.0, PEAK_MJD.1);
    if !draws.chance(1.0 / dilation) {
        return None;
    }
    let modulus = cosmology::modulus(redshift);
    let peak_mag = transient.peak_mag.map(|m| m + modulus);
    let explosion_mjd = peak_mjd - transient.rise_d[1] * dilation;
    let points: Vec<Point> = survey::exposures(explosion_mjd - WATCHED_BEFORE_D, explosion_mjd + WATCHED_AFTER_D, draws)
        .iter()
        .map(|e| {
            let flux = transient.relative_flux(e.band, (e.mjd - explosion_mjd) / dilation);
            survey::measure(e, flux * survey::flux(peak_mag[e.band]), draws)
        })
        .collect();
    let points = survey::as_alerts(&points);
    let detections = |band: usize| points.iter().filter(move |p| p.band == band && p.is_detection());
    let first = points.iter().find(|p| p.is_detection())?;
    let timely = first.mjd <= peak_mjd + LATEST_DISCOVERY_D * dilation;
    let enough = (0..BANDS.len()).all(|band| detections(band).count() >= DETECTIONS_PER_BAND);
    (timely && enough).then(|| Simulated {
        object_id: format!("sim-{:04}", index + 1),
        label: class.label,
        redshift,
        explosion_mjd,
        peak_mag,
        points,
    })
}

impl Simulated {
    /// As a reader gives it: what a file of [`write_csv`] says, with `label`.
    pub fn light_curve(&self) -> LightCurve {
        let observations = self.points.iter().map(|p| {
            let band = BandId::for_survey(BANDS[p.band], SURVEY);
            match p.seen {
                Seen::Detection { mag, mag_err } => Observation::from_mag(p.mjd, band, mag, mag_err, 1.0),
                Seen::Limit { mag } => Observation::from_limit(p.mjd, band, mag),
            }
        });
        let origin = Origin { path: Arc::new(PathBuf::from("<simulated>")), format: "simulated" };
        let mut lc = LightCurve::new(self.object_id.clone(), Photometry::Difference, observations.collect(), origin);
        lc.survey = SURVEY.to_string();
        lc.label = Some(self.label.to_string());
        lc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::window::first_detection;

    #[test]
    fn an_object_does_not_depend_on_the_others() {
        let s = Simulator::new(7);
        let (a, b) = (s.object(20), Simulator::new(7).object(20));
        assert_eq!(a.points, b.points);
        assert_eq!(a.object_id, "sim-0021");
        assert_ne!(Simulator::new(8).object(20).points, a.points);
    }

    #[test]
    fn every_block_has_every_class() {
        let s = Simulator::new(1);
        let n = CLASSES.len() as u64;
        for block in 0..3 {
            let mut found: Vec<_> = (0..n).map(|i| s.class(block * n + i).label).collect();
            found.sort_unstable();
            let mut all: Vec<_> = labels().collect();
            all.sort_unstable();
            assert_eq!(found, all);
        }
        assert_ne!((0..n).map(|i| s.class(i).label).collect::<Vec<_>>(), (n..2 * n).map(|i| s.class(i).label).collect::<Vec<_>>());
    }

    /// What a survey astronomer would look for: brightness, depth, ages, and a rise within the class's time.
    #[test]
    fn objects_are_physically_sensible() {
        let s = Simulator::new(42);
        let mut peaks = Vec::new();
        for i in 0..240 {
            let o = s.object(i);
            let lc = o.light_curve();
            assert!(lc.warnings.is_empty(), "{:?}", lc.warnings);
            assert_eq!(lc.observations.len(), o.points.len());
            let first = first_detection(&lc.observations, Photometry::Difference).expect("a detection");
            let detections: Vec<_> = lc.observations.iter().filter(|p| !p.is_limit()).collect();
            assert!(detections.iter().all(|p| p.snr() >= 5.0));
            assert!(lc.observations.last().is_some_and(|p| !p.is_limit()), "limits after the last detection are not public");
            assert!(lc.observations[first].mjd > o.explosion_mjd);
            let brightest = detections.iter().filter_map(|p| p.mag()).fold(99.0, f64::min);
            assert!(brightest > 12.0 && brightest < 19.6, "{} {brightest}", o.label);
            assert!(o.redshift > 0.0005 && o.redshift < 0.9);
            peaks.push(o.peak_mag[0].min(o.peak_mag[1]));
        }
        // Even in volume: half of the objects are within log10(2) / 0.6 = 0.5 mag of the limit.
        peaks.sort_by(f64::total_cmp);
        assert!((peaks[120] - 18.5).abs() < 0.25, "{}", peaks[120]);
        assert!(peaks[239] <= 19.0);
    }
}
