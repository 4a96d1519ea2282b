//! What to say beside an answer: light curves unlike those that the model was trained on.

use crate::features::{Channel, split};
use crate::lightcurve::{LightCurve, Photometry, Warning, window};

/// Peak magnitudes between which 98 % of the training set lie.
const TRAINING_PEAK_MAG: (f64, f64) = (15.5, 20.5);
/// Fewer detections than this are too few.
const MIN_DETECTIONS: usize = 3;

/// Warnings about the use of a model on this light curve.
pub fn model_warnings(lc: &LightCurve) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if lc.photometry == Photometry::Total {
        warnings.push(Warning::TotalPhotometry);
    }
    let usable = || lc.observations.iter().filter(|o| !o.is_limit() && Channel::of(o.band).is_some());
    let detections = usable().filter(|o| o.snr() >= window::DETECTION_SNR).count();
    if detections < MIN_DETECTIONS {
        warnings.push(Warning::FewDetections(detections));
    }
    let first = usable().next().and_then(|o| Channel::of(o.band));
    if first.is_some() && usable().all(|o| Channel::of(o.band) == first) {
        warnings.push(Warning::OneBand);
    }
    let peak = split(&lc.observations).iter().filter_map(|t| t.peak_point().map(|p| p.mag)).fold(f64::INFINITY, f64::min);
    if peak.is_finite() && !(TRAINING_PEAK_MAG.0..=TRAINING_PEAK_MAG.1).contains(&peak) {
        warnings.push(Warning::OutsideTrainingMagnitudes { peak_centimag: (peak * 100.0).round() as i32 });
    }
    warnings
}
