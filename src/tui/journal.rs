//! The journal: the tree with its unsaved edits, in the user's state folder, so that a crash loses next to nothing.
//! One file per document and process; a lock that the system takes away with the process tells the living from the dead.
//! Knows files and trees, and nothing of the screen.
//!
//! A journal is a line of JSON (see [`Header`]) and the tree as it would be saved. Its name is
//! `KEY-PID-START.journal`: a hash of the tree's path, or `untitled`, and whose it is.

use super::alive::{lock, process_start};
use super::clock::millis;
use super::watch::{Stamp, sha256};
use crate::taxonomy::{Taxonomy, parse_json, to_json};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The environment variable that names another state folder.
pub const STATE_VARIABLE: &str = "TAXONOVA_STATE_DIR";
const FORMAT: &str = "taxonova-journal";
const VERSION: u32 = 1;
const UNTITLED: &str = "untitled";
/// Titles of steps that are kept.
pub const STEPS: usize = 5;
/// A temporary file as old as this was left behind by a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// What is said of the edits before the tree itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    format: String,
    version: u32,
    /// Title of the tree.
    pub name: String,
    /// Its file, for display; none = it has none.
    pub file: Option<String>,
    /// What the file was when it was read or saved.
    pub stamp: Option<Stamp>,
    /// Process.
    pub pid: u32,
    /// When that process started, in the system's own unit, where it can be told.
    pub pid_start: Option<u64>,
    /// When this was written, in milliseconds since 1970.
    pub written: u64,
    /// Titles of the last steps, the last one first.
    pub steps: Vec<String>,
    /// Steps in all.
    pub step_count: usize,
    /// Hash of the tree's text.
    pub tree_sha256: String,
}

/// What is to be written.
#[derive(Debug)]
pub struct Entry {
    /// The tree's file.
    pub path: Option<PathBuf>,
    /// What the file was when it was read or saved.
    pub stamp: Option<Stamp>,
    /// Titles of the last steps, the last one first.
    pub steps: Vec<String>,
    /// Steps in all.
    pub step_count: usize,
    /// The tree.
    pub taxonomy: Arc<Taxonomy>,
}

/// Unsaved edits that a process left behind.
#[derive(Debug)]
pub struct Left {
    /// The journal's file.
    pub journal: PathBuf,
    /// What it says.
    pub header: Header,
    /// The tree with the edits.
    pub taxonomy: Taxonomy,
    /// What has become of the tree's file since then; none = it had none.
    pub file: Option<FileNow>,
}

/// The tree's file, compared with what it was when the journal was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileNow {
    /// As it was.
    Same,
    /// Something else.
    Changed,
    /// Not there, or not readable.
    Gone,
}

/// What is found at the start.
#[derive(Debug, Default)]
pub struct Found {
    /// Edits of the tree that is opened, the last first.
    pub left: Vec<Left>,
    /// Files, or titles, of other trees with unsaved edits.
    pub others: Vec<String>,
    /// What is wrong with journals that can't be read.
    pub damaged: Vec<String>,
    /// Other running programs that have unsaved edits of the same tree.
    pub alive: usize,
}

/// The folder of the journals: `TAXONOVA_STATE_DIR`, or `taxonova` in the state folder of the system.
pub fn folder() -> Result<PathBuf, String> {
    use etcetera::BaseStrategy;
    if let Some(dir) = std::env::var_os(STATE_VARIABLE).filter(|d| !d.is_empty()) {
        return Ok(PathBuf::from(dir));
    }
    let base = etcetera::choose_base_strategy().map_err(|e| format!("there is no home folder: {e}"))?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("taxonova"))
}

/// Whether there is a journal of that tree's file, whoever wrote it.
pub fn exists_for(path: &Path) -> bool {
    let key = key(Some(path));
    folder().is_ok_and(|f| names(&f).is_ok_and(|all| all.iter().any(|n| Name::of(n).is_some_and(|n| n.key == key))))
}

/// The part of a journal's name that says which tree it is.
fn key(path: Option<&Path>) -> String {
    let Some(path) = path else { return UNTITLED.into() };
    // A file that is gone is known by its folder.
    let known = path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    });
    let known = known.unwrap_or_else(|| path.to_path_buf());
    sha256(known.as_os_str().as_encoded_bytes()).chars().take(16).collect()
}

