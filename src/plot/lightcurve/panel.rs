//! One plot of the figure: frame, ticks, titles and legend, and in it points or classes. Knows no light curve and no file.

use super::axis::{Axis, Ticks};
use super::evolution::Evolution;
use super::legend::{Legend, Sign};
use super::marks::{self, colour};
use super::points::{Mark, Points};
use super::thin::{MOST, thin};
use crate::plot::canvas::{Anchor, Canvas};
use crate::plot::font::{self, Face};
use crate::plot::output::FigureError;
use crate::plot::theme::{Theme, mix};
use plotters_backend::DrawingBackend;

const EM: f64 = 10.0;
const TITLE_EM: f64 = 11.0;
/// Height of a line of notes.
const NOTE: f64 = 13.0;
/// Above the frame: the title of the upright axis.
const HEAD: f64 = 18.0;
/// Below it: labels of the ticks and the title of the level axis.
const FOOT: f64 = 36.0;
/// Units of the figure to a tick.
const ROOM: (f64, f64) = (64.0, 34.0);
/// With more marks, error bars are faint; with many more, they are left out.
const FAINT_BARS: usize = 400;
const MAX_BARS: usize = 3_000;

/// What is in the frame.
pub(super) enum Content {
    Points(Points),
    Classes(Evolution),
}

/// A plot.
pub(super) struct Panel {
    content: Content,
    x: (f64, f64),
    y: (f64, f64),
    x_title: String,
    y_title: String,
    legend: Legend,
    notes: Vec<String>,
}

/// A box in the figure: left, top, right, bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Panel {
    /// A light curve. `width`: of the frame, for the legend.
    pub fn points(points: Points, x_title: String, theme: &Theme, width: f64) -> Panel {
        let systems: Vec<Option<&str>> = points.series.iter().map(|s| s.band.info().map(|b| b.system)).collect();
        let one = systems.first().copied().flatten().filter(|s| systems.iter().all(|o| *o == Some(*s)));
        let name = |s: &super::points::Series| match s.band.info() {
            Some(b) if one.is_none() => format!("{} {}", b.system, b.short),
            _ => s.band.short().to_string(),
        };
        let head = one.map(|system| (Sign::None, format!("{system}:")));
        let bands = points.series.iter().map(|s| {
            let colour = colour(theme, s.look.colour);
            let seen = s.marks.iter().any(|m| !m.limit);
            (if seen { Sign::Point(s.look.shape, colour) } else { Sign::Limit(colour) }, name(s))
        });
        let limits = points.limits.then(|| (Sign::Limit(theme.faint), "5σ upper limit".to_string()));
        let legend = Legend::new(head.into_iter().chain(bands).chain(limits), width);
        let mut notes = points.notes.clone();
        if points.len() > MAX_BARS {
            notes.push("Error bars are left out.".into());
        }
        Panel { x: points.x, y: points.y, x_title, y_title: points.y_title.clone(), legend, notes, content: Content::Points(points) }
    }

    /// Classes against time, on the level axis of another plot.
    pub fn classes(evolution: Evolution, x: (f64, f64), x_title: String, theme: &Theme, width: f64) -> Panel {
        let areas = evolution.classes.iter().enumerate().map(|(i, c)| {
            let p = c.p.last().copied().unwrap_or(0.0);
            (Sign::Area(evolution.colour(i, theme)), format!("{} {}", c.name, share(p)))
        });
        let legend = Legend::new(areas, width);
        let y_title = format!("P{}, from what was known then", evolution.of.as_ref().map_or(String::new(), |n| format!(" within {n}")));
        Panel { x, y: (0.0, 1.0), x_title, y_title, legend, notes: evolution.notes.clone(), content: Content::Classes(evolution) }
    }

    /// The range of the level axis.
    pub fn x(&self) -> (f64, f64) {
        self.x
    }

    /// What stands around the frame, above and below.
    pub fn around(&self, width: f64) -> (f64, f64) {
        (HEAD + self.legend.height() + 4.0, FOOT + self.lines(width).len() as f64 * NOTE)
    }

    fn lines(&self, width: f64) -> Vec<String> {
        font::wrap(&self.notes.join(" "), EM, Face::Regular, width, 3)
    }

    fn axes(&self, frame: Frame) -> (Axis, Axis) {
        let least = match self.content {
            Content::Points(_) => (2.0, 0.2),
            Content::Classes(_) => (2.0, 1.0),
        };
        (Axis::new(self.x.0, self.x.1, least.0, frame.left, frame.right), Axis::new(self.y.0, self.y.1, least.1, frame.bottom, frame.top))
    }

    /// Room for the labels at the left.
    pub fn margin(&self, height: f64) -> f64 {
        let frame = Frame { left: 0.0, top: 0.0, right: 100.0, bottom: height };
        let labels = self.axes(frame).1.ticks(ROOM.1).major;
        labels.iter().map(|(_, l)| font::width(l, EM, Face::Regular) * font::FALLBACK).fold(0.0, f64::max) + 8.0
    }

    /// Draws all of it around the frame.
    pub fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, frame: Frame, theme: &Theme) -> Result<(), FigureError> {
        let top = frame.top - self.legend.height() - 4.0;
        canvas.text((frame.left, top - 5.0), &self.y_title, TITLE_EM, Face::Bold, Anchor::Start, theme.ink)?;
        self.legend.draw(canvas, (frame.left, top), theme)?;
        let (x, y) = self.axes(frame);
        let (x_ticks, y_ticks) = (x.ticks(ROOM.0), y.ticks(ROOM.1));
        let grid = mix(theme.background, theme.line, 0.25);
        for (v, _) in &x_ticks.major {
            canvas.line((x.place(*v), frame.top), (x.place(*v), frame.bottom), 0.5, grid)?;
        }
        for (v, _) in &y_ticks.major {
            canvas.line((frame.left, y.place(*v)), (frame.right, y.place(*v)), 0.5, grid)?;
        }
        match &self.content {
            Content::Points(points) => draw_points(canvas, points, &x, &y, theme)?,
            Content::Classes(evolution) => evolution.draw(canvas, &x, &y, theme)?,
        }
        self.frame(canvas, frame, (&x, &x_ticks), (&y, &y_ticks), theme)?;
        let mut at = frame.bottom + FOOT;
        for line in self.lines(frame.right - frame.left) {
            canvas.text((frame.left, at + 6.0), &line, EM, Face::Regular, Anchor::Start, theme.faint)?;
            at += NOTE;
        }
        Ok(())
    }

    fn frame<DB: DrawingBackend>(
        &self,
        canvas: &mut Canvas<DB>,
        f: Frame,
        (x, x_ticks): (&Axis, &Ticks),
        (y, y_ticks): (&Axis, &Ticks),
        theme: &Theme,
    ) -> Result<(), FigureError> {
        let ink = mix(theme.line, theme.ink, 0.6);
        let at_x = x_ticks.major.iter().map(|(v, _)| (*v, 5.0)).chain(x_ticks.minor.iter().map(|v| (*v, 2.5)));
        for (v, length) in at_x {
            for (edge, inwards) in [(f.bottom, -length), (f.top, length)] {
                canvas.line((x.place(v), edge), (x.place(v), edge + inwards), 0.8, ink)?;
            }
        }
        let at_y = y_ticks.major.iter().map(|(v, _)| (*v, 5.0)).chain(y_ticks.minor.iter().map(|v| (*v, 2.5)));
        for (v, length) in at_y {
            for (edge, inwards) in [(f.left, length), (f.right, -length)] {
                canvas.line((edge, y.place(v)), (edge + inwards, y.place(v)), 0.8, ink)?;
            }
        }
        for (from, to) in [
            ((f.left, f.top), (f.right, f.top)),
            ((f.left, f.bottom), (f.right, f.bottom)),
            ((f.left, f.top), (f.left, f.bottom)),
            ((f.right, f.top), (f.right, f.bottom)),
        ] {
            canvas.line(from, to, 1.0, ink)?;
        }
        let mut free = f64::NEG_INFINITY;
        for (v, label) in &x_ticks.major {
            let half = font::width(label, EM, Face::Regular) * font::FALLBACK / 2.0;
            let at = x.place(*v);
            if at - half > free {
                canvas.text((at, f.bottom + 13.0), label, EM, Face::Regular, Anchor::Middle, theme.ink)?;
                free = at + half + 4.0;
            }
        }
        for (v, label) in &y_ticks.major {
            canvas.text((f.left - 5.0, y.place(*v) + EM * 0.36), label, EM, Face::Regular, Anchor::End, theme.ink)?;
        }
        canvas.text(((f.left + f.right) / 2.0, f.bottom + 28.0), &self.x_title, TITLE_EM, Face::Regular, Anchor::Middle, theme.ink)
    }
}

