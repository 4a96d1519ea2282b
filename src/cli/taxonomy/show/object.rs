//! One object out of light-curve files, classified and poured onto a tree.

use super::{Args, shown};
use crate::cascade::{Regrouper, decide_poured};
use crate::cli::exit::Failure;
use crate::cli::inputs;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadOptions};
use crate::plot::Cascade;
use crate::simulate::SURVEY;
use crate::taxonomy::{Layout, Taxonomy, printable};
use anyhow::{Context, anyhow};
use std::path::Path;

/// Before the name of an object that was simulated.
pub(super) const SIMULATED: &str = "SIMULATED ";

/// Object ids that a message names.
const NAMED: usize = 8;

/// The object's probabilities on the tree.
pub(super) fn classify(args: &Args, path: &Path, taxonomy: &Taxonomy, layout: &Layout) -> Result<Cascade, Failure> {
    if args.file == Path::new("-") && path == Path::new("-") {
        return Err(Failure::usage(anyhow!("standard input (-) can be read only once: as the tree or as light curves")));
    }
    let model = inputs::model(args.model.as_deref())?;
    let regrouper = Regrouper::new(model.taxonomy(), model.layout(), taxonomy, layout)
        .with_context(|| format!("the model {} can't be used on the tree {}", printable(model.name()), printable(&taxonomy.name)))
        .map_err(Failure::usage)?;
    let curve = find(path, args.object.as_deref())?;
    // Said wherever simulated data are shown, and a figure goes further than its file.
    let object = if curve.survey == SURVEY { format!("{SIMULATED}{}", curve.object_id) } else { curve.object_id.clone() };
    if let Some(why) = model.unusable(&curve) {
        return Err(Failure::usage(anyhow!("{}: {}: {why}", shown(path), printable(&object))));
    }
    let input = model.prepare(&curve.observations, curve.photometry);
    let mut session = model.session().map_err(Failure::internal)?;
    let output = session.run(&[input]).map_err(Failure::internal)?.pop();
    let p = output.map(|o| o.p).filter(|p| p.iter().all(|v| v.is_finite()));
    let p = p.ok_or_else(|| Failure::internal(anyhow!("the model gave no answer for {}", printable(&object))))?;
    let poured = regrouper.pour(&p);
    let decision = decide_poured(layout, &poured, args.tau);
    Ok(Cascade { object, poured, decision, tau: args.tau })
}

/// The light curve of that id; without an id the only one there is.
fn find(path: &Path, id: Option<&str>) -> Result<LightCurve, Failure> {
    let (files, errors) = read::expand(&[path.to_path_buf()]);
    for e in &errors {
        eprintln!("taxonova: {e}");
    }
    let mut found: Option<LightCurve> = None;
    let mut names: Vec<String> = Vec::new();
    let mut total = 0u64;
    for file in &files {
        let reader = match read::open(file, &ReadOptions::default()) {
            Ok(reader) => reader,
            Err(e) => {
                eprintln!("taxonova: {e}");
                continue;
            }
        };
        for item in reader {
            let curve = match item {
                Ok(curve) => curve,
                Err(e) => {
                    eprintln!("taxonova: {e}");
                    continue;
                }
            };
            total += 1;
            if id == Some(curve.object_id.as_str()) {
                return Ok(curve);
            }
            if names.len() < NAMED {
                names.push(printable(&curve.object_id));
            }
            if id.is_none() {
                found.get_or_insert(curve);
            }
        }
    }
    let list = || format!("{}{}", names.join(", "), if total > names.len() as u64 { ", ..." } else { "" });
    match (id, found, total) {
        (_, _, 0) => Err(Failure::usage(anyhow!("{}: no light curve could be read", shown(path)))),
        (None, Some(curve), 1) => Ok(curve),
        (None, ..) => Err(Failure::usage(anyhow!("{} holds {total} objects: choose one with --object: {}", shown(path), list()))),
        (Some(id), ..) => {
            let id = printable(id);
            Err(Failure::usage(anyhow!("{}: none of its {total} objects is called {id}; there are {}", shown(path), list())))
        }
    }
}
