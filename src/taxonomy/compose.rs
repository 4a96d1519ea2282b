//! Edits that are made of others: merge, duplicate, group, split off. Each is one value that is applied like any other.

use super::edit::{Edit, EditError, NewNode, Subtree};
use super::names::{RESIDUAL_PREFIX, is_made_from};
use super::tree::{Node, NodeId, Taxonomy};
use std::collections::HashSet;

fn attached(taxonomy: &Taxonomy, id: NodeId) -> Result<(), EditError> {
    if taxonomy.is_attached(id) { Ok(()) } else { Err(EditError::NotInTree) }
}

/// Merges `from` into `into`, which then stands for both: its children move there, its name and aliases become aliases
/// of `into` (those lineage ids that do not come from these names are kept too, so that a model's probabilities of both are added), its absorbed labels
/// are absorbed, its count is added, and it is deleted.
pub fn merge(taxonomy: &Taxonomy, from: NodeId, into: NodeId) -> Result<Edit, EditError> {
    if from == into {
        return Err(EditError::DoesNotFit("a node can't be merged with itself"));
    }
    merge_all(taxonomy, &[from], into)
}

/// [`merge`] of several nodes into one, one after the other; `into` itself is passed over. In time proportional to the
/// nodes and their labels: those that are merged are deleted when all children have moved, the last first, and what
/// `into` takes over is set once.
pub fn merge_all(taxonomy: &Taxonomy, from: &[NodeId], into: NodeId) -> Result<Edit, EditError> {
    attached(taxonomy, into)?;
    let target = taxonomy.node(into);
    let mut above: HashSet<NodeId> = taxonomy.ancestors(into).collect();
    let mut parent = taxonomy.parent(into);
    let mut merged: HashSet<NodeId> = HashSet::new();
    let (mut moves, mut deletes) = (Vec::new(), Vec::new());
    let (mut aliases, mut absorbs, mut lineages) = (target.aliases.clone(), target.absorbs.clone(), target.merged.clone());
    let mut count = target.count;
    for &id in from.iter().filter(|id| **id != into) {
        attached(taxonomy, id)?;
        let source = taxonomy.node(id);
        let Some(place) = taxonomy.parent(id) else { return Err(EditError::DeleteRoot) };
        if !merged.insert(id) {
            return Err(EditError::NotInTree);
        }
        if parent == Some(id) {
            // Into its own child, which takes its place. Nothing else has moved there or away yet.
            moves.push(Edit::Move { id: into, parent: place, index: taxonomy.position(id) });
            above.remove(&id);
            parent = Some(place);
        } else if above.contains(&id) {
            return Err(EditError::MoveIntoOwnSubtree { node: source.name.clone(), target: target.name.clone() });
        }
        let moving = taxonomy.children(id).iter().filter(|c| **c != into && !merged.contains(c));
        moves.extend(moving.map(|c| Edit::Move { id: *c, parent: into, index: usize::MAX }));
        deletes.push(Edit::Delete { id, children: Subtree::Rise });
        aliases.extend(std::iter::once(&source.name).chain(&source.aliases).cloned());
        absorbs.extend(source.absorbs.iter().cloned());
        // Where the names explain the id, they find what a model knows by it, and labels that are taken away again go before it.
        if !std::iter::once(&source.name).chain(&source.aliases).any(|l| is_made_from(&source.lineage, l)) {
            lineages.push(source.lineage.clone());
        }
        lineages.extend(source.merged.iter().cloned());
        count = source.count.map(|n| count.unwrap_or(0).saturating_add(n)).or(count);
    }
    if deletes.is_empty() {
        return Ok(Edit::Batch(Vec::new()));
    }
    let mut edits = moves;
    edits.extend(deletes.into_iter().rev());
    edits.push(Edit::SetAliases { id: into, aliases });
    if absorbs.len() > target.absorbs.len() {
        edits.push(Edit::SetAbsorbs { id: into, absorbs });
    }
    if count != target.count {
        edits.push(Edit::SetCount { id: into, count });
    }
    if lineages.len() > target.merged.len() {
        edits.push(Edit::SetMerged { id: into, lineages });
    }
    Ok(Edit::Batch(edits))
}

/// A copy of `id` and all below it as the next sibling. The copies have new names ("X copy", "X copy 2") and
/// lineage ids, and neither aliases, absorbed labels nor counts,
/// nor what was merged into the originals: those mean one node.
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

