//! "None of these": how unlike the objects trained on an object is, as the share of objects that the network had not seen,
//! at about the same age, which are less so.
//!
//! Two things are asked: how far its embedding lies from those trained on, and how little the network favours any class.
//! The distance is the mean of those to the nearest kept training embeddings (Sun et al. 2022, arXiv:2204.06507), whitened by
//! the covariance within the classes (Lee et al. 2018, arXiv:1807.03888). The doubt is -ln of the largest probability of a leaf
//! (Hendrycks & Gimpel 2017, arXiv:1610.02136). The shares of unseen objects beyond each are joined as Fisher (1925) joins
//! significances, and the joined number is again ranked among those of the unseen objects, so that no independence is assumed.

use crate::cascade::{correct_to_posterior, log_conditionals, log_probabilities};
use crate::lightcurve::Warning;
use crate::taxonomy::Layout;
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
    /// Weights that the loss gave the nodes of the network's own tree [N]; its logits are the embedding's first N numbers.
    pub w_eff: Vec<f64>,
    /// Quantiles of the scores of objects not trained on, for each age, in order of age.
    pub ages: Vec<AgeQuantiles>,
}

/// How the scores are spread at one age, each at evenly spread ranks, ascending: the least to the greatest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeQuantiles {
    /// Days since the first detection; none = the whole light curve.
    pub age_d: Option<f64>,
    /// Objects that they rest on.
    pub objects: usize,
    /// Distances.
    #[serde(with = "halves")]
    pub distance: Vec<f32>,
    /// Doubts.
    #[serde(with = "halves")]
    pub doubt: Vec<f32>,
    /// Both joined.
    #[serde(with = "halves")]
    pub both: Vec<f32>,
}

/// What is known of one embedding, before it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Mean distance to the nearest kept embeddings, in units of the spread within a class.
    pub distance: f64,
    /// -ln of the largest P of a leaf.
    pub doubt: f64,
}

impl Novelty {
    /// What keeps it from being used with embeddings of width `embedding` on the network's own tree; none if nothing.
    pub fn fault(&self, embedding: usize, layout: &Layout) -> Option<String> {
        let ages = self.ages.iter().flat_map(|a| [&a.distance, &a.doubt, &a.both]);
        let numbers = self.mean.iter().chain(&self.whitening).chain(&self.centres).chain(ages.clone().flatten());
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
        if self.w_eff.len() != layout.len() || layout.len() > embedding {
            return Some(format!("{} weights, but the network's tree has {} nodes", self.w_eff.len(), layout.len()));
        }
        if self.ages.is_empty() || ages.clone().any(|q| q.len() < 2 || !q.is_sorted()) {
            return Some("the quantiles are missing or do not rise".into());
        }
        numbers.clone().any(|v| !v.is_finite()).then(|| "a number is not finite".into())
    }

    /// The scores of an embedding [E] on the network's own tree: greater is more novel. None if the width is another.
    pub fn score(&self, layout: &Layout, embedding: &[f32]) -> Option<Score> {
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
        let distance = squares.iter().take(nearest).map(|s| f64::from(*s).sqrt()).sum::<f64>() / nearest as f64;
        Some(Score { distance, doubt: self.doubt(layout, embedding)? })
    }

    /// -ln of the largest P of a leaf or residual, posteriors without calibration.
    fn doubt(&self, layout: &Layout, embedding: &[f32]) -> Option<f64> {
        let logits: Vec<f64> = embedding.get(..layout.len())?.iter().map(|z| f64::from(*z)).collect();
        let mut conditional = log_conditionals(layout, &logits);
        correct_to_posterior(layout, &mut conditional, &self.w_eff);
        let log_p = log_probabilities(layout, &conditional);
        let largest = layout.atoms().into_iter().filter_map(|a| log_p.get(a)).copied().fold(f64::NEG_INFINITY, f64::max);
        largest.is_finite().then_some(-largest)
    }

