//! What the batch pane says, in lines and rows. No drawing.

use super::{Batch, Ended, Stage, duration};
use crate::batch::summary::Failure;
use crate::tui::overlay::RowTone;
use crate::tui::text::{long_count, plural};
use std::collections::BTreeMap;

/// Where Enter on a row leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To all objects of the batch.
    All,
    /// To those with this decision.
    Decision(String),
    /// Nowhere.
    Nowhere,
}

/// A row of the pane.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How it is meant.
    pub tone: RowTone,
    /// How many; none where nothing is counted.
    pub n: Option<u64>,
    /// The share of all rows that `n` is, for a bar; none: no bar.
    pub share: Option<f64>,
    /// What.
    pub text: String,
    /// Where Enter leads.
    pub leads: Leads,
}

impl Row {
    fn new(tone: RowTone, n: Option<u64>, text: impl Into<String>) -> Row {
        Row { tone, n, share: None, text: text.into(), leads: Leads::Nowhere }
    }
}

/// What is being run, in a line or two: input and output, model, tree and how it decides.
pub fn about(batch: &Batch) -> Vec<String> {
    let o = &batch.order;
    let asof = o.asof_d.map_or_else(String::new, |d| format!(" · as of day {d} after the first detection (time cursor)"));
    let mut lines = vec![
        format!("{} → {}", o.input.to_string_lossy(), o.output.to_string_lossy()),
        format!("model {} · tree {} · τ {:.2}{asof}", batch.model, o.tree.name, o.tau),
    ];
    if let Some(first) = batch.not_in_model.first() {
        let more = batch.not_in_model.len() - 1;
        let and = if more == 0 { String::new() } else { format!(" and {} more", long_count(more)) };
        lines.push(format!("not in the model, and empty: {first}{and}"));
    }
    lines
}

/// How it stands, in a sentence.
pub fn standing(batch: &Batch) -> (RowTone, String) {
    let on = if batch.before > 0 {
        format!("; it went on after {} of the interrupted run", plural(batch.before as usize, "object"))
    } else {
        String::new()
    };
    match &batch.stage {
        Stage::Starting => (RowTone::Plain, "looking for the inputs…".into()),
        Stage::Asking => (RowTone::Warn, "not begun: the output is there already".into()),
        Stage::Running => (RowTone::Good, format!("running{on}")),
        Stage::Cancelling => (RowTone::Warn, "cancelling: what is under way is finished first".into()),
        Stage::Finishing => (RowTone::Good, "all is classified; the output is being put together".into()),
        Stage::Over(Ended::Finished) => (RowTone::Good, format!("finished in {}{on}", duration(batch.seconds))),
        Stage::Over(Ended::Cancelled { place, resumable }) => {
            let place = if place.is_empty() { String::new() } else { format!(" {place}") };
            let how = if *resumable { "; r goes on, and so does `taxonova classify … --resume`" } else { "; nothing is kept" };
            let n = plural(batch.progress.objects as usize, "object");
            (RowTone::Warn, format!("interrupted after {n}{place}{how}"))
        }
        Stage::Over(Ended::Failed { why, resumable }) => {
            let how = if *resumable { "; what was done is kept: once that is put right, r goes on" } else { "" };
            (RowTone::Error, format!("failed: {why}{how}"))
        }
    }
}

/// What may be done, for the lower edge.
pub fn foot(batch: &Batch) -> &'static str {
    match &batch.stage {
        Stage::Starting | Stage::Running => "x cancels · enter lists objects · esc closes, it runs on",
        Stage::Cancelling | Stage::Finishing => "enter lists objects · esc closes",
        Stage::Over(_) if batch.is_resumable() => "r goes on · enter lists objects · n another batch · esc closes",
        Stage::Over(_) | Stage::Asking => "enter lists objects · n another batch · esc closes",
    }
}

