//! Calibration of the conditionals: within each sibling group p' is proportional to p^(1/T) exp(b), with one temperature T
//! per group and one bias b per node. In a bundle's graph it is two constants, which can be exchanged without training.

use super::OUTPUTS;
use super::meta::Calibration;
use super::onnx::GraphWriter;
use crate::cascade::log_conditionals;
use crate::taxonomy::Layout;
use tract_onnx::pb::{GraphProto, TensorProto};

/// Names of the constants in the graph, [1, N] each: 1/T and b per slot.
pub const NAMES: [&str; 2] = ["calibration.scale", "calibration.offset"];

/// What the log conditionals are multiplied by and what is added to them. One value per slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// 1/T; alike within a group.
    pub scale: Vec<f64>,
    /// b.
    pub offset: Vec<f64>,
}

impl Scaling {
    /// T = 1, b = 0.
    pub fn identity(n: usize) -> Scaling {
        Scaling { scale: vec![1.0; n], offset: vec![0.0; n] }
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.scale.iter().all(|a| *a == 1.0) && self.offset.iter().all(|b| *b == 0.0)
    }

    /// Calibrates ln p(node | parent), in place. Impossible nodes (-inf) stay so. Panics if the lengths differ.
    pub fn apply(&self, layout: &Layout, log_conditional: &mut [f64]) {
        assert_eq!(log_conditional.len(), self.scale.len(), "one conditional per slot");
        if self.is_identity() {
            return;
        }
        let scaled: Vec<f64> = log_conditional.iter().zip(self.scale.iter().zip(&self.offset)).map(|(l, (a, b))| l * a + b).collect();
        // A group in which nothing is possible has no sum to divide by, and stays as it is.
        let calibrated = log_conditionals(layout, &scaled);
        log_conditional.iter_mut().zip(calibrated).for_each(|(l, c)| *l = if c.is_nan() { *l } else { c });
    }

    /// What [`Scaling::apply`] was given, up to a constant per group.
    pub fn undo(&self, log_conditional: &[f64]) -> Vec<f64> {
        log_conditional.iter().zip(self.scale.iter().zip(&self.offset)).map(|(l, (a, b))| (l - b) / a).collect()
    }

    /// This one first, then `next`.
    pub fn then(&self, next: &Scaling) -> Scaling {
        let both = self.offset.iter().zip(next.scale.iter().zip(&next.offset));
        Scaling {
            scale: self.scale.iter().zip(&next.scale).map(|(a, b)| a * b).collect(),
            offset: both.map(|(own, (scale, offset))| own * scale + offset).collect(),
        }
    }

    /// T per group and b per slot, as the metadata keep them: in single precision, as the graph has them.
    pub fn entries(&self, layout: &Layout) -> (Vec<f64>, Vec<f64>) {
        let single = |v: f64| f64::from(v as f32);
        let temperature = layout.groups.iter().map(|g| g.members.first().map_or(1.0, |m| single(1.0 / self.scale[*m]))).collect();
        (temperature, self.offset.iter().map(|b| single(*b)).collect())
    }

    /// From the metadata of a bundle; without entries there, nothing is changed.
    pub fn of(calibration: &Calibration, layout: &Layout) -> Scaling {
        let mut out = Scaling::identity(layout.len());
        for (group, t) in layout.groups.iter().zip(&calibration.temperature) {
            group.members.iter().for_each(|m| out.scale[*m] = 1.0 / t);
        }
        out.offset.iter_mut().zip(&calibration.bias).for_each(|(o, b)| *o = *b);
        out
    }
}

/// Why the entries of a bundle can't be: none if they are well.
pub(super) fn fault(calibration: &Calibration, layout: &Layout) -> Option<String> {
    let Calibration { w_eff, temperature, bias } = calibration;
    let (n, groups) = (layout.len(), layout.groups.len());
    if w_eff.len() != n {
        return Some(format!("{} weights, but the tree has {n} nodes", w_eff.len()));
    }
    if !temperature.is_empty() && temperature.len() != groups {
        return Some(format!("{} temperatures, but the tree has {groups} groups of siblings", temperature.len()));
    }
    if !bias.is_empty() && bias.len() != n {
        return Some(format!("{} biases, but the tree has {n} nodes", bias.len()));
    }
    if let Some(t) = temperature.iter().find(|t| !(t.is_finite() && **t > 0.0)) {
        return Some(format!("a temperature of {t}; expected a number above 0"));
    }
    bias.iter().find(|b| !b.is_finite()).map(|b| format!("a bias of {b}; expected a number"))
}

