//! `taxonova taxonomy map`: the labels of a data set on a tree, with how each was found.

use super::{load, plural};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::lightcurve::read::{LabelFile, read_all_labels};
use crate::taxonomy::diff::short_path;
use crate::taxonomy::mapping::{MappedLabel, Mapping, Outcome, map_labels};
use crate::taxonomy::vocabulary::SOURCES;
use crate::taxonomy::{Taxonomy, printable};
use anyhow::Context;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;

/// Labels wider than this do not widen their column.
const MAX_LABEL_COLUMNS: usize = 40;

/// Arguments of `map`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = sources_help())]
pub struct Args {
    /// Labels: a CSV file with the columns object_id and label (or class, type, classification), or label and count; light
    /// curves that carry labels; a folder; or - for standard input.
    #[arg(required = true, value_name = "LABELS")]
    labels: Vec<PathBuf>,
    /// The tree: a file, or the name of a shipped tree.
    #[arg(short, long, value_name = "TREE")]
    taxonomy: PathBuf,
    /// Where the labels are from, for names that mean different classes to different surveys (repeat it for several).
    #[arg(long, value_name = "SOURCE", value_parser = source)]
    source: Vec<usize>,
    /// Only the labels that have no node.
    #[arg(long)]
    unmapped_only: bool,
    /// `unmapped`: exit code 1 if a label has no node.
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// The list as JSON.
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Write the list to a CSV file (columns label, count, how, node, path, sources, meaning, suggestions); the summary is printed.
    #[arg(short, long, value_name = "OUT.csv")]
    output: Option<PathBuf>,
}

/// What `map` treats as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Deny {
    /// Labels without a node.
    Unmapped,
}

fn source(text: &str) -> Result<usize, String> {
    let names: Vec<&str> = SOURCES.iter().map(|s| s.name).collect();
    SOURCES.iter().position(|s| s.name == text).ok_or_else(|| format!("it is one of {}", names.join(", ")))
}

fn sources_help() -> String {
    let mut out = String::from("Sources of names (--source):\n");
    for s in SOURCES {
        let _ = writeln!(out, "  {:<9} {}", s.name, s.title);
    }
    out.push_str("\nA label is sought among the tree's own names, aliases and absorbed labels, then among the names of these sources.");
    out
}

/// Runs `taxonova taxonomy map`.
pub fn run(args: &Args) -> CommandResult {
    let taxonomy = load(&args.taxonomy).map_err(Failure::usage)?;
    if let Some(out) = &args.output
        && out.extension().is_none_or(|e| e != "csv")
    {
        return Err(Failure::usage(anyhow::anyhow!("-o {}: the list's name ends in .csv", printable(&out.to_string_lossy()))));
    }
    let labels = read_all_labels(&args.labels).map_err(Failure::usage)?;
    tell(&labels);
    let mapping = map_labels(&taxonomy, labels.counts.iter().map(|(l, n)| (l.as_str(), *n)), &args.source);
    let rows: Vec<&MappedLabel> = mapping.rows.iter().filter(|r| !args.unmapped_only || !r.outcome.is_mapped()).collect();
    match &args.output {
        Some(out) => {
            write_csv(out, &taxonomy, &rows).map_err(|error| Failure { exit: Exit::Internal, error })?;
            print(&format!("{}\n", summary(&mapping)))?;
        }
        None if args.json => print_json(&taxonomy, &mapping, &rows, labels.unlabelled)?,
        None => {
            print(&table(&taxonomy, &mapping, &rows))?;
        }
    }
    let denied = args.deny == Some(Deny::Unmapped) && mapping.totals.unmapped_labels() > 0;
    Ok(if denied || !labels.unreadable.is_empty() { Exit::Partly } else { Exit::Done })
}

/// What the files had that is odd, on standard error.
pub(super) fn tell(labels: &LabelFile) {
    for e in labels.unreadable.iter().chain(&labels.problems) {
        eprintln!("taxonova: {e}");
    }
    if labels.unlabelled > 0 {
        eprintln!("taxonova: {} without a label left out", plural(labels.unlabelled as usize, "object"));
    }
}