/// A journal's name taken apart.
struct Name {
    key: String,
    /// `PID-START`.
    owner: String,
}

impl Name {
    fn of(name: &str) -> Option<Name> {
        let (key, owner) = name.strip_suffix(".journal")?.split_once('-')?;
        owner.split_once('-')?;
        Some(Name { key: key.into(), owner: owner.into() })
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    Ok(std::fs::read_dir(folder)?.flatten().filter_map(|e| e.file_name().into_string().ok()).collect())
}

/// One process's journal.
#[derive(Debug)]
pub struct Journal {
    folder: Result<PathBuf, String>,
    owner: String,
    pid: u32,
    lock: Option<File>,
    current: Option<PathBuf>,
    /// Locks of dead processes whose edits are being offered, so that no other program offers them too.
    claims: HashMap<String, File>,
}

impl Journal {
    /// A journal in that folder, or the reason why there is none. Nothing is written yet.
    pub fn new(folder: Result<PathBuf, String>) -> Journal {
        let start = millis(SystemTime::now()).unwrap_or(0);
        let pid = std::process::id();
        Journal { folder, owner: format!("{pid}-{start}"), pid, lock: None, current: None, claims: HashMap::new() }
    }

    /// Writes the tree with its unsaved edits in the place of what was written before.
    pub fn write(&mut self, entry: &Entry) -> Result<(), String> {
        let folder = self.folder.clone()?;
        create(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        if self.lock.is_none() {
            // Without a lock the process is still known by its number.
            self.lock = lock(&folder.join(format!("{}.lock", self.owner)));
        }
        let tree = to_json(&entry.taxonomy);
        let header = Header {
            format: FORMAT.into(),
            version: VERSION,
            name: entry.taxonomy.name.clone(),
            file: entry.path.as_deref().map(|p| absolute(p).to_string_lossy().into_owned()),
            stamp: entry.stamp.clone(),
            pid: self.pid,
            pid_start: process_start(self.pid),
            written: millis(SystemTime::now()).unwrap_or(0),
            steps: entry.steps.clone(),
            step_count: entry.step_count,
            tree_sha256: sha256(tree.as_bytes()),
        };
        let header = serde_json::to_string(&header).map_err(|e| e.to_string())?;
        let path = folder.join(format!("{}-{}.journal", key(entry.path.as_deref()), self.owner));
        crate::atomic::write_private(&path, |f| {
            f.write_all(header.as_bytes())?;
            f.write_all(b"\n")?;
            f.write_all(tree.as_bytes())
        })
        .map_err(|e| format!("{}: {e}", path.display()))?;
        if let Some(before) = self.current.replace(path.clone()).filter(|b| *b != path) {
            let _ = std::fs::remove_file(before);
        }
        Ok(())
    }

    /// Nothing is unsaved any more.
    pub fn clear(&mut self) {
        if let Some(path) = self.current.take() {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Takes away edits that were offered.
    pub fn forget(&mut self, journal: &Path) {
        let _ = std::fs::remove_file(journal);
        let owner = journal.file_name().and_then(|n| n.to_str()).and_then(Name::of).map(|n| n.owner);
        if let (Some(owner), Ok(folder)) = (owner, &self.folder)
            && self.claims.contains_key(&owner)
        {
            let _ = std::fs::remove_file(folder.join(format!("{owner}.lock")));
            self.claims.remove(&owner);
        }
    }

    /// The program ends: what is unsaved stays for the next start.
    pub fn finish(&mut self) {
        self.claims.clear();
        if self.current.is_none()
            && self.lock.take().is_some()
            && let Ok(folder) = &self.folder
        {
            let _ = std::fs::remove_file(folder.join(format!("{}.lock", self.owner)));
        }
    }

    /// Looks for edits that other processes left behind; `path` is the file of the tree that is opened.
    pub fn scan(&mut self, path: Option<&Path>) -> Found {
        let mut found = Found::default();
        let Ok(folder) = self.folder.clone() else { return found };
        let Ok(all) = names(&folder) else { return found };
        tidy(&folder, &all);
        let wanted = key(path);
        for name in &all {
            let Some(n) = Name::of(name).filter(|n| n.owner != self.owner) else { continue };
            let journal = folder.join(name);
            let content = read(&journal);
            // One that was claimed before, and left for later, is ours still.
            let ours = self.claims.contains_key(&n.owner);
            let claim = if ours { None } else { lock(&folder.join(format!("{}.lock", n.owner))) };
            // Where locks don't work, the number of the process must do; its start tells a reused one apart.
            let runs = content.as_ref().is_ok_and(|(h, _)| h.pid_start.is_some() && process_start(h.pid) == h.pid_start);
            if !ours && (claim.is_none() || runs) {
                found.alive += usize::from(n.key == wanted);
                continue;
            }
            if !journal.exists() {
                continue;
            }
            match content {
                Ok((header, taxonomy)) if n.key == wanted => {
                    let now = path.map(Stamp::of_file);
                    // It was saved just before the process ended.
                    if matches!(&now, Some(Ok(s)) if s.sha256 == header.tree_sha256) {
                        self.claims.extend(claim.map(|claim| (n.owner, claim)));
                        self.forget(&journal);
                        continue;
                    }
                    let file = now.map(|now| match (now, &header.stamp) {
                        (Ok(now), Some(then)) if now == *then => FileNow::Same,
                        (Ok(_), _) => FileNow::Changed,
                        (Err(_), _) => FileNow::Gone,
                    });
                    self.claims.extend(claim.map(|claim| (n.owner, claim)));
                    found.left.push(Left { journal, header, taxonomy, file });
                }
                Ok((header, _)) => found.others.push(header.file.unwrap_or_else(|| format!("{} (no file)", header.name))),
                Err(Fault::Newer) => found.damaged.push(format!(
                    "{}: unsaved edits written by a newer version of the program: open them with that one",
                    journal.display()
                )),
                Err(Fault::Damaged(why)) => {
                    let aside = journal.with_extension("damaged");
                    let place = if std::fs::rename(&journal, &aside).is_ok() { aside } else { journal };
                    found.damaged.push(format!("unsaved edits can't be read ({why}); they are kept in {}", place.display()));
                }
            }
        }
        found.left.sort_by_key(|l| std::cmp::Reverse(l.header.written));
        found.others.sort();
        found
    }
}

/// Makes the folder, for the owner alone.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
}

/// Takes away what killed processes left and nobody can use: locks without a journal, temporary files.
fn tidy(folder: &Path, all: &[String]) {
    for name in all {
        let path = folder.join(name);
        if let Some(owner) = name.strip_suffix(".lock") {
            let used = all.iter().any(|n| Name::of(n).is_some_and(|n| n.owner == owner));
            if !used && let Some(_held) = lock(&path) {
                let _ = std::fs::remove_file(&path);
            }
        } else if name.starts_with(".taxonova-") {
            let age = std::fs::metadata(&path).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            if age.is_some_and(|a| a > LEFT_BEHIND) {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

/// Why a journal is of no use.
#[derive(Debug)]
enum Fault {
    Newer,
    Damaged(String),
}

fn parse_header(text: &str) -> Result<Header, Fault> {
    let line = text.lines().next().unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(line).map_err(|e| Fault::Damaged(format!("line 1: {e}")))?;
    if value.get("format").and_then(|f| f.as_str()) != Some(FORMAT) {
        return Err(Fault::Damaged("line 1 is not the start of a journal".into()));
    }
    if value.get("version").and_then(|v| v.as_u64()).is_some_and(|v| v > u64::from(VERSION)) {
        return Err(Fault::Newer);
    }
    serde_json::from_value(value).map_err(|e| Fault::Damaged(format!("line 1: {e}")))
}

fn read(journal: &Path) -> Result<(Header, Taxonomy), Fault> {
    let bytes = std::fs::read(journal).map_err(|e| Fault::Damaged(e.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Fault::Damaged(io::Error::from(ErrorKind::InvalidData).to_string()))?;
    let header = parse_header(text)?;
    let tree = text.split_once('\n').map_or("", |(_, tree)| tree);
    if sha256(tree.as_bytes()) != header.tree_sha256 {
        return Err(Fault::Damaged("the tree in it is not whole".into()));
    }
    let taxonomy = parse_json(tree, journal).map_err(|e| Fault::Damaged(e.to_string()))?;
    Ok((header, taxonomy))
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
