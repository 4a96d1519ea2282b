//! The flux of one transient as a function of rest-frame time: a fireball's rise, the class's decline, and
//! perhaps an early cooling peak. Knows nothing of surveys.

use super::classes::{Class, Decline};
use super::math;
use super::random::Draws;

/// Extinction per E(B-V) in ZTF g and r, R_V = 3.1 (Schlafly & Finkbeiner 2011).
const EXTINCTION: [f64; 2] = [3.303, 2.285];
/// Days to the top of the cooling peak.
const COOLING_RISE_D: f64 = 0.5;

/// One drawn transient. Bands are \[g, r\], times rest-frame days since the explosion.
#[derive(Debug, Clone)]
pub struct Transient {
    /// Its class.
    pub class: &'static Class,
    /// Absolute magnitude at the peaks, as it would be seen: with extinction.
    pub peak_mag: [f64; 2],
    /// From explosion to the peaks.
    pub rise_d: [f64; 2],
    stretch: f64,
    steepness: f64,
    /// Flux of the cooling peak over that of the main one; 0 for none.
    cooling: [f64; 2],
    cooling_fall_d: f64,
}

impl Transient {
    /// Draws one of a class.
    pub fn draw(class: &'static Class, draws: &mut Draws) -> Self {
        let stretch = class.stretch.draw(draws);
        let peak_r = class.peak_r.draw(draws) - class.brighter_per_stretch * (stretch - 1.0);
        let peak_g = peak_r + class.colour.draw(draws);
        let ebv = draws.exponential(class.reddening);
        let rise_g = class.rise_d.draw(draws) * stretch;
        let steepness = class.steepness.draw(draws);
        let mut cooling = [0.0; 2];
        let cooling_fall_d = draws.between(2.0, 4.0);
        let strength = draws.between(0.25, 0.8);
        if draws.chance(class.cooling) {
            // The envelope is hotter than the main peak: brighter in g.
            cooling = [strength * 1.3, strength * 0.8];
        }
        Transient {
            class,
            peak_mag: [peak_g + EXTINCTION[0] * ebv, peak_r + EXTINCTION[1] * ebv],
            rise_d: [rise_g, rise_g + class.lag_d * stretch],
            stretch,
            steepness,
            cooling,
            cooling_fall_d,
        }
    }

    /// Flux over the flux of the main peak. `band` 0 is g, 1 is r.
    pub fn relative_flux(&self, band: usize, since_explosion_d: f64) -> f64 {
        if since_explosion_d <= 0.0 {
            return 0.0;
        }
        let rise = self.rise_d[band];
        let after = since_explosion_d - rise;
        let main = if after < 0.0 {
            // Grows as t^2 at first (an expanding photosphere), and is flat at the peak.
            math::smoothstep(since_explosion_d / rise)
        } else {
            math::pow10(-0.4 * self.steepness * lost_mag(self.class.decline[band], after / self.stretch))
        };
        let cooling = math::smoothstep(since_explosion_d / COOLING_RISE_D) * math::exp(-since_explosion_d / self.cooling_fall_d);
        main + self.cooling[band] * cooling
    }
}

/// Magnitudes lost `t` >= 0 days after the peak.
fn lost_mag(decline: Decline, t: f64) -> f64 {
    match decline {
        Decline::Knots(knots) => monotone_cubic(knots, t),
        // t^2 / (t + 10) is round at the peak, and t - 10 later.
        Decline::PowerLaw { t0_d, index } => 2.5 * index * math::log10(1.0 + t * t / (t + 10.0) / t0_d),
    }
}

/// Fritsch & Carlson's (1980) monotone interpolation with Fritsch & Butland's slopes: flat at the first knot, a
/// line after the last. `knots` has at least two, in order.
fn monotone_cubic(knots: &[(f64, f64)], x: f64) -> f64 {
    let last = knots.len() - 1;
    let secant = |i: usize| (knots[i + 1].1 - knots[i].1) / (knots[i + 1].0 - knots[i].0);
    if x >= knots[last].0 {
        return knots[last].1 + secant(last - 1) * (x - knots[last].0);
    }
    let slope = |i: usize| match i {
        0 => 0.0,
        i if i == last => secant(last - 1),
        i => {
            let (left, right) = (secant(i - 1), secant(i));
            // The harmonic mean never overshoots; a fall or a flat on either side gives 0.
            if left * right > 0.0 { 2.0 * left * right / (left + right) } else { 0.0 }
        }
    };
    let i = knots.partition_point(|k| k.0 <= x).clamp(1, last) - 1;
    let h = knots[i + 1].0 - knots[i].0;
    let u = (x - knots[i].0) / h;
    let (a, b) = (knots[i].1, knots[i + 1].1);
    let v = math::smoothstep(u);
    a + (b - a) * v + h * u * (1.0 - u) * (slope(i) * (1.0 - u) - slope(i + 1) * u)
}

#[cfg(test)]
mod tests {
    use super::super::classes::CLASSES;
    use super::*;

    #[test]
    fn the_cubic_meets_its_knots_and_never_rises() {
        let knots = [(0.0, 0.0), (5.0, 0.1), (10.0, 1.0), (20.0, 1.1), (40.0, 3.0)];
        for (x, y) in knots {
            assert!((monotone_cubic(&knots, x) - y).abs() < 1e-12, "{x}");
        }
        assert!((monotone_cubic(&knots, 50.0) - 3.95).abs() < 1e-12);
        let values: Vec<f64> = (0..500).map(|i| monotone_cubic(&knots, f64::from(i) * 0.1)).collect();
        assert!(values.windows(2).all(|w| w[1] >= w[0]));
    }

    /// Every class peaks where it says, at flux 1, and is continuous there.
    #[test]
    fn the_peak_is_the_peak() {
        for class in CLASSES {
            let mut draws = Draws::new(5, 5);
            let mut t = Transient::draw(class, &mut draws);
            t.cooling = [0.0; 2];
            for band in 0..2 {
                let rise = t.rise_d[band];
                assert!((t.relative_flux(band, rise) - 1.0).abs() < 1e-12, "{}", class.label);
                for i in 1..4000 {
                    let d = f64::from(i) * 0.1;
                    let f = t.relative_flux(band, d);
                    assert!(f > 0.0 && f <= 1.0, "{} {d}", class.label);
                    assert!((t.relative_flux(band, d + 1e-6) - f).abs() < 1e-5);
                }
            }
            assert_eq!(t.relative_flux(0, 0.0), 0.0);
        }
    }

    /// 40 days after the g peak everything but a tidal disruption is redder than at peak.
    #[test]
    fn supernovae_redden_and_disruptions_stay_blue() {
        for class in CLASSES {
            let mut draws = Draws::new(6, 6);
            let mut t = Transient::draw(class, &mut draws);
            t.cooling = [0.0; 2];
            let day = t.rise_d[0] + 40.0;
            let redder = -2.5 * (t.relative_flux(0, day) / t.relative_flux(1, day)).log10();
            if class.label == "TDE" { assert!(redder.abs() < 0.15) } else { assert!(redder > 0.15, "{} {redder}", class.label) }
        }
    }
}
