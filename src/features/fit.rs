//! A parametric light curve fitted to each channel: a rise, a plateau that declines in a straight line, and an exponential tail.
//!
//! The shape is that of Villar et al. (2019, eq. 1), with the drop over the plateau (beta gamma there) as a fraction between 0 and 1, so that
//! the flux stays positive. Fitted by Levenberg and Marquardt's method on fluxes in units of the peak, with wide priors on the logarithms
//! of the times, so that a light curve of a few points has an answer too. Limits of the weeks before and after count as fluxes of zero.

use super::{Sink, Track};

/// A channel with fewer points seen is not fitted.
const MIN_POINTS: usize = 3;
/// At most so many points are fitted: a well-sampled light curve says no more with all of them.
const MAX_POINTS: usize = 120;
/// Limits so many days before the first and after the last point are fitted too.
const LIMITS_D: f64 = 30.0;
/// Days from the peak beyond which points are left out: late ones are often the host's.
const RANGE_D: (f64, f64) = (-100.0, 200.0);
/// Scatter added to every error, in units of the peak: real light curves follow no formula exactly.
const FLOOR: f64 = 0.03;
/// The fit ends after so many steps, or when one gains less than this share of the cost.
const MAX_STEPS: usize = 40;
const TOLERANCE: f64 = 1e-4;
/// Mean and standard deviation of the priors: ln of the amplitude over the peak, logit of the drop, time of the rise from the peak
/// (d), ln of the plateau's length, of the rise time and of the decline time (d). Wide guesses, not fitted to any data.
const PRIORS: [(f64, f64); 6] = [(0.0, 0.5), (-0.5, 1.5), (-6.0, 12.0), (3.0, 0.8), (1.1, 0.7), (3.4, 0.7)];

/// Parameters of the shape, as the priors list them.
type Parameters = [f64; 6];

/// Flux at one time, and its derivatives.
fn model(p: &Parameters, t: f64) -> (f64, [f64; 6]) {
    let amplitude = p[0].exp();
    let drop = 1.0 / (1.0 + (-p[1]).exp());
    let (plateau, rise, decline) = (p[3].exp(), p[4].exp(), p[5].exp());
    let x = t - p[2];
    let u = (x / rise).clamp(-500.0, 500.0);
    let s = 1.0 / (1.0 + (-u).exp());
    let s_slope = s * (1.0 - s);
    // Value of the decline, and its derivatives by drop, t0, ln plateau and ln decline.
    let (g, by_drop, by_t0, by_plateau, by_decline) = if x < plateau {
        (1.0 - drop * x / plateau, -x / plateau, drop / plateau, drop * x / plateau, 0.0)
    } else {
        let tail = ((plateau - x) / decline).exp();
        let g = (1.0 - drop) * tail;
        (g, -tail, g / decline, g * plateau / decline, g * (x - plateau) / decline)
    };
    let flux = amplitude * s * g;
    let derivatives = [
        flux,
        amplitude * s * by_drop * drop * (1.0 - drop),
        amplitude * (s * by_t0 - s_slope / rise * g),
        amplitude * s * by_plateau,
        -amplitude * s_slope * u * g,
        amplitude * s * by_decline,
    ];
    (flux, derivatives)
}

/// Half the sum of squares at `p`, of points (days from the peak, flux, error) and priors.
fn cost(points: &[(f64, f64, f64)], p: &Parameters) -> f64 {
    let of_points: f64 = points.iter().map(|&(t, f, e)| ((model(p, t).0 - f) / e).powi(2)).sum();
    let of_priors: f64 = PRIORS.iter().zip(p).map(|((mean, sd), x)| ((x - mean) / sd).powi(2)).sum();
    0.5 * (of_points + of_priors)
}

