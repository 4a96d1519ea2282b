//! A plot of points with error bars and upper limits on a braille canvas, with axes. Knows nothing of astronomy.
//!
//! The stock chart of ratatui has no error bars, wants a grid per data set and draws nothing on a reversed axis.

use super::axis::Ticks;
use super::canvas::Canvas;
use super::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

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
}

/// How a series looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Where there is room for symbols.
    pub symbol: char,
    /// Upper limits.
    pub limit: char,
    /// Small figure, as (dx, dy) in dots.
    pub figure: &'static [(i32, i32)],
}

/// Looks by the place of a series; they differ without colour too.
pub static LOOKS: [Look; 6] = [
    Look { symbol: '●', limit: '▽', figure: &[(0, 0), (1, 0), (0, 1), (1, 1)] },
    Look { symbol: '◆', limit: '▿', figure: &[(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)] },
    Look { symbol: '■', limit: '▼', figure: &[(0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)] },
    Look { symbol: '▲', limit: '▾', figure: &[(0, -1), (0, 0), (0, 1)] },
    Look { symbol: '★', limit: '∇', figure: &[(-1, 0), (0, 0), (1, 0)] },
    Look { symbol: '◇', limit: '∨', figure: &[(-1, 0), (1, 0), (0, -1), (0, 1)] },
];

/// Points of one kind.
pub struct Series<'a> {
    /// Colour.
    pub style: Style,
    /// Shapes.
    pub look: Look,
    /// Measured points, rising in x.
    pub points: &'a [Point],
    /// Upper limits, rising in x; only x and y count.
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
    /// Whether error bars are drawn.
    pub error_bars: bool,
    /// Symbols instead of figures of dots; none = as there is room.
    pub symbols: Option<bool>,
    /// A vertical line; points to its right are dimmed.
    pub cursor: Option<f64>,
    /// A horizontal line.
    pub zero: Option<f64>,
    /// Style of axes and labels.
    pub axis: Style,
    /// Style of error bars, of points beyond the cursor, of the horizontal line.
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
}

/// Ink numbers: error bars, cursor, then two for each series (as it is, and dimmed).
const INK_FAINT: u8 = 0;
const INK_CURSOR: u8 = 1;
const INK_SERIES: u8 = 2;

