//! The taxonomy workbench: (state, keys, expected) for everything that changes the tree's shape, and the tree pane's pictures.

use crate::tui_fake::{act, arrived, draw, go_to, keys, lines, said, state, with_styles};
use crate::tui_view::snapshot;
use taxonova::taxonomy::{Node, Taxonomy, to_json};
use taxonova::tui::action::Action;
use taxonova::tui::effect::Effect;
use taxonova::tui::file::Arrived;
use taxonova::tui::overlay::Overlay;
use taxonova::tui::refit::{self, Refitted};
use taxonova::tui::state::{ModelInfo, Pane, State};
use taxonova::tui::theme::ThemeName;
use taxonova::tui::tree::Shown;
use taxonova::tui::update::update;

fn fresh() -> State {
    state(ThemeName::Dark)
}

fn selected(s: &State) -> String {
    s.tree.row_name(s.tree.selected)
}

fn parent(s: &State, name: &str) -> String {
    let t = s.tree.taxonomy();
    t.node(t.parent(t.find(name).unwrap()).unwrap()).name.clone()
}

fn children(s: &State, name: &str) -> Vec<String> {
    let t = s.tree.taxonomy();
    t.children(t.find(name).unwrap()).iter().map(|n| t.node(*n).name.clone()).collect()
}

/// P of a class in the cascade of the selected object.
fn p(s: &State, name: &str) -> Option<f64> {
    s.cascade().unwrap().poured.p[s.tree.derived.layout.by_name(name).unwrap()]
}

/// What was done can be undone to the same bytes, and done again to the same bytes.
fn undo_and_redo(s: &mut State, before: &str) {
    let after = to_json(s.tree.taxonomy());
    assert_ne!(after, before);
    keys(s, "u");
    assert_eq!(to_json(s.tree.taxonomy()), before);
    keys(s, "U");
    assert_eq!(to_json(s.tree.taxonomy()), after);
    assert_eq!(s.tree.taxonomy().broken_invariant(), None);
}

#[test]
fn moving_out_and_in() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    go_to(&mut s, "SN Ic");
    keys(&mut s, "H");
    assert_eq!((parent(&s, "SN Ic").as_str(), selected(&s).as_str()), ("CC", "SN Ic"));
    let cc = children(&s, "CC");
    let at = cc.iter().position(|n| n == "SN Ibc").unwrap();
    assert_eq!(cc[at + 1], "SN Ic", "behind its parent");
    undo_and_redo(&mut s, &before);
    keys(&mut s, "L");
    assert_eq!(children(&s, "SN Ibc").last().unwrap(), "SN Ic");
    go_to(&mut s, "SN");
    keys(&mut s, "H");
    assert!(said(&s).contains("highest level"), "{}", said(&s));
    keys(&mut s, "L");
    assert!(said(&s).contains("no sibling above"), "{}", said(&s));
}

#[test]
fn marked_classes_are_grouped_in_one_step() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    go_to(&mut s, "SN Ia-91T");
    keys(&mut s, "v v v");
    assert_eq!(s.tree.marked.len(), 3);
    assert!(said(&s).contains("3 classes are marked"));
    keys(&mut s, "p 'peculiar' enter");
    assert_eq!(children(&s, "peculiar"), ["SN Ia-91T", "SN Ia-91bg", "SN Ia-pec"]);
    assert_eq!((parent(&s, "peculiar").as_str(), selected(&s).as_str()), ("SN Ia", "peculiar"));
    assert!(s.tree.marked.is_empty());
    // The new parent holds exactly what its children hold.
    let sum: f64 = ["SN Ia-91T", "SN Ia-91bg", "SN Ia-pec"].iter().map(|n| p(&s, n).unwrap()).sum();
    assert!((p(&s, "peculiar").unwrap() - sum).abs() < 1e-9);
    undo_and_redo(&mut s, &before);
    // A name that is taken is refused while it is typed, and the marks stay.
    go_to(&mut s, "SN Ib");
    keys(&mut s, "v v p 'TDE' enter");
    assert!(matches!(&s.overlay, Some(Overlay::Prompt(p)) if p.problem.as_ref().is_some_and(|w| w.contains("TDE"))));
    keys(&mut s, "esc esc");
    assert!(s.overlay.is_none() && s.tree.marked.is_empty());
}

