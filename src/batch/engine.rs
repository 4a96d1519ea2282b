//! What a batch run needs of a model: numbers from light curves, probabilities from numbers.

use crate::lightcurve::{LightCurve, Warning};
use crate::model::priors::Priors;
use crate::model::{self, Input, Model, Session, history};
use std::sync::Arc;

/// One per worker thread.
pub trait Engine {
    /// What the network is given of one object.
    type Input;

    /// Whether there is anything to classify: at least one measurement in a band that the model knows.
    fn usable(&self, curve: &LightCurve) -> bool;

    /// Times (MJD) at which its history is told, at most so many.
    fn epochs(&self, curve: &LightCurve, most: usize) -> Vec<f64>;

    /// Features of one object.
    fn prepare(&self, curve: &LightCurve) -> Self::Input;

    /// P per slot of the model's layout for each input.
    fn run(&mut self, inputs: &[Self::Input]) -> Result<Vec<Vec<f64>>, String>;

    /// What the model says about the object beyond the reader's remarks.
    fn warnings(&self, curve: &LightCurve) -> Vec<Warning>;
}

/// A shipped or trained model.
pub struct ModelEngine {
    model: Arc<Model>,
    session: Session,
    weighted: bool,
    priors: Option<Arc<Priors>>,
}

impl ModelEngine {
    /// `weighted`: the network's weighted scores instead of posteriors.
    pub fn new(model: &Arc<Model>, weighted: bool) -> Result<Self, String> {
        let session = model.session().map_err(|e| e.to_string())?;
        Ok(ModelEngine { model: model.clone(), session, weighted, priors: None })
    }

    /// With other class rates than those of the training set; of posteriors alone.
    pub fn with_priors(self, priors: Option<Arc<Priors>>) -> Self {
        ModelEngine { priors, ..self }
    }
}

impl Engine for ModelEngine {
    type Input = Input;

    fn usable(&self, curve: &LightCurve) -> bool {
        self.model.can_use(curve)
    }

    fn epochs(&self, curve: &LightCurve, most: usize) -> Vec<f64> {
        history::epochs(self.model.profile(), curve, most)
    }

    fn prepare(&self, curve: &LightCurve) -> Input {
        self.model.prepare(&curve.observations, curve.photometry)
    }

    fn run(&mut self, inputs: &[Input]) -> Result<Vec<Vec<f64>>, String> {
        let outputs = self.session.run(inputs).map_err(|e| e.to_string())?;
        let answer = |o: model::Output| match &self.priors {
            _ if self.weighted => o.weighted_p,
            Some(priors) => priors.apply(self.model.layout(), &o.log_conditional),
            None => o.p,
        };
        Ok(outputs.into_iter().map(answer).collect())
    }

    fn warnings(&self, curve: &LightCurve) -> Vec<Warning> {
        self.model.profile().warnings(curve)
    }
}
