//! The bar of a training run.

use crate::train::{Epoch, TrainConfig};
use indicatif::{ProgressBar, ProgressStyle};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs `work` with a bar on a terminal, or a line every ten epochs where standard error is none.
pub(super) fn with_progress<T>(
    title: &'static str,
    runs: usize,
    config: &TrainConfig,
    interrupted: &AtomicBool,
    work: impl FnOnce(&(dyn Fn(&str, Epoch) -> ControlFlow<()> + Sync)) -> T,
) -> T {
    let bar = ProgressBar::new((runs * config.epochs) as u64);
    // The template is a constant and valid.
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {eta} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(title);
    let report = |who: &str, e: Epoch| {
        bar.inc(1);
        let text = format!("{who} epoch {}: loss {:.4}, validation {:.4}, accuracy {:.3}", e.epoch, e.loss, e.validation, e.accuracy);
        if bar.is_hidden() && (e.epoch == 1 || e.epoch.is_multiple_of(10)) {
            eprintln!("{title}: {text}");
        }
        bar.set_message(text);
        if interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = work(&report);
    bar.finish_and_clear();
    result
}
