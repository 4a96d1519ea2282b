//! One object as a figure: its light curve with the cascade beside it, and below it the history of its probabilities and the folded light
//! curve, as far as they are asked for. Knows no models and no files: answers are given.
//!
//! `points` and `evolution` make numbers of the plots, `panel` draws one plot, this file puts them side by side.

mod axis;
mod evolution;
mod legend;
mod marks;
mod panel;
mod points;
#[cfg(test)]
mod tests;
mod thin;

use super::canvas::{Anchor, Canvas, clean};
use super::font::{self, Face};
use super::output::{Figure, FigureError, save};
use super::theme::Theme;
use super::tree::{Cascade, TreeFigure, TreeOptions, Values};
use crate::lightcurve::LightCurve;
use crate::taxonomy::{Layout, Taxonomy};
pub use evolution::{Evolution, Shown};
use panel::{Frame, Panel};
use plotters_backend::DrawingBackend;
use points::{Points, Time};
use std::path::Path;

const MARGIN: f64 = 20.0;
const TITLE_EM: f64 = 17.0;
const SMALL_EM: f64 = 10.0;
const LINE: f64 = 14.0;
/// Between the light curve and the cascade.
const BETWEEN: f64 = 12.0;
/// Between two plots.
const GAP: f64 = 14.0;
/// Width of the plots where no size is asked for, and their least.
const WIDTH: (f64, f64) = (540.0, 240.0);
/// Heights of the frames where no size is asked for, and their least.
const CURVE: (f64, f64) = (290.0, 110.0);
const FOLDED: (f64, f64) = (230.0, 100.0);
const CLASSES: (f64, f64) = (150.0, 70.0);
/// Where the cascade is longer than the plots, these grow up to so many times.
const STRETCH: f64 = 1.7;

/// What the level axis of the light curve is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeAxis {
    /// Days since the first detection.
    #[default]
    Days,
    /// MJD less a round number.
    Mjd,
}

/// One answer of a model, on the tree that is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Part<'p> {
    /// The tree.
    pub taxonomy: &'p Taxonomy,
    /// Its layout.
    pub layout: &'p Layout,
    /// Probabilities and decision.
    pub cascade: &'p Cascade,
}

/// How the figure is to be, and what is in it besides the light curve.
#[derive(Debug, Clone)]
pub struct ObjectOptions<'p> {
    /// The title; without it the object's name.
    pub title: Option<String>,
    /// Below the title, in small letters.
    pub subtitle: Option<String>,
    /// Flux and not magnitude.
    pub flux: bool,
    /// The level axis.
    pub time: TimeAxis,
    /// Fold on this period (days, positive) in a plot of its own.
    pub period_d: Option<f64>,
    /// The tree with the probabilities beside the light curve.
    pub cascade: Option<Part<'p>>,
    /// Classes against time below it.
    pub history: Option<Evolution>,
    /// Width and height in units (pixels of an SVG). The figure is larger where it has to be.
    pub size: Option<(u32, u32)>,
    /// Colours.
    pub theme: &'static Theme,
}

impl ObjectOptions<'_> {
    /// The light curve alone.
    pub fn new(theme: &'static Theme) -> Self {
        ObjectOptions {
            title: None,
            subtitle: None,
            flux: false,
            time: TimeAxis::Days,
            period_d: None,
            cascade: None,
            history: None,
            size: None,
            theme,
        }
    }
}

/// An object, ready to be drawn.
pub struct ObjectFigure {
    theme: &'static Theme,
    title: String,
    head: Vec<String>,
    summary: String,
    panels: Vec<(Panel, Frame)>,
    tree: Option<(TreeFigure, (f64, f64))>,
    size: (f64, f64),
}

impl ObjectFigure {
    /// Works out what stands where. A light curve without any point is an error.
    pub fn new(lc: &LightCurve, options: &ObjectOptions) -> Result<ObjectFigure, FigureError> {
        font::register()?;
        let theme = options.theme;
        let asked = options.size.map(|(w, h)| (f64::from(w), f64::from(h)));
        let tree = options.cascade.map(|part| tree_of(part, options.theme, asked));
        let tree_size = tree.as_ref().map(|t| t.size()).map_or((0.0, 0.0), |(w, h)| (f64::from(w), f64::from(h)));
        let beside = if tree.is_some() { tree_size.0 + BETWEEN - MARGIN } else { 0.0 };
        let width = asked.map_or(WIDTH.0, |(w, _)| w - 2.0 * MARGIN - beside).max(WIDTH.1);
        let title = options.title.clone().unwrap_or_else(|| lc.object_id.clone());
        let subtitle = options.subtitle.clone().unwrap_or_else(|| about(lc));
        let head = font::wrap(&clean(&subtitle), SMALL_EM, Face::Regular, width, 3);
        let summary = clean(&format!("{title}: {subtitle}"));

        let panels = panels(lc, options, width)?;
        // The frames' heights: as they are, grown to the cascade's height or to the size that is asked for.
        let top = MARGIN + TITLE_EM + 4.0 + head.len() as f64 * LINE + 6.0;
        let around: f64 = panels.iter().map(|(p, _)| p.around(width)).map(|(a, b)| a + b).sum();
        let fixed = top + around + GAP * panels.len().saturating_sub(1) as f64 + MARGIN;
        let natural: f64 = panels.iter().map(|(_, h)| h.0).sum();
        let wanted = asked.map_or(tree_size.1, |(_, h)| h) - fixed;
        let factor = if asked.is_some() { (wanted / natural).max(0.0) } else { (wanted / natural).clamp(1.0, STRETCH) };
        let heights: Vec<f64> = panels.iter().map(|(_, h)| (h.0 * factor).max(h.1).round()).collect();
        let left = MARGIN + panels.iter().zip(&heights).map(|((p, _), h)| p.margin(*h)).fold(0.0, f64::max);
        let right = MARGIN + width;
        let mut y = top;
        let mut placed = Vec::with_capacity(panels.len());
        for ((panel, _), height) in panels.into_iter().zip(heights) {
            let (above, below) = panel.around(width);
            let frame = Frame { left, top: y + above, right, bottom: y + above + height };
            y = frame.bottom + below + GAP;
            placed.push((panel, frame));
        }
        let bottom = y - GAP + MARGIN;
        let size = (right + if tree.is_some() { BETWEEN + tree_size.0 - MARGIN } else { 0.0 } + MARGIN, bottom.max(tree_size.1));
        let size = asked.map_or(size, |(w, h)| (size.0.max(w), size.1.max(h)));
        let title = font::fit(&clean(&title), TITLE_EM, Face::Bold, width);
        let tree = tree.map(|t| (t, (right + BETWEEN - MARGIN + MARGIN, 0.0)));
        Ok(ObjectFigure { theme, title, head, summary, panels: placed, tree, size })
    }
}

