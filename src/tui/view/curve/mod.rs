//! The light curve: legend, plot, axis caption, history, label and warnings.

mod caption;
mod history;
mod legend;
mod periodogram;
mod readout;

use super::{CurveHit, foot, frame, spans};
use crate::tui::curve::data::PlotData;
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::widgets::plot::{Drawn, Plot, Series};
use crate::tui::widgets::put;
pub use legend::LegendHit;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
pub use readout::observation;

/// Draws the pane.
pub fn draw(state: &State, rect: Rect, buf: &mut Buffer) -> CurveHit {
    let t = &state.theme;
    let Some((curve, data)) = state.curve.shown.as_ref().zip(state.curve.data.as_ref()) else {
        let inside = frame(state, Pane::Curve, "Light curve", rect, buf);
        put(buf, inside.x + 1, inside.y, "no object is selected", inside.width.saturating_sub(1), t.dim);
        return CurveHit { pane: rect, ..CurveHit::default() };
    };
    let points = curve.n_measurements();
    let simulated = if state.source.simulated { "SIMULATED " } else { "" };
    let title = format!("{simulated}{} · {}", curve.object_id, text::plural(points, "point"));
    let inside = frame(state, Pane::Curve, &title, rect, buf);
    let bands = legend::draw(state, data, inside, buf);
    let mut bottom = inside.bottom();
    // Label and warnings, where the plot still has room.
    if inside.height >= 12 {
        bottom -= remarks(state, curve.label.as_deref(), inside, buf);
    }
    let rows = history::rows(state, data, inside).max(periodogram::rows(state, data, inside));
    bottom -= rows;
    let caption = bottom.saturating_sub(1);
    let area = Rect { y: inside.y + 1, height: caption.saturating_sub(inside.y + 1), ..inside };
    let folded = data.shape.period_d.is_some();
    let margin = if rows > 0 && !folded { history::margin(inside.width) } else { 0 };
    let hit = plot(state, data, area, margin, buf);
    caption::draw(state, data, Rect { y: caption, height: 1, ..inside }, buf);
    if rows > 0 {
        let below = Rect { y: bottom, height: rows, ..inside };
        if folded { periodogram::draw(state, hit, below, buf) } else { history::draw(state, data, hit, below, buf) }
    }
    if let Some((text, style)) = readout::draw(state, curve, data) {
        foot(&text, style, rect, buf);
    } else if data.hidden > 0 {
        let verb = if data.hidden == 1 { "has" } else { "have" };
        foot(&format!("{} of {points} {verb} no positive flux (m shows flux)", data.hidden), t.warn, rect, buf);
    }
    CurveHit { pane: rect, plot: hit, legend: bands }
}

fn plot(state: &State, data: &PlotData, area: Rect, margin: u16, buf: &mut Buffer) -> Drawn {
    let t = &state.theme;
    let shown = |band| !state.curve.hidden.contains(&band);
    if data.is_empty(shown) {
        let words = match () {
            () if data.hidden > 0 => "no point has a positive flux: m shows fluxes",
            () if !data.is_empty(|_| true) => "all its bands are hidden: X shows them",
            () => "no points",
        };
        put(buf, area.x + 1, area.y + 1, words, area.width.saturating_sub(1), t.dim);
        return Drawn::default();
    }
    let series: Vec<Series> = data
        .series
        .iter()
        .enumerate()
        .zip(legend::looks(data))
        .filter(|((_, s), _)| shown(s.band))
        .map(|((i, s), look)| Series { style: t.band(s.band, i), look, points: &s.points, limits: &s.limits })
        .collect();
    let now = state.time.as_ref().and_then(|c| data.times_mjd.get(c.index)).copied();
    let first_unknown = now.zip(state.curve.shown.as_ref()).map(|(now, c)| c.observations.partition_point(|o| o.mjd <= now) as u32);
    let (x, y) = state.curve.ranges(data);
    let plot = Plot {
        series: &series,
        x,
        y,
        reversed: !data.shape.flux,
        bars: state.curve.bars,
        symbols: state.curve.markers.symbols(),
        dots: state.curve.markers.dots(),
        first_unknown: first_unknown.unwrap_or(u32::MAX),
        cursor: now.and_then(|mjd| data.x_of(mjd)).filter(|v| (x.0..=x.1).contains(v)),
        chosen: state.curve.chosen.map(|id| id as u32),
        emphasis: state.curve.influence.as_ref().map_or(&[], |i| i.emphasis.as_slice()),
        zero: data.shape.flux.then_some(0.0),
        margin,
        axis: t.dim,
        faint: t.faint,
        cursor_style: t.cursor,
    };
    plot.render(area, buf)
}

/// Draws label and warnings at the bottom. Returns the number of lines.
fn remarks(state: &State, label: Option<&str>, inside: Rect, buf: &mut Buffer) -> u16 {
    let t = &state.theme;
    let end = inside.right();
    let most: usize = if inside.height >= 24 { 3 } else { 1 };
    let warnings = state.curve.warnings.len().min(most);
    let lines = u16::from(label.is_some()) + warnings as u16;
    let mut y = inside.bottom().saturating_sub(lines);
    if let Some(label) = label {
        spans(buf, inside.x + 1, y, end, &[("labelled  ", t.dim), (label, t.text)]);
        y += 1;
    }
    for (i, warning) in state.curve.warnings.iter().take(warnings).enumerate() {
        let more = state.curve.warnings.len() - warnings;
        let tail = if i + 1 == warnings && more > 0 { format!("  (+{more} more)") } else { String::new() };
        spans(buf, inside.x + 1, y, end, &[("! ", t.warn), (warning, t.dim), (&tail, t.dim)]);
        y += 1;
    }
    lines
}
