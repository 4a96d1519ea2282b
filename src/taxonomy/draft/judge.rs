//! The faults of names and structure in a draft: all of them, each at its place. Time proportional to the labels.

use super::{Draft, DraftNode, Label, Place, Problem, brief};
use crate::taxonomy::faults::Code;
use crate::taxonomy::names::{NameError, RESIDUAL_PREFIX, check_name, is_lineage};
use crate::taxonomy::validate::Severity;
use std::collections::HashMap;

/// Every fault that the reader of the format could not see, in the order of the tree.
pub(in crate::taxonomy) fn judge(draft: &Draft) -> Vec<Problem> {
    let mut out = Vec::new();
    if draft.nodes.is_empty() && !draft.problems.iter().any(|p| p.code.severity() == Severity::Error) {
        out.push(Problem::new(
            Code::Syntax,
            Place::new(0, 1, 1),
            "there is no class in the file",
            "a tree has a root and classes below it",
        ));
    }
    let names = Names::new(draft);
    roots(draft, &mut out);
    for (i, node) in draft.nodes.iter().enumerate() {
        forms(node, &mut out);
        names.judge_name(draft, i, node, &mut out);
        names.judge_aliases(draft, i, node, &mut out);
    }
    lineages(draft, &mut out);
    out
}

fn roots(draft: &Draft, out: &mut Vec<Problem>) {
    let mut roots = draft.nodes.iter().filter(|n| n.parent.is_none());
    let Some(first) = roots.next() else { return };
    for other in roots {
        let reason = format!(
            "`{}` has no parent, as `{}` ({}): a tree has one root",
            brief(&other.name.text),
            brief(&first.name.text),
            draft.shown_beside(first.name.place, other.name.place)
        );
        out.push(Problem::new(Code::SeveralRoots, other.name.place, reason, "put all of them under one class"));
    }
}

fn forms(node: &DraftNode, out: &mut Vec<Problem>) {
    for (i, label) in std::iter::once(&node.name).chain(&node.aliases).chain(&node.absorbs).enumerate() {
        let Err(error) = check_name(&label.text) else { continue };
        let problem = match error {
            NameError::Empty if i == 0 => {
                Problem::new(Code::MissingName, label.place, "a class without a name", "give it a name that no other class has")
            }
            NameError::Empty => Problem::new(Code::NameForm, label.place, "an empty alias", "take it away"),
            NameError::Control(..) => Problem::new(Code::ControlCharacter, label.place, error.to_string(), ""),
            other => Problem::new(Code::NameForm, label.place, other.to_string(), ""),
        };
        out.push(problem);
    }
}

/// Who has which label.
struct Names<'d> {
    /// The first class of each name.
    names: HashMap<&'d str, usize>,
    /// The classes that have a label as alias or absorbed label, each once.
    aliases: HashMap<&'d str, Vec<(usize, Place)>>,
}

impl<'d> Names<'d> {
    fn new(draft: &'d Draft) -> Self {
        let mut names = HashMap::new();
        let mut aliases: HashMap<&str, Vec<(usize, Place)>> = HashMap::new();
        for (i, node) in draft.nodes.iter().enumerate() {
            names.entry(node.name.text.as_str()).or_insert(i);
            for label in node.aliases.iter().chain(&node.absorbs) {
                let owners = aliases.entry(label.text.as_str()).or_default();
                if owners.last().is_none_or(|(last, _)| *last != i) {
                    owners.push((i, label.place));
                }
            }
        }
        Names { names, aliases }
    }

    fn judge_name(&self, draft: &Draft, i: usize, node: &DraftNode, out: &mut Vec<Problem>) {
        let name = node.name.text.as_str();
        if name.trim().is_empty() {
            return;
        }
        if let Some(first) = self.names.get(name).and_then(|f| draft.nodes.get(*f).filter(|_| *f < i)) {
            let reason =
                format!("`{}` is already the name of a class: {}", brief(name), draft.shown_beside(first.name.place, node.name.place));
            out.push(Problem::new(Code::DuplicateName, node.name.place, reason, "rename one of them, or merge the two"));
        }
        self.residual(name, &node.name, out);
    }

    fn residual(&self, label: &str, at: &Label, out: &mut Vec<Problem>) {
        if let Some(of) = label.strip_prefix(RESIDUAL_PREFIX)
            && self.names.contains_key(of)
        {
            let reason = format!("`{}` is kept for the residual of `{}`", brief(label), brief(of));
            let hint = format!("mark `{}` as not exhaustive instead, or choose another name", brief(of));
            out.push(Problem::new(Code::ResidualName, at.place, reason, hint));
        }
    }

    fn judge_aliases(&self, draft: &Draft, i: usize, node: &DraftNode, out: &mut Vec<Problem>) {
        let mut own: HashMap<&str, ()> = HashMap::new();
        for label in node.aliases.iter().chain(&node.absorbs) {
            let text = label.text.as_str();
            if text.trim().is_empty() {
                continue;
            }
            if text == node.name.text || own.insert(text, ()).is_some() {
                let reason = format!("`{}` is given twice on `{}`", brief(text), brief(&node.name.text));
                out.push(Problem::new(Code::RepeatedLabel, label.place, reason, "once is enough"));
                continue;
            }
            self.residual(text, label, out);
            if let Some(other) = self.names.get(text).and_then(|o| draft.nodes.get(*o)) {
                let reason = format!(
                    "`{}` is an alias of `{}` and the name of another class ({})",
                    brief(text),
                    brief(&node.name.text),
                    draft.shown_beside(other.name.place, label.place)
                );
                out.push(Problem::new(Code::AliasIsName, label.place, reason, "take the alias away, or rename the other class"));
                continue;
            }
            // Said at the second and every later class, naming the first. Classes of one name have been said.
            let first = self.aliases.get(text).and_then(|owners| owners.first()).filter(|(first, _)| *first != i);
            let other = first.and_then(|(o, _)| draft.nodes.get(*o)).map_or("", |n| n.name.text.as_str());
            if let Some((_, place)) = first.filter(|_| other != node.name.text) {
                let reason = format!(
                    "`{}` is an alias of `{}` and of `{}` ({})",
                    brief(text),
                    brief(&node.name.text),
                    brief(other),
                    draft.shown_beside(*place, label.place)
                );
                out.push(Problem::new(Code::AmbiguousAlias, label.place, reason, "take it away from one of them"));
            }
        }
    }
}

fn lineages(draft: &Draft, out: &mut Vec<Problem>) {
    let mut owners: HashMap<&str, Place> = HashMap::new();
    for label in draft.nodes.iter().flat_map(|n| n.lineages()) {
        if !is_lineage(&label.text) {
            let reason = format!("`{}` can't be a lineage id: it may not hold white space, `/` or control characters", brief(&label.text));
            out.push(Problem::new(Code::BadLineage, label.place, reason, "leave it out to get one made from the name"));
        } else if let Some(first) = owners.insert(&label.text, label.place) {
            let reason = format!("the lineage id `{}` is given twice: {}", brief(&label.text), draft.shown_beside(first, label.place));
            out.push(Problem::new(Code::BadLineage, label.place, reason, "leave it out to get one made from the name"));
            owners.insert(&label.text, first);
        }
    }
}
