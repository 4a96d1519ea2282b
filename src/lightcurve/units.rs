//! Magnitudes and fluxes. AB: m = 23.9 - 2.5 log10(flux / uJy).

/// AB zero point for microjansky.
pub const ZERO_POINT_UJY: f64 = 23.9;
/// sigma_m = MAG_ERR * sigma_f / f.
pub const MAG_ERR: f64 = 2.5 / std::f64::consts::LN_10;
/// Surveys here quote limits at so many sigma.
pub const LIMIT_SIGMA: f64 = 5.0;
/// Julian date of MJD 0.
pub const JD_OFFSET: f64 = 2_400_000.5;

/// AB magnitude of a flux in uJy; none where the flux is not positive.
pub fn magnitude(flux_ujy: f64) -> Option<f64> {
    (flux_ujy > 0.0 && flux_ujy.is_finite()).then(|| ZERO_POINT_UJY - 2.5 * flux_ujy.log10())
}

/// Flux in uJy of an AB magnitude.
pub fn flux_ujy(mag: f64) -> f64 {
    10f64.powf(0.4 * (ZERO_POINT_UJY - mag))
}

/// Error of the magnitude.
pub fn magnitude_error(flux_ujy: f64, flux_err_ujy: f64) -> f64 {
    MAG_ERR * flux_err_ujy / flux_ujy.abs()
}

/// Error of the flux, from that of the magnitude.
pub fn flux_error(flux_ujy: f64, mag_err: f64) -> f64 {
    flux_ujy.abs() * mag_err / MAG_ERR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        assert_eq!(magnitude(1.0), Some(23.9));
        for m in [5.0, 14.321, 20.5, 27.0] {
            assert!((magnitude(flux_ujy(m)).unwrap() - m).abs() < 1e-12);
            let f = flux_ujy(m);
            assert!((magnitude_error(f, flux_error(f, 0.123)) - 0.123).abs() < 1e-12);
        }
        assert_eq!(magnitude(0.0), None);
        assert_eq!(magnitude(-3.0), None);
        assert_eq!(magnitude(f64::NAN), None);
    }
}
