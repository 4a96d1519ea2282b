//! Confusion at each depth of the tree, along the path to the most probable leaf.

use super::confusion::{ClassScore, Confusion};
use super::outcome::Outcome;
use super::report::MIN_OBJECTS;
use crate::taxonomy::Layout;
use serde::Serialize;

/// Precision, recall and F1 of a table of confusion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Averages {
    /// Share of right answers: precision, recall and F1 over all objects alike.
    pub micro: f64,
    /// Mean precision of the classes with enough objects.
    pub precision: f64,
    /// Mean recall of them.
    pub recall: f64,
    /// Mean F1 of them.
    pub f1: f64,
    /// Number of classes in these means.
    pub classes: u64,
}

/// Means over the classes with at least [`MIN_OBJECTS`] objects; none if there are fewer than two.
pub fn averages(confusion: &Confusion) -> Option<Averages> {
    let scores: Vec<ClassScore> = confusion.scores().into_iter().filter(|s| s.n >= MIN_OBJECTS).collect();
    let n = scores.len() as f64;
    let mean = |f: fn(&ClassScore) -> f64| scores.iter().map(f).sum::<f64>() / n;
    (scores.len() >= 2).then(|| Averages {
        micro: confusion.accuracy(),
        precision: mean(|s| s.precision),
        recall: mean(|s| s.recall),
        f1: mean(|s| s.f1),
        classes: scores.len() as u64,
    })
}

/// One depth: its classes, and the leaves above it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelTable {
    /// Depth, 1 = the root's children.
    pub level: usize,
    /// Objects whose label reaches that deep or is a leaf above.
    pub confusion: Confusion,
    /// Means over the classes.
    pub averages: Option<Averages>,
}

/// A table for each depth at which some object is judged. Classes without a true or said object are left out.
pub fn level_tables(layout: &Layout, outcomes: &[&Outcome]) -> Vec<LevelTable> {
    let deepest = layout.slots.iter().map(|s| s.depth).max().unwrap_or(0);
    (1..=deepest).filter_map(|level| level_table(layout, outcomes, level)).collect()
}

fn level_table(layout: &Layout, outcomes: &[&Outcome], level: u32) -> Option<LevelTable> {
    let at = |path: &[usize]| -> Option<usize> {
        let slot = path.get(level as usize - 1).or_else(|| path.last().filter(|&&s| layout.is_atom(s)));
        slot.copied()
    };
    let pairs: Vec<(usize, usize)> = outcomes.iter().filter_map(|o| Some((at(&o.truth.path)?, at(&o.forced)?))).collect();
    let mut slots: Vec<usize> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    slots.sort_unstable();
    slots.dedup();
    if !slots.iter().any(|&s| layout.slots[s].depth == level) {
        return None;
    }
    let mut confusion = Confusion::new(slots.iter().map(|&s| layout.slots[s].name.clone()).collect());
    for (truth, said) in pairs {
        if let (Ok(truth), Ok(said)) = (slots.binary_search(&truth), slots.binary_search(&said)) {
            confusion.add(truth, said);
        }
    }
    Some(LevelTable { level: level as usize, averages: averages(&confusion), confusion })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::{Scored, Truth};

    #[test]
    fn leaves_above_a_level_stay_in_it() {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let outcome = |label: &str, p: [f64; 4]| {
            let truth = Truth::new(&layout, &t, id(&t, label));
            Outcome::new(&layout, &Scored::new(&layout, truth, p.to_vec(), 0.5), None)
        };
        let all = [
            outcome("A1", [0.8, 0.6, 0.2, 0.2]),
            outcome("A2", [0.3, 0.2, 0.1, 0.7]),
            outcome("A", [0.9, 0.1, 0.8, 0.1]),
            outcome("B", [0.1, 0.1, 0.0, 0.9]),
        ];
        let tables = level_tables(&layout, &all.iter().collect::<Vec<_>>());
        assert_eq!(tables[0].confusion.classes, ["A", "B"]);
        assert_eq!(tables[0].confusion.counts, [[2, 1], [0, 1]]);
        // The label A does not reach level 2.
        assert_eq!(tables[1].confusion.classes, ["A1", "A2", "B"]);
        assert_eq!(tables[1].confusion.counts, [[1, 0, 0], [0, 0, 1], [0, 0, 1]]);
        assert_eq!(tables[0].averages, None);
    }

    #[test]
    fn averages_by_hand() {
        let mut c = Confusion::new(vec!["a".into(), "b".into(), "c".into()]);
        for (truth, said, n) in [(0, 0, 30), (0, 1, 10), (1, 1, 20), (2, 0, 5)] {
            (0..n).for_each(|_| c.add(truth, said));
        }
        let a = averages(&c).unwrap();
        let (pa, pb) = (30.0 / 35.0, 20.0 / 30.0);
        assert_eq!(a.classes, 2);
        assert!((a.precision - (pa + pb) / 2.0).abs() < 1e-12 && (a.recall - (0.75 + 1.0) / 2.0).abs() < 1e-12);
        assert!((a.micro - 50.0 / 65.0).abs() < 1e-12);
    }
}
