//! Which objects a reference set keeps where there are too many: rare labels whole, of the common ones a sample whose weights
//! make up for the rest, so that what is fitted to it is about what would be fitted to the whole set.

use super::name_hash;
use super::refset::{RefRow, Refset};
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl Refset {
    /// At most `objects` objects (more, if that is fewer than there are of `whole_fold` plus one per label).
    ///
    /// The fold that was held out, `whole_fold`, stays whole: calibration scores and the judgement of refits are counted on it. Of the
    /// n objects of a label in the other folds min(n, c sqrt(n)) stay, with the same c for all labels, and each gets the
    /// weight n / (those that stay): so many objects are what it stands for. Which ones stay depends on the seed and the
    /// objects' names alone. A set that is small enough stays as it is; weights that are there already are multiplied.
    pub fn sampled(self, objects: usize, whole_fold: Option<u32>, seed: u64) -> Refset {
        let mut whole = BTreeSet::new();
        let mut by_label: BTreeMap<&str, BTreeSet<(u64, &str)>> = BTreeMap::new();
        for row in &self.rows {
            if Some(row.fold) == whole_fold {
                whole.insert(row.object_id.as_str());
            } else {
                by_label.entry(&row.label).or_default().insert((order(seed, &row.object_id), &row.object_id));
            }
        }
        let there: Vec<usize> = by_label.values().map(BTreeSet::len).collect();
        if whole.len() + there.iter().sum::<usize>() <= objects {
            return self;
        }
        let stay = shares(&there, objects.saturating_sub(whole.len()));
        let mut weights: HashMap<String, f32> = whole.into_iter().map(|id| (id.to_string(), 1.0)).collect();
        for (names, stay) in by_label.values().zip(stay) {
            let weight = names.len() as f32 / stay as f32;
            weights.extend(names.iter().take(stay).map(|(_, id)| (id.to_string(), weight)));
        }
        let kept = |row: RefRow| {
            let weight = row.weight * weights.get(&row.object_id)?;
            Some(RefRow { weight, ..row })
        };
        Refset { encoder: self.encoder, rows: self.rows.into_iter().filter_map(kept).collect() }
    }

    /// Whether every object stands for itself alone.
    pub fn is_whole(&self) -> bool {
        self.rows.iter().all(|r| r.weight == 1.0)
    }
}

/// How many of `there` objects of each label stay, at least one of each and no more than `objects` in all where that is possible.
fn shares(there: &[usize], objects: usize) -> Vec<usize> {
    let at = |c: f64| there.iter().map(|&n| ((c * (n as f64).sqrt()) as usize).clamp(n.min(1), n)).collect::<Vec<_>>();
    // c lies between that which keeps nearly nothing and that which keeps all.
    let (mut low, mut high) = (0.0, 1.0 + there.iter().map(|n| (*n as f64).sqrt()).fold(0.0, f64::max));
    for _ in 0..60 {
        let c = 0.5 * (low + high);
        if at(c).iter().sum::<usize>() > objects { high = c } else { low = c }
    }
    at(low)
}

/// A place in a shuffled order: FNV's last step mixes the end of a name into the low bits only, so the bits are mixed once more
/// (the finaliser of SplitMix64, Steele et al. 2014).
pub(crate) fn order(seed: u64, name: &str) -> u64 {
    let mut z = name_hash(name) ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 900 of A, 100 of B, 4 of C; ten folds; two rows each.
    fn set() -> Refset {
        let labels = (0..1004).map(|i| {
            (
                i,
                if i < 900 {
                    "A"
                } else if i < 1000 {
                    "B"
                } else {
                    "C"
                },
            )
        });
        let row = |i: usize, label: &str, age_d| RefRow {
            object_id: format!("ZTF{i}"),
            label: label.into(),
            fold: (i % 10) as u32,
            age_d,
            weight: 1.0,
            embedding: vec![i as f32],
            atoms: vec![1.0],
        };
        let rows = labels.flat_map(|(i, label)| [row(i, label, f32::INFINITY), row(i, label, 7.0)]);
        Refset { encoder: "e".into(), rows: rows.collect() }
    }

    fn weight_of(set: &Refset, label: &str, training: bool) -> f32 {
        let rows = set.rows.iter().filter(|r| r.label == label && (r.fold != 9) == training && r.age_d == 7.0);
        rows.map(|r| r.weight).sum()
    }

    #[test]
    fn rare_labels_and_the_held_out_fold_stay_whole_and_weights_add_up() {
        let (all, sampled) = (set(), set().sampled(300, Some(9), 1));
        let objects = sampled.rows.len() / 2;
        assert!((280..=300).contains(&objects), "{objects}");
        for label in ["A", "B", "C"] {
            for training in [true, false] {
                let (before, after) = (weight_of(&all, label, training), weight_of(&sampled, label, training));
                assert!((before - after).abs() < 1e-2, "{label} {training}: {before} {after}");
            }
        }
        assert_eq!(sampled.rows.iter().filter(|r| r.fold == 9).count(), all.rows.iter().filter(|r| r.fold == 9).count());
        assert!(sampled.rows.iter().filter(|r| r.label == "C" || r.fold == 9).all(|r| r.weight == 1.0));
        // Both rows of an object stay or go, and the order is kept.
        let rows = sampled.rows.chunks(2);
        assert!(rows.clone().all(|pair| pair[0].object_id == pair[1].object_id && pair[0].weight == pair[1].weight));
        assert!(rows.map(|pair| pair[0].embedding[0]).is_sorted());
        // 810 : 90 objects, kept as 3 : 1.
        let kept = |label: &str| sampled.rows.iter().filter(|r| r.label == label && r.fold != 9).count() as f64;
        assert!((kept("A") / kept("B") - 3.0).abs() < 0.1, "{} {}", kept("A"), kept("B"));
    }

    #[test]
    fn the_seed_decides_and_a_small_set_stays() {
        assert_eq!(set().sampled(1004, None, 1), set());
        assert!(set().is_whole() && !set().sampled(300, None, 1).is_whole());
        assert_eq!(set().sampled(300, None, 1), set().sampled(300, None, 1));
        assert_ne!(set().sampled(300, None, 1), set().sampled(300, None, 2));
        // Fewer than there are labels: one of each.
        assert_eq!(set().sampled(0, None, 1).rows.len(), 6);
        assert!(Refset { encoder: "e".into(), rows: vec![] }.sampled(0, None, 1).rows.is_empty());
    }

    #[test]
    fn a_sample_is_no_biased_choice() {
        // The mean of the embeddings (the objects' numbers) over A: of a uniform choice.
        let sampled = set().sampled(300, None, 3);
        let a: Vec<f64> = sampled.rows.iter().filter(|r| r.label == "A").map(|r| f64::from(r.embedding[0])).collect();
        let mean = a.iter().sum::<f64>() / a.len() as f64;
        let error = 260.0 / (a.len() as f64 / 2.0).sqrt();
        assert!((mean - 449.5).abs() < 4.0 * error, "seed 3: {mean} +- {error}");
    }
}
