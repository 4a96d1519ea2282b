//! Objects from record batches that somebody else has read: Parquet with one row per object, without the file.

use super::corpus::{self, Batch, Plan};
use super::error::listed;
use super::formats::Context;
use super::points::BandCache;
use super::{Place, ReadError, ReadOptions, guard};
use crate::lightcurve::LightCurve;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use std::path::Path;
use std::sync::Arc;

/// Reads batches with the columns of the format `parquet` (docs/formats.md).
pub struct ListTable {
    context: Context,
    plan: Plan,
    bands: BandCache,
}

impl ListTable {
    /// For tables with these columns. `path` is for origins and errors.
    pub fn new(schema: &Schema, path: &Path, options: &ReadOptions) -> Result<ListTable, ReadError> {
        let context = Context { path: Arc::new(path.to_path_buf()), format: "parquet", options: options.clone() };
        if !corpus::is_corpus(schema) {
            let found = format!("the columns are {}", listed(schema.fields().iter().map(|f| f.name())));
            return Err(context.error(Place::File, found, "one row per object, with lists of times, bands and fluxes or magnitudes"));
        }
        let plan = Plan::new(schema, &context)?;
        let bands = context.bands();
        Ok(ListTable { context, plan, bands })
    }

    /// The columns that are read (indices into the schema, ascending).
    pub fn columns(&self) -> &[usize] {
        &self.plan.read
    }

    /// One light curve or fault per row of a batch that holds the columns of [`ListTable::columns`] alone, in their order.
    pub fn read(&mut self, batch: &RecordBatch) -> Vec<Result<LightCurve, ReadError>> {
        let rows = batch.num_rows();
        let batch = match Batch::new(batch, &self.plan) {
            Ok(batch) => batch,
            Err(e) => {
                let error = || self.context.error(Place::File, format!("these rows cannot be read: {e}"), "lists of numbers and texts");
                return (0..rows).map(|_| Err(error())).collect();
            }
        };
        (0..batch.rows).map(|row| self.object(&batch, row)).collect()
    }

    fn object(&mut self, batch: &Batch, row: usize) -> Result<LightCurve, ReadError> {
        match guard::guarded(|| corpus::object(batch, row, &self.plan, &self.context, &mut self.bands)) {
            Ok(curve) => curve.map_err(|(found, expected)| self.context.error(Place::File, found, expected)),
            Err(panic) => Err(self.context.error(Place::File, format!("the row is corrupt ({panic})"), "a whole file")),
        }
    }
}
