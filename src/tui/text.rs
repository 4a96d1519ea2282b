//! The one place where text from outside is made fit for the terminal, and the formats of numbers.
//! Knows nothing of panes or state.

use crate::taxonomy::names::is_unprintable as is_unsafe;
use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text from a file, made fit to be shown: unsafe characters become escapes as `\u{1b}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Columns that the text takes on the screen.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// At most `columns` wide, cut at the end with `…`. Cleans the text.
pub fn fit(text: &str, columns: usize) -> String {
    let text = clean(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let mut out = String::new();
    if columns == 0 {
        return out;
    }
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > columns - 1 {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    out
}

/// As [`fit`], but the end is what is kept (for paths).
pub fn fit_end(text: &str, columns: usize) -> String {
    let text = clean(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for c in text.chars().rev() {
        let w = c.width().unwrap_or(0);
        if used + w > columns {
            break;
        }
        used += w;
        kept.push(c);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept.iter().rev().collect()
}

/// `fit`, filled with blanks on the right to exactly `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = fit(text, columns);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// The uncertainty of a probability in three columns: `.03`.
pub fn spread(s: f64) -> String {
    format!("{:.2}", s.clamp(0.0, 0.99)).trim_start_matches('0').to_string()
}

/// A percentile: whole numbers, but a tenth from 99 on, where it matters.
pub fn percentile(p: f64) -> String {
    if p < 99.0 { format!("{p:.0}") } else { format!("{:.1}", p.min(99.9)) }
}

/// A probability in five columns: `.618`, `1.000`, `<.001`, `0`.
pub fn probability(p: f64) -> String {
    if p >= 0.9995 {
        "1.000".into()
    } else if p >= 0.0005 {
        format!("{p:.3}").trim_start_matches('0').to_string()
    } else if p > 0.0 {
        "<.001".into()
    } else {
        "0".into()
    }
}

/// A probability in three columns: `.94`, `1.0`.
pub fn short_probability(p: f64) -> String {
    if p >= 0.9995 {
        "1.0".into()
    } else if p >= 0.985 {
        ".99".into()
    } else {
        format!("{p:.2}").trim_start_matches('0').to_string()
    }
}

/// A weight in at most five columns, about three digits: `12.3`, `1.67`, `.043`, `–` where it is zero.
pub fn weight(w: f64) -> String {
    if w == 0.0 {
        return "–".into();
    }
    if w >= 99_999.5 {
        return format!("{w:.0e}");
    }
    if w >= 99.95 {
        return format!("{w:.0}");
    }
    if w >= 9.995 {
        return format!("{w:.1}");
    }
    if w >= 0.995 {
        return format!("{w:.2}");
    }
    if w < 0.0005 {
        return "<.001".into();
    }
    format!("{w:.3}").trim_start_matches('0').to_string()
}

/// A count in at most five columns: `5010`, `123k`, `45M`.
pub fn count(n: u64) -> String {
    match n {
        0..100_000 => n.to_string(),
        100_000..10_000_000 => format!("{}k", n / 1000),
        10_000_000..10_000_000_000 => format!("{}M", n / 1_000_000),
        _ => format!("{}G", n / 1_000_000_000),
    }
}

/// A count with blanks between thousands, for prose: `60 000`.
pub fn long_count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 object`, `2 objects`.
pub fn plural(n: usize, one: &str) -> String {
    format!("{} {one}{}", long_count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("SN\x1b[2J 1\n"), "SN\\u{1b}[2J 1\\n");
        assert_eq!(clean("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert!(matches!(clean("δ Cep"), Cow::Borrowed("δ Cep")));
    }

    #[test]
    fn widths_are_those_of_the_screen() {
        assert_eq!(fit("超新星 Ia", 7), "超新星…");
        assert_eq!(fit("超新星 Ia", 6), "超新…");
        assert_eq!(pad("超新", 6), "超新  ");
        assert_eq!(pad("SN IIn", 4), "SN …");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_end("/home/me/trees/a.json", 8), "…/a.json");
        assert_eq!(fit_end("a.json", 8), "a.json");
    }

    #[test]
    fn numbers_fit_their_columns() {
        for (p, text) in [(0.618, ".618"), (1.0, "1.000"), (0.99949, ".999"), (0.0001, "<.001"), (0.0, "0")] {
            assert_eq!(probability(p), text);
        }
        for (w, text) in [(0.0, "–"), (0.0432, ".043"), (0.9999, "1.00"), (1.672, "1.67"), (12.34, "12.3"), (250.4, "250"), (1e-9, "<.001")]
        {
            assert_eq!(weight(w), text);
        }
        assert_eq!(short_probability(0.944), ".94");
        assert_eq!(short_probability(0.996), ".99");
        assert_eq!(short_probability(0.99951), "1.0");
        assert_eq!(count(99_999), "99999");
        assert_eq!(count(123_456), "123k");
        assert_eq!(long_count(60_000), "60,000");
        assert_eq!(plural(1, "object"), "1 object");
    }
}
