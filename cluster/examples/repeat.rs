//! `repeat IN.parquet OUT.parquet TIMES`: the rows of a file so often, each time under other object ids, for measurements.

use anyhow::{Context, Result};
use datafusion::arrow::array::{AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use std::fs::File;

/// Rows of a row group: the pieces that a file can be cut into.
const GROUP: usize = 4096;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("usage: repeat IN.parquet OUT.parquet TIMES");
    let (input, output, times) = (next()?, next()?, next()?.parse::<usize>()?);
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(input)?)?.with_batch_size(GROUP).build()?;
    let batches = reader.collect::<Result<Vec<RecordBatch>, _>>()?;
    let schema = batches.first().context("the file is empty")?.schema();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(GROUP)).build();
    let mut writer = ArrowWriter::try_new(File::create(output)?, schema.clone(), Some(properties))?;
    let id = schema.index_of("object_id")?;
    for time in 0..times {
        for batch in &batches {
            let kind = batch.column(id).data_type();
            let ids = cast(batch.column(id), &DataType::Utf8)?;
            let ids = ids.as_string_opt::<i32>().context("object_id is no text")?;
            let mut columns = batch.columns().to_vec();
            let renamed: StringArray = ids.iter().map(|id| id.map(|id| format!("{id}-{time}"))).collect();
            columns[id] = cast(&renamed, kind)?;
            writer.write(&RecordBatch::try_new(schema.clone(), columns)?)?;
        }
    }
    writer.close()?;
    Ok(())
}
