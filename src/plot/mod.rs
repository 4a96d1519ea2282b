//! Figures as SVG and PNG files (plotters). Knows trees, probabilities and light curves; no screens, no arguments, no models.
//!
//! A figure is a [`Figure`]: it has a size and draws itself on a [`Canvas`], the same way for both kinds of file. `output` writes it,
//! `font` has the letters, `theme` the colours.

pub mod canvas;
pub mod chart;
pub mod font;
pub mod lightcurve;
pub mod matrix;
pub mod output;
pub mod theme;
pub mod tree;

pub use canvas::{Anchor, Canvas};
pub use chart::{Axis, Chart, Series};
pub use lightcurve::{Evolution, ObjectFigure, ObjectOptions, Part, Shown, TimeAxis, save_object};
pub use matrix::Matrix;
pub use output::{Figure, FigureError, Format, png, save, svg};
pub use theme::{Background, Theme};
pub use tree::{Cascade, TreeFigure, TreeOptions, Values};
