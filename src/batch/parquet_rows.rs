//! Rows as Arrow record batches for Parquet: the columns of the CSV, with nulls where the CSV has nothing.

use super::row::{Columns, Row};
use super::text_rows::{COLUMNS, HISTORY_COLUMNS, NOVELTY_COLUMN, UNCERTAINTY_PREFIX, WARNING_SEPARATOR, node_names};
use crate::taxonomy::Layout;
use crate::taxonomy::names::PATH_SEPARATOR;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// Columns of rows on this layout; with those that are asked for.
pub fn parquet_schema(layout: &Layout, which: Columns) -> SchemaRef {
    let mut fields: Vec<Field> = COLUMNS
        .iter()
        .map(|name| match *name {
            "n_obs" => Field::new(*name, DataType::Int64, false),
            "span_d" => Field::new(*name, DataType::Float64, false),
            "decision_p" => Field::new(*name, DataType::Float64, true),
            "decision" | "decision_path" => Field::new(*name, DataType::Utf8, true),
            _ => Field::new(*name, DataType::Utf8, false),
        })
        .collect();
    if which.history {
        let number = |name: &str| if name == "n_known" { DataType::Int64 } else { DataType::Float64 };
        fields.extend(HISTORY_COLUMNS.iter().map(|name| Field::new(*name, number(name), true)));
    }
    fields.extend(node_names(layout).map(|n| Field::new(format!("P:{n}"), DataType::Float64, true)));
    fields.push(Field::new(NOVELTY_COLUMN, DataType::Float64, true));
    if which.uncertainty {
        fields.extend(layout.slots.iter().map(|s| Field::new(format!("{UNCERTAINTY_PREFIX}{}", s.name), DataType::Float64, true)));
    }
    Arc::new(Schema::new(fields))
}

/// Rows as columns. The numbers have all their digits.
pub fn record_batch(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let text = |f: fn(&Row) -> String| Arc::new(StringArray::from_iter_values(rows.iter().map(f))) as ArrayRef;
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r.object_id))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r.source))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| i64::try_from(r.n_obs).unwrap_or(i64::MAX)))),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.span_d))),
        Arc::new(StringArray::from_iter(rows.iter().map(|r| r.decision.as_ref().map(|d| &d.name)))),
        Arc::new(Float64Array::from_iter(rows.iter().map(|r| r.decision.as_ref().map(|d| d.p)))),
        Arc::new(StringArray::from_iter(rows.iter().map(|r| r.decision.as_ref().map(|d| d.path.join(PATH_SEPARATOR))))),
        text(|r| r.warnings.join(WARNING_SEPARATOR)),
    ];
    let [mjd, age_d, n_known] = HISTORY_COLUMNS;
    if schema.field_with_name(n_known).is_ok() && schema.field_with_name(mjd).is_ok() && schema.field_with_name(age_d).is_ok() {
        columns.push(Arc::new(Float64Array::from_iter(rows.iter().map(|r| r.epoch.as_ref().map(|e| e.mjd)))));
        columns.push(Arc::new(Float64Array::from_iter(rows.iter().map(|r| r.epoch.as_ref().map(|e| e.age_d)))));
        columns.push(Arc::new(Int64Array::from_iter(rows.iter().map(|r| r.epoch.as_ref().and_then(|e| i64::try_from(e.n_known).ok())))));
    }
    columns.push(Arc::new(Float64Array::from_iter(rows.iter().map(|r| r.decision.as_ref().map(|_| 1.0)))));
    let novelty = schema.index_of(NOVELTY_COLUMN)?;
    let numbers = |of: &dyn Fn(&Row) -> Option<f64>| -> ArrayRef {
        Arc::new(Float64Array::from_iter(rows.iter().map(|r| of(r).filter(|p| !p.is_nan()))))
    };
    for slot in 0..novelty.saturating_sub(columns.len()) {
        columns.push(numbers(&|r| r.p.get(slot).copied()));
    }
    columns.push(numbers(&|r| r.novelty));
    for slot in 0..schema.fields().len().saturating_sub(columns.len()) {
        columns.push(numbers(&|r| r.uncertainty.get(slot).copied()));
    }
    RecordBatch::try_new(schema.clone(), columns)
}

/// How the file is written: the same rows give the same bytes.
pub fn writer_properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("taxonova".into())
        .set_max_row_group_row_count(Some(16_384))
        .build()
}

#[cfg(test)]
mod tests {
    use super::super::text_rows::tests::{layout, rows};
    use super::*;
    use arrow::array::{Array, AsArray};

    #[test]
    fn nulls_where_nothing_is_known() {
        let schema = parquet_schema(&layout(), Columns { uncertainty: true, history: false });
        let batch = record_batch(&schema, &rows()).unwrap();
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 18));
        let column = |name: &str| batch.column_by_name(name).unwrap().clone();
        assert_eq!(column("decision").as_string::<i32>().value(0), "other A, \"quoted\"");
        assert!(column("decision").is_null(1) && column("P:Root").is_null(1) && column("P:B").is_null(1));
        assert!(column("P:A1").is_null(0));
        assert_eq!(column("P:B").as_primitive::<arrow::datatypes::Float64Type>().value(0), 0.1);
        assert_eq!(column("novelty").as_primitive::<arrow::datatypes::Float64Type>().value(0), 12.5);
        assert!(column("novelty").is_null(1) && column("U:A1").is_null(0) && column("U:B").is_null(1));
        assert_eq!(column("U:B").as_primitive::<arrow::datatypes::Float64Type>().value(0), 0.04);
        assert_eq!(column("warnings").as_string::<i32>().value(0), "one band only; only 2 detections");
    }
}
