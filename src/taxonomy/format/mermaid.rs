//! Mermaid flowcharts: for web pages and READMEs. Written only.

use crate::taxonomy::names::RESIDUAL_PREFIX;
use crate::taxonomy::tree::Taxonomy;
use std::fmt::Write as _;

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::from("flowchart LR\n");
    // Writing to a String can't fail.
    for id in taxonomy.preorder() {
        let (n, name) = (id.index(), quoted(&taxonomy.node(id).name));
        let _ = match taxonomy.parent(id) {
            Some(parent) => writeln!(out, "  n{} --- n{n}[{name}]", parent.index()),
            None => writeln!(out, "  n{n}[{name}]"),
        };
        if taxonomy.has_residual(id) {
            let label = quoted(&format!("{RESIDUAL_PREFIX}{}", taxonomy.node(id).name));
            let _ = writeln!(out, "  n{n} -.- r{n}[{label}]\n  style r{n} stroke-dasharray: 4 4");
        }
    }
    out
}

/// Mermaid takes Markdown and HTML inside of quotes: what could begin either is written as an entity.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '\\' | ';' | '[' | ']') {
            let _ = write!(out, "#{};", c as u32);
        } else {
            out.push(c);
        }
    }
    out.push('"');
    out
}
