use super::*;
use crate::taxonomy::{Edit, Node, parse_json, shipped_json};
use std::path::Path;

fn shipped(name: &str) -> Taxonomy {
    parse_json(shipped_json(name).unwrap(), Path::new(name)).unwrap()
}

/// One label: outcome and node.
fn one(tree: &Taxonomy, label: &str) -> (Outcome, Option<String>) {
    let mapping = map_labels(tree, [(label, 1)], &[]);
    let row = &mapping.rows[0];
    assert_eq!(row.node.is_some(), row.outcome.is_mapped());
    (row.outcome, row.node.map(|n| tree.node(n).name.clone()))
}

#[track_caller]
fn check(tree: &Taxonomy, expected: &[(&str, Outcome, &str)]) {
    for (label, outcome, node) in expected {
        let node = (!node.is_empty()).then(|| node.to_string());
        assert_eq!(one(tree, label), (*outcome, node), "{label}");
    }
}

#[test]
fn every_outcome_on_the_transients_tree() {
    use Outcome::*;
    check(
        &shipped("transients"),
        &[
            ("SN Ia", Exact, "SN Ia"),
            ("snia", Exact, "SN Ia"),
            ("SN Ia-91T-like", Alias, "SN Ia-91T"),
            ("SN IIP", Absorbed, "SN II"),
            ("SNIbc", Exact, "SN Ibc"),
            ("1991T-like", Synonym, "SN Ia-91T"),
            ("Ia-03fg", Synonym, "SN Ia-SC"),
            ("90", Synonym, "SN Ia"),
            ("SESN", Ancestor, "CC"),
            ("Ia-99aa", Ancestor, "SN Ia"),
            ("SN Ia-18byg", Ancestor, "SN Ia"),
            ("SN Ibn/Icn", Ancestor, "SN Ibc"),
            ("SLSN-R", Ancestor, "SLSN"),
            ("PISN", Ancestor, "SN"),
            ("TDE-featureless", Ancestor, "TDE"),
            // The tree has nothing broader but its root, which says nothing.
            ("AGN", Unmapped, ""),
            ("Kilonova", Unmapped, ""),
            ("RR*", Unmapped, ""),
            ("", Unmapped, ""),
            ("nonsense", Unmapped, ""),
        ],
    );
}

#[test]
fn variables_by_the_names_of_four_sources() {
    use Outcome::*;
    check(
        &shipped("villar2023-variables"),
        &[
            ("RR*", Synonym, "RRLyr"),
            ("RRAB", Ancestor, "RRLyr"),
            ("RRL", Synonym, "RRLyr"),
            ("DSCT", Synonym, "delSct"),
            ("HADS", Ancestor, "delSct"),
            ("EW", Ancestor, "EB*"),
            ("EA/RS", Ancestor, "EB*"),
            ("EclBin", Synonym, "EB*"),
            ("DCEP", Synonym, "deltaCep"),
            ("M", Synonym, "Mira"),
            ("SRB", Ancestor, "LPV*"),
            ("LPV", Alias, "LPV*"),
            ("UGSU", Ancestor, "CV"),
            ("CV/Nova", Synonym, "CV"),
            ("ROT", Synonym, "RotV*"),
            ("BY Dra", Exact, "BYDra"),
            ("RSCVnV*", Synonym, "RSCVn"),
            ("BCEP", Ancestor, "PulsV*"),
            ("VAR", Synonym, "V*"),
            ("QSO", Exact, "QSO"),
            ("LongPeriodV*_Candidate", Synonym, "LPV*"),
            // A kind of both: the first that the vocabulary names.
            ("a2*", Ancestor, "RotV*"),
            ("Reflection", Ancestor, "**"),
            // Either an ellipsoidal binary or a delta Scuti star.
            ("ELL|DSCT", Ambiguous, ""),
            ("EW|EA", Ancestor, "EB*"),
        ],
    );
}

#[test]
fn other_nodes_that_are_as_true_are_named() {
    let t = shipped("villar2023-variables");
    let row = map_labels(&t, [("a2*", 1)], &[]).rows.remove(0);
    let also: Vec<&str> = row.suggestions.iter().map(|s| t.node(s.node).name.as_str()).collect();
    assert_eq!(also, ["Pec*"]);
    assert!(row.remark(&t).contains("also: Pec* (Alpha2 Canum Venaticorum is a kind of it too)"), "{}", row.remark(&t));
}

#[test]
fn a_name_of_two_classes() {
    use Outcome::*;
    // With both classes: whichever is meant, it is an eclipsing binary.
    let mut t = Taxonomy::new("t", "Object");
    let e = t.add_child(t.root(), "Eclipsing").unwrap();
    let b = t.add_child(e, "Beta Lyrae").unwrap();
    assert_eq!(one(&t, "EB"), (Ancestor, Some("Eclipsing".into())));
    let vsx = SOURCES.iter().position(|s| s.name == "vsx").unwrap();
    let row = map_labels(&t, [("EB", 1)], &[vsx]).rows.remove(0);
    assert_eq!((row.outcome, row.node), (Synonym, Some(b)));
    assert_eq!(row.via.unwrap().sources, ["vsx"]);
    // With beta Lyrae alone there is no telling, but an offer.
    let mut t = Taxonomy::new("t", "Object");
    let b = t.add_child(t.root(), "Beta Lyrae").unwrap();
    let row = map_labels(&t, [("EB", 1)], &[]).rows.remove(0);
    assert_eq!((row.outcome, row.node), (Unmapped, None));
    assert_eq!(row.suggestions[0].node, b);
    assert!(row.suggestions[0].reason.contains("vsx"), "{:?}", row.suggestions);
    // A node called EB is eclipsing, unless another one is.
    let mut t = Taxonomy::new("t", "Object");
    let eb = t.add_child(t.root(), "EB").unwrap();
    assert_eq!(map_labels(&t, [("EW", 1)], &[]).rows[0].node, Some(eb));
    let e = t.add_child(t.root(), "Eclipsing").unwrap();
    t.apply(Edit::Move { id: eb, parent: e, index: 0 }).unwrap();
    assert_eq!(map_labels(&t, [("EW", 1)], &[]).rows[0].node, Some(e));
    assert_eq!(one(&t, "B Lyr"), (Synonym, Some("EB".into())));
}

