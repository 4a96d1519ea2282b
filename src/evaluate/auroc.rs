//! Area under the receiver operating characteristic.

/// The chance that an object of the class has a higher score than one that is not; equal scores count half (Mann-Whitney).
/// None where one of the two is missing.
pub fn auroc(scores: &[(f64, bool)]) -> Option<f64> {
    let positive = scores.iter().filter(|(_, hit)| *hit).count() as f64;
    let negative = scores.len() as f64 - positive;
    if positive == 0.0 || negative == 0.0 {
        return None;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum) = (0.0, 0.0);
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        let hits = same.iter().filter(|(_, hit)| *hit).count() as f64;
        let misses = same.len() as f64 - hits;
        sum += hits * (below + misses / 2.0);
        below += misses;
    }
    Some(sum / (positive * negative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_by_hand() {
        assert_eq!(auroc(&[(0.9, true), (0.8, false), (0.7, true), (0.1, false)]), Some(0.75));
        assert_eq!(auroc(&[(0.5, true), (0.5, false)]), Some(0.5));
        assert_eq!(auroc(&[(0.5, true), (0.5, false), (0.2, false), (0.5, true)]), Some(0.75));
        assert_eq!(auroc(&[(0.5, true)]), None);
        assert_eq!(auroc(&[]), None);
    }
}
