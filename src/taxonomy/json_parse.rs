//! From JSON text to a tree, with the place of every fault. Iterative: a file may nest as deep as it likes.

use super::edit::EditError;
use super::json_scan::{Fault, Place, Scanner, Token};
use super::lineage::LineageMaker;
use super::names::{MAX_CLASSES, SPLIT_IT, check_text, printable};
use super::tree::{Node, NodeId, Taxonomy};
use super::weights::{CountMode, Form, WeightOptions};
use std::collections::HashSet;

pub(super) const FORMAT: &str = "taxonova-taxonomy";
pub(super) const VERSION: u64 = 1;

pub(super) const FILE_FIELDS: &[&str] = &["format", "version", "name", "citation", "weights", "root"];
pub(super) const WEIGHT_FIELDS: &[&str] = &["alpha", "beta", "form", "K"];
pub(super) const NODE_FIELDS: &[&str] = &["name", "lineage", "aliases", "absorbs", "merged", "note", "exhaustive", "count", "children"];

/// A node as it stands in the file.
struct Raw {
    node: Node,
    place: Place,
    named: bool,
    parent: Option<usize>,
    /// Fields so far; empty once the node is closed.
    seen: HashSet<String>,
    with_lineage: bool,
    /// Where each label stands, in the order of `Node::labels`; the lineage's place.
    name_place: Place,
    alias_places: Vec<Place>,
    absorb_places: Vec<Place>,
    lineage_place: Place,
    merged_places: Vec<Place>,
}

pub(super) fn parse(text: &str) -> Result<Taxonomy, Fault> {
    let mut s = Scanner::new(text);
    let (first, start) = s.next()?;
    if first != Token::ObjectStart {
        return Err(Fault::new(
            start,
            format!("a tree's file begins with `{{`, found {}", first.describe()),
            "see the shipped trees for the format",
        ));
    }
    let (mut format, mut name, mut citation, mut weights, mut root) = (None, String::new(), String::new(), WeightOptions::default(), None);
    let mut seen = HashSet::new();
    let mut first_field = true;
    while let Some((key, key_place)) = next_key(&mut s, &mut first_field, &mut seen, FILE_FIELDS, "a tree's file")? {
        match key.as_str() {
            "format" => {
                let (value, place) = text_value(&mut s, &key)?;
                if value != FORMAT {
                    return Err(Fault::new(
                        place,
                        format!("the format is {}, not \"{FORMAT}\"", Token::Text(value).describe()),
                        not_ours(),
                    ));
                }
                format = Some(());
            }
            "version" => {
                let (value, place) = whole_value(&mut s, &key)?;
                if value != VERSION {
                    let hint = format!("this taxonova reads version {VERSION}; a newer taxonova may have written the file");
                    return Err(Fault::new(place, format!("version {value} of the format is not known"), hint));
                }
            }
            "name" => name = free_text(&mut s, &key)?,
            "citation" => citation = free_text(&mut s, &key)?,
            "weights" => weights = parse_weights(&mut s)?,
            "root" => root = Some(parse_nodes(&mut s)?),
            _ => return Err(unknown_field(&key, key_place, FILE_FIELDS, "a tree's file")),
        }
    }
    let (after, place) = s.next()?;
    if after != Token::End {
        return Err(Fault::new(
            place,
            format!("{} behind the end of the tree", after.describe()),
            "a file holds one tree: take the rest away",
        ));
    }
    if format.is_none() {
        return Err(Fault::new(start, "there is no field \"format\"", not_ours()));
    }
    if !seen.contains("version") {
        return Err(Fault::new(start, "there is no field \"version\"", format!("write \"version\": {VERSION}")));
    }
    let Some(raw) = root else {
        return Err(Fault::new(start, "there is no field \"root\"", "write \"root\": { \"name\": ..., \"children\": [ ... ] }"));
    };
    let mut taxonomy = build(raw)?;
    taxonomy.name = name;
    taxonomy.citation = citation;
    taxonomy.weights = weights;
    Ok(taxonomy)
}

fn not_ours() -> String {
    format!("a tree of classes begins with \"format\": \"{FORMAT}\", \"version\": {VERSION}")
}

