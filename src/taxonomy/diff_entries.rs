//! Finds the differences between two trees whose nodes are paired. Every pass is linear but for sorting.

use super::diff::{DiffEntry, DiffKind, WeightChange, WeightDiff, short_path};
use super::diff_pairs::{Pairs, role};
use super::labels::MatchKind;
use super::layout::Layout;
use super::names::printable;
use super::tree::{NodeId, Taxonomy};
use super::weights::{self, Counts};
use std::collections::{HashMap, HashSet};

/// Most names in a list within a line.
const LISTED: usize = 4;

/// All differences but those of weights: by kind, within it in the trees' order.
pub(super) fn entries(a: &Taxonomy, b: &Taxonomy, pairs: &Pairs) -> Vec<DiffEntry> {
    let mut out = Differ { a, b, pairs, entries: Vec::new() };
    out.title();
    out.removed();
    out.places(&Held::new(a, &pairs.of_a), &Held::new(b, &pairs.of_b));
    for id in b.preorder() {
        match pairs.of_b.get(id.index()).copied().flatten() {
            None => out.added(id),
            Some(old) => out.fields(old, id),
        }
    }
    let mut entries = out.entries;
    entries.sort_by_key(|e| e.kind);
    entries
}

/// Paired nodes by the nearest paired node above them.
struct Held {
    /// By arena index: the nearest paired node above; none for the root and for nodes without one.
    above: Vec<Option<NodeId>>,
    /// The paired nodes, in pre-order.
    order: Vec<NodeId>,
    /// By arena index: place in pre-order.
    place: Vec<usize>,
}

impl Held {
    fn new(t: &Taxonomy, partner: &[Option<NodeId>]) -> Held {
        let paired = |id: NodeId| partner.get(id.index()).copied().flatten().is_some();
        let mut held = Held { above: vec![None; t.arena_len()], order: Vec::new(), place: vec![0; t.arena_len()] };
        for (place, id) in t.preorder().enumerate() {
            held.place[id.index()] = place;
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
                // Renamed before it was merged: only its lineage id is left.
                _ if let Some(into) = self.b.find_lineage(&self.a.node(id).lineage).filter(|o| self.took_in(id, *o)) => {
                    let detail = format!("merged into {}", printable(&self.b.node(into).name));
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

    /// Whether a node of B says that a node of A was merged into it.
    fn took_in(&self, of_a: NodeId, of_b: NodeId) -> bool {
        self.b.node(of_b).merged.contains(&self.a.node(of_a).lineage)
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
            let mut before: Option<NodeId> = None;
            for (&(_, old, new), keep) in members.iter().zip(keep) {
                if !keep {
                    let detail = match before {
                        Some(sibling) => format!("now after {}", printable(&self.b.node(sibling).name)),
                        None => "now first".to_string(),
                    };
                    self.entry(DiffKind::Reordered, Some(old), Some(new), detail);
                }
                before = Some(new);
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
pub(super) fn longest_rising(values: &[usize]) -> Vec<bool> {
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

/// W lambda of all nodes that differ.
pub(super) fn weight_diff(a: &Taxonomy, b: &Taxonomy, pairs: &Pairs) -> WeightDiff {
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
