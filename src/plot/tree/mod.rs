//! A tree of classes as a figure: a dendrogram from left to right with evenly spaced leaves, plain or with counts, with class weights, or
//! with the probabilities of one object. Knows no files and no models.
//!
//! What stands where is worked out once (`TreeFigure::new`); drawing it is in `draw.rs`, the texts are in `labels.rs`.

mod draw;
mod labels;
pub mod outline;
#[cfg(test)]
mod tests;

use super::font::{self, Face};
use super::theme::Theme;
use crate::cascade::{Decision, Poured};
use crate::taxonomy::{Layout, Taxonomy, Weights};
use outline::Outline;

/// What is shown at the nodes.
#[derive(Debug, Clone, Copy)]
pub enum Values<'v> {
    /// Objects per class, if the tree has them.
    Counts,
    /// Class weights: N_c and W lambda. Of the same layout.
    Weights(&'v Weights),
    /// One object's probabilities.
    Probabilities(&'v Cascade),
}

/// One object's probabilities on the tree that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascade {
    /// Name of the object.
    pub object: String,
    /// Per slot of the tree's layout.
    pub poured: Poured,
    /// What the rule says.
    pub decision: Decision,
    /// Threshold of the decision.
    pub tau: f64,
}

impl Cascade {
    /// The slots on the way to the decision, a residual that won included.
    pub fn path(&self, layout: &Layout) -> Vec<usize> {
        let own = |slot: Option<usize>| slot.map(|s| layout.path(s)).unwrap_or_default();
        let mut path = own(self.decision.slot);
        if self.decision.other {
            path.extend(layout.by_name(&self.decision.name));
        }
        path
    }
}

/// How the figure is to be.
#[derive(Debug, Clone, Copy)]
pub struct TreeOptions {
    /// Fold what is deeper.
    pub depth: Option<usize>,
    /// Width in units; without it what the labels need. Labels are cut to it, but the levels need some.
    pub width: Option<u32>,
    /// Colours.
    pub theme: &'static Theme,
}

/// Letters of a label, in units.
const LABEL_EM: f64 = 12.0;
/// Letters below a branch, in columns' titles and in notes.
const SMALL_EM: f64 = 10.0;
const TITLE_EM: f64 = 17.0;
const MARGIN: f64 = 20.0;
/// From a node's mark to its label.
const GAP: f64 = 7.0;
/// From a node to the upright line from which its children branch off.
const STUB: f64 = 9.0;
/// From that line to the label over the branch, and from the label to the node.
const PAD: f64 = 4.0;
/// Widest labels before anything is cut: of leaves, of inner nodes.
const MAX_LABEL: (f64, f64) = (280.0, 170.0);
/// Narrowest.
const MIN_LABEL: f64 = 24.0;
const MIN_WIDTH: f64 = 420.0;
/// Largest width and height of any figure.
const MAX_SIDE: f64 = 65_000.0;

/// A node as it is drawn.
#[derive(Debug, Clone)]
struct Place {
    x: f64,
    y: f64,
    parent: Option<usize>,
    leaf: bool,
    /// Cut to its room.
    label: String,
    face: Face,
    /// Below the branch of an inner node.
    under: String,
    look: Look,
    /// What stands in the columns at the right, leaves alone.
    cells: Vec<String>,
}

/// What a node's values make of its mark and branch.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    /// Residuals, and what stands for others.
    dashed: bool,
    /// Not in the model, or folded.
    faint: bool,
    /// On the way to the decision.
    path: bool,
    /// P, for the width of the branch and the bar.
    p: Option<f64>,
    mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    Dot,
    /// Radius, and place on the ramp.
    Disc(f64, f64),
    Ring,
    Decision,
}

/// A tree, ready to be drawn.
#[derive(Debug, Clone)]
pub struct TreeFigure {
    theme: &'static Theme,
    title: String,
    /// Title and what stands below it, uncut.
    summary: String,
    /// Below the title, in small letters.
    head: Vec<String>,
    /// At the bottom.
    notes: Vec<String>,
    places: Vec<Place>,
    columns: Vec<Column>,
    bars: Option<(f64, f64)>,
    legend: Vec<(f64, f64, String)>,
    row: f64,
    body: (f64, f64),
    width: f64,
    height: f64,
}

