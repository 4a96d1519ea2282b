//! What may lie over the panes: help, palette, lists, prompts and questions. Data only.

use super::action::LabelsFor;
use super::arrange::SortKey;
use super::file::FileAnswer;
use super::input::Input;
use super::tree::RowKey;
use crate::batch::job::Begin;
use crate::taxonomy::NodeId;
use std::path::PathBuf;
use std::sync::Arc;

/// What lies over the panes.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// All keys.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// What could not be read.
    Errors {
        /// First line shown.
        scroll: usize,
    },
    /// Commands by name.
    Palette {
        /// What was typed.
        input: Input,
        /// Which of the matches.
        selected: usize,
    },
    /// A class by its name.
    Pick(Picker),
    /// A list of rows that lead somewhere.
    Listing(Listing),
    /// The batch that runs, or the last one.
    Batch {
        /// Which row is selected.
        selected: usize,
        /// First row shown, as it was last drawn.
        offset: usize,
    },
    /// Something is typed.
    Prompt(Prompt),
    /// A question.
    Question(Question),
}

/// A class is chosen by its name.
#[derive(Debug, Clone)]
pub struct Picker {
    /// Heading.
    pub title: String,
    /// What was typed.
    pub input: Input,
    /// Classes that match, best first.
    pub found: Vec<NodeId>,
    /// Which of them.
    pub selected: usize,
    /// What becomes a child of the chosen class.
    pub moving: Vec<NodeId>,
}

/// What a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingKind {
    /// What is doubtful in the tree.
    Findings,
    /// What differs between two trees.
    Diff,
    /// Which class each label means.
    Labels,
    /// What a refit has changed.
    Refit,
    /// Periods that were found.
    Periods,
    /// Which observations matter.
    Influence,
}

/// Labels with their objects.
pub type LabelCounts = Arc<Vec<(String, u64)>>;

/// A list of rows, some of which lead to a class or an object.
#[derive(Debug, Clone)]
pub struct Listing {
    /// What it is about.
    pub kind: ListingKind,
    /// Heading.
    pub title: String,
    /// Lines above the rows.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<ListingRow>,
    /// Which is selected.
    pub selected: usize,
    /// First row shown, as it was last drawn.
    pub offset: usize,
    /// What may be done, for the lower edge.
    pub foot: String,
    /// Of a list of labels: the labels with their objects, and where they come from.
    pub labels: Option<(LabelCounts, String)>,
}

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowTone {
    /// As it is.
    Plain,
    /// Less important.
    Dim,
    /// Good, or new.
    Good,
    /// Doubtful.
    Warn,
    /// Wrong, or gone.
    Error,
    /// A heading.
    Heading,
}

/// A row of a list.
#[derive(Debug, Clone)]
pub struct ListingRow {
    /// How it is meant.
    pub tone: RowTone,
    /// A word at the left.
    pub sign: String,
    /// What it says; broken into lines where it is selected.
    pub text: String,
    /// The class that Enter leads to.
    pub node: Option<NodeId>,
    /// Its name, where only that is known.
    pub class: Option<String>,
    /// The row of the object that Enter leads to.
    pub object: Option<usize>,
    /// The observation that Enter leads to, by its number.
    pub point: Option<usize>,
    /// The peak of the periodogram that Enter takes.
    pub peak: Option<usize>,
    /// A label that can be attached as alias, and the class that is suggested for it.
    pub label: Option<(String, Option<NodeId>)>,
}

impl ListingRow {
    /// A row that leads nowhere.
    pub fn new(tone: RowTone, sign: impl Into<String>, text: impl Into<String>) -> Self {
        ListingRow {
            tone,
            sign: sign.into(),
            text: text.into(),
            node: None,
            class: None,
            object: None,
            point: None,
            peak: None,
            label: None,
        }
    }
}

/// A prompt.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    /// Its heading.
    pub title: String,
    /// The text.
    pub input: Input,
    /// Why it can't be accepted as it stands.
    pub problem: Option<String>,
}

