//! From probabilities to a decision at any node (SCIENCE section 3, rule `threshold`).

use super::Poured;
use crate::taxonomy::Layout;

/// An answer: a node of the tree, or "other" of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The node; none = the root. Where `other` is set, the residual's parent.
    pub slot: Option<usize>,
    /// The residual won: the object is in `slot`, and in none of its children.
    pub other: bool,
    /// Probability of what is said: of the node, or of the residual where `other` is set. The root's is 1.
    pub p: f64,
    /// Names from the top, the root left out unless it is the decision; the last one is `name`.
    pub path: Vec<String>,
    /// What is said: the node's name, or "other <node>".
    pub name: String,
}

/// From the root down to the most probable child while its probability is at least `tau` (in (0, 1]);
/// the decision is where that stops. Of equals the first wins.
///
/// A group with a single child is never entered on its own: the child can't be told from its parent. It is
/// looked through: where a descendant that competes with siblings reaches `tau`, the path leads there.
///
/// `p`: one probability per slot. Panics if the length is not the layout's.
pub fn decide_threshold(layout: &Layout, p: &[f64], tau: f64) -> Decision {
    assert_eq!(p.len(), layout.len(), "one probability per slot");
    said(layout, decide(layout, |slot| Some(p[slot]), tau))
}

/// As [`decide_threshold`] on an edited tree: nodes that are not in the model and unresolved mass are never
/// a decision.
pub fn decide_poured(layout: &Layout, poured: &Poured, tau: f64) -> Decision {
    assert_eq!(poured.p.len(), layout.len(), "one probability per slot");
    said(layout, decide(layout, |slot| poured.p[slot], tau))
}

/// The slot of the decision and its probability; none = the root.
pub(super) fn decide(layout: &Layout, p: impl Fn(usize) -> Option<f64>, tau: f64) -> Option<(usize, f64)> {
    let mut at: Option<(usize, f64)> = None;
    loop {
        let mut from = at.map(|(slot, _)| slot);
        while let [only] = layout.children(from) {
            from = Some(*only);
        }
        let mut best: Option<(usize, f64)> = None;
        for &child in layout.children(from) {
            if let Some(value) = p(child)
                && value >= tau
                && best.is_none_or(|(_, most)| value > most)
            {
                best = Some((child, value));
            }
        }
        match best {
            Some(child) => at = Some(child),
            None => return at,
        }
    }
}

/// A decision in words.
pub(super) fn said(layout: &Layout, at: Option<(usize, f64)>) -> Decision {
    let Some((slot, p)) = at else {
        return Decision { slot: None, other: false, p: 1.0, path: vec![layout.root_name.clone()], name: layout.root_name.clone() };
    };
    let path = layout.path(slot).into_iter().map(|s| layout.slots[s].name.clone()).collect();
    let said = &layout.slots[slot];
    Decision { slot: if said.residual { said.parent } else { Some(slot) }, other: said.residual, p, path, name: said.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    fn decision(text: &str, p: &[f64], tau: f64) -> (String, f64, bool) {
        let layout = Layout::new(&tree(text));
        let d = decide_threshold(&layout, p, tau);
        assert_eq!(d.path.last(), Some(&d.name));
        (d.path.join(" > "), d.p, d.other)
    }

    #[test]
    fn stops_where_no_child_is_probable_enough() {
        // A, A1, A2, B.
        let p = [0.8, 0.42, 0.38, 0.2];
        assert_eq!(decision("Root{A{A1,A2},B}", &p, 0.5), ("A".into(), 0.8, false));
        assert_eq!(decision("Root{A{A1,A2},B}", &p, 0.4), ("A > A1".into(), 0.42, false));
        assert_eq!(decision("Root{A{A1,A2},B}", &p, 0.8), ("A".into(), 0.8, false));
        assert_eq!(decision("Root{A{A1,A2},B}", &p, 0.81), ("Root".into(), 1.0, false));
    }

    #[test]
    fn the_path_is_followed_not_the_best_leaf() {
        // B has the most probable leaf, A the greater sum.
        let p = [0.6, 0.3, 0.3, 0.4, 0.4, 0.0];
        assert_eq!(decision("Root{A{A1,A2},B{B1,B2}}", &p, 0.35), ("A".into(), 0.6, false));
    }

    #[test]
    fn a_residual_is_said_as_other_of_its_parent() {
        // A, A1, other A, B.
        let text = "Root{A~{A1},B}";
        assert_eq!(decision(text, &[0.9, 0.2, 0.7, 0.1], 0.5), ("A > other A".into(), 0.7, true));
        let d = decide_threshold(&Layout::new(&tree(text)), &[0.9, 0.2, 0.7, 0.1], 0.5);
        assert_eq!(d.slot, Some(0));
        // Of the root: slot is none.
        let d = decide_threshold(&Layout::new(&tree("Root~{A}")), &[0.2, 0.8], 0.5);
        assert_eq!((d.slot, d.other, d.name.as_str()), (None, true, "other Root"));
    }

    #[test]
    fn single_children_are_not_entered_on_their_own_but_looked_through() {
        assert_eq!(decision("Root{A{A1},B}", &[0.9, 0.9, 0.1], 0.5), ("A".into(), 0.9, false));
        assert_eq!(decision("Root{A}", &[1.0], 0.5), ("Root".into(), 1.0, false));
        // A, M, X, Y, B: M is A's only child, X and Y compete below it.
        let text = "Root{A{M{X,Y}},B}";
        assert_eq!(decision(text, &[0.9, 0.9, 0.7, 0.2, 0.1], 0.5), ("A > M > X".into(), 0.7, false));
        assert_eq!(decision(text, &[0.9, 0.9, 0.46, 0.44, 0.1], 0.5), ("A".into(), 0.9, false));
    }

    #[test]
    fn equals_take_the_first_and_nan_is_never_taken() {
        assert_eq!(decision("Root{A,B}", &[0.5, 0.5], 0.5), ("A".into(), 0.5, false));
        assert_eq!(decision("Root{A,B}", &[f64::NAN, 0.5], 0.5), ("B".into(), 0.5, false));
    }
}
