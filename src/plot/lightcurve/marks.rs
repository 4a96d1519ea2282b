//! What a band looks like: a colour and a shape, so that bands are told apart without colours too. Knows no figure.

use crate::lightcurve::BandId;
use crate::plot::canvas::Canvas;
use crate::plot::output::FigureError;
use crate::plot::theme::Theme;
use plotters::style::RGBColor;
use plotters_backend::DrawingBackend;

/// The shape of a measurement. A triangle that points down is a limit, and no band's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Disc,
    Square,
    Diamond,
    Triangle,
    Cross,
    Plus,
    Ring,
    Star,
    Box,
}

impl Shape {
    const ALL: [Shape; 9] =
        [Shape::Disc, Shape::Square, Shape::Diamond, Shape::Triangle, Shape::Cross, Shape::Ring, Shape::Plus, Shape::Box, Shape::Star];
}

/// Colour (place in the theme's series) and shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub colour: usize,
    pub shape: Shape,
}

/// Number of colours.
const COLOURS: usize = 7;

/// The looks of bands, no two the same for at least 12 of them. A colour keeps to a range of wavelengths as far as possible, so that g is
/// green and r is red in every figure.
pub(super) fn looks(bands: &[BandId]) -> Vec<Look> {
    let mut taken: Vec<Look> = Vec::with_capacity(bands.len());
    for (i, band) in bands.iter().enumerate() {
        let wanted = match band.wavelength_nm() {
            Some(w) if w < 300.0 => 5,
            Some(w) if w < 430.0 => 2,
            Some(w) if w < 580.0 => 0,
            Some(w) if w < 700.0 => 1,
            Some(w) if w < 830.0 => 3,
            Some(w) if w < 920.0 => 4,
            _ => 6,
        };
        let shape = Shape::ALL[i % Shape::ALL.len()];
        let uses = |c: usize| taken.iter().filter(|l| l.colour == c).count();
        let same = |c: usize| taken.iter().any(|l| l.colour == c && l.shape == shape);
        // The wanted colour if it is free, else the one that is used least.
        let order = |c: usize| (same(c), uses(c), (c + COLOURS - wanted) % COLOURS);
        let colour = (0..COLOURS).min_by_key(|c| order(*c)).unwrap_or(wanted);
        taken.push(Look { colour, shape });
    }
    taken
}

/// The colour of a look, or of a class.
pub(super) fn colour(theme: &Theme, place: usize) -> RGBColor {
    theme.series[place % theme.series.len()]
}

/// Draws a measurement.
pub(super) fn point<DB: DrawingBackend>(
    canvas: &mut Canvas<DB>,
    (x, y): (f64, f64),
    shape: Shape,
    radius: f64,
    colour: RGBColor,
    background: RGBColor,
) -> Result<(), FigureError> {
    let r = radius;
    let stroke = (r * 0.55).max(0.5);
    match shape {
        Shape::Disc => canvas.disc((x, y), r, colour),
        Shape::Square => canvas.rect((x - r * 0.9, y - r * 0.9), (x + r * 0.9, y + r * 0.9), colour),
        Shape::Diamond => {
            let d = r * 1.3;
            canvas.polygon(&[(x, y - d), (x + d, y), (x, y + d), (x - d, y)], colour)
        }
        Shape::Triangle => canvas.polygon(&[(x, y - r * 1.25), (x + r * 1.15, y + r * 0.85), (x - r * 1.15, y + r * 0.85)], colour),
        Shape::Cross => {
            let d = r * 0.95;
            canvas.path(&[(x - d, y - d), (x + d, y + d)], stroke, colour)?;
            canvas.path(&[(x - d, y + d), (x + d, y - d)], stroke, colour)
        }
        Shape::Plus => {
            let d = r * 1.25;
            canvas.line((x - d, y), (x + d, y), stroke, colour)?;
            canvas.line((x, y - d), (x, y + d), stroke, colour)
        }
        Shape::Ring => {
            canvas.disc((x, y), r * 1.1, colour)?;
            canvas.disc((x, y), (r * 1.1 - stroke).max(0.3), background)
        }
        Shape::Box => {
            let (d, hole) = (r, (r - stroke).max(0.3));
            canvas.rect((x - d, y - d), (x + d, y + d), colour)?;
            canvas.rect((x - hole, y - hole), (x + hole, y + hole), background)
        }
        Shape::Star => {
            let corner = |i: i32| {
                let (angle, length) = (f64::from(i) * std::f64::consts::PI / 5.0, if i % 2 == 0 { r * 1.5 } else { r * 0.6 });
                (x + length * angle.sin(), y - length * angle.cos())
            };
            canvas.polygon(&(0..10).map(corner).collect::<Vec<_>>(), colour)
        }
    }
}

/// Draws an upper limit: a triangle that points down from it, open, so that it weighs less than a measurement.
pub(super) fn limit<DB: DrawingBackend>(
    canvas: &mut Canvas<DB>,
    (x, y): (f64, f64),
    radius: f64,
    colour: RGBColor,
) -> Result<(), FigureError> {
    let (half, down) = (radius * 1.15, radius * 2.0);
    let corners = [(x - half, y), (x + half, y), (x, y + down), (x - half, y)];
    canvas.path(&corners, (radius * 0.3).max(0.4), colour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::band::BANDS;

    #[test]
    fn bands_are_told_apart() {
        let looks_of = |names: &[&str]| looks(&names.iter().map(|n| BandId::parse(n)).collect::<Vec<_>>());
        let ztf = looks_of(&["ztf/g", "ztf/r", "ztf/i"]);
        assert_eq!(ztf.iter().map(|l| l.colour).collect::<Vec<_>>(), [0, 1, 3]);
        for start in 0..BANDS.len() - 12 {
            let some: Vec<BandId> = BANDS[start..start + 12].iter().map(|b| BandId::parse(b.name)).collect();
            let found = looks(&some);
            for (i, a) in found.iter().enumerate() {
                assert!(found[i + 1..].iter().all(|b| a != b), "{start} {found:?}");
            }
        }
    }
}
