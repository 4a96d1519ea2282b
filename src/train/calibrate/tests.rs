//! On real predictions: those of the shipped model's reference set, by models that did not see the object's fold.

use super::measure::{in_the_large, marginals, measure};
use super::*;
use crate::cascade::spread_conditionals;
use crate::model::Model;
use crate::model::decisions::{Share, Wanted, coverage};
use crate::taxonomy::{LabelIndex, target_slots};
use std::sync::OnceLock;

/// (path, fold, (age, log conditionals) ..).
type Row = (Vec<usize>, u32, Vec<(f64, Vec<f64>)>);

struct Real {
    layout: Layout,
    rows: Vec<Row>,
    fitted: Fitted,
}

/// Fitted once for all tests.
fn real() -> &'static Real {
    static REAL: OnceLock<Real> = OnceLock::new();
    REAL.get_or_init(made)
}

fn made() -> Real {
    let model = Model::shipped().unwrap();
    let layout = model.layout().clone();
    let index = LabelIndex::new(model.taxonomy());
    let mut rows: Vec<Row> = Vec::new();
    let mut last = String::new();
    for r in model.refset().unwrap().rows {
        let atoms: Vec<f64> = r.atoms.iter().map(|p| f64::from(*p).max(1e-5)).collect();
        let l = spread_conditionals(&layout, &atoms);
        if r.object_id != last {
            let path = target_slots(&layout, model.taxonomy(), index.find(&r.label).unwrap().node);
            rows.push((path, r.fold, Vec::new()));
            last = r.object_id;
        }
        rows.last_mut().unwrap().2.push((f64::from(r.age_d), l));
    }
    let mut real = Real { fitted: Fitted::none(layout.len()), layout, rows };
    real.fitted = fit(&real.layout, &objects(&real), &Scaling::identity(real.layout.len()));
    real
}

impl Fitted {
    fn none(n: usize) -> Fitted {
        Fitted { all: Scaling::identity(n), without: BTreeMap::new(), strength: 0.0, objects: 0 }
    }
}

fn objects(real: &Real) -> Vec<Object<'_>> {
    fn borrowed(of: &[(f64, Vec<f64>)]) -> Vec<(f64, &[f64])> {
        of.iter().map(|(age, l)| (*age, l.as_slice())).collect()
    }
    real.rows.iter().map(|(path, fold, of)| Object { path, part: *fold, ages: borrowed(of) }).collect()
}

#[test]
fn out_of_fold_predictions_meet_the_bars() {
    let real = real();
    let objects = objects(real);
    let (layout, fitted) = (&real.layout, &real.fitted);
    let before = measure(layout, &objects, f64::INFINITY, |_| None);
    let after = measure(layout, &objects, f64::INFINITY, |o| Some(fitted.unseen(o.part)));
    eprintln!("strength {}, log loss {:.4} -> {:.4}", fitted.strength, before.log_loss, after.log_loss);
    // They may be calibrated already.
    assert!(after.log_loss < before.log_loss + 0.002);
    for (b, a) in before.groups.iter().zip(&after.groups).filter(|g| g.1.objects >= 300) {
        let (x, y) = (b.debiased_ece.unwrap(), a.debiased_ece.unwrap());
        eprintln!(
            "{}: {} objects, ECE {x:.4} -> {y:.4}, loss {:.4} -> {:.4}, skill {:.3}",
            a.parent, a.objects, b.log_loss, a.log_loss, a.skill
        );
        assert!(y <= 0.03 && a.skill > 0.0, "{}: {y}", a.parent);
    }
    let paths: Vec<&[usize]> = objects.iter().map(|o| o.path).collect();
    let p = |scaled: bool| -> Vec<Vec<f64>> {
        objects.iter().map(|o| marginals(layout, o.ages[0].1, scaled.then(|| fitted.unseen(o.part)))).collect()
    };
    assert!(objects.iter().all(|o| o.ages[0].0.is_infinite()));
    for ((slot, n, x), (_, _, y)) in
        in_the_large(layout, &p(false), &paths, 100).into_iter().zip(in_the_large(layout, &p(true), &paths, 100))
    {
        eprintln!("{}: {n} objects, mean P - rate {x:+.4} -> {y:+.4}", layout.slots[slot].name);
        assert!(y.abs() <= 0.01, "{}: {y}", layout.slots[slot].name);
    }
}

#[test]
fn conformal_coverage_on_folds_that_the_scores_do_not_hold() {
    let real = real();
    let all = objects(real);
    let (layout, fitted) = (&real.layout, &real.fitted);
    let p = fitted.calibrated(layout, &all);
    for epsilon in [0.05, 0.1, 0.2] {
        let (mut total, mut ages) = (Share::default(), std::collections::BTreeMap::<String, Share>::new());
        for fold in 0..10 {
            let part = |inside: bool| {
                let kept: Vec<usize> = (0..all.len()).filter(|i| (all[*i].part == fold) == inside).collect();
                let objects: Vec<Object<'_>> = kept.iter().map(|i| all[*i].clone()).collect();
                let p: Vec<Vec<Vec<Option<f64>>>> = kept.iter().map(|i| p[*i].clone()).collect();
                (objects, p)
            };
            let (others, own) = (part(false), part(true));
            let decisions = Decisions::of(layout, seen(&others.0, &others.1)).unwrap();
            let rules = decisions.rules(layout, Wanted::Conformal { epsilon }).unwrap();
            let c = coverage(layout, &rules, seen(&own.0, &own.1));
            let add = |a: Share, b: Share| Share { hits: a.hits + b.hits, n: a.n + b.n, root: a.root + b.root };
            total = add(total, c.all);
            for (age, share) in c.by_age {
                let sum = ages.entry(format!("{age:?}")).or_default();
                *sum = add(*sum, share);
            }
        }
        for (age, share) in ages.iter().chain([(&"all".to_string(), &total)]) {
            let sd = share.deviation(1.0 - epsilon);
            eprintln!("epsilon {epsilon}, age {age}: {:.4} of {}, {sd:+.1} sd, root {}", share.value(), share.n, share.root);
            if age != "all" {
                // Many objects share the score 0 (the chain is right all the way), so that a large epsilon is covered more often than asked.
                let above = share.value() - (1.0 - epsilon);
                assert!(sd > -3.0 && (sd < 3.0 || epsilon > 0.15 && above < 0.03), "epsilon {epsilon}, age {age}: {share:?}");
            }
        }
    }
}
