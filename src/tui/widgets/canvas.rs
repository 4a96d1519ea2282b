//! A grid of small dots, several to a character, with one ink per character. Later dots and symbols lie above earlier ones.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What dots are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dots {
    /// Braille: two by four to a character.
    #[default]
    Braille,
    /// Half blocks: one by two, for fonts without braille.
    HalfBlocks,
    /// One to a character, of ASCII alone.
    Ascii,
}

impl Dots {
    /// Columns and rows of dots in a character.
    pub fn per_cell(self) -> (i32, i32) {
        match self {
            Dots::Braille => (2, 4),
            Dots::HalfBlocks => (1, 2),
            Dots::Ascii => (1, 1),
        }
    }

    fn glyph(self, bits: u8) -> char {
        match self {
            Dots::Braille => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
            Dots::HalfBlocks => match bits {
                1 => '▀',
                2 => '▄',
                _ => '█',
            },
            Dots::Ascii => '.',
        }
    }

    /// A line where dots would be too thick for one.
    fn upright(self) -> Option<char> {
        match self {
            Dots::Braille => None,
            Dots::HalfBlocks => Some('│'),
            Dots::Ascii => Some('|'),
        }
    }
}

/// Bits of a braille character by row and column of the dot.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

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
    dots: Dots,
    columns: usize,
    rows: usize,
    spots: Vec<Spot>,
}

impl Canvas {
    /// An empty grid of so many characters.
    pub fn new(columns: u16, rows: u16, dots: Dots) -> Self {
        let (columns, rows) = (columns as usize, rows as usize);
        Canvas { dots, columns, rows, spots: vec![Spot::default(); columns * rows] }
    }

    /// Width and height in dots.
    pub fn size(&self) -> (i32, i32) {
        let (w, h) = self.dots.per_cell();
        (self.columns as i32 * w, self.rows as i32 * h)
    }

    #[inline]
    fn spot(&mut self, x: i32, y: i32) -> Option<&mut Spot> {
        let (w, h) = self.dots.per_cell();
        if x < 0 || y < 0 || x >= self.columns as i32 * w || y >= self.rows as i32 * h {
            return None;
        }
        self.spots.get_mut((y / h) as usize * self.columns + (x / w) as usize)
    }

    /// Sets a dot, counted from the left and the top; outside nothing happens.
    #[inline]
    pub fn dot(&mut self, x: i32, y: i32, ink: u8) {
        let bit = match self.dots {
            Dots::Braille => BRAILLE[(y & 3) as usize][(x & 1) as usize],
            Dots::HalfBlocks => 1 << (y & 1),
            Dots::Ascii => 1,
        };
        if let Some(spot) = self.spot(x, y) {
            spot.bits |= bit;
            spot.ink = ink;
        }
    }

    /// A thin vertical line from `y0` to `y1`, both included, in any order.
    pub fn vertical(&mut self, x: i32, y0: i32, y1: i32, ink: u8) {
        let height = self.size().1;
        let (from, to) = (y0.min(y1).max(0), y0.max(y1).min(height - 1));
        let line = self.dots.upright();
        let step = if line.is_some() { self.dots.per_cell().1.max(1) } else { 1 };
        let mut y = from;
        while y <= to {
            match line {
                Some(line) => self.symbol(x, y, line, ink),
                None => self.dot(x, y, ink),
            }
            y += step;
        }
        // The last character, where the steps have jumped over it.
        if let Some(line) = line.filter(|_| from <= to) {
            self.symbol(x, to, line, ink);
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
                None if spot.bits != 0 => self.dots.glyph(spot.bits),
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
        let mut c = Canvas::new(2, 2, Dots::Braille);
        assert_eq!(c.size(), (4, 8));
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
    fn half_blocks_and_ascii() {
        let mut c = Canvas::new(3, 2, Dots::HalfBlocks);
        assert_eq!(c.size(), (3, 4));
        c.dot(0, 0, 0);
        c.dot(1, 1, 0);
        c.dot(1, 0, 0);
        c.dot(2, 3, 0);
        assert_eq!(text(&c), ["▀█ ", "  ▄"]);
        let mut c = Canvas::new(3, 4, Dots::Ascii);
        assert_eq!(c.size(), (3, 4));
        c.dot(0, 0, 0);
        c.vertical(2, 3, 1, 0);
        assert_eq!(text(&c), [".  ", "  |", "  |", "  |"]);
    }

    #[test]
    fn lines_are_cut_at_the_edge_and_symbols_cover() {
        let mut c = Canvas::new(1, 2, Dots::Braille);
        c.vertical(0, 100, -100, 0);
        assert_eq!(text(&c), ["⡇", "⡇"]);
        c.symbol(1, 5, '●', 1);
        assert_eq!(text(&c), ["⡇", "●"]);
        // A line from the lower half of one character to the upper half of the next touches both.
        let mut c = Canvas::new(1, 3, Dots::HalfBlocks);
        c.vertical(0, 1, 2, 0);
        assert_eq!(text(&c), ["│", "│", " "]);
    }
}
