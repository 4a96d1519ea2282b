//! Decision, margin and entropy of many objects on one tree. Only the classes that the model can reach are looked at, so
//! that a tree of 100,000 classes costs an object no more than the model's own; nothing is allocated per object. The numbers
//! are those of [`Regrouper::pour`] and [`super::decide_poured`].

use super::Regrouper;
use crate::taxonomy::Layout;

/// What an answer of the model means on the tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The slot of the decision, residuals included; none = the root.
    pub slot: Option<usize>,
    /// Its probability; the root's is 1.
    pub p: f64,
    /// The most probable leaf's probability less that of the next.
    pub margin: f64,
    /// Entropy over leaves, residuals and what is unresolved at each class, bits.
    pub entropy: f64,
}

/// A tree, made ready.
#[derive(Debug)]
pub struct Judge<'a> {
    layout: &'a Layout,
    identity: bool,
    /// Slots that the model reaches, in pre-order. All below are indices into this.
    slots: Vec<usize>,
    parent: Vec<Option<usize>>,
    atom: Vec<bool>,
    /// (model atom, where it goes; none = the root)
    moves: Vec<(usize, Option<usize>)>,
    /// Children that are reached; the first list is the root's.
    children: Vec<Vec<usize>>,
}

/// Room for one object after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    p: Vec<f64>,
    unresolved: Vec<f64>,
}

