//! From a file to text: bounded size, and encodings told in words.

use crate::taxonomy::draft::{Place, Problem};
use crate::taxonomy::faults::Code;
use crate::taxonomy::json::TaxonomyError;
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// No tree of classes needs more; a chain of 100,000 nodes with indentation takes less.
pub const MAX_BYTES: u64 = 256 << 20;

/// A file's bytes, or a pipe's: no more than one byte beyond what is allowed, should it never end.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, TaxonomyError> {
    let failed = |reason: Error| TaxonomyError::Read { path: path.to_path_buf(), reason };
    let meta = std::fs::metadata(path).map_err(failed)?;
    if meta.is_dir() {
        return Err(failed(Error::new(ErrorKind::IsADirectory, "it is a folder: name the tree's file in it")));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// The text without its byte order mark. `file` is the file's index in the draft.
pub(super) fn text_of(bytes: &[u8], file: usize) -> Result<&str, Problem> {
    let start = Place::new(file, 1, 1);
    if bytes.len() as u64 > MAX_BYTES {
        let reason = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
        return Err(Problem::new(Code::TooLarge, start, reason, "a tree's file holds classes alone"));
    }
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(Problem::new(Code::Encoding, start, "the file is UTF-16 (it begins with that byte order mark)", "save it as UTF-8"));
    }
    match std::str::from_utf8(bytes) {
        // UTF-16 without a mark: every other byte of plain Latin text is 0.
        Ok(text) if text.bytes().take(4096).filter(|b| *b == 0).count() > text.len().min(4096) / 4 => {
            Err(Problem::new(Code::Encoding, start, "the file is full of zero bytes, as UTF-16 or no text at all", "save it as UTF-8"))
        }
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(e) => {
            let good = String::from_utf8_lossy(bytes.get(..e.valid_up_to()).unwrap_or_default());
            let line = good.matches('\n').count() + 1;
            let column = good.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let place = Place::new(file, line, column);
            Err(Problem::new(Code::Encoding, place, "the file is not UTF-8 text from here on", "save it as UTF-8"))
        }
    }
}
