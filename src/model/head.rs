//! The head of a refitted model: from what the network says on its own tree (the base) to logits on another tree.
//!
//! z(c) = ln sum_a P(a) T(a, c) + sum_f x_f V(f, c) + b(c)
//!
//! The first term pours the base's probabilities over the new nodes (T: which share of the objects of the base's node a is
//! in c). V and b correct it; x are the logarithms of the base's probabilities and the embedding's coordinates behind the
//! base's logits. V = 0 and b = ln W_eff give exactly the poured probabilities. The same arithmetic is in the graph.

use tract_onnx::pb::ModelProto;

/// Names of the constants in the graph.
pub const NAMES: [&str; 3] = ["head_transfer", "head_weight", "head_bias"];
/// Added to a probability before its logarithm becomes an input: what is below says nothing.
pub const SOFT: f64 = 1e-4;
/// The least poured probability.
pub const LEAST: f64 = 1e-30;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Nodes of the base.
    pub base: usize,
    /// Inputs: those nodes, and the embedding's further coordinates.
    pub inputs: usize,
    /// Nodes of the new tree.
    pub outputs: usize,
    /// T [base, outputs], the sums over what is below a node included; only the rows of the base's atoms are not 0.
    pub transfer: Vec<f64>,
    /// V [inputs, outputs].
    pub weight: Vec<f64>,
    /// b [outputs], ln W_eff included.
    pub bias: Vec<f64>,
}

impl Head {
    /// x of one object: `base_p` [base] are the base's posteriors, `rest` the embedding behind the base's logits.
    pub fn inputs(base_p: &[f64], rest: &[f32], x: &mut Vec<f64>) {
        x.extend(base_p.iter().map(|p| (p + SOFT).ln()));
        x.extend(rest.iter().map(|v| f64::from(*v)));
    }

    /// The first term: ln of the poured probabilities, at least ln `least`.
    pub fn poured(transfer: &[f64], outputs: usize, base_p: &[f64], least: f64) -> Vec<f64> {
        let mut sum = vec![0.0; outputs];
        for (p, row) in base_p.iter().zip(transfer.chunks(outputs.max(1))) {
            if *p > 0.0 {
                sum.iter_mut().zip(row).for_each(|(s, t)| *s += p * t);
            }
        }
        sum.iter().map(|s| s.max(least).ln()).collect()
    }

    /// Logits of one object, not yet corrected to posteriors.
    pub fn logits(&self, base_p: &[f64], rest: &[f32], least: f64) -> Vec<f64> {
        let mut z = Head::poured(&self.transfer, self.outputs, base_p, least);
        z.iter_mut().zip(&self.bias).for_each(|(z, b)| *z += b);
        let mut x = Vec::with_capacity(self.inputs);
        Head::inputs(base_p, rest, &mut x);
        for (x, row) in x.iter().zip(self.weight.chunks(self.outputs.max(1))) {
            z.iter_mut().zip(row).for_each(|(z, w)| *z += x * w);
        }
        z
    }

    /// From the constants of a refitted model's graph.
    pub(super) fn read(proto: &ModelProto, outputs: usize) -> Result<Head, String> {
        let constants = proto.graph.as_ref().map_or(&[][..], |g| &g.initializer);
        let find = |name: &str| {
            let tensor = constants.iter().find(|t| t.name == name).ok_or_else(|| format!("it has no constant {name}"))?;
            let values = tensor.raw_data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
            let values: Vec<f64> = values.collect();
            let rows = tensor.dims.first().and_then(|d| usize::try_from(*d).ok()).unwrap_or(0);
            if rows.checked_mul(outputs) != Some(values.len()) || values.is_empty() {
                return Err(format!("constant {name} has {} values, which is not a multiple of {outputs} nodes", values.len()));
            }
            Ok((rows, values))
        };
        let [(base, transfer), (inputs, weight), (_, bias)] = [find(NAMES[0])?, find(NAMES[1])?, find(NAMES[2])?];
        if bias.len() != outputs || inputs < base {
            return Err("the constants of its head do not fit together".into());
        }
        Ok(Head { base, inputs, outputs, transfer, weight, bias })
    }
}
