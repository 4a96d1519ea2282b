//! Parquet with one row per observation, and with one row per alert.

use super::super::*;
use super::parquet;
use crate::lightcurve::{BandId, Warning};
use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int32Type};
use std::sync::Arc;

fn doubles(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn read(bytes: Vec<u8>) -> Vec<Result<LightCurve, ReadError>> {
    open_bytes("dir/t.parquet", bytes, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}")).collect()
}

fn refused(bytes: Vec<u8>) -> String {
    open_bytes("t.parquet", bytes, &ReadOptions::default()).err().map(|e| e.to_string()).unwrap_or_default()
}

/// Two objects whose rows alternate; bands are a dictionary, ids are numbers.
pub(super) fn long() -> Vec<u8> {
    let bands: DictionaryArray<Int32Type> = ["r", "g", "g", "r", "Y"].into_iter().collect();
    parquet(vec![
        ("SNID", Arc::new(Int64Array::from(vec![9_007_199_254_740_993, 2, 9_007_199_254_740_993, 2, 9_007_199_254_740_993]))),
        ("MJD", doubles(&[Some(60002.0), Some(60000.0), Some(60001.0), Some(60000.5), None])),
        ("BAND", Arc::new(bands)),
        ("FLUXCAL", Arc::new(Float32Array::from(vec![Some(10.0), Some(-4.0), Some(1.0), None, Some(1.0)]))),
        ("FLUXCALERR", Arc::new(Float32Array::from(vec![1.0, 1.0, 2.0, 1.0, 1.0]))),
        ("survey", texts(&[Some("lsst"), None, Some("lsst"), None, Some("lsst")])),
        ("z", doubles(&[Some(0.5), Some(0.1), Some(0.5), Some(0.2), Some(0.5)])),
        ("stamp", Arc::new(BinaryArray::from(vec![b"x".as_slice(); 5]))),
    ])
}

#[test]
fn rows_of_an_object_merge_wherever_they_lie() {
    let all = read(long());
    let [Ok(a), Ok(b)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((a.object_id.as_str(), b.object_id.as_str(), a.origin.format), ("9007199254740993", "2", "long-parquet"));
    let points: Vec<(f64, &str)> = a.observations.iter().map(|o| (o.mjd, o.band.name())).collect();
    assert_eq!((points, a.photometry), (vec![(60001.0, "lsst/g"), (60002.0, "lsst/r")], Photometry::Difference));
    // Zero point 27.5: 10 is magnitude 25; 1 sigma of 1 is 0.10857 mag there.
    assert!((a.observations[1].mag().unwrap() - 25.0).abs() < 1e-9 && (a.observations[1].mag_err().unwrap() - 0.108_573_620).abs() < 1e-8);
    assert_eq!(a.extra, [("z".to_string(), "0.5".to_string())]);
    assert!(a.warnings.contains(&Warning::DroppedNotFinite(1)) && b.warnings.contains(&Warning::DroppedNotFinite(1)));
    assert_eq!((b.observations.len(), b.observations[0].band, b.extra.len()), (1, BandId::ZTF_G, 0));
}

#[test]
fn detections_from_alerce() {
    let bytes = parquet(vec![
        ("oid", texts(&[Some("ZTF1"), Some("ZTF2"), Some("ZTF1"), Some("ZTF1"), None, Some("ZTF2")])),
        ("mjd", doubles(&[Some(2.0), Some(1.0), Some(1.0), Some(2.0), Some(1.0), Some(3.0)])),
        ("fid", Arc::new(Int64Array::from(vec![1, 2, 3, 1, 1, 1]))),
        ("isdiffpos", doubles(&[Some(1.0), Some(-1.0), Some(1.0), Some(1.0), Some(1.0), Some(7.0)])),
        ("magpsf", Arc::new(Float32Array::from(vec![18.0, 19.0, 20.0, 17.0, 18.0, 18.0]))),
        ("sigmapsf", Arc::new(Float32Array::from(vec![0.1f32; 6]))),
        ("dubious", Arc::new(BooleanArray::from(vec![false; 6]))),
    ]);
    let all = read(bytes);
    let faults: Vec<String> = all.iter().filter_map(|i| i.as_ref().err()).map(|e| e.to_string()).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("row 5, field oid: no name") && faults[1].contains("row 6, field isdiffpos: \"7.0\""), "{faults:?}");
    let curves: Vec<&LightCurve> = all.iter().flatten().collect();
    let [a, b] = curves.as_slice() else { panic!("{all:?}") };
    assert_eq!((a.origin.format, a.survey.as_str(), a.extra.len(), a.photometry), ("alerce-parquet", "ztf", 0, Photometry::Difference));
    let points: Vec<(f64, BandId)> = a.observations.iter().map(|o| (o.mjd, o.band)).collect();
    assert_eq!(points, [(1.0, BandId::ZTF_I), (2.0, BandId::ZTF_G)]);
    assert!((a.observations[1].mag().unwrap() - 18.0).abs() < 1e-6 && a.warnings.contains(&Warning::DroppedRepeats(1)));
    // 10^(0.4 (23.9 - 19)) = 91.2 uJy below the reference.
    assert!((b.observations[0].flux_ujy + 91.201_083_935_590_97).abs() < 1e-6);
}

#[test]
fn long_tables_that_lack_something() {
    let e = refused(parquet(vec![
        ("oid", texts(&[Some("a")])),
        ("mjd", doubles(&[Some(1.0)])),
        ("band", texts(&[Some("g")])),
        ("mag", doubles(&[Some(1.0)])),
    ]));
    assert!(e.contains("the columns are oid, mjd, band, mag; expected these as well: mag_err"), "{e}");
    let columns = |mag: ArrayRef| {
        vec![
            ("oid", texts(&[Some("a")])),
            ("mjd", doubles(&[Some(1.0)])),
            ("band", texts(&[Some("g")])),
            ("mag", mag),
            ("mag_err", doubles(&[Some(1.0)])),
        ]
    };
    let e = refused(parquet(columns(texts(&[Some("18")]))));
    assert!(e.contains("field mag: values of type Utf8; expected numbers"), "{e}");
    let all = read(parquet(columns(doubles(&[Some(f64::INFINITY)]))));
    assert_eq!(all[0].as_ref().unwrap().warnings[0], Warning::DroppedNotFinite(1));
    // Too much to keep.
    let n = 20_000;
    let ids: Vec<String> = (0..n).map(|i| i.to_string()).collect();
    let table = parquet(vec![
        ("oid", Arc::new(StringArray::from(ids))),
        ("mjd", doubles(&vec![Some(1.0); n])),
        ("band", texts(&vec![Some("g"); n])),
        ("mag", doubles(&vec![Some(18.0); n])),
        ("mag_err", doubles(&vec![Some(0.1); n])),
    ]);
    let options = ReadOptions { max_bytes: 1_000_000, ..ReadOptions::default() };
    let errors: Vec<String> = open_bytes("x", table, &options).unwrap().filter_map(Result::err).map(|e| e.to_string()).collect();
    assert!(errors.len() == 1 && errors[0].contains("too much to keep in memory"), "{errors:?}");
}

/// The fields of a point: JD, filter, magnitude with its sign (none: a limit), limit.
type Point = (f64, i32, Option<(f32, &'static str)>, f32);

fn records(points: &[Point]) -> (Fields, Vec<ArrayRef>) {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("jd", Arc::new(Float64Array::from_iter_values(points.iter().map(|p| p.0)))),
        ("fid", Arc::new(Int32Array::from_iter_values(points.iter().map(|p| p.1)))),
        ("programid", Arc::new(Int32Array::from(vec![1; points.len()]))),
        ("diffmaglim", Arc::new(Float32Array::from_iter_values(points.iter().map(|p| p.3)))),
        ("isdiffpos", Arc::new(StringArray::from_iter(points.iter().map(|p| p.2.map(|m| m.1))))),
        ("magpsf", Arc::new(Float32Array::from_iter(points.iter().map(|p| p.2.map(|m| m.0))))),
        ("sigmapsf", Arc::new(Float32Array::from_iter(points.iter().map(|p| p.2.map(|_| 0.125))))),
    ];
    let fields: Vec<Field> = columns.iter().map(|(n, a)| Field::new(*n, a.data_type().clone(), true)).collect();
    (fields.into(), columns.into_iter().map(|c| c.1).collect())
}

/// Three alerts, of which the second has no history and the third repeats that of the first.
pub(super) fn alerts() -> Vec<u8> {
    let candidates =
        [(2458002.5, 1, Some((18.0, "t")), 20.5), (2458002.5, 3, Some((19.0, "1")), 20.5), (2458003.5, 1, Some((17.5, "t")), 20.5)];
    let old: [Point; 2] = [(2458000.5, 2, None, 20.5), (2458001.5, 1, Some((18.5, "f")), 20.5)];
    let (fields, columns) = records(&candidates);
    let candidate = StructArray::new(fields, columns, None);
    // A limit at the time of a detection gives way to it.
    let (fields, columns) = records(&[old[0], old[1], old[0], old[1], candidates[0], (2458003.5, 1, None, 20.5)]);
    let history = ListArray::new(
        Arc::new(Field::new("element", DataType::Struct(fields.clone()), true)),
        OffsetBuffer::from_lengths([2, 0, 4]),
        Arc::new(StructArray::new(fields, columns, None)),
        Some(NullBuffer::from(vec![true, false, true])),
    );
    let stamp = StructArray::from(vec![(
        Arc::new(Field::new("stampData", DataType::Binary, true)),
        Arc::new(BinaryArray::from(vec![b"stamp".as_slice(); 3])) as ArrayRef,
    )]);
    parquet(vec![
        ("objectId", texts(&[Some("ZTF1"), Some("ZTF2"), Some("ZTF1")])),
        ("candidate", Arc::new(candidate)),
        ("prv_candidates", Arc::new(history)),
        ("cutoutScience", Arc::new(stamp)),
    ])
}

#[test]
fn nested_alerts_merge() {
    let all = read(alerts());
    let [Ok(a), Ok(b)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((a.object_id.as_str(), a.origin.format, a.survey.as_str()), ("ZTF1", "fink-parquet", "ztf"));
    let points: Vec<(f64, f64)> =
        a.observations.iter().map(|o| (o.mjd, o.flux_ujy.signum() * f64::from(u8::from(!o.is_limit())))).collect();
    assert_eq!(points, [(58000.0, 0.0), (58001.0, -1.0), (58002.0, 1.0), (58003.0, 1.0)]);
    assert!((a.observations[0].limit_mag().unwrap() - 20.5).abs() < 1e-6 && a.observations[0].band == BandId::ZTF_R);
    assert!((a.observations[3].mag().unwrap() - 17.5).abs() < 1e-9 && (a.observations[3].mag_err().unwrap() - 0.125).abs() < 1e-9);
    assert_eq!(a.warnings, [Warning::DroppedRepeats(4)]);
    assert_eq!((b.observations.len(), b.observations[0].band, b.warnings.len()), (1, BandId::ZTF_I, 0));
}

#[test]
fn alerts_of_another_nesting() {
    let (fields, columns) = records(&[(1.0, 1, None, 20.0)]);
    let without: Vec<usize> = (0..fields.len()).filter(|&i| fields[i].name() != "magpsf").collect();
    let fewer =
        StructArray::new(without.iter().map(|&i| fields[i].clone()).collect(), without.iter().map(|&i| columns[i].clone()).collect(), None);
    let id = || ("objectId", texts(&[Some("a")]));
    let e = refused(parquet(vec![id(), ("candidate", Arc::new(fewer))]));
    assert!(e.contains("field candidate: the fields are jd, fid") && e.contains("expected these as well: magpsf"), "{e}");
    let candidate = || Arc::new(StructArray::new(fields.clone(), columns.clone(), None)) as ArrayRef;
    let e = refused(parquet(vec![id(), ("candidate", candidate()), ("prv_candidates", doubles(&[Some(1.0)]))]));
    assert!(e.contains("field prv_candidates: values of type Float64; expected records, or lists of records"), "{e}");
    let bad = StructArray::new(fields.clone(), columns.iter().map(|c| c.slice(0, 0)).collect(), None);
    let none = parquet(vec![("objectId", texts(&[])), ("candidate", Arc::new(bad))]);
    assert!(read(none)[0].as_ref().unwrap_err().to_string().contains("there are no alerts"));
    // Without a history.
    assert_eq!(read(parquet(vec![id(), ("candidate", candidate())])).len(), 1);
}
