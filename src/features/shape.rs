//! Peak, rise, decline, durations and limits of one channel.

use super::{Point, Sink, Track};

/// Lags after the peak (days) at which the magnitude lost is measured.
const DECLINE_D: [f64; 11] = [5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 90.0, 120.0];
/// Lags before the peak (days).
const RISE_D: [f64; 5] = [3.0, 6.0, 10.0, 15.0, 25.0];
/// Fractions of the peak flux.
const FRACTIONS: [(f64, &str); 2] = [(0.5, "half"), (0.25, "quarter")];
/// Windows after the peak (days) in which a straight line is fitted.
const SLOPES_D: [(f64, f64); 4] = [(0.0, 15.0), (10.0, 35.0), (30.0, 70.0), (60.0, 150.0)];

/// Features of one channel's shape.
pub(super) fn put(track: &Track, out: &mut impl Sink) {
    let c = track.channel.letter();
    let seen = &track.seen;
    let first = seen.first();
    let last = seen.last();
    let peak = track.peak_point();
    let nan = f64::NAN;
    let between = |a: Option<&Point>, b: Option<&Point>| a.zip(b).map_or(nan, |(a, b)| b.mjd - a.mjd);

    out.put(format_args!("{c}_n"), "", format_args!("number of points seen at 3 sigma or more"), seen.len() as f64);
    out.put(format_args!("{c}_peak_mag"), "mag", format_args!("magnitude of the brightest point"), peak.map_or(nan, |p| p.mag));
    out.put(format_args!("{c}_first_mag"), "mag", format_args!("magnitude of the first point"), first.map_or(nan, |p| p.mag));
    out.put(format_args!("{c}_rise_d"), "d", format_args!("first point to peak"), between(first, peak));
    out.put(format_args!("{c}_fall_d"), "d", format_args!("peak to last point"), between(peak, last));
    out.put(format_args!("{c}_span_d"), "d", format_args!("first to last point"), between(first, last));
    out.put(
        format_args!("{c}_rise_rate"),
        "mag/d",
        format_args!("mean rate from the first point to the peak"),
        first.zip(peak).filter(|(f, p)| p.mjd - f.mjd >= 1.0).map_or(nan, |(f, p)| (f.mag - p.mag) / (p.mjd - f.mjd)),
    );
    for d in DECLINE_D {
        let lost = peak.and_then(|p| track.mean_near(p.mjd + d, 2.5 * (1.0 + 0.12 * d)).map(|m| m - p.mag));
        out.put(format_args!("{c}_decline_{d}"), "mag", format_args!("magnitudes lost {d} days after the peak"), lost.unwrap_or(nan));
    }
    for d in RISE_D {
        let missing = peak.and_then(|p| track.mean_near(p.mjd - d, (2.0 + 0.2 * d).min(d - 0.5)).map(|m| m - p.mag));
        out.put(
            format_args!("{c}_rise_{d}"),
            "mag",
            format_args!("magnitudes still missing {d} days before the peak"),
            missing.unwrap_or(nan),
        );
    }
    for (from, to) in SLOPES_D {
        let slope = peak.and_then(|p| slope(seen, p.mjd + from, p.mjd + to));
        out.put(
            format_args!("{c}_slope_{from}_{to}"),
            "mag/d",
            format_args!("straight-line decline {from} to {to} days after the peak"),
            slope.unwrap_or(nan),
        );
    }
    for (fraction, name) in FRACTIONS {
        let d = peak.map_or(nan, |p| days_above(seen, fraction * p.flux_ujy));
        out.put(format_args!("{c}_above_{name}_d"), "d", format_args!("time spent above {fraction} of the peak flux"), d);
    }
    limits(track, out);
}

