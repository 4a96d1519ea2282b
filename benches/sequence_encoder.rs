//! Does an encoder of the observation sequence help beside the features? Dilated convolutions with attention pooling
//! (H channels, four residual blocks) join the first hidden layer; everything else is the same: loss, folds, truncations,
//! epochs, seed. Scores are those of `five_class`, pooled over the folds that are run.
//!
//! cargo bench --bench sequence_encoder -- [--folds 0,1] [--epochs 40] [--seed 1]

mod common;

use burn::tensor::{Device, Tensor, TensorData, activation, module::conv1d, ops::ConvOptions};
use rayon::prelude::*;
use taxonova::evaluate::FiveClass;
use taxonova::features::{self, Channel};
use taxonova::lightcurve::read::{self, ReadOptions};
use taxonova::lightcurve::{LightCurve, Observation, window};
use taxonova::taxonomy::{Counts, Layout, Taxonomy, match_label, parse_json, shipped_json, target_slots, weights};
use taxonova::train::loss::{Target, Whxe};
use taxonova::train::network::values;
use taxonova::train::normalise::Normaliser;
use taxonova::train::rng::RunRng;

/// Steps of a sequence: the last T nights.
const T: usize = 48;
/// Numbers a step.
const C: usize = 7;
/// Channels of the encoder.
const H: usize = 48;
const DILATIONS: [usize; 4] = [1, 2, 4, 8];
const HIDDEN: [usize; 3] = [256, 128, 20];
const VERSIONS: usize = 6;
const BATCH: usize = 128;
const DROPOUT: f32 = 0.3;

fn argument(name: &str, default: &str) -> String {
    let args: Vec<String> = std::env::args().collect();
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned().unwrap_or_else(|| default.into())
}

struct Object {
    fold: u32,
    five: Option<usize>,
    path: Vec<usize>,
    node: taxonova::taxonomy::NodeId,
    /// Features and sequence [C, T] with its mask [T], the whole light curve first.
    versions: Vec<(Vec<f32>, Vec<f32>, Vec<f32>)>,
}

fn sequence(observations: &[Observation]) -> (Vec<f32>, Vec<f32>) {
    let nights = window::nightly(observations);
    let points: Vec<&Observation> = nights.iter().filter(|o| Channel::of(o.band).is_some()).collect();
    let points = &points[points.len().saturating_sub(T)..];
    let first = points.iter().find(|o| o.snr() >= 5.0).or(points.first()).map_or(0.0, |o| o.mjd);
    let (mut x, mut mask) = (vec![0.0; C * T], vec![0.0; T]);
    let mut previous = first;
    for (t, o) in points.iter().enumerate() {
        let scale = 10.0;
        let step = [
            ((o.mjd - first) / 50.0).clamp(-4.0, 8.0),
            ((o.mjd - previous).max(0.0) + 1.0).ln() / 3.0,
            (o.flux_ujy / scale).asinh() - 2.0,
            (o.flux_err_ujy / scale).asinh(),
            f64::from(Channel::of(o.band) == Some(Channel::Blue)),
            f64::from(Channel::of(o.band) == Some(Channel::Red)),
            f64::from(o.is_limit()),
        ];
        previous = o.mjd;
        step.iter().enumerate().for_each(|(c, v)| x[c * T + t] = *v as f32);
        mask[t] = 1.0;
    }
    (x, mask)
}

fn object(lc: &LightCurve, tree: &Taxonomy, layout: &Layout, seed: u64) -> Option<Object> {
    let node = match_label(tree, lc.label.as_deref()?)?.node;
    let mut rng = RunRng::new(seed, taxonova::model::name_hash(&lc.object_id));
    let version = |o: &[Observation]| {
        let (x, mask) = sequence(o);
        (features::compute(o, lc.photometry, &[features::Group::Transient]), x, mask)
    };
    let mut versions = vec![version(&lc.observations)];
    for _ in 0..VERSIONS {
        versions.push(version(&window::as_of(lc, 1.5 * 100f64.powf(rng.uniform()))));
    }
    Some(Object {
        fold: lc.fold?,
        five: lc.extra("five_class").and_then(FiveClass::truth),
        path: target_slots(layout, tree, node),
        node,
        versions,
    })
}

