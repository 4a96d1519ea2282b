//! Edits that are made of others: merge, duplicate, group, split off. Each is one value that is applied like any other.

use super::edit::{Edit, EditError, NewNode, Subtree};
use super::names::RESIDUAL_PREFIX;
use super::tree::{Node, NodeId, Taxonomy};
use std::collections::HashSet;

fn attached(taxonomy: &Taxonomy, id: NodeId) -> Result<(), EditError> {
    if taxonomy.is_attached(id) { Ok(()) } else { Err(EditError::NotInTree) }
}

/// Merges `from` into `into`: its children move there, its name, aliases and absorbed labels are absorbed (they were
/// another class), its count is added, and it is deleted.
pub fn merge(taxonomy: &Taxonomy, from: NodeId, into: NodeId) -> Result<Edit, EditError> {
    attached(taxonomy, from)?;
    attached(taxonomy, into)?;
    if from == into {
        return Err(EditError::DoesNotFit("a node can't be merged with itself"));
    }
    if from == taxonomy.root() {
        return Err(EditError::DeleteRoot);
    }
    let (source, target) = (taxonomy.node(from), taxonomy.node(into));
    if taxonomy.is_ancestor_or_self(from, into) && taxonomy.parent(into) != Some(from) {
        return Err(EditError::MoveIntoOwnSubtree { node: source.name.clone(), target: target.name.clone() });
    }
    let mut edits = Vec::new();
    if taxonomy.parent(into) == Some(from) {
        // Into its own child, which takes its place.
        let place = taxonomy.parent(from).ok_or(EditError::DeleteRoot)?;
        edits.push(Edit::Move { id: into, parent: place, index: taxonomy.position(from) });
    }
    let moving = taxonomy.children(from).iter().filter(|c| **c != into);
    edits.extend(moving.map(|c| Edit::Move { id: *c, parent: into, index: usize::MAX }));
    edits.push(Edit::Delete { id: from, children: Subtree::Rise });
    let absorbs = target.absorbs.iter().cloned().chain(source.labels().map(str::to_string)).collect();
    edits.push(Edit::SetAbsorbs { id: into, absorbs });
    if let Some(n) = source.count {
        edits.push(Edit::SetCount { id: into, count: Some(target.count.unwrap_or(0).saturating_add(n)) });
    }
    Ok(Edit::Batch(edits))
}

/// A copy of `id` and all below it as the next sibling. The copies have new names ("X copy", "X copy 2") and
/// lineage ids, and neither aliases, absorbed labels nor counts: those mean one node.
pub fn duplicate(taxonomy: &Taxonomy, id: NodeId) -> Result<Edit, EditError> {
    attached(taxonomy, id)?;
    let parent = taxonomy.parent(id).ok_or(EditError::DoesNotFit("a tree has one root"))?;
    let order: Vec<NodeId> = taxonomy.subtree(id).collect();
    let place: std::collections::HashMap<NodeId, usize> = order.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut nodes = Vec::with_capacity(order.len());
    for (i, source) in order.iter().enumerate() {
        let old = taxonomy.node(*source);
        let mut n = 1u64;
        let name = loop {
            let name = if n == 1 { format!("{} copy", old.name) } else { format!("{} copy {n}", old.name) };
            let residual = format!("{RESIDUAL_PREFIX}{name}");
            if taxonomy.find_label(&name).is_none() && taxonomy.find_label(&residual).is_none() && taken.insert(name.clone()) {
                break name;
            }
            n += 1;
        };
        let node = Node { note: old.note.clone(), exhaustive: old.exhaustive, ..Node::new(name) };
        let parent = if i == 0 { None } else { taxonomy.parent(*source).and_then(|p| place.get(&p).copied()) };
        nodes.push(NewNode { parent, node });
    }
    Ok(Edit::AddTree { parent, index: taxonomy.position(id) + 1, nodes })
}

/// A new node `name` in the place of the first of `members`, which become its children in their order. All must be siblings.
pub fn group(taxonomy: &Taxonomy, members: &[NodeId], name: &str) -> Result<Edit, EditError> {
    for id in members {
        attached(taxonomy, *id)?;
    }
    let parent = members.first().and_then(|m| taxonomy.parent(*m)).ok_or(EditError::MoveRoot)?;
    if members.iter().any(|m| taxonomy.parent(*m) != Some(parent)) {
        return Err(EditError::DoesNotFit("only siblings can be grouped"));
    }
    let mut ordered: Vec<NodeId> = taxonomy.children(parent).iter().copied().filter(|c| members.contains(c)).collect();
    let index = ordered.first().map_or(0, |m| taxonomy.position(*m));
    let new = taxonomy.next_id();
    let mut edits = vec![Edit::Add { parent, index, node: Node::new(name) }];
    edits.extend(ordered.drain(..).map(|id| Edit::Move { id, parent: new, index: usize::MAX }));
    Ok(Edit::Batch(edits))
}

