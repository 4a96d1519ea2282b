//! A tree with its history: undo and redo with named steps, and whether it differs from what was saved.

use super::edit::{Edit, EditError};
use super::tree::Taxonomy;
use std::sync::Arc;

#[derive(Debug, Clone)]
struct Step {
    title: String,
    /// What takes the step back (in the undo list) or does it again (in the redo list).
    change: Change,
}

/// One step between two trees.
#[derive(Debug, Clone)]
enum Change {
    Edit(Box<Edit>),
    /// Another tree altogether, as after reading the file again.
    Whole(Arc<Taxonomy>),
}

/// A tree that is being edited.
#[derive(Debug, Clone)]
pub struct Document {
    /// Shared with those who write it out: it is copied only if one of them is still at it when the next edit comes.
    taxonomy: Arc<Taxonomy>,
    undo: Vec<Step>,
    redo: Vec<Step>,
    /// Length of the undo list when the tree was saved; None once that state can't be reached any more.
    saved: Option<usize>,
    /// Counts every change of the tree, undo and redo included.
    revision: u64,
}

impl Document {
    /// A document without history that counts as saved.
    pub fn new(taxonomy: Taxonomy) -> Self {
        Document { taxonomy: Arc::new(taxonomy), undo: Vec::new(), redo: Vec::new(), saved: Some(0), revision: 0 }
    }

    /// The tree as it is now.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// Gives up the history.
    pub fn into_taxonomy(self) -> Taxonomy {
        Arc::unwrap_or_clone(self.taxonomy)
    }

    /// The tree as it is now, for other threads.
    pub fn shared(&self) -> Arc<Taxonomy> {
        Arc::clone(&self.taxonomy)
    }

    /// Applies an edit as one step of history, and forgets what could be redone. An edit that changes nothing is no step.
    pub fn edit(&mut self, title: impl Into<String>, edit: Edit) -> Result<(), EditError> {
        if self.taxonomy.changes_nothing(&edit) {
            return Ok(());
        }
        let inverse = Arc::make_mut(&mut self.taxonomy).apply(edit)?;
        self.push(title.into(), Change::Edit(Box::new(inverse)));
        Ok(())
    }

    /// Puts another tree in the place of this one, as one step of history. Node ids mean nothing across it.
    pub fn replace(&mut self, title: impl Into<String>, taxonomy: Taxonomy) {
        let before = std::mem::replace(&mut self.taxonomy, Arc::new(taxonomy));
        self.push(title.into(), Change::Whole(before));
    }

    fn push(&mut self, title: String, change: Change) {
        if self.saved.is_some_and(|s| s > self.undo.len()) {
            self.saved = None;
        }
        self.redo.clear();
        self.undo.push(Step { title, change });
        self.revision += 1;
    }

    /// Whether an edit would be refused, and why. Neither the tree nor its history is changed.
    pub fn try_out(&mut self, edit: Edit) -> Result<(), EditError> {
        Arc::make_mut(&mut self.taxonomy).try_out(edit)
    }

    /// Takes the last step back and says its title; None where there is none.
    pub fn undo(&mut self) -> Option<&str> {
        self.revision += 1;
        Self::step(&mut self.taxonomy, &mut self.undo, &mut self.redo)
    }

    /// Does the last step that was taken back again and says its title; None where there is none.
    pub fn redo(&mut self) -> Option<&str> {
        self.revision += 1;
        Self::step(&mut self.taxonomy, &mut self.redo, &mut self.undo)
    }

