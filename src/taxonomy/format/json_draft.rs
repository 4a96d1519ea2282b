//! Our own format for the checker: goes on behind every fault of a field or a value, so that all are found. What can be
//! used is read by `json_parse`, which stops at the first fault; a test holds the two together.

use crate::taxonomy::draft::{Draft, DraftNode, Label, Place, Problem, brief};
use crate::taxonomy::faults::Code;
use crate::taxonomy::json_parse::{FILE_FIELDS, FORMAT, NODE_FIELDS, VERSION, WEIGHT_FIELDS, nearest_field};
use crate::taxonomy::json_scan::{Fault, Place as At, Scanner, Token};
use crate::taxonomy::names::check_text;
use crate::taxonomy::weights::{CountMode, Form, WeightOptions};
use std::collections::HashSet;

pub(super) fn read(text: &str, draft: &mut Draft) {
    let mut reader = Reader { s: Scanner::new(text), draft, too_large: false };
    if let Err(fault) = reader.file() {
        let code = if reader.too_large { Code::TooLarge } else { Code::Syntax };
        let problem = Problem::new(code, place(fault.place), fault.reason, fault.hint);
        draft.problems.push(problem);
    }
}

fn place(at: At) -> Place {
    Place::new(0, at.line, at.column)
}

/// How reading an object's fields went on.
struct Fields {
    first: bool,
    seen: HashSet<String>,
}

struct Reader<'t, 'd> {
    s: Scanner<'t>,
    draft: &'d mut Draft,
    /// Whether the fault that ended the reading is one of size.
    too_large: bool,
}

impl Reader<'_, '_> {
    fn say(&mut self, code: Code, at: At, reason: impl Into<String>, hint: impl Into<String>) {
        self.draft.problem(code, place(at), reason, hint);
    }

    fn file(&mut self) -> Result<(), Fault> {
        let (token, start) = self.s.next()?;
        if token != Token::ObjectStart {
            return Err(Fault::new(start, format!("a tree's file begins with `{{`, found {}", token.describe()), "see the shipped trees"));
        }
        let mut fields = Fields { first: true, seen: HashSet::new() };
        while let Some((key, at)) = self.key(&mut fields, FILE_FIELDS, "a tree's file")? {
            match key.as_str() {
                "format" => {
                    let value = self.text(&key)?;
                    if let Some((text, at)) = value.filter(|(t, _)| t != FORMAT) {
                        self.say(Code::BadValue, at, format!("the format is `{}`, not \"{FORMAT}\"", brief(&text)), "");
                    }
                }
                "version" => {
                    let value = self.whole(&key)?;
                    if let Some(v) = value.filter(|v| *v != VERSION) {
                        self.say(
                            Code::BadValue,
                            at,
                            format!("version {v} of the format is not known"),
                            format!("this taxonova reads version {VERSION}"),
                        );
                    }
                }
                "name" => self.draft.title = self.free_text(&key)?,
                "citation" => self.draft.citation = self.free_text(&key)?,
                "weights" => self.weights()?,
                "root" => self.nodes()?,
                _ => self.skip_value()?,
            }
        }
        let (after, at) = self.s.next()?;
        if after != Token::End {
            return Err(Fault::new(
                at,
                format!("{} behind the end of the tree", after.describe()),
                "a file holds one tree: take the rest away",
            ));
        }
        for field in ["format", "version", "root"].into_iter().filter(|f| !fields.seen.contains(*f)) {
            let hint = format!("a tree of classes begins with \"format\": \"{FORMAT}\", \"version\": {VERSION} and has a \"root\"");
            self.say(Code::Syntax, start, format!("there is no field \"{field}\""), hint);
        }
        Ok(())
    }

    /// The next field that is known, its colon read; None at the object's end. Unknown ones are said and passed over.
    fn key(&mut self, fields: &mut Fields, known: &[&str], of: &str) -> Result<Option<(String, At)>, Fault> {
        loop {
            let (mut token, mut at) = self.s.next()?;
            if token == Token::ObjectEnd {
                return Ok(None);
            }
            if !fields.first {
                if token != Token::Comma {
                    return Err(Fault::new(
                        at,
                        format!("expected `,` or `}}`, found {}", token.describe()),
                        "put a comma between two fields",
                    ));
                }
                (token, at) = self.s.next()?;
                if token == Token::ObjectEnd {
                    return Err(Fault::new(at, "a comma behind the last field", "take the comma away"));
                }
            }
            fields.first = false;
            let Token::Text(key) = token else {
                return Err(Fault::new(at, format!("expected a field name in double quotes, found {}", token.describe()), ""));
            };
            self.s.expect(Token::Colon, "a field is written \"name\": value")?;
            if known.contains(&key.as_str()) {
                if fields.seen.insert(key.clone()) {
                    return Ok(Some((key, at)));
                }
                self.say(Code::RepeatedField, at, format!("the field \"{key}\" is given twice"), "keep one of the two");
            } else {
                let (code, hint) = match nearest_field(&key, known) {
                    Some(field) => (Code::MisspeltField, format!("did you mean \"{field}\"?")),
                    None => (Code::UnknownField, format!("the fields of {of} are {}", known.join(", "))),
                };
                self.say(code, at, format!("{of} has no field \"{}\"", brief(&key)), hint);
            }
            self.skip_value()?;
        }
    }

