use super::*;
use crate::taxonomy::format::{parse, parse_lenient};
use std::fs;

fn found(text: &str, name: &str) -> Vec<(String, usize, usize, String)> {
    let findings = check_bytes(text.as_bytes(), Path::new(name), None).unwrap();
    findings.into_iter().map(|f| (f.code.name().to_string(), f.line.unwrap_or(0), f.column.unwrap_or(0), f.text)).collect()
}

fn codes(text: &str, name: &str) -> Vec<(String, usize, usize)> {
    found(text, name).into_iter().map(|(code, line, column, _)| (code, line, column)).collect()
}

fn expected(list: &[(&str, usize, usize)]) -> Vec<(String, usize, usize)> {
    list.iter().map(|(c, l, k)| (c.to_string(), *l, *k)).collect()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// Code, file name and line of what is found in `top.yaml` of a folder.
fn in_folder(dir: &Path) -> Vec<(String, String, usize)> {
    let findings = check_file(&dir.join("top.yaml"), None).unwrap();
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    findings.iter().map(|f| (f.code.name().to_string(), name(&f.path), f.line.unwrap_or(0))).collect()
}

fn rows(list: &[(&str, &str, usize)]) -> Vec<(String, String, usize)> {
    list.iter().map(|(c, f, l)| (c.to_string(), f.to_string(), *l)).collect()
}

#[test]
fn json_is_not_left_at_the_first_fault() {
    let text = r#"{ "format": "taxonova-taxonomy", "version": 1, "citations": "x",
 "weights": { "alhpa": 1, "beta": -1, "form": "nodes" },
 "root": { "name": "O", "children": [
  { "name": "A", "alias": ["x"], "count": "many", "zzz": { "deep": [1, {}] } },
  { "name": "A", "absorbs": ["q", 3], "children": [
    { "nmae": "B", "exhaustive": 1 },
    { "name": "C", "name": "D", "aliases": ["q", "q", "A"], "lineage": "a b" },
    { "name": "E\u0007" }, 17, { "name": "other O", "note": "ok" }
  ] } ] } }"#;
    assert_eq!(
        codes(text, "t.json"),
        expected(&[
            ("misspelt-field", 1, 48),
            ("misspelt-field", 2, 15),
            ("bad-value", 2, 35),
            ("bad-value", 2, 47),
            ("misspelt-field", 4, 18),
            ("bad-value", 4, 43),
            ("unknown-field", 4, 51),
            ("duplicate-name", 5, 13),
            ("bad-value", 5, 35),
            ("missing-name", 6, 5),
            ("misspelt-field", 6, 7),
            ("bad-value", 6, 34),
            ("repeated-field", 7, 20),
            ("ambiguous-alias", 7, 45),
            ("repeated-label", 7, 50),
            ("alias-is-name", 7, 55),
            ("bad-lineage", 7, 72),
            ("control-character", 8, 15),
            ("bad-value", 8, 28),
            ("residual-name", 8, 42),
        ])
    );
    assert!(found(text, "t.json").iter().any(|f| f.3.contains("did you mean \"aliases\"?")));
    assert!(parse(text.as_bytes(), Path::new("t.json"), None).is_err());
    assert!(parse_lenient(text.as_bytes(), Path::new("t.json"), None).is_err(), "our own format is never mended");
}

#[test]
fn syntax_and_encoding() {
    assert_eq!(
        codes("{ \"format\": \"taxonova-taxonomy\", \"version\": 1, \"root\": { \"name\": \"O\", } }", "t.json"),
        expected(&[("syntax", 1, 71)])
    );
    assert_eq!(codes("{ \"name\": 1 }", "t.json").len(), 4, "no format, no version, no root, and a number");
    assert_eq!(codes("", "t.json"), expected(&[("unknown-format", 1, 1)]));
    let bad = check_bytes(b"a\n\xff", Path::new("t"), None).unwrap();
    assert_eq!((bad[0].code, bad[0].line, bad[0].column), (Code::Encoding, Some(2), Some(1)));
    assert_eq!(codes("class: [a\n", "t.yaml")[0].0, "syntax");
    assert_eq!(codes("(A,B", "t.nwk"), expected(&[("syntax", 1, 1)]));
    let mut large = vec![b' '; crate::taxonomy::format::MAX_BYTES as usize + 1];
    large[0] = b'A';
    assert_eq!(check_bytes(&large, Path::new("t.txt"), None).unwrap()[0].code, Code::TooLarge);
}

