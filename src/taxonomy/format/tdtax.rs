//! Reads the YAML of the Time-domain Taxonomy (tdtax): nested classes, in one file or in several tied by `ref`.
//! Goes on behind every fault, so that all are found.

use super::tdtax_refs::Refs;
use super::yaml::{self, ValueId, Yaml};
use crate::taxonomy::draft::{Draft, DraftNode, Label, Place, brief};
use crate::taxonomy::faults::Code;
use crate::taxonomy::json_parse::nearest_field;
use crate::taxonomy::names::MAX_VALUES;
use crate::taxonomy::weights::{CountMode, Form, WeightOptions};

/// What a class has in tdtax, and then what we add to it.
pub(super) const FIELDS: &[&str] =
    &["class", "subclasses", "other names", "comments", "tags", "links", "ref", "absorbs", "exhaustive", "count", "lineage", "merged"];
/// What we add to the root.
const ROOT_FIELDS: &[&str] = &["title", "citation", "weights"];
const WEIGHT_FIELDS: &[&str] = &["alpha", "beta", "form", "K"];

/// A value that is to become a class below `parent`; `comments` come from the `ref` that led to it.
struct Task {
    doc: usize,
    value: ValueId,
    parent: Option<usize>,
    comments: String,
}

/// Reads the first file's text and all files that it refers to.
pub(super) fn read(text: &str, draft: &mut Draft) {
    let mut reader = Reader { docs: Vec::new(), stack: Vec::new() };
    let path = draft.files.first().cloned().unwrap_or_default();
    let mut refs = Refs::new(&path, text.len());
    reader.open(draft, text, 0, None, String::new());
    while let Some(task) = reader.stack.pop() {
        reader.class(draft, &mut refs, task);
    }
}

struct Reader {
    /// One per file that could be read, with the file's index.
    docs: Vec<(Yaml, usize)>,
    /// What is still to be done, the next on top.
    stack: Vec<Task>,
}

impl Reader {
    fn open(&mut self, draft: &mut Draft, text: &str, file: usize, parent: Option<usize>, comments: String) {
        let room = MAX_VALUES.saturating_sub(self.docs.iter().map(|(yaml, _)| yaml.len()).sum());
        match yaml::read(text, file, room) {
            Ok((yaml, value)) => {
                self.docs.push((yaml, file));
                self.stack.push(Task { doc: self.docs.len() - 1, value, parent, comments });
            }
            Err(problem) => draft.problems.push(problem),
        }
    }

