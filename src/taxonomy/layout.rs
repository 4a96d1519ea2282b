//! The tree flattened for arithmetic: slots in pre-order with residuals, and sibling groups. Knows no weights and no model.
//!
//! A slot is every node but the root. A residual "other X" exists where X is not exhaustive and has children; it is the
//! last child of X, hence comes after all of X's subtree.

use super::names::RESIDUAL_PREFIX;
use super::tree::{NodeId, Taxonomy};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A node of the flattened tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The node; a residual's is its parent's.
    pub node: NodeId,
    /// Whether this is "other X".
    pub residual: bool,
    /// The node's name, or "other X".
    pub name: String,
    /// The node's lineage id; a residual's is its parent's with "/other" behind it.
    pub lineage: String,
    /// Slot of the parent; None for a child of the root.
    pub parent: Option<usize>,
    /// Steps from the root, at least 1.
    pub depth: u32,
    /// The sibling group that it belongs to.
    pub group: usize,
}

/// Siblings: those that one softmax covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Slot of their parent; None for the root's children (group 0).
    pub parent: Option<usize>,
    /// Slots in order, the residual last.
    pub members: Vec<usize>,
}

/// The flattened tree. A root alone has neither slots nor groups.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Name of the root.
    pub root_name: String,
    /// Every node but the root in pre-order, residuals included.
    pub slots: Vec<Slot>,
    /// Groups in the order of their parents; group 0 is that of the root's children.
    pub groups: Vec<Group>,
    /// Per slot: the group of its children.
    child_group: Vec<Option<usize>>,
    /// Per slot: one past the last slot of its subtree.
    end: Vec<usize>,
    /// By arena index; [`NONE`] where there is none.
    node_slot: Vec<u32>,
    residual_slot: Vec<u32>,
    /// Made when first asked for.
    names: OnceLock<HashMap<String, usize>>,
}

const NONE: u32 = u32::MAX;

enum Step {
    Enter { node: NodeId, parent: Option<usize>, depth: u32, group: usize },
    Residual { node: NodeId, parent: Option<usize>, depth: u32, group: usize },
}

impl Layout {
    /// Flattens a tree.
    pub fn new(taxonomy: &Taxonomy) -> Layout {
        let mut layout = Layout {
            root_name: taxonomy.node(taxonomy.root()).name.clone(),
            slots: Vec::new(),
            groups: Vec::new(),
            child_group: Vec::new(),
            end: Vec::new(),
            node_slot: vec![NONE; taxonomy.arena_len()],
            residual_slot: vec![NONE; taxonomy.arena_len()],
            names: OnceLock::new(),
        };
        let mut stack = Vec::new();
        layout.push_children(taxonomy, taxonomy.root(), None, 1, &mut stack);
        while let Some(step) = stack.pop() {
            match step {
                Step::Enter { node, parent, depth, group } => {
                    let data = taxonomy.node(node);
                    let slot = layout.push_slot(Slot {
                        node,
                        residual: false,
                        name: data.name.clone(),
                        lineage: data.lineage.clone(),
                        parent,
                        depth,
                        group,
                    });
                    layout.node_slot[node.index()] = slot as u32;
                    layout.push_children(taxonomy, node, Some(slot), depth + 1, &mut stack);
                }
                Step::Residual { node, parent, depth, group } => {
                    let data = taxonomy.node(node);
                    let slot = layout.push_slot(Slot {
                        node,
                        residual: true,
                        name: format!("{RESIDUAL_PREFIX}{}", data.name),
                        lineage: format!("{}/other", data.lineage),
                        parent,
                        depth,
                        group,
                    });
                    layout.residual_slot[node.index()] = slot as u32;
                }
            }
        }
        // Subtrees are contiguous, and children come after their parents.
        for slot in (0..layout.slots.len()).rev() {
            if let Some(parent) = layout.slots[slot].parent {
                layout.end[parent] = layout.end[parent].max(layout.end[slot]);
            }
        }
        layout
    }

    fn push_slot(&mut self, slot: Slot) -> usize {
        let index = self.slots.len();
        self.groups[slot.group].members.push(index);
        self.slots.push(slot);
        self.child_group.push(None);
        self.end.push(index + 1);
        index
    }

