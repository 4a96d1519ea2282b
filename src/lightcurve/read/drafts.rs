//! Gathers the rows of a long table into objects.

use super::formats::{self, Context};
use super::points;
use super::source::Source;
use super::{Place, ReadError, ReadOptions};
use crate::lightcurve::{LightCurve, Observation, Photometry, Warning};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// So many names of a stream are remembered, to notice one that comes again (some 20 bytes each).
const REMEMBERED: usize = 1 << 23;
/// Said of an object of a stream whose rows do not stand together.
const CAME_BEFORE: &str = "rows of this object came before, apart from these: a stream is not merged";
/// What an object takes besides its points, roughly.
const BYTES_PER_OBJECT: u64 = 400;

/// An object that is being gathered.
#[derive(Default)]
pub(super) struct Draft {
    id: String,
    pub observations: Vec<Observation>,
    /// Points that give way to others of the same time and band: forced photometry.
    pub forced: Vec<Observation>,
    pub label: Option<String>,
    pub survey: String,
    pub photometry: Option<Photometry>,
    pub fold: Option<u32>,
    /// Whether the points come as alerts with their histories, where their order says nothing.
    pub histories: bool,
    /// One per further column.
    extra: Vec<Extra>,
    /// How many points a rule of the survey has dropped.
    rules: Vec<(&'static str, usize)>,
    warnings: Vec<Warning>,
}

/// A further column's value, as long as all rows of the object agree.
#[derive(Default)]
enum Extra {
    #[default]
    Unseen,
    Same(Box<[u8]>),
    Differs,
}

impl Draft {
    /// Notes the value of further column `column`.
    pub fn extra(&mut self, column: usize, value: &[u8]) {
        if column >= self.extra.len() {
            self.extra.resize_with(column + 1, Extra::default);
        }
        if let Some(seen) = self.extra.get_mut(column) {
            match seen {
                Extra::Unseen => *seen = Extra::Same(value.into()),
                Extra::Same(old) if **old != *value => *seen = Extra::Differs,
                _ => {}
            }
        }
    }

    /// Says something about the object, once.
    pub fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Counts points that the survey's rule `rule` drops.
    pub fn dropped(&mut self, rule: &'static str, n: usize) {
        match self.rules.iter_mut().find(|r| r.0 == rule) {
            Some(known) => known.1 += n,
            None if n > 0 => self.rules.push((rule, n)),
            None => {}
        }
    }

    fn finish(mut self, context: &Context, signed: bool, extra_names: &[String]) -> LightCurve {
        self.observations.append(&mut self.forced);
        let stated = self.photometry.or(context.options.photometry);
        points::remark_times(&self.observations, &mut self.warnings);
        let photometry = points::deduce(stated, signed, &self.observations, &mut self.warnings);
        self.observations.shrink_to_fit();
        let mut curve = LightCurve::new(self.id, photometry, self.observations, context.origin());
        if self.histories {
            curve.warnings.retain(|w| *w != Warning::Unsorted);
        }
        curve.warnings.extend(self.rules.iter().map(|(rule, n)| Warning::DroppedByRule { rule: rule.to_string(), n: *n }));
        curve.warnings.append(&mut self.warnings);
        (curve.survey, curve.label, curve.fold) = (self.survey, self.label, self.fold);
        for (name, value) in extra_names.iter().zip(self.extra) {
            if let Extra::Same(value) = value
                && !value.is_empty()
            {
                curve.extra.push((name.clone(), String::from_utf8_lossy(&value).into_owned()));
            }
        }
        curve
    }
}

/// Whether the rows of each object of a file stand together: it is read once to its end, or as far as the first object that comes
/// again. Beyond [`REMEMBERED`] objects new ones are not remembered.
pub(super) fn stand_together(path: &Path, options: &ReadOptions) -> bool {
    let options = ReadOptions { merge_rows: false, ..options.clone() };
    match Source::file(path).and_then(|source| formats::open(source, &options)) {
        Ok((_, mut objects)) => {
            !objects.any(|o| o.is_ok_and(|o| o.warnings.iter().any(|w| matches!(w, Warning::Other(t) if t == CAME_BEFORE))))
        }
        Err(_) => false,
    }
}

/// All objects of one table.
pub(super) struct Drafts {
    context: Context,
    /// Whether the table says by its columns that this is difference photometry.
    signed: bool,
    extra_names: Vec<String>,
    drafts: Vec<Draft>,
    by_id: HashMap<Vec<u8>, usize>,
    current: Option<usize>,
    current_id: Vec<u8>,
    /// Hashes of a stream's finished objects.
    seen: HashSet<u64>,
    ready: VecDeque<Draft>,
    /// Rows of the objects that are kept.
    rows: u64,
}

impl Drafts {
    pub fn new(context: Context, signed: bool, extra_names: Vec<String>) -> Drafts {
        Drafts {
            context,
            signed,
            extra_names,
            drafts: Vec::new(),
            by_id: HashMap::new(),
            current: None,
            current_id: Vec::new(),
            seen: HashSet::new(),
            ready: VecDeque::new(),
            rows: 0,
        }
    }

