//! The list of objects. Only the rows on the screen are looked at, so its length does not matter.

use super::{ListHit, foot, frame, scrolled};
use crate::tui::objects::{Classified, Object};
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the pane.
pub fn draw(state: &State, rect: Rect, buf: &mut Buffer) -> ListHit {
    let t = &state.theme;
    let n = state.objects.len();
    let place = if n == 0 { 0 } else { state.objects.selected + 1 };
    let title = format!("Objects {}/{}", text::long_count(place), text::long_count(n));
    let inside = frame(state, Pane::Objects, &title, rect, buf);
    let mut notes = Vec::new();
    if let Some((done, of)) = state.source.reading {
        notes.push(if of > 1 { format!("reading file {} of {of}", (done + 1).min(of)) } else { "reading".into() });
    }
    if state.model.ready().is_some() && state.objects.n_classified() < n {
        notes.push(format!("{} % classified", 100 * state.objects.n_classified() / n.max(1)));
    }
    if !state.errors.is_empty() {
        notes.push(format!("{} unreadable (E)", state.errors.len()));
    }
    // Last: where room is short, the word stands in the header and on the plot as well.
    if state.source.simulated {
        notes.push("SIMULATED".to_string());
    }
    if !notes.is_empty() {
        foot(&notes.join(" · "), if state.errors.is_empty() && !state.source.simulated { t.dim } else { t.warn }, rect, buf);
    }
    if n == 0 {
        let words = if state.source.reading.is_some() { "reading…" } else { "no light curve was read" };
        put(buf, inside.x + 1, inside.y, words, inside.width.saturating_sub(1), t.dim);
        return ListHit { pane: rect, list: Rect { height: 0, ..inside }, rows: 0, offset: 0 };
    }
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let rows = usize::from(list.height);
    let offset = scrolled(state.objects.offset, state.objects.selected, n, rows);
    // id, blank, decision, blank, p; the id is as wide as the ids in sight, up to half of the room.
    let width = usize::from(inside.width).saturating_sub(2);
    let longest =
        (offset..n.min(offset + rows)).filter_map(|i| state.objects.get(i)).map(|o| text::width(&o.curve.object_id)).max().unwrap_or(0);
    let id = longest.clamp(6, (width / 2).max(12).min(width.saturating_sub(9)).max(6));
    let decision = width.saturating_sub(id + 5);
    let x = inside.x + 1;
    let end = inside.right();
    put(buf, x, inside.y, &text::pad("object", id + 1), end - x, t.header);
    put(buf, x + id as u16 + 1, inside.y, &text::pad("decision", decision), end.saturating_sub(x + id as u16 + 1), t.header);
    put(buf, end.saturating_sub(3), inside.y, "P", 1, t.header);
    for (i, y) in (offset..n.min(offset + rows)).zip(list.y..) {
        let Some(object) = state.objects.get(i) else { continue };
        let selected = i == state.objects.selected;
        let id_style = if state.objects.matches(i) { t.accent } else { t.text };
        put(buf, x, y, &text::pad(&object.curve.object_id, id), end - x, id_style);
        let (name, p, style) = answer(state, object);
        put(buf, x + id as u16 + 1, y, &text::fit(&name, decision), end.saturating_sub(x + id as u16 + 1), style);
        put(buf, end.saturating_sub(4), y, &p, 3, t.text);
        if selected {
            put(buf, inside.x, y, "▌", 1, t.accent);
            let over = if state.focus == Pane::Objects { t.selected } else { t.selected_idle };
            buf.set_style(Rect::new(inside.x + 1, y, inside.width - 1, 1), over);
        }
    }
    ListHit { pane: rect, list, rows, offset }
}

/// Name and probability of the decision, as far as they are known.
fn answer(state: &State, object: &Object) -> (String, String, Style) {
    let t = &state.theme;
    match &object.classified {
        Classified::Waiting if state.model.ready().is_none() => (String::new(), String::new(), t.dim),
        Classified::Waiting => ("…".into(), String::new(), t.dim),
        Classified::Failed(_) => ("not classified".into(), String::new(), t.error),
        Classified::Done(p) => match state.tree.decision(p, state.tau) {
            Some(d) => {
                let style = if d.slot.is_none() { t.dim } else { t.text };
                (d.name, text::short_probability(d.p), style)
            }
            None => (String::new(), String::new(), t.dim),
        },
    }
}
