//! Rubin's alert packets of several schemas, written by another implementation of Avro.

use super::super::*;
use crate::lightcurve::Warning;
use apache_avro::types::Value;
use apache_avro::{Codec, Schema, Writer};

/// A point: time, band, flux, error, whether the fit failed, when it was withdrawn.
type Point = (f64, &'static str, Option<f32>, f32, bool, Option<f64>);

fn schema(namespace: &str, old: bool) -> String {
    let [time, band, flux, err] =
        if old { ["midPointTai", "filterName", "psFlux", "psFluxErr"] } else { ["midpointMjdTai", "band", "psfFlux", "psfFluxErr"] };
    let flags = if old { "" } else { r#", {"name": "psfFlux_flag", "type": ["null", "boolean"]}"# };
    let point = format!(
        r#"{{"name": "diaObjectId", "type": ["null", "long"]}}, {{"name": "ssObjectId", "type": ["null", "long"]}},
        {{"name": "{time}", "type": "double"}}, {{"name": "{band}", "type": "string"}}, {{"name": "x", "type": "float"}},
        {{"name": "{flux}", "type": ["null", "float"]}}, {{"name": "{err}", "type": "float"}},
        {{"name": "timeWithdrawnMjdTai", "type": ["null", "double"]}}"#
    );
    format!(
        r#"{{"type": "record", "name": "alert", "namespace": "{namespace}", "fields": [
        {{"name": "alertId", "type": "long"}},
        {{"name": "diaSource", "type": {{"type": "record", "name": "diaSource", "fields": [{point}{flags}]}}}},
        {{"name": "prvDiaSources", "type": ["null", {{"type": "array", "items": "diaSource"}}]}},
        {{"name": "prvDiaForcedSources", "type": ["null", {{"type": "array", "items": {{"type": "record", "name": "diaForcedSource",
            "fields": [{point}]}}}}]}},
        {{"name": "prvDiaNondetectionLimits", "type": ["null", {{"type": "array", "items": {{"type": "record", "name": "limit", "fields": [
            {{"name": "{time}", "type": "double"}}, {{"name": "{band}", "type": "string"}}, {{"name": "diaNoise", "type": "float"}}]}}}}]}},
        {{"name": "diaObject", "type": ["null", {{"type": "record", "name": "diaObject", "fields": [
            {{"name": "diaObjectId", "type": "long"}}, {{"name": "gPSFluxMean", "type": ["null", "float"]}}]}}]}},
        {{"name": "cutoutDifference", "type": ["null", "bytes"]}}]}}"#
    )
}

fn some(value: Value) -> Value {
    Value::Union(1, Box::new(value))
}

fn none() -> Value {
    Value::Union(0, Box::new(Value::Null))
}

fn record(point: &Point, id: Option<i64>, old: bool, flags: bool) -> Value {
    let [time, band, flux, err] =
        if old { ["midPointTai", "filterName", "psFlux", "psFluxErr"] } else { ["midpointMjdTai", "band", "psfFlux", "psfFluxErr"] };
    let mut fields = vec![
        ("diaObjectId".to_string(), id.map_or_else(none, |i| some(Value::Long(i)))),
        ("ssObjectId".to_string(), none()),
        (time.to_string(), Value::Double(point.0)),
        (band.to_string(), Value::String(point.1.to_string())),
        ("x".to_string(), Value::Float(1.0)),
        (flux.to_string(), point.2.map_or_else(none, |f| some(Value::Float(f)))),
        (err.to_string(), Value::Float(point.3)),
        ("timeWithdrawnMjdTai".to_string(), point.5.map_or_else(none, |t| some(Value::Double(t)))),
    ];
    if flags && !old {
        fields.push(("psfFlux_flag".to_string(), if point.4 { some(Value::Boolean(true)) } else { none() }));
    }
    Value::Record(fields)
}

struct Packet<'a> {
    id: Option<i64>,
    object: Option<i64>,
    source: Point,
    previous: &'a [Point],
    forced: &'a [Point],
    limits: &'a [(f64, &'static str, f32)],
}

fn packets(namespace: &str, old: bool, packets: &[Packet]) -> Vec<u8> {
    let schema = Schema::parse_str(&schema(namespace, old)).unwrap();
    let mut writer = Writer::with_codec(&schema, Vec::new(), Codec::Null);
    let time = if old { ["midPointTai", "filterName"] } else { ["midpointMjdTai", "band"] };
    for p in packets {
        let points = |points: &[Point], flags| some(Value::Array(points.iter().map(|x| record(x, p.id, old, flags)).collect()));
        let limit = |l: &(f64, &str, f32)| {
            let names = [time[0], time[1], "diaNoise"].map(str::to_string);
            Value::Record(names.into_iter().zip([Value::Double(l.0), Value::String(l.1.to_string()), Value::Float(l.2)]).collect())
        };
        let object = |id| Value::Record(vec![("diaObjectId".to_string(), Value::Long(id)), ("gPSFluxMean".to_string(), none())]);
        let fields = vec![
            ("alertId".to_string(), Value::Long(1)),
            ("diaSource".to_string(), record(&p.source, p.id, old, true)),
            ("prvDiaSources".to_string(), if p.previous.is_empty() { none() } else { points(p.previous, true) }),
            ("prvDiaForcedSources".to_string(), points(p.forced, false)),
            ("prvDiaNondetectionLimits".to_string(), some(Value::Array(p.limits.iter().map(limit).collect()))),
            ("diaObject".to_string(), p.object.map_or_else(none, |id| some(object(id)))),
            ("cutoutDifference".to_string(), some(Value::Bytes(vec![1; 3000]))),
        ];
        writer.append(Value::Record(fields)).unwrap();
    }
    writer.into_inner().unwrap()
}

