//! Which nodes of a tree stand for which concepts of the vocabulary, and the nearest node for a concept that a tree lacks.

use super::tree::{NodeId, Taxonomy};
use super::vocabulary::{ConceptId, Vocabulary};
use std::collections::{HashMap, HashSet};

/// Where a concept is in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A node stands for it, or for the nearest broader concept that the tree has.
    One {
        /// The node.
        node: NodeId,
        /// Whether the node is only broader.
        broader: bool,
        /// Other nodes that are broader, equally near, and neither above nor below it.
        also: Vec<NodeId>,
    },
    /// Two or more nodes stand for one and the same concept.
    Several(Vec<NodeId>),
    /// Neither it nor anything broader.
    Nowhere,
}

/// The nodes of a tree by the concepts that they stand for.
#[derive(Debug, Clone, Default)]
pub struct ConceptNodes {
    nodes: HashMap<ConceptId, Vec<NodeId>>,
}

impl ConceptNodes {
    /// Finds what each node stands for: what its name means; where that is not known, what its aliases mean; where that is
    /// several concepts, those on which name and aliases agree. A name that may mean a class or one of its subclasses (`EB`:
    /// eclipsing, or beta Lyrae) means the class, unless another node has that one.
    pub fn new(taxonomy: &Taxonomy) -> ConceptNodes {
        let mut out = ConceptNodes::default();
        let mut open: Vec<(NodeId, Vec<ConceptId>)> = Vec::new();
        for id in taxonomy.preorder() {
            let node = taxonomy.node(id);
            let mut concepts = same(&node.name);
            if concepts.len() != 1 {
                for alias in &node.aliases {
                    let of_alias = same(alias);
                    if of_alias.is_empty() {
                        continue;
                    }
                    if concepts.is_empty() {
                        concepts = of_alias;
                    } else if concepts.iter().any(|c| of_alias.contains(c)) {
                        concepts.retain(|c| of_alias.contains(c));
                    }
                }
            }
            match concepts.as_slice() {
                [] => {}
                [one] => out.nodes.entry(*one).or_default().push(id),
                _ => open.push((id, concepts)),
            }
        }
        let v = Vocabulary::builtin();
        let mut settled: Vec<(ConceptId, NodeId)> = Vec::new();
        for (id, mut concepts) in open {
            concepts.retain(|c| !out.nodes.contains_key(c));
            if let Some(widest) = concepts.iter().find(|a| concepts.iter().all(|b| v.is_broader_or_same(**a, *b))) {
                settled.push((*widest, id));
            }
        }
        for (concept, id) in settled {
            out.nodes.entry(concept).or_default().push(id);
        }
        out
    }

    /// The nodes that stand for exactly this concept.
    pub fn of(&self, concept: ConceptId) -> &[NodeId] {
        self.nodes.get(&concept).map_or(&[], Vec::as_slice)
    }

    /// The node for a concept, or for the nearest broader one. Of broader ones that are equally near the deeper node is
    /// taken where one lies below the other, else the one that the vocabulary names first: all are true of the class.
    pub fn resolve(&self, taxonomy: &Taxonomy, concept: ConceptId) -> Found {
        for (distance, level) in Vocabulary::builtin().levels(concept).iter().enumerate() {
            let mut nodes: Vec<NodeId> = Vec::new();
            for c in level {
                match self.of(*c) {
                    [] => {}
                    [one] => nodes.push(*one),
                    several => return Found::Several(several.to_vec()),
                }
            }
            let Some(&first) = nodes.first() else { continue };
            let node = nodes.iter().fold(first, |best, n| if taxonomy.is_ancestor_or_self(best, *n) { *n } else { best });
            nodes.retain(|n| !taxonomy.is_ancestor_or_self(*n, node) && !taxonomy.is_ancestor_or_self(node, *n));
            return Found::One { node, broader: distance > 0, also: nodes };
        }
        Found::Nowhere
    }
}

/// The concepts that a label means, not counting those that it is only a part of.
fn same(label: &str) -> Vec<ConceptId> {
    let mut seen = HashSet::new();
    let meanings = Vocabulary::builtin().meanings(label, &[]);
    meanings.iter().filter(|m| !m.finer && !m.uncertain).map(|m| m.concept).filter(|c| seen.insert(*c)).collect()
}
