//! The readers of text formats on real files, against numbers worked out with a separate script.

use crate::common::shared_data;
use std::collections::BTreeMap;
use std::path::Path;
use taxonova::lightcurve::read::{ReadError, ReadOptions, open};
use taxonova::lightcurve::{LightCurve, Photometry, Warning};

fn one(path: &Path) -> LightCurve {
    let reader = open(path, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    let mut curves: Vec<LightCurve> = reader.collect::<Result<_, ReadError>>().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(curves.len(), 1, "{}", path.display());
    curves.remove(0)
}

fn per_band(curve: &LightCurve) -> Vec<(&'static str, usize)> {
    let mut counts = BTreeMap::new();
    curve.observations.iter().for_each(|o| *counts.entry(o.band.name()).or_insert(0) += 1);
    counts.into_iter().collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1e-3)
}

/// Sums of fluxes and errors, to ten digits.
fn sums(curve: &LightCurve, flux: f64, err: f64) -> bool {
    let sum = |f: &dyn Fn(usize) -> f64| (0..curve.observations.len()).map(f).sum::<f64>();
    let (a, b) = (sum(&|i| curve.observations[i].flux_ujy), sum(&|i| curve.observations[i].flux_err_ujy));
    near(a, flux) && near(b, err)
}

/// The point at a time in a band: flux and error.
fn at(curve: &LightCurve, mjd: f64, band: &str) -> (f64, f64) {
    let found = curve.observations.iter().find(|o| near(o.mjd, mjd) && o.band.name() == band);
    found.map(|o| (o.flux_ujy, o.flux_err_ujy)).unwrap_or_else(|| panic!("no point at {mjd} in {band}"))
}

fn dropped(rule: &str, n: usize) -> Warning {
    Warning::DroppedByRule { rule: rule.to_string(), n }
}

#[test]
fn forced_photometry_of_atlas() {
    let Some(dir) = shared_data() else { return };
    let star = one(&dir.join("formats/atlas_forced.txt"));
    assert_eq!((star.object_id.as_str(), star.origin.format), ("atlas_forced", "atlas"));
    // A star of 13 mag in reduced images; the 13 negative fluxes of 3,075 are failed fits, 21 more are absurd, and four points have no error.
    assert_eq!((star.photometry, star.observations.iter().filter(|o| o.flux_ujy < 0.0).count()), (Photometry::Total, 13));
    assert_eq!(per_band(&star), [("H", 5), ("atlas/c", 650), ("atlas/o", 2420)]);
    assert!(star.warnings.contains(&Warning::DroppedBadError(4)) && star.warnings.contains(&Warning::UnknownBand("H".into())));
    assert_eq!(at(&star, 57313.580745, "atlas/c"), (21377.0, 52.0));
    assert_eq!(at(&star, 60442.980949, "atlas/o"), (20085.0, 305.0));
    let (first, last) = (&star.observations[0], star.observations.last().unwrap());
    assert_eq!((first.mjd, last.mjd), (57313.580745, 60442.980949));
    // The file's own magnitude of the first point is 13.075.
    assert!((first.mag().unwrap() - 13.075).abs() < 0.0006);
}

#[test]
fn forced_photometry_of_ztf() {
    let Some(dir) = shared_data() else { return };
    let curve = one(&dir.join("formats/ztf_forced_photometry.txt"));
    assert_eq!((curve.photometry, curve.survey.as_str(), curve.origin.format), (Photometry::Difference, "ztf", "ztf-forced"));
    assert_eq!((per_band(&curve), curve.n_measurements()), (vec![("ztf/g", 21), ("ztf/r", 25)], 46));
    assert_eq!(curve.warnings, [dropped("infobitssci >= 33554432", 2), dropped("sciinpseeing > 4", 2)]);
    assert_eq!(curve.observations.iter().filter(|o| o.flux_ujy < 0.0).count(), 22);
    let (flux, err) = at(&curve, 59250.369085600134, "ztf/g");
    assert!(near(flux, 1.3042151063549976) && near(err, 3.0516047715117036));
    let peak = curve.observations.iter().max_by(|a, b| a.flux_ujy.total_cmp(&b.flux_ujy)).unwrap();
    assert!(near(peak.mag().unwrap(), 19.844916144383173) && near(peak.mag_err().unwrap(), 0.07706940891640353));
    assert!(near(peak.mjd, 59280.35936339991) && near(curve.observations.last().unwrap().mjd, 59280.36030089995));
    assert!(sums(&curve, 230.137777941, 190.252448086));
    assert_eq!((curve.extra("ra"), curve.extra("dec")), (Some("169.522886"), Some("18.799654")));
}

