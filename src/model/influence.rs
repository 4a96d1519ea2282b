//! Which observations an answer rests on: each is left out in turn (or each night), and the model is asked again. Knows no screen and no
//! file.
//!
//! Difference photometry is binned by night before the network sees it, so that one of several points of a night matters little on its
//! own: what the night says is seen by leaving out all of it.

use super::parts::run_parts;
use super::{ModelError, Profile, Session};
use crate::lightcurve::{Observation, Photometry};
use std::sync::atomic::AtomicBool;

/// At most so many points go through the features in all: `units x points`. Above it nights are taken instead of points, and several
/// nights at a time instead of one.
pub const MAX_WORK: usize = 4_000_000;

/// What is left out at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// One point.
    Observation,
    /// All points of a night, in all bands. A night is the integer part of the MJD.
    Night,
}

/// What the model says without a part of the light curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Without {
    /// Places of what was left out, in the list of observations that was given.
    pub observations: Vec<usize>,
    /// Time of the first and of the last of them (MJD).
    pub mjd: (f64, f64),
    /// P per slot of the model's layout; none if nothing is left that the model can use.
    pub p: Option<Vec<f64>>,
}

/// The answers without each part.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// P per slot of the model's layout from everything.
    pub p: Vec<f64>,
    /// Parts in order of time. Points in bands that the model does not use are in none: they change nothing.
    pub units: Vec<Without>,
    /// What the parts are.
    pub unit: Unit,
    /// Said where the parts are not those that were asked for.
    pub remark: Option<String>,
}

impl Influence {
    /// How much of P of a slot is owed to a unit: P with everything less P without it. Positive if it speaks for the class. None if nothing
    /// is left without it, or there is no such unit or slot.
    pub fn change(&self, unit: usize, slot: usize) -> Option<f64> {
        let without = self.units.get(unit)?.p.as_ref()?;
        Some(self.p.get(slot)? - without.get(slot)?)
    }

    /// Per observation (of `n` that were given) the change that its unit makes in P of a slot: for colouring the points. 0 for those in
    /// bands that the model does not use; none where nothing is left without it.
    pub fn per_observation(&self, n: usize, slot: usize) -> Vec<Option<f64>> {
        let mut out = vec![Some(0.0); n];
        for (i, unit) in self.units.iter().enumerate() {
            for at in &unit.observations {
                if let Some(place) = out.get_mut(*at) {
                    *place = self.change(i, slot);
                }
            }
        }
        out
    }
}

/// Leaves out each point or each night in turn. `observations` in order of time, and at least one measurement in a band that the model
/// uses: without any there is nothing to ask, and the result is none, as it is if `cancel` was set on the way.
pub fn influence(
    session: &mut Session,
    observations: &[Observation],
    photometry: Photometry,
    unit: Unit,
    cancel: &AtomicBool,
) -> Result<Option<Influence>, ModelError> {
    let model = session.model().clone();
    let profile = model.profile();
    let usable = observations.iter().filter(|o| profile.uses(o)).count();
    if usable == 0 {
        return Ok(None);
    }
    let (parts, unit, remark) = parts(profile, observations, unit);
    let lost = |part: &Vec<usize>| part.iter().filter_map(|i| observations.get(*i)).filter(|o| profile.uses(o)).count();
    let (runs, nothing): (Vec<usize>, Vec<usize>) = (0..parts.len()).partition(|i| parts.get(*i).is_some_and(|p| lost(p) < usable));
    let model = session.model().clone();
    // The first run is with everything.
    let answers = run_parts(session, runs.len() + 1, cancel, |i| {
        let part = i.checked_sub(1).and_then(|i| parts.get(*runs.get(i)?)).map_or(&[][..], Vec::as_slice);
        let left = observations.iter().enumerate().filter(|(i, _)| part.binary_search(i).is_err());
        model.prepare(&left.map(|(_, o)| *o).collect::<Vec<_>>(), photometry)
    })?;
    let Some(answers) = answers else { return Ok(None) };
    let mut answers = answers.into_iter();
    let Some(p) = answers.next() else { return Ok(None) };
    let time = |i: Option<&usize>| i.and_then(|i| observations.get(*i)).map_or(0.0, |o| o.mjd);
    let units = parts.into_iter().enumerate().map(|(i, part)| Without {
        mjd: (time(part.first()), time(part.last())),
        p: if nothing.contains(&i) { None } else { answers.next() },
        observations: part,
    });
    Ok(Some(Influence { p, units: units.collect(), unit, remark }))
}

