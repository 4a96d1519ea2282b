//! A whole run: inputs through the pipeline into an output, with checkpoints. What is worth saying on the way
//! goes to a [`Monitor`]; nothing is printed here.

use super::classifier::{Classifier, Plan};
use super::engine::Engine;
use super::output::{Checkpoint, Format, OutputError, Partial};
use super::parquet_rows::{parquet_schema, record_batch, writer_properties};
use super::pipeline::{Broken, Done, End, Setup, Source, run};
use super::row::Row;
use super::text_rows::{TextFormat, TextRenderer};
use crate::lightcurve::read::ReadError;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the rows go.
pub enum Target<'a> {
    /// CSV to a stream, standard output for one.
    Stream(&'a mut dyn Write),
    /// A file that is whole or not there.
    File {
        /// Its name.
        path: PathBuf,
        /// By its extension.
        format: Format,
        /// Go on with an interrupted run, if there is one.
        resume: bool,
        /// Of inputs, model and options; none = the run can't be continued later (standard input).
        fingerprint: Option<String>,
    },
}

/// Hears what happens, in the caller's thread.
pub trait Monitor {
    /// Something could not be read.
    fn error(&mut self, error: &ReadError);
    /// An object was not classified because of an internal fault.
    fn failure(&mut self, object_id: &str, source: &str, reason: &str);
    /// So many rows are written; reading goes on in the input of this index.
    fn progress(&mut self, objects: u64, input: usize);
    /// The run goes on where an earlier one ended.
    fn resumed(&mut self, objects: u64);
    /// There is no interrupted run to go on with.
    fn nothing_to_resume(&mut self);
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Rows written, those of a run that was resumed included.
    pub objects: u64,
    /// Unreadable things, likewise.
    pub errors: u64,
    /// Objects that an internal fault kept from being classified, likewise.
    pub failures: u64,
    /// An interrupted run left something to go on with.
    pub resumable: bool,
    /// Nobody reads the stream any more.
    pub closed: bool,
}

/// Why a run broke off.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The stream.
    #[error("cannot write: {0}")]
    Stream(std::io::Error),
    /// A fault of the program or the model.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A name for what decides about the result: inputs (with size and time of change), the program's version and
/// `parts`. None if an input can't be read twice.
pub fn fingerprint(inputs: &[PathBuf], parts: &[&str]) -> Option<String> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    for part in parts {
        add(part.as_bytes());
    }
    for path in inputs {
        if path.as_os_str() == "-" {
            return None;
        }
        add(path.as_os_str().as_encoded_bytes());
        if let Ok(meta) = std::fs::metadata(path) {
            let changed = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
            add(&meta.len().to_le_bytes());
            add(&changed.to_le_bytes());
        }
    }
    Some(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// Classifies everything in `source`. `make` builds one engine per worker thread.
pub fn classify<E: Engine>(
    source: impl Source,
    mut setup: Setup,
    plan: Arc<Plan>,
    make: impl Fn() -> Result<E, String> + Send + Sync + 'static,
    target: Target<'_>,
    monitor: &mut dyn Monitor,
) -> Result<Outcome, JobError> {
    let (mut sink, checkpoint) = Sink::open(target, &plan, monitor)?;
    setup.from = checkpoint.next;
    let renderer = Arc::new(sink.renderer(&plan));
    let mut books = Books { checkpoint, monitor };
    books.monitor.progress(books.checkpoint.objects, books.checkpoint.next.input);
    let worker = {
        let plan = plan.clone();
        move || {
            let mut classifier = Classifier::new(make()?, plan.clone());
            let renderer = renderer.clone();
            Ok(move |curves| renderer.render(&classifier.classify(curves)))
        }
    };
    let end = run(source, &setup, worker, |done| books.take(done, &mut sink), || {});
    let (end, closed) = match end {
        Ok(end) => (end, false),
        Err(Broken::Sink(JobError::Stream(e))) if e.kind() == ErrorKind::BrokenPipe => (End::Stopped, true),
        Err(Broken::Sink(e)) => return sink.give_up(e),
        Err(Broken::Worker(reason)) => return sink.give_up(JobError::Internal(reason)),
    };
    let Checkpoint { objects, errors, failures, .. } = books.checkpoint;
    let resumable = if end == End::Finished { sink.finish(objects)? } else { sink.interrupt(&books.checkpoint)? };
    Ok(Outcome { end, objects, errors, failures, resumable, closed })
}

struct Books<'a> {
    checkpoint: Checkpoint,
    monitor: &'a mut dyn Monitor,
}

