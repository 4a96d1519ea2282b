//! The model as the jobs use it. Knows nothing of the screen.

use super::batch::Batcher;
use super::curve::history;
use super::curve::influence::{self, By};
use super::curve::period::{Found, Peak};
use super::jobs::{Answer, Classifier, Handle, Loader, Sessions};
use super::overlay::{ListingRow, RowTone};
use super::refit::Refitter;
use super::refit::{ModelFile, Refitted};
use super::said::Said;
use super::state::ModelInfo;
use crate::cascade::probabilities;
use crate::features::period::{self, MIN_POINTS, Options, Relation, search};
use crate::lightcurve::{LightCurve, Observation, Photometry, window};
use crate::model::influence::Unit;
use crate::model::{self, Model, Session};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The model that comes with the program.
pub fn shipped() -> Loader {
    Box::new(|| Model::shipped().map(loaded).map_err(|e| e.to_string()))
}

/// A model from a file, or the shipped one of that name where there is no such file.
pub fn load(path: PathBuf) -> Loader {
    if let Some(name) = path.to_str().filter(|name| !path.exists() && Model::shipped_names().any(|n| n == *name)) {
        let name = name.to_string();
        return Box::new(move || match Model::shipped_named(&name) {
            Some(model) => model.map(loaded).map_err(|e| e.to_string()),
            None => Err(format!("no shipped model {name}")),
        });
    }
    Box::new(move || Model::load(&path).map(|m| loaded(Arc::new(m))).map_err(|e| e.to_string()))
}

fn loaded(model: Arc<Model>) -> ModelInfo {
    let remarks = model.clone();
    let of_sessions = model.clone();
    let sessions: Sessions = Arc::new(move || {
        let session = of_sessions.session().map_err(|e| e.to_string())?;
        Ok(Box::new(Engine { session }) as Box<dyn Classifier>)
    });
    ModelInfo {
        name: model.name().to_string(),
        profile: model.profile().clone(),
        taxonomy: model.taxonomy().clone(),
        layout: model.layout().clone(),
        counts: {
            let (tree, counts) = (model.taxonomy(), model.training_counts());
            tree.preorder().map(|id| (id, counts.exact(id))).filter(|(_, n)| *n > 0).collect()
        },
        warnings: Box::new(move |curve| {
            let mut all: Vec<String> = remarks.profile().warnings(curve).iter().map(|w| w.to_string()).collect();
            if remarks.knows(&curve.object_id) {
                all.insert(0, "the model was trained on this object".into());
            }
            all
        }),
        handle: Handle { sessions, refit: refitter(model.clone()), batch: Some(batcher(model)), file: None },
    }
}

fn batcher(model: Arc<Model>) -> Batcher {
    Batcher(Arc::new(move |order, stop, report| super::batch::job::run(&model, order, stop, report)))
}

fn refitter(model: Arc<Model>) -> Option<Refitter> {
    use crate::train::refit::{RefitConfig, refit_model};
    Some(Refitter(Arc::new(move |tree, cancel, progress| {
        let mut report = |p: crate::train::refit::Progress| progress(p.step, p.of);
        let done = refit_model(&model, tree, &RefitConfig::default(), cancel, &mut report).map_err(|e| e.to_string())?;
        let refset = done.model.refset_bytes().map_err(|e| e.to_string())?.into_owned();
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        if let Some(c) = &done.comparison {
            (head, rows) = told(c);
        } else {
            head.push("The model was trained on all folds: there is no object that it has not seen to compare with.".into());
        }
        head.extend(done.notes.lines());
        let mut info = loaded(done.model);
        info.handle.file = Some(Arc::new(ModelFile { bundle: done.bytes, refset }));
        Ok(Refitted { model: info, head, rows })
    })))
}

/// A comparison in lines, and a row for each class.
fn told(c: &crate::train::refit::Comparison) -> (Vec<String>, Vec<ListingRow>) {
    let change = |of: &crate::train::refit::Change| {
        let number = |v: Option<f64>| v.map_or_else(|| "–".to_string(), |v| format!("{v:.3}"));
        format!("{} → {}", number(of.before), number(of.after))
    };
    let interval = c.macro_f1_interval.map_or_else(String::new, |(low, high)| format!(", 95 % of the difference {low:+.3} to {high:+.3}"));
    let mut head = vec![
        format!("On the {} objects of fold {}, which the network has never seen, before → after:", c.objects, c.fold),
        format!("loss {}, unweighted log loss {}", change(&c.loss), change(&c.log_loss)),
        format!("macro F1 {} over {} leaves{interval}", change(&c.macro_f1), c.macro_f1.n),
    ];
    if let Some(all) = c.macro_f1_all.filter(|_| c.leaves_all > c.macro_f1.n) {
        head.push(format!("with the leaves that are new to the model, {} in all: macro F1 {all:.3}", c.leaves_all));
    }
    let mut rows =
        vec![ListingRow::new(RowTone::Heading, "", format!("{:<32} {:>6}   F1 of the decisions at τ {:.2}", "class", "n", c.tau))];
    rows.extend(c.rows.iter().map(|r| super::refit::row(&r.node, r.depth as usize, r.n, r.f1_before, r.f1_after)));
    (head, rows)
}