/// A column at the right: its title and its right edge.
#[derive(Debug, Clone)]
struct Column {
    title: String,
    right: f64,
}

impl TreeFigure {
    /// Works out what stands where. `layout` must be that of the tree, the values those of the layout.
    pub fn new(taxonomy: &Taxonomy, layout: &Layout, values: Values, options: &TreeOptions) -> TreeFigure {
        let outline = Outline::new(layout, options.depth);
        let texts = labels::Texts::new(taxonomy, layout, &outline, values);
        let mut places: Vec<Place> = outline
            .nodes
            .iter()
            .zip(texts.nodes)
            .map(|(node, text)| Place {
                x: 0.0,
                y: node.row,
                parent: node.parent,
                leaf: node.leaf,
                label: text.label,
                face: text.face,
                under: text.under,
                look: text.look,
                cells: text.cells,
            })
            .collect();
        let table = table_width(&places, &texts.columns, texts.bars);
        let wanted = options.width.map(|w| f64::from(w).clamp(1.0, MAX_SIDE));
        let depths: Vec<usize> = outline.nodes.iter().map(|n| n.depth).collect();
        // The widest labels that fit; at the narrowest the figure is as wide as it has to be.
        let room = wanted.map(|w| w - table.total - 2.0 * MARGIN);
        let mut limit = 1.0;
        let mut steps = steps_of(&places, &depths, outline.depth, MAX_LABEL.1);
        while let Some(room) = room
            && limit > 0.0
            && tree_width(&places, &depths, &steps, leaf_limit(limit)) > room
        {
            limit -= 0.05;
            steps = steps_of(&places, &depths, outline.depth, inner_limit(limit));
        }
        let mut tree = tree_width(&places, &depths, &steps, leaf_limit(limit));
        let least = wanted.unwrap_or(MIN_WIDTH);
        let spare = least - table.total - 2.0 * MARGIN - tree;
        if spare > 0.0 {
            // Wide figures stretch the branches, within reason.
            let each = (spare / (steps.len() as f64 + 1.0)).min(120.0);
            steps.iter_mut().for_each(|s| *s += each);
            tree = (tree + each * steps.len() as f64).max(tree + spare);
        }
        let width = (tree + table.total + 2.0 * MARGIN).min(MAX_SIDE);
        let mut xs = Vec::with_capacity(steps.len());
        let mut x = MARGIN;
        for step in &steps {
            x += step;
            xs.push(x);
        }
        let labels_end = MARGIN + tree;
        for (place, depth) in places.iter_mut().zip(&depths) {
            place.x = xs.get(*depth).copied().unwrap_or(MARGIN);
            // Leaves of higher levels may use all that the deepest ones leave.
            let room = if place.leaf {
                (labels_end - place.x - gap(place)).clamp(MIN_LABEL, MAX_LABEL.0)
            } else {
                steps.get(*depth).copied().unwrap_or(0.0) - STUB - PAD - inner_gap(place)
            };
            place.label = font::fit(&place.label, LABEL_EM, place.face, room);
        }
        let mut columns = Vec::new();
        let mut right = labels_end;
        for (title, w) in texts.columns.iter().zip(&table.columns) {
            right += w;
            columns.push(Column { title: title.clone(), right });
        }
        let bars = texts.bars.then_some((right + 10.0, right + 10.0 + BAR));
        let room = width - 2.0 * MARGIN;
        let summary = std::iter::once(&texts.title).chain(&texts.head).cloned().collect::<Vec<_>>().join("; ");
        let title = font::fit(&texts.title, TITLE_EM, Face::Bold, room);
        let head: Vec<String> = texts.head.iter().flat_map(|t| font::wrap(t, SMALL_EM, Face::Regular, room, 3)).collect();
        let notes: Vec<String> = texts.notes.iter().flat_map(|t| font::wrap(t, SMALL_EM, Face::Regular, room, 4)).collect();
        let row = if places.iter().any(|p| !p.under.is_empty()) { 30.0 } else { 22.0 };
        let top = MARGIN + TITLE_EM + 6.0 + head.len() as f64 * LINE + if columns.is_empty() { 16.0 } else { 26.0 };
        let body = (top, top + outline.rows as f64 * row);
        for place in &mut places {
            place.y = (top + (place.y + 0.5) * row).round();
        }
        let legend_height = if texts.legend.is_empty() { 0.0 } else { 26.0 };
        let height = (body.1 + 8.0 + legend_height + notes.len() as f64 * LINE + MARGIN).min(MAX_SIDE);
        TreeFigure {
            theme: options.theme,
            title,
            summary,
            head,
            notes,
            places,
            columns,
            bars,
            legend: texts.legend,
            row,
            body,
            width,
            height,
        }
    }

