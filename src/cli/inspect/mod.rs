//! `taxonova inspect`: what was read from the files, before anything is done with it.

mod period;
mod summary;
mod table;

use super::exit::{CommandResult, Exit, Failure};
use crate::features::period::Options;
use crate::lightcurve::read::escape::{escape, is_unsafe};
use crate::lightcurve::read::{self, ReadError, ReadOptions};
use crate::lightcurve::{LightCurve, Photometry};
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use summary::{Dropped, Summary, Unreadable};
use table::Table;

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = super::formats::help())]
pub struct Args {
    /// Files, folders (searched recursively), or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// One JSON document instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Look for periods: the best three, with their false-alarm probabilities and the range of the fitted curve.
    #[arg(long)]
    pub period: bool,
    #[arg(long, value_name = "MIN,MAX", requires = "period", value_parser = period::range, help = period::range_help())]
    pub period_range: Option<(f64, f64)>,
    /// How files are read.
    #[command(flatten)]
    pub read: super::inputs::ReadArgs,
}

/// Runs the command.
pub fn run(args: &Args) -> CommandResult {
    match inspect(args, BufWriter::new(io::stdout().lock())) {
        Ok(exit) => Ok(exit),
        // Whoever reads the output has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(e) => Err(Failure::internal(anyhow::Error::new(e).context("the output cannot be written"))),
    }
}

fn inspect(args: &Args, out: impl Write) -> io::Result<Exit> {
    let (paths, unreadable) = read::expand(&args.paths);
    let mut report = if args.json { Report::json(out)? } else { Report::table(out)? };
    report.search = args.period.then(|| period::options(args.period_range));
    for error in unreadable {
        report.unreadable(error);
    }
    let options = args.read.options();
    if let [path] = paths.as_slice() {
        each(path, &options, &mut report, |report, curve| report.object(curve, 1))?;
    } else {
        let mut merged = Merged::default();
        for path in &paths {
            each(path, &options, &mut report, |_, curve| {
                merged.add(curve);
                Ok(())
            })?;
        }
        for (curve, files) in merged.curves {
            report.object(curve, files)?;
        }
    }
    report.end()
}

/// Reads a file; faults are reported, and reading goes on.
fn each<W: Write>(
    path: &Path,
    options: &ReadOptions,
    report: &mut Report<W>,
    mut take: impl FnMut(&mut Report<W>, LightCurve) -> io::Result<()>,
) -> io::Result<()> {
    match read::open(path, options) {
        Err(error) => report.unreadable(error),
        Ok(reader) => {
            for item in reader {
                match item {
                    Ok(curve) => take(report, curve)?,
                    Err(error) => report.unreadable(error),
                }
            }
        }
    }
    Ok(())
}

/// Objects of several files, each once, with the number of files.
#[derive(Default)]
struct Merged {
    curves: Vec<(LightCurve, usize)>,
    by_id: HashMap<(String, Photometry), usize>,
}

impl Merged {
    fn add(&mut self, curve: LightCurve) {
        let key = (curve.object_id.clone(), curve.photometry);
        match self.by_id.get(&key).and_then(|&i| self.curves.get_mut(i)) {
            Some((known, files)) => {
                read::merge(known, curve);
                *files += 1;
            }
            None => {
                self.by_id.insert(key, self.curves.len());
                self.curves.push((curve, 1));
            }
        }
    }
}

/// Where the results go, and what was counted on the way.
struct Report<W: Write> {
    out: W,
    /// None for JSON.
    table: Option<Table>,
    objects: usize,
    points: usize,
    limits: usize,
    dropped: Vec<Dropped>,
    unreadable: Vec<ReadError>,
    /// With it, periods are searched for.
    search: Option<Options>,
    /// Objects that wait for the others of their batch, with the number of their files.
    waiting: Vec<(LightCurve, usize)>,
}

impl<W: Write> Report<W> {
    fn table(mut out: W) -> io::Result<Self> {
        let table = Table::for_terminal();
        table.head(&mut out)?;
        Ok(Report::new(out, Some(table)))
    }

    fn json(mut out: W) -> io::Result<Self> {
        write!(out, "{{\"objects\": [")?;
        Ok(Report::new(out, None))
    }

    fn new(out: W, table: Option<Table>) -> Self {
        Report {
            out,
            table,
            objects: 0,
            points: 0,
            limits: 0,
            dropped: Vec::new(),
            unreadable: Vec::new(),
            search: None,
            waiting: Vec::new(),
        }
    }

    fn object(&mut self, curve: LightCurve, files: usize) -> io::Result<()> {
        if self.search.is_none() {
            return self.summary(&Summary::of(&curve, files));
        }
        self.waiting.push((curve, files));
        if self.waiting.len() < period::BATCH { Ok(()) } else { self.periods() }
    }

    /// Searches the objects that wait, and writes them.
    fn periods(&mut self) -> io::Result<()> {
        let Some(options) = &self.search else { return Ok(()) };
        let waiting = std::mem::take(&mut self.waiting);
        let periods = period::of_all(waiting.iter().map(|(curve, _)| curve), options);
        for ((curve, files), found) in waiting.iter().zip(periods) {
            self.summary(&Summary { period: Some(found), ..Summary::of(curve, *files) })?;
        }
        Ok(())
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        match &self.table {
            Some(table) => table.row(&mut self.out, summary)?,
            None => {
                let comma = if self.objects > 0 { "," } else { "" };
                write!(self.out, "{comma}\n  {}", json(summary)?)?;
            }
        }
        self.objects += 1;
        self.points += summary.n_obs;
        self.limits += summary.n_limits;
        Dropped::add(&mut self.dropped, &summary.dropped);
        Ok(())
    }

