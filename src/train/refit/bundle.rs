//! A refitted model as a bundle: the old graph up to the embedding and the base's probabilities, and a new head on both.
//! The arithmetic of the head is that of `model/head.rs`.

use super::judge::Fitted;
use crate::model::calibration::NAMES as CALIBRATION;
use crate::model::decisions::Decisions;
use crate::model::graph::{concat, conditionals, path_sums};
use crate::model::head::{LEAST, NAMES, SOFT};
use crate::model::meta::{Calibration, Metadata, Summary};
use crate::model::onnx::GraphWriter;
use crate::model::{Model, OUTPUTS};
use crate::taxonomy::Counts;
use std::collections::HashSet;
use tract_onnx::pb::GraphProto;

/// The base's log probabilities, inside the graph of a refitted model.
const BASE: &str = "base_log_probability";

/// The new file's bytes; `embedding` is the embedding's width. Fails on a graph that is not of our making.
pub fn build(
    model: &Model,
    fitted: &Fitted<'_>,
    embedding: usize,
    counts: &Counts,
    summary: Summary,
    decisions: Option<Decisions>,
) -> Result<Vec<u8>, String> {
    let Fitted { head, tree, layout, w_eff, .. } = *fitted;
    let mut g = GraphWriter::resume(encoder(model)?, "head_");
    let floats = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    let n = layout.len();
    let p = g.op("Exp", &[BASE]);
    let soft = g.floats(&[1, 1], &[SOFT as f32]);
    let lifted = g.op("Add", &[&p, &soft]);
    let mut x = vec![g.op("Log", &[&lifted])];
    if embedding > head.base {
        let which = g.ints(&(head.base..embedding).map(|i| i as i64).collect::<Vec<_>>());
        x.push(g.op_with("Gather", &[OUTPUTS[0], &which], &[("axis", 1)]));
    }
    let x = concat(&mut g, &x);
    let transfer = g.named_floats(NAMES[0], &[head.base, n], &floats(&head.transfer));
    let weight = g.named_floats(NAMES[1], &[head.inputs, n], &floats(&head.weight));
    let bias = g.named_floats(NAMES[2], &[1, n], &floats(&head.bias));
    let poured = g.op("MatMul", &[&p, &transfer]);
    let least = g.floats(&[1, 1], &[LEAST as f32]);
    let poured = g.op("Max", &[&poured, &least]);
    let poured = g.op("Log", &[&poured]);
    let correction = g.op("MatMul", &[&x, &weight]);
    let correction = g.op("Add", &[&correction, &bias]);
    let z = g.op("Add", &[&poured, &correction]);
    let conditional = conditionals(&mut g, layout, w_eff, &z);
    let probability = path_sums(&mut g, layout, &conditional);
    g.output(&conditional, OUTPUTS[1], n);
    g.output(&probability, OUTPUTS[2], n);
    let old = model.metadata();
    let exact = |id| (tree.node(id).name.clone(), counts.exact(id));
    let metadata = Metadata {
        taxonomy: tree.to_owned(),
        nodes: layout.slots.iter().map(|s| s.name.clone()).collect(),
        recipe: old.recipe.clone(),
        calibration: Calibration { w_eff: w_eff.to_vec(), ..Calibration::default() },
        counts: tree.preorder().map(exact).filter(|(_, n)| *n > 0).collect(),
        summary,
        encoder: old.encoder.clone(),
        trained_on: old.trained_on.clone(),
        base: Some(model.base_taxonomy().clone()),
        decisions,
        // The encoder is the same.
        novelty: old.novelty.clone(),
    };
    Ok(g.finish(metadata.entries()))
}

/// The part of the model's graph that the embedding and the base's log probabilities need, with the embedding as output.
fn encoder(model: &Model) -> Result<GraphProto, String> {
    let mut graph = model.proto().graph.clone().ok_or("it has no graph")?;
    if model.metadata().base.is_none() {
        let mut found = 0;
        for node in &mut graph.node {
            for output in node.output.iter_mut().filter(|o| *o == OUTPUTS[2]) {
                *output = BASE.into();
                node.name = BASE.into();
                found += 1;
            }
        }
        if found != 1 {
            return Err(format!("it has {found} outputs {}", OUTPUTS[2]));
        }
    }
    let mut needed: HashSet<String> = [OUTPUTS[0].to_string(), BASE.to_string()].into();
    // Nodes stand in the order in which they are computed.
    let mut kept = Vec::with_capacity(graph.node.len());
    for node in graph.node.into_iter().rev() {
        if node.output.iter().any(|o| needed.contains(o)) {
            needed.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    let made = |name: &str| kept.iter().any(|n| n.output.iter().any(|o| o == name));
    if let Some(missing) = [OUTPUTS[0], BASE].into_iter().find(|name| !made(name)) {
        return Err(format!("nothing in it makes {missing}"));
    }
    // The new head has a calibration of its own under that name. In a refitted model the base's has its new name already, and what is
    // called so is the old head's, which goes.
    let first = model.metadata().base.is_none();
    for name in kept.iter_mut().flat_map(|n| n.input.iter_mut()).chain(graph.initializer.iter_mut().map(|t| &mut t.name)) {
        if first && CALIBRATION.contains(&name.as_str()) {
            *name = format!("base.{name}");
        }
    }
    let needed: HashSet<&String> = kept.iter().flat_map(|n| &n.input).collect();
    graph.initializer.retain(|t| needed.contains(&t.name));
    graph.node = kept;
    graph.output.retain(|o| o.name == OUTPUTS[0]);
    Ok(graph)
}
