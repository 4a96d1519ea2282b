//! Figures of invented light curves: what must be in them, whatever they hold; one of them to the letter.

use super::*;
use crate::cascade::{Regrouper, decide_poured};
use crate::lightcurve::{BandId, Observation, Origin, Photometry};
use crate::plot::theme::Background;
use crate::plot::{png, svg};
use crate::taxonomy::{parse_json, shipped_json};
use std::sync::Arc;

fn curve(observations: Vec<Observation>) -> LightCurve {
    LightCurve::new("SN 20xx<&>".into(), Photometry::Difference, observations, Origin { path: Arc::new("<t>".into()), format: "t" })
}

/// A rise and a fall in two bands, limits before and after, one negative flux.
fn supernova() -> LightCurve {
    let mut all = vec![Observation::from_flux(59_030.5, BandId::ZTF_G, -4.0, 2.0)];
    for i in 0..18 {
        let (t, band) = (59_000.0 + 4.0 * f64::from(i), if i % 2 == 0 { BandId::ZTF_G } else { BandId::ZTF_R });
        let d = f64::from(i) - 7.0;
        all.push(if (3..15).contains(&i) {
            Observation::from_mag(t, band, 18.0 + 0.03 * d * d, 0.05, 1.0)
        } else {
            Observation::from_limit(t, band, 20.4)
        });
    }
    curve(all)
}

fn light() -> ObjectOptions<'static> {
    ObjectOptions::new(Background::Light.theme())
}

fn text(lc: &LightCurve, options: &ObjectOptions) -> String {
    svg(&ObjectFigure::new(lc, options).unwrap()).unwrap()
}

#[test]
fn an_object_to_the_letter() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("object_figure", text(&supernova(), &light())));
}

#[test]
fn everything_beside_each_other() {
    let tree = parse_json(shipped_json("transients").unwrap(), Path::new("t.json")).unwrap();
    let layout = Layout::new(&tree);
    let regrouper = Regrouper::new(&tree, &layout, &tree, &layout).unwrap();
    let mut p = vec![0.0; layout.len()];
    for group in &layout.groups {
        let parent = group.parent.map_or(1.0, |g| p[g]);
        for s in &group.members {
            p[*s] = parent / group.members.len() as f64;
        }
    }
    let poured = regrouper.pour(&p);
    let decision = decide_poured(&layout, &poured, 0.3);
    let cascade = Cascade { object: "x".into(), poured: poured.clone(), decision, tau: 0.3 };
    for background in Background::ALL {
        let mut options = ObjectOptions::new(background.theme());
        options.cascade = Some(Part { taxonomy: &tree, layout: &layout, cascade: &cascade });
        options.history = Some(Evolution::new(&layout, &[59_012.0, 59_030.0], &[poured.clone(), poured.clone()], Shown::Level(2)));
        options.period_d = Some(7.5);
        options.time = TimeAxis::Mjd;
        let drawn = text(&supernova(), &options);
        for word in
            ["SN 20xx&lt;&amp;&gt;", "AB magnitude, difference", "MJD", "Phase (period 7.5", "P, from what was known then", "TDE", "SN Ia"]
        {
            assert!(drawn.contains(word), "{word}");
        }
        let figure = ObjectFigure::new(&supernova(), &options).unwrap();
        let (width, height) = crate::plot::Figure::size(&figure);
        let bytes = png(&figure).unwrap();
        let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((side(16), side(20)), (2 * width, 2 * height));
        assert!(bytes.len() > 20_000, "not blank");
    }
}

#[test]
fn any_light_curve_can_be_drawn_but_an_empty_one() {
    assert!(matches!(ObjectFigure::new(&curve(vec![]), &light()), Err(FigureError::Empty(_))));
    let g = BandId::ZTF_G;
    let odd = [
        vec![Observation::from_mag(59_000.0, g, 18.0, 0.1, 1.0)],
        vec![Observation::from_limit(59_000.0, g, 20.0)],
        vec![Observation::from_flux(59_000.0, g, -3.0, 1.0)],
        vec![Observation::from_flux(-1e6, g, 1e-30, 1e-31), Observation::from_flux(1e6, g, 1e30, 1e29)],
        (0..12).map(|i| Observation::from_mag(59_000.0 + f64::from(i), BandId::parse(&format!("odd{i}")), 18.0, 0.1, 1.0)).collect(),
    ];
    for (i, observations) in odd.into_iter().enumerate() {
        for flux in [false, true] {
            let mut options = light();
            options.flux = flux;
            options.period_d = Some(2.0);
            let drawn = text(&curve(observations.clone()), &options);
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{i} {flux}");
        }
    }
}

#[test]
fn a_hundred_thousand_points_make_no_monster_and_hide_no_outlier() {
    let wave = |i: u32| 18.0 + 0.4 * (f64::from(i) * 0.01).sin();
    let mut all: Vec<Observation> =
        (0..100_000u32).map(|i| Observation::from_mag(59_000.0 + f64::from(i) * 0.01, BandId::ZTF_R, wave(i), 0.02, 1.0)).collect();
    let thin = text(&curve(all.clone()), &light());
    assert!(thin.len() < 3_000_000, "{}", thin.len());
    all.push(Observation::from_mag(59_500.005, BandId::ZTF_R, 14.0, 0.02, 1.0));
    let with = text(&curve(all), &light());
    // The outlier stretches the axis, and is drawn.
    let has_tick = |svg: &str| svg.lines().any(|l| l.trim() == "14");
    assert!(has_tick(&with) && !has_tick(&thin), "a tick at 14");
}
