//! Avro object container files: header and blocks. Knows nothing of alerts.

use super::avro_cursor::Fault;
use super::avro_schema::Shapes;
use std::io::{self, BufRead, BufReader, Read};
use std::str::FromStr;
use std::sync::{Arc, Mutex};

/// A block that claims more bytes is corrupt.
const MAX_BLOCK: u64 = 256 << 20;

/// The schema that was read last: a folder of alerts has the same in every file, and parsing it takes longer than reading one.
static LAST: Mutex<Option<(Vec<u8>, Arc<Shapes>)>> = Mutex::new(None);

fn shapes(json: &[u8]) -> Result<Arc<Shapes>, Fault> {
    let mut last = LAST.lock().unwrap_or_else(|e| e.into_inner());
    if let Some((known, shapes)) = &*last
        && known == json
    {
        return Ok(shapes.clone());
    }
    let shapes = Arc::new(Shapes::parse(json)?);
    *last = Some((json.to_vec(), shapes.clone()));
    Ok(shapes)
}

/// An Avro container file whose header has been read.
pub(super) struct AvroFile {
    pub shapes: Arc<Shapes>,
    schema: Vec<u8>,
    codec: apache_avro::Codec,
    marker: [u8; 16],
    bytes: BufReader<Box<dyn Read + Send>>,
}

impl AvroFile {
    /// Reads magic, metadata and sync marker.
    pub fn open(bytes: Box<dyn Read + Send>) -> Result<AvroFile, Fault> {
        let mut bytes = BufReader::with_capacity(1 << 16, bytes);
        let Header { schema, codec, marker } = Header::read(&mut bytes)?;
        let shapes = shapes(&schema)?;
        Ok(AvroFile { shapes, schema, codec, marker, bytes })
    }

    /// The next block: how many records, and their bytes. None at the end of the file. Containers that were joined to one file are
    /// read one after another, if they have the same schema.
    pub fn block(&mut self) -> Result<Option<(u64, Vec<u8>)>, Fault> {
        // No block begins like this: its number of records would be negative.
        while self.bytes.fill_buf().is_ok_and(|b| b.first() == Some(&b'O')) {
            let Header { schema, codec, marker } = Header::read(&mut self.bytes)?;
            if schema != self.schema {
                return Err("a further container with another schema follows: split the file".to_string());
            }
            (self.codec, self.marker) = (codec, marker);
        }
        self.whole_block()
    }

    fn whole_block(&mut self) -> Result<Option<(u64, Vec<u8>)>, Fault> {
        let cut = |e: io::Error| match e.kind() {
            io::ErrorKind::UnexpectedEof => "the file ends within a block".to_string(),
            _ => e.to_string(),
        };
        let Some(count) = integer(&mut self.bytes).map_err(cut)? else {
            return Ok(None);
        };
        let count = u64::try_from(count).map_err(|_| format!("a block of {count} records"))?;
        let mut block = sized(&mut self.bytes).map_err(cut)?;
        let mut marker = [0; 16];
        self.bytes.read_exact(&mut marker).map_err(cut)?;
        if marker != self.marker {
            return Err("a block does not end where it should".to_string());
        }
        self.codec.decompress(&mut block).map_err(|e| format!("a block cannot be decompressed: {e}"))?;
        Ok(Some((count, block)))
    }
}

/// What comes before the blocks.
struct Header {
    schema: Vec<u8>,
    codec: apache_avro::Codec,
    marker: [u8; 16],
}

impl Header {
    fn read(bytes: &mut impl Read) -> Result<Header, Fault> {
        let cut = |e: io::Error| format!("the header cannot be read: {e}");
        let mut magic = [0; 4];
        bytes.read_exact(&mut magic).map_err(cut)?;
        if magic != *b"Obj\x01" {
            return Err("a container does not begin where it should".to_string());
        }
        let (mut schema, mut codec) = (None, Vec::new());
        loop {
            let mut count = integer(bytes).map_err(cut)?.ok_or("the header is cut off")?;
            if count == 0 {
                break;
            }
            if count < 0 {
                integer(bytes).map_err(cut)?;
                count = count.saturating_neg();
            }
            for _ in 0..count {
                let key = sized(bytes).map_err(cut)?;
                let value = sized(bytes).map_err(cut)?;
                match key.as_slice() {
                    b"avro.schema" => schema = Some(value),
                    b"avro.codec" => codec = value,
                    _ => {}
                }
            }
        }
        let mut marker = [0; 16];
        bytes.read_exact(&mut marker).map_err(cut)?;
        let schema = schema.ok_or("the header holds no schema")?;
        let name = if codec.is_empty() { "null".into() } else { String::from_utf8_lossy(&codec) };
        let codec = apache_avro::Codec::from_str(&name).map_err(|_| format!("its compression {name} is not supported"))?;
        Ok(Header { schema, codec, marker })
    }
}

/// A variable-length integer; none if the data end before it.
fn integer(bytes: &mut impl Read) -> io::Result<Option<i64>> {
    let (mut value, mut shift) = (0u64, 0u32);
    loop {
        let mut byte = [0];
        match bytes.read_exact(&mut byte) {
            Err(e) if shift == 0 && e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        value |= u64::from(byte[0] & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte[0] & 0x80 == 0 {
            return Ok(Some((value >> 1) as i64 ^ -((value & 1) as i64)));
        }
        shift += 7;
        if shift > 63 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an integer of more than 64 bits"));
        }
    }
}

/// Bytes with their length before them.
fn sized(bytes: &mut impl Read) -> io::Result<Vec<u8>> {
    let n = integer(bytes)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, format!("a length of {n}"));
    let n = u64::try_from(n).ok().filter(|n| *n <= MAX_BLOCK).ok_or_else(invalid)?;
    // Read as it comes: a claimed length allocates nothing.
    let mut value = Vec::new();
    bytes.take(n).read_to_end(&mut value)?;
    if value.len() as u64 == n { Ok(value) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
