//! What keys do to the state: (state, keys, expected).

use crate::tui_fake::{act, arrived, draw, go_to, keys, lines, model, said, sample, state, tree};
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::path::PathBuf;
use taxonova::taxonomy::{Form, Layout};
use taxonova::tui::action::Action;
use taxonova::tui::command::{COMMANDS, Cmd, Context};
use taxonova::tui::effect::{Effect, Leave};
use taxonova::tui::overlay::Overlay;
use taxonova::tui::state::{Pane, State};
use taxonova::tui::theme::ThemeName;

fn fresh() -> State {
    state(ThemeName::Dark)
}

fn selected_name(s: &State) -> String {
    s.tree.row_name(s.tree.selected)
}

fn children(s: &State, name: &str) -> Vec<String> {
    let t = s.tree.taxonomy();
    t.children(t.find(name).unwrap()).iter().map(|n| t.node(*n).name.clone()).collect()
}

/// The cascade must be consistent whatever was done to the tree: a parent holds its children and what is unresolved.
fn assert_consistent(s: &State) {
    let c = s.cascade().expect("a cascade");
    let layout: &Layout = &s.tree.derived.layout;
    for (slot, p) in c.poured.p.iter().enumerate() {
        let below: f64 = layout.children(Some(slot)).iter().filter_map(|k| c.poured.p[*k]).sum();
        if !layout.children(Some(slot)).is_empty() {
            let here = below + c.poured.unresolved[slot];
            assert!((p.unwrap_or(0.0) - here).abs() < 1e-9, "{}: {p:?} and {here}", layout.slots[slot].name);
        }
    }
    let top: f64 = layout.children(None).iter().filter_map(|k| c.poured.p[*k]).sum();
    assert!((top + c.poured.unresolved_root - 1.0).abs() < 1e-9);
}

#[test]
fn moving_through_objects_changes_all_panes() {
    let mut s = fresh();
    let first = s.current_p().unwrap().to_vec();
    keys(&mut s, "j");
    assert_eq!(s.objects.selected, 1);
    assert_ne!(**s.current_p().unwrap(), *first.as_slice());
    assert_eq!(s.curve.shown.as_ref().unwrap().object_id, s.objects.current().unwrap().curve.object_id);
    keys(&mut s, "G");
    assert_eq!(s.objects.selected, s.objects.len() - 1);
    keys(&mut s, "j down");
    assert_eq!(s.objects.selected, s.objects.len() - 1);
    keys(&mut s, "g k up");
    assert_eq!(s.objects.selected, 0);
    keys(&mut s, "2 . .");
    assert_eq!((s.objects.selected, s.focus), (2, Pane::Taxonomy));
}

#[test]
fn tab_goes_round_and_esc_backs_out() {
    let mut s = fresh();
    keys(&mut s, "tab");
    assert_eq!(s.focus, Pane::Taxonomy);
    keys(&mut s, "tab tab");
    assert_eq!(s.focus, Pane::Objects);
    keys(&mut s, "shift-tab z");
    assert!(s.zoom && s.focus == Pane::Curve);
    keys(&mut s, "esc");
    assert!(!s.zoom);
    for open in ["?", ":", "/", "2 a", "2 r", "S"] {
        keys(&mut s, open);
        assert!(s.overlay.is_some(), "{open}");
        assert!(keys(&mut s, "esc").is_empty());
        assert!(s.overlay.is_none(), "{open}");
    }
    assert!(!s.tree.doc.is_dirty());
}

#[test]
fn adding_renaming_and_undo() {
    let mut s = fresh();
    go_to(&mut s, "SN Ia");
    keys(&mut s, "a 'SN Ia-02cx' enter");
    assert!(children(&s, "SN Ia").contains(&"SN Ia-02cx".to_string()));
    assert_eq!(selected_name(&s), "SN Ia-02cx");
    assert!(s.tree.doc.is_dirty());
    assert_consistent(&s);
    // Nothing of the model can fall into the new class.
    let row = s.tree.rows(s.cascade().as_ref()).into_iter().find(|r| r.key == s.tree.selected).unwrap();
    assert_eq!(s.tree.shown(&row, s.cascade().as_ref()), taxonova::tui::tree::Shown::NotInModel);
    let text = lines(&draw(&mut s, 160, 50)).join("\n");
    assert!(text.contains("not in the model") && text.contains("(regrouped)") && text.contains("* unsaved"), "{text}");
    keys(&mut s, "r ctrl-u 'Iax-like' enter");
    assert_eq!(selected_name(&s), "Iax-like");
    assert!(said(&s).contains("rename SN Ia-02cx to Iax-like"));
    keys(&mut s, "u");
    assert_eq!(selected_name(&s), "SN Ia-02cx");
    assert!(said(&s).contains("undone: rename"));
    keys(&mut s, "u");
    assert!(!children(&s, "SN Ia").contains(&"SN Ia-02cx".to_string()));
    assert!(!s.tree.doc.is_dirty());
    keys(&mut s, "U ctrl-r");
    assert!(children(&s, "SN Ia").contains(&"Iax-like".to_string()));
    assert_consistent(&s);
}

