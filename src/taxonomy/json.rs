//! A tree's file: JSON, pretty and stable. Reading gives the place of every fault, writing is atomic.
//!
//! ```json
//! {
//!   "format": "taxonova-taxonomy",
//!   "version": 1,
//!   "name": "small",
//!   "citation": "",
//!   "weights": { "alpha": 0.5, "beta": 1.0, "form": "node", "K": "labels" },
//!   "root": {
//!     "name": "Object",
//!     "lineage": "object",
//!     "children": [
//!       { "name": "SN Ia", "lineage": "sn-ia", "aliases": ["Ia"], "count": 12 },
//!       { "name": "SN II", "lineage": "sn-ii", "absorbs": ["SN IIP"], "note": "with IIP" }
//!     ]
//!   }
//! }
//! ```
//!
//! `merged` of a node holds the lineage ids of classes that were merged into it: a model still knows them by these.
//! Of a node only the name must be there: `lineage` is then made from it, lists are empty, `exhaustive` is true and `count` not known.
//! What is written is read back to the same bytes.

use super::json_parse::{FORMAT, VERSION, parse};
use super::names::printable;
use super::tree::{NodeId, Taxonomy};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Beyond this depth lines are no longer indented further, so that a file grows with its nodes and not with their square.
const MAX_INDENT: usize = 40;

/// Why a tree could not be read or saved.
#[derive(Debug, thiserror::Error)]
pub enum TaxonomyError {
    /// The file could not be opened or read.
    #[error("{}: can't be read: {reason}", printable(&.path.to_string_lossy()))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The text is not a tree.
    #[error("{}:{line}:{column}: {reason}{}{hint}", printable(&.path.to_string_lossy()), if .hint.is_empty() { "" } else { "; " })]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What was found, and what was expected.
        reason: String,
        /// What to do; may be empty where the reason says it.
        hint: String,
    },
    /// The file could not be written. What was there before is still there.
    #[error("{}: can't be saved: {reason}; what was there before is untouched", printable(&.path.to_string_lossy()))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
}

/// Reads a tree from text; `path` is for messages alone.
pub fn parse_json(text: &str, path: &Path) -> Result<Taxonomy, TaxonomyError> {
    parse(text).map_err(|f| TaxonomyError::Parse {
        path: path.to_path_buf(),
        line: f.place.line,
        column: f.place.column,
        reason: f.reason,
        hint: f.hint,
    })
}

/// Reads a tree from a file's bytes; `path` is for messages alone.
pub fn parse_json_bytes(bytes: &[u8], path: &Path) -> Result<Taxonomy, TaxonomyError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_json(text, path),
        Err(e) => {
            let good = String::from_utf8_lossy(bytes.get(..e.valid_up_to()).unwrap_or_default());
            Err(TaxonomyError::Parse {
                path: path.to_path_buf(),
                line: good.matches('\n').count() + 1,
                column: good.rsplit('\n').next().unwrap_or("").chars().count() + 1,
                reason: "the file is not UTF-8 text from here on".into(),
                hint: "save it as UTF-8".into(),
            })
        }
    }
}

/// Reads a tree from a file.
pub fn read_json(path: &Path) -> Result<Taxonomy, TaxonomyError> {
    let bytes = std::fs::read(path).map_err(|reason| TaxonomyError::Read { path: path.to_path_buf(), reason })?;
    parse_json_bytes(&bytes, path)
}

/// The tree as text: stable, and read back to the same bytes.
pub fn to_json(taxonomy: &Taxonomy) -> String {
    let mut out = String::new();
    let w = &taxonomy.weights;
    // Writing to a String can't fail.
    let _ = write!(
        out,
        "{{\n  \"format\": \"{FORMAT}\",\n  \"version\": {VERSION},\n  \"name\": {},\n  \"citation\": {},\n  \
         \"weights\": {{ \"alpha\": {:?}, \"beta\": {:?}, \"form\": \"{}\", \"K\": \"{}\" }},\n  \"root\": ",
        quoted(&taxonomy.name),
        quoted(&taxonomy.citation),
        w.alpha,
        w.beta,
        w.form.name(),
        w.k.name(),
    );
    enum Step {
        Open { id: NodeId, depth: usize, last: bool },
        Close { depth: usize, last: bool },
    }
    let mut stack = vec![Step::Open { id: taxonomy.root(), depth: 0, last: true }];
    while let Some(step) = stack.pop() {
        match step {
            Step::Open { id, depth, last } => {
                let pad = indent(depth);
                if depth > 0 {
                    out.push_str(&pad);
                }
                let fields = fields(taxonomy, id);
                if taxonomy.is_leaf(id) {
                    let _ = write!(out, "{{ {} }}{}", fields.join(", "), if last { "\n" } else { ",\n" });
                    continue;
                }
                out.push_str("{\n");
                for field in fields {
                    let _ = writeln!(out, "{pad}  {field},");
                }
                let _ = writeln!(out, "{pad}  \"children\": [");
                stack.push(Step::Close { depth, last });
                let children = taxonomy.children(id);
                stack.extend(children.iter().enumerate().rev().map(|(i, c)| Step::Open {
                    id: *c,
                    depth: depth + 1,
                    last: i + 1 == children.len(),
                }));
            }
            Step::Close { depth, last } => {
                let pad = indent(depth);
                let _ = write!(out, "{pad}  ]\n{pad}}}{}", if last { "\n" } else { ",\n" });
            }
        }
    }
    out.push_str("}\n");
    out
}

fn indent(depth: usize) -> String {
    " ".repeat(2 + 4 * depth.min(MAX_INDENT))
}

/// All fields of a node that differ from the default, as JSON, without the children.
fn fields(taxonomy: &Taxonomy, id: NodeId) -> Vec<String> {
    let node = taxonomy.node(id);
    let mut fields = vec![format!("\"name\": {}", quoted(&node.name)), format!("\"lineage\": {}", quoted(&node.lineage))];
    for (key, list) in [("aliases", &node.aliases), ("absorbs", &node.absorbs)] {
        if !list.is_empty() {
            let items: Vec<String> = list.iter().map(|t| quoted(t)).collect();
            fields.push(format!("\"{key}\": [{}]", items.join(", ")));
        }
    }
    if !node.merged.is_empty() {
        let items: Vec<String> = node.merged.iter().map(|t| quoted(t)).collect();
        fields.push(format!("\"merged\": [{}]", items.join(", ")));
    }
    if !node.note.is_empty() {
        fields.push(format!("\"note\": {}", quoted(&node.note)));
    }
    if !node.exhaustive {
        fields.push("\"exhaustive\": false".into());
    }
    if let Some(count) = node.count {
        fields.push(format!("\"count\": {count}"));
    }
    fields
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Saves a tree atomically, see [`crate::atomic::write`].
pub fn save_json(taxonomy: &Taxonomy, path: &Path) -> Result<(), TaxonomyError> {
    crate::atomic::write(path, |file| file.write_all(to_json(taxonomy).as_bytes()))
        .map_err(|reason| TaxonomyError::Write { path: path.to_path_buf(), reason })
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
