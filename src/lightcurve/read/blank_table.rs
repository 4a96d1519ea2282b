//! Tables whose columns are separated by blanks: with a line of names (a comment or not), or plain `mjd mag err [band]`
//! without one, where commas may separate as well.

use super::columns::{BandCode, Columns, Times};
use super::drafts::Drafts;
use super::error::{listed, quoted};
use super::formats::{Context, Opened};
use super::lines::{self, Fault, Header, LineFormat, Separator, Taken};
use super::points::{BandCache, Values};
use super::source::Source;
use super::table_rows::{Cells, NO_BAND, Rows};
use super::unpack::object_name;
use super::{Objects, Place, ReadError, text};
use crate::lightcurve::Warning;
use std::borrow::Cow;

/// A table has at least so many columns with known names, a time among them.
const MIN_KNOWN: usize = 3;
/// Values beyond these are no magnitudes of anything in the sky.
const MAGNITUDES: std::ops::Range<f64> = -10.0..40.0;

/// The first line that is no comment, and the last comment before it.
fn first_lines(source: &Source) -> (Option<String>, Option<String>) {
    let mut last_comment = None;
    for line in lines::head_lines(source) {
        match line.starts_with('#') {
            true => last_comment = Some(line.into_owned()),
            false => return (Some(line.into_owned()), last_comment),
        }
    }
    (None, last_comment)
}

/// The names of columns, if they are separated by blanks.
fn named(source: &Source) -> Option<(Header, Columns)> {
    let (first, comment) = first_lines(source);
    let named = |line: &String| {
        let header = Header::parse(line, Separator::Comma).filter(|h| h.separator == Separator::Blank)?;
        let columns = Columns::find(&header.names);
        // A header that other delimiters split better is not of this kind.
        let other = text::known_names(line.trim_start_matches('#').trim().as_bytes());
        (columns.time.is_some() && columns.known() >= MIN_KNOWN.max(other + 1)).then_some((header, columns))
    };
    let rows_fit = |(header, _): &(Header, Columns)| match &first {
        None => true,
        Some(row) => lines::fields(row, Separator::Blank).len() == header.names.len(),
    };
    first.as_ref().and_then(named).or_else(|| comment.as_ref().and_then(named).filter(rows_fit))
}

pub(super) fn accepts_named(file: &Opened) -> bool {
    matches!(file, Opened::Raw(source) if named(source).is_some())
}

pub(super) fn objects_named(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let Some((header, columns)) = named(&source) else {
        return Err(context.error(Place::File, "there is no header", "a line with the names of the columns"));
    };
    // Without bands, the points are in one unknown band.
    let missing = columns.missing(&header.names);
    if columns.time.is_none() || columns.mag.is_none() && columns.flux.is_none() {
        let found = format!("the columns are {}", listed(&header.names));
        return Err(context.error(Place::File, found, format!("these as well: {}", missing.join("; "))));
    }
    let used = columns.used();
    let extra: Vec<usize> = (0..header.names.len()).filter(|i| !used.contains(i)).collect();
    let extra_names = extra.iter().filter_map(|&i| header.names.get(i).cloned()).collect();
    let signed = columns.sign.is_some() || columns.is_fluxcal();
    let numbers = columns.numbers();
    let bands = context.bands();
    let rows = Rows { columns, extra, survey: String::new(), file_object: object_name(&context.path), bands };
    let drafts = Drafts::new(context.clone(), signed, extra_names);
    Ok(lines::objects(source, context, drafts, Named { header, rows, numbers }))
}

struct Named {
    header: Header,
    rows: Rows,
    /// Columns that hold numbers.
    numbers: Vec<usize>,
}

/// A row whose numbers are known to be such.
struct Cell<'l, 'h>(lines::Row<'l, 'h>);

impl Cells for Cell<'_, '_> {
    fn number(&self, column: usize) -> f64 {
        let text = self.0.text(column);
        text.strip_prefix('>').unwrap_or(text).parse().unwrap_or(f64::NAN)
    }

    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        Some(self.0.text(column)).filter(|t| !super::delimited::is_missing(t.as_bytes())).map(Cow::Borrowed)
    }

    fn is_limit(&self, column: usize) -> bool {
        self.0.text(column).starts_with('>')
    }
}

impl LineFormat for Named {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if self.header.is_no_row(line) {
            return Ok(Taken::Other);
        }
        let row = self.header.row(line)?;
        for &column in &self.numbers {
            // ">20.5" is the usual way to write a limit into a column of magnitudes.
            match row.text(column).strip_prefix('>') {
                Some(limit) if self.rows.columns.mag.is_some_and(|m| m.0 == column) => {
                    lines::number(limit, self.header.names.get(column).map(String::as_str))?;
                }
                _ => drop(row.number(column)?),
            }
        }
        let taken = self.rows.take(&Cell(row), drafts);
        taken.map(|()| Taken::Point).map_err(|(column, found, expected)| {
            let column = column.and_then(|c| self.header.names.get(c)).map(String::as_str);
            Fault::new(column, found, expected)
        })
    }
}

