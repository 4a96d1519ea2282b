//! Random damage to small valid files: whatever comes out, it comes as a value and is fit to use.

use super::super::*;
use super::lines;
use apache_avro::{Codec, DeflateSettings};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

static CSV: &str = "# made for this\nobject_id,mjd,band,mag,mag_err,lim_mag,isdiffpos,label,photometry,x\n\
    a,58000.5,g,18.1,0.1,,t,SN Ia,difference,1\na,58001.5,r,,,20.5,,SN Ia,difference,1\nb,58000,i,\"19\",0.1,20,f,,difference,\"q,\"\"\"\n";
static ALERCE: &str = "oid,candid,mjd,fid,isdiffpos,magpsf,sigmapsf,rb\nz,1,58000,1,1,18,0.1,1\nz,2,58001,2,-1,18,0.1,0.5\n";
static FLUXES: &str = "SNID;MJD;FLT;FLUXCAL;FLUXCALERR;zp\n1;58000;g;-3,5;1;27\n2;58000;r;3;1;27\n";

/// Changes, cuts, doubles or removes a few bytes.
pub(super) fn damage(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    for _ in 0..rng.random_range(1..=6) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let end = (at + rng.random_range(1..=64usize)).min(bytes.len());
        match rng.random_range(0..8) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => bytes[at] = rng.random(),
            3 => bytes[at] = [0, 0x7f, 0x80, 0xff, b',', b'"', b'\n', b'-'][rng.random_range(0..8)],
            4 => drop(bytes.drain(at..end)),
            5 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => bytes[at..end].iter_mut().for_each(|b| *b = 0xff),
            _ => bytes[at..end].reverse(),
        }
    }
}

pub(super) fn check(curve: &LightCurve) {
    assert!(!curve.object_id.is_empty());
    assert!(curve.observations.is_sorted_by(|a, b| a.mjd <= b.mjd));
    for o in &curve.observations {
        assert!(o.mjd.is_finite() && o.flux_ujy.is_finite() && o.flux_err_ujy.is_finite() && o.flux_err_ujy > 0.0);
    }
}

/// `TAXONOVA_FUZZ_SEED` repeats a run, `TAXONOVA_FUZZ_ROUNDS` lengthens it.
#[test]
fn damaged_files_never_panic() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let seed = number("TAXONOVA_FUZZ_SEED")
        .unwrap_or_else(|| std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64));
    eprintln!("TAXONOVA_FUZZ_SEED={seed}");
    let rounds = number("TAXONOVA_FUZZ_ROUNDS").unwrap_or(300);
    let files = [
        ("corpus.parquet", super::corpus()),
        ("alerts.avro", super::avro::alerts(Codec::Null)),
        ("deflate.avro", super::avro::alerts(Codec::Deflate(DeflateSettings::default()))),
        ("snappy.avro", super::avro::alerts(Codec::Snappy)),
        ("long.csv", CSV.as_bytes().to_vec()),
        ("alerce.csv", ALERCE.as_bytes().to_vec()),
        ("fluxes.csv", FLUXES.as_bytes().to_vec()),
        ("table.vot", super::votable::TABLE.into()),
        ("alerce.json", super::json::ALERCE.into()),
        ("alerce_new.json", super::json::ALERCE_NEW.into()),
        ("lasair.json", super::json::LASAIR.into()),
        ("osc.json", super::json::OSC.into()),
        ("generic.json", super::json::GENERIC.into()),
        ("atlas.txt", lines::ATLAS.as_bytes().to_vec()),
        ("ztf.txt", lines::ZTF.as_bytes().to_vec()),
        ("irsa.csv", lines::IRSA.as_bytes().to_vec()),
        ("snana.dat", lines::SNANA.as_bytes().to_vec()),
        ("blocks.dat", lines::BLOCKS.as_bytes().to_vec()),
        ("table.txt", lines::TABLE.as_bytes().to_vec()),
        ("plain.txt", lines::PLAIN.as_bytes().to_vec()),
        ("plasticc.csv", lines::PLASTICC.as_bytes().to_vec()),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..rounds {
        for (name, bytes) in &files {
            let mut damaged = bytes.clone();
            if round > 0 {
                damage(&mut damaged, &mut rng);
            }
            let options = ReadOptions { merge_rows: rng.random(), ..ReadOptions::default() };
            let (items, error) = match open_bytes(name, damaged, &options) {
                Ok(reader) => (reader.take(100_000).collect(), None),
                Err(e) => (Vec::new(), Some(e)),
            };
            assert!(round > 0 || (error.is_none() && items.iter().any(Result::is_ok)), "{name} as it is");
            items.iter().flatten().for_each(check);
            for e in items.iter().filter_map(|i| i.as_ref().err()).chain(&error) {
                assert!(!e.to_string().contains(|c: char| c.is_control()), "{name}, round {round}: {e}");
                // Only other people's code may have panicked, and been caught.
                let caught = e.found.starts_with("the file is corrupt");
                assert!(!caught || name.ends_with(".parquet"), "{name}, round {round}: {e}");
            }
        }
    }
}
