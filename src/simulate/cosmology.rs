//! Distances in a flat universe: H0 = 70 km/s/Mpc, Omega_m = 0.3. Knows nothing of light curves.

use super::math;

const HUBBLE_DISTANCE_MPC: f64 = 299_792.458 / 70.0;
const OMEGA_M: f64 = 0.3;
/// Nothing here is seen so far away.
pub const MAX_REDSHIFT: f64 = 1.5;

/// Comoving distance in Mpc, by Simpson's rule on 1/E(z).
pub fn comoving_mpc(z: f64) -> f64 {
    const STEPS: u32 = 16;
    let inverse_e = |z: f64| {
        let a = 1.0 + z;
        1.0 / (OMEGA_M * a * a * a + 1.0 - OMEGA_M).sqrt()
    };
    let h = z / f64::from(STEPS);
    let inner: f64 = (1..STEPS).map(|i| inverse_e(h * f64::from(i)) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    HUBBLE_DISTANCE_MPC * h / 3.0 * (inverse_e(0.0) + inner + inverse_e(z))
}

/// Apparent minus absolute magnitude: distance modulus, and the 2.5 log10(1 + z) by which a band is squeezed.
pub fn modulus(z: f64) -> f64 {
    let luminosity_mpc = (1.0 + z) * comoving_mpc(z);
    5.0 * math::log10(luminosity_mpc) + 25.0 - 2.5 * math::log10(1.0 + z)
}

/// The redshift at which an increasing function reaches `value`, by bisection within (1e-6, [`MAX_REDSHIFT`]).
fn invert(f: impl Fn(f64) -> f64, value: f64) -> f64 {
    let (mut low, mut high) = (1e-6, MAX_REDSHIFT);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if f(middle) < value { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The redshift at which `modulus` has this value.
pub fn redshift_of_modulus(value: f64) -> f64 {
    invert(modulus, value)
}

/// The redshift at a comoving distance.
pub fn redshift_of_comoving(mpc: f64) -> f64 {
    invert(comoving_mpc, mpc)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference values: astropy's FlatLambdaCDM(70, 0.3).
    #[test]
    fn distances_are_right() {
        assert!((comoving_mpc(0.1) - 418.454).abs() < 0.01);
        assert!((comoving_mpc(0.5) - 1888.625).abs() < 0.01);
        assert!((modulus(0.1) + 2.5 * 1.1f64.log10() - 38.3152).abs() < 1e-3);
    }

    #[test]
    fn inverses_invert() {
        for z in [0.002, 0.05, 0.4] {
            assert!((redshift_of_modulus(modulus(z)) - z).abs() < 1e-9);
            assert!((redshift_of_comoving(comoving_mpc(z)) - z).abs() < 1e-9);
        }
    }
}
