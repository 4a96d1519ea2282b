//! An expression on a tree, asked of objects. What is not known of an object makes a term neither true nor false.

use super::FilterError;
use super::fields::Field;
use super::glob::Pattern;
use super::parse::{Expr, Op, Term, Value, parse};
use crate::evaluate::Verdict;
use crate::lightcurve::BandId;
use crate::taxonomy::names::{loose_key, printable};
use crate::taxonomy::{LabelIndex, Layout, Taxonomy};

/// What is measured of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// Probability of the decision.
    P,
    /// Points.
    N,
    /// Days.
    Span,
    /// Peak magnitude.
    Mag,
    /// Bits.
    Entropy,
    /// Lead of the most probable leaf.
    Margin,
    /// Per cent.
    Novelty,
}

/// What is known of an object's true class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth<'a> {
    /// There is no label.
    Unlabelled,
    /// The label is in no class of the tree.
    Outside(&'a str),
    /// The label, and the slot of its class (none: the root).
    At(&'a str, Option<usize>),
}

/// An object that a filter is asked of. Slots are those of the layout that the filter was made for; none means the root.
pub trait Subject {
    /// Its name.
    fn name(&self) -> &str;
    /// Its survey, may be empty.
    fn survey(&self) -> &str;
    /// Its bands.
    fn bands(&self) -> &[BandId];
    /// Whether one of its files passes.
    fn any_file(&self, test: &dyn Fn(&str) -> bool) -> bool;
    /// Whether one of its warnings passes.
    fn any_warning(&self, test: &dyn Fn(&str) -> bool) -> bool;
    /// A number; none = not known.
    fn number(&self, what: Number) -> Option<f64>;
    /// The slot of the decision, residuals included; the outer none = not known.
    fn decision(&self) -> Option<Option<usize>>;
    /// P of a slot, if it is known.
    fn p_of(&self, slot: Option<usize>) -> Option<f64>;
    /// The true class.
    fn truth(&self) -> Truth<'_>;
    /// How the decision stands to the label, if both are there.
    fn verdict(&self) -> Option<Verdict>;
    /// Whether the user has marked it.
    fn marked(&self) -> bool;
}

/// An expression whose classes were found in a tree.
#[derive(Debug, Clone)]
pub struct Filter {
    root: Node,
    /// For classes at or below.
    ends: Vec<usize>,
    asked: Vec<Option<usize>>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
enum Node {
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Flag(Field),
    Text(Field, Pattern, bool),
    Number(Number, Test),
    POf(Option<usize>, Test),
    /// Of the decision: at or below, or exactly; and whether that is wanted.
    Class {
        slot: Option<usize>,
        exactly: bool,
        wanted: bool,
    },
    LabelBelow(Option<usize>),
    /// A band's letter, in its own case.
    Band(String, bool),
}

#[derive(Debug, Clone, Copy)]
enum Test {
    Op(Op, f64),
    Range(f64, f64),
}

impl Test {
    fn holds(self, v: f64) -> bool {
        match self {
            Test::Range(low, high) => low <= v && v <= high,
            Test::Op(Op::Has | Op::Equal, x) => v == x,
            Test::Op(Op::NotEqual, x) => v != x,
            Test::Op(Op::Less, x) => v < x,
            Test::Op(Op::AtMost, x) => v <= x,
            Test::Op(Op::More, x) => v > x,
            Test::Op(Op::AtLeast, x) => v >= x,
        }
    }
}

impl Filter {
    /// Reads an expression and finds its classes.
    pub fn new(text: &str, taxonomy: &Taxonomy, layout: &Layout) -> Result<Filter, FilterError> {
        let expr = parse(text)?;
        let mut binder = Binder { text, taxonomy, layout, index: None, asked: Vec::new(), fields: Vec::new() };
        let root = binder.node(&expr)?;
        let (asked, fields) = (binder.asked, binder.fields);
        let ends = (0..layout.len()).map(|s| layout.subtree(s).end).collect();
        Ok(Filter { root, ends, asked, fields })
    }

    /// Classes whose probability is asked for by `P(class)`.
    pub fn asks_p_of(&self) -> &[Option<usize>] {
        &self.asked
    }

    /// Whether a field occurs.
    pub fn uses(&self, field: Field) -> bool {
        self.fields.contains(&field)
    }

    /// Whether the object is let through: the expression is known to be true of it.
    pub fn passes(&self, object: &impl Subject) -> bool {
        self.holds(&self.root, object) == Some(true)
    }

    fn at_or_below(&self, class: Option<usize>, slot: Option<usize>) -> bool {
        match (class, slot) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(class), Some(slot)) => class <= slot && self.ends.get(class).is_some_and(|end| slot < *end),
        }
    }

    /// None: not known. As in SQL, `not` of what is not known is not known either.
    fn holds(&self, node: &Node, o: &impl Subject) -> Option<bool> {
        match node {
            Node::Not(inner) => self.holds(inner, o).map(|v| !v),
            Node::And(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match self.holds(part, o) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Node::Or(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match self.holds(part, o) {
                        Some(true) => return Some(true),
                        None => any = None,
                        Some(false) => {}
                    }
                }
                any
            }
            Node::Flag(field) => self.flag(*field, o),
            Node::Text(field, pattern, wanted) => {
                let found = match field {
                    Field::Name => pattern.matches(o.name()),
                    Field::Survey => pattern.matches(o.survey()),
                    Field::File => o.any_file(&|t| pattern.matches(t)),
                    Field::Warn => o.any_warning(&|t| pattern.matches(t)),
                    Field::Band => o.bands().iter().any(|b| pattern.matches(b.name())),
                    _ => match o.truth() {
                        Truth::Unlabelled => return None,
                        Truth::Outside(label) | Truth::At(label, _) => pattern.matches(label),
                    },
                };
                Some(found == *wanted)
            }
            Node::Number(what, test) => o.number(*what).map(|v| test.holds(v)),
            Node::POf(slot, test) => o.p_of(*slot).map(|v| test.holds(v)),
            Node::Class { slot, exactly, wanted } => {
                let decision = o.decision()?;
                Some((if *exactly { decision == *slot } else { self.at_or_below(*slot, decision) }) == *wanted)
            }
            Node::Band(short, wanted) => Some(o.bands().iter().any(|b| b.short() == short) == *wanted),
            Node::LabelBelow(class) => match o.truth() {
                Truth::Unlabelled => None,
                Truth::Outside(_) => Some(false),
                Truth::At(_, slot) => Some(self.at_or_below(*class, slot)),
            },
        }
    }

    fn flag(&self, field: Field, o: &impl Subject) -> Option<bool> {
        let verdict = |v: Verdict| match o.truth() {
            Truth::At(..) => o.verdict().map(|found| found == v),
            _ => None,
        };
        match field {
            Field::Right => verdict(Verdict::Correct),
            Field::Early => verdict(Verdict::StoppedEarly),
            Field::Wrong => verdict(Verdict::Mistake),
            Field::Outside => match o.truth() {
                Truth::Unlabelled => None,
                truth => Some(matches!(truth, Truth::Outside(_))),
            },
            Field::Unlabelled => Some(o.truth() == Truth::Unlabelled),
            Field::Marked => Some(o.marked()),
            Field::Classified => Some(o.decision().is_some()),
            _ => Some(o.any_warning(&|_| true)),
        }
    }
}

