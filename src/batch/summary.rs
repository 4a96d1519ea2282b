//! What a run is worth telling when it is over: objects, decisions, warnings by kind, faults with their reasons. Counted in
//! the workers, added up in order, kept with every shard, so that a run that was resumed tells the same as one that was not.

use super::row::Row;
use crate::lightcurve::read::{Place, ReadError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More kinds of warnings or reasons than these are counted together.
const KINDS: usize = 64;
/// Under which name.
const FURTHER: &str = "of further kinds";
/// A kind is cut after so many characters.
const KIND_CHARS: usize = 160;

/// Counts of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Light curves read.
    pub objects: u64,
    /// Rows written; more than objects in histories.
    pub rows: u64,
    /// Decisions by node.
    pub decisions: BTreeMap<String, u64>,
    /// Rows without a decision because there was nothing to classify.
    pub not_usable: u64,
    /// Rows with a warning, by kind: numbers in it are N.
    pub warnings: BTreeMap<String, u64>,
    /// Objects whose name had come before in the same shard.
    pub repeated_ids: u64,
    /// Inputs, rows or objects that could not be read.
    pub unreadable: u64,
    /// Objects that an internal fault kept from being classified.
    pub internal: u64,
    /// The reasons of both, by kind.
    pub reasons: BTreeMap<String, u64>,
}

/// Which of the two ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// It could not be read: it has no row.
    Unreadable,
    /// It was read but not classified because of a fault of the program or the model: its row is empty.
    Internal,
}

impl FailureKind {
    /// As in the file of failures.
    pub fn name(self) -> &'static str {
        match self {
            FailureKind::Unreadable => "unreadable",
            FailureKind::Internal => "internal",
        }
    }
}

/// One line of the file of failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// File, or `-`.
    pub source: String,
    /// Where in it, as `line 7, column mag`; empty for the file as a whole.
    pub place: String,
    /// The object, where it is known.
    pub object_id: String,
    /// How it failed.
    pub kind: FailureKind,
    /// Why.
    pub reason: String,
}

impl From<&ReadError> for Failure {
    fn from(e: &ReadError) -> Failure {
        let place = if e.place == Place::File { String::new() } else { e.place.to_string() };
        let expected = if e.expected.is_empty() { String::new() } else { format!("; expected {}", e.expected) };
        Failure {
            source: e.path.to_string_lossy().into_owned(),
            place,
            object_id: String::new(),
            kind: FailureKind::Unreadable,
            reason: format!("{}{expected}", e.found),
        }
    }
}

impl Summary {
    /// Counts rows; gives those that failed. The number of objects is not counted here, because rows of histories are more.
    pub fn count(&mut self, rows: &[Row]) -> Vec<Failure> {
        let mut failures = Vec::new();
        self.rows += rows.len() as u64;
        for row in rows {
            let mut warnings = row.warnings.as_slice();
            match (&row.decision, warnings.split_last()) {
                (Some(decision), _) => *self.decisions.entry(decision.name.clone()).or_default() += 1,
                (None, Some((reason, before))) if row.failed => {
                    warnings = before;
                    failures.push(Failure {
                        source: row.source.clone(),
                        place: String::new(),
                        object_id: row.object_id.clone(),
                        kind: FailureKind::Internal,
                        reason: reason.clone(),
                    });
                }
                (None, _) => self.not_usable += 1,
            }
            for warning in warnings {
                add(&mut self.warnings, kind_of(warning), 1);
            }
        }
        failures.iter().for_each(|f| self.fail(f));
        failures
    }

