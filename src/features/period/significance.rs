//! How likely noise alone makes so high a peak. Knows nothing of how peaks are found.
//!
//! Baluev (2008, MNRAS 385, 1279) for a sinusoid, Baluev (2009, MNRAS 395, 1541) for several harmonics: the expected number of
//! maxima above a level, from the rate at which a random process crosses it upwards. The noise is taken as independent and normal, its
//! size as unknown (it is estimated from the residuals).

use std::f64::consts::PI;

/// What the false-alarm probability of a search depends on beside the power.
#[derive(Debug, Clone, Copy)]
pub struct Trials {
    /// Degrees of freedom of the constant model: points less bands.
    pub freedom: f64,
    /// Effective number of independent frequencies: the width of the range times the effective span `sqrt(4 pi Var(t))`.
    pub frequencies: f64,
    /// Models among which the best was taken; the probability is multiplied by it.
    pub models: f64,
}

impl Trials {
    /// Natural logarithm of the false-alarm probability of the fraction `power` of the variance, removed by `harmonics` harmonics.
    pub fn ln_false_alarm(&self, power: f64, harmonics: usize) -> f64 {
        let n = harmonics as f64;
        let rest = self.freedom - 2.0 * n;
        if rest < 1.0 || power <= 0.0 || power.is_nan() {
            return 0.0;
        }
        let (ln_p, ln_q) = (power.min(1.0).ln(), (-power.min(1.0 - 1e-15)).ln_1p());
        let crossings = self.frequencies.max(1e-300).ln() + ln_alpha(harmonics) + ln_gamma(self.freedom / 2.0)
            - ln_gamma((rest + 1.0) / 2.0)
            + (n - 0.5) * ln_p
            + (rest - 1.0) / 2.0 * ln_q;
        let ln_single = ln_single(power, harmonics, rest);
        let high = crossings.max(ln_single);
        let ln_sum = high + ((crossings - high).exp() + (ln_single - high).exp()).ln();
        // 1 - (1 - single) exp(-crossings), which is the sum where that is small.
        let ln_any = if ln_sum < -20.0 { ln_sum } else { (-(-crossings.exp()).exp() * (1.0 - ln_single.exp())).ln_1p() };
        (ln_any + self.models.ln()).min(0.0)
    }
}

/// Logarithm of the probability that noise reaches `power` at one frequency: the tail of the beta distribution (n, rest / 2).
fn ln_single(power: f64, harmonics: usize, rest: f64) -> f64 {
    let m = rest / 2.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for i in 1..harmonics {
        term *= (m + i as f64 - 1.0) / i as f64 * power;
        sum += term;
    }
    m * (-power.min(1.0 - 1e-15)).ln_1p() + sum.ln()
}

/// Logarithm of Baluev's (2009, equation 7) `alpha_n`, 1 for one harmonic.
fn ln_alpha(n: usize) -> f64 {
    // 2^n / (2n - 1)!! sum_k (-1)^(n-k) k^(2n+1) / ((n+k)! (n-k)!)
    let ln_factorial = |k: usize| ln_gamma(k as f64 + 1.0);
    let sum: f64 = (1..=n)
        .map(|k| {
            let ln = (2 * n + 1) as f64 * (k as f64).ln() - ln_factorial(n + k) - ln_factorial(n - k);
            if (n - k).is_multiple_of(2) { ln.exp() } else { -ln.exp() }
        })
        .sum();
    let ln_double_factorial: f64 = (1..=n).map(|k| ((2 * k - 1) as f64).ln()).sum();
    n as f64 * 2f64.ln() - ln_double_factorial + sum.ln()
}

/// Logarithm of the gamma function for x > 0: Stirling's series, after a shift to where it is exact to 1e-13.
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 12.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let i2 = 1.0 / (x * x);
    let series = (1.0 / 12.0 - i2 * (1.0 / 360.0 - i2 * (1.0 / 1260.0 - i2 / 1680.0))) / x;
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_of_the_gamma_function() {
        // Gamma(1/2) = sqrt(pi), Gamma(5) = 24, and Gamma(x + 1) = x Gamma(x).
        assert!((ln_gamma(0.5) - PI.sqrt().ln()).abs() < 1e-12);
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-12);
        for x in [0.3, 1.7, 11.9, 12.1, 250.5] {
            assert!((ln_gamma(x + 1.0) - ln_gamma(x) - x.ln()).abs() < 1e-11, "{x}");
        }
    }

    #[test]
    fn constants_of_several_harmonics() {
        assert!(ln_alpha(1).abs() < 1e-12);
        // The mean of sqrt(u + 4 (1 - u)) over the unit interval is 14/9; Gamma(2) = 1.
        assert!((ln_alpha(2) - (14f64 / 9.0).ln()).abs() < 1e-12);
    }

    #[test]
    fn a_single_frequency_follows_the_beta_distribution() {
        // One harmonic: (1 - P)^((N - 3) / 2) for N points and one mean.
        assert!((ln_single(0.3, 1, 97.0) - 48.5 * 0.7f64.ln()).abs() < 1e-12);
        // Two harmonics: one more term, m P.
        assert!((ln_single(0.3, 2, 95.0) - (47.5 * 0.7f64.ln() + (1.0f64 + 47.5 * 0.3).ln())).abs() < 1e-12);
    }

    #[test]
    fn probabilities_are_ordered_and_bounded() {
        let trials = Trials { freedom: 99.0, frequencies: 1e5, models: 1.0 };
        let mut last = 0.0;
        for i in 0..=1000 {
            let ln = trials.ln_false_alarm(f64::from(i) / 1000.0, 3);
            assert!(ln <= last + 1e-12 && ln.is_finite(), "{i} {ln} {last}");
            last = ln;
        }
        assert_eq!(trials.ln_false_alarm(f64::NAN, 1), 0.0);
    }
}
