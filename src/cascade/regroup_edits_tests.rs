//! Regrouping after edits of any kind: the hard cases that need more than one edit, likenesses of foreign trees, and random trees with
//! random edits, for which the sums, the span of the true values, and undo are checked.

use super::testing::{id, tree};
use super::*;
use crate::taxonomy::{Document, Edit, EditError, Layout, Node, NodeId, Subtree, Taxonomy, compose};
use proptest::prelude::*;

const NEAR: f64 = 1e-9;

struct Case {
    layout: Layout,
    poured: Poured,
    identity: bool,
}

fn pour(model: &Taxonomy, target: &Taxonomy, p: &[f64]) -> Result<Case, RegroupError> {
    let layout = Layout::new(target);
    let r = Regrouper::new(model, &Layout::new(model), target, &layout)?;
    let case = Case { poured: r.pour(p), identity: r.is_identity(), layout };
    case.check_sums();
    Ok(case)
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

    fn upper(&self, name: &str) -> f64 {
        (self.poured.upper(&self.layout, self.slot(name)) * 1e9).round() / 1e9
    }

    /// P(root) = 1, P(parent) = sum of P(children) + residual + unresolved, and nothing is negative.
    fn check_sums(&self) {
        let sum = |slot: Option<usize>| self.layout.children(slot).iter().filter_map(|&c| self.poured.p[c]).sum::<f64>();
        assert!((sum(None) + self.poured.unresolved_root - 1.0).abs() < NEAR, "P(root)");
        for slot in 0..self.layout.len() {
            let (p, unresolved) = (self.poured.p[slot], self.poured.unresolved[slot]);
            assert!(p.is_none_or(|p| (0.0..=1.0 + NEAR).contains(&p)) && unresolved >= 0.0);
            if self.layout.is_atom(slot) {
                assert_eq!(unresolved, 0.0);
            } else {
                let name = &self.layout.slots[slot].name;
                assert!((p.unwrap_or(0.0) - sum(Some(slot)) - unresolved).abs() < NEAR, "{name}");
            }
        }
    }

    /// Whatever unresolved mass really is, every node's true value lies between P and `upper`: each share of it goes down to an
    /// atom that `choose` picks among the children.
    fn check_span(&self, mut choose: impl FnMut(usize) -> usize) {
        let mut truth: Vec<f64> = self.poured.p.iter().map(|p| p.unwrap_or(0.0)).collect();
        let unresolved = std::iter::once((None, self.poured.unresolved_root))
            .chain(self.poured.unresolved.iter().enumerate().map(|(slot, u)| (Some(slot), *u)));
        for (at, mass) in unresolved {
            let mut at = at;
            loop {
                let children = self.layout.children(at);
                if children.is_empty() {
                    break;
                }
                let child = children[choose(children.len()) % children.len()];
                truth[child] += mass;
                at = Some(child);
            }
        }
        for (slot, value) in truth.iter().enumerate() {
            let (low, high) = (self.poured.p[slot].unwrap_or(0.0), self.poured.upper(&self.layout, slot));
            assert!(low - NEAR <= *value && *value <= high + NEAR, "{}: {value} not in {low} to {high}", self.layout.slots[slot].name);
        }
    }
}

/// Slots: S, Ia, 91T, 91bg, other Ia, CC, II, IIn, Ibc, Ib, Ic, TDE.
const MODEL: &str = "Object{S{Ia~{91T,91bg},CC{II,IIn,Ibc{Ib,Ic}}},TDE}";
const P: [f64; 12] = [0.9, 0.5, 0.1, 0.05, 0.35, 0.4, 0.2, 0.1, 0.1, 0.06, 0.04, 0.1];

fn edited(edit: impl FnOnce(&mut Taxonomy)) -> Case {
    let model = tree(MODEL);
    let mut target = model.clone();
    edit(&mut target);
    let case = pour(&model, &target, &P).expect("unambiguous");
    case.check_span(|_| 0);
    case.check_span(|n| n - 1);
    case
}

fn set_aliases(t: &mut Taxonomy, name: &str, aliases: &[&str]) -> Result<(), EditError> {
    let node = id(t, name);
    t.apply(Edit::SetAliases { id: node, aliases: aliases.iter().map(|a| a.to_string()).collect() }).map(|_| ())
}

