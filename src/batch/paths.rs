//! Inputs as they are named: patterns that the shell did not expand, and lists of files. Folders are the readers' business.

use super::output::partial_path;
use crate::lightcurve::read::{Place, ReadError, expand};
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A list of files longer than this is none.
const MAX_LIST: u64 = 1 << 30;

/// `paths` with every pattern (`*`, `?`, `[...]`, and `**` for folders of any depth) replaced by what it matches, in the order of
/// names. A path that exists is no pattern. What matches nothing is an error.
pub fn globbed(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<ReadError>) {
    let (mut found, mut errors) = (Vec::with_capacity(paths.len()), Vec::new());
    for path in paths {
        let pattern = path.to_str().filter(|p| p.contains(['*', '?', '[']) && std::fs::symlink_metadata(path).is_err());
        let Some(pattern) = pattern else {
            found.push(path.clone());
            continue;
        };
        let before = found.len() + errors.len();
        match glob::glob(pattern) {
            Ok(matches) => {
                for one in matches {
                    match one {
                        Ok(path) => found.push(path),
                        Err(e) => errors.push(ReadError::io(e.path(), "cannot be listed", e.error())),
                    }
                }
                if found.len() + errors.len() == before {
                    errors.push(ReadError::new(path, Place::File, "no file matches this pattern", ""));
                }
            }
            Err(e) => errors.push(ReadError::new(path, Place::File, format!("no valid pattern: {}", e.msg), "as night/*.avro")),
        }
    }
    (found, errors)
}

/// The files to read behind `named` (files, folders, patterns), and what of it can't be. What the run itself writes, and what an
/// earlier one wrote under the same names, is no input; the error is the one of `by_name` that the run would write all the same.
pub fn inputs(named: &[PathBuf], by_name: &[PathBuf], written: &[&Path]) -> Result<(Vec<PathBuf>, Vec<ReadError>), PathBuf> {
    let (found, mut errors) = globbed(named);
    let (mut files, further) = expand(&found);
    errors.extend(further);
    let own: Vec<PathBuf> =
        written.iter().flat_map(|p| [p.to_path_buf(), partial_path(p)]).filter_map(|p| std::fs::canonicalize(p).ok()).collect();
    let is_own = |p: &Path| !own.is_empty() && std::fs::canonicalize(p).is_ok_and(|p| own.contains(&p));
    if let Some(both) = by_name.iter().find(|p| p.is_file() && is_own(p)) {
        return Err(both.clone());
    }
    files.retain(|p| !is_own(p));
    Ok((files, errors))
}

/// The files that a list names: one a line, or, where there is a zero byte in it, separated by those (`find -print0`).
pub fn listed(mut list: impl Read) -> io::Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    list.by_ref().take(MAX_LIST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_LIST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a list of more than 1 GiB"));
    }
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let lines = bytes.split(|b| *b == separator).map(|line| if separator == 0 { line } else { line.strip_suffix(b"\r").unwrap_or(line) });
    lines.filter(|line| !line.is_empty()).map(path_of).collect()
}

#[cfg(unix)]
fn path_of(name: &[u8]) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Ok(OsString::from_vec(name.to_vec()).into())
}

#[cfg(not(unix))]
fn path_of(name: &[u8]) -> io::Result<PathBuf> {
    let name = String::from_utf8(name.to_vec()).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    Ok(OsString::from(name).into())
}

/// Whether two paths lead to the same file.
pub fn same_file(a: &Path, b: &Path) -> bool {
    matches!((std::fs::canonicalize(a), std::fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("deep")).unwrap();
        for name in ["b1.csv", "a1.csv", "c.txt", "deep/d1.csv", "x[1].csv"] {
            std::fs::write(at(name), "").unwrap();
        }
        let (found, errors) = globbed(&[at("?1.csv"), at("**/d*.csv"), at("x[1].csv"), "-".into(), at("gone.csv")]);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(found, [at("a1.csv"), at("b1.csv"), at("deep/d1.csv"), at("x[1].csv"), "-".into(), at("gone.csv")]);
        let (found, errors) = globbed(&[at("*.fits"), at("a[")]);
        assert!(found.is_empty() && errors.len() == 2, "{errors:?}");
        assert!(errors[0].to_string().contains("no file matches"));
    }

    #[test]
    fn lists() {
        let paths = |text: &[u8]| listed(text).unwrap().iter().map(|p| p.to_str().unwrap().to_string()).collect::<Vec<_>>();
        assert_eq!(paths(b"a.csv\r\n\nb c.csv"), ["a.csv", "b c.csv"]);
        assert_eq!(paths(b"a\nb\0c\0"), ["a\nb", "c"]);
        assert!(paths(b"").is_empty());
    }
}
