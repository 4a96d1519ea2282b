//! Calibration by number of detections.

use super::document::Block;
use super::figures::reliability_chart;
use super::table;
use crate::evaluate::{MIN_OBJECTS, POINT_BINS, PointsCalibration};
use crate::plot::{FigureError, Series};

/// The reliability of the group that most objects go through whose children are not all alike, and the table of all groups.
pub fn blocks(rows: &[PointsCalibration]) -> Result<Vec<Block>, FigureError> {
    let kept: Vec<&PointsCalibration> = rows.iter().filter(|r| r.n >= MIN_OBJECTS && r.skill.is_some()).collect();
    let mut out = Vec::new();
    let most = kept.iter().max_by_key(|r| kept.iter().filter(|o| o.parent == r.parent).map(|o| o.n).sum::<u64>());
    if let Some(parent) = most.map(|r| r.parent.as_str()) {
        let of_group = kept.iter().filter(|r| r.parent == parent).take(POINT_BINS.len());
        let series: Vec<Series> = of_group
            .map(|r| Series { name: format!("{} ({})", r.name, r.n), points: r.reliability.iter().map(|b| (b.stated, b.seen)).collect() })
            .collect();
        let title = format!("Which child of {parent}, by number of detections");
        let caption = format!("{title}: stated probability of the most probable child against the share of right answers");
        out.push(reliability_chart(&title, &caption, &series)?);
    }
    let number = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{v:.3}"));
    let cells = |r: &&PointsCalibration| {
        vec![
            format!("{}, {}", r.parent, r.name),
            r.n.to_string(),
            format!("{:.3}", r.accuracy),
            number(r.skill),
            number(r.ece.map(|e| e.raw)),
            number(r.ece.map(|e| e.debiased)),
        ]
    };
    let head = ["group, detections", "objects", "accuracy", "skill", "ECE", "ECE less chance"];
    out.push(Block::Text(format!("By number of detections, an object once in each bin; bins of {MIN_OBJECTS} objects or more.")));
    out.push(table(&head, kept.iter().map(cells).collect()));
    Ok(out)
}
