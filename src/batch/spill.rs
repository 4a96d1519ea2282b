//! Light curves in temporary files: written and read back in order, as they are. The files hold nothing that another
//! run of the program could use.

use crate::lightcurve::{BandId, Kind, LightCurve, Observation, Origin, Photometry, Warning};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Everything about an object but its points.
#[derive(Serialize, Deserialize)]
struct Head {
    id: String,
    difference: bool,
    survey: String,
    label: Option<String>,
    fold: Option<u32>,
    extra: Vec<(String, String)>,
    warnings: Vec<Warning>,
    /// Number of the origin.
    origin: u32,
    /// Names of the bands of the points.
    bands: Vec<String>,
    points: u64,
}

/// Where light curves came from, each once: they stay in memory, the files hold their numbers.
#[derive(Debug, Default)]
pub(super) struct Origins(Vec<Origin>);

impl Origins {
    fn number(&mut self, origin: &Origin) -> u32 {
        // Those of one file come one after the other.
        if self.0.last() != Some(origin) {
            self.0.push(origin.clone());
        }
        self.0.len().saturating_sub(1) as u32
    }
}

/// A light curve with the number of the one that came first of its object.
pub(super) type Numbered = (u64, LightCurve);

fn corrupt(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("a temporary file was changed: {what}"))
}

/// A temporary file that is being written.
pub(super) struct Spill(BufWriter<File>);

impl Spill {
    /// A file without a name in `folder`.
    pub fn create(folder: &Path) -> io::Result<Spill> {
        Ok(Spill(BufWriter::with_capacity(1 << 15, tempfile::tempfile_in(folder)?)))
    }

    pub fn write(&mut self, number: u64, curve: &LightCurve, origins: &mut Origins) -> io::Result<()> {
        let mut bands: Vec<BandId> = Vec::new();
        let mut points = Vec::with_capacity(curve.observations.len() * 27);
        for o in &curve.observations {
            let band = bands.iter().position(|b| *b == o.band).unwrap_or_else(|| {
                bands.push(o.band);
                bands.len() - 1
            });
            points.extend((band as u16).to_le_bytes());
            points.push(u8::from(o.is_limit()));
            [o.mjd, o.flux_ujy, o.flux_err_ujy].iter().for_each(|v| points.extend(v.to_le_bytes()));
        }
        let head = Head {
            id: curve.object_id.clone(),
            difference: curve.photometry == Photometry::Difference,
            survey: curve.survey.clone(),
            label: curve.label.clone(),
            fold: curve.fold,
            extra: curve.extra.clone(),
            warnings: curve.warnings.clone(),
            origin: origins.number(&curve.origin),
            bands: bands.iter().map(|b| b.name().to_string()).collect(),
            points: curve.observations.len() as u64,
        };
        let head = serde_json::to_vec(&head)?;
        self.0.write_all(&number.to_le_bytes())?;
        self.0.write_all(&(head.len() as u64).to_le_bytes())?;
        self.0.write_all(&head)?;
        self.0.write_all(&points)
    }

    /// Reads what was written, from the first.
    pub fn read(self) -> io::Result<Spilled> {
        let mut file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Spilled { bytes: BufReader::with_capacity(1 << 15, file), bands: HashMap::new() })
    }
}

/// A temporary file that is being read.
pub(super) struct Spilled {
    bytes: BufReader<File>,
    bands: HashMap<String, BandId>,
}

impl Spilled {
    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.bytes.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The next light curve; none after the last.
    pub fn next(&mut self, origins: &Origins) -> io::Result<Option<Numbered>> {
        let number = match self.number() {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        let length = self.number()?;
        let mut head = Vec::new();
        (&mut self.bytes).take(length).read_to_end(&mut head)?;
        let head: Head = serde_json::from_slice(&head).map_err(corrupt)?;
        let origin = origins.0.get(head.origin as usize).ok_or_else(|| corrupt("an origin"))?.clone();
        let bands: Vec<BandId> = head.bands.iter().map(|b| *self.bands.entry(b.clone()).or_insert_with(|| BandId::parse(b))).collect();
        let mut observations = Vec::new();
        for _ in 0..head.points {
            let mut point = [0; 27];
            self.bytes.read_exact(&mut point)?;
            let value = |at: usize| point.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(f64::NAN, f64::from_le_bytes);
            let [b0, b1, limit, ..] = point;
            let band = bands.get(usize::from(u16::from_le_bytes([b0, b1]))).ok_or_else(|| corrupt("a band"))?;
            observations.push(Observation {
                mjd: value(3),
                band: *band,
                flux_ujy: value(11),
                flux_err_ujy: value(19),
                kind: if limit == 0 { Kind::Measurement } else { Kind::Limit },
            });
        }
        let curve = LightCurve {
            object_id: head.id,
            photometry: if head.difference { Photometry::Difference } else { Photometry::Total },
            survey: head.survey,
            observations,
            label: head.label,
            fold: head.fold,
            extra: head.extra,
            origin,
            warnings: head.warnings,
        };
        Ok(Some((number, curve)))
    }
}
