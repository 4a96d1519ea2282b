//! Newick: nested brackets, the label of a class behind its children. Reads labels in quotes and out of them; branch lengths
//! and comments are passed over, and said.

use crate::taxonomy::draft::{Draft, DraftNode, Label, Place, Problem, brief, too_many_classes};
use crate::taxonomy::faults::Code;
use crate::taxonomy::names::MAX_CLASSES;
use crate::taxonomy::tree::{NodeId, Taxonomy};

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    enum Step {
        Open(NodeId),
        Label(NodeId),
        Text(&'static str),
    }
    let mut out = String::new();
    let mut stack = vec![Step::Text(";\n"), Step::Open(taxonomy.root())];
    while let Some(step) = stack.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Label(id) => out.push_str(&label(&taxonomy.node(id).name)),
            Step::Open(id) => {
                stack.push(Step::Label(id));
                let children = taxonomy.children(id);
                if !children.is_empty() {
                    out.push('(');
                    stack.push(Step::Text(")"));
                }
                for (i, child) in children.iter().enumerate().rev() {
                    stack.push(Step::Open(*child));
                    if i > 0 {
                        stack.push(Step::Text(","));
                    }
                }
            }
        }
    }
    out
}

fn label(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '/' | '*'));
    if plain { name.to_string() } else { format!("'{}'", name.replace('\'', "''")) }
}

pub(super) fn read(text: &str, draft: &mut Draft) {
    if let Err(problem) = (Reader { chars: text.chars().peekable(), line: 1, column: 1, tree: Vec::new() }).read(draft) {
        draft.problems.push(problem);
    }
}

/// A class as it was met: its opening bracket comes before its label.
struct Class {
    label: Label,
    parent: Option<usize>,
}

struct Reader<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
    line: usize,
    column: usize,
    tree: Vec<Class>,
}

impl Reader<'_> {
    fn place(&self) -> Place {
        Place::new(0, self.line, self.column)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn read(mut self, draft: &mut Draft) -> Result<(), Problem> {
        // Open groups, and where their brackets stand.
        let mut open: Vec<(usize, Place)> = Vec::new();
        // The class whose label and length may come now.
        let mut current: Option<usize> = None;
        let (mut lengths, mut comments) = (None, None);
        loop {
            let place = self.place();
            let Some(c) = self.chars.peek().copied() else {
                let (place, reason) = match open.last() {
                    Some((_, at)) => (*at, "a bracket that is never closed".to_string()),
                    None => (place, "the tree ends without `;`".to_string()),
                };
                return Err(Problem::new(Code::Syntax, place, reason, "a tree is written `(A,B)C;`"));
            };
            match c {
                c if c.is_whitespace() => {
                    self.bump();
                }
                '(' => {
                    if current.is_some() {
                        return Err(Problem::new(Code::Syntax, place, "`(` behind a label", "put a comma between siblings"));
                    }
                    self.bump();
                    let at = self.class(open.last().map(|o| o.0), place)?;
                    open.push((at, place));
                }
                ',' | ')' => {
                    let Some((group, _)) = open.last().copied() else {
                        return Err(Problem::new(
                            Code::Syntax,
                            place,
                            format!("`{c}` outside of all brackets"),
                            "take it away, or open a bracket",
                        ));
                    };
                    self.bump();
                    if current.take().is_none() {
                        self.class(Some(group), place)?;
                    }
                    if c == ')' {
                        open.pop();
                        current = Some(group);
                        if let Some(class) = self.tree.get_mut(group) {
                            class.label.place = place;
                        }
                    }
                }
                ';' => {
                    if let Some((_, at)) = open.last() {
                        return Err(Problem::new(
                            Code::Syntax,
                            *at,
                            "a bracket that is never closed",
                            format!("close it before the `;` in line {}", place.line),
                        ));
                    }
                    self.bump();
                    break;
                }
                ':' => {
                    self.bump();
                    lengths.get_or_insert(place);
                    let number = self.unquoted().0;
                    if number.trim().parse::<f64>().is_err() {
                        let reason = format!("`{}` is no branch length", brief(number.trim()));
                        return Err(Problem::new(Code::Syntax, place, reason, "put a label with `:` in single quotes"));
                    }
                    if current.is_none() {
                        current = Some(self.class(open.last().map(|o| o.0), place)?);
                    }
                }
                '[' => {
                    comments.get_or_insert(place);
                    while let Some(c) = self.bump() {
                        if c == ']' {
                            break;
                        }
                    }
                }
                ']' => {
                    return Err(Problem::new(Code::Syntax, place, "`]` outside of a comment", "put labels with brackets in single quotes"));
                }
                _ => {
                    let text = if c == '\'' { self.quoted(place)? } else { self.unquoted().0.trim().replace('_', " ") };
                    let at = match current {
                        Some(at) => at,
                        None => self.class(open.last().map(|o| o.0), place)?,
                    };
                    current = Some(at);
                    if let Some(class) = self.tree.get_mut(at) {
                        if !class.label.text.is_empty() {
                            let reason = format!("a second label `{}` of one class", brief(&text));
                            return Err(Problem::new(
                                Code::Syntax,
                                place,
                                reason,
                                "put a comma between siblings, or the whole label in single quotes",
                            ));
                        }
                        class.label = Label { text, place };
                    }
                }
            }
        }
        while self.chars.peek().is_some_and(|c| c.is_whitespace()) {
            self.bump();
        }
        if self.chars.peek().is_some() {
            return Err(Problem::new(
                Code::Syntax,
                self.place(),
                "more behind the end of the tree",
                "a file holds one tree: take the rest away",
            ));
        }
        for (what, place) in [("branch lengths are", lengths), ("comments in square brackets are", comments)] {
            if let Some(place) = place {
                draft.problem(Code::NotHeld, place, format!("{what} not read"), "");
            }
        }
        draft.nodes = self.tree.into_iter().map(|c| DraftNode { name: c.label, ..DraftNode::new("", place_zero(), c.parent) }).collect();
        Ok(())
    }

    fn class(&mut self, parent: Option<usize>, place: Place) -> Result<usize, Problem> {
        if self.tree.len() >= MAX_CLASSES {
            return Err(too_many_classes(place));
        }
        self.tree.push(Class { label: Label { text: String::new(), place }, parent });
        Ok(self.tree.len() - 1)
    }

    /// Up to what ends a label.
    fn unquoted(&mut self) -> (String, Place) {
        let place = self.place();
        let mut text = String::new();
        while let Some(c) = self.chars.peek().copied().filter(|c| !matches!(c, '(' | ')' | '[' | ']' | ',' | ';' | ':' | '\'')) {
            text.push(if c == '\n' || c == '\r' || c == '\t' { ' ' } else { c });
            self.bump();
        }
        (text, place)
    }

    fn quoted(&mut self, start: Place) -> Result<String, Problem> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(Problem::new(Code::Syntax, start, "a label that does not end", "close it with `'`")),
                Some('\'') => {
                    if self.chars.peek() != Some(&'\'') {
                        return Ok(text);
                    }
                    self.bump();
                    text.push('\'');
                }
                Some(c) => text.push(c),
            }
        }
    }
}

fn place_zero() -> Place {
    Place::new(0, 1, 1)
}
