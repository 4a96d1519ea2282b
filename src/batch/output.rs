//! Output files that are whole or not there: rows go to `OUT.partial`, which takes OUT's name at the end. For
//! text formats `OUT.partial.json` says how far it is good, so that an interrupted run can be continued.

use super::pipeline::Position;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What OUT's extension asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.csv`
    Csv,
    /// `.jsonl`
    Jsonl,
    /// `.parquet`
    Parquet,
}

impl Format {
    /// By extension, in any case.
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "jsonl" => Some(Format::Jsonl),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }
}

/// Why an output can't be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The system refused something.
    #[error("{path}: {doing}: {reason}", path = path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why not.
        reason: std::io::Error,
    },
    /// Another run writes there.
    #[error("{path} is being written by another run", path = .0.display())]
    Busy(PathBuf),
    /// The state file can't be understood.
    #[error("{path}: {reason}; remove it and its .partial, or run without --resume", path = path.display())]
    State {
        /// State file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The interrupted run was another one.
    #[error("{path} comes from a run with other inputs, another model or other options; run without --resume to begin anew", path = .0.display())]
    OtherRun(PathBuf),
    /// Parquet can't be continued.
    #[error("a .parquet output can't be resumed, because the file has no valid end before the last row; use .csv or .jsonl")]
    NotResumable,
    /// Arrow or Parquet.
    #[error("{path}: {reason}", path = path.display())]
    Parquet {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// How far `OUT.partial` is good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Of this structure.
    pub version: u32,
    /// Of inputs, model and options.
    pub fingerprint: String,
    /// Where the next batch begins.
    pub next: Position,
    /// Length of what is good.
    pub bytes: u64,
    /// Rows so far.
    pub objects: u64,
    /// Unreadable things so far.
    pub errors: u64,
    /// Objects so far that an internal fault kept from being classified.
    pub failures: u64,
}

/// The only version yet.
pub const CHECKPOINT_VERSION: u32 = 1;
/// At most so often the state is written.
const EVERY: Duration = Duration::from_secs(2);

/// An output file under way.
#[derive(Debug)]
pub struct Partial {
    out: PathBuf,
    partial: PathBuf,
    state: PathBuf,
    file: File,
    bytes: u64,
    saved: Instant,
    resumable: bool,
}

/// `OUT.partial`.
pub fn partial_path(out: &Path) -> PathBuf {
    with_suffix(out, ".partial")
}

/// `OUT.partial.json`.
pub fn state_path(out: &Path) -> PathBuf {
    with_suffix(out, ".partial.json")
}

fn with_suffix(out: &Path, suffix: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> OutputError + use<> {
    let path = path.to_path_buf();
    move |reason| OutputError::Io { path, doing, reason }
}

impl Partial {
    /// Begins anew. An earlier partial file is overwritten. A link is followed, so that its target is replaced.
    pub fn create(out: &Path, resumable: bool) -> Result<Partial, OutputError> {
        let mut partial = Self::open(out, resumable)?;
        partial.file.set_len(0).map_err(io(&partial.partial, "cannot be emptied"))?;
        remove(&partial.state)?;
        partial.rewind(0)?;
        Ok(partial)
    }

    /// Goes on where an interrupted run ended, if there was one: none = there is nothing to go on with.
    pub fn resume(out: &Path, fingerprint: &str) -> Result<Option<(Partial, Checkpoint)>, OutputError> {
        if Format::of(out) == Some(Format::Parquet) {
            return Err(OutputError::NotResumable);
        }
        let out = &real(out);
        let state = state_path(out);
        let text = match std::fs::read_to_string(&state) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io(&state, "cannot be read")(e)),
        };
        if !partial_path(out).is_file() {
            return Ok(None);
        }
        let fault = |reason: String| OutputError::State { path: state.clone(), reason };
        let checkpoint: Checkpoint = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
        if checkpoint.version != CHECKPOINT_VERSION {
            return Err(fault(format!("version {} is unknown", checkpoint.version)));
        }
        if checkpoint.fingerprint != fingerprint {
            return Err(OutputError::OtherRun(partial_path(out)));
        }
        let mut partial = Self::open(out, true)?;
        let len = partial.file.metadata().map_err(io(&partial.partial, "cannot be read"))?.len();
        if len < checkpoint.bytes {
            return Err(fault(format!("the .partial file has {len} of {} bytes", checkpoint.bytes)));
        }
        partial.file.set_len(checkpoint.bytes).map_err(io(&partial.partial, "cannot be cut"))?;
        partial.rewind(checkpoint.bytes)?;
        Ok(Some((partial, checkpoint)))
    }

    fn open(out: &Path, resumable: bool) -> Result<Partial, OutputError> {
        let out = real(out);
        let (partial, state) = (partial_path(&out), state_path(&out));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .map_err(io(&partial, "cannot be written"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OutputError::Busy(out)),
            // Some file systems have no locks: then two runs have to be told apart by their user.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Partial { out, partial, state, file, bytes: 0, saved: Instant::now(), resumable })
    }

    fn rewind(&mut self, to: u64) -> Result<(), OutputError> {
        self.file.seek(SeekFrom::Start(to)).map_err(io(&self.partial, "cannot be written"))?;
        self.bytes = to;
        Ok(())
    }

    /// The file itself, for writers that keep their own books.
    pub fn handle(&self) -> Result<File, OutputError> {
        self.file.try_clone().map_err(io(&self.partial, "cannot be written"))
    }

    /// Appends.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(io(&self.partial, "cannot be written"))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Remembers that what was written so far is good, at most every two seconds unless `now`. `checkpoint` need
    /// not know the number of bytes.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint, now: bool) -> Result<(), OutputError> {
        if !self.resumable || (!now && self.saved.elapsed() < EVERY) {
            return Ok(());
        }
        // First the rows, then the state that speaks of them: in this order a crash loses nothing.
        self.file.sync_data().map_err(io(&self.partial, "cannot be written"))?;
        let checkpoint = Checkpoint { bytes: self.bytes, version: CHECKPOINT_VERSION, ..checkpoint.clone() };
        let text = serde_json::to_string(&checkpoint).map_err(|e| io(&self.state, "cannot be written")(e.into()))?;
        let temporary = with_suffix(&self.state, ".new");
        std::fs::write(&temporary, text).map_err(io(&temporary, "cannot be written"))?;
        std::fs::rename(&temporary, &self.state).map_err(io(&self.state, "cannot be written"))?;
        self.saved = Instant::now();
        Ok(())
    }

    /// All is written: takes OUT's name.
    pub fn finish(self) -> Result<(), OutputError> {
        self.file.sync_all().map_err(io(&self.partial, "cannot be written"))?;
        std::fs::rename(&self.partial, &self.out).map_err(io(&self.out, "cannot be replaced"))?;
        remove(&self.state)?;
        #[cfg(unix)]
        if let Some(folder) = self.out.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            // Not all file systems can sync a folder; the file itself is safe.
            let _ = File::open(folder).and_then(|f| f.sync_all());
        }
        Ok(())
    }

    /// Nothing is kept.
    pub fn discard(self) -> Result<(), OutputError> {
        remove(&self.partial)?;
        remove(&self.state)
    }
}

