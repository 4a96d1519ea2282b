//! Text tables in memory, read to light curves: observations per CPU second of this thread, by format.
//! cargo bench --bench readers

use std::fmt::Write;
use taxonova::lightcurve::read::{ReadOptions, open_bytes};

const OBJECTS: usize = 2000;
const POINTS: usize = 100;
const RUNS: usize = 3;

/// CPU seconds of this thread.
fn cpu() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the structure that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}

/// A table of [`OBJECTS`] times [`POINTS`] rows: its head, what comes before an object, and a row.
fn table(head: &str, begin: impl Fn(usize) -> String, row: impl Fn(usize, f64, usize) -> String) -> String {
    let mut text = format!("{head}\n");
    for object in 0..OBJECTS {
        text.push_str(&begin(object));
        for i in 0..POINTS {
            let _ = writeln!(text, "{}", row(object, 58_000.0 + i as f64 * 3.017, i % 2));
        }
    }
    text
}

fn main() {
    let none = |_| String::new();
    let band = |i: usize| ["g", "r"][i];
    let tables = [
        (
            "csv",
            table("object_id,mjd,band,mag,mag_err,lim_mag,label", none, |o, t, b| {
                format!("ZTF21abc{o:04},{t:.5},{},{:.4},0.0512,20.4321,SN Ia", band(b), 18.0 + t % 2.0)
            }),
        ),
        (
            "plasticc",
            table("object_id,mjd,passband,flux,flux_err,detected_bool", none, |o, t, b| {
                format!("{},{t:.4},{},{:.6},3.622952,1", 615 + o, b + 1, t % 50.0 - 20.0)
            }),
        ),
        (
            "irsa-ztf",
            table("oid,expid,hjd,mjd,mag,magerr,catflags,filtercode,ra,dec", none, |o, t, b| {
                format!(
                    "{o},45015096,{:.10},{t:.10},14.7349491,0.025195403,0,z{},{:.6},17.8645383",
                    t + 2_400_000.5,
                    band(b),
                    o as f64 * 0.1
                )
            }),
        ),
        (
            "snana-text",
            table(
                "SURVEY: LSST",
                |o| format!("END:\nSNID: {o}\nVARLIST: MJD FLT FIELD FLUXCAL FLUXCALERR MAG MAGERR\n"),
                |_, t, b| format!("OBS: {t:.3} {} NULL  -20.173 19.978 nan -1.075", band(b)),
            ),
        ),
        (
            "atlas",
            table("###MJD m dm uJy duJy F err chi/N RA Dec", none, |_, t, b| {
                format!("{t:.6}  13.075  0.002 {:.0}   52 {}  0 103.58 107.71417   2.46099", t % 30.0 * 700.0, ["c", "o"][b])
            }),
        ),
        ("table", table("mjd mag mag_err filter object", none, |o, t, b| format!("{t:.5} 18.1234 0.0512 {} s{o}", band(b)))),
        ("plain", table("# plain", none, |_, t, b| format!("{t:.5} 18.1234 0.0512 {}", band(b)))),
    ];
    println!("format        observations   thousand per CPU second (best of {RUNS})   MB per CPU second");
    for (name, text) in tables {
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let bytes = text.clone().into_bytes();
            let begin = cpu();
            let reader = match open_bytes("bench.txt", bytes, &ReadOptions::default()) {
                Ok(reader) if reader.format().name == name || name == "plasticc" => reader,
                Ok(reader) => return eprintln!("{name} was taken for {}", reader.format().name),
                Err(e) => return eprintln!("{e}"),
            };
            let objects = reader.filter(Result::is_ok).count();
            best = best.min(cpu() - begin);
            assert!(objects > 0);
        }
        let rows = OBJECTS * POINTS;
        println!("{name:<12} {rows:>13} {:>43.0} {:>19.0}", rows as f64 / best / 1e3, text.len() as f64 / best / 1e6);
    }
}
