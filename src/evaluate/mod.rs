//! Measures of how good predictions are (SCIENCE section 4), as functions over plain arrays, and the
//! report that `taxonova evaluate` makes of them. Knows trees and probabilities; no models, no screens.
//!
//! Probabilities are one value per slot of a [`crate::taxonomy::Layout`]; NaN = the class is not in the model.

mod ages;
mod auroc;
pub mod bootstrap;
mod calibration;
mod confusion;
mod five_class;
mod hierarchical;
mod outcome;
mod place;
pub mod predictions;
mod report;
mod text;
mod truth;

pub use ages::{AGES, Aged, AgeRow, POINT_BINS, by_age, by_points};
pub use auroc::auroc;
pub use calibration::{Ece, expected_calibration_error};
pub use confusion::{ClassScore, Confusion, f1};
pub use five_class::{FIVE_CLASSES, FiveClass};
pub use hierarchical::{Hierarchical, HierarchicalScore, Verdict, best_atom, lca_height, verdict};
pub use outcome::{Frame, MEASURES, Measures, Outcome, class_counts, scores};
pub use place::LabelPlace;
pub use report::{ClassRow, GroupRow, LevelRow, MIN_OBJECTS, Report, Scored, evaluate};
pub use truth::{Truth, Truths};
