//! Each hard case of regrouping, with numbers worked by hand, and random edits.

use super::testing::{id, tree};
use super::*;
use crate::taxonomy::{Edit, Layout, Subtree, Taxonomy};
use proptest::prelude::*;

/// Slots: S, Ia, 91T, 91bg, other Ia, CC, II, IIn, Ibc, Ib, Ic, TDE.
const MODEL: &str = "Object{S{Ia~{91T,91bg},CC{II,IIn,Ibc{Ib,Ic}}},TDE}";
const P: [f64; 12] = [0.9, 0.5, 0.1, 0.05, 0.35, 0.4, 0.2, 0.1, 0.1, 0.06, 0.04, 0.1];

struct Case {
    target: Taxonomy,
    layout: Layout,
    poured: Poured,
    identity: bool,
}

fn pour_onto(target: Taxonomy) -> Case {
    let model = tree(MODEL);
    let layout = Layout::new(&target);
    let r = Regrouper::new(&model, &Layout::new(&model), &target, &layout).expect("unambiguous");
    let case = Case { poured: r.pour(&P), identity: r.is_identity(), target, layout };
    case.check_sums();
    case
}

fn edited(edit: impl FnOnce(&mut Taxonomy)) -> Case {
    let mut target = tree(MODEL);
    edit(&mut target);
    pour_onto(target)
}

fn apply(t: &mut Taxonomy, edit: Edit) {
    t.apply(edit).expect("a good edit");
}

fn alias(t: &mut Taxonomy, name: &str, aliases: &[&str]) {
    let node = id(t, name);
    apply(t, Edit::SetAliases { id: node, aliases: aliases.iter().map(|a| a.to_string()).collect() });
}

fn delete(t: &mut Taxonomy, name: &str, children: Subtree) {
    let node = id(t, name);
    apply(t, Edit::Delete { id: node, children });
}

fn move_to(t: &mut Taxonomy, name: &str, parent: &str) {
    let (node, parent) = (id(t, name), id(t, parent));
    apply(t, Edit::Move { id: node, parent, index: 0 });
}

fn exhaustive(t: &mut Taxonomy, name: &str, exhaustive: bool) {
    let node = id(t, name);
    apply(t, Edit::SetExhaustive { id: node, exhaustive });
}

fn add(t: &mut Taxonomy, parent: &str, name: &str) {
    let parent = id(t, parent);
    t.add_child(parent, name).expect("a good name");
}

impl Case {
    fn slot(&self, name: &str) -> usize {
        self.layout.by_name(name).unwrap_or_else(|| panic!("no slot {name}"))
    }

    fn p(&self, name: &str) -> Option<f64> {
        self.poured.p[self.slot(name)].map(|p| (p * 1e9).round() / 1e9)
    }

    fn unresolved(&self, name: &str) -> f64 {
        (self.poured.unresolved[self.slot(name)] * 1e9).round() / 1e9
    }

    fn root(&self) -> f64 {
        (self.poured.unresolved_root * 1e9).round() / 1e9
    }

    fn upper(&self, name: &str) -> f64 {
        (self.poured.upper(&self.layout, self.slot(name)) * 1e9).round() / 1e9
    }

    /// P(parent) = sum of P(children) + residual + unresolved.
    fn check_sums(&self) {
        let sum = |slot: Option<usize>| self.layout.children(slot).iter().filter_map(|&c| self.poured.p[c]).sum::<f64>();
        assert!((sum(None) + self.poured.unresolved_root - 1.0).abs() < 1e-9);
        for slot in 0..self.layout.len() {
            let p = self.poured.p[slot];
            if self.layout.children(Some(slot)).is_empty() {
                assert_eq!(self.poured.unresolved[slot], 0.0);
            } else {
                let below = sum(Some(slot)) + self.poured.unresolved[slot];
                assert!((p.unwrap_or(0.0) - below).abs() < 1e-9, "{}", self.layout.slots[slot].name);
            }
            assert!(p.is_none_or(|p| p >= 0.0) && self.poured.unresolved[slot] >= 0.0);
        }
    }
}

