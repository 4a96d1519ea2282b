//! `taxonova classify` on the cluster: the same columns, rows and values.

use crate::client::{self, Address};
use crate::models;
use crate::table_function::FAULT;
use anyhow::{Context, Result, anyhow, bail, ensure};
use datafusion::arrow::array::{AsArray, RecordBatch, StructArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::dataframe::DataFrame;
use datafusion::functions::core::expr_fn::named_struct;
use datafusion::logical_expr::{ScalarUDF, lit};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use datafusion::prelude::{ParquetReadOptions, SessionContext, ident};
use futures::StreamExt;
use std::fs::File;
use std::path::{Path, PathBuf};
use taxonova::batch::writer_properties;
use taxonova::lightcurve::read::{self, ListTable, ReadOptions};
use taxonova::taxonomy::{Taxonomy, format, shipped_json, to_json};

/// Files per query: plans stay small, and what a lost client costs.
const FILES: usize = 32;
/// A query is tried so often: an executor that is lost between its work and the fetching of it takes results along.
const ATTEMPTS: usize = 4;

/// What `classify` is told.
#[derive(Debug, clap::Args)]
pub struct ClassifyArgs {
    /// Scheduler, as df://host:port.
    #[arg(long, value_name = "URL", default_value = "df://127.0.0.1:50050")]
    pub scheduler: Address,
    /// Parquet file with one row per object, or a folder of such files; every executor reads it under the same path.
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// Parquet file for the answers. It appears when it is complete.
    #[arg(value_name = "OUTPUT")]
    pub output: PathBuf,
    /// Model: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Tree of the answers: a file, or the name of a shipped one. Without it the model's own.
    #[arg(short, long, value_name = "TAXONOMY")]
    pub taxonomy: Option<String>,
    /// Threshold of the decision, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5)]
    pub tau: f64,
    /// Into so many pieces a file is cut at most; each is one task. A row group is never cut.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub pieces: u16,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Rows written.
    pub objects: u64,
    /// Files and rows that could not be read.
    pub faults: u64,
}

/// Runs it; faults of single rows and files are told on standard error.
pub async fn run(args: ClassifyArgs) -> Result<Outcome> {
    ensure!(args.tau > 0.0 && args.tau <= 1.0, "--tau {}: it must be above 0 and at most 1", args.tau);
    let model = models::load(args.model.as_deref())?;
    let tree = args.taxonomy.as_deref().map(tree).transpose()?;
    let [_, function] = models::functions(&model)?;
    let (files, mut outcome) = inputs(&args)?;
    let context = client::connect(&args.scheduler, usize::from(args.pieces), std::slice::from_ref(&function)).await?;
    let settings =
        Settings { function: &function, tree: tree.as_ref().map(to_json).unwrap_or_default(), tau: args.tau, model: model.name() };
    let mut output = None;
    for files in files.chunks(FILES) {
        settings.classify(&context, files, &args.output, &mut output, &mut outcome).await?;
    }
    output.ok_or_else(|| anyhow!("{}: there are no rows", args.input.display()))?.finish()?;
    Ok(outcome)
}

/// The tree that is meant: a file if there is one, else the shipped tree of that name.
fn tree(given: &str) -> Result<Taxonomy> {
    let path = Path::new(given);
    match shipped_json(given.strip_suffix(".json").unwrap_or(given)) {
        Some(json) if !path.exists() => Ok(taxonova::taxonomy::parse_json(json, path)?),
        _ => Ok(format::read(path)?.taxonomy),
    }
}

/// A file and the columns that are read of it.
struct Input {
    path: PathBuf,
    columns: Vec<String>,
}

fn inputs(args: &ClassifyArgs) -> Result<(Vec<Input>, Outcome)> {
    let (mut files, errors) = read::expand(std::slice::from_ref(&args.input));
    let mut outcome = Outcome::default();
    let mut fault = |text: String| {
        eprintln!("taxonova-cluster: {text}");
        outcome.faults += 1;
    };
    errors.iter().for_each(|e| fault(e.to_string()));
    let own = std::fs::canonicalize(&args.output).ok();
    files.retain(|f| own.is_none() || std::fs::canonicalize(f).ok() != own);
    let mut inputs = Vec::new();
    for path in files {
        match columns(&path) {
            Ok(columns) => inputs.push(Input { path, columns }),
            Err(e) => fault(format!("{e:#}")),
        }
    }
    if inputs.is_empty() {
        bail!("{}: nothing could be read; expected Parquet with one row per object and lists of points", args.input.display());
    }
    Ok((inputs, outcome))
}

fn columns(path: &Path) -> Result<Vec<String>> {
    let name = || path.display().to_string();
    let file = File::open(path).with_context(name)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).with_context(name)?;
    let schema = metadata.schema();
    let table = ListTable::new(schema, path, &ReadOptions::default())?;
    Ok(table.columns().iter().map(|&i| schema.field(i).name().clone()).collect())
}

