//! Elementary functions made of IEEE additions, multiplications, divisions and square roots alone, so that a
//! seed gives the same bytes on every machine (the standard library's `exp` and `ln` are the platform's and
//! differ in the last bit). Knows nothing of light curves.

use std::f64::consts::{LN_2, LN_10, LOG2_E, SQRT_2};

/// ln 2 with its last 21 bits cleared: a multiple by an exponent is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
/// ln 2 minus [`LN_2_HIGH`].
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Beyond, `exp` is held: nothing here comes near it.
const EXP_LIMIT: f64 = 700.0;

/// e^x, relative error below 1e-15; `x` is held within +-700.
pub fn exp(x: f64) -> f64 {
    let x = x.clamp(-EXP_LIMIT, EXP_LIMIT);
    let k = (x * LOG2_E).round();
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    // Taylor for |r| <= ln 2 / 2: the next term is below 5e-18.
    let mut sum = 1.0;
    for n in (1..=13).rev() {
        sum = 1.0 + sum * r / f64::from(n);
    }
    sum * f64::from_bits(((k as i64 + 1023) as u64) << 52)
}

/// Natural logarithm of a normal positive number; the caller guarantees it.
pub fn ln(x: f64) -> f64 {
    debug_assert!(x.is_normal() && x > 0.0, "ln of {x}");
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    if m > SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh s, |s| <= 0.172: the next term is below 1e-18.
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let mut sum = 0.0;
    for n in (0..=11).rev() {
        sum = 1.0 / f64::from(2 * n + 1) + s2 * sum;
    }
    let e = exponent as f64;
    e * LN_2_HIGH + (2.0 * s * sum + e * LN_2_LOW)
}

/// 10^x.
pub fn pow10(x: f64) -> f64 {
    exp(x * LN_10)
}

/// Decimal logarithm of a normal positive number.
pub fn log10(x: f64) -> f64 {
    ln(x) / LN_10
}

/// Cube root of a normal positive number.
pub fn cbrt(x: f64) -> f64 {
    exp(ln(x) / 3.0)
}

/// 0 below 0, 1 above 1, and x^2 (3 - 2x) between: a square at first, flat at the end.
pub fn smoothstep(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

const _: () = assert!(LN_2_HIGH + LN_2_LOW == LN_2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_the_standard_library() {
        for i in -3000..3000 {
            let x = f64::from(i) * 0.0731;
            assert!((exp(x) / x.exp() - 1.0).abs() < 2e-15, "exp {x}");
        }
        for i in 1..5000 {
            for x in [f64::from(i) * 0.0137, f64::from(i) * 1e9, 1.0 / f64::from(i)] {
                assert!((ln(x) - x.ln()).abs() <= 2e-15 * x.ln().abs().max(1.0), "ln {x}");
            }
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(ln(1.0), 0.0);
        assert!((pow10(-0.4) - 0.398_107_170_553_497_25).abs() < 1e-15);
        assert!((log10(1000.0) - 3.0).abs() < 1e-15);
        assert!((cbrt(27.0) - 3.0).abs() < 1e-14);
    }

    /// The bits themselves: what "the same on every machine" rests on.
    #[test]
    fn the_bits_are_fixed() {
        assert_eq!(exp(1.25).to_bits(), 4_615_041_972_421_327_600);
        assert_eq!(ln(10.0).to_bits(), LN_10.to_bits());
    }

    #[test]
    fn smoothstep_is_flat_at_both_ends() {
        assert_eq!([smoothstep(-1.0), smoothstep(0.5), smoothstep(2.0)], [0.0, 0.5, 1.0]);
        assert!((smoothstep(1e-3) - 3e-6).abs() < 1e-8);
    }
}