#[test]
fn a_class_below_a_marked_one_goes_with_it() {
    let mut s = fresh();
    go_to(&mut s, "SN Ibc");
    keys(&mut s, "v v");
    assert_eq!(s.tree.marked.len(), 2, "SN Ibc and its first child");
    keys(&mut s, "m");
    go_to(&mut s, "Object");
    keys(&mut s, "enter");
    assert_eq!(parent(&s, "SN Ibc"), "Object");
    assert_eq!(parent(&s, "SN Ib"), "SN Ibc");
    keys(&mut s, "u V");
    assert!(s.tree.marked.len() > 1);
    keys(&mut s, "V");
    assert!(s.tree.marked.is_empty());
}

#[test]
fn a_parent_is_picked_by_its_name() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    go_to(&mut s, "SN Ibn");
    keys(&mut s, "P 'iin'");
    let text = lines(&draw(&mut s, 120, 40)).join("\n");
    assert!(text.contains("Move SN Ibn below") && text.contains("SN > CC"), "{text}");
    keys(&mut s, "enter");
    assert_eq!(parent(&s, "SN Ibn"), "SN IIn");
    undo_and_redo(&mut s, &before);
    // Nothing can go below itself: what is moved is not offered.
    go_to(&mut s, "CC");
    keys(&mut s, "P 'SN Ib'");
    assert!(matches!(&s.overlay, Some(Overlay::Pick(p)) if p.found.is_empty()));
    keys(&mut s, "enter");
    assert!(s.overlay.is_some(), "there is nothing to accept");
    keys(&mut s, "esc");
    assert_eq!(parent(&s, "CC"), "SN");
}

#[test]
fn merging_adds_the_probabilities() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    let (ib, ic) = (p(&s, "SN Ib").unwrap(), p(&s, "SN Ic").unwrap());
    go_to(&mut s, "SN Ib");
    keys(&mut s, "x");
    keys(&mut s, "enter");
    assert!(said(&s).contains("can't be merged with itself"), "{}", said(&s));
    go_to(&mut s, "SN Ic");
    keys(&mut s, "enter");
    assert!(s.tree.taxonomy().find("SN Ib").is_none());
    assert_eq!(s.tree.taxonomy().find_label("SN Ib"), s.tree.taxonomy().find("SN Ic"));
    assert!((p(&s, "SN Ic").unwrap() - ib - ic).abs() < 1e-9);
    undo_and_redo(&mut s, &before);
    // Several at once, and a merge into a class below is refused.
    keys(&mut s, "u");
    go_to(&mut s, "SLSN-I");
    let sum = p(&s, "SLSN-I").unwrap() + p(&s, "SLSN-II").unwrap() + p(&s, "TDE").unwrap();
    keys(&mut s, "v v x");
    go_to(&mut s, "TDE");
    keys(&mut s, "enter");
    assert!((p(&s, "TDE").unwrap() - sum).abs() < 1e-9);
    go_to(&mut s, "SN");
    keys(&mut s, "x");
    go_to(&mut s, "SN Ic");
    keys(&mut s, "enter");
    assert!(said(&s).contains("deep below"), "{}", said(&s));
    keys(&mut s, "esc");
    assert!(s.tree.moving.is_none());
}

