//! JSON of brokers and catalogues, in the shapes that their public schemas describe.

use super::super::*;
use crate::lightcurve::Warning;

/// As ALeRCE's ZTF API answers `lightcurve`: detections and limits.
pub(super) static ALERCE: &str = r#"{"detections":[
  {"oid":"ZTF20x","candid":"1","mjd":59000.5,"fid":1,"magpsf":18.9,"sigmapsf":0.1,"isdiffpos":1,"diffmaglim":20.1},
  {"oid":"ZTF20x","candid":"2","mjd":59001.5,"fid":2,"magpsf":18.9,"sigmapsf":0.1,"isdiffpos":-1,"diffmaglim":20.1}],
 "non_detections":[{"mjd":58999.5,"fid":1,"diffmaglim":20.5}]}"#;
/// As ALeRCE's newer API answers `detections`.
pub(super) static ALERCE_NEW: &str = r#"[{"aid":"AL1","oid":"ZTF20y","mjd":59000.5,"fid":"g","mag":18.9,"e_mag":0.1,"isdiffpos":1,"mag_corr":NaN},
  {"aid":"AL1","oid":"ZTF20y","mjd":59002.5,"fid":2,"mag":19.0,"e_mag":0.2,"isdiffpos":-1,"mag_corr":null}]"#;
/// As Lasair's `lightcurves` answers: limits are candidates without magpsf.
pub(super) static LASAIR: &str = r#"[{"objectId":"ZTF21a","objectData":{"ncand":1},"candidates":[
  {"candid":7,"jd":2459001.0,"fid":1,"magpsf":18.9,"sigmapsf":0.1,"isdiffpos":"t"},
  {"jd":2459000.0,"fid":2,"diffmaglim":20.5}]},
  {"diaObjectId":123456789012345678,"diaSourcesList":[{"midpointMjdTai":61000.5,"band":"r","psfFlux":-2000.0,"psfFluxErr":100.0}],
   "diaForcedSourcesList":[{"midpointMjdTai":61000.5,"band":"r","psfFlux":-1990.0,"psfFluxErr":100.0},
                           {"midpointMjdTai":61001.5,"band":"y","psfFlux":10.0,"psfFluxErr":100.0}]}]"#;
/// As the catalogue's SCHEMA.md describes entries: numbers are strings.
pub(super) static OSC: &str = r#"{"SN2011zz":{"schema":"x","name":"SN2011zz","alias":[{"value":"SN2011zz"}],
  "claimedtype":[{"value":"Ia","source":"1"},{"value":"Ia-91T"}],
  "photometry":[
   {"time":"55800.5","u_time":"MJD","band":"V","magnitude":"18.88","e_magnitude":"0.1","system":"Vega"},
   {"time":"55801.5","u_time":"MJD","band":"U","magnitude":"17.88","e_magnitude":"0.1","system":"Swift","instrument":"UVOT","telescope":"Swift"},
   {"time":"55802.5","u_time":"MJD","band":"r","magnitude":"18.9","e_magnitude":"0.1","system":"AB"},
   {"time":"55790.5","u_time":"MJD","band":"g","magnitude":"21","upperlimit":true,"upperlimitsigma":"5","system":"AB","instrument":"ZTF-Cam"},
   {"time":"55803.5","u_time":"MJD","band":"B","magnitude":"18.0"},
   {"time":"55803.5","frequency":"8.4","u_frequency":"GHz","fluxdensity":"3","u_fluxdensity":"µJy"},
   {"time":"55803.5","energy":["0.3","10"],"countrate":"1"},
   {"time":"55804.5","band":"K","magnitude":"15.0","e_magnitude":"0.1","system":"Vega"}]}}"#;