    fn skip_value(&mut self) -> Result<(), Fault> {
        let mut depth = 0usize;
        loop {
            let (token, at) = self.s.next()?;
            match token {
                Token::ObjectStart | Token::ArrayStart => depth += 1,
                Token::ObjectEnd | Token::ArrayEnd if depth > 0 => depth -= 1,
                Token::ObjectEnd | Token::ArrayEnd | Token::End | Token::Comma | Token::Colon if depth == 0 => {
                    return Err(Fault::new(at, format!("expected a value, found {}", token.describe()), ""));
                }
                Token::End => return Err(Fault::new(at, "a value that does not end", "close its brackets")),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A value of the wrong kind: said, and passed over.
    fn wrong(&mut self, field: &str, expected: &str) -> Result<(), Fault> {
        let (token, at) = self.s.peek()?;
        let found = token.describe();
        self.say(Code::BadValue, at, format!("\"{field}\" must be {expected}, found {found}"), "");
        self.skip_value()
    }

    fn text(&mut self, field: &str) -> Result<Option<(String, At)>, Fault> {
        if !matches!(self.s.peek()?.0, Token::Text(_)) {
            return self.wrong(field, "a text in double quotes").map(|()| None);
        }
        match self.s.next()? {
            (Token::Text(t), at) => Ok(Some((t, at))),
            _ => Ok(None),
        }
    }

    fn free_text(&mut self, field: &str) -> Result<String, Fault> {
        let Some((text, at)) = self.text(field)? else { return Ok(String::new()) };
        match check_text(&text) {
            Ok(()) => Ok(text),
            Err(e) => {
                self.say(Code::ControlCharacter, at, format!("\"{field}\": {e}"), "only line breaks (\\n) are allowed");
                Ok(String::new())
            }
        }
    }

    fn whole(&mut self, field: &str) -> Result<Option<u64>, Fault> {
        let number = if let Token::Number(n) = self.s.peek()?.0 { n.parse::<u64>().ok() } else { None };
        match number {
            Some(n) => self.s.next().map(|_| Some(n)),
            None => self.wrong(field, "a whole number from 0 on").map(|()| None),
        }
    }

    fn labels(&mut self, field: &str) -> Result<Vec<Label>, Fault> {
        if *self.s.peek()?.0 != Token::ArrayStart {
            return self.wrong(field, "a list of texts").map(|()| Vec::new());
        }
        self.s.next()?;
        let mut out = Vec::new();
        if *self.s.peek()?.0 == Token::ArrayEnd {
            self.s.next()?;
            return Ok(out);
        }
        loop {
            if let Some((text, at)) = self.text(field)? {
                self.s.item(at).inspect_err(|_| self.too_large = true)?;
                out.push(Label { text, place: place(at) });
            }
            match self.s.next()? {
                (Token::Comma, _) => {}
                (Token::ArrayEnd, _) => return Ok(out),
                (other, at) => {
                    return Err(Fault::new(
                        at,
                        format!("expected `,` or `]`, found {}", other.describe()),
                        "put a comma between two items",
                    ));
                }
            }
        }
    }

    fn weights(&mut self) -> Result<(), Fault> {
        if *self.s.peek()?.0 != Token::ObjectStart {
            return self.wrong("weights", "an object with alpha, beta, form and K");
        }
        self.s.next()?;
        let mut weights = WeightOptions::default();
        let mut fields = Fields { first: true, seen: HashSet::new() };
        while let Some((key, _)) = self.key(&mut fields, WEIGHT_FIELDS, "the weights")? {
            let (token, _) = self.s.peek()?;
            let good = match (key.as_str(), token) {
                ("form", Token::Text(t)) => Form::ALL.into_iter().find(|f| f.name() == t).map(|f| weights.form = f),
                ("K", Token::Text(t)) => CountMode::ALL.into_iter().find(|k| k.name() == t).map(|k| weights.k = k),
                ("alpha" | "beta", Token::Number(n)) => {
                    let number = n.parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0).map(f64::abs);
                    number.map(|v| *if key == "alpha" { &mut weights.alpha } else { &mut weights.beta } = v)
                }
                _ => None,
            };
            match good {
                Some(()) => {
                    self.s.next()?;
                }
                None => {
                    let expected = match key.as_str() {
                        "form" => "\"node\", \"label\" or \"none\"",
                        "K" => "\"labels\" or \"nodes\"",
                        _ => "a number that is not negative",
                    };
                    self.wrong(&key, expected)?;
                }
            }
        }
        self.draft.weights = Some(weights);
        Ok(())
    }

    /// Reads the root and all below it, as `json_parse` does.
    fn nodes(&mut self) -> Result<(), Fault> {
        let mut open: Vec<(usize, Fields)> = Vec::new();
        let mut opening = true;
        loop {
            if opening {
                let (token, at) = self.s.peek()?;
                if *token == Token::ObjectStart {
                    self.s.next()?;
                    let parent = open.last().map(|o| o.0);
                    let index = self.draft.add(DraftNode::new("", place(at), parent)).map_err(|problem| {
                        self.too_large = true;
                        Fault::new(at, problem.reason, problem.hint)
                    })?;
                    open.push((index, Fields { first: true, seen: HashSet::new() }));
                } else {
                    let found = token.describe();
                    self.say(Code::BadValue, at, format!("expected a node, found {found}"), "a node is written { \"name\": \"...\" }");
                    self.skip_value()?;
                    match self.after_child(&open)? {
                        Some(more) => opening = more,
                        None => return Ok(()),
                    }
                    continue;
                }
            }
            let Some((at, fields)) = open.last_mut() else { return Ok(()) };
            let at = *at;
            let mut taken = std::mem::replace(fields, Fields { first: true, seen: HashSet::new() });
            opening = self.fields(at, &mut taken)?;
            if let Some((_, fields)) = open.last_mut() {
                *fields = taken;
            }
            if opening {
                continue;
            }
            open.pop();
            match self.after_child(&open)? {
                Some(more) => opening = more,
                None => return Ok(()),
            }
        }
    }

    /// Behind a node: whether a sibling follows; None if it was the root.
    fn after_child(&mut self, open: &[(usize, Fields)]) -> Result<Option<bool>, Fault> {
        if open.is_empty() {
            return Ok(None);
        }
        match self.s.next()? {
            (Token::Comma, _) => {
                if let (Token::ArrayEnd, at) = self.s.peek()? {
                    return Err(Fault::new(at, "a comma behind the last child", "take the comma away"));
                }
                Ok(Some(true))
            }
            (Token::ArrayEnd, _) => Ok(Some(false)),
            (other, at) => Err(Fault::new(
                at,
                format!("expected `,` or `]` behind a child, found {}", other.describe()),
                "put a comma between two children, and `]` behind the last",
            )),
        }
    }

    /// Reads fields up to the node's end (false) or to the first child (true). What was read before a fault is kept.
    fn fields(&mut self, at: usize, fields: &mut Fields) -> Result<bool, Fault> {
        let Some(mut node) = self.draft.nodes.get(at).cloned() else { return Ok(false) };
        let result = self.fields_of(&mut node, fields);
        if let Some(slot) = self.draft.nodes.get_mut(at) {
            *slot = node;
        }
        result
    }

    fn fields_of(&mut self, node: &mut DraftNode, fields: &mut Fields) -> Result<bool, Fault> {
        while let Some((key, _)) = self.key(fields, NODE_FIELDS, "a node")? {
            match key.as_str() {
                "name" => {
                    if let Some((text, at)) = self.text(&key)? {
                        node.name = Label { text, place: place(at) };
                    }
                }
                "lineage" => node.lineage = self.text(&key)?.map(|(text, at)| Label { text, place: place(at) }),
                "aliases" => node.aliases = self.labels(&key)?,
                "merged" => node.merged = self.labels(&key)?,
                "absorbs" => node.absorbs = self.labels(&key)?,
                "note" => node.note = self.free_text(&key)?,
                "exhaustive" => match self.s.peek()?.0 {
                    Token::Bool(b) => {
                        node.exhaustive = *b;
                        self.s.next()?;
                    }
                    _ => self.wrong(&key, "true or false")?,
                },
                "count" => {
                    if *self.s.peek()?.0 == Token::Null {
                        self.s.next()?;
                    } else {
                        node.count = self.whole(&key)?;
                    }
                }
                "children" => {
                    if *self.s.peek()?.0 != Token::ArrayStart {
                        self.wrong(&key, "a list of nodes")?;
                        continue;
                    }
                    self.s.next()?;
                    if *self.s.peek()?.0 == Token::ArrayEnd {
                        self.s.next()?;
                    } else {
                        return Ok(true);
                    }
                }
                _ => self.skip_value()?,
            }
        }
        Ok(false)
    }
}
