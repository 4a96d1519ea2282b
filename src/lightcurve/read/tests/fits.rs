//! FITS tables and SNANA's pairs of them, written here card by card.

use super::super::*;
use crate::lightcurve::{BandId, Warning};
use std::path::PathBuf;

/// Cards and their padding.
pub(super) fn header(cards: &[String]) -> Vec<u8> {
    let mut bytes: Vec<u8> = cards.iter().map(String::as_str).chain(["END"]).flat_map(|c| format!("{c:<80}").into_bytes()).collect();
    bytes.resize(bytes.len().next_multiple_of(2880), b' ');
    bytes
}

pub(super) fn primary(more: &[&str]) -> Vec<u8> {
    let cards = ["SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0"];
    header(&cards.iter().chain(more).map(|c| c.to_string()).collect::<Vec<_>>())
}

/// A binary table: names and forms of the columns, further cards, and the rows' bytes.
pub(super) fn table(columns: &[(&str, &str)], more: &[&str], rows: &[Vec<u8>]) -> Vec<u8> {
    let width = rows.first().map_or(0, Vec::len);
    let mut cards: Vec<String> = vec![
        "XTENSION= 'BINTABLE'".into(),
        "BITPIX  = 8".into(),
        "NAXIS   = 2".into(),
        format!("NAXIS1  = {width}"),
        format!("NAXIS2  = {}", rows.len()),
        "PCOUNT  = 0".into(),
        "GCOUNT  = 1".into(),
        format!("TFIELDS = {}", columns.len()),
    ];
    for (i, (name, form)) in columns.iter().enumerate() {
        cards.push(format!("{:<8}= '{name}'", format!("TTYPE{}", i + 1)));
        cards.push(format!("{:<8}= '{form}'", format!("TFORM{}", i + 1)));
    }
    cards.extend(more.iter().map(|c| c.to_string()));
    let mut bytes = header(&cards);
    rows.iter().for_each(|r| bytes.extend(r));
    bytes.resize(bytes.len().next_multiple_of(2880), 0);
    bytes
}

fn text(value: &str, width: usize) -> Vec<u8> {
    format!("{value:<width$}").into_bytes()
}

/// Id as a 64-bit number, time, band, magnitude in hundredths (-1: none), error.
fn long_rows(rows: &[(i64, f64, &str, i16, f32)]) -> Vec<Vec<u8>> {
    let row = |r: &(i64, f64, &str, i16, f32)| {
        [r.0.to_be_bytes().to_vec(), r.1.to_be_bytes().to_vec(), text(r.2, 3), r.3.to_be_bytes().to_vec(), r.4.to_be_bytes().to_vec()]
            .concat()
    };
    rows.iter().map(row).collect()
}

static LONG: [(&str, &str); 5] = [("OBJID", "K"), ("MJD", "1D"), ("Filter", "3A"), ("MAG", "1I"), ("MAG_ERR", "1E")];
static LONG_MORE: [&str; 3] = ["TSCAL4  = 0.01", "TNULL4  = -1", "TZERO1  = 9.223372036854775808E18"];

pub(super) fn long() -> Vec<u8> {
    let base = i64::MIN;
    let rows = long_rows(&[
        (base + 7, 58001.0, "r", 1890, 0.1),
        (base + 8, 58000.0, "g", 1900, 0.1),
        (base + 7, 58000.0, "g", 1850, 0.05),
        (base + 7, 58002.0, "g", -1, 0.05),
        (base + 7, 58001.0, "r", 1700, 0.1),
    ]);
    // A picture first, which is passed over.
    let image = header(&["XTENSION= 'IMAGE   '".into(), "BITPIX  = 16".into(), "NAXIS   = 1".into(), "NAXIS1  = 3".into()]);
    [primary(&[]), image, vec![0; 2880], table(&LONG, &LONG_MORE, &rows)].concat()
}

fn items(bytes: Vec<u8>) -> Vec<Result<LightCurve, ReadError>> {
    open_bytes("dir/name.fits", bytes, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}")).collect()
}

