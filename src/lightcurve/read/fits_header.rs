//! Headers of FITS files: cards of 80 characters in blocks of 2,880 bytes. Knows no tables and no light curves.
//! (FITS standard 4.0, section 4.)

use super::error::quoted;
use std::io::{ErrorKind, Read};

/// Headers and data are padded to whole blocks.
pub(super) const BLOCK: usize = 2880;
const CARD: usize = 80;
/// A header of more blocks is corrupt: that is 100,000 cards.
const MAX_BLOCKS: usize = 100_000 * CARD / BLOCK;

/// What is wrong, and what should be there.
pub(super) type Fault = (String, String);

pub(super) fn fault(found: impl Into<String>, expected: impl Into<String>) -> Fault {
    (found.into(), expected.into())
}

/// The value of a keyword.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Logical(bool),
    Integer(i64),
    Float(f64),
}

/// One header: keywords in order. Comments are left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    cards: Vec<(String, Value)>,
}

impl Header {
    /// Reads the next header. None at the end of the file. `first` is the keyword that it has to begin with.
    pub fn read(bytes: &mut impl Read, first: &str) -> Result<Option<Header>, Fault> {
        let mut header = Header::default();
        let mut block = [0u8; BLOCK];
        for number in 0..MAX_BLOCKS {
            match filled(bytes, &mut block).map_err(|e| fault(format!("a header cannot be read: {e}"), ""))? {
                // Some writers leave a few bytes of padding behind the last data.
                n if number == 0 && (n < CARD || is_padding(&block)) => return Ok(None),
                n if n < BLOCK => {
                    return Err(fault("the file ends within a header", "a whole FITS file: was it cut off in a copy or download?"));
                }
                _ => {}
            }
            for (i, card) in block.chunks_exact(CARD).enumerate() {
                let (key, rest) = card.split_at(8);
                let key = key.trim_ascii_end();
                if number == 0 && i == 0 && key != first.as_bytes() {
                    let expected = format!("a header that begins with {first}");
                    return Err(fault(format!("a header begins with {}", quoted(key)), expected));
                }
                if let Some(bad) = card.iter().find(|c| !(32..=126).contains(*c)) {
                    let found = format!("card {} of a header ({}) holds the byte {bad}", number * (BLOCK / CARD) + i + 1, quoted(key));
                    return Err(fault(found, "printable ASCII"));
                }
                match key {
                    b"END" => return Ok(Some(header)),
                    b"CONTINUE" => header.proceed(rest),
                    b"COMMENT" | b"HISTORY" | b"" => {}
                    b"HIERARCH" => {
                        // Long names: "HIERARCH some name = value".
                        if let Some(at) = rest.iter().position(|c| *c == b'=')
                            && let (name, [_, value @ ..]) = rest.split_at(at)
                            && let Some(value) = parse(value)
                        {
                            header.cards.push((text(name.trim_ascii()), value));
                        }
                    }
                    _ => {
                        if let [b'=', b' ', value @ ..] = rest
                            && let Some(value) = parse(value)
                        {
                            header.cards.push((text(key), value));
                        }
                    }
                }
            }
        }
        Err(fault(format!("a header of more than {MAX_BLOCKS} blocks without END"), "a header that ends"))
    }

    /// The rest of a long text, which ends in `&` so far.
    fn proceed(&mut self, rest: &[u8]) {
        if let Some((_, Value::Text(known))) = self.cards.last_mut()
            && let Some(Value::Text(more)) = parse(rest)
            && known.ends_with('&')
        {
            known.pop();
            known.push_str(&more);
        }
    }

    /// The value of a keyword.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.cards.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// A text, if it is one.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    /// A number, if it is one.
    pub fn float(&self, key: &str) -> Option<f64> {
        match self.get(key) {
            Some(Value::Float(f)) => Some(*f),
            Some(Value::Integer(i)) => Some(*i as f64),
            _ => None,
        }
    }

