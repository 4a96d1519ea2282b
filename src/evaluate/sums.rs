//! The report's counts, collected object by object.

use super::confusion::{ClassScore, ratio};
use super::groups::group_row;
use super::hierarchical::{Hierarchical, Verdict, lca_height, verdict};
use super::report::{ClassRow, LEAST_P, LevelRow, MIN_OBJECTS, Report};
use super::scored::Scored;
use crate::taxonomy::Layout;

/// Sums over the objects, of which the report is made.
#[derive(Default)]
pub(super) struct Sums {
    n: u64,
    hierarchical: Hierarchical,
    verdicts: [u64; 3],
    severity: (f64, u64),
    log_loss: (f64, u64),
    levels: Vec<(u64, u64)>,
    /// Per slot: true, predicted, both.
    slots: Vec<[u64; 3]>,
    in_model: Vec<bool>,
}

impl Sums {
    /// None yet.
    pub(super) fn new(layout: &Layout) -> Self {
        let depth = layout.slots.iter().map(|s| s.depth as usize).max().unwrap_or(0);
        Sums { levels: vec![(0, 0); depth], slots: vec![[0; 3]; layout.len()], in_model: vec![false; layout.len()], ..Default::default() }
    }

    /// One object that is labelled below the root.
    pub(super) fn add(&mut self, layout: &Layout, object: &Scored) {
        let truth = &object.truth;
        self.n += 1;
        self.hierarchical.add(truth, &object.decided);
        self.verdicts[verdict(truth, &object.decided) as usize] += 1;
        let forced = object.leaf(layout).map_or_else(Vec::new, |s| layout.path(s));
        let forced = truth.judged(&forced);
        if verdict(truth, forced) == Verdict::Mistake {
            self.severity.0 += f64::from(lca_height(layout, &truth.path, forced));
            self.severity.1 += 1;
        }
        for (level, slot) in truth.path.iter().enumerate() {
            self.levels[level].0 += 1;
            self.slots[*slot][0] += 1;
            if forced.get(level) == Some(slot) {
                self.levels[level].1 += 1;
                self.slots[*slot][2] += 1;
            }
        }
        for &slot in forced {
            self.slots[slot][1] += 1;
        }
        for (known, p) in self.in_model.iter_mut().zip(&object.p) {
            *known |= !p.is_nan();
        }
        if let Some(&end) = truth.path.last()
            && !object.p[end].is_nan()
        {
            self.log_loss.0 -= object.p[end].max(LEAST_P).ln();
            self.log_loss.1 += 1;
        }
    }

    /// All but the tree's name, the rule and the five classes.
    pub(super) fn report(self, layout: &Layout, objects: &[Scored], own_source: &[bool]) -> Report {
        let classes: Vec<ClassRow> = (0..layout.len())
            .filter(|&s| self.slots[s][0] + self.slots[s][1] > 0)
            .map(|s| {
                let [n, predicted, correct] = self.slots[s];
                ClassRow {
                    level: layout.slots[s].depth as usize,
                    atom: layout.is_atom(s),
                    in_model: self.in_model[s],
                    enough: n >= MIN_OBJECTS,
                    own_source: own_source[s],
                    score: ClassScore::new(layout.slots[s].name.clone(), n, predicted, correct),
                }
            })
            .collect();
        let headline: Vec<f64> = classes.iter().filter(|c| c.atom && c.enough && !c.own_source).map(|c| c.score.f1).collect();
        Report {
            taxonomy: String::new(),
            n: self.n,
            rule: String::new(),
            favoured: false,
            micro: self.hierarchical.micro(),
            macro_: self.hierarchical.macro_(),
            correct: self.verdicts[Verdict::Correct as usize],
            stopped_early: self.verdicts[Verdict::StoppedEarly as usize],
            mistakes: self.verdicts[Verdict::Mistake as usize],
            severity: mean(self.severity),
            log_loss: mean(self.log_loss),
            macro_f1: mean((headline.iter().sum(), headline.len() as u64)),
            macro_classes: headline.len() as u64,
            levels: self
                .levels
                .iter()
                .enumerate()
                .filter(|(_, (n, _))| *n > 0)
                .map(|(i, &(n, right))| LevelRow { level: i + 1, n, accuracy: ratio(right, n) })
                .collect(),
            groups: (0..layout.groups.len()).filter_map(|g| group_row(layout, g, objects, own_source)).collect(),
            classes,
            five_class: None,
        }
    }
}

fn mean((sum, n): (f64, u64)) -> Option<f64> {
    (n > 0).then(|| sum / n as f64)
}
