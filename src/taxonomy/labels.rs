//! From a label in a data set to a node, and from a node to the slots that such an object trains.

use super::layout::Layout;
use super::names::loose_key;
use super::tree::{NodeId, Taxonomy};
use std::collections::{HashMap, HashSet};

/// What of a node a label matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// Its name.
    Name,
    /// An alias: the same class.
    Alias,
    /// An absorbed label: a finer class, whose detail is lost.
    Absorbed,
}

/// The node that a label means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelMatch {
    /// The node.
    pub node: NodeId,
    /// What of it matched.
    pub kind: MatchKind,
    /// Whether case, white space, `-` and `_` had to be disregarded.
    pub loose: bool,
}

/// Label matching with its loose keys made once: for many labels.
#[derive(Debug, Clone)]
pub struct LabelIndex<'a> {
    taxonomy: &'a Taxonomy,
    /// Per loose key the best kind, and the node, or None where two nodes are equally good.
    loose: HashMap<String, (MatchKind, Option<NodeId>)>,
}

impl<'a> LabelIndex<'a> {
    /// Indexes the labels of all nodes in the tree.
    pub fn new(taxonomy: &'a Taxonomy) -> Self {
        Self::filtered(taxonomy, |_| true, |_| true)
    }

    /// As [`LabelIndex::new`], but good for these labels alone: of a tree of many classes hardly anything is indexed.
    pub fn of<'l>(taxonomy: &'a Taxonomy, labels: impl Iterator<Item = &'l str>) -> Self {
        let wanted: HashSet<String> =
            labels.filter(|l| taxonomy.find_label(l.trim()).is_none()).map(loose_key).filter(|k| !k.is_empty()).collect();
        if wanted.is_empty() {
            return LabelIndex { taxonomy, loose: HashMap::new() };
        }
        let firsts: HashSet<char> = wanted.iter().filter_map(|k| k.chars().next()).collect();
        let first = |label: &str| {
            let c = label.chars().find(|c| !c.is_whitespace() && *c != '-' && *c != '_');
            c.and_then(|c| c.to_lowercase().next()).is_some_and(|c| firsts.contains(&c))
        };
        Self::filtered(taxonomy, first, |key| wanted.contains(key))
    }

    fn filtered(taxonomy: &'a Taxonomy, may_be: impl Fn(&str) -> bool, wanted: impl Fn(&str) -> bool) -> Self {
        let mut loose: HashMap<String, (MatchKind, Option<NodeId>)> = HashMap::new();
        for id in taxonomy.preorder() {
            for (label, kind) in kinds(taxonomy, id) {
                if !may_be(label) {
                    continue;
                }
                let key = loose_key(label);
                if key.is_empty() || !wanted(&key) {
                    continue;
                }
                let entry = loose.entry(key).or_insert((kind, Some(id)));
                if kind < entry.0 {
                    *entry = (kind, Some(id));
                } else if kind == entry.0 && entry.1 != Some(id) {
                    entry.1 = None;
                }
            }
        }
        LabelIndex { taxonomy, loose }
    }

    /// The node that `label` means: by exact name, alias or absorbed label (each label occurs once in a tree);
    /// failing that, by the same without regard to case, white space, `-` and `_`, names before aliases before
    /// absorbed labels. None if nothing fits, or if two nodes fit loosely and equally well.
    pub fn find(&self, label: &str) -> Option<LabelMatch> {
        let label = label.trim();
        if let Some(node) = self.taxonomy.find_label(label) {
            let kind = kinds(self.taxonomy, node).find(|(l, _)| *l == label).map_or(MatchKind::Name, |(_, k)| k);
            return Some(LabelMatch { node, kind, loose: false });
        }
        let (kind, node) = self.loose.get(&loose_key(label)).copied()?;
        Some(LabelMatch { node: node?, kind, loose: true })
    }

    /// Loose keys that two nodes share in the same role, so that only their exact spelling tells them apart; sorted.
    pub fn ambiguous(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.loose.iter().filter(|(_, v)| v.1.is_none()).map(|(k, _)| k.as_str()).collect();
        keys.sort_unstable();
        keys
    }
}

fn kinds(taxonomy: &Taxonomy, id: NodeId) -> impl Iterator<Item = (&str, MatchKind)> {
    let node = taxonomy.node(id);
    std::iter::once((node.name.as_str(), MatchKind::Name))
        .chain(node.aliases.iter().map(|a| (a.as_str(), MatchKind::Alias)))
        .chain(node.absorbs.iter().map(|a| (a.as_str(), MatchKind::Absorbed)))
}

