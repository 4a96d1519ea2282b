//! A plot of points with error bars and upper limits on a canvas of dots, with axes. Knows nothing of astronomy.
//!
//! The stock chart of ratatui has no error bars, wants a grid per data set and draws nothing on a reversed axis.

mod look;
mod scale;
#[cfg(test)]
mod tests;

use super::axis::Ticks;
use super::canvas::{Canvas, Dots};
use super::put;
pub use look::{LOOKS, Look};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use scale::Scale;

/// A point and the ends of its error bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Abscissa.
    pub x: f64,
    /// Ordinate.
    pub y: f64,
    /// Lower end of the error bar.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Which observation it is.
    pub id: u32,
}

/// How error bars are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bars {
    /// Below the points, in a quiet colour.
    #[default]
    Faint,
    /// In the colour of their series.
    Coloured,
    /// Not at all.
    Off,
}

/// Points of one kind.
pub struct Series<'a> {
    /// Colour.
    pub style: Style,
    /// Shapes.
    pub look: Look,
    /// Measured points, rising in x.
    pub points: &'a [Point],
    /// Upper limits, rising in x; their error bars don't count.
    pub limits: &'a [Point],
}

/// The plot.
pub struct Plot<'a> {
    /// Later ones are drawn above earlier ones.
    pub series: &'a [Series<'a>],
    /// Range of x.
    pub x: (f64, f64),
    /// Smallest and largest y.
    pub y: (f64, f64),
    /// Whether small y are at the top, as magnitudes are.
    pub reversed: bool,
    /// Error bars.
    pub bars: Bars,
    /// Symbols instead of small figures; none = as there is room.
    pub symbols: Option<bool>,
    /// What dots and lines are made of.
    pub dots: Dots,
    /// Observations from this one on are not known yet: dimmed.
    pub first_unknown: u32,
    /// A vertical line.
    pub cursor: Option<f64>,
    /// The observation that is looked at.
    pub chosen: Option<u32>,
    /// How much each observation matters, 0 (not) to 3, by its number; empty = all alike.
    pub emphasis: &'a [u8],
    /// A horizontal line.
    pub zero: Option<f64>,
    /// Columns at the left that axis and labels take at least.
    pub margin: u16,
    /// Style of axes and labels.
    pub axis: Style,
    /// Style of error bars, of what is not known yet, of the horizontal line.
    pub faint: Style,
    /// Style of the cursor.
    pub cursor_style: Style,
}

/// Where the plot came to lie.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Drawn {
    /// The canvas, without axes.
    pub canvas: Rect,
    /// x at its left and right edge.
    pub x: (f64, f64),
    /// y at its upper and lower edge.
    pub y: (f64, f64),
}

impl Drawn {
    /// Values in the middle of the character at this column and row of the screen.
    pub fn value_at(&self, column: u16, row: u16) -> (f64, f64) {
        let share = |at: u16, from: u16, of: u16| (f64::from(at) - f64::from(from) + 0.5) / f64::from(of.max(1));
        let (u, v) = (share(column, self.canvas.x, self.canvas.width), share(row, self.canvas.y, self.canvas.height));
        (self.x.0 + u * (self.x.1 - self.x.0), self.y.0 + v * (self.y.1 - self.y.0))
    }

    /// Whether there is a plot.
    pub fn is_there(&self) -> bool {
        self.canvas.width > 0
    }
}

/// Ink numbers: error bars, cursor, then some for each series.
const INK_FAINT: u8 = 0;
const INK_CURSOR: u8 = 1;
const INK_SERIES: u8 = 2;
/// Inks of a series: as it is, not known yet, and three degrees of emphasis.
const INKS: u8 = 5;
const UNKNOWN: u8 = 1;
const MAX_SERIES: usize = 49;