#[test]
fn the_models_own_tree_is_the_identity() {
    let case = edited(|_| {});
    assert!(case.identity);
    assert_eq!(case.poured.p, P.map(Some));
    assert_eq!(case.poured.unresolved, [0.0; 12]);
    assert_eq!(case.root(), 0.0);
    // A rename keeps the lineage.
    let case = edited(|t| {
        let ia = id(t, "Ia");
        apply(t, Edit::Rename { id: ia, name: "Thermonuclear".into() });
    });
    assert!(case.identity);
    assert_eq!(case.p("other Thermonuclear"), Some(0.35));
}

#[test]
fn moving_reordering_and_swapping_names_follow_the_class() {
    let case = edited(|t| {
        move_to(t, "IIn", "S");
        let (ii, ibc) = (id(t, "II"), id(t, "Ibc"));
        apply(t, Edit::Rename { id: ii, name: "x".into() });
        apply(t, Edit::Rename { id: ibc, name: "II".into() });
        apply(t, Edit::Rename { id: ii, name: "Ibc".into() });
    });
    assert!(!case.identity);
    assert_eq!((case.p("IIn"), case.p("CC"), case.p("S")), (Some(0.1), Some(0.3), Some(0.9)));
    assert_eq!((case.p("II"), case.p("Ibc")), (Some(0.1), Some(0.2)));
    assert_eq!(case.unresolved("S") + case.unresolved("CC") + case.root(), 0.0);
}

#[test]
fn a_residual_of_a_node_that_is_now_exhaustive_stays_unresolved() {
    let case = edited(|t| exhaustive(t, "Ia", true));
    assert_eq!(case.p("Ia"), Some(0.5));
    assert_eq!(case.unresolved("Ia"), 0.35);
    assert_eq!(case.p("91T"), Some(0.1));
    assert_eq!(case.upper("91T"), 0.45);
    assert_eq!(case.upper("Ia"), 0.5);
    // Never a decision: P(Ia) = 0.5 is reached, neither child has 0.3.
    let d = decide_poured(&case.layout, &case.poured, 0.3);
    assert_eq!((d.name.as_str(), d.other), ("Ia", false));
}

#[test]
fn a_leaf_that_is_split_keeps_its_mass() {
    let case = edited(|t| {
        add(t, "II", "IIP");
        add(t, "II", "IIL");
    });
    assert_eq!(case.p("II"), Some(0.2));
    assert_eq!(case.unresolved("II"), 0.2);
    assert_eq!((case.p("IIP"), case.p("IIL")), (None, None));
    assert_eq!(case.upper("IIP"), 0.2);
    let d = decide_poured(&case.layout, &case.poured, 0.15);
    assert_ne!(d.name, "IIP");
    // Given one child, and a residual that the model does not know either.
    let case = edited(|t| {
        add(t, "II", "IIP");
        exhaustive(t, "II", false);
    });
    assert_eq!((case.p("II"), case.p("IIP"), case.p("other II"), case.unresolved("II")), (Some(0.2), None, None, 0.2));
}

#[test]
fn a_class_that_becomes_a_leaf_while_its_descendants_move() {
    // Ibc loses Ib to S, and Ic is deleted: Ic's mass goes to its nearest ancestor, the leaf Ibc.
    let case = edited(|t| {
        move_to(t, "Ib", "S");
        delete(t, "Ic", Subtree::Rise);
    });
    assert_eq!((case.p("Ibc"), case.p("Ib"), case.p("CC"), case.p("S")), (Some(0.04), Some(0.06), Some(0.34), Some(0.9)));
    assert_eq!(case.unresolved("Ibc"), 0.0);
    // Both move away: nothing can fall into Ibc.
    let case = edited(|t| {
        move_to(t, "Ib", "S");
        move_to(t, "Ic", "S");
    });
    assert_eq!((case.p("Ibc"), case.p("CC"), case.upper("Ibc")), (None, Some(0.3), 0.0));
    // A leaf that still has its residual's mass.
    let case = edited(|t| {
        move_to(t, "91T", "S");
        move_to(t, "91bg", "S");
    });
    assert_eq!((case.p("Ia"), case.p("91T"), case.p("S"), case.unresolved("Ia")), (Some(0.35), Some(0.1), Some(0.9), 0.0));
}

