//! The report as plain text for a terminal or a file.

use super::confusion::ClassScore;
use super::report::{MIN_OBJECTS, Report};
use crate::taxonomy::names::printable;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

impl Report {
    /// Plain text, no colours. `word` is put before every score ("" for a fair one): a score on objects that
    /// the model was trained on is never shown without saying so.
    pub fn to_text(&self, word: &str) -> String {
        let mut out = String::new();
        self.write(&mut out, if word.is_empty() { String::new() } else { format!("[{word}] ") }.as_str());
        out
    }

    fn write(&self, out: &mut String, word: &str) {
        let line = |out: &mut String, text: std::fmt::Arguments<'_>| {
            // Writing to a String can't fail.
            let text = text.to_string();
            let _ = if text.is_empty() { writeln!(out) } else { writeln!(out, "{word}{text}") };
        };
        line(out, format_args!("{} objects on the tree \"{}\", decisions by the rule {}", self.n, printable(&self.taxonomy), self.rule));
        if self.n > 0 {
            line(
                out,
                format_args!(
                    "hierarchical F {:.3} (precision {:.3}, recall {:.3}); mean over labels {:.3} ({:.3}, {:.3})",
                    self.micro.f, self.micro.precision, self.micro.recall, self.macro_.f, self.macro_.precision, self.macro_.recall
                ),
            );
            line(out, format_args!("decisions: {} right, {} stopped early, {} mistakes", self.correct, self.stopped_early, self.mistakes));
            line(
                out,
                format_args!(
                    "{}: macro F1 {} over {} classes of {MIN_OBJECTS} or more; severity of mistakes {}; log loss {}",
                    self.leaf_words(),
                    number(self.macro_f1),
                    self.macro_classes,
                    number(self.severity),
                    number(self.log_loss)
                ),
            );
            line(out, format_args!(""));
            line(out, format_args!("accuracy per level, along the path to the {}", self.leaf_words()));
            for l in &self.levels {
                line(out, format_args!("  level {:<3} {:>8} objects  {:.3}", l.level, l.n, l.accuracy));
            }
            if !self.groups.is_empty() {
                line(out, format_args!(""));
                line(out, format_args!("which child, given the parent"));
                let width = self.groups.iter().map(|g| g.parent.width()).max().unwrap_or(0);
                line(
                    out,
                    format_args!("  {}  objects  accuracy  macro F1  log loss  Brier   ECE (less chance)", pad("group", width.max(5))),
                );
                for g in &self.groups {
                    let ece = g.ece.map_or_else(|| "-".into(), |e| format!("{:.3} ({:.3})", e.raw, e.debiased));
                    line(
                        out,
                        format_args!(
                            "  {} {:>8}  {:>8.3}  {:>8}  {:>8.3}  {:.3}  {}",
                            pad(&g.parent, width.max(5)),
                            g.n,
                            g.accuracy,
                            number(g.macro_f1),
                            g.log_loss,
                            g.brier,
                            ece
                        ),
                    );
                }
            }
            line(out, format_args!(""));
            line(out, format_args!("per class, by the {} (no scores below {MIN_OBJECTS} objects)", self.leaf_words()));
            let indent = |level: usize| 2 * level.saturating_sub(1);
            let width = self.classes.iter().map(|c| indent(c.level) + c.score.class.width()).max().unwrap_or(0).max(5);
            line(out, format_args!("  {}  objects  called so   right  precision  recall     F1", pad("class", width)));
            for c in &self.classes {
                let name = format!("{}{}", " ".repeat(indent(c.level)), printable(&c.score.class));
                let s = &c.score;
                let mut scores = match (c.in_model, c.enough) {
                    (false, _) => "  not in the model".to_string(),
                    (_, false) => "        -       -      -".to_string(),
                    _ => format!("    {:.3}   {:.3}  {:.3}", s.precision, s.recall, s.f1),
                };
                if c.own_source && c.atom {
                    scores.push_str("  *");
                }
                line(out, format_args!("  {} {:>8} {:>10} {:>7} {scores}", pad(&name, width), s.n, s.predicted, s.correct));
            }
        }
        if self.classes.iter().any(|c| c.own_source && c.atom) {
            line(
                out,
                format_args!("  * all from a source of its own: sampling alone may tell it apart; in no mean, and no measure of the model"),
            );
        }
        if let Some(five) = &self.five_class {
            let few: Vec<&str> = five.classes.iter().filter(|c| c.n < MIN_OBJECTS).map(|c| c.class.as_str()).collect();
            let macro_f1 = if five.enough {
                format!("{:.3}", five.macro_f1)
            } else {
                format!("- (fewer than {MIN_OBJECTS} objects: {})", few.join(", "))
            };
            let each: Vec<String> = five.classes.iter().map(five_text).collect();
            line(out, format_args!(""));
            line(
                out,
                format_args!(
                    "five-class (SN IIn with SLSN-II): macro F1 {}, accuracy {:.3}, {} objects; F1 {}",
                    macro_f1,
                    five.accuracy,
                    five.n,
                    each.join(", ")
                ),
            );
        }
    }
}

fn five_text(score: &ClassScore) -> String {
    if score.n < MIN_OBJECTS {
        format!("{} - ({})", score.class, score.n)
    } else {
        format!("{} {:.3} ({})", score.class, score.f1, score.n)
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.3}"))
}

/// Padded to a display width.
fn pad(text: &str, width: usize) -> String {
    let text = printable(text);
    let fill = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(fill))
}
