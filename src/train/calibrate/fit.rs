//! The fit of a calibration: one temperature per sibling group and one bias per node.
//!
//! Least, per group, in a = 1/T and b: the log loss of a x + b (x the log conditionals) over the objects whose label passes
//! through the group, plus `strength` x ( r - 1 - ln r + sum_c (b_c - b0_c)^2 / 2 ), r = a / a0. Both terms are convex in (a, b);
//! the penalty is least at the centre (a0, b0), is (ln r)^2 / 2 near it, keeps a above 0, and weighs as `strength`
//! pseudo-objects do, so that a class of five objects moves nothing by much.

use crate::model::calibration::Scaling;
use crate::taxonomy::Layout;
use crate::train::refit::lbfgs;
use rayon::prelude::*;

/// Strengths among which cross-fitting chooses.
pub const STRENGTHS: [f64; 5] = [3.0, 10.0, 30.0, 100.0, 1000.0];
/// Losses that differ by less (in all, nats) are taken for equal: the greater strength wins.
const EQUAL: f64 = 1.0;
/// Parts of a cross-fit where the data bring no folds.
pub const PARTS: u32 = 5;
/// Log conditionals below this are not told apart.
const LEAST: f64 = -40.0;
/// Steps of a fit at most, and the relative gain at which it ends.
const STEPS: usize = 100;
const TOLERANCE: f64 = 1e-8;
/// Bundles of parts by which the strength is chosen where there are more than [`PARTS`]: as good, and quicker.
const BUNDLES: usize = 3;

/// One prediction of an object whose class is known.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// ln p(node | parent) [N], posteriors.
    pub log_conditional: &'a [f64],
    /// Slots of the label's path, top first.
    pub path: &'a [usize],
    /// Those of an object add up to 1.
    pub weight: f64,
    /// The part of a cross-fit that the object is in.
    pub part: u32,
}

/// What a group is fitted to.
#[derive(Debug)]
struct GroupRows {
    /// Log conditionals [R, K].
    x: Vec<f64>,
    /// Of each row: the member that is true, its weight and its part.
    rows: Vec<(usize, f64, u32)>,
}

/// Samples sorted by sibling groups.
#[derive(Debug)]
pub struct Data<'a> {
    layout: &'a Layout,
    groups: Vec<GroupRows>,
    /// Parts that occur, in order.
    pub parts: Vec<u32>,
}

impl<'a> Data<'a> {
    /// Groups of one member have nothing to fit and stay empty.
    pub fn new<'s>(layout: &'a Layout, samples: impl IntoIterator<Item = Sample<'s>>) -> Data<'a> {
        let mut groups: Vec<GroupRows> = layout.groups.iter().map(|_| GroupRows { x: Vec::new(), rows: Vec::new() }).collect();
        let mut parts = Vec::new();
        for s in samples {
            parts.push(s.part);
            for &slot in s.path {
                let group = layout.slots[slot].group;
                let members = &layout.groups[group].members;
                let Some(at) = members.iter().position(|m| *m == slot).filter(|_| members.len() > 1) else { continue };
                groups[group].x.extend(members.iter().map(|m| s.log_conditional[*m].max(LEAST)));
                groups[group].rows.push((at, s.weight, s.part));
            }
        }
        parts.sort_unstable();
        parts.dedup();
        Data { layout, groups, parts }
    }

    /// Fits the samples of those parts that `take` wants.
    pub fn fit(&self, strength: f64, centre: &Scaling, take: impl Fn(u32) -> bool + Sync) -> Scaling {
        let fitted: Vec<Vec<f64>> = self
            .layout
            .groups
            .par_iter()
            .zip(&self.groups)
            .map(|(group, rows)| {
                let mut at = vec![centre.scale[group.members[0]]];
                at.extend(group.members.iter().map(|m| centre.offset[*m]));
                if rows.rows.iter().any(|r| take(r.2)) {
                    let start = at.clone();
                    let value = |p: &[f64], g: &mut [f64]| Some(rows.value(p, g, strength, &start, &take));
                    lbfgs::minimise(&mut at, STEPS, TOLERANCE, value, |_, _| {});
                }
                at
            })
            .collect();
        let mut out = centre.clone();
        for (group, parameters) in self.layout.groups.iter().zip(&fitted) {
            for (m, b) in group.members.iter().zip(&parameters[1..]) {
                out.scale[*m] = parameters[0];
                out.offset[*m] = *b;
            }
        }
        out
    }

