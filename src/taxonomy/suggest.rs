//! Names that resemble an unmapped label: of the tree's nodes, and of the vocabulary's classes that the tree has. Only
//! offered, never used.

use super::concepts::{ConceptNodes, Found};
use super::mapping::Suggestion;
use super::names::{loose_key, printable};
use super::tree::{NodeId, Taxonomy};
use super::vocabulary::{ConceptId, SOURCES, Vocabulary};
use std::collections::HashMap;

/// So many nodes are offered.
pub const MAX_SUGGESTIONS: usize = 3;
/// Names less alike than this (1: the same) are not offered.
const LEAST_LIKENESS: f64 = 0.66;
/// Longer labels are no names of classes, and slow to compare.
const MAX_KEY_CHARS: usize = 80;
/// Shorter names of the vocabulary resemble everything.
const LEAST_KEY_CHARS: usize = 4;

struct Candidate {
    key: String,
    chars: usize,
    letters: u64,
    node: NodeId,
    reason: String,
}

/// Candidates for any number of labels.
pub(super) struct Suggester {
    candidates: Vec<Candidate>,
}

impl Suggester {
    pub(super) fn new(taxonomy: &Taxonomy, nodes: &ConceptNodes, sources: &[usize]) -> Suggester {
        let mut candidates = Vec::new();
        let mut add = |label: &str, node: NodeId, reason: String| {
            let key = loose_key(label);
            let chars = key.chars().count();
            if chars <= MAX_KEY_CHARS {
                let letters = letters(&key);
                candidates.push(Candidate { key, chars, letters, node, reason });
            }
        };
        for id in taxonomy.preorder() {
            let node = taxonomy.node(id);
            add(&node.name, id, "resembles its name".into());
            for alias in &node.aliases {
                add(alias, id, format!("resembles its alias {}", printable(alias)));
            }
            for absorbed in &node.absorbs {
                add(absorbed, id, format!("resembles {}, which it absorbs", printable(absorbed)));
            }
        }
        let v = Vocabulary::builtin();
        let mut places: HashMap<ConceptId, Found> = HashMap::new();
        for (label, meaning) in v.labels() {
            if !sources.is_empty() && !sources.contains(&meaning.source) {
                continue;
            }
            let place = places.entry(meaning.concept).or_insert_with(|| nodes.resolve(taxonomy, meaning.concept));
            if let Found::One { node, broader, .. } = place
                && loose_key(label).chars().count() >= LEAST_KEY_CHARS
            {
                let source = SOURCES.get(meaning.source).map_or("", |s| s.name);
                let kind = if *broader || meaning.finer { ", which is a kind of it" } else { "" };
                add(label, *node, format!("resembles {label} of {source}{kind}"));
            }
        }
        Suggester { candidates }
    }

    /// Adds the nodes whose names are most like the label, as far as there is room.
    pub(super) fn add_to(&self, label: &str, suggestions: &mut Vec<Suggestion>) {
        let key = loose_key(label);
        let chars = key.chars().count();
        if !(2..=MAX_KEY_CHARS).contains(&chars) {
            return;
        }
        let own = letters(&key);
        let mut best: HashMap<NodeId, (f64, usize)> = HashMap::new();
        for (i, c) in self.candidates.iter().enumerate() {
            let longer = chars.max(c.chars) as f64;
            // No better than this: each letter that only one has takes an edit, and so does each character too many.
            let edits = (own & !c.letters).count_ones().max((c.letters & !own).count_ones()) as usize;
            if longer == 0.0 || 1.0 - edits.max(chars.abs_diff(c.chars)) as f64 / longer < LEAST_LIKENESS {
                continue;
            }
            let likeness = strsim::normalized_damerau_levenshtein(&key, &c.key);
            if likeness >= LEAST_LIKENESS && best.get(&c.node).is_none_or(|b| likeness > b.0) {
                best.insert(c.node, (likeness, i));
            }
        }
        let mut ranked: Vec<(f64, usize)> = best.into_values().collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, i) in ranked {
            if suggestions.len() >= MAX_SUGGESTIONS {
                break;
            }
            if let Some(c) = self.candidates.get(i)
                && !suggestions.iter().any(|s| s.node == c.node)
            {
                suggestions.push(Suggestion { node: c.node, reason: c.reason.clone() });
            }
        }
    }
}

/// Which characters occur, as bits; several characters share a bit.
fn letters(key: &str) -> u64 {
    key.chars().fold(0, |bits, c| bits | 1 << (c as u32 % 64))
}
