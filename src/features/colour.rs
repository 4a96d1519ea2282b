//! What the two channels say together: times, colours and limits.

use super::{Sink, Track};

/// Phases in days from the reference peak at which g - r is measured.
const COLOUR_D: [f64; 10] = [-10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0];
/// Ages in days since the first point at which both channels' magnitudes are measured.
const AGE_D: [f64; 6] = [2.0, 5.0, 10.0, 20.0, 40.0, 80.0];

/// Features between the channels.
pub(super) fn put(tracks: &[Track; 2], out: &mut impl Sink) {
    let [blue, red] = tracks;
    let nan = f64::NAN;
    let peaks = blue.peak_point().zip(red.peak_point());
    out.put(format_args!("peak_delay_d"), "d", format_args!("g peak to r peak"), peaks.map_or(nan, |(b, r)| r.mjd - b.mjd));
    out.put(format_args!("peak_colour"), "mag", format_args!("g peak minus r peak"), peaks.map_or(nan, |(b, r)| b.mag - r.mag));
    let reference = red.peak_point().or(blue.peak_point()).map_or(nan, |p| p.mjd);
    let near = |track: &Track, mjd: f64, half_width: f64| if mjd.is_finite() { track.mean_near(mjd, half_width) } else { None };
    for d in COLOUR_D {
        let half_width = 2.5 + 0.1 * d.abs();
        let colour = near(blue, reference + d, half_width).zip(near(red, reference + d, half_width)).map(|(b, r)| b - r);
        out.put(
            format_args!("colour_{d}"),
            "mag",
            format_args!("g - r {d} days from the peak in r (in g, where r was not seen)"),
            colour.unwrap_or(nan),
        );
    }
    let firsts = [blue.seen.first(), red.seen.first()];
    let first = firsts.iter().flatten().map(|p| p.mjd).fold(f64::INFINITY, f64::min);
    for d in AGE_D {
        let half_width = 1.5 + 0.15 * d;
        let (b, r) = (near(blue, first + d, half_width), near(red, first + d, half_width));
        for (c, m) in [("g", b), ("r", r)] {
            out.put(format_args!("{c}_at_{d}"), "mag", format_args!("magnitude {d} days after the first point"), m.unwrap_or(nan));
        }
        out.put(
            format_args!("colour_at_{d}"),
            "mag",
            format_args!("g - r {d} days after the first point"),
            b.zip(r).map_or(nan, |(b, r)| b - r),
        );
    }
    let lasts = [blue.seen.last(), red.seen.last()];
    let last = lasts.iter().flatten().map(|p| p.mjd).fold(f64::NEG_INFINITY, f64::max);
    out.put(format_args!("age_d"), "d", format_args!("first to last point in either channel"), last - first);
    let colour = near(blue, last, 6.0).zip(near(red, last, 6.0)).map(|(b, r)| b - r);
    out.put(format_args!("colour_last"), "mag", format_args!("g - r at the last point"), colour.unwrap_or(nan));
    let since = tracks.iter().filter_map(Track::peak_point).map(|p| last - p.mjd).fold(f64::INFINITY, f64::min);
    out.put(format_args!("since_peak_d"), "d", format_args!("time since the later of the peaks"), since);
    let total = (blue.seen.len() + red.seen.len()) as f64;
    out.put(
        format_args!("blue_fraction"),
        "",
        format_args!("share of the points in the blue channel"),
        if total > 0.0 { blue.seen.len() as f64 / total } else { nan },
    );
}
