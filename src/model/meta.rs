//! What a bundle says of itself: the `taxonova.*` entries of the file's metadata.

use super::ModelError;
use super::decisions::Decisions;
use super::novelty::Novelty;
use crate::taxonomy::{Taxonomy, parse_json, to_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the entries below; a reader refuses newer ones.
pub const FORMAT: u32 = 1;
/// Prefix of the keys.
pub const PREFIX: &str = "taxonova.";

/// How the observations become inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Names of the features in the order of the input's columns; missing values are NaN.
    pub features: Vec<String>,
    /// What is done before: difference photometry is binned by night, total photometry is not.
    pub binning: String,
    /// Brightest magnitudes between which 98 % of the objects trained on lie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_mag: Option<(f64, f64)>,
}

/// How the model was trained. Holds no time, host or duration: the same seed gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Name of the model.
    pub name: String,
    /// Seed of the run.
    pub seed: u64,
    /// Objects trained on, the validation part included.
    pub objects: usize,
    /// Folds that were trained on.
    pub folds: Vec<u32>,
    /// The fold that was not, if there is one.
    pub held_out: Option<u32>,
    /// Networks that are averaged.
    pub members: usize,
    /// Settings of the run, as text.
    pub settings: BTreeMap<String, String>,
}

/// Numbers between the logits and the probabilities.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// W_eff per node (SCIENCE: posteriors), whose logarithm the graph subtracts.
    pub w_eff: Vec<f64>,
    /// Temperature of each sibling group, in the layout's order of groups; empty: 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub temperature: Vec<f64>,
    /// Added per node to the log conditionals divided by the temperature; empty: 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bias: Vec<f64>,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The tree that the model was trained for.
    pub taxonomy: Taxonomy,
    /// Names of the outputs' columns: every node but the root in pre-order, residuals included.
    pub nodes: Vec<String>,
    /// Inputs.
    pub recipe: Recipe,
    /// Correction to posteriors.
    pub calibration: Calibration,
    /// Objects per node trained on, by node name.
    pub counts: BTreeMap<String, u64>,
    /// How it was trained.
    pub summary: Summary,
    /// SHA-256 of all that an embedding depends on.
    pub encoder: String,
    /// FNV-1a of the ids of the objects trained on, ascending.
    pub trained_on: Vec<u64>,
    /// Of a refitted model: the tree of the network that it stands on, whose atoms the reference set knows.
    pub base: Option<Taxonomy>,
    /// What the rules `utility` and `conformal` need; none in a model that was never calibrated.
    pub decisions: Option<Decisions>,
    /// What the novelty score needs; none in bundles without one.
    pub novelty: Option<Novelty>,
}

impl Metadata {
    /// As (key, value) pairs.
    pub fn entries(&self) -> Vec<(String, String)> {
        let ids: String = self.trained_on.iter().map(|h| format!("{h:016x}")).collect();
        let entries = [
            ("format", FORMAT.to_string()),
            ("taxonomy", to_json(&self.taxonomy)),
            ("nodes", json(&self.nodes)),
            ("recipe", json(&self.recipe)),
            ("calibration", json(&self.calibration)),
            ("counts", json(&self.counts)),
            ("summary", json(&self.summary)),
            ("encoder", self.encoder.clone()),
            ("trained_on", ids),
        ];
        let base = self.base.as_ref().map(|base| ("base", to_json(base)));
        let decisions = self.decisions.as_ref().map(|d| ("decisions", json(d)));
        let novelty = self.novelty.as_ref().map(|n| ("novelty", json(n)));
        entries.into_iter().chain(base).chain(decisions).chain(novelty).map(|(k, v)| (format!("{PREFIX}{k}"), v)).collect()
    }

    /// From the file's entries. `path` is for messages.
    pub fn parse(entries: &BTreeMap<&str, &str>, path: &Path) -> Result<Metadata, ModelError> {
        let get = |key: &str| {
            entries
                .get(format!("{PREFIX}{key}").as_str())
                .copied()
                .ok_or_else(|| ModelError::NotOurs { path: path.to_path_buf(), reason: format!("it has no metadata entry {PREFIX}{key}") })
        };
        let format: u32 = get("format")?.parse().map_err(|_| bad(path, "format", "a whole number"))?;
        if format > FORMAT {
            return Err(ModelError::Newer { path: path.to_path_buf(), found: format, known: FORMAT });
        }
        let tree = |key: &str, text: &str| {
            let bad = |reason: String| ModelError::Metadata { path: path.to_path_buf(), key: key.into(), reason };
            parse_json(text, path).map_err(|e| bad(e.to_string()))
        };
        let taxonomy = tree("taxonomy", get("taxonomy")?)?;
        let base = get("base").ok().map(|text| tree("base", text)).transpose()?;
        let ids = get("trained_on")?.as_bytes();
        let trained_on: Option<Vec<u64>> =
            ids.chunks(16).map(|c| std::str::from_utf8(c).ok().and_then(|c| u64::from_str_radix(c, 16).ok())).collect();
        Ok(Metadata {
            taxonomy,
            nodes: value(get("nodes")?, "nodes", path)?,
            recipe: value(get("recipe")?, "recipe", path)?,
            calibration: value(get("calibration")?, "calibration", path)?,
            counts: value(get("counts")?, "counts", path)?,
            summary: value(get("summary")?, "summary", path)?,
            encoder: get("encoder")?.to_string(),
            trained_on: trained_on.ok_or_else(|| bad(path, "trained_on", "hexadecimal digits, 16 an object"))?,
            base,
            decisions: get("decisions").ok().map(|text| value(text, "decisions", path)).transpose()?,
            novelty: get("novelty").ok().map(|text| value(text, "novelty", path)).transpose()?,
        })
    }
}

fn json<T: Serialize>(value: &T) -> String {
    // Plain structs of strings and numbers always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn value<T: for<'a> Deserialize<'a>>(text: &str, key: &str, path: &Path) -> Result<T, ModelError> {
    serde_json::from_str(text).map_err(|e| ModelError::Metadata { path: path.to_path_buf(), key: key.into(), reason: e.to_string() })
}

fn bad(path: &Path, key: &str, expected: &str) -> ModelError {
    ModelError::Metadata { path: path.to_path_buf(), key: key.into(), reason: format!("expected {expected}") }
}
