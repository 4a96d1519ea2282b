//! What is said when it is over: the summary as text and as JSON, how to go on, the exit code.

use super::ClassifyArgs;
use crate::atomic;
use crate::batch::job::Outcome;
use crate::batch::pipeline::End;
use crate::batch::summary::Summary;
use crate::cli::exit::{Exit, Failure};
use crate::taxonomy::printable;
use anyhow::anyhow;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Lines of a list in the text.
const LINES: usize = 20;

/// What the run was about.
pub(super) struct About<'a> {
    pub args: &'a ClassifyArgs,
    pub model: &'a str,
    pub inputs: &'a [PathBuf],
    pub stop: &'a AtomicBool,
}

/// Writes and says all that is left, and gives the exit code. `before`: objects of the run that this one goes on with.
pub(super) fn report(outcome: &Outcome, about: &About<'_>, took: Duration, before: u64) -> Result<Exit, Failure> {
    let Outcome { summary, .. } = outcome;
    if outcome.closed {
        return Ok(Exit::Done);
    }
    let stopped = outcome.end == End::Stopped && about.stop.load(Ordering::SeqCst);
    if let Some(path) = &about.args.summary {
        let end = match outcome.end {
            End::Finished => "finished",
            End::Stopped => "interrupted",
            End::Failed => "failed",
        };
        let text = serde_json::to_string_pretty(&as_json(summary, about, end, took)).map_err(Failure::internal)?;
        let written = atomic::write(path, |f| f.write_all(text.as_bytes()).and_then(|()| f.write_all(b"\n")));
        written.map_err(|e| Failure::internal(anyhow!("{}: cannot be written: {e}", printable(&path.to_string_lossy()))))?;
    }
    if summary.objects == 0 && !stopped {
        if summary.failures() == 0 {
            eprintln!("taxonova: no light curves in {}", counted(about.inputs.len() as u64, "input", "inputs"));
        } else {
            eprintln!("taxonova: nothing could be read");
        }
        return Ok(Exit::Usage);
    }
    let out = about.args.output.as_deref().map(|p| printable(&p.to_string_lossy()));
    if let Some(out) = out.as_deref().filter(|_| !about.args.quiet) {
        let done = summary.objects.saturating_sub(before);
        let what = if outcome.end == End::Finished { out.to_string() } else { format!("not yet {out}") };
        eprint(&as_text(summary, &what, done, took));
    }
    let objects = counted(summary.objects, "object", "objects");
    if stopped {
        let how = if outcome.resumable { "; the same command with --resume goes on" } else { "" };
        let place = place(outcome, about);
        eprintln!("taxonova: interrupted after {objects}{place}{how}");
        return Ok(Exit::Interrupted);
    }
    if outcome.end == End::Failed {
        let how = if outcome.resumable { "; --resume without --fail-fast goes on" } else { "" };
        eprintln!("taxonova: ended at the first fault (--fail-fast) after {objects}{how}");
        return Ok(Exit::Partly);
    }
    if summary.failures() == 0 {
        return Ok(Exit::Done);
    }
    eprintln!(
        "taxonova: {objects} in all, {} not readable, {} not classified because of internal errors",
        counted(summary.unreadable, "input or object was", "inputs or objects were"),
        summary.internal
    );
    Ok(Exit::Partly)
}

/// Where reading would go on.
fn place(outcome: &Outcome, about: &About<'_>) -> String {
    match about.inputs.get(outcome.next.input) {
        Some(input) if !about.args.merge => {
            let input = printable(&input.to_string_lossy());
            format!(", before row or object {} of {input}", outcome.next.item.saturating_add(1))
        }
        _ => String::new(),
    }
}

fn as_json(summary: &Summary, about: &About<'_>, end: &str, took: Duration) -> Value {
    let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.to_string_lossy().into_owned());
    json!({
        "program": concat!("taxonova ", env!("CARGO_PKG_VERSION")),
        "model": about.model,
        "output": path(&about.args.output),
        "inputs": about.inputs.len(),
        "end": end,
        "seconds": took.as_secs_f64(),
        "objects": summary.objects,
        "rows": summary.rows,
        "decisions": summary.decisions,
        "not_usable": summary.not_usable,
        "repeated_ids": summary.repeated_ids,
        "warnings": summary.warnings,
        "failures": {
            "unreadable": summary.unreadable,
            "internal": summary.internal,
            "reasons": summary.reasons,
            "file": path(&about.args.failures),
        },
    })
}

fn as_text(summary: &Summary, what: &str, done: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let objects = counted(summary.objects, "object", "objects");
    let mut text = format!("taxonova: {objects} in {what}, {seconds:.1} s, {:.0} objects/s\n", done as f64 / seconds.max(0.001));
    let more = |n: u64, what: &str| if n > 0 { vec![(what.to_string(), n)] } else { Vec::new() };
    list(&mut text, "decisions", &summary.decisions, &more(summary.not_usable, "nothing usable: not classified"));
    list(&mut text, "warnings", &summary.warnings, &more(summary.repeated_ids, "name of an earlier object"));
    list(&mut text, "failures", &summary.reasons, &[]);
    text
}

/// The most frequent of them.
fn list(text: &mut String, title: &str, counts: &BTreeMap<String, u64>, more: &[(String, u64)]) {
    let mut lines: Vec<(&str, u64)> = counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    lines.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let further = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    lines.extend(more.iter().map(|(name, n)| (name.as_str(), *n)));
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {title}");
    for (name, n) in lines {
        let _ = writeln!(text, "  {n:>10}  {}", printable(name));
    }
    if further > 0 {
        let _ = writeln!(text, "              and {further} more");
    }
}

fn eprint(text: &str) {
    use std::io::Write as _;
    // Standard error may be closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
