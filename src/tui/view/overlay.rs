//! What lies over the panes: help, errors, palette, prompts, questions.

use super::{Hits, batch, foot, listing, spans};
use crate::filter::{FIELDS, RULES};
use crate::tui::command::{COMMANDS, Context, Group};
use crate::tui::overlay::{Overlay, Prompt, Purpose, Question};
use crate::tui::palette::palette_matches;
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

/// Draws what lies over the panes.
pub fn draw(state: &State, what: &Overlay, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    match what {
        Overlay::Help { scroll } => {
            let lines = help_lines(state, usize::from(area.width.saturating_sub(8)).min(106));
            list(state, "Help: all keys", &lines, *scroll, 110, area, buf, hits);
        }
        Overlay::Errors { scroll } => {
            let width = usize::from(area.width.saturating_sub(8)).min(136);
            let continued = |i: usize, part: String| if i == 0 { part } else { format!("  {part}") };
            let lines: Vec<Line> = (state.errors.iter())
                .flat_map(|e| wrap(&text::clean(e), width - 2).into_iter().enumerate())
                .map(|(i, part)| vec![(continued(i, part), state.theme.text)])
                .collect();
            let title = format!("Unreadable: {}", text::plural(state.errors.len(), "message"));
            list(state, &title, &lines, *scroll, 140, area, buf, hits);
        }
        Overlay::Palette { input, selected } => palette(state, input, *selected, area, buf, hits),
        Overlay::Pick(p) => listing::picker(state, p, area, buf, hits),
        Overlay::Batch { selected, offset } => batch::draw(state, *selected, *offset, area, buf, hits),
        Overlay::Listing(l) => listing::draw(state, l, area, buf, hits),
        Overlay::Prompt(p) => prompt(state, p, area, buf, hits),
        Overlay::Question(q) => question(state, q, area, buf, hits),
    }
}

type Line = Vec<(String, Style)>;

/// A window over the panes; its inside.
pub(super) fn window(state: &State, title: &str, rect: Rect, buf: &mut Buffer) -> Rect {
    Clear.render(rect, buf);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(state.theme.border_focus);
    let inside = block.inner(rect);
    block.render(rect, buf);
    let title = format!(" {} ", text::fit(title, rect.width.saturating_sub(6) as usize));
    put(buf, rect.x + 2, rect.y, &title, rect.width.saturating_sub(4), state.theme.accent);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width.saturating_sub(4));
    let height = height.min(area.height.saturating_sub(3));
    Rect::new(area.x + (area.width - width) / 2, area.y + 1 + (area.height.saturating_sub(3 + height)) / 2, width, height)
}

#[allow(clippy::too_many_arguments)]
fn list(state: &State, title: &str, lines: &[Line], scroll: usize, width: u16, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let rect = centred(area, width, lines.len() as u16 + 2);
    let inside = window(state, title, rect, buf);
    let rows = usize::from(inside.height);
    let scroll = scroll.min(lines.len().saturating_sub(rows));
    for (line, y) in lines.iter().skip(scroll).zip(inside.top()..inside.bottom()) {
        let parts: Vec<(&str, Style)> = line.iter().map(|(s, style)| (s.as_str(), *style)).collect();
        spans(buf, inside.x, y, inside.right(), &parts);
    }
    let below = lines.len().saturating_sub(scroll + rows);
    let note = if below > 0 { format!("{below} more lines · esc closes") } else { "esc closes".into() };
    foot(&note, state.theme.dim, rect, buf);
    hits.overlay_page = rows;
    hits.overlay_len = lines.len();
}

/// What the screen shows, in a few words.
const INTRODUCTION: &str = "The tree shows where the model puts the selected object: P(class), from the root down. The decision goes to the \
most probable child as long as its P reaches τ. n: training examples; W: weight of the class, (N / K n)^β; λ: weight of the level, \
exp(−α depth). Edit the tree, and the cascade follows at once; what the model can't tell apart is said to be unresolved.";

