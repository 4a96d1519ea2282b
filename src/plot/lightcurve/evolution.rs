//! How the probabilities of a level's classes rose and fell, as stacked areas. Knows no models: probabilities are given.

use super::axis::Axis;
use super::marks::colour;
use crate::cascade::Poured;
use crate::plot::canvas::{Canvas, clean};
use crate::plot::output::FigureError;
use crate::plot::theme::{Theme, mix};
use crate::taxonomy::Layout;
use plotters::style::RGBColor;
use plotters_backend::DrawingBackend;

/// Areas with a colour of their own; the rest are one.
const MOST: usize = 7;

/// Which classes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Those of a level below the root (1: its children), and those that end above it.
    Level(u32),
    /// The children of a class (its slot); of a leaf the class alone. None: the children of the root.
    Below(Option<usize>),
}

/// A class against time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Class {
    pub name: String,
    /// One per epoch.
    pub p: Vec<f64>,
}

/// Classes against time. An answer holds until the next epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Evolution {
    pub(super) mjd: Vec<f64>,
    pub(super) classes: Vec<Class>,
    /// The last class stands for several.
    rest: bool,
    /// The class whose children these are, if that is not the root.
    pub(super) of: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Evolution {
    /// Probabilities on a tree at each of the times (MJD, in order). Classes that are not in the model have no area; of more than seven the
    /// least probable ones are put together.
    pub fn new(layout: &Layout, mjd: &[f64], poured: &[Poured], shown: Shown) -> Evolution {
        let slots: Vec<usize> = match shown {
            Shown::Level(level) => layout.cut(level.max(1)),
            Shown::Below(Some(slot)) if layout.is_atom(slot) => vec![slot],
            Shown::Below(slot) => layout.children(slot).to_vec(),
        };
        let of = |slot: usize| -> Vec<f64> { poured.iter().map(|p| p.p.get(slot).copied().flatten().unwrap_or(0.0)).collect() };
        let known = |slot: &usize| poured.iter().any(|p| p.p.get(*slot).is_some_and(|v| v.is_some()));
        let mut classes: Vec<Class> =
            slots.iter().filter(|s| known(s)).map(|s| Class { name: clean(&layout.slots[*s].name), p: of(*s) }).collect();
        let rest = classes.len() > MOST;
        if rest {
            // Those that were most probable at any time, in the order of the tree.
            let peak = |c: &Class| c.p.iter().copied().fold(0.0, f64::max);
            let mut order: Vec<usize> = (0..classes.len()).collect();
            order.sort_by(|a, b| peak(&classes[*b]).total_cmp(&peak(&classes[*a])));
            order.truncate(MOST - 1);
            let (kept, others): (Vec<_>, Vec<_>) = classes.into_iter().enumerate().partition(|(i, _)| order.contains(i));
            let sum = (0..mjd.len()).map(|t| others.iter().filter_map(|(_, c)| c.p.get(t)).sum()).collect();
            classes = kept.into_iter().map(|(_, c)| c).collect();
            classes.push(Class { name: format!("{} other classes", others.len()), p: sum });
        }
        let of = match shown {
            Shown::Below(Some(slot)) if !layout.is_atom(slot) => layout.slots.get(slot).map(|s| clean(&s.name)),
            _ => None,
        };
        // The white above the areas: of the whole it is what lies at a node above.
        let left = |t: usize| 1.0 - classes.iter().filter_map(|c| c.p.get(t)).sum::<f64>();
        let notes = match shown {
            Shown::Below(Some(_)) => vec!["White: other branches.".to_string()],
            _ if (0..mjd.len()).any(|t| left(t) > 1e-3) => vec!["White: the model can't tell in which of these.".into()],
            _ => Vec::new(),
        };
        Evolution { mjd: mjd.to_vec(), classes, rest, of, notes }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.mjd.is_empty() || self.classes.is_empty()
    }

    /// The colour of a class.
    pub(super) fn colour(&self, class: usize, theme: &Theme) -> RGBColor {
        if self.rest && class + 1 == self.classes.len() {
            return mix(theme.background, theme.line, 0.5);
        }
        // Other colours come first than for bands, whose plot is beside this one.
        const ORDER: [usize; 7] = [2, 4, 3, 5, 0, 1, 6];
        mix(theme.background, colour(theme, ORDER[class % ORDER.len()]), 0.8)
    }

    /// Draws the areas. The times of `x` are those that were given, less what the caller made of them: see [`Evolution::shift`].
    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>, x: &Axis, y: &Axis, theme: &Theme) -> Result<(), FigureError> {
        let mut base = vec![0.0; self.mjd.len()];
        for (i, class) in self.classes.iter().enumerate() {
            let top: Vec<f64> = base.iter().zip(&class.p).map(|(b, p)| (b + p).min(1.0)).collect();
            let mut corners = Vec::with_capacity(4 * top.len());
            let end = |t: usize| self.mjd.get(t + 1).map_or(x.to, |v| x.clamped(*v));
            for (t, (v, mjd)) in top.iter().zip(&self.mjd).enumerate() {
                corners.push((x.clamped(*mjd), y.clamped(*v)));
                corners.push((end(t), y.clamped(*v)));
            }
            for (t, (v, mjd)) in base.iter().zip(&self.mjd).enumerate().rev() {
                corners.push((end(t), y.clamped(*v)));
                corners.push((x.clamped(*mjd), y.clamped(*v)));
            }
            if class.p.iter().any(|p| *p > 1e-4) {
                canvas.polygon(&corners, self.colour(i, theme))?;
            }
            base = top;
        }
        Ok(())
    }

    /// The same with other times, as those of an axis.
    pub(super) fn shift(mut self, time: impl Fn(f64) -> f64) -> Evolution {
        for t in &mut self.mjd {
            *t = time(*t);
        }
        self
    }
}
