//! Files of classes beside those that were read, which no `ref` names. Looks at the beginning of files, not at their trees.

use super::{Code, FileFinding};
use crate::taxonomy::names::printable;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders with more entries are not looked through.
const MAX_ENTRIES: usize = 10_000;
const MAX_BYTES: u64 = 256 * 1024;

/// Looks through the folders of `files`, of which the first was asked for; nothing if it refers to no other, or if another
/// file refers to it, so that it is a part and not the whole.
pub(super) fn findings(files: &[PathBuf]) -> Vec<FileFinding> {
    let Some((first, others)) = files.split_first() else { return Vec::new() };
    if others.is_empty() {
        return Vec::new();
    }
    let read: HashSet<PathBuf> = files.iter().filter_map(|f| f.canonicalize().ok()).collect();
    let mut folders: Vec<&Path> = files.iter().filter_map(|f| f.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    let own_name = first.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut out = Vec::new();
    for folder in folders {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(entries) = std::fs::read_dir(here) else { continue };
        let mut names: Vec<_> = entries.take(MAX_ENTRIES).flatten().map(|e| e.file_name()).collect();
        names.sort_unstable();
        for name in names {
            let path = folder.join(&name);
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if !yaml || !path.is_file() || path.canonicalize().is_ok_and(|c| read.contains(&c)) {
                continue;
            }
            let Some(text) = beginning(&path) else { continue };
            if !text.lines().any(|l| l.starts_with("class:") || l.starts_with("subclasses:")) {
                continue;
            }
            if text.lines().any(|l| l.trim_start_matches([' ', '-']).strip_prefix("ref:").is_some_and(|r| r.contains(&own_name))) {
                return Vec::new();
            }
            out.push(FileFinding {
                code: Code::UnreferencedFile,
                path: path.clone(),
                line: None,
                column: None,
                node: None,
                text: format!(
                    "no `ref` names this file, so its classes can't be reached from `{}`; refer to it, or move it elsewhere",
                    printable(&own_name)
                ),
            });
        }
    }
    out
}

fn beginning(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
