//! Rows as CSV and as JSON lines: the contract of `taxonova classify`.

use super::number::write_number;
use super::row::{Columns, Row};
use crate::taxonomy::Layout;
use crate::taxonomy::names::{PATH_SEPARATOR, is_unprintable, printable};
use std::borrow::Cow;

/// Columns before the probabilities.
pub const COLUMNS: [&str; 8] = ["object_id", "source", "n_obs", "span_d", "decision", "decision_p", "decision_path", "warnings"];
/// Columns that follow them in a history.
pub const HISTORY_COLUMNS: [&str; 3] = ["mjd", "age_d", "n_known"];
/// Column behind the probabilities.
pub const NOVELTY_COLUMN: &str = "novelty";
/// Before a node's name: the column of its P's uncertainty.
pub const UNCERTAINTY_PREFIX: &str = "U:";
/// Between warnings in one field.
pub const WARNING_SEPARATOR: &str = "; ";

/// Which text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Names of the nodes that have a probability: the root, then every slot in pre-order.
pub fn node_names(layout: &Layout) -> impl Iterator<Item = &str> {
    std::iter::once(layout.root_name.as_str()).chain(layout.slots.iter().map(|s| s.name.as_str()))
}

/// Turns rows into bytes. One for all threads.
#[derive(Debug, Clone)]
pub struct TextRenderer {
    format: TextFormat,
    which: Columns,
    names: Vec<String>,
    /// `"name":` for JSON.
    keys: Vec<Vec<u8>>,
}

impl TextRenderer {
    /// For rows on this layout; with the columns that are asked for.
    pub fn new(format: TextFormat, layout: &Layout, which: Columns) -> Self {
        let names: Vec<String> = node_names(layout).map(str::to_string).collect();
        let keys = names
            .iter()
            .map(|n| {
                let mut key = Vec::new();
                json_string(&mut key, n);
                key.push(b':');
                key
            })
            .collect();
        TextRenderer { format, which, names, keys }
    }

