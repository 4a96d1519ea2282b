//! What a run is asked for. From it come the plan, the engines and the manifest: the same whoever asks, so that a run which the
//! command line began can be gone on with from the interface, and the other way round.

use super::classifier::Plan;
use super::engine::ModelEngine;
use super::manifest::Manifest;
use super::output::Format;
use crate::cascade::{RegroupError, Regrouper, Rules};
use crate::lightcurve::Photometry;
use crate::lightcurve::read::ReadOptions;
use crate::model::Model;
use crate::model::decisions::{NoRule, Wanted};
use crate::model::priors::Priors;
use crate::taxonomy::{Layout, Taxonomy, printable, to_json};
use crate::train::calibrate::edited::{EditedError, edited};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that decides about rows, beside inputs, format, model and tree.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How a node is chosen from the probabilities.
    pub wanted: Wanted,
    /// Only what was known so many days after the first detection.
    pub asof_d: Option<f64>,
    /// A row for each time when something new was known, at most so many an object.
    pub history: Option<usize>,
    /// The uncertainty beside each P.
    pub uncertainty: bool,
    /// The network's weighted scores instead of posteriors.
    pub weighted_p: bool,
    /// Other class rates than those of the training set.
    pub priors: Option<Arc<Priors>>,
    /// How files are read.
    pub read: ReadOptions,
}

/// Why a model can't be run as it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The tree does not fit.
    #[error("the model {model} can't be used on the tree {tree}")]
    Tree {
        /// The model.
        model: String,
        /// The tree.
        tree: String,
        /// Why not.
        source: Box<RegroupError>,
    },
    /// The scores that a rule needs can't be worked out for the tree.
    #[error("--rule {on} {model}")]
    Scores {
        /// On what.
        on: &'static str,
        /// The model.
        model: String,
        /// Why not.
        source: EditedError,
    },
    /// The model lacks what the rule needs.
    #[error("the model {model} {why}")]
    Rule {
        /// The model.
        model: String,
        /// What it lacks.
        why: NoRule,
    },
}

impl Settings {
    /// The threshold rule on whole light curves.
    pub fn threshold(tau: f64, read: ReadOptions) -> Settings {
        let wanted = Wanted::Threshold { tau };
        Settings { wanted, asof_d: None, history: None, uncertainty: false, weighted_p: false, priors: None, read }
    }

    /// The plan for answers on a tree; `None`: on the model's own.
    pub fn plan(&self, model: &Model, tree: Option<&Taxonomy>) -> Result<Plan, SettingsError> {
        let Settings { wanted, asof_d, history, uncertainty, .. } = *self;
        let Some(tree) = tree else {
            let layout = model.layout().clone();
            return Ok(Plan { rules: rules(wanted, model, &layout, None)?, layout, regrouper: None, asof_d, history, uncertainty });
        };
        let layout = Layout::new(tree);
        let regrouper = Regrouper::new(model.taxonomy(), model.layout(), tree, &layout).map_err(|source| SettingsError::Tree {
            model: printable(model.name()),
            tree: printable(&tree.name),
            source: Box::new(source),
        })?;
        let rules = rules(wanted, model, &layout, (!regrouper.is_identity()).then_some(tree))?;
        Ok(Plan { layout, regrouper: Some(regrouper), rules, asof_d, history, uncertainty })
    }

