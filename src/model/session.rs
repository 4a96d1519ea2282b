//! Running a bundle through tract. Batches of one and of [`BATCH`] objects have concrete plans; a batch is
//! padded, so that an object's numbers do not depend on what came with it. Alone and in a batch they may differ in the last bit.

use super::{Input, MEMBERS, Model, ModelError, OUTPUTS};
use crate::lightcurve::{LightCurve, Observation, Photometry};
use std::borrow::Borrow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::SimpleState;

/// Objects of a full batch.
pub const BATCH: usize = 64;

/// Outputs that are asked for, before the members' logits.
const USED: [&str; 2] = [OUTPUTS[0], OUTPUTS[1]];

type Plan = Arc<TypedRunnableModel>;
type State = SimpleState<TypedFact, Box<dyn TypedOp>>;

/// Compiled graphs, made when first needed.
#[derive(Debug, Default)]
pub(super) struct Plans {
    one: OnceLock<Result<Plan, String>>,
    many: OnceLock<Result<Plan, String>>,
}

/// What the model says of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// P per node of the model's layout: posteriors.
    pub p: Vec<f64>,
    /// ln p(node | parent) [N], corrected to posteriors.
    pub log_conditional: Vec<f64>,
    /// [E].
    pub embedding: Vec<f32>,
    /// P per node as the weighted loss leaves them, uncorrected.
    pub weighted_p: Vec<f64>,
    /// Logits of each member [M x N]; empty where the bundle does not tell. See [`Model::member_conditionals`].
    pub member_logits: Vec<f32>,
}

/// One thread's running state.
pub struct Session {
    model: Arc<Model>,
    one: Option<State>,
    many: Option<State>,
}

impl Session {
    pub(super) fn new(model: Arc<Model>) -> Result<Session, ModelError> {
        Ok(Session { model, one: None, many: None })
    }

    /// The model that it runs.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Runs any number of objects.
    pub fn run<I: Borrow<Input>>(&mut self, inputs: &[I]) -> Result<Vec<Output>, ModelError> {
        let mut outputs = Vec::with_capacity(inputs.len());
        if let [only] = inputs {
            let model = self.model.clone();
            let state = state(&mut self.one, &model, 1)?;
            run_batch(&model, state, std::slice::from_ref(only), 1, &mut outputs)?;
            return Ok(outputs);
        }
        for chunk in inputs.chunks(BATCH) {
            let model = self.model.clone();
            let state = state(&mut self.many, &model, BATCH)?;
            run_batch(&model, state, chunk, BATCH, &mut outputs)?;
        }
        Ok(outputs)
    }

    /// Classifies a whole light curve.
    pub fn classify(&mut self, lc: &LightCurve) -> Result<Output, ModelError> {
        self.classify_observations(&lc.observations, lc.photometry)
    }

    /// Classifies what was observed up to some time. Observations in order of time.
    pub fn classify_observations(&mut self, observations: &[Observation], photometry: Photometry) -> Result<Output, ModelError> {
        let input = self.model.prepare(observations, photometry);
        let mut outputs = self.run(std::slice::from_ref(&input))?;
        outputs.pop().ok_or_else(|| graph_error(&self.model.path, "it gave no output"))
    }
}

fn graph_error(path: &Path, reason: impl std::fmt::Display) -> ModelError {
    ModelError::Graph { path: path.to_path_buf(), reason: format!("{reason:#}") }
}

fn state<'a>(slot: &'a mut Option<State>, model: &Model, batch: usize) -> Result<&'a mut State, ModelError> {
    let new = match slot.take() {
        Some(state) => state,
        None => {
            let plans = &model.plans;
            let cell = if batch == 1 { &plans.one } else { &plans.many };
            let plan = cell.get_or_init(|| compile(model, batch)).as_ref().map_err(|e| graph_error(&model.path, e))?;
            plan.spawn().map_err(|e| graph_error(&model.path, e))?
        }
    };
    Ok(slot.insert(new))
}

