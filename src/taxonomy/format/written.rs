//! Writing a tree in any format, and saying what of it the format can't hold.

use super::table::Format;
use crate::taxonomy::json::to_json;
use crate::taxonomy::lineage::LineageMaker;
use crate::taxonomy::tree::Taxonomy;
use crate::taxonomy::weights::WeightOptions;

/// Formats that indent every level grow with the square of the depth: beyond this they are refused.
const MAX_INDENTATION: usize = 64 << 20;

/// A tree as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file's content.
    pub text: String,
    /// What of this tree is not in it, as "the aliases of 12 classes".
    pub lost: Vec<String>,
}

/// Why a tree can't be written in a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{format} indents every level, which would make a file of more than {} MiB for a tree of {depth} levels: write it as json or newick", MAX_INDENTATION >> 20)]
pub struct TooDeep {
    /// The format's title.
    pub format: &'static str,
    /// Levels below the root.
    pub depth: usize,
}

/// Writes a tree: stable, the same tree gives the same text.
pub fn write(taxonomy: &Taxonomy, format: Format) -> Result<Written, TooDeep> {
    if matches!(format, Format::Tdtax | Format::Indented | Format::Markdown) {
        let depths = taxonomy.preorder_with_depth().map(|(_, d)| d);
        let (sum, depth) = depths.fold((0usize, 0usize), |(s, m), d| (s.saturating_add(d.saturating_mul(8)), m.max(d)));
        if sum > MAX_INDENTATION {
            return Err(TooDeep { format: format.info().title, depth });
        }
    }
    let text = match format {
        Format::Json => to_json(taxonomy),
        Format::Tdtax => super::tdtax_write::write(taxonomy),
        Format::Edges => super::edges::write(taxonomy),
        Format::Newick => super::newick::write(taxonomy),
        Format::Indented => super::indented::write(taxonomy),
        Format::Dot => super::dot::write(taxonomy),
        Format::Mermaid => super::mermaid::write(taxonomy),
        Format::Markdown => super::markdown::write(taxonomy),
        Format::Latex => super::latex::write(taxonomy),
    };
    Ok(Written { text, lost: lost(taxonomy, format) })
}

fn lost(taxonomy: &Taxonomy, format: Format) -> Vec<String> {
    let holds = format.info().holds;
    let mut lost = Vec::new();
    let mut count = |held: bool, what: &str, has: &dyn Fn(&crate::taxonomy::Node) -> bool| {
        let n = if held { 0 } else { taxonomy.preorder().filter(|id| has(taxonomy.node(*id))).count() };
        if n > 0 {
            lost.push(format!("{what} of {n} {}", if n == 1 { "class" } else { "classes" }));
        }
    };
    count(holds.aliases, "the aliases", &|n| !n.aliases.is_empty());
    count(holds.absorbs, "the absorbed labels", &|n| !n.absorbs.is_empty());
    count(holds.notes, "the notes", &|n| !n.note.is_empty());
    count(holds.exhaustive, "the mark `not exhaustive`", &|n| !n.exhaustive);
    count(holds.counts, "the counts", &|n| n.count.is_some());
    if !holds.lineage && !lineage_is_derived(taxonomy) {
        lost.push("the lineage ids, which tie classes to a model after they were renamed".into());
    }
    if !holds.title {
        if !taxonomy.name.is_empty() {
            lost.push("the title".into());
        }
        if !taxonomy.citation.is_empty() {
            lost.push("the citation".into());
        }
    }
    if !holds.weights && taxonomy.weights != WeightOptions::default() {
        lost.push("alpha, beta, form and K of the weights".into());
    }
    lost
}

/// Whether reading the names alone would make the same lineage ids, all of them.
pub(super) fn lineage_is_derived(taxonomy: &Taxonomy) -> bool {
    let mut maker = LineageMaker::default();
    taxonomy.preorder().all(|id| {
        let node = taxonomy.node(id);
        node.merged.is_empty() && maker.derive(&node.name) == node.lineage
    })
}
