//! From text to an expression. Knows the table of fields, no trees and no objects.

use super::FilterError;
use super::fields::{Field, Kind, by_name, names};

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `:`
    Has,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text or a class's name.
    Text(String),
    /// A number.
    Number(f64),
    /// Both ends belong to it.
    Range(f64, f64),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Of what.
    pub field: Field,
    /// The class of `P(class)`, with its place.
    pub of: Option<(String, usize)>,
    /// How, and with what; none for a flag.
    pub compare: Option<(Op, Value)>,
    /// Place of the value (of a flag: of the word), in characters.
    pub at: usize,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// One comparison.
    Term(Term),
    /// The opposite.
    Not(Box<Expr>),
    /// All of them; none: true of every object.
    And(Vec<Expr>),
    /// One of them.
    Or(Vec<Expr>),
}

/// Parentheses and `not` within each other at most.
const MAX_DEPTH: usize = 50;
/// Longer expressions are no filters.
const MAX_CHARS: usize = 10_000;

/// Reads an expression. An empty one is true of every object.
pub fn parse(text: &str) -> Result<Expr, FilterError> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > MAX_CHARS {
        return Err(FilterError { at: MAX_CHARS, at_end: false, text: format!("the expression has more than {MAX_CHARS} characters") });
    }
    let mut p = Parser { chars, at: 0, depth: 0, last: None };
    p.blanks();
    if p.done() {
        return Ok(Expr::And(Vec::new()));
    }
    let expr = p.any()?;
    if !p.done() {
        return Err(p.fault(p.at, "there is a ) without a ("));
    }
    Ok(expr)
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    /// Field, operator and value of the last term, if the value is a text without quotes: what follows may belong to it.
    last: Option<(&'static str, String, String)>,
}

