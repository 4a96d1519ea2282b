//! `inspect --period`: the best periods of each object, searched on all processors while the order is kept.

use crate::features::period::{MIN_PERIOD_D, MIN_POINTS, Options, Peak, Relation, SIGNIFICANT, Search, search};
use crate::lightcurve::{LightCurve, Photometry};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::AtomicBool;

/// Objects that are searched together: enough for all processors, few enough that rows come soon.
pub const BATCH: usize = 64;
/// Peaks that are shown.
const PEAKS: usize = 3;

/// What a search found.
#[derive(Debug, Serialize)]
pub struct Period {
    /// Whether the best peak's false-alarm probability is at most [`SIGNIFICANT`].
    pub significant: bool,
    /// Measurements used; 0 where no search was possible.
    pub n_points: usize,
    /// The range that was searched.
    pub min_period_d: Option<f64>,
    pub max_period_d: Option<f64>,
    /// Best first.
    pub peaks: Vec<Found>,
}

/// One peak.
#[derive(Debug, Serialize)]
pub struct Found {
    pub period_d: f64,
    pub period_err_d: f64,
    pub frequency_per_d: f64,
    pub power: f64,
    pub harmonics: usize,
    pub log10_false_alarm: f64,
    /// What it has to do with the best peak.
    pub relation: Option<&'static str>,
    pub ranges: Vec<BandRange>,
}

/// Peak to peak of the fitted curve in a band.
#[derive(Debug, Serialize)]
pub struct BandRange {
    pub band: String,
    #[serde(skip)]
    pub short: String,
    pub range_ujy: f64,
    /// Of total light only.
    pub range_mag: Option<f64>,
}

/// The options for periods between these days; without them the usual ones.
pub fn options(range_d: Option<(f64, f64)>) -> Options {
    let usual = Options { max_peaks: PEAKS, ..Options::default() };
    match range_d {
        Some((min, max)) => Options { min_period_d: min, max_period_d: Some(max), ..usual },
        None => usual,
    }
}

/// `MIN,MAX` in days.
pub fn range(text: &str) -> Result<(f64, f64), String> {
    let expected = || "it must be MIN,MAX in days, as 0.1,100, with 0 < MIN < MAX".to_string();
    let (min, max) = text.split_once(',').ok_or_else(expected)?;
    match (min.trim().parse::<f64>(), max.trim().parse::<f64>()) {
        (Ok(min), Ok(max)) if min > 0.0 && min < max && max.is_finite() => Ok((min, max)),
        _ => Err(expected()),
    }
}

/// The periods of these light curves, in their order.
pub fn of_all<'a>(curves: impl IntoIterator<Item = &'a LightCurve>, options: &Options) -> Vec<Period> {
    let curves: Vec<&LightCurve> = curves.into_iter().collect();
    curves.par_iter().map(|curve| Period::of(curve, options)).collect()
}

impl Period {
    fn of(curve: &LightCurve, options: &Options) -> Period {
        match search(&curve.observations, options, &AtomicBool::new(false)) {
            Some(search) => Period::from(&search, curve.photometry),
            None => Period { significant: false, n_points: 0, min_period_d: None, max_period_d: None, peaks: Vec::new() },
        }
    }

    fn from(search: &Search, photometry: Photometry) -> Period {
        Period {
            significant: search.peaks.first().is_some_and(Peak::is_significant),
            n_points: search.n_points,
            min_period_d: Some(1.0 / search.max_frequency_per_d),
            max_period_d: Some(1.0 / search.min_frequency_per_d),
            peaks: search.peaks.iter().map(|p| Found::of(p, photometry)).collect(),
        }
    }

