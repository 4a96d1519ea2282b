//! Bands: which one is chosen in the legend, which are shown.

use crate::lightcurve::BandId;
use crate::tui::command::Cmd;
use crate::tui::state::{State, Tone};
use crate::tui::text::clean;
use std::sync::Arc;

/// Hides a band, or shows it again.
pub fn toggle(state: &mut State, band: BandId) {
    let name = clean(band.name()).into_owned();
    if state.curve.hidden.remove(&band) {
        state.say(Tone::Info, format!("band {name} is shown"));
    } else {
        state.curve.hidden.insert(band);
        state.say(Tone::Info, format!("band {name} is hidden; the model still uses it"));
    }
}

/// A command about bands.
pub fn bands(state: &mut State, cmd: Cmd) {
    let Some(data) = state.curve.data.as_ref().map(Arc::clone) else { return };
    let bands: Vec<BandId> = data.series.iter().map(|s| s.band).collect();
    let Some(first) = bands.first().copied() else { return };
    let at = state.curve.band.and_then(|b| bands.iter().position(|x| *x == b));
    if let Cmd::NextBand | Cmd::PreviousBand = cmd {
        let n = bands.len();
        let next = match (at, cmd) {
            (None, Cmd::NextBand) => 0,
            (None, _) => n - 1,
            (Some(i), Cmd::NextBand) => (i + 1) % n,
            (Some(i), _) => (i + n - 1) % n,
        };
        let band = bands.get(next).copied().unwrap_or(first);
        state.curve.band = Some(band);
        state.say(Tone::Info, format!("band {} (x hides or shows it, X shows it alone, v fits the plot to it)", clean(band.name())));
        return;
    }
    let band = match at.and_then(|i| bands.get(i).copied()) {
        Some(band) => band,
        // With one band there is nothing to choose.
        None if bands.len() == 1 => first,
        None => {
            // X with nothing chosen: all bands again.
            if cmd == Cmd::OnlyBand && !state.curve.hidden.is_empty() {
                state.curve.hidden.clear();
                return state.say(Tone::Info, "all bands are shown");
            }
            return state.say(Tone::Warn, "no band is chosen (b chooses one)");
        }
    };
    let name = clean(band.name()).into_owned();
    match cmd {
        Cmd::HideBand => toggle(state, band),
        Cmd::OnlyBand => {
            let others: Vec<BandId> = bands.iter().copied().filter(|b| *b != band).collect();
            let alone = !state.curve.hidden.contains(&band) && others.iter().all(|b| state.curve.hidden.contains(b));
            if alone {
                state.curve.hidden.clear();
                state.say(Tone::Info, "all bands are shown");
            } else {
                state.curve.hidden.extend(others);
                state.curve.hidden.remove(&band);
                state.say(Tone::Info, format!("band {name} alone is shown (X shows all)"));
            }
        }
        _ => match data.range_of(band) {
            Some((x, y)) => {
                // A folded curve keeps its two cycles.
                let one = x.1 > x.0 && data.shape.period_d.is_none();
                state.curve.window.x = one.then_some(x);
                state.curve.window.y = Some(y);
                state.curve.hidden.remove(&band);
                state.say(Tone::Info, format!("the plot is fitted to band {name} (r shows all)"));
            }
            None => state.say(Tone::Warn, format!("band {name} has no point that can be shown")),
        },
    }
    // A point that is no longer seen is not looked at.
    if let Some(id) = state.curve.chosen
        && !data.points(|b| !state.curve.hidden.contains(&b)).iter().any(|p| p.2 == id)
    {
        state.curve.chosen = None;
    }
}
