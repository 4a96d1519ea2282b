//! Drawing a tree's figure. What stands where is known already.

use super::{GAP, LABEL_EM, LINE, MARGIN, Mark, Place, SMALL_EM, STUB, TITLE_EM, TreeFigure, gap, inner_gap};
use crate::plot::canvas::{Anchor, Canvas};
use crate::plot::font::{self, Face};
use crate::plot::output::{Figure, FigureError};
use crate::plot::theme::mix;
use plotters::style::RGBColor;
use plotters_backend::DrawingBackend;

/// From the middle of a row to the baseline of its label.
const MIDDLE: f64 = LABEL_EM * 0.35;
/// Widest branch over the narrowest: P = 1 and P = 0.
const BRANCH: (f64, f64) = (1.2, 5.0);

impl Figure for TreeFigure {
    fn size(&self) -> (u32, u32) {
        (self.width.ceil() as u32, self.height.ceil() as u32)
    }

    fn title(&self) -> String {
        self.summary.clone()
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        canvas.fill(self.theme.background)?;
        self.paint(canvas)
    }
}

impl TreeFigure {
    /// Draws all but the background: at the canvas's origin, for a figure within a figure.
    pub(in crate::plot) fn paint<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        self.heading(canvas)?;
        let mut children: Vec<Vec<&Place>> = vec![Vec::new(); self.places.len()];
        for place in &self.places {
            if let Some(of) = place.parent.and_then(|p| children.get_mut(p)) {
                of.push(place);
            }
        }
        // The way to the decision last, so that it lies on top.
        for on_path in [false, true] {
            for (parent, children) in self.places.iter().zip(&children) {
                let some: Vec<&Place> = children.iter().copied().filter(|c| c.look.path == on_path).collect();
                self.fork(canvas, parent, &some)?;
            }
            for place in self.places.iter().filter(|p| p.look.path == on_path) {
                self.branch(canvas, place)?;
            }
        }
        for place in &self.places {
            self.node(canvas, place)?;
        }
        self.footing(canvas)
    }

    fn heading<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        let mut y = MARGIN + TITLE_EM * 0.8;
        canvas.text((MARGIN, y), &self.title, TITLE_EM, Face::Bold, Anchor::Start, self.theme.ink)?;
        y += 4.0;
        for line in &self.head {
            y += LINE;
            canvas.text((MARGIN, y), line, SMALL_EM, Face::Regular, Anchor::Start, self.theme.faint)?;
        }
        for column in &self.columns {
            let at = (column.right, self.body.0 - 6.0);
            canvas.text(at, &column.title, SMALL_EM, Face::Bold, Anchor::End, self.theme.faint)?;
        }
        Ok(())
    }

    fn colour(&self, place: &Place) -> RGBColor {
        if place.look.path && place.look.p.is_some() { self.theme.accent } else { self.theme.line }
    }

    fn thickness(place: &Place) -> f64 {
        place.look.p.map_or(BRANCH.0, |p| BRANCH.0 + (BRANCH.1 - BRANCH.0) * p.clamp(0.0, 1.0))
    }

    /// From a node to the upright line of its children, and that line: each piece as wide as the widest branch that goes on from it.
    fn fork<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, parent: &Place, children: &[&Place]) -> Result<(), FigureError> {
        let Some(first) = children.first() else { return Ok(()) };
        let colour = self.colour(first);
        let widest = children.iter().map(|c| Self::thickness(c)).fold(0.0, f64::max);
        let x = parent.x + STUB;
        canvas.line((parent.x, parent.y), (x, parent.y), widest, colour)?;
        for side in [-1.0, 1.0] {
            // From the outermost inwards.
            let mut outer: Vec<&&Place> = children.iter().filter(|c| (c.y - parent.y) * side > 0.0).collect();
            outer.sort_by(|a, b| ((b.y - parent.y) * side).total_cmp(&((a.y - parent.y) * side)));
            let mut width: f64 = 0.0;
            for (i, child) in outer.iter().enumerate() {
                width = width.max(Self::thickness(child));
                let to = outer.get(i + 1).map_or(parent.y, |next| next.y);
                canvas.line((x, child.y), (x, to), width, colour)?;
            }
        }
        Ok(())
    }

    /// From the upright line to the node.
    fn branch<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, place: &Place) -> Result<(), FigureError> {
        let (colour, width) = (self.colour(place), Self::thickness(place));
        let from = place.parent.and_then(|p| self.places.get(p)).map_or(MARGIN, |p| p.x + STUB);
        if place.look.dashed || (place.look.faint && place.look.p.is_none()) {
            canvas.dashes((from + width / 2.0, place.y), (place.x, place.y), width, colour)
        } else {
            canvas.line((from, place.y), (place.x, place.y), width, colour)
        }
    }

    fn node<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, place: &Place) -> Result<(), FigureError> {
        let theme = self.theme;
        let ink = if place.look.faint { theme.faint } else { theme.ink };
        let at = (place.x, place.y);
        match place.look.mark {
            Mark::Dot if place.look.path && place.look.p.is_some() => canvas.disc(at, 4.0, theme.accent)?,
            Mark::Dot => canvas.disc(at, 2.2, mix(theme.line, theme.ink, 0.4))?,
            Mark::Disc(radius, share) => canvas.disc(at, radius, theme.ramp(share))?,
            Mark::Ring => canvas.ring(at, 4.0, theme.faint, theme.background)?,
            Mark::Decision => canvas.disc(at, 5.0, theme.accent)?,
        }
        if place.leaf {
            canvas.text((place.x + gap(place), place.y + MIDDLE), &place.label, LABEL_EM, place.face, Anchor::Start, ink)?;
            return self.cells(canvas, place, ink);
        }
        let right = place.x - inner_gap(place);
        canvas.text((right, place.y - 4.5), &place.label, LABEL_EM, place.face, Anchor::End, ink)?;
        canvas.text((right, place.y + SMALL_EM + 2.5), &place.under, SMALL_EM, Face::Regular, Anchor::End, theme.faint)
    }

    fn cells<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, place: &Place, ink: RGBColor) -> Result<(), FigureError> {
        let theme = self.theme;
        if let Some(first) = self.columns.first()
            && let Some(cell) = place.cells.first()
            && !cell.is_empty()
        {
            // A fine line leads the eye from the label to its row.
            let from = place.x + gap(place) + font::width(&place.label, LABEL_EM, place.face) * font::FALLBACK + GAP;
            let to = first.right - font::width(cell, LABEL_EM, Face::Regular) - GAP;
            if to > from {
                canvas.line((from, place.y), (to, place.y), 0.5, mix(theme.background, theme.line, 0.45))?;
            }
        }
        for (column, cell) in self.columns.iter().zip(&place.cells) {
            canvas.text((column.right, place.y + MIDDLE), cell, LABEL_EM, Face::Regular, Anchor::End, ink)?;
        }
        if let (Some((from, to)), Some(p)) = (self.bars, place.look.p) {
            let half = (self.row * 0.22).min(5.0);
            let track = mix(theme.background, theme.line, 0.22);
            canvas.rect((from, place.y - half), (to, place.y + half), track)?;
            // What is not 0 can be seen.
            let length = if p > 0.0 { ((to - from) * p.min(1.0)).max(1.0) } else { 0.0 };
            let colour = if place.look.path { theme.accent } else { theme.fill };
            canvas.rect((from, place.y - half), (from + length, place.y + half), colour)?;
        }
        Ok(())
    }

    fn footing<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        let mut y = self.body.1 + 8.0;
        if !self.legend.is_empty() {
            let mut x = MARGIN;
            canvas.text((x, y + 12.0), "W λ", SMALL_EM, Face::Bold, Anchor::Start, self.theme.faint)?;
            x += 32.0;
            for (radius, share, text) in &self.legend {
                canvas.disc((x + 8.0, y + 8.5), *radius, self.theme.ramp(*share))?;
                canvas.text((x + 20.0, y + 12.0), text, SMALL_EM, Face::Regular, Anchor::Start, self.theme.ink)?;
                x += 20.0 + font::width(text, SMALL_EM, Face::Regular) + 16.0;
            }
            y += 26.0;
        }
        for line in &self.notes {
            y += LINE;
            canvas.text((MARGIN, y - 3.0), line, SMALL_EM, Face::Regular, Anchor::Start, self.theme.faint)?;
        }
        Ok(())
    }
}
