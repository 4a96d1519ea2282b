//! The machinery, and Parquet with one row per object.

mod avro;
mod fits;
mod fuzz;
mod fuzz_binary;
mod json;
mod large;
mod lines;
mod lsst;
mod packed;
mod tables;
mod text;
mod votable;

use super::*;
use crate::lightcurve::{BandId, Warning};
use arrow::array::*;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

/// A Parquet file of these columns.
pub(super) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn lists(rows: &[&[Option<f64>]]) -> ArrayRef {
    Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows.iter().map(|r| Some(r.iter().copied()))))
}

fn large_text_lists(rows: &[&[&str]]) -> ArrayRef {
    let mut builder = LargeListBuilder::new(StringBuilder::new());
    for row in rows {
        row.iter().for_each(|v| builder.values().append_value(v));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn null_lists(lengths: &[usize]) -> ArrayRef {
    let field = Arc::new(Field::new("element", DataType::Null, true));
    let offsets = arrow::buffer::OffsetBuffer::from_lengths(lengths.iter().copied());
    Arc::new(ListArray::new(field, offsets, Arc::new(NullArray::new(lengths.iter().sum())), None))
}

pub(super) fn corpus() -> Vec<u8> {
    let s = Some;
    parquet(vec![
        ("object_id", Arc::new(LargeStringArray::from(vec!["a", "b", "c", ""]))),
        ("label", Arc::new(StringArray::from(vec![Some("SN Ia"), None, Some(""), None]))),
        ("survey", Arc::new(StringArray::from(vec![Some("ztf"), Some("lsst"), None, None]))),
        ("photometry", Arc::new(StringArray::from(vec![Some("difference"), Some("total"), None, None]))),
        ("mjd", lists(&[&[s(58001.0), s(58000.0), s(58002.0)], &[s(1.0), s(2.0)], &[s(5.0)], &[s(1.0)]])),
        ("band", large_text_lists(&[&["g", "r", "g"], &["g", "r"], &["F606W"], &["g"]])),
        ("mag", lists(&[&[s(18.9), None, s(f64::NAN)], &[s(20.0), s(21.0)], &[s(18.9)], &[s(1.0)]])),
        ("mag_err", lists(&[&[s(0.1), None, None], &[s(0.1)], &[s(0.1)], &[s(0.1)]])),
        ("lim_mag", lists(&[&[None, s(20.5), None], &[None, None], &[None], &[None]])),
        ("five_class", Arc::new(StringArray::from(vec![Some("SN Ia"), None, None, None]))),
        ("period_d", Arc::new(Float64Array::from(vec![None, Some(2.5), Some(f64::NAN), None]))),
        ("fold", Arc::new(PrimitiveArray::<Int64Type>::from(vec![Some(7), None, Some(-1), None]))),
    ])
}

#[test]
fn one_row_per_object() {
    let mut reader = open_bytes("<c>", corpus(), &ReadOptions::default()).unwrap();
    assert_eq!(reader.format().name, "parquet");
    let a = reader.next().unwrap().unwrap();
    assert_eq!((a.object_id.as_str(), a.label.as_deref(), a.survey.as_str(), a.fold), ("a", Some("SN Ia"), "ztf", Some(7)));
    assert_eq!(a.photometry, Photometry::Difference);
    assert_eq!(a.observations.len(), 2);
    assert!((a.observations[0].limit_mag().unwrap() - 20.5).abs() < 1e-9);
    assert_eq!((a.observations[0].mjd, a.observations[0].band), (58000.0, BandId::ZTF_R));
    // 10^(0.4 (23.9 - 18.9)) = 100 uJy.
    assert!((a.observations[1].flux_ujy - 100.0).abs() < 1e-9);
    assert_eq!(a.warnings, [Warning::DroppedNotFinite(1), Warning::Unsorted]);
    assert_eq!(a.extra, [("five_class".to_string(), "SN Ia".to_string())]);
    assert_eq!(a.origin.path.as_os_str(), "<c>");

    let e = reader.next().unwrap().unwrap_err();
    assert_eq!(e.to_string(), "<c>: row 2: object b: 2 times but 1 values of mag_err; expected lists of equal length");

    let c = reader.next().unwrap().unwrap();
    assert_eq!((c.label, c.fold, c.extra.len(), c.photometry), (None, None, 0, Photometry::Total));
    assert_eq!(c.warnings, [Warning::UnknownBand("F606W".into()), Warning::Other("photometry not stated: taken as total".into())]);

    let e = reader.next().unwrap().unwrap_err();
    assert_eq!((e.place, e.found.as_str()), (Place::Row(4), "no object_id"));
    assert!(reader.next().is_none());
    assert!(reader.next().is_none());
}

#[test]
fn null_lists_fluxes_and_numbers_for_names() {
    let floats = ListArray::from_iter_primitive::<arrow::datatypes::Float32Type, _, _>([Some([Some(-3.0f32), Some(4.0)])]);
    let bytes = parquet(vec![
        ("id", Arc::new(PrimitiveArray::<Int64Type>::from(vec![42]))),
        ("jd", lists(&[&[Some(2_458_000.5), Some(2_458_001.5)]])),
        ("fid", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), Some(3)])]))),
        ("flux_ujy", Arc::new(floats)),
        ("flux_err", lists(&[&[Some(1.0), Some(0.0)]])),
        ("lim_mag", null_lists(&[2])),
    ]);
    let all: Vec<_> = open_bytes("x", bytes, &ReadOptions::default()).unwrap().collect();
    let [Ok(lc)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((lc.object_id.as_str(), lc.photometry), ("42", Photometry::Difference));
    assert_eq!(lc.observations.len(), 1);
    assert_eq!((lc.observations[0].mjd, lc.observations[0].flux_ujy, lc.observations[0].band), (58000.0, -3.0, BandId::ZTF_G));
    assert_eq!(lc.warnings, [Warning::DroppedBadError(1)]);
}

