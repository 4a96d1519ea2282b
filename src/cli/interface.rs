//! `taxonova [PATH]...`: starts the interface.

use super::exit::CommandResult;
use crate::tui::{Options, run};
use std::path::PathBuf;

/// Opens the interface on files and folders, or on the sample data.
pub fn open(paths: Vec<PathBuf>) -> CommandResult {
    run(Options { paths, taxonomy: None, model: Box::new(|| Err("this build has no model".into())), theme: None })
}
