//! Output files that are whole or not there: rows go to `OUT.partial`, which takes OUT's name at the end. What can be
//! continued after an interruption is in `parts`.

use crate::taxonomy::printable;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How rows are written: what OUT's extension or `--format` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Parquet; never to a stream.
    Parquet,
    /// Arrow IPC: the file format in a file, the stream format in a stream.
    Arrow,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::Csv, Format::Jsonl, Format::Parquet, Format::Arrow];

    /// Its name, which is the extension of its files.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        }
    }

    /// By extension, in any case.
    pub fn of(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?;
        Format::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(extension))
    }
}

/// The format of an output by its name, or why there can be no output of that name.
pub fn format_for(path: &Path) -> Result<Format, String> {
    let name = printable(&path.to_string_lossy());
    let format = Format::of(path).ok_or_else(|| {
        let endings: Vec<String> = Format::ALL.iter().map(|f| format!(".{}", f.name())).collect();
        format!("{name}: an output has to end in one of {}", endings.join(", "))
    })?;
    if path.is_dir() { Err(format!("{name} is a folder")) } else { Ok(format) }
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
    /// What an interrupted run left can't be understood.
    #[error("{path}: {reason}; remove its folder, or begin anew with --overwrite", path = path.display())]
    State {
        /// A file of it.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The interrupted run was another one.
    #[error("{path} comes from another run: {what}; --overwrite without --resume begins anew", path = path.display())]
    OtherRun {
        /// Its folder.
        path: PathBuf,
        /// The first thing that differs.
        what: String,
    },
    /// The output is there already.
    #[error("{path} exists already; --overwrite replaces it", path = .0.display())]
    Exists(PathBuf),
    /// There is an interrupted run with this output.
    #[error("{path} is what an interrupted run left: --resume goes on with it, --overwrite begins anew", path = .0.display())]
    Interrupted(PathBuf),
    /// Arrow or Parquet.
    #[error("{path}: {reason}", path = path.display())]
    Encode {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// An output file under way.
#[derive(Debug)]
pub struct Partial {
    out: PathBuf,
    partial: PathBuf,
    file: File,
}

/// `OUT.partial`.
pub fn partial_path(out: &Path) -> PathBuf {
    with_suffix(out, ".partial")
}

pub(super) fn with_suffix(out: &Path, suffix: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> OutputError + use<> {
    let path = path.to_path_buf();
    move |reason| OutputError::Io { path, doing, reason }
}

/// A file that only one run at a time writes.
pub(super) fn locked(path: &Path, out: &Path) -> Result<File, OutputError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io(path, "cannot be written"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OutputError::Busy(out.to_path_buf())),
        // Some file systems have no locks: then two runs have to be told apart by their user.
        Err(TryLockError::Error(_)) => Ok(file),
    }
}

impl Partial {
    /// Begins anew. An earlier partial file is overwritten. A link is followed, so that its target is replaced.
    pub fn create(out: &Path) -> Result<Partial, OutputError> {
        let out = real(out);
        let partial = partial_path(&out);
        let file = locked(&partial, &out)?;
        file.set_len(0).map_err(io(&partial, "cannot be emptied"))?;
        Ok(Partial { out, partial, file })
    }

    /// The file itself, for writers that keep their own books.
    pub fn handle(&self) -> Result<File, OutputError> {
        self.file.try_clone().map_err(io(&self.partial, "cannot be written"))
    }

    /// Appends.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(io(&self.partial, "cannot be written"))
    }

    /// All is written: takes OUT's name.
    pub fn finish(self) -> Result<(), OutputError> {
        self.file.sync_all().map_err(io(&self.partial, "cannot be written"))?;
        replace(&self.partial, &self.out)
    }

    /// Nothing is kept.
    pub fn discard(self) -> Result<(), OutputError> {
        remove(&self.partial)
    }
}

/// Puts a whole file in its place.
pub(super) fn replace(from: &Path, to: &Path) -> Result<(), OutputError> {
    std::fs::rename(from, to).map_err(io(to, "cannot be replaced"))?;
    sync_folder_of(to);
    Ok(())
}

/// Brings names to the disk. Not all file systems can sync a folder; the files themselves are safe.
pub(super) fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|f| f.sync_all());
}

/// The output must not be there yet, unless it may be replaced.
pub fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), OutputError> {
    if !overwrite && real(path).exists() { Err(OutputError::Exists(path.to_path_buf())) } else { Ok(()) }
}

/// Where a link leads, so that it is not replaced by a file.
pub(super) fn real(out: &Path) -> PathBuf {
    match std::fs::symlink_metadata(out) {
        Ok(m) if m.file_type().is_symlink() => std::fs::canonicalize(out).unwrap_or_else(|_| out.to_path_buf()),
        _ => out.to_path_buf(),
    }
}

pub(super) fn remove(path: &Path) -> Result<(), OutputError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(path, "cannot be removed")(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_name() {
        assert_eq!(Format::of(Path::new("a/b.JSONL")), Some(Format::Jsonl));
        assert_eq!(Format::of(Path::new("a.arrow")), Some(Format::Arrow));
        assert_eq!(Format::of(Path::new("csv")), None);
    }

    #[test]
    fn whole_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a.csv");
        std::fs::write(&out, "old").unwrap();
        let mut p = Partial::create(&out).unwrap();
        p.write(b"new rows").unwrap();
        assert!(matches!(Partial::create(&out), Err(OutputError::Busy(_))));
        assert_eq!(std::fs::read(&out).unwrap(), b"old");
        p.finish().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"new rows");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target.csv"), dir.path().join("link.csv"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut p = Partial::create(&link).unwrap();
        p.write(b"new").unwrap();
        p.finish().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert!(std::fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    }
}
