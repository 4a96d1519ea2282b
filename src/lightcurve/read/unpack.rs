//! Compressed files are unpacked as they are read; told by their first bytes. Knows nothing of what is in them.

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

type Bytes = Box<dyn Read + Send>;

/// A kind of compression.
pub(super) struct Packing {
    /// What it is called.
    pub name: &'static str,
    /// How its files begin.
    magic: &'static [u8],
    /// Extensions, lower case, without the dot.
    pub extensions: &'static [&'static str],
    unpack: fn(Bytes) -> io::Result<Bytes>,
}

/// All of them.
pub(super) static PACKINGS: &[Packing] = &[
    Packing { name: "gzip", magic: b"\x1f\x8b", extensions: &["gz", "gzip"], unpack: |r| Ok(Box::new(MultiGzDecoder::new(r))) },
    Packing { name: "bzip2", magic: b"BZh", extensions: &["bz2"], unpack: |r| Ok(Box::new(MultiBzDecoder::new(r))) },
    Packing {
        name: "zstd",
        magic: b"\x28\xb5\x2f\xfd",
        extensions: &["zst", "zstd"],
        unpack: |r| Ok(Box::new(zstd::stream::read::Decoder::new(r)?)),
    },
];

impl Packing {
    /// The one that a file which begins so has.
    pub fn of(head: &[u8]) -> Option<&'static Packing> {
        PACKINGS.iter().find(|p| head.starts_with(p.magic))
    }

    /// Unpacks what is read. Errors of the packing say so.
    pub fn open(&'static self, packed: Bytes) -> io::Result<Bytes> {
        Ok(Box::new(Unpacked { inner: (self.unpack)(packed)?, packing: self }))
    }
}

struct Unpacked {
    inner: Box<dyn Read + Send>,
    packing: &'static Packing,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|e| {
            let name = self.packing.name;
            let what = match e.kind() {
                io::ErrorKind::UnexpectedEof => "is cut off".to_string(),
                _ => format!("is damaged ({e})"),
            };
            io::Error::new(e.kind(), format!("the {name} archive {what}"))
        })
    }
}

/// A path without the extension of a packing, if it has one.
pub(super) fn without_packing(path: &Path) -> PathBuf {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let packed = extension.is_some_and(|e| PACKINGS.iter().any(|p| p.extensions.contains(&e.as_str())));
    if packed { path.with_extension("") } else { path.to_path_buf() }
}

/// The name that a file gives to the object in it, where nothing else does.
pub(super) fn object_name(path: &Path) -> String {
    let stem = without_packing(path).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if stem == "-" || stem.is_empty() { "stdin".to_string() } else { stem }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// Bytes in every packing, with its first extension.
    pub fn packed(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).unwrap();
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bz.write_all(bytes).unwrap();
        vec![("gz", gz.finish().unwrap()), ("bz2", bz.finish().unwrap()), ("zst", zstd::encode_all(bytes, 1).unwrap())]
    }

    #[test]
    fn all_packings_go_both_ways_and_members_follow_each_other() {
        let text = b"mjd,band\n1,g\n".repeat(1000);
        for (extension, bytes) in packed(&text) {
            let packing = Packing::of(&bytes).unwrap();
            assert_eq!(packing.extensions[0], extension);
            let twice = [bytes.clone(), bytes.clone()].concat();
            let mut out = Vec::new();
            packing.open(Box::new(io::Cursor::new(twice))).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, [text.clone(), text.clone()].concat(), "{extension}");
            let cut = bytes[..bytes.len() / 2].to_vec();
            let e = packing.open(Box::new(io::Cursor::new(cut))).unwrap().read_to_end(&mut out).unwrap_err();
            assert!(e.to_string().contains("archive"), "{extension}: {e}");
        }
        assert!(Packing::of(b"PAR1").is_none());
    }

    #[test]
    fn names_without_packing() {
        assert_eq!(object_name(Path::new("a/ZTF18abc.csv.gz")), "ZTF18abc");
        assert_eq!(object_name(Path::new("ZTF18abc.v2.csv")), "ZTF18abc.v2");
        assert_eq!(object_name(Path::new("-")), "stdin");
        assert_eq!(without_packing(Path::new("x.FITS.GZ")), Path::new("x.FITS"));
    }
}
