//! What the interface draws: snapshots of whole screens with their styles, and what must hold on any screen.

use crate::tui_fake::{act, draw, keys, lines, state, with_styles};
use ratatui::style::Color;
use taxonova::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use taxonova::tui::action::Action;
use taxonova::tui::state::{Source, State};
use taxonova::tui::theme::{Theme, ThemeName};

/// Compares with the snapshot of this name.
pub fn snapshot(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn first_screen_80x24() {
    let mut s = state(ThemeName::Dark);
    snapshot("first_screen_80x24", with_styles(&draw(&mut s, 80, 24)));
}

#[test]
fn first_screen_120x40() {
    let mut s = state(ThemeName::Dark);
    snapshot("first_screen_120x40", with_styles(&draw(&mut s, 120, 40)));
}

#[test]
fn first_screen_160x50() {
    let mut s = state(ThemeName::Dark);
    snapshot("first_screen_160x50", with_styles(&draw(&mut s, 160, 50)));
}

#[test]
fn edited_tree_120x40() {
    let mut s = state(ThemeName::Light);
    keys(&mut s, "j j tab j j a 'SN Ia-02cx' enter k d");
    snapshot("edited_tree_120x40", with_styles(&draw(&mut s, 120, 40)));
}

#[test]
fn time_cursor_120x40() {
    let mut s = state(ThemeName::Dark);
    keys(&mut s, "3 t ] ] ] m");
    snapshot("time_cursor_120x40", with_styles(&draw(&mut s, 120, 40)));
}

#[test]
fn help_palette_and_prompt_80x24() {
    let mut s = state(ThemeName::Mono);
    keys(&mut s, "?");
    let help = with_styles(&draw(&mut s, 80, 24));
    keys(&mut s, "esc : 'save'");
    let palette = with_styles(&draw(&mut s, 80, 24));
    keys(&mut s, "esc 2 j a 'SN Ia'");
    let prompt = with_styles(&draw(&mut s, 80, 24));
    snapshot("help_80x24", help);
    snapshot("palette_80x24", palette);
    snapshot("prompt_80x24", prompt);
}

#[test]
fn too_small_a_screen_says_so() {
    let mut s = state(ThemeName::Dark);
    for (w, h) in [(59, 24), (80, 15), (10, 3), (1, 1)] {
        let text = lines(&draw(&mut s, w, h)).join("\n");
        assert!(w < 40 || text.contains("needs more room"), "{text}");
    }
    assert!(!lines(&draw(&mut s, 60, 16)).join("\n").contains("needs more room"));
}

#[test]
fn no_size_and_no_state_makes_it_panic() {
    let walks =
        ["", "z", "2 z", "3 z", "3 t [", "3 m", "?", ":", "2 a", "2 j d", "2 m j", "/ 'sim'", "q", "> > > > > >", "2 < < < < < <", "2 C"];
    for walk in walks {
        let mut s = state(ThemeName::Dark);
        keys(&mut s, walk);
        for w in [1, 7, 60, 61, 79, 80, 99, 100, 133, 250] {
            for h in [1, 2, 16, 17, 24, 60] {
                draw(&mut s, w, h);
            }
        }
    }
    let mut empty = State::new(Theme::new(ThemeName::Mono), Source { title: "x".into(), simulated: false, reading: None });
    for walk in ["", "2 j l", "3 m t", "s", "E", ": 'a' enter", "/", "d a r"] {
        keys(&mut empty, walk);
        draw(&mut empty, 80, 24);
        keys(&mut empty, "esc");
    }
}

#[test]
fn control_characters_of_files_are_escaped() {
    let mut s = state(ThemeName::Dark);
    let origin = Origin { path: std::sync::Arc::new("<t>".into()), format: "t" };
    let evil = "\u{1b}[31mEVIL\u{7}\u{202e}";
    let mut lc =
        LightCurve::new(evil.into(), Photometry::Difference, vec![Observation::from_flux(1.0, BandId::parse("q"), 9.0, 1.0)], origin);
    lc.label = Some(evil.into());
    act(&mut s, Action::Read(vec![lc]));
    act(&mut s, Action::ReadErrors(vec![evil.into()]));
    keys(&mut s, "G");
    for (w, h) in [(80, 24), (160, 50)] {
        let buf = draw(&mut s, w, h);
        for cell in buf.content() {
            assert!(!cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", cell.symbol());
        }
        assert!(lines(&buf).join("").contains("\\u{1b}[31mE"));
    }
    keys(&mut s, "E");
    assert!(lines(&draw(&mut s, 80, 24)).join("").contains("\\u{1b}[31mEVIL\\u{7}"));
}

#[test]
fn no_color_means_no_colour_anywhere() {
    let mut s = state(ThemeName::Mono);
    for walk in ["", "2 j j", "3 m", "?", "esc :", "esc 2 a 'x'"] {
        keys(&mut s, walk);
        let buf = draw(&mut s, 120, 40);
        assert!(buf.content().iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset));
    }
}

#[test]
fn the_background_is_never_painted() {
    for theme in [ThemeName::Dark, ThemeName::Light] {
        let mut s = state(theme);
        assert!(draw(&mut s, 160, 50).content().iter().all(|c| c.bg == Color::Reset));
    }
}

#[test]
fn simulated_data_is_called_simulated() {
    let mut s = state(ThemeName::Dark);
    for (w, h) in [(60, 16), (80, 24), (160, 50)] {
        let all = lines(&draw(&mut s, w, h));
        assert!(all.iter().filter(|l| l.contains("SIMULATED")).count() >= 2, "{w}x{h}: {all:#?}");
    }
    keys(&mut s, "3 z");
    assert!(lines(&draw(&mut s, 80, 24)).iter().skip(1).any(|l| l.contains("SIMULATED")));
}

#[test]
fn a_long_list_shows_the_selected_row() {
    let mut s = state(ThemeName::Dark);
    let origin = Origin { path: std::sync::Arc::new("<t>".into()), format: "t" };
    let many = (0..5000)
        .map(|i| {
            LightCurve::new(
                format!("obj{i:05}"),
                Photometry::Difference,
                vec![Observation::from_flux(1.0, BandId::ZTF_G, 9.0, 1.0)],
                origin.clone(),
            )
        })
        .collect();
    act(&mut s, Action::Read(many));
    keys(&mut s, "G");
    assert!(lines(&draw(&mut s, 80, 24)).join("\n").contains("obj04999"));
    keys(&mut s, "pageup pageup k");
    let shown = lines(&draw(&mut s, 80, 24)).join("\n");
    let id = s.objects.current().unwrap().curve.object_id.clone();
    assert!(shown.contains(&id) && !shown.contains("obj04999"));
    keys(&mut s, "/ 'obj0123' enter n");
    draw(&mut s, 80, 24);
    assert_eq!(s.objects.current().unwrap().curve.object_id, "obj01231");
}
