//! Answers for record batches that somebody else has read, for engines that call the classifier as a function.

use super::classifier::{Classifier, Plan};
use super::engine::ModelEngine;
use super::parquet_rows::{parquet_schema, record_batch};
use super::row::Row;
use crate::cascade::{Regrouper, Rule, Rules};
use crate::lightcurve::read::{ListTable, ReadError};
use crate::lightcurve::{LightCurve, Origin, Photometry};
use crate::model::Model;
use crate::taxonomy::{Layout, Taxonomy};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Objects that the network sees at once.
const BATCH: usize = 64;

/// A model, a tree and a threshold. Used by many threads at once: each takes a classifier and puts it back.
pub struct ListRows {
    model: Arc<Model>,
    plan: Arc<Plan>,
    schema: SchemaRef,
    idle: Mutex<Vec<Classifier<ModelEngine>>>,
}

impl ListRows {
    /// `tree`: that of the answers; none = the model's own. `tau`: the threshold, in (0, 1].
    pub fn new(model: Arc<Model>, tree: Option<&Taxonomy>, tau: f64) -> Result<ListRows, String> {
        let layout = tree.map_or_else(|| model.layout().clone(), Layout::new);
        let regrouper = match tree {
            None => None,
            Some(tree) => Some(Regrouper::new(model.taxonomy(), model.layout(), tree, &layout).map_err(|e| e.to_string())?),
        };
        let rules = Rules::same(&layout, Rule::Threshold { tau });
        let plan = Arc::new(Plan { layout, regrouper, rules, asof_d: None, history: None, uncertainty: false });
        let schema = parquet_schema(&plan.layout, plan.columns());
        Ok(ListRows { model, plan, schema, idle: Mutex::default() })
    }

    /// Columns of the answers: those of `taxonova classify -o OUT.parquet`.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// One row per row of `batch`, in order; the second tells of each row why it could not be read, and then the first has
    /// an empty one.
    pub fn answers(&self, table: &mut ListTable, batch: &RecordBatch) -> Result<(RecordBatch, Vec<Option<String>>), String> {
        let mut faults = Vec::with_capacity(batch.num_rows());
        let mut rows = Vec::with_capacity(batch.num_rows());
        let mut classifier = self.take()?;
        for from in (0..batch.num_rows()).step_by(BATCH) {
            let part = batch.slice(from, BATCH.min(batch.num_rows() - from));
            let (curves, of_part) = split(table.read(&part));
            let mut answers = classifier.classify(curves).into_iter();
            rows.extend(of_part.iter().map(|fault| if fault.is_some() { nothing() } else { answers.next().unwrap_or_else(nothing) }));
            faults.extend(of_part);
        }
        self.put_back(classifier);
        Ok((record_batch(&self.schema, &rows).map_err(|e| e.to_string())?, faults))
    }

    fn take(&self) -> Result<Classifier<ModelEngine>, String> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Ok(Classifier::new(ModelEngine::new(&self.model, false)?, self.plan.clone())), Ok)
    }

    fn put_back(&self, classifier: Classifier<ModelEngine>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(classifier);
    }
}

/// The light curves, and per row its fault.
fn split(read: Vec<Result<LightCurve, ReadError>>) -> (Vec<LightCurve>, Vec<Option<String>>) {
    let mut curves = Vec::with_capacity(read.len());
    let mut faults = Vec::with_capacity(read.len());
    for item in read {
        match item {
            Ok(curve) => {
                curves.push(curve);
                faults.push(None);
            }
            Err(e) => faults.push(Some(e.to_string())),
        }
    }
    (curves, faults)
}

/// In the place of a row that could not be read.
fn nothing() -> Row {
    let origin = Origin { path: Arc::new(PathBuf::new()), format: "parquet" };
    Row::new(&LightCurve::new(String::new(), Photometry::Difference, Vec::new(), origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::read::ReadOptions;
    use arrow::array::{Array, ArrayRef, AsArray, Float64Builder, ListBuilder, StringArray, StringBuilder};
    use std::path::Path;

    /// Three objects; the second has a time too many.
    fn batch() -> RecordBatch {
        let numbers = |lengths: [usize; 3], value: fn(usize) -> f64| {
            let mut lists = ListBuilder::new(Float64Builder::new());
            for n in lengths {
                lists.append_value((0..n).map(|i| Some(value(i))));
            }
            Arc::new(lists.finish()) as ArrayRef
        };
        let mut bands = ListBuilder::new(StringBuilder::new());
        for n in [12, 12, 12] {
            bands.append_value((0..n).map(|i| Some(if i % 2 == 0 { "ztf/g" } else { "ztf/r" })));
        }
        RecordBatch::try_from_iter([
            ("object_id", Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef),
            ("mjd", numbers([12, 13, 12], |i| 59000.0 + 3.0 * i as f64)),
            ("band", Arc::new(bands.finish()) as ArrayRef),
            ("mag", numbers([12, 12, 12], |i| 18.0 + 0.1 * (i as f64 - 5.0).abs())),
            ("mag_err", numbers([12, 12, 12], |_| 0.05)),
        ])
        .unwrap()
    }

    #[test]
    fn rows_in_order_with_faults() {
        let rows = ListRows::new(Model::shipped().unwrap(), None, 0.5).unwrap();
        let batch = batch();
        let mut table = ListTable::new(&batch.schema(), Path::new("x.parquet"), &ReadOptions::default()).unwrap();
        assert_eq!(table.columns(), [0, 1, 2, 3, 4]);
        let (answers, faults) = rows.answers(&mut table, &batch).unwrap();
        assert_eq!(answers.num_rows(), 3);
        assert!(faults[0].is_none() && faults[2].is_none());
        assert!(faults[1].as_ref().unwrap().contains("13 times"), "{faults:?}");
        let ids = answers.column_by_name("object_id").unwrap().as_string::<i32>().clone();
        assert_eq!((ids.value(0), ids.value(1), ids.value(2)), ("a", "", "c"));
        assert!(answers.column_by_name("decision").unwrap().is_valid(2));
    }

    #[test]
    fn tables_of_another_shape_are_refused() {
        let batch = RecordBatch::try_from_iter([("x", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]).unwrap();
        let error = ListTable::new(&batch.schema(), Path::new("x.parquet"), &ReadOptions::default()).err().unwrap().to_string();
        assert!(error.contains("one row per object"), "{error}");
    }
}
