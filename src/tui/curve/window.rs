//! The part of the plot that is seen: zoom and pan. Knows ranges alone.

/// What is seen; none = everything.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window {
    /// Range of x.
    pub x: Option<(f64, f64)>,
    /// Range of y, the smaller value first.
    pub y: Option<(f64, f64)>,
}

/// The closest zoom shows this part of everything.
const CLOSEST: f64 = 1e-6;

/// `range` made `factor` times as wide; the value `around` stays where it is. None when all of `full` is seen again.
pub fn zoom(range: (f64, f64), full: (f64, f64), factor: f64, around: f64) -> Option<(f64, f64)> {
    let whole = full.1 - full.0;
    let span = range.1 - range.0;
    if whole <= 0.0 || span <= 0.0 {
        return None;
    }
    let around = around.clamp(range.0, range.1);
    let new = (span * factor).max(CLOSEST * whole);
    if new >= whole {
        return None;
    }
    let from = around - (around - range.0) * new / span;
    Some(keep(from, new, full))
}

/// `range` shifted by `share` of its width; some of `full` stays in sight.
pub fn pan(range: (f64, f64), full: (f64, f64), share: f64) -> (f64, f64) {
    let span = range.1 - range.0;
    keep(range.0 + share * span, span, full)
}

/// A range that begins at `from` and is `span` wide, but has its middle within `full`.
fn keep(from: f64, span: f64, full: (f64, f64)) -> (f64, f64) {
    let from = from.clamp(full.0 - span / 2.0, full.1 - span / 2.0);
    (from, from + span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_point_below_the_cursor() {
        let full = (0.0, 100.0);
        let r = zoom(full, full, 0.5, 20.0).unwrap();
        assert_eq!(r, (10.0, 60.0));
        assert_eq!((20.0 - r.0) / (r.1 - r.0), 0.2);
        assert_eq!(zoom(r, full, 4.0, 20.0), None);
        let mut r = full;
        for _ in 0..200 {
            r = zoom(r, full, 0.5, 33.0).unwrap();
        }
        assert!(r.1 - r.0 >= 0.99e-4 && r.0 <= 33.0 && r.1 >= 33.0);
        assert_eq!(zoom((5.0, 5.0), (5.0, 5.0), 0.5, 5.0), None);
    }

    #[test]
    fn panning_does_not_lose_the_light_curve() {
        let full = (0.0, 100.0);
        assert_eq!(pan((10.0, 20.0), full, 0.5), (15.0, 25.0));
        assert_eq!(pan((90.0, 100.0), full, 50.0), (95.0, 105.0));
        assert_eq!(pan((0.0, 10.0), full, -50.0), (-5.0, 5.0));
    }
}
