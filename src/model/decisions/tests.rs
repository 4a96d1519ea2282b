//! Coverage by simulation, quantiles by hand, faults.

use super::*;
use crate::cascade::testing::tree;
use crate::cascade::{log_conditionals, probabilities};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// An object of a model that is too sure of itself: stated P, and the path of a label drawn from softer ones.
fn drawn(layout: &Layout, rng: &mut ChaCha8Rng) -> (Vec<Option<f64>>, Vec<usize>) {
    let logits: Vec<f64> = (0..layout.len()).map(|_| 4.0 * (rng.random::<f64>() - 0.5)).collect();
    let truth = log_conditionals(layout, &logits);
    let stated: Vec<f64> = logits.iter().map(|z| 2.5 * z).collect();
    let p = probabilities(layout, &log_conditionals(layout, &stated));
    let (mut path, mut at) = (Vec::new(), None);
    while let Some(&last) = layout.children(at).last() {
        let mut u = rng.random::<f64>();
        let hit = |c: &&usize| {
            u -= truth[**c].exp();
            u < 0.0
        };
        let chosen = layout.children(at).iter().find(hit).copied().unwrap_or(last);
        path.push(chosen);
        at = Some(chosen);
    }
    (p.into_iter().map(Some).collect(), path)
}

fn seen(objects: &[(Vec<Option<f64>>, Vec<usize>)], age_d: f64) -> impl Iterator<Item = Seen<'_>> {
    objects.iter().map(move |(p, path)| Seen { age_d, p, path })
}

#[test]
fn coverage_is_as_promised() {
    let layout = Layout::new(&tree("Root{A{A1,A2,A3},B~{B1,B2},C}"));
    for epsilon in [0.05, 0.1, 0.2] {
        let mut share = Share::default();
        // Marginal over the draws of the calibration set too.
        for seed in 0..60 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let calibration: Vec<_> = (0..300).map(|_| drawn(&layout, &mut rng)).collect();
            let test: Vec<_> = (0..100).map(|_| drawn(&layout, &mut rng)).collect();
            let decisions = Decisions::of(&layout, seen(&calibration, f64::INFINITY)).unwrap();
            let rules = decisions.rules(&layout, Wanted::Conformal { epsilon }).unwrap();
            let c = coverage(&layout, &rules, seen(&test, f64::INFINITY));
            share = Share { hits: share.hits + c.all.hits, n: share.n + c.all.n, root: share.root + c.all.root };
        }
        // The spread of the calibration sets (300) comes on top of that of the tests: 60 x 300 and 60 x 100 objects.
        let deviation = share.deviation(1.0 - epsilon) / (1.0f64 + 100.0 / 300.0).sqrt();
        assert!(deviation.abs() < 3.0, "epsilon {epsilon}: {share:?}, {deviation} sd");
        assert!(share.root < share.n, "it must say something");
    }
}

#[test]
fn utility_reaches_the_accuracy_and_says_more_for_less() {
    let layout = Layout::new(&tree("Root{A{A1,A2,A3},B~{B1,B2},C}"));
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let calibration: Vec<_> = (0..1500).map(|_| drawn(&layout, &mut rng)).collect();
    let test: Vec<_> = (0..5000).map(|_| drawn(&layout, &mut rng)).collect();
    let decisions = Decisions::of(&layout, seen(&calibration, 30.0)).unwrap();
    let at = |accuracy| {
        let rules = decisions.rules(&layout, Wanted::Utility { accuracy }).unwrap();
        coverage(&layout, &rules, seen(&test, 30.0)).all
    };
    let (low, high) = (at(0.7), at(0.9));
    assert!(low.value() > 0.68 && high.value() > 0.88, "{low:?} {high:?}");
    assert!(low.value() < high.value() && low.root < high.root, "{low:?} {high:?}");
    let error = decisions.rules(&layout, Wanted::Utility { accuracy: 0.9999 }).unwrap_err();
    assert!(error.to_string().contains("1500 objects (as of day 30)"), "{error}");
}

