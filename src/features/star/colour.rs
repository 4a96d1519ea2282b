//! Colour between the bluest and the reddest band, and how it changes with brightness.

use super::{Band, Sink, quantile, sorted};

/// Points in two bands so close in time are one epoch, days.
const EPOCH_D: f64 = 0.3;
/// A band with fewer points has no mean worth a colour.
const MIN_POINTS: usize = 3;

/// Bands with the most points first.
pub(super) fn put(bands: &[Band], out: &mut impl Sink) {
    let nan = f64::NAN;
    let mut usable: Vec<(&Band, f64)> =
        bands.iter().filter(|b| b.points.len() >= MIN_POINTS).filter_map(|b| b.band.wavelength_nm().map(|w| (b, w))).collect();
    usable.sort_by(|a, b| a.1.total_cmp(&b.1));
    let pair = match usable.as_slice() {
        [blue, .., red] if red.1 > blue.1 => Some((blue.0, red.0, (red.1 / blue.1).ln())),
        _ => None,
    };
    let spread = |b: &Band| {
        let m = sorted(b.mags().into_iter());
        quantile(&m, 0.9) - quantile(&m, 0.1)
    };
    let median = |b: &Band| quantile(&sorted(b.mags().into_iter()), 0.5);
    let base = pair.map_or(nan, |p| p.2);
    out.put(format_args!("star_bands"), "", format_args!("bands with three or more points"), usable.len() as f64);
    out.put(format_args!("star_colour_base"), "", format_args!("natural logarithm of the reddest over the bluest band's wavelength"), base);
    out.put(
        format_args!("star_colour"),
        "mag",
        format_args!("median of the bluest minus that of the reddest band, per unit of that logarithm"),
        pair.map_or(nan, |(b, r, base)| (median(b) - median(r)) / base),
    );
    out.put(
        format_args!("star_spread_ratio"),
        "",
        format_args!("natural logarithm of the bluest over the reddest band's spread, per unit of that logarithm"),
        pair.map_or(nan, |(b, r, base)| (spread(b) / spread(r)).ln() / base),
    );
    let epochs = pair.map_or(Vec::new(), |(b, r, _)| epochs(b, r));
    let (slope, together) = slope(&epochs);
    out.put(
        format_args!("star_bluer_when_brighter"),
        "",
        format_args!("slope of the colour against the reddest band's magnitude, per unit of that logarithm"),
        slope / base,
    );
    out.put(format_args!("star_together"), "", format_args!("correlation of the bluest and the reddest band"), together);
}

/// (blue, red) magnitudes of one epoch each.
fn epochs(blue: &Band, red: &Band) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for p in &blue.points {
        let i = red.points.partition_point(|r| r.mjd < p.mjd);
        let near = [i.checked_sub(1).and_then(|j| red.points.get(j)), red.points.get(i)];
        let nearest = near.into_iter().flatten().min_by(|a, b| (a.mjd - p.mjd).abs().total_cmp(&(b.mjd - p.mjd).abs()));
        if let Some(r) = nearest.filter(|r| (r.mjd - p.mjd).abs() <= EPOCH_D) {
            out.push((p.mag, r.mag));
        }
    }
    out
}

/// Slope of blue - red against red, and the correlation of the two.
fn slope(epochs: &[(f64, f64)]) -> (f64, f64) {
    let n = epochs.len() as f64;
    if epochs.len() < 5 {
        return (f64::NAN, f64::NAN);
    }
    let (b0, r0) = (epochs.iter().map(|e| e.0).sum::<f64>() / n, epochs.iter().map(|e| e.1).sum::<f64>() / n);
    let (mut bb, mut br, mut rr) = (0.0, 0.0, 0.0);
    for (b, r) in epochs {
        bb += (b - b0).powi(2);
        br += (b - b0) * (r - r0);
        rr += (r - r0).powi(2);
    }
    if rr <= 0.0 || bb <= 0.0 { (f64::NAN, f64::NAN) } else { (br / rr - 1.0, br / (bb * rr).sqrt()) }
}
