//! Tables of the ZTF forced-photometry service. One file is one object. Knows the rules of the service's guide (Masci et al.
//! 2023, arXiv:2305.16279, section 6).
//!
//! Every flux with its error stays a measurement, of whatever sign and significance. The guide's SNT = 3 and SNU = 5 are for
//! turning fluxes into magnitudes and limits, which nothing here does.

use super::columns::BandCode;
use super::drafts::Drafts;
use super::formats::{Context, Opened};
use super::lines::{self, Fault, Header, LineFormat, Separator, Taken};
use super::points::{self, BandCache, Values};
use super::unpack::object_name;
use super::{Objects, Place, ReadError};
use crate::lightcurve::{BandId, Observation, Warning, units};

const SURVEY: &str = "ztf";
/// A header has these.
static MARKS: [&str; 3] = ["filter", "jd", "forcediffimflux"];
/// Codes after which the service has no measurement, or one that bad pixels spoil: too few pixels (54), too many bad ones (55),
/// bad ones in the measurement (56), no even PSF (60), off the image (61), failures (64, 255). The others are about the nearest
/// source of the reference image, early uncertainties and the dates asked for.
static BAD_STATUS: [u32; 7] = [54, 55, 56, 60, 61, 64, 255];
/// The bit of images that are unusable, and any above it.
const BAD_IMAGE: f64 = 33_554_432.0;
/// DN per pixel.
const MAX_NOISE: f64 = 25.0;
const MAX_SEEING: f64 = 4.0;
/// Chi-squares whose median lies above this tell that the errors are too small.
const FAIR_CHI: f64 = 1.2;

pub(super) fn accepts(file: &Opened) -> bool {
    let Opened::Raw(source) = file else { return false };
    Header::find(source, &MARKS).is_some()
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let Some(mut header) = Header::find(&source, &MARKS) else {
        return Err(context.error(Place::File, "there is no header", "one with filter, jd and forcediffimflux"));
    };
    let names = ["filter", "jd", "zpdiff", "forcediffimflux", "forcediffimfluxunc", "infobitssci", "procstatus"];
    let needed = header.need(names, &context)?;
    let [noise, seeing, chi] = ["scisigpix", "sciinpseeing", "forcediffimchisq"].map(|n| header.index(n));
    // The service writes commas between the names only.
    header.separator = Separator::Blank;
    let object = object_name(&context.path);
    let bands = context.bands();
    let format = ZtfForced { header, needed, noise, seeing, chi, object, place: Default::default(), bands, met: Vec::new(), rows: 0 };
    let extra = ["ra", "dec"].map(str::to_string).to_vec();
    let drafts = Drafts::new(context.clone(), true, extra);
    Ok(lines::objects(source, context, drafts, format))
}

struct ZtfForced {
    header: Header,
    needed: [usize; 7],
    noise: Option<usize>,
    seeing: Option<usize>,
    chi: Option<usize>,
    object: String,
    /// Right ascension and declination asked for, as they are written.
    place: [String; 2],
    bands: BandCache,
    /// Points of each band with their chi-squares. They wait for the last row, since errors depend on all of them.
    met: Vec<(BandId, Vec<f64>)>,
    rows: u64,
}

impl LineFormat for ZtfForced {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if self.header.is_no_row(line) {
            for (column, key) in ["Requested input R.A. =", "Requested input Dec. ="].iter().enumerate() {
                if let Some((_, value)) = line.split_once(key) {
                    let degrees = value.split_ascii_whitespace().next().unwrap_or("");
                    if let Some(place) = self.place.get_mut(column) {
                        *place = degrees.to_string();
                    }
                }
            }
            return Ok(Taken::Other);
        }
        if self.rows == 0 && lines::fields(line, Separator::Comma).len() == self.header.names.len() {
            self.header.separator = Separator::Comma;
        }
        self.rows += 1;
        let row = self.header.row(line)?;
        let [filter, jd, zero_point, flux, err, bits, status] = self.needed;
        let scale = points::zero_point_scale(row.number(zero_point)?);
        let mjd = row.number(jd)? - units::JD_OFFSET;
        let (flux, flux_err) = (scale * row.number(flux)?, scale * row.number(err)?);
        let rule = if row.number(bits)? >= BAD_IMAGE {
            Some("infobitssci >= 33554432")
        } else if statuses(row.text(status))?.iter().any(|s| BAD_STATUS.contains(s)) {
            Some("procstatus 54, 55, 56, 60, 61, 64 or 255")
        } else if flux.is_nan() {
            Some("no forced flux")
        } else if row.number_if(self.noise)? > MAX_NOISE {
            Some("scisigpix > 25")
        } else if row.number_if(self.seeing)? > MAX_SEEING {
            Some("sciinpseeing > 4")
        } else {
            None
        };
        let chi = row.number_if(self.chi)?;
        let name = row.text(filter);
        if name.is_empty() {
            return Err(Fault::new(Some("filter"), "no band", "a band for every row"));
        }
        let draft = drafts.object(self.object.as_bytes());
        if draft.survey.is_empty() {
            draft.survey.push_str(SURVEY);
            self.place.iter().enumerate().for_each(|(column, text)| draft.extra(column, text.as_bytes()));
        }
        if let Some(rule) = rule {
            draft.dropped(rule, 1);
            return Ok(Taken::Point);
        }
        let band = self.bands.get(name, SURVEY, BandCode::Name);
        draft.observations.push(Values { mjd, flux, flux_err, ..Values::NONE }.observation(band));
        if chi > 0.0 && chi.is_finite() {
            match self.met.iter_mut().find(|m| m.0 == band) {
                Some((_, chis)) => chis.push(chi),
                None => self.met.push((band, vec![chi])),
            }
        }
        Ok(Taken::Point)
    }

    /// The guide has errors multiplied by the root of the usual chi-square where that is not near 1. Its median is taken, so that
    /// single bad fits don't count, and errors are never made smaller.
    fn end(&mut self, drafts: &mut Drafts) {
        for (band, chis) in &mut self.met {
            chis.sort_unstable_by(f64::total_cmp);
            let median = chis.get(chis.len() / 2).copied().unwrap_or(1.0);
            if median <= FAIR_CHI {
                continue;
            }
            let factor = median.sqrt();
            let draft = drafts.object(self.object.as_bytes());
            let same = |o: &&mut Observation| o.band == *band;
            draft.observations.iter_mut().filter(same).for_each(|o| o.flux_err_ujy *= factor);
            draft.warn(Warning::Other(format!(
                "errors in {} multiplied by {factor:.2}, the root of the median forcediffimchisq",
                band.name()
            )));
        }
    }
}

/// Codes, one or several with commas between them.
fn statuses(text: &str) -> Result<Vec<u32>, Fault> {
    let fault = || Fault::new(Some("procstatus"), super::error::quoted(text.as_bytes()), "codes, as 0 or 56,57");
    if text.eq_ignore_ascii_case("null") {
        return Ok(Vec::new());
    }
    text.split([',', ';']).map(|t| t.trim().parse::<u32>().map_err(|_| fault())).collect()
}
