//! `taxonova features`: the feature table of light curves, as CSV.

use super::exit::{CommandResult, Exit, Failure};
use crate::features::{self, FEATURES};
use crate::lightcurve::read::{self, ReadOptions};
use anyhow::anyhow;
use std::io::BufWriter;
use std::path::PathBuf;

const NOTHING: &str = "no light curve could be read";

/// What `taxonova features` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Light curves: files or folders
    #[arg(required_unless_present = "list")]
    paths: Vec<PathBuf>,
    /// The CSV to write
    #[arg(short, long, value_name = "OUT.csv", required_unless_present = "list")]
    output: Option<PathBuf>,
    /// Print the table of names, units and meanings instead
    #[arg(long)]
    list: bool,
}

/// Runs it.
pub fn run(args: &Args) -> CommandResult {
    if args.list {
        let lines: String = FEATURES.iter().map(|f| format!("{}\t{}\t{}\n", f.name, f.unit, f.doc)).collect();
        super::stdout::print(&lines)?;
        return Ok(Exit::Done);
    }
    let Some(output) = &args.output else { return Err(Failure::usage(anyhow!("no output named"))) };
    let (files, errors) = read::expand(&args.paths);
    errors.iter().for_each(|e| eprintln!("taxonova: {e}"));
    let mut unreadable = errors.len();
    let mut rows = 0u64;
    let mut report = |e: &dyn std::fmt::Display| {
        eprintln!("taxonova: {e}");
        unreadable += 1;
    };
    let written = crate::atomic::write(output, |file| {
        let mut csv = csv::Writer::from_writer(BufWriter::new(file));
        csv.write_record(["object_id", "label"].into_iter().chain(FEATURES.iter().map(|f| f.name.as_str())))?;
        for path in files {
            let reader = match read::open(&path, &ReadOptions::default()) {
                Ok(reader) => reader,
                Err(e) => {
                    report(&e);
                    continue;
                }
            };
            for item in reader {
                match item {
                    Ok(lc) => {
                        let mut row = vec![lc.object_id.clone(), lc.label.clone().unwrap_or_default()];
                        let values = features::compute(&lc.observations, lc.photometry);
                        row.extend(values.iter().map(|v| if v.is_nan() { String::new() } else { v.to_string() }));
                        csv.write_record(&row)?;
                        rows += 1;
                    }
                    Err(e) => report(&e),
                }
            }
        }
        csv.flush()?;
        if rows == 0 { Err(std::io::Error::other(NOTHING)) } else { Ok(()) }
    });
    match written {
        Ok(()) => Ok(if unreadable > 0 { Exit::Partly } else { Exit::Done }),
        Err(e) if e.to_string() == NOTHING => Err(Failure::usage(anyhow!(NOTHING))),
        Err(e) => Err(Failure::internal(anyhow::Error::new(e).context(format!("{} can't be written", output.display())))),
    }
}
