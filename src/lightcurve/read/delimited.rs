//! Long text tables, one row per observation, with named columns: CSV and its relatives, and ALeRCE's detections.

use super::columns::Columns;
use super::drafts::{Draft, Drafts};
use super::error::{listed, quoted};
use super::formats::{Context, Opened};
use super::points::{self, BandCache, Values};
use super::text::clean;
use super::unpack::object_name;
use super::{Objects, Place, ReadError};
use crate::lightcurve::{LightCurve, Warning};
use csv::ByteRecord;
use std::collections::VecDeque;
use std::io::Read;

/// So many faulty rows of a file are named one by one; the rest is counted.
const MAX_ROW_ERRORS: u64 = 20;
/// Memory is checked every so many rows.
const CHECK_EVERY: u64 = 4096;

/// A table as ALeRCE writes it: difference magnitudes by filter number, all other columns about single detections.
pub(super) fn accepts_alerce(file: &Opened) -> bool {
    let names: &[&str] = &["mjd", "fid", "isdiffpos", "magpsf", "sigmapsf", "candid"];
    match file {
        Opened::Text(t) => names.iter().all(|n| t.names.iter().any(|x| x.eq_ignore_ascii_case(n))),
        _ => false,
    }
}

pub(super) fn accepts_long(file: &Opened) -> bool {
    matches!(file, Opened::Text(_))
}

pub(super) fn objects_alerce(file: Opened, context: Context) -> Result<Objects, ReadError> {
    open(file, context, "ztf")
}

pub(super) fn objects_long(file: Opened, context: Context) -> Result<Objects, ReadError> {
    open(file, context, "")
}

fn open(file: Opened, context: Context, survey: &'static str) -> Result<Objects, ReadError> {
    let Opened::Text(text) = file else {
        return Err(context.error(Place::File, "this is no text", "a text table"));
    };
    let missing = text.columns.missing(&text.names);
    if !missing.is_empty() {
        let found = format!("the columns are {}", listed(&text.names));
        return Err(context.error(Place::Line(text.skip_lines.max(1)), found, format!("these as well: {}", missing.join("; "))));
    }
    let (columns, names) = (text.columns.clone(), text.names.clone());
    let used = columns.used();
    let mut extra: Vec<usize> = Vec::new();
    if survey.is_empty() {
        extra.extend((0..names.len()).filter(|i| !used.contains(i) && names.get(*i).is_some_and(|n| !n.is_empty())));
    }
    let extra_names = extra.iter().filter_map(|&i| names.get(i).cloned()).collect();
    let signed = columns.sign.is_some() || columns.is_fluxcal();
    let (delimiter, skip_lines) = (text.delimiter, text.skip_lines);
    let (path, rows) = text.into_rows()?;
    let file_object = object_name(&path);
    let csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .buffer_capacity(1 << 16)
        .from_reader(rows);
    let bands = context.bands();
    Ok(Box::new(LongTable {
        drafts: Drafts::new(context.clone(), signed, extra_names),
        context,
        csv,
        record: ByteRecord::new(),
        row: Row { columns, names, extra, survey, file_object: file_object.into_bytes(), delimiter, bands, text: String::new() },
        skip_lines,
        rows: 0,
        errors: VecDeque::new(),
        row_errors: 0,
        ended: false,
    }))
}

struct LongTable {
    context: Context,
    csv: csv::Reader<Box<dyn Read + Send>>,
    record: ByteRecord,
    row: Row,
    drafts: Drafts,
    skip_lines: u64,
    rows: u64,
    errors: VecDeque<ReadError>,
    row_errors: u64,
    ended: bool,
}

impl Iterator for LongTable {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(error) = self.errors.pop_front() {
                return Some(Err(error));
            }
            if let Some(curve) = self.drafts.next_ready() {
                return Some(Ok(curve));
            }
            if self.ended {
                return None;
            }
            self.read_row();
        }
    }
}

