//! Predictions from a CSV file: columns `object_id` and `P:<node>`, as `taxonova classify` and
//! `taxonova train --folds` write them. With a column `asof_d` there may be a row for each of several ages of an object (days since
//! its first detection; empty = the whole light curve). A column `fold` must be the same for all rows of an object: an object in two
//! folds was trained on when it was scored. Other columns are left alone.

use crate::taxonomy::{Layout, Taxonomy, printable, shipped};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What comes before a node's name in a column's name.
pub const P_PREFIX: &str = "P:";
/// Single-precision sums may come out a little above 1.
const MOST_P: f64 = 1.00001;

/// Why predictions can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PredictionsError {
    /// Not readable, or not CSV.
    #[error("{path}: {source}", path = path.display())]
    Csv {
        /// File.
        path: PathBuf,
        /// What is wrong; names line and record.
        source: csv::Error,
    },
    /// A column that has to be there is not.
    #[error("{path}: no column {column}; expected object_id and P:<node> for the nodes of the tree", path = path.display())]
    Column {
        /// File.
        path: PathBuf,
        /// Column.
        column: String,
    },
    /// Not a probability.
    #[error("{path}: line {line}, column {column}: \"{found}\" is no probability between 0 and 1", path = path.display())]
    Value {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column.
        column: String,
        /// What stands there.
        found: String,
    },
    /// Not an age.
    #[error("{path}: line {line}, column asof_d: \"{found}\" is no number of days, 0 or more (empty = the whole light curve)", path = path.display())]
    Age {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        found: String,
    },
    /// One object in two folds.
    #[error("{path}: line {line}: {id} is in fold {found} here and in fold {first} before: a network that was trained on an object can't be scored on it", path = path.display())]
    TwoFolds {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Object.
        id: String,
        /// Fold on this line.
        found: String,
        /// Fold on its first line.
        first: String,
    },
    /// No rows.
    #[error("{path}: has a header and no rows", path = path.display())]
    NoRows {
        /// File.
        path: PathBuf,
    },
    /// The columns are those of another tree.
    #[error("{path}: has columns for {found} of the tree's {expected} nodes, \"{missing}\" is missing; give the tree they were made on with -t", path = path.display())]
    OtherTree {
        /// File.
        path: PathBuf,
        /// Columns found.
        found: usize,
        /// Slots of the tree.
        expected: usize,
        /// The first that has no column.
        missing: String,
    },
}

/// P per slot by object id; none for an object without an answer.
pub type Answers = HashMap<String, Option<Vec<f64>>>;

/// Predictions by object id.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    /// P per slot; NaN where the field is empty ("not in the model"). None: the object got no answer.
    pub by_id: HashMap<String, Option<Vec<f64>>>,
    /// The same at ages in days since the first detection, the youngest first.
    pub by_age: Vec<(f64, Answers)>,
    /// Fold by object id, where the file says it.
    pub folds: HashMap<String, String>,
    /// Rows whose object id had come before at the same age; the first is kept.
    pub repeated: u64,
}

impl Predictions {
    fn at(&mut self, age_d: Option<f64>) -> &mut HashMap<String, Option<Vec<f64>>> {
        let Some(age_d) = age_d else { return &mut self.by_id };
        let place = self.by_age.partition_point(|(a, _)| *a < age_d);
        if self.by_age.get(place).is_none_or(|(a, _)| *a != age_d) {
            self.by_age.insert(place, (age_d, HashMap::new()));
        }
        &mut self.by_age[place].1
    }
}

/// The names behind `P:` in a predictions file's header.
pub fn node_columns(path: &Path) -> Result<Vec<String>, PredictionsError> {
    let error = |source| PredictionsError::Csv { path: path.to_path_buf(), source };
    let mut reader = csv::Reader::from_path(path).map_err(error)?;
    let header = reader.headers().map_err(error)?;
    Ok(header.iter().filter_map(|c| c.strip_prefix(P_PREFIX)).map(str::to_string).collect())
}

/// The shipped tree whose nodes these columns are: for files that don't say on what tree they were made.
pub fn shipped_tree_of(columns: &[String]) -> Option<Taxonomy> {
    let set: std::collections::HashSet<&str> = columns.iter().map(String::as_str).collect();
    shipped().iter().find_map(|(_, json)| {
        let tree = crate::taxonomy::parse_json(json, Path::new("<shipped>")).ok()?;
        let layout = Layout::new(&tree);
        let same = layout.slots.iter().all(|s| set.contains(s.name.as_str()))
            && set.iter().all(|c| *c == layout.root_name || layout.by_name(c).is_some());
        same.then_some(tree)
    })
}

