//! Light curves of the ZTF data releases as IRSA gives them (CSV). A star has one oid per field, quadrant and band: oids of one
//! place are one object, named by the first of them.

use super::columns::BandCode;
use super::drafts::Drafts;
use super::formats::{Context, Opened};
use super::lines::{self, Fault, Header, LineFormat, Taken};
use super::points::{BandCache, Values};
use super::{Objects, Place, ReadError};
use crate::lightcurve::Photometry;
use std::collections::{BTreeMap, HashMap};

const SURVEY: &str = "ztf";
static MARKS: [&str; 4] = ["oid", "mjd", "catflags", "filtercode"];
/// The bit of points that should not be used.
const BAD: u64 = 32_768;
const RULE: &str = "catflags 32768";
/// Oids this near to each other are one star.
const SAME_STAR_ARCSEC: f64 = 1.5;
/// So many oids are remembered.
const REMEMBERED: usize = 1 << 20;

pub(super) fn accepts(file: &Opened) -> bool {
    let Opened::Raw(source) = file else { return false };
    Header::find(source, &MARKS).is_some()
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let Some(header) = Header::find(&source, &MARKS) else {
        return Err(context.error(Place::File, "there is no header", "one with oid, mjd, catflags and filtercode"));
    };
    let columns = header.need(["oid", "mjd", "mag", "magerr", "catflags", "filtercode"], &context)?;
    let position = header.index("ra").zip(header.index("dec"));
    let format = IrsaZtf { header, columns, position, bands: context.bands(), stars: Stars::default() };
    let drafts = Drafts::new(context.clone(), false, ["ra", "dec"].map(str::to_string).to_vec());
    Ok(lines::objects(source, context, drafts, format))
}

struct IrsaZtf {
    header: Header,
    columns: [usize; 6],
    position: Option<(usize, usize)>,
    bands: BandCache,
    stars: Stars,
}

impl LineFormat for IrsaZtf {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if self.header.is_no_row(line) {
            return Ok(Taken::Other);
        }
        let row = self.header.row(line)?;
        let [oid, mjd, mag, err, flags, band] = self.columns;
        let (oid, band) = (row.text(oid), row.text(band));
        if oid.is_empty() {
            return Err(Fault::new(Some("oid"), "no name", "a name for the object of every row"));
        }
        if band.is_empty() {
            return Err(Fault::new(Some("filtercode"), "no band", "a band for every row"));
        }
        let values = Values { mjd: row.number(mjd)?, mag: row.number(mag)?, mag_err: row.number(err)?, ..Values::NONE };
        let flag_text = row.text(flags);
        let flags = flag_text.strip_suffix(".0").unwrap_or(flag_text).parse::<u64>();
        let bad = || Fault::new(Some("catflags"), super::error::quoted(flag_text.as_bytes()), "a whole number");
        let flags = flags.map_err(|_| bad())?;
        let place = match self.position {
            Some((ra, dec)) => Some((row.number(ra)?, row.number(dec)?)),
            None => None,
        };
        let star = self.stars.star(oid, place);
        let draft = drafts.object(star.name.as_bytes());
        if draft.survey.is_empty() {
            draft.survey.push_str(SURVEY);
            draft.photometry = Some(Photometry::Total);
            if let Some((ra, dec)) = star.place {
                draft.extra(0, ra.to_string().as_bytes());
                draft.extra(1, dec.to_string().as_bytes());
            }
        }
        if flags & BAD != 0 {
            draft.dropped(RULE, 1);
        } else {
            draft.observations.push(values.observation(self.bands.get(band, SURVEY, BandCode::Name)));
        }
        Ok(Taken::Point)
    }
}

/// A star by its first oid.
#[derive(Debug, Clone, PartialEq)]
struct Star {
    name: String,
    /// Right ascension and declination of its first row, degrees.
    place: Option<(f64, f64)>,
}

/// Stars by oid and by place.
#[derive(Default)]
struct Stars {
    stars: Vec<Star>,
    by_oid: HashMap<String, usize>,
    /// By declination in steps of the radius.
    by_dec: BTreeMap<i64, Vec<usize>>,
    last: Option<(String, usize)>,
}

impl Stars {
    /// The star that an oid belongs to; `place` in degrees.
    fn star(&mut self, oid: &str, place: Option<(f64, f64)>) -> Star {
        let known = match &self.last {
            Some((last, i)) if last == oid => Some(*i),
            _ => self.by_oid.get(oid).copied(),
        };
        let index = known.unwrap_or_else(|| self.new_oid(oid, place));
        if self.last.as_ref().is_none_or(|(last, _)| last != oid) {
            self.last = Some((oid.to_string(), index));
        }
        self.stars.get(index).cloned().unwrap_or_else(|| Star { name: oid.to_string(), place })
    }

    fn new_oid(&mut self, oid: &str, place: Option<(f64, f64)>) -> usize {
        if self.by_oid.len() >= REMEMBERED {
            *self = Stars::default();
        }
        let place = place.filter(|(ra, dec)| ra.is_finite() && dec.abs() <= 90.0);
        let step = |dec: f64| (dec * 3600.0 / SAME_STAR_ARCSEC).floor() as i64;
        let near = |(ra, dec): (f64, f64)| {
            let candidates = self.by_dec.range(step(dec) - 1..=step(dec) + 1).flat_map(|(_, stars)| stars.iter().copied());
            let distance = |i: &usize| self.stars.get(*i).and_then(|s| s.place).map_or(f64::INFINITY, |p| arcsec((ra, dec), p));
            candidates.map(|i| (i, distance(&i))).filter(|c| c.1 <= SAME_STAR_ARCSEC).min_by(|a, b| a.1.total_cmp(&b.1)).map(|c| c.0)
        };
        let index = match place.and_then(near) {
            Some(index) => index,
            None => {
                self.stars.push(Star { name: oid.to_string(), place });
                let index = self.stars.len() - 1;
                if let Some((_, dec)) = place {
                    self.by_dec.entry(step(dec)).or_default().push(index);
                }
                index
            }
        };
        self.by_oid.insert(oid.to_string(), index);
        index
    }
}

/// Angle between two places in degrees, for small angles.
fn arcsec(a: (f64, f64), b: (f64, f64)) -> f64 {
    let turn = (a.0 - b.0).rem_euclid(360.0);
    let ra = turn.min(360.0 - turn) * ((a.1 + b.1) / 2.0).to_radians().cos();
    3600.0 * ra.hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oids_of_one_place_are_one_star() {
        let mut stars = Stars::default();
        let mut name = |oid: &str, ra: f64, dec: f64| stars.star(oid, Some((ra, dec))).name;
        assert_eq!(name("1", 359.9999, 60.0), "1");
        // 0.0006 degrees of right ascension at declination 60 are 1.08 arcsec.
        assert_eq!(name("2", 0.0005, 60.0), "1");
        assert_eq!(name("3", 0.0005, 60.0005), "3");
        assert_eq!(name("4", 359.9999, 59.9997), "1");
        // An oid stays where it is, wherever its later rows are.
        assert_eq!(name("3", 359.9999, 60.0), "3");
        assert_eq!(name("5", f64::NAN, 60.0), "5");
        assert_eq!(stars.star("6", None).name, "6");
    }
}