fn refused(name: &str, bytes: &[u8]) -> String {
    match open_bytes(name, bytes, &ReadOptions::default()) {
        Err(e) => e.to_string(),
        Ok(mut r) => r.find_map(Result::err).expect("an error").to_string(),
    }
}

#[test]
fn files_that_are_no_light_curves_are_named() {
    assert!(refused("x", b"").contains("the file is empty"));
    assert!(refused("x", b"\x89PNG\r\n\x1a\n....").contains("a PNG image"));
    assert!(refused("x", b"  {\"a\": 1}").contains("JSON"));
    assert!(refused("x", b"\x1f\x8b\x08").contains("gzip"));
    assert!(refused("x", &[0, 1, 2, 255, 254, 0]).contains("no known format"));
    let e = open(Path::new("/nonexistent/a.csv"), &ReadOptions::default()).err().unwrap();
    assert_eq!(e.to_string(), "/nonexistent/a.csv: there is no such file");
    let dir = tempfile::tempdir().unwrap();
    assert!(open(dir.path(), &ReadOptions::default()).err().unwrap().to_string().contains("this is a folder"));
}

#[test]
fn parquet_with_other_columns_says_what_is_missing() {
    let flat = parquet(vec![("a\x1b", Arc::new(StringArray::from(vec!["x"]))), ("b", Arc::new(Float64Array::from(vec![1.0])))]);
    let e = refused("x", &flat);
    assert!(e.contains("a Parquet file with the columns a\\u{1b}, b") && e.contains("object_id"), "{e}");
    let partly = parquet(vec![("object_id", Arc::new(StringArray::from(vec!["x"]))), ("mjd", lists(&[&[]])), ("mag", lists(&[&[]]))]);
    let e = refused("x", &partly);
    assert!(e.contains("object_id, mjd, mag") && e.contains("lists band") && e.contains("lists mag_err"), "{e}");
    let wrong = parquet(vec![
        ("object_id", Arc::new(StringArray::from(vec!["x"]))),
        ("mjd", lists(&[&[Some(1.0)]])),
        ("band", lists(&[&[Some(1.0)]])),
        ("mag", large_text_lists(&[&["18"]])),
        ("mag_err", lists(&[&[Some(1.0)]])),
    ]);
    let e = refused("x", &wrong);
    assert!(e.contains("field mag") && e.contains("expected lists of numbers"), "{e}");
    let empty = parquet(vec![
        ("object_id", Arc::new(StringArray::from(Vec::<&str>::new()))),
        ("mjd", lists(&[])),
        ("band", large_text_lists(&[])),
        ("mag", lists(&[])),
        ("mag_err", lists(&[])),
    ]);
    assert!(refused("x", &empty).contains("there are no rows"));
}

#[test]
fn a_cut_parquet_file_is_an_error() {
    let whole = corpus();
    for keep in [4, 8, 100, whole.len() / 2, whole.len() - 1] {
        let e = refused("cut.parquet", &whole[..keep]);
        assert!(e.starts_with("cut.parquet: ") && e.contains("cannot be read"), "{keep}: {e}");
    }
}

#[test]
fn a_stream_of_parquet_is_bounded() {
    let options = ReadOptions { max_bytes: 100, ..ReadOptions::default() };
    let stream = || Box::new(std::io::Cursor::new(corpus()));
    let e = open_stream("-", stream(), &options).err().unwrap();
    assert!(e.to_string().contains("save it as a plain file"), "{e}");
    assert_eq!(open_stream("-", stream(), &ReadOptions::default()).unwrap().count(), 4);
}