    /// The object of the next row, new or known. If rows aren't merged, another object than that of the row before
    /// makes that one ready.
    pub fn object(&mut self, id: &[u8]) -> &mut Draft {
        self.rows += 1;
        let index = match self.current {
            Some(i) if self.current_id == id => i,
            _ => {
                let i = if self.context.options.merge_rows { self.merged(id) } else { self.streamed(id) };
                self.current = Some(i);
                self.current_id.clear();
                self.current_id.extend_from_slice(id);
                i
            }
        };
        &mut self.drafts[index]
    }

    /// As [`Drafts::object`], for so many points at once.
    pub fn points(&mut self, id: &[u8], n: usize) -> &mut Draft {
        self.object(id);
        // The first is counted there.
        self.rows += (n as u64).saturating_sub(1);
        let last = self.current.unwrap_or(0);
        &mut self.drafts[last]
    }

    fn start(&mut self, id: &[u8]) -> usize {
        self.drafts.push(Draft { id: String::from_utf8_lossy(id).into_owned(), ..Draft::default() });
        self.drafts.len() - 1
    }

    fn merged(&mut self, id: &[u8]) -> usize {
        match self.by_id.get(id) {
            Some(&i) => i,
            None => {
                let i = self.start(id);
                self.by_id.insert(id.to_vec(), i);
                i
            }
        }
    }

    fn streamed(&mut self, id: &[u8]) -> usize {
        self.ready.extend(self.drafts.drain(..));
        self.rows = 1;
        let i = self.start(id);
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let again = match self.seen.len() < REMEMBERED {
            true => !self.seen.insert(hasher.finish()),
            false => self.seen.contains(&hasher.finish()),
        };
        if again {
            self.drafts[i].warn(Warning::Other(CAME_BEFORE.to_string()));
        }
        i
    }

    /// Whether what is kept stays within bounds; to be asked now and then.
    pub fn check_size(&self) -> Result<(), ReadError> {
        let kept = self.rows * size_of::<Observation>() as u64 + self.drafts.len() as u64 * BYTES_PER_OBJECT;
        if kept <= self.context.options.max_bytes {
            return Ok(());
        }
        let found = format!("more than {} rows of {} objects, too much to keep in memory", self.rows, self.drafts.len());
        let expected = "a table sorted by object, which need not be kept in memory";
        Err(self.context.error(Place::File, found, expected))
    }

    /// No row follows: everything is ready.
    pub fn end(&mut self) {
        self.ready.extend(self.drafts.drain(..));
        self.by_id.clear();
        self.current = None;
    }

    /// The next object that is complete.
    pub fn next_ready(&mut self) -> Option<LightCurve> {
        let draft = self.ready.pop_front()?;
        Some(draft.finish(&self.context, self.signed, &self.extra_names))
    }
}