    /// Counts a failure.
    pub fn fail(&mut self, failure: &Failure) {
        match failure.kind {
            FailureKind::Unreadable => self.unreadable += 1,
            FailureKind::Internal => self.internal += 1,
        }
        add(&mut self.reasons, kind_of(&failure.reason), 1);
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Summary) {
        let Summary { objects, rows, decisions, not_usable, warnings, repeated_ids, unreadable, internal, reasons } = other;
        self.objects += objects;
        self.rows += rows;
        self.not_usable += not_usable;
        self.repeated_ids += repeated_ids;
        self.unreadable += unreadable;
        self.internal += internal;
        for (name, n) in decisions {
            *self.decisions.entry(name.clone()).or_default() += n;
        }
        warnings.iter().for_each(|(kind, n)| add(&mut self.warnings, kind.clone(), *n));
        reasons.iter().for_each(|(kind, n)| add(&mut self.reasons, kind.clone(), *n));
    }

    /// What failed in all.
    pub fn failures(&self) -> u64 {
        self.unreadable + self.internal
    }
}

fn add(counts: &mut BTreeMap<String, u64>, kind: String, n: u64) {
    let room = counts.len() < KINDS || counts.contains_key(&kind);
    *counts.entry(if room { kind } else { FURTHER.to_string() }).or_default() += n;
}

/// What is left of a message without its numbers, names in quotes and singulars: messages of one kind are equal then.
fn kind_of(text: &str) -> String {
    let mut kind = String::with_capacity(text.len().min(KIND_CHARS));
    let mut chars = text.chars().peekable();
    let mut word = false;
    while let Some(c) = chars.next() {
        if kind.len() > KIND_CHARS {
            kind.push('…');
            break;
        }
        if c == '"' {
            // A closing quote that is missing takes the rest.
            chars.by_ref().find(|c| *c == '"');
            kind.push_str("\"…\"");
            word = false;
        } else if c.is_ascii_digit() && !word {
            while chars.next_if(|c| c.is_ascii_digit() || matches!(c, '.' | '_')).is_some() {}
            kind.push('N');
        } else {
            word = c.is_alphanumeric();
            kind.push(c);
        }
    }
    if let Some(rest) = kind.strip_prefix("band ")
        && let Some((_, rest)) = rest.split_once(' ')
    {
        kind = format!("band … {rest}");
    }
    ["point", "detection", "repeated point"].iter().fold(kind, |kind, what| {
        let (one, many) = (format!("N {what}"), format!("N {what}s"));
        if kind.contains(&many) { kind } else { kind.replace(&one, &many) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_kind_are_counted_together() {
        assert_eq!(kind_of("1 point with zero or negative error dropped"), kind_of("27 points with zero or negative error dropped"));
        assert_eq!(kind_of("peak 17.25 mag is outside"), "peak N mag is outside");
        assert_eq!(kind_of("band F606W is unknown: drawn"), "band … is unknown: drawn");
        assert_eq!(kind_of("found \"x 1\" in ztf2"), "found \"…\" in ztf2");
        let mut counts = BTreeMap::new();
        (0..200).for_each(|i| add(&mut counts, format!("kind {i:03}"), 1));
        assert_eq!((counts.len(), counts[FURTHER]), (KINDS + 1, 200 - KINDS as u64));
    }

    #[test]
    fn sums_do_not_depend_on_the_cuts() {
        let row = |name: &str, failed: bool| Row {
            object_id: name.into(),
            source: "f".into(),
            n_obs: 1,
            span_d: 0.0,
            decision: None,
            p: vec![],
            uncertainty: Vec::new(),
            novelty: None,
            warnings: vec!["only 1 detection".into(), "why 7".into()],
            failed,
            epoch: None,
        };
        let rows = [row("a", false), row("b", true), row("c", true)];
        let mut all = Summary::default();
        let failures = all.count(&rows);
        assert_eq!(failures.iter().map(|f| f.object_id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!((all.not_usable, all.internal, all.warnings["only N detections"], all.warnings["why N"]), (1, 2, 3, 1));
        let mut parts = Summary::default();
        for row in rows {
            let mut part = Summary::default();
            part.count(&[row]);
            parts.add(&part);
        }
        assert_eq!(parts, all);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), all);
    }
}
