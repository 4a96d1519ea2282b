//! `taxonova simulate`: writes simulated light curves, and says everywhere that they are.

use super::exit::{CommandResult, Exit, Failure};
use crate::simulate::{CSV_NAME, NOTE_NAME, note, write_csv};
use anyhow::{Context, anyhow};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What `taxonova simulate` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many objects; every twelve hold one of each class
    #[arg(short = 'n', long = "objects", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    n: u64,
    /// Folder to write into, made if it is not there: simulated.csv with all objects, SIMULATED.md that describes it
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The same seed gives the same bytes on every machine
    #[arg(long, value_name = "S")]
    seed: u64,
    /// Overwrite files of an earlier run
    #[arg(long)]
    force: bool,
}

/// Runs it.
pub fn run(args: &Args) -> CommandResult {
    let (csv, text) = (args.output.join(CSV_NAME), args.output.join(NOTE_NAME));
    if !args.force {
        for path in [&csv, &text] {
            if path.symlink_metadata().is_ok() {
                return Err(Failure::usage(anyhow!("{} exists: give --force to overwrite it, or another folder", path.display())));
            }
        }
    }
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot make the folder {}", args.output.display()))
        .map_err(Failure::internal)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted)).map_err(Failure::internal)?;
    if let Err(error) = write_files(args, &csv, &text, &interrupted) {
        let exit = if interrupted.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Internal };
        return Err(Failure { exit, error });
    }
    let plural = if args.n == 1 { "" } else { "s" };
    eprintln!("{} SIMULATED object{plural}, no observations: {}", args.n, csv.display());
    Ok(Exit::Done)
}

/// Both files come into being whole, or not at all.
fn write_files(args: &Args, csv: &Path, text: &Path, interrupted: &AtomicBool) -> anyhow::Result<()> {
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    let mut rows = crate::atomic::temporary(&args.output).with_context(|| cannot(csv))?;
    // Hidden by itself where standard error is no terminal.
    let bar = indicatif::ProgressBar::new(args.n);
    let mut out = BufWriter::new(&mut rows);
    let each = || {
        bar.inc(1);
        if interrupted.load(Ordering::Relaxed) { Err(io::Error::other("interrupted")) } else { Ok(()) }
    };
    write_csv(&mut out, args.n, args.seed, each).and_then(|()| out.flush()).with_context(|| cannot(csv))?;
    drop(out);
    bar.finish_and_clear();
    let mut words = crate::atomic::temporary(&args.output).with_context(|| cannot(text))?;
    words.write_all(note(args.n, args.seed).as_bytes()).with_context(|| cannot(text))?;
    for (file, path) in [(rows, csv), (words, text)] {
        file.as_file().sync_all().with_context(|| cannot(path))?;
        // Without --force a file that has appeared meanwhile is kept too.
        let done = if args.force { file.persist(path) } else { file.persist_noclobber(path) };
        done.map_err(|e| e.error).with_context(|| cannot(path))?;
    }
    Ok(())
}
