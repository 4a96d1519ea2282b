//! What a batch run needs of a model: numbers from light curves, probabilities from numbers.

use crate::lightcurve::{LightCurve, Warning};

/// One per worker thread.
pub trait Engine {
    /// What the network is given of one object.
    type Input;

    /// Whether there is anything to classify: at least one measurement in a band that the program knows.
    fn usable(&self, curve: &LightCurve) -> bool {
        curve.observations.iter().any(|o| !o.is_limit() && o.band.is_known())
    }

    /// Features of one object.
    fn prepare(&self, curve: &LightCurve) -> Self::Input;

    /// P per slot of the model's layout for each input.
    fn run(&mut self, inputs: &[Self::Input]) -> Result<Vec<Vec<f64>>, String>;

    /// What the model says about the object beyond the reader's remarks.
    fn warnings(&self, curve: &LightCurve) -> Vec<Warning>;
}
