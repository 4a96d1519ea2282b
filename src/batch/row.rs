//! One object's answer, before it is written.

use crate::cascade::Decision;

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
    /// None: not classified (no usable points, or a fault; `warnings` say which).
    pub decision: Option<Decision>,
    /// P per slot of the target tree; NaN = not in the model. Empty where there is no decision.
    pub p: Vec<f64>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// An internal fault kept the object from being classified.
    pub failed: bool,
}
