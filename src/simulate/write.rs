//! The files of `taxonova simulate`: one long CSV with all objects, and a note beside it. Every file says that
//! the data are simulated.

use super::survey::Seen;
use super::{BANDS, PEAK_LIMIT_MAG, SIMULATOR_VERSION, SURVEY, Simulator, labels};
use std::io::{self, Write};

/// File name of the light curves.
pub const CSV_NAME: &str = "simulated.csv";
/// File name of the note. Not README.md, which a user's folder may have.
pub const NOTE_NAME: &str = "SIMULATED.md";

/// Writes objects 0..n of a seed: a first line starting with `#` that says what this is, the header, then a row per
/// point in order of object and time. Units: days, AB magnitudes; a limit has `lim_mag` (5 sigma) alone.
/// `each` is called after every object, and ends the writing with an error.
pub fn write_csv(out: &mut impl Write, n: u64, seed: u64, mut each: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    writeln!(
        out,
        "# SIMULATED light curves, no observations: taxonova simulate -n {n} --seed {seed} (simulator version {SIMULATOR_VERSION})"
    )?;
    writeln!(out, "object_id,mjd,band,mag,mag_err,lim_mag,photometry,survey,label")?;
    let simulator = Simulator::new(seed);
    for index in 0..n {
        let object = simulator.object(index);
        for p in &object.points {
            let (id, band, label) = (&object.object_id, BANDS[p.band], object.label);
            match p.seen {
                Seen::Detection { mag, mag_err } => {
                    writeln!(out, "{id},{:.4},{band},{mag:.3},{mag_err:.3},,difference,{SURVEY},{label}", p.mjd)?;
                }
                Seen::Limit { mag } => writeln!(out, "{id},{:.4},{band},,,{mag:.3},difference,{SURVEY},{label}", p.mjd)?,
            }
        }
        each()?;
    }
    Ok(())
}

/// The note beside the light curves.
pub fn note(n: u64, seed: u64) -> String {
    let classes: Vec<&str> = labels().collect();
    format!(
        "# Simulated light curves

`{CSV_NAME}` holds {n} SIMULATED object{}. Nothing in it was observed: the classes are invented parametric light
curves, good for trying Taxonova, for tests and for teaching, and for nothing else. They say nothing about how well
a model does on real ones. Made by

    taxonova simulate -n {n} -o DIR --seed {seed}

(simulator version {SIMULATOR_VERSION}; the same command gives the same bytes on every machine).

- One row per point: `object_id`, `mjd` (days), `band` (ZTF g or r), `mag` and `mag_err` (AB) of a detection of at
  least 5 sigma, or `lim_mag` (5 sigma) where nothing was seen, `photometry` (difference), `survey` (`{SURVEY}`) and
  `label`, the class that was simulated. Lines that start with `#` are comments.
- Every block of {} objects has one of each class, shuffled: {}.
- Even in comoving volume out to where the peak falls below {PEAK_LIMIT_MAG:.1} mag; flat universe, H0 = 70 km/s/Mpc,
  Omega_m = 0.3; times are dilated, spectra are not redshifted.
- A visit every third night in g and r, with bad weather, moonlight and seasons; as in alerts, limits are given for the 30 days
  before a detection only.
",
        if n == 1 { "" } else { "s" },
        classes.len(),
        classes.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(n: u64, seed: u64) -> String {
        let mut out = Vec::new();
        write_csv(&mut out, n, seed, || Ok(())).expect("memory");
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn fewer_objects_are_the_first_of_more() {
        let (two, four) = (csv(2, 5), csv(4, 5));
        let rows = |s: &str| s.lines().skip(1).map(str::to_string).collect::<Vec<_>>();
        assert!(rows(&four).starts_with(&rows(&two)));
        assert!(two.lines().next().is_some_and(|l| l.starts_with("# SIMULATED") && l.contains("-n 2 --seed 5")));
    }

    #[test]
    fn rows_are_a_detection_or_a_limit() {
        for line in csv(12, 6).lines().skip(2) {
            let f: Vec<&str> = line.split(',').collect();
            assert_eq!(f.len(), 9, "{line}");
            assert_eq!(f[3].is_empty(), f[4].is_empty(), "{line}");
            assert_ne!(f[3].is_empty(), f[5].is_empty(), "{line}");
            assert_eq!(f[7], SURVEY);
        }
    }

    /// The shipped file and its note are what the command makes today.
    #[test]
    fn the_sample_is_reproduced() {
        let (_, bytes) = super::super::sample_data();
        assert!(
            csv(12, 2312).as_bytes() == bytes,
            "sample_data/simulated.csv: run taxonova simulate -n 12 -o sample_data --seed 2312 --force"
        );
        assert_eq!(note(12, 2312), include_str!("../../sample_data/SIMULATED.md"));
    }
}
