//! Colours. Every theme has a light twin and there is one without colour; none paints the background,
//! and a selection is shown by reversing, so that all of them work on any terminal.

use crate::lightcurve::BandId;
use ratatui::style::{Color, Modifier, Style};

/// Which palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// No colours at all (NO_COLOR).
    Mono,
}

impl ThemeName {
    /// Reads `dark`, `light` or `mono`.
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "dark" => Some(ThemeName::Dark),
            "light" => Some(ThemeName::Light),
            "mono" | "none" => Some(ThemeName::Mono),
            _ => None,
        }
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            ThemeName::Dark => "dark",
            ThemeName::Light => "light",
            ThemeName::Mono => "mono",
        }
    }

    /// The theme after this one, for the key that steps through them.
    pub fn next(self) -> Self {
        match self {
            ThemeName::Dark => ThemeName::Light,
            ThemeName::Light => ThemeName::Mono,
            ThemeName::Mono => ThemeName::Dark,
        }
    }
}

/// The styles by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Which palette this is.
    pub name: ThemeName,
    /// Running text.
    pub text: Style,
    /// Less important text, units, tree lines.
    pub dim: Style,
    /// The program's name, pane titles in focus.
    pub accent: Style,
    /// Frame of a pane.
    pub border: Style,
    /// Frame of the pane in focus.
    pub border_focus: Style,
    /// Column headings.
    pub header: Style,
    /// Names on the way from the root to the decision.
    pub path: Style,
    /// Probability bars.
    pub bar: Style,
    /// Probability bars on the way to the decision.
    pub bar_path: Style,
    /// The span up to which an unresolved probability may reach.
    pub span: Style,
    /// Unresolved mass, "not in the model".
    pub unresolved: Style,
    /// Keys in hints and help.
    pub key: Style,
    /// The selected row of the pane in focus.
    pub selected: Style,
    /// The selected row of another pane.
    pub selected_idle: Style,
    /// Good news.
    pub good: Style,
    /// Warnings; the word SIMULATED; the unsaved mark.
    pub warn: Style,
    /// Errors and refusals.
    pub error: Style,
    /// Error bars, points after the time cursor.
    pub faint: Style,
    /// The time cursor.
    pub cursor: Style,
}

impl Theme {
    /// The palette of that name.
    pub fn new(name: ThemeName) -> Self {
        match name {
            ThemeName::Dark => Self::coloured(
                name,
                Dyes {
                    dim: 245,
                    faint: 240,
                    border: 240,
                    accent: 80,
                    path: 222,
                    bar: 67,
                    span: 60,
                    good: 114,
                    warn: 215,
                    error: 203,
                    key: 80,
                },
            ),
            ThemeName::Light => Self::coloured(
                name,
                Dyes {
                    dim: 242,
                    faint: 250,
                    border: 249,
                    accent: 25,
                    path: 130,
                    bar: 67,
                    span: 146,
                    good: 28,
                    warn: 130,
                    error: 160,
                    key: 25,
                },
            ),
            ThemeName::Mono => Self::mono(),
        }
    }

    fn coloured(name: ThemeName, d: Dyes) -> Self {
        let fg = |n: u8| Style::new().fg(Color::Indexed(n));
        Theme {
            name,
            text: Style::new(),
            dim: fg(d.dim),
            accent: fg(d.accent).add_modifier(Modifier::BOLD),
            border: fg(d.border),
            border_focus: fg(d.accent),
            header: fg(d.dim).add_modifier(Modifier::ITALIC),
            path: fg(d.path).add_modifier(Modifier::BOLD),
            bar: fg(d.bar),
            bar_path: fg(d.path),
            span: fg(d.span),
            unresolved: fg(d.dim).add_modifier(Modifier::ITALIC),
            key: fg(d.key).add_modifier(Modifier::BOLD),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            selected_idle: Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            good: fg(d.good),
            warn: fg(d.warn).add_modifier(Modifier::BOLD),
            error: fg(d.error).add_modifier(Modifier::BOLD),
            faint: fg(d.faint),
            cursor: fg(d.accent),
        }
    }

