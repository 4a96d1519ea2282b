//! The one table of formats: told apart by it, listed by `--help`, found by it in folders.

use super::avro::AvroFile;
use super::error::listed;
use super::fits_table::FitsFile;
use super::parquet_file::ParquetFile;
use super::points::BandCache;
use super::source::Source;
use super::text::{self, TextFile};
use super::{
    Objects, Place, ReadError, ReadOptions, atlas, blank_table, corpus, delimited, drafts, filter_blocks, fink_parquet, fits, irsa_ztf,
    long_parquet, lsst_avro, snana_fits, snana_text, ztf_avro, ztf_forced,
};
use super::{json, json_brokers, json_values, osc_json, votable};
use crate::lightcurve::Origin;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What lies outside: told by the first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Begins with `PAR1`.
    Parquet,
    /// Begins with `Obj` and 1.
    Avro,
    /// Begins with `SIMPLE  =`.
    Fits,
    /// Text with a header line.
    Text,
    /// Text of another kind, told by its first lines.
    Lines,
    /// A JSON document, or one a line.
    Json,
    /// XML of the Virtual Observatory.
    VoTable,
}

impl Container {
    /// Whether its formats look at the first bytes for themselves.
    fn is_raw(self) -> bool {
        matches!(self, Container::Lines | Container::Json | Container::VoTable)
    }
}

/// One format.
pub struct FormatInfo {
    /// Short name, as in [`Origin::format`].
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Container; formats of one container are told apart by their columns or schema.
    pub container: Container,
    /// Usual file extensions, lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Columns or fields that are read, in a sentence or two.
    pub columns: &'static str,
    /// The survey's own rules of quality: which points are dropped (and counted), how errors are scaled; empty where there are none.
    pub quality: &'static str,
    /// Whether rows or packets of one object are gathered over the file.
    pub(super) gathers: bool,
    /// Whether an opened file is of this format.
    pub(super) accepts: fn(&Opened) -> bool,
    /// The objects in it.
    pub(super) objects: fn(Opened, Context) -> Result<Objects, ReadError>,
}

