//! A tree as it stands in files, with the place of everything and with all its faults: what the readers of `format` make,
//! what the checker looks at, and what becomes a [`Taxonomy`](super::Taxonomy) once it is faultless or repaired.
//! Knows no format.

mod build;
mod judge;
mod repair;

pub(super) use build::build;
pub(super) use judge::judge;
pub(super) use repair::repair;

use super::faults::Code;
use super::json::TaxonomyError;
use super::names::{MAX_CLASSES, SPLIT_IT, printable};
use super::weights::WeightOptions;
use std::path::{Path, PathBuf};

/// A place in one of a draft's files; line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Index into [`Draft::files`].
    pub file: usize,
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub fn new(file: usize, line: usize, column: usize) -> Place {
        Place { file, line, column }
    }
}

/// A text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub text: String,
    pub place: Place,
}

/// A class as it was written.
#[derive(Debug, Clone)]
pub(super) struct DraftNode {
    /// Empty where there is none; its place is then the class's.
    pub name: Label,
    /// Smaller than the own index.
    pub parent: Option<usize>,
    pub aliases: Vec<Label>,
    pub absorbs: Vec<Label>,
    pub lineage: Option<Label>,
    /// Lineage ids of what was merged into the class.
    pub merged: Vec<Label>,
    pub note: String,
    pub exhaustive: bool,
    pub count: Option<u64>,
}

impl DraftNode {
    pub fn new(name: impl Into<String>, place: Place, parent: Option<usize>) -> DraftNode {
        DraftNode {
            name: Label { text: name.into(), place },
            parent,
            aliases: Vec::new(),
            absorbs: Vec::new(),
            lineage: None,
            merged: Vec::new(),
            note: String::new(),
            exhaustive: true,
            count: None,
        }
    }
}

impl DraftNode {
    /// Every lineage id that is given.
    pub fn lineages(&self) -> impl Iterator<Item = &Label> + '_ {
        self.lineage.iter().chain(&self.merged)
    }
}

/// Something wrong or doubtful at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub code: Code,
    pub place: Place,
    /// What was found, and what was expected.
    pub reason: String,
    /// What to do; may be empty where the reason says it.
    pub hint: String,
}

impl Problem {
    pub fn new(code: Code, place: Place, reason: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { code, place, reason: reason.into(), hint: hint.into() }
    }

    /// Reason and hint as one sentence.
    pub fn text(&self) -> String {
        if self.hint.is_empty() { self.reason.clone() } else { format!("{}; {}", self.reason, self.hint) }
    }
}

/// A tree as it stands in files.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// The first is the one that was asked for.
    pub files: Vec<PathBuf>,
    /// Parents before children, siblings in order.
    pub nodes: Vec<DraftNode>,
    pub title: String,
    pub citation: String,
    pub weights: Option<WeightOptions>,
    /// What the reader of the format found.
    pub problems: Vec<Problem>,
}

impl Draft {
    pub fn new(path: &Path) -> Draft {
        Draft { files: vec![path.to_path_buf()], ..Draft::default() }
    }

    pub fn problem(&mut self, code: Code, place: Place, reason: impl Into<String>, hint: impl Into<String>) {
        match self.problems.len().cmp(&MAX_CLASSES) {
            std::cmp::Ordering::Less => self.problems.push(Problem::new(code, place, reason, hint)),
            // Nothing that is wrong may go unsaid: such a file is refused.
            std::cmp::Ordering::Equal => {
                let reason = format!("more than {MAX_CLASSES} things to be said of one file");
                self.problems.push(Problem::new(Code::TooLarge, place, reason, "see to the first ones"));
            }
            std::cmp::Ordering::Greater => {}
        }
    }

    /// Adds a class and gives back its index, unless there are too many.
    pub fn add(&mut self, node: DraftNode) -> Result<usize, Problem> {
        if self.nodes.len() >= MAX_CLASSES {
            return Err(too_many_classes(node.name.place));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    pub fn path(&self, place: Place) -> &Path {
        self.files.get(place.file).map_or(Path::new(""), PathBuf::as_path)
    }

    /// `path:line:column`, fit for a terminal.
    pub fn shown(&self, place: Place) -> String {
        format!("{}:{}:{}", printable(&self.path(place).to_string_lossy()), place.line, place.column)
    }

    /// `place` as said next to `beside`: without the path where that is the same.
    pub fn shown_beside(&self, place: Place, beside: Place) -> String {
        if place.file == beside.file { format!("line {}", place.line) } else { self.shown(place) }
    }

    pub fn error(&self, problem: &Problem, more_hint: &str) -> TaxonomyError {
        let joint = if problem.hint.is_empty() || more_hint.is_empty() { "" } else { "; " };
        TaxonomyError::Parse {
            path: self.path(problem.place).to_path_buf(),
            line: problem.place.line,
            column: problem.place.column,
            reason: problem.reason.clone(),
            hint: format!("{}{joint}{more_hint}", problem.hint),
        }
    }
}

/// Why a reader stops at the class that is one too many.
pub(super) fn too_many_classes(place: Place) -> Problem {
    Problem::new(Code::TooLarge, place, format!("more than {MAX_CLASSES} classes"), SPLIT_IT)
}

/// A text from outside as it may stand in a message: escaped and not too long.
pub(super) fn brief(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    format!("{}{dots}", printable(&short))
}
