//! FITS binary tables with one row per observation.

use super::columns::{Columns, Times};
use super::drafts::Drafts;
use super::error::listed;
use super::fits_table::{Column, FitsFile, Table};
use super::formats::{Context, Opened};
use super::snana_fits;
use super::table_rows::{Cells, RowErrors, Rows};
use super::unpack::object_name;
use super::{Objects, Place, ReadError};
use crate::lightcurve::{LightCurve, units};
use std::borrow::Cow;

/// Memory is checked every so many rows.
const CHECK_EVERY: u64 = 4096;

/// Whether a table of these columns is read at all: SNANA's table of objects, or one row per observation.
pub(super) fn is_wanted(names: &[&str]) -> bool {
    snana_fits::is_head(names) || is_long(names)
}

fn is_long(names: &[&str]) -> bool {
    Columns::find(names).missing(names).is_empty()
}

pub(super) fn accepts(file: &Opened) -> bool {
    matches!(file, Opened::Fits(f) if f.table.as_ref().is_some_and(|t| is_long(&t.names())))
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Fits(file) = file else {
        return Err(context.error(Place::File, "this is no FITS file", ""));
    };
    let Some(table) = &file.table else {
        return Err(context.error(Place::File, "there is no table", "a binary table"));
    };
    let (cells, rows, extra_names) = plan(table, &context)?;
    let signed = rows.columns.sign.is_some() || rows.columns.is_fluxcal();
    Ok(Box::new(LongTable {
        drafts: Drafts::new(context.clone(), signed, extra_names),
        context,
        file: *file,
        cells,
        rows,
        rows_read: 0,
        errors: RowErrors::default(),
        ended: false,
    }))
}

/// How the values of a row are read.
struct Stored {
    columns: Vec<Column>,
    /// The column of times, the factor that makes them days, and the date that they count from.
    time: (usize, f64, f64),
}

struct Row<'r> {
    stored: &'r Stored,
    bytes: &'r [u8],
}

impl Cells for Row<'_> {
    fn number(&self, column: usize) -> f64 {
        let number = self.stored.columns.get(column).map_or(f64::NAN, |c| c.number(self.bytes));
        match self.stored.time {
            (time, scale, zero) if time == column => zero + scale * number,
            _ => number,
        }
    }

    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.stored.columns.get(column)?.text(self.bytes)
    }
}

/// What is read from the columns of a table, and the names of those that are kept as text.
fn plan(table: &Table, context: &Context) -> Result<(Stored, Rows, Vec<String>), ReadError> {
    let names = table.names();
    let mut columns = Columns::find(&names);
    let missing = columns.missing(&names);
    if !missing.is_empty() {
        let found = format!("the columns are {}", listed(&names));
        return Err(context.error(Place::File, found, format!("these as well: {}", missing.join("; "))));
    }
    let time = columns.time.unwrap_or((0, Times::Mjd));
    let mut numbers = vec![Some(time.0), columns.limit, columns.zero_point];
    numbers.extend(columns.mag.into_iter().flat_map(|m| [Some(m.0), Some(m.1)]));
    numbers.extend(columns.flux.into_iter().flat_map(|f| [Some(f.flux), Some(f.err)]));
    let used = columns.used();
    for &i in &used {
        if let Some(column) = table.columns.get(i)
            && let Some((found, expected)) = column.unfit(numbers.contains(&Some(i)))
        {
            return Err(context.error(Place::Field(column.name.clone()), found, expected));
        }
    }
    // A column that is just called "flux" tells its unit by TUNIT.
    if columns.zero_point.is_none()
        && let Some(flux) = &mut columns.flux
        && let Some(column) = table.columns.get(flux.flux)
        && column.name.eq_ignore_ascii_case("flux")
        && !column.unit.is_empty()
    {
        let expected = "Jy, mJy, uJy or nJy, or a column zp with the AB zero points";
        let unknown = || context.error(Place::Field(column.name.clone()), format!("the unit {}", column.unit), expected);
        flux.scale = super::points::jansky(&column.unit).ok_or_else(unknown)?;
    }
    let fits = |i: usize| table.columns.get(i).is_some_and(|c| !c.name.is_empty() && c.unfit(false).is_none());
    let extra: Vec<usize> = (0..names.len()).filter(|i| !used.contains(i) && fits(*i)).collect();
    let extra_names = extra.iter().filter_map(|&i| names.get(i).map(|n| n.to_string())).collect();
    let (scale, zero) = time_axis(table, time.0, time.1);
    let stored = Stored { columns: table.columns.clone(), time: (time.0, scale, zero) };
    let bands = context.bands();
    let rows = Rows { columns, extra, survey: String::new(), file_object: object_name(&context.path), bands };
    Ok((stored, rows, extra_names))
}

