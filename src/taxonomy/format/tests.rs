use super::*;
use crate::taxonomy::check::check_bytes;
use crate::taxonomy::names::{MAX_CLASSES, MAX_VALUES};
use crate::taxonomy::{Edit, Node, WeightOptions, check_name, to_json};
use proptest::prelude::*;
use std::path::PathBuf;

const READABLE: [Format; 5] = [Format::Json, Format::Tdtax, Format::Edges, Format::Newick, Format::Indented];

/// A file name of this format in a folder that does not exist.
fn name_of(format: Format) -> PathBuf {
    PathBuf::from(format!("no-such-folder/t.{}", format.info().extensions[0]))
}

fn parsed(text: &str, format: Format) -> Result<Loaded, TaxonomyError> {
    parse(text.as_bytes(), &name_of(format), Some(format))
}

fn lenient(text: &str, format: Format) -> Result<Loaded, TaxonomyError> {
    parse_lenient(text.as_bytes(), &name_of(format), Some(format))
}

/// Line, column and the whole message.
#[track_caller]
fn fault(text: &str, format: Format) -> (usize, usize, String) {
    let error = parsed(text, format).unwrap_err();
    let shown = error.to_string();
    match error {
        TaxonomyError::Parse { line, column, .. } => (line, column, shown),
        other => panic!("{other}"),
    }
}

fn shape(t: &Taxonomy) -> Vec<(String, usize)> {
    t.preorder_with_depth().map(|(id, d)| (t.node(id).name.clone(), d)).collect()
}

/// What is left of a tree in a format, as our own JSON.
fn held(t: &Taxonomy, format: Format) -> String {
    let holds = format.info().holds;
    let mut out = Taxonomy::new("", "root");
    for (i, id) in t.preorder().enumerate() {
        let n = t.node(id);
        let mut node = Node::new(n.name.clone());
        if holds.aliases {
            node.aliases.clone_from(&n.aliases);
        }
        if holds.absorbs {
            node.absorbs.clone_from(&n.absorbs);
        }
        if holds.notes {
            node.note.clone_from(&n.note);
        }
        node.exhaustive = n.exhaustive || !holds.exhaustive;
        node.count = n.count.filter(|_| holds.counts);
        if holds.lineage {
            node.merged.clone_from(&n.merged);
        }
        node.lineage = if holds.lineage { n.lineage.clone() } else { format!("l{i}") };
        match t.parent(id) {
            None => out.set_root(node).unwrap(),
            Some(p) => {
                let parent = out.find(&t.node(p).name).unwrap();
                out.add_node(parent, node).unwrap();
            }
        }
    }
    if holds.title {
        out.name.clone_from(&t.name);
        out.citation.clone_from(&t.citation);
    }
    if holds.weights {
        out.weights = t.weights;
    }
    to_json(&out)
}

/// Names that formats trip over, and any others.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[a-zA-Z0-9 ]{1,12}",
        3 => "[-#:,;'\"\\[\\](){}|&*?!%@`~^_=<>.\\\\/a\u{e9}\u{3b4}0 ]{1,10}",
        1 => "\\PC{1,15}",
        1 => prop::sample::select(vec![
            "true", "null", "~", "1e3", "0x10", "---", "...", "- a", "a: b", "a #b", "#a", "? x", "'", "\"", "class: x", "parent", "child",
            "{\"a\"}", "(A,B);", "[c]", "SN_Ia", "y", "No", "=cmd", "%TAG", "!tag", "&x", "*x", "@", "`", "|", ">", "a\u{1f600}b", "\u{5d0}\u{5d1}",
        ]).prop_map(str::to_string),
    ]
    .prop_map(|n| n.trim().to_string())
    .prop_filter("a name", |n| check_name(n).is_ok())
}

