//! What the integration tests share.

use std::path::PathBuf;

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
