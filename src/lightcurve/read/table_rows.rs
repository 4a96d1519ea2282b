//! Rows of long tables of any container, one observation each, into objects. Knows columns by what they mean, not
//! how they are stored.

use super::columns::{BandCode, Columns};
use super::drafts::Drafts;
use super::error::quoted;
use super::formats::Context;
use super::points::{self, BandCache, Values};
use super::{Place, ReadError};
use crate::lightcurve::Warning;
use std::borrow::Cow;
use std::collections::VecDeque;

/// So many faulty rows of a file are named one by one; the rest is counted.
const MAX_ROW_ERRORS: u64 = 20;

/// What stands for the band where there is none.
pub(super) const NO_BAND: &str = "?";

/// The values of one row, by the column's number.
pub(super) trait Cells {
    /// NaN where there is none.
    fn number(&self, column: usize) -> f64;
    /// None where there is none.
    fn text(&self, column: usize) -> Option<Cow<'_, str>>;
    /// Whether a magnitude is written as a limit.
    fn is_limit(&self, _column: usize) -> bool {
        false
    }
}

/// Column, what was found, what was expected.
pub(super) type RowFault = (Option<usize>, String, &'static str);

/// How rows are read.
pub(super) struct Rows {
    pub columns: Columns,
    /// Further columns, kept as text.
    pub extra: Vec<usize>,
    /// The survey of every row, if the format or the file implies it; may be empty.
    pub survey: String,
    /// The object of rows without a column for it.
    pub file_object: String,
    pub bands: BandCache,
}

impl Rows {
    /// Adds a row to its object.
    pub fn take(&mut self, row: &impl Cells, drafts: &mut Drafts) -> Result<(), RowFault> {
        let text = |column: Option<usize>| column.and_then(|c| row.text(c)).filter(|t| !t.trim().is_empty());
        let c = &self.columns;
        let Some((time, times)) = c.time else {
            return Err((None, "no time".to_string(), ""));
        };
        let id = match c.object {
            None => Cow::Borrowed(self.file_object.as_str()),
            Some(_) => text(c.object).ok_or((c.object, "no name".to_string(), "a name for the object of every row"))?,
        };
        // A table without a column for bands is read only where its format allows for that.
        let (band, code) = match c.band {
            None => (Cow::Borrowed(NO_BAND), BandCode::Name),
            Some((band, code)) => (text(Some(band)).ok_or((Some(band), "no band".to_string(), "a band for every row"))?, code),
        };
        let mut v = Values { mjd: times.mjd(row.number(time)), ..Values::NONE };
        if let Some(f) = c.flux {
            points::zero_point_system(text(c.zero_system).as_deref()).map_err(|(found, expected)| (c.zero_system, found, expected))?;
            let scale = match (c.zero_point, text(c.unit)) {
                (Some(i), _) => points::zero_point_scale(row.number(i)),
                (None, Some(unit)) => points::jansky(&unit).ok_or_else(|| (c.unit, quoted(unit.as_bytes()), points::UNITS))?,
                (None, None) => f.scale,
            };
            (v.flux, v.flux_err) = (scale * row.number(f.flux), scale * row.number(f.err));
        }
        if let Some((mag, err)) = c.mag {
            (v.mag, v.mag_err) = (row.number(mag), row.number(err));
        }
        v.limit = c.limit.map_or(f64::NAN, |i| row.number(i));
        if let Some(sign) = text(c.sign) {
            let bad = || (c.sign, quoted(sign.as_bytes()), "t or f, 1 or 0, 1 or -1");
            v.sign = points::sign(sign.trim().as_bytes()).ok_or_else(bad)?;
        }
        v.upper = text(c.upper).is_some_and(|t| points::is_true(&t)) || c.mag.is_some_and(|m| row.is_limit(m.0));
        let stated = match text(c.photometry) {
            None => None,
            Some(t) => Some(points::photometry(t.trim()).ok_or_else(|| (c.photometry, quoted(t.as_bytes()), "difference or total"))?),
        };

        let draft = drafts.object(id.trim().as_bytes());
        draft.photometry = draft.photometry.or(stated);
        if draft.survey.is_empty() {
            draft.survey.push_str(text(c.survey).as_deref().unwrap_or(&self.survey).trim());
        }
        if draft.fold.is_none() {
            draft.fold = points::fold(text(c.fold).as_deref());
        }
        if let Some(label) = text(c.label) {
            match &draft.label {
                None => draft.label = Some(label.trim().to_string()),
                Some(known) if known == label.trim() => {}
                Some(_) => draft.warn(Warning::Other("rows differ in their label: the first is kept".to_string())),
            }
        }
        for (k, &column) in self.extra.iter().enumerate() {
            draft.extra(k, row.text(column).as_deref().map_or("", |t| t.trim()).as_bytes());
        }
        let band = self.bands.get(&band, &draft.survey, code);
        draft.observations.push(v.observation(band));
        Ok(())
    }
}

/// Faults of rows: the first are told one by one, then they are counted.
#[derive(Default)]
pub(super) struct RowErrors {
    waiting: VecDeque<ReadError>,
    count: u64,
}

impl RowErrors {
    /// Notes a fault in `row`, counted from 1.
    pub fn add(&mut self, context: &Context, row: u64, column: Option<String>, found: String, expected: &str) {
        self.add_at(context, column.map_or(Place::Row(row), |name| Place::RowField(row, name)), found, expected);
    }

    /// Notes a fault at `place`.
    pub fn add_at(&mut self, context: &Context, place: Place, found: String, expected: &str) {
        self.count += 1;
        if self.count <= MAX_ROW_ERRORS {
            self.waiting.push_back(context.error(place, found, expected));
        }
    }

    /// Notes what ends the reading, if anything does, after the count of what was not told.
    pub fn end(&mut self, context: &Context, last: Option<ReadError>) {
        if self.count > MAX_ROW_ERRORS {
            let found = format!("{} more rows cannot be read", self.count - MAX_ROW_ERRORS);
            self.waiting.push_back(context.error(Place::File, found, ""));
        }
        self.waiting.extend(last);
    }

    pub fn next(&mut self) -> Option<ReadError> {
        self.waiting.pop_front()
    }
}
