//! Colours of the figures, for white and for dark backgrounds. The palette is Okabe and Ito's (told apart by the colour blind), the ramp is
//! a part of viridis. Knows no figure.

use plotters::style::RGBColor;

/// What a figure is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Background {
    /// White: paper.
    #[default]
    Light,
    /// Nearly black: slides.
    Dark,
}

impl Background {
    /// All of them, the default first.
    pub const ALL: [Background; 2] = [Background::Light, Background::Dark];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Background::Light => "light",
            Background::Dark => "dark",
        }
    }

    /// Its colours.
    pub fn theme(self) -> &'static Theme {
        match self {
            Background::Light => &LIGHT,
            Background::Dark => &DARK,
        }
    }
}

/// The colours of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Behind all.
    pub background: RGBColor,
    /// Text and marks.
    pub ink: RGBColor,
    /// Text of less weight.
    pub faint: RGBColor,
    /// Branches, axes and grids.
    pub line: RGBColor,
    /// What the eye is to find first, as the decision's path.
    pub accent: RGBColor,
    /// Bars and fills that are no accent.
    pub fill: RGBColor,
    /// Series that have to be told apart, as bands.
    pub series: [RGBColor; 7],
    /// Low to high, in even steps.
    ramp: [RGBColor; 5],
}

const LIGHT: Theme = Theme {
    background: RGBColor(255, 255, 255),
    ink: RGBColor(0x1a, 0x1a, 0x1a),
    faint: RGBColor(0x66, 0x66, 0x66),
    line: RGBColor(0x9a, 0x9a, 0x9a),
    accent: RGBColor(0xd5, 0x5e, 0x00),
    fill: RGBColor(0x00, 0x72, 0xb2),
    series: [
        RGBColor(0x00, 0x9e, 0x73),
        RGBColor(0xd5, 0x5e, 0x00),
        RGBColor(0x00, 0x72, 0xb2),
        RGBColor(0xcc, 0x79, 0xa7),
        RGBColor(0xe6, 0x9f, 0x00),
        RGBColor(0x56, 0xb4, 0xe9),
        RGBColor(0x1a, 0x1a, 0x1a),
    ],
    ramp: [
        RGBColor(0x44, 0x01, 0x54),
        RGBColor(0x41, 0x44, 0x87),
        RGBColor(0x2a, 0x78, 0x8e),
        RGBColor(0x22, 0xa8, 0x84),
        RGBColor(0x7a, 0xd1, 0x51),
    ],
};

const DARK: Theme = Theme {
    background: RGBColor(0x16, 0x18, 0x1c),
    ink: RGBColor(0xee, 0xee, 0xee),
    faint: RGBColor(0xa8, 0xa8, 0xa8),
    line: RGBColor(0x75, 0x78, 0x80),
    accent: RGBColor(0xff, 0x9d, 0x3d),
    fill: RGBColor(0x56, 0xb4, 0xe9),
    series: [
        RGBColor(0x2f, 0xc8, 0x9a),
        RGBColor(0xff, 0x8a, 0x3c),
        RGBColor(0x56, 0xb4, 0xe9),
        RGBColor(0xe3, 0x9b, 0xc3),
        RGBColor(0xe6, 0x9f, 0x00),
        RGBColor(0xf0, 0xe4, 0x42),
        RGBColor(0xee, 0xee, 0xee),
    ],
    ramp: [
        RGBColor(0x3f, 0x6f, 0xa8),
        RGBColor(0x2a, 0x8f, 0x9c),
        RGBColor(0x22, 0xa8, 0x84),
        RGBColor(0x7a, 0xd1, 0x51),
        RGBColor(0xfd, 0xe7, 0x25),
    ],
};

impl Theme {
    /// The colour of a value between 0 (low) and 1 (high); what lies beyond counts as the end.
    pub fn ramp(&self, value: f64) -> RGBColor {
        let last = self.ramp.len() - 1;
        let at = if value.is_finite() { value.clamp(0.0, 1.0) * last as f64 } else { 0.0 };
        let low = (at.floor() as usize).min(last);
        let high = (low + 1).min(last);
        mix(self.ramp[low], self.ramp[high], at - low as f64)
    }
}

/// `share` of `b` and the rest of `a`.
pub fn mix(a: RGBColor, b: RGBColor, share: f64) -> RGBColor {
    let channel = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share.clamp(0.0, 1.0)).round() as u8;
    RGBColor(channel(a.0, b.0), channel(a.1, b.1), channel(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance after WCAG.
    fn luminance(c: RGBColor) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2)
    }

    #[test]
    fn text_can_be_read() {
        for background in Background::ALL {
            let t = background.theme();
            let contrast = |c| {
                let (a, b) = (luminance(c), luminance(t.background));
                (a.max(b) + 0.05) / (a.min(b) + 0.05)
            };
            assert!(contrast(t.ink) > 7.0 && contrast(t.faint) > 4.5, "{background:?}");
            assert!(contrast(t.accent) > 3.0 && contrast(t.fill) > 3.0, "{background:?} {}", contrast(t.accent));
        }
    }

    #[test]
    fn the_ramp_has_its_ends() {
        let t = Background::Light.theme();
        assert_eq!((t.ramp(-1.0), t.ramp(0.0)), (t.ramp[0], t.ramp[0]));
        assert_eq!((t.ramp(1.0), t.ramp(f64::NAN), t.ramp(0.5)), (t.ramp[4], t.ramp[0], t.ramp[2]));
    }
}
