//! `taxonova taxonomy show`: a tree in the terminal, as figures, or as JSON; plain, with class weights, or with one object's probabilities.

mod object;
mod terminal;
#[cfg(test)]
mod tests;

use super::load;
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::inputs;
use crate::cli::stdout::print;
use crate::plot::{self, Background, Cascade, FigureError, Format, TreeFigure, TreeOptions, Values};
use crate::taxonomy::{Counts, Layout, Taxonomy, Weights, weights};
use anyhow::anyhow;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use terminal::{Style, View};

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, `-`, or name of a shipped tree (as `transients`).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Class weights: objects n and N_c, W, lambda and W*lambda.
    #[arg(long, conflicts_with = "probabilities")]
    weights: bool,
    /// Probabilities of an object of these light curves, poured onto the tree.
    #[arg(long, value_name = "PATH")]
    probabilities: Option<PathBuf>,
    /// Which object, where there are several.
    #[arg(long, value_name = "ID", requires = "probabilities")]
    object: Option<String>,
    /// Model: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL", requires = "probabilities")]
    model: Option<String>,
    /// Threshold of the decision, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = inputs::probability, requires = "probabilities")]
    tau: f64,
    /// Fold what lies deeper below the root.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Draw a figure into this SVG file instead.
    #[arg(long, value_name = "OUT.svg")]
    svg: Option<PathBuf>,
    /// Draw a figure into this PNG file instead, two pixels to a unit of width.
    #[arg(long, value_name = "OUT.png")]
    png: Option<PathBuf>,
    /// Background of the figures: light for paper, dark for slides.
    #[arg(long, value_name = "light|dark", default_value = "light", value_parser = inputs::background)]
    theme: Background,
    /// Width of the figures [default: what the names need]. Names are cut to it; levels need some room.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=20_000))]
    width: Option<u32>,
    /// Nodes in pre-order, with their values, as one JSON object instead.
    #[arg(long)]
    json: bool,
}

/// Runs `taxonova taxonomy show`.
pub fn run(args: &Args) -> CommandResult {
    let files = [(&args.svg, Format::Svg), (&args.png, Format::Png)];
    for (path, format) in files.iter().filter_map(|(p, f)| p.as_ref().map(|p| (p, f))) {
        if Format::of(path).map_err(Failure::usage)? != *format {
            let name = if *format == Format::Svg { "--svg" } else { "--png" };
            return Err(Failure::usage(anyhow!("{name} {}: the name has to end in .{}", path.display(), &name[2..])));
        }
    }
    let taxonomy = load(&args.file).map_err(Failure::usage)?;
    let layout = Layout::new(&taxonomy);
    let weights = args.weights.then(|| weights::compute(&taxonomy, &layout, &Counts::from_tree(&taxonomy), &taxonomy.weights));
    let cascade = match &args.probabilities {
        Some(path) => Some(object::classify(args, path, &taxonomy, &layout)?),
        None => None,
    };
    let depth = args.depth.map(|d| d as usize);
    let options = TreeOptions { depth, width: args.width, theme: args.theme.theme() };
    let values = match (&weights, &cascade) {
        (Some(w), _) => Values::Weights(w),
        (_, Some(c)) => Values::Probabilities(c),
        _ => Values::Counts,
    };
    if args.svg.is_some() || args.png.is_some() {
        let figure = TreeFigure::new(&taxonomy, &layout, values, &options);
        for path in [&args.svg, &args.png].into_iter().flatten() {
            plot::save(&figure, path).map_err(figure_failure)?;
        }
        let unknown = figure.unknown_letters();
        if args.png.is_some() && !unknown.is_empty() {
            let few: String = unknown.iter().take(10).collect();
            eprintln!("taxonova: the PNG has boxes for letters that its font lacks ({few}): an SVG shows them");
        }
    }
    let view = View { taxonomy: &taxonomy, layout: &layout, depth, weights: weights.as_ref(), cascade: cascade.as_ref() };
    if args.json {
        print(&format!("{:#}\n", document(&view)))?;
    } else if args.svg.is_none() && args.png.is_none() {
        print(&terminal::drawing(&view, &Style::of_stdout()))?;
    }
    Ok(Exit::Done)
}

fn figure_failure(error: FigureError) -> Failure {
    match error {
        e @ (FigureError::Format(_) | FigureError::TooLarge(..)) => Failure::usage(e),
        e => Failure::internal(e),
    }
}

/// What `--json` prints.
fn document(view: &View) -> Value {
    let View { taxonomy, layout, .. } = view;
    let mut out = Map::new();
    out.insert("name".into(), json!(taxonomy.name));
    out.insert("citation".into(), json!(taxonomy.citation));
    if let Some(c) = view.cascade {
        let d = &c.decision;
        let simulated = c.object.strip_prefix(object::SIMULATED);
        out.insert("object_id".into(), json!(simulated.unwrap_or(&c.object)));
        out.insert("simulated".into(), json!(simulated.is_some()));
        out.insert("decision".into(), json!({ "node": d.name, "p": d.p, "path": d.path, "tau": c.tau }));
    }
    let deep = |depth: usize| view.depth.is_some_and(|d| depth > d);
    let rows = std::iter::once(None).chain((0..layout.len()).map(Some)).filter(|s| !deep(s.map_or(0, |s| layout.slots[s].depth as usize)));
    let nodes: Vec<Value> = rows.map(|slot| node_of(view, slot)).collect();
    out.insert("nodes".into(), Value::from(nodes));
    Value::Object(out)
}

fn node_of(view: &View, slot: Option<usize>) -> Value {
    let (taxonomy, layout): (&Taxonomy, &Layout) = (view.taxonomy, view.layout);
    let s = slot.and_then(|s| layout.slots.get(s));
    let id = s.map_or(taxonomy.root(), |s| s.node);
    let parent = s.map(|s| s.parent.and_then(|p| layout.slots.get(p)).map_or(&layout.root_name, |p| &p.name));
    let residual = s.is_some_and(|s| s.residual);
    let mut node = Map::new();
    node.insert("name".into(), json!(s.map_or(&layout.root_name, |s| &s.name)));
    node.insert("parent".into(), json!(parent));
    node.insert("depth".into(), json!(s.map_or(0, |s| s.depth)));
    node.insert("residual".into(), json!(residual));
    node.insert("n".into(), json!(taxonomy.node(id).count));
    if let Some(r) = view.weights.and_then(|w: &Weights| w.rows.get(slot.map_or(0, |s| s + 1))) {
        for (key, value) in
            [("n_subtree", json!(r.n_subtree)), ("W", json!(r.w)), ("lambda", json!(r.lambda)), ("W_lambda", json!(r.w_lambda))]
        {
            node.insert(key.into(), value);
        }
    }
    if let Some(c) = view.cascade {
        let c: &Cascade = c;
        let at = |v: &[f64]| slot.and_then(|s| v.get(s)).copied();
        node.insert("p".into(), json!(slot.map_or(Some(1.0), |s| c.poured.p.get(s).copied().flatten())));
        node.insert("p_max".into(), json!(slot.map_or(1.0, |s| c.poured.upper(layout, s))));
        node.insert("unresolved".into(), json!(slot.map_or(Some(c.poured.unresolved_root), |_| at(&c.poured.unresolved))));
    }
    Value::Object(node)
}

/// Names the file as users do.
fn shown(path: &Path) -> String {
    crate::taxonomy::printable(&path.to_string_lossy())
}
