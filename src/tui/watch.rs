//! What a file was when it was read, and whether it is something else by now. Knows files, and nothing of trees or screens.

use super::clock::millis;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What a file held at some time. Two are equal if the contents are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stamp {
    /// Hash of the contents, in hexadecimal digits.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub modified: Option<u64>,
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Stamp) -> bool {
        self.sha256 == other.sha256 && self.size == other.size
    }
}

impl Eq for Stamp {}

impl Stamp {
    /// Of contents that are at hand.
    pub fn of_bytes(bytes: &[u8]) -> Stamp {
        Stamp { sha256: sha256(bytes), size: bytes.len() as u64, modified: None }
    }

    /// Of a file as it is now.
    pub fn of_file(path: &Path) -> io::Result<Stamp> {
        let mut file = std::fs::File::open(path)?;
        let modified = file.metadata()?.modified().ok().and_then(millis);
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut buffer = vec![0u8; 1 << 16];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    hash.update(buffer.get(..n).unwrap_or_default());
                    size += n as u64;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(Stamp { sha256: hex(&hash.finalize()), size, modified })
    }
}

/// The hash of bytes in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What has become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It holds what was read or saved.
    Same,
    /// It holds something else.
    Changed(Stamp),
    /// It is not there.
    Gone,
}

/// A change so close to the look at it may be followed by another one with the same time.
const COARSE: Duration = Duration::from_secs(2);

/// Looks at one file again and again.
#[derive(Debug)]
pub struct Watcher {
    path: PathBuf,
    known: Stamp,
    /// Size and time when it was last read, and when that was.
    last: Option<(u64, Option<SystemTime>, SystemTime)>,
    missing: bool,
    reported: Seen,
}

impl Watcher {
    /// Watches a file that should hold `known`.
    pub fn new(path: PathBuf, known: Stamp) -> Watcher {
        Watcher { path, known, last: None, missing: false, reported: Seen::Same }
    }

    /// Which file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file. Says what it is now if that is not what was said before. It is read only if its size or time
    /// is not as before.
    pub fn look(&mut self) -> Option<Seen> {
        let now = SystemTime::now();
        let seen = match std::fs::metadata(&self.path) {
            Ok(data) => {
                self.missing = false;
                let time = data.modified().ok();
                if let Some((size, then, at)) = self.last
                    && (size, then) == (data.len(), time)
                    && then.is_some_and(|t| at.duration_since(t).is_ok_and(|age| age > COARSE))
                {
                    return None;
                }
                // What can't be read now may be read the next time.
                let stamp = Stamp::of_file(&self.path).ok()?;
                self.last = Some((data.len(), time, now));
                if stamp == self.known { Seen::Same } else { Seen::Changed(stamp) }
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {
                self.last = None;
                // Some programs take a file away for a moment while they write it.
                if !std::mem::replace(&mut self.missing, true) {
                    return None;
                }
                Seen::Gone
            }
            Err(_) => return None,
        };
        (seen != self.reported).then(|| {
            self.reported = seen.clone();
            seen
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.json");
        std::fs::write(&path, "one").unwrap();
        let known = Stamp::of_file(&path).unwrap();
        assert_eq!(known, Stamp::of_bytes(b"one"));
        let mut w = Watcher::new(path.clone(), known);
        assert_eq!(w.look(), None);
        // The same contents written again are no change.
        std::fs::write(&path, "one").unwrap();
        assert_eq!(w.look(), None);
        // Same size, perhaps within the same tick of the clock.
        std::fs::write(&path, "two").unwrap();
        assert_eq!(w.look(), Some(Seen::Changed(Stamp::of_bytes(b"two"))));
        assert_eq!(w.look(), None);
        std::fs::write(&path, "three").unwrap();
        assert_eq!(w.look(), Some(Seen::Changed(Stamp::of_bytes(b"three"))));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(w.look(), None, "perhaps it is only being replaced");
        assert_eq!(w.look(), Some(Seen::Gone));
        assert_eq!(w.look(), None);
        std::fs::write(&path, "one").unwrap();
        assert_eq!(w.look(), Some(Seen::Same));
    }
}
