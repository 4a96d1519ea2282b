//! From values to dots and back.

use super::Plot;
use ratatui::layout::Rect;

/// Where values lie on the canvas. Dots are counted from the left and the top.
pub(super) struct Scale {
    /// x at the left and right edge.
    pub x: (f64, f64),
    /// y at the upper and lower edge.
    pub y: (f64, f64),
    x_factor: f64,
    y_factor: f64,
    /// In dots.
    pub width: i32,
    /// In dots.
    pub height: i32,
    /// Dots in a character.
    pub cell: (i32, i32),
}

impl Scale {
    pub fn new(plot: &Plot, canvas: Rect) -> Scale {
        let cell = plot.dots.per_cell();
        let (width, height) = (i32::from(canvas.width) * cell.0, i32::from(canvas.height) * cell.1);
        let span = plot.x.1 - plot.x.0;
        // Room for whole symbols at both ends; a single time is put into the middle.
        let room = if span > 0.0 { span * 1.5 / f64::from(canvas.width.max(1)) } else { 1.0 };
        let x = (plot.x.0 - room, plot.x.1 + room);
        let y = if plot.reversed { plot.y } else { (plot.y.1, plot.y.0) };
        let factor = |dots: i32, span: f64| if span == 0.0 { 0.0 } else { f64::from(dots - 1) / span };
        Scale { x, y, x_factor: factor(width, x.1 - x.0), y_factor: factor(height, y.1 - y.0), width, height, cell }
    }

    #[inline]
    pub fn column(&self, x: f64) -> i32 {
        nearest((x - self.x.0) * self.x_factor)
    }

    #[inline]
    pub fn row(&self, y: f64) -> i32 {
        nearest((y - self.y.0) * self.y_factor)
    }

    /// The character's column of a value that lies on the canvas or beyond its edge.
    pub fn cell_column(&self, x: f64) -> u16 {
        (self.column(x).clamp(0, self.width - 1) / self.cell.0) as u16
    }

    /// The character's row.
    pub fn cell_row(&self, y: f64) -> u16 {
        (self.row(y).clamp(0, self.height - 1) / self.cell.1) as u16
    }
}

/// The nearest whole number. `f64::round` is a call into the mathematical library, which 100,000 points would feel.
#[inline]
fn nearest(v: f64) -> i32 {
    // Cutting off rounds towards zero, hence the detour over positive numbers; what is far outside stays so.
    const AWAY: i32 = 1 << 24;
    ((v + f64::from(AWAY) + 0.5) as i32).saturating_sub(AWAY)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_dots() {
        for (v, n) in [(0.0, 0), (0.49, 0), (0.51, 1), (-0.49, 0), (-0.51, -1), (-7.2, -7), (1000.7, 1001)] {
            assert_eq!(nearest(v), n, "{v}");
        }
        assert!(nearest(1e300) > 1_000_000 && nearest(f64::INFINITY) > 1_000_000);
        assert!(nearest(-1e300) < -1_000_000 && nearest(f64::NEG_INFINITY) < -1_000_000);
    }
}
