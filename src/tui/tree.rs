//! The tree as the taxonomy pane has it: the document that is edited, what is folded and selected, the rows
//! to be shown, and what follows from the tree at once (layout, weights, regrouping). No drawing, no I/O.

use super::said::Said;
use super::state::ModelInfo;
use crate::cascade::{Decision, Poured, Regrouper, decide_poured};
use crate::model::spread::spread;
use crate::taxonomy::weights::compute;
use crate::taxonomy::{Counts, Document, Layout, NodeId, Severity, Taxonomy, Weights, validate};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TreeRowKind {
    /// A class.
    Node,
    /// "other X".
    Residual,
    /// Probability that the model can't place below X.
    Unresolved,
}

/// A row's name that survives folding and editing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowKey {
    /// The class; of residual and unresolved rows their parent.
    pub node: NodeId,
    /// What the row is.
    pub kind: TreeRowKind,
}

/// A row to be shown.
#[derive(Debug, Clone)]
pub struct TreeRow {
    /// Which.
    pub key: RowKey,
    /// Number of the parent's row; none for the root.
    pub parent: Option<usize>,
    /// Steps from the root.
    pub depth: usize,
    /// Whether it is the last of its siblings that are shown.
    pub last: bool,
    /// Whether something lies below it, and whether that is hidden.
    pub children: Option<Fold>,
    /// The slot in the layout; none for the root and unresolved rows.
    pub slot: Option<usize>,
}

/// Whether a row with children is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Children are shown.
    Open,
    /// Children are hidden.
    Closed,
}

/// What follows from the tree, made anew after every edit.
pub struct Derived {
    /// Another one for every tree and edit, so that what was worked out on an earlier one is known to be old.
    pub number: u64,
    /// The tree flattened.
    pub layout: Layout,
    /// Class weights.
    pub weights: Weights,
    /// Whether any class has a number of examples.
    pub counted: bool,
    /// Errors and warnings in the tree; none for one so large that they are looked for only when asked.
    pub findings: Option<(usize, usize)>,
    /// How the model's probabilities are poured onto this tree; without a model none; or why it can't be done.
    pub regroup: Option<Result<Regrouper, String>>,
}

/// The cascade of one object on the edited tree.
pub struct Cascade {
    /// Probabilities by slot.
    pub poured: Poured,
    /// Where the threshold rule stops.
    pub decision: Decision,
    /// Slots on the way from the top to the decision.
    pub path: Vec<usize>,
    /// Standard deviation over the model's members of each P, by slot; empty where it is not known.
    pub spread: Vec<f64>,
    /// Per cent of the objects not trained on that are less novel; none where it is not known.
    pub novelty: Option<f64>,
}

impl Cascade {
    /// The uncertainty of the decision's P; none where it is not known.
    pub fn decision_spread(&self) -> Option<f64> {
        self.spread.get(self.decision.slot?).copied().filter(|s| s.is_finite())
    }
}

/// What a row says about its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shown {
    /// There is no answer of the model yet.
    Nothing,
    /// P, and P with all that is unresolved above it.
    P(f64, f64),
    /// No atom of the model can fall here.
    NotInModel,
    /// Mass that stays at the row's node.
    Unresolved(f64),
}

/// Classes that are in hand, until a place for them is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Which, in the order of the tree; none lies below another.
    pub classes: Vec<NodeId>,
    /// They are merged into the class that is chosen, and not put below it.
    pub merge: bool,
}

/// What the right columns are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The bars of the cascade come first, the weights have what is left.
    Cascade,
    /// All columns of the weights come first.
    Weights,
}

/// State of the pane.
pub struct TreeState {
    /// The taxonomy with its history.
    pub doc: Document,
    /// Where it is saved; none = it has no file yet.
    pub path: Option<PathBuf>,
    /// The model, whose tree this will be, is still being loaded.
    pub loading: bool,
    /// The selected row.
    pub selected: RowKey,
    /// First row on the screen, as it was last drawn.
    pub offset: usize,
    /// Classes whose children are hidden.
    pub folded: HashSet<NodeId>,
    /// The classes that are being moved or merged.
    pub moving: Option<Carried>,
    /// Classes that are marked: what acts on several acts on these.
    pub marked: HashSet<NodeId>,
    /// What classes were searched for, lower case; empty = nothing.
    pub search: String,
    /// Only classes with this in a name or alias are shown, and the way to them; lower case, empty = all.
    pub filter: String,
    /// What the right columns are for.
    pub columns: Columns,
    /// The tree as it was read or last saved.
    pub base: Arc<Taxonomy>,
    /// What follows from the tree.
    pub derived: Derived,
}

/// Unresolved mass below this is not worth a row.
const SHOWN_UNRESOLVED: f64 = 5e-4;

