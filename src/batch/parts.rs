//! A run that can be continued: `OUT.parts` holds the manifest, and for each shard its rows and a record that says where the
//! next shard begins. Each comes into being under another name and is renamed, the record after the rows, so that after a kill at
//! any moment a shard counts whole or not at all. At the end the shards are put together to OUT, by rename too.

use super::encode::{Data, Encoder, Renderer};
use super::manifest::{Manifest, VERSION};
use super::output::{Format, OutputError, io, locked, real, remove, replace, sync_folder_of, with_suffix};
use super::pipeline::Position;
use super::summary::{Failure, Summary};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Text is put together in pieces of this size.
const PIECE: usize = 1 << 20;

/// What is known of a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Of this structure.
    pub version: u32,
    /// Where the next shard begins.
    pub next: Position,
    /// Length of the file of rows.
    pub bytes: u64,
    /// What was counted.
    pub summary: Summary,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// The folder of a run under way.
#[derive(Debug)]
pub struct Parts {
    out: PathBuf,
    folder: PathBuf,
    format: Format,
    /// Held as long as this run is.
    _lock: File,
    /// Shards that are there.
    shards: u64,
}

/// `OUT.parts`.
pub fn parts_path(out: &Path) -> PathBuf {
    with_suffix(&real(out), ".parts")
}

/// Whether an interrupted run left something to go on with.
pub fn interrupted(out: &Path) -> bool {
    manifest_path(&parts_path(out)).is_file()
}

/// What keeps a run from going on with the interrupted one of this output, in words; none = it can.
pub fn obstacle(out: &Path, manifest: &Manifest) -> Option<String> {
    earlier(&parts_path(out), manifest).err().map(|e| match e {
        OutputError::OtherRun { what, .. } => what,
        e => e.to_string(),
    })
}

/// Whether the run that was interrupted here is the one of this manifest.
fn earlier(folder: &Path, manifest: &Manifest) -> Result<(), OutputError> {
    let path = manifest_path(folder);
    let earlier: Manifest = read_json(&path)?;
    if earlier.version != VERSION {
        return Err(OutputError::State { path, reason: format!("version {} is unknown", earlier.version) });
    }
    match manifest.difference(&earlier) {
        Some(what) => Err(OutputError::OtherRun { path: folder.to_path_buf(), what }),
        None => Ok(()),
    }
}

/// Removes what a run left that had already put its output in place.
pub(super) fn tidy(out: &Path) {
    if parts_path(out).is_dir() && !interrupted(out) {
        // Litter that can't be removed harms nobody.
        let _ = Parts::open(out, Format::Csv).and_then(Parts::discard);
    }
}

// None of these names has an extension that the readers look for in folders.
fn manifest_path(folder: &Path) -> PathBuf {
    folder.join("manifest")
}

fn rows_path(folder: &Path, shard: u64) -> PathBuf {
    folder.join(format!("{shard:08}.rows"))
}

fn record_path(folder: &Path, shard: u64) -> PathBuf {
    folder.join(format!("{shard:08}.record"))
}

