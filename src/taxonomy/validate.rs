//! What is doubtful in a tree that is well formed. (What is not well formed is refused by edits and by reading.)

use super::faults::Code;
use super::labels::LabelIndex;
pub use super::names::{NameError, check_name};
use super::names::{loose_key, printable};
use super::tree::{NodeId, Taxonomy};

/// A class with fewer objects can hardly be learnt, nor its score be measured.
pub const FEW_EXAMPLES: u64 = 10;

/// Training and the interface are made for trees of so many nodes.
pub const MAX_NODES: usize = 100_000;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The tree can't be used.
    Error,
}

impl Severity {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Something that a tree's owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which fault it is, see [`RULES`](super::faults::RULES).
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// The node that it is about; None for the whole tree.
    pub node: Option<NodeId>,
    /// What it is and what helps; fit for a terminal.
    pub text: String,
}

/// All findings, in the order of the tree.
pub fn validate(taxonomy: &Taxonomy) -> Vec<Finding> {
    let mut findings = Vec::new();
    if taxonomy.len() > MAX_NODES {
        let text =
            format!("the tree has {} classes, more than the {MAX_NODES} that training and the interface are made for", taxonomy.len());
        findings.push(Finding { code: Code::TooManyNodes, severity: Code::TooManyNodes.severity(), node: None, text });
    }
    if taxonomy.is_leaf(taxonomy.root()) {
        let name = printable(&taxonomy.node(taxonomy.root()).name);
        findings.push(Finding {
            code: Code::NoClasses,
            severity: Code::NoClasses.severity(),
            node: Some(taxonomy.root()),
            text: format!("`{name}` has no classes below it: there is nothing to tell apart; add at least two"),
        });
        return findings;
    }
    let below = objects_below(taxonomy);
    let counted = taxonomy.preorder().any(|id| taxonomy.node(id).count.is_some());
    for id in taxonomy.preorder() {
        structure(taxonomy, id, &mut findings);
        if counted {
            examples(taxonomy, id, &below, &mut findings);
        }
    }
    ambiguous_labels(taxonomy, &mut findings);
    findings
}

/// Objects labelled at each node or below it, by arena index.
fn objects_below(taxonomy: &Taxonomy) -> Vec<u64> {
    let mut below = vec![0u64; taxonomy.arena_len()];
    let order: Vec<NodeId> = taxonomy.preorder().collect();
    for id in order.into_iter().rev() {
        let sum = below[id.index()].saturating_add(taxonomy.node(id).count.unwrap_or(0));
        below[id.index()] = sum;
        if let Some(parent) = taxonomy.parent(id) {
            below[parent.index()] = below[parent.index()].saturating_add(sum);
        }
    }
    below
}

fn structure(taxonomy: &Taxonomy, id: NodeId, findings: &mut Vec<Finding>) {
    let node = taxonomy.node(id);
    let name = printable(&node.name);
    let mut push = |code: Code, text| findings.push(Finding { code, severity: code.severity(), node: Some(id), text });
    if let ([child], true) = (taxonomy.children(id), node.exhaustive) {
        let child = printable(&taxonomy.node(*child).name);
        push(
            Code::SingleChild,
            format!(
                "`{name}` has the single child `{child}`, whose conditional probability is always 1: the two can't be told apart; \
                 mark `{name}` as not exhaustive, so that the residual `other {name}` competes with it, or add a sibling"
            ),
        );
    }
    if !node.exhaustive && taxonomy.is_leaf(id) {
        push(Code::ExhaustiveLeaf, format!("`{name}` is marked as not exhaustive, which has no effect on a leaf"));
    }
}

fn examples(taxonomy: &Taxonomy, id: NodeId, below: &[u64], findings: &mut Vec<Finding>) {
    let node = taxonomy.node(id);
    let name = printable(&node.name);
    let exact = node.count.unwrap_or(0);
    let in_children = below[id.index()].saturating_sub(exact);
    let mut push = |code: Code, text| findings.push(Finding { code, severity: code.severity(), node: Some(id), text });
    if taxonomy.is_leaf(id) {
        match exact {
            0 => push(Code::NoExamples, format!("`{name}` has no examples: its weight is 0 and it is never predicted")),
            n if n < FEW_EXAMPLES => {
                push(Code::FewExamples, format!("`{name}` has only {}: its parent could absorb it", objects(n)));
            }
            _ => {}
        }
    } else if taxonomy.has_residual(id) {
        if exact == 0 {
            push(
                Code::EmptyResidual,
                format!(
                    "`other {name}` has no examples, because nothing is labelled exactly `{name}`: mark `{name}` as exhaustive, or count such objects"
                ),
            );
        }
    } else if exact > 0 && exact > in_children {
        push(
            Code::LabelsAtExhaustive,
            format!(
                "{} labelled exactly `{name}`, more than all its children's ({in_children}), and `{name}` is exhaustive: each of them is \
                 pressed into one of the children; if many are none of these, mark `{name}` as not exhaustive",
                objects_are(exact)
            ),
        );
    } else if exact > 0 {
        push(
            Code::LabelsAboveLeaves,
            format!("{} labelled exactly `{name}`: only the path down to it is trained by them", objects_are(exact)),
        );
    }
}

