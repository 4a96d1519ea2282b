//! The random numbers of one training run: initialisation, dropout, sampling. One generator a run,
//! passed on by hand, so that the same seed gives the same model whatever else the process does.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct RunRng(ChaCha8Rng);

impl RunRng {
    /// Stream `stream` of `seed`; streams do not overlap.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        RunRng(rng)
    }

    /// How far into the stream it is.
    pub fn position(&self) -> u128 {
        self.0.get_word_pos()
    }

    /// Goes to a [`RunRng::position`] of the same stream.
    pub fn seek(&mut self, position: u128) {
        self.0.set_word_pos(position);
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in 0..n; 0 for n = 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Standard normal deviate (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let u = 1.0 - self.uniform();
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// Fills a mask with 0 (probability `drop`) and 1 / (1 - drop).
    pub fn dropout(&mut self, drop: f32, n: usize) -> Vec<f32> {
        let threshold = (f64::from(drop) * 65536.0) as u32;
        let keep = 1.0 / (1.0 - drop);
        let mut mask = Vec::with_capacity(n);
        while mask.len() < n {
            let bits = self.0.next_u32();
            mask.push(if bits & 0xffff < threshold { 0.0 } else { keep });
            if mask.len() < n {
                mask.push(if bits >> 16 < threshold { 0.0 } else { keep });
            }
        }
        mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, stream| (0..8).map(|_| RunRng::new(seed, stream).uniform()).sum::<f64>();
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }

    #[test]
    fn a_position_is_found_again() {
        let mut rng = RunRng::new(3, 9);
        rng.dropout(0.5, 77);
        let mut other = RunRng::new(3, 9);
        other.seek(rng.position());
        assert_eq!((0..40).map(|_| rng.normal()).collect::<Vec<_>>(), (0..40).map(|_| other.normal()).collect::<Vec<_>>());
    }

    #[test]
    fn moments() {
        let mut rng = RunRng::new(7, 0);
        let n = 20_000;
        let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mean = x.iter().sum::<f64>() / n as f64;
        let var = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.03 && (var - 1.0).abs() < 0.05, "seed 7: mean {mean}, variance {var}");
        let mask = rng.dropout(0.25, 10_001);
        assert_eq!(mask.len(), 10_001);
        let mean = mask.iter().sum::<f32>() / 10_001.0;
        assert!((mean - 1.0).abs() < 0.03, "seed 7: {mean}");
    }
}
