//! Work on the tree's file and on the journal, on threads of its own. Reports by messages. Knows nothing of the screen.

use super::action::Action;
use super::file::{Arrived, FileReport, FileWish};
use super::jobs::guarded;
use super::journal::{self, Entry, Journal};
use super::text::clean;
use super::watch::{Stamp, Watcher};
use crate::taxonomy::format::{self, Format};
use crate::taxonomy::{Taxonomy, parse_json, save_json, shipped_json, to_json};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How often the tree's file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1000);

/// What the thread of the journal has to do.
enum Order {
    Write(Entry),
    Clear,
    Scan(Option<PathBuf>),
    Forget { journal: PathBuf, restored: bool },
    Finish,
}

#[derive(Default)]
struct Queue {
    orders: VecDeque<Order>,
    busy: bool,
    stop: bool,
}

#[derive(Default)]
struct Watch {
    /// A new file to be watched, or none any more.
    target: Option<Option<(PathBuf, Stamp)>>,
    reload: Option<PathBuf>,
    stop: bool,
}

/// The threads.
pub struct Files {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    watch: Arc<(Mutex<Watch>, Condvar)>,
}

/// A poisoned lock holds plain data that is good still: panics are caught where they happen.
fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Files {
    /// Starts both threads.
    pub fn start(report: Sender<Action>) -> Files {
        Files::start_in(journal::folder(), report)
    }

    /// As [`Files::start`], with journals in that folder.
    pub fn start_in(folder: Result<PathBuf, String>, report: Sender<Action>) -> Files {
        let files = Files { queue: Arc::default(), watch: Arc::default() };
        let (queue, to) = (files.queue.clone(), report.clone());
        std::thread::spawn(move || keep_journal(Journal::new(folder), &queue, &to));
        let watch = files.watch.clone();
        std::thread::spawn(move || watch_file(&watch, &report));
        files
    }

    /// Takes an order; returns at once.
    pub fn ask(&self, wish: FileWish) {
        match wish {
            FileWish::Journal(entry) => self.newest(Order::Write(entry)),
            FileWish::ClearJournal => self.newest(Order::Clear),
            FileWish::Scan(path) => self.push(Order::Scan(path)),
            FileWish::Forget { journal, restored } => self.push(Order::Forget { journal, restored }),
            FileWish::Reload(path) => {
                lock(&self.watch.0).reload = Some(path);
                self.watch.1.notify_all();
            }
            FileWish::Watch(target) => {
                lock(&self.watch.0).target = Some(target);
                self.watch.1.notify_all();
            }
        }
    }

    fn push(&self, order: Order) {
        lock(&self.queue.0).orders.push_back(order);
        self.queue.1.notify_all();
    }

    /// Puts the order in the place of one for the journal that has not begun.
    fn newest(&self, order: Order) {
        let mut queue = lock(&self.queue.0);
        match queue.orders.iter_mut().find(|o| matches!(o, Order::Write(_) | Order::Clear)) {
            Some(older) => *older = order,
            None => queue.orders.push_back(order),
        }
        drop(queue);
        self.queue.1.notify_all();
    }

    /// Waits until all that was ordered is done, at most so long.
    pub fn flush(&self, patience: Duration) {
        let end = Instant::now() + patience;
        let mut queue = lock(&self.queue.0);
        while queue.busy || !queue.orders.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            queue = self.queue.1.wait_timeout(queue, left).map(|(q, _)| q).unwrap_or_else(|e| e.into_inner().0);
        }
    }

    /// The program ends: what is unsaved is on the disk when this returns, unless that takes too long.
    pub fn finish(&self, patience: Duration) {
        self.push(Order::Finish);
        self.flush(patience);
    }
}

impl Drop for Files {
    /// Tells the threads to end; they are not waited for.
    fn drop(&mut self) {
        lock(&self.queue.0).stop = true;
        lock(&self.watch.0).stop = true;
        self.queue.1.notify_all();
        self.watch.1.notify_all();
    }
}

fn keep_journal(mut journal: Journal, shared: &(Mutex<Queue>, Condvar), report: &Sender<Action>) {
    let mut failed = false;
    let mut told = false;
    loop {
        let order = {
            let mut queue = lock(&shared.0);
            queue.busy = false;
            shared.1.notify_all();
            loop {
                if let Some(order) = queue.orders.pop_front() {
                    queue.busy = true;
                    break order;
                }
                if queue.stop {
                    return;
                }
                queue = shared.1.wait(queue).unwrap_or_else(|e| e.into_inner());
            }
        };
        let done = guarded("keeping the journal", || {
            match order {
                Order::Write(entry) => {
                    let written = journal.write(&entry);
                    failed = written.is_err();
                    written?;
                }
                Order::Clear => journal.clear(),
                Order::Scan(path) => {
                    let _ = report.send(Action::File(FileReport::Journals(path.clone(), journal.scan(path.as_deref()))));
                }
                // What was restored must be on the disk somewhere else before the old place is given up.
                Order::Forget { restored: true, .. } if failed => {}
                Order::Forget { journal: path, .. } => journal.forget(&path),
                Order::Finish => journal.finish(),
            }
            Ok(())
        });
        if let Err(why) = done {
            failed = true;
            if !std::mem::replace(&mut told, true) {
                let _ = report.send(Action::File(FileReport::JournalFailed(why)));
            }
        }
    }
}

