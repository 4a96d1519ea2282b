//! What is known of the point that is looked at.

use crate::lightcurve::{LightCurve, Observation};
use crate::tui::curve::data::PlotData;
use crate::tui::state::State;
use crate::tui::text::clean;
use ratatui::style::Style;

/// Band and value of an observation, as `g 18.32±0.05` or `r >20.5`.
pub fn observation(o: &Observation) -> String {
    let band = clean(o.band.short());
    match (o.limit_mag(), o.mag(), o.mag_err()) {
        (Some(limit), ..) => format!("{band} >{limit:.2}"),
        (None, Some(m), Some(e)) => format!("{band} {m:.2}±{e:.2}"),
        _ => format!("{band} {:.3}±{:.3} µJy", o.flux_ujy, o.flux_err_ujy),
    }
}

/// The read-out, if a point is looked at, or if one lies at the time cursor.
pub fn draw(state: &State, curve: &LightCurve, data: &PlotData) -> Option<(String, Style)> {
    let at_cursor = || {
        let mjd = data.times_mjd.get(state.time.as_ref()?.index)?;
        curve.observations.iter().position(|o| o.mjd == *mjd && !state.curve.hidden.contains(&o.band))
    };
    let id = state.curve.chosen.or_else(at_cursor)?;
    let o = curve.observations.get(id)?;
    let mut text = format!("{}  day {:.2}  MJD {:.4}", value(o, data.shape.flux), o.mjd - data.day0_mjd, o.mjd);
    if !o.is_limit() {
        text.push_str(&format!("  {:.1}σ", o.snr()));
    }
    if let Some(period_d) = data.shape.period_d {
        text.push_str(&format!("  phase {:.3}", crate::lightcurve::fold::phase(o.mjd, period_d, data.day0_mjd)));
    }
    if let Some(influence) = &state.curve.influence
        && let Some(w) = influence.weights.iter().find(|w| w.members.contains(&id))
    {
        text.push_str(&format!("  ΔP {:+.3}", w.change));
    }
    Some((text, state.theme.accent))
}

/// The value with its unit, first as it is plotted.
fn value(o: &Observation, flux: bool) -> String {
    let band = clean(o.band.name());
    if flux && o.is_limit() {
        return format!("{band} <{:.2} µJy (5σ)", 5.0 * o.flux_err_ujy);
    }
    match (o.limit_mag(), o.mag(), o.mag_err()) {
        _ if flux => format!("{band} {:.2} ± {:.2} µJy", o.flux_ujy, o.flux_err_ujy),
        (Some(limit), ..) => format!("{band} >{limit:.2} mag (5σ)"),
        (None, Some(m), Some(e)) => format!("{band} {m:.3} ± {e:.3} mag"),
        _ => format!("{band} {:.2} ± {:.2} µJy", o.flux_ujy, o.flux_err_ujy),
    }
}
