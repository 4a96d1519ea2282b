//! A plain chart: lines of points in a frame with two axes and a legend. Knows no tree and no light curve.

use super::canvas::{Anchor, Canvas, clean};
use super::font::{self, Face};
use super::output::{Figure, FigureError};
use super::theme::{Theme, mix};
use plotters_backend::DrawingBackend;

const EM: f64 = 10.0;
const LEFT: f64 = 52.0;
/// The title, and below it what the upright axis is.
const TOP: f64 = 46.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 44.0;
const LINE: f64 = 15.0;

/// One line of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// In the legend; none if empty.
    pub name: String,
    /// In order. Those that are no numbers are left out.
    pub points: Vec<(f64, f64)>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it is.
    pub title: String,
    /// Ends.
    pub range: (f64, f64),
    /// Where it has labels, and which.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From 0 to 1 in fifths.
    pub fn unit(title: &str) -> Axis {
        let ticks = (0..=5).map(|i| f64::from(i) / 5.0).map(|v| (v, format!("{v:.1}"))).collect();
        Axis { title: title.into(), range: (0.0, 1.0), ticks }
    }

    /// Up to 1, from the greatest fifth that is no more than `least`.
    pub fn upper(title: &str, least: f64) -> Axis {
        // A NaN is no bound.
        let least = if least.is_nan() { 0.0 } else { least.clamp(0.0, 0.8) };
        let from = (least * 5.0 + 1e-9).floor() / 5.0;
        let step = if from < 0.55 { 0.1 } else { 0.05 };
        let n = ((1.0 - from) / step).round() as usize;
        let ticks = (0..=n).map(|i| from + i as f64 * step).map(|v| (v, format!("{v:.2}"))).collect();
        Axis { title: title.into(), range: (from, 1.0), ticks }
    }

    /// One place for each name, evenly.
    pub fn names(title: &str, names: &[String]) -> Axis {
        let ticks = names.iter().enumerate().map(|(i, n)| (i as f64, n.clone())).collect();
        Axis { title: title.into(), range: (-0.3, names.len().max(1) as f64 - 0.7), ticks }
    }

    /// From 0 to at least `most`, in round steps.
    pub fn upto(title: &str, most: f64) -> Axis {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let step = 10f64.powf((most / 5.0).log10().ceil());
        let step = [step / 5.0, step / 2.0, step].into_iter().find(|s| most / s <= 6.0).unwrap_or(step);
        let n = (most / step).ceil().max(1.0) as usize;
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let ticks = (0..=n).map(|i| (i as f64 * step, format!("{:.decimals$}", i as f64 * step))).collect();
        Axis { title: title.into(), range: (0.0, n as f64 * step), ticks }
    }

    /// Share of the way from the first end to the last.
    fn share(&self, value: f64) -> f64 {
        (value - self.range.0) / (self.range.1 - self.range.0)
    }
}

/// A chart, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Above it.
    pub title: String,
    /// Level axis.
    pub x: Axis,
    /// Upright axis.
    pub y: Axis,
    /// Lines; of more than seven the colours come again.
    pub series: Vec<Series>,
    /// A thin line from corner to corner, for what should be equal.
    pub diagonal: bool,
    /// Colours.
    pub theme: &'static Theme,
    /// Width and height of the frame.
    pub frame: (f64, f64),
}

impl Chart {
    fn named(&self) -> impl Iterator<Item = (usize, &Series)> {
        self.series.iter().enumerate().filter(|(_, s)| !s.name.is_empty())
    }
}

impl Figure for Chart {
    fn size(&self) -> (u32, u32) {
        let legend = self.named().count() as f64 * LINE;
        ((LEFT + self.frame.0 + RIGHT).ceil() as u32, (TOP + self.frame.1 + BOTTOM + legend).ceil() as u32)
    }

