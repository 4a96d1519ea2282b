//! Which node of one tree is which node of another. All passes are linear in the number of nodes.

use super::labels::MatchKind;
use super::names::slug;
use super::tree::{NodeId, Taxonomy};

/// Partners, by arena index.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs {
    /// Of each node of A.
    pub of_a: Vec<Option<NodeId>>,
    /// Of each node of B.
    pub of_b: Vec<Option<NodeId>>,
}

impl Pairs {
    /// Pairs the nodes: the roots; by lineage id; by name; by alias. Where the lineage ids say nothing of renames (in one
    /// tree all of them are made of the names, as for files that have none), also inner nodes with the same children, and
    /// leaves in the same place that share a count or an absorbed label.
    pub fn new(a: &Taxonomy, b: &Taxonomy) -> Pairs {
        let mut pairs = Pairs { of_a: vec![None; a.arena_len()], of_b: vec![None; b.arena_len()] };
        for id in a.preorder() {
            // A class that was merged into another is no rename of it: `entries` says so of those without a partner.
            if let Some(other) = b.find_lineage(&a.node(id).lineage).filter(|o| b.node(*o).lineage == a.node(id).lineage) {
                pairs.join(id, other, a, b);
            }
        }
        // The roots last: a new root above an old one, known by its lineage id, is no rename.
        pairs.join(a.root(), b.root(), a, b);
        for id in a.preorder() {
            if let Some(other) = b.find(&a.node(id).name) {
                pairs.join(id, other, a, b);
            }
        }
        pairs.by_alias(a, b);
        if says_nothing(a) || says_nothing(b) {
            pairs.by_children(a, b);
            pairs.by_place(a, b);
        }
        pairs
    }

    fn a(&self, id: NodeId) -> Option<NodeId> {
        self.of_a.get(id.index()).copied().flatten()
    }

    fn b(&self, id: NodeId) -> Option<NodeId> {
        self.of_b.get(id.index()).copied().flatten()
    }

    /// A root is only paired with a root: it can neither be moved nor deleted.
    fn join(&mut self, of_a: NodeId, of_b: NodeId, a: &Taxonomy, b: &Taxonomy) {
        if self.a(of_a).is_some() || self.b(of_b).is_some() || (of_a == a.root()) != (of_b == b.root()) {
            return;
        }
        if let (Some(x), Some(y)) = (self.of_a.get_mut(of_a.index()), self.of_b.get_mut(of_b.index())) {
            (*x, *y) = (Some(of_b), Some(of_a));
        }
    }

    /// A name or alias of one is a name or alias of exactly one other.
    fn by_alias(&mut self, a: &Taxonomy, b: &Taxonomy) {
        let candidates = |from: &Taxonomy, id: NodeId, to: &Taxonomy| -> Option<NodeId> {
            let node = from.node(id);
            let mut found = None;
            for label in std::iter::once(&node.name).chain(&node.aliases) {
                let Some(other) = to.find_label(label).filter(|o| role(to, *o, label) < MatchKind::Absorbed) else { continue };
                if found.is_some_and(|f| f != other) {
                    return None;
                }
                found = Some(other);
            }
            found
        };
        for id in a.preorder() {
            if self.a(id).is_some() {
                continue;
            }
            if let Some(other) = candidates(a, id, b).filter(|o| self.b(*o).is_none())
                && candidates(b, other, a) == Some(id)
            {
                self.join(id, other, a, b);
            }
        }
    }

    /// Inner nodes whose children are the same ones. From below, so that a renamed parent of renamed parents is found.
    fn by_children(&mut self, a: &Taxonomy, b: &Taxonomy) {
        let order: Vec<NodeId> = a.preorder().collect();
        for &id in order.iter().rev() {
            let children = a.children(id);
            if self.a(id).is_some() || children.is_empty() {
                continue;
            }
            let mut parents = children.iter().map(|c| self.a(*c).and_then(|p| b.parent(p)));
            let Some(first) = parents.next().flatten() else { continue };
            if parents.all(|p| p == Some(first)) && b.children(first).len() == children.len() && self.b(first).is_none() {
                self.join(id, first, a, b);
            }
        }
    }

    /// The only leaf gone from below a parent and the only new one there, in the same place, with a count or an absorbed
    /// label in common.
    fn by_place(&mut self, a: &Taxonomy, b: &Taxonomy) {
        for parent in a.preorder() {
            let Some(other) = self.a(parent) else { continue };
            let gone = only(a.children(parent).iter().enumerate().filter(|(_, c)| self.a(**c).is_none()));
            let new = only(b.children(other).iter().enumerate().filter(|(_, c)| self.b(**c).is_none()));
            let (Some((i, &gone)), Some((j, &new))) = (gone, new) else { continue };
            let (x, y) = (a.node(gone), b.node(new));
            let alike = (x.count.is_some_and(|n| n > 0) && x.count == y.count) || x.absorbs.iter().any(|l| y.absorbs.contains(l));
            if i == j && a.is_leaf(gone) && b.is_leaf(new) && alike {
                self.join(gone, new, a, b);
            }
        }
    }
}

/// What of the node that has this label the label is.
pub(super) fn role(taxonomy: &Taxonomy, id: NodeId, label: &str) -> MatchKind {
    let node = taxonomy.node(id);
    if node.name == label {
        MatchKind::Name
    } else if node.aliases.iter().any(|a| a == label) {
        MatchKind::Alias
    } else {
        MatchKind::Absorbed
    }
}

/// Whether every lineage id is what would be made of the node's name.
fn says_nothing(taxonomy: &Taxonomy) -> bool {
    taxonomy.preorder().all(|id| {
        let node = taxonomy.node(id);
        let base = slug(&node.name);
        // The second of a kind has a number behind it.
        node.lineage.strip_prefix(&base).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| !n.is_empty() && n.bytes().all(|d| d.is_ascii_digit()))
        })
    })
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
