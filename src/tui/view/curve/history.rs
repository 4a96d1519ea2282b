//! The history: a line for each class of a level, P by its height, below the time axis of the light curve.

use crate::tui::curve::data::PlotData;
use crate::tui::curve::history::{Class, Level};
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::widgets::canvas::Dots;
use crate::tui::widgets::plot::Drawn;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// In a lower pane the plot needs all the room.
const LEAST_HEIGHT: u16 = 14;
/// Classes that never got more than this are left out.
const LEAST_P: f64 = 0.02;

static STEPS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
static DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// The history, if it is to be seen.
fn level<'a>(state: &'a State, data: &PlotData) -> Option<&'a Level> {
    let history = &state.curve.history;
    if history.on && data.shape.period_d.is_none() { history.level.as_ref() } else { None }
}

fn seen(level: &Level) -> impl Iterator<Item = &Class> {
    level.classes.iter().enumerate().filter(|(i, c)| *i == 0 || c.p.iter().any(|p| *p >= LEAST_P)).map(|(_, c)| c)
}

/// Lines that it takes, with its heading.
pub fn rows(state: &State, data: &PlotData, inside: Rect) -> u16 {
    let Some(level) = level(state, data).filter(|_| inside.height >= LEAST_HEIGHT) else { return 0 };
    let room = ((inside.height - 10) / 2).clamp(2, 10);
    (seen(level).count() as u16 + 1).min(room)
}

/// Columns left of the time axis, for names and probabilities.
pub fn margin(width: u16) -> u16 {
    (width / 4).clamp(12, 20)
}

/// Draws the lines.
pub fn draw(state: &State, data: &PlotData, plot: Drawn, area: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let Some(level) = level(state, data).filter(|_| plot.is_there()) else { return };
    let (depth, lowest) = (level.depth, level.lowest);
    let room = usize::from(area.width.saturating_sub(2));
    let headings =
        [format!("P of the classes of level {depth} of {lowest} as they became known"), format!("P of level {depth} of {lowest} by day")];
    let heading = headings.iter().find(|h| text::width(h) <= room).unwrap_or(&headings[1]);
    put(buf, area.x + 1, area.y, &text::fit(heading, room), area.width, t.header);
    // The numbers are those of the tree beside it: the last epoch may lie before the time cursor.
    let cascade = state.cascade();
    let path = cascade.as_ref().map(|c| c.path.as_slice()).unwrap_or_default();
    let now = state.time.as_ref().and_then(|c| data.times_mjd.get(c.index)).copied();
    let ascii = state.curve.markers.dots() == Dots::Ascii;
    let left = usize::from(plot.canvas.x.saturating_sub(area.x + 1));
    // The epoch that each column shows: the last one at or before its right edge.
    let width = plot.canvas.width;
    let last_x = data.times_mjd.last().and_then(|t| data.x_of(*t)).unwrap_or(f64::INFINITY);
    let per = (plot.x.1 - plot.x.0) / f64::from(width.max(1));
    let epoch = |column: u16| {
        let edge = plot.x.0 + per * f64::from(column + 1);
        if edge - per > last_x {
            return None;
        }
        level.mjd.partition_point(|mjd| data.x_of(*mjd).is_some_and(|x| x <= edge)).checked_sub(1)
    };
    let epochs: Vec<Option<usize>> = (0..width).map(epoch).collect();
    let shown = now.map_or(level.mjd.len(), |now| level.mjd.partition_point(|t| *t <= now));
    for (class, y) in seen(level).zip(area.y + 1..area.bottom()) {
        let Some(slot) = state.tree.derived.layout.slots.get(class.slot) else { continue };
        let style = if path.contains(&class.slot) { t.bar_path } else { t.bar };
        let p = cascade.as_ref().and_then(|c| c.poured.p.get(class.slot).copied().flatten());
        let number = p.map(text::short_probability).unwrap_or_default();
        let name = text::pad(&slot.name, left.saturating_sub(5));
        let end = put(buf, area.x + 1, y, &name, left as u16, if path.contains(&class.slot) { t.path } else { t.text });
        put(buf, end + 1, y, &number, 4, t.text);
        for (column, epoch) in epochs.iter().enumerate() {
            let Some(p) = epoch.and_then(|e| class.p.get(e)) else { continue };
            let glyph = if ascii { DIGITS[((p * 10.0) as usize).min(9)] } else { STEPS[((p * 8.0) as usize).min(7)] };
            let later = epoch.is_some_and(|e| e >= shown);
            let style = if later || *p < LEAST_P { t.faint } else { style };
            put(buf, plot.canvas.x + column as u16, y, glyph, 1, style);
        }
    }
}
