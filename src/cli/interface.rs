//! `taxonova [PATH]...`: starts the interface.

use super::Cli;
use super::exit::{CommandResult, Exit, Failure};
use crate::tui::{Leave, Options, RunError, run, shipped};
use anyhow::anyhow;
use clap::CommandFactory;
use std::path::{Path, PathBuf};

/// A word so like a subcommand is taken for a mistyped one.
const ALIKE: f64 = 0.8;

/// Opens the interface on files and folders, or on the sample data.
pub fn open(paths: Vec<PathBuf>) -> CommandResult {
    if let Some(first) = paths.first()
        && let Some(command) = mistyped(first)
    {
        let word = first.display();
        return Err(Failure::usage(anyhow!(
            "there is no file `{word}`, and no subcommand of that name; did you mean `taxonova {command}`?"
        )));
    }
    if !paths.is_empty() && paths.iter().all(|p| p.as_os_str() != "-" && !p.exists()) {
        let names: Vec<String> = paths.iter().map(|p| format!("{:?}", p.display().to_string())).collect();
        return Err(Failure::usage(anyhow!("nothing to open: there is no file or folder {}", names.join(", "))));
    }
    match run(Options { paths, taxonomy: None, model: shipped(), theme: None }) {
        Ok(Leave::Done) => Ok(Exit::Done),
        Ok(Leave::Interrupted) => Ok(Exit::Interrupted),
        Ok(Leave::Lost) => Err(Failure::internal(anyhow!("the terminal was lost"))),
        Err(e @ RunError::NoTerminal(_)) => Err(Failure::usage(e)),
        Err(e) => Err(Failure::internal(e)),
    }
}

/// The subcommand that a word which is no file is nearly.
fn mistyped(word: &Path) -> Option<String> {
    if word.exists() {
        return None;
    }
    let word = word.to_str()?;
    Cli::command()
        .get_subcommands()
        .map(|c| (strsim::jaro_winkler(word, c.get_name()), c.get_name().to_string()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