impl Books<'_> {
    fn take(&mut self, done: Done<Chunk>, sink: &mut Sink<'_>) -> Result<(), JobError> {
        for e in &done.errors {
            self.monitor.error(e);
        }
        // A batch that was cut short is done again when the run is continued: it does not belong into a file.
        if !done.whole && !matches!(sink, Sink::Stream { .. }) {
            self.checkpoint.errors += done.errors.len() as u64;
            return Ok(());
        }
        if done.objects > 0 {
            sink.write(done.output.data)?;
        }
        for (object, source, reason) in &done.output.failures {
            self.monitor.failure(object, source, reason);
        }
        let c = &mut self.checkpoint;
        c.next = done.next;
        c.objects += done.objects;
        c.errors += done.errors.len() as u64;
        c.failures += done.output.failures.len() as u64;
        sink.checkpoint(c, false)?;
        self.monitor.progress(c.objects, c.next.input);
        Ok(())
    }
}

enum Data {
    Bytes(Vec<u8>),
    Columns(RecordBatch),
    Fault(String),
}

/// What a worker hands on.
struct Chunk {
    data: Data,
    /// Object, source, reason.
    failures: Vec<(String, String, String)>,
}

enum Renderer {
    Text(TextRenderer),
    Parquet(SchemaRef),
}

impl Renderer {
    fn render(&self, rows: &[Row]) -> Chunk {
        let failures = rows
            .iter()
            .filter(|r| r.failed)
            .map(|r| (r.object_id.clone(), r.source.clone(), r.warnings.last().cloned().unwrap_or_default()))
            .collect();
        let data = match self {
            Renderer::Text(text) => {
                let mut bytes = Vec::with_capacity(rows.len() * 512);
                text.render(&mut bytes, rows);
                Data::Bytes(bytes)
            }
            Renderer::Parquet(schema) => record_batch(schema, rows).map_or_else(|e| Data::Fault(e.to_string()), Data::Columns),
        };
        Chunk { data, failures }
    }
}

enum Sink<'a> {
    Stream {
        out: &'a mut dyn Write,
        header: Vec<u8>,
    },
    Text {
        partial: Partial,
        format: TextFormat,
        resumable: bool,
    },
    Parquet {
        partial: Partial,
        path: PathBuf,
        schema: SchemaRef,
        /// None once it is closed.
        writer: Option<Box<ArrowWriter<File>>>,
    },
}

impl<'a> Sink<'a> {
    fn open(target: Target<'a>, plan: &Plan, monitor: &mut dyn Monitor) -> Result<(Self, Checkpoint), JobError> {
        let (path, format, resume, fingerprint) = match target {
            Target::Stream(out) => {
                let header = TextRenderer::new(TextFormat::Csv, &plan.layout, plan.columns()).header();
                return Ok((Sink::Stream { out, header }, Checkpoint::default()));
            }
            Target::File { path, format, resume, fingerprint } => (path, format, resume, fingerprint),
        };
        if resume {
            let found = Partial::resume(&path, fingerprint.as_deref().unwrap_or_default())?;
            if let Some((partial, checkpoint)) = found {
                monitor.resumed(checkpoint.objects);
                let format = if format == Format::Csv { TextFormat::Csv } else { TextFormat::Jsonl };
                return Ok((Sink::Text { partial, format, resumable: true }, checkpoint));
            }
            monitor.nothing_to_resume();
        }
        let format = match format {
            Format::Csv => TextFormat::Csv,
            Format::Jsonl => TextFormat::Jsonl,
            Format::Parquet => return Ok((Self::parquet(path, plan)?, Checkpoint::default())),
        };
        let mut partial = Partial::create(&path, fingerprint.is_some())?;
        partial.write(&TextRenderer::new(format, &plan.layout, plan.columns()).header())?;
        let resumable = fingerprint.is_some();
        let checkpoint = Checkpoint { fingerprint: fingerprint.unwrap_or_default(), ..Default::default() };
        partial.checkpoint(&checkpoint, true)?;
        Ok((Sink::Text { partial, format, resumable }, checkpoint))
    }

