//! What the light-curve pane knows: how the selected object is shown, and what was worked out about it. No drawing, no I/O.

pub mod data;
pub mod history;
pub mod influence;
pub mod period;
pub mod window;

use super::widgets::canvas::Dots;
use super::widgets::plot::Bars;
use crate::lightcurve::{BandId, LightCurve};
use data::{PlotData, Shape};
use history::History;
use influence::Influence;
use period::Periods;
use std::collections::HashSet;
use std::sync::Arc;
use window::Window;

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Markers {
    /// Symbols where there is room for them, braille dots otherwise.
    #[default]
    Auto,
    /// A symbol per point, one character wide.
    Symbols,
    /// Small braille figures.
    Dots,
    /// Half blocks, for fonts without braille.
    HalfBlocks,
    /// ASCII alone, for terminals that know nothing else.
    Ascii,
}

impl Markers {
    /// The next one, for the key that steps through them.
    pub fn next(self) -> Self {
        match self {
            Markers::Auto => Markers::Symbols,
            Markers::Symbols => Markers::Dots,
            Markers::Dots => Markers::HalfBlocks,
            Markers::HalfBlocks => Markers::Ascii,
            Markers::Ascii => Markers::Auto,
        }
    }

    /// As it is said to the user.
    pub fn title(self) -> &'static str {
        match self {
            Markers::Auto => "symbols or dots, as there is room",
            Markers::Symbols => "symbols",
            Markers::Dots => "braille dots",
            Markers::HalfBlocks => "half blocks",
            Markers::Ascii => "ASCII",
        }
    }

    /// What dots are made of.
    pub fn dots(self) -> Dots {
        match self {
            Markers::HalfBlocks => Dots::HalfBlocks,
            Markers::Ascii => Dots::Ascii,
            _ => Dots::Braille,
        }
    }

    /// Whether points are symbols; none = as there is room.
    pub fn symbols(self) -> Option<bool> {
        match self {
            Markers::Auto => None,
            Markers::Symbols | Markers::Ascii => Some(true),
            Markers::Dots | Markers::HalfBlocks => Some(false),
        }
    }
}

/// What the horizontal axis counts, where the light curve is not folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeAxis {
    /// Days since the first detection (else the first point).
    #[default]
    Days,
    /// Modified Julian date, less a round offset.
    Mjd,
}

/// How the light curve is shown.
#[derive(Default)]
pub struct CurveState {
    /// Fluxes and not magnitudes.
    pub flux: bool,
    /// Error bars.
    pub bars: Bars,
    /// Symbols or dots.
    pub markers: Markers,
    /// What the horizontal axis counts.
    pub axis: TimeAxis,
    /// The part that is seen.
    pub window: Window,
    /// Bands that are not shown.
    pub hidden: HashSet<BandId>,
    /// The band that is chosen in the legend.
    pub band: Option<BandId>,
    /// The observation that is looked at, by its number in the light curve.
    pub chosen: Option<usize>,
    /// Periods that are known, and the search for one.
    pub periods: Periods,
    /// How the probabilities came about.
    pub history: History,
    /// Which observations matter.
    pub influence: Option<Influence>,
    /// Where a mouse button went down, as long as it is held: the plot's point there moves along.
    pub grip: Option<(f64, f64)>,
    /// Number of the model that history and influence come from.
    pub model: u64,
    /// The light curve that all this belongs to.
    pub shown: Option<Arc<LightCurve>>,
    /// The selected object's points.
    pub data: Option<Arc<PlotData>>,
    /// What should be known of the selected object.
    pub warnings: Vec<String>,
}

impl CurveState {
    /// What [`PlotData`] is to be made of.
    pub fn shape(&self) -> Shape {
        let folded = self.shown.as_ref().and_then(|c| self.periods.folded(&c.object_id));
        Shape { flux: self.flux, axis: self.axis, period_d: folded }
    }

    /// Makes the points anew, after the object or the way it is shown has changed.
    pub fn prepare(&mut self) {
        let shape = self.shape();
        self.data = self.shown.as_ref().map(|c| Arc::new(PlotData::new(c, shape)));
        self.band = self.band.filter(|b| self.data.as_ref().is_some_and(|d| d.series.iter().any(|s| s.band == *b)));
    }

    /// Forgets what belongs to one object alone.
    pub fn select(&mut self, curve: Option<Arc<LightCurve>>) {
        self.shown = curve;
        self.window = Window::default();
        self.chosen = None;
        self.grip = None;
        if let Some(influence) = self.influence.take() {
            influence.stop();
        }
        self.periods.stop();
        self.history.clear();
    }

    /// The ranges of x and y that are seen.
    pub fn ranges(&self, data: &PlotData) -> ((f64, f64), (f64, f64)) {
        let (x, y) = data.range(|band| !self.hidden.contains(&band));
        (self.window.x.unwrap_or(x), self.window.y.unwrap_or(y))
    }
}