impl Plot<'_> {
    /// Draws axes and points. Needs about 16 x 5 characters; in less it draws nothing.
    pub fn render(&self, area: Rect, buf: &mut Buffer) -> Drawn {
        let y_ticks = Ticks::new(self.y.0, self.y.1, (area.height as usize / 3).clamp(3, 14));
        let y_labels: Vec<String> = y_ticks.values.iter().map(|v| y_ticks.label(*v)).collect();
        let left = y_labels.iter().map(|l| crate::tui::text::width(l)).max().unwrap_or(0) as u16 + 1;
        if area.width < left + 8 || area.height < 5 {
            return Drawn::default();
        }
        let canvas = Rect::new(area.x + left, area.y, area.width - left, area.height - 2);
        let scale = Scale::new(self, canvas);
        self.frame(&scale, canvas, &y_ticks, &y_labels, buf);
        self.points(&scale, canvas, buf);
        Drawn { canvas, x: scale.x }
    }

    fn frame(&self, scale: &Scale, canvas: Rect, y_ticks: &Ticks, y_labels: &[String], buf: &mut Buffer) {
        let axis_x = canvas.x - 1;
        let bottom = canvas.bottom();
        for y in canvas.top()..bottom {
            put(buf, axis_x, y, "│", 1, self.axis);
        }
        put(buf, axis_x, bottom, "└", 1, self.axis);
        for x in canvas.left()..canvas.right() {
            put(buf, x, bottom, "─", 1, self.axis);
        }
        for (value, label) in y_ticks.values.iter().zip(y_labels) {
            let row = canvas.y + (scale.row(*value).clamp(0, scale.height - 1) / 4) as u16;
            let width = crate::tui::text::width(label) as u16;
            put(buf, axis_x - width, row, label, width, self.axis);
            put(buf, axis_x, row, "┤", 1, self.axis);
        }
        let x_ticks = Ticks::new(scale.x.0, scale.x.1, (canvas.width as usize / 6).clamp(2, 12));
        let mut free = canvas.left().saturating_sub(1);
        for value in &x_ticks.values {
            let column = canvas.x + (scale.column(*value).clamp(0, scale.width - 1) / 2) as u16;
            put(buf, column, bottom, "┬", 1, self.axis);
            let label = x_ticks.label(*value);
            let width = crate::tui::text::width(&label) as u16;
            let start = column.saturating_sub(width / 2);
            if start >= free && start + width <= canvas.right() {
                put(buf, start, bottom + 1, &label, width, self.axis);
                free = start + width + 1;
            }
        }
    }

    fn points(&self, scale: &Scale, area: Rect, buf: &mut Buffer) {
        let mut styles = vec![self.faint, self.cursor_style];
        for s in self.series {
            styles.extend([s.style, self.faint]);
        }
        if let Some(zero) = self.zero.filter(|z| *z > self.y.0 && *z < self.y.1) {
            let mut line = Canvas::new(area.width, area.height);
            for x in (0..scale.width).step_by(4) {
                line.dot(x, scale.row(zero), INK_FAINT);
            }
            line.render(area, buf, &styles);
        }
        if self.error_bars {
            let mut bars = Canvas::new(area.width, area.height);
            for s in self.series {
                error_bars(scale, s.points, &mut bars);
            }
            bars.render(area, buf, &styles);
        }
        if let Some(x) = self.cursor {
            let mut line = Canvas::new(area.width, area.height);
            line.vertical(scale.column(x), 0, scale.height, INK_CURSOR);
            line.render(area, buf, &styles);
        }
        let mut limits = Canvas::new(area.width, area.height);
        let mut dots = Canvas::new(area.width, area.height);
        let n: usize = self.series.iter().map(|s| s.points.len()).sum();
        let symbols = self.symbols.unwrap_or(area.height >= 10 && n * 2 <= usize::from(area.width) * 3);
        for (i, s) in self.series.iter().enumerate() {
            let ink = INK_SERIES + 2 * (i.min(100) as u8);
            // Where points crowd, figures would only blot: a dot each.
            let figure: &[(i32, i32)] = if s.points.len() as i32 > 3 * scale.width { &[(0, 0)] } else { s.look.figure };
            for p in s.limits {
                limits.symbol(scale.column(p.x), scale.row(p.y), s.look.limit, ink + u8::from(self.is_later(p.x)));
            }
            for p in s.points {
                let (x, y) = (scale.column(p.x), scale.row(p.y));
                let ink = ink + u8::from(self.is_later(p.x));
                if symbols {
                    dots.symbol(x, y, s.look.symbol, ink);
                } else {
                    for (dx, dy) in figure {
                        dots.dot(x.saturating_add(*dx), y.saturating_add(*dy), ink);
                    }
                }
            }
        }
        limits.render(area, buf, &styles);
        dots.render(area, buf, &styles);
    }

    fn is_later(&self, x: f64) -> bool {
        self.cursor.is_some_and(|c| x > c)
    }
}

/// Error bars; where there are more points than columns, from the lowest to the highest end in each column.
fn error_bars(scale: &Scale, points: &[Point], canvas: &mut Canvas) {
    if (points.len() as i32) <= 4 * scale.width {
        for p in points {
            canvas.vertical(scale.column(p.x), scale.row(p.low), scale.row(p.high), INK_FAINT);
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
            canvas.vertical(x as i32, scale.row(low), scale.row(high), INK_FAINT);
        }
    }
}

/// From values to dots.
struct Scale {
    x: (f64, f64),
    x_factor: f64,
    y_top: f64,
    y_factor: f64,
    width: i32,
    height: i32,
}

impl Scale {
    fn new(plot: &Plot, canvas: Rect) -> Scale {
        let (width, height) = (i32::from(canvas.width) * 2, i32::from(canvas.height) * 4);
        let span = plot.x.1 - plot.x.0;
        // Room for whole symbols at both ends; a single time is put into the middle.
        let room = if span > 0.0 { span * 3.0 / f64::from(width) } else { 1.0 };
        let x = (plot.x.0 - room, plot.x.1 + room);
        let (top, bottom) = if plot.reversed { plot.y } else { (plot.y.1, plot.y.0) };
        Scale {
            x,
            x_factor: f64::from(width - 1) / (x.1 - x.0),
            y_top: top,
            y_factor: if bottom == top { 0.0 } else { f64::from(height - 1) / (bottom - top) },
            width,
            height,
        }
    }