#[test]
fn copying_and_splitting_off() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    go_to(&mut s, "SLSN");
    keys(&mut s, "y");
    assert_eq!(selected(&s), "SLSN copy");
    assert_eq!(children(&s, "SLSN copy"), ["SLSN-I copy", "SLSN-II copy"]);
    undo_and_redo(&mut s, &before);
    keys(&mut s, "u");
    go_to(&mut s, "SN II");
    keys(&mut s, "X");
    let text = lines(&draw(&mut s, 120, 40)).join("\n");
    assert!(text.contains("Which becomes a child of SN II"), "{text}");
    keys(&mut s, "ctrl-u 'SN IIP' enter");
    assert_eq!(children(&s, "SN II"), ["SN IIP"]);
    let iip = s.tree.taxonomy().find("SN IIP").unwrap();
    assert!(s.tree.taxonomy().node(iip).absorbs.is_empty());
    // The model can't tell it: its mass stays with SN II.
    let row = s.tree.rows(s.cascade().as_ref()).into_iter().find(|r| r.key.node == iip).unwrap();
    assert_eq!(s.tree.shown(&row, s.cascade().as_ref()), Shown::NotInModel);
    undo_and_redo(&mut s, &before);
    go_to(&mut s, "Object");
    keys(&mut s, "X");
    assert!(said(&s).contains("no alias"), "{}", said(&s));
}

#[test]
fn deleting_several() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    go_to(&mut s, "SN Ia-CSM");
    keys(&mut s, "v v d");
    assert!(s.overlay.is_none() && s.tree.taxonomy().find("SN Ia-SC").is_none() && s.tree.taxonomy().find("SN Ia-CSM").is_none());
    assert_eq!(selected(&s), "SN Iax");
    undo_and_redo(&mut s, &before);
    keys(&mut s, "u");
    go_to(&mut s, "SN Ibc");
    keys(&mut s, "v");
    go_to(&mut s, "SLSN");
    keys(&mut s, "v d");
    assert!(matches!(&s.overlay, Some(Overlay::Question(q)) if q.text[0].contains("6 classes")));
    keys(&mut s, "r");
    assert_eq!(parent(&s, "SN Ic"), "CC");
    assert_eq!(parent(&s, "SLSN-I"), "CC");
    undo_and_redo(&mut s, &before);
}

#[test]
fn examples_are_typed_or_taken_from_the_model_or_the_objects() {
    let mut s = fresh();
    let before = to_json(s.tree.taxonomy());
    go_to(&mut s, "TDE");
    let n = |s: &State, name: &str| s.tree.taxonomy().node(s.tree.taxonomy().find(name).unwrap()).count;
    keys(&mut s, "# t ctrl-u 'many'");
    assert!(matches!(&s.overlay, Some(Overlay::Prompt(p)) if p.problem.as_ref().is_some_and(|w| w.contains("whole number"))));
    keys(&mut s, "ctrl-u '1 250' enter");
    assert_eq!(n(&s, "TDE"), Some(1250));
    let slot = s.tree.derived.layout.by_name("TDE").unwrap();
    assert_eq!(s.tree.derived.weights.rows[slot + 1].n_subtree, 1250, "the weights follow");
    undo_and_redo(&mut s, &before);
    keys(&mut s, "# c");
    assert_eq!(n(&s, "SN Ia"), None);
    // Of the model: a class that the tree lacks counts for the one above.
    go_to(&mut s, "SN Ibn");
    keys(&mut s, "d # m");
    assert_eq!((n(&s, "TDE"), n(&s, "SN Ia"), n(&s, "SN Ibc")), (Some(59), Some(4605), Some(27 + 25)), "{}", said(&s));
    assert!(said(&s).contains("25 objects"), "{}", said(&s));
    keys(&mut s, "# o");
    let total: u64 = s.tree.taxonomy().preorder().filter_map(|id| s.tree.taxonomy().node(id).count).sum();
    assert_eq!(total, 12, "the sample data are labelled");
    let without = s.tree.taxonomy().preorder().find(|id| {
        let slot = s.tree.derived.layout.slot_of(*id);
        slot.is_some_and(|k| s.tree.derived.weights.rows[k + 1].n_subtree == 0)
    });
    assert!(without.is_some());
    assert!(lines(&draw(&mut s, 160, 50)).join("\n").contains('∅'), "classes without examples are marked");
}