/// Parameters as flat vectors with their shapes.
struct Net {
    parameters: Vec<Vec<f32>>,
    shapes: Vec<(usize, usize)>,
    encoder: bool,
}

impl Net {
    fn new(inputs: usize, outputs: usize, encoder: bool, rng: &mut RunRng) -> Net {
        let mut net = Net { parameters: vec![], shapes: vec![], encoder };
        let mut add = |rows: usize, columns: usize, fan: usize, gain: f64| {
            let scale = gain * (2.0 / fan as f64).sqrt();
            net.parameters.push((0..rows * columns).map(|_| (scale * rng.normal()) as f32).collect());
            net.shapes.push((rows, columns));
            net.parameters.push(vec![0.0; columns]);
            net.shapes.push((1, columns));
        };
        let mut width = inputs + if encoder { H } else { 0 };
        for h in HIDDEN {
            add(width, h, width, 1.0);
            width = h;
        }
        add(width, outputs, width, 0.1);
        if encoder {
            add(C, H, C, 1.0);
            for _ in DILATIONS {
                add(H * 3, H, H * 3, 0.7);
            }
            add(H, 1, H, 0.1);
        }
        net
    }

    fn live(&self, device: &Device, gradients: bool) -> Vec<Tensor<1>> {
        let tensor = |v: &Vec<f32>| Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), device);
        self.parameters.iter().map(|v| if gradients { tensor(v).require_grad() } else { tensor(v) }).collect()
    }

    fn matrix(&self, live: &[Tensor<1>], i: usize) -> Tensor<2> {
        live[i].clone().reshape([self.shapes[i].0, self.shapes[i].1])
    }

    /// Logits [B, N] of features [B, I], sequences [B, C, T] and masks [B, T].
    fn forward(
        &self,
        live: &[Tensor<1>],
        x: Tensor<2>,
        s: Tensor<3>,
        mask: Tensor<2>,
        drop: Option<&mut RunRng>,
        device: &Device,
    ) -> Tensor<2> {
        let batch = x.dims()[0];
        let mut x = x;
        if self.encoder {
            let mut at = 2 * (HIDDEN.len() + 1);
            let gate = mask.clone().reshape([batch, 1, T]);
            let kernel = |i: usize, size: usize, inputs: usize| self.matrix(live, i).reshape([inputs, size, H]).permute([2, 0, 1]);
            let options = |size: usize, d: usize| ConvOptions::new([1], [d * (size / 2)], [d], 1);
            let mut h = conv1d(s, kernel(at, 1, C), Some(live[at + 1].clone()), options(1, 1));
            at += 2;
            for d in DILATIONS {
                let y = conv1d(h.clone() * gate.clone(), kernel(at, 3, H), Some(live[at + 1].clone()), options(3, d));
                h = h + activation::relu(y);
                at += 2;
            }
            // [B, T, H] -> attention over the steps that exist.
            let h = h.permute([0, 2, 1]);
            let score = h.clone().reshape([batch * T, H]).matmul(self.matrix(live, at)).reshape([batch, T]);
            let weight = activation::softmax(score + (mask - 1.0) * 1e4, 1);
            let pooled = (h * weight.reshape([batch, T, 1])).sum_dim(1).reshape([batch, H]);
            x = Tensor::cat(vec![x, pooled], 1);
        }
        let mut drop = drop;
        for (i, &width) in HIDDEN.iter().enumerate() {
            x = activation::relu(x.matmul(self.matrix(live, 2 * i)) + self.matrix(live, 2 * i + 1));
            if let Some(rng) = drop.as_deref_mut() {
                x = x * Tensor::<2>::from_data(TensorData::new(rng.dropout(DROPOUT, batch * width), [batch, width]), device);
            }
        }
        let last = 2 * HIDDEN.len();
        x.matmul(self.matrix(live, last)) + self.matrix(live, last + 1)
    }
}