impl LongTable {
    fn read_row(&mut self) {
        match self.csv.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return self.end(None),
            Err(e) => {
                let found = match e.into_kind() {
                    csv::ErrorKind::Io(e) => format!("cannot be read further: {e}"),
                    _ => "cannot be read further".to_string(),
                };
                let place = Place::Line(self.skip_lines + self.csv.position().line());
                return self.end(Some(self.context.error(place, found, "")));
            }
        }
        if self.record.len() == 1 && self.record.get(0).is_some_and(|f| f.trim_ascii().is_empty()) {
            return;
        }
        self.rows += 1;
        if let Err((column, found, expected)) = self.row.take(&self.record, &mut self.drafts) {
            self.row_errors += 1;
            if self.row_errors <= MAX_ROW_ERRORS {
                let line = self.skip_lines + self.record.position().map_or(0, |p| p.line());
                let place = match column.and_then(|c| self.row.names.get(c)) {
                    Some(name) => Place::LineField(line, name.clone()),
                    None => Place::Line(line),
                };
                self.errors.push_back(self.context.error(place, found, expected));
            }
        }
        if self.rows.is_multiple_of(CHECK_EVERY)
            && let Err(e) = self.drafts.check_size()
        {
            self.end(Some(e));
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.drafts.end();
        if self.row_errors > MAX_ROW_ERRORS {
            let found = format!("{} more rows cannot be read", self.row_errors - MAX_ROW_ERRORS);
            self.errors.push_back(self.context.error(Place::File, found, ""));
        }
        if self.rows == 0 && error.is_none() {
            self.errors.push_back(self.context.error(Place::File, "there are no rows under the header", "at least one observation"));
        }
        self.errors.extend(error);
    }
}

/// How a row is read.
struct Row {
    columns: Columns,
    names: Vec<String>,
    extra: Vec<usize>,
    /// The survey of every row, if the format implies it.
    survey: &'static str,
    /// The object of rows without one.
    file_object: Vec<u8>,
    delimiter: u8,
    bands: BandCache,
    text: String,
}

