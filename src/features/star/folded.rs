//! The found period, its rivals, and the light curve folded at it and at its double.

use super::{Band, Sink, quantile, sorted};
use crate::features::period::{self, Search, shape::PHASES, shape::Shape};
use crate::lightcurve::Observation;
use std::f64::consts::TAU;

/// Harmonics of the fits at the period and at its double.
const HARMONICS: [usize; 2] = [5, 8];
/// The doubled curve is handed to the network at so many phases.
const SHOWN: usize = 16;
/// Ranges of frequency (per day) whose highest powers are features.
const RANGES: [(f64, f64, &str); 6] =
    [(0.0, 0.01, "years"), (0.01, 0.1, "weeks"), (0.1, 0.9, "days"), (1.1, 1.9, "half_day"), (2.1, 4.9, "hours"), (5.1, 24.0, "fast")];

/// Of the search's result, if there is any.
pub(super) fn put(observations: &[Observation], bands: &[Band], search: Option<&Search>, out: &mut impl Sink) {
    let nan = f64::NAN;
    let best = search.and_then(|s| s.peaks.first());
    let of = |f: &dyn Fn(&period::Peak) -> f64| best.map_or(nan, f);
    let mut say = |name: &str, unit: &'static str, doc: &str, value: f64| {
        out.put(format_args!("fold_{name}"), unit, format_args!("{doc}"), value);
    };
    say("log_period", "", "decimal logarithm of the best period in days", of(&|p| p.period_d.log10()));
    say("power", "", "variance removed by the best period", of(&|p| p.power));
    say("harmonics", "", "harmonics of its model", of(&|p| p.harmonics as f64));
    say(
        "log_false_alarm",
        "",
        "decimal logarithm of minus the logarithm of its false-alarm probability",
        of(&|p| (-p.log10_false_alarm()).max(1e-3).log10()),
    );
    let rival = search.and_then(|s| {
        s.peaks.iter().skip(1).find(|p| p.relation != period::Relation::DoublePeriod && p.relation != period::Relation::HalfPeriod)
    });
    say(
        "rival_power",
        "",
        "power of the next period that is neither half nor double, over the best's",
        rival.zip(best).map_or(nan, |(r, b)| r.power / b.power),
    );
    say(
        "rival_ratio",
        "",
        "decimal logarithm of that period over the best one",
        rival.zip(best).map_or(nan, |(r, b)| (r.period_d / b.period_d).log10()),
    );
    for (low, high, name) in RANGES {
        let highest = search.map_or(nan, |s| highest(s, low, high));
        say(&format!("power_{name}"), "", &format!("highest power of a sinusoid between {low} and {high} cycles a day"), highest);
    }
    let folded: Vec<Option<Shape>> = [1.0, 2.0]
        .into_iter()
        .zip(HARMONICS)
        .map(|(times, harmonics)| best.and_then(|p| period::shape::shape(observations, times * p.period_d, harmonics)))
        .collect();
    let [once, twice] = folded.as_slice() else { return };
    series(once.as_ref(), &mut say);
    curve(once.as_ref(), bands, &mut say);
    doubled(once.as_ref(), twice.as_ref(), &mut say);
    let second = best.and_then(|p| period::shape::second(observations, p.period_d, HARMONICS[0]));
    say("second_power", "", "highest power of what the best period leaves", second.map_or(nan, |s| s.1));
    say(
        "second_ratio",
        "",
        "decimal logarithm of the best period's frequency over that frequency",
        second.zip(best).map_or(nan, |(s, p)| (1.0 / (p.period_d * s.0)).log10()),
    );
}

/// Highest power between two frequencies.
fn highest(search: &Search, low: f64, high: f64) -> f64 {
    let bins = search.periodogram(1 << 13);
    let width = (search.max_frequency_per_d - search.min_frequency_per_d) / bins.len() as f64;
    let bin = |f: f64| (((f - search.min_frequency_per_d) / width).max(0.0) as usize).min(bins.len());
    let range = bins.get(bin(low)..bin(high).max(bin(low) + 1).min(bins.len())).unwrap_or_default();
    if range.is_empty() { f64::NAN } else { f64::from(range.iter().copied().fold(0.0, f32::max)) }
}

type Say<'a> = dyn FnMut(&str, &'static str, &str, f64) + 'a;

/// Harmonics.
fn series(shape: Option<&Shape>, say: &mut Say) {
    let nan = f64::NAN;
    let harmonic = |k: usize| shape.and_then(|s| s.harmonics.get(k - 1).copied());
    let first = harmonic(1);
    say("sinus", "", "variance removed by one sinusoid, over that of the series", shape.map_or(nan, |s| s.first_power / s.power));
    say("series_power", "", "variance in magnitudes removed by the series", shape.map_or(nan, |s| s.power));
    for k in 2..=4 {
        let both = harmonic(k).zip(first);
        let phase = both.map(|(h, f)| TAU * (h.1 - k as f64 * f.1));
        say(&format!("r{k}1"), "", &format!("amplitude of harmonic {k} over the first"), both.map_or(nan, |(h, f)| (h.0 / f.0).min(10.0)));
        say(
            &format!("phi{k}1_cos"),
            "",
            &format!("cosine of the phase of harmonic {k} from {k} times that of the first"),
            phase.map_or(nan, f64::cos),
        );
        say(&format!("phi{k}1_sin"), "", "its sine", phase.map_or(nan, f64::sin));
    }
}

