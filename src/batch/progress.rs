//! How much of the inputs is done, for the time that is left: whole files by their size, and of a Parquet file with one row per
//! object the rows too. Other formats don't tell how many objects they hold.

use super::pipeline::Position;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Smaller files are not looked into.
const LARGE: u64 = 1 << 20;

/// Sizes of the inputs.
pub struct Progress {
    paths: Vec<PathBuf>,
    /// Bytes of all inputs before each, and of all.
    before: Vec<u64>,
    /// Rows of the input of this index, once they have been asked for.
    rows: Option<(usize, Option<u64>)>,
}

impl Progress {
    /// None if not all inputs have a size, or there are none.
    pub fn new(paths: &[PathBuf]) -> Option<Progress> {
        if paths.is_empty() {
            return None;
        }
        let mut before = vec![0];
        let mut sum = 0u64;
        for path in paths {
            let meta = std::fs::metadata(path).ok().filter(|m| m.is_file())?;
            sum = sum.saturating_add(meta.len());
            before.push(sum);
        }
        Some(Progress { paths: paths.to_vec(), before, rows: None })
    }

    /// Bytes of all inputs.
    pub fn total(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    /// Bytes that are done.
    pub fn done(&mut self, next: Position) -> u64 {
        let start = self.before.get(next.input).copied().unwrap_or_else(|| self.total());
        let size = self.before.get(next.input.saturating_add(1)).map_or(0, |end| end.saturating_sub(start));
        if next.item == 0 || size < LARGE {
            return start;
        }
        if self.rows.is_none_or(|(input, _)| input != next.input) {
            self.rows = Some((next.input, self.paths.get(next.input).and_then(parquet_rows)));
        }
        match self.rows {
            Some((_, Some(rows))) if rows > 0 => start + (size as f64 * (next.item as f64 / rows as f64).min(1.0)) as u64,
            _ => start,
        }
    }
}

/// How fast a run is, whatever an earlier one had done before.
pub struct Pace {
    begun: Instant,
    objects: u64,
    bytes: u64,
}

impl Pace {
    /// Begins now, where so many objects and bytes of the inputs are done already.
    pub fn begin(objects: u64, bytes: u64) -> Pace {
        Pace { begun: Instant::now(), objects, bytes }
    }

    /// Since it began.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Objects a second.
    pub fn rate_per_s(&self, objects: u64) -> f64 {
        objects.saturating_sub(self.objects) as f64 / self.elapsed().as_secs_f64().max(0.1)
    }

    /// Seconds until all bytes are done; none while nothing tells.
    pub fn left_s(&self, done: u64, total: u64) -> Option<f64> {
        left_s(self.elapsed().as_secs_f64(), done.saturating_sub(self.bytes), total.saturating_sub(done))
    }
}

fn left_s(elapsed_s: f64, done: u64, left: u64) -> Option<f64> {
    (done > 0).then(|| elapsed_s * left as f64 / done as f64)
}

/// Rows of a Parquet file that has lists for the points.
fn parquet_rows(path: &PathBuf) -> Option<u64> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let mut file = File::open(path).ok()?;
    let mut magic = [0; 4];
    file.read_exact(&mut magic).ok()?;
    if &magic != b"PAR1" {
        return None;
    }
    // A corrupt footer is the reader's to tell.
    let reader = crate::lightcurve::read::guard::guarded(|| SerializedFileReader::new(file)).ok()?.ok()?;
    let meta = reader.metadata().file_metadata();
    let lists = meta.schema_descr().columns().iter().any(|c| c.max_rep_level() == 1);
    if lists { u64::try_from(meta.num_rows()).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_goes_by_what_this_run_did() {
        assert_eq!(left_s(10.0, 100, 300), Some(30.0));
        assert_eq!(left_s(10.0, 0, 300), None);
        assert_eq!(Pace::begin(50, 400).left_s(400, 1000), None);
        assert_eq!(Pace::begin(50, 400).rate_per_s(50), 0.0);
    }

    #[test]
    fn whole_files_by_their_size() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("a"), dir.path().join("b")];
        std::fs::write(&paths[0], "12345").unwrap();
        std::fs::write(&paths[1], vec![b'x'; 2 << 20]).unwrap();
        let mut p = Progress::new(&paths).unwrap();
        assert_eq!(p.total(), 5 + (2 << 20));
        let at = |input, item| Position { input, item };
        assert_eq!([p.done(at(0, 3)), p.done(at(1, 0)), p.done(at(1, 7)), p.done(at(2, 0))], [0, 5, 5, p.total()]);
        assert!(Progress::new(&[dir.path().join("gone")]).is_none());
    }
}
