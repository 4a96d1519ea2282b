//! SNANA's pairs of FITS files: a table of objects (`NAME_HEAD.FITS`), each with the first and last row of its points in
//! the other file (`NAME_PHOT.FITS`). Given either, the other is looked for beside it. The points are read once, in
//! order; only the table of objects is kept.

use super::columns::Columns;
use super::error::listed;
use super::fits_table::{Column, FitsFile, Table};
use super::formats::{Context, Opened, fits_file};
use super::points::{self, BandCache, Values};
use super::snana_pair::{Part, part, partner};
use super::{Objects, Place, ReadError};
use crate::lightcurve::{LightCurve, Observation, Warning};
use std::path::Path;

/// Columns that a table of objects has to have.
static NEEDED: [&str; 3] = ["SNID", "PTROBS_MIN", "PTROBS_MAX"];
/// Columns of the table of objects that are kept as text.
static KEPT: [&str; 6] = ["IAUC", "REDSHIFT_FINAL", "MWEBV", "SNTYPE", "SIM_TYPE_NAME", "SIM_MODEL_NAME"];
/// The time that stands between two objects.
const SEPARATOR_MJD: f64 = -777.0;
/// What an object takes in memory besides its texts, roughly.
const BYTES_PER_OBJECT: u64 = 200;
/// Values that SNANA writes where it has none.
const NO_VALUE: [&str; 6] = ["NULL", "NONE", "UNKNOWN", "VOID", "-9", "-999"];

/// Whether a table of these columns is one of objects.
pub(super) fn is_head(names: &[&str]) -> bool {
    NEEDED.iter().all(|needed| names.iter().any(|n| n.eq_ignore_ascii_case(needed)))
}

/// A table of objects; or one of points, if its name says so and its table of objects lies beside it.
pub(super) fn accepts(file: &Opened) -> bool {
    let Opened::Fits(f) = file else { return false };
    let Some(table) = &f.table else { return false };
    is_head(&table.names()) || is_phot(f)
}

fn is_phot(file: &FitsFile) -> bool {
    let names = file.table.as_ref().map(Table::names).unwrap_or_default();
    let columns = Columns::find(&names);
    part(&file.path) == Some(Part::Phot) && columns.is_fluxcal() && columns.object.is_none()
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Fits(file) = file else {
        return Err(context.error(Place::File, "this is no FITS file", ""));
    };
    let names = file.table.as_ref().map(Table::names).unwrap_or_default();
    let beside = |path: &Path, wanted, named: Option<&str>, what: &str| {
        partner(path, wanted, named).ok_or_else(|| {
            let named = named.map(|n| format!("{n}, or ")).unwrap_or_default();
            let expected = format!("{named}a file of the same name with {what}, in the same folder, packed or not");
            context.error(Place::File, format!("its {what} file is not there"), expected)
        })
    };
    if !is_head(&names) {
        let head = beside(&file.path, Part::Head, None, "HEAD")?;
        let head_file = fits_file(&head)?;
        let head_names = head_file.table.as_ref().map(Table::names).unwrap_or_default();
        if !is_head(&head_names) {
            let found = format!("the columns are {}", listed(&head_names));
            return Err(ReadError::new(&head, Place::File, found, format!("a table of objects with {}", NEEDED.join(", "))));
        }
        return Pair::open(head_file, *file, context);
    }
    let photfile = file.primary.text("PHOTFILE").map(str::to_string);
    let phot = beside(&file.path, Part::Phot, photfile.as_deref(), "PHOT")?;
    let phot_file = fits_file(&phot)?;
    Pair::open(*file, phot_file, context)
}

/// What the table of objects says about one.
struct Object {
    id: String,
    label: Option<String>,
    extra: Vec<(String, String)>,
    /// First row, counted from 0, and the one after the last.
    rows: (u64, u64),
    /// How many points it should have.
    claimed: Option<u64>,
}

struct PhotColumns {
    mjd: Column,
    band: Column,
    flux: Column,
    err: Column,
    scale: f64,
}

struct Pair {
    context: Context,
    survey: String,
    objects: std::vec::IntoIter<Object>,
    errors: std::collections::VecDeque<ReadError>,
    phot: FitsFile,
    columns: PhotColumns,
    bands: BandCache,
}

