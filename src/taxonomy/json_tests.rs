use super::*;
use crate::taxonomy::{Node, WeightOptions};
use proptest::prelude::*;

const SMALL: &str = r#"{
  "format": "taxonova-taxonomy",
  "version": 1,
  "name": "small \"δ\"",
  "citation": "",
  "weights": { "alpha": 0.5, "beta": 1.0, "form": "node", "K": "labels" },
  "root": {
    "name": "Object",
    "lineage": "object",
    "children": [
      { "name": "SN Ia", "lineage": "sn-ia", "aliases": ["Ia"], "count": 12 },
      {
        "name": "CC",
        "lineage": "cc",
        "note": "two\nlines",
        "exhaustive": false,
        "children": [
          { "name": "SN II", "lineage": "sn-ii", "absorbs": ["SN IIP", "SN IIL"] }
        ]
      }
    ]
  }
}
"#;

fn parse_text(text: &str) -> Result<Taxonomy, TaxonomyError> {
    parse_json(text, Path::new("t.json"))
}

/// The fault's line, column and whole text.
#[track_caller]
fn fault(text: &str) -> (usize, usize, String) {
    let error = parse_text(text).unwrap_err();
    let shown = error.to_string();
    match error {
        TaxonomyError::Parse { line, column, .. } => (line, column, shown),
        other => panic!("{other}"),
    }
}

/// A whole file around a root.
fn file(root: &str) -> String {
    format!("{{\"format\":\"taxonova-taxonomy\",\"version\":1,\n\"root\":{root}}}")
}

#[test]
fn what_is_written_is_read_back_to_the_same_bytes() {
    let t = parse_text(SMALL).unwrap();
    assert_eq!(to_json(&t), SMALL);
    assert_eq!(t.name, "small \"δ\"");
    let cc = t.find("CC").unwrap();
    assert_eq!(t.node(cc).note, "two\nlines");
    assert!(!t.node(cc).exhaustive && t.node(t.root()).exhaustive);
    assert_eq!(t.node(t.find("SN Ia").unwrap()).count, Some(12));
    assert_eq!(t.find_label("SN IIL"), t.find("SN II"));
    assert!(serde_json::from_str::<serde_json::Value>(SMALL).is_ok());
    assert_eq!(parse_text(&format!("\u{feff}{SMALL}")).map(|t| to_json(&t)).unwrap(), SMALL, "a byte order mark is skipped");
    assert_eq!(parse_text(&SMALL.replace('\n', "\r\n")).map(|t| to_json(&t)).unwrap(), SMALL);
}

