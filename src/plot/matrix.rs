//! A table of confusion as a figure: rows are true classes, columns what was said; the shade is the share of the row.

use super::canvas::{Anchor, Canvas, clean};
use super::font::{self, Face};
use super::output::{Figure, FigureError};
use super::theme::{Theme, mix};
use plotters_backend::DrawingBackend;

const EM: f64 = 10.0;
const CELL: (f64, f64) = (46.0, 24.0);
/// Longest name in units.
const NAME: f64 = 170.0;
const TOP: f64 = 46.0;
/// Step of the stairs in which the columns' names stand, so that long ones don't run into each other.
const STAIR: f64 = 13.0;

/// A table, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Above it.
    pub title: String,
    /// Names of the rows and columns.
    pub names: Vec<String>,
    /// `counts[truth][said]`.
    pub counts: Vec<Vec<u64>>,
    /// Colours.
    pub theme: &'static Theme,
}

impl Matrix {
    fn left(&self) -> f64 {
        let widest = self.names.iter().map(|n| font::width(&clean(n), EM, Face::Regular)).fold(40.0, f64::max);
        widest.min(NAME) + 24.0
    }

    fn top(&self) -> f64 {
        TOP + STAIR * self.names.len() as f64
    }
}

impl Figure for Matrix {
    fn size(&self) -> (u32, u32) {
        let n = self.names.len() as f64;
        let _ = font::register();
        let width = self.left() + n * CELL.0 + NAME.min(120.0);
        (width.max(260.0).ceil() as u32, (self.top() + n * CELL.1 + 20.0).ceil() as u32)
    }

    fn title(&self) -> String {
        self.title.clone()
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        let theme = self.theme;
        let (left, top) = (self.left(), self.top());
        canvas.fill(theme.background)?;
        let title = font::fit(&clean(&self.title), 13.0, Face::Bold, f64::from(self.size().0) - 16.0);
        canvas.text((8.0, 20.0), &title, 13.0, Face::Bold, Anchor::Start, theme.ink)?;
        let n = self.names.len() as f64;
        for (i, name) in self.names.iter().enumerate() {
            let name = font::fit(&clean(name), EM, Face::Regular, NAME);
            let y = top + (i as f64 + 0.5) * CELL.1 + 3.5;
            canvas.text((left - 6.0, y), &name, EM, Face::Regular, Anchor::End, theme.ink)?;
            // The names of the columns go down in stairs, each with a line to its column.
            let (x, y) = (left + (i as f64 + 0.5) * CELL.0, TOP + i as f64 * STAIR);
            canvas.line((x, y + 3.0), (x, top - 2.0), 0.6, mix(theme.background, theme.line, 0.5))?;
            canvas.text((x - 3.0, y), &name, EM, Face::Regular, Anchor::Start, theme.ink)?;
        }
        for (i, row) in self.counts.iter().enumerate() {
            let all: u64 = row.iter().sum();
            for (j, &count) in row.iter().enumerate() {
                let share = if all == 0 { 0.0 } else { count as f64 / all as f64 };
                let from = (left + j as f64 * CELL.0, top + i as f64 * CELL.1);
                let colour = if i == j { theme.fill } else { theme.accent };
                canvas.rect(from, (from.0 + CELL.0, from.1 + CELL.1), mix(theme.background, colour, share * 0.75))?;
                if count > 0 {
                    let at = (from.0 + CELL.0 / 2.0, from.1 + CELL.1 / 2.0 + 3.5);
                    canvas.text(at, &count.to_string(), EM, Face::Regular, Anchor::Middle, theme.ink)?;
                }
            }
        }
        let grid = mix(theme.background, theme.line, 0.4);
        for i in 0..=self.names.len() {
            let (x, y) = (left + i as f64 * CELL.0, top + i as f64 * CELL.1);
            canvas.line((left, y), (left + n * CELL.0, y), 0.6, grid)?;
            canvas.line((x, top), (x, top + n * CELL.1), 0.6, grid)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Background, svg};

    #[test]
    fn counts_stand_in_their_cells() {
        let m = Matrix {
            title: "level 1".into(),
            names: vec!["SN <Ia>".into(), "II".into()],
            counts: vec![vec![17, 3], vec![0, 5]],
            theme: Background::Light.theme(),
        };
        let text = svg(&m).unwrap();
        assert!(text.contains("SN &lt;Ia&gt;") && !text.contains("<Ia>"));
        for count in ["17", "3", "5"] {
            assert!(text.lines().any(|l| l.trim() == count), "{count}");
        }
        assert!(!text.lines().any(|l| l.trim() == "0"), "empty cells say nothing");
    }
}
