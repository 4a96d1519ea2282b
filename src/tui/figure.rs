//! The selected object as a figure: light curve, folded curve, history and cascade. Knows nothing of the screen; runs on a thread of its own.

use crate::cascade::Poured;
use crate::lightcurve::LightCurve;
use crate::plot::lightcurve::{Evolution, ObjectOptions, Part, Shown, TimeAxis, save_object};
use crate::plot::{Background, Cascade};
use crate::taxonomy::{Layout, Taxonomy};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A name that ends so asks for a dark background.
const DARK: &str = "-dark";

/// What is to be drawn, and where to.
#[derive(Debug, Clone)]
pub struct FigureJob {
    /// The file: .svg or .png.
    pub path: PathBuf,
    /// Whether a file that is there may be replaced.
    pub overwrite: bool,
    /// The light curve, as far as it is known at the time cursor.
    pub curve: Arc<LightCurve>,
    /// The tree that is shown.
    pub taxonomy: Arc<Taxonomy>,
    /// That tree, flattened.
    pub layout: Layout,
    /// The answer, if there is one.
    pub cascade: Option<Cascade>,
    /// Times (MJD) with the answers, and the level whose classes are shown.
    pub history: Option<(Vec<f64>, Vec<Poured>, u32)>,
    /// Fluxes and not magnitudes.
    pub flux: bool,
    /// Dates and not days.
    pub mjd: bool,
    /// The period (days) that it is folded on.
    pub period_d: Option<f64>,
    /// A remark below the title, in place of the usual one.
    pub subtitle: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum FigureReport {
    /// It was written.
    Saved(PathBuf),
    /// The file is there already.
    Exists(PathBuf),
    /// It was not, and why.
    Failed(String),
}

/// Whether a name asks for a dark background.
pub fn is_dark(path: &Path) -> bool {
    path.file_stem().is_some_and(|s| s.to_string_lossy().to_lowercase().ends_with(DARK))
}

impl FigureJob {
    /// Draws and writes it.
    pub fn run(self) -> FigureReport {
        if !self.overwrite && std::fs::symlink_metadata(&self.path).is_ok() {
            return FigureReport::Exists(self.path);
        }
        let background = if is_dark(&self.path) { Background::Dark } else { Background::Light };
        let mut options = ObjectOptions::new(background.theme());
        options.subtitle = self.subtitle;
        options.flux = self.flux;
        options.time = if self.mjd { TimeAxis::Mjd } else { TimeAxis::Days };
        options.period_d = self.period_d;
        let part = |cascade| Part { taxonomy: &self.taxonomy, layout: &self.layout, cascade };
        options.cascade = self.cascade.as_ref().map(part);
        options.history = self.history.map(|(mjd, poured, level)| Evolution::new(&self.layout, &mjd, &poured, Shown::Level(level)));
        options.history = options.history.filter(|h| !h.is_empty());
        match save_object(&self.curve, &options, &self.path) {
            Ok(()) => FigureReport::Saved(self.path),
            Err(e) => FigureReport::Failed(e.to_string()),
        }
    }
}