#[test]
fn two_nodes_for_one_class_are_named_not_chosen() {
    let mut t = Taxonomy::new("t", "Object");
    let a = t.add_child(t.root(), "RR Lyrae").unwrap();
    let b = t.add_child(t.root(), "RRL").unwrap();
    for label in ["RR*", "RRc"] {
        let row = map_labels(&t, [(label, 3)], &[]).rows.remove(0);
        assert_eq!((row.outcome, row.node), (Outcome::Ambiguous, None));
        assert_eq!(row.suggestions.iter().map(|s| s.node).collect::<Vec<_>>(), [a, b]);
    }
    // Two names that only spelling tells apart.
    let mut t = Taxonomy::new("t", "Object");
    let a = t.add_child(t.root(), "SN II").unwrap();
    let b = t.add_child(t.root(), "SN-II").unwrap();
    let row = map_labels(&t, [("snii", 3)], &[]).rows.remove(0);
    assert_eq!((row.outcome, row.suggestions.len()), (Outcome::Ambiguous, 2));
    assert_eq!(row.suggestions.iter().map(|s| s.node).collect::<Vec<_>>(), [a, b]);
}

#[test]
fn the_trees_own_labels_come_first() {
    // In this tree "EA" is something else.
    let mut t = Taxonomy::new("t", "Object");
    t.add_child(t.root(), "Eclipsing").unwrap();
    let own = Node { aliases: vec!["EA".into()], absorbs: vec!["EW".into()], ..Node::new("My class") };
    t.add_node(t.root(), own).unwrap();
    assert_eq!(one(&t, "EA"), (Outcome::Alias, Some("My class".into())));
    assert_eq!(one(&t, "EW"), (Outcome::Absorbed, Some("My class".into())));
    assert_eq!(one(&t, "EC"), (Outcome::Ancestor, Some("Eclipsing".into())));
    // What a node absorbs does not make it that class.
    let mut t = Taxonomy::new("t", "Object");
    t.add_node(t.root(), Node { absorbs: vec!["SN IIP".into()], ..Node::new("Mine") }).unwrap();
    assert_eq!(one(&t, "SN Type IIP"), (Outcome::Unmapped, None));
}

#[test]
fn suggestions_for_the_unmapped() {
    let t = shipped("transients");
    let names = |label: &str| -> Vec<String> {
        let row = map_labels(&t, [(label, 1)], &[]).rows.remove(0);
        assert_eq!(row.outcome, Outcome::Unmapped, "{label}");
        assert!(row.suggestions.len() <= 3);
        row.suggestions.iter().map(|s| t.node(s.node).name.clone()).collect()
    };
    assert_eq!(names("SN Iab")[0], "SN Ia");
    assert_eq!(names("tidal disruption evnt"), ["TDE"]);
    // What is known, and lacking, resembles nothing.
    assert!(names("FRB").is_empty() && names("WD").is_empty());
    assert!(names("zzzzzzzz").is_empty());
    assert!(names("x").is_empty());
    assert!(names(&"SN Ia".repeat(10_000)).is_empty());
}

#[test]
fn rows_are_sorted_and_totals_add_up() {
    let t = shipped("transients");
    let labels = [("SN IIP", 5), ("SN Ib", 2), ("AGN", 7), ("SN Ia", 2), ("Ia-99aa", 1), ("SN Ia", 8), ("Ia", 3), ("\u{1b}[31m", 1)];
    let mapping = map_labels(&t, labels, &[]);
    let order: Vec<(&str, u64)> = mapping.rows.iter().map(|r| (r.label.as_str(), r.count)).collect();
    assert_eq!(order, [("SN Ia", 10), ("SN Ib", 2), ("Ia", 3), ("SN IIP", 5), ("Ia-99aa", 1), ("AGN", 7), ("\u{1b}[31m", 1)]);
    let totals = &mapping.totals;
    assert_eq!((totals.objects(), totals.without_loss(), totals.with_loss(), totals.unmapped()), (29, 15, 6, 8));
    assert_eq!(totals.of(Outcome::Exact), (2, 12));
    assert_eq!(totals.unmapped_labels(), 2);
    let agn = &mapping.rows[5];
    let remark = agn.remark(&t);
    assert!(remark.contains("tns") && remark.contains("Active galactic nucleus") && remark.contains("neither"), "{remark}");
}

#[test]
fn attached_labels_are_the_trees_own() {
    let mut t = shipped("transients");
    let (ia, tde) = (t.find("SN Ia").unwrap(), t.find("TDE").unwrap());
    t.apply(attach(&t, ia, " 90 ", true)).unwrap();
    t.apply(attach(&t, tde, "TDE-featureless", false)).unwrap();
    check(&t, &[("90", Outcome::Alias, "SN Ia"), ("TDE-featureless", Outcome::Absorbed, "TDE")]);
    assert_eq!(t.node(ia).aliases, ["Ia", "thermonuclear supernova", "90"]);
    assert!(t.apply(attach(&t, tde, "90", true)).is_err());
}
