//! Calibration of a model after training: temperatures and biases, and the scores of the decision rules, from predictions
//! of objects that the model never saw.

#[cfg(feature = "train")]
mod after;
pub mod again;
pub mod edited;
pub mod fit;
pub mod measure;
#[cfg(test)]
mod tests;

#[cfg(feature = "train")]
pub use after::{Calibrated, after_training};

use crate::cascade::probabilities;
use crate::model::calibration::Scaling;
use crate::model::decisions::{Decisions, Seen};
use crate::taxonomy::Layout;
use fit::{Data, Sample};
use std::collections::BTreeMap;

/// Ages beside the whole light curve that a calibration is fitted to, days; the nearest that there are.
pub const FIT_AGES_D: [f64; 2] = [30.0, 7.0];
/// Share of an object's weight that its whole light curve has: T and b are those of all ages, and the answers for whole light
/// curves are to have the right rates.
const WHOLE: f64 = 0.8;
/// An age this many times another one is no stand-in for it.
const FAR: f64 = 2.0;

/// The predictions of one object whose class is known.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    /// Slots of the label's path, top first.
    pub path: &'a [usize],
    /// The part of a cross-fit that it is in.
    pub part: u32,
    /// (days since first detection, infinite for the whole light curve; ln p(node | parent) [N]).
    pub ages: Vec<(f64, &'a [f64])>,
}

impl Object<'_> {
    /// The predictions that a calibration is fitted to, each with its share of the object's weight, which is 1.
    fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        let distance = |age: f64, wanted: f64| (age / wanted).ln().abs();
        let mut chosen: Vec<usize> = self.ages.iter().position(|a| a.0.is_infinite()).into_iter().collect();
        for wanted in FIT_AGES_D {
            let finite = (0..self.ages.len()).filter(|i| self.ages[*i].0.is_finite());
            let nearest = finite.min_by(|a, b| distance(self.ages[*a].0, wanted).total_cmp(&distance(self.ages[*b].0, wanted)));
            chosen.extend(nearest.filter(|i| distance(self.ages[*i].0, wanted) <= FAR.ln()));
        }
        chosen.sort_unstable();
        chosen.dedup();
        let whole = chosen.iter().filter(|i| self.ages[**i].0.is_infinite()).count();
        let younger = chosen.len() - whole;
        let weight = move |age: f64| match (age.is_infinite(), whole, younger) {
            (_, 0, n) | (_, n, 0) => 1.0 / n as f64,
            (true, n, _) => WHOLE / n as f64,
            (false, _, n) => (1.0 - WHOLE) / n as f64,
        };
        chosen.into_iter().map(move |i| {
            let (age, log_conditional) = self.ages[i];
            Sample { log_conditional, path: self.path, weight: weight(age), part: self.part }
        })
    }
}

/// A calibration fitted to objects, and for each part of them one that was fitted to the others.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// To all.
    pub all: Scaling,
    /// By part.
    pub without: BTreeMap<u32, Scaling>,
    /// Strength of the penalty of `all`.
    pub strength: f64,
    /// Objects.
    pub objects: usize,
}

/// Fits a calibration, shrunk towards `centre`. Each strength is chosen by cross-fitting among the objects fitted to.
pub fn fit(layout: &Layout, objects: &[Object<'_>], centre: &Scaling) -> Fitted {
    let data = Data::new(layout, objects.iter().flat_map(Object::samples));
    let strength = data.choose(centre, |_| true);
    let of = |part: u32| {
        let strength = data.choose(centre, |p| p != part);
        data.fit(strength, centre, |p| p != part)
    };
    let without = data.parts.iter().map(|&part| (part, of(part))).collect();
    Fitted { all: data.fit(strength, centre, |_| true), without, strength, objects: objects.len() }
}

impl Fitted {
    /// The calibration that an object of this part had no part in.
    pub fn unseen(&self, part: u32) -> &Scaling {
        self.without.get(&part).unwrap_or(&self.all)
    }

    /// Scores of the decision rules, every object calibrated by what it had no part in.
    pub fn decisions(&self, layout: &Layout, objects: &[Object<'_>]) -> Option<Decisions> {
        let calibrated = self.calibrated(layout, objects);
        Decisions::of(layout, seen(objects, &calibrated))
    }

    /// P per slot of each object at each of its ages, calibrated by what the object had no part in.
    pub fn calibrated(&self, layout: &Layout, objects: &[Object<'_>]) -> Vec<Vec<Vec<Option<f64>>>> {
        let p = |o: &Object<'_>, l: &[f64]| {
            let mut l = l.to_vec();
            self.unseen(o.part).apply(layout, &mut l);
            probabilities(layout, &l).into_iter().map(Some).collect()
        };
        objects.iter().map(|o| o.ages.iter().map(|(_, l)| p(o, l)).collect()).collect()
    }
}

/// Objects with P per slot at each of their ages, as the decision rules look at them.
pub fn seen<'a>(objects: &'a [Object<'_>], p: &'a [Vec<Vec<Option<f64>>>]) -> impl Iterator<Item = Seen<'a>> {
    objects.iter().zip(p).flat_map(|(o, of_ages)| o.ages.iter().zip(of_ages).map(|((age_d, _), p)| Seen { age_d: *age_d, p, path: o.path }))
}
