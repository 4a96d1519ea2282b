//! Which files belong together: SNANA writes a table of objects (`NAME_HEAD.FITS`) and one of their points
//! (`NAME_PHOT.FITS`), and may write spectra (`NAME_SPEC.FITS`). Knows names, not what is in the files.

use std::path::{Path, PathBuf};

/// What compressed files are called.
const PACKED: [&str; 4] = ["", ".gz", ".bz2", ".zst"];

/// A file's place in a pair, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Head,
    Phot,
    Spec,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Head => "HEAD",
            Part::Phot => "PHOT",
            Part::Spec => "SPEC",
        }
    }
}

/// The name without what a packer has added.
fn unpacked(name: &str) -> &str {
    PACKED.iter().filter(|p| !p.is_empty()).find_map(|p| cut_end(name, p)).unwrap_or(name)
}

fn cut_end<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    let at = name.len().checked_sub(end.len())?;
    let (start, found) = name.split_at_checked(at)?;
    found.eq_ignore_ascii_case(end).then_some(start)
}

/// Stem and part of `NAME_HEAD.FITS` and its like, without regard to case.
fn parts(name: &str) -> Option<(&str, Part)> {
    let name = unpacked(name);
    let stem = [".fits", ".fit"].iter().find_map(|e| cut_end(name, e))?;
    [Part::Head, Part::Phot, Part::Spec].into_iter().find_map(|part| Some((cut_end(stem, part.name())?, part)))
}

/// What a file is by its name; none if it has no such name.
pub(super) fn part(path: &Path) -> Option<Part> {
    parts(&path.file_name()?.to_string_lossy()).map(|p| p.1)
}

/// The other file of the pair, if it lies in the same folder. `named` is the name that the file itself gives (PHOTFILE).
pub(super) fn partner(path: &Path, wanted: Part, named: Option<&str>) -> Option<PathBuf> {
    let folder = path.parent()?;
    if let Some(named) = named.map(|n| unpacked(n.trim())).filter(|n| !n.is_empty() && !n.contains(['/', '\\'])) {
        let found = PACKED.iter().map(|p| folder.join(format!("{named}{p}"))).find(|p| p.is_file());
        if found.is_some() {
            return found;
        }
    }
    let name = path.file_name()?.to_string_lossy().into_owned();
    let (stem, _) = parts(&name)?;
    // Upper and lower case, and other ways of packing: whatever is there. The order of a folder's list is nobody's.
    let listed = std::fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
    let fits = |n: &str| parts(n).is_some_and(|(s, part)| part == wanted && s == stem);
    let mut found: Vec<PathBuf> =
        listed.flatten().filter(|e| fits(&e.file_name().to_string_lossy())).map(|e| folder.join(e.file_name())).collect();
    found.sort();
    found.into_iter().next()
}

/// Takes out of a list those files of points and spectra whose table of objects is in it: they are read with it.
pub(super) fn read_once(files: &mut Vec<PathBuf>) {
    if !files.iter().any(|f| part(f) == Some(Part::Head)) {
        return;
    }
    let real = |p: &Path| std::fs::canonicalize(p).unwrap_or_else(|_| p.to_path_buf());
    let heads: std::collections::HashSet<PathBuf> = files.iter().filter(|f| part(f) == Some(Part::Head)).map(|f| real(f)).collect();
    files.retain(|file| match part(file) {
        Some(Part::Phot | Part::Spec) => partner(file, Part::Head, None).is_none_or(|head| !heads.contains(&real(&head))),
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_belong_together() {
        assert_eq!(part(Path::new("x/DES_PHOT.FITS.gz")), Some(Part::Phot));
        assert_eq!(part(Path::new("a_head.fits")), Some(Part::Head));
        assert_eq!((part(Path::new("HEAD.csv")), part(Path::new("a.fits")), part(Path::new("FITS"))), (None, None, None));
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["a_HEAD.FITS", "a_PHOT.FITS.gz", "b_phot.fits", "other.FITS", "a_SPEC.FITS", "c_HEAD.fits"] {
            std::fs::write(at(name), "x").unwrap();
        }
        assert_eq!(partner(&at("a_HEAD.FITS"), Part::Phot, None), Some(at("a_PHOT.FITS.gz")));
        assert_eq!(partner(&at("a_HEAD.FITS"), Part::Phot, Some("other.FITS.gz")), Some(at("other.FITS")));
        assert_eq!(partner(&at("a_HEAD.FITS"), Part::Phot, Some("../other.FITS")), Some(at("a_PHOT.FITS.gz")));
        assert_eq!(partner(&at("b_phot.fits"), Part::Head, None), None);
        let mut files: Vec<PathBuf> = ["a_HEAD.FITS", "a_PHOT.FITS.gz", "a_SPEC.FITS", "b_phot.fits", "c_HEAD.fits"].map(at).to_vec();
        read_once(&mut files);
        assert_eq!(files, ["a_HEAD.FITS", "b_phot.fits", "c_HEAD.fits"].map(at));
    }
}
