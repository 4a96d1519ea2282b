//! Classes that come from a pipeline or catalogue of their own.

use super::scored::Scored;
use crate::taxonomy::Layout;
use std::collections::HashMap;

/// Per slot: whether its objects come from sources of their own, which no object outside it has.
pub(super) fn own_sources(layout: &Layout, objects: &[Scored]) -> Vec<bool> {
    // Per source: objects in all, and per slot. Data have a few sources.
    let mut all: HashMap<u32, u64> = HashMap::new();
    let mut in_slot: HashMap<(u32, usize), u64> = HashMap::new();
    let mut unknown = vec![false; layout.len()];
    for object in objects {
        match object.source {
            Some(source) => {
                *all.entry(source).or_default() += 1;
                for &slot in &object.truth.path {
                    *in_slot.entry((source, slot)).or_default() += 1;
                }
            }
            None => object.truth.path.iter().for_each(|&slot| unknown[slot] = true),
        }
    }
    let mut own = vec![false; layout.len()];
    for &(_, slot) in in_slot.keys() {
        own[slot] = !unknown[slot];
    }
    for (&(source, slot), n) in &in_slot {
        if Some(n) != all.get(&source) {
            own[slot] = false;
        }
    }
    // Where everything is of one slot, there is nothing to be told apart.
    let total: u64 = all.values().sum();
    for (slot, own) in own.iter_mut().enumerate() {
        let n: u64 = in_slot.iter().filter(|((_, s), _)| *s == slot).map(|(_, n)| n).sum();
        *own &= n < total;
    }
    own
}
