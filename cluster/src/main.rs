//! The command `taxonova-cluster`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use taxonova_cluster::{classify, executor, scheduler, sql};

/// Hierarchical classification of light curves on several machines (Apache DataFusion Ballista)
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Distribute work: one per cluster
    Scheduler(scheduler::SchedulerArgs),
    /// Do work: one per machine
    Executor(executor::ExecutorArgs),
    /// Classify Parquet files: the same columns and values as `taxonova classify`
    Classify(classify::ClassifyArgs),
    /// Run a query; it may call classify(mjd, band, flux, flux_err)
    Sql(sql::SqlArgs),
}

fn main() -> ExitCode {
    // RUST_LOG=info tells what scheduler and executors do.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result =
        tokio::runtime::Runtime::new().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(Cli::parse().command)));
    match result {
        Ok(code) => code,
        Err(e) => {
            eprintln!("taxonova-cluster: {e:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Scheduler(args) => scheduler::run(args).await?,
        Command::Executor(args) => executor::run(args).await?,
        Command::Sql(args) => sql::run(args).await?,
        Command::Classify(args) => {
            let outcome = classify::run(args).await?;
            if outcome.faults > 0 {
                eprintln!("taxonova-cluster: {} objects, {} inputs or objects were not readable", outcome.objects, outcome.faults);
                return Ok(ExitCode::from(1));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
