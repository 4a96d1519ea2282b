//! Rows that are there already, written to a file at once: the contract of `taxonova classify` for whoever has the answers.

use super::encode::{Encoder, Renderer};
use super::output::{Format, OutputError, Partial};
use super::row::{Columns, Row};
use crate::taxonomy::Layout;
use std::path::Path;

/// Rows that are made and written together.
const CHUNK: usize = 1024;

/// Writes rows on a layout. The file is whole or not there; one that is there is replaced.
pub fn write_rows(path: &Path, format: Format, layout: &Layout, rows: impl Iterator<Item = Row>) -> Result<(), OutputError> {
    let mut partial = Partial::create(path)?;
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
    let renderer = Renderer::new(format, layout, Columns::default());
    let mut encoder = Encoder::create(path, partial.handle()?, format, &renderer)?;
    while rows.peek().is_some() {
        chunk.clear();
        chunk.extend(rows.by_ref().take(CHUNK));
        encoder.write(renderer.render(&chunk))?;
    }
    encoder.close()
}
