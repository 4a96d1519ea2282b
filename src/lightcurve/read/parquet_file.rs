//! Opens Parquet files. Knows columns, not what they mean.

use super::source::{Seekable, Source};
use super::{Place, ReadError, ReadOptions};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::path::PathBuf;
use std::sync::Arc;

/// A Parquet file whose footer has been read.
pub(super) struct ParquetFile {
    path: Arc<PathBuf>,
    bytes: Seekable,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Reads the footer.
    pub fn open(source: Source, options: &ReadOptions) -> Result<ParquetFile, ReadError> {
        let path = source.path.clone();
        let bytes = source.into_seekable(options.max_bytes)?;
        let metadata = match &bytes {
            Seekable::File(file) => ArrowReaderMetadata::load(file, ArrowReaderOptions::new()),
            Seekable::Memory(bytes) => ArrowReaderMetadata::load(bytes, ArrowReaderOptions::new()),
        };
        match metadata {
            Ok(metadata) => Ok(ParquetFile { path, bytes, metadata }),
            Err(e) => {
                let expected = "a whole Parquet file: was it cut off in a copy or download?";
                Err(ReadError::new(&path, Place::File, format!("the end of this Parquet file cannot be read: {e}"), expected))
            }
        }
    }

    /// Columns and their types.
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Batches of at most `rows` rows with these top-level columns (indices into the schema; the batch keeps the schema's order).
    pub fn batches(self, columns: &[usize], rows: usize) -> Result<ParquetRecordBatchReader, ReadError> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().copied());
        self.masked(mask, rows)
    }

    /// Batches of at most `rows` rows with those values whose path (names from the top-level column down, with Parquet's
    /// own levels of lists in between) is `wanted`.
    pub fn batches_of_leaves(self, wanted: impl Fn(&[String]) -> bool, rows: usize) -> Result<ParquetRecordBatchReader, ReadError> {
        let schema = self.metadata.parquet_schema();
        let leaves = schema.columns().iter().enumerate().filter(|(_, c)| wanted(c.path().parts())).map(|(i, _)| i);
        let mask = ProjectionMask::leaves(schema, leaves.collect::<Vec<_>>());
        self.masked(mask, rows)
    }

    fn masked(self, mask: ProjectionMask, rows: usize) -> Result<ParquetRecordBatchReader, ReadError> {
        let reader = match self.bytes {
            Seekable::File(file) => {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata).with_projection(mask).with_batch_size(rows).build()
            }
            Seekable::Memory(bytes) => {
                ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, self.metadata).with_projection(mask).with_batch_size(rows).build()
            }
        };
        reader.map_err(|e| ReadError::new(&self.path, Place::File, format!("the columns cannot be read: {e}"), ""))
    }
}