struct Engine {
    session: Session,
}

/// An output with what is told beside P.
fn said(model: &Model, output: model::Output, observations: &[Observation], photometry: Photometry) -> Said {
    let members = model.member_conditionals(&output).iter().map(|c| probabilities(model.layout(), c)).collect();
    let novelty = model.novelty(&output.embedding, window::age_d(observations, photometry));
    Said::new(output.p, members, novelty)
}

impl Classifier for Engine {
    fn classify(&mut self, curves: &[Arc<LightCurve>]) -> Result<Vec<Answer>, String> {
        let model = self.session.model().clone();
        let unusable: Vec<Option<&str>> = curves.iter().map(|c| model.unusable(c)).collect();
        let asked: Vec<&Arc<LightCurve>> = curves.iter().zip(&unusable).filter(|(_, why)| why.is_none()).map(|(c, _)| c).collect();
        let inputs: Vec<_> = asked.iter().map(|c| model.prepare(&c.observations, c.photometry)).collect();
        let outputs = self.session.run(&inputs).map_err(|e| e.to_string())?;
        let mut said = outputs.into_iter().zip(asked).map(|(o, c)| said(&model, o, &c.observations, c.photometry));
        let answer = |unusable: Option<&str>| match unusable {
            None => said.next().ok_or_else(|| "no answer".to_string()),
            Some(why) => Err(why.to_string()),
        };
        Ok(unusable.into_iter().map(answer).collect())
    }

    fn classify_part(&mut self, observations: &[Observation], photometry: Photometry) -> Answer {
        if let Some(why) = self.session.model().profile().unusable(observations, photometry) {
            return Err(why.into());
        }
        let output = self.session.classify_observations(observations, photometry).map_err(|e| e.to_string())?;
        Ok(said(self.session.model(), output, observations, photometry))
    }

    fn history(&mut self, curve: &LightCurve, cancel: &AtomicBool) -> Result<Option<history::Answers>, String> {
        if let Some(why) = self.session.model().unusable(curve) {
            return Err(why.into());
        }
        let epochs = model::history::epochs(self.session.model().profile(), curve, history::MOST_EPOCHS);
        let history = model::history::history(&mut self.session, curve, &epochs, cancel).map_err(|e| e.to_string())?;
        Ok(history.map(|h| history::Answers { mjd: h.mjd, p: h.p }))
    }

    fn influence(&mut self, curve: &LightCurve, by: By, cancel: &AtomicBool) -> Result<Option<influence::Answers>, String> {
        if let Some(why) = self.session.model().unusable(curve) {
            return Err(why.into());
        }
        let unit = match by {
            By::Points => Unit::Observation,
            By::Nights => Unit::Night,
        };
        let influence = model::influence::influence(&mut self.session, &curve.observations, curve.photometry, unit, cancel)
            .map_err(|e| e.to_string())?;
        Ok(influence.map(|i| influence::Answers {
            all: i.p,
            left: i.units.into_iter().filter_map(|u| Some(influence::Left { members: u.observations, p: u.p? })).collect(),
            remark: i.remark,
        }))
    }
}

/// The periodogram is drawn on no more columns.
const PERIODOGRAM_BINS: usize = 1024;

/// Looks for the periods of a light curve: the best peaks, or why there are none.
pub fn periods(curve: &LightCurve, cancel: &AtomicBool) -> Result<Arc<Found>, String> {
    let options = Options::default();
    match search(&curve.observations, &options, cancel) {
        Some(found) => Ok(Arc::new(Found {
            peaks: found.peaks.iter().map(peak).collect(),
            power: found.periodogram(PERIODOGRAM_BINS),
            frequencies_per_d: (found.min_frequency_per_d, found.max_frequency_per_d),
        })),
        None => Err(format!("{MIN_POINTS} measurements are needed at least, in bands with three or more")),
    }
}

fn peak(p: &period::Peak) -> Peak {
    let remark = match p.relation {
        Relation::None => "",
        Relation::HalfPeriod => "half the best",
        Relation::DoublePeriod => "twice the best",
        Relation::DailyAlias => "a daily alias of the best",
    };
    Peak { period_d: p.period_d, power: p.power, log10_false_alarm: p.log10_false_alarm(), harmonics: p.harmonics, remark }
}
