//! The reference set as a refit needs it: the base's probabilities of every row, every object's node on the edited tree,
//! and the training part's inputs and targets.

use super::RefitError;
use super::labels::{How, Mapper};
use super::transfer::Pair;
use crate::model::Model;
use crate::model::head::Head;
use crate::model::refset::{RefRow, Refset};
use crate::taxonomy::{Counts, LabelIndex, Layout, NodeId, Taxonomy, Weights, printable, target_slots};
use crate::train::loss::Target;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Share of the importance of an object that its whole light curve has; the younger ages share the rest.
const WHOLE: f64 = 0.5;
/// Labels that are named where nothing fits.
const EXAMPLES: usize = 5;

/// An object whose label the edited tree holds.
pub struct Object {
    /// Its rows.
    pub rows: Range<usize>,
    /// On the edited tree.
    pub node: NodeId,
    /// Slot of its label on the base's tree; none: the root.
    pub old: Option<usize>,
    /// In the fold that is not trained on.
    pub held_out: bool,
    /// Objects that it stands for.
    pub weight: f64,
}

/// See the module.
pub struct Rows<'a> {
    rows: &'a [RefRow],
    /// Posteriors of the base [R, base slots].
    base_p: Vec<f64>,
    base: usize,
    /// Inputs of a head.
    pub inputs: usize,
    /// Width of the embeddings.
    pub embedding: usize,
    /// In the file's order.
    pub objects: Vec<Object>,
    /// Of the training part.
    pub counts: Counts,
    /// See [`super::Notes`].
    pub left_out: BTreeMap<String, usize>,
    /// See [`super::Notes`].
    pub to_ancestor: BTreeMap<String, (String, usize)>,
}

/// The training part.
#[derive(Default)]
pub struct Training {
    /// Objects.
    pub objects: usize,
    /// Posteriors of the base [R, base slots].
    pub base_p: Vec<f64>,
    /// Inputs [R, F], raw.
    pub x: Vec<f64>,
    /// Of each row.
    pub targets: Vec<Target>,
    /// Of each row; those of an object sum to its weight.
    pub importance: Vec<f64>,
    /// The weight of each row's object: the training objects that it stands for.
    pub weight: Vec<f64>,
}

