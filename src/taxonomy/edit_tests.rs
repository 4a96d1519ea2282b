use super::*;
use crate::taxonomy::compose;
use crate::taxonomy::{Document, NameError, WeightOptions, parse_json, to_json};
use proptest::prelude::*;
use std::path::Path;

/// Object { A { A1, A2 }, B }
fn tree() -> (Taxonomy, [NodeId; 5]) {
    let mut t = Taxonomy::new("t", "Object");
    let root = t.root();
    let a = t.add_child(root, "A").unwrap();
    let a1 = t.add_child(a, "A1").unwrap();
    let a2 = t.add_child(a, "A2").unwrap();
    let b = t.add_child(root, "B").unwrap();
    (t, [root, a, a1, a2, b])
}

fn shape(t: &Taxonomy) -> String {
    t.preorder_with_depth().map(|(id, d)| format!("{}{}", "-".repeat(d), t.node(id).name)).collect::<Vec<_>>().join(" ")
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| s.to_string()).collect()
}

#[track_caller]
fn refused(t: &mut Taxonomy, edit: Edit) -> EditError {
    let before = (to_json(t), t.arena_len());
    let error = t.apply(edit).unwrap_err();
    assert_eq!((to_json(t), t.arena_len()), before, "a refused edit changes nothing");
    assert_eq!(t.broken_invariant(), None);
    error
}

#[test]
fn children_rise_into_the_place_of_the_deleted() {
    let (mut t, [_, a, a1, ..]) = tree();
    let inverse = t.apply(Edit::Delete { id: a, children: Subtree::Rise }).unwrap();
    assert_eq!(shape(&t), "Object -A1 -A2 -B");
    assert!(!t.is_attached(a) && t.find("A").is_none());
    let redo = t.apply(inverse).unwrap();
    assert_eq!(shape(&t), "Object -A --A1 --A2 -B");
    assert_eq!(t.find("A"), Some(a));
    assert_eq!(redo, Edit::Delete { id: a, children: Subtree::Rise });
    // A leaf has none to rise.
    let inverse = t.apply(Edit::Delete { id: a1, children: Subtree::Rise }).unwrap();
    assert_eq!(shape(&t), "Object -A --A2 -B");
    t.apply(inverse).unwrap();
    assert_eq!(shape(&t), "Object -A --A1 --A2 -B");
    assert_eq!(t.broken_invariant(), None);
}

#[test]
fn children_go_along_and_come_back() {
    let (mut t, [root, a, a1, ..]) = tree();
    t.apply(Edit::SetAliases { id: a1, aliases: texts(&["first"]) }).unwrap();
    let before = to_json(&t);
    let inverse = t.apply(Edit::Delete { id: a, children: Subtree::GoAlong }).unwrap();
    assert_eq!(shape(&t), "Object -B");
    assert_eq!(t.len(), 2);
    assert_eq!(t.find_label("first"), None);
    assert_eq!(refused(&mut t, Edit::SetNote { id: a1, note: "x".into() }), EditError::NotInTree);
    assert!(matches!(refused(&mut t, Edit::Attach { id: a1, parent: root, index: 0, adopt: 0 }), EditError::DoesNotFit(_)));
    t.apply(inverse).unwrap();
    assert_eq!(to_json(&t), before);
    assert_eq!(t.find_label("first"), Some(a1));
}

#[test]
fn moves() {
    let (mut t, [root, a, a1, a2, b]) = tree();
    let inverse = t.apply(Edit::Move { id: a2, parent: root, index: 1 }).unwrap();
    assert_eq!(shape(&t), "Object -A --A1 -A2 -B");
    t.apply(inverse).unwrap();
    assert_eq!(shape(&t), "Object -A --A1 --A2 -B");
    // Among its own siblings the index counts without the node itself.
    t.apply(Edit::Move { id: a1, parent: a, index: 1 }).unwrap();
    assert_eq!(shape(&t), "Object -A --A2 --A1 -B");
    t.apply(Edit::Move { id: a, parent: b, index: usize::MAX }).unwrap();
    assert_eq!(shape(&t), "Object -B --A ---A2 ---A1");
    assert!(matches!(refused(&mut t, Edit::Move { id: b, parent: a1, index: 0 }), EditError::MoveIntoOwnSubtree { .. }));
    assert!(matches!(refused(&mut t, Edit::Move { id: b, parent: b, index: 0 }), EditError::MoveIntoOwnSubtree { .. }));
    assert_eq!(refused(&mut t, Edit::Move { id: root, parent: b, index: 0 }), EditError::MoveRoot);
    assert_eq!(refused(&mut t, Edit::Delete { id: root, children: Subtree::Rise }), EditError::DeleteRoot);
}

