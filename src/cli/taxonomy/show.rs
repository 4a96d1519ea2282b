//! `taxonova taxonomy show`: a tree drawn with branches.

use super::{MAX_DRAWN_DEPTH, load};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::stdout::print;
use crate::taxonomy::{NodeId, Taxonomy, printable};
use std::fmt::Write as _;
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, `-`, or name of a shipped tree (as `transients`).
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs `taxonova taxonomy show`.
pub fn run(args: &Args) -> CommandResult {
    let taxonomy = load(&args.file).map_err(Failure::usage)?;
    print(&drawing(&taxonomy))?;
    Ok(Exit::Done)
}

/// The tree with branches, counts and marks.
fn drawing(taxonomy: &Taxonomy) -> String {
    let mut lines: Vec<(String, Option<u64>, String)> = Vec::new();
    // The prefix of each open level: whether a sibling follows there.
    let mut more: Vec<bool> = Vec::new();
    enum Step {
        Node(NodeId, usize, bool),
        Residual(NodeId, usize),
    }
    let mut stack = vec![Step::Node(taxonomy.root(), 0, true)];
    while let Some(step) = stack.pop() {
        match step {
            Step::Node(id, depth, last) => {
                more.truncate(depth.saturating_sub(1));
                let prefix = branches(&more, depth, last);
                if depth > 0 {
                    more.push(!last);
                }
                let node = taxonomy.node(id);
                lines.push((format!("{prefix}{}", printable(&node.name)), node.count, remarks(taxonomy, id)));
                let residual = taxonomy.has_residual(id);
                if residual {
                    stack.push(Step::Residual(id, depth + 1));
                }
                let children = taxonomy.children(id);
                stack.extend(
                    children.iter().enumerate().rev().map(|(i, c)| Step::Node(*c, depth + 1, i + 1 == children.len() && !residual)),
                );
            }
            Step::Residual(id, depth) => {
                more.truncate(depth.saturating_sub(1));
                lines.push((
                    format!("{}other {}", branches(&more, depth, true), printable(&taxonomy.node(id).name)),
                    None,
                    "residual".into(),
                ));
            }
        }
    }
    let mut out = String::new();
    if !taxonomy.name.is_empty() {
        let _ = writeln!(out, "{}", printable(&taxonomy.name));
    }
    for line in taxonomy.citation.lines() {
        let _ = writeln!(out, "{}", printable(line));
    }
    let w = &taxonomy.weights;
    let _ = writeln!(
        out,
        "{} nodes, {} leaves; weights: alpha {}, beta {}, form {}, K = {}\n",
        taxonomy.len(),
        taxonomy.leaves().count(),
        w.alpha,
        w.beta,
        w.form.name(),
        w.k.name()
    );
    let counted = lines.iter().any(|(_, n, _)| n.is_some());
    let width = lines.iter().map(|(t, ..)| t.width()).max().unwrap_or(0);
    for (text, count, remark) in lines {
        let mut line = text.clone();
        if counted {
            let number = count.map_or(String::new(), |n| n.to_string());
            let _ = write!(line, "{}  {number:>8}", " ".repeat(width - text.width()));
        }
        if !remark.is_empty() {
            let _ = write!(line, "{}  {remark}", if counted { String::new() } else { " ".repeat(width - text.width()) });
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn branches(more: &[bool], depth: usize, last: bool) -> String {
    if depth == 0 {
        return String::new();
    }
    let mut out = String::new();
    for open in more.iter().take(depth - 1).take(MAX_DRAWN_DEPTH) {
        out.push_str(if *open { "│  " } else { "   " });
    }
    out.push_str(if last { "└─ " } else { "├─ " });
    if depth > MAX_DRAWN_DEPTH {
        let _ = write!(out, "[depth {depth}] ");
    }
    out
}

fn remarks(taxonomy: &Taxonomy, id: NodeId) -> String {
    let node = taxonomy.node(id);
    let list = |title: &str, items: &[String]| {
        let items: Vec<String> = items.iter().map(|i| printable(i)).collect();
        if items.is_empty() { String::new() } else { format!("{title} {}", items.join(", ")) }
    };
    [list("=", &node.aliases), list("absorbs", &node.absorbs)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing() {
        let mut t = Taxonomy::new("t", "Object");
        let a = t.add_child(t.root(), "A").unwrap();
        let b = t.add_child(t.root(), "B").unwrap();
        let a1 = t.add_child(a, "A1").unwrap();
        t.add_child(a1, "A1x").unwrap();
        t.add_child(b, "B1").unwrap();
        for edit in [
            crate::taxonomy::Edit::SetExhaustive { id: a, exhaustive: false },
            crate::taxonomy::Edit::SetCount { id: a1, count: Some(12) },
            crate::taxonomy::Edit::SetAliases { id: b, aliases: vec!["bee".into()] },
        ] {
            t.apply(edit).unwrap();
        }
        let text = drawing(&t);
        let tree: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("Object")).collect();
        assert_eq!(
            tree,
            [
                "Object",
                "├─ A",
                "│  ├─ A1             12",
                "│  │  └─ A1x",
                "│  └─ other A            residual",
                "└─ B                     = bee",
                "   └─ B1",
            ]
        );
    }
}