    /// Letters that the program's font lacks, in the order of the figure: a PNG has boxes for them, an SVG is shown in the fonts of its reader.
    pub fn unknown_letters(&self) -> Vec<char> {
        let texts = std::iter::once(&self.title).chain(&self.head).chain(self.places.iter().map(|p| &p.label));
        let mut found = Vec::new();
        for c in texts.flat_map(|t| t.chars()) {
            if !font::has(c) && !found.contains(&c) {
                found.push(c);
            }
        }
        found
    }
}

/// Width of a bar of P = 1.
const BAR: f64 = 110.0;
/// Height of a line of small text.
const LINE: f64 = 14.0;

fn gap(place: &Place) -> f64 {
    match place.look.mark {
        Mark::Disc(radius, _) => radius.max(3.0) + 5.0,
        Mark::Decision => GAP + 3.0,
        _ => GAP,
    }
}

/// From the label over a branch to the node.
fn inner_gap(place: &Place) -> f64 {
    match place.look.mark {
        Mark::Disc(radius, _) => (radius + 1.0).max(PAD),
        Mark::Ring | Mark::Decision => PAD + 2.0,
        Mark::Dot => PAD,
    }
}

fn leaf_limit(limit: f64) -> f64 {
    MIN_LABEL + (MAX_LABEL.0 - MIN_LABEL) * limit.max(0.0)
}

fn inner_limit(limit: f64) -> f64 {
    MIN_LABEL + (MAX_LABEL.1 - MIN_LABEL) * limit.max(0.0)
}

/// From level to level: room for the labels over the branches of the level's inner nodes.
fn steps_of(places: &[Place], depths: &[usize], deepest: usize, limit: f64) -> Vec<f64> {
    const LEAST: f64 = 30.0;
    let mut steps = vec![LEAST; deepest + 1];
    for (place, depth) in places.iter().zip(depths) {
        if let Some(step) = steps.get_mut(*depth)
            && !place.leaf
        {
            // Names may be cut, numbers may not.
            let label = font::width(&place.label, LABEL_EM, place.face).min(limit);
            let under = font::width(&place.under, SMALL_EM, Face::Regular);
            *step = step.max(label.max(under) * font::FALLBACK + STUB + PAD + inner_gap(place) + 2.0);
        }
    }
    steps
}

/// From the left edge to the end of the longest label of a leaf.
fn tree_width(places: &[Place], depths: &[usize], steps: &[f64], limit: f64) -> f64 {
    let mut xs = Vec::with_capacity(steps.len());
    let mut x = 0.0;
    for step in steps {
        x += step;
        xs.push(x);
    }
    let ends = places.iter().zip(depths).map(|(place, depth)| {
        let x = xs.get(*depth).copied().unwrap_or(0.0);
        let label = font::width(&place.label, LABEL_EM, place.face).min(limit.max(MIN_LABEL));
        if place.leaf { x + gap(place) + label + 2.0 } else { x + STUB }
    });
    ends.fold(0.0, f64::max)
}

struct Table {
    columns: Vec<f64>,
    total: f64,
}

fn table_width(places: &[Place], titles: &[String], bars: bool) -> Table {
    let columns: Vec<f64> = titles
        .iter()
        .enumerate()
        .map(|(i, title)| {
            let cells = places.iter().filter_map(|p| p.cells.get(i)).map(|c| font::width(c, LABEL_EM, Face::Regular));
            cells.fold(font::width(title, SMALL_EM, Face::Bold), f64::max) * font::FALLBACK + 16.0
        })
        .collect();
    let total = columns.iter().sum::<f64>() + if bars { BAR + 10.0 } else { 0.0 };
    Table { columns, total }
}