    fn unreadable(&mut self, error: ReadError) {
        // The table so far belongs before the message; a broken pipe shows at the next row.
        let _ = self.out.flush();
        let _ = writeln!(io::stderr(), "taxonova: {error}");
        self.unreadable.push(error);
    }

    fn end(mut self) -> io::Result<Exit> {
        self.periods()?;
        self.dropped.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.reason.cmp(&b.reason)));
        if self.table.is_some() {
            let s = |n: usize| if n == 1 { "" } else { "s" };
            let (o, p, l) = (self.objects, self.points, self.limits);
            writeln!(self.out, "{o} object{}, {p} point{}, {l} of them limit{}", s(o), s(p), s(l))?;
            if !self.dropped.is_empty() {
                let reasons: Vec<String> = self.dropped.iter().map(|d| format!("{} {}", d.n, shown(&d.reason))).collect();
                writeln!(self.out, "dropped: {}", reasons.join(", "))?;
            }
        } else {
            let unreadable: Vec<Unreadable> = self.unreadable.iter().map(Unreadable::of).collect();
            write!(self.out, "\n], \"dropped\": {}, \"unreadable\": {}}}\n", json(&self.dropped)?, json(&unreadable)?)?;
        }
        self.out.flush()?;
        Ok(match (self.objects, self.unreadable.len()) {
            (0, _) => Exit::Usage,
            (_, 0) => Exit::Done,
            _ => Exit::Partly,
        })
    }
}

/// JSON in which nothing can act on a terminal.
fn json(value: &impl serde::Serialize) -> io::Result<String> {
    let text = serde_json::to_string(value)?;
    if !text.chars().any(is_unsafe) {
        return Ok(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_unsafe(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
            false => out.push(c),
        }
    }
    Ok(out)
}

/// Text of a file for a table.
fn shown(text: &str) -> String {
    escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(paths: &[&Path], json: bool) -> Args {
        Args { paths: paths.iter().map(|p| p.to_path_buf()).collect(), json, period: false, period_range: None, read: Default::default() }
    }

    #[test]
    fn files_are_merged_and_faults_go_on() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("a.csv"),
            "id,mjd,band,mag,mag_err,lim_mag\nx\x1b[1m,1,g,18,0.1,\nx\x1b[1m,2,g,19,0.1,\nx\x1b[1m,3,r,,,20\n",
        )
        .unwrap();
        std::fs::write(
            dir.path().join("b.csv"),
            "id,mjd,band,mag,mag_err,lim_mag\nx\x1b[1m,4,g,20,0.1,\nx\x1b[1m,5,r,,,20\ny,z,g,18,0.1,\n",
        )
        .unwrap();
        let mut out = Vec::new();
        let exit = inspect(&args(&[dir.path()], true), &mut out).unwrap();
        assert_eq!(exit, Exit::Partly);
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|c| c == '\x1b'));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let object = &json["objects"][0];
        assert_eq!(
            (object["object_id"].as_str(), object["n_obs"].as_u64(), object["n_limits"].as_u64()),
            (Some("x\x1b[1m"), Some(5), Some(2))
        );
        assert_eq!((object["n_files"].as_u64(), object["span_d"].as_f64()), (Some(2), Some(4.0)));
        assert!((object["bands"][0]["median_mag"].as_f64().unwrap() - 19.0).abs() < 1e-9);
        assert_eq!(object["bands"][1]["median_mag"], serde_json::Value::Null);
        assert_eq!(json["objects"].as_array().unwrap().len(), 1);
        assert_eq!((json["unreadable"][0]["line"].as_u64(), json["unreadable"][0]["field"].as_str()), (Some(4), Some("mjd")));

        let mut out = Vec::new();
        inspect(&args(&[&dir.path().join("a.csv")], false), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("x\\u{1b}[1m") && text.ends_with("1 object, 3 points, 1 of them limit\n"), "{text}");
    }

    #[test]
    fn dropped_points_are_counted_by_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        // a: one repeat, two errors of nothing; b: one error of nothing and one value that is none.
        let text = "id,mjd,band,mag,mag_err\na,1,g,18,0.1\na,1,g,17,0.1\na,2,g,18,0\na,3,g,18,-1\nb,1,g,18,0\nb,2,g,,0.1\nb,3,r,18,0.1\n";
        std::fs::write(&path, text).unwrap();
        let mut out = Vec::new();
        inspect(&args(&[&path], false), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("limits\ndropped: 3 zero or negative error, 1 not finite, 1 repeated\n"), "{text}");
        let mut out = Vec::new();
        inspect(&args(&[&path], true), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = |rows: &[(&str, u64)]| rows.iter().map(|(r, n)| serde_json::json!({"reason": r, "n": n})).collect::<Vec<_>>();
        assert_eq!(json["dropped"], serde_json::json!(expected(&[("zero or negative error", 3), ("not finite", 1), ("repeated", 1)])));
        assert_eq!(json["objects"][0]["dropped"], serde_json::json!(expected(&[("zero or negative error", 2), ("repeated", 1)])));
        assert_eq!(json["objects"][1]["dropped"], serde_json::json!(expected(&[("not finite", 1), ("zero or negative error", 1)])));
    }

    #[test]
    fn nothing_read_is_bad_usage() {
        let exit = inspect(&args(&[Path::new("/nonexistent")], true), io::sink()).unwrap();
        assert_eq!(exit, Exit::Usage);
    }

    #[test]
    fn json_holds_no_control_characters() {
        let text = json(&"a\u{9b}\u{202e}\u{e0001}é\n").unwrap();
        assert_eq!(text, "\"a\\u009b\\u202e\\udb40\\udc01é\\n\"");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "a\u{9b}\u{202e}\u{e0001}é\n");
    }
}