/// The node that one label means: see [`LabelIndex::find`], which is faster for many labels.
pub fn match_label(taxonomy: &Taxonomy, label: &str) -> Option<LabelMatch> {
    LabelIndex::new(taxonomy).find(label)
}

/// The slots that an object labelled at `node` trains, top first: the path to the node; if the node has a residual,
/// that is the last. Empty for an object labelled at an exhaustive root, and for a node that is not in the tree.
pub fn target_slots(layout: &Layout, _taxonomy: &Taxonomy, node: NodeId) -> Vec<usize> {
    layout.residual_of(node).or_else(|| layout.slot_of(node)).map_or_else(Vec::new, |slot| layout.path(slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{Edit, Node};

    fn tree() -> Taxonomy {
        let mut t = Taxonomy::new("t", "Object");
        let mut ia = Node::new("SN Ia");
        ia.aliases = vec!["Ia".into(), "thermonuclear".into()];
        ia.absorbs = vec!["SN Ia-Ca-rich".into()];
        ia.exhaustive = false;
        let ia = t.add_node(t.root(), ia).unwrap();
        t.add_child(ia, "SN Ia-91T").unwrap();
        let cc = t.add_child(t.root(), "CC").unwrap();
        t.add_child(cc, "SN II").unwrap();
        t
    }

    #[test]
    fn an_index_of_some_labels_finds_the_same() {
        let t = tree();
        let labels = ["SN Ia", "Ia", "sn_ia ca RICH", "SNIa", " SN Ia ", "AGN", "", "-", "cc", "sn-ii", "thermo nuclear", "δ"];
        let (all, some) = (LabelIndex::new(&t), LabelIndex::of(&t, labels.into_iter()));
        for label in labels {
            assert_eq!(all.find(label), some.find(label), "{label}");
        }
    }

    #[test]
    fn exact_before_loose_and_names_before_the_rest() {
        let mut t = tree();
        let ia = t.find("SN Ia").unwrap();
        let ii = t.find("SN II").unwrap();
        assert_eq!(match_label(&t, "SN Ia"), Some(LabelMatch { node: ia, kind: MatchKind::Name, loose: false }));
        assert_eq!(match_label(&t, "Ia"), Some(LabelMatch { node: ia, kind: MatchKind::Alias, loose: false }));
        assert_eq!(match_label(&t, "SN Ia-Ca-rich"), Some(LabelMatch { node: ia, kind: MatchKind::Absorbed, loose: false }));
        assert_eq!(match_label(&t, "sn_ia ca RICH"), Some(LabelMatch { node: ia, kind: MatchKind::Absorbed, loose: true }));
        assert_eq!(match_label(&t, "SNIa"), Some(LabelMatch { node: ia, kind: MatchKind::Name, loose: true }));
        assert_eq!(match_label(&t, " SN Ia "), Some(LabelMatch { node: ia, kind: MatchKind::Name, loose: false }));
        assert_eq!(match_label(&t, "AGN"), None);
        assert_eq!(match_label(&t, ""), None);
        // An alias that is loosely another's name loses against the name.
        t.apply(Edit::SetAliases { id: ii, aliases: vec!["sn-ia".into()] }).unwrap();
        assert_eq!(match_label(&t, "SNIa").map(|m| m.node), Some(ia));
        assert_eq!(match_label(&t, "sn-ia").map(|m| m.node), Some(ii));
        // Two names that are loosely the same: only exact spelling helps.
        t.add_child(t.root(), "SN-II").unwrap();
        assert_eq!(match_label(&t, "SNII"), None);
        assert_eq!(match_label(&t, "SN II").map(|m| m.node), Some(ii));
        assert_eq!(LabelIndex::new(&t).ambiguous(), ["snii"]);
    }

    #[test]
    fn training_paths() {
        let mut t = tree();
        let l = Layout::new(&t);
        let names = |t: &Taxonomy, l: &Layout, n: &str| -> Vec<String> {
            target_slots(l, t, t.find(n).unwrap()).iter().map(|s| l.slots[*s].name.clone()).collect()
        };
        assert_eq!(names(&t, &l, "SN Ia"), ["SN Ia", "other SN Ia"]);
        assert_eq!(names(&t, &l, "SN Ia-91T"), ["SN Ia", "SN Ia-91T"]);
        assert_eq!(names(&t, &l, "CC"), ["CC"]);
        assert_eq!(names(&t, &l, "SN II"), ["CC", "SN II"]);
        assert!(names(&t, &l, "Object").is_empty());
        t.apply(Edit::SetExhaustive { id: t.root(), exhaustive: false }).unwrap();
        let l = Layout::new(&t);
        assert_eq!(names(&t, &l, "Object"), ["other Object"]);
    }
}
