//! Labelled light curves as training examples: each object whole, and several truncated and thinned
//! versions of it, so that one model serves from the first detections to the full curve.

use super::rng::RunRng;
use crate::features::{self, Group, period};
use crate::lightcurve::{LightCurve, Observation, Photometry, window};
use crate::model::{Profile, name_hash, peak_mag};
use crate::taxonomy::labels::{match_label, target_slots};
use crate::taxonomy::layout::Layout;
use crate::taxonomy::{NodeId, Taxonomy};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Ages in days between which truncations are drawn, evenly in the logarithm.
const AGES_D: (f64, f64) = (1.5, 150.0);
/// Ages in days since the first detection at which predictions are kept: the whole light curve first.
pub const REFERENCE_AGES_D: [f64; 7] = [f64::INFINITY, 3.0, 7.0, 14.0, 30.0, 60.0, 120.0];
/// Places in [`REFERENCE_AGES_D`] of the ages that the reference set keeps: whole, 30 and 7 days.
pub const REFSET_AGES: [usize; 3] = [0, 4, 2];
/// Up to this share of the nights is left out of a truncated version.
const MAX_THINNING: f64 = 0.4;

/// The shortest stretch of a star's light curve to train on, as a share of its span.
const SHORTEST_STRETCH: f64 = 0.2;
/// Up to this share of a star's points is left out of a version.
const MAX_STAR_THINNING: f64 = 0.6;

/// One object.
#[derive(Debug, Clone)]
pub struct Example {
    /// The survey's name.
    pub object_id: String,
    /// The file's label.
    pub label: String,
    /// Fold of the fixed split.
    pub fold: u32,
    /// The node that the label means.
    pub node: NodeId,
    /// Slots of the label's path, top first.
    pub path: Vec<usize>,
    /// A second label for comparisons (`five_class`), never trained on.
    pub five_class: Option<String>,
    /// Brightest magnitude, infinite where there is none.
    pub peak_mag: f64,
    /// Raw features of each version to train on; the first is the whole light curve.
    pub versions: Vec<Vec<f32>>,
    /// Raw features at each of [`REFERENCE_AGES_D`], for predictions and the reference set.
    pub reference: Vec<Vec<f32>>,
}

/// Why objects could not be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Labels that the tree does not hold, with the number of objects.
    pub unmapped: BTreeMap<String, usize>,
    /// Objects without a label.
    pub unlabelled: usize,
    /// Objects without a usable point.
    pub empty: usize,
    /// Object ids that occur in more than one fold: an error for the caller, because it is leakage.
    pub in_two_folds: Vec<String>,
    /// Objects that came twice in one fold; the first is kept.
    pub repeated: usize,
}

/// Makes examples of light curves. `n_versions` truncated versions each. The draw depends on the
/// seed and the object's name alone, so that it is the same in any order and on any number of threads.
pub fn examples(
    curves: &[LightCurve],
    tree: &Taxonomy,
    layout: &Layout,
    groups: &[Group],
    n_versions: usize,
    seed: u64,
) -> (Vec<Example>, Skipped) {
    let mut skipped = Skipped::default();
    let profile = Profile { groups: groups.to_vec(), peak_mag: (f64::NEG_INFINITY, f64::INFINITY) };
    let mut folds: HashMap<&str, u32> = HashMap::new();
    let mut kept = Vec::new();
    for lc in curves {
        let Some(label) = lc.label.as_deref().filter(|l| !l.is_empty()) else {
            skipped.unlabelled += 1;
            continue;
        };
        // First: a class whose objects are all empty has been taken out of the tree, and its label is not to blame.
        if !profile.can_use(lc) {
            skipped.empty += 1;
            continue;
        }
        let Some(found) = match_label(tree, label) else {
            *skipped.unmapped.entry(label.to_string()).or_default() += 1;
            continue;
        };
        let fold = lc.fold.unwrap_or_else(|| (name_hash(&lc.object_id) % 10) as u32);
        match folds.insert(&lc.object_id, fold) {
            Some(other) if other != fold => skipped.in_two_folds.push(lc.object_id.clone()),
            Some(_) => skipped.repeated += 1,
            None => kept.push((lc, label, found.node, fold)),
        }
    }
    let examples = kept
        .par_iter()
        .map(|&(lc, label, node, fold)| Example {
            object_id: lc.object_id.clone(),
            label: label.to_string(),
            fold,
            node,
            path: target_slots(layout, tree, node),
            five_class: lc.extra("five_class").map(str::to_string),
            peak_mag: peak_mag(lc),
            versions: versions(lc, groups, n_versions, seed),
            reference: REFERENCE_AGES_D.iter().map(|&age| features::compute(&window::as_of(lc, age), lc.photometry, groups)).collect(),
        })
        .collect();
    (examples, skipped)
}

fn versions(lc: &LightCurve, groups: &[Group], n: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut rng = RunRng::new(seed, name_hash(&lc.object_id));
    let mut out = vec![features::compute(&lc.observations, lc.photometry, groups)];
    // A star's versions cost a search for its period each, and differ less than the ages of a transient.
    let n = if lc.photometry == Photometry::Total { n.div_ceil(2) } else { n };
    for _ in 0..n {
        let seen = match lc.photometry {
            Photometry::Difference => {
                let age = AGES_D.0 * (AGES_D.1 / AGES_D.0).powf(rng.uniform());
                let mut seen = window::as_of(lc, age);
                thin(&mut seen, lc.photometry, &mut rng);
                seen
            }
            Photometry::Total => part_of_star(&lc.observations, &mut rng),
        };
        out.push(features::compute(&seen, lc.photometry, groups));
    }
    out
}

/// What another survey might have of a star: a stretch of the time, from a fifth to all of it, and a part of the points.
fn part_of_star(observations: &[Observation], rng: &mut RunRng) -> Vec<Observation> {
    let (first, last) = observations.first().zip(observations.last()).map_or((0.0, 0.0), |(f, l)| (f.mjd, l.mjd));
    let kept = SHORTEST_STRETCH.powf(rng.uniform());
    let start = first + (last - first) * (1.0 - kept) * rng.uniform();
    let end = start + (last - first) * kept;
    let drop = MAX_STAR_THINNING * rng.uniform();
    let seen: Vec<Observation> = observations.iter().filter(|o| (start..=end).contains(&o.mjd) && rng.uniform() >= drop).cloned().collect();
    // Too few points for a search say little more than that.
    if seen.iter().filter(|o| !o.is_limit()).count() < period::MIN_POINTS { observations.to_vec() } else { seen }
}

/// Leaves out whole nights, but never the only measurement.
fn thin(observations: &mut Vec<Observation>, photometry: Photometry, rng: &mut RunRng) {
    let drop = MAX_THINNING * rng.uniform();
    let (mut night, mut dropped) = (f64::NAN, false);
    let before = observations.clone();
    observations.retain(|o| {
        if o.mjd.floor() != night {
            night = o.mjd.floor();
            dropped = rng.uniform() < drop;
        }
        !dropped
    });
    if !observations.iter().any(|o| !o.is_limit()) {
        *observations = before;
    }
    if photometry == Photometry::Difference {
        window::hide_late_limits(observations);
    }
}
