//! Which format a text is in: by its content where that is clear, then by the file's name, then by the shape of its lines.

use super::table::{FORMATS, Format, FormatInfo, readable_hint};
use crate::taxonomy::draft::{Place, Problem};
use crate::taxonomy::faults::Code;
use std::path::Path;

/// How many lines are looked at.
const LINES: usize = 200;

/// The row whose extension the file has.
pub(super) fn by_extension(path: &Path) -> Option<&'static FormatInfo> {
    let extension = path.extension()?.to_str()?.to_lowercase();
    FORMATS.iter().find(|f| f.extensions.contains(&extension.as_str()))
}

/// The format that can be read, or why there is none.
pub(super) fn tell(text: &str, path: &Path) -> Result<Format, Problem> {
    let unknown = |reason: &str, hint: String| Err(Problem::new(Code::UnknownFormat, Place::new(0, 1, 1), reason, hint));
    if text.trim().is_empty() {
        return unknown("the file is empty", readable_hint());
    }
    if let Some(format) = by_content(text) {
        return Ok(format);
    }
    match by_extension(path) {
        Some(info) if info.reads => Ok(info.format),
        Some(info) => unknown(&format!("{} is a format that is written, not read", info.title), readable_hint()),
        None => by_shape(text).map_or_else(
            || unknown("neither the content nor the name tells a format", format!("give it with `--from`; {}", readable_hint())),
            Ok,
        ),
    }
}

/// What the text can hardly be by chance.
fn by_content(text: &str) -> Option<Format> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('{') {
        return inner.trim_start().starts_with(['"', '}']).then_some(Format::Json);
    }
    if text.starts_with('(') && text.ends_with(';') {
        return Some(Format::Newick);
    }
    let first = text.lines().next().unwrap_or("");
    if super::edges::is_header(first) {
        return Some(Format::Edges);
    }
    let is_key = |line: &str| {
        let line = line.trim().trim_start_matches("- ").trim_start();
        line.strip_prefix("class:").or_else(|| line.strip_prefix("subclasses:")).is_some_and(|v| v.is_empty() || v.starts_with(' '))
    };
    text.lines().take(LINES).any(is_key).then_some(Format::Tdtax)
}

fn by_shape(text: &str) -> Option<Format> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(LINES).collect();
    let indented = lines.iter().any(|l| l.starts_with([' ', '\t']));
    if !indented && ['\t', ',', ';'].into_iter().any(|d| lines.iter().all(|l| l.matches(d).count() == 1)) {
        return Some(Format::Edges);
    }
    if text.trim_end().ends_with(';') && lines.len() == 1 {
        return Some(Format::Newick);
    }
    let first_is_out = lines.first().is_some_and(|l| !l.starts_with([' ', '\t']));
    (indented && first_is_out && !text.chars().take(4096).any(|c| c.is_control() && !c.is_whitespace())).then_some(Format::Indented)
}