#[test]
fn names_in_foreign_formats() {
    let text = "class: O\nsubclasses:\n  - class: A\n    other names: [A, x, x, B, z]\n  - class: B\n    other names: [z]\n  - other names: []\n  \
                - class: \"C\\e\"\n  - class: \"D > E\"\n  - class: A\n  - class: other O\n  - class: a-\n    lineage: q\n  - class: F\n    lineage: q\n";
    let all = codes(text, "t.yaml");
    assert_eq!(
        all,
        expected(&[
            ("alias-is-name", 4, 28),
            ("ambiguous-alias", 6, 19),
            ("missing-name", 7, 5),
            ("control-character", 8, 12),
            ("name-form", 9, 12),
            ("duplicate-name", 10, 12),
            ("residual-name", 11, 12),
            ("bad-lineage", 15, 14),
            ("loosely-equal", 3, 12),
            ("redundant-alias", 4, 19),
            ("redundant-alias", 4, 25),
        ])
    );
    let mended = parse_lenient(text.as_bytes(), Path::new("t.yaml"), None).unwrap();
    let t = &mended.taxonomy;
    let names: Vec<&str> = t.preorder().map(|id| t.node(id).name.as_str()).collect();
    assert_eq!(names, ["O", "A", "B", "unnamed 1", "C", "D / E", "A (2)", "other O (2)", "a-", "F"]);
    assert_eq!(t.node(t.find("A").unwrap()).aliases, ["x"]);
    assert!(t.find_label("z").is_none(), "an alias of two classes helps neither");
    assert_eq!(mended.notes.len(), 9, "{:#?}", mended.notes);
    assert!(mended.notes.iter().all(|n| n.starts_with("t.yaml:")));
    let error = parse(text.as_bytes(), Path::new("t.yaml"), None).unwrap_err().to_string();
    assert!(error.contains("t.yaml:4:28") && error.contains("taxonomy convert"), "{error}");
}

#[test]
fn fields_in_yaml() {
    let text = "class: O\nsubclass:\n  - class: A\n  - class: B\nother name: [x]\nmagnitude: 3\ntags: {a: 1}\nclass: P\ncount: few\n1: 2\n[x]: 3\n\
                weights: {alpha: -1, gamma: 2}\nexhaustive: maybe\n";
    assert_eq!(
        codes(text, "t.yaml"),
        expected(&[
            ("misspelt-field", 2, 1),
            ("misspelt-field", 5, 1),
            ("bad-value", 7, 7),
            ("repeated-field", 8, 1),
            ("bad-value", 9, 8),
            ("bad-value", 11, 1),
            ("bad-value", 12, 18),
            ("misspelt-field", 12, 22),
            ("bad-value", 13, 13),
            ("foreign-field", 6, 1),
            ("foreign-field", 10, 1),
        ])
    );
    let said = found(text, "t.yaml");
    assert!(said[0].3.contains(": the 2 classes below it are lost"), "{}", said[0].3);
    assert!(said[0].3.contains("did you mean `subclasses`?"));
    let mended = parse_lenient(text.as_bytes(), Path::new("t.yaml"), None).unwrap();
    assert_eq!(mended.taxonomy.len(), 3, "no class is lost");
    let text = "class: O\nsubclasses:\n  - A\n  - class: B\n    subclasses:\n      class: C\n  - [D]\n";
    assert_eq!(codes(text, "t.yaml")[..3], expected(&[("bad-value", 3, 5), ("bad-value", 6, 7), ("bad-value", 7, 5)]));
    let mended = parse_lenient(text.as_bytes(), Path::new("t.yaml"), None).unwrap().taxonomy;
    assert!(mended.len() == 4 && mended.find("A").is_some() && mended.parent(mended.find("C").unwrap()) == mended.find("B"));
}

#[test]
fn refs() {
    let dir = folder(&[
        (
            "in/top.yaml",
            "class: O\nsubclasses:\n  - ref: sub/a.yaml\n    comments: from outside\n  - ref: missing.yaml\n  - ref: sub/a.yaml\n  - ref: ../out.yaml\n  - ref: sub\n",
        ),
        ("in/sub/a.yaml", "class: A\ncomments: its own\nsubclasses:\n  - ref: b.yaml\n  - class: A2\n"),
        ("in/sub/b.yaml", "class: B\nsubclasses:\n  - ref: ../top.yaml\n  - class: B1\n  - class: B2\n"),
        ("in/lost.yaml", "class: L\n"),
        ("in/other.yaml", "a: 1\n"),
        ("out.yaml", "class: X\n"),
    ]);
    let inner = dir.path().join("in");
    assert_eq!(
        in_folder(&inner),
        rows(&[
            ("ref-loop", "b.yaml", 3),
            ("missing-ref", "top.yaml", 5),
            ("ref-twice", "top.yaml", 6),
            ("ref-outside", "top.yaml", 7),
            ("missing-ref", "top.yaml", 8),
            ("unreferenced-file", "lost.yaml", 0),
        ])
    );
    assert!(parse_lenient(&fs::read(inner.join("top.yaml")).unwrap(), &inner.join("top.yaml"), None).is_err(), "nothing half read");

    let dir = folder(&[
        ("top.yaml", "class: O\nsubclasses:\n  - ref: sub/a.yaml\n    comments: from outside\n  - class: Z\n"),
        ("sub/a.yaml", "class: A\ncomments: its own\nlinks: [http://x]\ntags: [p, q]\nsubclasses:\n  - ref: ../c.yaml\n  - class: A2\n"),
        ("c.yaml", "class: C\n"),
    ]);
    let read = crate::taxonomy::format::read(&dir.path().join("top.yaml")).unwrap();
    let t = &read.taxonomy;
    let names: Vec<&str> = t.preorder().map(|id| t.node(id).name.as_str()).collect();
    assert_eq!(names, ["O", "A", "C", "A2", "Z"]);
    assert_eq!(t.node(t.find("A").unwrap()).note, "from outside\nits own\ntags: p, q\nlinks: http://x");
    assert!(in_folder(dir.path()).is_empty());
    // A part of a tree is not blamed for the other parts.
    assert!(check_file(&dir.path().join("sub/a.yaml"), None).unwrap().iter().any(|f| f.code == Code::RefOutside));
}

