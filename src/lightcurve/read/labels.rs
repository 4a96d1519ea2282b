//! Labels without the light curves: from a table of objects (`object_id,label`), of labels (`label,count`), or any file
//! of light curves that carries labels. Of Parquet and text only the columns of names and labels are looked at. Knows no trees.

use super::arrays::{Texts, is_text};
use super::columns::{Columns, LABEL, normal};
use super::error::{listed, quoted};
use super::parquet_file::ParquetFile;
use super::source::Source;
use super::{Place, ReadError, ReadOptions, expand, guard, text};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Further names of columns with labels in tables of objects, in order of preference.
static MORE_LABEL: &[&str] =
    &["otype", "main_type", "obj_type", "object_type", "class_name", "vartype", "var_type", "variability_type", "true_target", "target"];
/// Names of columns with numbers of objects.
static COUNT: &[&str] = &["count", "n"];
/// So many remarks on one file are kept; the rest is counted.
const MAX_REMARKS: usize = 20;
/// Rows of a Parquet file that are read at once.
const BATCH_ROWS: usize = 8192;
static DELIMITERS: &[u8] = b",\t;|";

/// The labels of one or more files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelFile {
    /// Objects with their labels, each object once, in the order of first occurrence. Empty for a table of counts.
    pub by_object: Vec<(String, String)>,
    /// Labels with their numbers of objects, in the order of first occurrence.
    pub counts: Vec<(String, u64)>,
    /// Rows or objects that have no label.
    pub unlabelled: u64,
    /// Remarks: objects that came with two labels (the first is kept).
    pub problems: Vec<ReadError>,
    /// Files that could not be read, or not to their end.
    pub unreadable: Vec<ReadError>,
}

/// Reads the labels of a file, a folder (searched recursively) or standard input (`-`). An error if there is no label in it.
pub fn read_labels(path: &Path) -> Result<LabelFile, ReadError> {
    read_all_labels(&[path.to_path_buf()])
}

/// As [`read_labels`], of several files and folders together. An object that is in two files counts once.
pub fn read_all_labels(paths: &[PathBuf]) -> Result<LabelFile, ReadError> {
    let (files, mut unreadable) = expand(paths);
    let mut found = Collector::default();
    for file in &files {
        // What a file says counts as a whole or not at all.
        let mut rows = Rows::default();
        match guard::guarded(|| read_one(file, &mut rows)) {
            Ok(Ok(())) => found.file(file, rows),
            Ok(Err(e)) => unreadable.push(e),
            Err(panic) => unreadable.push(super::corrupt(file, &panic)),
        }
    }
    if found.file.counts.is_empty() {
        let path = paths.first().map_or(Path::new("-"), PathBuf::as_path);
        return Err(unreadable.into_iter().next().unwrap_or_else(|| {
            let found = if found.file.unlabelled > 0 { "no object has a label" } else { "there are no objects" };
            ReadError::new(path, Place::File, found, "a label for at least one object")
        }));
    }
    found.file.unreadable = unreadable;
    Ok(found.file)
}

/// What one file says.
#[derive(Default)]
struct Rows {
    /// Name (none: it has none, and is an object of its own), label (may be empty) and place.
    objects: Vec<(Option<String>, String, u64)>,
    counts: Vec<(String, u64)>,
    /// Whether places are lines of a text.
    text: bool,
}

impl Rows {
    fn object(&mut self, id: Option<&str>, label: &str, place: u64) {
        self.objects.push((id.map(|id| id.trim().to_string()), label.trim().to_string(), place));
    }

    fn has_labels(&self) -> bool {
        !self.counts.is_empty() || self.objects.iter().any(|o| !o.1.is_empty())
    }
}

/// Puts objects together.
#[derive(Default)]
struct Collector {
    file: LabelFile,
    /// Index into `counts`.
    labels: HashMap<String, usize>,
    /// Index into `by_object`.
    objects: HashMap<String, usize>,
}

impl Collector {
    fn count(&mut self, label: &str, n: u64) {
        match self.labels.get(label).and_then(|&i| self.file.counts.get_mut(i)) {
            Some(entry) => entry.1 = entry.1.saturating_add(n),
            None => {
                self.labels.insert(label.to_string(), self.file.counts.len());
                self.file.counts.push((label.to_string(), n));
            }
        }
    }

