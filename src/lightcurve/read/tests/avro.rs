//! Alert packets, written by another implementation of Avro.

use super::super::*;
use crate::lightcurve::{BandId, Warning};
use apache_avro::types::{Record, Value};
use apache_avro::{Codec, DeflateSettings, Schema, Writer};

static SCHEMA: &str = r#"{"type": "record", "name": "alert", "namespace": "ztf", "fields": [
    {"name": "objectId", "type": "string"},
    {"name": "candid", "type": "long"},
    {"name": "candidate", "type": {"type": "record", "name": "candidate", "namespace": "ztf.alert", "fields": [
        {"name": "jd", "type": "double"}, {"name": "fid", "type": "int"}, {"name": "isdiffpos", "type": "string"},
        {"name": "magpsf", "type": "float"}, {"name": "sigmapsf", "type": "float"}, {"name": "diffmaglim", "type": ["float", "null"]}]}},
    {"name": "prv_candidates", "type": ["null", {"type": "array", "items": {"type": "record", "name": "prv_candidate", "fields": [
        {"name": "jd", "type": "double"}, {"name": "fid", "type": "int"}, {"name": "isdiffpos", "type": ["string", "null"]},
        {"name": "magpsf", "type": ["float", "null"]}, {"name": "sigmapsf", "type": ["float", "null"]},
        {"name": "diffmaglim", "type": ["float", "null"]}]}}]},
    {"name": "cutoutScience", "type": ["null", {"type": "record", "name": "cutout", "fields": [
        {"name": "fileName", "type": "string"}, {"name": "stampData", "type": "bytes"}]}]},
    {"name": "cutoutTemplate", "type": ["null", "ztf.cutout"]}]}"#;

fn optional(value: Option<Value>, branch: u32) -> Value {
    match value {
        Some(v) => Value::Union(branch, Box::new(v)),
        None => Value::Union(1 - branch, Box::new(Value::Null)),
    }
}

/// A point of the history: JD, filter, magnitude with sign, limit.
type Point = (f64, i32, Option<(f32, &'static str)>, f32);

fn alert<'s>(schema: &'s Schema, id: &str, candidate: Point, history: Option<&[Point]>) -> Record<'s> {
    let mut record = Record::new(schema).unwrap();
    let (jd, fid, mag, limit) = candidate;
    let (mag, sign) = mag.unwrap();
    record.put("objectId", id);
    record.put("candid", 1i64);
    let common = |jd: f64, fid: i32| vec![("jd".to_string(), Value::Double(jd)), ("fid".to_string(), Value::Int(fid))];
    let mut fields = common(jd, fid);
    fields.push(("isdiffpos".into(), Value::String(sign.into())));
    fields.push(("magpsf".into(), Value::Float(mag)));
    fields.push(("sigmapsf".into(), Value::Float(0.125)));
    fields.push(("diffmaglim".into(), optional(Some(Value::Float(limit)), 0)));
    record.put("candidate", Value::Record(fields));
    let items = history.map(|points| {
        let item = |&(jd, fid, mag, limit): &Point| {
            let mut fields = common(jd, fid);
            fields.push(("isdiffpos".into(), optional(mag.map(|m| Value::String(m.1.into())), 0)));
            fields.push(("magpsf".into(), optional(mag.map(|m| Value::Float(m.0)), 0)));
            fields.push(("sigmapsf".into(), optional(mag.map(|_| Value::Float(0.125)), 0)));
            fields.push(("diffmaglim".into(), optional(Some(Value::Float(limit)), 0)));
            Value::Record(fields)
        };
        Value::Array(points.iter().map(item).collect())
    });
    record.put("prv_candidates", optional(items, 1));
    let stamp = Value::Record(vec![("fileName".into(), Value::String("x.fits".into())), ("stampData".into(), Value::Bytes(vec![7; 5000]))]);
    record.put("cutoutScience", optional(Some(stamp.clone()), 1));
    record.put("cutoutTemplate", optional(Some(stamp), 1));
    record
}

pub(super) fn alerts(codec: Codec) -> Vec<u8> {
    let schema = Schema::parse_str(SCHEMA).unwrap();
    let mut writer = Writer::with_codec(&schema, Vec::new(), codec);
    let history = [(2458000.5, 2, None, 20.5), (2458001.5, 1, Some((18.5, "f")), 20.5)];
    writer.append(alert(&schema, "ZTF1", (2458002.5, 1, Some((18.0, "t")), 20.5), Some(&history))).unwrap();
    writer.append(alert(&schema, "ZTF2", (2458002.5, 3, Some((19.0, "1")), 20.5), None)).unwrap();
    let history = [history[0], history[1], (2458002.5, 1, Some((18.0, "t")), 20.5)];
    writer.append(alert(&schema, "ZTF1", (2458003.5, 1, Some((17.5, "t")), 20.5), Some(&history))).unwrap();
    writer.into_inner().unwrap()
}