/// The rows: all objects, decisions, warnings, failures.
pub fn rows(batch: &Batch) -> Vec<Row> {
    let s = &batch.progress.summary;
    let all = batch.progress.objects;
    let mut rows = vec![Row { leads: Leads::All, ..Row::new(RowTone::Plain, Some(all), "all objects that are classified") }];
    if !s.decisions.is_empty() || s.not_usable > 0 {
        rows.push(Row::new(RowTone::Heading, None, "decisions"));
    }
    let share = |n: u64| Some(n as f64 / s.rows.max(1) as f64);
    rows.extend(ordered(&s.decisions).into_iter().map(|(name, n)| Row {
        share: share(n),
        leads: Leads::Decision(name.to_string()),
        ..Row::new(RowTone::Plain, Some(n), name)
    }));
    if s.not_usable > 0 {
        let text = "nothing usable: not classified";
        rows.push(Row { share: share(s.not_usable), ..Row::new(RowTone::Dim, Some(s.not_usable), text) });
    }
    if !s.warnings.is_empty() || s.repeated_ids > 0 {
        rows.push(Row::new(RowTone::Heading, None, "warnings"));
    }
    rows.extend(ordered(&s.warnings).into_iter().map(|(kind, n)| Row::new(RowTone::Warn, Some(n), kind)));
    if s.repeated_ids > 0 {
        rows.push(Row::new(RowTone::Warn, Some(s.repeated_ids), "name of an earlier object; each keeps its row"));
    }
    // Told at once, counted with the next progress.
    let failed = s.failures().max(batch.failures.len() as u64);
    if failed > 0 {
        rows.push(Row::new(RowTone::Heading, None, format!("failures: {}", long_count(failed as usize))));
    }
    rows.extend(batch.failures.iter().map(|f| Row::new(RowTone::Error, None, failure(f))));
    let further = failed - batch.failures.len() as u64;
    if further > 0 {
        rows.push(Row::new(RowTone::Dim, None, format!("and {} more", long_count(further as usize))));
    }
    rows
}

/// Most frequent first.
fn ordered(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut all: Vec<(&str, u64)> = counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    all
}

fn failure(f: &Failure) -> String {
    let place = [&f.source, &f.place, &f.object_id].into_iter().filter(|p| !p.is_empty()).map(String::as_str).collect::<Vec<_>>();
    format!("{}: {}", place.join(": "), f.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::job::Begin;
    use crate::batch::summary::{FailureKind, Summary};
    use crate::lightcurve::read::ReadOptions;
    use crate::taxonomy::Taxonomy;
    use crate::tui::batch::{Order, Progress};
    use std::sync::Arc;

    #[test]
    fn rows_tell_what_was_counted() {
        let order = Order {
            input: "in".into(),
            output: "out.csv".into(),
            begin: Begin::New,
            tree: Arc::new(Taxonomy::new("t", "Object")),
            tau: 0.5,
            asof_d: Some(12.3),
            read: ReadOptions::default(),
        };
        let mut batch = Batch::new(1, order, "m".into());
        let rows_text = |b: &Batch| rows(b).iter().map(|r| format!("{:?} {}", r.n, r.text)).collect::<Vec<_>>();
        assert_eq!(rows_text(&batch), ["Some(0) all objects that are classified"]);
        assert!(about(&batch)[1].ends_with("as of day 12.3 after the first detection (time cursor)"));
        let mut summary = Summary { rows: 10, objects: 10, not_usable: 1, unreadable: 3, ..Summary::default() };
        summary.decisions = BTreeMap::from([("AGN".into(), 2), ("TDE".into(), 7)]);
        summary.warnings = BTreeMap::from([("only N detections".into(), 4)]);
        batch.progress = Progress { objects: 10, summary, ..Progress::default() };
        batch.failures.push(Failure {
            source: "bad.csv".into(),
            place: "line 7".into(),
            object_id: String::new(),
            kind: FailureKind::Unreadable,
            reason: "no number".into(),
        });
        let told = rows_text(&batch);
        assert_eq!(told[1..4], ["None decisions", "Some(7) TDE", "Some(2) AGN"]);
        assert_eq!(told[7..], ["None failures: 3", "None bad.csv: line 7: no number", "None and 2 more"]);
        assert_eq!(rows(&batch)[2].share, Some(0.7));
        assert_eq!(rows(&batch)[2].leads, Leads::Decision("TDE".into()));
    }
}
