//! The points of one object in plot coordinates, made once per object and way of showing it, so that a frame has only to
//! scale them. Knows nothing of the screen.

use super::TimeAxis;
use crate::lightcurve::fold::phase;
use crate::lightcurve::window::first_detection;
use crate::lightcurve::{BandId, LightCurve, Photometry};
use crate::tui::widgets::plot::Point as PlotPoint;

/// What points are made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shape {
    /// Fluxes (uJy) and not magnitudes.
    pub flux: bool,
    /// What x counts, if nothing is folded.
    pub axis: TimeAxis,
    /// The period (days) that the points are folded on: x is the phase, and two cycles are shown.
    pub period_d: Option<f64>,
}

/// One band.
#[derive(Debug, Clone)]
pub struct BandSeries {
    /// Which.
    pub band: BandId,
    /// Measurements, rising in x.
    pub points: Vec<PlotPoint>,
    /// Upper limits, rising in x (5 sigma).
    pub limits: Vec<PlotPoint>,
    /// Measurements that have no magnitude, because their flux is not positive.
    pub hidden: usize,
    /// Measurements and limits that are shown; in a folded light curve each is shown twice.
    pub n: (usize, usize),
    y: Range,
}

/// A light curve ready for the plot. The points' numbers are those of the observations.
#[derive(Debug, Clone)]
pub struct PlotData {
    /// Bands in the table's order.
    pub series: Vec<BandSeries>,
    /// How it was made.
    pub shape: Shape,
    /// MJD of day 0, which is phase 0 too.
    pub day0_mjd: f64,
    /// Whether day 0 is a detection (otherwise the first point).
    pub day0_is_detection: bool,
    /// MJD of x = 0, if nothing is folded.
    pub offset_mjd: f64,
    /// Measurements without magnitude, over all bands.
    pub hidden: usize,
    /// Distinct times (MJD), in order: where the time cursor can stand.
    pub times_mjd: Vec<f64>,
    x: (f64, f64),
}

/// Error bars longer than this (mag) do not stretch the axis.
const MAX_ERROR_FOR_RANGE_MAG: f64 = 0.4;
/// The offset of a date axis is a multiple of this.
const MJD_STEP: f64 = 100.0;

