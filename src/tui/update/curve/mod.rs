//! The light-curve pane: zoom, bands, points, folding, history, and why the model says what it says.

mod bands;
pub mod figure;
mod fold;
pub mod grip;
mod influence;
mod points;
mod zoom;

use crate::tui::command::Cmd;
use crate::tui::curve::TimeAxis;
use crate::tui::effect::Effect;
use crate::tui::state::{State, Tone};
use crate::tui::widgets::plot::Bars;
pub use bands::toggle as toggle_band;
pub use fold::{chosen as take_peak, found, parse as parse_period, typed as typed_period};
pub use influence::{answered as influence_answered, chosen as choose_point, follow, stop as stop_influence};
pub use points::choose_nearest;
use std::sync::Arc;
pub use zoom::wheel;

/// Runs a command of the pane.
pub fn curve(state: &mut State, cmd: Cmd) -> Vec<Effect> {
    match cmd {
        Cmd::FluxMode => {
            state.curve.flux = !state.curve.flux;
            state.curve.window.y = None;
            state.curve.prepare();
        }
        Cmd::ErrorBars => {
            let (bars, said) = match state.curve.bars {
                Bars::Faint => (Bars::Coloured, "error bars in the colour of their band"),
                Bars::Coloured => (Bars::Off, "error bars are hidden"),
                Bars::Off => (Bars::Faint, "error bars are dimmed"),
            };
            state.curve.bars = bars;
            state.say(Tone::Info, said);
        }
        Cmd::Markers => {
            state.curve.markers = state.curve.markers.next();
            state.say(Tone::Info, format!("points are drawn as {}", state.curve.markers.title()));
        }
        Cmd::TimeAxis => axis(state),
        Cmd::ZoomIn
        | Cmd::ZoomOut
        | Cmd::ZoomInY
        | Cmd::ZoomOutY
        | Cmd::PanLeft
        | Cmd::PanRight
        | Cmd::PanUp
        | Cmd::PanDown
        | Cmd::ResetZoom
        | Cmd::FitY => zoom::zoom(state, cmd),
        Cmd::NextBand | Cmd::PreviousBand | Cmd::HideBand | Cmd::OnlyBand | Cmd::FitBand => bands::bands(state, cmd),
        Cmd::NextPoint | Cmd::PreviousPoint => points::step(state, cmd == Cmd::NextPoint),
        Cmd::FoldCurve | Cmd::TypePeriod | Cmd::HalfPeriod | Cmd::DoublePeriod | Cmd::NextPeriod | Cmd::PeriodList => {
            fold::fold(state, cmd);
        }
        Cmd::History => {
            state.curve.history.on = !state.curve.history.on;
            let said = if state.curve.history.on { "the history of the probabilities is shown, where there is room" } else { "no history" };
            state.say(Tone::Info, said);
        }
        Cmd::HistoryLevel => level(state),
        Cmd::Why => return influence::step(state),
        Cmd::WhyList => influence::list(state),
        Cmd::SaveFigure => figure::ask(state),
        _ => {}
    }
    Vec::new()
}

fn axis(state: &mut State) {
    let before = state.curve.data.as_ref().map_or(0.0, |d| d.offset_mjd);
    state.curve.axis = match state.curve.axis {
        TimeAxis::Days => TimeAxis::Mjd,
        TimeAxis::Mjd => TimeAxis::Days,
    };
    state.curve.prepare();
    let folded = state.curve.shape().period_d.is_some();
    if let Some(data) = state.curve.data.as_ref().filter(|_| !folded) {
        // The same part stays in sight.
        let shift = before - data.offset_mjd;
        state.curve.window.x = state.curve.window.x.map(|(a, b)| (a + shift, b + shift));
    }
    state.say(
        Tone::Info,
        match state.curve.axis {
            TimeAxis::Days if folded => "days since the first detection (the light curve is folded now: f unfolds it)",
            TimeAxis::Days => "days since the first detection",
            TimeAxis::Mjd => "Modified Julian dates",
        },
    );
}

/// The next lower level of the history; after the lowest the first again.
fn level(state: &mut State) {
    let Some((depth, lowest)) = state.curve.history.level.as_ref().map(|l| (l.depth, l.lowest)) else {
        return state.say(Tone::Warn, "there is no history of this object yet");
    };
    let next = if depth >= lowest { 1 } else { depth + 1 };
    state.curve.history.depth = Some(next);
    state.curve.history.on = true;
    state.say(Tone::Info, format!("history of the classes of level {next} of {lowest}"));
    derive_history(state);
}

fn derive_history(state: &mut State) {
    let derived = &state.tree.derived;
    let regrouper = derived.regroup.as_ref().and_then(|r| r.as_ref().ok());
    state.curve.history.derive(&derived.layout, regrouper, derived.number);
}

/// Brings what hangs on the object, the model and the tree up to date, after anything has changed.
pub fn settle(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.curve.model != state.model_number {
        state.curve.model = state.model_number;
        state.curve.history.clear();
        if let Some(influence) = state.curve.influence.take() {
            influence.stop();
        }
    }
    fold::settle(state, &mut effects);
    let Some(curve) = state.curve.shown.clone() else { return effects };
    if state.model.ready().is_none() {
        return effects;
    }
    let history = &mut state.curve.history;
    if history.on && history.answers.is_none() && history.request.is_none() && history.problem.is_none() {
        state.last_request += 1;
        history.request = Some(state.last_request);
        effects.push(Effect::History { request: state.last_request, curve, cancel: Arc::clone(&history.cancel) });
    }
    if state.curve.history.answers.is_some() && state.curve.history.tree != state.tree.derived.number {
        derive_history(state);
    }
    influence::settle(state);
    effects
}

/// The history is there.
pub fn history_answered(state: &mut State, request: u64, answers: Result<crate::tui::curve::history::Answers, String>) {
    let history = &mut state.curve.history;
    if history.request != Some(request) {
        return;
    }
    history.request = None;
    match answers {
        Ok(answers) => history.answers = Some(Arc::new(answers)),
        Err(why) => history.problem = Some(why),
    }
    derive_history(state);
}