#[test]
fn a_sibling_comes_after() {
    let mut s = fresh();
    go_to(&mut s, "SN IIb");
    keys(&mut s, "A 'SN IIx' enter");
    let c = children(&s, "CC");
    let at = c.iter().position(|n| n == "SN IIb").unwrap();
    assert_eq!(c[at + 1], "SN IIx");
}

#[test]
fn names_are_checked_while_they_are_typed() {
    let mut s = fresh();
    go_to(&mut s, "SN");
    keys(&mut s, "a");
    let problem = |s: &State| match &s.overlay {
        Some(Overlay::Prompt(p)) => p.problem.clone(),
        _ => panic!("no prompt"),
    };
    assert!(problem(&s).is_some(), "an empty name");
    keys(&mut s, "'TD'");
    assert_eq!(problem(&s), None);
    keys(&mut s, "'E'");
    assert!(problem(&s).unwrap().contains("TDE"), "{:?}", problem(&s));
    // Enter does not take it.
    keys(&mut s, "enter");
    assert!(s.overlay.is_some());
    keys(&mut s, "' > x'");
    assert!(problem(&s).unwrap().contains(" > "));
    keys(&mut s, "esc");
    assert!(!s.tree.doc.is_dirty());
}

#[test]
fn moving_a_class() {
    let mut s = fresh();
    go_to(&mut s, "SN IIn");
    keys(&mut s, "m");
    assert_eq!(s.context(), Context::Move);
    // Onto itself: no.
    keys(&mut s, "enter");
    assert!(said(&s).contains("below itself"), "{}", said(&s));
    go_to(&mut s, "SN");
    keys(&mut s, "enter");
    assert!(children(&s, "SN").contains(&"SN IIn".to_string()) && !children(&s, "CC").contains(&"SN IIn".to_string()));
    assert_eq!((s.context(), selected_name(&s).as_str()), (Context::Taxonomy, "SN IIn"));
    assert_consistent(&s);
    keys(&mut s, "u m esc");
    assert!(children(&s, "CC").contains(&"SN IIn".to_string()));
    assert_eq!(s.context(), Context::Taxonomy);
    let before = children(&s, "CC");
    go_to(&mut s, "SN IIb");
    keys(&mut s, "K");
    assert_eq!(children(&s, "CC").first().unwrap(), "SN IIb");
    keys(&mut s, "K");
    assert!(said(&s).contains("first of its siblings"));
    keys(&mut s, "J");
    assert_eq!(children(&s, "CC"), before);
}

#[test]
fn deleting_asks_about_children() {
    let mut s = fresh();
    let total = s.tree.taxonomy().len();
    go_to(&mut s, "SN Ibc");
    keys(&mut s, "d");
    assert!(matches!(s.overlay, Some(Overlay::Question(_))));
    keys(&mut s, "esc");
    assert_eq!(s.tree.taxonomy().len(), total);
    keys(&mut s, "d r");
    assert!(s.tree.taxonomy().find("SN Ibc").is_none() && children(&s, "CC").contains(&"SN Ic".to_string()));
    assert_consistent(&s);
    keys(&mut s, "u");
    go_to(&mut s, "SN Ibc");
    keys(&mut s, "d down enter");
    assert!(s.tree.taxonomy().find("SN Ic").is_none());
    assert_consistent(&s);
    // What the model puts there stays at the parent, unresolved.
    let cc = s.tree.taxonomy().find("CC").unwrap();
    assert!(s.tree.unresolved_at(cc, &s.cascade().unwrap()) > 0.0);
    assert!(lines(&draw(&mut s, 160, 50)).join("\n").contains("unresolved"));
    keys(&mut s, "u");
    assert_eq!(s.tree.taxonomy().len(), total);
    // A leaf goes without a question.
    go_to(&mut s, "TDE");
    keys(&mut s, "d");
    assert!(s.overlay.is_none() && s.tree.taxonomy().find("TDE").is_none());
    go_to(&mut s, "Object");
    keys(&mut s, "d");
    assert!(said(&s).contains("root"));
}

