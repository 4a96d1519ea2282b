//! Parquet with one row per observation: ALeRCE's detections, SNANA-style tables, and whatever has columns of known names.

use super::arrays::{Texts, is_number, is_text, numbers};
use super::columns::Columns;
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::table_rows::{Cells, RowErrors, Rows};
use super::unpack::object_name;
use super::{Objects, Place, ReadError};
use crate::lightcurve::LightCurve;
use arrow::array::RecordBatch;
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::borrow::Cow;

/// Rows per batch.
const BATCH_ROWS: usize = 8192;
/// A table with a time and so many columns of known names is meant to be one of observations: what it lacks is named.
const KNOWN: usize = 3;

/// Names of those columns that hold one value per row; the others are blank, so that indices stay.
fn names(schema: &Schema) -> Vec<&str> {
    let flat = |f: &arrow::datatypes::Field| is_text(f.data_type());
    schema.fields().iter().map(|f| if flat(f) { f.name().as_str() } else { "" }).collect()
}

/// A table as ALeRCE gives it: difference magnitudes by filter number, all other columns about single detections.
pub(super) fn accepts_alerce(file: &Opened) -> bool {
    let needed = ["oid", "mjd", "fid", "isdiffpos", "magpsf", "sigmapsf"];
    match file {
        Opened::Parquet(f) => {
            let names = names(f.schema());
            needed.iter().all(|n| names.iter().any(|x| x.eq_ignore_ascii_case(n)))
        }
        _ => false,
    }
}

pub(super) fn accepts_long(file: &Opened) -> bool {
    match file {
        Opened::Parquet(f) => {
            let columns = Columns::find(&names(f.schema()));
            columns.time.is_some() && columns.known() >= KNOWN
        }
        _ => false,
    }
}

pub(super) fn objects_alerce(file: Opened, context: Context) -> Result<Objects, ReadError> {
    open(file, context, "ztf")
}

pub(super) fn objects_long(file: Opened, context: Context) -> Result<Objects, ReadError> {
    open(file, context, "")
}

fn open(file: Opened, context: Context, survey: &str) -> Result<Objects, ReadError> {
    let Opened::Parquet(file) = file else {
        return Err(context.error(Place::File, "this is no Parquet file", ""));
    };
    let schema = file.schema().clone();
    let names = names(&schema);
    let mut columns = Columns::find(&names);
    let missing = columns.missing(&names);
    if !missing.is_empty() {
        let found = format!("the columns are {}", listed(schema.fields().iter().map(|f| f.name())));
        return Err(context.error(Place::File, found, format!("these as well: {}", missing.join("; "))));
    }
    let mut as_number = vec![columns.time.map(|t| t.0), columns.limit, columns.zero_point];
    as_number.extend(columns.mag.into_iter().flat_map(|m| [Some(m.0), Some(m.1)]));
    as_number.extend(columns.flux.into_iter().flat_map(|f| [Some(f.flux), Some(f.err)]));
    let used = columns.used();
    for &i in &used {
        let field = schema.field(i);
        if as_number.contains(&Some(i)) && !is_number(field.data_type()) {
            let found = format!("values of type {}", field.data_type());
            return Err(context.error(Place::Field(field.name().clone()), found, "numbers"));
        }
    }
    let keep = |i: &usize| !used.contains(i) && names.get(*i).is_some_and(|n| !n.is_empty() && !n.starts_with("__index_level_"));
    let mut extra: Vec<usize> = if survey.is_empty() { (0..names.len()).filter(keep).collect() } else { Vec::new() };
    let extra_names = extra.iter().filter_map(|&i| names.get(i).map(|n| n.to_string())).collect();
    let mut read = [used, extra.clone()].concat();
    read.sort_unstable();
    let kinds = read.iter().map(|i| as_number.contains(&Some(*i))).collect();
    let place = |i: &mut usize| *i = read.binary_search(i).unwrap_or(0);
    columns.for_each_index(place);
    extra.iter_mut().for_each(place);
    let column_names = read.iter().filter_map(|&i| names.get(i).map(|n| n.to_string())).collect();
    let signed = columns.sign.is_some() || columns.is_fluxcal();
    let batches = file.batches(&read, BATCH_ROWS)?;
    let bands = context.bands();
    let rows = Rows { columns, extra, survey: survey.to_string(), file_object: object_name(&context.path), bands };
    Ok(Box::new(LongTable {
        drafts: Drafts::new(context.clone(), signed, extra_names),
        context,
        batches,
        names: column_names,
        kinds,
        rows,
        rows_read: 0,
        errors: RowErrors::default(),
        ended: false,
    }))
}

enum Column {
    Numbers(ScalarBuffer<f64>),
    Texts(Texts),
}

/// A batch with its columns unpacked.
struct Batch(Vec<Column>);

impl Batch {
    fn new(batch: &RecordBatch, kinds: &[bool]) -> Result<Batch, ArrowError> {
        let column = |(array, number): (&arrow::array::ArrayRef, &bool)| {
            Ok(if *number { Column::Numbers(numbers(array)?) } else { Column::Texts(Texts::of(array)?) })
        };
        batch.columns().iter().zip(kinds).map(column).collect::<Result<_, _>>().map(Batch)
    }
}

struct Row<'b> {
    batch: &'b Batch,
    row: usize,
}

impl Cells for Row<'_> {
    fn number(&self, column: usize) -> f64 {
        match self.batch.0.get(column) {
            Some(Column::Numbers(n)) => n.get(self.row).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        }
    }

    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        match self.batch.0.get(column)? {
            Column::Texts(t) => t.get(self.row).map(Cow::Borrowed),
            Column::Numbers(_) => None,
        }
    }
}

struct LongTable {
    context: Context,
    batches: ParquetRecordBatchReader,
    /// Of the columns of the batches.
    names: Vec<String>,
    /// Which of them are read as numbers.
    kinds: Vec<bool>,
    rows: Rows,
    drafts: Drafts,
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
            self.read_batch();
        }
    }
}

impl LongTable {
    fn read_batch(&mut self) {
        let batch = match self.batches.next() {
            None => {
                let empty = self.rows_read == 0;
                let error = empty.then(|| self.context.error(Place::File, "there are no rows", "at least one observation"));
                return self.end(error);
            }
            Some(batch) => batch.and_then(|b| Ok((b.num_rows(), Batch::new(&b, &self.kinds)?))),
        };
        let (n, batch) = match batch {
            Ok(batch) => batch,
            Err(e) => {
                let found = format!("this row and those after it cannot be read: {e}");
                let error = self.context.error(Place::Row(self.rows_read + 1), found, "a Parquet file that is whole");
                return self.end(Some(error));
            }
        };
        for row in 0..n {
            self.rows_read += 1;
            if let Err((column, found, expected)) = self.rows.take(&Row { batch: &batch, row }, &mut self.drafts) {
                let name = column.and_then(|c| self.names.get(c)).cloned();
                self.errors.add(&self.context, self.rows_read, name, found, expected);
            }
        }
        if let Err(e) = self.drafts.check_size() {
            self.end(Some(e));
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.drafts.end();
        self.errors.end(&self.context, error);
    }
}