/// The command table as text of that width; on a narrow screen without titles, which the sentences repeat.
fn help_lines(state: &State, width: usize) -> Vec<Line> {
    let t = &state.theme;
    let keys = COMMANDS.iter().map(|c| text::width(&c.key_labels())).max().unwrap_or(0) + 3;
    let title = if width >= 96 { COMMANDS.iter().map(|c| text::width(c.title)).max().unwrap_or(0) + 2 } else { 0 };
    let mut lines: Vec<Line> = wrap(INTRODUCTION, width).into_iter().map(|l| vec![(l, t.text)]).collect();
    for group in Group::ALL {
        lines.push(Vec::new());
        lines.push(vec![(group.title().to_string(), t.accent)]);
        for c in COMMANDS.iter().filter(|c| c.group == *group) {
            let place = match c.contexts {
                [one] if *one != Context::Any && *group != Group::Typing => format!(" [{}]", one.title()),
                _ => String::new(),
            };
            for (i, part) in wrap(&format!("{}{place}", c.doc), width.saturating_sub(keys + title)).into_iter().enumerate() {
                let first = |text: &str| if i == 0 { text.to_string() } else { String::new() };
                lines.push(vec![
                    (text::pad(&format!("  {}", first(&c.key_labels())), keys), t.key),
                    (text::pad(&first(c.title), title), t.text),
                    (part, if title > 0 { t.dim } else { t.text }),
                ]);
            }
        }
        if *group == Group::Objects {
            lines.extend(filter_lines(state, keys, width));
        }
    }
    lines
}

/// What a filter of objects may say, from the table of fields.
fn filter_lines(state: &State, keys: usize, width: usize) -> Vec<Line> {
    let t = &state.theme;
    let mut lines: Vec<Line> = vec![Vec::new(), vec![("Filter of objects (&)".to_string(), t.accent)]];
    for rule in RULES {
        lines.extend(wrap(&rule.replace('`', ""), width.saturating_sub(2)).into_iter().map(|l| vec![(format!("  {l}"), t.text)]));
    }
    let example = FIELDS.iter().map(|f| text::width(f.example)).max().unwrap_or(0) + 2;
    for f in FIELDS {
        for (i, part) in wrap(f.doc, width.saturating_sub(keys + example)).into_iter().enumerate() {
            let first = |text: &str| if i == 0 { text.to_string() } else { String::new() };
            lines.push(vec![
                (text::pad(&format!("  {}", first(f.name)), keys), t.key),
                (text::pad(&first(f.example), example), t.text),
                (part, t.dim),
            ]);
        }
    }
    lines
}

/// Breaks a text between words, and words that are longer than a line anywhere.
pub(super) fn wrap(words: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    for mut word in words.split_whitespace().map(String::from) {
        while let Some(last) = lines.last_mut() {
            let gap = usize::from(!last.is_empty());
            if text::width(last) + gap + text::width(&word) <= width {
                last.extend(std::iter::repeat_n(' ', gap));
                last.push_str(&word);
                break;
            }
            if text::width(&word) <= width {
                lines.push(std::mem::take(&mut word));
                break;
            }
            if gap > 0 {
                lines.push(String::new());
                continue;
            }
            let rest = word.split_off(word.char_indices().nth(width / 2).map_or(word.len(), |(i, _)| i));
            last.push_str(&word);
            lines.push(String::new());
            word = rest;
        }
    }
    lines
}

fn palette(state: &State, input: &crate::tui::input::Input, selected: usize, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let t = &state.theme;
    let found = palette_matches(input.text());
    let rect = centred(area, 76, 18);
    let inside = window(state, "Commands", rect, buf);
    line_input(state, ": ", input, inside.x, inside.y, inside.width, buf, hits);
    let rows = usize::from(inside.height.saturating_sub(2));
    let offset = super::scrolled(0, selected, found.len(), rows);
    for (i, y) in (offset..found.len().min(offset + rows)).zip(inside.y + 2..) {
        let Some(c) = found.get(i) else { continue };
        let why = state.why_not(c.id);
        let style = if why.is_some() { t.dim } else { t.text };
        let tail = why.map_or_else(|| c.doc.to_string(), |w| format!("not now: {w}"));
        let keys = text::pad(&c.key_labels(), 9);
        spans(buf, inside.x, y, inside.right(), &[(&keys, t.key), (&text::pad(c.title, 26), style), (&tail, t.dim)]);
        if i == selected {
            buf.set_style(Rect::new(inside.x, y, inside.width, 1), t.selected);
        }
    }
    if found.is_empty() {
        put(buf, inside.x, inside.y + 2, "no command has these letters", inside.width, t.dim);
    }
    foot("enter runs · ↑ ↓ choose · esc leaves", t.dim, rect, buf);
}

