//! Files that come into being whole or not at all: a temporary file in the same folder is written, brought to the
//! disk and put in the place of the old one, so that a crash leaves the old file or the new one.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
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

/// Writes several files: first all beside their places, then each is put there. An error while writing, with the path that
/// it is about, leaves every old file as it was.
pub fn write_all(files: &[(PathBuf, Vec<u8>)]) -> std::result::Result<(), (PathBuf, Error)> {
    let mut ready = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        ready.push((path, prepare(path, false, |file| file.write_all(bytes)).map_err(|e| (path.clone(), e))?));
    }
    for (path, prepared) in ready {
        put(prepared).map_err(|e| (path.clone(), e))?;
    }
    Ok(())
}

fn replace(path: &Path, private: bool, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    put(prepare(path, private, fill)?)
}

/// A whole file on the disk, and the place where it belongs.
fn prepare(path: &Path, private: bool, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<(NamedTempFile, PathBuf)> {
    // The target of a link is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let old = std::fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|m| m.permissions().readonly()) {
        return Err(Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
    }
    if old.as_ref().is_some_and(|m| m.is_dir()) {
        return Err(Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    let mut file = temporary_for(folder_of(&target), private)?;
    fill(file.as_file_mut())?;
    if let Some(old) = old.filter(|_| !private) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok((file, target))
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

fn put((file, target): (NamedTempFile, PathBuf)) -> Result<()> {
    file.persist(&target).map_err(|e| e.error)?;
    // The new name must reach the disk too. Not all systems can do it, and the file itself is whole either way.
    if let Ok(folder) = std::fs::File::open(folder_of(&target)) {
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

    #[test]
    fn several_files_are_written_all_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&a, "old").unwrap();
        std::fs::create_dir(&b).unwrap();
        let files = [(a.clone(), b"new".to_vec()), (b.clone(), b"new".to_vec())];
        assert_eq!(write_all(&files).unwrap_err().0, b);
        assert_eq!(std::fs::read(&a).unwrap(), b"old");
        std::fs::remove_dir(&b).unwrap();
        write_all(&files).unwrap();
        assert_eq!((std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap()), (b"new".to_vec(), b"new".to_vec()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