/// Every format that is read. Of those that accept a file, the first is taken.
pub static FORMATS: &[FormatInfo] = &[
    FormatInfo {
        name: "parquet",
        title: "Parquet, one row per object",
        container: Container::Parquet,
        extensions: &["parquet", "pq"],
        columns: "object_id; lists of equal length mjd (or jd), band, and mag with mag_err, or flux_ujy with flux_err, and lim_mag; \
                  label, survey, photometry (difference | total), fold; other columns are kept as text.",
        quality: "",
        gathers: false,
        accepts: corpus::accepts,
        objects: corpus::objects,
    },
    FormatInfo {
        name: "fink-parquet",
        title: "ZTF alerts as nested Parquet (Fink)",
        container: Container::Parquet,
        extensions: &["parquet", "pq"],
        columns: "objectId, candidate and prv_candidates with jd, fid, magpsf, sigmapsf, isdiffpos, diffmaglim (a limit where magpsf is null).",
        quality: "The sign of isdiffpos; alerts of one object merge, points that histories repeat are dropped and counted.",
        gathers: true,
        accepts: fink_parquet::accepts,
        objects: fink_parquet::objects,
    },
    FormatInfo {
        name: "alerce-parquet",
        title: "ALeRCE detections as Parquet",
        container: Container::Parquet,
        extensions: &["parquet", "pq"],
        columns: "oid, mjd, fid (1 g, 2 r, 3 i), magpsf, sigmapsf, isdiffpos; diffmaglim (a limit where magpsf is null).",
        quality: "The sign of isdiffpos; repeats of a time and filter are dropped and counted.",
        gathers: true,
        accepts: long_parquet::accepts_alerce,
        objects: long_parquet::objects_alerce,
    },
    FormatInfo {
        name: "long-parquet",
        title: "Parquet, one row per observation",
        container: Container::Parquet,
        extensions: &["parquet", "pq"],
        columns: "Columns named as in CSV, of any width; the rows of an object need not be adjacent.",
        quality: "",
        gathers: true,
        accepts: long_parquet::accepts_long,
        objects: long_parquet::objects_long,
    },
    FormatInfo {
        name: "ztf-avro",
        title: "ZTF alert packets in Avro",
        container: Container::Avro,
        extensions: &["avro"],
        columns: "objectId, candidate and prv_candidates with jd, fid, magpsf, sigmapsf, isdiffpos, diffmaglim (a limit where magpsf is null).",
        quality: "The sign of isdiffpos; alerts of one object merge, points that histories repeat are dropped and counted.",
        gathers: true,
        accepts: ztf_avro::accepts,
        objects: ztf_avro::objects,
    },
    FormatInfo {
        name: "lsst-avro",
        title: "LSST (Rubin) alert packets in Avro",
        container: Container::Avro,
        extensions: &["avro"],
        columns: "diaSource, prvDiaSources and prvDiaForcedSources with midpointMjdTai (midPointTai; TAI as given, 37 s ahead of UTC), band \
                  (filterName), psfFlux and psfFluxErr (psFlux; nJy, ELAsTiCC: zero point 27.5), prvDiaNondetectionLimits with diaNoise (one \
                  sigma). A detection beats forced photometry of the same time and band.",
        quality: "Points with psfFlux_flag (the fit of the PSF failed) or timeWithdrawnMjdTai (marked invalid by Rubin) are dropped and counted; other flags say \
                  nothing of the flux and are not used.",
        gathers: true,
        accepts: lsst_avro::accepts,
        objects: lsst_avro::objects,
    },
    FormatInfo {
        name: "snana-fits",
        title: "SNANA pairs of FITS files",
        container: Container::Fits,
        extensions: &["fits", "fit"],
        columns: "NAME_HEAD.FITS with SNID, PTROBS_MIN, PTROBS_MAX, and beside it NAME_PHOT.FITS (or the file of PHOTFILE) with MJD, BAND (or \
                  FLT), FLUXCAL, FLUXCALERR (zero point 27.5); give either. The label is SIM_TYPE_NAME, else SNTYPE if it is above 0.",
        quality: "Rows between two objects (MJD -777) are passed over; PHOTFLAG, whose bits every survey defines anew, is not used.",
        gathers: false,
        accepts: snana_fits::accepts,
        objects: snana_fits::objects,
    },
    FormatInfo {
        name: "fits",
        title: "FITS binary tables, one row per observation",
        container: Container::Fits,
        extensions: &["fits", "fit"],
        columns: "Columns named as in CSV; a column flux is in the Jy, mJy, uJy or nJy of its TUNIT; a column time counts from MJDREF if \
                  there is one.",
        quality: "",
        gathers: true,
        accepts: fits::accepts,
        objects: fits::objects,
    },
    FormatInfo {
        name: "atlas",
        title: "ATLAS forced photometry",
        container: Container::Lines,
        extensions: &["txt", "dat", "csv"],
        columns: "###MJD m dm uJy duJy F err ..., separated by blanks (or commas): MJD, uJy with duJy, F (c or o), err. One object, named by \
                  the file. Difference or \
                  reduced images: the file doesn't say; difference if one flux in twenty or more is negative, else total, unless you \
                  say so.",
        quality: "Rows whose err (the code of the fit) is not 0 are dropped and counted, and failed fits with uJy or duJy beyond 1e7 (6.4 mag). \
                  No further cut: the service documents none.",
        gathers: true,
        accepts: atlas::accepts,
        objects: atlas::objects,
    },
    FormatInfo {
        name: "ztf-forced",
        title: "ZTF forced-photometry service",
        container: Container::Lines,
        extensions: &["txt", "dat", "csv"],
        columns: "Comments, then filter, jd, zpdiff, forcediffimflux, forcediffimfluxunc, infobitssci, procstatus (and scisigpix, sciinpseeing, \
                  forcediffimchisq). One object, named by the file. Flux in uJy: forcediffimflux 10^(0.4 (23.9 - zpdiff)), difference \
                  photometry; faint and negative fluxes stay measurements, no limit takes their place.",
        quality: "By the service's guide, dropped and counted: infobitssci >= 33554432; procstatus 54, 55, 56, 60, 61, 64, 255; rows without a \
                  flux; scisigpix > 25; sciinpseeing > 4. Where the median forcediffimchisq of a band is above 1.2, its errors are \
                  multiplied by the root of it, with a warning.",
        gathers: true,
        accepts: ztf_forced::accepts,
        objects: ztf_forced::objects,
    },
    FormatInfo {
        name: "irsa-ztf",
        title: "ZTF data releases (IRSA) as CSV",
        container: Container::Lines,
        extensions: &["csv", "tsv", "txt"],
        columns: "oid, mjd (not hjd), mag, magerr, catflags, filtercode (zg, zr, zi), ra, dec. Oids within 1.5 arcsec of each other are one \
                  object, named by the first of them. Total photometry.",
        quality: "Points with the bit 32768 of catflags are dropped and counted.",
        gathers: true,
        accepts: irsa_ztf::accepts,
        objects: irsa_ztf::objects,
    },
    FormatInfo {
        name: "snana-text",
        title: "SNANA text files",
        container: Container::Lines,
        extensions: &["dat", "txt"],
        columns: "SNID:, SURVEY:, VARLIST: with MJD, FLT (or BAND), FLUXCAL and FLUXCALERR (zero point 27.5), OBS: rows; END: or the next \
                  SNID: ends an object, of any number. Difference photometry. The label is SIM_TYPE_NAME, SNTYPE or TYPE where that is a \
                  name, not a number. A filter's letter is that of the survey; of surveys without bands of their own here it stays an \
                  unknown band.",
        quality: "",
        gathers: true,
        accepts: snana_text::accepts,
        objects: snana_text::objects,
    },
    FormatInfo {
        name: "filter-blocks",
        title: "Text with a block of rows per filter",
        container: Container::Lines,
        extensions: &["dat", "txt"],
        columns: "# SNNAME: name (else the object is named by the file), # FILTER g, # MJD MAG MAGERR Upperlimit (or other names, as in \
                  CSV), then rows; Upperlimit T makes a magnitude a 5-sigma limit.",
        quality: "",
        gathers: true,
        accepts: filter_blocks::accepts,
        objects: filter_blocks::objects,
    },
    FormatInfo {
        name: "table",
        title: "Text table with columns separated by blanks",
        container: Container::Lines,
        extensions: &["txt", "dat", "tbl", "asc"],
        columns: "A line of names (a comment or not), as in CSV, then rows; without a column of bands all points are in an unknown band.",
        quality: "",
        gathers: true,
        accepts: blank_table::accepts_named,
        objects: blank_table::objects_named,
    },
    FormatInfo {
        name: "plain",
        title: "Plain rows: mjd mag err band",
        container: Container::Lines,
        extensions: &["txt", "dat", "asc", "csv"],
        columns: "No header: time (MJD, or JD above two million), magnitude (>20.5 for a limit), error and band, or time, band, magnitude, \
                  error, separated by blanks or commas; three columns are time, magnitude, error in an unknown band. One object, named by \
                  the file.",
        quality: "",
        gathers: true,
        accepts: blank_table::accepts_plain,
        objects: blank_table::objects_plain,
    },
    FormatInfo {
        name: "alerce-json",
        title: "ALeRCE's answers in JSON",
        container: Container::Json,
        extensions: &["json"],
        columns: "detections with oid, mjd, fid (1 g, 2 r, 3 i), magpsf, sigmapsf (newer: mag, e_mag), isdiffpos, and non_detections with \
                  mjd, fid, diffmaglim; or a bare list of detections.",
        quality: "",
        gathers: true,
        accepts: json_brokers::accepts_alerce,
        objects: json_brokers::objects_alerce,
    },
    FormatInfo {
        name: "lasair-json",
        title: "Lasair's objects in JSON",
        container: Container::Json,
        extensions: &["json", "jsonl"],
        columns: "objectId and candidates with jd (mjd), fid, magpsf, sigmapsf, isdiffpos, diffmaglim; or diaObjectId, diaSourcesList and \
                  diaForcedSourcesList with midpointMjdTai, band, psfFlux and psfFluxErr (nJy).",
        quality: "A detection beats forced photometry of the same time and band.",
        gathers: true,
        accepts: json_brokers::accepts_lasair,
        objects: json_brokers::objects_lasair,
    },
    FormatInfo {
        name: "osc-json",
        title: "Open Supernova Catalog (astrocats) in JSON",
        container: Container::Json,
        extensions: &["json"],
        columns: "Supernovae by name: photometry with time (u_time), band, magnitude, e_magnitude, upperlimit (upperlimitsigma; without it 5 \
                  sigma), system, telescope, instrument, survey; the label is the first claimedtype.",
        quality: "Vega magnitudes become AB by the offsets of the bands; Johnson-Cousins and Swift bands of no stated system are taken as Vega. \
                  Entries without a magnitude (radio, X-rays, counts), without an error (unless limits), with the host's light, K-corrected, \
                  corrected for dust or of models are dropped.",
        gathers: true,
        accepts: osc_json::accepts,
        objects: osc_json::objects,
    },
    FormatInfo {
        name: "json",
        title: "JSON, objects with lists of values, or one observation each",
        container: Container::Json,
        extensions: &["json", "jsonl", "ndjson"],
        columns: "Keys named as the columns in CSV: object_id, mjd, band, mag, mag_err, ... as lists of equal length, or as single values; one \
                  object, a list, or one a line.",
        quality: "",
        gathers: true,
        accepts: json::accepts,
        objects: json::objects,
    },
    FormatInfo {
        name: "votable",
        title: "VOTable (TABLEDATA), one row per observation",
        container: Container::VoTable,
        extensions: &["vot", "votable", "xml"],
        columns: "Columns named as in CSV; a column flux is in the Jy, mJy, uJy or nJy of its unit; VALUES null marks what is missing.",
        quality: "",
        gathers: true,
        accepts: votable::accepts,
        objects: votable::objects,
    },
    FormatInfo {
        name: "alerce-csv",
        title: "ALeRCE detections as CSV",
        container: Container::Text,
        extensions: &["csv"],
        columns: "mjd, fid (1 g, 2 r, 3 i), magpsf, sigmapsf, isdiffpos; oid, without which the file is one object named by the file.",
        quality: "isdiffpos tells the sign. No further cut.",
        gathers: true,
        accepts: delimited::accepts_alerce,
        objects: delimited::objects_alerce,
    },
    FormatInfo {
        name: "csv",
        title: "CSV, one row per observation",
        container: Container::Text,
        extensions: &["csv", "tsv"],
        columns: "Separated by commas, semicolons, tabs or |, lines with # are comments. object_id (oid, id, SNID, name; without it the file is \
                  one object named by the file); mjd (jd, hjd, time); band (filter, fid, passband); mag with mag_err (magpsf, sigmapsf, e_mag), \
                  or flux_ujy with flux_err (flux: uJy, or by a column unit or zp (AB); flux_njy; FLUXCAL with FLUXCALERR, or flux beside \
                  passband and detected_bool (PLAsTiCC): zero point 27.5); lim_mag \
                  (diffmaglim: 5 sigma, where there is no magnitude); isdiffpos (t/f, 1/0, 1/-1); label (class), survey, photometry \
                  (difference | total), fold; another column is kept as text where all rows of an object agree.",
        quality: "",
        gathers: true,
        accepts: delimited::accepts_long,
        objects: delimited::objects_long,
    },
];

