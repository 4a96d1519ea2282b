//! VOTable in the shape of the IVOA's recommendation, version 1.4.

use super::super::*;

pub(super) static TABLE: &str = r#"<?xml version="1.0"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="object_id" datatype="char" arraysize="*"/><FIELD name="mjd" datatype="double" unit="d"/>
<FIELD name="band" datatype="char" arraysize="*"/><FIELD name="flux" datatype="double" unit="mJy"/>
<FIELD name="flux_err" datatype="double" unit="mJy"><VALUES null="-999"/></FIELD>
<DATA><TABLEDATA>
<TR><TD>a&amp;b</TD><TD>58000.5</TD><TD>g</TD><TD>0.1</TD><TD>0.01</TD></TR>
<TR><TD>a&amp;b</TD><TD>58001.5</TD><TD>r</TD><TD>-0.1</TD><TD>-999</TD></TR>
<TR><TD>a&#38;b</TD><TD>58002.5</TD><TD>r</TD><TD>-0.1</TD><TD>0.01</TD></TR>
</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>
"#;

fn read(text: &str) -> (Vec<LightCurve>, Vec<String>) {
    let reader = open_bytes("x.vot", text.as_bytes(), &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(reader.format().name, "votable");
    let (good, bad): (Vec<_>, Vec<_>) = reader.take(1000).partition(Result::is_ok);
    (good.into_iter().flatten().collect(), bad.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect())
}

#[test]
fn rows_units_and_nulls() {
    let (curves, errors) = read(TABLE);
    assert_eq!((curves.len(), errors.len()), (1, 0), "{errors:?}");
    let c = &curves[0];
    assert_eq!((c.object_id.as_str(), c.photometry), ("a&b", Photometry::Difference));
    let points: Vec<_> = c.observations.iter().map(|o| (o.mjd, o.band.name(), o.flux_ujy.round())).collect();
    assert_eq!(points, [(58000.5, "ztf/g", 100.0), (58002.5, "ztf/r", -100.0)]);
    assert!(c.warnings.contains(&crate::lightcurve::Warning::DroppedNotFinite(1)));
}

#[test]
fn faults_are_named() {
    let bomb = TABLE.replace("<VOTABLE", "<!DOCTYPE x [<!ENTITY b \"bbbb\">]><VOTABLE").replace("&amp;", "&b;");
    let cases = [
        (TABLE[..TABLE.len() - 80].to_string(), "cut off"),
        (TABLE.replace("58001.5", "soon"), "soon"),
        (TABLE.replace("\"mjd\"", "\"when\""), "mjd"),
        (TABLE.replace("<TD>g</TD>", ""), "4 values under 5 columns"),
        (TABLE.replace("unit=\"mJy\"", "unit=\"W\""), "\"W\""),
        (TABLE.replace("TABLEDATA", "BINARY"), "BINARY"),
        (TABLE.replace("58001.5", &"1".repeat(6 << 20)), "MiB"),
        (bomb, "entity"),
    ];
    for (text, word) in cases {
        let (_, errors) = read(&text);
        assert!(errors.iter().any(|e| e.contains(word)), "{word}: {errors:?}");
    }
}