#[test]
fn classes_are_found_and_filtered() {
    let mut s = fresh();
    let all = s.tree.rows(None).len();
    go_to(&mut s, "Object");
    keys(&mut s, "C / 'ibn'");
    assert_eq!(selected(&s), "SN Ibn", "folded classes are opened");
    keys(&mut s, "esc");
    assert_eq!(selected(&s), "Object");
    keys(&mut s, "O / 'slsn' enter");
    assert_eq!(selected(&s), "SLSN");
    keys(&mut s, "n");
    assert_eq!(selected(&s), "SLSN-I");
    keys(&mut s, "n n");
    assert_eq!(selected(&s), "SLSN", "around the end");
    keys(&mut s, "N");
    assert_eq!(selected(&s), "SLSN-II");
    keys(&mut s, "esc / 'nowhere'");
    assert!(matches!(&s.overlay, Some(Overlay::Prompt(p)) if p.problem.is_some()));
    keys(&mut s, "esc & 'slsn' enter");
    let names: Vec<String> = s.tree.rows(None).iter().map(|r| s.tree.row_name(r.key)).collect();
    assert_eq!(names, ["Object", "SN", "CC", "SLSN", "SLSN-I", "SLSN-II"]);
    assert!(said(&s).contains("3 classes"), "{}", said(&s));
    draw(&mut s, 80, 24);
    keys(&mut s, "esc");
    assert_eq!(s.tree.rows(None).len(), all);
}

#[test]
fn the_check_leads_to_the_class() {
    let mut s = fresh();
    go_to(&mut s, "TDE");
    keys(&mut s, "a 'jetted' enter C !");
    let Some(Overlay::Listing(l)) = &s.overlay else { panic!("no list: {}", said(&s)) };
    let at = l.rows.iter().position(|r| r.text.contains("single child")).expect("a single child is found");
    assert_eq!(l.rows[0].sign, "warning", "the gravest first");
    let down = "down ".repeat(at);
    draw(&mut s, 100, 30);
    keys(&mut s, &format!("{down} enter"));
    assert!(s.overlay.is_none());
    assert_eq!((selected(&s).as_str(), s.focus), ("TDE", Pane::Taxonomy));
}

#[test]
fn folding_a_branch_and_back() {
    let mut s = fresh();
    let all = s.tree.rows(None).len();
    go_to(&mut s, "CC");
    keys(&mut s, "_");
    keys(&mut s, "l");
    assert!(s.tree.rows(None).iter().any(|r| s.tree.row_name(r.key) == "SLSN"));
    assert!(!s.tree.rows(None).iter().any(|r| s.tree.row_name(r.key) == "SLSN-I"), "what lies deeper is folded too");
    keys(&mut s, "*");
    assert_eq!(s.tree.rows(None).len(), all);
}

#[test]
fn the_title_and_the_source_are_edited() {
    let mut s = fresh();
    s.focus = Pane::Taxonomy;
    keys(&mut s, "~ ctrl-u 'my transients' enter");
    assert_eq!(s.tree.taxonomy().name, "my transients");
    keys(&mut s, "\" ctrl-u 'me 2026' enter");
    assert_eq!(s.tree.taxonomy().citation, "me 2026");
    keys(&mut s, "u u");
    assert!(!s.tree.doc.is_dirty());
}

fn with_tree(tree: Taxonomy) -> State {
    let mut s = fresh();
    act(&mut s, arrived(tree, "my-tree.json"));
    keys(&mut s, "2");
    s
}

#[test]
fn the_pane_with_all_columns() {
    let mut s = fresh();
    keys(&mut s, "2 w z j j v v");
    snapshot("weights_100x30", with_styles(&draw(&mut s, 100, 30)));
}

#[test]
fn the_pane_with_a_deep_tree() {
    let mut tree = Taxonomy::new("deep", "Object");
    let mut at = tree.root();
    for i in 1..=60 {
        at = tree.add_child(at, format!("level {i}")).unwrap();
        if i % 7 == 0 {
            tree.add_child(at, format!("side {i}")).unwrap();
        }
    }
    let mut s = with_tree(tree);
    keys(&mut s, "G k k");
    snapshot("deep_tree_100x30", lines(&draw(&mut s, 100, 30)).join("\n"));
}