/// Writes a file whole or not at all.
fn commit(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<(), OutputError> {
    let temporary = path.with_extension("new");
    let doing = "cannot be written";
    let mut file = BufWriter::with_capacity(1 << 16, File::create(&temporary).map_err(io(&temporary, doing))?);
    fill(&mut file).and_then(|()| file.flush()).and_then(|()| file.get_ref().sync_data()).map_err(io(&temporary, doing))?;
    std::fs::rename(&temporary, path).map_err(io(path, doing))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, OutputError> {
    let fault = |reason: String| OutputError::State { path: path.to_path_buf(), reason };
    let file = File::open(path).map_err(io(path, "cannot be read"))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|e| fault(e.to_string()))
}

impl Parts {
    /// Begins anew. What is left of an earlier run goes only if `overwrite` says so.
    pub fn create(out: &Path, manifest: &Manifest, overwrite: bool) -> Result<Parts, OutputError> {
        if interrupted(out) && !overwrite {
            return Err(OutputError::Interrupted(parts_path(out)));
        }
        let parts = Self::open(out, manifest.format)?;
        parts.clear()?;
        let text = serde_json::to_vec(manifest).map_err(|e| io(&parts.folder, "the manifest cannot be written")(e.into()))?;
        commit(&manifest_path(&parts.folder), |f| f.write_all(&text))?;
        sync_folder_of(&parts.folder);
        Ok(parts)
    }

    /// Goes on with an interrupted run, and hands on the record of every shard that is there. None = there is nothing to go on with.
    pub fn resume(out: &Path, manifest: &Manifest, mut known: impl FnMut(Record)) -> Result<Option<Parts>, OutputError> {
        if !interrupted(out) {
            return Ok(None);
        }
        let mut parts = Self::open(out, manifest.format)?;
        earlier(&parts.folder, manifest)?;
        while let Some(record) = parts.record(parts.shards)? {
            known(record);
            parts.shards += 1;
        }
        Ok(Some(parts))
    }

    /// The record of a shard whose rows are there. None after the last one.
    fn record(&self, shard: u64) -> Result<Option<Record>, OutputError> {
        let path = record_path(&self.folder, shard);
        if !path.is_file() {
            return Ok(None);
        }
        let record: Record = read_json(&path)?;
        if record.version != VERSION {
            return Err(OutputError::State { path, reason: format!("version {} is unknown", record.version) });
        }
        // A disk that lost the rows but not the record: the shard is done again.
        let whole = std::fs::metadata(rows_path(&self.folder, shard)).is_ok_and(|m| m.len() == record.bytes);
        Ok(whole.then_some(record))
    }

    fn open(out: &Path, format: Format) -> Result<Parts, OutputError> {
        let (out, folder) = (real(out), parts_path(out));
        match std::fs::create_dir(&folder) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(io(&folder, "cannot be made")(e)),
            _ => {}
        }
        let lock = locked(&folder.join("lock"), &out)?;
        Ok(Parts { out, folder, format, _lock: lock, shards: 0 })
    }

    /// Removes what runs leave, the manifest first: without it nothing else counts.
    fn clear(&self) -> Result<(), OutputError> {
        remove(&manifest_path(&self.folder))?;
        let list = std::fs::read_dir(&self.folder).map_err(io(&self.folder, "cannot be listed"))?;
        for entry in list.flatten() {
            let path = entry.path();
            let ours = path.extension().is_some_and(|e| e == "rows" || e == "record" || e == "new" || e == "whole");
            if ours {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Adds a shard; it counts from now on. `record` need not know the number of bytes.
    pub fn add(&mut self, data: &[Data], record: Record) -> Result<(), OutputError> {
        let path = rows_path(&self.folder, self.shards);
        commit(&path, |file| write_rows(file, data))?;
        let bytes = std::fs::metadata(&path).map_err(io(&path, "cannot be read"))?.len();
        let record = Record { version: VERSION, bytes, ..record };
        let text = serde_json::to_vec(&record).map_err(|e| io(&path, "its record cannot be written")(e.into()))?;
        commit(&record_path(&self.folder, self.shards), |f| f.write_all(&text))?;
        sync_folder_of(&path);
        self.shards += 1;
        Ok(())
    }

    /// Puts the shards together to OUT. Until OUT is there nothing of them goes, so that this too can be interrupted.
    pub fn finish(self, renderer: &Renderer) -> Result<(), OutputError> {
        let whole = self.folder.join("output.whole");
        let file = File::create(&whole).map_err(io(&whole, "cannot be written"))?;
        let handle = file.try_clone().map_err(io(&whole, "cannot be written"))?;
        let mut encoder = Encoder::create(&self.out, handle, self.format, renderer)?;
        for shard in 0..self.shards {
            self.copy(shard, &mut encoder)?;
        }
        encoder.close()?;
        file.sync_all().map_err(io(&whole, "cannot be written"))?;
        replace(&whole, &self.out)?;
        self.discard()
    }

    fn copy(&self, shard: u64, encoder: &mut Encoder) -> Result<(), OutputError> {
        let path = rows_path(&self.folder, shard);
        let mut file = File::open(&path).map_err(io(&path, "cannot be read"))?;
        if matches!(self.format, Format::Csv | Format::Jsonl) {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                let n = (&mut file).take(PIECE as u64).read_to_end(&mut piece).map_err(io(&path, "cannot be read"))?;
                if n == 0 {
                    return Ok(());
                }
                encoder.write(Data::Bytes(piece))?;
            }
        }
        if file.metadata().map_err(io(&path, "cannot be read"))?.len() == 0 {
            return Ok(());
        }
        let fault = |e: &dyn std::fmt::Display| OutputError::State { path: path.clone(), reason: e.to_string() };
        for batch in StreamReader::try_new_buffered(file, None).map_err(|e| fault(&e))? {
            encoder.write(Data::Columns(batch.map_err(|e| fault(&e))?))?;
        }
        Ok(())
    }

    /// Nothing is kept.
    pub fn discard(self) -> Result<(), OutputError> {
        self.clear()?;
        remove(&self.folder.join("lock"))?;
        match std::fs::remove_dir(&self.folder) {
            // What others put there stays.
            Err(e) if e.kind() == std::io::ErrorKind::DirectoryNotEmpty => Ok(()),
            other => other.map_err(io(&self.folder, "cannot be removed")),
        }
    }
}

/// Rows of a shard: text as it is, columns as an Arrow stream of the same batches.
fn write_rows(file: &mut BufWriter<File>, data: &[Data]) -> std::io::Result<()> {
    let mut columns = Vec::new();
    for data in data {
        match data {
            Data::Bytes(bytes) => file.write_all(bytes)?,
            Data::Fault(reason) => return Err(std::io::Error::other(reason.clone())),
            Data::Columns(batch) => columns.push(batch),
        }
    }
    let Some(first) = columns.first() else { return Ok(()) };
    let mut writer = StreamWriter::try_new(file, first.schema_ref()).map_err(arrow)?;
    columns.iter().try_for_each(|batch| writer.write(batch)).and_then(|()| writer.finish()).map_err(arrow)
}

fn arrow(error: arrow::error::ArrowError) -> std::io::Error {
    match error {
        arrow::error::ArrowError::IoError(_, error) => error,
        error => std::io::Error::other(error.to_string()),
    }
}
