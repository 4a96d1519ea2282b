//! Fitting the model's last layer anew for the edited tree, on a thread of its own. Knows nothing of the screen.

use super::action::Action;
use super::jobs::guarded;
use super::overlay::{ListingRow, RowTone};
use super::state::ModelInfo;
use crate::taxonomy::Taxonomy;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// Steps done and steps at most.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Refits a model for a tree; stops soon after the flag is set.
#[derive(Clone)]
pub struct Refitter(pub Arc<Refit>);

type Refit = dyn Fn(&Taxonomy, &AtomicBool, Progress<'_>) -> Result<Refitted, String> + Send + Sync;

impl std::fmt::Debug for Refitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refitter")
    }
}

/// A model that is not in a file yet.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// The bundle.
    pub bundle: Vec<u8>,
    /// Its reference set, for the next refit.
    pub refset: Vec<u8>,
}

impl std::fmt::Debug for ModelFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ModelFile({} + {} bytes)", self.bundle.len(), self.refset.len())
    }
}

/// What came of a refit.
pub struct Refitted {
    /// The new model.
    pub model: ModelInfo,
    /// What changed, on the fold that the network never saw: lines, and a row for each class.
    pub head: Vec<String>,
    /// See `head`.
    pub rows: Vec<ListingRow>,
}

/// Starts it; reports by messages.
pub fn start(refitter: Refitter, tree: Arc<Taxonomy>, cancel: Arc<AtomicBool>, number: u64, report: Sender<Action>) {
    std::thread::spawn(move || {
        let mut last = usize::MAX;
        let done = guarded("refitting", || {
            (refitter.0)(&tree, &cancel, &mut |step, of| {
                let percent = 100 * step / of.max(1);
                if percent != last {
                    last = percent;
                    let _ = report.send(Action::RefitProgress(number, percent));
                }
            })
        });
        let _ = report.send(match done {
            Ok(refitted) => Action::Refitted(number, Box::new(refitted)),
            Err(why) => Action::RefitFailed(number, why),
        });
    });
}

/// How a class's measure changed, as a row.
pub fn row(name: &str, depth: usize, n: u64, before: Option<f64>, after: Option<f64>) -> ListingRow {
    let number = |v: Option<f64>| v.map_or_else(|| "–".to_string(), |v| format!("{v:.3}").trim_start_matches('0').to_string());
    let tone = match (before, after) {
        (Some(b), Some(a)) if a > b + 0.005 => RowTone::Good,
        (Some(b), Some(a)) if a < b - 0.005 => RowTone::Warn,
        (None, Some(_)) => RowTone::Good,
        _ => RowTone::Plain,
    };
    let class = Some(name.strip_prefix("other ").unwrap_or(name).to_string());
    let name = super::text::pad(&format!("{}{name}", "  ".repeat(depth.saturating_sub(1).min(8))), 32);
    ListingRow { class, ..ListingRow::new(tone, String::new(), format!("{name} {n:>6}   {:>5} → {:>5}", number(before), number(after))) }
}

/// Writes a model, its reference set beside it: both or neither, but for a crash between two renames.
pub fn save(file: Arc<ModelFile>, path: PathBuf, overwrite: bool) -> Result<Action, String> {
    let beside = path.with_extension(crate::model::REFSET_EXTENSION);
    if !overwrite && (path.exists() || beside.exists()) {
        return Ok(Action::ModelExists(path));
    }
    crate::atomic::write(&path, |f| {
        f.write_all(&file.bundle)?;
        crate::atomic::write(&beside, |f| f.write_all(&file.refset))
    })
    .map_err(|e| format!("{}: not saved: {e}", path.display()))?;
    Ok(Action::ModelSaved(path, file))
}