#[test]
fn a_star_of_a_ztf_data_release() {
    let Some(dir) = shared_data() else { return };
    let star = one(&dir.join("formats/irsa_ztf_dr.csv"));
    assert_eq!((star.object_id.as_str(), star.photometry, star.origin.format), ("564106300002024", Photometry::Total, "irsa-ztf"));
    assert_eq!((per_band(&star), star.warnings.as_slice()), (vec![("ztf/g", 275)], [dropped("catflags 32768", 43)].as_slice()));
    let (first, last) = (&star.observations[0], star.observations.last().unwrap());
    assert!(near(first.mjd, 58204.1509606) && near(last.mjd, 60357.2652546));
    assert!(near(first.mag().unwrap(), 14.7349491) && near(first.mag_err().unwrap(), 0.025195403));
    assert!(near(last.flux_ujy, 4484.307648838367) && near(last.flux_err_ujy, 103.3318872489316));
    assert!(sums(&star, 1189907.52291, 27448.2666339));
}

#[test]
fn supernovae_of_snana() {
    let Some(dir) = shared_data() else { return };
    let ps1 = one(&dir.join("formats/snana_ps1.dat"));
    assert_eq!((ps1.object_id.as_str(), ps1.survey.as_str(), ps1.photometry), ("PSc000345", "PS1MD", Photometry::Difference));
    assert_eq!(per_band(&ps1), [("ps1/g", 93), ("ps1/i", 92), ("ps1/r", 86), ("ps1/z", 99)]);
    assert_eq!((ps1.warnings.as_slice(), &ps1.label), ([Warning::Unsorted].as_slice(), &None));
    assert_eq!((ps1.extra("ra"), ps1.extra("redshift_final")), (Some("160.4988125"), Some("0.3422")));
    assert_eq!(ps1.observations.iter().filter(|o| o.flux_ujy < 0.0).count(), 156);
    let (flux, err) = at(&ps1, 55160.6, "ps1/z");
    assert!(near(flux, -0.7628269930719819) && near(err, 0.8228437955254795));
    let peak = ps1.observations.iter().max_by(|a, b| a.flux_ujy.total_cmp(&b.flux_ujy)).unwrap();
    assert!(peak.mjd == 55221.5 && peak.band.name() == "ps1/r" && near(peak.mag().unwrap(), 21.748402613411503));
    assert!(sums(&ps1, 170.794821588, 203.448500599));

    let csp = one(&dir.join("formats/snana_csp.dat"));
    assert_eq!((csp.object_id.as_str(), csp.survey.as_str(), csp.observations.len()), ("2004ef", "CSP", 278));
    let mut counts = [
        ("csp/B", 42),
        ("csp/H", 5),
        ("csp/J", 6),
        ("csp/g", 47),
        ("csp/i", 47),
        ("csp/m", 44),
        ("csp/r", 47),
        ("csp/u", 34),
        ("csp/y", 6),
    ];
    counts.sort_unstable();
    assert_eq!(per_band(&csp), counts);
    assert_eq!(csp.warnings, [Warning::Unsorted]);
    // The file's own magnitude at 53265.65 in r.
    let (flux, err) = at(&csp, 53265.65, "csp/r");
    assert!(near(flux, 690.5563062699932) && near(err, 3.8267337738604317));
    assert!(sums(&csp, 70922.7585797, 779.498782145));
}

#[test]
fn blocks_per_filter() {
    let Some(dir) = shared_data() else { return };
    let curve = one(&dir.join("formats/alerce_blocks.dat"));
    assert_eq!(
        (curve.object_id.as_str(), curve.photometry, curve.origin.format),
        ("ZTF21abdflcm", Photometry::Difference, "filter-blocks")
    );
    assert_eq!((per_band(&curve), curve.n_measurements()), (vec![("ztf/g", 19), ("ztf/r", 22)], 16));
    let (first, last) = (&curve.observations[0], curve.observations.last().unwrap());
    assert!(first.mjd == 59338.266 && near(first.limit_mag().unwrap(), 20.561) && near(first.flux_err_ujy, 4.331416989420143));
    assert!(last.mjd == 59385.223 && near(last.mag().unwrap(), 19.340) && near(last.flux_err_ujy, 9.949258037008262));
    assert!(sums(&curve, 824.746169646, 290.41655092));
}
