//! Fitting the model's last layer anew for the edited tree, on a thread of its own. Knows nothing of the screen.

use super::action::Action;
use super::jobs::guarded;
use super::overlay::{ListingRow, RowTone};
use super::state::ModelInfo;
use crate::taxonomy::Taxonomy;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// Steps done and steps at most.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Refits a model for a tree; stops soon after the flag is set.
pub type Refitter = Arc<dyn Fn(&Taxonomy, &AtomicBool, Progress<'_>) -> Result<Refitted, String> + Send + Sync>;

/// A model that is not in a file yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// The bundle.
    pub bundle: Vec<u8>,
    /// Its reference set, for the next refit.
    pub refset: Vec<u8>,
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
pub fn start(refitter: Refitter, tree: Box<Taxonomy>, cancel: Arc<AtomicBool>, report: Sender<Action>) {
    std::thread::spawn(move || {
        let mut last = usize::MAX;
        let done = guarded("refitting", || {
            refitter(&tree, &cancel, &mut |step, of| {
                let percent = 100 * step / of.max(1);
                if percent != last {
                    last = percent;
                    let _ = report.send(Action::RefitProgress(percent));
                }
            })
        });
        let _ = report.send(match done {
            Ok(refitted) => Action::Refitted(Box::new(refitted)),
            Err(why) => Action::RefitFailed(why),
        });
    });
}

/// How a class's measure changed, as a row.
pub fn row(name: &str, depth: usize, n: u64, before: Option<f64>, after: Option<f64>) -> ListingRow {
    let number = |v: Option<f64>| v.map_or_else(|| "  – ".to_string(), |v| super::text::pad(&super::text::probability(v), 5));
    let tone = match (before, after) {
        (Some(b), Some(a)) if a > b + 0.005 => RowTone::Good,
        (Some(b), Some(a)) if a < b - 0.005 => RowTone::Warn,
        (None, Some(_)) => RowTone::Good,
        _ => RowTone::Plain,
    };
    let name = super::text::pad(&format!("{}{name}", "  ".repeat(depth.saturating_sub(1).min(8))), 32);
    ListingRow::new(tone, String::new(), format!("{name} {n:>6}   {} → {}", number(before), number(after)))
}