struct Data<'a> {
    objects: &'a [Object],
    normaliser: Normaliser,
}

impl Data<'_> {
    fn tensors(&self, chosen: &[(usize, usize)], device: &Device) -> (Tensor<2>, Tensor<3>, Tensor<2>) {
        let (mut x, mut s, mut m) = (vec![], vec![], vec![]);
        for &(i, v) in chosen {
            let (features, sequence, mask) = &self.objects[i].versions[v];
            self.normaliser.apply(features, &mut x);
            s.extend_from_slice(sequence);
            m.extend_from_slice(mask);
        }
        let b = chosen.len();
        let width = self.normaliser.width();
        (
            Tensor::from_data(TensorData::new(x, [b, width]), device),
            Tensor::from_data(TensorData::new(s, [b, C, T]), device),
            Tensor::from_data(TensorData::new(m, [b, T]), device),
        )
    }
}

/// Trains on all folds but `fold`; truth and most probable of the five classes of the fold's objects.
fn run(objects: &[Object], tree: &Taxonomy, layout: &Layout, fold: u32, encoder: bool, epochs: usize, seed: u64) -> Vec<(usize, usize)> {
    let mut training: Vec<usize> = (0..objects.len()).filter(|&i| objects[i].fold != fold && !objects[i].path.is_empty()).collect();
    let rows = training.iter().flat_map(|&i| objects[i].versions.iter().take(2)).map(|v| v.0.as_slice());
    let data = Data { objects, normaliser: Normaliser::fit(rows, features::table(&[features::Group::Transient]).count()) };
    let mut counts = Counts::default();
    for &i in &training {
        counts.set(objects[i].node, counts.exact(objects[i].node) + 1);
    }
    let w = weights::compute(tree, layout, &counts, &tree.weights);
    let w_eff = w.effective(layout);
    let whxe = Whxe::new(layout);
    let mut rng = RunRng::new(seed, u64::from(fold));
    let mut net = Net::new(data.normaliser.width(), layout.len(), encoder, &mut rng);
    let mut smooth = net.parameters.clone();
    let (mut first, mut second): (Vec<Vec<f32>>, Vec<Vec<f32>>) =
        (net.parameters.iter().map(|p| vec![0.0; p.len()]).collect(), net.parameters.iter().map(|p| vec![0.0; p.len()]).collect());
    let device = Device::flex().autodiff();
    let total = (training.len().div_ceil(BATCH) * epochs) as f32;
    let mut step = 0;
    for _ in 0..epochs {
        rng.shuffle(&mut training);
        for batch in training.chunks(BATCH) {
            let chosen: Vec<(usize, usize)> =
                batch.iter().map(|&i| (i, if rng.uniform() < 0.5 { 0 } else { 1 + rng.below(VERSIONS) })).collect();
            let (x, s, m) = data.tensors(&chosen, &device);
            let live = net.live(&device, true);
            let logits = net.forward(&live, x, s, m, Some(&mut rng), &device);
            let z = values(logits.clone());
            let targets: Vec<Target> = batch
                .iter()
                .map(|&i| Target { path: objects[i].path.iter().copied().zip(w.path_factors(&objects[i].path)).collect() })
                .collect();
            let mut gradient = vec![0.0; z.len()];
            whxe.loss_and_gradient(&z, &targets.iter().collect::<Vec<_>>(), &mut gradient);
            let constant = Tensor::<2>::from_data(TensorData::new(gradient, [batch.len(), layout.len()]), &device);
            let mut gradients = (logits * constant).sum().backward();
            step += 1;
            let progress = step as f32 / total;
            let lr = 2e-3 * (progress / 0.05).min(1.0) * 0.5 * (1.0 + (std::f32::consts::PI * progress).cos());
            let (c1, c2) = (1.0 / (1.0 - 0.9f32.powi(step)), 1.0 / (1.0 - 0.999f32.powi(step)));
            for (i, leaf) in live.iter().enumerate() {
                let Some(g) = leaf.grad_remove(&mut gradients).map(values) else { continue };
                let shrink = if net.shapes[i].0 > 1 { 1.0 - lr * 0.02 } else { 1.0 };
                for j in 0..g.len() {
                    first[i][j] = 0.9 * first[i][j] + 0.1 * g[j];
                    second[i][j] = 0.999 * second[i][j] + 0.001 * g[j] * g[j];
                    let p = &mut net.parameters[i][j];
                    *p = *p * shrink - lr * first[i][j] * c1 / ((second[i][j] * c2).sqrt() + 1e-8);
                    let decay = (1.0 - 1.0 / (1.0 + step as f32)).min(0.995);
                    smooth[i][j] = decay * smooth[i][j] + (1.0 - decay) * *p;
                }
            }
        }
    }
    net.parameters = smooth;
    let device = Device::flex();
    let live = net.live(&device, false);
    let Some(reading) = FiveClass::new(tree, layout) else { return Vec::new() };
    let scored: Vec<usize> = (0..objects.len()).filter(|&i| objects[i].fold == fold && objects[i].five.is_some()).collect();
    let mut out = Vec::new();
    for batch in scored.chunks(BATCH) {
        let chosen: Vec<(usize, usize)> = batch.iter().map(|&i| (i, 0)).collect();
        let (x, s, m) = data.tensors(&chosen, &device);
        let z = values(net.forward(&live, x, s, m, None, &device));
        for (&i, z) in batch.iter().zip(z.chunks(layout.len())) {
            let z: Vec<f64> = z.iter().map(|z| f64::from(*z)).collect();
            let mut conditional = taxonova::cascade::log_conditionals(layout, &z);
            taxonova::cascade::correct_to_posterior(layout, &mut conditional, &w_eff);
            let p: Vec<f64> = taxonova::cascade::log_probabilities(layout, &conditional).iter().map(|l| l.exp()).collect();
            out.extend(objects[i].five.map(|truth| (truth, reading.predict(&p, None))));
        }
    }
    out
}

