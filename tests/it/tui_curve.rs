//! The light-curve pane: what the keys and the mouse do to it, and how it looks at several sizes and in ASCII.

use crate::tui_fake::{act, draw, go_to, keys, lines, said, sample, state};
use crate::tui_view::snapshot;
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::sync::Arc;
use taxonova::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use taxonova::tui::action::Action;
use taxonova::tui::curve::history::Answers;
use taxonova::tui::effect::Effect;
use taxonova::tui::state::{Pane, State};
use taxonova::tui::theme::ThemeName;
use taxonova::tui::widgets::plot::Drawn;

/// The interface with the light curve in focus, drawn once.
fn curve_state() -> State {
    let mut s = state(ThemeName::Dark);
    keys(&mut s, "3");
    draw(&mut s, 160, 50);
    s
}

fn mouse(s: &mut State, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
    let left = act(s, Action::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    draw(s, 160, 50);
    left
}

fn slot(s: &State, name: &str) -> usize {
    s.tree.derived.layout.slots.iter().position(|slot| slot.name == name).unwrap()
}

fn screen(s: &mut State, width: u16, height: u16) -> String {
    lines(&draw(s, width, height)).iter().map(|l| l.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}

fn plot(s: &State) -> Drawn {
    s.hits.curve.plot
}

#[test]
fn zooming_and_panning_keep_to_the_light_curve() {
    let mut s = curve_state();
    let all = plot(&s).x;
    keys(&mut s, "i i");
    draw(&mut s, 160, 50);
    let near = plot(&s).x;
    assert!(near.1 - near.0 < 0.5 * (all.1 - all.0) && near.0 > all.0 && near.1 < all.1);
    keys(&mut s, "L");
    draw(&mut s, 160, 50);
    assert!(plot(&s).x.0 > near.0);
    keys(&mut s, &"H ".repeat(50));
    draw(&mut s, 160, 50);
    // The first point is still in sight.
    assert!(plot(&s).x.1 > all.0);
    keys(&mut s, "r");
    draw(&mut s, 160, 50);
    assert_eq!(plot(&s).x, all);
    keys(&mut s, "o");
    assert!(said(&s).contains("in sight"));
    // Esc leaves the zoom as well, and other objects are seen whole.
    keys(&mut s, "i esc");
    assert!(s.curve.window.x.is_none());
    keys(&mut s, "i I .");
    assert_eq!((s.curve.window.x, s.curve.window.y), (None, None));
}

#[test]
fn the_wheel_zooms_around_the_pointer_and_dragging_moves() {
    let mut s = curve_state();
    let before = plot(&s);
    let (column, row) = (before.canvas.x + 10, before.canvas.y + 5);
    let below = before.value_at(column, row).0;
    for _ in 0..4 {
        mouse(&mut s, MouseEventKind::ScrollUp, column, row);
    }
    let zoomed = plot(&s);
    assert!(zoomed.x.1 - zoomed.x.0 < 0.6 * (before.x.1 - before.x.0));
    let cell = (zoomed.x.1 - zoomed.x.0) / f64::from(zoomed.canvas.width);
    assert!((zoomed.value_at(column, row).0 - below).abs() < 1.5 * cell);
    let held = zoomed.value_at(column, row).0;
    mouse(&mut s, MouseEventKind::Down(MouseButton::Left), column, row);
    mouse(&mut s, MouseEventKind::Drag(MouseButton::Left), column + 5, row);
    assert!((plot(&s).value_at(column + 5, row).0 - held).abs() < 1.5 * cell, "the value goes with the mouse");
    // With the time cursor on, the left button moves that, and the right one the plot.
    keys(&mut s, "t");
    let x = plot(&s).x;
    mouse(&mut s, MouseEventKind::Down(MouseButton::Left), column, row);
    mouse(&mut s, MouseEventKind::Drag(MouseButton::Left), column + 8, row);
    assert_eq!(plot(&s).x, x);
    mouse(&mut s, MouseEventKind::Down(MouseButton::Right), column, row);
    mouse(&mut s, MouseEventKind::Drag(MouseButton::Right), column - 3, row);
    assert!(plot(&s).x.0 > x.0);
}

#[test]
fn a_click_reads_a_point_out_and_hides_bands() {
    let mut s = curve_state();
    let curve = s.curve.shown.clone().unwrap();
    let data = s.curve.data.clone().unwrap();
    // The brightest point of the first band, where it lies on the screen.
    let p = data.series[0].points.iter().min_by(|a, b| a.y.total_cmp(&b.y)).unwrap();
    let d = plot(&s);
    let share = |v: f64, range: (f64, f64)| (v - range.0) / (range.1 - range.0);
    let column = d.canvas.x + (share(p.x, d.x) * f64::from(d.canvas.width)) as u16;
    let row = d.canvas.y + (share(p.y, d.y) * f64::from(d.canvas.height)) as u16;
    mouse(&mut s, MouseEventKind::Down(MouseButton::Left), column, row);
    assert_eq!(s.curve.chosen, Some(p.id as usize));
    let o = curve.observations[p.id as usize];
    let shown = lines(&draw(&mut s, 160, 50)).join("\n");
    assert!(shown.contains(&format!("{} {:.3} ± {:.3} mag", o.band.name(), o.mag().unwrap(), o.mag_err().unwrap())), "{shown}");
    // Keys go to its neighbours in time, over all bands.
    keys(&mut s, ")");
    let next = s.curve.chosen.unwrap();
    assert!(curve.observations[next].mjd >= o.mjd && next != p.id as usize);
    // Hiding its band takes the read-out away; the other band stays.
    keys(&mut s, "b");
    let band = s.curve.band.unwrap();
    s.curve.chosen = curve.observations.iter().position(|o| o.band == band);
    keys(&mut s, "x");
    assert!(s.curve.hidden.contains(&band) && s.curve.chosen.is_none());
    let points = data.points(|b| !s.curve.hidden.contains(&b));
    assert!(points.iter().all(|p| curve.observations[p.2].band != band));
    keys(&mut s, "X");
    assert!(!s.curve.hidden.contains(&band) && s.curve.hidden.len() == 1);
    keys(&mut s, "X");
    assert!(s.curve.hidden.is_empty());
    // A click in the legend does the same.
    let legend = s.hits.curve.pane;
    mouse(&mut s, MouseEventKind::Down(MouseButton::Left), legend.x + 3, legend.y + 1);
    assert_eq!(s.curve.hidden.len(), 1);
    keys(&mut s, "X X v");
    assert!(s.curve.window.y.is_some());
}

#[test]
fn folding_looks_for_the_period_once() {
    let mut s = curve_state();
    let id = s.curve.shown.as_ref().unwrap().object_id.clone();
    keys(&mut s, "f");
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, Some(7.5));
    assert!(said(&s).contains("7.500000 d"), "{}", said(&s));
    keys(&mut s, "{");
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, Some(3.75));
    keys(&mut s, "} } c");
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, Some(15.0));
    keys(&mut s, "f");
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, None);
    keys(&mut s, "P ctrl-u '12h' enter");
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, Some(0.5));
    keys(&mut s, "P ctrl-u 'twelve' enter");
    assert!(s.overlay.is_some());
    keys(&mut s, "esc");
    // The list leads back to what was found.
    keys(&mut s, "C enter");
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, Some(7.5));
    // The next object is folded too, on its own period; back again nothing is looked for anew.
    keys(&mut s, ".");
    assert_eq!(s.curve.periods.folded(&id), Some(7.5));
    assert_eq!(s.curve.data.as_ref().unwrap().shape.period_d, Some(7.5));
    assert!(keys(&mut s, ",").iter().all(|e| !matches!(e, Effect::FindPeriod { .. })));
    let shown = lines(&draw(&mut s, 160, 50)).join("\n");
    assert!(shown.contains("P = 7.500000 d"), "{shown}");
}

