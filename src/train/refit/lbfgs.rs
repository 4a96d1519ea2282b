//! Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.5) with a backtracking line search, for smooth convex functions.

use std::collections::VecDeque;

/// Pairs that are remembered.
const MEMORY: usize = 10;
/// Sufficient decrease (Armijo).
const DECREASE: f64 = 1e-4;
/// Halvings of a step before the search gives up.
const HALVINGS: usize = 30;

/// Why it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The value no longer falls.
    Converged,
    /// All steps were used.
    Steps,
    /// The function gave none.
    Stopped,
}

/// Minimises `f(x, gradient) -> value` from `x` in at most `steps` steps, until a step lowers the value by less than
/// `tolerance` of it. `f` gives none to stop; `each` hears of (step, value). Returns the last value and why it ended.
pub fn minimise(
    x: &mut Vec<f64>,
    steps: usize,
    tolerance: f64,
    mut f: impl FnMut(&[f64], &mut [f64]) -> Option<f64>,
    mut each: impl FnMut(usize, f64),
) -> (f64, End) {
    let n = x.len();
    let mut gradient = vec![0.0; n];
    let Some(mut value) = f(x, &mut gradient) else { return (f64::NAN, End::Stopped) };
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::with_capacity(MEMORY);
    let (mut trial, mut trial_gradient) = (vec![0.0; n], vec![0.0; n]);
    let mut calm = 0;
    for step in 1..=steps {
        let mut direction = two_loops(&gradient, &pairs);
        let mut slope = -dot(&direction, &gradient);
        if slope >= 0.0 || !slope.is_finite() {
            pairs.clear();
            direction.copy_from_slice(&gradient);
            slope = -dot(&gradient, &gradient);
        }
        if slope == 0.0 {
            return (value, End::Converged);
        }
        // The first step has no curvature to go by: a short one.
        let mut length = if pairs.is_empty() { 1.0 / slope.abs().sqrt().max(1.0) } else { 1.0 };
        let mut found = None;
        for _ in 0..HALVINGS {
            trial.iter_mut().zip(x.iter().zip(&direction)).for_each(|(t, (x, d))| *t = x - length * d);
            let Some(v) = f(&trial, &mut trial_gradient) else { return (value, End::Stopped) };
            if v <= value + DECREASE * length * slope {
                found = Some(v);
                break;
            }
            length *= 0.5;
        }
        let Some(lower) = found else { return (value, End::Converged) };
        let s: Vec<f64> = trial.iter().zip(x.iter()).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = trial_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let sy = dot(&s, &y);
        if sy > 1e-12 * dot(&y, &y) {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back((s, y, 1.0 / sy));
        }
        std::mem::swap(x, &mut trial);
        std::mem::swap(&mut gradient, &mut trial_gradient);
        let gain = value - lower;
        value = lower;
        each(step, value);
        calm = if gain < tolerance * value.abs() { calm + 1 } else { 0 };
        if calm >= 3 {
            return (value, End::Converged);
        }
    }
    (value, End::Steps)
}

/// The inverse Hessian's approximation times the gradient.
fn two_loops(gradient: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (s, y, rho) in pairs.iter().rev() {
        let alpha = rho * dot(s, &q);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((s, y, _)) = pairs.back() {
        let scale = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, rho), alpha) in pairs.iter().zip(alphas.into_iter().rev()) {
        let beta = rho * dot(y, &q);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_least_value_of_a_stretched_bowl() {
        // f = sum_i i^2 (x_i - i)^2 / 2
        let bowl = |x: &[f64], g: &mut [f64]| {
            let mut sum = 0.0;
            for (i, (x, g)) in x.iter().zip(g).enumerate() {
                let (k, d) = ((i + 1) as f64, x - (i + 1) as f64);
                sum += 0.5 * k * k * d * d;
                *g = k * k * d;
            }
            Some(sum)
        };
        let mut x = vec![0.0; 12];
        let (value, end) = minimise(&mut x, 200, 1e-12, bowl, |_, _| {});
        assert!(value < 1e-8 && end == End::Converged, "{value} {end:?}");
        assert!(x.iter().enumerate().all(|(i, x)| (x - (i + 1) as f64).abs() < 1e-4), "{x:?}");
        let mut calls = 0;
        let stop = |_: &[f64], g: &mut [f64]| {
            calls += 1;
            g.fill(0.1);
            (calls < 3).then_some(1.0 / f64::from(calls))
        };
        assert_eq!(minimise(&mut vec![1.0], 9, 0.0, stop, |_, _| {}).1, End::Stopped);
    }
}
