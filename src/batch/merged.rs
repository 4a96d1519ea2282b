//! Objects of several files, each once, in bounded memory: everything that is read is split by the object's name into
//! temporary files; these are merged one at a time, and the results are read side by side in the order in which the
//! objects came first.

use super::pipeline::{Objects, Source};
use super::spill::{Numbered, Origins, Spill, Spilled};
use crate::lightcurve::read::{self, Place, ReadError, ReadOptions};
use crate::lightcurve::{LightCurve, Photometry};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// So many bytes of light curves make one temporary file, roughly: that much is in memory at once.
const PART_BYTES: u64 = 256 << 20;
/// Points take so much more room than the compressed files that they come from, at most.
const EXPANSION: u64 = 20;
/// Temporary files at most: more could not be open at once everywhere.
const MAX_PARTS: u64 = 256;

/// Why objects could not be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The temporary files.
    #[error("temporary files in {folder}: {error} (the environment variable TMPDIR names another folder)")]
    Temporary {
        /// Where they are.
        folder: String,
        /// What happened.
        error: io::Error,
    },
    /// An input, with `fail_fast`.
    #[error("{0}")]
    Input(ReadError),
    /// The flag was set.
    #[error("interrupted")]
    Stopped,
}

/// The merged objects, ready to be read once, in the order in which they came first.
pub struct Merged {
    runs: Option<Runs>,
    folder: PathBuf,
}

impl Merged {
    /// Reads all of `paths` and merges what belongs together: objects of one name and kind of photometry, and of one survey
    /// where both name it. `hear` gets what can't be read; with `fail_fast` the first of it is an error.
    pub fn gather(
        paths: &[PathBuf],
        options: &ReadOptions,
        fail_fast: bool,
        stop: &AtomicBool,
        mut hear: impl FnMut(&ReadError),
    ) -> Result<Merged, MergeError> {
        let bytes: u64 = paths.iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len()).sum();
        let parts = (bytes.saturating_mul(EXPANSION) / PART_BYTES).clamp(16, MAX_PARTS) as usize;
        let folder = std::env::temp_dir();
        let mut gather = Gather { parts: (0..parts).map(|_| None).collect(), origins: Origins::default(), folder, next: 0 };
        for path in paths {
            let reader = match read::open(path, options) {
                Ok(reader) => reader,
                Err(e) => {
                    hear(&e);
                    if fail_fast {
                        return Err(MergeError::Input(e));
                    }
                    continue;
                }
            };
            for item in reader {
                if stop.load(Ordering::Relaxed) {
                    return Err(MergeError::Stopped);
                }
                match item {
                    Ok(curve) => gather.add(&curve)?,
                    Err(e) => {
                        hear(&e);
                        if fail_fast {
                            return Err(MergeError::Input(e));
                        }
                    }
                }
            }
        }
        gather.merge(stop)
    }
}

impl Source for Merged {
    fn count(&self) -> usize {
        1
    }

    fn open(&mut self, _: usize) -> Result<Objects, ReadError> {
        match self.runs.take() {
            Some(runs) => Ok(Box::new(runs)),
            None => Err(ReadError::new(&self.folder, Place::File, "merged objects can be read only once", "")),
        }
    }
}

struct Gather {
    parts: Vec<Option<Spill>>,
    origins: Origins,
    folder: PathBuf,
    /// Light curves so far.
    next: u64,
}

impl Gather {
    fn failed(folder: &Path, error: io::Error) -> MergeError {
        MergeError::Temporary { folder: folder.display().to_string(), error }
    }

    fn add(&mut self, curve: &LightCurve) -> Result<(), MergeError> {
        let mut hasher = DefaultHasher::new();
        curve.object_id.hash(&mut hasher);
        let part = (hasher.finish() % self.parts.len().max(1) as u64) as usize;
        let number = self.next;
        self.next += 1;
        let failed = |e| Self::failed(&self.folder, e);
        let Some(part) = self.parts.get_mut(part) else { return Ok(()) };
        let part = match part {
            Some(part) => part,
            None => part.insert(Spill::create(&self.folder).map_err(failed)?),
        };
        part.write(number, curve, &mut self.origins).map_err(failed)
    }

    /// Merges one part after the other.
    fn merge(mut self, stop: &AtomicBool) -> Result<Merged, MergeError> {
        let folder = self.folder;
        let failed = |e| Self::failed(&folder, e);
        let mut runs = Vec::new();
        for part in self.parts.into_iter().flatten() {
            if stop.load(Ordering::Relaxed) {
                return Err(MergeError::Stopped);
            }
            let mut part = part.read().map_err(failed)?;
            let mut objects = Part::default();
            while let Some((number, curve)) = part.next(&self.origins).map_err(failed)? {
                objects.add(number, curve);
            }
            drop(part);
            let mut run = Spill::create(&folder).map_err(failed)?;
            for (number, curve) in &objects.curves {
                run.write(*number, curve, &mut self.origins).map_err(failed)?;
            }
            runs.push(run.read().map_err(failed)?);
        }
        let mut waiting = BTreeMap::new();
        for (i, run) in runs.iter_mut().enumerate() {
            if let Some((number, curve)) = run.next(&self.origins).map_err(failed)? {
                waiting.insert(number, (i, curve));
            }
        }
        Ok(Merged { runs: Some(Runs { runs, waiting, origins: self.origins, folder: folder.clone(), error: None }), folder })
    }
}

/// The objects of one part, in the order in which they came first.
#[derive(Default)]
struct Part {
    curves: Vec<Numbered>,
    by_id: HashMap<(String, Photometry), Vec<usize>>,
}

