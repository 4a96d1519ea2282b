//! Graphviz DOT: for `dot -Tpdf tree.dot -o tree.pdf`. Written only.

use crate::taxonomy::names::RESIDUAL_PREFIX;
use crate::taxonomy::tree::Taxonomy;
use std::fmt::Write as _;

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::from("digraph taxonomy {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n  edge [arrowhead=none];\n");
    // Writing to a String can't fail.
    for id in taxonomy.preorder() {
        let (n, name) = (id.index(), quoted(&taxonomy.node(id).name));
        let _ = writeln!(out, "  n{n} [label={name}];");
        if let Some(parent) = taxonomy.parent(id) {
            let _ = writeln!(out, "  n{} -> n{n};", parent.index());
        }
        if taxonomy.has_residual(id) {
            let label = quoted(&format!("{RESIDUAL_PREFIX}{}", taxonomy.node(id).name));
            let _ = writeln!(out, "  r{n} [label={label}, style=\"rounded,dashed\"];\n  n{n} -> r{n} [style=dashed];");
        }
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    // A backslash begins an escape in labels (`\N` is the node's name), so it is doubled.
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