impl TreeState {
    /// Starts with a taxonomy.
    pub fn new(taxonomy: Taxonomy, path: Option<PathBuf>, loading: bool) -> Self {
        let root = taxonomy.root();
        let derived = derive(&taxonomy, None);
        TreeState {
            // A copy of its own: a shared one would be copied at the first edit, which should be quick.
            base: Arc::new(taxonomy.clone()),
            doc: Document::new(taxonomy),
            path,
            loading,
            selected: RowKey { node: root, kind: TreeRowKind::Node },
            offset: 0,
            folded: HashSet::new(),
            moving: None,
            marked: HashSet::new(),
            search: String::new(),
            filter: String::new(),
            columns: Columns::Cascade,
            derived,
        }
    }

    /// The taxonomy.
    pub fn taxonomy(&self) -> &Taxonomy {
        self.doc.taxonomy()
    }

    /// The tree is what its file holds.
    pub fn mark_saved(&mut self) {
        self.doc.mark_saved();
        self.base = Arc::new(self.doc.taxonomy().clone());
    }

    /// Makes anew what follows from the tree, and puts the selection on something that exists.
    pub fn refresh(&mut self, model: Option<&ModelInfo>) {
        self.derived = derive(self.doc.taxonomy(), model);
        let tree = self.doc.taxonomy();
        if !tree.is_attached(self.selected.node) {
            let mut up = tree.parent(self.selected.node);
            while let Some(node) = up.filter(|n| !tree.is_attached(*n)) {
                up = tree.parent(node);
            }
            self.selected = RowKey { node: up.unwrap_or(tree.root()), kind: TreeRowKind::Node };
        }
        if self.selected.kind == TreeRowKind::Residual && self.slot(self.selected).is_none() {
            self.selected.kind = TreeRowKind::Node;
        }
        if self.moving.as_ref().is_some_and(|c| c.classes.iter().any(|n| !tree.is_attached(*n))) {
            self.moving = None;
        }
        self.marked.retain(|n| tree.is_attached(*n));
    }

    /// What a command for several classes acts on, in the order of the tree: the marked ones, without those below
    /// another; the selected one where none is marked.
    pub fn targets(&self) -> Vec<NodeId> {
        if self.marked.is_empty() {
            return vec![self.selected.node];
        }
        let tree = self.taxonomy();
        let mut targets = Vec::with_capacity(self.marked.len());
        let mut stack = vec![tree.root()];
        while let Some(id) = stack.pop() {
            if self.marked.contains(&id) {
                targets.push(id);
            } else {
                stack.extend(tree.children(id).iter().rev());
            }
        }
        targets
    }

    /// Whether a class's name or one of its aliases contains `lower`.
    pub fn matches(&self, node: NodeId, lower: &str) -> bool {
        let node = self.taxonomy().node(node);
        !lower.is_empty() && std::iter::once(&node.name).chain(&node.aliases).any(|n| contains_ignoring_case(n, lower))
    }

    /// Classes that the filter lets through: those that match, and all above them. None without a filter.
    fn passed(&self) -> Option<HashSet<NodeId>> {
        if self.filter.is_empty() {
            return None;
        }
        let tree = self.taxonomy();
        let mut passed = HashSet::from([tree.root()]);
        for id in tree.preorder().filter(|id| self.matches(*id, &self.filter)) {
            let mut at = Some(id);
            while let Some(node) = at.filter(|n| passed.insert(*n)) {
                at = tree.parent(node);
            }
        }
        Some(passed)
    }

    /// The cascade of the model's probabilities (by model slot) on this tree.
    pub fn cascade(&self, said: &Said, tau: f64) -> Option<Cascade> {
        let Some(Ok(regrouper)) = &self.derived.regroup else { return None };
        let layout = &self.derived.layout;
        let poured = regrouper.pour(said);
        let decision = decide_poured(layout, &poured, tau);
        let of_member = |p: &Vec<f64>| regrouper.pour(p).p.iter().map(|p| p.unwrap_or(f64::NAN)).collect();
        let spread = spread(&said.members.iter().map(of_member).collect::<Vec<_>>());
        let path = decision.slot.map(|s| layout.path(s)).unwrap_or_default();
        Some(Cascade { poured, decision, path, spread, novelty: said.novelty })
    }

    /// The decision alone, for lists.
    pub fn decision(&self, model_p: &[f64], tau: f64) -> Option<Decision> {
        let Some(Ok(regrouper)) = &self.derived.regroup else { return None };
        Some(decide_poured(&self.derived.layout, &regrouper.pour(model_p), tau))
    }

    /// A row's slot.
    pub fn slot(&self, key: RowKey) -> Option<usize> {
        let layout = &self.derived.layout;
        match key.kind {
            TreeRowKind::Node => layout.slot_of(key.node),
            TreeRowKind::Residual => layout.residual_of(key.node),
            TreeRowKind::Unresolved => None,
        }
    }

