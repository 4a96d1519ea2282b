//! The tree's file in the interface: what is journalled, offered, asked and reloaded. No disk here: reports are made up.

use crate::tui_fake::{act, act_with_files, arrived, draw, keys, lines, state, tree};
use ratatui::crossterm::event::{KeyEvent, KeyModifiers};
use std::path::PathBuf;
use taxonova::taxonomy::{Edit, Node, Taxonomy, to_json};
use taxonova::tui::action::Action;
use taxonova::tui::effect::{Effect, Leave};
use taxonova::tui::file::{FileReport, FileWish};
use taxonova::tui::journal::{Entry, Found, Journal, Left};
use taxonova::tui::keymap::Key;
use taxonova::tui::overlay::Overlay;
use taxonova::tui::state::{Pane, State, TreeRowKind};
use taxonova::tui::theme::ThemeName;
use taxonova::tui::watch::{Seen, Stamp};

const PATH: &str = "/data/transients.json";

fn stamp(text: &str) -> Stamp {
    Stamp::of_bytes(text.as_bytes())
}

/// A tree with a file.
fn titled() -> State {
    let mut s = state(ThemeName::Dark);
    act(&mut s, arrived(tree(), PATH));
    act(&mut s, Action::File(FileReport::Known { path: PATH.into(), stamp: stamp("read") }));
    s
}

fn select(s: &mut State, name: &str) {
    s.focus = Pane::Taxonomy;
    s.tree.selected.node = s.tree.taxonomy().find(name).unwrap_or_else(|| panic!("no class {name}"));
    s.tree.selected.kind = TreeRowKind::Node;
}

/// An edit.
fn edit(s: &mut State) {
    select(s, "TDE");
    keys(s, "a 'jetted TDE' enter");
    assert!(s.tree.doc.is_dirty());
}

/// Presses one key; all effects on files and others.
fn press(s: &mut State, name: &str) -> Vec<Effect> {
    let key = Key::parse(name).unwrap();
    act_with_files(s, Action::Key(KeyEvent::new(key.code, key.mods | KeyModifiers::NONE)))
}

fn question(s: &State) -> String {
    match &s.overlay {
        Some(Overlay::Question(q)) => {
            for a in &q.answers {
                let key = Key::parse(&a.key.to_string()).unwrap();
                assert_eq!(s.keymap.lookup(s.context(), key), None, "{} means something else in questions", a.key);
            }
            format!("{}\n{}", q.title, q.text.join("\n"))
        }
        other => panic!("no question: {other:?}; {:?}", s.status),
    }
}

fn said(s: &State) -> &str {
    s.status.as_ref().map_or("", |m| m.text.as_str())
}

fn report(s: &mut State, report: FileReport) -> Vec<Effect> {
    act_with_files(s, Action::File(report))
}

fn changed(s: &mut State, text: &str) {
    report(s, FileReport::OnDisk { path: PATH.into(), seen: Seen::Changed(stamp(text)) });
}

/// The tree as another program might have saved it.
fn theirs() -> Taxonomy {
    let mut t = tree();
    let root = t.root();
    t.apply(Edit::Add { parent: root, index: 0, node: Node::new("theirs") }).unwrap();
    t
}

fn reloaded(s: &mut State) -> Vec<Effect> {
    report(s, FileReport::Reloaded { path: PATH.into(), stamp: stamp("theirs"), taxonomy: Box::new(theirs()) })
}

/// What a dead process left of a tree, made by the journal itself.
fn left(path: Option<&str>) -> Left {
    let folder = tempfile::tempdir().unwrap();
    let mut t = tree();
    let root = t.root();
    t.apply(Edit::Add { parent: root, index: 0, node: Node::new("restored") }).unwrap();
    let entry = Entry {
        path: path.map(PathBuf::from),
        stamp: Some(stamp("read")),
        steps: vec!["add restored".into(), "rename x".into()],
        step_count: 7,
        taxonomy: std::sync::Arc::new(t.clone()),
    };
    Journal::new(Ok(folder.path().into())).write(&entry).unwrap();
    let journal =
        std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.path()).find(|p| p.extension().unwrap() == "journal").unwrap();
    let text = std::fs::read_to_string(&journal).unwrap();
    let header = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    Left { journal, header, taxonomy: t, file: path.map(|_| taxonova::tui::journal::FileNow::Changed) }
}