fn main() {
    let Some(dir) = common::data_dir() else { return };
    let Ok(reader) = read::open(&dir.join("ztf_transients.parquet"), &ReadOptions::default()) else {
        eprintln!("skipped: no real data (set TAXONOVA_SHARED_DATA)");
        return;
    };
    let Some(Ok(tree)) = shipped_json("transients").map(|text| parse_json(text, "transients.json".as_ref())) else { return };
    let layout = Layout::new(&tree);
    let (folds, epochs, seed) = (argument("--folds", "0,1"), argument("--epochs", "40"), argument("--seed", "1"));
    let (epochs, seed) = (epochs.parse().unwrap_or(40), seed.parse().unwrap_or(1));
    let objects: Vec<Object> = reader.filter_map(Result::ok).filter_map(|lc| object(&lc, &tree, &layout, seed)).collect();
    let folds: Vec<u32> = folds.split(',').filter_map(|f| f.parse().ok()).collect();
    for encoder in [false, true] {
        let parts: Vec<_> = folds.par_iter().map(|&f| run(&objects, &tree, &layout, f, encoder, epochs, seed)).collect();
        let mut confusion = FiveClass::confusion();
        parts.into_iter().flatten().for_each(|(truth, predicted)| confusion.add(truth, predicted));
        println!(
            "folds {folds:?}, {epochs} epochs, seed {seed}, {}: n {} macro F1 {:.4} accuracy {:.4}",
            if encoder { "features and sequence encoder" } else { "features alone" },
            confusion.n(),
            confusion.macro_f1(),
            confusion.accuracy()
        );
    }
}
