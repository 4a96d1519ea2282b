//! Milliseconds per frame of the interface: 160 x 50 characters, two bands of so many points with error bars.
//! `cargo bench --bench frame`

#[path = "../tests/it/tui_fake.rs"]
#[allow(dead_code)]
mod tui_fake;

use std::sync::Arc;
use std::time::Instant;
use taxonova::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use taxonova::tui::action::Action;
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
        for _ in 0..20 {
            tui_fake::draw(&mut state, 160, 50);
        }
        let frames = 300;
        let begin = Instant::now();
        for _ in 0..frames {
            tui_fake::draw(&mut state, 160, 50);
        }
        let ms = begin.elapsed().as_secs_f64() * 1e3 / f64::from(frames);
        println!("160x50, 2 bands of {points} points, {} objects: {ms:.3} ms a frame", state.objects.len());
    }
}