#[test]
fn a_parent_made_its_former_childs_sibling() {
    let case = edited(|t| move_to(t, "Ibc", "S"));
    assert_eq!((case.p("CC"), case.p("Ibc"), case.p("S")), (Some(0.3), Some(0.1), Some(0.9)));
    assert_eq!(case.unresolved("CC") + case.unresolved("S"), 0.0);
    // The other way round: Ibc up to S, then CC under it. Nothing is counted twice.
    let case = edited(|t| {
        move_to(t, "Ibc", "S");
        move_to(t, "CC", "Ibc");
    });
    assert_eq!((case.p("Ibc"), case.p("CC"), case.p("S")), (Some(0.4), Some(0.3), Some(0.9)));
}

#[test]
fn a_deleted_leaf_goes_to_its_parent_or_to_whom_has_its_alias() {
    let case = edited(|t| delete(t, "IIn", Subtree::Rise));
    assert_eq!((case.p("CC"), case.unresolved("CC"), case.p("II"), case.upper("II")), (Some(0.4), 0.1, Some(0.2), 0.3));
    let case = edited(|t| {
        delete(t, "IIn", Subtree::Rise);
        alias(t, "II", &["IIn"]);
    });
    assert_eq!((case.p("CC"), case.unresolved("CC"), case.p("II")), (Some(0.4), 0.0, Some(0.3)));
    // Absorbed labels are finer classes, not the same class: never used to regroup.
    let case = edited(|t| {
        delete(t, "IIn", Subtree::Rise);
        let ii = id(t, "II");
        apply(t, Edit::SetAbsorbs { id: ii, absorbs: vec!["IIn".into()] });
    });
    assert_eq!((case.unresolved("CC"), case.p("II")), (0.1, Some(0.2)));
    // A whole branch goes: to the nearest ancestor that is left.
    let case = edited(|t| delete(t, "CC", Subtree::GoAlong));
    assert_eq!((case.p("S"), case.unresolved("S"), case.p("Ia")), (Some(0.9), 0.4, Some(0.5)));
    let case = edited(|t| delete(t, "S", Subtree::GoAlong));
    assert_eq!((case.root(), case.p("TDE")), (0.9, Some(0.1)));
    // An inner node goes, its children rise: nothing is lost.
    let case = edited(|t| delete(t, "CC", Subtree::Rise));
    assert_eq!((case.p("S"), case.unresolved("S"), case.p("Ibc")), (Some(0.9), 0.0, Some(0.1)));
}

#[test]
fn a_parent_made_non_exhaustive_has_a_residual_that_is_not_in_the_model() {
    let case = edited(|t| exhaustive(t, "CC", false));
    assert_eq!((case.p("CC"), case.p("other CC"), case.unresolved("CC")), (Some(0.4), None, 0.0));
    assert!(!case.identity);
    let case = edited(|t| {
        exhaustive(t, "CC", false);
        delete(t, "IIn", Subtree::Rise);
    });
    assert_eq!((case.p("other CC"), case.unresolved("CC"), case.upper("other CC")), (None, 0.1, 0.1));
}