/// P in the legend.
fn share(p: f64) -> String {
    match p {
        p if p > 0.0 && p < 0.005 => "<0.01".into(),
        p if p > 0.995 && p < 1.0 - 1e-9 => ">0.99".into(),
        p => format!("{p:.2}"),
    }
}

fn draw_points<DB: DrawingBackend>(canvas: &mut Canvas<DB>, points: &Points, x: &Axis, y: &Axis, theme: &Theme) -> Result<(), FigureError> {
    let n = points.len();
    let radius = (3.3 * (80.0 / n.max(1) as f64).powf(0.25)).clamp(0.8, 3.3);
    let all: usize = points.series.len().max(1);
    let most = (MOST * 2 / (all + 1)).max(200);
    let drawn: Vec<Vec<Mark>> = points.series.iter().map(|s| thin(&s.marks, x, y, most)).collect();
    for (series, marks) in points.series.iter().zip(&drawn) {
        let colour = mix(theme.background, colour(theme, series.look.colour), 0.75);
        for m in marks.iter().filter(|m| m.limit) {
            marks::limit(canvas, (x.place(m.x), y.place(m.y)), radius, colour)?;
        }
    }
    if n <= MAX_BARS {
        for (series, marks) in points.series.iter().zip(&drawn) {
            let colour = mix(theme.background, colour(theme, series.look.colour), if n > FAINT_BARS { 0.35 } else { 0.75 });
            for m in marks.iter().filter(|m| m.err > 0.0) {
                let (at, low, high) = (x.place(m.x), y.clamped(m.y - m.err), y.clamped(m.y + m.err));
                if (high - low).abs() > radius * 2.0 {
                    canvas.line((at, low), (at, high), 0.8, colour)?;
                }
            }
        }
    }
    for (series, marks) in points.series.iter().zip(&drawn) {
        let colour = colour(theme, series.look.colour);
        for m in marks.iter().filter(|m| !m.limit) {
            marks::point(canvas, (x.place(m.x), y.place(m.y)), series.look.shape, radius, colour, theme.background)?;
        }
    }
    Ok(())
}
