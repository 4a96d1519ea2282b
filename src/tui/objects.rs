//! The list of objects: what was read, what is known of each, the order in which they are shown, selection and search.
//! No drawing, no I/O.
//!
//! A row's number is that of its reading and never changes: jobs and answers go by it. The places of the list go by the sort
//! and the filter. The list does not move under the user: what arrives is put at its end, and it is sorted again when
//! everything has come, when it is asked for, or when tree or threshold change; the selected object keeps its line.

mod order;

use super::arrange::{ActiveFilter, Sort};
use super::judge::{Facts, Labels, Mark};
use super::said::Said;
use super::tree::contains_ignoring_case;
use crate::cascade::Judged;
use crate::evaluate::Verdict;
use crate::lightcurve::read::merge;
use crate::lightcurve::{LightCurve, Warning};
use std::collections::HashMap;
use std::sync::Arc;

/// What the model said of an object.
#[derive(Debug, Clone)]
pub enum Classified {
    /// Not yet asked, or not yet answered.
    Waiting,
    /// P of each of the model's slots, and what else it says.
    Done(Said),
    /// It could not be classified, and why.
    Failed(String),
}

impl Object {
    /// Per cent of the objects not trained on that are less novel, if the model tells.
    pub fn novelty(&self) -> Option<f64> {
        match &self.classified {
            Classified::Done(said) => said.novelty,
            _ => None,
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub struct Object {
    /// The light curve, shared with the jobs.
    pub curve: Arc<LightCurve>,
    /// The answer of the model.
    pub classified: Classified,
    /// What is measured of the light curve.
    pub facts: Facts,
    /// What the answer means on the present tree.
    pub said: Option<Judged>,
    /// Number of its label.
    pub label: Option<u32>,
    /// How the decision stands to the label.
    pub mark: Option<Mark>,
    /// Marked by the user.
    pub marked: bool,
}

/// How the decisions of the shown objects stand to their labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The label's class.
    pub right: usize,
    /// Above it.
    pub early: usize,
    /// Elsewhere.
    pub wrong: usize,
    /// The label is not in the tree.
    pub outside: usize,
}

impl Tally {
    fn of(&mut self, mark: Mark) -> &mut usize {
        match mark {
            Mark::Judged(Verdict::Correct) => &mut self.right,
            Mark::Judged(Verdict::StoppedEarly) => &mut self.early,
            Mark::Judged(Verdict::Mistake) => &mut self.wrong,
            Mark::Outside => &mut self.outside,
        }
    }

    /// Nothing was judged.
    pub fn is_empty(&self) -> bool {
        *self == Tally::default()
    }
}

/// The place of a row that is not shown.
const HIDDEN: u32 = u32::MAX;
/// Rows that one thread judges at least.
const CHUNK: usize = 4096;

/// The list.
#[derive(Debug, Default)]
pub struct Objects {
    rows: Vec<Object>,
    by_id: HashMap<String, usize>,
    /// Number of the selected row.
    pub selected: usize,
    /// First place of the list on the screen, as it was last drawn.
    pub offset: usize,
    /// What is looked for, lower case; empty = nothing.
    pub search: String,
    /// Rows with an answer, good or bad.
    classified: usize,
    labels: Labels,
    sort: Sort,
    filter: Option<ActiveFilter>,
    /// Rows that are shown, in order.
    order: Vec<u32>,
    /// Per row its place in `order`.
    place: Vec<u32>,
    /// Where the selection stood last, for when its row is not shown.
    cursor: usize,
    /// The order is not what sort and filter would make of the rows now.
    stale: bool,
    /// Rows that have changed since they were judged.
    fresh: Vec<usize>,
    /// Labels whose places were found.
    placed: usize,
    /// Tree and threshold that everything was judged on.
    basis: Option<(u64, u64)>,
    tally: Tally,
    marked: usize,
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
        self.rows.iter().filter_map(|o| self.label(o))
    }

    /// An object's label: that of a labels file, or its own.
    pub fn label(&self, object: &Object) -> Option<&str> {
        object.label.map(|l| self.labels.text(l))
    }

    /// Whether any object has a label.
    pub fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Every row, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.rows.iter()
    }

    /// Number of rows that are shown.
    pub fn shown(&self) -> usize {
        self.order.len()
    }

    /// The row at a place of the list.
    pub fn row_at(&self, place: usize) -> Option<usize> {
        self.order.get(place).map(|i| *i as usize)
    }

    /// The place of a row, if it is shown.
    pub fn place_of(&self, row: usize) -> Option<usize> {
        self.place.get(row).filter(|p| **p != HIDDEN).map(|p| *p as usize)
    }