fn any_tree() -> impl Strategy<Value = Taxonomy> {
    type Row = (String, prop::sample::Index, Vec<String>, Vec<String>, String, bool, Option<u64>, Option<String>, Vec<String>);
    let row = (
        any_name(),
        any::<prop::sample::Index>(),
        prop::collection::vec(any_name(), 0..3),
        prop::collection::vec(any_name(), 0..2),
        prop_oneof![3 => Just(String::new()), 1 => "[\\PC\n]{0,30}", 1 => prop::sample::select(vec![
            "tags: a\n  two: 'x'\n\n# y\n", "about\ntags: a, b\nlinks: http://x y", "tags: , ", "\ntags: a", "links:  x ", "a\nlinks: b\ntags: c",
        ]).prop_map(str::to_string)],
        any::<bool>(),
        proptest::option::of(any::<u64>()),
        proptest::option::of("[a-z#:&*-]{1,5}"),
        prop::collection::vec("[a-z#:&*-]{2,5}", 0..2),
    );
    (prop::collection::vec(row, 1..25), "[\\PC\n]{0,20}", 0.0f64..3.0).prop_map(|(rows, title, alpha): (Vec<Row>, String, f64)| {
        let mut t = Taxonomy::new("", "a root");
        let _ = t.apply(Edit::SetTitle { name: title.clone(), citation: title });
        t.weights = WeightOptions { alpha, ..t.weights };
        for (i, (name, at, aliases, absorbs, note, exhaustive, count, lineage, merged)) in rows.into_iter().enumerate() {
            if i == 0 {
                let _ = t.apply(Edit::Rename { id: t.root(), name });
                continue;
            }
            let all: Vec<_> = t.preorder().collect();
            let parent = all[at.index(all.len())];
            let node = Node { aliases, absorbs, note, exhaustive, count, lineage: lineage.unwrap_or_default(), merged, ..Node::new(name) };
            // Names that are taken make a smaller tree.
            let _ = t.add_node(parent, node);
        }
        t
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every format gives back what it says it holds, and says what it does not.
    #[test]
    fn random_trees_survive(t in any_tree()) {
        for format in READABLE {
            let written = write(&t, format).unwrap();
            let read = parsed(&written.text, format);
            prop_assert!(read.is_ok(), "{}: {}\n{}", format.info().name, read.unwrap_err(), written.text);
            let read = read.unwrap();
            prop_assert_eq!(&read.notes, &Vec::<String>::new());
            prop_assert_eq!(held(&read.taxonomy, format), held(&t, format), "{}", written.text);
            prop_assert_eq!(write(&read.taxonomy, format).unwrap().text, written.text, "writing is stable");
            let whole = to_json(&read.taxonomy) == to_json(&t);
            let nothing_lost = written.lost.is_empty();
            prop_assert_eq!(whole, nothing_lost, "{}: lost {:?}", format.info().name, written.lost);
            prop_assert_eq!(read.taxonomy.broken_invariant(), None);
        }
        for format in [Format::Dot, Format::Mermaid, Format::Markdown, Format::Latex] {
            let text = write(&t, format).unwrap().text;
            prop_assert!(text.lines().count() >= t.len());
            prop_assert!(parsed(&text, format).is_err());
        }
    }

    /// A file's content tells its format, with or without its name, for trees with ordinary names.
    #[test]
    fn content_tells_the_format(names in prop::collection::hash_set("[A-Z][a-z]{1,6}( I[abc])?", 3..10)) {
        let names: Vec<String> = names.into_iter().collect();
        let mut t = Taxonomy::new("", &names[0]);
        let a = t.add_child(t.root(), names[1].clone()).unwrap();
        for n in &names[2..] {
            t.add_child(a, n.clone()).unwrap();
        }
        for format in READABLE {
            let text = write(&t, format).unwrap().text;
            let read = parse(text.as_bytes(), Path::new("a-file-without-extension"), None).unwrap();
            prop_assert_eq!(read.format, format);
            prop_assert_eq!(shape(&read.taxonomy), shape(&t));
        }
    }

    /// Nothing that is read makes a reader panic; what is taken is a sound tree.
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), which in 0usize..5) {
        sound(&bytes, READABLE[which]);
        let _ = parse_lenient(&bytes, Path::new("x"), None);
    }

    /// The same for text out of the pieces that formats are made of.
    #[test]
    fn arbitrary_pieces_never_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "class: ", "subclasses:", "\n", "\n", "  ", "- ", "other names: [", "]", ", ", "A", "B", "\"", "'", ": ", "ref: x.yaml", "comments: |",
            "&a ", "*a", "? ", "{", "}", "!!str ", "\t", "parent,child\n", "A,B\n", "B,A\n", ",A\n", "(", ")", ";", ":1", "[", "#", "---\n", "...", "~",
            "\"name\":", "\"root\":", "\"children\":[", "\"format\":\"taxonova-taxonomy\",\"version\":1,", "\u{feff}", "\r", "other A", "count: 3", "%", "@", "<<: ", ">-\n",
        ]), 0..40),
        which in 0usize..5,
    ) {
        sound(pieces.concat().as_bytes(), READABLE[which]);
    }
}

