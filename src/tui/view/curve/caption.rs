//! What the horizontal axis counts.

use crate::tui::curve::data::PlotData;
use crate::tui::curve::period::{Origin, days};
use crate::tui::curve::{CurveState, TimeAxis};
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the line.
pub fn draw(state: &State, data: &PlotData, line: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let room = usize::from(line.width.saturating_sub(2));
    let wordings = wordings(&state.curve, data);
    let caption = wordings.iter().find(|w| text::width(w) <= room).or(wordings.last()).cloned().unwrap_or_default();
    let now = state.time.as_ref().and_then(|c| data.times_mjd.get(c.index)).map(|mjd| format!("now day {:.1}", mjd - data.day0_mjd));
    let w = text::width(&caption).min(room) as u16;
    let x = line.right().saturating_sub(w + 1).max(line.x + 1);
    put(buf, x, line.y, &text::fit(&caption, room), line.width.saturating_sub(1), t.header);
    let searching = state.curve.periods.search.is_some().then(|| "looking for the period…".to_string());
    if let Some(left) = searching.or(now)
        && line.x + 2 + (text::width(&left) as u16) < x
    {
        put(buf, line.x + 1, line.y, &left, line.width, t.cursor);
    }
}

/// The same, in fewer and fewer words.
fn wordings(curve: &CurveState, data: &PlotData) -> Vec<String> {
    let day0 = data.day0_mjd;
    if let Some(period_d) = data.shape.period_d {
        let known = curve.shown.as_ref().and_then(|c| curve.periods.of(&c.object_id));
        let origin = match known.map(|k| k.origin) {
            Some(Origin::Typed) => "typed".to_string(),
            Some(Origin::Found(0)) => "found".to_string(),
            Some(Origin::Found(n)) => format!("peak {}", n + 1),
            None => String::new(),
        };
        let period = days(period_d);
        return vec![
            format!("phase of P = {period} d ({origin}), 0 at MJD {day0:.4}"),
            format!("phase of P = {period} d ({origin})"),
            format!("P = {period} d"),
        ];
    }
    match data.shape.axis {
        TimeAxis::Mjd => vec![format!("MJD − {:.0}", data.offset_mjd)],
        TimeAxis::Days => {
            let since = if data.day0_is_detection { "first detection" } else { "first point" };
            vec![format!("days since {since}, MJD {day0:.2}"), format!("days since MJD {day0:.1}")]
        }
    }
}
