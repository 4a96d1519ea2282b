//! Pieces of exported graphs that a trained and a refitted model share: from logits to log probabilities.

use super::OUTPUTS;
use super::calibration::{NAMES, Scaling};
use super::onnx::GraphWriter;
use crate::taxonomy::Layout;

/// ln W_eff of a node without examples: its probability is below the smallest f64.
const IMPOSSIBLE: f32 = 1e3;
/// Below its group's maximum by this much a logit adds nothing to the sum in f32.
const NOTHING: f32 = -80.0;

/// Log probabilities [B, N]: log conditionals added up along the paths.
pub(crate) fn path_sums(g: &mut GraphWriter, layout: &Layout, conditional: &str) -> String {
    let n = layout.len();
    let mut ancestors = vec![0.0; n * n];
    for slot in 0..n {
        for up in layout.path(slot) {
            ancestors[up * n + slot] = 1.0;
        }
    }
    let ancestors = g.floats(&[n, n], &ancestors);
    g.op("MatMul", &[conditional, &ancestors])
}

/// Corrected log conditionals [B, N]: per group a log-softmax, minus ln W_eff, calibrated, and a log-softmax again.
pub(crate) fn conditionals(g: &mut GraphWriter, layout: &Layout, w_eff: &[f64], logits: &str) -> String {
    let calibration = constants(g, &Scaling::identity(layout.len()));
    let mut parts = Vec::new();
    let mut order = Vec::new();
    for group in &layout.groups {
        let which = g.ints(&group.members.iter().map(|m| *m as i64).collect::<Vec<_>>());
        let z = g.op_with("Gather", &[logits, &which], &[("axis", 1)]);
        // A group without any example keeps what the network says.
        let known = group.members.iter().any(|m| w_eff[*m] > 0.0);
        let lift: Vec<f32> = group
            .members
            .iter()
            .map(|m| match w_eff[*m] {
                w if w > 0.0 => w.ln() as f32,
                _ if known => IMPOSSIBLE,
                _ => 0.0,
            })
            .collect();
        let lift = g.floats(&[1, lift.len()], &lift);
        let p = log_softmax(g, &z);
        let p = g.op("Sub", &[&p, &lift]);
        let p = calibrated(g, &calibration, &which, &p);
        parts.push(log_softmax(g, &p));
        order.extend(group.members.iter().copied());
    }
    in_place(g, parts, order)
}

/// The calibration's constants, 1/T and b [1, N], under their names.
fn constants(g: &mut GraphWriter, scaling: &Scaling) -> [String; 2] {
    let single = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    let n = scaling.scale.len();
    [g.named_floats(NAMES[0], &[1, n], &single(&scaling.scale)), g.named_floats(NAMES[1], &[1, n], &single(&scaling.offset))]
}

/// p / T + b of one group's columns `which`. Normalised behind it, so that p need not be.
fn calibrated(g: &mut GraphWriter, [scale, offset]: &[String; 2], which: &str, p: &str) -> String {
    let scale = g.op_with("Gather", &[scale, which], &[("axis", 1)]);
    let offset = g.op_with("Gather", &[offset, which], &[("axis", 1)]);
    let p = g.op("Mul", &[p, &scale]);
    g.op("Add", &[&p, &offset])
}

/// For a graph without these constants: calibrates the log conditionals `source` and declares the outputs made of them.
pub(crate) fn recalibrated(g: &mut GraphWriter, layout: &Layout, scaling: &Scaling, source: &str) {
    let calibration = constants(g, scaling);
    let mut parts = Vec::new();
    let mut order = Vec::new();
    for group in &layout.groups {
        let which = g.ints(&group.members.iter().map(|m| *m as i64).collect::<Vec<_>>());
        let p = g.op_with("Gather", &[source, &which], &[("axis", 1)]);
        let p = calibrated(g, &calibration, &which, &p);
        parts.push(log_softmax(g, &p));
        order.extend(group.members.iter().copied());
    }
    let conditional = in_place(g, parts, order);
    let probability = path_sums(g, layout, &conditional);
    g.output(&conditional, OUTPUTS[1], layout.len());
    g.output(&probability, OUTPUTS[2], layout.len());
}

/// The groups' columns side by side, each at the place of its slot.
fn in_place(g: &mut GraphWriter, parts: Vec<String>, order: Vec<usize>) -> String {
    let joined = concat(g, &parts);
    let mut place = vec![0i64; order.len()];
    for (at, slot) in order.into_iter().enumerate() {
        place[slot] = at as i64;
    }
    let place = g.ints(&place);
    g.op_with("Gather", &[&joined, &place], &[("axis", 1)])
}

/// z - max - ln sum exp(z - max) along axis 1, finite for any finite z. Written out because runtimes differ in their
/// own operator: tract's gives NaN for logits far apart.
fn log_softmax(g: &mut GraphWriter, z: &str) -> String {
    let max = g.reduce("ReduceMax", z);
    let below = g.op("Sub", &[z, &max]);
    let nothing = g.floats(&[1, 1], &[NOTHING]);
    let cut = g.op("Max", &[&below, &nothing]);
    let exp = g.op("Exp", &[&cut]);
    let axis = g.ints(&[1]);
    let sum = g.op_with("ReduceSum", &[&exp, &axis], &[("keepdims", 1)]);
    let log = g.op("Log", &[&sum]);
    g.op("Sub", &[&below, &log])
}

/// Side by side along axis 1.
pub(crate) fn concat(g: &mut GraphWriter, parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        many => g.op_with("Concat", &many.iter().map(String::as_str).collect::<Vec<_>>(), &[("axis", 1)]),
    }
}
