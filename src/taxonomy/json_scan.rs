//! JSON token by token, with the line and column of each: what error messages need and `serde_json` values don't have.
//! Knows no taxonomy. Never recurses: nesting is its caller's business.

use super::names::{MAX_VALUES, SPLIT_IT};

/// A place in the text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

/// What is wrong at a place, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub place: Place,
    pub reason: String,
    pub hint: String,
}

impl Fault {
    pub fn new(place: Place, reason: impl Into<String>, hint: impl Into<String>) -> Fault {
        Fault { place, reason: reason.into(), hint: hint.into() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Colon,
    Comma,
    Text(String),
    /// As it was written.
    Number(String),
    Bool(bool),
    Null,
    End,
}

impl Token {
    /// For "found ..." in messages.
    pub fn describe(&self) -> String {
        match self {
            Token::ObjectStart => "`{`".into(),
            Token::ObjectEnd => "`}`".into(),
            Token::ArrayStart => "`[`".into(),
            Token::ArrayEnd => "`]`".into(),
            Token::Colon => "`:`".into(),
            Token::Comma => "`,`".into(),
            Token::Text(t) => {
                let short: String = t.chars().take(40).collect();
                let dots = if short.len() < t.len() { "..." } else { "" };
                format!("the text \"{}{dots}\"", super::names::printable(&short))
            }
            Token::Number(n) => format!("the number {}", n.chars().take(40).collect::<String>()),
            Token::Bool(b) => format!("{b}"),
            Token::Null => "null".into(),
            Token::End => "the end of the file".into(),
        }
    }
}

pub(super) struct Scanner<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    place: Place,
    peeked: Option<(Token, Place)>,
    /// Items of lists of texts so far, see [`Scanner::item`].
    items: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Scanner { rest: text.chars().peekable(), place: Place { line: 1, column: 1 }, peeked: None, items: 0 }
    }

    /// Counts an item of a list of texts: one too many is a fault.
    pub fn item(&mut self, place: Place) -> Result<(), Fault> {
        self.items += 1;
        if self.items > MAX_VALUES {
            Err(Fault::new(place, format!("more than {MAX_VALUES} labels in the file"), SPLIT_IT))
        } else {
            Ok(())
        }
    }

    /// The next token, which stays the next one.
    pub fn peek(&mut self) -> Result<(&Token, Place), Fault> {
        if self.peeked.is_none() {
            self.peeked = Some(self.scan()?);
        }
        match &self.peeked {
            Some((token, place)) => Ok((token, *place)),
            None => Ok((&Token::End, self.place)),
        }
    }

    pub fn next(&mut self) -> Result<(Token, Place), Fault> {
        match self.peeked.take() {
            Some(t) => Ok(t),
            None => self.scan(),
        }
    }