    fn class(&mut self, draft: &mut Draft, refs: &mut Refs, task: Task) {
        let Some((yaml, file)) = self.docs.get(task.doc) else { return };
        let file = *file;
        let place = yaml.place(task.value);
        let Some(fields) = yaml.map(task.value) else {
            let reason = format!("expected a class, found {}", yaml.describe(task.value));
            draft.problem(Code::BadValue, place, reason, "a class is written `class: NAME`, with its fields on lines below");
            if let Some(name) = yaml.text(task.value) {
                let node = DraftNode::new(name, place, task.parent);
                self.add(draft, node);
            }
            return;
        };
        let mut node = DraftNode::new("", place, task.parent);
        let mut seen: Vec<&str> = Vec::new();
        let (mut children, mut reference, mut named) = (Vec::new(), None, false);
        let (mut tags, mut links, mut comments) = (String::new(), String::new(), task.comments);
        let is_root = task.parent.is_none();
        for (key, value) in fields {
            let (key_place, value) = (yaml.place(*key), *value);
            let Some(written) = yaml.text(*key) else {
                let reason = format!("expected the name of a field, found {}", yaml.describe(*key));
                draft.problem(Code::BadValue, key_place, reason, format!("the fields of a class are {}", FIELDS.join(", ")));
                continue;
            };
            let Some(field) = self.field(draft, yaml, written, key_place, value, is_root) else { continue };
            if seen.contains(&field) {
                let reason = format!("the field `{field}` is given twice in one class");
                draft.problem(Code::RepeatedField, key_place, reason, "keep one of the two");
                continue;
            }
            seen.push(field);
            match field {
                "class" => {
                    named = true;
                    match yaml.text(value) {
                        Some(text) => node.name = Label { text: text.to_string(), place: yaml.place(value) },
                        None if yaml.is_nothing(value) => {}
                        None => wrong(draft, yaml, field, value, "a name"),
                    }
                }
                "subclasses" => match yaml.list(value) {
                    Some(items) => children.extend_from_slice(items),
                    None if yaml.is_nothing(value) => {}
                    None => {
                        wrong(draft, yaml, field, value, "a list of classes, each behind `- `");
                        children.extend(yaml.map(value).map(|_| value));
                    }
                },
                "other names" => node.aliases = labels(draft, yaml, field, value),
                "absorbs" => node.absorbs = labels(draft, yaml, field, value),
                "merged" => node.merged = labels(draft, yaml, field, value),
                "tags" => tags = joined(draft, yaml, field, value, ", "),
                "links" => links = joined(draft, yaml, field, value, " "),
                "comments" => match yaml.text(value) {
                    Some(text) if comments.is_empty() => comments = text.to_string(),
                    Some(text) => comments = format!("{comments}\n{text}"),
                    None if yaml.is_nothing(value) => {}
                    None => wrong(draft, yaml, field, value, "a text"),
                },
                "exhaustive" => match yaml.text(value) {
                    Some("true") => {}
                    Some("false") => node.exhaustive = false,
                    _ => wrong(draft, yaml, field, value, "true or false"),
                },
                "count" => match yaml.text(value).and_then(|t| t.parse().ok()) {
                    Some(count) => node.count = Some(count),
                    None if yaml.is_nothing(value) => {}
                    None => wrong(draft, yaml, field, value, "a whole number from 0 on"),
                },
                "lineage" => match yaml.text(value) {
                    Some(text) => node.lineage = Some(Label { text: text.to_string(), place: yaml.place(value) }),
                    None => wrong(draft, yaml, field, value, "an id"),
                },
                "ref" => match yaml.text(value) {
                    Some(text) => reference = Some((text.to_string(), yaml.place(value))),
                    None => wrong(draft, yaml, field, value, "the path of a file"),
                },
                "title" => draft.title = one_text(draft, yaml, field, value),
                "citation" => draft.citation = one_text(draft, yaml, field, value),
                "weights" => draft.weights = Some(weights(draft, yaml, value)),
                _ => {}
            }
        }
        if let Some((target, at)) = reference {
            if seen.iter().any(|f| !matches!(*f, "ref" | "comments")) {
                let reason = "a `ref` beside other fields of a class, which are left out";
                draft.problem(Code::BadValue, at, reason, "a `ref` stands alone: give the fields in the file that it names");
            }
            if let Some((text, file)) = refs.follow(draft, &target, at, file) {
                self.open(draft, &text, file, task.parent, comments);
            }
            return;
        }
        if !named && seen.is_empty() {
            draft.problem(Code::MissingName, place, "a class without a name", "write `class: NAME`");
        }
        node.note = [("", comments), ("tags: ", tags), ("links: ", links)]
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(what, text)| format!("{what}{text}"))
            .collect::<Vec<_>>()
            .join("\n");
        let parent = self.add(draft, node);
        if parent.is_none() {
            return;
        }
        self.stack.extend(children.into_iter().rev().map(|value| Task { doc: task.doc, value, parent, comments: String::new() }));
    }

    /// Puts a class into the draft. One too many ends the reading.
    fn add(&mut self, draft: &mut Draft, node: DraftNode) -> Option<usize> {
        match draft.add(node) {
            Ok(at) => Some(at),
            Err(problem) => {
                draft.problems.push(problem);
                self.stack.clear();
                None
            }
        }
    }

    /// The field that a key means, with a word where it is not spelt so. None: it is passed over.
    fn field(&self, draft: &mut Draft, yaml: &Yaml, written: &str, place: Place, value: ValueId, is_root: bool) -> Option<&'static str> {
        let known = || FIELDS.iter().chain(if is_root { ROOT_FIELDS } else { &[] });
        if let Some(field) = known().find(|f| **f == written) {
            return Some(field);
        }
        let all: Vec<&'static str> = known().copied().collect();
        let Some(field) = nearest_field(written, &all) else {
            let reason = format!("tdtax has no field `{}`", brief(written));
            let hint = format!("the fields of a class are {}", FIELDS.join(", "));
            draft.problem(Code::ForeignField, place, reason, hint);
            return None;
        };
        // A list of classes under nearly the right name: its classes count.
        let classes = field == "subclasses" && yaml.list(value).is_some_and(|items| items.iter().any(|i| yaml.map(*i).is_some()));
        let lost = match yaml.list(value) {
            Some([_]) if classes => ": the class below it is lost to programs that know only `subclasses`".to_string(),
            Some(items) if classes => format!(": the {} classes below it are lost to programs that know only `subclasses`", items.len()),
            _ => String::new(),
        };
        let reason = format!("a class has no field `{}`{lost}", brief(written));
        draft.problem(Code::MisspeltField, place, reason, format!("did you mean `{field}`?"));
        classes.then_some(field)
    }
}

