//! The texts of a tree's figure, and what its values make of each node. Knows no points and no colours.

use super::outline::{Node, Outline};
use super::{Cascade, Look, Mark, Values};
use crate::plot::canvas::clean;
use crate::plot::font::Face;
use crate::taxonomy::{Layout, NodeWeight, Taxonomy, Weights};

/// Smallest and largest mark of a weight.
const RADII: (f64, f64) = (2.5, 8.0);

pub(super) struct Texts {
    pub title: String,
    pub head: Vec<String>,
    pub notes: Vec<String>,
    pub columns: Vec<String>,
    pub bars: bool,
    /// Radius, place on the ramp and text.
    pub legend: Vec<(f64, f64, String)>,
    pub nodes: Vec<NodeText>,
}

pub(super) struct NodeText {
    pub label: String,
    pub face: Face,
    pub under: String,
    pub look: Look,
    pub cells: Vec<String>,
}

impl Texts {
    pub(super) fn new(taxonomy: &Taxonomy, layout: &Layout, outline: &Outline, values: Values) -> Texts {
        let name = if taxonomy.name.is_empty() { &layout.root_name } else { &taxonomy.name };
        let mut texts = Texts {
            title: clean(name),
            head: taxonomy.citation.lines().map(clean).collect(),
            notes: Vec::new(),
            columns: Vec::new(),
            bars: false,
            legend: Vec::new(),
            nodes: outline.nodes.iter().map(|n| plain(layout, n)).collect(),
        };
        match values {
            Values::Counts => texts.counts(taxonomy, layout, outline),
            Values::Weights(weights) => texts.weights(taxonomy, outline, weights),
            Values::Probabilities(cascade) => texts.probabilities(layout, outline, cascade),
        }
        if outline.nodes.iter().any(|n| n.slot.and_then(|s| layout.slots.get(s)).is_some_and(|s| s.residual)) {
            texts.notes.push("Dashed, in italics: in the class and in none of its branches.".into());
        }
        let hidden = outline.hidden();
        if hidden > 0 {
            let left = if outline.nodes.iter().any(|n| n.rest) { ", and not all of its branches are shown" } else { "" };
            let total = whole(outline.total as u64);
            let drawn = whole((outline.total - hidden) as u64);
            texts.notes.push(format!("{drawn} of {total} nodes: what is deeper than level {} is folded{left}.", outline.depth));
        }
        texts
    }

    fn counts(&mut self, taxonomy: &Taxonomy, layout: &Layout, outline: &Outline) {
        if !taxonomy.preorder().any(|id| taxonomy.node(id).count.is_some()) {
            return;
        }
        self.columns = vec!["n".into()];
        for (node, text) in outline.nodes.iter().zip(&mut self.nodes) {
            let slot = node.slot.and_then(|s| layout.slots.get(s));
            let owner = slot.map_or(taxonomy.root(), |s| s.node);
            // What is labelled exactly at a node with a residual stands at that.
            let elsewhere = taxonomy.has_residual(owner) && slot.is_none_or(|s| !s.residual);
            let n = taxonomy.node(owner).count.filter(|_| !node.rest && !elsewhere).map(whole).unwrap_or_default();
            if node.leaf {
                text.cells = vec![n];
            } else if !n.is_empty() && n != "0" {
                text.under = format!("n {n}");
            }
        }
        self.notes.push("n: objects labelled exactly so.".into());
    }

