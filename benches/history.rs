//! CPU time of a history of 64 epochs under the shipped model, and of leaving out every point and every night, by length of the light curve.
//! cargo bench --bench history

use std::sync::atomic::AtomicBool;
use taxonova::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use taxonova::model::Model;
use taxonova::model::history::{epochs, history};
use taxonova::model::influence::{Unit, influence};

/// CPU seconds of this thread.
fn cpu_s() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a valid timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 / 1e9
}

/// A transient of `n` points in two bands over 300 days, so many of them in a night.
fn curve(n: usize) -> LightCurve {
    let point = |i: usize| {
        let day = 300.0 * i as f64 / n as f64;
        let band = if i.is_multiple_of(2) { BandId::ZTF_G } else { BandId::ZTF_R };
        let mag = 19.5 - 1.5 * (-((day - 40.0) / 25.0).powi(2)).exp() + 0.02 * ((i * 7919 % 13) as f64 - 6.0);
        Observation::from_mag(58_000.0 + day, band, mag, 0.08, 1.0)
    };
    let origin = Origin { path: std::sync::Arc::new("<bench>".into()), format: "none" };
    LightCurve::new("bench".into(), Photometry::Difference, (0..n).map(point).collect(), origin)
}

fn main() {
    let go = AtomicBool::new(false);
    let mut session = Model::shipped().and_then(|m| m.session()).expect("the shipped model runs");
    // The graph is compiled when it is first used.
    let profile = session.model().profile().clone();
    let warm = history(&mut session, &curve(100), &epochs(&profile, &curve(100), 64), &go).expect("it runs");
    assert!(warm.is_some());
    println!("points  history of 64 epochs   every point   every night   (CPU ms)");
    for n in [50, 200, 1000, 1500, 10_000, 100_000] {
        let lc = curve(n);
        let timed = |work: &mut dyn FnMut()| {
            let from = cpu_s();
            work();
            (cpu_s() - from) * 1e3
        };
        let times = epochs(&profile, &lc, 64);
        let of_history = timed(&mut || assert!(history(&mut session, &lc, &times, &go).is_ok_and(|h| h.is_some())));
        let mut of =
            |unit| timed(&mut || assert!(influence(&mut session, &lc.observations, lc.photometry, unit, &go).is_ok_and(|i| i.is_some())));
        let (points, nights) = (of(Unit::Observation), of(Unit::Night));
        println!("{n:>6}  {of_history:>20.1}  {points:>12.1}  {nights:>12.1}");
    }
}