#[test]
fn exhaustive_gives_and_takes_the_residual() {
    let mut s = fresh();
    go_to(&mut s, "CC");
    let has = |s: &State| s.tree.derived.layout.by_name("other CC").is_some();
    assert!(!has(&s));
    keys(&mut s, "e");
    assert!(has(&s));
    keys(&mut s, "e");
    assert!(!has(&s));
}

#[test]
fn weights_follow_at_once() {
    let mut s = fresh();
    go_to(&mut s, "TDE");
    let w = |s: &State| {
        let slot = s.tree.derived.layout.by_name("TDE").unwrap();
        let row = &s.tree.derived.weights.rows[slot + 1];
        (row.w, row.lambda)
    };
    let (w0, l0) = w(&s);
    keys(&mut s, "}");
    assert!(w(&s).0 > w0);
    keys(&mut s, "{");
    assert!((w(&s).0 - w0).abs() < 1e-12);
    keys(&mut s, ")");
    assert!(w(&s).1 < l0);
    keys(&mut s, "( f f");
    assert_eq!(s.tree.taxonomy().weights.form, Form::None);
    assert_eq!(w(&s).0, 1.0);
    keys(&mut s, "f c");
    assert!(w(&s).0 < w0);
    for _ in 0..200 {
        keys(&mut s, "(");
    }
    assert_eq!(s.tree.taxonomy().weights.alpha, 0.0);
    assert!(said(&s).contains("further"));
}

#[test]
fn tau_moves_the_decision() {
    let mut s = fresh();
    keys(&mut s, "+ + + + + + + + + +");
    let high = s.cascade().unwrap().path.len();
    keys(&mut s, "- - - - - - - - - - - - - - - - - - - - - -");
    assert!(s.cascade().unwrap().path.len() > high);
    assert_eq!(s.tau, 0.05);
}

#[test]
fn saving_asks_for_a_name_and_before_it_overwrites() {
    let mut s = fresh();
    go_to(&mut s, "TDE");
    keys(&mut s, "r 'x' enter s");
    assert!(matches!(s.overlay, Some(Overlay::Prompt(_))));
    let effects = keys(&mut s, "ctrl-u '/tmp/t.json' enter");
    assert!(
        matches!(&effects[..], [Effect::Save { path, overwrite: false, then_quit: false, .. }] if path == &PathBuf::from("/tmp/t.json")),
        "{effects:?}"
    );
    act(&mut s, Action::FileExists { path: "/tmp/t.json".into(), then_quit: false });
    assert!(keys(&mut s, "enter").is_empty(), "the first answer leaves the file alone");
    act(&mut s, Action::FileExists { path: "/tmp/t.json".into(), then_quit: false });
    let effects = keys(&mut s, "o");
    assert!(matches!(&effects[..], [Effect::Save { overwrite: true, .. }]));
    assert!(s.tree.doc.is_dirty());
    act(&mut s, Action::Saved { path: "/tmp/t.json".into(), then_quit: false });
    assert!(!s.tree.doc.is_dirty());
    // Now it has a file of its own.
    keys(&mut s, "u");
    assert!(s.tree.doc.is_dirty());
    let effects = keys(&mut s, "s");
    assert!(matches!(&effects[..], [Effect::Save { overwrite: true, .. }]));
}

#[test]
fn quitting_asks_only_when_something_would_be_lost() {
    let mut s = fresh();
    assert!(matches!(keys(&mut s, "q")[..], [Effect::Quit(Leave::Done)]));
    assert!(matches!(keys(&mut s, "ctrl-c")[..], [Effect::Quit(Leave::Interrupted)]));
    go_to(&mut s, "TDE");
    keys(&mut s, "e");
    assert!(keys(&mut s, "q").is_empty());
    assert!(keys(&mut s, "esc").is_empty());
    assert!(matches!(keys(&mut s, "q x")[..], [Effect::Quit(Leave::Done)]));
    assert!(matches!(keys(&mut s, "ctrl-c ctrl-c")[..], [Effect::Quit(Leave::Interrupted)]));
    keys(&mut s, "esc");
    assert!(matches!(act(&mut s, Action::Terminate)[..], [Effect::Quit(Leave::Interrupted)]));
    keys(&mut s, "q s");
    assert!(matches!(s.overlay, Some(Overlay::Prompt(_))));
    let effects = keys(&mut s, "enter");
    assert!(matches!(&effects[..], [Effect::Save { then_quit: true, .. }]));
    let effects = act(&mut s, Action::Saved { path: "a.json".into(), then_quit: true });
    assert!(matches!(effects[..], [Effect::Quit(Leave::Done)]));
}

