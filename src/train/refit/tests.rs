//! On the shipped model and its whole reference set, with few steps where the outcome does not matter.

use super::*;
use crate::cascade::Regrouper;
use crate::model::Input;
use crate::taxonomy::{Edit, NodeId, Subtree};
use crate::train::rng::RunRng;

const SEED: u64 = 4;

pub(super) fn shipped() -> (Arc<Model>, Refset) {
    let model = Model::shipped().unwrap();
    let refset = model.refset().unwrap();
    (model, refset)
}

fn few() -> RefitConfig {
    RefitConfig { epochs: 4, ..RefitConfig::default() }
}

pub(super) fn go(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn refitted(model: &Arc<Model>, refset: &Refset, tree: &Taxonomy, config: &RefitConfig) -> Refitted {
    refit(refset, model, tree, &tree.weights, config, &mut go).unwrap()
}

fn edited(edit: impl FnOnce(&mut Taxonomy)) -> Taxonomy {
    let mut tree = Model::shipped().unwrap().taxonomy().clone();
    edit(&mut tree);
    tree
}

fn id(tree: &Taxonomy, name: &str) -> NodeId {
    tree.find(name).unwrap()
}

/// Plausible and implausible raw features, with gaps.
fn random_inputs(model: &Model, n: usize) -> Vec<Input> {
    let mut rng = RunRng::new(SEED, 0);
    let width = model.metadata().recipe.features.len();
    let mut row = || (0..width).map(|_| if rng.uniform() < 0.2 { f32::NAN } else { (20.0 * rng.normal()) as f32 }).collect();
    (0..n).map(|_| Input(row())).collect()
}

/// P(parent) = sum of P(children), and the top sums to 1.
fn check_sums(layout: &Layout, p: &[f64]) {
    for group in &layout.groups {
        let sum: f64 = group.members.iter().map(|m| p[*m]).sum();
        let whole = group.parent.map_or(1.0, |s| p[s]);
        assert!((sum - whole).abs() < 1e-6, "seed {SEED}: {sum} of {whole}");
    }
}

/// The graph against the head in memory, and the sums.
fn check_graph(old: &Arc<Model>, new: &Arc<Model>) {
    let inputs = random_inputs(old, 70);
    let before = old.session().unwrap().run(&inputs).unwrap();
    let after = new.session().unwrap().run(&inputs).unwrap();
    let head = new.head().unwrap().unwrap();
    let n = old.layout().len();
    for (b, a) in before.iter().zip(&after) {
        assert_eq!(b.embedding, a.embedding);
        check_sums(new.layout(), &a.p);
        let z = head.logits(&b.p, &b.embedding[n..], crate::model::head::LEAST);
        let mut conditional = crate::cascade::log_conditionals(new.layout(), &z);
        crate::cascade::correct_to_posterior(new.layout(), &mut conditional, &new.metadata().calibration.w_eff);
        let p = crate::cascade::probabilities(new.layout(), &conditional);
        for (slot, (x, y)) in p.iter().zip(&a.p).enumerate() {
            assert!((x - y).abs() < 1e-4, "seed {SEED}, {}: {x} {y}", new.layout().slots[slot].name);
        }
    }
}

#[test]
fn the_unchanged_tree_comes_out_no_worse() {
    let (model, refset) = shipped();
    let done = refitted(&model, &refset, model.taxonomy(), &RefitConfig::default());
    check_graph(&model, &done.model);
    let c = done.comparison.unwrap();
    assert_eq!((c.fold, c.objects, c.rows.len()), (9, 627, model.layout().len()));
    let (before, after) = (c.macro_f1.before.unwrap(), c.macro_f1.after.unwrap());
    assert!(after > before - 0.01, "{before} {after}");
    // The old model was calibrated on this very fold, its refit was not.
    let grown = |change: &Change| change.after.unwrap() - change.before.unwrap();
    assert!(grown(&c.loss) < 0.01 && grown(&c.log_loss) < 0.03, "{c:?}");
    assert!(done.notes.loss.1 < done.notes.loss.0 && done.notes.lines().is_empty(), "{:?}", done.notes);
    let (old, new) = (model.metadata(), done.model.metadata());
    assert_eq!((&old.encoder, &old.trained_on, old.summary.held_out), (&new.encoder, &new.trained_on, new.summary.held_out));
    assert!(new.summary.settings["refitted_from"].starts_with("transients (sha256 "));
    assert_eq!(new.counts["SN Ia-91T"], 134);
    assert!(done.model.knows(&refset.rows.iter().find(|r| r.fold == 0).unwrap().object_id));
    let ages = &done.model.metadata().decisions.as_ref().unwrap().ages;
    assert!(ages.iter().all(|a| a.objects == 627) && ages.last().unwrap().age_d.is_none());
    // Without a step it is the old model.
    let start = refitted(&model, &refset, model.taxonomy(), &RefitConfig { epochs: 0, ..few() });
    let inputs = random_inputs(&model, 20);
    let outputs = model.session().unwrap().run(&inputs).unwrap().into_iter().zip(start.model.session().unwrap().run(&inputs).unwrap());
    for (a, b) in outputs {
        assert!(a.p.iter().zip(&b.p).all(|(x, y)| (x - y).abs() < 1e-5), "seed {SEED}");
    }
}

/// The new head stands on the calibrated base; both have a calibration under its own name.
#[test]
fn a_calibrated_model_is_refitted_and_calibrated_again() {
    let (model, refset) = shipped();
    let scaling = |model: &Model| {
        let mut s = crate::model::calibration::Scaling::identity(model.layout().len());
        s.scale.fill(0.8);
        s.offset.iter_mut().enumerate().for_each(|(i, b)| *b = 0.1 * (i % 3) as f64);
        s
    };
    let again = |model: &Arc<Model>| {
        let bytes = model.recalibrated(&scaling(model), None, []).unwrap();
        Arc::new(Model::from_bytes(&bytes, Path::new("calibrated.onnx")).unwrap().with_refset_of(model))
    };
    let calibrated = again(&again(&model));
    let done = refitted(&calibrated, &refset, calibrated.taxonomy(), &few());
    check_graph(&calibrated, &done.model);
    let twice = again(&done.model);
    check_graph_calibrated(&done.model, &twice);
    let third = refitted(&twice, &refset, twice.taxonomy(), &few());
    assert_eq!(third.model.head().unwrap().unwrap().base, model.layout().len());
    let inputs = random_inputs(&third.model, 3);
    third.model.session().unwrap().run(&inputs).unwrap().iter().for_each(|o| check_sums(third.model.layout(), &o.p));
}

fn check_graph_calibrated(plain: &Arc<Model>, calibrated: &Arc<Model>) {
    let inputs = random_inputs(plain, 20);
    let outputs = plain.session().unwrap().run(&inputs).unwrap();
    for (a, b) in outputs.into_iter().zip(calibrated.session().unwrap().run(&inputs).unwrap()) {
        let mut l = a.log_conditional;
        calibrated.scaling().apply(calibrated.layout(), &mut l);
        let p = crate::cascade::probabilities(calibrated.layout(), &l);
        assert!(p.iter().zip(&b.p).all(|(x, y)| (x - y).abs() < 1e-4), "seed {SEED}");
    }
}

/// What the comparison takes for the old model on the held-out fold is the old model.
#[test]
fn probabilities_of_the_held_out_fold_are_the_models_own() {
    let (model, refset) = shipped();
    let (layout, w_eff) = (model.layout(), &model.metadata().calibration.w_eff);
    let atoms = layout.atoms();
    let mut worst: f64 = 0.0;
    for row in refset.rows.iter().filter(|r| r.fold == 9) {
        let z: Vec<f64> = row.embedding[..layout.len()].iter().map(|v| f64::from(*v)).collect();
        let mut conditional = crate::cascade::log_conditionals(layout, &z);
        crate::cascade::correct_to_posterior(layout, &mut conditional, w_eff);
        model.scaling().apply(layout, &mut conditional);
        let p = crate::cascade::probabilities(layout, &conditional);
        for (slot, kept) in atoms.iter().zip(&row.atoms) {
            worst = worst.max((p[*slot] - f64::from(*kept)).abs());
        }
    }
    // The logits are kept to 1.6 %: 0.1 of one of 6.
    assert!(worst < 0.06, "{worst}");
}

#[test]
fn a_class_split_off_a_leaf_becomes_known() {
    let (model, refset) = shipped();
    let tree = edited(|t| {
        let edit = crate::taxonomy::compose::split_off(t, id(t, "SN II"), "SN IIP", None).unwrap();
        t.apply(edit).unwrap();
        t.apply(Edit::Move { id: id(t, "SN IIP"), parent: id(t, "CC"), index: 1 }).unwrap();
    });
    let done = refitted(&model, &refset, &tree, &few());
    check_graph(&model, &done.model);
    let rows = done.comparison.unwrap().rows;
    let row = |name: &str| rows.iter().find(|r| r.node == name).unwrap();
    assert!(row("SN IIP").f1_before.is_none() && row("SN IIP").f1_after.is_some() && row("SN IIP").n == 7);
    assert!(row("SN II").f1_before.is_some());
    // The edited tree is poured onto without loss: nothing is unresolved.
    let layout = Layout::new(&tree);
    let way = Regrouper::new(done.model.taxonomy(), done.model.layout(), &tree, &layout).unwrap();
    assert!(way.is_identity());
}

#[test]
fn merged_moved_renamed_and_deleted_classes() {
    let (model, refset) = shipped();
    let tree = edited(|t| {
        let edit = crate::taxonomy::compose::merge(t, id(t, "SLSN-II"), id(t, "SN IIn")).unwrap();
        t.apply(edit).unwrap();
        t.apply(Edit::Move { id: id(t, "SLSN-I"), parent: t.root(), index: 0 }).unwrap();
        t.apply(Edit::Rename { id: id(t, "SN Ibc"), name: "stripped".into() }).unwrap();
        t.apply(Edit::Delete { id: id(t, "SN Ia-91T"), children: Subtree::GoAlong }).unwrap();
        t.apply(Edit::Delete { id: id(t, "TDE"), children: Subtree::GoAlong }).unwrap();
        t.add_child(id(t, "CC"), "kilonova").unwrap();
    });
    let done = refitted(&model, &refset, &tree, &few());
    check_graph(&model, &done.model);
    let notes = &done.notes;
    assert_eq!(notes.left_out.iter().map(|(l, n)| (l.as_str(), *n)).collect::<Vec<_>>(), [("TDE", 59)]);
    assert_eq!(notes.to_ancestor["SN Ia-91T"], ("SN Ia".to_string(), 152));
    let pruned: Vec<&str> = notes.pruned.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(pruned, ["SLSN", "kilonova"]);
    assert_eq!(notes.lines().len(), 5);
    assert!(done.model.taxonomy().find("stripped").is_some() && done.model.taxonomy().find("SLSN").is_none());
    let rows = done.comparison.unwrap().rows;
    let n = |name: &str| rows.iter().find(|r| r.node == name).map(|r| (r.n, r.f1_after.is_some()));
    assert_eq!(n("stripped"), Some((29, true)));
    assert_eq!(n("SN IIn"), Some((26, true)));
    assert_eq!(n("kilonova"), Some((0, false)));
}

#[test]
fn a_refitted_model_is_refitted_from_its_base() {
    let (model, refset) = shipped();
    let tree = edited(|t| t.apply(Edit::Delete { id: id(t, "SLSN"), children: Subtree::Rise }).map(|_| ()).unwrap());
    let once = refitted(&model, &refset, &tree, &few());
    let again = refitted(&once.model, &once.model.refset().unwrap(), model.taxonomy(), &few());
    let direct = refitted(&model, &refset, model.taxonomy(), &few());
    assert_eq!(again.model.head().unwrap(), direct.model.head().unwrap());
    assert_eq!(again.model.proto().graph, direct.model.proto().graph);
    check_graph(&model, &again.model);
    // What is compared with is the model that was refitted.
    let (first, second) = (once.comparison.unwrap(), again.comparison.unwrap());
    let f1 = |rows: &[Row], name: &str, before: bool| {
        rows.iter().find(|r| r.node == name).and_then(|r| if before { r.f1_before } else { r.f1_after })
    };
    for name in ["SN Ia", "SN II", "SLSN-I", "TDE"] {
        assert_eq!(f1(&first.rows, name, false), f1(&second.rows, name, true), "{name}");
    }
}

#[test]
fn the_same_bytes_on_one_thread_and_on_two() {
    let (model, refset) = shipped();
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| refitted(&model, &refset, model.taxonomy(), &few())).bytes
    };
    assert!(bytes(1) == bytes(2), "the bytes differ");
}

