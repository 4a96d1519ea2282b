//! Why the model says what it says: which observations matter for a class.

use super::super::report;
use super::points;
use crate::lightcurve::{LightCurve, window};
use crate::tui::curve::influence::{Answers, By, Influence};
use crate::tui::effect::Effect;
use crate::tui::overlay::{ListingKind, ListingRow, Overlay, RowTone};
use crate::tui::state::{RowKey, State, Tone, TreeRowKind};
use crate::tui::text::{self, clean};
use std::sync::Arc;

/// From nothing to single points, to nights, to nothing.
pub fn step(state: &mut State) -> Vec<Effect> {
    let by = match state.curve.influence.as_ref().map(|i| i.by) {
        None => By::Points,
        Some(By::Points) => By::Nights,
        Some(By::Nights) => {
            stop(state);
            state.say(Tone::Info, "all points are shown alike");
            return Vec::new();
        }
    };
    ask(state, by)
}

/// Forgets which observations matter.
pub fn stop(state: &mut State) {
    if let Some(influence) = state.curve.influence.take() {
        influence.stop();
    }
}

fn ask(state: &mut State, by: By) -> Vec<Effect> {
    stop(state);
    let Some(curve) = state.curve.shown.clone() else { return Vec::new() };
    state.last_request += 1;
    let influence = Influence::new(by, state.last_request);
    let cancel = Arc::clone(&influence.cancel);
    state.curve.influence = Some(influence);
    // Of what was known at the time cursor: that is what the cascade shows.
    let known = known(state, &curve);
    state.say(Tone::Info, format!("leaving out each {} in turn…", by.word()));
    vec![Effect::Influence { request: state.last_request, curve: known, by, cancel }]
}

/// The light curve as it was at the time cursor.
pub fn known(state: &State, curve: &Arc<LightCurve>) -> Arc<LightCurve> {
    let mjd = state.time.as_ref().and_then(|t| state.curve.data.as_ref()?.times_mjd.get(t.index).copied());
    match mjd {
        Some(mjd) => {
            let observations = window::until(&curve.observations, curve.photometry, mjd);
            Arc::new(LightCurve { observations, ..LightCurve::clone(curve) })
        }
        None => curve.clone(),
    }
}

/// After the time cursor has moved, what matters is asked for anew.
pub fn follow(state: &mut State) -> Vec<Effect> {
    match state.curve.influence.as_ref().map(|i| i.by) {
        Some(by) => {
            let status = state.status.take();
            let effects = ask(state, by);
            state.status = status;
            effects
        }
        None => Vec::new(),
    }
}

/// The class that is asked about: the selected one; with the root selected, that of the decision.
fn target(state: &State) -> Option<usize> {
    let RowKey { kind, .. } = state.tree.selected;
    let selected = if kind == TreeRowKind::Unresolved { None } else { state.tree.slot(state.tree.selected) };
    selected.or_else(|| {
        let d = state.cascade()?.decision;
        // "other X" has a slot of its own.
        if d.other { state.tree.derived.layout.by_name(&d.name) } else { d.slot }
    })
}

/// Works it out for the class that is selected now, on the tree as it is now.
pub fn settle(state: &mut State) {
    if state.curve.influence.as_ref().is_none_or(|i| i.answers.is_none()) {
        return;
    }
    let wanted = target(state);
    let revision = state.tree.derived.number;
    let observations = state.curve.shown.as_ref().map_or(0, |c| c.observations.len());
    let (Some(influence), Some(slot)) = (&mut state.curve.influence, wanted) else { return };
    if influence.slot == Some(slot) && influence.tree == revision {
        return;
    }
    if let Some(Ok(regrouper)) = &state.tree.derived.regroup {
        influence.derive(&state.tree.derived.layout, regrouper, slot, revision, observations);
    }
}

