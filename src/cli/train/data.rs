//! The labelled light curves of a training run: reading them, and what is wrong with their labels and folds.

use crate::cli::exit::Failure;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadOptions};
use crate::train::Skipped;
use anyhow::anyhow;
use std::path::PathBuf;

/// Every readable light curve; the unreadable are named on standard error and counted.
pub(super) fn read_all(paths: &[PathBuf], options: &ReadOptions) -> (Vec<LightCurve>, usize) {
    let (files, errors) = read::expand(paths);
    let mut unreadable = errors.len();
    errors.iter().for_each(|e| eprintln!("taxonova: {e}"));
    let mut curves = Vec::new();
    for file in files {
        match read::open(&file, options) {
            Ok(reader) => {
                for item in reader {
                    match item {
                        Ok(lc) => curves.push(lc),
                        Err(e) => {
                            eprintln!("taxonova: {e}");
                            unreadable += 1;
                        }
                    }
                }
            }
            Err(e) => {
                eprintln!("taxonova: {e}");
                unreadable += 1;
            }
        }
    }
    (curves, unreadable)
}

pub(super) fn say_skipped(skipped: &Skipped) -> Result<(), Failure> {
    if let Some(first) = skipped.in_two_folds.first() {
        let n = skipped.in_two_folds.len();
        return Err(Failure::usage(anyhow!(
            "{n} objects are in more than one fold (as {first}): the score would leak; give each object one fold"
        )));
    }
    for (label, n) in &skipped.unmapped {
        eprintln!("left out: {n} objects labelled {}, which the tree does not hold", crate::taxonomy::printable(label));
    }
    for (n, why) in
        [(skipped.unlabelled, "without a label"), (skipped.empty, "without a measurement"), (skipped.repeated, "that came twice")]
    {
        if n > 0 {
            eprintln!("left out: {n} objects {why}");
        }
    }
    Ok(())
}