fn watch_file(shared: &(Mutex<Watch>, Condvar), report: &Sender<Action>) {
    let mut watcher: Option<Watcher> = None;
    loop {
        let reload = {
            let mut watch = lock(&shared.0);
            if watch.reload.is_none() && watch.target.is_none() && !watch.stop {
                watch = shared.1.wait_timeout(watch, LOOK_EVERY).map(|(w, _)| w).unwrap_or_else(|e| e.into_inner().0);
            }
            if watch.stop {
                return;
            }
            if let Some(target) = watch.target.take() {
                watcher = target.map(|(path, known)| Watcher::new(path, known));
            }
            watch.reload.take()
        };
        let message = match reload {
            Some(path) => Some(match guarded("reading the taxonomy", || read(&path)) {
                Ok(ReadTree { taxonomy, stamp: Some(stamp), .. }) => FileReport::Reloaded { path, stamp, taxonomy: Box::new(taxonomy) },
                Ok(_) => FileReport::ReloadFailed(format!("{}: it now holds a tree of another format; `;` opens it", path.display())),
                Err(why) => FileReport::ReloadFailed(why),
            }),
            None => watcher.as_mut().and_then(|w| {
                let seen = guarded("watching the taxonomy", || Ok(w.look())).ok().flatten()?;
                Some(FileReport::OnDisk { path: w.path().to_path_buf(), seen })
            }),
        };
        if let Some(message) = message
            && report.send(Action::File(message)).is_err()
        {
            return;
        }
    }
}

/// A tree that was read.
pub struct ReadTree {
    /// The tree.
    pub taxonomy: Taxonomy,
    /// What its file holds; none of a foreign format or a shipped tree, which is imported and not edited in place.
    pub stamp: Option<Stamp>,
    /// What was mended or left out of a foreign format.
    pub notes: Vec<String>,
}

/// Reads a tree in any format, or the shipped one of that name where there is no such file: that is a copy, like one of a foreign
/// format. A change of the file in between is found by the watcher.
pub fn read(path: &Path) -> Result<ReadTree, String> {
    if let Some(json) = path.to_str().filter(|_| !path.exists()).and_then(shipped_json) {
        let taxonomy = parse_json(json, path).map_err(|e| e.to_string())?;
        return Ok(ReadTree { taxonomy, stamp: None, notes: Vec::new() });
    }
    let stamp = Stamp::of_file(path);
    let loaded = format::read_lenient(path).map_err(|e| e.to_string())?;
    let mut taxonomy = loaded.taxonomy;
    if loaded.format == Format::Json {
        let stamp = stamp.map_err(|e| format!("{}: {e}", path.display()))?;
        return Ok(ReadTree { taxonomy, stamp: Some(stamp), notes: loaded.notes });
    }
    if taxonomy.name.is_empty() {
        taxonomy.name = path.file_stem().map(|s| clean(&s.to_string_lossy()).into_owned()).unwrap_or_default();
    }
    Ok(ReadTree { taxonomy, stamp: None, notes: loaded.notes })
}

/// Reads a tree to be opened: what to report.
pub fn read_to_open(path: PathBuf) -> Result<Action, String> {
    let read = read(&path)?;
    Ok(Action::TaxonomyReady(Box::new(Arrived { taxonomy: read.taxonomy, path, stamp: read.stamp, notes: read.notes })))
}

/// Writes the tree in a foreign format: a copy, which may hold less.
fn export(taxonomy: &Taxonomy, path: PathBuf, format: Format) -> Action {
    let written = match format::write(taxonomy, format) {
        Ok(written) => written,
        Err(e) => return Action::Failed(format!("not saved: {e}")),
    };
    match crate::atomic::write(&path, |f| f.write_all(written.text.as_bytes())) {
        Ok(()) => Action::Exported { path, format: format.info().title, lost: written.lost },
        Err(e) => Action::Failed(format!("not saved: {}: {e}", path.display())),
    }
}