/// The model has answered.
pub fn answered(state: &mut State, request: u64, answers: Result<Answers, String>) {
    if state.curve.influence.as_ref().is_none_or(|i| i.request != request) {
        return;
    }
    match answers {
        Ok(answers) => {
            let remark = answers.remark.clone();
            if let Some(influence) = &mut state.curve.influence {
                influence.answers = Some(Arc::new(answers));
                influence.slot = None;
            }
            settle(state);
            match (remark, summary(state)) {
                (Some(remark), _) => state.say(Tone::Warn, clean(&remark).into_owned()),
                (None, Some(text)) => state.say(Tone::Info, text),
                (None, None) => state.say(Tone::Warn, "select a class in the tree: there is no decision to explain"),
            }
        }
        Err(why) => {
            state.curve.influence = None;
            state.say(Tone::Warn, format!("it can't be said what matters: {}", clean(&why)));
        }
    }
}

/// One line on what matters.
fn summary(state: &State) -> Option<String> {
    let influence = state.curve.influence.as_ref()?;
    let name = clean(&state.tree.derived.layout.slots.get(influence.slot?)?.name).into_owned();
    let p = text::probability(influence.p);
    let what = text::plural(influence.weights.len(), influence.by.word());
    Some(match influence.weights.first() {
        Some(w) if w.change.abs() >= 5e-4 => {
            let when = when(state, &w.members).unwrap_or_default();
            format!("why {name} {p}: of {what}, {when} matters most ({:+.3}); V lists them", w.change)
        }
        _ => format!("why {name} {p}: none of {what} matters by itself"),
    })
}

/// When and what some observations are.
fn when(state: &State, members: &[usize]) -> Option<String> {
    let (curve, data) = (state.curve.shown.as_ref()?, state.curve.data.as_ref()?);
    let o = curve.observations.get(*members.first()?)?;
    let day = o.mjd - data.day0_mjd;
    let bands = {
        let mut bands: Vec<&str> = members.iter().filter_map(|m| Some(curve.observations.get(*m)?.band.short())).collect();
        bands.sort_unstable();
        bands.dedup();
        clean(&bands.join(" ")).into_owned()
    };
    Some(format!("day {day:.1} {bands}"))
}

/// The table, the most important first.
pub fn list(state: &mut State) {
    let Some(influence) = state.curve.influence.as_ref().filter(|i| i.slot.is_some()) else {
        return state.say(Tone::Warn, "nothing has been worked out yet (w does that)");
    };
    let name = influence.slot.and_then(|s| state.tree.derived.layout.slots.get(s)).map_or("", |s| s.name.as_str());
    let head = vec![
        format!(
            "P = {} with everything; the change that each {} makes (what P would lose without it).",
            text::probability(influence.p),
            influence.by.word()
        ),
        "Photometry of a night is averaged before the network sees it: one of several points of a night matters little.".into(),
    ];
    let rows = influence.weights.iter().map(|w| {
        let tone = match w.change {
            c if c >= 5e-4 => RowTone::Good,
            c if c <= -5e-4 => RowTone::Warn,
            _ => RowTone::Dim,
        };
        let points = w.members.iter().filter_map(|m| state.curve.shown.as_ref()?.observations.get(*m));
        let points: Vec<String> = points.map(super::super::super::view::observation).collect();
        let text = format!("{:<14} {}", when(state, &w.members).unwrap_or_default(), points.join(", "));
        ListingRow { point: w.members.first().copied(), ..ListingRow::new(tone, format!("{:+.3}", w.change), text) }
    });
    let rows: Vec<ListingRow> = rows.collect();
    let title = format!("Why {}: {}", clean(name), text::plural(rows.len(), influence.by.word()));
    report::show(state, ListingKind::Influence, title, head, rows, "enter shows the point · esc closes");
}

/// Enter in the list.
pub fn chosen(state: &mut State, id: usize) {
    if matches!(state.overlay, Some(Overlay::Listing(_))) {
        state.overlay = None;
    }
    state.focus = crate::tui::state::Pane::Curve;
    points::choose_id(state, id);
}