/// What a prompt is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Name of a new class, at that place.
    Add {
        /// Its parent.
        parent: NodeId,
        /// Its place among the parent's children.
        index: usize,
    },
    /// New name.
    Rename(NodeId),
    /// Aliases, separated by commas.
    Aliases(NodeId),
    /// Remark.
    Note(NodeId),
    /// Absorbed labels, separated by commas.
    Absorbs(NodeId),
    /// Number of examples.
    Count(NodeId),
    /// Name of a new parent of these.
    Group(Vec<NodeId>),
    /// A label of the class that becomes a child.
    SplitOff(NodeId),
    /// File of the refitted model.
    SaveModel,
    /// File of a figure.
    Figure,
    /// A period that the light curve is folded on.
    Period,
    /// File of the tree to be opened.
    OpenTree,
    /// File of a tree to be compared with.
    DiffFile,
    /// File of labels, and what for.
    Labels(LabelsFor),
    /// Title of the tree.
    Title,
    /// Where the tree comes from.
    Citation,
    /// Part of a class's name; where the selection was, and the search before this one.
    SearchClass {
        /// Row to go back to.
        origin: RowKey,
        /// The search before this one.
        before: String,
    },
    /// Part of the names of the classes to be shown; the filter before.
    Filter {
        /// The filter before this one.
        before: String,
    },
    /// File to save to.
    SaveAs {
        /// Leave the program afterwards.
        then_quit: bool,
    },
    /// Which objects are shown; the filter before, and where the selection was.
    FilterObjects {
        /// The filter before this one; empty: none.
        before: String,
        /// Row to go back to.
        origin: usize,
    },
    /// File that objects are exported to.
    Export,
    /// What a batch classifies.
    BatchInput,
    /// File that a batch of this input writes.
    BatchOutput(PathBuf),
    /// Part of an object's name; where the selection was before.
    Search {
        /// Row to go back to.
        origin: usize,
        /// The search before this one.
        before: String,
    },
}

/// A question with a few answers.
#[derive(Debug, Clone)]
pub struct Question {
    /// Heading.
    pub title: String,
    /// What it is about, a line or two.
    pub text: Vec<String>,
    /// Answers with their keys.
    pub answers: Vec<Answer>,
    /// Which one Enter takes.
    pub selected: usize,
    /// What it asks, for the key that asked it.
    pub is_quit: bool,
}

/// An answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Key that chooses it at once.
    pub key: char,
    /// What it means.
    pub text: String,
    /// What is done.
    pub then: Then,
}

/// What an answer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Delete the class; its children go to its parent.
    DeleteRise(NodeId),
    /// Delete the class with all below it.
    DeleteAll(NodeId),
    /// Delete all of these; their children go to their parents.
    DeleteManyRise(Vec<NodeId>),
    /// Delete all of these with all below them.
    DeleteManyAll(Vec<NodeId>),
    /// Type a number of examples.
    CountTyped(NodeId),
    /// Numbers of examples of the model's training set.
    CountsOfModel,
    /// Numbers of examples by the labels of the opened objects.
    CountsOfObjects,
    /// Numbers of examples by the labels of a file.
    CountsOfFile,
    /// Compare with the tree as it was read or saved.
    DiffSaved,
    /// Compare with the model's tree.
    DiffModel,
    /// Compare with the tree of a file.
    DiffFile,
    /// Open a tree; unsaved edits are lost.
    OpenTree(PathBuf),
    /// Open the tree that was read and waits; unsaved edits are lost.
    OpenArrived,
    /// Write the figure over the file that is there.
    OverwriteFigure(PathBuf),
    /// Write the refitted model over the files that are there.
    OverwriteModel(PathBuf),
    /// No numbers of examples.
    CountsForget,
    /// Save, then leave.
    SaveAndQuit,
    /// Leave; edits are lost.
    QuitUnsaved,
    /// Write over the file that is there.
    Overwrite {
        /// The file.
        path: PathBuf,
        /// Leave the program afterwards.
        then_quit: bool,
    },
    /// Sort the list of objects.
    Sort(SortKey, bool),
    /// Write the exported objects over the file that is there.
    OverwriteExport(PathBuf),
    /// Begin the batch that could not begin.
    Batch(Begin),
    /// Cancel the batch, then leave.
    CancelAndQuit,
    /// Something with the tree's file.
    File(FileAnswer),
    /// Nothing.
    Nothing,
}
