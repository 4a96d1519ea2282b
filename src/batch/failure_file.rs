//! The file of failures: one line for each thing that could not be read or classified. It grows as `FILE.partial` and takes
//! FILE's name when the run ends, in whatever way it ends.

use super::output::{OutputError, Partial};
use super::summary::Failure;
use crate::taxonomy::printable;
use std::path::{Path, PathBuf};

/// Its columns.
pub const COLUMNS: [&str; 5] = ["source", "place", "object_id", "kind", "reason"];

/// A file of failures under way.
#[derive(Debug)]
pub struct FailureFile {
    path: PathBuf,
    partial: Partial,
}

impl FailureFile {
    /// Begins it, with its header. What is there under this name stays until the end.
    pub fn create(path: &Path) -> Result<FailureFile, OutputError> {
        let mut file = FailureFile { path: path.to_path_buf(), partial: Partial::create(path)? };
        file.line(&COLUMNS)?;
        Ok(file)
    }

    /// Adds a line; it is with the system at once.
    pub fn add(&mut self, failure: &Failure) -> Result<(), OutputError> {
        let Failure { source, place, object_id, kind, reason } = failure;
        let [source, place, object_id, reason] = [source, place, object_id, reason].map(|text| printable(text));
        self.line(&[&source, &place, &object_id, kind.name(), &reason])
    }

    fn line(&mut self, fields: &[&str]) -> Result<(), OutputError> {
        let fault = |e: String| OutputError::Encode { path: self.path.clone(), reason: e };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(fields).map_err(|e| fault(e.to_string()))?;
        let bytes = writer.into_inner().map_err(|e| fault(e.to_string()))?;
        self.partial.write(&bytes)
    }

    /// Nothing of it is kept.
    pub fn discard(self) -> Result<(), OutputError> {
        self.partial.discard()
    }

    /// It is whole.
    pub fn finish(self) -> Result<(), OutputError> {
        self.partial.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::FailureKind;
    use super::*;

    #[test]
    fn one_line_each() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.csv");
        let mut file = FailureFile::create(&path).unwrap();
        let failure = Failure {
            source: "a,b.csv".into(),
            place: "line 7".into(),
            object_id: String::new(),
            kind: FailureKind::Unreadable,
            reason: "\"x\u{1b}\"\nno number".into(),
        };
        file.add(&failure).unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!((rows.len(), &rows[0][0], &rows[0][3]), (1, "a,b.csv", "unreadable"));
        assert!(!std::fs::read_to_string(&path).unwrap().contains('\u{1b}'));
    }
}