#[test]
fn search_moves_along_and_esc_goes_back() {
    let mut s = fresh();
    keys(&mut s, "j / '0007'");
    assert_eq!(s.objects.selected, 6);
    keys(&mut s, "esc");
    assert_eq!(s.objects.selected, 1);
    keys(&mut s, "/ 'SIM-001' enter");
    assert_eq!(s.objects.selected, 9);
    keys(&mut s, "n");
    assert_eq!(s.objects.selected, 10);
    keys(&mut s, "N N");
    assert_eq!(s.objects.selected, 11);
    keys(&mut s, "/ 'nowhere'");
    assert_eq!(s.objects.selected, 11);
}

#[test]
fn the_time_cursor_asks_for_what_was_known() {
    let mut s = fresh();
    let all = s.current_p().unwrap().to_vec();
    keys(&mut s, "t");
    let first = s.time.clone().unwrap();
    assert!(first.fresh);
    assert_ne!(**s.current_p().unwrap(), *all.as_slice());
    keys(&mut s, "] ]");
    assert_eq!(s.time.as_ref().unwrap().index, first.index + 2);
    keys(&mut s, "[");
    assert_eq!(s.time.as_ref().unwrap().index, first.index + 1);
    keys(&mut s, "esc");
    assert!(s.time.is_none());
    assert_eq!(**s.current_p().unwrap(), *all.as_slice());
    keys(&mut s, "[ 0 t j");
    assert!(s.time.is_none(), "another object has its own times");
}

#[test]
fn an_answer_that_comes_late_is_dropped() {
    let mut s = fresh();
    keys(&mut s, "t ]");
    let now = s.time.clone().unwrap();
    act(&mut s, Action::ClassifiedPart { request: now.request - 1, p: Ok(vec![0.5].into()) });
    assert_eq!(s.time.as_ref().unwrap().p.as_deref(), now.p.as_deref());
}

#[test]
fn disabled_commands_say_why_and_foreign_keys_where() {
    let mut s = fresh();
    keys(&mut s, "u");
    assert!(said(&s).contains("nothing to undo"));
    keys(&mut s, "a");
    assert!(said(&s).contains("Add a child") && said(&s).contains("taxonomy"), "{}", said(&s));
    assert!(!s.tree.doc.is_dirty());
    keys(&mut s, "2 Q");
    assert!(said(&s).contains("?"));
    keys(&mut s, "E");
    assert!(said(&s).contains("everything was read"));
}

#[test]
fn the_palette_runs_what_was_found() {
    let mut s = fresh();
    go_to(&mut s, "TDE");
    s.focus = Pane::Objects;
    keys(&mut s, ": 'exhaustive' enter");
    assert!(s.tree.doc.is_dirty() && s.overlay.is_none());
    keys(&mut s, ": 'undo' enter");
    assert!(!s.tree.doc.is_dirty());
}

/// Every command of the palette can be run from it on a fresh state, and either does something or says why not.
#[test]
fn every_command_is_reachable() {
    for c in COMMANDS {
        let mut s = fresh();
        s.focus = Pane::Taxonomy;
        let why = s.why_not(c.id);
        act(&mut s, Action::Do(c.id));
        if let Some(why) = why {
            assert!(said(&s).contains(why), "{}", c.name);
        }
        draw(&mut s, 100, 30);
    }
}

#[test]
fn folding() {
    let mut s = fresh();
    let all = s.tree.rows(None).len();
    go_to(&mut s, "CC");
    keys(&mut s, "enter");
    let folded = s.tree.rows(None).len();
    assert!(folded < all);
    keys(&mut s, "l");
    assert_eq!(s.tree.rows(None).len(), all);
    keys(&mut s, "l");
    assert_eq!(selected_name(&s), "SN II");
    keys(&mut s, "h");
    assert_eq!(selected_name(&s), "CC");
    go_to(&mut s, "SN Ic");
    keys(&mut s, "C");
    assert_eq!(selected_name(&s), "SN");
    keys(&mut s, "O");
    assert_eq!(s.tree.rows(None).len(), all);
    // What is added below a folded class is seen.
    go_to(&mut s, "CC");
    keys(&mut s, "h a 'new one' enter");
    assert!(s.tree.rows(None).iter().any(|r| r.key == s.tree.selected));
}

