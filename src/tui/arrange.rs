//! The order of the list of objects: what it can be sorted by, and what a filter asks. No drawing, no I/O.

use super::judge::{Labels, Mark};
use super::objects::{Classified, Object};
use super::tree::TreeState;
use crate::evaluate::Verdict;
use crate::filter::{Filter, FilterError, Number, Subject, Truth};
use crate::lightcurve::BandId;
use rayon::slice::ParallelSliceMut;

/// What the list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortKey {
    /// As it was read.
    #[default]
    File,
    /// The object's name.
    Name,
    /// The decision, in the order of the tree.
    Decision,
    /// The decision's probability.
    P,
    /// Entropy.
    Entropy,
    /// Lead of the most probable leaf.
    Margin,
    /// How unlike the training set.
    Novelty,
    /// Number of points.
    N,
    /// Peak magnitude.
    Mag,
}

/// A row of the table of sort keys.
#[derive(Debug, Clone, Copy)]
pub struct SortInfo {
    /// Which.
    pub key: SortKey,
    /// The letter that chooses it.
    pub letter: char,
    /// Heading of the column.
    pub heading: &'static str,
    /// As it is chosen, with what comes first.
    pub title: &'static str,
    /// Small values come first, unless reversed.
    pub ascending: bool,
}

/// The table, in the order of the menu.
pub static SORTS: &[SortInfo] = &[
    SortInfo { key: SortKey::File, letter: 'f', heading: "file", title: "order of the files", ascending: true },
    SortInfo { key: SortKey::Name, letter: 'n', heading: "object", title: "name", ascending: true },
    SortInfo { key: SortKey::Decision, letter: 'd', heading: "decision", title: "decision, as in the tree", ascending: true },
    SortInfo { key: SortKey::P, letter: 'p', heading: "P", title: "probability of the decision, most first", ascending: false },
    SortInfo { key: SortKey::Entropy, letter: 'e', heading: "bits", title: "entropy, most uncertain first", ascending: false },
    SortInfo { key: SortKey::Margin, letter: 'm', heading: "margin", title: "margin of the best leaf, closest first", ascending: true },
    SortInfo { key: SortKey::Novelty, letter: 'v', heading: "novel", title: "novelty, most novel first", ascending: false },
    SortInfo { key: SortKey::N, letter: 'o', heading: "n", title: "number of points, most first", ascending: false },
    SortInfo { key: SortKey::Mag, letter: 'b', heading: "mag", title: "peak magnitude, brightest first", ascending: true },
];

impl SortKey {
    /// Its row.
    pub fn info(self) -> &'static SortInfo {
        // Every key is in the table (tested); the first stands in otherwise.
        SORTS.iter().find(|s| s.key == self).unwrap_or(&SORTS[0])
    }
}

/// How the list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Last first.
    pub reversed: bool,
}

impl Sort {
    /// Whether small values come first.
    pub fn ascending(self) -> bool {
        self.key.info().ascending != self.reversed
    }

    /// For the heading.
    pub fn arrow(self) -> &'static str {
        if self.ascending() { "↑" } else { "↓" }
    }

    /// Whether this is the order of reading.
    pub fn is_none(self) -> bool {
        self == Sort::default()
    }

    /// Sorts rows. What has no value comes last, either way; among equals the order of reading holds.
    pub fn apply(self, rows: &[Object], chosen: &mut [u32]) {
        let object = |i: u32| rows.get(i as usize);
        match self.key {
            SortKey::File => {
                chosen.sort_unstable();
                if self.reversed {
                    chosen.reverse();
                }
            }
            SortKey::Name => {
                let mut keyed: Vec<(u128, u32)> = chosen.iter().map(|i| (object(*i).map_or(0, |o| o.facts.head), *i)).collect();
                let rest = |i: u32| object(i).map_or("", |o| o.curve.object_id.as_str());
                let lower = |i: u32| rest(i).bytes().map(|b| b.to_ascii_lowercase());
                keyed.par_sort_unstable_by(|a, b| {
                    let names = a.0.cmp(&b.0).then_with(|| lower(a.1).cmp(lower(b.1)));
                    (if self.reversed { names.reverse() } else { names }).then(a.1.cmp(&b.1))
                });
                copy(chosen, &keyed);
            }
            _ => {
                let ascending = self.ascending();
                let value = |i: u32| match object(i).and_then(|o| self.key.value(o)) {
                    None => u64::MAX,
                    // Never the greatest, which means that there is none.
                    Some(v) => (if ascending { ordered(v) } else { !ordered(v) }).min(u64::MAX - 1),
                };
                let mut keyed: Vec<(u64, u32)> = chosen.iter().map(|i| (value(*i), *i)).collect();
                keyed.par_sort_unstable();
                copy(chosen, &keyed);
            }
        }
    }
}

fn copy<K>(chosen: &mut [u32], keyed: &[(K, u32)]) {
    for (to, (_, from)) in chosen.iter_mut().zip(keyed) {
        *to = *from;
    }
}

/// The first letters of a name, for comparing most names at once.
pub(super) fn head(name: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, b) in bytes.iter_mut().zip(name.bytes()) {
        *to = b.to_ascii_lowercase();
    }
    u128::from_be_bytes(bytes)
}