    fn file(&mut self, path: &Path, rows: Rows) {
        let mut remarks = 0;
        for (label, n) in &rows.counts {
            self.count(label, *n);
        }
        for (id, label, place) in rows.objects {
            let label = whole_number(&label);
            if label.is_empty() {
                self.file.unlabelled += 1;
                continue;
            }
            let Some(id) = id.filter(|id| !id.is_empty()) else {
                self.count(label, 1);
                continue;
            };
            match self.objects.entry(id) {
                Entry::Vacant(entry) => {
                    self.file.by_object.push((entry.key().clone(), label.to_string()));
                    entry.insert(self.file.by_object.len() - 1);
                    self.count(label, 1);
                }
                Entry::Occupied(entry) => {
                    let known = self.file.by_object.get(*entry.get()).map_or("", |o| o.1.as_str());
                    if known == label {
                        continue;
                    }
                    remarks += 1;
                    if remarks <= MAX_REMARKS {
                        let labels = (quoted(label.as_bytes()), quoted(known.as_bytes()));
                        let found = format!("{} has the label {}, but had {}", entry.key(), labels.0, labels.1);
                        let place = if rows.text { Place::Line(place) } else { Place::Row(place) };
                        self.file.problems.push(ReadError::new(path, place, found, "one label for an object: the first is kept"));
                    }
                }
            }
        }
        if remarks > MAX_REMARKS {
            let found = format!("{} more rows with another label than their object had before", remarks - MAX_REMARKS);
            self.file.problems.push(ReadError::new(path, Place::File, found, ""));
        }
    }
}

/// `90.0` as `90`: classes by number become such where a table has gaps.
fn whole_number(label: &str) -> &str {
    match label.strip_suffix(".0") {
        Some(n) if !n.is_empty() && n.bytes().all(|d| d.is_ascii_digit()) => n,
        _ => label,
    }
}

fn read_one(path: &Path, out: &mut Rows) -> Result<(), ReadError> {
    let options = ReadOptions::default();
    let source = if path.as_os_str() == "-" { Source::stream(path, Box::new(std::io::stdin())) } else { Source::file(path) }?;
    if source.head.starts_with(b"PAR1") {
        return from_parquet(ParquetFile::open(source, &options)?, path, out);
    }
    if let Some(table) = Table::find(&source.head) {
        return from_text(table, source, path, out);
    }
    // All else by the readers of light curves.
    let first = first_line(&source.head).map(quoted);
    let (format, objects) = super::formats::open(source, &options).map_err(|e| match (&e.place, first) {
        (Place::Line(_), Some(first)) => {
            let found = format!("no column of labels in {first}");
            let expected = "a header line with the columns object_id and label, or label and count; or light curves with a column label";
            ReadError::new(path, e.place, found, expected)
        }
        _ => e,
    })?;
    let mut row = 0;
    for item in objects {
        row += 1;
        let curve = item?;
        out.object(Some(&curve.object_id), curve.label.as_deref().unwrap_or_default(), row);
    }
    if !out.has_labels() {
        let found = format!("{} has no labels", format.title);
        return Err(ReadError::new(path, Place::File, found, "a table with the columns object_id and label, or light curves with labels"));
    }
    Ok(())
}

fn label_column<S: AsRef<str>>(names: &[S]) -> Option<usize> {
    let names: Vec<String> = names.iter().map(|n| normal(n.as_ref())).collect();
    LABEL.iter().chain(MORE_LABEL).find_map(|l| names.iter().position(|n| n == l))
}