#[test]
fn the_pane_with_a_wide_tree() {
    let mut tree = Taxonomy::new("wide", "Object");
    for i in 0..500 {
        let mut node = Node::new(format!("class {i:03}"));
        node.count = Some(i * i);
        tree.add_node(tree.root(), node).unwrap();
    }
    let mut s = with_tree(tree);
    keys(&mut s, "pagedown pagedown");
    snapshot("wide_tree_100x30", lines(&draw(&mut s, 100, 30)).join("\n"));
}

#[test]
fn the_pane_with_a_unicode_tree() {
    let mut tree = Taxonomy::new("Arbre d'étoiles", "Objekt");
    let pulsating = tree.add_child(tree.root(), "δ Scuti und γ Doradus").unwrap();
    tree.add_child(pulsating, "δ Sct (gestörte)").unwrap();
    tree.add_child(pulsating, "γ Dor").unwrap();
    let sn = tree.add_child(tree.root(), "超新星").unwrap();
    tree.add_child(sn, "超新星 Ia 型と非常に長い名前のもの").unwrap();
    tree.add_child(sn, "Überleuchtkräftige").unwrap();
    let mut s = with_tree(tree);
    keys(&mut s, "j j j");
    snapshot("unicode_tree_80x24", lines(&draw(&mut s, 80, 24)).join("\n"));
}

/// The rows of the list that lies over the panes.
fn listed(s: &State) -> Vec<String> {
    match &s.overlay {
        Some(Overlay::Listing(l)) => l.rows.iter().map(|r| format!("{}|{}", r.sign, r.text)).collect(),
        _ => panic!("no list: {}", said(s)),
    }
}

#[test]
fn the_tree_is_compared_with_what_was_saved() {
    let mut s = fresh();
    keys(&mut s, "2 D s");
    assert!(said(&s).contains("the same as the saved tree"), "{}", said(&s));
    go_to(&mut s, "SN IIn");
    keys(&mut s, "r ctrl-u 'SN with narrow lines' enter");
    go_to(&mut s, "SN Ibn");
    keys(&mut s, "d");
    go_to(&mut s, "TDE");
    keys(&mut s, "a 'jetted' enter } D s");
    let rows = listed(&s);
    let has = |start: &str, part: &str| rows.iter().any(|r| r.starts_with(start) && r.contains(part));
    assert!(has("+ added", "jetted") && has("- removed", "SN Ibn") && has("~ renamed", "SN with narrow lines"), "{rows:#?}");
    assert!(has("~ weights", "beta 0.5 → 0.55") && has("~ W λ", "TDE"), "{rows:#?}");
    draw(&mut s, 80, 24);
    // Enter leads to the class.
    let at = rows.iter().position(|r| r.contains("jetted")).unwrap();
    keys(&mut s, &format!("{} enter", "down ".repeat(at)));
    assert_eq!(selected(&s), "jetted");
    // What is saved is what it is compared with from then on.
    act(&mut s, Action::Saved { path: "t.json".into(), then_quit: false });
    keys(&mut s, "D s");
    assert!(said(&s).contains("the same"), "{}", said(&s));
    keys(&mut s, "D m");
    assert!(listed(&s).iter().any(|r| r.contains("jetted")));
    keys(&mut s, "esc");
    // A tree from a file; one that can't be read is said.
    act(&mut s, Action::TreeRead { path: "other.json".into(), tree: Err("other.json:3:1: no tree".into()) });
    assert!(said(&s).contains("other.json:3:1"));
    act(&mut s, Action::TreeRead { path: "other.json".into(), tree: Ok(Box::new(crate::tui_fake::tree())) });
    assert!(!listed(&s).is_empty());
}

