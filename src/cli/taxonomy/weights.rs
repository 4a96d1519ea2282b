//! `taxonova taxonomy weights`: the class weights of a tree.

use super::{MAX_DRAWN_DEPTH, load, map, number, plural};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::lightcurve::read::read_labels;
use crate::taxonomy::{CountMode, Counts, Form, Layout, NodeWeight, WeightOptions, printable, weights};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr;

/// Arguments of `weights`. What is not given is as in the tree's file.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, `-`, or name of a shipped tree.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Objects per label, instead of the tree's own: a CSV file with the columns `label` (or `name`) and `count`, or `object_id`
    /// and `label` (or class, type, classification); light curves that carry labels; or a folder.
    #[arg(long, value_name = "FILE")]
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
    let mut exit = Exit::Done;
    let counts = match &args.counts {
        Some(path) => {
            let labels = read_labels(path).map_err(Failure::usage)?;
            map::tell(&labels);
            if !labels.unreadable.is_empty() {
                exit = Exit::Partly;
            }
            Counts::from_label_counts(&taxonomy, labels.counts.iter().map(|(l, n)| (l.as_str(), *n)))
        }
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
    Ok(exit)
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
