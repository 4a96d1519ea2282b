//! Conditionals and probabilities of a tree's nodes, in log space (SCIENCE sections 1 and 2).
//! Arrays have one value per slot of the layout: every node but the root in pre-order, residuals
//! included, so that a parent always comes before its children.

use crate::taxonomy::Layout;

/// ln p(node | parent) from logits: a log-softmax within each sibling group that subtracts that
/// group's own maximum. Exact and finite for any finite logits; never above 0.
///
/// `logits`: one per slot. Panics if the length is not the layout's.
pub fn log_conditionals(layout: &Layout, logits: &[f64]) -> Vec<f64> {
    assert_eq!(logits.len(), layout.len(), "one logit per slot");
    let mut out = logits.to_vec();
    for group in &layout.groups {
        normalise(&mut out, &group.members);
    }
    out
}

/// ln P(node) = the sum of the log conditionals from the top down to the node; never above the parent's.
pub fn log_probabilities(layout: &Layout, log_conditional: &[f64]) -> Vec<f64> {
    assert_eq!(log_conditional.len(), layout.len(), "one conditional per slot");
    let mut out = log_conditional.to_vec();
    for (i, slot) in layout.slots.iter().enumerate() {
        if let Some(parent) = slot.parent {
            out[i] += out[parent];
        }
    }
    out
}

/// P(node) from the log conditionals: `exp` of [`log_probabilities`].
pub fn probabilities(layout: &Layout, log_conditional: &[f64]) -> Vec<f64> {
    let mut p = log_probabilities(layout, log_conditional);
    for v in &mut p {
        *v = v.exp();
    }
    p
}

/// ln p(node | parent) from P of the leaves and residuals, in the order of the slots. Below a node of P = 0 all are alike.
/// Panics if the number is another.
pub fn spread_conditionals(layout: &Layout, atoms: &[f64]) -> Vec<f64> {
    let slots = layout.atoms();
    assert_eq!(atoms.len(), slots.len(), "one probability per leaf and residual");
    let mut p = vec![0.0; layout.len()];
    slots.iter().zip(atoms).for_each(|(slot, v)| p[*slot] = *v);
    for slot in (0..p.len()).rev() {
        if let Some(parent) = layout.slots[slot].parent {
            p[parent] += p[slot];
        }
    }
    for group in &layout.groups {
        let sum: f64 = group.members.iter().map(|m| p[*m]).sum();
        for &m in &group.members {
            p[m] = if sum > 0.0 { p[m] / sum } else { 1.0 / group.members.len() as f64 };
        }
    }
    p.iter().map(|p| p.ln()).collect()
}

/// Takes the weights of the training loss out of the conditionals: subtracts ln W_eff and renormalises
/// each group, because a weighted cross-entropy is least at p proportional to W times the truth
/// (SCIENCE section 2, "posteriors, not weighted scores").
///
/// `w_eff`: one effective weight >= 0 per slot. A weight of 0 (no training examples) makes that child
/// impossible (-inf); a group in which all are 0 stays as it was.
pub fn correct_to_posterior(layout: &Layout, log_conditional: &mut [f64], w_eff: &[f64]) {
    assert_eq!(log_conditional.len(), layout.len(), "one conditional per slot");
    assert_eq!(w_eff.len(), layout.len(), "one weight per slot");
    for group in &layout.groups {
        if group.members.iter().all(|&m| w_eff[m] <= 0.0) {
            continue;
        }
        for &m in &group.members {
            log_conditional[m] = if w_eff[m] > 0.0 { log_conditional[m] - w_eff[m].ln() } else { f64::NEG_INFINITY };
        }
        normalise(log_conditional, &group.members);
    }
}

/// Re-weights to other class rates: P'(atom) proportional to P(atom) r / pi for the leaves and residuals,
/// with every node the sum of what is below it.
///
/// `rates` (r) and `training` (pi): one value >= 0 per slot, of which those of the atoms are read; only
/// their ratios matter. An atom whose training rate is 0 stays as it is relative to its siblings' old
/// values (ratio 1); a group that would become impossible altogether stays as it was.
pub fn reweight_priors(layout: &Layout, log_conditional: &mut [f64], rates: &[f64], training: &[f64]) {
    assert_eq!(log_conditional.len(), layout.len(), "one conditional per slot");
    assert_eq!(rates.len(), layout.len(), "one rate per slot");
    assert_eq!(training.len(), layout.len(), "one training rate per slot");
    // gain[c] = ln sum over the atoms a below c of P(a | c) r_a / pi_a; children come after their parent.
    let mut gain = vec![0.0; layout.len()];
    for slot in (0..layout.len()).rev() {
        let children = layout.children(Some(slot));
        gain[slot] = if !children.is_empty() {
            log_sum_exp(children.iter().map(|&c| log_conditional[c] + gain[c]))
        } else if training[slot] > 0.0 {
            (rates[slot] / training[slot]).ln()
        } else {
            0.0
        };
    }
    for group in &layout.groups {
        if group.members.iter().all(|&m| log_conditional[m] + gain[m] == f64::NEG_INFINITY) {
            continue;
        }
        for &m in &group.members {
            log_conditional[m] += gain[m];
        }
        normalise(log_conditional, &group.members);
    }
}