    /// Makes engines, one per worker thread.
    pub fn engines(&self, model: Arc<Model>) -> impl Fn() -> Result<ModelEngine, String> + Send + Sync + 'static {
        let (weighted, members, priors) = (self.weighted_p, self.uncertainty, self.priors.clone());
        move || ModelEngine::new(&model, weighted).map(|engine| engine.with_priors(priors.clone()).with_members(members))
    }

    /// What a run is known by when it is to be continued; none if an input can't be read twice.
    pub fn manifest(&self, inputs: &[PathBuf], format: Format, model: &Model, tree: Option<&Taxonomy>) -> Option<Manifest> {
        let tree = to_json(tree.unwrap_or_else(|| model.taxonomy()));
        Manifest::new(inputs, format, &model.fingerprint(), &tree, self.options())
    }

    /// Every option that changes rows, by its name on the command line.
    fn options(&self) -> BTreeMap<String, String> {
        let mut options = BTreeMap::new();
        let mut set = |name: &str, value: Option<String>| value.map(|v| options.insert(name.to_string(), v));
        match self.wanted {
            Wanted::Threshold { tau } => set("--tau", Some(tau.to_string())),
            Wanted::Utility { accuracy } => set("--accuracy", Some(accuracy.to_string())),
            Wanted::Conformal { epsilon } => set("--epsilon", Some(epsilon.to_string())),
            Wanted::Balanced { gamma } => set("--gamma", Some(gamma.map_or("fitted".into(), |g| g.to_string()))),
        };
        set("--asof", self.asof_d.map(|d| d.to_string()));
        set("--uncertainty", self.uncertainty.then(|| "given".into()));
        set("--weighted-p", self.weighted_p.then(|| "given".into()));
        set("--priors", self.priors.as_deref().map(|p| format!("{p:?}")));
        set("--history-epochs", self.history.map(|n| n.to_string()));
        set("--band-map or --photometry", reading(&self.read));
        options
    }
}

/// Tells apart what reads files differently; none for the defaults.
fn reading(read: &ReadOptions) -> Option<String> {
    let bands: Vec<String> = read.band_map.iter().map(|(name, band)| format!("{name:?}={}", band.name())).collect();
    match (read.photometry, bands.is_empty()) {
        (None, true) => None,
        (kind, _) => Some(format!(" bands {} photometry {}", bands.join(","), kind.map_or("", Photometry::name))),
    }
}

/// The rules for answers on `layout`. `edit`: the tree, where it is not the model's own; the scores, which belong to the
/// model's, are worked out again for it.
pub fn rules(wanted: Wanted, model: &Model, layout: &Layout, edit: Option<&Taxonomy>) -> Result<Rules, SettingsError> {
    let name = || printable(model.name());
    let own = model.metadata().decisions.as_ref();
    // Bundles of older versions have no rates; their reference sets tell.
    let old = matches!(wanted, Wanted::Balanced { .. }) && own.is_some_and(|d| d.rates.is_empty());
    let scores = match edit.or(old.then(|| model.taxonomy())) {
        Some(tree) if !matches!(wanted, Wanted::Threshold { .. }) => {
            let on = if edit.is_some() { "on another tree than that of the model" } else { "balanced with a bundle of an older version," };
            Some(edited(model, tree, layout).map_err(|source| SettingsError::Scores { on, model: name(), source })?)
        }
        _ => None,
    };
    wanted.rules(layout, scores.as_ref().or(own)).map_err(|why| SettingsError::Rule { model: name(), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::BandId;

    #[test]
    fn what_changes_rows_is_in_the_options() {
        let plain = Settings::threshold(0.5, ReadOptions::default());
        assert_eq!(plain.options(), BTreeMap::from([("--tau".to_string(), "0.5".to_string())]));
        let names = |s: Settings| s.options().into_keys().collect::<Vec<_>>().join(" ");
        let read = ReadOptions { band_map: vec![("x".into(), BandId::parse("V"))], ..ReadOptions::default() };
        assert_eq!(names(Settings { read, ..plain.clone() }), "--band-map or --photometry --tau");
        let read = ReadOptions { photometry: Some(Photometry::Total), ..ReadOptions::default() };
        assert_eq!(names(Settings { read, ..plain.clone() }), "--band-map or --photometry --tau");
        let all = Settings { asof_d: Some(3.5), history: Some(9), uncertainty: true, weighted_p: true, ..plain };
        assert_eq!(names(all), "--asof --history-epochs --tau --uncertainty --weighted-p");
    }
}