struct Binder<'a> {
    text: &'a str,
    taxonomy: &'a Taxonomy,
    layout: &'a Layout,
    index: Option<LabelIndex<'a>>,
    asked: Vec<Option<usize>>,
    fields: Vec<Field>,
}

impl Binder<'_> {
    fn node(&mut self, expr: &Expr) -> Result<Node, FilterError> {
        Ok(match expr {
            Expr::Not(inner) => Node::Not(Box::new(self.node(inner)?)),
            Expr::And(parts) => Node::And(parts.iter().map(|p| self.node(p)).collect::<Result<_, _>>()?),
            Expr::Or(parts) => Node::Or(parts.iter().map(|p| self.node(p)).collect::<Result<_, _>>()?),
            Expr::Term(term) => self.term(term)?,
        })
    }

    fn term(&mut self, term: &Term) -> Result<Node, FilterError> {
        if !self.fields.contains(&term.field) {
            self.fields.push(term.field);
        }
        let Some((op, value)) = &term.compare else { return Ok(Node::Flag(term.field)) };
        let wanted = *op != Op::NotEqual;
        let test = match value {
            Value::Text(text) if matches!(term.field, Field::Class | Field::Label) => return self.class(term, *op, text, wanted),
            Value::Text(text) if term.field == Field::Band => return Ok(band(text, wanted)),
            Value::Text(text) => {
                let pattern = if *op == Op::Has { Pattern::new(text) } else { Pattern::whole(text) };
                return Ok(Node::Text(term.field, pattern, wanted));
            }
            Value::Number(v) => Test::Op(*op, *v),
            Value::Range(low, high) => Test::Range(*low, *high),
        };
        let what = match term.field {
            Field::POf => {
                let (name, at) = term.of.as_ref().map_or(("", term.at), |(name, at)| (name.as_str(), *at));
                let slot = self.slot(name, at)?;
                if !self.asked.contains(&slot) {
                    self.asked.push(slot);
                }
                return Ok(Node::POf(slot, test));
            }
            Field::N => Number::N,
            Field::Span => Number::Span,
            Field::Mag => Number::Mag,
            Field::Entropy => Number::Entropy,
            Field::Margin => Number::Margin,
            Field::Novelty => Number::Novelty,
            _ => Number::P,
        };
        Ok(Node::Number(what, test))
    }

    fn class(&mut self, term: &Term, op: Op, text: &str, wanted: bool) -> Result<Node, FilterError> {
        if term.field == Field::Label && op != Op::Has {
            return Ok(Node::Text(Field::Label, Pattern::whole(text), wanted));
        }
        let slot = self.slot(text, term.at)?;
        Ok(match term.field {
            Field::Label => Node::LabelBelow(slot),
            _ => Node::Class { slot, exactly: op != Op::Has, wanted },
        })
    }

    /// The slot of a class (none: the root), by name, alias, absorbed label or as `other X`.
    fn slot(&mut self, name: &str, at: usize) -> Result<Option<usize>, FilterError> {
        let index = self.index.get_or_insert_with(|| LabelIndex::new(self.taxonomy));
        if let Some(found) = index.find(name) {
            return Ok(self.layout.slot_of(found.node));
        }
        let key = loose_key(name.trim());
        let residual = self.layout.slots.iter().position(|s| s.residual && (s.name == name || loose_key(&s.name) == key));
        if residual.is_some() {
            return Ok(residual);
        }
        let near = near(&key, self.taxonomy);
        let hint = match near.as_slice() {
            [] => "the names stand in the tree's pane".to_string(),
            near => format!("like it: {}", near.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ")),
        };
        let at_end = at >= self.text.chars().count();
        Err(FilterError { at, at_end, text: format!("no class is called {}; {hint}", printable(name)) })
    }
}

