//! The readers of binary formats on real files, against numbers worked out with astropy, pyarrow and fastavro.

use crate::common::shared_data;
use std::collections::BTreeMap;
use std::path::Path;
use taxonova::lightcurve::read::{ReadError, ReadOptions, expand, open};
use taxonova::lightcurve::{LightCurve, Photometry, Warning};

fn all(path: &Path) -> Vec<LightCurve> {
    let reader = open(path, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    reader.collect::<Result<_, ReadError>>().unwrap_or_else(|e| panic!("{e}"))
}

fn per_band(curves: &[LightCurve]) -> Vec<(&'static str, usize)> {
    let mut counts = BTreeMap::new();
    curves.iter().flat_map(|c| &c.observations).for_each(|o| *counts.entry(o.band.name()).or_insert(0) += 1);
    counts.into_iter().collect()
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}

/// Repeats that were dropped.
fn repeats(curve: &LightCurve) -> usize {
    curve.warnings.iter().map(|w| if let Warning::DroppedRepeats(n) = w { *n } else { 0 }).sum()
}

#[test]
fn an_alert_of_rubin() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("formats/lsst_alert_v4.avro"));
    let [alert] = curves.as_slice() else { panic!("{} objects", curves.len()) };
    assert_eq!(
        (alert.object_id.as_str(), alert.photometry, alert.origin.format),
        ("281323062375219201", Photometry::Difference, "lsst-avro")
    );
    // An example: its diaSource and two of its history are one point, of 1241 +- 12 nJy, at 1480360995 s.
    let [point] = alert.observations.as_slice() else { panic!("{:?}", alert.observations) };
    assert_eq!((point.band.name(), repeats(alert)), ("lsst/r", 2));
    assert!(near(point.mag().unwrap(), 23.665570546253175, 1e-9) && near(point.mag_err().unwrap(), 0.010498657902576593, 1e-9));
    assert!(near(point.mjd, 57720.8078125, 1e-9));
}

#[test]
fn detections_of_many_objects_from_alerce() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("formats/alerce_detections.parquet"));
    assert_eq!((curves.len(), per_band(&curves)), (10, vec![("ztf/g", 628), ("ztf/r", 583)]));
    // 2,586 rows, of which many repeat a time and band.
    assert_eq!(curves.iter().map(repeats).sum::<usize>(), 2586 - 1211);
    let points = || curves.iter().flat_map(|c| &c.observations);
    assert_eq!(points().filter(|o| o.flux_ujy > 0.0).count(), 461);
    let magnitudes: f64 = points().map(|o| 23.9 - 2.5 * o.flux_ujy.abs().log10()).sum();
    assert!(near(magnitudes, 20832.277057647705, 1e-6), "{magnitudes}");
    let first = &curves[0];
    assert_eq!((first.object_id.as_str(), first.observations.len(), first.origin.format), ("ZTF17aaaemke", 86, "alerce-parquet"));
    let (a, b) = (&first.observations[0], first.observations.last().unwrap());
    assert!(near(a.mjd, 58372.40190970013, 1e-9) && near(a.flux_ujy, -281.79136016736743, 1e-9), "{a:?}");
    assert!(near(b.mjd, 59107.31156249996, 1e-9) && near(b.flux_ujy, -610.9466184843006, 1e-9), "{b:?}");
    let sizes = |id: &str| curves.iter().find(|c| c.object_id == id).map(|c| c.observations.len());
    assert_eq!((sizes("ZTF17aaafyya"), sizes("ZTF17aaanxog")), (Some(334), Some(45)));
}

#[test]
fn a_long_table_of_elasticc() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("formats/elasticc_long.parquet"));
    let ids: Vec<(&str, usize)> = curves.iter().map(|c| (c.object_id.as_str(), c.observations.len())).collect();
    assert_eq!((ids.len(), ids[0], ids[9]), (10, ("9038703", 199), ("80282018", 173)));
    let mut counts: Vec<usize> = per_band(&curves).into_iter().map(|c| c.1).collect();
    counts.sort_unstable();
    // u, g, Y, z, r, i.
    assert_eq!(counts, [114, 158, 228, 318, 340, 363]);
    let sum: f64 = curves.iter().flat_map(|c| &c.observations).map(|o| o.flux_ujy).sum();
    assert!(near(sum, 4918.698347819837, 1e-6), "{sum}");
    let (a, b) = (&curves[0].observations[0], curves[9].observations.last().unwrap());
    assert!(near(a.mjd, 60330.371, 1e-9) && near(b.mjd, 61379.271, 1e-9) && b.flux_ujy < 0.0);
    let bright = &curves.iter().find(|c| c.object_id == "26560496").unwrap().observations;
    let peak = bright.iter().max_by(|a, b| a.flux_ujy.total_cmp(&b.flux_ujy)).unwrap();
    assert!(near(peak.mjd, 61154.154, 1e-9) && near(peak.mag().unwrap(), 19.315161395573753, 1e-9));
    assert!(near(peak.mag_err().unwrap(), 0.009175629275944302, 1e-9));
    assert!(curves.iter().all(|c| c.photometry == Photometry::Difference && c.origin.format == "long-parquet"));
}

