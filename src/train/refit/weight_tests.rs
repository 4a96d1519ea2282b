//! Weights of the reference set's objects: as good as so many objects, and a sample about as good as the whole.

use super::tests::{go, shipped};
use super::*;

fn refit_on(refset: &Refset, model: &Arc<Model>, epochs: usize) -> Refitted {
    let config = RefitConfig { epochs, ..RefitConfig::default() };
    refit(refset, model, model.taxonomy(), &model.taxonomy().weights, &config, &mut go).unwrap()
}

#[test]
fn a_weight_is_as_good_as_so_many_objects() {
    let (model, mut refset) = shipped();
    // A tenth of the objects, whole light curves.
    refset.rows.retain(|r| r.age_d.is_infinite() && crate::model::name_hash(&r.object_id).is_multiple_of(10));
    let weight =
        |r: &crate::model::refset::RefRow| if r.fold == 9 { 1 } else { 1 + r.object_id.len() % 2 + usize::from(r.label == "SN Ia") };
    let mut copies = refset.clone();
    copies.rows.clear();
    for row in &mut refset.rows {
        for copy in 0..weight(row) {
            let mut again = row.clone();
            again.object_id.push_str(&format!(" {copy}"));
            copies.rows.push(again);
        }
        row.weight = weight(row) as f32;
    }
    assert!(copies.rows.len() > refset.rows.len() * 3 / 2);
    let (weighted, copied) = (refit_on(&refset, &model, 6), refit_on(&copies, &model, 6));
    assert_eq!(weighted.model.training_counts(), copied.model.training_counts());
    let (a, b) = (weighted.notes.loss, copied.notes.loss);
    assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-6, "{a:?} {b:?}");
    let (a, b) = (weighted.comparison.unwrap(), copied.comparison.unwrap());
    let (a, b) = (a.log_loss.after.unwrap(), b.log_loss.after.unwrap());
    assert!((a - b).abs() < 1e-6, "{a} {b}");
}

#[test]
fn a_refit_on_a_sample_is_about_that_on_the_whole() {
    let (model, whole) = shipped();
    let sample = whole.clone().sampled(2500, model.summary().held_out, 1);
    let mut unweighted = sample.clone();
    unweighted.rows.iter_mut().for_each(|r| r.weight = 1.0);
    let of = |refset: &Refset| {
        let done = refit_on(refset, &model, 30);
        (done.model.training_counts(), done.comparison.unwrap().log_loss.after.unwrap())
    };
    let ((counts, all), (weighted_counts, weighted), (_, plain)) = (of(&whole), of(&sample), of(&unweighted));
    assert_eq!(counts, weighted_counts, "the weights of a label sum to its objects");
    // On the fold held out: a third of the objects cost little, a third of the objects without weights the priors.
    assert!((weighted - all).abs() < 0.03, "{all} {weighted}");
    assert!(plain - all > 2.0 * (weighted - all).abs(), "{all} {weighted} {plain}");
}
