//! `taxonova [PATH]...`: starts the interface.

use super::Cli;
use super::exit::{CommandResult, Exit, Failure};
use crate::model::Model;
use crate::taxonomy::shipped_json;
use crate::tui::theme::ThemeName;
use crate::tui::{Leave, Options, RunError, load, run, shipped};
use anyhow::anyhow;
use clap::CommandFactory;
use std::path::Path;

/// A word so like a subcommand is taken for a mistyped one.
const ALIKE: f64 = 0.8;

/// Colours of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    /// For dark backgrounds
    Dark,
    /// For light backgrounds
    Light,
    /// No colours
    Mono,
}

/// Opens the interface on files and folders, or on the sample data.
pub fn open(cli: Cli) -> CommandResult {
    let paths = cli.paths;
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
    for given in cli.model.iter().chain(&cli.taxonomy) {
        // Of a tree whose file is gone there may be unsaved edits.
        let shipped = given.to_str().is_some_and(|g| match Some(given) == cli.model.as_ref() {
            true => Model::shipped_names().any(|name| name == g),
            false => shipped_json(g).is_some(),
        });
        if !shipped && !given.exists() && !crate::tui::journal::exists_for(given) {
            return Err(Failure::usage(anyhow!("there is no file {:?}", given.display().to_string())));
        }
    }
    let theme = cli.theme.map(|t| match t {
        Theme::Dark => ThemeName::Dark,
        Theme::Light => ThemeName::Light,
        Theme::Mono => ThemeName::Mono,
    });
    match run(Options { paths, read: cli.read.options(), taxonomy: cli.taxonomy, model: cli.model.map_or_else(shipped, load), theme }) {
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
