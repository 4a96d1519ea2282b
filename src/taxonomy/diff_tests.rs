use super::*;
use crate::taxonomy::diff_entries::longest_rising;
use crate::taxonomy::{CountMode, Edit, Form, Node, Subtree, compose, parse_json, shipped, shipped_json, to_json};
use proptest::prelude::*;
use std::path::Path;

fn transients() -> Taxonomy {
    parse_json(shipped_json("transients").unwrap(), Path::new("transients")).unwrap()
}

fn id(t: &Taxonomy, name: &str) -> NodeId {
    t.find(name).unwrap_or_else(|| panic!("no node {name}"))
}

/// As a file: arenas differ, lineage ids stay.
fn reread(t: &Taxonomy) -> Taxonomy {
    parse_json(&to_json(t), Path::new("t.json")).unwrap()
}

/// As a file without lineage ids.
fn foreign(t: &Taxonomy) -> Taxonomy {
    let mut value: serde_json::Value = serde_json::from_str(&to_json(t)).unwrap();
    let mut stack = vec![&mut value["root"]];
    while let Some(node) = stack.pop() {
        node.as_object_mut().unwrap().shift_remove("lineage");
        if let Some(children) = node.get_mut("children").and_then(|c| c.as_array_mut()) {
            stack.extend(children);
        }
    }
    parse_json(&value.to_string(), Path::new("t.json")).unwrap()
}

fn lines(d: &TreeDiff) -> Vec<String> {
    let name = |e: &DiffEntry| e.name_b.clone().filter(|_| e.kind != DiffKind::Merged).or(e.name_a.clone()).unwrap_or_default();
    d.entries.iter().map(|e| format!("{} {}", e.kind.name(), name(e))).collect()
}

fn edited(edits: impl IntoIterator<Item = Edit>) -> (Taxonomy, Taxonomy) {
    let a = transients();
    let mut b = a.clone();
    for edit in edits {
        b.apply(edit).unwrap();
    }
    (a, reread(&b))
}

#[test]
fn a_tree_does_not_differ_from_itself() {
    for (file, json) in shipped() {
        let t = parse_json(json, Path::new(file)).unwrap();
        assert!(diff(&t, &t).is_empty(), "{file}");
        assert!(diff(&t, &foreign(&t)).is_empty() || file.contains("variables"), "{file}");
    }
}

#[test]
fn each_kind_by_hand() {
    let t = transients();
    let (ia, iin, cc, slsn) = (id(&t, "SN Ia"), id(&t, "SN IIn"), id(&t, "CC"), id(&t, "SLSN"));
    let (a, b) = edited([
        Edit::Rename { id: cc, name: "Core collapse SN".into() },
        Edit::Move { id: iin, parent: slsn, index: 0 },
        Edit::Delete { id: id(&t, "SN Ia-SC"), children: Subtree::Rise },
        Edit::Add { parent: ia, index: 0, node: Node::new("SN Ia-02es") },
        Edit::SetAliases { id: ia, aliases: vec!["Ia".into(), "type one a".into()] },
        Edit::SetNote { id: slsn, note: "bright".into() },
        Edit::SetExhaustive { id: ia, exhaustive: true },
        Edit::SetCount { id: id(&t, "TDE"), count: Some(60) },
    ]);
    let d = diff(&a, &b);
    assert_eq!(
        lines(&d),
        [
            "added SN Ia-02es",
            "removed SN Ia-SC",
            "moved SN IIn",
            "renamed Core collapse SN",
            "aliases SN Ia",
            "note SLSN",
            "exhaustive SN Ia",
            "count TDE"
        ]
    );
    let moved = &d.entries[2];
    assert_eq!(moved.detail, "from SN > CC to SN > Core collapse SN > SLSN");
    assert_eq!(moved.path_b.as_deref(), Some("SN > Core collapse SN > SLSN > SN IIn"));
    assert_eq!(d.entries[4].detail, "+ type one a; - thermonuclear supernova");
    assert_eq!(d.entries[7].detail, "59 -> 60");
    assert_eq!(d.partner(cc).map(|n| b.node(n).name.as_str()), Some("Core collapse SN"));
    assert!(d.partner(id(&a, "SN Ia-SC")).is_none() && !d.is_empty());
    // The other way round.
    let back = diff(&b, &a);
    assert_eq!(lines(&back)[..4], ["added SN Ia-SC", "removed SN Ia-02es", "moved SN IIn", "renamed CC"]);
}

