//! Everything that can happen to the interface: keys, the mouse, and what jobs and effects report.

use super::batch::Report;
use super::command::Cmd;
use super::curve::period::Found;
use super::curve::{history, influence};
use super::export::ExportReport;
use super::figure::FigureReport;
use super::file::{Arrived, FileReport};
use super::refit::{ModelFile, Refitted};
use super::said::Said;
use super::state::ModelInfo;
use crate::lightcurve::LightCurve;
use crate::taxonomy::Taxonomy;
use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use std::path::PathBuf;
use std::sync::Arc;

/// What happened.
pub enum Action {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was clicked or its wheel turned.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// A command, wherever it comes from.
    Do(Cmd),
    /// The screen must be drawn again (resized, back from suspension).
    Redraw,
    /// A signal asks to end.
    Terminate,
    /// The terminal could no longer be read.
    InputLost(String),
    /// Objects were read.
    Read(Vec<LightCurve>),
    /// Something could not be read; one line each.
    ReadErrors(Vec<String>),
    /// Reading has come so far.
    ReadProgress {
        /// Files done.
        files: usize,
        /// Files in all.
        of: usize,
    },
    /// Reading is done.
    ReadDone,
    /// The model is there.
    ModelReady(Box<ModelInfo>),
    /// The model could not be loaded.
    ModelFailed(String),
    /// A taxonomy to be opened was read.
    TaxonomyReady(Box<Arrived>),
    /// The tree was written in a foreign format, as a copy.
    Exported {
        /// Where.
        path: PathBuf,
        /// Title of the format.
        format: &'static str,
        /// What of the tree is not in it.
        lost: Vec<String>,
    },
    /// A model has answered: row, the light curve it has seen, P per slot or the reason.
    Classified {
        /// Number of the model: an answer of one that is no longer used is dropped.
        model: u64,
        /// The answers.
        answers: Vec<Answered>,
    },
    /// A refit has come so far: its number, per cent.
    RefitProgress(u64, usize),
    /// A refit is done.
    Refitted(u64, Box<Refitted>),
    /// A refit has failed, and why.
    RefitFailed(u64, String),
    /// A refitted model was saved there.
    ModelSaved(PathBuf, Arc<ModelFile>),
    /// A model is there already, or its reference set.
    ModelExists(PathBuf),
    /// Labels were read, for what was asked.
    LabelsRead {
        /// What for.
        why: LabelsFor,
        /// The file.
        path: PathBuf,
        /// Labels with their objects, or why there are none.
        labels: Result<Vec<(String, u64)>, String>,
        /// Labels by object, where they were asked for ([`LabelsFor::Truth`]).
        by_object: Vec<(String, String)>,
    },
    /// A tree was read to be compared with.
    TreeRead {
        /// The file.
        path: PathBuf,
        /// The tree, or why there is none.
        tree: Result<Box<Taxonomy>, String>,
    },
    /// The model has answered for a part of a light curve.
    ClassifiedPart {
        /// Number of the request.
        request: u64,
        /// What it says.
        p: Result<Said, String>,
    },
    /// How the probabilities came about was worked out: number of the request.
    HistoryReady(u64, Result<history::Answers, String>),
    /// Which observations matter was worked out: number of the request.
    InfluenceReady(u64, Result<influence::Answers, String>),
    /// A figure was drawn, or not.
    Figure(FigureReport),
    /// A period was looked for: number of the search, peaks or why there are none.
    PeriodsFound(u64, Result<Arc<Found>, String>),
    /// The tree was saved.
    Saved {
        /// Where.
        path: PathBuf,
        /// Leave the program now.
        then_quit: bool,
    },
    /// The file is there already, and is not the tree's own.
    FileExists {
        /// Which.
        path: PathBuf,
        /// Leave the program after saving.
        then_quit: bool,
    },
    /// Something about the tree's file or the journal.
    File(FileReport),
    /// Objects were exported, or could not be.
    Export(ExportReport),
    /// A batch: its number, and what is told of it.
    Batch(u64, Report),
    /// Another input is being read from now on.
    Opened(PathBuf),
    /// Reading has ended here, because there are more objects than the list takes.
    ReadCut(usize),
    /// Something went wrong; what to say.
    Failed(String),
}

/// An answer of the model for a row of the list.
pub struct Answered {
    /// The row.
    pub index: usize,
    /// The light curve that was classified.
    pub curve: Arc<LightCurve>,
    /// What the model says, or why there is nothing.
    pub p: Result<Said, String>,
}

/// What labels of a file are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelsFor {
    /// Numbers of examples.
    Counts,
    /// The list of labels and classes.
    Mapping,
    /// The true classes of the objects.
    Truth,
}
