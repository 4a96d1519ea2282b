//! SNANA's text files: `KEY: value` headers in any order, `VARLIST:` with the columns, `OBS:` rows; one object after another.

use super::columns::{BandCode, Columns, FLUXCAL_UJY};
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::lines::{self, Fault, LineFormat, Taken};
use super::points::{BandCache, Values};
use super::unpack::object_name;
use super::{Objects, ReadError};
use crate::lightcurve::{BandId, Photometry, Warning, band};

/// Headers that are kept as text, under the name on the right.
static KEPT: &[(&str, &str)] = &[
    ("IAUC", "iauc"),
    ("RA", "ra"),
    ("DEC", "dec"),
    ("DECL", "dec"),
    ("MWEBV", "mwebv"),
    ("REDSHIFT_HELIO", "redshift_helio"),
    ("REDSHIFT_CMB", "redshift_cmb"),
    ("REDSHIFT_FINAL", "redshift_final"),
    ("PEAKMJD", "peakmjd"),
    ("SEARCH_PEAKMJD", "peakmjd"),
    ("SNTYPE", "sntype"),
    ("TYPE", "sntype"),
];
/// The names on the right, each once.
static EXTRA: [&str; 9] = ["iauc", "ra", "dec", "mwebv", "redshift_helio", "redshift_cmb", "redshift_final", "peakmjd", "sntype"];
/// Headers with the object's class, the best first.
static LABEL: [&str; 3] = ["SIM_TYPE_NAME", "SNTYPE", "TYPE"];
/// Values that SNANA writes where it has none.
static NO_VALUE: [&str; 6] = ["NULL", "NONE", "UNKNOWN", "VOID", "-9", "-999"];

/// `KEY: value`; the value is without comment.
fn header(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')' | b'+' | b'-'));
    is_key.then(|| (key, value.split('#').next().unwrap_or("").trim()))
}

pub(super) fn accepts(file: &Opened) -> bool {
    let Opened::Raw(source) = file else { return false };
    let (mut varlist, mut about) = (false, false);
    for line in lines::head_lines(source) {
        match header(&line) {
            Some(("VARLIST", _)) => varlist = true,
            Some(("SNID" | "SURVEY" | "OBS" | "NVAR" | "FILTERS", _)) => about = true,
            _ => {}
        }
    }
    varlist && about
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let format = SnanaText {
        file: object_name(&context.path),
        bands: context.bands(),
        told: context.options.band_map.clone(),
        columns: None,
        object: Object::default(),
    };
    let drafts = Drafts::new(context.clone(), true, EXTRA.map(str::to_string).to_vec());
    Ok(lines::objects(source, context, drafts, format))
}

/// Where the values of a row are, counted after `OBS:`.
struct Row {
    width: usize,
    columns: Columns,
    names: Vec<String>,
}

/// What the headers say of the object whose rows follow.
#[derive(Default)]
struct Object {
    id: String,
    survey: String,
    /// By [`LABEL`].
    labels: [Option<String>; LABEL.len()],
    extra: Vec<(usize, String)>,
    nobs: Option<usize>,
    points: usize,
    /// Whether END was met, so that what follows is about another object.
    ended: bool,
    /// Whether the draft has got the headers.
    told: bool,
}

struct SnanaText {
    file: String,
    bands: BandCache,
    told: Vec<(String, BandId)>,
    columns: Option<Row>,
    object: Object,
}

impl LineFormat for SnanaText {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if line.starts_with('#') {
            return Ok(Taken::Other);
        }
        let Some((key, value)) = header(line) else {
            return Ok(Taken::Other);
        };
        match key {
            "OBS" => return self.row(value, drafts).map(|()| Taken::Point),
            "END" | "END_PHOTOMETRY" => {
                self.finish(drafts);
                self.object.ended = true;
            }
            "VARLIST" => {
                self.columns = None;
                self.columns = Some(varlist(value)?);
            }
            "SNID" => {
                self.next_object(drafts, self.object.points > 0 || !self.object.id.is_empty());
                self.object.id = first(value).to_string();
            }
            "SURVEY" => {
                self.next_object(drafts, false);
                // "SURVEY: LSST(SUB)" and the like name a part of the survey.
                self.object.survey = first(value).split(['(', ',']).next().unwrap_or("").to_string();
            }
            "NOBS" => {
                self.next_object(drafts, false);
                self.object.nobs = first(value).parse().ok();
            }
            _ => self.keep(key, value, drafts),
        }
        Ok(Taken::Other)
    }

    fn end(&mut self, drafts: &mut Drafts) {
        self.finish(drafts);
    }
}

fn first(value: &str) -> &str {
    value.split_ascii_whitespace().next().unwrap_or("")
}

/// The columns, or what is missing.
fn varlist(value: &str) -> Result<Row, Fault> {
    let names: Vec<String> = value.split_ascii_whitespace().map(str::to_string).collect();
    let columns = Columns::find(&names);
    let missing = columns.missing(&names);
    if !missing.is_empty() {
        let found = format!("the columns are {}", listed(&names));
        return Err(Fault::new(Some("VARLIST"), found, format!("these as well: {}", missing.join("; "))));
    }
    Ok(Row { width: names.len(), columns, names })
}