/// How plain rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plain {
    separator: Separator,
    width: usize,
    mag: usize,
    err: usize,
    band: Option<usize>,
}

/// The layout of plain rows, by the first of them: `mjd mag err`, `mjd mag err band` or `mjd band mag err`.
fn plain(line: &str) -> Option<Plain> {
    let separator = if line.contains(',') { Separator::Comma } else { Separator::Blank };
    let fields = lines::fields(line, separator);
    let number = |i: usize| fields.get(i).is_some_and(|f| f.trim_start_matches('>').parse::<f64>().is_ok());
    let name = |i: usize| fields.get(i).is_some_and(|f| f.starts_with(|c: char| c.is_alphabetic()) && f.parse::<f64>().is_err());
    let layout = |mag, err, band| Some(Plain { separator, width: fields.len(), mag, err, band });
    match fields.len() {
        3 if number(0) && number(1) && number(2) => layout(1, 2, None),
        4 if number(0) && number(1) && number(2) && name(3) => layout(1, 2, Some(3)),
        4 if number(0) && name(1) && number(2) && number(3) => layout(2, 3, Some(1)),
        _ => None,
    }
}

pub(super) fn accepts_plain(file: &Opened) -> bool {
    let Opened::Raw(source) = file else { return false };
    let (first, comment) = first_lines(source);
    // A comment with the names of columns belongs to a table with a header.
    let is_header = |c: String| text::known_names(c.trim_start_matches('#').trim().as_bytes()) > 0;
    first.is_some_and(|l| plain(&l).is_some()) && !comment.is_some_and(is_header)
}

pub(super) fn objects_plain(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let Some(layout) = first_lines(&source).0.and_then(|l| plain(&l)) else {
        return Err(context.error(Place::File, "there is no row", "mjd mag err band"));
    };
    let format = PlainRows { layout, object: object_name(&context.path), bands: context.bands() };
    let drafts = Drafts::new(context.clone(), false, Vec::new());
    Ok(lines::objects(source, context, drafts, format))
}

/// Whether a number is one of the usual marks for "none": 99, 99.99, -999.0 and the like.
fn is_mark(number: &str) -> bool {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    digits.len() >= 2 && digits.bytes().all(|b| b == b'9')
}

struct PlainRows {
    layout: Plain,
    object: String,
    bands: BandCache,
}

impl LineFormat for PlainRows {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if line.starts_with('#') {
            return Ok(Taken::Other);
        }
        let Plain { separator, width, mag, err, band } = self.layout;
        let fields = lines::fields(line, separator);
        if fields.len() != width {
            let found = format!("{} fields, where the first row has {width}", fields.len());
            return Err(Fault::new(None, found, "as many as there: mjd mag err band, or mjd mag err"));
        }
        let text = |i: usize| fields.get(i).copied().unwrap_or("");
        let limit = text(mag).strip_prefix('>');
        let values = Values {
            mjd: Times::Either.mjd(lines::number(text(0), Some("1 (time)"))?),
            mag: lines::number(limit.unwrap_or(text(mag)), Some("magnitude"))?,
            mag_err: lines::number(text(err), Some("error"))?,
            upper: limit.is_some(),
            ..Values::NONE
        };
        let name = band.map_or(NO_BAND, text);
        if name.is_empty() {
            return Err(Fault::new(None, quoted(line.as_bytes()), "a band in every row"));
        }
        let draft = drafts.object(self.object.as_bytes());
        if values.mag.is_finite() && !MAGNITUDES.contains(&values.mag) && !is_mark(text(mag)) {
            draft.warn(Warning::Other("the column read as magnitudes holds values that can be none: name fluxes in a header".to_string()));
        }
        draft.observations.push(values.observation(self.bands.get(name, "", BandCode::Name)));
        Ok(Taken::Point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_for_none() {
        assert!(["99", "99.990", "-999.0", "9999"].into_iter().all(is_mark));
        assert!(!["18.9", "9", "2000.5", "0", ""].into_iter().any(is_mark));
    }

    #[test]
    fn layouts_of_plain_rows() {
        let layout = |l: &str| plain(l).map(|p| (p.mag, p.err, p.band));
        assert_eq!(layout("58000.1 18.2 0.1 g"), Some((1, 2, Some(3))));
        assert_eq!(layout("58000.1, g, 18.2, nan"), Some((2, 3, Some(1))));
        assert_eq!(layout("58000.1\t>20.5\tnan"), Some((1, 2, None)));
        assert_eq!(layout("58000.1 18.2 0.1 g x"), None);
        assert_eq!(layout("just some words"), None);
        assert_eq!(layout("58000.1 18.2"), None);
    }
}