fn summary(mapping: &Mapping) -> String {
    let t = &mapping.totals;
    format!(
        "{} with {}: {} mapped without loss, {} with detail lost, {} unmapped ({})",
        plural(t.objects() as usize, "object"),
        plural(mapping.rows.len(), "label"),
        t.without_loss(),
        t.with_loss(),
        t.unmapped(),
        plural(t.unmapped_labels() as usize, "label")
    )
}

fn table(taxonomy: &Taxonomy, mapping: &Mapping, rows: &[&MappedLabel]) -> String {
    let mut out = String::new();
    let label = |r: &MappedLabel| printable(&r.label);
    let width = rows.iter().map(|r| label(r).width()).filter(|w| *w <= MAX_LABEL_COLUMNS).max().unwrap_or(0);
    let digits = rows.iter().map(|r| r.count.to_string().len()).max().unwrap_or(1).max(6);
    for outcome in Outcome::ALL {
        let (labels, objects) = mapping.totals.of(outcome);
        let mut members = rows.iter().filter(|r| r.outcome == outcome).peekable();
        if members.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "{}: {}, {}", outcome.title(), plural(labels as usize, "label"), plural(objects as usize, "object"));
        for r in members {
            let text = label(r);
            let pad = " ".repeat(width.saturating_sub(text.width()));
            let line = format!("  {:>digits$}  {text}{pad}  {}", r.count, place(taxonomy, r));
            let _ = writeln!(out, "{}", line.trim_end());
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(mapping));
    out
}

/// The rest of a row: the node's path, how it was found, what the label may be.
fn place(taxonomy: &Taxonomy, r: &MappedLabel) -> String {
    let remark = r.remark(taxonomy);
    match r.node {
        Some(node) if remark.is_empty() => printable(&short_path(taxonomy, node)),
        Some(node) => format!("{}  ({remark})", printable(&short_path(taxonomy, node))),
        None => remark,
    }
}

fn print_json(taxonomy: &Taxonomy, mapping: &Mapping, rows: &[&MappedLabel], unlabelled: u64) -> Result<(), Failure> {
    let name = |id| taxonomy.node(id).name.as_str();
    let list: Vec<serde_json::Value> = rows
        .iter()
        .map(|r| {
            json!({
                "label": r.label,
                "count": r.count,
                "outcome": r.outcome.name(),
                "loose": r.loose,
                "node": r.node.map(name),
                "path": r.node.map(|n| short_path(taxonomy, n)),
                "meaning": r.via.as_ref().map(|v| json!({ "sources": v.sources, "concepts": v.concepts, "uncertain": v.uncertain })),
                "suggestions": r.suggestions.iter().map(|s| json!({ "node": name(s.node), "reason": s.reason })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let t = &mapping.totals;
    let by_outcome: serde_json::Map<String, serde_json::Value> =
        Outcome::ALL.iter().map(|o| (o.name().to_string(), json!({ "labels": t.of(*o).0, "objects": t.of(*o).1 }))).collect();
    let value = json!({
        "tree": taxonomy.name,
        "labels": list,
        "totals": {
            "objects": t.objects(),
            "without_loss": t.without_loss(),
            "with_loss": t.with_loss(),
            "unmapped": t.unmapped(),
            "without_label": unlabelled,
            "by_outcome": by_outcome,
        },
    });
    print(&format!("{value:#}\n")).map(|_| ())
}

fn write_csv(out: &Path, taxonomy: &Taxonomy, rows: &[&MappedLabel]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["label", "count", "how", "node", "path", "sources", "meaning", "suggestions"])?;
    for r in rows {
        let (node, path) = r.node.map_or((String::new(), String::new()), |n| (taxonomy.node(n).name.clone(), short_path(taxonomy, n)));
        let (sources, meaning) = r.via.as_ref().map_or((String::new(), String::new()), |v| (v.sources.join("|"), v.concepts.join("|")));
        let suggestions: Vec<&str> = r.suggestions.iter().map(|s| taxonomy.node(s.node).name.as_str()).collect();
        let count = r.count.to_string();
        writer.write_record([&r.label, &count, r.outcome.name(), &node, &path, &sources, &meaning, &suggestions.join("|")])?;
    }
    let bytes = writer.into_inner().map_err(|e| e.into_error())?;
    crate::atomic::write(out, |file| file.write_all(&bytes))
        .with_context(|| format!("{} can't be written", printable(&out.to_string_lossy())))
}
