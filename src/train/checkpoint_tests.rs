//! A training that is stopped and goes on ends with the bytes of one that was not; and what is refused.

use super::checkpoint::{Checkpoint, CheckpointError, Manifest, Progress};
use super::data::{Example, examples};
use super::run::{Epoch, TrainConfig, TrainError, Trained, train, train_kept};
use super::{cross_validate, cross_validate_kept};
use crate::features::Group;
use crate::simulate::Simulator;
use crate::taxonomy::{Layout, Taxonomy, parse_json, shipped_json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const EPOCHS: usize = 13;

fn set() -> (Taxonomy, Layout, Vec<Example>) {
    let tree = parse_json(shipped_json("transients").unwrap(), Path::new("t")).unwrap();
    let layout = Layout::new(&tree);
    let simulator = Simulator::new(5);
    let curves: Vec<_> = (0..36).map(|i| simulator.object(i).light_curve()).collect();
    let (mut set, _) = examples(&curves, &tree, &layout, &[Group::Transient], 1, 5);
    set.iter_mut().enumerate().for_each(|(i, e)| e.fold = (i % 3) as u32);
    (tree, layout, set)
}

fn config() -> TrainConfig {
    TrainConfig { epochs: EPOCHS, batch: 8, hidden: vec![8, 4], versions: 1, members: 2, ..TrainConfig::default() }
}

fn manifest(set: &[Example], seed: u64) -> Manifest {
    Manifest::new(set, "tree", [("seed".to_string(), seed.to_string())])
}

fn go<T>(_: T) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn stopped_after_any_epoch_it_ends_with_the_same_numbers() {
    let (tree, layout, set) = set();
    let all: Vec<&Example> = set.iter().collect();
    let whole = train(&all, &tree, &layout, &tree.weights, &config(), &go).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    for stop_at in [1, 4, 11, 12] {
        let folder = temporary.path().join(format!("m{stop_at}.onnx.progress"));
        let run = |progress: &Progress, report: &(dyn Fn(Epoch) -> ControlFlow<()> + Sync)| -> (Trained, bool) {
            let checkpoint = Checkpoint::new(Some(progress), "model");
            let (trained, unfinished) = train_kept(&all, &tree, &layout, &tree.weights, &config(), report, &checkpoint).unwrap();
            (trained, unfinished.is_some())
        };
        let progress = Progress::start(&folder, &manifest(&set, 1)).unwrap();
        let stop = |e: Epoch| if e.epoch == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let (part, stopped) = run(&progress, &stop);
        assert!(stopped && part != whole, "stopped after {stop_at}");
        // What is kept is a model: it gives numbers.
        let row: Vec<&[f32]> = vec![&set[0].reference[0]];
        assert!(part.predict(&layout, &row)[0].log_probability.iter().all(|p| !p.is_nan()));
        let progress = Progress::resume(&folder, &manifest(&set, 1)).unwrap().expect("it is there");
        let (resumed, stopped) = run(&progress, &go);
        assert!(!stopped && resumed == whole, "stopped after {stop_at}, it ends elsewhere");
        progress.remove().unwrap();
        assert!(!folder.exists());
    }
}

#[test]
fn finished_folds_are_kept() {
    let (tree, layout, set) = set();
    let whole = cross_validate(&set, &tree, &layout, &tree.weights, &config(), &|_, _| ControlFlow::Continue(())).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("m.onnx.progress");
    let progress = Progress::start(&folder, &manifest(&set, 1)).unwrap();
    let epochs = AtomicUsize::new(0);
    let stop = |_, _| {
        let n = epochs.fetch_add(1, Ordering::Relaxed);
        if n >= 2 * EPOCHS + 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = cross_validate_kept(&set, &tree, &layout, &tree.weights, &config(), &stop, Some(&progress));
    assert!(matches!(result, Err(TrainError::Interrupted)), "{result:?}");
    let before = epochs.swap(0, Ordering::Relaxed);
    let count = |_, _| {
        epochs.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let resumed = cross_validate_kept(&set, &tree, &layout, &tree.weights, &config(), &count, Some(&progress)).unwrap();
    assert!(resumed == whole, "it ends elsewhere");
    let after = epochs.load(Ordering::Relaxed);
    assert_eq!(before + after, 3 * 2 * EPOCHS, "no epoch is trained twice");
}

#[test]
fn another_training_is_refused_with_the_reason() {
    let (_, _, mut set) = set();
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("m.onnx.progress");
    assert!(Progress::resume(&folder, &manifest(&set, 1)).unwrap().is_none());
    Progress::start(&folder, &manifest(&set, 1)).unwrap();
    let text = Progress::resume(&folder, &manifest(&set, 2)).unwrap_err().to_string();
    assert!(text.contains("seed (then 1, now 2)") && !text.contains("data ("), "{text}");
    set[3].versions[0][0] = 12345.0;
    let text = Progress::resume(&folder, &manifest(&set, 1)).unwrap_err().to_string();
    assert!(text.contains("data (then 36 objects"), "{text}");
    std::fs::write(folder.join("manifest.json"), "{").unwrap();
    assert!(matches!(Progress::resume(&folder, &manifest(&set, 1)), Err(CheckpointError::Damaged { .. })));
}

#[test]
fn a_damaged_checkpoint_is_refused_and_strangers_files_stay() {
    let (tree, layout, set) = set();
    let all: Vec<&Example> = set.iter().collect();
    let temporary = tempfile::tempdir().unwrap();
    let progress = Progress::start(temporary.path(), &manifest(&set, 1)).unwrap();
    std::fs::write(temporary.path().join("model-1.state"), [1, 2, 3]).unwrap();
    std::fs::write(temporary.path().join("notes.txt"), "mine").unwrap();
    let checkpoint = Checkpoint::new(Some(&progress), "model");
    let result = train_kept(&all, &tree, &layout, &tree.weights, &config(), &go, &checkpoint);
    assert!(matches!(result, Err(TrainError::Checkpoint(CheckpointError::Damaged { .. }))), "{result:?}");
    assert!(progress.remove().is_err());
    assert!(temporary.path().join("notes.txt").exists() && !temporary.path().join("model-1.state").exists());
}
