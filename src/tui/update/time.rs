//! The time cursor: what was known up to a time is classified, and the cascade follows.

use super::curve;
use crate::lightcurve::window;
use crate::tui::command::Cmd;
use crate::tui::effect::Effect;
use crate::tui::state::{State, TimeCursor, Tone};

/// Turns the cursor on or off, or moves it.
pub fn time(state: &mut State, cmd: Cmd) -> Vec<Effect> {
    let Some(data) = state.curve.data.clone() else { return Vec::new() };
    let last = data.times_mjd.len().saturating_sub(1);
    let now = state.time.as_ref().map(|t| t.index);
    let index = match (cmd, now) {
        (Cmd::TimeAll, _) | (Cmd::TimeCursor, Some(_)) => {
            state.time = None;
            state.say(Tone::Info, "the whole light curve is classified");
            return curve::follow(state);
        }
        // Day 0: what the first detection alone tells.
        (Cmd::TimeCursor, None) => data.times_mjd.iter().position(|t| *t >= data.day0_mjd).unwrap_or(0),
        (Cmd::TimeBack | Cmd::TimeLeft, _) => now.unwrap_or(last + 1).saturating_sub(1),
        (_, None) => {
            state.say(Tone::Info, "the whole light curve is known already ([ goes back in time)");
            return Vec::new();
        }
        (_, Some(i)) => (i + 1).min(last),
    };
    set(state, index)
}

/// Puts the cursor on one of the light curve's times, and asks for the answer there.
pub fn set(state: &mut State, index: usize) -> Vec<Effect> {
    let (Some(data), Some(curve)) = (&state.curve.data, &state.curve.shown) else { return Vec::new() };
    let Some(mjd) = data.times_mjd.get(index).copied() else { return Vec::new() };
    if state.time.as_ref().is_some_and(|t| t.index == index) {
        return Vec::new();
    }
    let observations = window::until(&curve.observations, curve.photometry, mjd);
    let known = observations.iter().filter(|o| !o.is_limit()).count();
    let text = format!("day {:.1}: {known} of {} points known", mjd - data.day0_mjd, curve.n_measurements());
    let photometry = curve.photometry;
    state.last_request += 1;
    // The old answer stays on the screen, dimmed, until the new one is there.
    let p = state.time.take().and_then(|t| t.p);
    state.time = Some(TimeCursor { index, request: state.last_request, p, fresh: false });
    state.say(Tone::Info, text);
    let request = state.last_request;
    let mut effects = vec![Effect::ClassifyPart { request, observations, photometry }];
    effects.extend(curve::follow(state));
    effects
}
