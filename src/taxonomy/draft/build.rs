//! From a faultless draft to a tree.

use super::{Draft, Problem};
use crate::taxonomy::faults::Code;
use crate::taxonomy::lineage::LineageMaker;
use crate::taxonomy::names::check_text;
use crate::taxonomy::tree::{Node, NodeId, Taxonomy};

/// Builds the tree; node ids are the draft's indices. An error here is a fault that [`super::judge`] did not see.
pub(in crate::taxonomy) fn build(draft: &Draft) -> Result<Taxonomy, Problem> {
    let mut maker = LineageMaker::new(draft.nodes.iter().flat_map(|n| n.lineages()).map(|l| l.text.clone()));
    let mut taxonomy: Option<Taxonomy> = None;
    for draft_node in &draft.nodes {
        let place = draft_node.name.place;
        let fault = |reason: String| Problem::new(Code::Syntax, place, reason, "");
        check_text(&draft_node.note).map_err(|e| Problem::new(Code::ControlCharacter, place, format!("the note: {e}"), ""))?;
        let texts = |labels: &[super::Label]| labels.iter().map(|l| l.text.clone()).collect::<Vec<String>>();
        let mut node = Node::new(draft_node.name.text.clone());
        node.aliases = texts(&draft_node.aliases);
        node.absorbs = texts(&draft_node.absorbs);
        node.merged = texts(&draft_node.merged);
        node.note.clone_from(&draft_node.note);
        node.exhaustive = draft_node.exhaustive;
        node.count = draft_node.count;
        node.lineage = match &draft_node.lineage {
            Some(label) => label.text.clone(),
            None => maker.derive(&node.name),
        };
        match (&mut taxonomy, draft_node.parent) {
            (None, None) => {
                // The root is built bare and gets its labels by the same checks as all others.
                let mut tree = Taxonomy::with_root("", Node { lineage: node.lineage.clone(), ..Node::new("") });
                tree.set_root(node).map_err(|e| fault(e.to_string()))?;
                taxonomy = Some(tree);
            }
            (Some(tree), Some(parent)) if parent < tree.arena_len() => {
                tree.add_node(NodeId(parent as u32), node).map_err(|e| fault(e.to_string()))?;
            }
            _ => return Err(fault("a class whose parent is not in the tree".into())),
        }
    }
    let start = super::Place::new(0, 1, 1);
    let Some(mut taxonomy) = taxonomy else {
        return Err(Problem::new(Code::Syntax, start, "there is no class in the file", "a tree has a root and classes below it"));
    };
    for (what, text) in [("title", &draft.title), ("citation", &draft.citation)] {
        check_text(text).map_err(|e| Problem::new(Code::ControlCharacter, start, format!("the {what}: {e}"), ""))?;
    }
    taxonomy.name.clone_from(&draft.title);
    taxonomy.citation.clone_from(&draft.citation);
    if let Some(weights) = draft.weights {
        weights.check().map_err(|e| Problem::new(Code::BadValue, start, e.to_string(), ""))?;
        taxonomy.weights = weights;
    }
    Ok(taxonomy)
}
