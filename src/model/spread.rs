//! How far the members of a model agree: the uncertainty beside each P.

/// Standard deviation over the members of each of their numbers [M][N] (n - 1 in the denominator): NaN where one of them has none;
/// empty with fewer than two members.
pub fn spread(members: &[Vec<f64>]) -> Vec<f64> {
    let (m, n) = (members.len(), members.iter().map(Vec::len).min().unwrap_or(0));
    if m < 2 {
        return Vec::new();
    }
    let of = |i: usize| members.iter().filter_map(move |p| p.get(i)).copied();
    let deviation = |i: usize| {
        let mean = of(i).sum::<f64>() / m as f64;
        (of(i).map(|p| (p - mean).powi(2)).sum::<f64>() / (m - 1) as f64).sqrt()
    };
    (0..n).map(deviation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let s = spread(&[vec![0.2, 0.5, f64::NAN], vec![0.6, 0.5, 0.1], vec![0.4, 0.5, 0.2]]);
        assert!((s[0] - 0.2).abs() < 1e-12 && s[1] == 0.0 && s[2].is_nan());
        assert!(spread(&[vec![0.2]]).is_empty() && spread(&[]).is_empty());
    }
}
