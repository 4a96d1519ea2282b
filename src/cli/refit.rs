//! `taxonova refit`: a new head for an edited tree, on the stored embeddings of the objects that the model was trained on.

use super::exit::{CommandResult, Exit, Failure};
use super::inputs;
use super::stdout::print;
use crate::model::refset::Refset;
use crate::model::{Model, REFSET_EXTENSION};
use crate::taxonomy::{CountMode, Form, Taxonomy, WeightOptions, printable};
use crate::train::refit::{Change, Comparison, RefitConfig, RefitError, Refitted, refit};
use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use unicode_width::UnicodeWidthStr;

/// Levels by which a name is moved in at most.
const MAX_INDENT: usize = 20;

/// What `taxonova refit` takes. What is not given of the weights is as in the tree's file.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model: an .onnx file [default: the shipped one]
    #[arg(short, long)]
    model: Option<String>,
    /// The edited tree: a file of any format that can be read, or the name of a shipped tree
    #[arg(short, long)]
    taxonomy: String,
    /// The model to write; a copy of the reference set comes beside it, so that it can be refitted again
    #[arg(short, long, value_name = "MODEL2.onnx")]
    output: PathBuf,
    /// The reference set, which `train --folds` writes [default: MODEL.refset.parquet beside the model]
    #[arg(long, value_name = "FILE")]
    refset: Option<PathBuf>,
    /// Weight of the levels, exp(-alpha depth)
    #[arg(long)]
    alpha: Option<f64>,
    /// Power of the class weights
    #[arg(long)]
    beta: Option<f64>,
    /// Form of the class weights: node, label or none
    #[arg(long, value_parser = inputs::form)]
    weights: Option<Form>,
    /// What K counts in the class weights: labels or nodes
    #[arg(long, value_parser = inputs::count_mode)]
    count: Option<CountMode>,
    /// Seed of the resampling for the interval of the difference; the model itself has nothing random
    #[arg(long, default_value_t = RefitConfig::default().seed)]
    seed: u64,
    /// Steps at most
    #[arg(long, default_value_t = RefitConfig::default().epochs)]
    epochs: usize,
    /// Name of the new model [default: the output's]
    #[arg(long)]
    name: Option<String>,
    /// The comparison and what happened as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(args: &Args) -> CommandResult {
    run_until(args, &inputs::stop_flag())
}

fn run_until(args: &Args, interrupted: &AtomicBool) -> CommandResult {
    if args.output.extension().is_none_or(|e| e != "onnx") {
        return Err(Failure::usage(anyhow!("-o {}: a model's name ends in .onnx", args.output.display())));
    }
    if args.epochs == 0 {
        return Err(Failure::usage(anyhow!("--epochs must be at least 1")));
    }
    let tree = inputs::taxonomy(&args.taxonomy)?;
    let options = weight_options(args, &tree);
    options.check().map_err(Failure::usage)?;
    let model = inputs::model(args.model.as_deref())?;
    // Before the work, not after it.
    let folder = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    crate::atomic::temporary(folder).with_context(|| format!("no file can be made in {}", folder.display())).map_err(Failure::internal)?;
    let (refset_bytes, refset) = reference_set(args, &model)?;
    let stem = args.output.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let config =
        RefitConfig { seed: args.seed, epochs: args.epochs, name: Some(args.name.clone().unwrap_or(stem)), ..RefitConfig::default() };
    let done = with_progress(&config, interrupted, |report| refit(&refset, &model, &tree, &options, &config, report));
    let done = match done {
        Err(RefitError::Interrupted) => return Ok(stopped()),
        other => other.map_err(Failure::usage)?,
    };
    if interrupted.load(Ordering::Relaxed) {
        return Ok(stopped());
    }
    // The reference set first: a model without it could not be refitted again.
    let beside = args.output.with_extension(REFSET_EXTENSION);
    save(&beside, &refset_bytes)?;
    save(&args.output, &done.bytes)?;
    done.notes.lines().iter().for_each(|line| eprintln!("{line}"));
    eprintln!("{}: {} kB, and {}", args.output.display(), done.bytes.len() / 1000, beside.display());
    let text = if args.json { as_json(&done, &args.output, &beside)? } else { as_text(&done) };
    print(&text)?;
    Ok(Exit::Done)
}

fn stopped() -> Exit {
    eprintln!("interrupted: nothing was written");
    Exit::Interrupted
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = crate::atomic::write(path, |file| file.write_all(bytes));
    written.with_context(|| format!("{} can't be written", path.display())).map_err(Failure::internal)
}

fn weight_options(args: &Args, tree: &Taxonomy) -> WeightOptions {
    let own = tree.weights;
    WeightOptions {
        alpha: args.alpha.unwrap_or(own.alpha),
        beta: args.beta.unwrap_or(own.beta),
        form: args.weights.unwrap_or(own.form),
        k: args.count.unwrap_or(own.k),
    }
}