    /// For the table: short lines, each of one subject.
    pub fn lines(&self) -> Vec<String> {
        let Some((best, others)) = self.peaks.split_first() else {
            let what = if self.n_points == 0 {
                format!("it takes {MIN_POINTS} measurements, in bands with 3 or more that differ, and a longer span")
            } else {
                "nothing but a constant was found".to_string()
            };
            return vec![format!("no period: {what}")];
        };
        if !self.significant {
            let p = best.false_alarm();
            return vec![format!("no significant period: best {} d, false-alarm probability {p}, above {SIGNIFICANT}", best.days())];
        }
        let harmonics = if best.harmonics == 1 { "1 harmonic".to_string() } else { format!("{} harmonics", best.harmonics) };
        let mut lines =
            vec![format!("period {} d, power {:.3} ({harmonics}), false alarm {}", best.days_and_error(), best.power, best.false_alarm())];
        let ranges: Vec<String> = best.ranges.iter().map(BandRange::text).collect();
        lines.extend(ranges.chunks(4).map(|part| format!("peak to peak  {}", part.join("  "))));
        for other in others {
            let relation = other.relation.map(|r| format!("  {r}")).unwrap_or_default();
            lines.push(format!("then {} d, power {:.3}, false alarm {}{relation}", other.days(), other.power, other.false_alarm()));
        }
        lines
    }
}

impl Found {
    fn of(peak: &Peak, photometry: Photometry) -> Found {
        let ranges = peak.ranges.iter().map(|r| BandRange {
            band: r.band.name().to_string(),
            short: r.band.short().to_string(),
            range_ujy: r.width(),
            range_mag: (photometry == Photometry::Total).then(|| r.width_mag()).flatten(),
        });
        Found {
            period_d: peak.period_d,
            period_err_d: peak.period_err_d,
            frequency_per_d: peak.frequency_per_d,
            power: peak.power,
            harmonics: peak.harmonics,
            log10_false_alarm: peak.log10_false_alarm(),
            relation: match peak.relation {
                Relation::None => None,
                Relation::HalfPeriod => Some("half"),
                Relation::DoublePeriod => Some("double"),
                Relation::DailyAlias => Some("daily alias"),
            },
            ranges: ranges.collect(),
        }
    }

    /// Digits to a tenth of the error.
    fn decimals(&self) -> usize {
        (1.0 - self.period_err_d.log10().floor()).clamp(0.0, 9.0) as usize
    }

    fn days(&self) -> String {
        format!("{:.*}", self.decimals(), self.period_d)
    }

    fn days_and_error(&self) -> String {
        format!("{} ± {:.*}", self.days(), self.decimals(), self.period_err_d)
    }

    fn false_alarm(&self) -> String {
        match self.log10_false_alarm {
            l if l < -4.0 => format!("10^{l:.1}"),
            l => format!("{:.2}", 10f64.powf(l)).replace("0.00", "< 0.01"),
        }
    }
}

impl BandRange {
    fn text(&self) -> String {
        let name = super::shown(&self.short);
        match self.range_mag {
            Some(mag) => format!("{name} {mag:.3} mag"),
            None => format!("{name} {:.4e} uJy", self.range_ujy),
        }
    }
}

/// What the help says of the range.
pub fn range_help() -> String {
    format!("Shortest and longest period to look for, in days [default: {MIN_PERIOD_D:.4} to half of the span]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(range("0.1,100"), Ok((0.1, 100.0)));
        assert_eq!(range(" 1 , 2 "), Ok((1.0, 2.0)));
        for bad in ["", "1", "2,1", "0,1", "-1,1", "1,inf", "nan,1", "1,2,3", "a,b"] {
            assert!(range(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lines_say_what_was_found() {
        let peak = |period_d: f64, log10: f64| Found {
            period_d,
            period_err_d: 0.000_23,
            frequency_per_d: 1.0 / period_d,
            power: 0.5,
            harmonics: 2,
            log10_false_alarm: log10,
            relation: None,
            ranges: vec![BandRange { band: "ztf/g".into(), short: "g".into(), range_ujy: 10.0, range_mag: Some(0.25) }],
        };
        let mut found = Period { significant: true, n_points: 40, min_period_d: None, max_period_d: None, peaks: vec![peak(0.5, -12.34)] };
        let text = found.lines();
        assert_eq!(text, ["period 0.50000 ± 0.00023 d, power 0.500 (2 harmonics), false alarm 10^-12.3", "peak to peak  g 0.250 mag"]);
        found.significant = false;
        found.peaks = vec![peak(0.5, -0.5)];
        assert_eq!(found.lines(), ["no significant period: best 0.50000 d, false-alarm probability 0.32, above 0.001"]);
        found.peaks.clear();
        found.n_points = 0;
        assert!(found.lines()[0].starts_with("no period: it takes 10 measurements"));
    }
}
