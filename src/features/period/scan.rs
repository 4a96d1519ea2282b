//! The periodogram on its grid of frequencies: one sinusoid whose phase and relative amplitude all bands share, above a mean per
//! band. Knows nothing of candidates and their ranking.
//!
//! It is the model of VanderPlas & Ivezic (2015) with one base term and no band terms of its own but the means, on values that
//! were divided by each band's scatter; with one band it is the generalised periodogram of Zechmeister & Kuerster (2009).

use super::nufft::{Plan, Spread};
use super::series::Series;
use rustfft::num_complex::Complex;
use std::f64::consts::TAU;
use std::sync::atomic::{AtomicBool, Ordering};

/// Least determinant of a sinusoid's normal matrix (1/4 for even phases). Below it the phases are too badly covered to tell a
/// sinusoid from the mean.
const MIN_DETERMINANT: f32 = 1e-3;

/// Powers from frequency 0 in even steps; 0 below `first`.
pub struct Scan {
    pub powers: Vec<f32>,
    pub step: f64,
}

/// Computes the powers at `first..end` times `step` (per day), or none if it is cancelled.
pub fn scan(series: &Series, step: f64, first: usize, end: usize, cancel: &AtomicBool) -> Option<Scan> {
    let plan = Plan::for_points(series.len());
    let block = plan.block();
    let single = Spread::new(plan, &series.times, step);
    let double = Spread::new(plan, &series.times, 2.0 * step);
    let mut scratch = plan.scratch();
    let zero = Complex::new(0.0f32, 0.0);
    let (mut ys, mut w2s) = (vec![zero; block], vec![zero; block]);
    let mut ws: Vec<Vec<Complex<f32>>> = series.parts.iter().map(|_| vec![zero; block]).collect();
    let mut powers = vec![0.0f32; end];
    // The points turned to the middle frequency of the block, and by how much they turn from block to block.
    let middle = |start: usize| (start + block / 2) as f64 * step;
    let mut turned: Vec<Complex<f64>> = series.times.iter().map(|t| turn(middle(first) * t)).collect();
    let turns: Vec<Complex<f64>> = series.times.iter().map(|t| turn(block as f64 * step * t)).collect();
    let single_precision = |c: Complex<f64>| Complex::new(c.re as f32, c.im as f32);
    let mut coefficients: Vec<Complex<f32>> = vec![zero; series.len()];
    for start in (first..end).step_by(block) {
        if cancel.load(Ordering::Relaxed) {
            return None;
        }
        for (c, (z, w)) in coefficients.iter_mut().zip(turned.iter().zip(&series.weights)) {
            *c = single_precision(z * w);
        }
        for (part, out) in series.parts.iter().zip(&mut ws) {
            single.transform(part.start, &coefficients[part.start..part.end], &mut scratch, out);
        }
        for (c, v) in coefficients.iter_mut().zip(&series.values) {
            *c *= *v as f32;
        }
        single.transform(0, &coefficients, &mut scratch, &mut ys);
        for (c, (z, w)) in coefficients.iter_mut().zip(turned.iter().zip(&series.weights)) {
            *c = single_precision(z * z * w);
        }
        double.transform(0, &coefficients, &mut scratch, &mut w2s);
        let out = &mut powers[start..end.min(start + block)];
        combine(series, &ys, &ws, &w2s, out);
        turned.iter_mut().zip(&turns).for_each(|(z, t)| *z *= t);
    }
    Some(Scan { powers, step })
}

/// `exp(2 pi i x)`, exact for large x too.
fn turn(x: f64) -> Complex<f64> {
    Complex::cis(TAU * (x - x.round()))
}

fn combine(series: &Series, ys: &[Complex<f32>], ws: &[Vec<Complex<f32>>], w2s: &[Complex<f32>], out: &mut [f32]) {
    let n = out.len();
    let mut cc: Vec<f32> = w2s.iter().take(n).map(|w| 0.5 + 0.5 * w.re).collect();
    let mut ss: Vec<f32> = w2s.iter().take(n).map(|w| 0.5 - 0.5 * w.re).collect();
    let mut cs: Vec<f32> = w2s.iter().take(n).map(|w| 0.5 * w.im).collect();
    for (part, w) in series.parts.iter().zip(ws) {
        let inverse = (1.0 / part.weight) as f32;
        for (((cc, ss), cs), w) in cc.iter_mut().zip(&mut ss).zip(&mut cs).zip(w) {
            *cc -= w.re * w.re * inverse;
            *ss -= w.im * w.im * inverse;
            *cs -= w.re * w.im * inverse;
        }
    }
    let inverse = (1.0 / series.variance) as f32;
    for ((((out, y), cc), ss), cs) in out.iter_mut().zip(ys).zip(&cc).zip(&ss).zip(&cs) {
        let determinant = (cc * ss - cs * cs).max(MIN_DETERMINANT);
        let power = (ss * y.re * y.re - 2.0 * cs * y.re * y.im + cc * y.im * y.im) / determinant * inverse;
        *out = power.clamp(0.0, 1.0);
    }
}