/// A file whose container is open.
pub(super) enum Opened {
    Parquet(ParquetFile),
    Avro(AvroFile),
    Fits(Box<FitsFile>),
    /// Nothing but the first bytes has been looked at.
    Raw(Box<Source>),
    Text(Box<TextFile>),
}

/// What a format's reader needs besides the bytes.
#[derive(Clone)]
pub(super) struct Context {
    pub path: Arc<PathBuf>,
    pub format: &'static str,
    pub options: ReadOptions,
}

impl Context {
    pub fn origin(&self) -> Origin {
        Origin { path: self.path.clone(), format: self.format }
    }

    /// Bands by the names in the file, as the table and the user say.
    pub fn bands(&self) -> BandCache {
        BandCache::new(&self.options.band_map)
    }

    pub fn error(&self, place: Place, found: impl Into<String>, expected: impl Into<String>) -> ReadError {
        ReadError::new(&self.path, place, found, expected)
    }
}

/// Opens the container, finds the format and returns its objects.
pub(super) fn open(source: Source, options: &ReadOptions) -> Result<(&'static FormatInfo, Objects), ReadError> {
    let mut options = options.clone();
    options.merge_rows &= !source.is_stream();
    let path = source.path.clone();
    let is_large = source.is_file_of(options.look_through_bytes);
    let head = source.head.as_slice();
    let opened = if head.starts_with(b"PAR1") {
        Opened::Parquet(ParquetFile::open(source, &options)?)
    } else if head.starts_with(b"Obj\x01") {
        let whole = "a whole Avro file: was it cut off in a copy or download?";
        Opened::Avro(AvroFile::open(source.into_read()).map_err(|found| ReadError::new(&path, Place::File, found, whole))?)
    } else if head.starts_with(FITS) {
        Opened::Fits(Box::new(FitsFile::open(source, fits::is_wanted)?))
    } else if text::is_text(head) {
        match Opened::Raw(Box::new(source)) {
            raw if FORMATS.iter().any(|f| f.container.is_raw() && (f.accepts)(&raw)) => raw,
            Opened::Raw(source) if foreign(&source.head).is_none() => Opened::Text(Box::new(TextFile::open(*source)?)),
            Opened::Raw(source) => return Err(unknown(&source)),
            other => other,
        }
    } else {
        return Err(unknown(&source));
    };
    match FORMATS.iter().find(|f| (f.accepts)(&opened)) {
        Some(format) => {
            // What can be read object by object need not be kept in memory.
            if options.merge_rows && format.gathers && is_large {
                options.merge_rows = !drafts::stand_together(&path, &options);
            }
            let objects = (format.objects)(opened, Context { path, format: format.name, options })?;
            Ok((format, objects))
        }
        None => Err(ReadError::new(&path, Place::File, opened.describe(), expected(opened.container()))),
    }
}

