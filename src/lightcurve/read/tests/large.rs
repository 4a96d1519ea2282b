//! Large tables: looked through first, and read object by object where the rows of each object stand together.

use super::super::*;
use std::fmt::Write;
use std::path::PathBuf;

type Items = Vec<Result<LightCurve, ReadError>>;

/// A table of light curves; the last row is faulty.
fn table(objects: &[&str]) -> String {
    let mut text = String::from("object_id,mjd,band,flux_ujy,flux_err,photometry,label\n");
    for (i, object) in objects.iter().enumerate() {
        let _ = writeln!(text, "{object},{},g,{},1,difference,SN Ia", 59000 + i, 10 * i);
    }
    text + "z,59000,g,much,1,difference,SN Ia\n"
}

fn read(path: &Path, look_through_bytes: u64) -> Items {
    let options = ReadOptions { look_through_bytes, ..ReadOptions::default() };
    open(path, &options).unwrap_or_else(|e| panic!("{e}")).collect()
}

fn objects(items: &[Result<LightCurve, ReadError>]) -> Vec<&LightCurve> {
    items.iter().filter_map(|i| i.as_ref().ok()).collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

#[test]
fn where_the_rows_stand_together_objects_come_before_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = table(&["b", "b", "b", "a", "c", "c"]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text.as_bytes()).expect("memory");
    let packed = packed.finish().expect("memory");
    for (name, bytes) in [("t.csv", text.as_bytes()), ("t.csv.gz", &packed)] {
        let path = write(folder.path(), name, bytes);
        let (whole, one_by_one) = (read(&path, u64::MAX), read(&path, 0));
        assert_eq!(objects(&whole), objects(&one_by_one), "{name}");
        assert_eq!(objects(&whole).iter().map(|c| c.object_id.as_str()).collect::<Vec<_>>(), ["b", "a", "c"], "{name}");
        assert!(objects(&whole).iter().all(|c| c.warnings.is_empty()), "{name}");
        // All of a table that is kept in memory is read before its first object is whole, the faulty row at the end too.
        assert!(whole.first().is_some_and(Result::is_err), "{name}");
        assert!(one_by_one.first().is_some_and(Result::is_ok) && one_by_one.iter().filter(|i| i.is_err()).count() == 1, "{name}");
    }
}

#[test]
fn where_they_do_not_all_is_as_in_a_small_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), "t.csv", table(&["b", "a", "b", "a", "c"]).as_bytes());
    let (whole, looked_through) = (read(&path, u64::MAX), read(&path, 0));
    assert_eq!(whole.len(), 4);
    assert_eq!(objects(&whole), objects(&looked_through));
    assert!(looked_through.first().is_some_and(Result::is_err));
    assert_eq!(objects(&looked_through)[0].observations.len(), 2);
}

#[test]
fn parquet_likewise() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), "t.parquet", &super::tables::long());
    let (whole, looked_through) = (read(&path, u64::MAX), read(&path, 0));
    assert_eq!((objects(&whole).len(), objects(&whole)), (2, objects(&looked_through)));
}