pub(super) static GENERIC: &str = r#"{"object_id":"a","label":"SN Ia","photometry":"difference","note":"x","mjd":[58000.5,58001.5],"band":["g","r"],"mag":[18.9,null],"mag_err":[0.1,null],"lim_mag":[null,20.5]}
{"object_id":7,"label":null,"photometry":"total","note":null,"mjd":[58000.5],"band":["F606W"],"mag":["18.9"],"mag_err":[0.1],"lim_mag":[null]}
"#;

pub(super) fn read(text: &str) -> (Vec<LightCurve>, Vec<String>, &'static str) {
    let reader = open_bytes("dir/file.json", text.as_bytes(), &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    let name = reader.format().name;
    let (mut curves, mut errors) = (Vec::new(), Vec::new());
    for item in reader.take(1000) {
        match item {
            Ok(curve) => curves.push(curve),
            Err(e) => errors.push(e.to_string()),
        }
    }
    (curves, errors, name)
}

/// Magnitude 18.9 is 100 uJy.
fn is_100(flux: f64) -> bool {
    (flux - 100.0).abs() < 1e-9
}

#[test]
fn alerce() {
    let (curves, errors, name) = read(ALERCE);
    assert_eq!((curves.len(), errors.len(), name), (1, 0, "alerce-json"));
    let c = &curves[0];
    assert_eq!((c.object_id.as_str(), c.photometry, c.survey.as_str()), ("ZTF20x", Photometry::Difference, "ztf"));
    assert_eq!(
        c.observations.iter().map(|o| (o.mjd, o.band.name())).collect::<Vec<_>>(),
        [(58999.5, "ztf/g"), (59000.5, "ztf/g"), (59001.5, "ztf/r")]
    );
    assert!((c.observations[0].limit_mag().unwrap() - 20.5).abs() < 1e-9);
    assert!(is_100(c.observations[1].flux_ujy) && is_100(-c.observations[2].flux_ujy));

    let (curves, errors, name) = read(ALERCE_NEW);
    assert_eq!((curves.len(), errors.len(), name), (1, 0, "alerce-json"));
    assert_eq!((curves[0].object_id.as_str(), curves[0].observations.len()), ("ZTF20y", 2));
    assert!(is_100(curves[0].observations[0].flux_ujy) && curves[0].observations[1].flux_ujy < 0.0);
}

#[test]
fn lasair() {
    let (curves, errors, name) = read(LASAIR);
    assert_eq!((curves.len(), errors.len(), name), (2, 0, "lasair-json"), "{errors:?}");
    assert_eq!((curves[0].object_id.as_str(), curves[0].observations.len()), ("ZTF21a", 2));
    assert_eq!(curves[0].observations[0].mjd, 58999.5);
    assert!(curves[0].observations[0].is_limit() && is_100(curves[0].observations[1].flux_ujy));
    assert_eq!((curves[1].object_id.as_str(), curves[1].survey.as_str()), ("123456789012345678", "lsst"));
    let points: Vec<_> = curves[1].observations.iter().map(|o| (o.band.name(), o.flux_ujy)).collect();
    assert_eq!(points, [("lsst/r", -2.0), ("lsst/y", 0.01)]);
    assert!(curves[1].warnings.contains(&Warning::DroppedRepeats(1)));
}

#[test]
fn open_supernova_catalog() {
    let (curves, errors, name) = read(OSC);
    assert_eq!((curves.len(), errors.len(), name), (1, 0, "osc-json"), "{errors:?}");
    let c = &curves[0];
    assert_eq!((c.object_id.as_str(), c.label.as_deref(), c.photometry), ("SN2011zz", Some("Ia"), Photometry::Difference));
    let points: Vec<_> = c.observations.iter().map(|o| (o.mjd, o.band.name())).collect();
    assert_eq!(points, [(55790.5, "ztf/g"), (55800.5, "V"), (55801.5, "swift/U"), (55802.5, "sdss/r")]);
    assert!((c.observations[0].limit_mag().unwrap() - 21.0).abs() < 1e-9);
    // 18.88 + 0.02 and 17.88 + 1.02 are both AB 18.9.
    assert!(c.observations[1..].iter().all(|o| is_100(o.flux_ujy)));
    let dropped: usize = c.warnings.iter().map(|w| if let Warning::DroppedByRule { n, .. } = w { *n } else { 0 }).sum();
    assert_eq!(dropped, 4, "{:?}", c.warnings);
}

#[test]
fn generic() {
    for text in [GENERIC.to_string(), format!("[{}]", GENERIC.trim().replace('\n', ","))] {
        let (curves, errors, name) = read(&text);
        assert_eq!((curves.len(), errors.len(), name), (2, 0, "json"), "{errors:?}");
        let (a, b) = (&curves[0], &curves[1]);
        assert_eq!((a.object_id.as_str(), a.label.as_deref(), a.extra("note"), a.observations.len()), ("a", Some("SN Ia"), Some("x"), 2));
        assert!(is_100(a.observations[0].flux_ujy) && a.observations[1].is_limit());
        assert_eq!((b.object_id.as_str(), b.photometry, b.observations[0].band.name()), ("7", Photometry::Total, "F606W"));
    }
    let rows = "{\"mjd\":1.5,\"band\":\"g\",\"mag\":18.9,\"mag_err\":0.1}\n{\"mjd\":2.5,\"band\":\"g\",\"mag\":18.9,\"mag_err\":0.1}\n";
    let (curves, errors, _) = read(rows);
    assert_eq!((curves.len(), errors.len()), (1, 0));
    assert_eq!((curves[0].object_id.as_str(), curves[0].observations.len()), ("file", 2));
}

#[test]
fn faults_are_named() {
    let cases = [
        (ALERCE.replace("\"mjd\":59001.5,", ""), "detections[1]", "mjd"),
        (ALERCE.replace("59001.5", "\"soon\""), "detections[1].mjd", "\"soon\""),
        (ALERCE.replace("59001.5", "{}"), "detections[1].mjd", "an object"),
        (ALERCE[..ALERCE.len() / 2].to_string(), "row 1", "cut off"),
        (OSC.replace("\"18.88\"", "\"faint\""), "SN2011zz.photometry[0].magnitude", "faint"),
        (OSC.replace("\"photometry\"", "\"spectra\""), "SN2011zz", "no photometry"),
        (GENERIC.replace("[58000.5,58001.5]", "[58000.5]"), "row 1", "lists of one length"),
        (GENERIC.replace("[58000.5,58001.5]", "[58000.5,true]"), "field mjd", "true"),
        (GENERIC.replace(",\"mag_err\":[0.1,null],\"lim_mag\":[null,20.5]", ""), "row 1", "mag_err"),
    ];
    for (text, place, word) in cases {
        let (_, errors, _) = read(&text);
        assert!(errors.iter().any(|e| e.contains(place) && e.contains(word)), "{place}, {word}: {errors:?}");
    }
    // Dates beyond reason, negative errors and infinities are dropped and counted.
    let odd = ALERCE.replace("59000.5", "1e30").replace("0.1,\"isdiffpos\":-1", "-0.1,\"isdiffpos\":-1").replace("20.5", "Infinity");
    let (curves, errors, _) = read(&odd);
    assert!(errors.is_empty());
    assert_eq!(curves[0].observations.len(), 0);
    for w in [Warning::DroppedBadTime(1), Warning::DroppedBadError(1), Warning::DroppedNotFinite(1)] {
        assert!(curves[0].warnings.contains(&w), "{w:?}: {:?}", curves[0].warnings);
    }
}

#[test]
fn other_json_and_pages_are_named() {
    for (text, word) in [("{\"type\":\"FeatureCollection\"}", "type"), ("<html><body></body></html>", "HTML"), ("[1, 2]", "JSON")] {
        let e = open_bytes("x.json", text.as_bytes(), &ReadOptions::default()).err().unwrap().to_string();
        assert!(e.contains(word), "{e}");
    }
}
