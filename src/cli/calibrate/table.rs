//! What a calibration changed, as text and as JSON.

use super::gather::Gathered;
use crate::cli::exit::Failure;
use crate::model::Model;
use crate::taxonomy::printable;
use crate::train::calibrate::again::Again;
use crate::train::calibrate::measure::{GroupMeasure, Measures};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Nodes with fewer objects get no line of their own.
const LEAST: usize = 20;

/// (temperature of the group, before, after) in the groups' order.
fn groups<'a>(done: &'a Again, model: &Model) -> Vec<(f64, &'a GroupMeasure, &'a GroupMeasure)> {
    let layout = model.layout();
    let scaling = model.scaling().then(&done.fitted.all);
    let name = |parent: Option<usize>| parent.map_or(&layout.root_name, |s| &layout.slots[s].name);
    let temperature = |of: &str| {
        let group = layout.groups.iter().find(|g| name(g.parent) == of);
        group.and_then(|g| g.members.first()).map_or(1.0, |m| 1.0 / scaling.scale[*m])
    };
    done.before.groups.iter().zip(&done.after.groups).map(|(b, a)| (temperature(&b.parent), b, a)).collect()
}

/// (node, objects, bias, mean p - rate before and after).
fn nodes<'a>(done: &'a Again, model: &Model) -> Vec<(&'a str, usize, f64, f64, f64)> {
    let scaling = model.scaling().then(&done.fitted.all);
    let bias = |name: &str| model.layout().by_name(name).map_or(0.0, |s| scaling.offset[s]);
    let off = |m: &Measures, i: usize| m.nodes.get(i).map_or(f64::NAN, |n| n.mean_p - n.rate);
    let node = |(i, n): (usize, &'a crate::train::calibrate::measure::NodeMeasure)| {
        (n.node.as_str(), n.objects, bias(&n.node), off(&done.before, i), off(&done.after, i))
    };
    done.before.nodes.iter().enumerate().map(node).collect()
}

/// For people.
pub fn as_text(done: &Again, model: &Model, gathered: &Gathered) -> String {
    let mut out = String::new();
    let trained = if gathered.with_trained && gathered.trained > 0 {
        format!(", {} of them TRAINED ON: the measures are too good", gathered.trained)
    } else {
        String::new()
    };
    // Writing to a String can't fail.
    let _ = writeln!(
        out,
        "calibrated on {} objects{trained}\nwhole light curves; after: each object by a fit that left its fifth of the objects out\n\nlog loss {:.4} -> {:.4}\n",
        done.fitted.objects, done.before.log_loss, done.after.log_loss
    );
    let rows = groups(done, model);
    let width = rows.iter().map(|r| printable(&r.1.parent).width()).max().unwrap_or(0).max(16);
    let pad = |name: &str, width: usize| format!("{name}{}", " ".repeat(width.saturating_sub(name.width())));
    let _ = writeln!(out, "{} {:>7} {:>6}   {:^17}   {:^17}", pad("children of", width), "objects", "T", "log loss", "debiased ECE");
    for (t, b, a) in rows {
        let ece = |m: &GroupMeasure| m.debiased_ece.map_or_else(|| "-".to_string(), |e| format!("{e:.3}"));
        let _ = writeln!(
            out,
            "{} {:>7} {t:>6.3}   {:>7.4}-> {:>7.4}   {:>7}-> {:>7}",
            pad(&printable(&b.parent), width),
            b.objects,
            b.log_loss,
            a.log_loss,
            ece(b),
            ece(a)
        );
    }
    let rows = nodes(done, model);
    let width = rows.iter().map(|r| printable(r.0).width()).max().unwrap_or(0).max(16);
    let _ = writeln!(out, "\n{} {:>7} {:>6}   {:^19}", pad("class", width), "objects", "b", "mean p - rate");
    for (name, n, bias, before, after) in rows.into_iter().filter(|r| r.1 >= LEAST) {
        let _ = writeln!(out, "{} {n:>7} {bias:>6.3}   {before:>+8.4}-> {after:>+8.4}", pad(&printable(name), width));
    }
    out
}

/// For scripts.
pub fn as_json(done: &Again, model: &Model, output: &Path, gathered: &Gathered) -> Result<String, Failure> {
    let groups: Vec<_> = groups(done, model)
        .into_iter()
        .map(|(t, before, after)| json!({ "children_of": before.parent, "temperature": t, "before": before, "after": after }))
        .collect();
    let nodes: Vec<_> = nodes(done, model)
        .into_iter()
        .map(|(node, objects, bias, before, after)| {
            json!({ "node": node, "objects": objects, "bias": bias, "mean_p_minus_rate": { "before": before, "after": after } })
        })
        .collect();
    let value = json!({
        "model": output.to_string_lossy(),
        "objects": done.fitted.objects,
        "trained_on": if gathered.with_trained { gathered.trained } else { 0 },
        "strength": done.fitted.strength,
        "log_loss": { "before": done.before.log_loss, "after": done.after.log_loss },
        "groups": groups,
        "nodes": nodes,
        "notes": gathered.notes,
    });
    serde_json::to_string_pretty(&value).map(|t| t + "\n").map_err(Failure::internal)
}
