//! A grid of braille dots, two by four to a character, with one ink per character. Later dots and symbols lie above earlier ones.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Bits of a braille character by row and column of the dot.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

#[derive(Debug, Clone, Copy, Default)]
struct Spot {
    bits: u8,
    ink: u8,
    /// A symbol that covers the whole character.
    symbol: Option<char>,
}

/// The grid.
#[derive(Debug)]
pub struct Canvas {
    columns: usize,
    rows: usize,
    spots: Vec<Spot>,
}

impl Canvas {
    /// An empty grid of so many characters.
    pub fn new(columns: u16, rows: u16) -> Self {
        let (columns, rows) = (columns as usize, rows as usize);
        Canvas { columns, rows, spots: vec![Spot::default(); columns * rows] }
    }

    /// Width and height in dots.
    pub fn dots(&self) -> (i32, i32) {
        (self.columns as i32 * 2, self.rows as i32 * 4)
    }

    #[inline]
    fn spot(&mut self, x: i32, y: i32) -> Option<&mut Spot> {
        if x < 0 || y < 0 || x >= self.columns as i32 * 2 || y >= self.rows as i32 * 4 {
            return None;
        }
        self.spots.get_mut((y as usize / 4) * self.columns + x as usize / 2)
    }

    /// Sets a dot, counted from the left and the top; outside nothing happens.
    #[inline]
    pub fn dot(&mut self, x: i32, y: i32, ink: u8) {
        if let Some(spot) = self.spot(x, y) {
            spot.bits |= DOTS[(y & 3) as usize][(x & 1) as usize];
            spot.ink = ink;
        }
    }

    /// A vertical line from `y0` to `y1`, both included, in any order.
    pub fn vertical(&mut self, x: i32, y0: i32, y1: i32, ink: u8) {
        let height = self.dots().1;
        for y in y0.min(y1).max(0)..=y0.max(y1).min(height - 1) {
            self.dot(x, y, ink);
        }
    }

    /// A symbol on the character in which the dot lies.
    pub fn symbol(&mut self, x: i32, y: i32, symbol: char, ink: u8) {
        if let Some(spot) = self.spot(x, y) {
            spot.symbol = Some(symbol);
            spot.ink = ink;
        }
    }

    /// Writes what is set; other characters stay as they are.
    pub fn render(&self, area: Rect, buf: &mut Buffer, styles: &[Style]) {
        for (i, spot) in self.spots.iter().enumerate() {
            let symbol = match spot.symbol {
                Some(s) => s,
                None if spot.bits != 0 => char::from_u32(0x2800 + u32::from(spot.bits)).unwrap_or(' '),
                None => continue,
            };
            let (column, row) = ((i % self.columns) as u16, (i / self.columns) as u16);
            if column >= area.width || row >= area.height {
                continue;
            }
            if let Some(cell) = buf.cell_mut((area.x + column, area.y + row)) {
                cell.set_char(symbol);
                cell.set_style(styles.get(spot.ink as usize).copied().unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Color;

    fn text(c: &Canvas) -> Vec<String> {
        let area = Rect::new(0, 0, c.columns as u16, c.rows as u16);
        let mut buf = Buffer::empty(area);
        c.render(area, &mut buf, &[Style::new(), Style::new().fg(Color::Red)]);
        (0..area.height).map(|y| (0..area.width).map(|x| buf[(x, y)].symbol().to_string()).collect()).collect()
    }

    #[test]
    fn dots_are_where_they_belong() {
        let mut c = Canvas::new(2, 2);
        assert_eq!(c.dots(), (4, 8));
        c.dot(0, 0, 0);
        c.dot(1, 3, 0);
        c.dot(3, 7, 1);
        // Outside: nothing.
        c.dot(-1, 0, 0);
        c.dot(4, 0, 0);
        c.dot(0, 8, 0);
        assert_eq!(text(&c), ["⢁ ", " ⢀"]);
    }

    #[test]
    fn lines_are_cut_at_the_edge_and_symbols_cover() {
        let mut c = Canvas::new(1, 2);
        c.vertical(0, 100, -100, 0);
        assert_eq!(text(&c), ["⡇", "⡇"]);
        c.symbol(1, 5, '●', 1);
        assert_eq!(text(&c), ["⡇", "●"]);
    }
}