    fn step<'a>(taxonomy: &mut Arc<Taxonomy>, from: &mut Vec<Step>, to: &'a mut Vec<Step>) -> Option<&'a str> {
        let Step { title, change } = from.pop()?;
        let edit = match change {
            Change::Edit(edit) => *edit,
            Change::Whole(other) => {
                let before = std::mem::replace(taxonomy, other);
                to.push(Step { title, change: Change::Whole(before) });
                return to.last().map(|s| s.title.as_str());
            }
        };
        match Arc::make_mut(taxonomy).apply(edit) {
            Ok(inverse) => {
                to.push(Step { title, change: Change::Edit(Box::new(inverse)) });
                to.last().map(|s| s.title.as_str())
            }
            // Nobody else changes the tree, so an inverse always fits.
            Err(e) => {
                debug_assert!(false, "{title}: {e}");
                None
            }
        }
    }

    /// Title of the step that [`Document::undo`] would take back.
    pub fn undo_title(&self) -> Option<&str> {
        self.undo.last().map(|s| s.title.as_str())
    }

    /// Title of the step that [`Document::redo`] would do again.
    pub fn redo_title(&self) -> Option<&str> {
        self.redo.last().map(|s| s.title.as_str())
    }

    /// Whether the tree differs from what was saved, or from the start.
    pub fn is_dirty(&self) -> bool {
        self.saved != Some(self.undo.len())
    }

    /// The tree as it is now is what is saved.
    pub fn mark_saved(&mut self) {
        self.saved = Some(self.undo.len());
    }

    /// No state of the history is what is saved.
    pub fn mark_unsaved(&mut self) {
        self.saved = None;
    }

    /// A number that changes with the tree. Two documents may have the same.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the next undo puts another tree in the place of this one, see [`Document::replace`].
    pub fn undo_replaces(&self) -> bool {
        matches!(self.undo.last(), Some(Step { change: Change::Whole(_), .. }))
    }

    /// Whether the next redo puts another tree in the place of this one.
    pub fn redo_replaces(&self) -> bool {
        matches!(self.redo.last(), Some(Step { change: Change::Whole(_), .. }))
    }

    /// Titles of the steps between what is saved and the tree as it is now, the last first; steps that were taken back
    /// since saving are named as such. All steps of the history where what is saved can't be reached any more.
    pub fn unsaved_steps(&self) -> Vec<String> {
        match self.saved {
            Some(saved) if saved > self.undo.len() => {
                self.redo.iter().rev().take(saved - self.undo.len()).map(|s| format!("undo {}", s.title)).collect()
            }
            Some(saved) => self.undo.iter().skip(saved).rev().map(|s| s.title.clone()).collect(),
            None => self.undo.iter().rev().map(|s| s.title.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{Node, Subtree, to_json};

    #[test]
    fn undo_redo_and_the_dirty_mark() {
        let mut d = Document::new(Taxonomy::new("t", "Object"));
        let root = d.taxonomy().root();
        assert!(!d.is_dirty());
        assert_eq!(d.undo(), None);
        d.edit("add A", Edit::Add { parent: root, index: 0, node: Node::new("A") }).unwrap();
        let a = d.taxonomy().find("A").unwrap();
        d.edit("rename A", Edit::Rename { id: a, name: "B".into() }).unwrap();
        assert!(d.is_dirty());
        d.mark_saved();
        assert!(!d.is_dirty());
        d.edit("same again", Edit::Rename { id: a, name: "B".into() }).unwrap();
        assert!(!d.is_dirty());
        assert_eq!(d.undo_title(), Some("rename A"));
        assert_eq!(d.undo(), Some("rename A"));
        assert!(d.is_dirty());
        assert_eq!(d.redo_title(), Some("rename A"));
        assert_eq!(d.undo(), Some("add A"));
        assert_eq!(d.taxonomy().len(), 1);
        assert_eq!(d.redo(), Some("add A"));
        assert_eq!(d.taxonomy().find("A"), Some(a), "the id survives");
        assert_eq!(d.redo(), Some("rename A"));
        assert!(!d.is_dirty());
        d.undo();
        d.edit("delete A", Edit::Delete { id: a, children: Subtree::Rise }).unwrap();
        assert_eq!(d.redo_title(), None);
        assert!(d.is_dirty());
        d.undo();
        assert!(d.is_dirty(), "the saved state was on the branch that is gone");
    }

    #[test]
    fn another_tree_is_one_step() {
        let mut d = Document::new(Taxonomy::new("t", "Object"));
        let root = d.taxonomy().root();
        d.edit("add A", Edit::Add { parent: root, index: 0, node: Node::new("A") }).unwrap();
        let before = to_json(d.taxonomy());
        let mut other = Taxonomy::new("other", "Everything");
        let top = other.root();
        other.add_child(top, "B").unwrap();
        let after = to_json(&other);
        let revision = d.revision();
        d.replace("reload", other);
        assert!(d.revision() != revision && d.undo_replaces() && !d.redo_replaces());
        d.mark_saved();
        d.edit("add C", Edit::Add { parent: top, index: 0, node: Node::new("C") }).unwrap();
        assert_eq!(d.unsaved_steps(), ["add C"]);
        d.undo();
        assert!(!d.is_dirty() && d.unsaved_steps().is_empty());
        assert_eq!(d.undo(), Some("reload"));
        assert_eq!(to_json(d.taxonomy()), before);
        assert!(d.is_dirty() && d.redo_replaces());
        assert_eq!(d.unsaved_steps(), ["undo reload"]);
        assert_eq!(d.undo(), Some("add A"));
        assert_eq!(d.unsaved_steps(), ["undo add A", "undo reload"]);
        d.redo();
        assert_eq!(d.redo(), Some("reload"));
        assert_eq!(to_json(d.taxonomy()), after);
        assert!(!d.is_dirty());
        d.mark_unsaved();
        assert!(d.is_dirty());
        assert_eq!(d.unsaved_steps(), ["reload", "add A"]);
    }

    #[test]
    fn a_refused_edit_is_no_step() {
        let mut d = Document::new(Taxonomy::new("t", "Object"));
        let root = d.taxonomy().root();
        let before = to_json(d.taxonomy());
        assert_eq!(d.edit("x", Edit::Delete { id: root, children: Subtree::Rise }), Err(EditError::DeleteRoot));
        assert_eq!(to_json(d.taxonomy()), before);
        assert_eq!(d.undo_title(), None);
        assert!(!d.is_dirty());
    }
}