#[test]
fn only_names_must_be_there() {
    let t =
        parse_text(&file(r#"{"children":[{"name":"A"},{"name":"B","lineage":"x-2"},{"name":"x"},{"name":"X"},{"name":"X*"}],"name":"O"}"#))
            .unwrap();
    assert_eq!(t.weights, WeightOptions::default());
    let lineages: Vec<&str> = t.preorder().map(|id| t.node(id).lineage.as_str()).collect();
    assert_eq!(lineages, ["o", "a", "x-2", "x", "x-3", "x-4"], "given ids come first");
    assert_eq!(t.broken_invariant(), None);
}

#[test]
fn misspelt_fields_get_a_suggestion() {
    let (line, column, text) = fault(&file("{\"name\":\"O\",\n  \"childern\":[]}"));
    assert_eq!((line, column), (3, 3));
    assert_eq!(text, "t.json:3:3: a node has no field \"childern\"; did you mean \"children\"?");
    assert!(fault(&file(r#"{"name":"O","Exhaustive":true}"#)).2.contains("did you mean \"exhaustive\"?"));
    assert!(fault(&file(r#"{"name":"O","zzz":true}"#)).2.contains("the fields of a node are name, lineage"));
    assert!(fault(&SMALL.replace("\"alpha\"", "\"alhpa\"")).2.contains("did you mean \"alpha\"?"));
    assert!(fault(&SMALL.replace("\"K\"", "\"k\"")).2.contains("did you mean \"K\"?"));
    assert!(fault(&SMALL.replace("\"citation\"", "\"citations\"")).2.contains("did you mean \"citation\"?"));
}

#[test]
fn syntax_is_told_with_its_place() {
    let cases = [
        ("", (1, 1), "begins with `{`, found the end of the file"),
        ("[]", (1, 1), "begins with `{`, found `[`"),
        ("{\"format\":\"taxonova-taxonomy\"", (1, 30), "expected `,` or `}`, found the end of the file"),
        ("{\"format\":\"other\"}", (1, 11), "the format is the text \"other\""),
        ("{\"format\":\"taxonova-taxonomy\",\"version\":2}", (1, 41), "version 2 of the format is not known"),
        ("{\"format\":\"taxonova-taxonomy\",\"version\":1.0}", (1, 41), "\"version\" must be a whole number"),
        ("{\"version\":1,\"root\":{\"name\":\"x\"}}", (1, 1), "no field \"format\""),
        ("{\"format\":\"taxonova-taxonomy\",\"root\":{\"name\":\"x\"}}", (1, 1), "no field \"version\""),
        ("{\"format\":\"taxonova-taxonomy\",\"version\":1}", (1, 1), "no field \"root\""),
        ("{\"name\":\"a\",}", (1, 13), "a comma behind the last field"),
        ("{\"name\" \"a\"}", (1, 9), "expected `:`"),
        ("{\"name\":1}", (1, 9), "\"name\" must be a text, found the number 1"),
        ("{\"name\":\"a\",\"name\":\"b\"}", (1, 13), "the field \"name\" is given twice"),
        ("{name:\"a\"}", (1, 2), "`name` stands without quotes"),
        ("{\"name\":\"a\\u0007\"}", (1, 9), "control or invisible character U+0007"),
        ("{\"weights\":{\"alpha\":-1}}", (1, 21), "\"alpha\" must be a number that is not negative"),
        ("{\"weights\":{\"alpha\":1e999}}", (1, 21), "\"alpha\" must be a number that is not negative"),
        ("{\"weights\":{\"form\":\"nodes\"}}", (1, 20), "\"form\" can't be the text \"nodes\"; write \"node\" or \"label\" or \"none\""),
        ("{\"root\":[]}", (1, 9), "expected `{`, found `[`"),
    ];
    for (text, place, reason) in cases {
        let (line, column, shown) = fault(text);
        assert_eq!((line, column), place, "{text}: {shown}");
        assert!(shown.contains(reason), "{text}: {shown}");
    }
    let (line, _, shown) = fault(&format!("{SMALL}{{"));
    assert_eq!(line, SMALL.lines().count() + 1);
    assert!(shown.contains("behind the end of the tree"));
}

#[test]
fn faults_of_nodes() {
    let cases = [
        (r#"{"children":[]}"#, (2, 8), "a node without \"name\""),
        (r#"{"name":"O","children":[{"name":"A"},]}"#, (2, 45), "a comma behind the last child"),
        (r#"{"name":"O","children":[{"name":"A"} {"name":"B"}]}"#, (2, 45), "expected `,` or `]` behind a child"),
        (r#"{"name":"O","children":[{"name":"A"},{"name":"A"}]}"#, (2, 53), "`A` is already the name of a class"),
        (r#"{"name":"O","children":[{"name":"A","aliases":["x","O"]}]}"#, (2, 59), "`O` is already the name of a class"),
        (r#"{"name":"O","aliases":["q"],"children":[{"name":"A","absorbs":["q"]}]}"#, (2, 71), "`q` is already an alias of `O`"),
        (r#"{"name":"O","aliases":["q","q"]}"#, (2, 35), "`q` is given twice on `O`"),
        (r#"{"name":"O","children":[{"name":"other O"}]}"#, (2, 40), "kept for the residual of `O`"),
        (r#"{"name":"O","children":[{"name":"A > B"}]}"#, (2, 40), "holds ` > `"),
        (r#"{"name":"O","children":[{"name":"A\u001b[2J"}]}"#, (2, 40), "control or invisible character U+001B"),
        (r#"{"name":"O","children":[{"name":" A"}]}"#, (2, 40), "begins or ends with white space"),
        (r#"{"name":"O","children":[{"name":""}]}"#, (2, 40), "can't be empty"),
        (r#"{"name":"O","lineage":"o","children":[{"name":"A","lineage":"o"}]}"#, (2, 68), "lineage id `o` is already that of `O`"),
        (r#"{"name":"O","lineage":"a b"}"#, (2, 30), "`a b` can't be a lineage id"),
        (r#"{"name":"O","lineage":""}"#, (2, 30), "`` can't be a lineage id"),
        (r#"{"name":"O","merged":["a b"]}"#, (2, 30), "`a b` can't be a lineage id"),
        (r#"{"name":"O","merged":["q","q"]}"#, (2, 34), "lineage id `q` is already that of `O`"),
        (r#"{"name":"O","merged":["q"],"children":[{"name":"A","lineage":"q"}]}"#, (2, 69), "lineage id `q` is already that of `O`"),
        (r#"{"name":"O","children":[{"name":"A","lineage":"q"},{"name":"B","merged":["x","q"]}]}"#, (2, 85), "already that of `A`"),
        (r#"{"name":"O","merged":"q"}"#, (2, 29), "\"merged\" must be a list of texts"),
        (r#"{"name":"O","count":-1}"#, (2, 28), "\"count\" must be a whole number from 0 on"),
        (r#"{"name":"O","count":1.5}"#, (2, 28), "\"count\" must be a whole number from 0 on"),
        (r#"{"name":"O","exhaustive":"yes"}"#, (2, 33), "\"exhaustive\" must be true or false, found the text \"yes\""),
        (r#"{"name":"O","aliases":"x"}"#, (2, 30), "\"aliases\" must be a list of texts"),
        (r#"{"name":"O","aliases":["x",]}"#, (2, 35), "a comma behind the last item"),
        (r#"{"name":"O","aliases":["x" "y"]}"#, (2, 35), "expected `,` or `]`"),
        (r#"{"name":"O","aliases":[1]}"#, (2, 31), "\"aliases\" holds texts, found the number 1"),
    ];
    for (root, place, reason) in cases {
        let (line, column, shown) = fault(&file(root));
        assert_eq!((line, column), place, "{root}: {shown}");
        assert!(shown.contains(reason), "{root}: {shown}");
        assert!(!shown.contains('\u{1b}'));
    }
    assert!(parse_text(&file(r#"{"name":"O","count":null,"aliases":[],"children":[]}"#)).is_ok());
}

#[test]
fn what_was_merged_is_read_back() {
    let t = parse_text(&file(r#"{"name":"O","children":[{"name":"A","merged":["sn-ii","b"]},{"name":"B"}]}"#)).unwrap();
    let a = t.find("A").unwrap();
    assert_eq!((t.find_lineage("sn-ii"), t.find_lineage("b")), (Some(a), Some(a)));
    assert_eq!(t.node(t.find("B").unwrap()).lineage, "b-2", "a derived id makes way");
    let text = to_json(&t);
    assert!(text.contains(r#"{ "name": "A", "lineage": "a", "merged": ["sn-ii", "b"] }"#), "{text}");
    assert_eq!(to_json(&parse_text(&text).unwrap()), text);
    assert!(!text.contains("\"merged\": []"));
}

#[test]
fn bytes_that_are_no_text() {
    let error = parse_json_bytes(b"{\n\"n\xff", Path::new("t.json")).unwrap_err();
    assert_eq!(error.to_string(), "t.json:2:3: the file is not UTF-8 text from here on; save it as UTF-8");
}

#[test]
fn a_file_of_100_000_levels() {
    let n = 100_000;
    let mut t = Taxonomy::new("deep", "n0");
    let mut at = t.root();
    for i in 1..n {
        at = t.add_child(at, format!("n{i}")).unwrap();
    }
    let text = to_json(&t);
    assert!(text.len() < 200_000_000);
    let read = parse_text(&text).unwrap();
    assert_eq!(read.len(), n);
    assert_eq!(read.depth(read.find(&format!("n{}", n - 1)).unwrap()), n - 1);
    // Unclosed brackets of any number are an error, not a crash.
    let open = format!("{{\"root\":{}", "{\"name\":\"x\",\"children\":[".repeat(n));
    assert!(parse_text(&open).is_err());
    assert!(parse_text(&"[".repeat(1_000_000)).is_err());
    let (_, _, shown) = fault(&format!("{{\"name\":{}", "[".repeat(1_000_000)));
    assert!(shown.len() < 200);
}

#[test]
fn saving_is_whole_and_keeps_what_the_file_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.json");
    let t = parse_text(SMALL).unwrap();
    save_json(&t, &path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), SMALL);
    assert_eq!(to_json(&read_json(&path).unwrap()), SMALL);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_ne!(mode(&path) & 0o044, 0, "a new file is as readable as others");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let link = dir.path().join("link.json");
        symlink(&path, &link).unwrap();
        let mut changed = t.clone();
        changed.add_child(changed.root(), "TDE").unwrap();
        save_json(&changed, &link).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(mode(&path), 0o640);
        assert!(read_json(&path).unwrap().find("TDE").is_some());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
        let e = save_json(&t, &path).unwrap_err();
        assert!(matches!(e, TaxonomyError::Write { .. }), "{e}");
        assert!(read_json(&path).unwrap().find("TDE").is_some());
    }
    let e = save_json(&t, &dir.path().join("no/such/t.json")).unwrap_err();
    assert!(e.to_string().contains("can't be saved"), "{e}");
    let e = read_json(&dir.path().join("absent.json")).unwrap_err();
    assert!(e.to_string().contains("can't be read"), "{e}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing that is read makes the parser panic, and what it takes it writes back stably.
    #[test]
    fn damaged_files_never_panic(cut in 0usize..700, insert in "[\\PC\"{}\\[\\],:\\\\0-9a-z]{0,6}", skip in 0usize..20) {
        let chars: Vec<char> = SMALL.chars().collect();
        let at = cut.min(chars.len());
        let text: String = chars[..at].iter().copied().chain(insert.chars()).chain(chars[(at + skip).min(chars.len())..].iter().copied()).collect();
        if let Ok(t) = parse_text(&text) {
            let written = to_json(&t);
            prop_assert_eq!(to_json(&parse_text(&written).unwrap()), written);
        }
    }

    /// Any text that a name or note may hold survives.
    #[test]
    fn texts_survive(name in "\\PC{1,20}", note in "[\\PC\n]{0,40}", count in any::<u64>(), alpha in 0.0f64..1e300) {
        let mut t = Taxonomy::new("t", "Object");
        t.weights.alpha = alpha;
        if t.add_node(t.root(), Node { note, count: Some(count), ..Node::new(name) }).is_ok() {
            let read = parse_text(&to_json(&t)).unwrap();
            prop_assert_eq!(to_json(&read), to_json(&t));
            prop_assert_eq!(read.weights.alpha, alpha);
            let (a, b) = (t.children(t.root())[0], read.children(read.root())[0]);
            prop_assert_eq!(t.node(a), read.node(b));
        }
    }
}
