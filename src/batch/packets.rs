//! Standard input as a stream of packets, each answered by itself: Avro containers one after another (as a Kafka consumer prints
//! alerts), JSON lines, Arrow batches. Anything else goes to the readers as a whole. Packets become what the readers know; one
//! that is broken costs one error.

use super::pipeline::{Objects, Source};
use crate::lightcurve::LightCurve;
use crate::lightcurve::read::{self, Place, ReadError, ReadOptions};
use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::ipc::reader::StreamReader;
use parquet::arrow::ArrowWriter;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

/// Name of the stream in rows and errors.
const NAME: &str = "-";
/// Begins an Avro container.
const AVRO: &[u8; 4] = b"Obj\x01";
/// Begins a message of an Arrow stream.
const ARROW: &[u8; 4] = &[0xff; 4];
/// Begins an Arrow file, which is a stream with an index behind it.
const ARROW_FILE: &[u8; 8] = b"ARROW1\0\0";
/// Rows of an Arrow batch with one row per object that are handed on together.
const ARROW_ROWS: usize = 256;

type Bytes = BufReader<Box<dyn Read + Send>>;

/// A stream that can be read once.
pub struct Packets {
    stream: Option<Box<dyn Read + Send>>,
    options: ReadOptions,
    /// Whether JSON lines are answered one by one too: the readers would wait for more of them to tell the format.
    lines: bool,
}

impl Packets {
    /// Of `stream`; with `lines` also JSON lines are packets.
    pub fn new(stream: Box<dyn Read + Send>, options: ReadOptions, lines: bool) -> Packets {
        Packets { stream: Some(stream), options, lines }
    }
}

impl Source for Packets {
    fn count(&self) -> usize {
        1
    }

    fn open(&mut self, _: usize) -> Result<Objects, ReadError> {
        let fail = |e: &io::Error| ReadError::io(Path::new(NAME), "cannot be read", e);
        let Some(stream) = self.stream.take() else {
            return Err(ReadError::new(Path::new(NAME), Place::File, "standard input can be read only once", ""));
        };
        let mut stream = stream;
        let mut head = Vec::new();
        more(&mut stream, &mut head, 1).map_err(|e| fail(&e))?;
        if matches!(head.first(), Some(b'O' | b'A' | 0xff)) {
            more(&mut stream, &mut head, ARROW_FILE.len()).map_err(|e| fail(&e))?;
        }
        let all = |head: Vec<u8>, rest: Box<dyn Read + Send>| Box::new(Cursor::new(head).chain(rest)) as Box<dyn Read + Send>;
        let kind = if head.starts_with(AVRO) {
            Kind::Avro(Avro { bytes: BufReader::new(all(head, stream)), header: Vec::new() })
        } else if head.starts_with(ARROW) || head == ARROW_FILE {
            let stream = if head == ARROW_FILE { all(padded(&mut stream).map_err(|e| fail(&e))?, stream) } else { all(head, stream) };
            let reader = read::guard::guarded(|| StreamReader::try_new(stream, None));
            match reader {
                Ok(Ok(reader)) => Kind::Arrow(Box::new(reader)),
                Ok(Err(e)) => return Err(corrupt_arrow(0, &e.to_string())),
                Err(panic) => return Err(corrupt_arrow(0, &panic)),
            }
        } else if self.lines && head.first() == Some(&b'{') {
            let mut bytes = BufReader::new(all(head, stream));
            let line = line(&mut bytes, self.options.max_bytes).map_err(|e| fail(&e))?.unwrap_or_default();
            if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&line).is_err() {
                // A document of several lines, or something else.
                return Ok(Box::new(read::open_stream(NAME, all(line, Box::new(bytes)), &self.options)?));
            }
            Kind::Lines { bytes, first: Some(line) }
        } else {
            return Ok(Box::new(read::open_stream(NAME, all(head, stream), &self.options)?));
        };
        Ok(Box::new(Items { kind, options: self.options.clone(), packet: 0, ready: VecDeque::new(), ended: false }))
    }
}