#[test]
fn a_rename_keeps_the_lineage_and_swaps_with_an_own_alias() {
    let (mut t, [_, a, a1, ..]) = tree();
    t.apply(Edit::SetAliases { id: a, aliases: texts(&["x", "Alpha", "y"]) }).unwrap();
    let inverse = t.apply(Edit::Rename { id: a, name: "Alpha".into() }).unwrap();
    assert_eq!(t.node(a).lineage, "a");
    assert_eq!(t.node(a).aliases, ["x", "A", "y"]);
    assert_eq!(t.find("Alpha"), Some(a));
    assert_eq!(t.find("A"), None);
    assert_eq!(t.find_label("A"), Some(a));
    t.apply(inverse).unwrap();
    assert_eq!(t.node(a).aliases, ["x", "Alpha", "y"]);
    assert_eq!(t.find("A"), Some(a));
    let e = refused(&mut t, Edit::Rename { id: a1, name: "x".into() });
    assert_eq!(e.to_string(), "`x` is already an alias of `A`: choose another name, or take it away there");
    assert!(matches!(refused(&mut t, Edit::Rename { id: a1, name: "A2".into() }), EditError::Taken { role: "the name", .. }));
    assert!(matches!(refused(&mut t, Edit::Rename { id: a1, name: "p > q".into() }), EditError::Name(_)));
    assert!(matches!(refused(&mut t, Edit::Rename { id: a1, name: "".into() }), EditError::Name(NameError::Empty)));
}

#[test]
fn labels_are_unique_over_the_tree() {
    let (mut t, [root, a, a1, _, b]) = tree();
    t.apply(Edit::SetAbsorbs { id: b, absorbs: texts(&["fine"]) }).unwrap();
    assert!(matches!(
        refused(&mut t, Edit::SetAliases { id: a, aliases: texts(&["fine"]) }),
        EditError::Taken { role: "an absorbed label", .. }
    ));
    assert!(matches!(refused(&mut t, Edit::SetAliases { id: a, aliases: texts(&["q", "q"]) }), EditError::Repeated { .. }));
    assert!(matches!(refused(&mut t, Edit::SetAbsorbs { id: a, absorbs: texts(&["A"]) }), EditError::Repeated { .. }));
    assert!(matches!(refused(&mut t, Edit::Add { parent: root, index: 0, node: Node::new("fine") }), EditError::Taken { .. }));
    let twin = Node { lineage: "a1".into(), ..Node::new("new") };
    assert!(matches!(refused(&mut t, Edit::Add { parent: root, index: 0, node: twin }), EditError::LineageTaken { .. }));
    let bad = Node { lineage: "a/other".into(), ..Node::new("new") };
    assert!(matches!(refused(&mut t, Edit::Add { parent: root, index: 0, node: bad }), EditError::Lineage(_)));
    // A derived lineage id makes way.
    t.apply(Edit::Rename { id: a1, name: "first".into() }).unwrap();
    let again = t.add_child(root, "A1").unwrap();
    assert_eq!(t.node(again).lineage, "a1-2");
}

#[test]
fn lineage_ids_of_merged_classes_are_unique_too() {
    let (mut t, [root, a, a1, _, b]) = tree();
    let set = |id, l: &[&str]| Edit::SetMerged { id, lineages: texts(l) };
    assert!(matches!(refused(&mut t, set(a, &["b"])), EditError::LineageTaken { .. }));
    assert!(matches!(refused(&mut t, set(a, &["a"])), EditError::LineageTaken { .. }));
    assert!(matches!(refused(&mut t, set(a, &["x", "x"])), EditError::LineageTaken { .. }));
    assert!(matches!(refused(&mut t, set(a, &["x y"])), EditError::Lineage(_)));
    let inverse = t.apply(set(a, &["x", "y"])).unwrap();
    assert_eq!(t.find_lineage("y"), Some(a));
    assert!(t.changes_nothing(&set(a, &["x", "y"])));
    assert!(matches!(refused(&mut t, set(b, &["y"])), EditError::LineageTaken { .. }));
    let twin = Node { merged: texts(&["y"]), ..Node::new("new") };
    assert!(matches!(refused(&mut t, Edit::Add { parent: root, index: 0, node: twin }), EditError::LineageTaken { .. }));
    let back = t.apply(Edit::Delete { id: a, children: Subtree::Rise }).unwrap();
    assert_eq!(t.find_lineage("y"), None);
    t.apply(set(a1, &["y"])).unwrap();
    assert!(matches!(refused(&mut t, back.clone()), EditError::LineageTaken { .. }));
    t.apply(set(a1, &[])).unwrap();
    t.apply(back).unwrap();
    assert_eq!(t.find_lineage("y"), Some(a));
    assert_eq!(t.apply(inverse).unwrap(), set(a, &["x", "y"]));
    assert_eq!(t.broken_invariant(), None);
}

