//! One object's answer, before it is written.

use crate::cascade::Decision;
use crate::lightcurve::{LightCurve, Warning};

/// The time that an answer of a history belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// What was known then (MJD).
    pub mjd: f64,
    /// Days since the first detection.
    pub age_d: f64,
    /// Measurements known then, limits not counted.
    pub n_known: usize,
}

/// Which columns rows have beside those that they always have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Columns {
    /// Rows are epochs of histories, and say when.
    pub history: bool,
    /// The uncertainty beside each P.
    pub uncertainty: bool,
}

/// One object's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The survey's name for the object.
    pub object_id: String,
    /// File that it was read from.
    pub source: String,
    /// Points that the answer rests on, limits included.
    pub n_obs: usize,
    /// First to last of them, days.
    pub span_d: f64,
    /// None: not classified (nothing of use to the model, or a fault; `warnings` say which).
    pub decision: Option<Decision>,
    /// P per slot of the target tree; NaN = not in the model. Empty where there is no decision.
    pub p: Vec<f64>,
    /// Standard deviation over the model's members of each of these; empty where it is not known.
    pub uncertainty: Vec<f64>,
    /// Per cent of the objects not trained on that are less novel; none where the model has no such score.
    pub novelty: Option<f64>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// An internal fault kept the object from being classified.
    pub failed: bool,
    /// Of a history: when. None elsewhere, and where an object has no history.
    pub epoch: Option<Epoch>,
}

impl Row {
    /// The row of an object that has no answer yet.
    pub fn new(curve: &LightCurve) -> Row {
        Row {
            object_id: curve.object_id.clone(),
            source: curve.origin.path.to_string_lossy().into_owned(),
            n_obs: curve.observations.len(),
            span_d: curve.span_d(),
            decision: None,
            p: Vec::new(),
            uncertainty: Vec::new(),
            novelty: None,
            warnings: curve.warnings.iter().map(Warning::to_string).collect(),
            failed: false,
            epoch: None,
        }
    }

    /// There is nothing to classify, and why.
    pub fn not_usable(&mut self, why: &str) {
        self.warnings.push(format!("not classified: {why}"));
    }

    /// An internal fault kept the object from being classified.
    pub fn fail(&mut self, reason: &str) {
        self.failed = true;
        self.warnings.push(format!("internal error, not classified: {reason}"));
    }
}