#[test]
fn a_residual_whose_node_became_exhaustive_and_then_a_leaf() {
    // Exhaustive first: 0.35 can't be told apart. Then a child goes to S: it takes its own mass along, and no more.
    let case = edited(|t| {
        let (ia, t91, s) = (id(t, "Ia"), id(t, "91T"), id(t, "S"));
        t.apply(Edit::SetExhaustive { id: ia, exhaustive: true }).unwrap();
        t.apply(Edit::Move { id: t91, parent: s, index: 0 }).unwrap();
    });
    assert_eq!((case.p("Ia"), case.unresolved("Ia"), case.p("91T"), case.p("91bg")), (Some(0.4), 0.35, Some(0.1), Some(0.05)));
    assert_eq!((case.upper("91bg"), case.upper("91T")), (0.4, 0.1));
    // Both children are deleted: all three atoms are the leaf Ia.
    let case = edited(|t| {
        for name in ["91T", "91bg"] {
            let node = id(t, name);
            t.apply(Edit::Delete { id: node, children: Subtree::Rise }).unwrap();
        }
    });
    assert_eq!((case.p("Ia"), case.unresolved("Ia")), (Some(0.5), 0.0));
}

#[test]
fn a_split_leaf_whose_parts_are_known_to_the_model_elsewhere() {
    // TDE is put under II, which was a leaf: II's own mass can't go to TDE, nor to a new class beside it.
    let case = edited(|t| {
        let (tde, ii) = (id(t, "TDE"), id(t, "II"));
        t.apply(Edit::Move { id: tde, parent: ii, index: 0 }).unwrap();
        t.add_child(ii, "IIP").unwrap();
    });
    assert_eq!((case.p("II"), case.unresolved("II"), case.p("TDE"), case.p("IIP")), (Some(0.3), 0.2, Some(0.1), None));
    assert_eq!((case.upper("TDE"), case.upper("IIP"), case.p("S")), (0.3, 0.2, Some(1.0)));
}

#[test]
fn a_class_becomes_a_leaf_while_a_descendant_moves_elsewhere() {
    // Ibc keeps nothing of its own: Ib goes to S, Ic under TDE, which was a leaf.
    let case = edited(|t| {
        let (ib, ic, s, tde) = (id(t, "Ib"), id(t, "Ic"), id(t, "S"), id(t, "TDE"));
        t.apply(Edit::Move { id: ib, parent: s, index: 0 }).unwrap();
        t.apply(Edit::Move { id: ic, parent: tde, index: 0 }).unwrap();
    });
    assert_eq!((case.p("Ibc"), case.p("Ib"), case.p("Ic"), case.p("CC")), (None, Some(0.06), Some(0.04), Some(0.3)));
    assert_eq!((case.p("TDE"), case.unresolved("TDE"), case.p("S")), (Some(0.14), 0.1, Some(0.86)));
    assert_eq!(case.upper("Ic"), 0.14);
}

#[test]
fn a_parent_becomes_its_former_childs_sibling_and_its_child() {
    let case = edited(|t| {
        let (ia, cc, s) = (id(t, "Ia"), id(t, "CC"), id(t, "S"));
        let root = t.root();
        // S and its former children side by side, then S below Ia.
        t.apply(Edit::Move { id: ia, parent: root, index: 0 }).unwrap();
        t.apply(Edit::Move { id: cc, parent: root, index: 0 }).unwrap();
        t.apply(Edit::Move { id: s, parent: ia, index: 0 }).unwrap();
    });
    // Nothing is S and none of its former children.
    assert_eq!((case.p("S"), case.p("Ia"), case.p("CC"), case.p("TDE")), (None, Some(0.5), Some(0.4), Some(0.1)));
    // "other Ia" could hold some of what S is now, which the model knows as all of Ia and CC: it stays unresolved.
    assert_eq!((case.p("other Ia"), case.unresolved("Ia")), (None, 0.35));
}

#[test]
fn a_deleted_leaf_without_alias_under_a_group_that_is_not_exhaustive() {
    // CC gets a residual that the model doesn't know; IIn, gone, may or may not be in it.
    let case = edited(|t| {
        let (cc, iin) = (id(t, "CC"), id(t, "IIn"));
        t.apply(Edit::SetExhaustive { id: cc, exhaustive: false }).unwrap();
        t.apply(Edit::Delete { id: iin, children: Subtree::Rise }).unwrap();
    });
    assert_eq!((case.p("other CC"), case.unresolved("CC"), case.upper("other CC"), case.upper("II")), (None, 0.1, 0.1, 0.3));
}

