//! Plain statistics of one channel's magnitudes.

use super::{Sink, Track};

/// Statistics of the magnitudes seen.
pub(super) fn put(track: &Track, out: &mut impl Sink) {
    let c = track.channel.letter();
    let t: Vec<f64> = track.seen.iter().map(|p| p.mjd).collect();
    let m: Vec<f64> = track.seen.iter().map(|p| p.mag).collect();
    let e: Vec<f64> = track.seen.iter().map(|p| p.mag_err).collect();
    let mut sorted = m.clone();
    sorted.sort_by(f64::total_cmp);
    let n = m.len();
    let nan = f64::NAN;
    let enough = |k: usize, f: &dyn Fn() -> f64| if n >= k { f() } else { nan };

    let mean = enough(1, &|| m.iter().sum::<f64>() / n as f64);
    let moment = |k: i32| m.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / n as f64;
    let sd = enough(2, &|| moment(2).sqrt());
    let wsum: f64 = e.iter().map(|e| e.powi(-2)).sum();
    let wmean = enough(1, &|| m.iter().zip(&e).map(|(m, e)| m * e.powi(-2)).sum::<f64>() / wsum);
    let median = enough(1, &|| quantile(&sorted, 0.5));

    out.put(format_args!("{c}_mean_w"), "mag", format_args!("error-weighted mean"), wmean);
    out.put(format_args!("{c}_median"), "mag", format_args!("median"), median);
    out.put(format_args!("{c}_sd"), "mag", format_args!("standard deviation"), sd);
    out.put(format_args!("{c}_amplitude"), "mag", format_args!("half the range"), enough(2, &|| (sorted[n - 1] - sorted[0]) / 2.0));
    out.put(
        format_args!("{c}_iqr"),
        "mag",
        format_args!("interquartile range"),
        enough(3, &|| quantile(&sorted, 0.75) - quantile(&sorted, 0.25)),
    );
    out.put(
        format_args!("{c}_mad"),
        "mag",
        format_args!("median absolute deviation"),
        enough(2, &|| {
            let mut d: Vec<f64> = m.iter().map(|x| (x - median).abs()).collect();
            d.sort_by(f64::total_cmp);
            quantile(&d, 0.5)
        }),
    );
    out.put(format_args!("{c}_skew"), "", format_args!("skewness"), enough(3, &|| if sd > 0.0 { moment(3) / sd.powi(3) } else { nan }));
    out.put(
        format_args!("{c}_kurtosis"),
        "",
        format_args!("excess kurtosis"),
        enough(4, &|| {
            if sd > 0.0 { moment(4) / sd.powi(4) - 3.0 } else { nan }
        }),
    );
    out.put(
        format_args!("{c}_beyond_1sd"),
        "",
        format_args!("fraction beyond one standard deviation of the mean"),
        enough(2, &|| m.iter().filter(|x| (*x - mean).abs() > sd).count() as f64 / n as f64),
    );
    out.put(
        format_args!("{c}_chi2"),
        "",
        format_args!("reduced chi2 about the weighted mean"),
        enough(2, &|| m.iter().zip(&e).map(|(m, e)| ((m - wmean) / e).powi(2)).sum::<f64>() / (n - 1) as f64),
    );
    out.put(format_args!("{c}_cusum"), "", format_args!("range of the cumulative sum"), enough(2, &|| cusum(&m, mean, sd)));
    out.put(format_args!("{c}_eta_e"), "", format_args!("von Neumann eta for uneven sampling"), enough(3, &|| eta_e(&t, &m, sd)));
    let (slope, slope_err, noise) = line(&t, &m);
    out.put(format_args!("{c}_trend"), "mag/d", format_args!("slope of a straight line"), slope);
    out.put(format_args!("{c}_trend_err"), "mag/d", format_args!("its error"), slope_err);
    out.put(format_args!("{c}_trend_noise"), "mag", format_args!("scatter about that line"), noise);
    let steepest = |sign: f64| {
        let rates = t.windows(2).zip(m.windows(2)).filter(|(t, _)| t[1] - t[0] >= 0.5).map(|(t, m)| sign * (m[1] - m[0]) / (t[1] - t[0]));
        rates.max_by(f64::total_cmp).unwrap_or(nan)
    };
    out.put(format_args!("{c}_steepest_fall"), "mag/d", format_args!("fastest fading between neighbours"), steepest(1.0));
    out.put(format_args!("{c}_steepest_rise"), "mag/d", format_args!("fastest brightening between neighbours"), steepest(-1.0));
    let gap = t.windows(2).map(|t| t[1] - t[0]).max_by(f64::total_cmp).unwrap_or(nan);
    out.put(format_args!("{c}_longest_gap_d"), "d", format_args!("longest gap between neighbours"), gap);
}

