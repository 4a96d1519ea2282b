//! What the interface knows of the tree's file: what it held when it was read, what has become of it, unsaved edits
//! that are offered. Data only; `update::file` decides, `files` does the work.

use super::journal::{Entry, Found, Left};
use super::watch::{Seen, Stamp};
use crate::taxonomy::Taxonomy;
use std::collections::VecDeque;
use std::path::PathBuf;

/// What is known of the tree's file.
#[derive(Debug)]
pub struct FileState {
    /// What the file held when it was read or saved last.
    pub known: Option<Stamp>,
    /// What has become of it since.
    pub seen: Seen,
    /// The file that was named at the start, where it could not be read.
    pub wanted: Option<PathBuf>,
    /// A tree has been opened: what others left behind of it is to be looked for.
    pub scan: bool,
    /// The file was never read: saving asks before it replaces it.
    pub unread: bool,
    /// Questions that wait until nothing lies over the panes.
    pub pending: VecDeque<Pending>,
    /// The edits that are being asked about.
    pub asked: Option<Box<Left>>,
    /// The document's revision when a tree was asked for that is being read: it may take the place of that one unasked.
    pub opening: Option<u64>,
    /// A tree that was read, and waits for an answer.
    pub arrived: Option<Box<Arrived>>,
    /// The document's revision that was sent to the journal; none = the journal is empty.
    pub journalled: Option<u64>,
}

/// A tree that was read to be opened.
#[derive(Debug)]
pub struct Arrived {
    /// The tree.
    pub taxonomy: Taxonomy,
    /// Its file.
    pub path: PathBuf,
    /// What the file holds; none of a foreign format, which is imported and not edited in place.
    pub stamp: Option<Stamp>,
    /// What was mended or left out of a foreign format, a line each.
    pub notes: Vec<String>,
}

/// A question that waits.
#[derive(Debug)]
pub enum Pending {
    /// Edits that another process left behind.
    Offer(Box<Left>),
    /// The file has changed, and there are unsaved edits.
    Changed,
    /// A tree to be opened has arrived, and there are unsaved edits.
    Arrived,
}

impl Default for FileState {
    fn default() -> Self {
        FileState {
            known: None,
            seen: Seen::Same,
            wanted: None,
            scan: false,
            unread: false,
            pending: VecDeque::new(),
            asked: None,
            opening: None,
            arrived: None,
            journalled: None,
        }
    }
}

impl FileState {
    /// What is said beside the tree's name, if the file is not what was read.
    pub fn mark(&self) -> Option<&'static str> {
        match self.seen {
            Seen::Same => None,
            Seen::Changed(_) => Some("changed on disk (R)"),
            Seen::Gone => Some("gone from the disk"),
        }
    }
}

/// What the work on files reports.
#[derive(Debug)]
pub enum FileReport {
    /// The file holds this, as it was read or saved by us.
    Known {
        /// Which file.
        path: PathBuf,
        /// What it holds.
        stamp: Stamp,
    },
    /// The file that was named at the start could not be read.
    Unread(PathBuf),
    /// What other processes left behind of the tree of this file; none = of trees without one.
    Journals(Option<PathBuf>, Found),
    /// Unsaved edits can't be journalled, and why.
    JournalFailed(String),
    /// Something became of the file.
    OnDisk {
        /// Which file.
        path: PathBuf,
        /// What.
        seen: Seen,
    },
    /// The file was read again.
    Reloaded {
        /// Which file.
        path: PathBuf,
        /// What it held.
        stamp: Stamp,
        /// The tree.
        taxonomy: Box<Taxonomy>,
    },
    /// The file could not be read again, and why.
    ReloadFailed(String),
    /// It was not saved: the file is not what was read.
    SaveConflict {
        /// Leave the program after saving.
        then_quit: bool,
    },
}

/// What the work on files is asked to do.
#[derive(Debug)]
pub enum FileWish {
    /// Write the journal; a newer one replaces an older one that has not begun.
    Journal(Entry),
    /// Take the journal away: nothing is unsaved, or the user gave it up.
    ClearJournal,
    /// Look for what other processes left behind, of the tree of this file.
    Scan(Option<PathBuf>),
    /// Take away what another process left behind.
    Forget {
        /// The journal.
        journal: PathBuf,
        /// Only if our own journal was written.
        restored: bool,
    },
    /// Read the file again.
    Reload(PathBuf),
    /// Watch this file, which should hold that; none = watch no more.
    Watch(Option<(PathBuf, Stamp)>),
}

/// What an answer does with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAnswer {
    /// Restore the edits that are offered.
    Restore,
    /// Keep them for the next start.
    Later,
    /// Throw them away.
    ThrowAway,
    /// Read the file again.
    Reload,
    /// Keep the tree as it is here; saving asks again.
    KeepMine,
    /// Save to another file.
    SaveAs {
        /// Leave the program afterwards.
        then_quit: bool,
    },
    /// Save over whatever the file holds now.
    Overwrite {
        /// Leave the program afterwards.
        then_quit: bool,
    },
}