struct Settings<'a> {
    function: &'a ScalarUDF,
    tree: String,
    tau: f64,
    model: &'a str,
}

impl Settings<'_> {
    /// The rows of some files, in order. An attempt after a failed one passes over what is written: the order is always the same.
    async fn classify(
        &self,
        context: &SessionContext,
        files: &[Input],
        to: &Path,
        output: &mut Option<Output>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut done = 0;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(context, files, &mut done, to, output, outcome).await? {
                None => return Ok(()),
                Some(error) => error,
            };
            if attempt == ATTEMPTS || client::is_other_model(&error) {
                return Err(client::explained(error, self.model));
            }
            eprintln!("taxonova-cluster: attempt {attempt} of {ATTEMPTS} failed, once more: {}", error.lines().next().unwrap_or_default());
            attempt += 1;
        }
    }

    /// Some if the cluster failed; errors of this side end the run.
    async fn attempt(
        &self,
        context: &SessionContext,
        files: &[Input],
        done: &mut usize,
        to: &Path,
        output: &mut Option<Output>,
        outcome: &mut Outcome,
    ) -> Result<Option<String>> {
        let mut query: Option<DataFrame> = None;
        for file in files {
            let next = self.query(context, file).await?;
            query = Some(match query {
                None => next,
                Some(query) => query.union(next)?,
            });
        }
        let Some(query) = query else { return Ok(None) };
        let mut stream = match query.execute_stream().await {
            Ok(stream) => stream,
            Err(e) => return Ok(Some(e.to_string())),
        };
        let mut skip = *done;
        while let Some(batch) = stream.next().await {
            let batch = match batch {
                Ok(batch) => batch,
                Err(e) => return Ok(Some(e.to_string())),
            };
            let skipped = skip.min(batch.num_rows());
            skip -= skipped;
            let batch = batch.slice(skipped, batch.num_rows() - skipped);
            if batch.num_rows() == 0 {
                continue;
            }
            let rows = good_rows(&batch, outcome)?;
            let output = match output {
                Some(output) => output,
                None => output.insert(Output::create(to, rows.schema())?),
            };
            output.write(&rows)?;
            outcome.objects += rows.num_rows() as u64;
            *done += batch.num_rows();
        }
        Ok(None)
    }

    async fn query(&self, context: &SessionContext, file: &Input) -> Result<DataFrame> {
        let whole = std::fs::canonicalize(&file.path).with_context(|| file.path.display().to_string())?;
        let extension = whole.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
        let options = ParquetReadOptions::default().file_extension(&extension);
        let table = context.read_parquet(whole.to_string_lossy().into_owned(), options).await?;
        let columns = named_struct(file.columns.iter().flat_map(|name| [lit(name.as_str()), ident(name.as_str())]).collect());
        let arguments = vec![columns, lit(file.path.to_string_lossy().as_ref()), lit(self.tree.as_str()), lit(self.tau)];
        Ok(table.select(vec![self.function.call(arguments).alias("answer")])?)
    }
}

/// The answers without the rows that could not be read, which are told.
fn good_rows(batch: &RecordBatch, outcome: &mut Outcome) -> Result<RecordBatch> {
    let answers: &StructArray = batch.column(0).as_struct_opt().context("the cluster gave something else than answers")?;
    let mut rows = RecordBatch::from(answers.clone());
    let last = rows.schema().index_of(FAULT)?;
    let faults = rows.remove_column(last);
    let faults = faults.as_string_opt::<i32>().context("the faults are no text")?;
    for fault in faults.iter().flatten() {
        eprintln!("taxonova-cluster: {fault}");
        outcome.faults += 1;
    }
    Ok(filter_record_batch(&rows, &datafusion::arrow::compute::is_null(faults)?)?)
}

/// A Parquet file that appears when it is complete.
pub struct Output {
    writer: ArrowWriter<File>,
    partial: PathBuf,
    path: PathBuf,
}

impl Output {
    /// Beside the file there is OUT.partial until then.
    pub fn create(path: &Path, schema: SchemaRef) -> Result<Output> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).with_context(|| format!("{} can't be written", partial.display()))?;
        let writer = ArrowWriter::try_new(file, schema, Some(writer_properties()))?;
        Ok(Output { writer, partial, path: path.to_path_buf() })
    }

    /// Adds rows.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        self.writer.write(rows).with_context(|| format!("{} can't be written", self.partial.display()))
    }

    /// Everything is there.
    pub fn finish(self) -> Result<()> {
        let file = self.writer.into_inner()?;
        file.sync_all()?;
        std::fs::rename(&self.partial, &self.path).with_context(|| format!("{} can't be written", self.path.display()))
    }
}
