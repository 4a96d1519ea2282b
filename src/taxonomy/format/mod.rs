//! File formats of trees: one table of them, reading (told by content, then by name), writing, and what each can't hold.
//! One file per format; no format knows another.
//!
//! Reading is strict: a fault is an error with its place, and nothing is half read. [`parse_lenient`] is for importing:
//! it mends what the table of faults says can be mended, and says each change.

mod dot;
mod edges;
mod indented;
mod json_draft;
mod latex;
mod markdown;
mod mermaid;
mod newick;
mod source;
mod table;
mod tdtax;
mod tdtax_refs;
mod tdtax_write;
mod tell;
mod written;
mod yaml;

pub use source::{MAX_BYTES, bytes_of};
pub use table::{FORMATS, Format, FormatInfo, Holds};
pub use written::{TooDeep, Written, write};

use super::draft::{self, Draft, Problem};
use super::faults::Code;
use super::json::TaxonomyError;
use super::tree::Taxonomy;
use super::validate::Severity;
use std::path::Path;

/// A tree that was read.
#[derive(Debug)]
pub struct Loaded {
    /// The tree.
    pub taxonomy: Taxonomy,
    /// What it was read from.
    pub format: Format,
    /// What was there but can't be held, and what was mended; fit for a terminal, with file and line.
    pub notes: Vec<String>,
}

/// What strict reading of a foreign format says when importing would mend the fault.
const MENDED_BY_CONVERT: &str = "`taxonova taxonomy convert FILE -o TREE.json` mends it by rule and says how";

/// Reads a tree from a file of any format that can be read. Strict.
pub fn read(path: &Path) -> Result<Loaded, TaxonomyError> {
    parse(&bytes_of(path)?, path, None)
}

/// As [`read`], mending the faults of foreign formats.
pub fn read_lenient(path: &Path) -> Result<Loaded, TaxonomyError> {
    parse_lenient(&bytes_of(path)?, path, None)
}

/// Reads a tree from a file's bytes. `path` is for messages, for telling the format, and for files that it refers to.
pub fn parse(bytes: &[u8], path: &Path, format: Option<Format>) -> Result<Loaded, TaxonomyError> {
    let (draft, format) = match draft_of(bytes, path, format, false)? {
        Drafted::Foreign(draft, format) => (draft, format),
        Drafted::Ours(taxonomy) => return Ok(Loaded { taxonomy: *taxonomy, format: Format::Json, notes: Vec::new() }),
    };
    let found: Vec<Problem> = draft.problems.iter().cloned().chain(draft::judge(&draft)).collect();
    // An alias that is its own class's name is usual in tdtax and does no harm: once is kept.
    let found: Vec<Problem> = found.into_iter().filter(|p| p.code != Code::RepeatedLabel).collect();
    if let Some(first) = first_error(&found) {
        return Err(draft.error(first, if mended(first.code) { MENDED_BY_CONVERT } else { "" }));
    }
    let notes = notes(&draft, &found);
    let mut draft = draft;
    // Trifles, as an alias that is its own class's name; they are no change of meaning.
    let _ = draft::repair(&mut draft);
    match draft::build(&draft) {
        Ok(taxonomy) => Ok(Loaded { taxonomy, format, notes }),
        Err(problem) => Err(draft.error(&problem, "")),
    }
}

/// As [`parse`], mending the faults of foreign formats by the rules of the table of faults. Our own format is read strictly
/// all the same: whoever writes it can mend it.
pub fn parse_lenient(bytes: &[u8], path: &Path, format: Option<Format>) -> Result<Loaded, TaxonomyError> {
    let (mut draft, format) = match draft_of(bytes, path, format, false)? {
        Drafted::Foreign(draft, format) => (draft, format),
        Drafted::Ours(taxonomy) => return Ok(Loaded { taxonomy: *taxonomy, format: Format::Json, notes: Vec::new() }),
    };
    let hopeless: Vec<Problem> = draft.problems.iter().filter(|p| !mended(p.code)).cloned().collect();
    if let Some(first) = first_error(&hopeless) {
        return Err(draft.error(first, ""));
    }
    let mut notes = notes(&draft, &draft.problems);
    notes.extend(draft::repair(&mut draft));
    match draft::build(&draft) {
        Ok(taxonomy) => Ok(Loaded { taxonomy, format, notes }),
        Err(problem) => Err(draft.error(&problem, "")),
    }
}

/// A tree as it stands in the file, for the checker: our own format too.
pub(super) fn draft_for_checking(bytes: &[u8], path: &Path, format: Option<Format>) -> Result<(Draft, Format), TaxonomyError> {
    match draft_of(bytes, path, format, true)? {
        Drafted::Foreign(draft, format) => Ok((draft, format)),
        // Not asked for.
        Drafted::Ours(_) => Ok((Draft::new(path), Format::Json)),
    }
}

enum Drafted {
    Foreign(Draft, Format),
    Ours(Box<Taxonomy>),
}

fn draft_of(bytes: &[u8], path: &Path, format: Option<Format>, ours_too: bool) -> Result<Drafted, TaxonomyError> {
    let mut draft = Draft::new(path);
    let text = match source::text_of(bytes, 0) {
        Ok(text) => text,
        Err(problem) if ours_too => {
            draft.problems.push(problem);
            return Ok(Drafted::Foreign(draft, format.unwrap_or(Format::Json)));
        }
        Err(problem) => return Err(draft.error(&problem, "")),
    };
    let format = match format {
        Some(format) => Ok(format),
        None => tell::tell(text, path),
    };
    let format = match format {
        Ok(format) => format,
        Err(problem) if ours_too => {
            draft.problems.push(problem);
            return Ok(Drafted::Foreign(draft, Format::Json));
        }
        Err(problem) => return Err(draft.error(&problem, "")),
    };
    match format {
        Format::Json if ours_too => json_draft::read(text, &mut draft),
        Format::Json => return super::json::parse_json(text, path).map(|t| Drafted::Ours(Box::new(t))),
        Format::Tdtax => tdtax::read(text, &mut draft),
        Format::Edges => edges::read(text, path, &mut draft),
        Format::Newick => newick::read(text, &mut draft),
        Format::Indented => indented::read(text, &mut draft),
        Format::Dot | Format::Mermaid | Format::Markdown | Format::Latex => {
            let reason = format!("{} is a format that is written, not read", format.info().title);
            draft.problem(Code::UnknownFormat, draft::Place::new(0, 1, 1), reason, table::readable_hint());
        }
    }
    Ok(Drafted::Foreign(draft, format))
}

fn mended(code: Code) -> bool {
    !code.rule().repair.is_empty()
}

/// The first in the order of the files.
fn first_error(problems: &[Problem]) -> Option<&Problem> {
    problems.iter().filter(|p| p.code.severity() == Severity::Error).min_by_key(|p| p.place)
}

/// What the reader says beyond faults of names and structure.
fn notes(draft: &Draft, problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| {
            let done = p.code.rule().repair;
            let joint = if done.is_empty() { "" } else { "; " };
            format!("{}: {}{joint}{done}", draft.shown(p.place), p.reason)
        })
        .collect()
}

/// The one that a file's name says, for writing and `--from`, `--to`.
pub fn by_name(path: &Path) -> Option<Format> {
    tell::by_extension(path).map(|info| info.format)
}

#[cfg(test)]
mod tests;
