//! Readers of binary formats: observations and alert packets per CPU second of this process.
//! cargo bench --bench readers_binary

mod common;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use std::path::Path;
use std::sync::Arc;
use taxonova::lightcurve::LightCurve;
use taxonova::lightcurve::read::{ReadOptions, Reader, open, open_bytes};

/// User and system seconds of this process, all threads.
fn cpu() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a zeroed rusage, for which all bit patterns are valid.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Objects, points and faults.
fn read(reader: Reader) -> [usize; 3] {
    reader.fold([0; 3], |[objects, points, faults], item| match item {
        Ok(curve) => [objects + 1, points + curve.observations.len(), faults],
        Err(_) => [objects, points, faults + 1],
    })
}

fn file(what: &str, path: &Path) {
    let before = cpu();
    match open(path, &ReadOptions::default()) {
        Err(e) => println!("{what}: {e}"),
        Ok(reader) => {
            let [objects, points, faults] = read(reader);
            let rate = points as f64 / (cpu() - before).max(1e-6);
            println!("{what}: {objects} objects, {points} points, {faults} faults, {rate:.0} points per CPU second");
        }
    }
}

/// The same light curves with one row per point.
fn long(path: &Path, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut writer: Option<ArrowWriter<std::fs::File>> = None;
    let curves: Vec<LightCurve> = open(path, &ReadOptions::default())?.flatten().collect();
    for curves in curves.chunks(256) {
        let points = || curves.iter().flat_map(|c| c.observations.iter().map(move |o| (c, o)));
        let number = |f: fn(&taxonova::lightcurve::Observation) -> Option<f64>| -> ArrayRef {
            Arc::new(points().map(|(_, o)| f(o)).collect::<Float64Array>())
        };
        let text = |f: fn(&LightCurve) -> &str| -> ArrayRef { Arc::new(points().map(|(c, _)| Some(f(c))).collect::<StringArray>()) };
        let batch = RecordBatch::try_from_iter([
            ("object_id", text(|c| &c.object_id)),
            ("mjd", number(|o| Some(o.mjd))),
            ("band", Arc::new(points().map(|(_, o)| Some(o.band.name())).collect::<StringArray>()) as ArrayRef),
            ("mag", number(|o| o.mag())),
            ("mag_err", number(|o| o.mag_err())),
            ("photometry", text(|_| "total")),
            ("survey", text(|c| &c.survey)),
            ("label", text(|c| c.label.as_deref().unwrap_or_default())),
        ])?;
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(ArrowWriter::try_new(std::fs::File::create(out)?, batch.schema(), None)?),
        };
        writer.write(&batch)?;
    }
    writer.map(ArrowWriter::close).transpose()?;
    Ok(())
}

/// A file of one packet (one block), and the same block `n` times.
fn many(packet: &[u8], n: usize) -> Option<Vec<u8>> {
    let marker = packet.get(packet.len().checked_sub(16)?..)?;
    let header = packet.windows(16).position(|w| w == marker)? + 16;
    let (header, block) = packet.split_at_checked(header)?;
    let mut all = header.to_vec();
    (0..n).for_each(|_| all.extend_from_slice(block));
    Some(all)
}

fn packets(packet: &[u8]) {
    const ONE: usize = 20_000;
    let options = ReadOptions::default();
    let mut points = 0;
    let mut spent = 0.0;
    for _ in 0..ONE {
        let copy = packet.to_vec();
        let before = cpu();
        points += open_bytes("a.avro", copy, &options).map(read).map_or(0, |r| r[1]);
        spent += cpu() - before;
    }
    println!("ZTF Avro, one packet per file: {ONE} packets, {points} points, {:.0} packets per CPU second", ONE as f64 / spent);
    const MANY: usize = 5_000;
    let Some(all) = many(packet, MANY) else { return println!("ZTF Avro: the example is of another build") };
    let before = cpu();
    let objects = open_bytes("a.avro", all, &options).map(read).map_or(0, |r| r[0]);
    println!(
        "ZTF Avro, many packets per file: {MANY} packets, {objects} object, {:.0} packets per CPU second",
        MANY as f64 / (cpu() - before)
    );
}

fn main() {
    let Some(dir) = common::data_dir() else { return };
    let corpus = dir.join("variables.parquet");
    if !corpus.exists() {
        eprintln!("skipped: no real data (set TAXONOVA_SHARED_DATA)");
        return;
    }
    for _ in 0..2 {
        file("corpus Parquet", &corpus);
    }
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let out = folder.path().join("long.parquet");
    match long(&corpus, &out) {
        Ok(()) => (0..2).for_each(|_| file("long Parquet", &out)),
        Err(e) => println!("long Parquet: {e}"),
    }
    file("SNANA FITS, gzip", &dir.join("formats/snana_HEAD.FITS.gz"));
    file("Fink Parquet", &dir.join("formats/fink_ztf_alerts.parquet"));
    match std::fs::read(dir.join("formats/ztf_alert.avro")) {
        Ok(packet) => packets(&packet),
        Err(e) => println!("ZTF Avro: {e}"),
    }
}
