//! Measures of how good predictions are (SCIENCE section 4), as functions over plain arrays, and the
//! report that `taxonova evaluate` makes of them. Knows trees and probabilities; no models, no screens.
//!
//! Probabilities are one value per slot of a [`crate::taxonomy::Layout`]; NaN = the class is not in the model.

mod ages;
mod auroc;
pub mod bootstrap;
mod calibration;
mod confusion;
mod coverage;
mod five_class;
mod groups;
mod hierarchical;
mod levels;
mod nodes;
mod operating;
mod outcome;
mod place;
mod points;
pub mod predictions;
mod report;
mod scored;
mod sources;
mod study;
mod sums;
pub mod tables;
mod text;
mod truth;

pub use ages::{AGES, AgeRow, Aged, by_age, table as age_table};
pub use auroc::auroc;
pub use calibration::{Bin, Ece, expected_calibration_error, reliability};
pub use confusion::{ClassScore, Confusion, f1};
pub use coverage::{Coverage, CoverageRow, Covered};
pub use five_class::{FIVE_CLASSES, FiveClass};
pub use groups::GroupRow;
pub use hierarchical::{Hierarchical, HierarchicalScore, Verdict, best_atom, lca_height, verdict};
pub use levels::{Averages, LevelTable, averages, level_tables};
pub use nodes::{Binary, NodeRow, binary, node_rows};
pub use operating::{OperatingPoint, operating_curve, thresholds};
pub use outcome::{Frame, MEASURES, Measures, Outcome, class_counts, scores};
pub use place::LabelPlace;
pub use points::{POINT_BINS, PointsCalibration, by_points, calibration_by_points};
pub use report::{ClassRow, LevelRow, MIN_OBJECTS, Report, evaluate};
pub use scored::{Scored, decided_path};
pub use study::{ClassIntervals, MeasureRow, Study, compare};
pub use truth::{Truth, Truths};
