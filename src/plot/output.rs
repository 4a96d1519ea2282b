//! From a figure to a file: SVG or PNG, by the name's extension, whole or not at all. Knows no figure.

use super::canvas::{Canvas, clean};
use super::font;
use crate::taxonomy::printable;
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters_backend::DrawingBackend;
use std::path::{Path, PathBuf};

/// Points of an SVG per unit of the figure: plotters knows whole points only. The file says the size in units.
const SVG_SCALE: u32 = 10;
/// Pixels of a PNG per unit of the figure: sharp in print.
const PNG_SCALE: u32 = 2;
/// A PNG is drawn larger by this and scaled down, because bitmaps are drawn with hard edges.
const SMOOTH: u32 = 2;
/// Longest side of a figure in units.
const MAX_SIDE: u32 = 100_000;
/// Most pixels that are held in memory at once.
const MAX_PIXELS: u64 = 100_000_000;
/// From a hanging text's point to its baseline, in em: plotters' SVG says `dy="0.76em"`, its bitmaps half of the font's size.
const SVG_BASELINE_EM: f64 = 0.76;
const PNG_BASELINE_EM: f64 = font::SIZE_PER_EM / 2.0;

/// Something that can be drawn.
pub trait Figure {
    /// Width and height in units, which are the pixels of an SVG in a browser.
    fn size(&self) -> (u32, u32);

    /// What it shows, for those who can't see it. Part of an SVG.
    fn title(&self) -> String;

    /// Draws itself: the one code for every kind of file.
    fn draw<DB: DrawingBackend>(&self, canvas: &mut Canvas<DB>) -> Result<(), FigureError>;
}

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// Neither .svg nor .png.
    #[error("{}: a figure has to end in .svg or .png", printable(&.0.to_string_lossy()))]
    Format(PathBuf),
    /// Wider or higher than a file should be.
    #[error("a figure of {0} x {1} pixels is too large")]
    TooLarge(u32, u32),
    /// There is nothing to draw.
    #[error("{}: the light curve has no points: there is nothing to draw", printable(.0))]
    Empty(String),
    /// plotters refused.
    #[error("the figure can't be drawn: {0}")]
    Draw(String),
    /// The file can't be written.
    #[error("{}: can't be written: {reason}", printable(&.path.to_string_lossy()))]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
}

impl FigureError {
    pub(super) fn draw(error: impl std::fmt::Display) -> Self {
        FigureError::Draw(error.to_string())
    }
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Scalable, text stays text.
    Svg,
    /// Pixels.
    Png,
}

impl Format {
    /// By the name's extension.
    pub fn of(path: &Path) -> Result<Format, FigureError> {
        let extension = path.extension().map(|e| e.to_ascii_lowercase());
        match extension.as_ref().and_then(|e| e.to_str()) {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            _ => Err(FigureError::Format(path.to_path_buf())),
        }
    }
}

/// The figure as SVG. The same figure gives the same bytes.
pub fn svg(figure: &impl Figure) -> Result<String, FigureError> {
    font::register()?;
    let mut text = String::new();
    let (w, h) = figure.size();
    if w.max(h) > MAX_SIDE {
        return Err(FigureError::TooLarge(w, h));
    }
    let points = (w * SVG_SCALE, h * SVG_SCALE);
    let mut canvas = Canvas::new(SVGBackend::with_string(&mut text, points), f64::from(SVG_SCALE), SVG_BASELINE_EM);
    figure.draw(&mut canvas)?;
    canvas.area.present().map_err(FigureError::draw)?;
    drop(canvas);
    let title = clean(&figure.title()).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // The first line is the opening tag; the view box in it stays.
    let size = format!("width=\"{}\" height=\"{}\"", points.0, points.1);
    let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
    let head = head.replace(&size, &format!("width=\"{w}\" height=\"{h}\""));
    Ok(format!("{head}\n<title>{title}</title>\n{body}"))
}

/// The figure as PNG, with two pixels to a unit (one where it is very large).
pub fn png(figure: &impl Figure) -> Result<Vec<u8>, FigureError> {
    font::register()?;
    let (w, h) = figure.size();
    let pixels = |n: u32| u64::from(w) * u64::from(h) * u64::from(n).pow(2);
    let (scale, smooth) = [(PNG_SCALE, SMOOTH), (PNG_SCALE, 1), (1, 1)]
        .into_iter()
        .find(|(scale, smooth)| pixels(scale * smooth) <= MAX_PIXELS)
        .ok_or(FigureError::TooLarge(w, h))?;
    let n = scale * smooth;
    let mut buffer = vec![0u8; pixels(n) as usize * 3];
    let mut canvas = Canvas::new(BitMapBackend::with_buffer(&mut buffer, (w * n, h * n)), f64::from(n), PNG_BASELINE_EM);
    figure.draw(&mut canvas)?;
    canvas.area.present().map_err(FigureError::draw)?;
    drop(canvas);
    let small = shrink(&buffer, (w * n) as usize, smooth as usize);
    drop(buffer);
    encode(&small, w * scale, h * scale)
}

/// Means of squares of `n` by `n` pixels.
fn shrink(rgb: &[u8], width: usize, n: usize) -> Vec<u8> {
    if n <= 1 || width < n {
        return rgb.to_vec();
    }
    let mut out = Vec::with_capacity(rgb.len() / (n * n));
    let mut sums = vec![0u32; width / n * 3];
    for rows in rgb.chunks_exact(width * 3 * n) {
        sums.fill(0);
        for row in rows.chunks_exact(width * 3) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * n)) {
                for pixel in square.chunks_exact(3) {
                    for (s, v) in sum.iter_mut().zip(pixel) {
                        *s += u32::from(*v);
                    }
                }
            }
        }
        let area = (n * n) as u32;
        out.extend(sums.iter().map(|s| ((s + area / 2) / area) as u8));
    }
    out
}

fn encode(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, FigureError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(FigureError::draw)?;
    writer.write_image_data(rgb).map_err(FigureError::draw)?;
    writer.finish().map_err(FigureError::draw)?;
    Ok(out)
}

/// Writes a figure, the kind by the name's extension.
pub fn save(figure: &impl Figure, path: &Path) -> Result<(), FigureError> {
    let bytes = match Format::of(path)? {
        Format::Svg => svg(figure)?.into_bytes(),
        Format::Png => png(figure)?,
    };
    let write = |file: &mut dyn std::io::Write| file.write_all(&bytes);
    crate::atomic::write(path, write).map_err(|reason| FigureError::Write { path: path.to_path_buf(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_extension() {
        assert_eq!(Format::of(Path::new("a/b.SVG")).unwrap(), Format::Svg);
        assert_eq!(Format::of(Path::new("b.png")).unwrap(), Format::Png);
        let e = Format::of(Path::new("b.pdf")).unwrap_err().to_string();
        assert!(e.contains("b.pdf") && e.contains(".svg"), "{e}");
    }

    #[test]
    fn squares_are_averaged() {
        // Two rows of four pixels: each square of four gives its mean.
        let row = [[0u8; 3], [100; 3], [10; 3], [10; 3]].concat();
        let rgb = [row.clone(), row].concat();
        assert_eq!(shrink(&rgb, 4, 2), [50, 50, 50, 10, 10, 10]);
    }
}