#[cfg(unix)]
#[test]
fn a_ref_through_a_link_does_not_leave_the_folder() {
    let outside = folder(&[("secret.yaml", "class: S\n")]);
    let dir = folder(&[("top.yaml", "class: O\nsubclasses:\n  - ref: link.yaml\n  - class: A\n  - ref: pipe.yaml\n")]);
    std::os::unix::fs::symlink(outside.path().join("secret.yaml"), dir.path().join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.path().join("pipe.yaml")).unwrap();
    assert_eq!(in_folder(dir.path()), rows(&[("ref-outside", "top.yaml", 3), ("ref-outside", "top.yaml", 5)]));
    let text = format!("class: O\nsubclasses:\n  - ref: {}\n", outside.path().join("secret.yaml").display());
    fs::write(dir.path().join("top.yaml"), text).unwrap();
    assert_eq!(in_folder(dir.path()), rows(&[("ref-outside", "top.yaml", 3)]));
}

#[test]
fn a_chain_of_refs_and_too_many() {
    let names: Vec<(String, String)> = (0..1_100)
        .map(|i| {
            (if i == 0 { "top.yaml".into() } else { format!("f{i}.yaml") }, format!("class: c{i}\nsubclasses:\n  - ref: f{}.yaml\n", i + 1))
        })
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let dir = folder(&files);
    let all = in_folder(dir.path());
    assert_eq!(all[0], ("too-large".to_string(), "f999.yaml".to_string(), 3));
}

#[test]
fn edge_lists() {
    assert_eq!(
        codes("parent,child,x\nO,A,1\nO,B,1\nO,A,2\nP,B,3\nC,D,4\nD,C,5\nD,E,6\n", "t.csv"),
        expected(&[
            ("several-roots", 5, 1),
            ("two-parents", 5, 3),
            ("cycle", 7, 3),
            ("unreachable", 8, 3),
            ("repeated-edge", 4, 3),
            ("not-held", 1, 14),
        ])
    );
    assert_eq!(codes("O\n  A\n B\n", "t.txt"), expected(&[("bad-indent", 3, 2)]));
}

#[test]
fn the_tree_itself_with_places() {
    let text = r#"{ "format": "taxonova-taxonomy", "version": 1, "root": { "name": "O", "children": [
  { "name": "A", "count": 90, "children": [ { "name": "A1", "count": 3 }, { "name": "A2", "count": 20 } ] },
  { "name": "B", "exhaustive": false, "children": [ { "name": "B1" } ] },
  { "name": "a_1", "exhaustive": false, "count": 40 },
  { "name": "C", "children": [ { "name": "C1", "count": 40 } ] },
  { "name": "D", "count": 1, "children": [ { "name": "D1", "count": 40 }, { "name": "D2", "count": 40 } ] } ] } }"#;
    assert_eq!(
        codes(text, "t.json"),
        expected(&[
            ("labels-at-exhaustive", 2, 13),
            ("loosely-equal", 2, 55),
            ("empty-residual", 3, 13),
            ("no-examples", 3, 63),
            ("single-child", 5, 13),
            ("few-examples", 2, 55),
            ("exhaustive-leaf", 4, 13),
            ("labels-above-leaves", 6, 13),
        ])
    );
    assert_eq!(codes("{\"format\":\"taxonova-taxonomy\",\"version\":1,\"root\":{\"name\":\"O\"}}", "t.json")[0].0, "no-classes");
    let many: String = std::iter::once("O\n".to_string()).chain((0..MAX_NODES).map(|i| format!(" n{i}\n"))).collect();
    assert_eq!(codes(&many, "t.txt"), expected(&[("too-many-nodes", 0, 0)]));
}

/// Every code of the table is found by some test above: this list is theirs, and a new code must come into it.
#[test]
fn every_code_has_a_test() {
    let source = include_str!("tests.rs");
    for rule in RULES {
        let quoted = format!("(\"{}\"", rule.name);
        let by_name = format!("Code::{:?}", rule.code);
        let also = format!("\"{}\"", rule.name);
        assert!(source.contains(&quoted) || source.contains(&by_name) || source.contains(&also), "no test for {}", rule.name);
    }
}
