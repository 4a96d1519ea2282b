//! Texts that are read line by line: lines of bounded length, their fields, and the machinery that turns them into
//! objects. Knows no format.

use super::drafts::Drafts;
use super::error::{listed, quoted};
use super::formats::{Context, Opened};
use super::source::Source;
use super::table_rows::RowErrors;
use super::{Objects, Place, ReadError};
use crate::lightcurve::LightCurve;
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

/// A longer line is no line of a light curve, and isn't read into memory.
const MAX_LINE: usize = 1 << 20;
/// Memory is checked every so many lines.
const CHECK_EVERY: u64 = 4096;
/// The header stands within so many lines.
const HEADER_WITHIN: usize = 500;

/// What a row could not be read for.
pub(super) struct Fault {
    /// The column's name, if it is about one.
    pub column: Option<String>,
    pub found: String,
    pub expected: Cow<'static, str>,
}

impl Fault {
    pub fn new(column: Option<&str>, found: impl Into<String>, expected: impl Into<Cow<'static, str>>) -> Fault {
        Fault { column: column.map(str::to_string), found: found.into(), expected: expected.into() }
    }
}

/// What a line was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// An observation, kept or dropped by a rule.
    Point,
    /// A comment, a header or the like.
    Other,
}

/// How the lines of one format are understood.
pub(super) trait LineFormat: Send {
    /// Takes a line that isn't blank; there is no blank around it.
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault>;

    /// Takes note that no line follows.
    fn end(&mut self, _drafts: &mut Drafts) {}
}

/// Lines that end with LF, CR or both.
pub(super) struct Lines {
    inner: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    /// Whether a CR ended the last line, so that an LF belongs to it.
    after_cr: bool,
    /// Number of the last line, from 1.
    pub number: u64,
}

impl Lines {
    pub fn new(inner: Box<dyn Read + Send>) -> Lines {
        Lines { inner: BufReader::with_capacity(1 << 16, inner), line: Vec::new(), after_cr: false, number: 0 }
    }

    /// The next line without its end; none after the last.
    pub fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut any = false;
        loop {
            let mut bytes = self.inner.fill_buf()?;
            let mut used = 0;
            if self.after_cr && !bytes.is_empty() {
                self.after_cr = false;
                if let [b'\n', rest @ ..] = bytes {
                    (bytes, used) = (rest, 1);
                    if bytes.is_empty() {
                        self.inner.consume(used);
                        continue;
                    }
                }
            }
            if bytes.is_empty() {
                if any {
                    break;
                }
                return Ok(None);
            }
            if !any {
                (any, self.number) = (true, self.number + 1);
            }
            let end = bytes.iter().position(|&b| b == b'\n' || b == b'\r');
            let piece = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or(bytes);
            if self.line.len() + piece.len() > MAX_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a line of more than {} MiB", MAX_LINE >> 20)));
            }
            self.line.extend_from_slice(piece);
            self.after_cr = end.and_then(|e| bytes.get(e)) == Some(&b'\r');
            used += piece.len() + usize::from(end.is_some());
            self.inner.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(Some(&self.line))
    }
}

/// The objects in a text.
pub(super) fn objects(source: Source, context: Context, drafts: Drafts, format: impl LineFormat + 'static) -> Objects {
    let lines = Lines::new(source.into_read());
    Box::new(LineObjects { context, lines, format, drafts, errors: RowErrors::default(), points: 0, faults: 0, ended: false })
}

struct LineObjects<F> {
    context: Context,
    lines: Lines,
    format: F,
    drafts: Drafts,
    errors: RowErrors,
    points: u64,
    faults: u64,
    ended: bool,
}

impl<F: LineFormat> Iterator for LineObjects<F> {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(error) = self.errors.next() {
                return Some(Err(error));
            }
            if let Some(curve) = self.drafts.next_ready() {
                return Some(Ok(curve));
            }
            if self.ended {
                return None;
            }
            self.read_line();
        }
    }
}

impl<F: LineFormat> LineObjects<F> {
    fn read_line(&mut self) {
        let line = match self.lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return self.end(None),
            Err(e) => {
                let place = Place::Line(self.lines.number.max(1));
                return self.end(Some(self.context.error(place, format!("cannot be read further: {e}"), "")));
            }
        };
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() {
            match self.format.line(text, &mut self.drafts) {
                Ok(Taken::Point) => self.points += 1,
                Ok(Taken::Other) => {}
                Err(fault) => {
                    self.faults += 1;
                    let number = self.lines.number;
                    let place = fault.column.map_or(Place::Line(number), |name| Place::LineField(number, name));
                    self.errors.add_at(&self.context, place, fault.found, &fault.expected);
                }
            }
        }
        if self.lines.number.is_multiple_of(CHECK_EVERY)
            && let Err(e) = self.drafts.check_size()
        {
            self.end(Some(e));
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.format.end(&mut self.drafts);
        self.drafts.end();
        let none = self.points == 0 && self.faults == 0 && error.is_none();
        let none = none.then(|| self.context.error(Place::File, "there are no rows", "at least one observation"));
        self.errors.end(&self.context, error.or(none));
    }
}

/// The source of a text, or an error.
pub(super) fn source(file: Opened, context: &Context) -> Result<Source, ReadError> {
    match file {
        Opened::Raw(source) => Ok(*source),
        _ => Err(context.error(Place::File, "this is no text", "a text")),
    }
}