#[test]
fn a_merged_class_holds_what_both_held() {
    let case = edited(|t| {
        let edit = compose::merge(t, id(t, "IIn"), id(t, "II")).unwrap();
        t.apply(edit).unwrap();
    });
    assert_eq!((case.p("II"), case.unresolved("CC"), case.p("CC")), (Some(0.3), 0.0, Some(0.4)));
    // What is absorbed is another class: its mass is in CC, and may be in II.
    let case = edited(|t| {
        let edit = compose::merge(t, id(t, "IIn"), id(t, "II")).unwrap();
        t.apply(edit).unwrap();
        let ii = id(t, "II");
        t.apply(Edit::SetAliases { id: ii, aliases: vec![] }).unwrap();
        t.apply(Edit::SetAbsorbs { id: ii, absorbs: vec!["IIn".into()] }).unwrap();
    });
    assert_eq!((case.p("II"), case.unresolved("CC"), case.upper("II"), case.p("CC")), (Some(0.2), 0.1, 0.3, Some(0.4)));
}

#[test]
fn a_merge_whose_aliases_collide_is_refused() {
    // Within a tree by the edit itself.
    let mut t = tree(MODEL);
    set_aliases(&mut t, "II", &["hydrogen-rich"]).unwrap();
    let edit = compose::merge(&t, id(&t, "IIn"), id(&t, "II")).unwrap();
    t.apply(edit).unwrap();
    assert!(matches!(set_aliases(&mut t, "Ibc", &["hydrogen-rich"]), Err(EditError::Taken { .. })));
    assert!(matches!(set_aliases(&mut t, "Ibc", &["IIn"]), Err(EditError::Taken { .. })));
    // Aliases that differ in case and spaces are two labels of a tree, and one to those who look for a class that is gone.
    let model = tree(MODEL);
    let mut target = model.clone();
    let iin = id(&target, "IIn");
    target.apply(Edit::Delete { id: iin, children: Subtree::Rise }).unwrap();
    set_aliases(&mut target, "II", &["iin"]).unwrap();
    set_aliases(&mut target, "Ibc", &["II-n"]).unwrap();
    let text = pour(&model, &target, &P).map(|_| ()).unwrap_err().to_string();
    assert!(["\"IIn\"", "\"II\"", "\"Ibc\"", "alias"].iter().all(|p| text.contains(p)), "{text}");
    // The exact name decides where there is one.
    set_aliases(&mut target, "Ibc", &["IIn"]).unwrap();
    assert_eq!(pour(&model, &target, &P).unwrap().p("Ibc"), Some(0.2));
}

#[test]
fn a_class_that_was_renamed_and_then_merged_keeps_its_probability() {
    let model = tree("O{SN II,X,Y{Y1,Y2}}");
    let p = [0.4, 0.1, 0.5, 0.2, 0.3];
    let mut d = Document::new(model.clone());
    let rename = Edit::Rename { id: id(&model, "SN II"), name: "Type II".into() };
    d.edit("rename", rename).unwrap();
    let edit = compose::merge(d.taxonomy(), id(d.taxonomy(), "Type II"), id(d.taxonomy(), "X")).unwrap();
    d.edit("merge", edit).unwrap();
    let case = pour(&model, d.taxonomy(), &p).unwrap();
    assert_eq!((case.p("X"), case.p("Y"), case.poured.unresolved_root), (Some(0.5), Some(0.5), 0.0));
    // And when what took it in is renamed and merged itself, with others at once; also as a file.
    let edit = Edit::Rename { id: id(d.taxonomy(), "X"), name: "Z".into() };
    d.edit("rename", edit).unwrap();
    let members = [id(d.taxonomy(), "Z"), id(d.taxonomy(), "Y1")];
    let edit = compose::merge_all(d.taxonomy(), &members, id(d.taxonomy(), "Y2")).unwrap();
    d.edit("merge", edit).unwrap();
    let read = crate::taxonomy::parse_json(&crate::taxonomy::to_json(d.taxonomy()), std::path::Path::new("t.json")).unwrap();
    for target in [d.taxonomy(), &read] {
        let case = pour(&model, target, &p).unwrap();
        assert_eq!((case.p("Y2"), case.p("Y"), case.poured.unresolved_root), (Some(1.0), Some(1.0), 0.0));
    }
    while d.undo().is_some() {}
    assert!(pour(&model, d.taxonomy(), &p).unwrap().identity);
}

