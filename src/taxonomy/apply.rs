//! Applying edits: each gives back its inverse, and a refused one changes nothing. Keeps the tree's index of labels and
//! lineage ids in step. Knows no files and no screen.

use super::edit::{Edit, EditError, NewNode, Subtree};
use super::names::{RESIDUAL_PREFIX, check_name, check_text, is_lineage};
use super::tree::{Node, NodeId, Taxonomy};
use std::collections::HashSet;

impl Taxonomy {
    /// Applies an edit and gives back its inverse. A refused edit changes nothing.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        match edit {
            Edit::Add { parent, index, node } => self.add_tree(parent, index, vec![NewNode { parent: None, node }]),
            Edit::AddTree { parent, index, nodes } => self.add_tree(parent, index, nodes),
            Edit::Attach { id, parent, index, adopt } => self.attach(id, parent, index, adopt),
            Edit::Rename { id, name } => self.rename(id, name),
            Edit::Delete { id, children } => self.delete(id, children),
            Edit::Move { id, parent, index } => self.move_node(id, parent, index),
            Edit::SetAliases { id, aliases } => {
                self.check_attached(id)?;
                let node = self.node(id);
                self.check_labels(Some(id), &node.name, &aliases, &node.absorbs)?;
                let old = self.relabel(id, |node| std::mem::replace(&mut node.aliases, aliases));
                Ok(Edit::SetAliases { id, aliases: old })
            }
            Edit::SetAbsorbs { id, absorbs } => {
                self.check_attached(id)?;
                let node = self.node(id);
                self.check_labels(Some(id), &node.name, &node.aliases, &absorbs)?;
                let old = self.relabel(id, |node| std::mem::replace(&mut node.absorbs, absorbs));
                Ok(Edit::SetAbsorbs { id, absorbs: old })
            }
            Edit::SetMerged { id, lineages } => {
                self.check_attached(id)?;
                let node = self.node(id);
                self.check_lineages(Some(id), &node.name, &node.lineage, &lineages)?;
                for lineage in &self.nodes[id.index()].merged {
                    self.lineages.remove(lineage);
                }
                self.lineages.extend(lineages.iter().map(|l| (l.clone(), id)));
                Ok(Edit::SetMerged { id, lineages: std::mem::replace(&mut self.nodes[id.index()].merged, lineages) })
            }
            Edit::SetNote { id, note } => {
                self.check_attached(id)?;
                check_text(&note)?;
                Ok(Edit::SetNote { id, note: std::mem::replace(&mut self.nodes[id.index()].note, note) })
            }
            Edit::SetExhaustive { id, exhaustive } => {
                self.check_attached(id)?;
                Ok(Edit::SetExhaustive { id, exhaustive: std::mem::replace(&mut self.nodes[id.index()].exhaustive, exhaustive) })
            }
            Edit::SetCount { id, count } => {
                self.check_attached(id)?;
                Ok(Edit::SetCount { id, count: std::mem::replace(&mut self.nodes[id.index()].count, count) })
            }
            Edit::SetWeights(options) => {
                options.check()?;
                Ok(Edit::SetWeights(std::mem::replace(&mut self.weights, options)))
            }
            Edit::SetTitle { name, citation } => {
                check_text(&name)?;
                check_text(&citation)?;
                let inverse = Edit::SetTitle {
                    name: std::mem::replace(&mut self.name, name),
                    citation: std::mem::replace(&mut self.citation, citation),
                };
                Ok(inverse)
            }
            Edit::Batch(edits) => self.apply_batch(edits),
        }
    }

    /// Whether `edit` would be refused, and why. Nothing is changed.
    pub fn try_out(&mut self, edit: Edit) -> Result<(), EditError> {
        let arena = self.nodes.len();
        let inverse = self.apply(edit)?;
        let undone = self.apply(inverse);
        debug_assert!(undone.is_ok(), "{undone:?}");
        // Nodes that the edit added are detached now, and unknown outside.
        self.nodes.truncate(arena);
        self.attached.truncate(arena);
        Ok(())
    }

    /// Whether applying `edit` would leave everything as it is (so that it is not worth a step of history).
    pub fn changes_nothing(&self, edit: &Edit) -> bool {
        let node = |id: &NodeId| self.nodes.get(id.index());
        match edit {
            Edit::Rename { id, name } => node(id).is_some_and(|n| n.name == *name),
            Edit::SetAliases { id, aliases } => node(id).is_some_and(|n| n.aliases == *aliases),
            Edit::SetAbsorbs { id, absorbs } => node(id).is_some_and(|n| n.absorbs == *absorbs),
            Edit::SetMerged { id, lineages } => node(id).is_some_and(|n| n.merged == *lineages),
            Edit::SetNote { id, note } => node(id).is_some_and(|n| n.note == *note),
            Edit::SetExhaustive { id, exhaustive } => node(id).is_some_and(|n| n.exhaustive == *exhaustive),
            Edit::SetCount { id, count } => node(id).is_some_and(|n| n.count == *count),
            Edit::SetWeights(options) => self.weights == *options,
            Edit::SetTitle { name, citation } => self.name == *name && self.citation == *citation,
            Edit::Move { id, parent, index } => {
                self.is_attached(*id)
                    && self.parent(*id) == Some(*parent)
                    && self.position(*id) == (*index).min(self.children(*parent).len().saturating_sub(1))
            }
            Edit::Batch(edits) => edits.is_empty(),
            Edit::Add { .. } | Edit::AddTree { .. } | Edit::Attach { .. } | Edit::Delete { .. } => false,
        }
    }

    fn check_attached(&self, id: NodeId) -> Result<(), EditError> {
        if self.is_attached(id) { Ok(()) } else { Err(EditError::NotInTree) }
    }

    /// Whether a node of these labels fits into the tree; `owner` is the node itself, if it is in the tree.
    fn check_labels(&self, owner: Option<NodeId>, name: &str, aliases: &[String], absorbs: &[String]) -> Result<(), EditError> {
        let several = !aliases.is_empty() || !absorbs.is_empty();
        let mut own = HashSet::new();
        for label in std::iter::once(name).chain(aliases.iter().chain(absorbs).map(String::as_str)) {
            check_name(label)?;
            if several && !own.insert(label) {
                return Err(EditError::Repeated { label: label.to_string(), node: name.to_string() });
            }
            if let Some(other) = self.find_label(label).filter(|o| Some(*o) != owner) {
                return Err(self.taken(label, other));
            }
            if let Some(of) = label.strip_prefix(RESIDUAL_PREFIX)
                && (of == name || self.find(of).is_some_and(|o| Some(o) != owner))
            {
                return Err(EditError::ResidualName { of: of.to_string() });
            }
        }
        if self.find_label(&format!("{RESIDUAL_PREFIX}{name}")).is_some_and(|o| Some(o) != owner) {
            return Err(EditError::ResidualName { of: name.to_string() });
        }
        Ok(())
    }

    fn taken(&self, label: &str, by: NodeId) -> EditError {
        let node = self.node(by);
        let role = if node.name == label {
            "the name"
        } else if node.aliases.iter().any(|a| a == label) {
            "an alias"
        } else {
            "an absorbed label"
        };
        EditError::Taken { label: label.to_string(), role, owner: node.name.clone() }
    }

    /// Whether a new or deleted node could be put into the tree.
    fn check_node(&self, node: &Node) -> Result<(), EditError> {
        self.check_labels(None, &node.name, &node.aliases, &node.absorbs)?;
        check_text(&node.note)?;
        self.check_lineages(None, &node.name, &node.lineage, &node.merged)
    }

    /// As [`Taxonomy::check_labels`], for the lineage ids.
    fn check_lineages(&self, owner: Option<NodeId>, name: &str, lineage: &str, merged: &[String]) -> Result<(), EditError> {
        let mut own = HashSet::new();
        for l in std::iter::once(lineage).chain(merged.iter().map(String::as_str)) {
            if !is_lineage(l) {
                return Err(EditError::Lineage(l.to_string()));
            }
            let taken = |owner: &str| EditError::LineageTaken { lineage: l.to_string(), owner: owner.to_string() };
            if let Some(other) = self.find_lineage(l).filter(|o| Some(*o) != owner) {
                return Err(taken(&self.node(other).name));
            }
            if !merged.is_empty() && !own.insert(l) {
                return Err(taken(name));
            }
        }
        Ok(())
    }

    /// Changes a node's labels and keeps the index in step.
    fn relabel<T>(&mut self, id: NodeId, change: impl FnOnce(&mut Node) -> T) -> T {
        for label in self.nodes[id.index()].labels() {
            self.labels.remove(label);
        }
        let result = change(&mut self.nodes[id.index()]);
        self.labels.extend(self.nodes[id.index()].labels().map(|l| (l.to_string(), id)));
        result
    }

    fn enter_books(&mut self, id: NodeId) {
        let node = &self.nodes[id.index()];
        self.labels.extend(node.labels().map(|l| (l.to_string(), id)));
        self.lineages.extend(node.lineages().map(|l| (l.to_string(), id)));
        self.attached[id.index()] = true;
        self.len += 1;
    }

    fn leave_books(&mut self, id: NodeId) {
        let node = &self.nodes[id.index()];
        for label in node.labels() {
            self.labels.remove(label);
        }
        for lineage in node.lineages() {
            self.lineages.remove(lineage);
        }
        self.attached[id.index()] = false;
        self.len -= 1;
    }

    /// Gives a root without labels all its fields. For reading alone.
    pub(super) fn set_root(&mut self, mut node: Node) -> Result<(), EditError> {
        let root = self.root;
        self.check_labels(Some(root), &node.name, &node.aliases, &node.absorbs)?;
        self.check_lineages(Some(root), &node.name, &node.lineage, &node.merged)?;
        node.parent = None;
        node.children = std::mem::take(&mut self.nodes[root.index()].children);
        self.leave_books(root);
        self.nodes[root.index()] = node;
        self.enter_books(root);
        Ok(())
    }

    fn add_tree(&mut self, parent: NodeId, index: usize, nodes: Vec<NewNode>) -> Result<Edit, EditError> {
        self.check_attached(parent)?;
        let first = self.nodes.len();
        if first + nodes.len() > u32::MAX as usize {
            return Err(EditError::Full);
        }
        if nodes.is_empty() || nodes.iter().enumerate().any(|(i, n)| n.parent.map_or(i != 0, |p| p >= i)) {
            return Err(EditError::DoesNotFit(
                "in a subtree that is added, parents come before their children, and only the first has none",
            ));
        }
        let top = NodeId(first as u32);
        // A whole copied branch comes at once.
        self.labels.reserve(nodes.len());
        self.lineages.reserve(nodes.len());
        for (i, NewNode { parent: inner, mut node }) in nodes.into_iter().enumerate() {
            if node.lineage.is_empty() {
                node.lineage = self.fresh_lineage(&node.name);
            }
            if let Err(e) = self.check_node(&node) {
                for added in (first..first + i).rev() {
                    self.leave_books(NodeId(added as u32));
                }
                self.nodes.truncate(first);
                self.attached.truncate(first);
                return Err(e);
            }
            let id = NodeId((first + i) as u32);
            node.children.clear();
            node.parent = Some(inner.map_or(parent, |p| NodeId((first + p) as u32)));
            self.nodes.push(node);
            self.attached.push(false);
            self.enter_books(id);
            if let Some(p) = inner {
                self.nodes[first + p].children.push(id);
            }
        }
        let siblings = &mut self.nodes[parent.index()].children;
        siblings.insert(index.min(siblings.len()), top);
        Ok(Edit::Delete { id: top, children: Subtree::GoAlong })
    }

    fn attach(&mut self, id: NodeId, parent: NodeId, index: usize, adopt: usize) -> Result<Edit, EditError> {
        self.check_attached(parent)?;
        if id.index() >= self.nodes.len() {
            return Err(EditError::NotInTree);
        }
        if self.is_attached(id) {
            return Err(EditError::InTree(self.node(id).name.clone()));
        }
        if self.parent(id).is_some_and(|p| self.children(p).contains(&id)) {
            return Err(EditError::DoesNotFit("the node was deleted along with its parent, and comes back with it"));
        }
        let siblings = self.children(parent).len();
        let index = index.min(siblings);
        if adopt > siblings - index || (adopt > 0 && !self.is_leaf(id)) {
            return Err(EditError::DoesNotFit("the siblings to be taken over are not there"));
        }
        let subtree: Vec<NodeId> = self.subtree(id).collect();
        for (i, member) in subtree.iter().enumerate() {
            if let Err(e) = self.check_node(self.node(*member)) {
                for entered in subtree[..i].iter().rev() {
                    self.leave_books(*entered);
                }
                return Err(e);
            }
            self.enter_books(*member);
        }
        let adopted: Vec<NodeId> = self.nodes[parent.index()].children.splice(index..index + adopt, [id]).collect();
        for child in &adopted {
            self.nodes[child.index()].parent = Some(id);
        }
        self.nodes[id.index()].children.extend(adopted);
        self.nodes[id.index()].parent = Some(parent);
        Ok(Edit::Delete { id, children: if adopt > 0 { Subtree::Rise } else { Subtree::GoAlong } })
    }

    fn rename(&mut self, id: NodeId, name: String) -> Result<Edit, EditError> {
        self.check_attached(id)?;
        let node = self.node(id);
        let old = node.name.clone();
        if name == old {
            return Ok(Edit::Rename { id, name: old });
        }
        let mut aliases = node.aliases.clone();
        for alias in aliases.iter_mut().filter(|a| **a == name) {
            alias.clone_from(&old);
        }
        self.check_labels(Some(id), &name, &aliases, &node.absorbs)?;
        self.relabel(id, |node| {
            node.name = name;
            node.aliases = aliases;
        });
        Ok(Edit::Rename { id, name: old })
    }

    fn delete(&mut self, id: NodeId, children: Subtree) -> Result<Edit, EditError> {
        self.check_attached(id)?;
        let Some(parent) = self.parent(id) else {
            return Err(EditError::DeleteRoot);
        };
        let index = self.position(id);
        let adopt = match children {
            Subtree::GoAlong => {
                for member in self.subtree(id).collect::<Vec<_>>() {
                    self.leave_books(member);
                }
                self.nodes[parent.index()].children.remove(index);
                0
            }
            Subtree::Rise => {
                self.leave_books(id);
                let rising = std::mem::take(&mut self.nodes[id.index()].children);
                for child in &rising {
                    self.nodes[child.index()].parent = Some(parent);
                }
                let adopt = rising.len();
                self.nodes[parent.index()].children.splice(index..=index, rising);
                adopt
            }
        };
        Ok(Edit::Attach { id, parent, index, adopt })
    }

    fn move_node(&mut self, id: NodeId, parent: NodeId, index: usize) -> Result<Edit, EditError> {
        self.check_attached(id)?;
        self.check_attached(parent)?;
        let Some(old_parent) = self.parent(id) else {
            return Err(EditError::MoveRoot);
        };
        if self.is_ancestor_or_self(id, parent) {
            return Err(EditError::MoveIntoOwnSubtree { node: self.node(id).name.clone(), target: self.node(parent).name.clone() });
        }
        let old_index = self.position(id);
        self.nodes[old_parent.index()].children.remove(old_index);
        let siblings = &mut self.nodes[parent.index()].children;
        siblings.insert(index.min(siblings.len()), id);
        self.nodes[id.index()].parent = Some(parent);
        Ok(Edit::Move { id, parent: old_parent, index: old_index })
    }

    fn apply_batch(&mut self, edits: Vec<Edit>) -> Result<Edit, EditError> {
        let arena = self.nodes.len();
        let mut inverses = Vec::with_capacity(edits.len());
        for edit in edits {
            match self.apply(edit) {
                Ok(inverse) => inverses.push(inverse),
                Err(e) => {
                    for inverse in inverses.into_iter().rev() {
                        // What was just done can be undone; if not, the tree's own books are broken.
                        let undone = self.apply(inverse);
                        debug_assert!(undone.is_ok(), "{undone:?}");
                    }
                    // The nodes that the batch added are detached and unknown outside.
                    self.nodes.truncate(arena);
                    self.attached.truncate(arena);
                    return Err(e);
                }
            }
        }
        inverses.reverse();
        Ok(Edit::Batch(inverses))
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