fn sound(bytes: &[u8], format: Format) {
    let path = name_of(format);
    let strict = parse(bytes, &path, Some(format));
    let mended = parse_lenient(bytes, &path, Some(format));
    for read in [&strict, &mended].into_iter().flatten() {
        assert_eq!(read.taxonomy.broken_invariant(), None);
    }
    assert!(strict.is_err() || mended.is_ok(), "what is read strictly is read leniently");
    let found = crate::taxonomy::check::check_bytes(bytes, &path, Some(format)).unwrap();
    let errors = found.iter().any(|f| f.severity() == Severity::Error && f.code != Code::NoClasses);
    assert_eq!(
        errors,
        strict.is_err(),
        "the checker and the strict reader agree: {found:?} {:?}",
        strict.as_ref().err().map(ToString::to_string)
    );
}

#[test]
fn a_tree_by_hand_in_every_format() {
    let mut t = Taxonomy::new("small", "Object");
    t.add_node(t.root(), Node { aliases: vec!["Ia".into()], ..Node::new("SN Ia") }).unwrap();
    let cc = t.add_node(t.root(), Node { exhaustive: false, count: Some(3), ..Node::new("C&C_1") }).unwrap();
    t.add_child(cc, "IIP \"x\"").unwrap();
    let expected = [
        (Format::Edges, "parent,child\nObject,SN Ia\nObject,C&C_1\nC&C_1,\"IIP \"\"x\"\"\"\n"),
        (Format::Newick, "('SN Ia',('IIP \"x\"')'C&C_1')Object;\n"),
        (Format::Indented, "Object\n\tSN Ia\n\tC&C_1\n\t\tIIP \"x\"\n"),
        (
            Format::Tdtax,
            "class: Object\ntitle: small\nsubclasses:\n  - class: SN Ia\n    other names: [Ia]\n  - class: \"C&C_1\"\n    exhaustive: false\n    \
             count: 3\n    subclasses:\n      - class: \"IIP \\\"x\\\"\"\n",
        ),
        (
            Format::Dot,
            "digraph taxonomy {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n  edge [arrowhead=none];\n  n0 [label=\"Object\"];\n  \
             n1 [label=\"SN Ia\"];\n  n0 -> n1;\n  n2 [label=\"C&C_1\"];\n  n0 -> n2;\n  r2 [label=\"other C&C_1\", style=\"rounded,dashed\"];\n  \
             n2 -> r2 [style=dashed];\n  n3 [label=\"IIP \\\"x\\\"\"];\n  n2 -> n3;\n}\n",
        ),
        (
            Format::Mermaid,
            "flowchart LR\n  n0[\"Object\"]\n  n0 --- n1[\"SN Ia\"]\n  n0 --- n2[\"C#38;C#95;1\"]\n  n2 -.- r2[\"other C#38;C#95;1\"]\n  \
             style r2 stroke-dasharray: 4 4\n  n2 --- n3[\"IIP #34;x#34;\"]\n",
        ),
        (Format::Markdown, "# small\n\n- Object\n  - SN Ia (Ia)\n  - C\\&C\\_1\n    - IIP \"x\"\n    - *other C\\&C\\_1*\n"),
        (
            Format::Latex,
            "% \\usepackage{forest}\n\\begin{forest}\n  for tree={grow'=east, anchor=west, child anchor=west, parent anchor=east, draw, rounded \
             corners}\n  [{Object}\n    [{SN Ia}]\n    [{C\\&C\\_1}\n      [{IIP \\textquotedbl{}x\\textquotedbl{}}]\n      \
             [{other C\\&C\\_1}, dashed, edge=dashed]\n    ]\n  ]\n\\end{forest}\n",
        ),
    ];
    for (format, text) in expected {
        assert_eq!(write(&t, format).unwrap().text, text, "{}", format.info().name);
    }
    let lost = write(&t, Format::Newick).unwrap().lost;
    assert_eq!(lost, ["the aliases of 1 class", "the mark `not exhaustive` of 1 class", "the counts of 1 class", "the title"]);
    assert!(write(&t, Format::Tdtax).unwrap().lost.is_empty());
}

