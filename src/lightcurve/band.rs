//! The one table of photometric bands: names, aliases, effective wavelengths, plot order.
//!
//! Effective wavelengths are those of the surveys' own filter pages, in nanometres.

use std::sync::RwLock;

/// A known band. `name` is unique over the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandInfo {
    /// Canonical name, `system/letter` where a letter alone would be ambiguous.
    pub name: &'static str,
    /// What is written on a plot's legend.
    pub short: &'static str,
    /// Survey or photometric system.
    pub system: &'static str,
    /// Effective wavelength in nm.
    pub wavelength_nm: f64,
    /// Other spellings, compared without regard to case unless the table holds both cases.
    pub aliases: &'static [&'static str],
}

macro_rules! bands {
    ($( $name:literal $short:literal $system:literal $nm:literal [ $($alias:literal),* ] )*) => {
        &[ $( BandInfo { name: $name, short: $short, system: $system, wavelength_nm: $nm, aliases: &[$($alias),*] } ),* ]
    };
}

/// Every band that the program knows. A bare letter means the first row that lists it
/// (ZTF for g, r, i), unless the survey is known: see [`BandId::for_survey`].
pub static BANDS: &[BandInfo] = bands! {
    "ztf/g" "g" "ZTF" 475.0 ["g", "zg", "ztfg", "ztf_g", "g_ztf", "ztf-g"]
    "ztf/r" "r" "ZTF" 636.0 ["r", "zr", "ztfr", "ztf_r", "r_ztf", "ztf-r"]
    "ztf/i" "i" "ZTF" 788.0 ["i", "zi", "ztfi", "ztf_i", "i_ztf", "ztf-i"]
    "lsst/u" "u" "LSST" 368.0 ["lsstu", "lsst_u"]
    "lsst/g" "g" "LSST" 480.0 ["lsstg", "lsst_g"]
    "lsst/r" "r" "LSST" 622.0 ["lsstr", "lsst_r"]
    "lsst/i" "i" "LSST" 754.0 ["lssti", "lsst_i"]
    "lsst/z" "z" "LSST" 869.0 ["lsstz", "lsst_z"]
    "lsst/y" "y" "LSST" 960.0 ["lssty", "lsst_y"]
    "atlas/c" "c" "ATLAS" 533.0 ["c", "cyan", "atlas_c"]
    "atlas/o" "o" "ATLAS" 679.0 ["o", "orange", "atlas_o"]
    "sdss/u" "u" "SDSS" 356.0 ["u", "sdssu", "sdss_u", "u'"]
    "sdss/g" "g" "SDSS" 472.0 ["sdssg", "sdss_g", "g'"]
    "sdss/r" "r" "SDSS" 619.0 ["sdssr", "sdss_r", "r'"]
    "sdss/i" "i" "SDSS" 750.0 ["sdssi", "sdss_i", "i'"]
    "sdss/z" "z" "SDSS" 896.0 ["z", "sdssz", "sdss_z", "z'"]
    "ps1/g" "g" "PS1" 481.0 ["ps1g", "ps1_g", "gp1"]
    "ps1/r" "r" "PS1" 617.0 ["ps1r", "ps1_r", "rp1"]
    "ps1/i" "i" "PS1" 752.0 ["ps1i", "ps1_i", "ip1"]
    "ps1/z" "z" "PS1" 866.0 ["ps1z", "ps1_z", "zp1"]
    "ps1/y" "y" "PS1" 962.0 ["y", "ps1y", "ps1_y", "yp1"]
    "eros/B" "B" "EROS" 560.0 ["eros_b", "b_eros", "be"]
    "eros/R" "R" "EROS" 760.0 ["eros_r", "r_eros", "re"]
    "ogle/V" "V" "OGLE" 547.0 ["ogle_v", "v_ogle"]
    "ogle/I" "I" "OGLE" 798.0 ["ogle_i", "i_ogle"]
    "css/V" "V" "Catalina" 605.0 ["v_css", "css_v", "cv", "css"]
    "U" "U" "Johnson-Cousins" 366.0 ["bessellu", "johnson_u"]
    "B" "B" "Johnson-Cousins" 436.0 ["bessellb", "johnson_b"]
    "V" "V" "Johnson-Cousins" 545.0 ["bessellv", "johnson_v", "v"]
    "R" "R" "Johnson-Cousins" 641.0 ["bessellr", "rc", "cousins_r"]
    "I" "I" "Johnson-Cousins" 798.0 ["besselli", "ic", "cousins_i"]
    "swift/UVW2" "W2" "Swift" 193.0 ["uvw2"]
    "swift/UVM2" "M2" "Swift" 225.0 ["uvm2"]
    "swift/UVW1" "W1" "Swift" 260.0 ["uvw1"]
    "des/g" "g" "DES" 473.0 ["des_g", "decam_g"]
    "des/r" "r" "DES" 642.0 ["des_r", "decam_r"]
    "des/i" "i" "DES" 784.0 ["des_i", "decam_i"]
    "des/z" "z" "DES" 926.0 ["des_z", "decam_z"]
    "des/Y" "Y" "DES" 1009.0 ["des_y", "decam_y"]
    // SNANA's letters of the Carnegie Supernova Project: m, n and o are its V filters, j and y further J and Y filters.
    "csp/u" "u" "CSP" 364.0 ["csp_u"]
    "csp/B" "B" "CSP" 435.0 ["csp_b"]
    "csp/g" "g" "CSP" 477.0 ["csp_g"]
    "csp/m" "m" "CSP" 537.0 ["csp_m"]
    "csp/n" "n" "CSP" 537.0 ["csp_n"]
    "csp/o" "o" "CSP" 537.0 ["csp_o"]
    "csp/V" "V" "CSP" 537.0 ["csp_v"]
    "csp/r" "r" "CSP" 622.0 ["csp_r"]
    "csp/i" "i" "CSP" 761.0 ["csp_i"]
    "csp/Y" "Y" "CSP" 1035.0 ["csp_Y"]
    "csp/y" "y" "CSP" 1035.0 ["csp_y"]
    "csp/J" "J" "CSP" 1239.0 ["csp_J"]
    "csp/j" "j" "CSP" 1239.0 ["csp_j"]
    "csp/H" "H" "CSP" 1630.0 ["csp_h"]
    "swift/U" "U" "Swift" 346.5 ["uvot_u", "u_uvot"]
    "swift/B" "B" "Swift" 439.2 ["uvot_b", "b_uvot"]
    "swift/V" "V" "Swift" 546.8 ["uvot_v", "v_uvot"]
};