/// The nearest node above all of `members`; None for none of them, or where the root is among them.
pub fn nearest_above(taxonomy: &Taxonomy, members: &[NodeId]) -> Option<NodeId> {
    let mut common: Option<Vec<NodeId>> = None;
    for m in members {
        let path = taxonomy.path(taxonomy.parent(*m)?);
        common = Some(match common {
            None => path,
            Some(c) => c.into_iter().zip(path).take_while(|(a, b)| a == b).map(|(a, _)| a).collect(),
        });
    }
    common?.pop()
}

/// A new node `name` over `members`, which become its children in their order. It stands below the nearest node that is above
/// all of them, in the place of the first. They come in the order of the tree, and none may lie below another.
pub fn group(taxonomy: &Taxonomy, members: &[NodeId], name: &str) -> Result<Edit, EditError> {
    for id in members {
        attached(taxonomy, *id)?;
    }
    let first = *members.first().ok_or(EditError::DoesNotFit("there is nothing to group"))?;
    let all: HashSet<NodeId> = members.iter().copied().collect();
    // Nobody's way up is gone twice: in a deep tree that would take the square of its nodes.
    let mut seen: HashSet<NodeId> = HashSet::new();
    if members.iter().any(|m| taxonomy.ancestors(*m).take_while(|a| all.contains(a) || seen.insert(*a)).any(|a| all.contains(&a))) {
        return Err(EditError::DoesNotFit("one of the classes lies below another: choose the upper one alone"));
    }
    let parent = nearest_above(taxonomy, members).ok_or(EditError::MoveRoot)?;
    // The child of the new node's parent that is the first member, or has it below it.
    let branch = std::iter::once(first).chain(taxonomy.ancestors(first)).find(|n| taxonomy.parent(*n) == Some(parent)).unwrap_or(first);
    let new = taxonomy.next_id();
    let mut edits = vec![Edit::Add { parent, index: taxonomy.position(branch), node: Node::new(name) }];
    edits.extend(members.iter().map(|id| Edit::Move { id: *id, parent: new, index: usize::MAX }));
    Ok(Edit::Batch(edits))
}

/// Several nodes, in their order, become the last children of `parent`. None may lie below another.
pub fn move_all(taxonomy: &Taxonomy, members: &[NodeId], parent: NodeId) -> Edit {
    let moves = members.iter().filter(|m| **m != parent).map(|id| Edit::Move { id: *id, parent, index: usize::MAX });
    let mut moves: Vec<Edit> = moves.filter(|e| !taxonomy.changes_nothing(e)).collect();
    if moves.len() == 1 { moves.pop().unwrap_or(Edit::Batch(Vec::new())) } else { Edit::Batch(moves) }
}

