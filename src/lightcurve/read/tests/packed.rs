//! Compressed inputs of every container.

use super::super::unpack::tests::packed;
use super::*;

const CSV: &str = "object_id,mjd,band,mag,mag_err\na,58000,g,18.0,0.1\nb,58000,g,18.0,0.1\na,58001,r,18.5,0.1\n";

#[test]
fn compressed_files_read_as_plain_ones() {
    let dir = tempfile::tempdir().unwrap();
    for (bytes, name) in [(corpus(), "x.parquet"), (CSV.as_bytes().to_vec(), "y.csv")] {
        let plain: Vec<_> = open_bytes(name, bytes.clone(), &ReadOptions::default()).unwrap().flatten().collect();
        assert!(!plain.is_empty());
        for (extension, packed) in packed(&bytes) {
            let path = dir.path().join(format!("{name}.{extension}"));
            std::fs::write(&path, &packed).unwrap();
            for read in [open(&path, &ReadOptions::default()).unwrap(), open_bytes(name, packed.clone(), &ReadOptions::default()).unwrap()]
            {
                let read: Vec<_> = read.flatten().collect();
                assert_eq!(read.len(), plain.len(), "{name}.{extension}");
                for (r, p) in read.iter().zip(&plain) {
                    assert_eq!((&r.object_id, &r.observations), (&p.object_id, &p.observations));
                }
            }
        }
    }
    // The folder is searched for them too.
    let (files, errors) = expand(&[dir.path().to_path_buf()]);
    assert_eq!((files.len(), errors.len()), (6, 0));
}

#[test]
fn rows_of_one_object_merge_in_a_compressed_file_but_not_in_a_stream() {
    for (_, bytes) in packed(CSV.as_bytes()) {
        let file: Vec<_> = open_bytes("y.csv", bytes.clone(), &ReadOptions::default()).unwrap().map(|c| c.unwrap()).collect();
        assert_eq!(file.iter().map(|c| c.observations.len()).collect::<Vec<_>>(), [2, 1]);
        let stream = open_stream("-", Box::new(std::io::Cursor::new(bytes)), &ReadOptions::default()).unwrap();
        assert_eq!(stream.count(), 3);
    }
}

#[test]
fn what_is_cut_off_says_so_and_bombs_are_bounded() {
    for (extension, bytes) in packed(CSV.repeat(5000).as_bytes()) {
        let cut = bytes[..bytes.len() * 2 / 3].to_vec();
        let errors: Vec<String> = match open_bytes("y.csv", cut, &ReadOptions::default()) {
            Ok(reader) => reader.filter_map(|c| c.err()).map(|e| e.to_string()).collect(),
            Err(e) => vec![e.to_string()],
        };
        assert!(errors.iter().any(|e| e.contains("archive is cut off") || e.contains("archive is damaged")), "{extension}: {errors:?}");
    }
    // A gigabyte of nothing in a small file: no table, no memory.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(b'x'), 1 << 28), &mut bomb).unwrap();
    assert!(open_bytes("y.csv", bomb.finish().unwrap(), &ReadOptions::default()).is_err());
    let small = ReadOptions { max_bytes: 1 << 10, ..ReadOptions::default() };
    let (_, gz) = packed(&corpus()).remove(0);
    let e = open_bytes("x.parquet", gz, &small).err().unwrap().to_string();
    assert!(e.contains("compressed file"), "{e}");
}

#[test]
fn the_user_says_what_bands_mean() {
    let band_map = vec![("r".to_string(), BandId::parse("lsst/r")), ("F1".to_string(), BandId::ZTF_G)];
    let text = "object_id,mjd,band,mag,mag_err\na,58000,F1,18.0,0.1\na,58001,r,18.5,0.1\na,58002,g,18.5,0.1\n";
    let read: Vec<_> =
        open_bytes("y.csv", text, &ReadOptions { band_map, ..ReadOptions::default() }).unwrap().map(|c| c.unwrap()).collect();
    let bands: Vec<&str> = read[0].observations.iter().map(|o| o.band.name()).collect();
    assert_eq!(bands, ["ztf/g", "lsst/r", "ztf/g"]);
}
