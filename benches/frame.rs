//! Milliseconds per frame of the interface: 160 x 50 characters, two bands of so many points with error bars.
//! `cargo bench --bench frame`

#[path = "../tests/it/tui_fake.rs"]
#[allow(dead_code)]
mod tui_fake;

use std::sync::Arc;
use std::time::Instant;
use taxonova::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use taxonova::tui::action::Action;
use taxonova::tui::state::State;
use taxonova::tui::theme::ThemeName;

fn curve(points: usize) -> LightCurve {
    let mut observations = Vec::with_capacity(2 * points);
    for i in 0..points {
        let t = 300.0 * i as f64 / points as f64;
        let wave = (i as f64 * 0.7).sin();
        observations.push(Observation::from_mag(59_000.0 + t, BandId::ZTF_G, 18.0 + t / 100.0 + 0.3 * wave, 0.1, 1.0));
        observations.push(Observation::from_mag(59_000.01 + t, BandId::ZTF_R, 17.6 + t / 150.0 + 0.2 * wave, 0.08, 1.0));
    }
    let origin = Origin { path: Arc::new("<bench>".into()), format: "bench" };
    LightCurve::new(format!("points-{points}"), Photometry::Difference, observations, origin)
}

fn main() {
    for (points, objects) in [(1_000, 12), (50_000, 12), (1_000, 60_000)] {
        let mut state = tui_fake::state(ThemeName::Dark);
        tui_fake::act(&mut state, Action::Read(vec![curve(points)]));
        let at = state.objects.len() - 1;
        let more = (state.objects.len()..objects).map(|i| LightCurve { object_id: format!("more-{i}"), ..curve(2) }).collect();
        tui_fake::act(&mut state, Action::Read(more));
        tui_fake::keys(&mut state, &". ".repeat(at));
        assert!(state.curve.shown.as_ref().is_some_and(|c| c.observations.len() == 2 * points));
        println!("160x50, 2 bands of {points} points, {} objects:", state.objects.len());
        // As the program starts; the light curve on the whole screen; folded; with what matters; at a time.
        for (what, keys) in [
            ("three panes", ""),
            ("light curve alone", "3 z"),
            ("folded", "f"),
            ("why", "f w"),
            ("time cursor, zoomed in", "w w t ] ] i i"),
        ] {
            tui_fake::keys(&mut state, keys);
            println!("  {what}: {:.3} ms a frame", frame_ms(&mut state));
        }
    }
}

fn frame_ms(state: &mut State) -> f64 {
    for _ in 0..10 {
        tui_fake::draw(state, 160, 50);
    }
    let frames = 200;
    let begin = Instant::now();
    for _ in 0..frames {
        tui_fake::draw(state, 160, 50);
    }
    begin.elapsed().as_secs_f64() * 1e3 / f64::from(frames)
}
