//! Which class each label means, and labels that become aliases with one key.

use super::{counts, edit, open, report};
use crate::taxonomy::mapping::{MappedLabel, Outcome, attach as attach_label, map_labels};
use crate::taxonomy::{NodeId, diff::short_path};
use crate::tui::action::LabelsFor;
use crate::tui::effect::Effect;
use crate::tui::overlay::{LabelCounts, Listing, ListingKind, ListingRow, Overlay, Purpose, RowTone};
use crate::tui::state::{State, Tone};
use crate::tui::text::{self, clean};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FOOT: &str = "a alias there · t alias of the selected class · b absorbed there · f file · enter · esc";

/// Lists the labels of the opened objects; asks for a file where they have none.
pub fn labels(state: &mut State) -> Vec<Effect> {
    let mut order: Vec<(String, u64)> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for label in state.objects.labels() {
        match at.get(label).and_then(|i| order.get_mut(*i)) {
            Some(entry) => entry.1 += 1,
            None => {
                at.insert(label, order.len());
                order.push((label.to_string(), 1));
            }
        }
    }
    if order.is_empty() {
        ask_file(state);
    } else {
        list(state, Arc::new(order), "the opened objects".into(), None);
    }
    Vec::new()
}

fn ask_file(state: &mut State) {
    open(state, Purpose::Labels(LabelsFor::Mapping), "Labels of which file (a table, or light curves)".into(), String::new());
}

/// Labels of a file were read.
pub fn read(state: &mut State, why: LabelsFor, path: PathBuf, labels: Result<Vec<(String, u64)>, String>) {
    let name = shown(&path);
    match (labels, why) {
        (Err(reason), _) => state.say(Tone::Error, clean(&reason).into_owned()),
        (Ok(labels), LabelsFor::Counts) => {
            counts::of_labels(state, format!("examples of {name}"), labels.iter().map(|(l, n)| (l.as_str(), *n)));
        }
        (Ok(labels), LabelsFor::Mapping | LabelsFor::Truth) => {
            state.status = None;
            list(state, Arc::new(labels), name, None);
        }
    }
}

fn shown(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Puts up the list; `at` is the label whose row is selected.
fn list(state: &mut State, labels: LabelCounts, of: String, at: Option<&str>) {
    let tree = state.tree.taxonomy();
    let mapping = map_labels(tree, labels.iter().map(|(l, n)| (l.as_str(), *n)), &[]);
    let mut mapped: Vec<&MappedLabel> = mapping.rows.iter().collect();
    // What needs a hand comes first, then what loses detail.
    mapped.sort_by_key(|m| (std::cmp::Reverse(m.outcome), std::cmp::Reverse(m.count)));
    let longest = mapped.iter().map(|m| text::width(&clean(&m.label))).max().unwrap_or(0).clamp(6, 30);
    let row = |m: &&MappedLabel| {
        let tone = match m.outcome {
            Outcome::Unmapped | Outcome::Ambiguous => RowTone::Error,
            o if o.loses_detail() => RowTone::Warn,
            Outcome::Synonym => RowTone::Good,
            _ => RowTone::Dim,
        };
        let remark = m.remark(tree);
        let to = match m.node {
            Some(node) if remark.is_empty() => format!("→ {}", short_path(tree, node)),
            Some(node) => format!("→ {}   {remark}", short_path(tree, node)),
            None => remark,
        };
        let line = format!("{} {:>6}  {to}", text::pad(&m.label, longest), text::count(m.count));
        let suggested = m.node.or_else(|| m.suggestions.first().map(|s| s.node));
        let label = (m.outcome > Outcome::Alias && m.outcome != Outcome::Absorbed).then(|| (m.label.clone(), suggested));
        ListingRow { node: m.node.or(suggested), label, ..ListingRow::new(tone, m.outcome.name(), line) }
    };
    let rows: Vec<ListingRow> = mapped.iter().map(row).collect();
    let t = &mapping.totals;
    let unmapped = match t.unmapped_labels() {
        0 => "none unmapped".to_string(),
        labels => format!("{} of {} unmapped", text::long_count(t.unmapped() as usize), text::plural(labels as usize, "label")),
    };
    let head = vec![format!(
        "{}: {} without loss, {} with detail lost, {unmapped}",
        text::plural(t.objects() as usize, "object"),
        text::long_count(t.without_loss() as usize),
        text::long_count(t.with_loss() as usize),
    )];
    let selected = at.and_then(|label| mapped.iter().position(|m| m.label == label)).unwrap_or(0);
    let title = format!("Labels of {}", clean(&of));
    let (kind, foot) = (ListingKind::Labels, FOOT.into());
    report::put_up(state, Listing { kind, title, head, rows, selected, offset: 0, foot, labels: Some((labels, of)) });
}

/// A letter in the list: the label becomes an alias, is absorbed, or another file is asked for.
pub fn key(state: &mut State, c: char) -> Vec<Effect> {
    if c == 'f' {
        ask_file(state);
        return Vec::new();
    }
    let Some(Overlay::Listing(l)) = &state.overlay else { return Vec::new() };
    let Some((labels, of)) = l.labels.clone() else { return Vec::new() };
    let Some((label, suggested)) = l.rows.get(l.selected).and_then(|r| r.label.clone()) else {
        state.say(Tone::Warn, "this label is in the tree already");
        return Vec::new();
    };
    let node = if c == 't' { Some(state.tree.selected.node) } else { suggested };
    let Some(node) = node.filter(|n| state.tree.taxonomy().is_attached(*n)) else {
        state.say(Tone::Warn, "no class is suggested: t takes the one that is selected in the tree");
        return Vec::new();
    };
    // The list stays where it was: on the label below.
    let next = l.rows.get(l.selected + 1).and_then(|r| r.label.clone()).map(|(label, _)| label);
    if attach(state, node, &label, c == 'b') {
        list(state, labels, of, next.as_deref());
    }
    Vec::new()
}

fn attach(state: &mut State, id: NodeId, label: &str, absorb: bool) -> bool {
    let data = state.tree.taxonomy().node(id);
    let title = if absorb { format!("{} absorbs {label}", data.name) } else { format!("{label} is an alias of {}", data.name) };
    let edit = attach_label(state.tree.taxonomy(), id, label, !absorb);
    edit::apply(state, title, edit)
}
