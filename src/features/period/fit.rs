//! Exact least squares at one frequency: a Fourier series that all bands share (each scaled by its own scatter), above a mean per
//! band, for every number of harmonics up to a largest at once. Knows nothing of candidates.
//!
//! Several harmonics: Schwarzenberg-Czerny (1996), Palmer (2009); here by the normal equations, whose Cholesky factor in order
//! of the harmonics gives the fraction of the variance that 1, 2, ... harmonics remove.

use super::series::{Part, Series};
use std::f64::consts::TAU;

/// Most harmonics.
pub const MAX_HARMONICS: usize = 8;
const SIZE: usize = 2 * MAX_HARMONICS;
/// A column of which less than this is left, once the earlier columns are taken out, is not told apart from them by the phases that were
/// observed: it is left out, lest a large wave fits the gaps.
const MIN_PIVOT: f64 = 0.05;

/// Fractions of the weighted variance that 1, 2, ... harmonics remove.
pub type Powers = [f64; MAX_HARMONICS];

/// A Fourier series, in units of each band's scatter.
pub struct Curve {
    frequency: f64,
    harmonics: usize,
    /// Cosine and sine of each harmonic in turn.
    coefficients: [f64; SIZE],
}

impl Curve {
    /// Per day.
    pub fn frequency(&self) -> f64 {
        self.frequency
    }

    /// Cosine and sine of each harmonic.
    pub fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.coefficients.chunks_exact(2).take(self.harmonics).map(|p| (p[0], p[1]))
    }

    /// Its value after so many cycles.
    pub fn at(&self, cycles: f64) -> f64 {
        let (cos, sin) = turn(cycles);
        let (mut c, mut s, mut sum) = (1.0, 0.0, 0.0);
        for pair in self.coefficients.chunks_exact(2).take(self.harmonics) {
            (c, s) = (c * cos - s * sin, c * sin + s * cos);
            sum += pair[0] * c + pair[1] * s;
        }
        sum
    }

    /// Its lowest and highest value.
    pub fn extremes(&self) -> (f64, f64) {
        const STEPS: usize = 256;
        let values = (0..STEPS).map(|i| self.at(i as f64 / STEPS as f64));
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    }

    /// How each band of `series` follows the curve: the factor by which the curve is to be multiplied, and the variance that is left.
    pub fn bands(&self, series: &Series) -> Vec<(f64, f64)> {
        let follow = |part: &Part| {
            let (mut w, mut m, mut mm, mut my, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for j in part.start..part.end {
                let (weight, y, model) = (series.weights[j], series.values[j], self.at(self.frequency * series.times[j]));
                w += weight;
                m += weight * model;
                mm += weight * model * model;
                my += weight * model * y;
                yy += weight * y * y;
            }
            let spread = (mm - m * m / w).max(f64::MIN_POSITIVE);
            (my / spread, (yy - my * my / spread) / w)
        };
        series.parts.iter().map(follow).collect()
    }
}

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
}

impl<'a> Fitter<'a> {
    /// For these points.
    pub fn new(series: &'a Series) -> Self {
        let zeros = || vec![0.0; series.len()];
        Fitter { series, cos: zeros(), sin: zeros() }
    }

    /// The powers at `frequency` (per day) of up to `harmonics` harmonics; beyond, the last is repeated.
    pub fn powers(&mut self, frequency: f64, harmonics: usize) -> Powers {
        self.solve(frequency, harmonics).0
    }