    #[inline]
    fn column(&self, x: f64) -> i32 {
        ((x - self.x.0) * self.x_factor).round() as i32
    }

    #[inline]
    fn row(&self, y: f64) -> i32 {
        ((y - self.y_top) * self.y_factor).round() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot<'a>(series: &'a [Series<'a>], reversed: bool) -> Plot<'a> {
        let plain = Style::new();
        Plot {
            series,
            x: (0.0, 10.0),
            y: (18.0, 20.0),
            reversed,
            error_bars: true,
            symbols: Some(true),
            cursor: None,
            zero: None,
            axis: plain,
            faint: plain,
            cursor_style: plain,
        }
    }

    fn lines(plot: &Plot, width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        plot.render(area, &mut buf);
        (0..height).map(|y| (0..width).map(|x| buf[(x, y)].symbol().to_string()).collect::<String>().trim_end().to_string()).collect()
    }

    fn point(x: f64, y: f64, e: f64) -> Point {
        Point { x, y, low: y - e, high: y + e }
    }

    #[test]
    fn bright_is_up_on_a_reversed_axis() {
        let points = [point(0.0, 18.0, 0.0), point(10.0, 20.0, 0.0)];
        let series = [Series { style: Style::new(), look: LOOKS[0], points: &points, limits: &[] }];
        let up = lines(&plot(&series, true), 26, 8);
        assert!(up[0].contains('●') && up[0].find('●').unwrap() < 12, "{up:#?}");
        assert!(up[5].contains('●'));
        assert!(up[0].trim_start().starts_with("18") && up[5].trim_start().starts_with("20"), "{up:#?}");
        let down = lines(&plot(&series, false), 26, 8);
        assert!(down[0].trim_start().starts_with("20"), "{down:#?}");
        assert!(down[5].contains('●') && down[5].find('●').unwrap() < 20);
    }

    #[test]
    fn limits_error_bars_and_cursor() {
        let points = [point(5.0, 19.0, 0.9)];
        let limits = [point(1.0, 19.9, 0.0)];
        let series = [Series { style: Style::new(), look: LOOKS[1], points: &points, limits: &limits }];
        let mut p = plot(&series, true);
        let shown = lines(&p, 30, 10).join("\n");
        assert!(shown.contains('◆') && shown.contains('▿') && shown.contains('⢸'), "{shown}");
        p.error_bars = false;
        assert!(!lines(&p, 30, 10).join("\n").contains('⢸'));
        p.cursor = Some(9.0);
        assert!(lines(&p, 30, 10).iter().filter(|l| l.contains('⡇') || l.contains('⢸')).count() >= 7);
    }

    #[test]
    fn too_small_draws_nothing_and_a_single_point_is_in_the_middle() {
        let points = [point(3.0, 19.0, 0.0)];
        let series = [Series { style: Style::new(), look: LOOKS[0], points: &points, limits: &[] }];
        let mut p = plot(&series, true);
        assert!(lines(&p, 8, 3).iter().all(String::is_empty));
        p.x = (3.0, 3.0);
        let shown = lines(&p, 30, 10);
        let row = shown.iter().find(|l| l.contains('●')).unwrap();
        let at = row.chars().position(|c| c == '●').unwrap();
        assert!((14..20).contains(&at), "{shown:#?}");
    }

    #[test]
    fn many_points_fill_columns() {
        let points: Vec<Point> = (0..20_000).map(|i| point(f64::from(i) / 2000.0, 19.0 + 0.5 * f64::from(i).sin(), 0.1)).collect();
        let series = [Series { style: Style::new(), look: LOOKS[0], points: &points, limits: &[] }];
        let mut p = plot(&series, true);
        p.symbols = None;
        let shown = lines(&p, 60, 20).join("\n");
        assert!(!shown.contains('●') && shown.matches('⣿').count() > 100, "{shown}");
    }
}