#[test]
fn a_new_class_of_an_old_name_goes_before_what_was_merged() {
    let model = tree("O{B,X}");
    let mut t = model.clone();
    t.apply(Edit::Rename { id: id(&t, "B"), name: "C".into() }).unwrap();
    let edit = compose::merge(&t, id(&t, "C"), id(&t, "X")).unwrap();
    t.apply(edit).unwrap();
    let x = id(&t, "X");
    t.apply(Edit::SetAliases { id: x, aliases: vec![] }).unwrap();
    assert_eq!(pour(&model, &t, &[0.4, 0.6]).unwrap().p("X"), Some(1.0), "merged is merged, whatever the aliases");
    t.add_child(t.root(), "B").unwrap();
    let case = pour(&model, &t, &[0.4, 0.6]).unwrap();
    assert_eq!((case.p("B"), case.p("X")), (Some(0.4), Some(0.6)));
}

#[test]
fn lineage_ids_that_are_alike_by_chance_do_not_match() {
    // Names of signs alone: no likeness at all.
    let case = pour(&tree("O{**,A}"), &tree("O{++,A}"), &[0.4, 0.6]).unwrap();
    assert_eq!((case.p("++"), case.poured.unresolved_root), (None, 0.4));
    // As early files have them.
    let old = |name: &str| {
        let mut t = Taxonomy::new("t", "O");
        let mut node = Node::new(name);
        node.lineage = "node".into();
        t.add_node(t.root(), node).unwrap();
        t.add_child(t.root(), "A").unwrap();
        t
    };
    assert_eq!(pour(&old("**"), &old("++"), &[0.4, 0.6]).unwrap().p("++"), None);
    assert_eq!(pour(&old("**"), &old("binary"), &[0.4, 0.6]).unwrap().p("binary"), None);
    assert_eq!(pour(&old("**"), &old("**"), &[0.4, 0.6]).unwrap().p("**"), Some(0.4));
    assert_eq!(pour(&old("Node"), &old("Knoten"), &[0.4, 0.6]).unwrap().p("Knoten"), Some(0.4), "a rename");
    // "S*" and "S" have the ids s and s-2 here, s-2 and s there: names tell them apart.
    let case = pour(&tree("O{S*,S}"), &tree("O{S,S*}"), &[0.3, 0.7]).unwrap();
    assert_eq!((case.p("S*"), case.p("S")), (Some(0.3), Some(0.7)));
    assert!(!case.identity);
    // A rename is still followed, even of signs alone.
    let model = tree("O{**,A}");
    let mut target = model.clone();
    let pair = id(&target, "**");
    target.apply(Edit::Rename { id: pair, name: "Binary".into() }).unwrap();
    let case = pour(&model, &target, &[0.4, 0.6]).unwrap();
    assert!(case.identity);
    assert_eq!(case.p("Binary"), Some(0.4));
}

/// A node of a random tree: under which of those before it, and whether it is exhaustive.
fn random_tree() -> impl Strategy<Value = Taxonomy> {
    prop::collection::vec((any::<u16>(), any::<bool>()), 1..30).prop_map(|nodes| {
        let mut t = Taxonomy::new("random", "root");
        let mut ids = vec![t.root()];
        for (n, (parent, exhaustive)) in nodes.into_iter().enumerate() {
            let parent = ids[parent as usize % ids.len()];
            let mut node = Node::new(format!("c{n}"));
            (node.exhaustive, node.absorbs) = (exhaustive, vec![format!("fine {n}")]);
            ids.push(t.add_node(parent, node).unwrap());
        }
        t
    })
}

#[derive(Debug, Clone)]
struct Choice {
    kind: u8,
    a: u16,
    b: u16,
    word: u8,
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let one = (0u8..13, any::<u16>(), any::<u16>(), any::<u8>()).prop_map(|(kind, a, b, word)| Choice { kind, a, b, word });
    prop::collection::vec(one, 0..20)
}

