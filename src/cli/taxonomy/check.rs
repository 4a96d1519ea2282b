//! `taxonova taxonomy check`: what is wrong or doubtful in a tree.

use super::{load, plural};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::taxonomy::{Severity, TaxonomyError, printable, validate};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, `-`, or name of a shipped tree.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Findings as a JSON array.
    #[arg(long)]
    json: bool,
    /// `warnings`: exit code 1 for them too.
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
}

/// What `check` treats as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Deny {
    /// Warnings.
    Warnings,
}

/// Runs `taxonova taxonomy check`.
pub fn run(args: &Args) -> CommandResult {
    let (file, as_json, deny) = (&args.file, args.json, args.deny);
    let shown = printable(&file.to_string_lossy());
    let taxonomy = match load(file) {
        Ok(t) => t,
        Err(error @ TaxonomyError::Parse { .. }) => {
            if as_json && let TaxonomyError::Parse { line, column, reason, hint, .. } = &error {
                let text = if hint.is_empty() { reason.clone() } else { format!("{reason}; {hint}") };
                let finding = json!([{ "severity": "error", "node": null, "line": line, "column": column, "text": text }]);
                print(&format!("{finding:#}\n"))?;
            } else {
                print(&format!("error: {error}\n1 error, 0 warnings, 0 notes\n"))?;
            }
            return Ok(Exit::Partly);
        }
        Err(error) => return Err(Failure::usage(error)),
    };
    let mut findings = validate(&taxonomy);
    // The gravest first, otherwise in the tree's order.
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let number = |s: Severity| findings.iter().filter(|f| f.severity == s).count();
    let (errors, warnings, notes) = (number(Severity::Error), number(Severity::Warning), number(Severity::Note));
    if as_json {
        let list: Vec<serde_json::Value> = findings
            .iter()
            .map(|f| {
                let node = f.node.map(|id| taxonomy.node(id).name.as_str());
                json!({ "severity": f.severity.name(), "node": node, "line": null, "column": null, "text": f.text })
            })
            .collect();
        print(&format!("{:#}\n", serde_json::Value::from(list)))?;
    } else {
        let mut out = String::new();
        for f in &findings {
            let _ = writeln!(out, "{}: {}: {}", f.severity.name(), shown, f.text);
        }
        let _ = writeln!(out, "{}, {}, {}", plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note"));
        print(&out)?;
    }
    let bad = errors > 0 || (warnings > 0 && deny == Some(Deny::Warnings));
    Ok(if bad { Exit::Partly } else { Exit::Done })
}