impl Plot<'_> {
    /// Draws axes and points. Needs about 16 x 5 characters; in less it draws nothing.
    pub fn render(&self, area: Rect, buf: &mut Buffer) -> Drawn {
        let y_ticks = Ticks::new(self.y.0, self.y.1, (area.height as usize / 3).clamp(3, 14));
        let y_labels: Vec<String> = y_ticks.values.iter().map(|v| self.label(&y_ticks, *v)).collect();
        let left = (y_labels.iter().map(|l| crate::tui::text::width(l)).max().unwrap_or(0) as u16 + 1).max(self.margin);
        if area.width < left + 8 || area.height < 5 {
            return Drawn::default();
        }
        let canvas = Rect::new(area.x + left, area.y, area.width - left, area.height - 2);
        let scale = Scale::new(self, canvas);
        self.frame(&scale, canvas, &y_ticks, &y_labels, buf);
        self.points(&scale, canvas, buf);
        Drawn { canvas, x: scale.x, y: scale.y }
    }

    fn ascii(&self) -> bool {
        self.dots == Dots::Ascii
    }

    fn label(&self, ticks: &Ticks, value: f64) -> String {
        let label = ticks.label(value);
        if self.ascii() { label.replace('−', "-") } else { label }
    }

    fn frame(&self, scale: &Scale, canvas: Rect, y_ticks: &Ticks, y_labels: &[String], buf: &mut Buffer) {
        let [upright, corner, level, tick_y, tick_x] =
            if self.ascii() { ["|", "+", "-", "+", "+"] } else { ["│", "└", "─", "┤", "┬"] };
        let axis_x = canvas.x - 1;
        let bottom = canvas.bottom();
        for y in canvas.top()..bottom {
            put(buf, axis_x, y, upright, 1, self.axis);
        }
        put(buf, axis_x, bottom, corner, 1, self.axis);
        for x in canvas.left()..canvas.right() {
            put(buf, x, bottom, level, 1, self.axis);
        }
        for (value, label) in y_ticks.values.iter().zip(y_labels) {
            let row = canvas.y + scale.cell_row(*value);
            let width = crate::tui::text::width(label) as u16;
            put(buf, axis_x - width, row, label, width, self.axis);
            put(buf, axis_x, row, tick_y, 1, self.axis);
        }
        let x_ticks = Ticks::new(scale.x.0, scale.x.1, (canvas.width as usize / 6).clamp(2, 12));
        let mut free = canvas.left().saturating_sub(1);
        for value in &x_ticks.values {
            let column = canvas.x + scale.cell_column(*value);
            put(buf, column, bottom, tick_x, 1, self.axis);
            let label = self.label(&x_ticks, *value);
            let width = crate::tui::text::width(&label) as u16;
            let start = column.saturating_sub(width / 2);
            if start >= free && start + width <= canvas.right() {
                put(buf, start, bottom + 1, &label, width, self.axis);
                free = start + width + 1;
            }
        }
    }

    fn styles(&self) -> Vec<Style> {
        let mut styles = vec![self.faint, self.cursor_style];
        for s in self.series {
            let bold = s.style.add_modifier(Modifier::BOLD);
            styles.extend([s.style, self.faint, s.style, bold, bold.add_modifier(Modifier::REVERSED)]);
        }
        styles
    }

    fn points(&self, scale: &Scale, area: Rect, buf: &mut Buffer) {
        let styles = self.styles();
        let sheet = || Canvas::new(area.width, area.height, self.dots);
        if let Some(zero) = self.zero.filter(|z| *z > self.y.0 && *z < self.y.1) {
            let mut line = sheet();
            for x in (0..scale.width).step_by(4) {
                line.dot(x, scale.row(zero), INK_FAINT);
            }
            line.render(area, buf, &styles);
        }
        if self.bars != Bars::Off {
            let mut bars = sheet();
            for (i, s) in self.series.iter().enumerate() {
                let ink = if self.bars == Bars::Coloured { ink(i) } else { INK_FAINT };
                self.error_bars(scale, visible(s.points, scale.x), ink, &mut bars);
            }
            bars.render(area, buf, &styles);
        }
        if let Some(x) = self.cursor {
            let mut line = sheet();
            line.vertical(scale.column(x), 0, scale.height, INK_CURSOR);
            line.render(area, buf, &styles);
        }
        let (mut limits, mut marks) = (sheet(), sheet());
        let n: usize = self.series.iter().map(|s| visible(s.points, scale.x).len()).sum();
        let room = area.height >= 10 && n * 2 <= usize::from(area.width) * 3;
        let symbols = self.ascii() || self.symbols.unwrap_or(room);
        let mut chosen: Option<(i32, i32, char, usize)> = None;
        for (i, s) in self.series.iter().enumerate() {
            let points = visible(s.points, scale.x);
            let limit = s.look.limit(self.ascii());
            for p in visible(s.limits, scale.x) {
                let (x, y) = (scale.column(p.x), scale.row(p.y));
                limits.symbol(x, y, limit, self.ink_of(i, p.id));
                if self.chosen == Some(p.id) {
                    chosen = Some((x, y, limit, i));
                }
            }
            // Where points crowd, figures would only blot: a dot each.
            let plain = self.dots != Dots::Braille || points.len() as i32 > 3 * scale.width;
            let figure: &[(i32, i32)] = if plain { &[(0, 0)] } else { s.look.figure };
            let symbol = s.look.symbol(self.ascii());
            for p in points {
                let (x, y) = (scale.column(p.x), scale.row(p.y));
                let ink = self.ink_of(i, p.id);
                // What matters is seen among dots too.
                if symbols || ink >= ink_level(i, 3) {
                    marks.symbol(x, y, symbol, ink);
                } else {
                    for (dx, dy) in figure {
                        marks.dot(x.saturating_add(*dx), y.saturating_add(*dy), ink);
                    }
                }
                if self.chosen == Some(p.id) {
                    chosen = Some((x, y, symbol, i));
                }
            }
        }
        limits.render(area, buf, &styles);
        marks.render(area, buf, &styles);
        if let Some((x, y, symbol, i)) = chosen {
            let mut one = sheet();
            one.symbol(x, y, symbol, 0);
            let style = self.series.get(i).map_or(self.cursor_style, |s| s.style);
            one.render(area, buf, &[style.add_modifier(Modifier::REVERSED | Modifier::BOLD)]);
        }
    }

    /// The ink of an observation of series `i`.
    #[inline]
    fn ink_of(&self, i: usize, id: u32) -> u8 {
        if id >= self.first_unknown {
            return ink(i) + UNKNOWN;
        }
        match self.emphasis.get(id as usize) {
            Some(0) => ink(i) + UNKNOWN,
            Some(level) => ink_level(i, *level),
            None => ink(i),
        }
    }

    /// Error bars; where there are more points than columns, from the lowest to the highest end in each column.
    fn error_bars(&self, scale: &Scale, points: &[Point], ink: u8, canvas: &mut Canvas) {
        if (points.len() as i32) <= 4 * scale.width {
            for p in points {
                canvas.vertical(scale.column(p.x), scale.row(p.low), scale.row(p.high), ink);
            }
            return;
        }
        let mut ends: Vec<Option<(f64, f64)>> = vec![None; scale.width as usize];
        for p in points {
            if let Some(end) = ends.get_mut(scale.column(p.x).max(0) as usize) {
                let (low, high) = end.unwrap_or((p.low, p.high));
                *end = Some((low.min(p.low), high.max(p.high)));
            }
        }
        for (x, end) in ends.into_iter().enumerate() {
            if let Some((low, high)) = end {
                canvas.vertical(x as i32, scale.row(low), scale.row(high), ink);
            }
        }
    }
}

fn ink(series: usize) -> u8 {
    INK_SERIES + INKS * series.min(MAX_SERIES) as u8
}

fn ink_level(series: usize, level: u8) -> u8 {
    ink(series) + 1 + level.clamp(1, 3)
}

/// Those points of a series that lie between two abscissae.
fn visible(points: &[Point], x: (f64, f64)) -> &[Point] {
    let from = points.partition_point(|p| p.x < x.0);
    let to = points.partition_point(|p| p.x <= x.1);
    points.get(from..to).unwrap_or(&[])
}