/// What is added to a Vega magnitude to make it AB, by band. Johnson-Cousins: Blanton & Roweis 2007 (AJ 133, 734), table 1;
/// Swift UVOT: Breeveld et al. 2011 (AIP Conf. Proc. 1358, 373). Checked against codes that cite the two papers, not in print.
static VEGA_OFFSETS: &[(&str, f64)] = &[
    ("U", 0.79),
    ("B", -0.09),
    ("V", 0.02),
    ("R", 0.21),
    ("I", 0.45),
    ("swift/UVW2", 1.73),
    ("swift/UVM2", 1.69),
    ("swift/UVW1", 1.51),
    ("swift/U", 1.02),
    ("swift/B", -0.13),
    ("swift/V", -0.01),
];

/// AB minus Vega magnitude; none where no published offset is in the table.
pub fn vega_offset(band: BandId) -> Option<f64> {
    let name = band.info()?.name;
    VEGA_OFFSETS.iter().find(|(known, _)| *known == name).map(|(_, offset)| *offset)
}

/// Whether the table holds bands of this survey.
pub fn is_survey_known(survey: &str) -> bool {
    let survey = survey.trim().to_ascii_lowercase();
    BANDS.iter().any(|b| is_of_survey(b, &survey))
}

/// Whether a band belongs to a survey, given in lower case.
fn is_of_survey(band: &BandInfo, survey: &str) -> bool {
    let system = band.system.to_ascii_lowercase();
    !survey.is_empty() && (survey.starts_with(&system) || system.starts_with(survey))
}

/// At most so many unknown band names are remembered; beyond, all are called `?`.
const MAX_UNKNOWN: usize = 1024;

static UNKNOWN: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

/// A band: an index into [`BANDS`], or a remembered unknown name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BandId(u16);

impl BandId {
    /// ZTF g.
    pub const ZTF_G: BandId = BandId(0);
    /// ZTF r.
    pub const ZTF_R: BandId = BandId(1);
    /// ZTF i.
    pub const ZTF_I: BandId = BandId(2);

    /// The band that `name` means: canonical name, exact alias, then alias without regard to case.
    /// Unknown names are remembered and kept.
    pub fn parse(name: &str) -> BandId {
        Self::for_survey(name, "")
    }