/// How FITS files begin.
const FITS: &[u8] = b"SIMPLE  =";

/// Opens a FITS file that belongs to another one.
pub(super) fn fits_file(path: &Path) -> Result<FitsFile, ReadError> {
    let source = Source::file(path)?;
    if !source.head.starts_with(FITS) {
        return Err(ReadError::new(path, Place::File, "this is no FITS file", "one that begins with SIMPLE"));
    }
    FitsFile::open(source, fits::is_wanted)
}

impl Opened {
    fn container(&self) -> Container {
        match self {
            Opened::Parquet(_) => Container::Parquet,
            Opened::Avro(_) => Container::Avro,
            Opened::Fits(_) => Container::Fits,
            Opened::Text(_) => Container::Text,
            Opened::Raw(_) => Container::Lines,
        }
    }

    fn describe(&self) -> String {
        match self {
            Opened::Parquet(file) => format!("a Parquet file with the columns {}", listed(file.schema().fields().iter().map(|f| f.name()))),
            Opened::Avro(file) => {
                let fields = file.shapes.fields(file.shapes.root()).unwrap_or(&[]);
                format!("an Avro file of {} with the fields {}", file.shapes.name(), listed(fields.iter().map(|f| &f.0)))
            }
            Opened::Fits(file) => match &file.table {
                None if file.other_columns.is_empty() => "a FITS file without a binary table".to_string(),
                None => format!("a FITS table with the columns {}", listed(&file.other_columns)),
                Some(table) => format!("a FITS table with the columns {}", listed(table.names())),
            },
            Opened::Raw(_) => "a text".to_string(),
            Opened::Text(file) => format!("a text table with the columns {}", listed(&file.names)),
        }
    }
}

