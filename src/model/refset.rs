//! The reference set beside a model: for every training object and several ages its label, fold, embedding and
//! out-of-fold atom probabilities, as Parquet with half-precision numbers. Keyed by the encoder's hash: embeddings of
//! another encoder mean nothing.

use super::ModelError;
use arrow::array::{Array, ArrayRef, Float16Array, ListArray, ListBuilder, PrimitiveBuilder, RecordBatch, StringArray, UInt32Array};
use arrow::array::{Float32Array, types::Float16Type};
use arrow::datatypes::{DataType, Field, Schema};
use half::f16;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;

/// Key of the encoder's hash in the file's metadata.
const ENCODER: &str = "taxonova.encoder";
/// Column of [`RefRow::weight`]; a file without it holds every object, each with weight 1.
const WEIGHT: &str = "weight";

/// One truncation of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct RefRow {
    /// Object.
    pub object_id: String,
    /// The file's label, not yet mapped to a node.
    pub label: String,
    /// Fold of the fixed split.
    pub fold: u32,
    /// Days since first detection up to which was seen; infinite for the whole light curve.
    pub age_d: f32,
    /// Training objects that it stands for: 1 unless its label was sampled ([`super::sample`]).
    pub weight: f32,
    /// [E].
    pub embedding: Vec<f32>,
    /// P of the model's atoms (leaves and residuals, in slot order) by a model that did not see the object's fold.
    pub atoms: Vec<f32>,
}

/// A reference set.
#[derive(Debug, Clone, PartialEq)]
pub struct Refset {
    /// Hash of the encoder that made the embeddings.
    pub encoder: String,
    /// Rows, all truncations of an object together.
    pub rows: Vec<RefRow>,
}

impl Refset {
    /// The file's bytes. The same rows give the same bytes.
    pub fn to_parquet(&self) -> Result<Vec<u8>, ModelError> {
        let bad = |reason: String| ModelError::Refset { path: "<memory>".into(), reason };
        let strings = |f: &dyn Fn(&RefRow) -> String| Arc::new(StringArray::from_iter_values(self.rows.iter().map(f))) as ArrayRef;
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("object_id", strings(&|r| r.object_id.clone())),
            ("label", strings(&|r| r.label.clone())),
            ("fold", Arc::new(UInt32Array::from_iter_values(self.rows.iter().map(|r| r.fold)))),
            ("age_d", Arc::new(Float32Array::from_iter_values(self.rows.iter().map(|r| r.age_d)))),
            ("embedding", halves(self.rows.iter().map(|r| r.embedding.as_slice()), number)),
            ("atoms", halves(self.rows.iter().map(|r| r.atoms.as_slice()), probability)),
        ];
        if self.rows.iter().any(|r| r.weight != 1.0) {
            columns.push((WEIGHT, Arc::new(Float32Array::from_iter_values(self.rows.iter().map(|r| r.weight)))));
        }
        let fields: Vec<Field> = columns.iter().map(|(name, a)| Field::new(*name, a.data_type().clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), columns.into_iter().map(|c| c.1).collect()).map_err(|e| bad(e.to_string()))?;
        let level = ZstdLevel::try_new(19).map_err(|e| bad(e.to_string()))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_key_value_metadata(Some(vec![KeyValue::new(ENCODER.into(), self.encoder.clone())]))
            .set_created_by("taxonova".into())
            .set_column_encoding("embedding.list.item".into(), parquet::basic::Encoding::BYTE_STREAM_SPLIT)
            .set_column_dictionary_enabled("embedding.list.item".into(), false)
            .build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties)).map_err(|e| bad(e.to_string()))?;
        writer.write(&batch).map_err(|e| bad(e.to_string()))?;
        writer.close().map_err(|e| bad(e.to_string()))?;
        Ok(bytes)
    }

    /// Reads a reference set; `path` is for messages. Refused if it belongs to another encoder than `encoder`.
    pub fn from_parquet(bytes: Vec<u8>, encoder: &str, path: &Path) -> Result<Refset, ModelError> {
        let bad = |reason: String| ModelError::Refset { path: path.to_path_buf(), reason };
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).map_err(|e| bad(e.to_string()))?;
        let entries = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
        let found = entries.into_iter().find(|kv| kv.key == ENCODER).and_then(|kv| kv.value).unwrap_or_default();
        if found != encoder {
            return Err(bad(format!("it was made by the encoder {found:.12}, but the model's is {encoder:.12}")));
        }
        let mut rows = Vec::new();
        for batch in builder.build().map_err(|e| bad(e.to_string()))? {
            let batch = batch.map_err(|e| bad(e.to_string()))?;
            read_batch(&batch, &mut rows).ok_or_else(|| bad("a column is missing or of another type".into()))?;
        }
        if let Some(row) = rows.iter().find(|r| !(r.weight.is_finite() && r.weight > 0.0)) {
            let name = crate::taxonomy::printable(&row.object_id);
            return Err(bad(format!("{name} has the weight {}, expected a number above 0", row.weight)));
        }
        Ok(Refset { encoder: found, rows })
    }
}

