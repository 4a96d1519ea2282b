//! Which node of a target tree means the same class as a node of the model's tree: by lineage id (where it is evidence), then by
//! name, then by alias. Names taken in for training (`absorbs`) are finer classes and never match.

use crate::taxonomy::names::{is_made_from, loose_key as loose, says_nothing};
use crate::taxonomy::{Node, NodeId, Taxonomy};
use std::collections::HashMap;

/// By what two nodes were found to be the same class, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// The same lineage id, which a node keeps through renames and moves.
    Lineage,
    /// The same name.
    Name,
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
            MatchedBy::Lineage => "lineage id",
            MatchedBy::Name => "name",
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

/// The target tree's nodes by all that they can be found by.
pub(super) struct Matcher<'a> {
    target: &'a Taxonomy,
    lineages: HashMap<&'a str, Vec<NodeId>>,
    names: HashMap<&'a str, Vec<NodeId>>,
    aliases: HashMap<&'a str, Vec<NodeId>>,
    loose_names: HashMap<String, Vec<NodeId>>,
    loose_aliases: HashMap<String, Vec<NodeId>>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(target: &'a Taxonomy) -> Self {
        let mut m = Matcher {
            target,
            lineages: HashMap::new(),
            names: HashMap::new(),
            aliases: HashMap::new(),
            loose_names: HashMap::new(),
            loose_aliases: HashMap::new(),
        };
        for id in target.preorder() {
            let node = target.node(id);
            m.lineages.entry(&node.lineage).or_default().push(id);
            m.names.entry(&node.name).or_default().push(id);
            m.loose_names.entry(loose(&node.name)).or_default().push(id);
            for alias in &node.aliases {
                m.aliases.entry(alias).or_default().push(id);
                m.loose_aliases.entry(loose(alias)).or_default().push(id);
            }
        }
        m
    }

    /// The node that means the same class as `node` of the model's tree; none if there isn't one.
    pub(super) fn find(&self, node: &Node) -> Result<Option<NodeId>, RegroupError> {
        if let Some(found) = self.only(node, MatchedBy::Lineage, self.lineages.get(node.lineage.as_str()).into_iter())?
            && self.is_evidence(node, found)
        {
            return Ok(Some(found));
        }
        if let Some(found) = self.only(node, MatchedBy::Name, self.names.get(node.name.as_str()).into_iter())? {
            return Ok(Some(found));
        }
        let aliased = self
            .aliases
            .get(node.name.as_str())
            .into_iter()
            .chain(node.aliases.iter().filter_map(|a| self.names.get(a.as_str())))
            .chain(node.aliases.iter().filter_map(|a| self.aliases.get(a.as_str())));
        if let Some(found) = self.only(node, MatchedBy::Alias, aliased)? {
            return Ok(Some(found));
        }
        let name = loose(&node.name);
        if let Some(found) = self.only(node, MatchedBy::LooseName, self.loose_names.get(&name).into_iter())? {
            return Ok(Some(found));
        }
        let own: Vec<String> = node.aliases.iter().map(|a| loose(a)).collect();
        let aliased = self
            .loose_aliases
            .get(&name)
            .into_iter()
            .chain(own.iter().filter_map(|a| self.loose_names.get(a)))
            .chain(own.iter().filter_map(|a| self.loose_aliases.get(a)));
        self.only(node, MatchedBy::LooseAlias, aliased)
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
        let both_explain = is_made_from(&node.lineage, &node.name) && is_made_from(&node.lineage, &other.name);
        !(both_explain && self.names.contains_key(node.name.as_str()))
    }

    fn only<'b>(
        &self,
        node: &Node,
        by: MatchedBy,
        candidates: impl Iterator<Item = &'b Vec<NodeId>>,
    ) -> Result<Option<NodeId>, RegroupError> {
        let mut found: Option<NodeId> = None;
        for &id in candidates.flatten() {
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
