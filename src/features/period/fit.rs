//! Exact least squares at one frequency: a Fourier series that all bands share (each scaled by its own scatter), above a mean per
//! band, for every number of harmonics up to a largest at once. Knows nothing of candidates.
//!
//! Several harmonics: Schwarzenberg-Czerny (1996), Palmer (2009); here by the normal equations, whose Cholesky factor in order
//! of the harmonics gives the fraction of the variance that 1, 2, ... harmonics remove.

use super::series::Series;
use std::f64::consts::TAU;

/// Most harmonics.
pub const MAX_HARMONICS: usize = 8;
const SIZE: usize = 2 * MAX_HARMONICS;
/// A column of which less than this is left, once the earlier columns are taken out, is not told apart from them by the phases that were
/// observed: it is left out, lest a large wave fits the gaps.
const MIN_PIVOT: f64 = 0.05;

/// Fractions of the weighted variance that 1, 2, ... harmonics remove.
pub type Powers = [f64; MAX_HARMONICS];

/// Sums over the points at one frequency.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// `sum w cos k`, `sum w sin k`, k = 0..=2 harmonics.
    w: [(f64, f64); SIZE + 1],
    /// `sum w y cos k`, `sum w y sin k`.
    y: [(f64, f64); MAX_HARMONICS + 1],
}

/// Fits at many frequencies, with buffers of its own.
pub struct Fitter<'a> {
    series: &'a Series,
    cos: Vec<f64>,
    sin: Vec<f64>,
    c: Vec<f64>,
    s: Vec<f64>,
}

impl<'a> Fitter<'a> {
    /// For these points.
    pub fn new(series: &'a Series) -> Self {
        let zeros = || vec![0.0; series.len()];
        Fitter { series, cos: zeros(), sin: zeros(), c: zeros(), s: zeros() }
    }

    /// The powers at `frequency` (per day) of up to `harmonics` harmonics; beyond, the last is repeated.
    pub fn powers(&mut self, frequency: f64, harmonics: usize) -> Powers {
        self.solve(frequency, harmonics).0
    }

    /// Peak-to-peak range of the fitted curve, in units of each band's scatter.
    pub fn range(&mut self, frequency: f64, harmonics: usize) -> f64 {
        let (_, coefficients) = self.solve(frequency, harmonics);
        const STEPS: usize = 256;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for i in 0..STEPS {
            let phase = TAU * i as f64 / STEPS as f64;
            let value: f64 = (0..harmonics.min(MAX_HARMONICS))
                .map(|k| {
                    let (s, c) = ((k + 1) as f64 * phase).sin_cos();
                    coefficients[2 * k] * c + coefficients[2 * k + 1] * s
                })
                .sum();
            low = low.min(value);
            high = high.max(value);
        }
        high - low
    }

