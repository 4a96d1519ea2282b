//! A table of tree rows with probability bars. Knows rows and columns, nothing of taxonomies or models.

use super::bar::{bar, eighths};
use super::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::RangeInclusive;

/// What stands in the column of the probability.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    None,
    /// A bar to the first number, thin shade to the second (both 0 to 1), and a text.
    Bar(f64, f64, String),
    /// Words in place of the bar; the second ones where the first don't fit.
    Words(&'static str, &'static str),
}

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// For each level below the root: whether the ancestor there is the last of its siblings.
    pub lasts: Vec<bool>,
    /// Sign before the name: folded, unfolded, or a leaf's.
    pub sign: char,
    /// Name, fit to be shown.
    pub name: String,
    /// Sign behind the name.
    pub mark: &'static str,
    /// Style of sign and name.
    pub style: Style,
    /// Style of the tree line that leads to the row.
    pub line: Style,
    /// Style of the bar.
    pub bar: Style,
    /// Probability.
    pub value: Value,
    /// Right columns as texts.
    pub cells: Vec<String>,
    /// Laid over the whole row.
    pub over: Option<Style>,
}

/// A right column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// Columns of the screen, without the blank before.
    pub width: u16,
    /// Columns with the least rank go first when there is no room.
    pub rank: u8,
}

/// Styles of the table.
#[derive(Debug, Clone, Copy)]
pub struct Styles {
    /// Headings.
    pub header: Style,
    /// Tree lines.
    pub line: Style,
    /// Right columns and words.
    pub dim: Style,
    /// Numbers of the probability.
    pub number: Style,
    /// The thin shade.
    pub span: Style,
}

/// Where the columns lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry {
    name: u16,
    bar: u16,
    /// Per right column: shown or not.
    shown: Vec<bool>,
}

/// Columns of the probability's number, with a blank before.
const NUMBER: u16 = 6;
/// Columns of a cascade's bars.
pub const WIDE_BAR: RangeInclusive<u16> = 6..=36;
/// A name is not cut below this for the sake of the right columns.
const LEAST_NAME: u16 = 24;

/// Divides the width: names as wide as needed, then the right columns as far as they fit, the rest is bar, within
/// `bar`.
pub fn geometry(width: u16, longest_name: u16, columns: &[Column], bar: RangeInclusive<u16>) -> Geometry {
    let (least_bar, most_bar) = bar.into_inner();
    let mut shown = vec![true; columns.len()];
    let wanted = longest_name.min(LEAST_NAME.max(width / 3));
    loop {
        let right: u16 = columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.width + 1).sum();
        let room = width.saturating_sub(right + NUMBER + least_bar + 1);
        if room >= wanted {
            let name = longest_name.min(room);
            let bar = (width - right - NUMBER - 1 - name).min(most_bar);
            return Geometry { name, bar, shown };
        }
        let least = columns.iter().enumerate().filter(|(i, _)| shown.get(*i) == Some(&true)).min_by_key(|(_, c)| c.rank).map(|(i, _)| i);
        match least.and_then(|i| shown.get_mut(i)) {
            Some(s) => *s = false,
            None => {
                let bar = if width > 28 { least_bar } else { 0 };
                return Geometry { name: width.saturating_sub(NUMBER + bar + u16::from(bar > 0)), bar, shown };
            }
        }
    }
}

/// Columns that tree lines, sign and a name of `name` columns (with its mark) take.
pub fn name_width(depth: usize, name: usize) -> u16 {
    u16::try_from(depth.saturating_mul(2) + 2 + name).unwrap_or(u16::MAX)
}

/// Draws the headings into the first line of `area` and `rows` below it, the first of them at the top.
pub fn render(area: Rect, buf: &mut Buffer, geometry: &Geometry, columns: &[Column], rows: &[Row], styles: &Styles) {
    if area.width < 8 || area.height < 1 {
        return;
    }
    let number_x = area.x + geometry.name;
    let bar_x = number_x + NUMBER + 1;
    put(buf, area.x, area.y, "  class", geometry.name, styles.header);
    put(buf, number_x + NUMBER - 1, area.y, "P", 1, styles.header);
    let mut right = area.right();
    let mut places = vec![None; columns.len()];
    for (i, column) in columns.iter().enumerate().rev() {
        if geometry.shown.get(i) == Some(&true) {
            right = right.saturating_sub(column.width);
            places[i] = Some(right);
            let title = crate::tui::text::width(column.title) as u16;
            put(buf, right + column.width.saturating_sub(title), area.y, column.title, column.width, styles.header);
            right = right.saturating_sub(1);
        }
    }
    for (row, y) in rows.iter().zip(area.y + 1..area.bottom()) {
        tree_and_name(area.x, y, geometry.name, buf, row, styles);
        value(number_x, bar_x, y, geometry.bar, buf, row, styles);
        for (place, (column, cell)) in places.iter().zip(columns.iter().zip(&row.cells)) {
            if let Some(x) = place {
                let w = crate::tui::text::width(cell) as u16;
                put(buf, x + column.width.saturating_sub(w), y, cell, column.width, styles.dim);
            }
        }
        if let Some(over) = row.over {
            buf.set_style(Rect::new(area.x, y, area.width, 1), over);
        }
    }
}