/// Numbers in the order of their values.
fn ordered(v: f64) -> u64 {
    let bits = v.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

impl SortKey {
    fn value(self, o: &Object) -> Option<f64> {
        match self {
            // The root first, then as in the tree; within a class the most probable first.
            SortKey::Decision => o.said.map(|s| s.slot.map_or(0.0, |s| (s + 1) as f64) + (1.0 - s.p.clamp(0.0, 1.0)) * 0.5),
            SortKey::P => o.said.map(|s| s.p),
            SortKey::Entropy => o.said.map(|s| s.entropy),
            SortKey::Margin => o.said.map(|s| s.margin),
            SortKey::Novelty => o.novelty(),
            SortKey::N => Some(o.facts.n as f64),
            SortKey::Mag => o.facts.peak_mag,
            SortKey::File | SortKey::Name => None,
        }
    }
}

/// The filter that the user has typed.
#[derive(Debug)]
pub struct ActiveFilter {
    /// As it was typed.
    pub text: String,
    /// On the present tree; or why it means nothing there.
    pub filter: Result<Filter, FilterError>,
    sums: Sums,
}

/// For each class of a `P(class)`: the model's slots that add up to it; none = the model knows nothing of it.
type Sums = Vec<(Option<usize>, Option<Vec<usize>>)>;

impl ActiveFilter {
    /// Reads it and finds its classes in the tree.
    pub fn new(text: &str, tree: &TreeState) -> ActiveFilter {
        let layout = &tree.derived.layout;
        let filter = Filter::new(text, tree.taxonomy(), layout);
        let asked = filter.as_ref().map(|f| f.asks_p_of().to_vec()).unwrap_or_default();
        let sources = |slot: Option<usize>| match (slot, &tree.derived.regroup) {
            (Some(slot), Some(Ok(regrouper))) => regrouper.sources(layout, slot),
            _ => None,
        };
        ActiveFilter { text: text.to_string(), filter, sums: asked.into_iter().map(|slot| (slot, sources(slot))).collect() }
    }

    /// Whether it lets the object through; none: it means nothing on this tree.
    pub fn passes(&self, object: &Object, labels: &Labels) -> Option<bool> {
        Some(self.filter.as_ref().ok()?.passes(&Asked { object, labels, sums: &self.sums }))
    }
}

struct Asked<'a> {
    object: &'a Object,
    labels: &'a Labels,
    sums: &'a Sums,
}

impl Subject for Asked<'_> {
    fn name(&self) -> &str {
        &self.object.curve.object_id
    }

    fn survey(&self) -> &str {
        &self.object.curve.survey
    }

    fn bands(&self) -> &[BandId] {
        &self.object.facts.bands
    }

    fn any_file(&self, test: &dyn Fn(&str) -> bool) -> bool {
        self.object.facts.files.iter().any(|f| test(&f.to_string_lossy()))
    }

    fn any_warning(&self, test: &dyn Fn(&str) -> bool) -> bool {
        self.object.curve.warnings.iter().any(|w| test(&w.to_string()))
    }

    fn number(&self, what: Number) -> Option<f64> {
        let said = self.object.said;
        match what {
            Number::N => Some(self.object.facts.n as f64),
            Number::Span => Some(self.object.facts.span_d),
            Number::Mag => self.object.facts.peak_mag,
            Number::P => said.map(|s| s.p),
            Number::Entropy => said.map(|s| s.entropy),
            Number::Margin => said.map(|s| s.margin),
            Number::Novelty => self.object.novelty(),
        }
    }

    fn decision(&self) -> Option<Option<usize>> {
        self.object.said.map(|s| s.slot)
    }

    fn p_of(&self, slot: Option<usize>) -> Option<f64> {
        let Classified::Done(p) = &self.object.classified else { return None };
        if slot.is_none() {
            return Some(1.0);
        }
        let atoms = self.sums.iter().find(|(of, _)| *of == slot)?.1.as_ref()?;
        Some(atoms.iter().filter_map(|a| p.get(*a)).sum())
    }

    fn truth(&self) -> Truth<'_> {
        let Some(number) = self.object.label else { return Truth::Unlabelled };
        let text = self.labels.text(number);
        self.labels.place(number).map_or(Truth::Outside(text), |place| Truth::At(text, place.slot))
    }

    fn verdict(&self) -> Option<Verdict> {
        match self.object.mark {
            Some(Mark::Judged(verdict)) => Some(verdict),
            _ => None,
        }
    }

    fn marked(&self) -> bool {
        self.object.marked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_sort_keys_is_whole() {
        use std::collections::HashSet;
        assert_eq!(SORTS.iter().map(|s| s.letter).collect::<HashSet<_>>().len(), SORTS.len());
        for s in SORTS {
            assert_eq!(s.key.info().heading, s.heading);
        }
    }

    #[test]
    fn numbers_keep_their_order() {
        let v = [-2.0, -0.5, 0.0, 1e-9, 0.5, 1.0, 20.0];
        assert!(v.windows(2).all(|w| ordered(w[0]) < ordered(w[1])));
        assert!(head("sim-2") > head("SIM-10") && head("a") == head("A"));
    }
}
