//! Round numbers for axes.

/// Ticks of an axis: their values, rising, and how many decimals their labels need.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticks {
    /// Values within the range.
    pub values: Vec<f64>,
    decimals: usize,
}

impl Ticks {
    /// At most about `most` (at least 2) round values from `low` to `high`: steps of 1, 2 or 5 times a power of ten.
    pub fn new(low: f64, high: f64, most: usize) -> Ticks {
        let span = high - low;
        if !(span.is_finite() && span > 0.0) {
            return Ticks { values: vec![low], decimals: 1 };
        }
        let least = span / most.max(2) as f64;
        let power = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * power).find(|s| *s >= least * 0.999_999).unwrap_or(10.0 * power);
        let decimals = (-(step * 1.000_001).log10().floor()).clamp(0.0, 9.0) as usize;
        let first = (low / step - 1e-9).ceil();
        let last = (high / step + 1e-9).floor();
        let n = (last - first).clamp(0.0, 1000.0) as usize;
        // + 0.0 makes -0 to 0.
        let values =
            (0..=n).map(|i| (first + i as f64) * step + 0.0).filter(|v| *v >= low - step * 1e-6 && *v <= high + step * 1e-6).collect();
        Ticks { values, decimals }
    }

    /// A value's label.
    pub fn label(&self, value: f64) -> String {
        if value.abs() >= 1e6 {
            return format!("{value:.1e}");
        }
        let text = format!("{value:.*}", self.decimals);
        text.replace('-', "−")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: usize) -> Vec<String> {
        let t = Ticks::new(low, high, most);
        t.values.iter().map(|v| t.label(*v)).collect()
    }

    #[test]
    fn round_values() {
        assert_eq!(labels(17.9, 20.1, 5), ["18.0", "18.5", "19.0", "19.5", "20.0"]);
        assert_eq!(labels(-10.2, 63.0, 8), ["−10", "0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(labels(0.0, 1000.0, 4), ["0", "500", "1000"]);
        assert_eq!(labels(-0.004, 0.013, 4), ["0.000", "0.005", "0.010"]);
        assert_eq!(labels(5.0, 5.0, 4), ["5.0"]);
        assert_eq!(labels(f64::NAN, 5.0, 4).len(), 1);
        assert!(Ticks::new(0.0, 1e9, 4).label(5e8).contains('e'));
    }

    #[test]
    fn never_many() {
        for (low, high) in [(0.0, 1.0), (17.3, 17.4), (-1e5, 1e5), (0.0, 4321.0)] {
            for most in 2..12 {
                let n = Ticks::new(low, high, most).values.len();
                assert!(n <= most + 1, "{low} {high} {most}: {n}");
            }
        }
    }
}
