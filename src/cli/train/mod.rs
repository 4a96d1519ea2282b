//! `taxonova train`: a model for the user's own tree, with cross-validation if asked for.

mod data;
mod output;
mod progress;

use super::exit::{CommandResult, Exit, Failure};
use crate::features::Group;
use crate::lightcurve::{LightCurve, Photometry};
use crate::model::Profile;
use crate::taxonomy::{CountMode, Counts, Form, Layout, Taxonomy, WeightOptions, to_json};
use crate::train::calibrate::after_training;
use crate::train::checkpoint::{Checkpoint, CheckpointError, Manifest, Progress};
use crate::train::data::REFERENCE_AGES_D;
use crate::train::prune::{Pruned, prune};
use crate::train::{Epoch, Example, Prediction, TrainConfig, TrainError, Trained, Unfinished, cross_validate_kept, examples, train_kept};
use anyhow::{Context, anyhow};
use data::{assign_folds, check_folds, read_all, say_skipped};
use output::{Written, settings, write};
use progress::with_progress;
use std::path::{Path, PathBuf};

/// Objects in a reference set where the command does not say: with more, a refit is no matter of seconds any more.
const REFSET_OBJECTS: usize = 20_000;

/// Which weights.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Weights {
    /// W of each node on the label's path
    Node,
    /// One weight for the whole object
    Label,
    /// No weights
    None,
}

/// What K counts.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Count {
    /// Distinct labels that occur
    Labels,
    /// Nodes of the tree
    Nodes,
}

/// What is done with labels that the tree does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Unmapped {
    /// Their objects are left out
    Skip,
    /// They are an error
    Error,
}

/// What `taxonova train` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Labelled light curves: files or folders (objects without a label are left out)
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// The tree: a file of any format that `taxonomy convert` reads, or the name of a shipped tree
    #[arg(short, long)]
    taxonomy: String,
    /// The model to write; with --folds, MODEL.oof.csv and MODEL.refset.parquet come beside it
    #[arg(short, long, value_name = "MODEL.onnx")]
    output: PathBuf,
    /// Weight of the levels, exp(-alpha depth) [default: the tree's]
    #[arg(long)]
    alpha: Option<f64>,
    /// Power of the class weights [default: the tree's]
    #[arg(long)]
    beta: Option<f64>,
    /// Form of the class weights [default: the tree's]
    #[arg(long)]
    weights: Option<Weights>,
    /// What K counts in the class weights [default: the tree's]
    #[arg(long)]
    count: Option<Count>,
    /// Passes over the data
    #[arg(long, default_value_t = TrainConfig::default().epochs)]
    epochs: usize,
    /// The same seed, run twice, gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Networks that are averaged
    #[arg(long, default_value_t = TrainConfig::default().members)]
    members: usize,
    /// Cross-validate over the data's folds (the column `fold`), which must be K, or else over K by a hash of the name:
    /// writes out-of-fold predictions and the reference set
    #[arg(long, value_name = "K")]
    folds: Option<u32>,
    /// The fold that the model itself never sees; the model's calibration is fitted to it (without it, to what --folds predicts)
    #[arg(long, value_name = "FOLD")]
    hold_out: Option<u32>,
    /// Objects in the reference set at most: rare labels and the fold held out stay whole, common labels are sampled and weighted
    #[arg(long, value_name = "N", default_value_t = REFSET_OBJECTS)]
    refset_objects: usize,
    /// Train flat on the tree's leaves, for comparison
    #[arg(long)]
    flat: bool,
    /// Name of the model [default: the output's]
    #[arg(long)]
    name: Option<String>,
    /// Labels that the tree does not hold: leave their objects out, or stop
    #[arg(long, value_enum, default_value_t = Unmapped::Skip)]
    unmapped: Unmapped,
    /// Go on with a training that was stopped, from its checkpoints in MODEL.onnx.progress (Ctrl-C stops after the epoch and
    /// writes the model trained so far)
    #[arg(long)]
    resume: bool,
    /// How files are read.
    #[command(flatten)]
    read: super::inputs::ReadArgs,
}