#[test]
fn the_names_of_residuals_are_kept() {
    let (mut t, [root, a, a1, _, b]) = tree();
    assert!(matches!(refused(&mut t, Edit::Add { parent: root, index: 0, node: Node::new("other A") }), EditError::ResidualName { .. }));
    assert!(matches!(refused(&mut t, Edit::SetAliases { id: b, aliases: texts(&["other B"]) }), EditError::ResidualName { .. }));
    // Either way round.
    t.apply(Edit::Rename { id: a1, name: "other C".into() }).unwrap();
    let e = refused(&mut t, Edit::Rename { id: b, name: "C".into() });
    assert!(e.to_string().contains("mark `C` as not exhaustive"), "{e}");
    assert!(matches!(refused(&mut t, Edit::Rename { id: a, name: "other other C".into() }), EditError::ResidualName { .. }));
    t.apply(Edit::Rename { id: a1, name: "C".into() }).unwrap();
}

#[test]
fn a_batch_is_all_or_nothing() {
    let (mut t, [root, a, ..]) = tree();
    let new = t.next_id();
    let edits = vec![
        Edit::Add { parent: root, index: 0, node: Node::new("New") },
        Edit::Move { id: a, parent: new, index: 0 },
        Edit::SetCount { id: new, count: Some(3) },
    ];
    let mut bad = edits.clone();
    bad.push(Edit::Rename { id: new, name: "B".into() });
    assert!(matches!(refused(&mut t, Edit::Batch(bad)), EditError::Taken { .. }));
    assert_eq!(t.next_id(), new);
    let before = to_json(&t);
    let inverse = t.apply(Edit::Batch(edits)).unwrap();
    assert_eq!(shape(&t), "Object -New --A ---A1 ---A2 -B");
    t.apply(inverse).unwrap();
    assert_eq!(to_json(&t), before);
}

#[test]
fn weights_and_texts_are_checked() {
    let (mut t, [_, a, ..]) = tree();
    let bad = WeightOptions { alpha: -1.0, ..t.weights };
    assert!(matches!(refused(&mut t, Edit::SetWeights(bad)), EditError::Weight { name: "alpha", .. }));
    let bad = WeightOptions { beta: f64::NAN, ..t.weights };
    assert!(matches!(refused(&mut t, Edit::SetWeights(bad)), EditError::Weight { name: "beta", .. }));
    let old = t.weights;
    let inverse = t.apply(Edit::SetWeights(WeightOptions { beta: 0.25, ..old })).unwrap();
    assert_eq!(inverse, Edit::SetWeights(old));
    assert!(matches!(refused(&mut t, Edit::SetNote { id: a, note: "a\u{1b}".into() }), EditError::Name(_)));
    t.apply(Edit::SetNote { id: a, note: "two\nlines".into() }).unwrap();
    let inverse = t.apply(Edit::SetTitle { name: "n".into(), citation: "c".into() }).unwrap();
    assert_eq!(inverse, Edit::SetTitle { name: "t".into(), citation: "".into() });
}

#[test]
fn deleting_and_moving_in_a_deep_tree() {
    let mut t = Taxonomy::new("deep", "n0");
    let mut at = t.root();
    for i in 1..100_000 {
        at = t.add_child(at, format!("n{i}")).unwrap();
    }
    let (n1, n2) = (t.find("n1").unwrap(), t.find("n2").unwrap());
    t.apply(Edit::Move { id: n2, parent: t.root(), index: 0 }).unwrap();
    let inverse = t.apply(Edit::Delete { id: n2, children: Subtree::GoAlong }).unwrap();
    assert_eq!(t.len(), 2);
    t.apply(inverse).unwrap();
    assert_eq!(t.len(), 100_000);
    assert!(t.is_leaf(n1));
}

/// A choice that is made into an edit of whatever the tree looks like by then.
#[derive(Debug, Clone)]
struct Choice {
    kind: u8,
    a: u16,
    b: u16,
    index: u8,
    word: u8,
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let one =
        (0u8..19, any::<u16>(), any::<u16>(), 0u8..6, 0u8..24).prop_map(|(kind, a, b, index, word)| Choice { kind, a, b, index, word });
    prop::collection::vec(one, 0..60)
}

/// Few words, so that they often clash.
fn word(n: u8) -> String {
    ["SN", "SN Ia", "Ia", "CC", "TDE", "other SN", "other", "AGN", "x", "δ Sct", "V*", "**"][n as usize % 12].repeat(1 + n as usize / 12)
}

/// Up to four leaves that follow each other.
fn leaves(t: &Taxonomy, c: &Choice) -> Vec<NodeId> {
    t.leaves().skip(c.a as usize % t.leaves().count()).take(1 + c.index as usize % 4).collect()
}

