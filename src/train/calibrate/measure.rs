//! How well the conditionals are calibrated, before and after.

use super::Object;
use crate::cascade::probabilities;
use crate::evaluate::expected_calibration_error;
use crate::model::calibration::Scaling;
use crate::taxonomy::Layout;
use serde::Serialize;

/// Of one sibling group, over the objects whose label passes through it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupMeasure {
    /// Name of the parent.
    pub parent: String,
    /// Objects.
    pub objects: usize,
    /// Mean log loss of the conditional, nats.
    pub log_loss: f64,
    /// Of the most probable child; none without objects.
    pub debiased_ece: Option<f64>,
    /// 1 - log loss / log loss of the group's own rates.
    pub skill: f64,
}

/// Of one node, over the objects whose label passes through its group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeMeasure {
    /// Name.
    pub node: String,
    /// Objects that are in it.
    pub objects: usize,
    /// Of those whose parent is right, the share that is in it.
    pub rate: f64,
    /// Mean conditional.
    pub mean_p: f64,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// Mean over the objects of the summed log losses along the path, nats.
    pub log_loss: f64,
    /// Groups with objects and more than one member.
    pub groups: Vec<GroupMeasure>,
    /// Their nodes.
    pub nodes: Vec<NodeMeasure>,
}

/// Log conditionals of probabilities below this are not told apart.
const LEAST: f64 = -40.0;

/// Over the predictions at one age (infinite: the whole light curve); of an object without it the last. `scaling`: the
/// calibration for each object, or none.
pub fn measure<'s>(layout: &Layout, objects: &[Object<'_>], age_d: f64, scaling: impl Fn(&Object<'_>) -> Option<&'s Scaling>) -> Measures {
    let conditionals: Vec<Vec<f64>> = objects
        .iter()
        .map(|o| {
            let at = o.ages.iter().find(|a| a.0 == age_d).or(o.ages.last());
            let mut l = at.map_or_else(|| vec![0.0; layout.len()], |a| a.1.to_vec());
            if let Some(scaling) = scaling(o) {
                scaling.apply(layout, &mut l);
            }
            l
        })
        .collect();
    let mut out = Measures { log_loss: 0.0, groups: Vec::new(), nodes: Vec::new() };
    for group in layout.groups.iter().filter(|g| g.members.len() > 1) {
        let known = |o: &Object<'_>| o.path.iter().copied().find(|slot| group.members.contains(slot));
        let rows: Vec<(usize, &Vec<f64>)> = objects.iter().zip(&conditionals).filter_map(|(o, l)| Some((known(o)?, l))).collect();
        let n = rows.len() as f64;
        if rows.is_empty() {
            continue;
        }
        let loss: f64 = rows.iter().map(|(slot, l)| -l[*slot].max(LEAST)).sum();
        let best = |l: &[f64]| group.members.iter().copied().max_by(|a, b| l[*a].total_cmp(&l[*b]));
        let confidence: Vec<f64> = rows.iter().map(|(_, l)| best(l).map_or(0.0, |m| l[m].exp())).collect();
        let hits: Vec<bool> = rows.iter().map(|(slot, l)| best(l) == Some(*slot)).collect();
        let mut prior = 0.0;
        for &m in &group.members {
            let count = rows.iter().filter(|(slot, _)| *slot == m).count();
            let rate = count as f64 / n;
            prior -= if count > 0 { count as f64 * rate.ln() } else { 0.0 };
            let mean_p = rows.iter().map(|(_, l)| l[m].exp()).sum::<f64>() / n;
            out.nodes.push(NodeMeasure { node: layout.slots[m].name.clone(), objects: count, rate, mean_p });
        }
        out.log_loss += loss / objects.len() as f64;
        out.groups.push(GroupMeasure {
            parent: group.parent.map_or_else(|| layout.root_name.clone(), |s| layout.slots[s].name.clone()),
            objects: rows.len(),
            log_loss: loss / n,
            debiased_ece: expected_calibration_error(&confidence, &hits).map(|e| e.debiased),
            skill: if prior > 0.0 { 1.0 - loss / prior } else { 0.0 },
        });
    }
    out
}

/// P(node) less rate over all objects, per slot with at least `least` objects in it: |mean P - rate| of the marginals.
pub fn in_the_large(layout: &Layout, p: &[Vec<f64>], paths: &[&[usize]], least: usize) -> Vec<(usize, usize, f64)> {
    let n = p.len().max(1) as f64;
    let of = |slot: usize| {
        let count = paths.iter().filter(|path| path.contains(&slot)).count();
        let mean = p.iter().map(|p| p[slot]).sum::<f64>() / n;
        (slot, count, mean - count as f64 / n)
    };
    (0..layout.len()).map(of).filter(|m| m.1 >= least).collect()
}

/// P per slot of calibrated log conditionals.
pub fn marginals(layout: &Layout, log_conditional: &[f64], scaling: Option<&Scaling>) -> Vec<f64> {
    let mut l = log_conditional.to_vec();
    if let Some(scaling) = scaling {
        scaling.apply(layout, &mut l);
    }
    probabilities(layout, &l)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    #[test]
    fn by_hand() {
        // A, A1, A2, B.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let l: Vec<f64> = [0.8, 0.5, 0.5, 0.2].iter().map(|p: &f64| p.ln()).collect();
        let paths: [&[usize]; 4] = [&[0, 1], &[0, 2], &[0], &[3]];
        let objects: Vec<Object<'_>> =
            paths.iter().map(|path| Object { path, part: 0, ages: vec![(f64::INFINITY, l.as_slice())] }).collect();
        let m = measure(&layout, &objects, f64::INFINITY, |_| None);
        let top = -(3.0 * 0.8f64.ln() + 0.2f64.ln()) / 4.0;
        assert!((m.groups[0].log_loss - top).abs() < 1e-12 && m.groups[0].objects == 4);
        assert!((m.groups[1].log_loss - 2f64.ln()).abs() < 1e-12 && m.groups[1].objects == 2 && m.groups[1].parent == "A");
        assert!((m.log_loss - top - 0.5 * 2f64.ln()).abs() < 1e-12);
        // 0.8 : 0.2 is worse than the rates themselves, 0.75 : 0.25.
        assert!(m.groups[1].skill.abs() < 1e-12 && m.groups[0].skill < 0.0);
        assert_eq!((m.nodes[0].objects, m.nodes[0].rate), (3, 0.75));
        assert!((m.nodes[0].mean_p - 0.8).abs() < 1e-12);
        // A temperature that makes 0.8 : 0.2 the rate 0.75 : 0.25.
        let a = 3f64.ln() / 4f64.ln();
        let scaling = Scaling { scale: vec![a, 1.0, 1.0, a], offset: vec![0.0; 4] };
        let after = measure(&layout, &objects, f64::INFINITY, |_| Some(&scaling));
        assert!((after.nodes[0].mean_p - 0.75).abs() < 1e-12);
        assert!(after.groups[0].log_loss < m.groups[0].log_loss && after.groups[0].skill.abs() < 1e-12);
    }
}
