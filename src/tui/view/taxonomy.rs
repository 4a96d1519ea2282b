//! The tree with the cascade.

use super::{ListHit, foot, frame, scrolled, spans};
use crate::taxonomy::{CountMode, Form};
use crate::tui::objects::Classified;
use crate::tui::state::{ModelState, Pane, State, TreeRowKind};
use crate::tui::text;
use crate::tui::tree::{Cascade, Fold, Shown, TreeRow};
use crate::tui::widgets::cascade::{self, Column, Row, Styles, Value};
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The right columns; lambda goes first when there is no room, then W, then n.
const COLUMNS: [Column; 3] =
    [Column { title: "n", width: 5, rank: 3 }, Column { title: "W", width: 5, rank: 2 }, Column { title: "λ", width: 4, rank: 1 }];

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
    let table: Vec<Row> = rows.iter().map(|r| row(state, cascade, r)).collect();
    let longest = table.iter().map(cascade::name_width).max().unwrap_or(0);
    let geometry = cascade::geometry(body.width, longest, &COLUMNS);
    let styles = Styles { header: t.header, line: t.dim, dim: t.dim, number: t.text, span: t.span };
    let end = table.len().min(offset + page);
    cascade::render(body, buf, &geometry, &COLUMNS, table.get(offset..end).unwrap_or(&[]), &styles);
    if let Some(at) = selected.filter(|s| (offset..end).contains(s)) {
        put(buf, inside.x, body.y + 1 + (at - offset) as u16, "▌", 1, t.accent);
    }
    if rows.len() > page {
        let below = rows.len() - end;
        let note = if below > 0 { format!("{below} more rows below") } else { "end of the tree".into() };
        foot(&note, t.dim, rect, buf);
    }
    decision_line(state, cascade, inside, inside.bottom().saturating_sub(2), buf);
    weights_line(state, inside, inside.bottom().saturating_sub(1), buf);
    ListHit { pane: rect, list: Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..inside }, rows: page, offset }
}

fn row(state: &State, cascade: Option<&Cascade>, r: &TreeRow) -> Row {
    let t = &state.theme;
    let tree = state.tree.taxonomy();
    let is_root = r.key.kind == TreeRowKind::Node && r.key.node == tree.root();
    let decided =
        cascade.filter(|_| r.key.kind == TreeRowKind::Node).is_some_and(|c| c.decision.slot == r.slot && (r.slot.is_some() || is_root));
    let other_won = cascade.is_some_and(|c| {
        r.key.kind == TreeRowKind::Residual && c.decision.other && c.decision.slot == state.tree.derived.layout.slot_of(r.key.node)
    });
    let on_path =
        cascade.is_some_and(|c| other_won || decided || r.slot.is_some_and(|s| c.path.contains(&s)) || (is_root && !c.path.is_empty()));
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
    let cells = match weight {
        Some(w) if !is_root => {
            let n = if r.key.kind == TreeRowKind::Residual { w.n } else { w.n_subtree };
            if n == 0 {
                vec!["0".into(), "–".into(), text::weight(w.lambda)]
            } else {
                vec![text::count(n), text::weight(w.w), text::weight(w.lambda)]
            }
        }
        Some(w) => vec![text::count(w.n_subtree), String::new(), String::new()],
        None => Vec::new(),
    };
    let mut over = None;
    if r.key == state.tree.selected {
        over = Some(if state.focus == Pane::Taxonomy { t.selected } else { t.selected_idle });
    }
    if state.tree.moving.is_some_and(|m| tree.is_ancestor_or_self(m, r.key.node)) {
        let moved = ratatui::style::Style::new().add_modifier(Modifier::ITALIC | Modifier::DIM);
        over = Some(over.map_or(moved, |o| o.patch(moved)));
    }
    // A single column has no weight to it: the mark is a hint for the eye, not a control.
    let mark = if decided && !cascade.is_some_and(|c| c.decision.other) || other_won { " ◂" } else { "" };
    Row {
        lasts: r.lasts.clone(),
        sign: match r.children {
            Some(Fold::Open) => '▾',
            Some(Fold::Closed) => '▸',
            None => '·',
        },
        name: text::clean(&state.tree.row_name(r.key)).into_owned(),
        mark,
        style,
        line: if on_path { t.path } else { t.dim },
        bar: bar_style(state, &value, on_path),
        value,
        cells,
        over,
    }
}

/// Bars that are drawn only because nothing should vanish are dimmed.
fn bar_style(state: &State, value: &Value, on_path: bool) -> ratatui::style::Style {
    match value {
        Value::Bar(p, ..) if *p < 0.005 => state.theme.faint,
        _ if on_path => state.theme.bar_path,
        _ => state.theme.bar,
    }
}

/// Where the threshold rule stops, or why there is no cascade.
fn decision_line(state: &State, cascade: Option<&Cascade>, inside: Rect, y: u16, buf: &mut Buffer) {
    let t = &state.theme;
    let end = inside.right();
    let x = inside.x + 1;
    if let Some(Err(why)) = &state.tree.derived.regroup {
        spans(buf, x, y, end, &[("no cascade: ", t.error), (why, t.error)]);
        return;
    }
    match cascade {
        Some(c) => {
            let d = &c.decision;
            let tau = format!("   τ {:.2}", state.tau);
            let first = if state.time.is_some() { "decision then  " } else { "decision  " };
            spans(
                buf,
                x,
                y,
                end,
                &[(first, t.dim), (&d.name, t.path), (" ", t.dim), (&text::probability(d.p), t.text), (&tau, t.dim), (" - +", t.key)],
            );
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
            spans(buf, x, y, end, &[(words, t.dim)]);
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
