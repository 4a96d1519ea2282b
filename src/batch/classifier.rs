//! From a batch of light curves to rows: cut to an age, features, network, regrouping, decision. A fault in one
//! object (a panic included) becomes that object's row, never the end of the run.

use super::engine::{Answer, Engine};
use super::row::{Columns, Epoch, Row};
use crate::cascade::{Decision, Regrouper, Rules};
use crate::lightcurve::{LightCurve, Warning, window};
use crate::model::novelty;
use crate::model::spread::spread;
use crate::taxonomy::Layout;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What all workers share.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tree of the answers.
    pub layout: Layout,
    /// The way there from the model's tree; none = the model's own.
    pub regrouper: Option<Regrouper>,
    /// How a node is chosen from the probabilities.
    pub rules: Rules,
    /// Only what was known so many days after the first detection.
    pub asof_d: Option<f64>,
    /// A row for each time when something new was known, at most so many an object, and not one for each object.
    pub history: Option<usize>,
    /// The uncertainty beside each P.
    pub uncertainty: bool,
}

impl Plan {
    /// Columns of its rows.
    pub fn columns(&self) -> Columns {
        Columns { history: self.history.is_some(), uncertainty: self.uncertainty }
    }

    /// Names of the nodes that a model with so many slots knows nothing of: they stay empty.
    pub fn not_in_model(&self, slots: usize) -> Vec<&str> {
        let Some(regrouper) = &self.regrouper else { return Vec::new() };
        let p = regrouper.pour(&vec![0.0; slots]).p;
        self.layout.slots.iter().zip(&p).filter(|(_, p)| p.is_none()).map(|(s, _)| s.name.as_str()).collect()
    }

    /// Probabilities on the plan's own tree: NaN = not in the model.
    fn regrouped(&self, p: &[f64]) -> Vec<f64> {
        match &self.regrouper {
            None => p.to_vec(),
            Some(regrouper) => regrouper.pour(p).p.iter().map(|p| p.unwrap_or(f64::NAN)).collect(),
        }
    }
}

/// One per worker thread.
pub struct Classifier<E> {
    engine: E,
    plan: std::sync::Arc<Plan>,
}

impl<E: Engine> Classifier<E> {
    /// A worker's classifier.
    pub fn new(engine: E, plan: std::sync::Arc<Plan>) -> Self {
        Classifier { engine, plan }
    }

    /// One row per light curve, in order.
    pub fn classify(&mut self, curves: Vec<LightCurve>) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::with_capacity(curves.len());
        let mut inputs = Vec::with_capacity(curves.len());
        let mut of: Vec<usize> = Vec::with_capacity(curves.len());
        for curve in curves {
            for (row, input) in self.parts(curve) {
                if let Some(input) = input {
                    inputs.push(input);
                    of.push(rows.len());
                }
                rows.push(row);
            }
        }
        match self.run(&inputs) {
            Ok(answers) => {
                for (row, answer) in of.iter().zip(answers) {
                    self.answer(&mut rows[*row], answer);
                }
            }
            // One by one, so that a fault stays with the object that causes it.
            Err(_) => {
                for (row, input) in of.iter().zip(&inputs) {
                    match self.run(std::slice::from_ref(input)) {
                        Ok(mut answers) if answers.len() == 1 => self.answer(&mut rows[*row], answers.remove(0)),
                        Ok(_) => rows[*row].fail("the model gave no answer"),
                        Err(e) => rows[*row].fail(&e),
                    }
                }
            }
        }
        rows
    }

    /// The object as it was at the age that is asked for: itself, or one part for each epoch of its history.
    fn parts(&self, mut curve: LightCurve) -> Vec<(Row, Option<E::Input>)> {
        let day0 = window::first_detection(&curve.observations, curve.photometry).and_then(|i| curve.observations.get(i)).map(|o| o.mjd);
        if let Some(age_d) = self.plan.asof_d {
            curve.observations = window::as_of(&curve, age_d);
            if day0.is_none() && !curve.observations.is_empty() {
                curve.warnings.push(Warning::Other("no detection at 5 sigma: --asof used the whole light curve".into()));
            }
        }
        let epochs = self.plan.history.map(|most| self.engine.epochs(&curve, most)).unwrap_or_default();
        if epochs.is_empty() {
            return vec![self.prepare(curve)];
        }
        let from = day0.or(epochs.first().copied()).unwrap_or_default();
        let part = |mjd: f64| {
            let observations = window::until(&curve.observations, curve.photometry, mjd);
            let n_known = observations.iter().filter(|o| !o.is_limit()).count();
            let (mut row, input) = self.prepare(LightCurve { observations, ..curve.clone() });
            row.epoch = Some(Epoch { mjd, age_d: mjd - from, n_known });
            (row, input)
        };
        epochs.into_iter().map(part).collect()
    }

    fn prepare(&self, curve: LightCurve) -> (Row, Option<E::Input>) {
        let mut row = Row::new(&curve);
        if let Some(why) = self.engine.unusable(&curve) {
            row.not_usable(why);
            return (row, None);
        }
        match catch_unwind(AssertUnwindSafe(|| (self.engine.warnings(&curve), self.engine.prepare(&curve)))) {
            Ok((warnings, input)) => {
                row.warnings.extend(warnings.iter().map(Warning::to_string));
                (row, Some(input))
            }
            Err(panic) => {
                row.fail(&panic_text(panic.as_ref()));
                (row, None)
            }
        }
    }

    fn run(&mut self, inputs: &[E::Input]) -> Result<Vec<Answer>, String> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let answers = catch_unwind(AssertUnwindSafe(|| self.engine.run(inputs))).unwrap_or_else(|p| Err(panic_text(p.as_ref())))?;
        if answers.len() == inputs.len() { Ok(answers) } else { Err("the model gave no answer".into()) }
    }

    fn answer(&self, row: &mut Row, Answer { p, members, novelty }: Answer) {
        if p.iter().any(|v| !v.is_finite()) {
            return row.fail("the model gave a probability that is no number");
        }
        let plan = &self.plan;
        let age_d = row.epoch.map(|e| e.age_d).or(plan.asof_d).unwrap_or(f64::INFINITY);
        let (decision, p): (Decision, Vec<f64>) = match &plan.regrouper {
            None => (plan.rules.decide(&plan.layout, |slot| p.get(slot).copied(), age_d), p),
            Some(regrouper) => {
                let poured = regrouper.pour(&p);
                let decision = plan.rules.decide_poured(&plan.layout, &poured, age_d);
                (decision, poured.p.iter().map(|p| p.unwrap_or(f64::NAN)).collect())
            }
        };
        row.uncertainty = spread(&members.iter().map(|p| plan.regrouped(p)).collect::<Vec<_>>());
        row.decision = Some(decision);
        row.p = p;
        row.novelty = novelty;
        row.warnings.extend(novelty.and_then(novelty::warning).map(|w| w.to_string()));
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| s.to_string())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_string())
}
