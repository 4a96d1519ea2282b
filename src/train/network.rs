//! The network: dense layers over the normalised features and a linear head with one logit per slot of the tree. Several members may be averaged.
//!
//! Parameters live as plain vectors (initialised, stepped and averaged here, from the run's own
//! generator); `burn` gives the forward pass and its gradient.

use super::rng::RunRng;
use burn::tensor::{Device, Tensor, TensorData, activation};

/// A dense layer: y = x W + b, W [inputs, outputs] row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Inputs.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// [inputs * outputs].
    pub weight: Vec<f32>,
    /// [outputs].
    pub bias: Vec<f32>,
}

impl Dense {
    /// He initialisation, scaled by `gain`.
    fn new(inputs: usize, outputs: usize, gain: f64, rng: &mut RunRng) -> Self {
        let scale = gain * (2.0 / inputs as f64).sqrt();
        Dense { inputs, outputs, weight: (0..inputs * outputs).map(|_| (scale * rng.normal()) as f32).collect(), bias: vec![0.0; outputs] }
    }
}

/// Dense layers with rectifiers between them; the last is the head.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// First to last; the last is the head.
    pub layers: Vec<Dense>,
}

/// The parameters as tensors that record gradients.
pub struct Live {
    leaves: Vec<Tensor<1>>,
    device: Device,
}

/// The device of training: the CPU, with gradients.
pub fn device() -> Device {
    Device::flex().autodiff()
}

impl Network {
    /// `hidden` are the widths of the hidden layers.
    pub fn new(inputs: usize, hidden: &[usize], outputs: usize, rng: &mut RunRng) -> Self {
        let mut layers = Vec::new();
        let mut width = inputs;
        for &h in hidden {
            layers.push(Dense::new(width, h, 1.0, rng));
            width = h;
        }
        // A small head: the first predictions are nearly uniform.
        layers.push(Dense::new(width, outputs, 0.1, rng));
        Network { layers }
    }

    /// Width of the last hidden layer.
    pub fn hidden_width(&self) -> usize {
        self.layers.last().map_or(0, |l| l.inputs)
    }

    /// Every parameter vector, weights before biases, layer by layer; whether weight decay applies.
    pub fn parameters_mut(&mut self) -> Vec<(&mut Vec<f32>, bool)> {
        self.layers.iter_mut().flat_map(|l| [(&mut l.weight, true), (&mut l.bias, false)]).collect()
    }

    /// Rounds every parameter to what half precision holds: half the file, and no difference between it and this.
    pub fn round_to_half(&mut self) {
        for (values, _) in self.parameters_mut() {
            values.iter_mut().for_each(|v| *v = half::f16::from_f32(v.clamp(-65504.0, 65504.0)).to_f32());
        }
    }

    /// The parameters as tensors.
    pub fn live(&self, device: &Device) -> Live {
        let leaf = |v: &Vec<f32>| Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), device).require_grad();
        Live { leaves: self.layers.iter().flat_map(|l| [leaf(&l.weight), leaf(&l.bias)]).collect(), device: device.clone() }
    }

    /// Last hidden layer [B, H] and logits [B, N] of `x` [B, I]. `masks` are dropout masks [B, H] of the hidden
    /// layers (an empty list for none).
    pub fn forward(&self, live: &Live, x: Tensor<2>, masks: Vec<Vec<f32>>) -> (Tensor<2>, Tensor<2>) {
        let mut masks = masks.into_iter();
        let mut x = x;
        let mut hidden = x.clone();
        let last = self.layers.len() - 1;
        for (i, layer) in self.layers.iter().enumerate() {
            let w = live.leaves[2 * i].clone().reshape([layer.inputs, layer.outputs]);
            let b = live.leaves[2 * i + 1].clone().reshape([1, layer.outputs]);
            if i == last {
                hidden = x.clone();
            }
            x = x.matmul(w) + b;
            if i < last {
                x = activation::relu(x);
                if let Some(mask) = masks.next() {
                    let batch = mask.len() / layer.outputs;
                    x = x * Tensor::<2>::from_data(TensorData::new(mask, [batch, layer.outputs]), &live.device);
                }
            }
        }
        (hidden, x)
    }

    /// Widths of the hidden layers.
    pub fn hidden(&self) -> Vec<usize> {
        self.layers[..self.layers.len() - 1].iter().map(|l| l.outputs).collect()
    }

    /// Last hidden layers and logits without gradients, in batches. `x` [B, I] row-major.
    pub fn predict(&self, x: &[f32], inputs: usize) -> (Vec<f32>, Vec<f32>) {
        let device = Device::flex();
        let live = self.live_constant(&device);
        let (mut hidden, mut logits) = (Vec::new(), Vec::new());
        for chunk in x.chunks(512 * inputs) {
            let batch = chunk.len() / inputs;
            let x = Tensor::<2>::from_data(TensorData::new(chunk.to_vec(), [batch, inputs]), &device);
            let (e, z) = self.forward(&live, x, Vec::new());
            hidden.extend(values(e));
            logits.extend(values(z));
        }
        (hidden, logits)
    }

    fn live_constant(&self, device: &Device) -> Live {
        let leaf = |v: &Vec<f32>| Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), device);
        Live { leaves: self.layers.iter().flat_map(|l| [leaf(&l.weight), leaf(&l.bias)]).collect(), device: device.clone() }
    }
}

impl Live {
    /// Gradients of the parameters, in the order of [`Network::parameters_mut`].
    pub fn gradients(&self, loss: &Tensor<1>) -> Vec<Vec<f32>> {
        let mut gradients = loss.backward();
        self.leaves.iter().map(|leaf| leaf.grad_remove(&mut gradients).map_or_else(|| vec![0.0; leaf.dims()[0]], values)).collect()
    }

    /// A constant [rows, columns] on the parameters' device.
    pub fn constant(&self, data: Vec<f32>, rows: usize, columns: usize) -> Tensor<2> {
        Tensor::from_data(TensorData::new(data, [rows, columns]), &self.device)
    }
}

/// The tensor's values, row-major.
pub fn values<const D: usize>(t: Tensor<D>) -> Vec<f32> {
    // The element type is f32 on every device used here, so the conversion can't fail.
    t.into_data().try_to_vec::<f32>().unwrap_or_default()
}
