//! The readers on real files, against numbers worked out by other programs.

use crate::common::shared_data;
use std::path::Path;
use taxonova::lightcurve::read::{ReadError, ReadOptions, Reader, open};
use taxonova::lightcurve::{BandId, LightCurve, Photometry};

fn reader(path: &Path) -> Reader {
    open(path, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn all(path: &Path) -> Vec<LightCurve> {
    reader(path).collect::<Result<_, ReadError>>().unwrap_or_else(|e| panic!("{e}"))
}

/// Objects, points, measurements and the sum of the measurements' magnitudes.
fn totals(curves: &[LightCurve]) -> (usize, usize, usize, f64) {
    let points = || curves.iter().flat_map(|c| &c.observations);
    (curves.len(), points().count(), points().filter(|o| !o.is_limit()).count(), points().filter_map(|o| o.mag()).sum())
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}

#[test]
fn the_transients() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("ztf_transients.parquet"));
    let (objects, points, measurements, mags) = totals(&curves);
    assert_eq!((objects, points, measurements), (6749, 462_482, 234_614));
    assert!(near(mags, 4_466_732.108, 1e-3), "{mags}");
    assert!(curves.iter().all(|c| c.warnings.is_empty() && c.photometry == Photometry::Difference && c.survey == "ztf"));

    let first = &curves[0];
    assert_eq!((first.object_id.as_str(), first.label.as_deref(), first.fold), ("ZTF18abmasep", Some("SLSN-I"), Some(7)));
    assert_eq!(first.extra("five_class"), Some("SLSN-I"));
    assert_eq!(first.extra("source"), Some("alerce"));
    assert_eq!((first.observations.len(), first.n_measurements()), (2190, 2190 - 1679));
    let (a, b) = (&first.observations[0], first.observations.last().unwrap());
    assert_eq!((a.mjd, a.band), (58323.423, BandId::ZTF_G));
    assert!(near(a.limit_mag().unwrap(), 20.617, 1e-9));
    assert_eq!((b.mjd, b.band), (61009.098, BandId::ZTF_R));
    assert!(near(b.mag().unwrap(), 19.666, 1e-9) && near(b.mag_err().unwrap(), 0.2, 1e-9));
    let last = curves.last().unwrap();
    assert_eq!((last.object_id.as_str(), last.extra("five_class")), ("AT2024qab", None));
}

#[test]
fn the_variables() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("variables.parquet"));
    let (objects, points, measurements, mags) = totals(&curves);
    // 2,237,526 points, of which 1,615 repeat a time and band.
    assert_eq!((objects, points, measurements), (7758, 2_235_911, 2_235_911));
    assert!(near(mags, 37_444_580.657, 0.3), "{mags}");
    assert!(curves.iter().all(|c| c.photometry == Photometry::Total && c.observations.iter().all(|o| o.band.is_known())));
    let dwarf_nova = curves.last().unwrap();
    assert_eq!((dwarf_nova.object_id.as_str(), dwarf_nova.label.as_deref()), ("OGLE-BLG-DN-0623", Some("Dwarf nova")));
    assert_eq!((dwarf_nova.observations[0].mjd, dwarf_nova.observations[0].band.name()), (52133.0641, "ogle/I"));
    assert_eq!(dwarf_nova.extra("period_d"), None);
    let cepheid = &curves[0];
    assert!(near(cepheid.extra("period_d").unwrap().parse().unwrap(), 2.2671374710397876, 1e-15));
}

#[test]
fn one_alert() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("formats/ztf_alert.avro"));
    let [alert] = curves.as_slice() else { panic!("{} objects", curves.len()) };
    assert_eq!((alert.object_id.as_str(), alert.photometry, alert.origin.format), ("ZTF17aaajnnn", Photometry::Difference, "ztf-avro"));
    // One detection, and eleven earlier nights on which nothing was seen.
    assert_eq!((alert.observations.len(), alert.n_measurements()), (12, 1));
    let (a, b) = (&alert.observations[0], &alert.observations[11]);
    assert!(near(a.mjd, 58224.20123839984, 1e-9) && near(a.limit_mag().unwrap(), 18.8346004486084, 1e-9));
    assert!(near(b.mjd, 58226.2635764, 1e-9) && near(b.mag().unwrap(), 18.36185646057129, 1e-9));
    assert!(near(b.mag_err().unwrap(), 0.09404050558805466, 1e-9));
    assert!(alert.observations.iter().all(|o| o.band == BandId::ZTF_R));
    assert!(alert.warnings.is_empty(), "{:?}", alert.warnings);
}

#[test]
fn detections_from_alerce() {
    let Some(dir) = shared_data() else { return };
    let curves = all(&dir.join("formats/alerce_detections.csv"));
    let [object] = curves.as_slice() else { panic!("{} objects", curves.len()) };
    assert_eq!((object.object_id.as_str(), object.origin.format, object.survey.as_str()), ("alerce_detections", "alerce-csv", "ztf"));
    assert_eq!((object.observations.len(), object.photometry), (135, Photometry::Difference));
    let count = |band| object.observations.iter().filter(|o| o.band == band).count();
    assert_eq!((count(BandId::ZTF_G), count(BandId::ZTF_R)), (66, 69));
    assert_eq!(object.observations.iter().filter(|o| o.flux_ujy > 0.0).count(), 20);
    let (a, b) = (&object.observations[0], object.observations.last().unwrap());
    assert!(near(a.mjd, 58277.37027780013, 1e-9) && near(b.mjd, 58991.43785879994, 1e-9));
    // 10^(0.4 (23.9 - 19.683056)), below the reference.
    assert!(near(a.flux_ujy, -48.61581827972196, 1e-9), "{}", a.flux_ujy);
}
