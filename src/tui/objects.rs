//! The list of objects: what was read, what is known of each, selection and search. No drawing, no I/O.

use super::tree::contains_ignoring_case;
use crate::lightcurve::LightCurve;
use std::collections::HashMap;
use std::sync::Arc;

/// What the model said of an object.
#[derive(Debug, Clone)]
pub enum Classified {
    /// Not yet asked, or not yet answered.
    Waiting,
    /// P of each of the model's slots.
    Done(Arc<[f64]>),
    /// It could not be classified, and why.
    Failed(String),
}

/// One row.
#[derive(Debug, Clone)]
pub struct Object {
    /// The light curve, shared with the jobs.
    pub curve: Arc<LightCurve>,
    /// The answer of the model.
    pub classified: Classified,
}

/// The list.
#[derive(Debug, Default)]
pub struct Objects {
    rows: Vec<Object>,
    by_id: HashMap<String, usize>,
    /// Number of the selected row.
    pub selected: usize,
    /// First row on the screen, as it was last drawn.
    pub offset: usize,
    /// What is looked for, lower case; empty = nothing.
    pub search: String,
    /// Rows with an answer, good or bad.
    classified: usize,
}

impl Objects {
    /// Number of objects.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row.
    pub fn get(&self, index: usize) -> Option<&Object> {
        self.rows.get(index)
    }

    /// The selected row.
    pub fn current(&self) -> Option<&Object> {
        self.rows.get(self.selected)
    }

    /// Number of rows that the model has answered for.
    pub fn n_classified(&self) -> usize {
        self.classified
    }

    /// The labels of the objects that have one.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|o| o.curve.label.as_deref()).filter(|l| !l.is_empty())
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.rows.iter()
    }

    /// Forgets all answers, because another model is asked. Returns the rows, the selected one and what follows it first.
    pub fn ask_again(&mut self) -> Vec<(usize, Arc<LightCurve>)> {
        for row in &mut self.rows {
            row.classified = Classified::Waiting;
        }
        self.classified = 0;
        let n = self.rows.len();
        let from = self.selected.min(n);
        let rows = (from..n).chain(0..from);
        rows.filter_map(|i| Some((i, self.rows.get(i)?.curve.clone()))).collect()
    }

    /// Adds an object. Rows of one object that come from several files are merged (same name, survey and
    /// kind of photometry), and it waits again for its answer. Returns its row.
    pub fn add(&mut self, curve: LightCurve) -> usize {
        let key = format!("{}\u{0}{}\u{0}{}", curve.object_id, curve.survey, curve.photometry.name());
        if let Some(&i) = self.by_id.get(&key)
            && let Some(row) = self.rows.get_mut(i)
        {
            if !matches!(row.classified, Classified::Waiting) {
                self.classified -= 1;
            }
            row.curve = Arc::new(merged(&row.curve, curve));
            row.classified = Classified::Waiting;
            return i;
        }
        self.by_id.insert(key, self.rows.len());
        self.rows.push(Object { curve: Arc::new(curve), classified: Classified::Waiting });
        self.rows.len() - 1
    }

    /// Takes the answer for the object whose light curve is `curve`; an answer for a light curve that has grown since is dropped.
    pub fn answer(&mut self, index: usize, curve: &Arc<LightCurve>, answer: Classified) {
        if let Some(row) = self.rows.get_mut(index)
            && Arc::ptr_eq(&row.curve, curve)
        {
            if matches!(row.classified, Classified::Waiting) {
                self.classified += 1;
            }
            row.classified = answer;
        }
    }

    /// The next row, from `from` on in the direction of `step` and around the ends, whose name contains the search.
    pub fn find(&self, from: usize, step: isize) -> Option<usize> {
        let n = self.rows.len();
        if n == 0 || self.search.is_empty() {
            return None;
        }
        (0..n).map(|k| (from as isize + step * k as isize).rem_euclid(n as isize) as usize).find(|i| self.matches(*i))
    }

    /// Whether the row's name contains the search.
    pub fn matches(&self, index: usize) -> bool {
        !self.search.is_empty() && self.rows.get(index).is_some_and(|o| contains_ignoring_case(&o.curve.object_id, &self.search))
    }
}

fn merged(old: &LightCurve, new: LightCurve) -> LightCurve {
    let mut observations = old.observations.clone();
    observations.extend_from_slice(&new.observations);
    let mut out = LightCurve::new(new.object_id, new.photometry, observations, old.origin.clone());
    out.survey = new.survey;
    out.label = old.label.clone().or(new.label);
    out.fold = old.fold.or(new.fold);
    out.extra = if old.extra.is_empty() { new.extra } else { old.extra.clone() };
    for w in old.warnings.iter().chain(&new.warnings) {
        if !out.warnings.contains(w) {
            out.warnings.push(w.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::{BandId, Observation, Origin, Photometry};

    fn curve(id: &str, mjd: f64) -> LightCurve {
        let origin = Origin { path: Arc::new("<t>".into()), format: "t" };
        LightCurve::new(id.into(), Photometry::Difference, vec![Observation::from_flux(mjd, BandId::ZTF_G, 9.0, 1.0)], origin)
    }

    #[test]
    fn an_object_of_two_files_is_merged_and_asked_again() {
        let mut o = Objects::default();
        assert_eq!((o.add(curve("a", 1.0)), o.add(curve("b", 1.0))), (0, 1));
        let before = o.get(0).unwrap().curve.clone();
        o.answer(0, &before, Classified::Done(Arc::from([1.0])));
        assert_eq!(o.n_classified(), 1);
        assert_eq!(o.add(curve("a", 2.0)), 0);
        assert_eq!((o.len(), o.n_classified()), (2, 0));
        assert_eq!(o.get(0).unwrap().curve.observations.len(), 2);
        // The answer for the shorter light curve comes late: it is dropped.
        o.answer(0, &before, Classified::Done(Arc::from([1.0])));
        assert!(matches!(o.get(0).unwrap().classified, Classified::Waiting));
    }

    #[test]
    fn search_goes_around() {
        let mut o = Objects::default();
        for id in ["ZTF18a", "sim-1", "ztf19b", "other"] {
            o.add(curve(id, 1.0));
        }
        o.search = "ztf".into();
        assert_eq!(o.find(0, 1), Some(0));
        assert_eq!(o.find(1, 1), Some(2));
        assert_eq!(o.find(3, 1), Some(0));
        assert_eq!(o.find(1, -1), Some(0));
        assert_eq!(o.find(3, -1), Some(2));
        o.search = "nothing".into();
        assert_eq!(o.find(0, 1), None);
    }
}