/// Puts a calibration into a graph in place of the one that it has. One that has none (of an older program) gets it behind
/// its log conditionals.
pub(crate) fn put(graph: GraphProto, layout: &Layout, scaling: &Scaling) -> Result<GraphProto, String> {
    let mut graph = graph;
    let values = [&scaling.scale, &scaling.offset];
    let known = NAMES.iter().filter(|name| graph.initializer.iter().any(|t| t.name == **name)).count();
    if known == NAMES.len() {
        for (name, values) in NAMES.iter().zip(values) {
            for t in graph.initializer.iter_mut().filter(|t| t.name == *name) {
                replace(t, values)?;
            }
        }
        return Ok(graph);
    }
    let source = graph.node.iter().find(|n| n.output.iter().any(|o| o == OUTPUTS[1])).and_then(|n| n.input.first().cloned());
    let source = source.ok_or_else(|| format!("nothing in it makes {}", OUTPUTS[1]))?;
    graph.node.retain(|n| !n.output.iter().any(|o| o == OUTPUTS[1] || o == OUTPUTS[2]));
    graph.output.retain(|o| o.name != OUTPUTS[1] && o.name != OUTPUTS[2]);
    let mut g = GraphWriter::resume(graph, "calibration_");
    super::graph::recalibrated(&mut g, layout, scaling, &source);
    Ok(g.into_graph())
}

fn replace(tensor: &mut TensorProto, values: &[f64]) -> Result<(), String> {
    if tensor.dims != [1, values.len() as i64] {
        return Err(format!("constant {} has the shape {:?}, expected [1, {}]", tensor.name, tensor.dims, values.len()));
    }
    tensor.raw_data = values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect();
    tensor.float_data.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    #[test]
    fn by_hand_and_back() {
        // Slots: A, A1, A2, B.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let scaling = Scaling { scale: vec![2.0, 0.5, 0.5, 2.0], offset: vec![0.0, 2f64.ln(), 0.0, 0.0] };
        let before = [0.8f64.ln(), 0.64f64.ln(), 0.36f64.ln(), 0.2f64.ln()];
        let mut l = before.to_vec();
        scaling.apply(&layout, &mut l);
        // 0.64 : 0.04, and 2 x 0.8 : 0.6.
        for (l, p) in l.iter().zip([16.0 / 17.0, 1.6 / 2.2, 0.6 / 2.2, 1.0 / 17.0]) {
            assert!((l.exp() - p).abs() < 1e-12, "{} {p}", l.exp());
        }
        let back = log_conditionals(&layout, &scaling.undo(&l));
        assert!(back.iter().zip(before).all(|(a, b)| (a - b).abs() < 1e-12));
        // Two in a row are one.
        let mut twice = l.clone();
        scaling.apply(&layout, &mut twice);
        let mut once = before.to_vec();
        scaling.then(&scaling).apply(&layout, &mut once);
        assert!(once.iter().zip(&twice).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn impossible_nodes_stay_impossible() {
        let layout = Layout::new(&tree("Root{A,B,C}"));
        let scaling = Scaling { scale: vec![0.5; 3], offset: vec![1.0, 0.0, 3.0] };
        let mut l = [0.5f64.ln(), 0.5f64.ln(), f64::NEG_INFINITY];
        scaling.apply(&layout, &mut l);
        assert_eq!(l[2], f64::NEG_INFINITY);
        assert!((l[0].exp() + l[1].exp() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn entries_that_do_not_fit_are_named() {
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let good = Calibration { w_eff: vec![1.0; 4], temperature: vec![1.5, 0.5], bias: vec![0.1, 0.0, 0.0, -0.1] };
        assert_eq!(fault(&good, &layout), None);
        let scaling = Scaling::of(&good, &layout);
        assert_eq!((scaling.scale[0], scaling.scale[1], scaling.offset[3]), (1.0 / 1.5, 2.0, -0.1));
        let says = |c: Calibration, what: &str| assert!(fault(&c, &layout).is_some_and(|f| f.contains(what)), "{what}");
        says(Calibration { w_eff: vec![1.0; 3], ..good.clone() }, "3 weights");
        says(Calibration { temperature: vec![1.0; 3], ..good.clone() }, "3 temperatures");
        says(Calibration { temperature: vec![1.0, 0.0], ..good.clone() }, "temperature of 0");
        says(Calibration { bias: vec![f64::NAN; 4], ..good }, "bias of NaN");
    }
}
