//! Takes out of a tree what has no example: a network would invent its probability.

use crate::taxonomy::{Counts, Edit, EditError, NodeId, Subtree, Taxonomy, printable};

/// What was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// Name of the node; of a residual its parent's.
    pub name: String,
    /// The residual of the node, not the node itself.
    pub residual: bool,
}

impl std::fmt::Display for Pruned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = printable(&self.name);
        match self.residual {
            false => write!(f, "no example: {name} is left out of the model"),
            true => write!(f, "no example of \"other {name}\": {name} is exhaustive in the model"),
        }
    }
}

/// Deletes nodes that have no example in their subtree, and makes nodes exhaustive whose residual has none.
/// `counts`: objects labelled exactly at each node. Ids of what stays are kept.
pub fn prune(tree: &mut Taxonomy, counts: &Counts) -> Result<Vec<Pruned>, EditError> {
    let order: Vec<NodeId> = tree.preorder().collect();
    let mut below = vec![0u64; tree.arena_len()];
    for &id in order.iter().rev() {
        let n = below[id.index()].saturating_add(counts.exact(id));
        below[id.index()] = n;
        if let Some(parent) = tree.parent(id) {
            below[parent.index()] = below[parent.index()].saturating_add(n);
        }
    }
    let mut done = Vec::new();
    for &id in order.iter().skip(1) {
        // A node goes with its topmost empty ancestor; each is named.
        if below[id.index()] > 0 {
            continue;
        }
        done.push(Pruned { name: tree.node(id).name.clone(), residual: false });
        if tree.is_attached(id) {
            tree.apply(Edit::Delete { id, children: Subtree::GoAlong })?;
        }
    }
    for &id in &order {
        if tree.is_attached(id) && tree.has_residual(id) && counts.exact(id) == 0 {
            done.push(Pruned { name: tree.node(id).name.clone(), residual: true });
            tree.apply(Edit::SetExhaustive { id, exhaustive: true })?;
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};

    #[test]
    fn what_has_no_example_goes_and_is_named() {
        let mut t = tree("Root{A~{A1,A2},B{B1{B11},B2}}");
        let mut counts = Counts::default();
        for (name, n) in [("A1", 3), ("B", 2)] {
            counts.set(id(&t, name), n);
        }
        let a = id(&t, "A");
        let done: Vec<String> = prune(&mut t, &counts).unwrap().iter().map(Pruned::to_string).collect();
        let left: Vec<&str> = t.preorder().map(|n| t.node(n).name.as_str()).collect();
        assert_eq!(left, ["Root", "A", "A1", "B"]);
        assert!(t.node(a).exhaustive);
        assert_eq!(done.len(), 5, "{done:?}");
        assert!(done[0].contains("A2") && done[4].contains("other A"), "{done:?}");
    }
}
