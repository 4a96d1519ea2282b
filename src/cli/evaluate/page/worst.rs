//! The worst mistakes, with their light curves.

use super::document::Block;
use crate::evaluate::{Outcome, Scored};
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadOptions};
use crate::plot::{FigureError, ObjectFigure, ObjectOptions};
use crate::simulate::SURVEY;
use crate::taxonomy::{Layout, printable};
use std::path::PathBuf;

/// So many are shown.
const SHOWN: usize = 8;

/// One of them.
pub struct Mistake {
    /// The object.
    pub id: String,
    /// What is wrong, in a line.
    pub text: String,
}

/// Those whose most probable leaf lies farthest from the truth; of equals those whose truth was thought least probable.
pub fn choose<'a>(layout: &Layout, objects: impl Iterator<Item = (&'a str, &'a Scored)>) -> Vec<Mistake> {
    let mut found: Vec<(u32, f64, &str, Outcome, &Scored)> = objects
        .filter_map(|(id, scored)| {
            let outcome = Outcome::new(layout, scored, None);
            Some((outcome.height?, outcome.ln_p.unwrap_or(0.0), id, outcome, scored))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(b.2)));
    let said = |scored: &Scored, path: &[usize]| {
        let slot = path.last().copied();
        let name = slot.and_then(|s| layout.slots.get(s)).map_or(layout.root_name.as_str(), |s| s.name.as_str());
        let p = slot.and_then(|s| scored.p.get(s)).filter(|p| !p.is_nan());
        format!("{} (P {})", printable(name), p.map_or_else(|| "not in the model".into(), |p| format!("{p:.3}")))
    };
    found
        .into_iter()
        .take(SHOWN)
        .map(|(_, _, id, outcome, scored)| Mistake {
            id: id.to_string(),
            text: format!("{}: labelled {}, said {}", printable(id), said(scored, &outcome.truth.path), said(scored, &outcome.forced)),
        })
        .collect()
}

/// A figure for each mistake whose light curve can be read again; the others as text.
pub fn blocks(mistakes: &[Mistake], files: &[PathBuf], options: &ReadOptions) -> Result<Vec<Block>, FigureError> {
    let mut curves: Vec<Option<LightCurve>> = mistakes.iter().map(|_| None).collect();
    // Standard input can't be read twice.
    for reader in files.iter().filter(|f| f.as_os_str() != "-").filter_map(|f| read::open(f, options).ok()) {
        if curves.iter().all(Option::is_some) {
            break;
        }
        for curve in reader.flatten() {
            let place = mistakes.iter().position(|m| m.id == curve.object_id);
            if let Some(free) = place.and_then(|i| curves.get_mut(i)).filter(|c| c.is_none()) {
                *free = Some(curve);
            }
        }
    }
    let mut out = Vec::new();
    for (mistake, curve) in mistakes.iter().zip(curves) {
        let Some(curve) = curve else {
            out.push(Block::Text(mistake.text.clone()));
            continue;
        };
        let drawn = Block::drawing(&mistake.text, |theme| {
            let mut options = ObjectOptions::new(theme);
            // Said wherever simulated data are shown.
            options.title = (curve.survey == SURVEY).then(|| format!("SIMULATED {}", curve.object_id));
            ObjectFigure::new(&curve, &options)
        });
        match drawn {
            Ok(block) => out.push(block),
            Err(FigureError::Empty(_) | FigureError::TooLarge(..)) => out.push(Block::Text(mistake.text.clone())),
            Err(e) => return Err(e),
        }
    }
    Ok(out)
}
