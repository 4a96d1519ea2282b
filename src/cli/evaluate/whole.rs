//! All that the command prints, as text and as JSON.

use super::TRAINED;
use crate::cli::exit::Failure;
use crate::evaluate::tables;
use crate::evaluate::{MIN_OBJECTS, MeasureRow, Report, Study, age_table};
use crate::taxonomy::printable;
use serde_json::json;
use std::fmt::Write as _;

/// So many names are printed; `--json` has them all.
const SHOWN: usize = 10;

/// A label that the tree does not know.
pub struct Unknown {
    pub label: String,
    pub n: u64,
    /// The class that it may mean.
    pub nearest: Option<String>,
}

impl Unknown {
    /// `label (count), perhaps class`.
    pub fn text(&self) -> String {
        let near = self.nearest.as_ref().map_or_else(String::new, |n| format!(", perhaps {}", printable(n)));
        format!("{} ({}{near})", printable(&self.label), self.n)
    }
}

/// A comparison with a second file.
pub struct Against {
    pub file: String,
    /// Objects that both answer.
    pub n: usize,
    /// The first less the second.
    pub differences: Vec<MeasureRow>,
}

/// All that is printed.
pub struct Whole {
    pub fair: Option<Study>,
    pub trained: Option<Report>,
    pub known: Vec<String>,
    pub unlabelled: u64,
    pub unanswered: u64,
    pub unknown: Vec<Unknown>,
    /// Classes, and the number of their objects.
    pub left_out: (Vec<String>, u64),
    /// The class whose AUROC was asked for.
    pub auroc: Option<String>,
    pub against: Option<Against>,
    pub notes: Vec<String>,
}

impl Whole {
    /// What is to be known before any score is read, a line each.
    pub fn remarks(&self) -> Vec<String> {
        let mut out: Vec<String> = self.notes.iter().map(|n| printable(n)).collect();
        if self.unlabelled > 0 {
            out.push(format!("left out: {} objects without a label", self.unlabelled));
        }
        if self.unanswered > 0 {
            out.push(format!("left out: {} labelled objects without a prediction", self.unanswered));
        }
        if !self.unknown.is_empty() {
            let labels: Vec<String> = self.unknown.iter().map(Unknown::text).collect();
            out.push(format!("left out: labels that the tree does not know: {}", labels.join(", ")));
        }
        if !self.left_out.0.is_empty() {
            let classes: Vec<String> = self.left_out.0.iter().map(|c| printable(c)).collect();
            out.push(format!("left out as asked for: {} objects of {}", self.left_out.1, classes.join(", ")));
        }
        if !self.known.is_empty() {
            let shown: Vec<String> = self.known.iter().take(SHOWN).map(|id| printable(id)).collect();
            let more = if self.known.len() > SHOWN { ", ... (all with --json)" } else { "" };
            out.push(format!("THE MODEL WAS {TRAINED} {} OF THESE OBJECTS: {}{more}", self.known.len(), shown.join(", ")));
        }
        if self.fair.is_none() {
            out.push(format!("no object that the model was not {TRAINED}: what follows says nothing about new objects"));
        }
        out
    }

    /// Plain text.
    pub fn text(&self) -> String {
        let mut out = self.remarks().join("\n");
        out.push_str(if out.is_empty() { "" } else { "\n\n" });
        if let Some(study) = &self.fair {
            out.push_str(&study.report.to_text(""));
            out.push_str(&intervals(study, self.auroc.as_deref()));
            if study.by_age.len() > 1 {
                out.push('\n');
                out.push_str(&age_table("by days since the first detection", &study.by_age, ""));
            }
            out.push('\n');
            out.push_str(&age_table("by number of detections", &study.by_points, ""));
            let short = [
                tables::levels(&study.level_tables),
                tables::coverage(&study.coverage),
                tables::operating(&study.operating),
                tables::points(&study.points_calibration),
            ];
            for table in short {
                out.push('\n');
                out.push_str(&table);
            }
        }
        if let Some(against) = &self.against {
            // Writing to a String can't fail.
            let _ = writeln!(out, "\nless {}, {} objects that both answer (paired bootstrap, 95 %)", printable(&against.file), against.n);
            for row in &against.differences {
                if let Some(i) = &row.interval {
                    let sure = if i.excludes_zero() { "  *" } else { "" };
                    let _ = writeln!(out, "  {:<33} {:+.3} [{:+.3}, {:+.3}]{sure}", row.measure, i.value, i.low, i.high);
                }
            }
            out.push_str("  * the interval does not hold 0\n");
        }
        if let Some(report) = &self.trained {
            let _ = writeln!(out, "\nThe objects that the model was {TRAINED}; no measure of how it does on new ones:");
            out.push_str(&report.to_text(TRAINED));
        }
        out
    }

    /// As JSON.
    pub fn json(&self) -> Result<String, Failure> {
        let value = json!({
            "report": self.fair,
            "trained_on_report": self.trained,
            "trained_on": self.known,
            "without_label": self.unlabelled,
            "without_prediction": self.unanswered,
            "unknown_labels": self.unknown.iter().map(|u| (u.label.clone(), json!(u.n))).collect::<serde_json::Map<_, _>>(),
            "suggestions": self.unknown.iter().filter_map(|u| Some((u.label.clone(), json!(u.nearest.as_ref()?)))).collect::<serde_json::Map<_, _>>(),
            "left_out": { "classes": self.left_out.0, "objects": self.left_out.1 },
            "auroc_of": self.auroc,
            "against": self.against.as_ref().map(|a| json!({ "file": a.file, "n": a.n, "differences": a.differences })),
            "notes": self.notes,
        });
        serde_json::to_string_pretty(&value).map(|s| s + "\n").map_err(Failure::internal)
    }
}

/// Headline measures and classes with their intervals.
fn intervals(study: &Study, auroc: Option<&str>) -> String {
    let mut out = String::from("\n95 % intervals by bootstrap over objects\n");
    for row in &study.measures {
        let Some(interval) = &row.interval else { continue };
        let of = auroc.filter(|_| row.measure == "AUROC").map_or_else(String::new, |c| format!(" of {}", printable(c)));
        // Writing to a String can't fail.
        let _ = writeln!(out, "  {:<33} {interval}", format!("{}{of}", row.measure));
    }
    let _ = writeln!(out, "  per class of {MIN_OBJECTS} or more: precision, recall, F1");
    for c in &study.class_intervals {
        let text = |i: &Option<crate::evaluate::bootstrap::Interval>| i.map_or_else(|| "-".into(), |i| i.to_string());
        let _ = writeln!(out, "    {:<28} {:>6}  {}  {}  {}", printable(&c.class), c.n, text(&c.precision), text(&c.recall), text(&c.f1));
    }
    let _ = writeln!(
        out,
        "\nP of each node of {MIN_OBJECTS} or more against the rate: log-loss skill, Brier skill, |mean P - rate|; the same given the parent"
    );
    for node in study.nodes.iter().filter(|n| n.marginal.positive >= MIN_OBJECTS) {
        let _ = write!(out, "    {:<28} {}", printable(&node.node), forecast(&node.marginal));
        let _ = writeln!(out, "  {}", node.conditional.as_ref().map_or_else(String::new, forecast));
    }
    out
}

fn forecast(b: &crate::evaluate::Binary) -> String {
    let number = |v: Option<f64>| v.map_or_else(|| "     -".into(), |v| format!("{v:>6.3}"));
    format!("{} {} {:.3}", number(b.skill), number(b.brier_skill), b.gap)
}
