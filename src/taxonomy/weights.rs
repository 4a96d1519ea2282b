//! Class weights of the weighted hierarchical cross-entropy (Villar, de Soto & Gagliano 2023, arXiv:2312.02266, section 3):
//!
//! `lambda(c) = exp(-alpha depth(c))` and `W(c) = (N / (K N_c))^beta`, with N objects, N_c of them labelled c or below c.
//! Knows counts, not objects.

use super::edit::EditError;
use super::labels::{LabelIndex, LabelMatch, MatchKind};
use super::layout::Layout;
use super::tree::{NodeId, Taxonomy};
use std::collections::HashMap;

/// How W enters the loss of one object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// W(c) for every node on the path (the paper's equation, ORACLE).
    Node,
    /// One W(y) of the label for the whole object (the authors' own code).
    Label,
    /// W = 1.
    None,
}

impl Form {
    /// All of them, the default first.
    pub const ALL: [Form; 3] = [Form::Node, Form::Label, Form::None];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Form::Node => "node",
            Form::Label => "label",
            Form::None => "none",
        }
    }
}

/// What K counts.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CountMode {
    /// Distinct labels that occur, after mapping. A residual adds nothing.
    Labels,
    /// Nodes, the root and the residuals included (ORACLE).
    Nodes,
}

impl CountMode {
    /// All of them, the default first.
    pub const ALL: [CountMode; 2] = [CountMode::Labels, CountMode::Nodes];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            CountMode::Labels => "labels",
            CountMode::Nodes => "nodes",
        }
    }
}

/// The options of the class weights; part of a tree's file.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct WeightOptions {
    /// How fast deeper levels lose weight, >= 0.
    pub alpha: f64,
    /// How strongly rare classes gain weight, >= 0; 1 is the published value.
    pub beta: f64,
    /// Where W stands.
    pub form: Form,
    /// What K counts.
    pub k: CountMode,
}

impl Default for WeightOptions {
    fn default() -> Self {
        WeightOptions { alpha: 0.5, beta: 1.0, form: Form::Node, k: CountMode::Labels }
    }
}

impl WeightOptions {
    /// alpha and beta must be finite and not negative.
    pub fn check(&self) -> Result<(), EditError> {
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(EditError::Weight { name, value: value.to_string() });
            }
        }
        Ok(())
    }

    /// lambda at a depth; the root's depth is 0.
    pub fn lambda(&self, depth: usize) -> f64 {
        (-self.alpha * depth as f64).exp()
    }
}

/// Objects labelled exactly at each node, after mapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// By arena index.
    exact: Vec<u64>,
    /// Labels that no node has, with their objects, in the order of first occurrence.
    pub unmatched: Vec<(String, u64)>,
    /// Labels that a node absorbed, with the node and their objects: detail that is lost.
    pub absorbed: Vec<(String, NodeId, u64)>,
}

impl Counts {
    /// The counts that stand in the tree; a missing one is 0.
    pub fn from_tree(taxonomy: &Taxonomy) -> Counts {
        let mut counts = Counts { exact: vec![0; taxonomy.arena_len()], ..Counts::default() };
        for id in taxonomy.preorder() {
            counts.exact[id.index()] = taxonomy.node(id).count.unwrap_or(0);
        }
        counts
    }

    /// Counts labels, one for each object.
    pub fn from_labels<'l>(taxonomy: &Taxonomy, labels: impl IntoIterator<Item = &'l str>) -> Counts {
        Self::from_label_counts(taxonomy, labels.into_iter().map(|l| (l, 1)))
    }

    /// Counts labels that come with their number of objects. The same label may come more than once. Sums stop at `u64::MAX`.
    pub fn from_label_counts<'l>(taxonomy: &Taxonomy, labels: impl IntoIterator<Item = (&'l str, u64)>) -> Counts {
        let mut totals: HashMap<&'l str, usize> = HashMap::new();
        let mut order: Vec<(&'l str, u64)> = Vec::new();
        for (label, n) in labels {
            let at = *totals.entry(label).or_insert(order.len());
            match order.get_mut(at) {
                Some(entry) => entry.1 = entry.1.saturating_add(n),
                None => order.push((label, n)),
            }
        }
        let index = LabelIndex::new(taxonomy);
        let mut counts = Counts { exact: vec![0; taxonomy.arena_len()], ..Counts::default() };
        for (label, n) in order {
            match index.find(label) {
                Some(LabelMatch { node, kind, .. }) => {
                    let exact = &mut counts.exact[node.index()];
                    *exact = exact.saturating_add(n);
                    if kind == MatchKind::Absorbed {
                        counts.absorbed.push((label.to_string(), node, n));
                    }
                }
                None => counts.unmatched.push((label.to_string(), n)),
            }
        }
        counts
    }

    /// Objects labelled exactly at the node; 0 for a node that was not there when counting.
    pub fn exact(&self, node: NodeId) -> u64 {
        self.exact.get(node.index()).copied().unwrap_or(0)
    }

    /// Sets the objects labelled exactly at a node.
    pub fn set(&mut self, node: NodeId, n: u64) {
        if self.exact.len() <= node.index() {
            self.exact.resize(node.index() + 1, 0);
        }
        self.exact[node.index()] = n;
    }
}

/// The weights of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeWeight {
    /// The node; a residual's is its parent's.
    pub node: NodeId,
    /// Its slot; None for the root.
    pub slot: Option<usize>,
    /// The node's name, or "other X".
    pub name: String,
    /// Whether this is a residual.
    pub residual: bool,
    /// Steps from the root.
    pub depth: u32,
    /// Objects labelled exactly here. Those of a residual are those of its parent: they stand in both rows.
    pub n: u64,
    /// N_c: objects labelled here or below.
    pub n_subtree: u64,
    /// W(c); 0 without examples.
    pub w: f64,
    /// lambda(c).
    pub lambda: f64,
    /// W(c) lambda(c).
    pub w_lambda: f64,
}

