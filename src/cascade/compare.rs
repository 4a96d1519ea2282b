//! One model's probabilities on two trees, old and new: does the decision change? Knows no light curves.

use super::matching::RegroupError;
use super::{Decision, Regrouper, decide_poured};
use crate::taxonomy::{Layout, NodeId, Taxonomy, TreeDiff};

/// Two trees that a model's probabilities are poured onto.
#[derive(Debug, Clone)]
pub struct TreePair {
    old: (Layout, Regrouper, NodeId),
    new: (Layout, Regrouper, NodeId),
}

/// An object's decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// On the old tree.
    pub old: Decision,
    /// On the new one.
    pub new: Decision,
    /// Whether they say different things. Another name of the same node is no difference.
    pub changed: bool,
}

impl TreePair {
    /// Works the ways out. The layout must be that of the model's tree.
    pub fn new(model: &Taxonomy, model_layout: &Layout, old: &Taxonomy, new: &Taxonomy) -> Result<TreePair, RegroupError> {
        let side = |tree: &Taxonomy| {
            let layout = Layout::new(tree);
            let regrouper = Regrouper::new(model, model_layout, tree, &layout)?;
            Ok((layout, regrouper, tree.root()))
        };
        Ok(TreePair { old: side(old)?, new: side(new)? })
    }

    /// Decides one object on both trees. `p`: one probability per slot of the model's layout, or this panics. `diff` is that
    /// of the trees, and says which node is which.
    pub fn compare(&self, diff: &TreeDiff, p: &[f64], tau: f64) -> Compared {
        let decide = |(layout, regrouper, root): &(Layout, Regrouper, NodeId)| {
            let decision = decide_poured(layout, &regrouper.pour(p), tau);
            let node = decision.slot.and_then(|s| layout.slots.get(s)).map_or(*root, |s| s.node);
            (decision, node)
        };
        let ((old, old_node), (new, new_node)) = (decide(&self.old), decide(&self.new));
        let changed = diff.partner(old_node) != Some(new_node) || old.other != new.other;
        Compared { old, new, changed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::taxonomy::{Edit, Subtree, diff};

    #[test]
    fn what_is_said_counts_not_how_it_is_called() {
        // A, A1, A2, B, B1, B2.
        let model = tree("Root{A{A1,A2},B{B1,B2}}");
        let layout = Layout::new(&model);
        let p = [0.8, 0.7, 0.1, 0.2, 0.1, 0.1];
        let compare = |edits: Vec<Edit>, p: &[f64]| {
            let mut new = model.clone();
            for edit in edits {
                new.apply(edit).unwrap();
            }
            TreePair::new(&model, &layout, &model, &new).unwrap().compare(&diff(&model, &new), p, 0.5)
        };
        assert!(!compare(vec![], &p).changed);
        let renamed = compare(vec![Edit::Rename { id: id(&model, "A1"), name: "first".into() }], &p);
        assert_eq!((renamed.old.name.as_str(), renamed.new.name.as_str(), renamed.changed), ("A1", "first", false));
        let moved = compare(vec![Edit::Move { id: id(&model, "A1"), parent: id(&model, "B"), index: 0 }], &p);
        assert!(!moved.changed, "{moved:?}");
        let gone = compare(vec![Edit::Delete { id: id(&model, "A1"), children: Subtree::Rise }], &p);
        assert_eq!((gone.old.name.as_str(), gone.new.name.as_str(), gone.changed), ("A1", "A", true));
        // Nothing is said in either.
        let root = compare(vec![Edit::Rename { id: model.root(), name: "All".into() }], &[0.4, 0.2, 0.2, 0.4, 0.2, 0.2]);
        assert_eq!((root.new.name.as_str(), root.changed), ("All", false));
    }
}
