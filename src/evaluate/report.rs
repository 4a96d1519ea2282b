//! One report over many objects: what `taxonova evaluate` prints, and what `--json` writes.

use super::calibration::{Bin, Ece, expected_calibration_error, reliability};
use super::confusion::{ClassScore, Confusion, ratio};
use super::five_class::FiveClass;
use super::hierarchical::{Hierarchical, HierarchicalScore, Verdict, best_atom, lca_height, verdict};
use super::levels::{Averages, averages};
use super::truth::Truth;
use crate::cascade::{Decision, Poured, decide_poured};
use crate::taxonomy::{Layout, Taxonomy};
use serde::Serialize;
use std::collections::HashMap;

/// Classes with fewer objects get no headline.
pub const MIN_OBJECTS: u64 = 20;
/// The logarithm of a probability of 0 is that of this (as in scikit-learn): one impossible object does not
/// make a mean infinite.
pub(super) const LEAST_P: f64 = 1e-15;

/// One object to be judged.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Its true path.
    pub truth: Truth,
    /// P per slot; NaN = not in the model.
    pub p: Vec<f64>,
    /// Index in [`super::FIVE_CLASSES`], where the data say so.
    pub five_class: Option<usize>,
    /// Where the data say from which pipeline or catalogue the object comes: any numbering of those.
    pub source: Option<u32>,
}

/// Accuracy at one depth, along the path to the most probable leaf.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelRow {
    /// Depth, 1 = the root's children.
    pub level: usize,
    /// Objects whose label reaches that deep.
    pub n: u64,
    /// Share of them for which the predicted path agrees at that depth.
    pub accuracy: f64,
}

/// One sibling group: the question "which child?", put to the objects of which the answer is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupRow {
    /// Name of the siblings' parent.
    pub parent: String,
    /// True and predicted members (the most probable one, given the parent).
    pub confusion: Confusion,
    /// Objects.
    pub n: u64,
    /// Share of right answers.
    pub accuracy: f64,
    /// Mean F1 of the members with at least [`MIN_OBJECTS`] objects; none if there are fewer than two.
    pub macro_f1: Option<f64>,
    /// Mean -ln p(true member | parent), unweighted.
    pub log_loss: f64,
    /// Mean squared error summed over the members.
    pub brier: f64,
    /// 1 - log loss / log loss of the members' rates; none where all objects are alike.
    pub skill: Option<f64>,
    /// 1 - Brier / Brier of the rates; none where all objects are alike.
    pub brier_skill: Option<f64>,
    /// Share of objects whose true member is among the 1, 2, 3 most probable ones; as far as there are more members.
    pub top_k: Vec<f64>,
    /// Means over the members with enough objects.
    pub averages: Option<Averages>,
    /// Calibration of the answers' confidences.
    pub ece: Option<Ece>,
    /// Their reliability curve.
    pub reliability: Vec<Bin>,
}

/// One node: is the object in it? By the path to the most probable leaf.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassRow {
    /// Depth, 1 = the root's children.
    pub level: usize,
    /// Whether it is a leaf or a residual.
    pub atom: bool,
    /// Whether the model can say it at all.
    pub in_model: bool,
    /// Whether it has the [`MIN_OBJECTS`] objects that a headline needs.
    pub enough: bool,
    /// All its objects come from sources that no other class has: it may be told by the pipeline alone, so that its
    /// scores say little. Left out of every mean.
    pub own_source: bool,
    /// Counts and scores.
    #[serde(flatten)]
    pub score: ClassScore,
}

/// The five-class reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FiveClassReport {
    /// Objects.
    pub n: u64,
    /// Mean F1 of the five.
    pub macro_f1: f64,
    /// Whether each has the [`MIN_OBJECTS`] objects that a headline needs.
    pub enough: bool,
    /// Share of right answers.
    pub accuracy: f64,
    /// Each class.
    pub classes: Vec<ClassScore>,
    /// The table.
    pub confusion: Confusion,
}

/// Everything about one set of objects.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Title of the tree.
    pub taxonomy: String,
    /// Objects judged.
    pub n: u64,
    /// Threshold of the decisions.
    pub tau: f64,
    /// Of the decisions, over all objects alike.
    pub micro: HierarchicalScore,
    /// Of the decisions, mean over the true labels.
    #[serde(rename = "macro")]
    pub macro_: HierarchicalScore,
    /// Decisions that are right, above the truth, and wrong.
    pub correct: u64,
    /// See [`Verdict::StoppedEarly`].
    pub stopped_early: u64,
    /// See [`Verdict::Mistake`].
    pub mistakes: u64,
    /// Mean height of the lowest common ancestor over the mistakes of the most probable leaves; none without mistakes.
    pub severity: Option<f64>,
    /// Mean -ln P(label's node), unweighted, over labels that the model can say.
    pub log_loss: Option<f64>,
    /// Mean F1 over the leaves and residuals with at least [`MIN_OBJECTS`] objects; none without any.
    pub macro_f1: Option<f64>,
    /// Number of classes in that mean.
    pub macro_classes: u64,
    /// Per depth.
    pub levels: Vec<LevelRow>,
    /// Per sibling group with at least two members and one object.
    pub groups: Vec<GroupRow>,
    /// Per node that is true of, or said of, some object.
    pub classes: Vec<ClassRow>,
    /// Where the data have the column `five_class` and the tree the five classes.
    pub five_class: Option<FiveClassReport>,
}

