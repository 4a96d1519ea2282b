//! From paths to files: folders are searched, everything else is kept as it is.

use super::formats::FORMATS;
use super::unpack::without_packing;
use super::{Place, ReadError, snana_pair};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Folders are followed so deep; links that form a ring end before.
const MAX_DEPTH: usize = 64;

/// The files that `paths` mean, in order; `-` stays. A folder gives, in the order of their names and
/// recursively, its files with an extension of the readers' table; hidden ones are left out. What doesn't
/// exist or can't be listed, and a folder with nothing to read, is an error each. Of files that belong together
/// (SNANA's pairs) the one that leads to the others is kept.
pub fn expand(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<ReadError>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        if path.as_os_str() == "-" {
            files.push(path.clone());
            continue;
        }
        match std::fs::metadata(path) {
            Err(e) => errors.push(ReadError::io(path, "cannot be opened", &e)),
            Ok(m) if m.is_dir() => {
                let (files_before, errors_before) = (files.len(), errors.len());
                search(path, 0, &mut HashSet::new(), &mut files, &mut errors);
                if files.len() == files_before && errors.len() == errors_before {
                    let extensions: Vec<String> = extensions().map(|e| format!(".{e}")).collect();
                    let expected = format!("files named {}; name other files one by one", extensions.join(", "));
                    errors.push(ReadError::new(path, Place::File, "the folder holds no light curves", expected));
                }
            }
            Ok(_) => files.push(path.clone()),
        }
    }
    // A table of points is read with its table of objects.
    snana_pair::read_once(&mut files);
    (files, errors)
}

fn extensions() -> impl Iterator<Item = &'static str> {
    let mut seen = HashSet::new();
    FORMATS.iter().flat_map(|f| f.extensions).copied().filter(move |e| seen.insert(*e))
}

fn is_ours(path: &Path) -> bool {
    let name = without_packing(path).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    name.is_some_and(|name| extensions().any(|e| e == name))
}

fn search(folder: &Path, depth: usize, seen: &mut HashSet<PathBuf>, files: &mut Vec<PathBuf>, errors: &mut Vec<ReadError>) {
    // A folder that a link leads back to is read once.
    let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    if depth > MAX_DEPTH || !seen.insert(real) {
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => return errors.push(ReadError::io(folder, "cannot be listed", &e)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
            Ok(entry) => paths.push(entry.path()),
            Err(e) => errors.push(ReadError::io(folder, "cannot be listed", &e)),
        }
    }
    paths.sort();
    for path in paths {
        match std::fs::metadata(&path) {
            Ok(m) if m.is_dir() => search(&path, depth + 1, seen, files, errors),
            Ok(_) if is_ours(&path) => files.push(path),
            Err(e) if is_ours(&path) => errors.push(ReadError::io(&path, "cannot be opened", &e)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("b/deep")).unwrap();
        std::fs::create_dir_all(at("none")).unwrap();
        for name in ["c.PARQUET", "b/deep/a.csv", "b/notes.md", ".hidden.csv", "a.pq", "none/x.md"] {
            std::fs::write(at(name), "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path(), at("b/ring")).unwrap();
        let (files, errors) = expand(&[dir.path().to_path_buf(), "-".into(), at("b/notes.md"), at("absent"), at("none")]);
        assert_eq!(files, [at("a.pq"), at("b/deep/a.csv"), at("c.PARQUET"), "-".into(), at("b/notes.md")]);
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors[0].to_string().ends_with("absent: there is no such file"));
        assert!(errors[1].to_string().contains("holds no light curves"));
    }
}
