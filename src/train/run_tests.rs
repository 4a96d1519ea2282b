//! What the loop refuses, and that it can be stopped.

use super::cross_validate;
use super::data::{Example, examples};
use super::run::{TrainConfig, TrainError, train};
use crate::features::Group;
use crate::simulate::Simulator;
use crate::taxonomy::{Layout, Taxonomy, parse_json, shipped_json};
use std::ops::ControlFlow;
use std::path::Path;

fn set() -> (Taxonomy, Layout, Vec<Example>) {
    let tree = parse_json(shipped_json("transients").unwrap(), Path::new("t")).unwrap();
    let layout = Layout::new(&tree);
    let simulator = Simulator::new(5);
    let mut curves: Vec<_> = (0..24).map(|i| simulator.object(i).light_curve()).collect();
    curves[0].label = Some("no such class".into());
    curves[1].label = None;
    let (set, skipped) = examples(&curves, &tree, &layout, &[Group::Transient], 1, 5);
    assert_eq!((skipped.unmapped["no such class"], skipped.unlabelled, set.len()), (1, 1, 22));
    (tree, layout, set)
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 5, batch: 8, hidden: vec![8, 4], versions: 1, ..TrainConfig::default() }
}

#[test]
fn an_object_in_two_folds_is_reported() {
    let (tree, layout, _) = set();
    let one = Simulator::new(5).object(2).light_curve();
    let (mut a, mut b) = (one.clone(), one);
    a.fold = Some(1);
    b.fold = Some(2);
    let (_, skipped) = examples(&[a.clone(), b], &tree, &layout, &[Group::Transient], 0, 5);
    assert_eq!(skipped.in_two_folds, vec![a.object_id.clone()]);
    let (kept, skipped) = examples(&[a.clone(), a], &tree, &layout, &[Group::Transient], 0, 5);
    assert_eq!((kept.len(), skipped.repeated), (1, 1));
}

#[test]
fn nothing_to_train_on_and_interruption_are_errors() {
    let (tree, layout, set) = set();
    let go = |_| ControlFlow::Continue(());
    assert!(matches!(train(&[], &tree, &layout, &tree.weights, &config(), &go), Err(TrainError::NoExamples)));
    let all: Vec<&Example> = set.iter().collect();
    let stop = |_| ControlFlow::Break(());
    assert!(matches!(train(&all, &tree, &layout, &tree.weights, &config(), &stop), Err(TrainError::Interrupted)));
}

#[test]
fn a_loss_that_is_no_number_names_the_batch() {
    let (tree, layout, set) = set();
    let all: Vec<&Example> = set.iter().collect();
    let wild = TrainConfig { learning_rate: f64::NAN, ..config() };
    match train(&all, &tree, &layout, &tree.weights, &wild, &|_| ControlFlow::Continue(())) {
        Err(TrainError::NotFinite { epoch, objects, .. }) => assert!(epoch == 1 && !objects.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_too_large_stop_with_the_batch_that_has_them() {
    let (tree, layout, mut set) = set();
    // The distance between the two overflows.
    for (i, e) in set.iter_mut().enumerate() {
        e.versions.iter_mut().for_each(|v| v[0] = if i % 2 == 0 { f32::MAX } else { f32::MIN });
    }
    let all: Vec<&Example> = set.iter().collect();
    match train(&all, &tree, &layout, &tree.weights, &config(), &|_| ControlFlow::Continue(())) {
        Err(e @ TrainError::NotFinite { batch: 1.., .. }) => {
            assert!(set.iter().any(|o| e.to_string().contains(&o.object_id)), "{e}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn missing_and_infinite_features_train() {
    let (tree, layout, mut set) = set();
    for (e, x) in set.iter_mut().zip([f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().cycle()) {
        e.versions.iter_mut().chain(&mut e.reference).for_each(|v| v[0] = x);
    }
    let all: Vec<&Example> = set.iter().collect();
    let trained = train(&all, &tree, &layout, &tree.weights, &config(), &|_| ControlFlow::Continue(())).unwrap();
    for e in &set {
        let p = trained.predict(&layout, &[&e.reference[0]]);
        assert!(p[0].log_probability.iter().all(|p| !p.is_nan()), "{}", e.object_id);
    }
}

#[test]
fn a_class_of_one_fold_alone_and_a_single_object_are_predicted_soundly() {
    let (tree, layout, mut set) = set();
    let rare = set[0].node;
    let mut others = 0;
    for e in &mut set {
        others += usize::from(e.node != rare);
        e.fold = if e.node == rare { 0 } else { 1 + (others % 2) as u32 };
    }
    // One object alone in its fold.
    set[1].fold = 7;
    let predictions = cross_validate(&set, &tree, &layout, &tree.weights, &config(), &|_, _| ControlFlow::Continue(())).unwrap();
    for (e, p) in set.iter().zip(&predictions) {
        assert_eq!(p.len(), e.reference.len());
        for p in p {
            let sum: f64 = layout.atoms().iter().map(|&a| p.log_probability[a].exp()).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{}: the atoms add up to {sum}", e.object_id);
        }
    }
}