    /// Log loss of the samples of those parts that `take` wants, summed over the groups, nats.
    pub fn loss(&self, scaling: &Scaling, take: impl Fn(u32) -> bool) -> f64 {
        let groups = self.layout.groups.iter().zip(&self.groups);
        let sums = groups.map(|(group, rows)| {
            let mut p = vec![scaling.scale[group.members[0]]];
            p.extend(group.members.iter().map(|m| scaling.offset[*m]));
            rows.log_loss(&p, None, &take)
        });
        sums.sum()
    }

    /// The strength with the least loss of cross-fits over the parts that `take` wants; of those that do as well the greatest.
    /// With one part there is nothing to choose by: the middle one.
    pub fn choose(&self, centre: &Scaling, take: impl Fn(u32) -> bool + Sync) -> f64 {
        let parts: Vec<u32> = self.parts.iter().copied().filter(|p| take(*p)).collect();
        if parts.len() < 2 {
            return STRENGTHS[STRENGTHS.len() / 2];
        }
        let bundles = if parts.len() > PARTS as usize { BUNDLES } else { parts.len() };
        let in_bundle = |p: u32, b: usize| parts.binary_search(&p).is_ok_and(|i| i % bundles == b);
        let loss = |strength: f64| -> f64 {
            let of = |b: usize| {
                let fitted = self.fit(strength, centre, |p| take(p) && !in_bundle(p, b));
                self.loss(&fitted, |p| in_bundle(p, b))
            };
            (0..bundles).map(of).sum()
        };
        let losses: Vec<f64> = STRENGTHS.par_iter().map(|s| loss(*s)).collect();
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        STRENGTHS.iter().zip(losses).filter(|(_, l)| *l <= least + EQUAL).fold(STRENGTHS[0], |best, (s, _)| best.max(*s))
    }
}

impl GroupRows {
    /// The penalised loss at `p` = (a, b_1 ..) and its gradient.
    fn value(&self, p: &[f64], gradient: &mut [f64], strength: f64, centre: &[f64], take: impl Fn(u32) -> bool) -> f64 {
        gradient.fill(0.0);
        let r = p[0] / centre[0];
        if r.is_nan() || r <= 0.0 {
            // The line search comes back from there.
            return f64::INFINITY;
        }
        let mut value = self.log_loss(p, Some(gradient), take);
        value += strength * (r - 1.0 - r.ln());
        gradient[0] += strength * (1.0 - 1.0 / r) / centre[0];
        for ((g, b), b0) in gradient.iter_mut().zip(p).zip(centre).skip(1) {
            value += 0.5 * strength * (b - b0) * (b - b0);
            *g += strength * (b - b0);
        }
        value
    }

