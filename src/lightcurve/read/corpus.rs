//! Parquet with one row per object and lists for the points.

use super::arrays::{NumberLists, TextLists, Texts, is_number, is_text, member_type};
use super::columns::Columns;
use super::error::listed;
use super::formats::{Context, Opened};
use super::points::{self, BandCache, Values};
use super::{Objects, Place, ReadError};
use crate::lightcurve::LightCurve;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

/// Objects per batch: long light curves make a batch of some ten megabytes.
const BATCH_ROWS: usize = 256;

pub(super) fn accepts(file: &Opened) -> bool {
    match file {
        Opened::Parquet(file) => is_corpus(file.schema()),
        _ => false,
    }
}

/// Whether its times are lists.
pub(super) fn is_corpus(schema: &Schema) -> bool {
    lists(schema).time.is_some()
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    match file {
        Opened::Parquet(file) => {
            let plan = Plan::new(file.schema(), &context)?;
            let batches = file.batches(&plan.read, BATCH_ROWS)?;
            let bands = context.bands();
            Ok(Box::new(Corpus { context, batches, plan, batch: None, row: 0, rows_read: 0, done: false, bands }))
        }
        _ => Err(context.error(Place::File, "this is no Parquet file", "")),
    }
}

/// Names of those columns that are lists (or, with `false`, are not); the others are blank, so that indices stay.
fn names(schema: &Schema, of_lists: bool) -> Vec<&str> {
    let keep = |f: &arrow::datatypes::Field| member_type(f.data_type()).is_some() == of_lists;
    schema.fields().iter().map(|f| if keep(f) { f.name().as_str() } else { "" }).collect()
}

fn lists(schema: &Schema) -> Columns {
    Columns::find(&names(schema, true))
}

/// Which columns are read, and as what. Indices are those of the batches.
pub(super) struct Plan {
    /// Columns of the file that are read.
    pub(super) read: Vec<usize>,
    lists: Columns,
    scalars: Columns,
    extra: Vec<(usize, String)>,
}

impl Plan {
    pub(super) fn new(schema: &Schema, context: &Context) -> Result<Plan, ReadError> {
        let lists = lists(schema);
        let mut scalars = Columns::find(&names(schema, false));
        let missing = lists.missing(&names(schema, true));
        if !missing.is_empty() || scalars.object.is_none() {
            let mut missing: Vec<String> = missing.iter().map(|m| format!("lists {m}")).collect();
            if scalars.object.is_none() {
                missing.insert(0, "object_id".to_string());
            }
            let found = format!("the columns are {}", listed(schema.fields().iter().map(|f| f.name())));
            return Err(context.error(Place::File, found, format!("these as well: {}", missing.join("; "))));
        }
        let list_columns = lists.used();
        for &i in &list_columns {
            let field = schema.field(i);
            let text = lists.band.is_some_and(|b| b.0 == i) || lists.sign == Some(i) || lists.upper == Some(i);
            let fits = member_type(field.data_type()).is_some_and(|t| if text { is_text(t) } else { is_number(t) });
            if !fits {
                let expected = if text { "lists of text" } else { "lists of numbers" };
                return Err(context.error(Place::Field(field.name().clone()), format!("values of type {}", field.data_type()), expected));
            }
        }
        // Of the scalar columns only those that tell about the object; the rest is kept as text.
        scalars = Columns {
            object: scalars.object,
            label: scalars.label,
            survey: scalars.survey,
            photometry: scalars.photometry,
            fold: scalars.fold,
            ..Columns::default()
        };
        let mut extra = Vec::new();
        let mut read = [list_columns, scalars.used()].concat();
        for i in scalars.used() {
            let field = schema.field(i);
            if !is_text(field.data_type()) {
                return Err(context.error(Place::Field(field.name().clone()), format!("values of type {}", field.data_type()), "text"));
            }
        }
        for (i, field) in schema.fields().iter().enumerate() {
            if !read.contains(&i) && is_text(field.data_type()) && !field.name().starts_with("__index_level_") {
                extra.push((i, field.name().clone()));
            }
        }
        read.extend(extra.iter().map(|e| e.0));
        read.sort_unstable();
        let place = |i: &mut usize| *i = read.binary_search(i).unwrap_or(0);
        let mut plan = Plan { lists, scalars, extra, read: Vec::new() };
        plan.lists.for_each_index(place);
        plan.scalars.for_each_index(place);
        plan.extra.iter_mut().for_each(|e| place(&mut e.0));
        plan.read = read;
        Ok(plan)
    }
}

