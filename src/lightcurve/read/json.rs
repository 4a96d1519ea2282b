//! Objects and observations in JSON whose keys are the names of columns: lists of values per object, or one observation each.
//! Also what the other JSON formats share: values one after another, rows with named values into objects.

use super::columns::Columns;
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::json_values::{self, Values};
use super::source::Source;
use super::table_rows::{Cells, RowErrors, Rows};
use super::unpack::object_name;
use super::{Objects, Place, ReadError};
use crate::lightcurve::LightCurve;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A JSON file while it is read.
pub(super) struct Json {
    pub context: Context,
    pub drafts: Drafts,
    pub rows: Rows,
    values: Values,
    /// The keys that `rows.columns` was made for.
    keys: Vec<String>,
    extra_names: Vec<String>,
    errors: RowErrors,
    /// Number of the value that is read, from 1.
    value: u64,
    /// What was read ahead.
    first: Option<Result<Value, json_values::Fault>>,
    ended: bool,
    take: fn(&mut Json, &Value),
}

/// The input, if it is still untouched and JSON.
pub(super) fn keys(file: &Opened) -> Vec<(usize, String)> {
    match file {
        Opened::Raw(source) => json_values::keys(&source.head),
        _ => Vec::new(),
    }
}

/// Keys of the outermost objects that name columns.
pub(super) fn accepts(file: &Opened) -> bool {
    let names: Vec<String> = keys(file).into_iter().filter(|k| k.0 == 1).map(|k| k.1).collect();
    let columns = Columns::find(&names);
    columns.time.is_some() && columns.known() >= 2
}

/// The objects of the generic format.
pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Raw(source) = file else {
        return Err(context.error(Place::File, "this is no JSON", "JSON"));
    };
    let mut json = Json::new(*source, context, "", false, Json::generic);
    match json.values.next() {
        Some(Ok(first)) => {
            if let Ok(Value::Object(map)) = &first {
                json.plan(map);
            }
            json.first = Some(first);
        }
        Some(Err((found, expected))) => return Err(json.context.error(Place::Row(1), found, expected)),
        None => {}
    }
    Ok(Box::new(json))
}

impl Json {
    /// Reads `source`, whose objects are of this survey, and gives every value to `take`.
    pub fn new(source: Source, context: Context, survey: &str, signed: bool, take: fn(&mut Json, &Value)) -> Json {
        let rows = Rows {
            columns: Columns::default(),
            extra: Vec::new(),
            survey: survey.to_string(),
            file_object: object_name(&context.path),
            bands: context.bands(),
        };
        Json {
            drafts: Drafts::new(context.clone(), signed, Vec::new()),
            values: Values::new(source.into_read(), context.options.max_bytes),
            context,
            rows,
            keys: Vec::new(),
            extra_names: Vec::new(),
            errors: RowErrors::default(),
            value: 0,
            first: None,
            ended: false,
            take,
        }
    }

    /// What further keys are kept as text, and whether fluxes are differences: as the first object shows.
    fn plan(&mut self, map: &Map<String, Value>) {
        let names: Vec<&String> = map.keys().collect();
        let columns = Columns::find(&names);
        let used = columns.used();
        let plain = |v: &Value| !v.is_array() && !v.is_object();
        let further = map.iter().enumerate().filter(|(i, (_, v))| !used.contains(i) && plain(v));
        self.extra_names = further.map(|(_, (k, _))| k.clone()).take(256).collect();
        let signed = columns.sign.is_some() || columns.is_fluxcal();
        self.drafts = Drafts::new(self.context.clone(), signed, self.extra_names.clone());
    }

    fn generic(&mut self, value: &Value) {
        let Value::Object(map) = value else {
            return self.fault("", "a list", "an object {...}");
        };
        self.layout(map);
        let lengths: Vec<(&String, usize)> = map
            .iter()
            .enumerate()
            .filter(|(i, _)| self.rows.columns.used().contains(i))
            .filter_map(|(_, (k, v))| Some((k, v.as_array()?.len())))
            .collect();
        let Some(&(first, n)) = lengths.first() else {
            return self.row("", map, None, 0);
        };
        if let Some((other, m)) = lengths.iter().find(|l| l.1 != n) {
            return self.fault("", format!("{n} values of {first} and {m} of {other}"), "lists of one length");
        }
        for i in 0..n {
            self.row("", map, None, i);
        }
    }

