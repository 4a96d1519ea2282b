//! The `.onnx` bundle: load, check, run. Any ONNX runtime can use the file; its `taxonova.*` metadata
//! carry the tree, the recipe of the inputs and how it was trained.

pub mod calibration;
pub mod decisions;
pub(crate) mod graph;
pub mod head;
pub mod history;
pub mod influence;
pub mod meta;
pub mod novelty;
pub mod onnx;
mod parts;
pub mod priors;
mod profile;
pub mod refset;
pub mod sample;
mod session;
pub mod spread;

use crate::features::{self, FEATURES, Group};
use crate::lightcurve::{LightCurve, Observation, Photometry};
use crate::taxonomy::{Counts, Layout, Taxonomy};
use meta::Metadata;
use prost::Message;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tract_onnx::pb::ModelProto;

pub use meta::Summary;
pub use profile::{MIN_DETECTIONS, MIN_STAR_POINTS, Profile, peak_mag};
pub use session::{Output, Session};

/// Name of the input [B, F].
pub const INPUT: &str = "features";
/// Names of the outputs: [B, E], [B, N], [B, N].
pub const OUTPUTS: [&str; 3] = ["embedding", "log_conditional", "log_probability"];

/// Name of a further output [B, M x N] of a bundle with several members: the logits of each, uncorrected.
pub const MEMBERS: &str = "member_logits";

/// Of a bundle that does not say which magnitudes it was trained on.
const ANY_MAG: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// What a reference set is called instead of the model's `.onnx`.
pub const REFSET_EXTENSION: &str = "refset.parquet";

/// Makes the table of the models in `models/` that are part of the program, of their names there.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// The models that are part of the program; the first is used where none is named.
        static SHIPPED: [Shipped; [$($name),*].len()] = [$(Shipped {
            name: $name,
            onnx: include_bytes!(concat!("../../models/", $name, ".onnx")),
            refset: include_bytes!(concat!("../../models/", $name, ".refset.parquet")),
            loaded: OnceLock::new(),
        }),*];
    };
}

shipped!["transients", "variables", "full"];

/// A model that is part of the program.
struct Shipped {
    name: &'static str,
    onnx: &'static [u8],
    /// Its reference set, a Parquet file.
    refset: &'static [u8],
    loaded: OnceLock<Arc<Model>>,
}

/// Why a model can't be used. One line each.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file can't be read.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// Not an ONNX file, or one of another program.
    #[error("{}: not a taxonova model: {reason}; expected an .onnx file written by `taxonova train`", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Written by a newer program.
    #[error("{}: bundle format {found}, this program knows up to {known}; update taxonova", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A metadata entry is wrong.
    #[error("{}: metadata entry taxonova.{key}: {reason}; the file is damaged", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// Entry.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// The graph does not load or run.
    #[error("{}: the network can't be run: {reason}", path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// The engine's reason.
        reason: String,
    },
    /// The reference set is missing or damaged.
    #[error("{}: reference set: {reason}", path.display())]
    Refset {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A loaded bundle. Cheap to share behind an [`Arc`]; each thread takes a [`Session`].
#[derive(Debug)]
pub struct Model {
    path: PathBuf,
    metadata: Metadata,
    layout: Layout,
    /// Of the network's own tree, where that is another.
    base: Option<Layout>,
    scaling: calibration::Scaling,
    profile: Profile,
    /// Which of the features that are computed for it are its inputs.
    columns: Vec<usize>,
    proto: ModelProto,
    plans: session::Plans,
    refset: RefsetPlace,
}

/// Where a model's reference set is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RefsetPlace {
    /// Part of the program: its number there.
    Shipped(usize),
    /// A file beside the model.
    File(PathBuf),
}

/// The inputs of one object: raw features [F], missing ones NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Input(pub Vec<f32>);

