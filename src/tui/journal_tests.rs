use super::*;
use tempfile::TempDir;

fn tree(name: &str) -> Taxonomy {
    let mut t = Taxonomy::new(name, "Object");
    let root = t.root();
    t.add_child(root, "A").unwrap();
    t
}

fn entry(path: Option<&Path>, name: &str) -> Entry {
    Entry {
        path: path.map(Path::to_path_buf),
        stamp: path.and_then(|p| Stamp::of_file(p).ok()),
        steps: vec!["add A".into()],
        step_count: 3,
        taxonomy: Arc::new(tree(name)),
    }
}

/// A state folder, and a folder with the file `t.json`.
fn place() -> (TempDir, TempDir, PathBuf) {
    let (state, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = data.path().join("t.json");
    std::fs::write(&file, "what it held").unwrap();
    (state, data, file)
}

/// A journal as of another process, which is gone as soon as the value is.
fn other(state: &TempDir, start: u32) -> Journal {
    let mut journal = Journal::new(Ok(state.path().to_path_buf()));
    // No process has this number.
    journal.pid = u32::MAX - start;
    journal.owner = format!("{}-{start}", journal.pid);
    journal
}

fn this(state: &TempDir) -> Journal {
    Journal::new(Ok(state.path().to_path_buf()))
}

fn files(state: &TempDir) -> Vec<String> {
    let mut all = names(state.path()).unwrap();
    all.sort();
    all
}

#[test]
fn what_a_dead_process_left_is_found_and_forgotten() {
    let (state, _data, file) = place();
    let mut dead = other(&state, 1);
    dead.write(&entry(Some(&file), "first")).unwrap();
    dead.write(&entry(Some(&file), "second")).unwrap();
    assert_eq!(files(&state).len(), 2, "one journal and one lock");
    assert_eq!(this(&state).scan(Some(&file)).left.len(), 0);
    assert_eq!(this(&state).scan(Some(&file)).alive, 1, "it lives");
    drop(dead);
    let mut me = this(&state);
    let found = me.scan(Some(&file));
    let [left] = &found.left[..] else { panic!("{found:?}") };
    assert_eq!(left.taxonomy.name, "second");
    assert_eq!((left.file, left.header.step_count, &left.header.steps[..]), (Some(FileNow::Same), 3, &["add A".to_string()][..]));
    assert_eq!((found.others.len(), found.damaged.len(), found.alive), (0, 0, 0));
    // It is in hand here: another program leaves it alone.
    assert_eq!(this(&state).scan(Some(&file)).left.len(), 0);
    me.forget(&left.journal);
    assert!(files(&state).is_empty(), "{:?}", files(&state));
}

#[test]
fn a_file_that_has_changed_or_is_gone_is_said() {
    let (state, _data, file) = place();
    other(&state, 1).write(&entry(Some(&file), "t")).unwrap();
    std::fs::write(&file, "something else").unwrap();
    assert_eq!(this(&state).scan(Some(&file)).left[0].file, Some(FileNow::Changed));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(this(&state).scan(Some(&file)).left[0].file, Some(FileNow::Gone));
    // What was saved before the crash is not unsaved.
    std::fs::write(&file, to_json(&tree("t"))).unwrap();
    assert_eq!(this(&state).scan(Some(&file)).left.len(), 0);
    assert!(files(&state).is_empty());
}

#[cfg(unix)]
#[test]
fn a_tree_is_known_through_a_link_and_the_journal_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (state, data, file) = place();
    let link = data.path().join("link.json");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    other(&state, 1).write(&entry(Some(&link), "t")).unwrap();
    for name in files(&state) {
        let mode = std::fs::metadata(state.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(this(&state).scan(Some(&file)).left.len(), 1);
}

#[test]
fn other_trees_are_named_and_untitled_ones_are_offered_to_untitled_ones() {
    let (state, data, file) = place();
    other(&state, 1).write(&entry(Some(&file), "t")).unwrap();
    other(&state, 2).write(&entry(None, "nameless")).unwrap();
    let found = this(&state).scan(None);
    assert_eq!(found.left.len(), 1);
    assert_eq!((found.left[0].file, found.left[0].taxonomy.name.as_str()), (None, "nameless"));
    assert_eq!(found.others, [file.canonicalize().unwrap().to_string_lossy()]);
    let found = this(&state).scan(Some(&data.path().join("new.json")));
    assert_eq!((found.left.len(), found.others.len()), (0, 2));
}

#[test]
fn several_are_offered_the_last_first() {
    let (state, _data, file) = place();
    other(&state, 1).write(&entry(Some(&file), "older")).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    other(&state, 2).write(&entry(Some(&file), "newer")).unwrap();
    let found = this(&state).scan(Some(&file));
    let titles: Vec<&str> = found.left.iter().map(|l| l.taxonomy.name.as_str()).collect();
    assert_eq!(titles, ["newer", "older"]);
}

#[test]
fn a_tree_with_a_new_name_takes_its_journal_along() {
    let (state, data, file) = place();
    let mut journal = this(&state);
    journal.write(&entry(None, "t")).unwrap();
    journal.write(&entry(Some(&file), "t")).unwrap();
    journal.write(&entry(Some(&data.path().join("later.json")), "t")).unwrap();
    assert_eq!(files(&state).iter().filter(|n| n.ends_with(".journal")).count(), 1);
    journal.clear();
    journal.finish();
    assert!(files(&state).is_empty(), "{:?}", files(&state));
}

#[test]
fn what_is_unsaved_at_the_end_stays() {
    let (state, _data, file) = place();
    let mut journal = other(&state, 1);
    journal.write(&entry(Some(&file), "t")).unwrap();
    journal.finish();
    drop(journal);
    assert_eq!(this(&state).scan(Some(&file)).left.len(), 1);
}

/// Cut off anywhere, or with any byte changed, a journal is reported and put aside, never believed.
#[test]
fn damaged_journals_are_put_aside() {
    let (state, _data, file) = place();
    let mut dead = other(&state, 1);
    dead.write(&entry(Some(&file), "t")).unwrap();
    let path = dead.current.clone().unwrap();
    drop(dead);
    let whole = std::fs::read(&path).unwrap();
    let head = whole.iter().position(|b| *b == b'\n').unwrap();
    let mut cases: Vec<Vec<u8>> = [0, 1, head, head + 1, whole.len() - 1].iter().map(|n| whole[..*n].to_vec()).collect();
    cases.push([&whole[..], b"\xff"].concat());
    cases.push(b"null\n{}".to_vec());
    cases.push(b"[1, 2".to_vec());
    let mut changed = whole.clone();
    changed[head + 40] ^= 1;
    cases.push(changed);
    for (i, case) in cases.iter().enumerate() {
        std::fs::write(&path, case).unwrap();
        let found = this(&state).scan(Some(&file));
        assert_eq!((found.left.len(), found.damaged.len()), (0, 1), "case {i}");
        assert!(found.damaged[0].contains(".damaged"), "{}", found.damaged[0]);
        assert_eq!(&std::fs::read(path.with_extension("damaged")).unwrap(), case);
        assert!(!path.exists());
    }
    // One of a later version is left where it is.
    let text = String::from_utf8(whole).unwrap().replacen("\"version\":1", "\"version\":2", 1);
    std::fs::write(&path, text).unwrap();
    let found = this(&state).scan(Some(&file));
    assert!(found.left.is_empty() && found.damaged[0].contains("newer version"));
    assert!(path.exists());
}

#[test]
fn without_a_folder_it_says_why() {
    let mut journal = Journal::new(Err("no home".into()));
    assert_eq!(journal.write(&entry(None, "t")), Err("no home".into()));
    assert!(journal.scan(None).left.is_empty());
    let (state, _data, file) = place();
    // A file where the folder should be.
    let mut journal = Journal::new(Ok(file.join("x")));
    assert!(journal.write(&entry(None, "t")).unwrap_err().contains("t.json"));
    drop(state);
}

#[test]
fn a_deep_tree_goes_to_the_journal_and_back() {
    let (state, _data, file) = place();
    let mut t = Taxonomy::new("deep", "n0");
    let mut at = t.root();
    for i in 1..20_000 {
        at = t.add_child(at, format!("n{i}")).unwrap();
    }
    other(&state, 1).write(&Entry { taxonomy: Arc::new(t), ..entry(Some(&file), "") }).unwrap();
    assert_eq!(this(&state).scan(Some(&file)).left[0].taxonomy.len(), 20_000);
}