    /// An embedding [E] in the whitened directions [D].
    pub fn whiten(&self, embedding: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = embedding.iter().zip(&self.mean).map(|(x, m)| x - m).collect();
        self.whitening.chunks(centred.len().max(1)).map(|row| row.iter().zip(&centred).map(|(w, x)| w * x).sum()).collect()
    }

    /// Per cent of the objects not trained on, at the age nearest to this one, that are less novel; 0 to 100.
    pub fn percentile(&self, score: Score, age_d: f64) -> Option<f64> {
        let quantiles = self.ages.iter().min_by(|a, b| apart(a.age_d, age_d).total_cmp(&apart(b.age_d, age_d)))?;
        Some(100.0 * share_below(&quantiles.both, quantiles.joined(score)))
    }

    /// The percentile of an embedding [E] of what was seen in the first `age_d` days.
    pub fn of(&self, layout: &Layout, embedding: &[f32], age_d: f64) -> Option<f64> {
        self.percentile(self.score(layout, embedding)?, age_d)
    }
}

impl AgeQuantiles {
    /// Of the scores of objects not trained on.
    pub fn new(age_d: Option<f64>, scores: &[Score], n: usize) -> AgeQuantiles {
        let of = |f: &dyn Fn(&Score) -> f64| quantiles(scores.iter().map(f).collect(), n);
        let mut new =
            AgeQuantiles { age_d, objects: scores.len(), distance: of(&|s| s.distance), doubt: of(&|s| s.doubt), both: Vec::new() };
        new.both = of(&|s| new.joined(*s));
        new
    }

    /// -ln of the two shares of unseen objects that lie beyond, added up. An object beyond all of n counts as 1 of n + 1.
    fn joined(&self, score: Score) -> f64 {
        let n = self.objects as f64;
        let beyond = |q: &[f32], s: f64| 1.0 - share_below(q, s) * n / (n + 1.0);
        -(beyond(&self.distance, score.distance).ln() + beyond(&self.doubt, score.doubt).ln())
    }
}

/// Where a number lies among quantiles at evenly spread ranks: 0 to 1.
fn share_below(quantiles: &[f32], score: f64) -> f64 {
    let above = quantiles.partition_point(|q| f64::from(*q) < score);
    let last = quantiles.len().saturating_sub(1).max(1) as f64;
    let rank = match above.checked_sub(1).and_then(|i| Some((i, *quantiles.get(i)?, *quantiles.get(above)?))) {
        Some((i, low, high)) => i as f64 + (score - f64::from(low)) / f64::from(high - low),
        None if above == 0 => 0.0,
        None => last,
    };
    (rank / last).clamp(0.0, 1.0)
}

/// What is to be said of an object that is as novel as this.
pub fn warning(percentile: f64) -> Option<Warning> {
    (percentile >= WARN_PERCENTILE).then(|| Warning::Other(format!("novelty {percentile:.1} %: perhaps none of these classes")))
}

/// Days that stand for a whole light curve when ages are compared.
const WHOLE_D: f64 = 120.0;

/// How far apart two ages are, in logarithms.
fn apart(a: Option<f64>, b: f64) -> f64 {
    (a.unwrap_or(WHOLE_D).clamp(1.0, WHOLE_D).ln() - b.clamp(1.0, WHOLE_D).ln()).abs()
}