/// The folded curve as a whole.
fn curve(shape: Option<&Shape>, bands: &[Band], say: &mut Say) {
    let nan = f64::NAN;
    let at = |f: &dyn Fn(&Shape) -> f64| shape.map_or(nan, f);
    let extremes = |s: &Shape| s.curve.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let height = |s: &Shape| {
        let (low, high) = extremes(s);
        high - low
    };
    let main = |s: &Shape| bands.first().and_then(|b| s.bands.iter().position(|x| *x == b.band));
    let amplitude = at(&|s| main(s).map_or(nan, |i| height(s) * s.amplitudes_mag[i].abs()));
    say(
        "log_amplitude",
        "",
        "decimal logarithm of the folded curve's height in mag, in the band with the most points",
        amplitude.max(1e-4).log10(),
    );
    let ratio = at(&|s| {
        let mut usable: Vec<(f64, f64)> =
            s.bands.iter().zip(&s.amplitudes_mag).filter_map(|(b, a)| b.wavelength_nm().map(|w| (w, *a))).collect();
        usable.sort_by(|a, b| a.0.total_cmp(&b.0));
        match usable.as_slice() {
            [blue, .., red] if red.0 > blue.0 && blue.1 > 0.0 && red.1 > 0.0 => (blue.1 / red.1).ln() / (red.0 / blue.0).ln(),
            _ => nan,
        }
    });
    say(
        "amplitude_ratio",
        "",
        "natural logarithm of the bluest over the reddest band's amplitude, per unit of the logarithm of the wavelengths",
        ratio,
    );
    let brightest = |s: &Shape| (0..PHASES).min_by(|a, b| s.curve[*a].total_cmp(&s.curve[*b])).unwrap_or(0) as f64 / PHASES as f64;
    say("rise", "", "phase from the faintest to the brightest", at(&brightest));
    let below = |s: &Shape, f: f64| {
        let (low, high) = extremes(s);
        s.curve.iter().filter(|v| **v > low + f * (high - low)).count() as f64 / PHASES as f64
    };
    say("faint_half", "", "share of the phases in the fainter half of the height", at(&|s| below(s, 0.5)));
    say("faint_quarter", "", "share of the phases in the faintest quarter of the height", at(&|s| below(s, 0.75)));
    let steepest = |s: &Shape, sign: f64| {
        let step = |i: usize| sign * (s.curve[(i + 2) % PHASES] - s.curve[i]);
        (0..PHASES).map(step).fold(0.0, f64::max) / height(s) * PHASES as f64 / 2.0
    };
    say("steepest_rise", "", "fastest brightening, heights per period", at(&|s| steepest(s, -1.0)));
    say("steepest_fall", "", "fastest fading, heights per period", at(&|s| steepest(s, 1.0)));
    let residuals = |s: &Shape| sorted(s.residuals.iter().map(|r| r.abs()));
    say("scatter", "", "median absolute residual over the height", at(&|s| quantile(&residuals(s), 0.5) / height(s)));
    say(
        "tails",
        "",
        "95th percentile of the absolute residuals over their median",
        at(&|s| quantile(&residuals(s), 0.95) / quantile(&residuals(s), 0.5)),
    );
    let lopsided = |s: &Shape| {
        let r = sorted(s.residuals.iter().copied());
        let (low, middle, high) = (quantile(&r, 0.05), quantile(&r, 0.5), quantile(&r, 0.95));
        (high + low - 2.0 * middle) / (high - low)
    };
    say("lopsided", "", "asymmetry of the residuals: 1 if all outliers are faint, -1 if bright", at(&lopsided));
    let rough = |s: &Shape| {
        let variance = s.residuals.iter().map(|r| r * r).sum::<f64>();
        s.residuals.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / variance.max(f64::MIN_POSITIVE)
    };
    say("roughness", "", "von Neumann's ratio of the residuals in order of phase: 2 for noise", at(&rough));
}

/// What the double period shows: unequal minima and maxima.
fn doubled(once: Option<&Shape>, twice: Option<&Shape>, say: &mut Say) {
    let nan = f64::NAN;
    let at = |f: &dyn Fn(&Shape) -> f64| twice.map_or(nan, f);
    say(
        "double_gain",
        "",
        "variance that the double period removes beyond the period, over what the period leaves",
        once.zip(twice).map_or(nan, |(o, t)| (t.power - o.power) / (1.0 - o.power).max(1e-3)),
    );
    let height = |s: &Shape| {
        let low = s.curve.iter().copied().fold(f64::INFINITY, f64::min);
        (low, s.curve.first().copied().unwrap_or(nan) - low)
    };
    let faint = |s: &Shape, from: f64, to: f64| {
        let range = (from * PHASES as f64) as usize..(to * PHASES as f64) as usize;
        range.map(|i| (s.curve[i], i)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((nan, 0))
    };
    say(
        "second_minimum",
        "",
        "depth of the minimum half a cycle from the deepest, over the deepest's",
        at(&|s| (faint(s, 0.25, 0.75).0 - height(s).0) / height(s).1),
    );
    say("second_phase", "", "its phase", at(&|s| faint(s, 0.25, 0.75).1 as f64 / PHASES as f64));
    let maxima = |s: &Shape| {
        let bright = |from: usize, to: usize| s.curve[from..to].iter().copied().fold(f64::INFINITY, f64::min);
        (bright(PHASES / 2, PHASES) - bright(1, PHASES / 2)).abs() / height(s).1
    };
    say("unequal_maxima", "", "difference of the two maxima over the height", at(&maxima));
    for i in 0..SHOWN {
        let shown = |s: &Shape| (s.curve[i * PHASES / SHOWN] - height(s).0) / height(s).1;
        say(
            &format!("curve_{i}"),
            "",
            &format!("the curve folded at the double period, {i}/{SHOWN} of a cycle from its deepest minimum: 1 there, 0 at its brightest"),
            at(&shown),
        );
    }
}