#[allow(clippy::too_many_arguments)]
pub(super) fn line_input(
    state: &State,
    lead: &str,
    input: &crate::tui::input::Input,
    x: u16,
    y: u16,
    width: u16,
    buf: &mut Buffer,
    hits: &mut Hits,
) {
    let x = put(buf, x, y, lead, width, state.theme.key);
    let room = width.saturating_sub(text::width(lead) as u16);
    let (shown, at) = input.window(usize::from(room));
    put(buf, x, y, &shown, room, state.theme.text);
    hits.cursor = Some(Position::new(x + at as u16, y));
}

fn prompt(state: &State, p: &Prompt, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let t = &state.theme;
    let width = 76.min(area.width.saturating_sub(4));
    // Near the bottom, where it covers the least of the tree that is being edited.
    let rect = Rect::new(area.x + (area.width - width) / 2, area.bottom().saturating_sub(7), width, 5);
    let inside = window(state, &p.title, rect, buf);
    line_input(state, "› ", &p.input, inside.x, inside.y, inside.width, buf, hits);
    let found;
    let help = match &p.purpose {
        Purpose::FilterObjects { .. } => {
            let (n, of) = (text::long_count(state.objects.shown()), text::plural(state.objects.len(), "object"));
            found = format!("{n} of {of}; enter keeps the filter, esc goes back; ? lists the fields");
            found.as_str()
        }
        Purpose::BatchInput => "enter goes on to the output; esc leaves",
        Purpose::BatchOutput(_) => ".csv .jsonl .parquet .arrow; enter begins; esc leaves",
        Purpose::Export => "enter writes it; esc leaves",
        Purpose::Labels(crate::tui::action::LabelsFor::Truth) => "enter reads it; an empty name: the objects' own labels; esc leaves",
        Purpose::Search { .. } | Purpose::SearchClass { .. } => "enter keeps the place; esc goes back",
        Purpose::Filter { .. } => "enter keeps the filter; an empty one shows all; esc goes back",
        Purpose::SaveAs { .. } => "enter saves; .yaml .csv .nwk .txt .dot .mmd .md .tex write a copy; esc leaves",
        Purpose::SaveModel => "enter saves it, and its reference set beside it; esc leaves",
        Purpose::OpenTree | Purpose::DiffFile | Purpose::Labels(_) => "enter reads it; esc leaves",
        _ => "enter accepts; esc leaves; u takes it back later",
    };
    // Nothing typed is no mistake yet.
    let begun = !p.input.text().is_empty();
    let (sign, words, style) = match &p.problem {
        Some(problem) if begun => (("✗ ", t.error), problem.as_str(), t.error),
        Some(problem) => (("› ", t.dim), problem.as_str(), t.dim),
        None => (("✓ ", t.good), help, t.dim),
    };
    // Two lines: what is wrong, and what to do.
    for (i, line) in wrap(words, usize::from(inside.width).saturating_sub(2)).iter().take(2).enumerate() {
        let lead = if i == 0 { sign } else { ("  ", style) };
        spans(buf, inside.x, inside.y + 1 + i as u16, inside.right(), &[lead, (line, style)]);
    }
}

fn question(state: &State, q: &Question, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let t = &state.theme;
    let room = usize::from(area.width.saturating_sub(10)).clamp(30, 76);
    let lines: Vec<String> = q.text.iter().flat_map(|l| wrap(l, room)).collect();
    let longest = lines.iter().map(|l| text::width(l)).chain(q.answers.iter().map(|a| text::width(&a.text) + 6)).max().unwrap_or(0);
    let height = (lines.len() + q.answers.len() + 3) as u16;
    let rect = centred(area, (longest as u16 + 6).max(40), height);
    let inside = window(state, &q.title, rect, buf);
    for (line, y) in lines.iter().zip(inside.y..) {
        put(buf, inside.x, y, &text::fit(line, usize::from(inside.width)), inside.width, t.text);
    }
    let top = inside.y + lines.len() as u16 + 1;
    for ((i, a), y) in q.answers.iter().enumerate().zip(top..inside.bottom()) {
        spans(buf, inside.x, y, inside.right(), &[(" ", t.text), (&a.key.to_string(), t.key), ("  ", t.text), (&a.text, t.text)]);
        if i == q.selected {
            buf.set_style(Rect::new(inside.x, y, inside.width, 1), t.selected);
        }
    }
    foot("enter chooses · esc leaves", t.dim, rect, buf);
    hits.overlay = Rect { y: top, height: q.answers.len() as u16, ..inside };
}
