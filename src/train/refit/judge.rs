//! The old model and the new head on the fold that was held out.

use super::compare::{Comparison, Judge, LEAST_KNOWN};
use super::rows::Rows;
use super::{RefitConfig, RefitError};
use crate::cascade::{Regrouper, correct_to_posterior, log_conditionals, probabilities};
use crate::evaluate::Truth;
use crate::model::Model;
use crate::model::calibration::Scaling;
use crate::model::decisions::{Decisions, Seen};
use crate::model::head::Head;
use crate::taxonomy::{Layout, Taxonomy, WeightOptions, target_slots, weights};

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
    /// What is done to the posteriors; none: nothing.
    pub scaling: Option<&'a Scaling>,
}

impl Fitted<'_> {
    /// Posteriors per slot.
    pub fn posteriors(&self, base_p: &[f64], rest: &[f32]) -> Vec<f64> {
        let mut conditional = log_conditionals(self.layout, &self.head.logits(base_p, rest, LEAST_KNOWN));
        correct_to_posterior(self.layout, &mut conditional, self.w_eff);
        if let Some(scaling) = self.scaling {
            scaling.apply(self.layout, &mut conditional);
        }
        probabilities(self.layout, &conditional)
    }
}

/// What the decision rules need, on the new model's tree, of the fold that was held out; none without one.
pub fn decisions(rows: &Rows<'_>, fitted: &Fitted<'_>) -> Option<Decisions> {
    let mut answers = Vec::new();
    for o in rows.objects.iter().filter(|o| o.held_out) {
        let path = target_slots(fitted.layout, fitted.tree, o.node);
        for row in o.rows.clone() {
            let p: Vec<Option<f64>> = fitted.posteriors(rows.base_p(row), rows.rest(row)).into_iter().map(Some).collect();
            answers.push((rows.age_d(row), p, path.clone()));
        }
    }
    Decisions::of(fitted.layout, answers.iter().map(|(age_d, p, path)| Seen { age_d: *age_d, p, path }))
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
        scaling: Some(model.scaling()),
    });
    let weights = weights::compute(tree, &layout, &rows.counts, options);
    let w_eff = weights.effective(&layout);
    let mut judge = Judge::new(&layout, &weights, &w_eff, config.tau);
    for o in rows.objects.iter().filter(|o| o.held_out) {
        let row = rows.whole(o);
        let (base_p, rest) = (rows.base_p(row), rows.rest(row));
        let old_p = old.as_ref().map(|old| old.posteriors(base_p, rest));
        let before = before.pour(old_p.as_deref().unwrap_or(base_p));
        let after = after.pour(&fitted.posteriors(base_p, rest));
        judge.add(&Truth::new(&layout, tree, o.node), &before, &after);
    }
    Ok(judge.finish(fold, config.seed))
}
