//! The class names that surveys and catalogues use, and the classes that they mean: `taxonomies/labels.csv` and
//! `taxonomies/concepts.csv`, embedded. Knows no tree; how labels are matched to one is in `mapping.rs`.
//!
//! A concept is a class as astronomers understand it, with the concepts that it is a kind of. A label of a source means
//! one concept, or something finer than it. The same label may mean other concepts in other sources (`EB`).

use super::names::{MAX_NAME_CHARS, loose_key};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

static CONCEPTS: &str = include_str!("../../taxonomies/concepts.csv");
static LABELS: &str = include_str!("../../taxonomies/labels.csv");

/// A place where names come from: its name in the table, and its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// As in the table and on the command line.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
}

/// Every source of names.
pub static SOURCES: &[Source] = &[
    Source { name: "tns", title: "Transient Name Server, object types" },
    Source { name: "bts", title: "ZTF Bright Transient Survey, types" },
    Source { name: "alerce", title: "ALeRCE, classes of the light-curve and stamp classifiers" },
    Source { name: "simbad", title: "SIMBAD, object types, short and long, of today and before 2022" },
    Source { name: "vsx", title: "VSX and GCVS, variability types" },
    Source { name: "tdtax", title: "Timedomain Taxonomy, classes and their other names" },
    Source { name: "elasticc", title: "ELAsTiCC, class names, model names and numbers (second challenge); ORACLE" },
    Source { name: "plasticc", title: "PLAsTiCC, class names and numbers" },
    Source { name: "common", title: "names in papers, and the concepts' own" },
];

/// A concept's place in its [`Vocabulary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConceptId(u32);

/// A class as astronomers understand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// Its name here.
    pub name: String,
    /// What it is a kind of; several where astronomers see it from several sides. The nearest first.
    pub broader: Vec<ConceptId>,
}

/// What a label means in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The class.
    pub concept: ConceptId,
    /// Whether the label is finer than the concept, so that detail is lost.
    pub finer: bool,
    /// Index into [`SOURCES`].
    pub source: usize,
    /// Whether the label said that the class is uncertain: `_Candidate`, `?`, `:`.
    pub uncertain: bool,
}

#[derive(Debug)]
struct Row {
    label: String,
    concept: ConceptId,
    finer: bool,
    source: usize,
}

/// Concepts and labels.
#[derive(Debug)]
pub struct Vocabulary {
    concepts: Vec<Concept>,
    names: HashMap<String, ConceptId>,
    rows: Vec<Row>,
    exact: HashMap<String, Vec<usize>>,
    loose: HashMap<String, Vec<usize>>,
    faults: Vec<String>,
}

/// Marks of an uncertain class before and behind a label.
static PREFIXES: &[&str] = &["(TNS) "];
static SUFFIXES: &[&str] = &["_Candidate", " candidate", " Candidate", "_candidate", "?", ":"];

