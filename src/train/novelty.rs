//! Fits the novelty score of a bundle: whitening and kept embeddings from the objects trained on, quantiles from objects
//! that the network has not seen, because its embeddings of those it was trained on are closer together.

use super::data::{Example, REFERENCE_AGES_D};
use super::rng::RunRng;
use super::run::Trained;
use crate::model::novelty::{AgeQuantiles, Novelty, Score};
use crate::taxonomy::layout::Layout;
use std::collections::BTreeMap;

/// One embedding.
#[derive(Debug, Clone, Copy)]
pub struct Embedded<'a> {
    /// [E].
    pub embedding: &'a [f32],
    /// Number of its class; only whether two are the same matters.
    pub class: usize,
    /// Nominal age of what was seen, days since the first detection; infinite = the whole light curve.
    pub age_d: f64,
}

/// What decides the score.
#[derive(Debug, Clone, PartialEq)]
pub struct NoveltyConfig {
    /// Directions kept, those in which the embeddings vary most beside the spread within the classes.
    pub directions: usize,
    /// Embeddings kept at most.
    pub centres: usize,
    /// Nearest of them whose mean distance is the score.
    pub nearest: usize,
    /// Whether the covariance within the classes whitens, not that of all.
    pub within: bool,
    /// Quantiles kept for each age.
    pub quantiles: usize,
}

impl Default for NoveltyConfig {
    fn default() -> Self {
        NoveltyConfig { directions: 4, centres: 500, nearest: 20, within: true, quantiles: 201 }
    }
}

/// The novelty score of a trained network: the objects trained on give the distances, those of the held-out fold the quantiles, at the
/// ages at which predictions are kept. None without a held-out fold.
pub fn of_run(trained: &Trained, layout: &Layout, set: &[Example], hold_out: Option<u32>, seed: u64) -> Option<Novelty> {
    let fold = hold_out?;
    let kept = |e: &Example| REFERENCE_AGES_D.into_iter().zip(e.reference.iter().cloned()).collect::<Vec<_>>();
    let rows: Vec<(usize, bool, f64, Vec<f32>)> =
        set.iter().flat_map(|e| kept(e).into_iter().map(|(age_d, row)| (e.node.index(), e.fold == fold, age_d, row))).collect();
    let features: Vec<&[f32]> = rows.iter().map(|r| r.3.as_slice()).collect();
    let predictions = trained.predict(layout, &features);
    let part = |unseen: bool| -> Vec<Embedded<'_>> {
        let rows = rows.iter().zip(&predictions).filter(|(r, _)| r.1 == unseen);
        rows.map(|(r, p)| Embedded { embedding: &p.embedding, class: r.0, age_d: r.2 }).collect()
    };
    fit(&part(false), &part(true), layout, &trained.w_eff, &NoveltyConfig::default(), seed)
}

/// Share of the mean variance that is added to each: the logits of rare classes hardly vary on their own.
const RIDGE: f64 = 1e-3;

/// Fits on embeddings trained on; `unseen` are those of objects that were not. None if either is too small.
///
/// `layout` and `w_eff` [N] are those of the network: the embeddings begin with its logits.
pub fn fit(seen: &[Embedded], unseen: &[Embedded], layout: &Layout, w_eff: &[f64], config: &NoveltyConfig, seed: u64) -> Option<Novelty> {
    let width = seen.first()?.embedding.len();
    if width == 0 || seen.iter().chain(unseen).any(|e| e.embedding.len() != width || e.embedding.iter().any(|v| !v.is_finite())) {
        return None;
    }
    let mean = mean_of(seen.iter().map(|e| e.embedding), width);
    let whitening = whitening(seen, &mean, config);
    let mut novelty = Novelty {
        mean: halves(&mean),
        whitening: halves(&whitening),
        centres: Vec::new(),
        nearest: config.nearest.max(1),
        w_eff: w_eff.to_vec(),
        ages: Vec::new(),
    };
    for i in sample(seen, config.centres, seed) {
        novelty.centres.extend(halves(&novelty.whiten(seen.get(i)?.embedding).iter().map(|v| f64::from(*v)).collect::<Vec<_>>()));
    }
    let mut by_age: BTreeMap<u64, Vec<Score>> = BTreeMap::new();
    for e in unseen {
        // Bits of positive numbers are in their order.
        by_age.entry(e.age_d.max(0.0).to_bits()).or_default().push(novelty.score(layout, e.embedding)?);
    }
    novelty.ages = by_age
        .into_iter()
        .filter(|(_, scores)| scores.len() >= 2)
        .map(|(bits, scores)| AgeQuantiles::new(Some(f64::from_bits(bits)).filter(|d| d.is_finite()), &scores, config.quantiles))
        .collect();
    novelty.fault(width, layout).is_none().then_some(novelty)
}

/// Rounded as the file keeps them, so that the score is the same before and after.
fn halves(values: &[f64]) -> Vec<f32> {
    values.iter().map(|v| half::f16::from_f64(v.clamp(-6e4, 6e4)).to_f32()).collect()
}

fn mean_of<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Vec<f64> {
    let (mut sum, mut n) = (vec![0.0; width], 0.0);
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(s, v)| *s += f64::from(*v));
        n += 1.0;
    }
    sum.iter().map(|s| s / f64::max(n, 1.0)).collect()
}

