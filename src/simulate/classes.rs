//! The classes that are simulated: one row each, with how bright, how fast and how red. Values are typical ones
//! of the literature, rounded (Perley et al. 2020 and Richardson et al. 2014 for luminosities; published light
//! curves in g and r for the declines); they are made to look sensible, not to measure anything.
//! Knows nothing of surveys or of the taxonomy: a label is a name.

use super::random::Spread;

/// How the magnitude falls after the peak of a band.
#[derive(Debug, Clone, Copy)]
pub enum Decline {
    /// Rest-frame days after the peak and magnitudes lost since; a monotone cubic between, a line beyond.
    Knots(&'static [(f64, f64)]),
    /// Flux as (1 + t/t0)^-index, rounded at the peak: debris that falls back (index 5/3).
    PowerLaw {
        /// Rest-frame days.
        t0_d: f64,
        /// Exponent of the flux.
        index: f64,
    },
}

/// A class of transients. Times are rest-frame days, bands are \[g, r\].
#[derive(Debug)]
pub struct Class {
    /// Label as in the shipped tree of transients.
    pub label: &'static str,
    /// Absolute AB magnitude at the r peak, before extinction.
    pub peak_r: Spread,
    /// g peak minus r peak, before extinction.
    pub colour: Spread,
    /// From explosion to the g peak, before `stretch`.
    pub rise_d: Spread,
    /// The r peak comes so much later.
    pub lag_d: f64,
    /// Factor on all times of an object.
    pub stretch: Spread,
    /// Magnitudes by which an object is brighter per unit of stretch above 1.
    pub brighter_per_stretch: f64,
    /// Factor on the magnitudes lost.
    pub steepness: Spread,
    /// Mean E(B-V) of host and foreground together.
    pub reddening: f64,
    /// Probability of an early peak of a cooling envelope.
    pub cooling: f64,
    /// Decline in g and in r.
    pub decline: [Decline; 2],
}

use Decline::{Knots, PowerLaw};

/// The simulated classes.
#[rustfmt::skip] // A row of knots is one line, as in a printed table.
pub static CLASSES: &[Class] = &[
    Class {
        label: "SN Ia",
        peak_r: Spread::new(-19.15, 0.13, -19.6, -18.7),
        colour: Spread::new(-0.08, 0.06, -0.25, 0.15),
        rise_d: Spread::new(17.5, 1.0, 15.0, 20.0),
        lag_d: 1.5,
        stretch: Spread::new(1.0, 0.08, 0.82, 1.18),
        brighter_per_stretch: 1.4,
        steepness: Spread::new(1.0, 0.04, 0.9, 1.1),
        reddening: 0.07,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.12), (10.0, 0.42), (15.0, 0.85), (20.0, 1.35), (30.0, 2.15), (40.0, 2.5), (60.0, 2.95), (100.0, 3.7)]),
            Knots(&[(0.0, 0.0), (5.0, 0.1), (10.0, 0.4), (14.0, 0.63), (20.0, 0.72), (26.0, 0.8), (33.0, 1.2), (40.0, 1.6), (60.0, 2.25), (100.0, 3.3)]),
        ],
    },
    Class {
        label: "SN Ia-91bg",
        peak_r: Spread::new(-17.9, 0.3, -18.5, -17.2),
        colour: Spread::new(0.4, 0.12, 0.1, 0.7),
        rise_d: Spread::new(12.5, 1.0, 10.0, 15.0),
        lag_d: 2.5,
        stretch: Spread::new(1.0, 0.06, 0.85, 1.15),
        brighter_per_stretch: 2.0,
        steepness: Spread::new(1.0, 0.05, 0.88, 1.12),
        reddening: 0.03,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.35), (10.0, 1.0), (15.0, 1.65), (20.0, 2.1), (30.0, 2.6), (60.0, 3.5), (100.0, 4.6)]),
            Knots(&[(0.0, 0.0), (5.0, 0.22), (10.0, 0.65), (15.0, 1.1), (20.0, 1.5), (30.0, 2.1), (60.0, 3.3), (100.0, 4.6)]),
        ],
    },
    Class {
        label: "SN Ia-91T",
        peak_r: Spread::new(-19.4, 0.12, -19.8, -19.0),
        colour: Spread::new(-0.12, 0.05, -0.28, 0.05),
        rise_d: Spread::new(18.5, 1.0, 16.0, 21.0),
        lag_d: 1.5,
        stretch: Spread::new(1.1, 0.05, 1.0, 1.22),
        brighter_per_stretch: 1.0,
        steepness: Spread::new(1.0, 0.03, 0.92, 1.08),
        reddening: 0.08,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.08), (10.0, 0.32), (15.0, 0.68), (20.0, 1.12), (30.0, 1.9), (40.0, 2.3), (60.0, 2.75), (100.0, 3.5)]),
            Knots(&[(0.0, 0.0), (5.0, 0.08), (10.0, 0.34), (15.0, 0.6), (21.0, 0.66), (28.0, 0.7), (35.0, 1.05), (45.0, 1.55), (65.0, 2.2), (100.0, 3.1)]),
        ],
    },
    Class {
        label: "SN Iax",
        peak_r: Spread::new(-17.3, 0.7, -18.6, -15.0),
        colour: Spread::new(0.15, 0.1, -0.1, 0.4),
        rise_d: Spread::new(11.5, 2.0, 8.0, 16.0),
        lag_d: 3.5,
        stretch: Spread::new(1.0, 0.12, 0.7, 1.3),
        brighter_per_stretch: 0.8,
        steepness: Spread::new(1.0, 0.1, 0.75, 1.25),
        reddening: 0.06,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.3), (10.0, 0.85), (15.0, 1.4), (20.0, 1.9), (30.0, 2.6), (60.0, 3.3), (100.0, 4.0)]),
            Knots(&[(0.0, 0.0), (5.0, 0.12), (10.0, 0.4), (15.0, 0.72), (20.0, 1.02), (30.0, 1.55), (60.0, 2.45), (100.0, 3.2)]),
        ],
    },
    Class {
        label: "SN II",
        peak_r: Spread::new(-16.9, 0.75, -18.4, -14.8),
        colour: Spread::new(0.0, 0.1, -0.25, 0.25),
        rise_d: Spread::new(6.5, 1.5, 3.5, 11.0),
        lag_d: 4.5,
        stretch: Spread::new(1.0, 0.12, 0.7, 1.35),
        brighter_per_stretch: -1.0,
        steepness: Spread::new(1.0, 0.25, 0.5, 1.6),
        reddening: 0.1,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (10.0, 0.2), (20.0, 0.48), (40.0, 0.95), (60.0, 1.2), (88.0, 1.5), (96.0, 1.9), (106.0, 2.9), (116.0, 3.4), (150.0, 3.75), (250.0, 4.6)]),
            Knots(&[(0.0, 0.0), (20.0, 0.1), (50.0, 0.3), (82.0, 0.5), (91.0, 0.85), (101.0, 1.95), (111.0, 2.45), (150.0, 2.85), (250.0, 3.8)]),
        ],
    },
    Class {
        label: "SN IIb",
        peak_r: Spread::new(-17.3, 0.5, -18.3, -16.0),
        colour: Spread::new(0.3, 0.1, 0.05, 0.55),
        rise_d: Spread::new(19.0, 2.0, 15.0, 24.0),
        lag_d: 2.5,
        stretch: Spread::new(1.0, 0.1, 0.75, 1.25),
        brighter_per_stretch: 0.8,
        steepness: Spread::new(1.0, 0.08, 0.8, 1.2),
        reddening: 0.08,
        cooling: 0.5,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.18), (10.0, 0.65), (15.0, 1.2), (20.0, 1.65), (30.0, 2.1), (60.0, 2.65), (100.0, 3.35)]),
            Knots(&[(0.0, 0.0), (5.0, 0.1), (10.0, 0.38), (15.0, 0.72), (20.0, 1.02), (30.0, 1.4), (60.0, 2.05), (100.0, 2.85)]),
        ],
    },
    Class {
        label: "SN IIn",
        peak_r: Spread::new(-18.6, 0.8, -20.4, -16.8),
        colour: Spread::new(0.08, 0.12, -0.2, 0.35),
        rise_d: Spread::new(24.0, 7.0, 12.0, 45.0),
        lag_d: 5.0,
        stretch: Spread::new(1.1, 0.3, 0.6, 2.0),
        brighter_per_stretch: 0.4,
        steepness: Spread::new(1.0, 0.25, 0.5, 1.6),
        reddening: 0.06,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (10.0, 0.12), (30.0, 0.6), (60.0, 1.2), (100.0, 1.95), (150.0, 2.7), (300.0, 4.6)]),
            Knots(&[(0.0, 0.0), (10.0, 0.08), (30.0, 0.4), (60.0, 0.85), (100.0, 1.4), (150.0, 2.0), (300.0, 3.6)]),
        ],
    },
    Class {
        label: "SN Ib",
        peak_r: Spread::new(-17.5, 0.5, -18.6, -16.2),
        colour: Spread::new(0.38, 0.1, 0.1, 0.65),
        rise_d: Spread::new(18.5, 2.5, 13.0, 25.0),
        lag_d: 3.0,
        stretch: Spread::new(1.0, 0.13, 0.7, 1.35),
        brighter_per_stretch: 0.6,
        steepness: Spread::new(1.0, 0.1, 0.75, 1.25),
        reddening: 0.12,
        cooling: 0.05,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.15), (10.0, 0.52), (15.0, 0.98), (20.0, 1.38), (30.0, 1.85), (60.0, 2.5), (100.0, 3.25)]),
            Knots(&[(0.0, 0.0), (5.0, 0.08), (10.0, 0.3), (15.0, 0.57), (20.0, 0.82), (30.0, 1.18), (60.0, 1.8), (100.0, 2.55)]),
        ],
    },
    Class {
        label: "SN Ic-BL",
        peak_r: Spread::new(-18.6, 0.45, -19.7, -17.3),
        colour: Spread::new(0.3, 0.12, 0.0, 0.6),
        rise_d: Spread::new(13.0, 2.0, 9.0, 18.0),
        lag_d: 3.0,
        stretch: Spread::new(1.0, 0.13, 0.7, 1.35),
        brighter_per_stretch: 0.5,
        steepness: Spread::new(1.0, 0.1, 0.75, 1.25),
        reddening: 0.1,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (5.0, 0.22), (10.0, 0.75), (15.0, 1.35), (20.0, 1.85), (30.0, 2.45), (60.0, 3.3), (100.0, 4.2)]),
            Knots(&[(0.0, 0.0), (5.0, 0.13), (10.0, 0.48), (15.0, 0.87), (20.0, 1.22), (30.0, 1.72), (60.0, 2.6), (100.0, 3.5)]),
        ],
    },
    Class {
        label: "SLSN-I",
        peak_r: Spread::new(-21.3, 0.6, -22.6, -20.0),
        colour: Spread::new(-0.15, 0.12, -0.4, 0.15),
        rise_d: Spread::new(33.0, 7.0, 20.0, 55.0),
        lag_d: 6.0,
        stretch: Spread::new(1.05, 0.25, 0.6, 1.8),
        brighter_per_stretch: 0.2,
        steepness: Spread::new(1.0, 0.15, 0.65, 1.4),
        reddening: 0.03,
        cooling: 0.1,
        decline: [
            Knots(&[(0.0, 0.0), (15.0, 0.32), (30.0, 0.95), (45.0, 1.65), (60.0, 2.25), (100.0, 3.4), (150.0, 4.4)]),
            Knots(&[(0.0, 0.0), (15.0, 0.18), (30.0, 0.58), (45.0, 1.05), (60.0, 1.5), (100.0, 2.5), (150.0, 3.5)]),
        ],
    },
    Class {
        label: "SLSN-II",
        peak_r: Spread::new(-20.6, 0.45, -21.8, -19.8),
        colour: Spread::new(0.0, 0.12, -0.3, 0.3),
        rise_d: Spread::new(38.0, 8.0, 22.0, 60.0),
        lag_d: 6.0,
        stretch: Spread::new(1.1, 0.25, 0.65, 1.9),
        brighter_per_stretch: 0.2,
        steepness: Spread::new(1.0, 0.18, 0.6, 1.5),
        reddening: 0.04,
        cooling: 0.0,
        decline: [
            Knots(&[(0.0, 0.0), (15.0, 0.18), (30.0, 0.6), (60.0, 1.5), (100.0, 2.45), (150.0, 3.35), (300.0, 5.2)]),
            Knots(&[(0.0, 0.0), (15.0, 0.1), (30.0, 0.35), (60.0, 0.9), (100.0, 1.65), (150.0, 2.4), (300.0, 4.2)]),
        ],
    },
    Class {
        label: "TDE",
        peak_r: Spread::new(-19.1, 0.8, -21.0, -17.3),
        colour: Spread::new(-0.25, 0.07, -0.45, -0.05),
        rise_d: Spread::new(28.0, 6.0, 16.0, 45.0),
        lag_d: 1.0,
        stretch: Spread::new(1.0, 0.25, 0.5, 1.8),
        brighter_per_stretch: 0.0,
        steepness: Spread::new(1.0, 0.12, 0.7, 1.35),
        reddening: 0.03,
        cooling: 0.0,
        decline: [PowerLaw { t0_d: 48.0, index: 5.0 / 3.0 }, PowerLaw { t0_d: 52.0, index: 5.0 / 3.0 }],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_sound() {
        let mut labels: Vec<_> = CLASSES.iter().map(|c| c.label).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), CLASSES.len());
        for c in CLASSES {
            for s in [c.peak_r, c.colour, c.rise_d, c.stretch, c.steepness] {
                // Drawing by rejection must end soon.
                assert!(s.low <= s.mean && s.mean <= s.high && s.sd >= 0.0, "{}", c.label);
            }
            assert!(c.rise_d.low > 0.0 && c.stretch.low > 0.0 && c.steepness.low > 0.0 && c.lag_d >= 0.0);
            for d in c.decline {
                if let Knots(k) = d {
                    assert_eq!(k[0], (0.0, 0.0), "{}", c.label);
                    assert!(k.len() >= 3 && k.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1), "{}", c.label);
                }
            }
        }
    }
}