#[test]
fn a_hundred_thousand_levels() {
    let n = 100_000;
    let mut t = Taxonomy::new("", "n0");
    let mut at = t.root();
    for i in 1..n {
        at = t.add_child(at, format!("n{i}")).unwrap();
    }
    for format in [Format::Json, Format::Edges, Format::Newick] {
        let text = write(&t, format).unwrap().text;
        let read = parsed(&text, format).unwrap().taxonomy;
        assert_eq!(read.len(), n);
        assert_eq!(read.depth(read.find("n99999").unwrap()), n - 1);
        let found = crate::taxonomy::check::check_bytes(text.as_bytes(), &name_of(format), None).unwrap();
        assert!(found.iter().all(|f| f.code == Code::SingleChild), "{}", format.info().name);
    }
    for format in [Format::Dot, Format::Mermaid, Format::Latex] {
        assert!(write(&t, format).unwrap().text.len() < 40_000_000);
    }
    // Indentation alone would be gigabytes.
    for format in [Format::Tdtax, Format::Indented, Format::Markdown] {
        assert!(write(&t, format).unwrap_err().to_string().contains("99999 levels"));
    }
    // What nests in a small file and means nothing is an error with a place.
    assert!(fault(&"(".repeat(n), Format::Newick).2.contains("never closed"));
    assert!(fault(&format!("class: A\nsubclasses:\n  {}", "- ".repeat(n)), Format::Tdtax).2.contains("expected a class, found a list"));
    assert!(fault(&format!("class: {}", "[".repeat(n)), Format::Tdtax).2.contains("no YAML"));
    assert!(fault(&format!("class: {}", "{a: ".repeat(n)), Format::Tdtax).2.contains("no YAML"));
    // A level per line, as deep as a file may sensibly be.
    let deep: String = (0..3_000).map(|i| format!("{}n{i}\n", " ".repeat(i))).collect();
    assert_eq!(parsed(&deep, Format::Indented).unwrap().taxonomy.len(), 3_000);
    let deep: String = (0..1_000)
        .map(|i| {
            format!(
                "{0}class: n{i}\n{1}subclasses:\n",
                if i == 0 { String::new() } else { format!("{}- ", "  ".repeat(i - 1)) },
                "  ".repeat(i)
            )
        })
        .collect();
    assert_eq!(parsed(&deep, Format::Tdtax).unwrap().taxonomy.len(), 1_000);
}

#[test]
fn billion_laughs_and_alias_bombs() {
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for i in 1..40 {
        bomb.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1));
    }
    let (line, column, text) = fault(&bomb, Format::Tdtax);
    assert_eq!((line, column), (2, 10));
    assert!(text.contains("a YAML alias (`*name`), which is not read"), "{text}");
    let (line, _, text) = fault("class: A\nsubclasses: &s\n  - class: B\n    subclasses: *s\n", Format::Tdtax);
    assert!(line == 4 && text.contains("YAML alias"), "{text}");
    let names: Vec<String> = (0..200_000).map(|i| format!("a{i}")).collect();
    let read = parsed(&format!("class: A\nother names: [{}]\n", names.join(", ")), Format::Tdtax).unwrap().taxonomy;
    assert_eq!(read.node(read.root()).aliases.len(), 200_000);
    let many = format!("class: A\nsubclasses:\n{}", "  - {class: B, other names: [x]}\n".repeat(20_000));
    assert!(fault(&many, Format::Tdtax).2.contains("`B` is already the name of a class: line 3"));
    assert_eq!(lenient(&many, Format::Tdtax).unwrap().taxonomy.len(), 20_001);
}