/// A label of `id` other than its name (absorbed, or an alias) becomes a child of its own, the last, with `count` objects,
/// which `id` gives up. Where it is the name of a class that was merged into `id`, it gets that class's lineage id back.
pub fn split_off(taxonomy: &Taxonomy, id: NodeId, label: &str, count: Option<u64>) -> Result<Edit, EditError> {
    attached(taxonomy, id)?;
    let node = taxonomy.node(id);
    let without = |list: &[String]| list.iter().filter(|a| *a != label).cloned().collect::<Vec<_>>();
    let give_up = if node.absorbs.iter().any(|a| a == label) {
        Edit::SetAbsorbs { id, absorbs: without(&node.absorbs) }
    } else if node.aliases.iter().any(|a| a == label) {
        Edit::SetAliases { id, aliases: without(&node.aliases) }
    } else {
        return Err(EditError::DoesNotFit("the class has no such alias and absorbs no such label"));
    };
    let mut edits = vec![give_up];
    let mut new = Node { count, ..Node::new(label) };
    if let Some(lineage) = node.merged.iter().find(|l| is_made_from(l, label)) {
        new.lineage.clone_from(lineage);
        edits.push(Edit::SetMerged { id, lineages: node.merged.iter().filter(|l| *l != lineage).cloned().collect() });
    }
    edits.push(Edit::Add { parent: id, index: usize::MAX, node: new });
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
        assert!(matches!(&edit, Edit::Batch(edits) if !edits.iter().any(|e| matches!(e, Edit::SetMerged { .. }))), "the name says it");
        there_and_back(&mut t, edit, "Object -A --A1 --A2 --B1");
        assert_eq!(t.node(a).aliases, ["B", "b"]);
        assert_eq!(t.node(a).absorbs, ["bb"]);
        assert_eq!(t.node(a).count, Some(12));
        assert_eq!(merge(&t, a, a), Err(EditError::DoesNotFit("a node can't be merged with itself")));
        assert_eq!(merge(&t, t.root(), a), Err(EditError::DeleteRoot));
        // Into its own child.
        let a1 = t.find("A1").unwrap();
        let edit = merge(&t, a, a1).unwrap();
        there_and_back(&mut t, edit, "Object -A1 --A2 --B1");
        assert_eq!(t.node(a1).count, Some(13));
        assert_eq!(t.find_label("bb"), Some(a1));
        assert_eq!(t.broken_invariant(), None);
    }

    #[test]
    fn merging_what_was_renamed() {
        let mut t = tree();
        let (a, b, a1) = (t.find("A").unwrap(), t.find("B").unwrap(), t.find("A1").unwrap());
        t.apply(Edit::SetAliases { id: b, aliases: vec![] }).unwrap();
        t.apply(Edit::Rename { id: b, name: "Beta".into() }).unwrap();
        let edit = merge(&t, b, a).unwrap();
        there_and_back(&mut t, edit, "Object -A --A1 --A2 --B1");
        assert_eq!((t.node(a).merged.as_slice(), t.find_lineage("b")), (&["b".to_string()][..], Some(a)));
        t.apply(Edit::Rename { id: a, name: "Alpha".into() }).unwrap();
        let edit = merge(&t, a, a1).unwrap();
        there_and_back(&mut t, edit, "Object -A1 --A2 --B1");
        assert_eq!(t.node(a1).merged, ["a", "b"]);
        // A new class never gets a lineage id that was merged, and one that is split off gets its own back.
        t.apply(Edit::SetAliases { id: a1, aliases: vec!["b".into()] }).unwrap();
        let edit = split_off(&t, a1, "b", None).unwrap();
        let inverse = t.apply(edit).unwrap();
        assert_eq!((t.node(t.find("b").unwrap()).lineage.as_str(), &t.node(a1).merged[..]), ("b", &["a".to_string()][..]));
        t.apply(inverse).unwrap();
        t.apply(Edit::SetAliases { id: a1, aliases: vec![] }).unwrap();
        let again = t.add_child(t.root(), "B").unwrap();
        assert_eq!(t.node(again).lineage, "b-2");
        let copy = duplicate(&t, a1).unwrap();
        t.apply(copy).unwrap();
        assert!(t.node(t.find("A1 copy").unwrap()).merged.is_empty());
        assert_eq!(t.broken_invariant(), None);
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
        let edit = group(&t, &[a, b], "G").unwrap();
        there_and_back(&mut t, edit, "Object -G --A ---A1 ---A2 --B ---B1");
        let (a2, b1) = (t.find("A2").unwrap(), t.find("B1").unwrap());
        assert!(group(&t, &[b, b1], "H").is_err(), "one below the other");
        assert!(group(&t, &[t.root()], "H").is_err());
        assert!(group(&t, &[], "H").is_err());
        // From different parents: below the one above all, where the first branch stands.
        let edit = group(&t, &[a2, b1], "H").unwrap();
        let inverse = t.apply(edit).unwrap();
        assert_eq!(shape(&t), "Object -G --H ---A2 ---B1 --A ---A1 --B");
        t.apply(inverse).unwrap();
        let edit = split_off(&t, b, "bb", Some(2)).unwrap();
        there_and_back(&mut t, edit, "Object -G --A ---A1 ---A2 --B ---B1 ---bb");
        assert_eq!((t.node(b).count, t.node(t.find("bb").unwrap()).count), (Some(5), Some(2)));
        assert!(split_off(&t, b, "bb", None).is_err());
        let edit = split_off(&t, b, "b", None).unwrap();
        there_and_back(&mut t, edit, "Object -G --A ---A1 ---A2 --B ---B1 ---bb ---b");
        assert!(split_off(&t, b, "B", None).is_err(), "the name is no other label");
    }

    #[test]
    fn several_at_once() {
        let mut t = tree();
        let id = |t: &Taxonomy, n: &str| t.find(n).unwrap();
        let (a, a1, a2, b, b1) = (id(&t, "A"), id(&t, "A1"), id(&t, "A2"), id(&t, "B"), id(&t, "B1"));
        let edit = merge_all(&t, &[a1, a2, b1], b1).unwrap();
        there_and_back(&mut t, edit, "Object -A -B --B1");
        assert_eq!(t.node(b1).aliases, ["A1", "A2"]);
        assert!(merge_all(&t, &[a, t.root()], b).is_err());
        assert_eq!(merge_all(&t, &[b, b], a), Err(EditError::NotInTree));
        assert_eq!(merge_all(&t, &[b], b), Ok(Edit::Batch(Vec::new())));
        let edit = move_all(&t, &[a, b1], a);
        there_and_back(&mut t, edit, "Object -A --B1 -B");
        assert_eq!(move_all(&t, &[b1], a), Edit::Batch(Vec::new()), "it is there already");
        let edit = move_all(&t, &[a, b], b);
        there_and_back(&mut t, edit, "Object -B --A ---B1");
    }

    /// Each step of the chain above, and beside it, from above and from below.
    #[test]
    fn merging_ancestors_and_descendants_at_once() {
        let mut t = Taxonomy::new("t", "Object");
        let mut ids = vec![t.root()];
        for name in ["A", "B", "C", "D"] {
            ids.push(t.add_child(ids[ids.len() - 1], name).unwrap());
            t.add_child(ids[ids.len() - 2], format!("{name}'")).unwrap();
        }
        let [a, b, c, d] = ids[1..] else { panic!() };
        let edit = merge_all(&t, &[c, b], d).unwrap();
        there_and_back(&mut t.clone(), edit, "Object -A --D ---D' ---C' --B' -A'");
        let edit = merge_all(&t, &[b, c], a).unwrap();
        there_and_back(&mut t.clone(), edit, "Object -A --B' --C' --D --D' -A'");
        let edit = merge_all(&t, &[c, b], a).unwrap();
        there_and_back(&mut t.clone(), edit, "Object -A --B' --D --D' --C' -A'");
        assert!(matches!(merge_all(&t, &[b, c], d), Err(EditError::MoveIntoOwnSubtree { .. })), "the upper one can't go first");
    }

    /// The check that none lies below another goes each way up once.
    #[test]
    fn grouping_at_the_end_of_a_chain() {
        let mut t = Taxonomy::new("deep", "n0");
        let mut at = t.root();
        for i in 1..50_000 {
            at = t.add_child(at, format!("n{i}")).unwrap();
        }
        let leaves: Vec<NodeId> = (0..50_000).map(|i| t.add_child(at, format!("leaf {i}")).unwrap()).collect();
        assert!(matches!(group(&t, &leaves, "G"), Ok(Edit::Batch(edits)) if edits.len() == 50_001));
        let upper = [leaves[0], leaves[1], t.find("n3").unwrap()];
        assert!(group(&t, &upper, "G").is_err());
    }

    /// What the merges take over is set once, and the last sibling is deleted first.
    #[test]
    fn ten_thousand_merges() {
        let mut t = Taxonomy::new("t", "Object");
        let names: Vec<NodeId> = (0..10_000).map(|i| t.add_child(t.root(), format!("n{i}")).unwrap()).collect();
        let edit = merge_all(&t, &names, names[3]).unwrap();
        let Edit::Batch(edits) = &edit else { panic!("{edit:?}") };
        assert_eq!(edits.len(), 9_999 + 1);
        assert_eq!(edits[0], Edit::Delete { id: names[9_999], children: Subtree::Rise });
        there_and_back(&mut t, edit, "Object -n3");
        assert_eq!(t.node(names[3]).aliases.len(), 9_999);
    }

    #[test]
    fn trying_out_changes_nothing() {
        let mut t = tree();
        let (before, next) = (to_json(&t), t.next_id());
        let (a, b) = (t.find("A").unwrap(), t.find("B").unwrap());
        let edit = group(&t, &[a, b], "G").unwrap();
        assert_eq!(t.try_out(edit), Ok(()));
        assert!(t.try_out(Edit::Rename { id: a, name: "B".into() }).is_err());
        assert_eq!((to_json(&t), t.next_id()), (before, next));
        assert_eq!(t.broken_invariant(), None);
    }
}
