//! Rows that are there already, written to a file at once: the contract of `taxonova classify` for whoever has the answers.

use super::output::{Format, OutputError, Partial};
use super::parquet_rows::{parquet_schema, record_batch, writer_properties};
use super::row::{Columns, Row};
use super::text_rows::{TextFormat, TextRenderer};
use crate::taxonomy::Layout;
use parquet::arrow::ArrowWriter;
use std::fmt::Display;
use std::path::Path;

/// Rows that are made and written together.
const CHUNK: usize = 1024;

/// Writes rows on a layout. The file is whole or not there; one that is there is replaced.
pub fn write_rows(path: &Path, format: Format, layout: &Layout, rows: impl Iterator<Item = Row>) -> Result<(), OutputError> {
    let mut partial = Partial::create(path, false)?;
    match fill(&mut partial, path, format, layout, rows) {
        Ok(()) => partial.finish(),
        Err(e) => {
            // What was wrong with the writing matters more than what is wrong with cleaning up after it.
            let _ = partial.discard();
            Err(e)
        }
    }
}

fn fill(partial: &mut Partial, path: &Path, format: Format, layout: &Layout, rows: impl Iterator<Item = Row>) -> Result<(), OutputError> {
    let mut rows = rows.peekable();
    let mut chunk = Vec::with_capacity(CHUNK);
    let fault = |e: &dyn Display| OutputError::Parquet { path: path.to_path_buf(), reason: e.to_string() };
    let text = match format {
        Format::Csv => TextFormat::Csv,
        Format::Jsonl => TextFormat::Jsonl,
        Format::Parquet => {
            let schema = parquet_schema(layout, Columns::default());
            let mut writer = ArrowWriter::try_new(partial.handle()?, schema.clone(), Some(writer_properties())).map_err(|e| fault(&e))?;
            while rows.peek().is_some() {
                chunk.clear();
                chunk.extend(rows.by_ref().take(CHUNK));
                let batch = record_batch(&schema, &chunk).map_err(|e| fault(&e))?;
                writer.write(&batch).map_err(|e| fault(&e))?;
            }
            writer.close().map_err(|e| fault(&e))?;
            return Ok(());
        }
    };
    let renderer = TextRenderer::new(text, layout, Columns::default());
    let mut bytes = renderer.header();
    while rows.peek().is_some() {
        chunk.clear();
        chunk.extend(rows.by_ref().take(CHUNK));
        renderer.render(&mut bytes, &chunk);
        partial.write(&bytes)?;
        bytes.clear();
    }
    partial.write(&bytes)
}