fn limits(track: &Track, out: &mut impl Sink) {
    let c = track.channel.letter();
    let nan = f64::NAN;
    let before = track.seen.first().and_then(|f| {
        let end = track.unseen.partition_point(|u| u.0 < f.mjd);
        track.unseen[..end].last().map(|u| (f.mjd - u.0, u.1 - f.mag))
    });
    out.put(format_args!("{c}_last_limit_d"), "d", format_args!("last limit to first point"), before.map_or(nan, |b| b.0));
    out.put(
        format_args!("{c}_last_limit_depth"),
        "mag",
        format_args!("how much deeper that limit was than the first point"),
        before.map_or(nan, |b| b.1),
    );
    // The deepest of the month before: a single shallow night says little.
    let deepest = track.seen.first().and_then(|f| {
        let near = track.unseen.iter().filter(|u| u.0 < f.mjd && u.0 > f.mjd - 30.0).map(|u| u.1 - f.mag);
        near.max_by(f64::total_cmp)
    });
    out.put(
        format_args!("{c}_deepest_limit_depth"),
        "mag",
        format_args!("how much deeper the deepest limit of the 30 days before was"),
        deepest.unwrap_or(nan),
    );
    let after = track.seen.last().and_then(|l| {
        let start = track.unseen.partition_point(|u| u.0 <= l.mjd);
        track.unseen.get(start).map(|u| u.0 - l.mjd)
    });
    out.put(format_args!("{c}_next_limit_d"), "d", format_args!("last point to the next limit"), after.unwrap_or(nan));
}

/// Least-squares slope in mag/d of at least three points over at least a third of the window.
fn slope(seen: &[Point], from: f64, to: f64) -> Option<f64> {
    let start = seen.partition_point(|p| p.mjd < from);
    let end = seen.partition_point(|p| p.mjd <= to);
    let points = seen.get(start..end)?;
    let span = points.last()?.mjd - points.first()?.mjd;
    if points.len() < 3 || span < (to - from) / 3.0 {
        return None;
    }
    let (mut w, mut wt, mut wm) = (0.0, 0.0, 0.0);
    let weight = |p: &Point| (p.mag_err.powi(2) + 0.03f64.powi(2)).recip();
    for p in points {
        w += weight(p);
        wt += weight(p) * (p.mjd - from);
        wm += weight(p) * p.mag;
    }
    let (t0, m0) = (wt / w, wm / w);
    let (mut tt, mut tm) = (0.0, 0.0);
    for p in points {
        let t = p.mjd - from - t0;
        tt += weight(p) * t * t;
        tm += weight(p) * t * (p.mag - m0);
    }
    (tt > 0.0).then(|| tm / tt)
}

/// Time during which the linearly joined points lie above a flux (days).
fn days_above(seen: &[Point], flux: f64) -> f64 {
    let mut total = 0.0;
    for (a, b) in seen.iter().zip(seen.iter().skip(1)) {
        let (fa, fb, dt) = (a.flux_ujy, b.flux_ujy, b.mjd - a.mjd);
        total += dt
            * match (fa >= flux, fb >= flux) {
                (true, true) => 1.0,
                (false, false) => 0.0,
                (true, false) => (fa - flux) / (fa - fb),
                (false, true) => (fb - flux) / (fb - fa),
            };
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(list: &[(f64, f64)]) -> Vec<Point> {
        list.iter()
            .map(|&(mjd, mag)| Point { mjd, mag, mag_err: 0.05, flux_ujy: crate::lightcurve::units::flux_ujy(mag), flux_err_ujy: 1.0 })
            .collect()
    }

    #[test]
    fn a_line_has_its_slope() {
        let p = points(&[(0.0, 18.0), (5.0, 18.1), (9.0, 18.18), (12.0, 18.24)]);
        assert!((slope(&p, 0.0, 15.0).unwrap() - 0.02).abs() < 1e-12);
        assert_eq!(slope(&p, 10.0, 35.0), None);
        assert_eq!(slope(&[], 0.0, 15.0), None);
    }

    #[test]
    fn crossings_are_interpolated() {
        let mut p = points(&[(0.0, 18.0), (10.0, 18.0), (20.0, 18.0)]);
        p[0].flux_ujy = 0.0;
        p[1].flux_ujy = 100.0;
        p[2].flux_ujy = 0.0;
        assert!((days_above(&p, 50.0) - 10.0).abs() < 1e-12);
        assert!((days_above(&p, 25.0) - 15.0).abs() < 1e-12);
    }
}
