//! `taxonova classify`: light curves in, one row per object out.

mod report;
mod terminal;

use super::exit::{CommandResult, Exit, Failure};
use super::rule::RuleArgs;
use super::{formats, inputs};
use crate::batch::job::{self, Begin, JobError, Target};
use crate::batch::merged::{MergeError, Merged};
use crate::batch::output::{Format, OutputError, format_for, refuse_existing};
use crate::batch::packets::Packets;
use crate::batch::pipeline::{Files, Setup, WORKER};
use crate::batch::settings::Settings;
use crate::batch::watch::Watch;
use crate::batch::{Plan, paths};
use crate::lightcurve::read::{ReadError, ReadOptions};
use crate::model::Model;
use crate::model::decisions::Wanted;
use crate::taxonomy::{Taxonomy, printable};
use anyhow::anyhow;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use terminal::Terminal;

/// Arguments of `taxonova classify`.
#[derive(Debug, Args)]
#[command(after_long_help = formats::help())]
pub struct ClassifyArgs {
    /// Light curves: files, folders (searched recursively), patterns in quotes ('nights/**/*.avro'), or - for standard input.
    #[arg(required_unless_present_any = ["files_from", "watch"], value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A list of files or folders, one a line or separated by zero bytes (find -print0); - for standard input. They follow those
    /// that are named on the command line.
    #[arg(long, value_name = "LIST")]
    pub files_from: Option<PathBuf>,
    /// Classify the files of a folder as they arrive there, each once, until Ctrl-C; files that are there already come first. Rows go
    /// to standard output as with --flush.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["paths", "files_from", "output", "merge", "fail_fast"])]
    pub watch: Option<PathBuf>,
    /// Answer as soon as there is nothing more to read, for streams: Avro packets, JSON lines or Arrow IPC on standard input are
    /// answered one by one, and not 256 at a time.
    #[arg(long, conflicts_with_all = ["output", "merge"])]
    pub flush: bool,
    /// Output file: .csv, .jsonl, .parquet or .arrow. Without it: standard output. The file appears when it is complete; until then
    /// there is a folder OUT.parts. A file that is there is not replaced without --overwrite.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// How rows are written to standard output.
    #[arg(long, value_name = "FORMAT", value_parser = stream_format, conflicts_with = "output", default_value = "csv")]
    pub format: Format,
    /// Model: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Tree of the answers: a tree's file (of any format), or the name of a shipped one. Without it the model's own. The model's
    /// probabilities are poured onto it; nodes that the model can't tell are left empty (null).
    #[arg(short, long, value_name = "TAXONOMY")]
    pub taxonomy: Option<String>,
    /// How a node is chosen from the probabilities.
    #[command(flatten)]
    pub rule: RuleArgs,
    /// Class rates other than those of the training set: CSV with the columns node,rate or JSON {"node": rate}, as fractions
    /// of all objects. Classes that are not named share the rest as in training.
    #[arg(long, value_name = "FILE", conflicts_with = "weighted_p")]
    pub priors: Option<PathBuf>,
    /// Use only what was known so many days after the first detection.
    #[arg(long, value_name = "DAYS", value_parser = inputs::days)]
    pub asof: Option<f64>,
    /// One row for each time when something new became known, and not one for each object: how the answer rose and fell. Adds the
    /// columns mjd, age_d (days since the first detection) and n_known (measurements).
    #[arg(long)]
    pub history: bool,
    /// At most so many rows an object: nights, evenly thinned, the first and the last kept.
    #[arg(long, value_name = "N", default_value_t = crate::model::history::EPOCHS, requires = "history", value_parser = inputs::epochs)]
    pub history_epochs: usize,
    /// Beside each P, in columns U:NODE, how far the model's members disagree: the standard deviation of P over them.
    #[arg(long, conflicts_with = "weighted_p")]
    pub uncertainty: bool,
    /// Worker threads. Without it: as many as there are processors. The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = inputs::threads)]
    pub threads: Option<usize>,
    /// Go on with an interrupted run of the same inputs, model and options; the output is the same as without the interruption.
    #[arg(long, requires = "output")]
    pub resume: bool,
    /// Replace an output (and reports) that are there already, or what an interrupted run left.
    #[arg(long)]
    pub overwrite: bool,
    /// A CSV file for all that could not be read or classified: source,place,object_id,kind,reason. Standard error then names the
    /// first 20 of them alone.
    #[arg(long, value_name = "FILE")]
    pub failures: Option<PathBuf>,
    /// A JSON file for the summary: objects, decisions by node, warnings by kind, failures by reason.
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Neither progress nor the summary on standard error.
    #[arg(short, long)]
    pub quiet: bool,
    /// Merge the light curves of one object over all inputs: same name and kind of photometry, and same survey where both
    /// name it. All inputs are read before the first row is written; temporary files go to TMPDIR. Without it, objects are
    /// merged within a file only.
    #[arg(long)]
    pub merge: bool,
    /// End at the first input that can't be read.
    #[arg(long)]
    pub fail_fast: bool,
    /// Show the network's weighted scores instead of posterior probabilities.
    #[arg(long)]
    pub weighted_p: bool,
    /// How files are read.
    #[command(flatten)]
    pub read: inputs::ReadArgs,
}