#[test]
fn objects_whose_decision_changes_are_listed_and_lead_there() {
    let mut s = fresh();
    go_to(&mut s, "SN II");
    keys(&mut s, "x");
    go_to(&mut s, "SN IIn");
    keys(&mut s, "enter D s");
    let rows = listed(&s);
    let at = rows.iter().position(|r| r.starts_with("decision|") && r.contains("SN II ")).unwrap_or_else(|| panic!("{rows:#?}"));
    assert!(rows[at].contains("→ SN IIn"), "{}", rows[at]);
    keys(&mut s, &format!("{} enter", "down ".repeat(at)));
    assert!(s.overlay.is_none());
    let id = &s.objects.current().unwrap().curve.object_id;
    assert!(rows[at].contains(id.as_str()), "{id} of {}", rows[at]);
}

#[test]
fn an_unmapped_label_becomes_an_alias_with_one_key() {
    let mut s = fresh();
    let labels = vec![("SN Ia".to_string(), 40), ("Foo type".to_string(), 3), ("SN IIP".to_string(), 2), ("Bar".to_string(), 1)];
    keys(&mut s, "2 @ esc");
    go_to(&mut s, "TDE");
    let read = |s: &mut State| {
        let (why, labels) = (taxonova::tui::action::LabelsFor::Mapping, Ok(labels.clone()));
        act(s, Action::LabelsRead { why, path: "labels.csv".into(), labels, by_object: Vec::new() });
    };
    read(&mut s);
    let rows = listed(&s);
    assert!(rows[0].starts_with("unmapped|Foo type"), "what needs a hand comes first: {rows:#?}");
    let text = lines(&draw(&mut s, 120, 40)).join("\n");
    assert!(text.contains("Labels of labels.csv") && text.contains("46 objects"), "{text}");
    keys(&mut s, "t");
    assert_eq!(s.tree.taxonomy().find_label("Foo type"), s.tree.taxonomy().find("TDE"));
    let rows = listed(&s);
    assert!(!rows.iter().any(|r| r.starts_with("unmapped|Foo")), "{rows:#?}");
    let Some(Overlay::Listing(l)) = &s.overlay else { panic!() };
    assert!(l.rows[l.selected].text.starts_with("Bar"), "the next label is selected");
    keys(&mut s, "esc u");
    assert!(s.tree.taxonomy().find_label("Foo type").is_none(), "one step, undone");
    // Labels that come while something is typed wait, and can be attached all the same.
    go_to(&mut s, "TDE");
    keys(&mut s, "r");
    read(&mut s);
    keys(&mut s, "esc t");
    assert!(s.tree.taxonomy().find_label("Foo type").is_some());
    keys(&mut s, "esc u");
    // The same labels as numbers of examples.
    let why = taxonova::tui::action::LabelsFor::Counts;
    act(&mut s, Action::LabelsRead { why, path: "labels.csv".into(), labels: Ok(labels.clone()), by_object: Vec::new() });
    let ii = s.tree.taxonomy().find("SN II").unwrap();
    assert_eq!(s.tree.taxonomy().node(ii).count, Some(2));
    assert!(said(&s).contains("4 objects left out"), "{}", said(&s));
}

/// What a pretended refit gives.
fn refitted() -> Box<Refitted> {
    Box::new(Refitted {
        model: ModelInfo { name: "new".into(), ..crate::tui_fake::model() },
        head: vec!["On the 642 objects of fold 9".into()],
        rows: vec![refit::row("SN IIP", 3, 12, None, Some(0.5)), refit::row("TDE", 1, 6, Some(0.9), Some(0.8))],
    })
}

