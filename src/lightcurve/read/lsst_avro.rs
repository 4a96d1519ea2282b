//! Rubin's (LSST's) alert packets: `diaSource`, the history in `prvDiaSources`, forced photometry in
//! `prvDiaForcedSources`, and of older schemas the noise of visits without detection in `prvDiaNondetectionLimits`.
//! Fields are found by name, so that all schemas from 2 to 11 are read, and ELAsTiCC's.
//!
//! Times are MJD in TAI, as given: 37 s ahead of UTC. Brokers hand the same numbers on, so the same point read from
//! both is one. Fluxes are of the difference image. A point is dropped where Rubin says that it is of no use:
//! `psfFlux_flag` (the fit of the PSF failed) or `timeWithdrawnMjdTai` (the record was marked invalid).

use super::avro::AvroFile;
use super::avro_cursor::{Cursor, Fault, Scalar};
use super::columns::{BandCode, FLUXCAL_UJY};
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::points::BandCache;
use super::{Objects, Place, ReadError};
use crate::lightcurve::{BandId, Kind, LightCurve, Observation, Photometry, Warning};

/// The names of a field from the newest schema to the oldest; a record needs one of each.
static NEEDED: [&[&str]; 4] =
    [&["midpointMjdTai", "midPointTai"], &["band", "filterName"], &["psfFlux", "psFlux"], &["psfFluxErr", "psFluxErr"]];
const NJY: f64 = 1e-3;
/// The examples of the first schemas have their times in seconds since 1970.
const UNIX_SECONDS: std::ops::Range<f64> = 1e9..4e9;
const UNIX_EPOCH_MJD: f64 = 40_587.0;

pub(super) fn accepts(file: &Opened) -> bool {
    match file {
        Opened::Avro(f) => f.shapes.field(f.shapes.root(), "diaSource").is_some(),
        _ => false,
    }
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Avro(file) = file else {
        return Err(context.error(Place::File, "this is no Avro file", ""));
    };
    let source = file.shapes.field(file.shapes.root(), "diaSource").unwrap_or(file.shapes.root());
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|names| names.iter().all(|n| file.shapes.field(source, n).is_none()))
        .map(|names| names.join(" or "))
        .collect();
    if !missing.is_empty() {
        let fields = file.shapes.fields(source).unwrap_or(&[]);
        let found = format!("the fields are {}", listed(fields.iter().map(|f| &f.0)));
        return Err(context.error(Place::Field("diaSource".to_string()), found, format!("these as well: {}", missing.join(", "))));
    }
    // ELAsTiCC, a simulation in Rubin's schema, has SNANA's zero point.
    let scale = if file.shapes.name().starts_with("elasticc") { FLUXCAL_UJY } else { NJY };
    let bands = context.bands();
    Ok(Box::new(Alerts {
        drafts: Drafts::new(context.clone(), true, Vec::new()),
        context,
        file,
        alerts: 0,
        points: Points { scale, bands },
        error: None,
        ended: false,
    }))
}

struct Alerts {
    context: Context,
    file: AvroFile,
    drafts: Drafts,
    /// Alerts read so far.
    alerts: u64,
    points: Points,
    error: Option<ReadError>,
    ended: bool,
}

impl Iterator for Alerts {
    type Item = Result<LightCurve, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(curve) = self.drafts.next_ready() {
                return Some(Ok(curve));
            }
            if self.ended {
                return self.error.take().map(Err);
            }
            self.read_block();
        }
    }
}

