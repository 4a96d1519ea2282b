//! Labels of a data set on a tree, one by one, with how each was found: the tree's own labels first, then the names that
//! surveys use ([`super::vocabulary`]). Nothing is mapped by guess: what could be two nodes is said to be ambiguous, and
//! what resembles a name is only suggested. Training maps by the tree's own labels alone ([`super::labels`]).

use super::concepts::{ConceptNodes, Found};
use super::edit::Edit;
use super::labels::{LabelIndex, MatchKind};
use super::names::{loose_key, printable};
pub use super::outcome::{Outcome, Totals};
use super::suggest::Suggester;
use super::tree::{NodeId, Taxonomy};
use super::vocabulary::{ConceptId, Meaning, SOURCES, Vocabulary};
use std::collections::HashMap;

/// What the vocabulary said of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Names of the sources that have the label.
    pub sources: Vec<&'static str>,
    /// Names of the classes that it means there; several where sources differ.
    pub concepts: Vec<String>,
    /// Whether the label said that the class is uncertain (`_Candidate`, `?`, `:`).
    pub uncertain: bool,
}

/// A node that a label may mean, and why it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The node.
    pub node: NodeId,
    /// One short sentence.
    pub reason: String,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedLabel {
    /// As in the data.
    pub label: String,
    /// Objects that have it.
    pub count: u64,
    /// How it was found.
    pub outcome: Outcome,
    /// Its node; none if it is ambiguous or unmapped.
    pub node: Option<NodeId>,
    /// Whether case, white space, `-` and `_` had to be disregarded to find it in the tree.
    pub loose: bool,
    /// What the vocabulary says of it, if that was asked.
    pub via: Option<Via>,
    /// For an ambiguous label the nodes that it may mean; for one that was mapped to an ancestor others that are as near and as
    /// true; for an unmapped one that no survey knows at most three whose names resemble it.
    pub suggestions: Vec<Suggestion>,
}

/// All labels of a data set on a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// By outcome, within it by count (most first), within that by label.
    pub rows: Vec<MappedLabel>,
    /// Numbers.
    pub totals: Totals,
}

/// Resembling names are sought for so many unmapped labels, those of most objects: it takes time, and nobody reads more.
pub const SUGGESTED_LABELS: usize = 100;

/// Maps labels with their numbers of objects. The same label may come more than once. `sources`: indices into [`SOURCES`]
/// of the surveys that the labels may be from; empty: any.
pub fn map_labels<'l>(taxonomy: &Taxonomy, labels: impl IntoIterator<Item = (&'l str, u64)>, sources: &[usize]) -> Mapping {
    let mut order: Vec<(&'l str, u64)> = Vec::new();
    let mut at: HashMap<&'l str, usize> = HashMap::new();
    for (label, n) in labels {
        let i = *at.entry(label).or_insert(order.len());
        match order.get_mut(i) {
            Some(entry) => entry.1 = entry.1.saturating_add(n),
            None => order.push((label, n)),
        }
    }
    let mapper = Mapper::new(taxonomy, sources);
    let mut rows: Vec<MappedLabel> = order.into_iter().map(|(label, n)| mapper.map(label, n)).collect();
    rows.sort_by(|a, b| (a.outcome, std::cmp::Reverse(a.count), &a.label).cmp(&(b.outcome, std::cmp::Reverse(b.count), &b.label)));
    let mut totals = Totals::default();
    for row in &rows {
        totals.add(row.outcome, row.count);
    }
    let mut suggester = None;
    for row in rows.iter_mut().filter(|r| r.outcome == Outcome::Unmapped && r.via.is_none()).take(SUGGESTED_LABELS) {
        let suggester = suggester.get_or_insert_with(|| Suggester::new(taxonomy, &mapper.nodes, sources));
        suggester.add_to(&row.label, &mut row.suggestions);
    }
    Mapping { rows, totals }
}

struct Mapper<'a> {
    taxonomy: &'a Taxonomy,
    index: LabelIndex<'a>,
    /// Nodes of those loose keys that only exact spelling tells apart.
    ambiguous: HashMap<String, Vec<NodeId>>,
    nodes: ConceptNodes,
    sources: &'a [usize],
}