/// Judges objects. `tau`: threshold of the decisions. Objects labelled at the root alone say nothing and are left out.
pub fn evaluate(taxonomy: &Taxonomy, layout: &Layout, objects: &[Scored], tau: f64) -> Report {
    let mut sums = Sums::new(layout);
    let five = FiveClass::new(taxonomy, layout);
    let mut five_table = FiveClass::confusion();
    for object in objects {
        if let (Some(five), Some(truth)) = (&five, object.five_class) {
            five_table.add(truth, five.predict(&object.p));
        }
        if !object.truth.path.is_empty() {
            sums.add(layout, object, tau);
        }
    }
    let mut report = sums.report(layout, objects, &own_sources(layout, objects));
    report.taxonomy = taxonomy.name.clone();
    report.tau = tau;
    if five_table.n() > 0 {
        report.five_class = Some(FiveClassReport {
            n: five_table.n(),
            macro_f1: five_table.macro_f1(),
            enough: five_table.scores().iter().all(|s| s.n >= MIN_OBJECTS),
            accuracy: five_table.accuracy(),
            classes: five_table.scores(),
            confusion: five_table,
        });
    }
    report
}

/// Per slot: whether its objects come from sources of their own, which no object outside it has.
pub(super) fn own_sources(layout: &Layout, objects: &[Scored]) -> Vec<bool> {
    // Per source: objects in all, and per slot. Data have a few sources.
    let mut all: HashMap<u32, u64> = HashMap::new();
    let mut in_slot: HashMap<(u32, usize), u64> = HashMap::new();
    let mut unknown = vec![false; layout.len()];
    for object in objects {
        match object.source {
            Some(source) => {
                *all.entry(source).or_default() += 1;
                for &slot in &object.truth.path {
                    *in_slot.entry((source, slot)).or_default() += 1;
                }
            }
            None => object.truth.path.iter().for_each(|&slot| unknown[slot] = true),
        }
    }
    let mut own = vec![false; layout.len()];
    for &(_, slot) in in_slot.keys() {
        own[slot] = !unknown[slot];
    }
    for (&(source, slot), n) in &in_slot {
        if Some(n) != all.get(&source) {
            own[slot] = false;
        }
    }
    // Where everything is of one slot, there is nothing to be told apart.
    let total: u64 = all.values().sum();
    for (slot, own) in own.iter_mut().enumerate() {
        let n: u64 = in_slot.iter().filter(|((_, s), _)| *s == slot).map(|(_, n)| n).sum();
        *own &= n < total;
    }
    own
}

/// The threshold decision on probabilities in which NaN means "not in the model", as a path of slots.
pub(super) fn decided_path(layout: &Layout, p: &[f64], tau: f64) -> Vec<usize> {
    let poured =
        Poured { p: p.iter().map(|v| (!v.is_nan()).then_some(*v)).collect(), unresolved: vec![0.0; p.len()], unresolved_root: 0.0 };
    let Decision { slot, other, .. } = decide_poured(layout, &poured, tau);
    let slot = if other { layout.children(slot).last().copied() } else { slot };
    slot.map_or_else(Vec::new, |s| layout.path(s))
}

#[derive(Default)]
struct Sums {
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
    fn new(layout: &Layout) -> Self {
        let depth = layout.slots.iter().map(|s| s.depth as usize).max().unwrap_or(0);
        Sums { levels: vec![(0, 0); depth], slots: vec![[0; 3]; layout.len()], in_model: vec![false; layout.len()], ..Default::default() }
    }

