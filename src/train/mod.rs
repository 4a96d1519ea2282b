//! Training: the loss, the network, the loop, cross-validation, the export; and refitting a model's head. Knows no terminal.
//!
//! Refitting has its derivatives written by hand and is always there; all that needs automatic differentiation is behind
//! the feature `train`.

#[cfg(feature = "train")]
mod adam;
pub mod calibrate;
#[cfg(feature = "train")]
pub mod checkpoint;
#[cfg(all(test, feature = "train"))]
mod checkpoint_tests;
#[cfg(feature = "train")]
pub mod cross;
#[cfg(feature = "train")]
pub mod data;
#[cfg(feature = "train")]
pub mod export;
pub mod loss;
#[cfg(feature = "train")]
pub mod network;
#[cfg(feature = "train")]
pub mod normalise;
#[cfg(feature = "train")]
pub mod novelty;
pub mod prune;
pub mod refit;
pub mod rng;
#[cfg(feature = "train")]
pub mod run;
#[cfg(all(test, feature = "train"))]
mod run_tests;

#[cfg(feature = "train")]
pub use cross::{cross_validate, cross_validate_kept};
#[cfg(feature = "train")]
pub use data::{Example, Skipped, examples};
#[cfg(feature = "train")]
pub use run::{Epoch, Prediction, TrainConfig, TrainError, Trained, Unfinished, train, train_kept};