impl<'a> Mapper<'a> {
    fn new(taxonomy: &'a Taxonomy, sources: &'a [usize]) -> Self {
        let index = LabelIndex::new(taxonomy);
        let mut ambiguous: HashMap<String, Vec<NodeId>> = index.ambiguous().into_iter().map(|k| (k.to_string(), Vec::new())).collect();
        if !ambiguous.is_empty() {
            for id in taxonomy.preorder() {
                for label in taxonomy.node(id).labels() {
                    if let Some(nodes) = ambiguous.get_mut(&loose_key(label))
                        && !nodes.contains(&id)
                    {
                        nodes.push(id);
                    }
                }
            }
        }
        Mapper { taxonomy, index, ambiguous, nodes: ConceptNodes::new(taxonomy), sources }
    }

    fn map(&self, label: &str, count: u64) -> MappedLabel {
        let mut row = MappedLabel {
            label: label.to_string(),
            count,
            outcome: Outcome::Unmapped,
            node: None,
            loose: false,
            via: None,
            suggestions: Vec::new(),
        };
        if let Some(found) = self.index.find(label) {
            row.outcome = match found.kind {
                MatchKind::Name => Outcome::Exact,
                MatchKind::Alias => Outcome::Alias,
                MatchKind::Absorbed => Outcome::Absorbed,
            };
            (row.node, row.loose) = (Some(found.node), found.loose);
            return row;
        }
        let bare = label.trim();
        if let Some(nodes) = self.ambiguous.get(&loose_key(bare)) {
            row.outcome = Outcome::Ambiguous;
            let reason = "has this label but for case, white space, `-` and `_`".to_string();
            row.suggestions = nodes.iter().map(|n| Suggestion { node: *n, reason: reason.clone() }).collect();
            return row;
        }
        let meanings = Vocabulary::builtin().meanings(bare, self.sources);
        if !meanings.is_empty() {
            row.via = Some(via(&meanings));
            // Each source says what the label means there; all must lead to one node.
            self.settle(&mut row, &meanings.iter().map(std::slice::from_ref).collect::<Vec<_>>());
            return row;
        }
        let parts = Vocabulary::builtin().parts(bare, self.sources);
        if !parts.is_empty() && parts.iter().all(|p| !p.is_empty()) {
            row.via = Some(via(&parts.concat()));
            self.settle(&mut row, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        row
    }

    /// Decides between what a label may mean.
    fn settle(&self, row: &mut MappedLabel, alternatives: &[&[Meaning]]) {
        let v = Vocabulary::builtin();
        let mut found: Vec<(NodeId, bool)> = Vec::new();
        let mut reasons: HashMap<NodeId, String> = HashMap::new();
        let mut nowhere = false;
        let mut twice = false;
        let mut others: Vec<Suggestion> = Vec::new();
        let mut seen: Vec<(ConceptId, bool)> = Vec::new();
        for meaning in alternatives.iter().copied().flatten() {
            if seen.contains(&(meaning.concept, meaning.finer)) {
                continue;
            }
            seen.push((meaning.concept, meaning.finer));
            let name = &v.concept(meaning.concept).name;
            let source = SOURCES.get(meaning.source).map_or("", |s| s.name);
            match self.nodes.resolve(self.taxonomy, meaning.concept) {
                Found::Nowhere => nowhere = true,
                Found::One { node, broader, also } => {
                    found.push((node, broader || meaning.finer));
                    reasons.entry(node).or_insert_with(|| format!("if it means {name} ({source})"));
                    others.extend(also.into_iter().map(|n| Suggestion { node: n, reason: format!("{name} is a kind of it too") }));
                }
                Found::Several(nodes) => {
                    twice = true;
                    for node in nodes {
                        found.push((node, true));
                        reasons.entry(node).or_insert_with(|| format!("it and another node are {name} or the nearest to it"));
                    }
                }
            }
        }
        let mut nodes: Vec<NodeId> = Vec::new();
        for (node, _) in &found {
            if !nodes.contains(node) {
                nodes.push(*node);
            }
        }
        let lossy = found.iter().any(|(_, lossy)| *lossy);
        let above = nodes.iter().copied().find(|a| nodes.iter().all(|b| self.taxonomy.is_ancestor_or_self(*a, *b)));
        match (nodes.as_slice(), above) {
            ([], _) => {}
            (&[node], _) if !nowhere => {
                row.node = Some(node);
                row.outcome = if lossy { Outcome::Ancestor } else { Outcome::Synonym };
                row.suggestions = others;
            }
            // Whichever is meant, it is a kind of this one.
            (_, Some(node)) if !nowhere && !twice => {
                row.node = Some(node);
                row.outcome = Outcome::Ancestor;
            }
            (several, _) => {
                if !nowhere || several.len() > 1 {
                    row.outcome = Outcome::Ambiguous;
                }
                let reason = |n: &NodeId| reasons.get(n).cloned().unwrap_or_default();
                row.suggestions = several.iter().map(|n| Suggestion { node: *n, reason: reason(n) }).collect();
            }
        }
    }
}

fn via(meanings: &[Meaning]) -> Via {
    let v = Vocabulary::builtin();
    let (mut sources, mut concepts) = (Vec::new(), Vec::new());
    for m in meanings {
        let (source, concept) = (SOURCES.get(m.source).map_or("", |s| s.name), v.concept(m.concept).name.clone());
        if !sources.contains(&source) {
            sources.push(source);
        }
        if !concepts.contains(&concept) {
            concepts.push(concept);
        }
    }
    Via { sources, concepts, uncertain: meanings.iter().any(|m| m.uncertain) }
}

/// The edit that makes a label part of the tree: an alias of the node if it means the same class, else a label that the node
/// absorbs. A label that the tree has already is refused when the edit is applied.
pub fn attach(taxonomy: &Taxonomy, node: NodeId, label: &str, same_class: bool) -> Edit {
    let with = |list: &[String]| list.iter().cloned().chain([label.trim().to_string()]).collect();
    let data = taxonomy.node(node);
    if same_class {
        Edit::SetAliases { id: node, aliases: with(&data.aliases) }
    } else {
        Edit::SetAbsorbs { id: node, absorbs: with(&data.absorbs) }
    }
}

/// Most sources that are named in a line.
const SOURCES_NAMED: usize = 3;

impl Via {
    /// The meaning in words, as `tns, bts: Kilonova`.
    pub fn text(&self) -> String {
        let more = if self.sources.len() > SOURCES_NAMED { ", …" } else { "" };
        let sources: Vec<&str> = self.sources.iter().copied().take(SOURCES_NAMED).collect();
        let uncertain = if self.uncertain { ", said to be uncertain" } else { "" };
        format!("{}{more}: {}{uncertain}", sources.join(", "), self.concepts.join(" or "))
    }
}

impl MappedLabel {
    /// How it was found, or what it may be, in words that are harmless to a terminal: without the label and its node.
    /// Empty for the tree's own labels.
    pub fn remark(&self, taxonomy: &Taxonomy) -> String {
        let mut parts = Vec::new();
        if self.loose {
            parts.push("case and spaces aside".to_string());
        }
        if let Some(via) = &self.via {
            let lacks = self.outcome == Outcome::Unmapped && self.suggestions.is_empty();
            parts.push(format!("{}{}", via.text(), if lacks { "; the tree has neither it nor anything broader" } else { "" }));
        }
        let offer = |s: &Suggestion| format!("{} ({})", printable(&taxonomy.node(s.node).name), s.reason);
        let offers: Vec<String> = self.suggestions.iter().map(offer).collect();
        let what = match self.outcome {
            Outcome::Ambiguous => "may be",
            Outcome::Unmapped => "nearest",
            _ => "also",
        };
        if !offers.is_empty() {
            parts.push(format!("{what}: {}", offers.join(", ")));
        }
        parts.join("; ")
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;
