//! The tree with the cascade.

use super::{ListHit, foot, frame, scrolled, spans};
use crate::model::novelty::WARN_PERCENTILE;
use crate::taxonomy::{CountMode, Form};
use crate::tui::objects::Classified;
use crate::tui::state::{ModelState, Pane, State, TreeRowKind};
use crate::tui::text;
use crate::tui::tree::{Cascade, Columns, Fold, Shown, TreeRow, lasts};
use crate::tui::widgets::cascade::{self, Column, Row, Styles, Value};
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The right columns; the one with the least rank goes first when there is no room.
const COLUMNS: [Column; 5] = [
    Column { title: "n", width: 5, rank: 1 },
    Column { title: "Nc", width: 5, rank: 5 },
    Column { title: "W", width: 5, rank: 4 },
    Column { title: "λ", width: 4, rank: 2 },
    Column { title: "Wλ", width: 5, rank: 3 },
];
/// Those that stand beside the bars of the cascade.
const BESIDE_BARS: &[Column] =
    &[Column { title: "Nc", width: 5, rank: 3 }, Column { title: "W", width: 5, rank: 2 }, Column { title: "λ", width: 4, rank: 1 }];
/// The same with the uncertainty of P, where the model tells it.
const BESIDE_BARS_UNCERTAIN: &[Column] = &[
    Column { title: "±", width: 3, rank: 2 },
    Column { title: "Nc", width: 5, rank: 4 },
    Column { title: "W", width: 5, rank: 3 },
    Column { title: "λ", width: 4, rank: 1 },
];

/// Draws the pane.
pub fn draw(state: &State, cascade: Option<&Cascade>, rect: Rect, buf: &mut Buffer) -> ListHit {
    let t = &state.theme;
    let n = state.tree.taxonomy().len();
    let title = format!("Taxonomy {}{} · {n} classes", state.tree_title(), if state.tree.doc.is_dirty() { "*" } else { "" });
    let title = if state.tree.loading { "Taxonomy".to_string() } else { title };
    let inside = frame(state, Pane::Taxonomy, &title, rect, buf);
    if state.tree.loading {
        put(buf, inside.x + 1, inside.y, "loading the model…", inside.width.saturating_sub(1), t.dim);
        return ListHit { pane: rect, list: Rect { height: 0, ..inside }, rows: 0, offset: 0 };
    }
    if let Some(t_cursor) = &state.time
        && !t_cursor.fresh
    {
        foot("classifying…", t.dim, rect, buf);
    }
    let footer = 2;
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), height: inside.height.saturating_sub(footer), ..inside };
    let rows = state.tree.rows(cascade);
    let page = usize::from(body.height.saturating_sub(1));
    let selected = rows.iter().position(|r| r.key == state.tree.selected);
    let offset = scrolled(state.tree.offset, selected.unwrap_or(0), rows.len(), page);
    // Of all rows, and not of those in sight, so that the columns stay where they are while one scrolls.
    let longest = rows.iter().map(|r| cascade::name_width(r.depth, name_columns(state, cascade, r))).max().unwrap_or(0);
    let (columns, bar) = match state.tree.columns {
        Columns::Cascade if uncertain(cascade) => (BESIDE_BARS_UNCERTAIN, cascade::WIDE_BAR),
        Columns::Cascade => (BESIDE_BARS, cascade::WIDE_BAR),
        Columns::Weights => (&COLUMNS[..], 0..=8),
    };
    let geometry = cascade::geometry(body.width, longest, columns, bar);
    let styles = Styles { header: t.header, line: t.dim, dim: t.dim, number: t.text, span: t.span };
    let end = rows.len().min(offset + page);
    let table: Vec<Row> = (offset..end).filter_map(|i| row(state, cascade, &rows, i)).collect();
    cascade::render(body, buf, &geometry, columns, &table, &styles);
    for (y, r) in (body.y + 1..).zip(rows.get(offset..end).unwrap_or(&[])) {
        if r.key.kind == TreeRowKind::Node && state.tree.marked.contains(&r.key.node) {
            put(buf, inside.x, y, "●", 1, t.accent);
        } else if r.key == state.tree.selected {
            put(buf, inside.x, y, "▌", 1, t.accent);
        }
    }
    if rows.len() > page {
        let below = rows.len() - end;
        let note = if below > 0 { format!("{below} more rows below") } else { "end of the tree".into() };
        foot(&note, t.dim, rect, buf);
    } else if let Some((errors, warnings)) = state.tree.derived.findings.filter(|f| *f != (0, 0)) {
        let mut words = Vec::new();
        if errors > 0 {
            words.push(text::plural(errors, "error"));
        }
        if warnings > 0 {
            words.push(text::plural(warnings, "warning"));
        }
        foot(&format!("{} !", words.join(", ")), if errors > 0 { t.error } else { t.dim }, rect, buf);
    }
    let x = decision_line(state, cascade, inside, inside.bottom().saturating_sub(2), buf);
    imbalance(state, x, inside, inside.bottom().saturating_sub(2), buf);
    weights_line(state, inside, inside.bottom().saturating_sub(1), buf);
    ListHit { pane: rect, list: Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..inside }, rows: page, offset }
}