impl Model {
    /// Names of the models that are part of the program; the first is the one used where none is named.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|s| s.name)
    }

    /// The first of the models that are part of the program.
    pub fn shipped() -> Result<Arc<Model>, ModelError> {
        Model::shipped_at(0)
    }

    /// The model of this name that is part of the program; none if there is no such.
    pub fn shipped_named(name: &str) -> Option<Result<Arc<Model>, ModelError>> {
        SHIPPED.iter().position(|s| s.name == name).map(Model::shipped_at)
    }

    fn shipped_at(i: usize) -> Result<Arc<Model>, ModelError> {
        let shipped = &SHIPPED[i];
        if let Some(model) = shipped.loaded.get() {
            return Ok(model.clone());
        }
        let mut model = Model::from_bytes(shipped.onnx, &PathBuf::from(format!("<shipped {}.onnx>", shipped.name)))?;
        model.refset = RefsetPlace::Shipped(i);
        let model = Arc::new(model);
        Ok(shipped.loaded.get_or_init(|| model).clone())
    }

    /// The reference set of the first shipped model, as a Parquet file.
    pub fn shipped_refset() -> &'static [u8] {
        SHIPPED[0].refset
    }

    /// Reads a bundle.
    pub fn load(path: &Path) -> Result<Model, ModelError> {
        let bytes = std::fs::read(path).map_err(|reason| ModelError::Io { path: path.to_path_buf(), reason })?;
        Model::from_bytes(&bytes, path)
    }

    /// A bundle from memory; `path` is for messages.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Model, ModelError> {
        let not_ours = |reason: String| ModelError::NotOurs { path: path.to_path_buf(), reason };
        if bytes.is_empty() {
            return Err(not_ours("the file is empty".into()));
        }
        let proto = ModelProto::decode(bytes).map_err(|_| not_ours("it is no ONNX file, or it is cut off".into()))?;
        let entries: BTreeMap<&str, &str> = proto.metadata_props.iter().map(|e| (e.key.as_str(), e.value.as_str())).collect();
        let metadata = Metadata::parse(&entries, path)?;
        let layout = Layout::new(&metadata.taxonomy);
        let bad = |key: &str, reason: String| ModelError::Metadata { path: path.to_path_buf(), key: key.into(), reason };
        if !metadata.nodes.iter().eq(layout.slots.iter().map(|s| &s.name)) {
            return Err(bad("nodes", "the names differ from those of the taxonomy in the same file".into()));
        }
        if let Some(fault) = calibration::fault(&metadata.calibration, &layout) {
            return Err(bad("calibration", fault));
        }
        if let Some(fault) = metadata.decisions.as_ref().and_then(|d| d.fault(&layout)) {
            return Err(bad("decisions", fault));
        }
        let base = metadata.base.as_ref().map(Layout::new);
        if let Some(novelty) = &metadata.novelty {
            let fault = novelty.fault(novelty.mean.len(), base.as_ref().unwrap_or(&layout));
            fault.map_or(Ok(()), |fault| Err(bad("novelty", fault)))?;
        }
        let scaling = calibration::Scaling::of(&metadata.calibration, &layout);
        let (groups, columns) = inputs(&metadata.recipe.features)
            .map_err(|unknown| bad("recipe", format!("feature {unknown} is not known to this version of taxonova")))?;
        let profile = Profile { groups, peak_mag: metadata.recipe.peak_mag.unwrap_or(ANY_MAG) };
        let refset = RefsetPlace::File(path.with_extension(REFSET_EXTENSION));
        Ok(Model {
            path: path.to_path_buf(),
            metadata,
            layout,
            base,
            scaling,
            profile,
            columns,
            proto,
            plans: session::Plans::default(),
            refset,
        })
    }

    /// The same model, with the reference set of `other`, which has the same encoder: for one that lies in no file yet.
    pub fn with_refset_of(mut self, other: &Model) -> Model {
        self.refset = other.refset.clone();
        self
    }

    /// The reference set's file as it is: the embedded one of the shipped model, else the one beside the model's file.
    pub fn refset_bytes(&self) -> Result<Cow<'static, [u8]>, ModelError> {
        match &self.refset {
            RefsetPlace::Shipped(i) => Ok(Cow::Borrowed(SHIPPED[*i].refset)),
            RefsetPlace::File(path) => match std::fs::read(path) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(ModelError::Refset {
                    path: path.clone(),
                    reason: format!(
                        "there is no such file; the embeddings of the objects that {} was trained on are needed: \
                         `taxonova train ... --folds K` writes them beside the model",
                        self.path.display()
                    ),
                }),
                Err(reason) => Err(ModelError::Io { path: path.clone(), reason }),
            },
        }
    }

    /// Where the reference set is looked for, for messages.
    pub fn refset_path(&self) -> PathBuf {
        match &self.refset {
            RefsetPlace::Shipped(i) => PathBuf::from(format!("<shipped {}.refset.parquet>", SHIPPED[*i].name)),
            RefsetPlace::File(path) => path.clone(),
        }
    }

    /// The reference set: for refitting. Refused if it was made by another encoder.
    pub fn refset(&self) -> Result<refset::Refset, ModelError> {
        refset::Refset::from_parquet(self.refset_bytes()?.into_owned(), &self.metadata.encoder, &self.refset_path())
    }

    /// The tree whose atoms the reference set and the network's own logits know: the model's tree, but of a refitted
    /// model that of the network that it stands on.
    pub fn base_taxonomy(&self) -> &Taxonomy {
        self.metadata.base.as_ref().unwrap_or(&self.metadata.taxonomy)
    }

    /// The head of a refitted model; none if the network's own logits are the answer.
    pub fn head(&self) -> Result<Option<head::Head>, ModelError> {
        match self.metadata.base {
            None => Ok(None),
            Some(_) => head::Head::read(&self.proto, self.layout.len())
                .map(Some)
                .map_err(|reason| ModelError::Graph { path: self.path.clone(), reason }),
        }
    }

    /// The file's bytes with another calibration of the conditionals and other scores for the decision rules. Nothing is
    /// trained; `notes` are added to the settings of the summary.
    pub fn recalibrated(
        &self,
        scaling: &calibration::Scaling,
        decisions: Option<decisions::Decisions>,
        notes: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<u8>, ModelError> {
        let bad = |reason: String| ModelError::Graph { path: self.path.clone(), reason };
        let mut metadata = self.metadata.clone();
        (metadata.calibration.temperature, metadata.calibration.bias) = scaling.entries(&self.layout);
        metadata.decisions = decisions;
        metadata.summary.settings.extend(notes);
        let mut proto = self.proto.clone();
        let graph = proto.graph.take().ok_or_else(|| bad("it has no graph".into()))?;
        proto.graph = Some(calibration::put(graph, &self.layout, scaling).map_err(bad)?);
        let entries = metadata.entries();
        // Entries of other programs stay.
        proto.metadata_props.retain(|e| !entries.iter().any(|(key, _)| *key == e.key));
        let entry = |(key, value)| tract_onnx::pb::StringStringEntryProto { key, value };
        proto.metadata_props.splice(0..0, entries.into_iter().map(entry));
        if metadata.decisions.is_none() {
            proto.metadata_props.retain(|e| e.key != format!("{}decisions", meta::PREFIX));
        }
        Ok(proto.encode_to_vec())
    }

    /// The graph, to build another upon.
    pub(crate) fn proto(&self) -> &ModelProto {
        &self.proto
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tree that it was trained for.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.metadata.taxonomy
    }

    /// That tree, flattened: the order of the outputs.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The calibration that its graph applies to the conditionals.
    pub fn scaling(&self) -> &calibration::Scaling {
        &self.scaling
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.metadata.summary.name
    }

    /// How it was trained.
    pub fn summary(&self) -> &Summary {
        &self.metadata.summary
    }

    /// All that the file says of itself.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// SHA-256 of the whole file: tells two models apart.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(self.proto.encode_to_vec()).iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Objects per node that it was trained on.
    pub fn training_counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (name, n) in &self.metadata.counts {
            if let Some(id) = self.metadata.taxonomy.find(name) {
                counts.set(id, *n);
            }
        }
        counts
    }

    /// How novel an embedding is, per cent of the objects not trained on that are less so; none in bundles without the score.
    pub fn novelty(&self, embedding: &[f32], age_d: f64) -> Option<f64> {
        self.metadata.novelty.as_ref()?.of(self.base.as_ref().unwrap_or(&self.layout), embedding, age_d)
    }

    /// Whether it tells what its members say, from which the uncertainty is made: refitted models and those with a single member
    /// do not.
    pub fn tells_members(&self) -> bool {
        self.proto.graph.iter().flat_map(|g| &g.output).any(|o| o.name == MEMBERS)
    }

    /// What each member would say alone: ln p(node | parent) [N], corrected and calibrated as the mean of their logits is.
    /// Empty where the bundle does not tell.
    pub fn member_conditionals(&self, output: &Output) -> Vec<Vec<f64>> {
        let of = |logits: &[f32]| {
            let logits: Vec<f64> = logits.iter().map(|z| f64::from(*z)).collect();
            let mut conditional = crate::cascade::log_conditionals(&self.layout, &logits);
            crate::cascade::correct_to_posterior(&self.layout, &mut conditional, &self.metadata.calibration.w_eff);
            self.scaling.apply(&self.layout, &mut conditional);
            conditional
        };
        output.member_logits.chunks_exact(self.layout.len().max(1)).map(of).collect()
    }

    /// Folds of the data's fixed split that were trained on.
    pub fn trained_folds(&self) -> &[u32] {
        &self.metadata.summary.folds
    }

    /// Whether an object of this name was among those trained on.
    pub fn knows(&self, object_id: &str) -> bool {
        self.metadata.trained_on.binary_search(&name_hash(object_id)).is_ok()
    }

    /// What it can use, and what is to be said of a light curve.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether it gets anything from a light curve.
    pub fn can_use(&self, lc: &LightCurve) -> bool {
        self.profile.can_use(lc)
    }

    /// Why it gets nothing from a light curve; none if it gets something.
    pub fn unusable(&self, lc: &LightCurve) -> Option<&'static str> {
        self.profile.unusable(&lc.observations, lc.photometry)
    }

    /// The inputs of what was observed.
    pub fn prepare(&self, observations: &[Observation], photometry: Photometry) -> Input {
        let all = features::compute(observations, photometry, &self.profile.groups);
        Input(self.columns.iter().map(|&c| all[c]).collect())
    }

    /// A session, which one thread uses.
    pub fn session(self: &Arc<Self>) -> Result<Session, ModelError> {
        Session::new(self.clone())
    }
}

/// FNV-1a of an object's name: stable over releases and machines.
pub fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Groups of features that hold the named ones, and where in them each lies; or the name that no feature has.
fn inputs(names: &[String]) -> Result<(Vec<Group>, Vec<usize>), String> {
    let known = |name: &String| FEATURES.iter().find(|f| f.name == *name);
    let mut groups = names.iter().map(|n| known(n).map(|f| f.group).ok_or_else(|| n.clone())).collect::<Result<Vec<_>, _>>()?;
    groups.sort_unstable();
    groups.dedup();
    let place: HashMap<&str, usize> = features::table(&groups).enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
    let columns = names.iter().filter_map(|n| place.get(n.as_str()).copied()).collect();
    Ok((groups, columns))
}
