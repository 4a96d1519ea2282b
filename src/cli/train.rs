//! `taxonova train`: a model for the user's own tree, with cross-validation if asked for.

use super::exit::{CommandResult, Exit, Failure};
use crate::features::Group;
use crate::lightcurve::read::{self, ReadOptions};
use crate::lightcurve::{LightCurve, Photometry};
use crate::model::refset::{RefRow, Refset};
use crate::model::{Profile, Summary};
use crate::taxonomy::{CountMode, Counts, Form, Layout, Taxonomy, WeightOptions};
use crate::train::calibrate::{Calibrated, after_training};
use crate::train::data::REFERENCE_AGES_D;
use crate::train::prune::{Pruned, prune};
use crate::train::{Epoch, Example, Prediction, Skipped, TrainConfig, TrainError, Trained, cross_validate, examples, export, train};
use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Cross-validate over the data's folds (the column `fold`; else by a hash of the name), which must be K:
    /// writes out-of-fold predictions and the reference set
    #[arg(long, value_name = "K")]
    folds: Option<u32>,
    /// The fold that the model itself never sees; the model's calibration is fitted to it (without it, to what --folds predicts)
    #[arg(long, value_name = "FOLD")]
    hold_out: Option<u32>,
    /// Train flat on the tree's leaves, for comparison
    #[arg(long)]
    flat: bool,
    /// Name of the model [default: the output's]
    #[arg(long)]
    name: Option<String>,
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

    let (curves, unreadable) = read_all(&args.data, &args.read.options());
    if curves.is_empty() {
        return Err(Failure::usage(anyhow!("no light curve could be read")));
    }
    let photometry: Vec<Photometry> = curves.iter().map(|lc| lc.photometry).collect();
    let config = TrainConfig { groups: Group::of(&photometry), ..config };
    for change in without_examples(&mut tree, &curves, &config.groups).map_err(Failure::internal)? {
        eprintln!("{change}");
    }
    let layout = Layout::new(&tree);
    let (set, skipped) = examples(&curves, &tree, &layout, &config.groups, config.versions, config.seed);
    drop(curves);
    say_skipped(&skipped)?;
    let mut folds: Vec<u32> = set.iter().map(|e| e.fold).collect();
    folds.sort_unstable();
    folds.dedup();
    if let Some(k) = args.folds
        && k as usize != folds.len()
    {
        return Err(Failure::usage(anyhow!("--folds {k}, but the data have {} folds: {folds:?}", folds.len())));
    }
    if let Some(fold) = args.hold_out
        && !folds.contains(&fold)
    {
        return Err(Failure::usage(anyhow!("--hold-out {fold}, but the data have the folds {folds:?}")));
    }
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
        train(&training, &tree, &layout, &options, &config, &|e| report(&format!("member {}", e.member + 1), e))
    });
    let trained = match trained {
        Err(TrainError::Interrupted) => return Ok(stopped()),
        Err(e @ TrainError::NoExamples) => return Err(Failure::usage(e)),
        other => other.map_err(Failure::internal)?,
    };
    let mut out_of_fold = match args.folds {
        None => None,
        Some(k) => {
            let result = with_progress(
                "cross-validation",
                config.members * (k as usize - usize::from(args.hold_out.is_some())),
                &config,
                &interrupted,
                |report| {
                    // The held-out fold is for calibration and for judging refits: no prediction of another fold may come from it.
                    let seen: Vec<Example> = training.iter().map(|e| (*e).clone()).collect();
                    cross_validate(&seen, &tree, &layout, &options, &config, &|fold, e| report(&format!("fold {fold}"), e))
                },
            );
            match result {
                Err(TrainError::Interrupted) => return Ok(stopped()),
                other => Some(with_held_out(&set, &trained, &layout, other.map_err(Failure::internal)?, args.hold_out)),
            }
        }
    };
    if interrupted.load(Ordering::Relaxed) {
        return Ok(stopped());
    }
    let calibrated = after_training(&layout, &set, &REFERENCE_AGES_D, &trained, args.hold_out, out_of_fold.as_deref_mut());
    write(args, &tree, &layout, &config, &set, &training, &trained, calibrated.as_ref(), out_of_fold.as_deref())?;
    Ok(if unreadable > 0 { Exit::Partly } else { Exit::Done })
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

