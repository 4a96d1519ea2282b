//! A trained network as a bundle: normalisation, network, group softmaxes, the correction to posteriors and the
//! path sums are all written into the graph, so that another ONNX runtime gives our numbers.

use super::network::Network;
use super::normalise::Normaliser;
use super::run::{DETAIL, Trained};
use crate::features;
use crate::model::graph::{concat, conditionals, path_sums};
use crate::model::meta::{Calibration, Metadata, Recipe, Summary};
use crate::model::onnx::GraphWriter;
use crate::model::{INPUT, MEMBERS, OUTPUTS};
use crate::taxonomy::{Layout, Taxonomy};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The file's bytes. `ids` are the objects trained on.
pub fn bundle<'a>(
    trained: &Trained,
    taxonomy: &Taxonomy,
    layout: &Layout,
    summary: Summary,
    ids: impl Iterator<Item = &'a str>,
) -> Vec<u8> {
    let mut g = GraphWriter::new("taxonova");
    let width = trained.normaliser.knots.len();
    let features = g.input(INPUT, width);
    let inputs = normalise(&mut g, &trained.normaliser, &features);
    let mut hidden = Vec::new();
    let mut logits = Vec::new();
    for member in &trained.members {
        let (e, z) = network(&mut g, member, &inputs);
        hidden.push(e);
        logits.push(z);
    }
    let n = layout.len();
    let scale = g.floats(&[1, 1], &[1.0 / trained.members.len() as f32]);
    let each = (logits.len() > 1).then(|| concat(&mut g, &logits));
    let sum = logits.into_iter().reduce(|a, b| g.op("Add", &[&a, &b])).unwrap_or_default();
    let mean = g.op("Mul", &[&sum, &scale]);
    let hidden = concat(&mut g, &hidden);
    let directions = g.halves(&[trained.detail.len() / DETAIL, DETAIL], &trained.detail);
    let detail = g.op("MatMul", &[&hidden, &directions]);
    let embedding = concat(&mut g, &[mean.clone(), detail]);
    let conditional = conditionals(&mut g, layout, &trained.w_eff, &mean);
    let probability = path_sums(&mut g, layout, &conditional);
    let e = trained.embedding_width(layout);
    for ((tensor, name), width) in [embedding, conditional, probability].iter().zip(OUTPUTS).zip([e, n, n]) {
        g.output(tensor, name, width);
    }
    if let Some(each) = each {
        g.output(&each, MEMBERS, n * trained.members.len());
    }
    let mut trained_on: Vec<u64> = ids.map(crate::model::name_hash).collect();
    trained_on.sort_unstable();
    trained_on.dedup();
    let metadata = Metadata {
        taxonomy: taxonomy.clone(),
        nodes: layout.slots.iter().map(|s| s.name.clone()).collect(),
        recipe: Recipe {
            features: features::table(&trained.groups).map(|f| f.name.clone()).collect(),
            binning: "nightly for difference photometry".into(),
            peak_mag: trained.peak_mag,
        },
        calibration: Calibration { w_eff: trained.w_eff.clone(), ..Calibration::default() },
        counts: trained.counts.iter().map(|(id, n)| (taxonomy.node(*id).name.clone(), *n)).collect::<BTreeMap<_, _>>(),
        summary,
        encoder: encoder_hash(trained),
        trained_on,
        base: None,
        decisions: None,
        novelty: trained.novelty.clone(),
    };
    g.finish(metadata.entries())
}

/// SHA-256 of everything that an embedding depends on.
pub fn encoder_hash(trained: &Trained) -> String {
    let mut hash = Sha256::new();
    for f in features::table(&trained.groups) {
        hash.update(f.name.as_bytes());
        hash.update([0]);
    }
    let mut floats = |v: &[f32]| v.iter().for_each(|x| hash.update(x.to_le_bytes()));
    for k in &trained.normaliser.knots {
        k.iter().for_each(|(x, y)| floats(&[*x, *y]));
        floats(&[f32::NAN]);
    }
    floats(&trained.normaliser.flags.iter().map(|f| *f as f32).collect::<Vec<_>>());
    floats(&trained.detail);
    for m in &trained.members {
        for l in &m.layers {
            floats(&l.weight);
            floats(&l.bias);
        }
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Normalised features and flags [B, I] of raw features [B, F].
fn normalise(g: &mut GraphWriter, normaliser: &Normaliser, features: &str) -> String {
    let f = normaliser.knots.len();
    let pieces = normaliser.knots.iter().map(|k| k.len().saturating_sub(1)).max().unwrap_or(0).max(1);
    let (mut from, mut inverse, mut rise) = (vec![0.0; f * pieces], vec![0.0; f * pieces], vec![0.0; f * pieces]);
    for (i, knots) in normaliser.knots.iter().enumerate() {
        for (j, k) in knots.windows(2).enumerate() {
            from[i * pieces + j] = k[0].0;
            inverse[i * pieces + j] = 1.0 / (k[1].0 - k[0].0);
            rise[i * pieces + j] = k[1].1 - k[0].1;
        }
    }
    let first: Vec<f32> = normaliser.knots.iter().map(|k| k.first().map_or(0.0, |k| k.1)).collect();
    let missing = g.op("IsNaN", &[features]);
    let zero = g.floats(&[1, 1], &[0.0]);
    let known = g.op("Where", &[&missing, &zero, features]);
    let axis = g.ints(&[2]);
    let x = g.op("Unsqueeze", &[&known, &axis]);
    let from = g.floats(&[1, f, pieces], &from);
    let x = g.op("Sub", &[&x, &from]);
    let inverse = g.floats(&[1, f, pieces], &inverse);
    let x = g.op("Mul", &[&x, &inverse]);
    let (low, high) = (g.floats(&[], &[0.0]), g.floats(&[], &[1.0]));
    let x = g.op("Clip", &[&x, &low, &high]);
    let rise = g.floats(&[1, f, pieces], &rise);
    let x = g.op("Mul", &[&x, &rise]);
    let x = g.op_with("ReduceSum", &[&x, &axis], &[("keepdims", 0)]);
    let first = g.floats(&[1, f], &first);
    let x = g.op("Add", &[&x, &first]);
    let values = g.op("Where", &[&missing, &zero, &x]);
    if normaliser.flags.is_empty() {
        return values;
    }
    let flags = g.op_with("Cast", &[&missing], &[("to", 1)]);
    let which = g.ints(&normaliser.flags.iter().map(|f| *f as i64).collect::<Vec<_>>());
    let flags = g.op_with("Gather", &[&flags, &which], &[("axis", 1)]);
    concat(g, &[values, flags])
}

/// Last hidden layer and logits of one member.
fn network(g: &mut GraphWriter, member: &Network, inputs: &str) -> (String, String) {
    let mut x = inputs.to_string();
    let mut hidden = x.clone();
    let last = member.layers.len() - 1;
    for (i, layer) in member.layers.iter().enumerate() {
        if i == last {
            hidden = x.clone();
        }
        let w = g.halves(&[layer.inputs, layer.outputs], &layer.weight);
        let b = g.halves(&[1, layer.outputs], &layer.bias);
        x = g.op("MatMul", &[&x, &w]);
        x = g.op("Add", &[&x, &b]);
        if i < last {
            x = g.op("Relu", &[&x]);
        }
    }
    (hidden, x)
}
