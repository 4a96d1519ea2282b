//! The periodogram below a folded light curve: power by frequency, with the peaks that were found.

use crate::tui::curve::data::PlotData;
use crate::tui::curve::period::Known;
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::widgets::axis::Ticks;
use crate::tui::widgets::canvas::Dots;
use crate::tui::widgets::plot::Drawn;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// In a lower pane the plot needs all the room.
const LEAST_HEIGHT: u16 = 16;
/// Power is drawn on so many lines, between heading and frequencies.
const LINES: u16 = 3;

static STEPS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

fn known(state: &State) -> Option<&Known> {
    let known = state.curve.periods.of(&state.curve.shown.as_ref()?.object_id)?;
    known.found.as_ref().filter(|f| !f.power.is_empty()).map(|_| known)
}

/// Lines that it takes.
pub fn rows(state: &State, data: &PlotData, inside: Rect) -> u16 {
    let wanted = data.shape.period_d.is_some() && inside.height >= LEAST_HEIGHT && known(state).is_some();
    if wanted { LINES + 2 } else { 0 }
}

/// Draws heading, power and frequencies, as wide as the plot.
pub fn draw(state: &State, plot: Drawn, area: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let Some((known, found)) = known(state).and_then(|k| Some((k, k.found.as_ref()?))).filter(|_| plot.is_there()) else { return };
    let heading = "power by frequency per day (c: next peak, C: list)";
    put(buf, area.x + 1, area.y, &text::fit(heading, usize::from(area.width.saturating_sub(2))), area.width, t.header);
    let width = usize::from(plot.canvas.width);
    let (low, high) = found.frequencies_per_d;
    let bins = found.power.len();
    let highest = found.power.iter().copied().fold(0.0, f32::max).max(f32::MIN_POSITIVE);
    let column = |f: f64| ((f - low) / (high - low) * width as f64).floor();
    let at = column(1.0 / known.period_d);
    let ascii = state.curve.markers.dots() == Dots::Ascii;
    for c in 0..width {
        let (from, to) = (c * bins / width, ((c + 1) * bins).div_ceil(width));
        let power = found.power.get(from..to.min(bins)).unwrap_or_default().iter().copied().fold(0.0, f32::max);
        let here = at == c as f64;
        let eighths = (power / highest * f32::from(LINES) * 8.0).round() as usize;
        let style = if here { t.path } else { t.bar };
        for line in 0..LINES {
            let glyph = eighths.saturating_sub(8 * usize::from(line)).min(8);
            let symbol = match (ascii, STEPS.get(glyph)) {
                (true, _) if glyph == 0 => " ",
                (true, _) => "|",
                (false, symbol) => symbol.copied().unwrap_or(" "),
            };
            put(buf, plot.canvas.x + c as u16, area.y + LINES - line, symbol, 1, style);
        }
    }
    frequencies(plot, (low, high), area.y + LINES + 1, t.dim, buf);
}

fn frequencies(plot: Drawn, range: (f64, f64), y: u16, style: Style, buf: &mut Buffer) {
    let canvas = plot.canvas;
    let ticks = Ticks::new(range.0, range.1, (usize::from(canvas.width) / 8).clamp(2, 12));
    let mut free = canvas.x.saturating_sub(1);
    for value in &ticks.values {
        let label = ticks.label(*value);
        let w = text::width(&label) as u16;
        let column = canvas.x + ((value - range.0) / (range.1 - range.0) * f64::from(canvas.width)) as u16;
        let start = column.saturating_sub(w / 2);
        if start >= free && start + w <= canvas.right() {
            put(buf, start, y, &label, w, style);
            free = start + w + 1;
        }
    }
}