fn objects(n: u64) -> String {
    if n == 1 { "1 object".into() } else { format!("{n} objects") }
}

fn objects_are(n: u64) -> String {
    format!("{} {}", objects(n), if n == 1 { "is" } else { "are" })
}

fn ambiguous_labels(taxonomy: &Taxonomy, findings: &mut Vec<Finding>) {
    let index = LabelIndex::new(taxonomy);
    let ambiguous = index.ambiguous();
    if ambiguous.is_empty() {
        return;
    }
    let keys: std::collections::HashSet<&str> = ambiguous.into_iter().collect();
    let mut owners: Vec<Vec<(NodeId, String)>> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for id in taxonomy.preorder() {
        for label in taxonomy.node(id).labels() {
            let key = loose_key(label);
            if !keys.contains(key.as_str()) {
                continue;
            }
            let at = *places.entry(key).or_insert(owners.len());
            match owners.get_mut(at) {
                Some(list) => list.push((id, label.to_string())),
                None => owners.push(vec![(id, label.to_string())]),
            }
        }
    }
    for list in owners {
        let spellings: Vec<String> = list
            .iter()
            .take(10)
            .map(|(id, label)| format!("`{}` of `{}`", printable(label), printable(&taxonomy.node(*id).name)))
            .collect();
        findings.push(Finding {
            code: Code::LooselyEqual,
            severity: Code::LooselyEqual.severity(),
            node: list.first().map(|(id, _)| *id),
            text: format!(
                "{} differ only in case, white space, `-` or `_`: labels in any other spelling match neither",
                spellings.join(" and ")
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{Edit, Node};

    fn texts(t: &Taxonomy, severity: Severity) -> Vec<String> {
        validate(t).into_iter().filter(|f| f.severity == severity).map(|f| f.text).collect()
    }

    #[test]
    fn a_single_child_warns_until_there_is_a_residual() {
        let mut t = Taxonomy::new("t", "Object");
        assert!(texts(&t, Severity::Error)[0].contains("no classes"));
        let a = t.add_child(t.root(), "A").unwrap();
        t.add_child(t.root(), "B").unwrap();
        assert!(validate(&t).is_empty());
        t.add_child(a, "A1").unwrap();
        let w = texts(&t, Severity::Warning);
        assert_eq!(w.len(), 1);
        assert!(w[0].contains("single child `A1`") && w[0].contains("residual `other A`"), "{w:?}");
        t.apply(Edit::SetExhaustive { id: a, exhaustive: false }).unwrap();
        assert!(validate(&t).is_empty());
    }

    #[test]
    fn counts_are_looked_at_only_where_there_are_any() {
        let mut t = Taxonomy::new("t", "Object");
        let a = t.add_child(t.root(), "A").unwrap();
        let b = t.add_child(t.root(), "B").unwrap();
        let a1 = t.add_child(a, "A1").unwrap();
        let a2 = t.add_child(a, "A2").unwrap();
        assert!(validate(&t).is_empty());
        for (id, n) in [(a, 100), (a1, 20), (a2, 3)] {
            t.apply(Edit::SetCount { id, count: Some(n) }).unwrap();
        }
        let w = texts(&t, Severity::Warning);
        assert_eq!(w.len(), 2, "{w:?}");
        assert!(w[0].contains("100 objects are labelled exactly `A`"));
        assert!(w[1].contains("`B` has no examples"));
        assert_eq!(texts(&t, Severity::Note), ["`A2` has only 3 objects: its parent could absorb it"]);
        t.apply(Edit::SetCount { id: a, count: Some(1) }).unwrap();
        t.apply(Edit::SetCount { id: b, count: Some(50) }).unwrap();
        assert!(texts(&t, Severity::Warning).is_empty());
        assert!(texts(&t, Severity::Note)[0].contains("1 object is labelled exactly `A`: only"));
        t.apply(Edit::SetExhaustive { id: a, exhaustive: false }).unwrap();
        t.apply(Edit::SetCount { id: a, count: None }).unwrap();
        assert!(texts(&t, Severity::Warning)[0].contains("`other A` has no examples"));
    }

    #[test]
    fn labels_that_only_spelling_tells_apart() {
        let mut t = Taxonomy::new("t", "Object");
        t.add_child(t.root(), "SN Ia").unwrap();
        t.add_node(t.root(), Node::new("SN-IA")).unwrap();
        let w = texts(&t, Severity::Warning);
        assert_eq!(w.len(), 1);
        assert!(w[0].contains("`SN Ia`") && w[0].contains("`SN-IA`"));
    }
}
