//! What the brokers' web services answer: ALeRCE's detections and limits, Lasair's objects (ZTF and LSST).
//! Follows the keys of ALeRCE's ZTF API (`magpsf`, newer `mag`) and of Lasair's `object` and `lightcurves` methods.

use super::formats::{Context, Opened};
use super::json::{self, Json};
use super::{Objects, Place, ReadError};
use serde_json::{Map, Value};

/// Lists in ALeRCE's answer, detections first: of repeats the first is kept.
static ALERCE: &[&str] = &["detections", "forced_photometry", "non_detections"];
/// Lists in Lasair's answer.
static LASAIR: &[&str] = &["candidates", "diaSourcesList", "diaForcedSourcesList"];
/// Where the object's name is.
static NAMES: &[&str] = &["oid", "objectId", "diaObjectId"];

pub(super) fn accepts_alerce(file: &Opened) -> bool {
    let keys = json::keys(file);
    let has = |name: &str| keys.iter().any(|k| k.0 == 1 && k.1 == name);
    has("detections") || has("non_detections") || (has("fid") && has("isdiffpos") && (has("magpsf") || has("e_mag")))
}

pub(super) fn accepts_lasair(file: &Opened) -> bool {
    let keys = json::keys(file);
    keys.iter().any(|k| k.0 == 1 && (k.1 == "candidates" || k.1 == "diaSourcesList"))
}

pub(super) fn objects_alerce(file: Opened, context: Context) -> Result<Objects, ReadError> {
    open(file, context, |json, value| object(json, value, ALERCE))
}

pub(super) fn objects_lasair(file: Opened, context: Context) -> Result<Objects, ReadError> {
    open(file, context, |json, value| object(json, value, LASAIR))
}

fn open(file: Opened, context: Context, take: fn(&mut Json, &Value)) -> Result<Objects, ReadError> {
    match file {
        Opened::Raw(source) => Ok(Box::new(Json::new(*source, context, "ztf", true, take))),
        _ => Err(context.error(Place::File, "this is no JSON", "JSON")),
    }
}

fn object(json: &mut Json, value: &Value, lists: &[&str]) {
    let Value::Object(map) = value else {
        return json.fault("", "a list", "an object {...}");
    };
    let present: Vec<&str> = lists.iter().copied().filter(|l| map.contains_key(*l)).collect();
    if present.is_empty() {
        // A bare list of detections: every one names its object, or the file does.
        return json.row("", map, None, 0);
    }
    let own = name(map);
    let of_row = || present.iter().find_map(|l| name(map.get(*l)?.as_array()?.first()?.as_object()?));
    let id = own.or_else(of_row).unwrap_or_else(|| json.rows.file_object.clone());
    for list in present {
        let is_lsst = list.starts_with("dia");
        json.rows.survey = if is_lsst { "lsst" } else { "ztf" }.to_string();
        match map.get(list) {
            Some(Value::Array(rows)) => {
                for (i, row) in rows.iter().enumerate() {
                    let place = format!("{list}[{i}]");
                    match row {
                        Value::Object(row) => json.row(&place, row, Some(&id), 0),
                        _ => json.fault(&place, "no object", "an object {...}"),
                    }
                }
            }
            Some(Value::Null) | None => {}
            Some(_) => json.fault(list, "no list", "a list of observations"),
        }
    }
}

fn name(map: &Map<String, Value>) -> Option<String> {
    NAMES.iter().find_map(|n| json::text(map.get(*n)?)).map(|t| t.trim().to_string()).filter(|t| !t.is_empty())
}
