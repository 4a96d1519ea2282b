//! The table of formats: names, extensions, what each can hold. Help, docs and what is said to be lost come from it.

/// A file format of trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Our own.
    Json,
    /// The YAML of the Time-domain Taxonomy.
    Tdtax,
    /// Rows of parent and child.
    Edges,
    /// Nested brackets.
    Newick,
    /// A class per line, children further right.
    Indented,
    /// Graphviz.
    Dot,
    /// Mermaid flowchart.
    Mermaid,
    /// A nested list.
    Markdown,
    /// The LaTeX package forest.
    Latex,
}

/// What a format can hold beside names and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// Other names of the same class.
    pub aliases: bool,
    /// Finer labels that a class takes in.
    pub absorbs: bool,
    /// Free text of a class.
    pub notes: bool,
    /// Whether a group's children are all there is.
    pub exhaustive: bool,
    /// Objects per class.
    pub counts: bool,
    /// Ids that survive renaming.
    pub lineage: bool,
    /// Title and citation of the tree.
    pub title: bool,
    /// alpha, beta, form and K.
    pub weights: bool,
}

const ALL: Holds =
    Holds { aliases: true, absorbs: true, notes: true, exhaustive: true, counts: true, lineage: true, title: true, weights: true };
const NAMES: Holds =
    Holds { aliases: false, absorbs: false, notes: false, exhaustive: false, counts: false, lineage: false, title: false, weights: false };
const FIGURE: Holds = Holds { exhaustive: true, ..NAMES };

impl Holds {
    /// Each by the words that say it is lost.
    pub(in crate::taxonomy) fn parts(self) -> [(&'static str, bool); 8] {
        [
            ("aliases", self.aliases),
            ("absorbed labels", self.absorbs),
            ("notes", self.notes),
            ("which groups are not exhaustive", self.exhaustive),
            ("counts", self.counts),
            ("lineage ids", self.lineage),
            ("title and citation", self.title),
            ("weight options", self.weights),
        ]
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct FormatInfo {
    /// Which format.
    pub format: Format,
    /// The name on the command line.
    pub name: &'static str,
    /// The name in sentences.
    pub title: &'static str,
    /// Extensions without the point; the first is the usual one.
    pub extensions: &'static [&'static str],
    /// Whether it can be read.
    pub reads: bool,
    /// One line.
    pub doc: &'static str,
    /// What it can hold.
    pub holds: Holds,
    /// What is read but not kept, what is special; may be empty.
    pub remarks: &'static str,
}

/// Every format. All can be written.
pub const FORMATS: &[FormatInfo] = &[
    FormatInfo {
        format: Format::Json,
        name: "json",
        title: "JSON",
        extensions: &["json"],
        reads: true,
        doc: "Taxonova's own format, which holds everything",
        holds: ALL,
        remarks: "Read strictly: a field that it does not have is an error.",
    },
    FormatInfo {
        format: Format::Tdtax,
        name: "tdtax",
        title: "tdtax YAML",
        extensions: &["yaml", "yml"],
        reads: true,
        doc: "the YAML of the Time-domain Taxonomy, in one file or several",
        holds: ALL,
        remarks: "Files named by `ref` are read too, if they lie in the folder of the first file or below it, each once. `other names` are \
                  aliases, `comments` the note; `tags` and `links` are kept as the last lines of the note, and written as what they were. Written as one file. What tdtax has no \
                  field for is written as `absorbs`, `exhaustive`, `count`, `lineage` and `merged` of a class and `title`, `citation` and `weights` of \
                  the root, which tdtax passes over. YAML aliases (`*name`) are refused.",
    },
    FormatInfo {
        format: Format::Edges,
        name: "edges",
        title: "edge list",
        extensions: &["csv", "tsv"],
        reads: true,
        doc: "CSV with a row `parent,child` for every class below the root; the header may be left out",
        holds: NAMES,
        remarks: "Commas, tabs or semicolons. A row with an empty parent names a root. Siblings keep the order of their rows. Other columns \
                  of a file with a header are left out.",
    },
    FormatInfo {
        format: Format::Newick,
        name: "newick",
        title: "Newick",
        extensions: &["nwk", "newick", "tree", "nw"],
        reads: true,
        doc: "nested brackets, as `(SN Ia,(SN II,SN Ib)CC)SN;`",
        holds: NAMES,
        remarks: "`_` outside of quotes is a space, as Newick defines it. Branch lengths and comments in square brackets are left out.",
    },
    FormatInfo {
        format: Format::Indented,
        name: "text",
        title: "indented text",
        extensions: &["txt", "text"],
        reads: true,
        doc: "a class per line, its children below it and further right, by tabs or spaces",
        holds: NAMES,
        remarks: "Empty lines are passed over. A line is a name from its first to its last letter: there are no bullets and no comments.",
    },
    FormatInfo {
        format: Format::Dot,
        name: "dot",
        title: "Graphviz DOT",
        extensions: &["dot", "gv"],
        reads: false,
        doc: "for `dot -Tpdf`",
        holds: FIGURE,
        remarks: "Residuals are dashed.",
    },
    FormatInfo {
        format: Format::Mermaid,
        name: "mermaid",
        title: "Mermaid",
        extensions: &["mmd", "mermaid"],
        reads: false,
        doc: "a flowchart for web pages and READMEs",
        holds: FIGURE,
        remarks: "Residuals are dashed.",
    },
    FormatInfo {
        format: Format::Markdown,
        name: "markdown",
        title: "Markdown",
        extensions: &["md", "markdown"],
        reads: false,
        doc: "a nested list with aliases in brackets",
        holds: Holds { aliases: true, title: true, ..FIGURE },
        remarks: "Residuals are in italics.",
    },
    FormatInfo {
        format: Format::Latex,
        name: "latex",
        title: "LaTeX (forest)",
        extensions: &["tex"],
        reads: false,
        doc: "a `forest` environment; needs `\\usepackage{forest}`",
        holds: FIGURE,
        remarks: "Residuals are dashed.",
    },
];

impl Format {
    /// Its row in the table.
    pub fn info(self) -> &'static FormatInfo {
        FORMATS.get(self as usize).unwrap_or(&FORMATS[0])
    }

    /// The format of this name on the command line; an extension does too.
    pub fn from_name(name: &str) -> Option<Format> {
        FORMATS.iter().find(|f| f.name == name || f.extensions.contains(&name)).map(|f| f.format)
    }
}

/// "formats that can be read are ..."
pub(super) fn readable_hint() -> String {
    let names: Vec<String> =
        FORMATS.iter().filter(|f| f.reads).map(|f| format!("{} (.{})", f.name, f.extensions.first().unwrap_or(&""))).collect();
    format!("formats that are read: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let mut extensions = std::collections::HashSet::new();
        for (i, row) in FORMATS.iter().enumerate() {
            assert_eq!(row.format as usize, i);
            assert_eq!(Format::from_name(row.name), Some(row.format));
            assert!(!row.extensions.is_empty() && row.extensions.iter().all(|e| extensions.insert(*e)), "{}", row.name);
        }
    }
}