fn from_parquet(file: ParquetFile, path: &Path, out: &mut Rows) -> Result<(), ReadError> {
    let schema = file.schema().clone();
    // Columns that are no text keep their places, without a name.
    let names: Vec<&str> = schema.fields().iter().map(|f| if is_text(f.data_type()) { f.name().as_str() } else { "" }).collect();
    let Some(label) = label_column(&names) else {
        let found = format!("no column of labels; the columns are {}", listed(schema.fields().iter().map(|f| f.name())));
        return Err(ReadError::new(path, Place::File, found, "a column label (or class, type, classification)"));
    };
    let object = Columns::find(&names).object.filter(|o| *o != label);
    let mut read = vec![label];
    read.extend(object);
    read.sort_unstable();
    let at = |i: usize| read.binary_search(&i).unwrap_or(0);
    let (label, object) = (at(label), object.map(at));
    let mut row = 0u64;
    let broken = |row: u64, e: &dyn std::fmt::Display| {
        let found = format!("this row and those after it cannot be read: {e}");
        ReadError::new(path, Place::Row(row + 1), found, "a Parquet file that is whole")
    };
    for batch in file.batches(&read, BATCH_ROWS)? {
        let batch = batch.map_err(|e| broken(row, &e))?;
        let labels = Texts::of(batch.column(label)).map_err(|e| broken(row, &e))?;
        let objects = object.map(|o| Texts::of(batch.column(o))).transpose().map_err(|e| broken(row, &e))?;
        for i in 0..batch.num_rows() {
            row += 1;
            let id = objects.as_ref().map(|o| o.get(i).unwrap_or_default());
            out.object(id, labels.get(i).unwrap_or_default(), row);
        }
    }
    Ok(())
}

/// The first line that is neither blank nor a comment.
fn first_line(head: &[u8]) -> Option<&[u8]> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).find(|l| !l.is_empty() && !l.starts_with(b"#"))
}

/// What the columns of a text table are.
struct Table {
    delimiter: u8,
    names: Vec<String>,
    label: usize,
    object: Option<usize>,
    count: Option<usize>,
    /// A light curve without names of objects: the file is one object.
    one_object: bool,
}

impl Table {
    /// Finds the header in a file's first bytes: the first line that is no comment.
    fn find(head: &[u8]) -> Option<Table> {
        if !text::is_text(head) {
            return None;
        }
        let line = first_line(head)?;
        DELIMITERS.iter().filter_map(|d| Table::of(line, *d)).max_by_key(|t| t.names.len())
    }

    fn of(line: &[u8], delimiter: u8) -> Option<Table> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).flexible(true).from_reader(line);
        let mut record = csv::ByteRecord::new();
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            return None;
        }
        let names: Vec<String> = record.iter().map(|f| String::from_utf8_lossy(text::clean(f)).into_owned()).collect();
        let normals: Vec<String> = names.iter().map(|n| normal(n)).collect();
        let count = COUNT.iter().find_map(|c| normals.iter().position(|n| n == c));
        let name = normals.iter().position(|n| n == "name");
        // A table of counts may call its labels names.
        let label = label_column(&names).or(count.and(name))?;
        let columns = Columns::find(&names);
        let object = columns.object.filter(|o| *o != label);
        let count = count.filter(|_| object.is_none() || object == name);
        let object = if count.is_some() { None } else { object };
        let one_object = object.is_none() && columns.missing(&names).is_empty();
        Some(Table { delimiter, names, label, object, count, one_object })
    }
}

fn from_text(table: Table, source: Source, path: &Path, out: &mut Rows) -> Result<(), ReadError> {
    out.text = true;
    let stem = super::unpack::object_name(path);
    let limited: Box<dyn Read + Send> = text::short_lines(source.into_read());
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(table.delimiter).flexible(true).comment(Some(b'#')).from_reader(limited);
    let mut record = csv::ByteRecord::new();
    let mut in_header = true;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(e) => {
                let place = Place::Line(reader.position().line());
                return Err(ReadError::new(path, place, format!("cannot be read further: {e}"), ""));
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        let field = |i: usize| String::from_utf8_lossy(text::clean(record.get(i).unwrap_or_default()));
        let label = field(table.label);
        if std::mem::take(&mut in_header) {
            // A line of blanks alone may stand before the header.
            in_header = table.names.get(table.label).is_none_or(|name| *name != label);
            continue;
        }
        match table.count {
            Some(column) => {
                let number = field(column);
                if label.is_empty() && number.is_empty() {
                    continue;
                }
                let n = number.parse::<u64>().map_err(|_| {
                    let name = table.names.get(column).cloned().unwrap_or_default();
                    let found = format!("the count of {} is {}", quoted(label.as_bytes()), quoted(number.as_bytes()));
                    ReadError::new(path, Place::LineField(line, name), found, "a whole number from 0 on")
                })?;
                out.counts.push((label.into_owned(), n));
            }
            None => {
                let id = match table.object {
                    Some(column) => Some(field(column)),
                    None => table.one_object.then(|| stem.as_str().into()),
                };
                out.object(id.as_deref(), &label, line);
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/labels.rs"]
mod tests;