    /// What comes before the first row.
    pub fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.format == TextFormat::Csv {
            let more = if self.which.history { HISTORY_COLUMNS.as_slice() } else { &[] };
            for (i, column) in COLUMNS.iter().chain(more).enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                csv_field(&mut out, column);
            }
            for name in &self.names {
                out.push(b',');
                csv_field(&mut out, &format!("P:{name}"));
            }
            out.push(b',');
            csv_field(&mut out, NOVELTY_COLUMN);
            for name in self.uncertain() {
                out.push(b',');
                csv_field(&mut out, &format!("{UNCERTAINTY_PREFIX}{name}"));
            }
            out.push(b'\n');
        }
        out
    }

    /// Appends the rows.
    pub fn render(&self, out: &mut Vec<u8>, rows: &[Row]) {
        for row in rows {
            match self.format {
                TextFormat::Csv => self.csv(out, row),
                TextFormat::Jsonl => self.json(out, row),
            }
        }
    }

    /// P of each name: the root's is 1 for a classified object.
    fn values<'a>(&self, row: &'a Row) -> impl Iterator<Item = f64> + use<'a> {
        let none = if row.decision.is_some() { None } else { Some(f64::NAN) };
        let n = self.names.len();
        (0..n).map(move |i| none.unwrap_or_else(|| if i == 0 { 1.0 } else { row.p.get(i - 1).copied().unwrap_or(f64::NAN) }))
    }

    /// Names of the nodes whose uncertainty is told: all but the root, if asked for.
    fn uncertain(&self) -> impl Iterator<Item = &str> {
        self.names.iter().skip(1).filter(|_| self.which.uncertainty).map(String::as_str)
    }

    fn csv(&self, out: &mut Vec<u8>, row: &Row) {
        csv_field(out, &clean(&row.object_id));
        out.push(b',');
        csv_field(out, &clean(&row.source));
        out.push(b',');
        out.extend_from_slice(row.n_obs.to_string().as_bytes());
        out.push(b',');
        write_number(out, row.span_d);
        out.push(b',');
        match &row.decision {
            Some(d) => {
                csv_field(out, &d.name);
                out.push(b',');
                write_number(out, d.p);
                out.push(b',');
                csv_field(out, &d.path.join(PATH_SEPARATOR));
            }
            None => out.extend_from_slice(b",,"),
        }
        out.push(b',');
        csv_field(out, &clean(&row.warnings.join(WARNING_SEPARATOR)));
        if self.which.history {
            match &row.epoch {
                Some(e) => {
                    // Six digits would be a day or so: times are written to a tenth of a second.
                    out.extend_from_slice(format!(",{:.6},", e.mjd).as_bytes());
                    write_number(out, e.age_d);
                    out.extend_from_slice(format!(",{}", e.n_known).as_bytes());
                }
                None => out.extend_from_slice(b",,,"),
            }
        }
        for p in self.values(row) {
            out.push(b',');
            write_number(out, p);
        }
        out.push(b',');
        write_number(out, row.novelty.unwrap_or(f64::NAN));
        for (i, _) in self.uncertain().enumerate() {
            out.push(b',');
            write_number(out, row.uncertainty.get(i).copied().unwrap_or(f64::NAN));
        }
        out.push(b'\n');
    }

    fn json(&self, out: &mut Vec<u8>, row: &Row) {
        out.extend_from_slice(b"{\"object_id\":");
        json_string(out, &row.object_id);
        out.extend_from_slice(b",\"source\":");
        json_string(out, &row.source);
        out.extend_from_slice(b",\"n_obs\":");
        out.extend_from_slice(row.n_obs.to_string().as_bytes());
        out.extend_from_slice(b",\"span_d\":");
        json_number(out, row.span_d);
        out.extend_from_slice(b",\"decision\":{\"node\":");
        match &row.decision {
            Some(d) => {
                json_string(out, &d.name);
                out.extend_from_slice(b",\"p\":");
                json_number(out, d.p);
                out.extend_from_slice(b",\"path\":");
                json_strings(out, &d.path);
            }
            None => out.extend_from_slice(b"null,\"p\":null,\"path\":[]"),
        }
        out.push(b'}');
        if self.which.history {
            let e = row.epoch.as_ref();
            out.extend_from_slice(b",\"mjd\":");
            json_number(out, e.map_or(f64::NAN, |e| e.mjd));
            out.extend_from_slice(b",\"age_d\":");
            json_number(out, e.map_or(f64::NAN, |e| e.age_d));
            out.extend_from_slice(b",\"n_known\":");
            out.extend_from_slice(e.map_or("null".to_string(), |e| e.n_known.to_string()).as_bytes());
        }
        out.extend_from_slice(b",\"p\":{");
        for (i, (key, p)) in self.keys.iter().zip(self.values(row)).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            json_number(out, p);
        }
        out.extend_from_slice(b"},\"novelty\":");
        json_number(out, row.novelty.unwrap_or(f64::NAN));
        if self.which.uncertainty {
            out.extend_from_slice(b",\"uncertainty\":{");
            for (i, key) in self.keys.iter().skip(1).enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(key);
                json_number(out, row.uncertainty.get(i).copied().unwrap_or(f64::NAN));
            }
            out.push(b'}');
        }
        out.extend_from_slice(b",\"warnings\":");
        json_strings(out, &row.warnings);
        out.extend_from_slice(b"}\n");
    }
}

/// Names from files with control characters escaped: CSV goes to terminals too.
fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unprintable) { Cow::Owned(printable(text)) } else { Cow::Borrowed(text) }
}

/// A field, in quotes where it has to be (RFC 4180).
fn csv_field(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) && !text.starts_with(' ') && !text.ends_with(' ') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for b in text.bytes() {
        if b == b'"' {
            out.push(b'"');
        }
        out.push(b);
    }
    out.push(b'"');
}

/// Shortest text that reads back as the same number; null where there is none.
fn json_number(out: &mut Vec<u8>, value: f64) {
    // Writing to a Vec can't fail; serde_json writes null for NaN and infinities.
    let _ = serde_json::to_writer(out, &value);
}

fn json_string(out: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(&mut *out, text);
}

