//! The report as two files: report.md, and report.html with figures.

mod coverage;
mod document;
mod figures;
mod points;
pub mod worst;

use super::whole::Whole;
use crate::cli::exit::Failure;
use crate::evaluate::bootstrap::Interval;
use crate::evaluate::{AgeRow, Binary, MEASURES, MIN_OBJECTS, Measures, Study};
use crate::plot::FigureError;
use crate::taxonomy::printable;
use anyhow::anyhow;
use document::Block;
use std::path::Path;

/// Names of the files.
const FILES: [&str; 2] = ["report.md", "report.html"];

/// Makes the folder; refuses reports that are there, unless they may be written over. Before any work is done.
pub fn prepare(folder: &Path, overwrite: bool) -> Result<(), Failure> {
    let name = printable(&folder.to_string_lossy());
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::usage(anyhow!("--report {name}: it is a file; give a folder")));
    }
    for file in FILES {
        if !overwrite && folder.join(file).exists() {
            return Err(Failure::usage(anyhow!("{name} has a {file} already; --overwrite writes over it, or give another folder")));
        }
    }
    std::fs::create_dir_all(folder).map_err(|e| Failure::internal(anyhow!("--report {name}: the folder can't be made: {e}")))
}

/// Writes both files. `mistakes`: as from [`mistakes`].
pub fn write(folder: &Path, whole: &Whole, mistakes: Vec<Block>) -> Result<(), Failure> {
    let tree = whole.fair.as_ref().map(|s| &s.report).or(whole.trained.as_ref()).map_or("", |r| r.taxonomy.as_str());
    let title = format!("Evaluation on the tree \"{tree}\"");
    let blocks = content(whole, mistakes).map_err(Failure::internal)?;
    for (file, text) in FILES.iter().zip([document::markdown(&title, &blocks), document::html(&title, &blocks)]) {
        let path = folder.join(file);
        crate::atomic::write(&path, |out| out.write_all(text.as_bytes()))
            .map_err(|e| Failure::internal(anyhow!("{}: can't be written: {e}", printable(&path.to_string_lossy()))))?;
    }
    Ok(())
}

/// The figures of mistakes.
pub fn mistakes(
    mistakes: &[worst::Mistake],
    files: &[std::path::PathBuf],
    options: &crate::lightcurve::read::ReadOptions,
) -> Result<Vec<Block>, Failure> {
    worst::blocks(mistakes, files, options).map_err(Failure::internal)
}

fn content(whole: &Whole, mistakes: Vec<Block>) -> Result<Vec<Block>, FigureError> {
    let mut out = vec![Block::List(whole.remarks())];
    if let Some(study) = &whole.fair {
        study_blocks(&mut out, study, whole.auroc.as_deref())?;
    }
    if let Some(against) = &whole.against {
        out.push(heading("Compared with a second file"));
        out.push(Block::Text(format!(
            "The first less {}, {} objects that both answer; 95 % intervals by paired bootstrap over objects.",
            against.file, against.n
        )));
        let rows = against.differences.iter().filter_map(|r| Some((r.measure, r.interval?)));
        let rows = rows.map(|(measure, i)| vec![measure.into(), i.to_string(), if i.excludes_zero() { "yes" } else { "no" }.into()]);
        out.push(table(&["measure", "difference", "beyond chance"], rows.collect()));
    }
    if whole.fair.is_some() && !mistakes.is_empty() {
        out.push(heading("Worst mistakes"));
        out.push(Block::Text("Most probable leaves that lie farthest from the label on the tree.".into()));
        out.extend(mistakes);
    }
    if let Some(report) = &whole.trained {
        out.push(heading(&format!("Objects that the model was {}", super::TRAINED)));
        out.push(Block::Text("No measure of how the model does on new objects.".into()));
        out.push(Block::Plain(report.to_text(super::TRAINED)));
    }
    Ok(out)
}

