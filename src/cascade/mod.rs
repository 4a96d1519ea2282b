//! Probabilities on a tree: softmax groups, decisions, regrouping onto another tree.
//! Knows trees and numbers; no light curves, no networks, no screens.

pub mod balance;
mod compare;
mod decide;
mod matching;
mod regroup;
#[cfg(test)]
mod regroup_edits_tests;
#[cfg(test)]
mod regroup_tests;
mod rules;
mod softmax;
mod sparse;
#[cfg(test)]
pub(crate) mod testing;

pub use compare::{Compared, TreePair};
pub use decide::{Decision, decide_poured, decide_threshold};
pub use matching::{MatchedBy, RegroupError};
pub use regroup::{Poured, Regrouper};
pub(crate) use rules::most_useful;
pub use rules::{Rule, Rules, chain, conformal_score, information};
pub use softmax::{correct_to_posterior, log_conditionals, log_probabilities, probabilities, reweight_priors, spread_conditionals};
pub use sparse::{Judge, Judged, Scratch};
