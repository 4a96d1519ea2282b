//! Edge lists: CSV with a parent and a child in every row. The reader finds the roots, classes with two parents and cycles.

use crate::taxonomy::draft::{Draft, DraftNode, Label, Place, Problem, brief, too_many_classes};
use crate::taxonomy::faults::Code;
use crate::taxonomy::names::{MAX_CLASSES, MAX_VALUES, SPLIT_IT};
use crate::taxonomy::tree::Taxonomy;
use std::collections::{HashMap, HashSet};
use std::path::Path;

const PARENT: &[&str] = &["parent", "source", "from"];
const CHILD: &[&str] = &["child", "target", "to"];

pub(super) fn write(taxonomy: &Taxonomy) -> String {
    let mut out = String::from("parent,child\n");
    if taxonomy.is_leaf(taxonomy.root()) {
        out.push_str(&format!(",{}\n", quoted(&taxonomy.node(taxonomy.root()).name)));
    }
    for id in taxonomy.preorder() {
        if let Some(parent) = taxonomy.parent(id) {
            out.push_str(&format!("{},{}\n", quoted(&taxonomy.node(parent).name), quoted(&taxonomy.node(id).name)));
        }
    }
    out
}

fn quoted(name: &str) -> String {
    let plain = !name.contains([',', '"', ';', '\n', '\r', '\t']);
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Whether a line is the header of an edge list.
pub(super) fn is_header(line: &str) -> bool {
    let cells: Vec<String> = line.split(delimiter(line, Path::new(""))).map(|c| c.trim().trim_matches('"').to_lowercase()).collect();
    cells.iter().any(|c| PARENT.contains(&c.as_str())) && cells.iter().any(|c| CHILD.contains(&c.as_str()))
}

fn delimiter(first_line: &str, path: &Path) -> char {
    if path.extension().is_some_and(|e| e == "tsv") {
        return '\t';
    }
    // Outside of quotes alone.
    let bare: String = first_line.split('"').step_by(2).collect();
    [',', '\t', ';'].into_iter().find(|d| bare.contains(*d)).unwrap_or(',')
}

pub(super) fn read(text: &str, path: &Path, draft: &mut Draft) {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let (mut parent_at, mut child_at, mut width) = (0, 1, 2);
    let mut graph = Graph::default();
    let mut is_first = true;
    let result = rows(text, delimiter(first, path), |row| {
        if std::mem::take(&mut is_first) && is_header_row(row) {
            let find = |names: &[&str]| row.iter().position(|c| names.contains(&c.text.to_lowercase().as_str()));
            (parent_at, child_at, width) = (find(PARENT).unwrap_or(0), find(CHILD).unwrap_or(1), row.len());
            for other in row.iter().enumerate().filter(|(i, _)| *i != parent_at && *i != child_at).map(|(_, c)| c) {
                let reason = format!("the column `{}` is not read", brief(&other.text));
                draft.problem(Code::NotHeld, other.place, reason, "");
            }
            return Ok(());
        }
        let Some(place) = row.first().map(|c| c.place) else { return Ok(()) };
        if row.len() != width {
            let reason = format!("a row with {} {}, expected {width}", row.len(), if row.len() == 1 { "cell" } else { "cells" });
            draft.problem(Code::Syntax, place, reason, "put names with commas in double quotes");
            return Ok(());
        }
        if let (Some(parent), Some(child)) = (row.get(parent_at), row.get(child_at)) {
            graph.add(draft, parent, child);
        }
        if graph.nodes.len() > MAX_CLASSES { Err(too_many_classes(place)) } else { Ok(()) }
    });
    match result {
        Ok(()) => graph.into_nodes(draft),
        Err(problem) => draft.problems.push(problem),
    }
}

fn is_header_row(row: &[Label]) -> bool {
    let has = |names: &[&str]| row.iter().any(|c| names.contains(&c.text.to_lowercase().as_str()));
    has(PARENT) && has(CHILD)
}

/// The classes by their names, in the order of first mention.
#[derive(Default)]
struct Graph {
    index: HashMap<String, usize>,
    nodes: Vec<(Label, Option<usize>)>,
    edges: HashSet<(usize, usize)>,
}

impl Graph {
    fn node(&mut self, label: &Label) -> usize {
        if let Some(i) = self.index.get(&label.text) {
            return *i;
        }
        self.index.insert(label.text.clone(), self.nodes.len());
        self.nodes.push((label.clone(), None));
        self.nodes.len() - 1
    }

    fn add(&mut self, draft: &mut Draft, parent: &Label, child: &Label) {
        if child.text.is_empty() {
            draft.problem(Code::Syntax, child.place, "a row without a child", "write `parent,child`, or `,root` for the root");
            return;
        }
        if parent.text.is_empty() {
            self.node(child);
            return;
        }
        let (p, c) = (self.node(parent), self.node(child));
        if !self.edges.insert((p, c)) {
            let reason = format!("`{}` under `{}` is given twice", brief(&child.text), brief(&parent.text));
            draft.problem(Code::RepeatedEdge, child.place, reason, "once is enough");
            return;
        }
        let first = self.nodes.get(c).and_then(|n| n.1).and_then(|f| self.nodes.get(f));
        match first {
            Some((first, _)) => {
                let reason = format!("`{}` is under `{}` and under `{}`", brief(&child.text), brief(&first.text), brief(&parent.text));
                draft.problem(Code::TwoParents, child.place, reason, "a class has one parent: keep one of the rows");
            }
            None => {
                if let Some(node) = self.nodes.get_mut(c) {
                    // The child's own row is the place to mend it.
                    node.0.place = child.place;
                    node.1 = Some(p);
                }
            }
        }
    }

    /// Puts what hangs on roots into the draft, in pre-order, and says what hangs on cycles.
    fn into_nodes(self, draft: &mut Draft) {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        // Siblings stand in the order of their rows, which is that of their places.
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|i| self.nodes.get(*i).map(|n| n.0.place));
        let mut stack: Vec<(usize, Option<usize>)> = Vec::new();
        for i in order {
            match self.nodes.get(i).and_then(|n| n.1) {
                Some(p) => {
                    if let Some(list) = children.get_mut(p) {
                        list.push(i);
                    }
                }
                None => stack.push((i, None)),
            }
        }
        stack.reverse();
        let mut reached = vec![false; self.nodes.len()];
        while let Some((i, parent)) = stack.pop() {
            let Some((label, _)) = self.nodes.get(i) else { continue };
            if let Some(r) = reached.get_mut(i) {
                *r = true;
            }
            draft.nodes.push(DraftNode::new(label.text.clone(), label.place, parent));
            let at = draft.nodes.len() - 1;
            stack.extend(children.get(i).into_iter().flatten().rev().map(|c| (*c, Some(at))));
        }
        self.cycles(draft, &reached);
    }

    /// Of the classes that no root leads to: the cycles, each once, and what hangs on them.
    fn cycles(&self, draft: &mut Draft, reached: &[bool]) {
        // 0: not seen, otherwise the walk that saw it first.
        let mut seen = vec![0usize; self.nodes.len()];
        for start in (0..self.nodes.len()).filter(|i| !reached.get(*i).copied().unwrap_or(true)) {
            let mut path: Vec<usize> = Vec::new();
            let mut at = Some(start);
            while let Some(i) = at.filter(|i| seen.get(*i) == Some(&0)) {
                if let Some(s) = seen.get_mut(i) {
                    *s = start + 1;
                }
                path.push(i);
                at = self.nodes.get(i).and_then(|n| n.1);
            }
            let ring = at.filter(|i| seen.get(*i) == Some(&(start + 1))).and_then(|i| path.iter().position(|p| *p == i));
            let (tail, ring) = path.split_at(ring.unwrap_or(path.len()));
            if let Some((label, _)) = ring.first().and_then(|i| self.nodes.get(*i)) {
                let mut names: Vec<String> = ring.iter().take(8).filter_map(|i| self.nodes.get(*i)).map(|n| brief(&n.0.text)).collect();
                if ring.len() > 8 {
                    names.push("...".into());
                }
                names.push(brief(&label.text));
                let reason = format!("a cycle, each below the next: {}", names.join(", "));
                draft.problem(Code::Cycle, label.place, reason, "take one of these rows away");
            }
            for (label, _) in tail.iter().filter_map(|i| self.nodes.get(*i)) {
                let reason = format!("`{}` can't be reached from a root: it hangs on a cycle", brief(&label.text));
                draft.problem(Code::Unreachable, label.place, reason, "mend the cycle");
            }
        }
    }
}