    /// The fitted curve at one frequency.
    pub fn curve(&mut self, frequency: f64, harmonics: usize) -> Curve {
        let harmonics = harmonics.clamp(1, MAX_HARMONICS);
        Curve { frequency, harmonics, coefficients: self.solve(frequency, harmonics).1 }
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
                sum -= a[i].iter().zip(&a[j]).take(j).map(|(x, y)| x * y).sum::<f64>();
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
            (*cos, *sin) = turn(frequency * t);
        }
        let mut total = Sums::default();
        let mut bands = vec![Sums::default(); series.parts.len()];
        for (part, sums) in series.parts.iter().zip(&mut bands) {
            // Several points side by side, which the processor's vector unit takes at once.
            let mut w = [[[0.0; LANES]; 2]; SIZE + 1];
            let mut y = [[[0.0; LANES]; 2]; MAX_HARMONICS + 1];
            for start in (part.start..part.end).step_by(LANES) {
                let end = part.end.min(start + LANES);
                let (cos, sin) = (lanes(&self.cos[start..end]), lanes(&self.sin[start..end]));
                // Lanes beyond the end have weight 0.
                let weight = lanes(&series.weights[start..end]);
                let value = lanes(&series.values[start..end]);
                let (mut c, mut s) = (weight, [0.0; LANES]);
                for (k, w) in w.iter_mut().take(2 * h + 1).enumerate() {
                    for i in 0..LANES {
                        w[0][i] += c[i];
                        w[1][i] += s[i];
                    }
                    if let Some(y) = y.get_mut(k) {
                        for i in 0..LANES {
                            y[0][i] += c[i] * value[i];
                            y[1][i] += s[i] * value[i];
                        }
                    }
                    for i in 0..LANES {
                        (c[i], s[i]) = (c[i] * cos[i] - s[i] * sin[i], c[i] * sin[i] + s[i] * cos[i]);
                    }
                }
            }
            let add = |lanes: &[[f64; LANES]; 2]| (lanes[0].iter().sum::<f64>(), lanes[1].iter().sum::<f64>());
            for (k, lanes) in w.iter().enumerate() {
                sums.w[k] = add(lanes);
                total.w[k].0 += sums.w[k].0;
                total.w[k].1 += sums.w[k].1;
            }
            for (total, lanes) in total.y.iter_mut().zip(&y) {
                let (c, s) = add(lanes);
                total.0 += c;
                total.1 += s;
            }
        }
        (total, bands)
    }
}

/// Points that are summed side by side.
const LANES: usize = 4;

fn lanes(values: &[f64]) -> [f64; LANES] {
    let mut out = [0.0; LANES];
    out.iter_mut().zip(values).for_each(|(o, v)| *o = *v);
    out
}

/// The nearest whole number of |x| < 2^51, without a call.
fn nearest(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    (x + SHIFT) - SHIFT
}

/// Cosine and sine of so many cycles: the nearest quarter is taken out, and Taylor's series of what is left (at most an eighth) is exact
/// to 1e-15. Without branches, so that the loop over the points can be taken several at a time.
fn turn(cycles: f64) -> (f64, f64) {
    let quarters = nearest(4.0 * cycles);
    let x = TAU * (cycles - quarters / 4.0);
    let quadrant = quarters - 4.0 * nearest(quarters / 4.0);
    let z = x * x;
    let sine = x
        * (1.0
            + z * (-1.0 / 6.0
                + z * (1.0 / 120.0
                    + z * (-1.0 / 5040.0
                        + z * (1.0 / 362_880.0 + z * (-1.0 / 39_916_800.0 + z * (1.0 / 6_227_020_800.0 - z / 1_307_674_368_000.0)))))));
    let cosine = 1.0
        + z * (-0.5
            + z * (1.0 / 24.0
                + z * (-1.0 / 720.0 + z * (1.0 / 40_320.0 + z * (-1.0 / 3_628_800.0 + z * (1.0 / 479_001_600.0 - z / 87_178_291_200.0))))));
    let odd = quadrant.abs() == 1.0;
    let (c, s) = if odd { (sine, cosine) } else { (cosine, sine) };
    let c = if quadrant == 1.0 || quadrant.abs() == 2.0 { -c } else { c };
    let s = if quadrant == -1.0 || quadrant.abs() == 2.0 { -s } else { s };
    (c, s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_cosines_and_sines() {
        for i in -4000..4000 {
            let x = f64::from(i) * 0.013_7;
            let (c, s) = turn(x);
            assert!((c - (TAU * x).cos()).abs() < 1e-12 && (s - (TAU * x).sin()).abs() < 1e-12, "{x}: {c} {s}");
        }
    }
}
