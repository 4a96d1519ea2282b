//! All that the interface knows. Changed by `update` alone, drawn by `view`; no I/O.

use super::batch::BatchState;
use super::command::{Cmd, Context};
use super::curve::CurveState;
use super::file::FileState;
use super::jobs::Handle;
use super::keymap::Keymap;
use super::objects::{Classified, Objects};
use super::overlay::Overlay;
use super::theme::Theme;
use super::tree::{Cascade, TreeState};
use super::view::Hits;
use crate::lightcurve::LightCurve;
use crate::model::Profile;
use crate::taxonomy::{Layout, NodeId, Taxonomy};
use crate::tui::said::Said;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use super::tree::{RowKey, TreeRowKind};

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The list of objects.
    Objects,
    /// The tree with the cascade.
    Taxonomy,
    /// The light curve.
    Curve,
}

impl Pane {
    /// From left to right.
    pub const ALL: [Pane; 3] = [Pane::Objects, Pane::Taxonomy, Pane::Curve];
}

/// Remarks of a model on a light curve.
pub type Remarks = Box<dyn Fn(&LightCurve) -> Vec<String> + Send>;

/// What the interface needs to know of a model.
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// The tree that it was trained on.
    pub taxonomy: Taxonomy,
    /// That tree flattened: the order of its probabilities.
    pub layout: Layout,
    /// Objects that it was trained on, by the node of its tree that their labels mean.
    pub counts: Vec<(NodeId, u64)>,
    /// What it can use of a light curve.
    pub profile: Profile,
    /// What should be known of an object before its probabilities are believed.
    pub warnings: Remarks,
    /// How to use it.
    pub handle: Handle,
}

/// The model.
pub enum ModelState {
    /// Being loaded.
    Loading,
    /// Could not be loaded, and why.
    Failed(String),
    /// There.
    Ready(Box<ModelInfo>),
}

impl ModelState {
    /// The model, once it is there.
    pub fn ready(&self) -> Option<&ModelInfo> {
        match self {
            ModelState::Ready(m) => Some(m),
            _ => None,
        }
    }
}

/// Where the light curves come from.
#[derive(Debug, Clone)]
pub struct Source {
    /// For the title: a path, or the name of the embedded data.
    pub title: String,
    /// Simulated data, which is said wherever it is shown.
    pub simulated: bool,
    /// Files read and files in all; none = all is read.
    pub reading: Option<(usize, usize)>,
}

/// A message of the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What is said.
    pub text: String,
    /// How.
    pub tone: Tone,
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Info,
    /// Something can't be done, or should be known.
    Warn,
    /// Something went wrong.
    Error,
}

/// The time cursor: the cascade as it was when only a part of the light curve was known.
#[derive(Debug, Clone)]
pub struct TimeCursor {
    /// Which of the light curve's distinct times.
    pub index: usize,
    /// Number of the request whose answer is awaited or was got.
    pub request: u64,
    /// The answer for `index`, or for an earlier position while the next is awaited.
    pub p: Option<Said>,
    /// Whether `p` is the answer for `index`.
    pub fresh: bool,
}

/// A refit that is under way.
#[derive(Debug, Clone)]
pub struct Refit {
    /// Its number: reports of another one are dropped.
    pub number: u64,
    /// How far it has come.
    pub percent: usize,
    /// Set to stop it.
    pub cancel: Arc<AtomicBool>,
}

