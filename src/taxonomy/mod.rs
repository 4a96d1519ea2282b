//! The tree of classes: nodes, edits with inverses, file formats, the checker, label matching, layout for arithmetic,
//! and class weights. Knows nothing of screens, light curves or models.
//!
//! A [`Taxonomy`] is an arena with ordered children. It is changed only by [`Edit`]s, each of which gives back
//! its inverse; a [`Document`] keeps them as history. All walks are loops, so a chain of 100,000 nodes is fine.

mod apply;
pub mod check;
pub mod compose;
pub mod concepts;
pub mod diff;
mod diff_entries;
mod diff_pairs;
mod draft;
pub mod edit;
pub mod faults;
pub mod format;
pub mod history;
pub mod json;
mod json_parse;
mod json_scan;
pub mod labels;
pub mod layout;
mod lineage;
pub mod mapping;
pub mod names;
mod outcome;
pub mod shipped;
mod suggest;
pub mod tree;
pub mod validate;
pub mod vocabulary;
pub mod weights;

pub use diff::{DiffEntry, DiffKind, TreeDiff, diff};
pub use edit::{Edit, EditError, NewNode, Subtree};
pub use history::Document;
pub use json::{TaxonomyError, parse_json, read_json, save_json, to_json};
pub use labels::{LabelIndex, LabelMatch, MatchKind, match_label, target_slots};
pub use layout::{Group, Layout, Slot};
pub use mapping::{MappedLabel, Mapping, Outcome, map_labels};
pub use names::{NameError, check_name, printable};
pub use shipped::{shipped, shipped_json};
pub use tree::{Node, NodeId, Taxonomy};
pub use validate::{Finding, Severity, validate};
pub use weights::{CountMode, Counts, Form, NodeWeight, WeightOptions, Weights};