/// A batch with its columns unpacked.
pub(super) struct Batch {
    pub(super) rows: usize,
    object: Texts,
    label: Option<Texts>,
    survey: Option<Texts>,
    photometry: Option<Texts>,
    fold: Option<Texts>,
    extra: Vec<Texts>,
    mjd: NumberLists,
    band: TextLists,
    mag: Option<[NumberLists; 2]>,
    flux: Option<[NumberLists; 2]>,
    zero_point: Option<NumberLists>,
    limit: Option<NumberLists>,
    sign: Option<TextLists>,
    upper: Option<TextLists>,
}

impl Batch {
    pub(super) fn new(batch: &RecordBatch, plan: &Plan) -> Result<Batch, ArrowError> {
        let texts = |i: usize| Texts::of(batch.column(i));
        let number_lists = |i: usize| NumberLists::of(batch.column(i));
        let text_lists = |i: usize| TextLists::of(batch.column(i));
        let missing = || ArrowError::SchemaError("a column has gone".to_string());
        let c = &plan.lists;
        Ok(Batch {
            rows: batch.num_rows(),
            object: texts(plan.scalars.object.ok_or_else(missing)?)?,
            label: plan.scalars.label.map(texts).transpose()?,
            survey: plan.scalars.survey.map(texts).transpose()?,
            photometry: plan.scalars.photometry.map(texts).transpose()?,
            fold: plan.scalars.fold.map(texts).transpose()?,
            extra: plan.extra.iter().map(|e| texts(e.0)).collect::<Result<_, _>>()?,
            mjd: number_lists(c.time.ok_or_else(missing)?.0)?,
            band: text_lists(c.band.ok_or_else(missing)?.0)?,
            mag: c.mag.map(|(m, e)| Ok::<_, ArrowError>([number_lists(m)?, number_lists(e)?])).transpose()?,
            flux: c.flux.map(|f| Ok::<_, ArrowError>([number_lists(f.flux)?, number_lists(f.err)?])).transpose()?,
            zero_point: c.zero_point.map(number_lists).transpose()?,
            limit: c.limit.map(number_lists).transpose()?,
            sign: c.sign.map(text_lists).transpose()?,
            upper: c.upper.map(text_lists).transpose()?,
        })
    }

    /// How many points a row has, or why that can't be said: all its lists are as long as its times.
    fn points(&self, row: usize) -> Result<usize, String> {
        let n = self.mjd.row(row).len();
        let mut numbers = vec![];
        numbers.extend(self.mag.iter().flatten().zip(["mag", "mag_err"]));
        numbers.extend(self.flux.iter().flatten().zip(["flux", "flux_err"]));
        numbers.extend(self.limit.iter().zip(["lim_mag"]));
        numbers.extend(self.zero_point.iter().zip(["zp"]));
        let numbers = numbers.into_iter().map(|(column, name)| (column.row(row).len(), name));
        let texts = [(Some(&self.band), "band"), (self.sign.as_ref(), "isdiffpos"), (self.upper.as_ref(), "upperlimit")];
        let texts = texts.into_iter().filter_map(|(column, name)| Some((column?.range(row).len(), name)));
        match numbers.chain(texts).find(|(len, _)| *len != n) {
            Some((len, name)) => Err(format!("{n} times but {len} values of {name}")),
            None => Ok(n),
        }
    }
}

struct Corpus {
    context: Context,
    batches: ParquetRecordBatchReader,
    plan: Plan,
    batch: Option<Batch>,
    row: usize,
    /// Rows of earlier batches.
    rows_read: u64,
    done: bool,
    bands: BandCache,
}

impl Iterator for Corpus {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.done {
                return None;
            }
            if let Some(batch) = &self.batch {
                if self.row < batch.rows {
                    let row = self.row;
                    self.row += 1;
                    let number = self.rows_read + row as u64 + 1;
                    let curve = object(batch, row, &self.plan, &self.context, &mut self.bands);
                    return Some(curve.map_err(|(found, expected)| self.context.error(Place::Row(number), found, expected)));
                }
                self.rows_read += batch.rows as u64;
                self.batch = None;
            }
            let error = match self.batches.next() {
                None => {
                    self.done = true;
                    let empty = self.rows_read == 0;
                    return empty.then(|| Err(self.context.error(Place::File, "there are no rows", "at least one object")));
                }
                Some(Err(e)) => e,
                Some(Ok(batch)) => match Batch::new(&batch, &self.plan) {
                    Ok(batch) => {
                        (self.batch, self.row) = (Some(batch), 0);
                        continue;
                    }
                    Err(e) => e,
                },
            };
            self.done = true;
            let found = format!("this row and those after it cannot be read: {error}");
            return Some(Err(self.context.error(Place::Row(self.rows_read + 1), found, "a Parquet file that is whole")));
        }
    }
}

