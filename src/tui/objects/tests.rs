//! Tests of the list of objects.

use super::*;
use crate::lightcurve::{BandId, Observation, Origin, Photometry};
use crate::tui::arrange::SortKey;

fn curve(id: &str, mjd: f64) -> LightCurve {
    let origin = Origin { path: Arc::new("<t>".into()), format: "t" };
    LightCurve::new(id.into(), Photometry::Difference, vec![Observation::from_flux(mjd, BandId::ZTF_G, 9.0, 1.0)], origin)
}

#[test]
fn an_object_of_two_files_is_merged_and_asked_again() {
    let mut o = Objects::default();
    assert_eq!((o.add(curve("a", 1.0)), o.add(curve("b", 1.0))), (0, 1));
    let before = o.get(0).unwrap().curve.clone();
    o.answer(0, &before, Classified::Done(vec![1.0].into()));
    assert_eq!(o.n_classified(), 1);
    assert_eq!(o.add(curve("a", 2.0)), 0);
    assert_eq!((o.len(), o.n_classified()), (2, 0));
    assert_eq!(o.get(0).unwrap().curve.observations.len(), 2);
    // The answer for the shorter light curve comes late: it is dropped.
    o.answer(0, &before, Classified::Done(vec![1.0].into()));
    assert!(matches!(o.get(0).unwrap().classified, Classified::Waiting));
}

#[test]
fn search_goes_around() {
    let mut o = Objects::default();
    for id in ["ZTF18a", "sim-1", "ztf19b", "other"] {
        o.add(curve(id, 1.0));
    }
    o.search = "ztf".into();
    assert_eq!(o.find(0, 1), Some(0));
    assert_eq!(o.find(1, 1), Some(2));
    assert_eq!(o.find(3, 1), Some(0));
    assert_eq!(o.find(1, -1), Some(0));
    assert_eq!(o.find(3, -1), Some(2));
    o.search = "nothing".into();
    assert_eq!(o.find(0, 1), None);
}

fn of_file(id: &str, mjd: f64, path: &str) -> LightCurve {
    let origin = Origin { path: Arc::new(path.into()), format: "t" };
    LightCurve::new(id.into(), Photometry::Difference, vec![Observation::from_flux(mjd, BandId::ZTF_G, 9.0, 1.0)], origin)
}

#[test]
fn points_of_several_files_are_told() {
    let mut o = Objects::default();
    o.add(of_file("a", 1.0, "one.csv"));
    o.add(of_file("a", 2.0, "one.csv"));
    let told = |o: &Objects| o.get(0).unwrap().curve.warnings.iter().map(|w| w.to_string()).collect::<Vec<_>>();
    assert!(told(&o).is_empty(), "one file");
    o.add(of_file("a", 3.0, "two.csv"));
    assert_eq!(told(&o), ["points of 2 files"]);
    o.add(of_file("a", 4.0, "three.csv"));
    o.add(of_file("a", 5.0, "two.csv"));
    assert_eq!(told(&o), ["points of 3 files"]);
    assert_eq!(o.get(0).unwrap().facts.n, 5);
    let mut other = of_file("a", 6.0, "four.csv");
    other.label = Some("TDE".into());
    o.add(other);
    assert_eq!(o.label(o.get(0).unwrap()), Some("TDE"));
}

fn ids(o: &Objects) -> Vec<&str> {
    (0..o.shown()).map(|p| o.get(o.row_at(p).unwrap()).unwrap().curve.object_id.as_str()).collect()
}

#[test]
fn names_sort_in_any_case_and_what_has_no_value_comes_last() {
    let mut o = Objects::default();
    let long = "a-name-longer-than-sixteen-letters-";
    for id in [format!("{long}2"), "b".into(), "A".into(), format!("{long}10"), "c".into()] {
        o.add(curve(&id, 1.0));
    }
    o.sort_by(SortKey::Name, false);
    assert_eq!(ids(&o), ["A", &format!("{long}10"), &format!("{long}2"), "b", "c"]);
    o.sort_by(SortKey::Name, true);
    assert_eq!(ids(&o), ["c", "b", &format!("{long}2"), &format!("{long}10"), "A"]);
    // No object is classified: the order of reading, either way.
    for reversed in [false, true] {
        o.sort_by(SortKey::P, reversed);
        assert_eq!(ids(&o), [&format!("{long}2"), "b", "A", &format!("{long}10"), "c"]);
    }
    o.sort_by(SortKey::File, true);
    assert_eq!(ids(&o).first(), Some(&"c"));
}

#[test]
fn the_selection_keeps_its_line() {
    let mut o = Objects::default();
    for i in 0..100 {
        o.add(curve(&format!("x{:02}", (i * 37) % 100), 1.0));
    }
    o.select(50);
    o.offset = 45;
    // Row 50 is x50 (50 * 37 = 1850): fifth line below the top, and so it stays.
    o.sort_by(SortKey::Name, false);
    assert_eq!((o.place_of(50), o.offset), (Some(50), 45));
    o.sort_by(SortKey::Name, true);
    assert_eq!((o.place_of(50), o.offset), (Some(49), 44));
    assert_eq!(o.selected, 50);
}
