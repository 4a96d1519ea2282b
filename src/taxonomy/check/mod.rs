//! The checker: all faults of a tree, in a file of any format that can be read (with file, line and column) or in memory.
//! What is looked for is the table in `faults`. Knows no screen.

pub mod docs;
mod unreferenced;

pub use super::faults::{Code, RULES, Rule};
pub use super::validate::{Finding, MAX_NODES, Severity, validate as check_tree};

use super::draft::{self, Draft, Place, Problem};
use super::format::{self, Format};
use super::json::TaxonomyError;
use super::tree::Taxonomy;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A fault in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// Which fault.
    pub code: Code,
    /// The file that it is in.
    pub path: PathBuf,
    /// Line, from 1; None for the whole file.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// The class that it is about.
    pub node: Option<String>,
    /// What it is and what helps; fit for a terminal.
    pub text: String,
}

impl FileFinding {
    /// How grave.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// All faults of a file, the gravest first, then in the order of the files and lines. An error is a file that can't be read at all.
pub fn check_file(path: &Path, format: Option<Format>) -> Result<Vec<FileFinding>, TaxonomyError> {
    let bytes = format::bytes_of(path)?;
    check_bytes(&bytes, path, format)
}

/// As [`check_file`], of a file's bytes. Files that it refers to are read, if there are any.
pub fn check_bytes(bytes: &[u8], path: &Path, format: Option<Format>) -> Result<Vec<FileFinding>, TaxonomyError> {
    let (mut draft, format) = format::draft_for_checking(bytes, path, format)?;
    let judged = draft::judge(&draft);
    let mut problems = std::mem::take(&mut draft.problems);
    problems.extend(judged);
    soften(format, &mut problems);
    let mut found: Vec<FileFinding> = problems.iter().map(|p| located(&draft, p)).collect();
    if format == Format::Tdtax {
        found.extend(unreferenced::findings(&draft.files));
    }
    let has_error = found.iter().any(|f| f.severity() == Severity::Error);
    // What is left of the structure is judged all the same, unless half of it is missing.
    let whole = !problems.iter().any(|p| p.code.severity() == Severity::Error && p.code.rule().repair.is_empty() && !is_json_field(p.code));
    if whole {
        found.extend(in_the_tree(draft, format, bytes, has_error));
    }
    found.sort_by(|a, b| b.severity().cmp(&a.severity()).then_with(|| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column))));
    Ok(found)
}

/// A wrong field leaves the rest of the tree as it is.
fn is_json_field(code: Code) -> bool {
    matches!(code, Code::UnknownField | Code::RepeatedField | Code::BadValue)
}

/// In tdtax, an alias that is its own class's name is usual and does no harm.
fn soften(format: Format, problems: &mut [Problem]) {
    if format != Format::Json {
        for problem in problems.iter_mut().filter(|p| p.code == Code::RepeatedLabel) {
            problem.code = Code::RedundantAlias;
        }
    }
}

fn located(draft: &Draft, problem: &Problem) -> FileFinding {
    FileFinding {
        code: problem.code,
        path: draft.path(problem.place).to_path_buf(),
        line: Some(problem.place.line),
        column: Some(problem.place.column),
        node: None,
        text: problem.text(),
    }
}

/// What is doubtful in the tree itself, with the places of its classes.
fn in_the_tree(mut draft: Draft, format: Format, bytes: &[u8], has_error: bool) -> Vec<FileFinding> {
    let places: Vec<Place> = draft.nodes.iter().map(|n| n.name.place).collect();
    let paths = draft.files.clone();
    if draft.nodes.is_empty() {
        return Vec::new();
    }
    let strict = if format == Format::Json && !has_error { strict_json(bytes, &draft) } else { None };
    let taxonomy = match strict {
        Some(Ok(taxonomy)) => taxonomy,
        Some(Err(finding)) => return vec![finding],
        None => {
            // Places tell the classes apart, should a common root have been put above them.
            let _ = draft::repair(&mut draft);
            match draft::build(&draft) {
                Ok(taxonomy) => taxonomy,
                // The errors have been said.
                Err(_) if has_error => return Vec::new(),
                Err(problem) => return vec![located(&draft, &problem)],
            }
        }
    };
    let offset = taxonomy.len().saturating_sub(places.len());
    let start = Place::new(0, 1, 1);
    check_tree(&taxonomy)
        .into_iter()
        .map(|f| {
            let place = f.node.and_then(|id| places.get(id.index().checked_sub(offset)?)).copied();
            let at = place.unwrap_or(start);
            FileFinding {
                code: f.code,
                path: paths.get(at.file).cloned().unwrap_or_default(),
                line: place.map(|p| p.line),
                column: place.map(|p| p.column),
                node: f.node.map(|id| taxonomy.node(id).name.clone()),
                text: f.text,
            }
        })
        .collect()
}

/// The strict reader has the last word on what is a tree of ours.
fn strict_json(bytes: &[u8], draft: &Draft) -> Option<Result<Taxonomy, FileFinding>> {
    let path = draft.files.first()?;
    match super::json::parse_json_bytes(bytes, path) {
        Ok(taxonomy) => Some(Ok(taxonomy)),
        Err(TaxonomyError::Parse { line, column, reason, hint, .. }) => {
            let problem = Problem::new(Code::Syntax, Place::new(0, line, column), reason, hint);
            Some(Err(located(draft, &problem)))
        }
        Err(_) => None,
    }
}

/// How many findings of each severity: errors, warnings, notes.
pub fn numbers(findings: &[FileFinding]) -> (usize, usize, usize) {
    let mut by: HashMap<Severity, usize> = HashMap::new();
    for f in findings {
        *by.entry(f.severity()).or_default() += 1;
    }
    let of = |s| by.get(&s).copied().unwrap_or(0);
    (of(Severity::Error), of(Severity::Warning), of(Severity::Note))
}

#[cfg(test)]
mod tests;
