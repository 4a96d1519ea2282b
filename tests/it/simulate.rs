//! `taxonova simulate` from outside.

use assert_cmd::Command;
use std::fs;
use std::path::Path;

fn simulate(folder: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("taxonova").expect("the program");
    command.arg("simulate").arg("-o").arg(folder).args(more).assert()
}

#[test]
fn the_sample_data_are_what_the_command_makes() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("deep/er");
    let done = simulate(&out, &["-n", "12", "--seed", "2312"]).code(0);
    let said = String::from_utf8_lossy(&done.get_output().stderr).to_string();
    assert!(said.contains("SIMULATED") && said.contains("simulated.csv"), "{said}");
    assert!(done.get_output().stdout.is_empty());
    let made = fs::read(out.join("simulated.csv")).expect("light curves");
    assert!(made == taxonova::simulate::sample_data().1, "the program in the binary and the command differ");
    let note = fs::read_to_string(out.join("SIMULATED.md")).expect("a note");
    assert_eq!(note, fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/SIMULATED.md")).expect("the sample's"));
    // Nothing else is left behind.
    assert_eq!(fs::read_dir(&out).expect("the folder").count(), 2);
}

#[test]
fn files_are_overwritten_on_demand_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("simulated.csv");
    fs::write(&csv, "mine").expect("a file");
    let refused = simulate(folder.path(), &["-n", "1", "--seed", "1"]).code(2);
    assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("--force"));
    assert_eq!(fs::read_to_string(&csv).expect("mine"), "mine");
    assert!(!folder.path().join("SIMULATED.md").exists());
    simulate(folder.path(), &["-n", "1", "--seed", "1", "--force"]).code(0);
    assert!(fs::read_to_string(&csv).expect("new").starts_with("# SIMULATED"));
}

#[test]
fn bad_usage_and_bad_folders_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    simulate(folder.path(), &["-n", "0", "--seed", "1"]).code(2);
    simulate(folder.path(), &["-n", "1"]).code(2);
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("a file");
    let failed = simulate(&file, &["-n", "1", "--seed", "1"]).code(3);
    assert!(String::from_utf8_lossy(&failed.get_output().stderr).contains("file"));
}

/// The embedded file reads as the light curves that the simulator made, and says that it is simulated.
#[test]
fn the_sample_data_are_read_as_they_were_made() {
    let (name, bytes) = taxonova::simulate::sample_data();
    let reader = taxonova::lightcurve::read::open_bytes(name, bytes, &Default::default()).expect("a format");
    let read: Vec<_> = reader.map(|lc| lc.expect("a light curve")).collect();
    assert_eq!(read.len(), 12);
    let simulator = taxonova::simulate::Simulator::new(2312);
    for (i, lc) in read.iter().enumerate() {
        let made = simulator.object(i as u64).light_curve();
        assert_eq!(lc.object_id, made.object_id);
        assert_eq!(lc.label, made.label);
        assert_eq!((lc.survey.as_str(), lc.photometry), ("simulated", made.photometry));
        assert!(lc.warnings.is_empty(), "{:?}", lc.warnings);
        assert_eq!(lc.observations, made.observations, "{}", lc.object_id);
    }
}

/// The simulated classes are classes of the shipped tree, under their own names.
#[test]
fn labels_are_names_in_the_tree_of_transients() {
    let json = taxonova::taxonomy::shipped_json("transients").expect("shipped");
    let tree = taxonova::taxonomy::parse_json(json, Path::new("transients.json")).expect("a tree");
    for label in taxonova::simulate::labels() {
        assert!(tree.find(label).is_some(), "{label}");
    }
}

/// Nothing half-made stays behind, and the shell is told.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("taxonova"));
    command.args(["simulate", "-n", "1000000", "--seed", "1", "-o"]).arg(folder.path());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("the program");
    // The temporary file shows that it has begun, its length that the handler is in place.
    let entries = || fs::read_dir(folder.path()).map(|d| d.flatten().collect::<Vec<_>>()).unwrap_or_default();
    while !entries().iter().any(|e| e.metadata().is_ok_and(|m| m.len() > 0)) {
        assert!(child.try_wait().expect("a child").is_none(), "ended early");
        std::thread::yield_now();
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("a child").code(), Some(130));
    assert!(entries().is_empty());
}
