//! Judging the objects and putting the list in order.

use super::{CHUNK, HIDDEN, Object, Objects, Tally};
use crate::cascade::{Judge, Scratch};
use crate::tui::arrange::{ActiveFilter, Sort, SortKey};
use crate::tui::judge::{Labels, Mark};
use crate::tui::objects::Classified;
use crate::tui::tree::TreeState;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

impl Objects {
    /// Judges what has changed since the last time, and puts the list in order where that does not take anyone by surprise.
    /// `settled`: nothing more is to come.
    pub fn keep_up(&mut self, tree: &TreeState, tau: f64, settled: bool) {
        let basis = (tree.derived.number, tau.to_bits());
        let before = self.basis.replace(basis);
        if before != Some(basis) {
            let new_tree = before.is_none_or(|b| b.0 != basis.0);
            if new_tree {
                self.labels.place_in(tree, 0);
                self.placed = self.labels.len();
                if let Some(filter) = &self.filter {
                    self.filter = Some(ActiveFilter::new(&filter.text, tree));
                }
            }
            self.judge_all(tree, tau, !new_tree && self.fresh.is_empty());
            self.fresh.clear();
            // Answers that are still to come would only scatter what is in order.
            let waiting = before.is_none() && !settled;
            if self.is_arranged() && !waiting {
                self.arrange();
            } else {
                self.stale |= self.is_arranged();
                self.count();
            }
        }
        if !self.fresh.is_empty() {
            self.judge_fresh(tree, tau);
        }
        if self.stale && settled {
            self.arrange();
        }
    }

    /// Whether the order is another than that of reading.
    fn is_arranged(&self) -> bool {
        self.filter.is_some() || !self.sort.is_none()
    }

    /// `again`: only the threshold has changed since the last time.
    fn judge_all(&mut self, tree: &TreeState, tau: f64, again: bool) {
        let labels = &self.labels;
        let judge = judge(tree);
        let rows = self.rows.par_iter_mut().with_min_len(CHUNK);
        rows.for_each_init(Scratch::default, |scratch, row| judge_row(row, judge.as_ref(), tau, again, scratch, labels, tree));
    }

    fn judge_fresh(&mut self, tree: &TreeState, tau: f64) {
        self.labels.place_in(tree, self.placed);
        self.placed = self.labels.len();
        let (judge, mut scratch) = (judge(tree), Scratch::default());
        let fresh = std::mem::take(&mut self.fresh);
        for i in fresh {
            let Some(row) = self.rows.get_mut(i) else { continue };
            let before = row.mark;
            judge_row(row, judge.as_ref(), tau, false, &mut scratch, &self.labels, tree);
            let after = row.mark;
            if self.place_of(i).is_some() {
                if let Some(mark) = before {
                    let n = self.tally.of(mark);
                    *n = n.saturating_sub(1);
                }
                if let Some(mark) = after {
                    *self.tally.of(mark) += 1;
                }
            } else if let (Some(filter), Some(row)) = (&self.filter, self.rows.get(i))
                && filter.passes(row, &self.labels) == Some(true)
            {
                self.show(i);
            }
        }
        self.stale |= self.is_arranged();
    }

    /// Filters and sorts. The selected row keeps its line on the screen.
    pub fn arrange(&mut self) {
        let before = self.place_of(self.selected);
        let place = std::mem::take(&mut self.place);
        let passes = |i: usize, row: &Object| match &self.filter {
            None => true,
            // What means nothing on this tree leaves the list as it was.
            Some(filter) => filter.passes(row, &self.labels).unwrap_or_else(|| place.get(i).is_some_and(|p| *p != HIDDEN)),
        };
        let mut order: Vec<u32> = self.rows.iter().enumerate().filter(|(i, row)| passes(*i, row)).map(|(i, _)| i as u32).collect();
        self.sort.apply(&self.rows, &mut order);
        self.place = place;
        self.place.fill(HIDDEN);
        for (at, row) in order.iter().enumerate() {
            if let Some(place) = self.place.get_mut(*row as usize) {
                *place = at as u32;
            }
        }
        self.order = order;
        self.stale = false;
        if let Some(after) = self.place_of(self.selected) {
            if let Some(before) = before {
                self.offset = (self.offset + after).saturating_sub(before);
            }
            self.cursor = after;
        }
        self.count();
    }

