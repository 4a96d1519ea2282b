//! The names that tables use for their columns. One table for every format with named columns;
//! knows nothing of how values are stored.

/// What a column of times holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Mjd,
    /// Julian date, heliocentric or not.
    Jd,
    /// Told by the value: Julian dates are above two million.
    Either,
}

/// What a column of bands holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BandCode {
    /// Names.
    Name,
    /// ZTF filter numbers: 1 = g, 2 = r, 3 = i.
    Fid,
    /// LSST numbers 0 - 5 = u, g, r, i, z, y, or names.
    Passband,
}

// Every list is in order of preference: where a table has two of the names, the first is read.

static OBJECT: &[&str] = &[
    "object_id",
    "objectid",
    "oid",
    "snid",
    "diaobjectid",
    "object",
    "obj_id",
    "objid",
    "source_id",
    "sourceid",
    "star_id",
    "target",
    "name",
    "id",
];
static TIME: &[(&str, Times)] = &[
    ("mjd", Times::Mjd),
    ("jd", Times::Jd),
    ("hjd", Times::Jd),
    ("bjd", Times::Jd),
    ("hmjd", Times::Mjd),
    ("obsmjd", Times::Mjd),
    ("mjd_obs", Times::Mjd),
    ("midpointmjdtai", Times::Mjd),
    // As in LSST's alerts up to schema 7.
    ("midpointtai", Times::Mjd),
    ("time", Times::Either),
    ("t", Times::Either),
];
static BAND: &[(&str, BandCode)] = &[
    ("band", BandCode::Name),
    ("filter", BandCode::Name),
    ("fid", BandCode::Fid),
    ("passband", BandCode::Passband),
    ("filtercode", BandCode::Name),
    ("flt", BandCode::Name),
    ("filt", BandCode::Name),
];
static MAG: &[(&str, &[&str])] = &[
    ("mag", &["mag_err", "magerr", "e_mag", "emag", "mag_error", "mag_unc", "sigma_mag", "dmag", "err", "error"]),
    ("magpsf", &["sigmapsf"]),
    ("magnitude", &["e_magnitude", "magnitude_err", "magnitude_error", "mag_err", "magerr"]),
];
/// SNANA's FLUXCAL has zero point 27.5: 10^(0.4 (23.9 - 27.5)) uJy.
pub(super) const FLUXCAL_UJY: f64 = 0.036_307_805_477_010_13;
static FLUX: &[(&str, f64, &[&str])] = &[
    ("flux_ujy", 1.0, &["flux_err_ujy", "flux_ujy_err", "fluxerr_ujy", "flux_err", "fluxerr"]),
    ("ujy", 1.0, &["dujy"]),
    ("flux_njy", 1e-3, &["flux_err_njy", "flux_njy_err", "fluxerr_njy"]),
    ("psfflux", 1e-3, &["psffluxerr"]),
    ("fluxcal", FLUXCAL_UJY, &["fluxcalerr", "fluxcal_err"]),
    ("flux", 1.0, &["flux_err", "fluxerr", "e_flux", "flux_error", "flux_unc", "sigma_flux", "err", "error"]),
];
static ZERO_POINT: &[&str] = &["zp", "zeropoint", "zero_point"];
/// The system of the zero points: kept as text as well.
static ZERO_SYSTEM: &[&str] = &["zpsys", "zp_sys", "magsys"];
/// The unit of a column that is just called flux.
static UNIT: &[&str] = &["unit", "flux_unit", "units"];
static LIMIT: &[&str] = &["lim_mag", "diffmaglim", "limmag", "maglim", "limiting_mag", "mag_lim"];
static SIGN: &[&str] = &["isdiffpos"];
static UPPER: &[&str] = &["upperlimit", "upper_limit", "is_limit", "islimit"];
/// Names of columns with the object's class.
pub(super) static LABEL: &[&str] = &["label", "class", "classification", "type"];
static SURVEY: &[&str] = &["survey"];
static PHOTOMETRY: &[&str] = &["photometry"];
static FOLD: &[&str] = &["fold"];

