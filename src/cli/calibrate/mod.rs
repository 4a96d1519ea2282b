//! `taxonova calibrate`: temperatures, biases and the scores of the decision rules fitted to other labelled light curves,
//! without training.

mod gather;
mod table;

use super::exit::{CommandResult, Exit, Failure};
use super::inputs;
use super::stdout::print;
use crate::model::{Model, REFSET_EXTENSION};
use crate::taxonomy::printable;
use crate::train::calibrate::Object;
use crate::train::calibrate::again::{Again, again};
use crate::train::calibrate::fit::PARTS;
use anyhow::{Context, anyhow};
use gather::Gathered;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Fewer objects calibrate nothing.
const LEAST: usize = 20;

/// What `taxonova calibrate` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Light curves whose classes are known: files or folders
    #[arg(required = true, value_name = "DATA")]
    data: Vec<PathBuf>,
    /// The model: an .onnx file [default: the shipped one]
    #[arg(short, long)]
    model: Option<String>,
    /// The model to write; its reference set comes beside it
    #[arg(short, long, value_name = "MODEL2.onnx")]
    output: PathBuf,
    /// CSV with the columns object_id,label; they go before labels in DATA
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Use objects that the model was trained on too, of which it is surer than of others: the calibration will be too sure
    #[arg(long)]
    include_trained: bool,
    /// Write over an existing output
    #[arg(long)]
    overwrite: bool,
    /// The measures before and after as one JSON object
    #[arg(long)]
    json: bool,
    /// How files are read.
    #[command(flatten)]
    read: inputs::ReadArgs,
}

/// Runs it.
pub fn run(args: &Args) -> CommandResult {
    run_until(args, &inputs::stop_flag())
}

fn run_until(args: &Args, interrupted: &AtomicBool) -> CommandResult {
    if args.output.extension().is_none_or(|e| e != "onnx") {
        return Err(Failure::usage(anyhow!("-o {}: a model's name ends in .onnx", args.output.display())));
    }
    let beside = args.output.with_extension(REFSET_EXTENSION);
    if let Some(there) = [&args.output, &beside].into_iter().find(|p| p.exists())
        && !args.overwrite
    {
        return Err(Failure::usage(anyhow!("{} is there already; --overwrite replaces it", there.display())));
    }
    // Before the work, not after it.
    let folder = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    crate::atomic::temporary(folder).with_context(|| format!("no file can be made in {}", folder.display())).map_err(Failure::internal)?;
    let model = inputs::model(args.model.as_deref())?;
    let labels = args.labels.as_deref().map(gather::labels).transpose()?;
    let Some(gathered) = gather::gather(&args.data, &args.read.options(), labels, &model, args.include_trained, interrupted)? else {
        return Ok(stopped());
    };
    gathered.notes.iter().for_each(|line| eprintln!("{line}"));
    if gathered.rows.len() < LEAST {
        return Err(Failure::usage(anyhow!(
            "{} objects to calibrate on; at least {LEAST} are needed, with a label that the model's tree {} holds{}",
            gathered.rows.len(),
            printable(&model.taxonomy().name),
            if gathered.trained > 0 { ", and that the model was not trained on" } else { "" }
        )));
    }
    let objects = objects(&gathered);
    let what =
        args.data.iter().map(|p| printable(&p.file_name().unwrap_or(p.as_os_str()).to_string_lossy())).collect::<Vec<_>>().join(", ");
    let done = again(&model, &objects, &what).map_err(Failure::internal)?;
    if interrupted.load(Ordering::Relaxed) {
        return Ok(stopped());
    }
    write(args, &model, &done, &beside)?;
    let text = if args.json { table::as_json(&done, &model, &args.output, &gathered)? } else { table::as_text(&done, &model, &gathered) };
    print(&text)?;
    Ok(if gathered.errors > 0 { Exit::Partly } else { Exit::Done })
}

fn stopped() -> Exit {
    eprintln!("interrupted: nothing was written");
    Exit::Interrupted
}

fn objects(gathered: &Gathered) -> Vec<Object<'_>> {
    let mut out = Vec::with_capacity(gathered.rows.len());
    for r in &gathered.rows {
        let part = (crate::model::name_hash(&r.object_id) % u64::from(PARTS)) as u32;
        out.push(Object { path: &r.path, part, ages: r.ages.iter().map(|(age, l)| (*age, l.as_slice())).collect() });
    }
    out
}

fn write(args: &Args, model: &Model, done: &Again, beside: &Path) -> Result<(), Failure> {
    let save = |path: &Path, bytes: &[u8]| {
        let written = crate::atomic::write(path, |file| file.write_all(bytes));
        written.with_context(|| format!("{} can't be written", path.display())).map_err(Failure::internal)
    };
    match &done.refset {
        // The reference set first: a model without it could not be refitted.
        Ok(bytes) => {
            save(beside, bytes)?;
            save(&args.output, &done.bytes)?;
            eprintln!("{}: {} kB, and {}", args.output.display(), done.bytes.len() / 1000, beside.display());
        }
        Err(reason) => {
            save(&args.output, &done.bytes)?;
            eprintln!(
                "{}: {} kB; {} has no reference set to go with it ({reason})",
                args.output.display(),
                done.bytes.len() / 1000,
                printable(model.name())
            );
        }
    }
    Ok(())
}