#[test]
fn wrong_encodings() {
    for format in READABLE {
        let said = |bytes: &[u8]| parse(bytes, &name_of(format), Some(format)).unwrap_err().to_string();
        assert!(said(b"\xff\xfea\0").contains(":1:1: the file is UTF-16"));
        assert!(said(b"\xfe\xff\0a").contains(":1:1: the file is UTF-16"));
        assert!(said(b"c\0l\0a\0s\0s\0:\0").contains("full of zero bytes"));
        assert!(said(b"ab\n\xc3\xa9\xe9c").contains(":2:2: the file is not UTF-8 text from here on; save it as UTF-8"));
    }
    for text in ["class: A\nsubclasses:\n  - class: B\n", "parent,child\nA,B\n", "(B)A;", "A\n  B\n"] {
        let with_mark = format!("\u{feff}{text}");
        let windows = text.replace('\n', "\r\n");
        for form in [text, with_mark.as_str(), windows.as_str()] {
            let read = parse(form.as_bytes(), Path::new("x"), None).unwrap_or_else(|e| panic!("{form:?}: {e}"));
            assert_eq!(shape(&read.taxonomy), [("A".to_string(), 0), ("B".to_string(), 1)], "{form:?}");
        }
    }
}

#[test]
fn huge_names_make_short_messages() {
    let huge = "x".repeat(3_000_000);
    let texts = [
        (Format::Tdtax, format!("class: A\nsubclasses:\n  - class: {huge}\n")),
        (Format::Edges, format!("A,{huge}\n")),
        (Format::Newick, format!("({huge})A;")),
        (Format::Indented, format!("A\n {huge}\n")),
    ];
    for (format, text) in texts {
        let shown = fault(&text, format).2;
        assert!(shown.contains("3000000 characters is too long: at most 200") && shown.len() < 400, "{shown}");
        let read = lenient(&text, format).unwrap();
        assert!(read.notes.iter().all(|n| n.len() < 600) && read.notes.len() == 1);
        assert_eq!(read.taxonomy.node(read.taxonomy.leaves().next().unwrap()).name, "x".repeat(200));
    }
    let control = format!("class: \"{}\\e[2J\"\n", "y".repeat(1_000));
    assert!(fault(&control, Format::Tdtax).2.len() < 400);
    assert!(fault(&format!("{huge}: 1\n"), Format::Tdtax).2.len() < 600);
}

#[test]
fn newick_as_others_write_it() {
    let t = parsed("((SN_Ia:0.1,'it''s':2e-1)[a comment]G:1,\n 'a_b')root:0;\n", Format::Newick).unwrap();
    let names: Vec<String> = shape(&t.taxonomy).into_iter().map(|s| s.0).collect();
    assert_eq!(names, ["root", "G", "SN Ia", "it's", "a_b"]);
    assert_eq!(t.notes.len(), 2);
    assert!(t.notes[0].contains("branch lengths are not read") && t.notes[0].contains(":1:8"), "{:?}", t.notes);
    let cases = [
        ("(A,B", (1, 1), "never closed"),
        ("(A,B;", (1, 1), "never closed"),
        ("A,B);", (1, 2), "`,` outside of all brackets"),
        ("(A,B))C;", (1, 6), "`)` outside of all brackets"),
        ("(A,B)C", (1, 7), "ends without `;`"),
        ("(A,B)C;\n(D)E;", (2, 1), "behind the end of the tree"),
        ("(A,'B)C;", (1, 4), "does not end"),
        ("(A B'C')D;", (1, 5), "a second label"),
        ("(A:x)D;", (1, 3), "`x` is no branch length"),
        ("(A(B))C;", (1, 3), "`(` behind a label"),
        ("(A])C;", (1, 3), "`]` outside of a comment"),
        ("(A,)C;", (1, 4), "a class without a name"),
        ("(A,A)C;", (1, 4), "`A` is already the name of a class: line 1"),
    ];
    for (text, place, reason) in cases {
        let (line, column, shown) = fault(text, Format::Newick);
        assert_eq!((line, column), place, "{text}: {shown}");
        assert!(shown.contains(reason), "{text}: {shown}");
    }
    assert!(lenient("((A,B),C);", Format::Newick).unwrap().taxonomy.find("unnamed 2").is_some());
}