fn offer(s: &mut State) {
    report(s, FileReport::Journals(Some(PATH.into()), Found { left: vec![left(Some(PATH))], ..Found::default() }));
}

#[test]
fn every_edit_goes_to_the_journal_and_undo_clears_it() {
    let mut s = titled();
    select(&mut s, "TDE");
    let effects = press(&mut s, "e");
    let [Effect::File(FileWish::Journal(entry))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(entry.path.as_deref().unwrap().to_str(), Some(PATH));
    assert_eq!(entry.stamp, Some(stamp("read")));
    assert_eq!((entry.step_count, entry.steps.len()), (1, 1));
    assert_eq!(to_json(&entry.taxonomy), to_json(s.tree.taxonomy()));
    // Nothing new, nothing written.
    assert!(press(&mut s, "j").iter().all(|e| !matches!(e, Effect::File(_))));
    select(&mut s, "SN");
    let effects = press(&mut s, "e");
    assert!(matches!(&effects[..], [Effect::File(FileWish::Journal(e))] if e.step_count == 2));
    assert!(matches!(press(&mut s, "u")[..], [Effect::File(FileWish::Journal(_))]));
    assert!(matches!(press(&mut s, "u")[..], [Effect::File(FileWish::ClearJournal)]));
    assert!(press(&mut s, "j").is_empty());
    assert!(matches!(press(&mut s, "U")[..], [Effect::File(FileWish::Journal(_))]));
    let effects = act_with_files(&mut s, Action::Saved { path: PATH.into(), then_quit: true });
    assert!(matches!(effects[..], [Effect::File(FileWish::ClearJournal), Effect::Quit(Leave::Done)]), "{effects:?}");
}

#[test]
fn the_journal_goes_when_the_edits_are_given_up_and_stays_on_a_signal() {
    for (how, given_up) in [("x", true), ("ctrl-c", true), ("signal", false), ("lost", false)] {
        let mut s = titled();
        edit(&mut s);
        let effects = match how {
            "signal" => act_with_files(&mut s, Action::Terminate),
            "lost" => act_with_files(&mut s, Action::InputLost("gone".into())),
            key => {
                assert!(press(&mut s, "ctrl-c").is_empty());
                press(&mut s, key)
            }
        };
        assert!(matches!(effects.last(), Some(Effect::Quit(_))), "{how}: {effects:?}");
        assert_eq!(matches!(effects.first(), Some(Effect::File(FileWish::ClearJournal))), given_up, "{how}: {effects:?}");
    }
}

#[test]
fn edits_left_behind_are_restored_as_one_step() {
    let mut s = titled();
    let before = to_json(s.tree.taxonomy());
    select(&mut s, "SN Ibc");
    keys(&mut s, "h");
    offer(&mut s);
    let text = question(&s);
    assert!(text.contains("transients.json") && text.contains("add restored, rename x, …; 7 steps") && text.contains("UTC"), "{text}");
    assert!(text.contains("changed since"), "{text}");
    let effects = press(&mut s, "r");
    assert!(
        matches!(&effects[..], [Effect::File(FileWish::Journal(_)), Effect::File(FileWish::Forget { restored: true, .. })]),
        "written here before it is forgotten there: {effects:?}"
    );
    assert!(s.tree.taxonomy().find("restored").is_some() && s.tree.doc.is_dirty());
    assert_eq!(s.tree.row_name(s.tree.selected), "SN Ibc");
    assert!(s.tree.folded.contains(&s.tree.taxonomy().find("SN Ibc").unwrap()));
    draw(&mut s, 100, 30);
    assert!(matches!(press(&mut s, "u")[..], [Effect::File(FileWish::ClearJournal)]));
    assert_eq!(to_json(s.tree.taxonomy()), before);
    assert!(!s.tree.doc.is_dirty());
    assert_eq!(s.tree.row_name(s.tree.selected), "SN Ibc");
    assert!(s.tree.folded.contains(&s.tree.taxonomy().find("SN Ibc").unwrap()));
    keys(&mut s, "U");
    assert!(s.tree.taxonomy().find("restored").is_some());
    let effects = keys(&mut s, "s");
    assert!(matches!(&effects[..], [Effect::Save { overwrite: true, known: Some(_), .. }]), "a change on the disk is noticed: {effects:?}");
}

#[test]
fn an_offer_can_wait_or_be_refused() {
    for (key, forgotten) in [("l", false), ("esc", false), ("x", true)] {
        let mut s = titled();
        offer(&mut s);
        let effects = press(&mut s, key);
        assert_eq!(matches!(&effects[..], [Effect::File(FileWish::Forget { restored: false, .. })]), forgotten, "{key}: {effects:?}");
        assert!(said(&s).contains(if forgotten { "thrown away" } else { "kept" }), "{key}: {}", said(&s));
        assert!(s.overlay.is_none() && !s.tree.doc.is_dirty());
        assert!(s.tree.taxonomy().find("restored").is_none());
    }
}

#[test]
fn a_question_waits_until_nothing_lies_over_the_panes() {
    let mut s = titled();
    select(&mut s, "TDE");
    keys(&mut s, "r");
    offer(&mut s);
    assert!(matches!(s.overlay, Some(Overlay::Prompt(_))));
    keys(&mut s, "ctrl-u 'x' enter");
    assert!(s.tree.taxonomy().find("x").is_some(), "what was typed counts");
    assert!(question(&s).contains("undo brings them back"));
    keys(&mut s, "r u");
    assert!(s.tree.taxonomy().find("x").is_some() && s.tree.doc.is_dirty());
}

#[test]
fn two_offers_are_asked_one_after_the_other() {
    let mut s = titled();
    report(&mut s, FileReport::Journals(Some(PATH.into()), Found { left: vec![left(Some(PATH)), left(Some(PATH))], ..Found::default() }));
    assert!(matches!(press(&mut s, "x")[..], [Effect::File(FileWish::Forget { .. })]));
    assert!(question(&s).contains("left behind"));
    press(&mut s, "l");
    assert!(s.overlay.is_none());
}

#[test]
fn an_untitled_tree_is_scanned_for_and_restored() {
    let mut s = State::new(
        taxonova::tui::theme::Theme::new(ThemeName::Dark),
        taxonova::tui::state::Source { title: "t".into(), simulated: false, reading: None },
    );
    let effects = act_with_files(&mut s, Action::ModelReady(Box::new(crate::tui_fake::model())));
    assert!(matches!(effects[..], [Effect::File(FileWish::Scan(None))]), "{effects:?}");
    report(&mut s, FileReport::Journals(None, Found { left: vec![left(None)], ..Found::default() }));
    assert!(question(&s).contains("no file yet"));
    keys(&mut s, "enter");
    assert!(s.tree.taxonomy().find("restored").is_some() && s.tree.path.is_none() && s.tree.doc.is_dirty());
}

#[test]
fn edits_of_a_file_that_can_not_be_read_are_offered_all_the_same() {
    let mut s = State::new(
        taxonova::tui::theme::Theme::new(ThemeName::Dark),
        taxonova::tui::state::Source { title: "t".into(), simulated: false, reading: None },
    );
    report(&mut s, FileReport::Unread(PATH.into()));
    let effects = act_with_files(&mut s, Action::ModelFailed("none".into()));
    assert!(matches!(&effects[..], [Effect::File(FileWish::Scan(Some(p)))] if p.to_str() == Some(PATH)), "{effects:?}");
    offer(&mut s);
    keys(&mut s, "r");
    assert_eq!(s.tree.path.as_deref().unwrap().to_str(), Some(PATH));
    assert!(s.tree.doc.is_dirty());
    let effects = keys(&mut s, "s");
    assert!(matches!(&effects[..], [Effect::Save { overwrite: false, .. }]), "what the file holds was never read: {effects:?}");
}

#[test]
fn other_trees_and_damaged_journals_are_said() {
    let mut s = titled();
    report(
        &mut s,
        FileReport::Journals(Some(PATH.into()), Found { others: vec!["/x/a.json".into(), "/x/b.json".into()], ..Found::default() }),
    );
    assert!(said(&s).contains("2 other trees") && said(&s).contains("taxonova -t"), "{}", said(&s));
    report(&mut s, FileReport::Journals(Some(PATH.into()), Found { damaged: vec!["no good".into()], ..Found::default() }));
    assert!(said(&s).contains("no good"));
    keys(&mut s, "E");
    assert!(matches!(s.overlay, Some(Overlay::Errors { .. })));
    keys(&mut s, "esc");
    report(&mut s, FileReport::JournalFailed("disk full".into()));
    assert!(said(&s).contains("disk full"));
}

#[test]
fn a_change_on_the_disk_offers_to_reload() {
    let mut s = titled();
    select(&mut s, "SN Ic");
    let folded = s.tree.taxonomy().find("TDE").unwrap();
    s.tree.folded.insert(folded);
    changed(&mut s, "theirs");
    assert!(said(&s).contains("R reads it again"));
    assert!(lines(&draw(&mut s, 160, 50)).join("\n").contains("changed on disk"));
    assert!(matches!(&press(&mut s, "R")[..], [Effect::File(FileWish::Reload(p))] if p.to_str() == Some(PATH)));
    let effects = reloaded(&mut s);
    assert!(matches!(&effects[..], [Effect::File(FileWish::Watch(Some((_, w))))] if *w == stamp("theirs")), "{effects:?}");
    assert!(s.tree.taxonomy().find("theirs").is_some() && !s.tree.doc.is_dirty());
    assert_eq!(s.tree.row_name(s.tree.selected), "SN Ic");
    assert!(s.tree.folded.contains(&s.tree.taxonomy().find("TDE").unwrap()) && s.tree.folded.len() == 1);
    assert!(!lines(&draw(&mut s, 160, 50)).join("\n").contains("changed on disk"));
    assert_eq!(s.tree.taxonomy().broken_invariant(), None);
    // Undo goes back to the tree before, which is now the one that is not saved.
    assert!(matches!(press(&mut s, "u")[..], [Effect::File(FileWish::Journal(_))]));
    assert!(s.tree.taxonomy().find("theirs").is_none() && s.tree.doc.is_dirty());
}

#[test]
fn a_class_that_is_no_more_leaves_the_selection_to_the_root() {
    let mut s = titled();
    edit(&mut s);
    assert_eq!(s.tree.row_name(s.tree.selected), "jetted TDE");
    reloaded(&mut s);
    assert_eq!(s.tree.selected.node, s.tree.taxonomy().root());
    keys(&mut s, "u");
    assert!(s.tree.taxonomy().find("jetted TDE").is_some());
    draw(&mut s, 100, 30);
}

#[test]
fn a_change_on_the_disk_under_unsaved_edits_is_a_question() {
    let mut s = titled();
    edit(&mut s);
    changed(&mut s, "theirs");
    assert!(question(&s).contains("not saved"));
    assert!(press(&mut s, "n").is_empty());
    assert!(s.tree.doc.is_dirty());
    // Said once.
    keys(&mut s, "j");
    assert!(s.overlay.is_none());
    changed(&mut s, "theirs again");
    assert!(matches!(&press(&mut s, "r")[..], [Effect::File(FileWish::Reload(_))]));
    let effects = reloaded(&mut s);
    assert!(matches!(effects[0], Effect::File(FileWish::ClearJournal)), "{effects:?}");
    keys(&mut s, "u");
    assert!(s.tree.taxonomy().find("jetted TDE").is_some(), "undo brings mine back");
    changed(&mut s, "theirs the third");
    keys(&mut s, "a");
    assert!(matches!(&s.overlay, Some(Overlay::Prompt(p)) if p.title.contains("Save")));
}

#[test]
fn our_own_save_is_no_change() {
    let mut s = titled();
    edit(&mut s);
    let effects = keys(&mut s, "s");
    let [Effect::Save { known: Some(known), overwrite: true, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(*known, stamp("read"));
    report(&mut s, FileReport::Known { path: PATH.into(), stamp: stamp("mine") });
    act(&mut s, Action::Saved { path: PATH.into(), then_quit: false });
    // The watcher saw it before it was told.
    changed(&mut s, "mine");
    assert!(s.overlay.is_none() && said(&s).contains("saved to"), "{}", said(&s));
}

#[test]
fn saving_over_a_change_asks() {
    for (key, then_quit) in [("n", false), ("o", false), ("o", true), ("a", true), ("r", true)] {
        let mut s = titled();
        edit(&mut s);
        report(&mut s, FileReport::SaveConflict { then_quit });
        assert!(question(&s).contains("another program"));
        let effects = keys(&mut s, key);
        match key {
            "o" => assert!(
                matches!(&effects[..], [Effect::Save { overwrite: true, known: None, then_quit: q, .. }] if *q == then_quit),
                "{effects:?}"
            ),
            "a" => {
                let effects = keys(&mut s, "ctrl-u '/tmp/other.json' enter");
                assert!(matches!(&effects[..], [Effect::Save { overwrite: false, known: None, then_quit: true, .. }]), "{effects:?}");
            }
            _ => assert!(effects.is_empty(), "{key}: {effects:?}"),
        }
        assert!(s.tree.doc.is_dirty());
    }
}

#[test]
fn reload_asks_when_edits_would_go_and_a_failure_changes_nothing() {
    let mut s = state(ThemeName::Dark);
    keys(&mut s, "R");
    assert!(said(&s).contains("no file yet"));
    let mut s = titled();
    edit(&mut s);
    let before = to_json(s.tree.taxonomy());
    assert!(press(&mut s, "R").is_empty());
    assert!(question(&s).contains("1 edit"));
    assert!(press(&mut s, "enter").is_empty(), "the first answer keeps them");
    press(&mut s, "R");
    assert!(matches!(press(&mut s, "r")[..], [Effect::File(FileWish::Reload(_))]));
    let why = format!("{PATH}:3:7: found `}}`, expected a node; look there and see that all of it is as it should be");
    report(&mut s, FileReport::ReloadFailed(why));
    assert!(said(&s).contains(":3:7:") && question(&s).contains(":3:7:"));
    assert_eq!(to_json(s.tree.taxonomy()), before);
    assert!(s.tree.doc.is_dirty());
    keys(&mut s, "esc");
    assert!(s.overlay.is_none());
    // As it was: no step.
    let mut s = titled();
    report(&mut s, FileReport::Reloaded { path: PATH.into(), stamp: stamp("read"), taxonomy: Box::new(tree()) });
    assert!(said(&s).contains("as it was") && s.tree.doc.undo_title().is_none());
    // Of a file that is no longer the tree's.
    s.tree.path = Some("/data/another.json".into());
    assert!(reloaded(&mut s).is_empty() && s.tree.doc.undo_title().is_none());
}

#[test]
fn a_file_that_is_gone_is_said_and_a_failed_save_stays() {
    let mut s = titled();
    report(&mut s, FileReport::OnDisk { path: PATH.into(), seen: Seen::Gone });
    assert!(said(&s).contains("gone"));
    edit(&mut s);
    keys(&mut s, "q");
    let effects = keys(&mut s, "s");
    assert!(matches!(&effects[..], [Effect::Save { then_quit: true, .. }]));
    let effects = act(&mut s, Action::Failed("not saved: no room".into()));
    assert!(effects.is_empty() && s.tree.doc.is_dirty());
    assert!(said(&s).contains("no room"));
    assert!(keys(&mut s, "q").is_empty(), "it asks again");
}
