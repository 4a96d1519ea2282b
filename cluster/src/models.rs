//! The models that a process serves, and the names of their functions.

use crate::{function, table_function};
use anyhow::{Context, Result, anyhow};
use datafusion::logical_expr::ScalarUDF;
use std::path::Path;
use std::sync::Arc;
use taxonova::model::Model;

/// Characters of the model's hash in a function's name.
const HASH: usize = 16;

/// A file if there is one, else the shipped model of that name; none given: the first shipped one.
pub fn load(given: Option<&str>) -> Result<Arc<Model>> {
    let Some(given) = given else { return Ok(Model::shipped()?) };
    let path = Path::new(given);
    if !path.exists()
        && let Some(shipped) = Model::shipped_named(given.strip_suffix(".onnx").unwrap_or(given))
    {
        return Ok(shipped?);
    }
    let names = || Model::shipped_names().collect::<Vec<_>>().join(", ");
    let model = Model::load(path);
    Ok(Arc::new(if path.exists() {
        model?
    } else {
        model.with_context(|| format!("{given}: no such file, and no shipped model (those are {})", names()))?
    }))
}

/// What is appended to the names of a model's functions: another model or another version of the program is another function.
pub fn suffix(model: &Model) -> String {
    let hash: String = model.fingerprint().chars().take(HASH).collect();
    format!("{hash}_{}", env!("CARGO_PKG_VERSION").replace('.', "_"))
}

/// The functions of one model: for queries, and for whole tables.
pub fn functions(model: &Arc<Model>) -> Result<[Arc<ScalarUDF>; 2]> {
    let query = function::Classify::new(model.clone()).map_err(|e| anyhow!("{}: {e}", model.name()))?;
    let table = table_function::ClassifyTable::new(model.clone()).map_err(|e| anyhow!("{}: {e}", model.name()))?;
    Ok([Arc::new(ScalarUDF::from(query)), Arc::new(ScalarUDF::from(table))])
}

/// The functions of all models that are named, or of the first shipped one.
pub fn functions_of(given: &[String]) -> Result<Vec<Arc<ScalarUDF>>> {
    let models = match given {
        [] => vec![load(None)?],
        given => given.iter().map(|name| load(Some(name))).collect::<Result<_>>()?,
    };
    let mut all = Vec::new();
    for model in &models {
        all.extend(functions(model)?);
    }
    Ok(all)
}
