//! What jobs and effects report.

use super::{batch, curve, diff, edit, file, labels, navigate, objects, prompt, refit, report};
use crate::simulate::SURVEY;
use crate::taxonomy::parse_json;
use crate::tui::action::{Action, LabelsFor};
use crate::tui::effect::{Effect, Leave};
use crate::tui::objects::Classified;
use crate::tui::overlay::{Answer, ListingKind, ListingRow, Overlay, Question, RowTone, Then};
use crate::tui::said::Said;
use crate::tui::state::{ModelState, State, Tone};
use crate::tui::text::clean;
use crate::tui::tree::TreeState;
use std::path::Path;
use std::sync::Arc;

/// At most so many errors are kept; beyond, they are only counted.
const MAX_ERRORS: usize = 10_000;

/// Takes in a report.
pub fn inform(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Read(curves) => {
            // Simulated data say so wherever they are opened.
            state.source.simulated |= curves.iter().any(|c| c.survey == SURVEY);
            let rows: Vec<usize> = curves.into_iter().map(|c| state.objects.add(c)).collect();
            let wanted = rows.iter().filter_map(|i| Some((*i, state.objects.get(*i)?.curve.clone()))).collect();
            // The selected one first: if it is new, this asks for it.
            let mut effects = navigate::after_selection(state);
            effects.push(Effect::Classify(wanted));
            return effects;
        }
        Action::ReadErrors(errors) => {
            let room = MAX_ERRORS.saturating_sub(state.errors.len());
            let first = errors.first().cloned();
            state.errors.extend(errors.into_iter().take(room));
            let n = state.errors.len();
            if let Some(first) = first.filter(|_| n > 0) {
                let more = if n > 1 { format!("  ({} in all: E lists them)", n) } else { String::new() };
                state.say(Tone::Error, format!("{}{more}", clean(&first)));
            }
        }
        Action::ReadProgress { files, of } => state.source.reading = Some((files, of)),
        Action::ReadDone => {
            state.source.reading = None;
            if state.objects.is_empty() && state.errors.is_empty() {
                state.say(Tone::Warn, "no light curve was found");
            }
        }
        Action::ModelReady(info) => {
            // The model's own tree is shown unless the user named one.
            if state.tree.loading {
                state.tree = TreeState::new(info.taxonomy.clone(), None, false);
                state.file.scan = true;
            }
            state.model = ModelState::Ready(info);
            edit::refresh(state);
            fold_at_first(state);
            navigate::prepare_curve(state);
        }
        Action::ModelFailed(why) => {
            // Trees can be edited without a model.
            state.file.scan |= state.tree.loading;
            if state.tree.loading
                && let Some(tree) = crate::taxonomy::shipped().first().and_then(|(name, json)| parse_json(json, Path::new(name)).ok())
            {
                state.tree = TreeState::new(tree, None, false);
            }
            state.tree.loading = false;
            state.say(Tone::Error, format!("the model could not be loaded: {}", clean(&why)));
            state.model = ModelState::Failed(why);
        }
        Action::TaxonomyReady(arrived) => return file::arrived(state, *arrived),
        Action::Exported { path, format, lost } => {
            let unsaved = if state.tree.doc.is_dirty() { "; the tree itself is still unsaved: only .json holds all of it" } else { "" };
            let shown = clean(&path.to_string_lossy()).into_owned();
            if lost.is_empty() {
                state.say(Tone::Info, format!("a copy was written to {shown} ({format}){unsaved}"));
            } else {
                state.say(Tone::Warn, format!("a copy was written to {shown}, which can't hold all{unsaved}"));
                let rows = lost.into_iter().map(|l| ListingRow::new(RowTone::Warn, "", l)).collect();
                report::show(
                    state,
                    ListingKind::Findings,
                    format!("{format}: what the copy does not hold"),
                    Vec::new(),
                    rows,
                    "esc closes",
                );
            }
        }
        Action::Classified { model, answers } => {
            for a in answers.into_iter().filter(|_| model == state.model_number) {
                let answer = match a.p {
                    Ok(p) => Classified::Done(p),
                    Err(why) => Classified::Failed(why),
                };
                state.objects.answer(a.index, &a.curve, answer);
            }
        }
        Action::RefitProgress(number, percent) => {
            if let Some(refit) = state.refit.as_mut().filter(|r| r.number == number) {
                refit.percent = percent;
            }
        }
        Action::Refitted(number, refitted) => return refit::done(state, number, *refitted),
        Action::RefitFailed(number, why) => {
            if state.refit.take_if(|r| r.number == number).is_some() {
                state.say(Tone::Error, format!("not refitted: {}", clean(&why)));
            }
        }
        Action::ModelSaved(path, saved) => {
            // Another refit may have come since.
            if let ModelState::Ready(model) = &mut state.model
                && model.handle.file.as_ref().is_some_and(|f| Arc::ptr_eq(f, &saved))
            {
                model.handle.file = None;
            }
            state.say(Tone::Info, format!("the model was saved to {}, its reference set beside it", clean(&path.to_string_lossy())));
        }
        Action::ModelExists(path) => {
            let shown = clean(&path.to_string_lossy()).into_owned();
            state.overlay = Some(Overlay::Question(Question {
                title: "The file exists".into(),
                text: vec![format!("{shown}, or its reference set, is there already.")],
                answers: vec![
                    Answer { key: 'n', text: "leave it as it is".into(), then: Then::Nothing },
                    Answer { key: 'o', text: "overwrite both".into(), then: Then::OverwriteModel(path) },
                ],
                selected: 0,
                is_quit: false,
            }));
        }
        Action::LabelsRead { why: LabelsFor::Truth, path, labels, by_object } => {
            return objects::take_labels(state, &path, labels.map(|_| by_object));
        }
        Action::LabelsRead { why, path, labels, .. } => labels::read(state, why, path, labels),
        Action::Export(report) => objects::exported(state, report),
        Action::TreeRead { path, tree } => match tree {
            Ok(tree) => diff::with_file(state, &path, &tree),
            Err(why) => state.say(Tone::Error, clean(&why).into_owned()),
        },
        Action::ClassifiedPart { request, p } => take_part(state, request, p),
        Action::HistoryReady(request, answers) => curve::history_answered(state, request, answers),
        Action::InfluenceReady(request, answers) => curve::influence_answered(state, request, answers),
        Action::Figure(report) => curve::figure::done(state, report),
        Action::PeriodsFound(number, peaks) => curve::found(state, number, peaks),
        Action::Saved { path, then_quit } => {
            state.say(Tone::Info, format!("saved to {}", clean(&path.to_string_lossy())));
            state.tree.path = Some(path);
            state.tree.mark_saved();
            state.file.unread = false;
            if then_quit {
                return vec![Effect::Quit(Leave::Done)];
            }
        }
        Action::FileExists { path, then_quit } => {
            let shown = clean(&path.to_string_lossy()).into_owned();
            state.overlay = Some(Overlay::Question(Question {
                title: "The file exists".into(),
                text: vec![format!("{shown} is there already.")],
                answers: vec![
                    Answer { key: 'n', text: "leave it as it is".into(), then: Then::Nothing },
                    Answer { key: 'o', text: "overwrite it".into(), then: Then::Overwrite { path, then_quit } },
                ],
                selected: 0,
                is_quit: false,
            }));
        }
        Action::File(report) => return file::report(state, report),
        Action::Batch(number, report) => return batch::report(state, number, report),
        Action::Opened(input) => return batch::opened(state, &input),
        Action::ReadCut(most) => {
            let text = format!("the list has the first {}; the file of the batch has all", crate::tui::text::plural(most, "object"));
            state.say(Tone::Warn, text);
        }
        Action::Failed(text) => state.say(Tone::Error, clean(&text).into_owned()),
        Action::Terminate => return vec![Effect::Quit(Leave::Interrupted)],
        Action::InputLost(why) => {
            state.say(Tone::Error, why);
            return vec![Effect::Quit(Leave::Lost)];
        }
        // Handled by `update`, or by drawing again, which follows every action.
        Action::Redraw | Action::Key(_) | Action::Mouse(_) | Action::Paste(_) | Action::Do(_) => {}
    }
    if matches!(state.overlay, Some(Overlay::Prompt(_))) {
        prompt::check(state);
    }
    file::opened(state)
}

fn take_part(state: &mut State, request: u64, p: Result<Said, String>) {
    let Some(time) = state.time.as_mut().filter(|t| t.request == request) else { return };
    match p {
        Ok(p) => {
            time.p = Some(p);
            time.fresh = true;
        }
        Err(why) => {
            time.p = None;
            time.fresh = true;
            state.say(Tone::Warn, format!("what was known then can't be classified: {}", clean(&why)));
        }
    }
}

/// A tree that starts with hundreds of classes is shown to its second level.
pub fn fold_at_first(state: &mut State) {
    let tree = state.tree.doc.taxonomy();
    if tree.len() > 120 {
        state.tree.folded = tree.preorder_with_depth().filter(|(n, d)| *d >= 2 && !tree.is_leaf(*n)).map(|(n, _)| n).collect();
    }
}
