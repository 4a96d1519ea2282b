//! Makes a usable tree of a foreign one, by the rules in the table of faults. Each change is said, with its place.

use super::{Draft, Label, Place, brief};
use crate::taxonomy::names::{MAX_NAME_CHARS, PATH_SEPARATOR, RESIDUAL_PREFIX, check_name, is_lineage, is_unprintable};
use std::collections::{HashMap, HashSet};

/// The root that is put above several.
const COMMON_ROOT: &str = "Object";

/// Mends what the table says can be mended and gives back what was done. Nodes keep their indices, unless there was more
/// than one root: then all move up by one.
pub(in crate::taxonomy) fn repair(draft: &mut Draft) -> Vec<String> {
    let mut notes = Vec::new();
    forms(draft, &mut notes);
    let mut written: Vec<String> = draft.nodes.iter().map(|n| n.name.text.clone()).collect();
    names(draft, &mut notes);
    if one_root(draft, &mut notes) {
        written.insert(0, String::new());
    }
    aliases(draft, &written, &mut notes);
    lineages(draft, &mut notes);
    notes
}

fn say(notes: &mut Vec<String>, draft: &Draft, place: Place, text: String) {
    notes.push(format!("{}: {text}", draft.shown(place)));
}

/// Names and aliases that could be no names of anything.
fn forms(draft: &mut Draft, notes: &mut Vec<String>) {
    let mut said: Vec<(Place, String)> = Vec::new();
    let mut clean = |label: &mut Label| {
        if !label.text.is_empty() && check_name(&label.text).is_err() {
            let better = allowed(&label.text);
            said.push((label.place, format!("`{}` can't be a name: read as `{better}`", brief(&label.text))));
            label.text = better;
        }
    };
    for node in &mut draft.nodes {
        clean(&mut node.name);
        node.aliases.iter_mut().chain(&mut node.absorbs).for_each(&mut clean);
        node.aliases.retain(|a| !a.text.is_empty());
        node.absorbs.retain(|a| !a.text.is_empty());
        node.note.retain(|c| c == '\n' || !is_unprintable(c));
    }
    for (place, text) in said {
        say(notes, draft, place, text);
    }
}

/// The nearest text that may be a name; empty if nothing is left.
fn allowed(text: &str) -> String {
    let spaced: String = text.chars().take(4 * MAX_NAME_CHARS).map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    // Cut first: what stands at the end is mended last.
    let mut name: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    // The `>` of `a > > b` share a space: the first round finds one of them. Each round takes away a `>` at least.
    while name.contains(PATH_SEPARATOR) {
        name = name.replace(PATH_SEPARATOR, " / ");
    }
    loop {
        let bare = name.trim().trim_start_matches("> ").trim_end_matches(" >").trim();
        if bare.len() == name.len() {
            return name;
        }
        name = bare.to_string();
    }
}

/// Whether a name is no class's, is no residual's, and has a residual that no class is called by.
fn is_free(name: &str, taken: &HashSet<String>) -> bool {
    !taken.contains(name)
        && !name.strip_prefix(RESIDUAL_PREFIX).is_some_and(|of| taken.contains(of))
        && !taken.contains(&format!("{RESIDUAL_PREFIX}{name}"))
}

/// A name that no class has and that is no residual's, made from `base` by a number.
fn free_name(base: &str, taken: &HashSet<String>, next: &mut HashMap<String, u64>) -> String {
    let n = next.entry(base.to_string()).or_insert(1);
    loop {
        *n += 1;
        let room: String = base.chars().take(MAX_NAME_CHARS - 24).collect();
        let candidate = format!("{} ({n})", room.trim_end());
        if is_free(&candidate, taken) {
            return candidate;
        }
    }
}

fn names(draft: &mut Draft, notes: &mut Vec<String>) {
    let mut taken: HashSet<String> = draft.nodes.iter().map(|n| n.name.text.clone()).filter(|n| !n.is_empty()).collect();
    let mut first: HashMap<String, Place> = HashMap::new();
    let mut next = HashMap::new();
    for i in 0..draft.nodes.len() {
        let Some(Label { text, place }) = draft.nodes.get(i).map(|n| n.name.clone()) else { continue };
        let (name, why) = if text.is_empty() {
            let n = next.entry(String::new()).or_insert(0);
            let name = loop {
                *n += 1;
                let candidate = format!("unnamed {n}");
                if is_free(&candidate, &taken) {
                    break candidate;
                }
            };
            (name, "a class without a name".to_string())
        } else if let Some(other) = first.get(&text) {
            let why = format!("`{}` is already the name of a class ({})", brief(&text), draft.shown_beside(*other, place));
            (free_name(&text, &taken, &mut next), why)
        } else if text.strip_prefix(RESIDUAL_PREFIX).is_some_and(|of| taken.contains(of)) {
            let why = format!("`{}` is kept for a residual", brief(&text));
            (free_name(&text, &taken, &mut next), why)
        } else {
            first.insert(text, place);
            continue;
        };
        say(notes, draft, place, format!("{why}: this one is called `{name}`"));
        taken.insert(name.clone());
        first.insert(name.clone(), place);
        if let Some(node) = draft.nodes.get_mut(i) {
            node.name.text = name;
        }
    }
}