/// The first lines of a source, without blanks around them, if it may be a text.
pub(super) fn head_lines(source: &Source) -> impl Iterator<Item = Cow<'_, str>> {
    let head = source.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&source.head);
    head.split(|&b| b == b'\n' || b == b'\r').map(|l| String::from_utf8_lossy(l.trim_ascii())).filter(|l| !l.is_empty())
}

/// What separates fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// Blanks and tabs, any number of them.
    Blank,
    /// One comma, with or without blanks.
    Comma,
}

/// The fields of a line.
pub(super) fn fields(line: &str, separator: Separator) -> Vec<&str> {
    match separator {
        Separator::Blank => line.split_ascii_whitespace().collect(),
        Separator::Comma => line.split(',').map(|f| f.trim().trim_matches('"').trim()).collect(),
    }
}

/// Names of columns.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub names: Vec<String>,
    pub separator: Separator,
    /// Its line as it is written, to know it when it comes again.
    line: String,
}

impl Header {
    /// The first line, comment or not, with all of the names `all`, without regard to case.
    pub fn find(source: &Source, all: &[&str]) -> Option<Header> {
        head_lines(source).take(HEADER_WITHIN).find_map(|line| Header::parse(&line, Separator::Comma).filter(|h| h.has_all(all)))
    }

    /// The names in a line; `separator` is that of the rows, if there are commas between the names.
    pub fn parse(line: &str, separator: Separator) -> Option<Header> {
        let bare = line.trim_start_matches('#').trim();
        let commas = bare.contains(',');
        let names: Vec<String> = bare
            .split(|c: char| if commas { c == ',' } else { c.is_whitespace() })
            .map(|n| n.trim().trim_matches('"').to_string())
            .collect();
        let names: Vec<String> = if commas { names } else { names.into_iter().filter(|n| !n.is_empty()).collect() };
        let separator = if commas { separator } else { Separator::Blank };
        (!names.is_empty()).then(|| Header { names, separator, line: line.to_string() })
    }

    fn has_all(&self, all: &[&str]) -> bool {
        all.iter().all(|n| self.index(n).is_some())
    }

    /// The column of this name, without regard to case.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n.eq_ignore_ascii_case(name))
    }

    /// The columns of these names, or an error that names those that are missing.
    pub fn need<const N: usize>(&self, needed: [&str; N], context: &Context) -> Result<[usize; N], ReadError> {
        let missing: Vec<&str> = needed.iter().copied().filter(|n| self.index(n).is_none()).collect();
        if !missing.is_empty() {
            let found = format!("the columns are {}", listed(&self.names));
            return Err(context.error(Place::File, found, format!("these as well: {}", missing.join(", "))));
        }
        Ok(needed.map(|n| self.index(n).unwrap_or(0)))
    }

    /// Whether a line is a comment or this header once more.
    pub fn is_no_row(&self, line: &str) -> bool {
        line.starts_with('#') || line == self.line
    }

    /// The fields of a row: as many as there are names.
    pub fn row<'l>(&self, line: &'l str) -> Result<Row<'l, '_>, Fault> {
        let fields = fields(line, self.separator);
        if fields.len() != self.names.len() {
            let found = format!("{} fields under a header of {}", fields.len(), self.names.len());
            return Err(Fault::new(None, found, "as many fields as the header has names"));
        }
        Ok(Row { fields, names: &self.names })
    }
}

/// A row with the names of its columns.
pub(super) struct Row<'l, 'h> {
    fields: Vec<&'l str>,
    names: &'h [String],
}

impl<'l> Row<'l, '_> {
    /// The text of a column.
    pub fn text(&self, column: usize) -> &'l str {
        self.fields.get(column).copied().unwrap_or("")
    }

    /// The number of a column; NaN for the usual ways to write none.
    pub fn number(&self, column: usize) -> Result<f64, Fault> {
        number(self.text(column), self.names.get(column).map(String::as_str))
    }

    /// The number of a column that may not be there; NaN then.
    pub fn number_if(&self, column: Option<usize>) -> Result<f64, Fault> {
        column.map_or(Ok(f64::NAN), |c| self.number(c))
    }
}

/// A number; NaN for the usual ways to write none.
pub(super) fn number(text: &str, column: Option<&str>) -> Result<f64, Fault> {
    match text.parse() {
        Ok(number) => Ok(number),
        Err(_) if super::delimited::is_missing(text.as_bytes()) => Ok(f64::NAN),
        Err(_) => Err(Fault::new(column, quoted(text.as_bytes()), "a number, or nothing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(Box::new(io::Cursor::new(text.to_vec())));
        let mut out = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let line = String::from_utf8_lossy(line).into_owned();
            out.push((lines.number, line));
        }
        out
    }

    #[test]
    fn every_end_of_line() {
        for text in ["a\n\nb\n", "a\r\n\r\nb", "a\r\rb\r"] {
            assert_eq!(all(text.as_bytes()), [(1, "a".into()), (2, String::new()), (3, "b".into())], "{text:?}");
        }
        assert!(all(b"").is_empty());
        let long = [vec![b'x'; 70_000], b"\r\ny".to_vec()].concat();
        assert_eq!(all(&long).len(), 2);
    }

    #[test]
    fn endless_lines_are_refused() {
        let mut lines = Lines::new(Box::new(io::repeat(0)));
        assert!(lines.next().is_err());
        assert!(lines.line.capacity() <= 4 * MAX_LINE);
    }
}
