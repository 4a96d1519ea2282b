//! `taxonova why`: which observations the probability of a class hangs on.

use super::exit::{CommandResult, Failure};
use super::objects::{self, Target};
use super::stdout::print;
use super::{formats, inputs};
use crate::cascade::decide_poured;
use crate::lightcurve::{LightCurve, Observation, window};
use crate::model::Session;
use crate::model::influence::{self, Unit};
use crate::taxonomy::printable;
use anyhow::anyhow;
use clap::ValueEnum;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// What is left out at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// One observation.
    Point,
    /// All observations of a night.
    Night,
}

/// Arguments of `taxonova why`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = formats::help())]
pub struct Args {
    /// Light curves: files, folders (searched recursively), or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The class [default: that of the decision].
    #[arg(long, value_name = "CLASS")]
    node: Option<String>,
    /// What is left out at a time. Difference photometry of a night is averaged before the network sees it.
    #[arg(long, value_enum, default_value_t = By::Night)]
    by: By,
    /// Only the object of this name.
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// So many rows an object, the most important first; 0: all.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Model: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
    /// Tree of the answers: a tree's file (of any format), or the name of a shipped one. Without it the model's own.
    #[arg(short, long, value_name = "TAXONOMY")]
    taxonomy: Option<String>,
    /// Threshold of the decision, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = inputs::probability)]
    tau: f64,
    /// Use only what was known so many days after the first detection.
    #[arg(long, value_name = "DAYS", value_parser = inputs::days)]
    asof: Option<f64>,
    /// One JSON object a line for each light curve, instead of tables.
    #[arg(long)]
    json: bool,
    /// How files are read.
    #[command(flatten)]
    read: inputs::ReadArgs,
}

/// Runs the command.
pub fn run(args: &Args) -> CommandResult {
    let model = inputs::model(args.model.as_deref())?;
    let target = objects::target(&model, args.taxonomy.as_deref().map(inputs::taxonomy).transpose()?)?;
    let node = args.node.as_deref().map(|n| target.slot(n)).transpose()?;
    let mut session = model.session().map_err(Failure::internal)?;
    let mut told = 0u64;
    let seen = objects::each(&args.paths, &args.read.options(), |mut curve| {
        if args.object.as_ref().is_some_and(|wanted| *wanted != curve.object_id) {
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(age_d) = args.asof {
            curve.observations = window::as_of(&curve, age_d);
        }
        told += 1;
        let text = explain(args, &target, node, &mut session, &curve)?;
        print(&text)?;
        Ok(if args.object.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    match &args.object {
        Some(wanted) if told == 0 => {
            let (n, wanted) = (seen.objects, printable(wanted));
            Err(Failure::usage(anyhow!("none of the {n} objects is called {wanted}; there are {}", seen.list())))
        }
        _ => Ok(seen.exit()),
    }
}

/// A row of the answer.
struct Row {
    change: f64,
    points: Vec<usize>,
}

fn explain(args: &Args, target: &Target, node: Option<usize>, session: &mut Session, curve: &LightCurve) -> Result<String, Failure> {
    let name = printable(&curve.object_id);
    let silent = |why: &str| match args.json {
        true => format!("{}\n", json!({ "object_id": curve.object_id, "node": null, "remark": why })),
        false => format!("{name}: {why}\n"),
    };
    if let Some(why) = session.model().unusable(curve) {
        return Ok(silent(why));
    }
    let unit = match args.by {
        By::Point => Unit::Observation,
        By::Night => Unit::Night,
    };
    let never = AtomicBool::new(false);
    let answer = influence::influence(session, &curve.observations, curve.photometry, unit, &never).map_err(Failure::internal)?;
    let Some(answer) = answer else { return Ok(silent("interrupted")) };
    let all = target.regrouper.pour(&answer.p);
    let decided = || {
        let d = decide_poured(&target.layout, &all, args.tau);
        // "other X" has a slot of its own.
        if d.other { target.layout.by_name(&d.name) } else { d.slot }
    };
    let Some(slot) = node.or_else(decided) else {
        return Ok(silent("the decision stops at the root: --node names a class"));
    };
    let class = target.layout.slots.get(slot).map_or("", |s| s.name.as_str());
    let Some(p) = all.p.get(slot).copied().flatten() else {
        return Ok(silent(&format!("the class {} is not in the model", printable(class))));
    };
    let mut rows: Vec<Row> = Vec::with_capacity(answer.units.len());
    for u in answer.units {
        let without = u.p.and_then(|p| target.regrouper.pour(&p).p.get(slot).copied().flatten());
        if let Some(without) = without {
            rows.push(Row { change: p - without, points: u.observations });
        }
    }
    rows.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    let of = rows.len();
    if args.top > 0 {
        rows.truncate(args.top);
    }
    let day0 = window::first_detection(&curve.observations, curve.photometry).and_then(|i| curve.observations.get(i)).map(|o| o.mjd);
    let day0 = day0.or(curve.observations.first().map(|o| o.mjd)).unwrap_or_default();
    if args.json {
        let rows: Vec<Value> = rows.iter().map(|r| json_row(curve, r, day0)).collect();
        let by = if args.by == By::Point { "point" } else { "night" };
        let doc =
            json!({ "object_id": curve.object_id, "node": class, "p": p, "by": by, "left_out": of, "remark": answer.remark, "rows": rows });
        return Ok(format!("{doc}\n"));
    }
    let by = if args.by == By::Point { "point" } else { "night" };
    let mut out = format!("{name}: P({}) = {p:.4}; change that each {by} makes, {} of {of}\n", printable(class), rows.len());
    if let Some(remark) = &answer.remark {
        out.push_str(&format!("    ! {}\n", printable(remark)));
    }
    for r in &rows {
        let points: Vec<String> = r.points.iter().filter_map(|i| curve.observations.get(*i)).map(value).collect();
        let mjd = r.points.first().and_then(|i| curve.observations.get(*i)).map_or(f64::NAN, |o| o.mjd);
        out.push_str(&format!("  {:+.4}  day {:8.2}  MJD {mjd:.3}  {}\n", r.change, mjd - day0, points.join(", ")));
    }
    Ok(out)
}

/// Band and value.
fn value(o: &Observation) -> String {
    let band = printable(o.band.short());
    match (o.limit_mag(), o.mag(), o.mag_err()) {
        (Some(limit), ..) => format!("{band} >{limit:.2}"),
        (None, Some(m), Some(e)) => format!("{band} {m:.2}±{e:.2}"),
        _ => format!("{band} {:.3}±{:.3} uJy", o.flux_ujy, o.flux_err_ujy),
    }
}

fn json_row(curve: &LightCurve, row: &Row, day0: f64) -> Value {
    let points = row.points.iter().filter_map(|i| curve.observations.get(*i));
    let points: Vec<Value> = points
        .map(|o| {
            json!({ "mjd": o.mjd, "band": o.band.name(), "flux_ujy": o.flux_ujy, "flux_err_ujy": o.flux_err_ujy, "limit": o.is_limit() })
        })
        .collect();
    let mjd = row.points.first().and_then(|i| curve.observations.get(*i)).map(|o| o.mjd);
    json!({ "change": row.change, "day": mjd.map(|t| t - day0), "mjd": mjd, "points": points })
}