fn quoted(name: &str) -> String {
    if name.contains([' ', ')', '(', '|']) { format!("\"{}\"", printable(name)) } else { printable(name) }
}

/// In a tree of more classes only beginnings and parts are looked for, which is quick enough for every key.
const COMPARED: usize = 5000;

/// At most four names that begin with, contain or resemble the key.
fn near(key: &str, taxonomy: &Taxonomy) -> Vec<String> {
    let letters: Vec<char> = key.chars().take(40).collect();
    let mut found: Vec<(usize, String)> = Vec::new();
    for id in taxonomy.preorder() {
        let node = taxonomy.node(id);
        let own = loose_key(&node.name);
        let far = if key.is_empty() || own.starts_with(key) {
            0
        } else if own.contains(key) {
            1
        } else if taxonomy.len() > COMPARED {
            continue;
        } else {
            let d = distance(&letters, &own);
            if 3 * d > letters.len().max(own.chars().count()) {
                continue;
            }
            1 + d
        };
        found.push((far, node.name.clone()));
    }
    found.sort_by_key(|(far, _)| *far);
    found.into_iter().map(|(_, name)| name).take(4).collect()
}

/// Letters to be changed, left out or put in (Levenshtein).
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let here = (*cell + 1).min(left + 1).min(diagonal + usize::from(x != y));
            diagonal = *cell;
            *cell = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// A band by its letter, whose case matters (`r` and `R` are two bands), or by its full name.
fn band(text: &str, wanted: bool) -> Node {
    if text.contains(['/', '*', '?']) || text.chars().count() > 2 {
        return Node::Text(Field::Band, Pattern::whole(text), wanted);
    }
    Node::Band(text.to_string(), wanted)
}
