//! What the loop refuses, and that it can be stopped.

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