fn edit_of(t: &Taxonomy, c: &Choice) -> Edit {
    let ids: Vec<NodeId> = t.preorder().collect();
    let pick = |n: u16| ids[n as usize % ids.len()];
    let (id, parent, index, w) = (pick(c.a), pick(c.b), c.index as usize, word(c.word));
    let some = |w: String| if c.index == 0 { vec![] } else { vec![w, word(c.word.wrapping_mul(7) % 24)] };
    match c.kind {
        0 | 1 => Edit::Add { parent, index, node: Node { aliases: some(format!("{w}!")), count: Some(c.b as u64), ..Node::new(w) } },
        2 => Edit::Rename { id, name: w },
        3 => Edit::Delete { id, children: Subtree::Rise },
        4 => Edit::Delete { id, children: Subtree::GoAlong },
        5 | 6 => Edit::Move { id, parent, index },
        7 => Edit::SetAliases { id, aliases: some(w) },
        8 => Edit::SetAbsorbs { id, absorbs: some(w) },
        9 => Edit::SetExhaustive { id, exhaustive: c.index.is_multiple_of(2) },
        10 => Edit::SetCount { id, count: (c.index > 2).then_some(c.b as u64) },
        11 => Edit::Batch(vec![
            Edit::SetNote { id, note: w.clone() },
            Edit::Add { parent, index, node: Node::new(w) },
            Edit::Move { id, parent: t.next_id(), index: 0 },
            Edit::Delete { id: parent, children: Subtree::Rise },
        ]),
        12 => compose::merge(t, id, parent).unwrap_or(Edit::Batch(vec![])),
        13 => compose::merge_all(t, &leaves(t, c), parent).unwrap_or(Edit::Batch(vec![])),
        14 => compose::group(t, &leaves(t, c), &w).unwrap_or(Edit::Batch(vec![])),
        15 => compose::move_all(t, &leaves(t, c), parent),
        16 => {
            let label = t.node(id).labels().nth(index).unwrap_or("none").to_string();
            compose::split_off(t, id, &label, Some(c.b as u64)).unwrap_or(Edit::Batch(vec![]))
        }
        17 => Edit::SetMerged { id, lineages: if c.index < 2 { vec![] } else { vec![format!("m{}", c.b % 4), format!("sn-{}", c.a % 4)] } },
        _ => compose::duplicate(t, id).unwrap_or(Edit::SetTitle { name: w.clone(), citation: w }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any edits undone give the start and redone the end, byte for byte; refused ones change nothing; the books stay right.
    #[test]
    fn undo_gives_the_start_and_redo_the_end(choices in choices()) {
        let mut d = Document::new(tree().0);
        let mut states = vec![to_json(d.taxonomy())];
        for c in &choices {
            if d.taxonomy().len() > 200 {
                break;
            }
            let edit = edit_of(d.taxonomy(), c);
            let before = (to_json(d.taxonomy()), d.taxonomy().arena_len(), d.undo_title().is_some());
            let silent = d.taxonomy().changes_nothing(&edit);
            // Trying it out leaves no trace and says the same as doing it.
            let tried = d.try_out(edit.clone());
            prop_assert_eq!(d.taxonomy().broken_invariant(), None);
            prop_assert_eq!((to_json(d.taxonomy()), d.taxonomy().arena_len(), d.undo_title().is_some()), before.clone());
            let result = d.edit(format!("{c:?}"), edit);
            prop_assert!(silent || tried == result, "{:?} and {:?}", tried, result);
            prop_assert_eq!(d.taxonomy().broken_invariant(), None);
            if result.is_err() || silent {
                prop_assert_eq!((to_json(d.taxonomy()), d.taxonomy().arena_len(), d.undo_title().is_some()), before);
            } else {
                states.push(to_json(d.taxonomy()));
            }
        }
        let text = to_json(d.taxonomy());
        let read = parse_json(&text, Path::new("t.json")).unwrap();
        prop_assert_eq!(to_json(&read), text);
        for state in states.iter().rev().skip(1) {
            prop_assert!(d.undo().is_some());
            prop_assert_eq!(d.taxonomy().broken_invariant(), None);
            prop_assert_eq!(&to_json(d.taxonomy()), state);
        }
        prop_assert_eq!(d.undo(), None);
        prop_assert!(!d.is_dirty());
        for state in states.iter().skip(1) {
            prop_assert!(d.redo().is_some());
            prop_assert_eq!(d.taxonomy().broken_invariant(), None);
            prop_assert_eq!(&to_json(d.taxonomy()), state);
        }
        prop_assert_eq!(d.redo(), None);
    }
}
