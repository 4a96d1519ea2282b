//! An executor: as many per cluster as there are machines.

use crate::client::Address;
use crate::models;
use anyhow::{Context, Result};
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use std::sync::Arc;

/// Seconds between signs of life.
const HEARTBEAT_S: u64 = 2;

/// What an executor is told.
#[derive(Debug, clap::Args)]
pub struct ExecutorArgs {
    /// Scheduler that it works for, as df://host:port.
    #[arg(long, value_name = "URL", default_value = "df://127.0.0.1:50050")]
    pub scheduler: Address,
    /// Address that it listens on, under which the others reach it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: std::net::IpAddr,
    /// Port for results; the next one is for tasks.
    #[arg(long, value_name = "PORT", default_value_t = 50051, value_parser = clap::value_parser!(u16).range(1..=65534))]
    pub port: u16,
    /// Tasks at a time. Without it: as many as there are processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Model that it serves: an .onnx file, or the name of a shipped one. May be given several times.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Vec<String>,
    /// Folder for results until they are fetched. Without it: a temporary one, removed at the end.
    #[arg(long, value_name = "FOLDER")]
    pub work_dir: Option<std::path::PathBuf>,
}

/// Runs until it is ended.
pub async fn run(args: ExecutorArgs) -> Result<()> {
    let mut registry = BallistaFunctionRegistry::default();
    for function in models::functions_of(&args.model)? {
        registry.scalar_functions.insert(function.name().to_string(), function);
    }
    let temporary = tempfile::TempDir::with_prefix("taxonova-cluster").context("no temporary folder can be made")?;
    let work_dir = args.work_dir.as_deref().unwrap_or_else(|| temporary.path());
    let threads = args.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let config = ExecutorProcessConfig {
        bind_host: args.host.to_string(),
        external_host: Some(args.host.to_string()),
        port: args.port,
        grpc_port: args.port + 1,
        scheduler_host: args.scheduler.host.clone(),
        scheduler_port: args.scheduler.port,
        scheduler_connect_timeout_seconds: 30,
        vcores: threads,
        work_dir: Some(work_dir.to_string_lossy().into_owned()),
        // What was fetched is no longer needed: an hour, looked for every ten minutes.
        job_data_ttl_seconds: 3600,
        job_data_clean_up_interval_seconds: 600,
        executor_heartbeat_interval_seconds: HEARTBEAT_S,
        override_function_registry: Some(Arc::new(registry)),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.with_context(|| format!("the executor on {}:{} ended", args.host, args.port))
}
