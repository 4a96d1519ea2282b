//! A light curve in the coordinates of a plot: magnitudes or fluxes, days, dates or phases, with what has to be said beside it. Knows no
//! drawing.

use super::marks::{Look, looks};
use crate::lightcurve::units::{self, LIMIT_SIGMA};
use crate::lightcurve::{BandId, LightCurve, Observation, Photometry, fold, window};

/// Measurements below this many sigma have no magnitude worth drawing: they become limits.
const SEEN_SNR: f64 = 3.0;
/// Longer error bars (mag) don't stretch the axis.
const ERROR_IN_RANGE_MAG: f64 = 0.4;
/// Limits further from the measurements than this share of their span, or this many days, are not shown.
const MARGIN: (f64, f64) = (0.5, 30.0);

/// What the level axis is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Time {
    /// Days since `day0` (MJD).
    Days { day0: f64, detection: bool },
    /// MJD less `offset`.
    Mjd { offset: f64 },
    /// Two cycles of a period (days).
    Phase { period_d: f64, epoch_mjd: f64 },
}

impl Time {
    /// Days since the first detection, or since the first point if there is none.
    pub fn days(lc: &LightCurve) -> Time {
        let detection = window::first_detection(&lc.observations, lc.photometry).and_then(|i| lc.observations.get(i));
        Time::Days { day0: detection.or(lc.observations.first()).map_or(0.0, |o| o.mjd), detection: detection.is_some() }
    }

    /// MJD less a multiple of 1,000.
    pub fn mjd(lc: &LightCurve) -> Time {
        let first = lc.observations.first().map_or(0.0, |o| o.mjd);
        Time::Mjd { offset: (first / 1000.0).floor() * 1000.0 }
    }

    /// A time on the axis; of a phase the one in the first cycle.
    pub fn of(&self, mjd: f64) -> f64 {
        match *self {
            Time::Days { day0, .. } => mjd - day0,
            Time::Mjd { offset } => mjd - offset,
            Time::Phase { period_d, epoch_mjd } => fold::phase(mjd, period_d, epoch_mjd),
        }
    }

    /// What is written at the axis.
    pub fn title(&self, photometry: Photometry) -> String {
        match *self {
            Time::Days { detection: true, .. } if photometry == Photometry::Difference => "Days since the first detection".into(),
            Time::Days { .. } => "Days since the first point".into(),
            Time::Mjd { offset: 0.0 } => "MJD".into(),
            Time::Mjd { offset } => format!("MJD − {offset:.0}"),
            Time::Phase { period_d, epoch_mjd } => format!("Phase (period {} d, from MJD {epoch_mjd:.4})", period(period_d)),
        }
    }
}

/// A period in days with the digits that matter.
pub(super) fn period(period_d: f64) -> String {
    let decimals = (6.0 - period_d.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{period_d:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// A point of the plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub x: f64,
    pub y: f64,
    /// Half the length of the error bar; 0 for a limit.
    pub err: f64,
    pub limit: bool,
}

/// One band.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub band: BandId,
    pub look: Look,
    pub marks: Vec<Mark>,
}

/// A light curve ready for a plot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Points {
    pub series: Vec<Series>,
    /// Left and right, bottom and top.
    pub x: (f64, f64),
    pub y: (f64, f64),
    /// What is written above the upright axis.
    pub y_title: String,
    /// Whether any limit is drawn.
    pub limits: bool,
    /// Said below the plot.
    pub notes: Vec<String>,
}

