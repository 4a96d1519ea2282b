//! Rare classes favoured: the class with the greatest P / rate^gamma, and the gamma that makes macro F1 greatest.

/// Classes with fewer objects get no headline.
pub const MIN_OBJECTS: u64 = 20;

/// Exponents that are tried: 0 to 1 in steps of a twentieth.
pub fn gammas() -> impl Iterator<Item = f64> {
    (0..=20).map(|i| f64::from(i) / 20.0)
}

/// rate^-gamma per class; infinite for a class without a rate, which is never said.
pub fn factors(rates: &[f64], gamma: f64) -> Vec<f64> {
    rates.iter().map(|rate| if *rate > 0.0 { rate.powf(-gamma) } else { f64::INFINITY }).collect()
}

/// The class with the greatest product of P and factor; of equals the first. A NaN for P, or an infinite factor, is never said.
pub fn favoured(p: impl IntoIterator<Item = f64>, factors: &[f64]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (class, (p, factor)) in p.into_iter().zip(factors).enumerate() {
        let score = p * factor;
        if score.is_finite() && best.is_none_or(|(_, most)| score > most) {
            best = Some((class, score));
        }
    }
    best.map(|b| b.0)
}

/// Mean P of each of so many classes, which is its rate where the answers are calibrated. NaN counts as 0.
pub fn mean_p<'a>(classes: usize, answers: impl IntoIterator<Item = &'a [f64]>) -> Vec<f64> {
    let (mut sum, mut n) = (vec![0.0; classes], 0usize);
    for p in answers {
        n += 1;
        sum.iter_mut().zip(p).for_each(|(s, p)| *s += if p.is_nan() { 0.0 } else { *p });
    }
    sum.iter().map(|s| s / n.max(1) as f64).collect()
}

/// The exponent of [`gammas`] with the greatest mean F1 over the classes that at least `least` of these objects (P per class,
/// true class) belong to; of equals the least. None with fewer than two such classes: nothing can be balanced then.
pub fn choose(objects: &[(&[f64], usize)], rates: &[f64], least: u64) -> Option<f64> {
    let mut truths = vec![0u64; rates.len()];
    for (_, truth) in objects {
        truths[*truth] += 1;
    }
    let enough: Vec<usize> = (0..rates.len()).filter(|&c| truths[c] >= least).collect();
    if enough.len() < 2 {
        return None;
    }
    let macro_f1 = |gamma: f64| {
        let factors = factors(rates, gamma);
        let (mut said, mut right) = (vec![0u64; rates.len()], vec![0u64; rates.len()]);
        for (p, truth) in objects {
            if let Some(class) = favoured(p.iter().copied(), &factors) {
                said[class] += 1;
                right[class] += u64::from(class == *truth);
            }
        }
        enough.iter().map(|&c| 2.0 * right[c] as f64 / (truths[c] + said[c]) as f64).sum::<f64>() / enough.len() as f64
    };
    let mut best = (0.0, f64::NEG_INFINITY);
    for gamma in gammas() {
        let score = macro_f1(gamma);
        if score > best.1 {
            best = (gamma, score);
        }
    }
    Some(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rare_class_is_favoured_by_hand() {
        // 0.6 / 0.9^gamma against 0.4 / 0.1^gamma: they meet at gamma = ln 1.5 / ln 9 = 0.185.
        let rates = [0.9, 0.1];
        let said = |gamma| favoured([0.6, 0.4], &factors(&rates, gamma));
        assert_eq!((said(0.0), said(0.18), said(0.19), said(1.0)), (Some(0), Some(0), Some(1), Some(1)));
        assert_eq!(favoured([0.6, 0.4], &factors(&[0.5, 0.0], 1.0)), Some(0));
        assert_eq!(favoured([f64::NAN, 0.4], &[1.0; 2]), Some(1));
        assert_eq!(favoured([f64::NAN; 2], &[1.0; 2]), None);
        assert_eq!(mean_p(2, [&[0.25, f64::NAN][..], &[0.75, 0.5]]), [0.5, 0.25]);
    }

    #[test]
    fn the_least_gamma_of_the_greatest_macro_f1() {
        // 90 common ones with (0.95, 0.05), 30 rare ones with (0.6, 0.4): gamma above ln 1.5 / ln 3 = 0.369 finds the latter,
        // gamma above ln 19 / ln 3 = 2.7 would lose the former.
        let objects: Vec<(&[f64], usize)> = (0..120).map(|i| if i < 90 { (&[0.95, 0.05][..], 0) } else { (&[0.6, 0.4][..], 1) }).collect();
        assert_eq!(choose(&objects, &[0.75, 0.25], 20), Some(0.4));
        assert_eq!(choose(&objects, &[0.75, 0.25], 31), None);
        // Nothing to gain: the most probable class.
        let clear: Vec<(&[f64], usize)> = (0..60).map(|i| if i < 40 { (&[0.9, 0.1][..], 0) } else { (&[0.1, 0.9][..], 1) }).collect();
        assert_eq!(choose(&clear, &[2.0 / 3.0, 1.0 / 3.0], 20), Some(0.0));
    }
}
