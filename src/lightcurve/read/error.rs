//! What can go wrong while reading: one clear line with file, place, what was found and what was
//! expected. Knows no format.

use super::escape::escape;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line of a text file, from 1; comment lines count.
    Line(u64),
    /// A line and the column's name.
    LineField(u64, String),
    /// A row or record of a binary file, from 1.
    Row(u64),
    /// A row and the column's or field's name.
    RowField(u64, String),
    /// A column or field by name.
    Field(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File => Ok(()),
            Place::Line(n) => write!(f, "line {n}"),
            Place::LineField(n, name) => write!(f, "line {n}, column {}", escape(name)),
            Place::Row(n) => write!(f, "row {n}"),
            Place::RowField(n, name) => write!(f, "row {n}, field {}", escape(name)),
            Place::Field(name) => write!(f, "field {}", escape(name)),
        }
    }
}

/// Why a file, a row or an object could not be read. Its `Display` is one line without control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ReadError {
    /// The file, or `-`, or the name of embedded data.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What is there.
    pub found: String,
    /// What should be there, and what to do about it. May be empty.
    pub expected: String,
}

impl ReadError {
    /// An error at `place` of `path`.
    pub fn new(path: &Path, place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        ReadError { path: path.to_path_buf(), place, found: found.into(), expected: expected.into() }
    }

    /// The operating system refused something.
    pub fn io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::new(path, Place::File, "there is no such file", ""),
            _ => Self::new(path, Place::File, format!("{doing}: {error}"), ""),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", escape(&self.path.to_string_lossy()))?;
        if self.place != Place::File {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&escape(&self.found))?;
        if !self.expected.is_empty() {
            write!(f, "; expected {}", escape(&self.expected))?;
        }
        Ok(())
    }
}

/// Text from a file for a message: in quotes, at most 40 characters of it.
pub(super) fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text.get(..text.len().min(400)).unwrap_or(text));
    let mut cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("\"{cut}\"")
}

/// Names for a message, at most 12 of them.
pub(super) fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut text = String::new();
    for (i, name) in names.into_iter().enumerate() {
        if i == 12 {
            text.push_str(", …");
            break;
        }
        if i > 0 {
            text.push_str(", ");
        }
        text.extend(name.as_ref().chars().take(40));
    }
    if text.is_empty() { "none".to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_escaped_line() {
        let e = ReadError::new(Path::new("a\nb.csv"), Place::LineField(7, "m\x1b[31mag".into()), "\"\x07\"", "a number");
        assert_eq!(e.to_string(), "a\\nb.csv: line 7, column m\\u{1b}[31mag: \"\\u{7}\"; expected a number");
        let e = ReadError::io(Path::new("x"), "cannot be opened", &std::io::ErrorKind::NotFound.into());
        assert_eq!(e.to_string(), "x: there is no such file");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(quoted(b"abc"), "\"abc\"");
        assert_eq!(quoted(&[b'x'; 5000]).chars().count(), 43);
        assert_eq!(listed((0..20).map(|i| i.to_string())), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …");
    }
}
