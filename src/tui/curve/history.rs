//! How the probabilities of an object came about: P of the classes of a level at each time when something new was known.

use crate::cascade::Regrouper;
use crate::taxonomy::Layout;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// At most so many times are worked out for one object.
pub const MOST_EPOCHS: usize = 64;

/// The model's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// When (MJD), rising.
    pub mjd: Vec<f64>,
    /// P per slot of the model, for each time.
    pub p: Vec<Vec<f64>>,
}

/// One class through time.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Slot of the tree that is shown.
    pub slot: usize,
    /// P at each time.
    pub p: Vec<f64>,
}

/// What is drawn: the classes of one level on the tree that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// When (MJD), rising.
    pub mjd: Vec<f64>,
    /// The most probable (at any time) first.
    pub classes: Vec<Class>,
    /// The level, from 1.
    pub depth: u32,
    /// The lowest level that there is.
    pub lowest: u32,
}

/// The pane's part for it.
#[derive(Debug)]
pub struct History {
    /// Whether it is shown, where there is room.
    pub on: bool,
    /// The level that is wanted; none = the first with three classes.
    pub depth: Option<u32>,
    /// Number of the request whose answer is awaited.
    pub request: Option<u64>,
    /// Set to stop it.
    pub cancel: Arc<AtomicBool>,
    /// The model's answers for the object that is shown.
    pub answers: Option<Arc<Answers>>,
    /// What is drawn.
    pub level: Option<Level>,
    /// Why there is none.
    pub problem: Option<String>,
    /// Number of the tree's state that `level` belongs to.
    pub tree: u64,
}

impl Default for History {
    fn default() -> Self {
        History { on: true, depth: None, request: None, cancel: Arc::default(), answers: None, level: None, problem: None, tree: 0 }
    }
}

impl History {
    /// Forgets the object.
    pub fn clear(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
        self.cancel = Arc::default();
        self.request = None;
        self.answers = None;
        self.level = None;
        self.problem = None;
    }

    /// Works out what is drawn, after answers, tree or level have changed.
    pub fn derive(&mut self, layout: &Layout, regrouper: Option<&Regrouper>, tree: u64) {
        self.tree = tree;
        self.level = match (&self.answers, regrouper) {
            (Some(answers), Some(regrouper)) => level(layout, regrouper, answers, self.depth),
            _ => None,
        };
    }
}

fn level(layout: &Layout, regrouper: &Regrouper, answers: &Answers, depth: Option<u32>) -> Option<Level> {
    let lowest = layout.lowest();
    let depth = depth.unwrap_or_else(|| layout.first_level()).clamp(1, lowest);
    let mut classes: Vec<Class> = layout.cut(depth).into_iter().map(|slot| Class { slot, p: Vec::new() }).collect();
    for p in &answers.p {
        let poured = regrouper.pour(p);
        for class in &mut classes {
            class.p.push(poured.p.get(class.slot).copied().flatten().unwrap_or(0.0));
        }
    }
    let most = |c: &Class| c.p.iter().copied().fold(0.0, f64::max);
    classes.sort_by(|a, b| most(b).total_cmp(&most(a)).then(a.slot.cmp(&b.slot)));
    (!classes.is_empty()).then(|| Level { mjd: answers.mjd.clone(), classes, depth, lowest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{Taxonomy, parse_json, shipped_json};
    use std::path::Path;

    fn tree() -> Taxonomy {
        parse_json(shipped_json("transients").unwrap(), Path::new("t.json")).unwrap()
    }

    #[test]
    fn every_level_parts_the_whole() {
        let tree = tree();
        let layout = Layout::new(&tree);
        let regrouper = Regrouper::new(&tree, &layout, &tree, &layout).unwrap();
        // P of a slot is shared out evenly over its children.
        let mut p = vec![0.0; layout.len()];
        for group in &layout.groups {
            let parent = group.parent.map_or(1.0, |g| p[g]);
            for s in &group.members {
                p[*s] = parent / group.members.len() as f64;
            }
        }
        let answers = Answers { mjd: vec![1.0, 2.0], p: vec![p.clone(), p] };
        for depth in 1..=layout.lowest() {
            let level = level(&layout, &regrouper, &answers, Some(depth)).unwrap();
            let sum: f64 = level.classes.iter().map(|c| c.p[1]).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{depth}: {sum}");
            assert!(level.classes.iter().all(|c| c.p.len() == 2));
        }
        assert!(layout.cut(layout.first_level()).len() >= 3);
        let far = level(&layout, &regrouper, &answers, Some(99)).unwrap();
        assert_eq!(far.depth, far.lowest);
    }
}
