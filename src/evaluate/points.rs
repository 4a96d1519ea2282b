//! Measures and calibration as a function of the number of detections.

use super::ages::{AgeRow, Aged, measures};
use super::calibration::{Bin, Ece};
use super::groups::group_row;
use super::scored::Scored;
use super::sources::own_sources;
use crate::taxonomy::Layout;
use serde::Serialize;
use std::collections::HashMap;

/// Numbers of detections that go together, both ends included.
pub const POINT_BINS: [(usize, usize); 6] = [(1, 2), (3, 5), (6, 10), (11, 20), (21, 50), (51, usize::MAX)];

/// How well the answers within a sibling group are calibrated, for objects with so many detections.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointsCalibration {
    /// "3-5 points".
    pub name: String,
    /// Name of the siblings' parent.
    pub parent: String,
    /// Objects whose label says which child.
    pub n: u64,
    /// Share of right answers.
    pub accuracy: f64,
    /// 1 - log loss / log loss of the rates at so many detections; none where all objects are alike.
    pub skill: Option<f64>,
    /// Calibration of the answers' confidences.
    pub ece: Option<Ece>,
    /// Their reliability curve.
    pub reliability: Vec<Bin>,
}

/// A row for each of [`POINT_BINS`] that occurs.
pub fn by_points(layout: &Layout, rows: &[Aged], node: Option<usize>) -> Vec<AgeRow> {
    let row = |(name, set): (String, Vec<&Aged>)| AgeRow { name, age_d: None, measures: measures(layout, &set, node) };
    binned(rows).into_iter().map(row).collect()
}

/// The rows of each bin. An object counts once in a bin: as it was at its oldest age with so many points.
fn binned(rows: &[Aged]) -> Vec<(String, Vec<&Aged>)> {
    let mut out = Vec::new();
    for (from, to) in POINT_BINS {
        let mut latest: HashMap<usize, &Aged> = HashMap::new();
        let age = |r: &Aged| r.age_d.unwrap_or(f64::INFINITY);
        for row in rows.iter().filter(|r| (from..=to).contains(&r.detections)) {
            let kept = latest.entry(row.object).or_insert(row);
            if age(row) > age(kept) {
                *kept = row;
            }
        }
        if latest.is_empty() {
            continue;
        }
        let mut set: Vec<&Aged> = latest.into_values().collect();
        set.sort_by_key(|r| r.object);
        let name = if to == usize::MAX { format!(">{} points", from - 1) } else { format!("{from}-{to} points") };
        out.push((name, set));
    }
    out
}

/// Group by group, a row for each of [`POINT_BINS`] that occurs; groups in the layout's order.
pub fn calibration_by_points(layout: &Layout, rows: &[Aged]) -> Vec<PointsCalibration> {
    let bins: Vec<(String, Vec<Scored>)> =
        binned(rows).into_iter().map(|(name, set)| (name, set.into_iter().map(|a| a.scored.clone()).collect())).collect();
    let own: Vec<Vec<bool>> = bins.iter().map(|(_, set)| own_sources(layout, set)).collect();
    let mut out = Vec::new();
    for group in 0..layout.groups.len() {
        for ((name, set), own) in bins.iter().zip(&own) {
            let Some(row) = group_row(layout, group, set, own) else { continue };
            out.push(PointsCalibration {
                name: name.clone(),
                parent: row.parent,
                n: row.n,
                accuracy: row.accuracy,
                skill: row.skill,
                ece: row.ece,
                reliability: row.reliability,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    #[test]
    fn an_object_counts_once_in_each_bin() {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let row = |object, age_d, detections, label: &str, p: f64| {
            let truth = Truth::new(&layout, &t, id(&t, label));
            Aged { object, age_d, detections, scored: Scored::new(&layout, truth, vec![p, p * 0.75, p * 0.25, 1.0 - p], 0.5) }
        };
        let rows = [
            row(0, Some(3.0), 1, "A1", 0.3),
            row(0, Some(7.0), 2, "A1", 0.6), // of 1-2 points this one counts
            row(0, None, 4, "A1", 0.9),
            row(1, Some(3.0), 2, "B", 0.4),
            row(1, None, 60, "B", 0.2),
        ];
        let seen: Vec<_> =
            by_points(&layout, &rows, None).iter().map(|r| (r.name.clone(), r.measures.n, r.measures.first_level_accuracy)).collect();
        let row = |name: &str, n| (name.to_string(), n, Some(1.0));
        assert_eq!(seen, [row("1-2 points", 2), row("3-5 points", 1), row(">50 points", 1)]);
        let c = calibration_by_points(&layout, &rows);
        let seen: Vec<_> = c.iter().map(|c| (c.parent.as_str(), c.name.as_str(), c.n, c.accuracy)).collect();
        assert_eq!(
            seen,
            [
                ("Root", "1-2 points", 2, 1.0),
                ("Root", "3-5 points", 1, 1.0),
                ("Root", ">50 points", 1, 1.0),
                ("A", "1-2 points", 1, 1.0),
                ("A", "3-5 points", 1, 1.0)
            ]
        );
    }
}
