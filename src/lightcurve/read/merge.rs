//! One object from several files: overlapping histories, one file per survey or per alert.

use super::super::{LightCurve, Warning};

/// Adds the points of `other`, a light curve of the same object and kind of photometry, to `curve`. Points that both
/// hold are kept once, without a warning; where they state different things about the object, `curve` stays as it is.
pub fn merge(curve: &mut LightCurve, other: LightCurve) {
    let mut observations = std::mem::take(&mut curve.observations);
    observations.extend(other.observations);
    let id = std::mem::take(&mut curve.object_id);
    curve.observations = {
        let merged = LightCurve::new(id, curve.photometry, observations, curve.origin.clone());
        curve.object_id = merged.object_id;
        merged.observations
    };
    for warning in other.warnings {
        add(&mut curve.warnings, warning);
    }
    if curve.survey.is_empty() {
        curve.survey = other.survey;
    } else if !other.survey.is_empty() && other.survey != curve.survey {
        curve.survey = format!("{}+{}", curve.survey, other.survey);
    }
    curve.fold = curve.fold.or(other.fold);
    match (&curve.label, other.label) {
        (None, label) => curve.label = label,
        (Some(kept), Some(label)) if *kept != label => {
            add(&mut curve.warnings, Warning::Other("files differ in their label: the first is kept".to_string()));
        }
        _ => {}
    }
    for (name, value) in other.extra {
        if curve.extra(&name).is_none() {
            curve.extra.push((name, value));
        }
    }
}

/// Adds up counts; says other things once.
fn add(warnings: &mut Vec<Warning>, new: Warning) {
    for old in warnings.iter_mut() {
        match (old, &new) {
            (Warning::DroppedNotFinite(n), Warning::DroppedNotFinite(m))
            | (Warning::DroppedBadTime(n), Warning::DroppedBadTime(m))
            | (Warning::DroppedBadError(n), Warning::DroppedBadError(m))
            | (Warning::DroppedRepeats(n), Warning::DroppedRepeats(m)) => {
                *n += m;
                return;
            }
            (Warning::DroppedByRule { rule, n }, Warning::DroppedByRule { rule: same, n: m }) if rule == same => {
                *n += m;
                return;
            }
            (old, new) if *old == *new => return,
            _ => {}
        }
    }
    warnings.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::{BandId, Observation, Origin, Photometry};
    use std::sync::Arc;

    fn curve(times: &[f64], label: Option<&str>) -> LightCurve {
        let points = times.iter().map(|&t| Observation::from_flux(t, BandId::ZTF_G, t, 1.0)).collect();
        let mut c = LightCurve::new("a".into(), Photometry::Difference, points, Origin { path: Arc::new("x".into()), format: "csv" });
        c.label = label.map(str::to_string);
        c
    }

    #[test]
    fn points_come_once_and_in_order() {
        let mut a = curve(&[1.0, 2.0, 2.0], None);
        a.survey = "ztf".into();
        let mut b = curve(&[1.5, 2.0, 3.0, 3.0], Some("SN Ia"));
        b.extra.push(("k".into(), "v".into()));
        merge(&mut a, b);
        assert_eq!(a.observations.iter().map(|o| o.mjd).collect::<Vec<_>>(), [1.0, 1.5, 2.0, 3.0]);
        assert_eq!(a.warnings, [Warning::DroppedRepeats(2)]);
        assert_eq!((a.object_id.as_str(), a.label.as_deref(), a.survey.as_str(), a.extra("k")), ("a", Some("SN Ia"), "ztf", Some("v")));
        merge(&mut a, curve(&[], Some("SN II")));
        assert_eq!(a.label.as_deref(), Some("SN Ia"));
        assert_eq!(a.warnings.len(), 2);
    }
}
