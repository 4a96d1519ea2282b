//! The tree itself: an arena of nodes with ordered children. Changed only by edits (`edit.rs`).
//!
//! Nodes are never taken out of the arena: a deleted one is detached and keeps its id, so that undo brings
//! back the same node. Every label (name, alias, absorbed label) occurs once in a tree.

use super::edit::{Edit, EditError};
use super::names::{RESIDUAL_PREFIX, slug};
use super::weights::WeightOptions;
use std::collections::HashMap;

/// A node's place in the arena of its [`Taxonomy`]. Never reused while the taxonomy lives; survives delete and undo.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Ord, PartialOrd, Debug)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// Index for arrays over the arena: below [`Taxonomy::arena_len`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Id that is kept through rename, move, save and load. Unique in the tree; empty on a new node: derived from the name.
    pub lineage: String,
    /// Lineage ids of classes that were merged into this one: a model's class is found by them. Unique in the tree, among
    /// all lineage ids.
    pub merged: Vec<String>,
    /// Unique in the tree.
    pub name: String,
    /// Other names of the same class: used everywhere.
    pub aliases: Vec<String>,
    /// Finer labels that the class takes in for want of examples: used when labels are mapped, never to regroup.
    pub absorbs: Vec<String>,
    /// Free text, may hold newlines.
    pub note: String,
    /// Whether the children are all there is (true: as in the paper). False gives the residual "other NAME".
    pub exhaustive: bool,
    /// Objects labelled exactly here, after aliases and absorbed labels were mapped. None: not known.
    pub count: Option<u64>,
    pub(super) parent: Option<NodeId>,
    pub(super) children: Vec<NodeId>,
}

impl Node {
    /// An exhaustive node without anything but a name.
    pub fn new(name: impl Into<String>) -> Node {
        Node {
            lineage: String::new(),
            merged: Vec::new(),
            name: name.into(),
            aliases: Vec::new(),
            absorbs: Vec::new(),
            note: String::new(),
            exhaustive: true,
            count: None,
            parent: None,
            children: Vec::new(),
        }
    }

    /// Name, aliases and absorbed labels.
    pub fn labels(&self) -> impl Iterator<Item = &str> + '_ {
        std::iter::once(&self.name).chain(&self.aliases).chain(&self.absorbs).map(String::as_str)
    }

    /// The lineage id, and those of the classes that were merged into this one.
    pub fn lineages(&self) -> impl Iterator<Item = &str> + '_ {
        std::iter::once(&self.lineage).chain(&self.merged).map(String::as_str)
    }
}

/// A rooted tree of classes, with the options of its class weights.
#[derive(Debug, Clone)]
pub struct Taxonomy {
    /// Title.
    pub name: String,
    /// Where the tree comes from.
    pub citation: String,
    /// alpha, beta, form and K of the class weights.
    pub weights: WeightOptions,
    pub(super) nodes: Vec<Node>,
    pub(super) attached: Vec<bool>,
    pub(super) root: NodeId,
    /// Name, aliases and absorbed labels of the attached nodes.
    pub(super) labels: HashMap<String, NodeId>,
    /// Lineage ids of the attached nodes, and of what was merged into them.
    pub(super) lineages: HashMap<String, NodeId>,
    pub(super) len: usize,
}

impl Taxonomy {
    /// A tree of a root alone. `root_name` is taken as it is: check a name from outside with [`super::check_name`] first.
    pub fn new(name: &str, root_name: &str) -> Self {
        Self::with_root(name, Node::new(root_name))
    }

    pub(super) fn with_root(name: &str, mut root: Node) -> Self {
        if root.lineage.is_empty() {
            root.lineage = slug(&root.name);
        }
        root.parent = None;
        root.children.clear();
        let id = NodeId(0);
        Taxonomy {
            name: name.to_string(),
            citation: String::new(),
            weights: WeightOptions::default(),
            labels: root.labels().map(|l| (l.to_string(), id)).collect(),
            lineages: root.lineages().map(|l| (l.to_string(), id)).collect(),
            nodes: vec![root],
            attached: vec![true],
            root: id,
            len: 1,
        }
    }

