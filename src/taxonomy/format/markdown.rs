//! Markdown: a nested list, with aliases in brackets and residuals in italics. Written only.

use crate::taxonomy::names::RESIDUAL_PREFIX;
use crate::taxonomy::tree::{NodeId, Taxonomy};

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::new();
    if !taxonomy.name.is_empty() {
        out.push_str(&format!("# {}\n\n", escaped(&taxonomy.name.replace('\n', " "))));
    }
    enum Step {
        Node(NodeId, usize),
        Residual(NodeId, usize),
    }
    let mut stack = vec![Step::Node(taxonomy.root(), 0)];
    while let Some(step) = stack.pop() {
        match step {
            Step::Node(id, depth) => {
                let node = taxonomy.node(id);
                let aliases: Vec<String> = node.aliases.iter().map(|a| escaped(a)).collect();
                let brackets = if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) };
                out.push_str(&format!("{}- {}{brackets}\n", "  ".repeat(depth), escaped(&node.name)));
                if taxonomy.has_residual(id) {
                    stack.push(Step::Residual(id, depth + 1));
                }
                stack.extend(taxonomy.children(id).iter().rev().map(|c| Step::Node(*c, depth + 1)));
            }
            Step::Residual(id, depth) => {
                let name = escaped(&format!("{RESIDUAL_PREFIX}{}", taxonomy.node(id).name));
                out.push_str(&format!("{}- *{name}*\n", "  ".repeat(depth)));
            }
        }
    }
    if !taxonomy.citation.is_empty() {
        out.push_str(&format!("\n{}\n", escaped(&taxonomy.citation)));
    }
    out
}

/// Backslashes before what Markdown or HTML would take as its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A dot or bracket behind leading digits would begin a numbered list.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (i, c) in text.char_indices() {
        let list = (i == 0 && matches!(c, '-' | '+')) || (i == digits && digits > 0 && matches!(c, '.' | ')'));
        if list || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
