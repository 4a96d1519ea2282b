//! Periods that are known of objects, and the search for one. Knows nothing of how they are found.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A peak of the periodogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Days.
    pub period_d: f64,
    /// Part of the variance that it explains, 0 to 1.
    pub power: f64,
    /// log10 of its false-alarm probability.
    pub log10_false_alarm: f64,
    /// Harmonics of the curve that was fitted.
    pub harmonics: usize,
    /// What it has to do with the best peak; may be empty.
    pub remark: &'static str,
}

/// What a search gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Best first.
    pub peaks: Vec<Peak>,
    /// The periodogram: the highest power in bins of equal width.
    pub power: Vec<f32>,
    /// The frequencies at its ends, per day.
    pub frequencies_per_d: (f64, f64),
}

/// Peaks with a higher false-alarm probability are not believed (log10).
pub const BELIEVED: f64 = -3.0;

/// Where a period comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was typed.
    Typed,
    /// It is the n-th best peak, from 0.
    Found(usize),
}

/// What is known of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Days.
    pub period_d: f64,
    /// Where it comes from, before it was halved or doubled.
    pub origin: Origin,
    /// What was found, if it was searched for.
    pub found: Option<Arc<Found>>,
}

impl Known {
    /// The peaks that were found, best first.
    pub fn peaks(&self) -> &[Peak] {
        self.found.as_ref().map_or(&[], |f| &f.peaks)
    }
}

/// A search that is under way.
#[derive(Debug, Clone)]
pub struct Search {
    /// Its number: reports of another are dropped.
    pub number: u64,
    /// Set to stop it.
    pub cancel: Arc<AtomicBool>,
}

/// All that is known of periods.
#[derive(Debug, Default)]
pub struct Periods {
    /// Whether light curves are shown folded, where a period is known.
    pub fold: bool,
    /// By the object's name.
    known: HashMap<String, Known>,
    /// Objects that were searched in vain, and why.
    failed: HashMap<String, String>,
    /// The search for the object that is shown.
    pub search: Option<Search>,
}

impl Periods {
    /// What is known of an object.
    pub fn of(&self, object_id: &str) -> Option<&Known> {
        self.known.get(object_id)
    }

    /// The period (days) that an object is to be folded on, if it is to be folded.
    pub fn folded(&self, object_id: &str) -> Option<f64> {
        if self.fold { self.of(object_id).map(|k| k.period_d) } else { None }
    }

    /// Whether nothing is known of an object yet, not even that nothing can be found.
    pub fn is_open(&self, object_id: &str) -> bool {
        !self.known.contains_key(object_id) && !self.failed.contains_key(object_id)
    }

    /// Why no period was found.
    pub fn why_none(&self, object_id: &str) -> Option<&str> {
        self.failed.get(object_id).map(String::as_str)
    }

    /// A period is typed; what was found is kept.
    pub fn typed(&mut self, object_id: &str, period_d: f64) {
        let found = self.of(object_id).and_then(|k| k.found.clone());
        self.known.insert(object_id.into(), Known { period_d, origin: Origin::Typed, found });
    }

    /// A search has ended.
    pub fn found(&mut self, object_id: &str, found: Result<Arc<Found>, String>) {
        match found {
            Ok(found) => match found.peaks.first() {
                Some(best) => {
                    let known = Known { period_d: best.period_d, origin: Origin::Found(0), found: Some(found.clone()) };
                    self.failed.remove(object_id);
                    self.known.insert(object_id.into(), known);
                }
                None => {
                    self.failed.insert(object_id.into(), "there is no peak".into());
                }
            },
            Err(why) => {
                self.failed.insert(object_id.into(), why);
            }
        }
    }

    /// The period is changed by a factor, as 0.5 or 2. Returns the new one.
    pub fn scale(&mut self, object_id: &str, factor: f64) -> Option<f64> {
        let known = self.known.get_mut(object_id)?;
        let new = known.period_d * factor;
        // Beyond these nothing can be meant, and phases would lose all their digits.
        if !(1e-5..1e6).contains(&new) {
            return None;
        }
        known.period_d = new;
        Some(new)
    }

    /// Takes the n-th peak; around the end the best again.
    pub fn take(&mut self, object_id: &str, n: usize) -> Option<(usize, Peak)> {
        let known = self.known.get_mut(object_id)?;
        let peaks = known.peaks();
        let n = n.checked_rem(peaks.len())?;
        let peak = *peaks.get(n)?;
        known.period_d = peak.period_d;
        known.origin = Origin::Found(n);
        Some((n, peak))
    }

    /// Stops the search.
    pub fn stop(&mut self) -> bool {
        let search = self.search.take();
        if let Some(search) = &search {
            search.cancel.store(true, Ordering::Relaxed);
        }
        search.is_some()
    }
}

/// As many digits as a period deserves.
pub fn days(period_d: f64) -> String {
    let decimals = (6 - period_d.log10().floor() as i32).clamp(1, 9) as usize;
    format!("{period_d:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_typed_found_halved_and_stepped_through() {
        let mut p = Periods::default();
        assert!(p.is_open("a"));
        let peak = |period_d| Peak { period_d, power: 0.5, log10_false_alarm: -9.0, harmonics: 1, remark: "" };
        p.found("a", Ok(Arc::new(Found { peaks: vec![peak(0.5), peak(0.25)], ..Found::default() })));
        assert_eq!((p.of("a").unwrap().period_d, p.folded("a")), (0.5, None));
        p.fold = true;
        assert_eq!(p.folded("a"), Some(0.5));
        assert_eq!((p.scale("a", 2.0), p.take("a", 1).map(|t| t.0), p.take("a", 2).map(|t| t.0)), (Some(1.0), Some(1), Some(0)));
        p.typed("a", 7.0);
        assert_eq!((p.folded("a"), p.of("a").unwrap().peaks().len()), (Some(7.0), 2));
        p.found("b", Err("too few points".into()));
        assert!(!p.is_open("b") && p.why_none("b").is_some() && p.folded("b").is_none());
        assert_eq!(p.scale("b", 2.0), None);
        p.typed("a", 2e-5);
        assert!(p.scale("a", 0.25).is_none());
    }

    #[test]
    fn digits() {
        assert_eq!((days(0.567_123_4), days(12.3), days(431.0)), ("0.5671234".into(), "12.30000".into(), "431.0000".into()));
    }
}