    /// As [`BandId::parse`], but a bare letter is first looked for in `survey`'s own bands
    /// (`ztf`, `lsst`, `atlas`, `sdss`, `ps1`, `eros2`, `ogle`, `catalina`, ...).
    pub fn for_survey(name: &str, survey: &str) -> BandId {
        let name = name.trim();
        let survey = survey.trim().to_ascii_lowercase();
        let find = |p: &dyn Fn(&BandInfo) -> bool| BANDS.iter().position(p).map(|i| BandId(i as u16));
        let same_survey = |b: &BandInfo| is_of_survey(b, &survey);
        find(&|b| same_survey(b) && b.short == name)
            .or_else(|| find(&|b| same_survey(b) && b.short.eq_ignore_ascii_case(name)))
            .or_else(|| find(&|b| b.name == name))
            .or_else(|| find(&|b| b.aliases.contains(&name)))
            .or_else(|| find(&|b| b.name.eq_ignore_ascii_case(name)))
            // Not single letters: G is Gaia's and C is clear, not g and cyan.
            .or_else(|| find(&|b| b.aliases.iter().any(|a| a.len() > 1 && a.eq_ignore_ascii_case(name))))
            .unwrap_or_else(|| Self::remember(name))
    }

    fn remember(name: &str) -> BandId {
        let mut names = UNKNOWN.write().unwrap_or_else(|e| e.into_inner());
        let index = match names.iter().position(|n| *n == name) {
            Some(i) => i,
            None => {
                let kept = if names.len() < MAX_UNKNOWN { name } else { "?" };
                match names.iter().position(|n| *n == kept) {
                    Some(i) => i,
                    None => {
                        // At most MAX_UNKNOWN + 1 short names live as long as the program.
                        let kept: String = kept.chars().filter(|c| !c.is_control()).take(32).collect();
                        names.push(Box::leak(kept.into_boxed_str()));
                        names.len() - 1
                    }
                }
            }
        };
        BandId((BANDS.len() + index) as u16)
    }

    /// The table's row, none for an unknown band.
    pub fn info(self) -> Option<&'static BandInfo> {
        BANDS.get(self.0 as usize)
    }

    /// Whether the band is in the table.
    pub fn is_known(self) -> bool {
        self.info().is_some()
    }

    /// Canonical name, or the unknown name as it was read.
    pub fn name(self) -> &'static str {
        match self.info() {
            Some(b) => b.name,
            None => {
                let names = UNKNOWN.read().unwrap_or_else(|e| e.into_inner());
                names.get(self.0 as usize - BANDS.len()).copied().unwrap_or("?")
            }
        }
    }

    /// Legend name.
    pub fn short(self) -> &'static str {
        self.info().map_or_else(|| self.name(), |b| b.short)
    }

    /// Effective wavelength in nm, none for an unknown band.
    pub fn wavelength_nm(self) -> Option<f64> {
        self.info().map(|b| b.wavelength_nm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (i, b) in BANDS.iter().enumerate() {
            assert_eq!(BandId::parse(b.name), BandId(i as u16), "{}", b.name);
        }
        assert_eq!(BandId::ZTF_G.name(), "ztf/g");
        assert_eq!(BandId::ZTF_R.name(), "ztf/r");
        assert_eq!(BandId::ZTF_I.name(), "ztf/i");
        for (name, _) in VEGA_OFFSETS {
            assert!(BANDS.iter().any(|b| b.name == *name), "{name}");
        }
        assert_eq!(vega_offset(BandId::parse("V")), Some(0.02));
        assert_eq!(vega_offset(BandId::ZTF_G), None);
    }

    #[test]
    fn a_letter_means_the_surveys_own_band() {
        assert_eq!(BandId::parse("g"), BandId::ZTF_G);
        assert!(["G", "C", "O", "W1", "W2"].iter().all(|b| !BandId::parse(b).is_known()), "Gaia, clear and WISE are none of ours");
        assert_eq!(BandId::parse("R").name(), "R");
        assert_eq!(BandId::for_survey("g", "lsst").name(), "lsst/g");
        assert_eq!(BandId::for_survey("R", "eros2").name(), "eros/R");
        assert_eq!(BandId::for_survey("V", "catalina").name(), "css/V");
        assert_eq!(BandId::for_survey("I", "ogle4").name(), "ogle/I");
    }

    #[test]
    fn unknown_bands_are_kept() {
        let b = BandId::parse("F814W");
        assert!(!b.is_known());
        assert_eq!(b.name(), "F814W");
        assert_eq!(b, BandId::parse("F814W"));
        assert!(b.wavelength_nm().is_none());
    }
}
