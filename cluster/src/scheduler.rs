//! The scheduler: one per cluster.

use crate::models;
use anyhow::{Context, Result, anyhow};
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::FunctionRegistry;
use std::sync::Arc;

/// An executor that has not been heard of for so many seconds is lost. Ballista's own default is 180.
const EXECUTOR_TIMEOUT_S: u64 = 10;
/// Seconds between looks for lost executors.
const EXPIRE_INTERVAL_S: u64 = 3;

/// What the scheduler is told.
#[derive(Debug, clap::Args)]
pub struct SchedulerArgs {
    /// Address that it listens on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: std::net::IpAddr,
    /// Port that it listens on.
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub port: u16,
    /// Model whose function queries may call: an .onnx file, or the name of a shipped one. May be given several times.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Vec<String>,
}

/// Runs until it is ended.
pub async fn run(args: SchedulerArgs) -> Result<()> {
    let functions = models::functions_of(&args.model)?;
    let config = SchedulerConfig {
        bind_host: args.host.to_string(),
        external_host: args.host.to_string(),
        bind_port: args.port,
        // Partitions go to all executors in turn, not to one until it is full.
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: EXECUTOR_TIMEOUT_S,
        expire_dead_executor_interval_seconds: EXPIRE_INTERVAL_S,
        no_executors_grace_period_seconds: EXECUTOR_TIMEOUT_S,
        override_session_builder: Some(Arc::new(move |config| {
            let mut state = default_session_builder(config)?;
            for function in &functions {
                state.register_udf(function.clone())?;
            }
            Ok(state)
        })),
        ..SchedulerConfig::default()
    };
    let address = std::net::SocketAddr::new(args.host, args.port);
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|e| anyhow!("{e}"))?;
    start_server(cluster, address, Arc::new(config)).await.with_context(|| format!("the scheduler can't run on {address}"))
}