/// Presses F; the number of the refit that begins, and how to stop it.
fn begin(s: &mut State) -> (u64, std::sync::Arc<std::sync::atomic::AtomicBool>) {
    match keys(s, "F").as_slice() {
        [Effect::Refit { cancel, number, .. }] => (*number, cancel.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refit_shows_what_changed_and_can_be_taken_back() {
    let mut s = fresh();
    go_to(&mut s, "SN II");
    let (number, cancel) = begin(&mut s);
    act(&mut s, Action::RefitProgress(number, 40));
    assert!(lines(&draw(&mut s, 120, 40))[0].contains("refitting 40 %"));
    keys(&mut s, "esc");
    assert!(s.refit.is_none() && cancel.load(std::sync::atomic::Ordering::Relaxed));
    // A result that comes all the same is not taken, nor is it for that of the next refit.
    act(&mut s, Action::Refitted(number, refitted()));
    let (second, _) = begin(&mut s);
    act(&mut s, Action::Refitted(number, refitted()));
    act(&mut s, Action::RefitFailed(number, "interrupted".into()));
    assert!(s.refit.is_some() && s.model.ready().unwrap().name == "pretended");
    let effects = act(&mut s, Action::Refitted(second, refitted()));
    assert!(effects.iter().any(|e| matches!(e, Effect::UseModel { number: 1, .. })), "{effects:?}");
    assert_eq!(s.model.ready().unwrap().name, "new");
    assert!(s.cascade().is_some(), "the selected object was asked for anew");
    let text = lines(&draw(&mut s, 120, 40)).join("\n");
    assert!(text.contains("fold 9") && text.contains("SN IIP") && text.contains("– →  .500"), "{text}");
    // An answer of the model before comes late: it is dropped.
    let p = vec![0.5].into();
    let curve = s.objects.current().unwrap().curve.clone();
    let late = taxonova::tui::action::Answered { index: s.objects.selected, curve, p: Ok(p) };
    update(&mut s, Action::Classified { model: 0, answers: vec![late] });
    assert!(s.cascade().is_some_and(|c| c.poured.p.len() > 1));
    keys(&mut s, "B");
    assert_eq!(s.model.ready().unwrap().name, "pretended");
    assert!(s.why_not(taxonova::tui::command::Cmd::PreviousModel).is_some());
    let (third, _) = begin(&mut s);
    act(&mut s, Action::RefitFailed(third, "no reference set".into()));
    assert!(said(&s).contains("no reference set") && s.refit.is_none());
}

#[test]
fn a_late_result_does_not_take_what_is_typed() {
    let mut s = fresh();
    go_to(&mut s, "SN II");
    let (number, _) = begin(&mut s);
    keys(&mut s, "a 'SN B'");
    act(&mut s, Action::Refitted(number, refitted()));
    keys(&mut s, "'W' enter");
    assert!(s.tree.taxonomy().find("SN BW").is_some() && s.model.ready().unwrap().name == "new");
    assert!(listed(&s).iter().any(|r| r.contains("SN IIP")), "the list comes when nothing else is open");
}

#[test]
fn a_saved_model_is_asked_about_before_it_replaces_another() {
    let mut s = fresh();
    let file = std::sync::Arc::new(refit::ModelFile { bundle: vec![1], refset: vec![2] });
    let (number, _) = begin(&mut s);
    let mut new = refitted();
    new.model.handle.file = Some(file.clone());
    act(&mut s, Action::Refitted(number, new));
    let effects = keys(&mut s, "W ctrl-u '/tmp/m.onnx' enter");
    assert!(matches!(effects.as_slice(), [Effect::SaveModel { overwrite: false, .. }]), "{effects:?}");
    act(&mut s, Action::ModelExists("/tmp/m.onnx".into()));
    assert!(keys(&mut s, "enter").is_empty(), "the first answer leaves it");
    act(&mut s, Action::ModelExists("/tmp/m.onnx".into()));
    assert!(matches!(keys(&mut s, "o").as_slice(), [Effect::SaveModel { overwrite: true, .. }]));
    // The report of another model says nothing of this one.
    let other = std::sync::Arc::new(refit::ModelFile { bundle: vec![1], refset: vec![2] });
    act(&mut s, Action::ModelSaved("/tmp/o.onnx".into(), other));
    assert!(s.model.ready().unwrap().handle.file.is_some());
    act(&mut s, Action::ModelSaved("/tmp/m.onnx".into(), file));
    assert!(s.model.ready().unwrap().handle.file.is_none());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    let model = || std::sync::Arc::new(refit::ModelFile { bundle: vec![1], refset: vec![2] });
    assert!(matches!(refit::save(model(), path.clone(), false), Ok(Action::ModelSaved(..))));
    assert!(matches!(refit::save(model(), path.clone(), false), Ok(Action::ModelExists(_))));
    assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("refset.parquet")).unwrap()), (vec![1], vec![2]));
}