/// The file's bytes, which are copied beside the new model, and what is in them.
fn reference_set(args: &Args, model: &Arc<Model>) -> Result<(Cow<'static, [u8]>, Refset), Failure> {
    let (bytes, path) = match &args.refset {
        None => (model.refset_bytes().map_err(Failure::usage)?, model.refset_path()),
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| format!("--refset {}", path.display())).map_err(Failure::usage)?;
            (Cow::Owned(bytes), path.clone())
        }
    };
    let refset = Refset::from_parquet(bytes.to_vec(), &model.metadata().encoder, &path).map_err(Failure::usage)?;
    Ok((bytes, refset))
}

/// Runs `work` with a bar, which shows on a terminal alone.
fn with_progress<T>(
    config: &RefitConfig,
    interrupted: &AtomicBool,
    work: impl FnOnce(&mut dyn FnMut(crate::train::refit::Progress) -> ControlFlow<()>) -> T,
) -> T {
    let bar = ProgressBar::new(config.epochs as u64);
    // The template is a constant and valid.
    if let Ok(style) = ProgressStyle::with_template("refitting {wide_bar} {msg}") {
        bar.set_style(style);
    }
    let result = work(&mut |p| {
        bar.set_position(p.step as u64);
        if p.loss.is_finite() {
            bar.set_message(format!("step {}: loss {:.4}", p.step, p.loss));
        }
        if interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    result
}

fn as_json(done: &Refitted, model: &Path, refset: &Path) -> Result<String, Failure> {
    let notes = &done.notes;
    let to_ancestor: Vec<_> =
        notes.to_ancestor.iter().map(|(label, (node, n))| json!({ "label": label, "node": node, "objects": n })).collect();
    let value = json!({
        "model": model.to_string_lossy(),
        "refset": refset.to_string_lossy(),
        "objects": notes.objects,
        "rows": notes.rows,
        "steps": notes.steps,
        "training_loss": { "before": notes.loss.0, "after": notes.loss.1 },
        "left_out": notes.left_out,
        "to_ancestor": to_ancestor,
        "without_example": notes.pruned.iter().map(|p| json!({ "node": p.name, "residual": p.residual })).collect::<Vec<_>>(),
        "comparison": done.comparison,
    });
    serde_json::to_string_pretty(&value).map(|t| t + "\n").map_err(Failure::internal)
}

fn as_text(done: &Refitted) -> String {
    let notes = &done.notes;
    let mut out = format!(
        "refitted on {} objects, {} rows: loss {:.4} -> {:.4} in {} steps\n",
        notes.objects, notes.rows, notes.loss.0, notes.loss.1, notes.steps
    );
    match &done.comparison {
        Some(c) => compared(&mut out, c),
        None => out.push_str("before and after can't be compared: the model was trained on every fold (`train --hold-out` keeps one)\n"),
    }
    out
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_string(), |v| format!("{v:.digits$}"))
}

fn compared(out: &mut String, c: &Comparison) {
    // Writing to a String can't fail.
    let _ = writeln!(out, "fold {}, never trained on: {} objects, whole light curves\n", c.fold, c.objects);
    let _ = writeln!(out, "{:<24} {:>8} {:>8}", "", "before", "after");
    let mut line = |name: &str, change: &Change, of: &str| {
        let _ = writeln!(out, "{name:<24} {:>8} {:>8}  {} {of}", number(change.before, 4), number(change.after, 4), change.n);
    };
    line("weighted loss", &c.loss, "objects that both know");
    line("log loss", &c.log_loss, "objects that both know");
    line("macro F1 of the leaves", &c.macro_f1, "leaves with 5 objects or more that both know");
    if let Some((low, high)) = c.macro_f1_interval {
        let _ = writeln!(out, "{:<24} {:>17}  95 % of the difference, by bootstrap", "", format!("{low:+.3} to {high:+.3}"));
    }
    if c.leaves_all > c.macro_f1.n {
        let _ = writeln!(out, "{:<24} {:>8} {:>8}  {} leaves, the new ones too", "", "", number(c.macro_f1_all, 4), c.leaves_all);
    }
    let name = |r: &crate::train::refit::Row| format!("{}{}", "  ".repeat((r.depth as usize - 1).min(MAX_INDENT)), printable(&r.node));
    let width = c.rows.iter().map(|r| name(r).width()).max().unwrap_or(0).max(5);
    let _ = writeln!(out, "\n{:<width$} {:>6} {:>10} {:>9}   (tau {})", "class", "n", "F1 before", "F1 after", c.tau);
    for r in &c.rows {
        let name = name(r);
        let pad = " ".repeat(width - name.width());
        let _ = writeln!(out, "{name}{pad} {:>6} {:>10} {:>9}", r.n, number(r.f1_before, 3), number(r.f1_after, 3));
    }
    out.push_str("\n- = not in the model, or no object of the fold is in it\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn an_interrupted_run_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new.onnx");
        let line = Line::parse_from(["refit", "-t", "transients", "-o", out.to_str().unwrap()]);
        assert_eq!(run_until(&line.args, &AtomicBool::new(true)).unwrap(), Exit::Interrupted);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
