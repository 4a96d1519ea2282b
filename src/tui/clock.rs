//! Times as they are stored and said. Universal time alone.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub fn millis(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).ok().map(|d| d.as_millis() as u64)
}

/// A time, with its day unless that is today. Universal time, as everything else here.
pub fn when(written: u64, now: u64) -> String {
    const DAY: u64 = 86_400_000;
    let minutes = written % DAY / 60_000;
    let clock = format!("{:02}:{:02} UTC", minutes / 60, minutes % 60);
    if written / DAY == now / DAY {
        return clock;
    }
    // Days of the Gregorian calendar, counted from 1 March of the year 0 in eras of 400 years.
    let days = written / DAY + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{of_month:02} {clock}", era * 400 + year + carry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_universal_time() {
        // 2026-11-25 14:02 UTC
        let t = 1_795_615_320_000;
        assert_eq!(when(t, t + 3_600_000), "14:02 UTC");
        assert_eq!(when(t, t + 86_400_000), "2026-11-25 14:02 UTC");
        assert_eq!(when(951_782_400_000, t), "2000-02-29 00:00 UTC");
    }
}
