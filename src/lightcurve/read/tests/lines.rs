//! Formats that are read line by line, on files written here: what goes in comes out, and what is wrong is told.

use super::super::*;
use crate::lightcurve::{Observation, Warning};
use std::fmt::Write;
use std::io::Cursor;

type Items = Vec<Result<LightCurve, ReadError>>;

/// ATLAS: three points, one of them of a bad fit.
pub(super) static ATLAS: &str = "###MJD m dm uJy duJy F err chi/N\n59000.5 -19.1 0.2 -80.5 20 o 0 1.0\n59001.5 18.0 0.1 230 21.5 c 0 1.1\n\
    59002.5 18.0 0.1 230 21 c 1 9.9\n";
/// ZTF's service: a good point, one of each rule.
pub(super) static ZTF: &str = "# Requested input R.A. = 169.5 degrees\n# Requested input Dec. = -18.75 degrees\n# zpdiff = zero point\n \
    index, filter, infobitssci, sciinpseeing, scisigpix, zpdiff, jd, forcediffimflux, forcediffimfluxunc, forcediffimchisq, procstatus\n#\n \
    0 ZTF_g 0 2.1 5 26.4 2459250.75 -100 10 1.0 0\n 1 ZTF_r 0 2.1 5 26.4 2459251.75 100 10 4.0 57,62\n 2 ZTF_r 33554432 2 5 26.4 2459252.75 9 9 1 0\n \
    3 ZTF_g 0 2 5 26.4 2459253.75 9 9 1 56,57\n 4 ZTF_g 0 2 5 null 2459254.75 null null null 0\n 5 ZTF_g 0 4.2 5 26.4 2459255.75 9 9 1 0\n \
    6 ZTF_g 0 2 25.5 26.4 2459256.75 9 9 1 0\n";
/// IRSA: two oids of one star, one of another.
pub(super) static IRSA: &str = "oid,expid,hjd,mjd,mag,magerr,catflags,filtercode,ra,dec\n\
    11,1,2458204.66,58204.15,18.9,0.1,0,zg,103.65,17.86\n11,2,2458205.66,58205.15,18.9,0.1,32769,zg,103.65,17.86\n\
    12,3,2458204.66,58204.25,17.9,0.1,256,zr,103.6501,17.8601\n13,4,2458204.66,58204.35,16.9,0.1,0,zi,103.66,17.86\n";
/// SNANA: two objects, with other columns each.
pub(super) static SNANA: &str = "SURVEY: PS1MD # comment\nRA: 10.5 deg\nSNID: a1\nSNTYPE: Ia\nNOBS: 2\nNVAR: 5\n\
    VARLIST: MJD FLT FLUXCAL FLUXCALERR MAG\nOBS: 55161.6 g -100 10 nan\nOBS: 55162.6 z 100 10 22.5\nEND_PHOTOMETRY:\n\
    SNID: 77\nTYPE: 120\nNOBS: 5\nVARLIST: BAND FLUXCALERR MJD FLUXCAL\nOBS: r 10 55170.5 200\nEND:\n";
pub(super) static BLOCKS: &str = "#### HEADER\n# SNNAME:\tZTF21xyz\n#### HEADER\n\n# FILTER g\n#  MJD  MAG  MAGERR  Upperlimit  Source\n\
    \t59338.5\t20.5\tnan\tT\tnan\n\t59340.5\t18.9\t0.1\tF\tnan\n# FILTER r\n# MJD MAG MAGERR Upperlimit Source\n\t59339.5\t18.9\t0.1\tF\tnan\n";
pub(super) static TABLE: &str = "# made by hand\n# mjd    mag   mag_err filter\n58000.5  18.9  0.1     g\n58001.5  >20.5 nan     r\n";
pub(super) static PLAIN: &str = "# no header\n2458001.0 18.9 0.1 g\n2458002.0 >20.5 nan r\n";
pub(super) static PLASTICC: &str = "object_id,mjd,passband,flux,flux_err,detected_bool\n615,59750.5,2,-100,10,1\n615,59752.5,1,100,10,0\n";

