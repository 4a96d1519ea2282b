//! What the integration tests share.

use std::fmt::Write as _;
use std::path::PathBuf;

/// Rise and fall in two bands, another shape for each number, as CSV.
#[allow(dead_code)]
pub fn light_curves(prefix: &str, n: usize) -> String {
    let mut text = String::from("object_id,mjd,band,mag,mag_err,lim_mag,photometry\n");
    for i in 0..n {
        let (width, peak) = (8.0 + (i % 17) as f64 * 3.0, 17.0 + (i % 7) as f64 * 0.3);
        for k in 0..(8 + i % 6) {
            let mjd = 59000.0 + k as f64 * 4.0;
            let (band, mag) = if k % 2 == 0 {
                ("g", peak + ((mjd - 59012.0) / width).powi(2))
            } else {
                ("r", peak + 0.1 + ((mjd - 59015.0) / width).powi(2))
            };
            if mag > 20.5 {
                let _ = writeln!(text, "{prefix}{i},{mjd},{band},,,20.5,difference");
            } else {
                let _ = writeln!(text, "{prefix}{i},{mjd},{band},{mag:.3},0.05,,difference");
            }
        }
    }
    text
}

/// The folder of real data, which is not part of the repository: `../shared/data`, or the environment
/// variable `TAXONOVA_SHARED_DATA`. None, with a message, where it is absent: the caller skips its test.
#[allow(dead_code)]
pub fn shared_data() -> Option<PathBuf> {
    let dir = std::env::var_os("TAXONOVA_SHARED_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    if dir.is_dir() {
        Some(dir)
    } else {
        eprintln!("skipped: no real data at {} (set TAXONOVA_SHARED_DATA)", dir.display());
        None
    }
}
