//! What `update` asks the world to do; `jobs` and the main loop do it.

use super::action::LabelsFor;
use super::batch::{Batcher, Order};
use super::curve::influence::By;
use super::export::Export;
use super::figure::FigureJob;
use super::file::FileWish;
use super::jobs::Handle;
use super::refit::{ModelFile, Refitter};
use super::watch::Stamp;
use crate::lightcurve::read::ReadOptions;
use crate::lightcurve::{LightCurve, Observation, Photometry};
use crate::taxonomy::Taxonomy;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How the interface is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// As the user wished.
    Done,
    /// By Ctrl-C or a signal.
    Interrupted,
    /// The terminal was lost.
    Lost,
}

/// A wish of `update`.
#[derive(Debug)]
pub enum Effect {
    /// Leave.
    Quit(Leave),
    /// Stop until `fg`.
    Suspend,
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Draw everything anew.
    Clear,
    /// Classify these rows when there is time.
    Classify(Vec<(usize, Arc<LightCurve>)>),
    /// Classify this row before all others.
    ClassifyFirst(usize, Arc<LightCurve>),
    /// Classify a part of a light curve; a newer request replaces an older one.
    ClassifyPart {
        /// Number of the request.
        request: u64,
        /// What was known.
        observations: Vec<Observation>,
        /// Difference or total.
        photometry: Photometry,
    },
    /// Work out how the probabilities of a light curve came about; a newer request replaces an older one.
    History {
        /// Number of the request.
        request: u64,
        /// Which.
        curve: Arc<LightCurve>,
        /// Set when the answer is no longer wanted.
        cancel: Arc<AtomicBool>,
    },
    /// Work out which observations matter; a newer request replaces an older one.
    Influence {
        /// Number of the request.
        request: u64,
        /// What was known.
        curve: Arc<LightCurve>,
        /// What is left out at a time.
        by: By,
        /// Set when the answer is no longer wanted.
        cancel: Arc<AtomicBool>,
    },
    /// Draw a figure.
    Figure(Arc<FigureJob>),
    /// Look for the period of a light curve.
    FindPeriod {
        /// Number of the search.
        number: u64,
        /// Which.
        curve: Arc<LightCurve>,
        /// Set to stop it.
        cancel: Arc<AtomicBool>,
    },
    /// Use this model from now on.
    UseModel {
        /// How.
        handle: Handle,
        /// Its number, which answers carry.
        number: u64,
    },
    /// Refit a model for this tree.
    Refit {
        /// How.
        refitter: Refitter,
        /// The tree.
        taxonomy: Arc<Taxonomy>,
        /// Set to stop it.
        cancel: Arc<AtomicBool>,
        /// Its number.
        number: u64,
    },
    /// Save a model that is in no file yet, with its reference set beside it.
    SaveModel {
        /// What.
        file: Arc<ModelFile>,
        /// Where.
        path: PathBuf,
        /// Whether files that are there may be replaced.
        overwrite: bool,
    },
    /// Read the labels of a file.
    ReadLabels {
        /// Where.
        path: PathBuf,
        /// What for.
        why: LabelsFor,
    },
    /// Write objects to a file.
    Export(Box<Export>),
    /// Run a batch.
    Batch {
        /// How.
        batcher: Batcher,
        /// What.
        order: Box<Order>,
        /// Set to cancel it.
        stop: Arc<AtomicBool>,
        /// Its number.
        number: u64,
    },
    /// Read another input into the list of objects, in the place of what is there.
    OpenInput {
        /// A file, a folder or a pattern.
        input: PathBuf,
        /// How it is read.
        read: ReadOptions,
        /// Objects at most.
        most: usize,
    },
    /// Read a tree to be compared with.
    ReadTree(PathBuf),
    /// Read a tree and open it.
    OpenTree(PathBuf),
    /// Something about the tree's file or the journal.
    File(FileWish),
    /// Save the tree.
    Save {
        /// What.
        taxonomy: Arc<Taxonomy>,
        /// Where.
        path: PathBuf,
        /// Whether it is the tree's own file.
        own: bool,
        /// Whether a file that is there may be replaced.
        overwrite: bool,
        /// What the file should hold; if it holds something else, that is asked about.
        known: Option<Stamp>,
        /// Leave the program afterwards.
        then_quit: bool,
    },
}
