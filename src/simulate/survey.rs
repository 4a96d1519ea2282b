//! A survey like ZTF's public one: when it looks, how deep, how noisy, and what its alerts tell. Bands are g and r;
//! difference photometry. Knows nothing of classes.

use super::math;
use super::random::Draws;

/// Nights between visits of a field.
const CADENCE_NIGHTS: i64 = 3;
const YEAR_D: f64 = 365.25;
/// A new moon (2018 January 17) and the synodic month.
const NEW_MOON_MJD: f64 = 58135.1;
const MONTH_D: f64 = 29.530_588;
/// 5-sigma limits in g and r on a dark, clear night; how much a full moon takes.
const DARK_LIMIT: [f64; 2] = [20.75, 20.6];
const FULL_MOON_LOSS: [f64; 2] = [1.0, 0.55];
/// Mean of the magnitudes that thin cloud and seeing take.
const CLOUD_LOSS: f64 = 0.15;
/// A night turns bad, and a bad one stays so, with these probabilities.
const BAD_AFTER_GOOD: f64 = 0.1;
const BAD_AFTER_BAD: f64 = 0.6;
/// A single exposure is lost.
const LOST_EXPOSURE: f64 = 0.08;
/// A source as bright as the limit adds this share of the sky's variance.
const SOURCE_NOISE: f64 = 0.8;
/// Calibration floor, relative.
const FLOOR: f64 = 0.02;
/// An alert is sent from this significance on.
pub const DETECTION_SNR: f64 = 5.0;
/// An alert carries the history of so many days.
pub const ALERT_HISTORY_D: f64 = 30.0;

/// One exposure. `band` 0 is g, 1 is r.
#[derive(Debug, Clone, Copy)]
pub struct Exposure {
    pub mjd: f64,
    pub band: usize,
    /// 5-sigma limiting AB magnitude.
    pub limit_mag: f64,
}

/// What an exposure gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// At least 5 sigma: AB magnitude and its error.
    Detection { mag: f64, mag_err: f64 },
    /// Less: the 5-sigma limit.
    Limit { mag: f64 },
}

/// One row of a light curve. `band` 0 is g, 1 is r.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub mjd: f64,
    pub band: usize,
    pub seen: Seen,
}

impl Point {
    /// Whether an alert was sent.
    pub fn is_detection(&self) -> bool {
        matches!(self.seen, Seen::Detection { .. })
    }
}

/// Lit share of the moon, 0 new to 1 full.
fn moonlight(mjd: f64) -> f64 {
    let months = (mjd - NEW_MOON_MJD) / MONTH_D;
    let phase = months - months.floor();
    math::smoothstep(1.0 - (2.0 * phase - 1.0).abs())
}

/// The exposures of one field between two dates, in order of time.
pub fn exposures(first_mjd: f64, last_mjd: f64, draws: &mut Draws) -> Vec<Exposure> {
    let season_middle = draws.between(0.0, YEAR_D);
    let season_half = draws.between(100.0, 130.0);
    let turn = draws.below(CADENCE_NIGHTS as usize) as i64;
    // In some fields the r visits are a night after those in g.
    let r_later = i64::from(draws.chance(0.35));
    let mut bad = draws.chance(0.2);
    let mut out = Vec::new();
    for night in first_mjd.floor() as i64..=last_mjd.floor() as i64 {
        bad = draws.chance(if bad { BAD_AFTER_BAD } else { BAD_AFTER_GOOD });
        let date = night as f64;
        let years = (date - season_middle) / YEAR_D;
        let from_middle = (years - years.round()) * YEAR_D;
        let due = [(night + turn) % CADENCE_NIGHTS == 0, (night + turn - r_later) % CADENCE_NIGHTS == 0];
        if bad || from_middle.abs() > season_half || due == [false; 2] {
            continue;
        }
        // A field rises late in the night when its season begins, and sets early when it ends.
        let time = 0.31 - 0.15 * from_middle / season_half + draws.between(-0.03, 0.03);
        let gap = draws.between(0.02, 0.06);
        let haze = draws.exponential(CLOUD_LOSS);
        let moon = moonlight(date + time) * draws.between(0.5, 1.0);
        // g first on one visit, r first on the next.
        let g_first = (night + turn).div_euclid(CADENCE_NIGHTS) % 2 == 0;
        for order in 0..2 {
            let band = if g_first { order } else { 1 - order };
            let lost = draws.chance(LOST_EXPOSURE);
            let scatter = 0.12 * draws.normal();
            if due[band] && !lost {
                let limit_mag = DARK_LIMIT[band] - FULL_MOON_LOSS[band] * moon - haze + scatter;
                out.push(Exposure { mjd: date + time + gap * order as f64, band, limit_mag });
            }
        }
    }
    out
}

/// Flux in units of that of magnitude 0; our own powers, see [`math`].
pub fn flux(mag: f64) -> f64 {
    math::pow10(-0.4 * mag)
}

/// Rounds to so many decimals, as files do.
fn rounded(x: f64, per_unit: f64) -> f64 {
    (x * per_unit).round() / per_unit
}