impl PlotData {
    /// Prepares a light curve.
    pub fn new(lc: &LightCurve, shape: Shape) -> Self {
        let flux = shape.flux;
        let detection = first_detection(&lc.observations, lc.photometry).and_then(|i| lc.observations.get(i));
        let day0_mjd = detection.or(lc.observations.first()).map_or(0.0, |o| o.mjd);
        let first = lc.observations.first().map_or(0.0, |o| o.mjd);
        let offset_mjd = match shape.axis {
            TimeAxis::Days => day0_mjd,
            TimeAxis::Mjd => (first / MJD_STEP).floor() * MJD_STEP,
        };
        let empty = |band| BandSeries { band, points: Vec::new(), limits: Vec::new(), hidden: 0, n: (0, 0), y: Range::default() };
        let mut series: Vec<BandSeries> = lc.bands().into_iter().map(empty).collect();
        for (id, o) in (0u32..).zip(&lc.observations) {
            let Some(s) = series.iter_mut().find(|s| s.band == o.band) else { continue };
            let x = match shape.period_d {
                Some(period_d) => phase(o.mjd, period_d, day0_mjd),
                None => o.mjd - offset_mjd,
            };
            if o.is_limit() {
                let y = if flux { Some(crate::lightcurve::units::LIMIT_SIGMA * o.flux_err_ujy) } else { o.limit_mag() };
                if let Some(y) = y.filter(|y| y.is_finite()) {
                    s.y.add(y, y);
                    s.limits.push(PlotPoint { x, y, low: y, high: y, id });
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
            s.y.add(y - shown, y + shown);
            s.points.push(PlotPoint { x, y, low: y - e, high: y + e, id });
        }
        for s in &mut series {
            s.n = (s.points.len(), s.limits.len());
            if shape.period_d.is_some() {
                two_cycles(&mut s.points);
                two_cycles(&mut s.limits);
            }
        }
        let mut times_mjd: Vec<f64> = lc.observations.iter().map(|o| o.mjd).collect();
        times_mjd.dedup();
        let x = match (shape.period_d, times_mjd.first(), times_mjd.last()) {
            (Some(_), ..) => (0.0, 2.0),
            (None, Some(a), Some(b)) => (a - offset_mjd, b - offset_mjd),
            _ => (0.0, 0.0),
        };
        PlotData {
            hidden: series.iter().map(|s| s.hidden).sum(),
            series,
            shape,
            day0_mjd,
            day0_is_detection: detection.is_some() && lc.photometry == Photometry::Difference,
            offset_mjd,
            x,
            times_mjd,
        }
    }

    /// Whether nothing can be drawn of the bands that are wanted.
    pub fn is_empty(&self, wanted: impl Fn(BandId) -> bool) -> bool {
        self.series.iter().filter(|s| wanted(s.band)).all(|s| s.points.is_empty() && s.limits.is_empty())
    }

    /// Smallest and largest x of all, and y of the bands that are wanted, with room around them.
    pub fn range(&self, wanted: impl Fn(BandId) -> bool) -> ((f64, f64), (f64, f64)) {
        let mut y = Range::default();
        for s in self.series.iter().filter(|s| wanted(s.band)) {
            y.join(&s.y);
        }
        (self.x, self.padded(&y))
    }

    /// Smallest and largest x and y of one band.
    pub fn range_of(&self, band: BandId) -> Option<((f64, f64), (f64, f64))> {
        let s = self.series.iter().find(|s| s.band == band)?;
        let ends = |points: &[PlotPoint]| Some((points.first()?.x, points.last()?.x));
        let (a, b) = (ends(&s.points), ends(&s.limits));
        let x = match (a, b) {
            (Some(a), Some(b)) => (a.0.min(b.0), a.1.max(b.1)),
            (Some(x), None) | (None, Some(x)) => x,
            (None, None) => return None,
        };
        Some((x, self.padded(&s.y)))
    }

    /// Smallest and largest y of the wanted bands between two x; none if nothing lies there.
    pub fn y_within(&self, x: (f64, f64), wanted: impl Fn(BandId) -> bool) -> Option<(f64, f64)> {
        let mut y = Range::default();
        let most = if self.shape.flux { f64::INFINITY } else { MAX_ERROR_FOR_RANGE_MAG };
        for s in self.series.iter().filter(|s| wanted(s.band)) {
            for p in s.points.iter().chain(&s.limits).filter(|p| (x.0..=x.1).contains(&p.x)) {
                y.add(p.y - (p.y - p.low).min(most), p.y + (p.high - p.y).min(most));
            }
        }
        y.0.is_some().then(|| self.padded(&y))
    }

    fn padded(&self, y: &Range) -> (f64, f64) {
        y.padded(if self.shape.flux { 1.0 } else { 0.2 })
    }

    /// x of a time, if nothing is folded.
    pub fn x_of(&self, mjd: f64) -> Option<f64> {
        self.shape.period_d.is_none().then_some(mjd - self.offset_mjd)
    }

    /// The points that can be seen, each once, as (x, y, number of the observation), rising in x.
    pub fn points(&self, wanted: impl Fn(BandId) -> bool) -> Vec<(f64, f64, usize)> {
        let series = self.series.iter().filter(|s| wanted(s.band));
        let once = |p: &&PlotPoint| self.shape.period_d.is_none() || p.x < 1.0;
        let mut all: Vec<(f64, f64, usize)> =
            series.flat_map(|s| s.points.iter().chain(&s.limits)).filter(once).map(|p| (p.x, p.y, p.id as usize)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        all
    }
}

/// Sorts by phase, and puts a second cycle behind the first.
fn two_cycles(points: &mut Vec<PlotPoint>) {
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    let again: Vec<PlotPoint> = points.iter().map(|p| PlotPoint { x: p.x + 1.0, ..*p }).collect();
    points.extend(again);
}

#[derive(Debug, Clone, Default)]
struct Range(Option<(f64, f64)>);

impl Range {
    fn add(&mut self, low: f64, high: f64) {
        let (a, b) = self.0.unwrap_or((low, high));
        self.0 = Some((a.min(low), b.max(high)));
    }

    fn join(&mut self, other: &Range) {
        if let Some((low, high)) = other.0 {
            self.add(low, high);
        }
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

    fn shape(flux: bool) -> Shape {
        Shape { flux, ..Shape::default() }
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
        let m = PlotData::new(&lc, shape(false));
        let (x, y) = m.range(|_| true);
        assert_eq!((m.hidden, m.series[0].points.len(), m.series[1].limits.len()), (1, 2, 1));
        assert_eq!((m.day0_mjd, m.day0_is_detection, x), (100.0, true, (-10.0, 3.0)));
        assert!((m.series[0].points[1].y - 18.0).abs() < 1e-9 && (m.series[0].points[1].low - 17.9).abs() < 1e-9);
        assert_eq!(m.series[0].points[1].id, 3);
        // 17.9 to 20 (the limit), and 4 % around.
        assert!((y.0 - (17.9 - 0.084)).abs() < 1e-9 && (y.1 - 20.084).abs() < 1e-9);
        // Without r the limit does not count: 17.9 to 19.1.
        let g_alone = m.range(|b| b == g).1;
        assert!((g_alone.0 - (17.9 - 0.048)).abs() < 1e-9 && (g_alone.1 - 19.148).abs() < 1e-9);
        assert_eq!(m.range_of(r).unwrap().0, (-10.0, -10.0));
        assert!(m.y_within((2.0, 4.0), |_| true).unwrap().1 < 18.2);
        assert!(m.y_within((4.0, 5.0), |_| true).is_none());
        let f = PlotData::new(&lc, shape(true));
        assert_eq!((f.hidden, f.series[0].points.len()), (0, 3));
        assert!(f.range(|_| true).1.0 < -4.0);
        assert_eq!(f.times_mjd, vec![90.0, 95.0, 100.0, 103.0]);
        assert_eq!(f.points(|b| b == g).iter().map(|p| p.2).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_folded_light_curve_shows_two_cycles() {
        let g = BandId::ZTF_G;
        let lc = lc([100.0, 100.5, 103.25].iter().map(|t| Observation::from_mag(*t, g, 18.0, 0.1, 1.0)).collect());
        let d = PlotData::new(&lc, Shape { period_d: Some(1.0), ..Shape::default() });
        assert_eq!(d.series[0].points.iter().map(|p| p.x).collect::<Vec<_>>(), [0.0, 0.25, 0.5, 1.0, 1.25, 1.5]);
        assert_eq!((d.range(|_| true).0, d.series[0].n, d.x_of(100.0)), ((0.0, 2.0), (3, 0), None));
        assert_eq!(d.points(|_| true).iter().map(|p| p.2).collect::<Vec<_>>(), [0, 2, 1]);
    }

    #[test]
    fn a_date_axis_has_a_round_offset() {
        let lc = lc(vec![Observation::from_mag(58_234.5, BandId::ZTF_G, 19.0, 0.01, 1.0)]);
        let d = PlotData::new(&lc, Shape { axis: TimeAxis::Mjd, ..Shape::default() });
        assert_eq!((d.offset_mjd, d.x_of(58_234.5)), (58_200.0, Some(34.5)));
    }

    #[test]
    fn one_point_and_none() {
        let one = PlotData::new(&lc(vec![Observation::from_mag(5.0, BandId::ZTF_G, 19.0, 0.01, 1.0)]), shape(false));
        let (x, y) = one.range(|_| true);
        assert!(y.0 < 19.0 && y.1 > 19.0 && y.1 - y.0 >= 0.2);
        assert_eq!(x, (0.0, 0.0));
        let none = PlotData::new(&lc(vec![]), shape(false));
        assert!(none.is_empty(|_| true) && one.is_empty(|_| false));
    }
}
