//! An axis: from values to places in the figure, and where its ticks are. Knows no data.

/// Narrowest range of values, as a share of their size.
const LEAST_SHARE: f64 = 1e-9;
/// Values beyond are drawn at this.
const MOST: f64 = 1e30;

/// Values between `low` and `high` at places between `from` and `to`; either pair may run backwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    pub from: f64,
    pub to: f64,
}

/// Ticks of an axis, in order of value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    /// Values with a label.
    pub major: Vec<(f64, String)>,
    /// Values without.
    pub minor: Vec<f64>,
}

impl Axis {
    /// An axis over a range of values, which is widened where it is too narrow to be drawn (a single point) to `least` around its middle.
    pub fn new(low: f64, high: f64, least: f64, from: f64, to: f64) -> Axis {
        let (low, high) = (low.clamp(-MOST, MOST), high.clamp(-MOST, MOST));
        let least = least.max(LEAST_SHARE * low.abs().max(high.abs()));
        if (high - low).abs() >= least {
            return Axis { low, high, from, to };
        }
        let (middle, half) = (f64::midpoint(low, high), if high < low { -least / 2.0 } else { least / 2.0 });
        Axis { low: middle - half, high: middle + half, from, to }
    }

    /// Where a value lies.
    pub fn place(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Where a value lies, or the nearer end.
    pub fn clamped(&self, value: f64) -> f64 {
        let place = self.place(value);
        place.clamp(self.from.min(self.to), self.from.max(self.to))
    }

    /// Ticks at round values: about one per `room` units of the figure, two at least.
    pub fn ticks(&self, room: f64) -> Ticks {
        let (low, high) = (self.low.min(self.high), self.low.max(self.high));
        let wanted = ((self.to - self.from).abs() / room).floor().max(2.0);
        let (step, parts) = round_step((high - low) / wanted);
        let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize;
        let multiples = |step: f64| {
            let first = (low / step - 1e-6).ceil();
            let n = ((high / step + 1e-6).floor() - first).clamp(-1.0, 200.0) as i64 + 1;
            (0..n).map(move |i| (first + i as f64) * step)
        };
        let major: Vec<(f64, String)> = multiples(step).map(|v| (v, number(v, decimals))).collect();
        let near = |v: f64| major.iter().any(|(m, _)| (m - v).abs() < step * 1e-3);
        let minor = multiples(step / f64::from(parts)).filter(|v| !near(*v)).collect();
        Ticks { major, minor }
    }
}

/// The smallest of 1, 2, 5, 10, ... that is not below `least`, and into how many parts it is divided by the ticks without label.
fn round_step(least: f64) -> (f64, u32) {
    if !(least.is_finite() && least > 0.0) {
        return (1.0, 5);
    }
    let power = 10f64.powf(least.log10().floor());
    let share = least / power * (1.0 - 1e-9);
    match share {
        s if s <= 1.0 => (power, 5),
        s if s <= 2.0 => (2.0 * power, 4),
        s if s <= 5.0 => (5.0 * power, 5),
        _ => (10.0 * power, 5),
    }
}

/// A number with a true minus sign, and no minus before zero.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_string(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, room: f64) -> String {
        axis.ticks(room).major.iter().map(|(_, l)| l.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_at_round_values() {
        let axis = Axis::new(-12.0, 61.0, 1.0, 0.0, 400.0);
        assert_eq!(labels(&axis, 50.0), "−10 0 10 20 30 40 50 60");
        assert_eq!(axis.ticks(50.0).minor.len(), 29);
        assert_eq!(labels(&Axis::new(20.4, 17.9, 0.1, 300.0, 0.0), 40.0), "18.0 18.5 19.0 19.5 20.0");
        assert_eq!(labels(&Axis::new(0.0, 1.0, 0.1, 0.0, 100.0), 20.0), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(&Axis::new(-0.02, 0.02, 1e-3, 0.0, 100.0), 30.0), "−0.02 0.00 0.02");
    }

    #[test]
    fn anything_can_be_an_axis() {
        for (low, high) in [(5.0, 5.0), (1e300, -1e300), (0.0, 1e-300), (1e7, 1e7 + 1e-9), (-3.0, f64::MAX)] {
            let axis = Axis::new(low, high, 0.5, 0.0, 500.0);
            let ticks = axis.ticks(40.0);
            assert!(!ticks.major.is_empty() && ticks.major.len() < 60 && ticks.minor.len() < 210, "{low} {high} {ticks:?}");
            assert!((0.0..=500.0).contains(&axis.clamped(low)), "{low} {high}");
        }
        let axis = Axis::new(5.0, 5.0, 0.5, 0.0, 100.0);
        assert_eq!((axis.low, axis.high, axis.place(5.0)), (4.75, 5.25, 50.0));
    }
}
