//! Readers: from files to light curves, one object at a time. One file per format; the formats are
//! rows of [`FORMATS`] and are told by content first. Knows nothing of taxonomies, models or screens.
//!
//! A fault is a [`ReadError`] that names file, place, what was found and what was expected; a faulty row or
//! object is one item of the iterator, and reading goes on after it. Nothing here panics on bad input: what
//! third-party parsers do with corrupt files is caught.

mod arrays;
mod atlas;
mod avro;
mod avro_cursor;
mod avro_schema;
mod blank_table;
mod columns;
mod corpus;
mod delimited;
pub mod docs;
mod drafts;
mod error;
pub mod escape;
mod expand;
mod filter_blocks;
mod fink_parquet;
mod fits;
mod fits_header;
mod fits_table;
mod formats;
pub mod guard;
mod irsa_ztf;
mod json;
mod json_brokers;
mod json_values;
mod labels;
mod lines;
mod list_table;
mod long_parquet;
mod lsst_avro;
mod merge;
mod osc_json;
mod parquet_file;
mod points;
mod snana_fits;
mod snana_pair;
mod snana_text;
mod source;
mod table_rows;
mod text;
mod unpack;
mod votable;
mod ztf_avro;
mod ztf_forced;

pub use error::{Place, ReadError};
pub use expand::expand;
pub use formats::{Container, FORMATS, FormatInfo};
pub use labels::{LabelFile, read_all_labels, read_labels};
pub use list_table::ListTable;
pub use merge::merge;

use super::{BandId, LightCurve, Photometry};
use source::Source;
use std::io::Read;
use std::path::Path;

type Objects = Box<dyn Iterator<Item = Result<LightCurve, ReadError>> + Send>;

/// How to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// What the fluxes are where the file doesn't say. `None`: deduced from signs and limits, else total, with a warning.
    pub photometry: Option<Photometry>,
    /// Whether rows of one object that aren't adjacent in a file become one object. Streams are never merged.
    pub merge_rows: bool,
    /// At most so many bytes of one input are kept in memory.
    pub max_bytes: u64,
    /// A file of so many bytes or more whose rows are gathered to objects is looked through first: if the rows of each object stand
    /// together, it is read object by object, and not kept in memory.
    pub look_through_bytes: u64,
    /// What names of bands in the files mean, where the table of bands says something else or nothing.
    pub band_map: Vec<(String, BandId)>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions { photometry: None, merge_rows: true, max_bytes: 1 << 30, look_through_bytes: 64 << 20, band_map: Vec::new() }
    }
}

/// The objects of one file.
pub struct Reader {
    format: &'static FormatInfo,
    path: std::sync::Arc<std::path::PathBuf>,
    /// None once it is exhausted or broken.
    objects: Option<Objects>,
}

/// Opens a file, or standard input for `-`.
pub fn open(path: &Path, options: &ReadOptions) -> Result<Reader, ReadError> {
    if path.as_os_str() == "-" {
        return open_stream("-", Box::new(std::io::stdin()), options);
    }
    start(path, || Source::file(path), options)
}

/// Opens what is in memory. `name` stands for the path in origins and errors; its file stem names the object if nothing else does.
pub fn open_bytes(name: &str, bytes: impl Into<Vec<u8>>, options: &ReadOptions) -> Result<Reader, ReadError> {
    let bytes = bytes.into();
    start(Path::new(name), || Source::memory(Path::new(name), bytes), options)
}

/// Opens what can be read once. Rows of one object must be adjacent; a format that is read from its end is first read
/// into memory, as far as [`ReadOptions::max_bytes`].
pub fn open_stream(name: &str, stream: Box<dyn Read + Send>, options: &ReadOptions) -> Result<Reader, ReadError> {
    start(Path::new(name), || Source::stream(Path::new(name), stream), options)
}

fn start(path: &Path, source: impl FnOnce() -> Result<Source, ReadError>, options: &ReadOptions) -> Result<Reader, ReadError> {
    match guard::guarded(|| formats::open(source()?, options)) {
        Ok(opened) => {
            let (format, objects) = opened?;
            Ok(Reader { format, path: std::sync::Arc::new(path.to_path_buf()), objects: Some(objects) })
        }
        Err(panic) => Err(corrupt(path, &panic)),
    }
}

fn corrupt(path: &Path, panic: &str) -> ReadError {
    ReadError::new(path, Place::File, format!("the file is corrupt ({panic})"), "a whole file: was it damaged in a copy or download?")
}

impl Reader {
    /// The file's format.
    pub fn format(&self) -> &'static FormatInfo {
        self.format
    }
}

impl Iterator for Reader {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let objects = self.objects.as_mut()?;
        match guard::guarded(|| objects.next()) {
            Ok(Some(item)) => Some(item),
            Ok(None) => {
                self.objects = None;
                None
            }
            Err(panic) => {
                self.objects = None;
                Some(Err(corrupt(&self.path, &panic)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
