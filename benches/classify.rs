//! `taxonova classify` on the transients corpus, from reading to the written CSV: objects per CPU second and peak memory.
//! cargo bench --bench classify

mod common;

use std::process::{Command, Stdio};

/// User and system seconds, and peak memory in MB, of the children that have ended.
fn children() -> (f64, f64) {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a zeroed rusage, for which all bit patterns are valid.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss as f64 / 1e3)
}

fn main() {
    let Some(dir) = common::data_dir() else { return };
    let data = dir.join("ztf_transients.parquet");
    if !data.exists() {
        eprintln!("skipped: no real data (set TAXONOVA_SHARED_DATA)");
        return;
    }
    let out = std::env::temp_dir().join(format!("taxonova-bench-{}.csv", std::process::id()));
    for run in 1..=3 {
        let before = children().0;
        let status = Command::new(env!("CARGO_BIN_EXE_taxonova"))
            .args(["classify".as_ref(), data.as_os_str(), "-o".as_ref(), out.as_os_str()])
            .stderr(Stdio::null())
            .status();
        let (after, peak) = children();
        let rows = std::fs::read_to_string(&out).map_or(0, |t| t.lines().count().saturating_sub(1));
        let ok = status.is_ok_and(|s| s.success());
        println!("run {run}: success {ok}, {rows} objects, {:.0} per CPU second, peak memory {peak:.0} MB", rows as f64 / (after - before));
    }
    let _ = std::fs::remove_file(out);
}