/// Runs it.
pub fn run(args: &Args) -> CommandResult {
    let tree = super::inputs::taxonomy(&args.taxonomy)?;
    let tree = if args.flat { flattened(&tree).map_err(Failure::usage)? } else { tree };
    if args.output.extension().is_none_or(|e| e != "onnx") {
        return Err(Failure::usage(anyhow!("-o {}: a model's name ends in .onnx", args.output.display())));
    }
    // Before the work, not after it.
    let folder = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    crate::atomic::temporary(folder).with_context(|| format!("no file can be made in {}", folder.display())).map_err(Failure::internal)?;
    let options = weight_options(args, &tree);
    options.check().map_err(Failure::usage)?;
    if args.epochs == 0 || args.members == 0 {
        return Err(Failure::usage(anyhow!("--epochs and --members must be at least 1")));
    }
    let mut tree = tree;
    tree.weights = options;
    let config = TrainConfig { seed: args.seed, epochs: args.epochs, members: args.members, ..TrainConfig::default() };

    let (mut curves, unreadable) = read_all(&args.data, &args.read.options());
    if curves.is_empty() {
        return Err(Failure::usage(anyhow!("no light curve could be read")));
    }
    let photometry: Vec<Photometry> = curves.iter().map(|lc| lc.photometry).collect();
    let config = TrainConfig { groups: Group::of(&photometry), ..config };
    let (all_folds, said) = assign_folds(&mut curves, args.folds).map_err(|e| Failure::usage(anyhow!(e)))?;
    said.iter().for_each(|note| eprintln!("{note}"));
    let full_tree = tree.clone();
    for change in without_examples(&mut tree, &curves, &config.groups).map_err(Failure::internal)? {
        eprintln!("{change}");
    }
    let layout = Layout::new(&tree);
    let (set, skipped) = examples(&curves, &tree, &layout, &config.groups, config.versions, config.seed);
    drop(curves);
    say_skipped(&skipped, &full_tree, args.unmapped == Unmapped::Error)?;
    let notes = check_folds(&set, &layout, &all_folds, args.folds.is_some(), args.hold_out).map_err(|e| Failure::usage(anyhow!(e)))?;
    notes.iter().for_each(|note| eprintln!("{note}"));
    let progress = progress_of(args, &set, &tree, &config)?;
    let interrupted = super::inputs::stop_flag();
    let training: Vec<&Example> = set.iter().filter(|e| Some(e.fold) != args.hold_out).collect();
    eprintln!(
        "{} objects, {} of them trained on{}; {} nodes, {} features",
        set.len(),
        training.len(),
        args.hold_out.map_or_else(String::new, |f| format!(" (fold {f} held out)")),
        layout.len(),
        crate::features::table(&config.groups).count()
    );
    let trained = with_progress("training", config.members, &config, &interrupted, |report| {
        let checkpoint = Checkpoint::new(Some(&progress), "model");
        let report = |e: Epoch| report(&format!("member {}", e.member + 1), e);
        train_kept(&training, &tree, &layout, &options, &config, &report, &checkpoint)
    });
    let (mut trained, unfinished) = trained.map_err(failure)?;
    let mut out_of_fold = None;
    if let (Some(_), None) = (args.folds, unfinished) {
        // The held-out fold is for calibration and for judging refits: no prediction of another fold may come from it.
        let seen: Vec<Example> = training.iter().map(|e| (*e).clone()).collect();
        let mut folds: Vec<u32> = seen.iter().map(|e| e.fold).collect();
        folds.sort_unstable();
        folds.dedup();
        let result = with_progress("cross-validation", config.members * folds.len(), &config, &interrupted, |report| {
            let report = |fold: u32, e: Epoch| report(&format!("fold {fold}"), e);
            cross_validate_kept(&seen, &tree, &layout, &options, &config, &report, Some(&progress))
        });
        match result {
            Err(TrainError::Interrupted) => {}
            other => out_of_fold = Some(with_held_out(&set, &trained, &layout, other.map_err(failure)?, args.hold_out)),
        }
    }
    let calibrated = match unfinished {
        None => after_training(&layout, &set, &REFERENCE_AGES_D, &trained, args.hold_out, out_of_fold.as_deref_mut()),
        Some(_) => None,
    };
    if unfinished.is_none() {
        trained.novelty = crate::train::novelty::of_run(&trained, &layout, &set, args.hold_out, config.seed);
    }
    let written = Written { tree: &tree, layout: &layout, config: &config, set: &set, training: &training, trained: &trained, unfinished };
    write(args, &written, calibrated.as_ref(), out_of_fold.as_deref())?;
    if unfinished.is_some() || args.folds.is_some() && out_of_fold.is_none() {
        say_stopped(args, unfinished, &progress);
        return Ok(Exit::Interrupted);
    }
    if let Err(e) = progress.remove() {
        eprintln!("the checkpoints were left where they are: {e}");
    }
    Ok(if unreadable > 0 { Exit::Partly } else { Exit::Done })
}