    /// The node that holds every object.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// A node, attached or not. Panics for an id of another taxonomy that lies beyond the arena.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Children in their order.
    pub fn children(&self, id: NodeId) -> &[NodeId] {
        &self.nodes[id.index()].children
    }

    /// None for the root.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.index()].parent
    }

    /// Steps from the root: 0 for the root.
    pub fn depth(&self, id: NodeId) -> usize {
        self.ancestors(id).count()
    }

    /// From the parent up to the root.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id), |a| self.parent(*a))
    }

    /// Whether the id is one of this tree's nodes, and not a deleted one.
    pub fn is_attached(&self, id: NodeId) -> bool {
        self.attached.get(id.index()).copied().unwrap_or(false)
    }

    /// Whether the node has no children.
    pub fn is_leaf(&self, id: NodeId) -> bool {
        self.children(id).is_empty()
    }

    /// Whether the node has a residual child "other NAME": it is not exhaustive and has children.
    pub fn has_residual(&self, id: NodeId) -> bool {
        !self.node(id).exhaustive && !self.is_leaf(id)
    }

    /// Whether `a` is `b` or lies above it.
    pub fn is_ancestor_or_self(&self, a: NodeId, b: NodeId) -> bool {
        // Nothing lies below a leaf, whatever the depth of the other.
        a == b || (!self.is_leaf(a) && self.ancestors(b).any(|x| x == a))
    }

    /// Every attached node, parents before children, siblings in order.
    pub fn preorder(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.subtree(self.root)
    }

    /// `id` and all below it in pre-order.
    pub fn subtree(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut stack = vec![id];
        std::iter::from_fn(move || {
            let id = stack.pop()?;
            stack.extend(self.children(id).iter().rev());
            Some(id)
        })
    }

    /// As [`Taxonomy::preorder`], with the depth of each node.
    pub fn preorder_with_depth(&self) -> impl Iterator<Item = (NodeId, usize)> + '_ {
        let mut stack = vec![(self.root, 0usize)];
        std::iter::from_fn(move || {
            let (id, depth) = stack.pop()?;
            stack.extend(self.children(id).iter().rev().map(|c| (*c, depth + 1)));
            Some((id, depth))
        })
    }

    /// Nodes without children, in pre-order.
    pub fn leaves(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.preorder().filter(|id| self.is_leaf(*id))
    }

    /// Number of attached nodes, the root included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never: a tree has a root.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Size of the arena, detached nodes included: the length of an array over [`NodeId::index`].
    pub fn arena_len(&self) -> usize {
        self.nodes.len()
    }

    /// The id that the next added node gets. A batch can thus speak of nodes that it adds itself.
    pub fn next_id(&self) -> NodeId {
        NodeId(self.nodes.len() as u32)
    }

    /// The attached node of exactly this name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.find_label(name).filter(|id| self.node(*id).name == name)
    }

    /// The attached node that has exactly this label as name, alias or absorbed label.
    pub fn find_label(&self, label: &str) -> Option<NodeId> {
        self.labels.get(label).copied()
    }

    /// The attached node with this lineage id, or that which took in the class that had it.
    pub fn find_lineage(&self, lineage: &str) -> Option<NodeId> {
        self.lineages.get(lineage).copied()
    }

    /// From the root to `id`, both included.
    pub fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path: Vec<NodeId> = std::iter::once(id).chain(self.ancestors(id)).collect();
        path.reverse();
        path
    }

    /// Place among the siblings; 0 for the root.
    pub fn position(&self, id: NodeId) -> usize {
        // From the last: many siblings are best taken away in that order, which then takes no search.
        self.parent(id).and_then(|p| self.children(p).iter().rposition(|c| *c == id)).unwrap_or(0)
    }

    /// Adds a last child and gives back its id. Convenience for building trees in code.
    pub fn add_child(&mut self, parent: NodeId, name: impl Into<String>) -> Result<NodeId, EditError> {
        self.add_node(parent, Node::new(name))
    }

    /// As [`Taxonomy::add_child`], with all fields of the node.
    pub fn add_node(&mut self, parent: NodeId, node: Node) -> Result<NodeId, EditError> {
        let id = self.next_id();
        self.apply(Edit::Add { parent, index: usize::MAX, node })?;
        Ok(id)
    }

    /// A lineage id derived from `name` that no attached node has, nor any that was merged into one.
    pub(super) fn fresh_lineage(&self, name: &str) -> String {
        let base = slug(name);
        let taken = |l: &str| self.lineages.contains_key(l);
        if !taken(&base) {
            return base;
        }
        let mut n = 2u64;
        loop {
            let candidate = format!("{base}-{n}");
            if !taken(&candidate) {
                return candidate;
            }
            n += 1;
        }
    }

    /// The node whose residual's name is `label`: "other X" is kept for X, whether X has a residual or not.
    pub(super) fn residual_owner(&self, label: &str) -> Option<NodeId> {
        label.strip_prefix(RESIDUAL_PREFIX).and_then(|name| self.find(name))
    }

    /// Faults in the arena's own books; none in a sound tree. For tests and for debug builds.
    pub fn broken_invariant(&self) -> Option<String> {
        let order: Vec<NodeId> = self.preorder().take(self.nodes.len() + 1).collect();
        if order.len() != self.len {
            return Some(format!("len {} but {} nodes are reached", self.len, order.len()));
        }
        if self.attached.iter().filter(|a| **a).count() != self.len {
            return Some("attached marks differ from len".into());
        }
        let (mut labels, mut lineages) = (0, 0);
        for id in order {
            if !self.is_attached(id) {
                return Some(format!("{id:?} is reached but not attached"));
            }
            for c in self.children(id) {
                if self.parent(*c) != Some(id) {
                    return Some(format!("{c:?} does not know its parent"));
                }
            }
            let node = self.node(id);
            for l in node.labels() {
                labels += 1;
                if self.labels.get(l) != Some(&id) {
                    return Some(format!("label {l:?} is not indexed"));
                }
                if super::names::check_name(l).is_err() {
                    return Some(format!("label {l:?} is not allowed"));
                }
                if self.residual_owner(l).is_some() {
                    return Some(format!("label {l:?} clashes with a residual"));
                }
            }
            for l in node.lineages() {
                lineages += 1;
                if self.lineages.get(l) != Some(&id) || !super::names::is_lineage(l) {
                    return Some(format!("lineage {l:?} is not indexed or not allowed"));
                }
            }
        }
        if labels != self.labels.len() || lineages != self.lineages.len() {
            return Some("an index holds what the tree has not".into());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks() {
        let mut t = Taxonomy::new("t", "Object");
        let a = t.add_child(t.root(), "A").unwrap();
        let b = t.add_child(t.root(), "B").unwrap();
        let a1 = t.add_child(a, "A1").unwrap();
        let a2 = t.add_child(a, "A2").unwrap();
        let names: Vec<&str> = t.preorder().map(|id| t.node(id).name.as_str()).collect();
        assert_eq!(names, ["Object", "A", "A1", "A2", "B"]);
        assert_eq!(t.leaves().collect::<Vec<_>>(), [a1, a2, b]);
        assert_eq!(t.depth(a2), 2);
        assert_eq!(t.path(a2), [t.root(), a, a2]);
        assert_eq!(t.position(a2), 1);
        assert!(t.is_ancestor_or_self(a, a2) && t.is_ancestor_or_self(a, a) && !t.is_ancestor_or_self(a2, a));
        assert_eq!(t.find("A2"), Some(a2));
        assert_eq!(t.find("a2"), None);
        assert_eq!(t.find_lineage("a2"), Some(a2));
        assert_eq!(t.len(), 5);
        assert_eq!(t.broken_invariant(), None);
    }

    #[test]
    fn a_chain_of_100_000_nodes() {
        let mut t = Taxonomy::new("deep", "n0");
        let mut at = t.root();
        for i in 1..100_000 {
            at = t.add_child(at, format!("n{i}")).unwrap();
        }
        assert_eq!(t.depth(at), 99_999);
        assert_eq!(t.preorder().count(), 100_000);
        assert_eq!(t.leaves().count(), 1);
        assert_eq!(t.clone().broken_invariant(), None);
    }
}