    fn add(&mut self, layout: &Layout, object: &Scored, tau: f64) {
        let truth = &object.truth;
        self.n += 1;
        let decided = decided_path(layout, &object.p, tau);
        self.hierarchical.add(truth, &decided);
        self.verdicts[verdict(truth, &decided) as usize] += 1;
        let forced = best_atom(layout, &object.p).map_or_else(Vec::new, |s| layout.path(s));
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

    fn report(self, layout: &Layout, objects: &[Scored], own_source: &[bool]) -> Report {
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
            tau: 0.0,
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

fn group_row(layout: &Layout, group: usize, objects: &[Scored], own_source: &[bool]) -> Option<GroupRow> {
    let group = &layout.groups[group];
    if group.members.len() < 2 {
        return None;
    }
    let level = group.members.first().map(|&m| layout.slots[m].depth as usize)?;
    let mut confusion = Confusion::new(group.members.iter().map(|&m| layout.slots[m].name.clone()).collect());
    let (mut log_loss, mut brier) = (0.0, 0.0);
    let (mut confidence, mut hit) = (Vec::new(), Vec::new());
    let mut ranks = vec![0u64; group.members.len()];
    for object in objects {
        let Some(truth) = object.truth.path.get(level - 1).and_then(|t| group.members.iter().position(|m| m == t)) else { continue };
        let p: Vec<f64> = group.members.iter().map(|&m| if object.p[m].is_nan() { 0.0 } else { object.p[m] }).collect();
        let sum: f64 = p.iter().sum();
        if sum <= 0.0 || object.p[group.members[truth]].is_nan() {
            continue;
        }
        let mut best = 0;
        for m in 1..p.len() {
            if p[m] > p[best] {
                best = m;
            }
        }
        confusion.add(truth, best);
        // Of equals the first is the better.
        let better = p.iter().enumerate().filter(|&(m, v)| *v > p[truth] || (*v == p[truth] && m < truth)).count();
        ranks[better] += 1;
        log_loss -= (p[truth] / sum).max(LEAST_P).ln();
        brier += p.iter().enumerate().map(|(m, v)| (v / sum - f64::from(u8::from(m == truth))).powi(2)).sum::<f64>();
        confidence.push(p[best] / sum);
        hit.push(best == truth);
    }
    let n = confusion.n();
    if n == 0 {
        return None;
    }
    let total = n as f64;
    let rates: Vec<f64> = confusion.counts.iter().map(|row| row.iter().sum::<u64>() as f64 / total).collect();
    let entropy: f64 = rates.iter().filter(|r| **r > 0.0).map(|r| -r * r.ln()).sum();
    let gini = 1.0 - rates.iter().map(|r| r * r).sum::<f64>();
    let within = |k: usize| ranks.iter().take(k).sum::<u64>() as f64 / total;
    let scores = confusion.scores();
    let counted = scores.iter().zip(&group.members).filter(|(s, m)| s.n >= MIN_OBJECTS && !own_source[**m]);
    let enough: Vec<f64> = counted.map(|(s, _)| s.f1).collect();
    Some(GroupRow {
        parent: group.parent.map_or_else(|| layout.root_name.clone(), |s| layout.slots[s].name.clone()),
        n,
        accuracy: confusion.accuracy(),
        macro_f1: (enough.len() >= 2).then(|| enough.iter().sum::<f64>() / enough.len() as f64),
        log_loss: log_loss / total,
        brier: brier / total,
        skill: (entropy > 0.0).then(|| 1.0 - log_loss / total / entropy),
        brier_skill: (gini > 0.0).then(|| 1.0 - brier / total / gini),
        top_k: (1..group.members.len().min(4)).map(within).collect(),
        averages: averages(&confusion),
        reliability: reliability(&confidence, &hit),
        ece: expected_calibration_error(&confidence, &hit),
        confusion,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};

    /// Slots: A, A1, A2, B.
    fn report(objects: &[(&str, [f64; 4])], tau: f64) -> Report {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let scored: Vec<Scored> = objects
            .iter()
            .map(|(label, p)| Scored { truth: Truth::new(&layout, &t, id(&t, label)), p: p.to_vec(), five_class: None, source: None })
            .collect();
        evaluate(&t, &layout, &scored, tau)
    }

    #[test]
    fn hand_worked() {
        let r = report(
            &[
                ("A1", [0.8, 0.6, 0.2, 0.2]),    // right
                ("A1", [0.55, 0.3, 0.25, 0.45]), // decided A (early); the most probable leaf is B: severity 2
                ("A2", [0.9, 0.8, 0.1, 0.1]),    // A1: severity 1
                ("A", [0.7, 0.1, 0.6, 0.3]),     // open: right
                ("B", [0.2, 0.1, 0.1, 0.8]),     // right
                ("Root", [0.2, 0.1, 0.1, 0.8]),  // says nothing
            ],
            0.5,
        );
        assert_eq!((r.n, r.correct, r.stopped_early, r.mistakes), (5, 3, 1, 1));
        assert_eq!(r.severity, Some(1.5));
        let ln = -(0.6f64.ln() + 0.3f64.ln() + 0.1f64.ln() + 0.7f64.ln() + 0.8f64.ln()) / 5.0;
        assert!((r.log_loss.unwrap() - ln).abs() < 1e-12);
        assert_eq!(r.levels[0], LevelRow { level: 1, n: 5, accuracy: 0.8 });
        assert_eq!(r.levels[1].n, 3);
        assert!((r.levels[1].accuracy - 1.0 / 3.0).abs() < 1e-15);
        // Shared: 2 + 1 + 1 + 1 + 1 = 6; said: 2 + 1 + 2 + 1 + 1 = 7; true: 2 + 2 + 2 + 1 + 1 = 8.
        assert!((r.micro.precision - 6.0 / 7.0).abs() < 1e-15 && (r.micro.recall - 0.75).abs() < 1e-15);
        let root = &r.groups[0];
        assert_eq!((root.parent.as_str(), root.n, root.accuracy), ("Root", 5, 1.0));
        let a = &r.groups[1];
        assert_eq!((a.parent.as_str(), a.n), ("A", 3));
        assert!((a.accuracy - 2.0 / 3.0).abs() < 1e-15);
        // Conditionals of the truth: 0.75, 6/11, 1/9.
        let ln = -(0.75f64.ln() + (6.0f64 / 11.0).ln() + (1.0f64 / 9.0).ln()) / 3.0;
        assert!((a.log_loss - ln).abs() < 1e-12);
        let brier = 2.0 * (0.25f64.powi(2) + (5.0f64 / 11.0).powi(2) + (8.0f64 / 9.0).powi(2)) / 3.0;
        assert!((a.brier - brier).abs() < 1e-12);
        // Two of three are A1.
        let entropy = -(2.0 / 3.0 * (2.0f64 / 3.0).ln() + (1.0f64 / 3.0).ln() / 3.0);
        assert!((a.skill.unwrap() - (1.0 - ln / entropy)).abs() < 1e-12);
        assert!((a.brier_skill.unwrap() - (1.0 - brier / (4.0 / 9.0))).abs() < 1e-12);
        assert_eq!(a.top_k.len(), 1);
        assert!((a.top_k[0] - 2.0 / 3.0).abs() < 1e-12);
        let a1 = r.classes.iter().find(|c| c.score.class == "A1").unwrap();
        assert_eq!((a1.score.n, a1.score.predicted, a1.score.correct, a1.enough), (2, 2, 1, false));
        let b = r.classes.iter().find(|c| c.score.class == "B").unwrap();
        assert_eq!((b.score.n, b.score.predicted, b.score.correct), (1, 2, 1));
        // Nobody has 20 objects: no headline.
        assert_eq!((r.macro_f1, r.macro_classes), (None, 0));
    }

    #[test]
    fn only_classes_with_enough_objects_count() {
        let mut objects = vec![("B", [0.1, 0.05, 0.05, 0.9]); 20];
        objects.extend(vec![("A1", [0.1, 0.05, 0.05, 0.9]); 20]);
        objects.extend(vec![("A2", [0.9, 0.1, 0.8, 0.1]); 19]);
        let r = report(&objects, 0.5);
        // B: precision 1/2, recall 1; A1: 0.
        assert_eq!(r.macro_classes, 2);
        assert!((r.macro_f1.unwrap() - (2.0 / 3.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_class_with_a_source_of_its_own_is_in_no_mean() {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let case = |sources: [u32; 3]| {
            let mut objects = Vec::new();
            for ((label, p), source) in
                [("A1", [0.9, 0.8, 0.1, 0.1]), ("A2", [0.9, 0.1, 0.8, 0.1]), ("B", [0.9, 0.8, 0.1, 0.1])].iter().zip(sources)
            {
                let truth = Truth::new(&layout, &t, id(&t, label));
                objects.extend(vec![Scored { truth, p: p.to_vec(), five_class: None, source: Some(source) }; 30]);
            }
            let r = evaluate(&t, &layout, &objects, 0.5);
            (r.classes.iter().filter(|c| c.own_source).map(|c| c.score.class.clone()).collect::<Vec<_>>(), r.macro_classes)
        };
        assert_eq!(case([1, 1, 1]), (vec![], 3));
        assert_eq!(case([1, 1, 2]), (vec!["A".to_string(), "B".to_string()], 2));
        assert_eq!(case([1, 2, 2]), (vec!["A1".to_string()], 2));
    }

    #[test]
    fn what_is_not_in_the_model_is_not_judged_as_zero() {
        let nan = f64::NAN;
        let r = report(&[("A1", [0.8, nan, nan, 0.2]), ("B", [0.1, nan, nan, 0.9])], 0.5);
        assert_eq!((r.n, r.correct, r.stopped_early), (2, 1, 1));
        assert!((r.log_loss.unwrap() + 0.9f64.ln()).abs() < 1e-12);
        assert!(!r.classes.iter().find(|c| c.score.class == "A1").unwrap().in_model);
        assert_eq!(r.groups.len(), 1);
        let empty = report(&[], 0.5);
        assert_eq!((empty.n, empty.severity, empty.log_loss), (0, None, None));
    }
}