    fn weights(&mut self, taxonomy: &Taxonomy, outline: &Outline, weights: &Weights) {
        let o = &taxonomy.weights;
        self.head.push(format!(
            "N = {} objects, K = {} {}, α = {}, β = {}, form {}: W = (N / (K N_c))^β, λ = exp(−α depth)",
            whole(weights.total),
            weights.k,
            o.k.name(),
            o.alpha,
            o.beta,
            o.form.name()
        ));
        self.columns = ["N_c", "W", "λ", "W λ"].map(String::from).to_vec();
        let row = |node: &Node| if node.rest { None } else { weights.rows.get(node.slot.map_or(0, |s| s + 1)) };
        // The root has no part in the loss: its mark says nothing.
        let used = |r: &&NodeWeight| r.slot.is_some() && r.n_subtree > 0 && r.w_lambda > 0.0;
        let logs = || outline.nodes.iter().filter_map(row).filter(used).map(|r| r.w_lambda.ln());
        let (low, high) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
        let size = |w_lambda: f64| {
            let share = if high > low { ((w_lambda.ln() - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
            (RADII.0 + (RADII.1 - RADII.0) * share, share)
        };
        for (node, text) in outline.nodes.iter().zip(&mut self.nodes) {
            let Some(r) = row(node) else { continue };
            if r.n_subtree == 0 {
                text.look.mark = Mark::Ring;
                text.look.faint = true;
            } else if used(&r) {
                let (radius, share) = size(r.w_lambda);
                text.look.mark = Mark::Disc(radius, share);
            }
            if node.leaf {
                text.cells = vec![whole(r.n_subtree), short(r.w), short(r.lambda), short(r.w_lambda)];
            } else if r.slot.is_some() {
                text.under = format!("{} · {}", whole(r.n_subtree), short(r.w_lambda));
            } else {
                text.under = whole(r.n_subtree);
            }
        }
        if low.is_finite() {
            let mut marks = vec![low.exp()];
            if high > low {
                marks.extend([f64::midpoint(low, high).exp(), high.exp()]);
            }
            self.legend = marks.into_iter().map(|v| (size(v).0, size(v).1, short(v))).collect();
        }
        self.notes.push(
            "Below a branch: N_c · W λ. Size and colour of a mark: W λ, in even steps of its logarithm; a ring has no examples.".into(),
        );
    }

    fn probabilities(&mut self, layout: &Layout, outline: &Outline, cascade: &Cascade) {
        let d = &cascade.decision;
        let path: Vec<String> = d.path.iter().map(|n| clean(n)).collect();
        self.head.insert(0, format!("{}: {} (P {}, τ {})", clean(&cascade.object), path.join(" › "), probability(d.p), cascade.tau));
        self.columns = vec!["P".into()];
        self.bars = true;
        let way = cascade.path(layout);
        let end = way.last().copied();
        let poured = &cascade.poured;
        let mut unknown = false;
        let mut unresolved = false;
        for (node, text) in outline.nodes.iter().zip(&mut self.nodes) {
            if node.rest {
                continue;
            }
            let p = node.slot.map_or(Some(1.0), |s| poured.p.get(s).copied().flatten());
            let left = node.slot.map_or(poured.unresolved_root, |s| poured.unresolved.get(s).copied().unwrap_or(0.0));
            text.look.p = p;
            text.look.path = node.slot.is_none_or(|s| way.contains(&s));
            text.look.faint |= p.is_none();
            if text.look.path && !text.look.dashed {
                text.face = Face::Bold;
            }
            if node.slot == end {
                text.look.mark = Mark::Decision;
            }
            let value = p.map_or_else(|| "not in the model".to_string(), probability);
            unknown |= p.is_none();
            if node.leaf {
                text.cells = vec![value];
            } else if left > 0.0 {
                unresolved = true;
                text.under = format!("{value} ({})", probability(left));
            } else {
                text.under = if p.is_none() { "–".into() } else { value };
            }
        }
        self.notes.push("Width of a branch and length of a bar: P. Coloured: the way to the decision.".into());
        if unresolved {
            self.notes.push("In brackets: unresolved, in the class but the model can't tell in which of its branches.".into());
        }
        if unknown {
            self.notes.push("Not in the model (–): nothing that the model tells apart can fall there.".into());
        }
    }
}

fn plain(layout: &Layout, node: &Node) -> NodeText {
    let slot = node.slot.and_then(|s| layout.slots.get(s));
    let residual = slot.is_some_and(|s| s.residual);
    let label = match slot {
        _ if node.rest => format!("… {} more", whole(node.hidden as u64)),
        Some(s) if node.hidden > 0 => format!("{} (+{})", clean(&s.name), whole(node.hidden as u64)),
        Some(s) => clean(&s.name),
        None => clean(&layout.root_name),
    };
    NodeText {
        label,
        face: if residual || node.rest { Face::Italic } else { Face::Regular },
        under: String::new(),
        look: Look { dashed: residual || node.rest, faint: node.rest, path: false, p: None, mark: Mark::Dot },
        cells: Vec::new(),
    }
}

/// Digits in groups of three.
fn whole(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.len() > 4 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Three significant digits.
fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    match magnitude {
        m if (-3.0..3.0).contains(&m) => {
            let digits = (2.0 - m).max(0.0) as usize;
            format!("{value:.digits$}")
        }
        m if (3.0..6.0).contains(&m) => format!("{value:.0}"),
        _ => format!("{value:.1e}"),
    }
}

/// Three places, and never 0 or 1 for what is neither.
fn probability(p: f64) -> String {
    match p {
        p if p > 0.0 && p < 0.0005 => "<0.001".into(),
        p if (0.9995..1.0 - 1e-12).contains(&p) => ">0.999".into(),
        p => format!("{p:.3}"),
    }
}
