//! `taxonova features`: the feature table of light curves, as CSV.

use super::exit::{CommandResult, Exit, Failure};
use crate::batch::number::write_number;
use crate::features::{self, FEATURES};
use crate::lightcurve::{read, window};
use crate::taxonomy::printable;
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
    /// Only what was known so many days after the first detection
    #[arg(long, value_name = "DAYS", value_parser = super::inputs::days)]
    asof: Option<f64>,
    /// How files are read.
    #[command(flatten)]
    read: super::inputs::ReadArgs,
}

/// Runs it.
pub fn run(args: &Args) -> CommandResult {
    if args.list {
        let lines: String = FEATURES.iter().map(|f| format!("{}\t{}\t{}\n", f.name, f.unit, f.doc)).collect();
        super::stdout::print(&lines)?;
        return Ok(Exit::Done);
    }
    let Some(output) = &args.output else { return Err(Failure::usage(anyhow!("no output named"))) };
    if output.extension().is_none_or(|e| e != "csv") {
        return Err(Failure::usage(anyhow!("-o {}: the feature table is CSV, so its name ends in .csv", output.display())));
    }
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
            let reader = match read::open(&path, &args.read.options()) {
                Ok(reader) => reader,
                Err(e) => {
                    report(&e);
                    continue;
                }
            };
            for item in reader {
                match item {
                    Ok(mut lc) => {
                        if let Some(age_d) = args.asof {
                            lc.observations = window::as_of(&lc, age_d);
                        }
                        let label = lc.label.as_deref().unwrap_or_default();
                        let mut row = vec![printable(&lc.object_id).into_bytes(), printable(label).into_bytes()];
                        for v in features::compute(&lc.observations, lc.photometry, &features::Group::ALL) {
                            let mut field = Vec::new();
                            write_number(&mut field, f64::from(v));
                            row.push(field);
                        }
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
