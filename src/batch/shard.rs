//! The books of a run: the shard under way and the sum of all. A shard is a number of batches, so it is cut by input rows; a run
//! that is stopped closes it early.

use super::encode::Data;
use super::parts::Record;
use super::pipeline::Position;
use super::summary::{Failure, Summary};
use crate::lightcurve::Photometry;
use std::collections::HashSet;

/// Batches in a shard: 2,048 objects if none of them is long.
pub const BATCHES: u64 = 8;

/// Names the light curve of an object.
pub type Name = (String, Photometry);

/// What is known of a batch.
#[derive(Debug, Default)]
pub struct Batch {
    /// Counts.
    pub summary: Summary,
    /// What failed.
    pub failures: Vec<Failure>,
    /// Its light curves.
    pub names: Vec<Name>,
}

/// A shard that is full, or closed.
#[derive(Debug)]
pub struct Closed {
    /// What is written of it.
    pub record: Record,
    /// Its rows, where they are kept until it is full.
    pub data: Vec<Data>,
    /// A name that came more than once.
    pub repeated: Option<String>,
}

/// The shard under way.
#[derive(Debug, Default)]
pub struct Shard {
    batches: u64,
    record: Record,
    data: Vec<Data>,
    names: HashSet<Name>,
    repeated: Option<String>,
}

impl Shard {
    /// Adds a batch, after which reading goes on at `next`; its rows only if they have to wait.
    pub fn add(&mut self, batch: Batch, next: Position, data: Option<Data>) {
        self.batches += 1;
        self.record.next = next;
        self.record.summary.add(&batch.summary);
        self.record.failures.extend(batch.failures);
        self.data.extend(data);
        for name in batch.names {
            if let Some(known) = self.names.replace(name) {
                self.record.summary.repeated_ids += 1;
                self.repeated.get_or_insert(known.0);
            }
        }
    }

    /// The shard, once it is full, or has anything in it and `now` is set; another one begins.
    pub fn close(&mut self, now: bool) -> Option<Closed> {
        if self.batches == 0 || (!now && self.batches < BATCHES) {
            return None;
        }
        let Shard { record, data, repeated, .. } = std::mem::take(self);
        Some(Closed { record, data, repeated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(names: &[&str]) -> Batch {
        let names = names.iter().map(|n| (n.to_string(), Photometry::Difference)).collect();
        Batch { names, ..Batch::default() }
    }

    #[test]
    fn names_that_come_again_are_counted_within_a_shard() {
        let mut shard = Shard::default();
        assert!(shard.close(true).is_none());
        let next = Position { input: 0, item: 3 };
        shard.add(batch(&["a", "b", "a"]), next, None);
        assert!(shard.close(false).is_none());
        shard.add(Batch { names: vec![("b".into(), Photometry::Total)], ..Batch::default() }, next, None);
        shard.add(batch(&["a", "c"]), next, Some(Data::Bytes(vec![1])));
        let closed = shard.close(true).unwrap();
        assert_eq!((closed.record.summary.repeated_ids, closed.repeated.as_deref(), closed.data.len()), (2, Some("a"), 1));
        for i in 0..BATCHES {
            assert!(shard.close(false).is_none(), "{i}");
            shard.add(batch(&["a"]), next, None);
        }
        assert_eq!(shard.close(false).unwrap().record.summary.repeated_ids, BATCHES - 1);
    }
}
