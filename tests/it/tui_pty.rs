//! The program in a pseudo-terminal: it starts, is used, saves, ends, and leaves the terminal as it found it.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Generous: a loaded machine must not fail the test.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Session {
    pub child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    /// State folder, where the test names none.
    _state: tempfile::TempDir,
}

impl Session {
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Session {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_taxonova"));
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("TAXONOVA_THEME", "dark");
        let state = tempfile::tempdir().unwrap();
        command.env("TAXONOVA_STATE_DIR", state.path());
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(std::env::temp_dir());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0u8; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Session { child, master: pair.master, keys, output, screen: vt100::Parser::new(24, 80, 0), _state: state }
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Takes in output until `what` holds.
    pub fn wait(&mut self, name: &str, what: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !what(self.screen.screen()) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(e) => panic!("waited in vain for {name} ({e}):\n{}", self.text()),
            }
        }
    }

    pub fn wait_for(&mut self, text: &str) {
        self.wait(text, |s| s.contents().contains(text));
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end, takes in the last output, and returns the exit code.
    pub fn end(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        let code = loop {
            // Output is read on, or the program could not finish writing.
            while let Ok(bytes) = self.output.try_recv() {
                self.screen.process(&bytes);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.exit_code();
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(300)) {
            self.screen.process(&bytes);
        }
        code
    }

    fn assert_restored(&self) {
        let s = self.screen.screen();
        assert!(!s.alternate_screen(), "the alternate screen was left");
        assert!(!s.hide_cursor(), "the cursor is seen");
        assert!(!s.bracketed_paste(), "bracketed paste is off");
        assert_eq!(s.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        #[cfg(unix)]
        {
            let modes = format!("{:?}", self.master.get_termios().expect("the terminal's modes").local_flags);
            for flag in ["ICANON", "ECHO", "ISIG"] {
                assert!(modes.split(" | ").any(|f| f.contains(flag)), "{flag} is back: {modes}");
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn in_use(s: &vt100::Screen) -> bool {
    s.alternate_screen() && s.hide_cursor() && s.bracketed_paste()
}

#[test]
fn a_session_edits_saves_and_restores_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    let mut s = Session::start(&[], &[]);
    s.wait_for("1/12");
    s.wait_for("SIMULATED");
    s.wait("the alternate screen", in_use);
    // The shipped model has answered.
    s.wait_for("decision  ");
    s.press("j");
    s.wait_for("Objects 2/12");
    s.press("t");
    s.wait_for("decision then");
    s.press("0");
    s.press("\t");
    s.wait_for("rename");
    s.press("G");
    s.wait_for("TDE");
    s.press("a");
    s.wait_for("New class below");
    s.press("jetted TDE\r");
    s.wait_for("add jetted TDE");
    s.wait_for("unsaved");
    s.press("S");
    s.wait_for("Save the taxonomy as");
    s.press("\u{15}");
    s.press(&format!("{}\r", file.display()));
    s.wait_for("saved to");
    s.wait("no unsaved mark", |s| !s.contents().contains("unsaved"));
    s.press("q");
    assert_eq!(s.end(), 0);
    s.assert_restored();
    assert_saved(&file);
}

fn assert_saved(file: &Path) {
    let tree = taxonova::taxonomy::read_json(file).unwrap();
    let new = tree.find("jetted TDE").expect("the new class");
    assert_eq!(tree.node(tree.parent(new).unwrap()).name, "TDE");
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn a_signal_restores_the_terminal() {
    for signal in ["TERM", "HUP", "INT"] {
        let mut s = Session::start(&[], &[]);
        s.wait_for("sim-0001");
        s.wait("the alternate screen", in_use);
        let id = s.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(s.end(), 130, "{signal}");
        s.assert_restored();
    }
}

#[test]
fn ctrl_c_asks_once_when_there_is_something_to_lose() {
    let mut s = Session::start(&[], &[]);
    s.wait_for("sim-0001");
    s.press("2e");
    s.wait_for("unsaved");
    s.press("\u{3}");
    s.wait_for("Unsaved edits");
    s.press("\u{3}");
    assert_eq!(s.end(), 130);
    s.assert_restored();
}

#[test]
fn unreadable_files_are_listed_and_the_rest_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.csv"), "this,is\nno,light curve\n").unwrap();
    let (_, bytes) = taxonova::simulate::sample_data();
    std::fs::write(folder.path().join("good.csv"), bytes).unwrap();
    let mut s = Session::start(&[folder.path().to_str().unwrap()], &[("NO_COLOR", "1")]);
    s.wait_for("1/12");
    s.wait_for("unreadable (E)");
    s.press("E");
    s.wait_for("bad.csv");
    // The whole list is there, and Esc stands alone: with a letter right behind it it would be Alt and that letter.
    s.wait_for("esc closes");
    s.press("\u{1b}");
    s.wait("the list closed", |s| !s.contents().contains("esc closes"));
    assert!(s.screen.screen().fgcolor() == vt100::Color::Default);
    s.press("q");
    assert_eq!(s.end(), 0);
    s.assert_restored();
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_taxonova")).env("TERM", "xterm").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("needs a terminal") && message.contains("classify"), "{message}");
    assert!(output.stdout.is_empty());
    let typo = std::process::Command::new(env!("CARGO_BIN_EXE_taxonova")).arg("taxonmy").output().unwrap();
    assert_eq!(typo.status.code(), Some(2));
    assert!(String::from_utf8(typo.stderr).unwrap().contains("did you mean `taxonova taxonomy`"));
}

#[test]
fn history_reasons_and_period_come_from_the_shipped_model() {
    let mut s = Session::start(&[], &[]);
    s.wait_for("decision");
    // The light curve alone: the history is worked out by itself.
    s.press("3z");
    s.wait_for("as they became known");
    s.press("w");
    s.wait_for(" lists them");
    s.press("V");
    s.wait_for("enter shows the point");
    s.press("\r");
    s.wait_for(" ΔP ");
    s.press("f");
    s.wait_for("phase of P");
    s.press("P\u{15}2.5\r");
    s.wait_for("P = 2.500000 d (typed)");
    s.press("q");
    assert_eq!(s.end(), 0);
    s.assert_restored();
}
