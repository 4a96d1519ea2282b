//! The figures of the report's page.

use super::document::Block;
use crate::evaluate::{AgeRow, Confusion, GroupRow, MIN_OBJECTS, Measures, OperatingPoint};
use crate::plot::{Axis, Chart, FigureError, Matrix, Series};

/// More classes than this make a table that nobody can read: the most frequent ones are drawn.
const MOST_CLASSES: usize = 24;
/// Most lines in one figure of reliability.
const MOST_LINES: usize = 7;
const FRAME: (f64, f64) = (420.0, 260.0);
const SQUARE: (f64, f64) = (320.0, 320.0);

/// A table of confusion; none where all objects are of one class.
pub fn confusion(title: &str, table: &Confusion) -> Result<Option<Block>, FigureError> {
    let n_of = |i: usize| table.counts.get(i).map_or(0, |row| row.iter().sum::<u64>());
    if (0..table.classes.len()).filter(|&i| n_of(i) > 0).count() < 2 {
        return Ok(None);
    }
    let mut kept: Vec<usize> = (0..table.classes.len()).collect();
    kept.sort_by_key(|&i| std::cmp::Reverse(n_of(i)));
    kept.truncate(MOST_CLASSES);
    kept.sort_unstable();
    let names: Vec<String> = kept.iter().filter_map(|&i| table.classes.get(i).cloned()).collect();
    let cell = |i: usize, j: usize| table.counts.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let counts: Vec<Vec<u64>> = kept.iter().map(|&i| kept.iter().map(|&j| cell(i, j)).collect()).collect();
    let left = table.classes.len() - kept.len();
    let more = if left > 0 { format!("; {left} rarer classes are not drawn") } else { String::new() };
    let caption = format!("{title}: rows are true classes, columns what the most probable leaf says, shaded by the share of the row{more}");
    Block::drawing(&caption, |theme| Ok(Matrix { title: title.into(), names: names.clone(), counts: counts.clone(), theme })).map(Some)
}

/// Reliability of the groups with most objects, without those in which all are alike.
pub fn reliability(groups: &[GroupRow]) -> Result<Option<Block>, FigureError> {
    let mut groups: Vec<&GroupRow> = groups.iter().filter(|g| g.n >= MIN_OBJECTS && g.skill.is_some()).collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.n));
    groups.truncate(MOST_LINES);
    if groups.is_empty() {
        return Ok(None);
    }
    let line = |g: &&GroupRow| Series {
        name: format!("{} ({})", g.parent, g.n),
        points: g.reliability.iter().map(|b| (b.stated, b.seen)).collect(),
    };
    let series: Vec<Series> = groups.iter().map(line).collect();
    let caption = "Reliability within each group of siblings: stated probability of the most probable child against the share of right answers, in bins of equal numbers; on the diagonal the two agree.";
    reliability_chart("Reliability per group of siblings", caption, &series).map(Some)
}

/// Stated probabilities against shares of right answers.
pub fn reliability_chart(title: &str, caption: &str, series: &[Series]) -> Result<Block, FigureError> {
    Block::drawing(caption, |theme| {
        Ok(Chart {
            title: title.into(),
            x: Axis::unit("stated probability"),
            y: Axis::unit("share of right answers"),
            series: series.to_vec(),
            diagonal: true,
            theme,
            frame: SQUARE,
        })
    })
}

/// Specificity against correctness. `rule`: what the rule of the decisions reaches, by its name.
pub fn operating(points: &[OperatingPoint], rule: Option<(&str, f64, f64)>) -> Result<Option<Block>, FigureError> {
    if points.is_empty() {
        return Ok(None);
    }
    let mut line = vec![Series {
        name: "a threshold tau from 0.05 to 0.999".into(),
        points: points.iter().map(|p| (p.specificity, p.correctness)).collect(),
    }];
    line.extend(rule.map(|(name, x, y)| Series { name: name.into(), points: vec![(x, y)] }));
    let least = line.iter().flat_map(|l| &l.points).map(|p| p.1).fold(1.0, f64::min);
    let caption = "As the threshold tau rises, decisions stop earlier: less specific (share of the true path that is said) and more often free of mistakes.";
    Block::drawing(caption, |theme| {
        Ok(Chart {
            title: "Operating curve".into(),
            x: Axis::unit("specificity"),
            y: Axis::upper("share of decisions without a mistake", least),
            series: line.clone(),
            diagonal: false,
            theme,
            frame: SQUARE,
        })
    })
    .map(Some)
}

/// A measure by its name.
type Named<'a> = (&'a str, fn(&Measures) -> Option<f64>);

/// Measures against age or number of points; nothing for fewer than two rows.
pub fn against(title: &str, x_title: &str, rows: &[AgeRow], auroc: Option<&str>) -> Result<Vec<Block>, FigureError> {
    if rows.len() < 2 {
        return Ok(Vec::new());
    }
    let of = format!("AUROC of {}", auroc.unwrap_or_default());
    let shares: Vec<Named> = vec![
        ("hierarchical F", |m| m.hierarchical_f),
        ("hierarchical F, mean over labels", |m| m.hierarchical_f_macro),
        ("leaf macro F1", |m| m.leaf_macro_f1),
        ("accuracy, first level", |m| m.first_level_accuracy),
        (of.as_str(), |m| m.auroc),
    ];
    let names: Vec<String> = rows.iter().map(|r| r.name.trim_end_matches(" points").to_string()).collect();
    let line = |(name, value): &Named| Series {
        name: (*name).into(),
        points: rows.iter().enumerate().filter_map(|(i, r)| Some((i as f64, value(&r.measures)?))).collect(),
    };
    let series: Vec<Series> = shares.iter().map(line).filter(|s| !s.points.is_empty()).collect();
    let loss = line(&("", |m| m.log_loss));
    let most = loss.points.iter().map(|p| p.1).fold(0.0, f64::max);
    let chart = |theme, title: String, y: Axis, series: Vec<Series>| {
        Ok(Chart { title, x: Axis::names(x_title, &names), y, series, diagonal: false, theme, frame: FRAME })
    };
    Ok(vec![
        Block::drawing(&format!("{title}; the table has the numbers of objects"), |theme| {
            chart(theme, title.into(), Axis::unit(""), series.clone())
        })?,
        Block::drawing(&format!("Log loss against {x_title}: lower is better"), |theme| {
            chart(theme, "Log loss".into(), Axis::upto("mean -ln P(label)", most), vec![loss.clone()])
        })?,
    ])
}
