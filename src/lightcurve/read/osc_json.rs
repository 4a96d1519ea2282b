//! JSON of the Open Supernova Catalog and its sisters (astrocats): supernovae by name, every number a text.
//! The keys of photometry follow the catalogue's own description of its format, OSC-JSON-format.md; it doesn't name the
//! flags of corrected and modelled points, nor upperlimitsigma.

use super::formats::{Context, Opened};
use super::json::{self, Json};
use super::json_values;
use super::points::Values;
use super::{Objects, Place, ReadError};
use crate::lightcurve::{BandId, Photometry, Warning, band, units};
use serde_json::{Map, Value};

/// Keys of an entry, any of which tells the format.
static ENTRY: &[&str] = &["photometry", "claimedtype", "schema", "alias", "sources"];
/// Entries with these flags are no observations as they came from the telescope.
static FLAGS: &[(&str, &str)] = &[
    ("host", "the host galaxy's light included"),
    ("includeshost", "the host galaxy's light included"),
    ("kcorrected", "K-corrected"),
    ("mcorrected", "corrected for the Milky Way's dust"),
    ("realization", "realization of a model"),
    ("model", "of a model"),
];
/// Systems whose zero point is AB, in lower case.
static AB: &[&str] = &["ab", "sdss", "abmag", "ps1", "pan-starrs"];
/// What a telescope's, instrument's, survey's or system's name tells about bare letters.
static SURVEYS: &[(&str, &str)] = &[
    ("swift", "swift"),
    ("uvot", "swift"),
    ("ztf", "ztf"),
    ("atlas", "atlas"),
    ("pan-starrs", "ps1"),
    ("ps1", "ps1"),
    ("panstarrs", "ps1"),
    ("lsst", "lsst"),
    ("ogle", "ogle"),
];

pub(super) fn accepts(file: &Opened) -> bool {
    let is_object = matches!(file, Opened::Raw(s) if s.head.trim_ascii_start().first() == Some(&b'{'));
    is_object && json::keys(file).iter().any(|k| k.0 == 2 && ENTRY.contains(&k.1.as_str()))
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    match file {
        Opened::Raw(source) => Ok(Box::new(Json::new(*source, context, "", true, take))),
        _ => Err(context.error(Place::File, "this is no JSON", "JSON")),
    }
}

fn take(json: &mut Json, value: &Value) {
    let Value::Object(entries) = value else {
        return json.fault("", "a list", "an object with supernovae by name");
    };
    for (key, entry) in entries {
        let Value::Object(entry) = entry else {
            json.fault(key, "no object", "an object with photometry");
            continue;
        };
        let name = entry.get("name").and_then(json::text).filter(|n| !n.trim().is_empty()).unwrap_or(key.as_str().into());
        let name = if name.trim().is_empty() { json.rows.file_object.clone() } else { name.trim().to_string() };
        let photometry = match entry.get("photometry") {
            Some(Value::Array(list)) => list,
            Some(_) => {
                json.fault(&format!("{key}.photometry"), "no list", "a list of observations");
                continue;
            }
            None => {
                let keys = super::error::listed(entry.keys());
                json.fault(key, format!("no photometry; the keys are {keys}"), "a key photometry with a list of observations");
                continue;
            }
        };
        let mut faults = Vec::new();
        let draft = json.drafts.points(name.as_bytes(), photometry.len());
        draft.photometry = Some(json.context.options.photometry.unwrap_or(Photometry::Difference));
        draft.label = label(entry);
        for (i, point) in photometry.iter().enumerate() {
            let Value::Object(point) = point else {
                faults.push((i, "", "no object".to_string(), "an object {...}"));
                continue;
            };
            let bands = |name: &str, survey: &str| json.rows.bands.get(name, survey, super::columns::BandCode::Name);
            match observe(point, bands) {
                Ok((values, band, assumed)) => {
                    if assumed {
                        draft.warn(Warning::Other(
                            "magnitudes of no stated system in Johnson-Cousins and Swift bands taken as Vega".to_string(),
                        ));
                    }
                    draft.observations.push(values.observation(band));
                }
                Err(Skip::Rule(rule)) => draft.dropped(rule, 1),
                Err(Skip::Fault(field, found, expected)) => faults.push((i, field, found, expected)),
            }
        }
        for (i, field, found, expected) in faults {
            let dot = if field.is_empty() { "" } else { "." };
            json.fault(&format!("{key}.photometry[{i}]{dot}{field}"), found, expected);
        }
    }
}