impl Points {
    /// None if nothing can be drawn.
    pub fn new(lc: &LightCurve, flux: bool, time: Time) -> Option<Points> {
        let bands = lc.bands();
        let mut series: Vec<Series> =
            bands.iter().zip(looks(&bands)).map(|(band, look)| Series { band: *band, look, marks: Vec::new() }).collect();
        let folded = matches!(time, Time::Phase { .. });
        let (from, to) = shown(lc);
        let unit = if flux { flux_unit(lc) } else { (1.0, "") };
        let (mut faint, mut far, mut unfolded) = (0usize, 0usize, 0usize);
        for o in &lc.observations {
            let Some(s) = series.iter_mut().find(|s| s.band == o.band) else { continue };
            let Some(mark) = mark(o, flux, unit.0) else { continue };
            if mark.limit && folded {
                unfolded += 1;
                continue;
            }
            if mark.limit && !(from..=to).contains(&o.mjd) {
                far += 1;
                continue;
            }
            faint += usize::from(mark.limit && !o.is_limit());
            let x = time.of(o.mjd);
            s.marks.push(Mark { x, ..mark });
            if folded {
                s.marks.push(Mark { x: x + 1.0, ..mark });
            }
        }
        series.retain(|s| !s.marks.is_empty());
        let all = || series.iter().flat_map(|s| &s.marks);
        let y = range(all(), flux)?;
        let x = if folded { (0.0, 2.0) } else { padded(all().map(|m| m.x), 0.03)? };
        let mut notes = Vec::new();
        let mut note = |n: usize, one: &str, many: &str| match n {
            0 => {}
            1 => notes.push(format!("1 {one}.")),
            n => notes.push(format!("{n} {many}.")),
        };
        note(faint, "measurement below 3σ is drawn as a 5σ limit", "measurements below 3σ are drawn as 5σ limits");
        note(far, "limit long before or after the measurements is not shown", "limits long before or after the measurements are not shown");
        note(unfolded, "limit is not folded", "limits are not folded");
        let kind = match lc.photometry {
            Photometry::Difference => "difference",
            Photometry::Total => "total",
        };
        let y_title = if flux { format!("Flux, {kind} ({})", unit.1) } else { format!("AB magnitude, {kind}") };
        let limits = all().any(|m| m.limit);
        Some(Points { series, x, y, y_title, limits, notes })
    }

    /// Points in all bands.
    pub fn len(&self) -> usize {
        self.series.iter().map(|s| s.marks.len()).sum()
    }
}

/// The times of the measurements, and some days around them. All times if there are none.
fn shown(lc: &LightCurve) -> (f64, f64) {
    let seen = |o: &&Observation| !o.is_limit() && o.snr() >= SEEN_SNR;
    let (first, last) = (lc.observations.iter().find(seen), lc.observations.iter().rfind(seen));
    let (Some(first), Some(last)) = (first, last) else { return (f64::NEG_INFINITY, f64::INFINITY) };
    let margin = (MARGIN.0 * (last.mjd - first.mjd)).max(MARGIN.1);
    (first.mjd - margin, last.mjd + margin)
}

/// A point at no time yet; fluxes in units of `unit` uJy.
fn mark(o: &Observation, flux: bool, unit: f64) -> Option<Mark> {
    let limit = LIMIT_SIGMA * o.flux_err_ujy;
    let mark = if flux {
        let (y, err) = if o.is_limit() { (limit, 0.0) } else { (o.flux_ujy, o.flux_err_ujy) };
        Mark { x: 0.0, y: y / unit, err: err / unit, limit: o.is_limit() }
    } else {
        match o.mag().zip(o.mag_err()).filter(|_| o.snr() >= SEEN_SNR) {
            Some((y, err)) => Mark { x: 0.0, y, err, limit: false },
            None => Mark { x: 0.0, y: units::magnitude(limit)?, err: 0.0, limit: true },
        }
    };
    (mark.y.is_finite() && mark.err.is_finite()).then_some(mark)
}

/// The unit (in uJy) in which the fluxes are no long numbers.
fn flux_unit(lc: &LightCurve) -> (f64, &'static str) {
    let size = |o: &Observation| if o.is_limit() { LIMIT_SIGMA * o.flux_err_ujy } else { o.flux_ujy.abs() };
    match lc.observations.iter().map(size).fold(0.0, f64::max) {
        f if f >= 2e7 => (1e6, "Jy"),
        f if f >= 2e4 => (1e3, "mJy"),
        f if f < 0.5 => (1e-3, "nJy"),
        _ => (1.0, "µJy"),
    }
}

/// Bottom and top of the upright axis.
fn range<'m>(marks: impl Iterator<Item = &'m Mark> + Clone, flux: bool) -> Option<(f64, f64)> {
    let middle = padded(marks.clone().map(|m| m.y), 0.0)?;
    // A bad point's error bar may leave the plot; the point may not.
    let most = if flux { 0.15 * (middle.1 - middle.0) } else { ERROR_IN_RANGE_MAG };
    let ends = marks.flat_map(|m| [m.y - m.err.min(most), m.y + m.err.min(most)]);
    let (low, high) = padded(ends, 0.07)?;
    Some(if flux { (low, high) } else { (high, low) })
}

/// Smallest and largest, and a share of their distance around them.
fn padded(values: impl Iterator<Item = f64>, share: f64) -> Option<(f64, f64)> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let pad = share * (high - low);
    (low <= high).then_some((low - pad, high + pad))
}
