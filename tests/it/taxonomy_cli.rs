//! `taxonova taxonomy ...` as scripts see it.

use assert_cmd::Command;
use std::io::Read;
use std::process::Stdio;

fn taxonova(args: &[&str]) -> (i32, String, String) {
    let out = Command::cargo_bin("taxonova").unwrap().arg("taxonomy").args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

fn written(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.json");
    std::fs::write(&path, text).unwrap();
    let name = path.to_str().unwrap().to_string();
    (dir, name)
}

/// Object { A(10) { A1(5), A2(15) }, B(70) }
const TREE: &str = r#"{ "format": "taxonova-taxonomy", "version": 1, "name": "t",
  "weights": { "alpha": 0.5, "beta": 1, "form": "node", "K": "labels" },
  "root": { "name": "Object", "children": [
    { "name": "A", "count": 10, "children": [ { "name": "A1", "absorbs": ["A1-odd"], "count": 5 }, { "name": "A2", "count": 15 } ] },
    { "name": "B", "count": 70 } ] } }"#;

fn rows(json: &str) -> Vec<(String, u64, u64, f64, f64, f64)> {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let list = value.as_array().unwrap();
    list.iter()
        .map(|r| {
            let keys: Vec<&str> = r.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, ["name", "n", "n_subtree", "W", "lambda", "W_lambda"]);
            let f = |k: &str| r[k].as_f64().unwrap();
            (
                r["name"].as_str().unwrap().into(),
                r["n"].as_u64().unwrap(),
                r["n_subtree"].as_u64().unwrap(),
                f("W"),
                f("lambda"),
                f("W_lambda"),
            )
        })
        .collect()
}

