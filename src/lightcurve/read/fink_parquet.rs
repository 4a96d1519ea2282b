//! ZTF alerts as nested Parquet, as Fink gives them: one row per alert, with `candidate` and the history in
//! `prv_candidates`. Of the many fields only those that make a point are decoded.

use super::arrays::{Texts, is_number, is_text, list_members, list_range, numbers};
use super::columns::{BandCode, Times};
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::points::{self, BandCache, Values};
use super::{Objects, Place, ReadError};
use crate::lightcurve::{LightCurve, Observation, Photometry};
use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Fields, Schema};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

/// Alerts per batch.
const BATCH_ROWS: usize = 256;
static NEEDED: [&str; 4] = ["jd", "fid", "magpsf", "sigmapsf"];
/// Read as well where they are there.
static FURTHER: [&str; 2] = ["diffmaglim", "isdiffpos"];

/// The fields of a column of records, or of lists of records.
fn fields<'s>(schema: &'s Schema, name: &str) -> Option<&'s Fields> {
    fn inner(t: &DataType) -> Option<&Fields> {
        match t {
            DataType::Struct(fields) => Some(fields),
            DataType::List(f) | DataType::LargeList(f) => match f.data_type() {
                DataType::Struct(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }
    inner(schema.field_with_name(name).ok()?.data_type())
}

pub(super) fn accepts(file: &Opened) -> bool {
    match file {
        Opened::Parquet(f) => f.schema().field_with_name("objectId").is_ok() && fields(f.schema(), "candidate").is_some(),
        _ => false,
    }
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Parquet(file) = file else {
        return Err(context.error(Place::File, "this is no Parquet file", ""));
    };
    let schema = file.schema().clone();
    check(&schema, &context)?;
    let wanted = |path: &[String]| match path {
        [root] => root == "objectId",
        [root, .., last] => (root == "candidate" || root == "prv_candidates") && NEEDED.iter().chain(&FURTHER).any(|n| n == last),
        [] => false,
    };
    let batches = file.batches_of_leaves(wanted, BATCH_ROWS)?;
    let bands = context.bands();
    Ok(Box::new(Alerts {
        drafts: Drafts::new(context.clone(), true, Vec::new()),
        context,
        batches,
        alerts: 0,
        bands,
        errors: Default::default(),
        ended: false,
    }))
}

/// Whether all is there, and of types that can be read.
fn check(schema: &Schema, context: &Context) -> Result<(), ReadError> {
    let bad = |name: &str, found: String, expected: &str| Err(context.error(Place::Field(name.to_string()), found, expected));
    if let Ok(id) = schema.field_with_name("objectId")
        && !is_text(id.data_type())
    {
        return bad("objectId", format!("values of type {}", id.data_type()), "text");
    }
    for column in ["candidate", "prv_candidates"] {
        let Some(fields) = fields(schema, column) else {
            match schema.field_with_name(column) {
                Err(_) if column == "prv_candidates" => continue,
                Ok(field) => return bad(column, format!("values of type {}", field.data_type()), "records, or lists of records"),
                Err(_) => return bad(column, "nothing".to_string(), "a record"),
            }
        };
        let missing: Vec<&&str> = NEEDED.iter().filter(|n| fields.iter().all(|f| f.name() != **n)).collect();
        if !missing.is_empty() {
            let found = format!("the fields are {}", listed(fields.iter().map(|f| f.name())));
            return bad(column, found, &format!("these as well: {}", listed(missing)));
        }
        for field in fields.iter().filter(|f| NEEDED.iter().chain(&FURTHER).any(|n| n == f.name())) {
            let text = field.name() == "isdiffpos" || field.name() == "fid";
            if !(is_number(field.data_type()) || text && is_text(field.data_type())) {
                let expected = if text { "text or numbers" } else { "numbers" };
                return bad(&format!("{column}.{}", field.name()), format!("values of type {}", field.data_type()), expected);
            }
        }
    }
    Ok(())
}

/// The points of a column, unpacked.
struct Points {
    jd: ScalarBuffer<f64>,
    fid: Texts,
    mag: ScalarBuffer<f64>,
    mag_err: ScalarBuffer<f64>,
    limit: Option<ScalarBuffer<f64>>,
    sign: Option<Texts>,
}

impl Points {
    fn of(records: &StructArray) -> Result<Points, ArrowError> {
        let column = |name: &str| records.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("{name} has gone")));
        let optional = |name: &str| records.column_by_name(name);
        Ok(Points {
            jd: numbers(column("jd")?)?,
            fid: Texts::of(column("fid")?)?,
            mag: numbers(column("magpsf")?)?,
            mag_err: numbers(column("sigmapsf")?)?,
            limit: optional("diffmaglim").map(numbers).transpose()?,
            sign: optional("isdiffpos").map(Texts::of).transpose()?,
        })
    }

    fn get(&self, i: usize, bands: &mut BandCache) -> Result<Observation, String> {
        let at = |values: &ScalarBuffer<f64>| values.get(i).copied().unwrap_or(f64::NAN);
        let sign = match self.sign.as_ref().and_then(|s| s.get(i)) {
            None => 1.0,
            Some(t) => points::sign(t.trim().as_bytes()).ok_or("isdiffpos is neither t or f nor 1 or 0")?,
        };
        let values = Values {
            mjd: Times::Jd.mjd(at(&self.jd)),
            mag: at(&self.mag),
            mag_err: at(&self.mag_err),
            limit: self.limit.as_ref().map_or(f64::NAN, at),
            sign,
            ..Values::NONE
        };
        Ok(values.observation(bands.get(self.fid.get(i).unwrap_or("?"), "ztf", BandCode::Fid)))
    }
}