/// What is left out in turn: places of observations, in order.
fn parts(profile: &Profile, observations: &[Observation], unit: Unit) -> (Vec<Vec<usize>>, Unit, Option<String>) {
    let n = observations.len().max(1);
    let seen = |o: &Observation| profile.knows(o);
    let places: Vec<usize> = observations.iter().enumerate().filter(|(_, o)| seen(o)).map(|(i, _)| i).collect();
    let most = (MAX_WORK / n).max(1);
    if unit == Unit::Observation && places.len() <= most {
        return (places.into_iter().map(|i| vec![i]).collect(), unit, None);
    }
    let mut nights: Vec<Vec<usize>> = Vec::new();
    let mut last = f64::NAN;
    for i in places {
        let night = observations.get(i).map_or(f64::NAN, |o| o.mjd.floor());
        match nights.last_mut() {
            Some(points) if night == last => points.push(i),
            _ => nights.push(vec![i]),
        }
        last = night;
    }
    let together = nights.len().div_ceil(most).max(1);
    let instead = if unit == Unit::Observation { "nights are left out instead of points" } else { "" };
    if together == 1 {
        let remark = (unit == Unit::Observation).then(|| format!("{n} points are too many to leave out one by one: {instead}"));
        return (nights, Unit::Night, remark);
    }
    let count = nights.len();
    let blocks: Vec<Vec<usize>> = nights.chunks(together).map(|c| c.concat()).collect();
    let remark =
        format!("{n} points in {count} nights are too many to leave out one by one: {together} nights with data are left out at a time");
    (blocks, Unit::Night, Some(remark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Group;
    use crate::lightcurve::BandId;
    use crate::model::Model;

    fn seen(mjd: f64, mag: f64) -> Observation {
        Observation::from_mag(mjd, if (mjd * 10.0) as i64 % 2 == 0 { BandId::ZTF_G } else { BandId::ZTF_R }, mag, 0.05, 1.0)
    }

    #[test]
    fn the_answer_without_a_part_is_that_of_the_rest() {
        let mut o: Vec<Observation> = (0..30).map(|i| seen(58_000.2 + 1.5 * f64::from(i), 18.0 + 0.05 * f64::from(i))).collect();
        o.push(Observation::from_mag(58_046.0, BandId::ZTF_I, 18.0, 0.05, 1.0));
        o.push(Observation::from_limit(58_050.0, BandId::ZTF_G, 20.0));
        let mut session = Model::shipped().unwrap().session().unwrap();
        let go = AtomicBool::new(false);
        let found = influence(&mut session, &o, Photometry::Difference, Unit::Observation, &go).unwrap().unwrap();
        // All but the one in a band that the model does not use; the limit is one of them.
        assert_eq!((found.units.len(), found.unit, found.remark.as_ref()), (31, Unit::Observation, None));
        let whole = session.classify_observations(&o, Photometry::Difference).unwrap().p;
        assert!(whole.iter().zip(&found.p).all(|(a, b)| (a - b).abs() < 1e-5));
        for (u, at) in [(0usize, 0usize), (7, 7), (30, 31)] {
            assert_eq!(found.units[u].observations, [at]);
            assert_eq!(found.units[u].mjd, (o[at].mjd, o[at].mjd));
            let mut rest = o.clone();
            rest.remove(at);
            let p = session.classify_observations(&rest, Photometry::Difference).unwrap().p;
            for slot in 0..p.len() {
                assert!((found.change(u, slot).unwrap() - (whole[slot] - p[slot])).abs() < 1e-5);
            }
        }
        let per = found.per_observation(o.len(), 0);
        assert_eq!((per[30], per[7]), (Some(0.0), found.change(7, 0)));
        assert_eq!((found.change(99, 0), found.change(0, 9999)), (None, None));
        assert_eq!(influence(&mut session, &o, Photometry::Difference, Unit::Night, &AtomicBool::new(true)).unwrap(), None);
    }

    #[test]
    fn nights_hold_all_their_points_and_the_only_one_leaves_nothing() {
        let o = [seen(10.0, 18.0), seen(10.3, 18.0), Observation::from_limit(11.0, BandId::ZTF_G, 20.0)];
        let mut session = Model::shipped().unwrap().session().unwrap();
        let go = AtomicBool::new(false);
        let found = influence(&mut session, &o, Photometry::Difference, Unit::Night, &go).unwrap().unwrap();
        assert_eq!(found.units.iter().map(|u| u.observations.clone()).collect::<Vec<_>>(), [vec![0, 1], vec![2]]);
        assert!(found.units[0].p.is_none() && found.units[1].p.is_some());
        assert_eq!((found.change(0, 0), found.per_observation(3, 0)[1]), (None, None));
        let limit = [Observation::from_limit(11.0, BandId::ZTF_G, 20.0)];
        assert_eq!(influence(&mut session, &limit, Photometry::Difference, Unit::Night, &go).unwrap(), None);
    }

    #[test]
    fn very_long_light_curves_are_taken_by_nights_and_blocks_of_nights() {
        let of = |n: usize, per_night: usize| -> Vec<Observation> { (0..n).map(|i| seen((i / per_night) as f64, 18.0)).collect() };
        assert_eq!(parts(&profile(), &of(2000, 4), Unit::Observation).0.len(), 2000);
        let (units, unit, remark) = parts(&profile(), &of(4000, 8), Unit::Observation);
        assert_eq!((units.len(), units[0].len(), unit), (500, 8, Unit::Night));
        assert!(remark.unwrap().contains("4000 points"));
        assert_eq!(parts(&profile(), &of(4000, 8), Unit::Night).2, None);
        // 4,000,000 / 20,000 = 200 units for 1,000 nights.
        let (units, _, remark) = parts(&profile(), &of(20_000, 20), Unit::Night);
        assert_eq!((units.len(), units[0].len()), (200, 100));
        assert!(remark.unwrap().contains("5 nights"));
    }

    fn profile() -> Profile {
        Profile { groups: vec![Group::Transient], peak_mag: (0.0, 30.0) }
    }
}
