//! Trees in one line, for tests: `Root{A~{A1,A2},B}`; `~` = not exhaustive.

use crate::taxonomy::{Edit, NodeId, Taxonomy};

/// The tree that the text says.
pub(crate) fn tree(text: &str) -> Taxonomy {
    let mut built: Option<Taxonomy> = None;
    let mut stack: Vec<NodeId> = Vec::new();
    let mut last: Option<NodeId> = None;
    let mut name = String::new();
    let put = |name: &mut String, stack: &[NodeId], last: &mut Option<NodeId>, built: &mut Option<Taxonomy>| {
        let word = std::mem::take(name);
        let (word, open) = match word.trim().strip_suffix('~') {
            Some(w) => (w.to_string(), true),
            None => (word.trim().to_string(), false),
        };
        if word.is_empty() {
            return;
        }
        let id = match (built.as_mut(), stack.last()) {
            (Some(t), Some(parent)) => t.add_child(*parent, &word).expect("a good tree"),
            _ => built.insert(Taxonomy::new("test", &word)).root(),
        };
        if open && let Some(t) = built {
            t.apply(Edit::SetExhaustive { id, exhaustive: false }).expect("a good edit");
        }
        *last = Some(id);
    };
    for c in text.chars() {
        match c {
            '{' => {
                put(&mut name, &stack, &mut last, &mut built);
                stack.push(last.expect("a name before {"));
            }
            ',' => put(&mut name, &stack, &mut last, &mut built),
            '}' => {
                put(&mut name, &stack, &mut last, &mut built);
                stack.pop();
            }
            c => name.push(c),
        }
    }
    put(&mut name, &stack, &mut last, &mut built);
    built.expect("a root")
}

/// The node of this name.
pub(crate) fn id(t: &Taxonomy, name: &str) -> NodeId {
    t.find(name).unwrap_or_else(|| panic!("no node {name}"))
}