fn read(bytes: Vec<u8>) -> Vec<Result<LightCurve, ReadError>> {
    open_bytes("a.avro", bytes, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}")).collect()
}

#[test]
fn histories_of_one_object_are_merged() {
    for codec in [Codec::Null, Codec::Deflate(DeflateSettings::default()), Codec::Snappy] {
        let items = read(alerts(codec));
        let curves: Vec<&LightCurve> = items.iter().map(|i| i.as_ref().unwrap()).collect();
        let [a, b] = curves.as_slice() else { panic!("{} objects", curves.len()) };
        assert_eq!((a.object_id.as_str(), b.object_id.as_str(), a.survey.as_str()), ("ZTF1", "ZTF2", "ztf"));
        let points: Vec<(f64, bool)> = a.observations.iter().map(|o| (o.mjd, o.flux_ujy < 0.0)).collect();
        assert_eq!(points, [(58000.0, false), (58001.0, true), (58002.0, false), (58003.0, false)]);
        assert!((a.observations[0].limit_mag().unwrap() - 20.5).abs() < 1e-9 && a.observations[0].band == BandId::ZTF_R);
        assert!((a.observations[3].mag().unwrap() - 17.5).abs() < 1e-9 && (a.observations[3].mag_err().unwrap() - 0.125).abs() < 1e-9);
        assert_eq!((b.observations.len(), b.observations[0].band), (1, BandId::ZTF_I));
        // Two points of the first alert's history and its candidate come again in that of the third.
        assert!(a.warnings == [Warning::DroppedRepeats(3)] && a.photometry == Photometry::Difference, "{:?}", a.warnings);
    }
}

#[test]
fn a_stream_gives_every_alert_at_once() {
    let stream = Box::new(std::io::Cursor::new(alerts(Codec::Null)));
    let items: Vec<_> = open_stream("-", stream, &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    let sizes: Vec<_> = items.iter().map(|c| (c.object_id.as_str(), c.observations.len())).collect();
    assert_eq!(sizes, [("ZTF1", 3), ("ZTF2", 1), ("ZTF1", 4)]);
}

#[test]
fn cut_files_say_so() {
    let whole = alerts(Codec::Null);
    for keep in [5, 100, whole.len() / 2, whole.len() - 1] {
        let error = match open_bytes("a.avro", &whole[..keep], &ReadOptions::default()) {
            Err(e) => e,
            Ok(mut reader) => reader.find_map(Result::err).expect("an error"),
        };
        assert!(error.to_string().contains("a.avro: ") && error.expected.contains("cut off"), "{keep}: {error}");
    }
}

#[test]
fn other_records_are_no_alerts() {
    let schema = Schema::parse_str(r#"{"type": "record", "name": "survey.source", "fields": [{"name": "a", "type": "int"}]}"#).unwrap();
    let mut writer = Writer::new(&schema, Vec::new());
    writer.append(Value::Record(vec![("a".into(), Value::Int(1))])).unwrap();
    let e = open_bytes("x", writer.into_inner().unwrap(), &ReadOptions::default()).err().unwrap().to_string();
    assert!(e.contains("an Avro file of survey.source with the fields a; expected ZTF alert packets"), "{e}");
    let json = SCHEMA.replace("\"magpsf\"", "\"mag_psf\"");
    let schema = Schema::parse_str(&json).unwrap();
    let bytes = Writer::new(&schema, Vec::new()).into_inner().unwrap();
    let e = open_bytes("x", bytes, &ReadOptions::default()).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(e.contains("field candidate: the fields are jd, fid, isdiffpos, mag_psf") && e.contains("magpsf"), "{e}");
    let schema = Schema::parse_str(SCHEMA).unwrap();
    let mut writer = Writer::new(&schema, Vec::new());
    writer.append(alert(&schema, "Z", (1.0, 1, Some((1.0, "what")), 1.0), None)).unwrap();
    let items = read(writer.into_inner().unwrap());
    assert!(items[0].as_ref().unwrap_err().to_string().contains("row 1, field candidate: isdiffpos"), "{items:?}");
    let json = SCHEMA.replace("ztf.cutout", "nothing.known");
    let mut bytes = b"Obj\x01\x02\x16avro.schema".to_vec();
    let n = (json.len() as u64) << 1;
    bytes.extend([((n & 0x7f) | 0x80) as u8, (((n >> 7) & 0x7f) | 0x80) as u8, (n >> 14) as u8]);
    bytes.extend(json.as_bytes());
    bytes.extend([0; 17]);
    let e = open_bytes("x", bytes, &ReadOptions::default()).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(e.contains("unknown type nothing.known"), "{e}");
}