impl Vocabulary {
    /// The one that comes with the program.
    pub fn builtin() -> &'static Vocabulary {
        static BUILTIN: OnceLock<Vocabulary> = OnceLock::new();
        BUILTIN.get_or_init(|| Vocabulary::parse(CONCEPTS, LABELS))
    }

    /// From the two tables. Rows that make no sense are left out and told by [`Vocabulary::faults`].
    fn parse(concepts: &str, labels: &str) -> Vocabulary {
        let mut v = Vocabulary {
            concepts: Vec::new(),
            names: HashMap::new(),
            rows: Vec::new(),
            exact: HashMap::new(),
            loose: HashMap::new(),
            faults: Vec::new(),
        };
        let read = |text: &str| -> Vec<csv::StringRecord> { csv::Reader::from_reader(text.as_bytes()).into_records().flatten().collect() };
        let records = read(concepts);
        for record in &records {
            let name = record.get(0).unwrap_or_default();
            let id = ConceptId(v.concepts.len() as u32);
            if v.names.insert(name.to_string(), id).is_some() {
                v.faults.push(format!("the concept {name} is there twice"));
            }
            v.concepts.push(Concept { name: name.to_string(), broader: Vec::new() });
        }
        for (i, record) in records.iter().enumerate() {
            for broader in record.get(1).unwrap_or_default().split('|').filter(|b| !b.is_empty()) {
                match v.names.get(broader) {
                    Some(&b) => v.concepts[i].broader.push(b),
                    None => v.faults.push(format!("{}: no concept {broader}", v.concepts[i].name)),
                }
            }
        }
        let mut seen = HashSet::new();
        for record in &read(labels) {
            let field = |i: usize| record.get(i).unwrap_or_default();
            let source = SOURCES.iter().position(|s| s.name == field(0));
            let concept = v.names.get(field(3)).copied();
            let finer = match field(2) {
                "same" => Some(false),
                "finer" => Some(true),
                _ => None,
            };
            match (source, concept, finer) {
                (Some(source), Some(concept), Some(finer)) if seen.insert((source, field(1).to_string())) => {
                    v.add(Row { label: field(1).to_string(), concept, finer, source });
                }
                (Some(_), Some(_), Some(_)) => v.faults.push(format!("{} has the label {} twice", field(0), field(1))),
                _ => v.faults.push(format!("what is this: {}", record.iter().collect::<Vec<_>>().join(","))),
            }
        }
        let common = SOURCES.len() - 1;
        for i in 0..v.concepts.len() {
            let (label, concept) = (v.concepts[i].name.clone(), ConceptId(i as u32));
            if seen.insert((common, label.clone())) {
                v.add(Row { label, concept, finer: false, source: common });
            }
        }
        v
    }

    fn add(&mut self, row: Row) {
        let at = self.rows.len();
        self.exact.entry(row.label.clone()).or_default().push(at);
        self.loose.entry(loose_key(&row.label)).or_default().push(at);
        self.rows.push(row);
    }

    /// What is wrong in the tables; nothing in those that come along (a test sees to it).
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// A concept.
    pub fn concept(&self, id: ConceptId) -> &Concept {
        &self.concepts[id.0 as usize]
    }

    /// Every concept.
    pub fn concepts(&self) -> impl Iterator<Item = (ConceptId, &Concept)> {
        self.concepts.iter().enumerate().map(|(i, c)| (ConceptId(i as u32), c))
    }

    /// The concept of exactly this name.
    pub fn concept_named(&self, name: &str) -> Option<ConceptId> {
        self.names.get(name).copied()
    }

    /// Every label with what it means.
    pub fn labels(&self) -> impl Iterator<Item = (&str, Meaning)> {
        self.rows.iter().map(|r| (r.label.as_str(), meaning(r, false)))
    }

    /// What a label means, in all sources or in `only` some (indices into [`SOURCES`]): as it is written, failing that
    /// without regard to case, white space, `-` and `_`, failing that without marks of uncertainty. Nothing if no source
    /// has it, and for texts longer than a class's name can be.
    pub fn meanings(&self, label: &str, only: &[usize]) -> Vec<Meaning> {
        if label.chars().nth(MAX_NAME_CHARS).is_some() {
            return Vec::new();
        }
        let found = self.known(label, only, false);
        if !found.is_empty() {
            return found;
        }
        // Once: a label that says so several times is nobody's.
        let bare = PREFIXES.iter().find_map(|p| label.strip_prefix(p)).unwrap_or(label);
        if bare != label {
            let found = self.known(bare, only, false);
            if !found.is_empty() {
                return found;
            }
        }
        for suffix in SUFFIXES {
            let Some(stem) = bare.strip_suffix(suffix).filter(|s| !s.trim().is_empty()) else { continue };
            // SIMBAD's candidates have `?` where the class has `*`.
            let starred = if *suffix == "?" { self.known(&format!("{stem}*"), only, true) } else { Vec::new() };
            let found = if starred.is_empty() { self.known(stem.trim_end(), only, true) } else { starred };
            if !found.is_empty() {
                return found;
            }
        }
        if bare.trim().len() > 1 && bare.contains('?') { self.known(&bare.replacen('?', "*", 1), only, true) } else { Vec::new() }
    }

    fn known(&self, label: &str, only: &[usize], uncertain: bool) -> Vec<Meaning> {
        let of = |rows: Option<&Vec<usize>>| -> Vec<Meaning> {
            let rows = rows.into_iter().flatten().filter_map(|&r| self.rows.get(r));
            rows.filter(|r| only.is_empty() || only.contains(&r.source)).map(|r| meaning(r, uncertain)).collect()
        };
        let exact = of(self.exact.get(label));
        if !exact.is_empty() {
            return exact;
        }
        let key = loose_key(label);
        if key.is_empty() { exact } else { of(self.loose.get(&key)) }
    }

    /// The parts of a type that VSX and the GCVS put together of others, each with what it may mean: `A|B` (one or the
    /// other) and `A+B` (both) have several parts, `A/B` (A with the property B) has one. A part without a meaning is
    /// empty. Nothing if the label is not put together.
    pub fn parts(&self, label: &str, only: &[usize]) -> Vec<Vec<Meaning>> {
        let Some(vsx) = SOURCES.iter().position(|s| s.name == "vsx") else { return Vec::new() };
        if !only.is_empty() && !only.contains(&vsx) {
            return Vec::new();
        }
        if label.chars().nth(MAX_NAME_CHARS).is_some() {
            return Vec::new();
        }
        let several: Vec<&str> = label.split(['|', '+']).map(str::trim).collect();
        if several.len() == 1 && !label.contains('/') {
            return Vec::new();
        }
        let part = |text: &str| {
            let text = text.trim_end_matches(':');
            let mut found = self.exact_in(text, vsx);
            if found.is_empty()
                && let Some((main, _)) = text.split_once('/')
            {
                found = self.exact_in(main.trim_end_matches(':'), vsx);
            }
            found.iter_mut().for_each(|m| m.finer = true);
            found
        };
        several.into_iter().map(part).collect()
    }

    fn exact_in(&self, label: &str, source: usize) -> Vec<Meaning> {
        let rows = self.exact.get(label).into_iter().flatten().filter_map(|&r| self.rows.get(r));
        rows.filter(|r| r.source == source).map(|r| meaning(r, false)).collect()
    }

    /// A concept and all that it is a kind of, nearest first: the concept, what it is directly a kind of, and so on.
    pub fn levels(&self, id: ConceptId) -> Vec<Vec<ConceptId>> {
        let mut seen = HashSet::from([id]);
        let mut levels = vec![vec![id]];
        loop {
            let last = levels.last().into_iter().flatten();
            let next: Vec<ConceptId> = last.flat_map(|c| self.concept(*c).broader.iter().copied()).filter(|c| seen.insert(*c)).collect();
            if next.is_empty() {
                return levels;
            }
            levels.push(next);
        }
    }

    /// Whether `a` is `b` or `b` is a kind of it.
    pub fn is_broader_or_same(&self, a: ConceptId, b: ConceptId) -> bool {
        self.levels(b).iter().flatten().any(|c| *c == a)
    }
}

fn meaning(row: &Row, uncertain: bool) -> Meaning {
    Meaning { concept: row.concept, finer: row.finer, source: row.source, uncertain }
}

#[cfg(test)]
#[path = "vocabulary_tests.rs"]
mod tests;