/// A batch with its columns unpacked.
struct Batch {
    id: Texts,
    candidates: StructArray,
    candidate: Points,
    history: Option<(ArrayRef, StructArray, Points)>,
}

impl Batch {
    fn new(batch: &arrow::array::RecordBatch) -> Result<Batch, ArrowError> {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("{name} has gone")));
        let candidates = column("candidate")?;
        let candidates = candidates.as_struct_opt().ok_or_else(|| ArrowError::SchemaError("candidate is no record".to_string()))?.clone();
        let history = match batch.column_by_name("prv_candidates") {
            None => None,
            Some(lists) => {
                let members = list_members(lists)?;
                let records =
                    members.as_struct_opt().ok_or_else(|| ArrowError::SchemaError("prv_candidates holds no records".to_string()))?;
                Some((lists.clone(), records.clone(), Points::of(records)?))
            }
        };
        Ok(Batch { id: Texts::of(column("objectId")?)?, candidate: Points::of(&candidates)?, candidates, history })
    }

    /// The points of an alert.
    fn alert(&self, row: usize, bands: &mut BandCache) -> Result<Vec<Observation>, (&'static str, String)> {
        let mut observations = Vec::new();
        if self.candidates.is_valid(row) {
            observations.push(self.candidate.get(row, bands).map_err(|found| ("candidate", found))?);
        }
        if let Some((lists, records, points)) = &self.history {
            for i in list_range(lists, row) {
                if i < records.len() && records.is_valid(i) {
                    observations.push(points.get(i, bands).map_err(|found| ("prv_candidates", found))?);
                }
            }
        }
        Ok(observations)
    }
}

struct Alerts {
    context: Context,
    batches: ParquetRecordBatchReader,
    drafts: Drafts,
    alerts: u64,
    bands: BandCache,
    errors: super::table_rows::RowErrors,
    ended: bool,
}

impl Iterator for Alerts {
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
            self.read_batch();
        }
    }
}

impl Alerts {
    fn read_batch(&mut self) {
        let batch = match self.batches.next() {
            None => {
                let error = (self.alerts == 0).then(|| self.context.error(Place::File, "there are no alerts", "at least one"));
                return self.end(error);
            }
            Some(batch) => batch.and_then(|b| Ok((b.num_rows(), Batch::new(&b)?))),
        };
        let (n, batch) = match batch {
            Ok(batch) => batch,
            Err(e) => {
                let found = format!("this row and those after it cannot be read: {e}");
                let error = self.context.error(Place::Row(self.alerts + 1), found, "a Parquet file that is whole");
                return self.end(Some(error));
            }
        };
        for row in 0..n {
            self.alerts += 1;
            let id = batch.id.get(row).map(str::trim).filter(|id| !id.is_empty());
            let read = match id {
                None => Err(("objectId", "no name".to_string())),
                Some(id) => batch.alert(row, &mut self.bands).map(|observations| (id, observations)),
            };
            match read {
                Err((field, found)) => self.errors.add(&self.context, self.alerts, Some(field.to_string()), found, ""),
                Ok((id, observations)) => {
                    let draft = self.drafts.points(id.as_bytes(), observations.len());
                    (draft.photometry, draft.histories) = (Some(Photometry::Difference), true);
                    if draft.survey.is_empty() {
                        draft.survey.push_str("ztf");
                    }
                    draft.observations.extend(observations);
                }
            }
        }
        if let Err(e) = self.drafts.check_size() {
            self.end(Some(e));
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.drafts.end();
        self.errors.end(&self.context, error);
    }
}
