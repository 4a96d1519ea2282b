//! The table of `inspect`: one row per object, as many columns as the terminal has room for.

use super::shown;
use super::summary::Summary;
use std::io::{self, IsTerminal, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One column before that of the bands.
struct Column {
    title: &'static str,
    width: usize,
    /// Numbers are right-aligned.
    right: bool,
    /// The narrowest terminal that shows it.
    from: usize,
    text: fn(&Summary) -> String,
}

static COLUMNS: &[Column] = &[
    Column { title: "object", width: 16, right: false, from: 0, text: |s| shown(&s.object_id) },
    Column { title: "label", width: 9, right: false, from: 0, text: |s| s.label.as_deref().map(shown).unwrap_or_default() },
    Column { title: "photometry", width: 10, right: false, from: 110, text: |s| s.photometry.to_string() },
    Column { title: "points", width: 6, right: true, from: 0, text: |s| s.n_obs.to_string() },
    Column { title: "limits", width: 6, right: true, from: 0, text: |s| s.n_limits.to_string() },
    Column { title: "first MJD", width: 9, right: true, from: 110, text: |s| s.first_mjd.map(|t| format!("{t:.2}")).unwrap_or_default() },
    Column { title: "span d", width: 7, right: true, from: 0, text: |s| format!("{:.1}", s.span_d) },
    Column { title: "source", width: 24, right: false, from: 150, text: |s| shown(&s.source) },
];

static BANDS_TITLE: &str = "band points median mag";
/// A wide terminal gives the names so much more room, at most.
const MORE_FOR_NAMES: usize = 14;

/// A table of fixed widths, so that rows can be printed as they come.
pub struct Table {
    width: usize,
    /// Texts that are too long are cut on a terminal only: a program that reads them wants them whole.
    cut: bool,
}

impl Table {
    /// As wide as the terminal; as `COLUMNS` says, or 80, where there is none.
    pub fn for_terminal() -> Table {
        let is_terminal = io::stdout().is_terminal();
        let size = is_terminal.then(|| ratatui::crossterm::terminal::size().ok()).flatten().map(|s| usize::from(s.0));
        let columns = || std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        Table { width: size.or_else(columns).unwrap_or(80).clamp(40, 400), cut: is_terminal }
    }

    fn columns(&self) -> impl Iterator<Item = (&'static Column, usize)> {
        let more = (self.width.saturating_sub(80) / 3).min(MORE_FOR_NAMES);
        let width = self.width;
        COLUMNS.iter().filter(move |c| c.from <= width).map(move |c| match c.title {
            "object" => (c, c.width + more),
            "label" => (c, c.width + more / 2),
            _ => (c, c.width),
        })
    }

    /// The titles.
    pub fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let mut line = String::new();
        for (column, width) in self.columns() {
            self.cell(&mut line, column.title.to_string(), width, column.right);
        }
        line.push_str(BANDS_TITLE);
        writeln!(out, "{}", line.trim_end())
    }

    /// One object, with its warnings below it.
    pub fn row(&self, out: &mut impl Write, summary: &Summary) -> io::Result<()> {
        let mut line = String::new();
        for (column, width) in self.columns() {
            self.cell(&mut line, (column.text)(summary), width, column.right);
        }
        let start: usize = self.columns().map(|(_, width)| width + 2).sum();
        let room = self.width.saturating_sub(start).max(BANDS_TITLE.len());
        let mut used = 0;
        for band in &summary.bands {
            let name = shown(if band.known { &band.short } else { &band.band });
            let magnitude = band.median_mag.map_or_else(|| "-".to_string(), |m| format!("{m:.2}"));
            let text = format!("{name} {} {magnitude}", band.n_measurements + band.n_limits);
            let wide = text.width() + 2;
            if used > 0 && used + wide > room + 2 {
                writeln!(out, "{}", line.trim_end())?;
                line = " ".repeat(start);
                used = 0;
            }
            line.push_str(&text);
            line.push_str("  ");
            used += wide;
        }
        writeln!(out, "{}", line.trim_end())?;
        if summary.n_files > 1 {
            writeln!(out, "    from {} files", summary.n_files)?;
        }
        for line in summary.period.iter().flat_map(|p| p.lines()) {
            writeln!(out, "    {line}")?;
        }
        for warning in &summary.warnings {
            writeln!(out, "    ! {}", shown(warning))?;
        }
        Ok(())
    }

    /// Appends `text`, padded to `width`, and two blanks.
    fn cell(&self, line: &mut String, text: String, width: usize, right: bool) {
        let text = if self.cut { cut(&text, width) } else { text };
        let padding = " ".repeat(width.saturating_sub(text.width()));
        match right {
            true => line.extend([padding.as_str(), text.as_str()]),
            false => line.extend([text.as_str(), padding.as_str()]),
        }
        line.push_str("  ");
    }
}

/// `text`, ended by … if it is wider.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < width
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::super::Summary;
    use super::*;
    use crate::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
    use std::sync::Arc;

    fn print(width: usize, bands: &[&str]) -> String {
        let points =
            |b: &str| (0..40).map(|i| Observation::from_mag(58000.0 + f64::from(i), BandId::parse(b), 18.5, 0.1, 1.0)).collect::<Vec<_>>();
        let all = bands.iter().flat_map(|b| points(b)).collect();
        let origin = Origin { path: Arc::new("a/very/long/path/to/somewhere.csv".into()), format: "csv" };
        let mut curve = LightCurve::new("an object with a long name".into(), Photometry::Total, all, origin);
        curve.label = Some("星".into());
        let table = Table { width, cut: true };
        let mut out = Vec::new();
        table.head(&mut out).unwrap();
        table.row(&mut out, &Summary::of(&curve, 1)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_fit_the_terminal() {
        for width in [80, 100, 120, 160, 200] {
            let text = print(width, &["g", "r", "i", "lsst/u", "atlas/o"]);
            assert!(text.lines().all(|l| l.width() <= width), "{width}:\n{text}");
        }
        assert_eq!(
            print(80, &["g", "r", "i"]),
            "object            label      points  limits   span d  band points median mag\n\
             an object with …  星            120       0     39.0  g 40 18.50  r 40 18.50\n\
             \u{20}                                                     i 40 18.50\n\
             \u{20}   ! times were not in order\n"
        );
        assert!(print(160, &["g"]).contains("a/very/long/path/to/som…"));
    }
}
