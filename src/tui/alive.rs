//! Tells the living processes from the dead: by locks that the system takes away with the process, and by number and start
//! where locks don't work. Knows nothing of what the locks are for.

use std::fs::{File, TryLockError};
use std::path::Path;

/// When a process started, in the system's own unit; none = it is not there, or it can't be told.
pub fn process_start(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if state == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Takes a lock; none = another process has it, or it can't be had here.
pub fn lock(path: &Path) -> Option<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Again if the file was taken away between opening and locking it.
    for _ in 0..3 {
        let file = options.open(path).ok()?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Some(file),
            Ok(()) => continue,
            Err(TryLockError::WouldBlock) => return None,
            // No locks on this file system: the number of the process must do.
            Err(TryLockError::Error(_)) => return Some(file),
        }
    }
    None
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
