//! What differs between two trees: nodes added, removed, merged, moved, renamed, changed, and their weights. Linear in the
//! number of nodes (but for sorting). How nodes are paired: `diff_pairs.rs`.

use super::diff_pairs::{Pairs, role};
use super::labels::MatchKind;
use super::layout::Layout;
use super::names::{PATH_SEPARATOR, printable};
use super::tree::{NodeId, Taxonomy};
use super::weights::{self, Counts, WeightOptions};
use std::collections::{HashMap, HashSet};

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
/// Most names in a list within a line.
const LISTED: usize = 4;

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
    let mut out = Differ { a, b, pairs: &pairs, entries: Vec::new() };
    out.title();
    let (held_a, held_b) = (Held::new(a, &pairs.of_a), Held::new(b, &pairs.of_b));
    out.removed();
    out.places(&held_a, &held_b);
    for id in b.preorder() {
        match pairs.of_b.get(id.index()).copied().flatten() {
            None => out.added(id),
            Some(old) => out.fields(old, id),
        }
    }
    let mut entries = out.entries;
    entries.sort_by_key(|e| e.kind);
    let weights = weight_diff(a, b, &pairs);
    TreeDiff { entries, weights, pairs }
}

/// Paired nodes by the nearest paired node above them.
struct Held {
    /// By arena index: the nearest paired node above; none for the root and for nodes without one.
    above: Vec<Option<NodeId>>,
    /// The paired nodes, in pre-order.
    order: Vec<NodeId>,
    /// By arena index: place in pre-order.
    place: Vec<usize>,
    /// By arena index: place among the siblings, from 1.
    among: Vec<usize>,
}

impl Held {
    fn new(t: &Taxonomy, partner: &[Option<NodeId>]) -> Held {
        let paired = |id: NodeId| partner.get(id.index()).copied().flatten().is_some();
        let mut held =
            Held { above: vec![None; t.arena_len()], order: Vec::new(), place: vec![0; t.arena_len()], among: vec![0; t.arena_len()] };
        for (place, id) in t.preorder().enumerate() {
            held.place[id.index()] = place;
            for (i, child) in t.children(id).iter().enumerate() {
                held.among[child.index()] = i + 1;
            }
            if let Some(parent) = t.parent(id) {
                held.above[id.index()] = if paired(parent) { Some(parent) } else { held.above[parent.index()] };
            }
            if paired(id) {
                held.order.push(id);
            }
        }
        held
    }
}

struct Differ<'a> {
    a: &'a Taxonomy,
    b: &'a Taxonomy,
    pairs: &'a Pairs,
    entries: Vec<DiffEntry>,
}

impl Differ<'_> {
    fn partner(&self, a: NodeId) -> Option<NodeId> {
        self.pairs.of_a.get(a.index()).copied().flatten()
    }

    fn entry(&mut self, kind: DiffKind, node_a: Option<NodeId>, node_b: Option<NodeId>, detail: String) {
        let name = |t: &Taxonomy, id: Option<NodeId>| id.map(|id| t.node(id).name.clone());
        let path = |t: &Taxonomy, id: Option<NodeId>| id.map(|id| short_path(t, id));
        let entry = DiffEntry {
            kind,
            node_a,
            node_b,
            name_a: name(self.a, node_a),
            name_b: name(self.b, node_b),
            path_a: path(self.a, node_a),
            path_b: path(self.b, node_b),
            detail,
        };
        self.entries.push(entry);
    }

    fn title(&mut self) {
        for (what, old, new) in [("title", &self.a.name, &self.b.name), ("citation", &self.a.citation, &self.b.citation)] {
            if old != new {
                self.entry(DiffKind::Title, None, None, format!("{what}: {} -> {}", quoted(old), quoted(new)));
            }
        }
    }

    fn removed(&mut self) {
        for id in self.a.preorder() {
            if self.partner(id).is_some() {
                continue;
            }
            let name = &self.a.node(id).name;
            let taker = self.b.find_label(name).map(|into| (into, role(self.b, into, name)));
            match taker {
                Some((into, role @ (MatchKind::Alias | MatchKind::Absorbed))) => {
                    let how = if role == MatchKind::Absorbed { "absorbed by" } else { "now an alias of" };
                    let detail = format!("{how} {}", printable(&self.b.node(into).name));
                    self.entry(DiffKind::Merged, Some(id), Some(into), detail);
                }
                _ => {
                    let children = self.a.children(id).iter().filter(|c| self.partner(**c).is_some());
                    let below = listed(children.map(|c| self.a.node(*c).name.as_str()));
                    let detail = if below.is_empty() { below } else { format!("what was below it stays: {below}") };
                    self.entry(DiffKind::Removed, Some(id), None, detail);
                }
            }
        }
    }

    fn added(&mut self, id: NodeId) {
        let node = self.b.node(id);
        let mut parts = Vec::new();
        let taken = self.b.children(id).iter().filter(|c| self.pairs.of_b.get(c.index()).copied().flatten().is_some());
        let taken = listed(taken.map(|c| self.b.node(*c).name.as_str()));
        if !taken.is_empty() {
            parts.push(format!("above {taken}"));
        }
        if let Some(n) = node.count {
            parts.push(format!("count {n}"));
        }
        self.entry(DiffKind::Added, None, Some(id), parts.join("; "));
    }

    /// Moved and reordered nodes.
    fn places(&mut self, held_a: &Held, held_b: &Held) {
        // Places in A of the nodes that stayed, by the node that holds them in B, in B's order.
        let mut stayed: HashMap<Option<NodeId>, Vec<(usize, NodeId, NodeId)>> = HashMap::new();
        let mut groups: Vec<Option<NodeId>> = Vec::new();
        let mut moved = Vec::new();
        for &new in &held_b.order {
            let Some(old) = self.pairs.of_b.get(new.index()).copied().flatten() else { continue };
            let above_a = held_a.above.get(old.index()).copied().flatten();
            let above_b = held_b.above.get(new.index()).copied().flatten();
            if above_a.and_then(|p| self.partner(p)) == above_b {
                let group = stayed.entry(above_b).or_default();
                if group.is_empty() {
                    groups.push(above_b);
                }
                group.push((held_a.place.get(old.index()).copied().unwrap_or(0), old, new));
            } else {
                moved.push((old, new));
            }
        }
        for (old, new) in moved {
            let parent = |t: &Taxonomy, id: NodeId| t.parent(id).map_or_else(String::new, |p| printable(&short_path(t, p)));
            let detail = format!("from {} to {}", parent(self.a, old), parent(self.b, new));
            self.entry(DiffKind::Moved, Some(old), Some(new), detail);
        }
        for group in groups {
            let members = stayed.remove(&group).unwrap_or_default();
            let keep = longest_rising(&members.iter().map(|m| m.0).collect::<Vec<_>>());
            for (&(_, old, new), keep) in members.iter().zip(keep) {
                if !keep {
                    let among = |held: &Held, id: NodeId| held.among.get(id.index()).copied().unwrap_or(0);
                    let detail = format!("place {} -> {}", among(held_a, old), among(held_b, new));
                    self.entry(DiffKind::Reordered, Some(old), Some(new), detail);
                }
            }
        }
    }

    fn fields(&mut self, old: NodeId, new: NodeId) {
        let (a, b) = (self.a, self.b);
        let (x, y) = (a.node(old), b.node(new));
        let mut say = |kind, detail| self.entry(kind, Some(old), Some(new), detail);
        if x.name != y.name {
            say(DiffKind::Renamed, format!("{} -> {}", printable(&x.name), printable(&y.name)));
        }
        if x.aliases != y.aliases {
            say(DiffKind::Aliases, changes(&x.aliases, &y.aliases));
        }
        if x.absorbs != y.absorbs {
            say(DiffKind::Absorbs, changes(&x.absorbs, &y.absorbs));
        }
        if x.note != y.note {
            say(DiffKind::Note, format!("{} -> {}", quoted(&x.note), quoted(&y.note)));
        }
        if x.exhaustive != y.exhaustive {
            let text = if y.exhaustive { "now exhaustive: no residual" } else { "no longer exhaustive: a residual" };
            say(DiffKind::Exhaustive, text.to_string());
        }
        if x.count != y.count {
            let number = |n: Option<u64>| n.map_or("none".to_string(), |n| n.to_string());
            say(DiffKind::Count, format!("{} -> {}", number(x.count), number(y.count)));
        }
    }
}