    fn mono() -> Self {
        let plain = Style::new();
        let with = |m: Modifier| Style::new().add_modifier(m);
        Theme {
            name: ThemeName::Mono,
            text: plain,
            dim: with(Modifier::DIM),
            accent: with(Modifier::BOLD),
            border: with(Modifier::DIM),
            border_focus: with(Modifier::BOLD),
            header: with(Modifier::DIM | Modifier::ITALIC),
            path: with(Modifier::BOLD),
            bar: plain,
            bar_path: with(Modifier::BOLD),
            span: with(Modifier::DIM),
            unresolved: with(Modifier::DIM | Modifier::ITALIC),
            key: with(Modifier::BOLD),
            selected: with(Modifier::REVERSED),
            selected_idle: with(Modifier::BOLD | Modifier::UNDERLINED),
            good: plain,
            warn: with(Modifier::BOLD),
            error: with(Modifier::BOLD),
            faint: with(Modifier::DIM),
            cursor: plain,
        }
    }

    /// The colour of a band, by its wavelength and not by its place in the list, so that one band looks
    /// alike in all objects; `place` tells unknown bands apart.
    pub fn band(&self, band: BandId, place: usize) -> Style {
        let light = match self.name {
            ThemeName::Mono => return Style::new(),
            ThemeName::Light => true,
            ThemeName::Dark => false,
        };
        let (on_dark, on_light) = match band.wavelength_nm() {
            Some(nm) if nm < 300.0 => (177, 128),
            Some(nm) if nm < 400.0 => (141, 92),
            Some(nm) if nm < 460.0 => (75, 26),
            Some(nm) if nm < 500.0 => (114, 28),
            Some(nm) if nm < 540.0 => (80, 31),
            Some(nm) if nm < 600.0 => (149, 64),
            Some(nm) if nm < 650.0 => (203, 160),
            Some(nm) if nm < 700.0 => (215, 166),
            Some(nm) if nm < 800.0 => (179, 136),
            Some(nm) if nm < 910.0 => (174, 95),
            Some(_) => (250, 240),
            None => *[(117, 24), (218, 125), (187, 101), (152, 66)].get(place % 4).unwrap_or(&(250, 240)),
        };
        Style::new().fg(Color::Indexed(if light { on_light } else { on_dark }))
    }
}

/// Indices into the terminal's 256 colours.
struct Dyes {
    dim: u8,
    faint: u8,
    border: u8,
    accent: u8,
    path: u8,
    bar: u8,
    span: u8,
    good: u8,
    warn: u8,
    error: u8,
    key: u8,
}

/// What to use: an explicit wish, then NO_COLOR, then TAXONOVA_THEME, then what the terminal answers
/// within 50 ms (it is asked before the event reader starts; a silent terminal counts as dark).
pub fn choose(wish: Option<ThemeName>) -> ThemeName {
    if let Some(name) = wish {
        return name;
    }
    if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) {
        return ThemeName::Mono;
    }
    if let Some(name) = std::env::var("TAXONOVA_THEME").ok().and_then(|v| ThemeName::parse(&v)) {
        return name;
    }
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = std::time::Duration::from_millis(50);
    match terminal_colorsaurus::theme_mode(options) {
        Ok(terminal_colorsaurus::ThemeMode::Light) => ThemeName::Light,
        _ => ThemeName::Dark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_theme_paints_the_background() {
        for name in [ThemeName::Dark, ThemeName::Light, ThemeName::Mono] {
            let t = Theme::new(name);
            for style in [t.text, t.dim, t.accent, t.border, t.border_focus, t.header, t.path, t.bar, t.span, t.selected, t.warn, t.error] {
                assert_eq!(style.bg, None);
            }
            assert!(t.selected.add_modifier.contains(Modifier::REVERSED));
            assert_eq!(ThemeName::parse(name.name()), Some(name));
        }
    }

    #[test]
    fn without_colour_there_is_none() {
        let t = Theme::new(ThemeName::Mono);
        for style in [t.text, t.dim, t.accent, t.border, t.path, t.bar, t.span, t.warn, t.error, t.key, t.band(BandId::ZTF_G, 0)] {
            assert_eq!(style.fg, None);
        }
    }

    #[test]
    fn g_and_r_differ() {
        for name in [ThemeName::Dark, ThemeName::Light] {
            let t = Theme::new(name);
            assert_ne!(t.band(BandId::ZTF_G, 0), t.band(BandId::ZTF_R, 1));
        }
    }
}
