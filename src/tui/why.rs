//! Why a command can't be done now, one function per reason; used by the command table alone.

use super::state::{State, TreeRowKind};
use crate::taxonomy::NodeId;

pub fn always(_: &State) -> Option<&'static str> {
    None
}

pub fn not_zoomed(s: &State) -> Option<&'static str> {
    s.zoom.then_some("the pane has the whole screen (z gives it back)")
}

pub fn needs_object(s: &State) -> Option<&'static str> {
    s.objects.is_empty().then_some("no object has been read")
}

pub fn needs_filterable(s: &State) -> Option<&'static str> {
    needs_object(s).or_else(|| needs_tree(s))
}

pub fn needs_shown(s: &State) -> Option<&'static str> {
    needs_object(s).or_else(|| (s.objects.shown() == 0).then_some("the filter lets no object through (Esc shows all)"))
}

pub fn needs_targets(s: &State) -> Option<&'static str> {
    if s.objects.n_marked() > 0 { None } else { needs_shown(s) }
}

pub fn needs_search(s: &State) -> Option<&'static str> {
    needs_object(s).or_else(|| s.objects.search.is_empty().then_some("nothing was searched for (/ does)"))
}

pub fn needs_model_object(s: &State) -> Option<&'static str> {
    needs_object(s).or_else(|| s.model.ready().is_none().then_some("no model is loaded"))
}

pub fn needs_influence(s: &State) -> Option<&'static str> {
    needs_model_object(s).or_else(|| s.curve.influence.is_none().then_some("nothing has been worked out yet (w does that)"))
}

fn period(s: &State) -> Option<&crate::tui::curve::period::Known> {
    s.curve.periods.of(&s.curve.shown.as_ref()?.object_id)
}

pub fn needs_period(s: &State) -> Option<&'static str> {
    needs_object(s).or_else(|| period(s).is_none().then_some("no period is known (f looks for one, P types one)"))
}

pub fn needs_peaks(s: &State) -> Option<&'static str> {
    needs_object(s).or_else(|| period(s).is_none_or(|k| k.peaks().is_empty()).then_some("no period has been looked for (f does that)"))
}

pub fn needs_cursor(s: &State) -> Option<&'static str> {
    s.time.is_none().then_some("the time cursor is off (t)")
}

pub fn needs_tree(s: &State) -> Option<&'static str> {
    s.tree.loading.then_some("the taxonomy is still being loaded")
}

pub fn needs_file(s: &State) -> Option<&'static str> {
    needs_tree(s).or_else(|| s.tree.path.is_none().then_some("the tree has no file yet (S saves it to one)"))
}

pub fn needs_node(s: &State) -> Option<&'static str> {
    needs_tree(s).or(match s.tree.selected.kind {
        TreeRowKind::Node => None,
        TreeRowKind::Residual => Some("this row is the residual of its class, and has no name of its own"),
        TreeRowKind::Unresolved => Some("this row is probability that the model can't resolve, not a class"),
    })
}

pub fn needs_inner_node(s: &State) -> Option<&'static str> {
    needs_node(s).or_else(|| (s.tree.selected.node == s.tree.doc.taxonomy().root()).then_some("this is the root of the tree"))
}

pub fn needs_inner_targets(s: &State) -> Option<&'static str> {
    if s.tree.marked.is_empty() {
        return needs_inner_node(s);
    }
    s.tree.marked.contains(&s.tree.doc.taxonomy().root()).then_some("the root of the tree is among the marked classes")
}

pub fn needs_labels(s: &State) -> Option<&'static str> {
    needs_node(s).or_else(|| {
        let node = s.tree.doc.taxonomy().node(s.tree.selected.node);
        (node.aliases.is_empty() && node.absorbs.is_empty()).then_some("this class has no alias and absorbs no label")
    })
}

pub fn needs_class_search(s: &State) -> Option<&'static str> {
    needs_tree(s).or_else(|| s.tree.search.is_empty().then_some("no class was searched for (/ does)"))
}

