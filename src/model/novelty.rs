//! "None of these": how far an object's embedding lies from those trained on, as the share of objects that the network
//! had not seen, at about the same age, which lie nearer.
//!
//! Whitened by the covariance within the classes (Lee et al. 2018, arXiv:1807.03888), the distance is the mean of those to
//! the nearest kept training embeddings (Sun et al. 2022, arXiv:2204.06507).

use serde::{Deserialize, Serialize};

/// From this percentile on a warning says so.
pub const WARN_PERCENTILE: f64 = 99.0;

/// The metadata entry `novelty` of a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Novelty {
    /// Subtracted from an embedding [E].
    #[serde(with = "halves")]
    pub mean: Vec<f32>,
    /// Multiplied with what is left [D, E], row by row.
    #[serde(with = "halves")]
    pub whitening: Vec<f32>,
    /// Whitened training embeddings that are kept [M, D].
    #[serde(with = "halves")]
    pub centres: Vec<f32>,
    /// Nearest centres whose mean distance is the score.
    pub nearest: usize,
    /// Quantiles of the score of objects not trained on, for each age, in order of age.
    pub ages: Vec<AgeQuantiles>,
}

/// How the score is spread at one age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeQuantiles {
    /// Days since the first detection; none = the whole light curve.
    pub age_d: Option<f64>,
    /// Objects that they rest on.
    pub objects: usize,
    /// Scores at evenly spread ranks, ascending: the least to the greatest.
    pub scores: Vec<f32>,
}

impl Novelty {
    /// What keeps it from being used with embeddings of width `embedding`; none if nothing.
    pub fn fault(&self, embedding: usize) -> Option<String> {
        let numbers = self.mean.iter().chain(&self.whitening).chain(&self.centres).chain(self.ages.iter().flat_map(|a| &a.scores));
        let d = self.whitening.len() / self.mean.len().max(1);
        if self.mean.is_empty() || self.mean.len() != embedding {
            return Some(format!("a mean of {} numbers, expected {embedding}", self.mean.len()));
        }
        if d == 0 || d * embedding != self.whitening.len() || !self.centres.len().is_multiple_of(d) {
            return Some(format!("{} and {} numbers do not fit embeddings of {embedding}", self.whitening.len(), self.centres.len()));
        }
        if self.nearest == 0 || self.nearest * d > self.centres.len() {
            return Some(format!("the {} nearest of {} embeddings", self.nearest, self.centres.len() / d));
        }
        if self.ages.is_empty() || self.ages.iter().any(|a| a.scores.len() < 2 || !a.scores.is_sorted()) {
            return Some("the quantiles are missing or do not rise".into());
        }
        numbers.clone().any(|v| !v.is_finite()).then(|| "a number is not finite".into())
    }

    /// Mean distance of an embedding [E] to the nearest centres: greater is more novel. None if the width is another.
    pub fn score(&self, embedding: &[f32]) -> Option<f64> {
        if embedding.len() != self.mean.len() || embedding.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let point = self.whiten(embedding);
        let mut squares: Vec<f32> =
            self.centres.chunks(point.len().max(1)).map(|centre| centre.iter().zip(&point).map(|(c, x)| (c - x) * (c - x)).sum()).collect();
        let nearest = self.nearest.min(squares.len());
        if nearest == 0 {
            return None;
        }
        squares.select_nth_unstable_by(nearest - 1, f32::total_cmp);
        Some(squares.iter().take(nearest).map(|s| f64::from(*s).sqrt()).sum::<f64>() / nearest as f64)
    }

    /// An embedding [E] in the whitened directions [D].
    pub fn whiten(&self, embedding: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = embedding.iter().zip(&self.mean).map(|(x, m)| x - m).collect();
        self.whitening.chunks(centred.len().max(1)).map(|row| row.iter().zip(&centred).map(|(w, x)| w * x).sum()).collect()
    }

    /// Per cent of the objects not trained on, at the age nearest to this one, whose score is less; 0 to 100.
    pub fn percentile(&self, score: f64, age_d: f64) -> Option<f64> {
        let ages = self.ages.iter().min_by(|a, b| apart(a.age_d, age_d).total_cmp(&apart(b.age_d, age_d)))?;
        let s = &ages.scores;
        let above = s.partition_point(|q| f64::from(*q) < score);
        let rank = match above.checked_sub(1).and_then(|i| Some((i, *s.get(i)?, *s.get(above)?))) {
            Some((i, low, high)) => i as f64 + (score - f64::from(low)) / f64::from(high - low),
            None if above == 0 => 0.0,
            None => s.len() as f64 - 1.0,
        };
        Some(100.0 * (rank / (s.len() as f64 - 1.0)).clamp(0.0, 1.0))
    }

    /// The percentile of an embedding [E] of what was seen in the first `age_d` days.
    pub fn of(&self, embedding: &[f32], age_d: f64) -> Option<f64> {
        self.percentile(self.score(embedding)?, age_d)
    }
}

/// Days that stand for a whole light curve when ages are compared.
const WHOLE_D: f64 = 120.0;

/// How far apart two ages are, in logarithms.
fn apart(a: Option<f64>, b: f64) -> f64 {
    (a.unwrap_or(WHOLE_D).clamp(1.0, WHOLE_D).ln() - b.clamp(1.0, WHOLE_D).ln()).abs()
}

/// Evenly spread quantiles of scores: at most `n`.
pub fn quantiles(mut scores: Vec<f64>, n: usize) -> Vec<f32> {
    scores.retain(|s| s.is_finite());
    scores.sort_by(f64::total_cmp);
    let last = scores.len().saturating_sub(1);
    let n = n.min(scores.len());
    (0..n).filter_map(|k| scores.get((k * last).checked_div(n - 1).unwrap_or(0))).map(|s| *s as f32).collect()
}

/// Numbers in half precision as hexadecimal digits, four a number.
mod halves {
    use half::f16;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = values.iter().map(|v| format!("{:04x}", f16::from_f32(*v).to_bits())).collect();
        serializer.serialize_str(&digits)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let number = |c: &[u8]| {
            let text = std::str::from_utf8(c).ok().filter(|t| t.len() == 4)?;
            u16::from_str_radix(text, 16).ok().map(|bits| f16::from_bits(bits).to_f32())
        };
        let numbers: Option<Vec<f32>> = digits.as_bytes().chunks(4).map(number).collect();
        numbers.ok_or_else(|| D::Error::custom("expected hexadecimal digits, four a number"))
    }
}