#[test]
fn a_search_can_be_left_and_its_late_answer_is_dropped() {
    let mut s = curve_state();
    let effects = taxonova::tui::update::update(&mut s, Action::Do(taxonova::tui::command::Cmd::FoldCurve));
    let number = effects.iter().find_map(|e| if let Effect::FindPeriod { number, .. } = e { Some(*number) } else { None }).unwrap();
    assert!(s.curve.periods.search.is_some());
    keys(&mut s, "esc");
    assert!(s.curve.periods.search.is_none() && said(&s).contains("stopped"));
    act(&mut s, Action::PeriodsFound(number, Err("late".into())));
    assert!(s.curve.periods.why_none(&s.curve.shown.as_ref().unwrap().object_id.clone()).is_none());
}

#[test]
fn the_history_follows_object_tree_and_level() {
    let mut s = curve_state();
    let level = s.curve.history.level.clone().unwrap();
    assert!((level.depth..=level.lowest).contains(&2));
    for i in 0..level.mjd.len() {
        let sum: f64 = level.classes.iter().map(|c| c.p[i]).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{i}: {sum}");
    }
    keys(&mut s, "Y");
    assert_eq!(s.curve.history.level.as_ref().unwrap().depth, level.depth + 1);
    // Another tree, the same answers: SN is gone, so its children are one level higher.
    let before = s.curve.history.level.clone().unwrap().classes.len();
    go_to(&mut s, "SN Ia");
    keys(&mut s, "d enter");
    if s.overlay.is_some() {
        keys(&mut s, "enter");
    }
    assert!(s.tree.doc.is_dirty());
    assert_ne!(s.curve.history.level.as_ref().unwrap().classes.len(), before);
    // A late answer to an older request is not taken.
    let mjd = s.curve.history.answers.clone().unwrap();
    act(&mut s, Action::HistoryReady(1, Ok(Answers { mjd: vec![0.0], p: vec![vec![1.0]] })));
    assert!(Arc::ptr_eq(&mjd, s.curve.history.answers.as_ref().unwrap()));
    s.focus = Pane::Curve;
    keys(&mut s, "y");
    let without = lines(&draw(&mut s, 160, 50)).join("\n");
    assert!(!without.contains("P of"), "{without}");
}