impl Pair {
    fn open(mut head: FitsFile, phot: FitsFile, context: Context) -> Result<Objects, ReadError> {
        let survey = head.primary.text("SURVEY").unwrap_or_default().trim().to_string();
        let columns = phot_columns(&phot)?;
        let mut errors = std::collections::VecDeque::new();
        let mut objects = Vec::new();
        read_head(&mut head, &context, &mut objects, &mut errors)?;
        // In the order of their points: these are read once, from the first to the last.
        objects.sort_by_key(|o| o.rows.0);
        let bands = context.bands();
        Ok(Box::new(Pair { context, survey, objects: objects.into_iter(), errors, phot, columns, bands }))
    }
}

fn phot_columns(phot: &FitsFile) -> Result<PhotColumns, ReadError> {
    let error = |place, found: String, expected: String| ReadError::new(&phot.path, place, found, expected);
    let names = phot.table.as_ref().map(Table::names).unwrap_or_default();
    let found = Columns::find(&names);
    let (Some(table), Some((mjd, _)), Some((band, _)), Some(flux)) = (&phot.table, found.time, found.band, found.flux) else {
        let names = if names.is_empty() { phot.other_columns.iter().map(String::as_str).collect() } else { names };
        let expected = "a table of points with MJD, BAND (or FLT), FLUXCAL and FLUXCALERR";
        return Err(error(Place::File, format!("the columns are {}", listed(&names)), expected.to_string()));
    };
    let column = |i: usize, number: bool| match table.columns.get(i) {
        None => Err(error(Place::File, "a column is missing".to_string(), String::new())),
        Some(column) => match column.unfit(number) {
            Some((found, expected)) => Err(error(Place::Field(column.name.clone()), found, expected)),
            None => Ok(column.clone()),
        },
    };
    Ok(PhotColumns {
        mjd: column(mjd, true)?,
        band: column(band, false)?,
        flux: column(flux.flux, true)?,
        err: column(flux.err, true)?,
        scale: flux.scale,
    })
}

/// Reads the table of objects. Faulty rows become errors; the others are kept.
fn read_head(
    head: &mut FitsFile,
    context: &Context,
    objects: &mut Vec<Object>,
    errors: &mut std::collections::VecDeque<ReadError>,
) -> Result<(), ReadError> {
    let path = head.path.clone();
    let error = |place, found: String, expected: &str| ReadError::new(&path, place, found, expected);
    let Some(table) = &head.table else {
        return Err(error(Place::File, "there is no table".to_string(), "a table of objects"));
    };
    let column = |name: &str, number: bool| match table.column(name) {
        Some(c) => match c.unfit(number) {
            None => Ok(c.clone()),
            Some((found, expected)) => Err(ReadError::new(&path, Place::Field(c.name.clone()), found, expected)),
        },
        None => Err(error(Place::File, format!("there is no column {name}"), "a table of objects")),
    };
    let (id, first, last) = (column("SNID", false)?, column("PTROBS_MIN", true)?, column("PTROBS_MAX", true)?);
    let count = table.column("NOBS").filter(|c| c.unfit(true).is_none()).cloned();
    let kept: Vec<Column> = KEPT.iter().filter_map(|n| table.column(n)).filter(|c| c.unfit(false).is_none()).cloned().collect();
    let mut bytes = 0;
    loop {
        let number = head.rows_read() + 1;
        let row = match head.next_row() {
            Ok(Some(row)) => row,
            Ok(None) if number == 1 => {
                return Err(error(Place::File, "the table of objects has no rows".to_string(), "at least one object"));
            }
            Ok(None) => return Ok(()),
            Err((found, expected)) => {
                errors.push_back(error(Place::Row(number), found, &expected));
                return Ok(());
            }
        };
        let extra: Vec<(String, String)> =
            kept.iter().filter_map(|c| Some((c.name.to_ascii_lowercase(), c.text(row).filter(|t| !is_none(t))?.into_owned()))).collect();
        let (from, to) = (first.number(row), last.number(row));
        // Rows are counted from 1.
        let range = (from >= 1.0 && to >= from - 1.0 && to < 9e15).then(|| (from as u64 - 1, to as u64));
        match (id.text(row), range) {
            (Some(name), Some(rows)) => {
                let claimed = count.as_ref().map(|c| c.number(row)).filter(|n| *n >= 0.0).map(|n| n as u64);
                bytes += BYTES_PER_OBJECT + extra.iter().map(|(k, v)| (k.len() + v.len()) as u64).sum::<u64>();
                objects.push(Object { id: name.into_owned(), label: label(&extra), extra, rows, claimed });
            }
            (None, _) => {
                errors.push_back(error(Place::RowField(number, "SNID".to_string()), "no name".to_string(), "a name for every object"))
            }
            (Some(name), None) => {
                let found = format!("object {name} has its points in rows {from} to {to}");
                errors.push_back(error(Place::RowField(number, "PTROBS_MIN".to_string()), found, "rows of the other file, from 1"));
            }
        }
        if bytes + errors.len() as u64 * BYTES_PER_OBJECT > context.options.max_bytes {
            let found = format!("more than {number} objects, too many to keep in memory");
            return Err(error(Place::Row(number), found, "a smaller table: SNANA can split it"));
        }
    }
}

