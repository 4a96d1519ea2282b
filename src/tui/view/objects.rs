//! The list of objects. Only the rows on the screen are looked at, so its length does not matter.

use super::{ListHit, foot, frame, scrolled};
use crate::evaluate::Verdict;
use crate::model::novelty::WARN_PERCENTILE;
use crate::tui::arrange::SortKey;
use crate::tui::judge::Mark;
use crate::tui::objects::{Classified, Object, Tally};
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    N,
    Span,
    Mag,
    Decision,
    P,
    Truth,
    Margin,
    Entropy,
    Novelty,
    Label,
    File,
}

impl Column {
    /// From left to right.
    const ALL: [Column; 12] = [
        Column::Name,
        Column::N,
        Column::Span,
        Column::Mag,
        Column::Decision,
        Column::P,
        Column::Truth,
        Column::Margin,
        Column::Entropy,
        Column::Novelty,
        Column::Label,
        Column::File,
    ];
    /// Those that are left out where there is no room, the most wanted first.
    const EXTRA: [Column; 9] = [
        Column::Truth,
        Column::N,
        Column::Mag,
        Column::Margin,
        Column::Label,
        Column::Novelty,
        Column::Entropy,
        Column::Span,
        Column::File,
    ];

    fn heading(self) -> &'static str {
        match self {
            Column::Span => "days",
            Column::Truth => "",
            Column::Label => "label",
            Column::File => "file",
            _ => self.sort().map_or("", |s| s.info().heading),
        }
    }

    /// What it is sorted by.
    fn sort(self) -> Option<SortKey> {
        Some(match self {
            Column::Name => SortKey::Name,
            Column::N => SortKey::N,
            Column::Mag => SortKey::Mag,
            Column::Decision => SortKey::Decision,
            Column::P => SortKey::P,
            Column::Margin => SortKey::Margin,
            Column::Entropy => SortKey::Entropy,
            Column::Novelty => SortKey::Novelty,
            _ => return None,
        })
    }

    /// Columns on the screen, without the blank behind it, room for the arrow of the heading included.
    fn width(self) -> usize {
        match self {
            Column::N => 5,
            Column::Span => 6,
            Column::Mag => 5,
            Column::P => 3,
            Column::Truth => 1,
            Column::Margin => 7,
            Column::Entropy => 5,
            Column::Novelty => 6,
            Column::Label => 14,
            Column::File => 12,
            Column::Name | Column::Decision => 0,
        }
    }

    fn is_number(self) -> bool {
        !matches!(self, Column::Name | Column::Decision | Column::Truth | Column::Label | Column::File)
    }
}

/// The least room for a decision, below which no other column is shown; and what it has where all are.
const DECISION: (usize, usize) = (10, 18);

/// The columns that have room, with their widths; `ids` is the width of the longest name in sight.
fn columns(state: &State, ids: usize, width: usize) -> Vec<(Column, usize)> {
    let sorted = state.objects.sort().key;
    let name = ids.clamp(6, (width / 2).max(12).min(width.saturating_sub(9)).max(6));
    let mut left = width.saturating_sub(name + 1 + 4);
    let mut chosen = vec![Column::Name, Column::Decision, Column::P];
    let mut take = |column: Column| {
        let needed = column.width() + 1;
        if !chosen.contains(&column) && left >= needed + DECISION.0 {
            left -= needed;
            chosen.push(column);
        }
    };
    let labelled = state.objects.has_labels();
    if labelled {
        take(Column::Truth);
    }
    // What it is sorted by should be seen.
    if let Some(column) = Column::ALL.into_iter().find(|c| c.sort() == Some(sorted)) {
        take(column);
    }
    for column in Column::EXTRA {
        if labelled || !matches!(column, Column::Truth | Column::Label) {
            take(column);
        }
    }
    let all = chosen.contains(&Column::File);
    let decision = if all { left.min(DECISION.1) } else { left };
    let width_of = |c: Column| match c {
        Column::Name => name,
        Column::Decision => decision,
        Column::File => c.width() + left.saturating_sub(decision),
        c => c.width(),
    };
    Column::ALL.into_iter().filter(|c| chosen.contains(c)).map(|c| (c, width_of(c))).collect()
}

