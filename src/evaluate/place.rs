//! How a decision stands to a label, for one object and without allocation, so that a list of 100,000 objects can be judged
//! at every edit of its tree. By the rules of [`super::Truth`] but for one: a decision that is the label's own class is
//! right even where the class has an "other" that the decision did not reach, because the label says no more.

use super::Verdict;
use crate::taxonomy::{Layout, NodeId};

/// Where a label's class lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelPlace {
    /// Slot of the class; none = the root.
    pub slot: Option<usize>,
    /// Slot of its "other", if it has one: objects labelled at the class itself belong there.
    pub residual: Option<usize>,
}

impl LabelPlace {
    /// Of a label that means `node`.
    pub fn new(layout: &Layout, node: NodeId) -> LabelPlace {
        LabelPlace { slot: layout.slot_of(node), residual: layout.residual_of(node) }
    }

    /// Judges a decision: its slot, residuals included; none = the root.
    pub fn judge(self, layout: &Layout, decision: Option<usize>) -> Verdict {
        if decision == self.slot || (decision.is_some() && decision == self.residual) {
            return Verdict::Correct;
        }
        let Some(d) = decision else { return Verdict::StoppedEarly };
        match self.slot {
            Some(own) if layout.ancestor_or_self(d, own) => Verdict::StoppedEarly,
            // Without an "other", what lies below the label is not known, and is not judged.
            Some(own) if self.residual.is_none() && layout.ancestor_or_self(own, d) => Verdict::Correct,
            None if self.residual.is_none() => Verdict::Correct,
            _ => Verdict::Mistake,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::{id, tree};
    use crate::evaluate::Truth;

    #[test]
    fn right_early_and_wrong() {
        // Slots: S, Ia, 91T, other Ia, CC, II, IIn, TDE.
        let t = tree("Object{S{Ia~{91T},CC{II,IIn}},TDE}");
        let layout = Layout::new(&t);
        let judged = |label: &str, decision: Option<&str>| {
            let slot = decision.map(|d| layout.by_name(d).unwrap());
            LabelPlace::new(&layout, id(&t, label)).judge(&layout, slot)
        };
        use Verdict::{Correct as Right, Mistake as Wrong, StoppedEarly as Early};
        for (label, decision, want) in [
            ("II", Some("II"), Right),
            ("II", Some("CC"), Early),
            ("II", Some("S"), Early),
            ("II", None, Early),
            ("II", Some("IIn"), Wrong),
            ("II", Some("Ia"), Wrong),
            ("II", Some("TDE"), Wrong),
            // A label at an exhaustive class says nothing of what is below it.
            ("CC", Some("IIn"), Right),
            ("CC", Some("CC"), Right),
            ("CC", Some("91T"), Wrong),
            // One at a class with an "other" does: such objects are "other Ia".
            ("Ia", Some("Ia"), Right),
            ("Ia", Some("other Ia"), Right),
            ("Ia", Some("91T"), Wrong),
            ("Ia", Some("S"), Early),
            ("91T", Some("other Ia"), Wrong),
            ("Object", None, Right),
            ("Object", Some("TDE"), Right),
        ] {
            assert_eq!(judged(label, decision), want, "{label} {decision:?}");
        }
    }

    #[test]
    fn agrees_with_the_evaluation() {
        let t = tree("Object{S{Ia~{91T},CC{II,IIn}},TDE~{X}}");
        let layout = Layout::new(&t);
        for node in t.preorder() {
            let truth = Truth::new(&layout, &t, node);
            let place = LabelPlace::new(&layout, node);
            for d in (0..layout.len()).map(Some).chain([None]) {
                let path = d.map(|d| layout.path(d)).unwrap_or_default();
                let judged = truth.judged(&path);
                let on_the_way = truth.path.starts_with(judged);
                assert_eq!(place.judge(&layout, d) != Verdict::Mistake, on_the_way, "{} {d:?}", t.node(node).name);
                let strict = crate::evaluate::verdict(&truth, &path);
                if d != layout.slot_of(node) {
                    assert_eq!(place.judge(&layout, d), strict, "{} {d:?}", t.node(node).name);
                }
            }
        }
    }
}
