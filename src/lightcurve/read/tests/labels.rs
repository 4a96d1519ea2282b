//! Labels without the light curves.

use super::*;
use crate::lightcurve::read::tests::parquet;
use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use std::sync::Arc;

fn file(name: &str, bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn read(name: &str, bytes: impl AsRef<[u8]>) -> LabelFile {
    let (_dir, path) = file(name, bytes);
    read_labels(&path).unwrap()
}

fn fault(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let (_dir, path) = file(name, bytes);
    read_labels(&path).unwrap_err().to_string()
}

fn pairs<T: Clone>(list: &[(&str, T)]) -> Vec<(String, T)> {
    list.iter().map(|(l, n)| (l.to_string(), n.clone())).collect()
}

#[test]
fn a_table_of_objects() {
    let found = read("t.csv", "\u{feff}# by hand\n \nObject_ID; Class ;x\na; SN Ia;1\nb;\"SN II\";2\nc;;3\na;SN Ia;4\nd;SN Ia;5\n");
    assert_eq!(found.counts, pairs(&[("SN Ia", 2u64), ("SN II", 1)]));
    assert_eq!(found.by_object.len(), 3);
    assert_eq!(found.by_object[1], ("b".to_string(), "SN II".to_string()));
    assert_eq!((found.unlabelled, found.problems.len()), (1, 0));
    // Names of objects without a column for them: each row is one.
    assert_eq!(read("t.txt", "otype\nRR*\nRR*\n").counts, pairs(&[("RR*", 2u64)]));
    assert_eq!(read("t.tsv", "name\ttype\tn\nx\tAGN\t55\n").counts, pairs(&[("AGN", 55u64)]));
    assert_eq!(read("t.csv", "object_id,type,n\nx,AGN,55\n").counts, pairs(&[("AGN", 1u64)]));
    // PLAsTiCC's metadata.
    assert_eq!(read("m.csv", "object_id,ra,target\n615,1.0,92\n713,2.0,88.0\n").counts, pairs(&[("92", 1u64), ("88", 1)]));
}

#[test]
fn an_object_with_two_labels() {
    let found = read("t.csv", "object_id,label\na,SN Ia\na,SN II\nb,SN II\n");
    assert_eq!(found.counts, pairs(&[("SN Ia", 1u64), ("SN II", 1)]));
    let text = found.problems[0].to_string();
    assert!(text.contains("line 3") && text.contains("\"SN II\"") && text.contains("\"SN Ia\""), "{text}");
    let many: String = (0..100).map(|i| format!("a,L{i}\n")).collect();
    assert_eq!(read("t.csv", format!("object_id,label\n{many}")).problems.len(), MAX_REMARKS + 1);
}

#[test]
fn a_table_of_counts() {
    for text in ["label,count\nSN Ia,3\nSN II,0\nSN Ia,4\n", "name,count\nSN Ia,7\nSN II,0\n", "N;Type\n7;SN Ia\n;\n0;SN II\n"] {
        let found = read("t.csv", text);
        assert_eq!(found.counts, pairs(&[("SN Ia", 7u64), ("SN II", 0)]), "{text}");
        assert!(found.by_object.is_empty());
    }
    let text = fault("t.csv", "label,count\nA,1\nB,many\n");
    assert!(text.contains("line 3") && text.contains("many") && text.contains("whole number"), "{text}");
    assert!(fault("t.csv", "label,count\nA,-1\n").contains("whole number"));
    assert_eq!(read("t.csv", format!("label,count\nA,{0}\nA,{0}\n", u64::MAX)).counts[0].1, u64::MAX);
}

#[test]
fn light_curves_with_labels() {
    let found = read("t.csv", "oid,mjd,band,mag,mag_err,label\na,1,g,20,0.1,SN Ia\na,2,g,20,0.1,SN Ia\nb,1,r,19,0.1,AGN\n");
    assert_eq!(found.counts, pairs(&[("SN Ia", 1u64), ("AGN", 1)]));
    // No names: the file is one object.
    let found = read("star.csv", "mjd,band,mag,mag_err,class\n1,g,20,0.1,RRab\n2,g,20,0.1,RRab\n");
    assert_eq!(found.by_object, pairs(&[("star", "RRab".to_string())]));
}

#[test]
fn parquet_tables_and_corpora() {
    let ids: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), Some("b"), None]));
    let labels: ArrayRef = Arc::new(StringArray::from(vec![Some("SN Ia"), None, Some("AGN"), Some("AGN")]));
    let found = read("t.parquet", parquet(vec![("object_id", ids), ("label", labels)]));
    assert_eq!(found.counts, pairs(&[("SN Ia", 1u64), ("AGN", 2)]));
    assert_eq!((found.by_object.len(), found.unlabelled), (2, 1));
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let target: ArrayRef = Arc::new(Float64Array::from(vec![90.0, 42.0]));
    let found = read("t.parquet", parquet(vec![("object_id", ids.clone()), ("target", target)]));
    assert_eq!(found.by_object, pairs(&[("1", "90".to_string()), ("2", "42".to_string())]));
    let text = fault("t.parquet", parquet(vec![("object_id", ids)]));
    assert!(text.contains("no column of labels") && text.contains("object_id"), "{text}");
    let bytes = parquet(vec![("label", Arc::new(StringArray::from(vec!["x"; 100])) as ArrayRef)]);
    assert!(!fault("t.parquet", &bytes[..bytes.len() - 9]).is_empty());
}

#[test]
fn folders_and_bad_files() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put("a.csv", "object_id,label\na,SN Ia\nb,SN II\n");
    put("b.csv", "object_id,label\nb,SN II\nc,SN II\na,AGN\n");
    put("c.csv", "no header at all\n");
    let found = read_labels(dir.path()).unwrap();
    assert_eq!(found.counts, pairs(&[("SN Ia", 1u64), ("SN II", 2)]));
    assert_eq!((found.problems.len(), found.unreadable.len()), (1, 1));
    assert!(found.unreadable[0].to_string().contains("c.csv"));
    assert!(fault("x.csv", "").contains("empty"));
    assert!(fault("x.csv", "a,b\n1,2\n").contains("no column of labels"));
    assert!(fault("x.csv", "object_id,label\n").contains("no objects"));
    assert!(fault("x.csv", "object_id,label\na,\n").contains("no object has a label"));
    assert!(fault("x.csv", "mjd,band,mag,mag_err\n1,g,20,0.1\n").contains("no labels"));
    assert!(read_labels(Path::new("no/such/file.csv")).is_err());
    let text = fault("x.csv", "object_id,label\u{1b}[31m\na,b\n");
    assert!(!text.contains('\u{1b}'), "{text}");
}