pub fn can_go_out(s: &State) -> Option<&'static str> {
    let tree = s.tree.doc.taxonomy();
    needs_inner_node(s).or_else(|| {
        let parent = tree.parent(s.tree.selected.node);
        (parent == Some(tree.root())).then_some("it is on the highest level already")
    })
}

pub fn can_go_in(s: &State) -> Option<&'static str> {
    needs_inner_node(s).or_else(|| match place_among_siblings(s) {
        Some((i, _)) if i > 0 => None,
        _ => Some("there is no sibling above it to go into"),
    })
}

pub fn needs_children(s: &State) -> Option<&'static str> {
    needs_node(s).or_else(|| s.tree.doc.taxonomy().is_leaf(s.tree.selected.node).then_some("nothing lies below this class"))
}

fn place_among_siblings(s: &State) -> Option<(usize, usize)> {
    let tree = s.tree.doc.taxonomy();
    let siblings = tree.children(tree.parent(s.tree.selected.node)?);
    Some((siblings.iter().position(|n| *n == s.tree.selected.node)?, siblings.len()))
}

pub fn can_go_up(s: &State) -> Option<&'static str> {
    needs_inner_node(s).or_else(|| match place_among_siblings(s) {
        Some((i, _)) if i > 0 => None,
        _ => Some("it is the first of its siblings"),
    })
}

pub fn can_go_down(s: &State) -> Option<&'static str> {
    needs_inner_node(s).or_else(|| match place_among_siblings(s) {
        Some((i, n)) if i + 1 < n => None,
        _ => Some("it is the last of its siblings"),
    })
}

pub fn can_move_here(s: &State) -> Option<&'static str> {
    let tree = s.tree.doc.taxonomy();
    let carried = s.tree.moving.as_ref()?;
    let to = s.tree.selected.node;
    if s.tree.selected.kind != TreeRowKind::Node {
        return Some("choose a class, not a residual");
    }
    if carried.merge {
        // A class may go into its own child, which takes its place, but no deeper.
        let inside = |m: &NodeId| tree.is_ancestor_or_self(*m, to) && tree.parent(to) != Some(*m);
        let others = carried.classes.iter().filter(|m| **m != to);
        return match carried.classes.as_slice() {
            [one] if *one == to => Some("a class can't be merged with itself: choose another"),
            _ => others.into_iter().any(inside).then_some("a class can't be merged into one that lies deep below it"),
        };
    }
    if carried.classes.iter().any(|m| tree.is_ancestor_or_self(*m, to)) {
        return Some("a class can't be moved below itself");
    }
    carried.classes.iter().all(|m| tree.parent(*m) == Some(to)).then_some("it is there already")
}

pub fn can_undo(s: &State) -> Option<&'static str> {
    s.tree.doc.undo_title().is_none().then_some("there is nothing to undo")
}

pub fn can_redo(s: &State) -> Option<&'static str> {
    s.tree.doc.redo_title().is_none().then_some("there is nothing to redo")
}

pub fn needs_errors(s: &State) -> Option<&'static str> {
    s.errors.is_empty().then_some("everything was read")
}

pub fn can_refit(s: &State) -> Option<&'static str> {
    needs_tree(s).or(match s.model.ready() {
        None => Some("no model is loaded"),
        Some(m) if m.handle.refit.is_none() => Some("this build of the program can't train"),
        Some(_) => None,
    })
}

pub fn can_batch(s: &State) -> Option<&'static str> {
    if s.batch.run.is_some() {
        return None;
    }
    needs_tree(s).or(match s.model.ready() {
        None => Some("no model is loaded"),
        Some(m) if m.handle.batch.is_none() => Some("this model can't be run over files"),
        Some(_) => None,
    })
}

pub fn needs_previous_model(s: &State) -> Option<&'static str> {
    s.previous_model.is_none().then_some("the model was not refitted")
}

pub fn needs_new_model(s: &State) -> Option<&'static str> {
    s.model.ready().is_none_or(|m| m.handle.file.is_none()).then_some("there is no refitted model to save (F refits)")
}
