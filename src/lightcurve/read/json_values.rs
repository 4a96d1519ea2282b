//! JSON value by value: the values of a list, of lines, or of one document, each parsed on its own within bounds of memory;
//! and the keys that the first bytes show. Knows nothing of light curves.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

/// A parsed value takes up to so many times the bytes of its text.
const INFLATION: u64 = 16;
/// So many keys of the first bytes are looked at.
const MAX_KEYS: usize = 2000;

/// What was found, what was expected.
pub(super) type Fault = (String, &'static str);

/// The values of a text.
pub(super) struct Values {
    text: BufReader<Box<dyn Read + Send>>,
    /// Whether a list around all values is open.
    in_list: bool,
    started: bool,
    /// At most so many bytes of one value.
    max_bytes: u64,
    buffer: Vec<u8>,
}

const CUT: &str = "a whole file: was it cut off in a copy or download?";

impl Values {
    /// Reads `text`; what is kept of one value takes at most `max_bytes` of memory.
    pub fn new(text: Box<dyn Read + Send>, max_bytes: u64) -> Values {
        Values {
            text: BufReader::with_capacity(1 << 16, text),
            in_list: false,
            started: false,
            max_bytes: max_bytes / INFLATION,
            buffer: Vec::new(),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Fault> {
        let filled = self.text.fill_buf().map_err(|e| (format!("cannot be read further: {e}"), ""))?;
        Ok(filled.first().copied())
    }

    /// The next value. The outer error ends the reading, the inner one is about this value.
    pub fn next(&mut self) -> Option<Result<Result<Value, Fault>, Fault>> {
        match self.split() {
            Ok(true) => Some(Ok(self.parse())),
            Ok(false) => None,
            Err(fault) => Some(Err(fault)),
        }
    }

    /// Puts the next value's text into the buffer; false at the end.
    fn split(&mut self) -> Result<bool, Fault> {
        self.buffer.clear();
        loop {
            match self.peek()? {
                None if self.in_list => return Err(("the list does not end".into(), CUT)),
                None => return Ok(false),
                Some(b'[') if !self.started => {
                    (self.started, self.in_list) = (true, true);
                    self.text.consume(1);
                }
                Some(b']') if self.in_list => {
                    self.in_list = false;
                    self.text.consume(1);
                }
                Some(b'{' | b'[') => break,
                Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1e) => self.text.consume(1),
                Some(0xef | 0xbb | 0xbf) if !self.started => self.text.consume(1),
                Some(other) => {
                    let what = if other.is_ascii_graphic() { format!("\"{}\"", other as char) } else { format!("the byte {other:#04x}") };
                    return Err((format!("{what} between the values"), "an object {...}"));
                }
            }
        }
        self.started = true;
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        loop {
            let filled = self.text.fill_buf().map_err(|e| (format!("cannot be read further: {e}"), ""))?;
            if filled.is_empty() {
                return Err(("a value does not end".into(), CUT));
            }
            let mut taken = 0;
            let mut done = false;
            for &byte in filled {
                taken += 1;
                if quoted {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => quoted = false,
                        _ => {}
                    }
                    continue;
                }
                match byte {
                    b'"' => quoted = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            done = true;
                            break;
                        }
                    }
                    0..=8 | 11 | 12 | 14..=31 => return Err((format!("the byte {byte:#04x}"), "JSON: is the file damaged?")),
                    _ => {}
                }
            }
            self.buffer.extend_from_slice(filled.get(..taken).unwrap_or(filled));
            self.text.consume(taken);
            if done {
                return Ok(true);
            }
            if self.buffer.len() as u64 > self.max_bytes {
                return Err((
                    format!("a JSON value of more than {} MiB", self.max_bytes >> 20),
                    "smaller ones: a list or lines of objects",
                ));
            }
        }
    }

    fn parse(&mut self) -> Result<Value, Fault> {
        match serde_json::from_slice(&self.buffer) {
            Ok(value) => Ok(value),
            // Python writes numbers that are none in its own way.
            Err(first) => match without_nan(&self.buffer).and_then(|text| serde_json::from_slice(&text).ok()) {
                Some(value) => Ok(value),
                None if first.to_string().starts_with("recursion") => {
                    Err(("values nested more than 127 deep".into(), "the few levels of a light curve"))
                }
                None => Err((format!("this is no JSON: {first} of this value"), "a JSON object")),
            },
        }
    }
}