#[test]
fn consequences_are_not_told_twice() {
    let t = transients();
    // Children that rise have not moved.
    let (a, b) = edited([Edit::Delete { id: id(&t, "SN Ibc"), children: Subtree::Rise }]);
    let d = diff(&a, &b);
    assert_eq!(lines(&d), ["removed SN Ibc"]);
    assert!(d.entries[0].detail.contains("SN Ib, SN Ic"), "{}", d.entries[0].detail);
    // Nor have those that a new parent was put over.
    let (a, b) = edited([compose::group(&t, &[id(&t, "SN Ib"), id(&t, "SN Ic")], "plain").unwrap()]);
    let d = diff(&a, &b);
    assert_eq!(lines(&d), ["added plain"]);
    assert_eq!(d.entries[0].detail, "above SN Ib, SN Ic");
}

#[test]
fn merged_is_not_removed() {
    let t = transients();
    let (a, b) = edited([compose::merge(&t, id(&t, "SN Ia-SC"), id(&t, "SN Ia-CSM")).unwrap()]);
    let d = diff(&a, &b);
    assert_eq!(lines(&d), ["merged SN Ia-SC", "aliases SN Ia-CSM", "count SN Ia-CSM"]);
    assert_eq!(d.entries[0].detail, "now an alias of SN Ia-CSM");
    assert_eq!(d.entries[0].name_b.as_deref(), Some("SN Ia-CSM"));
}

#[test]
fn one_moved_sibling_is_one_reordered_node() {
    let t = transients();
    let (ia, last) = (id(&t, "SN Ia"), id(&t, "SN Ia-SC"));
    let (a, b) = edited([Edit::Move { id: last, parent: ia, index: 0 }]);
    let d = diff(&a, &b);
    assert_eq!(lines(&d), ["reordered SN Ia-SC"]);
    assert_eq!(d.entries[0].detail, "now first");
    assert_eq!(longest_rising(&[5, 0, 1, 2, 3, 4]), [false, true, true, true, true, true]);
    assert_eq!(longest_rising(&[]), [] as [bool; 0]);
    assert_eq!(longest_rising(&[2, 1, 0]).iter().filter(|k| **k).count(), 1);
}

#[test]
fn renames_without_lineage_ids() {
    let t = transients();
    // Of an inner node: its children are the same. Of a leaf: place and count are.
    let mut b = t.clone();
    b.apply(Edit::Rename { id: id(&t, "CC"), name: "collapsed".into() }).unwrap();
    b.apply(Edit::Rename { id: id(&t, "SN IIb"), name: "two-b".into() }).unwrap();
    let b = foreign(&b);
    assert_ne!(b.node(id(&b, "collapsed")).lineage, "cc");
    assert_eq!(lines(&diff(&t, &b)), ["renamed collapsed", "renamed two-b"]);
    // An alias tells, too.
    let mut b = t.clone();
    b.apply(Edit::Rename { id: id(&t, "TDE"), name: "tidal disruption event".into() }).unwrap();
    let d = diff(&t, &foreign(&b));
    assert_eq!(lines(&d), ["renamed tidal disruption event", "aliases tidal disruption event"]);
    // Another class in the place of one that is gone is no rename.
    let mut b = t.clone();
    b.apply(Edit::Delete { id: id(&t, "SN IIb"), children: Subtree::Rise }).unwrap();
    b.apply(Edit::Add { parent: id(&t, "CC"), index: 1, node: Node { count: Some(7), ..Node::new("electron capture") } }).unwrap();
    assert_eq!(lines(&diff(&t, &foreign(&b))), ["added electron capture", "removed SN IIb"]);
}