    /// The next token must be this one.
    pub fn expect(&mut self, wanted: Token, hint: &str) -> Result<Place, Fault> {
        let (token, place) = self.next()?;
        if token == wanted {
            Ok(place)
        } else {
            Err(Fault::new(place, format!("expected {}, found {}", wanted.describe(), token.describe()), hint))
        }
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.place.line += 1;
            self.place.column = 1;
        } else {
            self.place.column += 1;
        }
        Some(c)
    }

    fn scan(&mut self) -> Result<(Token, Place), Fault> {
        while self.rest.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.bump();
        }
        let place = self.place;
        let token = match self.rest.peek().copied() {
            None => Token::End,
            Some('"') => Token::Text(self.string(place)?),
            Some(c) if c == '-' || c.is_ascii_digit() => Token::Number(self.number(place)?),
            Some(c) if c.is_ascii_alphabetic() => self.word(place)?,
            Some(c) => {
                self.bump();
                match c {
                    '{' => Token::ObjectStart,
                    '}' => Token::ObjectEnd,
                    '[' => Token::ArrayStart,
                    ']' => Token::ArrayEnd,
                    ':' => Token::Colon,
                    ',' => Token::Comma,
                    '/' | '#' => return Err(Fault::new(place, "JSON has no comments", "take the comment away, or write it as a \"note\"")),
                    '\'' => return Err(Fault::new(place, "text in single quotes", "write it in double quotes")),
                    c => {
                        let shown = super::names::printable(&c.to_string());
                        return Err(Fault::new(
                            place,
                            format!("unexpected character `{shown}`"),
                            "see the files that `taxonova taxonomy` ships",
                        ));
                    }
                }
            }
        };
        Ok((token, place))
    }

    fn word(&mut self, place: Place) -> Result<Token, Fault> {
        let mut word = String::new();
        while let Some(c) = self.rest.peek().copied().filter(|c| c.is_alphanumeric() || *c == '_') {
            word.push(c);
            self.bump();
        }
        match word.as_str() {
            "true" => Ok(Token::Bool(true)),
            "false" => Ok(Token::Bool(false)),
            "null" => Ok(Token::Null),
            "True" | "False" | "TRUE" | "FALSE" => {
                Err(Fault::new(place, format!("`{word}` is not JSON"), format!("write {}", word.to_lowercase())))
            }
            _ => {
                let short: String = word.chars().take(40).collect();
                Err(Fault::new(place, format!("`{short}` stands without quotes"), "write texts and field names in double quotes"))
            }
        }
    }

    fn number(&mut self, place: Place) -> Result<String, Fault> {
        let mut text = String::new();
        while let Some(c) = self.rest.peek().copied().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
            text.push(c);
            self.bump();
        }
        if is_json_number(&text) {
            Ok(text)
        } else {
            let short: String = text.chars().take(40).collect();
            Err(Fault::new(place, format!("`{short}` is not a number"), "write it as 12, 0.5 or 1e-3"))
        }
    }

    fn string(&mut self, start: Place) -> Result<String, Fault> {
        self.bump();
        let mut out = String::new();
        loop {
            let place = self.place;
            match self.bump() {
                None => return Err(Fault::new(start, "a text that does not end", "close it with `\"`")),
                Some('"') => return Ok(out),
                Some('\\') => out.push(self.escape(place)?),
                Some(c) if (c as u32) < 0x20 => {
                    let what = if c == '\n' { "a line break".into() } else { format!("the control character U+{:04X}", c as u32) };
                    return Err(Fault::new(
                        place,
                        format!("{what} inside a text"),
                        "close the text with `\"`; a line break in a note is written \\n",
                    ));
                }
                Some(c) => out.push(c),
            }
        }
    }

    fn escape(&mut self, place: Place) -> Result<char, Fault> {
        Ok(match self.bump() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let unit = self.hex4(place)?;
                let code = match unit {
                    0xd800..0xdc00 => {
                        let low = if self.bump() == Some('\\') && self.bump() == Some('u') { self.hex4(place)? } else { 0 };
                        if !(0xdc00..0xe000).contains(&low) {
                            return Err(lone_surrogate(place));
                        }
                        0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                    }
                    unit => unit,
                };
                char::from_u32(code).ok_or_else(|| lone_surrogate(place))?
            }
            _ => return Err(Fault::new(place, "an unknown escape in a text", "write a backslash as \\\\")),
        })
    }

    fn hex4(&mut self, place: Place) -> Result<u32, Fault> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.bump().and_then(|c| c.to_digit(16));
            value = value * 16 + digit.ok_or_else(|| Fault::new(place, "\\u without four hexadecimal digits", "write it as \\u03b4"))?;
        }
        Ok(value)
    }
}

fn lone_surrogate(place: Place) -> Fault {
    Fault::new(place, "half of a surrogate pair", "write the character itself")
}

/// The grammar of RFC 8259, section 6.
fn is_json_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['+', '-']).unwrap_or(e))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    digits(whole) && (whole.len() == 1 || !whole.starts_with('0')) && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
        let mut scanner = Scanner::new(text);
        let mut out = Vec::new();
        loop {
            match scanner.next()? {
                (Token::End, _) => return Ok(out),
                (t, _) => out.push(t),
            }
        }
    }

    #[test]
    fn strings_and_numbers_as_serde_json_reads_them() {
        for text in [r#""a\"\\\/\b\f\n\r\t\u03b4""#, r#""\ud83d\ude00""#, "\"é\""] {
            assert_eq!(tokens(text).unwrap(), [Token::Text(serde_json::from_str(text).unwrap())]);
        }
        for good in ["0", "-0", "12", "0.5", "1e-3", "1.5E+10"] {
            assert!(is_json_number(good) && serde_json::from_str::<f64>(good).is_ok(), "{good}");
        }
        for bad in ["01", "1.", ".5", "-", "1e", "+1", "0x10", "1.2.3", ""] {
            assert!(!is_json_number(bad) && serde_json::from_str::<f64>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn faults_have_their_place() {
        let fault = |t: &str| tokens(t).unwrap_err();
        assert_eq!(fault("{\n  // x").place, Place { line: 2, column: 3 });
        assert_eq!(fault("\"δδ\" 'x'").place, Place { line: 1, column: 6 });
        assert!(fault("\"abc").reason.contains("does not end"));
        assert!(fault("\"a\nb\"").reason.contains("line break"));
        assert!(fault(r#""\ud800x""#).reason.contains("surrogate"));
        assert!(fault(r#""\udc00""#).reason.contains("surrogate"));
        assert!(fault(r#""\x""#).reason.contains("escape"));
        assert!(fault("True").hint.contains("true"));
        assert!(fault("name").reason.contains("quotes"));
        assert!(!fault("\u{1b}").reason.contains('\u{1b}'));
    }
}