/// The next field's name, its colon read; None at the object's end, which is read too.
fn next_key(
    s: &mut Scanner,
    first: &mut bool,
    seen: &mut HashSet<String>,
    fields: &[&str],
    of: &str,
) -> Result<Option<(String, Place)>, Fault> {
    let (mut token, mut place) = s.next()?;
    if token == Token::ObjectEnd {
        return Ok(None);
    }
    if !*first {
        if token != Token::Comma {
            return Err(Fault::new(place, format!("expected `,` or `}}`, found {}", token.describe()), "put a comma between two fields"));
        }
        (token, place) = s.next()?;
        if token == Token::ObjectEnd {
            return Err(Fault::new(place, "a comma behind the last field", "take the comma away"));
        }
    }
    *first = false;
    let Token::Text(key) = token else {
        return Err(Fault::new(
            place,
            format!("expected a field name in double quotes, found {}", token.describe()),
            fields_hint(fields, of),
        ));
    };
    if !fields.contains(&key.as_str()) {
        return Err(unknown_field(&key, place, fields, of));
    }
    if !seen.insert(key.clone()) {
        return Err(Fault::new(place, format!("the field \"{key}\" is given twice"), "keep one of the two"));
    }
    s.expect(Token::Colon, "a field is written \"name\": value")?;
    Ok(Some((key, place)))
}

fn fields_hint(fields: &[&str], of: &str) -> String {
    format!("the fields of {of} are {}", fields.join(", "))
}

fn unknown_field(key: &str, place: Place, fields: &[&str], of: &str) -> Fault {
    let hint = match nearest_field(key, fields) {
        Some(field) => format!("did you mean \"{field}\"?"),
        None => fields_hint(fields, of),
    };
    let short: String = key.chars().take(60).collect();
    Fault::new(place, format!("{of} has no field \"{}\"", printable(&short)), hint)
}

/// The field that was probably meant.
pub(super) fn nearest_field<'f>(key: &str, fields: &[&'f str]) -> Option<&'f str> {
    // A key as long as a file is no slip of the pen.
    if key.len() > 100 {
        return None;
    }
    fields
        .iter()
        .map(|f| (strsim::jaro_winkler(&key.to_lowercase(), &f.to_lowercase()), *f))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, field)| field)
}

fn text_value(s: &mut Scanner, field: &str) -> Result<(String, Place), Fault> {
    match s.next()? {
        (Token::Text(t), place) => Ok((t, place)),
        (other, place) => {
            Err(Fault::new(place, format!("\"{field}\" must be a text, found {}", other.describe()), "write it in double quotes"))
        }
    }
}

fn free_text(s: &mut Scanner, field: &str) -> Result<String, Fault> {
    let (text, place) = text_value(s, field)?;
    check_text(&text).map_err(|e| Fault::new(place, format!("\"{field}\": {e}"), "only line breaks (\\n) are allowed"))?;
    Ok(text)
}

fn whole_value(s: &mut Scanner, field: &str) -> Result<(u64, Place), Fault> {
    let (token, place) = s.next()?;
    let value = if let Token::Number(n) = &token { n.parse::<u64>().ok() } else { None };
    value.map(|v| (v, place)).ok_or_else(|| {
        Fault::new(
            place,
            format!("\"{field}\" must be a whole number from 0 on, found {}", token.describe()),
            "write it without point, sign and quotes",
        )
    })
}

fn bool_value(s: &mut Scanner, field: &str) -> Result<bool, Fault> {
    match s.next()? {
        (Token::Bool(b), _) => Ok(b),
        (other, place) => {
            Err(Fault::new(place, format!("\"{field}\" must be true or false, found {}", other.describe()), "write it without quotes"))
        }
    }
}

fn text_list(s: &mut Scanner, field: &str) -> Result<(Vec<String>, Vec<Place>), Fault> {
    let (token, place) = s.next()?;
    if token != Token::ArrayStart {
        let reason = format!("\"{field}\" must be a list of texts, found {}", token.describe());
        return Err(Fault::new(place, reason, format!("write \"{field}\": [\"...\", \"...\"]")));
    }
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    loop {
        let (token, place) = s.next()?;
        match token {
            Token::ArrayEnd if texts.is_empty() => return Ok((texts, places)),
            Token::ArrayEnd => return Err(Fault::new(place, "a comma behind the last item", "take the comma away")),
            Token::Text(t) => {
                s.item(place)?;
                texts.push(t);
                places.push(place);
            }
            other => {
                return Err(Fault::new(
                    place,
                    format!("\"{field}\" holds texts, found {}", other.describe()),
                    "write them in double quotes",
                ));
            }
        }
        match s.next()? {
            (Token::Comma, _) => {}
            (Token::ArrayEnd, _) => return Ok((texts, places)),
            (other, place) => {
                return Err(Fault::new(place, format!("expected `,` or `]`, found {}", other.describe()), "put a comma between two items"));
            }
        }
    }
}