fn json_strings(out: &mut Vec<u8>, texts: &[String]) {
    let _ = serde_json::to_writer(out, texts);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cascade::Decision;
    use crate::cascade::testing::tree;

    pub(crate) fn rows() -> Vec<Row> {
        let decision = Decision {
            slot: Some(0),
            other: true,
            p: 2.0 / 3.0,
            path: vec!["A, \"quoted\"".into(), "other A, \"quoted\"".into()],
            name: "other A, \"quoted\"".into(),
        };
        let row = Row {
            object_id: "x\u{1b}[2J,1".into(),
            source: "dir/a b.csv".into(),
            n_obs: 12,
            span_d: 1.0 / 3.0,
            decision: Some(decision),
            p: vec![0.9, f64::NAN, 2.0 / 3.0, 0.1],
            uncertainty: vec![0.02, f64::NAN, 0.1, 0.04],
            novelty: Some(12.5),
            warnings: vec!["one band only".into(), "only 2 detections".into()],
            failed: false,
            epoch: None,
        };
        let empty = Row {
            decision: None,
            p: vec![],
            uncertainty: vec![],
            novelty: None,
            object_id: "y".into(),
            n_obs: 0,
            span_d: 0.0,
            ..row.clone()
        };
        vec![row, empty]
    }

    pub(crate) fn layout() -> Layout {
        let mut t = tree("Root{a~{A1},B}");
        let id = t.find("a").unwrap();
        t.apply(crate::taxonomy::Edit::Rename { id, name: "A, \"quoted\"".into() }).unwrap();
        Layout::new(&t)
    }

    #[test]
    fn csv_to_the_letter() {
        let r = TextRenderer::new(TextFormat::Csv, &layout(), Columns { uncertainty: true, history: false });
        let mut out = r.header();
        r.render(&mut out, &rows());
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "object_id,source,n_obs,span_d,decision,decision_p,decision_path,warnings,P:Root,\"P:A, \"\"quoted\"\"\",P:A1,\"P:other A, \"\"quoted\"\"\",P:B,novelty,\"U:A, \"\"quoted\"\"\",U:A1,\"U:other A, \"\"quoted\"\"\",U:B"
        );
        assert_eq!(
            lines[1],
            "\"x\\u{1b}[2J,1\",dir/a b.csv,12,0.333333,\"other A, \"\"quoted\"\"\",0.666667,\"A, \"\"quoted\"\" > other A, \"\"quoted\"\"\",one band only; only 2 detections,1,0.9,,0.666667,0.1,12.5,0.02,,0.1,0.04"
        );
        assert_eq!(lines[2], "y,dir/a b.csv,0,0,,,,one band only; only 2 detections,,,,,,,,,,");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert!(reader.records().all(|r| r.unwrap().len() == 18));
    }

    #[test]
    fn json_lines_have_the_agreed_shape() {
        let r = TextRenderer::new(TextFormat::Jsonl, &layout(), Columns { uncertainty: true, history: false });
        assert!(r.header().is_empty());
        let mut out = Vec::new();
        r.render(&mut out, &rows());
        let lines: Vec<serde_json::Value> =
            out.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
        let keys: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["object_id", "source", "n_obs", "span_d", "decision", "p", "novelty", "uncertainty", "warnings"]);
        assert_eq!(lines[0]["object_id"], "x\u{1b}[2J,1");
        assert_eq!(lines[0]["decision"]["path"], serde_json::json!(["A, \"quoted\"", "other A, \"quoted\""]));
        assert_eq!(lines[0]["decision"]["p"], 2.0 / 3.0);
        assert_eq!(lines[0]["p"]["Root"], 1.0);
        assert!(lines[0]["p"]["A1"].is_null());
        assert_eq!((lines[0]["novelty"].as_f64(), lines[0]["uncertainty"]["B"].as_f64()), (Some(12.5), Some(0.04)));
        assert!(lines[0]["uncertainty"]["A1"].is_null() && lines[1]["novelty"].is_null());
        assert_eq!(lines[0]["warnings"], serde_json::json!(["one band only", "only 2 detections"]));
        assert!(lines[1]["decision"]["node"].is_null() && lines[1]["p"]["B"].is_null());
    }

    #[test]
    fn histories_say_when() {
        let mut rows = rows();
        rows[0].epoch = Some(crate::batch::Epoch { mjd: 58_000.123_456_7, age_d: 12.5, n_known: 7 });
        let r = TextRenderer::new(TextFormat::Csv, &layout(), Columns { history: true, uncertainty: false });
        let mut out = r.header();
        r.render(&mut out, &rows);
        let text = String::from_utf8(out).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let at = reader.headers().unwrap().iter().position(|h| h == "mjd").unwrap();
        assert_eq!(reader.headers().unwrap().iter().skip(at).take(4).collect::<Vec<_>>(), ["mjd", "age_d", "n_known", "P:Root"]);
        let rows_read: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
        assert_eq!(rows_read[0].iter().skip(at).take(4).collect::<Vec<_>>(), ["58000.123457", "12.5", "7", "1"]);
        assert_eq!(rows_read[1].iter().skip(at).take(4).collect::<Vec<_>>(), ["", "", "", ""]);
        let mut out = Vec::new();
        TextRenderer::new(TextFormat::Jsonl, &layout(), Columns { history: true, uncertainty: false }).render(&mut out, &rows);
        let first: serde_json::Value = serde_json::from_slice(out.split(|b| *b == b'\n').next().unwrap()).unwrap();
        assert_eq!(
            (first["mjd"].as_f64(), first["age_d"].as_f64(), first["n_known"].as_u64()),
            (Some(58_000.123_456_7), Some(12.5), Some(7))
        );
    }
}