/// Evenly spread quantiles of scores, at most `n`, rounded as the file keeps them.
pub fn quantiles(mut scores: Vec<f64>, n: usize) -> Vec<f32> {
    scores.retain(|s| s.is_finite());
    scores.sort_by(f64::total_cmp);
    let last = scores.len().saturating_sub(1);
    let n = n.min(scores.len());
    (0..n)
        .filter_map(|k| scores.get((k * last).checked_div(n - 1).unwrap_or(0)))
        .map(|s| half::f16::from_f64(s.clamp(-6e4, 6e4)).to_f32())
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    fn layout() -> Layout {
        Layout::new(&tree("Root{A,B}"))
    }

    /// Embeddings are two logits and two coordinates, of which the score uses the last alone.
    fn novelty() -> Novelty {
        let scores: Vec<Score> = (0..101).map(|i| Score { distance: f64::from(i), doubt: f64::from(i) / 200.0 }).collect();
        let ages = [None, Some(7.0)].map(|age| AgeQuantiles::new(age, &scores, 51)).to_vec();
        Novelty {
            mean: vec![0.0, 0.0, 0.0, 1.0],
            whitening: vec![0.0, 0.0, 0.0, 2.0],
            centres: vec![0.0, 1.0, 10.0],
            nearest: 2,
            w_eff: vec![1.0, 3.0],
            ages,
        }
    }

    #[test]
    fn distance_and_doubt_by_hand() {
        let score = novelty().score(&layout(), &[0.0, 0.0, 9.0, 3.0]).unwrap();
        // 2 x (3 - 1) = 4: the nearest are 1 and 0, or 3 and 4 away.
        assert!((score.distance - 3.5).abs() < 1e-6, "{score:?}");
        // Halves, over weights of 1 and 3: 3/4 and 1/4.
        assert!((score.doubt + 0.75f64.ln()).abs() < 1e-6, "{score:?}");
        assert_eq!(novelty().score(&layout(), &[0.0, 0.0, 9.0]), None);
        assert_eq!(novelty().score(&layout(), &[0.0, f32::NAN, 9.0, 0.0]), None);
    }

    #[test]
    fn percentiles_rise_with_either_score_and_end_at_100() {
        let n = novelty();
        let of = |distance: f64, doubt: f64| n.percentile(Score { distance, doubt }, 100.0).unwrap();
        let mut last = -1.0;
        for i in 0..=100 {
            let p = of(f64::from(i), f64::from(i) / 200.0);
            assert!(p >= last && (0.0..=100.0).contains(&p), "{i} {p}");
            // Both scores rise together here, so that the joined rank is theirs.
            assert!((p - f64::from(i)).abs() < 2.0, "{i} {p}");
            last = p;
        }
        assert!(of(80.0, 0.1) > of(40.0, 0.1) && of(40.0, 0.4) > of(40.0, 0.1));
        assert!(of(0.0, 0.0) == 0.0 && of(1e9, 1e9) > 99.99);
        assert!(warning(98.9).is_none() && warning(99.0).is_some_and(|w| w.to_string().contains("99.0 %")));
    }

    #[test]
    fn the_nearest_age_in_the_logarithm_counts() {
        let mut n = novelty();
        n.ages[1] = AgeQuantiles::new(Some(7.0), &[Score { distance: 0.0, doubt: 0.0 }, Score { distance: 1e-3, doubt: 1e-3 }], 2);
        let score = Score { distance: 50.0, doubt: 0.25 };
        assert_eq!(n.percentile(score, 3.0), Some(100.0));
        assert_eq!(n.percentile(score, 28.0), Some(100.0));
        assert!(n.percentile(score, 31.0).unwrap() < 60.0 && n.percentile(score, 1e4).unwrap() < 60.0);
    }

    #[test]
    fn kept_as_it_is_and_faults_are_named() {
        let n = novelty();
        let back: Novelty = serde_json::from_str(&serde_json::to_string(&n).unwrap()).unwrap();
        assert_eq!(back, n);
        assert_eq!(n.fault(4, &layout()), None);
        let says = |n: Novelty, what: &str| assert!(n.fault(4, &layout()).is_some_and(|f| f.contains(what)), "{what}");
        says(Novelty { mean: vec![0.0; 3], ..n.clone() }, "expected 4");
        says(Novelty { nearest: 9, ..n.clone() }, "9 nearest");
        says(Novelty { w_eff: vec![1.0], ..n.clone() }, "1 weights");
        says(Novelty { ages: Vec::new(), ..n.clone() }, "quantiles");
        says(Novelty { centres: vec![f32::INFINITY; 3], ..n }, "finite");
    }
}