    fn solve(&mut self, frequency: f64, harmonics: usize) -> (Powers, [f64; SIZE]) {
        let h = harmonics.clamp(1, MAX_HARMONICS);
        let n = 2 * h;
        let (total, bands) = self.sums(frequency, h);
        // Column 2k is cos((k + 1) phase), 2k + 1 the sine.
        let mut a = [[0.0f64; SIZE]; SIZE];
        for i in 0..h {
            for j in 0..=i {
                let (plus, minus) = (total.w[i + j + 2], total.w[i - j]);
                let (mut cc, mut ss) = (0.5 * (minus.0 + plus.0), 0.5 * (minus.0 - plus.0));
                // cos((i+1)p) sin((j+1)p) and sin((i+1)p) cos((j+1)p)
                let (mut cs, mut sc) = (0.5 * (plus.1 - minus.1), 0.5 * (plus.1 + minus.1));
                for band in &bands {
                    let (bi, bj) = (band.w[i + 1], band.w[j + 1]);
                    let inverse = 1.0 / band.w[0].0;
                    cc -= bi.0 * bj.0 * inverse;
                    ss -= bi.1 * bj.1 * inverse;
                    cs -= bi.0 * bj.1 * inverse;
                    sc -= bi.1 * bj.0 * inverse;
                }
                a[2 * i][2 * j] = cc;
                a[2 * i + 1][2 * j + 1] = ss;
                a[2 * i][2 * j + 1] = cs;
                a[2 * i + 1][2 * j] = sc;
            }
        }
        let mut right = [0.0f64; SIZE];
        for k in 0..h {
            (right[2 * k], right[2 * k + 1]) = total.y[k + 1];
        }
        let mut used = [true; SIZE];
        let mut powers = [0.0; MAX_HARMONICS];
        let mut removed = 0.0;
        for i in 0..n {
            let whole = a[i][i];
            for j in 0..=i {
                let mut sum = a[i][j];
                for k in 0..j {
                    sum -= a[i][k] * a[j][k];
                }
                if j == i {
                    used[i] = sum > MIN_PIVOT * whole.max(0.5);
                    a[i][i] = if used[i] { sum.sqrt() } else { 1.0 };
                } else {
                    a[i][j] = if used[j] { sum / a[j][j] } else { 0.0 };
                }
            }
            if used[i] {
                let mut sum = right[i];
                for k in 0..i {
                    sum -= a[i][k] * right[k];
                }
                right[i] = sum / a[i][i];
                removed += right[i] * right[i];
            } else {
                right[i] = 0.0;
            }
            if i % 2 == 1 {
                powers[i / 2] = (removed / self.series.variance).clamp(0.0, 1.0);
            }
        }
        for k in h..MAX_HARMONICS {
            powers[k] = powers[h - 1];
        }
        // Back substitution: columns that are not used have coefficient 0.
        let mut coefficients = [0.0f64; SIZE];
        for i in (0..n).rev() {
            if used[i] {
                let mut sum = right[i];
                for k in i + 1..n {
                    sum -= a[k][i] * coefficients[k];
                }
                coefficients[i] = sum / a[i][i];
            }
        }
        (powers, coefficients)
    }

    /// Of all points, and per band.
    fn sums(&mut self, frequency: f64, h: usize) -> (Sums, Vec<Sums>) {
        let series = self.series;
        for ((t, cos), sin) in series.times.iter().zip(&mut self.cos).zip(&mut self.sin) {
            let cycles = frequency * t;
            (*sin, *cos) = (TAU * (cycles - cycles.round())).sin_cos();
        }
        self.c.fill(1.0);
        self.s.fill(0.0);
        let mut total = Sums::default();
        let mut bands = vec![Sums::default(); series.parts.len()];
        for k in 0..=2 * h {
            for (part, sums) in series.parts.iter().zip(&mut bands) {
                let range = part.start..part.end;
                let (c, s, w, y) = (&self.c[range.clone()], &self.s[range.clone()], &series.weights[range.clone()], &series.values[range]);
                let mut lanes = [[0.0f64; 2]; 4];
                for (((c, s), w), y) in c.chunks(2).zip(s.chunks(2)).zip(w.chunks(2)).zip(y.chunks(2)) {
                    for (i, (((c, s), w), y)) in c.iter().zip(s).zip(w).zip(y).enumerate() {
                        let (wc, ws) = (w * c, w * s);
                        lanes[0][i] += wc;
                        lanes[1][i] += ws;
                        lanes[2][i] += wc * y;
                        lanes[3][i] += ws * y;
                    }
                }
                let [wc, ws, yc, ys] = lanes.map(|[a, b]| a + b);
                sums.w[k] = (wc, ws);
                total.w[k].0 += wc;
                total.w[k].1 += ws;
                if let Some(y) = total.y.get_mut(k) {
                    y.0 += yc;
                    y.1 += ys;
                }
            }
            for ((c, s), (cos, sin)) in self.c.iter_mut().zip(&mut self.s).zip(self.cos.iter().zip(&self.sin)) {
                (*c, *s) = (*c * cos - *s * sin, *c * sin + *s * cos);
            }
        }
        (total, bands)
    }
}
