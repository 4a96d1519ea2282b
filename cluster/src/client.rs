//! The connection to a scheduler, and what its errors mean.

use anyhow::{Context, Result, anyhow};
use ballista::prelude::SessionContextExt;
use ballista_core::extension::SessionConfigExt;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Rows that pass at a time: light curves are long.
const BATCH_ROWS: usize = 1024;
/// Files are cut into pieces of at least so many bytes.
const PIECE_BYTES: u64 = 256 << 10;

/// Where a scheduler is: df://host:port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or number.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("df://").and_then(|rest| rest.trim_end_matches('/').rsplit_once(':'));
        let parsed = parts.and_then(|(host, port)| Some(Address { host: host.to_string(), port: port.parse().ok()? }));
        parsed.filter(|a| !a.host.is_empty() && a.port > 0).ok_or_else(|| "it must be df://host:port, as df://127.0.0.1:50050".into())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

/// A session whose queries run on the cluster. `pieces`: into so many a file is cut at most.
pub async fn connect(address: &Address, pieces: usize, functions: &[Arc<ScalarUDF>]) -> Result<SessionContext> {
    let target = (address.host.as_str(), address.port);
    let reached = tokio::time::timeout(CONNECT, tokio::net::TcpStream::connect(target)).await;
    let how = || format!("there is no scheduler at {address}; start one with `taxonova-cluster scheduler`");
    reached.map_err(|_| anyhow!("no answer in {} s", CONNECT.as_secs())).and_then(|r| Ok(r?)).with_context(how)?;
    let config = SessionConfig::new_with_ballista()
        .with_target_partitions(pieces)
        .with_batch_size(BATCH_ROWS)
        .set_u64("datafusion.optimizer.repartition_file_min_size", PIECE_BYTES);
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let context = SessionContext::remote_with_state(&address.to_string(), state).await?;
    // After the connection is made: what is registered before is lost with it.
    for function in functions {
        context.register_udf(function.as_ref().clone());
    }
    Ok(context)
}

/// Whether the scheduler, or an executor, does not know a function that this process does. Executors say no more than that they
/// can't prepare a task; the reason is in their logs.
pub fn is_other_model(error: &str) -> bool {
    error.contains("no UDF named \"classify_") || error.contains("could not be prepared or was rejected by executor")
}

/// An error of the cluster with what to do about it.
pub fn explained(error: impl std::fmt::Display, model: &str) -> anyhow::Error {
    let text = error.to_string();
    if is_other_model(&text) {
        return anyhow!(
            "the cluster has another model than {model}, or another version of this program: start the scheduler and every executor \
             with the same -m MODEL and version as this command; the logs of the executors say what they miss ({})",
            text.lines().next().unwrap_or_default()
        );
    }
    anyhow!("{text}")
}
