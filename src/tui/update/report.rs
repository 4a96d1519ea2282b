//! Lists that lead somewhere: what is doubtful in the tree, what differs, what labels mean.

use super::navigate::{self, reveal};
use crate::taxonomy::{Severity, validate};
use crate::tui::effect::Effect;
use crate::tui::overlay::{Listing, ListingKind, ListingRow, Overlay, RowTone};
use crate::tui::state::{Pane, RowKey, State, Tone, TreeRowKind};
use crate::tui::text;

/// Puts up a list.
pub fn show(state: &mut State, kind: ListingKind, title: String, head: Vec<String>, rows: Vec<ListingRow>, foot: &str) {
    let selected = rows.iter().position(|r| r.tone != RowTone::Heading).unwrap_or(0);
    put_up(state, Listing { kind, title, head, rows, selected, offset: 0, foot: foot.into(), labels: None });
}

/// Puts up a list that is made already, or keeps it until nothing else lies over the panes.
pub fn put_up(state: &mut State, listing: Listing) {
    // What is being typed or asked is not taken away by a result that comes late.
    if matches!(&state.overlay, None | Some(Overlay::Listing(_) | Overlay::Help { .. } | Overlay::Errors { .. })) {
        state.overlay = Some(Overlay::Listing(listing));
    } else {
        state.waiting = Some(listing);
    }
}

/// What is wrong or doubtful in the tree.
pub fn findings(state: &mut State) {
    let mut findings = validate(state.tree.taxonomy());
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    if findings.is_empty() {
        state.say(Tone::Info, "the tree is sound: nothing to remark");
        return;
    }
    let number = |s: Severity| findings.iter().filter(|f| f.severity == s).count();
    let counts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .map(|(s, word)| text::plural(number(s), word));
    let rows = findings.iter().map(|f| {
        let tone = match f.severity {
            Severity::Error => RowTone::Error,
            Severity::Warning => RowTone::Warn,
            Severity::Note => RowTone::Dim,
        };
        ListingRow { node: f.node, ..ListingRow::new(tone, f.severity.name(), format!("{} [{}]", f.text, f.code.name())) }
    });
    let rows = rows.collect();
    show(
        state,
        ListingKind::Findings,
        format!("Check of the tree: {}", counts.join(", ")),
        Vec::new(),
        rows,
        "enter goes to the class · esc closes",
    );
}

/// Enter: where the row leads.
pub fn follow(state: &mut State, listing: Listing) -> Vec<Effect> {
    let Some(row) = listing.rows.get(listing.selected) else { return Vec::new() };
    if let Some(node) = row.node.filter(|n| state.tree.taxonomy().is_attached(*n)) {
        state.tree.filter.clear();
        state.focus = Pane::Taxonomy;
        reveal(state, RowKey { node, kind: TreeRowKind::Node });
        return Vec::new();
    }
    if let Some(id) = row.point {
        super::curve::choose_point(state, id);
        return Vec::new();
    }
    if let Some(n) = row.peak {
        super::curve::take_peak(state, n);
        return Vec::new();
    }
    if let Some(index) = row.object {
        return navigate::select_object(state, index);
    }
    // A row that leads nowhere closes the list no less.
    Vec::new()
}

/// A letter while a list is shown.
pub fn key(state: &mut State, c: char) -> Vec<Effect> {
    let Some(Overlay::Listing(l)) = &state.overlay else { return Vec::new() };
    match (l.kind, c) {
        (ListingKind::Labels, 'a' | 't' | 'b' | 'f') => super::labels::key(state, c),
        (ListingKind::Refit, 'B') => super::refit::back(state),
        (ListingKind::Refit, 'W') => {
            state.overlay = None;
            super::command(state, crate::tui::command::Cmd::SaveModel)
        }
        _ => Vec::new(),
    }
}