    /// The rows from top to bottom, without what is folded or does not pass the filter (which looks into what is
    /// folded). Unresolved rows depend on the object that is shown.
    pub fn rows(&self, cascade: Option<&Cascade>) -> Vec<TreeRow> {
        let tree = self.taxonomy();
        let passed = self.passed();
        let mut rows: Vec<TreeRow> = Vec::with_capacity(tree.len() + 8);
        let root = RowKey { node: tree.root(), kind: TreeRowKind::Node };
        let mut stack = vec![(root, None, 0, true)];
        let mut below = Vec::new();
        while let Some((key, parent, depth, last)) = stack.pop() {
            below.clear();
            if key.kind == TreeRowKind::Node {
                let children = tree.children(key.node).iter();
                let seen = children.filter(|n| passed.as_ref().is_none_or(|p| p.contains(n)));
                below.extend(seen.map(|n| RowKey { node: *n, kind: TreeRowKind::Node }));
                if passed.is_none() {
                    let residual = RowKey { node: key.node, kind: TreeRowKind::Residual };
                    if self.slot(residual).is_some() {
                        below.push(residual);
                    }
                    if !below.is_empty() && cascade.is_some_and(|c| self.unresolved_at(key.node, c) >= SHOWN_UNRESOLVED) {
                        below.push(RowKey { node: key.node, kind: TreeRowKind::Unresolved });
                    }
                }
            }
            let folded = passed.is_none() && self.folded.contains(&key.node);
            let children = (!below.is_empty()).then_some(if folded { Fold::Closed } else { Fold::Open });
            if children == Some(Fold::Open) {
                let n = below.len();
                let own = Some(rows.len());
                stack.extend(below.iter().enumerate().rev().map(|(i, child)| (*child, own, depth + 1, i + 1 == n)));
            }
            rows.push(TreeRow { key, parent, depth, last, children, slot: self.slot(key) });
        }
        rows
    }

    /// Mass that stays at a class.
    pub fn unresolved_at(&self, node: NodeId, cascade: &Cascade) -> f64 {
        match self.derived.layout.slot_of(node) {
            Some(slot) => cascade.poured.unresolved.get(slot).copied().unwrap_or(0.0),
            None => cascade.poured.unresolved_root,
        }
    }

    /// What a row says about its probability.
    pub fn shown(&self, row: &TreeRow, cascade: Option<&Cascade>) -> Shown {
        let Some(c) = cascade else { return Shown::Nothing };
        match (row.key.kind, row.slot) {
            (TreeRowKind::Unresolved, _) => Shown::Unresolved(self.unresolved_at(row.key.node, c)),
            (TreeRowKind::Node, None) => Shown::P(1.0, 1.0),
            (_, Some(slot)) => match c.poured.p.get(slot).copied().flatten() {
                Some(p) => Shown::P(p, c.poured.upper(&self.derived.layout, slot).max(p)),
                None => Shown::NotInModel,
            },
            (TreeRowKind::Residual, None) => Shown::NotInModel,
        }
    }

    /// What a row is called.
    pub fn row_name(&self, key: RowKey) -> String {
        let name = &self.taxonomy().node(key.node).name;
        match key.kind {
            TreeRowKind::Node => name.clone(),
            TreeRowKind::Residual => format!("other {name}"),
            TreeRowKind::Unresolved => "unresolved".to_string(),
        }
    }
}

/// For each level from 1 to the row's own: whether the ancestor there is the last of its siblings.
pub fn lasts(rows: &[TreeRow], row: usize) -> Vec<bool> {
    let mut lasts = Vec::new();
    let mut at = rows.get(row);
    while let Some(row) = at {
        let Some(parent) = row.parent else { break };
        lasts.push(row.last);
        at = rows.get(parent);
    }
    lasts.reverse();
    lasts
}

/// Whether `text` contains `lower`, which is lower case, in any case.
pub fn contains_ignoring_case(text: &str, lower: &str) -> bool {
    if text.is_ascii() && lower.is_ascii() {
        return text.as_bytes().windows(lower.len().max(1)).any(|w| w.eq_ignore_ascii_case(lower.as_bytes()));
    }
    text.to_lowercase().contains(lower)
}

/// A tree of more classes is checked only when asked.
const CHECKED_AT_ONCE: usize = 2000;

fn derive(tree: &Taxonomy, model: Option<&ModelInfo>) -> Derived {
    let layout = Layout::new(tree);
    let weights = compute(tree, &layout, &Counts::from_tree(tree), &tree.weights);
    let regroup = model.map(|m| Regrouper::new(&m.taxonomy, &m.layout, tree, &layout).map_err(|e| e.to_string()));
    let counted = tree.preorder().any(|id| tree.node(id).count.is_some());
    let findings = (tree.len() <= CHECKED_AT_ONCE).then(|| {
        let found = validate(tree);
        let number = |s: Severity| found.iter().filter(|f| f.severity == s).count();
        (number(Severity::Error), number(Severity::Warning))
    });
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Derived { number, layout, weights, counted, findings, regroup }
}