#[test]
fn the_mouse_selects_and_scrolls() {
    let mut s = fresh();
    draw(&mut s, 160, 50);
    let at = |kind, column, row| Action::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let list = s.hits.objects.list;
    act(&mut s, at(MouseEventKind::Down(MouseButton::Left), list.x + 3, list.y + 4));
    assert_eq!((s.objects.selected, s.focus), (4, Pane::Objects));
    let tree_list = s.hits.taxonomy.list;
    act(&mut s, at(MouseEventKind::Down(MouseButton::Left), tree_list.x + 8, tree_list.y + 2));
    assert_eq!((selected_name(&s).as_str(), s.focus), ("SN Ia", Pane::Taxonomy));
    act(&mut s, at(MouseEventKind::Down(MouseButton::Left), tree_list.x + 8, tree_list.y + 2));
    assert!(s.tree.folded.contains(&s.tree.selected.node));
    act(&mut s, at(MouseEventKind::ScrollDown, list.x + 3, list.y));
    assert_eq!((s.objects.selected, s.focus), (7, Pane::Taxonomy));
    // Outside everything: nothing.
    act(&mut s, at(MouseEventKind::Down(MouseButton::Left), 0, 0));
    assert!(matches!(keys(&mut s, "M")[..], [Effect::Mouse(false)]));
}

#[test]
fn pasted_text_is_typed_and_never_obeyed() {
    let mut s = fresh();
    go_to(&mut s, "TDE");
    act(&mut s, Action::Paste("dq".into()));
    assert!(s.tree.taxonomy().find("TDE").is_some());
    keys(&mut s, "a");
    act(&mut s, Action::Paste("jetted\u{1b} TDE\n".into()));
    keys(&mut s, "enter");
    assert_eq!(selected_name(&s), "jetted TDE");
}

#[test]
fn without_a_model_trees_can_still_be_edited() {
    let mut s = State::new(s_theme(), taxonova::tui::state::Source { title: "t".into(), simulated: false, reading: None });
    assert!(s.why_not(Cmd::AddChild).is_some());
    act(&mut s, Action::ModelFailed("no such file".into()));
    act(&mut s, Action::Read(sample()));
    go_to(&mut s, "TDE");
    keys(&mut s, "a 'x' enter");
    assert!(s.tree.doc.is_dirty() && s.cascade().is_none());
    assert!(lines(&draw(&mut s, 80, 24)).join("\n").contains("no model"));
    // It comes late: the edited tree stays.
    act(&mut s, Action::ModelReady(Box::new(model())));
    assert!(s.tree.taxonomy().find("x").is_some());
}

fn s_theme() -> taxonova::tui::theme::Theme {
    taxonova::tui::theme::Theme::new(ThemeName::Dark)
}

#[test]
fn a_tree_that_fits_two_ways_is_explained() {
    let mut s = fresh();
    let mut other = taxonova::taxonomy::Taxonomy::new("other", "Object");
    let root = other.root();
    other.add_child(root, "Thermonuclear").unwrap();
    act(&mut s, arrived(other, "o.json"));
    // Nothing of the model falls anywhere: all is unresolved at the root, and that is no decision.
    let c = s.cascade().unwrap();
    assert!((c.poured.unresolved_root - 1.0).abs() < 1e-9 && c.decision.slot.is_none());
    assert!(lines(&draw(&mut s, 120, 40)).join("\n").contains("unresolved"));
    assert_eq!(tree().len(), 22);
}

#[test]
fn the_documented_keys_are_those_of_the_table() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written == taxonova::tui::command::keys_markdown(), "docs/keys.md is out of date: taxonova keys > docs/keys.md");
}

/// Thousands of keys at random: nothing panics, the tree stays sound, and the cascade consistent.
#[test]
fn random_keys_never_break_it() {
    let names: Vec<&str> = COMMANDS
        .iter()
        .flat_map(|c| c.keys.iter().copied())
        .chain(["'SN'", "'x1'", "'TDE'", "'other'", "a", "d", "m", "r", "u", "U", "enter", "e"])
        .collect();
    let mut seed = 2312u64;
    for walk in 0..12 {
        let mut s = fresh();
        for step in 0..600 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let name = names[(seed >> 33) as usize % names.len()];
            for effect in keys(&mut s, name) {
                if let Effect::Save { path, then_quit, .. } = effect {
                    act(&mut s, Action::Saved { path, then_quit });
                }
            }
            assert_eq!(s.tree.taxonomy().broken_invariant(), None, "walk {walk}, step {step}: {name}");
            assert!(s.tree.taxonomy().is_attached(s.tree.selected.node));
            if step % 20 == 0 {
                draw(&mut s, 60 + (seed >> 40) as u16 % 120, 16 + (seed >> 50) as u16 % 40);
                if matches!(s.tree.derived.regroup, Some(Ok(_))) && s.current_p().is_some() {
                    assert_consistent(&s);
                }
            }
        }
    }
}