/// The formats of a container, for a message.
fn expected(container: Container) -> String {
    let formats: Vec<String> =
        FORMATS.iter().filter(|f| f.container == container).map(|f| format!("{}: {}", f.title, f.columns.trim_end_matches('.'))).collect();
    formats.join("; or ")
}

/// Beginnings of files that are no light curves, to name them.
static FOREIGN: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
];

/// What a file that begins so is, if it is one of those.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let text = head.trim_ascii_start();
    FOREIGN.iter().find(|(magic, _)| head.starts_with(magic) || text.starts_with(magic)).map(|f| f.1)
}

fn unknown(source: &Source) -> ReadError {
    let head = source.head.as_slice();
    let extension = source.path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let named = extension.filter(|e| FORMATS.iter().any(|f| f.extensions.contains(&e.as_str())));
    let found = match (foreign(head), named) {
        _ if head.is_empty() => "the file is empty".to_string(),
        (Some("JSON"), _) => format!("this is JSON with the keys {}", listed(json_values::keys(head).iter().map(|k| &k.1))),
        (Some(what), _) => format!("this is {what}"),
        (None, Some(extension)) => format!("this is of no known format, although it is named .{extension}"),
        (None, None) => "this is of no known format".to_string(),
    };
    let titles: Vec<&str> = FORMATS.iter().map(|f| f.title).collect();
    ReadError::new(&source.path, Place::File, found, format!("one of: {}", titles.join("; ")))
}
