//! `taxonova keys`: the keys of the interface, from its command table. docs/keys.md is what this prints.

use super::exit::{CommandResult, Exit, Failure};
use std::io::Write;

/// Runs it.
pub fn run() -> CommandResult {
    std::io::stdout().write_all(crate::tui::command::keys_markdown().as_bytes()).map_err(Failure::internal)?;
    Ok(Exit::Done)
}