#[test]
fn edge_lists_as_others_write_them() {
    let read = |text: &str| parsed(text, Format::Edges).map(|l| shape(&l.taxonomy)).map_err(|e| e.to_string());
    let tree = |names: &[(&str, usize)]| names.iter().map(|(n, d)| (n.to_string(), *d)).collect::<Vec<_>>();
    let expected = Ok(tree(&[("O", 0), ("A", 1), ("A1", 2), ("B", 1)]));
    for text in [
        "parent,child\nO,A\nO,B\nA,A1\n",
        "O,A\nA,A1\nO,B",
        "\"O\", A\r\n\r\nO,\"B\"\r\nA,A1\r\n",
        "A;A1\nO;A\nO;B\n",
        "O\tA\nO\tB\nA\tA1\n",
        "child,weight,parent\nA,1,O\nB,2,O\nA1,3,A\n",
        ",O\nO,A\nO,B\nA,A1\n",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    let notes = parsed("child,weight,parent\nA,1,O\n", Format::Edges).unwrap().notes;
    assert!(notes.len() == 1 && notes[0].contains(":1:7: the column `weight` is not read"), "{notes:?}");
    let cases = [
        ("O,A\nO,B,C\n", (2, 1), "a row with 3 cells, expected 2"),
        ("O,A\nO\n", (2, 1), "a row with 1 cell, expected 2"),
        ("O,A\n\"O,B\n", (2, 1), "does not end"),
        ("O,\"A\"x\n", (1, 3), "`x` behind a text in quotes"),
        ("O,A\nP,A\nO,P\n", (2, 3), "`A` is under `O` and under `P`"),
        ("O,A\nP,B\n", (2, 1), "`P` has no parent, as `O`"),
        ("O,A\nB,C\nC,D\nD,B\nD,E\n", (4, 3), "a cycle, each below the next: B, D, C, B"),
        ("A,A\n", (1, 3), "a cycle, each below the next: A, A"),
        ("O,\n", (1, 3), "a row without a child"),
        ("parent,child\n", (1, 1), "no class in the file"),
    ];
    for (text, place, reason) in cases {
        let (line, column, shown) = fault(text, Format::Edges);
        assert!(shown.contains(reason), "{text}: {shown}");
        assert_eq!((line, column), place, "{text}: {shown}");
    }
    assert!(lenient("O,A\nB,C\nC,B\n", Format::Edges).is_err(), "a cycle can't be mended");
    let mended = lenient("O,A\nP,A\nP,B\n", Format::Edges).unwrap();
    assert_eq!(shape(&mended.taxonomy), tree(&[("Object", 0), ("O", 1), ("A", 2), ("P", 1), ("B", 2)]));
    assert_eq!(mended.notes.len(), 2, "{:?}", mended.notes);
}

#[test]
fn indented_text() {
    let read = |text: &str| parsed(text, Format::Indented).map(|l| shape(&l.taxonomy)).map_err(|e| e.to_string());
    let expected = [("O", 0), ("A, b", 1), ("- A1", 2), ("#B", 1)].map(|(n, d)| (n.to_string(), d)).to_vec();
    for text in ["O\n\tA, b\n\t\t- A1\n\t#B\n", "O\n  A, b\n\n   - A1   \n  #B", "  O\n    A, b\n        - A1\n    #B\n"] {
        assert_eq!(read(text), Ok(expected.clone()), "{text:?}");
    }
    let cases = [
        ("O\n  A\n B\n", (3, 2), "fits no line above"),
        ("O\n    A\n      A1\n  B\n", (4, 3), "fits no line above"),
        ("O\n  A\n\tB\n", (3, 2), "tabs and spaces that differ"),
        ("  O\nA\n", (2, 1), "fits no line above"),
        ("O\nA\n", (2, 1), "`A` has no parent, as `O` (line 1)"),
    ];
    for (text, place, reason) in cases {
        let (line, column, shown) = fault(text, Format::Indented);
        assert!(shown.contains(reason), "{text:?}: {shown}");
        assert_eq!((line, column), place, "{text:?}");
    }
}

#[test]
fn what_tells_a_format() {
    let told = |text: &str, name: &str| parse(text.as_bytes(), Path::new(name), None).map(|l| l.format).map_err(|e| e.to_string());
    assert_eq!(told("class: A\n", "x.txt"), Ok(Format::Tdtax), "content goes before the name");
    assert_eq!(told("A, b\n  C\n", "x.txt"), Ok(Format::Indented));
    assert_eq!(told("A;", "x.nwk"), Ok(Format::Newick));
    assert!(told("", "x").unwrap_err().contains("the file is empty"));
    assert!(told("digraph {}", "x.dot").unwrap_err().contains("Graphviz DOT is a format that is written, not read"));
    assert!(told("hello", "x").unwrap_err().contains("--from"));
    assert!(told("{ name: 1 }", "x.json").unwrap_err().contains("x.json:1:3"));
    assert!(told("[1]", "x").is_err());
    let dir = tempfile::tempdir().unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("it is a folder"));
}

