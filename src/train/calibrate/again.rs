//! A model calibrated again, for another season or survey, from predictions on objects whose classes are known.

use super::{Fitted, Object, fit, measure, measure::Measures};
use crate::cascade::{probabilities, spread_conditionals};
use crate::model::calibration::Scaling;
use crate::model::refset::Refset;
use crate::model::{Model, ModelError, REFSET_EXTENSION};
use crate::taxonomy::Layout;
use std::path::Path;

/// The new model, and what it is worth.
#[derive(Debug)]
pub struct Again {
    /// Its file.
    pub bytes: Vec<u8>,
    /// Its reference set's file; a reason where there is none.
    pub refset: Result<Vec<u8>, String>,
    /// Of whole light curves, by the old model.
    pub before: Measures,
    /// The same by the new one, each object with a calibration that it had no part in.
    pub after: Measures,
    /// The fit: on top of the calibration that the model had.
    pub fitted: Fitted,
}

/// Calibrates `model` again. `objects`: its own predictions, at the ages of which scores are to be kept. `name` is for the
/// summary.
pub fn again(model: &Model, objects: &[Object<'_>], what: &str) -> Result<Again, ModelError> {
    let layout = model.layout();
    let fitted = fit(layout, objects, &Scaling::identity(layout.len()));
    let before = measure::measure(layout, objects, f64::INFINITY, |_| None);
    let after = measure::measure(layout, objects, f64::INFINITY, |o| Some(fitted.unseen(o.part)));
    let scaling = model.scaling().then(&fitted.all);
    let notes = [
        ("calibrated_on".to_string(), format!("{} objects of {what}, strength {}", fitted.objects, fitted.strength)),
        ("calibrated_from".to_string(), format!("{} (sha256 {})", model.name(), model.fingerprint())),
    ];
    let bytes = model.recalibrated(&scaling, fitted.decisions(layout, objects), notes)?;
    let refset = refset(model, &fitted.all).map_err(|e| e.to_string());
    Ok(Again { bytes, refset, before, after, fitted })
}

/// The model's reference set with its probabilities calibrated likewise. A refitted model's is that of its base, which stays.
fn refset(model: &Model, scaling: &Scaling) -> Result<Vec<u8>, ModelError> {
    if model.metadata().base.is_some() {
        return Ok(model.refset_bytes()?.into_owned());
    }
    let mut set = model.refset()?;
    recalibrate(&mut set, model.layout(), scaling)
        .map_err(|reason| ModelError::Refset { path: Path::new("model").with_extension(REFSET_EXTENSION), reason })?;
    set.to_parquet()
}

fn recalibrate(set: &mut Refset, layout: &Layout, scaling: &Scaling) -> Result<(), String> {
    let atoms = layout.atoms();
    for row in &mut set.rows {
        if row.atoms.len() != atoms.len() {
            return Err(format!("{} has {} probabilities, expected {}", row.object_id, row.atoms.len(), atoms.len()));
        }
        let p: Vec<f64> = row.atoms.iter().map(|p| f64::from(*p)).collect();
        let mut l = spread_conditionals(layout, &p);
        scaling.apply(layout, &mut l);
        let p = probabilities(layout, &l);
        row.atoms = atoms.iter().map(|a| p[*a] as f32).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;
    use crate::model::refset::RefRow;

    #[test]
    fn a_reference_set_is_calibrated_as_the_model_is() {
        // Slots: A, A1, A2, B; atoms A1, A2, B.
        let layout = Layout::new(&tree("Root{A{A1,A2},B}"));
        let row = |atoms: [f32; 3]| RefRow {
            object_id: "x".into(),
            label: "A1".into(),
            fold: 0,
            age_d: 7.0,
            weight: 1.0,
            embedding: vec![],
            atoms: atoms.to_vec(),
        };
        let mut set = Refset { encoder: String::new(), rows: vec![row([0.4, 0.4, 0.2]), row([0.0, 0.0, 1.0])] };
        let scaling = Scaling { scale: vec![0.5, 1.0, 1.0, 0.5], offset: vec![0.0, 3f64.ln(), 0.0, 0.0] };
        recalibrate(&mut set, &layout, &scaling).unwrap();
        // 0.8 : 0.2 becomes 2 : 1, and A1 : A2 3 : 1.
        for (got, want) in set.rows[0].atoms.iter().zip([0.5, 1.0 / 6.0, 1.0 / 3.0]) {
            assert!((f64::from(*got) - want).abs() < 1e-6, "{:?}", set.rows[0]);
        }
        assert_eq!(set.rows[1].atoms, [0.0, 0.0, 1.0]);
        set.rows[0].atoms.pop();
        assert!(recalibrate(&mut set, &layout, &scaling).is_err());
    }
}