/// Quantile with linear interpolation of sorted, non-empty values.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let x = q * (sorted.len() - 1) as f64;
    let i = x.floor() as usize;
    let j = (i + 1).min(sorted.len() - 1);
    sorted[i] + (x - i as f64) * (sorted[j] - sorted[i])
}

fn cusum(m: &[f64], mean: f64, sd: f64) -> f64 {
    if sd <= 0.0 {
        return f64::NAN;
    }
    let (mut s, mut low, mut high) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for x in m {
        s += x - mean;
        low = s.min(low);
        high = s.max(high);
    }
    (high - low) / (m.len() as f64 * sd)
}

fn eta_e(t: &[f64], m: &[f64], sd: f64) -> f64 {
    let n = t.len() as f64;
    let sum: f64 = t.windows(2).zip(m.windows(2)).map(|(t, m)| ((m[1] - m[0]) / (t[1] - t[0]).max(1e-3)).powi(2)).sum();
    let span = t[t.len() - 1] - t[0];
    if sd <= 0.0 {
        return f64::NAN;
    }
    // Heavy tail: the logarithm is what a network can use.
    ((span / (n - 1.0)).powi(2) * sum / ((n - 1.0) * sd * sd)).max(1e-9).log10()
}

/// Slope, its error and the residual scatter of an unweighted straight line through three or more points.
fn line(t: &[f64], m: &[f64]) -> (f64, f64, f64) {
    let n = t.len() as f64;
    if t.len() < 3 {
        return (f64::NAN, f64::NAN, f64::NAN);
    }
    let t0 = t.iter().sum::<f64>() / n;
    let m0 = m.iter().sum::<f64>() / n;
    let tt: f64 = t.iter().map(|t| (t - t0).powi(2)).sum();
    if tt <= 0.0 {
        return (f64::NAN, f64::NAN, f64::NAN);
    }
    let slope = t.iter().zip(m).map(|(t, m)| (t - t0) * (m - m0)).sum::<f64>() / tt;
    let rss: f64 = t.iter().zip(m).map(|(t, m)| (m - m0 - slope * (t - t0)).powi(2)).sum();
    let variance = rss / (n - 2.0).max(1.0);
    (slope, (variance / tt).sqrt(), variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_exactly() {
        let t = [0.0, 1.0, 2.0, 5.0];
        let m: Vec<f64> = t.iter().map(|t| 18.0 + 0.3 * t).collect();
        let (s, e, n) = line(&t, &m);
        assert!((s - 0.3).abs() < 1e-12 && e < 1e-9 && n < 1e-9);
        assert!(line(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]).0.is_nan());
    }

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.25), 7.0);
    }

    #[test]
    fn cusum_by_hand() {
        // Deviations -1, 1, -1, 1 of sd 1: sums -1, 0, -1, 0; range 1 over n = 4.
        assert!((cusum(&[1.0, 3.0, 1.0, 3.0], 2.0, 1.0) - 0.25).abs() < 1e-12);
    }
}
