//! Binary tables of FITS files, read row by row from the first to the last. Knows columns, not what they mean.
//! (FITS standard 4.0, section 7.3.)

use super::fits_header::{BLOCK, Fault, Header, Value, fault};
use super::source::Source;
use super::{Place, ReadError};
use std::borrow::Cow;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

const WHOLE: &str = "a whole FITS file: was it cut off in a copy or download?";
/// A row of more bytes is corrupt.
const MAX_ROW_BYTES: i64 = 64 << 20;

/// How a column's values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Logical,
    Bits,
    Byte,
    Short,
    Int,
    Long,
    Chars,
    Float,
    Double,
    Complex,
    DoubleComplex,
    /// A descriptor of an array in the heap, of 8 or 16 bytes.
    Array(usize),
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    /// Physical unit, may be empty.
    pub unit: String,
    kind: Kind,
    /// Values per row; characters for text.
    repeat: usize,
    offset: usize,
    null: Option<i64>,
    scale: f64,
    zero: f64,
}

impl Column {
    /// Bytes in a row.
    fn width(&self) -> usize {
        let one = match self.kind {
            Kind::Bits => return self.repeat.div_ceil(8),
            Kind::Logical | Kind::Byte | Kind::Chars => 1,
            Kind::Short => 2,
            Kind::Int | Kind::Float => 4,
            Kind::Long | Kind::Double | Kind::Complex => 8,
            Kind::DoubleComplex => 16,
            Kind::Array(descriptor) => descriptor,
        };
        one * self.repeat
    }

    /// Why this column can't be read as one number, or one text, per row.
    pub fn unfit(&self, as_number: bool) -> Option<Fault> {
        let expected = if as_number { "one number per row" } else { "one text or number per row" };
        let found = match self.kind {
            Kind::Array(_) => "arrays of varying length".to_string(),
            Kind::Bits | Kind::Complex | Kind::DoubleComplex => "bits or complex numbers".to_string(),
            Kind::Chars if as_number => "text".to_string(),
            Kind::Chars => return None,
            _ if self.repeat != 1 => format!("{} values per row", self.repeat),
            _ => return None,
        };
        Some(fault(found, expected))
    }

    fn bytes<'r>(&self, row: &'r [u8]) -> &'r [u8] {
        row.get(self.offset..self.offset + self.width()).unwrap_or(&[])
    }

    /// A whole number as it is stored.
    fn stored(&self, row: &[u8]) -> Option<i64> {
        let bytes = self.bytes(row);
        let stored = match self.kind {
            Kind::Byte => i64::from(*bytes.first()?),
            Kind::Short => i64::from(i16::from_be_bytes(bytes.get(..2)?.try_into().ok()?)),
            Kind::Int => i64::from(i32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)),
            Kind::Long => i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?),
            _ => return None,
        };
        (self.null != Some(stored)).then_some(stored)
    }

    /// The number in a row; NaN where there is none.
    pub fn number(&self, row: &[u8]) -> f64 {
        let bytes = self.bytes(row);
        let raw = match self.kind {
            Kind::Float => bytes.get(..4).and_then(|b| b.try_into().ok()).map(|b| f64::from(f32::from_be_bytes(b))),
            Kind::Double => bytes.get(..8).and_then(|b| b.try_into().ok()).map(f64::from_be_bytes),
            Kind::Logical => match bytes.first() {
                Some(b'T') => return 1.0,
                Some(b'F') => return 0.0,
                _ => None,
            },
            _ => self.stored(row).map(|i| i as f64),
        };
        raw.map_or(f64::NAN, |raw| self.zero + self.scale * raw)
    }

    /// The value in a row as text, without the blanks around it; none where there is none.
    pub fn text<'r>(&self, row: &'r [u8]) -> Option<Cow<'r, str>> {
        let text = match self.kind {
            Kind::Chars => {
                let bytes = self.bytes(row);
                let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
                String::from_utf8_lossy(bytes.get(..end).unwrap_or(bytes).trim_ascii())
            }
            Kind::Byte | Kind::Short | Kind::Int | Kind::Long if self.scale == 1.0 => {
                // Unsigned numbers are stored with half their range as the zero.
                let zero = if self.zero.abs() < 1e19 { self.zero as i128 } else { 0 };
                Cow::Owned((i128::from(self.stored(row)?) + zero).to_string())
            }
            // As it was before it became a double.
            Kind::Float if self.scale == 1.0 && self.zero == 0.0 => match self.number(row) as f32 {
                n if n.is_nan() => return None,
                n => Cow::Owned(n.to_string()),
            },
            _ => match self.number(row) {
                n if n.is_nan() => return None,
                n => Cow::Owned(n.to_string()),
            },
        };
        (!text.is_empty()).then_some(text)
    }
}

