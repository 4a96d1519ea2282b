//! Edits as values, and why they may be refused. How they are applied is in `apply.rs`.

use super::names::{NameError, RESIDUAL_PREFIX, printable};
use super::tree::{Node, NodeId};
use super::weights::WeightOptions;

/// What a deleted node's children do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtree {
    /// They take the deleted node's place among its siblings.
    Rise,
    /// They are deleted too.
    GoAlong,
}

/// A node of a subtree that is added as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct NewNode {
    /// Index of the parent in the list, smaller than the own one; None for the first node alone.
    pub parent: Option<usize>,
    /// The node.
    pub node: Node,
}

/// A change of a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A new leaf among `parent`'s children; an index beyond the end means the end. An empty lineage id is derived from the name.
    /// The node gets the id [`Taxonomy::next_id`](super::Taxonomy::next_id).
    Add {
        /// Under which node.
        parent: NodeId,
        /// Place among the siblings.
        index: usize,
        /// The node.
        node: Node,
    },
    /// A whole new subtree; its nodes get consecutive ids from [`Taxonomy::next_id`](super::Taxonomy::next_id) on.
    AddTree {
        /// Under which node.
        parent: NodeId,
        /// Place among the siblings.
        index: usize,
        /// The subtree, parents before children, siblings in order.
        nodes: Vec<NewNode>,
    },
    /// Puts a deleted node back, with what was deleted along with it; it takes over `adopt` siblings from `index` on
    /// (those that rose when it was deleted). The inverse of a deletion.
    Attach {
        /// The deleted node.
        id: NodeId,
        /// Under which node.
        parent: NodeId,
        /// Place among the siblings.
        index: usize,
        /// How many siblings become its children.
        adopt: usize,
    },
    /// Another name; the lineage id stays. A node that takes one of its own aliases as name keeps the old name as that alias.
    Rename {
        /// Which node.
        id: NodeId,
        /// The new name.
        name: String,
    },
    /// Takes a node away.
    Delete {
        /// Which node.
        id: NodeId,
        /// What its children do.
        children: Subtree,
    },
    /// To another parent, or another place among its siblings.
    Move {
        /// Which node.
        id: NodeId,
        /// The new parent.
        parent: NodeId,
        /// Place among the new siblings, counted without the node itself; beyond the end means the end.
        index: usize,
    },
    /// Other names of the same class.
    SetAliases {
        /// Which node.
        id: NodeId,
        /// All of them.
        aliases: Vec<String>,
    },
    /// Finer labels that the class takes in.
    SetAbsorbs {
        /// Which node.
        id: NodeId,
        /// All of them.
        absorbs: Vec<String>,
    },
    /// Lineage ids of classes that were merged into the node.
    SetMerged {
        /// Which node.
        id: NodeId,
        /// All of them.
        lineages: Vec<String>,
    },
    /// Free text.
    SetNote {
        /// Which node.
        id: NodeId,
        /// The text.
        note: String,
    },
    /// Whether the children are all there is.
    SetExhaustive {
        /// Which node.
        id: NodeId,
        /// False gives the residual.
        exhaustive: bool,
    },
    /// Objects labelled exactly at the node.
    SetCount {
        /// Which node.
        id: NodeId,
        /// None: not known.
        count: Option<u64>,
    },
    /// alpha, beta, form and K.
    SetWeights(WeightOptions),
    /// Title and citation of the tree.
    SetTitle {
        /// Title.
        name: String,
        /// Where the tree comes from.
        citation: String,
    },
    /// Several edits as one: all of them or none.
    Batch(Vec<Edit>),
}

/// What a label is already, in words.
fn taken_as(label: &str, role: &str, owner: &str) -> String {
    if label == owner { format!("{role} of a class") } else { format!("{role} of `{}`", printable(owner)) }
}

/// Why an edit was refused. The text is what users see.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No name at all could be so.
    #[error("{0}")]
    Name(#[from] NameError),
    /// Every label means one node.
    #[error("`{}` is already {}: choose another name, or take it away there", printable(.label), taken_as(.label, .role, .owner))]
    Taken {
        /// The label.
        label: String,
        /// What it is there: "the name", "an alias", "an absorbed label".
        role: &'static str,
        /// Name of the node that has it.
        owner: String,
    },
    /// The same label twice on one node.
    #[error("`{}` is given twice on `{}`: once is enough", printable(.label), printable(.node))]
    Repeated {
        /// The label.
        label: String,
        /// The node's name.
        node: String,
    },
    /// "other X" means what is X and in none of its children.
    #[error("`{RESIDUAL_PREFIX}{0}` is kept for the residual of `{0}`: mark `{0}` as not exhaustive instead, or choose another name", printable(.of))]
    ResidualName {
        /// Name of the node whose residual is meant.
        of: String,
    },
    /// Lineage ids are unique.
    #[error("the lineage id `{}` is already that of `{}`: leave it out to get a new one", printable(.lineage), printable(.owner))]
    LineageTaken {
        /// The id.
        lineage: String,
        /// Name of the node that has it.
        owner: String,
    },
    /// A lineage id of a form that can't be.
    #[error("`{}` can't be a lineage id: it may not hold white space, `/` or control characters", printable(.0))]
    Lineage(String),
    /// The id is of no node in the tree.
    #[error("that node is no longer in the tree")]
    NotInTree,
    /// A node that is in the tree can't be put back.
    #[error("`{}` is in the tree already", printable(.0))]
    InTree(String),
    /// The root stays.
    #[error("the root can't be deleted: it holds every object")]
    DeleteRoot,
    /// The root stays.
    #[error("the root can't be moved: it holds every object")]
    MoveRoot,
    /// A node below itself.
    #[error("`{}` can't be moved below itself (`{}` lies in its subtree)", printable(.node), printable(.target))]
    MoveIntoOwnSubtree {
        /// Name of the node.
        node: String,
        /// Name of the wanted parent.
        target: String,
    },
    /// alpha and beta are finite and not negative.
    #[error("{name} must be a finite number that is not negative, not {value}")]
    Weight {
        /// alpha or beta.
        name: &'static str,
        /// What was given.
        value: String,
    },
    /// An edit that contradicts itself, as one made by hand or kept too long.
    #[error("this edit does not fit the tree: {0}")]
    DoesNotFit(&'static str),
    /// More than 2^32 - 1 nodes over the tree's life.
    #[error("the tree can't hold more nodes")]
    Full,
}
