//! The pane of the batch: how far it is, and a list of what it has counted.

use super::listing::{detail_lines, style};
use super::overlay::{centred, window, wrap};
use super::{Hits, foot, scrolled, spans};
use crate::tui::batch::pane;
use crate::tui::batch::{Batch, Stage};
use crate::tui::overlay::RowTone;
use crate::tui::state::State;
use crate::tui::text::{self, clean, long_count};
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Widest pane.
const WIDTH: u16 = 116;
/// Its height, where there is room: not less while there are few rows, so that it does not grow under the user's eyes.
const HEIGHT: u16 = 32;
/// Columns of the bars.
const BAR: usize = 24;
/// Columns of a count.
const COUNT: usize = 11;

/// Draws the pane. It keeps its size while rows come.
pub fn draw(state: &State, selected: usize, offset: usize, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let Some(batch) = &state.batch.run else { return };
    let t = &state.theme;
    let rect = centred(area, WIDTH, HEIGHT);
    let inside = window(state, "Batch", rect, buf);
    let room = usize::from(inside.width);
    let mut y = inside.y;
    for (i, line) in pane::about(batch).iter().enumerate() {
        put(buf, inside.x, y, &text::fit(line, room), inside.width, if i == 0 { t.text } else { t.dim });
        y += 1;
    }
    progress(state, batch, Rect { y, height: 1, ..inside }, buf);
    y += 1;
    let (tone, standing) = pane::standing(batch);
    for line in wrap(&clean(&standing), room).iter().take(3) {
        put(buf, inside.x, y, line, inside.width, style(state, tone));
        y += 1;
    }
    y += 1;
    let rows = pane::rows(batch);
    let selected = selected.min(rows.len().saturating_sub(1));
    let whole = rows.get(selected).filter(|r| r.n.is_none() && text::width(&r.text) + 2 > room);
    let detail = whole.map(|r| detail_lines(&r.text, inside.width)).unwrap_or_default();
    let below = if detail.is_empty() { 0 } else { detail.len() as u16 + 1 };
    let height = usize::from(inside.bottom().saturating_sub(y + below));
    let offset = scrolled(offset, selected, rows.len(), height);
    for ((i, row), y) in rows.iter().enumerate().skip(offset).take(height).zip(y..) {
        let style = style(state, row.tone);
        match (row.n, row.share) {
            (Some(n), Some(share)) => {
                let n = format!("{:>COUNT$}  ", long_count(n as usize));
                let bar = format!("{:<BAR$}  ", bar(share, BAR));
                spans(buf, inside.x, y, inside.right(), &[(&n, t.text), (&bar, t.bar), (&row.text, style)]);
            }
            (Some(n), None) => {
                let n = format!("{:>COUNT$}  ", long_count(n as usize));
                spans(buf, inside.x, y, inside.right(), &[(&n, t.text), (&row.text, style)]);
            }
            (None, _) if row.tone == RowTone::Heading => {
                put(buf, inside.x, y, &text::fit(&row.text, room), inside.width, style);
            }
            (None, _) => {
                put(buf, inside.x + 2, y, &text::fit(&row.text, room.saturating_sub(2)), inside.width, style);
            }
        }
        if i == selected {
            buf.set_style(Rect::new(inside.x, y, inside.width, 1), t.selected);
        }
    }
    for (line, y) in detail.iter().zip(inside.bottom().saturating_sub(detail.len() as u16)..) {
        put(buf, inside.x, y, line, inside.width, t.dim);
    }
    let more = rows.len().saturating_sub(offset + height);
    let what = pane::foot(batch);
    foot(&if more > 0 { format!("{more} more · {what}") } else { what.into() }, t.dim, rect, buf);
    hits.overlay = Rect { y, height: height as u16, ..inside };
    hits.overlay_page = height;
    hits.overlay_len = rows.len();
    hits.overlay_offset = offset;
}

/// The bar, where the share is known, and the pace.
fn progress(state: &State, batch: &Batch, line: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let pace = batch.pace();
    if batch.stage == Stage::Starting {
        return;
    }
    match batch.progress.share {
        Some(share) => {
            let percent = format!(" {:>3.0} %  ", 100.0 * share);
            // The numbers come first.
            let columns = usize::from(line.width).saturating_sub(text::width(&percent) + text::width(&pace)).clamp(4, BAR);
            let done = bar(share, columns);
            let rest = "·".repeat(columns.saturating_sub(done.chars().count()));
            spans(buf, line.x, line.y, line.right(), &[(&done, t.bar), (&rest, t.dim), (&percent, t.text), (&pace, t.text)]);
        }
        None => {
            put(buf, line.x, line.y, &text::fit(&pace, usize::from(line.width)), line.width, t.text);
        }
    }
}