fn parse_weights(s: &mut Scanner) -> Result<WeightOptions, Fault> {
    s.expect(Token::ObjectStart, "write \"weights\": { \"alpha\": 0.5, \"beta\": 1.0, \"form\": \"node\", \"K\": \"labels\" }")?;
    let mut weights = WeightOptions::default();
    let (mut first, mut seen) = (true, HashSet::new());
    while let Some((key, _)) = next_key(s, &mut first, &mut seen, WEIGHT_FIELDS, "the weights")? {
        match key.as_str() {
            "form" => weights.form = choice(s, &key, &Form::ALL, Form::name)?,
            "K" => weights.k = choice(s, &key, &CountMode::ALL, CountMode::name)?,
            _ => {
                let (token, place) = s.next()?;
                let number = if let Token::Number(n) = &token { n.parse::<f64>().ok() } else { None };
                let value = number.filter(|v| v.is_finite() && *v >= 0.0).ok_or_else(|| {
                    let reason = format!("\"{key}\" must be a number that is not negative, found {}", token.describe());
                    Fault::new(place, reason, "the usual values are alpha 0.5 and beta 0.5 or 1")
                })?;
                // No -0: it would be written differently from 0.
                *if key == "alpha" { &mut weights.alpha } else { &mut weights.beta } = value.abs();
            }
        }
    }
    Ok(weights)
}

fn choice<T: Copy>(s: &mut Scanner, field: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, Fault> {
    let (value, place) = text_value(s, field)?;
    all.iter().copied().find(|c| name(*c) == value).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|c| format!("\"{}\"", name(*c))).collect();
        Fault::new(place, format!("\"{field}\" can't be {}", Token::Text(value).describe()), format!("write {}", names.join(" or ")))
    })
}

/// Reads the root and all below it. The result is in pre-order.
fn parse_nodes(s: &mut Scanner) -> Result<Vec<Raw>, Fault> {
    let mut raw: Vec<Raw> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut opening = true;
    loop {
        if opening {
            let place = s.expect(Token::ObjectStart, "a node is written { \"name\": \"...\" }")?;
            if raw.len() >= MAX_CLASSES {
                return Err(Fault::new(place, format!("more than {MAX_CLASSES} classes"), SPLIT_IT));
            }
            let parent = open.last().copied();
            open.push(raw.len());
            raw.push(Raw {
                node: Node::new(""),
                place,
                named: false,
                parent,
                seen: HashSet::new(),
                with_lineage: false,
                name_place: place,
                alias_places: Vec::new(),
                absorb_places: Vec::new(),
                lineage_place: place,
                merged_places: Vec::new(),
            });
            opening = false;
        }
        let Some(at) = open.last().copied() else {
            return Ok(raw);
        };
        if parse_fields(s, &mut raw[at])? {
            opening = true;
            continue;
        }
        // The node is closed: a sibling follows, or the parent's list ends and its fields go on.
        raw[at].with_lineage = raw[at].seen.contains("lineage");
        raw[at].seen = HashSet::new();
        open.pop();
        if open.is_empty() {
            return Ok(raw);
        }
        let (token, place) = s.next()?;
        match token {
            Token::Comma => {
                if let (Token::ArrayEnd, place) = s.peek()? {
                    return Err(Fault::new(place, "a comma behind the last child", "take the comma away"));
                }
                opening = true;
            }
            Token::ArrayEnd => {}
            other => {
                let reason = format!("expected `,` or `]` behind a child, found {}", other.describe());
                return Err(Fault::new(place, reason, "put a comma between two children, and `]` behind the last"));
            }
        }
    }
}

