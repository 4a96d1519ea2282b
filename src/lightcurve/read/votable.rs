//! VOTable with TABLEDATA, one row per observation, read as a stream. No entity but XML's own five is expanded, and what is
//! kept of one piece of text is bounded.

use super::columns::Columns;
use super::drafts::Drafts;
use super::error::{listed, quoted};
use super::formats::{Context, Opened};
use super::table_rows::{Cells, RowErrors, Rows};
use super::unpack::object_name;
use super::{Objects, Place, ReadError};
use crate::lightcurve::LightCurve;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// At most so many bytes of one tag or text.
const MAX_PIECE: u64 = 4 << 20;
/// At most so many columns.
const MAX_FIELDS: usize = 10_000;
const WHOLE: &str = "a whole VOTable: was it cut off in a copy or download?";

pub(super) fn accepts(file: &Opened) -> bool {
    match file {
        Opened::Raw(source) => {
            let head = source.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&source.head).trim_ascii_start();
            head.first() == Some(&b'<') && head.windows(8).any(|w| w == b"VOTABLE " || w == b"VOTABLE>" || w == b"VOTABLE\n")
        }
        _ => false,
    }
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Raw(source) = file else {
        return Err(context.error(Place::File, "this is no VOTable", "a VOTable"));
    };
    let left = Arc::new(AtomicU64::new(MAX_PIECE));
    let limited = Limited { inner: source.into_read(), left: left.clone() };
    let rows = Rows {
        columns: Columns::default(),
        extra: Vec::new(),
        survey: String::new(),
        file_object: object_name(&context.path),
        bands: context.bands(),
    };
    Ok(Box::new(VoTable {
        xml: quick_xml::Reader::from_reader(BufReader::with_capacity(1 << 16, limited)),
        left,
        buffer: Vec::new(),
        fields: Vec::new(),
        scales: (1.0, 1.0),
        rows,
        drafts: Drafts::new(context.clone(), false, Vec::new()),
        context,
        cells: Vec::new(),
        in_cell: false,
        planned: None,
        row: 0,
        open: false,
        errors: RowErrors::default(),
        ended: false,
    }))
}

/// Ends with an error when more is read than is left.
struct Limited {
    inner: Box<dyn Read + Send>,
    left: Arc<AtomicU64>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(std::io::Error::other(format!("one tag or text of more than {} MiB", MAX_PIECE >> 20)));
        }
        let n = self.inner.read(buffer)?;
        self.left.store(left.saturating_sub(n as u64), Ordering::Relaxed);
        Ok(n)
    }
}

/// A column.
#[derive(Default)]
struct Field {
    name: String,
    unit: String,
    null: Option<String>,
}

struct VoTable {
    xml: quick_xml::Reader<BufReader<Limited>>,
    left: Arc<AtomicU64>,
    buffer: Vec<u8>,
    fields: Vec<Field>,
    /// Factors of flux and its error, and of times.
    scales: (f64, f64),
    rows: Rows,
    drafts: Drafts,
    context: Context,
    cells: Vec<String>,
    in_cell: bool,
    /// Whether the current table is one of light curves; none before its data.
    planned: Option<bool>,
    row: u64,
    /// Whether the document has begun and not ended.
    open: bool,
    errors: RowErrors,
    ended: bool,
}

impl Iterator for VoTable {
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
            self.read();
        }
    }
}

