//! `classify(mjd, band, flux, flux_err [, photometry])` for queries: lists in, a struct of the answer out.

use crate::models::suffix;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility};
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use taxonova::batch::ListRows;
use taxonova::lightcurve::read::{ListTable, ReadOptions};
use taxonova::model::Model;

/// Names of the arguments: the columns of the format `parquet` with fluxes in microjansky.
pub const ARGUMENTS: [&str; 5] = ["mjd", "band", "flux_ujy", "flux_err", "photometry"];
/// What columns with probabilities begin with.
const P: &str = "P:";

/// The function of one model.
pub struct Classify {
    name: String,
    aliases: Vec<String>,
    signature: Signature,
    rows: ListRows,
    answer: Fields,
    nodes: Fields,
}

impl Classify {
    /// Called `classify` in queries and by a name with the model's hash between machines.
    pub fn new(model: Arc<Model>) -> std::result::Result<Classify, String> {
        let name = format!("classify_{}", suffix(&model));
        let rows = ListRows::new(model, None, 0.5)?;
        let node = |f: &Arc<Field>| f.name().strip_prefix(P).map(|name| Field::new(name, DataType::Float64, true));
        let nodes: Fields = rows.schema().fields().iter().filter_map(node).collect();
        let answer = Fields::from(vec![
            Field::new("decision", DataType::Utf8, true),
            Field::new("probability", DataType::Float64, true),
            Field::new("path", DataType::Utf8, true),
            Field::new("nodes", DataType::Struct(nodes.clone()), true),
            Field::new("warnings", DataType::Utf8, true),
        ]);
        let signature = Signature::one_of(vec![TypeSignature::Any(4), TypeSignature::Any(5)], Volatility::Immutable);
        Ok(Classify { name, aliases: vec!["classify".into()], signature, rows, answer, nodes })
    }

    fn answers(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<StructArray, String> {
        let mut named = vec![("object_id", Arc::new(StringArray::from(vec!["object"; rows])) as ArrayRef)];
        named.extend(ARGUMENTS.into_iter().zip(columns));
        let fields: Vec<Field> = named.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let batch =
            RecordBatch::try_new(schema.clone(), named.into_iter().map(|(_, column)| column).collect()).map_err(|e| e.to_string())?;
        let mut table = ListTable::new(&schema, Path::new("classify()"), &ReadOptions::default()).map_err(|e| e.to_string())?;
        let batch = batch.project(table.columns()).map_err(|e| e.to_string())?;
        let (answers, faults) = self.rows.answers(&mut table, &batch)?;
        let column = |name: &str| answers.column_by_name(name).cloned().ok_or_else(|| format!("the answers have no column {name}"));
        let nodes = self.nodes.iter().map(|f| column(&format!("{P}{}", f.name()))).collect::<Result<Vec<_>, _>>()?;
        let said = column("warnings")?;
        let said = said.as_any().downcast_ref::<StringArray>().ok_or("warnings are no text")?;
        let warnings: StringArray = faults.iter().zip(said).map(|(fault, said)| fault.as_deref().or(said)).collect();
        let nodes = StructArray::try_new(self.nodes.clone(), nodes, None).map_err(|e| e.to_string())?;
        let columns = vec![column("decision")?, column("decision_p")?, column("decision_path")?, Arc::new(nodes), Arc::new(warnings)];
        StructArray::try_new(self.answer.clone(), columns, None).map_err(|e| e.to_string())
    }
}

impl ScalarUDFImpl for Classify {
    fn name(&self) -> &str {
        &self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.answer.clone()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = args.args.into_iter().map(|a| a.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let answers = self.answers(columns, rows).map_err(DataFusionError::Execution)?;
        Ok(ColumnarValue::Array(Arc::new(answers)))
    }
}

impl std::fmt::Debug for Classify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

// The name holds the model's hash: functions of one name are the same.
impl PartialEq for Classify {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Classify {}

impl Hash for Classify {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
