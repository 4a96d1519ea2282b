//! The legend: bands with their shapes and numbers of points, and the unit.

use super::super::spans;
use crate::lightcurve::BandId;
use crate::tui::curve::data::PlotData;
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::widgets::plot::{LOOKS, Look};
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

/// At most so many bands can be clicked.
const MOST: usize = 12;

/// Where the bands of the legend lie.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LegendHit {
    row: u16,
    bands: [Option<(BandId, u16, u16)>; MOST],
}

impl LegendHit {
    /// The band under a position.
    pub fn band_at(&self, at: Position) -> Option<BandId> {
        let under = |b: &&(BandId, u16, u16)| (b.1..b.2).contains(&at.x);
        self.bands.iter().flatten().filter(|_| at.y == self.row).find(under).map(|b| b.0)
    }
}

/// Draws the line.
pub fn draw(state: &State, data: &PlotData, inside: Rect, buf: &mut Buffer) -> LegendHit {
    let t = &state.theme;
    let mut x = inside.x + 1;
    let end = inside.right();
    let looks = looks(data);
    let ascii = state.curve.markers.dots() == crate::tui::widgets::canvas::Dots::Ascii;
    let mut hit = LegendHit { row: inside.y, ..LegendHit::default() };
    // The same letter in two systems gets its full name.
    let ambiguous = |short: &str| data.series.iter().filter(|s| s.band.short() == short).count() > 1;
    for (i, s) in data.series.iter().enumerate() {
        let look = looks.get(i).copied().unwrap_or(LOOKS[0]);
        let hidden = state.curve.hidden.contains(&s.band);
        let mut style = if hidden { t.faint.add_modifier(Modifier::CROSSED_OUT) } else { t.band(s.band, i) };
        if state.curve.band == Some(s.band) && state.focus == Pane::Curve {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let name = if ambiguous(s.band.short()) { s.band.name() } else { s.band.short() };
        let from = x;
        // Crossed out is not seen on every terminal.
        let mark = if hidden { '-' } else { look.symbol(ascii) };
        let count = format!(" {}", s.n.0 + s.hidden);
        x = spans(buf, x, inside.y, end, &[(&format!("{mark} {name}"), style), (&count, t.dim)]);
        if s.n.1 > 0 {
            let limit = format!(" {}", look.limit(ascii));
            x = spans(
                buf,
                x,
                inside.y,
                end,
                &[(&limit, if hidden { t.faint } else { t.band(s.band, i) }), (&format!(" {}", s.n.1), t.dim)],
            );
        }
        if let Some(place) = hit.bands.get_mut(i) {
            *place = Some((s.band, from, x));
        }
        x = spans(buf, x, inside.y, end, &[("  ", t.dim)]);
    }
    let units: [&str; 2] = if data.shape.flux { ["flux µJy", "µJy"] } else { ["mag AB", "mag"] };
    if let Some(unit) = units.iter().find(|u| usize::from(end.saturating_sub(x)) > text::width(u)) {
        let w = text::width(unit) as u16;
        put(buf, end - w - 1, inside.y, unit, w, t.header);
    }
    hit
}

/// Shapes by band: a band keeps its shape from object to object, unless another band of the object has it.
pub fn looks(data: &PlotData) -> Vec<Look> {
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
