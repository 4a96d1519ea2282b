//! A legend: entries side by side, in as many lines as they need. Knows no data.

use super::marks::{self, Shape};
use crate::plot::canvas::{Anchor, Canvas, clean};
use crate::plot::font::{self, Face};
use crate::plot::output::FigureError;
use crate::plot::theme::Theme;
use plotters::style::RGBColor;
use plotters_backend::DrawingBackend;

/// Height of a line.
pub(super) const LINE: f64 = 15.0;
const EM: f64 = 10.0;
const GAP: f64 = 14.0;
/// From the left of a mark to its text.
const MARK: f64 = 13.0;
/// A single name is cut to this.
const WIDEST: f64 = 230.0;

/// What stands before the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sign {
    Point(Shape, RGBColor),
    Limit(RGBColor),
    Area(RGBColor),
    None,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    x: f64,
    line: usize,
    sign: Sign,
    text: String,
}

/// Entries with their places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Legend {
    entries: Vec<Entry>,
    lines: usize,
}

impl Legend {
    /// Sets entries into lines of `width`.
    pub fn new(entries: impl IntoIterator<Item = (Sign, String)>, width: f64) -> Legend {
        let (mut x, mut line) = (0.0, 0usize);
        let mut out = Vec::new();
        for (sign, text) in entries {
            let text = font::fit(&clean(&text), EM, Face::Regular, WIDEST.min(width - MARK));
            let mark = if sign == Sign::None { 0.0 } else { MARK };
            let w = mark + font::width(&text, EM, Face::Regular) * font::FALLBACK;
            if x > 0.0 && x + w > width {
                x = 0.0;
                line += 1;
            }
            out.push(Entry { x, line, sign, text });
            x += w + GAP;
        }
        let lines = if out.is_empty() { 0 } else { line + 1 };
        Legend { entries: out, lines }
    }

    /// Height of all lines.
    pub fn height(&self) -> f64 {
        self.lines as f64 * LINE
    }

    /// Draws it with its upper left corner there.
    pub fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, (x, y): (f64, f64), theme: &Theme) -> Result<(), FigureError> {
        for e in &self.entries {
            let (left, middle) = (x + e.x, y + e.line as f64 * LINE + LINE / 2.0);
            let at = (left + 4.5, middle);
            let mut text_x = left + MARK;
            match e.sign {
                Sign::Point(shape, colour) => marks::point(canvas, at, shape, 3.4, colour, theme.background)?,
                Sign::Limit(colour) => marks::limit(canvas, (at.0, at.1 - 3.2), 3.4, colour)?,
                Sign::Area(colour) => canvas.rect((left, middle - 4.5), (left + 9.0, middle + 4.5), colour)?,
                Sign::None => text_x = left,
            }
            canvas.text((text_x, middle + EM * 0.36), &e.text, EM, Face::Regular, Anchor::Start, theme.ink)?;
        }
        Ok(())
    }
}