/// Rows of unit variance within the classes (or of all), those with the largest variance of all first [D, E].
fn whitening(seen: &[Embedded], mean: &[f64], config: &NoveltyConfig) -> Vec<f64> {
    let width = mean.len();
    let mut classes: BTreeMap<usize, Vec<&[f32]>> = BTreeMap::new();
    for e in seen {
        classes.entry(if config.within { e.class } else { 0 }).or_default().push(e.embedding);
    }
    let mut within = vec![0.0; width * width];
    for rows in classes.values() {
        let centre = mean_of(rows.iter().copied(), width);
        add_products(&mut within, rows.iter().copied(), &centre);
    }
    let mut all = vec![0.0; width * width];
    add_products(&mut all, seen.iter().map(|e| e.embedding), mean);
    let n = seen.len() as f64;
    within.iter_mut().chain(&mut all).for_each(|v| *v /= n);
    let trace: f64 = (0..width).map(|i| within[i * width + i]).sum();
    let ridge = (RIDGE * trace / width as f64).max(f64::MIN_POSITIVE.sqrt());
    (0..width).for_each(|i| within[i * width + i] += ridge);
    let (values, vectors) = eigen(within, width);
    // Rows: eigenvectors of the covariance within, divided by their standard deviations.
    let root: Vec<f64> = (0..width * width).map(|i| vectors[i] / values[i / width].max(ridge).sqrt()).collect();
    let spread = sandwich(&root, &all, width);
    let (values, turned) = eigen(spread, width);
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order.truncate(config.directions.clamp(1, width));
    order
        .iter()
        .flat_map(|&k| {
            let row: Vec<f64> = (0..width).map(|j| (0..width).map(|i| turned[k * width + i] * root[i * width + j]).sum()).collect();
            row
        })
        .collect()
}

fn add_products<'a>(sum: &mut [f64], rows: impl Iterator<Item = &'a [f32]>, centre: &[f64]) {
    let width = centre.len();
    for row in rows {
        let x: Vec<f64> = row.iter().zip(centre).map(|(v, m)| f64::from(*v) - m).collect();
        for (line, xi) in sum.chunks_mut(width).zip(&x) {
            line.iter_mut().zip(&x).for_each(|(s, xj)| *s += xi * xj);
        }
    }
}

/// R C R^T of square matrices.
fn sandwich(r: &[f64], c: &[f64], n: usize) -> Vec<f64> {
    let product = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        (0..n * n).map(|ij| (0..n).map(|k| a(ij / n, k) * b(k, ij % n)).sum()).collect()
    };
    let rc = product(&|i, k| r[i * n + k], &|k, j| c[k * n + j]);
    product(&|i, k| rc[i * n + k], &|k, j| r[j * n + k])
}

/// Eigenvalues and eigenvectors (rows) of a symmetric matrix [n, n] by Jacobi's rotations.
fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut v = vec![0.0; n * n];
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    for _ in 0..60 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j].powi(2)).sum();
        let diagonal: f64 = (0..n).map(|i| a[i * n + i].powi(2)).sum();
        if off <= 1e-24 * diagonal {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = f64::copysign(1.0, theta) / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (v[p * n + k], v[q * n + k]);
                    (v[p * n + k], v[q * n + k]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), v)
}

/// Which embeddings are kept: of each class in proportion to the root of its size, so that a rare class is not novel.
fn sample(seen: &[Embedded], most: usize, seed: u64) -> Vec<usize> {
    let mut rng = RunRng::new(seed, u64::MAX - 1);
    let mut order: Vec<usize> = (0..seen.len()).collect();
    rng.shuffle(&mut order);
    let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in order {
        classes.entry(seen[i].class).or_default().push(i);
    }
    let roots: f64 = classes.values().map(|c| (c.len() as f64).sqrt()).sum();
    classes.values().flat_map(|c| c.iter().take((most as f64 * (c.len() as f64).sqrt() / roots) as usize).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    #[test]
    fn what_lies_elsewhere_is_novel_and_what_was_not_trained_on_is_spread_evenly() {
        let layout = Layout::new(&tree("Root{A,B}"));
        let mut rng = RunRng::new(11, 0);
        // Two classes, told apart by the logits and the third coordinate; the fourth is noise.
        let mut draw = |n: usize, shift: f32| -> Vec<(Vec<f32>, usize)> {
            let one = |i: usize| {
                let sign = if i.is_multiple_of(2) { 1.0f32 } else { -1.0 };
                let mut noise = || rng.normal() as f32;
                (vec![2.0 * sign + noise(), -2.0 * sign + noise(), 5.0 * sign + noise() + shift, noise()], i % 2)
            };
            (0..n).map(one).collect()
        };
        let (seen, unseen, new) = (draw(400, 0.0), draw(400, 0.0), draw(100, 30.0));
        fn embedded(rows: &[(Vec<f32>, usize)]) -> Vec<Embedded<'_>> {
            rows.iter().map(|(e, class)| Embedded { embedding: e, class: *class, age_d: f64::INFINITY }).collect()
        }
        let novelty = fit(&embedded(&seen), &embedded(&unseen), &layout, &[1.0, 1.0], &NoveltyConfig::default(), 1).unwrap();
        let mut known: Vec<f64> = unseen.iter().filter_map(|(e, _)| novelty.of(&layout, e, 1000.0)).collect();
        known.sort_by(f64::total_cmp);
        for (rank, p) in known.iter().enumerate() {
            assert!((p - 100.0 * rank as f64 / 399.0).abs() < 3.0, "{rank} {p}");
        }
        let beyond = new.iter().filter(|(e, _)| novelty.of(&layout, e, 1000.0).is_some_and(|p| p > 95.0)).count();
        assert!(beyond > 90, "{beyond}");
        assert!(fit(&[], &embedded(&unseen), &layout, &[1.0, 1.0], &NoveltyConfig::default(), 1).is_none());
    }
}