impl Parser {
    fn done(&self) -> bool {
        self.at >= self.chars.len()
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next_is(&self, ahead: usize, c: char) -> bool {
        self.chars.get(self.at + ahead) == Some(&c)
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn fault(&self, at: usize, text: impl Into<String>) -> FilterError {
        FilterError { at, at_end: at >= self.chars.len(), text: text.into() }
    }

    /// The word that begins here, without going on.
    fn word(&self) -> String {
        self.chars.iter().skip(self.at).take_while(|c| c.is_alphanumeric() || **c == '_').collect()
    }

    /// `or` and `|` bind least.
    fn any(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.all()?];
        loop {
            self.blanks();
            if self.word().eq_ignore_ascii_case("or") {
                self.at += 2;
            } else if self.next_is(0, '|') {
                self.at += 1 + usize::from(self.next_is(1, '|'));
            } else {
                break;
            }
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn all(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.one()?];
        loop {
            self.blanks();
            if self.word().eq_ignore_ascii_case("and") {
                self.at += 3;
            } else if self.next_is(0, '&') {
                self.at += 1 + usize::from(self.next_is(1, '&'));
            } else if self.done() || self.next_is(0, ')') || self.next_is(0, '|') || self.word().eq_ignore_ascii_case("or") {
                break;
            }
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn one(&mut self) -> Result<Expr, FilterError> {
        self.blanks();
        let from = self.at;
        let not = self.word().eq_ignore_ascii_case("not");
        if not || self.next_is(0, '!') {
            self.at += if not { 3 } else { 1 };
            let inner = self.deeper(from, Self::one)?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        if self.next_is(0, '(') {
            self.at += 1;
            let inner = self.deeper(from, Self::any)?;
            self.blanks();
            if !self.next_is(0, ')') {
                return Err(self.fault(self.at, format!("a ) is missing for the ( at character {}", from + 1)));
            }
            self.at += 1;
            return Ok(inner);
        }
        self.term()
    }

    fn deeper(&mut self, from: usize, read: fn(&mut Self) -> Result<Expr, FilterError>) -> Result<Expr, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(from, format!("more than {MAX_DEPTH} levels of parentheses and not")));
        }
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn term(&mut self) -> Result<Expr, FilterError> {
        let from = self.at;
        let word = self.word();
        let last = self.last.take();
        if word.is_empty() {
            let text = match self.peek() {
                None => format!("a field is expected here: {}", names()),
                Some(c) => format!("{c:?} begins no field; the fields: {}", names()),
            };
            return Err(self.fault(from, text));
        }
        self.at += word.chars().count();
        if word.eq_ignore_ascii_case("p") && self.next_is(0, '(') {
            return self.of_class();
        }
        let Some(info) = by_name(&word) else {
            // What is still being typed is no mistake yet, but it is not a filter either.
            let begins: Vec<&str> = super::FIELDS.iter().map(|f| f.name).filter(|n| n.starts_with(&word.to_lowercase())).collect();
            let text = match (begins.as_slice(), last) {
                (_, Some((field, op, value))) => {
                    let rest: String = self.chars.iter().skip(from).take_while(|c| !c.is_whitespace() && **c != ')').collect();
                    format!(
                        "{word} is no field; a value with blanks stands in quotes, as {field}{op}\"{value} {rest}\"; the fields: {}",
                        names()
                    )
                }
                ([], None) => format!("{word} is no field (a name is found by name:{word}); the fields: {}", names()),
                (some, None) => format!("{word} is no field yet: {}", some.join(", ")),
            };
            return Err(self.fault(from, text));
        };
        let term = |compare, at| Expr::Term(Term { field: info.field, of: None, compare, at });
        let back = self.at;
        self.blanks();
        let Some(op) = self.op() else {
            self.at = back;
            return match info.kind {
                Kind::Flag | Kind::TextOrFlag => Ok(term(None, from)),
                _ => {
                    let how = if info.kind == Kind::Number { "< <= > >= =" } else { ": or =" };
                    self.blanks();
                    Err(self.fault(self.at, format!("{} is compared with something by {how}, as {}", info.name, info.example)))
                }
            };
        };
        if info.kind == Kind::Flag {
            return Err(self.fault(back, format!("{} stands alone: it is true or not", info.name)));
        }
        self.blanks();
        let at = self.at;
        let value = self.value(info.kind, op, info.name, info.example)?;
        if let Value::Text(text) = &value
            && self.chars.get(at) != Some(&'"')
        {
            let op: String = self.chars.iter().skip(back).take(at - back).filter(|c| !c.is_whitespace()).collect();
            self.last = Some((info.name, op, text.clone()));
        }
        if info.kind != Kind::Number && !matches!(op, Op::Has | Op::Equal | Op::NotEqual) {
            return Err(self.fault(back, format!("{} is no number: it is compared by : = !=", info.name)));
        }
        Ok(term(Some((op, value)), at))
    }

    /// `P(class)`, of which the `P` is read.
    fn of_class(&mut self) -> Result<Expr, FilterError> {
        let open = self.at;
        self.at += 1;
        self.blanks();
        let at = self.at;
        let name = if self.next_is(0, '"') {
            self.quoted()?
        } else {
            let name: String = self.chars.iter().skip(self.at).take_while(|c| **c != ')').collect();
            self.at += name.chars().count();
            name.trim().to_string()
        };
        self.blanks();
        if !self.next_is(0, ')') {
            return Err(self.fault(self.at, format!("a ) is missing for the ( at character {}", open + 1)));
        }
        if name.is_empty() {
            return Err(self.fault(at, "a class is expected, as P(SN Ia)>0.3"));
        }
        self.at += 1;
        self.blanks();
        let Some(op) = self.op() else {
            return Err(self.fault(self.at, "a comparison is expected: < <= > >= =, as P(SN Ia)>0.3"));
        };
        self.blanks();
        let value_at = self.at;
        let value = self.value(Kind::Number, op, "P(class)", "P(SN Ia)>0.3")?;
        Ok(Expr::Term(Term { field: Field::POf, of: Some((name, at)), compare: Some((op, value)), at: value_at }))
    }

    fn op(&mut self) -> Option<Op> {
        let (op, len) = match (self.peek()?, self.chars.get(self.at + 1)) {
            ('<', Some('=')) => (Op::AtMost, 2),
            ('>', Some('=')) => (Op::AtLeast, 2),
            ('!', Some('=')) => (Op::NotEqual, 2),
            ('=', Some('=')) => (Op::Equal, 2),
            ('<', _) => (Op::Less, 1),
            ('>', _) => (Op::More, 1),
            ('=', _) => (Op::Equal, 1),
            (':', _) => (Op::Has, 1),
            _ => return None,
        };
        self.at += len;
        Some(op)
    }

    fn value(&mut self, kind: Kind, op: Op, name: &str, example: &str) -> Result<Value, FilterError> {
        let from = self.at;
        let quoted = self.next_is(0, '"');
        let text = if quoted { self.quoted()? } else { self.bare() };
        if text.is_empty() && !quoted {
            let what = if kind == Kind::Number { "a number" } else { "a text" };
            return Err(self.fault(from, format!("{what} is expected, as {example}")));
        }
        if kind != Kind::Number {
            return Ok(Value::Text(text));
        }
        let number = |t: &str| t.trim().parse::<f64>().ok().filter(|v| v.is_finite());
        if op == Op::Has
            && let Some((low, high)) = text.split_once("..")
        {
            return match (number(low), number(high)) {
                (Some(low), Some(high)) if low <= high => Ok(Value::Range(low, high)),
                (Some(_), Some(_)) => Err(self.fault(from, format!("{text}: the first number is the greater one"))),
                _ => Err(self.fault(from, format!("{text} is no range of numbers, as 17..19"))),
            };
        }
        match number(&text) {
            Some(v) => Ok(Value::Number(v)),
            None => Err(self.fault(from, format!("{text} is no number; {name} is one, as {example}"))),
        }
    }

    /// Up to a blank, a parenthesis or a bar.
    fn bare(&mut self) -> String {
        let text: String = self.chars.iter().skip(self.at).take_while(|c| !c.is_whitespace() && !matches!(c, ')' | '|')).collect();
        self.at += text.chars().count();
        text
    }

    /// In double quotes; a doubled one inside means itself.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let from = self.at;
        self.at += 1;
        let mut out = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c != '"' {
                out.push(c);
            } else if self.next_is(0, '"') {
                out.push('"');
                self.at += 1;
            } else {
                return Ok(out);
            }
        }
        Err(self.fault(self.at, format!("a \" is missing for the \" at character {}", from + 1)))
    }
}