    /// Whether a keyword is T.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some(&Value::Logical(true))
    }

    /// A whole number of the range, or why there is none.
    pub fn integer(&self, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, Fault> {
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        match self.get(key) {
            Some(Value::Integer(i)) if range.contains(i) => Ok(*i),
            Some(Value::Integer(i)) => Err(fault(format!("{key} is {i}"), expected())),
            Some(other) => Err(fault(format!("{key} is {other:?}"), expected())),
            None => Err(fault(format!("the header has no {key}"), expected())),
        }
    }

    /// Bytes of the data that follow the header, without padding.
    pub fn data_bytes(&self) -> Result<u64, Fault> {
        let bits = self.integer("BITPIX", -64..=64)?;
        if ![8, 16, 32, 64, -32, -64].contains(&bits) {
            return Err(fault(format!("BITPIX is {bits}"), "8, 16, 32, 64, -32 or -64"));
        }
        let axes = self.integer("NAXIS", 0..=999)?;
        if axes == 0 {
            return Ok(0);
        }
        if self.is_true("GROUPS") {
            return Err(fault("random groups", "a FITS file with a binary table"));
        }
        let or = |key, default| if self.get(key).is_none() { Ok(default) } else { self.integer(key, 0..=i64::MAX) };
        let mut elements = 1u64;
        let too_large = || fault("a header describes more data than any file holds", "sizes that fit");
        for axis in 1..=axes {
            let n = self.integer(&format!("NAXIS{axis}"), 0..=i64::MAX)?.unsigned_abs();
            elements = elements.checked_mul(n).ok_or_else(too_large)?;
        }
        let (heap, groups) = (or("PCOUNT", 0)?.unsigned_abs(), or("GCOUNT", 1)?.unsigned_abs());
        let bytes = elements.checked_add(heap).and_then(|n| n.checked_mul(groups)).and_then(|n| n.checked_mul(bits.unsigned_abs() / 8));
        // Room for the padding.
        bytes.filter(|n| *n < u64::MAX - BLOCK as u64).ok_or_else(too_large)
    }
}

/// Fills the block as far as there are bytes, and says how many there were.
fn filled(bytes: &mut impl Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while let Some(rest) = block.get_mut(n..).filter(|r| !r.is_empty()) {
        match bytes.read(rest) {
            Ok(0) => break,
            Ok(read) => n += read,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

fn is_padding(block: &[u8]) -> bool {
    block.iter().all(|b| matches!(b, 0 | b' '))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The value of a card behind its `=`; none if it has none, or one of a kind that isn't needed (complex numbers).
fn parse(card: &[u8]) -> Option<Value> {
    let card = card.trim_ascii();
    if let Some(quoted) = card.strip_prefix(b"'") {
        let mut value = Vec::new();
        let mut rest = quoted.iter().copied().peekable();
        while let Some(c) = rest.next() {
            match c {
                b'\'' if rest.peek() == Some(&b'\'') => {
                    rest.next();
                    value.push(b'\'');
                }
                b'\'' => break,
                c => value.push(c),
            }
        }
        return Some(Value::Text(text(value.trim_ascii_end())));
    }
    let value = card.split(|c| *c == b'/').next().unwrap_or(&[]).trim_ascii();
    match value {
        b"T" => Some(Value::Logical(true)),
        b"F" => Some(Value::Logical(false)),
        b"" => None,
        value => {
            let value = std::str::from_utf8(value).ok()?;
            if let Ok(integer) = value.parse() {
                return Some(Value::Integer(integer));
            }
            value.replace(['D', 'd'], "E").parse().ok().map(Value::Float)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cards: &[&str]) -> Result<Option<Header>, Fault> {
        let mut bytes: Vec<u8> = cards.iter().flat_map(|c| format!("{c:<80}").into_bytes()).collect();
        bytes.resize(bytes.len().next_multiple_of(BLOCK), b' ');
        Header::read(&mut bytes.as_slice(), "SIMPLE")
    }

    #[test]
    fn values_of_all_kinds() {
        let h = header(&[
            "SIMPLE  =                    T / standard",
            "BITPIX  =                  -32",
            "NAXIS   = 2",
            "NAXIS1  = 3",
            "NAXIS2  = 5",
            "NAME    = 'it''s   ' / a text",
            "PI      = 3.5D0",
            "COMMENT = no value",
            "HIERARCH LONG_NAME = 'abc&'",
            "CONTINUE  'def/g' / more",
            "END",
        ]);
        let h = h.unwrap().unwrap();
        assert_eq!((h.text("NAME"), h.float("PI"), h.text("LONG_NAME")), (Some("it's"), Some(3.5), Some("abcdef/g")));
        assert!(h.is_true("SIMPLE") && h.get("COMMENT").is_none());
        // 3 x 5 numbers of 4 bytes.
        assert_eq!(h.data_bytes(), Ok(60));
        assert!(h.integer("NAXIS2", 0..=3).unwrap_err().0.contains("NAXIS2 is 5"));
        assert!(h.integer("NAME", 0..=3).unwrap_err().1.contains("whole number from 0 to 3"));
    }

    #[test]
    fn headers_that_are_none() {
        assert!(header(&["XTENSION= 'IMAGE'", "END"]).unwrap_err().1.contains("begins with SIMPLE"));
        assert!(header(&["SIMPLE  = T"]).unwrap_err().0.contains("ends within a header"));
        assert!(header(&["SIMPLE  = T", "A\u{7}", "END"]).unwrap_err().0.contains("card 2"));
        assert!(Header::read(&mut [0u8; 10].as_slice(), "XTENSION").unwrap().is_none());
        let huge = header(&["SIMPLE  = T", "BITPIX  = 64", "NAXIS   = 2", "NAXIS1  = 9223372036854775807", "NAXIS2  = 9", "END"]);
        assert!(huge.unwrap().unwrap().data_bytes().unwrap_err().0.contains("more data"));
    }
}