/// Runs the command.
pub fn run(args: ClassifyArgs) -> CommandResult {
    let out = args.output.as_deref().map(|path| check_output(path, &args)).transpose()?;
    check_reports(&args)?;
    check_merge(&args)?;
    let model = inputs::model(args.model.as_deref())?;
    if args.uncertainty && !model.tells_members() {
        let why = "--uncertainty: the model does not tell what its members say (it has one alone, or was refitted); train with --members 2 or more";
        return Err(Failure::usage(anyhow!(why)));
    }
    let given = args.taxonomy.as_deref().map(inputs::taxonomy).transpose()?;
    let wanted = args.rule.wanted(args.weighted_p)?;
    let priors = args.priors.as_deref().map(|path| super::priors::read(path, &model)).transpose()?;
    let settings = Settings {
        wanted,
        asof_d: args.asof,
        history: args.history.then_some(args.history_epochs),
        uncertainty: args.uncertainty,
        weighted_p: args.weighted_p,
        priors: priors.clone(),
        read: args.read.options(),
    };
    let plan = Arc::new(plan(&settings, &model, given.as_ref())?);
    if priors.is_some() && !matches!(wanted, Wanted::Threshold { .. }) {
        eprintln!("taxonova: --priors: what the rule promises was found at the rates of the training set, and need not hold at others");
    }
    let (paths, unreadable) = input_files(&args)?;
    let mut monitor = Terminal::new(&args, &paths)?;
    unreadable.iter().for_each(|e| monitor.unreadable(e));
    if (paths.is_empty() && args.watch.is_none()) || (args.fail_fast && !unreadable.is_empty()) {
        monitor.give_up();
        return Err(Failure::usage(anyhow!("nothing could be read")));
    }
    let stop = inputs::stop_flag();
    let setup_stop = stop.clone();
    quiet_workers();
    let mut setup = Setup::new(args.threads.unwrap_or_else(inputs::processors), stop.clone());
    setup.fail_fast = args.fail_fast;
    setup.flush = args.flush || args.watch.is_some();
    let mut stdout = std::io::stdout().lock();
    let target = match &out {
        Some((path, format)) => {
            let manifest = settings.manifest(&paths, *format, &model, given.as_ref()).filter(|_| !args.merge);
            if args.resume && manifest.is_none() {
                monitor.refuse();
                return Err(Failure::usage(anyhow!("a run that reads standard input or a pipe can't be resumed")));
            }
            Target::File { path: path.clone(), format: *format, begin: Begin::new(args.resume, args.overwrite), manifest }
        }
        None => Target::Stream { out: &mut stdout, format: args.format },
    };
    let make = settings.engines(model.clone());
    let read = settings.read;
    let result = if args.merge {
        let Some(merged) = gather(&paths, &read, args.fail_fast, &stop, &mut monitor)? else {
            return Ok(Exit::Interrupted);
        };
        job::classify(merged, setup, plan, make, target, &mut monitor)
    } else if let Some(folder) = &args.watch {
        let except = [&args.failures, &args.summary].into_iter().flatten().cloned().collect();
        let watch = Watch { folder: folder.clone(), options: read, except, stop };
        job::classify(watch, setup, plan, make, target, &mut monitor)
    } else if let [only] = paths.as_slice()
        && only.as_os_str() == "-"
    {
        let packets = Packets::new(Box::new(std::io::stdin()), read, args.flush);
        job::classify(packets, setup, plan, make, target, &mut monitor)
    } else {
        job::classify(Files { paths: paths.clone(), options: read }, setup, plan, make, target, &mut monitor)
    };
    monitor.end(result.map_err(job_failure), &report::About { args: &args, model: model.name(), inputs: &paths, stop: &setup_stop })
}

/// What can't be had together with `--merge`.
fn check_merge(args: &ClassifyArgs) -> Result<(), Failure> {
    if args.merge && args.resume {
        let why = "a run with --merge can't be resumed, because it reads all inputs before it writes; run it again without --resume";
        return Err(Failure::usage(anyhow!(why)));
    }
    if args.merge && args.paths.iter().any(|p| p.as_os_str() == "-") {
        return Err(Failure::usage(anyhow!("standard input (-) is never merged: save it as a file, or leave --merge out")));
    }
    Ok(())
}