fn label(entry: &Map<String, Value>) -> Option<String> {
    let first = entry.get("claimedtype")?.as_array()?.first()?;
    let text = json::text(first.as_object().and_then(|o| o.get("value")).unwrap_or(first))?;
    Some(text.trim().to_string()).filter(|t| !t.is_empty())
}

enum Skip {
    /// Counted under this rule.
    Rule(&'static str),
    /// Field, what was found, what was expected.
    Fault(&'static str, String, &'static str),
}

/// A point with its band; true where its magnitude is only taken to be of the Vega system.
fn observe(point: &Map<String, Value>, mut bands: impl FnMut(&str, &str) -> BandId) -> Result<(Values, BandId, bool), Skip> {
    let text = |name: &str| point.get(name).and_then(json::text).unwrap_or_default();
    let number = |name: &'static str| match point.get(name) {
        None => Ok(f64::NAN),
        Some(v) => json_values::number(v).map_err(|found| Skip::Fault(name, found, "a number")),
    };
    let is_set = |name: &str| super::points::is_true(&text(name));
    if !point.contains_key("magnitude") {
        return Err(Skip::Rule("no magnitude: radio, X-rays, counts or fluxes"));
    }
    if let Some((_, rule)) =
        FLAGS.iter().find(|(flag, _)| is_set(flag) || (*flag == "model" || *flag == "realization") && point.contains_key(*flag))
    {
        return Err(Skip::Rule(rule));
    }
    let mjd = match text("u_time").trim() {
        "" | "MJD" => number("time")?,
        "JD" => number("time")? - units::JD_OFFSET,
        _ => return Err(Skip::Rule("a time that is neither MJD nor JD")),
    };
    let mag = number("magnitude")?;
    let upper = is_set("upperlimit");
    let mut mag_err = number("e_magnitude")?;
    if mag_err.is_nan() {
        mag_err = 0.5 * (number("e_lower_magnitude")? + number("e_upper_magnitude")?);
    }
    if mag_err.is_nan() && !upper {
        return Err(Skip::Rule("no error of the magnitude"));
    }
    let name = text("band");
    if name.trim().is_empty() {
        return Err(Skip::Rule("no band"));
    }
    let system = text("system").trim().to_ascii_lowercase();
    let whence = ["telescope", "instrument", "survey"].map(|k| text(k).to_ascii_lowercase()).join(" ") + " " + &system;
    let survey = match SURVEYS.iter().find(|(word, _)| whence.contains(word)) {
        Some((_, survey)) => survey,
        // A bare small letter is a filter like those of SDSS.
        None if matches!(name.trim(), "u" | "g" | "r" | "i" | "z") => "sdss",
        None => "",
    };
    let band = bands(&name, survey);
    let offset = band::vega_offset(band);
    let (shift, assumed) = match (AB.contains(&system.as_str()), offset) {
        (true, _) => (0.0, false),
        (false, Some(offset)) => (offset, system.is_empty()),
        (false, None) if system == "vega" => return Err(Skip::Rule("a Vega magnitude in a band without a known offset to AB")),
        (false, None) => (0.0, false),
    };
    let mut mag = mag + shift;
    // Limits here are at 5 sigma; what is stated at another level is moved.
    let sigma = number("upperlimitsigma")?;
    if upper && sigma > 0.0 {
        mag -= 2.5 * (units::LIMIT_SIGMA / sigma).log10();
    }
    Ok((Values { mjd, mag, mag_err, upper, ..Values::NONE }, band, assumed))
}
