//! Title, status line and the bar of hints.

use super::spans;
use crate::tui::batch::pane;
use crate::tui::command::{COMMANDS, Cmd, Context};
use crate::tui::keymap;
use crate::tui::overlay::Overlay;
use crate::tui::state::{ModelState, Pane, State, Tone, TreeRowKind};
use crate::tui::text;
use crate::tui::tree::{Cascade, Shown};
use crate::tui::widgets::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Program, tree, source, model.
pub fn title(state: &State, line: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let end = line.right();
    let x = spans(buf, line.x + 1, line.y, end, &[("taxonova", t.accent), ("  ", t.text)]);
    let dirty = state.tree.doc.is_dirty();
    let tree = if state.tree.loading { String::new() } else { state.tree_title() };
    let mut parts: Vec<(String, ratatui::style::Style)> = vec![(tree, t.text)];
    if dirty {
        parts.push(("* unsaved".into(), t.warn));
    }
    if let Some(mark) = state.file.mark() {
        parts.push((format!(" · {mark}"), t.warn));
    }
    parts.push((" · ".into(), t.dim));
    if state.source.simulated {
        parts.push(("SIMULATED ".into(), t.warn));
    }
    // The number of objects stands on their pane as well.
    let source = if line.width < 100 {
        state.source.title.clone()
    } else {
        format!("{}, {}", state.source.title, text::plural(state.objects.len(), "object"))
    };
    parts.push((text::fit_end(&source, usize::from(line.width / 3).max(16)), t.text));
    parts.push((" · ".into(), t.dim));
    match &state.model {
        ModelState::Loading => parts.push(("loading the model".into(), t.dim)),
        ModelState::Failed(_) => parts.push(("no model".into(), t.error)),
        ModelState::Ready(_) if state.refit.is_some() => {
            let percent = state.refit.as_ref().map_or(0, |r| r.percent);
            parts.push((format!("refitting {percent} %"), t.warn));
        }
        ModelState::Ready(m) => {
            parts.push((format!("model {}{}", m.name, if m.handle.file.is_some() { "*" } else { "" }), t.text));
            if let Some(Ok(r)) = &state.tree.derived.regroup
                && !r.is_identity()
            {
                parts.push((" (regrouped)".into(), t.warn));
            }
        }
    }
    let help = "? help  : commands ";
    let w = text::width(help) as u16;
    let room = end.saturating_sub(w + 2);
    let parts: Vec<(&str, ratatui::style::Style)> = parts.iter().map(|(s, st)| (s.as_str(), *st)).collect();
    spans(buf, x, line.y, room, &parts);
    spans(buf, end.saturating_sub(w), line.y, end, &[("?", t.key), (" help  ", t.dim), (":", t.key), (" commands", t.dim)]);
}

/// The last message, or what the selection means; at the right what undo would take back.
pub fn status(state: &State, cascade: Option<&Cascade>, line: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let end = line.right();
    let undo = match (state.tree.doc.undo_title(), state.tree.doc.redo_title()) {
        (Some(u), _) => format!("u undo: {}", text::fit(u, 30)),
        (None, Some(r)) => format!("U redo: {}", text::fit(r, 30)),
        _ => String::new(),
    };
    let (message, style) = match &state.status {
        Some(s) => {
            let style = match s.tone {
                Tone::Info => t.good,
                Tone::Warn => t.warn,
                Tone::Error => t.error,
            };
            (s.text.clone(), style)
        }
        None => (explain(state, cascade), t.dim),
    };
    // A batch is always seen: the message has what it leaves.
    if let Some(batch) = state.batch.running().filter(|_| !matches!(state.overlay, Some(Overlay::Batch { .. }))) {
        let pace = if line.width < 100 { String::new() } else { format!(": {}", batch.pace()) };
        let note = text::fit(&format!("% batch {}{pace}", batch.short()), usize::from(line.width / 2));
        let width = text::width(&note) as u16;
        put(buf, line.x + 1, line.y, &text::fit(&message, usize::from(line.width.saturating_sub(width + 4))), line.width, style);
        put(buf, end.saturating_sub(width + 1), line.y, &note, width, t.accent);
        return;
    }
    let wanted = text::width(&message) as u16;
    let undo_width = text::width(&undo) as u16;
    let both = line.width >= wanted + undo_width + 5;
    put(buf, line.x + 1, line.y, &text::fit(&message, line.width.saturating_sub(2) as usize), line.width, style);
    if both && undo_width > 0 {
        put(buf, end - undo_width - 1, line.y, &undo, undo_width, t.dim);
    }
}

