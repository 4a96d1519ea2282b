//! The command line: arguments, dispatch, exit codes. One file per subcommand.

/// Standard error may be closed, as by `2>&1 | head`: what was to be said is lost then, and the work goes on.
macro_rules! eprintln {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($arg)*);
    }};
}

mod calibrate;
mod classify;
mod evaluate;
pub mod exit;
mod features;
mod formats;
pub mod inputs;
mod inspect;
mod interface;
mod keys;
mod objects;
mod plot;
mod priors;
mod refit;
mod rule;
mod simulate;
pub mod stdout;
pub mod taxonomy;
#[cfg(feature = "train")]
mod train;
mod why;

use clap::{CommandFactory, Parser, Subcommand};
use exit::{CommandResult, Exit, Failure};
use std::path::PathBuf;
use std::process::ExitCode;

/// Classify astronomical light curves on a tree of classes that you can edit.
#[derive(Debug, Parser)]
#[command(name = "taxonova", version, about, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Cli {
    /// Light curves to open in the interface: files or folders; without any, the simulated sample data.
    pub paths: Vec<PathBuf>,
    /// The model of the interface: an .onnx file, or the name of a shipped one [default: transients]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// The tree of the interface: a file of any format that `taxonomy convert` reads, or the name of a shipped tree [default: the model's own]
    #[arg(short, long, value_name = "TAXONOMY")]
    pub taxonomy: Option<PathBuf>,
    /// Colours of the interface [default: what NO_COLOR, TAXONOVA_THEME or the terminal says]
    #[arg(long)]
    pub theme: Option<interface::Theme>,
    /// How light curves are read by the interface.
    #[command(flatten)]
    pub read: inputs::ReadArgs,
    /// What to do without the interface.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Classify light curves: one row per object, as CSV, JSON lines or Parquet.
    Classify(classify::ClassifyArgs),
    /// Judge a model's or a file's predictions on labelled light curves.
    Evaluate(evaluate::EvaluateArgs),
    /// Show what is read from light-curve files: points per band, limits, time span, warnings.
    Inspect(inspect::Args),
    /// Look at a tree of classes: draw it, check it, list its class weights.
    #[command(subcommand)]
    Taxonomy(taxonomy::TaxonomyCommand),
    /// Draw light curves as figures (SVG, PNG): with the cascade, the history of the probabilities, folded.
    Plot(plot::Args),
    /// Say which observations the probability of a class hangs on.
    Why(why::Args),
    /// Write simulated light curves, the kind of the sample data.
    Simulate(simulate::Args),
    /// Write the feature table of light curves.
    Features(features::Args),
    /// Train a model for a tree of your own.
    #[cfg(feature = "train")]
    Train(train::Args),
    /// Fit a model's head to an edited tree, in seconds, without the light curves.
    Refit(refit::Args),
    /// Calibrate a model to the labelled light curves of another season or survey, without training.
    Calibrate(calibrate::Args),
    /// Print the completion script of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man,
    /// Print the keys of the interface (Markdown).
    Keys,
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return if e.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("taxonova: {:#}", failure.error);
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> CommandResult {
    match cli.command {
        Some(Command::Classify(args)) => classify::run(args),
        Some(Command::Evaluate(args)) => evaluate::run(args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Taxonomy(command)) => taxonomy::run(command),
        Some(Command::Plot(args)) => plot::run(&args),
        Some(Command::Why(args)) => why::run(&args),
        Some(Command::Simulate(args)) => simulate::run(&args),
        Some(Command::Features(args)) => features::run(&args),
        #[cfg(feature = "train")]
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Refit(args)) => refit::run(&args),
        Some(Command::Calibrate(args)) => calibrate::run(&args),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "taxonova", &mut std::io::stdout());
            Ok(Exit::Done)
        }
        Some(Command::Man) => {
            clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()).map_err(Failure::internal)?;
            Ok(Exit::Done)
        }
        Some(Command::Keys) => keys::run(),
        None => interface::open(cli),
    }
}