    fn title(&self) -> String {
        self.title.clone()
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError> {
        let theme = self.theme;
        canvas.fill(theme.background)?;
        let (w, h) = self.frame;
        let at = |x: f64, y: f64| (LEFT + self.x.share(x) * w, TOP + (1.0 - self.y.share(y)) * h);
        let title = font::fit(&clean(&self.title), 13.0, Face::Bold, LEFT + w);
        canvas.text((8.0, 20.0), &title, 13.0, Face::Bold, Anchor::Start, theme.ink)?;
        let grid = mix(theme.background, theme.line, 0.3);
        for (value, label) in &self.y.ticks {
            let (_, y) = at(self.x.range.0, *value);
            canvas.line((LEFT, y), (LEFT + w, y), 0.6, grid)?;
            canvas.text((LEFT - 6.0, y + 3.5), label, EM, Face::Regular, Anchor::End, theme.faint)?;
        }
        for (value, label) in &self.x.ticks {
            let (x, _) = at(*value, self.y.range.0);
            canvas.line((x, TOP), (x, TOP + h), 0.6, grid)?;
            canvas.text((x, TOP + h + 14.0), label, EM, Face::Regular, Anchor::Middle, theme.faint)?;
        }
        canvas.text((LEFT + w / 2.0, TOP + h + 32.0), &self.x.title, EM, Face::Regular, Anchor::Middle, theme.ink)?;
        canvas.text((LEFT, TOP - 6.0), &self.y.title, EM, Face::Regular, Anchor::Start, theme.faint)?;
        for (a, b) in [((0.0, 0.0), (w, 0.0)), ((0.0, h), (w, h)), ((0.0, 0.0), (0.0, h)), ((w, 0.0), (w, h))] {
            canvas.line((LEFT + a.0, TOP + a.1), (LEFT + b.0, TOP + b.1), 0.8, theme.line)?;
        }
        if self.diagonal {
            canvas.path(&[(LEFT, TOP + h), (LEFT + w, TOP)], 1.0, theme.line)?;
        }
        for (k, series) in self.series.iter().enumerate() {
            let colour = theme.series[k % theme.series.len()];
            let points: Vec<(f64, f64)> =
                series.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()).map(|&(x, y)| at(x, y)).collect();
            if points.len() > 1 {
                canvas.path(&points, 1.6, colour)?;
            }
            for &point in &points {
                canvas.disc(point, 2.6, colour)?;
            }
        }
        let mut y = TOP + h + BOTTOM + 4.0;
        for (k, series) in self.named() {
            let colour = theme.series[k % theme.series.len()];
            canvas.rect((LEFT, y - 5.0), (LEFT + 14.0, y - 2.0), colour)?;
            let name = font::fit(&clean(&series.name), EM, Face::Regular, w - 20.0);
            canvas.text((LEFT + 20.0, y), &name, EM, Face::Regular, Anchor::Start, theme.ink)?;
            y += LINE;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Background, svg};

    #[test]
    fn axes_in_round_steps() {
        assert_eq!(Axis::upto("x", 0.93).range, (0.0, 1.0));
        let a = Axis::upto("x", 2.7);
        assert_eq!((a.range, a.ticks.len()), ((0.0, 3.0), 7));
        assert_eq!(Axis::upto("x", f64::NAN).range, (0.0, 1.0));
        let a = Axis::upper("x", 0.83);
        assert_eq!((a.range, a.ticks.len()), ((0.8, 1.0), 5));
        assert_eq!(Axis::upper("x", 0.37).range, (0.2, 1.0));
        assert_eq!(Axis::upper("x", f64::NAN).range, (0.0, 1.0));
    }

    #[test]
    fn names_are_escaped_and_gaps_are_left_out() {
        let chart = Chart {
            title: "a < b".into(),
            x: Axis::names("age", &["3 d".into(), "<all>".into()]),
            y: Axis::unit("share"),
            series: vec![Series { name: "R&D <i>".into(), points: vec![(0.0, 0.5), (0.5, f64::NAN), (1.0, 0.7)] }],
            diagonal: true,
            theme: Background::Dark.theme(),
            frame: (300.0, 200.0),
        };
        let text = svg(&chart).unwrap();
        assert!(text.contains("R&amp;D &lt;i&gt;") && !text.contains("<i>") && !text.contains("NaN"));
        assert!(text.contains("<title>a &lt; b</title>"));
        assert_eq!(text.matches("<circle").count(), 2);
    }
}