/// Levenberg's and Marquardt's method from the priors' means. The priors keep the normal matrix positive definite.
fn solve(points: &[(f64, f64, f64)]) -> Option<Parameters> {
    let mut p = PRIORS.map(|(mean, _)| mean);
    let mut now = cost(points, &p);
    let mut damping = 1e-2;
    for _ in 0..MAX_STEPS {
        let mut a = [[0.0; 6]; 6];
        let mut b = [0.0; 6];
        for &(t, f, e) in points {
            let (flux, d) = model(&p, t);
            let (r, w) = ((flux - f) / e, 1.0 / e);
            for i in 0..6 {
                b[i] -= d[i] * w * r;
                for j in 0..=i {
                    a[i][j] += d[i] * d[j] * w * w;
                }
            }
        }
        for (i, (mean, sd)) in PRIORS.iter().enumerate() {
            a[i][i] += sd.powi(-2);
            b[i] -= (p[i] - mean) / (sd * sd);
        }
        let mut better = None;
        while damping < 1e6 {
            let mut damped = a;
            (0..6).for_each(|i| damped[i][i] *= 1.0 + damping);
            let step = cholesky_solve(damped, b)?;
            let mut next = p;
            next.iter_mut().zip(step).for_each(|(x, s)| *x += s);
            let then = cost(points, &next);
            if then.is_finite() && then < now {
                better = Some((next, then));
                damping = (damping * 0.3).max(1e-7);
                break;
            }
            damping *= 6.0;
        }
        let Some((next, then)) = better else { break };
        let gain = now - then;
        (p, now) = (next, then);
        if gain < TOLERANCE * (1.0 + now) {
            break;
        }
    }
    p.iter().all(|x| x.is_finite()).then_some(p)
}