#[test]
fn show_draws_shipped_trees_and_files() {
    let (code, out, err) = taxonova(&["show", "transients"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for piece in ["├─ SN ", "other SN Ia", "└─ TDE", "4605", "absorbs SN IIP", "22 nodes"] {
        assert!(out.contains(piece), "{piece} in {out}");
    }
    let (_dir, file) = written(TREE);
    let (code, out, _) = taxonova(&["show", &file]);
    assert_eq!(code, 0);
    assert!(out.contains("│  └─ A2"), "{out}");
    let (code, _, err) = taxonova(&["show", "no-such-tree"]);
    assert_eq!(code, 2);
    assert!(err.contains("no-such-tree") && err.contains("villar2023-supernovae"), "{err}");
}

#[test]
fn check_tells_faults_and_their_place() {
    let (code, out, _) = taxonova(&["check", "transients", "--deny", "warnings"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("0 errors, 0 warnings"), "{out}");
    // The paper's tree has single-child groups.
    let (code, out, _) = taxonova(&["check", "villar2023-variables"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("warning") && out.contains("other HB*"), "{out}");
    assert_eq!(taxonova(&["check", "villar2023-variables", "--deny", "warnings"]).0, 1);
    let (code, out, _) = taxonova(&["check", "villar2023-variables", "--json"]);
    assert_eq!(code, 0);
    let findings: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(findings.as_array().unwrap().iter().any(|f| f["severity"] == "warning" && f["node"] == "HB*"));

    let (_dir, file) = written(&TREE.replace("\"absorbs\"", "\"absorb\""));
    let (code, out, _) = taxonova(&["check", &file]);
    assert_eq!(code, 1);
    assert!(out.contains("t.json:4:") && out.contains("did you mean \"absorbs\"?"), "{out}");
    let (code, out, _) = taxonova(&["check", &file, "--json"]);
    assert_eq!(code, 1);
    let findings: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&findings[0]["severity"], &findings[0]["line"]), (&"error".into(), &4.into()));
    assert_eq!(taxonova(&["check", "/no/such/file.json"]).0, 2);
    assert_eq!(taxonova(&["check", &file, "--deny", "everything"]).0, 2);
}

#[test]
fn weights_by_hand() {
    let (_dir, file) = written(TREE);
    let (code, out, err) = taxonova(&["weights", &file, "--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    // N = 100, K = 4 labels.
    let expected = [
        ("Object", 0, 100, 0.25, 0),
        ("A", 10, 30, 25.0 / 30.0, 1),
        ("A1", 5, 5, 5.0, 2),
        ("A2", 15, 15, 25.0 / 15.0, 2),
        ("B", 70, 70, 25.0 / 70.0, 1),
    ];
    let rows_found = rows(&out);
    assert_eq!(rows_found.len(), expected.len());
    for ((name, n, below, w, lambda, wl), (e_name, e_n, e_below, e_w, depth)) in rows_found.into_iter().zip(expected) {
        let e_lambda = (-0.5 * f64::from(depth)).exp();
        assert_eq!((name.as_str(), n, below), (e_name, e_n, e_below));
        assert!((w - e_w).abs() < 1e-12 && (lambda - e_lambda).abs() < 1e-12 && (wl - e_w * e_lambda).abs() < 1e-12, "{name}");
    }
    // Options go before the file's own: 5 nodes, beta 0.5, no depth.
    let (_, out, _) = taxonova(&["weights", &file, "--json", "--count", "nodes", "--beta", "0.5", "--alpha", "0"]);
    let a1 = rows(&out).into_iter().find(|r| r.0 == "A1").unwrap();
    assert!((a1.3 - 2.0).abs() < 1e-12 && a1.4 == 1.0, "{a1:?}");
    let (_, out, _) = taxonova(&["weights", &file, "--json", "--form", "none"]);
    assert!(rows(&out).iter().all(|r| r.3 == 1.0));
    let (code, out, _) = taxonova(&["weights", &file]);
    assert_eq!(code, 0);
    assert!(out.contains("N = 100 objects, K = 4 labels") && out.contains("5.00000"), "{out}");
    for bad in [["--alpha", "-1"], ["--beta", "nan"], ["--form", "both"], ["--count", "all"]] {
        assert_eq!(taxonova(&["weights", &file, bad[0], bad[1]]).0, 2, "{bad:?}");
    }
}

#[test]
fn the_papers_weights_from_the_shipped_tree() {
    let (_, out, _) = taxonova(&["weights", "villar2023-supernovae", "--json"]);
    let rows = rows(&out);
    assert_eq!(rows.len(), 37);
    for (name, n_c) in [("SN Ia", 4416.0), ("SN II", 1019.0), ("CC", 1615.0), ("SN Ib/c", 262.0), ("LRN", 1.0)] {
        let row = rows.iter().find(|r| r.0 == name).unwrap();
        assert!((row.3 - 6278.0 / (32.0 * n_c)).abs() < 1e-12, "{name}");
    }
}

#[test]
fn counts_from_a_table() {
    let (dir, file) = written(TREE);
    let csv = dir.path().join("counts.csv");
    std::fs::write(&csv, "label,count\nA1,3\nA1-odd,2\na2,5\nC,7\n").unwrap();
    let (code, out, err) = taxonova(&["weights", &file, "--json", "--counts", csv.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(err.contains("`C`") && err.contains("7 objects"), "{err}");
    let found: Vec<(String, u64)> = rows(&out).into_iter().map(|r| (r.0, r.2)).collect();
    let expected = [("Object", 10), ("A", 10), ("A1", 5), ("A2", 5), ("B", 0)].map(|(n, c)| (n.to_string(), c));
    assert_eq!(found, expected);
    let (_, table, _) = taxonova(&["weights", &file, "--counts", csv.to_str().unwrap()]);
    assert!(table.lines().any(|l| l.trim_start().starts_with("B ") && l.contains("no examples")), "{table}");
    std::fs::write(&csv, "name,count\nA1,3\nA2,x\n").unwrap();
    let (code, _, err) = taxonova(&["weights", &file, "--counts", csv.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(err.contains("counts.csv: line 3, column count") && err.contains("\"x\""), "{err}");
    std::fs::write(&csv, "what,count\nA1,3\n").unwrap();
    let (code, _, err) = taxonova(&["weights", &file, "--counts", csv.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(err.contains("no column of labels") && err.contains("what,count"), "{err}");
    // Labels of objects, and light curves with labels.
    std::fs::write(&csv, "object_id,class\nx,A1\ny,A1\ny,A1\nz,A2\n").unwrap();
    let below = |csv: &std::path::Path| -> Vec<u64> {
        let (code, out, _) = taxonova(&["weights", &file, "--json", "--counts", csv.to_str().unwrap()]);
        assert_eq!(code, 0);
        rows(&out).into_iter().map(|r| r.2).collect()
    };
    assert_eq!(below(&csv), [3, 3, 2, 1, 0]);
    std::fs::write(&csv, "object_id,mjd,band,mag,mag_err,label\nx,1,g,20,0.1,B\nx,2,g,20,0.1,B\ny,1,g,20,0.1,A\n").unwrap();
    assert_eq!(below(&csv), [2, 1, 0, 0, 1]);
}

#[test]
fn standard_input_and_a_reader_that_leaves() {
    let mut command = Command::cargo_bin("taxonova").unwrap();
    let out = command.args(["taxonomy", "weights", "-", "--json"]).write_stdin(TREE).output().unwrap();
    assert_eq!(rows(&String::from_utf8(out.stdout).unwrap()).len(), 5);

    // More than a pipe holds, to a reader that goes after a few bytes.
    let children: Vec<String> = (0..20_000).map(|i| format!("{{\"name\":\"class number {i}\"}}")).collect();
    let text =
        format!("{{\"format\":\"taxonova-taxonomy\",\"version\":1,\"root\":{{\"name\":\"O\",\"children\":[{}]}}}}", children.join(","));
    let (_dir, file) = written(&text);
    let program = Command::cargo_bin("taxonova").unwrap().get_program().to_owned();
    let mut child = std::process::Command::new(program)
        .args(["taxonomy", "show", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut few = [0u8; 16];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut few).unwrap();
    drop(stdout);
    let out = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let (_dir, file) = written(&TREE.replace("\"A2\"", "\"A2\\u001b[31m\""));
    for command in ["show", "check", "weights"] {
        let (code, out, err) = taxonova(&[command, &file]);
        assert_ne!(code, 0);
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{command}");
        assert!(format!("{out}{err}").contains("U+001B"), "{out}{err}");
    }
}

#[test]
fn show_with_weights_and_with_probabilities() {
    let (_dir, file) = written(TREE);
    let (code, out, err) = taxonova(&["show", &file, "--weights"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("N = 100 objects, K = 4 labels") && out.lines().any(|l| l.contains("├─ A1") && l.contains("5.00000")), "{out}");
    let (_, out, _) = taxonova(&["show", &file, "--weights", "--json", "--depth", "1"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["nodes"].as_array().unwrap().len(), 3);
    assert_eq!((&value["nodes"][2]["name"], &value["nodes"][2]["n_subtree"]), (&"B".into(), &70.into()));

    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data");
    let (code, out, err) = taxonova(&["show", "villar2023-supernovae", "--probabilities", sample, "--object", "sim-0005"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("sim-0005: SN-like > SN > ") && out.contains("not in the model") && out.contains("unresolved"), "{out}");
    assert!(!out.contains('\u{1b}'), "no colours into a pipe");
    // The same numbers as `classify` gives.
    let rows = Command::cargo_bin("taxonova").unwrap().args(["classify", sample]).output().unwrap();
    let rows = String::from_utf8(rows.stdout).unwrap();
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = reader.records().map(Result::unwrap).find(|r| &r[0] == "sim-0005").unwrap();
    let (_, out, _) = taxonova(&["show", "transients", "--probabilities", sample, "--object", "sim-0005", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["object_id"], "sim-0005");
    for node in value["nodes"].as_array().unwrap().iter().skip(1) {
        let column = format!("P:{}", node["name"].as_str().unwrap());
        let at = header.iter().position(|h| h == column).unwrap_or_else(|| panic!("{column}"));
        let (classified, shown) = (row[at].parse::<f64>().unwrap(), node["p"].as_f64().unwrap());
        assert!((classified - shown).abs() <= 1e-5, "{column}: {classified} {shown}");
    }
    let (code, _, err) = taxonova(&["show", "transients", "--probabilities", sample]);
    assert!(code == 2 && err.contains("12 objects") && err.contains("--object") && err.contains("sim-0001"), "{err}");
    let (code, _, err) = taxonova(&["show", "transients", "--probabilities", sample, "--object", "nobody"]);
    assert!(code == 2 && err.contains("nobody"), "{err}");
    assert_eq!(taxonova(&["show", "transients", "--probabilities", sample, "--weights"]).0, 2);
    assert_eq!(taxonova(&["show", "transients", "--object", "x"]).0, 2);
}

#[test]
fn show_writes_figures() {
    let (dir, file) = written(TREE);
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_string();
    let (svg, png) = (path("t.svg"), path("t.png"));
    let (code, out, err) = taxonova(&["show", &file, "--weights", "--svg", &svg, "--png", &png, "--theme", "dark", "--width", "500"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    let text = std::fs::read_to_string(&svg).unwrap();
    assert!(text.starts_with("<svg width=\"500\"") && text.trim_end().ends_with("</svg>") && text.contains("A2"));
    let bytes = std::fs::read(&png).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n"));
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 1000);
    // Nothing beside them, and nothing half-written.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    let (code, _, err) = taxonova(&["show", &file, "--svg", &path("t.pdf")]);
    assert!(code == 2 && err.contains("t.pdf") && err.contains(".svg"), "{err}");
    assert_eq!(taxonova(&["show", &file, "--svg", &path("u.png")]).0, 2);
    let (code, _, err) = taxonova(&["show", &file, "--svg", &path("no/such/folder.svg")]);
    assert!(code == 3 && err.contains("folder.svg"), "{err}");
    assert_eq!(taxonova(&["show", &file, "--width", "5"]).0, 2);
}
