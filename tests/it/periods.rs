//! Periods of real stars against the published ones, and `inspect --period`.

use crate::common::shared_data;
use assert_cmd::Command;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use taxonova::features::period::{Options, search};
use taxonova::lightcurve::read::{self, ReadOptions};

/// The first few stars of each class that pulsates or is eclipsed beyond doubt: the published period, its half or double.
#[test]
fn published_periods_are_found() {
    let Some(dir) = shared_data() else { return };
    let path = dir.join("variables.parquet");
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
        return;
    }
    let mut taken: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for curve in read::open(&path, &ReadOptions::default()).unwrap().filter_map(Result::ok) {
        let key = format!("{} {}", curve.survey, curve.label.as_deref().unwrap_or(""));
        if !["catalina Contact binary", "catalina EA", "catalina RRab", "ztf RRab", "sdss RRab"].contains(&key.as_str()) {
            continue;
        }
        let Some(published) = curve.extra("period_d").and_then(|p| p.parse::<f64>().ok()) else { continue };
        let (n, right) = taken.entry(key).or_default();
        if *n == 5 {
            continue;
        }
        let found = search(&curve.observations, &Options::default(), &AtomicBool::new(false)).unwrap();
        let ratio = found.peaks[0].period_d / published;
        *n += 1;
        *right += usize::from([0.5, 1.0, 2.0].iter().any(|k| (ratio / k - 1.0).abs() < 0.01));
    }
    println!("{taken:?}");
    assert_eq!(taken.len(), 5);
    assert!(taken.values().all(|(n, right)| *n == 5 && *right >= 4), "{taken:?}");
}

fn curves() -> String {
    // Of a stream only adjacent rows are one object.
    let (mut text, mut noisy) = (String::from("id,mjd,band,mag,mag_err\n"), String::new());
    for i in 0..80u32 {
        let t = 58_000.0 + f64::from(i) * 3.0 + f64::from(i * i % 17) * 0.013;
        let wave = (std::f64::consts::TAU * t / 0.7321).sin();
        text.push_str(&format!("wave,{t},{},{:.4},0.02\n", if i % 2 == 0 { "g" } else { "r" }, 18.0 + 0.3 * wave));
        // A good hash of the counter (splitmix64), so that there is no period: a multiplication alone would be one.
        let mut z = u64::from(i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let noise = ((z ^ (z >> 31)) % 1000) as f64 / 1000.0;
        noisy.push_str(&format!("noise,{t},g,{:.4},0.02\n", 18.0 + 0.1 * noise));
    }
    text.push_str(&noisy);
    text.push_str("few,58000,g,18,0.1\nfew,58001,g,18.1,0.1\n");
    text
}

#[test]
fn inspect_says_the_period_of_each_object_in_order() {
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_taxonova"));
        let out = command.args(["inspect", "-"]).args(args).env_remove("COLUMNS").write_stdin(curves()).assert().get_output().clone();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, text, _) = run(&["--period", "--json"]);
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |id: &str| json["objects"].as_array().unwrap().iter().find(|o| o["object_id"] == id).unwrap()["period"].clone();
    let wave = of("wave");
    assert_eq!(wave["significant"], true);
    assert!((wave["peaks"][0]["period_d"].as_f64().unwrap() - 0.7321).abs() < 1e-3, "{wave}");
    assert_eq!(of("noise")["significant"], false);
    assert_eq!(of("few")["peaks"].as_array().map(Vec::len), Some(0));
    let (code, text, _) = run(&["--period"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("    period 0.732") && text.contains("no significant period") && text.contains("no period: it takes 10"),
        "{text}"
    );
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
    // Without the flag nothing is searched; a range without it, or a wrong one, is bad usage.
    assert!(!run(&[]).1.contains("period"));
    assert_eq!(run(&["--period-range", "1,2"]).0, Some(2));
    let (code, _, errors) = run(&["--period", "--period-range", "2,1"]);
    assert!(code == Some(2) && errors.contains("MIN,MAX"), "{errors}");
    let (_, text, _) = run(&["--period", "--period-range", "2,30", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    for peak in json["objects"][0]["period"]["peaks"].as_array().unwrap() {
        assert!((1.9..31.0).contains(&peak["period_d"].as_f64().unwrap()), "{peak}");
    }
}
