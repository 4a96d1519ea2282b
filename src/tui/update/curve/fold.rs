//! Folding: on a typed or found period, its half and double, the next peak.

use super::super::{open, report};
use crate::tui::command::Cmd;
use crate::tui::curve::period::{BELIEVED, Found, Origin, Peak, Search, days};
use crate::tui::effect::Effect;
use crate::tui::overlay::{ListingKind, ListingRow, Purpose, RowTone};
use crate::tui::state::{State, Tone};
use crate::tui::text::clean;
use std::sync::Arc;

/// A command about periods.
pub fn fold(state: &mut State, cmd: Cmd) {
    let Some(curve) = state.curve.shown.clone() else { return };
    let id = curve.object_id.as_str();
    match cmd {
        Cmd::FoldCurve if state.curve.periods.fold => {
            state.curve.periods.fold = false;
            state.curve.periods.stop();
            refold(state);
            state.say(Tone::Info, "the light curve is no longer folded");
        }
        Cmd::FoldCurve => {
            state.curve.periods.fold = true;
            refold(state);
            match (state.curve.periods.of(id).map(|k| k.period_d), state.curve.periods.why_none(id)) {
                (Some(period_d), _) => say_folded(state, period_d),
                (None, Some(why)) => {
                    let text = format!("no period was found: {} (P types one)", clean(why));
                    state.say(Tone::Warn, text);
                }
                // `settle` begins the search.
                (None, None) => state.say(Tone::Info, "looking for the period; Esc stops it"),
            }
        }
        Cmd::TypePeriod => {
            let text = state.curve.periods.of(id).map(|k| days(k.period_d)).unwrap_or_default();
            open(state, Purpose::Period, "Fold on a period of so many days (12.3, 4.5h or 30min)".into(), text);
        }
        Cmd::HalfPeriod | Cmd::DoublePeriod => {
            let factor = if cmd == Cmd::HalfPeriod { 0.5 } else { 2.0 };
            match state.curve.periods.scale(id, factor) {
                Some(period_d) => {
                    state.curve.periods.fold = true;
                    refold(state);
                    say_folded(state, period_d);
                }
                None => state.say(Tone::Warn, "it goes no further"),
            }
        }
        Cmd::NextPeriod => {
            let next = match state.curve.periods.of(id).map(|k| k.origin) {
                Some(Origin::Found(n)) => n + 1,
                _ => 0,
            };
            take(state, next);
        }
        _ => list(state),
    }
}

/// Folds on the n-th peak.
fn take(state: &mut State, n: usize) {
    let Some(curve) = state.curve.shown.clone() else { return };
    match state.curve.periods.take(&curve.object_id, n) {
        Some((n, peak)) => {
            state.curve.periods.fold = true;
            refold(state);
            state.say(tone(&peak), format!("peak {}: {}", n + 1, described(&peak)));
        }
        None => state.say(Tone::Warn, "no period has been looked for (f does that)"),
    }
}

fn tone(peak: &Peak) -> Tone {
    if peak.log10_false_alarm <= BELIEVED { Tone::Info } else { Tone::Warn }
}

fn described(peak: &Peak) -> String {
    let alarm = false_alarm(peak.log10_false_alarm);
    let doubt = if peak.log10_false_alarm <= BELIEVED { "" } else { ": not significant" };
    let remark = if peak.remark.is_empty() { String::new() } else { format!(", {}", peak.remark) };
    format!("{} d, {:.0} % of the variance, false-alarm probability {alarm}{doubt}{remark}", days(peak.period_d), 100.0 * peak.power)
}

/// A probability that may be far too small for a number.
fn false_alarm(log10: f64) -> String {
    if log10 > -3.0 { format!("{:.3}", 10f64.powf(log10)) } else { format!("1e{:.0}", log10.max(-9999.0).ceil()) }
}

fn say_folded(state: &mut State, period_d: f64) {
    state.say(Tone::Info, format!("folded on {} d ({{ half, }} double, P types another, f unfolds)", days(period_d)));
}

/// Shows the light curve as it is to be folded now; all of it.
fn refold(state: &mut State) {
    state.curve.window = Default::default();
    state.curve.prepare();
}

