//! The old model and the new head on the fold that was held out.

use super::compare::{Comparison, Judged, LEAST_KNOWN, compare};
use super::rows::Rows;
use super::{RefitConfig, RefitError};
use crate::cascade::{Regrouper, correct_to_posterior, log_conditionals, probabilities};
use crate::evaluate::Truth;
use crate::model::Model;
use crate::model::head::Head;
use crate::taxonomy::{Layout, Taxonomy, WeightOptions, weights};

/// A head with the tree that it is for.
pub struct Fitted<'a> {
    /// The head.
    pub head: &'a Head,
    /// Its tree.
    pub tree: &'a Taxonomy,
    /// That tree, flattened.
    pub layout: &'a Layout,
    /// Per slot.
    pub w_eff: &'a [f64],
}

impl Fitted<'_> {
    /// Posteriors per slot.
    pub fn posteriors(&self, base_p: &[f64], rest: &[f32]) -> Vec<f64> {
        let mut conditional = log_conditionals(self.layout, &self.head.logits(base_p, rest, LEAST_KNOWN));
        correct_to_posterior(self.layout, &mut conditional, self.w_eff);
        probabilities(self.layout, &conditional)
    }
}

/// On `tree`, the edited one as the user sees it.
pub fn judge(
    rows: &Rows<'_>,
    model: &Model,
    fitted: &Fitted<'_>,
    tree: &Taxonomy,
    options: &WeightOptions,
    config: &RefitConfig,
    fold: u32,
) -> Result<Comparison, RefitError> {
    let layout = Layout::new(tree);
    let before = Regrouper::new(model.taxonomy(), model.layout(), tree, &layout)?;
    let after = Regrouper::new(fitted.tree, fitted.layout, tree, &layout)?;
    let old = model.head()?;
    let old = old.as_ref().map(|head| Fitted {
        head,
        tree: model.taxonomy(),
        layout: model.layout(),
        w_eff: &model.metadata().calibration.w_eff,
    });
    let objects: Vec<Judged> = rows
        .objects
        .iter()
        .filter(|o| o.held_out)
        .map(|o| {
            let row = rows.whole(o);
            let (base_p, rest) = (rows.base_p(row), rows.rest(row));
            let old_p = old.as_ref().map(|old| old.posteriors(base_p, rest));
            Judged {
                truth: Truth::new(&layout, tree, o.node),
                before: before.pour(old_p.as_deref().unwrap_or(base_p)),
                after: after.pour(&fitted.posteriors(base_p, rest)),
            }
        })
        .collect();
    let weights = weights::compute(tree, &layout, &rows.counts, options);
    let w_eff = weights.effective(&layout);
    Ok(compare(&layout, &objects, fold, config.tau, config.seed, &weights, &w_eff))
}