#[test]
fn lineage_ids_go_before_names() {
    let t = transients();
    let (ib, ic) = (id(&t, "SN Ib"), id(&t, "SN Ic"));
    let (a, b) = edited([
        Edit::SetAliases { id: ib, aliases: vec![] },
        Edit::SetAliases { id: ic, aliases: vec![] },
        Edit::Rename { id: ib, name: "tmp".into() },
        Edit::Rename { id: ic, name: "SN Ib".into() },
        Edit::Rename { id: ib, name: "SN Ic".into() },
    ]);
    assert_eq!(lines(&diff(&a, &b)), ["renamed SN Ic", "renamed SN Ib", "aliases SN Ic", "aliases SN Ib"]);
}

#[test]
fn weights() {
    let (a, b) = edited([Edit::SetWeights(WeightOptions { alpha: 0.5, beta: 1.0, form: Form::Node, k: CountMode::Nodes })]);
    let d = diff(&a, &b);
    assert!(d.entries.is_empty() && !d.is_empty());
    assert_eq!(d.weights.options(), [("beta", "0.5".into(), "1".into()), ("K", "labels".to_string(), "nodes".to_string())]);
    // W = (6749 / (19 * 59))^0.5 and 6749 / (23 * 59), at depth 1.
    let tde = d.weights.rows.iter().find(|r| r.name == "TDE").unwrap();
    let lambda = (-0.5f64).exp();
    assert!((tde.old.unwrap() - (6749.0f64 / (19.0 * 59.0)).sqrt() * lambda).abs() < 1e-12);
    assert!((tde.new.unwrap() - 6749.0 / (23.0 * 59.0) * lambda).abs() < 1e-12);
    assert!(d.weights.rows.iter().any(|r| r.name == "other SN Ia"));
    // A residual that goes has no new weight.
    let t = transients();
    let (a, b) = edited([Edit::SetExhaustive { id: id(&t, "SN Ia"), exhaustive: true }]);
    let rows = diff(&a, &b).weights.rows;
    assert!(rows.iter().any(|r| r.name == "other SN Ia" && r.old.is_some() && r.new.is_none()));
}

#[test]
fn deep_wide_and_renamed_all_over() {
    let mut a = Taxonomy::new("deep", "n0");
    let mut at = a.root();
    for i in 1..100_000 {
        at = a.add_child(at, format!("n{i}")).unwrap();
    }
    let mut b = a.clone();
    b.apply(Edit::Rename { id: at, name: "bottom".into() }).unwrap();
    let d = diff(&a, &b);
    assert_eq!(lines(&d), ["renamed bottom"]);
    assert!(d.entries[0].path_b.as_deref().unwrap().starts_with("… > "));
    assert_eq!(d.entries[0].path_b.as_deref().unwrap().split(" > ").count(), 13);
    // 10,000 children in the opposite order, foreign lineage ids.
    let (mut a, mut b) = (Taxonomy::new("wide", "root"), Taxonomy::new("wide", "root"));
    for i in 0..10_000 {
        a.add_child(a.root(), format!("x{i}")).unwrap();
        b.add_child(b.root(), format!("x{}", 9_999 - i)).unwrap();
    }
    assert_eq!(diff(&a, &b).count(DiffKind::Reordered), 9_999);
}

/// Random edits, and the nodes that they touched.
fn edits() -> impl Strategy<Value = Vec<(u8, u32, u32)>> {
    prop::collection::vec((0u8..7, any::<u32>(), any::<u32>()), 1..12)
}

