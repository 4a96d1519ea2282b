//! The labelled light curves of a training run: reading them, and what is wrong with their labels and folds.

use crate::cli::exit::Failure;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadOptions};
use crate::model::name_hash;
use crate::taxonomy::{Layout, MappedLabel, Taxonomy, map_labels, printable};
use crate::train::{Example, Skipped};
use anyhow::anyhow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Folds where neither the data nor the command say how many.
const DEFAULT_FOLDS: u32 = 10;
/// Objects named in a message.
const NAMED: usize = 5;
/// Labels or folds listed in a message.
const LISTED: usize = 30;

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

/// Says what was left out and why. An error if objects are in several folds, or if a label is not in the tree and that is
/// not to be passed over.
pub(super) fn say_skipped(skipped: &Skipped, tree: &Taxonomy, refuse_unmapped: bool) -> Result<(), Failure> {
    if !skipped.in_two_folds.is_empty() {
        return Err(Failure::usage(anyhow!(in_two_folds(&skipped.in_two_folds))));
    }
    if !skipped.unmapped.is_empty() {
        let text = unmapped(skipped, tree);
        if refuse_unmapped {
            return Err(Failure::usage(anyhow!("{text}\n--unmapped skip leaves them out")));
        }
        eprintln!("left out: {text}");
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

fn in_two_folds(names: &[String]) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let shown: Vec<String> = names.iter().take(NAMED).map(|n| printable(n).to_string()).collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!(
        "{} objects are in more than one fold ({}{more}): a model would be scored on what it was trained on; give each object one fold",
        names.len(),
        shown.join(", ")
    )
}

/// Labels that the tree does not hold, those of most objects first, with what they may mean.
fn unmapped(skipped: &Skipped, tree: &Taxonomy) -> String {
    let mapping = map_labels(tree, skipped.unmapped.iter().map(|(label, n)| (label.as_str(), *n as u64)), &[]);
    let mut rows: Vec<&MappedLabel> = mapping.rows.iter().collect();
    rows.sort_by(|a, b| b.count.cmp(&a.count).then(a.label.cmp(&b.label)));
    let objects: usize = skipped.unmapped.values().sum();
    let mut text = format!("{objects} objects with {} labels that the tree does not hold:", rows.len());
    for row in rows.iter().take(LISTED) {
        let remark = row.remark(tree);
        let place = row.node.map(|n| printable(&tree.node(n).name).to_string());
        let what = match place {
            Some(node) if remark.is_empty() => format!("  would be {node}"),
            Some(node) => format!("  would be {node} ({remark})"),
            None if remark.is_empty() => String::new(),
            None => format!("  {remark}"),
        };
        text.push_str(&format!("\n{:>8}  {}{what}", row.count, printable(&row.label)));
    }
    if rows.len() > LISTED {
        text.push_str(&format!("\n          and {} more", rows.len() - LISTED));
    }
    text.push_str("\nTo train on them, give the nodes these labels as aliases or absorbed labels (`taxonova taxonomy map` lists all).");
    text
}

/// Gives each light curve without a fold one by a hash of its name: one of `k` (10 if not given) where no light curve has
/// a fold, else one of those there are. Returns all folds, and what there is to say.
pub(super) fn assign_folds(curves: &mut [LightCurve], k: Option<u32>) -> Result<(Vec<u32>, Option<String>), String> {
    if let Some(k @ 0..=1) = k {
        return Err(format!("--folds {k}: cross-validation needs at least 2 folds"));
    }
    let mut given: BTreeMap<u32, usize> = BTreeMap::new();
    curves.iter().filter_map(|lc| lc.fold).for_each(|f| *given.entry(f).or_default() += 1);
    let without = curves.iter().filter(|lc| lc.fold.is_none()).count();
    if let Some(k) = k.filter(|k| !given.is_empty() && *k as usize != given.len()) {
        return Err(format!("--folds {k}, but the data have {} ({})", plural(given.len(), "fold"), listed(&given)));
    }
    let all: Vec<u32> = if given.is_empty() { (0..k.unwrap_or(DEFAULT_FOLDS)).collect() } else { given.keys().copied().collect() };
    for lc in curves.iter_mut().filter(|lc| lc.fold.is_none()) {
        lc.fold = all.get((name_hash(&lc.object_id) % all.len() as u64) as usize).copied();
    }
    let said = match (given.is_empty(), without) {
        (_, 0) => None,
        (true, _) => k.map(|k| format!("the data have no folds: objects are put into {k} by a hash of their names")),
        (false, n) => Some(format!("{} without a fold put into one of the data's by a hash of the name", plural(n, "object"))),
    };
    Ok((all, said))
}

/// What is wrong with the folds of the examples (an error), and what there is to know about them.
pub(super) fn check_folds(
    set: &[Example],
    layout: &Layout,
    all: &[u32],
    cross_validated: bool,
    hold_out: Option<u32>,
) -> Result<Vec<String>, String> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    set.iter().for_each(|e| *counts.entry(e.fold).or_default() += 1);
    if let Some(fold) = hold_out.filter(|f| !counts.contains_key(f)) {
        return Err(format!("--hold-out {fold}: no object that can be used is in this fold; there are {}", listed(&counts)));
    }
    let seen: Vec<u32> = counts.keys().copied().filter(|f| Some(*f) != hold_out).collect();
    if let (Some(fold), true) = (hold_out, seen.is_empty()) {
        return Err(format!("--hold-out {fold}: all {} objects are in this fold, so none is left to train on", set.len()));
    }
    if let ([only], true) = (seen.as_slice(), cross_validated) {
        let n = counts.get(only).copied().unwrap_or_default();
        let beside = if hold_out.is_some() { " that are not held out" } else { "" };
        return Err(format!(
            "--folds: all {n} objects{beside} are in fold {only}, so nothing is left to train the model that predicts them; \
             spread them over several folds, or leave out the fold column to have it done by name"
        ));
    }
    let mut notes = Vec::new();
    if cross_validated {
        let empty = all.iter().filter(|f| !counts.contains_key(f));
        notes.extend(empty.map(|f| format!("fold {f} has no object that can be used: nothing is predicted for it")));
    }
    for (slot, of) in layout.slots.iter().enumerate() {
        let mut folds: BTreeMap<u32, usize> = BTreeMap::new();
        set.iter().filter(|e| e.path.contains(&slot)).for_each(|e| *folds.entry(e.fold).or_default() += 1);
        let held_out: usize = hold_out.and_then(|f| folds.remove(&f)).unwrap_or_default();
        let name = printable(&of.name);
        match (folds.first_key_value(), folds.len()) {
            (None, _) if held_out > 0 => {
                notes.push(format!("{name}: its only objects ({held_out}) are held out, so the model does not know it"));
            }
            (Some((fold, n)), 1) if cross_validated => notes.push(format!(
                "{name}: its only objects ({n}) are in fold {fold}, so their out-of-fold predictions are by a model that does not know it"
            )),
            _ => {}
        }
    }
    Ok(notes)
}

fn listed(counts: &BTreeMap<u32, usize>) -> String {
    let parts: Vec<String> = counts.iter().take(LISTED).map(|(f, n)| format!("fold {f}: {}", plural(*n, "object"))).collect();
    format!("{}{}", parts.join(", "), if counts.len() > LISTED { ", …" } else { "" })
}

fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
