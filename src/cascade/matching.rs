//! Which node of a target tree means the same class as a node of the model's tree: by lineage id (where it is evidence), then by
//! name, then by alias. Names taken in for training (`absorbs`) are finer classes and never match.

use crate::taxonomy::names::{is_made_from, loose_key as loose, says_nothing};
use crate::taxonomy::{Node, NodeId, Taxonomy};
use std::cell::OnceCell;

/// By what two nodes were found to be the same class, strongest first. (Lineage ids and names come before, and are unique.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// An alias of either is the other's name, or they share an alias.
    Alias,
    /// The same name without regard to case, spaces, `-` and `_`.
    LooseName,
    /// The same alias without regard to case, spaces, `-` and `_`.
    LooseAlias,
}

impl std::fmt::Display for MatchedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            MatchedBy::Alias => "alias",
            MatchedBy::LooseName => "name (case and spaces aside)",
            MatchedBy::LooseAlias => "alias (case and spaces aside)",
        })
    }
}

/// Why a model's tree can't be poured onto another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegroupError {
    /// Two nodes of the target tree claim one class of the model.
    #[error(
        "the model's class \"{model}\" matches two nodes of the tree by {by}: \"{first}\" and \"{second}\"; rename one of them or remove the alias"
    )]
    Ambiguous {
        /// The model's node.
        model: String,
        /// One node of the target tree.
        first: String,
        /// Another node of the target tree.
        second: String,
        /// By what both match.
        by: MatchedBy,
    },
}

/// Finds the nodes of a target tree. Exact labels and lineage ids are in the tree's own index.
pub(super) struct Matcher<'a> {
    target: &'a Taxonomy,
    loose: OnceCell<Loose>,
}

/// Names and aliases by the hashes of their loose keys, ascending: made only when a class is not found exactly, because the
/// tree may be large.
struct Loose {
    names: Vec<(u64, NodeId)>,
    aliases: Vec<(u64, NodeId)>,
}

/// FNV-1a of the loose key, without making the key.
fn loose_hash(label: &str) -> u64 {
    let kept = label.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '_').flat_map(char::to_lowercase);
    kept.fold(0xcbf2_9ce4_8422_2325, |h, c| (h ^ u64::from(c as u32)).wrapping_mul(0x0100_0000_01b3))
}

impl Loose {
    fn new(target: &Taxonomy) -> Self {
        let (mut names, mut aliases) = (Vec::with_capacity(target.len()), Vec::new());
        for id in target.preorder() {
            let node = target.node(id);
            names.push((loose_hash(&node.name), id));
            aliases.extend(node.aliases.iter().map(|a| (loose_hash(a), id)));
        }
        names.sort_unstable();
        aliases.sort_unstable();
        Loose { names, aliases }
    }
}

/// The entries of `list` under the hash of `key`'s loose key; the caller looks at the labels themselves.
fn under<'l>(list: &'l [(u64, NodeId)], key: &str) -> impl Iterator<Item = NodeId> + 'l {
    let hash = loose_hash(key);
    let from = list.partition_point(|(h, _)| *h < hash);
    list.iter().skip(from).take_while(move |(h, _)| *h == hash).map(|(_, id)| *id)
}

impl<'a> Matcher<'a> {
    pub(super) fn new(target: &'a Taxonomy) -> Self {
        Matcher { target, loose: OnceCell::new() }
    }

    /// The node that means the same class as `node` of the model's tree; none if there isn't one.
    pub(super) fn find(&self, node: &Node) -> Result<Option<NodeId>, RegroupError> {
        if let Some(found) = self.target.find_lineage(&node.lineage)
            && self.is_evidence(node, found)
        {
            return Ok(Some(found));
        }
        if let Some(found) = self.target.find(&node.name) {
            return Ok(Some(found));
        }
        let aliased = self
            .by_alias(&node.name)
            .into_iter()
            .chain(node.aliases.iter().filter_map(|a| self.target.find(a)))
            .chain(node.aliases.iter().filter_map(|a| self.by_alias(a)));
        if let Some(found) = self.only(node, MatchedBy::Alias, aliased)? {
            return Ok(Some(found));
        }
        if let Some(found) = self.only(node, MatchedBy::LooseName, self.loose_names(&node.name).into_iter())? {
            return Ok(Some(found));
        }
        let aliased = self
            .loose_aliases(&node.name)
            .into_iter()
            .chain(node.aliases.iter().flat_map(|a| self.loose_names(a)))
            .chain(node.aliases.iter().flat_map(|a| self.loose_aliases(a)));
        self.only(node, MatchedBy::LooseAlias, aliased)
    }

    /// The node that has exactly this alias.
    fn by_alias(&self, label: &str) -> Option<NodeId> {
        self.target.find_label(label).filter(|id| self.target.node(*id).aliases.iter().any(|a| a == label))
    }

    fn loose_index(&self) -> &Loose {
        self.loose.get_or_init(|| Loose::new(self.target))
    }

    fn loose_names(&self, label: &str) -> Vec<NodeId> {
        let key = loose(label);
        under(&self.loose_index().names, label).filter(|id| loose(&self.target.node(*id).name) == key).collect()
    }

    fn loose_aliases(&self, label: &str) -> Vec<NodeId> {
        let key = loose(label);
        let same = |id: &NodeId| self.target.node(*id).aliases.iter().any(|a| loose(a) == key);
        under(&self.loose_index().aliases, label).filter(same).collect()
    }

    /// Whether the same lineage id says that two nodes are one class. Ids are made from names, so that nodes of foreign trees
    /// can have the same by chance: "S*" and "S" both give "s". An id that both names explain is no more than a likeness of
    /// names, and an exact name goes before it; one that a name does not explain is left from before a rename.
    fn is_evidence(&self, node: &Node, found: NodeId) -> bool {
        let other = self.target.node(found);
        if node.name == other.name {
            return true;
        }
        let signs_alone = |name: &str| !name.chars().any(char::is_alphanumeric);
        if says_nothing(&node.lineage) && (signs_alone(&node.name) || signs_alone(&other.name)) {
            return false;
        }
        // The id is of a class that was merged into this one: what the tree says of the name now goes before it.
        if node.lineage != other.lineage {
            return !(is_made_from(&node.lineage, &node.name) && self.target.find_label(&node.name).is_some());
        }
        let both_explain = is_made_from(&node.lineage, &node.name) && is_made_from(&node.lineage, &other.name);
        !(both_explain && self.target.find(&node.name).is_some())
    }

    fn only(&self, node: &Node, by: MatchedBy, candidates: impl Iterator<Item = NodeId>) -> Result<Option<NodeId>, RegroupError> {
        let mut found: Option<NodeId> = None;
        for id in candidates {
            match found {
                Some(first) if first != id => {
                    return Err(RegroupError::Ambiguous {
                        model: node.name.clone(),
                        first: self.target.node(first).name.clone(),
                        second: self.target.node(id).name.clone(),
                        by,
                    });
                }
                _ => found = Some(id),
            }
        }
        Ok(found)
    }
}
