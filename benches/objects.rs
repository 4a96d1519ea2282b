//! Milliseconds of processor time per key press in a list of 100,000 classified objects with labels.
//! `cargo bench --bench objects`

#[path = "../tests/it/tui_fake.rs"]
#[allow(dead_code)]
mod tui_fake;

use taxonova::lightcurve::LightCurve;
use taxonova::tui::action::{Action, Answered};
use taxonova::tui::theme::ThemeName;
use taxonova::tui::update::update;
use tui_fake::{draw, keys, p_for, sample, state};

const OBJECTS: usize = 100_000;

fn main() {
    let mut s = state(ThemeName::Dark);
    let sample = sample();
    // Names as a survey's: nearly all begin alike, and their order is not that of reading.
    let name = |i: usize| format!("ZTF{:02}aa{:06x}", 18 + i % 7, (i * 7_919) % 1_000_003);
    let more = (12..OBJECTS).map(|i| LightCurve { object_id: name(i), ..sample[i % 12].clone() }).collect();
    update(&mut s, Action::Read(more));
    let (tree, layout) = { s.model.ready().map(|m| (m.taxonomy.clone(), m.layout.clone())).unwrap() };
    let answers: Vec<Answered> = (0..OBJECTS)
        .map(|i| {
            let curve = s.objects.get(i).unwrap().curve.clone();
            // A third of the answers favours another class than the label's.
            let label = sample[if i % 3 == 0 { i + 1 } else { i } % 12].label.as_deref();
            Answered { index: i, curve, p: Ok(p_for(&tree, &layout, label, i).into()) }
        })
        .collect();
    update(&mut s, Action::Classified { model: 0, answers });
    for (what, before, measured) in [
        ("sort by name", "o", "n"),
        ("sort by decision", "o", "d"),
        ("sort by margin", "o", "m"),
        ("reverse", "", "O"),
        ("down", "", "j"),
        ("threshold, sorted by margin", "", "+"),
        ("a letter of the filter class:SN p<0.6 wrong", "& 'class:SN p<0.6 wron'", "'g'"),
        ("a letter of the filter name:ZTF2*a8", "& ctrl-u 'name:ZTF2*a'", "'8'"),
        ("a letter of the filter P(CC)>0.55", "& ctrl-u 'P(CC)>0.5'", "'5'"),
        ("leave the filter", "& 'p>0.7' enter", "esc"),
        ("mark all", "", "V"),
        ("an edit of the tree (exhaustive on or off)", "2 g j", "e"),
    ] {
        let mut times: Vec<f64> = Vec::new();
        for _ in 0..7 {
            let mut run = |names: &str| keys(&mut s, names);
            run(before);
            let start = cpu_ms();
            run(measured);
            times.push(cpu_ms() - start);
            if what.starts_with("a letter") {
                run("esc");
            }
        }
        times.sort_by(f64::total_cmp);
        println!("{what:<50} {:7.2} ms (median of {}; least {:.2})", times[times.len() / 2], times.len(), times[0]);
    }
    let start = cpu_ms();
    for _ in 0..20 {
        draw(&mut s, 160, 50);
    }
    println!("{:<50} {:7.2} ms", "a frame", (cpu_ms() - start) / 20.0);
}

/// Processor time of all threads so far, milliseconds.
fn cpu_ms() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is valid for the call to write to.
    if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) } != 0 {
        return f64::NAN;
    }
    t.tv_sec as f64 * 1e3 + t.tv_nsec as f64 / 1e6
}