#[test]
fn aliases_that_end_in_a_dash_survive_yaml() {
    for alias in ["é -", "x -", "a - b", "a-", "- a", "a -b"] {
        let mut t = Taxonomy::new("", "A");
        t.add_node(t.root(), Node { aliases: vec![alias.into(), "z".into()], ..Node::new("B") }).unwrap();
        t.add_node(t.root(), Node { aliases: vec![format!("y {alias}")], ..Node::new("C") }).unwrap();
        let text = write(&t, Format::Tdtax).unwrap().text;
        let read = parsed(&text, Format::Tdtax).unwrap_or_else(|e| panic!("{alias}: {e}\n{text}"));
        assert_eq!(to_json(&read.taxonomy), to_json(&t), "{alias}");
    }
}

/// A hostile file must not fill the memory: readers stop at the class or value that is one too many, and say where.
#[test]
fn readers_stop_at_too_many_classes_and_values() {
    let n = MAX_CLASSES + 1;
    let json = |root: &str| format!("{{\"format\":\"taxonova-taxonomy\",\"version\":1,\"root\":{root}");
    let edges: String = (0..n).map(|i| format!("r,{i}\n")).collect();
    let v = MAX_VALUES + 1;
    let lines: String = std::iter::once("a\n".to_string()).chain((0..n).map(|i| format!(" {i}\n"))).collect();
    let classes: String = (0..n).map(|i| format!("  - class: {i}\n")).collect();
    let cases = [
        ("brackets", "(".repeat(n), Format::Newick, (1, n), "more than 1000000 classes"),
        ("siblings", format!("({}", ",".repeat(n)), Format::Newick, (1, n + 1), "more than 1000000 classes"),
        ("lines", lines, Format::Indented, (n, 2), "more than 1000000 classes"),
        ("rows", edges, Format::Edges, (n - 1, 1), "more than 1000000 classes"),
        ("commas", ",".repeat(v), Format::Edges, (1, v), "more than 4000000 cells"),
        ("values", format!("class: a\nlinks: [{}]", "b,".repeat(v)), Format::Tdtax, (2, 2 * v + 2), "more than 4000000 values"),
        ("classes", format!("class: a\nsubclasses:\n{classes}"), Format::Tdtax, (n + 1, 5), "more than 1000000 classes"),
        ("objects", json(&"{\"children\":[".repeat(n)), Format::Json, (1, 55 + 13 * n), "more than 1000000 classes"),
        ("labels", json(&format!("{{\"aliases\":[{}", "\"b\",".repeat(v))), Format::Json, (1, 62 + 4 * v), "more than 4000000 labels"),
    ];
    for (what, text, format, (line, column), reason) in cases {
        let error = parsed(&text, format).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains("split it"), "{what}: {error}");
        let found = check_bytes(text.as_bytes(), &name_of(format), Some(format)).unwrap();
        assert!(found.iter().any(|f| f.code == Code::TooLarge && f.text.contains(reason)), "{what}");
        let at = error.split(':').skip(1).take(2).map(|n| n.parse::<usize>().unwrap()).collect::<Vec<_>>();
        assert!(at[0].abs_diff(line) <= 2 && at[1].abs_diff(column) <= 80, "{what}: {error}, expected {line}:{column}");
    }
}
