//! Writes a tree as one tdtax YAML file. What tdtax has no field for goes into fields of our own, which it passes over.

use super::written::lineage_is_derived;
use crate::taxonomy::tree::{NodeId, Taxonomy};
use crate::taxonomy::weights::WeightOptions;
use std::fmt::Write as _;

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::new();
    let with_lineage = !lineage_is_derived(taxonomy);
    let mut stack: Vec<(NodeId, usize)> = vec![(taxonomy.root(), 0)];
    while let Some((id, depth)) = stack.pop() {
        // A class's fields stand two columns right of its `- `.
        let pad = " ".repeat(4 * depth);
        let node = taxonomy.node(id);
        let first = if depth == 0 { String::new() } else { format!("{}- ", " ".repeat(4 * depth - 2)) };
        // Writing to a String can't fail.
        let _ = writeln!(out, "{first}class: {}", scalar(&node.name));
        if depth == 0 {
            head(taxonomy, &mut out);
        }
        for (key, list) in [("other names", &node.aliases), ("absorbs", &node.absorbs)] {
            if !list.is_empty() {
                let items: Vec<String> = list.iter().map(|t| scalar(t)).collect();
                let _ = writeln!(out, "{pad}{key}: [{}]", items.join(", "));
            }
        }
        let (rest, links) = last_line(&node.note, "links: ");
        let (comments, tags) = last_line(rest, "tags: ");
        if !comments.is_empty() {
            let _ = writeln!(out, "{pad}comments: {}", scalar(comments));
        }
        for (key, items, by) in [("tags", tags, ", "), ("links", links, " ")] {
            if let Some(items) = items {
                let items: Vec<String> = items.split(by).map(scalar).collect();
                let _ = writeln!(out, "{pad}{key}: [{}]", items.join(", "));
            }
        }
        if !node.exhaustive {
            let _ = writeln!(out, "{pad}exhaustive: false");
        }
        if let Some(count) = node.count {
            let _ = writeln!(out, "{pad}count: {count}");
        }
        if with_lineage {
            let _ = writeln!(out, "{pad}lineage: {}", scalar(&node.lineage));
        }
        if !node.merged.is_empty() {
            let items: Vec<String> = node.merged.iter().map(|t| scalar(t)).collect();
            let _ = writeln!(out, "{pad}merged: [{}]", items.join(", "));
        }
        if !taxonomy.is_leaf(id) {
            let _ = writeln!(out, "{pad}subclasses:");
            stack.extend(taxonomy.children(id).iter().rev().map(|c| (*c, depth + 1)));
        }
    }
    out
}

fn head(taxonomy: &Taxonomy, out: &mut String) {
    if !taxonomy.name.is_empty() {
        let _ = writeln!(out, "title: {}", scalar(&taxonomy.name));
    }
    if !taxonomy.citation.is_empty() {
        let _ = writeln!(out, "citation: {}", scalar(&taxonomy.citation));
    }
    let w = &taxonomy.weights;
    if *w != WeightOptions::default() {
        let _ = writeln!(
            out,
            "weights: {{ alpha: {:?}, beta: {:?}, form: {}, K: {} }}",
            w.alpha,
            w.beta,
            scalar(w.form.name()),
            scalar(w.k.name())
        );
    }
}

/// A note without its last line, and that line behind `what`, where reading puts it: see `tdtax`.
fn last_line<'n>(note: &'n str, what: &str) -> (&'n str, Option<&'n str>) {
    let (rest, last) = match note.rsplit_once('\n') {
        // A note that begins with a line break would lose it.
        Some(("", _)) => return (note, None),
        Some(parts) => parts,
        None => ("", note),
    };
    match last.strip_prefix(what) {
        Some(items) if !items.is_empty() => (rest, Some(items)),
        _ => (note, None),
    }
}

/// Plain where no YAML reader could take it for anything else, else in double quotes.
fn scalar(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '/' | '.' | '+' | '-' | '(' | ')' | '_'))
        && text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        // In a list in brackets a dash behind a space could begin an item.
        && !text.contains(" -")
        && text.len() <= 200
        && !matches!(text.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n");
    if plain {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // What YAML counts as no printable character, or as a line break.
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c if (c as u32) > 0xffff => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
