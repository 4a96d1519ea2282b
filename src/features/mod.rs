//! Numbers computed from a light curve, and the one table of their names, units and code.
//!
//! A feature is declared and computed in the same line ([`Sink::put`]): run with a [`Names`] sink the
//! code yields the table, with a [`Values`] sink the numbers. Missing values are NaN. Nothing
//! here depends on a label, a published period, an identifier or a position.

mod channel;
mod colour;
mod fit;
pub mod period;
mod shape;
mod star;
mod stats;

pub use channel::{Channel, Point, Track, split};

use crate::lightcurve::{Observation, Photometry, window};
use std::borrow::Cow;
use std::fmt::Arguments;
use std::sync::LazyLock;

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureInfo {
    /// Unique name, `g_peak_mag`.
    pub name: String,
    /// Unit: `mag`, `d`, `mag/d`, or empty for a pure number.
    pub unit: &'static str,
    /// What it is.
    pub doc: Cow<'static, str>,
    /// What it is made for.
    pub group: Group,
}

/// Features that are computed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Of a transient: two channels of wavelengths, from the first detection to the last.
    Transient,
    /// Of a variable star: any bands, total photometry, with a search for the period.
    Star,
}

impl Group {
    /// All of them, in the order of the table.
    pub const ALL: [Group; 2] = [Group::Transient, Group::Star];

    /// The groups that say something of such photometry.
    pub fn of(photometry: &[Photometry]) -> Vec<Group> {
        let wanted = |g: &Group| match g {
            Group::Transient => photometry.contains(&Photometry::Difference),
            Group::Star => photometry.contains(&Photometry::Total),
        };
        Group::ALL.into_iter().filter(wanted).collect()
    }

    /// Whether the group says something of such photometry: transients' features do of any, as total light may hold one.
    pub fn suits(self, photometry: Photometry) -> bool {
        self == Group::Transient || photometry == Photometry::Total
    }

    /// Whether the point's band is one that the group's features know.
    pub fn knows(self, o: &Observation) -> bool {
        self == Group::Star || Channel::of(o.band).is_some()
    }

    /// Whether the group's features get anything from this point.
    pub fn uses(self, o: &Observation) -> bool {
        !o.is_limit() && self.knows(o)
    }
}

/// Receives features one by one, always in the same order.
pub trait Sink {
    /// Declares the feature and hands over its value; NaN where missing.
    fn put(&mut self, name: Arguments<'_>, unit: &'static str, doc: Arguments<'_>, value: f64);
}

/// Collects the table.
struct Names(Vec<FeatureInfo>, Group);

impl Sink for Names {
    fn put(&mut self, name: Arguments<'_>, unit: &'static str, doc: Arguments<'_>, _: f64) {
        self.0.push(FeatureInfo { name: name.to_string(), unit, doc: Cow::Owned(doc.to_string()), group: self.1 });
    }
}

/// Collects the numbers.
struct Values(Vec<f32>);

impl Sink for Values {
    fn put(&mut self, _: Arguments<'_>, _: &'static str, _: Arguments<'_>, value: f64) {
        let value = value as f32;
        // An overflow of a statistic of absurd input is as good as missing.
        self.0.push(if value.is_finite() { value } else { f32::NAN });
    }
}

/// The table of all features, in the order of [`compute`].
pub static FEATURES: LazyLock<Vec<FeatureInfo>> = LazyLock::new(|| {
    let mut names = Names(Vec::new(), Group::Transient);
    for group in Group::ALL {
        names.1 = group;
        describe(group, &[], Photometry::Total, &mut names);
    }
    names.0
});

/// The features of some groups, in the order of [`compute`].
pub fn table(groups: &[Group]) -> impl Iterator<Item = &'static FeatureInfo> {
    FEATURES.iter().filter(|f| groups.contains(&f.group))
}

/// Features of what was observed, those of `groups` in the order of [`table`]. Difference photometry
/// is binned by night first, and has no features of stars. Observations must be in order of time, as those of a `LightCurve` are.
pub fn compute(observations: &[Observation], photometry: Photometry, groups: &[Group]) -> Vec<f32> {
    let mut values = Values(Vec::with_capacity(FEATURES.len()));
    for group in Group::ALL.into_iter().filter(|g| groups.contains(g)) {
        describe(group, observations, photometry, &mut values);
    }
    values.0
}

fn describe(group: Group, observations: &[Observation], photometry: Photometry, out: &mut impl Sink) {
    match group {
        Group::Transient => {
            let nightly = (photometry == Photometry::Difference).then(|| window::nightly(observations));
            let tracks = split(nightly.as_deref().unwrap_or(observations));
            for track in &tracks {
                shape::put(track, out);
                stats::put(track, out);
            }
            colour::put(&tracks, out);
            fit::put(&tracks, out);
        }
        Group::Star => star::put((photometry == Photometry::Total).then_some(observations), out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lightcurve::BandId;

    #[test]
    fn names_are_unique_and_values_match_them() {
        let mut names: Vec<_> = FEATURES.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(compute(&[], Photometry::Difference, &Group::ALL).len(), names.len());
        names.sort_unstable();
        let n = names.len();
        names.dedup();
        assert_eq!(names.len(), n);
    }

    #[test]
    fn one_point_gives_finite_numbers_or_nan_only() {
        let o = [Observation::from_mag(58000.0, BandId::ZTF_R, 18.0, 0.05, 1.0)];
        let v = compute(&o, Photometry::Difference, &Group::ALL);
        let at = |name: &str| v[FEATURES.iter().position(|f| f.name == name).unwrap()];
        assert_eq!(at("r_n"), 1.0);
        assert!((at("r_peak_mag") - 18.0).abs() < 1e-5);
        assert_eq!(at("g_n"), 0.0);
        assert!(at("g_peak_mag").is_nan());
        assert!(v.iter().all(|x| !x.is_infinite()));
    }
}
