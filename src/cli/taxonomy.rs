//! `taxonova taxonomy show|check|weights`: a tree of classes on standard output.

use super::exit::{CommandResult, Exit, Failure};
use super::stdout::print;
use crate::taxonomy::json::parse_json_bytes;
use crate::taxonomy::{
    CountMode, Counts, Form, Layout, NodeId, NodeWeight, Severity, Taxonomy, TaxonomyError, WeightOptions, parse_json, printable,
    read_json, shipped, shipped_json, validate, weights,
};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;

/// Deeper levels are all drawn at this depth, with their depth in brackets: no terminal is wider.
const MAX_DRAWN_DEPTH: usize = 60;

/// Look at trees of classes. FILE is a tree's JSON file, `-` for standard input, or the name of a shipped tree.
#[derive(Debug, Subcommand)]
pub enum TaxonomyCommand {
    /// Draw the tree with its counts.
    Show {
        /// File, `-`, or name of a shipped tree (as `transients`).
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Find faults: exit code 1 for errors, 0 for warnings alone.
    Check {
        /// File, `-`, or name of a shipped tree.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Findings as a JSON array.
        #[arg(long)]
        json: bool,
        /// `warnings`: exit code 1 for them too.
        #[arg(long, value_name = "WHAT")]
        deny: Option<Deny>,
    },
    /// Class weights W = (N / (K N_c))^beta and lambda = exp(-alpha depth) of every node.
    Weights(WeightsArgs),
}

/// What `check` treats as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Deny {
    /// Warnings.
    Warnings,
}

/// Arguments of `weights`. What is not given is as in the tree's file.
#[derive(Debug, Args)]
pub struct WeightsArgs {
    /// File, `-`, or name of a shipped tree.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Objects per label from a CSV file with the columns `label` (or `name`) and `count`, instead of the tree's own.
    #[arg(long, value_name = "CSV")]
    counts: Option<PathBuf>,
    /// How fast deeper levels lose weight (>= 0).
    #[arg(long, value_parser = not_negative, allow_negative_numbers = true)]
    alpha: Option<f64>,
    /// How strongly rare classes gain weight (>= 0).
    #[arg(long, value_parser = not_negative, allow_negative_numbers = true)]
    beta: Option<f64>,
    /// Weights per node, one per label, or none.
    #[arg(long, value_parser = form)]
    form: Option<Form>,
    /// What K counts: labels that occur, or nodes.
    #[arg(long, value_parser = count_mode)]
    count: Option<CountMode>,
    /// An array of objects with the keys name, n, n_subtree, W, lambda, W_lambda.
    #[arg(long)]
    json: bool,
}

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(v) if v.is_finite() && v >= 0.0 => Ok(v),
        _ => Err("it must be a finite number that is not negative".into()),
    }
}

fn form(text: &str) -> Result<Form, String> {
    Form::ALL.into_iter().find(|f| f.name() == text).ok_or_else(|| "it is node, label or none".into())
}

fn count_mode(text: &str) -> Result<CountMode, String> {
    CountMode::ALL.into_iter().find(|c| c.name() == text).ok_or_else(|| "it is labels or nodes".into())
}

/// Runs `taxonova taxonomy ...`.
pub fn run(command: TaxonomyCommand) -> CommandResult {
    match command {
        TaxonomyCommand::Show { file } => {
            let taxonomy = load(&file).map_err(Failure::usage)?;
            print(&drawing(&taxonomy))?;
            Ok(Exit::Done)
        }
        TaxonomyCommand::Check { file, json, deny } => check(&file, json, deny),
        TaxonomyCommand::Weights(args) => show_weights(&args),
    }
}

/// Reads a tree: a file if there is one, standard input for `-`, else the shipped tree of that name.
pub fn load(file: &Path) -> Result<Taxonomy, TaxonomyError> {
    if file == Path::new("-") {
        let path = PathBuf::from("<standard input>");
        let mut bytes = Vec::new();
        return match std::io::stdin().read_to_end(&mut bytes) {
            Ok(_) => parse_json_bytes(&bytes, &path),
            Err(reason) => Err(TaxonomyError::Read { path, reason }),
        };
    }
    let embedded = file.to_str().and_then(shipped_json);
    match read_json(file) {
        Err(TaxonomyError::Read { reason, .. }) if reason.kind() == std::io::ErrorKind::NotFound => match embedded {
            Some(text) => parse_json(text, file),
            None => {
                let names: Vec<&str> = shipped().iter().map(|(f, _)| f.strip_suffix(".json").unwrap_or(f)).collect();
                let text = format!("{reason}; nor is it a shipped tree: those are {}", names.join(", "));
                Err(TaxonomyError::Read { path: file.to_path_buf(), reason: std::io::Error::new(reason.kind(), text) })
            }
        },
        other => other,
    }
}