/// Where a link leads, so that it is not replaced by a file.
fn real(out: &Path) -> PathBuf {
    match std::fs::symlink_metadata(out) {
        Ok(m) if m.file_type().is_symlink() => std::fs::canonicalize(out).unwrap_or_else(|_| out.to_path_buf()),
        _ => out.to_path_buf(),
    }
}

fn remove(path: &Path) -> Result<(), OutputError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(path, "cannot be removed")(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(item: u64) -> Checkpoint {
        Checkpoint { fingerprint: "f".into(), next: Position { input: 1, item }, objects: item, ..Default::default() }
    }

    #[test]
    fn whole_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a.csv");
        std::fs::write(&out, "old").unwrap();
        let mut p = Partial::create(&out, true).unwrap();
        p.write(b"new rows").unwrap();
        assert!(matches!(Partial::create(&out, true), Err(OutputError::Busy(_))));
        assert_eq!(std::fs::read(&out).unwrap(), b"old");
        p.checkpoint(&checkpoint(1), true).unwrap();
        p.finish().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"new rows");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn goes_on_after_the_last_good_byte() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a.jsonl");
        assert!(Partial::resume(&out, "f").unwrap().is_none());
        let mut p = Partial::create(&out, true).unwrap();
        p.write(b"good").unwrap();
        p.checkpoint(&checkpoint(7), true).unwrap();
        p.write(b" half a li").unwrap();
        drop(p);
        assert!(!out.exists());
        assert!(matches!(Partial::resume(&out, "g"), Err(OutputError::OtherRun(_))));
        let (mut p, c) = Partial::resume(&out, "f").unwrap().unwrap();
        assert_eq!((c.next, c.bytes), (Position { input: 1, item: 7 }, 4));
        p.write(b"+rest").unwrap();
        p.finish().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"good+rest");
        assert!(matches!(Partial::resume(&dir.path().join("x.parquet"), "f"), Err(OutputError::NotResumable)));
    }

    #[test]
    fn broken_states_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a.csv");
        std::fs::write(partial_path(&out), "abc").unwrap();
        std::fs::write(state_path(&out), "{").unwrap();
        assert!(matches!(Partial::resume(&out, "f"), Err(OutputError::State { .. })));
        let long = Checkpoint { bytes: 9, version: CHECKPOINT_VERSION, ..checkpoint(1) };
        std::fs::write(state_path(&out), serde_json::to_string(&long).unwrap()).unwrap();
        let e = Partial::resume(&out, "f").unwrap_err().to_string();
        assert!(e.contains("3 of 9 bytes"), "{e}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target.csv"), dir.path().join("link.csv"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut p = Partial::create(&link, false).unwrap();
        p.write(b"new").unwrap();
        p.finish().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert!(std::fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    }
}
