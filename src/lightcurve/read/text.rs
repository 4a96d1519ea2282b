//! Text tables: encoding, delimiter, comments and the header line. Knows column names, not what is done with the rows.

use super::columns::Columns;
use super::error::quoted;
use super::source::Source;
use super::{Place, ReadError};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

static DELIMITERS: &[u8] = b",\t;|";
/// A table has at least so many columns with known names.
const MIN_KNOWN: usize = 2;
/// A longer line is no line of a table, and isn't read into memory.
const MAX_LINE: usize = 16 << 20;

/// A text table whose header has been read.
pub(super) struct TextFile {
    pub source: Source,
    /// Column names as they are written.
    pub names: Vec<String>,
    pub columns: Columns,
    pub delimiter: u8,
    /// Bytes before the first line after the header.
    pub skip: usize,
    /// Lines before it.
    pub skip_lines: u64,
}

/// Whether these first bytes can be of a text file in UTF-8 or an extension of ASCII.
pub(super) fn is_text(head: &[u8]) -> bool {
    let control = head.iter().filter(|b| b.is_ascii_control() && !matches!(b, b'\n' | b'\r' | b'\t' | 0x0c)).count();
    !head.is_empty() && !head.contains(&0) && control * 10 <= head.len()
}

impl TextFile {
    /// Finds the header: the first line that is no comment, or, if that one holds none of the names, the last comment before it.
    pub fn open(source: Source) -> Result<TextFile, ReadError> {
        let bom = if source.head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut offset = bom;
        let mut last_comment: Option<&[u8]> = None;
        let mut first = None;
        for (number, line) in (1u64..).zip(source.head.get(bom..).unwrap_or(&[]).split_inclusive(|&b| b == b'\n')) {
            let text = line.trim_ascii();
            let start = offset;
            offset += line.len();
            match text {
                b"" => {}
                [b'#', ..] => last_comment = Some(text),
                _ => {
                    first = Some((number, start, offset, text));
                    break;
                }
            }
        }
        let Some((number, start, end, text)) = first else {
            return Err(ReadError::new(
                &source.path,
                Place::File,
                "there is nothing but comments and blank lines",
                "a header line with the names of the columns",
            ));
        };
        let header = header(text).map(|h| (h, end, number));
        let comment = || last_comment.and_then(header_of_comment).map(|h| (h, start, number - 1));
        match header.or_else(comment) {
            Some(((delimiter, names, columns), skip, skip_lines)) => Ok(TextFile { names, columns, delimiter, skip, skip_lines, source }),
            None => {
                let expected = "a header line with the names of the columns, as object_id,mjd,band,mag,mag_err";
                Err(ReadError::new(&source.path, Place::Line(number), quoted(text), expected))
            }
        }
    }

    /// The lines after the header.
    pub fn into_rows(self) -> Result<(Arc<PathBuf>, Box<dyn Read + Send>), ReadError> {
        let path = self.source.path.clone();
        let mut bytes = self.source.into_read();
        let skipped = io::copy(&mut bytes.as_mut().take(self.skip as u64), &mut io::sink());
        skipped.map_err(|e| ReadError::io(&path, "cannot be read", &e))?;
        Ok((path, short_lines(bytes)))
    }
}

/// A field without blanks around it, nor quotes that blanks kept from being taken for such.
pub(super) fn clean(field: &[u8]) -> &[u8] {
    match field.trim_ascii() {
        [b'"', inner @ .., b'"'] => inner.trim_ascii(),
        trimmed => trimmed,
    }
}

type Header = (u8, Vec<String>, Columns);

/// The delimiter that gives the most known names, with the names.
fn header(line: &[u8]) -> Option<Header> {
    let mut best: Option<Header> = None;
    for &delimiter in DELIMITERS {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).flexible(true).from_reader(line);
        let mut record = csv::ByteRecord::new();
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            continue;
        }
        let names: Vec<String> = record.iter().map(|f| String::from_utf8_lossy(clean(f)).into_owned()).collect();
        let columns = Columns::find(&names);
        if columns.known() >= MIN_KNOWN && best.as_ref().is_none_or(|b| columns.known() > b.2.known()) {
            best = Some((delimiter, names, columns));
        }
    }
    best
}

/// How many names of columns a delimiter finds in a line.
pub(super) fn known_names(line: &[u8]) -> usize {
    header(line).map_or(0, |h| h.2.known())
}

fn header_of_comment(line: &[u8]) -> Option<Header> {
    let hashes = line.iter().take_while(|&&b| b == b'#').count();
    header(line.get(hashes..)?.trim_ascii())
}

/// What is read, with an error in place of a line that never ends.
pub(super) fn short_lines(inner: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    Box::new(ShortLines { inner, length: 0 })
}

/// Refuses lines that never end.
struct ShortLines {
    inner: Box<dyn Read + Send>,
    /// Bytes since the last end of line.
    length: usize,
}

impl Read for ShortLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let read = buffer.get(..n).unwrap_or(&[]);
        self.length = match read.iter().rposition(|&b| b == b'\n' || b == b'\r') {
            Some(end) => n - end - 1,
            None => self.length + n,
        };
        if self.length > MAX_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a line of more than {} MiB", MAX_LINE >> 20)));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn open(text: &str) -> Result<TextFile, ReadError> {
        TextFile::open(Source::memory(Path::new("t"), text.as_bytes().to_vec())?)
    }

    #[test]
    fn the_header_is_found_among_comments() {
        let f = open("\u{feff}# made by x\r\n\r\n\"mjd\"; band ;mag;mag_err\r\n1;g;2;3\r\n").unwrap();
        assert_eq!((f.delimiter, f.skip_lines), (b';', 3));
        assert_eq!(f.names, ["mjd", "band", "mag", "mag_err"]);
        let mut rest = String::new();
        f.into_rows().unwrap().1.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "1;g;2;3\r\n");
    }

    #[test]
    fn the_header_may_be_a_comment() {
        let f = open("# from y\n## mjd\tfilter\tmag\te_mag\n1\tg\t2\t3\n").unwrap();
        assert_eq!((f.delimiter, f.skip_lines, f.columns.mag), (b'\t', 2, Some((2, 3))));
        let mut rest = String::new();
        f.into_rows().unwrap().1.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "1\tg\t2\t3\n");
    }

    #[test]
    fn no_header_is_an_error_with_its_line() {
        let e = open("# x\n58000,g,18.0,0.1\n").err().unwrap();
        assert_eq!(e.place, Place::Line(2));
        assert!(e.found.contains("58000,g"));
        assert!(open("#\n\n").is_err());
    }

    #[test]
    fn endless_lines_are_refused() {
        let mut reader = ShortLines { inner: Box::new(io::repeat(b'x')), length: 0 };
        assert!(io::copy(&mut reader, &mut io::sink()).is_err());
    }

    #[test]
    fn binary_is_not_text() {
        assert!(is_text("mjd,mag\n1,ä\n".as_bytes()));
        assert!(!is_text(b"\x01\x02\x03abc"));
        assert!(!is_text(b"abc\0"));
    }
}