    /// The place of the selected row; where it is not shown, the place that it had.
    pub fn at(&self) -> usize {
        self.place_of(self.selected).unwrap_or(self.cursor).min(self.order.len().saturating_sub(1))
    }

    /// Whether the selected row is shown.
    pub fn selected_is_shown(&self) -> bool {
        self.place_of(self.selected).is_some()
    }

    /// Selects a row.
    pub fn select(&mut self, row: usize) {
        self.selected = row.min(self.rows.len().saturating_sub(1));
        self.cursor = self.at();
    }

    /// How the list is sorted.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The filter.
    pub fn filter(&self) -> Option<&ActiveFilter> {
        self.filter.as_ref()
    }

    /// Whether something has come that is not sorted in.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// How the shown objects stand to their labels.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Number of marked objects.
    pub fn n_marked(&self) -> usize {
        self.marked
    }

    /// Forgets all rows. The sort stays, and the labels of a file.
    pub fn clear(&mut self) {
        let Objects { labels, sort, placed, .. } = std::mem::take(self);
        *self = Objects { labels, sort, placed, ..Objects::default() };
    }

    /// Forgets all answers, because another model is asked. Returns the rows, the selected one and what follows it first.
    pub fn ask_again(&mut self) -> Vec<(usize, Arc<LightCurve>)> {
        for row in &mut self.rows {
            row.classified = Classified::Waiting;
        }
        self.classified = 0;
        // Everything is judged anew, and the list keeps its order until the answers have come.
        self.basis = None;
        let n = self.rows.len();
        let from = self.selected.min(n);
        let rows = (from..n).chain(0..from);
        rows.filter_map(|i| Some((i, self.rows.get(i)?.curve.clone()))).collect()
    }

    /// Adds an object. Rows of one object that come from several files are merged (same name, survey and
    /// kind of photometry), and it waits again for its answer. Returns its row.
    pub fn add(&mut self, curve: LightCurve) -> usize {
        let key = format!("{}\u{0}{}\u{0}{}", curve.object_id, curve.survey, curve.photometry.name());
        let path = curve.origin.path.clone();
        if let Some(&i) = self.by_id.get(&key)
            && let Some(row) = self.rows.get_mut(i)
        {
            if !matches!(row.classified, Classified::Waiting) {
                self.classified -= 1;
            }
            let mut files = std::mem::take(&mut row.facts.files);
            if !files.contains(&path) {
                files.push(path);
            }
            let mut all = (*row.curve).clone();
            all.warnings.retain(|w| !is_of_files(w));
            merge(&mut all, curve);
            if files.len() > 1 {
                all.warnings.insert(0, of_files(files.len()));
            }
            row.label = self.labels.of(&all);
            row.facts = Facts::new(&all, files);
            row.curve = Arc::new(all);
            row.classified = Classified::Waiting;
            self.fresh.push(i);
            return i;
        }
        let i = self.rows.len();
        self.by_id.insert(key, i);
        let label = self.labels.of(&curve);
        let facts = Facts::new(&curve, vec![path]);
        let curve = Arc::new(curve);
        self.rows.push(Object { curve, classified: Classified::Waiting, facts, said: None, label, mark: None, marked: false });
        self.place.push(HIDDEN);
        if self.filter.is_none() {
            self.show(i);
        }
        self.fresh.push(i);
        i
    }

    /// Puts a row at the end of the list.
    fn show(&mut self, row: usize) {
        if let Some(place) = self.place.get_mut(row) {
            *place = self.order.len() as u32;
            self.order.push(row as u32);
            if let Some(mark) = self.rows.get(row).and_then(|r| r.mark) {
                *self.tally.of(mark) += 1;
            }
        }
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
            self.fresh.push(index);
        }
    }

    /// The row at the next place, from place `from` on in the direction of `step` and around the ends, whose name contains
    /// the search.
    pub fn find(&self, from: usize, step: isize) -> Option<usize> {
        let n = self.order.len();
        if n == 0 || self.search.is_empty() {
            return None;
        }
        (0..n)
            .map(|k| (from as isize + step * k as isize).rem_euclid(n as isize) as usize)
            .filter_map(|place| self.row_at(place))
            .find(|i| self.matches(*i))
    }

    /// Whether the row's name contains the search.
    pub fn matches(&self, index: usize) -> bool {
        !self.search.is_empty() && self.rows.get(index).is_some_and(|o| contains_ignoring_case(&o.curve.object_id, &self.search))
    }
}

/// That an object was read from several files.
fn of_files(n: usize) -> Warning {
    Warning::Other(format!("points of {n} files"))
}

fn is_of_files(w: &Warning) -> bool {
    matches!(w, Warning::Other(text) if text.starts_with("points of ") && text.ends_with(" files"))
}

#[cfg(test)]
mod tests;
