//! `docs/taxonomies.md`: made from the table of formats and the table of faults, so that it can't fall behind them.

use super::RULES;
use crate::taxonomy::format::FORMATS;
use std::fmt::Write as _;

/// The whole page, Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# Trees: file formats and the checker\n\n\
         <!-- Made from the program's tables: `TAXONOVA_UPDATE_DOCS=1 cargo test --release --test it taxonomy_docs` writes it anew. -->\n\n\
         ## File formats\n\n\
         A tree's format is told by its content, then by the file's name; `taxonova taxonomy convert --from` and `--to` say it outright. \
         What a format can't hold is said when a tree is written in it.\n\n\
         | format | name | extensions | | |\n|---|---|---|---|---|\n",
    );
    // Writing to a String can't fail.
    for f in FORMATS {
        let extensions: Vec<String> = f.extensions.iter().map(|e| format!("`.{e}`")).collect();
        let reads = if f.reads { "read, written" } else { "written" };
        let _ = writeln!(out, "| {} | `{}` | {} | {reads} | {} |", f.title, f.name, extensions.join(" "), f.doc);
    }
    out.push('\n');
    for f in FORMATS {
        let lacking: Vec<&str> = f.holds.parts().into_iter().filter(|(_, held)| !held).map(|(what, _)| what).collect();
        let _ = writeln!(out, "### {}\n", f.title);
        let _ = match lacking.as_slice() {
            [] => writeln!(out, "Holds everything that a tree has. {}\n", f.remarks),
            _ => writeln!(out, "Can't hold: {}. {}\n", lacking.join(", "), f.remarks),
        };
    }
    out.push_str(
        "UTF-8 with or without a byte order mark; other encodings are refused. Files of more than 256 MiB are refused.\n\n\
         ## The checker\n\n\
         `taxonova taxonomy check FILE` finds all of these at once and says them as `severity[code]: path:line:column: text`. Errors end it \
         with exit code 1, warnings and notes with 0; `--deny warnings` makes 1 of warnings too. `--json` gives an array of objects with \
         `severity`, `code`, `path`, `line`, `column`, `node` and `text`.\n\n\
         A file with errors is refused by all other commands, with one exception: `taxonova taxonomy convert` and the interface take \
         tdtax YAML, edge lists, Newick and indented text with faults that can be mended by rule, and say each change with file and line. \
         Our own JSON is never mended.\n\n\
         | code | severity | what it is | what to do | when a foreign format is imported |\n|---|---|---|---|---|\n",
    );
    for r in RULES {
        let repair = match (r.repair, r.severity) {
            ("", super::Severity::Error) => "refused",
            ("", _) => "",
            (repair, _) => repair,
        };
        let _ = writeln!(out, "| `{}` | {} | {} | {} | {repair} |", r.name, r.severity.name(), r.meaning, r.fix);
    }
    out
}
