//! Scores of the decision rules for an edited tree: worked out again from the reference set, which holds probabilities of
//! every object by a model that did not see it.

use crate::cascade::{RegroupError, Regrouper};
use crate::model::decisions::{Decisions, Seen};
use crate::model::refset::{RefRow, Refset};
use crate::model::sample::order;
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
    for row in comparable(refset, model.summary().held_out) {
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

/// The rows that stand for the same number of objects each, as scores are counted and not weighted. Of a sampled reference
/// set these are the rows of the fold that was held out, which is kept whole. Without one, of what is worth w objects the share
/// w / (greatest w), chosen by a hash of the name.
fn comparable(refset: &Refset, held_out: Option<u32>) -> impl Iterator<Item = &RefRow> {
    let whole = refset.is_whole();
    let most = refset.rows.iter().map(|r| r.weight).fold(0.0, f32::max);
    refset.rows.iter().filter(move |r| match held_out {
        _ if whole => true,
        Some(fold) => r.fold == fold,
        None => (order(0, &r.object_id) as f64) < f64::from(r.weight / most) * u64::MAX as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_sampled_set_rows_that_are_worth_the_same() {
        let row = |i: u32| RefRow {
            object_id: format!("o{i}"),
            label: if i.is_multiple_of(2) { "common" } else { "rare" }.into(),
            fold: i % 10,
            age_d: 7.0,
            weight: 1.0,
            embedding: vec![],
            atoms: vec![],
        };
        let whole = Refset { encoder: String::new(), rows: (0..2000).map(row).collect() };
        assert_eq!(comparable(&whole, Some(9)).count(), 2000);
        let mut sampled = whole.clone();
        sampled.rows.iter_mut().filter(|r| r.label == "common" && r.fold != 9).for_each(|r| r.weight = 4.0);
        assert!(comparable(&sampled, Some(9)).all(|r| r.fold == 9 && r.weight == 1.0));
        assert_eq!(comparable(&sampled, Some(9)).count(), 200);
        // Without a fold held out: all of the common, about a quarter of the rare.
        let count = |label: &str| comparable(&sampled, None).filter(|r| r.label == label).count();
        assert_eq!(count("common"), 1000);
        assert!((190..310).contains(&count("rare")), "{}", count("rare"));
    }
}
