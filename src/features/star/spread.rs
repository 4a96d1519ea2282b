//! How the magnitudes of the best-covered band scatter, and on which times.

use super::{Band, Sink, quantile, sorted};

/// Lags in days between which differences of magnitude are gathered.
const LAGS_D: [(f64, f64, &str); 6] =
    [(0.0, 0.1, "hours"), (0.1, 0.7, "day"), (0.7, 5.0, "days"), (5.0, 40.0, "month"), (40.0, 250.0, "year"), (250.0, 1e9, "years")];
/// Pairs of points are taken up to so many neighbours apart: enough for the shape, and linear in the number of points.
const NEIGHBOURS: [usize; 8] = [1, 2, 3, 5, 9, 20, 50, 130];

/// Statistics of the band; missing without one.
pub(super) fn put(band: Option<&Band>, out: &mut impl Sink) {
    let none = Vec::new();
    let points = band.map_or(&none, |b| &b.points);
    let n = points.len();
    let nan = f64::NAN;
    let enough = |k: usize, value: f64| if n >= k { value } else { nan };
    let mags = sorted(points.iter().map(|p| p.mag));
    let q = |f: f64| quantile(&mags, f);
    let median = q(0.5);
    let range = q(0.95) - q(0.05);
    let count = n as f64;
    let mean = points.iter().map(|p| p.mag).sum::<f64>() / count;
    let moment = |k: i32| points.iter().map(|p| (p.mag - mean).powi(k)).sum::<f64>() / count;
    let sd = moment(2).sqrt();
    let errors = sorted(points.iter().map(|p| p.err));
    let error = quantile(&errors, 0.5);
    let mad = quantile(&sorted(points.iter().map(|p| (p.mag - median).abs())), 0.5);
    let span = points.last().zip(points.first()).map_or(nan, |(l, f)| l.mjd - f.mjd);
    let log = |x: f64| x.max(1e-9).log10();

    let mut say = |name: &str, unit: &'static str, doc: &str, value: f64| {
        out.put(format_args!("star_{name}"), unit, format_args!("{doc}, in the band with the most points"), value)
    };
    say("wavelength", "nm", "effective wavelength", band.and_then(|b| b.band.wavelength_nm()).unwrap_or(nan));
    say("log_n", "", "decimal logarithm of the number of points", enough(1, log(count)));
    say("span_d", "d", "first to last point", span);
    say("median", "mag", "median magnitude", median);
    say("error", "mag", "median error", error);
    say("range", "mag", "5th to 95th percentile", enough(5, range));
    say("log_sd", "", "decimal logarithm of the standard deviation in mag", enough(3, log(sd)));
    say("log_excess", "", "decimal logarithm of the standard deviation over the median error", enough(3, log(sd / error)));
    say("skew", "", "skewness", enough(4, if sd > 0.0 { moment(3) / sd.powi(3) } else { nan }));
    say("kurtosis", "", "excess kurtosis", enough(5, if sd > 0.0 { moment(4) / sd.powi(4) - 3.0 } else { nan }));
    say("asymmetry", "", "(median - 5th) over the range of percentiles", enough(5, (median - q(0.05)) / range));
    say("middle", "", "interquartile range over the range of percentiles", enough(5, (q(0.75) - q(0.25)) / range));
    say("mad", "", "median absolute deviation over the standard deviation", enough(5, mad / sd));
    let extreme = |sign: f64| points.iter().filter(|p| sign * (p.mag - median) > 4.0 * mad).count() as f64 / count;
    say("faint_share", "", "share of points fainter than the median by four median deviations", enough(10, extreme(1.0)));
    say("bright_share", "", "share of points brighter than the median by four median deviations", enough(10, extreme(-1.0)));
    say("depth", "", "(99th percentile - median) over (median - 1st percentile)", enough(10, log((q(0.99) - median) / (median - q(0.01)))));
    let chi2 = points.iter().map(|p| ((p.mag - mean) / p.err).powi(2)).sum::<f64>() / (count - 1.0);
    say("log_chi2", "", "decimal logarithm of the reduced chi2 about the mean", enough(3, log(chi2)));
    let residuals: Vec<f64> = points.iter().map(|p| (p.mag - mean) / p.err).collect();
    let k = residuals.iter().map(|r| r.abs()).sum::<f64>() / count / (residuals.iter().map(|r| r * r).sum::<f64>() / count).sqrt();
    say("stetson_k", "", "Stetson's (1996) K: 0.798 for normal scatter, 0.9 for a sinusoid", enough(5, k));
    let steps = points.windows(2).map(|w| (w[1].mag - w[0].mag).powi(2)).sum::<f64>() / (count - 1.0);
    say(
        "eta",
        "",
        "decimal logarithm of von Neumann's ratio: mean square of the steps over the variance",
        enough(5, log(steps / (sd * sd))),
    );
    let (first, last) = (points.first().map_or(0.0, |p| p.mjd), points.last().map_or(0.0, |p| p.mjd));
    let middle = 0.5 * (first + last);
    let tt: f64 = points.iter().map(|p| (p.mjd - middle).powi(2)).sum();
    let slope = points.iter().map(|p| (p.mjd - middle) * (p.mag - mean)).sum::<f64>() / tt;
    say("trend", "", "straight-line change over the span, over the standard deviation", enough(5, slope * span / sd));
    for (from, to, name) in LAGS_D {
        let mut steps = Vec::new();
        for apart in NEIGHBOURS {
            let pairs = points.iter().zip(points.iter().skip(apart));
            steps.extend(pairs.filter(|(a, b)| (from..to).contains(&(b.mjd - a.mjd))).map(|(a, b)| (b.mag - a.mag).abs()));
        }
        let typical = if steps.len() >= 5 { quantile(&sorted(steps.into_iter()), 0.5) / sd } else { nan };
        say(
            &format!("change_{name}"),
            "",
            &format!("median change of magnitude between points {from} to {to} d apart, over the standard deviation"),
            typical,
        );
    }
}