    fn parquet(path: PathBuf, plan: &Plan) -> Result<Self, JobError> {
        let partial = Partial::create(&path, false)?;
        let schema = parquet_schema(&plan.layout, plan.columns());
        let writer = ArrowWriter::try_new(partial.handle()?, schema.clone(), Some(writer_properties())).map_err(|e| fault(&path, &e))?;
        Ok(Sink::Parquet { partial, path, schema, writer: Some(Box::new(writer)) })
    }

    fn renderer(&self, plan: &Plan) -> Renderer {
        match self {
            Sink::Stream { .. } => Renderer::Text(TextRenderer::new(TextFormat::Csv, &plan.layout, plan.columns())),
            Sink::Text { format, .. } => Renderer::Text(TextRenderer::new(*format, &plan.layout, plan.columns())),
            Sink::Parquet { schema, .. } => Renderer::Parquet(schema.clone()),
        }
    }

    fn write(&mut self, data: Data) -> Result<(), JobError> {
        match (self, data) {
            (_, Data::Fault(reason)) => Err(JobError::Internal(reason)),
            (Sink::Stream { out, header }, Data::Bytes(bytes)) => {
                let header = std::mem::take(header);
                out.write_all(&header).and_then(|()| out.write_all(&bytes)).and_then(|()| out.flush()).map_err(JobError::Stream)
            }
            (Sink::Text { partial, .. }, Data::Bytes(bytes)) => Ok(partial.write(&bytes)?),
            (Sink::Parquet { writer: Some(writer), path, .. }, Data::Columns(batch)) => {
                Ok(writer.write(&batch).map_err(|e| fault(path, &e))?)
            }
            _ => Err(JobError::Internal("rows of another format".into())),
        }
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint, now: bool) -> Result<(), JobError> {
        match self {
            Sink::Text { partial, .. } => Ok(partial.checkpoint(checkpoint, now)?),
            _ => Ok(()),
        }
    }

    /// All is written. Without a single object there is no output.
    fn finish(self, objects: u64) -> Result<bool, JobError> {
        match self {
            Sink::Stream { .. } => {}
            Sink::Text { partial, .. } if objects == 0 => partial.discard()?,
            Sink::Text { partial, .. } => partial.finish()?,
            Sink::Parquet { partial, path, writer, .. } => {
                if let Some(writer) = writer {
                    writer.close().map_err(|e| fault(&path, &e))?;
                }
                if objects == 0 { partial.discard()? } else { partial.finish()? }
            }
        }
        Ok(false)
    }

    /// Whether there is something to go on with.
    fn interrupt(mut self, checkpoint: &Checkpoint) -> Result<bool, JobError> {
        self.checkpoint(checkpoint, true)?;
        match self {
            Sink::Stream { .. } => Ok(false),
            Sink::Text { resumable: true, .. } => Ok(true),
            Sink::Text { partial, .. } | Sink::Parquet { partial, .. } => {
                partial.discard()?;
                Ok(false)
            }
        }
    }

    /// After a fault: what can be continued stays, what can't does not litter.
    fn give_up(self, error: JobError) -> Result<Outcome, JobError> {
        match self {
            Sink::Stream { .. } | Sink::Text { resumable: true, .. } => {}
            Sink::Text { partial, .. } | Sink::Parquet { partial, .. } => {
                // The first fault is the one to tell.
                let _ = partial.discard();
            }
        }
        Err(error)
    }
}

fn fault(path: &Path, error: &dyn std::fmt::Display) -> OutputError {
    OutputError::Parquet { path: path.to_path_buf(), reason: error.to_string() }
}
