//! The objects by what can be done with them: judged, known to the model, left out.

use super::load::{Judged, Object};
use crate::evaluate::{Truth, Truths};
use crate::model::name_hash;
use crate::train::calibrate::fit::PARTS;
use std::collections::{HashMap, HashSet};

/// An object with a label that the tree knows.
pub struct Row {
    pub id: String,
    /// Tells objects apart.
    pub object: usize,
    pub truth: Truth,
    pub five_class: Option<usize>,
    pub source: Option<u32>,
    /// Objects of one part are decided by rules that were fitted to the other parts.
    pub part: u32,
    /// Whether the model was trained on it.
    pub trained: bool,
    /// (age in days, none for the whole light curve; detections; P per slot) where there is an answer.
    pub answers: Vec<(Option<f64>, usize, Vec<f64>)>,
}

/// See the module.
#[derive(Default)]
pub struct Sorted {
    pub rows: Vec<Row>,
    /// Names of all that the model was trained on.
    pub known: Vec<String>,
    pub unlabelled: u64,
    pub unanswered: u64,
    pub left_out: u64,
    pub unmatched: HashMap<String, u64>,
    /// Whether the parts are the folds of the file of predictions.
    pub by_fold: bool,
}

/// Takes the objects out of `judged`. `leave_out`: slots of classes that are.
pub fn sort(judged: &mut Judged, leave_out: &[usize]) -> Sorted {
    let mut out = Sorted::default();
    let mut sources: HashMap<String, u32> = HashMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut repeated = 0u64;
    let mut truths = Truths::new(&judged.tree, &judged.layout);
    let objects = std::mem::take(&mut judged.objects);
    let parts = Parts::new(&objects);
    out.by_fold = parts.folds.len() > 1;
    for (index, object) in objects.into_iter().enumerate() {
        let part = parts.of(&object);
        let Object { id, label, five_class, source, fold: _, answers, trained } = object;
        if !seen.insert(id.clone()) {
            repeated += 1;
            continue;
        }
        if trained {
            out.known.push(id.clone());
        }
        let Some(label) = label.filter(|l| !l.trim().is_empty()) else {
            out.unlabelled += 1;
            continue;
        };
        let Some(truth) = truths.of(&label) else { continue };
        if truth.path.iter().any(|s| leave_out.contains(s)) {
            out.left_out += 1;
            continue;
        }
        let source = source.map(|name| {
            let next = sources.len() as u32;
            *sources.entry(name).or_insert(next)
        });
        let answers: Vec<(Option<f64>, usize, Vec<f64>)> =
            answers.into_iter().filter_map(|a| Some((a.age_d, a.detections, a.p?))).collect();
        out.unanswered += u64::from(!answers.iter().any(|a| a.0.is_none()));
        if !answers.is_empty() {
            out.rows.push(Row { id, object: index, truth, five_class, source, part, trained, answers });
        }
    }
    out.unmatched = truths.unmatched.iter().map(|(l, n)| (l.clone(), *n)).collect();
    if repeated > 0 {
        judged.notes.push(format!("{repeated} light curves of the data repeat an object id: the first of each was judged"));
    }
    out
}

/// Parts are the folds of the predictions; where objects have none, or all the same, a few by name.
struct Parts {
    folds: Vec<String>,
}

impl Parts {
    fn new(objects: &[Object]) -> Parts {
        let answered = || objects.iter().filter(|o| o.answers.iter().any(|a| a.p.is_some()));
        let mut folds: Vec<String> = answered().filter_map(|o| o.fold.clone()).collect();
        folds.sort_unstable();
        folds.dedup();
        let all = answered().all(|o| o.fold.is_some());
        Parts { folds: if all && folds.len() > 1 { folds } else { Vec::new() } }
    }

    fn of(&self, object: &Object) -> u32 {
        match object.fold.as_ref().and_then(|fold| self.folds.binary_search(fold).ok()) {
            Some(part) => part as u32,
            None => (name_hash(&object.id) % u64::from(PARTS)) as u32,
        }
    }
}
