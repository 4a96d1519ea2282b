//! `taxonova taxonomy convert`: a tree from one file format into another, and what is lost on the way.

use super::{given, plural, say_notes};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::taxonomy::format::{FORMATS, Format, FormatInfo, by_name, parse_lenient, write};
use crate::taxonomy::printable;
use anyhow::anyhow;
use std::path::PathBuf;

/// Arguments of `convert`.
#[derive(Debug, clap::Args)]
#[command(after_help = formats_help())]
pub struct Args {
    /// File, `-`, or name of a shipped tree.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// The format of FILE [default: told by its content, then by its name]
    #[arg(long, value_name = "FORMAT", value_parser = readable)]
    from: Option<Format>,
    /// The format of OUT [default: by its extension; JSON on standard output]
    #[arg(long, value_name = "FORMAT", value_parser = any)]
    to: Option<Format>,
    /// Overwrite OUT.
    #[arg(long)]
    force: bool,
}

/// The table of formats.
fn formats_help() -> String {
    let width = FORMATS.iter().map(|f| f.name.len()).max().unwrap_or(0);
    let mut text = String::from("Formats:\n");
    for f in FORMATS {
        let only = if f.reads { "" } else { " (written only)" };
        text.push_str(&format!("  {:width$}  {}{only}\n", f.name, f.doc));
    }
    text.push_str("\nWhat a format can't hold, and what is mended in a foreign file, is said on standard error.");
    text
}

fn named(name: &str, fits: fn(&FormatInfo) -> bool) -> Result<Format, String> {
    Format::from_name(name).filter(|f| fits(f.info())).ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().filter(|f| fits(f)).map(|f| f.name).collect();
        format!("it is one of {}", names.join(", "))
    })
}

fn readable(name: &str) -> Result<Format, String> {
    named(name, |f| f.reads)
}

fn any(name: &str) -> Result<Format, String> {
    named(name, |_| true)
}

/// Runs `taxonova taxonomy convert`.
pub fn run(args: &Args) -> CommandResult {
    let to = match (args.to, &args.out) {
        (Some(format), _) => format,
        (None, None) => Format::Json,
        (None, Some(out)) => by_name(out).ok_or_else(|| {
            let extensions: Vec<String> = FORMATS.iter().flat_map(|f| f.extensions).map(|e| format!(".{e}")).collect();
            let shown = printable(&out.to_string_lossy());
            Failure::usage(anyhow!("the name `{shown}` tells no format: it ends in {}, or --to says it", extensions.join(", ")))
        })?,
    };
    if let Some(out) = args.out.as_ref().filter(|o| !args.force && o.symlink_metadata().is_ok()) {
        return Err(Failure::usage(anyhow!("{} is there already: --force overwrites it", printable(&out.to_string_lossy()))));
    }
    let (bytes, path) = given(&args.file).map_err(Failure::usage)?;
    let loaded = parse_lenient(&bytes, &path, args.from).map_err(Failure::usage)?;
    say_notes(&loaded.notes);
    let written = write(&loaded.taxonomy, to).map_err(Failure::usage)?;
    match &args.out {
        None => {
            print(&written.text)?;
        }
        Some(out) => {
            crate::atomic::write(out, |file| file.write_all(written.text.as_bytes())).map_err(|e| {
                let shown = printable(&out.to_string_lossy());
                Failure::internal(anyhow!("{shown}: can't be written: {e}; what was there before is untouched"))
            })?;
            let what = if loaded.taxonomy.len() == 1 { "class" } else { "classes" };
            eprintln!("{}: {} {what}, {}", printable(&out.to_string_lossy()), loaded.taxonomy.len(), to.info().title);
        }
    }
    if !written.lost.is_empty() {
        eprintln!("{} can't hold, so this is lost: {}", to.info().title, written.lost.join("; "));
    }
    if !loaded.notes.is_empty() {
        eprintln!("{} about what was read, above", plural(loaded.notes.len(), "remark"));
    }
    Ok(Exit::Done)
}