/// Which members belong to one longest rising subsequence of distinct numbers.
fn longest_rising(values: &[usize]) -> Vec<bool> {
    // tails[k]: index of the least last value of a rising subsequence of k + 1 members.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (i, value) in values.iter().enumerate() {
        let k = tails.partition_point(|&t| values[t] < *value);
        before[i] = k.checked_sub(1).and_then(|k| tails.get(k).copied());
        match tails.get_mut(k) {
            Some(tail) => *tail = i,
            None => tails.push(i),
        }
    }
    let mut keep = vec![false; values.len()];
    let mut at = tails.last().copied();
    while let Some(i) = at {
        keep[i] = true;
        at = before[i];
    }
    keep
}

fn changes(old: &[String], new: &[String]) -> String {
    let (before, after): (HashSet<&String>, HashSet<&String>) = (old.iter().collect(), new.iter().collect());
    let plus = listed(new.iter().filter(|l| !before.contains(l)).map(String::as_str));
    let minus = listed(old.iter().filter(|l| !after.contains(l)).map(String::as_str));
    match (plus.is_empty(), minus.is_empty()) {
        (true, true) => "in another order".to_string(),
        (false, true) => format!("+ {plus}"),
        (true, false) => format!("- {minus}"),
        (false, false) => format!("+ {plus}; - {minus}"),
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names = names;
    let mut shown: Vec<String> = names.by_ref().take(LISTED).map(printable).collect();
    let more = names.count();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// One line of a text, at most 60 characters of it.
fn quoted(text: &str) -> String {
    let mut cut: String = text.chars().take(60).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("`{}`", printable(&cut))
}

fn weight_diff(a: &Taxonomy, b: &Taxonomy, pairs: &Pairs) -> WeightDiff {
    let rows = |t: &Taxonomy| weights::compute(t, &Layout::new(t), &Counts::from_tree(t), &t.weights).rows;
    let (old, new) = (rows(a), rows(b));
    let key = |r: &weights::NodeWeight| (r.node, r.residual);
    let by_node: HashMap<(NodeId, bool), f64> = old.iter().map(|r| (key(r), r.w_lambda)).collect();
    let mut seen: HashSet<(NodeId, bool)> = HashSet::new();
    let mut changed = Vec::new();
    for r in &new {
        let partner = pairs.of_b.get(r.node.index()).copied().flatten();
        let before = partner.and_then(|p| by_node.get(&(p, r.residual)).copied());
        if let Some(p) = partner {
            seen.insert((p, r.residual));
        }
        if !close(before.unwrap_or(0.0), r.w_lambda) {
            changed.push(WeightChange { name: r.name.clone(), old: before, new: Some(r.w_lambda) });
        }
    }
    for r in old.iter().filter(|r| !seen.contains(&key(r)) && r.w_lambda != 0.0) {
        changed.push(WeightChange { name: r.name.clone(), old: Some(r.w_lambda), new: None });
    }
    WeightDiff { old: a.weights, new: b.weights, rows: changed }
}

/// Equal but for rounding.
fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
