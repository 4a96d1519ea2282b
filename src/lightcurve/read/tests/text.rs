//! Text tables: column names, delimiters, units, faults.

use super::super::*;
use crate::lightcurve::{BandId, Warning};
use std::io::Cursor;

type Items = Vec<Result<LightCurve, ReadError>>;

fn read(text: &str) -> Items {
    open_bytes("some/file.csv", text, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}")).collect()
}

fn good(text: &str) -> Vec<LightCurve> {
    read(text).into_iter().map(|c| c.unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn one(text: &str) -> LightCurve {
    let mut curves = good(text);
    assert_eq!(curves.len(), 1);
    curves.remove(0)
}

fn refused(text: &str) -> ReadError {
    open_bytes("f.csv", text, &ReadOptions::default()).err().expect("an error")
}

#[test]
fn every_way_to_write_the_same() {
    let tables = [
        "object_id,mjd,band,mag,mag_err\nx,58000,g,18.9,0.1\nx,58001,r,19.9,0.2\n",
        "oid;time;filter;mag;e_mag\r\nx;58000;g;18,9;0,1\r\nx;2458001.5;r;19.9;0.2\r\n",
        "\u{feff}# made by hand\nSNID\tHJD\tpassband\tmagnitude\tmagerr\nx\t2458000.5\tztfg\t18.9\t0.1\n# and\nx\t2458001.5\tztfr\t19.9\t0.2",
        "\"id\" , \"jd\" , \"fid\" , \"magpsf\" , \"sigmapsf\"\n x , 2458000.5 , 1 , 18.9 , 0.1 \n\n\"x\",2458001.5,2,19.9,0.2,\n",
        "# id|mjd|band|mag|mag_err\nx|58000|g|18.9|.1\nx|58001|r|19.9|2e-1\n",
    ];
    for text in tables {
        let lc = one(text);
        assert_eq!(lc.object_id, "x", "{text}");
        assert_eq!(lc.observations.len(), 2, "{text}");
        let [a, b] = [lc.observations[0], lc.observations[1]];
        assert_eq!((a.mjd, a.band, b.mjd, b.band), (58000.0, BandId::ZTF_G, 58001.0, BandId::ZTF_R), "{text}");
        // 10^(0.4 (23.9 - 18.9)) = 100; sigma = 100 * 0.1 / 1.0857.
        assert!((a.flux_ujy - 100.0).abs() < 1e-9 && (a.flux_err_ujy - 9.210340371976184).abs() < 1e-9, "{text}");
        assert!((b.flux_ujy - 100.0 / 2.51188643150958).abs() < 1e-9, "{text}");
        assert_eq!(lc.origin.format, "csv");
    }
}

#[test]
fn fluxes_in_their_units() {
    let lc = one("mjd,band,flux_ujy,flux_err\n1,g,-5,2\n2,g,7,2\n");
    assert_eq!((lc.observations[0].flux_ujy, lc.observations[0].flux_err_ujy), (-5.0, 2.0));
    assert_eq!((lc.object_id.as_str(), lc.photometry), ("file", Photometry::Difference));
    // 27.5 mag is 1 FLUXCAL and 10^-1.44 uJy.
    let lc = one("SNID,MJD,FLT,FLUXCAL,FLUXCALERR\n7,1,g,100,10\n");
    assert!((lc.observations[0].flux_ujy - 3.6307805477010135).abs() < 1e-9);
    assert!((lc.observations[0].flux_err_ujy - 0.36307805477010135).abs() < 1e-9);
    assert_eq!(lc.photometry, Photometry::Difference);
    // Zero point 25: 10^(0.4 (23.9 - 25)).
    let lc = one("time,band,flux,fluxerr,zp,zpsys\n1,g,100,10,25,ab\n");
    assert!((lc.observations[0].flux_ujy - 36.30780547701014).abs() < 1e-9);
    assert_eq!(lc.extra("zpsys"), Some("ab"));
    let lc = one("mjd,band,flux_njy,flux_err_njy\n1,g,2000,100\n");
    assert_eq!((lc.observations[0].flux_ujy, lc.observations[0].flux_err_ujy), (2.0, 0.1));
}

#[test]
fn signs_limits_and_missing_values() {
    let text = "oid,mjd,fid,magpsf,sigmapsf,isdiffpos,diffmaglim\n\
        a,1,1,18.9,0.1,t,20\na,2,1,18.9,0.1,f,20\na,3,1,18.9,0.1,0,20\na,4,2,18.9,0.1,-1,20\na,5,2,,NaN,,20.5\na,6,2,null,,,20.5\n\
        a,7,3,99.0,99.0,1,n/a\na,8,3,>21,,,\n";
    let lc = one(text);
    let signs: Vec<f64> = lc.observations.iter().map(|o| o.flux_ujy.signum() * f64::from(u8::from(!o.is_limit()))).collect();
    assert_eq!(signs, [1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 0.0]);
    assert!((lc.observations[4].limit_mag().unwrap() - 20.5).abs() < 1e-9);
    assert!((lc.observations[6].limit_mag().unwrap() - 21.0).abs() < 1e-9);
    assert_eq!(lc.warnings, [Warning::DroppedNotFinite(1)]);
    assert_eq!(lc.photometry, Photometry::Difference);
}

#[test]
fn what_cannot_be_used_is_dropped_and_counted() {
    let lc = one("id,mjd,band,mag,mag_err,photometry\n\
        a,3,g,18,0.1,total\na,1,g,18,0,\na,2,g,18,-0.1,\na,nan,g,18,0.1,\na,5,g,inf,0.1,\na,3,g,17,0.1,\na,1,weird,18,0.1,\n");
    assert_eq!((lc.observations.len(), lc.photometry), (2, Photometry::Total));
    let expected = [
        Warning::DroppedNotFinite(2),
        Warning::DroppedBadError(2),
        Warning::Unsorted,
        Warning::DroppedRepeats(1),
        Warning::UnknownBand("weird".into()),
    ];
    assert_eq!(lc.warnings, expected);
    let lc = one("mjd,band,mag,mag_err\n2458000.5,g,18,0.1\n");
    assert!(lc.warnings.contains(&Warning::Other("times look like Julian dates but were read as MJD".into())));
}

#[test]
fn rows_need_not_be_adjacent_in_a_file() {
    let text = "id,mjd,band,mag,mag_err,label,survey,fold,redshift,ra,class\n\
        a,1,g,18,0.1,SN Ia,lsst,3,0.1,10,x\nb,1,g,18,0.1,SN II,ztf,4,0.2,11,x\na,2,g,18,0.1,SN Ia,lsst,3,0.1,12,x\nb,2,g,18,0.1,SN Ib,ztf,4,,11,x\n";
    let curves = good(text);
    let [a, b] = curves.as_slice() else { panic!("{curves:?}") };
    assert_eq!((a.object_id.as_str(), a.observations.len(), a.label.as_deref(), a.fold), ("a", 2, Some("SN Ia"), Some(3)));
    assert_eq!((a.survey.as_str(), a.observations[0].band.name()), ("lsst", "lsst/g"));
    // "label" comes before "class", which is then a further column; ra differs within the object.
    assert_eq!(a.extra, [("redshift".to_string(), "0.1".to_string()), ("class".to_string(), "x".to_string())]);
    assert_eq!(b.label.as_deref(), Some("SN II"));
    assert!(b.warnings.contains(&Warning::Other("rows differ in their label: the first is kept".into())));

    // As a stream they come as they are.
    let curves: Items = open_stream("-", Box::new(Cursor::new(text)), &ReadOptions::default()).unwrap().collect();
    let ids: Vec<_> = curves.iter().map(|c| c.as_ref().map(|c| c.object_id.as_str()).unwrap_or("?")).collect();
    assert_eq!(ids, ["a", "b", "a", "b"]);
    let warned = |i: usize| curves[i].as_ref().is_ok_and(|c| c.warnings.iter().any(|w| w.to_string().contains("not merged")));
    assert!(!warned(0) && !warned(1) && warned(2) && warned(3));
    let curves: Items =
        open_stream("-", Box::new(Cursor::new("mjd,band,mag,mag_err\n1,g,18,0.1\n")), &ReadOptions::default()).unwrap().collect();
    assert_eq!(curves[0].as_ref().unwrap().object_id, "stdin");
}

#[test]
fn faulty_rows_are_named_and_the_rest_is_read() {
    let text = "# c\nid,mjd,band,mag,mag_err,isdiffpos,photometry\na,1,g,18,0.1,t,total\na,x\x1b,g,18,0.1,t,total\na,2,g,18\na,3,,18,0.1,t,total\n\
        a,4,g,18,0.1,maybe,total\na,5,g,18,0.1,t,both\n,6,g,18,0.1,t,total\na,7,g,18,1.0.0,t,total\na,8,g,18,0.1,t,total,9\na,9,g,18,0.1,t,total\n";
    let items = read(text);
    let errors: Vec<String> = items.iter().filter_map(|i| i.as_ref().err()).map(|e| e.to_string()).collect();
    let expected = [
        "line 4, column mjd: \"x\\u{1b}\"; expected a number, or nothing",
        "line 5: 4 fields under a header of 7; expected as many fields as the header has names",
        "line 6, column band: no band; expected a band for every row",
        "line 7, column isdiffpos: \"maybe\"; expected t or f, 1 or 0, 1 or -1",
        "line 8, column photometry: \"both\"; expected difference or total",
        "line 9, column id: no name; expected a name for the object of every row",
        "line 10, column mag_err: \"1.0.0\"; expected a number, or nothing",
        "line 11: 8 fields under a header of 7; expected as many fields as the header has names",
    ];
    assert_eq!(errors, expected.map(|e| format!("some/file.csv: {e}")));
    let curves: Vec<_> = items.iter().filter_map(|i| i.as_ref().ok()).collect();
    assert_eq!((curves.len(), curves[0].observations.len()), (1, 2));
}

#[test]
fn many_faults_are_counted() {
    let mut text = "mjd,band,mag,mag_err\n".to_string();
    (0..1000).for_each(|_| text.push_str("x,g,18,0.1\n"));
    let items = read(&text);
    assert_eq!(items.len(), 21);
    assert!(items[20].as_ref().unwrap_err().to_string().contains("980 more rows"));
}

#[test]
fn tables_without_what_is_needed() {
    let e = refused("object_id,mjd,band,mag\na,1,g,18\n").to_string();
    assert!(e.contains("line 1: the columns are object_id, mjd, band, mag; expected these as well: mag_err"), "{e}");
    let e = refused("a,b\n1,2\n").to_string();
    assert!(e.contains("line 1: \"a,b\"; expected a header line"), "{e}");
    assert!(refused("# only\n# comments\n").to_string().contains("nothing but comments"));
    assert!(refused("[1, 2]").to_string().contains("this is JSON"));
    assert!(refused("just some words\nof prose\n").to_string().contains("header line"));
    let items = read("mjd,band,mag,mag_err\n");
    assert!(items.len() == 1 && items[0].as_ref().unwrap_err().to_string().contains("no rows under the header"));
}

#[test]
fn a_table_that_is_too_large_ends_with_an_error() {
    let mut text = "id,mjd,band,mag,mag_err\n".to_string();
    (0..10_000).for_each(|i| text.push_str(&format!("{i},1,g,18,0.1\n")));
    let options = ReadOptions { max_bytes: 1_000_000, ..ReadOptions::default() };
    let items: Items = open_bytes("x", text.as_str(), &options).unwrap().collect();
    assert_eq!(items.iter().filter(|i| i.is_err()).count(), 1);
    assert!(items[0].as_ref().unwrap_err().to_string().contains("too much to keep in memory"));
    assert_eq!(items.len(), 1 + 4096);
    let all = open_stream("-", Box::new(Cursor::new(text)), &options).unwrap();
    assert_eq!(all.filter(Result::is_ok).count(), 10_000);
}

#[test]
fn text_that_is_not_utf8_is_read_all_the_same() {
    let bytes = b"id,mjd,band,mag,mag_err\n\xe4,1,g,18,0.1\n\xe4,2,\xff,18,0.1\n".to_vec();
    let items: Items = open_bytes("x", bytes, &ReadOptions::default()).unwrap().collect();
    let lc = items[0].as_ref().unwrap();
    assert_eq!((lc.object_id.as_str(), lc.observations.len()), ("\u{fffd}", 2));
}
