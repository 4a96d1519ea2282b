//! LaTeX: a `forest` environment (package forest). Written only.

use crate::taxonomy::names::RESIDUAL_PREFIX;
use crate::taxonomy::tree::{NodeId, Taxonomy};

/// Deeper lines are indented no further.
const MAX_INDENT: usize = 40;

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::from(
        "% \\usepackage{forest}\n\\begin{forest}\n  for tree={grow'=east, anchor=west, child anchor=west, parent anchor=east, draw, rounded corners}\n",
    );
    enum Step {
        Open(NodeId, usize),
        Residual(NodeId, usize),
        Close(usize),
    }
    let pad = |depth: usize| "  ".repeat(1 + depth.min(MAX_INDENT));
    let mut stack = vec![Step::Open(taxonomy.root(), 0)];
    while let Some(step) = stack.pop() {
        match step {
            Step::Open(id, depth) => {
                let name = escaped(&taxonomy.node(id).name);
                if taxonomy.is_leaf(id) {
                    out.push_str(&format!("{}[{{{name}}}]\n", pad(depth)));
                    continue;
                }
                out.push_str(&format!("{}[{{{name}}}\n", pad(depth)));
                stack.push(Step::Close(depth));
                if taxonomy.has_residual(id) {
                    stack.push(Step::Residual(id, depth + 1));
                }
                stack.extend(taxonomy.children(id).iter().rev().map(|c| Step::Open(*c, depth + 1)));
            }
            Step::Residual(id, depth) => {
                let name = escaped(&format!("{RESIDUAL_PREFIX}{}", taxonomy.node(id).name));
                out.push_str(&format!("{}[{{{name}}}, dashed, edge=dashed]\n", pad(depth)));
            }
            Step::Close(depth) => out.push_str(&format!("{}]\n", pad(depth))),
        }
    }
    out.push_str("\\end{forest}\n");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | '$' | '%' | '&' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => out.push_str("\\textquotedbl{}"),
            c => out.push(c),
        }
    }
    out
}