    fn push_children(&mut self, taxonomy: &Taxonomy, node: NodeId, slot: Option<usize>, depth: u32, stack: &mut Vec<Step>) {
        let children = taxonomy.children(node);
        if children.is_empty() {
            return;
        }
        let group = self.groups.len();
        self.groups.push(Group { parent: slot, members: Vec::with_capacity(children.len() + 1) });
        if let Some(slot) = slot {
            self.child_group[slot] = Some(group);
        }
        if taxonomy.has_residual(node) {
            stack.push(Step::Residual { node, parent: slot, depth, group });
        }
        stack.extend(children.iter().rev().map(|c| Step::Enter { node: *c, parent: slot, depth, group }));
    }

    /// Number of slots.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the tree is a root alone.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Leaves and residuals: exactly one of them is true of every object (but for those not resolved further).
    pub fn atoms(&self) -> Vec<usize> {
        (0..self.len()).filter(|s| self.is_atom(*s)).collect()
    }

    /// Slots that part the tree at a level below the root (from 1): those of this depth, and atoms that end above it.
    pub fn cut(&self, depth: u32) -> Vec<usize> {
        let of = |(i, s): (usize, &Slot)| (s.depth == depth || (s.depth < depth && self.is_atom(i))).then_some(i);
        self.slots.iter().enumerate().filter_map(of).collect()
    }

    /// The lowest level: at least 1.
    pub fn lowest(&self) -> u32 {
        self.slots.iter().map(|s| s.depth).max().unwrap_or(1)
    }

    /// The first level with three classes or more; else the lowest.
    pub fn first_level(&self) -> u32 {
        let lowest = self.lowest();
        // Slots and atoms of each depth, counted once: trees may be a hundred thousand levels deep.
        let mut counts = vec![(0usize, 0usize); lowest as usize + 1];
        for (i, s) in self.slots.iter().enumerate() {
            if let Some((slots, atoms)) = counts.get_mut(s.depth as usize) {
                *slots += 1;
                *atoms += usize::from(self.is_atom(i));
            }
        }
        let mut above = 0;
        for (depth, (slots, atoms)) in (0u32..).zip(counts) {
            if slots + above >= 3 {
                return depth;
            }
            above += atoms;
        }
        lowest
    }

    /// Whether the slot has no children.
    pub fn is_atom(&self, slot: usize) -> bool {
        self.child_group[slot].is_none()
    }

    /// The slot of a node; None for the root and for nodes that are not in the tree.
    pub fn slot_of(&self, node: NodeId) -> Option<usize> {
        self.node_slot.get(node.index()).filter(|s| **s != NONE).map(|s| *s as usize)
    }

    /// The slot of a node's residual "other X", if it has one; the root may have one too.
    pub fn residual_of(&self, node: NodeId) -> Option<usize> {
        self.residual_slot.get(node.index()).filter(|s| **s != NONE).map(|s| *s as usize)
    }

    /// The slot of exactly this name, residuals included.
    pub fn by_name(&self, name: &str) -> Option<usize> {
        let names = self.names.get_or_init(|| self.slots.iter().enumerate().map(|(i, s)| (s.name.clone(), i)).collect());
        names.get(name).copied()
    }

