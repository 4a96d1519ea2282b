//! A tree as text: branches, names and columns. Colours are codes that are only written where asked for.

use super::super::MAX_DRAWN_DEPTH;
use super::super::number;
use crate::plot::Cascade;
use crate::taxonomy::{Layout, NodeId, Taxonomy, Weights, printable};
use crate::tui::text::{fit, probability, weight, width};
use crate::tui::widgets::bar::bar;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// What is drawn.
pub(super) struct View<'v> {
    pub taxonomy: &'v Taxonomy,
    pub layout: &'v Layout,
    /// Fold what lies deeper.
    pub depth: Option<usize>,
    pub weights: Option<&'v Weights>,
    pub cascade: Option<&'v Cascade>,
}

/// How it is drawn.
pub(super) struct Style {
    pub colour: bool,
    /// Columns of the terminal; without one nothing is cut.
    pub columns: Option<usize>,
}

impl Style {
    /// Colours and cuts on a terminal alone; NO_COLOR is obeyed.
    pub(super) fn of_stdout() -> Style {
        let terminal = std::io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let size = terminal.then(|| ratatui::crossterm::terminal::size().ok()).flatten();
        Style { colour: terminal && !plain, columns: size.map(|s| usize::from(s.0)).filter(|c| *c > 0) }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !code.is_empty() && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

const BOLD: &str = "1";
const FAINT: &str = "2";
/// Seen on dark and on light backgrounds.
const BAR: &str = "36";
const WAY: &str = "1;35";
/// Columns of a bar, with and without a terminal that says how many there are.
const BAR_COLUMNS: (usize, usize) = (4, 30);
/// Said of a class whose weight is 0.
const NO_EXAMPLES: &str = "no examples";
/// Least columns for branches and names on a narrow terminal.
const LEAST_NAME: usize = 16;

struct Row {
    slot: Option<usize>,
    branches: String,
    name: String,
    faint: bool,
    way: bool,
}

/// The whole drawing.
pub(super) fn drawing(view: &View, style: &Style) -> String {
    let mut out = heading(view, style);
    let rows = rows(view);
    match (view.weights, view.cascade) {
        (Some(weights), _) => with_weights(&mut out, style, &rows, weights),
        (_, Some(cascade)) => with_probabilities(&mut out, style, &rows, cascade),
        _ => with_counts(&mut out, view, style, &rows),
    }
    out
}

fn heading(view: &View, style: &Style) -> String {
    let t = view.taxonomy;
    let mut out = String::new();
    if !t.name.is_empty() {
        let _ = writeln!(out, "{}", style.paint(BOLD, &printable(&t.name)));
    }
    for line in t.citation.lines() {
        let _ = writeln!(out, "{}", style.paint(FAINT, &printable(line)));
    }
    let w = &t.weights;
    let _ = writeln!(
        out,
        "{} nodes, {} leaves; weights: alpha {}, beta {}, form {}, K = {}",
        t.len(),
        t.leaves().count(),
        w.alpha,
        w.beta,
        w.form.name(),
        w.k.name()
    );
    if let Some(weights) = view.weights {
        let _ = writeln!(out, "N = {} objects, K = {} {}", weights.total, weights.k, w.k.name());
    }
    if let Some(c) = view.cascade {
        let path: Vec<String> = c.decision.path.iter().map(|n| printable(n)).collect();
        let said = style.paint(WAY, &path.join(" > "));
        let _ = writeln!(out, "{}: {said}, P {}, tau {}", printable(&c.object), probability(c.decision.p), c.tau);
    }
    out.push('\n');
    out
}

/// The root, then the slots in their order: that of the drawing.
fn rows(view: &View) -> Vec<Row> {
    let layout = view.layout;
    let way = view.cascade.map(|c| c.path(layout)).unwrap_or_default();
    // Whether a sibling follows, for each open level.
    let mut more: Vec<bool> = Vec::new();
    let mut rows = Vec::with_capacity(layout.len() + 1);
    let folded = |depth: usize, below: usize| if view.depth == Some(depth) && below > 0 { format!(" (+{below})") } else { String::new() };
    rows.push(Row {
        slot: None,
        branches: String::new(),
        name: format!("{}{}", printable(&layout.root_name), folded(0, layout.len())),
        faint: false,
        way: view.cascade.is_some(),
    });
    for (slot, s) in layout.slots.iter().enumerate() {
        let depth = s.depth as usize;
        if view.depth.is_some_and(|d| depth > d) {
            continue;
        }
        let last = layout.groups.get(s.group).and_then(|g| g.members.last()) == Some(&slot);
        more.truncate(depth - 1);
        let branches = branches(&more, depth, last);
        more.push(!last);
        let unknown = view.cascade.is_some_and(|c| c.poured.p.get(slot).copied().flatten().is_none());
        rows.push(Row {
            slot: Some(slot),
            branches,
            name: format!("{}{}", printable(&s.name), folded(depth, layout.subtree(slot).len() - 1)),
            faint: s.residual || unknown,
            way: way.contains(&slot),
        });
    }
    rows
}

fn branches(more: &[bool], depth: usize, last: bool) -> String {
    let mut out = String::new();
    for open in more.iter().take(depth - 1).take(MAX_DRAWN_DEPTH) {
        out.push_str(if *open { "│  " } else { "   " });
    }
    out.push_str(if last { "└─ " } else { "├─ " });
    if depth > MAX_DRAWN_DEPTH {
        let _ = write!(out, "[depth {depth}] ");
    }
    out
}

/// Columns that branches and names take; what comes behind them takes `rest`.
fn name_columns(rows: &[Row], style: &Style, rest: usize) -> usize {
    let widest = rows.iter().map(|r| width(&r.branches) + width(&r.name)).max().unwrap_or(0);
    match style.columns {
        Some(columns) => widest.min(columns.saturating_sub(rest + 1).max(LEAST_NAME)),
        None => widest,
    }
}

/// Branches and name, cut and filled to `columns`.
fn head(row: &Row, style: &Style, columns: usize) -> String {
    let branches = fit(&row.branches, columns);
    let name = fit(&row.name, columns - width(&branches));
    let pad = " ".repeat(columns - width(&branches) - width(&name));
    let code = match (row.way, row.faint) {
        (true, _) => WAY,
        (_, true) => FAINT,
        _ => "",
    };
    format!("{}{}{pad}", style.paint(FAINT, &branches), style.paint(code, &name))
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", text.trim_end());
}

fn with_counts(out: &mut String, view: &View, style: &Style, rows: &[Row]) {
    let t = view.taxonomy;
    let layout = view.layout;
    let count = |row: &Row| match row.slot.and_then(|s| layout.slots.get(s)) {
        Some(s) if s.residual => None,
        Some(s) => t.node(s.node).count,
        None => t.node(t.root()).count,
    };
    let counted = rows.iter().any(|r| count(r).is_some());
    let columns = name_columns(rows, style, if counted { 10 } else { 0 });
    for row in rows {
        let mut text = head(row, style, columns);
        if counted {
            let _ = write!(text, "  {:>8}", count(row).map_or(String::new(), |n| n.to_string()));
        }
        let remark = match row.slot.and_then(|s| layout.slots.get(s)) {
            Some(s) if s.residual => "residual".into(),
            Some(s) => remarks(t, s.node),
            None => remarks(t, t.root()),
        };
        let room = style.columns.map(|c| c.saturating_sub(columns + if counted { 12 } else { 2 }));
        let remark = room.map_or(remark.clone(), |room| fit(&remark, room));
        if !remark.is_empty() {
            let _ = write!(text, "  {}", style.paint(FAINT, &remark));
        }
        line(out, &text);
    }
}

fn with_weights(out: &mut String, style: &Style, rows: &[Row], weights: &Weights) {
    // Six digits where there is room for the names beside them, else about three.
    const WIDE: (usize, usize) = (8, 11);
    const NARROW: (usize, usize) = (6, 8);
    let rest = |(counts, numbers): (usize, usize)| 2 * (counts + 2) + 3 * (numbers + 2);
    let widest = rows.iter().map(|r| width(&r.branches) + width(&r.name)).max().unwrap_or(0);
    let marked = if weights.rows.iter().any(|r| r.n_subtree == 0) { 2 + NO_EXAMPLES.len() } else { 0 };
    let wide = style.columns.is_none_or(|c| c > widest + rest(WIDE) + marked);
    let (counts, numbers) = if wide { WIDE } else { NARROW };
    let number = |v: f64| if wide { number(v) } else { weight(v) };
    let columns = name_columns(rows, style, rest((counts, numbers))).max("class".len());
    let title = format!(
        "{:columns$}  {:>counts$}  {:>counts$}  {:>numbers$}  {:>numbers$}  {:>numbers$}",
        "class", "n", "N_c", "W", "lambda", "W*lambda"
    );
    line(out, &style.paint(BOLD, &title));
    for row in rows {
        let mut text = head(row, style, columns);
        if let Some(r) = weights.rows.get(row.slot.map_or(0, |s| s + 1)) {
            let (w, l, wl) = (number(r.w), number(r.lambda), number(r.w_lambda));
            let _ = write!(text, "  {:>counts$}  {:>counts$}  {w:>numbers$}  {l:>numbers$}  {wl:>numbers$}", r.n, r.n_subtree);
            if r.n_subtree == 0 && wide {
                let _ = write!(text, "  {}", style.paint(FAINT, NO_EXAMPLES));
            }
        }
        line(out, &text);
    }
}

fn with_probabilities(out: &mut String, style: &Style, rows: &[Row], cascade: &Cascade) {
    const NUMBER: usize = 5;
    let left = |row: &Row| row.slot.map_or(cascade.poured.unresolved_root, |s| cascade.poured.unresolved.get(s).copied().unwrap_or(0.0));
    let remark = |row: &Row, p: Option<f64>| match (p, left(row)) {
        (None, _) => "not in the model".to_string(),
        (_, u) if u > 0.0 => format!("{} unresolved", probability(u)),
        _ => String::new(),
    };
    let p = |row: &Row| row.slot.map_or(Some(1.0), |s| cascade.poured.p.get(s).copied().flatten());
    let remarks = rows.iter().map(|r| width(&remark(r, p(r)))).max().unwrap_or(0);
    let rest = 2 + NUMBER + 2 + BAR_COLUMNS.0 + if remarks > 0 { 2 + remarks } else { 0 };
    let columns = name_columns(rows, style, rest);
    let spare = style.columns.map_or(BAR_COLUMNS.1, |c| c.saturating_sub(columns + rest + 1) + BAR_COLUMNS.0);
    let bars = spare.clamp(BAR_COLUMNS.0, BAR_COLUMNS.1);
    for row in rows {
        let p = p(row);
        let mut text = head(row, style, columns);
        let number = p.map_or(String::new(), probability);
        let drawn = p.map_or(String::new(), |p| bar(p, bars));
        let pad = " ".repeat(bars.saturating_sub(width(&drawn)));
        let code = if row.way { WAY } else { BAR };
        let _ = write!(text, "  {number:>NUMBER$}  {}{pad}", style.paint(code, &drawn));
        let remark = remark(row, p);
        if !remark.is_empty() {
            let _ = write!(text, "  {}", style.paint(FAINT, &remark));
        }
        line(out, &text);
    }
}

fn remarks(taxonomy: &Taxonomy, id: NodeId) -> String {
    let node = taxonomy.node(id);
    let list = |title: &str, items: &[String]| {
        let items: Vec<String> = items.iter().map(|i| printable(i)).collect();
        if items.is_empty() { String::new() } else { format!("{title} {}", items.join(", ")) }
    };
    [list("=", &node.aliases), list("absorbs", &node.absorbs)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ")
}