#[test]
fn nested_alerts_of_fink() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("formats/fink_ztf_alerts.parquet"));
    assert_eq!((curves.len(), per_band(&curves)), (51, vec![("ztf/g", 365), ("ztf/r", 453)]));
    let points = || curves.iter().flat_map(|c| &c.observations);
    assert_eq!((points().count(), points().filter(|o| o.is_limit()).count()), (818, 752));
    assert_eq!(points().filter(|o| o.flux_ujy < 0.0).count(), 24);
    let magnitudes: f64 = points().filter(|o| !o.is_limit()).map(|o| 23.9 - 2.5 * o.flux_ujy.abs().log10()).sum();
    assert!(near(magnitudes, 976.3374404907227, 1e-6), "{magnitudes}");
    let first = &curves[0];
    assert_eq!((first.object_id.as_str(), first.observations.len(), first.n_measurements()), ("ZTF19abbsjqp", 22, 1));
    let (a, b) = (&first.observations[0], first.observations.last().unwrap());
    assert!(near(a.mjd, 58699.33253470017, 1e-9) && near(a.limit_mag().unwrap(), 20.138700485229492, 1e-9));
    assert!(near(b.mjd, 58729.18814809993, 1e-9) && near(b.mag().unwrap(), 14.43262767791748, 1e-9));
    let last = curves.last().unwrap();
    assert_eq!((last.object_id.as_str(), last.observations.len()), ("ZTF18abctdew", 22));
    assert!(
        near(last.observations[0].mjd, 58699.33208330022, 1e-9)
            && near(last.observations[0].limit_mag().unwrap(), 20.293100357055664, 1e-9)
    );
}

#[test]
fn a_pair_of_snana() {
    let Some(dir) = shared_data() else { return };
    let formats = dir.join("formats");
    let (head, phot) = (formats.join("snana_HEAD.FITS.gz"), formats.join("snana_PHOT.FITS.gz"));
    let curves = all(&head);
    let bands = ["lsst/g", "lsst/i", "lsst/r", "lsst/u", "lsst/y", "lsst/z"].map(|b| (b, 41_796));
    assert_eq!((curves.len(), per_band(&curves)), (200, bands.to_vec()));
    let sum: f64 = curves.iter().flat_map(|c| &c.observations).map(|o| o.flux_ujy).sum();
    assert!(near(sum, 45625.75043915183, 1e-6), "{sum}");
    let (first, last) = (&curves[0], curves.last().unwrap());
    assert_eq!((first.object_id.as_str(), last.object_id.as_str()), ("84882", "269213"));
    assert_eq!((first.label.as_deref(), first.survey.as_str(), first.photometry), (Some("90"), "LSST", Photometry::Difference));
    assert_eq!(first.extra("redshift_final"), Some("0.88956136"));
    assert_eq!((first.observations.len(), last.observations.len()), (1254, 1254));
    let (a, b) = (first.observations.iter().find(|o| o.band.name() == "lsst/u").unwrap(), last.observations.last().unwrap());
    assert!(near(a.mjd, 53000.0, 1e-9) && near(a.flux_ujy, 7.560516861273741e-05, 1e-15) && near(b.mjd, 53480.0, 1e-9));
    let peak = |c: &LightCurve| c.observations.iter().copied().max_by(|a, b| a.flux_ujy.total_cmp(&b.flux_ujy)).unwrap();
    assert!(near(peak(first).mag().unwrap(), 23.714511484813087, 1e-9) && peak(first).mjd == 53098.0);
    assert!(near(peak(last).mag().unwrap(), 23.5314760489035, 1e-9) && peak(last).band.name() == "lsst/i");
    assert!(curves.iter().all(|c| c.warnings.is_empty()), "{:?}", first.warnings);
    // The same from the other file; in a folder the pair is one.
    let other = all(&phot);
    assert!(other.len() == 200 && other.iter().zip(&curves).all(|(a, b)| a.observations == b.observations));
    let (files, _) = expand(&[formats]);
    assert!(files.contains(&head) && !files.contains(&phot), "{files:?}");
}