impl<'a> Rows<'a> {
    /// `base`: the layout of the model's base tree.
    pub fn new(refset: &'a Refset, model: &Model, base: &Layout, tree: &Taxonomy, held_out: Option<u32>) -> Result<Rows<'a>, RefitError> {
        let rows = &refset.rows;
        let embedding = rows.first().map_or(base.len(), |r| r.embedding.len()).max(base.len());
        let atoms = base.atoms();
        let mut base_p = Vec::with_capacity(rows.len() * base.len());
        for row in rows {
            check(row, atoms.len(), embedding)?;
            spread(base, &atoms, row, &mut base_p);
        }
        let mut out = Rows {
            rows,
            base_p,
            base: base.len(),
            inputs: embedding,
            embedding,
            objects: Vec::new(),
            counts: Counts::default(),
            left_out: BTreeMap::new(),
            to_ancestor: BTreeMap::new(),
        };
        let base_tree = model.base_taxonomy();
        let mut mapper = Mapper::new(tree, &[model.taxonomy(), base_tree]);
        let index = LabelIndex::new(base_tree);
        let mut old_slots: HashMap<&str, Option<usize>> = HashMap::new();
        let mut exact: HashMap<NodeId, f64> = HashMap::new();
        let mut at = 0;
        while let Some(first) = rows.get(at) {
            let end = at + rows[at..].iter().take_while(|r| r.object_id == first.object_id).count();
            let range = at..end;
            at = end;
            let Some((node, how)) = mapper.find(&first.label) else {
                *out.left_out.entry(first.label.clone()).or_default() += 1;
                continue;
            };
            if how == How::Ancestor {
                out.to_ancestor.entry(first.label.clone()).or_insert_with(|| (tree.node(node).name.clone(), 0)).1 += 1;
            }
            if node == tree.root() && !tree.has_residual(node) {
                // Says nothing.
                continue;
            }
            let old = *old_slots.entry(&first.label).or_insert_with(|| {
                let node = index.find(&first.label)?.node;
                base.residual_of(node).or_else(|| base.slot_of(node))
            });
            let held_out = Some(first.fold) == held_out;
            let weight = f64::from(first.weight);
            if !held_out {
                *exact.entry(node).or_default() += weight;
            }
            out.objects.push(Object { rows: range, node, old, held_out, weight });
        }
        if exact.is_empty() {
            return Err(nothing_shared(rows));
        }
        exact.into_iter().for_each(|(node, n)| out.counts.set(node, n.round().max(1.0) as u64));
        Ok(out)
    }

    /// For [`super::transfer::transfer`]: of the training objects.
    pub fn pairs(&self, tree: &Taxonomy, layout: &Layout) -> Vec<Pair> {
        let training = self.objects.iter().filter(|o| !o.held_out);
        training.filter_map(|o| Some((o.old, *target_slots(layout, tree, o.node).last()?, o.weight))).collect()
    }

    /// The training part on the tree of the new model.
    pub fn training(&self, tree: &Taxonomy, layout: &Layout, weights: &Weights) -> Training {
        let mut t = Training::default();
        for o in self.objects.iter().filter(|o| !o.held_out) {
            t.objects += 1;
            let path = target_slots(layout, tree, o.node);
            let target = Target { path: path.iter().copied().zip(weights.path_factors(&path)).collect() };
            let whole = o.rows.clone().filter(|r| self.rows[*r].age_d.is_infinite()).count();
            let parts = o.rows.len() - whole;
            for r in o.rows.clone() {
                let (share, of) = match (self.rows[r].age_d.is_infinite(), whole, parts) {
                    (_, 0, n) | (_, n, 0) => (1.0, n),
                    (true, n, _) => (WHOLE, n),
                    (false, _, n) => (1.0 - WHOLE, n),
                };
                t.importance.push(o.weight * share / of as f64);
                t.weight.push(o.weight);
                t.base_p.extend_from_slice(self.base_p(r));
                Head::inputs(self.base_p(r), self.rest(r), &mut t.x);
                t.targets.push(target.clone());
            }
        }
        t
    }

    /// Posteriors of the base of one row.
    pub fn base_p(&self, row: usize) -> &[f64] {
        &self.base_p[row * self.base..(row + 1) * self.base]
    }

    /// Days since first detection up to which a row was seen; infinite: the whole light curve.
    pub fn age_d(&self, row: usize) -> f64 {
        f64::from(self.rows[row].age_d)
    }

    /// The embedding of one row behind the base's logits.
    pub fn rest(&self, row: usize) -> &[f32] {
        self.rows[row].embedding.get(self.base..).unwrap_or_default()
    }

    /// The row of an object's whole light curve; without one its first.
    pub fn whole(&self, o: &Object) -> usize {
        o.rows.clone().find(|r| self.rows[*r].age_d.is_infinite()).unwrap_or(o.rows.start)
    }
}

fn check(row: &RefRow, atoms: usize, embedding: usize) -> Result<(), RefitError> {
    let bad = |reason: String| Err(RefitError::Row { object: printable(&row.object_id), reason });
    if row.atoms.len() != atoms {
        return bad(format!("{} probabilities, but the network has {atoms} leaves and residuals", row.atoms.len()));
    }
    if row.embedding.len() != embedding {
        return bad(format!("an embedding of {} numbers, expected {embedding}", row.embedding.len()));
    }
    let sum: f32 = row.atoms.iter().sum();
    if row.atoms.iter().any(|p| p.is_nan() || *p < 0.0) || !(0.5..2.0).contains(&sum) {
        return bad(format!("probabilities that sum to {sum}"));
    }
    if row.embedding.iter().any(|v| !v.is_finite()) {
        return bad("an embedding that is not finite".into());
    }
    Ok(())
}

/// P of all nodes from those of the atoms, which rounding has made to sum to nearly 1.
pub(crate) fn spread(base: &Layout, atoms: &[usize], row: &RefRow, out: &mut Vec<f64>) {
    let from = out.len();
    out.resize(from + base.len(), 0.0);
    let p = &mut out[from..];
    let sum: f64 = row.atoms.iter().map(|v| f64::from(*v)).sum();
    for (&slot, v) in atoms.iter().zip(&row.atoms) {
        p[slot] = f64::from(*v) / sum;
    }
    for slot in (0..p.len()).rev() {
        if let Some(parent) = base.slots[slot].parent {
            p[parent] += p[slot];
        }
    }
}

fn nothing_shared(rows: &[RefRow]) -> RefitError {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    rows.iter().for_each(|r| *counts.entry(&r.label).or_default() += 1);
    let mut order: Vec<(&str, usize)> = counts.into_iter().collect();
    order.sort_by_key(|(label, n)| (std::cmp::Reverse(*n), *label));
    let examples: Vec<String> = order.iter().take(EXAMPLES).map(|(l, _)| printable(l)).collect();
    let more = if order.len() > EXAMPLES { ", ..." } else { "" };
    RefitError::NothingShared { labels: order.len(), examples: examples.join(", ") + more }
}

/// Mean and spread of each input over the training rows, each as often as its weight says.
pub struct Standard {
    mean: Vec<f64>,
    /// 0 for an input that does not vary.
    inverse: Vec<f64>,
}

impl Standard {
    /// Of rows [R, F] with their weights [R].
    pub fn of(x: &[f64], weights: &[f64], f: usize) -> Standard {
        let rows = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut mean = vec![0.0; f];
        let mut square = vec![0.0; f];
        for (row, w) in x.chunks(f.max(1)).zip(weights) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x / rows);
        }
        for (row, w) in x.chunks(f.max(1)).zip(weights) {
            square.iter_mut().zip(row.iter().zip(&mean)).for_each(|(s, (x, m))| *s += w * (x - m) * (x - m) / rows);
        }
        let inverse = square.iter().map(|s| if *s > 1e-12 { s.sqrt().recip() } else { 0.0 }).collect();
        Standard { mean, inverse }
    }

    /// Standardised rows.
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        let scales = self.mean.iter().zip(&self.inverse);
        x.chunks(self.mean.len().max(1)).flat_map(|row| row.iter().zip(scales.clone()).map(|(x, (m, i))| (x - m) * i)).collect()
    }

    /// The head for raw inputs, from the parameters for standardised ones. Rounded as in the file.
    pub fn head(&self, parameters: &[f64], transfer: Vec<f64>, ln_w: &[f64], base: usize) -> Head {
        let (f, n) = (self.mean.len(), ln_w.len());
        let rounded = |v: f64| f64::from(v as f32);
        let mut weight = vec![0.0; f * n];
        let mut bias = Vec::with_capacity(n);
        for (slot, (p, ln_w)) in parameters.chunks(f + 1).zip(ln_w).enumerate() {
            let mut b = ln_w + p[f];
            for i in 0..f {
                let w = rounded(p[i] * self.inverse[i]);
                weight[i * n + slot] = w;
                b -= w * self.mean[i];
            }
            bias.push(rounded(b));
        }
        Head { base, inputs: f, outputs: n, transfer: transfer.into_iter().map(rounded).collect(), weight, bias }
    }
}
