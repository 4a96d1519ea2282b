//! Random damage to small valid FITS, Parquet and Avro files: whatever comes out, it comes as a value and is fit to use.

use super::super::*;
use super::fuzz::{check, damage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seed that a failure prints, and the number of rounds.
fn seed() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let seed = number("TAXONOVA_FUZZ_SEED")
        .unwrap_or_else(|| std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64));
    eprintln!("TAXONOVA_FUZZ_SEED={seed}");
    (seed, number("TAXONOVA_FUZZ_ROUNDS").unwrap_or(200))
}

fn sound(what: &str, items: &[Result<LightCurve, ReadError>]) {
    items.iter().flatten().for_each(check);
    for e in items.iter().filter_map(|i| i.as_ref().err()) {
        assert!(!e.to_string().contains(|c: char| c.is_control()), "{what}: {e}");
        // Only other people's code may have panicked, and been caught.
        assert!(!e.found.starts_with("the file is corrupt") || what.contains(".parquet"), "{what}: {e}");
    }
}

#[test]
fn damaged_files_never_panic() {
    let (seed, rounds) = seed();
    let files = [
        ("long.fits", super::fits::long()),
        ("long.parquet", super::tables::long()),
        ("alerts.parquet", super::tables::alerts()),
        ("lsst.avro", super::lsst::new_alerts()),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..rounds {
        for (name, bytes) in &files {
            let mut damaged = bytes.clone();
            if round > 0 {
                damage(&mut damaged, &mut rng);
            }
            let options = ReadOptions { merge_rows: rng.random(), ..ReadOptions::default() };
            let items: Vec<_> = match open_bytes(name, damaged, &options) {
                Ok(reader) => reader.take(100_000).collect(),
                Err(e) => vec![Err(e)],
            };
            assert!(round > 0 || items.iter().all(Result::is_ok), "{name} as it is: {items:?}");
            sound(&format!("{name}, round {round}"), &items);
        }
    }
}

#[test]
fn damaged_pairs_never_panic() {
    let (seed, rounds) = seed();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let paths = ["x_HEAD.FITS", "x_PHOT.FITS"].map(|n| dir.path().join(n));
    for round in 0..rounds {
        let mut files = super::fits::pair(&super::fits::two_objects());
        if round > 0 {
            let which = rng.random_range(0..files.len());
            damage(&mut files[which], &mut rng);
        }
        paths.iter().zip(&files).for_each(|(p, bytes)| std::fs::write(p, bytes).unwrap());
        for path in &paths {
            let items: Vec<_> = match open(path, &ReadOptions::default()) {
                Ok(reader) => reader.take(100_000).collect(),
                Err(e) => vec![Err(e)],
            };
            assert!(round > 0 || items.iter().all(Result::is_ok), "as they are: {items:?}");
            sound(&format!("round {round}"), &items);
        }
    }
}
