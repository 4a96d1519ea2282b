//! What is scored: the five classes by the data's column, and by the label as published.

use taxonova::cascade::balance;
use taxonova::evaluate::bootstrap::{Interval, intervals};
use taxonova::evaluate::{Confusion, FIVE_CLASSES, FiveClass, MIN_OBJECTS};
use taxonova::taxonomy::{Layout, Taxonomy};
use taxonova::train::Example;

/// Which truth and which probabilities.
#[derive(Clone, Copy, PartialEq)]
pub enum Labels {
    /// The column `five_class`: SLSN-II are SN IIn.
    Column,
    /// The label on the tree, of the same rows: SLSN-II and what else is none of the five are left out.
    Raw,
}

/// How the class is chosen.
#[derive(Clone, Copy, PartialEq)]
pub enum Choice {
    /// The most probable one.
    Plain,
    /// The greatest P / rate^gamma, gamma chosen on the other folds.
    Favoured,
    /// The most probable one with the weights of the loss left in.
    Weighted,
}

impl Choice {
    /// All, in the order of the table.
    pub const ALL: [Choice; 3] = [Choice::Plain, Choice::Favoured, Choice::Weighted];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Choice::Plain => "most probable class",
            Choice::Favoured => "rare classes favoured",
            Choice::Weighted => "weights left in",
        }
    }
}

/// The five classes on a tree, by the one or the other kind of label.
pub struct Reading {
    labels: Labels,
    column: FiveClass,
    /// Slot of each class.
    slots: Vec<usize>,
}

/// An answer to an object: P of the five, P with the weights left in, truth, fold.
pub struct Row {
    pub p: [f64; 5],
    pub weighted: [f64; 5],
    pub truth: usize,
    pub fold: u32,
}

impl Reading {
    /// None if the tree lacks one of the classes.
    pub fn new(tree: &Taxonomy, layout: &Layout, labels: Labels) -> Option<Reading> {
        let column = FiveClass::new(tree, layout)?;
        let slots = FIVE_CLASSES.iter().map(|name| tree.find_label(name).and_then(|id| layout.slot_of(id)));
        Some(Reading { labels, column, slots: slots.collect::<Option<_>>()? })
    }

    /// P of the five.
    pub fn p(&self, p: &[f64]) -> [f64; 5] {
        match self.labels {
            Labels::Column => self.column.read(p),
            Labels::Raw => std::array::from_fn(|c| p[self.slots[c]]),
        }
    }

    /// The true class; none: not among the rows that are scored.
    pub fn truth(&self, e: &Example) -> Option<usize> {
        let of_column = e.five_class.as_deref().and_then(FiveClass::truth)?;
        match self.labels {
            Labels::Column => Some(of_column),
            Labels::Raw => self.slots.iter().position(|slot| e.path.contains(slot)),
        }
    }
}

/// The class said of each row.
pub fn said(rows: &[Row], choice: Choice) -> Vec<usize> {
    let ones = [1.0; 5];
    let best = |p: &[f64; 5], factors: &[f64]| balance::favoured(*p, factors).unwrap_or(0);
    match choice {
        Choice::Plain => rows.iter().map(|r| best(&r.p, &ones)).collect(),
        Choice::Weighted => rows.iter().map(|r| best(&r.weighted, &ones)).collect(),
        Choice::Favoured => {
            let mut out = vec![0; rows.len()];
            let mut folds: Vec<u32> = rows.iter().map(|r| r.fold).collect();
            folds.sort_unstable();
            folds.dedup();
            for fold in folds {
                let others: Vec<(&[f64], usize)> = rows.iter().filter(|r| r.fold != fold).map(|r| (r.p.as_slice(), r.truth)).collect();
                let rates: Vec<f64> =
                    (0..5).map(|c| others.iter().filter(|o| o.1 == c).count() as f64 / others.len().max(1) as f64).collect();
                let gamma = balance::choose(&others, &rates, MIN_OBJECTS).unwrap_or(0.0);
                let factors = balance::factors(&rates, gamma);
                for (out, row) in out.iter_mut().zip(rows).filter(|(_, r)| r.fold == fold) {
                    *out = best(&row.p, &factors);
                }
            }
            out
        }
    }
}

/// Macro F1, accuracy and the F1 of each class, mean over the seeds' answers, with intervals by bootstrap over the objects.
pub fn means(truths: &[usize], seeds: &[Vec<usize>]) -> Vec<Option<Interval>> {
    let objects: Vec<(usize, Vec<usize>)> = truths.iter().enumerate().map(|(i, t)| (*t, seeds.iter().map(|s| s[i]).collect())).collect();
    intervals(&objects, |sample| {
        let mut sums = [0.0; 7];
        for seed in 0..seeds.len() {
            let mut table = FiveClass::confusion();
            sample.iter().for_each(|(truth, said)| table.add(*truth, said[seed]));
            let scores = values(&table);
            sums.iter_mut().zip(scores).for_each(|(sum, v)| *sum += v / seeds.len() as f64);
        }
        sums.map(Some).to_vec()
    })
}

/// Macro F1, accuracy, F1 of each class.
fn values(table: &Confusion) -> [f64; 7] {
    let each = table.scores();
    std::array::from_fn(|i| match i {
        0 => table.macro_f1(),
        1 => table.accuracy(),
        _ => each.get(i - 2).map_or(0.0, |s| s.f1),
    })
}