/// A column of fluxes with that of their errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FluxColumns {
    pub flux: usize,
    pub err: usize,
    /// uJy per unit.
    pub scale: f64,
}

/// Which column is what. Indices into the names given to [`Columns::find`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Columns {
    pub object: Option<usize>,
    pub time: Option<(usize, Times)>,
    pub band: Option<(usize, BandCode)>,
    pub mag: Option<(usize, usize)>,
    pub flux: Option<FluxColumns>,
    pub zero_point: Option<usize>,
    /// Not among those that are [`used`](Columns::used): it is kept as text.
    pub zero_system: Option<usize>,
    /// Of the flux, if the column's name doesn't tell it.
    pub unit: Option<usize>,
    pub limit: Option<usize>,
    pub sign: Option<usize>,
    pub upper: Option<usize>,
    pub label: Option<usize>,
    pub survey: Option<usize>,
    pub photometry: Option<usize>,
    pub fold: Option<usize>,
}

/// A column's name as it is compared.
pub(super) fn normal(name: &str) -> String {
    name.trim().trim_start_matches('\u{feff}').to_ascii_lowercase().replace(['-', ' ', '.'], "_")
}

impl Columns {
    /// Looks the names up, without regard to case, `-`, `.` and blanks.
    pub fn find<S: AsRef<str>>(names: &[S]) -> Columns {
        let names: Vec<String> = names.iter().map(|n| normal(n.as_ref())).collect();
        let one = |name: &str| names.iter().position(|n| n == name);
        let any = |aliases: &[&str]| aliases.iter().find_map(|a| one(a));
        let mut flux = FLUX.iter().find_map(|&(name, scale, errors)| Some(FluxColumns { flux: one(name)?, err: any(errors)?, scale }));
        let bare = flux.is_some_and(|f| names.get(f.flux).is_some_and(|n| n == "flux"));
        // PLAsTiCC and ELAsTiCC call FLUXCAL just "flux"; their other columns tell.
        let plasticc = one("passband").is_some() && any(&["detected", "detected_bool"]).is_some();
        if let Some(flux) = flux.as_mut().filter(|_| bare && plasticc) {
            flux.scale = FLUXCAL_UJY;
        }
        Columns {
            object: any(OBJECT),
            time: TIME.iter().find_map(|&(name, times)| Some((one(name)?, times))),
            band: BAND.iter().find_map(|&(name, code)| Some((one(name)?, code))),
            mag: MAG.iter().find_map(|&(name, errors)| Some((one(name)?, any(errors)?))),
            flux,
            // A flux whose unit is in its name needs none, and has its own.
            zero_point: any(ZERO_POINT).filter(|_| bare && !plasticc),
            zero_system: any(ZERO_SYSTEM),
            unit: any(UNIT).filter(|_| bare),
            limit: any(LIMIT),
            sign: any(SIGN),
            upper: any(UPPER),
            label: any(LABEL),
            survey: any(SURVEY),
            photometry: any(PHOTOMETRY),
            fold: any(FOLD),
        }
    }