/// Measures a true flux (units of [`flux`]); rounded as it is published, times to 0.0001 d, magnitudes to 0.001.
pub fn measure(exposure: &Exposure, true_flux: f64, draws: &mut Draws) -> Point {
    let limit = flux(exposure.limit_mag);
    let sky = limit / DETECTION_SNR;
    let sigma = (sky * sky * (1.0 + SOURCE_NOISE * true_flux / limit) + FLOOR * FLOOR * true_flux * true_flux).sqrt();
    let measured = true_flux + sigma * draws.normal();
    let seen = if measured >= DETECTION_SNR * sigma {
        let mag_err = 2.5 / std::f64::consts::LN_10 * sigma / measured;
        Seen::Detection { mag: rounded(-2.5 * math::log10(measured), 1e3), mag_err: rounded(mag_err, 1e3) }
    } else {
        Seen::Limit { mag: rounded(exposure.limit_mag, 1e3) }
    };
    Point { mjd: rounded(exposure.mjd, 1e4), band: exposure.band, seen }
}

/// What alerts make public: every detection, and the limits of the 30 days before one. `points` in order of time.
pub fn as_alerts(points: &[Point]) -> Vec<Point> {
    let mut next_detection = f64::INFINITY;
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    for p in points.iter().rev() {
        if p.is_detection() {
            next_detection = p.mjd;
        }
        if next_detection - p.mjd <= ALERT_HISTORY_D {
            kept.push(*p);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moon_is_full_half_a_month_after_new() {
        assert!(moonlight(NEW_MOON_MJD) < 1e-9);
        assert!((moonlight(NEW_MOON_MJD + 40.5 * MONTH_D) - 1.0).abs() < 1e-9);
        // 2019 January 21 was a total lunar eclipse.
        assert!(moonlight(58504.2) > 0.98);
    }

    #[test]
    fn exposures_keep_cadence_season_and_depth() {
        let mut draws = Draws::new(2, 0);
        let all: Vec<Vec<Exposure>> = (0..60).map(|_| exposures(58000.0, 58730.0, &mut draws)).collect();
        let mut limits: Vec<f64> = Vec::new();
        for field in &all {
            assert!(field.is_sorted_by(|a, b| a.mjd <= b.mjd));
            // Two years: some three months a year without any.
            let longest = field.windows(2).map(|w| w[1].mjd - w[0].mjd).fold(0.0, f64::max);
            assert!(longest > 90.0 && longest < 190.0, "{longest}");
            for band in 0..2 {
                let times: Vec<f64> = field.iter().filter(|e| e.band == band).map(|e| e.mjd).collect();
                assert!(times.windows(2).all(|w| w[1] - w[0] > 2.8), "cadence");
                assert!(times.len() > 60 && times.len() < 200, "{}", times.len());
            }
            limits.extend(field.iter().map(|e| e.limit_mag));
        }
        limits.sort_by(f64::total_cmp);
        let at = |q: f64| limits[(q * limits.len() as f64) as usize];
        assert!((at(0.5) - 20.4).abs() < 0.15, "median limit {}", at(0.5));
        assert!(at(0.05) > 19.2 && at(0.05) < 20.0, "{}", at(0.05));
        assert!(at(0.95) < 21.0);
    }

    #[test]
    fn noise_is_as_stated() {
        let e = Exposure { mjd: 1.0, band: 0, limit_mag: 20.5 };
        let mut draws = Draws::new(3, 0);
        let (mut sum, mut sum2, n) = (0.0, 0.0, 4000);
        for _ in 0..n {
            let Point { seen: Seen::Detection { mag, mag_err }, .. } = measure(&e, flux(18.75), &mut draws) else {
                panic!("18.75 is eleven sigma");
            };
            let sigma = mag_err * std::f64::consts::LN_10 / 2.5 * flux(mag) / flux(18.75);
            assert!((sigma - 0.0915).abs() < 0.001, "{sigma}");
            let pull = (flux(mag) / flux(18.75) - 1.0) / 0.0915;
            sum += pull;
            sum2 += pull * pull;
        }
        assert!((sum / f64::from(n)).abs() < 0.06);
        assert!((sum2 / f64::from(n) - 1.0).abs() < 0.1);
        // Nothing there: five sigma by chance is rarer than one in a million.
        assert!((0..10_000).all(|_| measure(&e, 0.0, &mut draws).seen == Seen::Limit { mag: 20.5 }));
    }

    #[test]
    fn alerts_hide_late_and_long_past_limits() {
        let limit = |mjd| Point { mjd, band: 0, seen: Seen::Limit { mag: 20.0 } };
        let detection = |mjd| Point { mjd, band: 0, seen: Seen::Detection { mag: 19.0, mag_err: 0.1 } };
        let points = [limit(0.0), limit(40.0), detection(60.0), limit(63.0), limit(80.0), detection(100.0), limit(103.0)];
        let times: Vec<f64> = as_alerts(&points).iter().map(|p| p.mjd).collect();
        assert_eq!(times, [40.0, 60.0, 80.0, 100.0]);
    }
}
