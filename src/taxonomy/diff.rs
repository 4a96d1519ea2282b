//! What differs between two trees: nodes added, removed, merged, moved, renamed, changed, and their weights. Linear in the
//! number of nodes (but for sorting). How nodes are paired: `diff_pairs.rs`; how differences are found: `diff_entries.rs`.

use super::diff_entries::{entries, weight_diff};
use super::diff_pairs::Pairs;
use super::names::PATH_SEPARATOR;
use super::tree::{NodeId, Taxonomy};
use super::weights::WeightOptions;

/// A kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiffKind {
    /// Only B has the node.
    Added,
    /// Only A has the node.
    Removed,
    /// Only A has the node, and a node of B took its name as alias or absorbed label.
    Merged,
    /// It has another parent. A node whose parent was removed, or over which a new parent was put, has not moved.
    Moved,
    /// It stands elsewhere among its siblings.
    Reordered,
    /// The same node has another name.
    Renamed,
    /// Other aliases.
    Aliases,
    /// Other absorbed labels.
    Absorbs,
    /// Another note.
    Note,
    /// Exhaustive or not.
    Exhaustive,
    /// Another count.
    Count,
    /// Another title or citation of the tree.
    Title,
}

impl DiffKind {
    /// All of them, in the order of lists.
    pub const ALL: [DiffKind; 12] = [
        DiffKind::Added,
        DiffKind::Removed,
        DiffKind::Merged,
        DiffKind::Moved,
        DiffKind::Reordered,
        DiffKind::Renamed,
        DiffKind::Aliases,
        DiffKind::Absorbs,
        DiffKind::Note,
        DiffKind::Exhaustive,
        DiffKind::Count,
        DiffKind::Title,
    ];

    /// In lists and for scripts.
    pub fn name(self) -> &'static str {
        match self {
            DiffKind::Added => "added",
            DiffKind::Removed => "removed",
            DiffKind::Merged => "merged",
            DiffKind::Moved => "moved",
            DiffKind::Reordered => "reordered",
            DiffKind::Renamed => "renamed",
            DiffKind::Aliases => "aliases",
            DiffKind::Absorbs => "absorbs",
            DiffKind::Note => "note",
            DiffKind::Exhaustive => "exhaustive",
            DiffKind::Count => "count",
            DiffKind::Title => "title",
        }
    }

    /// The sign before a line.
    pub fn sign(self) -> char {
        match self {
            DiffKind::Added => '+',
            DiffKind::Removed | DiffKind::Merged => '-',
            DiffKind::Moved | DiffKind::Reordered => '>',
            _ => '~',
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffEntry {
    /// What kind.
    pub kind: DiffKind,
    /// The node in A, if it is there.
    pub node_a: Option<NodeId>,
    /// The node in B; for a merged one the node that took its name.
    pub node_b: Option<NodeId>,
    /// Its name in A.
    pub name_a: Option<String>,
    /// Its name in B.
    pub name_b: Option<String>,
    /// Its path in A, see [`short_path`].
    pub path_a: Option<String>,
    /// Its path in B.
    pub path_b: Option<String>,
    /// What is old and what is new, in one line, harmless to a terminal. May be empty.
    pub detail: String,
}

/// The weight of one node or residual in both trees.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightChange {
    /// Its name in B, or in A if B has not got it; "other X" for a residual.
    pub name: String,
    /// W lambda in A; none: not there (what is not there and what has weight 0 are no different).
    pub old: Option<f64>,
    /// W lambda in B.
    pub new: Option<f64>,
}

/// Weights that differ.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightDiff {
    /// alpha, beta, form and K of A.
    pub old: WeightOptions,
    /// Those of B.
    pub new: WeightOptions,
    /// Nodes whose W lambda (from the counts in the trees) differs, in the order of B, then those of A alone.
    pub rows: Vec<WeightChange>,
}

impl WeightDiff {
    /// The options that differ: name, old, new.
    pub fn options(&self) -> Vec<(&'static str, String, String)> {
        let (a, b) = (&self.old, &self.new);
        let all = [
            ("alpha", a.alpha.to_string(), b.alpha.to_string()),
            ("beta", a.beta.to_string(), b.beta.to_string()),
            ("form", a.form.name().to_string(), b.form.name().to_string()),
            ("K", a.k.name().to_string(), b.k.name().to_string()),
        ];
        all.into_iter().filter(|(_, old, new)| old != new).collect()
    }
}

/// All that differs between two trees.
#[derive(Debug, Clone)]
pub struct TreeDiff {
    /// By kind, within it in the trees' order (that of B, for what B has).
    pub entries: Vec<DiffEntry>,
    /// Weights.
    pub weights: WeightDiff,
    pairs: Pairs,
}

impl TreeDiff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.weights.rows.is_empty() && self.weights.options().is_empty()
    }

    /// The node of B that is this node of A.
    pub fn partner(&self, node_a: NodeId) -> Option<NodeId> {
        self.pairs.of_a.get(node_a.index()).copied().flatten()
    }

    /// The node of A that is this node of B.
    pub fn partner_in_a(&self, node_b: NodeId) -> Option<NodeId> {
        self.pairs.of_b.get(node_b.index()).copied().flatten()
    }

    /// Number of entries of a kind.
    pub fn count(&self, kind: DiffKind) -> usize {
        self.entries.iter().filter(|e| e.kind == kind).count()
    }
}

/// Most names of a path that are told, from its end.
const PATH_NAMES: usize = 12;

/// The path to a node, the root left out unless it is the node; of a deep one only the end, after "…".
pub fn short_path(taxonomy: &Taxonomy, id: NodeId) -> String {
    let mut names: Vec<&str> = vec![&taxonomy.node(id).name];
    let mut at = taxonomy.parent(id);
    while let Some(node) = at {
        let Some(above) = taxonomy.parent(node) else { break };
        if names.len() == PATH_NAMES {
            names.push("…");
            break;
        }
        names.push(&taxonomy.node(node).name);
        at = Some(above);
    }
    names.reverse();
    names.join(PATH_SEPARATOR)
}

/// What differs between `a` (old) and `b` (new).
pub fn diff(a: &Taxonomy, b: &Taxonomy) -> TreeDiff {
    let pairs = Pairs::new(a, b);
    let entries = entries(a, b, &pairs);
    let weights = weight_diff(a, b, &pairs);
    TreeDiff { entries, weights, pairs }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
