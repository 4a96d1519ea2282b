//! Folds and labels that make no sense, and what is said of them.

use super::*;
use crate::features::Group;
use crate::simulate::Simulator;
use crate::taxonomy::{parse_json, shipped_json};
use crate::train::examples;
use std::path::Path;

fn tree() -> Taxonomy {
    parse_json(shipped_json("transients").unwrap(), Path::new("t")).unwrap()
}

fn curves(n: u64) -> Vec<LightCurve> {
    let simulator = Simulator::new(5);
    (0..n).map(|i| simulator.object(i).light_curve()).map(|lc| LightCurve { fold: None, ..lc }).collect()
}

fn set(curves: &[LightCurve]) -> (Vec<Example>, Layout) {
    let layout = Layout::new(&tree());
    (examples(curves, &tree(), &layout, &[Group::Transient], 0, 1).0, layout)
}

#[test]
fn folds_by_name_where_there_are_none() {
    let mut data = curves(60);
    data.push(data[7].clone());
    let (all, said) = assign_folds(&mut data, Some(5)).unwrap();
    assert_eq!(all, vec![0, 1, 2, 3, 4]);
    assert!(said.unwrap().contains("into 5"));
    assert_eq!(data[60].fold, data[7].fold, "an object stays whole");
    let used: std::collections::BTreeSet<_> = data.iter().filter_map(|lc| lc.fold).collect();
    assert_eq!(used.len(), 5);
    let mut again = curves(60);
    assert_eq!(assign_folds(&mut again, None).unwrap(), ((0..10).collect(), None));
    for k in [0, 1] {
        assert!(assign_folds(&mut curves(3), Some(k)).unwrap_err().contains("at least 2"));
    }
}

#[test]
fn the_datas_folds_must_be_as_many_as_asked_for() {
    let mut data = curves(6);
    data.iter_mut().zip([3, 3, 7, 7, 900]).for_each(|(lc, f)| lc.fold = Some(f));
    let error = assign_folds(&mut data.clone(), Some(5)).unwrap_err();
    assert!(error.contains("3 folds") && error.contains("fold 900: 1 object"), "{error}");
    let (all, said) = assign_folds(&mut data, Some(3)).unwrap();
    assert_eq!((all, said.unwrap().contains("1 object without")), (vec![3, 7, 900], true));
    assert!([3, 7, 900].contains(&data[5].fold.unwrap()));
}

#[test]
fn folds_that_cannot_be_cross_validated_or_held_out() {
    let mut data = curves(12);
    data.iter_mut().for_each(|lc| lc.fold = Some(4));
    let (examples, layout) = set(&data);
    let check = |cross, hold_out| check_folds(&examples, &layout, &[4], cross, hold_out);
    assert!(check(true, None).unwrap_err().contains("all 12 objects are in fold 4"));
    assert!(check(false, None).unwrap().is_empty());
    assert!(check(false, Some(4)).unwrap_err().contains("none is left to train on"));
    let error = check(false, Some(11)).unwrap_err();
    assert!(error.contains("--hold-out 11") && error.contains("fold 4: 12 objects"), "{error}");
}

#[test]
fn classes_of_one_fold_and_empty_folds_are_told() {
    let mut data = curves(44);
    let label = data[0].label.clone();
    data.iter_mut().enumerate().for_each(|(i, lc)| lc.fold = Some(if lc.label == label { 0 } else { 1 + (i % 2) as u32 }));
    let (examples, layout) = set(&data);
    let slot = *examples[0].path.last().unwrap();
    let name = &layout.slots[slot].name;
    let notes = check_folds(&examples, &layout, &[0, 1, 2, 3], true, None).unwrap();
    assert!(notes.iter().any(|n| n.contains("fold 3 has no object")), "{notes:?}");
    assert!(notes.iter().any(|n| n.starts_with(name.as_str()) && n.contains("are in fold 0")), "{notes:?}");
    let notes = check_folds(&examples, &layout, &[0, 1, 2, 3], false, Some(0)).unwrap();
    assert!(notes.iter().any(|n| n.starts_with(name.as_str()) && n.contains("held out")), "{notes:?}");
}

#[test]
fn objects_in_two_folds_are_refused_by_name() {
    let skipped = Skipped { in_two_folds: vec!["b".into(), "a".into(), "b".into()], ..Skipped::default() };
    let error = say_skipped(&skipped, &tree(), false).unwrap_err().error.to_string();
    assert!(error.starts_with("2 objects") && error.contains("(a, b)"), "{error}");
}

#[test]
fn labels_that_are_not_in_the_tree_come_with_suggestions() {
    let labels = [("SN Iaa".to_string(), 3), ("AGN".to_string(), 9), ("qqqqqq".to_string(), 1)];
    let skipped = Skipped { unmapped: labels.into(), ..Skipped::default() };
    let text = unmapped(&skipped, &tree());
    assert!(text.starts_with("13 objects with 3 labels"), "{text}");
    assert!(text.find("AGN").unwrap() < text.find("SN Iaa").unwrap(), "most first: {text}");
    assert!(text.contains("nearest: SN Ia"), "{text}");
    assert!(say_skipped(&skipped, &tree(), false).is_ok());
    assert!(say_skipped(&skipped, &tree(), true).unwrap_err().error.to_string().contains("--unmapped skip"));
}
