//! Numbers as text with 6 significant digits.

use std::io::Write;

const DIGITS: usize = 6;

/// Appends `value` with 6 significant digits, without trailing zeros: plain between 1e-5 and 1e6, with an
/// exponent (`1.23457e-7`) beyond. Nothing for NaN and infinities; `0` for both zeros.
pub fn write_number(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        return;
    }
    if value == 0.0 {
        out.push(b'0');
        return;
    }
    // "-d.ddddde-7" at most 16 characters; a write into a large enough slice can't fail.
    let mut buffer = [0u8; 32];
    let mut rest = &mut buffer[..];
    let _ = write!(rest, "{:.*e}", DIGITS - 1, value.abs());
    let free = rest.len();
    let text = &buffer[..32 - free];
    let Some(at) = text.iter().position(|b| *b == b'e') else { return };
    let exponent: i32 = std::str::from_utf8(&text[at + 1..]).ok().and_then(|e| e.parse().ok()).unwrap_or(0);
    let mut digits = [0u8; DIGITS];
    let mut n = 0;
    for &b in text[..at].iter().filter(|b| b.is_ascii_digit()) {
        digits[n] = b;
        n += 1;
    }
    while n > 1 && digits[n - 1] == b'0' {
        n -= 1;
    }
    let digits = &digits[..n];
    if value < 0.0 {
        out.push(b'-');
    }
    match exponent {
        -5..0 => {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', (-exponent - 1) as usize));
            out.extend_from_slice(digits);
        }
        0..6 => {
            let whole = exponent as usize + 1;
            if n <= whole {
                out.extend_from_slice(digits);
                out.extend(std::iter::repeat_n(b'0', whole - n));
            } else {
                out.extend_from_slice(&digits[..whole]);
                out.push(b'.');
                out.extend_from_slice(&digits[whole..]);
            }
        }
        _ => {
            out.push(digits[0]);
            if n > 1 {
                out.push(b'.');
                out.extend_from_slice(&digits[1..]);
            }
            let _ = write!(out, "e{exponent}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(v: f64) -> String {
        let mut out = Vec::new();
        write_number(&mut out, v);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn six_significant_digits() {
        for (v, s) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.5, "0.5"),
            (1.0 / 3.0, "0.333333"),
            (2.0 / 3.0, "0.666667"),
            (0.9999996, "1"),
            (0.999999, "0.999999"),
            (0.00001234567, "0.0000123457"),
            (1.234567e-6, "1.23457e-6"),
            (1e-300, "1e-300"),
            (12.3456789, "12.3457"),
            (100.0, "100"),
            (123456.7, "123457"),
            (999999.5, "1e6"),
            (1234567.0, "1.23457e6"),
            (-41.25, "-41.25"),
            (f64::NAN, ""),
            (f64::INFINITY, ""),
        ] {
            assert_eq!(text(v), s, "{v}");
        }
    }

    #[test]
    fn reads_back_within_half_a_unit() {
        let mut v = 1.7e-12;
        while v < 1e12 {
            let back: f64 = text(v).parse().unwrap();
            assert!((back - v).abs() <= 5.000001e-6 * v, "{v} {back}");
            v *= 1.0937;
        }
    }
}
