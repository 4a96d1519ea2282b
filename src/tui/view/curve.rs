//! The light curve: legend, plot, axis caption, label and warnings.

use super::{CurveHit, foot, frame, spans};
use crate::tui::curve::{Markers, PlotData};
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::widgets::plot::{LOOKS, Look, Plot, Series};
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    legend(state, data, inside, buf);
    let mut bottom = inside.bottom();
    // Label and warnings, where the plot still has room.
    if inside.height >= 12 {
        bottom -= remarks(state, curve.label.as_deref(), inside, buf);
    }
    let caption = bottom.saturating_sub(1);
    let area = Rect { y: inside.y + 1, height: caption.saturating_sub(inside.y + 1), ..inside };
    let hit = plot(state, data, area, buf);
    axis_caption(state, data, Rect { y: caption, height: 1, ..inside }, buf);
    if data.hidden > 0 {
        let verb = if data.hidden == 1 { "has" } else { "have" };
        foot(&format!("{} of {points} {verb} no positive flux (m shows flux)", data.hidden), t.warn, rect, buf);
    }
    CurveHit { pane: rect, plot: hit }
}

fn legend(state: &State, data: &PlotData, inside: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let mut x = inside.x + 1;
    let end = inside.right();
    let looks = looks(data);
    // The same letter in two systems gets its full name.
    let ambiguous = |short: &str| data.series.iter().filter(|s| s.band.short() == short).count() > 1;
    for (i, s) in data.series.iter().enumerate() {
        let look = looks.get(i).copied().unwrap_or(LOOKS[0]);
        let style = t.band(s.band, i);
        let name = if ambiguous(s.band.short()) { s.band.name() } else { s.band.short() };
        x = spans(
            buf,
            x,
            inside.y,
            end,
            &[(&format!("{} {name}", look.symbol), style), (&format!(" {}", s.points.len() + s.hidden), t.dim)],
        );
        if !s.limits.is_empty() {
            x = spans(buf, x, inside.y, end, &[(&format!(" {}", look.limit), style), (&format!(" {}", s.limits.len()), t.dim)]);
        }
        x = spans(buf, x, inside.y, end, &[("  ", t.dim)]);
    }
    let units: [&str; 2] = if data.flux { ["flux µJy", "µJy"] } else { ["mag AB", "mag"] };
    if let Some(unit) = units.iter().find(|u| usize::from(end.saturating_sub(x)) > text::width(u)) {
        let w = text::width(unit) as u16;
        put(buf, end - w - 1, inside.y, unit, w, t.header);
    }
}

/// Shapes by band: a band keeps its shape from object to object, unless another band of the object has it.
fn looks(data: &PlotData) -> Vec<Look> {
    let mut taken = [false; LOOKS.len()];
    let wanted = |nm: Option<f64>| match nm {
        Some(nm) if nm < 400.0 => 4,
        Some(nm) if nm < 500.0 => 0,
        Some(nm) if nm < 600.0 => 5,
        Some(nm) if nm < 650.0 => 1,
        Some(nm) if nm < 720.0 => 3,
        Some(nm) if nm < 830.0 => 2,
        Some(_) => 4,
        None => 3,
    };
    data.series
        .iter()
        .map(|s| {
            let first = wanted(s.band.wavelength_nm());
            let free = (0..LOOKS.len()).map(|k| (first + k) % LOOKS.len()).find(|i| !taken[*i]).unwrap_or(first);
            taken[free] = true;
            LOOKS[free]
        })
        .collect()
}

fn plot(state: &State, data: &PlotData, area: Rect, buf: &mut Buffer) -> crate::tui::widgets::plot::Drawn {
    let t = &state.theme;
    if data.is_empty() {
        let words = if data.hidden > 0 { "no point has a positive flux: m shows fluxes" } else { "no points" };
        put(buf, area.x + 1, area.y + 1, words, area.width.saturating_sub(1), t.dim);
        return Default::default();
    }
    let series: Vec<Series> = data
        .series
        .iter()
        .enumerate()
        .zip(looks(data))
        .map(|((i, s), look)| Series { style: t.band(s.band, i), look, points: &s.points, limits: &s.limits })
        .collect();
    let cursor = state.time.as_ref().and_then(|c| data.times_mjd.get(c.index)).map(|mjd| mjd - data.day0_mjd);
    let plot = Plot {
        series: &series,
        x: data.x,
        y: data.y,
        reversed: !data.flux,
        error_bars: state.curve.error_bars,
        symbols: match state.curve.markers {
            Markers::Auto => None,
            Markers::Symbols => Some(true),
            Markers::Dots => Some(false),
        },
        cursor,
        zero: data.flux.then_some(0.0),
        axis: t.dim,
        faint: t.faint,
        cursor_style: t.cursor,
    };
    plot.render(area, buf)
}

fn axis_caption(state: &State, data: &PlotData, line: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let since = if data.day0_is_detection { "first detection" } else { "first point" };
    let long = format!("days since {since}, MJD {:.2}", data.day0_mjd);
    let short = format!("days since MJD {:.1}", data.day0_mjd);
    let room = usize::from(line.width.saturating_sub(2));
    let caption = if text::width(&long) <= room { long } else { short };
    let now = state.time.as_ref().and_then(|c| data.times_mjd.get(c.index)).map(|mjd| format!("now day {:.1}", mjd - data.day0_mjd));
    let w = text::width(&caption) as u16;
    let x = line.right().saturating_sub(w + 1).max(line.x + 1);
    put(buf, x, line.y, &text::fit(&caption, room), line.width.saturating_sub(1), t.header);
    if let Some(now) = now
        && line.x + 2 + (text::width(&now) as u16) < x
    {
        put(buf, line.x + 1, line.y, &now, line.width, t.cursor);
    }
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