/// The checkpoints of this training: new ones, or with `--resume` those of the stopped one.
fn progress_of(args: &Args, set: &[Example], tree: &Taxonomy, config: &TrainConfig) -> Result<Progress, Failure> {
    let mut name = args.output.clone().into_os_string();
    name.push(".progress");
    let folder = PathBuf::from(name);
    let mut options = settings(config);
    options.insert("seed".into(), config.seed.to_string());
    options.insert("members".into(), config.members.to_string());
    options.insert("patience".into(), config.patience.to_string());
    options.insert("hold-out".into(), args.hold_out.map_or_else(|| "none".into(), |f| f.to_string()));
    let manifest = Manifest::new(set, &to_json(tree), options);
    let refused = |e: CheckpointError| match e {
        CheckpointError::Io { .. } => Failure::internal(e),
        _ => Failure::usage(e),
    };
    if args.resume {
        match Progress::resume(&folder, &manifest).map_err(refused)? {
            Some(progress) => return Ok(progress),
            None => eprintln!("nothing to resume in {}: training from the start", folder.display()),
        }
    }
    Progress::start(&folder, &manifest).map_err(refused)
}

fn failure(e: TrainError) -> Failure {
    match e {
        TrainError::NoExamples => Failure::usage(e),
        e => Failure::internal(e),
    }
}

/// What there is after Ctrl-C, what there is not, and how to go on.
fn say_stopped(args: &Args, unfinished: Option<Unfinished>, progress: &Progress) {
    match unfinished {
        Some(u) => eprintln!(
            "interrupted: the model written is that of {} of {} epochs and {} of {} networks",
            u.epochs, args.epochs, u.members, args.members
        ),
        None => eprintln!("interrupted in the cross-validation: the model is complete, and the folds that are finished are kept"),
    }
    if args.folds.is_some() {
        eprintln!("not written: out-of-fold predictions and reference set; files of that name are of an older model");
    }
    eprintln!("the same command with --resume goes on from {}", progress.folder().display());
}

/// Out-of-fold predictions of all: the held-out fold's are those of the model itself, which never saw it.
fn with_held_out(
    set: &[Example],
    trained: &Trained,
    layout: &Layout,
    seen: Vec<Vec<Prediction>>,
    hold_out: Option<u32>,
) -> Vec<Vec<Prediction>> {
    let mut seen = seen.into_iter();
    let predict = |e: &Example| trained.predict(layout, &e.reference.iter().map(Vec::as_slice).collect::<Vec<_>>());
    set.iter().map(|e| if Some(e.fold) == hold_out { predict(e) } else { seen.next().unwrap_or_default() }).collect()
}

/// Takes out of the tree what has no example among the light curves. Returns what was done.
fn without_examples(tree: &mut Taxonomy, curves: &[LightCurve], groups: &[Group]) -> anyhow::Result<Vec<Pruned>> {
    let profile = Profile { groups: groups.to_vec(), peak_mag: (f64::NEG_INFINITY, f64::INFINITY) };
    let labels = curves.iter().filter(|lc| profile.can_use(lc)).filter_map(|lc| lc.label.as_deref());
    let counts = Counts::from_labels(tree, labels);
    Ok(prune(tree, &counts)?)
}

/// All atoms of the tree as children of the root. A residual takes its parent's name and aliases.
fn flattened(tree: &Taxonomy) -> anyhow::Result<Taxonomy> {
    let layout = Layout::new(tree);
    let mut flat = Taxonomy::new(&format!("{} (flat)", tree.name), &tree.node(tree.root()).name);
    flat.weights = tree.weights;
    for slot in layout.atoms() {
        let (slot, node) = (&layout.slots[slot], tree.node(layout.slots[slot].node));
        // The root's own residual keeps its name: the flat tree has a root too.
        let name = if slot.node == tree.root() { &slot.name } else { &node.name };
        let id = flat.add_child(flat.root(), name.clone())?;
        flat.apply(crate::taxonomy::Edit::SetAliases { id, aliases: node.aliases.clone() })?;
        flat.apply(crate::taxonomy::Edit::SetAbsorbs { id, absorbs: node.absorbs.clone() })?;
    }
    Ok(flat)
}

fn weight_options(args: &Args, tree: &Taxonomy) -> WeightOptions {
    let mut options = tree.weights;
    options.alpha = args.alpha.unwrap_or(options.alpha);
    options.beta = args.beta.unwrap_or(options.beta);
    options.form = match args.weights {
        Some(Weights::Node) => Form::Node,
        Some(Weights::Label) => Form::Label,
        Some(Weights::None) => Form::None,
        None => options.form,
    };
    options.k = match args.count {
        Some(Count::Labels) => CountMode::Labels,
        Some(Count::Nodes) => CountMode::Nodes,
        None => options.k,
    };
    options
}