#[test]
fn it_can_be_stopped_at_any_step() {
    let (model, refset) = shipped();
    for last in [1, 3, 6] {
        let mut calls = 0;
        let mut report = |_| {
            calls += 1;
            if calls == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let result = refit(&refset, &model, model.taxonomy(), &model.taxonomy().weights, &few(), &mut report);
        assert!(matches!(result, Err(RefitError::Interrupted)));
        assert_eq!(calls, last);
    }
    let cancel = AtomicBool::new(true);
    let result = refit_model(&model, model.taxonomy(), &few(), &cancel, &mut |_| {});
    assert!(matches!(result, Err(RefitError::Interrupted)));
}

#[test]
fn what_can_not_be_refitted_says_why() {
    let (model, refset) = shipped();
    let mut foreign = Taxonomy::new("fruit", "Fruit");
    foreign.add_child(foreign.root(), "apple").unwrap();
    foreign.add_child(foreign.root(), "pear").unwrap();
    let fail = |refset: &Refset, tree: &Taxonomy, options: &WeightOptions| {
        refit(refset, &model, tree, options, &few(), &mut go).unwrap_err().to_string()
    };
    let text = fail(&refset, &foreign, &foreign.weights);
    assert!(text.contains("none of the") && text.contains("SN Ia"), "{text}");
    let own = model.taxonomy();
    let text = fail(&refset, own, &WeightOptions { beta: 1e6, ..own.weights });
    assert!(text.contains("beta 1000000 is too great"), "{text}");
    assert!(fail(&refset, own, &WeightOptions { alpha: f64::NAN, ..own.weights }).contains("alpha"));
    let mut damaged = refset.clone();
    damaged.rows[5].atoms.pop();
    let text = fail(&damaged, own, &own.weights);
    assert!(text.contains(&damaged.rows[5].object_id) && text.contains("16 probabilities"), "{text}");
    // A model file without its reference set.
    let folder = tempfile::tempdir().unwrap();
    let bytes = refitted(&model, &refset, own, &few()).bytes;
    let lonely = Model::from_bytes(&bytes, &folder.path().join("lonely.onnx")).unwrap();
    let text = lonely.refset().unwrap_err().to_string();
    assert!(text.contains("lonely.refset.parquet") && text.contains("--folds"), "{text}");
    assert!(lonely.with_refset_of(&model).refset().is_ok());
}
