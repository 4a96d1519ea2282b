//! Training: the loss, the network, the loop, cross-validation, the export. Knows no terminal.

mod adam;
pub mod cross;
pub mod data;
pub mod export;
pub mod loss;
pub mod network;
pub mod normalise;
pub mod rng;
pub mod run;

pub use cross::cross_validate;
pub use data::{Example, Skipped, examples};
pub use run::{Epoch, Prediction, TrainConfig, TrainError, Trained, train};
