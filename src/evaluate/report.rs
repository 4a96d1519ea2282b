//! One report over many objects: what `taxonova evaluate` prints, and what `--json` writes.

use super::confusion::{ClassScore, Confusion};
use super::five_class::FiveClass;
use super::groups::GroupRow;
use super::hierarchical::HierarchicalScore;
use super::scored::Scored;
use super::sources::own_sources;
use super::sums::Sums;
use crate::taxonomy::{Layout, Taxonomy};
use serde::Serialize;

pub use crate::cascade::balance::MIN_OBJECTS;
/// The logarithm of a probability of 0 is that of this (as in scikit-learn): one impossible object does not
/// make a mean infinite.
pub(super) const LEAST_P: f64 = 1e-15;

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
    /// The rule of the decisions, in words.
    pub rule: String,
    /// Whether the leaves that are scored are those that a rule favours, instead of the most probable ones.
    pub favoured: bool,
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

impl Report {
    /// What the leaf scores are of, in words.
    pub fn leaf_words(&self) -> &'static str {
        if self.favoured { "leaf that the rule says" } else { "most probable leaf" }
    }
}

/// Judges objects and their decisions. `rule`: that of the decisions, in words. Objects labelled at the root alone say nothing and are left out.
pub fn evaluate(taxonomy: &Taxonomy, layout: &Layout, objects: &[Scored], rule: &str) -> Report {
    let mut sums = Sums::new(layout);
    let five = FiveClass::new(taxonomy, layout);
    let mut five_table = FiveClass::confusion();
    for object in objects {
        if let (Some(five), Some(truth)) = (&five, object.five_class) {
            five_table.add(truth, five.predict(&object.p, object.factors.as_deref().map(Vec::as_slice)));
        }
        if !object.truth.path.is_empty() {
            sums.add(layout, object);
        }
    }
    let mut report = sums.report(layout, objects, &own_sources(layout, objects));
    report.taxonomy = taxonomy.name.clone();
    report.rule = rule.to_string();
    report.favoured = objects.iter().any(|o| o.factors.is_some());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    /// Slots: A, A1, A2, B.
    fn report(objects: &[(&str, [f64; 4])], tau: f64) -> Report {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let scored: Vec<Scored> =
            objects.iter().map(|(label, p)| Scored::new(&layout, Truth::new(&layout, &t, id(&t, label)), p.to_vec(), tau)).collect();
        evaluate(&t, &layout, &scored, "threshold")
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
                objects.extend(vec![Scored { source: Some(source), ..Scored::new(&layout, truth, p.to_vec(), 0.5) }; 30]);
            }
            let r = evaluate(&t, &layout, &objects, "threshold");
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