impl Alerts {
    fn read_block(&mut self) {
        let whole = "a whole file: was it cut off in a copy or download?";
        let (count, block) = match self.file.block() {
            Ok(Some(block)) => block,
            Ok(None) => {
                let empty = (self.alerts == 0).then(|| self.context.error(Place::File, "there are no alerts", "at least one"));
                return self.end(empty);
            }
            Err(found) => {
                let error = self.context.error(Place::Row(self.alerts + 1), found, whole);
                return self.end(Some(error));
            }
        };
        let mut cursor = Cursor::new(&block, &self.file.shapes);
        for _ in 0..count {
            match self.points.alert(&mut cursor) {
                Ok(alert) => {
                    self.alerts += 1;
                    keep(alert, &mut self.drafts);
                }
                Err((field, found)) => {
                    let error = self.context.error(Place::RowField(self.alerts + 1, field), found, whole);
                    return self.end(Some(error));
                }
            }
        }
        if cursor.left() > 0 {
            let found = format!("a block has {} bytes more than its records", cursor.left());
            let error = self.context.error(Place::Row(self.alerts), found, whole);
            return self.end(Some(error));
        }
        if let Err(error) = self.drafts.check_size() {
            self.end(Some(error));
        } else if !self.context.options.merge_rows {
            // Nothing of a stream waits for what may come after it.
            self.drafts.end();
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.error = error;
        self.drafts.end();
    }
}

/// Adds an alert to its object.
fn keep(alert: Alert, drafts: &mut Drafts) {
    let draft = drafts.points(alert.id.as_bytes(), alert.detections.len() + alert.forced.len());
    (draft.photometry, draft.histories) = (Some(Photometry::Difference), true);
    if draft.survey.is_empty() {
        draft.survey.push_str("lsst");
    }
    draft.observations.extend(alert.detections);
    draft.forced.extend(alert.forced);
    draft.dropped("psfFlux_flag: the fit of the PSF failed", alert.flagged);
    draft.dropped("timeWithdrawnMjdTai: marked invalid by Rubin", alert.withdrawn);
    if alert.seconds {
        draft.warn(Warning::Other("midPointTai is no MJD: read as seconds since 1970".to_string()));
    }
}

/// What is taken from a packet.
#[derive(Default)]
struct Alert {
    id: String,
    detections: Vec<Observation>,
    forced: Vec<Observation>,
    flagged: usize,
    withdrawn: usize,
    /// A time was in seconds.
    seconds: bool,
}

struct Points {
    /// uJy per unit.
    scale: f64,
    bands: BandCache,
}

/// One record of a point, of whichever kind.
#[derive(Default)]
struct Record {
    id: Option<i64>,
    moving_id: Option<i64>,
    point: Option<Observation>,
}

impl Points {
    /// One packet; the field and the fault if it can't be read.
    fn alert(&mut self, cursor: &mut Cursor<'_>) -> Result<Alert, (String, Fault)> {
        let mut alert = Alert::default();
        let (mut id, mut object, mut moving) = (None, None, None);
        let mut place = "";
        let root = cursor.root();
        let read = cursor.record(root, |cursor, name, shape| {
            place = name;
            match name {
                "diaSource" => {
                    let record = self.record(cursor, shape, &mut alert)?;
                    (id, moving) = (record.id, record.moving_id);
                    // Before its history, which may hold it again.
                    alert.detections.extend(record.point);
                }
                "prvDiaSources" => cursor.array(shape, |cursor, item| {
                    let record = self.record(cursor, item, &mut alert)?;
                    alert.detections.extend(record.point);
                    Ok(())
                })?,
                "prvDiaForcedSources" | "prvDiaNondetectionLimits" => cursor.array(shape, |cursor, item| {
                    let record = self.record(cursor, item, &mut alert)?;
                    alert.forced.extend(record.point);
                    Ok(())
                })?,
                "diaObject" => object = self.record(cursor, shape, &mut Alert::default())?.id,
                _ => cursor.skip(shape)?,
            }
            Ok(())
        });
        read.map_err(|fault| (place.to_string(), fault))?;
        let nonzero = |id: Option<i64>| id.filter(|id| *id != 0);
        match nonzero(id).or(nonzero(object)).or(nonzero(moving)) {
            Some(id) => alert.id = id.to_string(),
            None => return Err(("diaObject".to_string(), "neither a diaObjectId nor an ssObjectId".to_string())),
        }
        Ok(alert)
    }

    fn record(&mut self, cursor: &mut Cursor<'_>, shape: usize, alert: &mut Alert) -> Result<Record, Fault> {
        let mut record = Record::default();
        let (mut mjd, mut flux, mut err, mut noise) = (f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        let (mut flagged, mut withdrawn) = (false, false);
        let mut band: Option<BandId> = None;
        let present = cursor.record(shape, |cursor, name, shape| {
            match name {
                "midpointMjdTai" | "midPointTai" => mjd = cursor.scalar(shape)?.number(),
                "psfFlux" | "psFlux" => flux = cursor.scalar(shape)?.number(),
                "psfFluxErr" | "psFluxErr" => err = cursor.scalar(shape)?.number(),
                "diaNoise" => noise = cursor.scalar(shape)?.number(),
                "band" | "filterName" => {
                    if let Scalar::Text(name) = cursor.scalar(shape)? {
                        band = Some(self.bands.get(&String::from_utf8_lossy(name), "lsst", BandCode::Name));
                    }
                }
                "psfFlux_flag" => flagged = cursor.scalar(shape)?.number() == 1.0,
                "timeWithdrawnMjdTai" => withdrawn = !cursor.scalar(shape)?.number().is_nan(),
                "diaObjectId" => record.id = cursor.scalar(shape)?.integer(),
                "ssObjectId" => record.moving_id = cursor.scalar(shape)?.integer(),
                _ => cursor.skip(shape)?,
            }
            Ok(())
        })?;
        if !present || (mjd.is_nan() && band.is_none() && flux.is_nan()) {
            return Ok(record);
        }
        if withdrawn {
            alert.withdrawn += 1;
            return Ok(record);
        }
        if flagged {
            alert.flagged += 1;
            return Ok(record);
        }
        if UNIX_SECONDS.contains(&mjd) {
            mjd = UNIX_EPOCH_MJD + mjd / 86_400.0;
            alert.seconds = true;
        }
        let band = band.unwrap_or_else(|| self.bands.get("?", "lsst", BandCode::Name));
        record.point = Some(match noise.is_nan() {
            true => Observation::from_flux(mjd, band, self.scale * flux, self.scale * err),
            false => Observation { mjd, band, flux_ujy: 0.0, flux_err_ujy: self.scale * noise, kind: Kind::Limit },
        });
        Ok(record)
    }
}
