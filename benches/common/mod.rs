//! What the benches share: their arguments, the folder of the real data, the time of the processor.

// Every bench is a crate of its own and needs a part of this.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::str::FromStr;
use taxonova::lightcurve::LightCurve;
use taxonova::lightcurve::read::{self, ReadOptions};
use taxonova::taxonomy::{Taxonomy, parse_json, shipped_json};

/// What follows `name` on the command line; an argument that can't be read ends the bench.
pub fn argument<T: FromStr>(name: &str, default: T) -> T {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().position(|a| a == name) {
        None => default,
        Some(i) => match args.get(i + 1).map(|v| v.parse()) {
            Some(Ok(value)) => value,
            _ => fail(format!("{name}: expected a value of the kind of its default, found {:?}", args.get(i + 1))),
        },
    }
}

/// Whether the command line has `name`.
pub fn flag(name: &str) -> bool {
    std::env::args().any(|a| a == name)
}

/// Ends the bench.
pub fn fail(message: impl std::fmt::Display) -> ! {
    eprintln!("{message}");
    std::process::exit(2)
}

/// The folder of the real data. None, with a message, where there is none: the bench is skipped.
pub fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("TAXONOVA_SHARED_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    if !dir.is_dir() {
        eprintln!("skipped: no real data at {} (set TAXONOVA_SHARED_DATA)", dir.display());
        return None;
    }
    Some(dir)
}

/// All readable light curves of a file.
pub fn curves(path: &Path) -> Vec<LightCurve> {
    read::open(path, &ReadOptions::default()).unwrap_or_else(|e| fail(e)).filter_map(Result::ok).collect()
}

/// A shipped tree.
pub fn tree(name: &str) -> Taxonomy {
    let json = shipped_json(name).unwrap_or_else(|| fail(format!("no tree {name} is shipped")));
    parse_json(json, name.as_ref()).unwrap_or_else(|e| fail(e))
}

/// User and system time of this process in seconds (Linux; 0 elsewhere).
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
