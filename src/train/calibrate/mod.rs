//! Calibration of a model after training: temperatures and biases, and the scores of the decision rules, from predictions
//! that no training has touched.

pub mod fit;
