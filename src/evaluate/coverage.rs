//! How often decisions hold the truth, per class and per age: what the rule `conformal` promises over all objects, and does not
//! promise for each class.

use super::ages::Aged;
use crate::taxonomy::Layout;
use serde::Serialize;

/// Decisions on some objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Covered {
    /// Objects.
    pub n: u64,
    /// Decisions that are the label's class or above it. What lies below a label at an inner node is not known to be right.
    pub covered: u64,
    /// Decisions that are the root, which says nothing.
    pub nothing: u64,
    /// covered / n; none without objects.
    pub share: Option<f64>,
    /// Standard deviations by which the share differs from the nominal one; none without one.
    pub deviation: Option<f64>,
}

impl Covered {
    fn finish(self, nominal: Option<f64>) -> Covered {
        let n = self.n as f64;
        let share = (self.n > 0).then(|| self.covered as f64 / n);
        let deviation = share.zip(nominal).map(|(share, p)| (share - p) / (p * (1.0 - p) / n).sqrt());
        Covered { share, deviation, ..self }
    }
}

/// One class, or all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageRow {
    /// The label's class; none: all objects.
    pub class: Option<String>,
    /// Its depth; 0 for all objects.
    pub level: usize,
    /// At each of [`Coverage::ages`].
    pub by_age: Vec<Covered>,
}

/// The table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// The share that the rule promises, 1 - epsilon; none for rules that promise none.
    pub nominal: Option<f64>,
    /// Days since the first detection; none: whole light curves, which come last.
    pub ages: Vec<Option<f64>>,
    /// All objects, then the classes in the tree's order.
    pub rows: Vec<CoverageRow>,
}

impl Coverage {
    /// Of decisions at several ages. Objects labelled at the root alone are left out: every answer would be right.
    pub fn new(layout: &Layout, rows: &[Aged], nominal: Option<f64>) -> Coverage {
        let mut ages: Vec<Option<f64>> = rows.iter().map(|r| r.age_d).collect();
        ages.sort_by(|a, b| a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY)));
        ages.dedup();
        // Slot by slot, all objects behind them.
        let mut counts = vec![vec![Covered::default(); ages.len()]; layout.len() + 1];
        for row in rows {
            let (Some(age), Some(&end)) = (ages.iter().position(|a| *a == row.age_d), row.scored.truth.path.last()) else { continue };
            let decided = &row.scored.decided;
            for of in [end, layout.len()] {
                let Some(c) = counts.get_mut(of).and_then(|c| c.get_mut(age)) else { continue };
                c.n += 1;
                c.covered += u64::from(decided.last().is_none_or(|slot| row.scored.truth.path.contains(slot)));
                c.nothing += u64::from(decided.is_empty());
            }
        }
        let finished = |c: &[Covered]| c.iter().map(|c| c.finish(nominal)).collect();
        let all = counts.pop().unwrap_or_default();
        let mut out = vec![CoverageRow { class: None, level: 0, by_age: finished(&all) }];
        for (slot, c) in layout.slots.iter().zip(&counts).filter(|(_, c)| c.iter().any(|c| c.n > 0)) {
            out.push(CoverageRow { class: Some(slot.name.clone()), level: slot.depth as usize, by_age: finished(c) });
        }
        Coverage { nominal, ages, rows: out }
    }

    /// Heads of the columns of shares.
    pub fn heads(&self) -> Vec<String> {
        self.ages.iter().map(|a| a.map_or_else(|| "all".into(), |d| format!("{d} d"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::{Scored, Truth};

    #[test]
    fn by_hand() {
        // Slots: A, A1, A2, B.
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let row = |object, age_d, label: &str, p: [f64; 4]| {
            let truth = Truth::new(&layout, &t, id(&t, label));
            Aged { object, age_d, detections: 3, scored: Scored::new(&layout, truth, p.to_vec(), 0.5) }
        };
        let a1 = [0.9, 0.8, 0.1, 0.1];
        let rows = [
            row(0, None, "A1", a1),
            row(1, None, "A2", a1),
            row(2, None, "A", a1), // below an open label: not known to be right
            row(3, None, "B", [0.5, 0.25, 0.25, 0.5]),
            row(0, Some(7.0), "A1", [0.4, 0.2, 0.2, 0.45]),
            row(4, None, "Root", a1),
        ];
        let c = Coverage::new(&layout, &rows, Some(0.5));
        assert_eq!((c.ages.as_slice(), c.heads()), ([Some(7.0), None].as_slice(), vec!["7 d".to_string(), "all".to_string()]));
        let seen: Vec<_> = c.rows.iter().map(|r| (r.class.as_deref(), r.by_age[1].n, r.by_age[1].covered)).collect();
        // B: A at 0.5 comes first, and is wrong.
        assert_eq!(seen, [(None, 4, 1), (Some("A"), 1, 0), (Some("A1"), 1, 1), (Some("A2"), 1, 0), (Some("B"), 1, 0)]);
        assert_eq!((c.rows[2].by_age[0].nothing, c.rows[2].by_age[0].share, c.rows[1].by_age[0].share), (1, Some(1.0), None));
        assert_eq!(c.rows[0].by_age[1].deviation, Some(-1.0));
        assert!(Coverage::new(&layout, &rows, None).rows[0].by_age[1].deviation.is_none());
    }
}