/// tract may panic on graphs that it does not know, hence the guard.
fn compile(model: &Model, batch: usize) -> Result<Plan, String> {
    let mut proto = model.proto.clone();
    let outputs = proto.graph.iter_mut().flat_map(|g| &mut g.output);
    if !outputs.map(|o| &o.name).take(OUTPUTS.len()).eq(OUTPUTS.iter()) {
        return Err("it does not have the three outputs of a taxonova model".into());
    }
    // Log probabilities are worked out in double precision: for other runtimes they are outputs, here nothing needs them.
    proto.graph.iter_mut().for_each(|g| g.output.retain(|o| o.name != OUTPUTS[2]));
    let build = || -> TractResult<Plan> {
        let mut graph = tract_onnx::onnx().with_ignore_value_info(true).with_ignore_output_shapes(true).model_for_proto_model(&proto)?;
        graph.set_input_fact(0, f32::fact([batch, model.columns.len()]).into())?;
        graph.into_optimized()?.into_runnable()
    };
    match catch_unwind(AssertUnwindSafe(build)) {
        Ok(Ok(plan)) => Ok(plan),
        Ok(Err(e)) => Err(format!("{e:#}")),
        Err(_) => Err("the engine does not know this kind of graph".into()),
    }
}

fn run_batch(
    model: &Model,
    state: &mut State,
    inputs: &[impl Borrow<Input>],
    batch: usize,
    outputs: &mut Vec<Output>,
) -> Result<(), ModelError> {
    let width = model.columns.len();
    let mut data = vec![f32::NAN; batch * width];
    for (row, input) in data.chunks_mut(width.max(1)).zip(inputs) {
        let Input(features) = input.borrow();
        if features.len() != width {
            return Err(graph_error(&model.path, format!("{} features given, {width} expected", features.len())));
        }
        row.copy_from_slice(features);
    }
    let tensor = Tensor::from_shape(&[batch, width], &data).map_err(|e| graph_error(&model.path, e))?;
    let result = catch_unwind(AssertUnwindSafe(|| state.run(tvec!(tensor.into()))))
        .map_err(|_| graph_error(&model.path, "the engine failed"))?
        .map_err(|e| graph_error(&model.path, e))?;
    let n = model.layout.len();
    let mut columns = Vec::with_capacity(USED.len());
    for (value, name) in result.iter().zip(USED) {
        let view = value.to_plain_array_view::<f32>().map_err(|e| graph_error(&model.path, e))?;
        if view.ndim() != 2 || view.shape().first() != Some(&batch) || (name != OUTPUTS[0] && view.shape().get(1) != Some(&n)) {
            return Err(graph_error(&model.path, format!("output {name} has shape {:?}, expected [{batch}, {n}]", view.shape())));
        }
        columns.push((view.iter().copied().collect::<Vec<f32>>(), view.shape()[1]));
    }
    let [(embedding, e), (conditional, _)] = columns.as_slice() else {
        return Err(graph_error(&model.path, "it gave fewer outputs than it has"));
    };
    let members: Vec<f32> = match result.get(USED.len()) {
        None => Vec::new(),
        Some(value) => {
            let view = value.to_plain_array_view::<f32>().map_err(|e| graph_error(&model.path, e))?;
            if view.ndim() != 2 || view.shape().first() != Some(&batch) || !view.len().is_multiple_of(batch * n.max(1)) {
                let reason = format!("output {MEMBERS} has shape {:?}, expected [{batch}, a multiple of {n}]", view.shape());
                return Err(graph_error(&model.path, reason));
            }
            view.iter().copied().collect()
        }
    };
    let m = members.len() / batch;
    for b in 0..inputs.len() {
        let log_conditional: Vec<f64> = conditional[b * n..(b + 1) * n].iter().map(|v| f64::from(*v)).collect();
        // Once more in double precision, so that P(parent) = sum of P(children) to the last digits.
        let p = crate::cascade::probabilities(&model.layout, &crate::cascade::log_conditionals(&model.layout, &log_conditional));
        if p.iter().any(|p| p.is_nan()) {
            return Err(graph_error(&model.path, "it gave a probability that is not a number; the file is damaged"));
        }
        let weighted_p = weighted(model, &log_conditional);
        outputs.push(Output {
            p,
            log_conditional,
            embedding: embedding[b * e..(b + 1) * e].to_vec(),
            weighted_p,
            member_logits: members[b * m..(b + 1) * m].to_vec(),
        });
    }
    Ok(())
}

/// Takes the calibration out and puts back the weights that the graph took out.
fn weighted(model: &Model, log_conditional: &[f64]) -> Vec<f64> {
    let layout = &model.layout;
    let plain = model.scaling.undo(log_conditional);
    let raised: Vec<f64> =
        plain.iter().zip(&model.metadata.calibration.w_eff).map(|(l, w)| if *w > 0.0 { l + w.ln() } else { *l }).collect();
    let conditional = crate::cascade::log_conditionals(layout, &raised);
    crate::cascade::log_probabilities(layout, &conditional).iter().map(|l| l.exp()).collect()
}