fn halves<'a>(rows: impl Iterator<Item = &'a [f32]>, half: fn(f32) -> f16) -> ArrayRef {
    let field = Field::new("item", DataType::Float16, false);
    let mut list = ListBuilder::new(PrimitiveBuilder::<Float16Type>::new()).with_field(field);
    for row in rows {
        for v in row {
            list.values().append_value(half(*v));
        }
        list.append(true);
    }
    Arc::new(list.finish())
}

/// A coordinate of an embedding to 3 %: what is beyond is noise to a refit, and does not compress.
fn number(v: f32) -> f16 {
    shortened(v, 4)
}

/// A probability to 1.6 %, and 0 below 0.0001.
fn probability(p: f32) -> f16 {
    if p < 1e-4 { f16::ZERO } else { shortened(p, 5) }
}

/// In half precision with `kept` of its 10 fraction bits.
fn shortened(v: f32, kept: u16) -> f16 {
    let dropped = 10 - kept;
    // Half of the last kept bit is added for rounding; it carries into the exponent as it should.
    let bits = f16::from_f32(v.clamp(-60000.0, 60000.0)).to_bits();
    f16::from_bits((bits + (1 << (dropped - 1))) >> dropped << dropped)
}

fn read_batch(batch: &RecordBatch, rows: &mut Vec<RefRow>) -> Option<()> {
    let column = |name: &str| batch.column_by_name(name).map(|c| c.as_any());
    let ids = column("object_id")?.downcast_ref::<StringArray>()?;
    let labels = column("label")?.downcast_ref::<StringArray>()?;
    let folds = column("fold")?.downcast_ref::<UInt32Array>()?;
    let ages = column("age_d")?.downcast_ref::<Float32Array>()?;
    let embeddings = column("embedding")?.downcast_ref::<ListArray>()?;
    let atoms = column("atoms")?.downcast_ref::<ListArray>()?;
    let weights = match column(WEIGHT) {
        None => None,
        Some(weights) => Some(weights.downcast_ref::<Float32Array>()?),
    };
    let floats = |list: &ListArray, i: usize| {
        let values = list.value(i);
        let values = values.as_any().downcast_ref::<Float16Array>()?;
        Some(values.iter().map(|v| v.map_or(f32::NAN, f16::to_f32)).collect::<Vec<f32>>())
    };
    for i in 0..batch.num_rows() {
        rows.push(RefRow {
            object_id: ids.value(i).into(),
            label: labels.value(i).into(),
            fold: folds.value(i),
            age_d: ages.value(i),
            weight: weights.map_or(1.0, |w| w.value(i)),
            embedding: floats(embeddings, i)?,
            atoms: floats(atoms, i)?,
        });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_the_wrong_encoder() {
        let row = |i: u32| RefRow {
            object_id: format!("o{i}"),
            label: "SN Ia".into(),
            fold: i,
            age_d: if i == 0 { f32::INFINITY } else { 7.0 },
            weight: 1.0,
            embedding: vec![0.5, -2.0, 1.25, 100.0],
            atoms: vec![0.75, 0.25],
        };
        let set = Refset { encoder: "abc".into(), rows: vec![row(0), row(1)] };
        let bytes = set.to_parquet().unwrap();
        assert_eq!(bytes, set.to_parquet().unwrap());
        assert_eq!(Refset::from_parquet(bytes.clone(), "abc", Path::new("x")).unwrap(), set);
        let error = Refset::from_parquet(bytes, "other", Path::new("x")).unwrap_err().to_string();
        assert!(error.contains("encoder"), "{error}");
        assert!(Refset::from_parquet(vec![1, 2, 3], "abc", Path::new("x")).is_err());
    }

    #[test]
    fn weights_are_a_column_only_where_there_are_some() {
        let row = |weight| RefRow {
            object_id: "o".into(),
            label: "SN Ia".into(),
            fold: 0,
            age_d: 7.0,
            weight,
            embedding: vec![0.5],
            atoms: vec![1.0],
        };
        let columns = |weights: &[f32]| {
            let bytes = Refset { encoder: "abc".into(), rows: weights.iter().map(|w| row(*w)).collect() }.to_parquet().unwrap();
            let names = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes.clone())).unwrap().schema().fields().len();
            (names, Refset::from_parquet(bytes, "abc", Path::new("x")))
        };
        assert_eq!(columns(&[1.0, 1.0]).0, 6);
        let (n, read) = columns(&[1.0, 2.5]);
        assert_eq!((n, read.unwrap().rows[1].weight), (7, 2.5));
        for bad in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let text = columns(&[1.0, bad]).1.unwrap_err().to_string();
            assert!(text.contains("weight"), "{text}");
        }
    }
}
