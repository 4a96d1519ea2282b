//! Pouring a model's probabilities onto another tree, exactly and at once.
//!
//! The model's atoms (its leaves and residuals) are what it really tells apart. Each is poured into one place
//! of the target tree: the node that means the same class, else that of its nearest ancestor that has one,
//! else the root. What lies at a node and can go no deeper is `unresolved` there, so that always
//! P(parent) = sum of P(children) + residual + unresolved. Nothing is invented: a class that the model never
//! told apart is "not in the model" (none), never 0.

use super::matching::{Matcher, RegroupError};
use crate::taxonomy::{Layout, NodeId, Taxonomy};

/// Probabilities of a target tree. Arrays have one value per slot of its layout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Poured {
    /// P(node); none = "not in the model": no atom can fall there.
    pub p: Vec<Option<f64>>,
    /// The part of P(node) that lies at the node and in none of its children. 0 at leaves and residuals.
    pub unresolved: Vec<f64>,
    /// What lies at the root and in none of its children.
    pub unresolved_root: f64,
}

impl Poured {
    /// The most that the node's true value can be: P + the unresolved mass at its ancestors. The least is P
    /// (0 where it is none).
    pub fn upper(&self, layout: &Layout, slot: usize) -> f64 {
        let mut sum = self.p[slot].unwrap_or(0.0) + self.unresolved_root;
        let mut at = layout.slots[slot].parent;
        while let Some(parent) = at {
            sum += self.unresolved[parent];
            at = layout.slots[parent].parent;
        }
        sum.min(1.0)
    }
}

/// The way from a model's tree to a target tree, worked out once per edit.
#[derive(Debug, Clone)]
pub struct Regrouper {
    /// (model atom, target slot; none = the root).
    moves: Vec<(usize, Option<usize>)>,
    /// Per target slot.
    parent: Vec<Option<usize>>,
    inner: Vec<bool>,
    reachable: Vec<bool>,
    identity: bool,
    model_len: usize,
}

impl Regrouper {
    /// Finds the place of every atom. The layouts must be those of the trees.
    pub fn new(model: &Taxonomy, model_layout: &Layout, target: &Taxonomy, target_layout: &Layout) -> Result<Regrouper, RegroupError> {
        let matcher = Matcher::new(target);
        // Place of the same class: Some(None) = the target's root.
        let place = |id: NodeId| (id != target.root()).then(|| target_layout.slot_of(id)).flatten();
        let mut same: Vec<Option<Option<usize>>> = Vec::with_capacity(model_layout.len());
        for slot in &model_layout.slots {
            same.push(if slot.residual { None } else { matcher.find(model.node(slot.node))?.map(place) });
        }
        let root = matcher.find(model.node(model.root()))?.and_then(place);
        let residual_of = |x: Option<usize>| target_layout.residual_of(x.map_or(target.root(), |x| target_layout.slots[x].node));
        let mut moves = Vec::new();
        for atom in model_layout.atoms() {
            let mut at = Some(atom);
            let to = loop {
                match at {
                    None => break root,
                    Some(slot) => match same[slot] {
                        Some(place) => break place,
                        None => at = model_layout.slots[slot].parent,
                    },
                }
            };
            let slot = &model_layout.slots[atom];
            // "other X" goes to X; there it may go into X's own residual if that means the same.
            let own = if slot.residual { slot.parent.map_or(Some(root), |x| same[x]) } else { None };
            let to = match own.and_then(|x| residual_of(x).map(|r| (x, r))) {
                Some((x, residual)) if all_free(target_layout, x, residual, model_layout, slot.parent, &same) => Some(residual),
                _ => to,
            };
            moves.push((atom, to));
        }
        let mut reachable = vec![false; target_layout.len()];
        for &(_, to) in &moves {
            let mut at = to;
            while let Some(slot) = at
                && !reachable[slot]
            {
                reachable[slot] = true;
                at = target_layout.slots[slot].parent;
            }
        }
        let identity =
            model_layout.len() == target_layout.len()
                && moves.iter().all(|&(atom, to)| to == Some(atom))
                && model_layout.slots.iter().zip(&target_layout.slots).zip(&same).enumerate().all(|(i, ((m, t), place))| {
                    m.parent == t.parent && m.residual == t.residual && (m.residual || *place == Some(Some(i)))
                });
        Ok(Regrouper {
            moves,
            parent: target_layout.slots.iter().map(|s| s.parent).collect(),
            inner: (0..target_layout.len()).map(|s| !target_layout.is_atom(s)).collect(),
            reachable,
            identity,
            model_len: model_layout.len(),
        })
    }

