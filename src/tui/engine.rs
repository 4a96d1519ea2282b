//! The model as the jobs use it. Knows nothing of the screen.

use super::jobs::{Answer, Classifier, Loaded, Loader, Sessions};
use super::state::ModelInfo;
use crate::features::Channel;
use crate::lightcurve::{LightCurve, Observation, Photometry};
use crate::model::{Model, Session, is_usable, model_warnings};
use std::path::PathBuf;
use std::sync::Arc;

/// The model that comes with the program.
pub fn shipped() -> Loader {
    Box::new(|| Model::shipped().map(loaded).map_err(|e| e.to_string()))
}

/// A model from a file.
pub fn load(path: PathBuf) -> Loader {
    Box::new(move || Model::load(&path).map(|m| loaded(Arc::new(m))).map_err(|e| e.to_string()))
}

fn loaded(model: Arc<Model>) -> Loaded {
    let remarks = model.clone();
    let info = ModelInfo {
        name: model.name().to_string(),
        taxonomy: model.taxonomy().clone(),
        layout: model.layout().clone(),
        counts: {
            let (tree, counts) = (model.taxonomy(), model.training_counts());
            tree.preorder().map(|id| (id, counts.exact(id))).filter(|(_, n)| *n > 0).collect()
        },
        warnings: Box::new(move |curve| {
            let mut all: Vec<String> = model_warnings(curve).iter().map(|w| w.to_string()).collect();
            if remarks.knows(&curve.object_id) {
                all.insert(0, "the model was trained on this object".into());
            }
            all
        }),
    };
    let sessions: Sessions = Arc::new(move || {
        let session = model.session().map_err(|e| e.to_string())?;
        Ok(Box::new(Engine { session }) as Box<dyn Classifier>)
    });
    Loaded { info, sessions }
}

struct Engine {
    session: Session,
}

/// Why an object has no probabilities.
const UNUSABLE: &str = "no measurement in a band that the model knows";

impl Classifier for Engine {
    fn classify(&mut self, curves: &[Arc<LightCurve>]) -> Result<Vec<Answer>, String> {
        let usable: Vec<bool> = curves.iter().map(|c| is_usable(c)).collect();
        let model = self.session.model().clone();
        let inputs: Vec<_> =
            curves.iter().zip(&usable).filter(|(_, u)| **u).map(|(c, _)| model.prepare(&c.observations, c.photometry)).collect();
        let mut outputs = self.session.run(&inputs).map_err(|e| e.to_string())?.into_iter();
        let answer = |usable: bool| {
            if usable { outputs.next().map(|o| o.p).ok_or_else(|| "no answer".to_string()) } else { Err(UNUSABLE.to_string()) }
        };
        Ok(usable.into_iter().map(answer).collect())
    }

    fn classify_part(&mut self, observations: &[Observation], photometry: Photometry) -> Answer {
        if !observations.iter().any(|o| !o.is_limit() && Channel::of(o.band).is_some()) {
            return Err(UNUSABLE.into());
        }
        self.session.classify_observations(observations, photometry).map(|o| o.p).map_err(|e| e.to_string())
    }
}