/// All that the interface knows.
pub struct State {
    /// Colours.
    pub theme: Theme,
    /// Keys.
    pub keymap: Keymap,
    /// Where the light curves come from.
    pub source: Source,
    /// The list of objects.
    pub objects: Objects,
    /// The model.
    pub model: ModelState,
    /// The model before the last refit.
    pub previous_model: Option<Box<ModelInfo>>,
    /// Number of the model that is used: 0, and one more with every other one.
    pub model_number: u64,
    /// The refit that is under way.
    pub refit: Option<Refit>,
    /// The tree.
    pub tree: TreeState,
    /// What is known of its file.
    pub file: FileState,
    /// The light curve.
    pub curve: CurveState,
    /// The time cursor, if it is on.
    pub time: Option<TimeCursor>,
    /// Threshold of the decision.
    pub tau: f64,
    /// The pane with the keys.
    pub focus: Pane,
    /// Whether it has the whole screen.
    pub zoom: bool,
    /// Columns that the user gave to the objects pane and to the taxonomy pane, or took.
    pub split: (i16, i16),
    /// Batches.
    pub batch: BatchState,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// A list that waits until nothing lies over the panes.
    pub waiting: Option<super::overlay::Listing>,
    /// What could not be read.
    pub errors: Vec<String>,
    /// What the status line says.
    pub status: Option<Status>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Where things are on the screen, as it was last drawn.
    pub hits: Hits,
    /// Number of the last request to the jobs.
    pub last_request: u64,
}

impl State {
    /// The state before anything was read. `taxonomy` is one that the user named; without it the model's is taken when it is there.
    pub fn new(theme: Theme, source: Source) -> Self {
        State {
            theme,
            keymap: Keymap::default(),
            source,
            objects: Objects::default(),
            model: ModelState::Loading,
            previous_model: None,
            model_number: 0,
            refit: None,
            tree: TreeState::new(Taxonomy::new("no taxonomy", "Object"), None, true),
            file: FileState::default(),
            curve: CurveState::default(),
            time: None,
            tau: 0.5,
            focus: Pane::Objects,
            zoom: false,
            split: (0, 0),
            batch: BatchState::default(),
            overlay: None,
            waiting: None,
            errors: Vec::new(),
            status: None,
            mouse: true,
            hits: Hits::default(),
            last_request: 0,
        }
    }

    /// Where keys hold now.
    pub fn context(&self) -> Context {
        match (&self.overlay, &self.tree.moving, self.focus) {
            (Some(Overlay::Prompt(_) | Overlay::Palette { .. } | Overlay::Pick(_)), _, _) => Context::Prompt,
            (Some(_), _, _) => Context::Overlay,
            (None, Some(_), Pane::Taxonomy) => Context::Move,
            (None, _, Pane::Objects) => Context::Objects,
            (None, _, Pane::Taxonomy) => Context::Taxonomy,
            (None, _, Pane::Curve) => Context::Curve,
        }
    }

    /// Why a command can't be done now.
    pub fn why_not(&self, cmd: Cmd) -> Option<&'static str> {
        (cmd.command().why_not)(self)
    }

    /// What the model says of the selected object (by model slot): what it said at the time cursor, if that is on.
    pub fn current_p(&self) -> Option<&Said> {
        if let Some(time) = &self.time {
            return time.p.as_ref();
        }
        match &self.objects.current()?.classified {
            Classified::Done(p) => Some(p),
            _ => None,
        }
    }

    /// The selected object's cascade.
    pub fn cascade(&self) -> Option<Cascade> {
        self.tree.cascade(self.current_p()?, self.tau)
    }

    /// Detections that the shown answer rests on, if they are fewer than it can be trusted with.
    pub fn too_few(&self) -> Option<usize> {
        let profile = &self.model.ready()?.profile;
        let curve = self.curve.shown.as_ref()?;
        match (&self.time, &self.curve.data) {
            (Some(time), Some(data)) => {
                let known = curve.observations.partition_point(|o| data.times_mjd.get(time.index).is_none_or(|t| o.mjd <= *t));
                profile.too_few(curve.observations.get(..known)?, curve.photometry)
            }
            _ => profile.too_few(&curve.observations, curve.photometry),
        }
    }

    /// Sets the status line.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.status = Some(Status { text: text.into(), tone });
    }

    /// The tree's file name, or its title in brackets where it has no file.
    pub fn tree_title(&self) -> String {
        match self.tree.path.as_ref().and_then(|p| p.file_name()) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => self.tree.taxonomy().name.clone(),
        }
    }
}
