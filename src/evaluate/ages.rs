//! The measures as a function of days since the first detection.

use super::outcome::{Frame, MEASURES, Measures, Outcome};
use super::scored::Scored;
use crate::taxonomy::Layout;
use crate::taxonomy::names::printable;
use serde::Serialize;
use std::fmt::Write as _;

/// Ages in days at which results are given.
pub const AGES: [f64; 6] = [3.0, 7.0, 14.0, 30.0, 60.0, 120.0];
/// An object as it was at one age.
#[derive(Debug, Clone)]
pub struct Aged {
    /// Tells objects apart; the same at all ages.
    pub object: usize,
    /// Days since the first detection; none = the whole light curve.
    pub age_d: Option<f64>,
    /// Detections known then.
    pub detections: usize,
    /// Answer and truth.
    pub scored: Scored,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgeRow {
    /// "14 d", "all", or "3-5 points".
    pub name: String,
    /// Days; none for whole light curves and for numbers of points.
    pub age_d: Option<f64>,
    /// Measures.
    #[serde(flatten)]
    pub measures: Measures,
}

/// A row for each age that occurs, whole light curves last.
pub fn by_age(layout: &Layout, rows: &[Aged], node: Option<usize>) -> Vec<AgeRow> {
    let mut ages: Vec<Option<f64>> = rows.iter().map(|r| r.age_d).collect();
    let order = |a: &Option<f64>| a.unwrap_or(f64::INFINITY);
    ages.sort_by(|a, b| order(a).total_cmp(&order(b)));
    ages.dedup();
    ages.into_iter()
        .map(|age_d| {
            let set: Vec<&Aged> = rows.iter().filter(|r| r.age_d == age_d).collect();
            AgeRow { name: age_d.map_or_else(|| "all".into(), |d| format!("{d} d")), age_d, measures: measures(layout, &set, node) }
        })
        .collect()
}

pub(super) fn measures(layout: &Layout, set: &[&Aged], node: Option<usize>) -> Measures {
    let scored: Vec<Scored> = set.iter().map(|r| r.scored.clone()).collect();
    let outcomes: Vec<Outcome> = scored.iter().map(|o| Outcome::new(layout, o, node)).collect();
    Measures::of(&Frame::new(layout, &scored), &outcomes.iter().collect::<Vec<_>>())
}

/// Columns of the tables: the place in [`MEASURES`] and a short head.
pub(super) const COLUMNS: [(usize, &str); 8] =
    [(0, "hier F"), (1, "hier F macro"), (2, "leaf F1"), (3, "level 1"), (4, "log loss"), (5, "skill"), (6, "AUROC"), (9, "mistakes")];

/// The table as plain text; every line begins with `word`.
pub fn table(title: &str, rows: &[AgeRow], word: &str) -> String {
    debug_assert!(COLUMNS.iter().all(|(k, _)| *k < MEASURES.len()));
    let mut out = format!("{word}{}\n{word}  {:<14} objects", printable(title), "");
    for (_, head) in COLUMNS {
        // Writing to a String can't fail.
        let _ = write!(out, "  {head:>8}");
    }
    out.push('\n');
    for row in rows {
        let _ = write!(out, "{word}  {:<14} {:>7}", row.name, row.measures.n);
        let values = row.measures.values();
        for (k, head) in COLUMNS {
            let text = values.get(k).copied().flatten().map_or_else(|| "-".into(), |v| format!("{v:.3}"));
            let _ = write!(out, "  {text:>width$}", width = head.len().max(8));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    #[test]
    fn ages_in_order() {
        let t = tree("Root{A,B}");
        let layout = Layout::new(&t);
        let row = |object, age_d, detections, label: &str, p: f64| Aged {
            object,
            age_d,
            detections,
            scored: Scored::new(&layout, Truth::new(&layout, &t, id(&t, label)), vec![p, 1.0 - p], 0.5),
        };
        let rows = [
            row(0, Some(3.0), 1, "A", 0.3),
            row(0, Some(7.0), 2, "A", 0.6),
            row(0, None, 4, "A", 0.9),
            row(1, Some(3.0), 2, "B", 0.4),
            row(1, None, 60, "B", 0.2),
        ];
        let ages = by_age(&layout, &rows, Some(0));
        let seen: Vec<_> =
            ages.iter().map(|r| (r.name.as_str(), r.measures.n, r.measures.first_level_accuracy, r.measures.auroc)).collect();
        assert_eq!(seen, [("3 d", 2, Some(0.5), Some(0.0)), ("7 d", 1, Some(1.0), None), ("all", 2, Some(1.0), Some(1.0))]);
        assert!(table("by age", &ages, "").contains("3 d"));
    }
}