    /// What a light curve needs and was not found, in words for a message.
    pub fn missing<S: AsRef<str>>(&self, names: &[S]) -> Vec<&'static str> {
        let has = |alias: &str| names.iter().any(|n| normal(n.as_ref()) == alias);
        let mut missing = Vec::new();
        if self.time.is_none() {
            missing.push("mjd (or jd, hjd, time)");
        }
        if self.band.is_none() {
            missing.push("band (or filter, fid, passband)");
        }
        if self.mag.is_none() && self.flux.is_none() {
            missing.push(if MAG.iter().any(|m| has(m.0)) {
                "mag_err (or magerr, e_mag, sigmapsf)"
            } else if FLUX.iter().any(|f| has(f.0)) {
                "flux_err (or fluxerr, FLUXCALERR)"
            } else {
                "mag and mag_err (or magpsf and sigmapsf), or flux_ujy and flux_err (or FLUXCAL and FLUXCALERR)"
            });
        }
        missing
    }

    /// Lets `change` alter every index.
    pub fn for_each_index(&mut self, mut change: impl FnMut(&mut usize)) {
        let single = [
            &mut self.object,
            &mut self.zero_point,
            &mut self.zero_system,
            &mut self.unit,
            &mut self.limit,
            &mut self.sign,
            &mut self.upper,
            &mut self.label,
            &mut self.survey,
            &mut self.photometry,
            &mut self.fold,
        ];
        single.into_iter().flatten().for_each(&mut change);
        self.time.iter_mut().for_each(|t| change(&mut t.0));
        self.band.iter_mut().for_each(|b| change(&mut b.0));
        self.mag.iter_mut().for_each(|(m, e)| [m, e].into_iter().for_each(&mut change));
        self.flux.iter_mut().for_each(|f| [&mut f.flux, &mut f.err].into_iter().for_each(&mut change));
    }

    /// Whether the fluxes are SNANA's, which are differences.
    pub fn is_fluxcal(&self) -> bool {
        self.flux.is_some_and(|f| f.scale == FLUXCAL_UJY)
    }

    /// Those that hold numbers.
    pub fn numbers(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = [self.time.map(|t| t.0), self.limit, self.zero_point].into_iter().flatten().collect();
        numbers.extend(self.mag.into_iter().flat_map(|(a, b)| [a, b]));
        numbers.extend(self.flux.into_iter().flat_map(|f| [f.flux, f.err]));
        numbers
    }

    /// How many columns have a known name.
    pub fn known(&self) -> usize {
        self.used().len()
    }

    /// Indices of the columns that are read, in no order.
    pub fn used(&self) -> Vec<usize> {
        let single = [
            self.object,
            self.zero_point,
            self.unit,
            self.limit,
            self.sign,
            self.upper,
            self.label,
            self.survey,
            self.photometry,
            self.fold,
        ];
        let mut used: Vec<usize> = single.into_iter().flatten().collect();
        used.extend(self.time.map(|t| t.0));
        used.extend(self.band.map(|b| b.0));
        used.extend(self.mag.into_iter().flat_map(|(a, b)| [a, b]));
        used.extend(self.flux.into_iter().flat_map(|f| [f.flux, f.err]));
        used.sort_unstable();
        used.dedup();
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_names_is_taken() {
        let c = Columns::find(&["JD", "MJD", "id", "OID", "Filter", "magpsf", "sigmapsf", "isdiffpos", "diffmaglim", "fid"]);
        assert_eq!(c.time, Some((1, Times::Mjd)));
        assert_eq!(c.object, Some(3));
        assert_eq!(c.band, Some((4, BandCode::Name)));
        assert_eq!(c.mag, Some((5, 6)));
        assert_eq!((c.sign, c.limit), (Some(7), Some(8)));
        assert!(c.missing(&["mjd"]).is_empty());
    }

    #[test]
    fn fluxes_go_with_their_own_errors() {
        let c = Columns::find(&["SNID", "MJD", "FLT", "FLUXCAL", "FLUXCALERR", "flux", "flux_err"]);
        let f = c.flux.unwrap();
        assert_eq!((f.flux, f.err), (3, 4));
        assert!((f.scale - 10f64.powf(0.4 * (23.9 - 27.5))).abs() < 1e-16);
        let c = Columns::find(&["flux", "fluxcalerr", "flux_err"]);
        assert_eq!(c.flux, Some(FluxColumns { flux: 0, err: 2, scale: 1.0 }));
    }

    #[test]
    fn what_is_missing_is_named() {
        let names = ["time", "mag"];
        let missing = Columns::find(&names).missing(&names);
        assert_eq!(missing, ["band (or filter, fid, passband)", "mag_err (or magerr, e_mag, sigmapsf)"]);
    }

    #[test]
    fn a_zero_point_is_for_fluxes_without_a_unit() {
        assert!(Columns::find(&["mjd", "band", "flux", "flux_err", "zp"]).zero_point.is_some());
        for names in [
            ["mjd", "band", "flux_ujy", "flux_err", "zp"],
            ["mjd", "band", "FLUXCAL", "FLUXCALERR", "ZP"],
            ["mjd", "band", "ujy", "dujy", "zp"],
        ] {
            assert!(Columns::find(&names).zero_point.is_none(), "{names:?}");
        }
    }
}
