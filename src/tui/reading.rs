//! Reading light curves into the list of objects, on a thread of its own. Knows nothing of the screen.

use super::action::Action;
use super::jobs::{guarded, locked, wait};
use crate::batch::paths::globbed;
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{ReadOptions, Reader, expand, open, open_bytes};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is to be read.
pub enum Input {
    /// Files and folders, and how they are read.
    Paths(Vec<PathBuf>, ReadOptions),
    /// Data in the binary, with a name.
    Embedded(&'static str, &'static [u8]),
}

/// Objects per message while reading, and how long a message is held back for more.
const READ_BATCH: usize = 512;
const READ_HOLD: Duration = Duration::from_millis(40);
/// A reader that is told to end has so long; one that waits for a pipe does not hear it.
const READER: Duration = Duration::from_secs(2);

/// What is being read.
#[derive(Default)]
pub struct Reading {
    /// The thread, and what ends it.
    now: Mutex<(Option<JoinHandle<()>>, Arc<AtomicBool>)>,
}

impl Reading {
    /// Reads at most so many objects. What was being read before is ended; `input` is made when that has sent its last.
    pub fn begin(&self, input: impl FnOnce(&Sender<Action>) -> Input + Send + 'static, most: usize, report: Sender<Action>) {
        let stop = Arc::<AtomicBool>::default();
        let mut now = locked(&self.now);
        now.1.store(true, Ordering::Relaxed);
        let before = now.0.take();
        now.1 = stop.clone();
        now.0 = Some(std::thread::spawn(move || {
            if let Some(before) = before {
                wait(&before, READER);
            }
            let done = guarded("reading", || {
                read(input(&report), &stop, most, &report);
                Ok(())
            });
            if let Err(e) = done {
                let _ = report.send(Action::ReadErrors(vec![e]));
            }
            // What comes after tells when it is done.
            if !stop.load(Ordering::Relaxed) {
                let _ = report.send(Action::ReadDone);
            }
        }));
    }

    /// Reads a file, a folder or a pattern in the place of what was read before.
    pub fn another(&self, input: PathBuf, options: ReadOptions, most: usize, report: Sender<Action>) {
        let input = move |report: &Sender<Action>| {
            let _ = report.send(Action::Opened(input.clone()));
            let (paths, errors) = globbed(&[input]);
            if !errors.is_empty() {
                let _ = report.send(Action::ReadErrors(errors.iter().map(|e| e.to_string()).collect()));
            }
            Input::Paths(paths, options)
        };
        self.begin(input, most, report);
    }

    /// Ends it; it is not waited for.
    pub fn end(&self) {
        locked(&self.now).1.store(true, Ordering::Relaxed);
    }
}

fn read(input: Input, stop: &AtomicBool, most: usize, report: &Sender<Action>) {
    let mut post = Post { report, left: most, cut: false, curves: Vec::new(), errors: Vec::new(), last: Instant::now(), sent: false };
    match input {
        Input::Embedded(name, bytes) => match open_bytes(name, bytes.to_vec(), &ReadOptions::default()) {
            Ok(reader) => post.take(reader, stop),
            Err(e) => post.errors.push(e.to_string()),
        },
        Input::Paths(paths, options) => {
            let (files, errors) = expand(&paths);
            post.errors.extend(errors.iter().map(|e| e.to_string()));
            let of = files.len();
            for (i, file) in files.iter().enumerate() {
                post.cut |= post.left == 0;
                if post.cut {
                    break;
                }
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let _ = report.send(Action::ReadProgress { files: i, of });
                match open(file, &options) {
                    Ok(reader) => post.take(reader, stop),
                    Err(e) => post.errors.push(e.to_string()),
                }
            }
        }
    }
    post.send();
    if post.cut {
        let _ = report.send(Action::ReadCut(most));
    }
}

/// Collects what was read, so that the interface is not flooded.
struct Post<'a> {
    report: &'a Sender<Action>,
    /// Objects that may still come.
    left: usize,
    /// There would have been more.
    cut: bool,
    curves: Vec<LightCurve>,
    errors: Vec<String>,
    last: Instant,
    sent: bool,
}

impl Post<'_> {
    fn take(&mut self, reader: Reader, stop: &AtomicBool) {
        for item in reader {
            // Nothing is known of what would come: that it is there is enough.
            self.cut = self.left == 0;
            if stop.load(Ordering::Relaxed) || self.cut {
                return;
            }
            match item {
                Ok(curve) => {
                    self.left -= 1;
                    self.curves.push(curve);
                }
                Err(e) => self.errors.push(e.to_string()),
            }
            // The first object goes at once: it is what the first screen shows.
            if !self.sent || self.curves.len() >= READ_BATCH || self.last.elapsed() >= READ_HOLD {
                self.send();
            }
        }
    }

    fn send(&mut self) {
        self.sent |= !self.curves.is_empty();
        if !self.curves.is_empty() {
            let _ = self.report.send(Action::Read(std::mem::take(&mut self.curves)));
        }
        if !self.errors.is_empty() {
            let _ = self.report.send(Action::ReadErrors(std::mem::take(&mut self.errors)));
        }
        self.last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// All that is told until nothing reads any more.
    fn told(most: usize) -> (usize, Vec<usize>) {
        let (send, receive) = channel();
        let (name, bytes) = crate::simulate::sample_data();
        Reading::default().begin(move |_| Input::Embedded(name, bytes), most, send);
        let (mut n, mut cut) = (0, Vec::new());
        for action in receive {
            match action {
                Action::Read(curves) => n += curves.len(),
                Action::ReadCut(at) => cut.push(at),
                _ => {}
            }
        }
        (n, cut)
    }

    #[test]
    fn no_more_is_read_than_the_list_takes() {
        let (all, cut) = told(usize::MAX);
        assert!(all > 3 && cut.is_empty());
        assert_eq!(told(all), (all, Vec::new()));
        assert_eq!(told(3), (3, vec![3]));
    }

    #[test]
    fn another_input_comes_after_the_last_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.csv");
        std::fs::write(&path, "object_id,mjd,band,mag,mag_err\nx,59000,g,18.0,0.1\nx,59001,g,18.1,0.1\n").unwrap();
        let (send, receive) = channel();
        let (name, bytes) = crate::simulate::sample_data();
        let reading = Reading::default();
        reading.begin(move |_| Input::Embedded(name, bytes), usize::MAX, send.clone());
        reading.another(folder.path().join("*.csv"), ReadOptions::default(), 10, send);
        let told: Vec<Action> = receive.iter().collect();
        let opened = told.iter().position(|a| matches!(a, Action::Opened(p) if p.ends_with("*.csv"))).unwrap();
        let read = |actions: &[Action]| {
            let of = |a: &Action| match a {
                Action::Read(curves) => curves.iter().map(|c| c.object_id.clone()).collect(),
                _ => Vec::new(),
            };
            actions.iter().flat_map(of).collect::<Vec<String>>()
        };
        assert_eq!(read(&told[opened..]), ["x"]);
        assert!(!read(&told[..opened]).contains(&"x".to_string()));
        assert!(matches!(told.last(), Some(Action::ReadDone)));
    }
}
