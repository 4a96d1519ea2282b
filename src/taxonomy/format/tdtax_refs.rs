//! The files that a tdtax file refers to: inside the folder of the first file, each once, never in a circle, and not
//! without end.

use super::source::{MAX_BYTES, bytes_of, text_of};
use crate::taxonomy::draft::{Draft, Place, brief};
use crate::taxonomy::faults::Code;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The Time-domain Taxonomy has eight.
const MAX_FILES: usize = 1_000;

pub(super) struct Refs {
    /// The canonical folder of the first file; None where there is no such file, as for standard input.
    top: Option<PathBuf>,
    /// Every file so far by its canonical path: its index, and which file referred to it.
    seen: HashMap<PathBuf, usize>,
    /// Per file index the file that referred to it.
    from: Vec<Option<usize>>,
    bytes: u64,
}

impl Refs {
    pub fn new(first: &Path, bytes: usize) -> Refs {
        let canonical = first.canonicalize().ok();
        let top = canonical.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        let seen = canonical.into_iter().map(|p| (p, 0)).collect();
        Refs { top, seen, from: vec![None], bytes: bytes as u64 }
    }

    /// The text of the file that `target` names in file number `in_file`, and its index among the draft's files. None: it
    /// can't be read, and the draft knows why.
    pub fn follow(&mut self, draft: &mut Draft, target: &str, at: Place, in_file: usize) -> Option<(String, usize)> {
        let shown = brief(target);
        let Some(top) = &self.top else {
            draft.problem(
                Code::MissingRef,
                at,
                format!("a `ref` to `{shown}` in a text that lies in no folder"),
                "read the file by its path",
            );
            return None;
        };
        let folder = draft.files.get(in_file).and_then(|f| f.parent()).map(Path::to_path_buf).unwrap_or_default();
        let path = folder.join(target);
        let canonical = match path.canonicalize() {
            Ok(canonical) => canonical,
            Err(e) => {
                let reason = format!("the `ref` to `{shown}` can't be followed: {e}");
                draft.problem(Code::MissingRef, at, reason, "the path counts from the folder of the file that it stands in");
                return None;
            }
        };
        if Path::new(target).is_absolute() || !canonical.starts_with(top) {
            let reason = format!("the `ref` to `{shown}` leaves the folder of the first file");
            draft.problem(Code::RefOutside, at, reason, "copy the file into the folder");
            return None;
        }
        if let Some(file) = self.seen.get(&canonical).copied() {
            if self.chain(in_file).any(|f| f == file) {
                let reason = format!("the `ref` to `{shown}` leads back to a file that it stands in or below");
                draft.problem(Code::RefLoop, at, reason, "take one of the refs away");
            } else {
                draft.problem(Code::RefTwice, at, format!("`{shown}` is referred to a second time"), "keep one of the refs");
            }
            return None;
        }
        if self.from.len() >= MAX_FILES {
            draft.problem(Code::TooLarge, at, format!("more than {MAX_FILES} files are referred to"), "put classes together");
            return None;
        }
        // A pipe or device may never end, and was named by the file and not by the user.
        if !canonical.is_file() {
            draft.problem(Code::MissingRef, at, format!("`{shown}` is no ordinary file"), "name a YAML file");
            return None;
        }
        let bytes = match bytes_of(&canonical) {
            Ok(bytes) => bytes,
            Err(e) => {
                let reason = match e {
                    crate::taxonomy::TaxonomyError::Read { reason, .. } => reason.to_string(),
                    other => other.to_string(),
                };
                draft.problem(Code::MissingRef, at, format!("`{shown}` can't be read: {reason}"), "");
                return None;
            }
        };
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > MAX_BYTES {
            let reason = format!("all files together are larger than {} MiB", MAX_BYTES >> 20);
            draft.problem(Code::TooLarge, at, reason, "a tree's files hold classes alone");
            return None;
        }
        let file = draft.files.len();
        draft.files.push(path);
        self.seen.insert(canonical, file);
        self.from.push(Some(in_file));
        match text_of(&bytes, file) {
            Ok(text) => Some((text.to_string(), file)),
            Err(problem) => {
                draft.problems.push(problem);
                None
            }
        }
    }

    /// The file and those that led to it.
    fn chain(&self, file: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(file), |f| self.from.get(*f).copied().flatten())
    }
}