#[test]
fn what_matters_is_shown_for_the_selected_class() {
    let mut s = curve_state();
    go_to(&mut s, "TDE");
    s.focus = Pane::Curve;
    keys(&mut s, "w");
    let influence = s.curve.influence.as_ref().unwrap();
    let tde = slot(&s, "TDE");
    assert_eq!(influence.slot, Some(tde));
    assert!(said(&s).contains("why TDE"), "{}", said(&s));
    // Leaving out every third point makes it a TDE: those speak against it.
    let w = &influence.weights[0];
    assert!(w.change < 0.0 && w.members[0].is_multiple_of(3));
    assert_eq!(influence.emphasis[w.members[0]], 3);
    // Another class is explained at once, without asking the model again.
    go_to(&mut s, "SN");
    s.focus = Pane::Curve;
    assert!(keys(&mut s, "e").is_empty());
    assert_eq!(s.curve.influence.as_ref().unwrap().slot, Some(slot(&s, "SN")));
    assert!(s.curve.influence.as_ref().unwrap().weights[0].change > 0.0);
    keys(&mut s, "V");
    let shown = lines(&draw(&mut s, 160, 50)).join("\n");
    assert!(shown.contains("Why SN") && shown.contains("+0."), "{shown}");
    keys(&mut s, "enter");
    assert_eq!(s.curve.chosen.map(|c| c % 3), Some(0));
    keys(&mut s, "w w");
    assert!(s.curve.influence.is_none());
    // The time cursor asks anew, of what was known then.
    keys(&mut s, "w [ [");
    assert!(s.curve.influence.as_ref().unwrap().answers.is_some());
    keys(&mut s, ".");
    assert!(s.curve.influence.is_none());
}

#[test]
fn dates_and_days() {
    let mut s = curve_state();
    keys(&mut s, "i");
    draw(&mut s, 160, 50);
    let days = plot(&s).x;
    let data = s.curve.data.clone().unwrap();
    keys(&mut s, "d");
    let shown = lines(&draw(&mut s, 160, 50)).join("\n");
    let dates = s.curve.data.clone().unwrap();
    assert!(shown.contains(&format!("MJD − {}", dates.offset_mjd)) && dates.offset_mjd % 100.0 == 0.0);
    assert!((plot(&s).x.0 + dates.offset_mjd - days.0 - data.offset_mjd).abs() < 1e-6, "the same part is in sight");
}

/// Three bands, a rise and a fall, limits before and after, one negative flux.
fn synthetic() -> LightCurve {
    let bands = [BandId::ZTF_G, BandId::ZTF_R, BandId::ZTF_I];
    let mut all = Vec::new();
    for i in 0..24 {
        let t = 59_000.0 + 3.0 * f64::from(i);
        let band = bands[i as usize % 3];
        let d = f64::from(i) - 8.0;
        let mag = 18.0 + 0.02 * d * d + 0.2 * f64::from(i % 3);
        all.push(if (3..20).contains(&i) {
            Observation::from_mag(t, band, mag, 0.05 + 0.01 * f64::from(i), 1.0)
        } else {
            Observation::from_limit(t, band, 20.4)
        });
    }
    all.push(Observation::from_flux(59_030.5, BandId::ZTF_G, -4.0, 2.0));
    LightCurve::new("synthetic".into(), Photometry::Difference, all, Origin { path: Arc::new("<test>".into()), format: "test" })
}

/// The synthetic light curve alone on the screen.
fn zoomed() -> State {
    let mut s = state(ThemeName::Mono);
    act(&mut s, Action::Read(vec![synthetic()]));
    keys(&mut s, &". ".repeat(sample().len()));
    keys(&mut s, "3 z");
    assert_eq!(s.curve.shown.as_ref().unwrap().object_id, "synthetic");
    s
}

#[test]
fn plot_symbols_120x40() {
    let mut s = zoomed();
    keys(&mut s, "p");
    snapshot("plot_symbols_120x40", screen(&mut s, 120, 40));
}

#[test]
fn plot_braille_80x24() {
    let mut s = zoomed();
    keys(&mut s, "p p");
    snapshot("plot_braille_80x24", screen(&mut s, 80, 24));
}

#[test]
fn plot_half_blocks_flux_160x50() {
    let mut s = zoomed();
    keys(&mut s, "p p p m t ] ] ]");
    snapshot("plot_half_blocks_flux_160x50", screen(&mut s, 160, 50));
}

#[test]
fn plot_ascii_folded_80x24() {
    let mut s = zoomed();
    keys(&mut s, "p p p p");
    let area = draw(&mut s, 80, 24);
    let plot = plot(&s).canvas;
    for y in plot.top()..plot.bottom() {
        for x in 1..plot.right() {
            assert!(area[(x, y)].symbol().is_ascii(), "{x} {y} {}", area[(x, y)].symbol());
        }
    }
    snapshot("plot_ascii_80x24", screen(&mut s, 80, 24));
    keys(&mut s, "f ) )");
    snapshot("plot_ascii_folded_80x24", screen(&mut s, 80, 24));
}
