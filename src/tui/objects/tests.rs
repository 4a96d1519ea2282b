//! Tests of the list of objects.

use super::*;
use crate::lightcurve::{BandId, Observation, Origin, Photometry};

fn curve(id: &str, mjd: f64) -> LightCurve {
    let origin = Origin { path: Arc::new("<t>".into()), format: "t" };
    LightCurve::new(id.into(), Photometry::Difference, vec![Observation::from_flux(mjd, BandId::ZTF_G, 9.0, 1.0)], origin)
}

#[test]
fn an_object_of_two_files_is_merged_and_asked_again() {
    let mut o = Objects::default();
    assert_eq!((o.add(curve("a", 1.0)), o.add(curve("b", 1.0))), (0, 1));
    let before = o.get(0).unwrap().curve.clone();
    o.answer(0, &before, Classified::Done(Arc::from([1.0])));
    assert_eq!(o.n_classified(), 1);
    assert_eq!(o.add(curve("a", 2.0)), 0);
    assert_eq!((o.len(), o.n_classified()), (2, 0));
    assert_eq!(o.get(0).unwrap().curve.observations.len(), 2);
    // The answer for the shorter light curve comes late: it is dropped.
    o.answer(0, &before, Classified::Done(Arc::from([1.0])));
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
