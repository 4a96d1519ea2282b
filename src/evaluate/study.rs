//! Everything about one set of objects: the report, intervals, tables by depth, node, age and number of points, the operating curve.

use super::ages::{AgeRow, Aged, by_age};
use super::bootstrap::{Interval, intervals, paired_differences};
use super::coverage::Coverage;
use super::levels::{LevelTable, level_tables};
use super::nodes::{NodeRow, node_rows};
use super::operating::{OperatingPoint, operating_curve, thresholds};
use super::outcome::{Frame, MEASURES, Measures, Outcome, class_counts, scores};
use super::points::{PointsCalibration, by_points, calibration_by_points};
use super::report::{MIN_OBJECTS, Report, evaluate};
use super::scored::Scored;
use crate::taxonomy::{Layout, Taxonomy};
use serde::Serialize;

/// A headline measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureRow {
    /// Its name, one of [`MEASURES`].
    pub measure: &'static str,
    /// With its 95 % interval; none if it has no value.
    pub interval: Option<Interval>,
}

/// One class with enough objects.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassIntervals {
    /// Its name.
    pub class: String,
    /// Depth, 1 = the root's children.
    pub level: usize,
    /// Objects.
    pub n: u64,
    /// Each with its 95 % interval.
    pub precision: Option<Interval>,
    /// See [`super::ClassScore`].
    pub recall: Option<Interval>,
    /// See [`super::ClassScore`].
    pub f1: Option<Interval>,
}

/// All results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// Headline measures.
    pub measures: Vec<MeasureRow>,
    /// Classes with at least [`MIN_OBJECTS`] objects.
    pub class_intervals: Vec<ClassIntervals>,
    /// Confusion at each depth.
    pub level_tables: Vec<LevelTable>,
    /// Each node as a forecast.
    pub nodes: Vec<NodeRow>,
    /// Specificity against correctness.
    pub operating: Vec<OperatingPoint>,
    /// How often decisions hold the truth, per class and age.
    pub coverage: Coverage,
    /// Measures against days since the first detection.
    pub by_age: Vec<AgeRow>,
    /// Measures against the number of detections.
    pub by_points: Vec<AgeRow>,
    /// Calibration against the number of detections.
    pub points_calibration: Vec<PointsCalibration>,
}

impl Study {
    /// Judges objects; `aged`: the same ones at several ages. `rule`: that of the decisions, in words;
    /// `nominal`: the coverage that it promises. `node`: the one whose AUROC is asked for.
    pub fn new(
        taxonomy: &Taxonomy,
        layout: &Layout,
        objects: &[Scored],
        aged: &[Aged],
        rule: &str,
        nominal: Option<f64>,
        node: Option<usize>,
    ) -> Study {
        let frame = Frame::new(layout, objects);
        let outcomes: Vec<Outcome> = objects.iter().map(|o| Outcome::new(layout, o, node)).collect();
        let all: Vec<&Outcome> = outcomes.iter().collect();
        let counts = class_counts(&frame, &all);
        let enough: Vec<usize> = (0..layout.len()).filter(|&s| counts[s][0] >= MIN_OBJECTS).collect();
        let found = intervals(&outcomes, |sample| {
            let mut out = Measures::of(&frame, sample).values().to_vec();
            let counts = class_counts(&frame, sample);
            for &slot in &enough {
                let (precision, recall, f1) = scores(counts[slot]);
                out.extend([Some(precision), Some(recall), Some(f1)]);
            }
            out
        });
        let (headline, classes) = found.split_at(MEASURES.len().min(found.len()));
        let class_intervals = enough
            .iter()
            .zip(classes.chunks(3))
            .map(|(&slot, of)| ClassIntervals {
                class: layout.slots[slot].name.clone(),
                level: layout.slots[slot].depth as usize,
                n: counts[slot][0],
                precision: of.first().copied().flatten(),
                recall: of.get(1).copied().flatten(),
                f1: of.get(2).copied().flatten(),
            })
            .collect();
        Study {
            report: evaluate(taxonomy, layout, objects, rule),
            measures: rows(headline),
            class_intervals,
            level_tables: level_tables(layout, &all),
            nodes: node_rows(layout, objects),
            operating: operating_curve(layout, objects, &thresholds()),
            coverage: Coverage::new(layout, aged, nominal),
            by_age: by_age(layout, aged, node),
            by_points: by_points(layout, aged, node),
            points_calibration: calibration_by_points(layout, aged),
        }
    }
}

fn rows(intervals: &[Option<Interval>]) -> Vec<MeasureRow> {
    MEASURES.iter().zip(intervals).map(|(measure, interval)| MeasureRow { measure, interval: *interval }).collect()
}

/// Differences `a - b` of the headline measures, `a[i]` and `b[i]` being two answers to the same object, drawn together.
pub fn compare(layout: &Layout, a: &[Scored], b: &[Scored], node: Option<usize>) -> Vec<MeasureRow> {
    let frame = Frame::new(layout, a);
    let judge = |objects: &[Scored]| -> Vec<Outcome> { objects.iter().map(|o| Outcome::new(layout, o, node)).collect() };
    rows(&paired_differences(&judge(a), &judge(b), |sample| Measures::of(&frame, sample).values().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    #[test]
    fn a_better_method_is_better_beyond_chance() {
        let t = tree("Root{A,B}");
        let layout = Layout::new(&t);
        let objects = |wrong: usize| -> Vec<Scored> {
            (0..100)
                .map(|i| {
                    let label = if i % 2 == 0 { "A" } else { "B" };
                    let p = if (label == "A") == (i >= wrong) { 0.8 } else { 0.2 };
                    Scored::new(&layout, Truth::new(&layout, &t, id(&t, label)), vec![p, 1.0 - p], 0.5)
                })
                .collect()
        };
        let rows = compare(&layout, &objects(10), &objects(30), Some(0));
        let accuracy = rows.iter().find(|r| r.measure == "accuracy, first level").unwrap().interval.unwrap();
        assert!((accuracy.value - 0.2).abs() < 1e-12 && accuracy.low > 0.1 && accuracy.high < 0.3, "{accuracy}");
        let study = Study::new(&t, &layout, &objects(10), &[], "threshold", None, None);
        assert_eq!(study.class_intervals.len(), 2);
        let a = &study.class_intervals[0];
        assert!((a.recall.unwrap().value - 0.9).abs() < 1e-12 && a.recall.unwrap().low > 0.75);
        assert!(study.measures.iter().any(|m| m.measure == "AUROC" && m.interval.is_none()));
        let empty = Study::new(&t, &layout, &[], &[], "threshold", None, None);
        assert!(empty.operating.is_empty() && empty.measures.iter().all(|m| m.interval.is_none()));
    }
}