impl SnanaText {
    /// After END, or if `now`, headers are about another object. The survey goes on.
    fn next_object(&mut self, drafts: &mut Drafts, now: bool) {
        if now || self.object.ended {
            self.finish(drafts);
            let survey = std::mem::take(&mut self.object.survey);
            self.object = Object { survey, ..Object::default() };
        }
    }

    /// Compares the number of rows with what the header says.
    fn finish(&mut self, drafts: &mut Drafts) {
        let o = &mut self.object;
        if let Some(nobs) = o.nobs.take()
            && nobs != o.points
            && o.points > 0
        {
            let id = if o.id.is_empty() { &self.file } else { &o.id };
            drafts.object(id.as_bytes()).warn(Warning::Other(format!("NOBS is {nobs}, but there are {} points", o.points)));
        }
    }

    fn keep(&mut self, key: &str, value: &str, drafts: &mut Drafts) {
        let label = LABEL.iter().position(|l| *l == key);
        let column = KEPT.iter().find(|k| k.0 == key).and_then(|k| EXTRA.iter().position(|e| *e == k.1));
        if label.is_none() && column.is_none() {
            return;
        }
        self.next_object(drafts, false);
        let is_value = |v: &str| !v.is_empty() && !NO_VALUE.contains(&v.split('.').next().unwrap_or(""));
        if let Some(slot) = label.and_then(|l| self.object.labels.get_mut(l))
            // A number is a code of the survey's own, and no name.
            && value.starts_with(char::is_alphabetic)
            && is_value(value)
        {
            *slot = Some(value.to_string());
        }
        if let Some(column) = column
            && is_value(first(value))
            && !self.object.extra.iter().any(|e| e.0 == column)
        {
            let text = if key.ends_with("TYPE") { value } else { first(value) };
            self.object.extra.push((column, text.to_string()));
        }
    }

    fn row(&mut self, value: &str, drafts: &mut Drafts) -> Result<(), Fault> {
        let Some(row) = &self.columns else {
            return Err(Fault::new(None, "OBS without columns", "VARLIST: MJD FLT FLUXCAL FLUXCALERR before it, or another with these"));
        };
        let fields: Vec<&str> = value.split_ascii_whitespace().collect();
        if fields.len() != row.width {
            let found = format!("{} values under a VARLIST of {}", fields.len(), row.width);
            return Err(Fault::new(None, found, "as many as VARLIST has names"));
        }
        let text = |column: usize| fields.get(column).copied().unwrap_or("");
        let number = |column: usize| lines::number(text(column), row.names.get(column).map(String::as_str));
        let c = &row.columns;
        let (Some((time, times)), Some((band, _))) = (c.time, c.band) else {
            return Err(Fault::new(None, "no time or band", ""));
        };
        let mut values = Values { mjd: times.mjd(number(time)?), ..Values::NONE };
        if let Some(flux) = c.flux {
            // A file's own zero point, where rows have one, is that of the flux in other units, not of FLUXCAL.
            let scale = if c.is_fluxcal() { FLUXCAL_UJY } else { flux.scale };
            (values.flux, values.flux_err) = (scale * number(flux.flux)?, scale * number(flux.err)?);
        } else if let Some((mag, err)) = c.mag {
            (values.mag, values.mag_err) = (number(mag)?, number(err)?);
        }
        let survey = self.object.survey.as_str();
        let band = snana_band(text(band), survey, &self.told, &mut self.bands);
        let o = &mut self.object;
        let id = if o.id.is_empty() { &self.file } else { &o.id };
        let draft = drafts.object(id.as_bytes());
        if !std::mem::replace(&mut o.told, true) {
            draft.photometry = Some(Photometry::Difference);
            draft.survey = o.survey.clone();
            draft.label = o.labels.iter().flatten().next().cloned();
            o.extra.iter().for_each(|(column, text)| draft.extra(*column, text.as_bytes()));
        }
        draft.observations.push(values.observation(band));
        o.points += 1;
        Ok(())
    }
}

/// The band of a filter's name. A letter belongs to the survey: of a survey that the table of bands doesn't hold, it is an
/// unknown band rather than that of another survey.
fn snana_band(name: &str, survey: &str, told: &[(String, BandId)], bands: &mut BandCache) -> BandId {
    if told.iter().any(|(t, _)| t == name) {
        return bands.get(name, survey, BandCode::Name);
    }
    match name.split_once(['-', '/']) {
        Some((system, letter)) if band::is_survey_known(system) => bands.get(letter, system, BandCode::Name),
        None if !survey.is_empty() && !band::is_survey_known(survey) => {
            bands.get(&format!("{}/{name}", survey.to_ascii_lowercase()), "", BandCode::Name)
        }
        _ => bands.get(name, survey, BandCode::Name),
    }
}