/// Draws the pane.
pub fn draw(state: &State, rect: Rect, buf: &mut Buffer) -> ListHit {
    let t = &state.theme;
    let n = state.objects.shown();
    let inside = frame(state, Pane::Objects, &title(state), rect, buf);
    if state.objects.is_empty() || n == 0 {
        notes(state, true, rect, buf);
        let words = match (state.objects.is_empty(), state.source.reading.is_some()) {
            (true, true) => "reading…",
            (true, false) => "no light curve was read",
            _ => "the filter lets none through (Esc)",
        };
        let room = inside.width.saturating_sub(1);
        put(buf, inside.x + 1, inside.y, &text::fit(words, usize::from(room)), room, t.dim);
        return ListHit { pane: rect, list: Rect { height: 0, ..inside }, rows: 0, offset: 0 };
    }
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let rows = usize::from(list.height);
    let offset = scrolled(state.objects.offset, state.objects.at(), n, rows);
    let seen: Vec<(usize, &Object)> = (offset..n.min(offset + rows))
        .filter_map(|place| state.objects.row_at(place))
        .filter_map(|i| Some((i, state.objects.get(i)?)))
        .collect();
    let ids = seen.iter().map(|(_, o)| text::width(&text::clean(&o.curve.object_id))).max().unwrap_or(0);
    let columns = columns(state, ids, usize::from(inside.width).saturating_sub(2));
    let sort = state.objects.sort();
    let sort_is_seen = columns.iter().any(|(c, _)| c.sort() == Some(sort.key));
    notes(state, sort_is_seen, rect, buf);
    let end = inside.right();
    let cell = |buf: &mut Buffer, x: u16, y: u16, column: Column, width: usize, words: &str, style: Style| {
        let words = text::fit(words, width);
        let lead = if column.is_number() { width.saturating_sub(text::width(&words)) as u16 } else { 0 };
        put(buf, x + lead, y, &words, end.saturating_sub(x + lead), style);
    };
    let mut x = inside.x + 1;
    for (column, width) in &columns {
        let by = column.sort() == Some(sort.key);
        let heading = if by { format!("{}{}", column.heading(), sort.arrow()) } else { column.heading().to_string() };
        cell(buf, x, inside.y, *column, *width, &heading, if by { t.accent } else { t.header });
        x += *width as u16 + 1;
    }
    for ((i, object), y) in seen.into_iter().zip(list.y..) {
        let mut x = inside.x + 1;
        for (column, width) in &columns {
            let (words, style) = words(state, i, object, *column);
            cell(buf, x, y, *column, *width, &words, style);
            x += *width as u16 + 1;
        }
        let selected = i == state.objects.selected;
        if object.marked {
            put(buf, inside.x, y, "●", 1, t.accent);
        } else if selected {
            put(buf, inside.x, y, "▌", 1, t.accent);
        }
        if selected {
            let over = if state.focus == Pane::Objects { t.selected } else { t.selected_idle };
            buf.set_style(Rect::new(inside.x + 1, y, inside.width - 1, 1), over);
        }
    }
    ListHit { pane: rect, list, rows, offset }
}

/// `Objects 3/120 of 5,000 · p>0.8`.
fn title(state: &State) -> String {
    let (n, of) = (state.objects.shown(), state.objects.len());
    let place = if state.objects.selected_is_shown() { text::long_count(state.objects.at() + 1) } else { "–".into() };
    let place = if of == 0 { "0".into() } else { place };
    match state.objects.filter() {
        None => format!("Objects {place}/{}", text::long_count(n)),
        Some(f) => format!("Objects {place}/{} of {} · {}", text::long_count(n), text::long_count(of), f.text),
    }
}

/// What stands in the lower edge.
fn notes(state: &State, sort_is_seen: bool, rect: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let n = state.objects.len();
    let mut notes = Vec::new();
    let mut warn = !state.errors.is_empty() || state.source.simulated;
    if let Some(Err(e)) = state.objects.filter().map(|f| &f.filter) {
        // The list stays as it was when the filter still meant something.
        notes.push(format!("no filter of this tree: {}", e.text));
        warn = true;
    }
    if let Some((done, of)) = state.source.reading {
        notes.push(if of > 1 { format!("reading file {} of {of}", (done + 1).min(of)) } else { "reading".into() });
    }
    if state.model.ready().is_some() && state.objects.n_classified() < n {
        notes.push(format!("{} % classified", 100 * state.objects.n_classified() / n.max(1)));
    }
    if !state.errors.is_empty() {
        notes.push(format!("{} unreadable (E)", state.errors.len()));
    }
    let sort = state.objects.sort();
    if !sort_is_seen && !sort.is_none() {
        notes.push(format!("by {} {}", sort.key.info().heading, sort.arrow()));
    }
    if state.objects.is_stale() {
        notes.push("o sorts anew".into());
    }
    let room = usize::from(rect.width.saturating_sub(6));
    let fits = |notes: &[String], more: &str| notes.iter().map(|n| text::width(n) + 3).sum::<usize>() + text::width(more) <= room;
    // Where room is short, the word stands in the header and on the plot as well.
    let simulated = Some("SIMULATED".to_string()).filter(|s| state.source.simulated && (notes.is_empty() || fits(&notes, s)));
    let last = simulated.iter().map(|s| text::width(s) + 3).sum::<usize>();
    let blank = " ".repeat(last);
    if state.objects.n_marked() > 0 {
        let marked = format!("{} marked", text::long_count(state.objects.n_marked()));
        notes.extend(Some(marked).filter(|m| fits(&notes, &format!("{m}{blank}"))));
    }
    let tally = state.objects.tally();
    let forms = if tally.is_empty() { Vec::new() } else { vec![in_words(tally), in_signs(tally)] };
    notes.extend(forms.into_iter().find(|f| fits(&notes, &format!("{f}{blank}"))));
    notes.extend(simulated);
    if !notes.is_empty() {
        foot(&notes.join(" · "), if warn { t.warn } else { t.dim }, rect, buf);
    }
}

