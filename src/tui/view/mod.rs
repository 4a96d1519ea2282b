//! Draws the state. Changes nothing; returns where things came to lie, for the mouse, for paging and for scrolling.

mod bars;
mod batch;
mod curve;
mod layout;
mod listing;
mod objects;
mod overlay;
mod taxonomy;

use super::state::{Pane, State};
use super::text;
use super::widgets::plot::Drawn;
use super::widgets::put;
use curve::LegendHit;
pub use curve::observation;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

/// The least screen.
pub const LEAST: (u16, u16) = (60, 16);

/// A pane with a list.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ListHit {
    /// The pane with its frame.
    pub pane: Rect,
    /// The rows of the list.
    pub list: Rect,
    /// Rows that fit.
    pub rows: usize,
    /// First row shown.
    pub offset: usize,
}

impl ListHit {
    /// The list's row under a position, `offset` being the first one shown.
    pub fn row_at(&self, at: Position, offset: usize) -> Option<usize> {
        self.list.contains(at).then(|| offset + usize::from(at.y - self.list.y))
    }
}

/// The light-curve pane.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CurveHit {
    /// The pane with its frame.
    pub pane: Rect,
    /// The plot.
    pub plot: Drawn,
    /// Its legend.
    pub legend: LegendHit,
}

/// Where things lie on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Hits {
    /// The list of objects.
    pub objects: ListHit,
    /// The tree.
    pub taxonomy: ListHit,
    /// The light curve.
    pub curve: CurveHit,
    /// The answers of a question, or the lines of a list that lies over the panes.
    pub overlay: Rect,
    /// Lines of that list that fit.
    pub overlay_page: usize,
    /// Lines of that list in all.
    pub overlay_len: usize,
    /// First row of that list that is shown.
    pub overlay_offset: usize,
    /// The text cursor.
    pub cursor: Option<Position>,
}

impl Hits {
    /// The line of a list or question under a position.
    pub fn overlay_row(&self, at: Position) -> Option<usize> {
        self.overlay.contains(at).then(|| usize::from(at.y - self.overlay.y))
    }
}

/// Draws everything into `buf`.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) -> Hits {
    let mut hits = Hits::default();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(state, area, buf);
        return hits;
    }
    let cascade = state.cascade();
    bars::title(state, Rect { height: 1, ..area }, buf);
    let panes = layout::panes(Rect::new(area.x, area.y + 1, area.width, area.height - 3), state);
    if let Some(rect) = panes.objects {
        hits.objects = objects::draw(state, rect, buf);
    }
    if let Some(rect) = panes.taxonomy {
        hits.taxonomy = taxonomy::draw(state, cascade.as_ref(), rect, buf);
    }
    if let Some(rect) = panes.curve {
        hits.curve = curve::draw(state, rect, buf);
    }
    bars::status(state, cascade.as_ref(), Rect { y: area.bottom() - 2, height: 1, ..area }, buf);
    bars::hints(state, Rect { y: area.bottom() - 1, height: 1, ..area }, buf);
    if let Some(what) = &state.overlay {
        overlay::draw(state, what, area, buf, &mut hits);
    }
    hits
}

impl State {
    /// Takes in where things came to lie.
    pub fn drawn(&mut self, hits: Hits) {
        if hits.objects.rows > 0 {
            self.objects.offset = hits.objects.offset;
        }
        if hits.taxonomy.rows > 0 {
            self.tree.offset = hits.taxonomy.offset;
        }
        if let Some(super::overlay::Overlay::Listing(l)) = &mut self.overlay {
            l.offset = hits.overlay_offset;
        }
        if let Some(super::overlay::Overlay::Batch { offset, .. }) = &mut self.overlay {
            *offset = hits.overlay_offset;
        }
        self.hits = hits;
    }
}

fn too_small(state: &State, area: Rect, buf: &mut Buffer) {
    let lines = [
        "taxonova needs more room:".to_string(),
        format!("{} x {} at least, this is {} x {}", LEAST.0, LEAST.1, area.width, area.height),
        "q quits".to_string(),
    ];
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (line, y) in lines.iter().zip(top..area.bottom()) {
        let w = text::width(line) as u16;
        put(buf, area.x + area.width.saturating_sub(w) / 2, y, line, area.width, state.theme.text);
    }
}

/// A pane's frame with its title; the inside.
fn frame(state: &State, pane: Pane, title: &str, rect: Rect, buf: &mut Buffer) -> Rect {
    let focus = state.focus == pane && state.overlay.is_none();
    let style = if state.focus == pane { state.theme.border_focus } else { state.theme.border };
    let block = Block::bordered().border_type(if focus && state.theme.name == super::theme::ThemeName::Mono {
        BorderType::Thick
    } else {
        BorderType::Rounded
    });
    let inside = block.inner(rect);
    block.border_style(style).render(rect, buf);
    let title_style = if state.focus == pane { state.theme.accent } else { state.theme.dim };
    let title = format!(" {} ", text::fit(title, rect.width.saturating_sub(6) as usize));
    put(buf, rect.x + 2, rect.y, &title, rect.width.saturating_sub(4), title_style);
    inside
}

/// A note in the frame's lower edge, at the right.
fn foot(note: &str, style: Style, rect: Rect, buf: &mut Buffer) {
    let note = format!(" {} ", text::fit(note, rect.width.saturating_sub(6) as usize));
    let w = text::width(&note) as u16;
    put(buf, rect.right().saturating_sub(w + 2), rect.bottom().saturating_sub(1), &note, w, style);
}

/// The first row to show, so that `selected` is seen and the list does not jump: nearly the one shown before.
fn scrolled(offset: usize, selected: usize, len: usize, rows: usize) -> usize {
    if rows == 0 {
        return 0;
    }
    offset.min(selected).max((selected + 1).saturating_sub(rows)).min(len.saturating_sub(rows))
}

/// Several texts in their styles, one after the other. Returns the column after them.
fn spans(buf: &mut Buffer, x: u16, y: u16, end: u16, parts: &[(&str, Style)]) -> u16 {
    let mut x = x;
    for (part, style) in parts {
        let part = text::fit(part, end.saturating_sub(x) as usize);
        x = put(buf, x, y, &part, end.saturating_sub(x), *style);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_scroll_no_more_than_needed() {
        assert_eq!(scrolled(0, 3, 100, 10), 0);
        assert_eq!(scrolled(0, 10, 100, 10), 1);
        assert_eq!(scrolled(50, 40, 100, 10), 40);
        assert_eq!(scrolled(95, 99, 100, 10), 90);
        assert_eq!(scrolled(5, 2, 3, 10), 0);
        assert_eq!(scrolled(5, 2, 3, 0), 0);
    }
}
