//! The pipeline on made-up objects: order, cuts, faults, panics, stop.

use super::pipeline::*;
use crate::lightcurve::read::{Place, ReadError};
use crate::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Inputs of so many objects; every 10th item of an input is a fault, and an input of 0 can't be opened.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) sizes: Vec<u64>,
    /// Counts what is read.
    pub(super) read: Arc<AtomicU64>,
    /// Sets the flag once so many are read.
    pub(super) stop_at: Option<(u64, Arc<AtomicBool>)>,
}

impl Fake {
    pub(super) fn new(sizes: &[u64]) -> Self {
        Fake { sizes: sizes.to_vec(), read: Arc::default(), stop_at: None }
    }
}

fn name(input: usize) -> PathBuf {
    PathBuf::from(format!("input-{input}"))
}

pub(super) fn curve(input: usize, item: u64) -> LightCurve {
    let n = 1 + (item * 7 + input as u64) % 5;
    let points = (0..n).map(|i| Observation::from_flux(i as f64, BandId::ZTF_G, 100.0 + item as f64, 1.0)).collect();
    let origin = Origin { path: Arc::new(name(input)), format: "fake" };
    LightCurve::new(format!("o{input}-{item}"), Photometry::Difference, points, origin)
}

impl Source for Fake {
    fn count(&self) -> usize {
        self.sizes.len()
    }

    fn open(&mut self, input: usize) -> Result<Objects, ReadError> {
        let size = self.sizes[input];
        if size == 0 {
            return Err(ReadError::new(&name(input), Place::File, "nothing", ""));
        }
        let this = self.clone();
        Ok(Box::new((0..size).map(move |item| {
            let read = this.read.fetch_add(1, Ordering::SeqCst) + 1;
            if let Some((at, flag)) = &this.stop_at
                && read == *at
            {
                flag.store(true, Ordering::SeqCst);
            }
            if item % 10 == 9 { Err(ReadError::new(&name(input), Place::Row(item), "a fault", "")) } else { Ok(curve(input, item)) }
        })))
    }
}

pub(super) fn setup(threads: usize) -> Setup {
    Setup { rows: 16, points: 40, ..Setup::new(threads, Arc::default()) }
}

type Cut = (Vec<String>, Vec<String>, Position, bool);

fn cuts(source: Fake, setup: &Setup) -> (Vec<Cut>, End) {
    let mut seen = Vec::new();
    let end = run(
        source,
        setup,
        || Ok(|curves: Vec<LightCurve>| curves.into_iter().map(|c| c.object_id).collect::<Vec<_>>()),
        |done: Done<Vec<String>>| {
            assert_eq!(done.objects, done.output.len() as u64);
            seen.push((done.output, done.errors.iter().map(|e| e.to_string()).collect(), done.next, done.whole));
            Ok::<(), ()>(())
        },
        || {},
    )
    .unwrap();
    (seen, end)
}

const SIZES: [u64; 6] = [3, 0, 100, 45, 0, 7];

#[test]
fn the_cuts_do_not_depend_on_the_threads() {
    let (one, end) = cuts(Fake::new(&SIZES), &setup(1));
    assert_eq!(end, End::Finished);
    let (four, _) = cuts(Fake::new(&SIZES), &setup(4));
    assert_eq!(one, four);
    let ids: Vec<&String> = one.iter().flat_map(|c| &c.0).collect();
    let expected: Vec<String> = (0..6).flat_map(|i| (0..SIZES[i]).filter(|o| o % 10 != 9).map(move |o| format!("o{i}-{o}"))).collect();
    assert!(ids.iter().zip(&expected).all(|(a, b)| *a == b) && ids.len() == expected.len());
    assert_eq!(one.iter().map(|c| c.1.len()).sum::<usize>(), 2 + 10 + 4);
    // Cut by points as well as by rows.
    assert!(one.iter().any(|c| c.0.len() < 16) && one.iter().all(|c| c.0.len() <= 16));
}

#[test]
fn from_every_cut_the_rest_is_the_same() {
    let (all, _) = cuts(Fake::new(&SIZES), &setup(2));
    for i in 0..all.len() - 1 {
        let (rest, end) = cuts(Fake::new(&SIZES), &Setup { from: all[i].2, ..setup(3) });
        assert_eq!(end, End::Finished);
        assert_eq!(rest, all[i + 1..], "after batch {i}");
    }
}

#[test]
fn fail_fast_ends_with_the_first_fault() {
    let (seen, end) = cuts(Fake::new(&[5, 100]), &Setup { fail_fast: true, ..setup(2) });
    assert_eq!(end, End::Failed);
    let last = seen.last().unwrap();
    assert_eq!((last.1.len(), last.3), (1, false));
    assert_eq!(seen.iter().map(|c| c.0.len()).sum::<usize>(), 14);
}

#[test]
fn only_so_many_batches_are_under_way() {
    let source = Fake::new(&[5000]);
    let read = source.read.clone();
    let mut sunk = 0u64;
    let end = run(
        source,
        &setup(2),
        || Ok(|curves: Vec<LightCurve>| curves.len() as u64),
        |done| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            sunk += done.objects + done.errors.len() as u64;
            // 2 * 2 + 1 batches that wait, the one being written and the one being cut, of 16 at most.
            assert!(read.load(Ordering::SeqCst) <= sunk + 7 * 18, "{} read, {sunk} written", read.load(Ordering::SeqCst));
            Ok::<(), ()>(())
        },
        || {},
    );
    assert!(matches!(end, Ok(End::Finished)));
    assert_eq!(sunk, 5000);
}

#[test]
fn a_sink_that_gives_up_ends_the_run_and_so_does_a_worker() {
    let end = run(Fake::new(&[5000]), &setup(2), || Ok(|c: Vec<LightCurve>| c.len()), |_| Err("full"), || {});
    assert!(matches!(end, Err(Broken::Sink("full"))));
    let end = run(Fake::new(&[50]), &setup(2), || Ok(|_: Vec<LightCurve>| -> u8 { panic!("bang") }), |_| Ok::<(), ()>(()), || {});
    assert!(matches!(end, Err(Broken::Worker(reason)) if reason.contains("bang")));
    let end = run(
        Fake::new(&[50]),
        &setup(2),
        || if true { Err("no model".to_string()) } else { Ok(|_: Vec<LightCurve>| 0) },
        |_| Ok::<(), ()>(()),
        || {},
    );
    assert!(matches!(end, Err(Broken::Worker(reason)) if reason == "no model"));
}

#[test]
fn flushed_batches_hold_everything_in_order() {
    let (seen, end) = cuts(Fake::new(&SIZES), &Setup { flush: true, ..setup(3) });
    assert_eq!(end, End::Finished);
    let (plain, _) = cuts(Fake::new(&SIZES), &setup(1));
    let objects = |cuts: &[Cut]| cuts.iter().flat_map(|c| c.0.clone()).collect::<Vec<_>>();
    let errors = |cuts: &[Cut]| cuts.iter().flat_map(|c| c.1.clone()).collect::<Vec<_>>();
    assert_eq!((objects(&seen), errors(&seen)), (objects(&plain), errors(&plain)));
    assert!(seen.iter().all(|c| c.0.len() <= 16));
    let (seen, end) = cuts(Fake::new(&[5, 100]), &Setup { flush: true, fail_fast: true, ..setup(2) });
    assert_eq!((end, seen.iter().map(|c| c.0.len()).sum::<usize>()), (End::Failed, 14));
}
