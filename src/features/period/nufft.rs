//! Fast trigonometric sums over unevenly spaced times: `sum_j c_j exp(2 pi i f t_j)` on an even grid of frequencies.
//! Knows nothing of light curves.
//!
//! A non-uniform fast Fourier transform of type 1 (Dutt & Rokhlin 1993; the kernel `exp(beta (sqrt(1 - z^2) - 1))` and its beta
//! are those of Barnett, Magland & af Klinteberg 2019), done block by block: the points are turned to the block's middle
//! frequency, spread on a short grid of times, and transformed. Few points and many frequencies are the rule here; short
//! transforms stay in the processor's cache, and memory does not grow with the range of frequencies.

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock};

/// Grid points over which a time is spread.
const WIDTH: usize = 8;
/// Shape of the kernel, for a grid twice as fine as needed.
const BETA: f64 = 2.3 * WIDTH as f64;
/// Grid lengths for few and for many points: spreading costs points times blocks.
const GRIDS: [usize; 2] = [4096, 32_768];
/// From so many points on the longer grid is used.
const MANY_POINTS: usize = 4000;

/// What depends on the length of the grid alone.
pub struct Plan {
    fft: Arc<dyn Fft<f32>>,
    grid: usize,
    /// One over the kernel's transform, and the sign that the grid's origin in its middle makes, per frequency of a block.
    correction: Vec<f32>,
}

static PLANS: LazyLock<[Plan; 2]> = LazyLock::new(|| GRIDS.map(Plan::new));

impl Plan {
    /// The plan for so many points.
    pub fn for_points(n: usize) -> &'static Plan {
        let [short, long] = &*PLANS;
        if n < MANY_POINTS { short } else { long }
    }

    fn new(grid: usize) -> Plan {
        let block = grid / 2;
        let half = WIDTH as f64 / 2.0;
        // The trapezium rule is exact enough: the kernel and its slopes nearly vanish at its ends.
        const NODES: usize = 200;
        let nodes: Vec<(f64, f64)> = (0..=NODES)
            .map(|i| {
                let z = i as f64 / NODES as f64;
                let end = if i == 0 || i == NODES { 0.5 } else { 1.0 };
                (z * half, 2.0 * end * kernel(z) * half / NODES as f64)
            })
            .collect();
        // Only the cosines of the nodes differ between frequencies: turned on by a recurrence.
        let steps: Vec<Complex<f64>> = nodes.iter().map(|(x, _)| Complex::cis(TAU * x / grid as f64)).collect();
        let mut turned: Vec<Complex<f64>> = nodes.iter().map(|(_, w)| Complex::new(*w, 0.0)).collect();
        let mut transform = vec![0.0; block / 2 + 1];
        for value in &mut transform {
            *value = turned.iter().map(|c| c.re).sum::<f64>();
            turned.iter_mut().zip(&steps).for_each(|(c, s)| *c *= s);
        }
        let correction = (0..block)
            .map(|i| {
                let k = i as i64 - block as i64 / 2;
                let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
                (sign / transform.get(k.unsigned_abs() as usize).copied().unwrap_or(f64::INFINITY)) as f32
            })
            .collect();
        Plan { fft: FftPlanner::new().plan_fft_inverse(grid), grid, correction }
    }

    /// Frequencies that one call gives.
    pub fn block(&self) -> usize {
        self.grid / 2
    }

    /// A buffer for [`Spread::transform`].
    pub fn scratch(&self) -> Scratch {
        let zero = Complex::new(0.0, 0.0);
        Scratch { grid: vec![zero; self.grid], work: vec![zero; self.fft.get_inplace_scratch_len()] }
    }
}

/// Buffers that are used again.
pub struct Scratch {
    grid: Vec<Complex<f32>>,
    work: Vec<Complex<f32>>,
}

fn kernel(z: f64) -> f64 {
    if z.abs() >= 1.0 { 0.0 } else { (BETA * ((1.0 - z * z).sqrt() - 1.0)).exp() }
}

/// Where points lie on the grid of times, for one step of frequency.
pub struct Spread {
    plan: &'static Plan,
    first: Vec<u32>,
    weights: Vec<[f32; WIDTH]>,
}

impl Spread {
    /// For `times` (centred on 0) and frequencies a `step` apart. The times must span at most half a turn of the step:
    /// `|step * t| <= 1/4`; what lies beyond is put at the edge, which no caller does.
    pub fn new(plan: &'static Plan, times: &[f64], step: f64) -> Spread {
        let half = WIDTH as f64 / 2.0;
        let (mut first, mut weights) = (Vec::with_capacity(times.len()), Vec::with_capacity(times.len()));
        for t in times {
            let x = ((t * step).clamp(-0.25, 0.25) + 0.5) * plan.grid as f64;
            let start = (x - half).ceil();
            first.push(start as u32);
            weights.push(std::array::from_fn(|i| kernel((start + i as f64 - x) / half) as f32));
        }
        Spread { plan, first, weights }
    }

    /// The sums of `coefficients[j]` at point `from + j`, which the caller has turned to the block's middle frequency. `out[k]`
    /// belongs to the middle frequency plus `(k - block / 2)` steps. Errors are below 2e-6 of the sum of the absolute coefficients.
    pub fn transform(&self, from: usize, coefficients: &[Complex<f32>], scratch: &mut Scratch, out: &mut [Complex<f32>]) {
        let Scratch { grid, work } = scratch;
        grid.fill(Complex::new(0.0, 0.0));
        for ((c, first), weights) in coefficients.iter().zip(self.first.iter().skip(from)).zip(self.weights.iter().skip(from)) {
            let first = *first as usize;
            if let Some(cells) = grid.get_mut(first..first + WIDTH) {
                for (cell, weight) in cells.iter_mut().zip(weights) {
                    *cell += c * weight;
                }
            }
        }
        self.plan.fft.process_with_scratch(grid, work);
        let half = self.plan.block() / 2;
        let (low, high) = (&grid[self.plan.grid - half..], &grid[..half]);
        for ((out, sum), correction) in out.iter_mut().zip(low.iter().chain(high)).zip(&self.plan.correction) {
            *out = sum * correction;
        }
    }
}
