//! Confusion matrices and what is read off them.

use serde::Serialize;

/// Counts of objects by true and by predicted class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Class names.
    pub classes: Vec<String>,
    /// `counts[truth][predicted]`.
    pub counts: Vec<Vec<u64>>,
}

/// Precision, recall and F1 of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScore {
    /// Class.
    pub class: String,
    /// Objects of the class.
    pub n: u64,
    /// Objects called so.
    pub predicted: u64,
    /// Both.
    pub correct: u64,
    /// correct / predicted; 0 where nothing was called so.
    pub precision: f64,
    /// correct / n; 0 where there are none.
    pub recall: f64,
    /// Harmonic mean of the two; 0 where both are 0.
    pub f1: f64,
}

impl ClassScore {
    /// From counts.
    pub fn new(class: String, n: u64, predicted: u64, correct: u64) -> Self {
        let precision = ratio(correct, predicted);
        let recall = ratio(correct, n);
        ClassScore { class, n, predicted, correct, precision, recall, f1: f1(precision, recall) }
    }
}

/// Harmonic mean of precision and recall; 0 where both are 0.
pub fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

pub(super) fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

impl Confusion {
    /// No objects yet.
    pub fn new(classes: Vec<String>) -> Self {
        let counts = vec![vec![0; classes.len()]; classes.len()];
        Confusion { classes, counts }
    }

    /// One object. Panics for a class beyond the table.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        self.counts[truth][predicted] += 1;
    }

    /// Objects in all.
    pub fn n(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Share of objects on the diagonal; 0 without objects.
    pub fn accuracy(&self) -> f64 {
        ratio((0..self.classes.len()).map(|i| self.counts[i][i]).sum(), self.n())
    }

    /// Scores of each class.
    pub fn scores(&self) -> Vec<ClassScore> {
        (0..self.classes.len())
            .map(|i| {
                let n = self.counts[i].iter().sum();
                let predicted = self.counts.iter().map(|row| row[i]).sum();
                ClassScore::new(self.classes[i].clone(), n, predicted, self.counts[i][i])
            })
            .collect()
    }

    /// Mean F1 over all classes, those never predicted included (as 0); 0 without classes.
    pub fn macro_f1(&self) -> f64 {
        let scores = self.scores();
        if scores.is_empty() { 0.0 } else { scores.iter().map(|s| s.f1).sum::<f64>() / scores.len() as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_worked() {
        let mut c = Confusion::new(vec!["a".into(), "b".into(), "c".into()]);
        for (truth, predicted, n) in [(0, 0, 6), (0, 1, 2), (1, 1, 3), (1, 0, 1), (2, 0, 1)] {
            for _ in 0..n {
                c.add(truth, predicted);
            }
        }
        assert_eq!(c.n(), 13);
        assert!((c.accuracy() - 9.0 / 13.0).abs() < 1e-15);
        let s = c.scores();
        assert_eq!((s[0].n, s[0].predicted, s[0].correct), (8, 8, 6));
        assert_eq!((s[0].precision, s[0].recall, s[0].f1), (0.75, 0.75, 0.75));
        assert_eq!((s[1].precision, s[1].recall), (0.6, 0.75));
        assert!((s[1].f1 - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!((s[2].precision, s[2].recall, s[2].f1), (0.0, 0.0, 0.0));
        assert!((c.macro_f1() - (0.75 + 2.0 / 3.0) / 3.0).abs() < 1e-15);
    }
}
