//! Which points of a long light curve are drawn: one of those that would lie on top of each other. Knows no colours.

use super::axis::Axis;
use super::points::Mark;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// At most so many marks of a band are drawn: more make a file of many MB, and can't be told apart.
pub(super) const MOST: usize = 4_000;

/// Marks of one band to draw. All of them if they are few; else the figure is divided into small squares, and of each square that holds
/// marks the one with the smallest error is taken (limits and measurements apart): whatever stands alone stays. In the order given.
pub(super) fn thin(marks: &[Mark], x: &Axis, y: &Axis, most: usize) -> Vec<Mark> {
    if marks.len() <= most {
        return marks.to_vec();
    }
    let mut side = 0.5;
    loop {
        let mut best: HashMap<(i64, i64, bool), usize> = HashMap::new();
        for (i, m) in marks.iter().enumerate() {
            let cell = ((x.place(m.x) / side).floor() as i64, (y.place(m.y) / side).floor() as i64, m.limit);
            match best.entry(cell) {
                Entry::Vacant(free) => {
                    free.insert(i);
                }
                Entry::Occupied(mut taken) => {
                    if marks.get(*taken.get()).is_some_and(|t| m.err < t.err) {
                        taken.insert(i);
                    }
                }
            }
        }
        // A square of the size of the figure holds all.
        if best.len() <= most || side > 1e5 {
            let mut kept: Vec<usize> = best.into_values().collect();
            kept.sort_unstable();
            return kept.into_iter().filter_map(|i| marks.get(i).copied()).collect();
        }
        side *= 1.5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_stay() {
        let mut marks: Vec<Mark> = (0..100_000)
            .map(|i| Mark { x: f64::from(i) / 1000.0, y: 18.0 + f64::from(i * 7919 % 1000) / 2000.0, err: 0.1, limit: false })
            .collect();
        let outliers = [(3.0, 12.0), (50.0, 14.0), (99.0, 25.0)];
        for (i, (x, y)) in outliers.iter().enumerate() {
            marks.insert(1000 * (i + 1), Mark { x: *x, y: *y, err: 0.9, limit: false });
        }
        let (x, y) = (Axis::new(0.0, 100.0, 1.0, 50.0, 550.0), Axis::new(25.0, 12.0, 1.0, 300.0, 20.0));
        let kept = thin(&marks, &x, &y, MOST);
        assert!(kept.len() <= MOST && kept.len() > MOST / 4, "{}", kept.len());
        for (ox, oy) in outliers {
            assert!(kept.iter().any(|m| m.x == ox && m.y == oy), "{ox} {oy}");
        }
        // Every mark has a drawn one beside it.
        for m in marks.iter().step_by(997) {
            let near = kept.iter().any(|k| (x.place(k.x) - x.place(m.x)).abs() < 12.0 && (y.place(k.y) - y.place(m.y)).abs() < 12.0);
            assert!(near, "{m:?}");
        }
        assert_eq!(thin(&marks[..50], &x, &y, MOST), marks[..50]);
    }
}
