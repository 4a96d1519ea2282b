//! YAML text as values with their places, made from the parser's events without recursion. Knows no taxonomy.
//! YAML aliases are refused, so that a file can't grow when it is read (billion laughs).

use crate::taxonomy::draft::{Place, Problem, brief};
use crate::taxonomy::faults::Code;
use crate::taxonomy::names::{MAX_VALUES, SPLIT_IT};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// A value's index in its [`Yaml`].
pub(super) type ValueId = usize;

#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `plain`: written without quotes, so that `null` and `~` mean nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<ValueId>),
    /// Keys and values in their order.
    Map(Vec<(ValueId, ValueId)>),
}

/// One document.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    values: Vec<(Value, Place)>,
}

impl Yaml {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn place(&self, id: ValueId) -> Place {
        self.values.get(id).map_or(Place::new(0, 1, 1), |v| v.1)
    }

    pub fn list(&self, id: ValueId) -> Option<&[ValueId]> {
        match self.values.get(id) {
            Some((Value::List(items), _)) => Some(items),
            _ => None,
        }
    }

    pub fn map(&self, id: ValueId) -> Option<&[(ValueId, ValueId)]> {
        match self.values.get(id) {
            Some((Value::Map(items), _)) => Some(items),
            _ => None,
        }
    }

    /// The text of a scalar; None for lists, maps and nothing (`null`, `~`, empty).
    pub fn text(&self, id: ValueId) -> Option<&str> {
        match self.values.get(id) {
            Some((Value::Scalar { text, plain }, _)) if !(*plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")) => {
                Some(text)
            }
            _ => None,
        }
    }

    /// Whether there is nothing, as behind a key without a value.
    pub fn is_nothing(&self, id: ValueId) -> bool {
        matches!(self.values.get(id), Some((Value::Scalar { .. }, _))) && self.text(id).is_none()
    }

    /// For "found ..." in messages.
    pub fn describe(&self, id: ValueId) -> String {
        match self.values.get(id) {
            Some((Value::Scalar { text, .. }, _)) if !self.is_nothing(id) => format!("the text `{}`", brief(text)),
            Some((Value::List(_), _)) => "a list".into(),
            Some((Value::Map(_), _)) => "a mapping".into(),
            _ => "nothing".into(),
        }
    }
}

/// A collection that is still open.
enum Open {
    List(ValueId, Vec<ValueId>),
    Map(ValueId, Vec<(ValueId, ValueId)>, Option<ValueId>),
}

/// Reads one document of at most `room` values; the value given back is its top.
pub(super) fn read(text: &str, file: usize, room: usize) -> Result<(Yaml, ValueId), Problem> {
    let mut yaml = Yaml::default();
    let mut open: Vec<Open> = Vec::new();
    let mut top: Option<ValueId> = None;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|e| {
            let place = Place::new(file, e.marker().line().max(1), e.marker().col() + 1);
            Problem::new(Code::Syntax, place, format!("no YAML: {}", brief(e.info())), hint_for(text, place))
        })?;
        let place = Place::new(file, span.start.line().max(1), span.start.col() + 1);
        if yaml.values.len() > room {
            return Err(Problem::new(Code::TooLarge, place, format!("more than {MAX_VALUES} values"), SPLIT_IT));
        }
        let value = match event {
            Event::Alias(_) => {
                let hint = "write out what it stands for: a tree has each class once";
                return Err(Problem::new(Code::Syntax, place, "a YAML alias (`*name`), which is not read", hint));
            }
            Event::Scalar(text, style, ..) => {
                if top.is_some() {
                    return Err(second_document(place));
                }
                let mut text = text.into_owned();
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    // The line break that ends a block is not meant.
                    text.truncate(text.trim_end().len());
                }
                yaml.values.push((Value::Scalar { text, plain: style == ScalarStyle::Plain }, place));
                Some(yaml.values.len() - 1)
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if top.is_some() {
                    return Err(second_document(place));
                }
                // The place is kept; the content comes when the collection is closed.
                yaml.values.push((Value::List(Vec::new()), place));
                let id = yaml.values.len() - 1;
                open.push(match event {
                    Event::SequenceStart(..) => Open::List(id, Vec::new()),
                    _ => Open::Map(id, Vec::new(), None),
                });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(id, items)) => {
                    yaml.set(id, Value::List(items));
                    Some(id)
                }
                Some(Open::Map(id, items, _)) => {
                    yaml.set(id, Value::Map(items));
                    Some(id)
                }
                None => None,
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => None,
        };
        let Some(id) = value else { continue };
        match open.last_mut() {
            None => top = Some(id),
            Some(Open::List(_, items)) => items.push(id),
            Some(Open::Map(_, items, key)) => match key.take() {
                None => *key = Some(id),
                Some(k) => items.push((k, id)),
            },
        }
    }
    match top {
        Some(top) => Ok((yaml, top)),
        None => Err(Problem::new(Code::Syntax, Place::new(file, 1, 1), "there is nothing in the file", "a tree begins with `class: NAME`")),
    }
}

impl Yaml {
    fn set(&mut self, id: ValueId, value: Value) {
        if let Some(slot) = self.values.get_mut(id) {
            slot.0 = value;
        }
    }
}

fn second_document(place: Place) -> Problem {
    Problem::new(Code::Syntax, place, "a second YAML document in the file", "a file holds one tree: take the rest away")
}

fn hint_for(text: &str, place: Place) -> &'static str {
    let line = text.lines().nth(place.line - 1).unwrap_or("");
    if line.trim_start_matches(' ').starts_with('\t') {
        "indent with spaces: YAML does not allow tabs"
    } else {
        "put texts with special characters in double quotes, and indent siblings alike"
    }
}