    /// Notes a fault in what is read.
    pub fn fault(&mut self, place: &str, found: impl Into<String>, expected: &str) {
        let name = (!place.is_empty()).then(|| place.to_string());
        self.errors.add(&self.context, self.value, name, found.into(), expected);
    }

    /// Finds out what the keys of a map mean.
    fn layout(&mut self, map: &Map<String, Value>) {
        if self.keys.len() == map.len() && self.keys.iter().eq(map.keys()) {
            return;
        }
        self.keys = map.keys().cloned().collect();
        self.rows.columns = Columns::find(&self.keys);
        let position = |name: &String| self.keys.iter().position(|k| k == name).unwrap_or(usize::MAX);
        self.rows.extra = self.extra_names.iter().map(position).collect();
    }

    /// Adds an observation: the values of `map`, of lists the one at `index`. `object` is whose it is, if not the row itself says so.
    pub fn row(&mut self, place: &str, map: &Map<String, Value>, object: Option<&str>, index: usize) {
        self.layout(map);
        let columns = &self.rows.columns;
        let mut missing = columns.missing(&self.keys);
        if columns.limit.is_some() && columns.time.is_some() && columns.band.is_some() {
            missing.clear();
        }
        if !missing.is_empty() {
            let found = format!("the keys are {}", listed(&self.keys));
            return self.fault(place, found, &format!("these as well: {}", missing.join("; ")));
        }
        let cells = Cell { values: map.values().collect(), index };
        let mut numbers = vec![columns.time.map(|t| t.0), columns.limit, columns.zero_point];
        numbers.extend(columns.mag.into_iter().flat_map(|m| [Some(m.0), Some(m.1)]));
        numbers.extend(columns.flux.into_iter().flat_map(|f| [Some(f.flux), Some(f.err)]));
        for column in numbers.into_iter().flatten() {
            if let Some(value) = cells.get(column)
                && let Err(found) = json_values::number(value)
            {
                let key = self.keys.get(column).cloned().unwrap_or_default();
                let place = if place.is_empty() { key } else { format!("{place}.{key}") };
                return self.fault(&place, found, "a number, or null");
            }
        }
        let (own, file) = (self.rows.columns.object, object.map(|id| std::mem::replace(&mut self.rows.file_object, id.to_string())));
        if object.is_some() {
            self.rows.columns.object = None;
        }
        let taken = self.rows.take(&cells, &mut self.drafts);
        self.rows.columns.object = own;
        if let Some(file) = file {
            self.rows.file_object = file;
        }
        if let Err((column, found, expected)) = taken {
            let key = column.and_then(|c| self.keys.get(c)).cloned().unwrap_or_default();
            let dot = if place.is_empty() || key.is_empty() { "" } else { "." };
            self.fault(&format!("{place}{dot}{key}"), found, expected);
        }
    }

    fn read(&mut self) {
        let next = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => self.values.next(),
        };
        let end = match next {
            None if self.value == 0 => Some(self.context.error(Place::File, "there is no value", "at least one object")),
            None => None,
            Some(Err((found, expected))) => Some(self.context.error(Place::Row(self.value + 1), found, expected)),
            Some(Ok(value)) => {
                self.value += 1;
                match value {
                    Ok(value) => (self.take)(self, &value),
                    Err((found, expected)) => self.fault("", found, expected),
                }
                match self.drafts.check_size() {
                    Ok(()) => return,
                    Err(e) => Some(e),
                }
            }
        };
        self.ended = true;
        self.drafts.end();
        self.errors.end(&self.context, end);
    }
}

impl Iterator for Json {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(error) = self.errors.next() {
                return Some(Err(error));
            }
            if let Some(curve) = self.drafts.next_ready() {
                return Some(Ok(curve));
            }
            if self.ended {
                return None;
            }
            self.read();
        }
    }
}

struct Cell<'v> {
    values: Vec<&'v Value>,
    index: usize,
}

impl Cell<'_> {
    fn get(&self, column: usize) -> Option<&Value> {
        match self.values.get(column)? {
            Value::Array(list) => list.get(self.index),
            value => Some(value),
        }
    }
}

impl Cells for Cell<'_> {
    fn number(&self, column: usize) -> f64 {
        self.get(column).and_then(|v| json_values::number(v).ok()).unwrap_or(f64::NAN)
    }

    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        text(self.get(column)?)
    }
}

/// A value as text; none for null, lists and objects.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