fn wrong(draft: &mut Draft, yaml: &Yaml, field: &str, value: ValueId, expected: &str) {
    let reason = format!("`{field}` must be {expected}, found {}", yaml.describe(value));
    draft.problem(Code::BadValue, yaml.place(value), reason, "");
}

/// A list of names; one name alone is taken as such a list.
fn labels(draft: &mut Draft, yaml: &Yaml, field: &str, value: ValueId) -> Vec<Label> {
    let single = [value];
    let items = match yaml.list(value) {
        Some(items) => items,
        None if yaml.is_nothing(value) => &[],
        None if yaml.text(value).is_some() => &single,
        None => {
            wrong(draft, yaml, field, value, "a list of names");
            &[]
        }
    };
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match yaml.text(*item) {
            Some(text) => out.push(Label { text: text.to_string(), place: yaml.place(*item) }),
            None => wrong(draft, yaml, field, *item, "a list of names"),
        }
    }
    out
}

/// A list of texts, or one text, in one line.
fn joined(draft: &mut Draft, yaml: &Yaml, field: &str, value: ValueId, by: &str) -> String {
    let texts: Vec<String> = labels(draft, yaml, field, value).into_iter().map(|l| l.text.replace('\n', " ")).collect();
    texts.join(by)
}

fn one_text(draft: &mut Draft, yaml: &Yaml, field: &str, value: ValueId) -> String {
    match yaml.text(value) {
        Some(text) => text.to_string(),
        None => {
            wrong(draft, yaml, field, value, "a text");
            String::new()
        }
    }
}

fn weights(draft: &mut Draft, yaml: &Yaml, value: ValueId) -> WeightOptions {
    let mut weights = WeightOptions::default();
    let Some(fields) = yaml.map(value) else {
        wrong(draft, yaml, "weights", value, "a mapping with alpha, beta, form and K");
        return weights;
    };
    for (key, value) in fields {
        let text = yaml.text(*value).unwrap_or("");
        let number = text.parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0).map(f64::abs);
        let good = match yaml.text(*key) {
            Some("alpha") => number.map(|v| weights.alpha = v).is_some(),
            Some("beta") => number.map(|v| weights.beta = v).is_some(),
            Some("form") => Form::ALL.into_iter().find(|f| f.name() == text).map(|f| weights.form = f).is_some(),
            Some("K") => CountMode::ALL.into_iter().find(|k| k.name() == text).map(|k| weights.k = k).is_some(),
            _ => {
                let reason = format!("the weights have no field {}", yaml.describe(*key));
                draft.problem(Code::MisspeltField, yaml.place(*key), reason, format!("they are {}", WEIGHT_FIELDS.join(", ")));
                continue;
            }
        };
        if !good {
            let field = yaml.text(*key).unwrap_or("").to_string();
            wrong(draft, yaml, &field, *value, "as `taxonova taxonomy weights` takes it");
        }
    }
    weights
}