fn one_root(draft: &mut Draft, notes: &mut Vec<String>) -> bool {
    let roots: Vec<&str> = draft.nodes.iter().filter(|n| n.parent.is_none()).map(|n| n.name.text.as_str()).collect();
    if roots.len() < 2 {
        return false;
    }
    let taken: HashSet<String> = draft.nodes.iter().map(|n| n.name.text.clone()).collect();
    let name = if is_free(COMMON_ROOT, &taken) { COMMON_ROOT.to_string() } else { free_name(COMMON_ROOT, &taken, &mut HashMap::new()) };
    let some: Vec<String> = roots.iter().take(5).map(|r| format!("`{}`", brief(r))).collect();
    let more = if roots.len() > 5 { ", ..." } else { "" };
    let text = format!("{} classes have no parent ({}{more}): a new root `{name}` is put above them", roots.len(), some.join(", "));
    let place = Place::new(0, 1, 1);
    say(notes, draft, place, text);
    for node in &mut draft.nodes {
        node.parent = Some(node.parent.map_or(0, |p| p + 1));
    }
    draft.nodes.insert(0, super::DraftNode::new(name, place, None));
    true
}

/// Every label means one class: a name goes before an alias, and an alias of two classes is no help to any. `written` are
/// the names before they were numbered.
fn aliases(draft: &mut Draft, written: &[String], notes: &mut Vec<String>) {
    let names: HashSet<String> = draft.nodes.iter().map(|n| n.name.text.clone()).collect();
    let mut owners: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, node) in draft.nodes.iter().enumerate() {
        for label in node.aliases.iter().chain(&node.absorbs) {
            let list = owners.entry(label.text.clone()).or_default();
            if list.last() != Some(&i) {
                list.push(i);
            }
        }
    }
    let same = |list: &[usize]| list.windows(2).all(|w| matches!(w, [a, b] if written.get(*a) == written.get(*b)));
    let mut said: Vec<(Place, String)> = Vec::new();
    for (i, node) in draft.nodes.iter_mut().enumerate() {
        let name = node.name.text.clone();
        let mut own: HashSet<String> = HashSet::new();
        let mut keep = |label: &Label| {
            let text = label.text.as_str();
            let alias = brief(text);
            if text == name || !own.insert(text.to_string()) {
                return false; // Nothing is lost.
            }
            if names.contains(text) {
                said.push((label.place, format!("the alias `{alias}` is the name of another class: taken away from `{name}`")));
                return false;
            }
            let residual = text.strip_prefix(RESIDUAL_PREFIX).is_some_and(|of| names.contains(of));
            if residual {
                said.push((label.place, format!("the alias `{alias}` is kept for a residual: taken away from `{name}`")));
                return false;
            }
            match owners.get(text).map(Vec::as_slice) {
                Some([first, _, ..]) if *first == i && owners.get(text).is_some_and(|l| same(l)) => true,
                Some(list @ [_, _, ..]) if same(list) => {
                    said.push((
                        label.place,
                        format!("the alias `{alias}` stays with the first class of this name: taken away from `{name}`"),
                    ));
                    false
                }
                Some(list @ [_, _, ..]) => {
                    let number = list.len();
                    said.push((label.place, format!("the alias `{alias}` is one of {number} classes: taken away from `{name}`")));
                    false
                }
                _ => true,
            }
        };
        node.aliases.retain(&mut keep);
        node.absorbs.retain(&mut keep);
    }
    for (place, text) in said {
        say(notes, draft, place, text);
    }
}

fn lineages(draft: &mut Draft, notes: &mut Vec<String>) {
    let mut taken: HashSet<String> = HashSet::new();
    let mut said: Vec<(Place, String)> = Vec::new();
    for node in &mut draft.nodes {
        if let Some(label) = &node.lineage
            && (!is_lineage(&label.text) || !taken.insert(label.text.clone()))
        {
            said.push((label.place, format!("the lineage id `{}` is taken or can't be one: a new one is made", brief(&label.text))));
            node.lineage = None;
        }
    }
    // Those of the classes themselves go before those of what was merged.
    for node in &mut draft.nodes {
        node.merged.retain(|label| {
            let good = is_lineage(&label.text) && taken.insert(label.text.clone());
            if !good {
                said.push((label.place, format!("the lineage id `{}` is taken or can't be one: left out of `merged`", brief(&label.text))));
            }
            good
        });
    }
    for (place, text) in said {
        say(notes, draft, place, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_allowed_can_be_a_name() {
        let long = format!("{} > b", "a".repeat(MAX_NAME_CHARS - 2));
        for (text, name) in [
            ("a > > b", "a / / b"),
            ("a > > > > b", "a / / / / b"),
            ("> > a > >", "/ a /"),
            ("> a >", "a"),
            ("  a\tb ", "a b"),
            (long.as_str(), &long[..MAX_NAME_CHARS - 2]),
            ("> ", ">"),
        ] {
            assert_eq!(allowed(text), name, "{text:?}");
            assert_eq!(check_name(name), Ok(()), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn of_any_text(text in "[ >a\u{1b}é]{0,30}", length in 0usize..210) {
            for text in [text.clone(), format!("{}{text}", "a".repeat(length))] {
                let name = allowed(&text);
                prop_assert!(name.is_empty() || check_name(&name).is_ok(), "{:?} gives {:?}", text, name);
            }
        }
    }
}
