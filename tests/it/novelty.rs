//! The novelty column and the uncertainty of `taxonova classify`.

use assert_cmd::Command;
use std::path::Path;

fn taxonova() -> Command {
    Command::cargo_bin("taxonova").unwrap()
}

fn table(args: &[&str]) -> (Vec<String>, Vec<csv::StringRecord>) {
    let out = taxonova().args(["classify", "sample_data"]).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut reader = csv::Reader::from_reader(out.stdout.as_slice());
    let header = reader.headers().unwrap().iter().map(str::to_string).collect();
    (header, reader.records().map(Result::unwrap).collect())
}

#[test]
fn novelty_is_a_percentile_and_warned_of_at_the_end() {
    let (header, rows) = table(&[]);
    let at = |name: &str| header.iter().position(|h| h == name).unwrap();
    assert_eq!(at("novelty"), header.len() - 1, "behind the probabilities");
    assert!(rows.len() > 5);
    for r in &rows {
        let novelty: f64 = r[at("novelty")].parse().unwrap();
        assert!((0.0..=100.0).contains(&novelty), "{novelty}");
        assert_eq!(r[at("warnings")].contains("novelty"), novelty >= 99.0, "{:?}", &r[at("warnings")]);
    }
}

#[test]
fn the_uncertainty_belongs_to_each_class_of_any_tree() {
    let (header, rows) = table(&["--uncertainty"]);
    let p: Vec<&String> = header.iter().filter(|h| h.starts_with("P:")).skip(1).collect();
    let u: Vec<&String> = header.iter().filter(|h| h.starts_with("U:")).collect();
    assert_eq!(p.iter().map(|h| &h[2..]).collect::<Vec<_>>(), u.iter().map(|h| &h[2..]).collect::<Vec<_>>());
    let mut largest = 0.0f64;
    for r in &rows {
        for name in &u {
            let spread: f64 = r[header.iter().position(|h| h == *name).unwrap()].parse().unwrap();
            // Of numbers between 0 and 1 with mean m: at most the root of m (1 - m) M / (M - 1).
            assert!((0.0..=0.7072).contains(&spread), "{name} {spread}");
            largest = largest.max(spread);
        }
    }
    assert!(largest > 0.005, "the networks can't agree on everything: {largest}");
    // On a tree of one level the spread of a sum is that of the sums.
    let (header, rows) = table(&["--uncertainty", "-t", "oracle-bts"]);
    assert!(header.iter().any(|h| h == "U:SN-Ia") && !rows.is_empty());
}

#[test]
fn a_model_that_does_not_tell_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refitted = dir.path().join("r.onnx");
    let tree = Path::new("taxonomies/transients.json");
    let out = taxonova().arg("refit").arg("-t").arg(tree).arg("-o").arg(&refitted).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let classify = |more: &[&str]| taxonova().args(["classify", "sample_data", "-m"]).arg(&refitted).args(more).output().unwrap();
    let out = classify(&["--uncertainty"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("does not tell what its members say"));
    // Its novelty is that of the network below, which was not trained anew.
    let out = classify(&[]);
    let mut reader = csv::Reader::from_reader(out.stdout.as_slice());
    let at = reader.headers().unwrap().iter().position(|h| h == "novelty").unwrap();
    let (_, plain) = table(&[]);
    for (r, q) in reader.records().map(Result::unwrap).zip(&plain) {
        assert_eq!((&r[0], &r[at]), (&q[0], &q[q.len() - 1]));
    }
}