/// What the selected row means, in a sentence.
fn explain(state: &State, cascade: Option<&Cascade>) -> String {
    if let Some(carried) = &state.tree.moving {
        let what = match carried.classes.as_slice() {
            [one] => state.tree.taxonomy().node(*one).name.clone(),
            many => format!("{} classes", many.len()),
        };
        let (verb, to) = if carried.merge { ("merging", "the class that it becomes a part of") } else { ("moving", "its new parent") };
        return format!("{verb} {what}: choose {to}, then Enter; Esc leaves it where it is");
    }
    match state.focus {
        Pane::Objects if state.objects.is_empty() => String::new(),
        Pane::Objects => {
            let choose = "↑ ↓ choose an object: the tree shows its probability in every class, the plot its light curve";
            super::objects::facts(state).map_or(choose.to_string(), |facts| format!("{facts} · {choose}"))
        }
        Pane::Curve => "↑ ↓ choose an object; t shows what was known at earlier times, ← → move in time".into(),
        Pane::Taxonomy => explain_class(state, cascade),
    }
}

fn explain_class(state: &State, cascade: Option<&Cascade>) -> String {
    let key = state.tree.selected;
    let name = state.tree.row_name(key);
    let node = state.tree.taxonomy().node(key.node);
    let rows = state.tree.rows(cascade);
    let Some(row) = rows.iter().find(|r| r.key == key) else { return name };
    let p = match state.tree.shown(row, cascade) {
        Shown::P(p, upper) if upper - p >= 5e-4 => {
            format!("P between {} and {}, the rest is unresolved", text::probability(p), text::probability(upper))
        }
        Shown::P(p, _) => format!("P {}", text::probability(p)),
        Shown::NotInModel => "the model was not trained on it".into(),
        Shown::Unresolved(p) => {
            return format!("unresolved: {} lies in {} and the model can't say where below it", text::probability(p), node.name);
        }
        Shown::Nothing => String::new(),
    };
    let weights = state.tree.derived.weights.rows.get(row.slot.map_or(0, |s| s + 1));
    let n = weights.map_or(0, |w| if key.kind == TreeRowKind::Residual { w.n } else { w.n_subtree });
    let examples = if n == 0 { "no examples".to_string() } else { text::plural(n as usize, "example") };
    let mut parts = vec![name];
    if !p.is_empty() {
        parts.push(p);
    }
    parts.push(examples);
    if key.kind == TreeRowKind::Residual {
        parts.push("what is in the class but in none of its children".into());
    } else {
        if !node.aliases.is_empty() {
            parts.push(format!("also {}", node.aliases.join(", ")));
        }
        if !node.absorbs.is_empty() {
            parts.push(format!("takes in {}", node.absorbs.join(", ")));
        }
        if !node.note.is_empty() {
            parts.push(node.note.clone());
        }
    }
    parts.join(" · ")
}

/// Keys of the context, from the command table; those that can't be used now are left out.
pub fn hints(state: &State, line: Rect, buf: &mut Buffer) {
    let t = &state.theme;
    let context = state.context();
    let end = line.right().saturating_sub(1);
    let mut x = line.x + 1;
    if let Some(Overlay::Listing(l)) = &state.overlay {
        spans(buf, x, line.y, end, &[("↑ ↓", t.key), (" choose  ", t.dim), (&l.foot, t.dim)]);
        return;
    }
    if let (Some(Overlay::Batch { .. }), Some(batch)) = (&state.overlay, &state.batch.run) {
        spans(buf, x, line.y, end, &[("↑ ↓", t.key), (" choose  ", t.dim), (pane::foot(batch), t.dim)]);
        return;
    }
    if matches!(state.overlay, Some(Overlay::Help { .. } | Overlay::Errors { .. })) {
        spans(buf, x, line.y, end, &[("↑ ↓", t.key), (" scroll  ", t.dim), ("esc", t.key), (" close", t.dim)]);
        return;
    }
    let in_context = |c: &&crate::tui::command::Command| c.contexts.contains(&context);
    let everywhere = |c: &&crate::tui::command::Command| context.is_pane() && c.contexts.contains(&Context::Any);
    let own = COMMANDS.iter().filter(in_context);
    let any = COMMANDS.iter().filter(everywhere).filter(|c| !c.contexts.contains(&context));
    for c in own.chain(any).filter(|c| !c.hint.is_empty()) {
        if state.why_not(c.id).is_some() && c.id != Cmd::MoveHere {
            continue;
        }
        let Some(key) = c.keys.first() else { continue };
        let key = keymap::label(key);
        let needed = text::width(&key) + 1 + text::width(c.hint) + 2;
        if usize::from(end.saturating_sub(x)) + 2 < needed {
            break;
        }
        x = spans(buf, x, line.y, end, &[(&key, t.key), (" ", t.dim), (c.hint, t.dim), ("  ", t.dim)]);
    }
    if context == Context::Move {
        spans(buf, x, line.y, end, &[("esc", t.key), (" leave it", t.dim)]);
    }
}