/// The columns of a table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub header: Header,
    pub columns: Vec<Column>,
    pub rows: u64,
    row_bytes: usize,
    /// What follows the rows up to the next header.
    tail_bytes: u64,
}

impl Table {
    fn new(header: Header) -> Result<Table, Fault> {
        if header.is_true("ZTABLE") {
            return Err(fault("a compressed binary table", "one that is not compressed: funpack does that"));
        }
        for (key, value) in [("BITPIX", 8), ("NAXIS", 2)] {
            header.integer(key, value..=value)?;
        }
        let row_bytes = header.integer("NAXIS1", 0..=MAX_ROW_BYTES)?;
        let rows = header.integer("NAXIS2", 0..=i64::MAX)?;
        let fields = header.integer("TFIELDS", 0..=999)?;
        let mut columns = Vec::new();
        let mut offset = 0;
        for i in 1..=fields {
            let column = column(&header, i, offset)?;
            offset += column.width();
            columns.push(column);
        }
        if offset as i64 != row_bytes {
            return Err(fault(
                format!("the columns take {offset} bytes of a row, but NAXIS1 is {row_bytes}"),
                "a header that agrees with itself",
            ));
        }
        let data = header.data_bytes()?;
        let in_rows = rows.unsigned_abs() * row_bytes.unsigned_abs();
        let tail_bytes = data.next_multiple_of(BLOCK as u64).saturating_sub(in_rows);
        Ok(Table { header, columns, rows: rows.unsigned_abs(), row_bytes: offset, tail_bytes })
    }

    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.name.as_str()).collect()
    }

    /// The column of a name, without regard to case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }
}

fn column(header: &Header, i: i64, offset: usize) -> Result<Column, Fault> {
    let text = |key: &str| header.text(&format!("{key}{i}")).unwrap_or_default().trim().to_string();
    let form = text("TFORM");
    let bad = || fault(format!("TFORM{i} is \"{form}\""), "a repeat count and one of the letters L X B I J K A E D C M P Q");
    let digits = form.bytes().take_while(u8::is_ascii_digit).count();
    let repeat = match form.get(..digits) {
        Some("") | None => 1,
        Some(n) => n.parse().ok().filter(|n| *n <= MAX_ROW_BYTES as usize).ok_or_else(bad)?,
    };
    let kind = match form.as_bytes().get(digits) {
        Some(b'L') => Kind::Logical,
        Some(b'X') => Kind::Bits,
        Some(b'B') => Kind::Byte,
        Some(b'I') => Kind::Short,
        Some(b'J') => Kind::Int,
        Some(b'K') => Kind::Long,
        Some(b'A') => Kind::Chars,
        Some(b'E') => Kind::Float,
        Some(b'D') => Kind::Double,
        Some(b'C') => Kind::Complex,
        Some(b'M') => Kind::DoubleComplex,
        Some(b'P') => Kind::Array(8),
        Some(b'Q') => Kind::Array(16),
        _ => return Err(bad()),
    };
    let number = |key: &str, default: f64| header.float(&format!("{key}{i}")).unwrap_or(default);
    let null = match header.get(&format!("TNULL{i}")) {
        Some(Value::Integer(n)) => Some(*n),
        _ => None,
    };
    Ok(Column {
        name: text("TTYPE"),
        unit: text("TUNIT"),
        kind,
        repeat,
        offset,
        null,
        scale: number("TSCAL", 1.0),
        zero: number("TZERO", 0.0),
    })
}

/// A FITS file, open at the first row of one of its tables.
pub(super) struct FitsFile {
    pub path: Arc<PathBuf>,
    /// The header before all tables.
    pub primary: Header,
    /// None: no table of the file is wanted.
    pub table: Option<Table>,
    /// Columns of the first table that was passed over, for a message.
    pub other_columns: Vec<String>,
    bytes: BufReader<Box<dyn Read + Send>>,
    /// Rows of the table that were read.
    row: u64,
    buffer: Vec<u8>,
}

