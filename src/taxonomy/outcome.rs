//! How labels got to their nodes, and how many.

/// How a label got to its node, or why it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It is the node's name.
    Exact,
    /// It is an alias in the tree.
    Alias,
    /// It means the same class as the node: two surveys' names for one class.
    Synonym,
    /// The tree's file says that the node takes it in: detail is lost.
    Absorbed,
    /// The tree lacks the class, and the node is the nearest broader one: detail is lost.
    Ancestor,
    /// Two nodes are equally good.
    Ambiguous,
    /// No node.
    Unmapped,
}

impl Outcome {
    /// All of them, in the order of lists.
    pub const ALL: [Outcome; 7] =
        [Outcome::Exact, Outcome::Alias, Outcome::Synonym, Outcome::Absorbed, Outcome::Ancestor, Outcome::Ambiguous, Outcome::Unmapped];

    /// In files and for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Exact => "exact",
            Outcome::Alias => "alias",
            Outcome::Synonym => "synonym",
            Outcome::Absorbed => "absorbed",
            Outcome::Ancestor => "ancestor",
            Outcome::Ambiguous => "ambiguous",
            Outcome::Unmapped => "unmapped",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Outcome::Exact => "exact",
            Outcome::Alias => "by alias",
            Outcome::Synonym => "another survey's name of the class",
            Outcome::Absorbed => "absorbed (detail lost)",
            Outcome::Ancestor => "to an ancestor (detail lost)",
            Outcome::Ambiguous => "ambiguous, not mapped",
            Outcome::Unmapped => "unmapped",
        }
    }

    /// Whether the label has a node.
    pub fn is_mapped(self) -> bool {
        self < Outcome::Ambiguous
    }

    /// Whether the label has a node that says less than it.
    pub fn loses_detail(self) -> bool {
        matches!(self, Outcome::Absorbed | Outcome::Ancestor)
    }
}

/// Numbers over all labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Per outcome, in the order of [`Outcome::ALL`]: labels and objects.
    pub by_outcome: [(u64, u64); Outcome::ALL.len()],
}

impl Totals {
    /// Counts one label.
    pub(super) fn add(&mut self, outcome: Outcome, objects: u64) {
        for (o, (labels, n)) in Outcome::ALL.iter().zip(&mut self.by_outcome) {
            if *o == outcome {
                *labels += 1;
                *n = n.saturating_add(objects);
            }
        }
    }

    fn objects_where(&self, which: impl Fn(Outcome) -> bool) -> u64 {
        Outcome::ALL.iter().zip(&self.by_outcome).filter(|(o, _)| which(**o)).fold(0u64, |sum, (_, (_, n))| sum.saturating_add(*n))
    }

    /// Labels and objects of one outcome.
    pub fn of(&self, outcome: Outcome) -> (u64, u64) {
        Outcome::ALL.iter().zip(&self.by_outcome).find(|(o, _)| **o == outcome).map_or((0, 0), |(_, n)| *n)
    }

    /// All objects.
    pub fn objects(&self) -> u64 {
        self.objects_where(|_| true)
    }

    /// Objects whose node says all that their label says.
    pub fn without_loss(&self) -> u64 {
        self.objects_where(|o| o.is_mapped() && !o.loses_detail())
    }

    /// Objects whose node says less than their label.
    pub fn with_loss(&self) -> u64 {
        self.objects_where(Outcome::loses_detail)
    }

    /// Objects without a node, ambiguous labels included.
    pub fn unmapped(&self) -> u64 {
        self.objects_where(|o| !o.is_mapped())
    }

    /// Labels without a node, ambiguous ones included.
    pub fn unmapped_labels(&self) -> u64 {
        self.of(Outcome::Unmapped).0 + self.of(Outcome::Ambiguous).0
    }
}