fn study_blocks(out: &mut Vec<Block>, study: &Study, auroc: Option<&str>) -> Result<(), FigureError> {
    let report = &study.report;
    out.push(heading("Headline measures"));
    out.push(Block::Text(format!(
        "{} objects, decisions by the rule {}: {} right, {} stopped early, {} mistakes. 95 % intervals by bootstrap over objects. Leaf macro F1 over the {} classes with {MIN_OBJECTS} objects or more.",
        report.n, report.rule, report.correct, report.stopped_early, report.mistakes, report.macro_classes
    )));
    let rows = study.measures.iter().filter_map(|r| Some(vec![name(r.measure, auroc), r.interval?.to_string()]));
    out.push(table(&["measure", "value [95 %]"], rows.collect()));
    if let Some(five) = &report.five_class {
        let macro_f1 = if five.enough { format!("{:.3}", five.macro_f1) } else { "- (too few objects of some)".into() };
        out.push(Block::Text(format!(
            "The five classes of Superphot+ (SN IIn with SLSN-II): macro F1 {macro_f1}, accuracy {:.3}, {} objects.",
            five.accuracy, five.n
        )));
    }
    out.push(heading("Per class"));
    out.push(Block::Text(format!("By the {}, classes with {MIN_OBJECTS} objects or more.", report.leaf_words())));
    let cell = |i: &Option<Interval>| i.map_or_else(|| "-".into(), |i| i.to_string());
    let rows = study
        .class_intervals
        .iter()
        .map(|c| vec![indent(c.level, &c.class), c.n.to_string(), cell(&c.precision), cell(&c.recall), cell(&c.f1)]);
    out.push(table(&["class", "objects", "precision", "recall", "F1"], rows.collect()));
    let few: Vec<String> =
        report.classes.iter().filter(|c| !c.enough && c.score.n > 0).map(|c| format!("{} ({})", c.score.class, c.score.n)).collect();
    if !few.is_empty() {
        out.push(Block::Text(format!("Too few objects for scores: {}.", few.join(", "))));
    }
    let own: Vec<&str> = report.classes.iter().filter(|c| c.own_source && c.atom).map(|c| c.score.class.as_str()).collect();
    if !own.is_empty() {
        out.push(Block::Text(format!(
            "All from a source of their own, so that sampling alone may tell them apart; in no macro F1: {}.",
            own.join(", ")
        )));
    }
    out.push(heading("Confusion per level"));
    for level in &study.level_tables {
        if let Some(a) = &level.averages {
            out.push(Block::Text(format!(
                "Level {}: micro F1 {:.3}; mean over {} classes: precision {:.3}, recall {:.3}, F1 {:.3}.",
                level.level, a.micro, a.classes, a.precision, a.recall, a.f1
            )));
        }
        out.extend(figures::confusion(&format!("Level {}", level.level), &level.confusion)?);
    }
    groups(out, study);
    out.push(heading("Calibration"));
    out.extend(figures::reliability(&report.groups)?);
    forecasts(out, study);
    out.extend(points::blocks(&study.points_calibration)?);
    out.push(heading("Coverage"));
    out.extend(coverage::blocks(&study.coverage));
    out.push(heading("Operating curve"));
    let of_rule = |name: &str| study.measures.iter().find(|m| m.measure == name).and_then(|m| m.interval).map(|i| i.value);
    let rule = of_rule("specificity").zip(of_rule("mistakes")).map(|(specific, wrong)| (report.rule.as_str(), specific, 1.0 - wrong));
    out.extend(figures::operating(&study.operating, rule)?);
    if study.by_age.len() > 1 {
        out.push(heading("Days since the first detection"));
        out.extend(figures::against("Measures by age", "days since the first detection", &study.by_age, auroc)?);
        out.push(ages(&study.by_age, auroc));
    }
    out.push(heading("Number of detections"));
    out.extend(figures::against("Measures by number of detections", "number of detections", &study.by_points, auroc)?);
    out.push(ages(&study.by_points, auroc));
    Ok(())
}

fn groups(out: &mut Vec<Block>, study: &Study) {
    out.push(heading("Groups of siblings"));
    out.push(Block::Text("Which child, given the parent.".into()));
    let number = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{v:.3}"));
    let rows = study.report.groups.iter().map(|g| {
        let top: Vec<String> = g.top_k.iter().map(|k| format!("{k:.3}")).collect();
        vec![
            g.parent.clone(),
            g.n.to_string(),
            format!("{:.3}", g.accuracy),
            top.join(", "),
            number(g.averages.map(|a| a.precision)),
            number(g.averages.map(|a| a.recall)),
            number(g.averages.map(|a| a.f1)),
            format!("{:.3}", g.log_loss),
            number(g.skill),
            number(g.brier_skill),
            g.ece.map_or_else(|| "-".into(), |e| format!("{:.3}", e.debiased)),
        ]
    });
    let head = [
        "group",
        "objects",
        "accuracy",
        "top 1, 2, 3",
        "precision",
        "recall",
        "macro F1",
        "log loss",
        "skill",
        "Brier skill",
        "ECE less chance",
    ];
    out.push(table(&head, rows.collect()));
}

fn forecasts(out: &mut Vec<Block>, study: &Study) {
    out.push(Block::Text(format!(
        "Each node with {MIN_OBJECTS} objects or more as a forecast of its own, and given its parent; skill is against the rate."
    )));
    let rows = study.nodes.iter().filter(|n| n.marginal.positive >= MIN_OBJECTS).map(|n| {
        let number = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{v:.3}"));
        let of = |b: Option<&Binary>| {
            [number(b.map(|b| b.gap)), number(b.and_then(|b| b.skill)), number(b.and_then(|b| b.brier_skill))].into_iter()
        };
        let start = [indent(n.level, &n.node), format!("{} of {}", n.marginal.positive, n.marginal.n)].into_iter();
        start.chain(of(Some(&n.marginal))).chain(of(n.conditional.as_ref())).collect()
    });
    let head = ["node", "objects", "|mean P - rate|", "skill", "Brier skill", "|mean p - rate| given parent", "skill", "Brier skill"];
    out.push(table(&head, rows.collect()));
}

fn ages(rows: &[AgeRow], auroc: Option<&str>) -> Block {
    // Columns without any value are left out.
    let kept: Vec<usize> = (0..MEASURES.len()).filter(|&k| rows.iter().any(|r| value(&r.measures, k).is_some())).collect();
    let head = ["", "objects"].into_iter().map(String::from);
    let head = head.chain(kept.iter().filter_map(|&k| MEASURES.get(k)).map(|m| name(m, auroc))).collect();
    let row = |r: &AgeRow| {
        let start = [r.name.clone(), r.measures.n.to_string()].into_iter();
        start.chain(kept.iter().map(|&k| value(&r.measures, k).map_or_else(|| "-".into(), |v| format!("{v:.3}")))).collect()
    };
    Block::Table(head, rows.iter().map(row).collect())
}

fn value(measures: &Measures, k: usize) -> Option<f64> {
    measures.values().get(k).copied().flatten()
}

fn name(measure: &str, auroc: Option<&str>) -> String {
    auroc.filter(|_| measure == "AUROC").map_or_else(|| measure.to_string(), |c| format!("AUROC of {c}"))
}

fn indent(level: usize, name: &str) -> String {
    format!("{}{name}", "\u{2003}".repeat(level.saturating_sub(1)))
}

fn heading(text: &str) -> Block {
    Block::Heading(2, text.into())
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> Block {
    Block::Table(head.iter().map(|h| h.to_string()).collect(), rows)
}