fn tree_and_name(x0: u16, y: u16, width: u16, buf: &mut Buffer, row: &Row, styles: &Styles) {
    let end = x0 + width;
    let mut x = x0;
    let depth = row.lasts.len();
    // A tree deeper than the column is wide shows its lower levels.
    let least = depth * 2 + 2 + crate::tui::text::width(&row.name).min(12);
    let skip = if least > width as usize { (least + 1 - width as usize).div_ceil(2).min(depth) } else { 0 };
    if skip > 0 {
        x = put(buf, x, y, "…", end.saturating_sub(x), styles.line);
    }
    for (i, last) in row.lasts.iter().enumerate().skip(skip) {
        let own = i + 1 == depth;
        let (lines, style) = match (own, last) {
            (true, true) => ("└─", row.line),
            (true, false) => ("├─", row.line),
            (false, true) => ("  ", styles.line),
            (false, false) => ("│ ", styles.line),
        };
        x = put(buf, x, y, lines, end.saturating_sub(x), style);
    }
    let room = end.saturating_sub(x + 2 + crate::tui::text::width(row.mark) as u16) as usize;
    let mut sign = [0u8; 4];
    x = put(buf, x, y, row.sign.encode_utf8(&mut sign), end.saturating_sub(x), styles.line);
    x = put(buf, x, y, " ", end.saturating_sub(x), Style::new());
    x = put(buf, x, y, &crate::tui::text::fit(&row.name, room), end.saturating_sub(x), row.style);
    put(buf, x, y, row.mark, end.saturating_sub(x), row.style);
}

fn value(number_x: u16, bar_x: u16, y: u16, columns: u16, buf: &mut Buffer, row: &Row, styles: &Styles) {
    match &row.value {
        Value::None => {}
        Value::Words(long, short) => {
            let room = NUMBER + columns;
            let fits = |words: &str| crate::tui::text::width(words) <= usize::from(room);
            let words = [*long, *short, "n/a"].into_iter().find(|w| fits(w)).unwrap_or("–");
            put(buf, number_x + 1, y, words, room, styles.dim);
        }
        Value::Bar(p, upper, text) => {
            let w = crate::tui::text::width(text) as u16;
            put(buf, number_x + NUMBER.saturating_sub(w), y, text, NUMBER, styles.number);
            let used = put(buf, bar_x, y, &bar(*p, columns as usize), columns, row.bar);
            // Without a bar the shade stands alone, and is seen however small it is.
            let least = if *p > 0.0 { 0 } else { eighths(*upper, columns as usize).min(1) };
            let reach = bar_x + (eighths(*upper, columns as usize) / 8).max(least) as u16;
            for x in used..reach.min(bar_x + columns) {
                put(buf, x, y, "░", 1, styles.span);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] =
        [Column { title: "n", width: 5, rank: 3 }, Column { title: "W", width: 5, rank: 2 }, Column { title: "λ", width: 4, rank: 1 }];

    fn row(lasts: &[bool], name: &str, value: Value) -> Row {
        let s = Style::new();
        let cells = vec!["12".into(), ".5".into(), ".6".into()];
        Row { lasts: lasts.to_vec(), sign: '·', name: name.into(), mark: "", style: s, line: s, bar: s, value, cells, over: None }
    }

    fn draw(width: u16, rows: &[Row]) -> Vec<String> {
        let area = Rect::new(0, 0, width, rows.len() as u16 + 1);
        let mut buf = Buffer::empty(area);
        let longest = rows.iter().map(|r| name_width(r.lasts.len(), crate::tui::text::width(&r.name))).max().unwrap_or(0);
        let s = Style::new();
        let styles = Styles { header: s, line: s, dim: s, number: s, span: s };
        render(area, &mut buf, &geometry(width, longest, &COLUMNS, WIDE_BAR), &COLUMNS, rows, &styles);
        (0..area.height).map(|y| (0..width).map(|x| buf[(x, y)].symbol().to_string()).collect::<String>().trim_end().to_string()).collect()
    }

    #[test]
    fn columns_go_when_there_is_no_room() {
        let shown = |width| geometry(width, 20, &COLUMNS, WIDE_BAR).shown;
        assert_eq!(shown(80), [true, true, true]);
        assert_eq!(shown(46), [true, true, false]);
        assert_eq!(shown(41), [true, false, false]);
        assert_eq!(shown(34), [false, false, false]);
        let g = geometry(80, 20, &COLUMNS, WIDE_BAR);
        assert_eq!(g.name, 20);
        assert!(WIDE_BAR.contains(&g.bar));
    }

    #[test]
    fn lines_bars_and_spans() {
        let rows = [
            row(&[], "Object", Value::Bar(1.0, 1.0, "1.000".into())),
            row(&[false], "SN", Value::Bar(0.5, 0.75, ".500".into())),
            row(&[false, true], "SN Ia", Value::Words("not in the model", "not in model")),
            row(&[true], "TDE", Value::Bar(0.0001, 0.0001, "<.001".into())),
        ];
        let lines = draw(50, &rows);
        assert!(lines[0].contains("class") && lines[0].contains("λ"));
        assert!(lines[2].starts_with("├─· SN"));
        assert!(lines[3].starts_with("│ └─· SN Ia") && lines[3].contains("not in the model"));
        assert!(lines[4].starts_with("└─· TDE") && lines[4].contains("<.001 ▏"));
        let full = lines[1].matches('█').count();
        assert_eq!(lines[2].matches('█').count() + usize::from(lines[2].contains('▌')), full.div_ceil(2));
        assert!(lines[2].contains('░') && !lines[1].contains('░'));
    }

    #[test]
    fn a_deep_row_keeps_its_name() {
        let rows = [row(&[true; 40], "deep class", Value::None)];
        let lines = draw(30, &rows);
        assert!(lines[1].starts_with('…') && lines[1].contains("deep"), "{lines:?}");
    }
}
