//! Queries with the function `classify`.

use crate::classify::Output;
use crate::client::{self, Address};
use crate::models;
use anyhow::{Context, Result};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::ParquetReadOptions;
use futures::StreamExt;
use std::path::PathBuf;

/// What `sql` is told.
#[derive(Debug, clap::Args)]
pub struct SqlArgs {
    /// Scheduler, as df://host:port.
    #[arg(long, value_name = "URL", default_value = "df://127.0.0.1:50050")]
    pub scheduler: Address,
    /// The query. `classify(mjd, band, flux, flux_err [, photometry])` gives a struct of decision, probability, path, nodes
    /// and warnings; fluxes in microjansky, photometry 'difference' or 'total'.
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// A Parquet file or folder as a table.
    #[arg(long, value_name = "NAME=PATH", value_parser = table)]
    pub table: Vec<(String, PathBuf)>,
    /// Model of the function: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Parquet file for the result. Without it: a table on standard output.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Into so many pieces a file is cut at most.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub pieces: u16,
}

fn table(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.into(), path.into())),
        _ => Err("it must be NAME=PATH".into()),
    }
}

/// Runs the query.
pub async fn run(args: SqlArgs) -> Result<()> {
    let model = models::load(args.model.as_deref())?;
    let context = client::connect(&args.scheduler, usize::from(args.pieces), &models::functions(&model)?).await?;
    for (name, path) in &args.table {
        let path = std::fs::canonicalize(path).with_context(|| path.display().to_string())?;
        context.register_parquet(name.as_str(), path.to_string_lossy(), ParquetReadOptions::default()).await?;
    }
    let explained = |e| client::explained(e, model.name());
    let query = context.sql(&args.query).await.map_err(explained)?;
    let mut stream = query.execute_stream().await.map_err(explained)?;
    match &args.output {
        None => {
            let mut batches = Vec::new();
            while let Some(batch) = stream.next().await {
                batches.push(batch.map_err(explained)?);
            }
            println!("{}", pretty_format_batches(&batches)?);
        }
        Some(path) => {
            let mut output = Output::create(path, stream.schema())?;
            while let Some(batch) = stream.next().await {
                output.write(&batch.map_err(explained)?)?;
            }
            output.finish()?;
        }
    }
    Ok(())
}