fn stopped() -> Exit {
    eprintln!("interrupted: nothing was written");
    Exit::Interrupted
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

/// Every readable light curve; the unreadable are named on standard error and counted.
fn read_all(paths: &[PathBuf], options: &ReadOptions) -> (Vec<LightCurve>, usize) {
    let (files, errors) = read::expand(paths);
    let mut unreadable = errors.len();
    errors.iter().for_each(|e| eprintln!("taxonova: {e}"));
    let mut curves = Vec::new();
    for file in files {
        match read::open(&file, options) {
            Ok(reader) => {
                for item in reader {
                    match item {
                        Ok(lc) => curves.push(lc),
                        Err(e) => {
                            eprintln!("taxonova: {e}");
                            unreadable += 1;
                        }
                    }
                }
            }
            Err(e) => {
                eprintln!("taxonova: {e}");
                unreadable += 1;
            }
        }
    }
    (curves, unreadable)
}

fn say_skipped(skipped: &Skipped) -> Result<(), Failure> {
    if let Some(first) = skipped.in_two_folds.first() {
        let n = skipped.in_two_folds.len();
        return Err(Failure::usage(anyhow!(
            "{n} objects are in more than one fold (as {first}): the score would leak; give each object one fold"
        )));
    }
    for (label, n) in &skipped.unmapped {
        eprintln!("left out: {n} objects labelled {}, which the tree does not hold", crate::taxonomy::printable(label));
    }
    for (n, why) in
        [(skipped.unlabelled, "without a label"), (skipped.empty, "without a measurement"), (skipped.repeated, "that came twice")]
    {
        if n > 0 {
            eprintln!("left out: {n} objects {why}");
        }
    }
    Ok(())
}

/// Runs `work` with a bar on a terminal, or a line every ten epochs where standard error is none.
fn with_progress<T>(
    title: &'static str,
    runs: usize,
    config: &TrainConfig,
    interrupted: &AtomicBool,
    work: impl FnOnce(&(dyn Fn(&str, Epoch) -> ControlFlow<()> + Sync)) -> T,
) -> T {
    let bar = ProgressBar::new((runs * config.epochs) as u64);
    // The template is a constant and valid.
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {eta} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(title);
    let report = |who: &str, e: Epoch| {
        bar.inc(1);
        let text = format!("{who} epoch {}: loss {:.4}, validation {:.4}, accuracy {:.3}", e.epoch, e.loss, e.validation, e.accuracy);
        if bar.is_hidden() && (e.epoch == 1 || e.epoch.is_multiple_of(10)) {
            eprintln!("{title}: {text}");
        }
        bar.set_message(text);
        if interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = work(&report);
    bar.finish_and_clear();
    result
}

#[allow(clippy::too_many_arguments)]
fn write(
    args: &Args,
    tree: &Taxonomy,
    layout: &Layout,
    config: &TrainConfig,
    set: &[Example],
    training: &[&Example],
    trained: &Trained,
    calibrated: Option<&Calibrated>,
    out_of_fold: Option<&[Vec<Prediction>]>,
) -> Result<(), Failure> {
    let stem = args.output.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut folds: Vec<u32> = training.iter().map(|e| e.fold).collect();
    folds.sort_unstable();
    folds.dedup();
    let summary = Summary {
        name: args.name.clone().unwrap_or(stem),
        seed: config.seed,
        objects: training.len(),
        folds,
        held_out: args.hold_out,
        members: config.members,
        settings: settings(config),
    };
    let bytes = export::bundle(trained, tree, layout, summary, training.iter().map(|e| e.object_id.as_str()));
    let bytes = match calibrated {
        Some(calibrated) => {
            eprintln!("calibrated on {}", calibrated.what);
            calibrated.fold_into(&bytes).map_err(Failure::internal)?
        }
        None => bytes,
    };
    save(&args.output, &bytes)?;
    eprintln!("{}: {} kB", args.output.display(), bytes.len() / 1000);
    let Some(out_of_fold) = out_of_fold else { return Ok(()) };
    let refset = reference_set(layout, set, trained, out_of_fold).to_parquet().map_err(Failure::internal)?;
    let path = args.output.with_extension("refset.parquet");
    save(&path, &refset)?;
    eprintln!("{}: {} kB", path.display(), refset.len() / 1000);
    let path = args.output.with_extension("oof.csv");
    save(&path, &predictions_csv(layout, set, out_of_fold).map_err(Failure::internal)?)?;
    eprintln!("{}: out-of-fold predictions of {} objects, for `taxonova evaluate --predictions`", path.display(), set.len());
    Ok(())
}

fn settings(config: &TrainConfig) -> BTreeMap<String, String> {
    let list: [(&str, String); 9] = [
        ("epochs", config.epochs.to_string()),
        ("batch", config.batch.to_string()),
        ("learning_rate", config.learning_rate.to_string()),
        ("weight_decay", config.weight_decay.to_string()),
        ("dropout", config.dropout.to_string()),
        ("hidden", format!("{:?}", config.hidden)),
        ("versions", config.versions.to_string()),
        ("whole", config.whole.to_string()),
        ("validation", config.validation.to_string()),
    ];
    list.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}

/// Embeddings by the model itself, atom probabilities by the models that did not see the object's fold.
fn reference_set(layout: &Layout, set: &[Example], trained: &Trained, out_of_fold: &[Vec<Prediction>]) -> Refset {
    let rows: Vec<&[f32]> = set.iter().flat_map(|e| e.reference.iter().map(Vec::as_slice)).collect();
    let mut embedded = trained.predict(layout, &rows).into_iter();
    let atoms = layout.atoms();
    let mut out = Vec::with_capacity(rows.len());
    for (e, predictions) in set.iter().zip(out_of_fold) {
        for ((p, age), own) in predictions.iter().zip(REFERENCE_AGES_D).zip(embedded.by_ref().take(e.reference.len())) {
            out.push(RefRow {
                object_id: e.object_id.clone(),
                label: e.label.clone(),
                fold: e.fold,
                age_d: age as f32,
                embedding: own.embedding,
                atoms: atoms.iter().map(|&a| p.log_probability[a].exp() as f32).collect(),
            });
        }
    }
    Refset { encoder: export::encoder_hash(trained), rows: out }
}

fn predictions_csv(layout: &Layout, set: &[Example], out_of_fold: &[Vec<Prediction>]) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["object_id".to_string(), "label".into(), "fold".into()];
    header.extend(layout.slots.iter().map(|s| format!("P:{}", s.name)));
    csv.write_record(&header)?;
    for (e, predictions) in set.iter().zip(out_of_fold) {
        let Some(whole) = predictions.first() else { continue };
        let mut row = vec![e.object_id.clone(), e.label.clone(), e.fold.to_string()];
        row.extend(whole.log_probability.iter().map(|l| format!("{:.6e}", l.exp())));
        csv.write_record(&row)?;
    }
    csv.into_inner().context("in memory")
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = crate::atomic::write(path, |file| file.write_all(bytes));
    written.with_context(|| format!("{} can't be written", path.display())).map_err(Failure::internal)
}
