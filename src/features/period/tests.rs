//! The period search as a whole: fast sums against direct ones, noise, sinusoids, eclipses, aliases, bad input.

use super::scan::scan;
use super::series::Series;
use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

const BANDS: [BandId; 3] = [BandId::ZTF_G, BandId::ZTF_R, BandId::ZTF_I];

fn rng(seed: u64) -> ChaCha8Rng {
    println!("seed {seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

/// About normal: the sum of twelve uniform numbers.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// Nights of an observatory: the same five hours of each day.
fn night(rng: &mut ChaCha8Rng, span_d: f64) -> f64 {
    58_000.3 + (rng.random::<f64>() * span_d).floor() + 0.2 * rng.random::<f64>()
}

fn observe(rng: &mut ChaCha8Rng, n: usize, n_bands: usize, span_d: f64, flux: impl Fn(f64, usize) -> f64, noise: f64) -> Vec<Observation> {
    let point = |i: usize| {
        let (t, band) = (night(rng, span_d), i % n_bands);
        Observation::from_flux(t, BANDS[band], flux(t, band) + noise * normal(rng), noise)
    };
    (0..n).map(point).collect()
}

fn find(observations: &[Observation]) -> Search {
    search(observations, &Options::default(), &AtomicBool::new(false)).expect("enough points")
}

/// The fraction of the weighted variance that a sinusoid removes, by elimination of the full normal equations.
fn direct(series: &Series, frequency: f64) -> f64 {
    let n = 2 + series.parts.len();
    let mut a = vec![vec![0.0; n + 1]; n];
    for (b, part) in series.parts.iter().enumerate() {
        for j in part.start..part.end {
            let (s, c) = (TAU * frequency * series.times[j]).sin_cos();
            let mut row = vec![0.0; n + 1];
            (row[0], row[1], row[2 + b], row[n]) = (c, s, 1.0, series.values[j]);
            for i in 0..n {
                for k in 0..=n {
                    a[i][k] += series.weights[j] * row[i] * row[k];
                }
            }
        }
    }
    let right: Vec<f64> = a.iter().map(|row| row[n]).collect();
    for i in 0..n {
        for k in 0..n {
            if k != i {
                let factor = a[k][i] / a[i][i];
                let row = a[i].clone();
                for (x, y) in a[k].iter_mut().zip(&row).take(n + 1).skip(i) {
                    *x -= factor * y;
                }
            }
        }
    }
    (0..n).map(|i| a[i][n] / a[i][i] * right[i]).sum::<f64>() / series.variance
}

#[test]
fn fast_sums_are_the_direct_ones() {
    let mut rng = rng(1);
    for n_bands in [1, 3] {
        let observations = observe(&mut rng, 90, n_bands, 400.0, |t, b| 100.0 + (b + 1) as f64 * (TAU * t / 0.37).sin(), 1.0);
        let series = Series::new(&observations, Quantity::Flux).expect("enough points");
        let step = 1.0 / (OVERSAMPLING * series.span_d);
        let scan = scan(&series, step, 3, 9000, &AtomicBool::new(false)).expect("not cancelled");
        let mut fitter = fit::Fitter::new(&series);
        for i in (3..9000).step_by(37) {
            let (fast, exact) = (f64::from(scan.powers[i]), direct(&series, i as f64 * step));
            assert!((fast - exact).abs() < 2e-5, "{n_bands} bands, frequency {i}: {fast}, directly {exact}");
            let fitted = fitter.powers(i as f64 * step, 1)[0];
            assert!((fitted - exact).abs() < 1e-10, "{n_bands} bands, frequency {i}: {fitted}, directly {exact}");
        }
    }
}

#[test]
fn sinusoids_in_several_bands_are_found_to_their_error() {
    let mut rng = rng(2);
    for case in 0..20 {
        let period = 0.05 * 200f64.powf(rng.random::<f64>());
        let observations = observe(&mut rng, 120, 1 + case % 3, 1000.0, |t, b| 200.0 + (3.0 + b as f64) * (TAU * t / period).sin(), 1.5);
        let found = find(&observations);
        let best = &found.peaks[0];
        assert!(best.is_significant(), "{case}: {best:?}");
        let off = (best.period_d / period - 1.0).abs();
        assert!(off < 1e-3 && (best.period_d - period).abs() < 6.0 * best.period_err_d, "{case}: {period} {best:?}");
        assert!(best.power > 0.4 && best.power < 1.0);
        // Peak to peak of the sinusoid in the first band: 6.
        assert!((best.ranges[0].width() - 6.0).abs() < 2.0, "{case}: {:?}", best.ranges);
    }
}

#[test]
fn narrow_eclipses_are_found() {
    let mut rng = rng(3);
    let mut right = 0;
    for case in 0..12 {
        let period = 0.7 + 4.0 * rng.random::<f64>();
        // Two eclipses of 6 % of the period, the second half as deep.
        let dip = |x: f64| (1.0 - (x / 0.03).abs()).max(0.0);
        let flux = |t: f64, _: usize| {
            let phase = crate::lightcurve::fold::phase(t, period, 58_000.0);
            100.0 * (1.0 - 0.5 * dip(phase - 0.3) - 0.25 * dip(phase - 0.8))
        };
        let found = find(&observe(&mut rng, 250, 2, 1500.0, flux, 2.0));
        let ratio = found.peaks[0].period_d / period;
        println!("{case}: {period} {ratio}");
        right += usize::from([0.5, 1.0, 2.0].iter().any(|k| (ratio / k - 1.0).abs() < 1e-3));
    }
    assert!(right >= 10, "{right} of 12");
}

#[test]
fn noise_is_seldom_significant() {
    let mut rng = rng(4);
    let options = Options { max_peaks: 1, min_period_d: 0.5, ..Options::default() };
    let runs = 300;
    let mut below = 0;
    for i in 0..runs {
        let observations = observe(&mut rng, 80, 1 + i % 2, 300.0, |_, _| 50.0, 1.0);
        let found = search(&observations, &options, &AtomicBool::new(false)).expect("enough points");
        below += usize::from(found.peaks[0].false_alarm() < 0.1);
    }
    // A probability of 0.1 means at most 30 of 300, and 5 sigma of the binomial distribution more.
    println!("{below} of {runs} below 0.1");
    assert!(below <= 30 + 26, "{below}");
}

#[test]
fn several_harmonics_never_remove_less_and_half_the_frequency_holds_all() {
    let mut rng = rng(5);
    let observations = observe(&mut rng, 150, 2, 500.0, |t, _| 100.0 + 5.0 * (TAU * t / 0.61).sin(), 1.0);
    let series = Series::new(&observations, Quantity::Flux).expect("enough points");
    let mut fitter = fit::Fitter::new(&series);
    let powers = fitter.powers(0.5 / 0.61, fit::MAX_HARMONICS);
    assert!(powers.is_sorted() && powers.iter().all(|p| (0.0..=1.0).contains(p)), "{powers:?}");
    // The second harmonic of half the frequency is the frequency itself.
    let two = powers[1];
    assert!(two >= fitter.powers(1.0 / 0.61, 1)[0] - 1e-9);
}

#[test]
fn what_cannot_be_searched_gives_none() {
    let cancel = AtomicBool::new(false);
    let g = BandId::ZTF_G;
    let flux = |i: usize| Observation::from_flux(58_000.0 + i as f64 * 1.37, g, 10.0 + (i % 7) as f64, 1.0);
    let many: Vec<Observation> = (0..MIN_POINTS).map(flux).collect();
    assert!(search(&many, &Options::default(), &cancel).is_some());
    assert!(search(&many[1..], &Options::default(), &cancel).is_none());
    assert!(search(&[], &Options::default(), &cancel).is_none());
    assert!(search(&many, &Options::default(), &AtomicBool::new(true)).is_none());
    let constant: Vec<Observation> = (0..50).map(|i| Observation { flux_ujy: 5.0, ..flux(i) }).collect();
    assert!(search(&constant, &Options::default(), &cancel).is_none());
    let at_once: Vec<Observation> = (0..50).map(|i| Observation { mjd: 58_000.0, ..flux(i) }).collect();
    assert!(search(&at_once, &Options::default(), &cancel).is_none());
    let limits: Vec<Observation> = (0..50).map(|i| Observation::from_limit(58_000.0 + i as f64, g, 20.0)).collect();
    assert!(search(&limits, &Options::default(), &cancel).is_none());
    for (min, max) in [(f64::NAN, 1.0), (1.0, f64::NAN), (5.0, 2.0), (0.1, 0.0), (f64::INFINITY, 1.0)] {
        let options = Options { min_period_d: min, max_period_d: Some(max), ..Options::default() };
        assert!(search(&many, &options, &cancel).is_none(), "{min} {max}");
    }
}

#[test]
fn absurd_values_and_spans_are_endured() {
    let cancel = AtomicBool::new(false);
    let mut rng = rng(6);
    for case in 0..40 {
        let n = 10 + case;
        let scale = 10f64.powf(rng.random::<f64>() * 600.0 - 300.0);
        let span = 10f64.powf(rng.random::<f64>() * 9.0 - 6.0).min(1e4);
        let observations: Vec<Observation> = (0..n)
            .map(|i| {
                let t = 58_000.0 + span * rng.random::<f64>();
                Observation::from_flux(t, BANDS[i % 3], scale * normal(&mut rng), scale * 10f64.powf(rng.random::<f64>() * 8.0 - 4.0))
            })
            .collect();
        if let Some(found) = search(&observations, &Options::default(), &cancel) {
            for p in &found.peaks {
                let finite = [p.frequency_per_d, p.frequency_err_per_d, p.period_d, p.period_err_d, p.power, p.ln_false_alarm];
                assert!(finite.iter().all(|x| x.is_finite()) && (0.0..=1.0).contains(&p.power) && p.ln_false_alarm <= 0.0, "{case}: {p:?}");
            }
        }
    }
    // A time that is none makes the span, and the number of frequencies, absurd: they are bounded.
    let mut observations = observe(&mut rng, 60, 1, 100.0, |t, _| 100.0 + 9.0 * (TAU * t / 0.61).sin(), 1.0);
    observations[0].mjd = 9.9e6;
    let found = search(&observations, &Options { min_period_d: 1e-6, ..Options::default() }, &cancel).expect("enough points");
    assert!(found.max_frequency_per_d < 1.0);
}

#[test]
fn the_periodogram_is_reduced_by_its_highest_powers() {
    let mut rng = rng(7);
    let found = find(&observe(&mut rng, 100, 1, 700.0, |t, _| 100.0 + 9.0 * (TAU * t / 0.61).sin(), 1.0));
    let whole = found.periodogram(1);
    for n in [1, 7, 100, 5000, 40_000] {
        let bins = found.periodogram(n);
        assert_eq!(bins.len(), n);
        assert_eq!(bins.iter().copied().fold(0.0, f32::max), whole[0], "{n}");
    }
    assert!(found.periodogram(0).is_empty());
    // The highest bin of 100 holds the frequency of the sinusoid.
    let bins = found.periodogram(100);
    let at = (1.0 / 0.61 - found.min_frequency_per_d) / (found.max_frequency_per_d - found.min_frequency_per_d);
    assert_eq!(bins[(at * 100.0) as usize], whole[0]);
}

#[test]
fn relations_of_peaks() {
    assert_eq!(relation(2.0, 2.0, 100.0), Relation::None);
    assert_eq!(relation(2.1, 4.2, 100.0), Relation::HalfPeriod);
    assert_eq!(relation(2.1, 1.05, 100.0), Relation::DoublePeriod);
    for alias in [3.1, 1.1, 3.102_74, 0.1, 4.1] {
        assert_eq!(relation(2.1, alias, 500.0), Relation::DailyAlias, "{alias}");
    }
    assert_eq!(relation(0.3, 0.7, 500.0), Relation::DailyAlias);
    assert_eq!(relation(2.1, 2.55, 500.0), Relation::None);
}
