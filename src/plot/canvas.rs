//! What figures draw on: lines, boxes, circles and text in units of the figure, the same for bitmaps and SVG. Knows no figure.

use super::font::{self, Face};
use super::output::FigureError;
use crate::taxonomy::printable;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

/// Where a text stands with regard to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// The text has its middle there.
    Middle,
    /// The text ends there.
    End,
}

/// A figure's surface. Points are in units of the figure from the upper left corner; a unit has `scale` pixels.
pub struct Canvas<DB: DrawingBackend> {
    /// The whole surface, for charts of plotters. Its points are pixels.
    pub area: DrawingArea<DB, Shift>,
    /// Pixels per unit.
    pub scale: f64,
    /// Where the point (0, 0) lies, in units: for a figure within a figure.
    origin: (f64, f64),
    /// From the point of a text that hangs from it down to the baseline, in em: backends differ.
    baseline_em: f64,
}

impl<DB: DrawingBackend> Canvas<DB> {
    pub(super) fn new(backend: DB, scale: f64, baseline_em: f64) -> Self {
        Canvas { area: backend.into_drawing_area(), scale, origin: (0.0, 0.0), baseline_em }
    }

    fn px(&self, v: f64) -> i32 {
        (v * self.scale).round() as i32
    }

    fn at(&self, p: (f64, f64)) -> (i32, i32) {
        (self.px(p.0 + self.origin.0), self.px(p.1 + self.origin.1))
    }

    /// Where the point (0, 0) lies from now on, in units from the upper left corner of the whole surface.
    pub fn set_origin(&mut self, origin: (f64, f64)) {
        self.origin = origin;
    }

    /// Fills everything.
    pub fn fill(&mut self, colour: RGBColor) -> Result<(), FigureError> {
        self.area.fill(&colour).map_err(FigureError::draw)
    }

    /// A filled box.
    pub fn rect(&mut self, from: (f64, f64), to: (f64, f64), colour: RGBColor) -> Result<(), FigureError> {
        let ((x0, y0), (x1, y1)) = (self.at(from), self.at(to));
        let corners = [(x0.min(x1), y0.min(y1)), (x0.max(x1), y0.max(y1))];
        if corners[0].0 == corners[1].0 || corners[0].1 == corners[1].1 {
            return Ok(());
        }
        self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(FigureError::draw)
    }

    /// A level or upright line: a box, so that its edges are sharp in every backend.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: RGBColor) -> Result<(), FigureError> {
        let half = width / 2.0;
        let (x0, x1) = (from.0.min(to.0), from.0.max(to.0));
        let (y0, y1) = (from.1.min(to.1), from.1.max(to.1));
        if x1 - x0 >= y1 - y0 {
            self.rect((x0 - half, y0 - half), (x1 + half, y0 + half), colour)
        } else {
            self.rect((x0 - half, y0 - half), (x0 + half, y1 + half), colour)
        }
    }

    /// A dashed level line.
    pub fn dashes(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: RGBColor) -> Result<(), FigureError> {
        const DASH: f64 = 4.0;
        const GAP: f64 = 3.0;
        let mut x = from.0;
        while x < to.0 {
            self.rect((x, from.1 - width / 2.0), ((x + DASH).min(to.0), from.1 + width / 2.0), colour)?;
            x += DASH + GAP;
        }
        Ok(())
    }

    /// A disc.
    pub fn disc(&mut self, at: (f64, f64), radius: f64, colour: RGBColor) -> Result<(), FigureError> {
        let at = self.at(at);
        self.area.draw(&Circle::new(at, self.px(radius).max(1), colour.filled())).map_err(FigureError::draw)
    }

    /// A ring: a disc with a hole of the background's colour.
    pub fn ring(&mut self, at: (f64, f64), radius: f64, colour: RGBColor, inside: RGBColor) -> Result<(), FigureError> {
        self.disc(at, radius, colour)?;
        self.disc(at, (radius - 1.2).max(0.5), inside)
    }

    /// A filled area.
    pub fn polygon(&mut self, corners: &[(f64, f64)], colour: RGBColor) -> Result<(), FigureError> {
        let corners: Vec<(i32, i32)> = corners.iter().map(|p| self.at(*p)).collect();
        if corners.len() < 3 {
            return Ok(());
        }
        self.area.draw(&Polygon::new(corners, colour.filled())).map_err(FigureError::draw)
    }

    /// A line from point to point.
    pub fn path(&mut self, points: &[(f64, f64)], width: f64, colour: RGBColor) -> Result<(), FigureError> {
        let points: Vec<(i32, i32)> = points.iter().map(|p| self.at(*p)).collect();
        let width = self.px(width).max(1) as u32;
        self.area.draw(&PathElement::new(points, colour.stroke_width(width))).map_err(FigureError::draw)
    }

    /// A text on its baseline, letters `em` units high. Unprintable characters are escaped.
    pub fn text(&mut self, at: (f64, f64), text: &str, em: f64, face: Face, anchor: Anchor, colour: RGBColor) -> Result<(), FigureError> {
        if text.is_empty() {
            return Ok(());
        }
        let h = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = plotters::style::TextStyle::from(font::desc(em * self.scale, face)).color(&colour).pos(Pos::new(h, VPos::Top));
        let top = self.at((at.0, at.1 - self.baseline_em * em));
        self.area.draw_text(&clean(text), &style, top).map_err(FigureError::draw)
    }
}

/// Without control characters, nor what XML does not allow.
pub fn clean(text: &str) -> String {
    printable(text).chars().map(|c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }).collect()
}