/// Reads a file on a tree's layout. All of its nodes need a column.
pub fn read(path: &Path, layout: &Layout) -> Result<Predictions, PredictionsError> {
    let error = |source| PredictionsError::Csv { path: path.to_path_buf(), source };
    let mut reader = csv::Reader::from_path(path).map_err(error)?;
    let header = reader.headers().map_err(error)?.clone();
    let column = |name: &str| header.iter().position(|h| h == name);
    let id = column("object_id").ok_or_else(|| PredictionsError::Column { path: path.to_path_buf(), column: "object_id".into() })?;
    let (fold, asof) = (column("fold"), column("asof_d"));
    let slots: Vec<Option<usize>> = layout.slots.iter().map(|s| column(&format!("{P_PREFIX}{}", s.name))).collect();
    if let Some(missing) = slots.iter().position(Option::is_none) {
        return Err(PredictionsError::OtherTree {
            path: path.to_path_buf(),
            found: slots.iter().flatten().count(),
            expected: slots.len(),
            missing: layout.slots[missing].name.clone(),
        });
    }
    let mut out = Predictions::default();
    let mut folds: HashMap<String, String> = HashMap::new();
    let mut any = false;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(error)? {
        let line = record.position().map_or(0, csv::Position::line);
        let object_id = record.get(id).unwrap_or_default().to_string();
        any = true;
        if let Some(found) = fold.and_then(|c| record.get(c)).map(str::trim).filter(|f| !f.is_empty()) {
            let first = folds.entry(object_id.clone()).or_insert_with(|| found.to_string());
            if first != found {
                let (id, found, first) = (printable(&object_id), printable(found), printable(first));
                return Err(PredictionsError::TwoFolds { path: path.to_path_buf(), line, id, found, first });
            }
        }
        let age_d = match asof.and_then(|c| record.get(c)).map(str::trim).filter(|t| !t.is_empty()) {
            None => None,
            Some(text) => Some(text.parse::<f64>().ok().filter(|d| d.is_finite() && *d >= 0.0).ok_or_else(|| PredictionsError::Age {
                path: path.to_path_buf(),
                line,
                found: printable(text),
            })?),
        };
        let mut p = Vec::with_capacity(slots.len());
        for &column in slots.iter().flatten() {
            let text = record.get(column).unwrap_or_default().trim();
            let value = if text.is_empty() { Some(f64::NAN) } else { text.parse().ok().filter(|v| (0.0..=MOST_P).contains(v)) };
            let value = value.map(|v: f64| if v > 1.0 { 1.0 } else { v });
            p.push(value.ok_or_else(|| PredictionsError::Value {
                path: path.to_path_buf(),
                line,
                column: header.get(column).unwrap_or_default().to_string(),
                found: printable(text),
            })?);
        }
        let p = p.iter().any(|v| !v.is_nan()).then_some(p);
        match out.at(age_d).entry(object_id) {
            std::collections::hash_map::Entry::Vacant(v) => {
                v.insert(p);
            }
            std::collections::hash_map::Entry::Occupied(_) => out.repeated += 1,
        }
    }
    out.folds = folds;
    if any { Ok(out) } else { Err(PredictionsError::NoRows { path: path.to_path_buf() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;
    use std::io::Write;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut f = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        f.write_all(text.as_bytes()).unwrap();
        f
    }

    #[test]
    fn columns_in_any_order_with_gaps() {
        let t = tree("Root{A{A1,A2},B}");
        let layout = Layout::new(&t);
        let f = file("P:B,object_id,P:A1,decision,P:A2,P:A\n0.25,x,,A,,0.75\n,y,,,,\n1,x,0,B,0,0\n");
        let p = read(f.path(), &layout).unwrap();
        let x = p.by_id["x"].as_ref().unwrap();
        assert_eq!((x[0], x[3], x[1].is_nan(), x[2].is_nan()), (0.75, 0.25, true, true));
        assert_eq!(p.by_id["y"], None);
        assert_eq!(p.repeated, 1);
        assert_eq!(node_columns(f.path()).unwrap(), ["B", "A1", "A2", "A"]);
    }

    #[test]
    fn several_ages_of_an_object() {
        let layout = Layout::new(&tree("Root{A,B}"));
        let f = file("object_id,fold,asof_d,P:A,P:B\nx,1,30,0.6,0.4\nx,1,3,0.5,0.5\nx,1,,0.9,0.1\nx,1,3.0,0,1\ny,2,3,1,0\n");
        let p = read(f.path(), &layout).unwrap();
        assert_eq!(p.by_id["x"], Some(vec![0.9, 0.1]));
        let ages: Vec<(f64, usize)> = p.by_age.iter().map(|(a, rows)| (*a, rows.len())).collect();
        assert_eq!((p.folds["x"].as_str(), p.folds["y"].as_str()), ("1", "2"));
        assert_eq!((ages, p.repeated), (vec![(3.0, 2), (30.0, 1)], 1));
        assert_eq!(p.by_age[0].1["x"], Some(vec![0.5, 0.5]));
    }

    #[test]
    fn faults_are_named() {
        let layout = Layout::new(&tree("Root{A,B}"));
        let text = |content: &str| read(file(content).path(), &layout).unwrap_err().to_string();
        assert!(text("object_id,P:A\nx,1\n").contains("\"B\" is missing"));
        assert!(text("id,P:A,P:B\nx,1,0\n").contains("no column object_id"));
        let e = text("object_id,P:A,P:B\nx,1,0\ny,0.5,1.5\n");
        assert!(e.contains("line 3") && e.contains("P:B") && e.contains("1.5"), "{e}");
        let e = text("object_id,fold,P:A,P:B\nx,1,1,0\nx,2,1,0\n");
        assert!(e.contains("line 3") && e.contains("fold 2") && e.contains("fold 1"), "{e}");
        let e = text("object_id,asof_d,P:A,P:B\nx,-3,1,0\n");
        assert!(e.contains("asof_d") && e.contains("-3"), "{e}");
        assert!(text("object_id,P:A,P:B\n").contains("no rows"));
        assert!(read(Path::new("/nonexistent.csv"), &layout).is_err());
    }
}
