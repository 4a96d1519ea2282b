//! The five classes of Superphot+ (de Soto et al. 2024), read off a tree of transients, so that results can
//! be set beside the published ones. Superphot+ counts SLSN-II as SN IIn: its P is P(SN IIn) + P(SLSN-II).

use super::confusion::Confusion;
use crate::taxonomy::{Layout, Taxonomy};

/// Names as in the data's column `five_class`.
pub const FIVE_CLASSES: [&str; 5] = ["SN Ia", "SN II", "SN IIn", "SLSN-I", "SN Ibc"];

/// Where the five classes are on a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiveClass {
    slots: [Vec<usize>; 5],
}

impl FiveClass {
    /// None if the tree lacks one of the classes (by name or alias). SLSN-II may be missing or lie within SN IIn.
    pub fn new(taxonomy: &Taxonomy, layout: &Layout) -> Option<FiveClass> {
        let slot = |name: &str| taxonomy.find_label(name).and_then(|id| layout.slot_of(id));
        let mut slots: [Vec<usize>; 5] = Default::default();
        for (class, name) in slots.iter_mut().zip(FIVE_CLASSES) {
            class.push(slot(name)?);
        }
        if let Some(luminous) = slot("SLSN-II")
            && !layout.ancestor_or_self(slots[2][0], luminous)
        {
            slots[2].push(luminous);
        }
        Some(FiveClass { slots })
    }

    /// Probabilities of the five, in the order of [`FIVE_CLASSES`]; what is not in the model counts as 0.
    pub fn read(&self, p: &[f64]) -> [f64; 5] {
        std::array::from_fn(|c| self.slots[c].iter().map(|&s| p[s]).filter(|v| !v.is_nan()).sum())
    }

    /// The most probable of the five, where there are factors of the slots after P is multiplied by them (a class of several slots has
    /// the least of theirs); of equals the first.
    pub fn predict(&self, p: &[f64], factors: Option<&[f64]>) -> usize {
        let mut five = self.read(p);
        if let Some(factors) = factors {
            for (class, slots) in five.iter_mut().zip(&self.slots) {
                let factor = slots.iter().filter_map(|&s| factors.get(s)).copied().fold(f64::INFINITY, f64::min);
                *class = if factor.is_finite() { *class * factor } else { 0.0 };
            }
        }
        let mut best = 0;
        for c in 1..5 {
            if five[c] > five[best] {
                best = c;
            }
        }
        best
    }

    /// Index of a value of the column `five_class`; none for other texts.
    pub fn truth(label: &str) -> Option<usize> {
        FIVE_CLASSES.iter().position(|c| *c == label.trim())
    }

    /// An empty table for the five.
    pub fn confusion() -> Confusion {
        Confusion::new(FIVE_CLASSES.iter().map(|c| c.to_string()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    #[test]
    fn superluminous_type_ii_counts_as_type_iin() {
        let t = tree("Object{SN Ia,CC{SN II,SN IIn,SLSN-II,SLSN-I,SN Ibc{SN Ib,SN Ic}}}");
        let layout = Layout::new(&t);
        let five = FiveClass::new(&t, &layout).unwrap();
        // SN Ia, CC, SN II, SN IIn, SLSN-II, SLSN-I, SN Ibc, SN Ib, SN Ic
        let p = [0.2, 0.8, 0.25, 0.2, 0.1, 0.05, 0.2, 0.15, 0.05];
        let read = five.read(&p);
        for (a, b) in read.iter().zip([0.2, 0.25, 0.3, 0.05, 0.2]) {
            assert!((a - b).abs() < 1e-12);
        }
        assert_eq!(five.predict(&p, None), 2);
        assert_eq!(FiveClass::truth("SN Ibc"), Some(4));
        assert_eq!(FiveClass::truth("TDE"), None);
    }

    #[test]
    fn within_type_iin_it_is_not_counted_twice() {
        let t = tree("Object{SN Ia,SN II,SN IIn{SLSN-II,narrow},SLSN-I,SN Ibc}");
        let layout = Layout::new(&t);
        let five = FiveClass::new(&t, &layout).unwrap();
        assert_eq!(five.read(&[0.1, 0.1, 0.6, 0.2, 0.4, 0.1, 0.1])[2], 0.6);
        let t = tree("Object{SN Ia,SN II}");
        assert_eq!(FiveClass::new(&t, &Layout::new(&t)), None);
    }
}
