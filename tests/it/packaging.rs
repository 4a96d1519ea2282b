//! What the repository says about itself: documents, licences, continuous integration and who uses whom.

use clap::{CommandFactory, Parser};
#[cfg(target_os = "linux")]
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The lines of a document's indented code blocks that start with `program`.
fn examples<'a>(document: &'a str, program: &str) -> Vec<&'a str> {
    let code = document.lines().filter_map(|l| l.strip_prefix("    "));
    code.filter(|l| l.split(' ').next() == Some(program)).map(str::trim).collect()
}

#[test]
fn continuous_integration_runs_the_readmes_commands() {
    let readme = read("README.md");
    assert_eq!(examples(&readme, "cargo"), ["cargo run --release", "cargo test --release"]);
    let ci = read(".ci/run");
    let steps: Vec<&str> = ci.lines().filter_map(|l| l.strip_prefix("step ")).collect();
    for wanted in ["cargo test --release", "cargo fmt --check", "cargo clippy --release --all-targets -- -D warnings"] {
        assert!(steps.contains(&wanted), "{wanted} is no step of .ci/run: {steps:?}");
    }
    // One profile, so that nothing is compiled twice.
    for step in steps {
        if ["cargo test", "cargo clippy", "cargo check", "cargo build", "cargo run"].iter().any(|c| step.starts_with(c)) {
            assert!(step.contains("--release"), "{step}");
        }
    }
    assert!(!ci.contains("://"), ".ci/run names no host");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(root().join(".ci/run")).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o111, 0o111, ".ci/run is executable");
    }
}

/// The features that each dependency is built with, for the given kinds of edges.
#[cfg(target_os = "linux")]
fn built_with(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}|{f}", "--edges", edges];
    let out = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        if let Some((package, features)) = line.trim_end_matches(" (*)").split_once('|') {
            found.entry(package.to_string()).or_default().insert(features.to_string());
        }
    }
    found
}

/// `cargo run` and `cargo test` share what they compile only if no dependency of the tests changes another's features: a
/// difference anywhere below means compiling everything above it twice.
#[cfg(target_os = "linux")]
#[test]
fn the_readmes_commands_share_their_builds() {
    let (run, test) = (built_with("normal,build"), built_with("normal,build,dev"));
    assert!(run.len() > 100 && test.len() > run.len());
    for (package, features) in &run {
        assert_eq!(Some(features), test.get(package), "{package}: see the end of [dependencies] in Cargo.toml");
    }
}

/// Every example in the documents is one that the program would take: no subcommand or option that isn't there.
#[test]
fn the_documents_examples_parse() {
    for name in ["README.md", "CONTRIBUTING.md", "sample_data/SIMULATED.md", "docs/labels.md"] {
        let text = read(name);
        let found = examples(&text, "taxonova");
        assert!(name != "README.md" || found.len() >= 3);
        for line in found {
            // What the shell does is not the program's business.
            let words = line.split('#').next().unwrap_or("").split(['>', '|']).next().unwrap_or("").split_whitespace();
            if let Err(e) = taxonova::cli::Cli::try_parse_from(words) {
                assert!(!e.use_stderr(), "{name}: {line}\n{e}");
            }
        }
    }
}

/// The README shows every subcommand at work.
#[test]
fn every_subcommand_has_an_example() {
    let readme = read("README.md");
    let shown: Vec<&str> = examples(&readme, "taxonova").iter().filter_map(|l| l.split(' ').nth(1)).collect();
    for command in taxonova::cli::Cli::command().get_subcommands().filter(|c| !c.is_hide_set()) {
        assert!(shown.contains(&command.get_name()), "README.md has no example of taxonova {}", command.get_name());
    }
}

#[test]
fn the_changelog_begins_with_this_version() {
    let log = read("CHANGELOG.md");
    let first = log.lines().find_map(|l| l.strip_prefix("## [")).expect("a version");
    assert!(first.starts_with(concat!(env!("CARGO_PKG_VERSION"), "]")), "CHANGELOG.md begins with {first}");
}