/// Column, what was found, what was expected.
type Fault = (Option<usize>, String, &'static str);

impl Row {
    /// Adds the row to its object.
    fn take(&mut self, record: &ByteRecord, drafts: &mut Drafts) -> Result<(), Fault> {
        if record.len() < self.names.len() || record.iter().skip(self.names.len()).any(|f| !f.trim_ascii().is_empty()) {
            let found = format!("{} fields under a header of {}", record.len(), self.names.len());
            return Err((None, found, "as many fields as the header has names"));
        }
        let field = |i: usize| clean(record.get(i).unwrap_or(&[]));
        let maybe = |i: Option<usize>| i.map(field).filter(|f| !is_missing(f));
        let c = &self.columns;
        let id = match c.object {
            None => self.file_object.as_slice(),
            Some(i) => match field(i) {
                b"" => return Err((c.object, "no name".to_string(), "a name for the object of every row")),
                id => id,
            },
        };
        let (Some((time, times)), Some((band, code))) = (c.time, c.band) else {
            return Err((None, "no time or band".to_string(), ""));
        };
        if field(band).is_empty() {
            return Err((Some(band), "no band".to_string(), "a band for every row"));
        }
        let mut v = Values { mjd: times.mjd(self.number(record, time)?), ..Values::NONE };
        if let Some(f) = c.flux {
            let word = |i: Option<usize>| maybe(i).map(String::from_utf8_lossy);
            points::zero_point_system(word(c.zero_system).as_deref()).map_err(|(found, expected)| (c.zero_system, found, expected))?;
            let scale = match (c.zero_point, word(c.unit)) {
                (Some(i), _) => points::zero_point_scale(self.number(record, i)?),
                (None, Some(unit)) => points::jansky(&unit).ok_or_else(|| (c.unit, quoted(unit.as_bytes()), points::UNITS))?,
                (None, None) => f.scale,
            };
            (v.flux, v.flux_err) = (scale * self.number(record, f.flux)?, scale * self.number(record, f.err)?);
        }
        if let Some((mag, err)) = c.mag {
            match field(mag) {
                // ">20.5" is the usual way to write a limit into a column of magnitudes.
                [b'>', limit @ ..] => (v.mag, v.upper) = (self.parse(limit, mag)?, true),
                text => (v.mag, v.mag_err) = (self.parse(text, mag)?, self.number(record, err)?),
            }
        }
        if let Some(i) = c.limit {
            v.limit = self.number(record, i)?;
        }
        if let Some(i) = c.sign {
            let text = maybe(Some(i)).unwrap_or(b"");
            v.sign = points::sign(text).ok_or_else(|| (Some(i), quoted(text), "t or f, 1 or 0, 1 or -1"))?;
        }
        v.upper |= maybe(c.upper).is_some_and(|t| points::is_true(&String::from_utf8_lossy(t)));
        let stated = match maybe(c.photometry) {
            None => None,
            Some(t) => {
                let stated = points::photometry(&String::from_utf8_lossy(t));
                Some(stated.ok_or_else(|| (c.photometry, quoted(t), "difference or total"))?)
            }
        };

        let draft = drafts.object(id);
        set_once(&mut draft.photometry, stated);
        if let Some(survey) = maybe(c.survey)
            && draft.survey.is_empty()
        {
            draft.survey = String::from_utf8_lossy(survey).into_owned();
        }
        if draft.survey.is_empty() {
            draft.survey.push_str(self.survey);
        }
        if draft.fold.is_none() {
            draft.fold = maybe(c.fold).and_then(|t| points::fold(std::str::from_utf8(t).ok()));
        }
        if let Some(label) = maybe(c.label) {
            note_label(draft, label);
        }
        for (k, &i) in self.extra.iter().enumerate() {
            draft.extra(k, field(i));
        }
        let name = match std::str::from_utf8(field(band)) {
            Ok(name) => name,
            Err(_) => {
                self.text = String::from_utf8_lossy(field(band)).into_owned();
                &self.text
            }
        };
        let band = self.bands.get(name, &draft.survey, code);
        draft.observations.push(v.observation(band));
        Ok(())
    }

    fn number(&self, record: &ByteRecord, column: usize) -> Result<f64, Fault> {
        self.parse(record.get(column).unwrap_or(&[]), column)
    }

    /// A number; NaN for the usual ways to write none.
    fn parse(&self, text: &[u8], column: usize) -> Result<f64, Fault> {
        let text = clean(text);
        if let Ok(utf8) = std::str::from_utf8(text) {
            if let Ok(number) = utf8.parse() {
                return Ok(number);
            }
            if is_missing(text) {
                return Ok(f64::NAN);
            }
            // Where ';' separates, ',' is the decimal point.
            if self.delimiter == b';'
                && utf8.matches(',').count() == 1
                && let Ok(number) = utf8.replace(',', ".").parse()
            {
                return Ok(number);
            }
        }
        Err((Some(column), quoted(text), "a number, or nothing"))
    }
}

pub(super) fn is_missing(text: &[u8]) -> bool {
    const MISSING: [&[u8]; 8] = [b"null", b"nan", b"none", b"na", b"n/a", b"-", b"--", b"masked"];
    text.is_empty() || (text.len() <= 6 && MISSING.iter().any(|m| text.eq_ignore_ascii_case(m)))
}

fn set_once<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

fn note_label(draft: &mut Draft, label: &[u8]) {
    match &draft.label {
        None => draft.label = Some(String::from_utf8_lossy(label).into_owned()),
        Some(known) if known.as_bytes() == label => {}
        Some(known) if *known == String::from_utf8_lossy(label) => {}
        Some(_) => draft.warn(Warning::Other("rows differ in their label: the first is kept".to_string())),
    }
}
