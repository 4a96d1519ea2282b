//! ZTF alert packets: `candidate` and the history in `prv_candidates`, with limits where `magpsf` is null.

use super::avro::AvroFile;
use super::avro_cursor::{Cursor, Fault, Scalar};
use super::columns::{BandCode, Times};
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::points::{self, BandCache, Values};
use super::{Objects, Place, ReadError};
use crate::lightcurve::{BandId, LightCurve, Observation, Photometry};

static NEEDED: &[&str] = &["jd", "fid", "magpsf", "sigmapsf"];

pub(super) fn accepts(file: &Opened) -> bool {
    match file {
        Opened::Avro(f) => {
            let root = f.shapes.root();
            f.shapes.field(root, "objectId").is_some() && f.shapes.field(root, "candidate").is_some()
        }
        _ => false,
    }
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let Opened::Avro(file) = file else {
        return Err(context.error(Place::File, "this is no Avro file", ""));
    };
    let candidate = file.shapes.field(file.shapes.root(), "candidate").unwrap_or(file.shapes.root());
    let missing: Vec<&&str> = NEEDED.iter().filter(|n| file.shapes.field(candidate, n).is_none()).collect();
    if !missing.is_empty() {
        let fields = file.shapes.fields(candidate).unwrap_or(&[]);
        let found = format!("the fields are {}", listed(fields.iter().map(|f| &f.0)));
        return Err(context.error(Place::Field("candidate".to_string()), found, format!("these as well: {}", listed(missing))));
    }
    let bands = context.bands();
    Ok(Box::new(Alerts {
        drafts: Drafts::new(context.clone(), true, Vec::new()),
        context,
        file,
        alerts: 0,
        bands,
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
    bands: BandCache,
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
        match self.file.block() {
            Ok(None) => {
                let empty = (self.alerts == 0).then(|| self.context.error(Place::File, "there are no alerts", "at least one"));
                self.end(empty);
            }
            Err(found) => {
                let error = self.context.error(Place::Row(self.alerts + 1), found, whole);
                self.end(Some(error));
            }
            Ok(Some((count, block))) => {
                let mut cursor = Cursor::new(&block, &self.file.shapes);
                for _ in 0..count {
                    match alert(&mut cursor, &mut self.bands) {
                        Ok(alert) => {
                            self.alerts += 1;
                            let draft = self.drafts.points(&alert.object_id, alert.observations.len());
                            (draft.photometry, draft.histories) = (Some(Photometry::Difference), true);
                            if draft.survey.is_empty() {
                                draft.survey.push_str("ztf");
                            }
                            draft.observations.extend(alert.observations);
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
        }
    }

    fn end(&mut self, error: Option<ReadError>) {
        self.ended = true;
        self.error = error;
        self.drafts.end();
    }
}

struct Alert {
    object_id: Vec<u8>,
    observations: Vec<Observation>,
}

/// One packet; the field and the fault if it can't be read.
fn alert(cursor: &mut Cursor<'_>, bands: &mut BandCache) -> Result<Alert, (String, Fault)> {
    let mut alert = Alert { object_id: Vec::new(), observations: Vec::new() };
    let mut place = "";
    let root = cursor.root();
    let read = cursor.record(root, |cursor, name, shape| {
        place = name;
        match name {
            "objectId" => match cursor.scalar(shape)? {
                Scalar::Text(id) => alert.object_id = id.trim_ascii().to_vec(),
                Scalar::Integer(id) => alert.object_id = id.to_string().into_bytes(),
                Scalar::Number(id) => alert.object_id = id.to_string().into_bytes(),
                Scalar::None => {}
            },
            "candidate" => alert.observations.extend(candidate(cursor, shape, bands)?),
            "prv_candidates" => cursor.array(shape, |cursor, item| {
                alert.observations.extend(candidate(cursor, item, bands)?);
                Ok(())
            })?,
            _ => cursor.skip(shape)?,
        }
        Ok(())
    });
    match read {
        Err(fault) => Err((place.to_string(), fault)),
        Ok(_) if alert.object_id.is_empty() => Err(("objectId".to_string(), "no name".to_string())),
        Ok(_) => Ok(alert),
    }
}

/// The band of a filter number.
fn by_number(fid: i64, bands: &mut BandCache) -> BandId {
    match fid {
        1 => BandId::ZTF_G,
        2 => BandId::ZTF_R,
        3 => BandId::ZTF_I,
        other => bands.get(&other.to_string(), "ztf", BandCode::Fid),
    }
}

/// One detection or non-detection; none if it is null.
fn candidate(cursor: &mut Cursor<'_>, shape: usize, bands: &mut BandCache) -> Result<Option<Observation>, Fault> {
    let mut values = Values::NONE;
    let mut band = bands.get("?", "ztf", BandCode::Fid);
    let present = cursor.record(shape, |cursor, name, shape| {
        match name {
            "jd" => values.mjd = Times::Jd.mjd(cursor.scalar(shape)?.number()),
            "fid" => match cursor.scalar(shape)? {
                Scalar::Integer(fid) => band = by_number(fid, bands),
                Scalar::Number(fid) => band = bands.get(&fid.to_string(), "ztf", BandCode::Fid),
                Scalar::Text(name) => band = bands.get(&String::from_utf8_lossy(name), "ztf", BandCode::Fid),
                Scalar::None => {}
            },
            "magpsf" => values.mag = cursor.scalar(shape)?.number(),
            "sigmapsf" => values.mag_err = cursor.scalar(shape)?.number(),
            "diffmaglim" => values.limit = cursor.scalar(shape)?.number(),
            "isdiffpos" => {
                values.sign = match cursor.scalar(shape)? {
                    Scalar::None => 1.0,
                    Scalar::Integer(n) => {
                        if n > 0 {
                            1.0
                        } else {
                            -1.0
                        }
                    }
                    Scalar::Number(n) => {
                        if n > 0.0 {
                            1.0
                        } else {
                            -1.0
                        }
                    }
                    Scalar::Text(t) => points::sign(t.trim_ascii()).ok_or("isdiffpos is neither t or f nor 1 or 0")?,
                }
            }
            _ => cursor.skip(shape)?,
        }
        Ok(())
    })?;
    Ok(present.then(|| values.observation(band)))
}
