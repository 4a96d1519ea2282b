//! A document of headings, texts, tables and figures, as HTML in one file and as Markdown. Everything is escaped here, and here alone.

use crate::plot::{Background, Figure, FigureError, svg};
use crate::taxonomy::printable;
use std::fmt::Write as _;

/// A piece of a document. Texts are plain.
pub enum Block {
    /// Of a level, 2 or more.
    Heading(usize, String),
    /// A paragraph.
    Text(String),
    /// Short lines.
    List(Vec<String>),
    /// Text in columns of its own.
    Plain(String),
    /// A head and rows; all columns but the first are numbers.
    Table(Vec<String>, Vec<Vec<String>>),
    /// SVG for light and dark backgrounds. In Markdown its caption only.
    Drawing { light: String, dark: String, caption: String },
}

impl Block {
    /// A drawing of what `figure` makes for each background.
    pub fn drawing<F: Figure>(
        caption: &str,
        figure: impl Fn(&'static crate::plot::Theme) -> Result<F, FigureError>,
    ) -> Result<Block, FigureError> {
        let draw = |b: Background| svg(&figure(b.theme())?);
        Ok(Block::Drawing { light: draw(Background::Light)?, dark: draw(Background::Dark)?, caption: caption.into() })
    }
}

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--faint:#666;--line:#d8d8d8}
.dark{display:none}
@media (prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#eee;--faint:#a8a8a8;--line:#3a3d44}.dark{display:block}.light{display:none}}
body{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem}h3{font-size:1.05rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.2rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
th{color:var(--faint);font-weight:600}
pre{overflow-x:auto;font-size:.82rem}
figure{margin:1rem 0;overflow-x:auto}figcaption{color:var(--faint);font-size:.9rem}
";

/// One page that needs nothing else: no scripts, no other files.
pub fn html(title: &str, blocks: &[Block]) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{0}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
        escape(title)
    );
    // Writing to a String can't fail.
    for block in blocks {
        let _ = match block {
            Block::Heading(level, text) => writeln!(out, "<h{level}>{}</h{level}>", escape(text)),
            Block::Text(text) => writeln!(out, "<p>{}</p>", escape(text)),
            Block::List(lines) => {
                let items: String = lines.iter().map(|l| format!("<li>{}</li>\n", escape(l))).collect();
                writeln!(out, "<ul>\n{items}</ul>")
            }
            Block::Plain(text) => {
                let lines: Vec<String> = text.lines().map(escape).collect();
                writeln!(out, "<pre>{}</pre>", lines.join("\n"))
            }
            Block::Table(head, rows) => {
                let row = |cells: &[String], tag: &str| -> String {
                    let cells: String = cells.iter().map(|c| format!("<{tag}>{}</{tag}>", escape(c))).collect();
                    format!("<tr>{cells}</tr>\n")
                };
                let body: String = rows.iter().map(|r| row(r, "td")).collect();
                writeln!(out, "<div class=\"scroll\"><table>\n<thead>{}</thead>\n<tbody>\n{body}</tbody></table></div>", row(head, "th"))
            }
            Block::Drawing { light, dark, caption } => writeln!(
                out,
                "<figure>\n<div class=\"light\">{light}</div>\n<div class=\"dark\">{dark}</div>\n<figcaption>{}</figcaption>\n</figure>",
                escape(caption)
            ),
        };
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// The same without the figures.
pub fn markdown(title: &str, blocks: &[Block]) -> String {
    let mut out = format!("# {}\n\nThe figures are in report.html beside this file.\n", mark(title));
    // Writing to a String can't fail.
    for block in blocks {
        let _ = match block {
            Block::Heading(level, text) => writeln!(out, "\n{} {}", "#".repeat(*level), mark(text)),
            Block::Text(text) => writeln!(out, "\n{}", mark(text)),
            Block::List(lines) => {
                let items: String = lines.iter().map(|l| format!("\n- {}", mark(l))).collect();
                writeln!(out, "{items}")
            }
            Block::Plain(text) => {
                let lines: String = text.lines().map(|l| format!("    {}\n", printable(l))).collect();
                write!(out, "\n{lines}")
            }
            Block::Table(head, rows) => {
                let row = |cells: &[String]| format!("| {} |\n", cells.iter().map(|c| mark(c)).collect::<Vec<_>>().join(" | "));
                let rule: Vec<&str> = (0..head.len()).map(|i| if i == 0 { "---" } else { "---:" }).collect();
                let body: String = rows.iter().map(|r| row(r)).collect();
                write!(out, "\n{}| {} |\n{body}", row(head), rule.join(" | "))
            }
            Block::Drawing { caption, .. } => writeln!(out, "\nFigure: {}", mark(caption)),
        };
    }
    out
}

fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text that stays text in Markdown.
fn mark(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_files_is_only_text() {
        let evil = "<script>alert(1)</script>|`x`";
        let blocks = [
            Block::Heading(2, evil.into()),
            Block::List(vec![evil.into()]),
            Block::Plain(evil.into()),
            Block::Table(vec![evil.into(), "n".into()], vec![vec![evil.into(), "1".into()]]),
            Block::Drawing { light: "<svg></svg>".into(), dark: String::new(), caption: evil.into() },
        ];
        let page = html(evil, &blocks);
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;") && page.contains("<svg></svg>"));
        let text = markdown(evil, &blocks);
        let outside: Vec<&str> = text.lines().filter(|l| !l.starts_with("    ")).collect();
        assert!(outside.iter().all(|l| !l.contains("<script") && !l.contains(")|")), "{text}");
        let table: Vec<&&str> = outside.iter().filter(|l| l.starts_with("| ")).collect();
        assert_eq!(table.len(), 3);
    }
}
