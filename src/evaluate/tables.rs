//! Tables of a study in short form, as plain text for a terminal.

use super::coverage::Coverage;
use super::levels::LevelTable;
use super::operating::OperatingPoint;
use super::points::PointsCalibration;
use super::report::MIN_OBJECTS;
use crate::taxonomy::names::printable;
use std::fmt::Write as _;

/// Thresholds of the short operating curve.
const SHORT_TAUS: [f64; 7] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];
/// So far from the promised coverage in standard deviations a class gets a mark.
const FAR: f64 = 3.0;

/// How specific and how often right the decisions of a threshold are.
pub fn operating(points: &[OperatingPoint]) -> String {
    let mut out = String::from("decisions by a threshold tau: specificity, share without a mistake, share stopped early\n");
    for point in points.iter().filter(|p| SHORT_TAUS.iter().any(|t| (t - p.tau).abs() < 1e-9)) {
        // Writing to a String can't fail.
        let _ = writeln!(
            out,
            "  tau {:<5} {:>8.3} {:>8.3} {:>8.3}",
            format!("{:.2}", point.tau),
            point.specificity,
            point.correctness,
            point.stopped_early
        );
    }
    out
}

/// Precision, recall and F1 at each depth, and the class that is most often taken for another.
pub fn levels(tables: &[LevelTable]) -> String {
    let mut out = format!(
        "classes at each depth, leaves above included: share right; mean precision, recall, F1 of those of {MIN_OBJECTS} or more\n"
    );
    for table in tables {
        let Some(a) = &table.averages else { continue };
        let _ = write!(
            out,
            "  level {:<2} {:>7} objects  {:.3}  {:>3} classes  {:.3} {:.3} {:.3}",
            table.level,
            table.confusion.n(),
            a.micro,
            a.classes,
            a.precision,
            a.recall,
            a.f1
        );
        let worst = table.confusion.counts.iter().enumerate().flat_map(|(t, row)| row.iter().enumerate().map(move |(s, n)| (t, s, *n)));
        let worst = worst.filter(|(t, s, n)| t != s && *n > 0).max_by_key(|(t, s, n)| (*n, std::cmp::Reverse((*t, *s))));
        if let Some((truth, said, n)) = worst
            && let (Some(truth), Some(said)) = (table.confusion.classes.get(truth), table.confusion.classes.get(said))
        {
            let _ = write!(out, "  most often wrong: {} as {} ({n})", printable(truth), printable(said));
        }
        out.push('\n');
    }
    out
}

/// Coverage per class and age.
pub fn coverage(coverage: &Coverage) -> String {
    let promise = coverage.nominal.map_or_else(String::new, |p| format!(" (promised for all together: {p:.2})"));
    let mut out =
        format!("coverage{promise}: share of decisions that are the label's class or above it, by days since the first detection\n");
    let name = |row: &super::CoverageRow| {
        let class = row.class.as_deref().map_or_else(|| "all objects".to_string(), printable);
        format!("{}{class}", " ".repeat(2 * row.level.saturating_sub(1)))
    };
    let _ = write!(out, "  {:<28} {:>7}", "class", "objects");
    coverage.heads().iter().for_each(|head| {
        let _ = write!(out, " {head:>7}");
    });
    out.push('\n');
    let mut far = false;
    for row in &coverage.rows {
        let n = row.by_age.iter().map(|c| c.n).max().unwrap_or(0);
        if n < MIN_OBJECTS {
            continue;
        }
        let _ = write!(out, "  {:<28} {n:>7}", name(row));
        for c in &row.by_age {
            let marked = c.deviation.is_some_and(|d| d < -FAR);
            far |= marked;
            let share = c.share.filter(|_| c.n >= MIN_OBJECTS).map_or_else(|| "-".into(), |s| format!("{s:.3}"));
            let _ = write!(out, " {share:>6}{}", if marked { '*' } else { ' ' });
        }
        while out.ends_with(' ') {
            out.pop();
        }
        out.push('\n');
    }
    if far {
        let _ = writeln!(out, "  * more than {FAR} standard deviations below what is promised");
    }
    out
}

/// Calibration by number of detections, groups with enough objects.
pub fn points(rows: &[PointsCalibration]) -> String {
    let mut out = String::from("calibration by number of detections: accuracy, skill over the rates, ECE less chance\n");
    let mut parent = "";
    for row in rows.iter().filter(|r| r.n >= MIN_OBJECTS && r.skill.is_some()) {
        if row.parent != parent {
            parent = &row.parent;
            let _ = writeln!(out, "  {}", printable(parent));
        }
        let number = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{v:.3}"));
        let (skill, ece) = (number(row.skill), number(row.ece.map(|e| e.debiased)));
        let _ = writeln!(out, "    {:<14} {:>7} {:>7.3} {skill:>7} {ece:>7}", row.name, row.n, row.accuracy);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Confusion, CoverageRow, Covered, averages};

    #[test]
    fn short_forms() {
        let point = |tau| OperatingPoint { tau, specificity: 0.5, correctness: 0.75, stopped_early: 0.25 };
        let text = operating(&[point(0.5), point(0.55), point(0.9)]);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("  tau 0.50     0.500    0.750    0.250"), "{text}");
        let mut confusion = Confusion::new(vec!["a".into(), "b".into()]);
        for (truth, said, n) in [(0, 0, 30), (0, 1, 10), (1, 1, 20)] {
            (0..n).for_each(|_| confusion.add(truth, said));
        }
        let text = levels(&[LevelTable { level: 1, averages: averages(&confusion), confusion }]);
        assert!(text.contains("60 objects  0.833") && text.contains("most often wrong: a as b (10)"), "{text}");
        let covered = |n, share, deviation| Covered { n, share: Some(share), deviation, ..Covered::default() };
        let row = |class: Option<&str>, level, c| CoverageRow { class: class.map(str::to_string), level, by_age: vec![c] };
        let text = coverage(&Coverage {
            nominal: Some(0.9),
            ages: vec![None],
            rows: vec![
                row(None, 0, covered(100, 0.9, Some(0.0))),
                row(Some("a"), 1, covered(40, 0.7, Some(-4.2))),
                row(Some("few"), 1, covered(19, 0.1, Some(-11.0))),
            ],
        });
        assert!(text.contains("promised for all together: 0.90") && text.contains(" 0.700*") && !text.contains("few"), "{text}");
    }
}
