//! Paired bootstrap, Markdown tables and the CSV.

use super::measures::{Judge, Measure, Row};
use super::settings::{Kind, Setting};
use rayon::prelude::*;
use std::io::Write;
use taxonova::train::rng::RunRng;

/// One competitor: a setting, or a choice among several, with its rows per seed.
pub struct Entrant {
    pub name: String,
    pub kind: Kind,
    /// Name of the entrant that it is set against.
    pub against: Option<String>,
    /// Per seed, per object.
    pub rows: Vec<Vec<Row>>,
    /// Debiased ECE of the sibling groups, where worked out.
    pub ece: Vec<(String, f64)>,
}

/// Who is set against whom on which tree with which scores.
pub struct Round<'a> {
    pub title: &'a str,
    pub key: &'a str,
    pub judge: &'a Judge,
    pub entrants: &'a [Entrant],
}

fn values(judge: &Judge, e: &Entrant, weights: &[u32]) -> Vec<f64> {
    let mut mean = vec![0.0; judge.measures.len()];
    for rows in &e.rows {
        let mut sums = vec![0.0; judge.n_sums()];
        for (row, &w) in rows.iter().zip(weights).filter(|(_, w)| **w > 0) {
            row.iter().for_each(|&(i, v)| sums[i as usize] += f64::from(w) * f64::from(v));
        }
        mean.iter_mut().zip(judge.values(e.kind, &sums)).for_each(|(m, v)| *m += v / e.rows.len() as f64);
    }
    mean
}

/// The measures of all objects alike.
pub fn values_of(judge: &Judge, kind: Kind, rows: &[Row]) -> Vec<f64> {
    let mut sums = vec![0.0; judge.n_sums()];
    rows.iter().flatten().for_each(|&(i, v)| sums[i as usize] += f64::from(v));
    judge.values(kind, &sums)
}

/// Bounds of the middle 95 %.
fn interval(mut draws: Vec<f64>) -> [f64; 2] {
    draws.sort_by(f64::total_cmp);
    let at = |q: f64| draws.get(((draws.len() as f64 - 1.0) * q).round() as usize).copied().unwrap_or(f64::NAN);
    [at(0.025), at(0.975)]
}

impl Round<'_> {
    /// Prints the tables and adds to the CSV.
    pub fn run(&self, n_draws: usize, csv: &mut impl Write) -> std::io::Result<()> {
        let n = self.entrants.first().and_then(|e| e.rows.first()).map_or(0, Vec::len);
        if n == 0 {
            return Ok(());
        }
        let at_all = |weights: &[u32]| -> Vec<Vec<f64>> { self.entrants.iter().map(|e| values(self.judge, e, weights)).collect() };
        let point = at_all(&vec![1; n]);
        let draw = |d: usize| {
            let mut rng = RunRng::new(20_231_204, d as u64);
            let mut weights = vec![0; n];
            (0..n).for_each(|_| weights[rng.below(n)] += 1);
            at_all(&weights)
        };
        let draws: Vec<Vec<Vec<f64>>> = (0..n_draws).into_par_iter().map(draw).collect();
        let measures = &self.judge.measures;
        println!("\n## {} ({n} objects)\n", self.title);
        header(measures, self.entrants.first().map_or(&[], |e| &e.ece));
        for (e, own) in self.entrants.iter().zip(&point) {
            let cells: Vec<String> = own.iter().copied().chain(e.ece.iter().map(|(_, v)| *v)).map(number).collect();
            println!("| {} | {} |", e.name, cells.join(" | "));
        }
        println!(
            "\nDifferences, with 95 % intervals of {n_draws} paired draws; bold: better, and the interval excludes 0; italic: worse\n"
        );
        header(measures, &[]);
        for (i, e) in self.entrants.iter().enumerate() {
            let j = e.against.as_ref().and_then(|a| self.entrants.iter().position(|o| o.name == *a));
            let mut cells = Vec::new();
            for (m, (measure, more)) in measures.iter().enumerate() {
                let own = interval(draws.iter().map(|d| d[i][m]).collect());
                let mut line = format!("{},{},{measure},{:.5},{:.5},{:.5}", self.key, e.name, point[i][m], own[0], own[1]);
                if let Some(j) = j {
                    let difference = point[i][m] - point[j][m];
                    let [low, high] = interval(draws.iter().map(|d| d[i][m] - d[j][m]).collect());
                    line += &format!(",{},{difference:.5},{low:.5},{high:.5}", self.entrants[j].name);
                    let text = format!("{difference:+.3} [{low:+.3}, {high:+.3}]");
                    let (better, worse) = if *more { (low > 0.0, high < 0.0) } else { (high < 0.0, low > 0.0) };
                    cells.push(match (better, worse) {
                        _ if difference.is_nan() => String::new(),
                        (true, _) => format!("**{text}**"),
                        (_, true) => format!("*{text}*"),
                        _ => text,
                    });
                } else {
                    line += ",,,,";
                }
                writeln!(csv, "{line}")?;
            }
            for (group, v) in &e.ece {
                writeln!(csv, "{},{},ECE in {group},{v:.5},,,,,,", self.key, e.name)?;
            }
            if let Some(j) = j {
                println!("| {} - {} | {} |", e.name, self.entrants[j].name, cells.join(" | "));
            }
        }
        Ok(())
    }
}

fn number(v: f64) -> String {
    if v.is_nan() { String::new() } else { format!("{v:.3}") }
}

fn header(measures: &[Measure], ece: &[(String, f64)]) {
    let names: Vec<String> = measures.iter().map(|m| m.0.clone()).chain(ece.iter().map(|(g, _)| format!("ECE in {g}"))).collect();
    println!("| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
}

/// For each fold the setting that is best on the other folds' predictions, by the mean of both macro scores: what a choice
/// within the training folds is worth.
pub fn chosen(name: &str, judge: &Judge, among: &[(&Setting, &Entrant)], folds: &[u32], against: Option<&str>) -> Option<Entrant> {
    let (first, _) = among.first()?;
    let n_seeds = among.iter().map(|(_, e)| e.rows.len()).min()?;
    let by = |m: &str| judge.measures.iter().position(|(name, _)| name == m);
    let (hf, leaf) = (by("leaf hF macro")?, by("leaf F1")?);
    let mut rows = vec![vec![Row::new(); folds.len()]; n_seeds];
    let mut distinct = folds.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let mut picked = Vec::new();
    for fold in distinct {
        let weights: Vec<u32> = folds.iter().map(|f| u32::from(*f != fold)).collect();
        let score = |e: &Entrant| {
            let v = values(judge, e, &weights);
            v[hf] + v[leaf]
        };
        let (_, best) = among.iter().map(|(_, e)| (score(e), *e)).max_by(|a, b| a.0.total_cmp(&b.0))?;
        picked.push(best.name.clone());
        for (seed, out) in rows.iter_mut().enumerate() {
            for (i, row) in out.iter_mut().enumerate().filter(|(i, _)| folds[*i] == fold) {
                row.clone_from(&best.rows[seed][i]);
            }
        }
    }
    eprintln!("{name}: {}", picked.join(", "));
    Some(Entrant { name: name.into(), kind: first.kind, against: against.map(String::from), rows, ece: Vec::new() })
}
