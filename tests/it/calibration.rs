//! Calibration in the bundle: the graph gives the numbers of the f64 code, and its constants can be exchanged.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use taxonova::cascade::{log_conditionals, probabilities};
use taxonova::lightcurve::LightCurve;
use taxonova::model::calibration::Scaling;
use taxonova::model::{Input, Model, Output, Summary};
use taxonova::simulate::Simulator;
use taxonova::taxonomy::{Layout, Taxonomy, parse_json, shipped_json};
use taxonova::train::calibrate::after_training;
use taxonova::train::data::REFERENCE_AGES_D;
use taxonova::train::{Example, TrainConfig, Trained, examples, export, train};

const SEED: u64 = 17;

fn transients() -> (Taxonomy, Layout) {
    let tree = parse_json(shipped_json("transients").unwrap(), Path::new("transients.json")).unwrap();
    let layout = Layout::new(&tree);
    (tree, layout)
}

fn simulated(n: u64) -> Vec<LightCurve> {
    let simulator = Simulator::new(SEED);
    (0..n).map(|i| simulator.object(i).light_curve()).collect()
}

/// A scaling that differs from group to group and from node to node.
fn lively(layout: &Layout) -> Scaling {
    let mut s = Scaling::identity(layout.len());
    for (g, group) in layout.groups.iter().enumerate() {
        for (i, m) in group.members.iter().enumerate() {
            s.scale[*m] = [0.6, 1.4, 0.9, 2.0][g % 4];
            s.offset[*m] = 0.3 * i as f64 - 0.2 * g as f64;
        }
    }
    s
}

fn inputs(model: &Model, curves: &[LightCurve]) -> Vec<Input> {
    curves.iter().map(|lc| model.prepare(&lc.observations, lc.photometry)).collect()
}

fn run(model: &Arc<Model>, inputs: &[Input]) -> Vec<Output> {
    model.session().unwrap().run(inputs).unwrap()
}

/// `after` is `before` calibrated by `scaling`, with the same embedding and weighted scores.
fn calibrated_by(layout: &Layout, scaling: &Scaling, before: &[Output], after: &[Output]) {
    for (i, (b, a)) in before.iter().zip(after).enumerate() {
        let mut l = log_conditionals(layout, &b.log_conditional);
        scaling.apply(layout, &mut l);
        for (slot, (want, got)) in probabilities(layout, &l).iter().zip(&a.p).enumerate() {
            assert!((want - got).abs() < 1e-4, "object {i}, slot {slot}: {want} {got}");
        }
        assert_eq!(a.embedding, b.embedding);
        assert!(a.weighted_p.iter().zip(&b.weighted_p).all(|(x, y)| (x - y).abs() < 1e-4), "object {i}");
    }
}

#[test]
fn the_shipped_model_takes_a_calibration_and_another_one_in_its_place() {
    let model = Model::shipped().unwrap();
    let layout = model.layout();
    let curves = simulated(70);
    let inputs = inputs(&model, &curves);
    // The shipped model may be calibrated: what is added comes on top.
    let before = run(&model, &inputs);
    let own = model.scaling().clone();
    let scaling = lively(layout);
    let bytes = model.recalibrated(&own.then(&scaling), None, []).unwrap();
    let new = Arc::new(Model::from_bytes(&bytes, Path::new("new.onnx")).unwrap());
    calibrated_by(layout, &scaling, &before, &run(&new, &inputs));
    assert_ne!(new.fingerprint(), model.fingerprint());
    assert_eq!(new.metadata().encoder, model.metadata().encoder);
    // Back again: the constants are exchanged, nothing is stacked.
    let back = new.recalibrated(&own, None, [("note".into(), "back".into())]).unwrap();
    assert!(back.len() < bytes.len() + 200, "{} {}", back.len(), bytes.len());
    let back = Arc::new(Model::from_bytes(&back, Path::new("back.onnx")).unwrap());
    calibrated_by(layout, &Scaling::identity(layout.len()), &before, &run(&back, &inputs));
    assert_eq!(back.summary().settings["note"], "back");
}

fn trained(config: &TrainConfig, held: u32) -> (Vec<Example>, Trained, Vec<u8>) {
    let (tree, layout) = transients();
    let (set, _) = examples(&simulated(260), &tree, &layout, &config.groups, config.versions, config.seed);
    let training: Vec<&Example> = set.iter().filter(|e| e.fold != held).collect();
    let trained = train(&training, &tree, &layout, &tree.weights, config, &|_| ControlFlow::Continue(())).unwrap();
    let summary = Summary {
        name: "test".into(),
        seed: config.seed,
        objects: training.len(),
        folds: vec![],
        held_out: Some(held),
        members: config.members,
        settings: BTreeMap::new(),
    };
    let bytes = export::bundle(&trained, &tree, &layout, summary, training.iter().map(|e| e.object_id.as_str()));
    (set, trained, bytes)
}

#[test]
fn a_held_out_fold_calibrates_the_bundle() {
    let (_, layout) = transients();
    let config = TrainConfig { seed: SEED, epochs: 20, batch: 32, hidden: vec![48, 12], versions: 2, ..TrainConfig::default() };
    let (set, trained, bytes) = trained(&config, 3);
    let calibrated = after_training(&layout, &set, &REFERENCE_AGES_D, &trained, Some(3), None).unwrap();
    assert!(calibrated.what.contains("fold 3"), "{}", calibrated.what);
    assert!(after_training(&layout, &set, &REFERENCE_AGES_D, &trained, None, None).is_none());
    let plain = Arc::new(Model::from_bytes(&bytes, Path::new("plain.onnx")).unwrap());
    let folded = calibrated.fold_into(&bytes).unwrap();
    assert_eq!(folded, calibrated.fold_into(&bytes).unwrap());
    let model = Arc::new(Model::from_bytes(&folded, Path::new("folded.onnx")).unwrap());
    assert!(plain.scaling().is_identity() && !model.scaling().is_identity());
    let rows: Vec<Input> = set.iter().flat_map(|e| e.reference.iter().map(|r| Input(r.clone()))).collect();
    calibrated_by(&layout, model.scaling(), &run(&plain, &rows), &run(&model, &rows));
    // The f64 code of the training gives the same numbers.
    let features: Vec<&[f32]> = set.iter().flat_map(|e| e.reference.iter().map(Vec::as_slice)).collect();
    for (p, o) in trained.predict(&layout, &features).iter().zip(run(&model, &rows)) {
        let mut l = p.log_conditional.clone();
        model.scaling().apply(&layout, &mut l);
        assert!(probabilities(&layout, &l).iter().zip(&o.p).all(|(a, b)| (a - b).abs() < 1e-4));
    }
    let decisions = model.metadata().decisions.as_ref().unwrap();
    let held = set.iter().filter(|e| e.fold == 3).count();
    assert_eq!(decisions.ages.len(), REFERENCE_AGES_D.len());
    assert!(decisions.ages.iter().all(|a| a.objects == held));
    assert!(plain.metadata().decisions.is_none());
}