fn is_none(text: &str) -> bool {
    text.is_empty() || NO_VALUE.iter().any(|n| n.eq_ignore_ascii_case(text))
}

/// The simulated type by its name, else the number of the type if it is positive.
fn label(kept: &[(String, String)]) -> Option<String> {
    let of = |name: &str| kept.iter().find(|(k, _)| k == name).map(|(_, v)| v);
    of("sim_type_name").or_else(|| of("sntype").filter(|t| t.parse::<f64>().is_ok_and(|n| n > 0.0))).cloned()
}

impl Iterator for Pair {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.errors.pop_front() {
            return Some(Err(error));
        }
        let object = self.objects.next()?;
        match self.points(&object) {
            Ok(observations) => Some(Ok(self.curve(object, observations))),
            Err((found, expected, ends)) => {
                if ends {
                    let left = self.objects.len();
                    self.objects = Vec::new().into_iter();
                    if left > 0 {
                        let found = format!("{left} more objects cannot be read");
                        self.errors.push_back(ReadError::new(&self.phot.path, Place::File, found, ""));
                    }
                }
                let found = format!("object {}: {found}", object.id);
                Some(Err(ReadError::new(&self.phot.path, Place::Row(object.rows.0 + 1), found, expected)))
            }
        }
    }
}

impl Pair {
    /// The points of an object; what is wrong otherwise, and whether nothing can be read after it.
    fn points(&mut self, object: &Object) -> Result<Vec<Observation>, (String, String, bool)> {
        let (first, end) = object.rows;
        let rows = self.phot.table.as_ref().map_or(0, |t| t.rows);
        if end > rows || first < self.phot.rows_read() {
            let found = match end > rows {
                true => format!("its points are rows {} to {end} of a table of {rows}", first + 1),
                false => format!("its points are rows {} to {end}, of which some belong to another object", first + 1),
            };
            return Err((found, "a HEAD and a PHOT file of one run".to_string(), false));
        }
        let too_many = end.saturating_sub(first).saturating_mul(size_of::<Observation>() as u64) > self.context.options.max_bytes;
        if too_many {
            return Err((format!("{} points, too many to keep in memory", end - first), "a smaller object".to_string(), false));
        }
        let broken = |(found, expected)| (found, expected, true);
        self.phot.skip_to(first).map_err(broken)?;
        let mut observations = Vec::new();
        for _ in first..end {
            let Some(row) = self.phot.next_row().map_err(broken)? else { break };
            let c = &self.columns;
            let mjd = c.mjd.number(row);
            if mjd == SEPARATOR_MJD {
                continue;
            }
            let band = c.band.text(row);
            let band = self.bands.get(band.as_deref().unwrap_or("?"), &self.survey, super::columns::BandCode::Name);
            let (flux, flux_err) = (c.scale * c.flux.number(row), c.scale * c.err.number(row));
            observations.push(Values { mjd, flux, flux_err, ..Values::NONE }.observation(band));
        }
        Ok(observations)
    }

    fn curve(&self, object: Object, observations: Vec<Observation>) -> LightCurve {
        let mut warnings = Vec::new();
        if let Some(claimed) = object.claimed
            && claimed != observations.len() as u64
        {
            warnings.push(Warning::Other(format!("NOBS is {claimed}, but there are {} points", observations.len())));
        }
        points::remark_times(&observations, &mut warnings);
        let photometry = points::deduce(self.context.options.photometry, true, &observations, &mut warnings);
        let mut curve = LightCurve::new(object.id, photometry, observations, self.context.origin());
        curve.warnings.append(&mut warnings);
        (curve.survey, curve.label, curve.extra) = (self.survey.clone(), object.label, object.extra);
        curve
    }
}
