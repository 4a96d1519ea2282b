//! Periods of the variables corpus against the published ones, per survey and class, and processor time per light curve.
//! Settings were chosen on folds 0 to 4; folds 5 to 9 are the figure.
//!
//! cargo bench --bench periods [-- --folds 5-9 --every 1 --wrong]

mod common;

use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use taxonova::features::period::{Options, search};
use taxonova::lightcurve::read::{self, ReadOptions};
use taxonova::lightcurve::{BandId, LightCurve, Observation};

/// RR Lyrae, Cepheids, delta Scuti and eclipsing stars, as the corpus labels them.
static CLASSES: &[&str] = &[
    "RR Lyrae",
    "RRab",
    "RRc",
    "RRd",
    "Cepheid",
    "Classical Cepheid",
    "Anomalous Cepheid",
    "Cepheid II",
    "Delta Scuti",
    "EA",
    "Contact binary",
    "Eclipsing",
];

fn argument(name: &str) -> Option<String> {
    let args: Vec<String> = std::env::args().collect();
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned()
}

/// Processor seconds of this thread.
fn cpu_seconds() -> f64 {
    let mut time = std::mem::MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is to a zeroed timespec, for which all bit patterns are valid.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// To 1 %, or half or double.
fn agrees(found: f64, published: f64) -> bool {
    [0.5, 1.0, 2.0].iter().any(|k| (found / (k * published) - 1.0).abs() <= 0.01)
}

/// The same, also of what the published frequency (or its half or double) looks like in nightly sampling.
fn agrees_or_alias(found: f64, published: f64) -> bool {
    let alias = |f: f64| [f + 1.0, f - 1.0, 1.0 - f].into_iter().any(|a| a > 0.0 && (found * a - 1.0).abs() <= 0.01);
    agrees(found, published) || [0.5, 1.0, 2.0].into_iter().any(|k| alias(k / published))
}

#[derive(Default, Clone)]
struct Row {
    n: usize,
    agree: usize,
    alias: usize,
    among: usize,
    points: usize,
    seconds: f64,
}

impl Row {
    fn add(&mut self, o: &Row) {
        self.n += o.n;
        self.agree += o.agree;
        self.alias += o.alias;
        self.among += o.among;
        self.points += o.points;
        self.seconds += o.seconds;
    }

    fn print(&self, name: &str) {
        let n = self.n as f64;
        let percent = |k: usize| 100.0 * k as f64 / n;
        println!(
            "| {name} | {} | {:.1} % | {:.1} % | {:.1} % | {:.0} | {:.1} |",
            self.n,
            percent(self.agree),
            percent(self.alias),
            percent(self.among),
            self.points as f64 / n,
            1e3 * self.seconds / n
        );
    }
}

fn judge(curve: &LightCurve, published: f64, wrong: bool) -> Row {
    let start = cpu_seconds();
    let found = search(&curve.observations, &Options::default(), &AtomicBool::new(false));
    let seconds = cpu_seconds() - start;
    let peaks = found.map(|s| s.peaks).unwrap_or_default();
    let best = peaks.first();
    let agree = best.is_some_and(|p| agrees(p.period_d, published));
    if wrong && !agree {
        let list: Vec<String> =
            peaks.iter().map(|p| format!("{:.6} ({}, {:.3}, 1e{:.1})", p.period_d, p.harmonics, p.power, p.log10_false_alarm())).collect();
        println!("{} {}: published {published}, found {}", curve.object_id, curve.label.as_deref().unwrap_or(""), list.join(" "));
    }
    Row {
        n: 1,
        agree: usize::from(agree),
        alias: usize::from(best.is_some_and(|p| agrees_or_alias(p.period_d, published))),
        among: usize::from(peaks.iter().take(5).any(|p| agrees(p.period_d, published))),
        points: curve.observations.len(),
        seconds,
    }
}

fn corpus() {
    let Some(dir) = common::data_dir() else { return };
    let path = dir.join("variables.parquet");
    if !path.exists() {
        eprintln!("skipped: no real data (set TAXONOVA_SHARED_DATA)");
        return;
    }
    let folds = argument("--folds").unwrap_or_else(|| "0-9".into());
    let (from, to) = folds.split_once('-').unwrap_or((&folds, &folds));
    let (from, to): (u32, u32) = (from.parse().expect("a fold"), to.parse().expect("a fold"));
    let every: usize = argument("--every").map_or(1, |v| v.parse().expect("a number"));
    let wrong = std::env::args().any(|a| a == "--wrong");
    let curves: Vec<(LightCurve, f64)> = read::open(&path, &ReadOptions::default())
        .expect("the corpus")
        .filter_map(Result::ok)
        .filter_map(|c| {
            let published: f64 = c.extra("period_d")?.parse().ok()?;
            let label = c.label.as_deref()?;
            // These are aliases of a day, by the corpus's own account.
            let alias = c.survey.starts_with("eros") && label == "RR Lyrae" && published > 0.95;
            let wanted = CLASSES.contains(&label) && published > 0.0 && !alias && c.fold.is_some_and(|f| (from..=to).contains(&f));
            wanted.then_some((c, published))
        })
        .step_by(every)
        .collect();
    let rows: Vec<Row> = curves.par_iter().map(|(c, p)| judge(c, *p, wrong)).collect();
    let mut table: BTreeMap<(String, String), Row> = BTreeMap::new();
    let (mut chosen_on, mut held_out, mut all) = (Row::default(), Row::default(), Row::default());
    for ((curve, _), row) in curves.iter().zip(&rows) {
        table.entry((curve.survey.clone(), curve.label.clone().unwrap_or_default())).or_default().add(row);
        if curve.fold.is_some_and(|f| f < 5) {
            chosen_on.add(row)
        } else {
            held_out.add(row)
        }
        all.add(row);
    }
    println!("| survey, class | n | agree | or daily alias | among the best 5 | points | CPU ms |\n|---|---|---|---|---|---|---|");
    for ((survey, class), row) in &table {
        row.print(&format!("{survey} {class}"));
    }
    for (name, row) in [("folds 0 to 4 (settings chosen)", &chosen_on), ("folds 5 to 9", &held_out), ("all", &all)] {
        if row.n > 0 {
            row.print(name);
        }
    }
}

/// Simulated: 250 points on nights of 2,500 days, and 100,000 points.
fn synthetic() {
    let mut state = 1u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let bands = [BandId::ZTF_G, BandId::ZTF_R, BandId::ZTF_I];
    for (n_points, n_bands, runs) in [(250, 1, 40), (250, 2, 40), (250, 3, 40), (100_000, 2, 2)] {
        let (mut seconds, mut agree) = (0.0, 0);
        for _ in 0..runs {
            let period = 0.2 + 2.0 * random();
            let observations: Vec<Observation> = (0..n_points)
                .map(|i| {
                    let t = 58_000.3 + (2500.0 * random()).floor() + 0.2 * random();
                    let noise = 0.1 * (random() + random() - 1.0);
                    let mag = 18.0 + 0.2 * (std::f64::consts::TAU * t / period).sin() + noise;
                    Observation::from_mag(t, bands[i % n_bands], mag, 0.05, 1.0)
                })
                .collect();
            let start = cpu_seconds();
            let found = search(&observations, &Options::default(), &AtomicBool::new(false));
            seconds += cpu_seconds() - start;
            agree += usize::from(found.is_some_and(|s| s.peaks.first().is_some_and(|p| agrees(p.period_d, period))));
        }
        let each = seconds / f64::from(runs);
        println!(
            "{n_points} points, 2,500 days, {n_bands} band(s): {:.1} ms, {:.0} per CPU second, {agree} of {runs} found",
            1e3 * each,
            1.0 / each
        );
    }
}

fn main() {
    synthetic();
    corpus();
}
