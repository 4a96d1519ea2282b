//! AdamW (Loshchilov & Hutter 2019) on plain vectors, and the running average of the parameters.

use super::network::Network;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The optimiser's state.
#[derive(Debug, Clone)]
pub struct AdamW {
    first: Vec<Vec<f32>>,
    second: Vec<Vec<f32>>,
    step: i32,
    weight_decay: f32,
}

impl AdamW {
    /// For the parameters of `network`.
    pub fn new(network: &mut Network, weight_decay: f32) -> Self {
        let zeros: Vec<Vec<f32>> = network.parameters_mut().iter().map(|(p, _)| vec![0.0; p.len()]).collect();
        AdamW { first: zeros.clone(), second: zeros, step: 0, weight_decay }
    }

    /// First and second moments, and the number of steps taken.
    pub(super) fn state(&self) -> ([Vec<Vec<f32>>; 2], i32) {
        ([self.first.clone(), self.second.clone()], self.step)
    }

    /// Takes up a state; false if it is of other parameters.
    pub(super) fn set_state(&mut self, moments: &[Vec<Vec<f32>>; 2], step: i32) -> bool {
        let [first, second] = moments;
        let lengths = |m: &[Vec<f32>]| m.iter().map(Vec::len).collect::<Vec<_>>();
        let fits = lengths(first) == lengths(&self.first) && lengths(second) == lengths(&self.second);
        if fits {
            (self.first, self.second, self.step) = (first.clone(), second.clone(), step);
        }
        fits
    }

    /// One step along `gradients` (in the order of the parameters) at rate `lr`.
    pub fn step(&mut self, network: &mut Network, gradients: &[Vec<f32>], lr: f32) {
        self.step += 1;
        let c1 = 1.0 / (1.0 - BETA1.powi(self.step));
        let c2 = 1.0 / (1.0 - BETA2.powi(self.step));
        for (i, (p, decays)) in network.parameters_mut().into_iter().enumerate() {
            let shrink = if decays { 1.0 - lr * self.weight_decay } else { 1.0 };
            let moments = self.first[i].iter_mut().zip(self.second[i].iter_mut());
            for ((p, g), (m, v)) in p.iter_mut().zip(&gradients[i]).zip(moments) {
                *m = BETA1 * *m + (1.0 - BETA1) * g;
                *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                *p = *p * shrink - lr * (*m * c1) / ((*v * c2).sqrt() + EPSILON);
            }
        }
    }
}

/// Moves `average` towards `network` by 1 - decay.
pub fn average(average: &mut Network, network: &mut Network, decay: f32) {
    for ((a, _), (p, _)) in average.parameters_mut().into_iter().zip(network.parameters_mut()) {
        for (a, p) in a.iter_mut().zip(p.iter()) {
            *a = decay * *a + (1.0 - decay) * p;
        }
    }
}