/// How decisions stand to labels, with their words.
fn in_words(t: Tally) -> String {
    let counts = [("✓", t.right, "right"), ("·", t.early, "early"), ("✗", t.wrong, "wrong"), ("?", t.outside, "not in the tree")];
    counts.iter().map(|(sign, n, word)| format!("{sign} {} {word}", text::long_count(*n))).collect::<Vec<_>>().join("  ")
}

/// As [`in_words`], in little room.
fn in_signs(t: Tally) -> String {
    let counts = [("✓", t.right), ("·", t.early), ("✗", t.wrong), ("?", t.outside)];
    counts.iter().filter(|(_, n)| *n > 0).map(|(sign, n)| format!("{sign}{n}")).collect::<Vec<_>>().join(" ")
}

/// What a column says of an object, and how.
fn words(state: &State, row: usize, object: &Object, column: Column) -> (String, Style) {
    let t = &state.theme;
    let said = object.said;
    let number = |v: Option<String>| (v.unwrap_or_default(), t.text);
    match column {
        Column::Name => {
            let style = if state.objects.matches(row) { t.accent } else { t.text };
            (object.curve.object_id.clone(), style)
        }
        Column::N => (text::count(object.facts.n as u64), t.dim),
        Column::Span => (format!("{:.1}", object.facts.span_d), t.dim),
        Column::Mag => number(object.facts.peak_mag.map(|m| format!("{m:.2}"))),
        Column::Decision => decision(state, object),
        Column::P => number(said.map(|s| text::short_probability(s.p))),
        Column::Truth => truth_sign(state, object.mark),
        Column::Margin => number(said.map(|s| text::probability(s.margin))),
        Column::Entropy => number(said.map(|s| format!("{:.2}", s.entropy))),
        Column::Novelty => match object.novelty() {
            Some(n) if n >= WARN_PERCENTILE => (text::percentile(n), t.warn),
            n => number(n.map(text::percentile)),
        },
        Column::Label => (state.objects.label(object).unwrap_or_default().to_string(), t.dim),
        Column::File => {
            let name = |p: &std::path::Path| p.file_name().unwrap_or(p.as_os_str()).to_string_lossy().into_owned();
            match object.facts.files.as_slice() {
                [] => (String::new(), t.dim),
                [one] => (name(one), t.dim),
                [first, more @ ..] => (format!("+{} {}", more.len(), name(first)), t.warn),
            }
        }
    }
}

/// The sign of how a decision stands to the label.
fn truth_sign(state: &State, mark: Option<Mark>) -> (String, Style) {
    let t = &state.theme;
    let (sign, style) = match mark {
        None => (" ", t.dim),
        Some(Mark::Judged(Verdict::Correct)) => ("✓", t.good),
        Some(Mark::Judged(Verdict::StoppedEarly)) => ("·", t.text),
        Some(Mark::Judged(Verdict::Mistake)) => ("✗", t.error),
        Some(Mark::Outside) => ("?", t.warn),
    };
    (sign.to_string(), style)
}

/// The name of the decision, as far as it is known.
fn decision(state: &State, object: &Object) -> (String, Style) {
    let t = &state.theme;
    match (&object.classified, object.said) {
        (Classified::Waiting, _) if state.model.ready().is_none() => (String::new(), t.dim),
        (Classified::Waiting, _) => ("…".into(), t.dim),
        (Classified::Failed(_), _) => ("not classified".into(), t.error),
        (Classified::Done(_), None) => (String::new(), t.dim),
        (Classified::Done(_), Some(said)) => {
            let layout = &state.tree.derived.layout;
            match said.slot.and_then(|s| layout.slots.get(s)) {
                Some(slot) => (slot.name.clone(), t.text),
                None => (layout.root_name.clone(), t.dim),
            }
        }
    }
}

/// What the signs at the selected object mean, in words; none where there is nothing to say.
pub fn facts(state: &State) -> Option<String> {
    let object = state.objects.current()?;
    let mut facts = Vec::new();
    if let Some(label) = state.objects.label(object) {
        let label = text::clean(label);
        facts.push(match object.mark {
            None => format!("label {label}"),
            Some(Mark::Judged(Verdict::Correct)) => format!("✓ label {label}: the decision is right"),
            Some(Mark::Judged(Verdict::StoppedEarly)) => format!("· label {label}: the decision stopped above it"),
            Some(Mark::Judged(Verdict::Mistake)) => format!("✗ label {label}: the decision is wrong"),
            Some(Mark::Outside) => format!("? label {label}: in no class of the tree (@ lists labels)"),
        });
    }
    if object.facts.files.len() > 1 {
        facts.push(format!("points of {} files", object.facts.files.len()));
    }
    (!facts.is_empty()).then(|| facts.join(" · "))
}
