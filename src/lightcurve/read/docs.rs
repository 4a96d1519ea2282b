//! The page about formats and bands, from the tables of both.

use super::FORMATS;
use crate::lightcurve::BandId;
use crate::lightcurve::band::{BANDS, vega_offset};

/// The page `docs/formats.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Formats and bands\n\nThis page is written by a test from the program's tables.\n\n## Formats\n\nA file is told by its content, \
         then by its name. Files may be compressed (.gz, .bz2, .zst). Times are MJD; jd and hjd become MJD. Magnitudes are AB, fluxes \
         become uJy.\n",
    );
    for f in FORMATS {
        let extensions: Vec<String> = f.extensions.iter().map(|e| format!(".{e}")).collect();
        page += &format!("\n### {}\n\nName: `{}`. Extensions: {}.\n\n{}\n", f.title, f.name, extensions.join(", "), f.columns);
        if !f.quality.is_empty() {
            page += &format!("\nQuality: {}\n", f.quality);
        }
    }
    page += "\n## Bands\n\nA bare letter means the band of the file's survey, else the first row that lists it. `--band-map NAME=BAND` \
             gives other names a meaning. The last column is added to Vega magnitudes to make them AB (Blanton & Roweis 2007; Swift: \
             Breeveld et al. 2011).\n\n| Band | Other names | System | Wavelength (nm) | AB - Vega |\n|---|---|---|---:|---:|\n";
    for b in BANDS {
        let aliases: Vec<String> = b.aliases.iter().map(|a| format!("`{a}`")).collect();
        let offset = vega_offset(BandId::parse(b.name)).map_or(String::new(), |o| format!("{o:+.2}"));
        page += &format!("| `{}` | {} | {} | {} | {offset} |\n", b.name, aliases.join(", "), b.system, b.wavelength_nm);
    }
    page
}
