//! `taxonova features`: the feature table of light curves, as CSV.

use super::exit::{CommandResult, Exit, Failure};
use crate::features::{self, FEATURES};
use crate::lightcurve::read::{self, ReadOptions};
use anyhow::{Context, anyhow};
use std::io::Write;
use std::path::{Path, PathBuf};

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
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("{} can't be written", output.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot).map_err(Failure::internal)?;
    let (files, errors) = read::expand(&args.paths);
    errors.iter().for_each(|e| eprintln!("taxonova: {e}"));
    let mut unreadable = errors.len();
    let mut rows = 0u64;
    {
        let mut csv = csv::Writer::from_writer(std::io::BufWriter::new(file.as_file_mut()));
        let head = ["object_id", "label"].into_iter().chain(FEATURES.iter().map(|f| f.name.as_str()));
        csv.write_record(head).with_context(cannot).map_err(Failure::internal)?;
        for path in files {
            let reader = match read::open(&path, &ReadOptions::default()) {
                Ok(reader) => reader,
                Err(e) => {
                    eprintln!("taxonova: {e}");
                    unreadable += 1;
                    continue;
                }
            };
            for item in reader {
                match item {
                    Ok(lc) => {
                        let mut row = vec![lc.object_id.clone(), lc.label.clone().unwrap_or_default()];
                        let values = features::compute(&lc.observations, lc.photometry);
                        row.extend(values.iter().map(|v| if v.is_nan() { String::new() } else { v.to_string() }));
                        csv.write_record(&row).with_context(cannot).map_err(Failure::internal)?;
                        rows += 1;
                    }
                    Err(e) => {
                        eprintln!("taxonova: {e}");
                        unreadable += 1;
                    }
                }
            }
        }
        csv.flush().with_context(cannot).map_err(Failure::internal)?;
    }
    if rows == 0 {
        return Err(Failure::usage(anyhow!("no light curve could be read")));
    }
    file.as_file_mut().flush().and_then(|()| file.as_file().sync_all()).with_context(cannot).map_err(Failure::internal)?;
    file.persist(output).with_context(cannot).map_err(Failure::internal)?;
    Ok(if unreadable > 0 { Exit::Partly } else { Exit::Done })
}