    /// From the top to `slot`, which is included; the root is not.
    pub fn path(&self, slot: usize) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(Some(slot), |s| self.slots[*s].parent).collect();
        path.reverse();
        path
    }

    /// The group of the children of `slot` (None: of the root), if there are any.
    pub fn group_below(&self, slot: Option<usize>) -> Option<usize> {
        match slot {
            Some(slot) => self.child_group[slot],
            None if self.groups.is_empty() => None,
            None => Some(0),
        }
    }

    /// Children of `slot` (None: of the root), the residual last; empty for an atom.
    pub fn children(&self, slot: Option<usize>) -> &[usize] {
        self.group_below(slot).map_or(&[], |g| &self.groups[g].members)
    }

    /// The slots of `slot`'s subtree, itself first.
    pub fn subtree(&self, slot: usize) -> std::ops::Range<usize> {
        slot..self.end[slot]
    }

    /// Whether `a` is `b` or lies above it.
    pub fn ancestor_or_self(&self, a: usize, b: usize) -> bool {
        self.subtree(a).contains(&b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_come_last_and_groups_are_siblings() {
        // Object { A(not exhaustive) { A1, A2 { A2x } }, B }
        let mut t = Taxonomy::new("t", "Object");
        let a = t.add_child(t.root(), "A").unwrap();
        let b = t.add_child(t.root(), "B").unwrap();
        let a1 = t.add_child(a, "A1").unwrap();
        let a2 = t.add_child(a, "A2").unwrap();
        t.add_child(a2, "A2x").unwrap();
        t.apply(crate::taxonomy::Edit::SetExhaustive { id: a, exhaustive: false }).unwrap();
        // On a leaf it has no effect.
        t.apply(crate::taxonomy::Edit::SetExhaustive { id: b, exhaustive: false }).unwrap();
        let l = Layout::new(&t);
        let names: Vec<&str> = l.slots.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["A", "A1", "A2", "A2x", "other A", "B"]);
        assert_eq!(l.slots.iter().map(|s| s.depth).collect::<Vec<_>>(), [1, 2, 2, 3, 2, 1]);
        assert_eq!(l.slots.iter().map(|s| s.parent).collect::<Vec<_>>(), [None, Some(0), Some(0), Some(2), Some(0), None]);
        assert_eq!(l.slots.iter().map(|s| s.group).collect::<Vec<_>>(), [0, 1, 1, 2, 1, 0]);
        assert_eq!(
            l.groups,
            [
                Group { parent: None, members: vec![0, 5] },
                Group { parent: Some(0), members: vec![1, 2, 4] },
                Group { parent: Some(2), members: vec![3] }
            ]
        );
        assert_eq!(l.slots[4].lineage, "a/other");
        assert_eq!(l.slots[4].node, a);
        assert!(l.slots[4].residual);
        assert_eq!(l.atoms(), [1, 3, 4, 5]);
        assert_eq!(l.slot_of(a), Some(0));
        assert_eq!(l.slot_of(t.root()), None);
        assert_eq!(l.residual_of(a), Some(4));
        assert_eq!(l.residual_of(b), None);
        assert_eq!(l.slot_of(a1), Some(1));
        assert_eq!(l.by_name("other A"), Some(4));
        assert_eq!(l.path(3), [0, 2, 3]);
        assert_eq!(l.children(None), [0, 5]);
        assert_eq!(l.children(Some(0)), [1, 2, 4]);
        assert!(l.children(Some(4)).is_empty());
        assert!(l.ancestor_or_self(0, 4) && l.ancestor_or_self(2, 3) && l.ancestor_or_self(5, 5));
        assert!(!l.ancestor_or_self(0, 5) && !l.ancestor_or_self(3, 2));
        assert_eq!(l.subtree(2), 2..4);
    }

    #[test]
    fn a_residual_of_the_root_and_a_root_alone() {
        let mut t = Taxonomy::new("t", "Object");
        t.apply(crate::taxonomy::Edit::SetExhaustive { id: t.root(), exhaustive: false }).unwrap();
        let l = Layout::new(&t);
        assert!(l.is_empty() && l.groups.is_empty() && l.children(None).is_empty());
        t.add_child(t.root(), "A").unwrap();
        let l = Layout::new(&t);
        assert_eq!(l.slots[1].name, "other Object");
        assert_eq!(l.residual_of(t.root()), Some(1));
        assert_eq!(l.children(None), [0, 1]);
        assert_eq!(l.slots[1].parent, None);
    }

    #[test]
    fn a_deep_tree() {
        let mut t = Taxonomy::new("deep", "n0");
        let mut at = t.root();
        for i in 1..50_000 {
            at = t.add_child(at, format!("n{i}")).unwrap();
        }
        let l = Layout::new(&t);
        assert_eq!(l.len(), 49_999);
        assert_eq!(l.slots[49_998].depth, 49_999);
        assert!(l.ancestor_or_self(0, 49_998));
        assert_eq!(l.path(49_998).len(), 49_999);
    }
}
