//! Indented text: a class per line, its children below it and further right.

use crate::taxonomy::draft::{Draft, DraftNode, Place, brief};
use crate::taxonomy::faults::Code;
use crate::taxonomy::tree::Taxonomy;

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::new();
    for (id, depth) in taxonomy.preorder_with_depth() {
        out.extend(std::iter::repeat_n('\t', depth));
        out.push_str(&taxonomy.node(id).name);
        out.push('\n');
    }
    out
}

/// Stops at the first line whose indentation fits none above: what lies below it could belong anywhere.
pub(super) fn read(text: &str, draft: &mut Draft) {
    // The indentation of the open levels, from the outermost, and their classes. Each begins with the one before it.
    let mut open: Vec<(&str, usize)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let name = line.trim_start_matches([' ', '\t']);
        let indent = line.get(..line.len() - name.len()).unwrap_or("");
        let name = name.trim_end();
        if name.is_empty() {
            continue;
        }
        let place = Place::new(0, i + 1, indent.chars().count() + 1);
        let mut mixed = false;
        while let Some((level, _)) = open.pop_if(|(level, _)| level.len() > indent.len()) {
            mixed |= !level.starts_with(indent);
        }
        let fits = match open.last() {
            Some((level, _)) if *level == indent => {
                open.pop();
                true
            }
            // Further right than all: a child. Less far right than a level that was closed: nobody's sibling.
            Some((level, parent)) => indent.starts_with(level) && draft.nodes.len() == parent + 1,
            None => draft.nodes.is_empty(),
        };
        if !fits {
            let (reason, hint) = if mixed || open.last().is_some_and(|(level, _)| !indent.starts_with(level)) {
                ("tabs and spaces that differ from the lines above", "indent all lines alike")
            } else {
                ("an indentation that fits no line above", "indent it as far as its siblings")
            };
            draft.problem(Code::BadIndent, place, format!("`{}` has {reason}", brief(name)), hint);
            return;
        }
        match draft.add(DraftNode::new(name, place, open.last().map(|(_, parent)| *parent))) {
            Ok(at) => open.push((indent, at)),
            Err(problem) => return draft.problems.push(problem),
        }
    }
}
