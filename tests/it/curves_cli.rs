//! `classify --history`, `why` and `plot` as scripts see them, on the simulated sample data and the shipped model.

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::path::Path;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn taxonova(args: &[&str], folder: &Path) -> Ran {
    let out = Command::cargo_bin("taxonova").unwrap().args(args).current_dir(folder).output().unwrap();
    Ran { code: out.status.code().unwrap(), out: String::from_utf8(out.stdout).unwrap(), err: String::from_utf8(out.stderr).unwrap() }
}

/// A folder with the sample data in it.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (_, bytes) = taxonova::simulate::sample_data();
    std::fs::write(dir.path().join("sample.csv"), bytes).unwrap();
    dir
}

type Rows = Vec<BTreeMap<String, String>>;

fn table(text: &str) -> Rows {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|r| r.unwrap()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {}", row[column]))
}

#[test]
fn a_history_is_what_asof_says_at_each_time() {
    let dir = folder();
    let all = taxonova(&["classify", "sample.csv", "--history", "--history-epochs", "6"], dir.path());
    assert_eq!((all.code, all.err.as_str()), (0, ""));
    let rows = table(&all.out);
    let of = |id: &str| rows.iter().filter(|r| r["object_id"] == id).collect::<Vec<_>>();
    let one = of("sim-0003");
    assert!((2..=6).contains(&one.len()));
    assert!(one.windows(2).all(|w| number(w[0], "mjd") < number(w[1], "mjd") && number(w[0], "n_known") < number(w[1], "n_known")));
    assert!(number(one[0], "age_d") >= 0.0 && number(one[0], "age_d") < 1.0);
    // The same object as of that day, to the digits that are written.
    for row in &one {
        // A second later, so that rounding the age does not drop the point.
        let day = format!("{}", number(row, "age_d") + 1.0 / 86_400.0 + 1e-3);
        let then = table(&taxonova(&["classify", "sample.csv", "--asof", &day], dir.path()).out);
        let then = then.iter().find(|r| r["object_id"] == "sim-0003").unwrap();
        for column in ["decision", "decision_p", "n_obs", "P:SN", "P:SN Ia", "P:TDE"] {
            assert_eq!(then[column], row[column], "{column} at {day}");
        }
    }
    // The same in JSON lines and Parquet, and the same rows for any number of threads.
    let two = taxonova(&["classify", "sample.csv", "--history", "--history-epochs", "6", "--threads", "2"], dir.path());
    assert_eq!(two.out, all.out);
    for name in ["h.jsonl", "h.parquet"] {
        assert_eq!(taxonova(&["classify", "sample.csv", "--history", "-o", name], dir.path()).code, 0);
        assert!(dir.path().join(name).metadata().unwrap().len() > 1000);
    }
    let lines = std::fs::read_to_string(dir.path().join("h.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(first["age_d"].is_number() && first["mjd"].is_number() && first["n_known"].is_u64());
    assert_eq!(taxonova(&["classify", "sample.csv", "--history-epochs", "6"], dir.path()).code, 2);
}

#[test]
fn asof_says_where_there_is_no_detection() {
    let dir = tempfile::tempdir().unwrap();
    let faint =
        "object_id,mjd,band,flux_ujy,flux_err,photometry\na,59000,g,3,1,difference\na,59003,r,2,1,difference\na,59009,g,4,1,difference\n";
    std::fs::write(dir.path().join("faint.csv"), faint).unwrap();
    let rows = table(&taxonova(&["classify", "faint.csv", "--asof", "2"], dir.path()).out);
    assert!(rows[0]["warnings"].contains("--asof used the whole light curve"), "{}", rows[0]["warnings"]);
    assert_eq!(rows[0]["n_obs"], "3");
}

#[test]
fn why_lists_what_leaving_out_changes() {
    let dir = folder();
    let by_point =
        |id: &str| taxonova(&["why", "sample.csv", "--object", id, "--node", "SN", "--by", "point", "--json", "--top", "0"], dir.path());
    let ran = by_point("sim-0005");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let doc: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rows = doc["rows"].as_array().unwrap();
    assert_eq!((doc["node"].as_str(), doc["left_out"].as_u64()), (Some("SN"), Some(rows.len() as u64)));
    let changes: Vec<f64> = rows.iter().map(|r| r["change"].as_f64().unwrap()).collect();
    assert!(changes.len() > 10 && changes.windows(2).all(|w| w[0].abs() >= w[1].abs()));
    // By hand: without the observation that matters most, P is what the row says.
    let p = |file: &str| number(&table(&taxonova(&["classify", file], dir.path()).out)[0], "P:SN");
    let text = std::fs::read_to_string(dir.path().join("sample.csv")).unwrap();
    let mut lines = text.lines().filter(|l| !l.starts_with('#'));
    let header = lines.next().unwrap();
    let names: Vec<&str> = header.split(',').collect();
    let mjd_at = names.iter().position(|n| *n == "mjd").unwrap();
    let gone = rows[0]["points"][0]["mjd"].as_f64().unwrap();
    let one: Vec<&str> = lines.filter(|l| l.contains("sim-0005")).collect();
    let less: Vec<&str> =
        one.iter().copied().filter(|l| (l.split(',').nth(mjd_at).unwrap().parse::<f64>().unwrap() - gone).abs() > 1e-9).collect();
    assert_eq!(less.len() + 1, one.len());
    std::fs::write(dir.path().join("one.csv"), format!("{header}\n{}\n", one.join("\n"))).unwrap();
    std::fs::write(dir.path().join("less.csv"), format!("{header}\n{}\n", less.join("\n"))).unwrap();
    assert!((p("one.csv") - p("less.csv") - changes[0]).abs() < 2e-5, "{} {} {}", p("one.csv"), p("less.csv"), changes[0]);
    // A table for people; nights; names that are not there.
    let table = taxonova(&["why", "sample.csv", "--object", "sim-0005"], dir.path());
    assert!(table.code == 0 && table.out.starts_with("sim-0005: P(") && table.out.lines().count() == 11, "{}", table.out);
    let wrong = taxonova(&["why", "sample.csv", "--node", "SN Iaa"], dir.path());
    assert!(wrong.code == 2 && wrong.err.contains("\"SN Ia\""), "{}", wrong.err);
    assert_eq!(by_point("sim-99").code, 2);
}

#[test]
fn figures_of_one_and_of_all() {
    let dir = folder();
    let one = taxonova(&["plot", "sample.csv", "--object", "sim-0003", "-o", "one.svg", "--history", "--period", "12.5"], dir.path());
    assert_eq!((one.code, one.err.as_str()), (0, ""));
    let svg = std::fs::read_to_string(dir.path().join("one.svg")).unwrap();
    for word in ["SIMULATED sim-0003", "AB magnitude", "Days since the first detection", "Phase", "SN Ia", "TDE"] {
        assert!(svg.contains(word), "{word}");
    }
    // The same command gives the same bytes.
    taxonova(&["plot", "sample.csv", "--object", "sim-0003", "-o", "two.svg", "--history", "--period", "12.5"], dir.path());
    assert_eq!(svg, std::fs::read_to_string(dir.path().join("two.svg")).unwrap());
    let all = taxonova(&["plot", "sample.csv", "-o", "figures/", "--no-cascade", "--flux", "--theme", "dark"], dir.path());
    assert_eq!((all.code, all.err.as_str()), (0, ""));
    assert_eq!(std::fs::read_dir(dir.path().join("figures")).unwrap().count(), 12);
    let png = taxonova(&["plot", "sample.csv", "-o", "{}.png", "--object", "sim-0001", "--size", "900x500", "--no-cascade"], dir.path());
    assert_eq!(png.code, 0, "{}", png.err);
    let bytes = std::fs::read(dir.path().join("sim-0001.png")).unwrap();
    assert_eq!(&bytes[..4], b"\x89PNG");
    assert_eq!(&bytes[16..24], &[0, 0, 7, 8, 0, 0, 3, 232], "1800 x 1000 pixels");
    // Several objects need a place each; what is not there is named.
    let several = taxonova(&["plot", "sample.csv", "-o", "x.svg"], dir.path());
    assert!(several.code == 2 && several.err.contains("several objects"), "{}", several.err);
    assert!(!dir.path().join("x.svg").exists());
    assert_eq!(taxonova(&["plot", "sample.csv", "-o", "x.pdf"], dir.path()).code, 2);
    let none = taxonova(&["plot", "sample.csv", "-o", "x.svg", "--object", "nobody"], dir.path());
    assert!(none.code == 2 && none.err.contains("sim-0001"), "{}", none.err);
    assert_eq!(taxonova(&["plot", "absent.csv", "-o", "x.svg"], dir.path()).code, 2);
}

#[test]
fn features_as_of_an_age_see_no_more_than_was_known() {
    let dir = folder();
    let rows = |args: &[&str]| {
        let ran = taxonova(&[&["features", "sample.csv", "-o", "out.csv"], args].concat(), dir.path());
        assert_eq!(ran.code, 0, "{}", ran.err);
        table(&std::fs::read_to_string(dir.path().join("out.csv")).unwrap())
    };
    let (whole, early) = (rows(&[]), rows(&["--asof", "10"]));
    assert_eq!(whole.len(), early.len());
    let mut fewer = 0;
    for (w, e) in whole.iter().zip(&early) {
        assert_eq!(w["object_id"], e["object_id"]);
        let (w, e) = (number(w, "r_n"), number(e, "r_n"));
        assert!(e <= w, "{e} points at 10 days, {w} in all");
        fewer += u32::from(e < w);
    }
    assert!(fewer > 0);
    // Long after its end a light curve is whole.
    assert_eq!(rows(&["--asof", "100000"]), whole);
    assert_eq!(taxonova(&["features", "sample.csv", "-o", "out.csv", "--asof", "-1"], dir.path()).code, 2);
}