/// A label that `id` absorbs becomes a child of its own, the last, with `count` objects, which `id` gives up.
pub fn split_off(taxonomy: &Taxonomy, id: NodeId, label: &str, count: Option<u64>) -> Result<Edit, EditError> {
    attached(taxonomy, id)?;
    let node = taxonomy.node(id);
    if !node.absorbs.iter().any(|a| a == label) {
        return Err(EditError::DoesNotFit("the node does not absorb that label"));
    }
    let absorbs = node.absorbs.iter().filter(|a| *a != label).cloned().collect();
    let mut edits =
        vec![Edit::SetAbsorbs { id, absorbs }, Edit::Add { parent: id, index: usize::MAX, node: Node { count, ..Node::new(label) } }];
    if let (Some(all), Some(part)) = (node.count, count) {
        edits.push(Edit::SetCount { id, count: Some(all.saturating_sub(part)) });
    }
    Ok(Edit::Batch(edits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::to_json;

    /// Object { A(5) { A1(1), A2 }, B(7; alias b; absorbs bb) { B1 } }
    fn tree() -> Taxonomy {
        let mut t = Taxonomy::new("t", "Object");
        let a = t.add_node(t.root(), Node { count: Some(5), ..Node::new("A") }).unwrap();
        let b = Node { count: Some(7), aliases: vec!["b".into()], absorbs: vec!["bb".into()], ..Node::new("B") };
        let b = t.add_node(t.root(), b).unwrap();
        t.add_node(a, Node { count: Some(1), ..Node::new("A1") }).unwrap();
        t.add_child(a, "A2").unwrap();
        t.add_child(b, "B1").unwrap();
        t
    }

    fn shape(t: &Taxonomy) -> String {
        t.preorder_with_depth().map(|(id, d)| format!("{}{}", "-".repeat(d), t.node(id).name)).collect::<Vec<_>>().join(" ")
    }

    fn there_and_back(t: &mut Taxonomy, edit: Edit, expected: &str) {
        let before = to_json(t);
        let inverse = t.apply(edit).unwrap();
        assert_eq!(shape(t), expected);
        assert_eq!(t.broken_invariant(), None);
        let after = to_json(t);
        let redo = t.apply(inverse).unwrap();
        assert_eq!(to_json(t), before);
        t.apply(redo).unwrap();
        assert_eq!(to_json(t), after);
        assert_eq!(t.broken_invariant(), None);
    }

    #[test]
    fn merging() {
        let mut t = tree();
        let (a, b) = (t.find("A").unwrap(), t.find("B").unwrap());
        let edit = merge(&t, b, a).unwrap();
        there_and_back(&mut t, edit, "Object -A --A1 --A2 --B1");
        assert_eq!(t.node(a).absorbs, ["B", "b", "bb"]);
        assert_eq!(t.node(a).count, Some(12));
        assert_eq!(merge(&t, a, a), Err(EditError::DoesNotFit("a node can't be merged with itself")));
        assert_eq!(merge(&t, t.root(), a), Err(EditError::DeleteRoot));
        // Into its own child.
        let a1 = t.find("A1").unwrap();
        let edit = merge(&t, a, a1).unwrap();
        there_and_back(&mut t, edit, "Object -A1 --A2 --B1");
        assert_eq!(t.node(a1).count, Some(13));
        assert_eq!(t.find_label("bb"), Some(a1));
    }

    #[test]
    fn duplicating() {
        let mut t = tree();
        let a = t.find("A").unwrap();
        let edit = duplicate(&t, a).unwrap();
        there_and_back(&mut t, edit, "Object -A --A1 --A2 -A copy --A1 copy --A2 copy -B --B1");
        let edit = duplicate(&t, a).unwrap();
        there_and_back(&mut t, edit, "Object -A --A1 --A2 -A copy 2 --A1 copy 2 --A2 copy 2 -A copy --A1 copy --A2 copy -B --B1");
        assert!(duplicate(&t, t.root()).is_err());
    }

    #[test]
    fn grouping_and_splitting_off() {
        let mut t = tree();
        let (a, b) = (t.find("A").unwrap(), t.find("B").unwrap());
        let edit = group(&t, &[b, a], "G").unwrap();
        there_and_back(&mut t, edit, "Object -G --A ---A1 ---A2 --B ---B1");
        assert!(group(&t, &[b, t.find("A1").unwrap()], "H").is_err());
        let edit = split_off(&t, b, "bb", Some(2)).unwrap();
        there_and_back(&mut t, edit, "Object -G --A ---A1 ---A2 --B ---B1 ---bb");
        assert_eq!((t.node(b).count, t.node(t.find("bb").unwrap()).count), (Some(5), Some(2)));
        assert!(split_off(&t, b, "bb", None).is_err());
    }
}
