//! Drawing that knows nothing of the program: a braille canvas, a plot with error bars, axes, bars, the cascade's table.

pub mod axis;
pub mod bar;
pub mod canvas;
pub mod cascade;
pub mod plot;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

/// Writes a text that is fit to be shown (see `text`), at most `columns` wide. Returns the column after it.
pub fn put(buf: &mut Buffer, x: u16, y: u16, text: &str, columns: u16, style: Style) -> u16 {
    let area = buf.area;
    if columns == 0 || x < area.left() || x >= area.right() || y < area.top() || y >= area.bottom() {
        return x;
    }
    buf.set_stringn(x, y, text, columns.min(area.right() - x) as usize, style).0
}
