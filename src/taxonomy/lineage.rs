//! Lineage ids for many nodes at once, in time proportional to their number. Knows no tree.

use super::names::slug;
use std::collections::{HashMap, HashSet};

/// Makes lineage ids from names, beside those that are given.
#[derive(Debug, Default)]
pub(super) struct LineageMaker {
    taken: HashSet<String>,
    /// Where the search for a free number goes on, so that many names of one slug don't take the square of their number.
    next: HashMap<String, u64>,
}

impl LineageMaker {
    /// Ids that stand in the file come first, so that a derived one never takes them away.
    pub fn new(given: impl IntoIterator<Item = String>) -> Self {
        LineageMaker { taken: given.into_iter().collect(), next: HashMap::new() }
    }

    /// A free id for a name.
    pub fn derive(&mut self, name: &str) -> String {
        let base = slug(name);
        let n = self.next.entry(base.clone()).or_insert(1);
        loop {
            let candidate = if *n == 1 { base.clone() } else { format!("{base}-{n}") };
            *n += 1;
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}
