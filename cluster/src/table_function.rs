//! What `taxonova-cluster classify` calls: a table's columns as a struct in, the columns of `taxonova classify` out. The tree and
//! the threshold travel as arguments, so that executors need to know nothing but the model.

use crate::models::suffix;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use taxonova::batch::ListRows;
use taxonova::lightcurve::read::{ListTable, ReadOptions};
use taxonova::model::Model;
use taxonova::taxonomy::parse_json;

/// The last column of the answers: why a row could not be read; null where it could.
pub const FAULT: &str = "fault";

/// The function of one model. Arguments: the columns, the file's name as it is to be told, the tree as JSON (empty: the
/// model's own), the threshold.
pub struct ClassifyTable {
    name: String,
    signature: Signature,
    model: Arc<Model>,
    /// By tree and threshold.
    plans: Mutex<HashMap<(String, u64), Arc<ListRows>>>,
}

impl ClassifyTable {
    /// For this model.
    pub fn new(model: Arc<Model>) -> std::result::Result<ClassifyTable, String> {
        let name = format!("classify_table_{}", suffix(&model));
        Ok(ClassifyTable { name, signature: Signature::any(4, Volatility::Immutable), model, plans: Mutex::default() })
    }

    fn plan(&self, tree: &str, tau: f64) -> std::result::Result<Arc<ListRows>, String> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tree.to_string(), tau.to_bits());
        if let Some(plan) = plans.get(&key) {
            return Ok(plan.clone());
        }
        let tree = (!tree.is_empty()).then(|| parse_json(tree, Path::new("<the query's tree>"))).transpose().map_err(|e| e.to_string())?;
        let plan = Arc::new(ListRows::new(self.model.clone(), tree.as_ref(), tau)?);
        plans.insert(key, plan.clone());
        Ok(plan)
    }

    fn answers(&self, columns: &ArrayRef, source: &str, tree: &str, tau: f64) -> std::result::Result<StructArray, String> {
        let columns = columns.as_any().downcast_ref::<StructArray>().ok_or("the first argument has to be a struct of columns")?;
        let batch = RecordBatch::from(columns.clone());
        let mut table = ListTable::new(&batch.schema(), Path::new(source), &ReadOptions::default()).map_err(|e| e.to_string())?;
        let batch = batch.project(table.columns()).map_err(|e| e.to_string())?;
        let plan = self.plan(tree, tau)?;
        let (answers, faults) = plan.answers(&mut table, &batch)?;
        let mut columns = answers.columns().to_vec();
        columns.push(Arc::new(faults.into_iter().collect::<StringArray>()));
        StructArray::try_new(fields(&plan), columns, None).map_err(|e| e.to_string())
    }
}

fn fields(plan: &ListRows) -> Fields {
    let own = plan.schema().fields().iter().cloned();
    own.chain([Arc::new(Field::new(FAULT, DataType::Utf8, true))]).collect()
}

/// The constants among the arguments: source, tree, threshold.
fn constants<'a>(values: [Option<&'a ScalarValue>; 3]) -> std::result::Result<(&'a str, &'a str, f64), String> {
    let text = |value: Option<&'a ScalarValue>| value.and_then(|v| v.try_as_str().flatten());
    let tau = match values[2] {
        Some(ScalarValue::Float64(tau)) => *tau,
        _ => None,
    };
    match (text(values[0]), text(values[1]), tau) {
        (Some(source), Some(tree), Some(tau)) => Ok((source, tree, tau)),
        _ => Err("after the columns there have to be three constants: file name, tree and threshold".into()),
    }
}

impl ScalarUDFImpl for ClassifyTable {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type depends on the tree".into()))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let constant = |i: usize| args.scalar_arguments.get(i).copied().flatten();
        let (_, tree, tau) = constants([constant(1), constant(2), constant(3)]).map_err(DataFusionError::Plan)?;
        let plan = self.plan(tree, tau).map_err(DataFusionError::Plan)?;
        Ok(Arc::new(Field::new(self.name(), DataType::Struct(fields(&plan)), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = |i: usize| match args.args.get(i) {
            Some(ColumnarValue::Scalar(value)) => Some(value),
            _ => None,
        };
        let (source, tree, tau) = constants([constant(1), constant(2), constant(3)]).map_err(DataFusionError::Execution)?;
        let columns = args.args.first().cloned().ok_or_else(|| DataFusionError::Execution("there are no columns".into()))?;
        let columns = columns.into_array(args.number_rows)?;
        let answers = self.answers(&columns, source, tree, tau).map_err(DataFusionError::Execution)?;
        Ok(ColumnarValue::Array(Arc::new(answers)))
    }
}

impl std::fmt::Debug for ClassifyTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

// The name holds the model's hash: functions of one name are the same.
impl PartialEq for ClassifyTable {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ClassifyTable {}

impl Hash for ClassifyTable {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