#[test]
fn a_residual_keeps_the_models_meaning() {
    // A child moves out: "other Ia" still means neither 91T nor 91bg.
    let case = edited(|t| move_to(t, "91T", "S"));
    assert_eq!((case.p("Ia"), case.p("other Ia"), case.p("91T"), case.p("S")), (Some(0.4), Some(0.35), Some(0.1), Some(0.9)));
    assert_eq!(case.unresolved("Ia"), 0.0);
    // Known classes come in or are grouped: they have no part in it.
    let case = edited(|t| move_to(t, "TDE", "Ia"));
    assert_eq!((case.p("other Ia"), case.unresolved("Ia"), case.p("Ia")), (Some(0.35), 0.0, Some(0.6)));
    let case = edited(|t| {
        add(t, "Ia", "peculiar");
        move_to(t, "91T", "peculiar");
        move_to(t, "91bg", "peculiar");
    });
    assert_eq!((case.p("other Ia"), case.p("peculiar"), case.unresolved("Ia")), (Some(0.35), Some(0.15), 0.0));
    // A new class beside them may hold some of what the model calls "other": it stays unresolved at Ia.
    let case = edited(|t| add(t, "Ia", "Iax"));
    assert_eq!((case.p("Ia"), case.p("other Ia"), case.unresolved("Ia"), case.p("Iax")), (Some(0.5), None, 0.35, None));
    assert_eq!((case.upper("Iax"), case.upper("other Ia")), (0.35, 0.35));
    // A group that is not exhaustive may hold some of it too.
    let case = edited(|t| {
        add(t, "Ia", "peculiar");
        move_to(t, "91T", "peculiar");
        exhaustive(t, "peculiar", false);
    });
    assert_eq!((case.p("other Ia"), case.unresolved("Ia"), case.p("peculiar")), (None, 0.35, Some(0.1)));
    // Its parent is deleted: to the next ancestor.
    let case = edited(|t| delete(t, "Ia", Subtree::Rise));
    assert_eq!((case.unresolved("S"), case.p("91T")), (0.35, Some(0.1)));
}

#[test]
fn a_residual_of_the_root() {
    let model = tree("Object~{A,B}");
    let pour = |target: &Taxonomy| {
        let layout = Layout::new(target);
        let p = Regrouper::new(&model, &Layout::new(&model), target, &layout).unwrap().pour(&[0.5, 0.3, 0.2]);
        (p.p, p.unresolved_root)
    };
    assert_eq!(pour(&tree("Object~{A,B}")), (vec![Some(0.5), Some(0.3), Some(0.2)], 0.0));
    assert_eq!(pour(&tree("Object{A,B}")), (vec![Some(0.5), Some(0.3)], 0.2));
    assert_eq!(pour(&tree("Object~{A,B,C}")), (vec![Some(0.5), Some(0.3), None, None], 0.2));
    assert_eq!(pour(&tree("Object")), (vec![], 1.0));
}

#[test]
fn a_foreign_tree_by_name_and_by_alias() {
    let mut foreign = tree("Alert{Persistent{AGN},Transient{SN_Ia,SN-II,Other CC{Ib,Ic},TDEs}}");
    alias(&mut foreign, "SN_Ia", &["Ia"]);
    alias(&mut foreign, "SN-II", &["ii", "IIn"]);
    alias(&mut foreign, "TDEs", &["TDE"]);
    let case = pour_onto(foreign);
    // Ia: its three atoms to the leaf SN_Ia. II by an alias of another case, IIn by an exact one.
    assert_eq!((case.p("SN_Ia"), case.p("SN-II"), case.p("TDEs")), (Some(0.5), Some(0.3), Some(0.1)));
    assert_eq!((case.p("Other CC"), case.p("Ib"), case.p("Transient")), (Some(0.1), Some(0.06), Some(1.0)));
    assert_eq!((case.p("Persistent"), case.p("AGN"), case.root()), (None, None, 0.0));
}

#[test]
fn what_a_foreign_tree_does_not_have_stays_at_the_nearest_ancestor() {
    let case = pour_onto(tree("All{S{II,IIb,Ia{CSM}}}"));
    assert_eq!((case.p("II"), case.p("IIb"), case.p("Ia"), case.p("CSM")), (Some(0.2), None, Some(0.5), None));
    assert_eq!((case.unresolved("S"), case.unresolved("Ia"), case.p("S")), (0.2, 0.5, Some(0.9)));
    assert_eq!((case.root(), case.upper("IIb"), case.upper("II")), (0.1, 0.3, 0.5));
    // The model's root is a class of a larger tree.
    let case = pour_onto(tree("Everything{Object{S,Fast},Moving}"));
    assert_eq!((case.p("S"), case.p("Object"), case.unresolved("Object"), case.root()), (Some(0.9), Some(1.0), 0.1, 0.0));
    assert_eq!(case.p("Moving"), None);
}

