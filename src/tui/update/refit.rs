//! Refitting the model for the edited tree: begin, stop, take the result, go back, save.

use super::{edit, navigate, open, report};
use crate::tui::effect::Effect;
use crate::tui::overlay::{ListingKind, Purpose};
use crate::tui::refit::Refitted;
use crate::tui::state::{ModelInfo, ModelState, Refit, State, Tone};
use crate::tui::text::clean;

/// Begins a refit, or stops the one that is under way.
pub fn refit(state: &mut State) -> Vec<Effect> {
    if state.refit.is_some() {
        return stop(state);
    }
    let Some(refitter) = state.model.ready().and_then(|m| m.handle.refit.clone()) else { return Vec::new() };
    let cancel = std::sync::Arc::default();
    state.last_request += 1;
    let number = state.last_request;
    state.refit = Some(Refit { number, percent: 0, cancel: std::sync::Arc::clone(&cancel) });
    state.say(Tone::Info, "refitting the model for this tree; Esc stops it");
    vec![Effect::Refit { refitter, taxonomy: state.tree.doc.shared(), cancel, number }]
}

/// Stops it.
pub fn stop(state: &mut State) -> Vec<Effect> {
    if let Some(refit) = state.refit.take() {
        refit.cancel.store(true, std::sync::atomic::Ordering::Relaxed);
        state.say(Tone::Info, "the refit was stopped; the model is the one before");
    }
    Vec::new()
}

/// Takes the new model and shows what it changed.
pub fn done(state: &mut State, number: u64, refitted: Refitted) -> Vec<Effect> {
    // One that was stopped may have been at its end.
    if state.refit.take_if(|r| r.number == number).is_none() {
        return Vec::new();
    }
    let effects = take(state, refitted.model, true);
    // Rows name classes; where they are in the tree that is open, they lead there.
    let mut rows = refitted.rows;
    for row in &mut rows {
        row.node = row.class.as_deref().and_then(|name| state.tree.taxonomy().find(name));
    }
    let foot = "enter goes to the class · B goes back to the model before · W saves the new one · esc closes";
    state.say(Tone::Info, "the model is refitted for this tree; it is in no file yet (W saves it)");
    report::show(state, ListingKind::Refit, "Refitted: what changed".into(), refitted.head, rows, foot);
    effects
}

/// Uses another model: all objects are asked for anew.
fn take(state: &mut State, info: ModelInfo, keep_old: bool) -> Vec<Effect> {
    let handle = info.handle.clone();
    if let ModelState::Ready(old) = std::mem::replace(&mut state.model, ModelState::Ready(Box::new(info))) {
        state.previous_model = keep_old.then_some(old);
    }
    state.model_number += 1;
    state.time = None;
    edit::refresh(state);
    navigate::prepare_curve(state);
    let wanted = state.objects.ask_again();
    let mut effects = vec![Effect::UseModel { handle, number: state.model_number }];
    if let Some(object) = state.objects.current() {
        effects.push(Effect::ClassifyFirst(state.objects.selected, object.curve.clone()));
    }
    effects.push(Effect::Classify(wanted));
    effects
}

/// Goes back to the model before.
pub fn back(state: &mut State) -> Vec<Effect> {
    let Some(old) = state.previous_model.take() else { return Vec::new() };
    state.overlay = None;
    let name = old.name.clone();
    let effects = take(state, *old, false);
    state.say(Tone::Info, format!("back to the model {} as it was before the refit", clean(&name)));
    effects
}

/// Asks where the refitted model is to be written.
pub fn open_save(state: &mut State) {
    let Some(model) = state.model.ready() else { return };
    let name = format!("{}-{}.onnx", crate::taxonomy::names::slug(&model.name), crate::taxonomy::names::slug(&state.tree.taxonomy().name));
    open(state, Purpose::SaveModel, "Save the refitted model as".into(), name);
}