/// The weights of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// N: all objects, those labelled at the root included.
    pub total: u64,
    /// K.
    pub k: u64,
    /// The root first, then the slots in their order.
    pub rows: Vec<NodeWeight>,
    form: Form,
}

/// The weights for these counts. `layout` must be that of `taxonomy`.
pub fn compute(taxonomy: &Taxonomy, layout: &Layout, counts: &Counts, options: &WeightOptions) -> Weights {
    let mut below = vec![0u64; layout.len()];
    let root_exact = counts.exact(taxonomy.root());
    let mut total = if layout.residual_of(taxonomy.root()).is_some() { 0 } else { root_exact };
    for slot in (0..layout.len()).rev() {
        let s = &layout.slots[slot];
        // What is labelled exactly at a node with a residual is counted there, and comes up from it.
        if s.residual || layout.residual_of(s.node).is_none() {
            below[slot] = below[slot].saturating_add(counts.exact(s.node));
        }
        match s.parent {
            Some(p) => below[p] = below[p].saturating_add(below[slot]),
            None => total = total.saturating_add(below[slot]),
        }
    }
    let k = match options.k {
        CountMode::Labels => taxonomy.preorder().filter(|id| counts.exact(*id) > 0).count(),
        CountMode::Nodes => layout.len() + 1,
    } as u64;
    let w = |n: u64| match options.form {
        _ if n == 0 => 0.0,
        Form::None => 1.0,
        Form::Node | Form::Label => (total as f64 / (k as f64 * n as f64)).powf(options.beta),
    };
    let row = |node, slot, name: &str, residual, depth: u32, n, n_subtree| {
        let (w, lambda) = (w(n_subtree), options.lambda(depth as usize));
        NodeWeight { node, slot, name: name.to_string(), residual, depth, n, n_subtree, w, lambda, w_lambda: w * lambda }
    };
    let mut rows = Vec::with_capacity(layout.len() + 1);
    rows.push(row(taxonomy.root(), None, &layout.root_name, false, 0, root_exact, total));
    for (slot, s) in layout.slots.iter().enumerate() {
        rows.push(row(s.node, Some(slot), &s.name, s.residual, s.depth, counts.exact(s.node), below[slot]));
    }
    Weights { total, k, rows, form: options.form }
}

impl Weights {
    /// The rows of the slots, in their order.
    fn slots(&self) -> &[NodeWeight] {
        self.rows.get(1..).unwrap_or_default()
    }

    /// W of each slot.
    pub fn slot_w(&self) -> Vec<f64> {
        self.slots().iter().map(|r| r.w).collect()
    }

    /// lambda of each slot.
    pub fn slot_lambda(&self) -> Vec<f64> {
        self.slots().iter().map(|r| r.lambda).collect()
    }

    /// How unequal the classes are: the largest number of examples over the smallest, among leaves and residuals that have
    /// any, and the same of examples times W, which is what each class weighs in the loss. None with fewer than two such.
    pub fn imbalance(&self, layout: &Layout) -> Option<(f64, f64)> {
        let rows = self.slots();
        let with_examples = || (0..layout.len()).filter(|s| layout.is_atom(*s)).filter_map(|s| rows.get(s)).filter(|r| r.n_subtree > 0);
        if with_examples().count() < 2 {
            return None;
        }
        let ratio = |of: fn(&NodeWeight) -> f64| {
            let (low, high) = with_examples().map(of).fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
            high / low
        };
        Some((ratio(|r| r.n_subtree as f64), ratio(|r| r.n_subtree as f64 * r.w)))
    }

    /// W(y) of a label whose training path ends in `slot`: the weight of the whole object in form `label`.
    pub fn label_weight(&self, slot: usize) -> f64 {
        self.slots().get(slot).map_or(0.0, |r| r.w)
    }

    /// The factor of one object's loss term at each slot of its training path, from top to end: `W lambda` with the W of the form.
    pub fn path_factors(&self, path: &[usize]) -> Vec<f64> {
        let label = path.last().map_or(0.0, |y| self.label_weight(*y));
        let w = |r: &NodeWeight| if self.form == Form::Label { label } else { r.w };
        path.iter().map(|s| self.slots().get(*s).map_or(0.0, |r| w(r) * r.lambda)).collect()
    }

    /// W_eff of each slot, by which a weighted network's conditionals are divided to get posteriors: form `node`: W(c);
    /// `label`: the mean of W(y) over the objects labelled c or below; `none`: 1. 0 where there are no examples.
    pub fn effective(&self, layout: &Layout) -> Vec<f64> {
        if self.form != Form::Label {
            return self.slot_w();
        }
        let rows = self.slots();
        let mut sum: Vec<f64> = rows
            .iter()
            .map(|r| {
                let ends_here = r.residual || layout.residual_of(r.node).is_none();
                if ends_here { r.n as f64 * r.w } else { 0.0 }
            })
            .collect();
        for slot in (0..sum.len()).rev() {
            if let Some(parent) = layout.slots[slot].parent {
                sum[parent] += sum[slot];
            }
        }
        sum.iter().zip(rows).map(|(s, r)| if r.n_subtree == 0 { 0.0 } else { s / r.n_subtree as f64 }).collect()
    }
}

#[cfg(test)]
#[path = "weights_tests.rs"]
mod tests;