impl VoTable {
    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.drafts.end();
        self.errors.end(&self.context, error);
    }

    fn read(&mut self) {
        self.left.store(MAX_PIECE, Ordering::Relaxed);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let read = self.xml.read_event_into(&mut buffer).map_err(|e| (format!("no valid XML: {e}"), WHOLE));
        let done = read.and_then(|event| self.take(event));
        self.buffer = buffer;
        if let Err((found, expected)) = done {
            let place = if self.row > 0 { Place::Row(self.row) } else { Place::File };
            let error = self.context.error(place, found, expected);
            self.end(Some(error));
        }
    }

    fn take(&mut self, event: Event) -> Result<(), (String, &'static str)> {
        match event {
            Event::Start(tag) => self.start(&tag, false),
            Event::Empty(tag) => self.start(&tag, true),
            Event::End(tag) => {
                match tag.local_name().as_ref() {
                    b"TD" => self.in_cell = false,
                    b"TR" => self.end_row()?,
                    b"VOTABLE" => self.open = false,
                    _ => {}
                }
                Ok(())
            }
            Event::Text(text) if self.in_cell => self.add(&String::from_utf8_lossy(&text)),
            Event::CData(text) if self.in_cell => self.add(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) if self.in_cell => {
                let name = String::from_utf8_lossy(&reference).into_owned();
                let own = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")].into_iter().find(|e| e.0 == name);
                match (own, reference.resolve_char_ref()) {
                    (Some((_, text)), _) => self.add(text),
                    (None, Ok(Some(c))) => self.add(c.encode_utf8(&mut [0; 4])),
                    _ => Err((format!("the entity {}", quoted(name.as_bytes())), "none but &amp; &lt; &gt; &quot; &apos;")),
                }
            }
            Event::Eof if self.open => Err(("the table does not end".into(), WHOLE)),
            Event::Eof => {
                let empty =
                    (self.row == 0).then(|| self.context.error(Place::File, "there are no rows", "a TABLE of TABLEDATA with observations"));
                self.end(empty);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, text: &str) -> Result<(), (String, &'static str)> {
        match self.cells.last_mut() {
            Some(cell) if ((cell.len() + text.len()) as u64) < MAX_PIECE => cell.push_str(text),
            _ => return Err(("a value that is too long".into(), "a number or a name")),
        }
        Ok(())
    }

    fn start(&mut self, tag: &BytesStart, empty: bool) -> Result<(), (String, &'static str)> {
        match tag.local_name().as_ref() {
            b"VOTABLE" => self.open = !empty,
            b"TABLE" => {
                self.fields.clear();
                self.planned = None;
            }
            b"FIELD" if self.fields.len() < MAX_FIELDS => {
                let name = attribute(tag, "name").or_else(|| attribute(tag, "ID")).unwrap_or_default();
                self.fields.push(Field { name, unit: attribute(tag, "unit").unwrap_or_default(), null: None });
            }
            b"VALUES" => {
                if let Some(field) = self.fields.last_mut() {
                    field.null = attribute(tag, "null");
                }
            }
            b"BINARY" | b"BINARY2" | b"FITS" => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                return Err((format!("a VOTable with {name} data"), "TABLEDATA: save it in that form, or as FITS or CSV"));
            }
            b"TABLEDATA" => self.plan()?,
            b"TR" => {
                self.cells.clear();
                if empty {
                    self.end_row()?;
                }
            }
            b"TD" => {
                if self.cells.len() >= MAX_FIELDS {
                    return Err(("more values than columns".into(), "as many TD as FIELD"));
                }
                self.cells.push(String::new());
                self.in_cell = !empty;
            }
            _ => {}
        }
        Ok(())
    }

    /// Finds out what the columns are. A table of something else is passed over, but not if there is no other.
    fn plan(&mut self) -> Result<(), (String, &'static str)> {
        let names: Vec<&str> = self.fields.iter().map(|f| f.name.as_str()).collect();
        let columns = Columns::find(&names);
        let missing = columns.missing(&names);
        self.planned = Some(missing.is_empty());
        if !missing.is_empty() {
            let found = format!("a table with the columns {}", listed(&names));
            let expected = format!("these as well: {}", missing.join("; "));
            self.errors.add(&self.context, self.row + 1, None, found, &expected);
            return Ok(());
        }
        self.scales = (1.0, 1.0);
        let unit = |i: usize| self.fields.get(i).map_or("", |f| f.unit.trim());
        if let Some(flux) = columns.flux
            && columns.zero_point.is_none()
            && self.fields.get(flux.flux).is_some_and(|f| f.name.eq_ignore_ascii_case("flux"))
            && !unit(flux.flux).is_empty()
        {
            self.scales.0 = match unit(flux.flux) {
                "Jy" => 1e6,
                "mJy" => 1e3,
                "uJy" | "microJy" => 1.0,
                "nJy" => 1e-3,
                other => return Err((format!("fluxes in {}", quoted(other.as_bytes())), "Jy, mJy, uJy or nJy, or a column zp")),
            };
        }
        if let Some((time, _)) = columns.time
            && matches!(unit(time), "s" | "sec")
        {
            self.scales.1 = 1.0 / 86_400.0;
        }
        self.rows.columns = columns;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), (String, &'static str)> {
        if self.planned == Some(true) {
            self.row += 1;
            let row = Row { cells: &self.cells, fields: &self.fields, columns: self.rows.columns.clone(), scales: self.scales };
            let bad = (0..self.fields.len()).find(|&i| row.is_measure(i) && row.get(i).is_some_and(|t| t.parse::<f64>().is_err()));
            let taken = match bad {
                _ if self.cells.len() != self.fields.len() => {
                    Err((None, format!("{} values under {} columns", self.cells.len(), self.fields.len()), "as many TD as FIELD"))
                }
                Some(i) => Err((Some(i), quoted(row.get(i).unwrap_or_default().as_bytes()), "a number, or nothing")),
                None => self.rows.take(&row, &mut self.drafts),
            };
            if let Err((column, found, expected)) = taken {
                let name = column.and_then(|c| self.fields.get(c)).map(|f| f.name.clone());
                self.errors.add(&self.context, self.row, name, found, expected);
            }
            if self.row.is_multiple_of(4096)
                && let Err(e) = self.drafts.check_size()
            {
                self.end(Some(e));
            }
        }
        self.cells.clear();
        Ok(())
    }
}

fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| a.key.as_ref() == name.as_bytes())?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|v| v.into_owned())
}

struct Row<'r> {
    cells: &'r [String],
    fields: &'r [Field],
    columns: Columns,
    scales: (f64, f64),
}

impl Row<'_> {
    fn get(&self, column: usize) -> Option<&str> {
        let text = self.cells.get(column)?.trim();
        let null = self.fields.get(column).and_then(|f| f.null.as_deref());
        (!text.is_empty() && null != Some(text)).then_some(text)
    }

    /// Whether a column must hold numbers.
    fn is_measure(&self, column: usize) -> bool {
        let c = &self.columns;
        c.time.is_some_and(|t| t.0 == column)
            || c.mag.is_some_and(|m| m.0 == column || m.1 == column)
            || c.flux.is_some_and(|f| f.flux == column || f.err == column)
            || c.limit == Some(column)
            || c.zero_point == Some(column)
    }
}

impl Cells for Row<'_> {
    fn number(&self, column: usize) -> f64 {
        let number = self.get(column).and_then(|t| t.parse().ok()).unwrap_or(f64::NAN);
        let is_flux = self.columns.flux.is_some_and(|f| f.flux == column || f.err == column);
        let is_time = self.columns.time.is_some_and(|t| t.0 == column);
        number * if is_flux { self.scales.0 } else { 1.0 } * if is_time { self.scales.1 } else { 1.0 }
    }

    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.get(column).map(Cow::Borrowed)
    }
}
