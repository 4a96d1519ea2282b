//! A folder as a stream: its files are read as they arrive, each once. It is looked through again and again, which also works
//! where the system tells nothing of changes (network file systems); a file is read once it has not changed for a while.

use super::pipeline::{Objects, Source};
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, ReadError, ReadOptions, Reader};
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// Between two looks.
const EVERY: Duration = Duration::from_millis(500);
/// How often the flag is looked at meanwhile.
const STEP: Duration = Duration::from_millis(50);
/// A file is whole if it has not changed for so long, or between two looks.
const SETTLED: Duration = Duration::from_secs(2);

/// Ends when `stop` is set, or when the folder is gone.
pub struct Watch {
    /// Searched as the readers search folders.
    pub folder: PathBuf,
    /// How to read.
    pub options: ReadOptions,
    /// Files that are never read: what this run writes.
    pub except: Vec<PathBuf>,
    /// Set from outside.
    pub stop: Arc<AtomicBool>,
}

impl Source for Watch {
    fn count(&self) -> usize {
        1
    }

    fn open(&mut self, _: usize) -> Result<Objects, ReadError> {
        std::fs::read_dir(&self.folder).map_err(|e| ReadError::io(&self.folder, "cannot be listed", &e))?;
        Ok(Box::new(Arriving {
            folder: self.folder.clone(),
            options: self.options.clone(),
            stop: self.stop.clone(),
            read: self.except.iter().cloned().collect(),
            changing: HashMap::new(),
            ready: VecDeque::new(),
            file: None,
        }))
    }
}

/// Size and time of change.
type State = (u64, Option<SystemTime>);

struct Arriving {
    folder: PathBuf,
    options: ReadOptions,
    stop: Arc<AtomicBool>,
    read: HashSet<PathBuf>,
    /// As they were at the last look.
    changing: HashMap<PathBuf, State>,
    ready: VecDeque<PathBuf>,
    file: Option<Reader>,
}

impl Iterator for Arriving {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.file.as_mut().and_then(Iterator::next) {
                return Some(item);
            }
            self.file = None;
            if let Some(path) = self.ready.pop_front() {
                match read::open(&path, &self.options) {
                    Ok(reader) => self.file = Some(reader),
                    Err(e) => return Some(Err(e)),
                }
                continue;
            }
            if self.stop.load(Ordering::Relaxed) || !self.folder.is_dir() {
                return None;
            }
            self.look();
            if self.ready.is_empty() {
                self.wait();
            }
        }
    }
}

impl Arriving {
    fn look(&mut self) {
        // What can't be listed now may be later.
        let (files, _) = read::expand(std::slice::from_ref(&self.folder));
        let mut changing = HashMap::new();
        for path in files {
            if self.read.contains(&path) {
                continue;
            }
            let Some(state) = state(&path) else { continue };
            let old = state.1.and_then(|t| t.elapsed().ok()).is_some_and(|age| age >= SETTLED);
            if state.0 > 0 && (old || self.changing.get(&path) == Some(&state)) {
                self.read.insert(path.clone());
                self.ready.push_back(path);
            } else {
                changing.insert(path, state);
            }
        }
        self.changing = changing;
    }

    fn wait(&self) {
        let mut waited = Duration::ZERO;
        while waited < EVERY && !self.stop.load(Ordering::Relaxed) {
            std::thread::sleep(STEP);
            waited += STEP;
        }
    }
}

fn state(path: &Path) -> Option<State> {
    let meta = std::fs::metadata(path).ok().filter(|m| m.is_file())?;
    Some((meta.len(), meta.modified().ok()))
}