    /// Sum of weight x log loss; adds its gradient.
    fn log_loss(&self, p: &[f64], mut gradient: Option<&mut [f64]>, take: impl Fn(u32) -> bool) -> f64 {
        let (a, b) = (p[0], &p[1..]);
        let mut z = vec![0.0; b.len()];
        let mut sum = 0.0;
        for (x, &(target, weight, part)) in self.x.chunks(b.len()).zip(&self.rows) {
            if !take(part) {
                continue;
            }
            z.iter_mut().zip(x.iter().zip(b)).for_each(|(z, (x, b))| *z = a * x + b);
            let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = z.iter().map(|z| (z - max).exp()).sum();
            sum += weight * (max + total.ln() - z[target]);
            let Some(gradient) = gradient.as_deref_mut() else { continue };
            for (i, (z, x)) in z.iter().zip(x).enumerate() {
                let d = weight * ((z - max).exp() / total - if i == target { 1.0 } else { 0.0 });
                gradient[0] += d * x;
                gradient[i + 1] += d;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::log_conditionals;
    use crate::cascade::testing::tree;
    use crate::train::rng::RunRng;

    /// Conditionals, and labels drawn from what `truth` makes of them. The label ends at an inner node now and then.
    fn drawn(layout: &Layout, truth: &Scaling, n: usize, seed: u64) -> Vec<(Vec<f64>, Vec<usize>)> {
        let mut rng = RunRng::new(seed, 0);
        let draw = |rng: &mut RunRng| {
            let logits: Vec<f64> = (0..layout.len()).map(|_| 2.0 * rng.normal()).collect();
            let l = log_conditionals(layout, &logits);
            let mut p = l.clone();
            truth.apply(layout, &mut p);
            let (mut path, mut at) = (Vec::new(), None);
            while !layout.children(at).is_empty() && (path.is_empty() || rng.uniform() > 0.1) {
                let mut u = rng.uniform();
                let mut chosen = layout.children(at)[0];
                for &c in layout.children(at) {
                    chosen = c;
                    u -= p[c].exp();
                    if u < 0.0 {
                        break;
                    }
                }
                path.push(chosen);
                at = Some(chosen);
            }
            (l, path)
        };
        (0..n).map(|_| draw(&mut rng)).collect()
    }

    fn samples(drawn: &[(Vec<f64>, Vec<usize>)]) -> impl Iterator<Item = Sample<'_>> {
        drawn.iter().enumerate().map(|(i, (l, path))| Sample { log_conditional: l, path, weight: 1.0, part: (i % 5) as u32 })
    }

    #[test]
    fn known_temperatures_and_biases_are_found() {
        // Slots: A, A1, A2, other A, B, B1.
        let layout = Layout::new(&tree("Root{A~{A1,A2},B{B1}}"));
        let truth = Scaling { scale: vec![0.5, 1.5, 1.5, 1.5, 0.5, 1.0], offset: vec![0.4, 0.6, -0.2, -0.4, -0.4, 0.0] };
        let drawn = drawn(&layout, &truth, 20_000, 5);
        let data = Data::new(&layout, samples(&drawn));
        let none = Scaling::identity(layout.len());
        let strength = data.choose(&none, |_| true);
        let found = data.fit(strength, &none, |_| true);
        for slot in 0..5 {
            assert!((found.scale[slot] - truth.scale[slot]).abs() < 0.06, "seed 5: {found:?}");
            assert!((found.offset[slot] - truth.offset[slot]).abs() < 0.08, "seed 5: {found:?}");
        }
        assert_eq!((found.scale[5], found.offset[5]), (1.0, 0.0));
        assert!(data.loss(&found, |_| true) < data.loss(&none, |_| true));
    }

    #[test]
    fn few_objects_do_no_harm() {
        let layout = Layout::new(&tree("Root{A,B,C}"));
        let none = Scaling::identity(3);
        let (mut worse, mut sum) = (0, 0.0);
        for seed in 0..10 {
            let few = drawn(&layout, &none, 40, 100 + seed);
            let many = drawn(&layout, &none, 4000, 200 + seed);
            let data = Data::new(&layout, samples(&few));
            let found = data.fit(data.choose(&none, |_| true), &none, |_| true);
            let test = Data::new(&layout, samples(&many));
            let harm = (test.loss(&found, |_| true) - test.loss(&none, |_| true)) / 4000.0;
            worse += usize::from(harm > 0.03);
            sum += harm;
        }
        assert!(worse <= 1 && sum < 0.15, "seeds 100..110: harm in {worse} of 10, {} on average", sum / 10.0);
        // A class with two objects, stated as it is: the bias stays small.
        let rare: Vec<_> =
            (0..400).map(|i| (vec![0.5f64.ln(), 0.495f64.ln(), 0.005f64.ln()], vec![if i < 2 { 2 } else { i % 2 }])).collect();
        let found = Data::new(&layout, samples(&rare)).fit(10.0, &none, |_| true);
        assert!(found.offset.iter().all(|b| b.abs() < 0.2), "{found:?}");
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences_and_the_centre_holds() {
        let layout = Layout::new(&tree("Root{A,B,C}"));
        let drawn = drawn(&layout, &Scaling::identity(3), 50, 9);
        let data = Data::new(&layout, samples(&drawn));
        let (p, centre) = ([0.8, 0.1, -0.3, 0.2], [1.2, 0.0, 0.1, 0.0]);
        let mut g = [0.0; 4];
        let at = |p: &[f64]| data.groups[0].value(p, &mut [0.0; 4], 3.0, &centre, |part| part != 2);
        data.groups[0].value(&p, &mut g, 3.0, &centre, |part| part != 2);
        for i in 0..4 {
            let (mut up, mut down) = (p, p);
            up[i] += 1e-5;
            down[i] -= 1e-5;
            assert!(((at(&up) - at(&down)) / 2e-5 - g[i]).abs() < 1e-6, "parameter {i}");
        }
        let centre = Scaling { scale: vec![0.7; 3], offset: vec![0.1, -0.1, 0.0] };
        let held = data.fit(1e9, &centre, |_| true);
        assert!(held.scale.iter().zip(&centre.scale).all(|(a, b)| (a - b).abs() < 1e-4), "{held:?}");
        assert_eq!(data.fit(1.0, &centre, |_| false), centre);
    }
}