impl Part {
    fn add(&mut self, number: u64, curve: LightCurve) {
        let known = self.by_id.entry((curve.object_id.clone(), curve.photometry)).or_default();
        let same = |other: &LightCurve| other.survey == curve.survey || other.survey.is_empty() || curve.survey.is_empty();
        let found = known.iter().copied().find(|&i| self.curves.get(i).is_some_and(|c| same(&c.1)));
        match found.and_then(|i| self.curves.get_mut(i)) {
            Some((_, old)) => read::merge(old, curve),
            None => {
                known.push(self.curves.len());
                self.curves.push((number, curve));
            }
        }
    }
}

/// Merged parts, read side by side.
struct Runs {
    runs: Vec<Spilled>,
    /// The next object of every run, by the number of its first light curve.
    waiting: BTreeMap<u64, (usize, LightCurve)>,
    origins: Origins,
    folder: PathBuf,
    error: Option<io::Error>,
}

impl Iterator for Runs {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.error.take() {
            self.waiting.clear();
            return Some(Err(ReadError::io(&self.folder, "a temporary file cannot be read", &error)));
        }
        let (_, (run, curve)) = self.waiting.pop_first()?;
        match self.runs.get_mut(run).map(|r| r.next(&self.origins)) {
            Some(Ok(Some((number, next)))) => drop(self.waiting.insert(number, (run, next))),
            Some(Err(error)) => self.error = Some(error),
            Some(Ok(None)) | None => {}
        }
        Some(Ok(curve))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::Warning;

    fn files(texts: &[&str]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..texts.len()).map(|i| dir.path().join(format!("{i}.csv"))).collect();
        paths.iter().zip(texts).for_each(|(p, t)| std::fs::write(p, t).unwrap());
        (dir, paths)
    }

    fn gathered(paths: &[PathBuf]) -> (Vec<LightCurve>, Vec<String>) {
        let mut errors = Vec::new();
        let mut merged =
            Merged::gather(paths, &ReadOptions::default(), false, &AtomicBool::new(false), |e| errors.push(e.to_string())).unwrap();
        (merged.open(0).unwrap().map(Result::unwrap).collect(), errors)
    }

    #[test]
    fn objects_come_once_and_in_the_order_of_their_first_file() {
        let ids: Vec<String> = (0..500).map(|i| format!("object{i}")).collect();
        let head = "id,mjd,band,mag,mag_err,photometry,survey,label,z\n";
        let rows = |mjd: f64, step: usize, rest: &str| -> String {
            let rows = (0..ids.len()).map(|i| &ids[i * step % ids.len()]).map(|id| format!("{id},{mjd},g,18,0.1,{rest}\n"));
            head.to_string() + &rows.collect::<String>()
        };
        let texts = [
            rows(58000.0, 1, "difference,ztf,,0.1"),
            rows(58001.0, 7, "difference,ztf,SN Ia,"),
            rows(58002.0, 3, "difference,,,").replace(",g,", ",F606W,"),
            rows(58000.0, 1, "difference,ztf,,"),
            rows(58003.0, 1, "total,ztf,,"),
            rows(58004.0, 1, "difference,lsst,,"),
        ];
        let (_dir, mut paths) = files(&texts.each_ref().map(String::as_str));
        paths.push("/nonexistent.csv".into());
        let (curves, errors) = gathered(&paths);
        assert_eq!(errors, ["/nonexistent.csv: there is no such file"]);
        assert_eq!(curves.len(), 3 * 500);
        assert!(curves.iter().take(500).zip(&ids).all(|(c, id)| c.object_id == *id && c.photometry == Photometry::Difference));
        let a = &curves[1];
        let points: Vec<(f64, &str)> = a.observations.iter().map(|o| (o.mjd, o.band.name())).collect();
        assert_eq!(points, [(58000.0, "ztf/g"), (58001.0, "ztf/g"), (58002.0, "F606W")]);
        assert_eq!(
            (a.survey.as_str(), a.label.as_deref(), a.extra("z"), a.origin.path.as_path()),
            ("ztf", Some("SN Ia"), Some("0.1"), paths[0].as_path())
        );
        assert!(a.warnings.contains(&Warning::UnknownBand("F606W".into())) && a.origin.format == "csv");
        assert_eq!((curves[500].photometry, curves[1000].survey.as_str()), (Photometry::Total, "lsst"));
        assert_eq!(curves[1000].observations[0].band.name(), "lsst/g");
    }

    #[test]
    fn alone_a_light_curve_stays_as_it_is() {
        let text = "id,mjd,band,mag,mag_err,lim_mag,isdiffpos\na,2,g,18,0.1,,f\na,1,r,,,20.5,\na,2,g,18,0.1,,f\na,3,g,18,0,,f\n";
        let (_dir, paths) = files(&[text]);
        let plain: Vec<LightCurve> = read::open(&paths[0], &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
        assert_eq!(plain[0].warnings.len(), 3);
        assert_eq!(gathered(&paths).0, plain);
    }

    #[test]
    fn faults_and_interruptions_end_it() {
        let (_dir, paths) = files(&["id,mjd,band,mag,mag_err\na,x,g,18,0.1\na,1,g,18,0.1\n"]);
        let gather = |fail_fast, stop| Merged::gather(&paths, &ReadOptions::default(), fail_fast, &AtomicBool::new(stop), |_| {});
        assert!(matches!(gather(true, false), Err(MergeError::Input(e)) if e.to_string().contains("line 2, column mjd")));
        assert!(matches!(gather(false, true), Err(MergeError::Stopped)));
        let mut merged = gather(false, false).unwrap();
        assert_eq!((merged.count(), merged.open(0).unwrap().count()), (1, 1));
        assert!(merged.open(0).is_err());
    }
}
