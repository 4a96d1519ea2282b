//! `taxonova taxonomy weights`: the class weights of a tree.

use super::{MAX_DRAWN_DEPTH, load, plural};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::taxonomy::{CountMode, Counts, Form, Layout, NodeWeight, Taxonomy, WeightOptions, printable, weights};
use anyhow::{Context, anyhow};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;

/// Arguments of `weights`. What is not given is as in the tree's file.
#[derive(Debug, clap::Args)]
pub struct Args {
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

/// Runs `taxonova taxonomy weights`.
pub fn run(args: &Args) -> CommandResult {
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
pub(super) fn number(value: f64) -> String {
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
}
