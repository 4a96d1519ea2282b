//! Folding: phases of a period. Knows nothing of how periods are found.

/// Phase in [0, 1) of a time: the fraction of the period `period_d` (days, positive and finite) that has passed since `epoch_mjd`.
pub fn phase(mjd: f64, period_d: f64, epoch_mjd: f64) -> f64 {
    let cycles = (mjd - epoch_mjd) / period_d;
    let phase = cycles - cycles.floor();
    // A tiny negative number of cycles rounds up to one.
    if phase < 1.0 { phase } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_in_the_unit_interval() {
        assert_eq!(phase(10.0, 4.0, 0.0), 0.5);
        assert_eq!(phase(-1.0, 4.0, 0.0), 0.75);
        assert_eq!(phase(58_003.0, 1.5, 58_000.0), 0.0);
        assert_eq!(phase(-1e-30, 1.0, 0.0), 0.0);
        for i in 0..1000 {
            let p = phase(58_000.0 + f64::from(i) * 0.037, 0.123_456, 57_000.0);
            assert!((0.0..1.0).contains(&p), "{i} {p}");
        }
    }
}
