//! The program is killed, and killed again: what was edited comes back. In a pseudo-terminal, with a state folder of its own.
#![cfg(unix)]

use crate::tui_pty::Session;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use taxonova::taxonomy::{read_json, shipped_json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

struct Place {
    state: TempDir,
    _data: TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Place {
        let (state, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = data.path().join("mine.json");
        std::fs::write(&file, shipped_json("transients").unwrap()).unwrap();
        Place { state, _data: data, file }
    }

    fn start(&self) -> Session {
        let state = self.state.path().to_str().unwrap();
        let mut s = Session::start(&["-t", self.file.to_str().unwrap()], &[("TAXONOVA_STATE_DIR", state)]);
        s.wait_for("sim-0001");
        s.wait_for("mine.json");
        s
    }

    fn journals(&self) -> Vec<PathBuf> {
        let all = std::fs::read_dir(self.state.path()).unwrap().flatten().map(|e| e.path());
        all.filter(|p| p.extension().is_some_and(|e| e == "journal")).collect()
    }

    fn wait_for_journal(&self, text: &str) {
        wait("a journal", || self.journals().iter().any(|p| std::fs::read_to_string(p).is_ok_and(|t| t.contains(text))));
    }

    fn wait_for_no_journal(&self) {
        wait("no journal", || self.journals().is_empty());
    }

    fn has(&self, name: &str) -> bool {
        read_json(&self.file).unwrap().find(name).is_some()
    }
}

fn wait(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn add(s: &mut Session, name: &str) {
    s.press("2");
    s.wait_for("rename");
    s.press("g");
    s.press("a");
    s.wait_for("New class below");
    s.press(&format!("{name}\r"));
    s.wait_for(&format!("add {name}"));
    s.wait_for("unsaved");
}

fn kill(mut s: Session) {
    // SIGKILL.
    s.child.kill().unwrap();
    s.child.wait().unwrap();
}

fn signal(s: &Session, name: &str) {
    let id = s.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

#[test]
fn killed_and_restored() {
    let place = Place::new();
    let mut s = place.start();
    add(&mut s, "first new");
    place.wait_for_journal("first new");
    kill(s);
    assert!(!place.has("first new"));
    // Killed while it is offered: it is offered again.
    let mut s = place.start();
    s.wait_for("left behind");
    kill(s);
    let mut s = place.start();
    s.wait_for("left behind");
    s.wait_for("add first new; 1 step");
    s.press("r");
    s.wait_for("restore add first new: done");
    s.wait_for("unsaved");
    // Killed after it was restored: still there.
    wait("its own journal alone", || place.journals().len() == 1);
    place.wait_for_journal("restore add first new");
    kill(s);
    let mut s = place.start();
    s.wait_for("left behind");
    s.press("r");
    s.wait_for("unsaved");
    s.press("s");
    s.wait_for("saved to");
    place.wait_for_no_journal();
    assert!(place.has("first new"));
    s.press("q");
    assert_eq!(s.end(), 0);
    assert_eq!(std::fs::read_dir(place.state.path()).unwrap().count(), 0, "nothing is left behind");
    let mut s = place.start();
    s.press("q");
    assert_eq!(s.end(), 0);
    assert!(!s.text().contains("left behind"));
}

/// Killed at any moment while the journal is being written, the edit before the last one is there, and whole.
#[test]
fn killed_at_any_moment() {
    let mut seed = u64::from(std::process::id());
    println!("seed {seed}");
    let place = Place::new();
    for round in 0..5 {
        let mut s = place.start();
        let (first, second) = (format!("first {round}"), format!("second {round}"));
        add(&mut s, &first);
        place.wait_for_journal(&first);
        add(&mut s, &second);
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        std::thread::sleep(Duration::from_micros((seed >> 33) % 20_000));
        kill(s);
        let mut s = place.start();
        s.wait_for("left behind");
        s.press("r");
        s.wait_for("unsaved");
        s.press("s");
        s.wait_for("saved to");
        assert!(place.has(&first), "round {round}");
        s.press("q");
        assert_eq!(s.end(), 0);
        assert!(place.journals().is_empty());
    }
}

#[test]
fn undo_to_what_is_saved_takes_the_journal_away() {
    let place = Place::new();
    let mut s = place.start();
    add(&mut s, "first new");
    place.wait_for_journal("first new");
    s.press("u");
    place.wait_for_no_journal();
    s.press("U");
    place.wait_for_journal("first new");
    // Given up.
    s.press("q");
    s.wait_for("lose the edits");
    s.press("x");
    assert_eq!(s.end(), 0);
    assert!(place.journals().is_empty());
}

/// However soon the signal comes after the edit was shown, the edit is kept.
#[test]
fn a_signal_keeps_the_last_edit() {
    for name in ["TERM", "HUP"] {
        let place = Place::new();
        let mut s = place.start();
        add(&mut s, "first new");
        signal(&s, name);
        assert_eq!(s.end(), 130, "{name}");
        let text = std::fs::read_to_string(&place.journals()[0]).unwrap();
        assert!(text.contains("first new"), "{name}");
        let mut s = place.start();
        s.wait_for("left behind");
        s.press("x");
        s.wait_for("thrown away");
        place.wait_for_no_journal();
        s.press("q");
        assert_eq!(s.end(), 0);
    }
}

#[test]
fn a_damaged_journal_is_said_and_kept() {
    let place = Place::new();
    let mut s = place.start();
    add(&mut s, "first new");
    place.wait_for_journal("first new");
    kill(s);
    let journal = place.journals().remove(0);
    let bytes = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &bytes[..bytes.len() / 2]).unwrap();
    let mut s = place.start();
    s.wait_for("can't be read");
    assert!(journal.with_extension("damaged").exists() && !journal.exists());
    s.press("q");
    assert_eq!(s.end(), 0);
}

/// The file went away with the crash: what was edited is offered all the same.
#[test]
fn the_edits_of_a_file_that_is_gone() {
    let place = Place::new();
    let mut s = place.start();
    add(&mut s, "first new");
    place.wait_for_journal("first new");
    kill(s);
    std::fs::remove_file(&place.file).unwrap();
    let mut s = place.start();
    s.wait_for("left behind");
    s.wait_for("can't be read any more");
    s.press("r");
    s.wait_for("restored");
    s.press("s");
    s.wait_for("saved to");
    assert!(place.has("first new"));
    place.wait_for_no_journal();
    s.press("q");
    assert_eq!(s.end(), 0);
}

/// A state folder that can't be made: it is said once, and the program goes on.
#[test]
fn without_a_state_folder_it_goes_on() {
    let place = Place::new();
    let blocked = place.file.join("x");
    let mut s = Session::start(&["-t", place.file.to_str().unwrap()], &[("TAXONOVA_STATE_DIR", blocked.to_str().unwrap())]);
    s.wait_for("sim-0001");
    s.wait_for("mine.json");
    s.press("2ge");
    s.wait_for("would not survive a crash");
    s.press("s");
    s.wait_for("saved to");
    s.press("q");
    assert_eq!(s.end(), 0);
}

fn edit_outside(file: &Path, name: &str) {
    let mut tree = read_json(file).unwrap();
    let root = tree.root();
    tree.add_child(root, name).unwrap();
    taxonova::taxonomy::save_json(&tree, file).unwrap();
}

#[test]
fn a_change_on_the_disk_is_noticed_and_reloaded() {
    let place = Place::new();
    let mut s = place.start();
    edit_outside(&place.file, "from outside");
    s.wait_for("R reads it again");
    s.press("R");
    s.wait_for("was read again");
    s.press("2G");
    s.wait_for("from outside");
    // With unsaved edits it is a question; keeping mine, the save asks.
    add(&mut s, "first new");
    edit_outside(&place.file, "again");
    s.wait_for("has changed on the disk");
    s.press("n");
    s.wait_for("as before");
    s.press("s");
    s.wait_for("since it was read here");
    s.press("o");
    s.wait_for("saved to");
    assert!(place.has("first new") && place.has("from outside") && !place.has("again"));
    s.press("q");
    assert_eq!(s.end(), 0);
}

#[test]
fn a_broken_file_leaves_the_tree() {
    let place = Place::new();
    let mut s = place.start();
    let good = std::fs::read(&place.file).unwrap();
    std::fs::write(&place.file, &good[..good.len() / 2]).unwrap();
    s.wait_for("R reads it again");
    s.press("R");
    s.wait_for("The file can't be read");
    s.wait_for("The tree here is as before");
    s.press("n");
    s.press("2");
    s.wait_for("SN Iax");
    // Saving over it asks, and brings the tree back.
    s.press("ge");
    s.wait_for("unsaved");
    s.press("s");
    s.wait_for("since it was read here");
    s.press("o");
    s.wait_for("saved to");
    assert!(place.has("TDE"));
    s.press("q");
    assert_eq!(s.end(), 0);
}
