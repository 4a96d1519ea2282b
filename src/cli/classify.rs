//! `taxonova classify`: light curves in, one row per object out.

use super::exit::{CommandResult, Exit, Failure};
use super::rule::{RuleArgs, rules};
use super::{formats, inputs};
use crate::batch::job::{self, JobError, Monitor, Outcome, Target};
use crate::batch::merged::{MergeError, Merged};
use crate::batch::output::{Format, OutputError, partial_path, state_path};
use crate::batch::pipeline::{End, Files, Setup, WORKER};
use crate::batch::{ModelEngine, Plan};
use crate::cascade::Regrouper;
use crate::lightcurve::read::{self, ReadError, ReadOptions};
use crate::model::Model;
use crate::model::decisions::Wanted;
use crate::taxonomy::{Layout, Taxonomy, printable, to_json};
use anyhow::{Context, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Arguments of `taxonova classify`.
#[derive(Debug, Args)]
#[command(after_long_help = formats::help())]
pub struct ClassifyArgs {
    /// Light curves: files, folders (searched recursively), or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Output file: .csv, .jsonl or .parquet. Without it: CSV on standard output. The file appears when it is
    /// complete; until then there is OUT.partial.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
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
    /// Go on with an interrupted run of the same inputs, model and options (.csv and .jsonl).
    #[arg(long, requires = "output")]
    pub resume: bool,
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
    let out = args.output.as_deref().map(check_output).transpose()?;
    if args.resume && out.as_ref().is_some_and(|(_, f)| *f == Format::Parquet) {
        return Err(Failure::usage(OutputError::NotResumable));
    }
    check_merge(&args)?;
    let model = inputs::model(args.model.as_deref())?;
    if args.uncertainty && !model.tells_members() {
        let why = "--uncertainty: the model does not tell what its members say (it has one alone, or was refitted); train with --members 2 or more";
        return Err(Failure::usage(anyhow!(why)));
    }
    let given = args.taxonomy.as_deref().map(inputs::taxonomy).transpose()?;
    let wanted = args.rule.wanted(args.weighted_p)?;
    let priors = args.priors.as_deref().map(|path| super::priors::read(path, &model)).transpose()?;
    let plan = Arc::new(plan(&args, wanted, &model, given.as_ref())?);
    if priors.is_some() && !matches!(wanted, Wanted::Threshold { .. }) {
        eprintln!("taxonova: --priors: what the rule promises was found at the rates of the training set, and need not hold at others");
    }
    let (paths, unreadable) = input_files(&args)?;
    for e in &unreadable {
        eprintln!("taxonova: {e}");
    }
    if paths.is_empty() || (args.fail_fast && !unreadable.is_empty()) {
        return Err(Failure::usage(anyhow!("nothing could be read")));
    }
    let stop = inputs::stop_flag();
    quiet_workers();
    let mut setup = Setup::new(args.threads.unwrap_or_else(inputs::processors), stop.clone());
    setup.fail_fast = args.fail_fast;
    let tree = to_json(given.as_ref().unwrap_or_else(|| model.taxonomy()));
    let options = format!("{:?} {} {:?} {}{}", args.rule.rule, args.rule.tau, args.asof, args.weighted_p, args.read.fingerprint());
    let options = match wanted {
        Wanted::Threshold { .. } => options,
        wanted => format!("{options} {wanted:?}"),
    };
    let options = priors.as_ref().map_or(options.clone(), |priors| format!("{options} {priors:?}"));
    let options = if args.history { format!("{options} history {}", args.history_epochs) } else { options };
    let options = if args.uncertainty { format!("{options} uncertainty") } else { options };
    let fingerprint = job::fingerprint(&paths, &[&inputs::identity(&model), &tree, &options]).filter(|_| !args.merge);
    let n_inputs = paths.len();
    let mut monitor = Terminal::new(&args, n_inputs);
    let mut stdout = std::io::stdout().lock();
    let target = match &out {
        Some((path, format)) => {
            if args.resume && fingerprint.is_none() {
                return Err(Failure::usage(anyhow!("a run that reads standard input can't be resumed")));
            }
            if !args.resume && state_path(path).exists() {
                eprintln!("taxonova: {} of an interrupted run is overwritten; --resume would go on with it", partial_path(path).display());
            }
            Target::File { path: path.clone(), format: *format, resume: args.resume, fingerprint }
        }
        None => Target::Stream(&mut stdout),
    };
    let (weighted, members) = (args.weighted_p, args.uncertainty);
    let make = move || ModelEngine::new(&model, weighted).map(|engine| engine.with_priors(priors.clone()).with_members(members));
    let mut errors = unreadable.len() as u64;
    let options = args.read.options();
    let result = if args.merge {
        let merged = match gather(&paths, &options, args.fail_fast, &stop, &monitor, &mut errors)? {
            Some(merged) => merged,
            None => return Ok(Exit::Interrupted),
        };
        job::classify(merged, setup, plan, make, target, &mut monitor)
    } else {
        job::classify(Files { paths, options }, setup, plan, make, target, &mut monitor)
    };
    monitor.bar.finish_and_clear();
    let outcome = result.map_err(job_failure)?;
    Ok(report(&outcome, out.as_ref().map(|o| o.0.as_path()), errors, n_inputs, &stop))
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

/// Reads and merges all inputs; counts what could not be read. None if it was interrupted.
fn gather(
    paths: &[PathBuf],
    options: &ReadOptions,
    fail_fast: bool,
    stop: &AtomicBool,
    monitor: &Terminal,
    errors: &mut u64,
) -> Result<Option<Merged>, Failure> {
    let hear = |e: &ReadError| {
        *errors += 1;
        monitor.say(&e.to_string());
    };
    match Merged::gather(paths, options, fail_fast, stop, hear) {
        Ok(merged) => Ok(Some(merged)),
        Err(MergeError::Stopped) => {
            monitor.bar.finish_and_clear();
            eprintln!("taxonova: interrupted before anything was written");
            Ok(None)
        }
        Err(MergeError::Input(_)) => Err(Failure::usage(anyhow!("ended at the first fault (--fail-fast), before anything was merged"))),
        Err(e) => Err(Failure::internal(e)),
    }
}

/// What is left to say, and the exit code.
fn report(outcome: &Outcome, out: Option<&Path>, unreadable: u64, n_inputs: usize, stop: &AtomicBool) -> Exit {
    let errors = outcome.errors + unreadable;
    let Outcome { objects, failures, .. } = *outcome;
    if outcome.closed {
        return Exit::Done;
    }
    if outcome.end == End::Stopped && stop.load(std::sync::atomic::Ordering::SeqCst) {
        let how = if outcome.resumable { "; the same command with --resume goes on" } else { "" };
        eprintln!("taxonova: interrupted after {objects} objects{how}");
        return Exit::Interrupted;
    }
    if objects == 0 {
        if errors == 0 {
            eprintln!("taxonova: no light curves in {}", count(n_inputs as u64, "input", "inputs"));
        } else {
            eprintln!("taxonova: nothing could be read");
        }
        return Exit::Usage;
    }
    if outcome.end == End::Failed {
        let how = if outcome.resumable { "; --resume without --fail-fast goes on" } else { "" };
        eprintln!("taxonova: ended at the first fault (--fail-fast) after {}{how}", count(objects, "object", "objects"));
        return Exit::Partly;
    }
    if errors + failures > 0 {
        eprintln!(
            "taxonova: {} in all, {} not readable, {} not classified because of internal errors",
            count(objects, "object", "objects"),
            count(errors, "input or object was", "inputs or objects were"),
            failures
        );
        return Exit::Partly;
    }
    if let Some(out) = out
        && std::io::stderr().is_terminal()
    {
        eprintln!("taxonova: {} in {}", count(objects, "object", "objects"), printable(&out.to_string_lossy()));
    }
    Exit::Done
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn check_output(path: &Path) -> Result<(PathBuf, Format), Failure> {
    let format = Format::of(path).ok_or_else(|| {
        Failure::usage(anyhow!("{}: an output has to end in .csv, .jsonl or .parquet", printable(&path.to_string_lossy())))
    })?;
    if path.is_dir() {
        return Err(Failure::usage(anyhow!("{} is a folder", printable(&path.to_string_lossy()))));
    }
    Ok((path.to_path_buf(), format))
}

/// The files to read. What this or an earlier run wrote is no input.
fn input_files(args: &ClassifyArgs) -> Result<(Vec<PathBuf>, Vec<ReadError>), Failure> {
    let stdin = args.paths.iter().filter(|p| p.as_os_str() == "-").count();
    if stdin > 1 {
        return Err(Failure::usage(anyhow!("standard input (-) can be read only once")));
    }
    let (mut files, errors) = read::expand(&args.paths);
    if let Some(out) = &args.output {
        let own: Vec<PathBuf> =
            [out.clone(), partial_path(out), state_path(out)].iter().filter_map(|p| std::fs::canonicalize(p).ok()).collect();
        let is_own = |p: &Path| std::fs::canonicalize(p).is_ok_and(|p| own.contains(&p));
        if let Some(named) = args.paths.iter().find(|p| p.is_file() && is_own(p)) {
            return Err(Failure::usage(anyhow!("{} is both an input and the output", printable(&named.to_string_lossy()))));
        }
        files.retain(|p| !is_own(p));
    }
    Ok((files, errors))
}

fn plan(args: &ClassifyArgs, wanted: Wanted, model: &Model, given: Option<&Taxonomy>) -> Result<Plan, Failure> {
    let (asof_d, uncertainty) = (args.asof, args.uncertainty);
    let history = args.history.then_some(args.history_epochs);
    let Some(tree) = given else {
        let layout = model.layout().clone();
        return Ok(Plan { rules: rules(wanted, model, &layout, None)?, layout, regrouper: None, asof_d, history, uncertainty });
    };
    let layout = Layout::new(tree);
    let regrouper = Regrouper::new(model.taxonomy(), model.layout(), tree, &layout)
        .with_context(|| format!("the model {} can't be used on the tree {}", printable(model.name()), printable(&tree.name)))
        .map_err(Failure::usage)?;
    let p = regrouper.pour(&vec![0.0; model.layout().len()]).p;
    let unknown: Vec<String> = layout.slots.iter().zip(&p).filter(|(_, p)| p.is_none()).map(|(s, _)| printable(&s.name)).collect();
    if !unknown.is_empty() {
        eprintln!(
            "taxonova: {} of the tree's {} nodes are not in the model and stay empty: {}",
            unknown.len(),
            p.len(),
            unknown.join(", ")
        );
    }
    let rules = rules(wanted, model, &layout, (!regrouper.is_identity()).then_some(tree))?;
    Ok(Plan { layout, regrouper: Some(regrouper), rules, asof_d, history, uncertainty })
}

fn job_failure(error: JobError) -> Failure {
    match error {
        JobError::Output(e @ (OutputError::OtherRun(_) | OutputError::State { .. } | OutputError::NotResumable)) => Failure::usage(e),
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

/// Errors as lines, progress as a bar, both on standard error; the bar only on a terminal.
struct Terminal {
    bar: ProgressBar,
    inputs: usize,
}

impl Terminal {
    fn new(args: &ClassifyArgs, inputs: usize) -> Self {
        // Rows on the same terminal would run through the bar.
        let rows_on_screen = args.output.is_none() && std::io::stdout().is_terminal();
        let bar = if std::io::stderr().is_terminal() && !rows_on_screen {
            let style = "{spinner} {pos} objects, {rate}/s, {msg}, {elapsed}";
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                // A bar that can't be drawn is no fault of the run.
                let _ = write!(out, "{:.0}", state.per_sec());
            };
            bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("rate", rate));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        } else {
            ProgressBar::hidden()
        };
        Terminal { bar, inputs }
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("taxonova: {line}"));
    }
}

impl Monitor for Terminal {
    fn error(&mut self, error: &ReadError) {
        self.say(&error.to_string());
    }

    fn failure(&mut self, object_id: &str, source: &str, reason: &str) {
        self.say(&printable(&format!("{source}: {object_id}: {reason}")));
    }

    fn progress(&mut self, objects: u64, input: usize) {
        self.bar.set_position(objects);
        self.bar.set_message(format!("input {} of {}", (input + 1).min(self.inputs), self.inputs));
    }

    fn resumed(&mut self, objects: u64) {
        self.say(&format!("goes on after {objects} objects of the interrupted run"));
        self.bar.set_position(objects);
        self.bar.reset_eta();
    }

    fn nothing_to_resume(&mut self) {
        self.say("there is no interrupted run to go on with; from the beginning");
    }
}
