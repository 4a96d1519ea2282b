//! How often decisions hold the truth, per class and age.

use super::document::Block;
use super::{indent, table};
use crate::evaluate::{Coverage, MIN_OBJECTS};

/// A paragraph and the table.
pub fn blocks(coverage: &Coverage) -> Vec<Block> {
    let promise = match coverage.nominal {
        Some(p) => format!(
            "The rule promises {p:.2} for all objects of an age together, and nothing for single classes; in brackets the difference in standard deviations."
        ),
        None => "The rule promises no share.".into(),
    };
    let text = format!(
        "Share of decisions that are the label's class or above it, by days since the first detection, for labels with {MIN_OBJECTS} objects or more. {promise}"
    );
    let mut head = vec!["label".to_string(), "objects".to_string()];
    head.extend(coverage.heads());
    let rows = coverage.rows.iter().filter_map(|row| {
        let n = row.by_age.iter().map(|c| c.n).max().filter(|n| *n >= MIN_OBJECTS)?;
        let name = row.class.as_ref().map_or_else(|| "all objects".to_string(), |class| indent(row.level, class));
        let cells = row.by_age.iter().map(|c| match (c.share.filter(|_| c.n >= MIN_OBJECTS), c.deviation) {
            (Some(share), Some(sd)) => format!("{share:.3} ({sd:+.1})"),
            (Some(share), None) => format!("{share:.3}"),
            (None, _) => "-".into(),
        });
        Some([name, n.to_string()].into_iter().chain(cells).collect())
    });
    vec![Block::Text(text), table(&head.iter().map(String::as_str).collect::<Vec<_>>(), rows.collect())]
}
