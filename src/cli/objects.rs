//! Objects one after the other out of what the command line names; what can't be read is said and counted.

use super::exit::{Exit, Failure};
use crate::cascade::Regrouper;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadOptions};
use crate::model::Model;
use crate::taxonomy::{Layout, Taxonomy, printable};
use anyhow::{Context, anyhow};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Object names that a message gives.
const NAMED: usize = 8;

/// What was read.
#[derive(Debug, Default)]
pub struct Seen {
    /// Objects.
    pub objects: u64,
    /// Inputs and rows that could not be read.
    pub errors: u64,
    /// The first names.
    names: Vec<String>,
}

impl Seen {
    /// Some names, for a message.
    pub fn list(&self) -> String {
        let more = if self.objects > self.names.len() as u64 { ", ..." } else { "" };
        format!("{}{more}", self.names.join(", "))
    }

    /// The exit code when all that was wanted is done.
    pub fn exit(&self) -> Exit {
        if self.errors > 0 { Exit::Partly } else { Exit::Done }
    }
}

/// Hands each object on until it is told to stop. Nothing readable at all is a failure.
pub fn each(
    paths: &[PathBuf],
    options: &ReadOptions,
    mut take: impl FnMut(LightCurve) -> Result<ControlFlow<()>, Failure>,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let (files, errors) = read::expand(paths);
    let fault = |seen: &mut Seen, e: &read::ReadError| {
        seen.errors += 1;
        eprintln!("taxonova: {e}");
    };
    errors.iter().for_each(|e| fault(&mut seen, e));
    'files: for file in &files {
        let reader = match read::open(file, options) {
            Ok(reader) => reader,
            Err(e) => {
                fault(&mut seen, &e);
                continue;
            }
        };
        for item in reader {
            match item {
                Ok(curve) => {
                    seen.objects += 1;
                    if seen.names.len() < NAMED {
                        seen.names.push(printable(&curve.object_id));
                    }
                    if take(curve)?.is_break() {
                        break 'files;
                    }
                }
                Err(e) => fault(&mut seen, &e),
            }
        }
    }
    if seen.objects == 0 {
        return Err(Failure::usage(anyhow!("no light curve could be read")));
    }
    Ok(seen)
}

/// The tree of the answers, and the way there from the model's.
pub struct Target {
    /// The tree.
    pub taxonomy: Taxonomy,
    /// That tree, flattened.
    pub layout: Layout,
    /// The way.
    pub regrouper: Regrouper,
}

/// The tree that `-t` names, else the model's own.
pub fn target(model: &Model, given: Option<Taxonomy>) -> Result<Target, Failure> {
    let taxonomy = given.unwrap_or_else(|| model.taxonomy().clone());
    let layout = Layout::new(&taxonomy);
    let regrouper = Regrouper::new(model.taxonomy(), model.layout(), &taxonomy, &layout)
        .with_context(|| format!("the model {} can't be used on the tree {}", printable(model.name()), printable(&taxonomy.name)))
        .map_err(Failure::usage)?;
    Ok(Target { taxonomy, layout, regrouper })
}

impl Target {
    /// The slot of the class that is called so: by name or alias, residuals as `other X`.
    pub fn slot(&self, name: &str) -> Result<usize, Failure> {
        let by_alias = || crate::taxonomy::match_label(&self.taxonomy, name).and_then(|m| self.layout.slot_of(m.node));
        self.layout.by_name(name).or_else(by_alias).ok_or_else(|| {
            let mut near: Vec<(f64, &str)> = self
                .layout
                .slots
                .iter()
                .map(|s| (strsim::jaro_winkler(&s.name.to_lowercase(), &name.to_lowercase()), s.name.as_str()))
                .collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0));
            let near: Vec<String> = near.iter().take(3).map(|n| format!("\"{}\"", printable(n.1))).collect();
            Failure::usage(anyhow!(
                "the tree {} has no class \"{}\" (nor is the root one that anything could be said of); like it: {}",
                printable(&self.taxonomy.name),
                printable(name),
                near.join(", ")
            ))
        })
    }
}
