//! Checkpoints: what a training run must know to go on where it was stopped and end with the same bytes. A folder holds a
//! manifest (the program, the data, the tree and the options) and one file for each network of each run: its whole state
//! while it is trained, its parameters alone when it is done. Every file is replaced atomically.

use super::adam::AdamW;
use super::data::Example;
use super::network::Network;
use super::rng::RunRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

/// Of the files. Another number is another layout, or a loop that computes something else.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const EXTENSION: &str = "state";
/// Epochs between two checkpoints of one network.
const EVERY: usize = 10;

/// What is wrong with a folder of checkpoints.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not readable or not writable.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not what this program writes.
    #[error("{path} is damaged ({reason}): delete its folder and start again without --resume", path = path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Of another run.
    #[error(
        "{path} is of another training, so it can't go on: {reasons}; give the same data and options, or start again without --resume",
        path = path.display()
    )]
    Mismatch {
        /// Folder.
        path: PathBuf,
        /// What differs, both values each.
        reasons: String,
    },
}

/// What decides the result of a run, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest(BTreeMap<String, String>);

impl Manifest {
    /// Of examples and a tree (as text), and whatever `options` there are.
    pub fn new(examples: &[Example], tree: &str, options: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all: BTreeMap<String, String> = options.into_iter().collect();
        all.insert("program".into(), format!("{} (checkpoints {FORMAT})", env!("CARGO_PKG_VERSION")));
        all.insert("tree".into(), hex(Sha256::new().chain_update(tree)));
        let mut hash = Sha256::new();
        for f in crate::features::FEATURES.iter() {
            hash.update(f.name.as_bytes());
            hash.update([0]);
        }
        for e in examples {
            for text in [&e.object_id, &e.label] {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
            hash.update(e.fold.to_le_bytes());
            for row in e.versions.iter().chain(&e.reference) {
                hash.update((row.len() as u64).to_le_bytes());
                row.iter().for_each(|x| hash.update(x.to_bits().to_le_bytes()));
            }
        }
        all.insert("data".into(), format!("{} objects, {}", examples.len(), hex(hash)));
        Manifest(all)
    }

    /// What differs, as `name (then a, now b)`.
    fn differences(&self, now: &Manifest) -> Vec<String> {
        let none = "nothing".to_string();
        let mut names: Vec<&String> = self.0.keys().chain(now.0.keys()).collect();
        names.sort();
        names.dedup();
        let pair = |name| (self.0.get(name).unwrap_or(&none), now.0.get(name).unwrap_or(&none));
        let different = names.into_iter().map(|name| (name, pair(name))).filter(|(_, (then, now))| then != now);
        different.map(|(name, (then, now))| format!("{name} (then {then}, now {now})")).collect()
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// A folder of checkpoints.
#[derive(Debug)]
pub struct Progress {
    folder: PathBuf,
}

impl Progress {
    /// An empty folder for a new training; what an older one left there is deleted.
    pub fn start(folder: &Path, manifest: &Manifest) -> Result<Progress, CheckpointError> {
        let io = |source| CheckpointError::Io { path: folder.to_path_buf(), source };
        let progress = Progress { folder: folder.to_path_buf() };
        if folder.exists() {
            progress.clear().map_err(io)?;
        }
        std::fs::create_dir_all(folder).map_err(io)?;
        let text = serde_json::to_vec_pretty(manifest).map_err(|e| io(e.into()))?;
        crate::atomic::write(&folder.join(MANIFEST), |f| f.write_all(&text)).map_err(io)?;
        Ok(progress)
    }

    /// The folder of a stopped training; none if there is no such folder, refused if it is of another training.
    pub fn resume(folder: &Path, manifest: &Manifest) -> Result<Option<Progress>, CheckpointError> {
        let path = folder.join(MANIFEST);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CheckpointError::Io { path, source }),
        };
        let then: Manifest = serde_json::from_slice(&bytes).map_err(|e| CheckpointError::Damaged { path, reason: e.to_string() })?;
        let reasons = then.differences(manifest);
        if !reasons.is_empty() {
            return Err(CheckpointError::Mismatch { path: folder.to_path_buf(), reasons: reasons.join("; ") });
        }
        Ok(Some(Progress { folder: folder.to_path_buf() }))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Deletes the folder, but nothing in it that is not of a training.
    pub fn remove(self) -> std::io::Result<()> {
        self.clear()?;
        std::fs::remove_dir(&self.folder)
    }

    fn clear(&self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|n| n == MANIFEST) || path.extension().is_some_and(|e| e == EXTENSION) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// The checkpoints of the networks of one run (the model, or one fold), or none.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint<'a> {
    progress: Option<&'a Progress>,
    run: String,
}

impl<'a> Checkpoint<'a> {
    /// Of the run `name`, a word for a file's name.
    pub fn new(progress: Option<&'a Progress>, name: &str) -> Self {
        Checkpoint { progress, run: name.to_string() }
    }

    /// Whether one is due after this epoch.
    pub(super) fn is_due(&self, epoch: usize) -> bool {
        self.progress.is_some() && epoch.is_multiple_of(EVERY)
    }

    fn path(&self, member: usize) -> Option<PathBuf> {
        self.progress.map(|p| p.folder.join(format!("{}-{}.{EXTENSION}", self.run, member + 1)))
    }

    /// Keeps the state of a network.
    pub(super) fn save(&self, member: usize, state: &State) -> Result<(), CheckpointError> {
        let Some(path) = self.path(member) else { return Ok(()) };
        let mut bytes = Vec::new();
        let written = ciborium::into_writer(state, &mut bytes)
            .map_err(std::io::Error::other)
            .and_then(|()| crate::atomic::write(&path, |f| f.write_all(&bytes)));
        written.map_err(|source| CheckpointError::Io { path, source })
    }

    /// Brings a network back to where it was. None if there is no checkpoint of it.
    pub(super) fn restore(&self, member: usize, parts: &mut Parts) -> Result<Option<State>, CheckpointError> {
        let Some(path) = self.path(member) else { return Ok(None) };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CheckpointError::Io { path, source }),
        };
        let damaged = |reason: String| CheckpointError::Damaged { path: path.clone(), reason };
        let state: State = ciborium::from_reader(bytes.as_slice()).map_err(|e| damaged(e.to_string()))?;
        if !state.apply(parts) {
            return Err(damaged("its numbers are of another network".into()));
        }
        Ok(Some(state))
    }
}