impl FitsFile {
    /// Reads headers up to the first table whose columns (by name) are `wanted`.
    pub fn open(source: Source, wanted: fn(&[&str]) -> bool) -> Result<FitsFile, ReadError> {
        let path = source.path.clone();
        let mut bytes = BufReader::with_capacity(1 << 16, source.into_read());
        let error = |(found, expected): Fault| ReadError::new(&path, Place::File, found, expected);
        let primary =
            Header::read(&mut bytes, "SIMPLE").map_err(error)?.ok_or_else(|| error(fault("the file ends within a header", WHOLE)))?;
        let data = primary.data_bytes().map_err(error)?;
        skip(&mut bytes, data.next_multiple_of(BLOCK as u64)).map_err(error)?;
        let mut file = FitsFile { path: path.clone(), primary, table: None, other_columns: Vec::new(), bytes, row: 0, buffer: Vec::new() };
        file.find(wanted).map_err(error)?;
        Ok(file)
    }

    /// Goes on to the next table that is wanted, past what is left of this one. False if there is none.
    pub fn next_table(&mut self, wanted: fn(&[&str]) -> bool) -> Result<bool, Fault> {
        if let Some(table) = self.table.take() {
            let left = (table.rows.saturating_sub(self.row)).saturating_mul(table.row_bytes as u64);
            skip(&mut self.bytes, left.saturating_add(table.tail_bytes))?;
        }
        self.find(wanted)?;
        Ok(self.table.is_some())
    }

    fn find(&mut self, wanted: fn(&[&str]) -> bool) -> Result<(), Fault> {
        self.row = 0;
        while let Some(header) = Header::read(&mut self.bytes, "XTENSION")? {
            let data = header.data_bytes()?;
            if header.text("XTENSION").is_some_and(|x| x.trim() == "BINTABLE") {
                let table = Table::new(header)?;
                if wanted(&table.names()) {
                    self.buffer = vec![0; table.row_bytes];
                    self.table = Some(table);
                    return Ok(());
                }
                if self.other_columns.is_empty() {
                    self.other_columns = table.columns.into_iter().map(|c| c.name).collect();
                }
            }
            skip(&mut self.bytes, data.next_multiple_of(BLOCK as u64))?;
        }
        Ok(())
    }

    /// Number of rows that were read or passed over.
    pub fn rows_read(&self) -> u64 {
        self.row
    }

    /// The next row's bytes; none after the last.
    pub fn next_row(&mut self) -> Result<Option<&[u8]>, Fault> {
        let rows = self.table.as_ref().map_or(0, |t| t.rows);
        if self.row >= rows {
            return Ok(None);
        }
        self.bytes.read_exact(&mut self.buffer).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => fault(format!("the file ends after {} of {rows} rows", self.row), WHOLE),
            _ => fault(format!("cannot be read further: {e}"), ""),
        })?;
        self.row += 1;
        Ok(Some(&self.buffer))
    }

    /// Passes over rows, so that the next one is `row`, counted from 0. It can't lie before the last one read.
    pub fn skip_to(&mut self, row: u64) -> Result<(), Fault> {
        let (rows, row_bytes) = self.table.as_ref().map_or((0, 0), |t| (t.rows, t.row_bytes));
        if row > rows || row < self.row {
            return Err(fault(format!("row {} of {rows}", row.saturating_add(1)), "a row that the table has"));
        }
        let there = skip(&mut self.bytes, (row - self.row).saturating_mul(row_bytes as u64))?;
        self.row += there.checked_div(row_bytes as u64).unwrap_or(row - self.row);
        if self.row < row {
            return Err(fault(format!("the file ends after {} of {rows} rows", self.row), WHOLE));
        }
        Ok(())
    }
}

/// Passes over bytes, and says how many there were.
fn skip(bytes: &mut impl Read, n: u64) -> Result<u64, Fault> {
    std::io::copy(&mut bytes.take(n), &mut std::io::sink()).map_err(|e| fault(format!("cannot be read further: {e}"), ""))
}
