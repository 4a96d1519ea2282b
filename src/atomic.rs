//! Files that come into being whole or not at all: a temporary file in the same folder is written, brought to the
//! disk and put in the place of the old one, so that a crash leaves the old file or the new one.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// A file beside its later place, with the permissions of any other new file.
pub fn temporary(folder: &Path) -> Result<NamedTempFile> {
    temporary_for(folder, false)
}

fn temporary_for(folder: &Path, private: bool) -> Result<NamedTempFile> {
    if !folder.is_dir() {
        return Err(Error::new(ErrorKind::NotFound, format!("there is no folder {}", folder.display())));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".taxonova-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program makes it (the umask is applied); tempfile's own 0600 is for secrets.
        builder.permissions(std::fs::Permissions::from_mode(if private { 0o600 } else { 0o666 }));
    }
    let _ = private;
    builder.tempfile_in(folder)
}

/// Writes `path` by `fill`. A symbolic link stays one; the permissions of a file that is replaced are kept, and a
/// read-only one is refused.
pub fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    replace(path, false, fill)
}

/// As [`write`], for the owner's eyes alone.
pub fn write_private(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    replace(path, true, fill)
}

fn replace(path: &Path, private: bool, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    // The target of a link is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = match target.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let old = std::fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|m| m.permissions().readonly()) {
        return Err(Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut file = temporary_for(folder, private)?;
    fill(file.as_file_mut())?;
    if let Some(old) = old.filter(|_| !private) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|e| e.error)?;
    // The new name must reach the disk too. Not all systems can do it, and the file itself is whole either way.
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, |f| f.write_all(b"old")).unwrap();
        let failed = write(&path, |f| f.write_all(b"new").and(Err(Error::other("full"))));
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        write(&path, |f| f.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
