//! Writing chosen objects to a file: rows as `taxonova classify` writes them, or the names alone. Knows nothing of the
//! screen; runs on a thread of its own.

use super::said::Said;
use crate::atomic;
use crate::batch::output::Format;
use crate::batch::{Row, write_rows};
use crate::cascade::{Regrouper, decide_poured};
use crate::lightcurve::{LightCurve, Warning};
use crate::model::Profile;
use crate::model::novelty;
use crate::taxonomy::{Layout, printable};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rows of the contract of `classify`.
    Rows(Format),
    /// One name a line.
    Names,
}

impl Kind {
    /// By the file's extension.
    pub fn of(path: &Path) -> Option<Kind> {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt")) {
            return Some(Kind::Names);
        }
        Format::of(path).map(Kind::Rows)
    }

    /// The extensions, for messages.
    pub fn endings() -> &'static str {
        ".csv .jsonl .parquet .arrow (rows as classify writes them) or .txt (the names)"
    }
}

/// An object with its answer; none: there is none yet.
#[derive(Debug, Clone)]
pub struct ExportedObject {
    /// The light curve.
    pub curve: Arc<LightCurve>,
    /// P per slot of the model, or why there is none.
    pub p: Option<Result<Said, String>>,
}

/// What is to be written, and where.
#[derive(Debug, Clone)]
pub struct Export {
    /// The file.
    pub path: PathBuf,
    /// What is written.
    pub kind: Kind,
    /// Whether a file that is there may be replaced.
    pub overwrite: bool,
    /// In the order of the list.
    pub objects: Vec<ExportedObject>,
    /// The tree.
    pub layout: Layout,
    /// From the model's tree to it; none without a model.
    pub regrouper: Option<Regrouper>,
    /// What the model can use; none without a model.
    pub profile: Option<Profile>,
    /// Threshold of the decisions.
    pub tau: f64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportReport {
    /// It is written.
    Written {
        /// Where.
        path: PathBuf,
        /// Number of objects.
        n: usize,
        /// Those of them that had no answer yet.
        unclassified: usize,
    },
    /// The file is there already.
    Exists(PathBuf),
    /// It could not be written, and why.
    Failed(String),
}

impl Export {
    /// Writes it. The file is whole or not there.
    pub fn write(self) -> ExportReport {
        if !self.overwrite && std::fs::symlink_metadata(&self.path).is_ok() {
            return ExportReport::Exists(self.path);
        }
        let written = match self.kind {
            Kind::Names => atomic::write(&self.path, |out| {
                let mut out = std::io::BufWriter::new(out);
                for o in &self.objects {
                    writeln!(out, "{}", printable(&o.curve.object_id))?;
                }
                out.flush()
            })
            .map_err(|e| format!("{}: {e}", self.path.display())),
            Kind::Rows(format) => {
                let rows = self.objects.iter().map(|o| self.row(o));
                write_rows(&self.path, format, &self.layout, rows).map_err(|e| e.to_string())
            }
        };
        let waiting = |o: &&ExportedObject| o.p.is_none();
        let unclassified = if self.kind == Kind::Names { 0 } else { self.objects.iter().filter(waiting).count() };
        match written {
            Ok(()) => ExportReport::Written { n: self.objects.len(), unclassified, path: self.path },
            Err(why) => ExportReport::Failed(why),
        }
    }

    fn row(&self, o: &ExportedObject) -> Row {
        let mut row = Row::new(&o.curve);
        if let Some(why) = self.profile.as_ref().and_then(|p| p.unusable(&o.curve.observations, o.curve.photometry)) {
            row.not_usable(why);
            return row;
        }
        match (&o.p, &self.regrouper) {
            (Some(Ok(p)), Some(regrouper)) => {
                let warnings = self.profile.as_ref().map(|p| p.warnings(&o.curve)).unwrap_or_default();
                row.warnings.extend(warnings.iter().map(Warning::to_string));
                let poured = regrouper.pour(p);
                row.decision = Some(decide_poured(&self.layout, &poured, self.tau));
                row.novelty = p.novelty;
                row.warnings.extend(p.novelty.and_then(novelty::warning).map(|w| w.to_string()));
                row.p = poured.p.iter().map(|p| p.unwrap_or(f64::NAN)).collect();
            }
            (Some(Err(why)), _) => row.fail(why),
            _ => row.warnings.push("not classified yet".into()),
        }
        row
    }
}