fn read(name: &str, text: &str) -> Items {
    open_bytes(name, text, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}")).collect()
}

fn good(name: &str, text: &str) -> Vec<LightCurve> {
    read(name, text).into_iter().map(|c| c.unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn one(name: &str, text: &str) -> LightCurve {
    let mut curves = good(name, text);
    assert_eq!(curves.len(), 1, "{curves:?}");
    curves.remove(0)
}

fn faults(name: &str, text: &str) -> Vec<String> {
    match open_bytes(name, text, &ReadOptions::default()) {
        Ok(reader) => reader.filter_map(Result::err).map(|e| e.to_string()).collect(),
        Err(e) => vec![e.to_string()],
    }
}

/// Points as time, band, flux, error and whether a limit.
fn points(curve: &LightCurve) -> Vec<(f64, &'static str, f64, f64, bool)> {
    curve.observations.iter().map(|o| (o.mjd, o.band.name(), o.flux_ujy, o.flux_err_ujy, o.is_limit())).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1e-3)
}

fn dropped(rule: &str, n: usize) -> Warning {
    Warning::DroppedByRule { rule: rule.to_string(), n }
}

#[test]
fn atlas() {
    let lc = one("dir/2020xyz.txt", ATLAS);
    assert_eq!((lc.object_id.as_str(), lc.survey.as_str(), lc.origin.format), ("2020xyz", "atlas", "atlas"));
    assert_eq!(points(&lc), [(59000.5, "atlas/o", -80.5, 20.0, false), (59001.5, "atlas/c", 230.0, 21.5, false)]);
    assert_eq!((lc.photometry, lc.warnings), (Photometry::Difference, vec![dropped("err is not 0", 1)]));
    // The same with commas, as tables are saved again.
    let commas: String = ATLAS.trim_start_matches('#').lines().map(|l| l.split(' ').collect::<Vec<_>>().join(",") + "\r\n").collect();
    assert_eq!(one("x.csv", &commas).observations, lc.observations);
    // A rare negative flux doesn't make the images differences, and the user has the last word.
    let mut text = "###MJD m dm uJy duJy F err chi/N\n1 0 0 -5 1 o 0 1\n".to_string();
    (2..=40).for_each(|i| writeln!(text, "{i} 13 0.1 20000 50 o 0 1").unwrap());
    let lc = one("x", &text);
    assert!(lc.photometry == Photometry::Total && lc.warnings.iter().any(|w| w.to_string().starts_with("only 1 of 40 fluxes")));
    let options = ReadOptions { photometry: Some(Photometry::Difference), ..ReadOptions::default() };
    let lc = open_bytes("x", text, &options).unwrap().next().unwrap().unwrap();
    assert!(lc.photometry == Photometry::Difference && lc.warnings.is_empty());
}

#[test]
fn ztf_forced_photometry() {
    let lc = one("2021aaa.txt", ZTF);
    assert_eq!((lc.object_id.as_str(), lc.survey.as_str(), lc.photometry), ("2021aaa", "ztf", Photometry::Difference));
    assert_eq!((lc.extra("ra"), lc.extra("dec")), (Some("169.5"), Some("-18.75")));
    // 10^(0.4 (23.9 - 26.4)) = 0.1. The errors in r are doubled, for a chi-square of 4.
    let p = points(&lc);
    assert!(near(p[0].2, -10.0) && near(p[0].3, 1.0) && near(p[1].2, 10.0) && near(p[1].3, 2.0), "{p:?}");
    assert_eq!((p.len(), p[0].0, p[0].1, p[1].1), (2, 59250.25, "ztf/g", "ztf/r"));
    let expected = [
        dropped("infobitssci >= 33554432", 1),
        dropped("procstatus 54, 55, 56, 60, 61, 64 or 255", 1),
        dropped("no forced flux", 1),
        dropped("sciinpseeing > 4", 1),
        dropped("scisigpix > 25", 1),
        Warning::Other("errors in ztf/r multiplied by 2.00, the root of the median forcediffimchisq".into()),
    ];
    assert_eq!(lc.warnings, expected);
}

#[test]
fn irsa() {
    let curves = good("x.csv", IRSA);
    let [a, b] = curves.as_slice() else { panic!("{curves:?}") };
    assert_eq!((a.object_id.as_str(), b.object_id.as_str(), a.photometry, a.origin.format), ("11", "13", Photometry::Total, "irsa-ztf"));
    let p = points(a);
    // 18.9 mag are 100 uJy.
    assert!(p.len() == 2 && near(p[0].2, 100.0) && near(p[0].3, 10.0 * std::f64::consts::LN_10 / 2.5), "{p:?}");
    assert_eq!((p[0].0, p[0].1, p[1].1), (58204.15, "ztf/g", "ztf/r"));
    assert_eq!((&a.warnings, a.extra("ra")), (&vec![dropped("catflags 32768", 1)], Some("103.65")));
    assert_eq!((b.observations.len(), b.observations[0].band.name()), (1, "ztf/i"));
    // A stream does the same, since rows of a star are adjacent.
    let stream: Items = open_stream("-", Box::new(Cursor::new(IRSA)), &ReadOptions::default()).unwrap().collect();
    assert!(stream.iter().map(|c| c.as_ref().unwrap().observations.clone()).eq(curves.iter().map(|c| c.observations.clone())));
}

#[test]
fn snana() {
    let curves = good("x.dat", SNANA);
    let [a, b] = curves.as_slice() else { panic!("{curves:?}") };
    assert_eq!((a.object_id.as_str(), a.label.as_deref(), a.survey.as_str(), a.extra("ra")), ("a1", Some("Ia"), "PS1MD", Some("10.5")));
    let p = points(a);
    // 100 of zero point 27.5 are 10^(2 - 1.44) uJy.
    assert!(near(p[0].2, -3.6307805477010135) && near(p[1].3, 0.36307805477010135), "{p:?}");
    assert_eq!((p[0].0, p[0].1, p[1].1, a.photometry, a.warnings.len()), (55161.6, "ps1/g", "ps1/z", Photometry::Difference, 0));
    // A number is no label; the survey goes on from object to object.
    assert_eq!((b.object_id.as_str(), &b.label, b.extra("sntype"), b.observations[0].band.name()), ("77", &None, Some("120"), "ps1/r"));
    assert!(near(b.observations[0].flux_ujy, 7.261561095402027));
    assert_eq!(b.warnings, [Warning::Other("NOBS is 5, but there are 1 points".into())]);

    let bands = |survey: &str, names: &str| {
        let rows: String = names.split(' ').map(|b| format!("OBS: 1 {b} 5 1\n")).collect();
        let lc = one("x", &format!("SNID: 1\nSURVEY: {survey}\nVARLIST: MJD FLT FLUXCAL FLUXCALERR\n{rows}END:\n"));
        lc.observations.iter().map(|o| o.band.name().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(bands("DES", "g z"), ["des/g", "des/z"]);
    assert_eq!(bands("CSP", "u B o y Y"), ["csp/u", "csp/B", "csp/o", "csp/Y", "csp/y"]);
    // A survey without bands in the table doesn't get those of another.
    assert_eq!(bands("SNLS", "g PS1-g"), ["ps1/g", "snls/g"]);
    let options = ReadOptions { band_map: vec![("g".to_string(), BandId::ZTF_G)], ..ReadOptions::default() };
    let text = "SNID: 1\nSURVEY: SNLS\nVARLIST: MJD FLT FLUXCAL FLUXCALERR\nOBS: 1 g 5 1\n";
    let lc = open_bytes("x", text, &options).unwrap().next().unwrap().unwrap();
    assert_eq!(lc.observations[0].band, BandId::ZTF_G);
}

#[test]
fn blocks_per_filter() {
    let lc = one("x.dat", BLOCKS);
    assert_eq!((lc.object_id.as_str(), lc.photometry, lc.origin.format), ("ZTF21xyz", Photometry::Difference, "filter-blocks"));
    let p = points(&lc);
    assert_eq!(
        p.iter().map(|p| (p.0, p.1, p.4)).collect::<Vec<_>>(),
        [(59338.5, "ztf/g", true), (59339.5, "ztf/r", false), (59340.5, "ztf/g", false)]
    );
    assert!(near(lc.observations[0].limit_mag().unwrap(), 20.5) && near(p[2].2, 100.0));
}

#[test]
fn tables_with_blanks_and_plain_rows() {
    for (text, format) in [(TABLE, "table"), (PLAIN, "plain"), ("58000.5, g, 18.9, 0.1\n58001.5,r,>20.5,\n", "plain")] {
        let lc = one("SN2011fe.txt", text);
        assert_eq!((lc.object_id.as_str(), lc.origin.format), ("SN2011fe", format));
        let p = points(&lc);
        assert_eq!(
            (p.len(), p[0].0, p[0].1, p[0].4, p[1].0, p[1].1, p[1].4),
            (2, 58000.5, "ztf/g", false, 58001.5, "ztf/r", true),
            "{text}"
        );
        assert!(near(p[0].2, 100.0) && near(lc.observations[1].limit_mag().unwrap(), 20.5));
    }
    for text in
        ["1 18.9 0.1\n2 18.9 0.1\n", "# mjd mag err\n1 18.9 0.1\n2 18.9 0.1\n", "# of SN 2011fe, mag by me\n1,18.9,0.1\n2,18.9,.1\n"]
    {
        let lc = one("x", text);
        assert_eq!((lc.observations.len(), lc.photometry), (2, Photometry::Total), "{text}");
        assert!(lc.warnings.contains(&Warning::UnknownBand("?".into())), "{text}");
    }
    let lc = one("x", "58000 2000.5 20 g\n");
    assert!(lc.warnings.iter().any(|w| w.to_string().contains("magnitudes")), "{:?}", lc.warnings);
    let lc = one("x", "object mjd flux_ujy flux_err band redshift\ns1 58000 -5 1 r 0.1\n");
    assert_eq!((lc.object_id.as_str(), lc.extra("redshift"), lc.observations[0].flux_ujy), ("s1", Some("0.1"), -5.0));
}

#[test]
fn plasticc_and_units() {
    let lc = one("x.csv", PLASTICC);
    let p = points(&lc);
    assert_eq!((lc.object_id.as_str(), p[0].1, p[1].1, lc.photometry), ("615", "lsst/r", "lsst/g", Photometry::Difference));
    assert!(near(p[0].2, -3.6307805477010135) && near(p[0].3, 0.36307805477010135), "{p:?}");
    let lc = one("x.csv", "mjd,band,flux,flux_err,unit\n1,g,2,0.1,mJy\n2,g,2000,100,nJy\n3,g,2,0.5,\n");
    let fluxes: Vec<f64> = lc.observations.iter().map(|o| o.flux_ujy).collect();
    assert!(near(fluxes[0], 2000.0) && near(fluxes[1], 2.0) && near(fluxes[2], 2.0), "{fluxes:?}");
    let e = faults("x.csv", "mjd,band,flux,flux_err,unit\n1,g,2,0.1,counts\n");
    assert_eq!(e, ["x.csv: line 2, column unit: \"counts\"; expected Jy, mJy, uJy or nJy, or a column zp with the AB zero points"]);
    let e = faults("x.csv", "mjd,band,flux,flux_err,zp,zpsys\n1,g,2,0.1,25,vega\n");
    assert_eq!(e, ["x.csv: line 2, column zpsys: \"vega\"; expected ab: convert the zero points to AB magnitudes"]);
    // In the same way where blanks separate.
    let lc = one("x", "mjd band flux flux_err unit\n1 g 2 0.1 mJy\n");
    assert!(near(lc.observations[0].flux_ujy, 2000.0));
}

/// A writer for each format, of points without limits.
fn written(format: &str, points: &[(f64, &str, f64, f64)]) -> String {
    let mag = |f: f64| 23.9 - 2.5 * f.log10();
    let mag_err = |f: f64, e: f64| 2.5 / std::f64::consts::LN_10 * e / f;
    let mut text = match format {
        "atlas" => "###MJD m dm uJy duJy F err\n".to_string(),
        "ztf-forced" => " index, filter, zpdiff, jd, forcediffimflux, forcediffimfluxunc, infobitssci, procstatus\n".to_string(),
        "irsa-ztf" => "oid,mjd,mag,magerr,catflags,filtercode\n".to_string(),
        "snana-text" => format!("SURVEY: ZTF\nSNID: o\nNOBS: {}\nVARLIST: MJD FLT FLUXCAL FLUXCALERR\n", points.len()),
        "table" => "mjd mag mag_err filter\n".to_string(),
        _ => String::new(),
    };
    for (i, &(t, b, f, e)) in points.iter().enumerate() {
        let (m, d) = (mag(f), mag_err(f, e));
        // Zero points 25 and 27.5.
        let (dn, cal) = (10f64.powf(0.44), 10f64.powf(1.44));
        let row = match format {
            "atlas" => format!("{t} {m} {d} {f} {e} {b} 0"),
            "ztf-forced" => format!(" {i} ZTF_{b} 25 {} {} {} 0 0", t + 2_400_000.5, f * dn, e * dn),
            "irsa-ztf" => format!("7,{t},{m},{d},0,z{b}"),
            "snana-text" => format!("OBS: {t} {b} {} {}", f * cal, e * cal),
            "filter-blocks" => format!("# FILTER {b}\n# MJD MAG MAGERR Upperlimit\n{t} {m} {d} F"),
            _ => format!("{t} {m} {d} {b}"),
        };
        text.push_str(&row);
        text.push('\n');
    }
    text
}

#[test]
fn what_is_written_comes_back() {
    use rand::{RngExt, SeedableRng};
    let seed = 20_261_125;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    for format in ["atlas", "ztf-forced", "irsa-ztf", "snana-text", "filter-blocks", "table", "plain"] {
        let letters = if format == "atlas" { ["c", "o"] } else { ["g", "r"] };
        let points: Vec<_> = (0..200)
            .map(|i| {
                let flux = 10f64.powf(rng.random_range(-1.0..4.0));
                // Julian dates hold an eighth of a millisecond; quarters of days are exact.
                (58_000.0 + f64::from(i) * 0.25, letters[rng.random_range(0..2)], flux, flux * rng.random_range(0.01..2.0))
            })
            .collect();
        let lc = one("o", &written(format, &points));
        assert_eq!((lc.origin.format, lc.observations.len()), (format, points.len()), "seed {seed}");
        for (o, p) in lc.observations.iter().zip(&points) {
            assert!(o.mjd == p.0 && o.band.short() == p.1 && near(o.flux_ujy, p.2) && near(o.flux_err_ujy, p.3), "{format}: {o:?}, {p:?}");
        }
    }
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let cases = [
        ("###MJD m dm uJy F chi/N\n1 2 3 4 o 5\n", "the columns are MJD, m, dm, uJy, F, chi/N; expected these as well: duJy, err"),
        ("###MJD m dm uJy duJy F err\n59000 1 1 x 2 o 0\n", "line 2, column uJy: \"x\"; expected a number, or nothing"),
        ("###MJD m dm uJy duJy F err\n59000 1 1 5\n", "line 2: 4 fields under a header of 7"),
        ("###MJD m dm uJy duJy F err\n", "there are no rows; expected at least one observation"),
        ("filter, jd, zpdiff, forcediffimflux\nZTF_g 1 2 3\n", "these as well: forcediffimfluxunc, infobitssci, procstatus"),
        ("oid,mjd,mag,catflags,filtercode\n1,2,3,0,zg\n", "these as well: magerr"),
        ("oid,mjd,mag,magerr,catflags,filtercode\n1,2,3,0.1,x,zg\n", "column catflags: \"x\"; expected a whole number"),
        (
            "SNID: 1\nVARLIST: MJD FLT FLUXCAL\nOBS: 1 g 2\n",
            "line 2, column VARLIST: the columns are MJD, FLT, FLUXCAL; expected these as well: flux_err",
        ),
        ("SNID: 1\nVARLIST: MJD FLT FLUXCAL FLUXCALERR\nOBS: 1 g 2\n", "line 3: 3 values under a VARLIST of 4"),
        ("SNID: 1\nOBS: 1 g 2 3\nVARLIST: MJD FLT FLUXCAL FLUXCALERR\n", "line 2: OBS without columns"),
        ("# FILTER g\n# MJD MAG MAGERR\n1 2\n", "line 3: 2 fields under a header of 3"),
        ("mjd mag filter object\n1 2 g a\n", "the columns are mjd, mag, filter, object; expected these as well: mag_err"),
        ("1 18 0.1 g\n2 18 0.1\n", "line 2: 3 fields, where the first row has 4"),
        ("1 18 0.1 g\n2 eighteen 0.1 g\n", "line 2, column magnitude: \"eighteen\""),
    ];
    for (text, expected) in cases {
        let errors = faults("x", text);
        assert!(errors.first().is_some_and(|e| e.contains(expected)), "{text}: {errors:?}");
    }
}

#[test]
fn what_cannot_be_used_is_counted() {
    for format in ["atlas", "ztf-forced", "irsa-ztf", "snana-text", "filter-blocks", "table", "plain"] {
        let band = if format == "atlas" { "c" } else { "g" };
        let points = [
            (58_000.0, band, 10.0, 1.0),
            (58_001.0, band, 10.0, f64::INFINITY),
            (58_002.0, band, 10.0, -1.0),
            (58_003.0, band, 10.0, 0.0),
            (1e9, band, 10.0, 1.0),
            (f64::INFINITY, band, 10.0, 1.0),
            (58_000.0, band, 10.0, 1.0),
            (58_004.0, "odd", 10.0, 1.0),
        ];
        let items = read("x", &written(format, &points));
        let curves: Vec<_> = items.iter().flatten().collect();
        let [lc] = curves.as_slice() else { panic!("{format}: {items:?}") };
        let known: Vec<&Observation> = lc.observations.iter().filter(|o| o.band.is_known()).collect();
        assert!(known.len() == 1 && known[0].mjd == 58_000.0 && lc.observations.len() == 2, "{format}: {:?}", lc.observations);
        let warned = |w: &Warning| lc.warnings.contains(w);
        // A time of 1e9 in plain rows is a Julian date.
        assert!(warned(&Warning::DroppedNotFinite(2)) && warned(&Warning::DroppedBadError(2)), "{format}: {:?}", lc.warnings);
        assert!(warned(&Warning::DroppedBadTime(1)) && warned(&Warning::DroppedRepeats(1)), "{format}: {:?}", lc.warnings);
    }
}

#[test]
fn cut_files_and_endless_ones_end() {
    for text in [ATLAS, ZTF, IRSA, SNANA, BLOCKS, TABLE, PLAIN, PLASTICC] {
        for keep in 0..text.len() {
            if let Ok(reader) = open_bytes("x", &text.as_bytes()[..keep], &ReadOptions::default()) {
                assert!(reader.count() < 20);
            }
        }
    }
    // Zeros after the first rows, as in a file with a hole of many GB: the line that never ends is refused, the rest is kept.
    for text in [ATLAS, IRSA, SNANA, BLOCKS, TABLE, PLAIN] {
        let padding = format!("{}\n", " ".repeat(4000));
        let head = format!("{text}{}", padding.repeat(20));
        let stream = Cursor::new(head).chain(std::io::repeat(0));
        let items: Items = open_stream("x", Box::new(stream), &ReadOptions::default()).unwrap().collect();
        assert!(items.iter().any(|i| i.as_ref().is_err_and(|e| e.found.contains("a line of more than 1 MiB"))), "{items:?}");
        assert!(items.iter().any(Result::is_ok));
    }
    // And so many objects that they can't be kept.
    let mut text = "oid,mjd,mag,magerr,catflags,filtercode\n".to_string();
    (0..10_000).for_each(|i| writeln!(text, "{i},1,18,0.1,0,zg").unwrap());
    let options = ReadOptions { max_bytes: 1_000_000, ..ReadOptions::default() };
    let items: Items = open_bytes("x", text, &options).unwrap().collect();
    assert!(items.iter().any(|i| i.as_ref().is_err_and(|e| e.found.contains("too much to keep in memory"))));
}
