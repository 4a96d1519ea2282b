//! What a label says about an object on a tree.

use crate::taxonomy::{LabelIndex, Layout, NodeId, Taxonomy, target_slots};
use std::collections::{BTreeMap, HashMap};

/// The true path of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Slots from the top to the label's, residual included; empty for a label at an exhaustive root.
    pub path: Vec<usize>,
    /// The label lies at an exhaustive inner node: what is below it is not known, and is not judged.
    pub open: bool,
}

impl Truth {
    /// The truth of an object labelled at `node`.
    pub fn new(layout: &Layout, taxonomy: &Taxonomy, node: NodeId) -> Truth {
        let path = target_slots(layout, taxonomy, node);
        let open = path.last().is_none_or(|&s| !layout.is_atom(s));
        Truth { path, open }
    }

    /// The part of a predicted path (top first) that can be judged: one that goes on below an open label is
    /// cut to that label's depth; one below a residual label is not.
    pub fn judged<'a>(&self, predicted: &'a [usize]) -> &'a [usize] {
        if self.open && predicted.starts_with(&self.path) { &predicted[..self.path.len()] } else { predicted }
    }
}

/// Truths by label, worked out once per distinct label; labels that the tree does not know are counted.
pub struct Truths<'a> {
    taxonomy: &'a Taxonomy,
    layout: &'a Layout,
    index: LabelIndex<'a>,
    known: HashMap<String, Option<Truth>>,
    /// Labels that no node matches, with the number of objects.
    pub unmatched: BTreeMap<String, u64>,
}

impl<'a> Truths<'a> {
    /// For a tree and its layout.
    pub fn new(taxonomy: &'a Taxonomy, layout: &'a Layout) -> Self {
        Truths { taxonomy, layout, index: LabelIndex::new(taxonomy), known: HashMap::new(), unmatched: BTreeMap::new() }
    }

    /// The truth of one object with this label; none, and counted, if the tree has no such class.
    pub fn of(&mut self, label: &str) -> Option<Truth> {
        if !self.known.contains_key(label) {
            let truth = self.index.find(label).map(|m| Truth::new(self.layout, self.taxonomy, m.node));
            self.known.insert(label.to_string(), truth);
        }
        let truth = self.known.get(label).cloned().flatten();
        if truth.is_none() {
            *self.unmatched.entry(label.to_string()).or_default() += 1;
        }
        truth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};

    #[test]
    fn labels_at_all_depths() {
        // Slots: S, Ia, 91T, other Ia, CC, II, IIn, TDE.
        let t = tree("Object{S{Ia~{91T},CC{II,IIn}},TDE}");
        let layout = Layout::new(&t);
        let truth = |name: &str| Truth::new(&layout, &t, id(&t, name));
        assert_eq!(truth("91T"), Truth { path: vec![0, 1, 2], open: false });
        assert_eq!(truth("Ia"), Truth { path: vec![0, 1, 3], open: false });
        assert_eq!(truth("CC"), Truth { path: vec![0, 4], open: true });
        assert_eq!(truth("Object"), Truth { path: vec![], open: true });
        // Below an open label nothing is judged, beside it all is; below a residual label all is.
        assert_eq!(truth("CC").judged(&[0, 4, 5]), [0, 4]);
        assert_eq!(truth("CC").judged(&[0, 1, 2]), [0, 1, 2]);
        assert_eq!(truth("CC").judged(&[0]), [0]);
        assert_eq!(truth("Ia").judged(&[0, 1, 2]), [0, 1, 2]);
        let mut truths = Truths::new(&t, &layout);
        assert_eq!(truths.of("91T").map(|t| t.path), Some(vec![0, 1, 2]));
        assert_eq!(truths.of("kilonova"), None);
        assert_eq!(truths.of("kilonova"), None);
        assert_eq!(truths.unmatched.get("kilonova"), Some(&2));
    }
}