impl<'a> Judge<'a> {
    /// For the layout that the regrouper was made for.
    pub fn new(layout: &'a Layout, regrouper: &Regrouper) -> Judge<'a> {
        let slots: Vec<usize> = (0..layout.len()).filter(|s| regrouper.is_reachable(*s)).collect();
        let mut at = vec![None; layout.len()];
        for (i, slot) in slots.iter().enumerate() {
            at[*slot] = Some(i);
        }
        let parent: Vec<Option<usize>> = slots.iter().map(|s| layout.slots[*s].parent.and_then(|p| at[p])).collect();
        let mut children = vec![Vec::new(); slots.len() + 1];
        for (i, parent) in parent.iter().enumerate() {
            children[parent.map_or(0, |p| p + 1)].push(i);
        }
        Judge {
            identity: regrouper.is_identity(),
            atom: slots.iter().map(|s| layout.is_atom(*s)).collect(),
            moves: regrouper.moves().iter().map(|(atom, to)| (*atom, to.and_then(|t| at[t]))).collect(),
            layout,
            slots,
            parent,
            children,
        }
    }

    /// Judges the model's probabilities. Panics if their number is not the model's.
    pub fn judge(&self, model_p: &[f64], tau: f64, scratch: &mut Scratch) -> Judged {
        let unresolved_root = self.pour(model_p, scratch);
        let (slot, decision_p) = self.decision(&scratch.p, tau);
        let (mut best, mut next) = (0.0f64, 0.0f64);
        let mut entropy = part(unresolved_root);
        for ((v, unresolved), atom) in scratch.p.iter().zip(&scratch.unresolved).zip(&self.atom) {
            if !atom {
                entropy += part(*unresolved);
                continue;
            }
            entropy += part(*v);
            if *v > best {
                (best, next) = (*v, best);
            } else {
                next = next.max(*v);
            }
        }
        Judged { slot, p: decision_p, margin: best - next, entropy }
    }

    /// As [`Judge::judge`], where margin and entropy are known and the threshold alone is another.
    pub fn decide_again(&self, model_p: &[f64], tau: f64, scratch: &mut Scratch, known: Judged) -> Judged {
        self.pour(model_p, scratch);
        let (slot, p) = self.decision(&scratch.p, tau);
        Judged { slot, p, ..known }
    }

    /// Probabilities into the scratch; returns what is unresolved at the root.
    fn pour(&self, model_p: &[f64], scratch: &mut Scratch) -> f64 {
        let Scratch { p, unresolved } = scratch;
        let n = self.slots.len();
        unresolved.clear();
        unresolved.resize(n, 0.0);
        p.clear();
        if self.identity {
            p.extend(self.slots.iter().map(|slot| model_p[*slot]));
            return 0.0;
        }
        p.resize(n, 0.0);
        let mut unresolved_root = 0.0;
        for &(atom, to) in &self.moves {
            match to {
                Some(i) => {
                    p[i] += model_p[atom];
                    if !self.atom[i] {
                        unresolved[i] += model_p[atom];
                    }
                }
                None => unresolved_root += model_p[atom],
            }
        }
        // Children come after their parent.
        for i in (0..n).rev() {
            if let Some(parent) = self.parent[i] {
                p[parent] += p[i];
            }
        }
        for v in p.iter_mut() {
            *v = v.min(1.0);
        }
        unresolved_root
    }

    fn decision(&self, p: &[f64], tau: f64) -> (Option<usize>, f64) {
        match self.decide(p, tau) {
            Some(i) => (Some(self.slots[i]), p[i]),
            None => (None, 1.0),
        }
    }

    /// The rule of [`super::decide_threshold`].
    fn decide(&self, p: &[f64], tau: f64) -> Option<usize> {
        let mut at: Option<usize> = None;
        loop {
            let mut from = at;
            // A single child is looked through; if it is not reached, nothing below it is.
            while self.layout.children(from.map(|i| self.slots[i])).len() == 1 {
                match self.children[from.map_or(0, |i| i + 1)].first() {
                    Some(only) => from = Some(*only),
                    None => return at,
                }
            }
            let mut best: Option<(usize, f64)> = None;
            for &child in &self.children[from.map_or(0, |i| i + 1)] {
                if p[child] >= tau && best.is_none_or(|(_, most)| p[child] > most) {
                    best = Some((child, p[child]));
                }
            }
            match best {
                Some((child, _)) => at = Some(child),
                None => return at,
            }
        }
    }
}

/// What an outcome of probability `p` adds to the entropy, bits.
fn part(p: f64) -> f64 {
    if p > 0.0 { -p * p.log2() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::decide_poured;
    use crate::cascade::testing::{id, tree};
    use crate::taxonomy::{Edit, Subtree, Taxonomy};

    fn agrees(model: &Taxonomy, target: &Taxonomy, seed: u64) {
        let (ml, tl) = (Layout::new(model), Layout::new(target));
        let regrouper = Regrouper::new(model, &ml, target, &tl).unwrap();
        let judge = Judge::new(&tl, &regrouper);
        let mut scratch = Scratch::default();
        let mut x = seed;
        for _ in 0..200 {
            let mut p = vec![0.0; ml.len()];
            for group in &ml.groups {
                let parent = group.parent.map_or(1.0, |g| p[g]);
                let weights: Vec<f64> = group
                    .members
                    .iter()
                    .map(|_| {
                        x ^= x << 13;
                        x ^= x >> 7;
                        x ^= x << 17;
                        ((x % 1000) as f64 / 1000.0).powi(4) + 1e-6
                    })
                    .collect();
                let sum: f64 = weights.iter().sum();
                for (slot, w) in group.members.iter().zip(weights) {
                    p[*slot] = parent * w / sum;
                }
            }
            let poured = regrouper.pour(&p);
            for tau in [0.2, 0.5, 0.9] {
                let want = decide_poured(&tl, &poured, tau);
                let got = judge.judge(&p, tau, &mut scratch);
                let again = judge.decide_again(&p, tau, &mut scratch, Judged { slot: None, p: 0.0, ..got });
                assert_eq!(again, got, "seed {seed}");
                let name = got.slot.map_or(tl.root_name.clone(), |s| tl.slots[s].name.clone());
                assert_eq!((name, got.p), (want.name, want.p), "seed {seed}");
                let atoms = tl.atoms();
                let mut leaves: Vec<f64> = atoms.iter().map(|a| poured.p[*a].unwrap_or(0.0)).collect();
                let outcomes = leaves.iter().chain(&poured.unresolved).chain([&poured.unresolved_root]);
                let entropy: f64 = outcomes.filter(|v| **v > 0.0).map(|v| -v * v.log2()).sum();
                assert!((got.entropy - entropy).abs() < 1e-12, "seed {seed}");
                leaves.sort_by(|a, b| b.total_cmp(a));
                assert!((got.margin - (leaves[0] - leaves.get(1).unwrap_or(&0.0))).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn the_numbers_are_those_of_pouring_and_deciding() {
        let model = tree("Object{S{Ia~{91T,bg},CC{II,IIn,Ibc{Ib,Ic}}},TDE,V{M{X,Y}}}");
        agrees(&model, &model, 11);
        let mut edited = model.clone();
        edited.apply(Edit::SetExhaustive { id: id(&model, "CC"), exhaustive: false }).unwrap();
        agrees(&model, &edited, 12);
        let mut merged = model.clone();
        merged.apply(Edit::Delete { id: id(&model, "Ibc"), children: Subtree::GoAlong }).unwrap();
        merged.add_child(id(&model, "TDE"), "new").unwrap();
        merged.add_child(id(&model, "X"), "only").unwrap();
        agrees(&model, &merged, 13);
        agrees(&model, &tree("Object{S,Other{TDE,K}}"), 14);
        agrees(&model, &tree("Nothing{A{B,C}}"), 15);
    }
}