fn refused(bytes: Vec<u8>) -> String {
    match open_bytes("name.fits", bytes, &ReadOptions::default()) {
        Err(e) => e.to_string(),
        Ok(mut r) => r.find_map(Result::err).expect("an error").to_string(),
    }
}

#[test]
fn one_row_per_observation() {
    let all = items(long());
    let [Ok(a), Ok(b)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((a.object_id.as_str(), b.object_id.as_str(), a.origin.format), ("7", "8", "fits"));
    assert_eq!(a.observations.len(), 2);
    assert!((a.observations[0].mag().unwrap() - 18.5).abs() < 1e-9 && a.observations[0].band == BandId::ZTF_G);
    // The first of the two at one time is kept.
    assert!((a.observations[1].mag().unwrap() - 18.9).abs() < 1e-6);
    assert!((a.observations[1].mag_err().unwrap() - 0.1).abs() < 1e-7);
    assert!(a.warnings.contains(&Warning::DroppedRepeats(1)) && a.warnings.contains(&Warning::DroppedNotFinite(1)), "{:?}", a.warnings);
    assert_eq!(b.photometry, Photometry::Total);
}

#[test]
fn units_references_and_further_tables() {
    let row =
        |t: f64, flux: f32| [t.to_be_bytes().to_vec(), text("g", 1), flux.to_be_bytes().to_vec(), 1f32.to_be_bytes().to_vec()].concat();
    let columns = [("TIME", "D"), ("BAND", "A"), ("FLUX", "E"), ("FLUX_ERR", "E")];
    let more = ["TUNIT1  = 's'", "TUNIT3  = 'nJy'", "MJDREF  = 58000"];
    let tables = [table(&columns, &more, &[row(86_400.0, 2000.0)]), table(&columns, &more, &[row(172_800.0, -3000.0)])];
    let all = items([primary(&[]), tables.concat()].concat());
    let [Ok(lc)] = all.as_slice() else { panic!("{all:?}") };
    let points: Vec<(f64, f64)> = lc.observations.iter().map(|o| (o.mjd, o.flux_ujy)).collect();
    assert_eq!((lc.object_id.as_str(), points), ("name", vec![(58001.0, 2.0), (58002.0, -3.0)]));
    let e = refused([primary(&[]), table(&columns, &["TUNIT3  = 'adu'"], &[row(1.0, 1.0)])].concat());
    assert!(e.contains("field FLUX: the unit adu; expected Jy, mJy, uJy or nJy"), "{e}");
}

#[test]
fn headers_and_rows_that_are_faulty() {
    let with = |columns: &[(&str, &str)], more: &[&str], rows: &[Vec<u8>]| refused([primary(&[]), table(columns, more, rows)].concat());
    let rows = long_rows(&[(1, 58000.0, "g", 1800, 0.1)]);
    let mut columns = LONG;
    columns[4].0 = "noise";
    let e = with(&columns, &[], &rows);
    assert!(e.contains("a FITS table with the columns OBJID, MJD, Filter, MAG, noise"), "{e}");
    let mut columns = LONG;
    columns[1].1 = "PD(3)";
    assert!(with(&columns, &[], &rows).contains("field MJD: arrays of varying length; expected one number per row"));
    columns[1].1 = "8A";
    assert!(with(&columns, &[], &rows).contains("field MJD: text"));
    columns[1].1 = "2E";
    assert!(with(&columns, &[], &rows).contains("field MJD: 2 values per row"));
    columns[1].1 = "1Z";
    assert!(with(&columns, &[], &rows).contains("TFORM2 is \"1Z\""));
    columns[1].1 = "2D";
    assert!(with(&columns, &[], &rows).contains("the columns take 33 bytes of a row, but NAXIS1 is 25"));
    assert!(with(&LONG, &["ZTABLE  = T"], &rows).contains("funpack"));
    assert!(refused(primary(&[])).contains("without a binary table"));
    assert!(refused(primary(&[])[..100].to_vec()).contains("ends within a header"));
    let whole = long();
    let e = refused(whole[..whole.len() - 2880 + 40].to_vec());
    assert!(e.contains("row 2: the file ends after 1 of 5 rows"), "{e}");
    let bad = String::from_utf8(primary(&[])).unwrap().replace("NAXIS   =                    0", "NAXIS   =                  1.5");
    assert!(refused(bad.into_bytes()).contains("NAXIS is Float(1.5)"));
    let all = items([primary(&[]), table(&LONG, &[], &long_rows(&[(1, 58000.0, "", 1800, 0.1), (1, 58000.0, "g", 18, 0.1)]))].concat());
    assert!(all[0].as_ref().unwrap_err().to_string().contains("row 1, field Filter: no band"));
    assert!(all[1].is_ok());
}

static HEAD: [(&str, &str); 6] =
    [("SNID", "8A"), ("SNTYPE", "J"), ("NOBS", "J"), ("PTROBS_MIN", "J"), ("PTROBS_MAX", "J"), ("SIM_TYPE_NAME", "8A")];

fn head_row(id: &str, kind: i32, n: i32, rows: (i32, i32), name: &str) -> Vec<u8> {
    let numbers = [kind, n, rows.0, rows.1].map(i32::to_be_bytes).concat();
    [text(id, 8), numbers, text(name, 8)].concat()
}

fn phot_row(mjd: f64, band: &str, flux: f32, err: f32) -> Vec<u8> {
    [mjd.to_be_bytes().to_vec(), text(band, 2), flux.to_be_bytes().to_vec(), err.to_be_bytes().to_vec()].concat()
}

/// The two files of a pair.
pub(super) fn pair(head: &[Vec<u8>]) -> [Vec<u8>; 2] {
    let separator = phot_row(-777.0, "-", -777.0, -777.0);
    let phot = [
        phot_row(53000.0, "r", 10.0, 1.0),
        phot_row(53001.0, "g", -2.0, 1.0),
        separator.clone(),
        phot_row(53002.0, "Y", 5.0, 1.0),
        phot_row(53002.0, "Y", 5.0, 1.0),
        phot_row(53003.0, "i", 5.0, -9.0),
        separator,
    ];
    let columns = [("MJD", "1D"), ("BAND", "2A"), ("FLUXCAL", "1E"), ("FLUXCALERR", "1E")];
    let survey = ["SURVEY  = 'LSST'", "PHOTFILE= 'elsewhere_PHOT.FITS'"];
    [[primary(&survey), table(&HEAD, &[], head)].concat(), [primary(&survey), table(&columns, &[], &phot)].concat()]
}

pub(super) fn two_objects() -> Vec<Vec<u8>> {
    // Not in the order of their points.
    vec![head_row("second", -9, 3, (4, 6), "SNIbc"), head_row("first", 90, 2, (1, 2), "UNKNOWN")]
}

fn written(names: [&str; 2], files: &[Vec<u8>; 2]) -> (tempfile::TempDir, [PathBuf; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let paths = names.map(|n| dir.path().join(n));
    paths.iter().zip(files).for_each(|(p, bytes)| std::fs::write(p, bytes).unwrap());
    (dir, paths)
}

#[test]
fn a_pair_is_read_from_either_file() {
    let (dir, paths) = written(["x_HEAD.FITS", "x_PHOT.FITS"], &pair(&two_objects()));
    for path in &paths {
        let all: Vec<LightCurve> = open(path, &ReadOptions::default()).unwrap().collect::<Result<_, _>>().unwrap();
        let [a, b] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((a.object_id.as_str(), b.object_id.as_str()), ("first", "second"));
        assert_eq!((a.label.as_deref(), b.label.as_deref(), a.survey.as_str()), (Some("90"), Some("SNIbc"), "LSST"));
        assert_eq!((a.photometry, a.origin.path.as_path(), a.origin.format), (Photometry::Difference, path.as_path(), "snana-fits"));
        let points: Vec<(f64, &str)> = a.observations.iter().map(|o| (o.mjd, o.band.name())).collect();
        assert_eq!(points, [(53000.0, "lsst/r"), (53001.0, "lsst/g")]);
        // Zero point 27.5: 10 is magnitude 25.
        assert!((a.observations[0].mag().unwrap() - 25.0).abs() < 1e-9 && a.observations[1].flux_ujy < 0.0);
        assert_eq!(b.observations.len(), 1);
        assert!(b.warnings.contains(&Warning::DroppedRepeats(1)) && b.warnings.contains(&Warning::DroppedBadError(1)), "{:?}", b.warnings);
    }
    assert_eq!(expand(&[dir.path().to_path_buf()]).0, [paths[0].clone()]);
    assert_eq!(expand(&[paths[1].clone()]).0, [paths[1].clone()]);
}

#[test]
fn pairs_that_do_not_fit() {
    let read = |path: &Path| match open(path, &ReadOptions::default()) {
        Err(e) => vec![Err(e)],
        Ok(r) => r.collect::<Vec<_>>(),
    };
    let errors = |path: &Path| read(path).iter().filter_map(|i| i.as_ref().err()).map(|e| e.to_string()).collect::<Vec<_>>();
    let rows = [
        head_row("a", 0, 2, (1, 2), ""),
        head_row("over", 0, 2, (6, 9), ""),
        head_row("", 0, 2, (4, 5), ""),
        head_row("never", 0, 2, (-9, -9), ""),
        head_row("again", 0, 2, (2, 4), ""),
        head_row("b", 0, 7, (4, 5), ""),
    ];
    let (dir, paths) = written(["x_HEAD.FITS", "x_PHOT.FITS"], &pair(&rows));
    let all = read(&paths[0]);
    let text = errors(&paths[0]).join("\n");
    for words in [
        "row 3, field SNID: no name",
        "object never has its points in rows -9 to -9",
        "object over: its points are rows 6 to 9 of a table of 7",
        "object again: its points are rows 2 to 4, of which some belong to another object",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let good: Vec<&LightCurve> = all.iter().flatten().collect();
    assert_eq!(good.iter().map(|c| c.object_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(good[1].warnings.contains(&Warning::Other("NOBS is 7, but there are 2 points".into())));
    assert_eq!(good[0].label, None);

    // Cut within the points: what came before is read.
    let phot = std::fs::read(&paths[1]).unwrap();
    std::fs::write(&paths[1], &phot[..phot.len() - 2880 + 40]).unwrap();
    let all = read(&paths[0]);
    assert!(all.iter().any(|i| i.as_ref().is_ok_and(|c| c.object_id == "a")));
    assert!(
        errors(&paths[0]).iter().any(|e| e.contains("x_PHOT.FITS") && e.contains("the file ends after 2 of 7 rows")),
        "{:?}",
        errors(&paths[0])
    );
    std::fs::write(&paths[1], &phot[..2880]).unwrap();
    assert!(errors(&paths[0])[0].contains("expected a table of points with MJD"), "{:?}", errors(&paths[0]));
    std::fs::remove_file(&paths[1]).unwrap();
    let e = errors(&paths[0]).join("");
    assert!(e.contains("its PHOT file is not there; expected elsewhere_PHOT.FITS, or a file of the same name with PHOT"), "{e}");
    let memory = open_bytes("x_HEAD.FITS", pair(&rows)[0].clone(), &ReadOptions::default()).err().unwrap().to_string();
    assert!(memory.contains("PHOT file is not there"), "{memory}");
    std::fs::write(&paths[1], &phot).unwrap();
    std::fs::write(&paths[0], "not fits").unwrap();
    assert!(errors(&paths[1])[0].contains("x_HEAD.FITS: this is no FITS file"), "{:?}", errors(&paths[1]));
    drop(dir);
}
