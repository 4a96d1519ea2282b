//! Which observations matter for a class: what P of it becomes when they are left out.

use crate::cascade::Regrouper;
use crate::taxonomy::Layout;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is left out at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One observation.
    Points,
    /// All observations of a night.
    Nights,
}

impl By {
    /// One of them, in words.
    pub fn word(self) -> &'static str {
        match self {
            By::Points => "point",
            By::Nights => "night",
        }
    }
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// Numbers of the observations.
    pub members: Vec<usize>,
    /// P per slot of the model without them.
    pub p: Vec<f64>,
}

/// The model's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// P per slot of the model with everything.
    pub all: Vec<f64>,
    /// What was left out, in order of time.
    pub left: Vec<Left>,
    /// Something that should be known of it, as that only nights were tried.
    pub remark: Option<String>,
}

/// How much something matters for the class that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Numbers of the observations.
    pub members: Vec<usize>,
    /// P with it less P without it: above 0 it speaks for the class.
    pub change: f64,
}

/// The pane's part for it.
#[derive(Debug)]
pub struct Influence {
    /// What is left out.
    pub by: By,
    /// Number of the request.
    pub request: u64,
    /// Set to stop it.
    pub cancel: Arc<AtomicBool>,
    /// The model's answers, once they are there.
    pub answers: Option<Arc<Answers>>,
    /// The class that `weights` are about, by its slot in the tree that is shown; none = not worked out yet.
    pub slot: Option<usize>,
    /// Number of the tree's state that `weights` belong to.
    pub tree: u64,
    /// P of the class with everything.
    pub p: f64,
    /// What was left out, the most important first.
    pub weights: Vec<Weight>,
    /// Per observation 0 (does not matter) to 3.
    pub emphasis: Vec<u8>,
}

/// Smaller changes of P are no reason.
const LEAST_CHANGE: f64 = 5e-4;

impl Influence {
    /// A request.
    pub fn new(by: By, request: u64) -> Self {
        Influence {
            by,
            request,
            cancel: Arc::default(),
            answers: None,
            slot: None,
            tree: 0,
            p: 0.0,
            weights: Vec::new(),
            emphasis: Vec::new(),
        }
    }

    /// The answer is no longer wanted.
    pub fn stop(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// Works out what matters for the class at `slot`.
    pub fn derive(&mut self, layout: &Layout, regrouper: &Regrouper, slot: usize, tree: u64, observations: usize) {
        let Some(answers) = &self.answers else { return };
        let of = |p: &[f64]| regrouper.pour(p).p.get(slot).copied().flatten().unwrap_or(0.0);
        if slot >= layout.len() {
            return;
        }
        self.slot = Some(slot);
        self.tree = tree;
        self.p = of(&answers.all);
        self.weights = answers.left.iter().map(|l| Weight { members: l.members.clone(), change: self.p - of(&l.p) }).collect();
        self.weights.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
        self.emphasis = vec![0; observations];
        let most = self.weights.first().map_or(0.0, |w| w.change.abs()).max(LEAST_CHANGE);
        for w in &self.weights {
            let share = w.change.abs() / most;
            let level = match () {
                () if w.change.abs() < LEAST_CHANGE => 0,
                () if share > 0.6 => 3,
                () if share > 0.25 => 2,
                () if share > 0.05 => 1,
                () => 0,
            };
            for m in &w.members {
                if let Some(e) = self.emphasis.get_mut(*m) {
                    *e = level;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::Taxonomy;

    #[test]
    fn what_changes_most_is_emphasised_most() {
        let mut tree = Taxonomy::new("t", "Object");
        let root = tree.root();
        for name in ["A", "B"] {
            tree.add_child(root, name).unwrap();
        }
        let layout = Layout::new(&tree);
        let regrouper = Regrouper::new(&tree, &layout, &tree, &layout).unwrap();
        let mut i = Influence::new(By::Points, 1);
        let left = |m: usize, a: f64| Left { members: vec![m], p: vec![a, 1.0 - a] };
        i.answers = Some(Arc::new(Answers {
            all: vec![0.8, 0.2],
            left: vec![left(0, 0.79), left(1, 0.4), left(2, 0.95), left(3, 0.8)],
            remark: None,
        }));
        i.derive(&layout, &regrouper, 0, 7, 5);
        assert_eq!(i.weights.iter().map(|w| w.members[0]).collect::<Vec<_>>(), [1, 2, 0, 3]);
        assert!((i.weights[0].change - 0.4).abs() < 1e-12 && (i.weights[1].change + 0.15).abs() < 1e-12);
        assert_eq!(i.emphasis, [0, 3, 2, 0, 0]);
        assert_eq!((i.slot, i.tree, i.p), (Some(0), 7, 0.8));
    }
}
