//! What a batch run needs of a model: numbers from light curves, probabilities from numbers.

use crate::cascade::probabilities;
use crate::lightcurve::{LightCurve, Warning, window};
use crate::model::priors::Priors;
use crate::model::{self, Input, Model, Session, history};
use std::sync::Arc;

/// What the network says of one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// P per slot of the model's layout [N].
    pub p: Vec<f64>,
    /// The same by each member alone [M][N]; empty where nobody asked for it or the model does not tell.
    pub members: Vec<Vec<f64>>,
    /// Per cent of the objects not trained on that are less novel; none where the model has no such score.
    pub novelty: Option<f64>,
}

/// One per worker thread.
pub trait Engine {
    /// What the network is given of one object.
    type Input;

    /// Why there is nothing to classify: no measurement in a band that the model knows, or the other kind of photometry.
    fn unusable(&self, curve: &LightCurve) -> Option<&'static str>;

    /// Times (MJD) at which its history is told, at most so many.
    fn epochs(&self, curve: &LightCurve, most: usize) -> Vec<f64>;

    /// Features of one object.
    fn prepare(&self, curve: &LightCurve) -> Self::Input;

    /// What the network says of each input.
    fn run(&mut self, inputs: &[Self::Input]) -> Result<Vec<Answer>, String>;

    /// What the model says about the object beyond the reader's remarks.
    fn warnings(&self, curve: &LightCurve) -> Vec<Warning>;
}

/// A shipped or trained model.
pub struct ModelEngine {
    model: Arc<Model>,
    session: Session,
    weighted: bool,
    priors: Option<Arc<Priors>>,
    members: bool,
}

impl ModelEngine {
    /// `weighted`: the network's weighted scores instead of posteriors.
    pub fn new(model: &Arc<Model>, weighted: bool) -> Result<Self, String> {
        let session = model.session().map_err(|e| e.to_string())?;
        Ok(ModelEngine { model: model.clone(), session, weighted, priors: None, members: false })
    }

    /// With other class rates than those of the training set; of posteriors alone.
    pub fn with_priors(self, priors: Option<Arc<Priors>>) -> Self {
        ModelEngine { priors, ..self }
    }

    /// Whether the members' answers are told too.
    pub fn with_members(self, members: bool) -> Self {
        ModelEngine { members, ..self }
    }

    fn answer(&self, output: model::Output, age_d: f64) -> Answer {
        let members = if self.members { self.model.member_conditionals(&output) } else { Vec::new() };
        let layout = self.model.layout();
        let of_member = |conditional: Vec<f64>| match &self.priors {
            Some(priors) => priors.apply(layout, &conditional),
            None => probabilities(layout, &conditional),
        };
        Answer {
            novelty: self.model.novelty(&output.embedding, age_d),
            members: members.into_iter().map(of_member).collect(),
            p: match &self.priors {
                _ if self.weighted => output.weighted_p,
                Some(priors) => priors.apply(layout, &output.log_conditional),
                None => output.p,
            },
        }
    }
}

impl Engine for ModelEngine {
    /// With the age that they were seen at, days since the first detection.
    type Input = (Input, f64);

    fn unusable(&self, curve: &LightCurve) -> Option<&'static str> {
        self.model.unusable(curve)
    }

    fn epochs(&self, curve: &LightCurve, most: usize) -> Vec<f64> {
        history::epochs(self.model.profile(), curve, most)
    }

    fn prepare(&self, curve: &LightCurve) -> Self::Input {
        (self.model.prepare(&curve.observations, curve.photometry), window::age_d(&curve.observations, curve.photometry))
    }

    fn run(&mut self, inputs: &[Self::Input]) -> Result<Vec<Answer>, String> {
        let features: Vec<&Input> = inputs.iter().map(|(features, _)| features).collect();
        let outputs = self.session.run(&features).map_err(|e| e.to_string())?;
        Ok(outputs.into_iter().zip(inputs).map(|(output, (_, age_d))| self.answer(output, *age_d)).collect())
    }

    fn warnings(&self, curve: &LightCurve) -> Vec<Warning> {
        self.model.profile().warnings(curve)
    }
}