/// What of a run in progress is not a number: its networks, its optimiser and its generator.
pub(super) struct Parts<'a> {
    pub network: &'a mut Network,
    pub smooth: &'a mut Network,
    pub optimiser: &'a mut AdamW,
    pub rng: &'a mut RunRng,
}

/// A network in training, after an epoch; of a finished one the average alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub finished: bool,
    pub epoch: usize,
    pub step: usize,
    /// Best score and its epoch.
    pub best: (f64, usize),
    pub recent: VecDeque<f64>,
    /// Objects of the training part in their present order.
    pub order: Vec<usize>,
    pub smooth: Vec<Vec<f32>>,
    pub network: Vec<Vec<f32>>,
    pub moments: [Vec<Vec<f32>>; 2],
    pub optimiser_step: i32,
    /// High and low half of the generator's position.
    pub rng: (u64, u64),
}

impl State {
    /// Of a finished network.
    pub fn finished(smooth: &mut Network, epoch: usize) -> Self {
        State { finished: true, epoch, smooth: values(smooth), ..State::default() }
    }

    /// Of one in training: the parts are added to the numbers in `self`.
    pub fn with(self, parts: &mut Parts) -> Self {
        let (moments, optimiser_step) = parts.optimiser.state();
        let at = parts.rng.position();
        State {
            smooth: values(parts.smooth),
            network: values(parts.network),
            moments,
            optimiser_step,
            rng: ((at >> 64) as u64, at as u64),
            ..self
        }
    }

    fn apply(&self, parts: &mut Parts) -> bool {
        if !fill(parts.smooth, &self.smooth) {
            return false;
        }
        if self.finished {
            return true;
        }
        parts.rng.seek((u128::from(self.rng.0) << 64) | u128::from(self.rng.1));
        fill(parts.network, &self.network) && parts.optimiser.set_state(&self.moments, self.optimiser_step)
    }
}

fn values(network: &mut Network) -> Vec<Vec<f32>> {
    network.parameters_mut().into_iter().map(|(p, _)| p.clone()).collect()
}

fn fill(network: &mut Network, values: &[Vec<f32>]) -> bool {
    let parameters = network.parameters_mut();
    let fits = parameters.len() == values.len() && parameters.iter().zip(values).all(|((p, _), v)| p.len() == v.len());
    if fits {
        parameters.into_iter().zip(values).for_each(|((p, _), v)| p.clone_from(v));
    }
    fits
}