    /// Whether the target is the model's own tree (names aside): then nothing is unresolved.
    pub fn is_identity(&self) -> bool {
        self.identity
    }

    /// Pours P per slot of the model's layout. Panics if the length is not that layout's.
    pub fn pour(&self, model_p: &[f64]) -> Poured {
        let mut out = Poured::default();
        self.pour_into(model_p, &mut out);
        out
    }

    /// As [`Regrouper::pour`], into an earlier answer whose room is used again: for many objects.
    pub fn pour_into(&self, model_p: &[f64], out: &mut Poured) {
        assert_eq!(model_p.len(), self.model_len, "one probability per slot of the model");
        let n = self.parent.len();
        out.unresolved.clear();
        out.unresolved.resize(n, 0.0);
        out.unresolved_root = 0.0;
        out.p.clear();
        if self.identity {
            out.p.extend(model_p.iter().copied().map(Some));
            return;
        }
        out.p.resize(n, Some(0.0));
        let add = |p: &mut Option<f64>, v: f64| *p = Some(p.unwrap_or(0.0) + v);
        for &(atom, to) in &self.moves {
            match to {
                Some(slot) => {
                    add(&mut out.p[slot], model_p[atom]);
                    if self.inner[slot] {
                        out.unresolved[slot] += model_p[atom];
                    }
                }
                None => out.unresolved_root += model_p[atom],
            }
        }
        // Children come after their parent.
        for slot in (0..n).rev() {
            let own = out.p[slot];
            if let (Some(parent), Some(own)) = (self.parent[slot], own) {
                add(&mut out.p[parent], own);
            }
            out.p[slot] = own.filter(|_| self.reachable[slot]).map(|v| v.min(1.0));
        }
    }

    /// The model's slots whose probabilities add up to that of a slot of the target (of the root: none is needed); none if
    /// the model knows nothing of it. `target_layout` is the one that this was made for.
    pub fn sources(&self, target_layout: &Layout, slot: usize) -> Option<Vec<usize>> {
        if self.identity {
            return Some(vec![slot]);
        }
        let below = target_layout.subtree(slot);
        let atoms: Vec<usize> = self.moves.iter().filter(|(_, to)| to.is_some_and(|t| below.contains(&t))).map(|(atom, _)| *atom).collect();
        (!atoms.is_empty()).then_some(atoms)
    }
}

/// Whether the model's "other X" has no part in any child of X on the target tree, so that it can go into the
/// target's own "other X". A child is free of it if it means a class that the model knows (and that is not X itself
/// or above X), or is exhaustive and made up of such. A new class may hold some of what the model called "other":
/// then the mass has to stay unresolved at X.
fn all_free(
    target: &Layout,
    x: Option<usize>,
    residual: usize,
    model: &Layout,
    model_x: Option<usize>,
    same: &[Option<Option<usize>>],
) -> bool {
    let below = x.map_or(0..target.len(), |x| x + 1..target.subtree(x).end);
    let from = below.start;
    let mut free = vec![false; below.len()];
    for (m, place) in same.iter().enumerate() {
        if let Some(Some(slot)) = place
            && below.contains(slot)
            && !model_x.is_some_and(|mx| model.ancestor_or_self(m, mx))
        {
            free[slot - from] = true;
        }
    }
    for slot in below.rev() {
        if !free[slot - from] && !target.is_atom(slot) {
            // A residual is never free, so that all children being free implies exhaustive.
            free[slot - from] = target.children(Some(slot)).iter().all(|&c| free[c - from]);
        }
    }
    target.children(x).iter().all(|&c| c == residual || free[c - from])
}