/// The tree with branches, counts and marks.
fn drawing(taxonomy: &Taxonomy) -> String {
    let mut lines: Vec<(String, Option<u64>, String)> = Vec::new();
    // The prefix of each open level: whether a sibling follows there.
    let mut more: Vec<bool> = Vec::new();
    enum Step {
        Node(NodeId, usize, bool),
        Residual(NodeId, usize),
    }
    let mut stack = vec![Step::Node(taxonomy.root(), 0, true)];
    while let Some(step) = stack.pop() {
        match step {
            Step::Node(id, depth, last) => {
                more.truncate(depth.saturating_sub(1));
                let prefix = branches(&more, depth, last);
                if depth > 0 {
                    more.push(!last);
                }
                let node = taxonomy.node(id);
                lines.push((format!("{prefix}{}", printable(&node.name)), node.count, remarks(taxonomy, id)));
                let residual = taxonomy.has_residual(id);
                if residual {
                    stack.push(Step::Residual(id, depth + 1));
                }
                let children = taxonomy.children(id);
                stack.extend(
                    children.iter().enumerate().rev().map(|(i, c)| Step::Node(*c, depth + 1, i + 1 == children.len() && !residual)),
                );
            }
            Step::Residual(id, depth) => {
                more.truncate(depth.saturating_sub(1));
                lines.push((
                    format!("{}other {}", branches(&more, depth, true), printable(&taxonomy.node(id).name)),
                    None,
                    "residual".into(),
                ));
            }
        }
    }
    let mut out = String::new();
    if !taxonomy.name.is_empty() {
        let _ = writeln!(out, "{}", printable(&taxonomy.name));
    }
    for line in taxonomy.citation.lines() {
        let _ = writeln!(out, "{}", printable(line));
    }
    let w = &taxonomy.weights;
    let _ = writeln!(
        out,
        "{} nodes, {} leaves; weights: alpha {}, beta {}, form {}, K = {}\n",
        taxonomy.len(),
        taxonomy.leaves().count(),
        w.alpha,
        w.beta,
        w.form.name(),
        w.k.name()
    );
    let counted = lines.iter().any(|(_, n, _)| n.is_some());
    let width = lines.iter().map(|(t, ..)| t.width()).max().unwrap_or(0);
    for (text, count, remark) in lines {
        let mut line = text.clone();
        if counted {
            let number = count.map_or(String::new(), |n| n.to_string());
            let _ = write!(line, "{}  {number:>8}", " ".repeat(width - text.width()));
        }
        if !remark.is_empty() {
            let _ = write!(line, "{}  {remark}", if counted { String::new() } else { " ".repeat(width - text.width()) });
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn branches(more: &[bool], depth: usize, last: bool) -> String {
    if depth == 0 {
        return String::new();
    }
    let mut out = String::new();
    for open in more.iter().take(depth - 1).take(MAX_DRAWN_DEPTH) {
        out.push_str(if *open { "│  " } else { "   " });
    }
    out.push_str(if last { "└─ " } else { "├─ " });
    if depth > MAX_DRAWN_DEPTH {
        let _ = write!(out, "[depth {depth}] ");
    }
    out
}

fn remarks(taxonomy: &Taxonomy, id: NodeId) -> String {
    let node = taxonomy.node(id);
    let list = |title: &str, items: &[String]| {
        let items: Vec<String> = items.iter().map(|i| printable(i)).collect();
        if items.is_empty() { String::new() } else { format!("{title} {}", items.join(", ")) }
    };
    [list("=", &node.aliases), list("absorbs", &node.absorbs)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ")
}

fn check(file: &Path, as_json: bool, deny: Option<Deny>) -> CommandResult {
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

fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn show_weights(args: &WeightsArgs) -> CommandResult {
    let taxonomy = load(&args.file).map_err(Failure::usage)?;
    let counts = match &args.counts {
        Some(path) => read_counts(path, &taxonomy).map_err(Failure::usage)?,
        None => Counts::from_tree(&taxonomy),
    };
    let own = taxonomy.weights;
    let options = WeightOptions {
        alpha: args.alpha.unwrap_or(own.alpha),
        beta: args.beta.unwrap_or(own.beta),
        form: args.form.unwrap_or(own.form),
        k: args.count.unwrap_or(own.k),
    };
    let layout = Layout::new(&taxonomy);
    let weights = weights::compute(&taxonomy, &layout, &counts, &options);
    if args.json {
        let rows: Vec<serde_json::Value> = weights
            .rows
            .iter()
            .map(|r| json!({ "name": r.name, "n": r.n, "n_subtree": r.n_subtree, "W": r.w, "lambda": r.lambda, "W_lambda": r.w_lambda }))
            .collect();
        print(&format!("{:#}\n", serde_json::Value::from(rows)))?;
    } else {
        print(&weights_table(&weights, &options))?;
    }
    for (label, n) in &counts.unmatched {
        eprintln!("taxonova: no node for the label `{}`: {} left out", printable(label), plural(*n as usize, "object"));
    }
    Ok(Exit::Done)
}

fn weights_table(weights: &weights::Weights, options: &WeightOptions) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "N = {} objects, K = {} {}, alpha {}, beta {}, form {}\n",
        weights.total,
        weights.k,
        options.k.name(),
        options.alpha,
        options.beta,
        options.form.name()
    );
    let label = |r: &NodeWeight| {
        let depth = r.depth as usize;
        let far = if depth > MAX_DRAWN_DEPTH { format!("[depth {depth}] ") } else { String::new() };
        format!("{}{far}{}", "  ".repeat(depth.min(MAX_DRAWN_DEPTH)), printable(&r.name))
    };
    let width = weights.rows.iter().map(|r| label(r).width()).max().unwrap_or(0).max(4);
    let _ = writeln!(out, "node{}  {:>8}  {:>8}  {:>11}  {:>11}  {:>11}", " ".repeat(width - 4), "n", "N_c", "W", "lambda", "W*lambda");
    for r in &weights.rows {
        let text = label(r);
        let pad = " ".repeat(width - text.width());
        let (w, l, wl) = (number(r.w), number(r.lambda), number(r.w_lambda));
        let mark = if r.n_subtree == 0 { "  no examples" } else { "" };
        let _ = writeln!(out, "{text}{pad}  {:>8}  {:>8}  {w:>11}  {l:>11}  {wl:>11}{mark}", r.n, r.n_subtree);
    }
    out
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

/// Objects per label from a CSV file.
fn read_counts(path: &Path, taxonomy: &Taxonomy) -> anyhow::Result<Counts> {
    let shown = printable(&path.to_string_lossy());
    let file = std::fs::File::open(path).with_context(|| format!("{shown}: can't be read"))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(file);
    let headers = reader.headers().with_context(|| format!("{shown}: can't be read as CSV"))?.clone();
    let column = |names: &[&str]| {
        headers.iter().position(|h| names.iter().any(|n| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(n))).ok_or_else(|| {
            let found: Vec<String> = headers.iter().map(printable).collect();
            anyhow!("{shown}: no column `{}`; the columns are {}", names.join("` or `"), found.join(", "))
        })
    };
    let (label_at, count_at) = (column(&["label", "name"])?, column(&["count", "n"])?);
    let mut rows: Vec<(String, u64)> = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("{shown}: can't be read as CSV"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let label = record.get(label_at).unwrap_or_default();
        let text = record.get(count_at).unwrap_or_default();
        let count = text.parse::<u64>().map_err(|_| {
            anyhow!("{shown}:{line}: the count of `{}` is `{}`: write a whole number from 0 on", printable(label), printable(text))
        })?;
        rows.push((label.to_string(), count));
    }
    Ok(Counts::from_label_counts(taxonomy, rows.iter().map(|(l, n)| (l.as_str(), *n))))
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

    #[test]
    fn a_drawing() {
        let mut t = Taxonomy::new("t", "Object");
        let a = t.add_child(t.root(), "A").unwrap();
        let b = t.add_child(t.root(), "B").unwrap();
        let a1 = t.add_child(a, "A1").unwrap();
        t.add_child(a1, "A1x").unwrap();
        t.add_child(b, "B1").unwrap();
        for edit in [
            crate::taxonomy::Edit::SetExhaustive { id: a, exhaustive: false },
            crate::taxonomy::Edit::SetCount { id: a1, count: Some(12) },
            crate::taxonomy::Edit::SetAliases { id: b, aliases: vec!["bee".into()] },
        ] {
            t.apply(edit).unwrap();
        }
        let text = drawing(&t);
        let tree: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("Object")).collect();
        assert_eq!(
            tree,
            [
                "Object",
                "├─ A",
                "│  ├─ A1             12",
                "│  │  └─ A1x",
                "│  └─ other A            residual",
                "└─ B                     = bee",
                "   └─ B1",
            ]
        );
    }
}
