//! What is known of each object beside its light curve: measures, the decision on the present tree, the label and how the
//! decision stands to it. Made once and kept, so that sorting and filtering have only to compare. No drawing, no I/O.

use super::arrange::head;
use super::tree::TreeState;
use crate::evaluate::{LabelPlace, Verdict};
use crate::lightcurve::window::DETECTION_SNR;
use crate::lightcurve::{BandId, LightCurve};
use crate::taxonomy::LabelIndex;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What is measured of a light curve.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The first letters of the name, for sorting.
    pub head: u128,
    /// Points, limits included.
    pub n: usize,
    /// First to last point, days.
    pub span_d: f64,
    /// The brightest detection at 5 sigma, AB magnitude.
    pub peak_mag: Option<f64>,
    /// Bands that occur.
    pub bands: Box<[BandId]>,
    /// The files that its points come from, in the order of reading.
    pub files: Vec<Arc<PathBuf>>,
}

impl Facts {
    /// Measures a light curve that comes from these files.
    pub fn new(curve: &LightCurve, files: Vec<Arc<PathBuf>>) -> Facts {
        let detections = curve.observations.iter().filter(|o| !o.is_limit() && o.snr() >= DETECTION_SNR);
        let peak_mag = detections.filter_map(|o| o.mag()).min_by(f64::total_cmp);
        Facts {
            head: head(&curve.object_id),
            n: curve.observations.len(),
            span_d: curve.span_d(),
            peak_mag,
            bands: curve.bands().into(),
            files,
        }
    }
}

/// How an object stands to its label, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Judged.
    Judged(Verdict),
    /// The label is in no class of the tree.
    Outside,
}

/// The labels of the objects, and where they lie in the present tree.
#[derive(Debug, Default)]
pub struct Labels {
    texts: Vec<String>,
    index: HashMap<String, u32>,
    places: Vec<Option<LabelPlace>>,
    /// Of a file, by the object's name.
    of_file: HashMap<String, u32>,
    /// That file.
    pub file: Option<String>,
}

impl Labels {
    /// The number of a label.
    fn number(&mut self, label: &str) -> u32 {
        if let Some(i) = self.index.get(label) {
            return *i;
        }
        let i = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(label.to_string());
        self.places.push(None);
        self.index.insert(label.to_string(), i);
        i
    }

    /// The number of an object's label: the file's if it has one there, else the light curve's own.
    pub fn of(&mut self, curve: &LightCurve) -> Option<u32> {
        if let Some(i) = self.of_file.get(&curve.object_id) {
            return Some(*i);
        }
        let own = curve.label.as_deref().map(str::trim).filter(|l| !l.is_empty())?;
        Some(self.number(own))
    }

    /// Takes the labels of a file, by object; those of an earlier one are forgotten.
    pub fn take(&mut self, file: Option<String>, by_object: Vec<(String, String)>) {
        self.of_file.clear();
        self.file = file;
        for (id, label) in by_object {
            let i = self.number(&label);
            self.of_file.insert(id, i);
        }
    }

    /// Finds the places of the labels from number `from` on in a tree.
    pub fn place_in(&mut self, tree: &TreeState, from: usize) {
        let texts = self.texts.get(from..).unwrap_or_default();
        if texts.is_empty() {
            return;
        }
        let index = LabelIndex::of(tree.taxonomy(), texts.iter().map(String::as_str));
        for (label, place) in texts.iter().zip(self.places.iter_mut().skip(from)) {
            *place = index.find(label).map(|m| LabelPlace::new(&tree.derived.layout, m.node));
        }
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// A label.
    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }

    /// Its place.
    pub fn place(&self, number: u32) -> Option<LabelPlace> {
        self.places.get(number as usize).copied().flatten()
    }
}
