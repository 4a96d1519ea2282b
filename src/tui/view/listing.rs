//! Lists over the panes: rows that lead somewhere, with the whole text of the selected one below; and the picker of a class.

use super::overlay::{centred, line_input, window, wrap};
use super::{Hits, foot, scrolled, spans};
use crate::tui::overlay::{Listing, Picker, RowTone};
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Lines for the whole text of the selected row.
const DETAIL: usize = 4;

/// How a tone is drawn.
pub(super) fn style(state: &State, tone: RowTone) -> Style {
    let t = &state.theme;
    match tone {
        RowTone::Plain => t.text,
        RowTone::Dim => t.dim,
        RowTone::Good => t.good,
        RowTone::Warn => t.warn,
        RowTone::Error => t.error,
        RowTone::Heading => t.accent.add_modifier(Modifier::BOLD),
    }
}

/// The whole text of a row, in no more lines than there is room for.
pub(super) fn detail_lines(text: &str, width: u16) -> Vec<String> {
    let mut lines = wrap(&text::clean(text), usize::from(width));
    lines.truncate(DETAIL);
    lines
}

/// Draws a list.
pub fn draw(state: &State, l: &Listing, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let t = &state.theme;
    let sign = l.rows.iter().filter(|r| r.tone != RowTone::Heading).map(|r| text::width(&r.sign)).max().unwrap_or(0).min(24);
    let longest = l.rows.iter().map(|r| sign + 2 + text::width(&r.text)).chain(l.head.iter().map(|h| text::width(h))).max().unwrap_or(0);
    let width = (longest as u16).saturating_add(6).clamp(60, 130);
    let room = usize::from(width.min(area.width.saturating_sub(4))).saturating_sub(4);
    let head: Vec<String> = l.head.iter().flat_map(|h| wrap(&text::clean(h), room)).collect();
    // Room for the whole text of a row is kept only where some row needs it.
    let detail = if longest > room { DETAIL + 1 } else { 0 };
    let height = (l.rows.len() + head.len() + detail + 2).min(usize::from(u16::MAX)) as u16;
    let rect = centred(area, width, height);
    let inside = window(state, &l.title, rect, buf);
    let mut y = inside.y;
    for line in &head {
        if y + (l.rows.len().min(3) as u16) < inside.bottom() {
            put(buf, inside.x, y, line, inside.width, t.text);
            y += 1;
        }
    }
    let detail = l.rows.get(l.selected).map(|r| wrap(&text::clean(&r.text), usize::from(inside.width))).unwrap_or_default();
    // A text that fits into its row needs no second place.
    let fits = detail.len() <= 1 && detail.iter().all(|d| text::width(d) + sign + 2 <= usize::from(inside.width));
    let below = if fits { 0 } else { detail.len().min(DETAIL) as u16 + 1 };
    let rows = usize::from(inside.bottom().saturating_sub(y + below));
    let offset = scrolled(l.offset, l.selected, l.rows.len(), rows);
    for ((i, row), y) in l.rows.iter().enumerate().skip(offset).take(rows).zip(y..) {
        let style = style(state, row.tone);
        if row.tone == RowTone::Heading {
            put(buf, inside.x, y, &text::fit(&row.text, usize::from(inside.width)), inside.width, style);
        } else {
            let sign = text::pad(&row.sign, sign);
            let plain = if matches!(row.tone, RowTone::Plain | RowTone::Dim) { style } else { t.text };
            spans(buf, inside.x, y, inside.right(), &[(&sign, style), ("  ", plain), (&row.text, plain)]);
        }
        if i == l.selected {
            buf.set_style(Rect::new(inside.x, y, inside.width, 1), t.selected);
        }
    }
    for (line, y) in
        detail.iter().take(usize::from(below.saturating_sub(1))).zip(inside.bottom().saturating_sub(below - u16::from(below > 0))..)
    {
        put(buf, inside.x, y, line, inside.width, t.dim);
    }
    let more = l.rows.len().saturating_sub(offset + rows);
    let note = if more > 0 { format!("{more} more · {}", l.foot) } else { l.foot.clone() };
    foot(&note, t.dim, rect, buf);
    hits.overlay = Rect { y, height: rows as u16, ..inside };
    hits.overlay_page = rows;
    hits.overlay_len = l.rows.len();
    hits.overlay_offset = offset;
}

/// Draws the picker of a class.
pub fn picker(state: &State, p: &Picker, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let t = &state.theme;
    let tree = state.tree.taxonomy();
    let rect = centred(area, 76, 18);
    let inside = window(state, &p.title, rect, buf);
    line_input(state, "› ", &p.input, inside.x, inside.y, inside.width, buf, hits);
    let rows = usize::from(inside.height.saturating_sub(2));
    let offset = scrolled(0, p.selected, p.found.len(), rows);
    for ((i, id), y) in p.found.iter().enumerate().skip(offset).take(rows).zip(inside.y + 2..) {
        if !tree.is_attached(*id) {
            continue;
        }
        let above: Vec<&str> = tree.path(*id).iter().rev().skip(1).take(6).map(|a| tree.node(*a).name.as_str()).collect();
        let above: Vec<&str> = above.into_iter().rev().collect();
        let name = text::pad(&tree.node(*id).name, 28);
        spans(buf, inside.x, y, inside.right(), &[(&name, t.text), ("  ", t.dim), (&above.join(" > "), t.dim)]);
        if i == p.selected {
            buf.set_style(Rect::new(inside.x, y, inside.width, 1), t.selected);
        }
    }
    if p.found.is_empty() {
        put(buf, inside.x, inside.y + 2, "no class with this in its name can take it", inside.width, t.dim);
    }
    foot("type a part of its name · enter moves · ↑ ↓ choose · esc leaves", t.dim, rect, buf);
}
