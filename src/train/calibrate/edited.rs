//! Scores of the decision rules for an edited tree: worked out again from the reference set, which holds probabilities of
//! every object by a model that did not see it.

use crate::cascade::{RegroupError, Regrouper};
use crate::model::decisions::{Decisions, Seen};
use crate::model::refset::Refset;
use crate::model::{Model, ModelError};
use crate::taxonomy::{Layout, Taxonomy, target_slots};
use crate::train::refit::labels::Mapper;
use crate::train::refit::rows::spread;

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub enum EditedError {
    /// The reference set's probabilities are those of the network that the model stands on, not the model's.
    #[error(
        "{model} is a refitted model: on yet another tree its scores can't be worked out; refit it for that tree, or leave the tree as it is"
    )]
    Refitted {
        /// Name of the model.
        model: String,
    },
    /// No reference set, or a damaged one.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The trees don't fit.
    #[error(transparent)]
    Regroup(#[from] RegroupError),
    /// None of its labels is in the tree.
    #[error("the tree holds none of the labels of {model}'s reference set, which the scores would be worked out from")]
    NoLabels {
        /// Name of the model.
        model: String,
    },
}

/// For `tree` with its `layout`, from the out-of-fold probabilities in the model's reference set.
pub fn edited(model: &Model, tree: &Taxonomy, layout: &Layout) -> Result<Decisions, EditedError> {
    let name = crate::taxonomy::printable(model.name());
    if model.metadata().base.is_some() {
        return Err(EditedError::Refitted { model: name });
    }
    let refset = model.refset()?;
    of_refset(&refset, model, tree, layout)?.ok_or(EditedError::NoLabels { model: name })
}

fn of_refset(refset: &Refset, model: &Model, tree: &Taxonomy, layout: &Layout) -> Result<Option<Decisions>, EditedError> {
    let regrouper = Regrouper::new(model.taxonomy(), model.layout(), tree, layout)?;
    let atoms = model.layout().atoms();
    let mut mapper = Mapper::new(tree, &[model.taxonomy()]);
    let mut rows = Vec::new();
    for row in &refset.rows {
        let age_d = f64::from(row.age_d);
        let Some((node, _)) = mapper.find(&row.label) else { continue };
        if row.atoms.len() != atoms.len() || age_d.is_nan() {
            continue;
        }
        let mut p = Vec::with_capacity(model.layout().len());
        spread(model.layout(), &atoms, row, &mut p);
        rows.push((age_d, regrouper.pour(&p).p, target_slots(layout, tree, node)));
    }
    Ok(Decisions::of(layout, rows.iter().map(|(age_d, p, path)| Seen { age_d: *age_d, p, path })))
}
