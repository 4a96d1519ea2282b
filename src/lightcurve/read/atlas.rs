//! ATLAS forced photometry: a table that the service sends as text. Fluxes in uJy by their columns' names; one file is
//! one object. The file doesn't say whether its fluxes are of difference or of reduced images.

use super::columns::BandCode;
use super::drafts::Drafts;
use super::formats::{Context, Opened};
use super::lines::{self, Fault, Header, LineFormat, Taken};
use super::points::{BandCache, Values};
use super::unpack::object_name;
use super::{Objects, ReadError};
use crate::lightcurve::{Photometry, Warning};

const SURVEY: &str = "atlas";
/// The service's own code of the fit, 0 where it went well.
const RULE: &str = "err is not 0";

/// Nothing that bright (6.4 mag) can be measured, nor with such an error: real files hold failed fits of 1e12 uJy whose code says that they went well.
const ABSURD_UJY: f64 = 1e7;
const ABSURD: &str = "uJy or duJy beyond 1e7";

/// A failed fit now and then gives a negative flux in reduced images as well; where fewer than one in so many are negative, the
/// images are taken to be reduced. At the place of a transient about half of the fluxes before it are negative.
const RARE: usize = 20;

pub(super) fn accepts(file: &Opened) -> bool {
    let Opened::Raw(source) = file else { return false };
    Header::find(source, &["MJD", "uJy", "F"]).is_some()
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let Some(header) = Header::find(&source, &["MJD", "uJy", "F"]) else {
        return Err(context.error(super::Place::File, "there is no header", "###MJD m dm uJy duJy F err"));
    };
    let columns = header.need(["MJD", "uJy", "duJy", "F", "err"], &context)?;
    let object = object_name(&context.path);
    let format = Atlas { header, columns, object, bands: context.bands(), stated: context.options.photometry.is_some(), any: false };
    let drafts = Drafts::new(context.clone(), false, Vec::new());
    Ok(lines::objects(source, context, drafts, format))
}

struct Atlas {
    header: Header,
    /// Time, flux, its error, band, code of the fit.
    columns: [usize; 5],
    object: String,
    bands: BandCache,
    /// Whether the user says what the fluxes are.
    stated: bool,
    /// Whether there was a row.
    any: bool,
}

impl LineFormat for Atlas {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if self.header.is_no_row(line) {
            return Ok(Taken::Other);
        }
        let row = self.header.row(line)?;
        let [mjd, flux, err, band, code] = self.columns;
        let code = row.number(code)?;
        let values = Values { mjd: row.number(mjd)?, flux: row.number(flux)?, flux_err: row.number(err)?, ..Values::NONE };
        let name = row.text(band);
        if name.is_empty() {
            return Err(Fault::new(Some("F"), "no band", "a band for every row"));
        }
        self.any = true;
        let draft = drafts.object(self.object.as_bytes());
        if draft.survey.is_empty() {
            draft.survey.push_str(SURVEY);
        }
        if code != 0.0 {
            draft.dropped(RULE, 1);
        } else if [values.flux, values.flux_err].iter().any(|v| v.is_finite() && v.abs() > ABSURD_UJY) {
            draft.dropped(ABSURD, 1);
        } else {
            draft.observations.push(values.observation(self.bands.get(name, SURVEY, BandCode::Name)));
        }
        Ok(Taken::Point)
    }

    fn end(&mut self, drafts: &mut Drafts) {
        if self.stated || !self.any {
            return;
        }
        let draft = drafts.object(self.object.as_bytes());
        let n = draft.observations.len();
        let negative = draft.observations.iter().filter(|o| o.flux_ujy < 0.0).count();
        if negative > 0 && negative * RARE < n {
            draft.photometry = Some(Photometry::Total);
            let text = format!("only {negative} of {n} fluxes are negative: photometry taken as total (reduced images)");
            draft.warn(Warning::Other(text));
        }
    }
}