#[test]
fn an_ambiguous_match_names_both_nodes() {
    let mut foreign = tree("All{one,two}");
    alias(&mut foreign, "one", &["ia"]);
    alias(&mut foreign, "two", &["I-a"]);
    let mut model = tree(MODEL);
    let ia = id(&model, "Ia");
    apply(&mut model, Edit::SetAliases { id: ia, aliases: vec!["one".into(), "two".into()] });
    let e = Regrouper::new(&model, &Layout::new(&model), &foreign, &Layout::new(&foreign)).unwrap_err();
    let text = e.to_string();
    assert!(text.contains("\"Ia\"") && text.contains("\"one\"") && text.contains("\"two\"") && text.contains("alias"), "{text}");
}

#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    a: usize,
    b: usize,
}

fn step() -> impl Strategy<Value = Step> {
    (0u8..7, 0usize..64, 0usize..64).prop_map(|(kind, a, b)| Step { kind, a, b })
}

/// An edit of the kind on nodes picked by number; refused edits change nothing.
fn random_edit(t: &mut Taxonomy, s: &Step, n: usize) {
    let ids: Vec<_> = t.preorder().collect();
    let (a, b) = (ids[s.a % ids.len()], ids[s.b % ids.len()]);
    let edit = match s.kind {
        0 => Edit::Rename { id: a, name: format!("renamed {n}") },
        1 => Edit::Delete { id: a, children: Subtree::Rise },
        2 => Edit::Delete { id: a, children: Subtree::GoAlong },
        3 | 4 => Edit::Move { id: a, parent: b, index: 0 },
        5 => Edit::SetExhaustive { id: a, exhaustive: s.b.is_multiple_of(2) },
        _ => {
            let _ = t.add_child(a, format!("new {n}"));
            return;
        }
    };
    let _ = t.apply(edit);
}

/// Lineage and residual of each node of a branch, in order.
fn branch(t: &Taxonomy, of: crate::taxonomy::NodeId) -> Vec<(String, usize, bool)> {
    t.subtree(of).map(|i| (t.node(i).lineage.clone(), t.depth(i) - t.depth(of), t.has_residual(i))).collect()
}

proptest! {
    #[test]
    fn sums_hold_after_any_edits(steps in prop::collection::vec(step(), 0..25), weights in prop::collection::vec(0.0f64..1.0, 12)) {
        let model = tree(MODEL);
        let model_layout = Layout::new(&model);
        let logits: Vec<f64> = weights.iter().map(|w| (w + 1e-3).ln()).collect();
        let model_p = probabilities(&model_layout, &log_conditionals(&model_layout, &logits));
        let mut target = model.clone();
        for (n, s) in steps.iter().enumerate() {
            random_edit(&mut target, s, n);
        }
        let layout = Layout::new(&target);
        let r = Regrouper::new(&model, &model_layout, &target, &layout).unwrap();
        let case = Case { poured: r.pour(&model_p), identity: r.is_identity(), target, layout };
        case.check_sums();
        if case.identity {
            prop_assert!(case.poured.p.iter().zip(&model_p).all(|(a, b)| *a == Some(*b)));
        }
        for slot in 0..case.layout.len() {
            let s = &case.layout.slots[slot];
            // No child above its parent, no answer beyond the span, nothing below a node that is not in the model.
            let p = case.poured.p[slot];
            if let Some(parent) = s.parent {
                prop_assert!(p.unwrap_or(0.0) <= case.poured.p[parent].unwrap_or(0.0) + 1e-12);
            }
            let upper = case.poured.upper(&case.layout, slot);
            prop_assert!(upper >= p.unwrap_or(0.0) - 1e-12 && upper <= 1.0);
            // A node whose branch is as it was in the model keeps its probability, wherever it went.
            if !s.residual
                && let Some(m) = model_layout.slots.iter().position(|x| !x.residual && x.lineage == s.lineage)
                && branch(&model, model_layout.slots[m].node) == branch(&case.target, s.node)
            {
                prop_assert!(p.is_some_and(|p| (p - model_p[m]).abs() < 1e-9), "{}", s.name);
            }
        }
        let d = decide_poured(&case.layout, &case.poured, 0.5);
        prop_assert!(d.p >= 0.5);
    }
}