/// Reads and merges all inputs. None if it was interrupted.
fn gather(
    paths: &[PathBuf],
    options: &ReadOptions,
    fail_fast: bool,
    stop: &AtomicBool,
    monitor: &mut Terminal,
) -> Result<Option<Merged>, Failure> {
    match Merged::gather(paths, options, fail_fast, stop, |e| monitor.unreadable(e)) {
        Ok(merged) => Ok(Some(merged)),
        Err(MergeError::Stopped) => {
            monitor.give_up();
            eprintln!("taxonova: interrupted before anything was written");
            Ok(None)
        }
        Err(MergeError::Input(_)) => Err(Failure::usage(anyhow!("ended at the first fault (--fail-fast), before anything was merged"))),
        Err(e) => Err(Failure::internal(e)),
    }
}

fn check_output(path: &Path, args: &ClassifyArgs) -> Result<(PathBuf, Format), Failure> {
    let format = format_for(path).map_err(|why| Failure::usage(anyhow!(why)))?;
    if !args.resume {
        refuse_existing(path, args.overwrite).map_err(Failure::usage)?;
    }
    Ok((path.to_path_buf(), format))
}

/// Reports are no outputs, inputs or each other.
fn check_reports(args: &ClassifyArgs) -> Result<(), Failure> {
    let reports: Vec<&Path> = [&args.failures, &args.summary].into_iter().flatten().map(PathBuf::as_path).collect();
    let taken =
        |p: &Path| args.output.as_deref() == Some(p) || args.paths.iter().any(|i| i == p || (i.is_file() && paths::same_file(i, p)));
    if let Some(report) = reports.iter().find(|p| taken(p)) {
        return Err(Failure::usage(anyhow!("{} is an input or the output too", printable(&report.to_string_lossy()))));
    }
    if args.failures.is_some() && args.failures == args.summary {
        return Err(Failure::usage(anyhow!("--failures and --summary need two files")));
    }
    let overwrite = args.overwrite || args.resume;
    reports.iter().try_for_each(|p| refuse_existing(p, overwrite)).map_err(Failure::usage)
}

/// The files to read. What this or an earlier run wrote is no input.
fn input_files(args: &ClassifyArgs) -> Result<(Vec<PathBuf>, Vec<ReadError>), Failure> {
    let from_stdin = args.files_from.as_deref().is_some_and(|f| f.as_os_str() == "-");
    let stdin = args.paths.iter().filter(|p| p.as_os_str() == "-").count() + usize::from(from_stdin);
    if stdin > 1 {
        return Err(Failure::usage(anyhow!("standard input (-) can be read only once")));
    }
    let mut named = args.paths.clone();
    if let Some(list) = &args.files_from {
        let found = if from_stdin { paths::listed(std::io::stdin()) } else { std::fs::File::open(list).and_then(paths::listed) };
        let fault = |e| Failure::usage(anyhow!("{}: the list of files can't be read: {e}", printable(&list.to_string_lossy())));
        // In a list - is no standard input.
        named.extend(found.map_err(fault)?.into_iter().map(|p| if p.as_os_str() == "-" { "./-".into() } else { p }));
    }
    let written: Vec<&Path> = [&args.output, &args.failures, &args.summary].into_iter().flatten().map(PathBuf::as_path).collect();
    paths::inputs(&named, &args.paths, &written)
        .map_err(|named| Failure::usage(anyhow!("{} is both an input and the output", printable(&named.to_string_lossy()))))
}

/// A format for standard output.
fn stream_format(text: &str) -> Result<Format, String> {
    let known = Format::ALL.into_iter().filter(|f| *f != Format::Parquet);
    known.clone().find(|f| f.name() == text).ok_or_else(|| {
        let names: Vec<&str> = known.map(Format::name).collect();
        let why = if text == "parquet" { " (Parquet has its index at the end: write it to a file with -o)" } else { "" };
        format!("it must be one of {}{why}", names.join(", "))
    })
}

fn plan(settings: &Settings, model: &Model, given: Option<&Taxonomy>) -> Result<Plan, Failure> {
    let plan = settings.plan(model, given).map_err(Failure::usage)?;
    let unknown: Vec<String> = plan.not_in_model(model.layout().len()).into_iter().map(printable).collect();
    if !unknown.is_empty() {
        let n = plan.layout.slots.len();
        eprintln!("taxonova: {} of the tree's {n} nodes are not in the model and stay empty: {}", unknown.len(), unknown.join(", "));
    }
    Ok(plan)
}

fn job_failure(error: JobError) -> Failure {
    match error {
        JobError::Output(
            e @ (OutputError::OtherRun { .. } | OutputError::State { .. } | OutputError::Exists(_) | OutputError::Interrupted(_)),
        ) => Failure::usage(e),
        e => Failure::internal(e),
    }
}

/// A worker's panic is told once, as the object's error: the standard hook would tell it again, in the middle of a line.
fn quiet_workers() {
    let standard = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some(WORKER) {
            standard(info);
        }
    }));
}