/// Factor and zero of a column of times: seconds become days, and what is only called a time counts from the header's
/// reference (MJDREF, JDREF) if there is one.
fn time_axis(table: &Table, time: usize, times: Times) -> (f64, f64) {
    let scale = match table.columns.get(time).map(|c| c.unit.trim()) {
        Some("s" | "sec" | "seconds") => 1.0 / 86_400.0,
        _ => 1.0,
    };
    let key = |name: &str| table.header.float(name);
    let reference = key("MJDREF")
        .or_else(|| Some(key("MJDREFI")? + key("MJDREFF").unwrap_or(0.0)))
        .or_else(|| key("JDREF").map(|jd| jd - units::JD_OFFSET));
    match times {
        Times::Either => (scale, reference.unwrap_or(0.0)),
        _ => (scale, 0.0),
    }
}

struct LongTable {
    context: Context,
    file: FitsFile,
    cells: Stored,
    rows: Rows,
    drafts: Drafts,
    /// Of all tables.
    rows_read: u64,
    errors: RowErrors,
    ended: bool,
}

impl Iterator for LongTable {
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
            self.read_row();
        }
    }
}

impl LongTable {
    fn read_row(&mut self) {
        let row = match self.file.next_row() {
            Ok(Some(bytes)) => Row { stored: &self.cells, bytes },
            Ok(None) => return self.next_table(),
            Err((found, expected)) => {
                let error = self.context.error(Place::Row(self.rows_read + 1), found, expected);
                return self.end(Some(error));
            }
        };
        self.rows_read += 1;
        if let Err((column, found, expected)) = self.rows.take(&row, &mut self.drafts) {
            let name = column.and_then(|c| self.cells.columns.get(c)).map(|c| c.name.clone());
            self.errors.add(&self.context, self.rows_read, name, found, expected);
        }
        if self.rows_read.is_multiple_of(CHECK_EVERY)
            && let Err(e) = self.drafts.check_size()
        {
            self.end(Some(e));
        }
    }

    /// Further tables of the same columns belong to the same objects.
    fn next_table(&mut self) {
        match self.file.next_table(is_long) {
            Err((found, expected)) => {
                let error = self.context.error(Place::Row(self.rows_read), found, expected);
                self.end(Some(error));
            }
            Ok(false) => {
                let empty = self.rows_read == 0;
                let error = empty.then(|| self.context.error(Place::File, "the table has no rows", "at least one observation"));
                self.end(error);
            }
            Ok(true) => {
                let Some(table) = &self.file.table else { return self.end(None) };
                match plan(table, &self.context) {
                    Ok((cells, rows, _)) => {
                        let extra = std::mem::take(&mut self.rows.extra);
                        // What is kept as text is named once: by the first table.
                        let same = rows.extra == extra;
                        (self.cells, self.rows) = (cells, rows);
                        if !same {
                            self.rows.extra.clear();
                        }
                    }
                    Err(e) => self.end(Some(e)),
                }
            }
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.drafts.end();
        self.errors.end(&self.context, error);
    }
}
