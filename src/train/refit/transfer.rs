//! Which share of the objects of each atom of the base's tree is in each node of the new tree: the start of a refit, from
//! which it can't tell more than the old model, nor less.

use crate::taxonomy::Layout;

/// A training object: the slot of its label on the base's tree (none: the root, or not known), that on the new one, and the
/// number of objects that it stands for.
pub type Pair = (Option<usize>, usize, f64);

/// T [base slots, new slots] with the sums over what is below a new node included; rows of the base's inner nodes are 0.
///
/// `pairs`: one of every training object. A row sums to 1 over the new atoms, or to 0 where no object of the base's atom is left.
pub fn transfer(base: &Layout, new: &Layout, pairs: &[Pair]) -> Vec<f64> {
    let n = new.len();
    let mut counts = vec![0.0; base.len() * n];
    for &(old, new_slot, weight) in pairs {
        if let Some(old) = old
            && base.is_atom(old)
            && new.is_atom(new_slot)
        {
            counts[old * n + new_slot] += weight;
        }
    }
    // Objects of each atom on either side, for labels that name an inner node: they are spread like the rest.
    let mut of_base = vec![0.0; base.len()];
    let mut of_new = vec![0.0; n];
    for &(old, new_slot, weight) in pairs {
        if let Some(old) = old {
            of_base[old] += weight;
        }
        of_new[new_slot] += weight;
    }
    let spread = |layout: &Layout, of: &[f64], slot: Option<usize>| -> Vec<(usize, f64)> {
        let range = slot.map_or(0..layout.len(), |s| layout.subtree(s));
        let atoms: Vec<usize> = range.filter(|s| layout.is_atom(*s)).collect();
        let total: f64 = atoms.iter().map(|a| of[*a]).sum();
        let even = 1.0 / atoms.len().max(1) as f64;
        atoms.into_iter().map(|a| (a, if total > 0.0 { of[a] / total } else { even })).collect()
    };
    let known = |counts: &[f64], c: usize| (0..base.len()).any(|a| counts[a * n + c] > 0.0);
    // A new atom whose objects were labelled at inner nodes of the base's tree.
    let orphans: Vec<usize> = (0..n).filter(|&c| new.is_atom(c) && of_new[c] > 0.0 && !known(&counts, c)).collect();
    for &(old, c, weight) in pairs.iter().filter(|(_, c, _)| orphans.binary_search(c).is_ok()) {
        for (a, share) in spread(base, &of_base, old) {
            counts[a * n + c] += weight * share;
        }
    }
    // An atom of the base whose objects are labelled at inner nodes of the new tree.
    let silent: Vec<bool> = (0..base.len()).map(|a| counts[a * n..(a + 1) * n].iter().all(|v| *v == 0.0)).collect();
    for &(old, c, weight) in pairs {
        if let Some(a) = old
            && base.is_atom(a)
            && silent[a]
        {
            for (atom, share) in spread(new, &of_new, Some(c)) {
                counts[a * n + atom] += weight * share;
            }
        }
    }
    for row in counts.chunks_mut(n.max(1)) {
        let total: f64 = row.iter().sum();
        if total > 0.0 {
            row.iter_mut().for_each(|v| *v /= total);
        }
        for slot in (0..n).rev() {
            if let Some(parent) = new.slots[slot].parent {
                row[parent] += row[slot];
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    fn layout(text: &str) -> Layout {
        Layout::new(&tree(text))
    }

    fn ones(pairs: &[(Option<usize>, usize)]) -> Vec<Pair> {
        pairs.iter().map(|(old, new)| (*old, *new, 1.0)).collect()
    }

    #[test]
    fn the_same_tree_is_the_identity() {
        // A, A1, other A, B.
        let l = layout("Root{A~{A1},B}");
        let t = transfer(&l, &l, &ones(&[(Some(1), 1), (Some(2), 2), (Some(2), 2), (Some(3), 3)]));
        #[rustfmt::skip]
        assert_eq!(t, [
            0.0, 0.0, 0.0, 0.0,
            1.0, 1.0, 0.0, 0.0,
            1.0, 0.0, 1.0, 0.0,
            0.0, 0.0, 0.0, 1.0,
        ]);
    }

    #[test]
    fn a_split_leaf_and_a_class_from_an_inner_label() {
        // Base: A, A1, A2, B. New: A, A1, A3, B, B1, B2: B is split, A3's objects were only known to be A.
        let (base, new) = (layout("Root{A{A1,A2},B}"), layout("Root{A{A1,A3},B{B1,B2}}"));
        let pairs = [(Some(1), 1), (Some(1), 1), (Some(1), 1), (Some(2), 1), (Some(0), 2), (Some(3), 4), (Some(3), 5), (Some(3), 5)];
        let t = transfer(&base, &new, &ones(&pairs));
        let row = |a: usize| &t[a * 6..(a + 1) * 6];
        // A3: one object, three quarters of it from A1 (3 of 4 objects): 0.75 / 3.75.
        assert!((row(1)[2] - 0.2).abs() < 1e-12 && (row(1)[0] - 1.0).abs() < 1e-12, "{t:?}");
        assert!((row(3)[4] - 1.0 / 3.0).abs() < 1e-12 && (row(3)[5] - 2.0 / 3.0).abs() < 1e-12 && row(3)[3] == 1.0);
    }

    #[test]
    fn an_atom_known_only_to_be_in_an_inner_node_is_spread_below_it() {
        // New: A, A1, A2, B. The base's B is labelled A there.
        let (base, new) = (layout("Root{A1,A2,B}"), layout("Root{A{A1,A2},B}"));
        let t = transfer(&base, &new, &[(Some(0), 1, 1.0), (Some(1), 2, 3.0), (Some(2), 0, 1.0)]);
        assert_eq!(&t[8..], [1.0, 0.25, 0.75, 0.0]);
    }
}