/// x of a x = b for a symmetric positive definite matrix, of which the lower half is read; none if it is not definite.
fn cholesky_solve(mut a: [[f64; 6]; 6], mut b: [f64; 6]) -> Option<[f64; 6]> {
    for i in 0..6 {
        for j in 0..=i {
            let sum = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            a[i][j] = match i == j {
                true if sum > 0.0 => sum.sqrt(),
                true => return None,
                false => sum / a[j][j],
            };
        }
        b[i] = (b[i] - (0..i).map(|k| a[i][k] * b[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..6).rev() {
        b[i] = (b[i] - (i + 1..6).map(|k| a[k][i] * b[k]).sum::<f64>()) / a[i][i];
    }
    Some(b)
}

/// A channel's fit.
struct Fit {
    at: Parameters,
    /// Reduced chi2 of the points, without the priors.
    chi2: f64,
    /// When the peak was, MJD.
    peak_mjd: f64,
    /// Its magnitude.
    peak_mag: f64,
}

fn fit(track: &Track) -> Option<Fit> {
    let peak = track.peak_point()?;
    if track.seen.len() < MIN_POINTS {
        return None;
    }
    let point = |mjd: f64, flux: f64, err: f64| {
        let t = mjd - peak.mjd;
        let ok = (RANGE_D.0..=RANGE_D.1).contains(&t);
        ok.then(|| (t, flux / peak.flux_ujy, (err / peak.flux_ujy).hypot(FLOOR)))
    };
    let mut points: Vec<_> = track.seen.iter().filter_map(|p| point(p.mjd, p.flux_ujy, p.flux_err_ujy)).collect();
    let every = points.len().div_ceil(MAX_POINTS).max(1);
    if every > 1 {
        points = points.into_iter().step_by(every).collect();
    }
    let (first, last) = (track.seen.first()?.mjd, track.seen.last()?.mjd);
    let near = |mjd: f64| (first - LIMITS_D..first).contains(&mjd) || (mjd > last && mjd <= last + LIMITS_D);
    let limits = track.unseen.iter().filter(|u| near(u.0));
    points.extend(limits.take(MAX_POINTS).filter_map(|(mjd, limit)| {
        let sigma = crate::lightcurve::units::flux_ujy(*limit) / crate::lightcurve::units::LIMIT_SIGMA;
        point(*mjd, 0.0, sigma)
    }));
    let n = points.len();
    let at = solve(&points)?;
    let chi2 = points.iter().map(|&(t, f, e)| ((model(&at, t).0 - f) / e).powi(2)).sum::<f64>() / n as f64;
    chi2.is_finite().then_some(Fit { at, chi2, peak_mjd: peak.mjd, peak_mag: peak.mag })
}

/// Features of both channels' fits and of their differences.
pub(super) fn put(tracks: &[Track; 2], out: &mut impl Sink) {
    let fits: Vec<Option<Fit>> = tracks.iter().map(fit).collect();
    let nan = f64::NAN;
    for (track, fit) in tracks.iter().zip(&fits) {
        let c = track.channel.letter();
        let mut say = |name: &str, unit: &'static str, doc: &str, value: f64| {
            out.put(format_args!("{c}_fit_{name}"), unit, format_args!("{doc} of the fitted light curve"), value);
        };
        let at = |k: usize| fit.as_ref().map_or(nan, |f| f.at[k]);
        say("amplitude", "", "logarithm of the amplitude over the peak", at(0));
        say("drop", "", "logit of the drop over the plateau", at(1));
        say("start_d", "d", "middle of the rise from the peak", at(2));
        say("plateau", "", "logarithm of the plateau's length in days", at(3));
        say("rise", "", "logarithm of the rise time in days", at(4));
        say("decline", "", "logarithm of the decline time in days", at(5));
        say("log_chi2", "", "decimal logarithm of the reduced chi2", fit.as_ref().map_or(nan, |f| f.chi2.max(1e-4).log10()));
    }
    let both = match fits.as_slice() {
        [Some(g), Some(r)] => Some((g, r)),
        _ => None,
    };
    let mut say = |name: &str, unit: &'static str, doc: &str, value: f64| {
        out.put(format_args!("fit_{name}"), unit, format_args!("{doc}, g minus r"), value);
    };
    let difference = |k: usize| both.map_or(nan, |(g, r)| g.at[k] - r.at[k]);
    say(
        "start_delay_d",
        "d",
        "difference of the fitted times of the rise",
        both.map_or(nan, |(g, r)| g.peak_mjd + g.at[2] - r.peak_mjd - r.at[2]),
    );
    say("plateau_ratio", "", "difference of the logarithms of the fitted plateaus", difference(3));
    say("rise_ratio", "", "difference of the logarithms of the fitted rise times", difference(4));
    say("decline_ratio", "", "difference of the logarithms of the fitted decline times", difference(5));
    let magnitude = |f: &Fit, days: f64| f.peak_mag - 2.5 * model(&f.at, f.at[2] + days).0.max(1e-6).log10();
    for days in [10.0, 25.0, 50.0] {
        // Both at one time: that of the red channel's rise.
        let colour = both.map_or(nan, |(g, r)| {
            let mjd = r.peak_mjd + r.at[2] + days;
            magnitude(g, mjd - g.peak_mjd - g.at[2]) - magnitude(r, days)
        });
        say(&format!("colour_{days}"), "mag", &format!("magnitudes of the fitted light curves {days} d after the rise in r"), colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_differences() {
        let p = [0.2, -0.4, -7.0, 2.8, 1.2, 3.1];
        for t in [-30.0, -8.0, -3.0, 4.0, 12.0, 40.0, 120.0] {
            let (_, d) = model(&p, t);
            for (k, d) in d.into_iter().enumerate() {
                let (mut up, mut down) = (p, p);
                up[k] += 1e-6;
                down[k] -= 1e-6;
                let numeric = (model(&up, t).0 - model(&down, t).0) / 2e-6;
                assert!((d - numeric).abs() < 1e-6 * (1.0 + d.abs()), "t {t}, parameter {k}: {d} {numeric}");
            }
        }
    }

    #[test]
    fn the_fit_finds_what_made_the_points() {
        use crate::features::{Channel, Point};
        let truth = [0.1, -0.8, -9.0, 2.6, 1.0, 3.2];
        let seen: Vec<Point> = (0..60)
            .map(|i| {
                let t = -15.0 + 2.0 * f64::from(i);
                let flux = 100.0 * model(&truth, t).0;
                Point { mjd: 58_000.0 + t, mag: 23.9 - 2.5 * flux.log10(), mag_err: 0.01, flux_ujy: flux, flux_err_ujy: 1.0 }
            })
            .collect();
        let peak = (0..seen.len()).max_by(|a, b| seen[*a].flux_ujy.total_cmp(&seen[*b].flux_ujy));
        let shift = seen[peak.unwrap()].mjd - 58_000.0;
        let found = fit(&Track { channel: Channel::Red, seen, unseen: Vec::new(), peak }).unwrap();
        assert!((found.at[2] + shift - truth[2]).abs() < 1.5, "{:?}", found.at);
        assert!((found.at[5] - truth[5]).abs() < 0.15, "{:?}", found.at);
        assert!(found.chi2 < 0.2, "{}", found.chi2);
    }
}