/// An edit of whatever the tree looks like by then. Words are few, so that names come back and clash.
fn edit_of(t: &Taxonomy, c: &Choice) -> Option<Edit> {
    let ids: Vec<NodeId> = t.preorder().collect();
    let (id, other) = (ids[c.a as usize % ids.len()], ids[c.b as usize % ids.len()]);
    let word = format!("{}{}", ["c", "C", "new ", "**"][c.word as usize % 4], c.word / 4 % 8);
    Some(match c.kind {
        0 => Edit::Rename { id, name: word },
        1 => Edit::Delete { id, children: Subtree::Rise },
        2 => Edit::Delete { id, children: Subtree::GoAlong },
        3..=5 => Edit::Move { id, parent: other, index: c.word as usize % 4 },
        6 => Edit::SetExhaustive { id, exhaustive: c.word.is_multiple_of(2) },
        7 => Edit::SetAliases { id, aliases: vec![word] },
        8 => Edit::Add { parent: id, index: 0, node: Node::new(word) },
        9 => compose::merge(t, id, other).ok()?,
        10 => compose::duplicate(t, id).ok()?,
        11 => {
            let children = t.children(id);
            let some = children.get(..children.len().min(1 + c.word as usize % 3))?;
            compose::group(t, some, &word).ok()?
        }
        _ => compose::split_off(t, id, t.node(id).absorbs.first()?, None).ok()?,
    })
}

/// P per slot from one weight per atom.
fn model_p(layout: &Layout, weights: &[f64]) -> Vec<f64> {
    let mut p = vec![0.0; layout.len()];
    for (atom, w) in layout.atoms().into_iter().zip(weights.iter().cycle()) {
        p[atom] = *w;
    }
    let total: f64 = p.iter().sum();
    for slot in (0..p.len()).rev() {
        p[slot] /= if layout.is_atom(slot) { total } else { 1.0 };
        if let Some(parent) = layout.slots[slot].parent {
            p[parent] += p[slot];
        }
    }
    p
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_after_any_edits(
        model in random_tree(),
        choices in choices(),
        weights in prop::collection::vec(prop_oneof![Just(0.0), 1e-12f64..1.0], 40),
        picks in prop::collection::vec(any::<u16>(), 16),
    ) {
        let layout = Layout::new(&model);
        let weights: Vec<f64> = std::iter::once(0.5).chain(weights).collect();
        let p = model_p(&layout, &weights);
        let own = pour(&model, &model, &p).unwrap();
        prop_assert!(own.identity);
        prop_assert_eq!(own.poured.p.clone(), p.iter().copied().map(Some).collect::<Vec<_>>());

        let mut d = Document::new(model.clone());
        for c in &choices {
            if d.taxonomy().len() > 150 {
                break;
            }
            if let Some(edit) = edit_of(d.taxonomy(), c) {
                // Refused edits change nothing.
                let _ = d.edit(format!("{c:?}"), edit);
            }
            match pour(&model, d.taxonomy(), &p) {
                Ok(case) => {
                    let mut n = 0;
                    case.check_span(|_| { n += 1; picks[n % picks.len()] as usize });
                    if case.identity {
                        prop_assert_eq!(&case.poured.p, &own.poured.p);
                    }
                    // Nothing that was in the model is shown without its own mass: an atom found again has at least it.
                    for (slot, s) in case.layout.slots.iter().enumerate() {
                        let same = layout.slots.iter().position(|m| !m.residual && !s.residual && m.lineage == s.lineage && m.name == s.name);
                        if let Some(m) = same.filter(|m| layout.is_atom(*m)) {
                            prop_assert!(case.poured.p[slot].is_some_and(|v| v >= p[m] - NEAR), "{}", s.name);
                        }
                    }
                }
                Err(RegroupError::Ambiguous { first, second, .. }) => {
                    prop_assert!(first != second && d.taxonomy().find(&first).is_some() && d.taxonomy().find(&second).is_some());
                }
            }
        }
        while d.undo().is_some() {}
        let back = pour(&model, d.taxonomy(), &p).unwrap();
        prop_assert!(back.identity);
        prop_assert_eq!(back.poured, own.poured);
    }
}