/// Gives the cells of each row that is not empty to `take`. Text outside of quotes is trimmed.
fn rows(text: &str, delimiter: char, mut take: impl FnMut(&[Label]) -> Result<(), Problem>) -> Result<(), Problem> {
    let mut cells = 0usize;
    let mut row: Vec<Label> = Vec::new();
    let mut chars = text.chars().peekable();
    let (mut line, mut column) = (1, 1);
    loop {
        // One cell.
        while chars.next_if(|c| *c == ' ').is_some() {
            column += 1;
        }
        let place = Place::new(0, line, column);
        let mut cell = String::new();
        let quoted = chars.next_if_eq(&'"').is_some();
        if quoted {
            column += 1;
            loop {
                let Some(c) = chars.next() else {
                    return Err(Problem::new(Code::Syntax, place, "a text in quotes that does not end", "close it with `\"`"));
                };
                column += 1;
                if c == '"' {
                    if chars.next_if_eq(&'"').is_none() {
                        break;
                    }
                    column += 1;
                } else if c == '\n' {
                    line += 1;
                    column = 1;
                }
                cell.push(c);
            }
        }
        let mut rest = String::new();
        while let Some(c) = chars.next_if(|c| *c != delimiter && *c != '\n') {
            column += 1;
            rest.push(c);
        }
        if quoted && !rest.trim().is_empty() {
            let reason = format!("`{}` behind a text in quotes", brief(rest.trim()));
            return Err(Problem::new(Code::Syntax, place, reason, "double a quote inside of quotes, and put the whole cell in them"));
        }
        if !quoted {
            cell = rest.trim().to_string();
        }
        cells += 1;
        if cells > MAX_VALUES {
            return Err(Problem::new(Code::TooLarge, place, format!("more than {MAX_VALUES} cells"), SPLIT_IT));
        }
        row.push(Label { text: cell, place });
        match chars.next() {
            Some(c) if c == delimiter => column += 1,
            end => {
                if row.len() > 1 || row.first().is_some_and(|c| !c.text.is_empty()) {
                    take(&row)?;
                }
                row.clear();
                line += 1;
                column = 1;
                if end.is_none() || chars.peek().is_none() {
                    return Ok(());
                }
            }
        }
    }
}
