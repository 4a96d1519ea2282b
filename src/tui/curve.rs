//! What the light-curve pane shows: the points of one object in plot coordinates, made once per object and
//! mode so that a frame has only to scale them. Knows nothing of the screen.

use super::widgets::plot::Point as PlotPoint;
use crate::lightcurve::window::first_detection;
use crate::lightcurve::{BandId, LightCurve, Photometry};

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markers {
    /// Symbols where there is room for them, dots otherwise.
    Auto,
    /// A symbol per point, one character wide.
    Symbols,
    /// Small braille figures.
    Dots,
}

impl Markers {
    /// The next one, for the key that steps through them.
    pub fn next(self) -> Self {
        match self {
            Markers::Auto => Markers::Symbols,
            Markers::Symbols => Markers::Dots,
            Markers::Dots => Markers::Auto,
        }
    }

    /// As it is said to the user.
    pub fn title(self) -> &'static str {
        match self {
            Markers::Auto => "symbols or dots, as there is room",
            Markers::Symbols => "symbols",
            Markers::Dots => "dots",
        }
    }
}

/// One band.
#[derive(Debug, Clone)]
pub struct BandSeries {
    /// Which.
    pub band: BandId,
    /// Measurements in order of time.
    pub points: Vec<PlotPoint>,
    /// Upper limits in order of time (5 sigma).
    pub limits: Vec<PlotPoint>,
    /// Measurements that have no magnitude, because their flux is not positive.
    pub hidden: usize,
}

/// A light curve ready for the plot.
#[derive(Debug, Clone)]
pub struct PlotData {
    /// Bands in the table's order.
    pub series: Vec<BandSeries>,
    /// Flux (uJy) and not magnitude.
    pub flux: bool,
    /// MJD of day 0.
    pub day0_mjd: f64,
    /// Whether day 0 is a detection (otherwise the first point).
    pub day0_is_detection: bool,
    /// Smallest and largest x.
    pub x: (f64, f64),
    /// Smallest and largest y, with room around them.
    pub y: (f64, f64),
    /// Measurements without magnitude, over all bands.
    pub hidden: usize,
    /// Distinct times (MJD), in order: where the time cursor can stand.
    pub times_mjd: Vec<f64>,
}

/// Error bars longer than this (mag) do not stretch the axis.
const MAX_ERROR_FOR_RANGE_MAG: f64 = 0.4;

impl PlotData {
    /// Prepares a light curve, as magnitudes or as fluxes.
    pub fn new(lc: &LightCurve, flux: bool) -> Self {
        let detection = first_detection(&lc.observations, lc.photometry).and_then(|i| lc.observations.get(i));
        let day0_mjd = detection.or(lc.observations.first()).map_or(0.0, |o| o.mjd);
        let mut series: Vec<BandSeries> =
            lc.bands().into_iter().map(|band| BandSeries { band, points: Vec::new(), limits: Vec::new(), hidden: 0 }).collect();
        let mut range = Range::default();
        for o in &lc.observations {
            let Some(s) = series.iter_mut().find(|s| s.band == o.band) else { continue };
            let x = o.mjd - day0_mjd;
            if o.is_limit() {
                let y = if flux { Some(crate::lightcurve::units::LIMIT_SIGMA * o.flux_err_ujy) } else { o.limit_mag() };
                if let Some(y) = y.filter(|y| y.is_finite()) {
                    range.add(y, y);
                    s.limits.push(PlotPoint { x, y, low: y, high: y });
                }
                continue;
            }
            let (y, e) = if flux {
                (o.flux_ujy, o.flux_err_ujy)
            } else if let (Some(m), Some(e)) = (o.mag(), o.mag_err()) {
                (m, e)
            } else {
                s.hidden += 1;
                continue;
            };
            let shown = if flux { e } else { e.min(MAX_ERROR_FOR_RANGE_MAG) };
            range.add(y - shown, y + shown);
            s.points.push(PlotPoint { x, y, low: y - e, high: y + e });
        }
        let mut times_mjd: Vec<f64> = lc.observations.iter().map(|o| o.mjd).collect();
        times_mjd.dedup();
        let x = match (times_mjd.first(), times_mjd.last()) {
            (Some(a), Some(b)) => (a - day0_mjd, b - day0_mjd),
            _ => (0.0, 0.0),
        };
        PlotData {
            hidden: series.iter().map(|s| s.hidden).sum(),
            series,
            flux,
            day0_mjd,
            day0_is_detection: detection.is_some() && lc.photometry == Photometry::Difference,
            x,
            y: range.padded(if flux { 1.0 } else { 0.2 }),
            times_mjd,
        }
    }

    /// Whether nothing can be drawn in this mode.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|s| s.points.is_empty() && s.limits.is_empty())
    }
}

#[derive(Default)]
struct Range(Option<(f64, f64)>);

impl Range {
    fn add(&mut self, low: f64, high: f64) {
        let (a, b) = self.0.unwrap_or((low, high));
        self.0 = Some((a.min(low), b.max(high)));
    }

    /// With 4 % of room on either side, and at least `least` high.
    fn padded(&self, least: f64) -> (f64, f64) {
        let (a, b) = self.0.unwrap_or((0.0, 1.0));
        let room = if b - a < least { (least - (b - a)) / 2.0 } else { 0.04 * (b - a) };
        (a - room, b + room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::{Observation, Origin};
    use std::sync::Arc;

    fn lc(observations: Vec<Observation>) -> LightCurve {
        LightCurve::new("a".into(), Photometry::Difference, observations, Origin { path: Arc::new("<t>".into()), format: "t" })
    }

    #[test]
    fn points_without_positive_flux_are_counted_in_magnitudes_and_shown_as_fluxes() {
        let (g, r) = (BandId::ZTF_G, BandId::ZTF_R);
        let lc = lc(vec![
            Observation::from_limit(90.0, r, 20.0),
            Observation::from_flux(95.0, g, -3.0, 1.0),
            Observation::from_mag(100.0, g, 19.0, 0.1, 1.0),
            Observation::from_mag(103.0, g, 18.0, 0.1, 1.0),
        ]);
        let m = PlotData::new(&lc, false);
        assert_eq!((m.hidden, m.series[0].points.len(), m.series[1].limits.len()), (1, 2, 1));
        assert_eq!((m.day0_mjd, m.day0_is_detection, m.x), (100.0, true, (-10.0, 3.0)));
        assert!((m.series[0].points[1].y - 18.0).abs() < 1e-9 && (m.series[0].points[1].low - 17.9).abs() < 1e-9);
        // 17.9 to 20 (the limit), and 4 % around.
        assert!((m.y.0 - (17.9 - 0.084)).abs() < 1e-9 && (m.y.1 - 20.084).abs() < 1e-9);
        let f = PlotData::new(&lc, true);
        assert_eq!((f.hidden, f.series[0].points.len()), (0, 3));
        assert!(f.y.0 < -4.0);
        assert_eq!(f.times_mjd, vec![90.0, 95.0, 100.0, 103.0]);
    }

    #[test]
    fn one_point_and_none() {
        let one = PlotData::new(&lc(vec![Observation::from_mag(5.0, BandId::ZTF_G, 19.0, 0.01, 1.0)]), false);
        assert!(one.y.0 < 19.0 && one.y.1 > 19.0 && one.y.1 - one.y.0 >= 0.2);
        assert_eq!(one.x, (0.0, 0.0));
        let none = PlotData::new(&lc(vec![]), false);
        assert!(none.is_empty());
    }
}