/// Reads until `head` has `n` bytes or the stream ends.
fn more(stream: &mut Box<dyn Read + Send>, head: &mut Vec<u8>, n: usize) -> io::Result<()> {
    while head.len() < n {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(0) => return Ok(()),
            Ok(_) => head.push(byte[0]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// The first byte after the zeros that fill up the head of an Arrow file.
fn padded(stream: &mut Box<dyn Read + Send>) -> io::Result<Vec<u8>> {
    loop {
        let mut byte = Vec::new();
        more(stream, &mut byte, 1)?;
        if byte != [0] {
            return Ok(byte);
        }
    }
}

/// A line with its end; none at the end of the stream.
fn line(bytes: &mut Bytes, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let n = bytes.by_ref().take(most.saturating_add(1)).read_until(b'\n', &mut line)?;
    if n as u64 > most {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("a line of more than {} MiB", most >> 20)));
    }
    Ok((n > 0).then_some(line))
}

fn corrupt_arrow(packet: u64, why: &str) -> ReadError {
    let place = if packet == 0 { Place::File } else { Place::Row(packet) };
    ReadError::new(Path::new(NAME), place, format!("the Arrow stream cannot be read: {why}"), "a whole Arrow IPC stream")
}

enum Kind {
    Avro(Avro),
    Lines { bytes: Bytes, first: Option<Vec<u8>> },
    Arrow(Box<StreamReader<Box<dyn Read + Send>>>),
}

/// A packet as a file of a format that the readers know.
struct Packet {
    bytes: Vec<u8>,
}

struct Items {
    kind: Kind,
    options: ReadOptions,
    /// Number of the packet that was read last, from 1.
    packet: u64,
    ready: VecDeque<Result<LightCurve, ReadError>>,
    /// After a fault that nothing can be read behind.
    ended: bool,
}

impl Iterator for Items {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            match self.packet() {
                Ok(None) => self.ended = true,
                Ok(Some(packets)) => packets.into_iter().for_each(|packet| self.read(packet)),
                Err(e) => self.ready.push_back(Err(e)),
            }
        }
    }
}

impl Items {
    /// The next packet; of an Arrow batch several. None at the end.
    fn packet(&mut self) -> Result<Option<Vec<Packet>>, ReadError> {
        let n = self.packet + 1;
        let fail = |e: &io::Error| ReadError::io(Path::new(NAME), "cannot be read", e);
        match &mut self.kind {
            Kind::Avro(avro) => match avro.next(self.options.max_bytes) {
                Ok(packet) => {
                    self.packet += u64::from(packet.is_some());
                    Ok(packet.map(|bytes| vec![Packet { bytes }]))
                }
                Err(e) => {
                    self.packet = n;
                    self.ended = !avro.find();
                    let expected = "a whole Avro container; what follows it is read on";
                    Err(ReadError::new(Path::new(NAME), Place::Row(n), format!("the packet is broken: {e}"), expected))
                }
            },
            Kind::Lines { bytes, first } => loop {
                let next = match first.take() {
                    Some(line) => Some(line),
                    None => line(bytes, self.options.max_bytes).map_err(|e| {
                        self.ended = true;
                        fail(&e)
                    })?,
                };
                let Some(line) = next else { return Ok(None) };
                self.packet += 1;
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(vec![Packet { bytes: line }]));
                }
            },
            Kind::Arrow(reader) => {
                let batch = match read::guard::guarded(|| reader.next()) {
                    Ok(None) => return Ok(None),
                    Ok(Some(Ok(batch))) => batch,
                    Ok(Some(Err(e))) => {
                        self.ended = true;
                        return Err(corrupt_arrow(n, &e.to_string()));
                    }
                    Err(panic) => {
                        self.ended = true;
                        return Err(corrupt_arrow(n, &panic));
                    }
                };
                self.packet = n;
                let packets = as_parquet(&batch).map_err(|e| corrupt_arrow(n, &e.to_string()))?;
                Ok(Some(packets.into_iter().map(|bytes| Packet { bytes }).collect()))
            }
        }
    }

    fn read(&mut self, packet: Packet) {
        let n = self.packet;
        // Rows of a packet are no rows of the stream: the packet is named, and the field in it.
        let placed = |e: ReadError| {
            let place = match e.place {
                Place::File | Place::Line(_) | Place::Row(_) => Place::Row(n),
                Place::Field(field) | Place::LineField(_, field) | Place::RowField(_, field) => Place::RowField(n, field),
            };
            ReadError { place, ..e }
        };
        match read::open_bytes(NAME, packet.bytes, &self.options) {
            Ok(reader) => self.ready.extend(reader.map(|item| item.map_err(placed))),
            Err(e) => self.ready.push_back(Err(placed(e))),
        }
    }
}