/// Whether there is an uncertainty to show.
fn uncertain(cascade: Option<&Cascade>) -> bool {
    cascade.is_some_and(|c| !c.spread.is_empty())
}

/// Whether the decision is this row.
fn is_decision(state: &State, cascade: Option<&Cascade>, r: &TreeRow) -> bool {
    let Some(d) = cascade.map(|c| &c.decision) else { return false };
    match r.key.kind {
        TreeRowKind::Node => !d.other && d.slot == r.slot && (r.slot.is_some() || r.parent.is_none()),
        TreeRowKind::Residual => d.other && d.slot == state.tree.derived.layout.slot_of(r.key.node),
        TreeRowKind::Unresolved => false,
    }
}

/// The sign behind the name.
fn mark(state: &State, cascade: Option<&Cascade>, r: &TreeRow) -> &'static str {
    let examples = || state.tree.derived.weights.rows.get(r.slot.map_or(0, |s| s + 1)).map_or(0, |w| w.n_subtree);
    if is_decision(state, cascade, r) {
        " ◂"
    } else if state.tree.derived.counted && r.key.kind != TreeRowKind::Unresolved && r.slot.is_some() && examples() == 0 {
        " ∅"
    } else {
        ""
    }
}

/// Columns of the screen that a row's name takes, with the sign behind it.
fn name_columns(state: &State, cascade: Option<&Cascade>, r: &TreeRow) -> usize {
    let name = &state.tree.taxonomy().node(r.key.node).name;
    let mark = text::width(mark(state, cascade, r));
    mark + match r.key.kind {
        TreeRowKind::Node => text::width(name),
        TreeRowKind::Residual => text::width(name) + "other ".len(),
        TreeRowKind::Unresolved => "unresolved".len(),
    }
}

fn row(state: &State, cascade: Option<&Cascade>, rows: &[TreeRow], i: usize) -> Option<Row> {
    let r = rows.get(i)?;
    let t = &state.theme;
    let tree = state.tree.taxonomy();
    let is_root = r.key.kind == TreeRowKind::Node && r.key.node == tree.root();
    let on_path = cascade
        .is_some_and(|c| is_decision(state, cascade, r) || r.slot.is_some_and(|s| c.path.contains(&s)) || (is_root && !c.path.is_empty()));
    let value = match state.tree.shown(r, cascade) {
        Shown::Nothing => Value::None,
        Shown::NotInModel => Value::Words("not in the model", "not in model"),
        Shown::P(p, upper) => Value::Bar(p, upper, text::probability(p)),
        Shown::Unresolved(p) => Value::Bar(0.0, p, text::probability(p)),
    };
    let mut style = match r.key.kind {
        _ if on_path => t.path,
        TreeRowKind::Node => t.text,
        TreeRowKind::Residual | TreeRowKind::Unresolved => t.unresolved,
    };
    if matches!(value, Value::Words(..)) {
        style = t.unresolved;
    }
    let weight = match r.key.kind {
        TreeRowKind::Unresolved => None,
        _ => state.tree.derived.weights.rows.get(r.slot.map_or(0, |s| s + 1)),
    };
    let all_cells = match weight {
        Some(w) if !is_root => {
            let n = if r.key.kind == TreeRowKind::Residual { w.n } else { w.n_subtree };
            let number = |v: f64| if n == 0 { "–".into() } else { text::weight(v) };
            vec![text::count(w.n), text::count(n), number(w.w), text::weight(w.lambda), number(w.w_lambda)]
        }
        Some(w) => vec![text::count(w.n), text::count(w.n_subtree)],
        None => Vec::new(),
    };
    let cells = match state.tree.columns {
        Columns::Weights => all_cells,
        Columns::Cascade => {
            let spread = r.slot.filter(|_| r.key.kind != TreeRowKind::Unresolved).and_then(|s| cascade?.spread.get(s).copied());
            let spread = spread.filter(|s| s.is_finite()).map(text::spread).unwrap_or_default();
            let others = all_cells.into_iter().skip(1);
            std::iter::once(spread).filter(|_| uncertain(cascade)).chain(others).collect()
        }
    };
    let mut over = None;
    if r.key == state.tree.selected {
        over = Some(if state.focus == Pane::Taxonomy { t.selected } else { t.selected_idle });
    }
    if state.tree.moving.as_ref().is_some_and(|c| c.classes.iter().any(|m| tree.is_ancestor_or_self(*m, r.key.node))) {
        let moved = ratatui::style::Style::new().add_modifier(Modifier::ITALIC | Modifier::DIM);
        over = Some(over.map_or(moved, |o| o.patch(moved)));
    }
    let found = r.key.kind == TreeRowKind::Node
        && [&state.tree.search, &state.tree.filter].into_iter().any(|text| state.tree.matches(r.key.node, text));
    if found {
        style = t.accent;
    }
    Some(Row {
        lasts: lasts(rows, i),
        sign: match r.children {
            Some(Fold::Open) => '▾',
            Some(Fold::Closed) => '▸',
            None => '·',
        },
        name: text::clean(&state.tree.row_name(r.key)).into_owned(),
        mark: mark(state, cascade, r),
        style,
        line: if on_path { t.path } else { t.dim },
        bar: bar_style(state, &value, on_path),
        value,
        cells,
        over,
    })
}