/// Subtracts the group's log-sum-exp. At least one member has to be above -inf.
fn normalise(values: &mut [f64], members: &[usize]) {
    let max = members.iter().map(|&m| values[m]).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = members.iter().map(|&m| (values[m] - max).exp()).sum();
    let ln_sum = sum.ln();
    for &m in members {
        // Two subtractions: max + ln_sum would lose ln_sum where the maximum is large.
        values[m] = values[m] - max - ln_sum;
    }
}

fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let max = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return max;
    }
    max + values.map(|v| (v - max).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn hand_worked_conditionals_and_products() {
        // Slots: A, A1, A2, B.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let logits = [3f64.ln(), 0.0, 4f64.ln(), 0.0];
        let lc = log_conditionals(&layout, &logits);
        let p = probabilities(&layout, &lc);
        close(p[0], 0.75);
        close(p[1], 0.75 * 0.2);
        close(p[2], 0.75 * 0.8);
        close(p[3], 0.25);
        close(log_probabilities(&layout, &lc)[2], 0.6f64.ln());
    }

    #[test]
    fn huge_logits_stay_exact_in_every_group() {
        let layout = Layout::new(&tree("Root{A{A1,A2},B{B1,B2}}"));
        // A, A1, A2, B, B1, B2: groups far apart from each other.
        let lc = log_conditionals(&layout, &[1e4, -1e4, -1e4 + 1.0, -1e4, 1e4, 1e4]);
        assert!(lc.iter().all(|v| v.is_finite() && *v <= 0.0), "{lc:?}");
        assert_eq!(lc[0], 0.0);
        assert_eq!(lc[3], -2e4);
        let ln_1e = (1.0 + 1f64.exp()).ln();
        close(lc[1], -ln_1e);
        close(lc[2], 1.0 - ln_1e);
        close(lc[4], -(2f64.ln()));
        close(lc[5], -(2f64.ln()));
        let lp = log_probabilities(&layout, &lc);
        assert!((lp[4] + 2e4 + 2f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn a_single_child_has_conditional_one() {
        let layout = Layout::new(&tree("Root{A{A1},B}"));
        let lc = log_conditionals(&layout, &[0.0, -1234.5, 0.0]);
        assert_eq!(lc[1], 0.0);
    }

    #[test]
    fn weights_are_taken_out_again() {
        // Truth 0.9 / 0.1, weights 0.5 / 4: the weighted optimum is 0.45 : 0.4.
        let layout = Layout::new(&tree("Root{A,B}"));
        let mut lc = log_conditionals(&layout, &[0.45f64.ln(), 0.4f64.ln()]);
        correct_to_posterior(&layout, &mut lc, &[0.5, 4.0]);
        close(lc[0].exp(), 0.9);
        close(lc[1].exp(), 0.1);
    }

    #[test]
    fn no_examples_means_impossible_unless_nobody_has_any() {
        let layout = Layout::new(&tree("Root{A{A1,A2},B,C}"));
        // A, A1, A2, B, C.
        let before = log_conditionals(&layout, &[0.0, 0.0, 1.0, 0.0, 0.0]);
        let mut lc = before.clone();
        correct_to_posterior(&layout, &mut lc, &[1.0, 0.0, 0.0, 1.0, 0.0]);
        close(lc[0].exp(), 0.5);
        close(lc[3].exp(), 0.5);
        assert_eq!(lc[4], f64::NEG_INFINITY);
        assert_eq!(lc[1..3], before[1..3]);
        let p = probabilities(&layout, &lc);
        assert_eq!(p[4], 0.0);
        assert!(p.iter().all(|v| v.is_finite()));
    }

    #[test]
    fn priors_reweight_the_atoms() {
        // A, A1, A2, B with P = 0.75 (0.15, 0.6), 0.25; ratios 2, 1, 4: 0.3 + 0.6 + 1.0 = 1.9.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let mut lc = log_conditionals(&layout, &[3f64.ln(), 0.0, 4f64.ln(), 0.0]);
        reweight_priors(&layout, &mut lc, &[9.0, 0.2, 0.3, 0.4], &[9.0, 0.1, 0.3, 0.1]);
        let p = probabilities(&layout, &lc);
        close(p[0], 0.9 / 1.9);
        close(p[1], 0.3 / 1.9);
        close(p[2], 0.6 / 1.9);
        close(p[3], 1.0 / 1.9);
        // Rates of 0 are impossible; the rest is renormalised.
        reweight_priors(&layout, &mut lc, &[0.0, 1.0, 1.0, 0.0], &[1.0; 4]);
        close(probabilities(&layout, &lc)[0], 1.0);
        assert_eq!(lc[3], f64::NEG_INFINITY);
    }
}
