//! `taxonova taxonomy ...`: trees of classes without the interface. One file per subcommand; how trees are found is here.

mod check;
mod convert;
mod diff;
mod map;
mod show;
mod weights;

use super::exit::CommandResult;
use crate::taxonomy::{Taxonomy, TaxonomyError, format, shipped, shipped_json};
use clap::Subcommand;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Deeper levels are all drawn at this depth, with their depth in brackets: no terminal is wider.
const MAX_DRAWN_DEPTH: usize = 60;

/// Look at trees of classes. FILE is a tree's file (JSON, tdtax YAML, edge list, Newick or indented text), `-` for standard input, or the name of a shipped tree.
#[derive(Debug, Subcommand)]
pub enum TaxonomyCommand {
    /// Draw the tree with its counts.
    Show(show::Args),
    /// Find faults: exit code 1 for errors, 0 for warnings alone.
    Check(check::Args),
    /// Write the tree in another file format.
    Convert(convert::Args),
    /// Class weights W = (N / (K N_c))^beta and lambda = exp(-alpha depth) of every node.
    Weights(weights::Args),
    /// Find the nodes that a data set's labels mean: by name, by alias, by the names that surveys use, or not at all.
    Map(map::Args),
    /// Compare two trees: nodes added, removed, moved, renamed, changed; weights; decisions.
    Diff(diff::Args),
}

/// Runs `taxonova taxonomy ...`.
pub fn run(command: TaxonomyCommand) -> CommandResult {
    match command {
        TaxonomyCommand::Show(args) => show::run(&args),
        TaxonomyCommand::Check(args) => check::run(&args),
        TaxonomyCommand::Convert(args) => convert::run(&args),
        TaxonomyCommand::Weights(args) => weights::run(&args),
        TaxonomyCommand::Map(args) => map::run(&args),
        TaxonomyCommand::Diff(args) => diff::run(&args),
    }
}

/// Reads a tree of any format: a file if there is one, standard input for `-`, else the shipped tree of that name. Remarks
/// about what it holds and we don't go to standard error.
pub fn load(file: &Path) -> Result<Taxonomy, TaxonomyError> {
    let (bytes, path) = given(file)?;
    let loaded = format::parse(&bytes, &path, None)?;
    say_notes(&loaded.notes);
    Ok(loaded.taxonomy)
}

/// Most remarks on one file that are said one by one.
const NOTES: usize = 100;

/// Says what was mended or left out.
fn say_notes(notes: &[String]) {
    for note in notes.iter().take(NOTES) {
        eprintln!("{note}");
    }
    if notes.len() > NOTES {
        eprintln!("... and {}", plural(notes.len() - NOTES, "more remark"));
    }
}

/// The bytes of what [`load`] reads, and the path for messages.
fn given(file: &Path) -> Result<(Vec<u8>, PathBuf), TaxonomyError> {
    if file == Path::new("-") {
        let path = PathBuf::from("<standard input>");
        let mut bytes = Vec::new();
        return match std::io::stdin().take(format::MAX_BYTES + 1).read_to_end(&mut bytes) {
            Ok(_) => Ok((bytes, path)),
            Err(reason) => Err(TaxonomyError::Read { path, reason }),
        };
    }
    match format::bytes_of(file) {
        Ok(bytes) => Ok((bytes, file.to_path_buf())),
        Err(TaxonomyError::Read { reason, .. }) if reason.kind() == std::io::ErrorKind::NotFound => {
            match file.to_str().and_then(shipped_json) {
                Some(text) => Ok((text.as_bytes().to_vec(), file.to_path_buf())),
                None => {
                    let names: Vec<&str> = shipped().iter().map(|(f, _)| f.strip_suffix(".json").unwrap_or(f)).collect();
                    let text = format!("{reason}; nor is it a shipped tree: those are {}", names.join(", "));
                    Err(TaxonomyError::Read { path: file.to_path_buf(), reason: std::io::Error::new(reason.kind(), text) })
                }
            }
        }
        Err(other) => Err(other),
    }
}

fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Six significant digits, with an exponent only where plain digits would be long.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    if (-5.0..6.0).contains(&magnitude) {
        let digits = (5.0 - magnitude) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.5e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(1.0), "1.00000");
        assert_eq!(number(196.1875), "196.188");
        assert_eq!(number(0.0444265172), "0.0444265");
        assert_eq!(number(1.5e9), "1.50000e9");
        assert_eq!(number(2.5e-8), "2.50000e-8");
    }
}