/// The batch as Parquet files, which have readers. One with lists is one row per object and can be cut; others may not, because an
/// object has several rows.
fn as_parquet(batch: &RecordBatch) -> parquet::errors::Result<Vec<Vec<u8>>> {
    let is_list = |t: &DataType| matches!(t, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..));
    let lists = batch.schema_ref().fields().iter().any(|f| is_list(f.data_type()));
    let rows = if lists { ARROW_ROWS } else { batch.num_rows().max(1) };
    let mut packets = Vec::new();
    for from in (0..batch.num_rows()).step_by(rows) {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
        writer.write(&batch.slice(from, rows.min(batch.num_rows() - from)))?;
        writer.close()?;
        packets.push(bytes);
    }
    Ok(packets)
}

/// Avro containers one after another, cut into blocks; each with the header before it is a container again.
struct Avro {
    bytes: Bytes,
    /// Of the container that is read; empty before the first.
    header: Vec<u8>,
}

impl Avro {
    fn next(&mut self, most: u64) -> io::Result<Option<Vec<u8>>> {
        loop {
            let Some(first) = self.peek()? else { return Ok(None) };
            // No block begins like this: its number of records would be negative.
            if first == AVRO[0] {
                self.header = header(&mut self.bytes, most)?;
                continue;
            }
            if self.header.is_empty() {
                return Err(invalid("it does not begin like one"));
            }
            let mut packet = self.header.clone();
            integer(&mut self.bytes, &mut packet)?;
            sized(&mut self.bytes, &mut packet, most)?;
            take(&mut self.bytes, &mut packet, 16)?;
            if packet.get(packet.len() - 16..) != self.header.get(self.header.len() - 16..) {
                return Err(invalid("a block does not end where it should"));
            }
            return Ok(Some(packet));
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.bytes.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Reads on to where a container begins. False if there is none.
    fn find(&mut self) -> bool {
        self.header.clear();
        let mut matched = 0;
        while let Ok(Some(byte)) = self.peek() {
            self.bytes.consume(1);
            matched = if AVRO.get(matched) == Some(&byte) { matched + 1 } else { usize::from(byte == AVRO[0]) };
            if matched == AVRO.len() {
                let bytes = std::mem::replace(&mut self.bytes, BufReader::new(Box::new(io::empty())));
                self.bytes = BufReader::new(Box::new(Cursor::new(AVRO.to_vec()).chain(bytes)));
                return true;
            }
        }
        false
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why.to_string())
}

/// Magic, metadata and marker of a container.
fn header(bytes: &mut Bytes, most: u64) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    take(bytes, &mut header, 4)?;
    if header != AVRO {
        return Err(invalid("it does not begin like one"));
    }
    loop {
        let mut count = integer(bytes, &mut header)?;
        if count == 0 {
            break;
        }
        if count < 0 {
            integer(bytes, &mut header)?;
            count = count.saturating_neg();
        }
        for _ in 0..count.saturating_mul(2) {
            sized(bytes, &mut header, most)?;
        }
    }
    take(bytes, &mut header, 16)?;
    Ok(header)
}

/// A variable-length integer, whose bytes are kept too.
fn integer(bytes: &mut Bytes, kept: &mut Vec<u8>) -> io::Result<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        bytes.read_exact(&mut byte)?;
        kept.push(byte[0]);
        value |= u64::from(byte[0] & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte[0] & 0x80 == 0 {
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(invalid("an integer of more than 64 bits"))
}

/// Bytes with their length before them.
fn sized(bytes: &mut Bytes, kept: &mut Vec<u8>, most: u64) -> io::Result<()> {
    let n = integer(bytes, kept)?;
    let n = u64::try_from(n).ok().filter(|n| *n <= most).ok_or_else(|| invalid("a length that can't be"))?;
    take(bytes, kept, n)
}

/// Read as it comes: a claimed length allocates nothing.
fn take(bytes: &mut Bytes, kept: &mut Vec<u8>, n: u64) -> io::Result<()> {
    let read = bytes.by_ref().take(n).read_to_end(kept)?;
    if read as u64 == n { Ok(()) } else { Err(io::Error::new(ErrorKind::UnexpectedEof, "it is cut off")) }
}
