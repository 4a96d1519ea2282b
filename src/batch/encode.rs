//! From rows to what a format holds, and from that to a file or a stream. The same rows in the same batches give the same bytes.

use super::output::{Format, OutputError};
use super::parquet_rows::{parquet_schema, record_batch, writer_properties};
use super::row::{Columns, Row};
use super::text_rows::{TextFormat, TextRenderer};
use crate::taxonomy::Layout;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows in a format, before they are written.
#[derive(Debug, Clone)]
pub enum Data {
    /// Of a text format.
    Bytes(Vec<u8>),
    /// Of a format of columns.
    Columns(RecordBatch),
    /// The rows could not be put into columns.
    Fault(String),
}

/// Turns rows into [`Data`]. One for all threads.
#[derive(Debug, Clone)]
pub enum Renderer {
    /// CSV or JSON lines.
    Text(TextRenderer),
    /// Parquet or Arrow.
    Columns(SchemaRef),
}

impl Renderer {
    /// For rows on this layout; with the columns that are asked for.
    pub fn new(format: Format, layout: &Layout, columns: Columns) -> Renderer {
        match format {
            Format::Csv => Renderer::Text(TextRenderer::new(TextFormat::Csv, layout, columns)),
            Format::Jsonl => Renderer::Text(TextRenderer::new(TextFormat::Jsonl, layout, columns)),
            Format::Parquet | Format::Arrow => Renderer::Columns(parquet_schema(layout, columns)),
        }
    }

    /// The rows, in order.
    pub fn render(&self, rows: &[Row]) -> Data {
        match self {
            Renderer::Text(text) => {
                let mut bytes = Vec::with_capacity(rows.len() * 512);
                text.render(&mut bytes, rows);
                Data::Bytes(bytes)
            }
            Renderer::Columns(schema) => record_batch(schema, rows).map_or_else(|e| Data::Fault(e.to_string()), Data::Columns),
        }
    }
}

/// An output file of one format while it is written.
pub struct Encoder {
    path: PathBuf,
    body: Body,
}

enum Body {
    Text(BufWriter<File>),
    Parquet(Box<ArrowWriter<File>>),
    Arrow(Box<FileWriter<BufWriter<File>>>),
}

impl Encoder {
    /// Begins a file with what comes before the first row. `path` is what errors name.
    pub fn create(path: &Path, file: File, format: Format, renderer: &Renderer) -> Result<Encoder, OutputError> {
        let path = path.to_path_buf();
        let body = match (format, renderer) {
            (Format::Csv | Format::Jsonl, Renderer::Text(text)) => {
                let mut file = BufWriter::with_capacity(1 << 16, file);
                file.write_all(&text.header()).map_err(|e| write_fault(&path, e))?;
                Body::Text(file)
            }
            (Format::Parquet, Renderer::Columns(schema)) => Body::Parquet(Box::new(
                ArrowWriter::try_new(file, schema.clone(), Some(writer_properties())).map_err(|e| fault(&path, &e))?,
            )),
            (Format::Arrow, Renderer::Columns(schema)) => {
                let writer = FileWriter::try_new(BufWriter::new(file), schema);
                Body::Arrow(Box::new(writer.map_err(|e| fault(&path, &e))?))
            }
            _ => return Err(fault(&path, &"rows of another format")),
        };
        Ok(Encoder { path, body })
    }

    /// Appends.
    pub fn write(&mut self, data: Data) -> Result<(), OutputError> {
        let path = &self.path;
        match (&mut self.body, data) {
            (_, Data::Fault(reason)) => Err(fault(path, &reason)),
            (Body::Text(file), Data::Bytes(bytes)) => file.write_all(&bytes).map_err(|e| write_fault(path, e)),
            (Body::Parquet(writer), Data::Columns(batch)) => writer.write(&batch).map_err(|e| fault(path, &e)),
            (Body::Arrow(writer), Data::Columns(batch)) => writer.write(&batch).map_err(|e| fault(path, &e)),
            _ => Err(fault(path, &"rows of another format")),
        }
    }

    /// Writes what comes after the last row. The bytes are with the system then, not yet on the disk.
    pub fn close(self) -> Result<(), OutputError> {
        let path = &self.path;
        match self.body {
            Body::Text(mut file) => file.flush().map_err(|e| write_fault(path, e)),
            Body::Parquet(writer) => writer.close().map(drop).map_err(|e| fault(path, &e)),
            Body::Arrow(mut writer) => writer.finish().and_then(|()| Ok(writer.get_mut().flush()?)).map_err(|e| fault(path, &e)),
        }
    }
}

fn fault(path: &Path, error: &dyn std::fmt::Display) -> OutputError {
    OutputError::Encode { path: path.to_path_buf(), reason: error.to_string() }
}

fn write_fault(path: &Path, reason: io::Error) -> OutputError {
    OutputError::Io { path: path.to_path_buf(), doing: "cannot be written", reason }
}

/// Rows to a stream as they come: nothing is held back.
pub struct StreamEncoder<'a> {
    body: StreamBody<'a>,
    renderer: Renderer,
}

enum StreamBody<'a> {
    /// Nothing is written yet.
    Idle(Option<&'a mut dyn Write>),
    Text(&'a mut dyn Write),
    Arrow(Box<StreamWriter<&'a mut dyn Write>>),
}

impl<'a> StreamEncoder<'a> {
    /// Writes nothing before the first rows.
    pub fn new(out: &'a mut dyn Write, renderer: Renderer) -> Self {
        StreamEncoder { body: StreamBody::Idle(Some(out)), renderer }
    }

    /// Appends and flushes.
    pub fn write(&mut self, data: Data) -> io::Result<()> {
        self.begin()?;
        match (&mut self.body, data) {
            (_, Data::Fault(reason)) => Err(io::Error::other(reason)),
            (StreamBody::Text(out), Data::Bytes(bytes)) => out.write_all(&bytes).and_then(|()| out.flush()),
            (StreamBody::Arrow(writer), Data::Columns(batch)) => {
                writer.write(&batch).map_err(arrow_io)?;
                writer.get_mut().flush()
            }
            _ => Err(io::Error::other("rows of another format")),
        }
    }

    /// What comes after the last row.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.body {
            StreamBody::Arrow(writer) => {
                writer.finish().map_err(arrow_io)?;
                writer.get_mut().flush()
            }
            StreamBody::Idle(_) | StreamBody::Text(_) => Ok(()),
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let StreamBody::Idle(out) = &mut self.body else { return Ok(()) };
        let Some(out) = out.take() else { return Err(io::Error::other("the stream could not be begun")) };
        self.body = match &self.renderer {
            Renderer::Text(text) => {
                out.write_all(&text.header())?;
                StreamBody::Text(out)
            }
            Renderer::Columns(schema) => StreamBody::Arrow(Box::new(StreamWriter::try_new(out, schema).map_err(arrow_io)?)),
        };
        Ok(())
    }
}

/// Keeps the kind of a fault of the stream: a closed pipe is no error.
fn arrow_io(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error.to_string()),
    }
}
