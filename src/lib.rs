//! Taxonova: hierarchical classification of astronomical light curves.
//!
//! The parts, from the bottom up (a part uses only those above it in this list):
//! [`taxonomy`] (the tree of classes, its edits and weights) and [`lightcurve`] (observations and readers);
//! [`cascade`] (probabilities on a tree) and [`features`] (numbers from a light curve);
//! `model` (the `.onnx` bundle); `train`, `evaluate`, `batch`, [`plot`], [`filter`]; and, with the feature
//! `terminal`, `tui` and `cli`. The library knows no terminal.

pub mod atomic;
pub mod batch;
pub mod cascade;
pub mod evaluate;
pub mod features;
pub mod filter;
pub mod lightcurve;
pub mod model;
pub mod plot;
pub mod simulate;
pub mod taxonomy;
pub mod train;

#[cfg(feature = "terminal")]
pub mod cli;
#[cfg(feature = "terminal")]
pub mod tui;