/// One object; what was found and expected if it is faulty.
pub(super) fn object(
    batch: &Batch,
    row: usize,
    plan: &Plan,
    context: &Context,
    bands: &mut BandCache,
) -> Result<LightCurve, (String, String)> {
    let text =
        |column: &Option<Texts>| column.as_ref().and_then(|c| c.get(row)).map(str::trim).filter(|t| !t.is_empty()).map(str::to_string);
    let object_id = batch.object.get(row).map(str::trim).filter(|id| !id.is_empty());
    let object_id = object_id.ok_or_else(|| ("no object_id".to_string(), "a name for every object".to_string()))?.to_string();
    let n = batch.points(row).map_err(|found| (format!("object {object_id}: {found}"), "lists of equal length".to_string()))?;
    let survey = text(&batch.survey).unwrap_or_default();
    let stated = match text(&batch.photometry) {
        None => context.options.photometry,
        Some(t) => Some(points::photometry(&t).ok_or_else(|| (format!("photometry is \"{t}\""), "difference or total".to_string()))?),
    };

    let (Some((_, times)), Some((_, band_code))) = (plan.lists.time, plan.lists.band) else {
        return Err(("no times or bands".to_string(), String::new()));
    };
    let scale = plan.lists.flux.map_or(1.0, |f| f.scale);
    let mjd = batch.mjd.row(row);
    let starts = |lists: &TextLists| lists.range(row).start;
    let band_start = starts(&batch.band);
    let sign_start = batch.sign.as_ref().map_or(0, starts);
    let upper_start = batch.upper.as_ref().map_or(0, starts);
    let mag = batch.mag.as_ref().map(|[m, e]| (m.row(row), e.row(row)));
    let flux = batch.flux.as_ref().map(|[f, e]| (f.row(row), e.row(row)));
    let limit = batch.limit.as_ref().map(|l| l.row(row));
    let zero_point = batch.zero_point.as_ref().map(|z| z.row(row));
    let at = |values: Option<&[f64]>, k: usize| values.and_then(|v| v.get(k)).copied().unwrap_or(f64::NAN);
    let mut observations = Vec::with_capacity(n);
    for k in 0..n {
        let scale = if zero_point.is_some() { points::zero_point_scale(at(zero_point, k)) } else { scale };
        let sign = match batch.sign.as_ref().and_then(|s| s.get(sign_start + k)) {
            None => 1.0,
            Some(t) => points::sign(t.trim().as_bytes())
                .ok_or_else(|| (format!("object {object_id}: isdiffpos is \"{t}\""), "t or f, 1 or 0, 1 or -1".to_string()))?,
        };
        let values = Values {
            mjd: times.mjd(at(Some(mjd), k)),
            mag: at(mag.map(|m| m.0), k),
            mag_err: at(mag.map(|m| m.1), k),
            flux: scale * at(flux.map(|f| f.0), k),
            flux_err: scale * at(flux.map(|f| f.1), k),
            limit: at(limit, k),
            sign,
            upper: batch.upper.as_ref().and_then(|u| u.get(upper_start + k)).is_some_and(points::is_true),
        };
        let band = bands.get(batch.band.get(band_start + k).unwrap_or("?"), &survey, band_code);
        observations.push(values.observation(band));
    }

    let mut warnings = Vec::new();
    points::remark_times(&observations, &mut warnings);
    let photometry = points::deduce(stated, batch.sign.is_some() || plan.lists.is_fluxcal(), &observations, &mut warnings);
    let mut curve = LightCurve::new(object_id, photometry, observations, context.origin());
    curve.warnings.append(&mut warnings);
    curve.survey = survey;
    curve.label = text(&batch.label);
    curve.fold = points::fold(batch.fold.as_ref().and_then(|f| f.get(row)));
    let extra = plan.extra.iter().zip(&batch.extra).filter_map(|((_, name), column)| Some((name.clone(), column.get(row)?.to_string())));
    curve.extra = extra.filter(|(_, value)| !value.is_empty() && value != "NaN").collect();
    Ok(curve)
}
