//! Random numbers with one stream per object, so that object 7 of a seed is the same however many are made.
//! ChaCha8 gives the bits; the deviates are our own. Knows nothing of light curves.

use super::math;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Streams of random numbers under one seed.
pub struct Draws {
    rng: ChaCha8Rng,
    /// The polar method makes deviates in pairs.
    spare: Option<f64>,
}

impl Draws {
    /// Stream `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..24].copy_from_slice(b"taxonova simulat");
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream);
        Draws { rng, spare: None }
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in 0..n, `n` > 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal deviate (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let (u, v) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 1e-300 && s < 1.0 {
                let f = (-2.0 * math::ln(s) / s).sqrt();
                self.spare = Some(v * f);
                return u * f;
            }
        }
    }

    /// Exponential deviate of the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * math::ln(1.0 - self.uniform())
    }
}

/// A normal distribution cut at both ends.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// Mean before the cut.
    pub mean: f64,
    /// Standard deviation before the cut.
    pub sd: f64,
    /// Least value.
    pub low: f64,
    /// Greatest value.
    pub high: f64,
}

impl Spread {
    /// `low <= mean <= high`.
    pub const fn new(mean: f64, sd: f64, low: f64, high: f64) -> Self {
        Spread { mean, sd, low, high }
    }

    /// A value within the bounds.
    pub fn draw(&self, draws: &mut Draws) -> f64 {
        loop {
            let x = self.mean + self.sd * draws.normal();
            if (self.low..=self.high).contains(&x) {
                return x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_have_the_moments_they_should() {
        let mut d = Draws::new(1, 0);
        let n = 100_000;
        let (mut sum, mut sum2, mut e) = (0.0, 0.0, 0.0);
        let mut within = 0;
        for _ in 0..n {
            let z = d.normal();
            sum += z;
            sum2 += z * z;
            within += i32::from(z.abs() < 1.0);
            e += d.exponential(3.0);
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.015);
        assert!((sum2 / n - 1.0).abs() < 0.02);
        assert!((f64::from(within) / n - 0.6827).abs() < 0.006);
        assert!((e / n - 3.0).abs() < 0.05);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let first = |seed, stream| Draws::new(seed, stream).uniform();
        assert_eq!(first(3, 4), first(3, 4));
        assert_ne!(first(3, 4), first(3, 5));
        assert_ne!(first(3, 4), first(4, 4));
    }

    #[test]
    fn a_spread_keeps_its_bounds() {
        let s = Spread::new(0.0, 1.0, -0.5, 0.25);
        let mut d = Draws::new(9, 9);
        assert!((0..1000).map(|_| s.draw(&mut d)).all(|x| (-0.5..=0.25).contains(&x)));
    }
}
