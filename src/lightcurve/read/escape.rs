//! Makes text from files harmless to a terminal. Everything read from a file goes through here
//! before it is printed.

use std::borrow::Cow;

/// Whether a terminal may act on `c` instead of showing it, or it would turn or hide its neighbours:
/// control characters, line separators, bidirectional overrides and zero-width characters.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` with such characters written out as `\n`, `\t`, `\r` or `\u{..}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_characters_are_written_out() {
        assert_eq!(escape("SN 1987A – ä"), "SN 1987A – ä");
        assert!(matches!(escape("plain"), Cow::Borrowed(_)));
        assert_eq!(escape("a\x1b]0;x\x07\n\u{9b}2J\u{202e}"), "a\\u{1b}]0;x\\u{7}\\n\\u{9b}2J\\u{202e}");
    }
}