/// What was found, best first.
fn list(state: &mut State) {
    let Some(curve) = state.curve.shown.clone() else { return };
    let Some(known) = state.curve.periods.of(&curve.object_id).filter(|k| !k.peaks().is_empty()) else {
        return state.say(Tone::Warn, "no period has been looked for (f does that)");
    };
    let row = |(n, p): (usize, &Peak)| {
        let tone = if p.log10_false_alarm <= BELIEVED { RowTone::Plain } else { RowTone::Dim };
        ListingRow { peak: Some(n), ..ListingRow::new(tone, format!("{}", n + 1), described(p)) }
    };
    let rows = known.peaks().iter().enumerate().map(row).collect();
    let title = format!("{}: periods", clean(&curve.object_id));
    report::show(state, ListingKind::Periods, title, Vec::new(), rows, "enter folds on it · esc closes");
}

/// Enter in the list of periods.
pub fn chosen(state: &mut State, n: usize) {
    take(state, n);
}

/// Begins the search that folding waits for.
pub fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(curve) = state.curve.shown.clone() else { return };
    let periods = &mut state.curve.periods;
    if !periods.fold || periods.search.is_some() || !periods.is_open(&curve.object_id) {
        return;
    }
    state.last_request += 1;
    let cancel = Arc::default();
    periods.search = Some(Search { number: state.last_request, cancel: Arc::clone(&cancel) });
    effects.push(Effect::FindPeriod { number: state.last_request, curve, cancel });
}

/// The search is done.
pub fn found(state: &mut State, number: u64, found: Result<Arc<Found>, String>) {
    if state.curve.periods.search.take_if(|s| s.number == number).is_none() {
        return;
    }
    let Some(curve) = state.curve.shown.clone() else { return };
    let best = found.as_ref().ok().and_then(|f| f.peaks.first().copied());
    state.curve.periods.found(&curve.object_id, found);
    refold(state);
    match (best, state.curve.periods.why_none(&curve.object_id)) {
        (Some(peak), _) => {
            let more = if peak.log10_false_alarm <= BELIEVED { " ({ half, } double, c next peak)" } else { "" };
            state.say(tone(&peak), format!("{}{more}", described(&peak)));
        }
        (None, why) => {
            let text = format!("no period was found: {}", clean(why.unwrap_or("there is no peak")));
            state.say(Tone::Warn, text);
        }
    }
}

/// A typed period in days.
pub fn parse(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (number, unit) = match text.find(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E')) {
        Some(at) => (text.get(..at).unwrap_or(""), text.get(at..).unwrap_or("").trim()),
        None => (text, "d"),
    };
    let days = match unit {
        "d" | "day" | "days" => 1.0,
        "h" | "hour" | "hours" => 1.0 / 24.0,
        "m" | "min" | "minutes" => 1.0 / 1440.0,
        "s" | "sec" | "seconds" => 1.0 / 86_400.0,
        "y" | "yr" | "year" | "years" => 365.25,
        _ => return Err("units are d, h, min, s and yr".into()),
    };
    match number.trim().parse::<f64>() {
        Ok(v) if (1e-5..1e6).contains(&(v * days)) => Ok(v * days),
        Ok(_) => Err("a period is between 1e-5 and 1e6 days".into()),
        Err(_) => Err("a number of days is wanted, as 0.5678 or 4.5h".into()),
    }
}

/// A period was typed.
pub fn typed(state: &mut State, period_d: f64) {
    let Some(curve) = state.curve.shown.clone() else { return };
    state.curve.periods.stop();
    state.curve.periods.typed(&curve.object_id, period_d);
    state.curve.periods.fold = true;
    refold(state);
    say_folded(state, period_d);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_periods() {
        assert_eq!(parse("0.5"), Ok(0.5));
        assert_eq!(parse(" 12 h "), Ok(0.5));
        assert_eq!(parse("1e-2"), Ok(0.01));
        assert_eq!(parse("1e2d"), Ok(100.0));
        assert!((parse("30min").unwrap() - 30.0 / 1440.0).abs() < 1e-15);
        for bad in ["", "0", "-1", "nan", "inf", "x", "1 parsec", "1e9", "h"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn false_alarms_in_words() {
        assert_eq!((false_alarm(-1.0), false_alarm(-12.7)), ("0.100".into(), "1e-12".into()));
    }
}
