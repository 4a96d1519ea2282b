//! Light curves split into two colour channels by wavelength, so that one model serves surveys with
//! different filters. Points of other wavelengths and of unknown bands are left out.

use crate::lightcurve::{BandId, Observation};

/// Significance from which a point counts as seen.
const SEEN_SNR: f64 = 3.0;

/// A range of wavelengths that is treated as one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// g-like, 430 - 540 nm.
    Blue,
    /// r-like, 600 - 690 nm.
    Red,
}

impl Channel {
    /// All channels, in the order of [`split`].
    pub const ALL: [Channel; 2] = [Channel::Blue, Channel::Red];

    /// The channel of a band.
    pub fn of(band: BandId) -> Option<Channel> {
        match band.wavelength_nm()? {
            w if (430.0..=540.0).contains(&w) => Some(Channel::Blue),
            w if (600.0..=690.0).contains(&w) => Some(Channel::Red),
            _ => None,
        }
    }

    /// Prefix of feature names.
    pub fn letter(self) -> &'static str {
        match self {
            Channel::Blue => "g",
            Channel::Red => "r",
        }
    }
}

/// A point that was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Days.
    pub mjd: f64,
    /// AB magnitude.
    pub mag: f64,
    /// Its error.
    pub mag_err: f64,
    /// uJy.
    pub flux_ujy: f64,
    /// uJy.
    pub flux_err_ujy: f64,
}

/// One channel of a light curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Which.
    pub channel: Channel,
    /// Points at three sigma or more, in order of time.
    pub seen: Vec<Point>,
    /// Times and 5-sigma limiting magnitudes of limits and of points below three sigma.
    pub unseen: Vec<(f64, f64)>,
    /// Index into `seen` of the brightest point.
    pub peak: Option<usize>,
}

/// The two channels of the observations.
pub fn split(observations: &[Observation]) -> [Track; 2] {
    Channel::ALL.map(|channel| {
        let mut seen = Vec::new();
        let mut unseen = Vec::new();
        for o in observations.iter().filter(|o| Channel::of(o.band) == Some(channel)) {
            match o.mag() {
                Some(mag) if o.snr() >= SEEN_SNR => seen.push(Point {
                    mjd: o.mjd,
                    mag,
                    mag_err: crate::lightcurve::units::magnitude_error(o.flux_ujy, o.flux_err_ujy).max(1e-3),
                    flux_ujy: o.flux_ujy,
                    flux_err_ujy: o.flux_err_ujy,
                }),
                _ => {
                    let limit = crate::lightcurve::units::LIMIT_SIGMA * o.flux_err_ujy;
                    if let Some(limit) = crate::lightcurve::units::magnitude(limit) {
                        unseen.push((o.mjd, limit));
                    }
                }
            }
        }
        let peak = brightest(&seen);
        Track { channel, seen, unseen, peak }
    })
}

/// The brightest point; a point with an error above 0.3 mag only if there is no better one.
fn brightest(seen: &[Point]) -> Option<usize> {
    let best = |ok: &dyn Fn(&Point) -> bool| {
        seen.iter().enumerate().filter(|(_, p)| ok(p)).min_by(|a, b| a.1.mag.total_cmp(&b.1.mag)).map(|(i, _)| i)
    };
    best(&|p| p.mag_err <= 0.3).or_else(|| best(&|_| true))
}

impl Track {
    /// The brightest point.
    pub fn peak_point(&self) -> Option<&Point> {
        self.peak.map(|i| &self.seen[i])
    }

    /// Error-weighted mean magnitude of what was seen within `half_width_d` of `mjd`.
    pub fn mean_near(&self, mjd: f64, half_width_d: f64) -> Option<f64> {
        let from = self.seen.partition_point(|p| p.mjd < mjd - half_width_d);
        let (mut w, mut wm) = (0.0, 0.0);
        for p in self.seen[from..].iter().take_while(|p| p.mjd <= mjd + half_width_d) {
            // A floor on the error: a bright point must not outvote its neighbours in time.
            let weight = (p.mag_err.powi(2) + 0.02f64.powi(2)).recip();
            w += weight;
            wm += weight * p.mag;
        }
        (w > 0.0).then(|| wm / w)
    }
}
