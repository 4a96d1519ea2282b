//! What the model has said of an object: P, what each member said, and how novel the object is. Cheap to copy about.

use std::ops::Deref;
use std::sync::Arc;

/// An answer. Stands for its probabilities wherever these are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    p: Arc<[f64]>,
    /// P by each member of the model alone [M][N]; empty where it does not tell.
    pub members: Arc<[Vec<f64>]>,
    /// Per cent of the objects not trained on that are less novel; none where the model has no such score.
    pub novelty: Option<f64>,
}

impl Said {
    /// With what is known beside P per slot of the model [N].
    pub fn new(p: Vec<f64>, members: Vec<Vec<f64>>, novelty: Option<f64>) -> Said {
        Said { p: p.into(), members: members.into(), novelty }
    }
}

impl Deref for Said {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.p
    }
}

impl From<Vec<f64>> for Said {
    fn from(p: Vec<f64>) -> Said {
        Said::new(p, Vec::new(), None)
    }
}