#[test]
fn both_licences_are_there() {
    assert!(read("LICENSE-MIT").contains("Copyright (c) Taxonova contributors"));
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
    assert_eq!(env!("CARGO_PKG_LICENSE"), "MIT OR Apache-2.0");
    let deny = read("deny.toml");
    let allowed = deny.split("exceptions").next().unwrap_or("");
    assert!(!allowed.contains("\"GPL") && !allowed.contains("\"LGPL") && !allowed.contains("\"MPL"));
}

/// The files under version control; none, with a message, where there is no git.
fn tracked() -> Vec<PathBuf> {
    match Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output() {
        Ok(o) if o.status.success() => {
            String::from_utf8_lossy(&o.stdout).split('\0').filter(|n| !n.is_empty()).map(|n| root().join(n)).collect()
        }
        _ => {
            eprintln!("skipped: no git here");
            Vec::new()
        }
    }
}

/// No path of somebody's machine, nothing left to do, nothing about how the text came to be.
#[test]
fn texts_speak_of_the_product_alone() {
    // Put together here, so that this file passes.
    let mut anywhere = [["/ro", "ot/"], ["/wo", "rk/"], ["/mn", "t/"]].map(|p| p.concat()).to_vec();
    anywhere.push(env!("CARGO_MANIFEST_DIR").to_string());
    let left = [["TO", "DO"], ["FIX", "ME"], ["todo", "!("], ["unimplemented", "!("], ["dbg", "!("]].map(|p| p.concat());
    let words = [["clau", "de"], ["anthro", "pic"], ["chat", "gpt"], ["co", "pilot"], ["sub", "agent"]].map(|p| p.concat());
    for path in tracked() {
        if path.ends_with("Cargo.lock") {
            continue;
        }
        // Binary files (models) and files deleted but not yet committed are passed over.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (i, line) in text.lines().enumerate() {
            let place = || format!("{}:{}: {line}", path.display(), i + 1);
            for bad in &anywhere {
                let absolute = line
                    .match_indices(bad.as_str())
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~".contains(c)));
                assert!(!absolute, "absolute path at {}", place());
            }
            assert!(!left.iter().any(|b| line.contains(b.as_str())), "left to do at {}", place());
            let lower = line.to_lowercase();
            assert!(!words.iter().any(|b| lower.contains(b.as_str())), "{}", place());
        }
    }
}

/// ARCHITECTURE.md's table: a part, and the parts that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("taxonomy", &[]),
    ("lightcurve", &[]),
    ("simulate", &["lightcurve"]),
    ("cascade", &["taxonomy"]),
    ("features", &["lightcurve"]),
    ("model", &["taxonomy", "lightcurve", "cascade", "features"]),
    ("train", &["taxonomy", "lightcurve", "cascade", "features", "model", "evaluate", "batch", "plot"]),
    ("evaluate", &["taxonomy", "lightcurve", "cascade", "features", "model", "train", "batch", "plot"]),
    ("batch", &["taxonomy", "lightcurve", "cascade", "features", "model", "train", "evaluate", "plot"]),
    ("plot", &["taxonomy", "lightcurve", "cascade", "features", "model", "train", "evaluate", "batch"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.file_stem().is_some_and(|s| s.to_string_lossy().contains("test")) {
            found.push(path);
        }
    }
}

#[test]
fn dependencies_point_downwards() {
    let parts: Vec<&str> = MAY_USE.iter().map(|(p, _)| *p).chain(["cli", "tui"]).collect();
    let tui_may: Vec<&str> = MAY_USE.iter().map(|(p, _)| *p).chain(["tui"]).collect();
    let rules = MAY_USE.iter().map(|(p, may)| (*p, may.to_vec())).chain([("tui", tui_may)]);
    for (part, may) in rules {
        let mut files = Vec::new();
        sources(&root().join("src").join(part), &mut files);
        for path in files {
            let text = fs::read_to_string(&path).expect("a source file");
            // Tests may use anything; they stand last in a file.
            let code = text.split("#[cfg(test)]").next().unwrap_or("");
            for other in &parts {
                if *other != part && !may.contains(other) {
                    assert!(!code.contains(&format!("crate::{other}::")), "{} uses {other}: {part} must not", path.display());
                }
            }
        }
    }
}
