//! Where bytes come from: a file, memory, or a stream such as standard input; its first bytes can be
//! looked at before it is read.

use super::error::{Place, ReadError};
use super::unpack::Packing;
use bytes::Bytes;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A compressed file counts as so many times as large as it is on the disk.
const PACKING: u64 = 8;
/// So many bytes are looked at to tell the format.
const HEAD_BYTES: u64 = 64 << 10;

/// An opened input.
pub(super) struct Source {
    pub path: Arc<PathBuf>,
    /// The first bytes; they are read again by what follows.
    pub head: Vec<u8>,
    /// Bytes of a file, about; none if it is none.
    file_bytes: Option<u64>,
    body: Body,
}

enum Body {
    File(File),
    Memory(Bytes),
    /// What follows the head.
    Stream(Box<dyn Read + Send>),
    /// What follows the head, of a file that was compressed: it ends, and all of it is there.
    Unpacked(Box<dyn Read + Send>),
}

/// Bytes that can be read at any offset.
pub(super) enum Seekable {
    File(File),
    Memory(Bytes),
}

impl Source {
    /// Opens a file; what can't be read twice (a pipe, a terminal) becomes a stream.
    pub fn file(path: &Path) -> Result<Source, ReadError> {
        let fail = |e: std::io::Error| ReadError::io(path, "cannot be opened", &e);
        let metadata = std::fs::metadata(path).map_err(fail)?;
        if metadata.is_dir() {
            return Err(ReadError::new(path, Place::File, "this is a folder", "a file"));
        }
        let mut file = File::open(path).map_err(fail)?;
        if !metadata.is_file() {
            return Self::stream(path, Box::new(file));
        }
        let fail = |e: std::io::Error| ReadError::io(path, "cannot be read", &e);
        let mut head = Vec::new();
        (&file).take(HEAD_BYTES).read_to_end(&mut head).map_err(fail)?;
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        match Packing::of(&head) {
            Some(packing) => {
                let file_bytes = Some(metadata.len().saturating_mul(PACKING));
                Self::unpack(path, packing, Box::new(file), false).map(|source| Source { file_bytes, ..source })
            }
            None => Ok(Source { path: Arc::new(path.to_path_buf()), head, file_bytes: Some(metadata.len()), body: Body::File(file) }),
        }
    }

    /// Takes what is in memory, under the name `path`.
    pub fn memory(path: &Path, bytes: Vec<u8>) -> Result<Source, ReadError> {
        if let Some(packing) = Packing::of(&bytes) {
            return Self::unpack(path, packing, Box::new(Cursor::new(bytes)), false);
        }
        let head = bytes.iter().take(HEAD_BYTES as usize).copied().collect();
        Ok(Source { path: Arc::new(path.to_path_buf()), head, file_bytes: None, body: Body::Memory(bytes.into()) })
    }

    /// Takes what a compressed input holds. What is compressed twice is not unpacked twice.
    fn unpack(path: &Path, packing: &'static Packing, packed: Box<dyn Read + Send>, is_stream: bool) -> Result<Source, ReadError> {
        let fail = |e: std::io::Error| ReadError::io(path, "cannot be read", &e);
        let mut rest = packing.open(packed).map_err(fail)?;
        let mut head = Vec::new();
        rest.as_mut().take(HEAD_BYTES).read_to_end(&mut head).map_err(fail)?;
        let body = if is_stream { Body::Stream(rest) } else { Body::Unpacked(rest) };
        Ok(Source { path: Arc::new(path.to_path_buf()), head, file_bytes: None, body })
    }

    /// Takes what can be read once.
    pub fn stream(path: &Path, mut stream: Box<dyn Read + Send>) -> Result<Source, ReadError> {
        let mut head = Vec::new();
        let read = stream.as_mut().take(HEAD_BYTES).read_to_end(&mut head);
        read.map_err(|e| ReadError::io(path, "cannot be read", &e))?;
        match Packing::of(&head) {
            Some(packing) => Self::unpack(path, packing, Box::new(Cursor::new(head).chain(stream)), true),
            None => Ok(Source { path: Arc::new(path.to_path_buf()), head, file_bytes: None, body: Body::Stream(stream) }),
        }
    }

    /// Whether it is a file, which can be read again, of so many bytes or more.
    pub fn is_file_of(&self, bytes: u64) -> bool {
        self.file_bytes.is_some_and(|n| n >= bytes)
    }

    /// Whether it can be read only once, and may never end.
    pub fn is_stream(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// All bytes from the first one on, in order.
    pub fn into_read(self) -> Box<dyn Read + Send> {
        match self.body {
            Body::File(file) => Box::new(file),
            Body::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Body::Stream(rest) | Body::Unpacked(rest) => Box::new(Cursor::new(self.head).chain(rest)),
        }
    }

    /// All bytes at any offset; a stream is first read into memory, as far as `max_bytes`.
    pub fn into_seekable(self, max_bytes: u64) -> Result<Seekable, ReadError> {
        let path = self.path.clone();
        match self.body {
            Body::File(file) => Ok(Seekable::File(file)),
            Body::Memory(bytes) => Ok(Seekable::Memory(bytes)),
            Body::Stream(_) | Body::Unpacked(_) => {
                let what = if self.is_stream() { "a stream" } else { "a compressed file" };
                let mut all = Vec::new();
                let read = self.into_read().take(max_bytes.saturating_add(1)).read_to_end(&mut all);
                read.map_err(|e| ReadError::io(&path, "cannot be read", &e))?;
                if all.len() as u64 > max_bytes {
                    let found = format!("{what} of more than {} MiB", max_bytes >> 20);
                    return Err(ReadError::new(
                        &path,
                        Place::File,
                        found,
                        "no more in a format that is read from its end: save it as a plain file",
                    ));
                }
                Ok(Seekable::Memory(all.into()))
            }
        }
    }
}