/// Bars that are drawn only because nothing should vanish are dimmed.
fn bar_style(state: &State, value: &Value, on_path: bool) -> ratatui::style::Style {
    match value {
        Value::Bar(p, ..) if *p < 0.005 => state.theme.faint,
        _ if on_path => state.theme.bar_path,
        _ => state.theme.bar,
    }
}

/// At the right, where there is room: how unequal the classes are, before and after weighting.
fn imbalance(state: &State, from: u16, inside: Rect, y: u16, buf: &mut Buffer) {
    let ratio = |r: f64| if r < 9.95 { format!("{r:.1}:1") } else { format!("{}:1", text::count(r.round() as u64)) };
    let Some((before, after)) = state.tree.derived.weights.imbalance(&state.tree.derived.layout) else { return };
    let words = format!("imbalance {} → {}", ratio(before), ratio(after));
    // The word goes first where there is no room.
    let room = usize::from(inside.right().saturating_sub(from + 4));
    let words = if text::width(&words) <= room { words } else { words.trim_start_matches("imbalance ").to_string() };
    let width = text::width(&words) as u16;
    if from + 3 + width < inside.right() {
        put(buf, inside.right() - 1 - width, y, &words, width, state.theme.dim);
    }
}

/// Where the threshold rule stops, or why there is no cascade. Returns the column after it.
fn decision_line(state: &State, cascade: Option<&Cascade>, inside: Rect, y: u16, buf: &mut Buffer) -> u16 {
    let t = &state.theme;
    let end = inside.right();
    let x = inside.x + 1;
    if let Some(Err(why)) = &state.tree.derived.regroup {
        return spans(buf, x, y, end, &[("no cascade: ", t.error), (why, t.error)]);
    }
    match cascade {
        Some(c) => {
            let d = &c.decision;
            let tau = format!("   τ {:.2}", state.tau);
            let spread = c.decision_spread().map(|s| format!(" ±{}", text::spread(s))).unwrap_or_default();
            let few = state.too_few().map_or("", |_| "   too few points");
            let novelty = c.novelty.map(|n| format!("   novelty {} %", text::percentile(n))).unwrap_or_default();
            let novel = if c.novelty.is_some_and(|n| n >= WARN_PERCENTILE) { t.warn } else { t.dim };
            let first = if state.time.is_some() { "decision then  " } else { "decision  " };
            spans(
                buf,
                x,
                y,
                end,
                &[
                    (first, t.dim),
                    (&d.name, t.path),
                    (" ", t.dim),
                    (&text::probability(d.p), t.text),
                    (&spread, t.dim),
                    (few, t.warn),
                    (&novelty, novel),
                    (&tau, t.dim),
                    (" - +", t.key),
                ],
            )
        }
        None => {
            let words = match &state.model {
                ModelState::Loading => "loading the model…",
                ModelState::Failed(_) => "no cascade: the model could not be loaded",
                ModelState::Ready(_) if state.objects.is_empty() => "no object, no cascade",
                ModelState::Ready(_) if state.time.as_ref().is_some_and(|t| t.fresh) => "nothing that the model uses was known then",
                ModelState::Ready(_) => match state.objects.get(state.objects.selected).map(|o| &o.classified) {
                    Some(Classified::Failed(why)) => &format!("not classified: {}", text::clean(why)),
                    _ => "classifying…",
                },
            };
            spans(buf, x, y, end, &[(words, t.dim)])
        }
    }
}

/// The options of the class weights with their keys.
fn weights_line(state: &State, inside: Rect, y: u16, buf: &mut Buffer) {
    let t = &state.theme;
    let o = &state.tree.taxonomy().weights;
    let form = match o.form {
        Form::Node => "W node",
        Form::Label => "W label",
        Form::None => "W none",
    };
    let k = if o.k == CountMode::Labels { "K labels" } else { "K nodes" };
    spans(
        buf,
        inside.x + 1,
        y,
        inside.right(),
        &[
            ("α ", t.dim),
            (&text::weight(o.alpha), t.text),
            (" ( )", t.key),
            ("  β ", t.dim),
            (&text::weight(o.beta), t.text),
            (" { }", t.key),
            ("  ", t.dim),
            (form, t.text),
            (" f", t.key),
            ("  ", t.dim),
            (k, t.text),
            (" c", t.key),
        ],
    );
}