/// Reads fields up to the node's end (false) or to the first child of its list of children (true).
fn parse_fields(s: &mut Scanner, raw: &mut Raw) -> Result<bool, Fault> {
    let mut first = raw.seen.is_empty();
    while let Some((key, key_place)) = next_key(s, &mut first, &mut raw.seen, NODE_FIELDS, "a node")? {
        match key.as_str() {
            "name" => {
                (raw.node.name, raw.name_place) = text_value(s, &key)?;
                raw.named = true;
            }
            "lineage" => (raw.node.lineage, raw.lineage_place) = text_value(s, &key)?,
            "aliases" => (raw.node.aliases, raw.alias_places) = text_list(s, &key)?,
            "merged" => (raw.node.merged, raw.merged_places) = text_list(s, &key)?,
            "absorbs" => (raw.node.absorbs, raw.absorb_places) = text_list(s, &key)?,
            "note" => raw.node.note = free_text(s, &key)?,
            "exhaustive" => raw.node.exhaustive = bool_value(s, &key)?,
            "count" => {
                if *s.peek()?.0 == Token::Null {
                    s.next()?;
                } else {
                    raw.node.count = Some(whole_value(s, &key)?.0);
                }
            }
            "children" => {
                s.expect(Token::ArrayStart, "write \"children\": [ { \"name\": \"...\" }, ... ]")?;
                if *s.peek()?.0 == Token::ArrayEnd {
                    s.next()?;
                } else {
                    return Ok(true);
                }
            }
            _ => return Err(unknown_field(&key, key_place, NODE_FIELDS, "a node")),
        }
    }
    Ok(false)
}

/// Puts the nodes into a tree, which checks names, labels and lineage ids.
fn build(mut raw: Vec<Raw>) -> Result<Taxonomy, Fault> {
    for r in &raw {
        if !r.named {
            return Err(Fault::new(r.place, "a node without \"name\"", "give it a name that no other node has"));
        }
        if r.with_lineage && !super::names::is_lineage(&r.node.lineage) {
            let e = EditError::Lineage(r.node.lineage.clone());
            return Err(Fault::new(r.lineage_place, e.to_string(), "leave it out to get one made from the name"));
        }
    }
    let given = raw.iter().flat_map(|r| r.node.lineages()).filter(|l| !l.is_empty());
    let mut maker = LineageMaker::new(given.map(str::to_string));
    for r in raw.iter_mut().filter(|r| r.node.lineage.is_empty()) {
        r.node.lineage = maker.derive(&r.node.name);
    }
    let Some(root) = raw.first() else {
        return Err(Fault::new(Place { line: 1, column: 1 }, "there is no root", "write \"root\": { \"name\": ... }"));
    };
    // The root is built bare and gets its labels by the same checks as all others.
    let mut taxonomy = Taxonomy::with_root("", Node { lineage: root.node.lineage.clone(), ..Node::new("") });
    for (i, r) in raw.iter().enumerate() {
        let node = r.node.clone();
        let result = match r.parent {
            None => taxonomy.set_root(node),
            Some(p) => taxonomy.add_node(NodeId(p as u32), node).map(|id| debug_assert_eq!(id.index(), i)),
        };
        result.map_err(|e| fault_of(r, e))?;
    }
    Ok(taxonomy)
}

/// Says an edit's refusal at the place of the label that is to blame.
fn fault_of(r: &Raw, error: EditError) -> Fault {
    let blamed = match &error {
        EditError::Taken { label, .. } | EditError::Repeated { label, .. } => Some(label.clone()),
        EditError::Name(_) => r.node.labels().find(|l| super::names::check_name(l).is_err()).map(str::to_string),
        EditError::ResidualName { of } => Some(format!("{}{of}", super::names::RESIDUAL_PREFIX)),
        _ => None,
    };
    let places = std::iter::once(&r.name_place).chain(&r.alias_places).chain(&r.absorb_places);
    let labelled: Vec<(&str, Place)> = r.node.labels().zip(places.copied()).collect();
    let place = match (&error, blamed) {
        // As with labels: of one given twice the second is to blame.
        (EditError::LineageTaken { lineage, .. } | EditError::Lineage(lineage), _) => {
            let places = std::iter::once(&r.lineage_place).chain(&r.merged_places);
            r.node.lineages().zip(places).filter(|(l, _)| l == lineage).last().map_or(r.lineage_place, |(_, p)| *p)
        }
        // Of a label given twice the second is to blame.
        (_, Some(label)) => labelled.iter().rev().find(|(l, _)| *l == label).map_or(r.name_place, |(_, p)| *p),
        _ => r.place,
    };
    Fault::new(place, error.to_string(), "")
}