proptest! {
    #[test]
    fn random_edits_are_named_exactly(steps in edits()) {
        let mut a = transients();
        // With an id that is not made of its name, lineage ids tell all, and nothing is guessed.
        let mark = Node { lineage: "mark-x1y".into(), ..Node::new("Marked") };
        a.add_node(a.root(), mark).unwrap();
        let mut b = a.clone();
        for (n, (what, x, y)) in steps.into_iter().enumerate() {
            let nodes: Vec<NodeId> = b.preorder().skip(1).collect();
            let (Some(one), Some(two)) = (nodes.get(x as usize % nodes.len().max(1)), nodes.get(y as usize % nodes.len().max(1))) else { break };
            // A refused edit changes nothing, and is fine.
            let _ = b.apply(match what {
                0 => Edit::Rename { id: *one, name: format!("name {n}") },
                1 => Edit::Move { id: *one, parent: *two, index: usize::MAX },
                2 => Edit::Add { parent: *one, index: y as usize % 3, node: Node::new(format!("new {n}")) },
                3 => Edit::Delete { id: *one, children: if y % 2 == 0 { Subtree::Rise } else { Subtree::GoAlong } },
                4 => Edit::SetNote { id: *one, note: format!("note {n}") },
                5 => Edit::SetCount { id: *one, count: Some(u64::from(y)) },
                _ => Edit::SetAliases { id: *one, aliases: vec![format!("alias {n}")] },
            });
        }
        let file = reread(&b);
        let d = diff(&a, &file);
        // By arena: the same id is the same node.
        let other = |t: &Taxonomy, of: &Taxonomy, id: NodeId| t.find_lineage(&of.node(id).lineage);
        let mut expected: Vec<String> = Vec::new();
        for id in a.preorder() {
            let (old, new) = (a.node(id), b.node(id));
            if !b.is_attached(id) {
                expected.push(format!("gone {}", old.name));
                continue;
            }
            prop_assert_eq!(d.partner(id), other(&file, &b, id), "{}", old.name);
            let mut say = |kind: DiffKind, differs: bool| if differs { expected.push(format!("{} {}", kind.name(), new.name)) };
            say(DiffKind::Renamed, old.name != new.name);
            say(DiffKind::Note, old.note != new.note);
            say(DiffKind::Count, old.count != new.count);
            say(DiffKind::Aliases, old.aliases != new.aliases);
            let above = |t: &Taxonomy, other: &Taxonomy| t.ancestors(id).find(|x| other.is_attached(*x) && x.index() < a.arena_len());
            say(DiffKind::Moved, above(&a, &b) != above(&b, &a));
        }
        for id in b.preorder().filter(|id| id.index() >= a.arena_len()) {
            expected.push(format!("added {}", b.node(id).name));
        }
        let mut found: Vec<String> = d.entries.iter().filter(|e| e.kind != DiffKind::Reordered).map(|e| match e.kind {
            DiffKind::Removed | DiffKind::Merged => format!("gone {}", e.name_a.clone().unwrap_or_default()),
            kind => format!("{} {}", kind.name(), e.name_b.clone().unwrap_or_default()),
        }).collect();
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
        prop_assert!(diff(&b, &reread(&b)).is_empty());
        prop_assert_eq!(diff(&file, &a).count(DiffKind::Added), d.count(DiffKind::Removed) + d.count(DiffKind::Merged));
    }
}

#[test]
fn a_class_that_was_renamed_and_then_merged_is_told_as_merged() {
    let (a, mut b) = edited([]);
    let iin = id(&b, "SN IIn");
    b.apply(Edit::Rename { id: iin, name: "narrow".into() }).unwrap();
    let edit = compose::merge(&b, iin, id(&b, "SLSN")).unwrap();
    b.apply(edit).unwrap();
    let d = diff(&a, &reread(&b));
    let entry = d.entries.iter().find(|e| e.name_a.as_deref() == Some("SN IIn")).unwrap();
    assert_eq!((entry.kind, entry.name_b.as_deref(), entry.detail.as_str()), (DiffKind::Merged, Some("SLSN"), "merged into SLSN"));
}