/// The text with `NaN` and `Infinity` outside of quotes as null; none if there are none.
fn without_nan(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut quoted, mut escaped, mut changed) = (false, false, false);
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if !quoted && let Some(word) = [b"NaN".as_slice(), b"-Infinity", b"Infinity"].into_iter().find(|w| rest.starts_with(w)) {
            out.extend_from_slice(b"null");
            rest = rest.get(word.len()..).unwrap_or(&[]);
            changed = true;
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        out.push(byte);
        rest = tail;
    }
    changed.then_some(out)
}

/// The keys that the first bytes of a text show, each with how many objects it lies in; none if it is no JSON.
pub(super) fn keys(head: &[u8]) -> Vec<(usize, String)> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let mut keys: Vec<(usize, String)> = Vec::new();
    if !matches!(text.first(), Some(b'{' | b'[')) {
        return keys;
    }
    let mut depth = 0usize;
    let mut i = 0;
    while let Some(&byte) = text.get(i) {
        i += 1;
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                let start = i;
                while let Some(&c) = text.get(i) {
                    i += if c == b'\\' { 2 } else { 1 };
                    if c == b'"' {
                        break;
                    }
                }
                let name = text.get(start..i.saturating_sub(1)).unwrap_or(&[]);
                let is_key = text.get(i..).unwrap_or(&[]).trim_ascii_start().first() == Some(&b':');
                if is_key && name.len() < 200 && keys.len() < MAX_KEYS {
                    let key = (depth, String::from_utf8_lossy(name).into_owned());
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
            _ => {}
        }
    }
    keys
}

/// A number, also one written as text; NaN for null and the usual words for none. An error for anything else.
pub(super) fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Null => Ok(f64::NAN),
        Value::Number(n) => Ok(n.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => match text.trim() {
            "" | "-" | "null" | "None" | "N/A" | "n/a" | "--" => Ok(f64::NAN),
            t => t.parse().map_err(|_| super::error::quoted(t.as_bytes())),
        },
        Value::Bool(b) => Err(b.to_string()),
        Value::Array(_) => Err("a list".into()),
        Value::Object(_) => Err("an object".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Result<Result<Value, Fault>, Fault>> {
        let mut values = Values::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())), 1 << 20);
        std::iter::from_fn(|| values.next()).take(20).collect()
    }

    #[test]
    fn lists_lines_and_documents() {
        for text in ["[{\"a\":1}, {\"a\":\"]}\"}]", "{\"a\":1}\n{\"a\":\"]}\"}\n", "\u{feff}{\"a\":1}{\"a\":\"]}\"}"] {
            let found: Vec<Value> = all(text).into_iter().map(|v| v.unwrap().unwrap()).collect();
            assert_eq!(found, [serde_json::json!({"a": 1}), serde_json::json!({"a": "]}"})], "{text}");
        }
        let found = all("{\"a\": NaN, \"b\": \"NaN\", \"c\": -Infinity}").remove(0).unwrap().unwrap();
        assert_eq!(found, serde_json::json!({"a": null, "b": "NaN", "c": null}));
    }

    #[test]
    fn faults() {
        assert!(all("[{}").pop().unwrap().unwrap_err().0.contains("does not end"));
        assert!(all("{\"a\": [1, 2").pop().unwrap().unwrap_err().0.contains("does not end"));
        assert!(all("{\"a\":1} x").get(1).is_some_and(|v| v.as_ref().is_err_and(|e| e.0.contains("\"x\""))));
        assert!(all("[{\"a\" 1}, {}]").get(1).is_some_and(|v| v.as_ref().is_ok_and(|v| v.is_ok())));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert!(all(&deep).remove(0).unwrap().unwrap_err().0.contains("nested"));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
        assert!(all(&long).remove(0).unwrap_err().0.contains("MiB"));
    }

    #[test]
    fn keys_with_depth() {
        let found = keys(b" [{\"a\": {\"b\\\"\": \"c\"}, \"d\" : [1");
        assert_eq!(found, [(1, "a".to_string()), (2, "b\\\"".to_string()), (1, "d".to_string())]);
        assert!(keys(b"a,b").is_empty());
    }
}