/// Saves a tree. `own`: it is the tree's own file, which holds our format whatever its name; `known` is what it should
/// hold. Another name of a foreign format gets a copy in that format. Returns what to report, in this order.
pub fn save(taxonomy: &Taxonomy, path: PathBuf, own: bool, overwrite: bool, known: Option<&Stamp>, then_quit: bool) -> Vec<Action> {
    if !overwrite && path.exists() {
        return vec![Action::FileExists { path, then_quit }];
    }
    if let Some(format) = format::by_name(&path).filter(|f| !own && *f != Format::Json) {
        return vec![export(taxonomy, path, format)];
    }
    if let Some(known) = known {
        match Stamp::of_file(&path) {
            Ok(now) if now == *known => {}
            // It comes into being again.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            _ => return vec![Action::File(FileReport::SaveConflict { then_quit })],
        }
    }
    match save_json(taxonomy, &path) {
        Ok(()) => {
            let stamp = Stamp::of_bytes(to_json(taxonomy).as_bytes());
            vec![Action::File(FileReport::Known { path: path.clone(), stamp }), Action::Saved { path, then_quit }]
        }
        Err(e) => vec![Action::Failed(format!("not saved: {e}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn entry(n: usize) -> Entry {
        let steps = vec![format!("step {n}")];
        Entry { path: None, stamp: None, steps, step_count: n, taxonomy: Arc::new(Taxonomy::new("t", "Object")) }
    }

    fn journals(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path());
        files.filter(|p| p.extension().is_some_and(|e| e == "journal")).map(|p| std::fs::read_to_string(p).unwrap()).collect()
    }

    #[test]
    fn the_newest_is_on_the_disk_after_a_flush_and_nothing_after_a_clean_end() {
        let folder = tempfile::tempdir().unwrap();
        let (send, receive) = channel();
        let files = Files::start_in(Ok(folder.path().into()), send);
        for n in 0..200 {
            files.ask(FileWish::Journal(entry(n)));
        }
        files.flush(PATIENCE);
        let all = journals(folder.path());
        assert!(all.len() == 1 && all[0].contains("\"step 199\""), "{all:?}");
        files.ask(FileWish::Journal(entry(200)));
        files.ask(FileWish::ClearJournal);
        files.finish(PATIENCE);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(receive.try_recv().is_err(), "nothing to report");
    }

    #[test]
    fn what_was_restored_is_forgotten_only_when_it_is_written_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("untitled-1-1.journal");
        std::fs::write(&old, "x").unwrap();
        let (send, receive) = channel();
        let files = Files::start_in(Err("no room".into()), send);
        for _ in 0..2 {
            files.ask(FileWish::Journal(entry(1)));
            files.ask(FileWish::Forget { journal: old.clone(), restored: true });
            files.flush(PATIENCE);
        }
        assert!(old.exists());
        let told: Vec<Action> = receive.try_iter().collect();
        assert!(matches!(&told[..], [Action::File(FileReport::JournalFailed(why))] if why == "no room"), "said once");
        let (send, _receive) = channel();
        let files = Files::start_in(Ok(folder.path().into()), send);
        files.ask(FileWish::Journal(entry(1)));
        files.ask(FileWish::Forget { journal: old.clone(), restored: true });
        files.flush(PATIENCE);
        assert!(!old.exists());
        assert_eq!(journals(folder.path()).len(), 1);
    }

    #[test]
    fn a_shipped_tree_is_read_by_its_name_as_a_copy() {
        let read_tree = read(Path::new("full")).unwrap();
        assert_eq!((read_tree.taxonomy.name.as_str(), read_tree.stamp), ("full", None));
        assert!(read(Path::new("fulll")).is_err());
    }

    #[test]
    fn saving_keeps_links_and_old_files_and_asks_before_it_replaces_what_it_does_not_know() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.json");
        let tree = Taxonomy::new("t", "Object");
        let saved = |reports: &[Action]| match reports {
            [Action::File(FileReport::Known { stamp, .. }), Action::Saved { .. }] => stamp.clone(),
            _ => panic!("not saved"),
        };
        let stamp = saved(&save(&tree, path.clone(), true, false, None, false));
        assert_eq!(stamp, Stamp::of_file(&path).unwrap());
        assert!(matches!(save(&tree, path.clone(), true, false, None, true)[..], [Action::FileExists { then_quit: true, .. }]));
        saved(&save(&tree, path.clone(), true, true, Some(&stamp), false));
        // Another program was there.
        std::fs::write(&path, "theirs").unwrap();
        let reports = save(&tree, path.clone(), true, true, Some(&stamp), true);
        assert!(matches!(reports[..], [Action::File(FileReport::SaveConflict { then_quit: true })]));
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        std::fs::remove_file(&path).unwrap();
        saved(&save(&tree, path.clone(), true, true, Some(&stamp), false));
        #[cfg(unix)]
        {
            let link = folder.path().join("link.json");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            let other = Taxonomy::new("other", "Object");
            let stamp = saved(&save(&other, link.clone(), true, true, Some(&stamp), false));
            assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(Stamp::of_file(&path).unwrap(), stamp);
        }
        let before = std::fs::read(&path).unwrap();
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
        let reports = save(&tree, path.clone(), true, true, None, true);
        assert!(matches!(&reports[..], [Action::Failed(why)] if why.contains("read-only") && why.contains("t.json")));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let nowhere = save(&tree, folder.path().join("no/such/folder.json"), true, true, None, true);
        assert!(matches!(&nowhere[..], [Action::Failed(why)] if why.contains("folder.json")));
        assert_eq!(read(&path).unwrap().stamp, Some(Stamp::of_bytes(&before)));
    }
}
