//! `taxonova taxonomy check`: what is wrong or doubtful in a tree's file, all of it at once.

use super::{given, plural};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::taxonomy::check::{FileFinding, check_bytes, numbers};
use crate::taxonomy::printable;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "The codes are explained in docs/taxonomies.md.")]
pub struct Args {
    /// File of any format that can be read, `-`, or name of a shipped tree.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Findings as a JSON array of objects with the keys severity, code, path, line, column, node, text.
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

/// Most findings of one kind that are told one by one.
const OF_A_KIND: usize = 100;

/// Runs `taxonova taxonomy check`.
pub fn run(args: &Args) -> CommandResult {
    let (bytes, path) = given(&args.file).map_err(Failure::usage)?;
    let findings = check_bytes(&bytes, &path, None).map_err(Failure::usage)?;
    let (errors, warnings, notes) = numbers(&findings);
    if args.json {
        let list: Vec<serde_json::Value> = findings
            .iter()
            .map(|f| {
                json!({
                    "severity": f.severity().name(), "code": f.code.name(), "path": f.path.to_string_lossy(),
                    "line": f.line, "column": f.column, "node": f.node, "text": f.text,
                })
            })
            .collect();
        print(&format!("{:#}\n", serde_json::Value::from(list)))?;
    } else {
        let mut out = String::new();
        let mut said: HashMap<&str, usize> = HashMap::new();
        for f in &findings {
            let n = said.entry(f.code.name()).or_default();
            *n += 1;
            // Writing to a String can't fail.
            if *n <= OF_A_KIND {
                let _ = writeln!(out, "{}[{}]: {}: {}", f.severity().name(), f.code.name(), place(f), f.text);
            } else if *n == OF_A_KIND + 1 {
                let all = findings.iter().filter(|g| g.code == f.code).count();
                let _ = writeln!(
                    out,
                    "{}[{}]: and {} more of this kind (--json lists all)",
                    f.severity().name(),
                    f.code.name(),
                    all - OF_A_KIND
                );
            }
        }
        let _ = writeln!(out, "{}, {}, {}", plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note"));
        print(&out)?;
    }
    let bad = errors > 0 || (warnings > 0 && args.deny == Some(Deny::Warnings));
    Ok(if bad { Exit::Partly } else { Exit::Done })
}

fn place(f: &FileFinding) -> String {
    let path = printable(&f.path.to_string_lossy());
    match (f.line, f.column) {
        (Some(line), Some(column)) => format!("{path}:{line}:{column}"),
        _ => path,
    }
}