#[test]
fn quantiles_by_hand() {
    let bin = AgeBin { age_d: Some(7.0), objects: 9, scores: (1..=9).map(|i| f64::from(i) / 10.0).collect(), right: vec![], gamma: None };
    // ceil(10 x 0.8) = 8, ceil(10 x 0.9) = 9, ceil(10 x 0.5) = 5, ceil(10 x 0.49) = 5.
    for (epsilon, tau) in [(0.2, 0.8), (0.1, 0.9), (0.5, 0.5), (0.51, 0.5)] {
        assert_eq!(bin.quantile(epsilon), Ok(tau), "{epsilon}");
    }
    let error = bin.quantile(0.05).unwrap_err().to_string();
    assert!(error.contains("9 objects (as of day 7)") && error.contains("epsilon 0.100") && error.contains("0.05"), "{error}");
    // Of more scores than are kept the next higher one.
    let layout = Layout::new(&tree("Root{A,B}"));
    let objects: Vec<_> = (0..3500).map(|i| (vec![Some(0.5 + 0.5 * f64::from(i) / 3500.0), Some(0.0)], vec![1])).collect();
    let decisions = Decisions::of(&layout, seen(&objects, f64::INFINITY)).unwrap();
    assert_eq!((decisions.ages[0].objects, decisions.ages[0].scores.len(), decisions.ages[0].age_d), (3500, 1000, None));
    let tau = decisions.ages[0].quantile(0.1).unwrap();
    let exact = 0.5 + 0.5 * (3151.0 - 1.0) / 3500.0;
    assert!(tau >= exact && tau < exact + 1e-3, "{tau} {exact}");
}

#[test]
fn bounds_and_shares() {
    // Wilson's bound for 9 of 10 at z = 1.645.
    assert!((lower_bound(9, 10) - 0.652_0).abs() < 1e-3, "{}", lower_bound(9, 10));
    assert_eq!(lower_bound(0, 0), 0.0);
    let share = Share { hits: 80, n: 100, root: 0 };
    assert!((share.deviation(0.9) + 10.0 / 3.0).abs() < 1e-9);
    let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
    let p: Vec<Option<f64>> = [0.9, 0.6, 0.3, 0.1].map(Some).to_vec();
    let rules = Rules::same(&layout, Rule::Conformal { tau: 0.5 });
    let paths = [vec![0, 1], vec![0, 2], vec![3]];
    let seen = paths.iter().zip([7.0, 30.0, 7.0]).map(|(path, age_d)| Seen { age_d, p: &p, path });
    let c = coverage(&layout, &rules, seen);
    assert_eq!(c.all, Share { hits: 1, n: 3, root: 0 });
    assert_eq!(c.by_class["A1"].hits, 1);
    assert_eq!(c.by_age, [(Some(7.0), Share { hits: 1, n: 2, root: 0 }), (Some(30.0), Share { hits: 0, n: 1, root: 0 })]);
}

#[test]
fn without_scores_only_the_threshold_can_be_had() {
    let layout = Layout::new(&tree("Root{A,B}"));
    assert!(Wanted::Threshold { tau: 0.5 }.rules(&layout, None).is_ok());
    let error = Wanted::Conformal { epsilon: 0.1 }.rules(&layout, None).unwrap_err();
    assert!(error.to_string().contains("taxonova calibrate"));
    let damaged = Decisions {
        lambdas: vec![0.0],
        ages: vec![AgeBin { age_d: None, objects: 1, scores: vec![0.5], right: vec![], gamma: None }],
        rates: vec![],
    };
    assert!(damaged.fault(&layout).is_some());
}

#[test]
fn rare_classes_are_favoured_as_far_as_it_helps() {
    let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
    // 90 A1 with 0.95 : 0.05, 30 A2 with 0.6 : 0.4: mean P is 0.8625 and 0.1375; gamma above ln 1.5 / ln 6.27 = 0.221 finds A2.
    let objects: Vec<(Vec<Option<f64>>, Vec<usize>)> = (0..120)
        .map(|i| {
            let (a1, path) = if i < 90 { (0.95, vec![0, 1]) } else { (0.6, vec![0, 2]) };
            (vec![Some(1.0), Some(a1), Some(1.0 - a1), Some(0.0)], path)
        })
        .collect();
    let decisions = Decisions::of(&layout, seen(&objects, f64::INFINITY)).unwrap();
    assert_eq!((decisions.ages[0].gamma, decisions.rates.as_slice()), (Some(0.25), [0.8625, 0.1375, 0.0].as_slice()));
    assert_eq!(decisions.fault(&layout), None);
    let said = |gamma| {
        let rules = decisions.rules(&layout, Wanted::Balanced { gamma }).unwrap();
        rules.slot(&layout, |s| objects[100].0[s], f64::INFINITY).map(|a| a.0)
    };
    assert_eq!((said(None), said(Some(0.0)), said(Some(1.0))), (Some(2), Some(1), Some(2)));
    // From more objects.
    let few = Decisions::of(&layout, seen(&objects[85..], f64::INFINITY)).unwrap();
    assert_eq!(few.ages[0].gamma, None);
    let error = few.rules(&layout, Wanted::Balanced { gamma: None }).unwrap_err().to_string();
    assert!(error.contains("gamma") && error.contains("(whole light curves)"), "{error}");
    let both = few.balanced_as(&decisions);
    assert_eq!((both.ages[0].gamma, both.ages[0].objects, both.rates.len()), (Some(0.25), 35, 3));
    let damaged = Decisions { rates: vec![0.5], ..both };
    assert!(damaged.fault(&layout).is_some());
}
