//! Writing the selected object as a figure.

use super::super::open;
use super::influence::known;
use crate::plot::{self, Cascade};
use crate::tui::curve::TimeAxis;
use crate::tui::effect::Effect;
use crate::tui::figure::{FigureJob, FigureReport};
use crate::tui::overlay::{Answer, Overlay, Purpose, Question, Then};
use crate::tui::state::{State, Tone};
use crate::tui::text::clean;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asks for the file's name.
pub fn ask(state: &mut State) {
    let Some(curve) = state.curve.shown.as_ref() else { return };
    let name: String = curve.object_id.chars().map(|c| if c.is_alphanumeric() || "-_.+".contains(c) { c } else { '_' }).collect();
    open(
        state,
        Purpose::Figure,
        "Write a figure to (.svg or .png; a name that ends in -dark has a dark background)".into(),
        format!("{name}.svg"),
    );
}

/// What is wrong with the name.
pub fn problem(text: &str) -> Option<String> {
    plot::Format::of(Path::new(text.trim())).err().map(|_| "a name that ends in .svg or .png".to_string())
}

/// Draws it as it is on the screen.
pub fn write(state: &mut State, path: PathBuf, overwrite: bool) -> Vec<Effect> {
    let (Some(curve), Some(data)) = (state.curve.shown.clone(), state.curve.data.clone()) else { return Vec::new() };
    let now = state.time.as_ref().and_then(|t| data.times_mjd.get(t.index).copied());
    let subtitle = now.map(|mjd| format!("as known {:.1} d after the first detection, MJD {mjd:.2}", mjd - data.day0_mjd));
    let object = curve.object_id.clone();
    let tau = state.tau;
    let cascade = state.cascade().map(|c| Cascade { object, poured: c.poured, decision: c.decision, tau });
    let history = match (&state.curve.history.answers, &state.curve.history.level, &state.tree.derived.regroup) {
        (Some(answers), Some(level), Some(Ok(regrouper))) if state.curve.history.on => {
            let n = now.map_or(answers.mjd.len(), |now| answers.mjd.partition_point(|t| *t <= now));
            let poured = answers.p.iter().take(n).map(|p| regrouper.pour(p)).collect();
            Some((answers.mjd.iter().take(n).copied().collect(), poured, level.depth))
        }
        _ => None,
    };
    let job = FigureJob {
        path,
        overwrite,
        curve: known(state, &curve),
        taxonomy: state.tree.doc.shared(),
        layout: state.tree.derived.layout.clone(),
        cascade,
        history,
        flux: state.curve.flux,
        mjd: state.curve.axis == TimeAxis::Mjd,
        period_d: data.shape.period_d,
        subtitle,
    };
    state.say(Tone::Info, "drawing…");
    vec![Effect::Figure(Arc::new(job))]
}

/// What came of it.
pub fn done(state: &mut State, report: FigureReport) {
    match report {
        FigureReport::Saved(path) => state.say(Tone::Info, format!("the figure was written to {}", clean(&path.to_string_lossy()))),
        FigureReport::Failed(why) => state.say(Tone::Error, format!("no figure: {}", clean(&why))),
        FigureReport::Exists(path) => {
            let shown = clean(&path.to_string_lossy()).into_owned();
            state.overlay = Some(Overlay::Question(Question {
                title: "The file exists".into(),
                text: vec![format!("{shown} is there already.")],
                answers: vec![
                    Answer { key: 'n', text: "leave it as it is".into(), then: Then::Nothing },
                    Answer { key: 'o', text: "overwrite it".into(), then: Then::OverwriteFigure(path) },
                ],
                selected: 0,
                is_quit: false,
            }));
        }
    }
}