const ID: i64 = 281_323_062_375_219_201;

pub(super) fn new_alerts() -> Vec<u8> {
    let first = (60001.0, "r", Some(1000.0), 10.0, false, None);
    let second = (60003.0, "g", Some(-500.0), 10.0, false, None);
    packets(
        "lsst.v9_0",
        false,
        &[
            Packet {
                id: Some(ID),
                object: Some(ID),
                source: first,
                previous: &[],
                // The visit of the second alert's detection, before that is known.
                forced: &[(60003.0, "g", Some(-1.0), 20.0, false, None), (60000.0, "r", Some(3.0), 10.0, false, None)],
                limits: &[(59_999.0, "z", 200.0)],
            },
            Packet {
                id: Some(ID),
                object: None,
                source: second,
                previous: &[first, (60002.0, "r", Some(9.0), 1.0, true, None), (60002.5, "r", Some(9.0), 1.0, false, Some(60100.0))],
                forced: &[(60000.0, "r", Some(3.0), 10.0, false, None), (60000.5, "i", None, 10.0, false, None)],
                limits: &[],
            },
        ],
    )
}

#[test]
fn detections_beat_forced_photometry() {
    let all: Vec<_> = open_bytes("a.avro", new_alerts(), &ReadOptions::default()).unwrap().collect();
    let [Ok(a)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((a.object_id.as_str(), a.survey.as_str(), a.origin.format), ("281323062375219201", "lsst", "lsst-avro"));
    let points: Vec<(f64, &str, f64)> = a.observations.iter().map(|o| (o.mjd, o.band.name(), o.flux_ujy)).collect();
    assert_eq!(points, [(59_999.0, "lsst/z", 0.0), (60000.0, "lsst/r", 0.003), (60001.0, "lsst/r", 1.0), (60003.0, "lsst/g", -0.5)]);
    // One sigma of 200 nJy, five of which are a limit of 23.9 mag.
    assert!(a.observations[0].is_limit() && (a.observations[0].limit_mag().unwrap() - 23.9).abs() < 1e-6);
    let text: Vec<String> = a.warnings.iter().map(|w| w.to_string()).collect();
    // The first detection, a forced point and a forced point at a detection come again.
    assert!(a.warnings.contains(&Warning::DroppedRepeats(3)) && a.warnings.contains(&Warning::DroppedNotFinite(1)), "{text:?}");
    assert!(text.iter().any(|t| t.contains("psfFlux_flag")) && text.iter().any(|t| t.contains("timeWithdrawnMjdTai")), "{text:?}");
    assert_eq!((a.photometry, text.len()), (Photometry::Difference, 4));
    let stream = open_stream("-", Box::new(std::io::Cursor::new(new_alerts())), &ReadOptions::default()).unwrap();
    assert!(stream.flatten().count() >= 1);
}

#[test]
fn old_schemas_and_simulations() {
    let seconds = (1_480_360_995.0, "Y", Some(1241.0), 12.0, false, None);
    let one = |namespace, source| {
        let packet = Packet { id: None, object: Some(7), source, previous: &[source], forced: &[], limits: &[] };
        let all: Vec<_> = open_bytes("a.avro", packets(namespace, true, &[packet]), &ReadOptions::default()).unwrap().collect();
        all.into_iter().next().unwrap().unwrap()
    };
    let lc = one("lsst.v4_0", seconds);
    assert_eq!((lc.object_id.as_str(), lc.observations.len(), lc.observations[0].band.name()), ("7", 1, "lsst/y"));
    // 2016-11-28T19:23:15 after 1970-01-01.
    assert!((lc.observations[0].mjd - 57_720.807_812_5).abs() < 1e-9);
    assert!(lc.warnings.iter().any(|w| w.to_string().contains("seconds since 1970")) && lc.warnings.contains(&Warning::DroppedRepeats(1)));
    let lc = one("elasticc.v0_9_1", (60000.0, "g", Some(10.0), 1.0, false, None));
    // Zero point 27.5.
    assert!((lc.observations[0].mag().unwrap() - 25.0).abs() < 1e-9);
}

#[test]
fn packets_that_lack_something() {
    let json = schema("lsst.v9_0", false).replace("psfFluxErr", "psfFluxSigma");
    let bytes = Writer::new(&Schema::parse_str(&json).unwrap(), Vec::new()).into_inner().unwrap();
    let e = open_bytes("a.avro", bytes, &ReadOptions::default()).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(e.contains("field diaSource: the fields are diaObjectId") && e.contains("psfFluxErr or psFluxErr"), "{e}");
    let packet =
        Packet { id: None, object: None, source: (60001.0, "r", Some(1.0), 1.0, false, None), previous: &[], forced: &[], limits: &[] };
    let mut items = open_bytes("a.avro", packets("lsst.v9_0", false, &[packet]), &ReadOptions::default()).unwrap();
    let e = items.next().unwrap().unwrap_err().to_string();
    assert!(e.contains("row 1, field diaObject: neither a diaObjectId nor an ssObjectId"), "{e}");
    let whole = new_alerts();
    for keep in [whole.len() / 2, whole.len() - 1] {
        let mut items = open_bytes("a.avro", &whole[..keep], &ReadOptions::default()).unwrap();
        assert!(items.find_map(Result::err).unwrap().expected.contains("cut off"), "{keep}");
    }
}