    fn count(&mut self) {
        let mut tally = Tally::default();
        // In the order of reading, which memory likes better.
        let shown = self.rows.iter().zip(&self.place).filter(|(_, place)| **place != HIDDEN);
        for mark in shown.filter_map(|(row, _)| row.mark) {
            *tally.of(mark) += 1;
        }
        self.tally = tally;
    }

    /// Sorts by a key; the same one again sorts in what has come since.
    pub fn sort_by(&mut self, key: SortKey, reversed: bool) {
        self.sort = Sort { key, reversed };
        self.arrange();
    }

    /// Filters; none: all are shown. The caller moves the selection.
    pub fn set_filter(&mut self, filter: Option<ActiveFilter>) {
        self.filter = filter;
        self.arrange();
    }

    /// Takes the labels of a file, by object (none: the objects' own again). Returns how many objects have one there.
    pub fn set_labels(&mut self, file: Option<String>, by_object: Vec<(String, String)>) -> usize {
        let ids: std::collections::HashSet<String> = by_object.iter().map(|(id, _)| id.clone()).collect();
        self.labels.take(file, by_object);
        let mut found = 0;
        for row in &mut self.rows {
            row.label = self.labels.of(&row.curve);
            found += usize::from(ids.contains(&row.curve.object_id));
        }
        self.basis = None;
        found
    }

    /// The file whose labels are used.
    pub fn labels_file(&self) -> Option<&str> {
        self.labels.file.as_deref()
    }

    /// Marks a row, or takes its mark away.
    pub fn toggle_mark(&mut self, row: usize) {
        if let Some(row) = self.rows.get_mut(row) {
            row.marked = !row.marked;
            self.marked = if row.marked { self.marked + 1 } else { self.marked.saturating_sub(1) };
        }
    }

    /// Marks all that are shown, or takes all their marks away if all have one.
    pub fn toggle_shown(&mut self) {
        let all = self.order.iter().all(|i| self.rows.get(*i as usize).is_some_and(|r| r.marked));
        for i in &self.order {
            if let Some(row) = self.rows.get_mut(*i as usize) {
                row.marked = !all;
            }
        }
        self.marked = self.rows.iter().filter(|r| r.marked).count();
    }

    /// What is exported, in the order of the list: the marked ones, shown or not; all that are shown where none is marked.
    pub fn targets(&self) -> Vec<usize> {
        if self.marked == 0 {
            return self.order.iter().map(|i| *i as usize).collect();
        }
        let mut chosen: Vec<u32> = self.rows.iter().enumerate().filter(|(_, r)| r.marked).map(|(i, _)| i as u32).collect();
        self.sort.apply(&self.rows, &mut chosen);
        chosen.into_iter().map(|i| i as usize).collect()
    }
}

/// None while there is no model, or its answers can't be put on the tree.
fn judge(tree: &TreeState) -> Option<Judge<'_>> {
    let Some(Ok(regrouper)) = &tree.derived.regroup else { return None };
    Some(Judge::new(&tree.derived.layout, regrouper))
}

fn judge_row(row: &mut Object, judge: Option<&Judge>, tau: f64, again: bool, scratch: &mut Scratch, labels: &Labels, tree: &TreeState) {
    row.said = match (&row.classified, judge) {
        (Classified::Done(p), Some(judge)) => Some(match row.said.filter(|_| again) {
            Some(known) => judge.decide_again(p, tau, scratch, known),
            None => judge.judge(p, tau, scratch),
        }),
        _ => None,
    };
    row.mark = row.label.and_then(|l| match labels.place(l) {
        None => Some(Mark::Outside),
        Some(place) => row.said.map(|s| Mark::Judged(place.judge(&tree.derived.layout, s.slot))),
    });
}
