//! The letters of the figures: a font that is part of the program (Roboto, Apache-2.0, see assets/), how wide its text is, and cutting.
//! Knows no figure.

use super::output::FigureError;
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::collections::HashMap;
use std::sync::OnceLock;
use unicode_width::UnicodeWidthChar;

/// The name that the font is registered by: in an SVG it is the list of families that a browser tries.
pub const FAMILY: &str = "Roboto, Helvetica, Arial, sans-serif";
/// plotters' size of a font, in em: what its SVG backend divides by, and what the fonts' heights were set to.
pub const SIZE_PER_EM: f64 = 1.24;
/// Width of a letter that the font lacks, in em and terminal columns: an SVG shows it in a font of the reader's.
const UNKNOWN_EM_PER_COLUMN: f64 = 0.56;
/// What a browser takes instead of the font may be so much wider: room that lines keep free.
pub const FALLBACK: f64 = 1.1;
/// Stands for what was cut away.
const ELLIPSIS: char = '…';

/// The letters that the fonts have, as tools/subset_font.py leaves them.
const LETTERS: &[(char, char)] = &[
    (' ', '~'),
    ('\u{a0}', '\u{17f}'),
    ('\u{300}', '\u{377}'),
    ('\u{37a}', '\u{37f}'),
    ('\u{384}', '\u{38a}'),
    ('\u{38c}', '\u{38c}'),
    ('\u{38e}', '\u{3a1}'),
    ('\u{3a3}', '\u{3e1}'),
    ('\u{3f0}', '\u{45f}'),
    ('\u{2010}', '\u{2027}'),
    ('\u{2030}', '\u{203a}'),
    ('\u{2070}', '\u{2071}'),
    ('\u{2074}', '\u{208e}'),
    ('\u{2090}', '\u{209c}'),
    ('\u{2211}', '\u{2212}'),
    ('\u{221e}', '\u{221e}'),
    ('\u{2248}', '\u{2248}'),
    ('\u{2264}', '\u{2265}'),
];

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Upright.
    Regular,
    /// For what is to be seen first.
    Bold,
    /// For what is no class of its own, as residuals.
    Italic,
}

impl Face {
    /// All of them.
    pub const ALL: [Face; 3] = [Face::Regular, Face::Bold, Face::Italic];

    fn style(self) -> FontStyle {
        match self {
            Face::Regular => FontStyle::Normal,
            Face::Bold => FontStyle::Bold,
            Face::Italic => FontStyle::Italic,
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Face::Regular => include_bytes!("../../assets/Roboto-Regular.subset.ttf"),
            Face::Bold => include_bytes!("../../assets/Roboto-Bold.subset.ttf"),
            Face::Italic => include_bytes!("../../assets/Roboto-Italic.subset.ttf"),
        }
    }
}

/// Makes the fonts known to plotters, once. Without it nothing can be drawn, not even an SVG.
pub fn register() -> Result<(), FigureError> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let all = || Face::ALL.iter().all(|face| register_font(FAMILY, face.style(), face.bytes()).is_ok());
    if *DONE.get_or_init(all) { Ok(()) } else { Err(FigureError::Draw("the program's own font can't be read".into())) }
}

/// The font with letters `em` pixels high.
pub fn desc(em: f64, face: Face) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), em * SIZE_PER_EM, face.style())
}

/// Whether the fonts have the letter; one that they lack is a box in a PNG.
pub fn has(letter: char) -> bool {
    LETTERS.iter().any(|(low, high)| (*low..=*high).contains(&letter))
}

/// Advance of every letter in em, by face.
fn advances() -> &'static [HashMap<char, f64>; 3] {
    static ADVANCES: OnceLock<[HashMap<char, f64>; 3]> = OnceLock::new();
    const MEASURED_EM: f64 = 1000.0;
    ADVANCES.get_or_init(|| {
        // Where that fails, drawing says so.
        let _ = register();
        Face::ALL.map(|face| {
            let desc = desc(MEASURED_EM, face);
            let letters = LETTERS.iter().flat_map(|(low, high)| *low..=*high);
            letters
                .filter_map(|c| {
                    let ((left, _), (right, _)) = desc.layout_box(c.encode_utf8(&mut [0; 4])).ok()?;
                    Some((c, f64::from(right - left) / MEASURED_EM))
                })
                .collect()
        })
    })
}

fn advance(letter: char, face: Face) -> f64 {
    let known = advances().get(face as usize).and_then(|a| a.get(&letter)).copied();
    known.unwrap_or_else(|| letter.width().unwrap_or(0) as f64 * UNKNOWN_EM_PER_COLUMN)
}

/// Width of a text in pixels with letters `em` pixels high.
pub fn width(text: &str, em: f64, face: Face) -> f64 {
    text.chars().map(|c| advance(c, face)).sum::<f64>() * em
}

/// The text, or as much of its beginning as there is room for, with an ellipsis.
pub fn fit(text: &str, em: f64, face: Face, room: f64) -> String {
    if width(text, em, face) <= room {
        return text.to_string();
    }
    let mut left = room - advance(ELLIPSIS, face) * em;
    let mut out = String::new();
    for c in text.chars() {
        left -= advance(c, face) * em;
        if left < 0.0 {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out.push(ELLIPSIS);
    out
}

/// The text in lines of at most `room` pixels, with some to spare for other fonts, and at most `lines` of them; the last one is cut where more is left.
pub fn wrap(text: &str, em: f64, face: Face, room: f64, lines: usize) -> Vec<String> {
    let room = room / FALLBACK;
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = out.len() >= lines;
        match out.last_mut() {
            Some(line) if full || width(line, em, face) + width(" ", em, face) + width(word, em, face) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => out.push(word.to_string()),
        }
    }
    out.iter().map(|line| fit(line, em, face, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_and_cut() {
        register().unwrap();
        let w = |t: &str| width(t, 12.0, Face::Regular);
        assert!(w("iiii") < w("MMMM") && (w("ab") - w("a") - w("b")).abs() < 1e-9);
        assert!((5.0..8.0).contains(&w("n")), "{}", w("n"));
        assert!(w("超新星") > 3.0 * 12.0 && !has('超') && has('λ'));
        assert_eq!(fit("SN Ia", 12.0, Face::Regular, 100.0), "SN Ia");
        let cut = fit("SN Ia of a very long name", 12.0, Face::Regular, 60.0);
        assert!(cut.ends_with('…') && w(&cut) <= 60.0 && cut.starts_with("SN Ia"), "{cut}");
        assert_eq!(fit("anything", 12.0, Face::Regular, 0.0), "…");
    }

    #[test]
    fn lines_are_broken_at_words() {
        register().unwrap();
        let text = "one two three four five six seven eight nine ten";
        let lines = wrap(text, 10.0, Face::Regular, 80.0, 20);
        assert!(lines.len() > 2 && lines.join(" ") == text, "{lines:?}");
        let lines = wrap(text, 10.0, Face::Regular, 80.0, 2);
        assert!(lines.len() == 2 && lines[1].ends_with('…'), "{lines:?}");
        assert!(wrap("", 10.0, Face::Regular, 80.0, 2).is_empty());
    }

    #[test]
    fn the_fonts_are_small() {
        assert!(Face::ALL.iter().map(|f| f.bytes().len()).sum::<usize>() < 150_000);
    }

    #[test]
    fn every_face_has_the_letters_that_figures_use() {
        register().unwrap();
        for face in Face::ALL {
            for c in "αβλδ·×≤≥±−…–“”0123456789<&\"".chars() {
                assert!(has(c) && advance(c, face) > 0.0, "{c}");
            }
        }
    }
}