/// Draws an object into a file, SVG or PNG by its name.
pub fn save_object(lc: &LightCurve, options: &ObjectOptions, path: &Path) -> Result<(), FigureError> {
    save(&ObjectFigure::new(lc, options)?, path)
}

/// A plot with the heights of its frame: usual and least.
type PanelHeights = (Panel, (f64, f64));

/// The plots.
fn panels(lc: &LightCurve, options: &ObjectOptions, width: f64) -> Result<Vec<PanelHeights>, FigureError> {
    let empty = || FigureError::Empty(lc.object_id.clone());
    let theme = options.theme;
    let time = match options.time {
        TimeAxis::Days => Time::days(lc),
        TimeAxis::Mjd => Time::mjd(lc),
    };
    // The legend stands above the frame, which is narrower by the labels at its left.
    let inner = width - 50.0;
    let points = Points::new(lc, options.flux, time).ok_or_else(empty)?;
    let x_title = time.title(lc.photometry);
    let curve = Panel::points(points, x_title.clone(), theme, inner);
    let x = curve.x();
    let mut out = vec![(curve, CURVE)];
    if let Some(evolution) = options.history.as_ref().filter(|e| !e.is_empty()) {
        let evolution = evolution.clone().shift(|t| time.of(t));
        out.push((Panel::classes(evolution, x, x_title, theme, inner), CLASSES));
    }
    if let Some(period_d) = options.period_d.filter(|p| p.is_finite() && *p > 0.0) {
        let epoch_mjd = lc.observations.iter().find(|o| !o.is_limit()).map_or(0.0, |o| o.mjd);
        let phase = Time::Phase { period_d, epoch_mjd };
        if let Some(points) = Points::new(lc, options.flux, phase) {
            out.push((Panel::points(points, phase.title(lc.photometry), theme, inner), FOLDED));
        }
    }
    Ok(out)
}

/// The tree, folded as far as a size that is asked for needs it.
fn tree_of(part: Part, theme: &'static Theme, asked: Option<(f64, f64)>) -> TreeFigure {
    let width = asked.map(|(w, _)| (w * 0.5).round().max(1.0) as u32);
    let make = |depth| {
        let options = TreeOptions { depth, width, theme };
        TreeFigure::new(part.taxonomy, part.layout, Values::Probabilities(part.cascade), &options)
    };
    let whole = make(None);
    let Some((_, height)) = asked else { return whole };
    let deepest = part.layout.slots.iter().map(|s| s.depth as usize).max().unwrap_or(1).min(super::tree::outline::MAX_DEPTH);
    let fits = |t: &TreeFigure| f64::from(t.size().1) <= height;
    if fits(&whole) { whole } else { (1..deepest).rev().map(|d| make(Some(d))).find(fits).unwrap_or_else(|| make(Some(1))) }
}

/// What is said of a light curve below the title.
fn about(lc: &LightCurve) -> String {
    let (n, limits) = (lc.n_measurements(), lc.observations.len() - lc.n_measurements());
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let mut parts = Vec::new();
    if !lc.survey.is_empty() {
        parts.push(lc.survey.clone());
    }
    parts.push(format!("{} photometry", lc.photometry.name()));
    parts.push(format!("{n} point{}", s(n)));
    if limits > 0 {
        parts.push(format!("{limits} limit{}", s(limits)));
    }
    if let (Some(a), Some(b)) = (lc.observations.first(), lc.observations.last()) {
        parts.push(if a.mjd == b.mjd { format!("MJD {:.1}", a.mjd) } else { format!("MJD {:.1} to {:.1}", a.mjd, b.mjd) });
    }
    parts.join(" · ")
}

impl Figure for ObjectFigure {
    fn size(&self) -> (u32, u32) {
        (self.size.0.ceil() as u32, self.size.1.ceil() as u32)
    }

    fn title(&self) -> String {
        self.summary.clone()
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        let theme = self.theme;
        canvas.fill(theme.background)?;
        let mut y = MARGIN + TITLE_EM * 0.8;
        canvas.text((MARGIN, y), &self.title, TITLE_EM, Face::Bold, Anchor::Start, theme.ink)?;
        y += 4.0;
        for line in &self.head {
            y += LINE;
            canvas.text((MARGIN, y), line, SMALL_EM, Face::Regular, Anchor::Start, theme.faint)?;
        }
        for (panel, frame) in &self.panels {
            panel.draw(canvas, *frame, theme)?;
        }
        if let Some((tree, origin)) = &self.tree {
            canvas.set_origin(*origin);
            tree.paint(canvas)?;
            canvas.set_origin((0.0, 0.0));
        }
        Ok(())
    }
}
