//! Raw labels of a reference set on an edited tree.

use crate::taxonomy::{LabelIndex, MatchKind, NodeId, Taxonomy};
use std::collections::HashMap;

/// How a label found its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By the edited tree's own names, aliases and absorbed labels.
    Direct,
    /// The node that had the label in the model's tree is in the edited tree under another name.
    Lineage,
    /// That node is gone; this is its nearest ancestor that is left: detail is lost.
    Ancestor,
}

/// Finds the node of a label on the edited tree.
pub struct Mapper<'a> {
    target: &'a Taxonomy,
    index: LabelIndex<'a>,
    old: Vec<(&'a Taxonomy, LabelIndex<'a>)>,
    known: HashMap<String, Option<(NodeId, How)>>,
}

impl<'a> Mapper<'a> {
    /// `old`: the model's trees, the latest first.
    pub fn new(target: &'a Taxonomy, old: &[&'a Taxonomy]) -> Self {
        let old = old.iter().map(|t| (*t, LabelIndex::new(t))).collect();
        Mapper { target, index: LabelIndex::new(target), old, known: HashMap::new() }
    }

    /// None: the tree does not hold the class, nor anything above it but the root.
    pub fn find(&mut self, label: &str) -> Option<(NodeId, How)> {
        if let Some(found) = self.known.get(label) {
            return *found;
        }
        let found = match self.index.find(label) {
            Some(found) => Some((found.node, How::Direct)),
            None => self.old.iter().find_map(|(tree, index)| self.by_old_tree(tree, index, label)),
        };
        self.known.insert(label.to_string(), found);
        found
    }

    fn by_old_tree(&self, tree: &Taxonomy, index: &LabelIndex<'_>, label: &str) -> Option<(NodeId, How)> {
        let found = index.find(label)?;
        if let Some(node) = self.same(tree, found.node) {
            // A class that was absorbed and no longer is, was taken out on purpose.
            return (found.kind != MatchKind::Absorbed && node != self.target.root()).then_some((node, How::Lineage));
        }
        let above = tree.ancestors(found.node).find_map(|a| self.same(tree, a))?;
        (above != self.target.root()).then_some((above, How::Ancestor))
    }

    /// The edited tree's node of the same class: by lineage id, else by name or alias.
    fn same(&self, tree: &Taxonomy, node: NodeId) -> Option<NodeId> {
        let node = tree.node(node);
        let named = || self.target.find_label(&node.name).or_else(|| node.aliases.iter().find_map(|a| self.target.find_label(a)));
        self.target.find_lineage(&node.lineage).or_else(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::taxonomy::{Edit, Subtree};

    #[test]
    fn renamed_deleted_and_no_longer_absorbed() {
        let mut old = tree("Root{A~{A1,A2},B}");
        old.apply(Edit::SetAbsorbs { id: id(&old, "B"), absorbs: vec!["B-odd".into()] }).unwrap();
        let mut new = old.clone();
        new.apply(Edit::Rename { id: id(&old, "A1"), name: "first".into() }).unwrap();
        new.apply(Edit::Delete { id: id(&old, "A2"), children: Subtree::GoAlong }).unwrap();
        new.apply(Edit::SetAbsorbs { id: id(&old, "B"), absorbs: vec![] }).unwrap();
        let mut mapper = Mapper::new(&new, &[&old]);
        assert_eq!(mapper.find("A"), Some((id(&new, "A"), How::Direct)));
        assert_eq!(mapper.find("A1"), Some((id(&new, "first"), How::Lineage)));
        assert_eq!(mapper.find("A2"), Some((id(&new, "A"), How::Ancestor)));
        assert_eq!(mapper.find("B-odd"), None);
        assert_eq!(mapper.find("unheard of"), None);
        // Nothing is left above it but the root.
        let other = tree("Root{A}");
        assert_eq!(Mapper::new(&other, &[&old]).find("B"), None);
    }
}
