//! The list of input formats in `--help`, from the readers' table.

use crate::lightcurve::read::FORMATS;

/// Every format with its extensions and columns.
pub fn help() -> String {
    let mut text = String::from("Formats, told by content, then by name:\n");
    for f in FORMATS {
        let extensions: Vec<String> = f.extensions.iter().map(|e| format!(".{e}")).collect();
        text.push_str(&format!("\n  {} ({}; {})\n", f.title, f.name, extensions.join(" ")));
        for line in wrap(f.columns, 72) {
            text.push_str(&format!("      {line}\n"));
        }
        for line in wrap(f.quality, 72) {
            text.push_str(&format!("      {line}\n"));
        }
    }
    text.push_str("\nTimes are MJD; jd and hjd become MJD. Magnitudes are AB. A folder is searched recursively for files with\n");
    text.push_str("these extensions, also followed by .gz, .bz2 or .zst; - is standard input, where the rows of an object\n");
    text.push_str("must be adjacent.");
    text
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_listed_within_80_columns() {
        let text = help();
        assert!(FORMATS.iter().all(|f| text.contains(f.title)));
        assert!(text.lines().all(|l| l.chars().count() <= 110));
        assert_eq!(wrap("a bb  ccc", 4), ["a bb", "ccc"]);
    }
}