#[test]
fn a_tree_that_comes_late_does_not_take_edits_away() {
    let mut s = fresh();
    let effects = keys(&mut s, "; 'other.json' enter");
    assert!(matches!(effects.as_slice(), [Effect::OpenTree(_)]), "{effects:?}");
    go_to(&mut s, "TDE");
    keys(&mut s, "a 'jetted' enter r");
    let mut small = Taxonomy::new("small", "Object");
    small.add_child(small.root(), "A").unwrap();
    act(&mut s, arrived(small.clone(), "other.json"));
    assert!(matches!(&s.overlay, Some(Overlay::Prompt(_))), "what is typed stays");
    keys(&mut s, "esc");
    assert!(matches!(&s.overlay, Some(Overlay::Question(_))), "then it asks");
    keys(&mut s, "n");
    assert!(s.tree.taxonomy().find("jetted").is_some());
    // Undisturbed, it is opened at once, and nothing of the tree before is left over.
    keys(&mut s, "u ; 'other.json' enter");
    go_to(&mut s, "SN Ibn");
    keys(&mut s, "v r");
    act(&mut s, arrived(small, "other.json"));
    assert!(s.overlay.is_none() && s.tree.marked.is_empty());
    assert_eq!((s.tree.taxonomy().len(), s.tree.path.as_deref()), (2, Some(std::path::Path::new("other.json"))));
    draw(&mut s, 80, 24);
}

#[test]
fn an_imported_tree_has_no_file_of_its_own() {
    let mut s = fresh();
    let mut tree = Taxonomy::new("tops", "Object");
    tree.add_child(tree.root(), "A").unwrap();
    let notes = vec!["top.yaml:17:13: mended".to_string()];
    act(&mut s, Action::TaxonomyReady(Box::new(Arrived { taxonomy: tree, path: "top.yaml".into(), stamp: None, notes })));
    assert!(listed(&s)[0].contains("top.yaml:17:13"));
    keys(&mut s, "esc s");
    assert!(matches!(&s.overlay, Some(Overlay::Prompt(p)) if p.input.text() == "tops.json"), "s never writes into the foreign file");
    // A copy in a foreign format leaves the tree unsaved, and says what is not in it.
    keys(&mut s, "esc 2 e");
    act(&mut s, Action::Exported { path: "t.csv".into(), format: "edge list", lost: vec!["the notes of 2 classes".into()] });
    assert!(said(&s).contains("still unsaved") && listed(&s)[0].contains("the notes") && s.tree.doc.is_dirty());
}

#[test]
fn labels_with_commas_and_texts_of_several_lines_survive_their_prompts() {
    let mut s = fresh();
    go_to(&mut s, "TDE");
    keys(&mut s, "i ctrl-u '\"tidal, jetted\", TDF' enter");
    let aliases = |s: &State| s.tree.taxonomy().node(s.tree.taxonomy().find("TDE").unwrap()).aliases.clone();
    assert_eq!(aliases(&s), ["tidal, jetted", "TDF"]);
    let steps = s.tree.doc.revision();
    keys(&mut s, "i enter \" enter o enter");
    assert_eq!((aliases(&s).len(), s.tree.doc.revision()), (2, steps), "nothing was typed, nothing is changed");
}

#[test]
fn counts_beyond_all_numbers_do_not_overflow() {
    let mut s = fresh();
    let labels = vec![("no such".to_string(), u64::MAX), ("nor this".to_string(), 5), ("TDE".to_string(), u64::MAX)];
    let why = taxonova::tui::action::LabelsFor::Counts;
    act(&mut s, Action::LabelsRead { why, path: "l.csv".into(), labels: Ok(labels), by_object: Vec::new() });
    keys(&mut s, "2 w");
    draw(&mut s, 120, 40);
}
